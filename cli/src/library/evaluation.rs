//! The question about accuracy, by folds or by leaving out one row at a time.

use std::path::Path;

use deeplimit::error::{Error, Result};
use deeplimit::gram::folds::{distinct, wilson};
use deeplimit::gram::{self as room, Gram, Matrix, Rule, Twins};
use deeplimit::kernel::{Classifier, Depth};

use super::certainty::KernelError;
use super::data::{asked, kernel, numbered, points};
use crate::args;
use crate::data::{self, Label, Reading};

/// `deeplimit evaluate`.
#[derive(Clone, Debug)]
pub struct Evaluation {
    pub activation: String,
    /// What was read.
    pub read: Reading,
    /// Different test rows of all folds.
    pub tested: usize,
    pub rows: usize,
    pub classes: usize,
    pub folds: Vec<Fold>,
    pub majority: f64,
    pub error: KernelError,
}

/// One fold of it.
#[derive(Clone, Debug)]
pub struct Fold {
    pub depth: Depth,
    pub classifier: Classifier,
    pub ridge: Option<f64>,
    pub train: usize,
    pub test: usize,
    pub accuracy: f64,
}

impl Fold {
    /// Wilson's interval of the accuracy.
    pub fn interval(&self) -> [f64; 2] {
        wilson(self.accuracy, self.test)
    }
}

impl Evaluation {
    /// The mean over the folds.
    pub fn accuracy(&self) -> f64 {
        self.folds.iter().map(|f| f.accuracy).sum::<f64>() / self.folds.len() as f64
    }

    /// The standard error of the mean, the rows taken for independent: `sqrt(p (1 - p)/n)`, `n` different test rows in all
    /// (what several folds test counts once).
    pub fn standard_error(&self) -> f64 {
        let p = self.accuracy();
        (p * (1.0 - p) / self.tested as f64).sqrt()
    }

    /// Wilson's interval of the mean, likewise.
    pub fn interval(&self) -> [f64; 2] {
        wilson(self.accuracy(), self.tested)
    }
}

struct Problem {
    grams: Vec<(Depth, Rule, Matrix)>,
    labels: Vec<usize>,
}

impl Problem {
    fn of(&self, rows: &[usize]) -> Vec<usize> {
        rows.iter()
            .filter_map(|r| self.labels.get(*r).copied())
            .collect()
    }

    /// Accuracy on test rows.
    fn accuracy(&self, k: usize, ridge: f64, train: &[usize], test: &[usize]) -> Result<f64> {
        let (_, rule, gram) = &self.grams[k];
        let (own, cross) = (gram.selected(train, train)?, gram.selected(test, train)?);
        let rule = rule.with_ridge(ridge);
        let scores = rule.scores(&own, &cross, &self.of(train))?;
        Ok(room::accuracy(&scores, &self.of(test)))
    }

    /// Accuracy leaving out one row at a time.
    fn left_out(&self, k: usize, ridge: f64, train: &[usize]) -> Result<f64> {
        let (_, rule, gram) = &self.grams[k];
        let own = gram.selected(train, train)?;
        let rule = rule.with_ridge(ridge);
        let scores = rule.scores_left_out(&own, &self.of(train))?;
        Ok(room::accuracy(&scores, &self.of(train)))
    }
}

/// Accuracy by folds; `report(done, all, folds)` hears how far it is, and the folds that are finished.
pub fn evaluation(
    args: &args::Evaluate,
    text: &str,
    mut report: impl FnMut(usize, usize, &[Fold]),
) -> Result<Evaluation> {
    let rows = data::rows(
        &args.data,
        &asked(&args.columns, Label::Column(&args.label), true),
    )?;
    let (names, labels) = numbered(&rows.labels);
    if let Some(why) = data::one_row_each(&rows.labels) {
        return Err(Error::Data(format!("{}: {why}", args.data.display())));
    }
    let read = rows.read.clone();
    if names.len() < 2 {
        return Err(Error::Data(format!(
            "{}: all rows have the label {}: there is nothing to tell apart",
            args.data.display(),
            names.first().map_or("", String::as_str)
        )));
    }
    let points = points(rows, &args.data, &args.network)?;
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
    let (mut grams, mut activation) = (Vec::new(), String::new());
    let mut error = KernelError::default().among(Twins::of(&points));
    for depth in &args.depth {
        let kernel = kernel(text, &args.network, *depth)?;
        kernel.activation().clone_into(&mut activation);
        error = error.with(KernelError::of(&kernel, &points));
        grams.push((
            *depth,
            Rule::new(&kernel, names.len(), 0.0),
            Gram::symmetric(&kernel, &points, args.network.lengths)?.decisive()?,
        ));
    }
    let mut count = vec![0usize; names.len()];
    labels.iter().for_each(|l| count[*l] += 1);
    let problem = Problem { grams, labels };
    let candidates: Vec<(usize, Option<f64>)> = (0..problem.grams.len())
        .flat_map(|k| match problem.grams[k].1.classifier().has_ridge() {
            false => vec![(k, None)],
            true => args.ridge.iter().map(|r| (k, Some(*r))).collect(),
        })
        .collect();
    let own_folds = folds.is_some();
    let folds = folds.unwrap_or_else(|| vec![[(0..n).collect(), Vec::new()]]);
    let choices = if tuning.is_some() { 1 } else { folds.len() };
    let all = candidates.len() * choices + folds.len();
    let mut done = 0;
    let mut best: Option<(usize, Option<f64>)> = None;
    let mut out: Vec<Fold> = Vec::new();
    report(done, all, &out);
    for [train, test] in &folds {
        if best.is_none() || tuning.is_none() {
            let mut top = (-1.0, None);
            let mut trouble = None;
            for (k, ridge) in &candidates {
                let r = ridge.unwrap_or(0.0);
                let found = match tuning {
                    Some([a, b]) => problem.accuracy(*k, r, a, b),
                    None => problem.left_out(*k, r, train),
                };
                match found {
                    Ok(accuracy) if accuracy > top.0 => top = (accuracy, Some((*k, *ridge))),
                    Ok(_) => {}
                    // too small a ridge is no reason to give up as long as another will do
                    Err(e) => trouble = Some(e),
                }
                done += 1;
                report(done, all, &out);
            }
            best = top.1;
            if let (None, Some(e)) = (best, trouble) {
                return Err(e);
            }
        }
        let Some((k, ridge)) = best else { continue };
        let r = ridge.unwrap_or(0.0);
        let accuracy = match own_folds {
            true => problem.accuracy(k, r, train, test)?,
            false => problem.left_out(k, r, train)?,
        };
        out.push(Fold {
            depth: problem.grams[k].0,
            classifier: problem.grams[k].1.classifier(),
            ridge,
            train: train.len(),
            test: if own_folds { test.len() } else { n },
            accuracy,
        });
        done += 1;
        report(done, all, &out);
    }
    let tested = match own_folds {
        true => distinct(folds.iter().map(|[_, test]| test.as_slice())),
        false => n,
    };
    Ok(Evaluation {
        activation,
        read,
        tested,
        rows: n,
        classes: names.len(),
        folds: out,
        majority: count.iter().copied().max().unwrap_or(0) as f64 / n as f64,
        error,
    })
}
