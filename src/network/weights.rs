//! A network with weights: outputs and empirical kernels.
//!
//! With `H^{l-1}` the inputs of layer `l` (a row for each point) and `D^l = df/dz^l` the tangent kernel is
//! `sum_l (s_l^2 H^{l-1} H^{l-1}^T + sigma_b^2) o D^l D^l^T` (`o` entry by entry): no Jacobian is ever formed.

use faer::Mat;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::architecture::FiniteArchitecture;
use crate::error::{Error, Result};
use crate::gram::Matrix;

/// More weights are refused: 8 GiB.
const MOST: usize = 1 << 30;

/// Weights and biases of an [`FiniteArchitecture`].
#[derive(Clone, Debug)]
pub struct FiniteNetwork {
    pub(super) architecture: FiniteArchitecture,
    /// `W^l`, a row for each unit it comes from, a column for each it goes to.
    pub(super) weights: Vec<Mat<f64>>,
    /// `b^l`
    pub(super) biases: Vec<Vec<f64>>,
}

/// Empirical kernels of a network.
#[derive(Clone, Debug)]
pub struct EmpiricalKernels {
    /// `sigma_w^2 phi(z^L) . phi(z'^L)/n + sigma_b^2`: the covariance of the outputs, the last layer's weights random.
    pub nngp: Matrix,
    /// The sum over all weights and biases of `df(x) df(x')`.
    pub ntk: Matrix,
}

/// What one pass forward and back through the layers leaves: for every layer its inputs and `df/dz`.
pub(super) struct Pass {
    pub(super) signals: Vec<Mat<f64>>,
    pub(super) slopes: Vec<Mat<f64>>,
    pub(super) outputs: Vec<f64>,
}

/// The inputs of a layer, and `phi'` where they come from.
type Signals = [Mat<f64>; 2];

impl FiniteNetwork {
    /// All weights and biases standard normal: ChaCha8, layer `l` from the stream `l` of the seed, so that a seed gives the
    /// same network on every machine.
    ///
    /// # Errors
    /// [`Error::Domain`] for no inputs, or more than 2^30 weights.
    pub fn sampled(
        architecture: &FiniteArchitecture,
        inputs: usize,
        seed: u64,
    ) -> Result<FiniteNetwork> {
        let (n, depth) = (architecture.width(), architecture.depth());
        let count = n
            .checked_mul(n)
            .and_then(|x| x.checked_mul(depth - 1))
            .and_then(|x| x.checked_add(n.checked_mul(inputs.checked_add(1)?)?));
        if inputs == 0 || count.is_none_or(|c| c > MOST) {
            return Err(Error::Domain(format!(
                "a network of {inputs} inputs and {depth} hidden layers of {n} units has no weights, or more than 2^30"
            )));
        }
        let layer = |l: usize| {
            let mut stream = ChaCha8Rng::seed_from_u64(seed);
            stream.set_stream(l as u64);
            let rows = if l == 0 { inputs } else { n };
            let columns = if l == depth { 1 } else { n };
            let mut normal = || -> f64 { StandardNormal.sample(&mut stream) };
            let bias: Vec<f64> = (0..columns).map(|_| normal()).collect();
            let mut weights = Mat::zeros(rows, columns);
            for j in 0..columns {
                for i in 0..rows {
                    weights[(i, j)] = normal();
                }
            }
            (weights, bias)
        };
        let (weights, biases) = (0..=depth).into_par_iter().map(layer).unzip();
        Ok(FiniteNetwork {
            architecture: architecture.clone(),
            weights,
            biases,
        })
    }

    /// The architecture.
    pub fn architecture(&self) -> &FiniteArchitecture {
        &self.architecture
    }

    /// `f(x)` for every row of `inputs`.
    ///
    /// # Errors
    /// [`Error::Shape`] where the rows do not have as many coordinates as the network has inputs, [`Error::Domain`] where
    /// the activation is undefined or leaves the doubles.
    pub fn outputs(&self, inputs: &Matrix) -> Result<Vec<f64>> {
        Ok(self.forward(inputs)?.1)
    }

    /// The empirical kernels of every pair of rows.
    ///
    /// Cost: `L` products of an `m x n` with an `n x n` matrix each way, `m` rows.
    ///
    /// # Errors
    /// As [`FiniteNetwork::outputs`].
    pub fn kernels(&self, inputs: &Matrix) -> Result<EmpiricalKernels> {
        let pass = self.pass(inputs)?;
        Ok(self.between(&pass, &pass))
    }

    /// The empirical kernels of every row of `left` with every row of `right`.
    ///
    /// # Errors
    /// As [`FiniteNetwork::outputs`].
    pub fn cross_kernels(&self, left: &Matrix, right: &Matrix) -> Result<EmpiricalKernels> {
        Ok(self.between(&self.pass(left)?, &self.pass(right)?))
    }

