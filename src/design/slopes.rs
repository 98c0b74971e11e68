//! Activations with wanted slopes: `gamma (phi(alpha x + beta) + delta)`.
//!
//! For an activation `f` let `Q(q) = E f(sqrt(q) Z)^2` and `C(c) = E f(u) f(v)`, `u`, `v` standard normal with correlation `c`. Two
//! sets of four conditions on four numbers:
//!
//! * Deep kernel shaping (Martens et al. 2021): `Q(1) = 1`, `Q'(1) = 1`, `C(0) = 0`, `C'(1) = S`;
//! * tailored activation transformations (Zhang et al. 2022): `Q(1) = Q'(1) = C'(1) = 1`, `C''(1) = T`.
//!
//! With `y = alpha Z + beta` the output's shift and scale follow from two of them, and the input's scale and shift solve
//!
//! ```text
//! DKS:  alpha^2 E phi'(y)^2 = S V,       (alpha/2) dV/dalpha = V,   V = Var phi(y);  delta = -E phi(y), gamma = V^(-1/2)
//! TAT:  alpha^2 E phi''(y)^2 = T E phi'(y)^2,  E (phi(y) + delta)^2 = alpha^2 E phi'(y)^2;  delta = -E phi phi'' / E phi''
//! ```
//!
//! Starting values come from a grid in doubles; each solution is then enclosed, and proved to be one and the only one nearby, by
//! Krawczyk's operator on the moments around it ([`super::expansion`]). The grid proves nothing about what it did not find.

use rayon::prelude::*;
use rug::{Float, Rational};

use super::expansion::{Expansion, Moments};
use crate::activation::{Expr, Tape};
use crate::deadline::Deadline;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Bits, Quantity, Real, bits_for};

/// What the slopes shall be.
#[derive(Clone, Debug)]
pub enum Slopes {
    /// `Q(1) = 1`, `Q'(1) = 1`, `C(0) = 0`, `C'(1) = S`.
    Dks(Rational),
    /// `Q(1) = Q'(1) = C'(1) = 1`, `C''(1) = T`.
    Tat(Rational),
}

/// `output_scale * (phi(input_scale x + input_shift) + output_shift)`.
#[derive(Clone, Debug)]
pub struct Shaped {
    /// `alpha > 0`
    pub input_scale: Quantity,
    /// `beta`
    pub input_shift: Quantity,
    /// `delta`
    pub output_shift: Quantity,
    /// `gamma > 0`
    pub output_scale: Quantity,
    /// The activation with these numbers written out.
    pub activation: Expr,
}

/// The solutions that were found.
#[derive(Clone, Debug)]
pub struct Shapings {
    /// In ascending order of the input's shift.
    pub solutions: Vec<Shaped>,
    /// Why there can be none, where that is proved.
    pub infeasible: Option<String>,
}

/// The input's scale is looked for between `e^-8` and `e^3`, its shift between -12 and 12.
const SCALES: (f64, f64) = (-8.0, 3.0);
/// See [`SCALES`].
const SHIFTS: f64 = 12.0;
/// Lines of the grid.
const LINES: (usize, usize) = (111, 193);

