//! How deep is deep: the depth from which the tangent kernel is as good as its limit, and the depth from which the
//! naive recursion in single or double precision is wrong.

use std::cmp::Ordering;

use rug::Rational;

use super::kernel::{Limit, LimitKernel};
use super::subject::Subject;
use super::verdict::Regime;
use crate::deadline::Deadline;
use crate::dual::Dual;
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Bits, Mpfr, Quantity, Real, bits_for};
use crate::recursion::{Correlation, LayerMap, Walk};

/// Deeper networks than this are not asked about.
pub const DEEPEST: u64 = 1_000_000_000_000_000;
/// The naive recursions are followed down to here.
pub const NAIVE_DEEPEST: u64 = 1_000_000;
/// Working precision: 50 bits for the depth, the rest for the deviation; four times as many where that does not do.
const BITS: Bits = 128;

/// The depth from which a kernel stays within a tolerance of its limit.
#[derive(Clone, Debug)]
pub struct Settling {
    /// The smallest `L` with `|deviation| <= tolerance` at `L` and at the next powers of two (five of them; two in the
    /// nearest-neighbour regime), and not at `L - 1`. `None` where it is beyond [`DEEPEST`].
    pub depth: Option<u64>,
    /// The relative deviation at that depth.
    pub deviation: Option<Quantity>,
    /// The one at the layer before, which is larger than the tolerance.
    pub before: Option<Quantity>,
}

/// Where a recursion that keeps `rho` in floating point goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breakdown {
    /// The first depth at which the relative error of `T_L` is above 1 %.
    At(u64),
    /// Both recursions came to rest in agreement: it never goes wrong.
    Never,
    /// Not before this depth, the last one that was looked at.
    NotBefore(u64),
}

/// The floating-point formats of other tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NaiveFormat {
    /// Single precision.
    F32,
    /// Double precision.
    F64,
}

impl LimitKernel {
    /// Why there is no depth to be asked for at this correlation: equal inputs (opposite ones, for even and odd activations)
    /// have a limit of their own, and in the singular and the nearest-neighbour regimes the kernel at `rho = 0` is 0 at every
    /// depth.
    pub fn stands_apart(&self, rho: &Rational) -> Option<&'static str> {
        let vanishing = matches!(
            self.limit(),
            Limit::Singular(_) | Limit::NearestNeighbour(_)
        );
        let same = *rho == 1 || (*rho == -1 && self.parity.is_some());
        if same {
            Some("the inputs are the same up to sign, and the kernel has a limit of its own")
        } else if vanishing && *rho == 0 {
            Some("the kernel is 0 at every depth")
        } else {
            None
        }
    }

    /// `T_L` relative to its asymptotic form, minus 1: to `(L+1) lambda^L h`, `exp(k^L log B + L log k + C)`, `c*/(1-m)`,
    /// `(L+1) r` or `1/(1-b)` (see the table of [`LimitKernel`]'s module).
    ///
    /// # Errors
    /// [`Error::Unresolved`] where the orbit could not be followed; [`Error::Domain`] where the correlation
    /// [stands apart](LimitKernel::stands_apart), and there is nothing to be relative to.
    pub fn deviation(&self, rho: &Rational, depth: u64) -> Result<Ball> {
        let nothing = |why: &str| Err(Error::Domain(format!("at rho = {rho} {why}")));
        if let Some(why) = self.stands_apart(rho) {
            return nothing(why);
        }
        let bits = self.bits();
        let one = Ball::int(1, bits);
        let kernels = self.kernels(rho, depth)?;
        let ratio = match self.limit() {
            Limit::Linear => return Ok(Ball::int(0, bits)),
            Limit::Singular(h) => {
                let value = number(&self.value(rho)?.limit);
                let layers = Ball::rational(&Rational::from(depth), bits);
                let scale = (&kernels.ntk.log - &(&layers * &h.multiplier().ln())).exp();
                &(&kernels.ntk.mantissa * &scale) / &(&(&layers + &one) * &value)
            }
            Limit::NearestNeighbour(b) => {
                let value = self.value(rho)?;
                let (Some(log), Some(c)) = (&value.function, &value.correction) else {
                    return nothing("the kernel is 0 at every depth");
                };
                let k = Ball::int(i64::from(b.order()), bits);
                let power = k.powi(depth as i64);
                let layers = &Ball::rational(&Rational::from(depth), bits) * &k.ln();
                let form = &(&(&power * &number(log)) + &layers) + &number(c);
                return Ok((&kernels.ntk.ln() - &form).exp_m1());
            }
            Limit::Chaotic(c) => &kernels.ntk.value() / &c.ntk(),
            Limit::EdgeOfChaos(a) => {
                let layers = Ball::rational(&(a.limit() * Rational::from(depth + 1)), bits);
                &kernels.ntk.value() / &layers
            }
            Limit::Ordered(o) => &kernels.ntk.value() / &o.ntk(),
        };
        Ok(&ratio - &one)
    }
}

