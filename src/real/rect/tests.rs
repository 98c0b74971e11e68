//! Containment and tightness of rectangles, against complex series at 700 bits that share no formula with
//! them beyond the definitions.

use proptest::prelude::*;
use rug::float::Constant;
use rug::{Float, Rational};

use super::*;
use crate::real::trials::{fraction, member, number};

const BITS: Bits = 700;
/// The references are good to more than this, relative to the larger of 1 and the value.
const REFERENCE_ERROR: f64 = 1e-100;

/// A complex number at 700 bits.
#[derive(Clone, Debug)]
struct C {
    re: Float,
    im: Float,
}

fn c(re: impl Into<f64>, im: impl Into<f64>) -> C {
    C {
        re: Float::with_val(BITS, re.into()),
        im: Float::with_val(BITS, im.into()),
    }
}

impl C {
    fn plus(&self, o: &C) -> C {
        C {
            re: Float::with_val(BITS, &self.re + &o.re),
            im: Float::with_val(BITS, &self.im + &o.im),
        }
    }
    fn minus(&self, o: &C) -> C {
        self.plus(&o.times_real(-1.0))
    }
    fn times(&self, o: &C) -> C {
        C {
            re: Float::with_val(BITS, &self.re * &o.re - &self.im * &o.im),
            im: Float::with_val(BITS, &self.re * &o.im + &self.im * &o.re),
        }
    }
    fn times_real(&self, t: f64) -> C {
        C {
            re: Float::with_val(BITS, &self.re * t),
            im: Float::with_val(BITS, &self.im * t),
        }
    }
    fn over(&self, o: &C) -> C {
        let norm = Float::with_val(BITS, &o.re * &o.re + &o.im * &o.im);
        let conj = C {
            re: o.re.clone() / &norm,
            im: -o.im.clone() / &norm,
        };
        self.times(&conj)
    }
    fn abs(&self) -> Float {
        self.re.clone().hypot(&self.im)
    }
    /// Taylor series of `e^(z/2^k)`, squared `k` times.
    fn exp(&self) -> C {
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
    fn sqrt(&self) -> C {
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
    fn ln(&self) -> C {
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
    fn i(&self) -> C {
        C {
            re: -self.im.clone(),
            im: self.re.clone(),
        }
    }
    fn minus_i(&self) -> C {
        self.times_real(-1.0).i()
    }
    fn sinh(&self) -> C {
        self.exp()
            .minus(&self.times_real(-1.0).exp())
            .times_real(0.5)
    }
    fn cosh(&self) -> C {
        self.exp()
            .plus(&self.times_real(-1.0).exp())
            .times_real(0.5)
    }
    fn tanh(&self) -> C {
        self.sinh().over(&self.cosh())
    }
    fn one_minus_square(&self) -> C {
        c(1, 0).minus(&self.times(self))
    }
    fn asin(&self) -> C {
        self.i()
            .plus(&self.one_minus_square().sqrt())
            .ln()
            .minus_i()
    }
    fn atan(&self) -> C {
        let (above, below) = (c(1, 0).plus(&self.i()), c(1, 0).minus(&self.i()));
        above.ln().minus(&below.ln()).times_real(0.5).minus_i()
    }
    /// Taylor series at zero; `|z| < 12` costs at most `e^144 = 2^208` of the 700 bits.
    fn erf(&self) -> C {
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
    fn powi(&self, n: i64) -> C {
        let mut p = c(1, 0);
        for _ in 0..n.abs() {
            p = p.times(self);
        }
        if n < 0 { c(1, 0).over(&p) } else { p }
    }
}

struct Case {
    name: &'static str,
    of: fn(&Rect) -> Rect,
    reference: fn(&C) -> C,
}

const fn case(name: &'static str, of: fn(&Rect) -> Rect, reference: fn(&C) -> C) -> Case {
    Case {
        name,
        of,
        reference,
    }
}

const CASES: &[Case] = &[
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

/// Rectangles of every kind: small, large, flat, on an axis, quarter planes, half planes, strips.
fn rect() -> impl Strategy<Value = Rect> {
    (side(), side(), 0..8u8).prop_map(|(re, im, kind)| match kind {
        0 => Rect::real(re),
        1 => Rect::new(Interval::zero(64), im),
        _ => Rect::new(re, im),
    })
}

fn side() -> impl Strategy<Value = Interval> {
    let width = prop_oneof![
        1 => Just(Float::new(64)),
        3 => number(64, 2),
        5 => number(64, 3).prop_map(|w| w >> 8),
        3 => number(64, 3).prop_map(|w| w >> 40),
    ];
    (number(64, 2), width, 0..16u8).prop_map(|(lo, width, kind)| {
        let hi = Float::with_val_round(64, &lo + width.abs(), Round::Up).0;
        let (below, above) = (
            Float::with_val(64, f64::NEG_INFINITY),
            Float::with_val(64, f64::INFINITY),
        );
        match kind {
            0 => Interval::new(below, hi),
            1 => Interval::new(lo, above),
            2 => Interval::whole(64),
            3 => Interval::symmetric(hi.abs()),
            _ => Interval::new(lo, hi),
        }
    })
}

/// A member of the rectangle, not farther out than 5 in an unbounded direction.
fn point(r: &Rect, s: f64, t: f64) -> C {
    let near = |x: &Interval| {
        let limit = |e: &Float, sign: i32| {
            if e.is_infinite() {
                Float::with_val(64, 5 * sign)
            } else {
                e.clone()
            }
        };
        let (lo, hi) = (limit(x.lo(), -1), limit(x.hi(), 1));
        if lo <= hi {
            (lo, hi)
        } else if x.lo().is_finite() {
            (x.lo().clone(), x.lo().clone())
        } else {
            (x.hi().clone(), x.hi().clone())
        }
    };
    let part = |x: &Interval, t| {
        let (lo, hi) = near(x);
        Float::with_val(BITS, member(&lo, &hi, t))
    };
    let z = C {
        re: part(&r.re, s),
        im: part(&r.im, t),
    };
    assert!(r.contains(&z.re, &z.im));
    z
}

/// The interval holds the reference, up to the error of the reference.
fn near(x: &Interval, value: &Float, size: &Float) -> bool {
    let e = Float::with_val(
        BITS,
        size.clone().max(&Float::with_val(2, 1)) * REFERENCE_ERROR,
    );
    Float::with_val(BITS, value + &e) >= *x.lo() && Float::with_val(BITS, value - &e) <= *x.hi()
}

fn holds(r: &Rect, value: &C) -> bool {
    let size = value.abs();
    near(&r.re, &value.re, &size) && near(&r.im, &value.im, &size)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn functions_contain_the_value_at_every_point(r in rect(), s in fraction(), t in fraction()) {
        let z = point(&r, s, t);
        for case in CASES {
            let result = (case.of)(&r);
            // The series of erf are for |z| < 12.
            if result.is_undefined() || case.name.starts_with("erf") && z.abs() >= 12 {
                continue;
            }
            let value = (case.reference)(&z);
            prop_assert!(
                holds(&result, &value),
                "{} of {r:?} at {z:?}: {value:?} not in {result:?}", case.name
            );
            if r.is_real() && case.name != "conj" {
                prop_assert!(result.is_real(), "{} leaves the real axis", case.name);
            }
        }
        let modulus = r.modulus();
        prop_assert!(near(&modulus, &z.abs(), &z.abs()));
    }

    #[test]
    fn operations_contain_the_value_at_every_point(
        (a, b) in (rect(), rect()), (s, t, u, v) in (fraction(), fraction(), fraction(), fraction()),
    ) {
        let (x, y) = (point(&a, s, t), point(&b, u, v));
        let check = |name: &str, r: Rect, value: C| {
            prop_assert!(
                r.is_undefined() || holds(&r, &value),
                "{name} of {a:?} and {b:?}: {value:?} not in {r:?}"
            );
            Ok(())
        };
        check("sum", &a + &b, x.plus(&y))?;
        check("difference", &a - &b, x.minus(&y))?;
        check("product", &a * &b, x.times(&y))?;
        check("hull", a.hull(&b), x.clone())?;
        let quotient = &a / &b;
        prop_assert_eq!(quotient.is_undefined(), b.contains_zero());
        if !b.contains_zero() {
            check("quotient", quotient, x.over(&y))?;
        }
    }
}
