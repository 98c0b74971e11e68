//! Duals whose iterates are known in closed form: `w = (1 - x)^(-theta)` with `w' = A w + C` (theta-branching).

use proptest::prelude::*;

use super::{ball, digits};
use crate::deadline::Deadline;
use crate::dual::Dual;
use crate::hermite::Series;
use crate::real::{Analytic, Ball};
use crate::recursion::{Correlation, Pair, Scaled, UnitLayers};

const BITS: u32 = 200;

fn int(n: u64) -> Ball {
    Ball::int(n as i64, BITS)
}

fn kernels(dual: Dual<Ball>, x: &Ball, depth: u64) -> Pair<Scaled<Ball>> {
    UnitLayers::new(dual)
        .kernels(Correlation::new(x.clone()), depth, Deadline::default())
        .unwrap()
}

/// `c_n = first ratio^(n - from)` for `n >= from`: so many terms, and the rest summed.
fn geometric(from: usize, first: &Ball, ratio: &Ball, terms: usize) -> Dual<Ball> {
    let mut squares = vec![int(0); from];
    let mut c = first.clone();
    for _ in 0..terms {
        squares.push(c.clone());
        c = &c * ratio;
    }
    let n = squares.len() as u64; // the first that is left out
    let left = &int(1) - ratio;
    let tail = &c / &left;
    // sum_{k >= 0} (n + k) c r^k
    let slope_tail = &(&tail * &int(n)) + &(&(&tail * ratio) / &left);
    Dual::Series(Series {
        squares,
        tail,
        slope_tail: Some(slope_tail),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// `f = a x/(1 - (1-a) x)`: singular, `S_L = a^L x/(1 - (1 - a^L) x)`.
    #[test]
    fn singular_with_exponent_two(a in 1i64..99, x in 1i64..99, depth in 1u64..400) {
        let (a, x) = (ball(a, 100, BITS), ball(x, 100, BITS));
        let ratio = &int(1) - &a;
        let terms = (220.0 / -ratio.to_f64().log2()).ceil() as usize + 40;
        let k = kernels(geometric(1, &a, &ratio, terms), &x, depth);
        let one = int(1);
        let power = a.powi(depth as i64);
        let below = &one - &(&(&one - &power) * &x);
        let s = &(&power * &x) / &below;
        prop_assert!(k.nngp.value().overlaps(&s), "{:?} {s:?}", k.nngp);
        // T_L = a^L x/(1-x) ((1-x)/(1 - (1 - a^L) x))^2 [(L+1) + (x/(1-x)) (1 - a^(L+1))/(1-a)]
        let odds = &x / &(&one - &x);
        let square = (&(&one - &x) / &below).powi(2);
        let sum = &int(depth + 1) + &(&odds * &(&(&one - &(&power * &a)) / &ratio));
        let t = &(&(&power * &odds) * &square) * &sum;
        prop_assert!(k.ntk.value().overlaps(&t), "{:?} {t:?}", k.ntk);
        prop_assert!(digits(&k.ntk.value()) > 45.0, "{:?}", k.ntk);
    }

    /// `f = 1/(2 - x)`: edge of chaos, `1/(1 - S_l) = 1/(1 - x) + l`.
    #[test]
    fn edge_of_chaos(x in 0i64..99, depth in 1u64..400) {
        let x = ball(x, 100, BITS);
        let half = ball(1, 2, BITS);
        let k = kernels(geometric(0, &half, &half, 260), &x, depth);
        let one = int(1);
        let w0 = &one / &(&one - &x);
        let last = &w0 + &int(depth);
        let mut sum = int(0);
        for h in 0..=depth {
            let w = &w0 + &int(h);
            sum = &sum + &(&(&one - &(&one / &w)) * &(&w / &last).powi(2));
        }
        prop_assert!(k.ntk.value().overlaps(&sum) && digits(&k.ntk.value()) > 45.0, "{:?} {sum:?}", k.ntk);
        prop_assert!(k.nngp.value().overlaps(&(&one - &(&one / &last))));
    }

    /// `f = x^k`: `S_L = x^(k^L)`, `T_L = S_L (k^(L+1) - 1)/(k - 1)`.
    #[test]
    fn powers(k in 2u32..6, x in 1i64..100, depth in 1u64..12) {
        let mut squares = vec![int(0); k as usize];
        squares.push(int(1));
        let dual = Dual::Series(Series { squares, tail: int(0), slope_tail: Some(int(0)) });
        let rho = ball(x, 100, BITS);
        let out = kernels(dual, &rho, depth);
        let log = &rho.ln() * &int(k.into()).powi(depth as i64);
        prop_assert!(out.nngp.ln().overlaps(&log), "{k} {x} {depth}");
        let factor = &(&int(k.into()).powi(depth as i64 + 1) - &int(1)) / &int(u64::from(k) - 1);
        let ntk = &log + &factor.ln();
        prop_assert!(out.ntk.ln().overlaps(&ntk), "{k} {x} {depth}: {:?} {ntk:?}", out.ntk.ln());
        prop_assert!(ntk.relative_bits() > 100);
    }
}

/// `A < 1 < A + C`, `theta = 1`: chaotic, with `x* = 1 - (1 - A)/C` and multiplier `A`; `f = 1 - 1/(A/(1-x) + C)` has
/// `c_0 = 1 - 1/(A + C)`, `c_n = A C^(n-1)/(A + C)^(n+1)`.
#[test]
fn chaotic_settles_at_any_depth() {
    let (a, c) = (ball(1, 2, BITS), ball(4, 5, BITS));
    let sum = &a + &c;
    let one = int(1);
    let mut squares = vec![&one - &(&one / &sum)];
    let ratio = &c / &sum;
    let first = &a / &sum.powi(2);
    let Dual::Series(rest) = geometric(1, &first, &ratio, 400) else {
        unreachable!()
    };
    squares.extend(rest.squares[1..].iter().cloned());
    let dual = Dual::Series(Series { squares, ..rest });
    let star = &one - &(&(&one - &a) / &c);
    let limit = &star / &(&one - &a);
    for depth in [2_000, 1_000_000_000_000] {
        let k = kernels(dual.clone(), &ball(1, 3, BITS), depth);
        assert!(k.nngp.value().overlaps(&star) && digits(&k.nngp.value()) > 40.0);
        assert!(
            k.ntk.value().overlaps(&limit) && digits(&k.ntk.value()) > 40.0,
            "{:?}",
            k.ntk
        );
    }
    // w_L = A^L w_0 + C (1 - A^L)/(1 - A), where it has not settled
    let k = kernels(dual, &ball(1, 3, BITS), 20);
    let power = a.powi(20);
    let w = &(&power * &ball(3, 2, BITS)) + &(&(&c * &(&one - &power)) / &(&one - &a));
    assert!(k.nngp.value().overlaps(&(&one - &(&one / &w))));
}
