//! The arguments of `deeplimit identities`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// The most random activations of one run.
const TESTS_MAX: u32 = 1_000_000;
/// The most layers that identities are checked at.
const DEPTH_MAX: u32 = 64;

/// `deeplimit identities`.
#[derive(Args, Debug)]
pub struct Identities {
    /// Check them on these activations; without any, list them
    #[arg(value_name = "EXPR")]
    pub expressions: Vec<String>,
    /// Check them on N random activations too
    #[arg(long, value_name = "N", value_parser = tests)]
    pub tests: Option<u32>,
    /// Other random activations for another number
    #[arg(long, value_name = "N", default_value = "0")]
    pub seed: u64,
    /// Check the kernel of this program; the protocol is below
    #[arg(long, value_name = "COMMAND")]
    pub against: Option<String>,
    /// The program's numbers are in single precision
    #[arg(long, requires = "against")]
    pub single: bool,
    /// So many units in the last place are no failure
    #[arg(long, value_name = "N", default_value = "64", requires = "against", value_parser = ulps)]
    pub ulps: f64,
    /// Seconds that the program has for an answer
    #[arg(long, value_name = "SECONDS", default_value = "10", requires = "against", value_parser = super::timeout)]
    pub patience: Duration,
    /// These identities alone
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub only: Vec<String>,
    /// At depths from 1 to L
    #[arg(long, value_name = "L", default_value = "2", value_parser = depth)]
    pub depth: u32,
    /// Seconds for all of it
    #[arg(long, default_value = "600", value_name = "SECONDS", value_parser = super::timeout)]
    pub timeout: Duration,
    /// Write certified values of 40 activations to this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["expressions", "tests", "seed", "depth", "against", "single", "ulps", "patience", "only"])]
    pub table: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long, requires = "table")]
    pub force: bool,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

fn tests(text: &str) -> Result<u32, String> {
    super::whole_number(text, "tests", TESTS_MAX)
}

fn depth(text: &str) -> Result<u32, String> {
    super::whole_number(text, "layers", DEPTH_MAX)
}

fn ulps(text: &str) -> Result<f64, String> {
    crate::exact::double(text, "number of units")
        .ok()
        .filter(|u| (1.0..=1e12).contains(u))
        .ok_or_else(|| "the number of units must be from 1 to 10^12".to_owned())
}

/// `deeplimit identities --help`, below the options.
pub const HELP: &str = "Examples:
  deeplimit identities
  deeplimit identities relu 'tanh(x)+0.1'
  deeplimit identities --tests 20 --seed 1 --json
  deeplimit identities relu erf --against 'python3 mine.py' --single
  deeplimit identities --only dual_at_one,ntk_step_between gelu
  deeplimit identities --table reference.json

What every dual, recursion and limit obeys: checked on this program in
enclosures, or on any other kernel. An identity fails where enclosures
exclude it; the smallest case that fails is looked for. What is not decided
is no failure. The file of --table takes minutes.

The program of --against gets a line of JSON for each question
  {\"id\": 1, \"want\": [\"nngp\", \"ntk\"], \"activation\": \"relu\",
   \"formula\": \"max(x, 0)\", \"rho\": 0.5, \"depth\": 2,
   \"convention\": \"lee2019\", \"sigma_w\": 1.25, \"sigma_b\": 0.5,
   \"norms\": [1.5, 1.5]}
on its standard input, and answers with a line
  {\"id\": 1, \"nngp\": 1.75, \"ntk\": 2.5}
with as much of what is wanted as it has; {\"id\": 1} if it has nothing.
wanted are nngp and ntk of a network with `depth` hidden layers (conventions
as in `deeplimit ntk --help`), or dual and slope of the normalised
activation at rho, or covariance (E phi(u) phi(v) at \"variances\", nothing
normalised). Examples are in examples/candidates.

Exit codes:
  0    nothing fails
  1    an identity fails
  2    an error: in the command line, an expression, or the program
  130  interrupted";
