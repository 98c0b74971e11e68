//! `sum_n c_n rho^n` with `c_n = a_n^2 >= 0`, known up to a degree, and bounds for the rest.

use rug::Float;
use rug::float::Round;

use crate::real::{Bits, Real};

/// Series up to this degree are evaluated whole.
const SHORT: usize = 32;
/// Bits below the last one of the first term that are looked at all the same.
const SPARE: f64 = 24.0;

/// The power series of a normalised dual: `dual(rho) = sum_{n <= N} c_n rho^n + rest`, where all that is known of the
/// rest is that its coefficients are non-negative and sum to `tail`, and that theirs in `dual'` sum to `slope_tail`.
#[derive(Clone, Debug)]
pub struct Series<R> {
    /// `c_n` for `n <= N`.
    pub squares: Vec<R>,
    /// `sum_{n > N} c_n` (Parseval: `1 - sum_{n <= N} c_n`).
    pub tail: R,
    /// `sum_{n > N} n c_n = B' - sum_{n <= N} n c_n`, where `B'` is finite and known.
    pub slope_tail: Option<R>,
}

impl<R: Real> Series<R> {
    /// From unnormalised coefficients `a_n`, `E phi^2` and `E phi'^2` (if finite).
    pub fn new(coefficients: &[R], square: &R, derivative_square: Option<&R>) -> Self {
        let bits = square.bits();
        let squares: Vec<R> = coefficients.iter().map(|a| &a.powi(2) / square).collect();
        let mut tail = R::int(1, bits);
        let mut slope_tail = derivative_square.map(|d| d / square);
        for (n, c) in squares.iter().enumerate() {
            tail = &tail - c;
            slope_tail = slope_tail.map(|s| &s - &(&R::int(n as i64, bits) * c));
        }
        // A rest that is certainly negative refutes what was given for E phi'^2: then nothing is known of the slope's.
        let refuted = |s: &R| R::TRACKS_ERRORS && s.sign() == Some(std::cmp::Ordering::Less);
        let slope_tail = slope_tail.filter(|s| !refuted(s));
        Series {
            squares,
            tail,
            slope_tail,
        }
    }

    fn bits(&self) -> Bits {
        self.tail.bits()
    }

    /// The largest known degree.
    pub fn degree(&self) -> usize {
        self.squares.len() - 1
    }

    /// The last degree that matters at `rho`: what follows is below the last bit of the first term. All coefficients are
    /// non-negative and sum to 1, so `sum_{n > m} c_n |rho|^n <= |rho|^(m + 1)`. Short series are taken whole.
    fn last_at(&self, rho: &R) -> usize {
        let last = self.degree();
        let r = rho.abs().to_f64() + rho.radius().to_f64();
        // no gain worth the search
        if last <= SHORT || r > 0.75 || r.is_nan() {
            return last;
        }
        let first = self.squares.iter().position(|c| c.to_f64() > 0.0);
        let Some(first) = first else { return last };
        let bits = f64::from(self.bits()) + SPARE - self.squares[first].to_f64().log2();
        let terms = (bits / -r.log2()).ceil();
        // (m + 1)(1 - r) >= 1 from four terms on: n r^(n - 1) decreases from there
        match terms.is_finite() {
            true => last.min(first + (terms as usize).max(4)),
            false => last,
        }
    }

    /// `dual(rho)` for `|rho| <= 1`, in mean-value form.
    pub fn at(&self, rho: &R) -> R {
        let middle = rho.midpoint();
        let mut value = R::int(0, self.bits());
        let last = self.last_at(rho);
        for c in self.squares[..=last].iter().rev() {
            value = &(&value * &middle) + c;
        }
        if !R::TRACKS_ERRORS {
            return value;
        }
        let power = power_up(&upper(&rho.abs()), last + 1);
        let rest = match last == self.degree() {
            true => product_up(&upper(&self.tail), &power),
            false => power,
        };
        let value = value.widened(&rest);
        let radius = rho.radius();
        if radius.is_zero() {
            return value;
        }
        let spread = product_up(&radius, &upper(&self.slope_at(&rho.abs()).abs()));
        value.widened(&spread)
    }

