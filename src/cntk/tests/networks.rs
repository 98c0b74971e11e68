//! Strides, pooling and circular padding against the recursion as it is written; the grammar.

use super::*;
use crate::cntk::{ConvNetwork, Layer, Padding};
use crate::error::Error;
use crate::recursion::{Correlation, UnitLayers};

fn parsed(text: &str) -> ConvNetwork {
    text.parse().unwrap()
}

fn of<T: Lane>(network: &ConvNetwork, shape: [usize; 3], x: &[f32], y: &[f32]) -> f64 {
    let kernel = Cntk::<T>::of(network, shape).unwrap();
    let p = kernel.profile(x).unwrap();
    if x == y {
        return kernel.pair(&p, &p).unwrap()[0];
    }
    kernel.pair(&p, &kernel.profile(y).unwrap()).unwrap()[0]
}

/// By the formulas; the only smooth activation is tanh.
fn direct(network: &ConvNetwork, shape: [usize; 3], x: &[f32], y: &[f32]) -> f64 {
    let step = |layer: &Layer| match layer {
        Layer::Convolution {
            filter,
            stride,
            padding,
        } => Step::Conv {
            q: *filter,
            stride: *stride,
            circular: *padding == Padding::Circular,
        },
        Layer::Pool(side) => Step::Pool(*side),
        Layer::Activation(e) => Step::Act(match e.to_string().as_str() {
            "relu" | "relu(x)" => Phi::Bent(0.5, 0.5),
            "x" => Phi::Bent(1.0, 0.0),
            "tanh" | "tanh(x)" => Phi::Smooth(f64::tanh, |z| z.cosh().powi(-2)),
            other => panic!("{other}"),
        }),
    };
    let net = Net {
        steps: network.layers.iter().map(step).collect(),
        bias: network.bias * network.bias,
        first: network.first_trained,
        mean: network.input == Input::Mean,
    };
    read_out(
        &tensors(&net, shape, x, y),
        network.readout,
        network.kernel,
        network.last_trained,
    )
}

fn near(got: f64, wanted: f64, tolerance: f64, what: &str) {
    let error = (got - wanted) / wanted;
    assert!(
        error.abs() <= tolerance,
        "{what}: {got:e} {wanted:e} {error:e}"
    );
}

#[test]
fn networks_agree_with_the_direct_recursion() {
    for (shape, text) in [
        ([4, 4, 3], "conv3 relu pool2 conv3 relu gap"),
        (
            [8, 8, 2],
            "conv3 relu conv3 relu pool2 conv3 relu pool2 gap",
        ),
        ([8, 8, 2], "conv3 pool2 relu pool2 conv1 relu flatten"),
        ([5, 7, 2], "conv3:circular relu conv5:circular relu gap"),
        ([5, 7, 2], "conv3/2 relu conv3 relu flatten"),
        ([5, 7, 2], "conv3/2 relu conv3:circular/2 x conv1 relu gap"),
        ([7, 5, 1], "conv3/3:circular relu conv3 relu gap"),
        ([6, 6, 2], "pool3 conv1 relu gap"),
        ([6, 3, 2], "conv5 relu pool3 conv1 relu gap"),
        ([1, 1, 2], "conv1:circular relu conv1 relu gap"),
    ] {
        let size = shape.iter().product();
        let (x, y) = (noise(size, 21), noise(size, 22));
        let base = parsed(text);
        let with = |change: &dyn Fn(&mut ConvNetwork)| {
            let mut network = base.clone();
            change(&mut network);
            network
        };
        for network in [
            base.clone(),
            with(&|n| n.kernel = Kind::Nngp),
            with(&|n| n.bias = 0.6),
            with(&|n| (n.bias, n.first_trained) = (0.6, false)),
            with(&|n| n.last_trained = false),
            with(&|n| n.input = Input::Mean),
        ] {
            for y in [&y, &x] {
                let wanted = direct(&network, shape, &x, y);
                let what = format!("{shape:?} {text} {network:?}");
                near(of::<f64>(&network, shape, &x, y), wanted, 1e-12, &what);
                near(of::<f32>(&network, shape, &x, y), wanted, 1e-5, &what);
            }
        }
    }
}

