//! The arguments of `deeplimit design`.

use clap::{Args, Subcommand};

use super::Effort;

/// `deeplimit design`.
#[derive(Args, Debug)]
pub struct Design {
    /// What is given
    #[command(subcommand)]
    pub action: DesignAction,
}

/// What the design starts from.
#[derive(Debug, Subcommand)]
pub enum DesignAction {
    /// Find the activations whose singular kernel has a given exponent
    #[command(after_help = ALPHA_HELP)]
    Alpha(DesignAlpha),
    /// Find the activation whose kernel is nearest to a given one
    #[command(after_help = KERNEL_HELP)]
    Kernel(DesignKernel),
}

impl DesignAction {
    /// What `--set` says.
    pub fn settings(&self) -> &[String] {
        match self {
            DesignAction::Alpha(args) => &args.effort.set,
            DesignAction::Kernel(args) => &args.effort.set,
        }
    }
}

/// `deeplimit design kernel`.
#[derive(Args, Debug)]
pub struct DesignKernel {
    /// The wanted kernel, as an expression in rho
    #[arg(value_name = "FORMULA")]
    pub kernel: String,
    /// The highest power of rho
    #[arg(long, value_name = "N")]
    pub degree: u32,
    #[command(flatten)]
    pub effort: Effort,
}

/// `deeplimit design alpha`.
#[derive(Args, Debug)]
pub struct DesignAlpha {
    /// The exponent: the dimension d of the data makes the classifier consistent
    #[arg(value_name = "D", allow_negative_numbers = true)]
    pub alpha: String,
    /// A family of activations with free letters, centred for you
    #[arg(
        long,
        value_name = "EXPR",
        requires = "spans",
        allow_hyphen_values = true
    )]
    pub family: Option<String>,
    /// Between which values a letter may lie: c=-6..12
    #[arg(
        long = "box",
        value_name = "LETTER=FROM..TO",
        requires = "family",
        allow_hyphen_values = true
    )]
    pub spans: Vec<String>,
    #[command(flatten)]
    pub effort: Effort,
}

const ALPHA_HELP: &str = "Examples:
  deeplimit design alpha 4
  deeplimit design alpha 2 --family 'max(x-c,0)' --box c=-6..12
  deeplimit design alpha 2.2 --family 'gelu(s*x)' --box s=0..10 --digits 30
  deeplimit design alpha 1 --family 'tanh(c*x)' --box c=0..8
  deeplimit design alpha 2 --family 'tanh(a*x+b)' --box a=0.5..3 --box b=-3..3

The singular kernel of an infinitely deep network behaves like |x-x'|^-alpha;
alpha = d makes its classifier consistent on data of dimension d. Without a
family, one activation of each known kind is written. With one, all its
members in the box are found, after centring, and it is proved that there are
no others (with two letters: on thirteen lines through the box). The value of
a letter is an enclosure of the root, at which alpha is what is wanted
exactly; what stands behind `alpha` is the exponent of the activation as it is
written, with so many digits.";

/// The help of the command.
pub const HELP: &str = "Examples:
  deeplimit design alpha 4
  deeplimit design kernel 'exp(rho-1)' --degree 3";

const KERNEL_HELP: &str = "Examples:
  deeplimit design kernel 'exp(rho-1)' --degree 3";
