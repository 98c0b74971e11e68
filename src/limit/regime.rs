//! The regimes: what follows once it is known which constants vanish.

use std::cmp::Ordering;

use rug::Rational;

use super::classify::{Inquiry, ZERO_BITS, relative, size};
use super::evidence::{Stands, VerdictConstant};
use super::fixed_point::chaotic_fixed_point;
use super::verdict::{Phase, Regime};
use crate::activation::pieces::kink;
use crate::error::Result;
use crate::exact::{Closed, alpha_exact};
use crate::real::{Analytic, Ball, Quantity, Real};

impl Inquiry {
    /// `A = 0`, `A' != 0`, not linear.
    pub(super) fn singular(&mut self) -> Result<()> {
        let below_one = |q: &Inquiry| {
            let lambda = q.constants.a_prime.powi(2);
            let one = Ball::int(1, lambda.bits());
            (lambda.compare(&one) == Some(Ordering::Less)).then_some(lambda)
        };
        let mut lambda = below_one(self);
        if lambda.is_none() {
            self.sharpen(ZERO_BITS.max(self.accuracy))?;
            lambda = below_one(self);
        }
        // Not being seen to be linear is no proof of not being linear.
        let Some(lambda) = lambda else {
            let off =
                &Ball::int(1, self.constants.a_prime.bits()) - &self.constants.a_prime.powi(2);
            self.undecided(format!(
                "a proof that phi is not linear: it is numerically linear (1 - A'^2 is 0 to within {})",
                size(&off)
            ));
            return Ok(());
        };
        self.report.regime = Regime::Singular;
        self.report.fixed_point = Some(Quantity::integer(0));
        let exact_lambda = self
            .structure
            .first
            .as_ref()
            .and_then(|f| f.powi(2)?.over(self.structure.square.as_ref()?));
        self.report.multiplier = Some(self.with_closed(&lambda, exact_lambda.clone()));
        self.say(&format!(
            "the fixed point 0 of the dual attracts with multiplier lambda = A'^2 = {} < 1, so phi is not linear, and A = 0 \
             then forces B' = sum n a_n^2 > 1",
            beside_one(&lambda)
        ));
        self.stands(
            VerdictConstant::FirstSquare,
            Stands::Below,
            1,
            lambda.clone(),
        );
        if self.has_infinite_slope() {
            self.report.alpha = Some(Quantity::integer(0));
            let what = match self.continuous {
                Some(false) => "the singularity is logarithmic",
                _ => "the singularity is weaker than every power",
            };
            self.say(&format!("alpha = -4 log|A'| / log B' = 0: {what}"));
            return Ok(());
        }
        let Some(b) = self.constants.b_prime.clone() else {
            self.report
                .missing
                .push(self.no_derivative_square("without which alpha is not known"));
            self.report.proved = false;
            return Ok(());
        };
        if self.continuous.is_none() {
            self.continuity_missing();
        }
        let four = Ball::int(-4, b.bits());
        let alpha = &(&four * &self.constants.a_prime.abs().ln()) / &b.ln();
        let exact = exact_lambda
            .zip(
                self.structure
                    .derivative_square
                    .as_ref()
                    .zip(self.structure.square.as_ref()),
            )
            .and_then(|(l, (d, s))| alpha_exact(&l, &d.over(s)?));
        let line = format!(
            "Theorem 1 of Radhakrishnan, Belkin and Uhler: T_L/((L+1) A'^(2L)) -> R(u)/u^alpha, alpha = -4 log|A'| / log B' = {}",
            exact
                .as_ref()
                .map_or_else(|| relative(&alpha), Rational::to_string)
        );
        self.say(&line);
        self.stands(VerdictConstant::DerivativeSquare, Stands::Above, 1, b);
        self.report.alpha = Some(self.with_closed(&alpha, exact.map(Closed::rational)));
        Ok(())
    }

