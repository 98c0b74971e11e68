//! The compiled kernel against ball arithmetic, its symmetries, its ends, its slope, its words.

use super::build::{Reference, dual_of, spread};
use super::charts::Place;
use super::*;
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::limit::Subject;

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
            let error = k.error(place, &reference.at(place, Kind::Ntk).unwrap());
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
            // 1 - r is exact for r > 1/2
            if *r > 0.5 {
                assert_eq!(k.at_gap(1.0 - r).to_bits(), x.to_bits(), "{text} at {r}");
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
        let tolerance = 1e-9 * (1.0 + k.slope_at(rho).abs() / (1.0 - rho + step).powi(2).min(1.0));
        if rho < 0.99 {
            assert!(
                (k.slope_at(rho) - difference).abs() < tolerance,
                "{rho}: {} {difference}",
                k.slope_at(rho)
            );
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
        let blur = 4.0 * f64::EPSILON * (1.0 + h.slope_at(next) / h.at(next));
        assert!(
            (h.at(next) / (lambda * h.at(rho)) - 1.0).abs() < 1e-13 + blur,
            "{rho}"
        );
    }
}

#[test]
fn what_has_no_kernel_is_refused_in_one_sentence() {
    for (text, depth, words) in [
        ("relu", Depth::Infinite, "edge of chaos"),
        ("gelu", Depth::Infinite, "phase"),
        ("x^2-1", Depth::Infinite, "nearest-neighbour regime"),
        ("x^2-1", Depth::Layers(80), "nearest-neighbour regime"),
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
}