    /// `dual'(rho)` for `|rho| <= 1` (for `|rho| = 1` only where `slope_tail` is known).
    pub fn slope_at(&self, rho: &R) -> R {
        let n = self.last_at(rho);
        let mut shifted = R::int(0, self.bits());
        for (k, c) in self.squares[..=n].iter().enumerate().skip(1).rev() {
            shifted = &(&shifted * rho) + &(&R::int(k as i64, self.bits()) * c);
        }
        if !R::TRACKS_ERRORS {
            return shifted;
        }
        if n < self.degree() {
            let power = power_up(&upper(&rho.abs()), n);
            return shifted.widened(&product_up(&power, &Float::with_val(64, n + 1)));
        }
        // at 1 the rest is not only bounded but known
        if let Some(rest) = &self.slope_tail
            && rho.compare(&R::int(1, self.bits())) == Some(std::cmp::Ordering::Equal)
        {
            return &shifted + rest;
        }
        shifted.widened(&self.slope_rest(&upper(&rho.abs()), n))
    }

    /// `1 - dual(1 - t)` for a point `0 <= t <= 1`, without cancellation: with the remaining sums
    /// `C_j = sum_{n > j} c_n` it is `t sum_j C_j (1 - t)^j`, and every term is positive.
    ///
    /// Of the terms from `j = N + 1` on only `C_j <= tail` and `sum_{j > N} C_j <= slope_tail - (N + 1) tail` are known.
    /// Where `tail` and `slope_tail` are small, the result has full relative accuracy.
    pub fn gap(&self, t: &R) -> R {
        let bits = self.bits();
        let rho = R::int(1, bits) - t;
        let mut remaining = self.tail.clone();
        let mut sum = remaining.clone();
        for c in self.squares.iter().skip(1).rev() {
            remaining = remaining + c;
            sum = sum * &rho + &remaining;
        }
        let value = sum * t;
        if !R::TRACKS_ERRORS {
            return value;
        }
        value.widened(&self.gap_rest(t, &rho))
    }

    /// Bound of `t sum_{j > N} C_j rho^j`.
    fn gap_rest(&self, t: &R, rho: &R) -> Float {
        let n = self.degree() + 1;
        let power = power_up(&upper(rho), n);
        let mut best = product_up(&upper(&self.tail), &power);
        if let Some(s) = &self.slope_tail {
            let known = R::int(n as i64, self.bits()) * &self.tail;
            let sum = upper(&(s.clone() - &known));
            let other = product_up(&product_up(&sum, &power), &upper(t));
            if other < best {
                best = other;
            }
        }
        best
    }

    /// `sum_{n >= k} c_n rho^(n - k)` and `sum_{n >= k} n c_n rho^(n - k)` for `|rho| < 1`: the series and `rho` times its
    /// slope, both divided by `rho^k`, for a series whose first `k` coefficients vanish.
    pub fn divided(&self, k: usize, rho: &R) -> (R, R) {
        let bits = self.bits();
        let zero = R::int(0, bits);
        let (mut plain, mut weighted) = (zero.clone(), zero);
        for (n, c) in self.squares.iter().enumerate().skip(k).rev() {
            plain = plain * rho + c;
            weighted = weighted * rho + &(R::int(n as i64, bits) * c);
        }
        if !R::TRACKS_ERRORS {
            return (plain, weighted);
        }
        let n = self.degree();
        let r = upper(&rho.abs());
        let rest = product_up(&upper(&self.tail), &power_up(&r, n + 1 - k));
        // slope_rest bounds sum n c_n r^(n - 1) by a constant times r^N: here r^(n - k) is wanted.
        let slope = product_up(&self.slope_rest_factor(&r, n), &power_up(&r, n + 1 - k));
        (plain.widened(&rest), weighted.widened(&slope))
    }