/// All solutions that a grid leads to, each enclosed and proved.
///
/// ```
/// use deeplimit::{Effort, design::{Slopes, slopes}};
/// let tanh = "tanh".parse()?;
/// let found = slopes(&tanh, &Slopes::Dks((11, 10).into()), &Effort::default())?;
/// // mirrored, as tanh is odd
/// assert_eq!(found.solutions.len(), 2);
/// let square = slopes(&"x^2".parse()?, &Slopes::Dks((8, 5).into()), &Effort::default())?;
/// assert!(square.infeasible.unwrap().contains("Q'(1) = C'(1)"));
/// # Ok::<(), deeplimit::Error>(())
/// ```
///
/// # Errors
/// [`Error::Domain`] for a slope that is not greater than 1 (a curvature that is not positive) and for an activation that jumps;
/// [`Error::Timeout`].
pub fn slopes(expr: &Expr, wanted: &Slopes, effort: &Effort) -> Result<Shapings> {
    expr.no_letters()?;
    let phi = expr.expand().simplify();
    if phi.is_constant() {
        return Err(Error::Domain("the activation is constant".into()));
    }
    if super::family::jumps(&phi)? {
        return Err(Error::Domain(format!("{expr} jumps: C'(1) is infinite")));
    }
    let none = |reason: String| {
        Ok(Shapings {
            solutions: vec![],
            infeasible: Some(reason),
        })
    };
    let (value, what) = match wanted {
        Slopes::Dks(s) => (s, "C'(1)"),
        Slopes::Tat(t) => (t, "C''(1)"),
    };
    let least = if matches!(wanted, Slopes::Dks(_)) {
        1
    } else {
        0
    };
    if *value <= least {
        return Err(Error::Domain(format!(
            "{what} = {} cannot be: it is greater than {least} for every activation that is not linear",
            Expr::rational(value)
        )));
    }
    let derivatives = [
        phi.clone(),
        phi.derivative().simplify(),
        phi.derivative().derivative().simplify(),
    ];
    if derivatives[2].is_constant() && phi.any(&|e| matches!(e, Expr::X)) && !kinked(&phi) {
        let linear = derivatives[2].as_rational().is_some_and(|q| q == 0);
        return match wanted {
            _ if linear => none("the activation is linear: C'(1) = 1 and C''(1) = 0 whatever is done to it".into()),
            Slopes::Dks(_) => none(format!(
                "phi'' is constant, so that Q'(1) = C'(1) + phi'' E f = C'(1) where E f = 0: a slope other than 1, as {}, is impossible",
                Expr::rational(value)
            )),
            Slopes::Tat(_) => none(
                "phi'' is constant, so that Q'(1) = C'(1) asks for E f = 0 and E f^2 = C'(1) for a linear one: impossible".into(),
            ),
        };
    }
    let starts = grid(&derivatives, wanted, effort.deadline)?;
    let solutions: Vec<Option<Solved>> = starts
        .par_iter()
        .map(|start| solved(&derivatives, wanted, *start, effort))
        .collect::<Result<_>>()?;
    let mut all: Vec<Solved> = Vec::new();
    for found in solutions.into_iter().flatten() {
        if !all
            .iter()
            .any(|s| s.scale.overlaps(&found.scale) && s.shift.overlaps(&found.shift))
        {
            all.push(found);
        }
    }
    all.sort_by(|a, b| a.shift.mid().total_cmp(b.shift.mid()));
    let solutions = all
        .iter()
        .map(|s| s.shaped(expr, effort.digits))
        .collect::<Result<_>>()?;
    Ok(Shapings {
        solutions,
        infeasible: None,
    })
}

fn kinked(phi: &Expr) -> bool {
    phi.any(&|e| match e {
        Expr::If(..) => true,
        Expr::Call(f, _) => f.is_switch(),
        _ => false,
    })
}

/// A number with its derivatives by `log alpha` and by `beta/alpha_0`.
#[derive(Clone, Debug)]
struct Dual<T> {
    value: T,
    by: [T; 2],
}

impl<T: Real> Dual<T> {
    fn map(&self, value: T, slope: &T) -> Dual<T> {
        let by = [0, 1].map(|i| slope * &self.by[i]);
        Dual { value, by }
    }
    fn plus(&self, o: &Dual<T>) -> Dual<T> {
        Dual {
            value: &self.value + &o.value,
            by: [0, 1].map(|i| &self.by[i] + &o.by[i]),
        }
    }
    fn minus(&self, o: &Dual<T>) -> Dual<T> {
        Dual {
            value: &self.value - &o.value,
            by: [0, 1].map(|i| &self.by[i] - &o.by[i]),
        }
    }
    fn times(&self, o: &Dual<T>) -> Dual<T> {
        let by = [0, 1].map(|i| &(&self.by[i] * &o.value) + &(&self.value * &o.by[i]));
        Dual {
            value: &self.value * &o.value,
            by,
        }
    }
    fn half(&self) -> Dual<T> {
        Dual {
            value: self.value.scale2(-1),
            by: [0, 1].map(|i| self.by[i].scale2(-1)),
        }
    }
    fn recip(&self) -> Dual<T> {
        let one = T::int(1, self.value.bits());
        let inverse = &one / &self.value;
        let slope = -(&inverse * &inverse);
        self.map(inverse, &slope)
    }
    fn over(&self, o: &Dual<T>) -> Dual<T> {
        self.times(&o.recip())
    }
    fn ln(&self) -> Dual<T> {
        let one = T::int(1, self.value.bits());
        self.map(self.value.ln(), &(&one / &self.value))
    }
}

