//! How certain numbers stand to each other.

use std::cmp::Ordering;

use deeplimit::real::{Analytic, Real, Value};
use deeplimit::recursion::Scaled;
use deeplimit::{Ball, Quantity};
use rug::Rational;

use crate::number::{Held, Number};

impl Number {
    /// How the true value stands to a fraction, where that is certain.
    pub(crate) fn against(&self, q: &Rational) -> Option<Ordering> {
        match &self.held {
            Held::Plain(quantity) => match (&quantity.value, self.enclosure()) {
                (Value::Infinite, _) => Some(Ordering::Greater),
                (Value::MinusInfinite, _) => Some(Ordering::Less),
                (_, Some((m, r))) => certain(&(m - q), &r),
                _ => None,
            },
            Held::Deep(x) => {
                let sign = x.mantissa.sign()?;
                let size = i64::from(q.numer().significant_bits())
                    - i64::from(q.denom().significant_bits());
                // its own exponent is beyond 10^8
                match x.log.sign()? {
                    _ if *q == 0 => Some(sign),
                    _ if size.unsigned_abs() > 100_000_000 => None,
                    Ordering::Greater => Some(sign),
                    _ => Some(q.cmp0().reverse()),
                }
            }
        }
    }

    /// How the true values stand to each other, where that is certain.
    pub(crate) fn compare(&self, other: &Number) -> Option<Ordering> {
        if let Some(q) = other.exactly() {
            return self.against(&q);
        }
        if let Some(q) = self.exactly() {
            return other.against(&q).map(Ordering::reverse);
        }
        match (&self.held, &other.held) {
            (Held::Plain(a), Held::Plain(b)) => {
                let infinite = |q: &Quantity| match q.value {
                    Value::Infinite => 1,
                    Value::MinusInfinite => -1,
                    Value::Finite { .. } => 0,
                };
                match (infinite(a), infinite(b)) {
                    (0, 0) => {
                        let ((m, r), (n, s)) = self.enclosure().zip(other.enclosure())?;
                        certain(&(m - n), &(r + s))
                    }
                    (a, b) => Some(a.cmp(&b)),
                }
            }
            (Held::Deep(a), Held::Deep(b)) => {
                let (s, t) = (a.mantissa.sign()?, b.mantissa.sign()?);
                if s != t {
                    return Some(s.cmp(&t));
                }
                let size = |x: &Scaled<Ball>| &x.log + &x.mantissa.abs().ln();
                let order = size(a).compare(&size(b))?;
                Some(if s == Ordering::Less {
                    order.reverse()
                } else {
                    order
                })
            }
            (Held::Deep(_), Held::Plain(_)) => {
                // a plain one is infinite, or between two fractions
                let Some((m, r)) = other.enclosure() else {
                    return 0.0.partial_cmp(&other.__float__());
                };
                let (low, high) = (self.against(&(m.clone() - &r))?, self.against(&(m + r))?);
                (low == high).then_some(low)
            }
            (Held::Plain(_), Held::Deep(_)) => other.compare(self).map(Ordering::reverse),
        }
    }

    /// The same enclosure.
    pub(crate) fn same(&self, other: &Number) -> bool {
        match (&self.held, &other.held) {
            (Held::Plain(a), Held::Plain(b)) => match (self.enclosure(), other.enclosure()) {
                (Some(one), Some(two)) => one == two,
                (None, None) => a.to_f64() == b.to_f64(),
                _ => false,
            },
            (Held::Deep(a), Held::Deep(b)) => {
                let same = |x: &Ball, y: &Ball| x.mid() == y.mid() && x.rad() == y.rad();
                same(&a.mantissa, &b.mantissa) && same(&a.log, &b.log)
            }
            _ => false,
        }
    }
}

/// The sign of every number within `radius` of the difference.
fn certain(difference: &Rational, radius: &Rational) -> Option<Ordering> {
    match difference.cmp0() {
        Ordering::Equal if *radius == 0 => Some(Ordering::Equal),
        order if difference.clone().abs() > *radius => Some(order),
        _ => None,
    }
}
