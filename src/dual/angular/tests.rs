use super::*;
use crate::activation::Expr;
use crate::dual::{Dual, prepared};
use crate::real::{Analytic, Ball};

const MESH: Mesh = Mesh {
    nodes: 20,
    widest: 2.0,
};

fn angular(text: &str) -> Angular {
    let structure = Activation::new(&Expr::parse(text).unwrap()).unwrap();
    Angular::new(&structure, 1.0, MESH, Deadline::default()).unwrap()
}

fn gaps() -> impl Iterator<Item = f64> {
    (0..120).map(|n| 2.0 * 2f64.powf(-0.9 * f64::from(n)))
}

/// A kink at 0: the arc-cosine kernel, relative accuracy at gaps down to 1e-32.
#[test]
fn relu_is_the_arc_cosine_kernel() {
    let (a, exact) = (angular("relu"), Dual::ArcCosine(0.5));
    for t in gaps() {
        let (gap, slope) = exact.gap_with_slope(&t);
        assert!(
            (a.gap(t) / gap - 1.0).abs() < 1e-14,
            "{t:e}: {:e} {gap:e}",
            a.gap(t)
        );
        assert!((a.slope_at_gap(t) - slope).abs() < 1e-14, "{t:e}");
    }
}

/// No kink, but a jump of the second derivative: the arc-cosine kernel of degree 2 (Cho and Saul 2009),
/// `J = 3 sin cos + (pi - theta)(1 + 2 cos^2)`.
#[test]
fn a_squared_relu_is_the_arc_cosine_kernel_of_degree_2() {
    let a = angular("max(x,0)^2");
    for t in gaps() {
        let theta = angle(t);
        let (s, c) = theta.sin_cos();
        let j = 3.0 * s * c + (PI - theta) * (1.0 + 2.0 * c * c);
        assert!((1.0 - a.gap(t) - j / (3.0 * PI)).abs() < 1e-14, "{t:e}");
        if t < 1e-6 {
            // gap = (4/3) (t - t^2/2) + O(t^(5/2))
            assert!(
                (a.gap(t) / (4.0 / 3.0 * t) - 1.0).abs() < t + 1e-14,
                "{t:e}"
            );
        }
    }
}

/// Kinks in several places, bent pieces, pieces without a derivative at their end: the series where it converges.
#[test]
fn where_a_hermite_series_converges_it_is_the_same() {
    for text in [
        "elu",
        "selu",
        "relu6",
        "softsign",
        "min(max(x,-1),1)",
        "hard_sigmoid",
        "max(x,sin(x)/2)",
        "abs(x)*exp(-x^2)+x",
    ] {
        let a = angular(text);
        assert!(a.mismatch() < 1e-13, "{text}: {:e}", a.mismatch());
        let structure = Activation::new(&Expr::parse(text).unwrap()).unwrap();
        let series = prepared(&structure, 300, 64, Deadline::default()).unwrap();
        for n in -16..=16 {
            let rho = f64::from(n) / 20.0;
            let x = Ball::rational(&rug::Rational::from_f64(rho).unwrap(), 96);
            let of = |b: Ball| b.to_f64();
            let (value, slope) = (of(series.at(&x)), of(series.slope_at(&x)));
            assert!(
                (1.0 - a.gap(1.0 - rho) - value).abs() < 1e-13,
                "{text} at {rho}: {:e}",
                1.0 - a.gap(1.0 - rho) - value
            );
            assert!(
                (a.slope_at_gap(1.0 - rho) - slope).abs() < 1e-13 * (1.0 + slope),
                "{text} at {rho}"
            );
            assert!(
                (a.opposite(1.0 + rho) - value).abs() < 1e-13 || rho > 0.0,
                "{text} at {rho}"
            );
            assert!(
                (a.opposite_slope(1.0 + rho) - slope).abs() < 1e-13 || rho > 0.0,
                "{text} at {rho}"
            );
        }
    }
}

/// At other variances, with biases: the series of the scaled activation, mixed with the constant.
#[test]
fn other_scales_are_other_activations() {
    for (text, scaled, scale) in [
        ("elu", "max(3*x/2,0)+min(exp(3*x/2)-1,0)", 1.5),
        ("relu6", "min(max(x/4,0),6)", 0.25),
        ("softsign", "3*x/(2+3*abs(x))", 1.5),
        // a jump of the slope beside a bent piece
        ("max(x,sin(x)/2)", "max(2*x,sin(2*x)/2)", 2.0),
        ("min(max(x,-1),1)", "min(max(5*x/2,-1),1)", 2.5),
    ] {
        let structure = Activation::new(&Expr::parse(text).unwrap()).unwrap();
        let a = Angular::new(&structure, scale, MESH, Deadline::default()).unwrap();
        assert!(a.mismatch() < 1e-12, "{text}: {:e}", a.mismatch());
        let mixed = a.clone().mixed(0.75);
        let structure = Activation::new(&Expr::parse(scaled).unwrap()).unwrap();
        let series = prepared(&structure, 300, 64, Deadline::default()).unwrap();
        for n in -16..=16 {
            let rho = f64::from(n) / 20.0;
            let x = Ball::rational(&rug::Rational::from_f64(rho).unwrap(), 96);
            let (value, slope) = (series.at(&x).to_f64(), series.slope_at(&x).to_f64());
            let apart = 1.0 - a.gap(1.0 - rho) - value;
            assert!(apart.abs() < 3e-13, "{text} at {rho}: {apart:e}");
            let apart = a.slope_at_gap(1.0 - rho) - slope;
            assert!(apart.abs() < 3e-13 * (1.0 + slope), "{text} at {rho}");
            let apart = 1.0 - mixed.gap(1.0 - rho) - (0.75 * value + 0.25);
            assert!(apart.abs() < 3e-13, "{text} at {rho}, mixed: {apart:e}");
            let apart = mixed.opposite(1.0 + rho) - (0.75 * value + 0.25);
            assert!(apart.abs() < 3e-13 || rho > 0.0, "{text} at {rho}, mixed");
            let apart = mixed.slope_at_gap(1.0 - rho) - 0.75 * slope;
            assert!(
                apart.abs() < 3e-13 * (1.0 + slope),
                "{text} at {rho}, mixed"
            );
        }
    }
}

#[test]
fn smooth_ones_and_jumps_have_none() {
    for text in ["tanh", "step", "x^2"] {
        let structure = Activation::new(&Expr::parse(text).unwrap()).unwrap();
        assert!(
            Angular::new(&structure, 1.0, MESH, Deadline::default()).is_none(),
            "{text}"
        );
    }
}
