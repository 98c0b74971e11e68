//! The sums `sum_k a_k c_k y^k` of 64 columns at once and their derivatives, compiled for three kinds of processor.
//!
//! **Invariant.** A function that is compiled for instructions that not every processor has is called only after
//! `is_x86_feature_detected!` has confirmed them; there are no pointers here. The portable version is the safe twin with which the
//! tests compare the others.

/// Columns that are worked at together.
pub(super) const LANES: usize = 64;
/// Those of them that stay in registers.
const HELD: usize = 16;

/// `p = sum_k a_k c_k y^k` and `dp/dy`, `c` in rows of [`LANES`].
#[allow(unsafe_code)]
pub(super) fn sums(a: &[f64], c: &[f64], y: &[f64; LANES]) -> [[f64; LANES]; 2] {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("fma") {
            // SAFETY: the features have just been detected.
            return unsafe { avx512(a, c, y) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the features have just been detected.
            return unsafe { avx2(a, c, y) };
        }
    }
    portable(a, c, y)
}

/// `sum_(k >= start) a_k c_k y^k` of one column and its derivative.
pub(super) fn from(start: usize, a: &[f64], c: &[f64], y: f64) -> [f64; 2] {
    let (mut p, mut d) = (0.0, 0.0);
    for (a, c) in a[start..].iter().zip(&c[start..]).rev() {
        d = d * y + p;
        p = p * y + a * c;
    }
    // times y^start
    let power = y.powi(start as i32);
    let slope = if start > 0 {
        start as f64 * y.powi(start as i32 - 1)
    } else {
        0.0
    };
    [power * p, power * d + slope * p]
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,fma")]
fn avx512(a: &[f64], c: &[f64], y: &[f64; LANES]) -> [[f64; LANES]; 2] {
    horner::<true>(a, c, y)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2(a: &[f64], c: &[f64], y: &[f64; LANES]) -> [[f64; LANES]; 2] {
    horner::<true>(a, c, y)
}

pub(super) fn portable(a: &[f64], c: &[f64], y: &[f64; LANES]) -> [[f64; LANES]; 2] {
    horner::<false>(a, c, y)
}

/// Horner's rule; fused where the processor has that.
#[inline(always)]
fn horner<const FUSED: bool>(a: &[f64], c: &[f64], y: &[f64; LANES]) -> [[f64; LANES]; 2] {
    let mut out = [[0.0; LANES]; 2];
    let (c, _) = c.as_chunks::<LANES>();
    for start in (0..LANES).step_by(HELD) {
        let (mut p, mut d) = ([0.0f64; HELD], [0.0f64; HELD]);
        let y: [f64; HELD] = std::array::from_fn(|l| y[start + l]);
        for (a, c) in a.iter().zip(c).rev() {
            for l in 0..HELD {
                let term = a * c[start + l];
                if FUSED {
                    d[l] = d[l].mul_add(y[l], p[l]);
                    p[l] = p[l].mul_add(y[l], term);
                } else {
                    d[l] = d[l] * y[l] + p[l];
                    p[l] = p[l] * y[l] + term;
                }
            }
        }
        out[0][start..start + HELD].copy_from_slice(&p);
        out[1][start..start + HELD].copy_from_slice(&d);
    }
    out
}
