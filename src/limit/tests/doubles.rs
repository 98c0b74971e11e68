//! The tables against the enclosures.

use super::*;
use crate::deadline::Deadline;
use crate::limit::{Doubles, Subject};
use crate::recursion::Scaled;

fn logarithm(x: &Scaled<Ball>) -> Ball {
    x.ln()
}

/// The relative error of a double `mantissa e^log` against an enclosure.
fn error(fast: &Scaled<f64>, exact: &Scaled<Ball>, scale: &Ball) -> f64 {
    // the power lambda^L, which the double keeps apart, divided out of both
    let own = if fast.log == 0.0 {
        exact.value()
    } else {
        &exact.mantissa * &(&exact.log - scale).exp()
    };
    let own = own.to_f64();
    ((fast.mantissa - own) / own).abs()
}

/// The largest relative error of `S_L` and `T_L` over correlations and depths. Most are a few units of 1e-14; where the
/// kernel is small after cancellation (gelu at a negative correlation: `T_2` = -0.06 from terms of order 10) or `C/h` is
/// large (`optimal(8)`, `gamma = 4`), the table's 1e-14 is multiplied by that.
#[test]
fn tables_meet_the_enclosures() {
    let mut failed = Vec::new();
    for (text, bound) in [
        ("optimal(2)", 1e-12),
        ("optimal(8)", 1e-11),
        ("sin(x)", 1e-12),
        ("erf(x)", 1e-12),
        ("relu-1/sqrt(2*pi)", 1e-11),
        ("tanh", 1e-11),
        ("x^2", 1e-12),
        ("gelu", 2e-11),
        ("relu", 1e-12),
        ("exp(x)", 1e-12),
        ("abs(x)", 1e-12),
        ("sigmoid", 1e-12),
        ("cos(x)", 1e-12),
        ("x^2-1", 1e-12),
    ] {
        let subject = Subject::new(&Expr::parse(text).unwrap(), Deadline::default()).unwrap();
        let far = decimal("0.9999999999999999");
        let coarse = subject.kernel(&far, 64, Deadline::default()).unwrap();
        let fast = Doubles::new(&coarse).unwrap();
        let exact = subject.kernel(&far, 200, Deadline::default()).unwrap();
        let mut worst = (0.0, String::new());
        for rho in [
            "-0.9",
            "-0.3",
            "-1e-6",
            "1e-9",
            "0.1",
            "0.3",
            "0.5",
            "0.75",
            "0.9",
            "0.999",
            "0.999999999",
        ] {
            for depth in [1, 2, 5, 20, 100, 3000, 1_000_000, 1_000_000_000_000] {
                let rho = decimal(rho);
                // the nearest-neighbour regime ends where the logarithm does
                let Ok(ball) = exact.kernels(&rho, depth) else {
                    assert!(text == "x^2-1" && depth == 1_000_000_000_000, "{text}");
                    continue;
                };
                let gap = Rational::from(1) - rho.clone();
                let doubles = if rho > 0.5 {
                    fast.kernels_at_gap(gap.to_f64(), depth)
                } else {
                    fast.kernels(rho.to_f64(), depth)
                }
                .unwrap();
                // far down in the nearest-neighbour regime both are 0 or their logarithms agree
                let scale = match exact.multiplier() {
                    Some(m) => &Ball::int(depth as i64, 200) * &m.ln(),
                    None => doubles_log(&doubles.ntk),
                };
                for (which, f, b) in [
                    ("S", &doubles.nngp, &ball.nngp),
                    ("T", &doubles.ntk, &ball.ntk),
                ] {
                    if text == "x^2-1" {
                        let (x, y) = (f.ln(), logarithm(b).to_f64());
                        assert!(
                            x == y
                                || (!x.is_finite() && !y.is_finite())
                                || (x - y).abs() < 1e-11 * y.abs().max(1.0),
                            "{text} {rho} {depth} {x} {y}"
                        );
                        continue;
                    }
                    let e = error(f, b, &scale);
                    if e.is_nan() || e > worst.0 {
                        worst = (
                            e,
                            format!(
                                "{which}_{depth}({}) = {:e}",
                                rho.to_f64(),
                                b.value().to_f64()
                            ),
                        );
                    }
                }
            }
        }
        if worst.0 > bound {
            failed.push(format!("{text}: {worst:?}"));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

fn doubles_log(x: &Scaled<f64>) -> Ball {
    Ball::exact(Float::with_val(53, x.log))
}
