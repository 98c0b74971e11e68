//! The questions about data: Gram matrices, predictions.

use std::path::{Path, PathBuf};
use std::time::Instant;

use deeplimit::classifier::numbered;

use deeplimit::error::{Error, Result};
pub use deeplimit::gram::points::{Extremes, RowPair};
use deeplimit::gram::{Gram, Inputs, Matrix, Points, Twins};
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
    /// What was read: the rows of the matrix, and its columns where they are others.
    pub read: Vec<Reading>,
    pub rows: usize,
    pub columns: usize,
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
    /// Where the file of the new rows has labels.
    pub tested: Option<Tested>,
    /// Where the matrix was not stored.
    pub approximated: Option<Approximated>,
    pub error: KernelError,
}

/// How good weights from conjugate gradients are.
#[derive(Clone, Copy, Debug)]
pub struct Approximated {
    pub steps: usize,
    /// The largest of the classes, over the targets.
    pub residual: f64,
}

/// Predicted classes, compared with those that the new rows have.
#[derive(Clone, Debug)]
pub struct Tested {
    /// New rows with a label.
    pub rows: usize,
    pub accuracy: f64,
    /// How many rows of each class (down) were predicted to be of each (across).
    pub confusion: Vec<Vec<usize>>,
    /// Rows whose class no training row has: they are wrong, and in no line of the table.
    pub unknown: usize,
}

impl Tested {
    /// Of predicted classes and cells of a file; rows without a label do not count.
    pub fn of(predicted: &[usize], cells: &[String], names: &[String]) -> Option<Tested> {
        if cells.len() != predicted.len() {
            return None;
        }
        let mut out = Tested {
            rows: 0,
            accuracy: 0.0,
            confusion: vec![vec![0; names.len()]; names.len()],
            unknown: 0,
        };
        let number = |text: &str| text.parse::<f64>().ok().filter(|x| x.is_finite());
        for (class, cell) in predicted.iter().zip(cells) {
            if data::missing(cell) {
                continue;
            }
            out.rows += 1;
            // 1.0 and 1 are one class, where all classes are numbers
            let same = |name: &String| number(cell).is_some_and(|x| number(name) == Some(x));
            let exact = names.iter().position(|n| n == cell);
            let numbers = names.iter().all(|n| number(n).is_some());
            let place = exact.or_else(|| numbers.then(|| names.iter().position(same)).flatten());
            match place {
                Some(truth) => out.confusion[truth][*class] += 1,
                None => out.unknown += 1,
            }
        }
        let right: usize = (0..names.len()).map(|c| out.confusion[c][c]).sum();
        out.accuracy = right as f64 / out.rows.max(1) as f64;
        (out.rows > 0).then_some(out)
    }
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
    let points = network.lengths.points(rows.dimension, rows.values);
    points.map_err(|e| match e {
        Error::NoDirection { .. } => Error::Data(format!(
            "{}: {e} (--lengths keep takes such rows, and --lengths lift)",
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
        directions: false,
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
        let read = [Some(&args.data), args.with.as_ref()];
        let read: Vec<&Path> = read.into_iter().flatten().map(PathBuf::as_path).collect();
        data::free(&args.out, args.force, &read)?;
    }
    let label = args.label.as_deref().map_or(Label::None, Label::Column);
    let asked = |label| Asked {
        pair: args.with.is_some(),
        directions: network.lengths == Inputs::Unit,
        ..asked(columns, label, true)
    };
    let other = args
        .with
        .as_ref()
        .map(|path| Ok::<_, Error>((path, data::rows(path, &asked(label))?)))
        .transpose()?;
    let rows = match &other {
        None => data::rows(&args.data, &asked(label))?,
        Some((path, known)) => {
            let whose = path.as_path();
            data::rows(&args.data, &asked(Label::Like { known, whose }))?
        }
    };
    let mut read = vec![rows.read.clone()];
    let points = self::points(rows, &args.data, network)?;
    let other = match other {
        None => None,
        Some((path, rows)) => {
            read.push(rows.read.clone());
            Some(self::points(rows, path, network)?)
        }
    };
    let begun = Instant::now();
    let kernel = kernel(text, network, args.depth)?;
    let prepared = begun.elapsed().as_secs_f64();
    let lengths = network.lengths.lengths();
    let gram = match &other {
        None => Gram::symmetric(&kernel, &points, lengths)?,
        Some(other) => Gram::cross(&kernel, &points, other, lengths)?,
    };
    let twins = match &other {
        None => KernelError::of_gram(&gram).among(Twins::of(&points)),
        Some(other) => KernelError::of_gram(&gram).between(Twins::between(&points, other)),
    };
    // the rows as they came, the unit vectors, the tables, and the program itself
    let given = points.given().len() + other.as_ref().map_or(0, |o| o.given().len());
    let own = 3 * 8 * (given as u64) + 8 * kernel.size() as u64 + PROGRAM;
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
        columns: other.as_ref().map_or(points.len(), Points::len),
        tiles: 0,
        resumed: 0,
        filled: Filled::Whole,
        log_scale: kernel.log_scale(),
        error: twins,
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
    /// Real targets, where those were asked for instead of classes.
    pub targets: Option<Matrix>,
    /// The labels of the new rows as their file has them; empty where it has none.
    pub known: Vec<String>,
    /// What was read.
    pub read: [Reading; 2],
}

impl Files {
    /// Reads both files, the columns of the second in the order of the first.
    /// There must be room for the output, which is looked at first.
    pub fn read(
        [train, test]: [&Path; 2],
        (out, force): (&Path, bool),
        (label, columns): (Label, &args::Columns),
        network: &args::Network,
    ) -> Result<Files> {
        data::table(out)?;
        data::free(out, force, &[train, test])?;
        let of = |label| Asked {
            pair: true,
            directions: network.lengths == Inputs::Unit,
            ..asked(columns, label, true)
        };
        let known = data::rows(train, &of(label))?;
        let mut new = data::rows(
            test,
            &of(Label::Like {
                known: &known,
                whose: train,
            }),
        )?;
        let count = known.target_names.len();
        let (names, labels, targets) = match count {
            0 => {
                let (names, labels) = numbered(&known.labels);
                (names, labels, None)
            }
            _ => {
                let targets = Matrix::new(count, known.targets.clone())?;
                (known.target_names.clone(), vec![], Some(targets))
            }
        };
        Ok(Files {
            read: [known.read.clone(), new.read.clone()],
            known: std::mem::take(&mut new.known),
            train: points(known, train, network)?,
            test: points(new, test, network)?,
            names,
            labels,
            targets,
        })
    }
}
