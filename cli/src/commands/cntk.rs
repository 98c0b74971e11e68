//! `deeplimit cntk`: images classified with convolutional kernels.

mod clock;
mod reading;

use std::path::Path;

use deeplimit::classifier::{binomial_error, wilson};
use deeplimit::cntk::{Answers, Sharded};
use deeplimit::error::{Error, Result};
use deeplimit::store::Shard;
use indicatif::HumanCount;
use serde::Serialize;

use super::INTERRUPT;
use crate::args::Cntk as Args;
use crate::data;
use crate::fault::Fault;
use crate::json::{FaultItem, Item, array};
use crate::library::images::{self, Deep, Endless, Filled, ImageTrial, Numbers};
use crate::report::Report;
use crate::table::{Entry, Table, wrapped};
use crate::typed;
use crate::words::{hyphened, infinite_depth};

use clock::{Clock, words_of};
use reading::ReadJson;

/// The contract: one for every number of layers.
#[derive(Clone, Debug, Serialize)]
struct DepthJson {
    /// Convolutions
    layers: usize,
    /// As the paper counts: convolutions and the read-out
    depth: usize,
    train_count: usize,
    /// The first test images
    apart: Share,
    /// All test images that are finished
    all: Share,
    jitter: f64,
    instructions: &'static str,
    /// `f32` (pairs of images that are nearly the same are in `f64` all the same) or `f64`, as without pooling always
    numbers: &'static str,
    /// Of all depths together; those found in `--out` are not counted
    pairs: u64,
    seconds: f64,
    /// Of the activation; `null` for a network, and where it says nothing of the kernel (with a bias, and of the NNGP)
    regime: Option<String>,
    /// What is known of infinite depth; `null` for a network
    infinite_depth: Option<String>,
    /// Zero padding multiplies the variances of every layer by this; `null` where it is not known
    border_factor: Option<f64>,
    /// What the files held
    read: ReadJson,
}

/// The contract with `--shard`: kernels alone.
#[derive(Clone, Debug, Serialize)]
struct ShardJson {
    out: String,
    shard: String,
    /// Tiles of the shard
    tiles: usize,
    /// Those that were there already
    resumed: usize,
    /// All tiles of all shards are there
    whole: bool,
    pairs: u64,
    seconds: f64,
    /// What the files held
    read: ReadJson,
}

/// How many were right.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Share {
    correct: usize,
    count: usize,
    /// Missing where nothing was counted
    accuracy: Option<f64>,
    /// The binomial standard error of the accuracy
    standard_error: Option<f64>,
    /// Wilson's interval of 95 %
    interval: Option<[f64; 2]>,
}

impl Share {
    fn of(correct: &[bool]) -> Share {
        let (count, correct) = (correct.len(), correct.iter().filter(|c| **c).count());
        let accuracy = (count > 0).then(|| correct as f64 / count as f64);
        Share {
            correct,
            count,
            accuracy,
            standard_error: accuracy.map(|p| binomial_error(p, count)),
            interval: accuracy.map(|p| wilson(p, count)),
        }
    }

