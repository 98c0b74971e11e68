//! The nearest-neighbour regime.

use super::*;
use crate::limit::Boettcher;
use rug::Integer;

fn boettcher(text: &str, order: u32, bits: u32) -> Boettcher<Ball> {
    Boettcher::new(&dual(text, bits), order, bits).unwrap()
}

/// `log B`, `log S_L` and `log T_L` in mpmath, one layer after the other in logarithms (`tests/oracles/bottcher.py`).
const TABLE: &str = include_str!("../../../tests/oracles/bottcher.txt");

#[test]
fn five_activations_to_forty_digits() {
    let bits = 260;
    let names = [
        ("h2:", "hermite(2)", 2),
        ("h3:", "hermite(3)", 3),
        ("(h2+h3)/sqrt2:", "(hermite(2)+hermite(3))/sqrt(2)", 2),
        ("cos centred:", "cos(x)-exp(-1/2)", 2),
        ("|z| centred:", "abs(x)-sqrt(2/pi)", 2),
    ];
    let value = |line: &str, name: &str| {
        let rest = line.rsplit_once(name).unwrap().1;
        rest.split(' ').next().unwrap().to_string()
    };
    let mut current = None;
    let mut rho = None;
    for line in TABLE.lines() {
        if let Some((_, text, k)) = names.iter().find(|(n, _, _)| line.starts_with(n)) {
            current = Some(boettcher(text, *k, bits));
        } else if line.trim_start().starts_with("x=") {
            let x = place(&value(line, "x="), bits);
            let b = current.as_ref().unwrap();
            holds(&b.log_at(&x).unwrap(), &value(line, "log beta="));
            holds(&b.log_at(&x).unwrap().exp(), &value(line, " beta="));
            rho = Some(x);
        } else if line.trim_start().starts_with("L=") {
            let depth: Integer = value(line, "L=").parse().unwrap();
            let k = current
                .as_ref()
                .unwrap()
                .kernels_at(rho.as_ref().unwrap(), &depth)
                .unwrap();
            holds(&k.nngp.log.value(), &value(line, "log NNGP="));
            holds(&k.ntk.log.value(), &value(line, "log NTK="));
        } else {
            assert!(line.is_empty(), "{line}");
        }
    }
}

#[test]
fn the_issue_s_values() {
    let bits = 200;
    let b = boettcher("(hermite(2)+hermite(3))/sqrt(2)", 2, bits);
    holds(
        &b.log_at(&place("0.3", bits)).unwrap().exp(),
        "0.173513764471670778713783991259",
    );
    holds(
        &b.log_at(&place("0.5", bits)).unwrap().exp(),
        "0.320458354663023463862285198733",
    );
}

/// `log B(dual(rho)) = k log B(rho)`.
#[test]
fn the_functional_equation() {
    let bits = 300;
    for (text, k) in [
        ("(hermite(2)+hermite(3))/sqrt(2)", 2),
        ("(hermite(3)+hermite(4)+hermite(7))/sqrt(3)", 3),
        ("cos(2*x)-exp(-2)", 2),
    ] {
        let b = boettcher(text, k, bits);
        for x in ["-0.25", "-0.75", "0.001", "0.125", "0.5", "0.96", "0.9999"] {
            let rho = place(x, bits);
            let next = LayerMap::of(b.dual()).step(&rho).0;
            let residual = &b.log_at(&next).unwrap()
                - &(&Ball::int(i64::from(k), bits) * &b.log_at(&rho).unwrap());
            assert!(residual.contains_zero(), "{text} at {x}: {residual:?}");
            assert!(residual.rad() < 1e-60, "{text} at {x}: {residual:?}");
        }
    }
}

/// `dual = x^k`: `T_L = x^(k^L) (k^(L+1) - 1)/(k - 1)` at every depth, a googol of layers included.
#[test]
fn powers_in_closed_form() {
    let bits = 600;
    for k in [2u32, 3, 5] {
        let b = boettcher(&format!("hermite({k})"), k, bits);
        for x in ["0.5", "-0.5", "0.99999"] {
            let rho = place(x, bits);
            let log_rho = rho.value().abs().ln();
            for depth in [1u32, 2, 9, 40, 300] {
                let power = Ball::int(i64::from(k), bits).powi(depth.into());
                let kernels = b.kernels_at(&rho, &Integer::from(depth)).unwrap();
                let log_s = &power * &log_rho;
                assert!(kernels.nngp.log.value().overlaps(&log_s), "{k} {x} {depth}");
                let k_ball = Ball::int(i64::from(k), bits);
                let sum = &(&(&power * &k_ball) - &Ball::int(1, bits))
                    / &Ball::int(i64::from(k) - 1, bits);
                let log_t = &log_s + &sum.abs().ln();
                let got = kernels.ntk.log.value();
                assert!(
                    got.overlaps(&log_t) && got.relative_bits() > 150,
                    "{k} {x} {depth}: {got:?} {log_t:?}"
                );
                // an even dual forgets the sign of rho in one layer, T_0 dual'(rho) included
                let negative = x.starts_with('-') && k % 2 == 1;
                assert_eq!(
                    kernels.ntk.sign == std::cmp::Ordering::Less,
                    negative,
                    "{k} {x} {depth}"
                );
            }
            // log(-log T_L) = L log k + log(-log rho) up to what k^L swallows
            let depth = Integer::from(Integer::u_pow_u(10, 100));
            let deep = b.kernels_at(&rho, &depth).unwrap().ntk.log;
            let expected = &(&Ball::rational(&Rational::from(depth), bits)
                * &Ball::int(i64::from(k), bits).ln())
                + &log_rho.abs().ln();
            assert!(deep.ln().overlaps(&expected) && deep.ln().relative_bits() > 150);
        }
    }
}

/// The correction removes what it should: the rest of `log T_L` decays like `k^-L` (the sum of `k^-j` that is cut off).
#[test]
fn observed_order() {
    let bits = 300;
    let b = boettcher("(hermite(2)+hermite(3))/sqrt(2)", 2, bits);
    let rho = place("0.5", bits);
    let (log, c) = (b.log_at(&rho).unwrap(), b.correction_at(&rho).unwrap());
    let rest = |depth: u32| {
        let t = b
            .kernels_at(&rho, &Integer::from(depth))
            .unwrap()
            .ntk
            .log
            .value();
        let leading = &Ball::int(1, bits).scale2(depth as i32) * &log;
        let layers = &Ball::int(depth.into(), bits) * &Ball::int(2, bits).ln();
        (&(&(&t - &leading) - &layers) - &c).to_f64()
    };
    let rate = (rest(40) / rest(30)).abs().powf(0.1);
    assert!((rate - 0.5).abs() < 1e-6, "{rate}");
}
