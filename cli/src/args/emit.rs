//! The arguments of `deeplimit emit`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::TypedValueParser;
use deeplimit::emit::Language;

use super::Effort;

/// `deeplimit emit`.
#[derive(Args, Debug)]
pub struct Emit {
    /// The activation, as an expression in x
    #[arg(value_name = "EXPR")]
    pub expression: String,
    /// The language: python, torch, jax, rust or latex
    #[arg(
        long,
        value_parser = language(),
        value_name = "LANGUAGE",
        hide_possible_values = true,
        long_help = "The language: python, torch, jax, rust or latex.
python is numpy in doubles, torch an nn.Module, jax a function,
rust has no dependency but libm for erf, latex is the formula"
    )]
    pub to: Language,
    /// Divide by the root of E phi(Z)^2, so that it becomes 1
    #[arg(long)]
    pub normalise: bool,
    /// The name of the function or class; phi or Phi without it
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// A file for the code, in place of the standard output
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub effort: Effort,
}

/// The words for a language.
pub(super) fn language() -> impl TypedValueParser<Value = Language> {
    let words = [
        (Language::Python, "numpy, the derivative too"),
        (Language::Torch, "A module of PyTorch"),
        (Language::Jax, "A function for JAX"),
        (Language::Rust, "Two functions, the derivative too"),
        (Language::Latex, "The formula, typeset"),
    ];
    super::choice::one_of(words, Language::name)
}

/// The help.
pub fn help() -> String {
    format!(
        "Examples:
  deeplimit emit gelu --to torch
  deeplimit emit 'max(x,0)-1/sqrt(2*pi)' --to python --normalise
  deeplimit emit 'x > 0 ? x : exp(x)-1' --to jax --name my_elu -o my_elu.py
  deeplimit emit selu --to rust -o selu.rs --force
  deeplimit emit 'optimal(4)' --to latex

The code says what it is: the formula, the normalisation 1/E phi(Z)^2,
the constants and the verdict of `deeplimit classify`. Derivatives are
right, far out and at removable singularities too: in python and rust they
are written out, in torch and jax they are the framework's, of any order.
An entry of the catalogue is written by the framework's own function where
that is the same function.

{}

{}",
        super::EXPRESSIONS,
        super::EXIT_CODES
    )
}
