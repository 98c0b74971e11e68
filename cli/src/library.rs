//! The seam: the questions that this door asks of the library, and nothing else. Every command goes
//! through here; no other file of the command line calls the mathematics.

use std::time::Duration;

pub use deeplimit::activation::Entry;
use deeplimit::activation::Expr;
use deeplimit::error::{Error, Result};
use deeplimit::limit::{Classification, Quantity};
use rug::Rational;

use crate::args::Arithmetic;

/// How much is wanted of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Significant decimal digits.
    pub digits: u32,
    /// How long the answer may take.
    pub timeout: Duration,
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

/// The dual at one correlation.
#[derive(Clone, Debug)]
pub struct DualValue {
    pub dual: Quantity,
    pub slope: Quantity,
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
    let _ = (request.digits, request.timeout, road);
    not_yet(&Expr::parse(text)?)
}

/// `1/E phi^2`, `A`, `A'`, `B'`, `alpha`.
pub fn constants(text: &str, _: Request) -> Result<Constants> {
    not_yet(&Expr::parse(text)?)
}

/// `a_0, ..., a_(terms-1)`.
pub fn hermite(text: &str, terms: u32, _: Request) -> Result<Vec<Quantity>> {
    let _ = terms;
    not_yet(&Expr::parse(text)?)
}

/// The dual and its slope at correlations in `[-1, 1]`.
pub fn dual(text: &str, at: &[Rational], _: Request) -> Result<Vec<DualValue>> {
    let _ = at;
    not_yet(&Expr::parse(text)?)
}

/// `E f(Z)`.
pub fn expectation(text: &str, _: Request) -> Result<Quantity> {
    not_yet(&Expr::parse(text)?)
}

fn not_yet<T>(expr: &Expr) -> Result<T> {
    Err(Error::Unresolved(format!(
        "nothing can be said of `{expr}` yet"
    )))
}
