//! The questions about data: Gram matrices, accuracy, predictions.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use deeplimit::activation::Expr;
use deeplimit::deadline::Deadline;
use deeplimit::error::{Error, Result};
pub use deeplimit::gram::store::merge::Merged;
use deeplimit::gram::store::{is_whole, merge::merge};
use deeplimit::gram::{self as room, Filled, Gram, Matrix, Points, Rule, Shard, Store, Twins};
use deeplimit::kernel::{Classifier, Depth, Kernel, LimitForm};

use super::certainty::KernelError;
use crate::args;
use crate::data;

/// `deeplimit gram`.
#[derive(Clone, Debug)]
pub struct GramReport {
    pub activation: String,
    pub rows: usize,
    /// Tiles (of the shard).
    pub tiles: usize,
    /// Those that were there already.
    pub resumed: usize,
    pub filled: Filled,
    pub log_scale: f64,
    pub error: KernelError,
    /// Equal inputs have an infinite kernel.
    pub singular: bool,
    /// What the entries are at infinite depth.
    pub form: Option<LimitForm>,
    /// Seconds.
    pub prepared: f64,
}

/// `deeplimit evaluate`.
#[derive(Clone, Debug)]
pub struct Evaluation {
    pub activation: String,
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

impl Evaluation {
    /// The mean over the folds.
    pub fn accuracy(&self) -> f64 {
        self.folds.iter().map(|f| f.accuracy).sum::<f64>() / self.folds.len() as f64
    }

    /// The standard error of the mean, the tests taken for independent: `sqrt(p (1 - p)/n)`, `n` test rows in all.
    pub fn standard_error(&self) -> f64 {
        let (p, n) = (
            self.accuracy(),
            self.folds.iter().map(|f| f.test).sum::<usize>(),
        );
        (p * (1.0 - p) / n as f64).sqrt()
    }
}

/// `deeplimit predict`.
#[derive(Clone, Debug)]
pub struct Predictions {
    pub activation: String,
    pub training: usize,
    pub rows: usize,
    pub classes: Vec<String>,
    pub classifier: Classifier,
    pub error: KernelError,
}

/// What the program takes without any data.
const PROGRAM: u64 = 24 << 20;
/// A smaller tile is not worth its name: 128 x 128, three times.
const TILE_MIN: u64 = 3 * 8 * 128 * 128;

pub(super) fn kernel(text: &str, network: &args::Network, depth: Depth) -> Result<Kernel> {
    let kind = match network.kernel {
        args::Kind::Ntk => deeplimit::kernel::Kind::Ntk,
        args::Kind::Nngp => deeplimit::kernel::Kind::Nngp,
    };
    let request = super::NetworkRequest {
        depth: 0,
        sigma_w: network.sigma_w.clone(),
        sigma_b: network.sigma_b.clone(),
        norms: None,
        convention: network.convention,
    };
    Kernel::of_network(
        &Expr::parse(text)?,
        depth,
        kind,
        &request.settings()?,
        Deadline::after(network.timeout),
    )
}

pub(super) fn lengths(network: &args::Network) -> room::Lengths {
    match network.lengths {
        args::Lengths::Unit => room::Lengths::Unit,
        args::Lengths::Keep => room::Lengths::Keep,
    }
}

/// The rows as points; what is wrong with them, with the name of the file.
fn points(rows: data::Rows, path: &Path, network: &args::Network) -> Result<Points> {
    let points = match network.lengths {
        args::Lengths::Unit => Points::new(rows.dimension, rows.values),
        // rows of zeros have kernel 0 then
        args::Lengths::Keep => Points::with_zero_rows(rows.dimension, rows.values),
    };
    points.map_err(|e| match e {
        Error::Data(message) => {
            let hint = match message.contains("has no direction") {
                true => " (--lengths keep takes such rows, for homogeneous activations)",
                false => "",
            };
            Error::Data(format!("{}: {message}{hint}", path.display()))
        }
        other => other,
    })
}

/// Joins stores; `report(done, all)` says whether to go on.
pub fn merged(args: &args::Merge, report: impl FnMut(usize, usize) -> bool) -> Result<Merged> {
    merge(&args.stores, &args.out, args.force, report)
}

/// A Gram matrix into a file or folder; `report(done, all)` says whether to go on.
pub fn gram(
    args: &args::GramMatrix,
    network: &args::Network,
    text: &str,
    mut report: impl FnMut(usize, usize) -> bool,
) -> Result<GramReport> {
    let zarr = args
        .out
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("zarr"));
    if args.shard.is_some() && !zarr {
        return Err(Error::Io(format!(
            "{} is one file, which one process writes: with --shard, give --out a name that ends in .zarr",
            args.out.display()
        )));
    }
    let npy = args
        .out
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("npy"));
    if !zarr && !npy {
        return Err(Error::Io(format!(
            "{}: the name says the format, and ends in .npy or .zarr",
            args.out.display()
        )));
    }
    if args.shard.is_none() {
        data::free(&args.out, args.force, &[&args.data])?;
    }
    let rows = data::rows(&args.data, args.label.as_deref(), false)?;
    let points = points(rows, &args.data, network)?;
    let begun = Instant::now();
    let kernel = kernel(text, network, args.depth)?;
    let prepared = begun.elapsed().as_secs_f64();
    let gram = Gram::symmetric(&kernel, &points, lengths(network))?;
    // the rows as they came, the unit vectors, the tables, and the program itself
    let own = 3 * 8 * (points.given().len() as u64) + 8 * kernel.size() as u64 + PROGRAM;
    let left = args
        .memory
        .checked_sub(own)
        .filter(|left| *left >= TILE_MIN)
        .ok_or_else(|| {
            Error::Io(format!(
                "{} bytes of memory are not enough for {} points: give --memory {} MiB or more",
                args.memory,
                points.len(),
                ((own + TILE_MIN) >> 20) + 1
            ))
        })?;
    let contents = gram.contents();
    let shard = args.shard.unwrap_or(Shard::WHOLE);
    let mut answer = GramReport {
        activation: kernel.activation().to_owned(),
        rows: points.len(),
        tiles: 0,
        resumed: 0,
        filled: Filled::Whole,
        log_scale: kernel.log_scale(),
        error: KernelError::of(&kernel, &points).among(Twins::of(&points)),
        singular: kernel.diagonal().is_infinite(),
        form: kernel.limit_form(),
        prepared,
    };
    if args.shard.is_some() && !args.force && is_whole(&args.out, &contents) {
        return Ok(answer);
    }
    let mut store = Store::open(&args.out, &contents, contents.side(left), args.force)?;
    (answer.tiles, answer.resumed) = store.count(shard)?;
    report(answer.resumed, answer.tiles);
    answer.filled = store.fill(shard, &mut report, |tile, out| {
        gram.tile(tile.rows.clone(), tile.columns.clone(), out)?;
        Ok(true)
    })?;
    Ok(answer)
}

