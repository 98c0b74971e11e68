//! Activations with a wanted exponent, where no family is given: one of each kind that is known.

use rayon::prelude::*;
use rug::Rational;

use super::{Family, Span, lowest};
use crate::activation::{Expr, Tape};
use crate::effort::Effort;
use crate::error::Result;
use crate::real::Quantity;

/// One kind of activations: a family in which the exponent fixes the letter.
struct Kind {
    family: &'static str,
    letter: &'static str,
    /// Exponents at or below this one are not reached (a limit at one end), or none that anybody looks for.
    above: (i32, i32),
    /// The greatest exponent that is looked for.
    most: i32,
    /// The values of the letter, which may depend on the exponent `D`: from, and `to = first + second D`.
    span: [(i32, i32); 3],
    shape: Shape,
    about: &'static str,
    /// Shown where no shape is asked for.
    plain: bool,
}

/// What may be asked of the shape of an activation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// `f(-x) = -f(x)`
    pub odd: bool,
    /// It stays between two numbers.
    pub bounded: bool,
    /// It does not fall, or does not rise.
    pub monotone: bool,
}

impl Shape {
    /// It has all that the other asks for.
    pub fn has(self, asked: Shape) -> bool {
        self.odd >= asked.odd && self.bounded >= asked.bounded && self.monotone >= asked.monotone
    }

    const fn of(odd: bool, bounded: bool, monotone: bool) -> Shape {
        Shape {
            odd,
            bounded,
            monotone,
        }
    }
}

const KINDS: [Kind; 8] = [
    Kind {
        family: "sin(sqrt(t)*x)",
        letter: "t",
        above: (1, 1),
        most: 40,
        span: [(0, 1), (2, 1), (2, 1)],
        shape: Shape::of(true, true, false),
        about: "odd and bounded",
        plain: true,
    },
    Kind {
        family: "exp(sqrt(t)*x)",
        letter: "t",
        above: (2, 1),
        most: 24,
        span: [(0, 1), (2, 1), (2, 1)],
        shape: Shape::of(false, false, true),
        about: "monotone; the dual of sin(sqrt(t)*x+pi/4), which is bounded",
        plain: true,
    },
    Kind {
        family: "max(x-c,0)",
        letter: "c",
        above: (1, 4),
        most: 24,
        span: [(-4, 1), (12, 1), (0, 1)],
        shape: Shape::of(false, false, true),
        about: "one kink, monotone",
        plain: true,
    },
    Kind {
        family: "gelu(s*x)",
        letter: "s",
        above: (1, 1),
        most: 3,
        span: [(1, 10), (6, 1), (0, 1)],
        shape: Shape::of(false, false, false),
        about: "a gated unit",
        plain: true,
    },
    Kind {
        family: "sinh(sqrt(t)*x)",
        letter: "t",
        above: (1, 1),
        most: 24,
        span: [(0, 1), (2, 1), (2, 1)],
        shape: Shape::of(true, false, true),
        about: "odd and monotone; the dual of sin(sqrt(t)*x)",
        plain: false,
    },
    Kind {
        family: "sin(sqrt(t)*x+pi/4)",
        letter: "t",
        above: (2, 1),
        most: 24,
        span: [(0, 1), (2, 1), (2, 1)],
        shape: Shape::of(false, true, false),
        about: "bounded; the dual of exp(sqrt(t)*x)",
        plain: false,
    },
    Kind {
        family: "soft_shrink(s*x,1)",
        letter: "s",
        above: (1, 4),
        most: 24,
        span: [(1, 8), (4, 1), (0, 1)],
        shape: Shape::of(true, false, true),
        about: "two kinks, odd and monotone",
        plain: false,
    },
    Kind {
        family: "clip(soft_shrink(s*x,1),-1,1)",
        letter: "s",
        above: (1, 2),
        most: 24,
        span: [(1, 8), (8, 1), (0, 1)],
        shape: Shape::of(true, true, true),
        about: "four kinks; odd, bounded and monotone",
        plain: false,
    },
];

/// An activation with the wanted exponent.
#[derive(Clone, Debug)]
pub struct Known {
    /// As the classifier reads it.
    pub activation: Expr,
    /// The letters of its family.
    pub values: Vec<(String, Quantity)>,
    /// Its exponent, as written out.
    pub alpha: Quantity,
    /// What is special about it, in a few words.
    pub about: String,
    /// Its shape; what is not claimed may be so all the same.
    pub shape: Shape,
}

/// One or several of each kind: the polynomial of lowest degree, the one of Radhakrishnan, Belkin and Uhler (`optimal(D)`, for
/// whole `D >= 2`), sine, exponential, a shifted ReLU, GELU, as far as they have the exponent; where a shape is asked for, those of
/// that shape alone, and hyperbolic sines, soft thresholds and their like among them.
///
/// # Errors
/// [`crate::Error::Domain`] for `D <= 0`; [`crate::Error::Timeout`].
///
/// ```
/// use deeplimit::{Effort, design::known};
/// let all = known(&4.into(), Default::default(), &Effort::default())?;
/// assert!(all.iter().any(|a| a.activation.to_string() == "optimal(4)"));
/// # Ok::<(), deeplimit::Error>(())
/// ```
pub fn known(alpha: &Rational, shape: Shape, effort: &Effort) -> Result<Vec<Known>> {
    let mut all = Vec::new();
    super::positive(alpha)?;
    let plain = shape == Shape::default();
    if plain && let Ok(found) = lowest(alpha, effort.digits) {
        all.push(Known {
            activation: found.activation,
            values: vec![("p".into(), found.first)],
            alpha: found.alpha,
            about: format!("a polynomial of the lowest degree, {}", found.degree),
            shape: Shape::default(),
        });
    }
    if let Some(d) = alpha
        .is_integer()
        .then(|| alpha.numer().to_u32())
        .flatten()
        .filter(|d| plain && (2..=64).contains(d))
    {
        all.push(Known {
            activation: Expr::parse(&format!("optimal({d})"))?,
            values: vec![],
            alpha: Quantity::integer(d),
            about: "Radhakrishnan, Belkin and Uhler's; B' = 2".into(),
            shape: Shape::default(),
        });
    }
    let families: Vec<Vec<Known>> = KINDS
        .par_iter()
        .filter(|kind| {
            if plain {
                kind.plain
            } else {
                kind.shape.has(shape)
            }
        })
        .filter(|kind| *alpha > Rational::from(kind.above) && *alpha <= kind.most)
        .map(|kind| kind.members(alpha, effort))
        .collect::<Result<_>>()?;
    all.extend(families.into_iter().flatten());
    Ok(all)
}

