//! `deeplimit cntk`: images classified with convolutional kernels.

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use deeplimit::error::{Error, Result};
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};
use serde::Serialize;

use super::{INTERRUPT, Report};
use crate::args::{Cntk as Args, Readout};
use crate::fault::Fault;
use crate::json::{FaultItem, Item, array};
use crate::library::images::{self, Convolutional, Images, Kernels, Regression, Watch};
use crate::store::Store;
use crate::table::{Entry, Table, wrapped};

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
    /// Of all depths together; those found in `--out` are not counted
    pairs: u64,
    seconds: f64,
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
}

impl Share {
    fn of(correct: &[bool]) -> Share {
        let (count, correct) = (correct.len(), correct.iter().filter(|c| **c).count());
        let accuracy = (count > 0).then(|| correct as f64 / count as f64);
        Share {
            correct,
            count,
            accuracy,
            standard_error: accuracy.map(|p| (p * (1.0 - p) / count as f64).sqrt()),
        }
    }

    fn text(self) -> String {
        match (self.accuracy, self.standard_error) {
            (Some(p), Some(e)) => {
                format!("{:.2} % ± {:.2} of {}", 100.0 * p, 100.0 * e, self.count)
            }
            _ => String::new(),
        }
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
    match answer {
        Ok(answer) => {
            interrupted = answer.interrupted;
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
        columns: vec!["depth", "first test images", "all test images"],
        entries,
    };
    let text = if args.json {
        array(&items)
    } else {
        table.text(width) + &words
    };
    Report::new(text, faults, false, interrupted)
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
    interrupted: bool,
}

impl Answer {
    fn words(&self, args: &Args) -> String {
        let rate = HumanCount((self.pairs as f64 / self.seconds.max(1e-3)) as u64);
        let mut words = format!(
            "{} pairs in {:.1} s ({rate} per second, {}).",
            HumanCount(self.pairs),
            self.seconds,
            self.instructions
        );
        if self.interrupted {
            let all = HumanCount(self.all_pairs);
            words += &format!(" Interrupted before all {all} were finished.");
            if let Some(out) = &args.out {
                let out = out.display();
                words += &format!(" What was is kept in {out}; the same command goes on there.");
            }
        }
        if args.jitter > 0.0 {
            words += &format!(" Jitter {:e} of the diagonal's mean.", args.jitter);
        }
        wrapped(&words, 0, "", 80)
    }
}

/// What the kernels in a folder are of.
#[derive(Serialize)]
struct Description<'a> {
    train: String,
    test: String,
    train_count: usize,
    test_count: usize,
    /// Of pixels and labels after preprocessing
    fingerprint: String,
    layers: &'a [usize],
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    readout: String,
    activation: &'a str,
    filter: usize,
    bias: f64,
    fixed: bool,
    kernel: String,
    numbers: String,
    version: &'static str,
}

fn answered(args: &Args) -> Result<Answer> {
    // What is typed is looked at before what is read.
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
    let mut train = set(
        &args.train,
        args.train_labels.as_deref(),
        args.train_skip,
        args.train_count,
        "train",
    )?;
    let mut test = set(
        &args.test,
        args.test_labels.as_deref(),
        0,
        args.test_count,
        "test",
    )?;
    if train.shape() != test.shape() {
        return Err(Error::Shape(format!(
            "the training images are {:?} and the test images {:?} (rows, columns, channels)",
            train.shape(),
            test.shape()
        )));
    }
    images::preprocess(args, &mut train, &mut test)?;
    let kernel = Convolutional::new(args, train.shape())?;
    let description = Description {
        train: name(&args.train),
        test: name(&args.test),
        train_count: train.len(),
        test_count: test.len(),
        fingerprint: format!("{:016x}", fingerprint(&[&train, &test])),
        layers: &layers,
        network: args.network.as_deref(),
        input: args.input.map(|input| format!("{input:?}")),
        readout: args.readout.map(|r| format!("{r:?}")).unwrap_or_default(),
        activation: args.activation.trim(),
        filter: args.filter,
        bias: args.bias,
        fixed: args.fixed,
        kernel: format!("{:?}", args.kernel),
        numbers: format!("{:?}", args.numbers),
        version: env!("CARGO_PKG_VERSION"),
    };
    let text = serde_json::to_string_pretty(&description).unwrap_or_default() + "\n";
    let work = Work {
        args,
        layers: layers.clone(),
        kernel,
        store: Store::open(args.out.as_deref(), &text)?,
        train,
        test,
    };
    work.answer()
}

fn set(
    path: &Path,
    labels: Option<&Path>,
    skip: usize,
    count: Option<usize>,
    which: &str,
) -> Result<Images> {
    let all = images::images(path, labels)?;
    if all.labels().is_empty() {
        return Err(Error::Data(format!(
            "{} has no labels: name their file with --{which}-labels",
            path.display()
        )));
    }
    let left = all.len().saturating_sub(skip);
    let count = count.unwrap_or(left);
    if count == 0 || count > left {
        return Err(Error::Shape(format!(
            "{} has {} images; {} are asked for{}",
            path.display(),
            all.len(),
            count.max(1),
            match skip {
                0 => String::new(),
                n => format!(" after the first {n}"),
            }
        )));
    }
    all.part(skip, count)
}

/// The last part of a path.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// FNV-1a, 64 bits.
fn fingerprint(sets: &[&Images]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |word: u64| hash = (hash ^ word).wrapping_mul(0x0100_0000_01b3);
    for set in sets {
        for n in 0..set.len() {
            set.image(n)
                .iter()
                .for_each(|v| add(u64::from(v.to_bits())));
        }
        set.labels().iter().for_each(|l| add(u64::from(*l)));
    }
    hash
}

struct Work<'a> {
    args: &'a Args,
    layers: Vec<usize>,
    kernel: Convolutional,
    store: Store,
    train: Images,
    test: Images,
}

