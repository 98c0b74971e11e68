//! The regimes of a period, once it is known which of its layers have a mean.

use std::cmp::Ordering;

use rug::Rational;

use super::layer::Layer;
use super::network::Letters;
use super::verdict::BlockInquiry;
use crate::activation::pieces::kink;
use crate::dual::{Dual, attracting_fixed_point, fixed_point_gap};
use crate::error::{Error, Result};
use crate::exact::{Activation, Closed, alpha_exact};
use crate::limit::Fact;
use crate::limit::{Phase, Regime, Stands, VerdictConstant};
use crate::real::{Analytic, Ball, Bits, Certain, Quantity, Real, certain_digits};

/// Where the attracting fixed point is looked for, one after the other; nearer to 1 by the gap.
const REACHES: [(u32, u32); 4] = [(1, 2), (9, 10), (99, 100), (1, 1)];
/// Orders of a superattracting point beyond this are not listed coefficient by coefficient.
const LARGEST_ORDER: u32 = 4096;

impl BlockInquiry<'_> {
    fn product(&self, of: impl Fn(&Layer) -> Option<Ball>) -> Option<Ball> {
        let one = Ball::int(1, self.bits);
        self.layers.iter().try_fold(one, |p, l| Some(&p * &of(l)?))
    }

    fn closed_product(&self, of: impl Fn(&Layer) -> Option<Closed>) -> Option<Closed> {
        let mut layers = self.layers.iter();
        layers.try_fold(Closed::one(), |p, l| p.times(&of(l)?))
    }

    fn steep(&self) -> Option<Ball> {
        match self.steep_exact() {
            Some(exact) => Some(exact.evaluate(self.bits)),
            None => self.product(|l| l.steep.clone()),
        }
    }

    fn steep_exact(&self) -> Option<Closed> {
        self.closed_product(|l| l.steep_exact.clone())
    }

    fn infinite(&self) -> bool {
        self.layers.iter().any(|l| l.infinite)
    }

    pub(super) fn fill_steepness(&mut self) {
        self.report.b_prime = match self.infinite() {
            true => Some(Quantity::infinite()),
            false => self.steep().map(|b| shown(&b, self.steep_exact())),
        };
    }

    pub(super) fn linear(&mut self) {
        let one = Ball::int(1, self.bits);
        self.report.regime = Regime::Linear;
        self.report.a_prime = Some(Quantity::integer(1));
        self.report.b_prime = Some(Quantity::integer(1));
        self.say("every layer is linear: the map of the period is rho itself".to_owned());
        self.stands(VerdictConstant::FirstSquare, Stands::Equal, 1, one);
    }

    pub(super) fn nearest(&mut self, nothing: Ball) {
        self.report.regime = Regime::NearestNeighbour;
        self.report.a_prime = Some(Quantity::integer(0));
        self.report.fixed_point = Some(Quantity::integer(0));
        self.report.multiplier = Some(Quantity::integer(0));
        let order = self
            .layers
            .iter()
            .try_fold(1u32, |k, l| k.checked_mul(l.order?));
        let Some(k) = order.filter(|k| *k <= LARGEST_ORDER) else {
            self.report.proved = false;
            self.report.missing.push(format!(
                "the order of the superattracting fixed point 0, the product of those of the layers (up to {LARGEST_ORDER})"
            ));
            return;
        };
        self.report.order = Some(k);
        let orders: Vec<String> = (self.layers.iter())
            .map(|l| l.order.unwrap_or(1).to_string())
            .collect();
        self.say(format!(
            "orders of zeros multiply: the fixed point 0 of the period is superattracting of order k = {} = {k}, and by Theorem 3 every \
             point but the nearest loses all weight",
            orders.join(" * ")
        ));
        self.stands(VerdictConstant::First, Stands::Equal, 0, nothing.clone());
        for n in 2..k {
            self.stands(
                VerdictConstant::Coefficient(n),
                Stands::Equal,
                0,
                nothing.clone(),
            );
        }
        // c of the composition is certainly positive: layer by layer c -> c_k c^k
        if let Some(c) = self.leading() {
            self.stands(VerdictConstant::Coefficient(k), Stands::Apart, 0, c.sqrt());
        } else {
            self.report.proved = false;
            self.report.missing.push(format!(
                "an enclosure of the coefficient a_{k} of the period"
            ));
        }
    }

    fn leading(&self) -> Option<Ball> {
        let letters = self.blocks.letters(self.deadline).ok()?;
        let maps = letters.maps(None, &Rational::from((1, 2)), self.bits, self.deadline);
        let (_, c) = Dual::composed(maps.ok()?).ok()?.leading()?;
        Some(c)
    }

    /// Every layer has `A = 0` and a slope at 0 that is not.
    pub(super) fn singular(&mut self) {
        let exact = self.closed_product(|l| l.first_exact.clone());
        let lambda = match &exact {
            Some(exact) => exact.evaluate(self.bits),
            None => self
                .product(|l| Some(l.first.clone()))
                .unwrap_or_else(|| Ball::undefined(self.bits)),
        };
        let one = Ball::int(1, self.bits);
        if lambda.compare(&one) != Some(Ordering::Less) || lambda.sign() != Some(Ordering::Greater)
        {
            self.undecided(
                "an enclosure of the slope of the period at 0 that is between 0 and 1".to_owned(),
            );
            return;
        }
        self.report.regime = Regime::Singular;
        self.report.fixed_point = Some(Quantity::integer(0));
        self.report.a_prime = Some(shown(&lambda.sqrt(), exact.as_ref().and_then(Closed::sqrt)));
        self.report.multiplier = Some(shown(&lambda, exact.clone()));
        self.say(format!(
            "the fixed point 0 attracts with multiplier lambda = {} < 1, the product of the slopes of the layers at 0, which are not 0",
            digits(&lambda)
        ));
        self.stands(VerdictConstant::First, Stands::Apart, 0, lambda.sqrt());
        self.stands(
            VerdictConstant::FirstSquare,
            Stands::Below,
            1,
            lambda.clone(),
        );
        if self.infinite() {
            self.say("a layer jumps or has a derivative that is not square integrable: B' is infinite, and alpha = 0".to_owned());
            self.report.alpha = Some(Quantity::integer(0));
            self.infinite_slope();
            return;
        }
        let Some(b) = self
            .steep()
            .filter(|b| b.compare(&one) == Some(Ordering::Greater))
        else {
            self.report.proved = false;
            self.report.missing.push(
                "an enclosure of B' of the period, without which alpha is not known".to_owned(),
            );
            return;
        };
        let alpha = -(&lambda.ln().scale2(1) / &b.ln());
        let closed = exact
            .zip(self.steep_exact())
            .and_then(|(l, b)| alpha_exact(&l, &b));
        self.say(format!(
            "B' = {} > 1 is the product of the slopes at 1: by Theorem 1, whose proof asks the map for no more than a probability \
             generating function has, the kernel tends to R(u)/u^alpha with alpha = -2 log(lambda)/log(B') = {}",
            digits(&b),
            closed.as_ref().map_or_else(|| digits(&alpha), Rational::to_string)
        ));
        self.stands(VerdictConstant::DerivativeSquare, Stands::Above, 1, b);
        self.report.alpha = Some(shown(&alpha, closed.map(Closed::rational)));
    }

    /// The fact of a layer with an infinite slope serves for the period.
    fn infinite_slope(&mut self) {
        let steep = [VerdictConstant::Jump, VerdictConstant::DerivativePole];
        let known = (self.layers.iter().filter(|l| l.infinite))
            .flat_map(|l| &l.verdict.facts)
            .find(|f| {
                steep.contains(&f.constant) && f.stands != Stands::Equal || f.constant == steep[1]
            })
            .cloned();
        match known {
            Some(fact) => self.report.facts.push(Fact {
                step: self.report.evidence.len() - 1,
                ..fact
            }),
            None => self.report.proved = false,
        }
    }

    /// Some layer has `A != 0`.
    pub(super) fn with_mean(&mut self) -> Result<()> {
        let letters = self.blocks.letters(self.deadline)?;
        let reach = Rational::from(REACHES[0]);
        let map = self.map(&letters, &reach, self.bits)?;
        let zero = Ball::int(0, self.bits);
        let (value, slope) = map.at_with_slope(&zero);
        if value.sign() != Some(Ordering::Greater) {
            self.undecided(
                "an enclosure of the value of the period at 0 that is positive".to_owned(),
            );
            return Ok(());
        }
        self.report.a = Some(Quantity::new(&value.sqrt(), None));
        if !slope.contains_zero() {
            self.report.a_prime = Some(Quantity::new(&slope.sqrt(), None));
        } else if slope.is_exact() {
            self.report.a_prime = Some(Quantity::integer(0));
        }
        self.say(format!(
            "a layer has A != 0, and maps of layers increase on [0, 1]: the period maps 0 to A^2 = {} > 0",
            digits(&value)
        ));
        self.stands(VerdictConstant::Mean, Stands::Apart, 0, value.sqrt());
        let one = Ball::int(1, self.bits);
        if self.infinite() {
            self.say("a layer jumps or has a derivative that is not square integrable: B' is infinite, so the fixed point 1 repels".to_owned());
            self.infinite_slope();
            return self.chaotic(&letters);
        }
        let Some(b) = self.steep() else {
            self.undecided(
                "an enclosure of B' of the period, without which the phase is not known".to_owned(),
            );
            return Ok(());
        };
        if self.steep_exact().is_some_and(|b| b.is_one()) {
            self.say(
                "the slopes of the layers at 1 have the product 1 exactly: B' = 1 (in closed form)"
                    .to_owned(),
            );
            self.stands(VerdictConstant::Jump, Stands::Equal, 0, zero);
            self.stands(VerdictConstant::DerivativeSquare, Stands::Equal, 1, b);
            self.edge();
            return Ok(());
        }
        match b.compare(&one) {
            Some(Ordering::Greater) => {
                self.say(format!(
                    "B' = {} > 1, the product of the slopes at 1: the fixed point 1 repels",
                    digits(&b)
                ));
                self.stands(VerdictConstant::DerivativeSquare, Stands::Above, 1, b);
                self.chaotic(&letters)
            }
            Some(Ordering::Less) if b.sign() == Some(Ordering::Greater) => {
                self.say(format!(
                    "B' = {} < 1, the product of the slopes at 1: the fixed point 1 attracts every correlation, and every entry tends to \
                     the same number, the diagonal included",
                    digits(&b)
                ));
                self.stands(VerdictConstant::Jump, Stands::Equal, 0, zero);
                self.stands(
                    VerdictConstant::DerivativeSquare,
                    Stands::Above,
                    0,
                    b.clone(),
                );
                self.stands(VerdictConstant::DerivativeSquare, Stands::Below, 1, b);
                self.report.regime = Regime::Ordered;
                self.report.phase = Some(Phase::Ordered);
                self.report.fixed_point = Some(Quantity::integer(1));
                self.report.multiplier = self.report.b_prime.clone();
                Ok(())
            }
            _ => {
                let off = Quantity::new(&(&b - &one), None);
                self.undecided(format!(
                    "whether B' of the period is 1: it is 1 to within {}, and no closed form says more",
                    off.digits(2)
                ));
                Ok(())
            }
        }
    }

    fn map(&self, letters: &Letters, far: &Rational, bits: Bits) -> Result<Dual<Ball>> {
        let a = self.blocks.constant_square(bits);
        Dual::composed(letters.maps(a.as_ref(), far, bits, self.deadline)?)
    }

    fn chaotic(&mut self, letters: &Letters) -> Result<()> {
        self.report.regime = Regime::Majority;
        self.report.phase = Some(Phase::Chaotic);
        self.say(
            "the map of the period is convex on [0, 1] (coefficients that are not negative), so exactly one fixed point c* lies in (0, 1), \
             and it attracts: every pair tends to it, and Proposition 1 gives majority vote; the correlation after j more layers is where \
             those take c*"
                .to_owned(),
        );
        for reach in REACHES.map(Rational::from) {
            let map = match self.map(letters, &reach, self.bits) {
                Ok(map) => map,
                Err(e @ Error::Timeout { .. }) => return Err(e),
                Err(_) => continue,
            };
            let beyond = map.at(&Ball::rational(&reach, self.bits));
            let inside = beyond.compare(&Ball::rational(&reach, self.bits)) == Some(Ordering::Less);
            let found = match (inside, reach == 1) {
                (true, _) => attracting_fixed_point(&map, self.bits),
                (_, true) => attracting_fixed_point(&map, self.bits).or_else(|| {
                    let (gap, m) = fixed_point_gap(&map, self.bits)?;
                    Some((&Ball::int(1, self.bits) - &gap, m))
                }),
                _ => None,
            };
            if let Some((c, m)) = found {
                self.say(format!(
                    "c* = {} with multiplier {}, enclosed by a change of sign and the interval Newton operator",
                    digits(&c),
                    digits(&m)
                ));
                self.report.fixed_point = Some(Quantity::new(&c, None));
                self.report.multiplier = Some(Quantity::new(&m, None));
                return Ok(());
            }
        }
        self.report
            .missing
            .push("digits of c*: it exists and is unique by convexity".to_owned());
        Ok(())
    }

    fn edge(&mut self) {
        self.report.regime = Regime::Majority;
        self.report.phase = Some(Phase::EdgeOfChaos);
        self.report.fixed_point = Some(Quantity::integer(1));
        self.report.multiplier = Some(Quantity::integer(1));
        let kinked = |a: &Activation| {
            a.pieces.windows(2).any(|w| {
                let jump = kink(&w[0], &w[1], 128);
                jump.is_finite() && !jump.contains_zero()
            })
        };
        let layers = self.blocks.word().layers();
        let p = if layers.iter().any(kinked) {
            Some(Rational::from((3, 2)))
        } else {
            let smooth = !layers.iter().any(Activation::has_breakpoints);
            smooth.then(|| Rational::from(2))
        };
        match &p {
            Some(p) => {
                let ratio = Rational::from(p - 1u32) / (Rational::from(p * 2u32) - 1u32);
                self.say(format!(
                    "the fixed point 1 is parabolic: 1 - e goes to 1 - e + kappa e^{p} + ..., the lowest power of any layer, and the ratio \
                     of the tangent kernel of different to that of equal inputs tends to (p-1)/(2p-1) = {ratio}: majority vote"
                ));
            }
            None => self.report.missing.push(
                "the exponent p of 1 - e + kappa e^p (the majority vote does not depend on it)"
                    .to_owned(),
            ),
        }
        self.report.edge_exponent = p;
    }
}

fn shown(x: &Ball, exact: Option<Closed>) -> Quantity {
    const LONGEST: usize = 64;
    let text = exact.map(|c| c.to_string()).filter(|t| t.len() <= LONGEST);
    Quantity::new(x, text)
}

fn digits(x: &Ball) -> String {
    match certain_digits(x.mid(), &x.rad(), 15) {
        Certain::Digits(s) | Certain::Bound(s) => s,
    }
}
