//! The verdict in plain words: true statements only.

use std::fmt;

use super::{Classification, Dimension, NearEquality, Phase, Regime};
use crate::real::{Analytic, Ball, Quantity};

impl Classification {
    /// What the classifier becomes, in a line.
    ///
    /// ```
    /// use deeplimit::{Activation, Effort};
    /// let gelu: Activation = "gelu".parse()?;
    /// let verdict = gelu.classify(&Effort::default())?;
    /// assert_eq!(verdict.sentence(), "majority vote (chaotic, c* = 0.7604...)");
    /// assert_eq!(verdict.to_string(), "gelu: majority vote (chaotic, c* = 0.7604...), proved");
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn sentence(&self) -> String {
        let c = self;
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
            Regime::Flow => {
                "flow in continuous depth: no correlation degenerates, the deep kernel is that of a finite time".to_owned()
            }
            Regime::Frozen => {
                "frozen: correlations stay where they are, the deep kernel is that of one residual branch".to_owned()
            }
            Regime::Undecided if c.missing.is_empty() => "undecided".to_owned(),
            Regime::Undecided => format!("undecided: {}", c.missing.join("; ")),
        }
    }
}

impl fmt::Display for Classification {
    /// The activation, [the sentence](Classification::sentence), and whether it is proved.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.activation, self.sentence())?;
        match (self.regime, self.proved) {
            (Regime::Undecided, _) => Ok(()),
            (_, true) => f.write_str(", proved"),
            (_, false) => f.write_str(", numerical"),
        }
    }
}

impl fmt::Display for NearEquality {
    /// Which constant, what would follow, and what was probably meant.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&nearly(self))
    }
}

fn nearly(n: &NearEquality) -> String {
    let distance = match n.equals {
        0 => n.off.digits(2),
        equals => {
            let off = n.off.digits(2);
            match off.strip_prefix('-') {
                Some(below) => format!("{equals} - {below}"),
                None => format!("{equals} + {off}"),
            }
        }
    };
    let verdict = match n.regime {
        Regime::Linear => "linear".to_owned(),
        Regime::Singular => match &n.alpha {
            Some(alpha) => format!("singular, alpha = {}", alpha.beginning()),
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
        Regime::Flow => "flow".to_owned(),
        Regime::Frozen => "frozen".to_owned(),
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
        "{name} = {distance} is nearly {equals}; at {name} = {equals} the verdict would be: {verdict}{meant}"
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
                .map(|q| format!(", c* = {}", q.beginning()));
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
    let number = alpha.beginning();
    match (Dimension::of(alpha), near_an_integer(alpha)) {
        (Dimension::Exactly(d), _) => {
            format!("singular kernel, alpha = {number}: Bayes-consistent in dimension {d}")
        }
        (Dimension::None, Some((d, off))) => format!(
            "singular kernel, alpha = {d} within the digits that are written ({off} off); \
             Bayes-consistent only where the data's dimension equals alpha"
        ),
        (Dimension::None, None) => format!(
            "singular kernel, alpha = {number}; Bayes-consistent only where the data's dimension \
             equals alpha, so for no integer dimension"
        ),
        (Dimension::Unknown, _) => format!(
            "singular kernel, alpha = {number}; Bayes-consistent only where the data's dimension \
             equals alpha"
        ),
    }
}

/// So near to a dimension is an exponent that was meant to be one: decimals of a designed activation end somewhere.
const MEANT: f64 = 1e-9;

/// The dimension, and how far from it `alpha` is, where that is less than [`MEANT`].
fn near_an_integer(alpha: &Quantity) -> Option<(u32, String)> {
    let d = alpha.to_f64().round();
    let d = (1.0..1e6).contains(&d).then_some(d as u32)?;
    let ball = alpha.ball()?;
    let off = &ball - &Ball::int(i64::from(d), ball.bits());
    (off.magnitude() < MEANT).then(|| (d, Quantity::new(&off, None).digits(2)))
}

#[cfg(test)]
mod tests {
    use rug::Float;

    use super::*;
    use crate::real::Value;

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

        // decimals that end
        let written = singular(Some(&alpha(2.0 + 3e-13, 1e-20, None)));
        assert_eq!(
            written,
            "singular kernel, alpha = 2 within the digits that are written (3.0e-13 off); \
             Bayes-consistent only where the data's dimension equals alpha"
        );

        let zero = singular(Some(&alpha(0.0, 0.0, Some("0"))));
        assert!(zero.ends_with("so for no integer dimension"), "{zero}");
    }
}
