//! Threads of our own: named, and never the end of the process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle};

use super::completion::Completion;
use crate::error::{Error, Result};

/// Starts a thread. `name` shows in `ps -L` and debuggers; Linux cuts it at 15 bytes.
pub(crate) fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>> {
    Builder::new().name(name.into()).spawn(work).map_err(Error::io("starting a thread"))
}

/// Runs `work` and settles `completion` with what it came to; a panic becomes an error.
pub(crate) fn settle<T>(completion: &Completion<T>, work: impl FnOnce() -> Result<T>) {
    let result = catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(Error::Internal(panic_text(&*panic))));
    completion.settle(result);
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    format!("a capture thread panicked: {}", text.unwrap_or("no message"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_panic_settles_as_an_error() {
        let completion = Completion::<()>::default();
        let (sender, heard) = mpsc::channel();
        completion.on_settled(move |result| {
            sender.send((*result).as_ref().unwrap_err().to_string()).unwrap();
        });
        settle(&completion, || panic!("out of luck"));
        assert!(heard.recv().unwrap().ends_with("panicked: out of luck"));
    }

    #[test]
    fn threads_carry_their_names() {
        let name = spawn("rsprof-test", || std::thread::current().name().map(str::to_owned));
        assert_eq!(name.unwrap().join().unwrap().as_deref(), Some("rsprof-test"));
    }
}
