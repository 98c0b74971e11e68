//! The loops of `loops.rs`, compiled for three kinds of processor, and the choice among them at run time.
//!
//! **Invariant.** A function below is compiled for instructions that not every processor has, and calling it on one that
//! lacks them is undefined behaviour. A [`Processor`] other than `Portable` is made only by [`Processor::all`], after
//! `is_x86_feature_detected!` has confirmed every feature that its function is compiled for; its variants are
//! private to this file. That is all that the `unsafe` below relies on: there are no pointers here. The portable
//! version is the safe twin with which the tests compare the others.

use super::lane::Lane;
use super::loops::{self, LayerConstants, Terms};

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
}

/// A loop, compiled three times, and the choice among the three. The loops are not inlined into what calls them, so that
/// each has all the registers.
macro_rules! compiled {
    ($name:ident $(<$(const $n:ident: $of:ty),*>)?, $fma:tt, ($($argument:ident: $type:ty),*) $(-> $out:ty)?) => {
        impl Processor {
            #[doc = concat!("[`loops::", stringify!($name), "`] with the instructions of this processor.")]
            #[allow(unsafe_code, clippy::too_many_arguments)]
            pub(super) fn $name<T: Lane $($(, const $n: $of)*)?>(self, $($argument: $type),*) $(-> $out)? {
                #[inline(never)]
                fn portable<T: Lane $($(, const $n: $of)*)?>($($argument: $type),*) $(-> $out)? {
                    compiled!(@call $fma, $name, false $($(, $n)*)?)($($argument),*)
                }
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx2,fma")]
                fn avx2<T: Lane $($(, const $n: $of)*)?>($($argument: $type),*) $(-> $out)? {
                    compiled!(@call $fma, $name, true $($(, $n)*)?)($($argument),*)
                }
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
                fn avx512<T: Lane $($(, const $n: $of)*)?>($($argument: $type),*) $(-> $out)? {
                    compiled!(@call $fma, $name, true $($(, $n)*)?)($($argument),*)
                }
                match self.0 {
                    Kind::Portable => portable::<T $($(, $n)*)?>($($argument),*),
                    // SAFETY: see the invariant above: the features were detected before this variant was made.
                    #[cfg(target_arch = "x86_64")]
                    Kind::Avx2 => unsafe { avx2::<T $($(, $n)*)?>($($argument),*) },
                    // SAFETY: as before.
                    #[cfg(target_arch = "x86_64")]
                    Kind::Avx512 => unsafe { avx512::<T $($(, $n)*)?>($($argument),*) },
                }
            }
        }
    };
    (@call fused, $name:ident, $fma:literal $(, $n:ident)*) => { loops::$name::<T, $fma $(, $n)*> };
    (@call plain, $name:ident, $fma:literal $(, $n:ident)*) => { loops::$name::<T $(, $n)*> };
}

compiled!(products, fused, (x: &[T], y: &[T], out: &mut [T]));
compiled!(row_sums, plain, (values: [&[T]; 2], out: [&mut [T]; 2]));
compiled!(activated<const TAPS: usize>, fused, (
    k: [&[T]; TAPS],
    t: [&[T]; TAPS],
    pixels: [&[T]; 4],
    constants: &LayerConstants<T>,
    k_out: &mut [T],
    t_out: &mut [T]
));
compiled!(expanded<const TAPS: usize, const ONE: bool>, fused, (
    k: [&[T]; TAPS],
    t: [&[T]; TAPS],
    reciprocals: [&[T]; 2],
    terms: [Terms<T>; 2],
    counts: [usize; 2],
    biases: [T; 2],
    k_out: &mut [T],
    t_out: &mut [T]
));
compiled!(total, plain, (line: &[T]) -> f64);
