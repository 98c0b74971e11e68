//! A kernel of any activation and depth, compiled into a fast function of the correlation in doubles.
//!
//! * `place`: a correlation in the coordinate that keeps its digits.
//! * [`charts`]: piecewise polynomials on `[-1, 1]`, geometrically finer towards `+-1`.
//! * [`lines`]: the same in shorter pieces, for loops over millions of correlations.
//! * [`map`]: one layer; [`orbit`]: the values they are made from: one pair of inputs on its way through the layers.
//! * `angle`: duals of activations with kinks, where no series resolves them.
//! * `source`: such values in doubles, and enclosures of them. `compile`: from such values to tables. `accuracy`: an estimate of their error, from balls (where kinks leave those wide, from
//!   a second computation), and what the rounding of a correlation adds to it.
//! * [`build`]: normalised activations without bias; `network`: weights and biases of any variance.
//! * `record`: compiled kernels kept on disk.
//! * `limits`: infinite depth in the regimes where pairs become alike; what classifier each kernel means.
//!
//! On inputs of length 1 the kernel of a network is a function of `rho = x . x'`: whatever the depth, it is sampled at
//! some 3,000 places once and costs a polynomial (of degree 7 at a correlation, 13 at a gap) from then on. Near `rho = 1`,
//! where kernels of deep networks vary and limit kernels are infinite, its argument is the gap `t = 1 - rho = |x - x'|^2/2`,
//! which keeps digits that `rho` has lost ([`Kernel::at_gap`]).

mod accuracy;
mod angle;
pub mod build;
pub mod charts;
mod compile;
mod limits;
pub mod lines;
pub mod map;
mod network;
pub mod orbit;
mod place;
mod record;
mod source;
mod vector;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use rug::Rational;

use crate::limit::{Phase, Regime};
use crate::recursion::Network;
pub use crate::recursion::{Depth, Kind};
use charts::{Charts, Mirror, Place, lowest, lowest_far};
pub use limits::{Classifier, LimitForm};
use lines::Lines;

/// How the values are kept in the table: `f(rho) = rho^power P(rho)`, or `rho^power exp(P(rho))` where `near`, for `rho > 1/2`, or
/// `rest`, elsewhere, say so.
#[derive(Clone, Copy, Debug)]
struct Form {
    power: u64,
    near: bool,
    rest: bool,
}

impl Form {
    fn is_logarithmic(self, place: Place) -> bool {
        match place {
            Place::Near(_) => self.near,
            _ => self.rest,
        }
    }

    fn lines(self, charts: &Charts) -> Lines {
        let weight = |place, value| self.weight(place, value);
        Lines::weighed(charts, self.near && !self.rest, weight)
    }

    /// What the error of a number of the table is relative to. A logarithm `ln |f|` is known up to rounding of its own size, and
    /// its absolute error is the relative one of the kernel.
    fn weight(self, place: Place, value: f64) -> f64 {
        match self.is_logarithmic(place) {
            true => ((value + self.power as f64 * place.log_modulus()).abs() / 8.0).max(1.0),
            false => value.abs(),
        }
    }
}

/// The kernel where the tables end: nearer to `+-1` than they reach it is followed layer by layer.
#[derive(Clone)]
struct Beyond(Arc<dyn Fn(Place) -> Option<f64> + Send + Sync>);

impl fmt::Debug for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Beyond")
    }
}

/// The error of a compiled kernel: an estimate, no bound.
///
/// It is the larger of two numbers: the difference from ball arithmetic at places spread over all charts, where the enclosure is
/// proved and the choice of places is not; and that of the tables from the values that they are made of, once in every cell.
///
/// It is `|f~ - f| / (|f| + |x f'|)`, `x` the coordinate of the chart (`1 - rho` or `rho`): relative, up to a relative
/// change of the argument. (At a zero of the kernel no double has more.) Below `-1/2`, where kernels without a symmetry may
/// vanish together with their slope, the size of the kernel at `-1/2` and `-3/4` is added to the denominator. What the rounding
/// of a correlation does to an entry is not in it: [`Accuracy::of_entries`].
#[derive(Clone, Copy, Debug)]
pub struct Accuracy {
    /// The largest error that was met.
    pub measured: f64,
    /// At so many places there was an enclosure to compare with.
    pub places: usize,
    /// At so many of them no enclosure resolves the kernel (kinks without a closed form, near `rho = 1`): there the error is the
    /// difference from a second computation, whose integrals have more nodes.
    pub estimated: usize,
    /// The largest error that was met, relative as those of entries are ([`Conditions`]).
    pub relative: f64,
    /// What a change of the correlation does.
    pub conditions: Conditions,
}

