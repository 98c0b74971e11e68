//! The place where claims are measured.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::source::{Rows, Source};
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::kernel::{Depth, Kernel, Kind};

/// Where claims are checked: it keeps what several of them share.
pub struct Laboratory {
    effort: u32,
    deadline: Deadline,
    source: Option<Arc<dyn Source>>,
    memo: Mutex<HashMap<(TypeId, String), Kept>>,
}

/// What is made once: whoever comes second waits.
type Kept = Arc<OnceLock<Result<Arc<dyn Any + Send + Sync>>>>;

impl Laboratory {
    /// Claims of more effort are not attempted.
    pub fn new(effort: u32) -> Self {
        Laboratory {
            effort,
            deadline: Deadline::default(),
            source: None,
            memo: Mutex::default(),
        }
    }

    /// Where data are; without it claims that need data are not attempted.
    #[must_use]
    pub fn with(mut self, source: Arc<dyn Source>) -> Self {
        self.source = Some(source);
        self
    }

    /// The point in time when a computation gives up.
    #[must_use]
    pub fn until(mut self, deadline: Deadline) -> Self {
        self.deadline = deadline;
        self
    }

    pub(super) fn effort(&self) -> u32 {
        self.effort
    }

    pub(super) fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// # Errors
    /// [`Error::NoSource`].
    pub(super) fn source(&self) -> Result<&dyn Source> {
        self.source.as_deref().ok_or(Error::NoSource)
    }

    /// The UCI sets of the source, in order.
    ///
    /// # Errors
    /// Where there is no source, or none in it.
    pub fn sets(&self) -> Result<Vec<String>> {
        self.source()?.sets()
    }

    /// A set of rows, read by the first who asks.
    pub(super) fn rows(&self, set: &str) -> Result<Arc<Rows>> {
        self.once(set, || self.source()?.rows(set))
    }

    /// A compiled kernel.
    pub(super) fn kernel(&self, phi: &Expr, depth: Depth, kind: Kind) -> Result<Arc<Kernel>> {
        self.kept(&format!("{phi} {depth:?} {kind:?}"), || {
            Kernel::new(phi, depth, kind, self.deadline)
        })
    }

    fn cell<T: Any>(&self, name: &str) -> Kept {
        let mut memo = self.memo.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (TypeId::of::<T>(), name.to_owned());
        Arc::clone(memo.entry(key).or_default())
    }

    /// What is kept under this type and name, or what is made now, by one alone; not to be called from within a parallel loop,
    /// where the one who makes it could come to wait for itself. An error is kept, too.
    pub(super) fn once<T: Any + Send + Sync>(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<Arc<T>> {
        let made = || make().map(|x| Arc::new(x) as Arc<dyn Any + Send + Sync>);
        of_type(self.cell::<T>(name).get_or_init(made).clone()?)
    }

    /// The same, but two who ask at once may both make it, and make the same; an error is not kept.
    pub(super) fn kept<T: Any + Send + Sync>(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<Arc<T>> {
        let cell = self.cell::<T>(name);
        if let Some(found) = cell.get() {
            return of_type(found.clone()?);
        }
        let made = Arc::new(make()?);
        // another one may have been faster: theirs is the same
        cell.set(Ok(made.clone())).ok();
        Ok(made)
    }
}

/// The type is part of the key.
fn of_type<T: Any + Send + Sync>(found: Arc<dyn Any + Send + Sync>) -> Result<Arc<T>> {
    found
        .downcast()
        .map_err(|_| Error::Unresolved("what was kept is of another kind".into()))
}
