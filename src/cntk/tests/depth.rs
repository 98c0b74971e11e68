//! What depth does: laws of `depth.rs`.

use super::*;
use crate::activation::Expr;
use crate::cntk::{ConvNetwork, Endless, border_factor, endless};
use crate::limit::{Value, classify};

#[test]
fn zero_padding_forgets_at_the_rate_of_its_largest_eigenvalue() {
    let shape = [4, 5, 2];
    let x = noise(40, 1);
    for (filter, activation) in [(3, "relu"), (5, "abs(x)"), (3, "leaky_relu(x, 0.3)")] {
        let factor = border_factor([4, 5], filter).unwrap();
        let mut architecture = network(activation, &[200, 201], Readout::Vanilla);
        architecture.filter = filter;
        let theta = fast::<f64>(&architecture, shape, &x, &x);
        architecture.kernel = Kind::Nngp;
        let k = fast::<f64>(&architecture, shape, &x, &x);
        // 200 layers: the second eigenvalue is at most 0.9 of the first, 0.9^200 < 1e-9.
        assert!((k[1] / k[0] / factor - 1.0).abs() < 1e-8, "{filter}");
        let grown = theta[1] / theta[0] / factor;
        assert!((grown - 202.0 / 201.0).abs() < 1e-8, "{filter} {grown}");
    }
}

#[test]
fn the_eigenvalues_in_closed_form_are_those_of_the_matrix() {
    // The matrix is applied a thousand times: 3 x 3 windows of a picture of 3 x 6.
    let (height, width) = (3_usize, 6_usize);
    let mut v = vec![1.0_f64; 18];
    let mut factor = 0.0;
    for _ in 0..1000 {
        let sum = |p: usize| -> f64 {
            let (i, j) = (p / width, p % width);
            (0..18)
                .filter(|s| (s / width).abs_diff(i) <= 1 && (s % width).abs_diff(j) <= 1)
                .map(|s| v[s] / 9.0)
                .sum()
        };
        let next: Vec<f64> = (0..height * width).map(sum).collect();
        factor = next.iter().sum::<f64>() / v.iter().sum::<f64>();
        let norm = next.iter().sum::<f64>();
        v = next.iter().map(|n| n / norm).collect();
    }
    assert!((border_factor([3, 6], 3).unwrap() / factor - 1.0).abs() < 1e-13);
    assert!(border_factor([3, 6], 4).is_err());
    assert!(border_factor([3000, 6], 5).is_err());
}

#[test]
fn on_a_torus_correlations_of_relu_never_decrease_and_tend_to_one() {
    let shape = [4, 4, 1];
    let (x, y) = (noise(16, 7), noise(16, 8));
    // The mean of Sigma over all planes: with pooling, K^(h) is the mean of Sigma^(h) by the next convolution.
    let kernel = |layers: usize, x: &[f32], y: &[f32]| {
        let mut network: ConvNetwork = format!("{}gap", "conv3:circular relu ".repeat(layers))
            .parse()
            .unwrap();
        network.kernel = Kind::Nngp;
        let kernel = Cntk::<f64>::of(&network, shape).unwrap();
        let (x, y) = (kernel.profile(x).unwrap(), kernel.profile(y).unwrap());
        kernel.pair(&x, &y).unwrap()[0]
    };
    let (mut last, mut gap) = (f64::NEG_INFINITY, 0.0);
    for layers in [1, 2, 3, 5, 8, 40, 80] {
        let k = kernel(layers, &x, &y);
        assert!(k >= last * (1.0 - 1e-12), "{layers}");
        last = k;
        let rho = k / (kernel(layers, &x, &x) * kernel(layers, &y, &y)).sqrt();
        // The variances without pooling, each tending to the mean: the correlation of single pixels.
        let variance = |x: &[f32]| -> f64 {
            let energy: f64 = x.iter().map(|v| f64::from(*v).powi(2)).sum();
            9.0 * energy / 16.0 / 9.0
        };
        let pixel = k / (variance(&x) * variance(&y)).sqrt();
        let before = gap;
        gap = 1.0 - pixel;
        assert!(rho <= 1.0 + 1e-12);
        if layers == 80 {
            // Forty hidden layers more; the planes differ in their gaps by little, which bends the mean by the square of that.
            let mut wanted = before;
            for _ in 0..40 {
                let angle = (1.0_f64 - wanted).acos();
                wanted = 1.0
                    - (angle.sin() + (1.0 - wanted) * (std::f64::consts::PI - angle))
                        / std::f64::consts::PI;
            }
            assert!((gap / wanted - 1.0).abs() < 1e-2, "{gap} {wanted}");
        }
    }
}

/// Constant images on a torus, by the recursion that computes kernels: after many convolutions the correlation is where
/// [`endless`] says that it goes. `x^2 + x` by hand: the dual is `(1 + rho + 2 rho^2)/4`, its fixed point 1/2; `cos(2x)`:
/// `cosh(4 rho)/cosh(4)`.
#[test]
fn covariances_go_where_they_are_said_to_go() {
    let shape = [3, 3, 4];
    // mean square 1, exactly, and correlation 1/2
    let (x, y) = ([1.0; 4].repeat(9), [1.0, 1.0, 1.0, -1.0].repeat(9));
    for (activation, layers, known) in [
        // 1 - rho ~ 9 pi^2/(2 h^2) = 1.1e-3 (a quarter of that for |x|)
        ("relu", 200, 1.0),
        ("abs(x)", 200, 1.0),
        ("exp(x/2)", 60, 1.0),
        ("sin(x)", 60, 0.0),
        ("cos(2*x)", 60, 0.037021),
        // the variance 1 repels, and the rounding of doubles grows by 7/4 a layer
        ("x^2+x", 30, 0.5),
        ("x^2-1", 10, 0.0),
    ] {
        let text = format!(
            "{}gap",
            format!("conv3:circular {activation} ").repeat(layers)
        );
        let mut network: ConvNetwork = text.parse().unwrap();
        network.kernel = Kind::Nngp;
        let kernel = Cntk::<f64>::of(&network, shape).unwrap();
        let (x, y) = (kernel.profile(&x).unwrap(), kernel.profile(&y).unwrap());
        let pair = |a, b| kernel.pair(a, b).unwrap()[0];
        let rho = pair(&x, &y) / (pair(&x, &x) * pair(&y, &y)).sqrt();
        let regime = classify(&Expr::parse(activation).unwrap(), &Default::default()).unwrap();
        let wanted = match endless(&regime, Kind::Nngp, 0.0) {
            Endless::Alike => 1.0,
            Endless::Apart(q) => match q.map(|q| q.value) {
                Some(Value::Finite { midpoint, .. }) => midpoint.to_f64(),
                other => panic!("{activation}: {other:?}"),
            },
            other => panic!("{activation}: {other:?}"),
        };
        assert!(
            (rho - known).abs() < 2e-3,
            "{activation}: {rho} and not {known}"
        );
        assert!(
            (wanted - known).abs() < 1e-3,
            "{activation}: {wanted} and not {known}"
        );
        assert!(matches!(endless(&regime, Kind::Ntk, 0.0), Endless::Regime));
        assert!(matches!(endless(&regime, Kind::Ntk, 1e-3), Endless::Bias));
        assert!(matches!(endless(&regime, Kind::Nngp, 1e-3), Endless::Bias));
    }
}
