//! Means inside expressions: `mean(f)` is the number `E f(Z)`.
//!
//! An expression with a mean needs an integral for its value, so this is the one place where this room asks a later one
//! (`tests/tidy.rs` knows the line). It ends, because what is inside a mean is smaller than the mean.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::expr::{BinaryOp, Expr};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Bits};

/// Answers that were given before, a bounded number of them. What is asked decides what is answered, so they change nothing
/// but the time that it takes.
pub(crate) struct Memo<K, V>(LazyLock<Mutex<HashMap<K, V>>>);

/// So many answers are kept; then all are dropped, and those that are still asked for come back.
const KEPT: usize = 512;

impl<K: Eq + Hash, V: Clone> Memo<K, V> {
    pub(crate) const fn new() -> Memo<K, V> {
        Memo(LazyLock::new(Mutex::default))
    }

    /// The answer that is kept, or a new one; only what is worth it is kept.
    pub(crate) fn answer(&self, key: K, keep: fn(&V) -> bool, new: impl FnOnce(&K) -> V) -> V {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        // Not under the lock: there may be means inside.
        let answer = new(&key);
        if keep(&answer) {
            let mut kept = lock();
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(key, answer.clone());
        }
        answer
    }
}

/// A tape is made some hundred times for one answer, at few precisions.
static VALUES: Memo<(Arc<Expr>, Bits), Result<Ball>> = Memo::new();

/// Precisions are rounded up to multiples of this, so that there are few.
const STEP: Bits = 64;
/// Beyond the precision wanted, so that a value is rounded once.
const GUARD: Bits = 16;
/// The precision at which it is seen whether there is a value.
const EXISTENCE: Bits = 48;

/// `E f(Z)` with a radius of at most `2^-bits` of it. (Where the positive and the negative part cancel to within four times
/// these bits, 0 with its error.)
pub(crate) fn value(f: &Arc<Expr>, bits: Bits, deadline: Deadline) -> Result<Ball> {
    let bits = bits.saturating_add(GUARD).next_multiple_of(STEP);
    let settled = |v: &Result<Ball>| !matches!(v, Err(Error::Timeout { .. }));
    VALUES.answer((f.clone(), bits), settled, |(f, bits)| {
        let value = crate::quadrature::mean(f, *bits, deadline).map(|(value, _)| value);
        let said = |why: String| format!("in `{}`: {why}", f.mean());
        value.map_err(|e| match e {
            Error::Domain(why) => Error::Domain(said(why)),
            Error::Unresolved(why) => Error::Unresolved(said(why)),
            other => other,
        })
    })
}

/// The same as a number of any kind, undefined where there is none.
pub(super) fn number<T: Analytic>(f: &Arc<Expr>, bits: Bits) -> T {
    match value(f, bits, Deadline::default()) {
        Ok(ball) => T::from_ball(&ball.with_bits(bits)),
        Err(_) => T::undefined(bits),
    }
}

impl Expr {
    /// The means in it, those inside other means left out.
    fn means(&self) -> Vec<&Arc<Expr>> {
        match self {
            Expr::Mean(f) => vec![f],
            _ => (self.children().into_iter())
                .flat_map(Expr::means)
                .collect(),
        }
    }

    /// All means have values.
    ///
    /// # Errors
    /// [`Error::Domain`] where one does not exist, [`Error::Unresolved`] where that is not decided.
    pub(crate) fn means_exist(&self) -> Result<()> {
        self.means_are_known(EXISTENCE, Deadline::default())
    }

    /// All means have values, and tapes of this precision find them ready.
    ///
    /// # Errors
    /// As [`Expr::means_exist`], and [`Error::Timeout`].
    pub(crate) fn means_are_known(&self, bits: Bits, deadline: Deadline) -> Result<()> {
        (self.means().into_iter()).try_for_each(|f| value(f, bits, deadline).map(drop))
    }

    /// An expression with the same mean: every `mean(f)` that is a term with a constant factor is replaced by `f`,
    /// `centred(f)` by 0.
    pub(crate) fn with_functions_for_means(&self) -> Expr {
        let both =
            |op, a: &Expr, b: &Expr| Expr::Binary(op, Arc::new(a.clone()), Arc::new(b.clone()));
        match self {
            Expr::Mean(f) => f.with_functions_for_means(),
            Expr::Neg(a) => -a.with_functions_for_means(),
            Expr::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), a, b) => both(
                *op,
                &a.with_functions_for_means(),
                &b.with_functions_for_means(),
            ),
            Expr::Binary(BinaryOp::Mul, a, b) if a.is_constant() => {
                both(BinaryOp::Mul, a, &b.with_functions_for_means())
            }
            Expr::Binary(op @ (BinaryOp::Mul | BinaryOp::Div), a, b) if b.is_constant() => {
                both(*op, &a.with_functions_for_means(), b)
            }
            _ => self.clone(),
        }
    }
}
