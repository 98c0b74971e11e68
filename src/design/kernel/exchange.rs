//! The best uniform approximation by a polynomial whose coefficients are not negative: a linear programme, solved by exchange.
//!
//! ```text
//! minimise E   subject to   |K(x_i) - sum_(k <= N) b_k x_i^k| <= E,   b_k >= 0   (and sum b_k = 1, if wanted)
//! maximise sum_i w_i K(x_i) (- m)   subject to   sum_i |w_i| = 1,   sum_i w_i x_i^k <= 0 (or m) for all k <= N
//! ```
//!
//! The second line is the dual: a signed measure on few points, whose moments are not positive. The simplex method walks
//! through such measures; what it has to solve at each step is a system of as many equations as there are powers in use, and
//! those are few (Karlin and Studden 1966, chapter III, have the theory for systems of powers). All numbers carry as many bits
//! as their conditioning takes. The zero on the right-hand side is replaced by numbers that are as good as zero and different
//! from each other, so that no step stands still; the bound that is proved afterwards ([`super::bounds`]) does not rest on them.

use std::cmp::Ordering;

use rug::Float;

use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::real::{Analytic, Bits, Mpfr, Real};

/// A polynomial with coefficients that are not negative, nearest to given values, and the measure that proves it.
#[derive(Clone, Debug)]
pub(super) struct Nearest {
    /// `b_k`, `k <= N`.
    pub coefficients: Vec<Mpfr>,
    /// The largest deviation at the points.
    pub error: Mpfr,
    /// Points (by their number) with their signed weights; the moduli sum to 1.
    pub measure: Vec<(usize, Mpfr)>,
}

/// The programme: points, values, and the state of the simplex method.
pub(super) struct Programme {
    bits: Bits,
    points: Vec<Mpfr>,
    values: Vec<Mpfr>,
    degree: usize,
    /// Structural columns in the basis.
    columns: Vec<Column>,
    /// Rows (powers) whose slack is not in the basis: the support of the polynomial.
    support: Vec<usize>,
    /// `x_i^k` for the powers that were in use.
    powers: Vec<Option<Vec<Mpfr>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    /// `|w_i|`, with the sign.
    Point(usize, bool),
    /// `m`
    Level,
}

/// What comes into the basis.
#[derive(Clone, Copy, Debug)]
enum Entering {
    Point(usize, bool),
    /// The place in the support of the power that leaves it.
    Slack(usize),
}

/// What goes out of it.
#[derive(Clone, Copy, Debug)]
enum Leaving {
    /// The place in the columns.
    Column(usize),
    /// The power that comes into the support.
    Slack(usize),
}

/// The solution of the small systems.
struct State {
    /// The values of the structural columns.
    z: Vec<Mpfr>,
    /// `b_k` on the support, then `E`.
    y: Vec<Mpfr>,
}

impl Programme {
    pub fn new(
        points: Vec<Mpfr>,
        values: Vec<Mpfr>,
        degree: usize,
        normalised: bool,
        bits: Bits,
    ) -> Programme {
        let last = (0..points.len())
            .max_by(|i, j| {
                points[*i]
                    .partial_cmp(&points[*j])
                    .unwrap_or(Ordering::Equal)
            })
            .unwrap_or(0);
        let x = points[last].to_f64();
        let lowest = |of: &dyn Fn(usize) -> f64| {
            (0..=degree)
                .min_by(|j, k| of(*j).total_cmp(&of(*k)))
                .unwrap_or(0)
        };
        let power = |k: usize| x.powi(k as i32);
        // a measure without positive moments to begin with: all weight on the largest point, with a minus sign; where that is
        // negative itself, both signs there, which cancel
        let (columns, support) = match (normalised, x < 0.0) {
            (true, _) => {
                let first = lowest(&|k| power(k) + small(k) * 1e-12);
                (vec![Column::Point(last, false), Column::Level], vec![first])
            }
            (false, false) => (vec![Column::Point(last, false)], vec![]),
            (false, true) => {
                let first = lowest(&|k| small(k) / power(k).abs());
                let both = vec![Column::Point(last, true), Column::Point(last, false)];
                (both, vec![first])
            }
        };
        Programme {
            bits,
            points,
            values,
            degree,
            columns,
            support,
            powers: vec![None; degree + 1],
        }
    }

    pub fn points(&self) -> &[Mpfr] {
        &self.points
    }

    /// One point more; the basis stays as it is.
    pub fn add(&mut self, point: Mpfr, value: Mpfr) {
        for (k, powers) in self.powers.iter_mut().enumerate() {
            if let Some(powers) = powers {
                powers.push(point.powi(k as i64));
            }
        }
        self.points.push(point);
        self.values.push(value);
    }

    fn int(&self, n: i64) -> Mpfr {
        Mpfr::int(n, self.bits)
    }

    fn two_to(&self, n: i64) -> Mpfr {
        self.int(1).scale2(n as i32)
    }

