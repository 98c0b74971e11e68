//! Kernels at the nodes of the rule, in balls, and how large they are in the disc.

use std::cmp::Ordering;

use rug::{Float, Rational};

use super::rule::{Growth, Rule};
use crate::activation::Parity;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::limit::{Koenigs, Limit, LimitKernel, Regime, Subject};
use crate::real::{Analytic, Ball, Bits, Real};
use crate::recursion::{
    Attempt, Correlation, Depth, Kind, Network, Pair, Scaled, Variances, WeightVariance,
};

/// Layers that are walked through one by one at every node.
pub(super) const LAYERS_MAX: u64 = 10_000;
/// Hermite coefficients of the first attempt, and of the last one.
const DEGREES: [u32; 2] = [128, 1024];
/// Of a series so much of the way to 1 is prepared.
const FAR: (u32, u32) = (63, 64);

/// Whose kernel.
pub(super) enum Source {
    /// A network of finite depth.
    Layers(Box<Layered>),
    /// The Koenigs function of a singular kernel.
    Singular {
        subject: Box<Subject>,
        growth: Growth,
    },
}

pub(super) struct Layered {
    structure: Activation,
    variances: Variances,
    norms: (Rational, Rational),
    depth: u64,
    kind: Kind,
    /// `log2 K(1)`, rounded up.
    size: f64,
}

/// The kernel at the nodes.
pub(super) struct Values {
    /// `K(t_j)` and `K(-t_j)`.
    pub at: Vec<[Ball; 2]>,
    /// `K(1)`, where it is finite.
    pub trace: Option<Ball>,
    /// More accuracy gives more digits.
    pub resolved: bool,
}

impl Source {
    /// # Errors
    /// [`Error::Domain`] for a kernel that is not integrable on `S^d`, infinite on the diagonal, or constant; as the kernels.
    pub fn new(
        network: &Network,
        d: u32,
        (depth, kind): (Depth, Kind),
        deadline: Deadline,
    ) -> Result<Source> {
        let (activation, settings) = (network.activation(), network.settings());
        let depth = match depth {
            Depth::Layers(depth) => depth,
            Depth::Infinite => return singular(network, d, deadline),
        };
        if depth > LAYERS_MAX {
            return Err(Error::Domain(format!(
                "a spectrum on the sphere takes at most {LAYERS_MAX} layers, or infinitely many: {depth} is beyond"
            )));
        }
        if kind == Kind::Ntk && depth > 0 {
            match activation.continuous {
                Some(true) => {}
                Some(false) => {
                    return Err(Error::Domain(format!(
                        "`{}` jumps, so its neural tangent kernel is infinite on the diagonal and has no trace; its nngp has a \
                         spectrum",
                        activation.typed
                    )));
                }
                None => {
                    return Err(Error::Unresolved(format!(
                        "whether the tangent kernel of `{}` is finite on the diagonal: that it does not jump could not be proved",
                        activation.typed
                    )));
                }
            }
        }
        let mut layered = Layered {
            structure: activation.clone(),
            variances: settings.variances()?,
            norms: settings.norms.clone(),
            depth,
            kind,
            size: 0.0,
        };
        if activation.continuous != Some(true) && !layered.is_unit() {
            return Err(Error::Domain(format!(
                "`{}` is not known to be continuous: its spectrum is that of the normalised network on inputs of norm 1, without biases",
                activation.typed
            )));
        }
        let size = layered
            .trace(DEGREES[0], 64, deadline)
            .map(|trace| log2(&trace).filter(|s| s.is_finite()))?;
        layered.size = size.ok_or_else(|| {
            Error::Unresolved(format!(
                "the kernel of `{}` on the diagonal could not be enclosed at depth {depth}",
                activation.typed
            ))
        })?;
        Ok(Source::Layers(Box::new(layered)))
    }

    /// How large it is.
    pub fn growth(&self) -> Growth {
        match self {
            Source::Layers(l) => Growth {
                size: l.size,
                exponent: 0.0,
                cut: 0.0,
            },
            Source::Singular { growth, .. } => *growth,
        }
    }

