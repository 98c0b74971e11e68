//! The spectrum of the kernel of a network.

use std::fmt;

use rug::{Float, Integer};

use super::harmonics::{multiplicity, normalisation};
use super::legendre::{Node, sums};
use super::rule::Rule;
use super::source::{Source, gap};
use super::vanishing::Zeros;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Bits, Quantity, Real, bits_for};
use crate::recursion::{Depth, Kind, Network};

/// The largest degree.
pub const DEGREE_MAX: u32 = 10_000;
/// The largest `d` of a sphere `S^d`, and of a cube `{-1, 1}^d`.
pub const DIMENSION_MAX: [u32; 2] = [10_000, 1_000];
/// The precision is raised so often.
const ATTEMPTS: u32 = 7;
/// Nor beyond this.
const BITS_MAX: f64 = 60_000.0;
/// Of nodes there are at most so many, on either side.
const NODES_MAX: u64 = 4_000_000;

/// What the inputs are spread over, evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// The sphere `S^d` in `R^(d+1)`, with the normalised surface measure.
    Sphere(u32),
    /// The boolean cube `{-1, 1}^d`, all corners alike; the kernel is one of `x . y/d`.
    Cube(u32),
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Space::Sphere(d) => write!(f, "S^{d}"),
            Space::Cube(d) => write!(f, "{{-1, 1}}^{d}"),
        }
    }
}

impl Space {
    /// The eigenfunctions of degree `k`: spherical harmonics, or products of `k` coordinates.
    pub fn multiplicity(self, degree: u32) -> Integer {
        match self {
            Space::Sphere(d) => multiplicity(d, degree),
            Space::Cube(d) => Integer::from(d).binomial(degree),
        }
    }

    /// # Errors
    /// [`Error::Domain`] for a dimension or a degree that it does not have.
    fn check(self, degree: u32) -> Result<()> {
        let (d, most, what) = match self {
            Space::Sphere(d) => (d, DIMENSION_MAX[0], "a sphere S^d"),
            Space::Cube(d) => (d, DIMENSION_MAX[1], "a cube {-1, 1}^d"),
        };
        if !(1..=most).contains(&d) {
            return Err(Error::Domain(format!(
                "{what} has a dimension from 1 to {most}, {d} is none"
            )));
        }
        if degree > DEGREE_MAX {
            return Err(Error::Domain(format!(
                "a degree is a whole number from 0 to {DEGREE_MAX}, {degree} is beyond"
            )));
        }
        match self {
            Space::Cube(d) if degree > d => Err(Error::Domain(format!(
                "on the cube {{-1, 1}}^{d} degrees end at {d}, {degree} is beyond"
            ))),
            _ => Ok(()),
        }
    }
}

/// One eigenvalue of a kernel.
#[derive(Clone, Debug)]
pub struct Eigenvalue {
    /// `k`
    pub degree: u32,
    /// How many eigenfunctions have it, exactly.
    pub multiplicity: Integer,
    /// `lambda_k >= 0`, enclosed; exactly 0 where the structure of the activation proves that.
    pub value: Ball,
}

impl Eigenvalue {
    /// The structure of the activation makes it 0.
    pub fn vanishes(&self) -> bool {
        self.value.is_exact() && self.value.mid().is_zero()
    }

    /// For the reader.
    pub fn quantity(&self) -> Quantity {
        match self.vanishes() {
            true => Quantity::integer(0),
            false => Quantity::new(&self.value, None),
        }
    }
}

/// The eigenvalues of a kernel, degree by degree.
#[derive(Clone, Debug)]
pub struct KernelSpectrum {
    /// Where the inputs are.
    pub space: Space,
    /// Which kernel.
    pub kind: Kind,
    /// Of how many layers.
    pub depth: Depth,
    /// Degrees 0, 1, 2, ...
    pub eigenvalues: Vec<Eigenvalue>,
    /// `K(1)`, the sum of all eigenvalues; `None` where it is infinite (a singular kernel).
    pub trace: Option<Ball>,
    /// `K(1) - sum_(k <= degree) N lambda_k >= 0`: what all higher degrees have.
    pub rest: Option<Ball>,
}

impl KernelSpectrum {
    pub(super) fn new(
        space: Space,
        (kind, depth): (Kind, Depth),
        values: Vec<Ball>,
        trace: Option<Ball>,
    ) -> KernelSpectrum {
        let eigenvalues: Vec<Eigenvalue> = (0..)
            .zip(values)
            .map(|(degree, value)| Eigenvalue {
                degree,
                multiplicity: space.multiplicity(degree),
                value,
            })
            .collect();
        let rest = trace.as_ref().map(|trace| {
            let bits = trace.bits();
            let all = matches!(space, Space::Cube(d) if eigenvalues.len() > d as usize);
            if all {
                return Ball::int(0, bits);
            }
            let sum = eigenvalues.iter().fold(Ball::int(0, bits), |sum, e| {
                sum + &(&Ball::exact(Float::with_val(bits, &e.multiplicity)) * &e.value)
            });
            not_negative(&(trace - &sum))
        });
        KernelSpectrum {
            space,
            kind,
            depth,
            eigenvalues,
            trace,
            rest,
        }
    }
}

