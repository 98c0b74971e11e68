//! The taxonomy: which activation of the catalogue has which limit.

use rayon::prelude::*;

use crate::activation::{Expr, catalogue};
use crate::deadline::Deadline;
use crate::effort::Effort;
use crate::error::Result;
use crate::limit::{Classification, classify};

/// An activation and its verdict.
#[derive(Debug)]
pub struct Row {
    /// As it can be typed: `hermite(3)`.
    pub activation: String,
    /// The verdict.
    pub classification: Result<Classification>,
}

/// Every entry of the catalogue; entries with an index at a few of its values.
pub fn taxonomy(digits: usize, deadline: Deadline) -> Vec<Row> {
    let names: Vec<String> = catalogue()
        .iter()
        .flat_map(|e| match (&e.index, e.name) {
            (None, name) => vec![name.to_owned()],
            (Some(_), "optimal") => [1, 2, 4, 8, 16, 32]
                .map(|d| format!("optimal({d})"))
                .to_vec(),
            (Some((_, range)), name) => (1..=3)
                .filter(|n| range.contains(n))
                .map(|n| format!("{name}({n})"))
                .collect(),
        })
        .collect();
    names
        .into_par_iter()
        .map(|activation| {
            let options = Effort {
                digits,
                deadline,
                ..Effort::default()
            };
            let classification = Expr::parse(&activation).and_then(|e| classify(&e, &options));
            Row {
                activation,
                classification,
            }
        })
        .collect()
}
