//! The arguments of `deeplimit dynamics`.

use std::path::PathBuf;

use clap::Args;
use deeplimit::process::Scaling;
use deeplimit::recursion::Depth;

use super::gram::{depth, ridge};
use super::regress::scaling;
use super::{Columns, Network};

/// One line would be wider than a page.
pub const USAGE: &str = "deeplimit dynamics [OPTIONS] --train <FILE> --test <FILE>
                          --activation <EXPR> --depth <L> --time <T,...>
                          --out <FILE>";

/// `deeplimit dynamics`.
#[derive(Args, Debug)]
pub struct Dynamics {
    /// The rows with their classes: a CSV file
    #[arg(long, value_name = "FILE")]
    pub train: PathBuf,
    /// The rows to be predicted: a CSV file
    #[arg(long, value_name = "FILE")]
    pub test: PathBuf,
    /// The column of the classes in the training file
    #[arg(long, value_name = "COLUMN", default_value = "label")]
    pub label: String,
    /// Columns of real targets instead of classes
    #[arg(
        long,
        value_name = "COLUMN,...",
        value_delimiter = ',',
        conflicts_with = "label"
    )]
    pub target: Vec<String>,
    /// Targets: standard (mean 0, variance 1 before) or raw
    #[arg(long, value_parser = scaling(), default_value_t = Scaling::Standard, value_name = "SCALING", hide_possible_values = true, requires = "target")]
    pub scaling: Scaling,
    #[command(flatten)]
    pub columns: Columns,
    #[command(flatten)]
    pub network: Network,
    /// Hidden layers
    #[arg(long, value_name = "L", value_parser = depth)]
    pub depth: Depth,
    /// Times from 0 on, or inf; the learning rate is 1
    #[arg(long, required = true, value_name = "T,...", value_delimiter = ',', value_parser = time)]
    pub time: Vec<f64>,
    /// The ridge over the kernel's mean diagonal
    #[arg(long, default_value = "0", value_name = "RIDGE", value_parser = ridge)]
    pub ridge: f64,
    /// The CSV file for the predictions
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
}

fn time(text: &str) -> Result<f64, String> {
    let bad = || "a time is a number from 0 on, or inf".to_owned();
    match text.trim() {
        "inf" | "infinite" | "infinity" => Ok(f64::INFINITY),
        text => crate::exact::double(text, "time").map_err(|_| bad()),
    }
}

/// The help.
pub const HELP: &str = "Examples:
  deeplimit dynamics --train A.csv --test B.csv --activation relu \\
      --depth 3 --time 0.1,1,10,inf --out P.csv
  deeplimit dynamics --train A.csv --test B.csv --activation erf \\
      --depth 2 --kernel nngp --time inf --out P.csv --json

Infinitely wide networks, drawn at random and trained by gradient flow on
half the sum of squares (Lee et al. 2019): mean and standard deviation of
what they predict. --kernel ntk trains all layers, nngp the last one: at
the time inf that is the posterior of the Gaussian process. The targets
are 1 - 1/c for the class of a row and -1/c for the others.

The ridge is the variance of the targets' noise over the mean of the
kernel's diagonal on the training rows, as in `predict` and `evaluate`:
each network has noise of that variance on its targets and is pulled back
to its first weights with that strength, so that nngp at the time inf is
the posterior under that noise (of the function, without the noise).

P.csv has a line for each time and row of B.csv: the class of the largest
mean, the mean of every class, and the standard deviation, which is the
same for all classes. With --target it has the mean and the deviation of
every target in its own units.

Exit codes:
  0    written
  2    an error
  130  interrupted";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_or_refused() {
        assert_eq!(time("0.5"), Ok(0.5));
        assert_eq!(time("inf"), Ok(f64::INFINITY));
        for bad in ["-1", "nan", "", "soon", "1e999"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }
}