    /// At the nodes of a rule, with absolute errors of about `2^-accuracy`; `attempt` counts from 0.
    ///
    /// # Errors
    /// [`Error::Unresolved`], [`Error::Timeout`].
    pub fn values(
        &self,
        rule: &Rule,
        accuracy: Bits,
        attempt: u32,
        deadline: Deadline,
    ) -> Result<Values> {
        match self {
            Source::Layers(layered) => {
                // where slopes are infinite at -1, the last node is told from it
                let accuracy = match layered.structure.continuous {
                    Some(true) => accuracy,
                    _ => accuracy + rule.last_gap_bits(),
                };
                let bits = accuracy + 32;
                let mirror = layered.mirror();
                let mut places = Vec::with_capacity(2 * rule.last as usize + 2);
                for j in 0..=rule.last {
                    if j % 256 == 0 {
                        deadline.check("the nodes")?;
                    }
                    let gap = gap(&rule.step, j, bits);
                    if mirror.is_none() {
                        let opposite = (&gap - &Ball::int(1, bits)).clamp_unit();
                        places.push(Correlation::Plain(opposite));
                    }
                    places.push(Correlation::gap_of(gap));
                }
                let degree = (DEGREES[0] << attempt.min(8)).min(DEGREES[1]);
                let (found, expanded) = layered.kernels(&places, degree, accuracy, deadline)?;
                let at = match mirror {
                    Some(Parity::Odd) => found.into_iter().map(|x| [x.clone(), -x]).collect(),
                    Some(Parity::Even) => found.into_iter().map(|x| [x.clone(), x]).collect(),
                    None => {
                        let pairs = found.chunks_exact(2);
                        pairs.map(|p| [p[1].clone(), p[0].clone()]).collect()
                    }
                };
                Ok(Values {
                    at,
                    trace: Some(layered.trace(degree, accuracy, deadline)?),
                    resolved: !expanded || degree < DEGREES[1],
                })
            }
            Source::Singular { subject, .. } => {
                let bits = accuracy + 64;
                let kernel = subject.kernel(&Rational::from(FAR), bits, deadline)?;
                let h = koenigs(&kernel)?;
                let at = |j: u64| {
                    deadline.check("the kernel at the nodes")?;
                    let gap = gap(&rule.step, j, bits);
                    let minus = match subject.parity() {
                        Some(_) => None,
                        None => {
                            let place = Correlation::Plain(&gap - &Ball::int(1, bits));
                            Some(value(h, &place)?)
                        }
                    };
                    let plus = value(h, &Correlation::gap_of(gap))?;
                    let minus = minus.unwrap_or_else(|| match subject.parity() {
                        Some(Parity::Odd) => -&plus,
                        _ => plus.clone(),
                    });
                    Ok([plus, minus])
                };
                let at: Result<Vec<_>> = (0..=rule.last).map(at).collect();
                Ok(Values {
                    at: at?,
                    trace: None,
                    resolved: true,
                })
            }
        }
    }
}

impl Layered {
    fn is_unit(&self) -> bool {
        let normalising = matches!(self.variances.weight, WeightVariance::Normalising);
        normalising && self.norms.0 == 1 && self.norms.1 == 1
    }

    /// `K(-rho) = K(rho)`, or `-K(rho)`.
    fn mirror(&self) -> Option<Parity> {
        match (self.variances.bias.is_zero(), self.depth) {
            (false, _) => None,
            (true, 0) => Some(Parity::Odd),
            (true, _) => self.structure.parity,
        }
    }

    /// `K(1)`
    fn trace(&self, degree: u32, accuracy: Bits, deadline: Deadline) -> Result<Ball> {
        // the variance of a normalised network, also where the activation jumps and its tangent kernel is infinite
        if self.is_unit() && self.kind == Kind::Nngp {
            return Ok(Ball::int(1, accuracy));
        }
        let one = Correlation::Gap(Ball::int(0, accuracy + 32));
        let (mut found, _) = self.kernels(&[one], degree, accuracy, deadline)?;
        Ok(found.swap_remove(0))
    }

    /// The kernel at places.
    fn kernels(
        &self,
        places: &[Correlation<Ball>],
        degree: u32,
        accuracy: Bits,
        deadline: Deadline,
    ) -> Result<(Vec<Ball>, bool)> {
        let attempt = Attempt {
            structure: &self.structure,
            variances: &self.variances,
            norms: &self.norms,
            depth: self.depth,
            degree,
            accuracy,
            deadline,
        };
        let (found, expanded) = attempt.kernels(places, |_| Ok(()))?;
        let of = |k: Result<Pair<Scaled<Ball>>>| {
            let k = k?;
            let value = match self.kind {
                Kind::Nngp => k.nngp,
                Kind::Ntk => k.ntk,
            };
            Ok(value.value())
        };
        Ok((found.into_iter().map(of).collect::<Result<_>>()?, expanded))
    }
}

/// `1 - tanh(j h) = 2/(e^(2 j h) + 1)`.
pub(super) fn gap(step: &Float, j: u64, bits: Bits) -> Ball {
    let twice = &Ball::exact(step.clone()).with_bits(bits) * &Ball::int(2 * j as i64, bits);
    Ball::int(2, bits) / (twice.exp() + Ball::int(1, bits))
}

/// `log2` of the upper end.
fn log2(x: &Ball) -> Option<f64> {
    x.is_finite()
        .then(|| Float::with_val(64, x.magnitude().log2_ref()).to_f64() + 1e-9)
}

