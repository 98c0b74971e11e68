//! The ordered phase.

use super::*;
use crate::hermite::Series;
use crate::limit::{Landing, Ordered};

fn ordered(text: &str, bits: u32) -> Ordered<Ball> {
    Ordered::new(&dual(text, bits), bits).unwrap()
}

/// `dual = 1 - t/(A + C t)`, `t = 1 - rho`: with `A = 2`, `C = 1` it is `2/(3 - rho)`. There `1/t_L + k = A^L (1/t + k)`,
/// `k = C/(A-1)`, so `g = t/(1 + k t)`; and `dual'(S_l) = A^-1 (t_{l+1}/t_l)^2 A^2`, hence `T_L` one layer after the other.
#[test]
fn the_linear_fractional_family_at_every_depth() {
    let bits = 260;
    let one = Ball::int(1, bits);
    // 2/(3 - rho) = (2/3) sum (rho/3)^n
    let third = &one / &Ball::int(3, bits);
    let squares: Vec<Ball> = (0..=160)
        .map(|n| &third.powi(n) * &third.scale2(1))
        .collect();
    // sum_{n > 160} c_n = q^161 and sum_{n > 160} n c_n = q^161 (161 + 1/2), q = 1/3
    let tail = third.powi(161);
    let series = Series {
        squares,
        slope_tail: Some(&tail * &ball("161.5", bits)),
        tail,
    };
    // F = t/2 - t^2/4 + t^3/8 - ...
    let second = one.scale2(-1);
    let third = &Ball::int(6, bits) * &one.scale2(-3);
    let limit = Ordered::with_derivatives(&Dual::Series(series), second, third, bits).unwrap();
    for x in ["-0.75", "0.125", "0.999"] {
        let t = ball(x, bits);
        let t = &one - &t;
        let g = &t / &(&one + &t);
        let computed = limit.at(&place(x, bits)).unwrap();
        assert!(
            computed.overlaps(&g) && computed.rad() < 1e-30,
            "{x}: {computed:?} {g:?}"
        );
        let mut ntk = &one - &t;
        for depth in 1..=300i64 {
            let position = |l: i64| &one / &(&(&(&one / &t) + &one).scale2(l as i32) - &one);
            let (old, new) = (position(depth - 1), position(depth));
            ntk = &(&ntk * &(&new / &old).powi(2).scale2(1)) + &(&one - &new);
            if ![1, 2, 5, 30, 117, 200, 300].contains(&depth) {
                continue;
            }
            let (gap, missing) = limit.gaps_at(&place(x, bits), depth as u64).unwrap();
            assert!(
                gap.overlaps(&new) && gap.relative_bits() > 100,
                "{x} {depth}: {gap:?} {new:?}"
            );
            let expected = &Ball::int(2, bits) - &ntk;
            assert!(
                missing.overlaps(&expected),
                "{x} {depth}: {missing:?} {expected:?}"
            );
            assert!(missing.relative_bits() > 100, "{x} {depth}: {missing:?}");
        }
    }
}

#[test]
fn the_functional_equation() {
    let bits = 400;
    for text in ["exp(x/2)", "cos(x)", "3+x^2", "2+x+x^2/3"] {
        let limit = ordered(text, bits);
        for x in ["-0.875", "0", "0.25", "0.875", "0.9999"] {
            let rho = place(x, bits);
            let next = LayerMap::of(limit.dual()).step(&rho).0;
            let residual =
                &limit.at(&next).unwrap() - &(limit.multiplier() * &limit.at(&rho).unwrap());
            assert!(residual.contains_zero(), "{text} at {x}: {residual:?}");
            assert!(residual.rad() < 1e-40, "{text} at {x}: {residual:?}");
        }
    }
}

#[test]
fn any_depth_agrees_with_the_recursion() {
    let bits = 500;
    for text in ["exp(x/2)", "cos(x)", "2+x+x^2/3"] {
        let limit = ordered(text, bits);
        for x in ["-0.5", "0.75"] {
            let rho = place(x, bits);
            let mut walk = Landing::start(&rho);
            for depth in 1..=600 {
                walk.step(limit.dual());
                if depth % 7 != 0 {
                    continue;
                }
                let (gap, missing) = limit.gaps_at(&rho, depth).unwrap();
                assert!(
                    gap.overlaps(&walk.position.gap()),
                    "{text} {x} {depth}: {gap:?}"
                );
                let expected = &limit.ntk() - &walk.ntk;
                assert!(
                    missing.overlaps(&expected),
                    "{text} {x} {depth}: {missing:?} {expected:?}"
                );
                assert!(
                    missing.relative_bits() > 150,
                    "{text} {x} {depth}: {missing:?}"
                );
            }
        }
    }
}

