//! The fast kernel against the recursion as it is written, a published oracle, and the laws of kernels.

mod alike;
mod depth;
mod direct;
mod kernels;
mod laws;
mod networks;
mod numbers;
mod series;
mod tiles;

use super::{Architecture, Cntk, Input, Kind, Lane, Readout};
use crate::activation::Expr;
use direct::{Net, Phi, Step, Tensors, tensors};

/// Noise with a seed.
pub fn noise(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

pub fn network(activation: &str, layers: &[usize], readout: Readout) -> Architecture {
    let activation: Expr = activation.parse().unwrap();
    Architecture::new(&activation, layers, readout).unwrap()
}

/// The fast kernel of two images; of one image if they are equal.
pub fn fast<T: Lane>(
    architecture: &Architecture,
    shape: [usize; 3],
    x: &[f32],
    y: &[f32],
) -> Vec<f64> {
    let kernel = Cntk::<T>::new(architecture, shape).unwrap();
    let x_profile = kernel.profile(x).unwrap();
    if x == y {
        return kernel.pair(&x_profile, &x_profile).unwrap();
    }
    kernel
        .pair(&x_profile, &kernel.profile(y).unwrap())
        .unwrap()
}

/// The same from the tensors, for `phi = a z + b |z|`.
pub fn slow(
    architecture: &Architecture,
    (a, b): (f64, f64),
    shape: [usize; 3],
    x: &[f32],
    y: &[f32],
) -> Vec<f64> {
    slow_of(architecture, &Phi::Bent(a, b), shape, x, y)
}

/// The same for any activation.
pub fn slow_of(
    architecture: &Architecture,
    phi: &Phi,
    shape: [usize; 3],
    x: &[f32],
    y: &[f32],
) -> Vec<f64> {
    let value = |layers: &usize| {
        let conv = Step::Conv {
            q: architecture.filter,
            stride: 1,
            circular: false,
        };
        let net = Net {
            steps: vec![[conv, Step::Act(phi.clone())]; *layers].concat(),
            bias: architecture.bias * architecture.bias,
            first: architecture.first_trained,
            mean: architecture.input == Input::Mean,
        };
        read_out(
            &tensors(&net, shape, x, y),
            architecture.readout,
            architecture.kernel,
            architecture.last_trained,
        )
    };
    architecture.layers.iter().map(value).collect()
}

/// The kernel of the last tensors.
pub fn read_out(
    Tensors { pixels, k, theta }: &Tensors,
    readout: Readout,
    kernel: Kind,
    last_trained: bool,
) -> f64 {
    let entry = |i: usize| match (kernel, last_trained) {
        (Kind::Nngp, _) => k[i],
        (Kind::Ntk, true) => theta[i],
        (Kind::Ntk, false) => theta[i] - k[i],
    };
    match readout {
        Readout::Vanilla => (0..*pixels).map(|p| entry(p * (pixels + 1))).sum(),
        Readout::Gap => (0..k.len()).map(entry).sum::<f64>() / (pixels * pixels) as f64,
    }
}
