//! What the truncated formal solutions leave, bounded.
//!
//! Each residual is analytic in a disc `|eps| <= r` and vanishes at 0 to an order `m` that its construction fixes (the
//! enclosures of the coefficients hold the exact ones, for which the order is exact). By Schwarz's lemma
//! `|residual(eps)| <= M (|eps|/r)^m` with `M` its maximum on the circle, and the circle is covered with complex
//! rectangles on which the formulas are evaluated. Analyticity inside is checked on the circle too: where `e`, `d` or
//! the argument of a logarithm has a positive real part on the circle it has one inside (minimum principle).

use rug::{Float, Rational};

use super::formal::Formal;
use crate::dual::Dual;
use crate::real::{Analytic, Ball, Bits, Interval, Rect};

/// The bits of the rectangles.
const BITS: Bits = 80;
/// Arcs to begin with, on a half circle, and at most.
const FIRST: u32 = 48;
const LAST: u32 = 400;

/// Bounds `|residual(eps)| <= factor (|eps|/radius)^order`, valid for `|eps| <= radius`.
#[derive(Clone, Debug)]
pub struct Residuals {
    /// `r`
    pub radius: f64,
    /// Of the Abel equation.
    pub abel: (f64, usize),
    /// Of the slope, in its logarithm.
    pub slope: (f64, usize),
    /// Of the sum.
    pub sum: (f64, usize),
}

/// On the circle of radius `r`; `None` where a formula is not analytic inside, as far as `LAST` rectangles show.
pub fn residuals(dual: &Dual<Ball>, formal: &Formal<Ball>, radius: f64) -> Option<Residuals> {
    let f = Coefficients::new(formal);
    let mut bounds = [Float::new(53), Float::new(53), Float::new(53)];
    let pi = Interval::pi(BITS);
    let fraction = |k: u32, n: u32| &pi * &Interval::rational(&Rational::from((k, n)), BITS);
    let r = Interval::point(Float::with_val(BITS, radius));
    // the mirror image in the real axis has the same moduli; arcs on which nothing can be said are halved
    let mut arcs: Vec<(u32, u32)> = (0..FIRST).map(|k| (k, FIRST)).collect();
    let mut looked_at = 0;
    while let Some((k, n)) = arcs.pop() {
        looked_at += 1;
        if looked_at > LAST || n > 64 * FIRST {
            return None;
        }
        let angle = fraction(k, n).hull(&fraction(k + 1, n));
        let eps = Rect::new(&r * &angle.cos(), &r * &angle.sin());
        let Some(values) = f.at(dual, &eps) else {
            arcs.extend([(2 * k, 2 * n), (2 * k + 1, 2 * n)]);
            continue;
        };
        for (bound, value) in bounds.iter_mut().zip(values) {
            let m = value.modulus();
            if m.hi() > bound {
                *bound = m.hi().clone();
            }
        }
    }
    let up = |x: &Float| x.to_f64_round(rug::float::Round::Up);
    let out = Residuals {
        radius,
        abel: (up(&bounds[0]), formal.abel_order()),
        slope: (up(&bounds[1]), formal.slope_order()),
        sum: (up(&bounds[2]), formal.sum_order()),
    };
    [out.abel.0, out.slope.0, out.sum.0]
        .iter()
        .all(|x| x.is_finite())
        .then_some(out)
}

/// The formal solutions as rectangles.
struct Coefficients {
    q: usize,
    rate: Rect,
    log: Rect,
    mu: Vec<Rect>,
    d: Vec<Rect>,
    sum: Vec<Rect>,
    sum_log: Rect,
}

impl Coefficients {
    fn new(f: &Formal<Ball>) -> Self {
        let one = |b: &Ball| Rect::real(b.with_bits(BITS).to_interval());
        let all = |v: &[Ball]| v.iter().map(one).collect();
        Coefficients {
            q: f.q,
            rate: one(&f.rate),
            log: one(&f.log),
            mu: all(&f.mu),
            d: all(&f.d),
            sum: all(&f.sum),
            sum_log: one(&f.sum_log),
        }
    }

    fn at(&self, dual: &Dual<Ball>, eps: &Rect) -> Option<[Rect; 3]> {
        let q = self.q as i64;
        let (ratio, slope) = layer(dual, eps, self.q)?;
        positive(&ratio)?;
        let e = if q == 1 { ratio } else { ratio.sqrt() };
        let one = Rect::int(1, BITS);
        let psi = &one / &e;
        let next = eps * &e;
        let y = &one / eps;
        let log_psi = psi.ln();
        let abel = &(&(&(&self.rate * &(&y * &(&psi - &one))) - &one) + &(&self.log * &log_psi))
            + &(&horner(&self.mu, &next) - &horner(&self.mu, eps));
        let here = horner(&self.d, eps);
        positive(&here)?;
        let product = &(&(&slope * &psi.powi(q + 1)) * &horner(&self.d, &next)) / &here;
        positive(&product)?;
        let depth = q + 2;
        let laurent = |eps: &Rect| &horner(&self.sum, eps) / &eps.powi(depth);
        let gap = eps.powi(q);
        let source = &(&(&one - &gap) * &here) * &(&y.powi(q + 1) / &Rect::int(q, BITS));
        let sum = &(&(&laurent(&next) - &laurent(eps)) + &(&self.sum_log * &log_psi)) - &source;
        let out = [abel, product.ln(), sum];
        out.iter().all(Rect::is_finite).then_some(out)
    }
}

/// `F(t)/t` and `dual'(1 - t)` at `t = eps^q`.
fn layer(dual: &Dual<Ball>, eps: &Rect, q: usize) -> Option<(Rect, Rect)> {
    let real = |b: &Ball| Rect::real(b.with_bits(BITS).to_interval());
    let one = Rect::int(1, BITS);
    let t = eps.powi(q as i64);
    let over = |gap: Rect| &gap / &t;
    Some(match dual {
        Dual::ArcCosine(d) => {
            let factor = &(&real(d) * &Rect::int(2, BITS)) / &Rect::pi(BITS);
            let half = &(eps / &Rect::int(2, BITS).sqrt()).asin();
            let theta = half + half;
            let bend = &theta.sin() - &(&theta * &theta.cos());
            (&one - &over(&factor * &bend), &one - &(&factor * &theta))
        }
        Dual::Exp(s) => {
            let s = real(s);
            let st = -(&s * &t);
            (over(-st.exp_m1()), &s * &st.exp())
        }
        Dual::Cosh(s) => {
            let s = real(s);
            let x = &s * &(&one - &t);
            let gap = &one - &(&x.cosh() / &s.cosh());
            (over(gap), &(&s * &x.sinh()) / &s.cosh())
        }
        Dual::Series(series) if series.tail.is_exact() && series.tail.mid().is_zero() => {
            let f: Vec<Rect> = dual
                .taylor(&Ball::int(1, BITS), series.degree())
                .iter()
                .enumerate()
                .map(|(j, c)| if j % 2 == 1 { real(c) } else { -real(c) })
                .collect();
            let slope: Vec<Rect> = f
                .iter()
                .enumerate()
                .skip(1)
                .map(|(j, c)| &Rect::int(j as i64, BITS) * c)
                .collect();
            (horner(&f[1..], &t), horner(&slope, &t))
        }
        _ => return None,
    })
}

fn horner(c: &[Rect], x: &Rect) -> Rect {
    let mut sum = Rect::int(0, BITS);
    for c in c.iter().rev() {
        sum = &(&sum * x) + c;
    }
    sum
}

/// The real part is certainly positive.
fn positive(z: &Rect) -> Option<()> {
    (*z.re().lo() > 0).then_some(())
}
