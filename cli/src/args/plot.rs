//! The arguments of `deeplimit plot`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::TypedValueParser;

use super::Effort;
use crate::library::Picture;

/// `deeplimit plot`.
#[derive(Args, Debug)]
pub struct Plot {
    /// What is drawn: activation, spectrum, dual, kernel, convergence, oscillation or phase
    #[arg(value_name = "FIGURE", value_parser = picture(), hide_possible_values = true)]
    pub picture: Picture,
    /// The activations, as expressions in x; several are drawn in one frame
    #[arg(required = true, value_name = "EXPR")]
    pub expressions: Vec<String>,
    /// A file: its ending, .svg, .png, .pdf or .csv, says what is written; without it the numbers are printed
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub effort: Effort,
}

/// The words for a figure.
fn picture() -> impl TypedValueParser<Value = Picture> {
    let words = [
        (Picture::Activation, "phi and its derivative"),
        (Picture::Spectrum, "Squares of Hermite coefficients"),
        (Picture::Dual, "The dual, and pairs on their way"),
        (Picture::Kernel, "Tangent kernels of several depths"),
        (Picture::Convergence, "How fast the kernel converges"),
        (Picture::Oscillation, "R(u) of a singular kernel"),
        (Picture::Phase, "The edge of chaos"),
    ];
    super::choice::one_of(words, Picture::name)
}

/// The help.
pub fn help() -> String {
    format!(
        "Examples:
  deeplimit plot activation selu -o selu.svg
  deeplimit plot spectrum gelu -o gelu.png --force
  deeplimit plot dual 'x*sigmoid(x)' -o dual.svg
  deeplimit plot kernel 'optimal(4)' -o kernel.pdf
  deeplimit plot spectrum relu gelu tanh -o spectra.svg
  deeplimit plot dual tanh > dual.csv

activation  phi(z) and phi'(z) for -4 <= z <= 4, E phi(Z)^2 = 1
spectrum    p_n = a_n^2/E phi(Z)^2 for n < 24, as far as they are not 0
dual        the dual on [-1, 1], three pairs of inputs on their way through
            twenty layers, and the fixed point that attracts them
kernel      the tangent kernels of 1, 10, 100 and infinitely many layers
            against the angle of two inputs, each over its value at pi/3:
            a singular kernel falls with slope -alpha
convergence how far the tangent kernel of L layers is from its limit at
            rho = 1/2, and the proved rate
oscillation R(u) of a singular kernel over its mean, and what it tends to
phase       the edge of chaos in the plane of sigma_w^2 and sigma_b^2

Several activations have a curve each: their kernels are those of infinite
depth. The numbers are doubles, for looking. What cannot be drawn is told.

{}

{}",
        super::EXPRESSIONS,
        super::EXIT_CODES
    )
}
