//! The arguments of `deeplimit gram`, `evaluate` and `predict`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::{Args, Subcommand};
use deeplimit::classifier::Solver;
use deeplimit::gram::Inputs;
use deeplimit::limit::DEEPEST;
use deeplimit::recursion::{Convention, Depth, Kind};
use deeplimit::store::Shard;

use super::Columns;
use super::choice::one_of;

/// Which kernel of which network.
#[derive(Args, Clone, Debug)]
pub struct Network {
    /// The activation, as an expression in x
    #[arg(long, required = true, value_name = "EXPR", allow_hyphen_values = true)]
    pub activation: Vec<String>,
    /// The kernel: ntk or nngp
    #[arg(long, value_parser = kind(), default_value_t = Kind::Ntk, value_name = "KERNEL", hide_possible_values = true)]
    pub kernel: Kind,
    /// The lengths of the rows: unit (divided out), keep or lift
    #[arg(
        long,
        value_parser = lengths(),
        default_value_t = Inputs::Unit,
        value_name = "LENGTHS",
        hide_possible_values = true,
        long_help = "The lengths of the rows: unit, keep or lift.
unit divides every row by its length; keep lets lengths count, for
homogeneous activations at any depth, at finite depth for all that are
smooth or have a closed form (tanh, silu, erf, gelu, relu with biases
...); lift puts a column of ones behind the rows and divides those by
their lengths: rows of few columns keep apart"
    )]
    pub lengths: Inputs,
    /// Standard deviation of the weights, a constant: 1.5, sqrt(2)
    #[arg(long, value_name = "W", allow_hyphen_values = true)]
    pub sigma_w: Option<String>,
    /// Standard deviation of the biases, a constant
    #[arg(long, value_name = "B", allow_hyphen_values = true)]
    pub sigma_b: Option<String>,
    /// Whose kernel: radhakrishnan2022, arora2019, jacot2018, lee2019
    #[arg(long, value_name = "NAME", value_parser = super::network::convention)]
    pub convention: Option<Convention>,
    /// Values of letters that are constants: a=1.5,b=sqrt(2)
    #[arg(long, value_name = "NAME=VALUE,...")]
    pub set: Vec<String>,
    /// Neither read nor keep a prepared kernel ($XDG_CACHE_HOME/deeplimit)
    #[arg(long)]
    pub no_cache: bool,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
    /// Seconds for the preparation of each kernel
    #[arg(long, default_value = "60", value_name = "SECONDS", value_parser = super::timeout)]
    pub timeout: Duration,
}

/// One line would be wider than a page.
pub const GRAM_USAGE: &str =
    "deeplimit gram [OPTIONS] --data <FILE> --activation <EXPR> --depth <L>
                      --out <PATH>
       deeplimit gram merge [OPTIONS] --out <PATH> <STORE>...";
/// As [`GRAM_USAGE`].
pub const EVALUATE_USAGE: &str = "deeplimit evaluate [OPTIONS] --data <FILE> --label <COLUMN>
                          --activation <EXPR> --depth <L,...>";
/// As [`GRAM_USAGE`].
pub const PREDICT_USAGE: &str = "deeplimit predict [OPTIONS] --train <FILE> --test <FILE>
                         --activation <EXPR> --depth <L> --out <FILE>";

/// `deeplimit gram`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Gram {
    /// Another question about matrices.
    #[command(subcommand)]
    pub action: Option<GramAction>,
    /// The matrix; missing where there is an action.
    #[command(flatten)]
    pub matrix: Option<GramMatrix>,
    // beside it, not inside: clap cannot tell whether something with parts of its own was typed
    #[command(flatten)]
    pub network: Option<Network>,
    #[command(flatten)]
    pub columns: Columns,
}

/// `deeplimit gram ...`.
#[derive(Debug, Subcommand)]
pub enum GramAction {
    /// Join what shards in folders of their own have made
    #[command(after_help = MERGE_HELP)]
    Merge(Merge),
}