    /// `A = A' = 0`.
    pub(super) fn nearest(&mut self) -> Result<()> {
        self.report.regime = Regime::NearestNeighbour;
        self.report.fixed_point = Some(Quantity::integer(0));
        self.report.multiplier = Some(Quantity::integer(0));
        let (order, coefficients) = super::fixed_point::order(self)?;
        match order {
            Some(k) => {
                self.report.order = Some(k);
                self.say(&format!(
                    "the first Hermite coefficient that is not 0 is a_{k}: the fixed point 0 is superattracting of order {k}, \
                     log S_L ~ -{k}^L b(rho), and by Theorem 3 every point but the nearest loses all weight"
                ));
                for (n, a) in coefficients.into_iter().enumerate().skip(2) {
                    let stands = if n as u32 == k {
                        Stands::Apart
                    } else {
                        Stands::Equal
                    };
                    self.stands(VerdictConstant::Coefficient(n as u32), stands, 0, a);
                }
            }
            None => {
                self.report.proved = false;
                self.report
                    .missing
                    .push("the first n with a_n != 0 (none was found up to n = 64)".into());
            }
        }
        Ok(())
    }

    /// `A != 0`.
    pub(super) fn with_mean(&mut self) -> Result<()> {
        if self.has_infinite_slope() {
            return self.chaotic("B' is infinite, so the fixed point 1 repels");
        }
        if self.continuous.is_none() {
            self.continuity_missing();
        }
        if self.structure.critical {
            self.say("B' = E phi'(Z)^2 = E phi(Z)^2 exactly (normalised, B' = 1): proved from the expression");
            if let Some(b) = self.constants.b_prime.clone() {
                self.stands(VerdictConstant::DerivativeSquare, Stands::Equal, 1, b);
            }
            return self.edge();
        }
        let Some(b) = self.constants.b_prime.clone() else {
            let missing = self.no_derivative_square("without which the phase is not known");
            self.undecided(missing);
            return Ok(());
        };
        let one = Ball::int(1, b.bits());
        let open = |b: &Ball| b.compare(&one).is_none() || b.contains_zero();
        let b = if open(&b) {
            self.sharpen(ZERO_BITS.max(self.accuracy))?;
            self.constants.b_prime.clone().unwrap_or(b)
        } else {
            b
        };
        match b.compare(&one) {
            Some(Ordering::Greater) => self.chaotic(&format!(
                "B' = {} > 1, so the fixed point 1 repels",
                beside_one(&b)
            )),
            // Not being seen to be constant is no proof of not being constant.
            Some(Ordering::Less) if b.contains_zero() => {
                self.undecided(format!(
                    "a proof that phi is not constant: it is numerically constant (E phi'(Z)^2 is 0 to within {} of E phi(Z)^2)",
                    size(&b)
                ));
                Ok(())
            }
            Some(Ordering::Less) => self.ordered(&b),
            _ => {
                self.report.proved = false;
                self.report.missing.push(format!(
                    "a proof that B' = 1: it is 1 to within {}; if it is not exactly 1 the phase is chaotic or ordered",
                    size(&(b - &one))
                ));
                self.edge()
            }
        }
    }

    /// Why there is no `B'`, in the words of the quadrature.
    fn no_derivative_square(&self, consequence: &str) -> String {
        let why = match &self.moments.no_derivative {
            Some(why) => format!(" ({why})"),
            None => String::new(),
        };
        format!("an enclosure of B' = E phi'(Z)^2, {consequence}{why}")
    }

    fn edge(&mut self) -> Result<()> {
        self.report.regime = Regime::Majority;
        self.report.phase = Some(Phase::EdgeOfChaos);
        self.report.fixed_point = Some(Quantity::integer(1));
        self.report.multiplier = Some(Quantity::integer(1));
        let kinked = self.structure.pieces.windows(2).any(|w| {
            let jump = kink(&w[0], &w[1], 128);
            jump.is_finite() && !jump.contains_zero()
        });
        let p = if kinked {
            Some(Rational::from((3, 2)))
        } else {
            (!self.structure.has_breakpoints()).then(|| Rational::from(2))
        };
        match &p {
            Some(p) => {
                let ratio = (p.clone() - 1u32) / (p.clone() * 2u32 - 1u32);
                self.say(&format!(
                    "the fixed point 1 is parabolic: dual(1-e) = 1 - e + kappa e^{p} + ..., so T_L(x,x')/T_L(x,x) -> (p-1)/(2p-1) = \
                     {ratio} for every pair, and Proposition 1 gives majority vote"
                ));
            }
            None => self.report.missing.push("the exponent p of dual(1-e) = 1 - e + kappa e^p (the majority vote does not depend on it)".into()),
        }
        self.report.edge_exponent = p;
        Ok(())
    }

