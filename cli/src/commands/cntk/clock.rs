//! How far `deeplimit cntk` is, and what the kernels that it keeps in a folder are of.

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use deeplimit::cntk::Readout;
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};

use crate::args::Cntk as Args;
use crate::commands::INTERRUPT;
use crate::library::images::{Fingerprint, Images, Progress, numbers};
use crate::typed;

/// The line that says how far the kernels are.
pub struct Clock {
    pub bar: ProgressBar,
    pub begun: Instant,
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
        }
    }
}

impl Progress for Clock {
    fn made(&self, pairs: usize) -> bool {
        self.bar.inc(pairs as u64);
        !INTERRUPT.pressed()
    }

    fn found(&self, pairs: u64) {
        self.bar.inc(pairs);
        self.bar.reset_eta();
    }
}

/// The rows of a tile of kernels, so that it takes seconds.
pub fn side(args: &Args) -> usize {
    match args.readout {
        Some(Readout::Vanilla) => 256,
        _ => 32,
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
