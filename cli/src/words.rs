//! The verdict in plain words, where the library has not got them.

use crate::library::images::{Deep, Endless};

/// The name of a regime or a phase in the JSON contract: `nearest-neighbour`, `edge-of-chaos`.
pub fn hyphened(name: &str) -> String {
    name.replace(' ', "-")
}

/// What is known of infinitely many convolutions, without the full stop.
pub fn infinite_depth(deep: &Deep) -> String {
    let where_ = match deep.scale_free {
        true => "At infinite depth, where all pixels are alike",
        false => "At infinite depth, where all pixels are alike and have variance 1",
    };
    match &deep.endless {
        Endless::Regime => format!("{where_}: {}", deep.classification.sentence()),
        Endless::Linear => {
            format!("{where_}: linear covariance (NNGP) at every depth: nothing degenerates")
        }
        Endless::Alike => format!(
            "{where_}: the correlation (NNGP) of any two images tends to 1, and nothing is told apart"
        ),
        Endless::Apart(fixed) => {
            let fixed = fixed.as_ref().map(|q| format!(" = {}", q.beginning()));
            format!(
                "{where_}: the correlation (NNGP) of any two images that are not parallel tends to c*{}, \
                 and all are equally far apart",
                fixed.unwrap_or_default()
            )
        }
        Endless::Undecided => format!("{where_}: undecided"),
        Endless::Bias => "Nothing is claimed of infinite depth with a bias".to_owned(),
    }
}
