//! An activation at other variances: windows against closed forms, against formulas from papers, against quadrature.

use proptest::prelude::*;
use rug::Rational;

use super::{ball, digits};
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::exact::{Activation, Closed};
use crate::real::{Analytic, Ball, Real};
use crate::recursion::{
    Attraction, Beyond, Covariance, FixedVariances, Given, Prepared, Windows, fixed_variances,
};

const BITS: u32 = 160;
const ACCURACY: u32 = 110;

pub fn structure(text: &str) -> Activation {
    Activation::new(&Expr::parse(text).unwrap()).unwrap()
}

fn windows(text: &str, degree: u32) -> Windows {
    Windows::new(
        &structure(text),
        Some(degree),
        ACCURACY,
        Deadline::default(),
    )
}

fn number(x: f64) -> Ball {
    Ball::exact(rug::Float::with_val(BITS, x))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    /// Two algorithms: Hermite coefficients at a nearby variance moved here, and the closed form.
    #[test]
    fn windows_meet_closed_forms(q in 0.1f64..3.0, p in 0.1f64..3.0, rho in -0.7f64..0.7) {
        for text in [
            "erf(x)", "2*sin(0.8*x)", "x^3-x+1", "max(x,0)-0.25*min(x,0)+0.5", "exp(x/2)", "gelu", "0.5*x-2*x*erf(0.3*x)",
        ] {
            let moved = windows(text, 96);
            let closed = Covariance::<Ball>::of(&Expr::parse(text).unwrap(), BITS).unwrap();
            let (q, p, rho) = (number(q), number(p), number(rho));
            let (value, slope) = moved.cross(&q, &p, &rho).unwrap();
            let (expected, steep) = closed.at(&q, &p, &rho);
            prop_assert!(value.overlaps(&expected), "{text} {value:?} {expected:?}");
            prop_assert!(slope.overlaps(&steep), "{text} {slope:?} {steep:?}");
            // 0.7^97 = 1e-15
            prop_assert!(value.rad() < 1e-13, "{text} {value:?}");
            let square = moved.moments(&q).unwrap().square;
            prop_assert!(square.overlaps(&closed.square(&q)), "{text} {square:?}");
            prop_assert!(digits(&square) > 28.0, "{text} {square:?}");
        }
    }

    /// `k(q, p, rho) = k(p, q, rho)`, and at `rho = 1`, `p = q` it is the variance map.
    #[test]
    fn symmetric_and_the_diagonal_is_the_variance(q in 0.1f64..3.0, p in 0.1f64..3.0, rho in -0.99f64..0.99) {
        for text in ["relu", "tanh(x)", "erf(x)+0.1", "sigmoid", "relu^2", "sign(x)", "cos(x)"] {
            let a = Prepared::<Ball>::new(&structure(text), 48, 80, Deadline::default()).unwrap();
            let (q, p, rho) = (number(q), number(p), number(rho));
            let (one, other) = (a.cross(&q, &p, &rho).unwrap(), a.cross(&p, &q, &rho).unwrap());
            prop_assert!(one.0.overlaps(&other.0) && one.1.overlaps(&other.1), "{text}");
            let diagonal = a.cross(&q, &q, &Ball::int(1, BITS)).unwrap().0;
            let square = a.square(&q).unwrap();
            prop_assert!(diagonal.overlaps(&square), "{text} {diagonal:?} {square:?}");
            prop_assert!(diagonal.rad() < 1e-2 && square.rad() < 1e-20, "{text} {diagonal:?} {square:?}");
            // Cauchy and Schwarz
            let bound = &square * &a.square(&p).unwrap();
            let sure = (&bound - &one.0.powi(2)).sign();
            prop_assert!(sure != Some(std::cmp::Ordering::Less), "{text}");
        }
    }

    /// A ball of correlations or variances contains what its members give.
    #[test]
    fn balls_enclose_their_members(q in 0.2f64..2.0, rho in -0.9f64..0.9, at in -1f64..1.0) {
        for text in ["tanh(x)", "relu+0.5", "sin(x)"] {
            let a = Prepared::<Ball>::new(&structure(text), 32, 80, Deadline::default()).unwrap();
            let width = rug::Float::with_val(53, 1e-4);
            let (wide_q, wide_rho) = (number(q).widened(&width), number(rho).widened(&width));
            let (in_q, in_rho) = (number(q + at * 1e-4), number(rho - at * 1e-4));
            let other = number(1.25);
            let (wide, inner) = (a.cross(&wide_q, &other, &wide_rho).unwrap(), a.cross(&in_q, &other, &in_rho).unwrap());
            prop_assert!(wide.0.widened(&inner.0.rad()).encloses(&inner.0), "{text}");
            prop_assert!(wide.1.widened(&inner.1.rad()).encloses(&inner.1), "{text}");
            let (wide, inner) = (a.square(&wide_q).unwrap(), a.square(&in_q).unwrap());
            prop_assert!(wide.widened(&inner.rad()).encloses(&inner), "{text}");
        }
    }
}

