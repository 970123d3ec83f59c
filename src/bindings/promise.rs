//! Promises for what other threads finish.

use napi::Env;
use napi::bindgen_prelude::{Buffer, Object, ToNapiValue};

use crate::capture::{Completion, Settled};
use crate::sink::BlockReader;

/// Makes a JavaScript value on the JavaScript thread.
type Resolver<T> = Box<dyn FnOnce(Env) -> napi::Result<T> + Send>;

/// A promise and the function, callable once from any thread, that resolves it.
fn promise<T: ToNapiValue + Send + 'static>(
    env: &Env,
) -> napi::Result<(impl FnOnce(T) + Send + use<T>, Object<'_>)> {
    let (deferred, promise) = env.create_deferred::<T, Resolver<T>>()?;
    Ok((move |value| deferred.resolve(Box::new(move |_| Ok(value))), promise))
}

/// A promise of a stream's next block; null at its end, after a failure, and where there is no stream.
pub(super) fn next_block<'e>(
    env: &'e Env,
    blocks: Option<&BlockReader>,
) -> napi::Result<Object<'e>> {
    let (resolve, promise) = promise::<Option<Buffer>>(env)?;
    let waiter = move |block: Option<Vec<u8>>| resolve(block.map(Buffer::from));
    match blocks {
        Some(blocks) => blocks.read(Box::new(waiter)),
        None => waiter(None),
    }
    Ok(promise)
}

/// A promise that resolves when the capture is over, with what `convert` makes of its result.
pub(super) fn settled<'e, R, T>(
    env: &'e Env,
    completion: &Completion<R>,
    convert: fn(&Settled<R>) -> T,
) -> napi::Result<Object<'e>>
where
    R: Send + Sync + 'static,
    T: ToNapiValue + Send + 'static,
{
    let (resolve, promise) = promise(env)?;
    completion.on_settled(move |result| resolve(convert(&result)));
    Ok(promise)
}
