//! One type over the regimes.

use super::*;
use crate::deadline::Deadline;
use crate::limit::{Breakdown, LimitValue, NaiveFormat, Subject};
use crate::real::{Quantity, Value};
use crate::recursion::UnitLayers;

fn subject(text: &str) -> Subject {
    Subject::new(&Expr::parse(text).unwrap(), Deadline::default()).unwrap()
}

fn of(q: &Quantity) -> Ball {
    let Value::Finite { midpoint, radius } = &q.value else {
        panic!("{q:?}")
    };
    Ball::new(midpoint.clone(), radius)
}

fn values(text: &str, at: &[&str], digits: usize) -> Vec<LimitValue> {
    let at: Vec<_> = at.iter().map(|t| decimal(t)).collect();
    subject(text)
        .values(&at, digits, Deadline::default())
        .unwrap()
        .1
}

/// Theory notes 4.2 (mpmath, functional equation and power series).
#[test]
fn koenigs_values_of_the_optimal_activation() {
    let v = values(
        "(hermite(1,x)+hermite(3,x))/sqrt(2)",
        &["0.1", "0.5", "0.99"],
        40,
    );
    holds(&of(&v[0].limit), "0.101344136614039886213769926755");
    holds(&of(&v[1].limit), "0.713599128288601206217790164446");
    holds(&of(&v[2].limit), "60.0622281108451598664954785560");
    // not ...376465, which is a misprint: mpmath with 120 digits gives
    let c = of(v[1].correction.as_ref().unwrap());
    holds(&c, "0.826268531016298812376484761589");
}

#[test]
fn boettcher_values() {
    let v = values("(hermite(2,x)+hermite(3,x))/sqrt(2)", &["0.3", "0.5"], 40);
    holds(&of(&v[0].limit), "0.173513764471670778713783991259");
    holds(&of(&v[1].limit), "0.320458354663023463862285198733");
}

