//! A claim against its measure: can it be measured, and what comes out.

use super::claim::{Claim, Expected, Finding, Verdict, Wanted};
use super::laboratory::Laboratory;
use super::measures::{measure, measures};
use super::parameters::unknown;
use super::vocabulary;
use crate::error::{Error, Result};
use crate::limit::Regime;

impl Claim {
    /// Can it be measured at all? The quantity exists, and its parameters are those that it takes.
    ///
    /// # Errors
    /// [`Error::Domain`]: one sentence that names what is wrong, with a suggestion where there is one.
    pub fn validate(&self) -> Result<()> {
        let Some(measure) = measure(&self.quantity) else {
            let near = measures()
                .iter()
                .map(|m| (strsim::jaro(&self.quantity, m.name), m.name))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .filter(|(likeness, _)| *likeness > 0.7);
            let hint =
                near.map_or_else(String::new, |(_, name)| format!("; did you mean `{name}`?"));
            return Err(Error::Domain(format!(
                "there is no quantity `{}`{hint}",
                self.quantity
            )));
        };
        for name in measure.needs {
            if !self.parameters.has(name) {
                return Err(Error::Domain(format!(
                    "the quantity `{}` needs the parameter `{name}`",
                    measure.name
                )));
            }
        }
        for name in self.parameters.names() {
            if !measure.needs.contains(&name) && !measure.takes.contains(&name) {
                return Err(Error::Domain(format!(
                    "the quantity `{}` has no parameter `{name}`; it takes {}",
                    measure.name,
                    measure.all().join(", ")
                )));
            }
        }
        if matches!(self.expected, Expected::Word(_)) != measure.word {
            let kind = if measure.word { "a word" } else { "a number" };
            return Err(Error::Domain(format!(
                "the quantity `{}` is {kind}",
                measure.name
            )));
        }
        if let Expected::Word(word) = &self.expected
            && word.parse::<Regime>().is_err()
        {
            return Err(unknown("regime", word, &Regime::ALL.map(Regime::name)));
        }
        vocabulary::check(measure.name, &self.parameters)
    }
}

impl Laboratory {
    /// Measures the quantity of a claim and compares.
    pub fn check(&self, claim: &Claim) -> Finding {
        if let Err(error) = claim.validate() {
            return Finding::not_attempted(error.to_string());
        }
        if claim.effort > self.effort() {
            return Finding::left_out(Wanted::Effort(claim.effort));
        }
        let Some(measure) = measure(&claim.quantity) else {
            return Finding::not_attempted(String::new());
        };
        match (measure.run)(self, &claim.parameters) {
            Ok((measured, mut notes)) => {
                let verdict = claim.verdict(&measured);
                if verdict == Verdict::NotAttempted {
                    notes.push("the error of the measured value reaches across the bound: more digits or more data are needed".into());
                }
                Finding {
                    verdict,
                    measured: Some(measured),
                    notes,
                    wanted: None,
                }
            }
            Err(Error::NoSource) => Finding::left_out(Wanted::Data),
            Err(error) => Finding::not_attempted(error.to_string()),
        }
    }
}
