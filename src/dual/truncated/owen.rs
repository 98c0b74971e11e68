//! The bivariate normal distribution: Owen's function and the probability of a quadrant, enclosed at any precision.

use std::cmp::Ordering;

use rug::Float;

use crate::real::{Analytic, Ball, Bits, Real};

/// `P(Z > x)`
pub(super) fn upper_tail(x: &Ball) -> Ball {
    let bits = x.bits();
    let root = Ball::int(2, bits).sqrt();
    (x / &root).erfc().scale2(-1)
}

/// The standard normal density.
pub(super) fn density(x: &Ball) -> Ball {
    let bits = x.bits();
    (-x.square().scale2(-1)).exp() / Ball::pi(bits).scale2(1).sqrt()
}

/// `T(h, a) = (1/2 pi) int_0^a exp(-h^2 (1 + x^2)/2)/(1 + x^2) dx` (Owen 1956), with an absolute error of about `2^-bits`.
///
/// For `0 <= a <= 1` with `x = h^2/2` and a Poisson variable `N` of mean `x`
///
/// `2 pi T = atan(a) - sum_j (-1)^j a^(2j+1)/(2j+1) P(N > j)`,
///
/// a series of alternating signs whose terms fall, so that what is left out is at most the next one; for `a > 1`
/// `T(h, a) = (Q(h) + Q(ah))/2 - Q(h) Q(ah) - T(ah, 1/a)`, `Q = P(Z > .)`. A radius is carried over by the largest slopes,
/// `|dT/dh| <= e^(-h^2/2)/5` and `|dT/da| <= e^(-h^2 (1 + a^2)/2)/(6 (1 + a^2))`.
pub(super) fn owen(h: &Ball, a: &Ball) -> Ball {
    owen_with(h, a, None)
}

/// The same where `Q(h)` is known.
fn owen_with(h: &Ball, a: &Ball, tail: Option<&Ball>) -> Ball {
    let bits = h.bits().max(a.bits());
    if !h.is_finite() || !a.is_finite() {
        // |T| <= 1/4 always
        return Ball::int(0, bits).widened(&Float::with_val(32, 0.25));
    }
    let (x, y) = (
        Ball::exact(h.mid().clone().abs()).with_bits(bits),
        Ball::exact(a.mid().clone().abs()).with_bits(bits),
    );
    let value = if *y.mid() <= 1 {
        series(&x, &y, bits)
    } else {
        let far = &x * &y;
        let q = match tail {
            None => upper_tail(&x),
            Some(tail) if h.mid().is_sign_negative() => Ball::int(1, bits) - tail,
            Some(tail) => tail.clone(),
        };
        let p = upper_tail(&far);
        let inverse = Ball::int(1, bits) / &y;
        let rest = owen(&far, &inverse);
        &(&(&q + &p).scale2(-1) - &(&q * &p)) - &rest
    };
    let value = if a.mid().is_sign_negative() {
        -value
    } else {
        value
    };
    let (far, slant) = (h.mignitude().to_f64(), a.mignitude().to_f64());
    let least = a.mignitude().max(&Float::with_val(64, 1));
    let flat = Float::with_val(64, a.rad() / least.square()) / 6u32;
    let moved = h.rad() / 5u32;
    // both times e^(-h^2/2), the second times e^(-(a h)^2/2) too
    value.widened(&((moved >> halvings(far)) + (flat >> halvings(far * slant.max(1.0)))))
}

/// `e^(-x^2/2) <= 2^-n`
fn halvings(x: f64) -> u32 {
    // 1/(2 ln 2) = 0.7213...
    (0.72 * x * x).floor().clamp(0.0, 1e9) as u32
}

/// `0 <= a <= 1`, both exact but for rounding.
fn series(h: &Ball, a: &Ball, bits: Bits) -> Ball {
    let two_pi = Ball::pi(bits).scale2(1);
    if a.sign() == Some(Ordering::Equal) {
        return a.clone();
    }
    let mean = h.square().scale2(-1);
    let weight = (-&mean).exp();
    // T <= e^(-h^2/2) atan(a)/(2 pi)
    if mean.to_f64() > f64::from(bits + 8) * std::f64::consts::LN_2 {
        let bound = (&(&weight * a) / &two_pi).magnitude();
        return Ball::int(0, bits).widened(&bound);
    }
    let square = a.square();
    let mut tail = -(-&mean).exp_m1();
    let (mut poisson, mut power, mut sum) = (weight, a.clone(), Ball::int(0, bits));
    let last = Float::with_val(32, 1) >> (bits + 4);
    let size = mean.to_f64();
    for j in 0_i64.. {
        // P(N > j) is at most twice P(N = j + 1) once j + 2 is beyond twice the mean
        let next = &(&poisson * &mean) / &Ball::int(j + 1, bits);
        let left = (&next * &power).magnitude() * 2u32;
        if (j + 2) as f64 > 2.0 * size + 1.0 && left < last {
            sum = sum.widened(&left);
            break;
        }
        let term = &(&power * &tail) / &Ball::int(2 * j + 1, bits);
        sum = match j % 2 {
            0 => sum + &term,
            _ => sum - &term,
        };
        power = &power * &square;
        tail = tail - &next;
        poisson = next;
    }
    (a.atan() - &sum) / &two_pi
}