/// Every regime, series and closed forms: the kernel from the limit meets the kernel from the recursion.
#[test]
fn the_limit_kernel_meets_the_recursion() {
    for (text, depths) in [
        ("x", [3, 40]),
        ("tanh", [3, 40]),
        ("optimal(4)", [3, 60]),
        ("relu-1/sqrt(2*pi)", [3, 60]),
        ("x^2-1", [2, 9]),
        ("gelu", [3, 60]),
        ("elu", [2, 30]),
        ("relu", [3, 500]),
        ("exp(x)", [3, 500]),
        ("sigmoid", [3, 30]),
        ("cos(x)", [3, 30]),
    ] {
        let subject = subject(text);
        for rho in ["-0.75", "0", "0.25", "0.875", "1"] {
            let rho = decimal(rho);
            for depth in depths {
                let (kernel, all) = subject
                    .kernels(std::slice::from_ref(&rho), depth, 12, Deadline::default())
                    .unwrap();
                let unit = UnitLayers::new(kernel.dual().clone()).with_parity(subject.parity());
                let walked = unit
                    .kernels(
                        Correlation::rational(&rho, kernel.bits()),
                        depth,
                        Deadline::default(),
                    )
                    .unwrap();
                for (a, b) in [(&all[0].nngp, &walked.nngp), (&all[0].ntk, &walked.ntk)] {
                    let (a, b) = (a.value(), b.value());
                    assert!(a.overlaps(&b), "{text} {rho} {depth}: {a:?} {b:?}");
                    // at rho = 0.875 the series of a kinked activation has fewer digits
                    assert!(
                        a.contains_zero() || a.relative_bits() > 20,
                        "{text} {rho} {depth} {a:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn folding_follows_parity() {
    let odd = values("tanh", &["0.5", "-0.5"], 12);
    let sum = &of(&odd[0].limit) + &of(&odd[1].limit);
    assert!(sum.contains_zero() && sum.rad() < 1e-12);
    let even = values("x^2-1", &["0.5", "-0.5"], 12);
    assert!(of(&even[0].limit).overlaps(&of(&even[1].limit)));
    // neither: ReLU
    let neither = values("relu", &["0.5", "-0.5"], 12);
    let (a, b) = (&neither[0].correction, &neither[1].correction);
    assert!(!of(a.as_ref().unwrap()).overlaps(&of(b.as_ref().unwrap())));
}

/// Below `2^-2^20` the powers are kept apart; MPFR itself goes down to `2^-2^30`, so both ways can be compared.
#[test]
fn underflowing_kernels_meet_plain_ones() {
    for rho in ["0.5", "-0.25", "0.9999"] {
        let rho = decimal(rho);
        let kernel = subject("relu-1/sqrt(2*pi)")
            .kernel(&rho, 160, Deadline::default())
            .unwrap();
        let crate::limit::Limit::Singular(h) = kernel.limit() else {
            panic!()
        };
        let place = Correlation::rational(&rho, 160);
        // lambda = 0.733: 2^-2^20 at L = 2.3 million
        let depth = 4_000_000;
        let deep = h.underflowing_kernels_at(&place, depth).unwrap();
        let (s, t) = h.kernels_at(&place, depth).unwrap();
        for (a, b) in [
            (deep.nngp.ln(), s.abs().ln()),
            (deep.ntk.ln(), t.abs().ln()),
        ] {
            assert!(a.overlaps(&b) && a.rad() < 1e-30, "{a:?} {b:?}");
        }
        assert_eq!(deep.ntk.mantissa.sign(), t.sign());
    }
}

/// `|T_L/T_inf - 1| <= eps` from the depth on that is named, and not before: against the recursion itself.
#[test]
fn the_depth_of_a_tolerance() {
    for (text, tolerance) in [
        ("tanh", "0.01"),
        ("gelu", "1e-6"),
        ("relu", "0.02"),
        ("sigmoid", "1e-9"),
        ("optimal(3)", "0.001"),
    ] {
        let subject = subject(text);
        let rho = decimal("0.5");
        let tolerance = decimal(tolerance);
        let s = subject
            .settling(&rho, &tolerance, 10, Deadline::default())
            .unwrap();
        let depth = s.depth.unwrap();
        let eps = Ball::rational(&tolerance, 64);
        let inside = of(s.deviation.as_ref().unwrap()).abs();
        let outside = of(s.before.as_ref().unwrap()).abs();
        assert!(
            (&eps - &inside).sign() == Some(std::cmp::Ordering::Greater),
            "{text} {depth}"
        );
        assert!(
            (&outside - &eps).sign() == Some(std::cmp::Ordering::Greater),
            "{text} {depth}"
        );
        // f64, by the recursion
        let kernel = subject.kernel(&rho, 128, Deadline::default()).unwrap();
        let unit: UnitLayers<f64> = UnitLayers::new(kernel.dual().rounded());
        let t = unit
            .kernels(Correlation::new(0.5), depth, Deadline::default())
            .unwrap()
            .ntk;
        let v = &values(text, &["0.5"], 12)[0];
        let form = match text {
            "tanh" | "optimal(3)" => {
                of(&v.limit).to_f64().ln()
                    + (depth as f64 + 1.0).ln()
                    + depth as f64 * kernel.multiplier().unwrap().to_f64().ln()
            }
            "relu" => (0.25 * (depth as f64 + 1.0)).ln(),
            _ => of(&v.limit).to_f64().ln(),
        };
        let deviation = (t.ln() - form).exp_m1();
        assert!(
            (deviation / of(s.deviation.as_ref().unwrap()).to_f64() - 1.0).abs() < 1e-4,
            "{text} {depth} {deviation}"
        );
    }
}

/// Theory notes 4.6: plain f64 in rho is 10 % off in the gap of ReLU at L = 1e5; the gelu kernel settles, so it never
/// goes wrong; optimal(8) underflows doubles at 16^-L.
#[test]
fn where_naive_recursions_break_down() {
    let at = |text: &str, format| {
        subject(text)
            .breakdown(&decimal("0.5"), format, Deadline::default())
            .unwrap()
    };
    let Breakdown::At(single) = at("relu", NaiveFormat::F32) else {
        panic!()
    };
    let Breakdown::At(double) = at("relu", NaiveFormat::F64) else {
        panic!()
    };
    assert!(
        single < 2000 && double > 5_000 && double < 300_000,
        "{single} {double}"
    );
    assert_eq!(at("gelu", NaiveFormat::F64), Breakdown::Never);
    let Breakdown::At(deep) = at("optimal(8)", NaiveFormat::F64) else {
        panic!()
    };
    // (L+1) 16^-L h leaves the normal range, 2^-1022, near L = 257; at 50 units of 2^-1074, near L = 269, an error of half
    // a unit can be 1 %, and at one unit, L = 271, it must be
    assert!((257..=272).contains(&deep), "{deep}");
}

#[test]
fn a_correlation_is_in_range_and_the_regime_decided() {
    let error = subject("relu")
        .values(&[decimal("1.5")], 10, Deadline::default())
        .unwrap_err();
    assert!(error.to_string().contains("between -1 and 1"));
    let error = subject("tanh")
        .settling(&decimal("0"), &decimal("0.1"), 10, Deadline::default())
        .unwrap_err();
    assert!(error.to_string().contains("0 at every depth"), "{error}");
}

/// At `rho = 1` the rest of the slope of a kinked activation is known, not only bounded: `dual'(1) = B'`.
#[test]
fn the_slope_of_a_series_at_one_is_b_prime() {
    let subject = subject("elu");
    let dual = subject
        .dual(&decimal("0.5"), 100, Deadline::default())
        .unwrap();
    let slope = dual.slope_at_gap(&Ball::int(0, 100));
    // theory notes 2.3 (act_constants): A, A', B' of elu; B' from the classification with more digits
    let options = crate::effort::Effort {
        digits: 25,
        ..Default::default()
    };
    let c = crate::limit::classify(&Expr::parse("elu").unwrap(), &options).unwrap();
    assert!(of(&c.b_prime.unwrap()).overlaps(&slope));
    assert!(slope.rad() < 1e-20);
}