/// `E_L/b^L - L a g - C` tends to 0 like `L b^L`.
#[test]
fn observed_orders() {
    let bits = 600;
    let limit = ordered("exp(x/2)", bits);
    let rho = place("0.25", bits);
    let (g, c) = (limit.at(&rho).unwrap(), limit.correction_at(&rho).unwrap());
    let slope = &limit.drift() * &g;
    let rest = |depth: u64| {
        let (_, missing) = limit.gaps_at(&rho, depth).unwrap();
        let scaled = &missing / &limit.multiplier().powi(depth as i64);
        (&(&scaled - &(&slope * &Ball::int(depth as i64, bits))) - &c)
            .abs()
            .ln()
            .to_f64()
    };
    let order = (rest(100) - rest(50)) / (50.0 * limit.multiplier().ln().to_f64());
    assert!((order - 1.0).abs() < 0.02, "{order}");
}

/// The ridgeless classifier at depth `L` tends to the interpolant `w_0 + sum w_i g(1 - x . x_i)`, `sum w_i = 0`, with an
/// error of order `1/L`: four points on a circle, labels that do not balance, a test point between them.
#[test]
fn deep_regression_tends_to_the_interpolant() {
    let bits = 1000;
    let limit = ordered("exp(x/2)", bits);
    let angles = [0.1, 0.5, 0.9, 1.4];
    let labels = [1, 1, -1, 1].map(|y| Ball::int(y, bits));
    let rho = |a: f64, b: f64| {
        let d = Ball::exact(Float::with_val(bits, a)) - Ball::exact(Float::with_val(bits, b));
        Correlation::new(d.cos())
    };
    let g = |a: f64, b: f64| {
        if a == b {
            Ball::int(0, bits)
        } else {
            limit.at(&rho(a, b)).unwrap()
        }
    };
    let x = 1.1;
    // bordered system: g w + w_0 = y, sum w = 0
    let one = Ball::int(1, bits);
    let mut rows: Vec<Vec<Ball>> = angles
        .iter()
        .zip(&labels)
        .map(|(a, y)| {
            let mut row: Vec<Ball> = angles.iter().map(|b| g(*a, *b)).collect();
            row.extend([one.clone(), y.clone()]);
            row
        })
        .collect();
    let mut last = vec![one.clone(); 4];
    last.extend([Ball::int(0, bits), Ball::int(0, bits)]);
    rows.push(last);
    let w = solved(rows);
    let mut interpolant = w[4].clone();
    for (a, w) in angles.iter().zip(&w) {
        interpolant = &interpolant + &(w * &g(*a, x));
    }
    let at_depth = |depth: u64| {
        let kernel = |a: f64, b: f64| {
            // T_L(1) = (1 - b^(L+1))/(1 - b)
            if a == b {
                let power = limit.multiplier().powi(depth as i64 + 1);
                return &(&one - &power) * &limit.ntk();
            }
            &limit.ntk() - &limit.gaps_at(&rho(a, b), depth).unwrap().1
        };
        let rows = angles
            .iter()
            .zip(&labels)
            .map(|(a, y)| {
                let mut row: Vec<Ball> = angles.iter().map(|b| kernel(*a, *b)).collect();
                row.push(y.clone());
                row
            })
            .collect();
        let w = solved(rows);
        angles
            .iter()
            .zip(&w)
            .fold(Ball::int(0, bits), |s, (a, w)| &s + &(w * &kernel(*a, x)))
    };
    let (near, far) = (at_depth(40), at_depth(80));
    assert!(near.rad() < 1e-10 && far.rad() < 1e-10, "{near:?} {far:?}");
    let ratio = (&near - &interpolant).to_f64() / (&far - &interpolant).to_f64();
    assert!(
        (1.7..2.3).contains(&ratio),
        "{ratio}: {near:?} {far:?} {interpolant:?}"
    );
}

