//! Simplification: a tree is read into a normal form and written out again.
//!
//! * [`form`]: sums of monomials over atoms, with exact rational coefficients.
//! * [`reading`]: tree to form, the rules for each node.
//! * [`powers`], [`calls`]: the rules for powers and for the primitive functions.
//! * [`writing`]: form to tree.
//! * [`zero`]: a second, bolder reading that proves trees to be zero.
//! * [`polynomial`]: the coefficients of a tree that is a polynomial in `x`.

mod calls;
mod form;
mod polynomial;
mod powers;
mod reading;
mod writing;
pub(super) mod zero;

use super::expr::Expr;
use reading::Reader;

/// Products of polynomials are multiplied out up to this degree.
const DEGREE: u32 = 200;
/// The same in derivatives, where `(x-3)^50` had better stay a power: multiplied out it cancels.
const TIDY_DEGREE: u32 = 4;
/// The reading of a written form may find a little more to do; it settles within a few rounds.
const ROUNDS: usize = 8;

impl Expr {
    /// An equal tree, simpler: exact rational arithmetic, zeros and ones dropped, like terms and
    /// factors collected, polynomials with rational coefficients multiplied out (up to degree 200),
    /// special values (`sin(0)`, `exp(0)`, `log(1)`, `sqrt(8) = 2*sqrt(2)`), signs pulled out of odd
    /// and dropped in even functions, decided conditionals resolved.
    ///
    /// The value is preserved wherever the given tree has one; the result may be defined at more
    /// points (`x/x` becomes `1`). Deterministic and idempotent. Catalogue names stay names.
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// let simple = |text: &str| Ok::<_, deeplimit::error::Error>(Expr::parse(text)?.simplify().to_string());
    /// assert_eq!(simple("(x+1)^2-2*x-1")?, "x^2");
    /// assert_eq!(simple("0.1+0.2-0.3")?, "0");
    /// assert_eq!(simple("x*(1+tanh(-x))-x")?, "-x*tanh(x)");
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn simplify(&self) -> Expr {
        settled(self, DEGREE)
    }

    /// As [`simplify`](Expr::simplify), but products of polynomials mostly stay products.
    pub(crate) fn tidied(&self) -> Expr {
        settled(self, TIDY_DEGREE)
    }
}

fn settled(e: &Expr, degree: u32) -> Expr {
    let mut now = e.clone();
    for _ in 0..ROUNDS {
        let mut reader = Reader::new(degree, false);
        let form = reader.read(&now);
        let next = writing::tree(&form);
        if next == now {
            break;
        }
        now = next;
    }
    now
}
