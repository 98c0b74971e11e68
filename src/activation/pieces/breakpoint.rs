//! Where one formula ends and the next begins.

use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rug::ops::Pow;
use rug::{Float, Integer, Rational};

use super::polynomial::{Polynomial, Root};
use super::probe::Probe;
use crate::activation::{Expr, Function, Tape};
use crate::error::{Error, Result};
use crate::real::{Analytic, Ball, Bits, Mpfr};

/// A point of the real line, known exactly or as the only zero of a smooth function in an interval; in
/// both cases to any precision. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Breakpoint(Arc<Place>);

#[derive(Debug)]
struct Place {
    kind: Kind,
    /// A polynomial that vanishes here, if there is one.
    polynomial: Option<Polynomial>,
    /// The position at [`NEAR_BITS`], once it was asked for: most comparisons need no more.
    near: OnceLock<Ball>,
}

const NEAR_BITS: Bits = 64;

#[derive(Debug)]
enum Kind {
    Exact {
        at: Expr,
        rational: Option<Rational>,
    },
    /// `of` is smooth on `[low, high]`, has opposite signs at the ends and a single zero between them.
    Zero {
        of: Expr,
        low: Rational,
        high: Rational,
        /// From minus to plus.
        rising: bool,
    },
}

impl Breakpoint {
    pub(super) fn rational(q: Rational) -> Self {
        let polynomial = Polynomial::new(&[-q.clone(), Rational::from(1)]);
        Self(Arc::new(Place {
            kind: Kind::Exact {
                at: Expr::rational(&q),
                rational: Some(q),
            },
            polynomial: Some(polynomial),
            near: OnceLock::new(),
        }))
    }

    /// A constant expression that has a value.
    pub(super) fn exact_at(at: Expr) -> Self {
        let at = at.simplify();
        match at.as_rational() {
            Some(q) => Self::rational(q),
            None => Self(Arc::new(Place {
                kind: Kind::Exact { at, rational: None },
                polynomial: None,
                near: OnceLock::new(),
            })),
        }
    }

    pub(super) fn zero(of: &Expr, low: Rational, high: Rational, rising: bool) -> Self {
        let of = of.clone();
        Self(Arc::new(Place {
            kind: Kind::Zero {
                of,
                low,
                high,
                rising,
            },
            polynomial: None,
            near: OnceLock::new(),
        }))
    }

    /// A root of the polynomial `p`, which is `of` up to a positive factor.
    pub(super) fn root(root: Root, p: &Polynomial, of: &Expr) -> Self {
        let size = |power: &Rational| Expr::rational(power);
        let signed = |sign: Ordering, e: Expr| if sign.is_lt() { -e } else { e };
        let kind = match root {
            Root::Rational(q) => return Self::rational(q),
            Root::Quadratic {
                centre,
                sign,
                square,
            } => Kind::Exact {
                at: (size(&centre) + signed(sign, Expr::call(Function::Sqrt, size(&square))))
                    .simplify(),
                rational: None,
            },
            Root::Radical { sign, power, n } => {
                let exponent = Expr::int(1) / Expr::int(n.into());
                Kind::Exact {
                    at: signed(sign, size(&power).pow(exponent)).simplify(),
                    rational: None,
                }
            }
            Root::Isolated(low, high) => Kind::Zero {
                of: of.clone(),
                rising: p.sign_at(&high).is_gt(),
                low,
                high,
            },
        };
        Self(Arc::new(Place {
            kind,
            polynomial: Some(p.clone()),
            near: OnceLock::new(),
        }))
    }

    /// The position as a constant expression, where there is one.
    pub fn exact(&self) -> Option<&Expr> {
        match &self.0.kind {
            Kind::Exact { at, .. } => Some(at),
            Kind::Zero { .. } => None,
        }
    }

    /// The position as a rational number, where it is one.
    pub fn as_rational(&self) -> Option<&Rational> {
        match &self.0.kind {
            Kind::Exact { rational, .. } => rational.as_ref(),
            Kind::Zero { .. } => None,
        }
    }

    /// The position: a ball of radius at most `2^-bits max(1, |x|)` that certainly contains it. (The ball
    /// is wider, and still right, where the sign of the switching function cannot be told close to its
    /// zero even at many times the precision.)
    pub fn position(&self, bits: Bits) -> Ball {
        match bits {
            NEAR_BITS => self.0.near.get_or_init(|| self.enclosed(bits)).clone(),
            _ => self.enclosed(bits),
        }
    }

