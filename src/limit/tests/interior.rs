//! The chaotic phase.

use super::*;
use crate::limit::{Interior, Landing};

fn interior(text: &str, bits: u32) -> Interior<Ball> {
    Interior::new(&dual(text, bits), bits).unwrap()
}

/// Theory notes, 4.8: `c* = -W_0(-s e^-s)/s`, `m = s c*` for `exp(k z)`, `s = k^2`.
#[test]
fn limits_of_exponentials() {
    let bits = 200;
    for (text, c, t) in [
        (
            "exp(sqrt(2)*x)",
            "0.2031878699799799538384790620624198791055",
            "0.3422836357231675226067361198486935796814",
        ),
        (
            "exp(sqrt(3/2)*x)",
            "0.4171883561341886139589239894462297958723",
            "1.114828660505612485472075578319634537319",
        ),
    ] {
        let limit = interior(text, bits);
        holds(limit.point(), c);
        holds(&limit.ntk(), t);
    }
    let square = interior("x^2", bits);
    assert!(square.ntk().overlaps(&ball("1.5", bits)) && square.ntk().rad() < 1e-50);
}

#[test]
fn the_functional_equation() {
    let bits = 300;
    for text in [
        "exp(sqrt(2)*x)",
        "x^2",
        "cos(2*x)",
        "step(x)",
        "1+2*sign(x)",
        "max(x,0)^2",
        "x+x^2",
    ] {
        let Some(dual) = crate::dual::closed_form::<Ball>(&Expr::parse(text).unwrap(), bits) else {
            continue;
        };
        let limit = Interior::new(&dual, bits).unwrap();
        let k = limit.koenigs().unwrap();
        for x in ["-0.875", "0", "0.25", "0.5", "0.875", "0.9999"] {
            let rho = place(x, bits);
            let next = LayerMap::of(&dual).step(&rho).0;
            let residual = &k.at(&next).unwrap() - &(k.multiplier() * &k.at(&rho).unwrap());
            assert!(residual.contains_zero(), "{text} at {x}: {residual:?}");
            assert!(residual.rad() < 1e-40, "{text} at {x}: {residual:?}");
        }
    }
}

/// Duals with `w = (1-x)^-theta`, `w' = A w + C`, `A < 1 < A + C` (theory notes, 4.2): here `theta = 1`, so
/// `dual = 1 - 1/(A/(1-x) + C)`, `c* = 1 - (1-A)/C`, `m = A`, and `w_L - w* = A^L (w_0 - w*)`.
#[test]
fn the_linear_fractional_family_at_every_depth() {
    let bits = 256;
    let (a, c) = (ball("0.5", bits), ball("0.75", bits));
    let one = Ball::int(1, bits);
    // dual(x) = 1 - (1-x)/(A + C - C x) = sum of a geometric series in C x/(A + C)
    let sum = &a + &c;
    let q = &c / &sum;
    let squares: Vec<Ball> = (0..=400)
        .map(|n| {
            if n == 0 {
                &one - &(&one / &sum)
            } else {
                &(&(&one - &q) * &q.powi(n - 1)) / &sum
            }
        })
        .collect();
    let tail = &q.powi(400) / &sum;
    let series = crate::hermite::Series {
        squares,
        // sum_{n > 400} n c_n = tail (400 + 1/(1-q))
        slope_tail: Some(&tail * &(&Ball::int(400, bits) + &(&one / &(&one - &q)))),
        tail,
    };
    let limit = Interior::new(&Dual::Series(series), bits).unwrap();
    let k = limit.koenigs().unwrap();
    let fixed = &one - &(&(&one - &a) / &c);
    assert!(k.point().overlaps(&fixed) && k.multiplier().overlaps(&a));
    let w_fixed = &c / &(&one - &a);
    for x in ["-0.25", "0.125", "0.75", "0.96875"] {
        let rho = ball(x, bits);
        let w = &one / &(&one - &rho);
        // g = (1 - c*)^2 (w - w*): the slope of w at c* is 1/(1 - c*)^2, and w linearises the map
        let g = &(&one - &fixed).powi(2) * &(&w - &w_fixed);
        let computed = limit.next_order(&place(x, bits)).unwrap();
        assert!(
            computed.overlaps(&g) && computed.rad() < 1e-40,
            "{x}: {computed:?} {g:?}"
        );
        let (mut power, mut t) = (one.clone(), rho.clone());
        for depth in 1..=150u64 {
            // dual' = A (w_old/w_new)^2 ... by the chain rule for 1 - 1/w
            let old = &w_fixed + &(&power * &(&w - &w_fixed));
            power = &power * &a;
            let new = &w_fixed + &(&power * &(&w - &w_fixed));
            let s = &one - &(&one / &new);
            t = &(&t * &(&a * &(&old / &new).powi(2))) + &s;
            let (nngp, ntk) = k.kernels_at(&place(x, bits), depth).unwrap();
            assert!(
                nngp.overlaps(&s) && ntk.overlaps(&t),
                "{x} {depth}: {ntk:?} {t:?}"
            );
            assert!(ntk.relative_bits() > 120, "{x} {depth}: {ntk:?}");
        }
    }
}

