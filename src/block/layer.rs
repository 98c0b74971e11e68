//! What a layer contributes to the constants of a period.

use super::Blocks;
use crate::exact::{Activation, Closed};
use crate::limit::{Classification, Regime};
use crate::real::{Analytic, Ball, Bits, Quantity};

/// What a layer contributes: slopes of its map at 0 (where `A = 0`) and at 1.
pub(super) struct Layer {
    pub verdict: Classification,
    /// `A'^2`, or `(1 + a A'^2)/(1 + a)`.
    pub first: Ball,
    pub first_exact: Option<Closed>,
    /// The same of `B'`; nothing where it is infinite or not known.
    pub steep: Option<Ball>,
    pub steep_exact: Option<Closed>,
    pub infinite: bool,
    /// 1 but for a layer without skip in the regime of the nearest neighbour.
    pub order: Option<u32>,
}

impl Blocks {
    /// The square of the branch scale that every layer has, where it does not shrink.
    pub(super) fn constant_square(&self, bits: Bits) -> Option<Ball> {
        self.skip().map(|s| s.factor_square(bits))
    }

    /// From the verdict of the activation alone.
    pub(super) fn layer(
        &self,
        activation: &Activation,
        verdict: Classification,
        bits: Bits,
    ) -> Layer {
        let a = self.constant_square(bits);
        let closed_a = self.skip().and_then(|s| s.closed_square());
        let one = Ball::int(1, bits);
        let residual = |x: Ball| match &a {
            Some(a) => &(&one + &(a * &x)) / &(&one + a),
            None => x,
        };
        let residual_exact = |x: Closed| match (&closed_a, self.skip()) {
            (_, None) => Some(x),
            (Some(a), _) => {
                let above = Closed::one().plus(&a.times(&x)?)?;
                above.over(&Closed::one().plus(a)?)
            }
            (None, _) => None,
        };
        let square = activation.square.as_ref();
        let first = || activation.first.as_ref()?.powi(2)?.over(square?);
        let steep = || match (activation.critical, activation.continuous) {
            (true, _) => Some(Closed::one()),
            (_, Some(true)) => activation.derivative_square.as_ref()?.over(square?),
            _ => None,
        };
        let flat = verdict.regime == Regime::NearestNeighbour;
        let first = match flat {
            true => Some(Closed::zero()),
            false => first(),
        };
        let ball = |q: &Option<Quantity>| q.as_ref().and_then(Quantity::ball);
        let a_prime = match flat {
            true => Ball::int(0, bits),
            false => ball(&verdict.a_prime).unwrap_or_else(|| Ball::undefined(bits)),
        };
        let precise = |exact: &Option<Closed>, ball: Ball| match exact {
            Some(exact) => exact.evaluate(bits),
            None => ball,
        };
        let first_exact = first.and_then(residual_exact);
        let steep_exact = steep().and_then(residual_exact);
        Layer {
            first: precise(&first_exact, residual(a_prime.powi(2))),
            steep: ball(&verdict.b_prime).map(|b| precise(&steep_exact, residual(b))),
            infinite: verdict.b_prime.as_ref().is_some_and(Quantity::is_infinite),
            order: match (flat, self.skip()) {
                (true, None) => verdict.order,
                _ => Some(1),
            },
            first_exact,
            steep_exact,
            verdict,
        }
    }
}
