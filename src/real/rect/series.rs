//! For the tests of rectangles: complex numbers at 700 bits, whose functions come from Taylor series and Newton's
//! iteration, so that they share no formula with the rectangles.

use rug::float::Constant;
use rug::{Float, Rational};

use super::Rect;
use crate::real::{Analytic, Bits};

/// Precision of the references.
pub const BITS: Bits = 700;
/// The references are good to more than this, relative to the larger of 1 and the value.
pub const REFERENCE_ERROR: f64 = 1e-100;

/// A complex number at 700 bits.
#[derive(Clone, Debug)]
pub struct C {
    pub re: Float,
    pub im: Float,
}

/// `re + i im`.
pub fn c(re: impl Into<f64>, im: impl Into<f64>) -> C {
    C {
        re: Float::with_val(BITS, re.into()),
        im: Float::with_val(BITS, im.into()),
    }
}

impl C {
    pub fn plus(&self, o: &C) -> C {
        C {
            re: Float::with_val(BITS, &self.re + &o.re),
            im: Float::with_val(BITS, &self.im + &o.im),
        }
    }
    pub fn minus(&self, o: &C) -> C {
        self.plus(&o.times_real(-1.0))
    }
    pub fn times(&self, o: &C) -> C {
        C {
            re: Float::with_val(BITS, &self.re * &o.re - &self.im * &o.im),
            im: Float::with_val(BITS, &self.re * &o.im + &self.im * &o.re),
        }
    }
    pub fn times_real(&self, t: f64) -> C {
        C {
            re: Float::with_val(BITS, &self.re * t),
            im: Float::with_val(BITS, &self.im * t),
        }
    }
    pub fn over(&self, o: &C) -> C {
        let norm = Float::with_val(BITS, &o.re * &o.re + &o.im * &o.im);
        let conj = C {
            re: o.re.clone() / &norm,
            im: -o.im.clone() / &norm,
        };
        self.times(&conj)
    }
    pub fn abs(&self) -> Float {
        self.re.clone().hypot(&self.im)
    }
    /// Taylor series of `e^(z/2^k)`, squared `k` times.
    pub fn exp(&self) -> C {
        let k = (self.abs().get_exp().unwrap_or(0) + 8).max(0);
        let z = C {
            re: self.re.clone() >> k,
            im: self.im.clone() >> k,
        };
        let (mut sum, mut term) = (c(1, 0), c(1, 0));
        for n in 1..100 {
            term = term.times(&z).times_real(1.0);
            term.re /= n;
            term.im /= n;
            sum = sum.plus(&term);
        }
        for _ in 0..k {
            sum = sum.times(&sum);
        }
        sum
    }
    /// Newton's iteration on `w^2 = z` from the double result.
    pub fn sqrt(&self) -> C {
        let scale = self.abs().get_exp().unwrap() / 2 * 2;
        let z = C {
            re: self.re.clone() >> scale,
            im: self.im.clone() >> scale,
        };
        let (x, y) = (z.re.to_f64(), z.im.to_f64());
        let (r, t) = (x.hypot(y).sqrt(), y.atan2(x) / 2.0);
        let mut w = c(r * t.cos(), r * t.sin());
        for _ in 0..7 {
            w = w.plus(&z.over(&w)).times_real(0.5);
        }
        C {
            re: w.re << (scale / 2),
            im: w.im << (scale / 2),
        }
    }
    /// Newton's iteration on `e^w = z` from the double result.
    pub fn ln(&self) -> C {
        let e = self.abs().get_exp().unwrap();
        let (x, y) = (
            (self.re.clone() >> e).to_f64(),
            (self.im.clone() >> e).to_f64(),
        );
        let start = x.hypot(y).ln() + f64::from(e) * std::f64::consts::LN_2;
        let mut w = c(start, y.atan2(x));
        for _ in 0..5 {
            w = w.plus(&self.times(&w.times_real(-1.0).exp()).minus(&c(1, 0)));
        }
        w
    }
    pub fn i(&self) -> C {
        C {
            re: -self.im.clone(),
            im: self.re.clone(),
        }
    }
    pub fn minus_i(&self) -> C {
        self.times_real(-1.0).i()
    }
    pub fn sinh(&self) -> C {
        self.exp()
            .minus(&self.times_real(-1.0).exp())
            .times_real(0.5)
    }
    pub fn cosh(&self) -> C {
        self.exp()
            .plus(&self.times_real(-1.0).exp())
            .times_real(0.5)
    }
    pub fn tanh(&self) -> C {
        self.sinh().over(&self.cosh())
    }
    pub fn one_minus_square(&self) -> C {
        c(1, 0).minus(&self.times(self))
    }
    pub fn asin(&self) -> C {
        self.i()
            .plus(&self.one_minus_square().sqrt())
            .ln()
            .minus_i()
    }
    pub fn atan(&self) -> C {
        let (above, below) = (c(1, 0).plus(&self.i()), c(1, 0).minus(&self.i()));
        above.ln().minus(&below.ln()).times_real(0.5).minus_i()
    }
    /// Taylor series at zero; `|z| < 12` costs at most `e^144 = 2^208` of the 700 bits.
    pub fn erf(&self) -> C {
        assert!(self.abs() < 12);
        let square = self.times(self);
        let (mut sum, mut power) = (self.clone(), self.clone());
        for n in 1..1500u32 {
            power = power.times(&square).times_real(-1.0);
            power.re /= n;
            power.im /= n;
            let mut term = power.clone();
            term.re /= 2 * n + 1;
            term.im /= 2 * n + 1;
            sum = sum.plus(&term);
        }
        let scale = Float::with_val(BITS, Constant::Pi).recip_sqrt() * 2;
        C {
            re: sum.re * &scale,
            im: sum.im * &scale,
        }
    }
    pub fn powi(&self, n: i64) -> C {
        let mut p = c(1, 0);
        for _ in 0..n.abs() {
            p = p.times(self);
        }
        if n < 0 { c(1, 0).over(&p) } else { p }
    }
}