/// How much more the kernel changes than its argument, at most: relative changes, in the coordinate that is rounded. (Found on a grid
/// of all octaves: an estimate.)
///
/// A change of an entry is relative to `|f(rho)|`, for `rho < 0` to the larger one of `|f(rho)|` and `|f(-rho)|` (all kernels of
/// depth are sums of powers of `rho` with coefficients of one sign), for `|rho| <= 1/2` at least to `|f(1/2)|`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions {
    /// `|t f'|` for gaps `t = 1 - rho` up to 0.1.
    pub gap: f64,
    /// `|u f'|` for `u = 1 + rho` up to 0.1.
    pub opposite: f64,
    /// `|f'|` for `|rho| <= 0.9`, where the argument is `rho` itself with an absolute error.
    pub product: f64,
}

impl Accuracy {
    /// What a rounded correlation adds to the error of an entry: `gap` is the relative error of `1 - rho` or `1 + rho`, where they are
    /// below 0.1, `product` the absolute error of other `rho`.
    pub fn of_rounding(&self, gap: f64, product: f64) -> f64 {
        let c = self.conditions;
        (c.gap.max(c.opposite) * gap).max(c.product * product)
    }

    /// The error of an entry, relative as [`Conditions`] has it: that of the function, and what the rounding of the correlation
    /// adds. An estimate.
    ///
    /// ```
    /// use deeplimit::{activation::Expr, deadline::Deadline};
    /// use deeplimit::kernel::{Depth, Kernel, Kind};
    /// let linear = Expr::parse("x").unwrap();
    /// let kernel = Kernel::new(&linear, Depth::Layers(1), Kind::Nngp, Deadline::default()).unwrap();
    /// // rho itself: 1/f(1/2) = 2, and a gap of 0.1 that is off by a tenth is 0.01/0.9
    /// let a = kernel.accuracy();
    /// assert!((a.of_rounding(0.0, 1e-3) - 2e-3).abs() < 1e-12 && a.of_rounding(0.1, 0.0) < 0.012);
    /// assert!(a.of_entries(0.0, 0.0) < 1e-14);
    /// ```
    pub fn of_entries(&self, gap: f64, product: f64) -> f64 {
        self.relative + self.of_rounding(gap, product)
    }
}

/// A compiled kernel on inputs of length 1.
///
/// Promise: the error in [`Kernel::accuracy`] is an estimate, measured and not proved: some 1e-15 as a rule, 2e-13 where thousands
/// of layers take values as small as `1e-1800` (`optimal(4)` at depth 3,000).
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline};
/// use deeplimit::kernel::{Depth, Kernel, Kind};
/// let relu = Expr::parse("relu").unwrap();
/// let ntk = Kernel::new(&relu, Depth::Layers(1), Kind::Ntk, Deadline::default()).unwrap();
/// // T_1(1/2) = (1/2) dual'(1/2) + dual(1/2), dual'(1/2) = 2/3, dual(1/2) = 1/3 + sqrt(3)/(2 pi)
/// let exact = 2.0 / 3.0 + 3f64.sqrt() / (2.0 * std::f64::consts::PI);
/// assert!((ntk.at(0.5) / exact - 1.0).abs() < 1e-14);
/// assert_eq!(ntk.diagonal(), 2.0);
/// ```
#[derive(Clone, Debug)]
pub struct Kernel {
    activation: String,
    depth: Depth,
    kind: Kind,
    regime: Option<Regime>,
    phase: Option<Phase>,
    /// Convention, weights, biases, norm.
    network: String,
    /// What it was compiled from, where that is one network.
    origin: Option<Arc<Network>>,
    limit: Option<LimitForm>,
    charts: Charts,
    lines: Lines,
    beyond: Option<Beyond>,
    form: Form,
    mirror: Mirror,
    log_scale: f64,
    diagonal: f64,
    opposite: f64,
    degree: Option<Rational>,
    accuracy: Accuracy,
}