/// The number that a quantity encloses; undefined for infinity.
fn number(q: &Quantity) -> Ball {
    match &q.value {
        crate::real::Value::Finite { midpoint, radius } => Ball::new(midpoint.clone(), radius),
        crate::real::Value::Infinite | crate::real::Value::MinusInfinite => Ball::undefined(53),
    }
}

impl Subject {
    /// From which depth on `T_L` is within a relative `tolerance` of its limit, for one pair of inputs.
    ///
    /// Promise: both sides of the crossing are enclosures. That the deviation does not come back beyond 16 times the depth
    /// rests on its asymptotic form (`C/(L+1)`, `L m^L`), not on a proof.
    ///
    /// # Errors
    /// [`LimitKernel::deviation`]; [`Error::Timeout`].
    pub fn settling(
        &self,
        rho: &Rational,
        tolerance: &Rational,
        digits: usize,
        deadline: Deadline,
    ) -> Result<Settling> {
        let far = inside_one(rho);
        let kernel = self.kernel(&far, self.bits_for_depths(digits), deadline)?;
        match kernel.settling(rho, tolerance, deadline) {
            Err(Error::Unresolved(_)) => self
                .kernel(&far, 4 * self.bits_for_depths(digits), deadline)?
                .settling(rho, tolerance, deadline),
            found => found,
        }
    }

    /// The precision of a kernel that [`LimitKernel::settling`] is asked of, for digits of the deviation.
    pub fn bits_for_depths(&self, digits: usize) -> Bits {
        // doubly exponential: k^L log B has to be known to the last digit, but few layers are enough
        let nearest = self.classification.regime == Regime::NearestNeighbour;
        let bits = if nearest { 8 * BITS } else { BITS };
        bits.max(2 * bits_for(digits))
    }
}

/// The modulus of a correlation, 0 where it is 1: there a series has nothing to resolve.
fn inside_one(rho: &Rational) -> Rational {
    Some(rho.clone().abs())
        .filter(|r| *r < 1)
        .unwrap_or_default()
}

impl LimitKernel {
    /// From which depth on `T_L` is within a relative `tolerance` of its limit: [`Subject::settling`] at the precision of this
    /// kernel, which serves all correlations that it is good for.
    ///
    /// # Errors
    /// [`LimitKernel::deviation`]; [`Error::Unresolved`] where the precision does not do; [`Error::Timeout`].
    pub fn settling(
        &self,
        rho: &Rational,
        tolerance: &Rational,
        deadline: Deadline,
    ) -> Result<Settling> {
        let doublings = match self.limit() {
            Limit::NearestNeighbour(_) => 2,
            _ => 5,
        };
        let bound = Ball::rational(tolerance, self.bits());
        let inside = |depth: u64| -> Result<bool> {
            deadline.check("the search for the depth")?;
            let d = self.deviation(rho, depth)?.abs();
            match d.compare(&bound) {
                Some(order) => Ok(order != Ordering::Greater),
                // at the bound itself, as far as one can see
                None if d.relative_bits() >= 24 => Ok(d.upper() <= *bound.mid()),
                None => Err(Error::Unresolved(format!(
                    "the deviation from the limit is not known well enough at depth {depth}"
                ))),
            }
        };
        // upwards, until several doublings in a row are inside
        let (mut inner, mut run, mut depth) = (None, 0, 1);
        while run < doublings && depth <= 16 * DEEPEST {
            if inside(depth)? {
                inner = inner.or(Some(depth));
                run += 1;
            } else {
                (inner, run) = (None, 0);
            }
            depth *= 2;
        }
        let Some(mut high) = inner.filter(|d| *d <= DEEPEST) else {
            return Ok(Settling {
                depth: None,
                deviation: None,
                before: None,
            });
        };
        // the last depth outside is at least half of it (or 0)
        let mut low = high / 2;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if inside(middle)? {
                high = middle;
            } else {
                low = middle;
            }
        }
        if low == 0 && inside(0)? {
            high = 0;
        }
        let shown = |depth: u64| -> Result<Quantity> {
            Ok(Quantity::new(&self.deviation(rho, depth)?, None))
        };
        Ok(Settling {
            depth: Some(high),
            deviation: Some(shown(high)?),
            before: if high > 0 {
                Some(shown(high - 1)?)
            } else {
                None
            },
        })
    }
}

