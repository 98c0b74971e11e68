//! What `deeplimit design` asks.

use std::path::PathBuf;

use deeplimit::design::{
    self, Criticals, Family, KernelOutcome, KernelWish, Known, Members, Nearest, Shapings, Slopes,
    Span, WantedKernel, known,
};
use deeplimit::error::Result;
use deeplimit::recursion::Kind;
use deeplimit::{Activation, Classification, Effort};
use rug::Rational;

use super::Request;
use crate::data::kernel_table;
use crate::typed;

/// Where a wanted kernel comes from.
#[derive(Clone, Debug)]
pub enum KernelSource {
    /// A formula in `rho`.
    Formula,
    /// A file of rows.
    Table(PathBuf),
    /// A network with so many layers.
    Network(u32, Kind),
}

/// An answer, and what becomes of a deep network with the activation that was found.
#[derive(Clone, Debug)]
pub struct DesignedKernel {
    pub wanted: String,
    pub outcome: KernelOutcome,
    /// `None` where there is no activation, or no time for the question.
    pub classification: Option<Box<Classification>>,
}

/// The activation for a kernel: a formula, the name of a table, or an activation as typed.
pub fn designed_kernel(
    text: &str,
    wanted: &KernelSource,
    wish: &KernelWish,
    request: Request,
) -> Result<DesignedKernel> {
    let effort = Effort {
        deadline: request.deadline(),
        ..Effort::digits(request.digits())
    };
    let kernel = match wanted {
        KernelSource::Formula => WantedKernel::formula(text, typed::constants())?,
        KernelSource::Table(path) => WantedKernel::table(text, kernel_table(path)?)?,
        KernelSource::Network(layers, kind) => {
            WantedKernel::of_network(&Activation::new(&typed::parsed(text)?)?, *layers, *kind)?
        }
    };
    let outcome = kernel.design(wish, &effort)?;
    let classification = match &outcome {
        KernelOutcome::Design(design) => design.classification(&effort)?.map(Box::new),
        KernelOutcome::None { .. } => None,
    };
    Ok(DesignedKernel {
        wanted: kernel.to_string(),
        outcome,
        classification,
    })
}

/// All members of a family with a wanted exponent.
pub fn members(
    family: &str,
    alpha: &Rational,
    spans: &[Span],
    request: Request,
) -> Result<Members> {
    Family::parse_with(family, typed::constants())?.with_alpha(alpha, spans, &request.effort())
}

/// One activation of each kind with a wanted exponent.
pub fn known_activations(alpha: &Rational, request: Request) -> Result<Vec<Known>> {
    known(alpha, &request.effort())
}

/// Affine wraps of an activation with wanted slopes.
pub fn slopes(text: &str, wanted: &Slopes, request: Request) -> Result<Shapings> {
    design::slopes(&typed::parsed(text)?, wanted, &request.effort())
}

/// Affine wraps of an activation at the edge of chaos.
pub fn critical(text: &str, scales: &[Rational], request: Request) -> Result<Criticals> {
    design::critical(&typed::parsed(text)?, scales, &request.effort())
}

/// The activation nearest to another one with a wanted exponent.
pub fn nearest(text: &str, alpha: &Rational, degree: u32, request: Request) -> Result<Nearest> {
    design::nearest(&typed::parsed(text)?, alpha, degree, &request.effort())
}