/// Han et al. 2022 (2209.04121), as in neural-tangents `stax/elementwise.py`.
#[test]
fn gelu_as_in_neural_tangents() {
    let gelu = windows("gelu", 120);
    for (q, p, rho) in [(0.5f64, 2.0, 0.3), (1.5, 0.7, -0.5), (2.5, 2.25, 0.6)] {
        let k = rho * (q * p).sqrt();
        let (value, slope) = gelu.cross(&number(q), &number(p), &number(rho)).unwrap();
        let delta2 = (1.0 + q) * (1.0 + p) - k * k;
        let (delta, spread) = (delta2.sqrt(), (1.0 + q) * (1.0 + p));
        let pi = std::f64::consts::PI;
        let angle = (k / delta).atan();
        let expected =
            k / 4.0 + ((k * k + q * p * delta2) / (spread * delta) + k * angle) / (2.0 * pi);
        let terms = 1.0 / delta2 + (1.0 - q * p) / spread + 1.0;
        let steep = 0.25 + angle / (2.0 * pi) + terms * k / (2.0 * pi * delta);
        assert!(
            (value.to_f64() - expected).abs() < 1e-14,
            "{value:?} {expected}"
        );
        let slope = slope.to_f64() / (q * p).sqrt();
        assert!((slope - steep).abs() < 1e-13, "{slope} {steep}");
    }
}

/// `V = (1 - e^(-2q))/2`, `V' = e^(-2q)`, `D = (1 + e^(-2q))/2`, `D' = -e^(-2q)` for the sine.
#[test]
fn moments_and_their_slopes() {
    let sine = windows("sin(x)", 4);
    for q in [0.01, 0.3, 1.0, 1.7, 6.0] {
        let m = sine.moments(&number(q)).unwrap();
        let e = (-number(q).scale2(1)).exp();
        let one = Ball::int(1, BITS);
        let expected = [
            (&m.square, (&one - &e).scale2(-1)),
            (&m.slope, e.clone()),
            (
                m.derivative_square.as_ref().unwrap(),
                (&one + &e).scale2(-1),
            ),
            (m.derivative_slope.as_ref().unwrap(), -&e),
        ];
        for (found, expected) in expected {
            assert!(found.overlaps(&expected), "{q} {found:?} {expected:?}");
            assert!(found.rad() < 1e-27, "{q} {found:?}");
        }
    }
}

#[test]
fn fixed_points_are_fixed() {
    // given as variances
    let found = |text: &str, w: (i64, i64), b: (i64, i64)| {
        let root = |(n, d): (i64, i64)| {
            Given::from(Closed::rational(Rational::from((n, d))).sqrt().unwrap())
        };
        fixed_variances(
            &structure(text),
            &root(w),
            &root(b),
            100,
            Deadline::default(),
        )
        .unwrap()
    };
    let points = |f| match f {
        FixedVariances::Points { points, .. } => points,
        FixedVariances::Every => panic!("every variance"),
    };
    for (text, w, b) in [
        ("tanh(x)", 2, 1),
        ("sigmoid", 3, 0),
        ("erf(x)", 4, 2),
        ("gelu", 1, 1),
    ] {
        let all = points(found(text, (w, 1), (b, 20)));
        assert!(!all.is_empty(), "{text}");
        let a = windows(text, 0);
        for p in all
            .iter()
            .filter(|p| p.q.sign() == Some(std::cmp::Ordering::Greater))
        {
            let image =
                &(&Ball::int(w, BITS) * &a.moments(&p.q).unwrap().square) + &ball(b, 20, BITS);
            assert!(image.overlaps(&p.q), "{text} {image:?} {:?}", p.q);
            assert!(digits(&p.q) > 25.0, "{text} {:?}", p.q);
        }
    }
    // sin with sigma_w^2 = 2: q = 1 - e^(-2q), and 0, which repels
    let all = points(found("sin(x)", (2, 1), (0, 1)));
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].q.sign(), Some(std::cmp::Ordering::Equal));
    // z^2: q = 3 w q^2 + b has two solutions, one, or none
    assert_eq!(points(found("x^2", (1, 3), (1, 5))).len(), 2);
    assert!(points(found("x^2", (1, 3), (1, 3))).is_empty());
    assert!(matches!(
        found("relu", (2, 1), (0, 1)),
        FixedVariances::Every
    ));
    for (w, b) in [((2, 1), (1, 1)), ((3, 1), (1, 1))] {
        let FixedVariances::Points { points, beyond } = found("relu", w, b) else {
            panic!()
        };
        assert!(points.is_empty() && matches!(beyond, Beyond::Grows));
    }
}

