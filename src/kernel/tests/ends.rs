//! Correlations nearer to +-1 than doubles are, logarithms beside a change of sign, and what an error is of.

use super::*;

/// Below `2^-108`, where the tables end, against the recursion in balls.
#[test]
fn gaps_that_no_table_reaches() {
    for (text, depth, kind) in [
        ("optimal(2)", Depth::Infinite, Kind::Ntk),
        ("relu", Depth::Layers(3), Kind::Ntk),
        ("relu", Depth::Layers(100), Kind::Nngp),
        ("sign", Depth::Layers(2), Kind::Nngp),
        ("exp(x)*x", Depth::Layers(200), Kind::Ntk),
        ("tanh", Depth::Layers(20), Kind::Ntk),
    ] {
        let k = kernel(text, depth, kind);
        let subject = Subject::new(&Expr::parse(text).unwrap(), Deadline::default()).unwrap();
        let dual = dual_of(&subject, Deadline::default()).unwrap();
        let reference = Reference::new(&subject, &dual, depth, Deadline::default()).unwrap();
        for t in [
            1.1 * 2f64.powi(-108),
            4e-34,
            1e-40,
            1e-100,
            1e-300,
            f64::MIN_POSITIVE,
        ] {
            let place = Place::Near(t);
            let error = k.error(place, &kind.of(reference.at(place).unwrap()));
            assert!(error < PROMISED, "{text} at {t:e}: {error:e}");
        }
    }
    // the orbit of optimal(2) doubles a small gap and halves h, up to t
    let h = kernel("optimal(2)", Depth::Infinite, Kind::Nngp);
    for (t, octaves) in [(3.851_859_888_774_472e-34, 55), (1e-200, 610)] {
        let factor = 2f64.powi(octaves);
        let ratio = h.at_gap(t) / factor / h.at_gap(t * factor);
        assert!((ratio - 1.0).abs() < 1e-13, "{t:e}: {ratio}");
    }
    // T_L = L + 1 - (sqrt 2/pi) sqrt(t) L (L + 1)/2, from slopes 1 - (sqrt 2/pi) sqrt(t)
    let deep = kernel("relu", Depth::Layers(1_000_000), Kind::Ntk);
    for t in [4e-34, 1e-60, 1e-300] {
        let bend = 2f64.sqrt() / std::f64::consts::PI * f64::sqrt(t) * 5e5;
        let apart = deep.at_gap(t) / 1_000_001.0 - (1.0 - bend);
        assert!(apart.abs() < 2e-15, "{t:e}: {apart:e}");
    }
}

/// ReLU has no symmetry: `T_1(-1 + u) = (sin a - 2 a cos a)/pi`, `a = acos(1 - u)`, is 0 at -1 like the root of `u`.
#[test]
fn near_minus_one() {
    let k = kernel("relu", Depth::Layers(1), Kind::Ntk);
    let exact = |u: f64| {
        let a = 2.0 * (u / 2.0).sqrt().asin();
        (a.sin() - 2.0 * a * a.cos()) / std::f64::consts::PI
    };
    for u in [0.4, 0.01, 1e-5, 1e-12, 1e-16, 1e-20, 1e-100, 1e-300] {
        let apart = k.at_opposite_gap(u) / exact(u) - 1.0;
        assert!(apart.abs() < 1e-12, "{u:e}: {apart:e}");
    }
    assert_eq!(k.at_opposite_gap(0.0), k.at(-1.0));
    // symmetries are exact
    let odd = kernel("erf", Depth::Layers(2), Kind::Ntk);
    let even = kernel("x^2", Depth::Layers(2), Kind::Ntk);
    for u in [0.3, 1e-9, 1e-30, 1e-200] {
        assert_eq!(odd.at_opposite_gap(u), -odd.at_gap(u));
        assert_eq!(even.at_opposite_gap(u), even.at_gap(u));
    }
    // kinks without a closed form: relu6 is 0 left of 0, so S_1(-1) = T_1(-1) = 0, and T_1 moves like the root of u
    let k = kernel("relu6", Depth::Layers(1), Kind::Ntk);
    let ratio = |u: f64| k.at_opposite_gap(4.0 * u) / k.at_opposite_gap(u);
    for u in [1e-10, 1e-16, 1e-20] {
        assert!((ratio(u) - 2.0).abs() < 1e-4, "{u:e}: {}", ratio(u));
    }
}

