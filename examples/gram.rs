//! Gram matrices of networks of any depth, in the time that `X X^T` takes.
//!
//! ```sh
//! cargo run --release --example gram
//! ```

use std::time::Instant;

use deeplimit::{Activation, Depth, Effort, Gram, Lengths, Network, Points, Result};

fn main() -> Result<()> {
    let (n, dimension) = (300, 10);
    let numbers = (0..n * dimension).map(|k| ((k * k) as f64 * 0.618).sin());
    let points = Points::new(dimension, numbers.collect())?;

    let relu: Activation = "relu".parse()?;
    let network = Network::of(&relu);
    for depth in [Depth::Layers(3), Depth::Layers(1000), Depth::Infinite] {
        let start = Instant::now();
        // both kernels lie on the way of one orbit
        let kernels = network.kernels(depth, &Effort::default())?;
        let prepared = start.elapsed();
        let start = Instant::now();
        let matrix = Gram::symmetric(&kernels.ntk, &points, Lengths::Unit)?.matrix();
        let computed = start.elapsed();
        println!(
            "depth {depth:4}: prepared in {prepared:.1?}, {n} x {n} entries in {computed:.1?}, relative error about {:.0e}; \
             K[0][..3] = {:.6?}",
            kernels.ntk.accuracy().relative,
            &matrix.row(0)[..3],
        );
    }
    Ok(())
}
