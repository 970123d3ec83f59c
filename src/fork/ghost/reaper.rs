//! Reaps the two processes where their parent lives on.

use std::time::Duration;

use super::launch::Launch;
use crate::capture::spawn;

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Reaps them on a thread of its own. It is not joined: the environment that was out of memory (a
/// worker's, as a rule) ends long before the file is written, and a zombie would outlast it. The thread
/// touches nothing but its own two ids, this library is never unloaded, and the budget bounds it.
pub(super) fn reap_later(mut launch: Launch) {
    let reap = move || {
        while !launch.reap() {
            std::thread::sleep(LOOK_EVERY);
        }
    };
    // Refused: they stay zombies until the process ends.
    let _detached = spawn("rsprof-reap", reap);
}
