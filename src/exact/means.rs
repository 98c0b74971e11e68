//! Means inside expressions in closed form, and those that are zero by definition.

use super::{Closed, closed_expectation};
use crate::activation::pieces::pieces;
use crate::activation::{Expr, Memo, Parity};
use crate::real::Ball;

/// Every closed form of a moment asks for those of the means again.
static CLOSED: Memo<Expr, Option<Closed>> = Memo::new();

/// `E f(Z)` in closed form, where one is found.
///
/// ```
/// use deeplimit::exact::closed_mean;
/// let closed = |text: &str| closed_mean(&text.parse().unwrap()).map(|c| c.to_string());
/// assert_eq!(closed("relu").as_deref(), Some("1/sqrt(2*pi)"));
/// assert_eq!(closed("centred(softplus(x))").as_deref(), Some("0")); // by definition
/// assert_eq!((closed("tanh").as_deref(), closed("softplus")), (Some("0"), None));
/// ```
pub fn closed_mean(f: &Expr) -> Option<Closed> {
    CLOSED.answer(f.clone(), |_| true, found)
}

fn found(f: &Expr) -> Option<Closed> {
    let written = f.expand();
    written.means_exist().ok()?;
    // E[f - mean(g)] = E[f - g]
    let f = written.with_functions_for_means().simplify();
    let pieces = pieces(&f, super::activation::REACH).ok()?;
    closed_expectation(&pieces, &Expr::clone).or_else(|| {
        // an odd function has the mean 0 if it has one
        let odd = f.parity() == Some(Parity::Odd) && f.mean().means_exist().is_ok();
        odd.then(Closed::zero)
    })
}

/// Is `E f(Z) = 0` by the definition of the means in `f`?
pub(super) fn is_centred(written: &Expr) -> bool {
    let without = written.with_functions_for_means();
    without != *written && without.simplify().as_rational().is_some_and(|q| q == 0)
}

/// Bits of which a closed form may lose this many where it is evaluated as it stands.
const CANCELLED: u32 = 16;

/// The expression with its means in closed form, where they have one. What would cancel when it is evaluated stays a mean:
/// its value is found to any accuracy, and [`Closed::from_expr`] knows its closed form all the same.
pub(super) fn with_closed_means(e: &Expr) -> Expr {
    let Expr::Mean(f) = e else {
        return e.with_children(with_closed_means);
    };
    let tame = |c: &Closed| {
        let value: Ball = c.evaluate(64);
        c.is_zero() || value.relative_bits() >= 64 - CANCELLED
    };
    match closed_mean(f).filter(tame) {
        Some(closed) => closed.to_expr(),
        None => with_closed_means(f).mean(),
    }
}
