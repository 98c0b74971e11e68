//! Nanoseconds of processor time per entry, convolution and core: the minimum of several runs on one thread.
//!
//!     cargo bench --bench cntk
//!     cargo bench --bench cntk -- avx512
//!
//! An entry is a pair of pixel positions: 1,048,576 for a pair of 32 x 32 images with global average pooling, 1,024
//! without. `criterion` is not used because the minimum of the processor's time is wanted, not the mean of the clock's:
//! the machine may be busy.

use std::time::Instant;

use deeplimit::activation::Expr;
use deeplimit::cntk::{Architecture, Cntk, Lane, Processor, Readout};

const SHAPE: [usize; 3] = [32, 32, 3];
const LAYERS: usize = 5;

/// Noise that no compiler knows.
fn image(seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..3072).map(|_| next()).collect()
}

/// Seconds that this thread was on a processor, from Linux, to a few milliseconds; elsewhere the clock's.
fn busy(since: Instant) -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = stat.split(' ').next().and_then(|n| n.parse::<u64>().ok());
    nanoseconds.map_or(since.elapsed().as_secs_f64(), |n| n as f64 * 1e-9)
}

fn measure<T: Lane>(
    name: &str,
    activation: &str,
    processor: Processor,
    readout: Readout,
    runs: usize,
) {
    let expr: Expr = activation.parse().expect("an activation");
    let network = Architecture::new(&expr, &[LAYERS], readout).expect("a network");
    let kernel = Cntk::<T>::new(&network, SHAPE)
        .expect("a shape")
        .on(processor);
    let x = kernel.profile(&image(1)).expect("an image");
    let y = kernel.profile(&image(2)).expect("an image");
    let (pairs, entries) = match readout {
        Readout::Gap if activation != "relu" => (5, 1024.0 * 1024.0),
        Readout::Gap => (50, 1024.0 * 1024.0),
        Readout::Vanilla => (50_000, 1024.0),
    };
    let clock = Instant::now();
    let mut best = f64::INFINITY;
    for _ in 0..runs {
        let start = busy(clock);
        for _ in 0..pairs {
            std::hint::black_box(kernel.pair(std::hint::black_box(&x), &y)).expect("a pair");
        }
        best = best.min((busy(clock) - start) / pairs as f64);
    }
    println!(
        "{name:4} {activation:5} {:9} {readout:8?} {:9.4} ms per pair and layer, {:6.3} ns per entry and layer",
        processor.name(),
        best * 1e3 / LAYERS as f64,
        best * 1e9 / LAYERS as f64 / entries,
    );
}

fn main() {
    // `cargo bench --bench cntk -- avx512`: that one alone.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    for processor in Processor::all() {
        if !wanted.is_empty() && !wanted.iter().any(|w| w == processor.name()) {
            continue;
        }
        for readout in [Readout::Gap, Readout::Vanilla] {
            measure::<f32>("f32", "relu", processor, readout, 8);
            measure::<f64>("f64", "relu", processor, readout, 2);
        }
        for activation in ["gelu", "tanh"] {
            measure::<f32>("f32", activation, processor, Readout::Gap, 2);
        }
    }
}