/// The classes in order, and the number of each row's.
fn numbered(labels: &[String]) -> (Vec<String>, Vec<usize>) {
    let mut names: BTreeMap<&String, usize> = labels.iter().map(|l| (l, 0)).collect();
    names.values_mut().enumerate().for_each(|(k, n)| *n = k);
    let rows = labels.iter().map(|l| names[l]).collect();
    (names.keys().map(|l| (*l).clone()).collect(), rows)
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

/// Accuracy by folds; `report(done, all)` hears how far it is.
pub fn evaluation(
    args: &args::Evaluate,
    text: &str,
    mut report: impl FnMut(usize, usize),
) -> Result<Evaluation> {
    let rows = data::rows(&args.data, Some(&args.label), false)?;
    let (names, labels) = numbered(&rows.labels);
    if names.len() < 2 {
        return Err(Error::Data(format!(
            "{}: all rows have the label {}: there is nothing to tell apart",
            args.data.display(),
            names.first().map_or("", String::as_str)
        )));
    }
    let points = points(rows, &args.data, &args.network)?;
    let n = points.len();
    let folds = args.folds.as_deref().map(data::splits).transpose()?;
    let tuning = args.tune.as_deref().map(data::splits).transpose()?;
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
            Gram::symmetric(&kernel, &points, lengths(&args.network))?.decisive()?,
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
    report(done, all);
    let mut best: Option<(usize, Option<f64>)> = None;
    let mut out = Vec::new();
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
                report(done, all);
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
        report(done, all);
    }
    Ok(Evaluation {
        activation,
        rows: n,
        classes: names.len(),
        folds: out,
        majority: count.iter().copied().max().unwrap_or(0) as f64 / n as f64,
        error,
    })
}

/// Rows to learn from, and new ones.
pub(super) struct Pair {
    pub train: Points,
    pub test: Points,
    /// The classes in order.
    pub names: Vec<String>,
    /// The class of each training row.
    pub labels: Vec<usize>,
}

impl Pair {
    /// Reads both files, the columns of the second in the order of the first.
    /// There must be room for the output, which is looked at first.
    pub fn read(
        [train, test]: [&Path; 2],
        (out, force): (&Path, bool),
        label: &str,
        network: &args::Network,
    ) -> Result<Pair> {
        data::free(out, force, &[train, test])?;
        let known = data::rows(train, Some(label), false)?;
        let new = data::rows(test, Some(label), true)?.like(test, &known, train)?;
        let (names, labels) = numbered(&known.labels);
        Ok(Pair {
            train: points(known, train, network)?,
            test: points(new, test, network)?,
            names,
            labels,
        })
    }
}

/// The classes of new rows into a file.
pub fn predictions(args: &args::Predict, text: &str) -> Result<Predictions> {
    let Pair {
        train,
        test,
        names,
        labels,
    } = Pair::read(
        [&args.train, &args.test],
        (&args.out, args.force),
        &args.label,
        &args.network,
    )?;
    let kernel = kernel(text, &args.network, args.depth)?;
    let lengths = lengths(&args.network);
    let own = Gram::symmetric(&kernel, &train, lengths)?.decisive()?;
    let cross = Gram::cross(&kernel, &test, &train, lengths)?.decisive()?;
    let scores = Rule::new(&kernel, names.len(), args.ridge).scores(&own, &cross, &labels)?;
    let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
    let mut lines = vec!["label".to_owned()];
    lines[0] += &names
        .iter()
        .map(|n| format!(",{}", quoted(&format!("score {n}"))))
        .collect::<String>();
    for (i, class) in room::classes(&scores).into_iter().enumerate() {
        let numbers: String = scores.row(i).iter().map(|x| format!(",{x:?}")).collect();
        lines.push(quoted(&names[class]) + &numbers);
    }
    data::written(&args.out, &(lines.join("\n") + "\n"))?;
    Ok(Predictions {
        activation: kernel.activation().to_owned(),
        training: train.len(),
        rows: test.len(),
        classes: names,
        classifier: kernel.classifier(),
        error: KernelError::of(&kernel, &train).between(Twins::between(&test, &train)),
    })
}
