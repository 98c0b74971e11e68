//! Gaussian expectations of one function around one point of the plane of scale and shift.
//!
//! `E Q(a Z + b)` with `a = a_0 s`, `b = b_0 + a_0 delta` is `sum_n q_n m_n(s, delta)`, where `q_n` are the Hermite coefficients of
//! `z -> Q(a_0 z + b_0)` and `m_n(s, delta) = E h_n(s Z + delta)`. It converges geometrically for `|s^2 - 1| < 1`, whatever
//! kinks `Q` has, since the Gaussian is smooth; what is left out is bounded by Parseval and by Cauchy and Schwarz, because
//! `sum_n m_n^2 = exp(delta^2/(2 - s^2)) / (s sqrt(2 - s^2))` is the squared norm of the quotient of the two densities.

use crate::activation::Expr;
use crate::activation::pieces::{End, Piece, pieces};
use crate::deadline::Deadline;
use crate::dual::closed_coefficients;
use crate::error::Error;
use crate::error::Result;
use crate::hermite::{coefficients, guard_bits};
use crate::quadrature::{Envelope, Integrand, Plan, Samples};
use crate::real::{Analytic, Ball, Bits, Real};
use rug::Float;

use super::taylor::{Taylor, up};

/// The first Hermite coefficients of a function, and the norm of the rest.
#[derive(Clone, Debug)]
pub(in crate::design) struct Expansion {
    q: Vec<Ball>,
    /// An upper bound of `sqrt(sum_{n > N} q_n^2)`.
    rest: Ball,
    bits: Bits,
}

impl Expansion {
    /// Of `expr` up to `degree`, the coefficients with a relative error of about `2^-accuracy`, relative to the norm.
    pub fn new(expr: &Expr, degree: u32, accuracy: Bits, deadline: Deadline) -> Result<Expansion> {
        let pieces = pieces(&expr.expand(), KINKS_WITHIN)?;
        if vanishes(&pieces) {
            let zero = Ball::int(0, accuracy);
            return Ok(Expansion {
                q: vec![zero.clone(); degree as usize + 1],
                rest: zero,
                bits: accuracy,
            });
        }
        if let Some(closed) = Expansion::closed(&pieces, degree, accuracy) {
            return Ok(closed);
        }
        let mut more = 0;
        loop {
            let goal = accuracy + more;
            let bits = goal + guard_bits(degree) + 16;
            let plan = Plan::new(&Integrand::of(expr), Envelope::Moments { degree }, goal)?;
            deadline.check("the expansion of the family")?;
            let samples = Samples::<Ball>::new(&plan, bits, deadline)?;
            let square = samples.square(0);
            // small functions need more bits behind the point
            let size = square.magnitude();
            if square.contains_zero()
                || Float::with_val(53, square.rad() / &size)
                    > Float::with_val(53, 1) >> (accuracy / 2)
            {
                if more > 8192 {
                    return Err(Error::Unresolved(
                        "a moment of the family is too small to be told from zero".into(),
                    ));
                }
                let exponent = size.get_exp().unwrap_or(0).min(0).unsigned_abs();
                more = (2 * more).max(exponent + 32);
                continue;
            }
            let q = coefficients(&samples, 0, degree, deadline)?;
            return Ok(Expansion::with_rest(q, square, bits));
        }
    }

    /// Of sums of polynomials times exponentials on intervals, without quadrature.
    fn closed(pieces: &[Piece], degree: u32, accuracy: Bits) -> Option<Expansion> {
        let mut bits = accuracy + guard_bits(degree);
        for _ in 0..CLOSED_ROUNDS {
            let (q, square) = closed_coefficients(pieces, degree, bits)?;
            // both sides are squares
            let radii = q.iter().map(|c| Float::with_val(53, c.rad().square()));
            let worst = radii.fold(square.rad(), |a, b| a.max(&b));
            let lower = square.lower();
            if lower > 0 && worst <= Float::with_val(53, &lower >> (2 * accuracy)) {
                return Some(Expansion::with_rest(q, square, bits));
            }
            bits *= 2;
        }
        None
    }

    fn with_rest(q: Vec<Ball>, square: Ball, bits: Bits) -> Expansion {
        let mut rest = square;
        for c in &q {
            rest = rest - c.square();
        }
        let rest = Ball::exact(rest.upper().max(&Float::new(bits)))
            .with_bits(64)
            .sqrt();
        Expansion {
            q,
            rest: upper(&rest),
            bits,
        }
    }

    /// The first `N` of them as functions of a letter.
    pub fn along<const N: usize>(&self, moments: &MomentsAlong) -> [Taylor; N] {
        // q_n sqrt(n (n-1) ...)
        let mut factors = self.q.clone();
        std::array::from_fn(|j| {
            if j > 0 {
                for (n, factor) in factors.iter_mut().enumerate().skip(j) {
                    *factor = &*factor * &moments.roots[n + 1 - j];
                }
            }
            let mut sum = Taylor::combination(&factors[j..], &moments.m, self.bits);
            let tail = Ball::exact(sum.rest.clone()) + &self.rest * &moments.tails[j];
            sum.rest = up(&tail);
            sum
        })
    }

