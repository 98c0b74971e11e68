//! What may be typed: the arguments of every command, their help and their limits.

mod blocks;
mod choice;
mod cntk;
mod columns;
mod design;
mod dynamics;
mod emit;
mod gram;
mod identities;
mod limit;
mod minus;
mod network;
mod papers;
mod plot;
mod regress;
mod report;
mod spectrum;

pub use blocks::Blocks;
pub use cntk::{Cntk, Preprocess};
pub use columns::Columns;
pub use design::{
    Beside, Design, DesignAction, DesignAlpha, DesignCritical, DesignExtremal, DesignKernel,
    DesignNearest, DesignSlopes,
};
pub use dynamics::Dynamics;
pub use emit::Emit;
pub use gram::{Evaluate, Gram, GramAction, GramMatrix, Merge, Network, Predict};
pub use identities::Identities;
pub use limit::{Depth, Limit};
pub use minus::with_leading_minus;
pub use network::{Ntk, Phase};
pub use papers::{
    Format, Papers, PapersAction, PapersCheck, PapersFigures, PapersList, PapersReport, PapersTable,
};
pub use plot::Plot;
pub use regress::{Free, Regress};
pub use report::Page;
pub use spectrum::{Kernel as SpectrumKernel, Learn, Spectrum};

use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use deeplimit::real::Arithmetic;

/// The most digits that may be asked for.
pub const DIGITS_MAX: u32 = 1000;
/// The most Hermite coefficients that may be asked for.
pub const TERMS_MAX: u32 = 10_000;
/// The longest deadline in seconds: a month.
const TIMEOUT_MAX: f64 = 2_678_400.0;

const EXIT_CODES: &str = "Exit codes:
  0    answered
  1    something is undecided
  2    an error: in the command line or in an expression (the others
       are still answered)
  130  interrupted (the answers that were finished are printed)";

const EXPRESSIONS: &str = "Expressions:
  Decimal numbers, x, pi, e, + - * / ^, parentheses, `x < 0 ? a : b`
  (with < <= > >=), the functions min max abs sign step exp log sqrt sin
  cos tan sinh cosh tanh asin acos atan asinh erf erfc, and the catalogue
  of `deeplimit activations`: relu, gelu, elu(x, 0.5), hermite(3, x),
  optimal(4) ... A name alone is applied to x. mean(f) is the number
  E f(Z) of a function f of x, exactly, and centred(f) is f - mean(f):
  centred(softplus(x)) has A = 0, proved. What Python writes is read
  where it means the same: np.maximum(x, 0), nn.SiLU(), F.elu(x, 0.5),
  x if x > 0 else 0, lambda x: ..., log1p, clip. A letter that is a
  constant gets its value with --set: tanh(a*x) --set a=1.5. Put an
  expression in quotes, so that the shell leaves it alone. One that begins
  with a minus sign is fine ('-x'), one that begins with two goes after
  `--`. A lone `-` reads expressions from the standard input, one per line.";

/// What an infinitely wide neural network becomes when it is infinitely deep.
#[derive(Debug, Parser)]
#[command(name = "deeplimit", version, propagate_version = true, styles = STYLES)]
#[command(long_about = LONG_ABOUT, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
    /// Colours: auto, always or never
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t = Color::Auto,
        value_name = "WHEN",
        hide_possible_values = true,
        long_help = "Colours: auto, always or never.
auto is on a terminal, unless NO_COLOR is set"
    )]
    pub color: Color,
}

const LONG_ABOUT: &str =
    "What an infinitely wide neural network becomes when it is infinitely deep.

