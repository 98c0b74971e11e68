//! The seam: the questions that this door asks of the library, and nothing else. Every command goes
//! through here; no other file of the command line calls the mathematics.

use std::time::Duration;

pub use deeplimit::activation::Entry;
use deeplimit::activation::Expr;
use deeplimit::deadline::Deadline;
pub use deeplimit::dual::DualValue;
use deeplimit::error::Result;
use deeplimit::limit::{
    self, Breakdown, Classification, Format, LimitValue, LogPeriodic, Options, Quantity, Settling,
    Subject,
};
pub use deeplimit::paper::{
    Claim, Expected, Finding, Laboratory, Measured, Paper, Parameter, Parameters, Row, Verdict,
    figures::Figure, figures::Look, figures::Series,
};
use deeplimit::{dual, hermite, paper, quadrature, real};
use rug::Rational;

use crate::args::Arithmetic;

/// `deeplimit limit`.
#[derive(Clone, Debug)]
pub struct Limits {
    pub classification: Classification,
    pub multiplier: Option<Quantity>,
    /// The coefficient of `log(L+1)` at the edge of chaos.
    pub kappa: Option<Quantity>,
    pub values: Vec<LimitValue>,
    /// `R(u)`, in the singular regime.
    pub regular: Vec<Option<Quantity>>,
    pub oscillation: Option<LogPeriodic>,
}

/// `deeplimit depth`.
#[derive(Clone, Debug)]
pub struct Depths {
    pub classification: Classification,
    /// `-1/log(multiplier)`.
    pub scale: Option<Quantity>,
    pub settling: Settling,
    pub single: Breakdown,
    pub double: Breakdown,
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

    /// The clock starts here.
    fn deadline(&self) -> Deadline {
        Deadline::after(self.timeout)
    }
}

impl From<Arithmetic> for real::Arithmetic {
    fn from(road: Arithmetic) -> Self {
        match road {
            Arithmetic::Ball => Self::Ball,
            Arithmetic::Mpfr => Self::Mpfr,
            Arithmetic::F64 => Self::F64,
        }
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
    Expr::parse(text).map(|expr| expr.to_string())
}

/// The catalogue.
pub fn catalogue() -> &'static [Entry] {
    deeplimit::activation::catalogue()
}

/// What a network with this activation becomes.
pub fn classification(text: &str, request: Request, road: Arithmetic) -> Result<Classification> {
    let deadline = request.deadline();
    let expr = Expr::parse(text)?;
    let (digits, arithmetic) = (request.digits(), road.into());
    limit::classify(
        &expr,
        &Options {
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
    hermite::terms(&Expr::parse(text)?, terms, request.digits(), deadline)
}

/// The dual and its slope at correlations in `[-1, 1]`.
pub fn dual(text: &str, at: &[Rational], request: Request) -> Result<Vec<DualValue>> {
    let deadline = request.deadline();
    dual::values(&Expr::parse(text)?, at, request.digits(), deadline)
}

/// `E f(Z)`.
pub fn expectation(text: &str, request: Request) -> Result<Quantity> {
    let deadline = request.deadline();
    quadrature::expect(&Expr::parse(text)?, request.digits(), deadline)
}

/// The verdict on a claim.
pub fn finding(laboratory: &Laboratory, claim: &Claim) -> Finding {
    laboratory.check(claim)
}

/// An exact number.
pub fn exact(text: &str) -> Result<Rational> {
    Parameters::exact(text)
}

/// The names of the figures of a paper; nothing where the library has none for it.
pub fn figure_names(key: &str) -> Vec<&'static str> {
    if key == "radhakrishnan2022" {
        paper::figures::names()
    } else {
        Vec::new()
    }
}

/// A figure as data.
pub fn figure(laboratory: &Laboratory, name: &str, effort: u32) -> Result<Figure> {
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
    let deadline = request.deadline();
    let subject = Subject::new(&Expr::parse(text)?, deadline)?;
    let (kernel, values) = subject.values(at, request.digits(), deadline)?;
    let oscillation = fourier
        .map(|n| subject.oscillation(n as usize, request.digits(), deadline))
        .transpose()?;
    let quantity = |b: &real::Ball| Quantity::new(b, None);
    Ok(Limits {
        multiplier: kernel.multiplier().map(quantity),
        kappa: kernel.log_rate().as_ref().map(quantity),
        regular: at
            .iter()
            .map(|rho| kernel.regular_part(rho).as_ref().map(quantity))
            .collect(),
        classification: subject.classification,
        values,
        oscillation,
    })
}

/// How deep is deep, at one correlation.
pub fn depths(
    text: &str,
    rho: &Rational,
    tolerance: &Rational,
    request: Request,
) -> Result<Depths> {
    let deadline = request.deadline();
    let subject = Subject::new(&Expr::parse(text)?, deadline)?;
    let settling = subject.settling(rho, tolerance, request.digits(), deadline)?;
    let far = rho.clone().abs();
    let scale = subject
        .kernel(&far, real::bits_for(request.digits()) + 64, deadline)?
        .depth_scale()
        .map(|s| Quantity::new(&s, None));
    Ok(Depths {
        scale,
        settling,
        single: subject.breakdown(rho, Format::F32, deadline)?,
        double: subject.breakdown(rho, Format::F64, deadline)?,
        classification: subject.classification,
    })
}