    /// Solves the programme from the basis that there is.
    pub fn solve(&mut self, deadline: Deadline) -> Result<Nearest> {
        // pivots: a few per power in use as a rule
        let most = 100 * (self.degree + 20);
        for _ in 0..most {
            deadline.check("the search for the best polynomial")?;
            let state = self.state()?;
            let Some(entering) = self.entering(&state) else {
                return Ok(self.nearest(&state));
            };
            self.pivot(&state, entering)?;
        }
        Err(Error::Unresolved(format!(
            "the best polynomial was not found within {most} exchanges"
        )))
    }

    /// `sign(w) x^k` of a point, in the row of power `k`.
    fn entry(&self, column: Column, k: usize) -> Mpfr {
        match column {
            Column::Level => self.int(-1),
            Column::Point(i, plus) => {
                let power = match &self.powers[k] {
                    Some(powers) => powers[i].clone(),
                    None => self.points[i].powi(k as i64),
                };
                if plus { power } else { -power }
            }
        }
    }

    fn cost(&self, column: Column) -> Mpfr {
        match column {
            Column::Level => self.int(-1),
            Column::Point(i, true) => self.values[i].clone(),
            Column::Point(i, false) => -self.values[i].clone(),
        }
    }

    fn weight(&self, column: Column) -> Mpfr {
        self.int(i64::from(column != Column::Level))
    }

    /// The square matrix of the basis: a row for each power of the support, and the sum of the weights.
    fn matrix(&mut self) -> Vec<Vec<Mpfr>> {
        for k in self.support.clone() {
            if self.powers[k].is_none() {
                let all = self.points.iter().map(|x| x.powi(k as i64)).collect();
                self.powers[k] = Some(all);
            }
        }
        let mut rows: Vec<Vec<Mpfr>> = self
            .support
            .iter()
            .map(|k| self.columns.iter().map(|c| self.entry(*c, *k)).collect())
            .collect();
        rows.push(self.columns.iter().map(|c| self.weight(*c)).collect());
        rows
    }

    /// `2^(-bits/3)` times a number of its own for each power: as good as zero.
    fn shift(&self, k: usize) -> Mpfr {
        let size = self.two_to(-i64::from(self.bits / 3));
        Mpfr::new(Float::with_val(self.bits, small(k))) * &size
    }

    fn state(&mut self) -> Result<State> {
        let matrix = self.matrix();
        let mut right: Vec<Mpfr> = self.support.iter().map(|k| self.shift(*k)).collect();
        right.push(self.int(1));
        let costs: Vec<Mpfr> = self.columns.iter().map(|c| self.cost(*c)).collect();
        let transposed = (0..matrix.len())
            .map(|j| matrix.iter().map(|row| row[j].clone()).collect())
            .collect();
        let z = solved(matrix, right).ok_or_else(singular)?;
        let y = solved(transposed, costs).ok_or_else(singular)?;
        Ok(State { z, y })
    }

    /// `p(x_i)`
    fn polynomial(&self, state: &State, i: usize) -> Mpfr {
        let mut sum = self.int(0);
        for (k, b) in self.support.iter().zip(&state.y) {
            sum = sum + &(b * &self.entry(Column::Point(i, true), *k));
        }
        sum
    }

    /// The column that gains most.
    fn entering(&self, state: &State) -> Option<Entering> {
        let tolerance = self.two_to(-i64::from(self.bits / 2));
        let level = &state.y[self.support.len()];
        let mut best: Option<(Mpfr, Entering)> = None;
        let mut offer = |gain: Mpfr, entering: Entering| {
            if gain > tolerance && best.as_ref().is_none_or(|(g, _)| gain > *g) {
                best = Some((gain, entering));
            }
        };
        for (at, b) in state.y[..self.support.len()].iter().enumerate() {
            offer(-b.clone(), Entering::Slack(at));
        }
        for i in 0..self.points.len() {
            let e = &self.values[i] - &self.polynomial(state, i);
            let plus = e.sign() == Some(Ordering::Greater);
            offer(Real::abs(&e) - level, Entering::Point(i, plus));
        }
        best.map(|(_, entering)| entering)
    }

    fn pivot(&mut self, state: &State, entering: Entering) -> Result<()> {
        let right: Vec<Mpfr> = match entering {
            Entering::Point(i, plus) => {
                let column = Column::Point(i, plus);
                let mut right: Vec<Mpfr> = self
                    .support
                    .iter()
                    .map(|k| self.entry(column, *k))
                    .collect();
                right.push(self.int(1));
                right
            }
            Entering::Slack(at) => {
                let mut right = vec![self.int(0); self.support.len() + 1];
                right[at] = self.int(1);
                right
            }
        };
        let direction = solved(self.matrix(), right).ok_or_else(singular)?;
        let leaving = self.leaving(state, entering, &direction)?;
        let column = |e: Entering| match e {
            Entering::Point(i, plus) => Some(Column::Point(i, plus)),
            Entering::Slack(_) => None,
        };
        match (column(entering), entering, leaving) {
            (Some(c), _, Leaving::Column(at)) => self.columns[at] = c,
            (Some(c), _, Leaving::Slack(k)) => {
                self.support.push(k);
                self.columns.push(c);
            }
            (None, Entering::Slack(j), Leaving::Column(at)) => {
                self.support.remove(j);
                self.columns.remove(at);
            }
            (None, Entering::Slack(j), Leaving::Slack(k)) => self.support[j] = k,
            (None, Entering::Point(..), _) => {}
        }
        Ok(())
    }

