//! All values of the letter for which `alpha` is what is wanted: a subdivision of the box in which every cell is decided.

use std::cmp::Ordering;

use rug::{Float, Rational};

use super::curve::{Curve, Excess, Reference};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Bits, Real, bits_for};

/// What the search of a box has shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// Exactly one root lies in each; two that overlap may hold the same.
    pub brackets: Vec<(Rational, Rational)>,
    /// Where nothing could be proved, with the reason.
    pub open: Vec<(Rational, Rational, String)>,
    /// What was proved of degenerate ends.
    pub remarks: Vec<String>,
    /// On which side of the wanted value `alpha` is in cells without a root.
    pub sides: Vec<Ordering>,
}

/// The Hermite coefficients of an expansion that serves a whole cell, at first.
const DEGREE: u32 = 36;
/// And at last: `exp(c x)` has its largest ones near `c^2`.
const DEGREE_MAX: u32 = 144;
/// A cell that was halved so often and is not decided gets an expansion of its own, of twice the degree.
const PATIENCE: u32 = 5;
/// Their accuracy.
const ACCURACY: Bits = 64;
/// The box is halved so often on the way to cells that one expansion serves.
const CELLS: u32 = 14;
/// From here on an end where the members become constant is looked at.
const DEGENERATE: u32 = 4;
/// A cell is halved so often with the largest degree before it counts as undecided.
const HALVINGS: u32 = 14;
/// The polynomial of a cell is looked at in parts, halved so often.
const PARTS: u32 = 6;

/// The roots in the box, in ascending order.
pub(super) fn search(
    curve: &Curve,
    alpha: &Rational,
    [from, to]: &[Rational; 2],
    deadline: Deadline,
) -> Result<Found> {
    let mut found = Found::default();
    cells(
        &Question {
            curve,
            alpha,
            deadline,
        },
        from,
        to,
        0,
        &mut found,
    )?;
    found.brackets.sort();
    Ok(found)
}

struct Question<'a> {
    curve: &'a Curve,
    alpha: &'a Rational,
    deadline: Deadline,
}

/// Where a cell is cut: not in the middle, where roots that somebody made up lie.
fn cut(lo: &Rational, hi: &Rational) -> Rational {
    Rational::from(hi - lo) * Rational::from((31, 64)) + lo
}

/// Cells so small that one expansion serves all of each.
fn cells(
    question: &Question,
    lo: &Rational,
    hi: &Rational,
    depth: u32,
    found: &mut Found,
) -> Result<()> {
    question.deadline.check("the search for all members")?;
    let mid = Rational::from(lo + hi) / 2u32;
    if question.curve.near(lo, hi, &mid) {
        match question
            .curve
            .reference(&mid, DEGREE, ACCURACY, question.deadline)
        {
            Ok(Some(reference)) => return explore(question, &reference, lo, hi, 0, found),
            Ok(None) => {}
            Err(timeout @ Error::Timeout { .. }) => return Err(timeout),
            Err(reason) => {
                found
                    .open
                    .push((lo.clone(), hi.clone(), reason.to_string()));
                return Ok(());
            }
        }
    }
    if depth >= DEGENERATE
        && let Some((side, remark)) =
            question
                .curve
                .degenerate(lo, hi, question.alpha, question.deadline)?
    {
        found.sides.push(side);
        found.remarks.push(remark);
        return Ok(());
    }
    if depth == CELLS {
        found.open.push((
            lo.clone(),
            hi.clone(),
            "the members become constant there".into(),
        ));
        return Ok(());
    }
    let at = cut(lo, hi);
    halves(found, |found, left| {
        let (lo, hi) = if left { (lo, &at) } else { (&at, hi) };
        cells(question, lo, hi, depth + 1, found)
    })
}

/// Both halves at once.
fn halves(found: &mut Found, half: impl Fn(&mut Found, bool) -> Result<()> + Sync) -> Result<()> {
    let of = |left: bool| {
        let mut found = Found::default();
        half(&mut found, left).map(|()| found)
    };
    let (left, right) = rayon::join(|| of(true), || of(false));
    for part in [left?, right?] {
        found.brackets.extend(part.brackets);
        found.open.extend(part.open);
        found.remarks.extend(part.remarks);
        found.sides.extend(part.sides);
    }
    Ok(())
}

