//! How long does the main job take? The nine activations of the README at 15 digits (target: under 0.5 s together on
//! two cores), and the catalogue at 100 digits (target: under 5 s each).
//!
//!     cargo bench --bench classify

use criterion::{Criterion, criterion_group, criterion_main};
use deeplimit::activation::{Expr, catalogue};
use deeplimit::{Effort, limit::classify};
use rayon::prelude::*;

const README: [&str; 9] = [
    "relu",
    "gelu",
    "tanh",
    "selu",
    "softplus",
    "x*sigmoid(1.702*x)",
    "max(x,0)-1/sqrt(2*pi)",
    "optimal(4)",
    "x^2-1",
];

fn nine(c: &mut Criterion) {
    let parsed: Vec<Expr> = README.iter().map(|t| Expr::parse(t).unwrap()).collect();
    let mut group = c.benchmark_group("classify");
    group.sample_size(10);
    group.bench_function("nine activations, 15 digits", |b| {
        b.iter(|| {
            parsed
                .par_iter()
                .map(|e| classify(e, &Effort::default()).unwrap())
                .collect::<Vec<_>>()
        });
    });
    group.finish();
}

fn hundred(c: &mut Criterion) {
    let mut group = c.benchmark_group("classify, 100 digits");
    group.sample_size(10);
    for entry in catalogue() {
        let Ok(e) = Expr::parse(entry.name).or_else(|_| Expr::parse(&format!("{}(4)", entry.name)))
        else {
            continue;
        };
        let options = Effort {
            digits: 100,
            ..Effort::default()
        };
        group.bench_function(entry.name, |b| b.iter(|| classify(&e, &options)));
    }
    group.finish();
}

criterion_group!(benches, nine, hundred);
criterion_main!(benches);
