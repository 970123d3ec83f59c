//! A thread that works at regular times, and when it is called.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::capture::spawn;
use crate::error::Result;

/// Why the thread works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// It is time.
    Tick,
    /// Somebody called.
    Call,
    /// For the last time.
    End,
}

/// How long the end is waited for. A thread that a dead disk holds back is left to itself: it owns
/// what it uses, this library is never unloaded, and a program that cannot end is worse.
const PATIENCE: Duration = Duration::from_secs(1);

/// The thread. Dropping it ends it.
pub(super) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_called: bool,
    is_ending: bool,
    is_over: bool,
}

impl Ticker {
    /// Has `work` done at once, at each `interval`, when called, and at the end.
    pub(super) fn start(
        name: &str,
        interval: Duration,
        mut work: impl FnMut(Wake) + Send + 'static,
    ) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let thread = spawn(name, move || {
            let _over = Over(&own);
            own.run(interval, &mut work);
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Has it work soon.
    pub(super) fn call(&self) {
        self.shared.state.lock().is_called = true;
        self.shared.changed.notify_all();
    }

    /// Ends it, and waits until it has worked for the last time, but no longer than a second. Harmless when repeated.
    pub(super) fn stop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.shared.state.lock();
        state.is_ending = true;
        self.shared.changed.notify_all();
        while !state.is_over {
            if self.shared.changed.wait_until(&mut state, deadline).timed_out() {
                return;
            }
        }
        drop(state);
        // A panic ended it early; it was told on standard error.
        let _ = thread.join();
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn run(&self, interval: Duration, work: &mut impl FnMut(Wake)) {
        let mut due = Instant::now();
        loop {
            let wake = self.wait(due);
            work(wake);
            match wake {
                // Times that were missed are not made up for.
                Wake::Tick => due = (due + interval).max(Instant::now()),
                Wake::Call => {}
                Wake::End => return,
            }
        }
    }

    fn wait(&self, due: Instant) -> Wake {
        let mut state = self.state.lock();
        loop {
            if state.is_ending {
                return Wake::End;
            }
            if std::mem::take(&mut state.is_called) {
                return Wake::Call;
            }
            if Instant::now() >= due {
                return Wake::Tick;
            }
            self.changed.wait_until(&mut state, due);
        }
    }
}

/// Tells that the thread is over, even after a panic.
struct Over<'a>(&'a Shared);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.state.lock().is_over = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const NEVER: Duration = Duration::from_secs(3600);

    #[test]
    fn ticks_and_hears_calls_and_ends() {
        let (sender, heard) = mpsc::channel();
        let mut ticker =
            Ticker::start("rsprof-test", NEVER, move |wake| sender.send(wake).unwrap()).unwrap();
        assert_eq!(heard.recv().unwrap(), Wake::Tick);
        ticker.call();
        assert_eq!(heard.recv().unwrap(), Wake::Call);
        ticker.stop();
        ticker.stop();
        assert_eq!(heard.iter().collect::<Vec<_>>(), [Wake::End]);
    }

    #[test]
    fn ticks_again_and_again() {
        let (sender, heard) = mpsc::channel();
        let tick = Duration::from_millis(1);
        let ticker =
            Ticker::start("rsprof-test", tick, move |wake| sender.send(wake).unwrap()).unwrap();
        assert!(heard.iter().take(5).all(|wake| wake == Wake::Tick));
        drop(ticker);
        assert_eq!(heard.iter().last(), Some(Wake::End));
    }

    #[test]
    fn a_thread_that_hangs_holds_nobody_up() {
        let (hold, held) = mpsc::channel::<()>();
        let (sender, entered) = mpsc::channel();
        let mut ticker = Ticker::start("rsprof-test", NEVER, move |_| {
            sender.send(()).unwrap();
            let _released = held.recv();
        })
        .unwrap();
        entered.recv().unwrap();
        ticker.stop();
        drop(hold);
    }

    #[test]
    fn a_panic_is_an_end() {
        let mut ticker =
            Ticker::start("rsprof-test", NEVER, |_| panic!("planned, by a test")).unwrap();
        ticker.stop();
    }
}
