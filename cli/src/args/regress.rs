//! The arguments of `deeplimit regress`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use deeplimit::gram::Inputs;
use deeplimit::process::Scaling;
use deeplimit::recursion::{Convention, Depth, Kind};

use super::Columns;
use super::choice::one_of;
use super::gram::{depth, kind, lengths, ridge};

/// One line would be wider than a page.
pub const USAGE: &str = "deeplimit regress [OPTIONS] --train <FILE> --target <COLUMN,...>
                         --activation <EXPR> --depth <L,...>
                         [--test <FILE> --out <FILE>]";

/// `deeplimit regress`.
#[derive(Args, Debug)]
pub struct Regress {
    /// The rows with their targets: a file of type .csv, .npy or idx
    #[arg(long, value_name = "FILE")]
    pub train: PathBuf,
    /// The columns of the targets (names or numbers), or their file
    #[arg(
        long,
        required = true,
        value_name = "COLUMN,...|FILE",
        value_delimiter = ',',
        long_help = "The columns of the targets in a CSV file, their names or numbers; for
rows in .npy or idx, the file of the targets: a number, or a row of
numbers, for each row"
    )]
    pub target: Vec<String>,
    /// Rows to be predicted
    #[arg(long, value_name = "FILE", requires = "out")]
    pub test: Option<PathBuf>,
    /// The CSV file for the predictions
    #[arg(long, value_name = "FILE", requires = "test")]
    pub out: Option<PathBuf>,
    /// Replace the files if there are any
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub columns: Columns,
    /// The activation, as an expression in x; may be given several times
    #[arg(long, required = true, value_name = "EXPR", allow_hyphen_values = true)]
    pub activation: Vec<String>,
    /// Hidden layers; of several, the best are chosen
    #[arg(long, required = true, value_name = "L,...", value_delimiter = ',', value_parser = depth)]
    pub depth: Vec<Depth>,
    /// nngp (a Gaussian process) or ntk (trained networks)
    #[arg(long, value_parser = kind(), default_value_t = Kind::Nngp, value_name = "KERNEL", hide_possible_values = true)]
    pub kernel: Kind,
    /// The lengths of the rows: unit (divided out), keep or lift
    #[arg(long, value_parser = lengths(), default_value_t = Inputs::Unit, value_name = "LENGTHS", hide_possible_values = true)]
    pub lengths: Inputs,
    /// Standard deviations of the weights, constants: 1.5, sqrt(2)
    #[arg(
        long,
        value_name = "W,...",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub sigma_w: Vec<String>,
    /// Standard deviations of the biases, constants
    #[arg(
        long,
        value_name = "B,...",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub sigma_b: Vec<String>,
    /// Whose kernel: radhakrishnan2022, arora2019, jacot2018, lee2019
    #[arg(long, value_name = "NAME", value_parser = super::network::convention)]
    pub convention: Option<Convention>,
    /// Values of letters that are constants: a=1.5,b=sqrt(2)
    #[arg(long, value_name = "NAME=VALUE,...")]
    pub set: Vec<String>,
    /// Variances of the noise over the kernel's mean diagonal
    #[arg(
        long,
        default_value = "1e-6,1e-4,1e-3,1e-2,1e-1,1",
        value_name = "RIDGE,...",
        value_delimiter = ',',
        value_parser = ridge
    )]
    pub ridge: Vec<f64>,
    /// Targets: standard (mean 0, variance 1 before) or raw
    #[arg(long, value_parser = scaling(), default_value_t = Scaling::Standard, value_name = "SCALING", hide_possible_values = true)]
    pub scaling: Scaling,
    /// Maximise the evidence over these: sigma_w, sigma_b, ridge
    #[arg(
        long,
        value_enum,
        value_name = "WHICH,...",
        value_delimiter = ',',
        hide_possible_values = true,
        long_help = "Maximise the evidence over these, of each activation and depth:
sigma_w between 0.1 and 10, sigma_b between 0.001 and 10, ridge
between 1e-8 and 100, from the best of what was listed and from
other starts"
    )]
    pub maximise: Vec<Free>,
    /// From so many starts
    #[arg(long, default_value = "3", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub starts: u16,
    /// All networks that were tried, as a CSV file
    #[arg(long, value_name = "FILE")]
    pub table: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
    /// Seconds for the preparation of each kernel
    #[arg(long, default_value = "60", value_name = "SECONDS", value_parser = super::timeout)]
    pub timeout: Duration,
}

/// What the evidence is maximised over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Free {
    /// The weights' standard deviation
    SigmaW,
    /// The biases'
    SigmaB,
    /// The noise
    Ridge,
}

pub(super) fn scaling() -> impl clap::builder::TypedValueParser<Value = Scaling> {
    let words = [
        (Scaling::Standard, "Mean 0 and variance 1 before"),
        (Scaling::Raw, "As they are"),
    ];
    one_of(words, Scaling::name)
}

/// The help.
pub const HELP: &str = "Examples:
  deeplimit regress --train A.csv --target y --activation erf \\
      --depth 1,2,3 --sigma-w 1,1.5,2 --sigma-b 0.1 --lengths lift
  deeplimit regress --train A.csv --target y,z --activation relu \\
      --activation gelu --depth 3 --test B.csv --out P.csv
  deeplimit regress --train A.csv --target y --activation erf \\
      --depth 2 --sigma-w 1.5 --sigma-b 0.1 \\
      --maximise sigma_w,sigma_b,ridge --json

nngp: the Gaussian process of infinitely wide networks, conditioned on the
targets. ntk: networks of which all layers are trained to the end by
gradient flow (Lee et al. 2019, eq. 16), mean and deviation over the
initial weights; the covariance at the beginning is the nngp. The ridge is
the variance of the targets' noise over the mean of the kernel's diagonal,
as in `predict` and `dynamics`. Several targets share a kernel and the
noise; numbers are in the units of the targets.

Of several networks the one is taken whose evidence (the log marginal
likelihood) is largest; of ntk, which has none, the one with the largest log
density of each row without itself. RMSE, R^2 and log density are of each
training row without itself, in closed form; of test rows where their file
has the targets. A log density is of a target with its noise.

P.csv has a line for each row of B.csv: of every target the mean, the
standard deviation of the function, and that with the noise.

Exit codes:
  0    answered
  2    an error
  130  interrupted";
