//! Certified values, to keep beside a test that knows nothing of this library.

use rayon::prelude::*;

use super::activations::FORTY;
use super::candidate::Question;
use super::certified::Certified;
use crate::real::{Analytic, Ball};
use crate::recursion::{Convention, Pair};

/// A row of the table.
#[derive(Clone, Debug)]
pub struct ReferenceRow {
    /// The activation, as text.
    pub activation: String,
    /// Its formula, without names.
    pub formula: String,
    /// Whose kernel.
    pub convention: Convention,
    /// Standard deviations of weights and biases.
    pub sigma: (f64, f64),
    /// Hidden layers.
    pub depth: u64,
    /// The correlation, exact in double precision.
    pub rho: f64,
    /// Both kernels, enclosed; one that is infinite, or was not reached, is missing.
    pub kernels: Pair<Option<Ball>>,
}

/// 0, +-1/2, +-1 and +-(1 - 2^-k).
pub fn reference_correlations() -> Vec<f64> {
    let mut all = vec![0.0, 0.5, -0.5, 1.0, -1.0];
    for k in [4, 10, 16, 20] {
        let rho = 1.0 - 2f64.powi(-k);
        all.extend([rho, -rho]);
    }
    all
}

/// Depths of the table.
pub const REFERENCE_DEPTHS: [u64; 3] = [1, 2, 5];

/// The table of these activations ([`reference_activations`] has forty) at correlations, depths and in two conventions (normalised; with weights 1.25 and biases 0.5).
///
/// ```
/// use deeplimit::identity::{Certified, table::reference_rows_of};
/// let rows = reference_rows_of(&["relu"], &Certified::default());
/// let half = rows.iter().find(|r| r.rho == 0.0 && r.depth == 1).unwrap();
/// let nngp = half.kernels.nngp.as_ref().unwrap();
/// assert!((nngp.to_f64() - std::f64::consts::FRAC_1_PI).abs() < 1e-16);
/// ```
pub fn reference_rows_of(activations: &[&str], certified: &Certified) -> Vec<ReferenceRow> {
    let conventions = [
        (Convention::Radhakrishnan2022, (1.0, 0.0)),
        (Convention::Lee2019, (1.25, 0.5)),
    ];
    let mut questions = vec![];
    for activation in activations {
        for (convention, sigma) in conventions {
            for depth in REFERENCE_DEPTHS {
                questions.push((*activation, convention, sigma, depth));
            }
        }
    }
    let rhos = reference_correlations();
    let rows = |(text, convention, sigma, depth): &(&str, Convention, (f64, f64), u64)| {
        let phi = certified.activation(text)?;
        let question = Question {
            convention: *convention,
            sigma_w: sigma.0,
            sigma_b: sigma.1,
            ..Question::unit(&phi, 0.0, *depth)
        };
        let none = || Pair {
            nngp: None,
            ntk: None,
        };
        let found = certified.kernels_at(&question, &rhos);
        let found = found.unwrap_or_else(|| rhos.iter().map(|_| none()).collect());
        let row = |(rho, kernels): (&f64, Pair<Option<Ball>>)| ReferenceRow {
            activation: (*text).to_owned(),
            formula: phi.expr.to_string(),
            convention: *convention,
            sigma: *sigma,
            depth: *depth,
            rho: *rho,
            kernels: kernels.map(|x| x.filter(Analytic::is_finite)),
        };
        Some(rhos.iter().zip(found).map(row).collect::<Vec<_>>())
    };
    let all: Vec<Vec<ReferenceRow>> = questions.par_iter().filter_map(rows).collect();
    all.into_iter().flatten().collect()
}

/// The forty activations: those of the catalogue and what people type.
pub fn reference_activations() -> &'static [&'static str] {
    &FORTY
}
