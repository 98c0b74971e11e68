//! The kernels of a network at given correlations, with certain digits.

use rug::{Float, Rational};

use super::Scaled;
use super::conventions::{Variances, WeightVariance};
use super::depth::Depth;
use super::layers::Layers;
use super::network::Settings;
use super::pair::Pair;
use super::prepared::Prepared;
use super::unit::{DIRECT, UnitLayers};
use super::walk::Correlation;
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::dual::{Dual, correlations, prepared};
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::real::{Analytic, Ball, Bits, bits_for};
use rayon::prelude::*;

/// The kernels of one pair of inputs.
#[derive(Clone, Debug)]
pub struct KernelValue {
    /// NNGP: `S_L`, or the paper's name for it.
    pub nngp: Scaled<Ball>,
    /// NTK: `T_L`; `None` where it is plus infinity (the diagonal of an activation that jumps).
    pub ntk: Option<Scaled<Ball>>,
}

/// More Hermite coefficients than this are not made: the enclosure is given as it is.
const LAST_DEGREE: u32 = 1024;

/// `S_L` and `T_L` at exact correlations in `[-1, 1]`, each with `digits` certain significant digits where they can be had
/// (the enclosure is proved in any case): always for activations with a closed form; for others as far as the Hermite
/// series of up to 1,024 terms resolves the way of the correlation through the layers.
///
/// # Errors
/// [`Error::Domain`] for a depth above `10^18`, for a correlation outside `[-1, 1]`, for a norm that is not positive,
/// for parameters that are none and for activations without a dual; [`Error::Unresolved`] for a variance that leaves
/// all bounds; [`Error::Timeout`]. A correlation whose kernels cannot be had (an edge of chaos at more than a million
/// layers) has an error of its own.
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline};
/// use deeplimit::recursion::{Settings, ntk};
/// let half = rug::Rational::from((1, 2));
/// let rows = ntk(&Expr::parse("relu")?, &[half], 1000, &Settings::default(), 20, Deadline::default())?;
/// let deep = rows[0].as_ref().unwrap().ntk.as_ref().unwrap().value();
/// assert!((deep.mid().to_f64() / 1001.0 - 0.25380244657408102861).abs() < 1e-15);
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
    Depth::check(depth)?;
    correlations(rhos)?;
    settings.directions()?;
    let variances = settings.variances()?;
    let structure = Activation::new(expr)?;
    let jumps = structure.continuous == Some(false);
    let unbiased = variances.bias.is_zero();
    let same = settings.norms.0 == settings.norms.1;
    // two inputs that have the same (or the opposite) direction in every layer
    let diagonal = |rho: &Rational| {
        depth > 0 && ((*rho == 1 && (same || unbiased)) || (*rho == -1 && unbiased))
    };
    if structure.continuous.is_none()
        && let Some(rho) = rhos.iter().find(|rho| diagonal(rho))
    {
        return Err(Error::Unresolved(format!(
            "whether the tangent kernel at the correlation {rho} is finite: that the activation does not jump could not be proved"
        )));
    }
    let infinite = |rho: &Rational| jumps && diagonal(rho);
    let finite: Vec<Rational> = rhos.iter().filter(|r| !infinite(r)).cloned().collect();
    let answer = Answer {
        rhos: &finite,
        depth,
        norms: &settings.norms,
        variances,
        wanted: bits_for(digits),
        structure: &structure,
        deadline,
    };
    let mut rows = answer.rows()?.into_iter();
    let of = |rho: &Rational| {
        if infinite(rho) {
            return Some(answer.on_the_diagonal_of_a_jump(rho));
        }
        rows.next()
    };
    Ok(rhos.iter().filter_map(of).collect())
}

/// The largest depth.
pub const DEPTH_MAX: u64 = 1_000_000_000_000_000_000;

struct Answer<'a> {
    rhos: &'a [Rational],
    depth: u64,
    norms: &'a (Rational, Rational),
    variances: Variances,
    wanted: Bits,
    structure: &'a Activation,
    deadline: Deadline,
}

