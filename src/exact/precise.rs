//! Constants in closed form to a relative accuracy, however much their terms cancel.

use super::constant::Closed;
use crate::real::{Analytic, Ball, Bits};

/// Beyond this precision cancellation is not followed: terms of size `e^10000` against a value near 1 are within it.
const LONGEST: Bits = 1 << 15;

impl Closed {
    /// An enclosure of at least `bits` relative bits: `erfc(30/sqrt(2)) = 1 - erf(30/sqrt(2))` loses 650 bits, so the
    /// precision is doubled until what remains is enough. Exactly 0 where that is proved.
    ///
    /// Where 32,768 bits do not suffice (a zero that the normal form does not see; terms of size `e^12000`), the enclosure
    /// at that precision: an enclosure all the same, of fewer digits.
    ///
    /// ```
    /// use deeplimit::exact::Closed;
    /// let tail = Closed::one().minus(&Closed::int(30).erf().unwrap()).unwrap(); // erfc(30) = 2.564656203756112e-393
    /// assert!(tail.relative(100).relative_bits() >= 100);
    /// ```
    pub fn relative(&self, bits: Bits) -> Ball {
        if let Some(q) = self.as_rational() {
            return Ball::rational(&q, bits + GUARD);
        }
        if self.is_zero() {
            return Ball::int(0, bits + GUARD);
        }
        let mut precision = bits + GUARD;
        loop {
            let value: Ball = self.evaluate(precision);
            if value.relative_bits() >= bits {
                return value.with_bits(bits + GUARD);
            }
            if precision >= LONGEST {
                return value;
            }
            precision = (2 * precision).min(LONGEST.max(bits + GUARD));
        }
    }
}

/// For the roundings of a term or two.
const GUARD: Bits = 24;
