//! Kernels of deep networks as functions of a pair of points, in the arithmetic of choice.

use std::cmp::Ordering;

use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::dual::{Dual, closed_form};
use crate::error::{Error, Result};
use crate::limit::{Koenigs, Ordered};
use crate::real::{Bits, Real};
use crate::recursion::{Correlation, Kind, Scaled, UnitLayers};

/// A kernel `k(x . x')`, ready to be evaluated.
pub type Evaluator<'a, R> = Box<dyn Fn(&Correlation<R>) -> Result<Scaled<R>> + Send + Sync + 'a>;

/// A kernel that can be had at any precision.
pub trait AtAnyPrecision: Sync {
    /// The kernel in this arithmetic.
    ///
    /// # Errors
    /// [`Error::Unresolved`] where it is not known there.
    fn kernel<R: Real + Send + Sync + 'static>(&self, bits: Bits) -> Result<Evaluator<'_, R>>;

    /// How many roundings an entry may have gathered: what its relative error is taken to be, in units of the last place.
    fn roundings(&self) -> f64;
}

/// The kernel of a network with this activation in `depth` hidden layers, unit-norm inputs, no bias.
///
/// ```
/// use deeplimit::classifier::certain::{Deep, AtAnyPrecision};
/// use deeplimit::{activation::Expr, kernel::Kind, recursion::Correlation};
/// let relu = Deep::new(Expr::parse("relu").unwrap(), 1, Kind::Ntk).unwrap();
/// let k = relu.kernel::<f64>(53).unwrap();
/// // at rho = 0: T_1 = kappa_1(0) = 1/pi
/// let value = k(&Correlation::new(0.0)).unwrap().value();
/// assert!((value - 1.0 / std::f64::consts::PI).abs() < 1e-15);
/// ```
#[derive(Clone, Debug)]
pub struct Deep {
    expr: Expr,
    depth: u64,
    kind: Kind,
}

impl Deep {
    /// # Errors
    /// [`Error::Unresolved`] where the activation has no dual in closed form, which is what any precision takes.
    pub fn new(expr: Expr, depth: u64, kind: Kind) -> Result<Self> {
        dual_of::<f64>(&expr, 53)?;
        Ok(Deep { expr, depth, kind })
    }

    /// `L`.
    pub fn depth(&self) -> u64 {
        self.depth
    }

    /// The activation.
    pub fn activation(&self) -> &Expr {
        &self.expr
    }
}

/// The dual in closed form: what there is at any precision.
///
/// # Errors
/// [`Error::Unresolved`] where none is known.
pub fn dual_of<R: Real>(expr: &Expr, bits: Bits) -> Result<Dual<R>> {
    closed_form(expr, bits).ok_or_else(|| {
        Error::Unresolved(format!(
            "the dual of `{expr}` has no closed form that is known, and a kernel at any precision takes one"
        ))
    })
}

/// Layers that are walked one by one; deeper down the singular regime goes on by its Koenigs function.
const WALKED: u64 = 2000;

impl AtAnyPrecision for Deep {
    fn kernel<R: Real + Send + Sync + 'static>(&self, bits: Bits) -> Result<Evaluator<'_, R>> {
        let dual = dual_of::<R>(&self.expr, bits)?;
        let (depth, kind) = (self.depth, self.kind);
        let singular = matches!(dual.leading(), Some((1, _)));
        if depth > WALKED && singular {
            let h = Koenigs::new(&dual, R::int(0, bits), series_terms(bits))
                .ok_or_else(|| Error::Unresolved("the Koenigs function was not found".into()))?;
            return Ok(Box::new(move |place| deep_singular(&h, place, depth, kind)));
        }
        let unit = UnitLayers::new(dual);
        Ok(Box::new(move |place| {
            let k = unit.kernels(place.clone(), depth, Deadline::default())?;
            Ok(match kind {
                Kind::Nngp => k.nngp,
                Kind::Ntk => k.ntk,
            })
        }))
    }

    fn roundings(&self) -> f64 {
        1024.0 + 8.0 * self.depth.min(WALKED) as f64
    }
}

/// About as many terms of the Koenigs series as balance making it and walking to it.
pub(super) fn series_terms(bits: Bits) -> usize {
    (bits as usize / 6).clamp(24, 64)
}

/// `lambda^L (h + O(lambda^L))` and `lambda^L ((L+1) h + C + O(L lambda^L))`: beyond [`WALKED`] layers, where `lambda^L` is
/// below any rounding unless `lambda` is close to 1; then the exact formula is used.
fn deep_singular<R: Real>(
    h: &Koenigs<R>,
    place: &Correlation<R>,
    depth: u64,
    kind: Kind,
) -> Result<Scaled<R>> {
    let bits = place.bits();
    let lost = || Error::Unresolved(format!("the kernel at depth {depth} was not reached"));
    let layers = R::int(i64::try_from(depth).map_err(|_| lost())?, bits);
    if place.gap().sign() == Some(Ordering::Equal) {
        // T_L(1) = (b^(L+1) - 1)/(b - 1)
        let one = R::int(1, bits);
        if kind == Kind::Nngp {
            return Ok(Scaled::plain(one));
        }
        let b = h.dual().slope_at_gap(&R::int(0, bits));
        let log = &(&layers + &one) * &b.ln();
        let mantissa = &-(-&log).exp_m1() / &(&b - &one);
        return Ok(Scaled { mantissa, log });
    }
    let log = &layers * &h.multiplier().ln();
    if log.to_f64() > -0.8 * f64::from(bits) - 60.0 {
        let (nngp, ntk) = h.kernels_at(place, depth).ok_or_else(lost)?;
        return Ok(Scaled::plain(if kind == Kind::Nngp { nngp } else { ntk }));
    }
    let [value, _, correction] = h.all_at(place).ok_or_else(lost)?;
    let mantissa = match kind {
        Kind::Nngp => value,
        Kind::Ntk => &(&(&layers + &R::int(1, bits)) * &value) + &correction,
    };
    Ok(Scaled { mantissa, log })
}

/// `g(1 - rho)` of the ordered phase: the gap's Koenigs function, for [`super::interpolant()`].
#[derive(Clone, Debug)]
pub struct OrderedGap(Expr);

impl OrderedGap {
    /// # Errors
    /// [`Error::Unresolved`] without a dual in closed form; [`Error::Domain`] where `0 < B' < 1` does not hold.
    pub fn new(expr: Expr) -> Result<Self> {
        let dual = dual_of::<f64>(&expr, 53)?;
        if Ordered::new(&dual, 53).is_none() {
            return Err(Error::Domain(format!(
                "`{expr}` is not in the ordered phase: 0 < B' < 1 does not hold"
            )));
        }
        Ok(OrderedGap(expr))
    }
}

impl AtAnyPrecision for OrderedGap {
    fn kernel<R: Real + Send + Sync + 'static>(&self, bits: Bits) -> Result<Evaluator<'_, R>> {
        // the bracket of g is known to half of the bits, so the walk takes twice as many
        let fine = 2 * bits;
        let dual = dual_of::<R>(&self.0, fine)?;
        let limit = Ordered::new(&dual, fine)
            .ok_or_else(|| Error::Unresolved("B' < 1 is not certain at this precision".into()))?;
        Ok(Box::new(move |place| {
            let g = limit.at(place).ok_or_else(|| {
                Error::Unresolved("an orbit does not come near the fixed point 1".into())
            })?;
            Ok(Scaled::plain(g))
        }))
    }

    fn roundings(&self) -> f64 {
        1024.0
    }
}
