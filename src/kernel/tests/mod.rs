//! The compiled kernel against ball arithmetic, its symmetries, its ends, its slope, its words.

use super::accuracy::spread;
use super::build::dual_of;
use super::charts::Place;
use super::source::Reference;
use super::*;
use rug::Float;

use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::limit::Subject;
use crate::real::{Ball, Real};
use crate::recursion::{Convention, Settings};

mod both;
mod ends;
mod kinks;
mod records;
mod tables;

fn kernel(text: &str, depth: Depth, kind: Kind) -> Kernel {
    Kernel::new(
        &Expr::parse(text).unwrap(),
        depth,
        kind,
        Deadline::default(),
    )
    .unwrap_or_else(|e| panic!("{text} {depth:?}: {e}"))
}

/// What the issue asks of a Gram entry.
const PROMISED: f64 = 1e-12;

/// More places: `DEEPLIMIT_EFFORT=10`.
fn effort() -> usize {
    std::env::var("DEEPLIMIT_EFFORT")
        .ok()
        .and_then(|e| e.parse().ok())
        .unwrap_or(1)
}

#[test]
fn compiled_kernels_agree_with_balls() {
    use Depth::{Infinite, Layers};
    for (text, depths) in [
        (
            "relu",
            &[
                Layers(0),
                Layers(1),
                Layers(3),
                Layers(100),
                Layers(100_000),
            ][..],
        ),
        (
            "optimal(4)",
            &[Layers(3), Layers(50), Layers(3000), Infinite],
        ),
        ("sin(x)", &[Layers(10), Infinite]),
        ("x", &[Layers(7), Infinite]),
        ("erf", &[Layers(5), Infinite]),
        ("x^2-1", &[Layers(3), Layers(12)]),
        ("exp(x)", &[Layers(4)]),
        ("abs(x)", &[Layers(6)]),
    ] {
        for depth in depths {
            for kind in [Kind::Ntk, Kind::Nngp] {
                let k = kernel(text, *depth, kind);
                let a = k.accuracy();
                assert!(
                    a.measured < PROMISED,
                    "{text} {depth:?} {kind:?}: {}",
                    a.measured
                );
            }
        }
    }
}

/// A thousand places, `rho = 1 - 1e-15` and `1` among them.
#[test]
fn a_thousand_places() {
    for (text, depth) in [("relu", Depth::Layers(100)), ("sin(x)", Depth::Infinite)] {
        let k = kernel(text, depth, Kind::Ntk);
        let subject = Subject::new(&Expr::parse(text).unwrap(), Deadline::default()).unwrap();
        let dual = dual_of(&subject, Deadline::default()).unwrap();
        let reference = Reference::new(&subject, &dual, depth, Deadline::default()).unwrap();
        let mut places = spread(1000 * effort());
        places.push(Place::Near(1e-15));
        for place in places {
            let error = k.error(place, &reference.at(place).unwrap().ntk);
            assert!(error < PROMISED, "{text} at {place:?}: {error}");
        }
    }
    assert_eq!(kernel("relu", Depth::Layers(100), Kind::Ntk).at(1.0), 101.0);
    assert_eq!(
        kernel("sin(x)", Depth::Infinite, Kind::Ntk).at(1.0),
        f64::INFINITY
    );
}

#[test]
fn slices_points_and_gaps_are_one_function() {
    for (text, depth) in [
        ("relu", Depth::Layers(20)),
        ("optimal(4)", Depth::Infinite),
        ("x^2-1", Depth::Layers(9)),
    ] {
        let k = kernel(text, depth, Kind::Ntk);
        let rho: Vec<f64> = (0..=1003).map(|i| f64::from(i) / 501.5 - 1.0).collect();
        let mut out = vec![0.0; rho.len()];
        k.at_all(&rho, &mut out);
        for (r, x) in rho.iter().zip(&out) {
            assert_eq!(k.at(*r).to_bits(), x.to_bits(), "{text} at {r}");
            // two tables; 1 - r is exact for r > 1/2
            if *r > 0.5 && *r < 1.0 {
                // of a logarithm the absolute error counts
                let log = if k.form.near { x.ln().abs() } else { 0.0 };
                assert!(
                    (k.at_gap(1.0 - r) / x - 1.0).abs() < 1e-14 * (1.0 + log),
                    "{text} at {r}"
                );
            }
        }
        assert!(k.at(f64::NAN).is_nan() && k.at_gap(f64::NAN).is_nan());
        assert_eq!(k.at(2.0), k.diagonal());
    }
}

