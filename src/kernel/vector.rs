//! The loop of `charts.rs` over many correlations, compiled for wide registers, and the choice at run time.
//!
//! **Invariant.** The function that is compiled for AVX2 is called only after `is_x86_feature_detected!` has confirmed that the
//! processor has it; that is all that the `unsafe` relies on: there are no pointers here. The portable version is the safe twin.
//! Nothing is fused, so the two agree to the last bit, which the tests check. (AVX-512 was measured: it is slower, because the
//! coefficients of eight cells have to be brought together from eight places.)

use super::charts::Charts;

/// [`Charts::at_eights`] with the widest registers that help.
#[allow(unsafe_code)]
pub fn values(charts: &Charts, rho: &[[f64; 8]], out: &mut [[f64; 8]]) -> bool {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the feature has just been detected.
        return unsafe { avx2(charts, rho, out) };
    }
    charts.at_eights(rho, out)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2(charts: &Charts, rho: &[[f64; 8]], out: &mut [[f64; 8]]) -> bool {
    charts.at_eights(rho, out)
}
