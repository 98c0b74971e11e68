//! The Koenigs function.

use super::*;
use crate::hermite::Series;
use crate::limit::Koenigs;

fn koenigs(text: &str, bits: u32) -> Koenigs<Ball> {
    Koenigs::new(&dual(text, bits), Ball::int(0, bits), 32).unwrap()
}

/// Name, correlation, `h` and `C` to 40 digits, by direct iteration of the recursion in mpmath
/// (`tests/oracles/koenigs.py`).
const TABLE: &str = include_str!("../../../tests/oracles/koenigs.txt");

#[test]
fn forty_digits_of_h_and_of_its_correction() {
    let bits = 400;
    let mut last = None;
    for line in TABLE.lines() {
        let [name, x, h, c] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        if last.as_ref().is_none_or(|(n, _)| *n != name) {
            last = Some((name, koenigs(name, bits)));
        }
        let k = &last.as_ref().unwrap().1;
        let rho = place(x, bits);
        holds(&k.at(&rho).unwrap(), h);
        holds(&k.correction_at(&rho).unwrap(), c);
    }
}

#[test]
fn the_cubic() {
    let bits = 256;
    let k = koenigs("(hermite(1,x)+hermite(3,x))/sqrt(2)", bits);
    let at = |x: &str| k.at(&place(x, bits)).unwrap();
    holds(&at("0.1"), "0.101344136614039886213769926755");
    holds(&at("0.5"), "0.713599128288601206217790164446");
    holds(&at("0.99"), "60.0622281108451598664954785560");
    let half = place("0.5", bits);
    holds(
        &k.correction_at(&half).unwrap(),
        "0.826268531016298812376485",
    );
    let (_, t) = k.kernels_at(&half, 100).unwrap();
    holds(
        &(&t.scale2(100) / &Ball::int(101, bits)),
        "0.72178000483331703604",
    );
}

/// `h(dual(rho)) - lambda h(rho)` is a ball around 0 with a radius below 1e-40, on both sides of 0 and close to 1.
#[test]
fn the_functional_equation() {
    let bits = 300;
    for text in [
        "optimal(2)",
        "optimal(5)",
        "optimal(32)",
        "erf(2*x)",
        "sin(x)",
        "sin(3*x)",
        "x^3",
    ] {
        let k = koenigs(text, bits);
        for x in ["-0.875", "-0.25", "0.001", "0.125", "0.5", "0.96", "0.9999"] {
            let rho = place(x, bits);
            let residual = &k.at(&LayerMap::of(k.dual()).step(&rho).0).unwrap()
                - &(k.multiplier() * &k.at(&rho).unwrap());
            let size = k.at(&rho).unwrap().magnitude();
            assert!(residual.contains_zero(), "{text} at {x}: {residual:?}");
            assert!(
                residual.rad() < Float::with_val(53, 1e-40) * (size + 1u32),
                "{text} at {x}: {residual:?}"
            );
        }
    }
}

/// `rho -> a rho/(1 - (1-a) rho)` has `h = rho/(1 - rho)`, `W = h^2/(1-a)` and (theory notes, 4.2)
/// `T_L = a^L h ((1-rho)/(1-(1-a^L) rho))^2 ((L+1) + h (1-a^(L+1))/(1-a))`; its coefficients `a (1-a)^(n-1)` are cut off at
/// degree 300, where they are below 1e-60.
#[test]
fn the_linear_fractional_family_at_every_depth() {
    let bits = 256;
    let a = ball("0.375", bits);
    let other = ball("0.625", bits);
    let squares: Vec<Ball> = (0..=300)
        .map(|n| {
            if n == 0 {
                Ball::int(0, bits)
            } else {
                &a * &other.powi(n - 1)
            }
        })
        .collect();
    let series = Series {
        squares,
        tail: other.powi(300),
        // sum_{n > 300} n a q^(n-1) = q^300 (300 + 1/a)
        slope_tail: Some(&other.powi(300) * &(&Ball::int(300, bits) + &(&Ball::int(1, bits) / &a))),
    };
    let k = Koenigs::new(&Dual::Series(series), Ball::int(0, bits), 32).unwrap();
    let one = Ball::int(1, bits);
    for x in ["-0.5", "0.0625", "0.5", "0.875"] {
        let rho = ball(x, bits);
        let place = place(x, bits);
        let h = &rho / &(&one - &rho);
        let computed = k.at(&place).unwrap();
        assert!(
            computed.overlaps(&h) && computed.rad() < 1e-50,
            "{x}: {computed:?}"
        );
        let w = &h.powi(2) / &other;
        let computed = k.correction_at(&place).unwrap();
        assert!(
            computed.overlaps(&w) && computed.rad() < 1e-50,
            "{x}: {computed:?}"
        );
        for depth in [1, 2, 3, 7, 20, 100, 1000] {
            let power = a.powi(depth);
            let s = &(&power * &rho) / &(&one - &(&(&one - &power) * &rho));
            let factor = (&(&one - &rho) / &(&one - &(&(&one - &power) * &rho))).powi(2);
            let sum = &Ball::int(depth + 1, bits) + &(&(&h * &(&one - &(&power * &a))) / &other);
            let t = &(&(&power * &h) * &factor) * &sum;
            let (nngp, ntk) = k.kernels_at(&place, depth as u64).unwrap();
            assert!(
                nngp.overlaps(&s) && ntk.overlaps(&t),
                "{x}, layer {depth}: {ntk:?} {t:?}"
            );
            assert!(ntk.relative_bits() > 150, "{x}, layer {depth}: {ntk:?}");
        }
    }
}

