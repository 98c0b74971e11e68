//! The question about new rows: their classes, from a matrix in memory or without one.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use deeplimit::classifier::{Advance, Conjugate, Rule, Solver, labels as predicted, one_hot};
use deeplimit::error::{Error, Result};
use deeplimit::gram::{Gram, Matrix, Twins};
use deeplimit::kernel::{Classifier, Kernel};
use deeplimit::store::Fingerprint;

use super::certainty::KernelError;
use super::data::{Approximated, Files, Predictions, Tested, kernel};
use crate::args;
use crate::data::{self, Label};

/// How often what is done is kept.
const KEPT: Duration = Duration::from_secs(60);
/// Matrices of the size of the training rows that Cholesky takes: the kernel, a copy, the factor.
const COPIES: u64 = 3;
/// Matrices of the size of the targets that conjugate gradients take.
const VECTORS: u64 = 8;

/// What became of the question.
// one of each question: its size does not matter
#[allow(clippy::large_enum_variant)]
pub enum Predicted {
    Written(Predictions),
    /// Ctrl-C came; where it ended is in a file, if there was anything to keep.
    Stopped {
        steps: usize,
        kept: Option<PathBuf>,
    },
}

/// Does it take conjugate gradients?
fn tiled(args: &args::Predict, kernel: &Kernel, [n, m]: [usize; 2]) -> Result<bool> {
    let regression = kernel.classifier() == Classifier::Regression;
    let numbers = COPIES * (n as u64).pow(2) + n as u64 * m as u64;
    match args.solver {
        Solver::Cholesky => Ok(false),
        Solver::Auto => Ok(regression && numbers.saturating_mul(8) > args.memory),
        Solver::Cg if regression => Ok(true),
        Solver::Cg => Err(Error::Domain(format!(
            "--solver cg solves a regression, and at this depth the kernel of `{}` means another classifier: {}",
            kernel.activation(),
            kernel.classifier().name()
        ))),
    }
}

/// The classes of new rows into a file; `report` hears of conjugate gradients, and says whether to go on.
pub fn predictions(
    args: &args::Predict,
    text: &str,
    report: &(dyn Fn(&Advance) -> bool + Sync),
) -> Result<Predicted> {
    let files = Files::read(
        [&args.train, &args.test],
        (&args.out, args.force),
        (Label::Column(&args.label), &args.columns),
        &args.network,
    )?;
    let kernel = kernel(text, &args.network, args.depth)?;
    let lengths = args.network.lengths.lengths();
    let (train, test) = (&files.train, &files.test);
    let (scores, approximated) = match tiled(args, &kernel, [train.len(), test.len()])? {
        false => {
            let rule = Rule::new(&kernel, files.names.len(), args.ridge);
            (
                rule.predicted(&kernel, [train, test], lengths, &files.labels)?,
                None,
            )
        }
        true => {
            let gram = Gram::symmetric(&kernel, train, lengths)?;
            match weights(args, &gram, &files, report)? {
                Solved::Weights(weights, how) => {
                    let cross = Gram::cross(&kernel, test, train, lengths)?;
                    let scores = cross.times(&weights, |_, _| true)?;
                    let stopped = || Error::Unresolved("nothing stops here".to_owned());
                    (scores.ok_or_else(stopped)?, Some(how))
                }
                Solved::Stopped { steps, kept } => return Ok(Predicted::Stopped { steps, kept }),
            }
        }
    };
    let names = files.names;
    let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
    let mut lines = vec!["label".to_owned()];
    lines[0] += &names
        .iter()
        .map(|n| format!(",{}", quoted(&format!("score {n}"))))
        .collect::<String>();
    let found = predicted(&scores);
    for (i, class) in found.iter().copied().enumerate() {
        let numbers: String = scores.row(i).iter().map(|x| format!(",{x:?}")).collect();
        lines.push(quoted(&names[class]) + &numbers);
    }
    data::written(&args.out, lines.join("\n") + "\n")?;
    if approximated.is_some() {
        // of no use any more; that it was there at all is not certain
        let _ = std::fs::remove_file(iterate(args));
    }
    let error = KernelError::of_rows(&kernel, train, lengths);
    Ok(Predicted::Written(Predictions {
        activation: kernel.activation().to_owned(),
        read: files.read,
        training: train.len(),
        rows: test.len(),
        tested: Tested::of(&found, &files.known, &names),
        classes: names,
        classifier: kernel.classifier(),
        approximated,
        error: error.between(Twins::between(test, train)),
    }))
}

