//! The seam: networks whose layers differ or are skipped.

use std::sync::Arc;

use deeplimit::Activation;
use deeplimit::block::{self, BranchScale, Word};
use deeplimit::error::{Error, Result};
use deeplimit::limit::{Classification, DeepValue};
use deeplimit::real::Arithmetic;
use rug::Rational;

use super::{Kernel, Limits, Request};
use crate::args;
use crate::number::Deep;
use crate::typed;

/// What makes a network of a text: `--network`, `--skip`.
#[derive(Clone, Debug)]
pub struct Blocks {
    /// The text is a word, and not an expression.
    word: bool,
    skip: Option<Arc<BranchScale>>,
}

impl Blocks {
    /// Nothing where neither was typed.
    pub fn new(args: &args::Blocks) -> Result<Option<Self>> {
        let skip: Option<BranchScale> = args.skip.as_deref().map(str::parse).transpose()?;
        let word = args.network.is_some();
        Ok((word || skip.is_some()).then(|| Self {
            word,
            skip: skip.map(Arc::new),
        }))
    }

    fn network(&self, text: &str) -> Result<block::Blocks> {
        let word = match self.word {
            true => Word::parse_with(text, typed::constants())?,
            false => Word::new(vec![Activation::new(&typed::parsed(text)?)?])?,
        };
        let skip = self.skip.as_ref().map(|s| BranchScale::clone(s));
        Ok(block::Blocks::new(word, skip))
    }

    /// The network as it is shown.
    pub fn shown(&self, text: &str) -> String {
        self.network(text)
            .map_or_else(|_| text.to_owned(), |n| n.to_string())
    }

    /// Whose kernel.
    pub fn convention(&self) -> &'static str {
        match self.skip {
            Some(_) => "huang2020",
            None => "radhakrishnan2022",
        }
    }

    /// What the network becomes.
    pub fn classification(
        &self,
        text: &str,
        request: Request,
        arithmetic: Arithmetic,
    ) -> Result<Classification> {
        if arithmetic != Arithmetic::Ball {
            return Err(Error::Domain(format!(
                "networks of several layers are classified in balls alone, not in {arithmetic}"
            )));
        }
        self.network(text)?.classify(&request.effort())
    }

    /// The kernel at infinite depth.
    pub fn limits(&self, text: &str, at: &[Rational], request: Request) -> Result<Limits> {
        self.network(text)?.limits(at, &request.effort())
    }

    /// The kernels at any depth.
    pub fn kernels(
        &self,
        text: &str,
        at: &[Rational],
        depth: u64,
        request: Request,
    ) -> Result<Vec<Result<Kernel>>> {
        let network = self.network(text)?;
        let rows = network.values(depth, at, &request.effort())?;
        let shown = |row: Result<DeepValue>| {
            let value = row?;
            value.nngp.decimal_exists()?;
            Ok(Kernel {
                nngp: Deep::Scaled(value.nngp),
                ntk: value.ntk.map_or(Deep::Infinite, Deep::Scaled),
                limit: None,
                correction: None,
            })
        };
        Ok(rows.into_iter().map(shown).collect())
    }
}
