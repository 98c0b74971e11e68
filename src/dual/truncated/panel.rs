//! A function between two points as a polynomial, with a proved distance.
//!
//! On `[a, b]`, `c` the middle and `h` half the length, `p` interpolates `f` at the `D + 1` zeros of the Chebyshev polynomial. If `f` is
//! analytic within the Bernstein ellipse `c + h (r e^(it) + e^(-it)/r)/2` and at most `M` there, its Chebyshev coefficients are at most
//! `2 M r^-k` in modulus, and aliasing counts each of those beyond `D` once more (Trefethen, *Approximation Theory and Approximation
//! Practice*, Theorem 8.2):
//!
//! ```text
//! |f - p|   <= 4 M r^-D/(r - 1)
//! |f' - p'| <= (4 M/h) sum_(k > D) k^2 r^-k = (4 M/h) r^-D (D^2/(r - 1) + 2 D r/(r - 1)^2 + r (r + 1)/(r - 1)^3)
//! ```
//!
//! (`|T_k'| <= k^2`). Analyticity and `M` are proved by evaluating the formula on rectangles that cover the ellipse.

use rug::{Float, Rational};

use crate::activation::{Expr, Tape};
use crate::quadrature::{Envelope, Moduli, Modulus, ln};
use crate::real::{Analytic, Ball, Bits, Interval, Real, Rect};

/// Of rectangles.
const RECT_BITS: Bits = 64;
/// The sums of semi-axes that are tried, from thin to wide.
const ELLIPSES: [f64; 15] = [
    1.15, 1.3, 1.5, 1.75, 2.0, 2.4, 2.9, 3.5, 4.2, 5.0, 6.5, 9.0, 14.0, 25.0, 60.0,
];
/// Strips that cover an ellipse, and how often one is halved where nothing is proved.
const STRIPS: u32 = 12;
const HALVINGS: u32 = 5;
/// The rounding of the few logarithms in doubles.
const SLACK: f64 = 1e-6;

/// What is bounded and interpolated.
pub(super) struct Formula {
    expr: Expr,
    moduli: Moduli,
    /// Its coefficients, where it is a polynomial.
    powers: Option<Vec<Expr>>,
}

/// An interval and a polynomial's degree.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    centre: Float,
    half: Float,
    pub degree: usize,
    /// Bounds of `|f - p|` and `|f' - p'|`.
    pub value: Float,
    pub slope: Float,
}

impl Formula {
    pub fn new(expr: &Expr) -> Formula {
        let few = |p: &Vec<Expr>| p.len() <= 1 + MOST_POWER;
        Formula {
            expr: expr.clone(),
            moduli: Moduli::new(std::slice::from_ref(expr), Envelope::Bare, false),
            powers: expr.polynomial_over_constants().filter(few),
        }
    }

    /// The polynomial of lowest degree with `|f - p|`, `|f' - p'| <= e^-goal` between two points that was proved.
    pub fn panel(&self, from: &Float, to: &Float, goal: f64) -> Option<Panel> {
        let bits = RECT_BITS + 64;
        let centre = Float::with_val(RECT_BITS, Float::with_val(bits, from + to) / 2u32);
        let reaches = |end: &Float| Float::with_val(bits, end - &centre).abs();
        let wide = Float::with_val(bits, reaches(from).max(&reaches(to)) * (1.0 + 1e-15));
        let half = Float::with_val_round(RECT_BITS, wide, rug::float::Round::Up).0;
        if half.is_zero() {
            return None;
        }
        let zero = Float::new(RECT_BITS);
        if let Some(powers) = &self.powers {
            return Some(Panel {
                centre,
                half,
                degree: powers.len().saturating_sub(1),
                value: zero.clone(),
                slope: zero,
            });
        }
        let mut best: Option<Panel> = None;
        let mut worse = 0;
        for r in ELLIPSES {
            let Some(sup) = self.sup(&centre, &half, r) else {
                break;
            };
            let Some(panel) = panel(&centre, &half, (r, ln(&sup)), goal) else {
                continue;
            };
            if best.as_ref().is_none_or(|b| panel.degree < b.degree) {
                best = Some(panel);
                worse = 0;
            } else {
                worse += 1;
                if worse == 2 {
                    break;
                }
            }
        }
        best
    }

    /// A bound of the modulus within an ellipse: by its upper half.
    fn sup(&self, centre: &Float, half: &Float, r: f64) -> Option<Float> {
        let (long, short) = (0.5 * (r + 1.0 / r), 0.5 * (r - 1.0 / r));
        let half = Interval::point(half.clone());
        let number = |x: f64| Float::with_val(RECT_BITS, x);
        let mut out = Float::new(RECT_BITS);
        for k in 0..STRIPS {
            let at = |k: u32| 2.0 * f64::from(k) / f64::from(STRIPS) - 1.0;
            let (low, high) = (at(k), at(k + 1));
            let near = if low * high < 0.0 {
                0.0
            } else {
                low.abs().min(high.abs())
            };
            let tall = short * (1.0 - near * near).max(0.0).sqrt() * (1.0 + 1e-12) + 1e-12;
            let outward = |x: f64| x * long + 1e-12 * long * x.signum();
            let re = &Interval::point(centre.clone())
                + &(&half * &Interval::new(number(outward(low)), number(outward(high))));
            let im = &half * &Interval::new(number(0.0), number(tall));
            let sup = self.moduli.sup_split(&Rect::new(re, im), HALVINGS, false)?;
            out.max_mut(&sup);
        }
        out.is_finite().then_some(out)
    }

