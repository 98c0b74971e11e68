//! The periodic factor of the singular kernel.

use super::*;
use crate::limit::{Bend, Koenigs, LogPeriodic};

fn periodic(text: &str, count: usize, accuracy: u32, bits: u32) -> (Koenigs<Ball>, LogPeriodic) {
    let d = dual(text, bits);
    let h = Koenigs::new(&d, Ball::int(0, bits), 32).unwrap();
    let bend = Bend::of(&d, bits).unwrap();
    let p = LogPeriodic::new(&h, &bend, count, accuracy).unwrap();
    (h, p)
}

/// Theory notes, 4.3 (mpmath): the mean and the first relative amplitude.
#[test]
fn fourier_coefficients() {
    for (text, mean, amplitude) in [
        (
            "optimal(2)",
            "0.6051673956314403271065786541089190417347",
            "2.6736234548e-8",
        ),
        (
            "optimal(4)",
            "1.464910306941362978731803138324372952388",
            "5.347e-8",
        ),
        (
            "optimal(8)",
            "11.50123179514220728475586736149899557461",
            "1.28256e-4",
        ),
        (
            "optimal(16)",
            "8013.38211882472921382092693938545405617",
            "8.26147e-3",
        ),
        (
            "erf(x)",
            "0.7381128652943182345406555807577736127467",
            "4.05e-45",
        ),
        (
            "sin(x)",
            "0.6696352859822619577983173882163132739547",
            "2.695e-29",
        ),
    ] {
        let (_, p) = periodic(text, 2, 180, 420);
        holds(p.mean(), mean);
        let relative = &p.amplitude(1) / p.mean();
        holds(&relative, amplitude);
    }
}

/// Issue 4: the largest value of `R` near 0 over the smallest.
#[test]
fn oscillation_in_high_dimension() {
    for (text, ratio) in [("optimal(24)", "1.1585"), ("optimal(32)", "1.3825")] {
        let (_, p) = periodic(text, 8, 60, 240);
        let (max, min) = p.extremes();
        holds(&(&max / &min), ratio);
    }
}

/// `h(1 - t) = k(t)^-gamma Pi(log_b k(t))` with `k(t) = t + O(t^2)`, at gaps that are no nodes of the rule.
#[test]
fn the_factor_meets_the_function() {
    for text in [
        "optimal(8)",
        "optimal(16)",
        "sin(2*x)",
        "max(x,0)-1/sqrt(2*pi)",
    ] {
        let bits = 420;
        let (h, p) = periodic(text, 24, 80, bits);
        for t in ["1e-40", "3.7e-41", "7.7e-45"] {
            let t = ball(t, bits);
            let value = h.at(&Correlation::Gap(t.clone())).unwrap();
            let scaled = &value * &(p.gamma() * &t.ln()).exp();
            let factor = p.at(&p.phase(&t));
            let off = (&(&scaled - &factor) / &factor).magnitude();
            // k(t) = t up to a relative 1e-20 (with a kink) or 1e-40
            assert!(off < 1e-18, "{text}: {scaled:?} {factor:?}");
        }
    }
}

/// The theta family with `theta = 1` has `h = rho/(1 - rho)`: no oscillation at all.
#[test]
fn the_linear_fractional_family_does_not_oscillate() {
    let bits = 300;
    let a = ball("0.5", bits);
    // c_n = 2^-n, cut off at 2^-250: B' = sum n 2^-n = 2
    let squares: Vec<Ball> = (0..=250i64)
        .map(|n| {
            if n == 0 {
                Ball::int(0, bits)
            } else {
                a.powi(n)
            }
        })
        .collect();
    let series = crate::hermite::Series {
        squares,
        tail: a.powi(250),
        slope_tail: Some(&a.powi(250) * &Ball::int(252, bits)),
    };
    let h = Koenigs::new(&Dual::Series(series), Ball::int(0, bits), 32).unwrap();
    // dual'' (1) = 2 (1-a)/a^2 = 4
    let bend = Bend::Smooth(Ball::int(2, bits));
    let p = LogPeriodic::new(&h, &bend, 3, 100).unwrap();
    assert!(
        p.mean().overlaps(&Ball::int(1, bits)) && p.mean().rad() < 1e-25,
        "{:?}",
        p.mean()
    );
    for k in 1..=3 {
        let (re, im) = &p.coefficients()[k];
        assert!(re.contains_zero() && im.contains_zero());
        assert!(re.rad() < 1e-25 && im.rad() < 1e-25, "{re:?}");
    }
}
