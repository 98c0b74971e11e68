//! Kernels of networks with weights and biases of any variance, inputs of one norm, at finite depth.
//!
//! Two inputs of the same norm have the same variance `q_l` in every layer, so layer `l` has one map of the correlation,
//! `S_{l+1} = w_l dual_l(S_l) + 1 - w_l`, and `k_L = q_L S_L`, `Theta_L = q_L T_L` ([`crate::recursion::Layers`]). The maps
//! are prepared in balls and rounded, one a layer until the variance moves by less than `2^-60` of itself; all layers
//! from there on share the last one.

use std::cmp::Ordering;
use std::sync::Arc;

use super::angle;
use super::build::{BITS, SERIES_BITS, unit};
use super::charts::{Mirror, Place};
use super::compile::{Heading, compiled};
use super::map::Map;
use super::orbit::{Datum, InputLayer, LAST_STEP, Orbits, Target};
use super::source::{Layered, Reference, Road, Source};
use super::{Depth, Kernel, Kind};
use crate::activation::{Expr, Parity};
use crate::deadline::Deadline;
use crate::dual::{Angular, AngularTable, Dual};
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::real::{Analytic, Ball, Real};
use crate::recursion::{Layers, Network, Pair, Prepared, Scaled, Settings, WeightVariance};

/// Hermite coefficients that the first attempt takes, and the last one.
const DEGREES: [u32; 2] = [64, 1024];
/// The same where kinks let the series converge like `n^(-3/2)`.
const KINKED_DEGREE: u32 = 256;
/// What is left of the slope of a series that is long enough.
const SHORT: f64 = 1e-16;
/// Layers with tables of their own, and with formulas of their own.
const TABLES: usize = 256;
const FORMULAS: usize = 100_000;
/// A variance that moves by less, relatively, has settled.
const SETTLED: i32 = -60;

impl Kernel {
    /// Compiles the kernel of a network in the convention of a paper: weights and biases of any variance, on inputs whose
    /// squared norm is `settings.norms` (the same for both).
    ///
    /// At finite depth any network: `k_L` (NNGP) and `Theta_L` (NTK) as [`crate::recursion::ntk`] has them. At infinite depth
    /// those without biases whose normalised kernel is that of the unit network: the conventions that normalise, on unit
    /// norms, and homogeneous activations in all of them; the limit's normalisation ([`super::LimitForm`]) leaves no factor.
    ///
    /// ```
    /// use deeplimit::{activation::Expr, deadline::Deadline, recursion::{Convention, Settings}};
    /// use deeplimit::kernel::{Depth, Kernel, Kind};
    /// let settings = Settings {
    ///     convention: Convention::Lee2019,
    ///     sigma_w: Some(Expr::parse("3/2").unwrap()),
    ///     sigma_b: Some(Expr::parse("1/10").unwrap()),
    ///     ..Settings::default()
    /// };
    /// let erf = Expr::parse("erf").unwrap();
    /// let k = Kernel::of_network(&erf, Depth::Layers(1), Kind::Nngp, &settings, Deadline::default()).unwrap();
    /// // Williams 1997: sigma_w^2 (2/pi) asin(2 k_0/(1 + 2 q_0)) + sigma_b^2, q_0 = 2.26, k_0 = 2.25 rho + 0.01
    /// let exact = 2.25 * 2.0 / std::f64::consts::PI * (2.0f64 * (1.125 + 0.01) / 5.52).asin() + 0.01;
    /// assert!((k.at(0.5) / exact - 1.0).abs() < 1e-14);
    /// assert!(k.accuracy().measured < 1e-13);
    /// ```
    ///
    /// # Errors
    /// [`Error::Domain`] for norms that differ or are not positive, for parameters that the convention does not have, and
    /// at infinite depth for other networks; [`Error::Unresolved`] where variances of the layers are out of all bounds or do
    /// not settle within 100,000 layers (256 where the dual has no closed form), and as [`Kernel::new`]; [`Error::Timeout`].
    pub fn of_network(
        expr: &Expr,
        depth: Depth,
        kind: Kind,
        settings: &Settings,
        deadline: Deadline,
    ) -> Result<Kernel> {
        let activation = Activation::new(expr)?;
        Network::with(&activation, settings.clone()).kernel(depth, kind, &by(deadline))
    }

    /// [`Kernel::of_network`] of both kinds, at little more than the price of one.
    ///
    /// # Errors
    /// As [`Kernel::of_network`], of either.
    pub fn both_of_network(
        expr: &Expr,
        depth: Depth,
        settings: &Settings,
        deadline: Deadline,
    ) -> Result<Pair<Kernel>> {
        let activation = Activation::new(expr)?;
        Network::with(&activation, settings.clone()).kernels(depth, &by(deadline))
    }
}

fn by(deadline: Deadline) -> Effort {
    Effort {
        deadline,
        ..Effort::default()
    }
}

impl Network {
    /// One of its kernels, compiled: [`Kernel::of_network`]. Of the effort the time counts; the digits are those of doubles.
    ///
    /// # Errors
    /// As [`Kernel::of_network`].
    pub fn kernel(&self, depth: Depth, kind: Kind, effort: &Effort) -> Result<Kernel> {
        let mut kernels = self.compiled(depth, &[kind], effort.deadline)?;
        kernels.pop().ok_or_else(|| out_of_bounds(0))
    }

