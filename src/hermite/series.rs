//! `sum_n c_n rho^n` with `c_n = a_n^2 >= 0`, known up to a degree, and bounds for the rest.

use rug::Float;
use rug::float::Round;

use crate::real::{Bits, Real};

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

    /// `dual(rho)` for `|rho| <= 1`, in mean-value form.
    pub fn at(&self, rho: &R) -> R {
        let middle = rho.midpoint();
        let mut value = R::int(0, self.bits());
        for c in self.squares.iter().rev() {
            value = &(&value * &middle) + c;
        }
        let rest = product_up(
            &upper(&self.tail),
            &power_up(&upper(&rho.abs()), self.degree() + 1),
        );
        let spread = product_up(&rho.radius(), &upper(&self.slope_at(&rho.abs()).abs()));
        value.widened(&rest).widened(&spread)
    }

    /// `dual'(rho)` for `|rho| <= 1` (for `|rho| = 1` only where `slope_tail` is known).
    pub fn slope_at(&self, rho: &R) -> R {
        let n = self.degree();
        let mut shifted = R::int(0, self.bits());
        for (k, c) in self.squares.iter().enumerate().skip(1).rev() {
            shifted = &(&shifted * rho) + &(&R::int(k as i64, self.bits()) * c);
        }
        shifted.widened(&self.slope_rest(&upper(&rho.abs()), n))
    }

    /// Bound of `sum_{n > N} n c_n r^(n-1)`: `slope_tail r^N`, or `tail max_{n > N} n r^(n-1)`, whichever is smaller.
    fn slope_rest(&self, r: &Float, n: usize) -> Float {
        let mut best = Float::with_val(64, rug::float::Special::Infinity);
        if let Some(s) = &self.slope_tail {
            best = product_up(&upper(s), &power_up(r, n));
        }
        // n r^(n-1) decreases from n = N+1 on if (N+1) log(1/r) >= 1, which follows from (N+1)(1-r) >= 1.
        let gap = Float::with_val_round(64, 1 - r, Round::Down).0;
        if Float::with_val_round(64, &gap * (n as u32 + 1), Round::Down).0 >= 1 {
            let power = product_up(&Float::with_val(64, n + 1), &power_up(r, n));
            let other = product_up(&upper(&self.tail), &power);
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
