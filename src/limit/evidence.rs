//! What a verdict stands on, in a form that a machine can check again.
//!
//! An equality is proved by structure and an inequality by an enclosure that excludes the bound; there is no third way, and
//! a structure that merely does not *show* an equality proves nothing. So each step of a proof comes with its [`Fact`]s, and
//! [`Classification::checked`] goes through them: does every fact hold by itself, and are those among them that the regime
//! asks for?

use std::cmp::Ordering;
use std::fmt;

use rug::Rational;

use super::verdict::{Classification, Phase, Regime};
use crate::real::{Analytic, Ball, Certain, Real, certain_digits};

/// A number that a verdict depends on. `phi` is normalised, but for [`VerdictConstant::Square`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictConstant {
    /// `E phi(Z)^2` as typed.
    Square,
    /// `A = E phi(Z)`.
    Mean,
    /// `A' = E Z phi(Z)`.
    First,
    /// `A'^2`, the slope of the dual at 0.
    FirstSquare,
    /// `B' = E phi'(Z)^2`, the slope of the dual at 1.
    DerivativeSquare,
    /// The jump of the activation at a breakpoint where it is not zero, or 0 if it is continuous.
    Jump,
    /// `2 k`, where `|phi'(x)|` is of the exact order `|x - p|^-k` at a breakpoint: from 1 on `B'` is infinite.
    DerivativePole,
    /// The Hermite coefficient `a_n = E phi(Z) h_n(Z)`.
    Coefficient(u32),
}

impl fmt::Display for VerdictConstant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerdictConstant::Square => f.write_str("E phi(Z)^2"),
            VerdictConstant::Mean => f.write_str("A"),
            VerdictConstant::First => f.write_str("A'"),
            VerdictConstant::FirstSquare => f.write_str("A'^2"),
            VerdictConstant::DerivativeSquare => f.write_str("B'"),
            VerdictConstant::Jump => f.write_str("jump"),
            VerdictConstant::DerivativePole => f.write_str("order of the pole of phi'^2"),
            VerdictConstant::Coefficient(n) => write!(f, "a_{n}"),
        }
    }
}

/// How a constant stands to a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Equal, by structure.
    Equal,
    /// Certainly different.
    Apart,
    /// Certainly below.
    Below,
    /// Certainly above.
    Above,
}

impl Stands {
    /// `=`, `!=`, `<`, `>`.
    pub fn symbol(self) -> &'static str {
        match self {
            Stands::Equal => "=",
            Stands::Apart => "!=",
            Stands::Below => "<",
            Stands::Above => ">",
        }
    }
}

/// One fact: a constant, how it stands to a bound, and the ball that says so (or, for an equality, is compatible with it).
#[derive(Clone, Debug)]
pub struct Fact {
    /// The line of [`Classification::evidence`] that rests on it, from 0.
    pub step: usize,
    /// The number.
    pub constant: VerdictConstant,
    /// How it stands to the bound.
    pub stands: Stands,
    /// The bound.
    pub bound: Rational,
    /// The enclosure of the constant.
    pub enclosure: Ball,
}

impl Fact {
    /// Does the enclosure say what is claimed? An equality it can only fail to contradict.
    ///
    /// ```
    /// use deeplimit::limit::{VerdictConstant, Fact, Stands};
    /// use deeplimit::real::{Analytic, Ball};
    /// let enclosure = Ball::rational(&(3, 4).into(), 64);
    /// let fact = Fact { step: 0, constant: VerdictConstant::FirstSquare, stands: Stands::Below, bound: 1.into(), enclosure };
    /// assert!(fact.holds());
    /// assert!(!Fact { stands: Stands::Above, ..fact }.holds());
    /// ```
    pub fn holds(&self) -> bool {
        if !self.enclosure.is_finite() {
            return false;
        }
        let bound = Ball::rational(&self.bound, self.enclosure.bits().max(64));
        let order = self.enclosure.compare(&bound);
        match self.stands {
            Stands::Equal => self.enclosure.overlaps(&bound),
            Stands::Apart => order.is_some_and(Ordering::is_ne),
            Stands::Below => order == Some(Ordering::Less),
            Stands::Above => order == Some(Ordering::Greater),
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = certain_digits(self.enclosure.mid(), &self.enclosure.rad(), 15);
        let (constant, symbol, bound) = (self.constant, self.stands.symbol(), &self.bound);
        match value {
            Certain::Digits(value) | Certain::Bound(value) => {
                write!(f, "{constant} = {value} {symbol} {bound}")
            }
        }
    }
}

impl Classification {
    /// Goes through the proof again: every fact must hold, and a verdict that is marked as proved must have all the
    /// facts that its regime is defined by.
    ///
    /// # Errors
    /// The first fact that does not hold or is absent, in words.
    ///
    /// ```
    /// use deeplimit::{Effort, activation::Expr, limit::classify};
    /// let tanh = classify(&Expr::parse("tanh").unwrap(), &Effort::default()).unwrap();
    /// assert_eq!(tanh.checked(), Ok(()));
    /// ```
    pub fn checked(&self) -> Result<(), String> {
        if let Some(fact) = self.facts.iter().find(|fact| !fact.holds()) {
            return Err(format!("{fact} does not hold"));
        }
        if let Some(fact) = self.facts.iter().find(|f| f.step >= self.evidence.len()) {
            return Err(format!("{fact} belongs to no step"));
        }
        if !self.proved {
            return Ok(());
        }
        match self.wanted().into_iter().find(|group| !self.has(group)) {
            Some(group) => Err(format!("a proof needs {}", group_in_words(&group))),
            None => Ok(()),
        }
    }