enum Solved {
    Weights(Matrix, Approximated),
    Stopped { steps: usize, kept: Option<PathBuf> },
}

/// Where the iteration is kept.
fn iterate(args: &args::Predict) -> PathBuf {
    let mut name = args.out.as_os_str().to_owned();
    name.push(".iterate");
    PathBuf::from(name)
}

fn weights(
    args: &args::Predict,
    gram: &Gram,
    files: &Files,
    report: &(dyn Fn(&Advance) -> bool + Sync),
) -> Result<Solved> {
    let (n, classes) = (files.train.len(), files.names.len());
    let targets = one_hot(&files.labels, classes)?;
    let own = gram.own()?;
    let ridge = args.ridge * own.iter().sum::<f64>() / n as f64;
    let mut how = Conjugate {
        tolerance: args.tolerance,
        ..Conjugate::of(n)
    };
    // a row of the targets' size for each vector and each core, one of the landmarks' besides
    let cores = std::thread::available_parallelism().map_or(1, |c| c.get() as u64);
    let vectors = 8 * (VECTORS + cores) * n as u64 * classes as u64;
    let left = args.memory.saturating_sub(vectors) / (8 * n as u64);
    how.landmarks = how.landmarks.min(left as usize);
    if let Some(landmarks) = args.landmarks {
        how.landmarks = n.min(landmarks as usize);
    }
    if how.landmarks == 0 {
        return Err(Error::Io(format!(
            "{} bytes of memory are not enough for {n} rows in {classes} classes: give --memory {} MiB or more",
            args.memory,
            ((vectors + 800 * n as u64) >> 20) + 1
        )));
    }
    let mut hash = Fingerprint::default();
    files.labels.iter().for_each(|l| hash.add(*l as u64));
    let contents = gram.contents().words;
    let words = format!(
        "{contents}, ridge {:?}, {classes} classes, labels {hash}",
        args.ridge
    );
    let path = iterate(args);
    let begun = match args.force {
        true => None,
        false => data::begun(&path, &words)?,
    };
    // what cannot be kept is said at the end, not in the middle of the work
    let last = Mutex::new((Instant::now(), Ok(())));
    let watch = |standing: &Advance| {
        if let (Some(at), Ok(mut last)) = (standing.iterate, last.lock())
            && last.0.elapsed() >= KEPT
        {
            *last = (Instant::now(), data::kept(&path, &words, at));
        }
        report(standing)
    };
    let found = how.solved(gram, &targets, ridge, begun, &watch)?;
    let steps = found.iterate.steps;
    let residual = found.residuals.iter().copied().fold(0.0, f64::max);
    if found.settled {
        let how = Approximated { steps, residual };
        return Ok(Solved::Weights(found.iterate.weights, how));
    }
    let something = steps > 0;
    if something {
        data::kept(&path, &words, &found.iterate)?;
    }
    let stopped = !report(&Advance {
        steps,
        residual,
        tiles: (0, 1),
        iterate: None,
    });
    match stopped {
        true => Ok(Solved::Stopped {
            steps,
            kept: something.then_some(path),
        }),
        false => Err(Error::Unresolved(format!(
            "after {steps} steps the residual is {residual:.1e} of the targets: a larger ridge, more --landmarks or a larger --tolerance help; the same line goes on from {}",
            path.display()
        ))),
    }
}
