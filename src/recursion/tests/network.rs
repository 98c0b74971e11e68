//! Networks with weights, biases and inputs of any norm.

use proptest::prelude::*;
use rug::Rational;

use super::variances::structure;
use super::{ball, digits};
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::dual::closed_form;
use crate::real::{Analytic, Ball, Mpfr, Real};
use crate::recursion::{
    Convention, Correlation, Covariance, Layers, Pair, Prepared, Scaled, Settings, UnitLayers,
    Windows, ntk,
};

fn network<R: Real + Send + Sync>(
    text: &str,
    w: (i64, i64),
    b: (i64, i64),
    bits: u32,
) -> Layers<R> {
    Layers {
        activation: Prepared::new(&structure(text), 64, bits - 32, Deadline::default()).unwrap(),
        weight: R::rational(&w.into(), bits),
        bias: R::rational(&b.into(), bits),
    }
}

fn equal<R: Real + Send + Sync>(
    n: &Layers<R>,
    q: (i64, i64),
    rho: (i64, i64),
    depth: u64,
    bits: u32,
) -> Pair<Scaled<R>> {
    n.kernels(
        &R::rational(&q.into(), bits),
        &[Correlation::rational(&rho.into(), bits)],
        None,
        depth,
        Deadline::default(),
    )
    .unwrap()
    .remove(0)
    .unwrap()
}

fn pair<R: Real + Send + Sync>(
    n: &Layers<R>,
    (q, p): ((i64, i64), (i64, i64)),
    rho: (i64, i64),
    depth: u64,
    bits: u32,
) -> Pair<Scaled<R>> {
    n.pair_kernels(
        (&R::rational(&q.into(), bits), &R::rational(&p.into(), bits)),
        &Correlation::rational(&rho.into(), bits),
        None,
        depth,
        Deadline::default(),
    )
    .unwrap()
}

/// The recursion as it is written, in doubles: `(V or k, E phi' phi')` from the closure.
fn plain(
    map: impl Fn(f64, f64, f64) -> (f64, f64),
    (w, b): (f64, f64),
    (mut q, mut p, mut k): (f64, f64, f64),
    depth: u64,
) -> (f64, f64) {
    let mut theta = k;
    for _ in 0..depth {
        let (value, slope) = map(q, p, k);
        let next = (w * map(q, q, q).0 + b, w * map(p, p, p).0 + b);
        k = w * value + b;
        theta = k + w * slope * theta;
        (q, p) = next;
    }
    (k, theta)
}