fn koenigs(kernel: &LimitKernel) -> Result<&Koenigs<Ball>> {
    match kernel.limit() {
        Limit::Singular(h) => Ok(h),
        _ => Err(Error::Unresolved(
            "the limit kernel is not the singular one".to_owned(),
        )),
    }
}

fn value(h: &Koenigs<Ball>, place: &Correlation<Ball>) -> Result<Ball> {
    // the whole range of what is near 0 includes it
    if place.value().sign() == Some(Ordering::Equal) {
        return Ok(Ball::int(0, place.bits()));
    }
    h.at(place).filter(Ball::is_finite).ok_or_else(|| {
        Error::Unresolved(format!(
            "the orbit of the correlation {} could not be followed to 0",
            place.value().to_f64()
        ))
    })
}

/// `h = lim S_L/lambda^L`, which behaves like `(1 - rho)^(-alpha/2)`: for `t <= delta` convexity gives `1 - dual(1 - t) >= b t`,
/// `b = (1 - dual(1 - delta))/delta < B'`, so `h(1 - t) <= h(1 - b t)/lambda` and
/// `h(1 - t) <= h(1 - delta/b) (delta/t)^(-log(lambda)/log(b))`. \[DERIVED\]
fn singular(network: &Network, d: u32, deadline: Deadline) -> Result<Source> {
    let activation = network.activation();
    let name = &activation.typed;
    let settings = network.settings();
    let normalising = matches!(settings.variances()?.weight, WeightVariance::Normalising);
    if !normalising || settings.norms.0 != 1 || settings.norms.1 != 1 {
        return Err(Error::Domain(
            "at infinite depth there is the spectrum of the normalised network without biases on inputs of norm 1".to_owned(),
        ));
    }
    let subject = Subject::of(activation, deadline)?;
    let verdict = &subject.classification;
    if verdict.regime != Regime::Singular {
        let becomes = match verdict.regime {
            Regime::Linear => "it is linear at every depth, and depth 1 has its spectrum",
            Regime::NearestNeighbour => "it is 0 away from the diagonal",
            _ => "it is constant away from the diagonal, so that degree 0 has all of it",
        };
        return Err(Error::Domain(format!(
            "the kernel of `{name}` at infinite depth is not singular ({}): {becomes}; take a finite depth",
            verdict.regime
        )));
    }
    if let Some(alpha) = verdict.alpha.as_ref().filter(|a| a.is_finite()) {
        let refused = || {
            Error::Domain(format!(
                "the kernel of `{name}` at infinite depth is not integrable on S^{d}: alpha = {} is not below {d}",
                alpha.beginning()
            ))
        };
        if let Some(integer) = alpha.as_integer() {
            if integer >= d {
                return Err(refused());
            }
        } else if let Some(ball) = alpha.ball() {
            match ball.compare(&Ball::int(i64::from(d), 64)) {
                Some(Ordering::Less) => {}
                Some(_) => return Err(refused()),
                None => {
                    return Err(Error::Unresolved(format!(
                        "whether the kernel of `{name}` at infinite depth is integrable on S^{d}: alpha = {} could not be told \
                         from {d}",
                        alpha.beginning()
                    )));
                }
            }
        }
    }
    let growth = majorant(&subject, d, deadline)?;
    Ok(Source::Singular {
        subject: Box::new(subject),
        growth,
    })
}

fn majorant(subject: &Subject, d: u32, deadline: Deadline) -> Result<Growth> {
    let bits = 128;
    let kernel = subject.kernel(&Rational::from(FAR), bits, deadline)?;
    let h = koenigs(&kernel)?;
    let mut best: Option<Growth> = None;
    for cut in [4, 8, 12, 16, 24, 32, 48] {
        let delta = Ball::int(1, bits).scale2(-cut);
        let slope = kernel.dual().gap(&delta).scale2(cut).lower_end();
        if slope.compare(&Ball::int(1, bits)) != Some(Ordering::Greater) {
            continue;
        }
        let exponent = (-(&h.multiplier().ln() / &slope.ln())).upper_end().to_f64() + 1e-12;
        let place = (&delta / &slope).lower_end();
        let Some(size) = h.at(&Correlation::gap_of(place)).as_ref().and_then(log2) else {
            continue;
        };
        if f64::from(d) - 2.0 * exponent <= 0.0 {
            continue;
        }
        let growth = Growth {
            size,
            exponent,
            cut: -f64::from(cut),
        };
        let better = |b: &Growth| (b.exponent - exponent) > 0.02 * (f64::from(d) - 2.0 * exponent);
        if best.as_ref().is_none_or(better) {
            best = Some(growth);
        }
    }
    best.ok_or_else(|| {
        Error::Unresolved(format!(
            "no bound of the singular kernel of `{}` was found that is integrable on S^{d}: alpha is too near {d}",
            subject.classification.activation
        ))
    })
}
