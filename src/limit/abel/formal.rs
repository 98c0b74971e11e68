//! The formal solutions at the edge of chaos: power series in `eps = t^(1/q)`, `t = 1 - rho`.
//!
//! A kinked activation has `q = 2` (its dual is a series in `sqrt(t)`), a smooth one `q = 1`. One layer takes `eps` to
//! `eps e(eps)`, `e = 1 - (c/q) eps + ...`; with `psi = 1/e` and `y = 1/eps` that is `y' = y psi = y + psi_1 + psi_2/y + ...`
//!
//! * **Abel**: `A(y') = A(y) + 1`, `A = y/psi_1 + l log y + sum_k mu_k y^-k`, `l = -psi_2/psi_1^2`;
//! * **slope**: `dual' = D(y)/D(y')` with `D = dA/drho = y^(q+1) d(eps)/q`;
//! * **sum**: `Phi(y') - Phi(y) = rho D(y)`, `Phi = sum_{j=-(q+2)}^{J} p_j eps^j + l' log y`: the tangent kernel is
//!   `T_L = (D_n T_n + sum_{n < j <= L} S_j D_j)/D_L`.
//!
//! All are determined order by order; the series diverge, so what they leave is bounded in [`super::residual`].

use crate::limit::power_series::product;
use crate::real::Real;

/// The truncated formal solutions.
#[derive(Clone, Debug)]
pub struct Formal<R> {
    /// `t = eps^q`.
    pub q: usize,
    /// `e(eps)`: one layer takes `eps` to `eps e(eps)`.
    pub e: Vec<R>,
    /// `1/psi_1`
    pub rate: R,
    /// The factor of `log y` in the Abel function.
    pub log: R,
    /// `mu_k`, from `mu_0 = 0`.
    pub mu: Vec<R>,
    /// `d(eps)`: `D = y^(q+1) d/q`.
    pub d: Vec<R>,
    /// `p_j` for `j = -(q+2)..=J`, the constant `p_0 = 0`.
    pub sum: Vec<R>,
    /// The factor of `log y` in the sum.
    pub sum_log: R,
}

impl<R: Real> Formal<R> {
    /// From `F(eps^q)/eps^q`, `F(t) = 1 - dual(1 - t)`, as a power series in `eps` (constant term exactly 1), with as many
    /// orders as the series allows.
    pub fn new(ratio: &[R], q: usize) -> Self {
        let degree = ratio.len() - 1;
        let bits = ratio[0].bits();
        let one = R::int(1, bits);
        let zero = R::int(0, bits);
        let e = if q == 1 {
            ratio.to_vec()
        } else {
            square_root(ratio)
        };
        let psi = reciprocal(&e);
        let log_psi = logarithm(&psi);
        let rate = &one / &psi[1];
        let log = -(&psi[2] * &rate.powi(2));
        let orders = degree - 1;
        // e^k[n], k = 0..=orders
        let mut powers = vec![{
            let mut unit = vec![zero.clone(); degree + 1];
            unit[0] = one.clone();
            unit
        }];
        for k in 0..orders {
            powers.push(product(&powers[k], &e, degree, 0, 0));
        }
        // order i of: psi_{i+1}/psi_1 + l [log psi]_i + sum_k mu_k [e^k]_{i-k} = 0
        let mut mu = vec![zero.clone()];
        for i in 2..=orders {
            let mut total = &(&psi[i + 1] * &rate) + &(&log * &log_psi[i]);
            for k in 1..i - 1 {
                total = &total + &(&mu[k] * &powers[k][i - k]);
            }
            mu.push(&(&total * &rate) / &R::int(i as i64 - 1, bits));
        }
        let mut d = vec![rate.clone(), log.clone()];
        d.extend(
            mu.iter()
                .enumerate()
                .skip(1)
                .map(|(k, mu)| -(&R::int(k as i64, bits) * mu)),
        );
        let (sum, sum_log) = sum_series(&d, q, &psi, &log_psi, &powers, orders);
        Formal {
            q,
            e,
            rate,
            log,
            mu,
            d,
            sum,
            sum_log,
        }
    }

