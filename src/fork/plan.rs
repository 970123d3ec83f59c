//! What can be found out before the fork, off the isolate's thread.

use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::Mutex;

use super::got::Patch;
use super::lonely;
use super::mappings::{self, Span};
use super::spill;
use crate::capture::{Completion, settle, spawn};
use crate::error::{Error, Result};

/// Everything slow that a fork needs to know. Good for one fork: mappings come and go.
pub struct ForkPlan {
    patch: Patch,
    not_inherited: Vec<Span>,
}

impl ForkPlan {
    /// Reads the process's mappings and offset tables: some 50 ms for a heap of 1 GB, during which
    /// the isolate goes on.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where `/proc` is not readable; [`Error::Unsupported`] where no thread call of
    /// the loaded objects can be replaced.
    pub fn make() -> Result<Self> {
        let plan = Self::make_for_the_last()?;
        Ok(Self { not_inherited: mappings::not_inherited()?, ..plan })
    }

    /// The same in a few milliseconds, for a process that will not live to fork again: what would
    /// have to be restored is left out.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] as above.
    pub(super) fn make_for_the_last() -> Result<Self> {
        let replacements = [lonely::replacements(), spill::replacements()].concat();
        let patch = Patch::find(&replacements);
        if patch.len() == 0 {
            return Err(Error::Unsupported("this program's calls cannot be redirected".into()));
        }
        Ok(Self { patch, not_inherited: Vec::new() })
    }

    /// Has [`Self::make`] run on a thread that leaves its result in `plan`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where the thread is refused.
    pub fn make_on_thread(
        plan: Arc<Mutex<Option<Self>>>,
        completion: Completion<()>,
    ) -> Result<JoinHandle<()>> {
        spawn("rsprof-plan", move || {
            settle(&completion, || {
                *plan.lock() = Some(Self::make()?);
                Ok(())
            });
        })
    }

    pub(super) fn patch(&self) -> &Patch {
        &self.patch
    }

    /// Marks as not inherited again what was so before.
    pub(super) fn restore(&self) {
        if let Ok(present) = mappings::private_anonymous() {
            let spans = mappings::still_there(&self.not_inherited, &present);
            mappings::mark(&spans, mappings::Inheritance::NotInherited);
        }
    }
}
