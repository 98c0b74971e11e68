//! Where one segment has no strip, or a dear one: halves of it, down to the places where poles crowd (Petras, *Self-validating integration
//! and approximation of piecewise analytic functions*, J. Comput. Appl. Math. 145 (2002)).

use std::cmp::Ordering;

use rug::{Float, Rational};

use super::branch::BranchPoint;
use super::envelope::{BITS, Envelope};
use super::moduli::Moduli;
use super::plan::{Place, ln};
use super::segment::{self, Segment};
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::error::Result;
use crate::real::{Interval, Real};

/// Functions between two places of one piece.
pub(super) struct Halving {
    moduli: Moduli,
    branches: [Option<BranchPoint>; 2],
    deadline: Deadline,
}

type Found = Vec<(Place, Place, Segment)>;

/// A segment that has a strip is halved so often, to see whether that is cheaper.
const CHEAPER: u32 = 5;
/// One that has none is halved so often: poles at a distance of `2^-60` of the length are found.
const DEEPEST: u32 = 60;

impl Halving {
    /// The places are the ends of the piece, or within it.
    pub(super) fn new(
        functions: &[Expr],
        envelope: Envelope,
        ends: [&Place; 2],
        deadline: Deadline,
    ) -> Halving {
        let branches = ends.map(|end| match end {
            Place::Break(at) if !is_analytic(functions, at) => BranchPoint::new(functions, at),
            _ => None,
        });
        Halving {
            moduli: Moduli::new(functions, envelope, false),
            branches,
            deadline,
        }
    }

    /// One segment, or halves of it where poles make two cheaper than one; the error of all is at most `share`.
    ///
    /// # Errors
    /// [`crate::error::Error::Timeout`].
    pub(super) fn between(&self, from: &Place, to: &Place, share: &Float) -> Result<Option<Found>> {
        let branches = [0, 1].map(|i| self.branches[i].as_ref());
        self.halved((from, to), branches, share, CHEAPER, DEEPEST)
    }

    fn halved(
        &self,
        (from, to): (&Place, &Place),
        branches: [Option<&BranchPoint>; 2],
        share: &Float,
        cheaper: u32,
        deepest: u32,
    ) -> Result<Option<Found>> {
        self.deadline.check("the search for regions of analyticity")?;
        let (a, b) = (from.interval(), to.interval());
        let whole = segment::segment(&self.moduli, &a, &b, share, segment::PLAIN_ENDS, branches);
        let fair = 8.0 * -ln(share) + 100.0;
        let enough = match &whole {
            Some(found) => cheaper == 0 || (found.nodes() as f64) < fair,
            None => deepest == 0,
        };
        let one = |s: Segment| vec![(from.clone(), to.clone(), s)];
        let middle = match enough {
            true => None,
            false => middle(&a, &b),
        };
        let Some(middle) = middle else {
            return Ok(whole.map(one));
        };
        let cheaper = cheaper.saturating_sub(u32::from(whole.is_some()));
        let deepest = deepest.saturating_sub(1);
        let half = Float::with_val(BITS, share >> 1);
        let [first, last] = branches;
        let halves = match self.halved((from, &middle), [first, None], &half, cheaper, deepest)? {
            None => None,
            Some(mut left) => self
                .halved((&middle, to), [None, last], &half, cheaper, deepest)?
                .map(|right| {
                    left.extend(right);
                    left
                }),
        };
        Ok(match (whole, halves) {
            (Some(w), Some(h)) if h.iter().map(|s| s.2.nodes()).sum::<u64>() < w.nodes() => Some(h),
            (Some(w), _) => Some(one(w)),
            (None, h) => h,
        })
    }
}

/// A short number near the middle.
fn middle(a: &Interval, b: &Interval) -> Option<Place> {
    let length = b.to_f64() - a.to_f64();
    let step = (length / 32.0).log2().floor().exp2().min(1.0 / 64.0);
    let x = (0.5 * (a.to_f64() + b.to_f64()) / step).round() * step;
    let place = Place::Rational(Rational::from_f64(x)?);
    let m = place.interval();
    let inside = a.compare(&m) == Some(Ordering::Less) && m.compare(b) == Some(Ordering::Less);
    inside.then_some(place)
}

fn is_analytic(functions: &[Expr], at: &crate::activation::pieces::Breakpoint) -> bool {
    functions.iter().all(|f| super::branch::is_analytic(f, at))
}
