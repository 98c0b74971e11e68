//! What costs something to make at a precision, and is asked for at few precisions again and again.

use std::sync::{Arc, Mutex, PoisonError};

use super::Bits;

/// So many precisions are kept; then the oldest goes.
const MOST: usize = 12;

/// A value of each precision that was asked for lately. What is asked decides what is answered: only the time changes.
#[derive(Debug)]
pub(crate) struct Kept<T>(Mutex<Vec<(Bits, Arc<T>)>>);

impl<T> Default for Kept<T> {
    fn default() -> Kept<T> {
        Kept(Mutex::default())
    }
}

impl<T> Kept<T> {
    /// The value that is kept, or a new one.
    pub(crate) fn at(&self, bits: Bits, new: impl FnOnce() -> T) -> Arc<T> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = lock().iter().find(|(have, _)| *have == bits) {
            return Arc::clone(known);
        }
        // not under the lock: it may take long
        let made = Arc::new(new());
        let mut all = lock();
        if all.len() >= MOST {
            all.remove(0);
        }
        all.push((bits, Arc::clone(&made)));
        made
    }
}
