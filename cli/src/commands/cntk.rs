//! `deeplimit cntk`: images classified with convolutional kernels.

mod kept;
mod reading;

use std::path::Path;

use deeplimit::classifier::{
    Definite, Regression, binomial_error, labels as predicted, one_hot, wilson,
};
use deeplimit::error::{Error, Result};
use deeplimit::gram::Matrix;
use indicatif::HumanCount;
use serde::Serialize;

use super::{INTERRUPT, Report};
use crate::args::Cntk as Args;
use crate::data;
use crate::fault::Fault;
use crate::json::{FaultItem, Item, array};
use crate::library::images::{
    self, Convolutional, Deep, Endless, Filled, Images, Shard, Tile, Watch,
};
use crate::library::typed;
use crate::table::{Entry, Table, wrapped};
use crate::words::{infinite_depth, regime};

use kept::{Clock, Kept, words_of};
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
    regime: Option<&'static str>,
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
    if args.network.is_none() {
        Convolutional::new(args, [1 << 20, 32, 1])?;
    }
    if !(args.jitter >= 0.0 && args.jitter.is_finite()) {
        return Err(Error::Domain(format!(
            "the jitter must be a number from 0; {} is not",
            args.jitter
        )));
    }
    let (mut train, mut test, read) = reading::sets(args)?;
    images::preprocess(args, &mut train, &mut test)?;
    let kernel = Convolutional::new(args, train.shape())?;
    let shard = args.shard.unwrap_or(Shard::WHOLE);
    let mut work = Work {
        grams: Kept::new(args, layers.len(), &train, &train),
        blocks: Kept::new(args, layers.len(), &test, &train),
        args,
        layers: layers.clone(),
        deep: images::deep(args, train.shape()),
        kernel,
        train,
        test,
        read,
        notes: vec![],
    };
    if let Some(out) = &args.out {
        let words = words_of(args, &layers, &work.train, &work.test);
        images::group(out, &words)?;
        work.grams.open(&out.join("train"), &words)?;
        work.blocks.open(&out.join("test"), &words)?;
    }
    let pairs = |kept: &Kept| kept.tiles.iter().map(|t| kept.pairs(t)).sum::<u64>();
    let all_pairs = pairs(&work.grams) + pairs(&work.blocks);
    let mut clock = Clock::new(all_pairs);
    // before hours of work where somebody looks on; elsewhere with the answer
    let lines = work.read.lines();
    match clock.bar.is_hidden() {
        true => work.notes = lines,
        false => lines
            .iter()
            .for_each(|l| clock.bar.println(format!("note: {l}"))),
    }
    match args.shard {
        Some(_) => work.sharded(shard, clock),
        None => work.answer(&mut clock),
    }
}

struct Work<'a> {
    args: &'a Args,
    layers: Vec<usize>,
    kernel: Convolutional,
    grams: Kept,
    blocks: Kept,
    train: Images,
    test: Images,
    read: ReadJson,
    /// What was read, if it is not said yet.
    notes: Vec<String>,
    deep: Option<Deep>,
}

