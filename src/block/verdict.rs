//! The regime of a network of blocks, proved as for one activation: equalities by the structure of the layers, inequalities by
//! enclosures of the constants of the period.

use super::layer::Layer;
use super::{Blocks, Shrinking};
use crate::deadline::Deadline;
use crate::effort::Effort;
use crate::error::Result;
use crate::exact::Activation;
use crate::limit::{Classification, Fact, Regime, Stands, VerdictConstant};
use crate::real::{Analytic, Ball, Bits, Quantity, bits_for};

impl Blocks {
    /// What the network becomes when it is infinitely wide and infinitely deep: the regime, with its evidence; `A^2`, `A'^2` and `B'` are
    /// the value at 0 and the slopes at 0 and 1 of the map of a period.
    ///
    /// # Errors
    /// Those of [`crate::limit::classify`], of a layer. A layer whose regime is undecided leaves the network undecided.
    ///
    /// ```
    /// use deeplimit::{Effort, block::Blocks, limit::Regime};
    /// // the branch alone would be a nearest neighbour, the skip makes it a singular kernel
    /// let network = Blocks::new("hermite(2)".parse()?, Some("1".parse()?));
    /// let verdict = network.classify(&Effort::default())?;
    /// assert_eq!(verdict.regime, Regime::Singular);
    /// assert!(verdict.proved);
    /// // rho -> (rho + rho^2)/2: slopes 1/2 and 3/2
    /// assert!((verdict.alpha.unwrap().to_f64() - 2.0 * 2f64.ln() / 1.5f64.ln()).abs() < 1e-14);
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn classify(&self, effort: &Effort) -> Result<Classification> {
        if let (None, [only]) = (self.skip(), self.word().layers()) {
            return only.classify(effort);
        }
        let fine = Effort {
            deadline: effort.deadline,
            ..Effort::digits(effort.digits + 10)
        };
        let mut inquiry = BlockInquiry {
            blocks: self,
            bits: 2 * bits_for(effort.digits) + 64,
            deadline: effort.deadline,
            layers: Vec::new(),
            report: Classification::open(self.to_string(), true),
        };
        let mut known: Vec<(&Activation, Classification)> = Vec::new();
        for layer in self.word().layers() {
            let verdict = match known.iter().find(|(a, _)| a.typed == layer.typed) {
                Some((_, verdict)) => verdict.clone(),
                None => {
                    let verdict = layer.classify(&fine)?;
                    inquiry.hear(layer, &verdict);
                    known.push((layer, verdict.clone()));
                    verdict
                }
            };
            inquiry
                .layers
                .push(self.layer(layer, verdict, inquiry.bits));
        }
        inquiry.decide()?;
        Ok(inquiry.report)
    }
}

/// A verdict on its way.
pub(super) struct BlockInquiry<'a> {
    pub blocks: &'a Blocks,
    pub bits: Bits,
    pub deadline: Deadline,
    pub layers: Vec<Layer>,
    pub report: Classification,
}

