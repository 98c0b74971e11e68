//! Where one segment has no strip, or a dear one: halves of it, down to the places where poles crowd (Petras, *Self-validating integration
//! and approximation of piecewise analytic functions*, J. Comput. Appl. Math. 145 (2002)).

use std::cell::Cell;
use std::cmp::Ordering;

use rug::{Float, Rational};

use super::branch::{BranchPoint, is_analytic};
use super::envelope::{BITS, Envelope};
use super::moduli::Moduli;
use super::plan::{Place, ln};
use super::segment::{self, MapImages, Segment};
use crate::activation::Expr;
use crate::activation::pieces::Breakpoint;
use crate::deadline::Deadline;
use crate::error::Result;
use crate::real::{Interval, Real};

/// Functions between two places of one piece.
pub(super) struct Halving {
    moduli: Moduli,
    images: MapImages,
    ends: [End; 2],
    /// Segments that may still be tried.
    left: Cell<u32>,
    deadline: Deadline,
}

/// How the functions are at an end of their piece.
enum End {
    Analytic,
    /// Bounded on all sheets.
    Branched(BranchPoint),
    /// An essential singularity: what is next to it is left out, where it is small enough on the line.
    Wild(BranchPoint, Breakpoint),
    /// Nothing is known.
    Unknown(Breakpoint),
}

/// Segments that tile what lies between two places, but for something of which `error` is a bound.
pub(super) struct Tiling {
    pub segments: Vec<(Place, Place, Segment)>,
    pub error: Float,
}

/// A segment that has a strip is halved so often, to see whether that is cheaper.
const CHEAPER: u32 = 5;
/// One that has none is halved so often: poles at a distance of `2^-60` of the length are found.
const DEEPEST: u32 = 60;
/// This part of a piece, next to an essential singularity, must be small enough to be left out.
const NEIGHBOURHOOD: f64 = 1e-6;
/// So many segments are tried.
const MOST: u32 = 2_000;

impl Halving {
    /// The places are the ends of the piece, or within it.
    pub(super) fn new(
        functions: &[Expr],
        envelope: Envelope,
        ends: [&Place; 2],
        deadline: Deadline,
    ) -> Halving {
        let end = |place: &Place, rightward: bool| match place {
            Place::Break(at) if !functions.iter().all(|f| is_analytic(f, at)) => {
                match BranchPoint::new(functions, at) {
                    Some(branch) if branch.is_tame(at, rightward) => End::Branched(branch),
                    Some(branch) => End::Wild(branch, at.clone()),
                    None => End::Unknown(at.clone()),
                }
            }
            _ => End::Analytic,
        };
        Halving {
            moduli: Moduli::new(functions, envelope, false),
            images: MapImages::default(),
            ends: [end(ends[0], true), end(ends[1], false)],
            left: Cell::new(MOST),
            deadline,
        }
    }

    /// One segment, or halves of it where poles make two cheaper than one; the error of all is at most `share`.
    ///
    /// # Errors
    /// [`crate::error::Error::Timeout`].
    pub(super) fn between(
        &self,
        from: &Place,
        to: &Place,
        share: &Float,
    ) -> Result<Option<Tiling>> {
        let [first, last] = &self.ends;
        if let (End::Unknown(_), _) | (_, End::Unknown(_)) = (first, last) {
            return Ok(None);
        }
        // what oscillates without end has no small neighbourhood
        let (a, b) = (from.interval(), to.interval());
        let length = (b.hi().to_f64() - a.lo().to_f64()) * NEIGHBOURHOOD;
        for (end, x, rightward) in [(first, &a, true), (last, &b, false)] {
            if let End::Wild(branch, _) = end
                && !segment::remainder(&self.moduli, branch, x, length, rightward)
                    .is_some_and(|bound| bound <= *share)
            {
                return Ok(None);
            }
        }
        self.halved(
            (from, to),
            [Some(first), Some(last)],
            share,
            CHEAPER,
            DEEPEST,
        )
    }

    /// The end at which the formula is neither analytic nor like a power or a logarithm.
    pub(super) fn obstacle(&self) -> Option<&Breakpoint> {
        self.ends.iter().find_map(|end| match end {
            End::Wild(_, at) | End::Unknown(at) => Some(at),
            _ => None,
        })
    }

    fn halved(
        &self,
        (from, to): (&Place, &Place),
        ends: [Option<&End>; 2],
        share: &Float,
        cheaper: u32,
        deepest: u32,
    ) -> Result<Option<Tiling>> {
        self.deadline
            .check("the search for regions of analyticity")?;
        let (a, b) = (from.interval(), to.interval());
        if let Some(error) = self.negligible(&a, &b, ends, share) {
            return Ok(Some(Tiling {
                segments: Vec::new(),
                error,
            }));
        }
        let branches = ends.map(|end| match end {
            Some(End::Branched(branch)) => Some(branch),
            _ => None,
        });
        let Some(left) = self.left.get().checked_sub(1) else {
            return Ok(None);
        };
        self.left.set(left);
        let whole = segment::segment(
            (&self.moduli, &self.images),
            &a,
            &b,
            share,
            segment::PLAIN_ENDS,
            branches,
        );
        let fair = 8.0 * -ln(share) + 100.0;
        let enough = match &whole {
            Some(found) => cheaper == 0 || (found.nodes() as f64) < fair,
            None => deepest == 0,
        };
        let one = |s: Segment| Tiling {
            error: s.error.clone(),
            segments: vec![(from.clone(), to.clone(), s)],
        };
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
        let [first, last] = ends;
        let left = self.halved((from, &middle), [first, None], &half, cheaper, deepest)?;
        let halves = match left {
            None => None,
            Some(left) => self
                .halved((&middle, to), [None, last], &half, cheaper, deepest)?
                .map(|right| left.joined(right)),
        };
        Ok(match (whole, halves) {
            (Some(w), Some(h)) if h.nodes() < w.nodes() => Some(h),
            (Some(w), _) => Some(one(w)),
            (None, h) => h,
        })
    }

    /// Next to a wild end: a bound of the integral of the modulus, if it is at most `share`.
    fn negligible(
        &self,
        a: &Interval,
        b: &Interval,
        ends: [Option<&End>; 2],
        share: &Float,
    ) -> Option<Float> {
        let length = (b.hi().to_f64() - a.lo().to_f64()) * (1.0 + 1e-12);
        let [first, last] = ends;
        let (branch, end, rightward) = match (first, last) {
            (Some(End::Wild(branch, _)), _) => (branch, a, true),
            (_, Some(End::Wild(branch, _))) => (branch, b, false),
            _ => return None,
        };
        let bound = segment::remainder(&self.moduli, branch, end, length, rightward)?;
        (bound <= *share).then_some(bound)
    }
}

impl Tiling {
    fn joined(mut self, other: Tiling) -> Tiling {
        self.segments.extend(other.segments);
        self.error += other.error;
        self
    }

    pub(super) fn nodes(&self) -> u64 {
        self.segments.iter().map(|(_, _, s)| s.nodes()).sum()
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
