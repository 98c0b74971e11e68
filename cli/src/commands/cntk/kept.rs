//! The kernels of `deeplimit cntk` tile by tile, in a folder or nowhere, and the line that says how far they are.

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use deeplimit::cntk::Readout;
use deeplimit::error::Result;
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};

use crate::args::Cntk as Args;
use crate::library::images::{Contents, Fingerprint, Images, Store, Tile, numbers};
use crate::library::typed;

/// Kernels between two sets of images, tile by tile: in a store, or nowhere.
pub struct Kept {
    pub contents: Contents,
    pub tiles: Vec<Tile>,
    side: usize,
    pub store: Option<Store>,
}

impl Kept {
    pub fn new(args: &Args, depths: usize, rows: &Images, columns: &Images) -> Kept {
        // so that a tile takes seconds
        let side = match args.readout {
            Some(Readout::Vanilla) => 256,
            _ => 32,
        };
        let contents = Contents {
            depths: Some(depths),
            rows: rows.len(),
            columns: columns.len(),
            symmetric: std::ptr::eq(rows, columns),
            words: String::new(),
        };
        let side = side.min(rows.len().max(columns.len()));
        Kept {
            tiles: contents.tiles(side),
            contents,
            side,
            store: None,
        }
    }

    pub fn open(&mut self, path: &Path, words: &str) -> Result<()> {
        words.clone_into(&mut self.contents.words);
        let store = Store::within(path, &self.contents, self.side)?;
        self.tiles = store.tiles().to_vec();
        self.store = Some(store);
        Ok(())
    }

    /// On the diagonal every pair counts once.
    pub fn pairs(&self, tile: &Tile) -> u64 {
        let (n, m) = (tile.rows.len() as u64, tile.columns.len() as u64);
        match self.contents.symmetric && tile.square() {
            true => n * (n + 1) / 2,
            false => n * m,
        }
    }
}

pub struct Clock {
    pub bar: ProgressBar,
    pub begun: Instant,
    pub pairs: u64,
    pub all: u64,
}

impl Clock {
    pub fn new(all: u64) -> Clock {
        let bar = ProgressBar::new(all);
        let template = "{wide_bar} {human_pos}/{human_len} pairs, {rate} per second, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            let rate = |state: &ProgressState, text: &mut dyn Write| {
                let _ = write!(text, "{}", HumanCount(state.per_sec() as u64));
            };
            bar.set_style(style.with_key("rate", rate));
        }
        Clock {
            bar,
            begun: Instant::now(),
            pairs: 0,
            all,
        }
    }

    /// Pairs that were found finished.
    pub fn skipped(&self, pairs: u64) {
        self.bar.inc(pairs);
        self.bar.reset_eta();
    }
}

/// What the kernels in a folder are of.
pub fn words_of(args: &Args, layers: &[usize], train: &Images, test: &Images) -> String {
    let counts: Vec<_> = layers.iter().map(usize::to_string).collect();
    let mut shape = format!("{} layers", counts.join(", "));
    if layers.len() > 1 {
        shape = format!("each of {shape}");
    }
    if let Some(network) = &args.network {
        shape = format!("network {}", network.trim());
    }
    if let Some(input) = args.input {
        shape += &format!(", input {input:?}");
    }
    if let Some(readout) = args.readout {
        shape += &format!(", read-out {readout:?}");
    }
    let mut hash = Fingerprint::default();
    for set in [train, test] {
        let pixels = (0..set.len()).flat_map(|n| set.image(n));
        pixels.for_each(|v| hash.add(v.to_bits()));
        set.labels().iter().for_each(|l| hash.add(u64::from(*l)));
    }
    // The same letters with other values are another kernel.
    let settings = typed::settings();
    if !settings.is_empty() {
        shape += &format!(", {settings}");
    }
    let fixed = if args.fixed { ", ends fixed" } else { "" };
    format!(
        "convolutional {:?} of {}, {shape}, filter {}, bias {}{fixed}, {:?}, {} images of {} and {} of {}, \
         data {hash}, deeplimit {}",
        args.kernel,
        args.activation.trim(),
        args.filter,
        args.bias,
        numbers(args),
        train.len(),
        name(&args.train),
        test.len(),
        name(&args.test),
        env!("CARGO_PKG_VERSION")
    )
}

/// The last part of a path.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
