//! The Python door: `deeplimit._core`. Nothing is computed here; each word asks the library's.
//!
//! * `errors`: the library's errors as Python's, on one page; a panic never crosses.
//! * `work`: work without the GIL: Ctrl-C, progress, a pool of threads that survives a fork.
//! * `number`, `order`: certain numbers. `array`: arrays in and out.
//! * `real`: exact numbers from Python. `evaluate`: functions of doubles on arrays.
//! * `activation`, `asked`: `Activation` and what is asked of it; `verdict`, `limit`: the answers; `questions`: the words of the module.
//! * `network`: `Network`, its kernels enclosed. `kernel`: kernels compiled, on arrays. `regression`: on a Gram matrix. `cntk`: on images. `tiles`: on the disk.
//! * `sampled`: functions of which nothing is known but their values.
//! * `design`, `papers`: what `deeplimit.design` and `deeplimit.papers` ask.

mod activation;
mod array;
mod asked;
mod cntk;
mod design;
mod errors;
mod evaluate;
mod kernel;
mod limit;
mod network;
mod number;
mod order;
mod papers;
mod questions;
mod real;
mod regression;
mod sampled;
mod tiles;
mod verdict;
mod work;

use pyo3::prelude::*;

/// The extension module.
#[pymodule]
mod _core {
    #[pymodule_export]
    use crate::activation::Activation;
    #[pymodule_export]
    use crate::cntk::_cntk;
    #[pymodule_export]
    use crate::design::{
        _design_alpha, _design_critical, _design_extremal, _design_kernel, _design_nearest,
        _design_slopes,
    };
    #[pymodule_export]
    use crate::kernel::{CompiledFit, CompiledKernel, Rows};
    #[pymodule_export]
    use crate::network::Network;
    #[pymodule_export]
    use crate::number::Number;
    #[pymodule_export]
    use crate::papers::{_papers_check, _papers_list};
    #[pymodule_export]
    use crate::questions::{_panic, activations, classify, dual, expect, hermite, limit};
    #[pymodule_export]
    use crate::regression::{_largest, FactoredGram};
    #[pymodule_export]
    use crate::sampled::{_sample_points, _sampled, Sampled};
    #[pymodule_export]
    use crate::tiles::Tiles;
    #[pymodule_export]
    use crate::work::set_num_threads;

    use super::*;

    #[pymodule_init]
    fn init(m: &Bound<'_, PyModule>) -> PyResult<()> {
        m.add("__version__", env!("CARGO_PKG_VERSION"))?;
        crate::errors::register(m)
    }
}