    /// `df/d theta`, a row for each input: weights layer by layer (each column by column), the biases of a layer after its
    /// weights. For small networks.
    ///
    /// # Errors
    /// As [`FiniteNetwork::outputs`].
    pub fn jacobian(&self, inputs: &Matrix) -> Result<Matrix> {
        let pass = self.pass(inputs)?;
        let bias = self.architecture.scales()[2];
        let mut values = Vec::new();
        for p in 0..inputs.rows {
            for (l, (h, d)) in pass.signals.iter().zip(&pass.slopes).enumerate() {
                let s = self.architecture.scale(l);
                for j in 0..d.ncols() {
                    values.extend((0..h.ncols()).map(|i| s * h[(p, i)] * d[(p, j)]));
                }
                values.extend((0..d.ncols()).map(|j| bias * d[(p, j)]));
            }
        }
        Ok(Matrix {
            rows: inputs.rows,
            columns: values.len() / inputs.rows,
            values,
        })
    }

    fn between(&self, left: &Pass, right: &Pass) -> EmpiricalKernels {
        let bias = self.architecture.scales()[2].powi(2);
        let last = left.signals.len() - 1;
        let (rows, columns) = (left.outputs.len(), right.outputs.len());
        let mut ntk = Mat::<f64>::zeros(rows, columns);
        let mut nngp = Mat::<f64>::zeros(rows, columns);
        for l in 0..=last {
            let s = self.architecture.scale(l).powi(2);
            let signal = &left.signals[l] * right.signals[l].transpose();
            let slope = &left.slopes[l] * right.slopes[l].transpose();
            for j in 0..columns {
                for i in 0..rows {
                    let k = s * signal[(i, j)] + bias;
                    ntk[(i, j)] += k * slope[(i, j)];
                    if l == last {
                        nngp[(i, j)] = k;
                    }
                }
            }
        }
        EmpiricalKernels {
            nngp: Matrix::from(nngp.as_ref()),
            ntk: Matrix::from(ntk.as_ref()),
        }
    }

    /// The signals of every layer, and the outputs.
    fn forward(&self, inputs: &Matrix) -> Result<(Vec<Signals>, Vec<f64>)> {
        let wanted = self.weights[0].nrows();
        if inputs.columns != wanted || inputs.rows == 0 {
            return Err(Error::Shape(format!(
                "{} inputs of {} coordinates do not go with a network of {wanted} inputs",
                inputs.rows, inputs.columns
            )));
        }
        let bias = self.architecture.scales()[2];
        let mut signals = vec![[inputs.view().to_owned(), Mat::zeros(0, 0)]];
        for (l, (w, b)) in self.weights.iter().zip(&self.biases).enumerate() {
            let s = self.architecture.scale(l);
            let product = &signals[l][0] * w;
            let z = |i: usize, j: usize| s * product[(i, j)] + bias * b[j];
            if l == self.architecture.depth() {
                let outputs: Vec<f64> = (0..inputs.rows).map(|i| z(i, 0)).collect();
                if let Some(i) = outputs.iter().position(|f| !f.is_finite()) {
                    return Err(Error::Domain(format!(
                        "the network's output for input {i} is no number: the activation is undefined there or grows too fast"
                    )));
                }
                return Ok((signals, outputs));
            }
            let rows = inputs.rows;
            let at = |j: usize| (0..rows).map(move |i| self.architecture.at(z(i, j)));
            let values: Vec<[f64; 2]> = (0..w.ncols()).into_par_iter().flat_map_iter(at).collect();
            let part = |k: usize| Mat::from_fn(rows, w.ncols(), |i, j| values[j * rows + i][k]);
            signals.push([part(0), part(1)]);
        }
        Ok((signals, Vec::new()))
    }

    pub(super) fn pass(&self, inputs: &Matrix) -> Result<Pass> {
        let (layers, outputs) = self.forward(inputs)?;
        let depth = self.architecture.depth();
        let mut slopes = vec![Mat::from_fn(inputs.rows, 1, |_, _| 1.0)];
        for l in (1..=depth).rev() {
            let s = self.architecture.scale(l);
            let mut back = &slopes[depth - l] * self.weights[l].transpose();
            let slope = &layers[l][1];
            for j in 0..back.ncols() {
                for i in 0..back.nrows() {
                    back[(i, j)] *= s * slope[(i, j)];
                }
            }
            slopes.push(back);
        }
        slopes.reverse();
        let signals = layers.into_iter().map(|[signal, _]| signal).collect();
        Ok(Pass {
            signals,
            slopes,
            outputs,
        })
    }
}