    /// The order in `eps` at which the residual of the Abel equation begins.
    pub fn abel_order(&self) -> usize {
        self.mu.len() + 1
    }

    /// The order at which the residual of the slope begins.
    pub fn slope_order(&self) -> usize {
        self.mu.len() + 2
    }

    /// The order at which the residual of the sum begins.
    pub fn sum_order(&self) -> usize {
        // the last j is len - 1 - (q + 2)
        self.sum.len() - 1 - self.q
    }
}

/// `Phi(y') - Phi(y) = (1 - eps^q) eps^-(q+1) d(eps)/q`.
fn sum_series<R: Real>(
    d: &[R],
    q: usize,
    psi: &[R],
    log_psi: &[R],
    powers: &[Vec<R>],
    orders: usize,
) -> (Vec<R>, R) {
    let bits = psi[0].bits();
    let zero = R::int(0, bits);
    let rate = &R::int(1, bits) / &psi[1];
    let depth = q + 2;
    // the right side times eps^(q+1)
    let right: Vec<R> = (0..d.len() + q)
        .map(|n| {
            let mut s = d.get(n).cloned().unwrap_or_else(|| zero.clone());
            if n >= q {
                s = &s - &d[n - q];
            }
            if q == 2 { s.scale2(-1) } else { s }
        })
        .collect();
    // e^j for j = -depth, ..., -1 as powers of psi
    let mut negative = vec![psi.to_vec()];
    for m in 1..depth {
        negative.push(product(&negative[m - 1], psi, psi.len() - 1, 0, 0));
    }
    let coefficient = |j: i64, n: usize| -> &R {
        if j < 0 {
            &negative[(-j) as usize - 1][n]
        } else {
            &powers[j as usize][n]
        }
    };
    let mut sum: Vec<R> = Vec::new();
    let mut sum_log = zero.clone();
    // orders i of eps, from -(q+1); the unknown is p_{i-1}, that of log y for i = 1
    for i in -(q as i64 + 1)..=(orders as i64 - depth as i64).max(2) {
        let mut total = right[(i + q as i64 + 1) as usize].clone();
        for (at, p) in sum.iter().enumerate() {
            let j = at as i64 - depth as i64;
            if j != 0 {
                total = &total - &(p * coefficient(j, (i - j) as usize));
            }
        }
        if i >= 2 {
            total = &total - &(&sum_log * &log_psi[i as usize]);
        }
        if i == 1 {
            // log psi = psi_1 eps + ...
            sum_log = &total * &rate;
            sum.push(zero.clone());
        } else {
            // [e^j]_1 = -j psi_1
            sum.push(&(&total * &rate) / &R::int(1 - i, bits));
        }
    }
    (sum, sum_log)
}

/// `1/a` for `a_0 = 1`.
fn reciprocal<R: Real>(a: &[R]) -> Vec<R> {
    let bits = a[0].bits();
    let mut out = vec![R::int(1, bits)];
    for n in 1..a.len() {
        let mut s = R::int(0, bits);
        for k in 1..=n {
            s = &s - &(&a[k] * &out[n - k]);
        }
        out.push(s);
    }
    out
}

/// `sqrt(a)` for `a_0 = 1`.
fn square_root<R: Real>(a: &[R]) -> Vec<R> {
    let bits = a[0].bits();
    let mut out = vec![R::int(1, bits)];
    for n in 1..a.len() {
        let mut s = a[n].clone();
        for k in 1..n {
            s = &s - &(&out[k] * &out[n - k]);
        }
        out.push(s.scale2(-1));
    }
    out
}

/// `log a` for `a_0 = 1`: `n a_n = sum_k k l_k a_{n-k}`.
fn logarithm<R: Real>(a: &[R]) -> Vec<R> {
    let bits = a[0].bits();
    let mut out = vec![R::int(0, bits)];
    for n in 1..a.len() {
        let mut s = &R::int(n as i64, bits) * &a[n];
        for k in 1..n {
            s = &s - &(&(&R::int(k as i64, bits) * &out[k]) * &a[n - k]);
        }
        out.push(&s / &R::int(n as i64, bits));
    }
    out
}
