//! Which integrals a plan must serve, as a bound of all their integrands at once.

use rug::Float;
use rug::float::Round;

use crate::activation::growth::Growth;
use crate::real::{Analytic, Interval, Rect};

/// Precision of bounds; only their size matters.
pub(super) const BITS: u32 = 64;

/// The family of integrands `G(z) exp(-z^2/2)/sqrt(2 pi)` for which a [`super::Plan`] promises its error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// `G` is any one of the functions.
    Plain,
    /// Any one of the functions, and no Gaussian weight: `int f(x) dx` between two points.
    Bare,
    /// `G` is a product of two of the functions, or one of them times `h_n` with `n <= degree`.
    Moments {
        /// The largest Hermite index.
        degree: u32,
    },
}

impl Envelope {
    /// `r = 1 - 2^-j` for the bound of Hermite polynomials below, chosen near its optimum
    /// `1 - r = |y| / sqrt(n)`, and not closer to 1 than `1/(n+1)`.
    fn ratio(degree: u32, y: f64) -> Interval {
        let n = f64::from(degree.max(1));
        let gap = (y / n.sqrt()).max(1.0 / (n + 1.0)).min(0.5);
        let j = (-gap.log2()).round().clamp(1.0, 60.0) as i32;
        Interval::point(Float::with_val(BITS, 1) - (Float::with_val(BITS, 1) >> j))
    }

    /// `r^(-n/2) (1 - r^2)^(-1/4)`.
    ///
    /// With Mehler's formula at `z` and its conjugate, `sum_n r^n |h_n(z)|^2 = (1-r^2)^(-1/2)
    /// exp(r x^2/(1+r) + r y^2/(1-r))`, every term of which is non-negative; so for all `m <= n`
    /// `|h_m(x+iy)| <= r^(-n/2) (1-r^2)^(-1/4) exp(r x^2/(2(1+r)) + r y^2/(2(1-r)))`.
    fn hermite_scale(degree: u32, r: &Interval) -> Interval {
        let one = Interval::int(1, BITS);
        let n = Interval::int(i64::from(degree), BITS);
        let half = Interval::rational(&(1, 2).into(), BITS);
        let quarter = Interval::rational(&(1, 4).into(), BITS);
        let log = -(&(&n * &half) * &r.ln()) - &(&quarter * &(&one - &(r * r)).ln());
        log.exp()
    }

    /// `C` with `|h_m(z)| <= C |z|^n` for all `m <= n` and `|z| >= 1`: the sum of the moduli of the coefficients, for low degrees. (Those of
    /// `He_n` sum up to the number of involutions, `I_n = I_(n-1) + (n-1) I_(n-2)`; `I_n/sqrt(n!)` grows.)
    fn polynomial_scale(degree: u32) -> Option<Interval> {
        if degree > 16 {
            return None;
        }
        let int = |n: i64| Interval::int(n, BITS);
        let (mut before, mut now, mut factorial) = (1i64, 1i64, 1i64);
        for n in 2..=i64::from(degree) {
            (before, now) = (now, now + (n - 1) * before);
            factorial *= n;
        }
        Some(&int(now) / &int(factorial).sqrt())
    }

    /// An upper bound of `|G(z)| |exp(-z^2/2)| / sqrt(2 pi)` on a rectangle, given upper bounds of the functions' moduli
    /// there.
    pub(super) fn bound(self, moduli: &[Float], z: &Rect) -> Float {
        let mut s = Float::new(BITS);
        for m in moduli {
            if m.is_nan() {
                return m.clone();
            }
            s.max_mut(m);
        }
        if self == Envelope::Bare {
            return s;
        }
        let s = Interval::point(s);
        let x2 = Interval::point(z.re().mig()).powi(2);
        let y = Interval::point(z.im().mag());
        let y2 = y.powi(2);
        let half = Interval::rational(&(1, 2).into(), BITS);
        let density = Interval::rational(&(2, 5).into(), BITS); // 1/sqrt(2 pi) < 2/5
        let gauss = (&half * &(&y2 - &x2)).exp();
        match self {
            Envelope::Plain | Envelope::Bare => (&(&s * &gauss) * &density).hi().clone(),
            Envelope::Moments { degree } => {
                let squares = &(&s * &s) * &gauss;
                let one = Interval::int(1, BITS);
                let r = Envelope::ratio(degree, y.hi().to_f64());
                // -x^2/2 + r x^2/(2(1+r)) = -x^2/(2(1+r))
                let exponent = &(-&x2 / (&one + &r)) + &(&y2 + &(&(&r * &y2) / &(&one - &r)));
                let hermite =
                    &(&s * &Envelope::hermite_scale(degree, &r)) * &(&half * &exponent).exp();
                let mut hermite = hermite.hi().clone();
                if let Some(scale) = Envelope::polynomial_scale(degree) {
                    let mut far = z.modulus().hi().clone();
                    far.max_mut(&Float::with_val(BITS, 1));
                    let power = Interval::point(far).powi(i64::from(degree));
                    let polynomial = &(&(&scale * &power) * &s) * &gauss;
                    hermite.min_mut(polynomial.hi());
                }
                let mut out = squares.hi().clone();
                out.max_mut(&hermite);
                out * Float::with_val_round(BITS, 0.4, Round::Up).0
            }
        }
    }

    /// An upper bound of `int_r^inf |G(x)| exp(-x^2/2)/sqrt(2 pi) dx`, given the growth of the functions; `None` where
    /// it is not finite.
    pub(super) fn tail(self, growths: &[Growth], r: u32) -> Option<Float> {
        let mut total = growths.first()?.clone();
        for g in &growths[1..] {
            total = total.plus(g);
        }
        match self {
            Envelope::Bare => None,
            Envelope::Plain => total.gaussian_tail(r),
            Envelope::Moments { degree } => {
                let squares = total.times(&total).gaussian_tail(r)?;
                let one = Interval::int(1, BITS);
                let ratio = Envelope::ratio(degree, 0.0);
                let b = &(&ratio / &(&one + &ratio)) * &Interval::rational(&(1, 2).into(), BITS);
                let polynomial = Envelope::polynomial_scale(degree).and_then(|scale| {
                    let scaled = total.weighted(scale.hi(), &Float::new(BITS));
                    scaled
                        .times(&Growth::power(degree, total.start))
                        .gaussian_tail(r)
                });
                let mehler = total
                    .weighted(Envelope::hermite_scale(degree, &ratio).hi(), b.hi())
                    .gaussian_tail(r);
                let hermite = match (polynomial, mehler) {
                    (Some(p), Some(m)) => p.min(&m),
                    (p, m) => p.or(m)?,
                };
                Some(if squares > hermite { squares } else { hermite })
            }
        }
    }
}