    /// The derivatives of order 0 to `ORDERS - 1` in `delta` (the derivative in `s` is `s` times the second one in `delta`: the
    /// heat equation), enclosed for all `s`, `delta` of the arguments. `None` where the series does not converge there.
    pub fn at(&self, moments: &Moments) -> Option<[Ball; ORDERS]> {
        let mut out = Vec::with_capacity(ORDERS);
        for j in 0..ORDERS {
            let mut sum = Ball::int(0, self.bits);
            for n in j..self.q.len() {
                let mut factor = Ball::int(1, self.bits);
                for i in 0..j {
                    factor = factor * &moments.roots[n - i];
                }
                sum = sum + &(&self.q[n] * &factor) * &moments.m[n - j];
            }
            let tail = (&self.rest * &moments.tails[j]).upper();
            if !tail.is_finite() {
                return None;
            }
            out.push(sum.widened(&tail));
        }
        out.try_into().ok()
    }
}

/// Breakpoints are looked for as far as this.
pub(in crate::design) const KINKS_WITHIN: u32 = 16;
/// The precision is doubled so often for coefficients in closed form.
const CLOSED_ROUNDS: u32 = 4;

/// Zero on all pieces, as a product of functions with different supports is.
fn vanishes(pieces: &[Piece]) -> bool {
    let zero = |e: &Expr| e.simplify().as_rational().is_some_and(|q| q == 0);
    let far = |end: &End| matches!(end, End::Reach(_));
    pieces
        .iter()
        .all(|p| zero(&p.formula) && !far(&p.from) && !far(&p.to))
}

/// `m_0 ..` is one of them; four derivatives are needed where scale and shift both vary.
pub(crate) const ORDERS: usize = 5;

/// `m_n(s, delta)` for `n <= degree` with bounds of what comes after, for all expansions around one point.
pub(in crate::design) struct Moments {
    m: Vec<Ball>,
    roots: Vec<Ball>,
    tails: [Ball; ORDERS],
}

/// The same where `s` and `delta` are functions of a letter.
pub(in crate::design) struct MomentsAlong {
    m: Vec<Taylor>,
    roots: Vec<Ball>,
    tails: [Ball; ORDERS],
}

impl MomentsAlong {
    pub fn new(degree: usize, s: &Taylor, delta: &Taylor) -> Option<MomentsAlong> {
        let bits = s.c[0].bits();
        let tau = s.square().minus(&Taylor::constant(Ball::int(1, bits)));
        let all = [Float::with_val(64, -1), Float::with_val(64, 1)];
        let ranges = [delta.range(&all), tau.range(&all)];
        let roots: Vec<Ball> = (0..=degree as i64 + 1)
            .map(|n| Ball::int(n, bits).sqrt())
            .collect();
        let tails = tails(degree, &ranges, &roots)?;
        let mut m = vec![Taylor::constant(Ball::int(1, bits)), delta.clone()];
        let one = Ball::int(1, bits);
        for n in 1..degree {
            let next = delta
                .times(&m[n])
                .plus(&tau.times_number(&roots[n]).times(&m[n - 1]));
            m.push(next.times_number(&(&one / &roots[n + 1])));
        }
        Some(MomentsAlong { m, roots, tails })
    }
}

impl Moments {
    pub fn new(degree: usize, s: &Ball, delta: &Ball, bits: Bits) -> Option<Moments> {
        let one = Ball::int(1, bits);
        let tau = s.square() - &one;
        let roots: Vec<Ball> = (0..=degree as i64 + 1)
            .map(|n| Ball::int(n, bits).sqrt())
            .collect();
        let m = recurrence(degree, delta, &tau, &roots);
        let tails = tails(degree, &[delta.clone(), tau], &roots)?;
        Some(Moments { m, roots, tails })
    }
}

/// Bounds of what comes after `degree`, for all `delta` and `tau = s^2 - 1` of the two balls.
fn tails(degree: usize, ranges: &[Ball; 2], roots: &[Ball]) -> Option<[Ball; ORDERS]> {
    // |m_n| <= mu_n, the same recurrence with the largest moduli
    let size = [0, 1].map(|i| Ball::exact(up(&ranges[i])));
    let rough: Vec<Ball> = roots.iter().map(|r| r.with_bits(64)).collect();
    let mut tails = summed(degree, &size, &rough);
    for r2 in stretches(degree, &size) {
        let total = squares(&size, &r2)?;
        for (j, tail) in tails.iter_mut().enumerate() {
            let other = bound(&total, degree + 1 - j, j, &r2);
            if other.upper() < tail.upper() {
                *tail = other;
            }
        }
    }
    Some(tails)
}

/// `sum_k mu_k(r delta, r^2 tau)^2 = sum_k r^(2k) mu_k(delta, tau)^2`, by the closed form.
fn squares([delta, tau]: &[Ball; 2], r2: &Ball) -> Option<Ball> {
    let one = Ball::int(1, 64);
    let tau = tau * r2;
    let left = &one - &tau;
    (left.lower() > 0)
        .then(|| (&(delta.square() * r2) / &left).exp() / (&left * &(&one + &tau)).sqrt())
}

