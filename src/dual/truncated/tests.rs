use proptest::prelude::*;

use super::*;
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::dual::{Dual, Mesh, closed_form};
use crate::hermite::{hermite_coefficients, hermite_series};
use crate::real::Arithmetic;

const BITS: Bits = 120;

fn dual(text: &str) -> Dual<Ball> {
    let dual = closed_form::<Ball>(&Expr::parse(text).unwrap(), BITS).unwrap();
    assert!(matches!(dual, Dual::Truncated(_)), "{text}");
    dual
}

fn decimal(text: &str) -> Ball {
    let exact = Float::with_val(400, Float::parse(text).unwrap());
    Ball::rational(&exact.to_rational().unwrap(), BITS).midpoint()
}

fn near(x: &Ball, text: &str) {
    let expected = decimal(text);
    // the last digit that is written, and a little
    let digits = text
        .trim_start_matches("-0.")
        .chars()
        .filter(char::is_ascii_digit)
        .count();
    let slack = Float::with_val(
        64,
        expected.magnitude() * 10f64.powi(2 - digits.min(40) as i32),
    );
    assert!(x.widened(&slack).overlaps(&expected), "{x:?} is not {text}");
    assert!(x.relative_bits() + 2 >= BITS, "{x:?}");
}

/// `E (e^Z - 1) Z` and the like by hand, and `relu(x)^2` by Cho and Saul 2009:
/// `(3 sin(theta) cos(theta) + (pi - theta) (1 + 2 cos(theta)^2))/(3 pi)`.
#[test]
fn known_values() {
    near(
        &dual("elu").at(&decimal("-1")),
        "-0.811164122638310941675127910",
    );
    let cubes = dual("relu(x)^2");
    near(
        &cubes.at(&decimal("-0.999999")),
        "1.60056239699780308852e-16",
    );
    near(
        &cubes.slope_at(&decimal("0.999999")),
        "1.33333200040014060496",
    );
    for rho in ["-0.3", "0.7", "0.999999999999", "-0.99999"] {
        let x = decimal(rho);
        let theta = Real::max(&x, &Ball::int(-1, BITS)).acos();
        let sine = (Ball::int(1, BITS) - &x.square()).sqrt();
        let three = Ball::int(3, BITS);
        let first = &(&three * &sine) * &x;
        let second = &(Ball::pi(BITS) - &theta) * &(Ball::int(1, BITS) + &x.square().scale2(1));
        let expected = &(first + &second) / &(&three * &Ball::pi(BITS));
        assert!(cubes.at(&x).overlaps(&expected), "{rho}");
    }
}

/// Without kinks: `E u v e^(u+v) = (rho + (1 + rho)^2) e^(1 + rho)`.
#[test]
fn the_whole_line() {
    let line = Truncated::new(
        &Activation::new(&Expr::parse("x*exp(x)").unwrap()).unwrap(),
        BITS,
    );
    let (line, x) = (line.unwrap(), decimal("0.3"));
    let value = |r: &Ball| {
        let one = Ball::int(1, BITS);
        &(r + &(&one + r).square()) * &(&one + r).exp()
    };
    let expected = &value(&x) / &value(&Ball::int(1, BITS));
    assert!(line.at(&x).overlaps(&expected));
}

