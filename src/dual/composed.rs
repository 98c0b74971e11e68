//! Layers that differ, and layers that are skipped: compositions and convex combinations of duals.
//!
//! A layer maps a correlation by its normalised dual, a probability generating function, and so do several layers together: the
//! composition of generating functions is one. A residual layer `x + alpha W phi(x)`, normalised, maps `rho` to
//! `(rho + a dual(rho))/(1 + a)`, `a = alpha^2`, a convex combination of two. What is proved of a dual from its coefficients being
//! non-negative with sum 1 holds for both.

use std::cmp::Ordering;

use super::Dual;
use crate::activation::Parity;
use crate::error::{Error, Result};
use crate::real::{Bits, Real};

/// The map of a period of layers.
#[derive(Clone, Debug)]
pub struct Composed<R> {
    /// The first layer first; never empty.
    layers: Vec<Dual<R>>,
}

/// The map of a residual layer.
#[derive(Clone, Debug)]
pub struct Skipped<R> {
    inner: Box<Dual<R>>,
    /// `1/(1 + a)` and `a/(1 + a)`.
    stays: R,
    moves: R,
}

impl<R: Real> Dual<R> {
    /// The dual of several layers, the first one first: their composition.
    ///
    /// # Errors
    /// [`Error::Domain`] for no layers.
    ///
    /// ```
    /// use deeplimit::dual::Dual;
    /// let both = Dual::composed(vec![Dual::Erf(0.5), Dual::Exp(1.0)])?;
    /// let by_hand = Dual::Exp(1.0).at(&Dual::Erf(0.5).at(&0.3));
    /// assert_eq!(both.at(&0.3), by_hand);
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn composed(mut layers: Vec<Dual<R>>) -> Result<Dual<R>> {
        match layers.len() {
            0 => Err(Error::Domain("a network has at least one layer".to_owned())),
            1 => Ok(layers.remove(0)),
            _ => Ok(Dual::Composed(Composed { layers })),
        }
    }

    /// The dual of a residual layer: `(rho + a dual(rho))/(1 + a)`, where `a > 0` is the square of the branch's scale.
    ///
    /// ```
    /// use deeplimit::dual::Dual;
    /// let residual = Dual::Exp(1.0).skipped(&0.5);
    /// assert!((residual.at(&0.0) - (-1f64).exp() / 3.0).abs() < f64::EPSILON);
    /// ```
    pub fn skipped(self, a: &R) -> Dual<R> {
        let one = R::int(1, a.bits());
        let sum = &one + a;
        Dual::Skipped(Skipped {
            inner: Box::new(self),
            stays: &one / &sum,
            moves: a / &sum,
        })
    }
}

/// A value and the slope there.
type Step<R> = (R, R);

impl<R: Real> Composed<R> {
    /// The layers, the first one first.
    pub fn layers(&self) -> &[Dual<R>] {
        &self.layers
    }

    /// Through all layers by one of the coordinates: the last value and the product of the slopes.
    fn through(&self, from: &R, step: impl Fn(&Dual<R>, &R) -> Step<R>) -> Step<R> {
        let start = (from.clone(), R::int(1, from.bits()));
        self.layers.iter().fold(start, |(x, product), layer| {
            let (next, slope) = step(layer, &x);
            (next, &product * &slope)
        })
    }

    pub(super) fn at(&self, rho: &R) -> R {
        (self.layers.iter()).fold(rho.clone(), |x, layer| layer.at(&x))
    }

    pub(super) fn slope_at(&self, rho: &R) -> R {
        self.through(rho, Dual::at_with_slope).1
    }

    pub(super) fn gap(&self, t: &R) -> R {
        (self.layers.iter()).fold(t.clone(), |t, layer| layer.gap(&t))
    }

    pub(super) fn slope_at_gap(&self, t: &R) -> R {
        self.through(t, Dual::gap_with_slope).1
    }

    pub(super) fn opposite(&self, u: &R) -> Step<R> {
        let first = self.layers[0].opposite_with_slope(u);
        self.layers[1..].iter().fold(first, |(x, product), layer| {
            let (next, slope) = layer.at_with_slope(&x);
            (next, &product * &slope)
        })
    }

    pub(super) fn taylor(&self, p: &R, degree: usize) -> Vec<R> {
        let mut out = self.layers[0].taylor(p, degree);
        for layer in &self.layers[1..] {
            let outer = layer.taylor(&out[0], degree);
            out = substituted(&outer, &out);
        }
        out
    }

    pub(super) fn leading(&self) -> Option<(u32, R)> {
        let (mut order, mut c) = self.layers[0].leading()?;
        for layer in &self.layers[1..] {
            let (k, d) = layer.leading()?;
            c = &d * &c.powi(i64::from(k));
            order = order.checked_mul(k)?;
        }
        Some((order, c))
    }

