//! Infinite depth in the regimes where all pairs of different inputs become alike: constants, a delta, and what tells
//! pairs apart in the ordered phase.

use rug::Rational;

use super::angle;
use super::build::DEEP_BITS;
use super::charts::{Charts, Mirror};
use super::compile::Heading;
use super::map::Map;
use super::orbit::{Datum, Descent, InputLayer, Orbits, Target};
use super::source::{Reference, Road, Source};
use super::{Accuracy, Conditions, Form, Kernel, Kind};
use crate::activation::Parity;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::limit::{Classification, Limit, Phase, Regime, Subject};
use crate::real::{Analytic, Ball};
use crate::recursion::{Pair, Scaled};

/// What the entries of a kernel at infinite depth are (normalised activation, no bias; `mathematics` of each regime in
/// [`crate::limit`]). `x = x'` stands for equal directions, and for opposite ones where the activation is even
/// (odd: the negative value).
///
/// | form | NTK at `x != x'` | at `x = x'` | NNGP at `x != x'`, `x = x'` | classifier |
/// |---|---|---|---|---|
/// | linear | `rho = lim T_L/(L+1)` | 1 | the same | regression |
/// | singular | `h(rho) = lim T_L/((L+1) lambda^L)` | infinite | the same | smoother |
/// | edge of chaos | `lim T_L/T_L(x,x) = (p-1)/(2p-1)` | 1 | `lim (S_L - 1)/(1 - S_L(0))`: -1, 0 | majority |
/// | chaotic | `lim T_L = c*/(1 - dual'(c*))` | infinite | `lim S_L`: `c*`, 1 | majority |
/// | ordered | `-g(1 - rho) = lim (T_L - 1/(1-B'))/(a L B'^L)` | 0 | `lim (S_L - 1)/B'^L`, the same | interpolant |
/// | ordered, kinks | `-sqrt(g) = lim (T_L - 1/(1-B'))/(a B'^(L/2))` | 0 | `-g = lim (S_L - 1)/B'^L`, 0 | interpolant |
/// | nearest neighbour | `lim T_L/T_L(x,x) = 0` | 1 | the same | nearest neighbour |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitForm {
    /// `A = 0`, `|A'| = 1`.
    Linear,
    /// `A = 0`, `0 < |A'| < 1`: the Koenigs function at 0.
    Singular,
    /// `A != 0`, `B' = 1`: two constants.
    EdgeOfChaos,
    /// `A != 0`, `B' > 1`: two constants.
    Chaotic,
    /// `A != 0`, `B' < 1`: minus the Koenigs function at 1 (its root in the tangent kernel of an activation with kinks), conditionally
    /// positive definite.
    Ordered,
    /// `A = A' = 0`: a delta.
    NearestNeighbour,
}

impl LimitForm {
    /// All of them.
    pub const ALL: [LimitForm; 6] = [
        LimitForm::Linear,
        LimitForm::Singular,
        LimitForm::EdgeOfChaos,
        LimitForm::Chaotic,
        LimitForm::Ordered,
        LimitForm::NearestNeighbour,
    ];

    /// Two numbers, one for equal inputs.
    pub(super) fn is_constant(self) -> bool {
        matches!(
            self,
            LimitForm::EdgeOfChaos | LimitForm::Chaotic | LimitForm::NearestNeighbour
        )
    }

    /// The form of an activation whose regime is decided.
    pub(super) fn of(c: &Classification) -> Self {
        match (c.regime, c.phase) {
            (Regime::Linear, _) => LimitForm::Linear,
            (Regime::Singular, _) => LimitForm::Singular,
            (Regime::NearestNeighbour, _) => LimitForm::NearestNeighbour,
            (_, Some(Phase::Chaotic)) => LimitForm::Chaotic,
            (_, Some(Phase::EdgeOfChaos)) => LimitForm::EdgeOfChaos,
            _ => LimitForm::Ordered,
        }
    }

    /// The name in a word or two.
    pub fn name(self) -> &'static str {
        match self {
            LimitForm::Linear => Regime::Linear.name(),
            LimitForm::Singular => Regime::Singular.name(),
            LimitForm::EdgeOfChaos => Phase::EdgeOfChaos.name(),
            LimitForm::Chaotic => Phase::Chaotic.name(),
            LimitForm::Ordered => Regime::Ordered.name(),
            LimitForm::NearestNeighbour => Regime::NearestNeighbour.name(),
        }
    }
}

/// What a kernel makes of labelled points: the limit of ridgeless kernel regression at its depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Classifier {
    /// Kernel regression.
    Regression,
    /// `sum_i K(x, x_i) y_i`, the labels themselves on the training points (the kernel is infinite there).
    Smoother,
    /// The largest class, a training point its own label: with `K = a 1 1^T + (c - a) I` and `k(x) = a 1` it is
    /// `K^-1 k = a 1/(c - a + n a)`, the same weight for all, and for `x = x_j` it is `K^-1 k = e_j` at every depth.
    Majority,
    /// The label of the nearest point (activations with a parity: nearest to `x` or `-x`); of several, the class that most of
    /// them have.
    NearestNeighbour,
    /// `b + sum_i w_i K(x, x_i)` with `sum_i w_i = 0`.
    Interpolant,
}