/// `deeplimit gram merge`.
#[derive(Args, Debug)]
pub struct Merge {
    /// The folders of the shards: Zarr, from `gram` or `cntk`
    #[arg(required = true, value_name = "STORE")]
    pub stores: Vec<PathBuf>,
    /// The matrix: a file of type .npy or a folder of type .zarr
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
    /// Replace it if there is one
    #[arg(long)]
    pub force: bool,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `deeplimit gram` itself.
#[derive(Args, Debug)]
pub struct GramMatrix {
    /// The points, one a row: a file of type .csv, .npy or idx
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Columns of the matrix: other points, likewise
    #[arg(
        long,
        value_name = "FILE",
        long_help = "Columns of the matrix: other points. The matrix has a row for each
point of --data and a column for each of these; columns of the files
are found by their names in this one"
    )]
    pub with: Option<PathBuf>,
    /// A column of a CSV file that is no coordinate: its name or number
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// Hidden layers, or inf
    #[arg(long, value_name = "L", value_parser = depth)]
    pub depth: Depth,
    /// The matrix: a file of type .npy, or a folder of type .zarr
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
    /// Replace it if there is one
    #[arg(long)]
    pub force: bool,
    /// Memory to be used, in bytes or with KiB, MiB or GiB
    #[arg(long, default_value = "1GiB", value_name = "BYTES", value_parser = memory)]
    pub memory: u64,
    /// Every N-th tile from the I-th on, into a .zarr
    #[arg(
        long,
        value_name = "I/N",
        value_parser = shard,
        long_help = "Every N-th tile from the I-th on, into a .zarr. The N processes may
run at the same time, on several machines, into one shared folder or
into folders of their own, which `deeplimit gram merge` joins"
    )]
    pub shard: Option<Shard>,
}

/// `deeplimit evaluate`.
#[derive(Args, Clone, Debug)]
pub struct Evaluate {
    /// The rows: a file of type .csv, .npy or idx
    #[arg(long, required = true, value_name = "FILE")]
    pub data: Vec<PathBuf>,
    /// The column of the classes (name or number), or their file
    #[arg(
        long,
        value_name = "COLUMN|FILE",
        long_help = "The column of the classes in a CSV file, its name or number; for
rows in .npy or idx, the file of the classes: numbers from 0 to 255"
    )]
    pub label: String,
    #[command(flatten)]
    pub columns: Columns,
    #[command(flatten)]
    pub network: Network,
    /// Hidden layers, or inf; of several, the best is chosen
    #[arg(long, required = true, value_name = "L,...", value_delimiter = ',', value_parser = depth)]
    pub depth: Vec<Depth>,
    /// Ridges over the kernel's mean diagonal; the best is chosen
    #[arg(
        long,
        default_value = "1e-8,1e-6,1e-4,1e-3,1e-2,1e-1,1",
        value_name = "RIDGE,...",
        value_delimiter = ',',
        value_parser = ridge
    )]
    pub ridge: Vec<f64>,
    /// Lines of row numbers from 0, training and test in turn
    #[arg(long, value_name = "FILE")]
    pub folds: Option<PathBuf>,
    /// Two lines of row numbers: training and validation
    #[arg(long, value_name = "FILE")]
    pub tune: Option<PathBuf>,
    /// The accuracy of every depth, in one table
    #[arg(
        long,
        long_help = "The accuracy of every depth, in one table, the best of each file
marked; --activation and --data may then be given several times. Only
the ridge is chosen"
    )]
    pub all: bool,
    /// With --all: of both kernels
    #[arg(long, requires = "all")]
    pub both: bool,
    /// With --all: the table, as a CSV file, to go on with
    #[arg(
        long,
        value_name = "FILE",
        requires = "all",
        long_help = "With --all: the table as a CSV file. Each line is written when it is
known; after an interruption the same command goes on where it ended"
    )]
    pub out: Option<PathBuf>,
    /// With --out: begin anew
    #[arg(long, requires = "out")]
    pub force: bool,
}

/// `deeplimit predict`.
#[derive(Args, Debug)]
pub struct Predict {
    /// The rows with their classes: a file of type .csv, .npy or idx
    #[arg(long, value_name = "FILE")]
    pub train: PathBuf,
    /// The rows to be classified, likewise
    #[arg(long, value_name = "FILE")]
    pub test: PathBuf,
    /// The column of the classes in the training file, or their file
    #[arg(
        long,
        value_name = "COLUMN|FILE",
        default_value = "label",
        long_help = "The column of the classes in the training file, its name or number;
for rows in .npy or idx, the file of the classes: whole numbers from 0
to 255"
    )]
    pub label: String,
    #[command(flatten)]
    pub columns: Columns,
    #[command(flatten)]
    pub network: Network,
    /// Hidden layers, or inf
    #[arg(long, value_name = "L", value_parser = depth)]
    pub depth: Depth,
    /// The ridge over the kernel's mean diagonal
    #[arg(long, default_value = "1e-6", value_name = "RIDGE", value_parser = ridge)]
    pub ridge: f64,
    /// The CSV file for the predictions
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
    /// How the regression is solved: auto, cholesky or cg
    #[arg(
        long,
        value_parser = solver(),
        default_value_t = Solver::Auto,
        value_name = "SOLVER",
        hide_possible_values = true,
        long_help = "How the regression is solved: auto, cholesky or cg.
