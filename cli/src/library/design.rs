//! What `deeplimit design` asks.

use std::path::PathBuf;

use deeplimit::activation::Expr;
use deeplimit::design::{
    self, Among, Criticals, Extremal, Extremum, Family, KernelOutcome, KernelWish, Known, Leaky,
    Members, Nearest, Shape, Shapings, Slopes, Span, WantedKernel, known,
};
use deeplimit::error::{Error, Result};
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

/// One activation of each kind with a wanted exponent, or those of a shape.
pub fn known_activations(alpha: &Rational, shape: Shape, request: Request) -> Result<Vec<Known>> {
    known(alpha, shape, &request.effort())
}

/// Of the activations with an exponent, the one at an end; `family` is typed, and its boxes.
pub fn extremal(
    alpha: &Rational,
    wanted: Extremum,
    among: Among,
    family: Option<(&str, &[Span])>,
    request: Request,
) -> Result<Extremal> {
    let among = match family {
        None => among,
        Some((text, spans)) => Among::Family(
            Family::parse_with(text, typed::constants())?,
            spans.to_vec(),
        ),
    };
    design::extremal(alpha, wanted, &among, &request.effort())
}

/// Affine wraps of an activation with wanted slopes.
pub fn slopes(text: &str, wanted: &Slopes, request: Request) -> Result<Shapings> {
    design::slopes(&typed::parsed(text)?, wanted, &request.effort())
}

/// The slope of a layer for that of a network, which a formula in `psi` has.
pub fn local_slope(formula: &str, slope: &Rational, request: Request) -> Result<Rational> {
    let formula = Expr::parse_in("psi", formula, typed::constants())?;
    design::local_slope(&formula, slope, request.digits() + 5)
}

/// The leaky ReLU that takes orthogonal inputs to a correlation.
pub fn leaky(
    text: &str,
    layers: u32,
    correlation: &Rational,
    request: Request,
) -> Result<Option<Leaky>> {
    if !matches!(typed::parsed(text)?, Expr::Named("leaky_relu", _)) {
        return Err(Error::Domain(
            "a correlation is asked of leaky ReLUs: write leaky_relu; of smooth activations --tat asks for a --curvature".into(),
        ));
    }
    design::leaky(layers, correlation, &request.effort())
}

/// Affine wraps of an activation at the edge of chaos: at some scales, or with a rate.
pub fn critical(
    text: &str,
    scales: &[Rational],
    rate: Option<&Rational>,
    request: Request,
) -> Result<Criticals> {
    let expr = typed::parsed(text)?;
    match rate {
        Some(rate) => design::critical_with_rate(&expr, rate, &request.effort()),
        None => design::critical(&expr, scales, &request.effort()),
    }
}

/// The activation nearest to another one with a wanted exponent.
pub fn nearest(text: &str, alpha: &Rational, degree: u32, request: Request) -> Result<Nearest> {
    design::nearest(&typed::parsed(text)?, alpha, degree, &request.effort())
}
