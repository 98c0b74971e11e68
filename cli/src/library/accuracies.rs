//! The question about many accuracies: files, kernels, activations and depths in one table, kept as it grows.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use deeplimit::error::{Error, Result, Trouble};
use deeplimit::kernel::{Depth, Kind};
use deeplimit::store::Fingerprint;

use super::evaluation::{Evaluation, evaluation};
use crate::args;
use crate::data;

/// One network on one file.
#[derive(Clone, Debug)]
pub struct Line {
    pub data: PathBuf,
    pub kernel: Kind,
    pub activation: String,
    pub depth: Depth,
    pub outcome: Result<Accuracy>,
}

/// How well it does, with the ridge that was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Accuracy {
    /// The mean over the folds.
    pub accuracy: f64,
    pub standard_error: f64,
    /// Different rows that were tested.
    pub tested: usize,
    pub majority: f64,
    /// What the kernel means.
    pub classifier: String,
    /// It was in the file already.
    pub found: bool,
}

impl Accuracy {
    fn of(e: &Evaluation) -> Accuracy {
        Accuracy {
            accuracy: e.outcome.accuracy(),
            standard_error: e.outcome.standard_error(),
            tested: e.outcome.tested,
            majority: e.outcome.majority,
            classifier: e
                .folds
                .first()
                .map_or_else(String::new, |f| f.classifier.name().to_owned()),
            found: false,
        }
    }
}

const HEADS: &str =
    "data,data hash,kernel,activation,depth,classifier,accuracy,standard error,tested,majority";

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// The places of the best of each file: the largest accuracy, and those that are equal to it.
pub fn best(lines: &[Line]) -> Vec<bool> {
    let accuracy = |l: &Line| l.outcome.as_ref().ok().map(|a| a.accuracy);
    let mut top: HashMap<&PathBuf, f64> = HashMap::new();
    for line in lines {
        if let Some(a) = accuracy(line) {
            let best = top.entry(&line.data).or_insert(a);
            *best = best.max(a);
        }
    }
    lines
        .iter()
        .map(|l| accuracy(l).is_some_and(|a| top.get(&l.data) == Some(&a)))
        .collect()
}

/// What a table in a file is of, besides its lines: a table of something else is not gone on with.
fn settings(args: &args::Evaluate) -> String {
    let n = &args.network;
    let shown = |path: &Option<PathBuf>| {
        path.as_ref()
            .map_or_else(|| "none".to_owned(), |p| p.display().to_string())
    };
    let typed = |x: &Option<String>| x.clone().unwrap_or_else(|| "none".to_owned());
    format!(
        "# deeplimit {}, label {}, lengths {}, sigma_w {}, sigma_b {}, convention {}, set {:?}, ridges {:?}, folds {}, tune {}, drop {:?}, keep {:?}",
        env!("CARGO_PKG_VERSION"),
        args.label,
        n.lengths,
        typed(&n.sigma_w),
        typed(&n.sigma_b),
        n.convention.map_or_else(|| "none".to_owned(), |c| c.to_string()),
        n.set,
        args.ridge,
        shown(&args.folds),
        shown(&args.tune),
        args.columns.drop,
        args.columns.keep,
    )
    .replace('\n', " ")
}

/// Of what is read: a line of other data is not found again.
fn hash(file: &Path, args: &args::Evaluate) -> Result<Fingerprint> {
    let mut hash = Fingerprint::default();
    let label = Path::new(&args.label);
    let read = [Some(file), args.folds.as_deref(), args.tune.as_deref()];
    // of an array the label is a file
    let read = read.into_iter().chain([label.is_file().then_some(label)]);
    for path in read.flatten() {
        let bytes = fs::read(path).map_err(|e| Error::file(path, "read", &e))?;
        hash.add(bytes.len() as u64);
        bytes.iter().for_each(|b| hash.add(u64::from(*b)));
    }
    Ok(hash)
}

/// Lines that are there already, by what stands in front of the classifier.
fn there(path: &Path, args: &args::Evaluate) -> Result<HashMap<String, Accuracy>> {
    let mut known = HashMap::new();
    if args.force || !path.exists() {
        return Ok(known);
    }
    let text = fs::read_to_string(path).map_err(|e| Error::file(path, "read", &e))?;
    let mut lines = text.lines();
    let wanted = settings(args);
    match (lines.next(), lines.next()) {
        (Some(found), Some(HEADS)) if found == wanted => {}
        (found, _) => {
            let found = found
                .unwrap_or("nothing")
                .trim_start_matches("# ")
                .to_owned();
            let wanted = wanted.trim_start_matches("# ").to_owned();
            return Err(Trouble::SomethingElse { found, wanted }.at(path));
        }
    }
    for line in lines {
        let cells: Vec<&str> = line.rsplitn(6, ',').collect();
        if let [majority, tested, error, accuracy, classifier, key] = cells[..]
            && let (Ok(majority), Ok(tested), Ok(standard_error), Ok(accuracy)) = (
                majority.parse(),
                tested.parse(),
                error.parse(),
                accuracy.parse(),
            )
        {
            let found = Accuracy {
                accuracy,
                standard_error,
                tested,
                majority,
                classifier: classifier.to_owned(),
                found: true,
            };
            known.insert(key.to_owned(), found);
        }
    }
    Ok(known)
}

/// All of them; `report(done, all, lines)` says whether to go on. Where a file is named, every line stands in it when it is known, and
/// those that are there are not computed again.
pub fn accuracies(
    args: &args::Evaluate,
    activations: &[String],
    mut report: impl FnMut(usize, usize, &[Line]) -> bool,
) -> Result<Vec<Line>> {
    if let Some(out) = &args.out {
        data::table(out)?;
        let read: Vec<&Path> = args.data.iter().map(PathBuf::as_path).collect();
        // what is there is gone on with, but never what is read
        data::free(out, true, &read)?;
    }
    let known = match &args.out {
        Some(out) => there(out, args)?,
        None => HashMap::new(),
    };
    let kinds: &[Kind] = match args.both {
        true => &[Kind::Nngp, Kind::Ntk],
        false => &[args.network.kernel],
    };
    let all = args.data.len() * kinds.len() * activations.len() * args.depth.len();
    let mut lines: Vec<Line> = Vec::new();
    let mut text = format!("{}\n{HEADS}\n", settings(args));
    for file in &args.data {
        let hash = hash(file, args)?;
        for kernel in kinds {
            for activation in activations {
                for depth in &args.depth {
                    if !report(lines.len(), all, &lines) {
                        return Ok(lines);
                    }
                    let key = format!(
                        "{},{hash},{kernel},{},{depth}",
                        quoted(&file.display().to_string()),
                        quoted(activation)
                    );
                    let outcome = match known.get(&key) {
                        Some(found) => Ok(found.clone()),
                        None => {
                            let mut one = args.clone();
                            one.data = vec![file.clone()];
                            one.network.kernel = *kernel;
                            one.depth = vec![*depth];
                            evaluation(&one, activation, |_, _, _| ()).map(|e| Accuracy::of(&e))
                        }
                    };
                    if let (Ok(a), Some(out)) = (&outcome, &args.out) {
                        text += &format!(
                            "{key},{},{:?},{:?},{},{:?}\n",
                            a.classifier, a.accuracy, a.standard_error, a.tested, a.majority
                        );
                        data::written(out, &text)?;
                    }
                    lines.push(Line {
                        data: file.clone(),
                        kernel: *kernel,
                        activation: activation.clone(),
                        depth: *depth,
                        outcome,
                    });
                }
            }
        }
    }
    report(lines.len(), all, &lines);
    Ok(lines)
}