/// The closed form of `T_L` against the recursion itself, one layer after the other, in all three arithmetics.
#[test]
fn any_depth_agrees_with_the_recursion() {
    let bits = 200;
    for text in ["optimal(2)", "sin(2*x)", "erf(x)", "optimal(16)"] {
        let k = koenigs(text, bits);
        let fast = Koenigs::new(
            &crate::dual::closed_form::<f64>(&Expr::parse(text).unwrap(), 53).unwrap(),
            0.0,
            24,
        )
        .unwrap();
        for x in ["0.75", "-0.5", "0.0001"] {
            let rho = place(x, bits);
            let mut walk = crate::limit::Landing::start(&rho);
            for depth in 1..=60 {
                walk.step(k.dual());
                let (s, t) = k.kernels_at(&rho, depth).unwrap();
                assert!(
                    s.overlaps(&walk.nngp()) && t.overlaps(&walk.ntk),
                    "{text} {x} {depth}: {t:?} {:?}",
                    walk.ntk
                );
                assert!(t.relative_bits() > 120, "{text} {x} {depth}: {t:?}");
                let (_, f) = fast
                    .kernels_at(&Correlation::new(rho.value().to_f64()), depth)
                    .unwrap();
                // about ten operations a layer, each with half a unit in the last place
                let tolerance = 1e-15 * (10.0 + depth as f64);
                assert!(
                    relative_error(f, &t) < tolerance,
                    "{text} {x} {depth}: {f} {t:?}"
                );
            }
        }
    }
}

/// `|T_L/((L+1) lambda^L) - h| ~ C/(L+1)`, and what is left after the correction decays like `lambda^L`.
#[test]
fn observed_orders() {
    let bits = 256;
    let k = koenigs("optimal(2)", bits);
    let rho = place("0.5", bits);
    let [h, _, c] = k.all_at(&rho).unwrap();
    let scaled = |depth: i64| {
        let (_, t) = k.kernels_at(&rho, depth as u64).unwrap();
        &t.scale2(depth as i32) / &Ball::int(depth + 1, bits)
    };
    let first = |depth: i64| (&scaled(depth) - &h).to_f64();
    let second =
        |depth: i64| (&(&scaled(depth) - &h) - &(&c / &Ball::int(depth + 1, bits))).to_f64();
    // order 1 in 1/(L+1): doubling the depth halves the error, up to lambda^L
    let ratio = first(63) / first(127);
    assert!((ratio - 2.0).abs() < 1e-9, "{ratio}");
    // the rest: -h'' ... lambda^L times a constant, here lambda^(2L) because h is odd
    let rate = (second(24) / second(20)).abs().powf(0.25);
    assert!((rate - 0.25).abs() < 0.01, "{rate}");
    // NNGP: S_L/lambda^L -> h with relative error O(S_L^2)
    let nngp = |depth: i64| {
        let (s, _) = k.kernels_at(&rho, depth as u64).unwrap();
        (&s.scale2(depth as i32) - &h).to_f64()
    };
    let rate = (nngp(24) / nngp(20)).abs().powf(0.25);
    assert!((rate - 0.25).abs() < 1e-3, "{rate}");
}

/// `h'` is the slope of `h`: the mean of two slopes brackets the difference quotient, because `h'` increases on `[0, 1)`.
#[test]
fn slope_is_the_slope() {
    let bits = 256;
    for text in ["optimal(2)", "sin(x)"] {
        let k = koenigs(text, bits);
        for (a, b) in [("0.25", "0.2501"), ("0.9", "0.9001")] {
            let (a, b) = (place(a, bits), place(b, bits));
            let quotient = &(&k.at(&b).unwrap() - &k.at(&a).unwrap()) / &(&b.value() - &a.value());
            let (low, high) = (k.slope_at(&a).unwrap(), k.slope_at(&b).unwrap());
            assert!(low.mid() < quotient.mid() && quotient.mid() < high.mid());
        }
    }
}
