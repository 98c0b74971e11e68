//! The quantities that a claim can be about: a table, and so longer than other files may be.

use super::claim::Answer;
use super::laboratory::Laboratory;
use super::parameters::Parameters;
use super::{accuracy, convolution, dynamics, kernels, labels, standings, width};

/// A quantity by its name.
pub struct Measure {
    /// The name in a claim.
    pub name: &'static str,
    /// Parameters that must be given.
    pub needs: &'static [&'static str],
    /// Parameters that may be given.
    pub takes: &'static [&'static str],
    /// A word and no number.
    pub word: bool,
    /// One sentence.
    pub summary: &'static str,
    /// An enclosure, and no experiment.
    pub enclosed: bool,
    pub(super) run: fn(&Laboratory, &Parameters) -> Answer,
}

impl Measure {
    /// All names of parameters.
    pub fn all(&self) -> Vec<&'static str> {
        self.needs.iter().chain(self.takes).copied().collect()
    }
}

/// All quantities.
pub fn measures() -> &'static [Measure] {
    &MEASURES
}

pub(super) fn measure(name: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|m| m.name == name)
}

macro_rules! measure {
    ($name:literal, [$($needs:literal),*], [$($takes:literal),*], $word:literal, $run:path, $summary:literal) => {
        Measure {
            name: $name,
            needs: &[$($needs),*],
            takes: &[$($takes),*],
            word: $word,
            // the one room of measures that answers in balls
            enclosed: matches!(stringify!($run).as_bytes(), [b'k', b'e', b'r', b'n', b'e', b'l', b's', ..]),
            summary: $summary,
            run: $run,
        }
    };
}