fn explore(
    question: &Question,
    reference: &Reference,
    lo: &Rational,
    hi: &Rational,
    depth: u32,
    found: &mut Found,
) -> Result<()> {
    question.deadline.check("the search for all members")?;
    let wanted = Ball::rational(question.alpha, reference.bits());
    let mid = Rational::from(lo + hi) / 2u32;
    // a little more than the cell: a root at its end is inside
    let radius = Rational::from(hi - lo) * Rational::from((33, 64));
    if let Some(excess) = reference.excess(&mid, &radius, &wanted)
        && let Some(brackets) = decided(&excess)
    {
        let place = |t: Float| t.to_rational().unwrap_or_default() * &radius + &mid;
        if brackets.is_empty() {
            // positive where alpha is less
            match excess.value.at(&Ball::int(0, reference.bits())).sign() {
                Some(sign) => found.sides.push(sign.reverse()),
                // nothing is claimed
                None => found.sides.extend([Ordering::Less, Ordering::Greater]),
            }
        }
        found
            .brackets
            .extend(brackets.into_iter().map(|[a, b]| (place(a), place(b))));
        return Ok(());
    }
    let degree = reference.degree();
    if depth >= PATIENCE && degree < DEGREE_MAX {
        let (degree, accuracy) = (2 * degree, ACCURACY + degree);
        if let Some(own) = question
            .curve
            .reference(&mid, degree, accuracy, question.deadline)?
        {
            return explore(question, &own, lo, hi, 0, found);
        }
    }
    if depth == HALVINGS {
        let reason = "alpha comes so near to the wanted value there that no sign is certain";
        found.open.push((lo.clone(), hi.clone(), reason.into()));
        return Ok(());
    }
    let at = cut(lo, hi);
    halves(found, |found, left| {
        let (lo, hi) = if left { (lo, &at) } else { (&at, hi) };
        explore(question, reference, lo, hi, depth + 1, found)
    })
}

/// Intervals of `t` with exactly one root each, and no other root in `[-1, 1]`; `None` where that is not proved.
fn decided(excess: &Excess) -> Option<Vec<[Float; 2]>> {
    let mut parts = vec![(Float::with_val(64, -1), Float::with_val(64, 1), 0)];
    let mut brackets = Vec::new();
    while let Some((a, b, level)) = parts.pop() {
        let at = Float::with_val(64, &a + &b) / 2u32;
        // parts overlap, too, but not beyond the cell
        let half = Float::with_val(64, &b - &a) * 33u32 / 64u32;
        let [left, right] = [
            Float::with_val(64, &at - &half),
            Float::with_val(64, &at + &half),
        ];
        let ends = [
            left.max(&Float::with_val(64, -1)),
            right.min(&Float::with_val(64, 1)),
        ];
        if excess.value.range(&ends).sign().is_some() {
            continue;
        }
        if excess.slope.range(&ends).sign().is_some() {
            let signs = ends
                .clone()
                .map(|t| excess.value.at(&Ball::exact(t)).sign());
            if let [Some(p), Some(q)] = signs {
                if p != q {
                    brackets.push(narrowed(excess, ends, p));
                }
                continue;
            }
        }
        if level == PARTS {
            return None;
        }
        parts.push((a, at.clone(), level + 1));
        parts.push((at, b, level + 1));
    }
    Some(brackets)
}

/// The interval halved as long as the sign in its middle is certain; `left` is the sign at its left end.
fn narrowed(excess: &Excess, [mut a, mut b]: [Float; 2], left: Ordering) -> [Float; 2] {
    for _ in 0..28 {
        let middle = Float::with_val(64, &a + &b) / 2u32;
        match excess.value.at(&Ball::exact(middle.clone())).sign() {
            Some(sign) if sign == left => a = middle,
            Some(_) => b = middle,
            None => break,
        }
    }
    [a, b]
}

