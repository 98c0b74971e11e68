//! The arguments of `deeplimit design`.

use std::path::PathBuf;

use clap::builder::TypedValueParser;
use clap::{ArgGroup, Args, Subcommand};
use deeplimit::design::{DEGREE_MAX, Extremum, KINKS_MAX, LAYERS_MAX, Shape};
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
    #[command(flatten)]
    pub beside: Beside,
}

/// What is written of each activation beside the answer.
#[derive(Args, Clone, Debug)]
pub struct Beside {
    /// Write each activation as code, too: python, torch, jax, rust or latex
    #[arg(long, global = true, value_parser = super::emit::language(), value_name = "LANGUAGE", hide_possible_values = true)]
    pub emit: Option<Language>,
    /// Draw each activation, its dual and its kernels into this folder: 1-activation.svg, .png, .csv, 1-dual.svg ...
    #[arg(long, global = true, value_name = "DIR")]
    pub figures: Option<PathBuf>,
}

/// What the design starts from.
#[derive(Debug, Subcommand)]
pub enum DesignAction {
    /// Find the activations whose singular kernel has a given exponent
    #[command(after_help = ALPHA_HELP)]
    Alpha(DesignAlpha),
    /// Of all activations with a given exponent, find the steepest, the flattest, the smoothest
    #[command(after_help = EXTREMAL_HELP)]
    Extremal(DesignExtremal),
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
            DesignAction::Extremal(args) => &args.effort.set,
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
    #[arg(long, value_name = "L", value_parser = layers, requires = "of", conflicts_with_all = ["kernel", "table"])]
    pub layers: Option<u32>,
    /// Which of its kernels: ntk or nngp
    #[arg(long, value_parser = kind(), default_value_t = Kind::Ntk, value_name = "KERNEL", hide_possible_values = true, requires = "of", conflicts_with_all = ["kernel", "table"])]
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

/// A family, and where its letters lie.
#[derive(Args, Debug)]
pub struct Members {
    /// A family of activations with free letters, centred for you: its members alone
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
    #[command(flatten)]
    pub members: Members,
    /// Odd ones only
    #[arg(long, conflicts_with = "family")]
    pub odd: bool,
    /// Bounded ones only
    #[arg(long, conflicts_with = "family")]
    pub bounded: bool,
    /// Monotone ones only
    #[arg(long, conflicts_with = "family")]
    pub monotone: bool,
    #[command(flatten)]
    pub effort: Effort,
}

impl DesignAlpha {
    /// What is asked of the shape.
    pub fn shape(&self) -> Shape {
        Shape {
            odd: self.odd,
            bounded: self.bounded,
            monotone: self.monotone,
        }
    }
}

const ALPHA_HELP: &str = "Examples:
  deeplimit design alpha 4
  deeplimit design alpha 2 --family 'max(x-c,0)' --box c=-6..12
  deeplimit design alpha 2.2 --family 'gelu(s*x)' --box s=0..10 --digits 30
  deeplimit design alpha 1 --family 'tanh(c*x)' --box c=0..inf
  deeplimit design alpha 4 --odd --bounded --monotone
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

/// `deeplimit design extremal`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("class").args(["degree", "kinks", "family"]))]
pub struct DesignExtremal {
    /// The exponent that they have in common
    #[arg(value_name = "D", allow_negative_numbers = true)]
    pub alpha: String,
    /// What is to be extreme: largest-slope, smallest-slope or smallest-lipschitz
    #[arg(value_name = "WHAT", value_parser = extremum(), hide_possible_values = true)]
    pub wanted: Extremum,
    /// Among polynomials up to this degree
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub degree: Option<u32>,
    /// Among piecewise linear activations with so many kinks
    #[arg(long, value_name = "M", value_parser = kinks)]
    pub kinks: Option<u32>,
    #[command(flatten)]
    pub members: Members,
    /// Among odd ones only
    #[arg(long, conflicts_with_all = ["kinks", "family"])]
    pub odd: bool,
    #[command(flatten)]
    pub effort: Effort,
}

fn extremum() -> impl TypedValueParser<Value = Extremum> {
    let words = [
        (Extremum::LargestSlope, "The largest B': the fewest layers"),
        (Extremum::SmallestSlope, "The smallest B'"),
        (
            Extremum::SmallestLipschitz,
            "The smallest sup |f'| at variance 1",
        ),
    ];
    super::choice::one_of(words, Extremum::name)
}

fn kinks(text: &str) -> Result<u32, String> {
    super::whole_number(text, "kinks", KINKS_MAX)
}

const EXTREMAL_HELP: &str = "Examples:
  deeplimit design extremal 4 largest-slope --degree 6
  deeplimit design extremal 4 smallest-slope --odd
  deeplimit design extremal 4 smallest-lipschitz --kinks 3
  deeplimit design extremal 2.2 largest-slope --family 'gelu(s*x)' --box s=0..6

Among all activations with alpha = D, the one with the largest slope B' of the
dual (the deep limit comes after the fewest layers), the smallest one, or the
smallest Lipschitz constant at variance 1, and what is proved of all others.

largest-slope       among polynomials (--degree, --odd): proved. Among all
                    activations there is no largest.
smallest-slope      among all activations, or odd ones: proved, a polynomial
                    of degree 2 (or 3). For a small D there is none.
smallest-lipschitz  among piecewise linear ones (--kinks): proved with one
                    kink; with more the best found, and a bound for all.
--family            whichever is wanted, among its members: proved where all
                    of them are known.";

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
        conflicts_with_all = ["tat", "curvature", "correlation", "layers"],
        allow_negative_numbers = true
    )]
    pub slope: Option<String>,
    /// S is the slope of a network, which this formula has where psi is that of a layer: psi^50
    #[arg(
        long,
        value_name = "FORMULA",
        requires = "slope",
        conflicts_with = "tat"
    )]
    pub network: Option<String>,
    /// Tailored activation transformation instead: Q(1) = Q'(1) = C'(1) = 1
    #[arg(long)]
    pub tat: bool,
    /// C''(1) of a layer, with --tat
    #[arg(
        long,
        value_name = "T",
        requires = "tat",
        required_unless_present_any = ["slope", "correlation"],
        allow_negative_numbers = true
    )]
    pub curvature: Option<String>,
    /// For leaky_relu, with --tat: the correlation of orthogonal inputs after --layers
    #[arg(
        long,
        value_name = "ETA",
        requires = "tat",
        requires = "layers",
        conflicts_with = "curvature",
        allow_negative_numbers = true
    )]
    pub correlation: Option<String>,
    /// So many layers, with --correlation
    #[arg(long, value_name = "L", requires = "correlation")]
    pub layers: Option<u32>,
    #[command(flatten)]
    pub effort: Effort,
}

