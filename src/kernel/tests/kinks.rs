//! Activations with kinks whose duals have no closed form.

use super::*;

/// Kinks without a closed form: continuous up to what is known of the diagonal, and degree 2 of the arc-cosine family.
#[test]
fn kinked_kernels() {
    for text in [
        "elu",
        "selu",
        "relu6",
        "hard_sigmoid",
        "softsign",
        "min(max(x,-1),1)",
        "max(x,0)^2",
    ] {
        let kinds = match text {
            "selu" | "relu6" => &[Kind::Nngp, Kind::Ntk][..],
            _ => &[Kind::Ntk],
        };
        for &kind in kinds {
            let k = kernel(text, Depth::Layers(3), kind);
            assert!(
                k.accuracy().measured < 1e-12,
                "{text} {kind:?}: {:?}",
                k.accuracy()
            );
            assert!(k.accuracy().estimated > 0, "{text} {kind:?}");
            // continuous up to the diagonal, which comes from constants of the activation alone
            assert!(
                (k.at_gap(1e-32) / k.diagonal() - 1.0).abs() < 1e-12,
                "{text} {kind:?}: {} {}",
                k.at_gap(1e-32),
                k.diagonal()
            );
        }
    }
    let (squared, exact) = (
        kernel("max(x,0)^2", Depth::Layers(1), Kind::Nngp),
        |theta: f64| {
            // Cho and Saul 2009, degree 2
            let (s, c) = theta.sin_cos();
            (3.0 * s * c + (std::f64::consts::PI - theta) * (1.0 + 2.0 * c * c))
                / (3.0 * std::f64::consts::PI)
        },
    );
    for n in 0..=200 {
        let rho = f64::from(n) / 100.0 - 1.0;
        // below -1/2 two tables, each rough up to 2e-14 of the first octave's values
        let tolerance = if rho < -0.5 { 5e-14 } else { 2e-14 };
        let apart = (squared.at(rho) - exact(rho.acos())).abs();
        assert!(apart < tolerance, "{rho}: {apart:e}");
    }
}

/// A clipped identity is in the singular regime: its infinitely deep kernel satisfies `h(dual(rho)) = lambda h(rho)`.
#[test]
fn the_limit_kernel_of_a_clipped_identity() {
    let text = "min(max(x,-1),1)";
    let [h, dual] = [(Depth::Infinite, Kind::Ntk), (Depth::Layers(1), Kind::Nngp)]
        .map(|(depth, kind)| kernel(text, depth, kind));
    assert_eq!(h.limit_form(), Some(LimitForm::Singular));
    // lambda = (E Z phi)^2/E phi^2: erf(1/sqrt 2)^2 over erf(1/sqrt 2) - sqrt(2/(pi e)) + erfc(1/sqrt 2)
    let p = libm::erf(std::f64::consts::FRAC_1_SQRT_2);
    let square = p - (2.0 / (std::f64::consts::PI * std::f64::consts::E)).sqrt() + (1.0 - p);
    let lambda = p * p / square;
    for n in 1..100 {
        let rho = f64::from(n) / 100.0;
        let quotient = h.at(dual.at(rho)) / h.at(rho);
        assert!(
            (quotient / lambda - 1.0).abs() < 1e-11,
            "{rho}: {quotient} {lambda}"
        );
    }
}