static MEASURES: [Measure; 36] = [
    measure!(
        "regime",
        ["activation"],
        [],
        true,
        kernels::regime,
        "linear, singular, nearest neighbour, majority, ordered or undecided."
    ),
    measure!(
        "constant",
        ["activation", "name"],
        [],
        false,
        kernels::constant,
        "A, A', B', alpha, fixed point or multiplier of an activation, enclosed."
    ),
    measure!(
        "koenigs",
        ["activation", "rho"],
        [],
        false,
        kernels::koenigs,
        "The Koenigs function h(rho) = lim S_L/A'^(2L), enclosed."
    ),
    measure!(
        "ntk_over_limit",
        ["activation", "rho", "depth"],
        [],
        false,
        kernels::ntk_over_limit,
        "T_L/((L+1) A'^(2L) h(rho)), which tends to 1."
    ),
    measure!(
        "ntk_rest",
        ["activation", "rho", "depth"],
        [],
        false,
        kernels::ntk_rest,
        "|T_L/A'^(2L) - (L+1) h - C| / h, which falls like A'^(2L)."
    ),
    measure!(
        "ntk_over_diagonal",
        ["activation", "rho", "depth"],
        [],
        false,
        kernels::ntk_over_diagonal,
        "T_L(rho)/T_L(1)."
    ),
    measure!(
        "ntk",
        ["activation", "rho", "depth"],
        [],
        false,
        kernels::ntk,
        "T_L(rho)."
    ),
    measure!(
        "log_weight_ratio",
        ["activation", "near", "far", "depth"],
        [],
        false,
        kernels::log_weight_ratio,
        "log(T_L(far)/T_L(near)) for two correlations."
    ),
    measure!(
        "log_periodic",
        ["activation", "name"],
        [],
        false,
        kernels::log_periodic,
        "Of R(u) as u tends to 0: mean, half amplitude (relative, first harmonic) or max over min."
    ),
    measure!(
        "local_exponent",
        ["activation", "depth", "gap"],
        [],
        false,
        kernels::local_exponent,
        "The exponent of |x-x'| that T_L has at the gap |x-x'|^2/2: -2 dlog(T_L)/dlog(gap)."
    ),
    measure!(
        "ordered_drift",
        ["activation", "rho", "depth"],
        [],
        false,
        kernels::ordered_drift,
        "(1/(1-b) - T_L(rho))/(1/(1-b) - T_L(0)) over g(1-rho)/g(1) in the ordered phase, which tends to 1."
    ),
    measure!(
        "agreement",
        ["activation", "labels", "depth", "with"],
        ["tests", "kernel", "seed"],
        false,
        labels::agreement,
        "Share of test points on which kernel regression at this depth gives the label of a classifier."
    ),
    measure!(
        "interpolant_distance",
        ["activation", "labels", "depth"],
        ["tests", "seed"],
        false,
        labels::interpolant_distance,
        "Largest distance of the regression at this depth from the ordered interpolant, over the range of the latter."
    ),
    measure!(
        "ridge_majority",
        ["activation", "labels", "depth", "ridge"],
        ["tests", "seed"],
        false,
        labels::ridge_majority,
        "Largest distance of the regression with a fixed ridge from the mean label."
    ),
    measure!(
        "decided",
        ["activation", "labels", "depth", "arithmetic"],
        ["tests", "seed"],
        false,
        labels::decided,
        "Share of test points whose label kernel regression decides in f64 or by itself."
    ),
    measure!(
        "naive_zeros",
        ["activation", "labels", "depth"],
        ["tests", "seed"],
        false,
        labels::naive_zeros,
        "Share of test points where iterating the NNGP kernel in f64 ends in sign(0)."
    ),
    measure!(
        "accuracy",
        ["dimension", "points", "rule"],
        ["tests", "seeds"],
        false,
        accuracy::accuracy,
        "Share of correct labels in the consistency experiment, within twice its standard error."
    ),
    measure!(
        "accuracy_lead",
        ["dimension", "points", "rule", "over"],
        ["tests", "seeds"],
        false,
        accuracy::lead,
        "Difference of two accuracies on the same data, within twice its standard error."
    ),
    measure!(
        "same_labels",
        ["dimension", "points", "rule", "over"],
        ["tests", "seeds"],
        false,
        accuracy::same_labels,
        "Share of test points of the consistency experiment on which two rules agree."
    ),
    measure!(
        "linearisation_order",
        [
            "activation",
            "depth",
            "points",
            "widths",
            "networks",
            "steps"
        ],
        [],
        false,
        dynamics::linearisation_order,
        "The exponent a with which the distance of trained networks from their linearisation falls like width^-a."
    ),
    measure!(
        "ntk_change_order",
        [
            "activation",
            "depth",
            "points",
            "widths",
            "networks",
            "steps"
        ],
        [],
        false,
        dynamics::ntk_change_order,
        "The exponent a with which the change of the tangent kernel in training falls like width^-a."
    ),
    measure!(
        "ensemble_mean",
        [
            "activation",
            "depth",
            "points",
            "width",
            "networks",
            "steps"
        ],
        [],
        false,
        dynamics::ensemble_mean,
        "Mean output of trained networks less mu_t, over the root of Sigma_t."
    ),
    measure!(
        "ensemble_variance",
        [
            "activation",
            "depth",
            "points",
            "width",
            "networks",
            "steps"
        ],
        [],
        false,
        dynamics::ensemble_variance,
        "Variance of the outputs of trained networks over Sigma_t."
    ),
    measure!(
        "variance_ratio",
        ["activation", "depth", "points"],
        [],
        false,
        dynamics::variance_ratio,
        "Sigma at infinite time with all layers trained over that with the last one trained (NNGP)."
    ),
    measure!(
        "uci_accuracy",
        ["rule"],
        ["set"],
        false,
        standings::accuracy,
        "Accuracy on a UCI set, or its mean over all of them, within twice its binomial standard error. Needs data."
    ),
    measure!(
        "uci_lead",
        ["rule", "over"],
        [],
        false,
        standings::lead,
        "Mean difference of the accuracies of two rules over the UCI sets, within twice its standard error. Needs data."
    ),
    measure!(
        "uci_mean_rank",
        ["rule"],
        [],
        false,
        standings::mean_rank,
        "Mean rank (Friedman) of a rule among all rules of the table, within twice its standard error. Needs data."
    ),
    measure!(
        "uci_near_best",
        ["rule", "share"],
        [],
        false,
        standings::near_best,
        "Share of UCI sets where a rule has at least this share of the best rule's accuracy. Needs data."
    ),
    measure!(
        "monte_carlo",
        ["activation", "rho", "units", "name"],
        ["seed"],
        false,
        width::monte_carlo,
        "Distance of a layer of random units from the dual (or its slope), in standard errors of the layer."
    ),
    measure!(
        "empirical_ntk",
        ["activation", "rho", "depth", "width"],
        ["seeds"],
        false,
        width::empirical,
        "Root mean square over networks of T_emp/T_L - 1, T_emp the tangent kernel at initialisation."
    ),
    measure!(
        "empirical_ntk_order",
        ["activation", "rho", "depth", "widths"],
        ["seeds"],
        false,
        width::order,
        "The power of the width with which that falls, within twice its standard error."
    ),
    measure!(
        "cntk",
        ["image", "with", "layers", "readout"],
        ["activation", "fixed"],
        false,
        convolution::pair,
        "The convolutional kernel of two small images, 3 x 3 filters."
    ),
    measure!(
        "cntk_over_ntk",
        ["image", "with", "layers"],
        ["activation"],
        false,
        convolution::over_ntk,
        "The convolutional kernel of two images of one pixel over |x| |x'| T_L."
    ),
    measure!(
        "cntk_accuracy",
        ["readout", "layers", "train", "test"],
        ["pass", "skip", "preprocess", "activation"],
        false,
        convolution::accuracy,
        "Accuracy on CIFAR-10 in per cent. Needs data."
    ),
    measure!(
        "cntk_spread",
        ["readout", "layers", "train", "test", "draws"],
        ["pass", "preprocess", "activation"],
        false,
        convolution::spread,
        "Standard deviation of that over disjoint draws of the training images. Needs data."
    ),
    measure!(
        "cntk_lead",
        ["readout", "layers", "train", "test", "over"],
        ["pass", "skip", "preprocess", "activation"],
        false,
        convolution::lead,
        "Difference of two such accuracies on the same test images, within twice its standard error. Needs data."
    ),
];
