//! Time against digits: one certified expectation at 15 to 1,000 digits, for an analytic activation (tanh), an entire
//! one (gelu), a kink and a jump.
//!
//!     cargo bench --bench digits

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use deeplimit::activation::Expr;
use deeplimit::deadline::Deadline;
use deeplimit::quadrature::expect;

fn digits(c: &mut Criterion) {
    let mut group = c.benchmark_group("E f(Z)");
    group.sample_size(10);
    let cases = [
        ("tanh", "tanh(x)^2"),
        ("gelu", "gelu(x)^2"),
        // no closed form: the quadrature does the work
        ("kink", "max(tanh(x), x/2)"),
        ("jump", "step(x-1/3)*tanh(x)"),
    ];
    for (name, text) in cases {
        let e = Expr::parse(text).unwrap();
        for n in [15, 50, 100, 200, 500, 1000] {
            group.bench_with_input(BenchmarkId::new(name, n), &n, |b, &n| {
                b.iter(|| expect(&e, n, Deadline::default()).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, digits);
criterion_main!(benches);
