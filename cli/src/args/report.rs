//! The arguments of `deeplimit report`.

use std::path::PathBuf;

use clap::Args;

use super::Effort;

/// `deeplimit report`.
#[derive(Args, Debug)]
pub struct Page {
    /// The activations, as expressions in x; several are compared
    #[arg(required = true, value_name = "EXPR")]
    pub expressions: Vec<String>,
    /// The file of the page; without it the page is printed
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
    /// A template of your own (Jinja), in place of the program's
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,
    #[command(flatten)]
    pub effort: Effort,
}

/// The help.
pub fn help() -> String {
    format!(
        "Examples:
  deeplimit report gelu -o gelu.html
  deeplimit report relu gelu tanh -o three.html --force
  deeplimit report 'optimal(8)' --json
  deeplimit report gelu -o gelu.html --template mine.html

One page in one file, without scripts from elsewhere: the formula, the verdict
in plain words with its evidence, the constants with certain digits, figures,
and the activation in Python and PyTorch. Several activations have a table that
sorts, and figures with a curve for each. What is undecided is said, and what
is known is still shown. --json prints what the page holds, which is what a
template is given.

{}

{}",
        super::EXPRESSIONS,
        super::EXIT_CODES
    )
}
