//! The seam: the questions that this door asks of the library, and nothing else. Every command goes
//! through here; no other file of the command line calls the mathematics.

mod accuracies;
mod blocks;
mod certainty;
mod data;
mod design;
mod dynamics;
mod emit;
mod evaluation;
mod figure;
mod identities;
pub mod images;
mod phase;
mod portrait;
mod predictions;
mod regress;
mod spectrum;

use std::sync::OnceLock;
use std::time::Duration;

pub use accuracies::{Line, accuracies, best};
pub use blocks::Blocks;
pub use certainty::ErrorJson;
pub use design::{
    DesignedKernel, KernelSource, critical, designed_kernel, extremal, known_activations, leaky,
    local_slope, members, nearest, slopes,
};
pub use dynamics::dynamics;
pub use emit::emitted;
pub use figure::{picture, pictures};
pub use identities::{
    Failure, Findings, Fineness, Identity, Inquiry, Numeral, Question, all_identities, examined,
    reference_activations, reference_rows,
};
pub use phase::{CriticalPoint, GROWS_SO_FAR, Phases, Place, Standing, Standings, phase};
pub use portrait::{Portrait, comparison, portrait};
pub use regress::{Regressed, Tried, regressed};
pub use spectrum::{
    Learned, Lesson, SPECTRUM_DEGREE_MAX, SPECTRUM_DIMENSIONS_MAX, Space, Spectra, Which, learned,
    learning_sheet, spectrum,
};

pub use data::{GramReport, Merged, Predictions, RowPair, Tested, extremes, gram, merged};
pub use evaluation::{Evaluation, Fold, evaluation};
pub use predictions::{Predicted, predictions};

pub use deeplimit::activation::Entry;
use deeplimit::activation::Expr;
pub use deeplimit::classifier::Advance;
use deeplimit::deadline::Deadline;
pub use deeplimit::dual::DualValue;
use deeplimit::error::{Error, Result};
pub use deeplimit::figure::{Figure, Picture, Sheet};
pub use deeplimit::limit::Limits;
use deeplimit::limit::{
    self, Breakdown, Classification, DeepValue, LimitKernel, NaiveFormat, Quantity, Settling,
    Subject,
};
pub use deeplimit::paper::{
    Claim, Finding, Laboratory, Measured, Paper, Part, Row, Rows, Source, Verdict, Wanted,
    standings::Placing, standings::standings, uci::OnSet, uci::RULES, uci::outcome,
};
use deeplimit::real::Arithmetic;
pub use deeplimit::recursion::Convention;
use deeplimit::recursion::Settings;
use deeplimit::{dual, hermite, paper, quadrature};
use rug::Rational;

use crate::number::Deep;
use crate::typed;

/// `deeplimit depth`.
#[derive(Clone, Debug)]
pub struct Depths {
    pub classification: Classification,
    /// `-1/log(multiplier)`.
    pub scale: Option<Quantity>,
    pub found: Found,
}

/// The depths at one correlation.
#[derive(Clone, Debug)]
// One for each correlation that is asked about: its size does not matter.
#[allow(clippy::large_enum_variant)]
pub enum Found {
    /// They are.
    Depths {
        settling: Settling,
        single: Breakdown,
        double: Breakdown,
    },
    /// There is none to be asked for, and why.
    Apart(&'static str),
}

/// What the depths of one activation are found with, at all correlations that are asked about.
pub struct DepthQuestion {
    text: String,
    /// The largest modulus below 1.
    far: Rational,
    tolerance: Rational,
    request: Request,
    ready: OnceLock<Result<(Subject, LimitKernel)>>,
}

/// How much is wanted of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Significant decimal digits.
    pub digits: u32,
    /// How long the answer may take.
    pub timeout: Duration,
}

impl Request {
    fn digits(&self) -> usize {
        self.digits as usize
    }

    /// The same for questions that take it whole; the clock starts here.
    fn effort(&self) -> deeplimit::Effort {
        deeplimit::Effort::digits(self.digits()).within(self.timeout)
    }

    /// The clock starts here.
    fn deadline(&self) -> Deadline {
        Deadline::after(self.timeout)
    }
}

