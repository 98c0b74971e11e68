//! A function of the class at one variance, and bilinear functionals of it in mean-value form.

use rug::Float;
use rug::float::Round;

use super::angle::{Angle, Spot};
use super::ends::at_end;
use super::halves::{Halves, unknown};
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
    /// All over the ball of the variance, with the derivatives in the variance (few bits do for what has no jumps), and its radius.
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

/// What only multiplies the radius of a variance takes no more bits than this.
pub(super) const STEEP: Bits = 64;

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
    let rad = q.rad();
    // what jumps is taken over the ball itself, all its digits
    let bits = if source.continuous { STEEP } else { bits };
    let q = q.with_bits(bits);
    let wide = both(source.halves(bits).scaled(&q.sqrt(), number));
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
        wide: Some((wide, moved, rad)),
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
            tails: unknown(&[]),
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

/// `f(F, G)` (of the derivatives with `slope`) for a bilinear `f`, at the middles of the variances. (What jumps is taken over their
/// balls as it is.)
pub(super) fn at_middle(
    (a, b): (&Layer, &Layer),
    continuous: bool,
    slope: bool,
    f: impl Fn(&Halves, &Halves) -> Ball,
) -> Ball {
    match continuous {
        true => f(a.middle.of(slope), b.middle.of(slope)),
        false => f(all(a, slope), all(b, slope)),
    }
}

fn all(x: &Layer, slope: bool) -> &Halves {
    x.wide.as_ref().map_or(&x.middle, |w| &w.0).of(slope)
}

/// How far it moves over the balls of the variances, by the mean-value theorem; 0 where that is in [`at_middle`] already.
pub(super) fn spread(
    (a, b): (&Layer, &Layer),
    continuous: bool,
    slope: bool,
    f: impl Fn(&Halves, &Halves) -> Ball,
) -> Float {
    let mut sum = Float::new(STEEP);
    if !continuous {
        return sum;
    }
    let mut add = |steep: Ball, rad: &Float| {
        let size = steep.magnitude();
        let far = Float::with_val_round(STEEP, &size * rad, Round::Up).0;
        sum = Float::with_val_round(STEEP, &sum + &far, Round::Up).0;
    };
    if let Some((_, moved, rad)) = &a.wide {
        let steep = f(moved.of(slope), all(b, slope));
        // both are the same
        let times = i32::from(std::ptr::eq(a, b));
        add(steep.scale2(times), rad);
    }
    if let Some((_, moved, rad)) = &b.wide
        && !std::ptr::eq(a, b)
    {
        add(f(all(a, slope), moved.of(slope)), rad);
    }
    sum
}

/// `E f(u) g(v)` at a spot, at the precision of the functions.
pub(super) fn covariance(f: &Halves, g: &Halves, spot: &Spot) -> Ball {
    match spot.end() {
        Some(sign) => at_end(f, g, sign),
        None => {
            let mut bits = f.bits().max(g.bits());
            // near the ends fewer bits than it has would lose the place
            if let Spot::Plain(x) = spot
                && x.to_f64().abs() > 0.5
            {
                bits = bits.max(x.bits());
            }
            let spot = spot.with_bits(bits);
            moments::cross(f, g, &Angle::new(&spot, 0)).c.remove(0)
        }
    }
}