Type an activation. deeplimit normalises it, encloses the constants that
decide the limit of its neural tangent kernel, and says what the kernel
classifier becomes as the depth tends to infinity: a singular kernel
smoother, the nearest neighbour, the majority vote, an interpolant. Each
digit that it prints is certain, and each verdict is marked as proved or
numerical.

    deeplimit classify relu gelu tanh 'x^2-1'
    deeplimit classify tanh --explain
    deeplimit constants selu --digits 50";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// One command per room of the library, and two that serve the shell.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what a network with each activation becomes at infinite depth
    #[command(after_help = classify_help())]
    Classify(Classify),
    /// List the catalogue of activations with their formulas
    #[command(after_help = "Examples:\n  deeplimit activations\n  deeplimit activations --json")]
    Activations(Activations),
    /// Enclose A, A', B' and alpha of each activation
    #[command(after_help = constants_help())]
    Constants(Constants),
    /// Enclose the Hermite coefficients of an activation
    #[command(after_help = hermite_help())]
    Hermite(Hermite),
    /// Enclose the dual activation at correlations of your choice
    #[command(after_help = dual_help())]
    Dual(Dual),
    /// Enclose the expectation of an expression under the normal law
    #[command(after_help = expect_help())]
    Expect(Expect),
    /// Enclose the kernels of a network of any depth, weights and biases
    #[command(after_help = network::ntk_help())]
    Ntk(Ntk),
    /// Trace the edge of chaos, or say where a network stands
    #[command(after_help = network::phase_help())]
    Phase(Phase),
    /// Evaluate the kernel at infinite depth, and its correction
    #[command(after_help = limit::limit_help())]
    Limit(Limit),
    /// Say how deep is deep enough, and how deep is too deep for doubles
    #[command(after_help = limit::depth_help())]
    Depth(Depth),
    /// Enclose the eigenvalues of a kernel on the sphere or the cube
    #[command(after_help = spectrum::spectrum_help())]
    Spectrum(Spectrum),
    /// Predict and measure learning curves of kernels on the sphere
    #[command(after_help = spectrum::learn_help())]
    Learn(Box<Learn>),
    /// Write the Gram matrix of a kernel on data
    #[command(after_help = gram::GRAM_HELP, override_usage = gram::GRAM_USAGE)]
    Gram(Gram),
    /// Measure the accuracy of a kernel on data with folds
    #[command(after_help = gram::EVALUATE_HELP, override_usage = gram::EVALUATE_USAGE)]
    Evaluate(Evaluate),
    /// Classify new rows by a kernel on labelled ones
    #[command(after_help = gram::PREDICT_HELP, override_usage = gram::PREDICT_USAGE)]
    Predict(Predict),
    /// Learn numbers: mean, deviation, evidence, the best network
    #[command(after_help = regress::HELP, override_usage = regress::USAGE)]
    Regress(Box<Regress>),
    /// Predict what networks know at any time of their training
    #[command(after_help = dynamics::HELP, override_usage = dynamics::USAGE)]
    Dynamics(Dynamics),
    /// Classify images with the kernels of convolutional networks
    #[command(after_help = cntk::HELP, override_usage = cntk::USAGE)]
    Cntk(Box<Cntk>),
    /// Find activations for a wanted limit or kernel
    #[command(after_help = design::HELP)]
    Design(Box<Design>),
    /// Write an activation as code: Python, PyTorch, JAX, Rust, LaTeX
    #[command(after_help = emit::help())]
    Emit(Emit),
    /// Draw a figure of activations: spectrum, dual, kernels, edge of chaos
    #[command(after_help = plot::help())]
    Plot(Plot),
    /// Write a page about an activation, or about several
    #[command(after_help = report::help())]
    Report(Page),
    /// Check a kernel against what every dual and recursion obeys
    #[command(after_help = identities::HELP)]
    Identities(Box<Identities>),
    /// Check the claims of papers, and draw their figures
    #[command(after_help = papers::PAPERS_HELP)]
    Papers(Papers),
    /// Print the completions for a shell
    #[command(after_help = COMPLETIONS_HELP)]
    Completions(Completions),
    /// Print the manual page
    #[command(after_help = "Examples:
  deeplimit man > deeplimit.1 && man ./deeplimit.1
  deeplimit man classify > deeplimit-classify.1")]
    Man(Man),
}

impl Command {
    /// What `--set` says, in the commands that take an activation.
    pub fn settings(&self) -> &[String] {
        let effort = match self {
            Command::Classify(a) => &a.effort,
            Command::Constants(a) => &a.effort,
            Command::Hermite(a) => &a.effort,
            Command::Dual(a) => &a.effort,
            Command::Expect(a) => &a.effort,
            Command::Ntk(a) => &a.effort,
            Command::Phase(a) => &a.effort,
            Command::Limit(a) => &a.effort,
            Command::Depth(a) => &a.effort,
            Command::Spectrum(a) => &a.effort,
            Command::Learn(a) => &a.effort,
            Command::Emit(a) => &a.effort,
            Command::Plot(a) => &a.effort,
            Command::Report(a) => &a.effort,
            Command::Gram(a) => return a.network.as_ref().map_or(&[], |n| &n.set),
            Command::Evaluate(a) => return &a.network.set,
            Command::Predict(a) => return &a.network.set,
            Command::Regress(a) => return &a.set,
            Command::Dynamics(a) => return &a.network.set,
            Command::Cntk(a) => return &a.set,
            Command::Design(a) => return a.action.settings(),
            Command::Activations(_)
            | Command::Identities(_)
            | Command::Papers(_)
            | Command::Completions(_)
            | Command::Man(_) => {
                return &[];
            }
        };
        &effort.set
    }
}