/// `E phi`, `E phi^2`, `E phi'^2`, `E phi''^2` and their derivatives in `delta`, at one place.
struct Place<T> {
    /// `alpha_0^2`, which the derivatives in `delta` contain.
    unit2: T,
    s2: T,
    phi: [T; 5],
    square: [T; 5],
    slope: [T; 5],
    curvature: Option<[T; 5]>,
}

/// The two equations, zero at a solution, and `delta`, `gamma^-2`.
struct Equations<T> {
    zero: [Dual<T>; 2],
    output_shift: T,
    inverse_square: T,
}

impl<T: Real> Place<T> {
    fn dual(&self, d: &[T; 5], order: usize) -> Dual<T> {
        Dual {
            value: d[order].clone(),
            by: [&self.s2 * &d[order + 2], d[order + 1].clone()],
        }
    }

    fn equations(&self, wanted: &Slopes) -> Equations<T> {
        let bits = self.s2.bits();
        let zero = T::int(0, bits);
        let number = |value: T| Dual {
            value,
            by: [zero.clone(), zero.clone()],
        };
        // alpha^2, whose logarithm grows by 2
        let scale2 = {
            let value = &self.unit2 * &self.s2;
            Dual {
                by: [value.scale2(1), zero.clone()],
                value,
            }
        };
        let s2 = Dual {
            value: self.s2.clone(),
            by: [self.s2.scale2(1), zero.clone()],
        };
        let [m1, m1_2] = [0, 2].map(|k| self.dual(&self.phi, k));
        let [m2, m2_2] = [0, 2].map(|k| self.dual(&self.square, k));
        let slope = self.dual(&self.slope, 0);
        match wanted {
            Slopes::Dks(wanted) => {
                let variance = m2.minus(&m1.times(&m1));
                // (alpha/2) dV/dalpha
                let w = s2.times(&m2_2.half().minus(&m1.times(&m1_2)));
                let log = scale2.times(&slope).over(&variance).ln();
                Equations {
                    zero: [
                        log.minus(&number(T::rational(wanted, bits).ln())),
                        w.over(&variance).minus(&number(T::int(1, bits))),
                    ],
                    output_shift: -m1.value,
                    inverse_square: variance.value,
                }
            }
            Slopes::Tat(wanted) => {
                let curvature = self
                    .curvature
                    .as_ref()
                    .map_or_else(|| number(T::undefined(bits)), |c| self.dual(c, 0));
                let unit2 = number(self.unit2.clone());
                let energy = scale2.times(&slope);
                // alpha_0^2 E phi phi'', alpha_0^2 E phi''
                let delta = unit2.times(&slope).minus(&m2_2.half()).over(&m1_2);
                let first = scale2.times(&curvature).over(&slope).ln();
                let twice = delta.times(&m1).plus(&delta.times(&m1));
                let second = m2.plus(&twice).plus(&delta.times(&delta)).over(&energy);
                Equations {
                    zero: [
                        first.minus(&number(T::rational(wanted, bits).ln())),
                        second.minus(&number(T::int(1, bits))),
                    ],
                    output_shift: delta.value,
                    inverse_square: energy.value,
                }
            }
        }
    }
}

/// Starting values `(log alpha, beta)`: places of a grid where both equations change sign in one cell.
fn grid(derivatives: &[Expr; 3], wanted: &Slopes, deadline: Deadline) -> Result<Vec<(f64, f64)>> {
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
            if !(factor > 1e-4) {
                return (size(value) < 1e-6).then_some((log, beta));
            }
        }
    }
    (size(value) < 1e-6).then_some((log, beta))
}

/// A solution that is proved.
struct Solved {
    scale: Ball,
    shift: Ball,
    output_shift: Ball,
    output_scale: Ball,
}

impl Solved {
    fn shaped(&self, expr: &Expr, digits: usize) -> Result<Shaped> {
        let [input_scale, input_shift, output_shift, output_scale] = [
            &self.scale,
            &self.shift,
            &self.output_shift,
            &self.output_scale,
        ]
        .map(|b| Quantity::new(b, None));
        // a shift that is certainly tiny is written as 0 where its digits cannot be
        let written = |q: &Quantity| q.digits(digits).parse::<Expr>();
        let argument = written(&input_scale)? * Expr::X + written(&input_shift)?;
        let activation =
            written(&output_scale)? * (expr.substitute(&argument) + written(&output_shift)?);
        Ok(Shaped {
            input_scale,
            input_shift,
            output_shift,
            output_scale,
            activation,
        })
    }
}

