//! The arguments of `deeplimit limit` and `deeplimit depth`.

use clap::Args;

use super::Effort;

/// The most Fourier coefficients that may be asked for.
const FOURIER_MAX: u32 = 64;

/// `deeplimit limit`.
#[derive(Args, Debug)]
pub struct Limit {
    /// The activations, as expressions in x
    #[arg(required_unless_present = "network", value_name = "EXPR")]
    pub expressions: Vec<String>,
    #[command(flatten)]
    pub blocks: super::Blocks,
    /// Correlations from -1 to 1: 0.5, 1/3, sqrt(2)/2
    #[arg(
        long,
        value_name = "RHO,...",
        value_delimiter = ',',
        required_unless_present_any = ["distance", "fourier"],
        allow_hyphen_values = true
    )]
    pub rho: Vec<String>,
    /// Distances u = |x - x'| on the unit sphere, from 0 to 2
    #[arg(
        long,
        value_name = "U,...",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub distance: Vec<String>,
    /// Singular regime: so many Fourier coefficients of R(u) as u -> 0
    #[arg(long, value_name = "N", value_parser = fourier, conflicts_with_all = ["network", "skip"])]
    pub fourier: Option<u32>,
    #[command(flatten)]
    pub effort: Effort,
}

/// `deeplimit depth`.
#[derive(Args, Debug)]
pub struct Depth {
    /// The activations, as expressions in x
    #[arg(required = true, value_name = "EXPR")]
    pub expressions: Vec<String>,
    /// The relative deviation from the limit that is allowed
    #[arg(
        long,
        default_value = "0.01",
        value_name = "EPS",
        allow_hyphen_values = true
    )]
    pub tolerance: String,
    /// Correlations from -1 to 1: 0.5, 1/3, sqrt(2)/2
    #[arg(
        long,
        default_value = "0.5",
        value_name = "RHO,...",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub rho: Vec<String>,
    /// A .csv or .npy file of points: its closest and its farthest pair
    #[arg(long, value_name = "FILE", conflicts_with = "rho")]
    pub data: Option<std::path::PathBuf>,
    #[command(flatten)]
    pub columns: super::Columns,
    #[command(flatten)]
    pub effort: Effort,
}

fn fourier(text: &str) -> Result<u32, String> {
    match text.parse::<u32>() {
        Ok(n) if (1..=FOURIER_MAX).contains(&n) => Ok(n),
        _ => Err(format!("a number from 1 to {FOURIER_MAX} is wanted")),
    }
}

/// `deeplimit limit --help`, below the options.
pub fn limit_help() -> String {
    format!(
        "Examples:
  deeplimit limit 'optimal(2)' --rho 0.1,0.5,0.99 --digits 30
  deeplimit limit tanh --distance 0.01,0.5,1
  deeplimit limit 'optimal(32)' --fourier 4
  deeplimit limit relu --rho -1/2,0.999 --json
  deeplimit limit --network 'tanh erf' --rho 0.5
  deeplimit limit relu --skip '1/sqrt(L)' --rho 0.5

The tangent kernel T_L at infinite depth as a function, for phi with
E phi(Z)^2 = 1, inputs of length 1 and no bias. By regime (see
`deeplimit classify`):
  singular           T_L = (L+1) lambda^L (h + C/(L+1) + O(lambda^L)),
                     h the Koenigs function, R(u) = u^alpha h(1 - u^2/2)
  nearest-neighbour  log T_L = k^L log B + L log k + C + o(1),
                     B the Boettcher function
  chaotic            T_L = T + C L m^L + O(m^L), g the Koenigs function at c*
  edge-of-chaos      T_L = r (L+1) + kappa log(L+1) + C + o(1), A the Abel
                     function
  ordered            T_L = T - C L b^L + O(b^L), g the Koenigs function at 1

{}

{}

{}",
        super::blocks::WORDS,
        super::EXPRESSIONS,
        super::EXIT_CODES
    )
}

/// `deeplimit depth --help`, below the options.
pub fn depth_help() -> String {
    format!(
        "Examples:
  deeplimit depth tanh --tolerance 0.01
  deeplimit depth relu --tolerance 1e-3 --rho 0,0.5,0.99
  deeplimit depth 'optimal(4)' --data points.csv --json

The depth from which T_L is within the tolerance of its limiting form (see
`deeplimit limit --help`), relatively; the depth scale -1/log(multiplier);
and the depths at which the recursion as it is usually coded, with rho kept
in single or double precision, is 1 % wrong.

With --data the pairs of the file that are closest to and farthest from each
other are taken; points are divided by their length. Pairs of the same (or the
opposite) direction are counted and have a line of their own.

{}

{}",
        super::EXPRESSIONS,
        super::EXIT_CODES
    )
}