/// Factors `r^2 > 1` for which the sum converges and does not explode.
fn stretches(degree: usize, [delta, tau]: &[Ball; 2]) -> Vec<Ball> {
    let (delta, tau) = (delta.to_f64().max(1e-300), tau.to_f64().max(1e-300));
    let factor = |part: f64| {
        (part / tau)
            .min(degree as f64 * (1.0 - part) / (2.0 * delta * delta))
            .min(1e300)
    };
    [0.5, 0.8, 0.95]
        .iter()
        .map(|p| factor(*p))
        .filter(|r| *r > 1.01)
        .map(|r| Ball::exact(Float::with_val(64, r)))
        .collect()
}

/// The tails by subtraction from the closed form, with `r^2 = 2`; infinite where that does not converge.
fn summed(degree: usize, size: &[Ball; 2], roots: &[Ball]) -> [Ball; ORDERS] {
    let two = Ball::int(2, 64);
    let mut tails: [Ball; ORDERS] = std::array::from_fn(|_| Ball::unbounded(64));
    let Some(mut after) = squares(size, &two) else {
        return tails;
    };
    let mu = recurrence(degree, &(&size[0] * &two.sqrt()), &(&size[1] * &two), roots);
    for (k, mu) in mu.iter().enumerate() {
        after = after - mu.square();
        // what is left are the terms from k + 1 on; n = k + 1 + j > degree
        if let Some(j) = degree.checked_sub(k).filter(|j| *j < ORDERS) {
            let left = Ball::exact(after.upper().max(&Float::new(64)));
            tails[j] = bound(&left, k + 1, j, &two);
        }
    }
    tails
}

/// `sqrt( max_{k >= K} (k+1)...(k+j) r^-2k * total )`: the product falls from `K` on where it does so at `K`.
fn bound(total: &Ball, first: usize, order: usize, r2: &Ball) -> Ball {
    let mut factor = Ball::int(1, 64);
    let mut growth = Ball::int(1, 64);
    for i in 1..=order {
        let term = Ball::int((first + i) as i64, 64);
        growth = growth * (Ball::int((first + i + 1) as i64, 64) / &term);
        factor = factor * term;
    }
    if (&growth / r2).upper() > 1 {
        return Ball::unbounded(64);
    }
    upper(&(factor * total / r2.powi(first as i64)).sqrt())
}

fn upper(x: &Ball) -> Ball {
    Ball::exact(x.upper())
}

fn recurrence(degree: usize, delta: &Ball, tau: &Ball, roots: &[Ball]) -> Vec<Ball> {
    let bits = delta.bits();
    let mut m = vec![Ball::int(1, bits), delta.clone()];
    for n in 1..degree {
        let next = (delta * &m[n] + &(&roots[n] * tau) * &m[n - 1]) / &roots[n + 1];
        m.push(next);
    }
    m
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `E (s Z + delta - 1)_+ = s (phi(u) - u Phi(-u))`, `u = (1 - delta)/s`, and its derivative `Phi(-u)`, from few coefficients:
    /// far from the middle the rest is what there is.
    #[test]
    fn few_coefficients_enclose_the_expectation() {
        let q = |p: i32, d: i32| Ball::rational(&(p, d).into(), 256);
        let relu: Expr = "max(x-1,0)".parse().unwrap();
        for degree in [8, 20] {
            let expansion = Expansion::new(&relu, degree, 100, Deadline::default()).unwrap();
            for (s, delta) in [
                (q(1, 1), q(1, 2)),
                (q(6, 5), q(-1, 3)),
                (q(9, 10), q(2, 5)),
                (q(1, 1), q(1, 1000)),
            ] {
                let u = (Ball::int(1, 256) - &delta) / &s;
                let density = (u.square().scale2(-1) * Ball::int(-1, 256)).exp()
                    / Ball::pi(256).scale2(1).sqrt();
                let beyond = (&u / &Ball::int(2, 256).sqrt()).erfc().scale2(-1);
                let truth = [&s * &(&density - &(&u * &beyond)), beyond, &density / &s];
                let moments = Moments::new(degree as usize, &s, &delta, 256).unwrap();
                // with few coefficients there is no bound for the highest derivatives
                let Some(found) = expansion.at(&moments) else {
                    assert!(degree < 20);
                    continue;
                };
                let along = MomentsAlong::new(
                    degree as usize,
                    &Taylor::constant(s),
                    &Taylor::constant(delta),
                )
                .unwrap();
                let along = expansion.along::<ORDERS>(&along);
                let nowhere = Ball::int(0, 256);
                for (j, truth) in truth.iter().enumerate() {
                    assert!(
                        found[j].encloses(truth),
                        "{degree} {j}: {:?} {truth:?}",
                        found[j]
                    );
                    assert!(along[j].at(&nowhere).encloses(truth), "{degree} {j}");
                    assert!(degree < 20 || found[0].radius() < 1e-4);
                }
            }
        }
    }
}