    /// The polynomial's coefficients of powers of `x`.
    pub fn powers(&self, panel: &Panel, bits: Bits) -> Vec<Ball> {
        if let Some(powers) = &self.powers {
            let zero = Ball::int(0, bits);
            return Tape::<Ball>::new(powers, bits).at(&zero);
        }
        let tape = Tape::<Ball>::new(std::slice::from_ref(&self.expr), bits);
        let centre = Ball::exact(panel.centre.clone()).with_bits(bits);
        let half = Ball::exact(panel.half.clone()).with_bits(bits);
        let n = panel.degree + 1;
        // cos(pi m/(2 n)), m < 4 n
        let angle = |m: usize| {
            let turn = Rational::from((m as u64, 2 * n as u64));
            (&Ball::rational(&turn, bits) * &Ball::pi(bits)).cos()
        };
        let cosines: Vec<Ball> = (0..4 * n).map(angle).collect();
        let mut memory = Vec::new();
        let values: Vec<Ball> = (0..n)
            .map(|j| tape.at_one_with(&(&centre + &(&half * &cosines[2 * j + 1])), &mut memory))
            .collect();
        let factor = Ball::rational(&Rational::from((2, n as u64)), bits);
        let coefficient = |k: usize| {
            let sum = (0..n).fold(Ball::int(0, bits), |sum, j| {
                sum + &(&values[j] * &cosines[k * (2 * j + 1) % (4 * n)])
            });
            let whole = &sum * &factor;
            if k == 0 { whole.scale2(-1) } else { whole }
        };
        let chebyshev: Vec<Ball> = (0..n).map(coefficient).collect();
        moved(&in_powers(&chebyshev, bits), &centre, &half)
    }

    /// Bits that sums of the coefficients' terms lose up to `reach`: `|T_k(t)| <= (|t| + sqrt(1 + t^2))^k` with all signs alike.
    pub fn lost_bits(&self, panel: &Panel, reach: f64) -> Bits {
        if self.powers.is_some() {
            return 0;
        }
        let far = (panel.centre.to_f64().abs() + reach) / panel.half.to_f64();
        (panel.degree as f64 * (2.0 * far + 1.0).log2()).ceil() as Bits
    }
}

/// Polynomials up to this degree are taken as they are.
const MOST_POWER: usize = 8;
/// Longer polynomials are not made.
const MOST_DEGREE: f64 = 4000.0;

/// The degree that an ellipse and `ln M` prove.
fn panel(centre: &Float, half: &Float, (r, ln_sup): (f64, f64), goal: f64) -> Option<Panel> {
    let rate = r.ln();
    let first = ln_sup + 4f64.ln();
    let stretch = ln(half);
    let value = |d: f64| first - d * rate - (r - 1.0).ln();
    let slope = |d: f64| {
        let g = r - 1.0;
        let sum = d * d / g + 2.0 * d * r / (g * g) + r * (r + 1.0) / (g * g * g);
        first - stretch - d * rate + sum.ln()
    };
    let mut degree = ((first + goal) / rate).max(2.0).ceil();
    while value(degree) + SLACK > -goal || slope(degree) + SLACK > -goal {
        degree = (degree + 1.0).max((degree * 1.02).floor());
        if degree > MOST_DEGREE {
            return None;
        }
    }
    let bound = |x: f64| Float::with_val(RECT_BITS, x + SLACK).exp();
    Some(Panel {
        centre: centre.clone(),
        half: half.clone(),
        degree: degree as usize,
        value: bound(value(degree)),
        slope: bound(slope(degree)),
    })
}

/// `sum a_k T_k(t)` in powers of `t`.
fn in_powers(chebyshev: &[Ball], bits: Bits) -> Vec<Ball> {
    let n = chebyshev.len();
    let zero = || Ball::int(0, bits);
    let mut out = vec![zero(); n];
    // T_(k+1) = 2 t T_k - T_(k-1), exact integers
    let mut before = vec![rug::Integer::from(1)];
    let mut now = vec![rug::Integer::new(), rug::Integer::from(1)];
    let add = |out: &mut Vec<Ball>, a: &Ball, t: &[rug::Integer]| {
        for (o, c) in out.iter_mut().zip(t) {
            if !c.is_zero() {
                let c = Ball::rational(&Rational::from(c.clone()), bits);
                *o = &*o + &(a * &c);
            }
        }
    };
    for (k, a) in chebyshev.iter().enumerate() {
        match k {
            0 => add(&mut out, a, &before),
            1 => add(&mut out, a, &now),
            _ => {
                let mut next = vec![rug::Integer::new(); k + 1];
                for (i, c) in now.iter().enumerate() {
                    next[i + 1] += rug::Integer::from(c << 1u32);
                }
                for (i, c) in before.iter().enumerate() {
                    next[i] -= c;
                }
                before = std::mem::replace(&mut now, next);
                add(&mut out, a, &now);
            }
        }
    }
    out
}

/// `p((x - c)/h)` in powers of `x`.
fn moved(powers: &[Ball], centre: &Ball, half: &Ball) -> Vec<Ball> {
    let bits = half.bits();
    let shift = centre / half;
    let scale = Ball::int(1, bits) / half;
    // Horner in y - c/h, then y = x/h
    let mut out: Vec<Ball> = Vec::with_capacity(powers.len());
    for c in powers.iter().rev() {
        let mut next = Vec::with_capacity(out.len() + 1);
        for i in 0..=out.len() {
            let mut value = match i {
                0 => c.clone(),
                _ => out[i - 1].clone(),
            };
            if let Some(same) = out.get(i) {
                value = value - &(same * &shift);
            }
            next.push(value);
        }
        out = next;
    }
    let mut power = Ball::int(1, bits);
    for c in &mut out {
        *c = &*c * &power;
        power = &power * &scale;
    }
    out
}
