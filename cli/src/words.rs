//! The verdict in plain words: true statements only.

use deeplimit::limit::{Classification, Dimension, NearEquality, Phase, Quantity, Regime};

use crate::library::images::{Deep, Endless};
use crate::number::{beginning, certain};

/// The name of a regime or a phase in the JSON contract: `nearest-neighbour`, `edge-of-chaos`.
pub fn hyphened(name: &str) -> String {
    name.replace(' ', "-")
}

/// One line about an activation.
pub fn sentence(c: &Classification) -> String {
    match c.regime {
        Regime::Linear => "linear kernel at every depth: nothing degenerates".to_owned(),
        Regime::Singular => singular(c.alpha.as_ref()),
        Regime::NearestNeighbour => match c.order {
            Some(k) => format!("1-nearest neighbour (k = {k})"),
            None => "1-nearest neighbour".to_owned(),
        },
        Regime::Majority => majority(c),
        Regime::Ordered => {
            "ordered: interpolation with a conditionally definite kernel, not majority vote"
                .to_owned()
        }
        Regime::Undecided if c.missing.is_empty() => "undecided".to_owned(),
        Regime::Undecided => format!("undecided: {}", c.missing.join("; ")),
    }
}

/// What is known of infinitely many convolutions, without the full stop.
pub fn infinite_depth(deep: &Deep) -> String {
    let where_ = match deep.scale_free {
        true => "At infinite depth, where all pixels are alike",
        false => "At infinite depth, where all pixels are alike and have variance 1",
    };
    match &deep.endless {
        Endless::Regime => format!("{where_}: {}", sentence(&deep.classification)),
        Endless::Linear => {
            format!("{where_}: linear covariance (NNGP) at every depth: nothing degenerates")
        }
        Endless::Alike => format!(
            "{where_}: the correlation (NNGP) of any two images tends to 1, and nothing is told apart"
        ),
        Endless::Apart(fixed) => {
            let fixed = fixed.as_ref().map(|q| format!(" = {}", beginning(q)));
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

/// A near-equality: which constant, what would follow, and what was probably meant.
pub fn nearly(n: &NearEquality) -> String {
    let distance = match n.equals {
        0 => certain(&n.off, 2),
        equals => {
            let off = certain(&n.off, 2);
            match off.strip_prefix('-') {
                Some(below) => format!("{equals} - {below}"),
                None => format!("{equals} + {off}"),
            }
        }
    };
    let verdict = match n.regime {
        Regime::Linear => "linear".to_owned(),
        Regime::Singular => match &n.alpha {
            Some(alpha) => format!("singular, alpha = {}", beginning(alpha)),
            None => "singular".to_owned(),
        },
        Regime::NearestNeighbour => match n.order {
            Some(k) => format!("1-nearest neighbour, k = {k}"),
            None => "1-nearest neighbour".to_owned(),
        },
        Regime::Majority => match n.phase {
            Some(Phase::EdgeOfChaos) => "majority vote at the edge of chaos".to_owned(),
            _ => "majority vote".to_owned(),
        },
        Regime::Ordered => "ordered".to_owned(),
        Regime::Undecided => "undecided".to_owned(),
    };
    let meant = match (&n.meant, &n.instead) {
        (Some((typed, meant)), Some(instead)) => {
            format!("; {typed} is probably meant as {meant}: write {instead}")
        }
        (_, Some(instead)) => format!("; if that is meant, write {instead}"),
        _ => String::new(),
    };
    let (name, equals) = (n.constant, n.equals);
    format!(
        "note: {name} = {distance} is nearly {equals}; at {name} = {equals} the verdict would be: {verdict}{meant}"
    )
}

fn majority(c: &Classification) -> String {
    let detail = match c.phase {
        Some(Phase::EdgeOfChaos) => {
            let p = c.edge_exponent.as_ref().map(|p| format!(", p = {p}"));
            format!(" (edge of chaos{})", p.unwrap_or_default())
        }
        Some(Phase::Chaotic) => {
            let c_star = c
                .fixed_point
                .as_ref()
                .map(|q| format!(", c* = {}", beginning(q)));
            format!(" (chaotic{})", c_star.unwrap_or_default())
        }
        Some(Phase::Ordered) | None => String::new(),
    };
    format!("majority vote{detail}")
}

fn singular(alpha: Option<&Quantity>) -> String {
    let Some(alpha) = alpha else {
        return "singular kernel".to_owned();
    };
    let number = beginning(alpha);
    match Dimension::of(alpha) {
        Dimension::Exactly(d) => {
            format!("singular kernel, alpha = {number}: Bayes-consistent in dimension {d}")
        }
        Dimension::None => format!(
            "singular kernel, alpha = {number}; Bayes-consistent only where the data's dimension \
             equals alpha, so for no integer dimension"
        ),
        Dimension::Unknown => format!(
            "singular kernel, alpha = {number}; Bayes-consistent only where the data's dimension \
             equals alpha"
        ),
    }
}

#[cfg(test)]
mod tests {
    use deeplimit::limit::Value;
    use rug::Float;

    use super::*;

    fn alpha(midpoint: f64, radius: f64, exact: Option<&str>) -> Quantity {
        let value = Value::Finite {
            midpoint: Float::with_val(53, midpoint),
            radius: Float::with_val(32, radius),
        };
        Quantity {
            value,
            exact: exact.map(String::from),
        }
    }

    #[test]
    fn consistency_is_claimed_for_a_dimension_only_where_alpha_is_proved_to_be_it() {
        let proved = singular(Some(&alpha(4.0, 1e-12, Some("4"))));
        assert_eq!(
            proved,
            "singular kernel, alpha = 4: Bayes-consistent in dimension 4"
        );

        let near = singular(Some(&alpha(4.0, 1e-12, None)));
        assert!(
            near.ends_with("the data's dimension equals alpha"),
            "{near}"
        );

        let none = singular(Some(&alpha(0.880_703_630_807, 1e-12, None)));
        assert!(
            none.starts_with("singular kernel, alpha = 0.8807...; "),
            "{none}"
        );
        assert!(none.ends_with("so for no integer dimension"), "{none}");

        let zero = singular(Some(&alpha(0.0, 0.0, Some("0"))));
        assert!(zero.ends_with("so for no integer dimension"), "{zero}");
    }
}
