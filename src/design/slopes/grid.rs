//! Starting values, in doubles: a grid proves nothing about what it did not find.

use rayon::prelude::*;

use super::Slopes;
use super::equations::Place;
use crate::activation::{Expr, Tape};
use crate::deadline::Deadline;
use crate::error::Result;

/// The input's scale is looked for between `e^-8` and `e^3`, its shift between -12 and 12.
const SCALES: (f64, f64) = (-8.0, 3.0);
/// See [`SCALES`].
const SHIFTS: f64 = 12.0;
/// Lines of the grid.
const LINES: (usize, usize) = (111, 193);

/// Starting values `(log alpha, beta)`: places of a grid where both equations change sign in one cell.
pub(super) fn grid(
    derivatives: &[Expr; 3],
    wanted: &Slopes,
    deadline: Deadline,
) -> Result<Vec<(f64, f64)>> {
    let tape = Tape::<f64>::new(derivatives, 53);
    let (nodes, step) = (241, 0.075);
    let weights: Vec<(f64, f64)> = (0..nodes)
        .map(|k| (f64::from(k) - f64::from(nodes - 1) / 2.0) * step)
        .map(|z| {
            (
                z,
                step * (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt(),
            )
        })
        .collect();
    let at = |log: f64, beta: f64| -> [f64; 2] {
        let alpha = log.exp();
        // sums of w f He_k(z) are derivatives in delta; the mean is taken off first, for the digits
        let middle = tape.at(&beta)[0];
        let mut sums = [[0.0; 5]; 4];
        for (z, w) in &weights {
            let values = tape.at(&(alpha * z + beta));
            let f = values[0] - middle;
            let he = [
                1.0,
                *z,
                z * z - 1.0,
                z * z * z - 3.0 * z,
                z.powi(4) - 6.0 * z * z + 3.0,
            ];
            for (sum, f) in
                sums.iter_mut()
                    .zip([f, f * f, values[1] * values[1], values[2] * values[2]])
            {
                for (s, h) in sum.iter_mut().zip(he) {
                    *s += w * f * h;
                }
            }
        }
        let place = Place {
            unit2: alpha * alpha,
            s2: 1.0,
            phi: sums[0],
            square: sums[1],
            slope: sums[2],
            curvature: Some(sums[3]),
        };
        place.equations(wanted).zero.map(|d| d.value)
    };
    let line = |k: usize, n: usize, (a, b): (f64, f64)| a + (b - a) * k as f64 / (n - 1) as f64;
    // shifts denser near zero
    let shift = |k: usize| {
        let t = line(k, LINES.1, (-1.0, 1.0));
        SHIFTS * t * (0.1 + 0.9 * t * t)
    };
    let values: Vec<Vec<[f64; 2]>> = (0..LINES.0)
        .into_par_iter()
        .map(|i| {
            deadline.check("the grid of scales and shifts")?;
            Ok((0..LINES.1)
                .map(|j| at(line(i, LINES.0, SCALES), shift(j)))
                .collect())
        })
        .collect::<Result<_>>()?;
    let mut starts = Vec::new();
    for i in 0..LINES.0 - 1 {
        for j in 0..LINES.1 - 1 {
            let corners = [
                values[i][j],
                values[i + 1][j],
                values[i][j + 1],
                values[i + 1][j + 1],
            ];
            let changes = |e: usize| {
                let of = corners.map(|c| c[e]);
                of.iter().all(|v| v.is_finite())
                    && of.iter().any(|v| *v <= 0.0)
                    && of.iter().any(|v| *v >= 0.0)
            };
            if changes(0) && changes(1) {
                let middle = |a: f64, b: f64| f64::midpoint(a, b);
                let start = (
                    middle(line(i, LINES.0, SCALES), line(i + 1, LINES.0, SCALES)),
                    middle(shift(j), shift(j + 1)),
                );
                starts.extend(newton(&at, start));
            }
        }
    }
    let mut apart: Vec<(f64, f64)> = Vec::new();
    for (log, beta) in starts {
        let near = |(l, b): &(f64, f64)| {
            (l - log).abs() < 1e-5 && (b - beta).abs() < 1e-5 * (1.0 + beta.abs())
        };
        if !apart.iter().any(near) {
            apart.push((log, beta));
        }
    }
    Ok(apart)
}

/// Newton's iteration with difference quotients, halving steps that do not help.
fn newton(at: &impl Fn(f64, f64) -> [f64; 2], start: (f64, f64)) -> Option<(f64, f64)> {
    let size = |v: [f64; 2]| v[0].abs() + v[1].abs();
    let (mut log, mut beta) = start;
    let mut value = at(log, beta);
    for _ in 0..60 {
        if size(value) < 1e-10 {
            return Some((log, beta));
        }
        let h = 1e-6;
        let a = at(log + h, beta);
        let b = at(log, beta + h);
        let j = [
            (a[0] - value[0]) / h,
            (b[0] - value[0]) / h,
            (a[1] - value[1]) / h,
            (b[1] - value[1]) / h,
        ];
        let det = j[0] * j[3] - j[1] * j[2];
        let step = [
            (j[3] * value[0] - j[1] * value[1]) / det,
            (j[0] * value[1] - j[2] * value[0]) / det,
        ];
        let mut factor = 1.0;
        loop {
            let next = (log - factor * step[0], beta - factor * step[1]);
            let there = at(next.0, next.1);
            if size(there) < size(value) {
                (log, beta) = next;
                value = there;
                break;
            }
            factor /= 2.0;
            if factor < 1e-4 {
                return (size(value) < 1e-6).then_some((log, beta));
            }
        }
    }
    (size(value) < 1e-6).then_some((log, beta))
}
