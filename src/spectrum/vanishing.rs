//! Eigenvalues that are zero by the structure of the activation.

use crate::activation::{BinaryOp, Expr, Parity};
use crate::exact::Activation;
use crate::recursion::{Depth, Network};

/// Which are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Zeros {
    /// Those of all higher degrees: the kernel is a polynomial.
    pub above: Option<u64>,
    /// Those of even degree from this one on.
    pub even_from: Option<u64>,
    /// Those of odd degree from this one on.
    pub odd_from: Option<u64>,
}

impl Zeros {
    /// Of either kernel of a network. `K = sum b_n rho^n`, and `b_n = 0` for all `n = k, k+2, ...` makes `lambda_k = 0`:
    ///
    /// * a polynomial of degree `m` has kernels of degree `m^L`;
    /// * without biases, an odd activation has odd kernels, an even one, from one hidden layer on, even ones;
    /// * with one hidden layer and no biases, `b_n` is 0 with `a_n`: of an activation that is even up to a polynomial of degree `m`
    ///   (ReLU: `m = 1`) for odd `n > m`, and the same with odd and even exchanged.
    pub fn of(network: &Network, depth: Depth) -> Zeros {
        let structure = network.activation();
        let unbiased = match network.settings().variances() {
            Ok(variances) => variances.bias.is_zero(),
            Err(_) => return Zeros::default(),
        };
        let layers = match depth {
            Depth::Layers(layers) => Some(layers),
            Depth::Infinite => None,
        };
        let mut zeros = Zeros::default();
        let degree = if structure.linear {
            Some(1)
        } else {
            degree(&structure.expr)
        };
        if let (Some(m), Some(layers)) = (degree, layers) {
            zeros.above = u32::try_from(layers)
                .ok()
                .and_then(|layers| m.checked_pow(layers));
        }
        if !unbiased {
            return zeros;
        }
        match (structure.parity, layers) {
            (_, Some(0)) | (Some(Parity::Odd), _) => zeros.even_from = Some(0),
            (Some(Parity::Even), _) => zeros.odd_from = Some(1),
            (None, Some(1)) => {
                zeros.odd_from = polynomial_part(&structure.expr, Parity::Odd).map(|m| m + 1);
                zeros.even_from = polynomial_part(&structure.expr, Parity::Even).map(|m| m + 1);
            }
            (None, _) => {}
        }
        zeros
    }

    /// Is it this one?
    pub fn hold(&self, degree: u32) -> bool {
        let k = u64::from(degree);
        let from = match k % 2 {
            0 => self.even_from,
            _ => self.odd_from,
        };
        self.above.is_some_and(|m| k > m) || from.is_some_and(|m| k >= m)
    }
}

fn degree(f: &Expr) -> Option<u64> {
    let coefficients = f.polynomial_over_constants()?;
    Some(coefficients.len().saturating_sub(1) as u64)
}

/// The degree of the odd (or even) part, if that is a polynomial.
fn polynomial_part(f: &Expr, parity: Parity) -> Option<u64> {
    let op = match parity {
        Parity::Odd => BinaryOp::Sub,
        Parity::Even => BinaryOp::Add,
    };
    let mirrored = f.substitute(&Expr::Neg(Expr::X.into()));
    let part = Expr::Binary(op, f.clone().into(), mirrored.into()).simplify();
    degree(&part).or_else(|| {
        let part = Activation::new(&part).ok()?;
        part.linear.then_some(1)
    })
}