/// Odd kernels are odd to the last bit (inside of the cells), and the slope is the derivative of the value.
#[test]
fn mirror_and_slope() {
    let k = kernel("erf", Depth::Layers(4), Kind::Ntk);
    for i in 1..200 {
        let rho = f64::from(i) / 201.0;
        assert_eq!(k.at(-rho), -k.at(rho), "{rho}");
        let step = 1e-6;
        let difference = (k.at(rho + step) - k.at(rho - step)) / (2.0 * step);
        // step^2 f'''/6, and rounding over the step
        let tolerance =
            1e-9 * (1.0 + k.slope(Place::of(rho)).abs() / (1.0 - rho + step).powi(2).min(1.0));
        if rho < 0.99 {
            assert!(
                (k.slope(Place::of(rho)) - difference).abs() < tolerance,
                "{rho}: {} {difference}",
                k.slope(Place::of(rho))
            );
        }
    }
}

/// What a change of the gap does is known at all gaps, also where the slope has no digit of its own.
#[test]
fn the_gap_times_the_slope_is_that_of_the_dual() {
    // Markov: a polynomial of degree 13 that is off by 2^-52 has a derivative that is off by 13^2 of it over half the width of the
    // cell, and that is 2^-8 of the gap at the finest
    let markov = 169.0 * 256.0 * f64::EPSILON;
    for text in ["erf", "gelu", "relu", "exp(x)", "sign"] {
        let k = kernel(text, Depth::Layers(1), Kind::Nngp);
        let subject = Subject::new(&Expr::parse(text).unwrap(), Deadline::default()).unwrap();
        let dual = dual_of(&subject, Deadline::default()).unwrap();
        for octave in 2..100 {
            let t = 2f64.powi(-octave);
            let exact = dual.slope_at_gap(&Ball::exact(Float::with_val(96, t)));
            let apart = t * (k.slope(Place::Near(t)) - exact.to_f64());
            let blur = markov + t * exact.radius().to_f64();
            assert!(apart.abs() < blur, "{text} 2^-{octave}: {apart:e}");
        }
    }
}

/// `h(dual(rho)) = lambda h(rho)` in the compiled `h`: `lambda = 1/sinh(1)` for the sine.
#[test]
fn the_functional_equation_holds() {
    let h = kernel("sin(x)", Depth::Infinite, Kind::Nngp);
    let lambda = 1.0 / 1f64.sinh();
    for i in 1..100 {
        let rho = f64::from(i) / 101.0;
        let next = rho.sinh() / 1f64.sinh();
        // the argument is rounded: 2^-53 h'/h (1 - rho) / (1 - rho)
        let blur = 4.0 * f64::EPSILON * (1.0 + h.slope(Place::of(next)) / h.at(next));
        assert!(
            (h.at(next) / (lambda * h.at(rho)) - 1.0).abs() < 1e-13 + blur,
            "{rho}"
        );
    }
}

