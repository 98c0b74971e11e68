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
    /// Shift and scale an activation so that its slopes are given ones
    #[command(after_help = SLOPES_HELP)]
    Slopes(DesignSlopes),
    /// Shift and scale an activation onto the edge of chaos
    #[command(after_help = CRITICAL_HELP)]
    Critical(DesignCritical),
    /// Find the activation with a given exponent that is nearest to yours
    #[command(after_help = NEAREST_HELP)]
    Nearest(DesignNearest),
    /// Find the activation whose kernel is nearest to a given one
    #[command(after_help = KERNEL_HELP)]
    Kernel(DesignKernel),
}

impl DesignAction {
    /// What `--set` says.
    pub fn settings(&self) -> &[String] {
        match self {
            DesignAction::Alpha(args) => &args.effort.set,
            DesignAction::Slopes(args) => &args.effort.set,
            DesignAction::Critical(args) => &args.effort.set,
            DesignAction::Nearest(args) => &args.effort.set,
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

/// `deeplimit design slopes`.
#[derive(Args, Debug)]
pub struct DesignSlopes {
    /// The activation that is wrapped
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    pub expression: String,
    /// C'(1) of a layer (deep kernel shaping: Q(1) = Q'(1) = 1, C(0) = 0)
    #[arg(long, value_name = "S", required_unless_present = "tat", conflicts_with = "tat", allow_negative_numbers = true)]
    pub slope: Option<String>,
    /// Tailored activation transformation instead: Q(1) = Q'(1) = C'(1) = 1
    #[arg(long, requires = "curvature")]
    pub tat: bool,
    /// C''(1) of a layer, with --tat
    #[arg(long, value_name = "T", requires = "tat", allow_negative_numbers = true)]
    pub curvature: Option<String>,
    #[command(flatten)]
    pub effort: Effort,
}

const SLOPES_HELP: &str = "Examples:
  deeplimit design slopes tanh --slope 1.002770965849537020065
  deeplimit design slopes softplus --slope 1.1 --digits 30 --json
  deeplimit design slopes tanh --tat --curvature 0.003

Wraps phi as output_scale*(phi(input_scale*x+input_shift)+output_shift), with
the conditions of Martens et al. (2021) or, with --tat, of Zhang et al. (2022).
Each solution is enclosed and proved; a grid leads to them, so others are not
excluded. An infeasible question is answered as such where that is proved.";

/// `deeplimit design critical`.
#[derive(Args, Debug)]
pub struct DesignCritical {
    /// The activation that is wrapped
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    pub expression: String,
    /// The input scales to look at
    #[arg(long = "scale", value_name = "A,..", value_delimiter = ',', default_value = "0.25,0.5,1,2,4")]
    pub scales: Vec<String>,
    #[command(flatten)]
    pub effort: Effort,
}

const CRITICAL_HELP: &str = "Examples:
  deeplimit design critical tanh
  deeplimit design critical gelu --scale 1,2 --digits 30 --json

At every input scale two wraps gamma*(phi(a*x)+delta) have Q(1) = C'(1) = 1.
Those whose variance attracts (|Q'(1)| < 1) are networks at the edge of chaos;
sigma_w^2 and sigma_b^2 say the same for phi itself at the variance a^2.";

/// `deeplimit design nearest`.
#[derive(Args, Debug)]
pub struct DesignNearest {
    /// The activation to start from
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    pub expression: String,
    /// The exponent that it shall have
    #[arg(long, value_name = "D", allow_negative_numbers = true)]
    pub alpha: String,
    /// The degree of the polynomial that is added, from 2 to 20
    #[arg(long, value_name = "N", default_value = "6", value_parser = clap::value_parser!(u32).range(2..=20))]
    pub degree: u32,
    #[command(flatten)]
    pub effort: Effort,
}

const NEAREST_HELP: &str = "Examples:
  deeplimit design nearest gelu --alpha 2
  deeplimit design nearest tanh --alpha 4 --degree 8 --json

Adds a polynomial, so that the sum is centred, has the exponent, and is as
near as can be found in L2 under the normal law.";

/// The help of the command.
pub const HELP: &str = "Examples:
  deeplimit design alpha 4
  deeplimit design kernel 'exp(rho-1)' --degree 3";

const KERNEL_HELP: &str = "Examples:
  deeplimit design kernel 'exp(rho-1)' --degree 3";
