//! The arguments of `deeplimit spectrum` and `deeplimit learn`.

use std::path::PathBuf;

use clap::Args;
use deeplimit::recursion::{Convention, Depth, Kind};

use super::Effort;
use super::gram::{depth, kind, ridge};
use crate::library::{SPECTRUM_DEGREE_MAX, SPECTRUM_DIMENSIONS_MAX, Space};

/// The most trials of an experiment, and the most points of one.
const TRIALS_MAX: u32 = 1000;

/// Whose kernel, of which weights and biases.
#[derive(Args, Clone, Debug)]
pub struct Kernel {
    /// The kernel: ntk or nngp
    #[arg(long, value_parser = kind(), default_value_t = Kind::Ntk, value_name = "KERNEL", hide_possible_values = true)]
    pub kernel: Kind,
    /// Hidden layers
    #[arg(long, value_name = "L", default_value = "1", value_parser = depth)]
    pub depth: Depth,
    /// Standard deviation of the weights, a constant: 1.5, sqrt(2)
    #[arg(long, value_name = "W", allow_hyphen_values = true)]
    pub sigma_w: Option<String>,
    /// Standard deviation of the biases, a constant
    #[arg(long, value_name = "B", allow_hyphen_values = true)]
    pub sigma_b: Option<String>,
    /// Whose kernel: radhakrishnan2022, arora2019, jacot2018, lee2019
    #[arg(long, value_name = "NAME", value_parser = super::network::convention)]
    pub convention: Option<Convention>,
}

/// `deeplimit spectrum`.
#[derive(Args, Debug)]
pub struct Spectrum {
    /// The activations, as expressions in x
    #[arg(required = true, value_name = "EXPR")]
    pub expressions: Vec<String>,
    #[command(flatten)]
    pub network: Kernel,
    /// Inputs on the sphere S^D in R^(D+1)
    #[arg(long, value_name = "D", default_value = "2", value_parser = dimension)]
    pub sphere: u32,
    /// Inputs on the boolean cube {-1, 1}^D instead
    #[arg(long, value_name = "D", value_parser = side, conflicts_with = "sphere")]
    pub cube: Option<u32>,
    /// Degrees from 0 to this one
    #[arg(long, value_name = "K", default_value = "8", value_parser = degree)]
    pub degree: u32,
    /// Print these degrees alone
    #[arg(long, value_name = "K,...", value_delimiter = ',', value_parser = degree)]
    pub show: Vec<u32>,
    #[command(flatten)]
    pub effort: Effort,
}

impl Spectrum {
    /// Where the inputs are.
    pub fn space(&self) -> Space {
        match self.cube {
            Some(d) => Space::Cube(d),
            None => Space::Sphere(self.sphere),
        }
    }
}

/// `deeplimit learn`.
#[derive(Args, Debug)]
pub struct Learn {
    /// The activations, as expressions in x
    #[arg(required = true, value_name = "EXPR")]
    pub expressions: Vec<String>,
    #[command(flatten)]
    pub network: Kernel,
    /// Inputs on the sphere S^D in R^(D+1)
    #[arg(long, value_name = "D", default_value = "4", value_parser = dimension)]
    pub sphere: u32,
    /// The target: its degree, or degrees with weights, 1:0.5,3:0.5
    #[arg(long, required = true, value_name = "K[:W],...", value_delimiter = ',', value_parser = part)]
    pub target: Vec<(u32, f64)>,
    /// Numbers of training points
    #[arg(long = "n", value_name = "N,...", value_delimiter = ',', default_value = "32,64,128,256,512,1024", value_parser = inputs)]
    pub inputs: Vec<u32>,
    /// The ridge over the kernel's diagonal
    #[arg(long, default_value = "0", value_name = "RIDGE", value_parser = ridge)]
    pub ridge: f64,
    /// The variance of the noise on the targets
    #[arg(long, default_value = "0", value_name = "VARIANCE", value_parser = ridge)]
    pub noise: f64,
    /// Experiments for each number of points; 0: the prediction alone
    #[arg(long, default_value = "10", value_name = "N", value_parser = trials)]
    pub trials: u32,
    /// New points of each experiment
    #[arg(long, default_value = "500", value_name = "N", value_parser = inputs)]
    pub tests: u32,
    /// The seed of the experiments
    #[arg(long, default_value = "1", value_name = "SEED")]
    pub seed: u64,
    /// A figure: .svg, .png, .pdf or .csv
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub effort: Effort,
}