#[test]
fn what_has_no_kernel_is_refused_in_one_sentence() {
    for (text, depth, words) in [
        ("x^2-1", Depth::Layers(80), "nearest-neighbour regime"),
        // kinks in the ordered phase, without a closed form
        (
            "softsign(x)+1",
            Depth::Infinite,
            "two continuous derivatives",
        ),
    ] {
        let error = Kernel::new(
            &Expr::parse(text).unwrap(),
            depth,
            Kind::Ntk,
            Deadline::default(),
        )
        .unwrap_err();
        assert!(error.to_string().contains(words), "{text}: {error}");
    }
    let mut settings = lee("1", Some("1/2"));
    let of = |depth, s: &Settings| {
        let relu = Expr::parse("relu").unwrap();
        Kernel::of_network(&relu, depth, Kind::Ntk, s, Deadline::default())
            .unwrap_err()
            .to_string()
    };
    assert!(of(Depth::Infinite, &settings).contains("give `max(x, 0)` a number of layers"));
    settings.norms.1 = 4.into();
    assert!(of(Depth::Layers(3), &settings).contains("differ"));
    settings.norms.1 = 1.into();
    settings.convention = Convention::Arora2019;
    assert!(of(Depth::Layers(3), &settings).contains("arora2019 has no sigma_w"));
    // without end
    settings = lee("2", Some("1"));
    let tanh = Expr::parse("x^2").unwrap();
    let error = Kernel::of_network(
        &tanh,
        Depth::Layers(100),
        Kind::Ntk,
        &settings,
        Deadline::default(),
    );
    assert!(error.unwrap_err().to_string().contains("out of all bounds"));
}

fn lee(w: &str, b: Option<&str>) -> Settings {
    Settings {
        convention: Convention::Lee2019,
        sigma_w: Some(Expr::parse(w).unwrap()),
        sigma_b: b.map(|b| Expr::parse(b).unwrap()),
        ..Settings::default()
    }
}

fn network(text: &str, depth: u64, kind: Kind, settings: &Settings) -> Kernel {
    Kernel::of_network(
        &Expr::parse(text).unwrap(),
        Depth::Layers(depth),
        kind,
        settings,
        Deadline::default(),
    )
    .unwrap_or_else(|e| panic!("{text} {depth}: {e}"))
}

#[test]
fn networks_agree_with_balls() {
    for (text, w, b, depth) in [
        ("tanh", "3/2", Some("1/10"), 1000),
        ("tanh", "3/2", None, 20),
        ("erf", "2", Some("3/10"), 7),
        ("relu", "7/5", Some("1/2"), 50),
        ("sign", "1", Some("1/2"), 4),
        ("gelu", "6/5", Some("3/10"), 3),
        ("x*sigmoid(1.7*x)", "3/2", Some("1/10"), 3),
        ("x^3", "1/2", Some("1/2"), 2),
    ] {
        // on the way to many layers the NNGP is prepared with the NTK
        let kinds = if depth < 20 { 2 } else { 1 };
        for kind in [Kind::Ntk, Kind::Nngp].into_iter().take(kinds) {
            let k = network(text, depth, kind, &lee(w, b));
            let a = k.accuracy();
            // from a gap of 1e-32, where it is measured too, the first pairs that differ are some 70 layers away: each has the
            // roundings of a table, 2e-15 or so
            assert!(
                a.measured < 2e-13,
                "{text} {w} {b:?} {depth} {kind:?}: {}",
                a.measured
            );
        }
    }
}

/// The identity at any depth, and the ends of a kernel with an infinite slope at -1.
#[test]
fn what_needs_no_walk() {
    let k = kernel("-x", Depth::Layers(1_000_000_000), Kind::Ntk);
    for rho in [-1.0, -0.3, 0.7, 1.0] {
        // the table divides by rho, and the entry multiplies
        let apart = k.at(rho) / (rho * 1_000_000_001.0) - 1.0;
        assert!(apart.abs() <= 2.0 * f64::EPSILON, "{rho}: {apart:e}");
    }
    let step = kernel("step", Depth::Layers(3), Kind::Ntk);
    assert_eq!(step.at(-1.0), f64::NEG_INFINITY);
    assert_eq!(step.diagonal(), f64::INFINITY);
}

