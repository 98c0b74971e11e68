//! Laws of many layers: how orbits move, and the functional equations of the limit functions.

use super::duals::one;
use super::exam::{Exam, int};
use super::law::{Comparison, Domain, Identity, Object};
use super::layers::neighbours;
use crate::limit::{Phase, Regime};
use crate::real::{Analytic, Ball, Real};

const NNGP: &[Object] = &[Object::Nngp];
const LIMIT: &[Object] = &[Object::Limit];
const KOENIGS: &str = "Koenigs 1884";
const MEHLER: &str = "the dual is a power series with non-negative coefficients";

/// The laws.
pub(super) const LAWS: &[Identity] = &[
    Identity::new(
        "orbit_above_its_tangent",
        "S_{L+1} >= dual(0) + dual'(0) S_L on [0,1]",
        MEHLER,
        Domain::Any,
        &[Object::Nngp, Object::Dual, Object::Slope],
        |e, s| {
            let right = &e.dual(0.0)? + &(&e.slope(0.0)? * &e.nngp(s.rho, s.depth)?);
            one(Comparison::at_most(right, e.nngp(s.rho, s.depth + 1)?))
        },
    )
    .deep(),
    Identity::new(
        "orbit_leaves_one_slowly",
        "1 - S_{L+1} <= dual'(1) (1 - S_L)",
        MEHLER,
        Domain::Continuous,
        &[Object::Nngp, Object::Slope],
        |e, s| {
            let gap = |l| Some(int(1) - &e.nngp(s.rho, l)?);
            one(Comparison::at_most(
                gap(s.depth + 1)?,
                &e.slope(1.0)? * &gap(s.depth)?,
            ))
        },
    )
    .deep(),
    Identity::new(
        "orbit_log_concave",
        "S_L S_{L+2} <= S_{L+1}^2 on [0,1] for E phi = 0",
        "dual(s)/s increases, S_L does not",
        Domain::Centred,
        NNGP,
        |e, s| {
            let at = |l| e.nngp(s.rho, l);
            one(Comparison::at_most(
                &at(s.depth)? * &at(s.depth + 2)?,
                at(s.depth + 1)?.square(),
            ))
        },
    )
    .deep(),
    Identity::new(
        "orbit_superattracted",
        "S_{L+1} <= S_L^2 for E phi = E Z phi = 0",
        "Boettcher 1904",
        Domain::TwiceCentred,
        NNGP,
        |e, s| {
            one(Comparison::at_most(
                e.nngp(s.rho, s.depth + 1)?,
                e.nngp(s.rho, s.depth)?.square(),
            ))
        },
    )
    .deep(),
    Identity::new(
        "orbit_monotone",
        "(S_{L+2} - S_{L+1}) (S_{L+1} - S_L) >= 0 on [0,1]",
        "the dual increases",
        Domain::Any,
        NNGP,
        |e, s| {
            let at = |l| e.nngp(s.rho, l);
            let (a, b, c) = (at(s.depth)?, at(s.depth + 1)?, at(s.depth + 2)?);
            one(Comparison::at_most(int(0), &(&c - &b) * &(&b - &a)))
        },
    )
    .deep()
    .usually("two maps that take turns, or an activation of one layer in another"),
    Identity::new(
        "ntk_at_most_geometric",
        "T_{L+1} <= dual'(1) T_L + S_{L+1} on [0,1]",
        "dual'(s) <= dual'(1)",
        Domain::Continuous,
        &[Object::Nngp, Object::Ntk, Object::Slope],
        |e, s| {
            let right =
                &(&e.slope(1.0)? * &e.ntk(s.rho, s.depth)?) + &e.nngp(s.rho, s.depth + 1)?;
            one(Comparison::at_most(e.ntk(s.rho, s.depth + 1)?, right))
        },
    )
    .deep(),
    Identity::new(
        "ntk_at_least_geometric",
        "T_{L+1} >= dual'(0) T_L + S_{L+1} on [0,1]",
        "dual'(s) >= dual'(0)",
        Domain::Any,
        &[Object::Nngp, Object::Ntk, Object::Slope],
        |e, s| {
            let right =
                &(&e.slope(0.0)? * &e.ntk(s.rho, s.depth)?) + &e.nngp(s.rho, s.depth + 1)?;
            one(Comparison::at_most(right, e.ntk(s.rho, s.depth + 1)?))
        },
    )
    .deep()
    .usually("the layer's own term left out"),
    Identity::new(
        "limit_equation_singular",
        "h(dual(rho)) = dual'(0) h(rho)",
        KOENIGS,
        Domain::Centred,
        &[Object::Limit, Object::Dual, Object::Slope],
        |e, s| {
            regime(e, Regime::Singular, None)?;
            let right = &e.slope(0.0)? * &e.limit(s.rho)?;
            one(Comparison::equal(after(e, s.rho)?, right))
        },
    ),
    Identity::new(
        "limit_above_the_diagonal",
        "h(rho) >= rho on [0,1)",
        KOENIGS,
        Domain::Centred,
        LIMIT,
        |e, s| {
            regime(e, Regime::Singular, None)?;
            one(Comparison::at_most(e.number(s.rho), e.limit(s.rho)?))
        },
    ),
    Identity::new(
        "limit_bounds_orbits",
        "S_L <= dual'(0)^L h(rho)",
        KOENIGS,
        Domain::Centred,
        &[Object::Limit, Object::Nngp, Object::Slope],
        |e, s| {
            regime(e, Regime::Singular, None)?;
            let power = e.slope(0.0)?.powi(i64::try_from(s.depth).ok()?);
            one(Comparison::at_most(
                e.nngp(s.rho, s.depth)?,
                &power * &e.limit(s.rho)?,
            ))
        },
    )
    .deep(),
    Identity::new(
        "limit_convex",
        "h((r+s)/2) <= (h(r)+h(s))/2 on [0,1)",
        "h is a power series with non-negative coefficients",
        Domain::Centred,
        LIMIT,
        |e, s| {
            regime(e, Regime::Singular, None)?;
            let mean = (&e.limit(s.rho)? + &e.limit(s.other)?).scale2(-1);
            one(Comparison::at_most(e.limit((s.rho + s.other) / 2.0)?, mean))
        },
    ),
    Identity::new(
        "limit_equation_nearest",
        "log B(dual(rho)) = k log B(rho), k the order of the dual at 0",
        "Boettcher 1904",
        Domain::TwiceCentred,
        &[Object::Limit, Object::Dual],
        |e, s| {
            let subject = e.certified().subject(&e.phi)?;
            regime(e, Regime::NearestNeighbour, None)?;
            let k = i64::from(subject.classification.order?);
            one(Comparison::equal(
                after(e, s.rho)?,
                &int(k) * &e.limit(s.rho)?,
            ))
        },
    ),
    Identity::new(
        "limit_equation_edge",
        "A(dual(rho)) = A(rho) + 1",
        "Abel 1881",
        Domain::Continuous,
        &[Object::Limit, Object::Dual],
        |e, s| {
            regime(e, Regime::Majority, Some(Phase::EdgeOfChaos))?;
            one(Comparison::equal(
                after(e, s.rho)?,
                &e.limit(s.rho)? + &int(1),
            ))
        },
    ),
    Identity::new(
        "limit_equation_ordered",
        "g(dual(rho)) = dual'(1) g(rho)",
        KOENIGS,
        Domain::Continuous,
        &[Object::Limit, Object::Dual, Object::Slope],
        |e, s| {
            let subject = e.certified().subject(&e.phi)?;
            if subject.classification.phase != Some(Phase::Ordered) {
                return None;
            }
            let right = &e.slope(1.0)? * &e.limit(s.rho)?;
            one(Comparison::equal(after(e, s.rho)?, right))
        },
    ),
];

/// The activation is of this regime, and phase.
fn regime(e: &Exam, wanted: Regime, phase: Option<Phase>) -> Option<()> {
    let subject = e.certified().subject(&e.phi)?;
    let found = &subject.classification;
    (found.regime == wanted && (phase.is_none() || found.phase == phase)).then_some(())
}

/// The function of the regime behind one layer: it is monotone, so two values enclose it.
fn after(e: &Exam, rho: f64) -> Option<Ball> {
    let (low, high) = neighbours(&e.dual(rho)?)?;
    if low <= 0.0 || high >= 1.0 {
        return None;
    }
    Some(e.limit(low)?.hull(&e.limit(high)?))
}
