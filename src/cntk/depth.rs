//! What depth does to the kernel of images.
//!
//! **Constant images on a torus (proved).** With circular padding every window of a constant image is full and all positions
//! are alike: a convolution is a hidden layer, and everything said of the fully connected recursion
//! ([`limit`](crate::limit)) holds pixel by pixel, whatever the activation.
//!
//! **Activations `a z + b |z|` without bias: variances (proved).** `c_sigma E phi(sqrt(s) Z)^2 = s`, so the variances obey a
//! linear recursion: `Sigma^(h)[p] = q^-2 sum_D Sigma^(h-1)`, for any two pixels of any image.
//!
//! * On a torus the matrix is doubly stochastic and (for `q >= 3`) primitive: all variances tend to their mean, like the
//!   second eigenvalue, `(1 + 2 cos(2 pi/P))/3` for `q = 3` and `P` rows and as many columns or fewer, to the power `h`.
//! * With zero padding it is the product of one matrix for the rows and one for the columns, symmetric and nonnegative,
//!   and (for `q >= 3`) primitive. By Perron and Frobenius the variances tend to zero like [`border_factor`]` ^h`, and their
//!   shape to the eigenvector, for `q = 3` a half wave `sin(pi i/(P + 1)) sin(pi j/(Q + 1))`: what stands at the border is
//!   forgotten, and the images with it. `K(x, x)` without pooling is multiplied by that factor per layer; `Theta(x, x)`, in which
//!   every layer is trained, by the factor times `(h + 1)/h`.
//!
//! **Correlations on a torus, activations `a z + b |z|` with `b != 0` (proved).** Let `M_d` be the mean of
//! `Sigma^(h)[p, p + d](x, x')` over `p`. A window only moves entries within a plane of displacement `d`, so `M_d` grows in
//! layer `h` by the mean of `sqrt(s s') (kappa1(rho) - rho) >= 0`. It is bounded by the mean variances; so these growths are
//! summable and tend to zero. The variances tend to constants, which are not zero, and `kappa1(rho) - rho` is continuous and
//! zero at `rho = 1` alone: **every** `rho[p, p + d]` tends to 1, and with it the normalised covariance (NNGP) of any two
//! images that are not zero, pooled or not.
//!
//! How fast is not proved: where a plane is nearly constant it follows the fully connected recursion at the edge of chaos,
//! `1 - rho ~ 9 pi^2/(2 h^2)` for ReLU.
//!
//! **The covariance alone (NNGP) of constant images on a torus, without bias (proved where the regime is).** It obeys `rho -> kappa(rho)`,
//! so the correlation of any two images that are not parallel tends to the attracting fixed point of the dual: 1 in the
//! ordered phase and at the edge of chaos, `c* < 1` in the chaotic phase ([`endless`]).
//!
//! **With a bias** nothing is claimed: the variances have another fixed point, or (for `a z + b |z|`) none.
//!
//! **Other activations (measured, not proved).** The variance at the border is less than in the middle, so the
//! correlation map differs from pixel to pixel: the fixed point of the fully connected recursion is not one here.

use std::f64::consts::PI;

use nalgebra::DMatrix;

use super::Kind;
use crate::error::{Error, Result};
use crate::limit::{Classification, Phase, Quantity, Regime};

/// Larger pictures are not asked for where eigenvalues are computed.
const ROWS_MAX: usize = 1024;

/// What infinitely many convolutions make of the kernel of images whose pixels are all alike, on a torus.
#[derive(Clone, Debug)]
pub enum Endless {
    /// The tangent kernel becomes what the regime of the activation says.
    Regime,
    /// Every covariance stays as it is, up to a factor.
    Linear,
    /// The correlation of any two images tends to 1, so nothing is told apart.
    Alike,
    /// The correlation of any two images that are not parallel tends to this number, the fixed point `c* < 1` of the dual.
    Apart(Option<Quantity>),
    /// The regime of the activation is not known.
    Undecided,
    /// Nothing is claimed where there is a bias.
    Bias,
}

/// What is known of infinite depth, for an activation of this regime, normalised to `E phi(Z)^2 = 1`, at pixels of variance 1
/// (any variance, for `a z + b |z|`). As certain as the regime is.
///
/// ```
/// use deeplimit::activation::Expr;
/// use deeplimit::cntk::{Endless, Kind, endless};
/// let relu = deeplimit::limit::classify(&Expr::parse("relu")?, &Default::default())?;
/// assert!(matches!(endless(&relu, Kind::Ntk, 0.0), Endless::Regime));
/// assert!(matches!(endless(&relu, Kind::Nngp, 0.0), Endless::Alike));
/// assert!(matches!(endless(&relu, Kind::Ntk, 0.1), Endless::Bias));
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn endless(regime: &Classification, kernel: Kind, bias: f64) -> Endless {
    match (kernel, regime.regime, regime.phase) {
        _ if bias != 0.0 => Endless::Bias,
        (Kind::Ntk, ..) => Endless::Regime,
        (Kind::Nngp, Regime::Linear, _) => Endless::Linear,
        // A = 0: the fixed point is 0
        (Kind::Nngp, Regime::Singular | Regime::NearestNeighbour, _) => {
            Endless::Apart(regime.fixed_point.clone())
        }
        (Kind::Nngp, Regime::Ordered, _) => Endless::Alike,
        (Kind::Nngp, _, Some(Phase::Ordered | Phase::EdgeOfChaos)) => Endless::Alike,
        (Kind::Nngp, Regime::Majority, Some(Phase::Chaotic)) => {
            Endless::Apart(regime.fixed_point.clone())
        }
        _ => Endless::Undecided,
    }
}

/// By how much zero padding multiplies the variances per layer, in the limit of many layers of `filter x filter`
/// windows on `height x width` pixels: the largest eigenvalue of the map of variances, for activations `a z + b |z|` without
/// bias. `(1 + 2 cos(pi/(P + 1)))/3` for rows and columns of a 3 x 3 filter; other filters by an eigenvalue
/// decomposition, to rounding.
///
/// # Errors
/// [`Error::Domain`] for an even filter, and for more than 1,024 rows or columns (but 3 x 3).
///
/// ```
/// let factor = deeplimit::cntk::border_factor([32, 32], 3)?;
/// assert!((factor - 0.993971).abs() < 1e-5);
/// // A filter of one pixel never sees the border.
/// assert_eq!(deeplimit::cntk::border_factor([32, 32], 1)?, 1.0);
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn border_factor(size: [usize; 2], filter: usize) -> Result<f64> {
    if filter.is_multiple_of(2) || size.contains(&0) {
        return Err(Error::Domain(format!(
            "a filter of {filter} x {filter} on {} x {} pixels has no middle",
            size[0], size[1]
        )));
    }
    if filter == 1 {
        return Ok(1.0);
    }
    if filter == 3 {
        let line = |n: usize| (1.0 + 2.0 * (PI / (n as f64 + 1.0)).cos()) / 3.0;
        return Ok(line(size[0]) * line(size[1]));
    }
    if size.iter().any(|n| *n > ROWS_MAX) {
        return Err(Error::Domain(format!(
            "{} x {} pixels are too many: {ROWS_MAX} rows and columns at most",
            size[0], size[1]
        )));
    }
    let line = |n: usize| {
        let share = 1.0 / filter as f64;
        let near = |i: usize, j: usize| i.abs_diff(j) <= filter / 2;
        let matrix = DMatrix::from_fn(n, n, |i, j| if near(i, j) { share } else { 0.0 });
        matrix.symmetric_eigenvalues().max()
    };
    Ok(line(size[0]) * line(size[1]))
}