impl Work<'_> {
    fn answer(&self) -> Result<Answer> {
        let (n, m) = (self.train.len(), self.test.len());
        let all_pairs = (n as u64) * (n as u64 + 1) / 2 + (n as u64) * (m as u64);
        let bar = ProgressBar::new(all_pairs);
        let template = "{wide_bar} {human_pos}/{human_len} pairs, {rate} per second, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            let rate = |state: &ProgressState, text: &mut dyn Write| {
                let _ = write!(text, "{}", HumanCount(state.per_sec() as u64));
            };
            bar.set_style(style.with_key("rate", rate));
        }
        let mut clock = Clock {
            bar,
            begun: Instant::now(),
            pairs: 0,
        };
        let mut depths = vec![];
        let mut interrupted = true;
        if let Some(grams) = self.grams(&mut clock)? {
            let regressions = self.regressions(grams);
            let mut correct = vec![vec![]; self.layers.len()];
            interrupted = regressions.iter().any(Result::is_ok)
                && !self.tested(&regressions, &mut correct, &mut clock)?;
            let depth = |(n, regression): (usize, Result<Regression>)| {
                regression.map(|_| self.depth(n, &correct[n], &clock))
            };
            depths = regressions.into_iter().enumerate().map(depth).collect();
        }
        clock.bar.finish_and_clear();
        if !interrupted {
            let answers: Vec<_> = depths.iter().flatten().flatten().collect();
            self.store.keep_text("accuracy.json", &array(&answers))?;
        }
        Ok(Answer {
            layers: self.layers.clone(),
            depths,
            pairs: clock.pairs,
            all_pairs,
            seconds: clock.begun.elapsed().as_secs_f64(),
            instructions: self.kernel.processor(),
            interrupted,
        })
    }

    /// Rows that are finished, and kept, at a time.
    fn band(&self) -> usize {
        match self.args.readout {
            Some(Readout::Vanilla) => 256,
            _ => 16,
        }
    }

    /// The Gram matrix of the training images for every depth; `None` if it was stopped.
    fn grams(&self, clock: &mut Clock) -> Result<Option<Vec<Vec<f64>>>> {
        let n = self.train.len();
        let mut grams = vec![vec![0.0; n * n]; self.layers.len()];
        for from in (0..n).step_by(self.band()) {
            let rows = self.band().min(n - from);
            let to = from + rows;
            let band = self.kept("train", from, rows, to, clock, |go| {
                let part = self.train.part(from, rows)?;
                let before = self.train.part(0, from)?;
                let Some(left) = self.kernel.block(&part, &before, go)? else {
                    return Ok(None);
                };
                let Some(right) = self.kernel.gram(&part, go)? else {
                    return Ok(None);
                };
                Ok(Some(beside(&left, &right)))
            })?;
            let Some(band) = band else { return Ok(None) };
            for (gram, band) in grams.iter_mut().zip(band.chunks_exact(rows * to)) {
                for (i, row) in band.chunks_exact(to).enumerate() {
                    for (j, value) in row.iter().enumerate() {
                        gram[(from + i) * n + j] = *value;
                        gram[j * n + from + i] = *value;
                    }
                }
            }
        }
        Ok(Some(grams))
    }

    fn regressions(&self, grams: Vec<Vec<f64>>) -> Vec<Result<Regression>> {
        let labels = self.train.labels();
        let highest = labels.iter().chain(self.test.labels()).max();
        let classes = usize::from(*highest.unwrap_or(&0)) + 1;
        let regression = |gram: Vec<f64>| {
            let (jitter, rounding) = (self.args.jitter, self.kernel.rounding());
            Regression::new(&gram, labels, classes.max(2), jitter, rounding)
        };
        grams.into_iter().map(regression).collect()
    }

    /// Which test images are right; false if it was stopped.
    fn tested(
        &self,
        regressions: &[Result<Regression>],
        correct: &mut [Vec<bool>],
        clock: &mut Clock,
    ) -> Result<bool> {
        let (n, m) = (self.train.len(), self.test.len());
        for from in (0..m).step_by(self.band()) {
            let rows = self.band().min(m - from);
            let part = self.test.part(from, rows)?;
            let band = self.kept("test", from, rows, n, clock, |go| {
                let block = self.kernel.block(&part, &self.train, go)?;
                Ok(block.map(|b| b.values.concat()))
            })?;
            let Some(band) = band else { return Ok(false) };
            for (n_depth, values) in band.chunks_exact(rows * n).enumerate() {
                if let Ok(regression) = &regressions[n_depth] {
                    let classes = regression.classes(values)?;
                    let right = classes.iter().zip(part.labels()).map(|(a, b)| a == b);
                    correct[n_depth].extend(right);
                }
            }
        }
        Ok(true)
    }

    /// A band from the store, or made now and kept.
    fn kept(
        &self,
        what: &str,
        from: usize,
        rows: usize,
        columns: usize,
        clock: &mut Clock,
        made: impl FnOnce(Watch) -> Result<Option<Vec<f64>>>,
    ) -> Result<Option<Vec<f64>>> {
        let name = format!("{what}-{from:06}-{:06}", from + rows);
        let shape = [self.layers.len(), rows, columns];
        // On the diagonal every pair counts once.
        let pairs = match what {
            "train" => rows * from + rows * (rows + 1) / 2,
            _ => rows * columns,
        } as u64;
        if INTERRUPT.pressed() {
            return Ok(None);
        }
        if let Some(band) = self.store.band(&name, shape)? {
            clock.bar.inc(pairs);
            clock.bar.reset_eta();
            return Ok(Some(band));
        }
        let bar = clock.bar.clone();
        let go = move |finished: usize| {
            bar.inc(finished as u64);
            !INTERRUPT.pressed()
        };
        let Some(band) = made(&go)? else {
            return Ok(None);
        };
        clock.pairs += pairs;
        self.store.keep(&name, shape, &band)?;
        Ok(Some(band))
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
            pairs: clock.pairs,
            seconds: clock.begun.elapsed().as_secs_f64(),
        })
    }
}

struct Clock {
    bar: ProgressBar,
    begun: Instant,
    pairs: u64,
}

/// Two blocks of the same rows, side by side, for all depths.
fn beside(left: &Kernels, right: &Kernels) -> Vec<f64> {
    let mut all =
        Vec::with_capacity(left.values.len() * left.rows * (left.columns + right.columns));
    for (a, b) in left.values.iter().zip(&right.values) {
        for i in 0..right.rows {
            all.extend_from_slice(&a[i * left.columns..][..left.columns]);
            all.extend_from_slice(&b[i * right.columns..][..right.columns]);
        }
    }
    all
}
