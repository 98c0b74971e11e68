//! What a Gram matrix costs: `n = 5,000` points in 10 dimensions, at several depths, beside `X X^T` alone; preparation and
//! one evaluation of a compiled kernel.
//!
//! Not criterion's: each run takes half a second, and ratios within one process are wanted.

use std::time::Instant;

use deeplimit::activation::Expr;
use deeplimit::deadline::Deadline;
use deeplimit::gram::{Gram, Lengths, Points};
use deeplimit::kernel::{Depth, Kernel, Kind};

fn numbers(count: usize) -> Vec<f64> {
    let mut state = 1u64;
    (0..count)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        })
        .collect()
}

/// The best of three, in milliseconds.
fn best(mut run: impl FnMut()) -> f64 {
    (0..3)
        .map(|_| {
            let begun = Instant::now();
            run();
            begun.elapsed().as_secs_f64() * 1e3
        })
        .fold(f64::INFINITY, f64::min)
}

fn main() {
    let (n, d) = (5000, 10);
    let points = Points::new(d, numbers(n * d)).unwrap();
    let x = faer::MatRef::from_row_major_slice(points.unit(), n, d);
    let product = || {
        best(|| {
            let k = x * x.transpose();
            std::hint::black_box(&k);
        })
    };
    let layers = Depth::Layers;
    for (text, depths) in [
        (
            "relu",
            &[layers(3), layers(100), layers(1_000_000), Depth::Infinite][..],
        ),
        ("optimal(4)", &[layers(3), layers(100), Depth::Infinite]),
        ("sin(x)", &[layers(3), Depth::Infinite]),
        ("gelu", &[layers(3), layers(100), Depth::Infinite]),
        ("tanh", &[layers(3), layers(100), Depth::Infinite]),
    ] {
        for depth in depths {
            let begun = Instant::now();
            let expr = Expr::parse(text).unwrap();
            let kernel = match Kernel::new(&expr, *depth, Kind::Ntk, Deadline::default()) {
                Ok(kernel) => kernel,
                Err(e) => {
                    println!("{text} {depth:?}: {e} ({:.0?})", begun.elapsed());
                    continue;
                }
            };
            let prepared = begun.elapsed().as_secs_f64() * 1e3;
            let rho: Vec<f64> = numbers(100_000);
            let mut out = vec![0.0; rho.len()];
            let one = best(|| kernel.at_all(&rho, &mut out)) * 1e6 / rho.len() as f64;
            let gram = best(|| {
                let k = Gram::symmetric(&kernel, &points, Lengths::Unit)
                    .unwrap()
                    .matrix();
                std::hint::black_box(&k);
            });
            // next to each other, for the sake of the ratio on a busy machine
            let product = product();
            println!(
                "{text} {depth:?}: prepared {prepared:.0} ms, error {:.0e}, {one:.1} ns an evaluation, Gram {gram:.0} ms, {:.2} times X X^T alone",
                kernel.accuracy().measured,
                gram / product
            );
        }
    }
}
