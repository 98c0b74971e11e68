//! The arguments of `deeplimit design`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use deeplimit::design::{DEGREE_MAX, LAYERS_MAX};
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
}

/// What the design starts from.
#[derive(Debug, Subcommand)]
pub enum DesignAction {
    /// Find the activation whose kernel is nearest to a given one
    #[command(after_help = KERNEL_HELP, override_usage = KERNEL_USAGE)]
    Kernel(DesignKernel),
}

impl DesignAction {
    /// What `--set` says.
    pub fn settings(&self) -> &[String] {
        match self {
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
