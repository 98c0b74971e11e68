//! An activation evaluated at the nodes of a plan: after this every moment is a weighted sum.

use std::collections::HashMap;

use rayon::prelude::*;
use rug::{Float, Rational};

use super::Envelope;
use super::plan::{Part, Place, Plan, Rule};
use super::segment::Segment;
use crate::activation::{Parity, Tape};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::real::{Ball, Bits, Real};

/// Nodes and weights of the tanh-sinh rule on `[0, 1]`, computed once and shared by all segments with the same step.
#[derive(Debug)]
pub struct Rules<R> {
    bits: Bits,
    halves: HashMap<u32, Vec<(R, R)>>,
}

impl<R: Real> Rules<R> {
    /// An empty collection for numbers of `bits` bits.
    pub fn new(bits: Bits) -> Self {
        Rules {
            bits,
            halves: HashMap::new(),
        }
    }

    /// `(f, w)` for `t = k/m`, `0 <= k <= last`: `f = 1/(1 + exp(pi sinh t))` is the distance from the nearer
    /// end, `w = pi cosh(t) f (1 - f) / m` the weight.
    ///
    /// # Errors
    /// [`crate::error::Error::Timeout`]: at thousands of bits the nodes alone take their time.
    pub(super) fn half(&mut self, m: u32, last: u32, deadline: Deadline) -> Result<&[(R, R)]> {
        let bits = self.bits;
        let half = self.halves.entry(m).or_default();
        let one = R::int(1, bits);
        let pi = R::pi(bits);
        let step = R::rational(&Rational::from((1, m)), bits);
        for k in half.len() as u32..=last {
            deadline.check("the nodes of the quadrature")?;
            let t = R::rational(&Rational::from((k, m)), bits);
            // one exponential for both hyperbolic functions; sinh needs its own care near zero
            let e = t.exp();
            let cosh = (&e + &(&one / &e)).scale2(-1);
            let sinh = if k < m / 4 {
                t.sinh()
            } else {
                (&e - &(&one / &e)).scale2(-1)
            };
            // q = exp(-pi sinh t) <= 1
            let q = (-(&pi * &sinh)).exp();
            let f = &q / &(&one + &q);
            let w = &(&(&pi * &cosh) * &(&f * &(&one - &f))) * &step;
            half.push((f, w));
        }
        Ok(&self.halves[&m])
    }
}

/// Values of the functions of an integrand at all nodes of a plan.
#[derive(Clone, Debug)]
pub struct Samples<R> {
    /// Nodes.
    pub z: Vec<R>,
    /// Weights, the Gaussian density included.
    pub weight: Vec<R>,
    /// `values[i][k]`: function `i` (the activation; its derivative) at node `k`.
    pub values: Vec<Vec<R>>,
    /// Bound of the discretisation error of every integral of the plan's envelope.
    pub error: Float,
    bits: Bits,
    weighted: bool,
    parities: Option<Vec<Parity>>,
}

impl<R: Real + Send + Sync> Samples<R> {
    /// Evaluates the plan's formulas at its nodes with numbers of `bits` bits.
    pub fn new(plan: &Plan, bits: Bits, deadline: Deadline) -> Result<Self> {
        let functions = plan.parts.iter().flat_map(|part| &part.functions);
        (functions.into_iter()).try_for_each(|f| f.means_are_known(bits, deadline))?;
        let mut rules = Rules::new(bits);
        let count = plan
            .parts
            .iter()
            .map(|p| p.functions.len())
            .max()
            .unwrap_or(1);
        let mut out = Samples {
            z: Vec::new(),
            weight: Vec::new(),
            values: vec![Vec::new(); count],
            error: plan.error.clone(),
            bits,
            weighted: plan.envelope != Envelope::Bare,
            parities: match plan.parts.as_slice() {
                [
                    Part {
                        rule: Rule::Line(_, parities),
                        ..
                    },
                ] => parities.clone(),
                _ => None,
            },
        };
        for part in &plan.parts {
            match &part.rule {
                Rule::Line(line, parities) => {
                    out.line(part, line.reach, line.steps, parities.as_deref(), deadline)?;
                }
                Rule::Segment { from, to, segment } => {
                    let a = R::from_ball(&from.ball(bits));
                    let b = R::from_ball(&to.ball(bits));
                    let deep = match segment.depth {
                        0 => None,
                        _ => Some(near_ends(part, [from, to], segment, bits, deadline)?),
                    };
                    out.segment(part, &a, &b, segment, (&mut rules, deep), deadline)?;
                }
            }
        }
        Ok(out)
    }