    /// Layer by layer `x/rho^k`, so that nothing is divided by a small power.
    pub(super) fn divided(&self, rho: &R) -> Option<Step<R>> {
        let bits = rho.bits();
        let (mut ratio, mut weighted) = (R::int(1, bits), R::int(1, bits));
        let mut x = rho.clone();
        for layer in &self.layers {
            let (k, _) = layer.leading()?;
            let (g, slope) = layer.quotient(k, &x)?;
            ratio = &g * &ratio.powi(i64::from(k));
            weighted = &weighted * &(&slope / &g);
            x = layer.at(&x);
        }
        Some((ratio.clone(), &weighted * &ratio))
    }

    pub(super) fn rise_at(&self, rho: &R) -> R {
        let bits = rho.bits();
        let (mut rise, mut base) = (rho.clone(), R::int(0, bits));
        for layer in &self.layers {
            rise = match base.sign() {
                Some(Ordering::Equal) => layer.rise_at(&rise),
                _ => &layer.at(&(&base + &rise)) - &layer.at(&base),
            };
            base = layer.at(&base);
        }
        rise
    }

    pub(super) fn parity(&self) -> Option<Parity> {
        parity_of(self.layers.iter().map(Dual::parity))
    }

    pub(super) fn bits(&self) -> Bits {
        self.layers[0].bits()
    }

    pub(super) fn mapped<S: Real>(&self, f: &impl Fn(&Dual<R>) -> Dual<S>) -> Composed<S> {
        Composed {
            layers: self.layers.iter().map(f).collect(),
        }
    }

    pub(super) fn any(&self, holds: impl Fn(&Dual<R>) -> bool) -> bool {
        self.layers.iter().any(holds)
    }
}

/// The parity of layers one after the other: the first even one makes what follows even, odd ones change nothing.
pub(crate) fn parity_of(layers: impl Iterator<Item = Option<Parity>>) -> Option<Parity> {
    for parity in layers {
        match parity? {
            Parity::Even => return Some(Parity::Even),
            Parity::Odd => {}
        }
    }
    Some(Parity::Odd)
}

impl<R: Real> Skipped<R> {
    /// The dual of the branch.
    pub fn inner(&self) -> &Dual<R> {
        &self.inner
    }

    /// `a/(1 + a)`, the weight of the branch.
    pub fn weight(&self) -> &R {
        &self.moves
    }

    /// `(x + a y)/(1 + a)`
    fn mixed(&self, x: &R, y: &R) -> R {
        &(&self.stays * x) + &(&self.moves * y)
    }

    pub(super) fn at(&self, rho: &R) -> R {
        self.mixed(rho, &self.inner.at(rho))
    }

    fn slope(&self, slope: &R) -> R {
        &self.stays + &(&self.moves * slope)
    }

    pub(super) fn slope_at(&self, rho: &R) -> R {
        self.slope(&self.inner.slope_at(rho))
    }

    pub(super) fn gap(&self, t: &R) -> R {
        self.mixed(t, &self.inner.gap(t))
    }

    pub(super) fn slope_at_gap(&self, t: &R) -> R {
        self.slope(&self.inner.slope_at_gap(t))
    }

    pub(super) fn opposite(&self, u: &R) -> Step<R> {
        let (value, slope) = self.inner.opposite_with_slope(u);
        let rho = u - &R::int(1, u.bits());
        (self.mixed(&rho, &value), self.slope(&slope))
    }

    pub(super) fn taylor(&self, p: &R, degree: usize) -> Vec<R> {
        let mut out: Vec<R> = (self.inner.taylor(p, degree).iter())
            .map(|c| &self.moves * c)
            .collect();
        out[0] = &out[0] + &(&self.stays * p);
        if let Some(c) = out.get_mut(1) {
            *c = &*c + &self.stays;
        }
        out
    }

    /// The skip itself has order 1, so the order is 1 wherever the branch vanishes at 0.
    pub(super) fn leading(&self) -> Option<(u32, R)> {
        let (k, c) = self.inner.leading()?;
        let slope = match k {
            1 => self.slope(&c),
            _ => self.stays.clone(),
        };
        Some((1, slope))
    }

    pub(super) fn rise_at(&self, rho: &R) -> R {
        self.mixed(rho, &self.inner.rise_at(rho))
    }

    pub(super) fn parity(&self) -> Option<Parity> {
        self.inner.parity().filter(|p| *p == Parity::Odd)
    }

    pub(super) fn bits(&self) -> Bits {
        self.stays.bits()
    }

    pub(super) fn mapped<S: Real>(
        &self,
        inner: impl Fn(&Dual<R>) -> Dual<S>,
        number: impl Fn(&R) -> S,
    ) -> Skipped<S> {
        Skipped {
            inner: Box::new(inner(&self.inner)),
            stays: number(&self.stays),
            moves: number(&self.moves),
        }
    }
}