impl Kernel {
    /// The activation as it prints.
    pub fn activation(&self) -> &str {
        &self.activation
    }

    /// The depth it was compiled for.
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// NNGP or NTK.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Everything that an entry depends on, in a line: activation, depth, kernel, convention, weights, biases, norm.
    pub fn description(&self) -> String {
        format!(
            "{} {:?} {:?} {}",
            self.activation, self.depth, self.kind, self.network
        )
    }

    /// The network that it was compiled from; `None` for words of layers and residual networks.
    pub(crate) fn origin(&self) -> Option<&Network> {
        self.origin.as_deref()
    }

    /// What the entries are at infinite depth; `None` at finite depth.
    ///
    /// ```
    /// use deeplimit::{activation::Expr, deadline::Deadline};
    /// use deeplimit::kernel::{Classifier, Depth, Kernel, Kind, LimitForm};
    /// let relu = Expr::parse("relu").unwrap();
    /// let k = Kernel::new(&relu, Depth::Infinite, Kind::Ntk, Deadline::default()).unwrap();
    /// assert_eq!((k.limit_form(), k.classifier()), (Some(LimitForm::EdgeOfChaos), Classifier::Majority));
    /// // lim T_L(x, x')/T_L(x, x) = (p - 1)/(2p - 1), p = 3/2
    /// assert_eq!((k.at(-0.3), k.at_gap(1e-30), k.diagonal()), (0.25, 0.25, 1.0));
    /// ```
    pub fn limit_form(&self) -> Option<LimitForm> {
        self.limit
    }

    /// The classifier that the kernel means. At finite depth: kernel regression, or where the kernel is infinite on the
    /// diagonal (the NTK of an activation that jumps) the smoother that regression becomes then.
    pub fn classifier(&self) -> Classifier {
        match self.limit {
            Some(LimitForm::Singular) => Classifier::Smoother,
            Some(LimitForm::EdgeOfChaos | LimitForm::Chaotic) => Classifier::Majority,
            Some(LimitForm::Ordered) => Classifier::Interpolant,
            Some(LimitForm::NearestNeighbour) => Classifier::NearestNeighbour,
            None if self.diagonal == f64::INFINITY => Classifier::Smoother,
            None | Some(LimitForm::Linear) => Classifier::Regression,
        }
    }

    /// `1` or `-1` where `K(x, -x')` is this times `K(x, x')`; `None` where neither is known.
    pub fn parity(&self) -> Option<f64> {
        match self.mirror {
            Mirror::None => None,
            Mirror::Even => Some(1.0),
            Mirror::Odd => Some(-1.0),
        }
    }

    /// The regime of the activation, normalised and without bias; `None` for other networks.
    pub fn regime(&self) -> Option<Regime> {
        self.regime
    }

    /// Its phase, where `A != 0`.
    pub fn phase(&self) -> Option<Phase> {
        self.phase
    }

    /// The kernel is `e^log_scale` times the values that this object returns; 0 unless they would leave the doubles.
    pub fn log_scale(&self) -> f64 {
        self.log_scale
    }

    /// An estimate of the error.
    pub fn accuracy(&self) -> Accuracy {
        self.accuracy
    }

    /// Doubles in the table.
    pub fn size(&self) -> usize {
        self.charts.size() + lines::TERMS * self.lines.size()
    }

    /// The value at equal inputs: infinite for singular limit kernels (and beyond `1e308 e^log_scale`).
    pub fn diagonal(&self) -> f64 {
        self.diagonal
    }

