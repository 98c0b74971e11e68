//! The arguments of `deeplimit ntk` and `deeplimit phase`.

use std::cmp::Ordering;

use clap::Args;
use deeplimit::recursion::{Convention, Depth, Given};
use rug::Rational;

use super::Effort;
use crate::exact::{given, number};
use crate::typed::apart;

/// The most points of a curve that may be asked for.
const POINTS_MAX: u32 = 1000;

/// `deeplimit ntk`.
#[derive(Args, Debug)]
pub struct Ntk {
    /// The activations, as expressions in x
    #[arg(required_unless_present = "network", value_name = "EXPR")]
    pub expressions: Vec<String>,
    #[command(flatten)]
    pub blocks: super::Blocks,
    /// Correlations from -1 to 1: 0.5, 1/3, sqrt(2)/2
    #[arg(
        long,
        required = true,
        value_name = "RHO,...",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub rho: Vec<String>,
    /// How many hidden layers: 1000, or 1e12
    #[arg(long, value_name = "L", value_parser = depth, allow_hyphen_values = true)]
    pub depth: u64,
    /// Standard deviation of the weights, a constant: 1.5, sqrt(2)
    #[arg(long, value_name = "W", allow_hyphen_values = true, conflicts_with_all = ["network", "skip"])]
    pub sigma_w: Option<String>,
    /// Standard deviation of the biases, a constant
    #[arg(long, value_name = "B", allow_hyphen_values = true, conflicts_with_all = ["network", "skip"])]
    pub sigma_b: Option<String>,
    /// |x|^2 and |x'|^2 of the two inputs
    #[arg(
        long,
        value_name = "Q,Q'",
        value_parser = norms,
        conflicts_with_all = ["network", "skip"],
        allow_hyphen_values = true
    )]
    pub norms: Option<Norms>,
    /// Whose kernel: radhakrishnan2022, arora2019, jacot2018, lee2019
    #[arg(long, value_name = "NAME", value_parser = convention, conflicts_with_all = ["network", "skip"])]
    pub convention: Option<Convention>,
    #[command(flatten)]
    pub effort: Effort,
}

/// `deeplimit phase`.
#[derive(Args, Debug)]
pub struct Phase {
    /// The activations, as expressions in x
    #[arg(required = true, value_name = "EXPR")]
    pub expressions: Vec<String>,
    /// So many points of the edge of chaos
    #[arg(long, default_value = "12", value_name = "N", value_parser = points)]
    pub points: u32,
    /// The points of the edge with these biases instead
    #[arg(
        long,
        value_name = "B,...",
        value_delimiter = ',',
        value_parser = deviation,
        allow_hyphen_values = true
    )]
    pub sigma_b: Vec<Given>,
    /// Where the network with these weights and biases stands
    #[arg(
        long,
        value_name = "W,B",
        value_parser = network,
        conflicts_with = "sigma_b",
        allow_hyphen_values = true
    )]
    pub at: Option<(Given, Given)>,
    #[command(flatten)]
    pub effort: Effort,
}

/// Two squared norms.
pub type Norms = (Rational, Rational);