    /// One of these facts is there.
    fn has(&self, group: &[Demand]) -> bool {
        group.iter().any(|(constant, stands, bound)| {
            self.facts
                .iter()
                .any(|f| f.constant == *constant && f.stands == *stands && f.bound == *bound)
        })
    }

    /// What the regime is defined by; of each group one suffices.
    fn wanted(&self) -> Vec<Vec<Demand>> {
        use Stands::{Above, Apart, Below, Equal};
        use VerdictConstant::{
            Coefficient, DerivativePole, DerivativeSquare, First, FirstSquare, Jump, Mean, Square,
        };
        let steep = || {
            vec![
                (DerivativeSquare, Above, 1),
                (Jump, Apart, 0),
                (DerivativePole, Equal, 1),
                (DerivativePole, Above, 1),
            ]
        };
        let mut wanted = vec![vec![(Square, Above, 0)]];
        match (self.regime, self.phase) {
            (Regime::Linear, _) => wanted.push(vec![(FirstSquare, Equal, 1)]),
            (Regime::Singular, _) => wanted.extend([
                vec![(Mean, Equal, 0)],
                vec![(First, Apart, 0)],
                vec![(FirstSquare, Below, 1)],
                steep(),
            ]),
            (Regime::NearestNeighbour, _) => {
                wanted.extend([vec![(Mean, Equal, 0)], vec![(First, Equal, 0)]]);
                let order = self.order.unwrap_or(2);
                wanted.extend((2..order).map(|n| vec![(Coefficient(n), Equal, 0)]));
                wanted.push(vec![(Coefficient(order), Apart, 0)]);
            }
            (Regime::Majority, Some(Phase::EdgeOfChaos)) => wanted.extend([
                vec![(Mean, Apart, 0)],
                vec![(Jump, Equal, 0)],
                vec![(DerivativeSquare, Equal, 1)],
            ]),
            (Regime::Majority, _) => wanted.extend([vec![(Mean, Apart, 0)], steep()]),
            (Regime::Ordered, _) => wanted.extend([
                vec![(Mean, Apart, 0)],
                vec![(Jump, Equal, 0)],
                vec![(DerivativeSquare, Above, 0)],
                vec![(DerivativeSquare, Below, 1)],
            ]),
            // that every branch has a normalised dual is all that it takes
            (Regime::Flow | Regime::Frozen | Regime::Undecided, _) => {}
        }
        wanted
    }
}

/// A fact as a regime asks for it.
type Demand = (VerdictConstant, Stands, i32);

fn group_in_words(group: &[Demand]) -> String {
    let words: Vec<String> = group
        .iter()
        .map(|(constant, stands, bound)| format!("{constant} {} {bound}", stands.symbol()))
        .collect();
    words.join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::Analytic;

    /// A ball that holds the bound proves nothing but that it may be equal.
    #[test]
    fn a_fact_is_what_the_ball_says() {
        let one = Ball::int(1, 64);
        let wide = one.widened(&rug::Float::with_val(64, 0.25));
        let of = |stands, enclosure: &Ball| {
            let fact = Fact {
                step: 0,
                constant: VerdictConstant::FirstSquare,
                stands,
                bound: 1.into(),
                enclosure: enclosure.clone(),
            };
            fact.holds()
        };
        for (enclosure, [equal, apart, below, above]) in [
            (wide, [true, false, false, false]),
            (one.clone(), [true, false, false, false]),
            (one.scale2(-1), [false, true, true, false]),
            (one.scale2(1), [false, true, false, true]),
            (Ball::undefined(64), [false; 4]),
        ] {
            assert_eq!(of(Stands::Equal, &enclosure), equal, "{enclosure:?}");
            assert_eq!(of(Stands::Apart, &enclosure), apart, "{enclosure:?}");
            assert_eq!(of(Stands::Below, &enclosure), below, "{enclosure:?}");
            assert_eq!(of(Stands::Above, &enclosure), above, "{enclosure:?}");
        }
    }
}