pub(crate) type Deep = Vec<Result<Pair<Scaled<Ball>>>>;

impl Answer<'_> {
    fn rows(&self) -> Result<Vec<Result<KernelValue>>> {
        let layers = 64 - self.depth.leading_zeros();
        let mut accuracy = self.wanted + 32 + layers.min(24);
        let mut degree = 64;
        let mut best: Option<(Deep, Bits)> = None;
        for _ in 0..8 {
            let (found, expanded) = match (self.attempt(degree, accuracy), &best) {
                (Ok(found), _) => found,
                // what there is, is better than nothing
                (Err(Error::Timeout { .. }), Some(_)) => break,
                (Err(e), _) => return Err(e),
            };
            let deficit = self.deficit(&found);
            let last = best.as_ref().map(|(_, d)| *d);
            if last.is_none_or(|d| deficit <= d) {
                best = Some((found, deficit));
            }
            if deficit == 0 || (expanded && degree >= LAST_DEGREE) {
                break;
            }
            // the series of a kinked activation gains two bits where its length is doubled: that leads nowhere
            let least = if expanded { 6 } else { 1 };
            if last.is_some_and(|d| d.saturating_sub(deficit) < least) {
                break;
            }
            accuracy += deficit.min(2 * self.wanted + 64) + 16;
            if expanded {
                degree *= 2;
            }
        }
        let (deep, _) =
            best.ok_or_else(|| Error::Unresolved("the kernels were not reached".to_string()))?;
        let record = |k: Pair<Scaled<Ball>>| KernelValue {
            nngp: k.nngp,
            ntk: Some(k.ntk),
        };
        Ok(deep.into_iter().map(|k| k.map(record)).collect())
    }

    fn attempt(&self, degree: u32, accuracy: Bits) -> Result<(Deep, bool)> {
        let attempt = Attempt {
            structure: self.structure,
            variances: &self.variances,
            norms: self.norms,
            depth: self.depth,
            degree,
            accuracy,
            deadline: self.deadline,
        };
        let at = |rho: &Rational| Correlation::rational(rho, attempt.bits());
        let places: Vec<_> = self.rhos.iter().map(at).collect();
        attempt.kernels(&places, |i| self.reachable(&self.rhos[i]))
    }

    /// The edge of chaos, where nothing settles, is seen before a million layers are passed in vain.
    fn reachable(&self, rho: &Rational) -> Result<()> {
        let slow = self.structure.critical && !self.structure.linear;
        if slow && self.depth > DIRECT && rho.clone().abs() != 1 {
            return Err(Error::Unresolved(format!(
                "depth {} is beyond the {DIRECT} layers that are passed one by one, and at the edge of chaos the kernels \
                 do not settle",
                self.depth
            )));
        }
        Ok(())
    }

    /// How many bits are missing at the worst correlation. A number below `2^-(4 wanted)` whose sign stays open is
    /// taken for what it is.
    fn deficit(&self, deep: &Deep) -> Bits {
        let missing = |x: &Scaled<Ball>| {
            let small = Float::with_val(53, 1) >> (4 * self.wanted);
            let lost = x.mantissa.magnitude() < small && x.mantissa.contains_zero();
            let tiny = lost || x.mantissa.is_exact();
            let have = if tiny {
                self.wanted
            } else {
                x.mantissa.relative_bits()
            };
            // the logarithm needs as many bits after its point
            let spread = x
                .log
                .rad()
                .get_exp()
                .map_or(0, |e| self.wanted as i32 + e + 1);
            self.wanted.saturating_sub(have).max(spread.max(0) as Bits)
        };
        let of = |k: &Result<Pair<Scaled<Ball>>>| match k {
            Ok(k) => missing(&k.nngp).max(missing(&k.ntk)),
            // beyond the layers that are passed one by one no accuracy helps
            Err(_) if self.depth > DIRECT => 0,
            Err(_) => self.wanted,
        };
        deep.iter().map(of).max().unwrap_or(0)
    }

    /// `E phi'(x) phi'(y)` is infinite where `x = y`: so is `T_L`, while `S_L` is the variance.
    fn on_the_diagonal_of_a_jump(&self, rho: &Rational) -> Result<KernelValue> {
        let unit = self.norms.0 == 1 && self.norms.1 == 1;
        if *rho == 1 && unit && matches!(self.variances.weight, WeightVariance::Normalising) {
            return Ok(KernelValue {
                nngp: Scaled::plain(Ball::int(1, self.wanted)),
                ntk: None,
            });
        }
        Err(Error::Domain(format!(
            "the activation jumps, so its neural tangent kernel is infinite at the correlation {rho}"
        )))
    }
}

