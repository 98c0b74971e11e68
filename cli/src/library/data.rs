//! The questions about data: Gram matrices, predictions.

use std::path::Path;
use std::time::Instant;

use deeplimit::classifier::{Rule, labels as predicted, numbered};

use deeplimit::error::{Error, Result};
pub use deeplimit::gram::points::{Extremes, RowPair};
use deeplimit::gram::{Gram, Lengths, Points, Twins};
use deeplimit::kernel::{Classifier, Depth, Kernel, LimitForm};
use deeplimit::recursion::Network;
pub use deeplimit::store::merge::Merged;
use deeplimit::store::{Filled, Shard, Store, is_whole, merge::merge};
use deeplimit::{Activation, Effort};

use super::certainty::KernelError;
use crate::args;
use crate::cache;
use crate::data::{self, Asked, Label, Reading};
use crate::typed;

/// `deeplimit gram`.
#[derive(Clone, Debug)]
pub struct GramReport {
    pub activation: String,
    /// What was read.
    pub read: Reading,
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

/// `deeplimit predict`.
#[derive(Clone, Debug)]
pub struct Predictions {
    pub activation: String,
    /// What was read: training rows, new ones.
    pub read: [Reading; 2],
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
    let (of, effort) = asked_network(text, network)?;
    match cache::records(network.no_cache) {
        Some(records) => of.kept_kernel(depth, network.kernel, &effort, &records),
        None => of.kernel(depth, network.kernel, &effort),
    }
}

/// Which network, and how long its kernels may take.
pub(super) fn asked_network(text: &str, network: &args::Network) -> Result<(Network, Effort)> {
    let request = super::NetworkRequest {
        sigma_w: network.sigma_w.clone(),
        sigma_b: network.sigma_b.clone(),
        norms: None,
        convention: network.convention,
    };
    let activation = Activation::new(&typed::parsed(text)?)?;
    let effort = Effort::default().within(network.timeout);
    Ok((Network::with(&activation, request.settings()?), effort))
}

/// The rows as points; what is wrong with them, with the name of the file.
pub(super) fn points(rows: data::Rows, path: &Path, network: &args::Network) -> Result<Points> {
    let points = match network.lengths {
        Lengths::Unit => Points::new(rows.dimension, rows.values),
        // rows of zeros have kernel 0 then
        Lengths::Keep => Points::with_zero_rows(rows.dimension, rows.values),
    };
    points.map_err(|e| match e {
        Error::NoDirection { .. } => Error::Data(format!(
            "{}: {e} (--lengths keep takes such rows, for homogeneous activations)",
            path.display()
        )),
        Error::Data(message) => Error::Data(format!("{}: {message}", path.display())),
        other => other,
    })
}

/// What the command line says of the columns.
pub(super) fn asked<'a>(columns: &'a args::Columns, label: Label<'a>, labels: bool) -> Asked<'a> {
    Asked {
        label,
        labels,
        pair: false,
        drop: &columns.drop,
        keep: &columns.keep,
        header: columns.header(),
    }
}

/// The rows of a file that lie closest to each other and farthest apart, and what was read.
pub fn extremes(path: &Path, columns: &args::Columns, most: usize) -> Result<(Extremes, Reading)> {
    let rows = data::rows(path, &asked(columns, Label::None, false))?;
    let bad = |text: String| Error::Data(format!("{}: {text}", path.display()));
    if rows.read.rows > most {
        return Err(bad(format!("more than {most} points")));
    }
    let points = Points::new(rows.dimension, rows.values).map_err(|e| bad(e.to_string()))?;
    Ok((points.extremes()?, rows.read))
}

/// Joins stores; `report(done, all)` says whether to go on.
pub fn merged(args: &args::Merge, report: impl FnMut(usize, usize) -> bool) -> Result<Merged> {
    merge(&args.stores, &args.out, args.force, report)
}

/// A Gram matrix into a file or folder; `report(done, all)` says whether to go on.
pub fn gram(
    (args, columns): (&args::GramMatrix, &args::Columns),
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
    let label = args.label.as_deref().map_or(Label::None, Label::Column);
    let rows = data::rows(&args.data, &asked(columns, label, true))?;
    let read = rows.read.clone();
    let points = points(rows, &args.data, network)?;
    let begun = Instant::now();
    let kernel = kernel(text, network, args.depth)?;
    let prepared = begun.elapsed().as_secs_f64();
    let gram = Gram::symmetric(&kernel, &points, network.lengths)?;
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
        read,
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

/// Rows to learn from, and new ones.
pub(super) struct Files {
    pub train: Points,
    pub test: Points,
    /// The classes in order.
    pub names: Vec<String>,
    /// The class of each training row.
    pub labels: Vec<usize>,
    /// What was read.
    pub read: [Reading; 2],
}

impl Files {
    /// Reads both files, the columns of the second in the order of the first.
    /// There must be room for the output, which is looked at first.
    pub fn read(
        [train, test]: [&Path; 2],
        (out, force): (&Path, bool),
        (label, columns): (&str, &args::Columns),
        network: &args::Network,
    ) -> Result<Files> {
        data::table(out)?;
        data::free(out, force, &[train, test])?;
        let of = |label| Asked {
            pair: true,
            ..asked(columns, label, true)
        };
        let known = data::rows(train, &of(Label::Column(label)))?;
        let new = data::rows(
            test,
            &of(Label::Like {
                known: &known,
                whose: train,
            }),
        )?;
        let (names, labels) = numbered(&known.labels);
        Ok(Files {
            read: [known.read.clone(), new.read.clone()],
            train: points(known, train, network)?,
            test: points(new, test, network)?,
            names,
            labels,
        })
    }
}

/// The classes of new rows into a file.
pub fn predictions(args: &args::Predict, text: &str) -> Result<Predictions> {
    let Files {
        train,
        test,
        names,
        labels,
        read,
    } = Files::read(
        [&args.train, &args.test],
        (&args.out, args.force),
        (&args.label, &args.columns),
        &args.network,
    )?;
    let kernel = kernel(text, &args.network, args.depth)?;
    let lengths = args.network.lengths;
    let rule = Rule::new(&kernel, names.len(), args.ridge);
    let scores = rule.predicted(&kernel, [&train, &test], lengths, &labels)?;
    let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
    let mut lines = vec!["label".to_owned()];
    lines[0] += &names
        .iter()
        .map(|n| format!(",{}", quoted(&format!("score {n}"))))
        .collect::<String>();
    for (i, class) in predicted(&scores).into_iter().enumerate() {
        let numbers: String = scores.row(i).iter().map(|x| format!(",{x:?}")).collect();
        lines.push(quoted(&names[class]) + &numbers);
    }
    data::written(&args.out, lines.join("\n") + "\n")?;
    Ok(Predictions {
        activation: kernel.activation().to_owned(),
        read,
        training: train.len(),
        rows: test.len(),
        classes: names,
        classifier: kernel.classifier(),
        error: KernelError::of(&kernel, &train).between(Twins::between(&test, &train)),
    })
}