/// `deeplimit ntk --help`, below the options.
pub fn ntk_help() -> String {
    format!(
        "Examples:
  deeplimit ntk relu --rho 0.5 --depth 1000
  deeplimit ntk 'optimal(4)' --rho 0,1/2,0.99 --depth 1e12 --digits 30
  deeplimit ntk tanh --rho 0.5 --depth 50 --sigma-w 1.5 --sigma-b 0.1
  deeplimit ntk relu --rho 0.3 --depth 3 --convention jacot2018 --json
  deeplimit ntk erf --rho 0.3 --depth 9 --sigma-w 'sqrt(2)' --norms 1,4
  deeplimit ntk --network 'tanh gelu' --rho 0.5 --depth 1e9
  deeplimit ntk relu --skip '1/sqrt(L)' --rho 0.5 --depth 10000

The covariance of the Gaussian process (nngp) and the neural tangent kernel
(ntk) of a fully connected network with L hidden layers, for two inputs of
correlation rho.

Conventions, S and T as for unit norms and normalised phi, k and Theta else:
  radhakrishnan2022  S = dual(S), T = T dual'(S) + S; the default
  arora2019          the same: c_sigma = 1/E phi(Z)^2 in every layer, (9)
  jacot2018          k = E phi phi + sigma_b^2, Theta = k + E phi' phi' Theta,
                     from k = x.x' + sigma_b^2 (divide x by sqrt(n_0))
  lee2019            k = sigma_w^2 E phi phi + sigma_b^2, from
                     k = sigma_w^2 x.x' + sigma_b^2; as neural-tangents'
                     Dense - (phi - Dense)^L; the default with --sigma-w
                     or --sigma-b

{}

{}

{}",
        super::blocks::WORDS,
        super::EXPRESSIONS,
        super::EXIT_CODES
    )
}

/// `deeplimit phase --help`, below the options.
pub fn phase_help() -> String {
    format!(
        "Examples:
  deeplimit phase tanh
  deeplimit phase tanh --sigma-b 0,0.1,0.3 --digits 30
  deeplimit phase gelu --at 1.5,0.1 --json
  deeplimit phase relu --at 'sqrt(2),0'

The edge of chaos: the pairs (sigma_w, sigma_b) at which
chi_1 = sigma_w^2 E phi'(sqrt(q*) Z)^2 is 1, where q* is the fixed point of the
variance, q* = sigma_w^2 E phi(sqrt(q*) Z)^2 + sigma_b^2. It must attract: the
slope of the variance map at q* is below 1. Where it is above 1, q* repels, and
no network is found at this point, although chi_1 is 1 there.

With --at: q* and the slope there, chi_1, the attracting correlation c*, chi
there, and the depth scales xi_1 = -1/log(chi_1) and xi_c = -1/log(chi(c*));
or that the variance grows without end, or oscillates. A decimal of 12 digits
and more stands for all numbers that round to it: it may be a point of the edge
as it was printed. Constants such as sqrt(2) are exact.

{}

{}",
        super::EXPRESSIONS,
        super::EXIT_CODES
    )
}

fn depth(text: &str) -> Result<u64, String> {
    Depth::layers(text).map_err(|e| e.to_string())
}

fn points(text: &str) -> Result<u32, String> {
    super::whole_number(text, "points", POINTS_MAX)
}

pub(super) fn convention(text: &str) -> Result<Convention, String> {
    text.parse()
        .map_err(|e: deeplimit::error::Error| e.to_string())
}

fn deviation(text: &str) -> Result<Given, String> {
    let b = given(text, "standard deviation").map_err(|e| e.to_string())?;
    match b.is_zero() || b.sign() == Some(Ordering::Greater) {
        true => Ok(b),
        false => Err("a standard deviation is not negative".to_owned()),
    }
}

fn pair(text: &str, what: &str) -> Result<(Rational, Rational), String> {
    let [first, second] = apart(text)[..] else {
        return Err(format!("two {what}s are wanted"));
    };
    let one = |t: &str| number(t.trim(), what).map_err(|e| e.to_string());
    Ok((one(first)?, one(second)?))
}

fn norms(text: &str) -> Result<Norms, String> {
    let (q, p) = pair(text, "squared norm")?;
    match q > 0 && p > 0 {
        true => Ok((q, p)),
        false => Err("a squared norm is greater than 0".to_owned()),
    }
}

fn network(text: &str) -> Result<(Given, Given), String> {
    let (w, b) = text
        .split_once(',')
        .ok_or_else(|| "two standard deviations are wanted".to_owned())?;
    let w = given(w, "standard deviation").map_err(|e| e.to_string())?;
    match w.sign() {
        Some(Ordering::Greater) => Ok((w, deviation(b)?)),
        _ => Err("sigma_w is greater than 0".to_owned()),
    }
}