/// `deeplimit spectrum --help`, below the options.
pub fn spectrum_help() -> String {
    format!(
        "Examples:
  deeplimit spectrum relu --sphere 2 --degree 6
  deeplimit spectrum relu --depth 10 --sphere 9 --degree 1000 --show 10,100,1000
  deeplimit spectrum 'optimal(2)' --depth inf --sphere 4 --digits 30
  deeplimit spectrum erf --cube 128 --depth 4 --degree 48 --json
  deeplimit spectrum gelu --kernel nngp --depth 2 --sigma-w 1.5 --sigma-b 0.1

Eigenvalues of the kernel for inputs spread evenly over the sphere S^D in
R^(D+1) (normalised surface measure), or over the corners of a cube (a kernel
of x.y/D): lambda_k of the harmonics of degree k, N(D, k) of them. Their sum
over all degrees is K(1); what the degrees that are not listed have of it is
the rest. On the sphere a tangent kernel takes an activation without jumps,
and --depth inf the singular regime with alpha below D: h = lim T_L/((L+1)
lambda^L). An eigenvalue is 0 where the structure of the activation proves it.
The decay of lambda_k like a power of k: proved by theorem 1 of Bietti and
Bach (2021) for activations that are positively homogeneous, without biases;
observed by a fit to log lambda_k over log(k + (D-1)/2).

{}

{}",
        super::EXPRESSIONS,
        super::EXIT_CODES
    )
}

/// `deeplimit learn --help`, below the options.
pub fn learn_help() -> String {
    format!(
        "Examples:
  deeplimit learn relu --target 2
  deeplimit learn relu erf --depth 3 --target 1 -o learning.svg
  deeplimit learn gelu --target 1:0.5,2:0.5 --ridge 1e-3 --noise 0.1 --json
  deeplimit learn relu --target 4 --n 4096 --trials 5 --timeout 600

Kernel regression on n random points of the sphere S^D learns a target that is
made of harmonics of some degrees: what theory predicts of its error on new
points, noise included, and what experiments show (mean, one standard error).
The prediction (Bordelon, Canatar and Pehlevan 2020; Simon et al. 2021) is an
approximation, no bound:
  n = sum N_k lambda_k/(lambda_k + kappa) + ridge/kappa
  L_k = lambda_k/(lambda_k + kappa), how much of degree k is learned
  E_0 = n/(n - sum N_k L_k^2)
  error = E_0 (sum (1 - L_k)^2 v_k^2 + noise)
Weights are v_k^2, the mean square of the part of degree k; 1 where none is
given.

{}

{}",
        super::EXPRESSIONS,
        super::EXIT_CODES
    )
}

fn dimension(text: &str) -> Result<u32, String> {
    super::whole_number(text, "dimensions", SPECTRUM_DIMENSIONS_MAX[0])
}

fn side(text: &str) -> Result<u32, String> {
    super::whole_number(text, "dimensions", SPECTRUM_DIMENSIONS_MAX[1])
}

fn trials(text: &str) -> Result<u32, String> {
    match text {
        "0" => Ok(0),
        _ => super::whole_number(text, "experiments", TRIALS_MAX),
    }
    .and_then(|n| match n {
        1 => Err("one experiment has no standard error: 0, or 2 and more".to_owned()),
        n => Ok(n),
    })
}

fn inputs(text: &str) -> Result<u32, String> {
    super::whole_number(text, "points", deeplimit::spectrum::INPUTS_MAX as u32)
}

fn degree(text: &str) -> Result<u32, String> {
    match text.trim() {
        "0" => Ok(0),
        text => super::whole_number(text, "degree", SPECTRUM_DEGREE_MAX)
            .map_err(|_| format!("a degree is a whole number from 0 to {SPECTRUM_DEGREE_MAX}")),
    }
}

fn part(text: &str) -> Result<(u32, f64), String> {
    let (k, weight) = text.split_once(':').unwrap_or((text, "1"));
    let weight = crate::exact::double(weight.trim(), "weight")
        .ok()
        .filter(|w| *w > 0.0 && w.is_finite())
        .ok_or_else(|| format!("the weight of a degree is a number above 0, `{weight}` is not"))?;
    Ok((degree(k)?, weight))
}
