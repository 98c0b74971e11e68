//! Full-batch gradient descent on `1/2 sum_i (f(x_i) - y_i)^2`, the loss of Lee et al. (2019): a sum, not a mean.

use faer::Mat;

use super::weights::FiniteNetwork;
use crate::classifier::{Dynamics, Time};
use crate::error::{Error, Result};
use crate::gram::Matrix;

impl FiniteNetwork {
    /// So many steps of gradient descent, `theta <- theta - eta sum_i (f(x_i) - y_i) df(x_i)/d theta`, all weights and
    /// biases trained. `watch(step, outputs)` is told the outputs before every step, and at the end; it says whether to go
    /// on. The loss `1/2 sum_i (f(x_i) - y_i)^2` after the last step.
    ///
    /// In function space, to first order in `eta` and for wide networks: `f <- f - eta Theta (f - y)`.
    ///
    /// # Errors
    /// [`Error::Shape`] for targets that are not as many as the inputs, [`Error::Domain`] for a rate that is not positive
    /// and where the outputs leave the doubles: the rate is too large; as [`FiniteNetwork::outputs`].
    ///
    /// ```
    /// use deeplimit::{activation::Expr, deadline::Deadline, gram::Matrix, network::{FiniteArchitecture, FiniteNetwork}};
    /// let tanh = Expr::parse("tanh")?;
    /// let x = Matrix { rows: 2, columns: 2, values: vec![1.0, 0.0, 0.0, 1.0] };
    /// let mut f = FiniteNetwork::sampled(&FiniteArchitecture::normalised(&tanh, 1, 64, Deadline::default())?, 2, 1)?;
    /// assert!(f.descend(&x, &[1.0, -1.0], 0.1, 200, |_, _| true)? < 1e-6);
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn descend(
        &mut self,
        inputs: &Matrix,
        targets: &[f64],
        rate: f64,
        steps: u64,
        mut watch: impl FnMut(u64, &[f64]) -> bool,
    ) -> Result<f64> {
        if targets.len() != inputs.rows {
            return Err(Error::Shape(format!(
                "{} targets do not go with {} inputs",
                targets.len(),
                inputs.rows
            )));
        }
        if !(rate.is_finite() && rate > 0.0) {
            return Err(Error::Domain(format!(
                "a learning rate is a positive number, {rate} is not"
            )));
        }
        let loss = |outputs: &[f64]| {
            let pairs = outputs.iter().zip(targets);
            pairs.map(|(f, y)| (f - y) * (f - y)).sum::<f64>() / 2.0
        };
        for step in 0..steps {
            let pass = self.pass(inputs)?;
            if !watch(step, &pass.outputs) {
                return Ok(loss(&pass.outputs));
            }
            let bias = self.architecture.scales()[2];
            for (l, (h, slope)) in pass.signals.iter().zip(&pass.slopes).enumerate() {
                let change = Mat::from_fn(slope.nrows(), slope.ncols(), |i, j| {
                    -rate * (pass.outputs[i] - targets[i]) * slope[(i, j)]
                });
                faer::linalg::matmul::matmul(
                    self.weights[l].as_mut(),
                    faer::Accum::Add,
                    h.transpose(),
                    change.as_ref(),
                    self.architecture.scale(l),
                    faer::get_global_parallelism(),
                );
                for (j, b) in self.biases[l].iter_mut().enumerate() {
                    *b += bias * (0..change.nrows()).map(|i| change[(i, j)]).sum::<f64>();
                }
            }
        }
        let outputs = self.outputs(inputs)?;
        watch(steps, &outputs);
        Ok(loss(&outputs))
    }

    /// What the network predicts for `tests` after training, linearised at its weights:
    /// `f_0(x) + Theta(x, X) g_t(Theta) (Y - f_0(X))` with its own empirical kernel (Lee et al. 2019, section 2.2; see
    /// [`crate::classifier::dynamics`]).
    ///
    /// # Errors
    /// As [`FiniteNetwork::outputs`] and [`Dynamics::mean`].
    pub fn linearised(
        &self,
        inputs: &Matrix,
        targets: &[f64],
        tests: &Matrix,
        rate: f64,
        time: Time,
    ) -> Result<Vec<f64>> {
        let column = |values: Vec<f64>| Matrix {
            rows: values.len(),
            columns: 1,
            values,
        };
        let flow = Dynamics::new(&self.kernels(inputs)?.ntk, rate, 0.0)?;
        let out = flow.continued(
            &self.cross_kernels(tests, inputs)?.ntk,
            &column(targets.to_vec()),
            &column(self.outputs(inputs)?),
            &column(self.outputs(tests)?),
            time,
        )?;
        Ok(out.values)
    }
}