/// The flags of every command that computes.
#[derive(Args, Clone, Debug)]
pub struct Effort {
    /// Significant digits, from 1 to 1000
    #[arg(long, default_value = "15", value_name = "N", value_parser = digits)]
    pub digits: u32,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
    /// Seconds for each expression
    #[arg(long, default_value = "60", value_name = "SECONDS", value_parser = timeout)]
    pub timeout: Duration,
    /// Values of letters that are constants: a=1.5,b=sqrt(2)
    #[arg(long, value_name = "NAME=VALUE,...")]
    pub set: Vec<String>,
}

/// `deeplimit classify`.
#[derive(Args, Debug)]
pub struct Classify {
    /// The activations, as expressions in x
    #[arg(required_unless_present = "network", value_name = "EXPR")]
    pub expressions: Vec<String>,
    #[command(flatten)]
    pub blocks: Blocks,
    #[command(flatten)]
    pub effort: Effort,
    /// Show the evidence, step by step
    #[arg(long)]
    pub explain: bool,
    /// The numbers: ball, mpfr or f64
    #[arg(
        long,
        value_parser = arithmetic(),
        default_value_t = Arithmetic::Ball,
        value_name = "NUMBERS",
        hide_possible_values = true,
        long_help = "The numbers: ball, mpfr or f64.
ball has midpoint and radius, each digit is certain;
mpfr has any precision, f64 is fast: their errors are only estimated"
    )]
    pub arithmetic: Arithmetic,
}

/// `deeplimit activations`.
#[derive(Args, Debug)]
pub struct Activations {
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `deeplimit constants`.
#[derive(Args, Debug)]
pub struct Constants {
    /// The activations, as expressions in x
    #[arg(required = true, value_name = "EXPR")]
    pub expressions: Vec<String>,
    #[command(flatten)]
    pub effort: Effort,
}

/// `deeplimit hermite`.
#[derive(Args, Debug)]
pub struct Hermite {
    /// The activations, as expressions in x
    #[arg(required = true, value_name = "EXPR")]
    pub expressions: Vec<String>,
    /// How many coefficients: from 1 to 10000
    #[arg(long, default_value = "10", value_name = "N", value_parser = terms)]
    pub terms: u32,
    #[command(flatten)]
    pub effort: Effort,
}

/// `deeplimit dual`.
#[derive(Args, Debug)]
pub struct Dual {
    /// The activations, as expressions in x
    #[arg(required = true, value_name = "EXPR")]
    pub expressions: Vec<String>,
    /// Correlations from -1 to 1: 0.5, 1/3, sqrt(2)/2
    #[arg(
        long,
        visible_alias = "at",
        required = true,
        value_name = "RHO,...",
        value_delimiter = ','
    )]
    pub rho: Vec<String>,
    /// The slope of the dual there too
    #[arg(long)]
    pub slope: bool,
    #[command(flatten)]
    pub effort: Effort,
}

/// `deeplimit expect`.
#[derive(Args, Debug)]
pub struct Expect {
    /// The integrands, as expressions in x
    #[arg(required = true, value_name = "EXPR")]
    pub expressions: Vec<String>,
    #[command(flatten)]
    pub effort: Effort,
}

