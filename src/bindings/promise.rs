//! Promises for what other threads finish.

use napi::Env;
use napi::bindgen_prelude::{Object, ToNapiValue};

use crate::capture::{Completion, Settled};

/// Makes a JavaScript value on the JavaScript thread.
type Resolver<T> = Box<dyn FnOnce(Env) -> napi::Result<T> + Send>;

/// A promise and the function, callable once from any thread, that resolves it.
pub(super) fn promise<T: ToNapiValue + Send + 'static>(
    env: &Env,
) -> napi::Result<(impl FnOnce(T) + Send + use<T>, Object<'_>)> {
    let (deferred, promise) = env.create_deferred::<T, Resolver<T>>()?;
    Ok((move |value| deferred.resolve(Box::new(move |_| Ok(value))), promise))
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
