//! The end of a capture: settled once, by whichever thread finishes it.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::Result;

/// What a capture came to; shared, since an error cannot be copied.
pub type Settled<T> = Arc<Result<T>>;

type Waiter<T> = Box<dyn FnOnce(Settled<T>) + Send>;

/// A value that is set once and told to everybody who asked.
pub struct Completion<T>(Arc<Mutex<State<T>>>);

enum State<T> {
    Pending(Vec<Waiter<T>>),
    Settled(Settled<T>),
}

impl<T> Clone for Completion<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Completion<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State::Pending(Vec::new()))))
    }
}

impl<T> Completion<T> {
    /// Sets the result; later ones are dropped. Runs the waiters on this thread, with no lock held.
    pub fn settle(&self, result: Result<T>) {
        let settled = Arc::new(result);
        let waiters = {
            let mut state = self.0.lock();
            match &mut *state {
                State::Settled(_) => return,
                State::Pending(waiters) => {
                    let waiters = std::mem::take(waiters);
                    *state = State::Settled(Arc::clone(&settled));
                    waiters
                }
            }
        };
        for waiter in waiters {
            waiter(Arc::clone(&settled));
        }
    }

    /// Calls `waiter` with the result, at once where it is there already.
    pub fn on_settled(&self, waiter: impl FnOnce(Settled<T>) + Send + 'static) {
        let settled = {
            let mut state = self.0.lock();
            match &mut *state {
                State::Settled(settled) => Arc::clone(settled),
                State::Pending(waiters) => {
                    waiters.push(Box::new(waiter));
                    return;
                }
            }
        };
        waiter(settled);
    }

    /// Whether there is a result.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(*self.0.lock(), State::Settled(_))
    }

    /// The result, where there is one.
    #[must_use]
    pub fn settled(&self) -> Option<Settled<T>> {
        match &*self.0.lock() {
            State::Settled(settled) => Some(Arc::clone(settled)),
            State::Pending(_) => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::error::Error;

    #[test]
    fn tells_early_and_late_waiters_the_first_result() {
        let completion = Completion::default();
        let (sender, heard) = mpsc::channel();
        let early = sender.clone();
        completion.on_settled(move |result| early.send(*(*result).as_ref().unwrap()).unwrap());
        assert!(!completion.is_settled());
        assert!(completion.settled().is_none());
        completion.settle(Ok(1));
        completion.settle(Err(Error::Aborted));
        completion.on_settled(move |result| sender.send(*(*result).as_ref().unwrap()).unwrap());
        assert!(completion.is_settled());
        assert_eq!(*(*completion.settled().unwrap()).as_ref().unwrap(), 1);
        assert_eq!(heard.iter().collect::<Vec<_>>(), [1, 1]);
    }

    #[test]
    fn a_waiter_may_use_the_completion() {
        let completion = Completion::<()>::default();
        let again = completion.clone();
        completion.on_settled(move |_| assert!(again.is_settled()));
        completion.settle(Ok(()));
    }
}
