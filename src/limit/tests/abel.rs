//! The edge of chaos.

use super::*;
use crate::limit::Abel;
use rug::Integer;
use rug::ops::Pow;

fn abel(text: &str, bits: u32) -> Abel<Ball> {
    Abel::new(&dual(text, bits), bits).unwrap()
}

/// Theory notes, 4.5: constants `lim (A(y_L) - L)` from 10^5 layers in mpmath.
#[test]
fn abel_constants_to_forty_digits() {
    let bits = 220;
    for (text, x, value) in [
        ("relu", "0", "7.235000260090157564978696575487690668267"),
        ("relu", "0.5", "9.281509333587300729147543458823427872564"),
        ("relu", "0.9", "19.50581256699345318723533857282992422326"),
        ("abs(x)", "0", "4.111593327130057225865255091740430287559"),
        ("abs(x)", "0.5", "4.617969814998054268597924224915083097671"),
        ("abs(x)", "0.9", "8.971207484560732789847163609390068158246"),
        ("exp(x)", "0", "2.029297214418036098924993892621825842128"),
        ("exp(x)", "0.5", "3.783274968088364094498116424558710598548"),
    ] {
        let a = abel(text, bits);
        holds(&a.at(&place(x, bits)).unwrap(), value);
    }
}

/// `1 - S_L` of ReLU from `rho = 0`: 10^6 layers walked in mpmath; the deeper ones from an Abel function fitted in mpmath by
/// collocation (theory notes, 4.5).
#[test]
fn relu_gaps_at_any_depth() {
    let bits = 220;
    let a = abel("relu", bits);
    for (depth, gap) in [
        ("1000000", "4.441098917743471764121178103310903e-11"),
        ("1000000000", "4.441321665380688141799715524034e-17"),
        ("1000000000000", "4.4413219800830631428734950394579e-23"),
        ("1000000000000000", "4.441321980489712191543822382234e-29"),
    ] {
        let depth: Integer = depth.parse().unwrap();
        holds(&a.kernels_at(&place("0", bits), &depth).unwrap().gap, gap);
    }
}

#[test]
fn relu_tangent_kernels_at_any_depth() {
    let bits = 200;
    let a = abel("relu", bits);
    for (x, depth, value) in [
        ("0.5", 1000, "0.25380244657408102861"),
        ("0.5", 1_000_000, "0.25000641488435437678"),
        ("0.5", 200_000, "0.2500290562938187869"),
        ("0", 1_000_000, "0.25000590325683015687"),
        ("0", 1_000_000_000, "0.25000000849368651461"),
    ] {
        let t = a
            .kernels_at(&place(x, bits), &Integer::from(depth))
            .unwrap()
            .ntk;
        holds(&(&t / &Ball::int(depth + 1, bits)), value);
    }
}

/// Depths that a loop reaches: `tests/oracles/abel.py`.
const TABLE: &str = include_str!("../../../tests/oracles/abel.txt");

#[test]
fn four_activations_against_plain_iteration() {
    let bits = 220;
    let mut last = None;
    for line in TABLE.lines() {
        let [name, x, depth, gap, ntk] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        if last.as_ref().is_none_or(|(n, _)| *n != name) {
            last = Some((name, abel(name, bits)));
        }
        let a = &last.as_ref().unwrap().1;
        let depth: Integer = depth.parse().unwrap();
        let k = a.kernels_at(&place(x, bits), &depth).unwrap();
        holds(&k.gap, gap);
        holds(
            &(&k.ntk / &Ball::rational(&Rational::from(depth + 1u32), bits)),
            ntk,
        );
    }
}

/// The error of `T_L/(L+1)` is `k log(L+1)/(L+1)`, `k = 3/8` for a kink of ReLU's kind, and what is left after
/// `(k log(L+1) + C)/(L+1)` is of order `log(L)^2/L^2`.
#[test]
fn observed_orders() {
    let bits = 600;
    for (text, k) in [
        ("relu", Some(0.375)),
        ("abs(x)", Some(0.375)),
        ("exp(x)", None),
        ("1+hermite(2)", None),
    ] {
        let a = abel(text, bits);
        let rho = place("0.25", bits);
        let (c, log) = a.correction_at(&rho).unwrap();
        if let Some(k) = k {
            assert!((log.to_f64() - k).abs() < 1e-15, "{text}: {log:?}");
        }
        let limit = Ball::rational(&a.limit(), bits);
        let rest = |digits: u32| {
            let depth = Integer::from(10).pow(digits);
            let t = a.kernels_at(&rho, &depth).unwrap().ntk;
            let layers = Ball::rational(&Rational::from(depth + 1u32), bits);
            let error = &(&t / &layers) - &limit;
            let corrected = &error - &(&(&(&log * &layers.ln()) + &c) / &layers);
            let log10 = |x: &Ball| x.abs().ln().to_f64() / std::f64::consts::LN_10;
            (log10(&error), log10(&corrected))
        };
        let ((near, near_corrected), (far, far_corrected)) = (rest(20), rest(60));
        // 40 decades, in which (log(L) + constant)^2 grows less than a hundredfold
        let order = (near - far) / 40.0;
        assert!((order - 1.0).abs() < 0.5 / 40.0, "{text}: order {order}");
        let order = (near_corrected - far_corrected) / 40.0;
        assert!(
            (order - 2.0).abs() < 2.0 / 40.0,
            "{text}: corrected order {order}"
        );
    }
}

/// Ten, a thousand, 10^12 and 10^100 layers: the radius stays small.
#[test]
fn no_depth_is_too_deep() {
    let bits = 600;
    let a = abel("relu", bits);
    let rho = place("0.5", bits);
    for digits in [1, 3, 12, 30, 100] {
        let depth = Integer::from(10).pow(digits);
        let t = a.kernels_at(&rho, &depth).unwrap().ntk;
        assert!(t.relative_bits() > 150, "10^{digits}: {t:?}");
        let ratio = &t / &Ball::rational(&Rational::from(depth + 1u32), bits);
        let off = (ratio.to_f64() - 0.25).abs();
        assert!(
            off * 10f64.powi(digits as i32) < 2.0 + 0.5 * 2.4 * f64::from(digits),
            "{off}"
        );
    }
}

/// `f64` changes over at the same layer; its errors are those of a few dozen operations, times the length of the walk.
#[test]
fn doubles_stay_close() {
    let bits = 160;
    for text in ["relu", "exp(x)", "leaky_relu(x, 1/4)"] {
        let a = abel(text, 80);
        let exact = abel(text, bits);
        let fast =
            a.rounded(crate::dual::closed_form::<f64>(&Expr::parse(text).unwrap(), 53).unwrap());
        for x in ["0", "0.5", "0.75"] {
            for depth in [1, 5, 20, 100, 1000, 1_000_000, 1_000_000_000_000u64] {
                let depth = Integer::from(depth);
                let t = exact.kernels_at(&place(x, bits), &depth).unwrap().ntk;
                let f = fast
                    .kernels_at(&Correlation::new(ball(x, bits).to_f64()), &depth)
                    .unwrap()
                    .ntk;
                assert!(
                    relative_error(f, &t) < 1e-12,
                    "{text} {x} {depth}: {f} {t:?}"
                );
            }
        }
    }
}