impl Classifier {
    /// The name in a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Classifier::Regression => "regression",
            Classifier::Smoother => "smoother",
            Classifier::Majority => "majority vote",
            Classifier::NearestNeighbour => "nearest neighbour",
            Classifier::Interpolant => "interpolant",
        }
    }

    /// Does a ridge mean anything?
    pub fn has_ridge(self) -> bool {
        matches!(self, Classifier::Regression | Classifier::Interpolant)
    }
}

fn mirror(subject: &Subject) -> Mirror {
    match subject.parity() {
        None => Mirror::None,
        Some(Parity::Even) => Mirror::Even,
        Some(Parity::Odd) => Mirror::Odd,
    }
}

/// Two constants.
pub(super) fn constant(
    subject: &Subject,
    form: LimitForm,
    heading: Heading,
    kind: Kind,
    deadline: Deadline,
) -> Result<Kernel> {
    let int = |n: i64| Ball::int(n, DEEP_BITS);
    let (value, diagonal) = match (form, kind) {
        (LimitForm::EdgeOfChaos, Kind::Nngp) => (int(-1), 0.0),
        (LimitForm::EdgeOfChaos, Kind::Ntk) => {
            let p = subject.classification.edge_exponent.clone().ok_or_else(|| {
                Error::Unresolved(format!(
                    "`{}` is at the edge of chaos, and the exponent p of its dual at 1, which its limit (p-1)/(2p-1) takes, is \
                     not known",
                    heading.activation
                ))
            })?;
            let ratio = (p.clone() - 1u32) / (p * 2u32 - 1u32);
            (Ball::rational(&ratio, DEEP_BITS), 1.0)
        }
        (LimitForm::Chaotic, kind) => {
            // zero: the correlations that matter are those up to c*
            let kernel = subject.kernel(&Rational::new(), DEEP_BITS, deadline)?;
            let Limit::Chaotic(interior) = kernel.limit() else {
                return Err(undecided(&heading.activation));
            };
            match kind {
                Kind::Ntk => (interior.ntk(), f64::INFINITY),
                Kind::Nngp => (interior.point().clone(), 1.0),
            }
        }
        _ => (int(0), 1.0),
    };
    let near = value.to_f64();
    let charts = Charts::constant(near).ok_or_else(|| undecided(&heading.activation))?;
    let form = Form {
        power: 0,
        near: false,
        rest: false,
    };
    let mut kernel = heading.kernel(kind, charts, form, mirror(subject));
    kernel.diagonal = diagonal;
    kernel.opposite = match kernel.mirror {
        Mirror::None => near,
        Mirror::Even => diagonal,
        Mirror::Odd => -diagonal,
    };
    let error = (&value
        - &Ball::rational(&Rational::from_f64(near).unwrap_or_default(), DEEP_BITS))
        .magnitude()
        .to_f64();
    kernel.accuracy = Accuracy {
        measured: if near == 0.0 {
            error
        } else {
            error / near.abs()
        },
        estimated: 0,
        places: 1,
        relative: match near {
            0.0 => error,
            value => error / value.abs(),
        },
        conditions: Conditions::default(),
    };
    Ok(kernel)
}

fn undecided(activation: &str) -> Error {
    Error::Unresolved(format!("the limit kernel of `{activation}` was not found"))
}

/// `-g`, the Koenigs function at the fixed point 1.
pub(super) fn ordered(subject: &Subject, deadline: Deadline) -> Result<Source> {
    let name = &subject.classification.activation;
    let kernel = subject.kernel(&Rational::from(1), super::build::BITS, deadline)?;
    let mirror = mirror(subject);
    let Limit::Ordered(g) = kernel.limit() else {
        return Err(undecided(name));
    };
    let kinks = match (g.has_kinks(), g.is_rooted()) {
        (false, _) => None,
        (true, Some(rooted)) => Some(rooted),
        (true, None) => {
            return Err(Error::Unresolved(format!(
                "whether the slope of `{name}` jumps is not decided, so neither is the tangent kernel's limit (ordered phase)"
            )));
        }
    };
    let descent = Descent {
        log: g.multiplier().ln().to_f64(),
        bend: match kinks {
            None => (g.drift().to_f64() - 1.0) / 2.0,
            Some(_) => g.root_bend(),
        },
        kinks,
    };
    let dual = kernel.dual();
    let table = match dual.is_slow() {
        true => angle::exact(dual, subject.structure(), (1.0, 1.0), deadline),
        false => None,
    };
    let map = Map::new(dual.rounded(), mirror, table).ok_or_else(|| undecided(name))?;
    let zero = || Ok(Some(Scaled::zero(DEEP_BITS)));
    Ok(Source {
        orbits: Orbits {
            maps: vec![map],
            entry: InputLayer::UNIT,
            lambda: None,
            datum: Datum::NONE,
            target: Target::Ordered(descent),
            deadline,
        },
        second: None,
        scale: None,
        mirror,
        power: 0,
        degree: None,
        diagonal: Pair {
            nngp: zero(),
            ntk: zero(),
        },
        reference: Reference::by(Road::Ordered(Box::new(kernel)), deadline),
    })
}