/// `deeplimit completions`.
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// `deeplimit man`.
#[derive(Args, Debug)]
pub struct Man {
    /// The command whose page is wanted; without it, the program's own
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

/// `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Even into a file
    Always,
    /// Not at all
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

fn classify_help() -> String {
    format!(
        "Examples:
  deeplimit classify relu gelu tanh 'x^2-1'
  deeplimit classify 'max(x,0)-1/sqrt(2*pi)' --explain
  deeplimit classify 'optimal(4)' --digits 50
  deeplimit classify relu tanh --json
  deeplimit classify '-x' -- '--x'
  deeplimit classify - < activations.txt
  deeplimit classify --network 'tanh gelu'
  deeplimit classify relu gelu --skip '1/sqrt(L)'

{EXPRESSIONS}

Regimes, as the depth tends to infinity, for inputs on the unit sphere
whose correlations are not negative; A = E phi(Z), A' = E phi'(Z),
B' = E phi'(Z)^2 for phi with E phi(Z)^2 = 1:
  linear             phi(z) = z or -z
  singular           A = 0, A' not 0: kernel smoother with R(u)/u^alpha,
                     alpha = -4 log|A'| / log B'
  nearest-neighbour  A = A' = 0: the label of the nearest point
  majority           A not 0, B' > 1 (chaotic) or B' = 1 (edge of chaos):
                     majority vote
  ordered            A not 0, B' < 1: interpolation with a conditionally
                     definite kernel
  flow, frozen       residual layers whose branches shrink with the depth:
                     nothing degenerates
  undecided          with what is missing

{}

{EXIT_CODES}",
        blocks::WORDS
    )
}

fn constants_help() -> String {
    format!(
        "Examples:
  deeplimit constants tanh selu --digits 50
  deeplimit constants 'x*sigmoid(1.702*x)' --json

{EXPRESSIONS}

{EXIT_CODES}"
    )
}

fn hermite_help() -> String {
    format!(
        "Examples:
  deeplimit hermite relu --terms 6
  deeplimit hermite 'abs(x)' tanh --terms 20 --digits 30 --json

The coefficients a_n = E phi(Z) h_n(Z) of the normalised phi in the
orthonormal Hermite polynomials (the probabilists').

{EXPRESSIONS}

{EXIT_CODES}"
    )
}

fn dual_help() -> String {
    format!(
        "Examples:
  deeplimit dual relu --rho 0.5,0.9,0.999 --slope
  deeplimit dual tanh gelu --rho -1/3 --digits 30 --json

The dual at rho is E phi(u) phi(v) for standard normal u, v with
correlation rho and phi normalised; its slope is E phi'(u) phi'(v).

{EXPRESSIONS}

{EXIT_CODES}"
    )
}

fn expect_help() -> String {
    format!(
        "Examples:
  deeplimit expect 'tanh(x)^2' --digits 200
  deeplimit expect 'x^4' 'exp(x)' --json

E f(Z) for Z standard normal, of any expression f; nothing is normalised
here.

{EXPRESSIONS}

{EXIT_CODES}"
    )
}

const COMPLETIONS_HELP: &str = "Examples:
  deeplimit completions bash > deeplimit.bash && . ./deeplimit.bash
  deeplimit completions zsh > ~/.zfunc/_deeplimit
  deeplimit completions fish > ~/.config/fish/completions/deeplimit.fish";

fn whole_number(text: &str, what: &str, max: u32) -> Result<u32, String> {
    // `100`, and `10^2` too.
    let written = || {
        let number = crate::exact::number(text, what).ok()?;
        number
            .is_integer()
            .then(|| number.numer().to_u32())
            .flatten()
    };
    text.parse()
        .ok()
        .or_else(written)
        .filter(|n| (1..=max).contains(n))
        .ok_or_else(|| format!("the number of {what} must be a whole number from 1 to {max}"))
}

fn arithmetic() -> impl clap::builder::TypedValueParser<Value = Arithmetic> {
    let words = [
        (
            Arithmetic::Ball,
            "Midpoint and radius: each digit is certain",
        ),
        (Arithmetic::Mpfr, "Any precision, errors only estimated"),
        (
            Arithmetic::F64,
            "Machine numbers: fast, errors only estimated",
        ),
    ];
    choice::one_of(words, Arithmetic::name)
}

fn digits(text: &str) -> Result<u32, String> {
    whole_number(text, "digits", DIGITS_MAX)
}

fn terms(text: &str) -> Result<u32, String> {
    whole_number(text, "terms", TERMS_MAX)
}

fn timeout(text: &str) -> Result<Duration, String> {
    crate::exact::double(text, "deadline")
        .ok()
        .filter(|s| *s > 0.0 && *s <= TIMEOUT_MAX)
        .map(Duration::from_secs_f64)
        .ok_or_else(|| {
            format!("the deadline must be a number of seconds above 0, at most {TIMEOUT_MAX}")
        })
}

#[cfg(test)]
mod tests;