    fn enclosed(&self, bits: Bits) -> Ball {
        match &self.0.kind {
            Kind::Exact { at, .. } => {
                let mut work = bits.saturating_add(32);
                loop {
                    let tape = Tape::<Ball>::new(std::slice::from_ref(at), work);
                    let ball = tape.at_one(&Ball::int(0, work));
                    let tight = ball.is_finite() && ball.rad() <= tolerance(ball.mid(), bits);
                    if tight || work > bits.saturating_mul(8).saturating_add(4096) {
                        return ball;
                    }
                    work = work.saturating_mul(2);
                }
            }
            Kind::Zero {
                of,
                low,
                high,
                rising,
            } => refined(of, low, high, *rising, bits),
        }
    }

    /// Rational ends of an interval around the position, closer than `2^-bits max(1, |x|)`.
    pub(super) fn enclosure(&self, bits: Bits) -> Option<(Rational, Rational)> {
        if let Some(q) = self.as_rational() {
            return Some((q.clone(), q.clone()));
        }
        let ball = self.position(bits);
        Some((ball.lower().to_rational()?, ball.upper().to_rational()?))
    }

    /// The sign of a smooth function here: zero by structure, the others by enclosure; `None` if neither.
    pub(super) fn sign_of(&self, g: &Expr) -> Option<Ordering> {
        for bits in [64, 256, 1024] {
            let tape = Tape::<Ball>::new(std::slice::from_ref(g), bits);
            let sign = tape.at_one(&self.position(bits)).sign();
            if let Some(Ordering::Less | Ordering::Greater) = sign {
                return sign;
            }
            // Structure after the first try: most values are not zero.
            if self.is_zero_of(g) {
                return Some(Ordering::Equal);
            }
        }
        None
    }

    /// How often the smooth function `h` vanishes here, proved; `None` if it is not, or if that is more than eight times.
    pub fn order_of(&self, h: &Expr) -> Option<u32> {
        super::structure::order(h, self)
    }

    /// Does `g` vanish here? `true` is a proof, `false` says nothing.
    pub fn is_zero_of(&self, g: &Expr) -> bool {
        // It must have a value in the first place: `sin(0)/0` is not for the rules of simplification.
        let tape = Tape::<Ball>::new(std::slice::from_ref(g), 128);
        let value = tape.at_one(&self.position(128));
        if !value.is_finite() || !value.contains_zero() {
            return false;
        }
        match &self.0.kind {
            Kind::Exact { at, .. } => {
                if g.substitute(at).simplify().is_int(0) {
                    return true;
                }
            }
            Kind::Zero { of, .. } => {
                let same = |h: &Expr| {
                    (h.clone() - of.clone()).simplify().is_int(0)
                        || (h.clone() + of.clone()).simplify().is_int(0)
                };
                let (_, factors) = super::structure::factors(g);
                if factors.iter().any(|(h, _)| same(h)) {
                    return true;
                }
            }
        }
        match (&self.0.polynomial, g.polynomial()) {
            (Some(p), Some(q)) => self.is_common_root(p, &Polynomial::new(&q)),
            _ => false,
        }
    }

    /// The root of `p` here is a root of `q`: their greatest common divisor has a root where `p` has one.
    fn is_common_root(&self, p: &Polynomial, q: &Polynomial) -> bool {
        let Some((low, high)) = self.enclosure(256) else {
            return false;
        };
        q.is_zero() || p.roots_within(&low, &high) == 1 && p.gcd(q).roots_within(&low, &high) == 1
    }

    /// The order of two points, proved; an error where they are too close and not proved equal.
    pub(super) fn compare(&self, other: &Self) -> Result<Ordering> {
        if Arc::ptr_eq(&self.0, &other.0) {
            return Ok(Ordering::Equal);
        }
        if let (Some(a), Some(b)) = (self.as_rational(), other.as_rational()) {
            return Ok(a.cmp(b));
        }
        for bits in [64, 256, 1024] {
            let sign = (self.position(bits) - other.position(bits)).sign();
            if let Some(order) = sign {
                return Ok(order);
            }
            if self.equals(other) {
                return Ok(Ordering::Equal);
            }
        }
        Err(Error::Unresolved(format!(
            "two breakpoints near x = {self} cannot be told apart"
        )))
    }

