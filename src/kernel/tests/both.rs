//! NNGP and NTK at once.

use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::kernel::{Depth, Kernel, Kind};
use crate::recursion::{Convention, Settings};

/// What is prepared together is what is prepared alone, to the last bit.
#[test]
fn both_kernels_are_those_of_either() {
    let same = |both: &Kernel, one: &Kernel, name: &str| {
        for n in -400..=400 {
            let rho = f64::from(n) / 400.0;
            assert_eq!(
                both.at(rho).to_bits(),
                one.at(rho).to_bits(),
                "{name} {rho}"
            );
            let t = 2f64.powi(-(n + 401) / 6);
            assert_eq!(
                both.at_gap(t).to_bits(),
                one.at_gap(t).to_bits(),
                "{name} 1 - {t:e}"
            );
        }
        assert_eq!(both.accuracy().measured, one.accuracy().measured, "{name}");
        assert_eq!(both.description(), one.description());
        assert_eq!(both.classifier(), one.classifier());
    };
    let lee = Settings {
        convention: Convention::Lee2019,
        sigma_w: Some(Expr::parse("3/2").unwrap()),
        sigma_b: Some(Expr::parse("1/10").unwrap()),
        ..Settings::default()
    };
    for (text, depth, settings) in [
        ("relu", Depth::Layers(40), &Settings::default()),
        ("optimal(4)", Depth::Infinite, &Settings::default()),
        ("relu", Depth::Infinite, &Settings::default()),
        ("sigmoid", Depth::Infinite, &Settings::default()),
        ("erf", Depth::Layers(3), &lee),
    ] {
        let expr = Expr::parse(text).unwrap();
        let both = Kernel::both_of_network(&expr, depth, settings, Deadline::default()).unwrap();
        for (kind, kernel) in [(Kind::Nngp, &both.nngp), (Kind::Ntk, &both.ntk)] {
            let one = Kernel::of_network(&expr, depth, kind, settings, Deadline::default());
            same(kernel, &one.unwrap(), text);
        }
    }
}