#[test]
fn smooth_activations_pool_too() {
    let shape = [4, 4, 2];
    let (x, y) = (noise(32, 5), noise(32, 6));
    for text in [
        "conv3 tanh pool2 conv3 tanh gap",
        "conv3:circular tanh conv3/2 relu gap",
    ] {
        let network = parsed(text);
        assert_eq!(network.input, Input::Mean);
        let wanted = direct(&network, shape, &x, &y);
        near(of::<f64>(&network, shape, &x, &y), wanted, 3.2e-7, text);
        near(of::<f32>(&network, shape, &x, &y), wanted, 1e-5, text);
    }
}

#[test]
fn a_stack_is_the_same_by_either_way() {
    // Stride and padding that change nothing: the last convolution of one pixel wraps around or not.
    let shape = [6, 5, 2];
    let (x, y) = (noise(60, 1), noise(60, 2));
    for activation in ["relu", "gelu"] {
        let stack = parsed(&format!(
            "conv3 {activation} conv3 {activation} conv3 {activation} gap"
        ));
        let architecture = stack.stack().unwrap();
        assert_eq!(architecture.layers, [3]);
        let wanted = fast::<f64>(&architecture, shape, &x, &y)[0];
        near(of::<f64>(&stack, shape, &x, &y), wanted, 1e-15, "stack");
        // The same with a linear layer of 1 x 1 filters at the end, which changes nothing but the factor 1/9 of K^(L) and
        // the NTK by one more trained layer: NNGP.
        let mut longer = parsed(&format!(
            "conv3 {activation} conv3 {activation} conv3 {activation} conv1 x gap"
        ));
        assert_eq!(longer.stack(), None);
        longer.kernel = Kind::Nngp;
        let mut architecture = architecture;
        architecture.kernel = Kind::Nngp;
        let wanted = 9.0 * fast::<f64>(&architecture, shape, &x, &y)[0];
        near(of::<f64>(&longer, shape, &x, &y), wanted, 1e-12, activation);
    }
}

#[test]
fn on_a_torus_constant_images_are_fully_connected() {
    // Every window is full and all positions alike: a convolution is a hidden layer.
    let (c, d) = ([0.3_f32, -0.5, 0.2], [0.4_f32, 0.1, 0.7]);
    let dot = |u: [f32; 3], v: [f32; 3]| -> f64 {
        (0..3).map(|i| f64::from(u[i]) * f64::from(v[i])).sum()
    };
    let norms = (dot(c, c) * dot(d, d)).sqrt();
    let rho = Correlation::new(dot(c, d) / norms);
    let relu = UnitLayers::new(crate::dual::Dual::ArcCosine(0.5));
    let wanted = relu.kernels(rho, 3, crate::deadline::Deadline::default());
    let wanted = wanted.unwrap().ntk.value() * norms;
    let three = "conv3:circular relu ".repeat(3);
    let (x, y) = (c.repeat(20), d.repeat(20));
    // Sigma^(0) = 9 x.y, and K^(3) has 1/9.
    let got = of::<f64>(&parsed(&format!("{three}gap")), [4, 5, 3], &x, &y);
    near(got, wanted, 1e-12, "gap");
    let got = of::<f64>(&parsed(&format!("{three}flatten")), [4, 5, 3], &x, &y);
    near(got, 20.0 * wanted, 1e-12, "flatten");
}

#[test]
fn on_a_torus_both_images_may_move_together_and_with_gap_alone() {
    let shape = [4, 5, 2];
    let (x, y) = (noise(40, 1), noise(40, 2));
    let moved = |v: &[f32]| -> Vec<f32> {
        let at = |p: usize| (p / 5 + 1) % 4 * 5 + (p % 5 + 2) % 5;
        (0..20)
            .flat_map(|p| [v[2 * at(p)], v[2 * at(p) + 1]])
            .collect()
    };
    for (readout, alone) in [("gap", true), ("flatten", false)] {
        let network = parsed(&format!(
            "conv3:circular relu conv3:circular relu {readout}"
        ));
        let kernel = |x: &[f32], y: &[f32]| of::<f64>(&network, shape, x, y);
        near(
            kernel(&moved(&x), &moved(&y)),
            kernel(&x, &y),
            1e-12,
            readout,
        );
        let error = kernel(&moved(&x), &y) / kernel(&x, &y) - 1.0;
        assert_eq!(error.abs() < 1e-12, alone, "{readout} {error:e}");
        near(kernel(&y, &x), kernel(&x, &y), 1e-12, readout);
    }
}