cholesky factors the matrix of the training rows; cg never stores it:
conjugate gradients, every product computed tile by tile, until the
residual is below --tolerance; auto takes cg where three such matrices
would exceed --memory. After Ctrl-C the same line goes on from the
file FILE.iterate, which also takes what is done every minute"
    )]
    pub solver: Solver,
    /// With cg: the residual over the targets, of every class
    #[arg(long, default_value = "1e-6", value_name = "SHARE", value_parser = tolerance)]
    pub tolerance: f64,
    /// With cg: rows that the preconditioner is made from
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..))]
    pub landmarks: Option<u32>,
    /// Memory to be used, in bytes or with KiB, MiB or GiB
    #[arg(long, default_value = "4GiB", value_name = "BYTES", value_parser = memory)]
    pub memory: u64,
}

pub(super) fn kind() -> impl TypedValueParser<Value = Kind> {
    let words = [
        (Kind::Ntk, "Neural tangent kernel"),
        (Kind::Nngp, "Covariance of the Gaussian process"),
    ];
    one_of(words, Kind::name)
}

pub(super) fn lengths() -> impl TypedValueParser<Value = Inputs> {
    let words = [
        (Inputs::Unit, "Divided out"),
        (Inputs::Keep, "They count"),
        (Inputs::Lift, "A column of ones behind the rows"),
    ];
    one_of(words, Inputs::name)
}

fn solver() -> impl TypedValueParser<Value = Solver> {
    let words = [
        (Solver::Auto, "The one that fits into memory"),
        (Solver::Cholesky, "The whole matrix, factored"),
        (Solver::Cg, "Conjugate gradients, without the matrix"),
    ];
    one_of(words, Solver::name)
}

fn tolerance(text: &str) -> Result<f64, String> {
    let share = crate::exact::double(text, "tolerance").map_err(|e| e.to_string())?;
    match share > 0.0 && share < 1.0 {
        true => Ok(share),
        false => Err("the tolerance is a share of the targets between 0 and 1: 1e-6".to_owned()),
    }
}

pub(super) fn depth(text: &str) -> Result<Depth, String> {
    let reachable = |depth: &Depth| !matches!(depth, Depth::Layers(l) if *l > DEEPEST);
    text.parse().ok().filter(reachable).ok_or_else(|| {
        "the depth is a whole number of hidden layers up to 10^15 (1000, 1e3, 10^3), or inf"
            .to_owned()
    })
}

pub(super) fn ridge(text: &str) -> Result<f64, String> {
    crate::exact::double(text, "ridge").map_err(|e| e.to_string())
}

/// `i/n` with `1 <= i <= n`.
pub(super) fn shard(text: &str) -> Result<Shard, String> {
    let number = |t: &str| {
        t.trim()
            .parse()
            .ok()
            .filter(|n| (1..=1_000_000).contains(n))
    };
    text.split_once('/')
        .and_then(|(i, n)| Some((number(i)?, number(n)?)))
        .filter(|(i, n)| i <= n)
        .map(|(index, of)| Shard { index, of })
        .ok_or_else(|| "a shard is a number and of how many, from 1 on: 3/8".to_owned())
}

fn memory(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kb" | "kib" => Some(1 << 10),
        "m" | "mb" | "mib" => Some(1 << 20),
        "g" | "gb" | "gib" => Some(1 << 30),
        _ => None,
    };
    let number = digits
        .trim()
        .parse::<f64>()
        .ok()
        .filter(|x| *x > 0.0 && *x < 1e15);
    match (number, unit) {
        (Some(x), Some(unit)) => Ok((x * f64::from(unit)) as u64),
        _ => Err("the memory is a number of bytes, or one with KiB, MiB or GiB: 2GiB".to_owned()),
    }
}

/// The help of `gram`.
pub const GRAM_HELP: &str = "Examples:
  deeplimit gram --data X.npy --activation relu --depth 10 --out K.npy
  deeplimit gram --data X.csv --activation 'optimal(4)' --depth inf \\
      --out K.npy --memory 2GiB --json
  deeplimit gram --data t10k-images-idx3-ubyte --activation relu \\
      --depth 3 --out K.zarr
  deeplimit gram --data X.npy --activation relu --depth 10 \\
      --out K.zarr --shard $SLURM_ARRAY_TASK_ID/16
  deeplimit gram --data X.csv --activation tanh --depth 1000 \\
      --sigma-w 1.5 --sigma-b 0.1 --out K.npy
  deeplimit gram --data test.npy --with train.npy --activation relu \\
      --depth 3 --out K.npy