impl BlockInquiry<'_> {
    pub(super) fn say(&mut self, line: String) {
        self.report.evidence.push(line);
    }

    pub(super) fn stands(
        &mut self,
        constant: VerdictConstant,
        stands: Stands,
        bound: i32,
        enclosure: Ball,
    ) {
        self.report.facts.push(Fact {
            step: self.report.evidence.len() - 1,
            constant,
            stands,
            bound: bound.into(),
            enclosure,
        });
    }

    pub(super) fn undecided(&mut self, missing: String) {
        self.report.regime = Regime::Undecided;
        self.report.proved = false;
        self.report.missing.push(missing);
    }

    /// What is known of a layer alone.
    fn hear(&mut self, layer: &Activation, verdict: &Classification) {
        let name = &layer.typed;
        let number = |q: &Option<Quantity>| q.as_ref().map_or("?".to_owned(), |q| q.digits(15));
        let proof = if verdict.proved {
            "proved"
        } else {
            "numerical"
        };
        self.say(format!(
            "layer `{name}`: A = {}, A' = {}, B' = {} ({proof})",
            number(&verdict.a),
            number(&verdict.a_prime),
            number(&verdict.b_prime)
        ));
        if let Some(square) = verdict.normalisation.as_ref().and_then(Quantity::ball) {
            let square = &Ball::int(1, square.bits()) / &square;
            self.stands(VerdictConstant::Square, Stands::Above, 0, square);
        }
        if !verdict.proved {
            self.report.proved = false;
            for missing in &verdict.missing {
                self.report
                    .missing
                    .push(format!("of the layer `{name}`: {missing}"));
            }
        }
    }

    fn decide(&mut self) -> Result<()> {
        if let Some(open) = self
            .layers
            .iter()
            .find(|l| l.verdict.regime == Regime::Undecided)
        {
            let name = open.verdict.activation.clone();
            self.report.missing.clear();
            self.undecided(format!(
                "the regime of the layer `{name}`: {}",
                open.verdict.missing.join("; ")
            ));
            return Ok(());
        }
        self.tell_map();
        match self.blocks.shrinking() {
            Shrinking::Constant => {}
            Shrinking::Flow => {
                self.report.regime = Regime::Flow;
                self.say(
                    "branches of scale alpha = c/sqrt(L) move a correlation by (c^2/L) (dual(rho) - rho) + O(1/L^2) in each of L \
                     layers: the deep network is the flow rho' = c^2 (F(rho) - rho) up to time 1, F the mean of the duals of the \
                     period; 1 is reached from no rho < 1 in finite time, so different inputs stay different (Euler's method, error \
                     O(1/L))"
                        .to_owned(),
                );
                return Ok(());
            }
            Shrinking::Fast => {
                self.report.regime = Regime::Frozen;
                self.say(
                    "branches of scale alpha = c/L^s, s > 1/2, move a correlation by O(L alpha^2) = O(L^(1 - 2s)) in all: it stays where \
                     it is, and the tangent kernel tends to the mean of (dual(rho) + rho dual'(rho))/2 over the period"
                        .to_owned(),
                );
                return Ok(());
            }
            Shrinking::Slow => {
                self.undecided(
                    "the limit for branches of scale c/L^s with 0 < s < 1/2: between a constant scale and a flow, L alpha^2 tends to \
                     infinity and so does the time of the flow"
                        .to_owned(),
                );
                return Ok(());
            }
        }
        self.fill_steepness();
        let zero_mean = |l: &Layer| {
            matches!(
                l.verdict.regime,
                Regime::Linear | Regime::Singular | Regime::NearestNeighbour
            )
        };
        if !self.layers.iter().all(zero_mean) {
            return self.with_mean();
        }
        let nothing = Ball::int(0, self.bits);
        self.report.a = Some(Quantity::integer(0));
        self.say(
            "A = 0 in every layer, so every layer maps 0 to 0, and so does the period: A = 0"
                .to_owned(),
        );
        self.stands(VerdictConstant::Mean, Stands::Equal, 0, nothing.clone());
        if self
            .layers
            .iter()
            .all(|l| l.verdict.regime == Regime::Linear)
        {
            self.linear();
            return Ok(());
        }
        let flat = |l: &Layer| l.order != Some(1);
        match self.layers.iter().any(flat) {
            true => self.nearest(nothing),
            false => self.singular(),
        }
        Ok(())
    }

    fn tell_map(&mut self) {
        let n = self.layers.len();
        if let Some(skip) = self.blocks.skip() {
            self.say(format!(
                "a residual layer with branch scale alpha = {skip} maps a correlation by (rho + a dual(rho))/(1 + a), a = alpha^2: a \
                 probability generating function again, with the fixed points of the dual"
            ));
        }
        if n > 1 {
            self.say(format!(
                "a period of {n} layers maps a correlation by the composition of their maps, the first layer first: a probability \
                 generating function again, so its value at 0 and its slopes at 0 and 1 decide as for one activation"
            ));
        }
    }
}