/// `deeplimit constants`.
#[derive(Clone, Debug)]
pub struct Constants {
    pub activation: String,
    pub normalisation: Option<Quantity>,
    pub a: Option<Quantity>,
    pub a_prime: Option<Quantity>,
    pub b_prime: Option<Quantity>,
    pub alpha: Option<Quantity>,
}

/// The expression in printed form, or the syntax error.
pub fn printed(text: &str) -> Result<String> {
    typed::parsed(text).map(|expr| expr.to_string())
}

/// The catalogue.
pub fn catalogue() -> &'static [Entry] {
    deeplimit::activation::catalogue()
}

/// What is read of other libraries, with what stands for it.
pub fn readings() -> impl Iterator<Item = (String, &'static str)> {
    deeplimit::activation::readings()
}

/// What a network with this activation becomes.
pub fn classification(
    text: &str,
    request: Request,
    arithmetic: Arithmetic,
) -> Result<Classification> {
    let deadline = request.deadline();
    let expr = typed::parsed(text)?;
    let digits = request.digits();
    limit::classify(
        &expr,
        &deeplimit::Effort {
            digits,
            arithmetic,
            deadline,
        },
    )
}

/// `1/E phi^2`, `A`, `A'`, `B'`, `alpha`.
pub fn constants(text: &str, request: Request) -> Result<Constants> {
    let c = classification(text, request, Arithmetic::Ball)?;
    Ok(Constants {
        activation: c.activation,
        normalisation: c.normalisation,
        a: c.a,
        a_prime: c.a_prime,
        b_prime: c.b_prime,
        alpha: c.alpha,
    })
}

/// `a_0, ..., a_(terms-1)`.
pub fn hermite(text: &str, terms: u32, request: Request) -> Result<Vec<Quantity>> {
    let deadline = request.deadline();
    hermite::terms(&typed::parsed(text)?, terms, request.digits(), deadline)
}

/// The dual and its slope at correlations in `[-1, 1]`.
pub fn dual(text: &str, at: &[Rational], request: Request) -> Result<Vec<DualValue>> {
    let deadline = request.deadline();
    dual::values(&typed::parsed(text)?, at, request.digits(), deadline)
}

/// `E f(Z)`.
pub fn expectation(text: &str, request: Request) -> Result<Quantity> {
    let deadline = request.deadline();
    quadrature::expect(&typed::parsed(text)?, request.digits(), deadline)
}

/// The verdict on a claim.
pub fn finding(laboratory: &Laboratory, claim: &Claim) -> Finding {
    laboratory.check(claim)
}

/// The UCI sets that a laboratory has.
pub fn source_sets(laboratory: &Laboratory) -> Result<Vec<String>> {
    laboratory.sets()
}

/// The names of the figures of a paper; nothing where the library has none for it.
pub fn figure_names(key: &str) -> Vec<&'static str> {
    if key == "radhakrishnan2022" {
        paper::figures::names()
    } else {
        Vec::new()
    }
}

/// The figures that belong to a part of a paper's claims.
pub fn figures_of_part(key: &str, part: &str, effort: u32) -> Vec<&'static str> {
    match figure_names(key).is_empty() {
        true => Vec::new(),
        false => paper::figures::of_part(part, effort),
    }
}

/// A figure as data.
pub fn figure(laboratory: &Laboratory, name: &str, effort: u32) -> Result<Sheet> {
    paper::figures::figure(laboratory, name, effort)
}

/// The limits of the catalogue.
pub fn taxonomy(digits: u32, timeout: Duration) -> Vec<Row> {
    paper::taxonomy(digits as usize, Deadline::after(timeout))
}

/// The kernel at infinite depth.
pub fn limits(
    text: &str,
    at: &[Rational],
    fourier: Option<u32>,
    request: Request,
) -> Result<Limits> {
    limit::limits(&typed::parsed(text)?, at, fourier, &request.effort())
}

impl DepthQuestion {
    /// For these correlations.
    pub fn new(text: &str, at: &[Rational], tolerance: Rational, request: Request) -> Self {
        let inside = at.iter().map(|r| r.clone().abs()).filter(|r| *r < 1);
        Self {
            text: text.to_owned(),
            far: inside.max().unwrap_or_default(),
            tolerance,
            request,
            ready: OnceLock::new(),
        }
    }

