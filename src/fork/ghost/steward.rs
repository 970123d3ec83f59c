//! The process that listens to the child in the place of its dead parent, and puts the file in place.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::launch::{Occasion, Orders, draft_of_steward};
use super::{Vigil, record};
use crate::error::{Error, Result};
use crate::fork::parent::Child;
use crate::fork::report::ChildReport;
use crate::fork::sandbox::{self, Lifetime};
use crate::sink::{Draft, sync_folder};

/// What the steward works with.
pub(super) struct Post<'a> {
    pub(super) orders: File,
    pub(super) reports: File,
    pub(super) errors: File,
    pub(super) occasion: &'a Occasion,
    pub(super) vigil: &'a Vigil,
}

/// Does the work and ends the process.
pub(super) fn serve(post: Post<'_>) -> ! {
    let finished = catch_unwind(AssertUnwindSafe(|| post.serve()));
    // SAFETY: ends the process without running exit handlers, which are the parent's.
    unsafe { libc::_exit(i32::from(finished.is_err())) }
}

/// Leaves the process group and the session: what a supervisor does to the group of a dead process,
/// or a terminal to its foreground, is not meant for those who write down why it died.
pub(super) fn leave_group() {
    // SAFETY: takes nothing; refused (harmlessly) to the leader of a group, which a fresh child is not.
    unsafe { libc::setsid() };
}

impl Post<'_> {
    fn serve(self) {
        let draft = draft_of_steward(self.vigil, &self.occasion.name);
        let (vigil, occasion) = (self.vigil, self.occasion);
        let outcome = self.withdraw().and_then(|()| self.attend());
        let placed = outcome.as_ref().map_err(ToString::to_string).and_then(|_| {
            // The sidecar is on the disk before the file is visible.
            draft.commit().map_err(|error| error.to_string())
        });
        if placed.is_err() {
            draft.discard();
        }
        let outcome = match (outcome, placed) {
            (Ok(_), Err(refusal)) => Err(Error::Internal(refusal)),
            (outcome, _) => outcome,
        };
        describe(vigil, occasion, &outcome);
        sync_folder(&vigil.request.place.folder);
    }

    /// Lets go of what the dying process had open: its ports are free at once, its pipes are closed.
    fn withdraw(&self) -> Result<()> {
        sandbox::be_humble(Lifetime::Outlives, self.vigil.pid);
        sandbox::reset_signals();
        leave_group();
        let null = OpenOptions::new().write(true).open("/dev/null");
        let null = null.map_err(Error::io("opening /dev/null"))?;
        let keep = [&self.orders, &self.reports, &self.errors].map(AsRawFd::as_raw_fd);
        sandbox::detach_descriptors(&keep, null.as_raw_fd())
    }

    fn attend(mut self) -> Result<(ChildReport, Orders)> {
        let mut told = String::new();
        // Ends when the parent has closed its end, or died.
        self.orders.read_to_string(&mut told).map_err(Error::io("reading the orders"))?;
        let orders = Orders::parse(told.lines().last().unwrap_or(""))?;
        let child = Child { pid: orders.child, reports: self.reports, errors: self.errors };
        let report = child.attend(self.vigil.request.budget, || false, |_| {})?;
        Ok((report, orders))
    }
}

/// Writes the sidecar. There is nobody to tell a failure to.
fn describe(vigil: &Vigil, occasion: &Occasion, outcome: &Result<(ChildReport, Orders)>) {
    let Some(known) = &vigil.request.sidecar else { return };
    let draft: Draft = draft_of_steward(vigil, &format!("{}.json", occasion.name));
    let text = record::text(known, occasion, outcome);
    if draft.write(&text).and_then(|()| draft.commit()).is_err() {
        draft.discard();
    }
}