    fn text(self) -> String {
        let (Some(p), Some([low, high])) = (self.accuracy, self.interval) else {
            return String::new();
        };
        let [p, low, high] = [p, low, high].map(|p| 100.0 * p);
        format!("{p:.2} % ({low:.2} to {high:.2}) of {}", self.count)
    }
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> Report {
    INTERRUPT.listen(true);
    let answer = answered(args);
    INTERRUPT.listen(false);
    let mut faults = vec![];
    let (mut items, mut entries, mut words) = (vec![], vec![], String::new());
    let mut interrupted = false;
    let mut notes = vec![];
    match answer {
        Ok(answer) => {
            interrupted = answer.interrupted;
            notes.clone_from(&answer.notes);
            if let Some(shard) = &answer.shard {
                let text = match args.json {
                    true => array(std::slice::from_ref(shard)),
                    false => answer.words(args),
                };
                let mut report = Report::new(text, vec![], false, interrupted);
                report.notes = notes;
                return report;
            }
            if answer.interrupted || answer.depths.iter().any(Result::is_ok) {
                words = answer.words(args);
            }
            for (layers, depth) in answer.layers.iter().zip(answer.depths) {
                match depth {
                    Ok(Some(depth)) => {
                        entries.push(Entry {
                            name: layers.to_string(),
                            cells: vec![
                                depth.depth.to_string(),
                                depth.apart.text(),
                                depth.all.text(),
                            ],
                            ..Entry::default()
                        });
                        items.push(Item::Answer(depth));
                    }
                    Ok(None) => {}
                    Err(error) => {
                        let text = layers.to_string();
                        items.push(Item::Fault(FaultItem::new("layers", &text, &error)));
                        faults.push(Fault {
                            text: format!("{layers} layers"),
                            error,
                        });
                    }
                }
            }
        }
        Err(error) => {
            let train = args.train.display().to_string();
            items.push(Item::Fault(FaultItem::new("train", &train, &error)));
            let text = match &error {
                Error::Parse { .. } => args.network.as_ref().unwrap_or(&args.activation).clone(),
                // The sentence has all names.
                _ => String::new(),
            };
            faults.push(Fault { text, error });
        }
    }
    let table = Table {
        title: "layers",
        columns: vec![
            "depth",
            "first test images (95 %)",
            "all test images (95 %)",
        ],
        entries,
    };
    let text = if args.json {
        array(&items)
    } else {
        table.text(width)
    };
    let words = words.trim_end().to_owned();
    let closing = Some(words).filter(|w| !w.is_empty() && !args.json || interrupted);
    let mut report = Report::new(text, faults, false, interrupted).with_closing(closing);
    // an error is one sentence
    if report.faults.is_empty() {
        report.notes = notes;
    }
    report
}

struct Answer {
    /// Numbers of convolutions
    layers: Vec<usize>,
    /// In the order of the layers; `None` where nothing was finished.
    depths: Vec<Result<Option<DepthJson>>>,
    pairs: u64,
    all_pairs: u64,
    seconds: f64,
    instructions: &'static str,
    /// Of the kernels, for people
    precision: &'static str,
    interrupted: bool,
    /// Where only kernels were wanted.
    shard: Option<ShardJson>,
    deep: Option<Deep>,
    /// What was read, if it is not said yet.
    notes: Vec<String>,
}

impl Answer {
    fn words(&self, args: &Args) -> String {
        let rate = HumanCount((self.pairs as f64 / self.seconds.max(1e-3)) as u64);
        let mut words = format!(
            "{} pairs in {:.1} s ({rate} per second, {}; {}).",
            HumanCount(self.pairs),
            self.seconds,
            self.instructions,
            self.precision
        );
        if self.interrupted {
            let all = HumanCount(self.all_pairs);
            words += &format!(" Interrupted before all {all} were finished.");
            if let Some(out) = &args.out {
                let out = out.display();
                words += &format!(" What was is kept in {out}; the same command goes on there.");
            }
        }
        if let (Some(shard), false) = (&self.shard, self.interrupted) {
            words += &format!(
                " Shard {}: {} tiles of kernels are in {}, {} of them found finished; no accuracy.",
                shard.shard, shard.tiles, shard.out, shard.resumed
            );
            if shard.whole {
                words += " All shards are finished: the same command without --shard goes on to the accuracy.";
            }
        } else if args.jitter > 0.0 {
            words += &format!(" Ridge {:e} of the mean diagonal.", args.jitter);
        }
        if let Some(deep) = &self.deep {
            words += &format!(" {}", infinite_depth(deep));
            if let Some(factor) = deep.border_factor.filter(|f| *f < 1.0) {
                words += &format!("; zero padding multiplies the variances by {factor:.4} a layer");
            }
            words += ".";
        }
        wrapped(&words, 0, "", 80)
    }
}

fn answered(args: &Args) -> Result<Answer> {
    // What is typed is looked at before what is read.
    let typed = [Some(&args.activation), args.network.as_ref()];
    let typed: Vec<String> = typed.into_iter().flatten().cloned().collect();
    if let Some(name) = typed::unused(&typed) {
        return Err(Error::Domain(format!(
            "--set {name}: there is no `{name}` in what was typed"
        )));
    }
    let layers = images::convolutions(args)?;
    images::check(args)?;
    if !(args.jitter >= 0.0 && args.jitter.is_finite()) {
        return Err(Error::Domain(format!(
            "the jitter must be a number from 0; {} is not",
            args.jitter
        )));
    }
    let (mut train, mut test, read) = reading::sets(args)?;
    images::preprocess(args, &mut train, &mut test)?;
    let shape = train.shape();
    let kernel = images::convolutional(args, shape)?;
    let mut trial = ImageTrial::new(kernel, layers.len(), [train, test], clock::side(args));
    if let Some(out) = &args.out {
        let words = words_of(args, &layers, trial.train(), trial.test());
        trial.keep(out, &words)?;
    }
    // a shard is kernels alone
    let deep = match args.shard {
        Some(_) => None,
        None => images::deep(args, shape),
    };
    let clock = Clock::new(trial.pairs());
    // before hours of work where somebody looks on; elsewhere with the answer
    let lines = read.lines();
    let mut notes = vec![];
    match clock.bar.is_hidden() {
        true => notes = lines,
        false => lines
            .iter()
            .for_each(|l| clock.bar.println(format!("note: {l}"))),
    }
    let mut answer = Answer {
        depths: vec![],
        pairs: 0,
        all_pairs: trial.pairs(),
        seconds: 0.0,
        instructions: trial.kernel().processor(),
        precision: precision(trial.kernel().numbers()),
        interrupted: false,
        shard: None,
        deep,
        notes,
        layers,
    };
    match args.shard {
        Some(shard) => {
            let filled = trial.shard(shard, &clock);
            clock.bar.finish_and_clear();
            answer.finished(&trial, &clock);
            answer.of_shard(args, shard, filled?, read);
        }
        None => {
            let found = trial.answers(args.jitter, &clock);
            clock.bar.finish_and_clear();
            answer.finished(&trial, &clock);
            answer.of_images(args, found?, &trial, &read)?;
        }
    }
    Ok(answer)
}

/// For people.
fn precision(numbers: Numbers) -> &'static str {
    match numbers {
        Numbers::F32 => "f32, pairs of images that are nearly the same in f64",
        Numbers::F64 => "f64",
    }
}

