//! Where a function of one variable changes its sign, enclosed by signs that are certain.

use rug::Rational;
use std::cmp::Ordering;

use crate::error::Result;
use crate::real::{Analytic, Ball, Bits};

/// Two points with certain and different signs around a change of sign, a relative `2^-bits` apart or as near as the
/// signs can be told; `None` where the signs at the ends are not certain or not different.
///
/// The rule of false position, with half the value at an end that stays twice (Illinois); once a step is below half the
/// bits, what it leaves is of the order of its square, and a second point beyond that brings the other end along.
///
/// # Errors
/// Those of the function.
pub fn crossing(
    f: &dyn Fn(&Rational) -> Result<Option<Ball>>,
    low: &Rational,
    high: &Rational,
    bits: Bits,
) -> Result<Option<[Rational; 2]>> {
    const STEPS: u32 = 200;
    let value = |x: &Rational| -> Result<Option<(Rational, Ordering)>> {
        Ok(f(x)?.and_then(|v| Some((v.mid().to_rational()?, v.sign()?))))
    };
    let (Some((mut fa, s)), Some((mut fb, t))) = (value(low)?, value(high)?) else {
        return Ok(None);
    };
    if s == t {
        return Ok(None);
    }
    let (mut a, mut b) = (low.clone(), high.clone());
    let mut last: Option<Rational> = None;
    let mut side = None;
    for _ in 0..STEPS {
        let width = Rational::from(&b - &a);
        if width.clone() << bits < b.clone().abs() {
            break;
        }
        let straight = Rational::from(&fb - &fa);
        let mut x = b.clone() - &fb * width.clone() / straight;
        if x <= a || x >= b {
            x = Rational::from(&a + &b) / 2;
        }
        let x = shortened(&x, bits + 24);
        let mut candidates = vec![x.clone()];
        let moved = last.as_ref().map(|l| Rational::from(&x - l).abs());
        if let Some(step) = moved.filter(|m| Rational::from(m << (bits / 2)) < x.clone().abs()) {
            // not below the last bit that counts
            let least = x.clone().abs() >> (bits + 1);
            let step = (step.clone() * step / x.clone().abs() * 4u32).max(least);
            let farther = Rational::from(&x - &a) < Rational::from(&b - &x);
            candidates.push(if farther {
                x.clone() + step
            } else {
                x.clone() - step
            });
        }
        last = Some(x.clone());
        let dark = x;
        let slope = Rational::from(&fb - &fa) / &width;
        let mut stuck = true;
        for x in candidates {
            if x <= a || x >= b {
                continue;
            }
            // without a sign it is the zero, as far as one can see
            let Some((fx, sign)) = value(&x)? else {
                continue;
            };
            stuck = false;
            if sign == s {
                (a, fa) = (x, fx);
                if side == Some(s) {
                    fb /= 2u32;
                }
            } else {
                (b, fb) = (x, fx);
                if side == Some(t) {
                    fa /= 2u32;
                }
            }
            side = Some(sign);
        }
        if stuck {
            // The function is known less well than its place is asked for: the ends are brought as near as signs are certain.
            for towards_b in [false, true] {
                let Some(mut step) = f(&dark)?.and_then(|v| unseen(&v, &slope)) else {
                    break;
                };
                for _ in 0..STEPS {
                    let x = match towards_b {
                        true => Rational::from(&dark + &step),
                        false => Rational::from(&dark - &step),
                    };
                    let x = shortened(&x, bits + 24);
                    if x <= a || x >= b {
                        break;
                    }
                    match value(&x)? {
                        Some((_, sign)) if sign == s => {
                            a = x;
                            if !towards_b {
                                break;
                            }
                        }
                        Some(_) => {
                            b = x;
                            if towards_b {
                                break;
                            }
                        }
                        None => {}
                    }
                    step *= 4u32;
                }
            }
            break;
        }
    }
    Ok(Some([a, b]))
}

/// How far from a point without a certain sign the function has one, if it has the slope of a chord.
fn unseen(value: &Ball, slope: &Rational) -> Option<Rational> {
    let size = value.magnitude().to_rational()?;
    (*slope != 0).then(|| size * 2u32 / slope.clone().abs())
}

/// The number in so many bits.
fn shortened(x: &Rational, bits: Bits) -> Rational {
    Ball::rational(x, bits)
        .mid()
        .to_rational()
        .unwrap_or_else(|| x.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::Real;

    /// The root of 2 from both sides, to 300 bits, in few steps.
    #[test]
    fn a_root_is_enclosed() {
        let count = std::cell::Cell::new(0);
        let f = |x: &Rational| {
            count.set(count.get() + 1);
            Ok(Some(Ball::rational(&(Rational::from(x * x) - 2u32), 800)))
        };
        let [a, b] = crossing(&f, &1.into(), &2.into(), 300).unwrap().unwrap();
        assert!(Rational::from(&a * &a) < 2 && Rational::from(&b * &b) > 2);
        assert!(Rational::from(&b - &a) << 299u32 < 1);
        assert!(count.get() < 30, "{}", count.get());
        // known to 2^-40 only: the ends are within a few times that of the root, not where the signs were last certain
        let blurred = |x: &Rational| {
            let exact = Ball::rational(&(Rational::from(x * x) - 2u32), 800);
            Ok(Some(exact.widened(&(rug::Float::with_val(53, 1) >> 40u32))))
        };
        let [a, b] = crossing(&blurred, &1.into(), &2.into(), 300)
            .unwrap()
            .unwrap();
        assert!(Rational::from(&a * &a) < 2 && Rational::from(&b * &b) > 2);
        assert!(Rational::from(&b - &a) << 36u32 < 1);
        // no change of sign, and none that is certain
        assert!(crossing(&f, &2.into(), &3.into(), 20).unwrap().is_none());
        let dark = |_: &Rational| Ok(None);
        assert!(crossing(&dark, &1.into(), &2.into(), 20).unwrap().is_none());
    }
}