    /// `k` where the kernel of inputs of any length is `(|x| |x'|)^k f(rho)` exactly: for homogeneous activations, whose
    /// layers keep lengths apart from directions (`1` for relu). `None` for others: their kernel is known on inputs of
    /// length 1 only.
    ///
    /// ```
    /// use deeplimit::{activation::Expr, deadline::Deadline};
    /// use deeplimit::kernel::{Depth, Kernel, Kind};
    /// let exponent = |text: &str| {
    ///     let expr = Expr::parse(text).unwrap();
    ///     Kernel::new(&expr, Depth::Layers(2), Kind::Nngp, Deadline::default()).unwrap().length_exponent()
    /// };
    /// assert_eq!(exponent("leaky_relu"), Some(1.0));
    /// assert_eq!(exponent("sign"), Some(0.0));
    /// assert_eq!(exponent("erf"), None);
    /// ```
    pub fn length_exponent(&self) -> Option<f64> {
        let k = self.degree.as_ref()?.to_f64();
        match self.depth {
            Depth::Layers(l) => Some(k.powf(l as f64)).filter(|k| k.is_finite()),
            Depth::Infinite => (k == 1.0 || k == 0.0).then_some(k),
        }
    }

    /// The kernel at the correlation `rho`; undefined for NaN, the value at `+-1` beyond. A double `rho` near 1 stands for
    /// itself: where it came out of a product of vectors, [`Kernel::at_gap`] has the digits.
    pub fn at(&self, rho: f64) -> f64 {
        match self.end(rho) {
            Some(value) => value,
            None => self.finished(Place::of(rho), self.lines.at(rho)),
        }
    }

    /// The kernel at the correlation `1 - t`, with all the digits of `t`, however small. (Below `2^-108`, where the tables end,
    /// it is followed layer by layer.)
    ///
    /// ```
    /// use deeplimit::{activation::Expr, deadline::Deadline};
    /// use deeplimit::kernel::{Depth, Kernel, Kind};
    /// let step = Expr::parse("sign").unwrap();
    /// let ntk = Kernel::new(&step, Depth::Layers(1), Kind::Nngp, Deadline::default()).unwrap();
    /// // 1 - S_1 = acos(1 - t)/(pi/2) = (2/pi) sqrt(2 t)
    /// assert!(((1.0 - ntk.at_gap(1e-20)) / 9.003163161571e-11 - 1.0).abs() < 1e-5);
    /// let cubed = Expr::parse("optimal(4)").unwrap();
    /// let h = Kernel::new(&cubed, Depth::Infinite, Kind::Ntk, Deadline::default()).unwrap();
    /// // h(1 - t) ~ t^-2 times a function of ln t with period ln 2
    /// assert!((h.at_gap(2f64.powi(-200)) / h.at_gap(2f64.powi(-190)) / 2f64.powi(20) - 1.0).abs() < 1e-12);
    /// ```
    pub fn at_gap(&self, t: f64) -> f64 {
        if t > 0.5 || t.is_nan() {
            return self.at(1.0 - t);
        }
        if t <= 0.0 {
            return self.diagonal;
        }
        let place = Place::Near(t);
        if t < lowest()
            && let Some(value) = self.beyond(place)
        {
            return value;
        }
        self.finished(place, self.charts.at_gap(t))
    }

    /// The kernel at the correlation `-1 + u`, with all the digits of `u`, however small.
    pub fn at_opposite_gap(&self, u: f64) -> f64 {
        if u > 0.5 || u.is_nan() {
            return self.at(u - 1.0);
        }
        if u <= 0.0 {
            return self.opposite;
        }
        if let Some(sign) = self.parity() {
            return sign * self.at_gap(u);
        }
        let place = Place::Far(u);
        if u < lowest_far()
            && let Some(value) = self.beyond(place)
        {
            return value;
        }
        self.finished(place, self.charts.at_place(place))
    }

