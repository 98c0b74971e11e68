//! What a kernel costs once the activation is prepared: `T_L` at one correlation in doubles at any depth, the
//! preparation, and fifty certain digits of the Koenigs function.

use criterion::{Criterion, criterion_group, criterion_main};
use deeplimit::activation::Expr;
use deeplimit::deadline::Deadline;
use deeplimit::dual::Dual;
use deeplimit::limit::{Abel, Koenigs, Limit, Subject};
use deeplimit::recursion::Correlation;
use rug::{Integer, Rational};

fn kernels(c: &mut Criterion) {
    let deadline = Deadline::default();
    for (text, depth) in [
        ("optimal(4)", 100),
        ("optimal(4)", 100_000),
        ("sin(x)", 1000),
        ("tanh", 1000),
        ("relu", 1000),
        ("relu", 1_000_000_000),
    ] {
        let subject = Subject::new(&Expr::parse(text).unwrap(), deadline).unwrap();
        let kernel = subject
            .kernel(&Rational::from((9, 10)), 80, deadline)
            .unwrap();
        let dual: Dual<f64> = kernel.dual().rounded();
        for rho in [0.5, 0.999] {
            let place = Correlation::new(rho);
            match kernel.limit() {
                Limit::Singular(_) => {
                    let h: Koenigs<f64> = Koenigs::new(&dual, 0.0, 16).unwrap();
                    c.bench_function(&format!("{text} T_{depth}({rho})"), |b| {
                        b.iter(|| h.kernels_at(&place, depth))
                    });
                }
                Limit::EdgeOfChaos(a) => {
                    let a: Abel<f64> = a.rounded(dual.clone());
                    let depth = Integer::from(depth);
                    c.bench_function(&format!("{text} T_{depth}({rho})"), |b| {
                        b.iter(|| a.kernels_at(&place, &depth))
                    });
                }
                _ => {}
            }
        }
    }
}

criterion_group!(benches, kernels);
criterion_main!(benches);