/// What the probability of a quadrant takes: `P(U > h, V > k)` for the correlation whose arc sine is given.
pub(super) struct Quadrant<'a> {
    pub h: &'a Ball,
    pub k: &'a Ball,
    /// `(k - rho h)/sqrt(1 - rho^2)` and `(h - rho k)/sqrt(1 - rho^2)`, which have digits where their quotients by these formulas
    /// have none.
    pub turned: (&'a Ball, &'a Ball),
    pub rho: &'a Ball,
    pub arcsine: &'a Ball,
    pub sine: &'a Ball,
    /// `P(Z > h)`, `P(Z > k)`, where they are known.
    pub tails: Option<(Ball, Ball)>,
}

impl Quadrant<'_> {
    /// `Q(h)/2 + Q(k)/2 - T(h, a_h) - T(k, a_k) - (1/2 if the signs of h and k differ)`, `a_h = (k - rho h)/(h sqrt(1 - rho^2))`.
    pub fn probability(&self) -> Ball {
        let bits = self.rho.bits();
        let straddles = |x: &Ball| x.sign().is_none();
        if straddles(self.h) || straddles(self.k) {
            // the probability moves by less than 2/5 of what h or k move by
            let zero = Ball::int(0, bits);
            let (mut h, mut k, mut moved) = (self.h.clone(), self.k.clone(), Float::new(64));
            if straddles(self.h) {
                moved += h.magnitude();
                h = zero.clone();
            }
            if straddles(self.k) {
                moved += k.magnitude();
                k = zero;
            }
            let turned = |x: &Ball, y: &Ball| &(x - &(self.rho * y)) / self.sine;
            let (first, second) = (turned(&k, &h), turned(&h, &k));
            let there = Quadrant {
                h: &h,
                k: &k,
                turned: (&first, &second),
                tails: None,
                ..*self
            };
            return there.probability().widened(&(moved * 2u32 / 5u32));
        }
        let (h, k) = (self.h.side(), self.k.side());
        if (h, k) == (Ordering::Equal, Ordering::Equal) {
            let turn = self.arcsine / &Ball::pi(bits).scale2(1);
            return turn + &Ball::int(1, bits).scale2(-2);
        }
        let quarter = |sign: Ordering| Ball::int(sign as i64, bits).scale2(-2);
        // (an exact 0 counts as positive)
        let part = |x: &Ball, turned: &Ball, other: Ordering, tail: &Ball| match x.side() {
            Ordering::Equal => quarter(other),
            _ => owen_with(x, &(turned / x), Some(tail)),
        };
        let alike = same(self.h, self.k) && same(self.turned.0, self.turned.1);
        let (p, q) = match &self.tails {
            Some((p, q)) => (p.clone(), q.clone()),
            None => {
                let p = upper_tail(self.h);
                let q = if alike { p.clone() } else { upper_tail(self.k) };
                (p, q)
            }
        };
        let first = part(self.h, self.turned.0, k, &p);
        let second = match alike {
            true => first.clone(),
            false => part(self.k, self.turned.1, h, &q),
        };
        let sum = &(p + &q).scale2(-1) - &(first + &second);
        let negative = |s: Ordering| s == Ordering::Less;
        match negative(h) != negative(k) {
            true => sum - &Ball::int(1, bits).scale2(-1),
            false => sum,
        }
    }
}

/// The same ball.
fn same(x: &Ball, y: &Ball) -> bool {
    x.mid() == y.mid() && x.rad() == y.rad()
}

trait Side {
    /// The sign of a ball that does not straddle 0.
    fn side(&self) -> Ordering;
}

impl Side for Ball {
    fn side(&self) -> Ordering {
        self.sign().unwrap_or(Ordering::Equal)
    }
}
