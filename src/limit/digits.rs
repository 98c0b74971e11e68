//! How far the accuracy is raised: until every number that a verdict stands on, or that is shown, has the digits asked for.

use super::classify::{Inquiry, ZERO_BITS};
use crate::activation::Parity;
use crate::error::Result;
use crate::exact::Closed;
use crate::quadrature::Sizes;
use crate::real::{Analytic, Arithmetic, Ball, Bits, Quantity, Real};

/// The accuracy is raised at most so often.
const ROUNDS: usize = 8;
/// Beyond this accuracy `E phi^2`, a `B'` near 0 and the logarithms in alpha are not followed: 240 decimal places.
const LAST: Bits = 800;

/// `log2` of `sqrt(E phi^2)/E |phi|`, at most: that of `relu(x-100)` is 3,600.
const CONCENTRATED: f64 = 4_000.0;

/// A mean that no structure proves to be zero is looked at with [`ZERO_BITS`] before it is called zero numerically, *of what
/// it is the mean of*: the mean of `relu(x-30)` is small as `E phi^2` is, without any cancellation.
pub(super) fn zero_bits(sizes: Option<Sizes>) -> Bits {
    let Some(s) = sizes else {
        return ZERO_BITS;
    };
    let concentrated = (0.5 * s.square - s.absolute.min(s.first)).clamp(0.0, CONCENTRATED);
    ZERO_BITS + concentrated as Bits
}

impl Inquiry {
    /// Raises the accuracy until every constant that is not zero has the digits asked for.
    pub(super) fn certain_digits(&mut self) -> Result<()> {
        if self.options.arithmetic == Arithmetic::F64 {
            return Ok(());
        }
        for _ in 0..ROUNDS {
            match self.wanted_accuracy() {
                Some(accuracy) if accuracy > self.accuracy => self.sharpen(accuracy)?,
                _ => break,
            }
        }
        Ok(())
    }

    /// The accuracy that the digits asked for seem to take; `None` where they are there, or where more will not help.
    fn wanted_accuracy(&self) -> Option<Bits> {
        let wanted = self.wanted_bits();
        let c = &self.constants;
        let zero_bits = self.zero_bits.max(2 * wanted);
        let last = LAST.max(2 * wanted);
        let zero = |parity, closed: &Option<Closed>| {
            self.structure.parity == Some(parity) || closed.as_ref().is_some_and(Closed::is_zero)
        };
        let centred = zero(Parity::Odd, &self.structure.mean);
        let flat = zero(Parity::Even, &self.structure.first);
        // each with the accuracy to begin with, and to end with, where it cannot be told from zero
        let mut numbers = vec![(c.normalisation.clone(), 0, last)];
        if !centred {
            numbers.push((c.a.clone(), zero_bits, zero_bits));
        }
        if !flat {
            numbers.push((c.a_prime.clone(), zero_bits, zero_bits));
        }
        if let Some(b) = &c.b_prime {
            numbers.push((b.clone(), 0, last));
            // alpha = -4 log|A'| / log B': of `x + 1e-30 tanh(x)` both are within 1e-60 of 1
            if (centred || c.a.contains_zero())
                && !flat
                && !c.a_prime.contains_zero()
                && self.continuous != Some(false)
                && !self.structure.linear
            {
                numbers.push((c.a_prime.abs().ln(), 0, last));
                numbers.push((b.ln(), 0, last));
            }
        }
        numbers
            .iter()
            .filter_map(|(x, first, last)| {
                let have = x.relative_bits();
                if have >= wanted {
                    None
                } else if x.is_finite() && !x.contains_zero() {
                    Some(self.accuracy + (wanted - have) + 8)
                } else {
                    // what contains zero, or is no number, says nothing of how many bits it takes
                    Some((2 * self.accuracy).max(*first).min(*last))
                }
            })
            .max()
    }

    /// Are the constants numbers? Where one is not, no verdict can stand on it.
    pub(super) fn has_constants(&mut self) -> bool {
        let c = &self.constants;
        let missing = if !c.normalisation.is_finite() {
            format!(
                "a proof that phi is not zero almost everywhere: it is numerically zero (E phi(Z)^2 is 0 to within {})",
                super::classify::size(&self.moments.square)
            )
        } else if !c.a.is_finite() || !c.a_prime.is_finite() {
            "an enclosure of A = E phi(Z) and A' = E phi'(Z)".to_string()
        } else {
            return true;
        };
        self.undecided(missing);
        false
    }

    /// No number that is none is handed on, and no verdict that stands on one.
    pub(super) fn without_what_is_undefined(&mut self) {
        let dropped = |q: &mut Option<Quantity>| {
            let lost = (q.as_ref()).is_some_and(|q| !q.is_infinite() && !q.is_finite());
            if lost {
                *q = None;
            }
            lost
        };
        let r = &mut self.report;
        let alpha = dropped(&mut r.alpha);
        for q in [
            &mut r.normalisation,
            &mut r.a,
            &mut r.a_prime,
            &mut r.b_prime,
        ] {
            dropped(q);
        }
        let fixed = dropped(&mut r.fixed_point);
        let multiplier = dropped(&mut r.multiplier);
        if alpha {
            // the last line shows what is no number, and so shows nothing
            self.report.evidence.pop();
            let steps = self.report.evidence.len();
            self.report.facts.retain(|fact| fact.step < steps);
            let one = Ball::int(1, self.constants.a_prime.bits());
            let off = |x: &Ball| (x - &one).magnitude().to_string_radix(10, Some(2));
            let lambda = off(&self.constants.a_prime.powi(2));
            let b = self.constants.b_prime.as_ref().map(off).unwrap_or_default();
            self.undecided(format!(
                "alpha = -4 log|A'| / log B': A'^2 is 1 to within {lambda} and B' to within {b}, so phi is numerically linear"
            ));
        } else if fixed || multiplier {
            r.missing
                .push("digits of c* and of the slope there".to_string());
        }
    }
}
