//! Two things at a time.

use std::thread;

use crate::error::{Error, Result};
pub(in crate::heap) use crate::text::no_thread;

/// Does `one` on this thread and `other` on one of its own; done when both are.
///
/// # Errors
/// [`Error::Internal`] where there is no thread to be had or `other` panicked.
pub(in crate::heap) fn both<A, B: Send>(
    one: impl FnOnce() -> A,
    other: impl FnOnce() -> B + Send,
) -> Result<(A, B)> {
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("rsprof-heap".into());
        let other = builder.spawn_scoped(scope, other).map_err(no_thread)?;
        let one = one();
        let panicked = |_| Error::Internal("a thread of the analysis panicked".into());
        Ok((one, other.join().map_err(panicked)?))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn both_are_done() {
        assert_eq!(both(|| 1, || "two").unwrap(), (1, "two"));
    }

    #[test]
    fn a_panic_of_the_other_is_an_error() {
        let outcome = both(|| 1, || -> u32 { panic!("planted") });
        assert!(matches!(outcome, Err(Error::Internal(_))));
    }
}
