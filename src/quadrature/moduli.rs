//! Suprema of an integrand over complex rectangles: where analyticity is proved, and how large the integrand is there.

use rug::Float;

use super::envelope::{BITS, Envelope};
use crate::activation::{Expr, Tape};
use crate::real::{Analytic, Rect};

/// What can be bounded on complex rectangles.
pub(crate) trait Modulus {
    /// Upper bound of the modulus on a rectangle; `None` where analyticity is not proved there.
    fn sup(&self, z: &Rect) -> Option<Float>;

    /// The same from upper bounds of the functions' moduli there.
    fn weighted(&self, moduli: &[Float], z: &Rect) -> Option<Float>;

    /// The integrands have products of two functions among them.
    fn squares(&self) -> bool;

    /// The same, halving the rectangle up to `depth` times where that is needed.
    fn sup_split(&self, z: &Rect, depth: u32, line: bool) -> Option<Float> {
        if let Some(out) = self.sup(z) {
            return Some(out);
        }
        if depth == 0 {
            return None;
        }
        let (p, q) = halves(z, line);
        let p = self.sup_split(&p, depth - 1, line)?;
        let q = self.sup_split(&q, depth - 1, line)?;
        Some(if p > q { p } else { q })
    }
}

/// The largest modulus of several functions, times the weight of an envelope.
pub(crate) struct Moduli {
    tape: Tape<Rect>,
    envelope: Envelope,
    symmetric: bool,
}

impl Moduli {
    pub(crate) fn new(functions: &[Expr], envelope: Envelope, symmetric: bool) -> Self {
        Moduli {
            tape: Tape::new(functions, BITS),
            envelope,
            symmetric,
        }
    }

    /// Panels that tile `[-reach, reach]`, or its right half counted twice for a symmetric modulus; wider where the
    /// Gaussian weight leaves little.
    pub(super) fn columns(&self, reach: u32, width: f64) -> Vec<(f64, f64, f64)> {
        let end = f64::from(reach);
        let mut ends = vec![0.0];
        let mut x: f64 = 0.0;
        while x < end {
            x += width
                * if x < 4.0 {
                    1.0
                } else if x < 8.0 {
                    2.0
                } else {
                    4.0
                };
            ends.push(x.min(end));
        }
        let weight = if self.symmetric { 2.0 } else { 1.0 };
        let right = ends.windows(2).map(|p| (p[0], p[1], weight));
        if self.symmetric {
            return right.collect();
        }
        ends.windows(2)
            .rev()
            .map(|p| (-p[1], -p[0], weight))
            .chain(right)
            .collect()
    }
}

impl Modulus for Moduli {
    fn sup(&self, z: &Rect) -> Option<Float> {
        let values = self.tape.at(z);
        let mut moduli = Vec::with_capacity(values.len());
        for v in &values {
            if !v.is_finite() {
                return None;
            }
            moduli.push(v.modulus().hi().clone());
        }
        self.weighted(&moduli, z)
    }

    fn weighted(&self, moduli: &[Float], z: &Rect) -> Option<Float> {
        let out = self.envelope.bound(moduli, z);
        out.is_finite().then_some(out)
    }

    fn squares(&self) -> bool {
        matches!(self.envelope, Envelope::Moments { .. })
    }
}

/// A rectangle cut in two across its longer side (across its real side, if asked).
pub(super) fn halves(z: &Rect, real_side: bool) -> (Rect, Rect) {
    if real_side || z.re().width() >= z.im().width() {
        let (p, q) = z.re().split();
        (Rect::new(p, z.im().clone()), Rect::new(q, z.im().clone()))
    } else {
        let (p, q) = z.im().split();
        (Rect::new(z.re().clone(), p), Rect::new(z.re().clone(), q))
    }
}
