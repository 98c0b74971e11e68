//! The bounds of the quadrature, and of its rounding.

use rug::Float;

use crate::Deadline;
use crate::real::{Analytic, Ball};
use crate::spectrum::harmonics::{moment, normalisation, zonal};
use crate::spectrum::legendre::{Node, sums};
use crate::spectrum::rule::{Growth, Rule};

const BOUNDED: Growth = Growth {
    size: 0.0,
    exponent: 0.0,
    cut: 0.0,
};

/// `log2` of how far the rule is off for `t^n`.
fn off(rule: &Rule, d: u32, k: u32, n: u32) -> f64 {
    let bits = 400;
    let step = Ball::exact(rule.step.clone());
    let unit = &normalisation(d, bits) * &step;
    let mut sum = Ball::int(0, bits);
    for j in -(rule.last as i64)..=rule.last as i64 {
        let u = &step * &Ball::int(j, bits);
        let t = u.tanh();
        let weight = u.cosh().powi(-i64::from(d));
        let p = zonal(d, k, &t);
        sum = sum + &(&(&unit * &weight) * &(&t.powi(i64::from(n)) * &p[k as usize]));
    }
    let exact = Ball::rational(&moment(d, n, k), bits);
    (&sum - &exact).magnitude().log2().to_f64()
}

/// The bound of the rule is a bound: as it is made, with a step that is twice as long (what is left is the discretisation), and cut off
/// halfway (what is left are the ends).
#[test]
fn a_coarse_rule_is_no_more_wrong_than_it_says() {
    for (d, k, n) in [(2, 0, 40), (3, 5, 25), (8, 20, 60), (1, 3, 3), (4, 40, 80)] {
        for below in [4.0, 8.0, 16.0, 40.0] {
            let rule = Rule::new(d, k, BOUNDED, below);
            assert!(
                rule.error(k) <= 3.0 - below,
                "{d} {k} {below}: {}",
                rule.error(k)
            );
            let mut coarse = rule.clone();
            coarse.step <<= 1;
            coarse.last = coarse.last.div_ceil(2);
            let mut short = rule.clone();
            short.last /= 2;
            for rule in [rule, coarse, short] {
                let off = off(&rule, d, k, n);
                assert!(
                    off <= rule.error(k),
                    "{d} {k} {below}: {off} {}",
                    rule.error(k)
                );
            }
        }
    }
}

/// Rounding: the recursion at 64 bits against the same in balls at 1,000.
#[test]
fn the_recursion_is_as_stable_as_is_proved() {
    for d in [1, 2, 5, 40] {
        for t in [0.0, 0.3, 0.999, 1.0] {
            let t = Float::with_val(64, t);
            let one = || Ball::int(1, 64);
            let nodes = [Node {
                t: t.clone(),
                even: one(),
                odd: one(),
            }];
            let found = sums(&nodes, d, 300, 64, Deadline::default()).unwrap();
            let exact = zonal(d, 300, &Ball::exact(t).with_bits(1000));
            for (k, (found, exact)) in found.iter().zip(&exact).enumerate() {
                assert!(found.encloses(exact) || found.overlaps(exact), "{d} {k}");
                assert!(found.rad() < 1e-12);
            }
        }
    }
}

/// What is not known of the kernel is not known of the sum.
#[test]
fn wide_balls_make_wide_sums() {
    let wide = || Ball::new(Float::with_val(64, 1), &Float::with_val(64, 0.25));
    let node = || Node {
        t: Float::with_val(64, 0.5),
        even: wide(),
        odd: wide(),
    };
    let found = sums(&[node(), node()], 2, 1, 64, Deadline::default()).unwrap();
    assert!(
        found[0].contains(&Float::with_val(64, 1.51))
            && found[0].contains(&Float::with_val(64, 2.49))
    );
    assert!(
        found[1].contains(&Float::with_val(64, 0.8))
            && !found[1].contains(&Float::with_val(64, 1.6))
    );
}
