//! Kernels of a network at given correlations and any depth, by whichever road leads there.

use rug::Rational;

use super::{Subject, homogeneous_kernels};
use crate::activation::{Exact, Expr, all_exact};
use crate::deadline::Deadline;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::real::{Ball, Quantity};
use crate::recursion::{
    Convention, DIRECT, Depth, KernelValue, Network, Pair, Scaled, Settings, ntk,
};

/// The kernels of one pair of inputs, and what they tend to.
#[derive(Clone, Debug)]
pub struct DeepValue {
    /// NNGP: `S_L`, or the paper's name for it.
    pub nngp: Scaled<Ball>,
    /// NTK: `T_L`; `None` where it is plus infinity (the diagonal of an activation that jumps).
    pub ntk: Option<Scaled<Ball>>,
    /// The limit of the regime at this correlation, in its own normalisation ([`super::LimitValue::limit`]), of the normalised
    /// network on inputs of norm 1 without biases, where it was used.
    pub limit: Option<Quantity>,
    /// Its correction.
    pub correction: Option<Quantity>,
}

/// The kernels at all correlations that were asked about.
#[derive(Clone, Debug)]
pub struct DeepValues {
    /// In the order of the correlations. One whose kernels cannot be had has an error of its own.
    pub rows: Vec<Result<DeepValue>>,
    /// Why the layers were walked through one by one although a limit kernel would have known every depth; nothing where one
    /// did, or where there is none for such a network.
    pub without_limit: Option<Error>,
}

/// `S_L` and `T_L` of a network with `depth` hidden layers at exact correlations in `[-1, 1]`, each with `digits` certain
/// significant digits where they can be had (the enclosure is proved in any case).
///
/// Three roads lead there, and the first that does is taken:
/// 1. the limit kernel of the regime, for the normalised network on inputs of norm 1 without biases: it knows every depth
///    ([`Subject::kernels_and_values`]);
/// 2. the same times the variance, for homogeneous activations without biases ([`homogeneous_kernels`]);
/// 3. layer by layer ([`recursion::ntk`](crate::recursion::ntk)), up to a million layers and more.
///
/// # Errors
/// [`Error::Domain`] for a depth above `10^18`, for a correlation outside `[-1, 1]`, for a norm that is not positive, for
/// parameters that are none and for activations without a dual; [`Error::Unresolved`] where the number of layers is beyond
/// what can be walked through and no limit kernel is known; [`Error::Timeout`].
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, limit::values};
/// use deeplimit::recursion::Settings;
/// let half = rug::Rational::from((1, 2));
/// let relu = Expr::parse("relu")?;
/// let found = values(&relu, &[half], 1_000_000_000_000, &Settings::default(), 15, Deadline::default())?;
/// let row = found.rows[0].as_ref().unwrap();
/// // at the edge of chaos with p = 3/2 the kernel grows by 1/4 a layer
/// let deep = row.ntk.as_ref().unwrap().value();
/// assert!((deep.mid().to_f64() / 2.5e11 - 1.0).abs() < 1e-9);
/// assert_eq!(row.limit.as_ref().unwrap().exact.as_deref(), Some("1/4"));
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn values(
    expr: &Expr,
    rhos: &[Rational],
    depth: u64,
    settings: &Settings,
    digits: usize,
    deadline: Deadline,
) -> Result<DeepValues> {
    Depth::check(depth)?;
    settings.variances()?;
    let mut without_limit = None;
    if is_unit(settings) {
        let found = Subject::new(expr, deadline)
            .and_then(|s| s.kernels_and_values(rhos, depth, digits, deadline));
        match found {
            Ok(all) => {
                let row = |(k, v): (Pair<Scaled<Ball>>, super::LimitValue)| {
                    Ok(DeepValue {
                        nngp: k.nngp,
                        ntk: Some(k.ntk),
                        limit: Some(v.limit),
                        correction: v.correction,
                    })
                };
                return Ok(DeepValues {
                    rows: all.into_iter().map(row).collect(),
                    without_limit,
                });
            }
            // what is undecided, or has no limit kernel yet, may still be walked
            Err(e @ Error::Unresolved(_)) if depth <= DIRECT => without_limit = Some(e),
            Err(error) => return Err(error),
        }
    }
    let closed = homogeneous_kernels(expr, rhos, depth, settings, digits, deadline)?;
    let rows = match closed {
        Some(rows) => rows.into_iter().map(Ok).collect(),
        None => ntk(expr, rhos, depth, settings, digits, deadline)?,
    };
    let plain = |k: KernelValue| DeepValue {
        nngp: k.nngp,
        ntk: k.ntk,
        limit: None,
        correction: None,
    };
    Ok(DeepValues {
        rows: rows.into_iter().map(|row| row.map(plain)).collect(),
        without_limit,
    })
}

impl Network {
    /// `S_L` and `T_L` at correlations, at any depth, enclosed: [`values`].
    ///
    /// # Errors
    /// As [`values`], of the first correlation whose kernels cannot be had.
    ///
    /// ```
    /// use deeplimit::{Activation, Effort, Network};
    /// let gelu: Activation = "gelu".parse()?;
    /// let deep = Network::of(&gelu).values(1_000_000, &["0.99"], &Effort::digits(20))?;
    /// // chaotic: all pairs tend to the correlation c*
    /// let c = gelu.classify(&Effort::digits(20))?.fixed_point.unwrap();
    /// assert_eq!(deep[0].nngp.value().to_f64(), c.to_f64());
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn values(
        &self,
        depth: u64,
        rhos: &[impl Exact],
        effort: &Effort,
    ) -> Result<Vec<DeepValue>> {
        let (expr, settings) = (&self.activation().typed, self.settings());
        let rhos = all_exact(rhos)?;
        let found = values(expr, &rhos, depth, settings, effort.digits, effort.deadline)?;
        found.rows.into_iter().collect()
    }
}

/// Normalised, inputs of norm 1, no biases: what the limit kernels are of.
fn is_unit(settings: &Settings) -> bool {
    let normalising = matches!(
        settings.convention,
        Convention::Radhakrishnan2022 | Convention::Arora2019
    );
    normalising && settings.norms.0 == 1 && settings.norms.1 == 1
}