fn pieces() -> impl Strategy<Value = String> {
    let formula = prop_oneof![
        (1..5_i32, 1..4_u32).prop_map(|(c, n)| format!("({c}/2)*x^{n}")),
        (1..4_i32).prop_map(|a| format!("exp(-x*{a}/2)")),
        (1..3_i32).prop_map(|a| format!("x*exp(x*{a}/2)")),
        (-3..4_i32).prop_map(|c| format!("({c}/4+x)")),
    ];
    let kinks = prop::sample::subsequence(vec![-7, -3, 0, 2, 5, 9], 1..4);
    (kinks, prop::collection::vec(formula, 4)).prop_map(|(kinks, formulas)| {
        let parts = kinks.iter().zip(formulas.iter().skip(1));
        parts.fold(formulas[0].clone(), |text, (c, f)| {
            format!("{text}+({f} if x>{c}/4 else 0)")
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The Hermite series, whose coefficients are integrals in one dimension.
    #[test]
    fn the_series_overlaps(text in pieces(), rho in -0.6f64..0.6) {
        let structure = Activation::new(&Expr::parse(&text).unwrap()).unwrap();
        let Some(closed) = closed_form::<Ball>(&structure.expr, BITS) else {
            return Err(TestCaseError::fail(text));
        };
        let series = hermite_series(&structure, None, 120, 90, Arithmetic::Ball, Deadline::default());
        let series = Dual::Series(series.unwrap());
        let x = Ball::exact(Float::with_val(BITS, rho));
        let (a, b) = (closed.at(&x), series.at(&x));
        prop_assert!(a.overlaps(&b), "{text} at {rho}: {a:?} {b:?}");
        prop_assert!(b.rad() < 1e-18 && a.rad() < 1e-25, "{text}: {a:?} {b:?}");
    }

    /// Taylor coefficients are those of the function and its slope; the gap is one minus the value; and the same enclosure at three
    /// times the bits lies in this one.
    #[test]
    fn derivatives_gaps_and_bits(text in pieces(), rho in 0.0f64..0.99) {
        let expr = Expr::parse(&text).unwrap();
        let d = closed_form::<Ball>(&expr, BITS).unwrap();
        let x = Ball::exact(Float::with_val(BITS, rho));
        let c = d.taylor(&x, 6);
        prop_assert!(c[0].overlaps(&d.at(&x)), "{text}");
        prop_assert!(c[1].overlaps(&d.slope_at(&x)), "{text}: {:?} {:?}", c[1], d.slope_at(&x));
        prop_assert!(c.iter().all(|c| c.upper() >= 0), "{text}");
        let t = Ball::int(1, BITS) - &x;
        prop_assert!((Ball::int(1, BITS) - &d.gap(&t)).overlaps(&d.at(&x)));
        // the Taylor polynomial a little further, its rest by the sum of the coefficients
        let step = Ball::exact(Float::with_val(BITS, (1.0 - rho) / 1024.0));
        let sum = c.iter().rev().fold(Ball::int(0, BITS), |sum, c| &(&sum * &step) + c);
        let there = d.at(&(&x + &step));
        prop_assert!(sum.widened(&Float::with_val(64, 1e-20)).overlaps(&there), "{text}: {sum:?} {there:?}");
        let fine = d.at(&x.with_bits(3 * BITS));
        prop_assert!(d.at(&x).overlaps(&fine));
    }

    /// Near both ends, where the series has nothing to say: in doubles by the angle, for what is continuous.
    #[test]
    fn the_angle_agrees(scale in 0.3f64..2.0, power in 3..40i32, which in 0..6usize) {
        let text = ["relu6", "elu", "hard_tanh", "hard_swish", "max(x-1/2,-exp(x))", "celu(x,1/2)"][which];
        let structure = Activation::new(&Expr::parse(text).unwrap()).unwrap();
        let q = Ball::exact(Float::with_val(BITS, scale * scale));
        let exact = Truncated::new(&structure, BITS).unwrap().at_variance(&q);
        let mesh = Mesh { nodes: 20, widest: 2.0 };
        let angle = crate::dual::Angular::new(&structure, (scale * scale).sqrt(), mesh, Deadline::default()).unwrap();
        let t = 2f64.powi(-power);
        let gap: f64 = exact.gap(&t);
        prop_assert!((angle.gap(t) / gap - 1.0).abs() < 1e-11, "{text} {t}: {} {gap}", angle.gap(t));
        let (value, slope): (f64, f64) = exact.opposite(&t);
        prop_assert!((angle.opposite(t) - value).abs() < 1e-12, "{text} {t}");
        prop_assert!((angle.opposite_slope(t) - slope).abs() < 1e-10, "{text} {t}");
    }

    /// A variance with a radius: the ball holds what its points give.
    #[test]
    fn balls_of_variances(which in 0..4usize, q in 0.2f64..3.0, place in -1.0f64..1.0, rho in -0.99f64..0.99, end in 0..4u8) {
        let text = ["relu6", "elu", "hard_tanh", "max(x-1/2,-exp(x))"][which];
        let structure = Activation::new(&Expr::parse(text).unwrap()).unwrap();
        let plain = Truncated::new(&structure, BITS).unwrap();
        let radius = Float::with_val(64, 1e-12);
        let middle = Ball::exact(Float::with_val(BITS, q));
        let wide = plain.at_variance(&middle.widened(&radius));
        let point = plain.at_variance(&Ball::exact(Float::with_val(BITS, q + place * 1e-12)));
        let rho = match end { 0 => -1.0, 1 => 1.0 - 1e-9, _ => rho };
        let x = Ball::exact(Float::with_val(BITS, rho));
        prop_assert!(wide.square().overlaps(&point.square()));
        prop_assert!(wide.at(&x).overlaps(&point.at(&x)), "{text}");
        prop_assert!(wide.slope_at(&x).overlaps(&point.slope_at(&x)), "{text} {rho}: {:?} {:?}", wide.slope_at(&x), point.slope_at(&x));
        let t = Ball::int(1, BITS) - &x;
        let (a, b): (Ball, Ball) = (wide.gap(&t), point.gap(&t));
        prop_assert!(a.overlaps(&b), "{text} {a:?} {b:?}");
        prop_assert!(wide.square().rad() < 1e-9 && a.rad() < 1e-9 * t.to_f64(), "{text}: {a:?}");
    }
}

/// Owen's function against its integral, and the quadrants against each other.
#[test]
fn quadrants_sum_to_one() {
    let at = |x: f64| Ball::exact(Float::with_val(BITS, x));
    for (h, k, rho) in [
        (0.5, -1.25, 0.7),
        (3.0, 2.0, -0.9),
        (0.0, 1.0, 0.3),
        (0.0, 0.0, -0.4),
        (-2.0, -2.0, 0.99),
    ] {
        let total: Ball =
            [(1, 1), (1, -1), (-1, 1), (-1, -1)]
                .iter()
                .fold(at(0.0), |sum, (s, t)| {
                    let (h, k, rho) = (
                        at(h * f64::from(*s)),
                        at(k * f64::from(*t)),
                        at(rho * f64::from(s * t)),
                    );
                    let sine = (Ball::int(1, BITS) - &rho.square()).sqrt();
                    let turned = |x: &Ball, y: &Ball| (x - &(&rho * y)) / &sine;
                    let (v, u) = (turned(&k, &h), turned(&h, &k));
                    let p = owen::Quadrant {
                        h: &h,
                        k: &k,
                        turned: (&v, &u),
                        rho: &rho,
                        arcsine: &rho.asin(),
                        sine: &sine,
                        tails: None,
                    };
                    let p = p.probability();
                    assert!(p.lower() > -1e-30 && p.upper() < 1);
                    sum + &p
                });
        assert!(
            (&total - &Ball::int(1, BITS)).contains_zero() && total.rad() < 1e-30,
            "{total:?}"
        );
    }
    // T(1, 1) = Q(1) (1 - Q(1))/2
    let q = owen::upper_tail(&at(1.0));
    let expected = (&q * &(Ball::int(1, BITS) - &q)).scale2(-1);
    assert!(owen::owen(&at(1.0), &at(1.0)).overlaps(&expected));
}

/// `E f h_n` in closed form against quadrature, to many digits and degrees, and Parseval.
#[test]
fn hermite_coefficients_without_quadrature() {
    use crate::activation::pieces::pieces;
    for text in [
        "exp(2*x/3)",
        "elu(x)",
        "relu6(2*x-1)",
        "x^3*exp(-x)",
        "hard_swish(x)",
        "hard_shrink(x)",
        "max(x-1,0)^2*exp(-x/2)+min(x,1/3)",
        "x^2",
    ] {
        let expr = Expr::parse(text).unwrap().expand().simplify();
        let pieces = pieces(&expr, 16).unwrap();
        let (closed, square) = closed_coefficients(&pieces, 30, 200).unwrap();
        let structure = Activation::new(&expr).unwrap();
        let (summed, norm) =
            hermite_coefficients(&structure, 30, BITS, Arithmetic::Ball, Deadline::default())
                .unwrap();
        for (n, (a, b)) in closed.iter().zip(&summed).enumerate() {
            assert!(a.overlaps(b), "{text}, {n}: {a:?} {b:?}");
            assert!(a.radius() < 1e-30 && b.radius() < 1e-20, "{text}, {n}");
        }
        let sum = closed
            .iter()
            .fold(Ball::int(0, 200), |sum, c| sum + c.square());
        assert!(
            (&square - &sum).upper() > -1e-40 && square.overlaps(&norm),
            "{text}"
        );
    }
    let smooth = pieces(&Expr::parse("tanh(x)").unwrap(), 16).unwrap();
    assert!(closed_coefficients(&smooth, 4, 64).is_none());
}

fn near_one(text: &str, bits: Bits) -> Truncated {
    let structure = Activation::new(&Expr::parse(text).unwrap()).unwrap();
    Truncated::near(&structure, bits, Deadline::default()).unwrap_or_else(|| panic!("{text}"))
}

/// Splines of activations that have a closed form: values, gaps and slopes of both must meet, with the digits asked for.
#[test]
fn splines_and_closed_forms() {
    for text in ["elu", "max(x*exp(x),x/2)"] {
        let closed = dual(text);
        let spline = near_one(text, 60);
        for rho in ["-1", "-0.999999", "0.3", "0.9999999999"] {
            let x = decimal(rho);
            let (value, slope) = (spline.at(&x), spline.slope_at(&x));
            assert!(value.overlaps(&closed.at(&x)), "{text} {rho} {value:?}");
            assert!(
                slope.overlaps(&closed.slope_at(&x)),
                "{text} {rho} {slope:?}"
            );
            assert!(
                value.relative_bits() >= 58 && slope.relative_bits() >= 58,
                "{text} {rho}"
            );
        }
        let t = decimal("0.0000000000001");
        let gap = spline.gap(&t);
        assert!(
            gap.overlaps(&closed.gap(&t)) && gap.relative_bits() >= 58,
            "{text}"
        );
    }
}

/// Splines against the Hermite series, which is bounded by Parseval's identity, and at `-1` against one integral.
#[test]
fn splines_and_series() {
    for text in ["softsign", "max(tanh(x),x/2)"] {
        let structure = Activation::new(&Expr::parse(text).unwrap()).unwrap();
        let spline = near_one(text, 50);
        let deadline = Deadline::default();
        let square = crate::dual::derivative_square(&structure, 80, deadline).unwrap();
        let series = hermite_series(
            &structure,
            square.as_ref(),
            120,
            80,
            Arithmetic::Ball,
            deadline,
        )
        .unwrap();
        let series = Dual::Series(series);
        for rho in ["-0.7", "-0.1", "0.25", "0.6"] {
            let x = decimal(rho);
            assert!(spline.at(&x).overlaps(&series.at(&x)), "{text} {rho}");
            let slope = spline.slope_at(&x);
            assert!(
                slope.overlaps(&series.slope_at(&x)),
                "{text} {rho} {slope:?}"
            );
        }
        let e = Expr::parse(text).unwrap().expand();
        let mirrored = e.substitute(&Expr::Neg(Expr::X.into()));
        let mean = |e: Expr| crate::quadrature::mean(&e, 100, deadline).unwrap().0;
        let expected = mean(e.clone() * mirrored) / &mean(e.clone() * e);
        let value = spline.at(&decimal("-1"));
        assert!(value.overlaps(&expected), "{text} {value:?} {expected:?}");
        assert!(value.relative_bits() >= 48, "{text} {value:?}");
        // a place that is not exact costs what it has to
        let place = Ball::rational(&(999, 1000).into(), 200);
        let (inexact, exact) = (spline.slope_at(&place), spline.slope_at(&place.midpoint()));
        assert!(inexact.overlaps(&exact), "{text} {inexact:?} {exact:?}");
        assert!(inexact.relative_bits() >= 46, "{text} {inexact:?}");
    }
}

/// Next to 1 the slope lies between those of chords (the dual is convex there), and `1 - dual` has relative digits.
#[test]
fn splines_next_to_one() {
    let spline = near_one("abs(tanh(2*x))", 60);
    let t = |n: i64, e: i32| Ball::int(n, 200).scale2(e);
    for e in [-40, -6] {
        let (a, b, c) = (t(3, e), t(4, e), t(5, e));
        let chord = |p: &Ball, q: &Ball| (spline.gap(q) - &spline.gap(p)) / (q - p);
        let slope = spline.slope_at_gap(&b);
        let (steep, flat) = (chord(&a, &b), chord(&b, &c));
        assert_eq!(steep.compare(&slope), Some(Ordering::Greater), "{e}");
        assert_eq!(flat.compare(&slope), Some(Ordering::Less), "{e}");
    }
}

/// The Taylor coefficients at 0 are the squares of the Hermite coefficients: against the jets of the quadrants, at variance 1 and at one with
/// a radius; what parity makes 0 is exactly 0.
#[test]
fn coefficients_at_zero() {
    for text in [
        "relu6",
        "elu",
        "hard_tanh",
        "hard_swish(x+1)",
        "hard_shrink",
        "selu",
    ] {
        let structure = Activation::new(&Expr::parse(text).unwrap()).unwrap();
        let plain = Truncated::new(&structure, BITS).unwrap();
        let q = Ball::exact(Float::with_val(BITS, 2.25)).widened(&Float::with_val(64, 1e-25));
        for dual in [plain.clone(), plain.at_variance(&q)] {
            let (squares, jets) = (
                dual.squares(12, 300),
                dual.derivatives(&Ball::int(0, 300), 12, 300),
            );
            for (n, (a, b)) in squares.iter().zip(&jets).enumerate() {
                assert!(a.overlaps(b), "{text} {n}: {a:?} {b:?}");
                assert!(
                    a.rad() < 1e-18 && b.rad() < 1e-18,
                    "{text} {n}: {a:?} {b:?}"
                );
            }
            if text == "hard_tanh" {
                assert!(
                    squares
                        .iter()
                        .step_by(2)
                        .all(|c| c.is_exact() && c.contains_zero())
                );
            }
        }
    }
}

/// The dual by polynomials of the angle, kinks and jumps, near both ends too.
#[test]
fn tables_of_the_angle() {
    use crate::dual::AngularTable;
    for text in [
        "relu6",
        "elu",
        "hard_tanh",
        "hard_swish",
        "hard_shrink",
        "x>0.3?1+x:0.2*x",
        "sign(x-1)",
    ] {
        let structure = Activation::new(&Expr::parse(text).unwrap()).unwrap();
        for (m, e) in [(1, -2), (1, 0), (9, -2), (5, 0)] {
            let q = Ball::int(m, BITS).scale2(e);
            let exact = Truncated::new(&structure, BITS).unwrap().at_variance(&q);
            let dual = Dual::Truncated(exact.clone());
            let table = AngularTable::closed(&dual, Deadline::default());
            let table = table.unwrap_or_else(|| panic!("{text} {m} {e}"));
            let steep: f64 = exact.slope_at_gap(&0.5f64);
            for t in [1e-40, 1e-13, 1e-5, 0.013, 0.3, 0.77, 1.2, 1.9] {
                let (gap, slope): (f64, f64) = (exact.gap(&t), exact.slope_at_gap(&t));
                let (g, s) = table.near(t);
                assert!(
                    (g / gap - 1.0).abs() < 2e-14,
                    "{text} {m} {e} {t}: {g:e} {gap:e}"
                );
                assert!(
                    (s - slope).abs() < 2e-14 * (slope.abs() + steep),
                    "{text} {m} {e} {t}: {s} {slope}"
                );
            }
            for u in [1e-9, 1e-3, 0.4] {
                let (value, slope): (f64, f64) = exact.opposite(&u);
                let (v, s) = table.far(u);
                assert!((v - value).abs() < 2e-14, "{text} {m} {e} {u}: {v} {value}");
                // where it jumps, the product with the sine is what the table has
                let sine = match exact.is_continuous() {
                    true => 1.0,
                    false => (u * (2.0 - u)).sqrt(),
                };
                assert!(
                    (s - slope).abs() * sine < 2e-14 * (slope.abs() * sine + steep),
                    "{text} {m} {e} {u}: {s} {slope}"
                );
            }
        }
    }
}

/// The slope leaves 1 like a root, at most by the bound, and at last as the limit says.
#[test]
fn the_turn_at_kinks() {
    for text in [
        "relu6",
        "elu",
        "hard_tanh",
        "hard_sigmoid",
        "hard_swish",
        "relu(x)^2",
        "relu(x)+1",
        "max(x-2,-exp(x))",
    ] {
        let dual = closed_form::<Ball>(&Expr::parse(text).unwrap(), BITS).unwrap();
        let turn = dual.turn().unwrap();
        let b = dual.slope_at_gap(&Ball::int(0, BITS));
        for j in 3..60 {
            // up to 2/15 > 2^-3
            let t = Ball::int(1, 3 * BITS).scale2(-j);
            let (left, root) = (&b - &dual.slope_at_gap(&t), t.sqrt());
            let most = &turn.largest * &root;
            assert!(
                left.upper() <= most.upper(),
                "{text} {j}: {left:?} {most:?}"
            );
            if j == 59 && text != "relu(x)^2" && text != "elu" {
                let apart = (&(&left / &root) / &turn.limit).to_f64() - 1.0;
                assert!(apart.abs() < 1e-6, "{text}: {apart}");
            }
            if j == 30 && (text == "relu(x)^2" || text == "elu") {
                assert!(turn.limit.contains_zero() && turn.limit.rad() < 1e-30);
                let apart = (&(&left / &t) / &turn.second).to_f64() - 1.0;
                assert!(apart.abs() < 1e-3, "{text}: {apart}");
            }
        }
    }
    assert!(dual("hard_shrink").turn().is_none());
}

/// What cancels as `e^600` does: few bits know nothing at all, and more of them nothing at first.
#[test]
fn steep_exponentials() {
    for (place, least) in [(0.5, 98), (0.9921875, 94)] {
        let at = |bits| Ball::exact(Float::with_val(bits, place));
        let coarse = dual("elu(20*x)").at(&at(100));
        let fine = dual("elu(20*x)").at(&at(1500));
        assert!(coarse.overlaps(&fine), "{place} {coarse:?}");
        assert!(coarse.relative_bits() >= least, "{place} {coarse:?}");
    }
}
