//! The two kinds of tables, and the loop over one of them.

use super::*;
use crate::kernel::charts::{Charts, Mirror};
use crate::kernel::vector;

/// The instructions chosen at run time and the loop for any processor: the same bits, in every chart and at its ends.
#[test]
fn wide_registers_and_their_twin() {
    let mut rho: Vec<f64> = vec![
        0.5,
        -0.5,
        0.5f64.next_up(),
        (-0.5f64).next_down(),
        0.0,
        -0.0,
        5e-324,
        1.0,
        -1.0,
        1.5,
        f64::NAN,
        f64::INFINITY,
        1f64.next_down(),
        (-1f64).next_up(),
        0.75,
        -0.75,
    ];
    for n in 1..40_001 {
        let x = (f64::from(n) * 0.618_033_988_749_894_8).fract();
        let gap = 2f64.powf(-52.0 * x);
        rho.push([2.0 * x - 1.0, 1.0 - gap, gap - 1.0, x - 0.5][n as usize % 4]);
    }
    for (text, depth) in [
        ("relu", Depth::Layers(7)),
        ("erf", Depth::Layers(3)),
        ("optimal(2)", Depth::Infinite),
    ] {
        let k = kernel(text, depth, Kind::Ntk);
        let (eights, _) = rho.as_chunks::<8>();
        let (mut wide, mut twin) = (vec![[0.0; 8]; eights.len()], vec![[0.0; 8]; eights.len()]);
        assert!(
            !vector::values(&k.lines, eights, &mut wide) && !k.lines.at_eights(eights, &mut twin)
        );
        assert!(vector::values(&k.lines, &eights[2..], &mut wide[2..]));
        for (rho, (w, t)) in eights
            .as_flattened()
            .iter()
            .zip(wide.as_flattened().iter().zip(twin.as_flattened()))
        {
            assert_eq!(w.to_bits(), t.to_bits(), "{text} at {rho}");
        }
    }
}

/// Lines are the charts, up to rounding, in all of them.
#[test]
fn lines_are_charts() {
    for (text, depth) in [
        ("relu", Depth::Layers(100)),
        ("tanh", Depth::Layers(30)),
        ("optimal(4)", Depth::Infinite),
        ("0.3*x+0.9*x^2", Depth::Layers(5)),
    ] {
        let k = kernel(text, depth, Kind::Ntk);
        assert!(
            k.lines.deviation() < 2e-14,
            "{text}: {}",
            k.lines.deviation()
        );
        // where charts meet, too
        let seams = [
            0.5,
            -0.5,
            0.5f64.next_up(),
            (-0.5f64).next_down(),
            0.499,
            -0.499,
        ];
        for place in spread(20_000).into_iter().chain(seams.map(Place::of)) {
            let rho = place.value();
            if rho.abs() == 1.0 {
                continue;
            }
            // the gap of the rounded correlation
            let exact = k.charts.at_place(Place::of(rho));
            let floor = if rho < 0.0 {
                k.charts.at(-0.5).abs()
            } else {
                0.0
            };
            let apart = (k.lines.at(rho) - exact).abs() / exact.abs().max(floor);
            assert!(apart < 2e-14, "{text} at {place:?}: {apart:e}");
        }
    }
}

/// At -1 and 1 a table has the values at the ends of its last cells, not what the polynomials are outside of them.
#[test]
fn tables_end_at_their_ends() {
    let charts = Charts::new(Mirror::None, |place| {
        place.value().exp() + place.value().powi(3)
    })
    .unwrap();
    let exact = |rho: f64| rho.exp() + rho.powi(3);
    for rho in [-1.0, (-1f64).next_up(), 1f64.next_down(), 1.0] {
        assert!(
            (charts.at(rho) - exact(rho)).abs() < 1e-14,
            "{rho}: {}",
            charts.at(rho)
        );
        assert!(
            (charts.at_place(Place::of(rho)) - exact(rho)).abs() < 1e-14,
            "{rho}"
        );
    }
}

/// `lambda^L` is split off before anything is rounded: at a million million layers the digits are those of ten.
#[test]
fn deep_powers_keep_their_digits() {
    let limit = kernel("optimal(4)", Depth::Infinite, Kind::Ntk);
    for depth in [10_000, 1_000_000, 1_000_000_000_000] {
        let k = kernel("optimal(4)", Depth::Layers(depth), Kind::Ntk);
        assert!(k.accuracy().measured < 1e-12, "{depth}: {:?}", k.accuracy());
        // T_L = (L + 1) lambda^L (h + C/(L + 1) + ...), C of the size of h
        let ratio = |k: &Kernel| k.at(0.5) / k.at(0.25);
        let apart = ratio(&k) / ratio(&limit) - 1.0;
        assert!(
            apart.abs() < 10.0 / depth as f64 + 1e-14,
            "{depth}: {apart:e}"
        );
        let power = -(depth as f64) * 4f64.ln();
        assert!(
            (k.log_scale() / power - 1.0).abs() < 1e-15,
            "{depth}: {}",
            k.log_scale()
        );
    }
    let tanh = kernel("tanh", Depth::Layers(100_000), Kind::Nngp);
    assert!(tanh.accuracy().measured < 1e-12, "{:?}", tanh.accuracy());
}
