//! A function of the class at one variance, and bilinear functionals of it in mean-value form.

use rug::Float;

use super::angle::{Angle, Spot};
use super::halves::Halves;
use super::moments;
use super::source::Source;
use super::spline::{Off, Spline};
use crate::real::{Analytic, Ball, Bits, Real};

/// A function of this class at one variance.
#[derive(Debug)]
pub(super) struct Layer {
    /// Of its numbers.
    pub bits: Bits,
    /// Where it is a spline: how far it is from the function.
    pub off: Option<Off>,
    pub middle: Both,
    /// All over the ball of the variance, with the derivatives in the variance, and its radius.
    pub wide: Option<(Both, Both, Float)>,
}

/// The function and its derivative.
#[derive(Debug)]
pub(super) struct Both {
    pub value: Halves,
    pub slope: Halves,
}

impl Both {
    fn of(&self, slope: bool) -> &Halves {
        if slope { &self.slope } else { &self.value }
    }
}

/// `number` tells variances that are not the same.
pub(super) fn layer(source: &Source, variance: Option<&Ball>, number: u64, bits: Bits) -> Layer {
    if let Some(spline) = &source.spline {
        return near(spline, source.continuous, bits);
    }
    let plain = source.halves(bits);
    let both = |value: Halves| Both {
        slope: value.derivative(!source.continuous),
        value,
    };
    let Some(q) = variance else {
        return Layer {
            bits,
            off: None,
            middle: both((*plain).clone()),
            wide: None,
        };
    };
    let middle = both(plain.scaled(&q.midpoint().with_bits(bits).sqrt(), number));
    if q.is_exact() {
        return Layer {
            bits,
            off: None,
            middle,
            wide: None,
        };
    }
    let q = q.with_bits(bits);
    let wide = both(plain.scaled(&q.sqrt(), number));
    // F(u) = phi(sqrt(q) u): dF/dq = u F'/(2q), dF'/dq = (F' + u F'')/(2q)
    let half = Ball::int(1, bits) / &q.scale2(1);
    let moved = Both {
        value: wide.slope.times_x().times(&half),
        slope: wide
            .slope
            .derivative(true)
            .times_x()
            .plus(&wide.slope)
            .times(&half),
    };
    Layer {
        bits,
        off: None,
        middle,
        wide: Some((wide, moved, q.rad())),
    }
}

/// A spline at variance 1; what is not finite where none was found.
fn near(spline: &Spline, continuous: bool, accuracy: Bits) -> Layer {
    let found = spline.at(accuracy);
    let Some(found) = &*found else {
        let nothing = Halves {
            kinks: Vec::new(),
            groups: Vec::new(),
            deltas: Vec::new(),
            scale: 0,
        };
        let infinite = Float::with_val(64, rug::float::Special::Infinity);
        return Layer {
            bits: accuracy,
            off: Some(Off {
                value: infinite.clone(),
                slope: Some(infinite),
            }),
            middle: Both {
                slope: nothing.clone(),
                value: nothing,
            },
            wide: None,
        };
    };
    Layer {
        bits: found.bits,
        off: Some(found.off.clone()),
        middle: Both {
            slope: found.halves.derivative(!continuous),
            value: found.halves.clone(),
        },
        wide: None,
    }
}

/// `f(F, G)` (of the derivatives with `slope`) for a bilinear `f`, in mean-value form over the balls of the variances. (What jumps is
/// taken over the balls as it is.)
pub(super) fn bilinear(
    (a, b): (&Layer, &Layer),
    continuous: bool,
    slope: bool,
    f: impl Fn(&Halves, &Halves) -> Ball,
) -> Ball {
    let wide = |x: &Layer| x.wide.is_some();
    if !wide(a) && !wide(b) {
        return f(a.middle.of(slope), b.middle.of(slope));
    }
    fn all(x: &Layer, slope: bool) -> &Halves {
        x.wide.as_ref().map_or(&x.middle, |w| &w.0).of(slope)
    }
    if !continuous {
        return f(all(a, slope), all(b, slope));
    }
    let mut value = f(a.middle.of(slope), b.middle.of(slope));
    if std::ptr::eq(a, b)
        && let Some((wide, moved, rad)) = &a.wide
    {
        // both are the same
        let steep = f(moved.of(slope), wide.of(slope));
        let spread = Float::with_val(64, steep.magnitude() * rad);
        return value.widened(&(spread * 2u32));
    }
    if let Some((_, moved, rad)) = &a.wide {
        let steep = f(moved.of(slope), all(b, slope));
        value = value.widened(&Float::with_val(64, steep.magnitude() * rad));
    }
    if let Some((_, moved, rad)) = &b.wide {
        let steep = f(all(a, slope), moved.of(slope));
        value = value.widened(&Float::with_val(64, steep.magnitude() * rad));
    }
    value
}

/// `E f(u) g(v)` at a spot.
pub(super) fn covariance(f: &Halves, g: &Halves, spot: &Spot) -> Ball {
    match spot.end() {
        Some(sign) => moments::at_end(f, g, sign),
        None => moments::cross(f, g, &Angle::new(spot, 0)).c.remove(0),
    }
}
