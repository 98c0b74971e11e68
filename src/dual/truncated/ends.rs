//! `E f(z) g(+-z)`: what a bilinear functional is at the correlations `+-1`, by truncated moments in one dimension.

use std::cmp::Ordering;

use super::halves::{Group, Halves, Support};
use super::owen::{density, upper_tail};
use crate::real::{Analytic, Ball, Real};

/// `E f(z) g(sign z)`; where a delta meets a jump it takes the mean of both sides, which is right for the derivative of a product.
pub(super) fn at_end(f: &Halves, g: &Halves, sign: i64) -> Ball {
    let bits = f.bits().max(g.bits());
    let alike = std::ptr::eq(f, g);
    let mut sum = Ball::int(0, bits);
    for (n, a) in f.groups.iter().enumerate() {
        for (m, b) in g.groups.iter().enumerate() {
            if alike && m < n {
                continue;
            }
            let rate = match sign < 0 {
                true => &a.rate.1 - &b.rate.1,
                false => &a.rate.1 + &b.rate.1,
            };
            let mut product = vec![Ball::int(0, bits); a.powers.len() + b.powers.len() - 1];
            for (i, p) in a.powers.iter().enumerate() {
                for (j, q) in b.powers.iter().enumerate() {
                    let term = p * q;
                    let odd = sign < 0 && j % 2 == 1;
                    product[i + j] = &product[i + j] + &(if odd { -term } else { term });
                }
            }
            let ends = interval((f, a.support), (g, b.support), sign);
            let part = on_interval(&product, &rate, ends);
            // the pair the other way round is its mirror image
            sum = sum
                + &match alike && n != m {
                    true => part.scale2(1),
                    false => part,
                };
        }
    }
    for (first, second) in [(f, g), (g, f)] {
        for (i, jump) in &first.deltas {
            let h = &first.kinks[*i];
            let x = if sign < 0 { -h } else { h.clone() };
            let same = (sign > 0 && f.scale == g.scale).then_some(*i);
            let at = second.groups.iter().fold(Ball::int(0, bits), |sum, b| {
                sum + &mean_of_sides((second, b), &x, same)
            });
            sum = sum + &(&(jump * &density(h)) * &at);
        }
    }
    sum
}

/// The group's value at a point, half of it on its own edge; `same` is the kink that the point is.
fn mean_of_sides((g, group): (&Halves, &Group), x: &Ball, same: Option<usize>) -> Ball {
    let zero = Ball::int(0, x.bits());
    let share = match group.support.side() {
        None => Ball::int(1, x.bits()),
        Some((side, k)) => {
            let order = match same == Some(k) {
                true => Some(Ordering::Equal),
                false => x.compare(&g.kinks[k]),
            };
            match order {
                Some(Ordering::Equal) => Ball::int(1, x.bits()).scale2(-1),
                Some(order) if (order == Ordering::Greater) == (side > 0) => Ball::int(1, x.bits()),
                Some(_) => return zero,
                None => Ball::int(1, x.bits()).hull(&zero),
            }
        }
    };
    let value = group
        .powers
        .iter()
        .rev()
        .fold(zero, |sum, p| &(&sum * x) + p);
    &(&share * &value) * &(&group.rate.1 * x).exp()
}

/// The ends of `{x: x in the one, sign x in the other}`.
struct Ends {
    low: Option<Ball>,
    high: Option<Ball>,
    /// There is nothing between them, or it is not decided.
    empty: Option<bool>,
}

fn interval((f, a): (&Halves, Support), (g, b): (&Halves, Support), sign: i64) -> Ends {
    let mut ends = Ends {
        low: None,
        high: None,
        empty: Some(false),
    };
    let own = a.side().map(|(side, i)| (side, f.kinks[i].clone()));
    let other = b.side().map(|(side, j)| {
        let k = &g.kinks[j];
        (side * sign, if sign < 0 { -k } else { k.clone() })
    });
    let same = sign > 0
        && f.scale == g.scale
        && matches!((a.side(), b.side()),
        (Some((_, i)), Some((_, j))) if i == j);
    for (side, at) in own.into_iter().chain(other) {
        let (end, larger) = match side > 0 {
            true => (&mut ends.low, true),
            false => (&mut ends.high, false),
        };
        *end = Some(match end.take() {
            None => at,
            Some(have) if same => have,
            Some(have) if larger => Real::max(&have, &at),
            Some(have) => Real::min(&have, &at),
        });
    }
    if let (Some(low), Some(high)) = (&ends.low, &ends.high) {
        ends.empty = match same {
            true => Some(true),
            false => low.compare(high).map(|o| o != Ordering::Less),
        };
    }
    ends
}

/// `E P(z) e^(c z)` between two ends.
fn on_interval(powers: &[Ball], rate: &Ball, ends: Ends) -> Ball {
    let bits = rate.bits();
    let zero = Ball::int(0, bits);
    if ends.empty == Some(true) {
        return zero;
    }
    let value = match (&ends.low, &ends.high) {
        (None, None) => half_line(powers, rate, None),
        (Some(low), None) => half_line(powers, rate, Some((1, low))),
        (None, Some(high)) => half_line(powers, rate, Some((-1, high))),
        (Some(low), Some(high)) => {
            half_line(powers, rate, Some((1, low))) - &half_line(powers, rate, Some((1, high)))
        }
    };
    match ends.empty {
        None => value.hull(&zero),
        _ => value,
    }
}

/// `E P(z) e^(c z)` on `side (z - h) > 0`: `N_n = c N_(n-1) + (n - 1) N_(n-2) + side h^(n-1) n(h - c)`.
fn half_line(powers: &[Ball], rate: &Ball, cut: Option<(i64, &Ball)>) -> Ball {
    let bits = rate.bits();
    let int = |n: i64| Ball::int(n, bits);
    let (first, edge) = match cut {
        None => (int(1), None),
        Some((side, h)) => {
            let moved = h - rate;
            let density = density(&moved);
            let (x, d) = match side < 0 {
                true => (-&moved, -density),
                false => (moved, density),
            };
            (upper_tail(&x), Some((d, h)))
        }
    };
    let mut moments = vec![first];
    for n in 1..powers.len() {
        let mut next = rate * &moments[n - 1];
        if n > 1 {
            next = next + &(&int(n as i64 - 1) * &moments[n - 2]);
        }
        if let Some((edge, h)) = &edge {
            next = next + &(edge * &h.powi(n as i64 - 1));
        }
        moments.push(next);
    }
    let sum = powers
        .iter()
        .zip(&moments)
        .fold(int(0), |sum, (p, m)| sum + &(p * m));
    &sum * &rate.square().scale2(-1).exp()
}
