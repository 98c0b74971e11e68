//! The loop of `lines.rs` over many correlations in the instructions of AVX2, and the choice at run time.
//!
//! **Invariant.** All that the `unsafe` relies on: the functions for AVX2 are called only after `is_x86_feature_detected!` has
//! confirmed that the processor has it; the loads and stores are of whole arrays behind references, and want no alignment. Cells
//! are found by checked indices. [`Lines::at_eights`] is the safe twin: nothing is fused, every number goes through the same
//! operations, so the two agree to the last bit, which the tests check.

use super::lines::Lines;

/// [`Lines::at_eights`] with the widest registers that help.
#[allow(unsafe_code)]
pub fn values(lines: &Lines, rho: &[[f64; 8]], out: &mut [[f64; 8]]) -> bool {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the feature has just been detected.
        return unsafe { avx2::at_eights(lines, rho, out) };
    }
    lines.at_eights(rho, out)
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2 {
    use std::arch::x86_64::*;

    use super::super::lines::{AT_ONCE, Cell, Lines, MANTISSA, ONE, SHIFT, TERMS};

    #[target_feature(enable = "avx2")]
    pub fn at_eights(lines: &Lines, rho: &[[f64; 8]], out: &mut [[f64; 8]]) -> bool {
        let (mut index, mut y) = ([[0; 4]; 2 * AT_ONCE], [[0.0; 4]; 2 * AT_ONCE]);
        let mut all = _mm256_castsi256_pd(_mm256_set1_epi64x(-1));
        let (rho, out) = (halves(rho), halves_mut(out));
        for (rho, out) in rho.chunks(2 * AT_ONCE).zip(out.chunks_mut(2 * AT_ONCE)) {
            for ((rho, index), y) in rho.iter().zip(&mut index).zip(&mut y) {
                let (cell, local, inside) = places(lines, load(rho));
                whole_store(cell, index);
                store(local, y);
                all = _mm256_and_pd(all, inside);
            }
            for ((index, y), out) in index.iter().zip(&y).zip(out) {
                store(sums(index.map(|i| &lines.cells[i as usize]), load(y)), out);
            }
        }
        _mm256_movemask_pd(all) == 15
    }

    fn halves(eights: &[[f64; 8]]) -> &[[f64; 4]] {
        eights.as_flattened().as_chunks().0
    }

    fn halves_mut(eights: &mut [[f64; 8]]) -> &mut [[f64; 4]] {
        eights.as_flattened_mut().as_chunks_mut().0
    }

    /// The numbers of the cells, the local coordinates, and which correlations are inside of `(-1, 1)`: as `Lines::place`.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn places(lines: &Lines, rho: __m256d) -> (__m256i, __m256d, __m256d) {
        let number = |x: f64| _mm256_set1_pd(x);
        let bits = |x: u64| _mm256_set1_epi64x(x.cast_signed());
        let modulus = |x: __m256d| _mm256_andnot_pd(number(-0.0), x);
        let inside = _mm256_cmp_pd::<_CMP_LT_OQ>(modulus(rho), number(1.0));
        let rho = _mm256_and_pd(rho, inside);
        let near = _mm256_cmp_pd::<_CMP_GT_OQ>(rho, number(0.5));
        let outer = _mm256_cmp_pd::<_CMP_GT_OQ>(modulus(rho), number(0.5));
        // 1 - |rho|, which is 1 - rho or 1 + rho
        let gap = _mm256_castpd_si256(_mm256_sub_pd(number(1.0), modulus(rho)));
        let start = _mm256_blendv_pd(
            _mm256_castsi256_pd(bits(lines.far)),
            _mm256_castsi256_pd(bits(lines.near)),
            near,
        );
        let [down, up] =
            [52 - lines.division, lines.division].map(|n| _mm_cvtsi32_si128(n.cast_signed()));
        let cell = _mm256_add_epi64(_mm256_srl_epi64(gap, down), _mm256_castpd_si256(start));
        let rest = _mm256_and_si256(_mm256_sll_epi64(gap, up), bits(MANTISSA));
        let one = _mm256_castsi256_pd(_mm256_or_si256(rest, bits(ONE)));
        let y = _mm256_sub_pd(_mm256_add_pd(one, one), number(3.0));
        let z = _mm256_mul_pd(rho, number(lines.scale));
        let whole = _mm256_add_pd(z, number(SHIFT));
        let inner = _mm256_add_epi64(_mm256_castpd_si256(whole), bits(lines.middle));
        let x = _mm256_sub_pd(z, _mm256_sub_pd(whole, number(SHIFT)));
        let x = _mm256_add_pd(x, x);
        let cell = _mm256_blendv_pd(_mm256_castsi256_pd(inner), _mm256_castsi256_pd(cell), outer);
        (
            _mm256_castpd_si256(cell),
            _mm256_blendv_pd(x, y, outer),
            inside,
        )
    }

    /// Horner's rule in four lanes.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn sums(cells: [&Cell; 4], y: __m256d) -> __m256d {
        // coefficients 2k and 2k + 1 of the four cells
        let pair = |k: usize| {
            let of = |lane: usize| _mm256_castpd128_pd256(half(&cells[lane].0, k));
            let even = _mm256_insertf128_pd::<1>(of(0), half(&cells[2].0, k));
            let odd = _mm256_insertf128_pd::<1>(of(1), half(&cells[3].0, k));
            (_mm256_unpacklo_pd(even, odd), _mm256_unpackhi_pd(even, odd))
        };
        let (low, mut sum) = pair(TERMS / 2 - 1);
        sum = _mm256_add_pd(_mm256_mul_pd(sum, y), low);
        for k in (0..TERMS / 2 - 1).rev() {
            let (low, high) = pair(k);
            sum = _mm256_add_pd(_mm256_mul_pd(sum, y), high);
            sum = _mm256_add_pd(_mm256_mul_pd(sum, y), low);
        }
        sum
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn half(cell: &[f64; TERMS], k: usize) -> __m128d {
        let pairs: &[[f64; 2]] = cell.as_chunks().0;
        // SAFETY: two doubles behind a reference.
        unsafe { _mm_loadu_pd(pairs[k].as_ptr()) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(numbers: &[f64; 4]) -> __m256d {
        // SAFETY: four doubles behind a reference.
        unsafe { _mm256_loadu_pd(numbers.as_ptr()) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn store(numbers: __m256d, to: &mut [f64; 4]) {
        // SAFETY: four doubles behind a reference.
        unsafe { _mm256_storeu_pd(to.as_mut_ptr(), numbers) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn whole_store(numbers: __m256i, to: &mut [u64; 4]) {
        // SAFETY: four numbers of 64 bits behind a reference.
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), numbers) }
    }
}