/// Far below and above the grid: `sin` with `sigma_w^2 = w`, `sigma_b^2 = b` has `q = w (1 - e^(-2q))/2 + b`.
#[test]
fn fixed_points_of_any_size() {
    let sine = structure("sin(x)");
    for b in [1e-200, 1e-60, 1e-20, 1e-9, 1e-3, 2.0] {
        for w in [0.25, 0.999, 1.0, 1.000_001, 4.0] {
            let given = |x: f64| {
                let root = Rational::from_f64(x).unwrap();
                Given::from(root)
            };
            let (root_w, root_b) = (given(f64::sqrt(w)), given(f64::sqrt(b)));
            let found = fixed_variances(&sine, &root_w, &root_b, 100, Deadline::default());
            let FixedVariances::Points { points, beyond } = found.unwrap() else {
                panic!()
            };
            assert!(
                !matches!(beyond, Beyond::Grows | Beyond::GrowsUpTo(_)),
                "{w} {b}"
            );
            assert_eq!(points.len(), 1, "{w} {b}: {points:?}");
            let q = &points[0].q;
            assert!(q.relative_bits() > 50, "{w} {b}: {q:?}");
            let e = (-q.scale2(1)).exp_m1();
            let image = &(&root_w.variance(900) * &-e.scale2(-1)) + &root_b.variance(900);
            assert!(image.overlaps(q), "{w} {b}: {q:?} {image:?}");
            // with w = 1 the slope is e^(-2q), with q = sqrt(b): 1 as far as 100 bits tell
            let attraction = points[0].attraction;
            let open = attraction.is_none() && w == 1.0 && b < 1e-50;
            assert!(open || attraction == Some(Attraction::Attracts), "{w} {b}");
        }
    }
}

/// `q = w (1 - e^(-2q))/2 + b` near its fold does not exist for the sine, which is concave; `x^2` has one at `w b = 1/12`:
/// two fixed points that are as near to each other as one likes, between neighbours of the grid, are found, or it is said that
/// they are nearly one.
#[test]
fn two_fixed_points_near_each_other() {
    let square = structure("x^2");
    // q = 3 w q^2 + b: discriminant 1 - 12 w b = d^2, q = (1 +- d)/(6 w)
    for (d, apart) in [
        ((1, 4), true),
        ((1, 16), true),
        ((1, 64), true),
        ((1, 1 << 30), false),
    ] {
        let d = Rational::from(d);
        let b = (1 - d.clone().square()) / 12;
        let sigma_b = Given::from(Closed::rational(b).sqrt().unwrap());
        match fixed_variances(&square, &1.into(), &sigma_b, 100, Deadline::default()) {
            Ok(FixedVariances::Points { points, .. }) => {
                assert_eq!(points.len(), 2, "{d}");
                for (p, sign) in points.iter().zip([-1, 1]) {
                    let q = (1 + d.clone() * sign) / 6u32;
                    assert!(p.q.contains(&rug::Float::with_val(300, &q)), "{d} {p:?}");
                }
                assert_eq!(points[0].attraction, Some(Attraction::Attracts), "{d}");
                assert_eq!(points[1].attraction, Some(Attraction::Repels), "{d}");
            }
            Ok(FixedVariances::Every) => panic!(),
            Err(error) => assert!(
                !apart && error.to_string().contains("tangent"),
                "{d} {error}"
            ),
        }
    }
}

/// Below the reach of windows: the Taylor polynomial at 0 against the closed form of the sine, and what all layers do where
/// the variance vanishes against the recursion itself.
#[test]
fn small_variances() {
    let sine = windows("sin(x)", 16);
    for exponent in [-30, -100, -1000] {
        let q = Ball::int(3, 200).scale2(exponent);
        let e = -(-q.scale2(1)).exp_m1().scale2(-1);
        let square = sine.square(&q).unwrap();
        assert!(
            square.overlaps(&e) && digits(&square) > 25.0,
            "{exponent} {square:?}"
        );
        let (_, dual) = sine.dual(&q).unwrap();
        let rho = ball(3, 10, 200);
        let expected = &(&q * &rho).sinh() / &q.sinh();
        let value = dual.at(&rho);
        assert!(
            value.overlaps(&expected) && digits(&value) > 25.0,
            "{exponent} {value:?}"
        );
        let p = q.scale2(-7);
        let (k, slope) = sine.cross(&q, &p, &rho).unwrap();
        // e^(-(q+p)/2) sinh(rho sqrt(q p))
        let size = &(&q * &p).sqrt() * &rho;
        let expected = &(-(&q + &p).scale2(-1)).exp() * &size.sinh();
        assert!(
            k.overlaps(&expected) && digits(&k) > 25.0,
            "{exponent} {k:?} {expected:?}"
        );
        assert!(slope.is_finite());
    }
}
