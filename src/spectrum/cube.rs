//! The boolean cube `{-1, 1}^d` (Yang and Salman 2019): the eigenfunctions are products of `k` coordinates, `C(d, k)` of them, and
//!
//! `lambda_k = 2^-d sum_(r = 0)^d K(1 - 2r/d) K_r(k)`, `K_r(k) = sum_j (-1)^j C(k, j) C(d-k, r-j)`
//!
//! (Krawtchouk), the coefficient of `x^r` in `(1 - x)^k (1 + x)^(d - k)`. The integers are exact; what cancels between them, some `log2 C(d, k)`
//! bits and more, is met by kernels with as many digits more.

use rug::{Float, Integer, Rational};

use super::eigenvalues::{Found, Space, first_guess, not_negative, raised};
use super::vanishing::Zeros;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::limit::values;
use crate::real::{Analytic, Ball, Real, bits_for};
use crate::recursion::{Depth, Kind, Network};

/// `K_r(k)`, `r = 0..=d`: the values of Krawtchouk's polynomials on the cube `{-1, 1}^d`, by
/// `(r+1) K_(r+1) = (d - 2k) K_r - (d-r+1) K_(r-1)`.
///
/// ```
/// use deeplimit::spectrum::cube::krawtchouk;
/// assert_eq!(krawtchouk(4, 2), [1, 0, -2, 0, 1]);
/// assert_eq!(krawtchouk(3, 0), [1, 3, 3, 1]);
/// ```
pub fn krawtchouk(d: u32, k: u32) -> Vec<Integer> {
    let mut all = vec![Integer::from(1)];
    let slope = i64::from(d) - 2 * i64::from(k);
    for r in 0..d {
        let now = &all[r as usize];
        let mut next = Integer::from(now * slope);
        if r > 0 {
            next -= Integer::from(&all[r as usize - 1] * (d - r + 1));
        }
        all.push(next.div_exact(&Integer::from(r + 1)));
    }
    all
}

impl Network {
    pub(super) fn on_cube(
        &self,
        d: u32,
        (depth, kind): (Depth, Kind),
        degree: u32,
        zeros: &Zeros,
        effort: &Effort,
    ) -> Result<(Vec<Ball>, Option<Ball>)> {
        let Depth::Layers(layers) = depth else {
            return Err(Error::Domain(format!(
                "the spectrum on the cube {{-1, 1}}^{d} takes a finite depth: equal corners are met, where limit kernels are \
                 infinite or degenerate"
            )));
        };
        let wanted = bits_for(effort.digits);
        let rhos: Vec<Rational> = (0..=d)
            .map(|r| Rational::from(1) - Rational::from((2 * r, d)))
            .collect();
        let first = first_guess(Space::Cube(d), degree, wanted);
        raised(wanted, zeros, first, |below, _| {
            self.summed_on_cube(&rhos, (layers, kind), degree, below, zeros, effort)
        })
    }

    fn summed_on_cube(
        &self,
        rhos: &[Rational],
        (layers, kind): (u64, Kind),
        degree: u32,
        below: f64,
        zeros: &Zeros,
        effort: &Effort,
    ) -> Result<Found> {
        let d = rhos.len() as u32 - 1;
        let digits = (below / std::f64::consts::LOG2_10).ceil() as usize + 4;
        let (expr, settings) = (&self.activation().typed, self.settings());
        let found = values(expr, rhos, layers, settings, digits, effort.deadline)?;
        let mut kernels = Vec::with_capacity(rhos.len());
        for row in found.rows {
            let row = row?;
            kernels.push(match kind {
                Kind::Nngp => row.nngp.value(),
                Kind::Ntk => row
                    .ntk
                    .ok_or_else(|| {
                        Error::Domain(format!(
                            "`{}` jumps, so its neural tangent kernel is infinite on the diagonal and has no trace; its nngp has \
                             a spectrum",
                            self.activation().typed
                        ))
                    })?
                    .value(),
            });
        }
        let bits = below.ceil() as u32 + 64;
        let of = |k: u32| {
            if zeros.hold(k) {
                return Ok(Ball::int(0, bits));
            }
            effort.deadline.check("the sums over the cube")?;
            let terms = krawtchouk(d, k);
            let sum = terms
                .iter()
                .zip(&kernels)
                .fold(Ball::int(0, bits), |sum, (c, value)| {
                    let c = Ball::exact(Float::with_val(c.significant_bits().max(2), c));
                    sum + &(&c * value)
                });
            Ok(not_negative(&sum.scale2(-(d as i32))))
        };
        let all: Result<Vec<Ball>> = (0..=degree).map(of).collect();
        Ok((all?, kernels.first().cloned(), true))
    }
}
