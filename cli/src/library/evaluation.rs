//! The question about accuracy, by folds or by leaving out one row at a time.

use std::path::Path;

use deeplimit::classifier::choice::{self, Outcome, Protocol, Trial};
use deeplimit::classifier::{Rule, numbered};
use deeplimit::error::{Error, Result};
use deeplimit::gram::{Gram, Inputs, Twins};
use deeplimit::kernel::{Classifier, Depth};

use super::certainty::KernelError;
use super::data::{asked, kernel, points};
use crate::args;
use crate::data::{self, Asked, Label, Reading};

/// `deeplimit evaluate`.
#[derive(Clone, Debug)]
pub struct Evaluation {
    pub activation: String,
    /// What was read.
    pub read: Reading,
    pub rows: usize,
    pub classes: usize,
    pub folds: Vec<Fold>,
    pub outcome: Outcome,
    pub error: KernelError,
}

/// One fold of it.
#[derive(Clone, Debug)]
pub struct Fold {
    /// What was chosen, by its number, and how well it did.
    pub chosen: choice::Fold,
    /// The depth of that number.
    pub depth: Depth,
    pub classifier: Classifier,
}

/// Accuracy by folds; `report(done, all, folds)` hears how far it is, and the folds that are finished.
pub fn evaluation(
    args: &args::Evaluate,
    text: &str,
    mut report: impl FnMut(usize, usize, &[Fold]),
) -> Result<Evaluation> {
    let [file] = &args.data[..] else {
        return Err(Error::Io(format!(
            "one file is wanted, {} are given: --all says the accuracy on each",
            args.data.len()
        )));
    };
    let asked = Asked {
        directions: args.network.lengths == Inputs::Unit,
        ..asked(&args.columns, Label::Column(&args.label), true)
    };
    let rows = data::rows(file, &asked)?;
    let (names, labels) = numbered(&rows.labels);
    if let Some(why) = data::one_row_each(&rows.labels) {
        return Err(Error::Data(format!("{}: {why}", file.display())));
    }
    let read = rows.read.clone();
    if names.len() < 2 {
        return Err(Error::Data(format!(
            "{}: all rows have the label {}: there is nothing to tell apart",
            file.display(),
            names.first().map_or("", String::as_str)
        )));
    }
    let points = points(rows, file, &args.network)?;
    let n = points.len();
    let splits = |path: &Path| {
        let splits = data::splits(path)?;
        splits.fit(path, n)?;
        Ok(splits.pairs)
    };
    let folds = args.folds.as_deref().map(splits).transpose()?;
    let tuning = args.tune.as_deref().map(splits).transpose()?;
    let tuning = match (&tuning, &args.tune) {
        (Some(t), Some(path)) if t.len() != 1 => {
            return Err(Error::Data(format!(
                "{}: two lines are wanted, training and validation",
                path.display()
            )));
        }
        (t, _) => t.as_ref().map(|t| &t[0]),
    };
    let (mut trials, mut activation) = (Vec::new(), String::new());
    let mut error = KernelError::default().among(Twins::of(&points));
    for depth in &args.depth {
        let kernel = kernel(text, &args.network, *depth)?;
        kernel.activation().clone_into(&mut activation);
        let gram = Gram::symmetric(&kernel, &points, args.network.lengths.lengths())?;
        error = error.with(KernelError::of_gram(&gram));
        let gram = gram.decisive()?;
        let rule = Rule::new(&kernel, names.len(), 0.0);
        trials.push(Trial::new(rule, gram, labels.clone()));
    }
    let shown = |folds: &[choice::Fold]| -> Vec<Fold> {
        let of = |f: &choice::Fold| Fold {
            chosen: *f,
            depth: args.depth[f.choice.candidate],
            classifier: trials[f.choice.candidate].rule().classifier(),
        };
        folds.iter().map(of).collect()
    };
    let protocol = Protocol {
        labels: &labels,
        ridges: &args.ridge,
        tuning,
        folds: folds.as_deref(),
    };
    let outcome = protocol.run(&trials, |done, all, folds| {
        report(done, all, &shown(folds));
        Ok(())
    })?;
    Ok(Evaluation {
        activation,
        read,
        rows: n,
        classes: names.len(),
        folds: shown(&outcome.folds),
        outcome,
        error,
    })
}