    fn ordered(&mut self, b: &Ball) -> Result<()> {
        self.report.regime = Regime::Ordered;
        self.report.phase = Some(Phase::Ordered);
        self.report.fixed_point = Some(Quantity::integer(1));
        self.report.multiplier = self.report.b_prime.clone();
        self.say(&format!(
            "B' = {} < 1: the fixed point 1 attracts every correlation; every kernel entry, the diagonal included, tends to \
             1/(1-B'), so Proposition 1 does not apply, and the ridgeless classifier tends to sign(b + sum w_i g(1 - x.x_i)) with \
             sum w_i = 0 (with a fixed ridge majority vote returns)",
            beside_one(b)
        ));
        self.stands(
            VerdictConstant::DerivativeSquare,
            Stands::Above,
            0,
            b.clone(),
        );
        self.stands(
            VerdictConstant::DerivativeSquare,
            Stands::Below,
            1,
            b.clone(),
        );
        Ok(())
    }

    fn chaotic(&mut self, why: &str) -> Result<()> {
        self.report.regime = Regime::Majority;
        self.report.phase = Some(Phase::Chaotic);
        self.say(why);
        if self.continuous == Some(true)
            && let Some(b) = self.constants.b_prime.clone()
        {
            self.stands(VerdictConstant::DerivativeSquare, Stands::Above, 1, b);
        }
        self.distance_from_singular();
        self.say(
            "dual(0) = A^2 > 0 and the dual is convex on [0, 1] (non-negative coefficients), so exactly one fixed point c* lies in \
             (0, 1), and it attracts; T_L(x,x') -> c*/(1 - dual'(c*)) for every pair while T_L(x,x) diverges: Proposition 1 gives \
             majority vote",
        );
        chaotic_fixed_point(self)
    }

    /// The singular regime is of codimension one: a small `A` hides it until the depth at which `lambda^L` has fallen
    /// to `A^2`.
    fn distance_from_singular(&mut self) {
        let (a2, lambda) = (self.constants.a.powi(2), self.constants.a_prime.powi(2));
        if a2.to_f64() > 1e-2 || lambda.contains_zero() || lambda.to_f64() >= 1.0 {
            return;
        }
        let depth = &a2.ln() / &lambda.ln();
        let alpha = self
            .constants
            .b_prime
            .as_ref()
            .filter(|_| self.continuous == Some(true))
            .map(|b| -(&lambda.ln().scale2(1) / &b.ln()))
            .map_or(String::new(), |alpha| {
                format!(" with alpha near {:.6}", alpha.to_f64())
            });
        self.say(&format!(
            "how far from singular: A^2 = {:.3e} is small, and if it were 0 the kernel would be singular{alpha}; down to depth L ~ \
             log(A^2)/log(A'^2) = {:.1} the network behaves so, beyond it majority vote takes over",
            a2.to_f64(),
            depth.to_f64()
        ));
    }

    fn continuity_missing(&mut self) {
        self.report.proved = false;
        self.report
            .missing
            .push("a proof that phi is continuous (a jump would make B' infinite)".into());
    }
}

/// Fifteen digits of a number that is compared with 1: the distance from it where they would all be those of 1.
fn beside_one(x: &Ball) -> String {
    let off = x - &Ball::int(1, x.bits());
    match off.to_f64() {
        d if d.abs() > 1e-12 || !d.is_finite() => relative(x),
        d if d < 0.0 => format!("1 - {}", relative(&-off)),
        _ => format!("1 + {}", relative(&off)),
    }
}
