//! The laws of the room.

mod definitions;
mod foreign;
mod laws;
mod text;
mod typed;

use std::cmp::Ordering;

use super::expr::{BinaryOp, Constant, Expr, Function};

fn parse(text: &str) -> Expr {
    Expr::parse(text).unwrap_or_else(|e| panic!("{text:.200}: {e}"))
}

/// How much work the random tests do: 1 by default, more with `DEEPLIMIT_EFFORT=10`.
fn cases(n: u32) -> proptest::test_runner::Config {
    let effort = std::env::var("DEEPLIMIT_EFFORT")
        .ok()
        .and_then(|v| v.parse().ok())
        .unwrap_or(1);
    proptest::test_runner::Config {
        failure_persistence: None,
        ..proptest::test_runner::Config::with_cases(n * effort)
    }
}

/// The plainest evaluation there is, to compare tapes with.
fn naive(e: &Expr, x: f64) -> f64 {
    let at = |e: &Expr| naive(e, x);
    match e {
        Expr::Number(q) => {
            // Division of two roundings; good to two units in the last place.
            if q.numer().significant_bits() < 1000 && q.denom().significant_bits() < 1000 {
                q.numer().to_f64() / q.denom().to_f64()
            } else {
                q.to_f64()
            }
        }
        Expr::Constant(Constant::Pi) => std::f64::consts::PI,
        Expr::Constant(Constant::E) => std::f64::consts::E,
        Expr::X => x,
        Expr::Neg(a) => -at(a),
        Expr::Binary(op, a, b) => match (op, at(a), at(b)) {
            (BinaryOp::Add, a, b) => a + b,
            (BinaryOp::Sub, a, b) => a - b,
            (BinaryOp::Mul, a, b) => a * b,
            (BinaryOp::Div, a, b) => a / b,
            (BinaryOp::Pow, a, b) => a.powf(b),
        },
        Expr::Call(f, args) => {
            let values: Vec<f64> = args.iter().map(at).collect();
            let a = values[0];
            match f {
                Function::Min => a.min(values[1]),
                Function::Max => a.max(values[1]),
                Function::Abs => a.abs(),
                Function::Sign => {
                    if a == 0.0 {
                        0.0
                    } else {
                        a.signum()
                    }
                }
                Function::Step => f64::from(u8::from(a >= 0.0)),
                Function::Exp => a.exp(),
                Function::Log => a.ln(),
                Function::Sqrt => a.sqrt(),
                Function::Sin => a.sin(),
                Function::Cos => a.cos(),
                Function::Tan => a.tan(),
                Function::Sinh => a.sinh(),
                Function::Cosh => a.cosh(),
                Function::Tanh => a.tanh(),
                Function::Asin => a.asin(),
                Function::Acos => a.acos(),
                Function::Atan => a.atan(),
                Function::Asinh => a.asinh(),
                Function::Erf => rug::Float::with_val(53, a).erf().to_f64(),
                Function::Erfc => rug::Float::with_val(53, a).erfc().to_f64(),
            }
        }
        Expr::If(c, a, b) => {
            let difference = at(&c.left) - at(&c.right);
            if c.relation
                .holds(difference.partial_cmp(&0.0).unwrap_or(Ordering::Equal))
            {
                at(a)
            } else {
                at(b)
            }
        }
        Expr::Named(..) => at(&e.expand()),
        Expr::Letter(_) | Expr::Mean(_) => f64::NAN,
    }
}