    fn line(
        &mut self,
        part: &Part,
        reach: u32,
        steps: u32,
        parities: Option<&[Parity]>,
        deadline: Deadline,
    ) -> Result<()> {
        let bits = self.bits;
        let at = |k: i64| {
            R::rational(
                &Rational::from((i64::from(reach) * (2 * k + 1), 2 * i64::from(steps))),
                bits,
            )
        };
        let h = R::rational(&Rational::from((reach, steps)), bits);
        let right: Vec<R> = (0..i64::from(steps)).map(at).collect();
        let weights = gaussian_weights(&right, &h, bits);
        let left: Vec<R> = right.iter().rev().map(|z| -z).collect();
        let tape = Tape::<R>::new(&part.functions, bits);
        let on_right = evaluated(&tape, &right, bits, deadline)?;
        let on_left = match parities {
            // what is proved symmetric is evaluated once
            Some(parities) => on_right
                .iter()
                .zip(parities)
                .map(|(values, parity)| {
                    values
                        .iter()
                        .rev()
                        .map(|v| {
                            if *parity == Parity::Even {
                                v.clone()
                            } else {
                                -v
                            }
                        })
                        .collect()
                })
                .collect(),
            None => evaluated(&tape, &left, bits, deadline)?,
        };
        self.z.extend(left);
        self.z.extend(right);
        self.weight.extend(weights.iter().rev().cloned());
        self.weight.extend(weights);
        for ((values, l), r) in self.values.iter_mut().zip(on_left).zip(on_right) {
            values.extend(l);
            values.extend(r);
        }
        Ok(())
    }

    fn segment(
        &mut self,
        part: &Part,
        a: &R,
        b: &R,
        segment: &Segment,
        (rules, known): (&mut Rules<R>, Option<Vec<Vec<R>>>),
        deadline: Deadline,
    ) -> Result<()> {
        let bits = self.bits;
        let length = b.clone() - a;
        let half = rules.half(segment.m, segment.left.max(segment.right), deadline)?;
        let mut nodes = Vec::with_capacity(segment.nodes() as usize);
        let mut weights = Vec::with_capacity(nodes.capacity());
        for (f, w) in half[..=segment.left as usize].iter().rev() {
            nodes.push(a + &(&length * f));
            weights.push(&length * w);
        }
        for (f, w) in &half[1..=segment.right as usize] {
            nodes.push(b - &(&length * f));
            weights.push(&length * w);
        }
        if self.weighted {
            let norm = normal_density_at_zero::<R>(bits);
            for (w, z) in weights.iter_mut().zip(&nodes) {
                *w = &*w * &(&(-z.powi(2).scale2(-1)).exp() * &norm);
            }
        }
        let new = match known {
            Some(values) => values,
            None => {
                let tape = Tape::<R>::new(&part.functions, bits);
                evaluated(&tape, &nodes, bits, deadline)?
            }
        };
        for (values, new) in self.values.iter_mut().zip(new) {
            values.extend(new);
        }
        self.z.extend(nodes);
        self.weight.extend(weights);
        Ok(())
    }

    /// The precision of the values.
    pub fn bits(&self) -> Bits {
        self.bits
    }

    /// Even or odd, where that is proved of function `i` and the nodes are symmetric: then the second half of them has
    /// all there is to know.
    pub fn parity(&self, i: usize) -> Option<Parity> {
        self.parities.as_ref()?.get(i).copied()
    }

    /// `sum_k w_k g(k)` widened by the discretisation error: an enclosure of `E g` where the arithmetic is
    /// [`crate::real::Ball`] and `g` belongs to the plan's envelope.
    pub fn expectation(&self, g: impl Fn(usize) -> R) -> R {
        let mut sum = R::int(0, self.bits);
        for (k, w) in self.weight.iter().enumerate() {
            sum = sum + &(w * &g(k));
        }
        sum.widened(&self.error)
    }