/// `k` and `Theta` of relu with biases, as the papers write them, in plain doubles.
fn plain_relu(rho: f64, depth: u64, w2: f64, b2: f64) -> [f64; 2] {
    let pi = std::f64::consts::PI;
    let (mut q, mut k) = (w2 + b2, w2 * rho + b2);
    let mut theta = k;
    for _ in 0..depth {
        let angle = (k / q).acos();
        let dot = w2 * (pi - angle) / (2.0 * pi);
        k = w2 * q * (angle.sin() + (pi - angle) * angle.cos()) / (2.0 * pi) + b2;
        theta = k + dot * theta;
        q = w2 * q / 2.0 + b2;
    }
    [k, theta]
}

#[test]
fn conventions_overlap() {
    let unit = |text: &str, l| kernel(text, Depth::Layers(l), Kind::Ntk);
    let root = lee("sqrt(2)", None);
    let jacot = Settings {
        convention: Convention::Jacot2018,
        ..Settings::default()
    };
    let arora = Settings {
        convention: Convention::Arora2019,
        ..Settings::default()
    };
    for l in [0, 1, 7, 2000] {
        let own = unit("relu", l);
        let (twice, small) = (
            network("relu", l, Kind::Ntk, &root),
            network("relu", l, Kind::Ntk, &jacot),
        );
        let same = network("relu", l, Kind::Ntk, &arora);
        for rho in [-1.0, -0.7, 0.0, 0.3, 0.999, 1.0 - 1e-15, 1.0] {
            let x = own.at(rho);
            let near = |a: f64, b: f64| (a - b).abs() <= 4.0 * f64::EPSILON * b.abs();
            assert!(near(twice.at(rho), 2.0 * x), "{l} {rho}");
            assert_eq!(same.at(rho), x);
            // 2^-l: beyond the doubles in the scale
            let scale = small.log_scale() + l as f64 * std::f64::consts::LN_2;
            assert!(
                (small.at(rho) * scale.exp() - x).abs() <= 1e-12 * x.abs(),
                "{l} {rho}"
            );
        }
        assert_ne!(twice.description(), own.description());
        assert_eq!(twice.length_exponent(), Some(1.0));
    }
    for l in [0, 1, 3, 30] {
        let s = lee("6/5", Some("1/2"));
        let [nngp, ntk] = [Kind::Nngp, Kind::Ntk].map(|k| network("relu", l, k, &s));
        assert_eq!(ntk.length_exponent(), None);
        for rho in [-0.9, -0.3, 0.0, 0.6, 0.9] {
            let [k, theta] = plain_relu(rho, l, 1.44, 0.25);
            // 30 arc cosines, each off by 1e-16/sin
            assert!((nngp.at(rho) / k - 1.0).abs() < 1e-13, "{l} {rho}");
            assert!((ntk.at(rho) / theta - 1.0).abs() < 1e-13, "{l} {rho}");
        }
    }
    // jacot(beta) = lee(1, beta), another road to the same numbers
    let beta = Settings {
        sigma_b: Some(Expr::parse("1/10").unwrap()),
        ..jacot
    };
    let (a, b) = (
        network("tanh", 6, Kind::Ntk, &beta),
        network("tanh", 6, Kind::Ntk, &lee("1", Some("1/10"))),
    );
    assert!((a.at(0.4) / b.at(0.4) - 1.0).abs() < 1e-14);
}

/// Entries at random correlations, `1 - 1e-15` and 1 among them, against enclosures of the recursion.
#[test]
fn random_entries_of_networks() {
    use crate::recursion::ntk;
    let mut state = 7u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    for (text, settings) in [
        ("relu", lee("3/2", Some("1/10"))),
        ("erf", lee("3/2", Some("1/10"))),
        ("tanh", lee("3/2", Some("1/10"))),
    ] {
        let k = network(text, 3, Kind::Ntk, &settings);
        let mut rhos: Vec<f64> = (0..40 * effort()).map(|_| random()).collect();
        rhos.extend([1.0 - 1e-15, 1.0, -1.0]);
        let exact: Vec<_> = rhos
            .iter()
            .map(|r| rug::Rational::from_f64(*r).unwrap())
            .collect();
        let expr = Expr::parse(text).unwrap();
        let rows = ntk(&expr, &exact, 3, &settings, 15, Deadline::default()).unwrap();
        for (rho, row) in rhos.iter().zip(rows) {
            let exact = row.unwrap().ntk.unwrap().value().to_f64();
            // a double rho is rounded: what the slope makes of it is part of the argument
            assert!(
                (k.at(*rho) / exact - 1.0).abs() < PROMISED,
                "{text} {rho}: {} {exact}",
                k.at(*rho)
            );
        }
    }
}

