//! A solution enclosed, and proved to be one, by Krawczyk's operator.

use rug::{Float, Rational};

use super::equations::Place;
use super::{Shaped, Slopes};
use crate::activation::{Expr, Tape};
use crate::deadline::Deadline;
use crate::design::expansion::{Expansion, Moments};
use crate::effort::Effort;
use crate::error::Result;
use crate::real::{Analytic, Ball, Bits, Quantity, Real, bits_for};

/// A solution that is proved.
pub(super) struct Solved {
    pub scale: Ball,
    pub shift: Ball,
    pub output_shift: Ball,
    pub output_scale: Ball,
}

impl Solved {
    /// The solution for `power phi` in place of `phi`.
    pub(super) fn times(&self, power: &Rational) -> Solved {
        let power = Ball::rational(power, self.output_scale.bits());
        Solved {
            scale: self.scale.clone(),
            shift: self.shift.clone(),
            output_shift: &self.output_shift * &power,
            output_scale: &self.output_scale / &power,
        }
    }

    pub(super) fn shaped(&self, expr: &Expr, digits: usize) -> Result<Shaped> {
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
pub(super) fn solved(
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
