//! Hermite coefficients of sums of `P(x) e^(a x)` on half lines, in closed form.
//!
//! With `He_n n = -(He_(n-1) n)'` (`n` the normal density, `He_n = sqrt(n!) h_n`) integration by parts over a half line
//! `s (z - c) > 0` gives
//!
//! ```text
//! G_n = E e^(aZ) He_n(Z) 1 = a G_(n-1) + s e^(ac) n(c) He_(n-1)(c),    G_0 = e^(a^2/2) P(s (Z + a - c) > 0),
//! ```
//!
//! and `z He_n = He_(n+1) + n He_(n-1)` raises the power of what stands before the exponential.

use super::ends::at_end;
use super::halves::{Group, Halves, Support};
use super::owen::{density, upper_tail};
use super::source::Source;
use crate::activation::pieces::Piece;
use crate::real::{Analytic, Ball, Bits, Real};

/// `(E f(Z) h_n(Z)` for `n <= degree`, `E f(Z)^2)` at so many bits; `None` for what is not of the class.
pub(crate) fn closed_coefficients(
    pieces: &[Piece],
    degree: u32,
    bits: Bits,
) -> Option<(Vec<Ball>, Ball)> {
    let halves = Source::of(pieces, false, None)?.halves(bits);
    let square = at_end(&halves, &halves, 1);
    Some((of_halves(&halves, degree, bits), square))
}

/// `E f(Z) h_n(Z)` for `n <= degree`.
pub(super) fn of_halves(halves: &Halves, degree: u32, bits: Bits) -> Vec<Ball> {
    let mut sums = vec![Ball::int(0, bits); degree as usize + 1];
    for group in &halves.groups {
        for (sum, term) in sums.iter_mut().zip(of_group(halves, group, degree, bits)) {
            *sum = &*sum + &term;
        }
    }
    let mut size = Ball::int(1, bits);
    for (n, sum) in sums.iter_mut().enumerate().skip(1) {
        size = size * Ball::int(n as i64, bits).sqrt();
        *sum = &*sum / &size;
    }
    sums
}

/// `E P(Z) e^(aZ) 1 He_n(Z)` for `n <= degree`.
fn of_group(halves: &Halves, group: &Group, degree: u32, bits: Bits) -> Vec<Ball> {
    let a = &group.rate.1;
    let last = degree as usize + group.powers.len() - 1;
    let shifted = a.square().scale2(-1).exp();
    let (first, boundary) = match group.support {
        Support::Line => (shifted, None),
        Support::Below(k) | Support::Above(k) => {
            let c = &halves.kinks[k];
            let above = matches!(group.support, Support::Above(_));
            let beyond = if above { c - a } else { a - c };
            let edge = (a * c).exp() * density(c);
            let edge = if above { edge } else { -edge };
            (shifted * upper_tail(&beyond), Some((c, edge)))
        }
    };
    let mut moments = vec![first];
    // s e^(ac) n(c) He_n(c)
    let mut at_kink = boundary.map(|(c, edge)| (c, Ball::int(0, bits), edge));
    for n in 0..last {
        let mut next = a * &moments[n];
        if let Some((c, before, here)) = &mut at_kink {
            next = next + &*here;
            let after = *c * &*here - &(&Ball::int(n as i64, bits) * &*before);
            *before = std::mem::replace(here, after);
        }
        moments.push(next);
    }
    let mut sums = vec![Ball::int(0, bits); degree as usize + 1];
    for coefficient in &group.powers {
        for (sum, moment) in sums.iter_mut().zip(&moments) {
            *sum = &*sum + &(coefficient * moment);
        }
        let times_x = |n: usize| match n {
            0 => moments[1].clone(),
            n => &moments[n + 1] + &(&Ball::int(n as i64, bits) * &moments[n - 1]),
        };
        if moments.len() > 1 {
            moments = (0..moments.len() - 1).map(times_x).collect();
        }
    }
    sums
}
