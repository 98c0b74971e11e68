//! The seam: identities, and what an examination finds.

use std::sync::Arc;
use std::time::Duration;

use deeplimit::deadline::Deadline;
use deeplimit::error::{Error, Result};
use deeplimit::identity::{self, Candidate, Certified, Examination, identities};
pub use deeplimit::identity::{
    Failure, Findings, Fineness, Identity, Numeral, Question, ReferenceRow,
};

use crate::typed;

/// All identities.
pub fn all_identities() -> Vec<&'static Identity> {
    identities().collect()
}

/// What is to be examined.
pub struct Inquiry<'a> {
    pub expressions: &'a [String],
    pub tests: u32,
    pub seed: u64,
    pub only: &'a [String],
    pub depth: u32,
    pub timeout: Duration,
}

/// The findings about a candidate, or about this program, and the expressions that are none.
///
/// # Errors
/// An identity that there is not.
pub fn examined(
    inquiry: &Inquiry,
    candidate: Option<&dyn Candidate>,
) -> Result<(Findings, Vec<(String, Error)>)> {
    let (mut texts, mut refused) = (vec![], vec![]);
    for text in inquiry.expressions {
        let read = typed::parsed(text).and_then(|e| {
            deeplimit::Activation::new(&e)?;
            Ok(e.to_string())
        });
        match read {
            Ok(text) => texts.push(text),
            Err(error) => refused.push((text.clone(), error)),
        }
    }
    let usual = inquiry.expressions.is_empty() && inquiry.tests == 0;
    let certified = Arc::new(Certified::new(20, Duration::from_secs(5)));
    let mut examination = Examination {
        certified: certified.clone(),
        deadline: Deadline::after(inquiry.timeout),
        ..Examination::default()
    };
    if !usual {
        examination.activations = texts;
    }
    examination = examination
        .at(2, u64::from(inquiry.depth))
        .random(u64::from(inquiry.tests), inquiry.seed);
    if !inquiry.only.is_empty() {
        examination = examination.only(inquiry.only)?;
    }
    if candidate.is_none() {
        // the library against itself would say nothing
        examination.identities.retain(|i| !i.reference);
    }
    let findings = match candidate {
        Some(candidate) => identity::examine(candidate, &examination),
        None => identity::examine(certified.as_ref(), &examination),
    };
    Ok((findings, refused))
}

/// The activations of the reference table.
pub fn reference_activations() -> &'static [&'static str] {
    identity::reference_activations()
}

/// Certified values of one of them.
pub fn reference_rows(activation: &str) -> Vec<ReferenceRow> {
    identity::reference_rows_of(&[activation], &Certified::default())
}
