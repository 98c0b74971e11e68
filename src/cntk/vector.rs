//! The loops of `diagonal.rs`, compiled for three kinds of processor, and the choice among them at run time.
//!
//! **Invariant.** A function below is compiled for instructions that not every processor has, and calling it on one that
//! lacks them is undefined behaviour. A [`Processor`] other than `Portable` is made only by [`Processor::all`], after
//! `is_x86_feature_detected!` has confirmed every feature that its function is compiled for; its variants are
//! private to this file. That is all that the one `unsafe` block relies on: there are no pointers here. The portable
//! version is the safe twin with which the tests compare the others.

use super::diagonal::{self, Desk, Plan, Sums};
use super::lane::Lane;
use super::profile::Profile;

/// The instructions in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processor(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Processor {
    /// All that this machine has, the fastest last.
    pub fn all() -> Vec<Processor> {
        let mut all = vec![Processor(Kind::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                all.push(Processor(Kind::Avx2));
                if is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                {
                    all.push(Processor(Kind::Avx512));
                }
            }
        }
        all
    }

    /// The fastest that this machine has.
    pub fn best() -> Processor {
        let all = Processor::all();
        all[all.len() - 1]
    }

    /// `portable`, `avx2` or `avx512`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
        }
    }

    /// [`diagonal::add_diagonal`] with the instructions of this processor.
    #[allow(unsafe_code, clippy::too_many_arguments)]
    pub(super) fn add_diagonal<T: Lane>(
        self,
        plan: &Plan,
        x: &Profile<T>,
        y: &Profile<T>,
        shift: isize,
        weight: f64,
        desk: &mut Desk<T>,
        out: &mut Sums,
    ) {
        match self.0 {
            Kind::Portable => {
                diagonal::add_diagonal::<T, false>(plan, x, y, shift, weight, desk, out);
            }
            // SAFETY: see the invariant above: the features were detected before this variant was made.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2(plan, x, y, shift, weight, desk, out) },
            // SAFETY: as before.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { avx512(plan, x, y, shift, weight, desk, out) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<T: Lane>(
    plan: &Plan,
    x: &Profile<T>,
    y: &Profile<T>,
    shift: isize,
    weight: f64,
    desk: &mut Desk<T>,
    out: &mut Sums,
) {
    diagonal::add_diagonal::<T, true>(plan, x, y, shift, weight, desk, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
fn avx512<T: Lane>(
    plan: &Plan,
    x: &Profile<T>,
    y: &Profile<T>,
    shift: isize,
    weight: f64,
    desk: &mut Desk<T>,
    out: &mut Sums,
) {
    diagonal::add_diagonal::<T, true>(plan, x, y, shift, weight, desk, out);
}
