//! Branches that are not taken. `where(c, a, b)` evaluates and differentiates both: an infinity in the branch that is not taken
//! comes back as 0 times infinity. Such a branch is evaluated at a constant instead, where it is harmless.

use crate::activation::{BinaryOp, Expr, Function, Relation, Tape};
use crate::error::{Error, Result};

/// The relation that holds where this one does not.
pub(super) fn negated(relation: Relation) -> Relation {
    match relation {
        Relation::Less => Relation::GreaterEqual,
        Relation::LessEqual => Relation::Greater,
        Relation::Greater => Relation::LessEqual,
        Relation::GreaterEqual => Relation::Less,
    }
}

/// Finite with its derivatives wherever `x` is, so that it may stand in a branch that is not taken.
pub(super) fn tame(e: &Expr) -> bool {
    plain(e)
        || match e {
            Expr::Neg(a) => tame(a),
            Expr::Binary(BinaryOp::Add | BinaryOp::Sub, a, b) => tame(a) && tame(b),
            Expr::Binary(BinaryOp::Mul, a, b) => {
                a.is_constant() && tame(b) || b.is_constant() && tame(a) || plain(a) && plain(b)
            }
            Expr::Binary(BinaryOp::Div, a, b) => tame(a) && b.is_constant(),
            Expr::Binary(BinaryOp::Pow, a, b) => plain(a) && b.is_int(2),
            _ => false,
        }
}

/// No larger than a multiple of `x` or a constant, and so are its derivatives.
fn plain(e: &Expr) -> bool {
    use Function::*;
    match e {
        Expr::X => true,
        Expr::Neg(a) => plain(a),
        Expr::Binary(BinaryOp::Add | BinaryOp::Sub, a, b) => plain(a) && plain(b),
        Expr::Binary(BinaryOp::Mul, a, b) => {
            a.is_constant() && plain(b) || b.is_constant() && plain(a)
        }
        Expr::Binary(BinaryOp::Div, a, b) => plain(a) && b.is_constant(),
        Expr::Call(Abs | Sign | Step | Tanh | Atan | Erf | Erfc | Min | Max, args) => {
            args.iter().all(plain)
        }
        Expr::Call(Sin | Cos, args) => plain(&args[0]),
        Expr::Named("identity" | "relu" | "relu6" | "sigmoid" | "softplus" | "hard_tanh", args) => {
            args.iter().all(plain)
        }
        _ => e.is_constant(),
    }
}

/// A simple number where the relation holds and the branch is finite, with two derivatives.
pub(super) fn point(left: &Expr, relation: Relation, right: &Expr, branch: &Expr) -> Result<f64> {
    let slope = branch.derivative();
    let sides = Tape::<f64>::new(&[left.clone(), right.clone()], 53);
    let values = Tape::<f64>::new(&[slope.derivative(), slope, branch.clone()], 53);
    let powers = (0..7).map(|k| f64::from(1 << k));
    let near = powers.clone().chain(powers.map(f64::recip));
    let grid = (1..2048).map(|k| f64::from(k) / 64.0);
    let far = (3..300).map(|k| 10_f64.powi(k));
    let sizes = near.chain(grid).chain(far);
    let all = std::iter::once(0.0).chain(sizes.flat_map(|x| [x, -x]));
    let fits = |x: &f64| {
        let ends = sides.at(x);
        let order = ends[0].partial_cmp(&ends[1]);
        let moderate = |v: &f64| v.abs() < 1e4;
        order.is_some_and(|order| relation.holds(order)) && values.at(x).iter().all(moderate)
    };
    let mut all = all;
    all.find(fits).ok_or_else(|| {
        Error::Unresolved(format!(
            "no x was found at which {left} {} {right} and the branch {branch} has moderate values",
            relation.symbol()
        ))
    })
}
