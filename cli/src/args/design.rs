//! The arguments of `deeplimit design`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use deeplimit::design::{DEGREE_MAX, LAYERS_MAX};
use deeplimit::emit::Language;
use deeplimit::recursion::Kind;
use rug::Rational;

use super::Effort;
use super::gram::kind;

/// `deeplimit design`.
#[derive(Args, Debug)]
pub struct Design {
    /// What is given
    #[command(subcommand)]
    pub action: DesignAction,
    /// Write each activation as code, too: python, torch, jax, rust or latex
    #[arg(long, global = true, value_parser = super::emit::language(), value_name = "LANGUAGE", hide_possible_values = true)]
    pub emit: Option<Language>,
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
    #[command(after_help = KERNEL_HELP, override_usage = KERNEL_USAGE)]
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
#[command(group = ArgGroup::new("wanted").required(true).args(["kernel", "table", "of"]))]
#[command(group = ArgGroup::new("extent").required(true).args(["degree", "tolerance"]))]
pub struct DesignKernel {
    /// The wanted kernel, as an expression in rho
    #[arg(value_name = "FORMULA")]
    pub kernel: Option<String>,
    /// The wanted kernel as a table: rows of rho and its value
    #[arg(long, value_name = "FILE")]
    pub table: Option<PathBuf>,
    /// The wanted kernel is that of a deep network with this activation
    #[arg(long, value_name = "EXPR", requires = "layers")]
    pub of: Option<String>,
    /// Hidden layers of that network
    #[arg(long, value_name = "L", value_parser = layers, requires = "of")]
    pub layers: Option<u32>,
    /// Which of its kernels: ntk or nngp
    #[arg(long, value_parser = kind(), default_value_t = Kind::Ntk, value_name = "KERNEL", hide_possible_values = true, requires = "of")]
    pub kind: Kind,
    /// The highest power of rho, from 0 to 200
    #[arg(long, value_name = "N", value_parser = degree)]
    pub degree: Option<u32>,
    /// Take the smallest degree with this error
    #[arg(long, value_name = "E", value_parser = tolerance)]
    pub tolerance: Option<Rational>,
    /// The coefficients sum to 1: the activation is normalised
    #[arg(long)]
    pub sum_is_one: bool,
    /// The first coefficients of the kernel's own power series instead
    #[arg(long, conflicts_with = "sum_is_one")]
    pub exact: bool,
    /// Which kernel of one hidden layer it shall be: nngp or ntk
    #[arg(long = "as", value_parser = kind(), default_value_t = Kind::Nngp, value_name = "KERNEL", hide_possible_values = true)]
    pub realised: Kind,
    #[command(flatten)]
    pub effort: Effort,
}

/// `deeplimit design alpha`.
#[derive(Args, Debug)]
pub struct DesignAlpha {
    /// The exponent: the dimension d of the data makes the classifier consistent
    #[arg(value_name = "D", allow_negative_numbers = true)]
    pub alpha: String,
    /// D is the dimension of the data, and the network has so many layers
    #[arg(long, value_name = "L", requires = "points")]
    pub depth: Option<String>,
    /// So many training points, with --depth
    #[arg(long, value_name = "N", requires = "depth")]
    pub points: Option<String>,
    /// A family of activations with free letters, centred for you
    #[arg(
        long,
        value_name = "EXPR",
        requires = "spans",
        allow_hyphen_values = true
    )]
    pub family: Option<String>,
    /// Between which values a letter may lie: c=-6..12, c=0..inf
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
  deeplimit design alpha 1 --family 'tanh(c*x)' --box c=0..inf
  deeplimit design alpha 4 --depth 100 --points 10000
  deeplimit design alpha 2 --family 'tanh(a*x+b)' --box a=0.5..3 --box b=-3..3

The singular kernel of an infinitely deep network behaves like |x-x'|^-alpha;
alpha = d makes its classifier consistent on data of dimension d. Without a
family, one activation of each known kind is written. With one, all its
members in the box are found, after centring, and it is proved that there are
no others (with two letters: on thirteen lines through the box). A box may end
in inf, or begin with -inf, where a bounded monotone function is scaled up; what
alpha does beyond all bounds is proved, too. The value of
a letter is an enclosure of the root, at which alpha is what is wanted
exactly; what stands behind `alpha` is the exponent of the activation as it is
written, with so many digits.