    /// How deep is deep, at one of them. The limit kernel is made once for all.
    pub fn at(&self, rho: &Rational) -> Result<Depths> {
        let deadline = self.request.deadline();
        let prepare = || {
            let subject = Subject::new(&typed::parsed(&self.text)?, deadline)?;
            let bits = subject.bits_for_depths(self.request.digits());
            let kernel = subject.kernel(&self.far, bits, deadline)?;
            Ok((subject, kernel))
        };
        let (subject, kernel) = self
            .ready
            .get_or_init(prepare)
            .as_ref()
            .map_err(Clone::clone)?;
        let found = match kernel.stands_apart(rho) {
            Some(why) => Found::Apart(why),
            None => Found::Depths {
                settling: match kernel.settling(rho, &self.tolerance, deadline) {
                    // more bits may do
                    Err(Error::Unresolved(_)) => {
                        let digits = 2 * self.request.digits();
                        subject.settling(rho, &self.tolerance, digits, deadline)?
                    }
                    found => found?,
                },
                single: kernel.breakdown(rho, NaiveFormat::F32, deadline)?,
                double: kernel.breakdown(rho, NaiveFormat::F64, deadline)?,
            },
        };
        Ok(Depths {
            classification: subject.classification.clone(),
            scale: kernel.depth_scale().map(|s| Quantity::new(&s, None)),
            found,
        })
    }
}

/// Which network `deeplimit ntk` asks about.
#[derive(Clone, Debug)]
pub struct NetworkRequest {
    pub sigma_w: Option<String>,
    pub sigma_b: Option<String>,
    pub norms: Option<(Rational, Rational)>,
    pub convention: Option<Convention>,
}

impl NetworkRequest {
    /// Named, or the one that has the parameters that are given.
    pub fn convention(&self) -> Convention {
        let general = self.sigma_w.is_some() || self.sigma_b.is_some();
        self.convention.unwrap_or(if general {
            Convention::Lee2019
        } else {
            Convention::default()
        })
    }

    pub(crate) fn settings(&self) -> Result<Settings> {
        let unit = || (Rational::from(1), Rational::from(1));
        Ok(Settings {
            convention: self.convention(),
            sigma_w: constant("sigma_w", self.sigma_w.as_deref())?,
            sigma_b: constant("sigma_b", self.sigma_b.as_deref())?,
            norms: self.norms.clone().unwrap_or_else(unit),
        })
    }
}

fn constant(name: &str, text: Option<&str>) -> Result<Option<Expr>> {
    text.map(|text| {
        Expr::parse(text.trim()).map_err(|e| {
            Error::Domain(format!(
                "{name} must be a constant such as 1.5 or sqrt(2), `{}` is not: {e}",
                crate::fault::shortened(text, 40)
            ))
        })
    })
    .transpose()
}

/// `deeplimit ntk` at one correlation.
#[derive(Clone, Debug)]
pub struct Kernel {
    pub nngp: Deep,
    pub ntk: Deep,
    pub limit: Option<Quantity>,
    pub correction: Option<Quantity>,
}

/// Are the weights and biases such that the convention has, and are they variances?
pub fn check(network: &NetworkRequest) -> Result<()> {
    let s = network.settings()?;
    s.convention
        .variances(s.sigma_w.as_ref(), s.sigma_b.as_ref())
        .map(|_| ())
}

/// The kernels of a network.
pub fn kernels(
    text: &str,
    at: &[Rational],
    (network, depth): (&NetworkRequest, u64),
    request: Request,
) -> Result<Vec<Result<Kernel>>> {
    let deadline = request.deadline();
    let expr = typed::parsed(text)?;
    let settings = network.settings()?;
    let found = limit::values(&expr, at, depth, &settings, request.digits(), deadline)?;
    let shown = |row: Result<DeepValue>| {
        let value = row?;
        // what made a walk necessary says more than that its numbers became too small or too large
        let unwritten = |e| found.without_limit.clone().unwrap_or(e);
        value.nngp.decimal_exists().map_err(unwritten)?;
        Ok(Kernel {
            nngp: Deep::Scaled(value.nngp),
            ntk: value.ntk.map_or(Deep::Infinite, Deep::Scaled),
            limit: value.limit,
            correction: value.correction,
        })
    };
    Ok(found.rows.into_iter().map(shown).collect())
}
