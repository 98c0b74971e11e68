//! What a design takes: the questions of issue 16, each of which shall be answered in under five seconds.
//!
//!     cargo bench --bench design

use criterion::{Criterion, criterion_group, criterion_main};
use deeplimit::design::{
    Among, Criterion as Nearness, Extent, Extremum, Family, KernelWish, Shape, Slopes, Span,
    WantedKernel, extremal, known, nearest, slopes,
};
use deeplimit::recursion::Kind;
use deeplimit::{Activation, Effort};
use rug::Rational;

const FAMILIES: [(&str, &str, i32); 9] = [
    ("sin(sqrt(t)*x)", "t=0.5..20", 2),
    ("sin(sqrt(t)*x)", "t=0.5..20", 4),
    ("max(x-c,0)", "c=-6..12", 2),
    ("max(x-c,0)", "c=-6..12", 4),
    ("exp(sqrt(t)*x)", "t=0.5..12", 4),
    ("gelu(s*x)", "s=0..6", 2),
    ("tanh(c*x)", "c=0..inf", 1),
    ("erf(c*x)", "c=0..inf", 1),
    ("1e-200*max(x-c,0)", "c=-6..12", 2),
];

fn families(c: &mut Criterion) {
    let mut group = c.benchmark_group("family");
    group.sample_size(10);
    for (text, span, alpha) in FAMILIES {
        group.bench_function(format!("{text} {span} alpha {alpha}"), |b| {
            b.iter(|| {
                let family = Family::parse(text).unwrap();
                let span = Span::parse(span).unwrap();
                family.with_alpha(&alpha.into(), &[span], &Effort::digits(20))
            });
        });
    }
    for alpha in [2, 4, 16] {
        group.bench_function(format!("one of each kind, alpha {alpha}"), |b| {
            b.iter(|| known(&alpha.into(), Shape::default(), &Effort::default()).unwrap());
        });
    }
    group.finish();
}

fn wraps(c: &mut Criterion) {
    let mut group = c.benchmark_group("wrap");
    group.sample_size(10);
    let slope: Rational = "1002770965849537020065/1000000000000000000000"
        .parse()
        .unwrap();
    for text in ["tanh", "softplus"] {
        let expr = text.parse().unwrap();
        let wanted = Slopes::Dks(slope.clone());
        group.bench_function(format!("slopes of {text}"), |b| {
            b.iter(|| slopes(&expr, &wanted, &Effort::default()).unwrap());
        });
    }
    let square = "x^2".parse().unwrap();
    let impossible = Slopes::Dks((8, 5).into());
    group.bench_function("an impossible slope", |b| {
        b.iter(|| slopes(&square, &impossible, &Effort::default()).unwrap());
    });
    let gelu = "gelu".parse().unwrap();
    group.bench_function("nearest to gelu", |b| {
        b.iter(|| nearest(&gelu, &2.into(), 6, &Effort::default()).unwrap());
    });
    group.bench_function("three kinks", |b| {
        let (wanted, among) = (Extremum::SmallestLipschitz, Among::Kinks(3));
        b.iter(|| extremal(&4.into(), wanted, &among, &Effort::default()).unwrap());
    });
    group.finish();
}

fn kernels(c: &mut Criterion) {
    let mut group = c.benchmark_group("kernel");
    group.sample_size(10);
    let relu: Activation = "relu".parse().unwrap();
    for degree in [5, 20, 80] {
        group.bench_function(format!("four layers of relu, degree {degree}"), |b| {
            b.iter(|| {
                let wanted = WantedKernel::of_network(&relu, 4, Kind::Ntk).unwrap();
                let wish = KernelWish {
                    extent: Extent::Degree(degree),
                    criterion: Nearness::Nearest,
                    realised: Kind::Nngp,
                };
                wanted.design(&wish, &Effort::default()).unwrap()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, families, wraps, kernels);
criterion_main!(benches);