#[test]
fn gram_matrices_of_networks_are_positive_semidefinite() {
    use crate::image::Images;
    let images = Images::new([4, 4, 2], noise(20 * 32, 9), vec![]).unwrap();
    for text in [
        "conv3 relu pool2 conv3 relu gap",
        "conv3:circular gelu conv3/2 tanh flatten",
    ] {
        let kernel = Cntk::<f64>::of(&parsed(text), [4, 4, 2]).unwrap();
        let gram = kernel.gram(&images, &|_| true).unwrap().unwrap();
        let matrix = nalgebra::DMatrix::from_row_slice(20, 20, &gram.values[0]);
        assert_eq!(matrix, matrix.transpose());
        let eigen = matrix.symmetric_eigenvalues();
        assert!(eigen.min() > -1e-13 * eigen.max(), "{text} {eigen}");
    }
}

#[test]
fn zero_images_have_kernel_zero_in_networks() {
    let network = parsed("conv3 relu pool2 conv3/2 relu gap");
    let (zero, full) = (vec![0.0; 32], noise(32, 4));
    let mut half = full.clone();
    half[..16].fill(0.0);
    for y in [&zero, &full] {
        assert_eq!(of::<f32>(&network, [4, 4, 2], &zero, y), 0.0);
    }
    let wanted = direct(&network, [4, 4, 2], &half, &full);
    near(
        of::<f64>(&network, [4, 4, 2], &half, &full),
        wanted,
        1e-12,
        "half",
    );
}

#[test]
fn the_grammar_points_at_the_word() {
    for (text, place, words) in [
        ("", "", "empty"),
        ("conv3 relu", "relu", "gap or flatten"),
        ("conv4 relu gap", "conv4", "even"),
        ("conv3/0 relu gap", "conv3/0", "stride"),
        ("conv3:mirror relu gap", "conv3:mirror", "circular"),
        ("conv relu gap", "conv", "filter"),
        ("conv3 relu pool1 gap", "pool1", "pool"),
        ("conv3 relu pool gap", "pool", "pool"),
        ("conv3 conv3 relu gap", "conv3", "between two convolutions"),
        ("relu conv3 relu gap", "relu", "before it"),
        ("conv3 relu relu gap", "relu", "between two activations"),
        ("conv3 relu conv5 gap", "conv5", "followed"),
        ("pool2 gap", "pool2", "a convolution"),
        ("gap", "", "a convolution"),
        ("conv3 rleu gap", "rleu", "relu"),
        ("conv3 gap relu gap", "gap", "gap"),
        ("conv99999999999999999999 relu gap", "conv9", "no filter"),
        ("conv3 relu( gap", "relu( gap", "last word"),
        ("conv3 é gap", "é", "é"),
    ] {
        match text.parse::<ConvNetwork>() {
            Err(Error::Parse { message, at, .. }) => {
                assert!(message.contains(words), "{text}: {message}");
                assert!(
                    text[at.clone()].starts_with(place),
                    "{text}: {:?}",
                    &text[at]
                );
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    let network = parsed("conv3 leaky_relu(x, 0.1)  pool2\tconv5:circular/2 tanh flatten");
    assert_eq!(network.to_string().parse::<ConvNetwork>().unwrap(), network);
    assert_eq!(parsed("conv3:zero relu gap"), parsed("conv3 relu gap"));
    for (text, shape, words) in [
        ("conv3 relu pool2 gap", [5, 4, 1], "no squares"),
        ("conv5:circular relu gap", [4, 4, 1], "too large"),
        ("conv3 relu pool2 conv9 relu gap", [8, 8, 1], "layer 4"),
        (
            "conv3:circular relu gap",
            [300, 300, 1],
            "too large for a network",
        ),
        ("conv3:circular relu6 gap", [4, 4, 1], "kinks"),
    ] {
        let error = Cntk::<f32>::of(&parsed(text), shape).unwrap_err();
        assert!(error.to_string().contains(words), "{text}: {error}");
    }
}