/// The part of a ball that is not negative: of what is known not to be.
pub(super) fn not_negative(x: &Ball) -> Ball {
    match x.is_finite() && x.lower() < 0 && x.upper() >= 0 {
        true => Ball::from_interval(&Float::new(x.bits()), &x.upper(), x.bits()),
        false => x.clone(),
    }
}

impl Network {
    /// The eigenvalues of one of its kernels for degrees `0..=degree`, enclosed, with `effort.digits` certain significant digits each
    /// where they can be had: the precision is raised until they are there.
    ///
    /// On the sphere at any depth up to 10,000, with weights, biases and any activation, kinks included; at infinite depth the limit
    /// `h = lim S_L/lambda^L = lim T_L/((L+1) lambda^L)` of the singular regime, where `alpha < d`. On the cube at any finite depth.
    /// Source and formulas: [`crate::spectrum`].
    ///
    /// # Errors
    /// [`Error::Domain`] for a dimension or a degree out of range, for inputs of two norms, for kernels that are not integrable,
    /// infinite on the diagonal (the tangent kernel of an activation that jumps), or constant (majority and nearest-neighbour limits);
    /// [`Error::Unresolved`] as the kernels; [`Error::Timeout`].
    ///
    /// ```
    /// use deeplimit::spectrum::Space;
    /// use deeplimit::{Activation, Depth, Effort, Kind, Network};
    /// let relu: Activation = "relu".parse()?;
    /// let found = Network::of(&relu).spectrum(Space::Sphere(2), Kind::Nngp, Depth::Layers(1), 3, &Effort::digits(20))?;
    /// // (2 (d+1)) (c_2 int_0^1 t P_k(t) dt)^2: 3/8 for k = 0, 1/6 for k = 1, 3/128 for k = 2, and 0 for odd k from 3 on
    /// let value = |k: usize| found.eigenvalues[k].value.to_f64();
    /// assert!((value(0) - 3.0 / 8.0).abs() < 1e-16 && (value(1) - 1.0 / 6.0).abs() < 1e-16);
    /// assert!((value(2) - 3.0 / 128.0).abs() < 1e-17 && found.eigenvalues[3].vanishes());
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn spectrum(
        &self,
        space: Space,
        kind: Kind,
        depth: Depth,
        degree: u32,
        effort: &Effort,
    ) -> Result<KernelSpectrum> {
        space.check(degree)?;
        let norms = &self.settings().norms;
        if norms.0 != norms.1 {
            return Err(Error::Domain(format!(
                "a spectrum is one of inputs of the same length: the squared norms {} and {} differ",
                norms.0, norms.1
            )));
        }
        self.settings().directions()?;
        self.settings().variances()?;
        let zeros = Zeros::of(self, depth);
        let wanted = bits_for(effort.digits);
        let (values, trace) = match space {
            Space::Sphere(d) => {
                let source = Source::new(self, d, (depth, kind), effort.deadline)?;
                let first = first_guess(space, degree, wanted);
                raised(wanted, &zeros, first, |below, attempt| {
                    on_sphere(&source, d, degree, (below, attempt), &zeros, effort)
                })?
            }
            Space::Cube(d) => self.on_cube(d, (depth, kind), degree, &zeros, effort)?,
        };
        Ok(KernelSpectrum::new(space, (kind, depth), values, trace))
    }
}

/// `lambda_k` is about `K(1)/N(d, k)`, over a power of `k`.
pub(super) fn first_guess(space: Space, degree: u32, wanted: Bits) -> f64 {
    let most = f64::from(space.multiplicity(degree).significant_bits());
    f64::from(wanted) + 32.0 + most + 3.0 * f64::from(degree + 1).log2()
}

/// Eigenvalues, the trace, and whether more bits give more digits.
pub(super) type Found = (Vec<Ball>, Option<Ball>, bool);

