//! Memory for large matrices in large pages, where the system has them on request (Linux).
//!
//! In pages of 4 kB a matrix of 200 MB is 50,000 page faults at its first touch, which take longer than its entries.
//!
//! **Invariant.** The one foreign function below is told a range of whole pages inside of a vector that is alive; what it
//! changes is which pages hold it, never contents or rights, so it cannot be wrong, only useless.

/// So many zeros.
pub fn zeros(count: usize) -> Vec<f64> {
    let values = vec![0.0; count];
    #[cfg(target_os = "linux")]
    in_large_pages(&values);
    values
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn in_large_pages(values: &[f64]) {
    const LARGE: usize = 2 << 20;
    let range = values.as_ptr_range();
    let first = (range.start as usize).next_multiple_of(LARGE);
    let end = range.end as usize / LARGE * LARGE;
    if first < end {
        // SAFETY: see the invariant above. That the advice is not taken is no error.
        unsafe { libc::madvise(first as *mut libc::c_void, end - first, libc::MADV_HUGEPAGE) };
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn zeros_are_zeros() {
        for count in [0, 1, 1000, 3 << 20] {
            let values = super::zeros(count);
            assert!(values.len() == count && values.iter().all(|x| x.to_bits() == 0));
        }
    }
}
