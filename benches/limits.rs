//! What a kernel costs in doubles: its preparation, the tangent kernel at one correlation of the compiled table, and fifty
//! certain digits of the Koenigs function.
//!
//! A table is made for one depth. (There were tables once that served all depths of an activation, at the price of a Newton
//! step for every correlation and of 1e-12 where these have 1e-15. What is lost with them is any depth from one preparation,
//! and in doubles depths like 10^12 in the singular regime, where `lambda^L` was kept apart: a table refuses them, `limit` and
//! `ntk` have them in balls.)
//!
//!     cargo bench --bench limits

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use deeplimit::activation::Expr;
use deeplimit::deadline::Deadline;
use deeplimit::kernel::{Depth, Kernel, Kind};
use deeplimit::limit::Subject;
use rug::Rational;

const DEPTHS: [u64; 3] = [10, 1000, 1_000_000];

/// Nothing where no double holds the kernel (`x^2-1` vanishes like `rho^(2^L)`).
fn prepared(text: &str, depth: u64) -> Option<Kernel> {
    let expr = Expr::parse(text).unwrap();
    Kernel::new(&expr, Depth::Layers(depth), Kind::Ntk, Deadline::default()).ok()
}

fn kernels(c: &mut Criterion) {
    for text in [
        "optimal(4)",
        "sin(x)",
        "tanh",
        "gelu",
        "relu",
        "sigmoid",
        "x^2-1",
    ] {
        for depth in DEPTHS {
            let Some(kernel) = prepared(text, depth) else {
                continue;
            };
            c.bench_function(&format!("{text} T_{depth:e}, 64 correlations"), |b| {
                b.iter(|| {
                    (0..64)
                        .map(|k| kernel.at_gap(black_box(f64::powi(0.6, k))))
                        .sum::<f64>()
                });
            });
        }
    }
}

fn preparation(c: &mut Criterion) {
    let mut group = c.benchmark_group("preparation");
    group.sample_size(10);
    for text in ["optimal(4)", "sin(x)", "relu", "x^2", "tanh", "gelu"] {
        for depth in DEPTHS {
            let name = format!("{text} T_{depth:e}");
            group.bench_function(name, |b| b.iter(|| prepared(text, depth)));
        }
    }
    group.finish();
}

fn fifty_digits(c: &mut Criterion) {
    let mut group = c.benchmark_group("50 digits of h");
    group.sample_size(10);
    let at = [Rational::from((1, 2))];
    for text in ["optimal(4)", "sin(x)", "tanh", "max(x,0)-1/sqrt(2*pi)"] {
        let expr = Expr::parse(text).unwrap();
        group.bench_function(text, |b| {
            b.iter(|| {
                let subject = Subject::new(&expr, Deadline::default()).unwrap();
                subject.values(&at, 50, Deadline::default()).unwrap()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, kernels, preparation, fifty_digits);
criterion_main!(benches);