/// `optimal(d)` changes its sign at a small negative correlation and grows like `t^(-d/2)` at 1: a table of logarithms there, and none
/// elsewhere. The numbers: the recursion `S -> l S + (1 - 2 l) S^2 + l S^3`, `l = 2^(-d/2)`, in 120 digits (mpmath).
#[test]
fn logarithms_beside_a_change_of_sign() {
    let infinite = Depth::Infinite;
    for (text, depth, kind, places) in [
        (
            "optimal(16)",
            infinite,
            Kind::Ntk,
            [
                (Place::Middle(0.5), 11.905_862_952_388_365, 1.0),
                (Place::Middle(-0.3), 7.402_288_948_269_044, 1.0),
                (Place::Middle(-0.00001), -11.515_478_631_675_265, -1.0),
                (Place::Far(1.0 - 0.9), 26.402670482103259, 1.0),
                (Place::Near(1e-12), 230.052_766_724_769_44, 1.0),
                (Place::Near(4e-34), 624.213_064_398_577_9, 1.0),
            ],
        ),
        (
            "optimal(32)",
            infinite,
            Kind::Nngp,
            [
                (Place::Middle(0.5), 33.970_971_586_893_775, 1.0),
                (Place::Middle(-0.3), 25.310_518_683_920_144, 1.0),
                (Place::Middle(-0.00001), -12.578_125_766_362_142, -1.0),
                (Place::Far(1.0 - 0.9), 64.244_509_142_803_58, 1.0),
                (Place::Near(1e-12), 470.484_147_693_622_5, 1.0),
                (Place::Middle(0.5), 33.970_971_586_893_775, 1.0),
            ],
        ),
        (
            "optimal(16)",
            Depth::Layers(100),
            Kind::Ntk,
            [
                (Place::Middle(0.5), -537.831_245_756_135_6, 1.0),
                (Place::Middle(-0.3), -542.416_591_375_377_7, 1.0),
                (Place::Middle(-0.00001), -561.418_127_972_545_2, -1.0),
                (Place::Far(1.0 - 0.9), -522.667_911_390_682_8, 1.0),
                (Place::Near(1e-12), -294.066_572_656_984_2, 1.0),
                (Place::Middle(0.5), -537.831_245_756_135_6, 1.0),
            ],
        ),
        (
            "optimal(32)",
            Depth::Layers(1000),
            Kind::Ntk,
            [
                (Place::Middle(0.5), -11_049.434_595_994_713, 1.0),
                (Place::Middle(-0.3), -11_058.112_743_960_317, 1.0),
                (Place::Middle(-0.00001), -11_096.026_161_263_444, -1.0),
                (Place::Far(1.0 - 0.9), -11_018.965_458_963_938, 1.0),
                (Place::Near(1e-12), -10_588.725_004_295_035, 1.0),
                (Place::Middle(0.5), -11_049.434_595_994_713, 1.0),
            ],
        ),
        (
            "optimal(32)",
            Depth::Layers(100),
            Kind::Nngp,
            [
                (Place::Middle(0.5), -1_075.064_517_309_018_8, 1.0),
                (Place::Middle(-0.3), -1_083.724_970_211_992_3, 1.0),
                (Place::Middle(-0.00001), -1_121.613_614_662_274_6, -1.0),
                (Place::Far(1.0 - 0.9), -1_044.790_979_753_109, 1.0),
                (Place::Near(1e-12), -638.551_341_202_29, 1.0),
                (Place::Middle(0.5), -1_075.064_517_309_018_8, 1.0),
            ],
        ),
    ] {
        let k = kernel(text, depth, kind);
        for (place, log, sign) in places {
            let value = match place {
                Place::Near(t) => k.at_gap(t),
                Place::Middle(rho) => k.at(rho),
                Place::Far(u) => k.at_opposite_gap(u),
            };
            assert_eq!(value.signum(), sign, "{text} {depth:?} at {place:?}");
            // the scale has the rounding of its own size, and so has a logarithm; the table is asked at 1 - rho, whose rounding
            // is one of rho, and the kernel is a multiple of rho near 0
            let argument = match place {
                Place::Middle(rho) => f64::EPSILON / rho.abs(),
                _ => 0.0,
            };
            let tolerance =
                1e-12 + argument + 4.0 * f64::EPSILON * k.log_scale().abs().max(log.abs());
            let apart = value.abs().ln() + k.log_scale() - log;
            assert!(
                apart.abs() < tolerance,
                "{text} {depth:?} at {place:?}: {apart:e}"
            );
        }
        // far more than the differences above: what is seen between the nodes counts in units of the largest logarithm, in all charts
        assert!(
            k.accuracy().relative < 1e-8,
            "{text} {depth:?}: {:?}",
            k.accuracy()
        );
    }
}

