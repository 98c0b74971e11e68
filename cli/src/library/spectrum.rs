//! The seam: spectra of kernels, and learning curves.

use deeplimit::error::Result;
use deeplimit::real::Quantity;
use deeplimit::recursion::{Depth, Kind};
use deeplimit::spectrum::{
    Decay, DrawnCurve, KernelSpectrum, LearningCurve, LearningExperiment, ObservedDecay,
};
use deeplimit::{Activation, Error, Network};

use super::{NetworkRequest, Request, Sheet};
use crate::typed;

pub use deeplimit::spectrum::{
    CurvePoint, DEGREE_MAX as SPECTRUM_DEGREE_MAX, DIMENSION_MAX as SPECTRUM_DIMENSIONS_MAX,
    Measurement, Space,
};

/// Which kernel of which network.
#[derive(Clone, Debug)]
pub struct Which {
    pub network: NetworkRequest,
    pub kind: Kind,
    pub depth: Depth,
}

/// `deeplimit spectrum`.
#[derive(Clone, Debug)]
pub struct Spectra {
    pub found: KernelSpectrum,
    pub trace: Option<Quantity>,
    pub rest: Option<Quantity>,
    pub decay: Option<Decay>,
    pub observed: Vec<ObservedDecay>,
}

/// What is to be learned.
#[derive(Clone, Debug)]
pub struct Lesson {
    pub sphere: u32,
    /// Degrees with their weights.
    pub target: Vec<(u32, f64)>,
    pub inputs: Vec<u32>,
    /// Over the kernel's diagonal.
    pub ridge: f64,
    pub noise: f64,
    pub trials: u32,
    pub tests: u32,
    pub seed: u64,
}

/// `deeplimit learn`.
#[derive(Clone, Debug)]
pub struct Learned {
    /// For each number of points, in order.
    pub rows: Vec<(CurvePoint, Option<Measurement>)>,
    /// For a line.
    pub line: Vec<CurvePoint>,
    /// The ridge in units of the kernel.
    pub ridge: f64,
    /// The spectrum ends here.
    pub degree: u32,
}

impl Which {
    fn network(&self, text: &str) -> Result<Network> {
        let activation = Activation::new(&typed::parsed(text)?)?;
        Ok(Network::with(&activation, self.network.settings()?))
    }
}

/// The eigenvalues of a kernel.
pub fn spectrum(
    text: &str,
    which: &Which,
    (space, degree): (Space, u32),
    request: Request,
) -> Result<Spectra> {
    let effort = request.effort();
    let network = which.network(text)?;
    let found = network.spectrum(space, which.kind, which.depth, degree, &effort)?;
    let quantity = |b: &deeplimit::Ball| Quantity::new(b, None);
    Ok(Spectra {
        trace: found.trace.as_ref().map(quantity),
        rest: found.rest.as_ref().map(quantity),
        decay: network.decay(space, which.kind, which.depth),
        observed: found.observed_decay(),
        found,
    })
}

/// The most degrees that a prediction takes, and the digits of their eigenvalues.
const DEGREES: u32 = 2_000;
const DIGITS: usize = 8;
/// So many times as many eigenfunctions as points.
const MODES: f64 = 32.0;
/// Points of a line for each factor of two.
const FINE: i32 = 8;

/// What is predicted of kernel regression, and measured.
pub fn learned(text: &str, which: &Which, lesson: &Lesson, request: Request) -> Result<Learned> {
    let effort = request.effort();
    let network = which.network(text)?;
    let most = f64::from(lesson.inputs.iter().copied().max().unwrap_or(1));
    let space = Space::Sphere(lesson.sphere);
    let mut degree = lesson.target.iter().map(|t| t.0).max().unwrap_or(0) + 2;
    let mut modes: f64 = (0..=degree).map(|k| space.multiplicity(k).to_f64()).sum();
    while modes < MODES * most && degree < DEGREES {
        degree += 1;
        modes += space.multiplicity(degree).to_f64();
    }
    let with = deeplimit::Effort {
        digits: DIGITS,
        ..effort
    };
    let spectrum = network.spectrum(space, which.kind, which.depth, degree, &with)?;
    let diagonal = spectrum.trace.as_ref().map(deeplimit::Ball::to_f64);
    let diagonal = diagonal.ok_or_else(|| {
        Error::Domain(
            "a singular kernel is infinite on the diagonal, and is no kernel of a regression: take a finite depth".to_owned(),
        )
    })?;
    let ridge = lesson.ridge * diagonal;
    let last = lesson.target.iter().map(|t| t.0).max().unwrap_or(0) as usize;
    let mut target = vec![0.0; last + 1];
    for (k, weight) in &lesson.target {
        target[*k as usize] += weight;
    }
    let curve = LearningCurve::new(&spectrum, &target, ridge, lesson.noise)?;
    let experiment = LearningExperiment {
        sphere: lesson.sphere,
        target,
        ridge,
        noise: lesson.noise,
        trials: lesson.trials as usize,
        tests: lesson.tests as usize,
        seed: lesson.seed,
    };
    let kernel = match lesson.trials {
        0 => None,
        _ => Some(network.kernel(which.depth, which.kind, &effort)?),
    };
    let mut rows = Vec::new();
    for n in &lesson.inputs {
        let measured = kernel
            .as_ref()
            .map(|kernel| experiment.measured(kernel, *n as usize, effort.deadline));
        rows.push((curve.predicted(f64::from(*n))?, measured.transpose()?));
    }
    let least = f64::from(lesson.inputs.iter().copied().min().unwrap_or(1));
    let steps = ((most / least).log2() * f64::from(FINE)).ceil() as i32;
    let at = |k: i32| least * (most / least).powf(f64::from(k) / f64::from(steps.max(1)));
    let line: Result<Vec<_>> = (0..=steps).map(|k| curve.predicted(at(k))).collect();
    Ok(Learned {
        rows,
        line: line?,
        ridge,
        degree,
    })
}

/// The figure of some.
pub fn learning_sheet(title: &str, all: &[(String, Learned)]) -> Sheet {
    let curves: Vec<DrawnCurve> = all
        .iter()
        .map(|(name, l)| DrawnCurve {
            name: name.clone(),
            predicted: l.line.clone(),
            measured: l.rows.iter().filter_map(|r| r.1.clone()).collect(),
        })
        .collect();
    Sheet::from(deeplimit::spectrum::learning_figure(title, &curves))
}