    /// Both kernels, compiled, at little more than the price of one: the orbit of a correlation gives both.
    ///
    /// # Errors
    /// As [`Kernel::of_network`], of either.
    ///
    /// ```
    /// use deeplimit::{Activation, Depth, Effort, Network};
    /// let relu: Activation = "relu".parse()?;
    /// let kernels = Network::of(&relu).kernels(Depth::Layers(3), &Effort::default())?;
    /// assert_eq!((kernels.nngp.diagonal(), kernels.ntk.diagonal()), (1.0, 4.0));
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn kernels(&self, depth: Depth, effort: &Effort) -> Result<Pair<Kernel>> {
        let kinds = [Kind::Nngp, Kind::Ntk];
        let mut kernels = self.compiled(depth, &kinds, effort.deadline)?.into_iter();
        let (Some(nngp), Some(ntk)) = (kernels.next(), kernels.next()) else {
            return Err(out_of_bounds(0));
        };
        Ok(Pair { nngp, ntk })
    }

    fn compiled(&self, depth: Depth, kinds: &[Kind], deadline: Deadline) -> Result<Vec<Kernel>> {
        let mut found = of_kinds(self.activation(), depth, kinds, self.settings(), deadline)?;
        let origin = Arc::new(self.clone());
        for kernel in &mut found {
            kernel.origin = Some(Arc::clone(&origin));
        }
        Ok(found)
    }
}

/// The kernels of these kinds.
fn of_kinds(
    activation: &Activation,
    depth: Depth,
    kinds: &[Kind],
    settings: &Settings,
    deadline: Deadline,
) -> Result<Vec<Kernel>> {
    let (norm, other) = &settings.norms;
    if *norm != *other {
        return Err(Error::Domain(format!(
            "a compiled kernel is one of inputs of the same length: the squared norms {norm} and {other} differ"
        )));
    }
    settings.directions()?;
    let variances = settings.variances()?;
    let words = words(settings);
    let normalising = matches!(variances.weight, WeightVariance::Normalising);
    if normalising && *norm == 1 {
        return unit(activation, depth, kinds, words, deadline);
    }
    let structure = activation;
    let homogeneous = structure.homogeneity.is_some() && variances.bias.is_zero();
    if depth == Depth::Infinite && !homogeneous {
        return Err(Error::Domain(format!(
            "infinite depth is known for normalised activations without biases (radhakrishnan2022, arora2019) and for \
                 homogeneous ones without biases: with these weights and biases give `{}` a number of layers",
            structure.expr
        )));
    }
    let of = |degree| -> Result<(Layers<Ball>, Ball)> {
        let activation = Prepared::<Ball>::new(structure, degree, SERIES_BITS, deadline)?;
        let one = Ball::int(1, BITS);
        let weight = match &variances.weight {
            WeightVariance::Fixed(w) => w.evaluate(BITS),
            WeightVariance::Normalising => &one / &activation.square(&one)?,
        };
        let network = Layers {
            activation,
            weight,
            bias: variances.bias.evaluate(BITS),
        };
        let first: Ball = variances.first.evaluate(BITS);
        Ok((network, &first * &Ball::rational(norm, BITS)))
    };
    if homogeneous {
        let kernels = unit(activation, depth, kinds, words, deadline)?;
        let Depth::Layers(l) = depth else {
            return Ok(kernels);
        };
        let (network, input) = of(4)?;
        let (variance, _) = network
            .homogeneous(&input, l)
            .ok_or_else(|| out_of_bounds(l))?;
        let scaled = |kernel: Kernel| {
            let mut kernel = kernel.times(&variance);
            if *norm != 1 {
                kernel.degree = None;
            }
            kernel
        };
        return Ok(kernels.into_iter().map(scaled).collect());
    }
    let Depth::Layers(l) = depth else {
        return Err(out_of_bounds(0));
    };
    let mut degree = DEGREES[0];
    let last = match structure.has_breakpoints() {
        true => KINKED_DEGREE,
        false => DEGREES[1],
    };
    let found = loop {
        let (network, input) = of(degree)?;
        match source(network, input, structure, l, degree < last, deadline)? {
            Some(source) => break source,
            None => degree *= 2,
        }
    };
    let heading = Heading {
        activation: structure.expr.to_string(),
        depth,
        regime: None,
        phase: None,
        network: words,
        limit: None,
        degree: None,
    };
    compiled(found, &heading, kinds, deadline)
}

/// What an entry depends on besides activation, depth and kind.
fn words(s: &Settings) -> String {
    let or_none = |e: &Option<Expr>| e.as_ref().map_or("-".to_owned(), Expr::to_string);
    format!(
        "{} sigma_w {} sigma_b {} norm {}",
        s.convention.name(),
        or_none(&s.sigma_w),
        or_none(&s.sigma_b),
        s.norms.0
    )
}