    /// Bound of `sum_{n > N} n c_n r^(n-1)`: `slope_tail r^N`, or `tail max_{n > N} n r^(n-1)`, whichever is smaller.
    fn slope_rest(&self, r: &Float, n: usize) -> Float {
        product_up(&self.slope_rest_factor(r, n), &power_up(r, n))
    }

    /// Bound of `sum_{n > N} n c_n r^(n - 1 - N)`.
    fn slope_rest_factor(&self, r: &Float, n: usize) -> Float {
        let mut best = Float::with_val(64, rug::float::Special::Infinity);
        if let Some(s) = &self.slope_tail {
            best = upper(s);
        }
        // n r^(n-1) decreases from n = N+1 on if (N+1) log(1/r) >= 1, which follows from (N+1)(1-r) >= 1.
        let gap = Float::with_val_round(64, 1 - r, Round::Down).0;
        if Float::with_val_round(64, &gap * (n as u32 + 1), Round::Down).0 >= 1 {
            let other = product_up(&upper(&self.tail), &Float::with_val(64, n + 1));
            if other < best {
                best = other;
            }
        }
        best
    }
}

/// Upper bound of a value known to be non-negative.
fn upper<R: Real>(x: &R) -> Float {
    let mut out = Float::with_val_round(64, &x.to_float(), Round::Up).0;
    rug::ops::AddAssignRound::add_assign_round(&mut out, &x.radius(), Round::Up);
    if out < 0 { Float::new(64) } else { out }
}

fn product_up(a: &Float, b: &Float) -> Float {
    // 0 times infinity: a rest that is exactly nothing stays nothing
    if a.is_zero() || b.is_zero() {
        return Float::new(64);
    }
    Float::with_val_round(64, a * b, Round::Up).0
}

/// `r^n` rounded up; `r` is capped at 1, where the caller's `rho` is known to be a correlation.
fn power_up(r: &Float, n: usize) -> Float {
    if *r >= 1 {
        return Float::with_val(64, 1);
    }
    Float::with_val_round(64, rug::ops::Pow::pow(r, n as u32), Round::Up).0
}

#[cfg(test)]
mod tests {
    use rug::Rational;

    use super::*;
    use crate::real::{Analytic, Ball};

    /// `c_n = 2^-(n - 2)` from `n = 3` on: `rho^3/(2 - rho)`, with the slope `rho^2 (6 - 2 rho)/(2 - rho)^2`. Far from 1 a few terms
    /// of the series do, and lose nothing.
    #[test]
    fn what_is_left_out_is_below_the_last_bit() {
        const BITS: Bits = 160;
        let int = |n| Ball::int(n, BITS);
        let mut squares = vec![int(0); 3];
        squares.extend((1..600).map(|n| int(1).scale2(-n)));
        let rest = int(1).scale2(-599);
        let series = Series {
            squares,
            tail: rest.clone(),
            // sum_{n > N} n 2^-(n - 2), N = 601
            slope_tail: Some(&rest * &int(603)),
        };
        let mut lengths = vec![];
        for rho in [
            "1/1267650600228229401496703205376",
            "1/1000",
            "-1/7",
            "1/2",
            "-3/4",
            "99/100",
        ] {
            let exact: Rational = rho.parse().unwrap();
            let x = Ball::rational(&exact, BITS);
            lengths.push(series.last_at(&x));
            let two = &int(2) - &x;
            let value = &x.powi(3) / &two;
            let slope = &(&x.powi(2) * &(&int(6) - &x.scale2(1))) / &two.powi(2);
            for (name, found, wanted) in [
                ("value", series.at(&x), value),
                ("slope", series.slope_at(&x), slope),
            ] {
                assert!(
                    (&found - &wanted).contains_zero(),
                    "{name} at {rho}: {found:?} {wanted:?}"
                );
                assert!(
                    found.relative_bits() > BITS - 16,
                    "{name} at {rho}: {}",
                    found.relative_bits()
                );
            }
        }
        assert!(
            lengths[0] < 10 && lengths[1] < 30 && lengths[5] == series.degree(),
            "{lengths:?}"
        );
    }
}