impl Subject {
    /// The depth at which the recursion as it is usually coded, `S <- dual(S)`, `T <- T dual'(S) + S` with `S = rho` itself
    /// in floating point and every operation correctly rounded, gives `T_L` with a relative error above 1 %: by
    /// cancellation in `1 - rho`, or by underflow. The reference is the recursion in the coordinate that keeps digits, in
    /// 160 bits.
    ///
    /// # Errors
    /// [`Subject::dual`]; [`Error::Timeout`].
    pub fn breakdown(
        &self,
        rho: &Rational,
        format: NaiveFormat,
        deadline: Deadline,
    ) -> Result<Breakdown> {
        breakdown_of(
            &self.dual(&inside_one(rho), 96, deadline)?,
            rho,
            format,
            deadline,
        )
    }
}

impl LimitKernel {
    /// [`Subject::breakdown`] with the dual of this kernel.
    ///
    /// # Errors
    /// [`Error::Timeout`].
    pub fn breakdown(
        &self,
        rho: &Rational,
        format: NaiveFormat,
        deadline: Deadline,
    ) -> Result<Breakdown> {
        breakdown_of(self.dual(), rho, format, deadline)
    }
}

fn breakdown_of(
    dual: &Dual<Ball>,
    rho: &Rational,
    format: NaiveFormat,
    deadline: Deadline,
) -> Result<Breakdown> {
    match format {
        NaiveFormat::F64 => breakdown::<f64>(dual, &dual.rounded(), rho, deadline, |x| *x),
        NaiveFormat::F32 => {
            let single = |x: &Mpfr| {
                // through the range of single precision, underflow and all
                let x = Rational::from_f32(x.to_f64() as f32).unwrap_or_default();
                Mpfr::rational(&x, 24)
            };
            let naive = dual.mapped(&|x: &Ball| single(&Mpfr::from_ball(x)));
            breakdown(dual, &naive, rho, deadline, single)
        }
    }
}

fn breakdown<R: Real>(
    dual: &Dual<Ball>,
    naive: &Dual<R>,
    rho: &Rational,
    deadline: Deadline,
    stored: impl Fn(&R) -> R,
) -> Result<Breakdown> {
    const REFERENCE: Bits = 160;
    /// Equal to so many bits from one layer to the next: at rest.
    const REST: i32 = -40;
    let exact: Dual<Mpfr> = dual.rounded();
    let layer = LayerMap::of(&exact);
    let mut walk = Walk::new(Correlation::<Mpfr>::rational(rho, REFERENCE));
    let bits = if size_of::<R>() == size_of::<f64>() {
        53
    } else {
        24
    };
    let one = R::int(1, bits);
    let mut s = stored(&R::rational(rho, bits));
    let mut t = s.clone();
    let mut last = f64::NAN;
    for depth in 1..=NAIVE_DEEPEST {
        if depth % 256 == 0 {
            deadline.check("the naive recursion")?;
        }
        walk.advance(&layer);
        let slope = stored(&naive.slope_at(&s));
        s = stored(&naive.at(&s)).min(&one).max(&-&one);
        t = stored(&(&stored(&(&t * &slope)) + &s));
        let truth = walk.ntk().value();
        let wrong = Mpfr::rational(
            &Rational::try_from(t.to_float()).unwrap_or_default(),
            REFERENCE,
        );
        let error = (&(&wrong - &truth) / &truth).abs().to_f64();
        // an undefined error is one too
        if error.is_nan() || error > 0.01 {
            return Ok(Breakdown::At(depth));
        }
        if depth % 64 == 0 {
            let value = truth.to_f64();
            let still = (value - last).abs() <= f64::powi(2.0, REST) * value.abs();
            if still && value.abs() > 1e-30 {
                return Ok(Breakdown::Never);
            }
            last = value;
        }
    }
    Ok(Breakdown::NotBefore(NAIVE_DEEPEST))
}
