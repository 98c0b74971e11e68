//! `E f(Z)`, `Z ~ N(0,1)`, with a proved error: one rule, the trapezoidal rule after a change of variable.
//!
//! The trapezoidal rule with step `h` integrates a function `F` that is analytic in the strip `|Im t| <= d` with an
//! error of at most `2 M / (exp(2 pi d / h) - 1)`, where `M = int |F(x + i d)| dx` (Trefethen and Weideman, *The
//! exponentially convergent trapezoidal rule*, SIAM Review 56 (2014), Theorem 5.1). Two changes of variable bring every
//! activation of the grammar into this form:
//!
//! * an activation without kinks is integrated along the whole line with the Gaussian weight as it is ([`line`]);
//! * between two breakpoints `a < b` the variable is `z = a + (b - a) / (1 + exp(-pi sinh t))`, the tanh-sinh or double
//!   exponential rule of Takahasi and Mori ([`segment`]), which does not mind what happens at the ends: where the formula is not
//!   analytic there (`sqrt(x)`, `x log x`), it is bounded on all sheets at once ([`branch`]). A segment that has no strip, because a pole is
//!   near, is halved ([`halving`]).
//!
//! `M`, and the analyticity itself, are proved by evaluating the formula on complex rectangles that cover the strip
//! ([`crate::real::Rect`]); what is cut off is bounded by the growth of the formula ([`crate::activation::growth`]).
//! So a [`Plan`] comes with a bound of the discretisation error that holds for every arithmetic; rounding errors are
//! the arithmetic's own (tracked by [`crate::real::Ball`]).
//!
//! Why not Gauss-Hermite: it converges only algebraically for a kink (3 digits for ReLU with 100 nodes). Why
//! not the crate `quadrature`: its double exponential rule stops at 385 points in `f64`, its error estimate is no bound
//! and it turns NaN into 0; the tests use it as an independent second opinion.

mod branch;
mod envelope;
mod expect;
mod halving;
mod line;
mod moduli;
mod plan;
mod reach;
mod samples;
mod segment;
#[cfg(test)]
mod tests;
mod unit;

pub use envelope::Envelope;
pub use expect::expect;
pub(crate) use expect::{lost_bits, mean};
pub(crate) use moduli::{Moduli, Modulus};
pub use plan::{Integrand, Plan, integrals, ln};
pub(crate) use reach::tails;
pub use samples::{Rules, Samples};
pub use unit::{Sizes, Unit, power_of_ten};
