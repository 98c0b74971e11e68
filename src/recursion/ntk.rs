//! The kernels of a network at given correlations, with certain digits.

use rug::Rational;

use super::Scaled;
use super::conventions::Convention;
use super::general::{Activation, Deep, Network, deep_kernels};
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::{Closed, Structure, is_continuous};
use crate::real::{Analytic, Ball, Bits, Quantity, Real, bits_for};

/// Which network.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whose kernel.
    pub convention: Convention,
    /// Standard deviation of the weights, a constant; where the convention has one.
    pub sigma_w: Option<Expr>,
    /// Standard deviation of the biases, a constant; where the convention has one.
    pub sigma_b: Option<Expr>,
}

/// The kernels of one pair of inputs.
#[derive(Clone, Debug)]
pub struct KernelValue {
    /// The correlation of the inputs.
    pub rho: Rational,
    /// The number of hidden layers.
    pub depth: u64,
    /// `S_L`, or the paper's name for it. (`0 +- 1e-323228496` where it underflows even MPFR's exponents.)
    pub nngp: Quantity,
    /// `T_L`.
    pub ntk: Quantity,
    /// `ln |S_L|`, where `S_L` is certainly not 0.
    pub log_nngp: Option<Quantity>,
    /// `ln |T_L|`, where `T_L` is certainly not 0.
    pub log_ntk: Option<Quantity>,
}

/// More Hermite coefficients than this are not made: the enclosure is given as it is.
const LAST_DEGREE: u32 = 2048;

/// `S_L` and `T_L` at exact correlations in `[-1, 1]`, each with `digits` certain significant digits where they can be had
/// (the enclosure is proved in any case): always for activations with a closed form; for others as far as the Hermite
/// series of up to 2,048 terms resolves the way of the correlation through the layers.
///
/// # Errors
/// [`Error::Domain`] for a depth of 0, for a correlation outside `[-1, 1]`, for parameters that are none and for activations
/// without a dual; [`Error::Unresolved`] for a variance that leaves all bounds; [`Error::Timeout`]. A correlation whose
/// kernels cannot be had (an edge of chaos at more than a million layers) has an error of its own.
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, real::Value};
/// use deeplimit::recursion::{Settings, ntk};
/// let half = rug::Rational::from((1, 2));
/// let rows = ntk(&Expr::parse("relu")?, &[half], 1000, &Settings::default(), 20, Deadline::default())?;
/// let Value::Finite { midpoint, .. } = &rows[0].as_ref().unwrap().ntk.value else { panic!() };
/// assert!((midpoint.to_f64() / 1001.0 - 0.25380244657408102861).abs() < 1e-15);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn ntk(
    expr: &Expr,
    rhos: &[Rational],
    depth: u64,
    settings: &Settings,
    digits: usize,
    deadline: Deadline,
) -> Result<Vec<Result<KernelValue>>> {
    if depth == 0 {
        return Err(Error::Domain(
            "a depth of 0: the network needs at least one hidden layer".to_string(),
        ));
    }
    for rho in rhos {
        if rho.clone().abs() > 1 {
            return Err(Error::Domain(format!(
                "{rho} is not a correlation: it must lie between -1 and 1"
            )));
        }
    }
    let network = settings.convention.network(
        settings.sigma_w.as_ref(),
        settings.sigma_b.as_ref(),
        &Closed::one(),
    )?;
    let structure = Structure::new(expr)?;
    let answer = Answer {
        rhos,
        depth,
        network,
        wanted: bits_for(digits),
        jumps: is_continuous(&structure.pieces) == Some(false),
        deadline,
    };
    answer.rows(expr, &structure)
}

struct Answer<'a> {
    rhos: &'a [Rational],
    depth: u64,
    network: Network,
    wanted: Bits,
    jumps: bool,
    deadline: Deadline,
}

