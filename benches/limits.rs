//! What a kernel costs in doubles once the activation is prepared: `S_L` and `T_L` at one correlation, at any depth; the
//! preparation; and fifty certain digits of the Koenigs function.
//!
//! Floor of one evaluation: two or three Chebyshev sums of 20 terms on the way in, three on the way out, and a Newton
//! step or two of two sums each, so about 10 sums of 20 multiply-adds in a dependent chain (4 cycles each): 800 cycles,
//! a quarter of a microsecond, plus a logarithm and five exponentials.
//!
//!     cargo bench --bench limits

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use deeplimit::activation::Expr;
use deeplimit::deadline::Deadline;
use deeplimit::limit::{Doubles, Subject};
use rug::Rational;

fn subject(text: &str) -> Subject {
    Subject::new(&Expr::parse(text).unwrap(), Deadline::default()).unwrap()
}

fn prepared(text: &str) -> Doubles {
    let far = Rational::from((999_999, 1_000_000));
    let kernel = subject(text).kernel(&far, 64, Deadline::default()).unwrap();
    Doubles::new(&kernel).unwrap()
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
        let fast = prepared(text);
        for depth in [10, 1000, 1_000_000_000_000] {
            c.bench_function(&format!("{text} T_{depth:e}, 64 correlations"), |b| {
                b.iter(|| {
                    (0..64)
                        .map(|k| {
                            let t = black_box(f64::powi(0.6, k));
                            fast.kernels_at_gap(t, depth).unwrap().ntk.mantissa
                        })
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
        group.bench_function(text, |b| b.iter(|| prepared(text)));
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