impl Work<'_> {
    fn answer(&mut self, clock: &mut Clock) -> Result<Answer> {
        let mut depths = vec![];
        let mut interrupted = true;
        if let Some(grams) = self.grams(clock)? {
            let regressions = self.regressions(grams);
            let mut correct = vec![vec![]; self.layers.len()];
            interrupted = regressions.iter().any(Result::is_ok)
                && !self.tested(&regressions, &mut correct, clock)?;
            let depth = |(n, regression): (usize, Result<Regression>)| {
                regression.map(|_| self.depth(n, &correct[n], clock))
            };
            depths = regressions.into_iter().enumerate().map(depth).collect();
        }
        clock.bar.finish_and_clear();
        if let (false, Some(out)) = (interrupted, &self.args.out) {
            let answers: Vec<_> = depths.iter().flatten().flatten().collect();
            let path = out.join("accuracy.json");
            data::written(&path, &array(&answers))?;
        }
        Ok(Answer {
            layers: self.layers.clone(),
            depths,
            pairs: clock.pairs,
            all_pairs: clock.all,
            seconds: clock.begun.elapsed().as_secs_f64(),
            instructions: self.kernel.processor(),
            precision: self.kernel.words(),
            interrupted,
            shard: None,
            deep: self.deep.clone(),
            notes: self.notes.clone(),
        })
    }

    /// Every n-th tile of both, and nothing else.
    fn sharded(&mut self, shard: Shard, mut clock: Clock) -> Result<Answer> {
        let first = self.grams.tiles.len();
        let (mut tiles, mut resumed, mut interrupted) = (0, 0, false);
        'all: for (block, offset) in [(false, 0), (true, first)] {
            let kept = if block { &self.blocks } else { &self.grams };
            let mine = kept.tiles.iter().filter(|t| shard.has(offset + t.number));
            for tile in mine.cloned().collect::<Vec<_>>() {
                tiles += 1;
                let kept = if block { &self.blocks } else { &self.grams };
                if let Some(store) = &kept.store
                    && store.has(&tile)?
                {
                    resumed += 1;
                    clock.skipped(kept.pairs(&tile));
                } else if self.made(block, &tile, &mut clock)?.is_none() {
                    interrupted = true;
                    break 'all;
                }
            }
        }
        clock.bar.finish_and_clear();
        let mut whole = !interrupted;
        for kept in [&mut self.grams, &mut self.blocks] {
            if let (true, Some(store)) = (whole, &mut kept.store) {
                whole = store.finish()? == Filled::Whole;
            }
        }
        let seconds = clock.begun.elapsed().as_secs_f64();
        let out = self.args.out.as_deref().unwrap_or(Path::new(""));
        Ok(Answer {
            layers: self.layers.clone(),
            depths: vec![],
            pairs: clock.pairs,
            all_pairs: clock.all,
            seconds,
            instructions: self.kernel.processor(),
            precision: self.kernel.words(),
            interrupted,
            shard: Some(ShardJson {
                out: out.display().to_string(),
                shard: format!("{}/{}", shard.index, shard.of),
                tiles,
                resumed,
                whole,
                pairs: clock.pairs,
                seconds,
                read: self.read.clone(),
            }),
            deep: None,
            notes: self.notes.clone(),
        })
    }

    /// The Gram matrix of the training images for every depth; `None` if it was stopped.
    fn grams(&mut self, clock: &mut Clock) -> Result<Option<Vec<Vec<f64>>>> {
        let n = self.train.len();
        let mut grams = vec![vec![0.0; n * n]; self.layers.len()];
        for tile in self.grams.tiles.clone() {
            let Some(values) = self.found(false, &tile, clock)? else {
                return Ok(None);
            };
            let (rows, columns) = (tile.rows.len(), tile.columns.len());
            for (gram, values) in grams.iter_mut().zip(values.chunks_exact(rows * columns)) {
                for (i, row) in tile.rows.clone().zip(values.chunks_exact(columns)) {
                    for (j, value) in tile.columns.clone().zip(row) {
                        gram[i * n + j] = *value;
                        gram[j * n + i] = *value;
                    }
                }
            }
        }
        Ok(Some(grams))
    }

    fn regressions(&self, grams: Vec<Vec<f64>>) -> Vec<Result<Regression>> {
        let n = self.train.len();
        let labels: Vec<usize> = self
            .train
            .labels()
            .iter()
            .map(|l| usize::from(*l))
            .collect();
        // those that no training image is of come last, and have no score
        let classes = self.train.counts().iter().filter(|n| **n > 0).count();
        let targets = one_hot(&labels, classes.max(2));
        let definite = Definite::Beyond(self.kernel.rounding());
        let regression = |values: Vec<f64>| {
            let gram = Matrix::new(n, values)?;
            let ridge = self.args.jitter * gram.mean_diagonal();
            Regression::new(
                &gram,
                targets.as_ref().map_err(Clone::clone)?,
                ridge,
                definite,
            )
        };
        grams.into_iter().map(regression).collect()
    }

    /// Which test images are right; false if it was stopped.
    fn tested(
        &mut self,
        regressions: &[Result<Regression>],
        correct: &mut [Vec<bool>],
        clock: &mut Clock,
    ) -> Result<bool> {
        let n = self.train.len();
        let tiles = self.blocks.tiles.clone();
        for band in tiles.chunk_by(|a, b| a.rows == b.rows) {
            let rows = band[0].rows.clone();
            let mut kernels = vec![vec![0.0; rows.len() * n]; correct.len()];
            for tile in band {
                let Some(values) = self.found(true, tile, clock)? else {
                    return Ok(false);
                };
                let columns = tile.columns.len();
                let depths = values.chunks_exact(rows.len() * columns);
                for (kernels, values) in kernels.iter_mut().zip(depths) {
                    for (i, row) in values.chunks_exact(columns).enumerate() {
                        kernels[i * n + tile.columns.start..][..columns].copy_from_slice(row);
                    }
                }
            }
            let labels = &self.test.labels()[rows];
            for ((kernels, regression), correct) in
                kernels.into_iter().zip(regressions).zip(&mut *correct)
            {
                if let Ok(regression) = regression {
                    let classes = predicted(&regression.predictions(&Matrix::new(n, kernels)?)?);
                    let right = classes.iter().zip(labels);
                    correct.extend(right.map(|(a, b)| *a == usize::from(*b)));
                }
            }
        }
        Ok(true)
    }

    /// A tile from the store, or made now and kept; `block`: of test with training images. `None` if it was stopped.
    fn found(&mut self, block: bool, tile: &Tile, clock: &mut Clock) -> Result<Option<Vec<f64>>> {
        if INTERRUPT.pressed() {
            return Ok(None);
        }
        let kept = if block { &self.blocks } else { &self.grams };
        if let Some(store) = &kept.store
            && store.has(tile)?
            && let Some(values) = store.read(tile)?
        {
            clock.skipped(kept.pairs(tile));
            return Ok(Some(values));
        }
        self.made(block, tile, clock)
    }

    /// A tile that is made now, and kept; `None` if it was stopped.
    fn made(&mut self, block: bool, tile: &Tile, clock: &mut Clock) -> Result<Option<Vec<f64>>> {
        let bar = clock.bar.clone();
        let watch = move |finished: usize| {
            bar.inc(finished as u64);
            !INTERRUPT.pressed()
        };
        let go: Watch = &watch;
        let rows = if block { &self.test } else { &self.train };
        let rows = rows.part(tile.rows.start, tile.rows.len())?;
        let kernels = match !block && tile.square() {
            true => self.kernel.gram(&rows, go)?,
            false => {
                let columns = self.train.part(tile.columns.start, tile.columns.len())?;
                self.kernel.block(&rows, &columns, go)?
            }
        };
        let Some(values) = kernels.map(|k| k.values.concat()) else {
            return Ok(None);
        };
        let kept = if block {
            &mut self.blocks
        } else {
            &mut self.grams
        };
        clock.pairs += kept.pairs(tile);
        if let Some(store) = &mut kept.store {
            store.keep(tile, &values)?;
        }
        Ok(Some(values))
    }

    fn depth(&self, n: usize, correct: &[bool], clock: &Clock) -> Option<DepthJson> {
        (!correct.is_empty()).then(|| DepthJson {
            layers: self.layers[n],
            depth: self.layers[n] + 1,
            train_count: self.train.len(),
            apart: Share::of(&correct[..self.args.apart.min(correct.len())]),
            all: Share::of(correct),
            jitter: self.args.jitter,
            instructions: self.kernel.processor(),
            numbers: self.kernel.numbers(),
            pairs: clock.pairs,
            seconds: clock.begun.elapsed().as_secs_f64(),
            regime: self
                .deep
                .as_ref()
                .filter(|d| matches!(d.endless, Endless::Regime))
                .map(|d| regime(d.classification.regime)),
            infinite_depth: self.deep.as_ref().map(infinite_depth),
            border_factor: self.deep.as_ref().and_then(|d| d.border_factor),
            read: self.read.clone(),
        })
    }
}