const SLOPES_HELP: &str = "Examples:
  deeplimit design slopes tanh --slope 1.002770965849537020065
  deeplimit design slopes softplus --slope 1.1 --digits 30 --json
  deeplimit design slopes tanh --slope 1.5 --network 'psi^50'
  deeplimit design slopes gelu --slope 1.5 --network '((1+psi^2)/2)^16'
  deeplimit design slopes tanh --tat --curvature 0.003
  deeplimit design slopes leaky_relu --tat --correlation 0.9 --layers 50

Wraps phi as output_scale*(phi(input_scale*x+input_shift)+output_shift), with
the conditions of Martens et al. (2021) or, with --tat, of Zhang et al. (2022).
Each solution is enclosed and proved; a grid leads to them, so others are not
excluded. An infeasible question is answered as such where that is proved.

--network says what the slope of a network (of its part with the largest, as
Martens et al. have it) is in terms of psi, that of a layer: layers multiply,
a sum w f + sqrt(1-w^2) g has w^2 times the one and 1-w^2 times the other.
Leaky ReLUs keep every variance: with --tat their slope is such that --layers
take orthogonal inputs to --correlation; there is one, or none, proved.";

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
    /// Look for the scales at which Q'(1) is this: after L layers a disturbed variance is off by a factor R^L
    #[arg(
        long,
        value_name = "R",
        conflicts_with = "scales",
        allow_negative_numbers = true
    )]
    pub rate: Option<String>,
    #[command(flatten)]
    pub effort: Effort,
}

const CRITICAL_HELP: &str = "Examples:
  deeplimit design critical tanh
  deeplimit design critical gelu --scale 1,2 --digits 30 --json
  deeplimit design critical tanh --rate 1/2

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
  deeplimit design extremal 4 smallest-lipschitz --kinks 3
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