/// Gauss's elimination on an augmented matrix, largest pivot first.
fn solved(mut rows: Vec<Vec<Ball>>) -> Vec<Ball> {
    let n = rows.len();
    for k in 0..n {
        let pivot = (k..n)
            .max_by(|a, b| rows[*a][k].mid().cmp_abs(rows[*b][k].mid()).unwrap())
            .unwrap();
        rows.swap(k, pivot);
        for i in 0..n {
            if i != k {
                let factor = &rows[i][k] / &rows[k][k];
                let pivot_row = rows[k].clone();
                for (entry, above) in rows[i].iter_mut().zip(&pivot_row).skip(k) {
                    *entry = &*entry - &(&factor * above);
                }
            }
        }
    }
    (0..n).map(|k| &rows[k][n] / &rows[k][k]).collect()
}

/// The limit kernel of an activation with kinks.
fn kinked(text: &str, bits: u32) -> (Ordered<Ball>, crate::limit::Subject) {
    let subject = crate::limit::Subject::new(&Expr::parse(text).unwrap(), Default::default());
    let subject = subject.unwrap();
    let kernel = subject.kernel(&1.into(), bits, Default::default()).unwrap();
    let crate::limit::Limit::Ordered(o) = kernel.limit() else {
        panic!("{text}")
    };
    (o.clone(), subject)
}

/// Kinks: the functional equation, the layers one by one, and what `T_L` is short of its limit: `b^(L/2)`, or `L b^L` where the derivative
/// is continuous.
#[test]
fn kinks_in_the_ordered_phase() {
    for (text, rooted) in [
        ("relu(x)+1", true),
        ("hard_sigmoid", true),
        ("elu(x)+3", false),
    ] {
        // b^64 leaves digits of T_64
        let bits = 700;
        let (limit, _) = kinked(text, bits);
        assert_eq!(limit.is_rooted(), Some(rooted), "{text}");
        let b = limit.multiplier();
        for x in ["-0.5", "0.25", "0.999"] {
            let rho = place(x, bits);
            let g = limit.at(&rho).unwrap();
            assert!(g.relative_bits() > 60, "{text} {x}: {g:?}");
            let next = LayerMap::of(limit.dual()).step(&rho).0;
            let residual = &limit.at(&next).unwrap() - &(b * &g);
            assert!(
                residual.contains_zero() && residual.rad() < 1e-18,
                "{text} at {x}: {residual:?}"
            );
            let (mut before, mut walk) = (None, crate::recursion::Walk::new(rho.clone()));
            let map = LayerMap::of(limit.dual());
            for depth in 1..=64u64 {
                walk.advance(&map);
                if ![8, 32, 64].contains(&depth) {
                    continue;
                }
                let (gap, missing) = limit.gaps_at(&rho, depth).unwrap();
                let short = &limit.ntk() - walk.mantissa();
                assert!(
                    gap.overlaps(&walk.position.gap()) && missing.overlaps(&short),
                    "{text} {x} {depth}"
                );
                let layers = Ball::int(depth as i64, bits);
                let scale = match rooted {
                    true => (&layers.scale2(-1) * &b.ln()).exp(),
                    false => &layers * &b.powi(depth as i64),
                };
                let form = &scale * &limit.shortfall(&g).unwrap();
                let apart = (&(&short / &form) - &Ball::int(1, bits)).to_f64().abs();
                // of the order L b^(L/2), or 1/L
                let earlier = before.replace(apart).unwrap_or(f64::INFINITY);
                let falls = match (rooted, depth) {
                    (false, 64) => (0.4..0.6).contains(&(apart / earlier)),
                    _ => apart < 0.7 * earlier,
                };
                assert!(falls, "{text} {x} {depth}: {apart} {earlier}");
            }
            if rooted {
                assert!(before.unwrap() < 0.2, "{text} {x}: {before:?}");
            }
        }
    }
}

/// From a landing on: the enclosure at any depth holds what is walked.
#[test]
fn kinks_beyond_the_landing() {
    let (limit, _) = kinked("relu(x)+1", 48);
    let (fine, _) = kinked("relu(x)+1", 300);
    let rho = place("0.25", 300);
    let coarse = place("0.25", 48);
    let landed = limit.landing(&coarse, None).unwrap().steps;
    for more in [1, 2, 20, 100] {
        let (gap, missing) = limit.gaps_at(&coarse, landed + more).unwrap();
        let (exact, short) = fine.gaps_at(&rho, landed + more).unwrap();
        assert!(gap.overlaps(&exact), "{more}: {gap:?} {exact:?}");
        assert!(missing.overlaps(&short), "{more}: {missing:?} {short:?}");
        assert!(missing.rad() < 1e-10, "{more}: {missing:?}");
    }
}