/// Raises the accuracy, `2^-below` of the kernel's size, until every eigenvalue that is not known to be 0 has the bits that are wanted.
pub(super) fn raised(
    wanted: Bits,
    zeros: &Zeros,
    first: f64,
    attempt: impl Fn(f64, u32) -> Result<Found>,
) -> Result<(Vec<Ball>, Option<Ball>)> {
    let mut below = first;
    let mut best: Option<(u64, Vec<Ball>, Option<Ball>)> = None;
    for n in 0..ATTEMPTS {
        let (values, trace, resolved) = match (attempt(below, n), &best) {
            (Ok(found), _) => found,
            // what there is, is better than nothing
            (Err(Error::Timeout { .. }), Some(_)) => break,
            (Err(e), _) => return Err(e),
        };
        let missing = |(k, v): (u32, &Ball)| match zeros.hold(k) {
            true => 0,
            false => wanted.saturating_sub(v.relative_bits()),
        };
        let all: u64 = (0..).zip(&values).map(missing).map(u64::from).sum();
        let next = below + more(&values, zeros, wanted, below);
        let last = best.as_ref().map(|b| b.0);
        if last.is_none_or(|last| all < last) {
            best = Some((all, values, trace));
        }
        let stuck = last.is_some_and(|last| all >= last);
        if all == 0 || !resolved || stuck || next > BITS_MAX {
            break;
        }
        below = next;
    }
    let (_, values, trace) =
        best.ok_or_else(|| Error::Unresolved("no eigenvalue was reached".to_owned()))?;
    Ok((values, trace))
}

/// So many bits more are needed: those that the worst one lacks, or, where it could not be told from 0, those that it would lack if
/// it were on the line through the logarithms of two that could.
fn more(values: &[Ball], zeros: &Zeros, wanted: Bits, below: f64) -> f64 {
    let log = |k: usize| -values[k].mid().clone().abs().log2().to_f64();
    let certain = |k: &usize| values[*k].relative_bits() > 8;
    let mut most = 0.0_f64;
    for parity in 0..2 {
        let of = || {
            let all = (parity..values.len()).step_by(2);
            all.filter(|k| !zeros.hold(*k as u32))
        };
        for k in of().filter(certain) {
            most = most.max(f64::from(wanted.saturating_sub(values[k].relative_bits())));
        }
        let Some(last) = of().next_back().filter(|k| !certain(k)) else {
            continue;
        };
        let known: Vec<usize> = of().filter(certain).collect();
        let guess = match known.as_slice() {
            [.., far] if known.len() > 3 => {
                let near = known[known.len() / 2];
                let slope = (log(*far) - log(near)) / (far - near).max(1) as f64;
                log(*far) + 1.05 * slope.max(0.0) * (last - far) as f64 + f64::from(wanted) - below
            }
            _ => below,
        };
        most = most.max(guess.max(below / 4.0));
    }
    most + 16.0
}

fn on_sphere(
    source: &Source,
    d: u32,
    degree: u32,
    (below, attempt): (f64, u32),
    zeros: &Zeros,
    effort: &Effort,
) -> Result<Found> {
    let growth = source.growth();
    let rule = Rule::new(d, degree, growth, below);
    if rule.last > NODES_MAX {
        return Err(Error::Unresolved(format!(
            "on S^{d} degree {degree} takes {} nodes, and at most {NODES_MAX} are taken",
            rule.last
        )));
    }
    // 8 k (k+1) units in the last place, and as many as there are nodes
    let guard = 2.0 * f64::from(degree + 1).log2() + (rule.last as f64 + 1.0).log2() + 16.0;
    let bits = (below + guard).ceil().max(64.0) as Bits;
    // of a kernel that is small everywhere more bits after the point are wanted
    let small = (-growth.size).max(0.0).ceil() as Bits;
    let values = source.values(&rule, bits + small, attempt, effort.deadline)?;
    let unit = &normalisation(d, bits + 32) * &Ball::exact(rule.step.clone());
    let one = Ball::int(1, bits + 32);
    let nodes = (0..)
        .zip(&values.at)
        .map(|(j, [plus, minus])| -> Result<Node> {
            if j % 256 == 0 {
                effort.deadline.check("the nodes")?;
            }
            let gap = gap(&rule.step, j, bits + 32);
            let t = &one - &gap;
            // sech^2 = (1 - t)(1 + t)
            let square = &gap * &(&one + &t);
            let weight = &unit * &power(&square, d);
            let (even, odd) = match j {
                0 => (plus.clone(), Ball::int(0, bits)),
                _ => (plus + minus, plus - minus),
            };
            Ok(Node {
                t: Float::with_val(bits, t.mid()),
                even: (&weight * &even).with_bits(bits),
                odd: (&weight * &odd).with_bits(bits),
            })
        });
    let nodes = nodes.collect::<Result<Vec<Node>>>()?;
    let found = sums(&nodes, d, degree, bits, effort.deadline)?;
    let of = |(k, value): (u32, Ball)| {
        if zeros.hold(k) {
            return Ball::int(0, bits);
        }
        let error = Float::with_val(64, rule.error(k)).exp2();
        not_negative(&value.widened(&error))
    };
    Ok((
        (0..).zip(found).map(of).collect(),
        values.trace,
        values.resolved,
    ))
}

/// `x^(d/2)`
fn power(x: &Ball, d: u32) -> Ball {
    let whole = x.powi(i64::from(d / 2));
    match d % 2 {
        1 => &whole * &x.sqrt(),
        _ => whole,
    }
}