    /// The first of the basis to reach zero.
    fn leaving(&self, state: &State, entering: Entering, d: &[Mpfr]) -> Result<Leaving> {
        let tiny = self.two_to(-i64::from(self.bits / 2));
        let mut best: Option<(Mpfr, Leaving)> = None;
        let mut offer = |value: Mpfr, rate: Mpfr, leaving: Leaving| {
            if rate <= tiny {
                return;
            }
            let step = value / &rate;
            if best.as_ref().is_none_or(|(s, _)| step < *s) {
                best = Some((step, leaving));
            }
        };
        for (at, column) in self.columns.iter().enumerate() {
            if *column != Column::Level {
                offer(state.z[at].clone(), d[at].clone(), Leaving::Column(at));
            }
        }
        // the slacks, power by power: s_k = shift_k - row_k z, and it falls by a_k - row_k d
        let bound = |column: &Column| match column {
            Column::Point(i, _) => Some(*i),
            Column::Level => None,
        };
        let places: Vec<Option<usize>> = self.columns.iter().map(bound).collect();
        let mut power: Vec<Mpfr> = self.columns.iter().map(|c| self.entry(*c, 0)).collect();
        let mut coming = match entering {
            Entering::Point(i, plus) => Some((i, self.entry(Column::Point(i, plus), 0))),
            Entering::Slack(_) => None,
        };
        for k in 0..=self.degree {
            if k > 0 {
                for (p, place) in power.iter_mut().zip(&places) {
                    if let Some(i) = place {
                        *p = &*p * &self.points[*i];
                    }
                }
                if let Some((i, p)) = &mut coming {
                    *p = &*p * &self.points[*i];
                }
            }
            if self.support.contains(&k) {
                continue;
            }
            let mut slack = self.shift(k);
            let mut rate = coming.as_ref().map_or(self.int(0), |(_, p)| p.clone());
            for (at, p) in power.iter().enumerate() {
                slack = slack - &(p * &state.z[at]);
                rate = rate - &(p * &d[at]);
            }
            offer(slack, rate, Leaving::Slack(k));
        }
        best.map(|(_, leaving)| leaving).ok_or_else(singular)
    }

    fn nearest(&self, state: &State) -> Nearest {
        let mut coefficients = vec![self.int(0); self.degree + 1];
        for (k, b) in self.support.iter().zip(&state.y) {
            coefficients[*k] = Real::max(b, &self.int(0));
        }
        let measure = self.columns.iter().zip(&state.z);
        let measure = measure.filter_map(|(column, z)| match column {
            Column::Point(i, plus) => Some((*i, if *plus { z.clone() } else { -z.clone() })),
            Column::Level => None,
        });
        Nearest {
            coefficients,
            error: state.y[self.support.len()].clone(),
            measure: measure.collect(),
        }
    }
}

/// A number in `[1, 2)` for each power, no two alike (multiples of the golden ratio, modulo 1).
fn small(k: usize) -> f64 {
    1.0 + (0.618_033_988_749_894_9 * (k + 1) as f64).fract()
}

fn singular() -> Error {
    Error::Unresolved("the best polynomial was lost in rounding".to_owned())
}

/// Gauss with the largest pivot of each column.
fn solved(mut rows: Vec<Vec<Mpfr>>, mut right: Vec<Mpfr>) -> Option<Vec<Mpfr>> {
    let n = right.len();
    for j in 0..n {
        let modulus = |i: usize| Real::abs(&rows[i][j]);
        let pivot = (j..n).max_by(|a, b| {
            modulus(*a)
                .partial_cmp(&modulus(*b))
                .unwrap_or(Ordering::Equal)
        })?;
        if rows[pivot][j].as_float().is_zero() || !rows[pivot][j].is_finite() {
            return None;
        }
        rows.swap(j, pivot);
        right.swap(j, pivot);
        for i in j + 1..n {
            if rows[i][j].as_float().is_zero() {
                continue;
            }
            let factor = &rows[i][j] / &rows[j][j];
            let (above, below) = rows.split_at_mut(i);
            for (x, y) in below[0][j + 1..].iter_mut().zip(&above[j][j + 1..]) {
                *x = &*x - &(&factor * y);
            }
            right[i] = &right[i] - &(&factor * &right[j]);
        }
    }
    for j in (0..n).rev() {
        let mut x = right[j].clone();
        for k in j + 1..n {
            x = x - &(&rows[j][k] * &right[k]);
        }
        right[j] = x / &rows[j][j];
    }
    Some(right)
}
