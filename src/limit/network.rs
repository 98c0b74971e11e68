//! Networks of homogeneous activations, `phi(c z) = c^k phi(z)`, without biases: the variance goes its own way, and the
//! correlations do not see it. So any depth and any `sigma_w` costs what the limit kernel costs.

use rug::Rational;

use super::Subject;
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::{Activation, Closed};
use crate::real::{Analytic, Ball, Real, bits_for};
use crate::recursion::{KernelValue, Scaled, Settings, WeightVariance, variance_after};

/// Shallower networks are walked through.
const DEEP: u64 = 1000;

/// `k_L` and `Theta_L` at exact correlations as [`crate::recursion::ntk`] has them, for a homogeneous activation without biases:
/// the kernels of the normalised network (see [`Subject::kernels`]) times the variance `q_L`,
/// `q_{l+1} = sigma_w^2 E phi(Z)^2 q_l^k`. `None` where this does not apply: another activation, biases, few layers, or no
/// limit kernel.
///
/// # Errors
/// As [`crate::recursion::ntk`] for settings that are none; [`Error::Timeout`].
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, limit::homogeneous_kernels};
/// use deeplimit::recursion::{Convention, Settings};
/// let settings = Settings {
///     convention: Convention::Lee2019,
///     sigma_w: Some(Expr::parse("sqrt(2)")?),
///     ..Settings::default()
/// };
/// let relu = Expr::parse("relu")?;
/// let half = rug::Rational::from((1, 2));
/// let found = homogeneous_kernels(&relu, &[half], 1_000_000_000_000, &settings, 15, Deadline::default())?;
/// let deep = found.unwrap()[0].ntk.as_ref().unwrap().value();
/// // twice the kernel of the normalised network, (L+1)/4 + (3/8) log(L+1) + C
/// assert!((deep.mid().to_f64() / 5e11 - 1.0).abs() < 1e-10);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn homogeneous_kernels(
    expr: &Expr,
    rhos: &[Rational],
    depth: u64,
    settings: &Settings,
    digits: usize,
    deadline: Deadline,
) -> Result<Option<Vec<KernelValue>>> {
    let variances = settings.variances()?;
    if depth < DEEP || !variances.bias.is_zero() {
        return Ok(None);
    }
    let structure = Activation::new(expr)?;
    let (Some(degree), Some(square)) = (&structure.homogeneity, &structure.square) else {
        return Ok(None);
    };
    if structure.continuous != Some(true) {
        return Ok(None);
    }
    let unit = Subject::new(expr, deadline).and_then(|s| s.kernels(rhos, depth, digits, deadline));
    let kernels = match unit {
        Ok((_, kernels)) => kernels,
        Err(timeout @ Error::Timeout { .. }) => return Err(timeout),
        Err(_) => return Ok(None),
    };
    // the logarithm of the variance is multiplied by the depth
    let bits = 2 * bits_for(digits) + 128;
    let gain = match &variances.weight {
        WeightVariance::Normalising => Ball::int(1, bits),
        WeightVariance::Fixed(w) => match w.times(square) {
            Some(closed) if Closed::is_one(&closed) => Ball::int(1, bits),
            Some(closed) => closed.evaluate(bits),
            None => &w.evaluate::<Ball>(bits) * &square.evaluate(bits),
        },
    };
    let first: Ball = variances.first.evaluate(bits);
    let after = |norm: &Rational| {
        let input = &first * &Ball::rational(norm, bits);
        variance_after(degree, &gain, &input, depth).filter(|q| q.log.is_finite())
    };
    let (Some(q), Some(p)) = (after(&settings.norms.0), after(&settings.norms.1)) else {
        return Ok(None);
    };
    let scale = if settings.norms.0 == settings.norms.1 {
        q
    } else {
        let both = q.product(&p);
        Scaled {
            mantissa: both.mantissa.sqrt(),
            log: both.log.scale2(-1),
        }
    };
    let of = |k: crate::recursion::Pair<Scaled<Ball>>| KernelValue {
        nngp: k.nngp.product(&scale),
        ntk: Some(k.ntk.product(&scale)),
    };
    Ok(Some(kernels.into_iter().map(of).collect()))
}