#[test]
fn any_depth_agrees_with_the_recursion() {
    let bits = 200;
    for text in ["exp(sqrt(2)*x)", "cos(2*x)", "step(x)", "x+x^2"] {
        let limit = interior(text, bits);
        let k = limit.koenigs().unwrap();
        for x in ["0.96875", "-0.5", "0.25"] {
            let rho = place(x, bits);
            let mut walk = Landing::start(&rho);
            for depth in 1..=80 {
                walk.step(k.dual());
                let (s, t) = k.kernels_at(&rho, depth).unwrap();
                assert!(
                    s.overlaps(&walk.nngp()) && t.overlaps(&walk.ntk),
                    "{text} {x} {depth}: {t:?} {:?}",
                    walk.ntk
                );
                assert!(t.rad() < 1e-40, "{text} {x} {depth}: {t:?}");
            }
        }
    }
}

/// `S_L - c* - m^L g = O(m^2L)` and `T_L - T_inf - a L m^L g = O(m^L)`.
#[test]
fn observed_orders() {
    let bits = 600;
    let limit = interior("exp(sqrt(2)*x)", bits);
    let k = limit.koenigs().unwrap();
    let rho = place("0.75", bits);
    let (g, correction) = (
        limit.next_order(&rho).unwrap(),
        limit.correction_at(&rho).unwrap(),
    );
    let rest = |depth: u64| {
        let power = k.multiplier().powi(depth as i64);
        let (s, t) = k.kernels_at(&rho, depth).unwrap();
        let s = &(&s - k.point()) - &(&power * &g);
        let t = &(&t - &limit.ntk()) - &(&(&power * &Ball::int(depth as i64, bits)) * &correction);
        (s.abs().ln().to_f64(), t.abs().ln().to_f64())
    };
    let log_m = k.multiplier().ln().to_f64();
    let ((s, t), (s_deep, t_deep)) = (rest(40), rest(80));
    assert!(((s_deep - s) / (40.0 * log_m) - 2.0).abs() < 1e-9);
    assert!(((t_deep - t) / (40.0 * log_m) - 1.0).abs() < 1e-9);
}

/// `c*` of relu6 is nearer to 1 than an orbit is followed: its limit is known all the same, and says that it is one.
#[test]
fn a_fixed_point_on_the_verge() {
    let relu6 = dual("relu6", 160);
    let limit = Interior::new(&relu6, 160).unwrap();
    assert!(limit.koenigs().is_none());
    let gap = Ball::int(1, 400) - limit.point();
    // dual(c*) = c*, dual'(c*) = m < 1
    assert!(relu6.gap(&gap).overlaps(&gap) && gap.to_f64() < 1e-16);
    assert!(relu6.slope_at_gap(&gap).overlaps(limit.multiplier()));
    assert!(limit.ntk().relative_bits() > 60 && limit.multiplier().upper() < 1);
    // T = m T + c*
    let next = &(limit.multiplier() * &limit.ntk()) + limit.point();
    assert!(next.overlaps(&limit.ntk()));
}
