//! Truncated power series: coefficient lists `c_0, c_1, ..., c_N`.

use crate::real::Real;

/// `sum c_n x^n` by Horner's rule.
pub(super) fn evaluated<R: Real>(c: &[R], x: &R) -> R {
    let mut sum = R::int(0, x.bits());
    for c in c.iter().rev() {
        sum = &(&sum * x) + c;
    }
    sum
}

/// `sum n c_n x^(n-1)`.
pub(super) fn slope_evaluated<R: Real>(c: &[R], x: &R) -> R {
    let mut sum = R::int(0, x.bits());
    for (n, c) in c.iter().enumerate().skip(1).rev() {
        sum = &(&sum * x) + &(&R::int(n as i64, x.bits()) * c);
    }
    sum
}

/// The product up to degree `degree`, of series that begin with the powers `p` and `q`.
pub(super) fn product<R: Real>(a: &[R], b: &[R], degree: usize, p: usize, q: usize) -> Vec<R> {
    let bits = a[0].bits();
    let mut out = vec![R::int(0, bits); degree + 1];
    for (n, out) in out.iter_mut().enumerate().skip(p + q) {
        let (first, last) = (
            p.max((n + 1).saturating_sub(b.len())),
            (n - q).min(a.len() - 1),
        );
        for i in first..=last {
            *out = &*out + &(&a[i] * &b[n - i]);
        }
    }
    out
}