/// `sum_j f_j (g(z) - g_0)^j` up to the degree of `g`, by Horner's rule; `f_0` is the value.
fn substituted<R: Real>(outer: &[R], inner: &[R]) -> Vec<R> {
    let degree = inner.len() - 1;
    let zero = R::int(0, inner[0].bits());
    let mut out = vec![zero.clone(); degree + 1];
    // after j steps from the top, what is multiplied by a power of at least j has fewer orders that count
    for (j, f) in outer.iter().enumerate().take(degree + 1).rev() {
        let room = degree - j;
        let mut next = vec![zero.clone(); degree + 1];
        for n in 1..=room {
            for i in 1..=n {
                next[n] = &next[n] + &(&inner[i] * &out[n - i]);
            }
        }
        next[0] = f.clone();
        out = next;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Expr;
    use crate::dual::closed_form;
    use crate::real::{Analytic, Ball};
    use rug::{Float, Rational};

    fn dual(text: &str) -> Dual<Ball> {
        closed_form(&Expr::parse(text).unwrap(), 160).unwrap()
    }

    fn some() -> Vec<Dual<Ball>> {
        let of = |layers: &[&str]| {
            Dual::composed(layers.iter().map(|text| dual(text)).collect()).unwrap()
        };
        let a = Ball::rational(&Rational::from((3, 10)), 160);
        vec![
            of(&["erf", "cos(x)"]),
            of(&["relu", "optimal(4)", "exp(x)"]),
            of(&["hermite(2)", "sin(x)", "hermite(3)"]),
            dual("relu").skipped(&a),
            dual("hermite(2)").skipped(&a),
            Dual::composed(vec![dual("relu").skipped(&a), dual("erf")]).unwrap(),
        ]
    }

    fn ball(n: i64, d: i64) -> Ball {
        Ball::rational(&Rational::from((n, d)), 160)
    }

    /// Values, slopes, gaps and Taylor series are of one function, which is a probability generating function.
    #[test]
    fn everything_is_of_one_function() {
        let one = ball(1, 1);
        for d in some() {
            assert!(d.at(&one).overlaps(&one) && d.gap(&ball(0, 1)).contains_zero());
            for (n, m) in [(0, 1), (1, 3), (3, 5)] {
                let p = ball(n, m);
                let c = d.taylor(&p, 24);
                assert!(c[0].overlaps(&d.at(&p)) && c[1].overlaps(&d.slope_at(&p)));
                let negative = |c: &Ball| c.sign() == Some(Ordering::Less);
                assert!(!c.iter().any(negative), "{d:?}");
                // the rest is at most (z/r)^25 dual(p + r), r = 3/8
                let z = ball(1, 128);
                let sum = (c.iter().rev()).fold(ball(0, 1), |sum, c| &(&sum * &z) + c);
                let rest = Float::with_val(53, 48f64.powi(-25));
                let sum = sum.widened(&rest);
                assert!(sum.overlaps(&d.at(&(&p + &z))), "{d:?}");
                let t = &one - &p;
                assert!((&one - &d.gap(&t)).overlaps(&d.at(&p)));
                assert!(d.slope_at_gap(&t).overlaps(&d.slope_at(&p)));
            }
            for (n, m) in [(-1, 1), (-2, 3)] {
                let (value, slope) = d.opposite_with_slope(&(&one + &ball(n, m)));
                assert!(value.overlaps(&d.at(&ball(n, m))), "{d:?}");
                assert!(slope.overlaps(&d.slope_at(&ball(n, m))), "{d:?}");
            }
        }
    }

    /// Orders multiply, and what is left after the leading power is what `divided` gives.
    #[test]
    fn orders_multiply() {
        let d = Dual::composed(vec![dual("hermite(2)"), dual("sin(x)"), dual("hermite(3)")]);
        let d = d.unwrap();
        let (k, c) = d.leading().unwrap();
        assert_eq!((k, d.parity()), (6, Some(Parity::Even)));
        assert!(c.overlaps(&d.taylor(&ball(0, 1), 6)[6]));
        let x = ball(1, 5);
        let (g, weighted) = d.divided(k, &x).unwrap();
        assert!((&g * &x.powi(6)).overlaps(&d.at(&x)));
        assert!((&weighted * &x.powi(5)).overlaps(&d.slope_at(&x)));
        let skipped = dual("hermite(2)").skipped(&ball(1, 4));
        let (k, c) = skipped.leading().unwrap();
        assert!(k == 1 && c.overlaps(&ball(4, 5)), "{c:?}");
    }

    /// The gap keeps relative digits through all layers.
    #[test]
    fn gaps_keep_their_digits() {
        for d in some() {
            let t = Ball::int(1, 160).scale2(-100);
            let (gap, slope) = d.gap_with_slope(&t);
            assert!(gap.relative_bits() > 120, "{d:?}");
            // a kink moves the slope by the order of the root of the gap
            let off = &(&gap / &t) - &slope;
            assert!(off.magnitude().to_f64() < 1e-12, "{d:?}");
        }
    }

    #[test]
    fn parities_follow_the_first_even_layer() {
        let parity = |layers: &[&str]| {
            let layers = layers.iter().map(|text| dual(text)).collect();
            Dual::composed(layers).unwrap().parity()
        };
        assert_eq!(parity(&["erf", "sin(x)"]), Some(Parity::Odd));
        assert_eq!(parity(&["erf", "cos(x)", "relu"]), Some(Parity::Even));
        assert_eq!(parity(&["relu", "cos(x)"]), None);
        let skipped = |text: &str| dual(text).skipped(&ball(1, 2)).parity();
        assert_eq!(skipped("erf"), Some(Parity::Odd));
        assert_eq!(skipped("cos(x)"), None);
    }
}