/// The limit in the normalisation of its regime, against deep networks.
#[test]
fn limits_are_what_deep_kernels_tend_to() {
    let both = |text: &str, depth| [Kind::Nngp, Kind::Ntk].map(|k| kernel(text, depth, k));
    let places = [-1.0, -0.8, 0.1, 0.5, 0.99];
    // S_L - c* ~ m^L, and m is near 1 for gelu
    for (text, layers) in [("exp(x)*x", 400), ("x^2", 400), ("gelu", 4000)] {
        let (limit, deep) = (
            both(text, Depth::Infinite),
            both(text, Depth::Layers(layers)),
        );
        if limit[0].limit_form() != Some(LimitForm::Chaotic) {
            continue;
        }
        for (a, b) in limit.iter().zip(&deep) {
            for rho in places {
                let even = a.parity() == Some(1.0) && rho == -1.0;
                if !even {
                    assert!((a.at(rho) / b.at(rho) - 1.0).abs() < 1e-9, "{text} {rho}");
                }
            }
        }
        assert_eq!(limit[1].diagonal(), f64::INFINITY);
        assert_eq!(limit[0].diagonal(), 1.0);
        assert_eq!(limit[1].classifier(), Classifier::Majority);
    }
    assert_eq!(
        kernel("x^2", Depth::Infinite, Kind::Nngp).limit_form(),
        Some(LimitForm::Chaotic)
    );
    assert_eq!(kernel("x^2", Depth::Infinite, Kind::Nngp).at(-1.0), 1.0);
    // T_L/T_L(x,x) -> 1/4 like log(L)/L; (S_L - 1)/(1 - S_L(0)) -> -1 like 1/L
    let (limit, deep) = (
        both("relu", Depth::Infinite),
        both("relu", Depth::Layers(1_000_000)),
    );
    for rho in places {
        let ratio = deep[1].at(rho) / deep[1].diagonal();
        assert!((ratio - limit[1].at(rho)).abs() < 2e-5, "{rho} {ratio}");
        assert_eq!(limit[0].at(rho), -1.0);
    }
    assert_eq!((limit[0].diagonal(), limit[1].diagonal()), (0.0, 1.0));
    // g = lim (1 - S_L)/b^L, b = 1/4: the error is O(b^L), and rounding 1e-16/b^L
    let (limit, deep) = (
        both("exp(x/2)", Depth::Infinite),
        both("exp(x/2)", Depth::Layers(12)),
    );
    for rho in places {
        let g = (1.0 - deep[0].at(rho)) * 4f64.powi(12);
        for k in &limit {
            assert!((-k.at(rho) / g - 1.0).abs() < 1e-6, "{rho} {g}");
        }
    }
    assert!(
        limit[0].accuracy().measured < 1e-13,
        "{:?}",
        limit[0].accuracy()
    );
    assert_eq!(
        (limit[0].diagonal(), limit[0].classifier()),
        (0.0, Classifier::Interpolant)
    );
    // near the diagonal g(t) = t
    assert!((limit[0].at_gap(1e-20) / 1e-20 + 1.0).abs() < 1e-13);
    // a delta; an odd one has two
    let [_, delta] = both("x^3-3*x", Depth::Infinite);
    assert_eq!(
        [
            delta.at(-1.0),
            delta.at(-0.5),
            delta.at_gap(1e-30),
            delta.at(1.0)
        ],
        [-1.0, 0.0, 0.0, 1.0]
    );
    assert_eq!(delta.classifier(), Classifier::NearestNeighbour);
}
