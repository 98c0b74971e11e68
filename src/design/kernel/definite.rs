//! Is a kernel positive definite in every dimension? It is if and only if it is a power series in `rho` whose coefficients are
//! not negative (Schoenberg 1942).

use std::cmp::Ordering;

use super::search::BITS;
use super::target::{Prepared, WantedKernel};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::real::{Analytic, Ball, Quantity};

/// What is known of a kernel's coefficients.
#[derive(Clone, Debug)]
pub enum Definiteness {
    /// None is negative: a kernel of a network, or a polynomial.
    Yes,
    /// One is: no activation has this kernel.
    No {
        /// Its power of `rho`, the lowest.
        degree: usize,
        /// The coefficient, enclosed.
        coefficient: Quantity,
    },
    /// Nothing is proved. Those up to this power are not negative, which says nothing of the others; `None` where there is no
    /// power series to look at.
    Open(Option<usize>),
}

/// Coefficients up to this power are looked at.
const LOOKED: usize = 256;

/// Looks for a negative coefficient. A polynomial shows all of its coefficients, a network has none that is negative, and of
/// anything else the first ones are enclosed: a negative one refutes, and any number of others proves nothing.
pub(super) fn definite(
    wanted: &WantedKernel,
    degree: usize,
    deadline: Deadline,
) -> Result<Definiteness> {
    if wanted.is_network() {
        return Ok(Definiteness::Yes);
    }
    if let Some(c) = wanted.polynomial() {
        return Ok(match c.iter().position(|c| *c < 0) {
            None => Definiteness::Yes,
            Some(degree) => Definiteness::No {
                degree,
                coefficient: Quantity::new(
                    &Ball::rational(&c[degree], BITS),
                    Some(c[degree].to_string()),
                ),
            },
        });
    }
    if wanted.rows().is_some() {
        return Ok(Definiteness::Open(None));
    }
    let order = degree.max(LOOKED);
    let mut open = None;
    for bits in [BITS, 4 * BITS] {
        deadline.check("the search for a negative coefficient")?;
        let c = taylor(&wanted.prepared(bits, deadline)?, order, bits);
        let negative = c.iter().position(|c| c.sign() == Some(Ordering::Less));
        // what precedes it must be known: the lowest is meant
        let unknown = c
            .iter()
            .position(|c| !c.is_finite() || c.upper() > 0 && c.lower() < 0);
        match (negative, unknown) {
            (Some(degree), None) => {
                return Ok(Definiteness::No {
                    degree,
                    coefficient: Quantity::new(&c[degree], None),
                });
            }
            (Some(degree), Some(u)) if degree < u => {
                return Ok(Definiteness::No {
                    degree,
                    coefficient: Quantity::new(&c[degree], None),
                });
            }
            (_, None) => return Ok(Definiteness::Open(Some(order))),
            (_, Some(u)) => open = u.checked_sub(1),
        }
    }
    Ok(Definiteness::Open(open))
}

/// The Taylor coefficients at 0.
pub(super) fn taylor(kernel: &Prepared, order: usize, bits: u32) -> Vec<Ball> {
    // a quotient in which both parts vanish costs one order
    let spare = 4;
    let mut c = kernel.at(&Ball::int(0, bits), order + spare).c;
    c.truncate(order + 1);
    c
}