    /// `sign` and `ln |K|` at the correlation `1 - t`, where `K` leaves the doubles too: what a point weighs in a vote. Below
    /// `2^-108` that there.
    ///
    /// ```
    /// use deeplimit::{activation::Expr, deadline::Deadline};
    /// use deeplimit::kernel::{Depth, Kernel, Kind};
    /// let steep = Expr::parse("optimal(40)").unwrap();
    /// let h = Kernel::new(&steep, Depth::Infinite, Kind::Ntk, Deadline::default()).unwrap();
    /// // h ~ t^-20 times a function of ln t
    /// let (sign, log) = h.logarithm_at_gap(1e-30);
    /// assert!(h.at_gap(1e-30).is_infinite() && sign == 1.0 && (log / (20.0 * 30.0 * 10f64.ln()) - 1.0).abs() < 0.1);
    /// // rho = -1/2, and an odd activation
    /// let erf = Expr::parse("erf").unwrap();
    /// let odd = Kernel::new(&erf, Depth::Infinite, Kind::Ntk, Deadline::default()).unwrap();
    /// let (sign, log) = odd.logarithm_at_gap(1.5);
    /// assert!(sign == -1.0 && (log.exp() / odd.at(0.5) - 1.0).abs() < 1e-14);
    /// ```
    pub fn logarithm_at_gap(&self, t: f64) -> (f64, f64) {
        let (place, value) = match t > 0.5 {
            true => (Place::of(1.0 - t), self.charts.at(1.0 - t)),
            false => (Place::Near(t.max(lowest())), self.charts.at_gap(t)),
        };
        if t > 0.0 && t < 2.0 && self.form.is_logarithmic(place) {
            return self.logarithm(place, value);
        }
        let value = self.at_gap(t);
        let sign = if value == 0.0 { 0.0 } else { value.signum() };
        (sign, value.abs().ln())
    }

    /// Nearer to `+-1` than the tables reach; undefined where an orbit is lost. `None` for a constant, whose tables say all.
    fn beyond(&self, place: Place) -> Option<f64> {
        let Beyond(value) = self.beyond.as_ref()?;
        Some(value(place).unwrap_or(f64::NAN))
    }

    /// [`Kernel::at`] of every number of a slice ([`Lines::at_all`]).
    pub fn at_all(&self, rho: &[f64], out: &mut [f64]) {
        let Form { power, near, rest } = self.form;
        if power == 1 && !near && !rest {
            // f = rho P: one more product, and no branch in the loop
            self.lines.at_all(rho, out, [-self.opposite, self.diagonal]);
            for (x, rho) in out.iter_mut().zip(rho) {
                *x *= rho.clamp(-1.0, 1.0);
            }
            return;
        }
        self.lines.at_all(rho, out, [self.opposite, self.diagonal]);
        if power > 0 || near || rest {
            for (x, rho) in out.iter_mut().zip(rho) {
                let inside = || self.finished(Place::of(*rho), *x);
                *x = self.end(*rho).unwrap_or_else(inside);
            }
        }
    }

    #[inline(always)]
    fn end(&self, rho: f64) -> Option<f64> {
        if rho >= 1.0 {
            Some(self.diagonal)
        } else if rho <= -1.0 {
            Some(self.opposite)
        } else if rho.is_nan() {
            Some(f64::NAN)
        } else {
            None
        }
    }

    #[inline(always)]
    fn finished(&self, place: Place, value: f64) -> f64 {
        let power = self.form.power;
        let rho = place.value();
        if self.form.is_logarithmic(place) {
            let (sign, log) = self.logarithm(place, value);
            return sign * log.exp();
        }
        match power {
            0 => value,
            1 => rho * value,
            p => rho.powi(p as i32) * value,
        }
    }

    /// Sign and logarithm from a number of the table, where that is a logarithm.
    #[inline(always)]
    fn logarithm(&self, place: Place, value: f64) -> (f64, f64) {
        let power = self.form.power;
        let log = if power == 0 {
            value
        } else {
            value + power as f64 * place.log_modulus()
        };
        let odd = place.value() < 0.0 && power % 2 == 1;
        (if odd { -1.0 } else { 1.0 }, log)
    }
}