/// Krawczyk's operator around a starting value, with as many digits as are wanted; `None` where nothing is proved.
fn solved(
    derivatives: &[Expr; 3],
    wanted: &Slopes,
    start: (f64, f64),
    effort: &Effort,
) -> Result<Option<Solved>> {
    let mut centre = [start.0.exp(), start.1].map(|v| Float::with_val(80, v));
    let mut bits: Bits = 96;
    let mut radius = 1e-6;
    let goal = bits_for(effort.digits) + 24;
    loop {
        let Some(found) = krawczyk(derivatives, wanted, &centre, bits, radius, effort.deadline)?
        else {
            return Ok(None);
        };
        let precise = |b: &Ball| {
            let lost = Float::with_val(53, b.rad() / b.magnitude());
            lost < Float::with_val(53, 1) >> goal
        };
        let enough = [
            &found.scale,
            &found.shift,
            &found.output_shift,
            &found.output_scale,
        ]
        .into_iter()
        .all(precise);
        if enough || bits > 8 * goal + 4096 {
            return Ok(Some(found));
        }
        centre = [found.scale.mid().clone(), found.shift.mid().clone()];
        let width = found.scale.rad().max(&found.shift.rad()).to_f64();
        radius = (width * 4.0).clamp(1e-300, radius);
        bits = (2 * bits).max(goal + 96);
    }
}

