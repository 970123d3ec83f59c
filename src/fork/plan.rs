//! What can be found out before the fork, off the isolate's thread.

use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::Mutex;

use super::got::Patch;
use super::lonely;
use super::mappings::{self, Marks, Span};
use super::spill;
use crate::capture::{Completion, settle, spawn};
use crate::error::{Error, Result};

/// Everything slow that a fork needs to know. Good for one fork: mappings come and go.
pub struct ForkPlan {
    patch: Patch,
    marks: Marks,
    /// Heap that was mapped between the plan and the fork.
    new_heap: Mutex<Vec<Span>>,
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
        Ok(Self { marks: mappings::marks()?, ..plan })
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
        Ok(Self { patch, marks: Marks::default(), new_heap: Mutex::default() })
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

    /// Looks, right before the fork, which of `present` came after the plan and is V8's heap.
    pub(super) fn note_new(&self, present: &[Span]) {
        let new = mappings::without(present, &self.marks.all);
        *self.new_heap.lock() = new.into_iter().filter(mappings::looks_like_heap).collect();
    }

    /// Marks as not inherited again what was so before.
    pub(super) fn restore(&self) {
        let Ok(present) = mappings::private_anonymous() else { return };
        for marked in [&self.marks.not_inherited, &*self.new_heap.lock()] {
            let spans = mappings::still_there(marked, &present);
            mappings::mark(&spans, mappings::Inheritance::NotInherited);
        }
    }
}