/// Places of a grid for the letter, nodes of a sum for `E f`.
const PLACES: u32 = 240;
/// See [`PLACES`].
const NODES: i32 = 600;

impl Kind {
    fn members(&self, alpha: &Rational, effort: &Effort) -> Result<Vec<Known>> {
        let [from, first, second] = self.span.map(Rational::from);
        let family = Family::parse(self.family)?;
        let mut all: Vec<Known> = Vec::new();
        for (from, to) in self.brackets(&family, alpha, &from, &(first + second * alpha)) {
            let span = Span {
                letter: self.letter.into(),
                from: Some(from),
                to: Some(to),
            };
            for member in family.with_alpha(alpha, &[span], effort)?.members {
                // brackets overlap
                if all.iter().all(|k| k.activation != member.activation) {
                    all.push(Known {
                        activation: member.activation,
                        values: member.values,
                        alpha: member.alpha,
                        about: self.about.into(),
                        shape: self.shape,
                    });
                }
            }
        }
        Ok(all)
    }

    /// Where in doubles the exponent passes the wanted one: not all members are looked for, and so not all of the span.
    fn brackets(
        &self,
        family: &Family,
        alpha: &Rational,
        from: &Rational,
        to: &Rational,
    ) -> Vec<(Rational, Rational)> {
        let width = Rational::from(to - from);
        let place = |k: u32| &width * Rational::from((k, PLACES)) + from;
        let wanted = alpha.to_f64();
        let excess = |k: u32| {
            let member = (family.expr).with_letter(self.letter, &Expr::rational(&place(k)));
            let tape = Tape::<f64>::new(&[member.clone(), member.derivative()], 53);
            let mut sums = [0.0; 5];
            let middle = tape.at(&0.0)[0];
            for n in -NODES..=NODES {
                let z = f64::from(n) * 0.02;
                let w = (-z * z / 2.0).exp();
                let value = tape.at(&z);
                let f = value[0] - middle;
                for (s, t) in (sums.iter_mut()).zip([1.0, f, f * f, z * f, value[1] * value[1]]) {
                    *s += w * t;
                }
            }
            let [mean, square, first, slope] = [1, 2, 3, 4].map(|i| sums[i] / sums[0]);
            let variance = square - mean * mean;
            4.0 * first.abs().ln() + wanted * slope.ln() - (2.0 + wanted) * variance.ln()
        };
        let values: Vec<f64> = (0..=PLACES).map(excess).collect();
        (0..PLACES)
            .filter(|k| {
                let [a, b] = [*k, k + 1].map(|k| values[k as usize]);
                a.is_finite() && b.is_finite() && (a < 0.0) != (b < 0.0)
            })
            .map(|k| (place(k.saturating_sub(1)), place((k + 2).min(PLACES))))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Parity;
    use crate::design::shape::{monotone, range_of_monotone};
    use crate::exact::Activation;

    /// Every kind is what it is said to be, and is found.
    #[test]
    fn shapes_are_proved() {
        let effort = Effort::digits(12);
        for kind in &KINDS {
            let alpha: Rational = if kind.most == 3 {
                (11, 5).into()
            } else {
                3.into()
            };
            let found = kind.members(&alpha, &effort).unwrap();
            assert!(!found.is_empty(), "{}", kind.family);
            let f = Expr::parse_family(kind.family).unwrap();
            let f = f.with_letter(kind.letter, &Expr::rational(&(3, 4).into()));
            let odd = f.parity() == Some(Parity::Odd);
            assert!(odd || !kind.shape.odd, "{f}");
            assert_eq!(monotone(&f).is_some(), kind.shape.monotone, "{f}");
            // a sine is bounded, and not monotone
            let bounded = range_of_monotone(&f).is_some() || kind.family.starts_with("sin(");
            assert_eq!(bounded, kind.shape.bounded, "{f}");
            for member in found {
                let verdict = Activation::new(&member.activation)
                    .unwrap()
                    .classify(&effort);
                let off = verdict.unwrap().alpha.unwrap().to_f64() - alpha.to_f64();
                assert!(off.abs() < 1e-9, "{}", member.activation);
            }
        }
    }

    #[test]
    fn both_members_of_a_pair() {
        let all = known(&(11, 5).into(), Shape::default(), &Effort::digits(12)).unwrap();
        let gated = all.iter().filter(|k| k.about.contains("gated")).count();
        assert_eq!(gated, 2);
        let odd = known(&3.into(), Shape::of(true, false, true), &Effort::digits(12)).unwrap();
        assert_eq!(odd.len(), 3);
    }
}