/// The kernels at places that are balls: one attempt, with series of some length and numbers of some accuracy.
pub(crate) struct Attempt<'a> {
    pub structure: &'a Activation,
    pub variances: &'a Variances,
    pub norms: &'a (Rational, Rational),
    pub depth: u64,
    /// Hermite coefficients, where the dual takes any.
    pub degree: u32,
    /// Absolute errors of about `2^-accuracy`.
    pub accuracy: Bits,
    pub deadline: Deadline,
}

impl Attempt<'_> {
    /// What places should be known to.
    pub(crate) fn bits(&self) -> Bits {
        self.accuracy + 32
    }

    /// `k_L` and `Theta_L` at each place, enclosed, and whether more coefficients would say more. A normalised network on inputs of
    /// norm 1 refuses the places that `reachable` refuses.
    pub(crate) fn kernels(
        &self,
        places: &[Correlation<Ball>],
        reachable: impl Fn(usize) -> Result<()> + Sync,
    ) -> Result<(Deep, bool)> {
        let (degree, accuracy, bits) = (self.degree, self.accuracy, self.bits());
        let (norm, other) = self.norms;
        let parity = self.structure.parity;
        if matches!(self.variances.weight, WeightVariance::Normalising) && *norm == 1 && *other == 1
        {
            let dual = prepared(self.structure, degree, accuracy, self.deadline)?;
            let expanded = matches!(&dual, Dual::Series(s) if !s.tail.is_exact());
            let unit = UnitLayers::new(dual).with_parity(parity);
            let of = |(i, place): (usize, &Correlation<Ball>)| {
                reachable(i)?;
                unit.kernels(place.clone(), self.depth, self.deadline)
            };
            return Ok((
                in_time(places.par_iter().enumerate().map(of).collect())?,
                expanded,
            ));
        }
        let activation = Prepared::<Ball>::new(self.structure, degree, accuracy, self.deadline)?;
        let expanded = activation.is_expanded();
        let one = Ball::int(1, bits);
        let weight = match (&self.variances.weight, &activation) {
            (WeightVariance::Fixed(w), _) => w.evaluate(bits),
            (WeightVariance::Normalising, a) => &one / &a.square(&one)?,
        };
        let network = Layers {
            activation,
            weight,
            bias: self.variances.bias.evaluate(bits),
        };
        let first: Ball = self.variances.first.evaluate(bits);
        let input = |norm: &Rational| &first * &Ball::rational(norm, bits);
        if norm == other {
            let deep = network.kernels(&input(norm), places, parity, self.depth, self.deadline)?;
            return Ok((in_time(deep)?, expanded));
        }
        let (input, other) = (input(norm), input(other));
        let of = |place: &Correlation<Ball>| {
            network.pair_kernels((&input, &other), place, parity, self.depth, self.deadline)
        };
        Ok((in_time(places.par_iter().map(of).collect())?, expanded))
    }
}

/// A deadline that came in one row came for all.
fn in_time(deep: Deep) -> Result<Deep> {
    match deep.iter().find_map(|k| k.as_ref().err()) {
        Some(timeout @ Error::Timeout { .. }) => Err(timeout.clone()),
        _ => Ok(deep),
    }
}