fn krawczyk(
    derivatives: &[Expr; 3],
    wanted: &Slopes,
    centre: &[Float; 2],
    bits: Bits,
    radius: f64,
    deadline: Deadline,
) -> Result<Option<Solved>> {
    let [scale, shift] = [0, 1].map(|i| centre[i].to_rational().unwrap_or_default());
    let degree = 16 + (f64::from(bits) / -radius.log2()).ceil().clamp(4.0, 60.0) as u32;
    let argument = Expr::rational(&scale) * Expr::X + Expr::rational(&shift);
    // without its value in the middle: V is a difference
    let middle = Tape::<Ball>::new(&derivatives[..1], 64).at_one(&Ball::exact(centre[1].clone()));
    let middle = Float::with_val(40, middle.mid())
        .to_rational()
        .unwrap_or_default();
    let [f, d, c] = derivatives.each_ref().map(|e| e.substitute(&argument));
    let f = f - Expr::rational(&middle);
    let expansion = |e: Expr| Expansion::new(&e, degree, bits, deadline);
    let square = |e: &Expr| (e.clone() * e.clone()).simplify();
    let tat = matches!(wanted, Slopes::Tat(_));
    let all = [
        expansion(f.clone())?,
        expansion(square(&f))?,
        expansion(square(&d))?,
    ];
    let curvature = if tat {
        Some(expansion(square(&c))?)
    } else {
        None
    };
    let place = |log: &Ball, delta: &Ball| -> Option<Place<Ball>> {
        let s = log.exp();
        let moments = Moments::new(degree as usize, &s, delta, bits)?;
        let [phi, square, slope] = [0, 1, 2].map(|i| all[i].at(&moments));
        let curvature = match &curvature {
            Some(c) => Some(c.at(&moments)?),
            None => None,
        };
        let unit = Ball::rational(&scale, bits);
        Some(Place {
            unit2: unit.square(),
            s2: s.square(),
            phi: phi?,
            square: square?,
            slope: slope?,
            curvature,
        })
    };
    let mut x = [0, 1].map(|_| Ball::int(0, bits).widened(&Float::with_val(53, radius)));
    let mut proved = false;
    for _ in 0..40 {
        deadline.check("the digits of a solution")?;
        let mid = x.each_ref().map(|b| Ball::exact(b.mid().clone()));
        let (Some(here), Some(over)) = (place(&mid[0], &mid[1]), place(&x[0], &x[1])) else {
            break;
        };
        let value = here.equations(wanted).zero;
        let slopes = over.equations(wanted).zero;
        let [a, b] = &value;
        // an approximate inverse of the matrix in the middle
        let m = [&a.by[0], &a.by[1], &b.by[0], &b.by[1]].map(|v| Ball::exact(v.mid().clone()));
        let det = &(&m[0] * &m[3]) - &(&m[1] * &m[2]);
        let inverse = [&m[3] / &det, -(&m[1] / &det), -(&m[2] / &det), &m[0] / &det]
            .map(|v| Ball::exact(v.mid().clone()));
        let one = Ball::int(1, bits);
        let zero = Ball::int(0, bits);
        let next: Vec<Ball> = (0..2)
            .map(|i| {
                let y = [&inverse[2 * i], &inverse[2 * i + 1]];
                let step = &(y[0] * &a.value) + &(y[1] * &b.value);
                let away = (0..2).fold(zero.clone(), |sum, k| {
                    let identity = if i == k { &one } else { &zero };
                    let row = identity - &(&(y[0] * &slopes[0].by[k]) + &(y[1] * &slopes[1].by[k]));
                    sum + &row * &(&x[k] - &mid[k])
                });
                &mid[i] - &step + away
            })
            .collect();
        if !x[0].encloses(&next[0]) || !x[1].encloses(&next[1]) {
            break;
        }
        proved = true;
        let better = (0..2).any(|i| Float::with_val(53, next[i].rad() * 2u32) < x[i].rad());
        x = [next[0].clone(), next[1].clone()];
        if !better {
            break;
        }
    }
    let Some(there) = proved.then(|| place(&x[0], &x[1])).flatten() else {
        return Ok(None);
    };
    let equations = there.equations(wanted);
    let unit = Ball::rational(&scale, bits);
    Ok(Some(Solved {
        scale: &unit * &x[0].exp(),
        shift: Ball::rational(&shift, bits) + &unit * &x[1],
        output_shift: equations.output_shift - Ball::rational(&middle, bits),
        output_scale: Ball::int(1, bits) / equations.inverse_square.sqrt(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(expr: &str, wanted: &Slopes, digits: usize) -> Shapings {
        slopes(&expr.parse().unwrap(), wanted, &Effort::digits(digits)).unwrap()
    }

    fn rational(text: &str) -> Rational {
        Expr::parse(text).unwrap().simplify().as_rational().unwrap()
    }

    /// The slope of a network like ResNet-101; an independent study has these twelve digits.
    #[test]
    fn deep_kernel_shaping() {
        let wanted = Slopes::Dks(rational("1.002770965849537020065"));
        let tanh = found("tanh", &wanted, 20).solutions;
        assert_eq!(tanh.len(), 2);
        assert_eq!(tanh[1].input_scale.digits(12), "0.0746107296066");
        assert_eq!(tanh[1].output_scale.digits(12), "18.0026361999");
        assert_eq!(tanh[0].output_scale.digits(12), "18.0026361999");
        let softplus = found("softplus", &wanted, 20).solutions;
        assert!(
            softplus
                .iter()
                .any(|s| s.input_scale.digits(11) == "0.18761007948"
                    && s.output_scale.digits(12) == "8.87867264780"),
            "{softplus:?}"
        );
    }

    /// What is asked for holds for the activation that is written: by its own constants.
    #[test]
    fn the_written_activation_has_the_slopes() {
        let wanted = rational("1.3");
        for solution in found("gelu", &Slopes::Dks(wanted), 25).solutions {
            let activation = crate::exact::Activation::new(&solution.activation).unwrap();
            let verdict = activation.classify(&Effort::digits(15)).unwrap();
            assert!((verdict.b_prime.unwrap().to_f64() - 1.3).abs() < 1e-12);
            assert!(verdict.a.unwrap().to_f64().abs() < 1e-12);
        }
    }

    #[test]
    fn tailored_activation() {
        // theirs for tanh, which are right to some eight digits: 0.0580205218578313, 0.5218639804099805, 22.36066261763117
        let wanted = Slopes::Tat(rational("0.0030395136778115501519756838905775"));
        let found = found("tanh", &wanted, 15).solutions;
        assert!(
            found
                .iter()
                .any(|s| (s.input_scale.to_f64() - 0.0580205218578313).abs() < 1e-7),
            "{found:?}"
        );
    }

    #[test]
    fn what_cannot_be() {
        assert!(
            found("x^2", &Slopes::Dks(rational("1.6")), 15)
                .infeasible
                .is_some()
        );
        assert!(
            found("3*x-1", &Slopes::Dks(rational("1.6")), 15)
                .infeasible
                .is_some()
        );
        let refused = |e: &str, s: &str| {
            slopes(
                &e.parse().unwrap(),
                &Slopes::Dks(rational(s)),
                &Effort::default(),
            )
            .unwrap_err()
            .to_string()
        };
        assert!(refused("tanh", "1").contains("greater than 1"));
        assert!(refused("sign", "2").contains("jumps"));
    }
}