    /// `E f_i(Z)`.
    pub fn mean(&self, i: usize) -> R {
        self.expectation(|k| self.values[i][k].clone())
    }

    /// `E f_i(Z)^2`.
    pub fn square(&self, i: usize) -> R {
        self.expectation(|k| self.values[i][k].powi(2))
    }

    /// `E Z f_i(Z)`.
    pub fn first_moment(&self, i: usize) -> R {
        self.expectation(|k| &self.values[i][k] * &self.z[k])
    }
}

/// The values at the nodes of a segment at whose ends the formula is not analytic, in balls of so many bits that every node knows
/// its distance from the end.
fn near_ends<R: Real>(
    part: &Part,
    [from, to]: [&Place; 2],
    segment: &Segment,
    bits: Bits,
    deadline: Deadline,
) -> Result<Vec<Vec<R>>> {
    let work = bits + segment.depth + 16;
    let (a, b) = (from.ball(work), to.ball(work));
    let length = b.clone() - &a;
    let mut rules = Rules::<Ball>::new(work);
    let half = rules.half(segment.m, segment.left.max(segment.right), deadline)?;
    let left = half[..=segment.left as usize].iter().rev();
    let right = &half[1..=segment.right as usize];
    let nodes: Vec<Ball> = left
        .map(|(f, _)| &a + &(&length * f))
        .chain(right.iter().map(|(f, _)| &b - &(&length * f)))
        .collect();
    let tape = Tape::<Ball>::new(&part.functions, work);
    let values = evaluated(&tape, &nodes, work, deadline)?;
    let rounded = |column: Vec<Ball>| {
        let column = column.iter();
        column.map(|v| R::from_ball(&v.with_bits(bits))).collect()
    };
    Ok(values.into_iter().map(rounded).collect())
}

fn normal_density_at_zero<R: Real>(bits: Bits) -> R {
    &R::int(1, bits) / &R::pi(bits).scale2(1).sqrt()
}

/// `h exp(-z_k^2/2)/sqrt(2 pi)` at `z_k = (k + 1/2) h`. At high precision by
/// `exp(-z_{k+1}^2/2) = exp(-z_k^2/2) exp(-h^2)^(k+1)`: two products instead of an exponential a node, for
/// `2 log2 K` bits of accuracy, which the caller's guard bits hold.
fn gaussian_weights<R: Real>(z: &[R], h: &R, bits: Bits) -> Vec<R> {
    let scale = h * &normal_density_at_zero::<R>(bits);
    let gauss = |z: &R| (-z.powi(2).scale2(-1)).exp();
    if bits <= 128 {
        return z.iter().map(|z| &scale * &gauss(z)).collect();
    }
    let Some(first) = z.first() else {
        return Vec::new();
    };
    let ratio = (-h.powi(2)).exp();
    let mut factor = ratio.clone();
    let mut w = &scale * &gauss(first);
    let mut out = Vec::with_capacity(z.len());
    for _ in z {
        let next = &w * &factor;
        out.push(std::mem::replace(&mut w, next));
        factor = &factor * &ratio;
    }
    out
}

/// `out[i][k]`: output `i` of the tape at node `k`, on all cores where it is worth it.
fn evaluated<R: Real + Send + Sync>(
    tape: &Tape<R>,
    nodes: &[R],
    bits: Bits,
    deadline: Deadline,
) -> Result<Vec<Vec<R>>> {
    let row = |z: &R| {
        deadline
            .check("the evaluation of the activation")
            .map(|()| tape.at(z))
    };
    let rows: Vec<Vec<R>> = if bits > 128 && nodes.len() > 64 {
        nodes.par_iter().map(row).collect::<Result<_>>()?
    } else {
        nodes.iter().map(row).collect::<Result<_>>()?
    };
    let outputs = rows.first().map_or(0, Vec::len);
    let mut out = vec![Vec::with_capacity(rows.len()); outputs];
    for row in rows {
        for (column, value) in out.iter_mut().zip(row) {
            column.push(value);
        }
    }
    Ok(out)
}