/// A function on rectangles and its reference.
pub struct SeriesCase {
    pub name: &'static str,
    pub of: fn(&Rect) -> Rect,
    pub reference: fn(&C) -> C,
}

const fn case(name: &'static str, of: fn(&Rect) -> Rect, reference: fn(&C) -> C) -> SeriesCase {
    SeriesCase {
        name,
        of,
        reference,
    }
}

/// All functions, and a few powers.
pub const CASES: &[SeriesCase] = &[
    case("exp", Rect::exp, C::exp),
    case("exp_m1", Rect::exp_m1, |z| z.exp().minus(&c(1, 0))),
    case("ln", Rect::ln, C::ln),
    case("ln_1p", Rect::ln_1p, |z| z.plus(&c(1, 0)).ln()),
    case("sqrt", Rect::sqrt, C::sqrt),
    case("sin", Rect::sin, |z| z.i().sinh().minus_i()),
    case("cos", Rect::cos, |z| z.i().cosh()),
    case("tan", Rect::tan, |z| z.i().tanh().minus_i()),
    case("sinh", Rect::sinh, C::sinh),
    case("cosh", Rect::cosh, C::cosh),
    case("tanh", Rect::tanh, C::tanh),
    case("asin", Rect::asin, C::asin),
    case("acos", Rect::acos, |z| {
        let quarter_turn = C {
            re: Float::with_val(BITS, Constant::Pi) / 2,
            im: Float::new(BITS),
        };
        quarter_turn.minus(&z.asin())
    }),
    case("atan", Rect::atan, C::atan),
    case("asinh", Rect::asinh, |z| z.i().asin().minus_i()),
    case("erf", Rect::erf, C::erf),
    case("erfc", Rect::erfc, |z| c(1, 0).minus(&z.erf())),
    case("recip", Rect::recip, |z| c(1, 0).over(z)),
    case("square", Rect::square, |z| z.times(z)),
    case("powi 3", |z| z.powi(3), |z| z.powi(3)),
    case("powi 8", |z| z.powi(8), |z| z.powi(8)),
    case("powi -3", |z| z.powi(-3), |z| z.powi(-3)),
    case("powi 70", |z| z.powi(70), |z| z.powi(70)),
    case(
        "powr 1/3",
        |z| z.powr(&Rational::from((1, 3))),
        |z| {
            let third = Float::with_val(BITS, Rational::from((1, 3)));
            let ln = z.ln();
            let scaled = C {
                re: ln.re * &third,
                im: ln.im * &third,
            };
            scaled.exp()
        },
    ),
    case("conj", Rect::conj, |z| C {
        re: z.re.clone(),
        im: -z.im.clone(),
    }),
];