impl Answer {
    fn finished(&mut self, trial: &ImageTrial, clock: &Clock) {
        self.pairs = trial.made();
        self.seconds = clock.begun.elapsed().as_secs_f64();
    }

    fn of_shard(&mut self, args: &Args, shard: Shard, done: Sharded, read: ReadJson) {
        let out = args.out.as_deref().unwrap_or(Path::new(""));
        self.interrupted = done.filled == Filled::Stopped;
        self.shard = Some(ShardJson {
            out: out.display().to_string(),
            shard: format!("{}/{}", shard.index, shard.of),
            tiles: done.tiles,
            resumed: done.resumed,
            whole: done.filled == Filled::Whole,
            pairs: self.pairs,
            seconds: self.seconds,
            read,
        });
    }

    fn of_images(
        &mut self,
        args: &Args,
        found: Answers,
        trial: &ImageTrial,
        read: &ReadJson,
    ) -> Result<()> {
        self.interrupted = found.stopped;
        let depth = |(n, right): (usize, Result<Vec<bool>>)| {
            right.map(|right| self.depth(n, &right, args, trial, read))
        };
        self.depths = found.right.into_iter().enumerate().map(depth).collect();
        if let (false, Some(out)) = (self.interrupted, &args.out) {
            let answers: Vec<_> = self.depths.iter().flatten().flatten().collect();
            data::written(&out.join("accuracy.json"), array(&answers))?;
        }
        Ok(())
    }

    fn depth(
        &self,
        n: usize,
        right: &[bool],
        args: &Args,
        trial: &ImageTrial,
        read: &ReadJson,
    ) -> Option<DepthJson> {
        (!right.is_empty()).then(|| DepthJson {
            layers: self.layers[n],
            depth: self.layers[n] + 1,
            train_count: trial.train().len(),
            apart: Share::of(&right[..args.apart.min(right.len())]),
            all: Share::of(right),
            jitter: args.jitter,
            instructions: self.instructions,
            numbers: trial.kernel().numbers().name(),
            pairs: self.pairs,
            seconds: self.seconds,
            regime: self
                .deep
                .as_ref()
                .filter(|d| matches!(d.endless, Endless::Regime))
                .map(|d| hyphened(d.classification.regime.name())),
            infinite_depth: self.deep.as_ref().map(infinite_depth),
            border_factor: self.deep.as_ref().and_then(|d| d.border_factor),
            read: read.clone(),
        })
    }
}