A network of finite depth behaves like a larger exponent at small distances.
With --depth and --points, D is the dimension of the data, and an estimate of
the exponent that makes up for it is designed for.";

/// `deeplimit design slopes`.
#[derive(Args, Debug)]
pub struct DesignSlopes {
    /// The activation that is wrapped
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    pub expression: String,
    /// C'(1) of a layer (deep kernel shaping: Q(1) = Q'(1) = 1, C(0) = 0)
    #[arg(
        long,
        value_name = "S",
        required_unless_present = "tat",
        conflicts_with = "tat",
        allow_negative_numbers = true
    )]
    pub slope: Option<String>,
    /// Tailored activation transformation instead: Q(1) = Q'(1) = C'(1) = 1
    #[arg(long, requires = "curvature")]
    pub tat: bool,
    /// C''(1) of a layer, with --tat
    #[arg(
        long,
        value_name = "T",
        requires = "tat",
        allow_negative_numbers = true
    )]
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
    #[arg(
        long = "scale",
        value_name = "A,..",
        value_delimiter = ',',
        default_value = "0.25,0.5,1,2,4"
    )]
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

fn layers(text: &str) -> Result<u32, String> {
    super::whole_number(text, "hidden layers", LAYERS_MAX)
}

fn degree(text: &str) -> Result<u32, String> {
    match text.trim() {
        "0" => Ok(0),
        text => super::whole_number(text, "powers", DEGREE_MAX)
            .map_err(|_| format!("the degree must be a whole number from 0 to {DEGREE_MAX}")),
    }
}

fn tolerance(text: &str) -> Result<Rational, String> {
    crate::exact::positive(text, "tolerance").map_err(|e| e.to_string())
}

/// One line would be wider than a page.
const KERNEL_USAGE: &str = "deeplimit design kernel <FORMULA> --degree <N>
       deeplimit design kernel <FORMULA> --tolerance <E>
       deeplimit design kernel --of <EXPR> --layers <L> --degree <N>
       deeplimit design kernel --table <FILE> --degree <N>";

/// The help of the command.
pub const HELP: &str = "Examples:
  deeplimit design alpha 4
  deeplimit design alpha 2 --family 'max(x-c,0)' --box c=-6..12
  deeplimit design slopes tanh --slope 1.0028 --emit torch
  deeplimit design critical gelu
  deeplimit design nearest tanh --alpha 4
  deeplimit design kernel 'exp(rho-1)' --degree 3
  deeplimit design kernel --of relu --layers 4 --degree 5 --json";

const KERNEL_HELP: &str = "Examples:
  deeplimit design kernel 'exp(rho-1)' --degree 3
  deeplimit design kernel '1/(2-rho)' --tolerance 1e-6 --as ntk
  deeplimit design kernel --of relu --layers 4 --kind ntk --degree 20
  deeplimit design kernel --of tanh --layers 3 --kind nngp --degree 20 --exact
  deeplimit design kernel --table K.csv --degree 8 --sum-is-one --json

A kernel sum b_k rho^k, no b_k negative, is the covariance (nngp) of a network
with one hidden layer whose activation has the Hermite coefficients
+-sqrt(b_k), and the tangent kernel (ntk) of one with +-sqrt(b_k/(1+k))
(Simon, Anand and DeWeese 2022). Given a kernel on [-1, 1], this finds the
nearest sum up to a degree, encloses the largest error, proves how near any
other could be, and writes the activation; of all signs it takes those that
give the smallest slope for |x| <= 4.

The kernel of a network (--of) is divided by its value at rho = 1; inputs have
length 1, there are no biases. --exact takes the first coefficients of the
kernel's power series instead of the nearest: L layers become one, exactly but
for the powers that are left out.

A kernel with a negative coefficient is that of no network: the first one that
was found is told. That none was found proves nothing.

Exit codes:
  0    answered, be it that there is none
  1    none was found, and that there is none is not proved
  2    an error
  130  interrupted";