/// `T_50(1 - t) = (2^51 - 1) (1 - t)^(2^50)` of the second Hermite polynomial, whose dual is a square.
#[test]
fn a_power_that_is_0_nearly_everywhere() {
    let k = kernel("hermite(2)", Depth::Layers(50), Kind::Ntk);
    let power = 2f64.powi(50);
    for t in [1e-17_f64, 1e-15, 3e-14, 2e-13] {
        let exact = (2.0 * power - 1.0) * (power * (-t).ln_1p()).exp();
        // of an exponent of some hundred
        let apart = k.at_gap(t) / exact - 1.0;
        assert!(apart.abs() < 1e-12, "{t:e}: {apart:e}");
    }
    assert_eq!([k.at(0.5), k.at(-0.9), k.at(0.999)], [0.0; 3]);
    assert_eq!([k.at(-1.0), k.diagonal()], [2.0 * power - 1.0; 2]);
    // what one rounding of a gap does: 600 e-foldings fit into the doubles
    let c = k.accuracy().conditions;
    assert!(c.gap > 100.0 && c.gap < 800.0, "{c:?}");
}

/// An entry changes by `of_rounding` where its correlation is rounded, and not by more.
#[test]
fn conditions_bound_what_a_rounding_does() {
    for (text, depth, kind) in [
        ("relu", Depth::Layers(3), Kind::Ntk),
        ("x^2-1", Depth::Layers(8), Kind::Nngp),
        ("optimal(4)", Depth::Infinite, Kind::Ntk),
        ("exp(x)*x", Depth::Layers(30), Kind::Ntk),
    ] {
        let k = kernel(text, depth, kind);
        let a = k.accuracy();
        let h = 1e-6;
        let (mut near, mut middle) = (0.0f64, 0.0f64);
        for n in 0..2000 {
            let t = 0.1 * 2f64.powf(-f64::from(n) / 20.0);
            let change = k.at_gap(t * (1.0 + h)) / k.at_gap(t) - 1.0;
            near = near.max(change.abs());
            let rho = 1.8 * (f64::from(n) * 0.618).fract() - 0.9;
            let size = k.at(rho).abs().max(k.at(0.5).abs());
            middle = middle.max((k.at(rho + h) - k.at(rho)).abs() / size);
        }
        // the grid of the conditions is coarser than this one, and a change is none of first order
        assert!(near < 1.02 * a.conditions.gap * h, "{text}: {near:e} {a:?}");
        assert!(
            middle < 1.02 * a.of_rounding(0.0, h),
            "{text}: {middle:e} {a:?}"
        );
        assert!(near > 0.5 * a.conditions.gap * h, "{text}: {near:e} {a:?}");
    }
}