/// A root to many digits.
#[derive(Debug)]
pub(super) struct Root<'a> {
    /// The root.
    pub value: Ball,
    /// A larger ball, in which there is no other.
    pub basin: Ball,
    reference: Reference<'a>,
}

impl Root<'_> {
    /// The exponent of a member so near that the root's expansion serves it.
    pub fn alpha(&self, letter: &Rational) -> Ball {
        let at = Ball::rational(letter, self.value.mid().prec());
        let member = self.reference.at(&at);
        member.map_or_else(|| Ball::unbounded(64), |m| m.alpha())
    }
}

/// The one root between `lo` and `hi`, with as many digits as are wanted; `None` where they are not reached.
pub(super) fn refined<'a>(
    curve: &'a Curve,
    alpha: &Rational,
    lo: &Rational,
    hi: &Rational,
    digits: usize,
    deadline: Deadline,
) -> Result<Option<Root<'a>>> {
    let near = bisected(curve, alpha, lo, hi, deadline)?;
    let Some((lo, hi)) = near else {
        return Ok(None);
    };
    let bits = bits_for(digits) + 48;
    let at = Rational::from(&lo + &hi) / 2u32;
    // each coefficient gains as many digits as the bracket has
    let degree = 14 + digits as u32 / 6;
    let Some(reference) = curve.reference(&at, degree, bits, deadline)? else {
        return Ok(None);
    };
    let wanted = Ball::rational(alpha, bits + 32);
    let bracket = Ball::rational(&lo, bits + 32).hull(&Ball::rational(&hi, bits + 32));
    // the operator wants the root inside
    let mut basin = bracket.widened(&Float::with_val(53, bracket.rad() * 2u32));
    for _ in 0..16 {
        if unique(&reference, &basin, &wanted).is_some() {
            break;
        }
        basin = basin.widened(&basin.rad());
    }
    let mut value = basin.clone();
    let mut proved = false;
    while let Some(next) = unique(&reference, &value, &wanted) {
        deadline.check("the digits of a member")?;
        proved = true;
        let better = Float::with_val(53, next.rad() * 2u32) < value.rad();
        value = next;
        if !better {
            break;
        }
    }
    Ok(proved.then_some(Root {
        value,
        basin,
        reference,
    }))
}

/// The bracket halved at single values of the letter, where the sign is nearly always certain.
fn bisected(
    curve: &Curve,
    alpha: &Rational,
    lo: &Rational,
    hi: &Rational,
    deadline: Deadline,
) -> Result<Option<(Rational, Rational)>> {
    let bits = ACCURACY + 32;
    let wanted = Ball::rational(alpha, bits);
    let mid = Rational::from(lo + hi) / 2u32;
    let Some(reference) = curve.reference(&mid, DEGREE, ACCURACY, deadline)? else {
        return Ok(None);
    };
    let sign = |c: &Rational| {
        reference
            .at(&Ball::rational(c, bits))
            .and_then(|m| m.side(&wanted))
    };
    let (Some(left), Some(right)) = (sign(lo), sign(hi)) else {
        return Ok(Some((lo.clone(), hi.clone())));
    };
    if left == right {
        return Ok(None);
    }
    let (mut lo, mut hi) = (lo.clone(), hi.clone());
    for _ in 0..30 {
        let mid = Rational::from(&lo + &hi) / 2u32;
        match sign(&mid) {
            Some(s) if s == left => lo = mid,
            Some(_) => hi = mid,
            None => break,
        }
    }
    Ok(Some((lo, hi)))
}

/// Newton's operator maps the ball into itself: it holds exactly one root, and what is returned holds it.
fn unique(reference: &Reference, around: &Ball, wanted: &Ball) -> Option<Ball> {
    let mid = Ball::exact(around.mid().clone());
    let slope = reference.at(around)?.excess(wanted)?.slope;
    slope.sign()?;
    let value = reference.at(&mid)?.excess(wanted)?.value;
    let newton = &mid - &(&value / &slope);
    around.encloses(&newton).then_some(newton)
}