fn out_of_bounds(layer: u64) -> Error {
    Error::Unresolved(format!(
        "the variance of layer {layer} is out of all bounds: with this sigma_w it grows without end"
    ))
}

/// The layers of a network, one map each. `None` where a layer takes a longer series than this and there `may_grow` be one.
fn source(
    network: Layers<Ball>,
    input: Ball,
    structure: &Activation,
    depth: u64,
    may_grow: bool,
    deadline: Deadline,
) -> Result<Option<Source>> {
    let parity = structure.parity;
    let biased = network.is_biased();
    // the map of one layer, and the whole kernel
    let (inner, mirror) = match (parity, biased) {
        (Some(Parity::Even), false) if depth > 0 => (Mirror::Even, Mirror::Even),
        (Some(Parity::Even), _) => (Mirror::Even, Mirror::None),
        (Some(Parity::Odd), false) => (Mirror::Odd, Mirror::Odd),
        _ => (Mirror::None, Mirror::None),
    };
    let mirror = match (depth, biased) {
        (0, false) => Mirror::Odd,
        _ => mirror,
    };
    let mut q = &input + &network.bias;
    let undefined = || {
        Error::Unresolved(format!(
            "the dual of `{}` is undefined somewhere in doubles",
            structure.expr
        ))
    };
    let (mut maps, mut second) = (Vec::new(), Vec::new());
    let mut lambda = None;
    for l in 0..depth {
        deadline.check("the preparation of the layers")?;
        let (dual, next) = network.correlation_map(&q)?;
        if !next.is_finite() || next.sign() != Some(Ordering::Greater) {
            return Err(out_of_bounds(l + 1));
        }
        let rounded: Dual<f64> = dual.rounded();
        let slow = dual.is_slow();
        let share = ((&next - &network.bias) / &next).to_f64();
        let scale = q.sqrt().to_f64();
        let alone = match slow {
            true => angle::exact(&dual, structure, (scale, share), deadline),
            false => None,
        };
        let angles = match &dual {
            Dual::Series(_) => angle::duals(structure, scale, share, deadline)
                .filter(|pair| angle::agree(&pair[1], &rounded, &[-0.5, -0.25, 0.25, 0.5])),
            _ => None,
        };
        deadline.check("the preparation of the layers")?;
        let series = match &dual {
            _ if slow => true,
            Dual::Series(_) if angles.is_some() => true,
            Dual::Series(s) => {
                let rest = s.slope_tail.as_ref().unwrap_or(&s.tail);
                // the radius is what the coefficients are uncertain by, and no longer series mends it
                if may_grow && rest.to_f64().abs() > SHORT + 2.0 * rest.radius().to_f64() {
                    return Ok(None);
                }
                true
            }
            _ => false,
        };
        let cap = if series { TABLES } else { FORMULAS };
        if maps.len() >= cap {
            return Err(Error::Unresolved(format!(
                "the variances of the layers of `{}` do not settle within {cap} layers, so they cannot be prepared",
                structure.expr
            )));
        }
        lambda = dual.leading().filter(|(k, _)| *k == 1);
        if let Some([first, again]) = &angles {
            let of = |a: &Angular| Map::new(rounded.clone(), inner, Some(AngularTable::of(a)));
            second.push(of(again).ok_or_else(undefined)?);
            maps.push(of(first).ok_or_else(undefined)?);
        } else {
            maps.push(Map::new(rounded, inner, alone).ok_or_else(undefined)?);
        }
        let moved = (&next.midpoint() - &q.midpoint()).magnitude();
        let least = q.magnitude() * 2f64.powi(SETTLED);
        q = next;
        if moved < least {
            break;
        }
    }
    if depth > LAST_STEP && network.is_biased() && maps.len() as u64 == depth {
        return Err(out_of_bounds(depth));
    }
    let whole = &input + &network.bias;
    let share = &input / &whole;
    let bias = (&network.bias / &whole).to_f64();
    let orbits = |maps| Orbits {
        maps,
        entry: InputLayer {
            share: share.to_f64(),
            bias,
        },
        lambda: lambda.as_ref().map(|(_, c): &(u32, Ball)| c.to_f64()),
        datum: Datum::NONE,
        target: Target::Layers(depth),
        deadline,
    };
    // one of every layer, or none
    let second = (!second.is_empty() && second.len() == maps.len()).then(|| orbits(second));
    let road = Road::Network(Box::new(Layered {
        network,
        input,
        parity,
        depth,
    }));
    let mut source = Source {
        orbits: orbits(maps),
        second,
        diagonal: Pair {
            nngp: Ok(Some(Scaled::plain(q.clone()))),
            ntk: Ok(None),
        },
        scale: Some(q),
        mirror,
        power: u64::from(mirror == Mirror::Odd),
        degree: None,
        reference: Reference::by(road, deadline),
    };
    if structure.continuous != Some(false) || depth == 0 {
        let equal = Place::Near(0.0);
        source.diagonal.ntk = match source.again(equal) {
            Some(at) => Ok(Some(at.ntk.enclosed())),
            None => source.reference.at(equal).map(|pair| Some(pair.ntk)),
        };
    }
    Ok(Some(source))
}
