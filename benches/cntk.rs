//! Nanoseconds per entry, convolution and core: the minimum of several runs on one thread.
//!
//!     cargo bench --bench cntk
//!
//! An entry is a pair of pixel positions: 1,048,576 for a pair of 32 x 32 images with global average pooling, 1,024
//! without. `criterion` is not used because the minimum is wanted, not the mean: the machine may be busy.

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

fn measure<T: Lane>(name: &str, processor: Processor, readout: Readout, runs: usize) {
    let relu: Expr = "relu".parse().expect("relu");
    let network = Architecture::new(&relu, &[LAYERS], readout).expect("a network");
    let kernel = Cntk::<T>::new(&network, SHAPE)
        .expect("a shape")
        .on(processor);
    let x = kernel.profile(&image(1)).expect("an image");
    let y = kernel.profile(&image(2)).expect("an image");
    let (pairs, entries) = match readout {
        Readout::Gap => (1, 1024.0 * 1024.0),
        Readout::Vanilla => (1000, 1024.0),
    };
    let mut best = f64::INFINITY;
    for _ in 0..runs {
        let begun = Instant::now();
        for _ in 0..pairs {
            std::hint::black_box(kernel.pair(std::hint::black_box(&x), &y)).expect("a pair");
        }
        best = best.min(begun.elapsed().as_secs_f64() / pairs as f64);
    }
    println!(
        "{name:4} {:9} {readout:8?} {:9.4} ms per pair and layer, {:6.3} ns per entry and layer",
        processor.name(),
        best * 1e3 / LAYERS as f64,
        best * 1e9 / LAYERS as f64 / entries,
    );
}

fn main() {
    for processor in Processor::all() {
        for readout in [Readout::Gap, Readout::Vanilla] {
            measure::<f32>("f32", processor, readout, 15);
            measure::<f64>("f64", processor, readout, 10);
        }
    }
}
