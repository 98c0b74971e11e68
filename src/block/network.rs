//! The network: a word, and a skip connection around every layer or none.

use std::fmt;

use rug::Rational;

use super::{BranchScale, Flow, Shrinking, Word};
use crate::activation::Parity;
use crate::deadline::Deadline;
use crate::dual::{Dual, parity_of};
use crate::error::{Error, Result};
use crate::limit::Subject;
use crate::real::{Analytic, Ball, Bits, Real};

/// A network whose layers repeat a word, residual or not.
///
/// ```
/// use deeplimit::{Effort, block::Blocks};
/// let alternating = Blocks::new("optimal(4) optimal(8)".parse()?, None);
/// let verdict = alternating.classify(&Effort::default())?;
/// // -2 (log 2^-2 + log 2^-4)/(log 2 + log 2)
/// assert_eq!(verdict.alpha.unwrap().exact.as_deref(), Some("6"));
///
/// let residual = Blocks::new("relu".parse()?, Some("1/sqrt(L)".parse()?));
/// let limit = residual.limits(&["1/2".parse::<rug::Rational>().unwrap()], &Effort::digits(15))?;
/// assert_eq!(limit.values[0].limit.to_string(), "0.439906601498435");
/// # Ok::<(), deeplimit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Blocks {
    word: Word,
    skip: Option<BranchScale>,
}

/// The layers of a network, classified: what its duals of any precision are made from.
pub(super) struct Letters {
    /// Different activations.
    pub subjects: Vec<Subject>,
    /// Which of them the layers of the period are.
    pub period: Vec<usize>,
}

impl Blocks {
    /// The network that repeats this word, with a skip connection around every layer or without.
    pub fn new(word: Word, skip: Option<BranchScale>) -> Self {
        Blocks { word, skip }
    }

    /// The period.
    pub fn word(&self) -> &Word {
        &self.word
    }

    /// The scale of the branches of a residual network.
    pub fn skip(&self) -> Option<&BranchScale> {
        self.skip.as_ref()
    }

    /// Branches that shrink, or `Constant` where there are none.
    pub(super) fn shrinking(&self) -> Shrinking {
        self.skip
            .as_ref()
            .map_or(Shrinking::Constant, BranchScale::shrinking)
    }

    /// How many layers there are in a period.
    pub fn period(&self) -> usize {
        self.word.layers().len()
    }

    /// The parity of the map of a period that begins `by` layers further on.
    pub(super) fn parity(&self, by: usize) -> Option<Parity> {
        let layers = self.word.layers();
        let parities = layers[by..].iter().chain(&layers[..by]).map(|a| a.parity);
        match self.skip {
            None => parity_of(parities),
            // a residual layer is odd or neither
            Some(_) => parity_of(parities.map(|p| p.filter(|p| *p == Parity::Odd))),
        }
    }

    /// Classifies every activation once.
    ///
    /// # Errors
    /// Those of [`Subject::of`].
    pub(super) fn letters(&self, deadline: Deadline) -> Result<Letters> {
        let mut out = Letters {
            subjects: Vec::new(),
            period: Vec::new(),
        };
        for layer in self.word.layers() {
            let same = |s: &Subject| s.structure().typed == layer.typed;
            let known = out.subjects.iter().position(same);
            out.period.push(match known {
                Some(n) => n,
                None => {
                    out.subjects.push(Subject::of(layer, deadline)?);
                    out.subjects.len() - 1
                }
            });
        }
        Ok(out)
    }

    /// The flow of a network with branches of scale `c/sqrt(L)`, good for correlations up to `far`.
    ///
    /// # Errors
    /// [`Error::Domain`] for another scale; those of the duals.
    pub fn flow(&self, far: &Rational, bits: Bits, deadline: Deadline) -> Result<Flow> {
        let Some(skip) = (self.skip.as_ref()).filter(|s| s.shrinking() == Shrinking::Flow) else {
            return Err(Error::Domain(
                "a flow in continuous depth takes branches of scale c/sqrt(L)".to_owned(),
            ));
        };
        let letters = self.letters(deadline)?;
        let duals = letters.inner(far, bits, deadline)?;
        Ok(Flow::new(duals, skip.factor_square(bits), bits))
    }
}

impl fmt::Display for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.skip {
            None => self.word.fmt(f),
            Some(skip) => write!(f, "{}, skip {skip}", self.word),
        }
    }
}

impl Letters {
    /// The duals of the layers of a period without skips, each good up to `far`.
    pub(super) fn inner(
        &self,
        far: &Rational,
        bits: Bits,
        deadline: Deadline,
    ) -> Result<Vec<Dual<Ball>>> {
        let each: Vec<_> = (self.subjects.iter())
            .map(|s| s.dual(far, bits, deadline))
            .collect::<Result<_>>()?;
        Ok(self.period.iter().map(|n| each[*n].clone()).collect())
    }

    /// The maps of the layers of a period, residual with `a` or not, good for orbits that begin at `far` or below.
    pub(super) fn maps(
        &self,
        a: Option<&Ball>,
        far: &Rational,
        bits: Bits,
        deadline: Deadline,
    ) -> Result<Vec<Dual<Ball>>> {
        let mut ready: Vec<Option<(Rational, Dual<Ball>)>> = vec![None; self.subjects.len()];
        let mut far = far.clone();
        let mut out = Vec::with_capacity(self.period.len());
        for n in &self.period {
            let dual = match &ready[*n] {
                Some((reach, dual)) if *reach >= far => dual.clone(),
                _ => self.subjects[*n].dual(&far, bits, deadline)?,
            };
            ready[*n] = Some((far.clone(), dual.clone()));
            let map = match a {
                Some(a) => dual.skipped(a),
                None => dual,
            };
            far = beyond(&map, &far);
            out.push(map);
        }
        Ok(out)
    }
}

/// A correlation that the map sends nothing below `far` beyond.
fn beyond(map: &Dual<Ball>, far: &Rational) -> Rational {
    let image = map.at(&Ball::rational(far, 64)).upper_end().to_f64();
    match Rational::from_f64(image + 1e-9) {
        Some(image) if image < 1 => image,
        // near 1 the series has to be good at 1 itself
        _ => Rational::from(1),
    }
}
