//! The edge of chaos, and where a network stands.

use deeplimit::error::{Error, Result};
use deeplimit::limit::Quantity;
use deeplimit::phase::{self, BranchEnd, Divergence, Phase};
use deeplimit::real::Ball;
use deeplimit::recursion::{Attraction, Given};

use super::Request;

/// What `deeplimit phase` looks at.
#[derive(Clone, Debug)]
pub enum Place {
    /// So many points of the curve.
    Points(u32),
    /// The points with these `sigma_b`.
    Biases(Vec<Given>),
    /// `sigma_w` and `sigma_b`.
    At(Given, Given),
}

/// A point with `chi_1 = 1`.
#[derive(Clone, Debug)]
pub struct CriticalPoint {
    pub q: Option<Quantity>,
    pub sigma_w: Quantity,
    pub sigma_b: Quantity,
    /// Of the variance map at `q*`.
    pub slope: Quantity,
    /// `attracts`, `repels` or `neutral`.
    pub fixed_point: Option<&'static str>,
    /// Why a branch ends there.
    pub end: Option<&'static str>,
    /// Networks are found there.
    pub reached: bool,
}

/// Where a network stands.
#[derive(Clone, Debug)]
pub struct Standing {
    pub phase: Option<&'static str>,
    /// `chi_1 = 1` for some of the numbers that the decimals typed stand for.
    pub edge: bool,
    /// What the variance does.
    pub variance: &'static str,
    pub q: Option<Quantity>,
    pub slope: Option<Quantity>,
    pub fixed_point: Option<&'static str>,
    pub chi_1: Option<Quantity>,
    pub c: Option<Quantity>,
    pub chi_c: Option<Quantity>,
    pub xi_1: Option<Quantity>,
    pub xi_c: Option<Quantity>,
}

/// A fixed point of the variance that repels.
#[derive(Clone, Debug)]
pub struct Repelling {
    pub q: Quantity,
    pub slope: Option<Quantity>,
}

/// `--at`.
#[derive(Clone, Debug)]
pub struct Standings {
    pub rows: Vec<Standing>,
    pub repelling: Vec<Repelling>,
    /// Where variances above the last fixed point go, where that is not back to it.
    pub beyond: Option<&'static str>,
    /// The largest variance that was looked at, where what is said of growth is not proved.
    pub looked: Option<Quantity>,
}

/// `deeplimit phase`.
#[derive(Clone, Debug)]
pub enum Phases {
    Curve(Vec<CriticalPoint>),
    Here(Standings),
}

/// The variance grows without end.
pub const GROWS: &str = "grows without end";
/// The same, not proved.
pub const GROWS_SO_FAR: &str = "grows as far as was looked";

fn word(attraction: Option<Attraction>) -> Option<&'static str> {
    attraction.map(|a| match a {
        Attraction::Attracts => "attracts",
        Attraction::Repels => "repels",
        Attraction::Neutral => "neutral",
    })
}

/// The edge of chaos, or where a network stands.
pub fn phase(text: &str, place: &Place, request: Request) -> Result<Phases> {
    let deadline = request.deadline();
    let expr = crate::typed::parsed(text)?;
    let digits = request.digits();
    let points = match place {
        Place::Points(n) => phase::curve(&expr, *n, digits, deadline)?,
        Place::Biases(all) => phase::with_biases(&expr, all, digits, deadline)?,
        Place::At(w, b) => {
            let found = phase::standings(&expr, w, b, digits, deadline)?;
            return Ok(Phases::Here(standings(found)));
        }
    };
    if points.is_empty() {
        return Err(Error::Domain(
            "no point of the edge of chaos was found there".to_owned(),
        ));
    }
    let point = |p: phase::CriticalPoint| CriticalPoint {
        reached: p.is_reached(),
        q: p.q.map(quantity),
        sigma_w: quantity(p.sigma_w),
        sigma_b: quantity(p.sigma_b),
        slope: quantity(p.slope),
        fixed_point: word(p.attraction),
        end: p.end.map(|end| match end {
            BranchEnd::Repulsion => "slope 1",
            BranchEnd::NoBias => "sigma_b 0",
        }),
    };
    Ok(Phases::Curve(points.into_iter().map(point).collect()))
}

fn quantity(b: Ball) -> Quantity {
    Quantity::new(&b, None)
}

fn standings(found: phase::Standings) -> Standings {
    let row = |s: phase::Standing| {
        let gone =
            s.q.as_ref()
                .is_some_and(|q| q.is_exact() && q.mid().is_zero());
        Standing {
            phase: s.phase.map(|p| match p {
                Phase::Ordered => "ordered",
                Phase::EdgeOfChaos => "critical",
                Phase::Chaotic => "chaotic",
            }),
            edge: s.at_edge,
            variance: match (s.attraction, gone) {
                (Some(Attraction::Neutral), _) => "stays",
                (Some(_), true) => "shrinks to 0",
                (Some(_), false) => "settles",
                (None, _) => "undecided",
            },
            q: s.q.map(quantity),
            slope: s.slope.map(quantity),
            fixed_point: word(s.attraction),
            chi_1: Some(quantity(s.chi_1)),
            c: s.c.map(quantity),
            chi_c: s.chi_c.map(quantity),
            xi_1: s.xi_1.map(quantity),
            xi_c: s.xi_c.map(quantity),
        }
    };
    let mut rows: Vec<Standing> = found.settled.into_iter().map(row).collect();
    let repelling = found
        .repelling
        .into_iter()
        .map(|p| Repelling {
            q: quantity(p.q),
            slope: p.slope.map(quantity),
        })
        .collect();
    let adrift = |phase, variance, q, chi_1| Standing {
        phase: Some(phase),
        edge: false,
        variance,
        q,
        slope: None,
        fixed_point: None,
        chi_1,
        c: None,
        chi_c: None,
        xi_1: None,
        xi_c: None,
    };
    let (mut beyond, mut looked) = (None, None);
    let instead = match found.divergence {
        Some(Divergence::Grows { chi_1 }) => {
            beyond = Some(GROWS);
            let chi_1 = chi_1.map_or_else(Quantity::infinite, quantity);
            let q = Some(Quantity::infinite());
            Some(adrift("diverging", GROWS, q, Some(chi_1)))
        }
        Some(Divergence::GrowsUpTo { q, chi_1 }) => {
            beyond = Some(GROWS_SO_FAR);
            looked = Some(quantity(<Ball as deeplimit::real::Analytic>::rational(
                &q, 64,
            )));
            Some(adrift(
                "diverging",
                GROWS_SO_FAR,
                None,
                Some(quantity(chi_1)),
            ))
        }
        Some(Divergence::Oscillates) => Some(adrift("oscillating", "oscillates", None, None)),
        None => None,
    };
    if rows.is_empty() {
        rows.extend(instead);
    }
    Standings {
        rows,
        repelling,
        beyond,
        looked,
    }
}
