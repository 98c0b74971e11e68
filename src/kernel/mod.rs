//! A kernel of any activation and depth, compiled into a fast function of the correlation in doubles.
//!
//! * [`charts`]: piecewise polynomials on `[-1, 1]`, geometrically finer towards `+-1`.
//! * [`lines`]: the same in shorter pieces, for loops over millions of correlations.
//! * [`orbit`]: the values they are made from: one pair of inputs on its way through the layers.
//! * `angle`: duals of activations with kinks, where no series resolves them.
//! * `compile`: from such values to tables, and the error measured against balls (where kinks leave those wide, against a
//!   second computation).
//! * [`build`]: normalised activations without bias; `network`: weights and biases of any variance.
//! * `limits`: infinite depth in the regimes where pairs become alike; what classifier each kernel means.
//!
//! On inputs of length 1 the kernel of a network is a function of `rho = x . x'`: whatever the depth, it is sampled at
//! some 3,000 places once and costs a polynomial (of degree 7 at a correlation, 13 at a gap) from then on. Near `rho = 1`,
//! where kernels of deep networks vary and limit kernels are infinite, its argument is the gap `t = 1 - rho = |x - x'|^2/2`,
//! which keeps digits that `rho` has lost ([`Kernel::at_gap`]).

mod angle;
pub mod build;
pub mod charts;
mod compile;
mod limits;
pub mod lines;
mod network;
pub mod orbit;
mod vector;

#[cfg(test)]
mod tests;

use rug::Rational;

use crate::limit::{Phase, Regime};
use charts::{Charts, Mirror};
pub use limits::{Classifier, LimitForm};
use lines::Lines;

/// How deep the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Depth {
    /// So many hidden layers.
    Layers(u64),
    /// The limit, in the normalisation of its regime.
    Infinite,
}

/// Which kernel of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `S_L`: the covariance of the Gaussian process at initialisation.
    Nngp,
    /// `T_L`: the neural tangent kernel.
    Ntk,
}

/// How the values are kept in the table: `f(rho) = rho^power P(rho)`, or `rho^power exp(P(rho))`.
#[derive(Clone, Copy, Debug)]
struct Form {
    power: u64,
    logarithmic: bool,
}

/// The error of a compiled kernel: measured at construction against ball arithmetic, at places spread over all charts.
///
/// It is `|f~ - f| / (|f| + |x f'|)`, `x` the coordinate of the chart (`1 - rho` or `rho`): relative, up to a relative
/// change of the argument. (At a zero of the kernel no double has more.) Below `-1/2`, where kernels without a symmetry may
/// vanish together with their slope, the size of the kernel at `-1/2` and `-3/4` is added to the denominator.
#[derive(Clone, Copy, Debug)]
pub struct Accuracy {
    /// The largest error that was met.
    pub measured: f64,
    /// At so many places.
    pub places: usize,
    /// At so many of them no enclosure resolves the kernel (kinks without a closed form, near `rho = 1`): there the error is the
    /// difference from a second computation, whose integrals have more nodes: an estimate.
    pub estimated: usize,
}

/// A compiled kernel on inputs of length 1.
///
/// Promise: the error in [`Kernel::accuracy`] is measured, not proved: some 1e-15 as a rule, 2e-13 where thousands of layers
/// take values as small as `1e-1800` (`optimal(4)` at depth 3,000).
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
    limit: Option<LimitForm>,
    charts: Charts,
    lines: Lines,
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

    /// The measured error.
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
            None => self.finished(rho, self.lines.at(rho)),
        }
    }

    /// The kernel at the correlation `1 - t`, with all the digits of `t`. Gaps below `2^-108` but above 0 count as that.
    pub fn at_gap(&self, t: f64) -> f64 {
        if t > 0.5 || t.is_nan() {
            return self.at(1.0 - t);
        }
        if t <= 0.0 {
            return self.diagonal;
        }
        self.finished(1.0 - t, self.charts.at_gap(t))
    }

    /// The derivative in `rho`; at `+-1` that at the end of the last cell.
    pub fn slope_at(&self, rho: f64) -> f64 {
        self.finished_slope(rho, self.charts.at(rho), self.charts.slope_at(rho))
    }

    /// The derivative in `rho` at the gap `t`.
    pub fn slope_at_gap(&self, t: f64) -> f64 {
        if t > 0.5 || t.is_nan() {
            return self.slope_at(1.0 - t);
        }
        self.finished_slope(1.0 - t, self.charts.at_gap(t), self.charts.slope_at_gap(t))
    }

    /// [`Kernel::at`] of every number of a slice ([`Lines::at_all`]).
    pub fn at_all(&self, rho: &[f64], out: &mut [f64]) {
        self.lines.at_all(rho, out, [self.opposite, self.diagonal]);
        if self.form.power > 0 || self.form.logarithmic {
            for (x, rho) in out.iter_mut().zip(rho) {
                *x = self.end(*rho).unwrap_or_else(|| self.finished(*rho, *x));
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
    fn finished(&self, rho: f64, value: f64) -> f64 {
        let Form { power, logarithmic } = self.form;
        if logarithmic {
            let log = if power == 0 {
                value
            } else {
                value + power as f64 * log_modulus(rho)
            };
            let sign = if rho < 0.0 && power % 2 == 1 {
                -1.0
            } else {
                1.0
            };
            return sign * log.exp();
        }
        match power {
            0 => value,
            1 => rho * value,
            p => rho.powi(p as i32) * value,
        }
    }

    fn finished_slope(&self, rho: f64, value: f64, slope: f64) -> f64 {
        let p = self.form.power as f64;
        if self.form.logarithmic {
            let share = if p == 0.0 { 0.0 } else { p / rho };
            return self.finished(rho, value) * (slope + share);
        }
        match self.form.power {
            0 => slope,
            1 => value + rho * slope,
            n => rho.powi(n as i32 - 1) * (p * value + rho * slope),
        }
    }
}

/// `ln |rho|`, accurate near 1.
fn log_modulus(rho: f64) -> f64 {
    let rho = rho.abs();
    if rho > 0.5 {
        (rho - 1.0).ln_1p()
    } else {
        rho.ln()
    }
}