    fn equals(&self, other: &Self) -> bool {
        if let (Some(p), Some(q)) = (&self.0.polynomial, &other.0.polynomial) {
            // Each is the only root of its polynomial nearby; a common root in both intervals is both.
            let (Some(a), Some(b)) = (self.enclosure(256), other.enclosure(256)) else {
                return false;
            };
            let (low, high) = (a.0.clone().max(b.0.clone()), a.1.clone().min(b.1.clone()));
            return low <= high
                && p.roots_within(&a.0, &a.1) == 1
                && q.roots_within(&b.0, &b.1) == 1
                && p.gcd(q).roots_within(&low, &high) == 1;
        }
        match (&self.0.kind, &other.0.kind) {
            (Kind::Exact { at: a, .. }, Kind::Exact { at: b, .. }) => {
                (a.clone() - b.clone()).simplify().is_int(0)
            }
            // The other vanishes where this one is, and this one is where the other's zero is unique.
            (_, Kind::Zero { of, low, high, .. }) => {
                self.is_within(low, high) && self.is_zero_of(of)
            }
            (Kind::Zero { of, low, high, .. }, _) => {
                other.is_within(low, high) && other.is_zero_of(of)
            }
        }
    }

    fn is_within(&self, low: &Rational, high: &Rational) -> bool {
        self.enclosure(256)
            .is_some_and(|(a, b)| *low <= a && b <= *high)
    }
}

impl fmt::Display for Breakpoint {
    /// The exact position, or some digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.exact().map(Expr::to_string) {
            Some(text) if text.len() <= 24 => f.write_str(&text),
            _ => write!(f, "{:.7}", self.position(64).to_f64()),
        }
    }
}

/// `2^-bits max(1, |x|)`
fn tolerance(x: &Float, bits: Bits) -> Float {
    let one = Float::with_val(53, 1);
    Float::with_val(53, x.abs_ref()).max(&one) >> bits
}

fn dyadic(q: &Rational, bits: Bits) -> Float {
    Float::with_val(bits, q)
}

/// The zero of `of` in `[low, high]`: bisection to get near, Newton's method in MPFR to get close, and the
/// signs of enclosures on both sides of the result as the proof.
fn refined(of: &Expr, low: &Rational, high: &Rational, rising: bool, bits: Bits) -> Ball {
    let work = bits.saturating_add(64);
    let probe = Probe::new(of, work);
    let (mut low, mut high) = (low.clone(), high.clone());
    let newton = Tape::<Mpfr>::new(&[of.clone(), of.derivative()], work);
    let mut rounds = 0;
    loop {
        // Bisection until the bracket is shorter by 2^-24, or its middle cannot be told from the zero.
        for _ in 0..24 {
            let middle = Rational::from(&low + &high) / 2u32;
            match probe.sign_at(&middle) {
                Some(Ordering::Equal) => return Ball::rational(&middle, work),
                Some(sign) if sign.is_gt() == rising => high = middle,
                Some(_) => low = middle,
                None => break,
            }
        }
        let mut x = dyadic(&(Rational::from(&low + &high) / 2u32), work);
        for _ in 0..(4 + bits.ilog2()) {
            let values = newton.at(&Mpfr::new(x.clone()));
            let step = Float::with_val(work, values[0].as_float() / values[1].as_float());
            x -= &step;
            if !step.is_finite() || step.clone().abs() <= tolerance(&x, bits + 16) {
                break;
            }
        }
        if x.is_finite() {
            let radius = tolerance(&x, bits) >> 2u32;
            let ends = (
                Float::with_val(work, &x - &radius),
                Float::with_val(work, &x + &radius),
            );
            if let (Some(a), Some(b)) = (ends.0.to_rational(), ends.1.to_rational())
                && a >= low
                && b <= high
                && probe
                    .sign_at(&a)
                    .is_some_and(|s| s.is_ne() && s.is_lt() == rising)
                && probe
                    .sign_at(&b)
                    .is_some_and(|s| s.is_ne() && s.is_gt() == rising)
            {
                return Ball::from_interval(&ends.0, &ends.1, work);
            }
        }
        rounds += 1;
        let width = Rational::from(&high - &low);
        let close = width * Integer::from(2).pow(bits) < 1;
        // 24 bits a round: bisection alone gets there, unless signs fail.
        if close || rounds > 2 + bits / 24 {
            let down = Float::with_val_round(work, &low, rug::float::Round::Down).0;
            let up = Float::with_val_round(work, &high, rug::float::Round::Up).0;
            return Ball::from_interval(&down, &up, work);
        }
    }
}