Weights, biases and conventions as in `deeplimit ntk`; rows of length 1.
With --depth inf the entries are the limit in its normalisation:
  linear             rho
  singular           the Koenigs function h(rho), infinite on the diagonal
  edge of chaos      ntk (p-1)/(2p-1), 1 on the diagonal; nngp -1 and 0
  chaotic            ntk c*/(1-dual'(c*)), infinite on it; nngp c* and 1
  ordered            -g(1-rho), 0 on the diagonal: conditionally definite
  nearest neighbour  0, 1 on the diagonal

Rows are taken as their numbers stand: one that is a multiple of another,
exactly, has correlation 1; one that was rounded on the way (0.1 times a row)
has the gap of its numbers, some 1e-33. Both are counted in the answer. The
largest error of an entry is an estimate: of the function, and what the
rounding of the correlation makes of it.

The matrix is made tile by tile in K.npy.part (or K.zarr.part) and gets its
name when it is whole. After Ctrl-C, or whatever else stopped it, the same
line goes on where it ended. A .zarr is Zarr version 3: zarr.open reads it.

Exit codes:
  0    written (with --shard: the shard is)
  2    an error
  130  interrupted";

const MERGE_HELP: &str = "Examples:
  deeplimit gram merge a/K.zarr b/K.zarr --out K.npy
  deeplimit gram merge kernels-1 kernels-2 --out kernels.zarr

The stores must be of the same matrix, with every tile in one of them, and
none damaged; K.zarr.part is found under the name of K.zarr.

Exit codes:
  0    written
  2    an error: tiles are missing, damaged, or of another matrix
  130  interrupted";

/// The help of `evaluate`.
pub const EVALUATE_HELP: &str = "Examples:
  deeplimit evaluate --data D.csv --label label --activation relu \\
      --depth 1,3,10 --folds kfold4.txt --tune tuning_split.txt
  deeplimit evaluate --data D.csv --label label --activation relu --depth 3
  deeplimit evaluate --data X.npy --label y.npy --activation relu --depth 3
  deeplimit evaluate --data D.csv --label label --all --both \\
      --activation relu --activation gelu --depth 1,3,10 --out A.csv

Kernel regression on the classes, the largest score wins; a ridge is the
variance of the targets' noise over the mean of the kernel's diagonal on
the training rows. With --depth inf
what the regime makes of it: smoother (singular), majority vote (chaotic,
edge of chaos), nearest neighbour, or the interpolant b + sum w_i g with
sum w_i = 0 (ordered; its ridge is over the diagonal of the centred
kernel). Depth and ridge are the best on the validation rows of --tune, or
else by leaving out one training row at a time. Without --folds all rows
are training rows, and the accuracy is that of leaving out one at a time.
The interval is Wilson's of 95 %; a row that several folds test counts once.

Exit codes:
  0    answered
  2    an error
  130  interrupted";

/// The help of `predict`.
pub const PREDICT_HELP: &str = "Examples:
  deeplimit predict --train A.csv --test B.csv --out P.csv \\
      --activation relu --depth 3
  deeplimit predict --train train-images-idx3-ubyte \\
      --label train-labels-idx1-ubyte --test t10k-images-idx3-ubyte \\
      --out P.csv --activation relu --depth 3

P.csv has a line for each row of B.csv: the predicted class, and the score
of every class. Columns of B.csv are found by their names in A.csv; its
labels, if it has them, are compared with what is predicted and used for
nothing else. The ridge is the variance of the targets' noise over the mean
of the kernel's diagonal on the training rows.

Beyond --memory the matrix of the training rows is not stored: conjugate
gradients (--solver cg) compute it anew, tile by tile, in every step.

Exit codes:
  0    written
  2    an error
  130  interrupted";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_memory_and_ridges_are_read_or_refused() {
        assert_eq!(depth("10"), Ok(Depth::Layers(10)));
        assert_eq!(depth("1e3"), Ok(Depth::Layers(1000)));
        assert_eq!(depth("10^6"), Ok(Depth::Layers(1_000_000)));
        assert_eq!(depth("Inf"), Ok(Depth::Infinite));
        for bad in ["-1", "3.5", "deep", "", "1e16", "99999999999999999999"] {
            assert!(depth(bad).is_err(), "{bad}");
        }
        assert_eq!(memory("2GiB"), Ok(2 << 30));
        assert_eq!(memory("512"), Ok(512));
        for bad in ["", "GiB", "-1", "1TiB", "nan"] {
            assert!(memory(bad).is_err(), "{bad}");
        }
        assert_eq!(shard("3/8"), Ok(Shard { index: 3, of: 8 }));
        for bad in ["", "3", "0/8", "9/8", "1/0", "-1/2", "a/b", "1/2/3"] {
            assert!(shard(bad).is_err(), "{bad}");
        }
        assert!(ridge("-1").is_err() && ridge("nan").is_err() && ridge("1e-3").is_ok());
    }
}