impl Answer<'_> {
    fn rows(&self, expr: &Expr, structure: &Structure) -> Result<Vec<Result<KernelValue>>> {
        let layers = 64 - self.depth.leading_zeros();
        let mut accuracy = self.wanted + 40 + layers.min(24);
        let mut degree = 64;
        let mut best: Option<(Deep, Bits)> = None;
        for _ in 0..8 {
            let found = self.attempt(expr, structure, degree, accuracy);
            let (found, expanded) = match (found, &best) {
                (Ok(found), _) => found,
                // what there is, is better than nothing
                (Err(Error::Timeout(_)), Some(_)) => break,
                (Err(e), _) => return Err(e),
            };
            let deficit = self.deficit(&found);
            let better = best.as_ref().is_none_or(|(_, d)| deficit <= *d);
            let last = best.as_ref().map(|(_, d)| *d);
            if better {
                best = Some((found, deficit));
            }
            if deficit == 0 || (expanded && degree >= LAST_DEGREE) {
                break;
            }
            // a second attempt that gains nothing is the last
            if !expanded && last.is_some_and(|d| deficit >= d) {
                break;
            }
            accuracy += deficit.min(2 * self.wanted + 64) + 16;
            if expanded {
                degree *= 2;
            }
        }
        let (deep, _) = best.ok_or_else(|| {
            Error::Unresolved("the kernels were not reached".to_string())
        })?;
        Ok(self
            .rhos
            .iter()
            .zip(deep.kernels)
            .map(|(rho, k)| self.record(rho, k.map(|k| (k.nngp, k.ntk))))
            .collect())
    }

    fn attempt(
        &self,
        expr: &Expr,
        structure: &Structure,
        degree: u32,
        accuracy: Bits,
    ) -> Result<(Deep, bool)> {
        let activation = Activation::new(expr, structure, degree, accuracy, self.deadline)?;
        let deep = deep_kernels(
            &self.network,
            &activation,
            structure,
            self.rhos,
            self.depth,
            accuracy + 32,
            self.deadline,
        )?;
        Ok((deep, activation.is_expanded()))
    }

    /// How many bits are missing at the worst correlation. A number below `2^-(4 wanted)` whose sign stays open is
    /// taken for what it is.
    fn deficit(&self, deep: &Deep) -> Bits {
        let missing = |x: &Scaled<Ball>| {
            let small = x.mantissa.magnitude() < rug::Float::with_val(53, 1) >> (4 * self.wanted);
            let have = if small {
                self.wanted
            } else {
                x.value().relative_bits().max(x.ln().relative_bits().min(x.mantissa.relative_bits()))
            };
            self.wanted.saturating_sub(have)
        };
        let of = |(rho, k): (&Rational, &Result<super::Kernels<Ball>>)| match k {
            Ok(k) => missing(&k.nngp).max(missing(&k.ntk)),
            // the diagonal of a jump is known to be infinite
            Err(_) if self.jumps && *rho == 1 => 0,
            // beyond the layers that are passed one by one no accuracy helps
            Err(_) if self.depth > super::DIRECT => 0,
            Err(_) => self.wanted,
        };
        self.rhos.iter().zip(&deep.kernels).map(of).max().unwrap_or(0)
    }

    fn record(
        &self,
        rho: &Rational,
        kernels: Result<(Scaled<Ball>, Scaled<Ball>)>,
    ) -> Result<KernelValue> {
        let infinite = self.jumps && rho.clone().abs() == 1;
        if infinite {
            return self.on_the_diagonal_of_a_jump(rho);
        }
        let (nngp, ntk) = kernels?;
        let log = |x: &Scaled<Ball>| {
            let log = x.ln();
            log.is_finite().then(|| Quantity::new(&log, None))
        };
        Ok(KernelValue {
            rho: rho.clone(),
            depth: self.depth,
            log_nngp: log(&nngp),
            log_ntk: log(&ntk),
            nngp: quantity(&nngp.value()),
            ntk: quantity(&ntk.value()),
        })
    }

    /// `E phi'(x) phi'(y)` is infinite where `x = +-y`.
    fn on_the_diagonal_of_a_jump(&self, rho: &Rational) -> Result<KernelValue> {
        let unit = matches!(self.network.weight, super::Weight::Normalising);
        if *rho == 1 && unit {
            return Ok(KernelValue {
                rho: rho.clone(),
                depth: self.depth,
                nngp: Quantity::integer(1),
                ntk: Quantity::infinite(),
                log_nngp: Some(Quantity::integer(0)),
                log_ntk: Some(Quantity::infinite()),
            });
        }
        Err(Error::Domain(format!(
            "the activation jumps, so its neural tangent kernel is infinite at the correlation {rho}"
        )))
    }
}

/// An exact integer says so.
fn quantity(x: &Ball) -> Quantity {
    let exact = (x.is_exact() && x.mid().is_integer())
        .then(|| x.mid().to_integer())
        .flatten()
        .filter(|n| n.significant_bits() < 64)
        .map(|n| n.to_string());
    Quantity::new(x, exact)
}