/// Williams 1997 and Cho and Saul 2009 as in the papers, in doubles.
#[test]
fn the_recursion_as_it_is_written() {
    let pi = std::f64::consts::PI;
    let erf = |q: f64, p: f64, k: f64| {
        let spread = (1.0 + 2.0 * q) * (1.0 + 2.0 * p);
        (
            2.0 / pi * (2.0 * k / spread.sqrt()).asin(),
            4.0 / pi / (spread - 4.0 * k * k).sqrt(),
        )
    };
    let relu = |q: f64, p: f64, k: f64| {
        let theta = (k / (q * p).sqrt()).clamp(-1.0, 1.0).acos();
        let value = (q * p).sqrt() * (theta.sin() + (pi - theta) * theta.cos()) / (2.0 * pi);
        (value, (pi - theta) / (2.0 * pi))
    };
    for depth in [1, 3, 20] {
        let (k, theta) = plain(
            erf,
            (2.0, 0.5),
            (1.0 + 0.5, 3.0 + 0.5, 0.5 + 0.25 * 3f64.sqrt()),
            depth,
        );
        let found = pair(
            &network::<f64>("erf(x)", (2, 1), (1, 2), 53),
            ((1, 1), (3, 1)),
            (1, 4),
            depth,
            53,
        );
        assert!((found.nngp.value() / k - 1.0).abs() < 1e-13, "{depth}");
        assert!((found.ntk.value() / theta - 1.0).abs() < 1e-13, "{depth}");
        let (k, theta) = plain(
            relu,
            (1.5, 0.25),
            (2.0 + 0.25, 2.0 + 0.25, 0.5 + 0.25),
            depth,
        );
        let found = equal(
            &network::<f64>("relu", (3, 2), (1, 4), 53),
            (2, 1),
            (1, 4),
            depth,
            53,
        );
        assert!((found.nngp.value() / k - 1.0).abs() < 1e-13, "{depth}");
        assert!((found.ntk.value() / theta - 1.0).abs() < 1e-13, "{depth}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same input norms by the map of correlations, and by the covariance map that knows nothing of equal norms.
    #[test]
    fn equal_norms_by_both_roads(q in 1i64..30, rho in -90i64..=90, w in 5i64..30, b in 1i64..10, depth in 1u64..30) {
        for text in ["relu", "tanh(x)", "erf(x)", "sin(x)", "max(x,0)-0.25", "x^3/4", "sigmoid"] {
            let bits = 200;
            let n = network::<Ball>(text, (w, 20), (b, 10), bits);
            if text == "x^3/4" && depth > 4 { continue; }
            let one = equal(&n, (q, 10), (rho, 100), depth, bits);
            let other = pair(&n, ((q, 10), (q, 10)), (rho, 100), depth, bits);
            prop_assert!(one.nngp.value().overlaps(&other.nngp.value()), "{text} {one:?} {other:?}");
            prop_assert!(one.ntk.value().overlaps(&other.ntk.value()), "{text} {one:?} {other:?}");
            prop_assert!(digits(&one.nngp.value()) > 6.0, "{text} {:?}", one.nngp.value());
        }
    }

    /// Balls contain what MPFR and doubles give (to within their rounding), also for different norms.
    #[test]
    fn arithmetics_meet(q in 1i64..20, p in 1i64..20, rho in -90i64..=90, depth in 1u64..12) {
        for text in ["relu", "tanh(x)", "erf(x)", "cos(x)"] {
            let (w, b) = ((6, 5), (1, 5));
            let norms = ((q, 10), (p, 10));
            let enclosed = pair(&network::<Ball>(text, w, b, 160), norms, (rho, 100), depth, 160);
            let mpfr = pair(&network::<Mpfr>(text, w, b, 160), norms, (rho, 100), depth, 160);
            let double = pair(&network::<f64>(text, w, b, 64), norms, (rho, 100), depth, 53);
            for (ball, m, d) in [
                (enclosed.nngp.value(), mpfr.nngp.value(), double.nngp.value()),
                (enclosed.ntk.value(), mpfr.ntk.value(), double.ntk.value()),
            ] {
                let slack = rug::Float::with_val(53, 1e-30);
                prop_assert!(ball.widened(&slack).contains(&m.to_float()), "{text} {ball:?} {m:?}");
                let scale = ball.rad().to_f64() + 1e-12;
                prop_assert!((ball.to_f64() - d).abs() < scale, "{text} {ball:?} {d}");
            }
        }
    }

    /// No bias, homogeneous: the unit-norm network times the norms, whatever the weights.
    #[test]
    fn homogeneous_networks_are_unit_networks(q in 1i64..50, p in 1i64..50, rho in -100i64..=100, depth in 1u64..80) {
        let bits = 160;
        let unit = UnitLayers::<Ball>::new(closed_form(&Expr::parse("relu").unwrap(), bits).unwrap());
        let expected = unit.kernels(Correlation::rational(&(rho, 100).into(), bits), depth, Deadline::default()).unwrap();
        let found = pair(&network::<Ball>("relu", (3, 1), (0, 1), bits), ((q, 10), (p, 10)), (rho, 100), depth, bits);
        // (3/2)^L sqrt(q p)
        let size = &ball(3, 2, bits).powi(depth as i64) * &(&ball(q, 10, bits) * &ball(p, 10, bits)).sqrt();
        prop_assert!((&expected.nngp.value() * &size).overlaps(&found.nngp.value()));
        prop_assert!((&expected.ntk.value() * &size).overlaps(&found.ntk.value()));
        prop_assert!(digits(&found.ntk.value()) > 35.0 || rho == -100);
    }
}

/// In the ordered and in the chaotic phase a depth of `10^18` is had at once, and agrees with one that is walked.
#[test]
fn settled_networks_are_as_deep_as_one_likes() {
    for (text, w, b) in [
        ("relu", (1, 1), (1, 4)),
        ("tanh(x)", (1, 1), (1, 20)),
        ("erf(x)", (3, 1), (1, 5)),
        ("tanh(x)", (4, 1), (1, 20)),
    ] {
        let n = network::<Ball>(text, w, b, 160);
        let (walked, deep) = (
            equal(&n, (1, 1), (1, 2), 900, 160),
            equal(&n, (1, 1), (1, 2), 10u64.pow(18), 160),
        );
        assert!(deep.nngp.value().overlaps(&walked.nngp.value()), "{text}");
        assert!(deep.ntk.value().overlaps(&walked.ntk.value()), "{text}");
        assert!(
            digits(&deep.ntk.value()) > 12.0,
            "{text} {:?}",
            deep.ntk.value()
        );
        let norms = ((1, 1), (2, 1));
        let other = pair(&n, norms, (1, 2), 10u64.pow(18), 160);
        assert!(
            deep.nngp.value().overlaps(&other.nngp.value()),
            "{text} {deep:?} {other:?}"
        );
        assert!(
            deep.ntk.value().overlaps(&other.ntk.value()),
            "{text} {deep:?} {other:?}"
        );
    }
}

/// Far outside of doubles and of MPFR: `(2/pi)^(10^18)` for the sign.
#[test]
fn numbers_far_outside_of_doubles() {
    let rows = ntk(
        &Expr::parse("sign(x)").unwrap(),
        &[Rational::from((1, 2))],
        10u64.pow(18),
        &Settings::default(),
        12,
        Deadline::default(),
    )
    .unwrap();
    let s = &rows[0].as_ref().unwrap().nngp;
    let text = s.certain_digits(12).to_string();
    let (front, exponent) = text.split_once('e').unwrap();
    // 10^18 log10(pi/2) = 196119877030152659.13...
    assert_eq!(exponent, "-196119877030152660");
    assert_eq!(front.len(), 13, "{text}");
    let (value, radius) = s.enclosing_decimal(12);
    // twelve digits: the radius has an exponent at least 11 lower
    let exponent: i64 = radius.split_once('e').unwrap().1.parse().unwrap();
    assert!(
        value.starts_with(&front[..10]) && exponent <= -196119877030152671,
        "{value} {radius}"
    );
}

#[test]
fn scaled_numbers_are_written_as_ordinary_ones_are() {
    for log in [-20i64, -3, 0, 5, 40] {
        let x = Scaled {
            mantissa: ball(-7, 3, 128),
            log: Ball::int(log, 128),
        };
        let plain = crate::real::certain_digits(x.value().mid(), &x.value().rad(), 9);
        assert_eq!(x.certain_digits(9), plain);
    }
    // a front of 9.9999...: the certain digits may round to 10
    let bits = 300;
    let log = &Ball::int(200_000_000, bits) * &Ball::int(10, bits).ln();
    let front = Ball::rational(
        &Rational::from((99_999_999_999i64, 10_000_000_000i64)),
        bits,
    );
    let text = Scaled {
        mantissa: front,
        log,
    }
    .certain_digits(6)
    .to_string();
    assert!(
        text == "10.0000e200000000" || text == "1.00000e200000001",
        "{text}"
    );
}

/// Where the variance vanishes, the Taylor polynomial at 0 and the layers taken at once, against the closed form walked
/// through. Even and odd parts, and inputs of two norms.
#[test]
fn vanishing_variances() {
    const BITS: u32 = 200;
    let sine = structure("sin(x)");
    let network = |activation| Layers {
        activation,
        weight: ball(1, 4, BITS),
        bias: ball(0, 1, BITS),
    };
    let covariance = Covariance::<Ball>::of(&sine.expr, BITS).unwrap();
    let closed = network(Prepared::Closed(covariance));
    let windows = Windows::new(&sine, Some(32), 110, Deadline::default());
    let expanded = network(Prepared::Expanded(Box::new(windows)));
    let (input, other) = (ball(1, 1, BITS), ball(3, 2, BITS));
    for rho in [(1, 2), (-9, 10), (1, 1), (0, 1)] {
        let place = Correlation::rational(&rho.into(), BITS);
        for depth in [1, 20, 100, 1000] {
            let of = |n: &Layers<Ball>| {
                let all = n.kernels(
                    &input,
                    std::slice::from_ref(&place),
                    None,
                    depth,
                    Deadline::default(),
                );
                all.unwrap().remove(0).unwrap()
            };
            let (a, b) = (of(&closed), of(&expanded));
            for (x, y) in [(&a.nngp, &b.nngp), (&a.ntk, &b.ntk)] {
                let (x, y) = (x.value(), y.value());
                assert!(x.overlaps(&y), "{rho:?} {depth} {x:?} {y:?}");
                if rho.0 != 0 {
                    assert!(digits(&y) > 20.0, "{rho:?} {depth} {y:?}");
                }
            }
        }
        let of = |n: &Layers<Ball>| {
            n.pair_kernels((&input, &other), &place, None, 40, Deadline::default())
                .unwrap()
        };
        let (a, b) = (of(&closed), of(&expanded));
        assert!(a.nngp.value().overlaps(&b.nngp.value()), "{rho:?}");
        assert!(a.ntk.value().overlaps(&b.ntk.value()), "{rho:?}");
    }
}

/// Any depth: `phi'(0) = 1` and `sigma_w = 1/2`, so that a layer divides the variance by 4 in the end. `T_L/k_L` grows by
/// one a layer.
#[test]
fn vanishing_variances_at_any_depth() {
    let settings = Settings {
        convention: Convention::Lee2019,
        sigma_w: Some(Expr::parse("1/2").unwrap()),
        ..Settings::default()
    };
    let half = Rational::from((1, 2));
    let at = |depth: u64| {
        let tanh = Expr::parse("tanh(x)").unwrap();
        let rows = ntk(
            &tanh,
            std::slice::from_ref(&half),
            depth,
            &settings,
            15,
            Deadline::default(),
        );
        let row = rows.unwrap().remove(0).unwrap();
        (row.nngp, row.ntk.unwrap())
    };
    let ((k, t), (l, u)) = (at(1_000_000_000_000), at(1_000_000_000_001));
    let four = Ball::int(4, 300).ln();
    let step = &k.ln() - &l.ln();
    assert!(step.overlaps(&four) && step.rad() < 1e-12, "{step:?}");
    let ratio = |t: &Scaled<Ball>, k: &Scaled<Ball>| (&t.ln() - &k.ln()).exp();
    let step = &ratio(&u, &l) - &ratio(&t, &k);
    assert!(step.overlaps(&Ball::int(1, 300)), "{step:?}");
}
