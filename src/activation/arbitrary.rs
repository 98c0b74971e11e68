//! Random trees, for the laws of this room and of the later ones.

use std::sync::Arc;

use proptest::prelude::*;
use rug::{Integer, Rational};

use super::catalogue::catalogue;
use super::expr::{BinaryOp, Condition, Constant, Expr, Function, Relation};

/// A decimal number as a text may have it.
pub(crate) fn decimal() -> impl Strategy<Value = Expr> {
    let of = |m: u64, e: i32| {
        let scale = Rational::from(Integer::from(Integer::u_pow_u(10, e.unsigned_abs())));
        let m = Rational::from(m);
        Expr::Number(Arc::new(if e < 0 { m / scale } else { m * scale }))
    };
    prop_oneof![
        4 => (0_u64..10).prop_map(move |m| of(m, 0)),
        4 => (0_u64..1000, -3..1).prop_map(move |(m, e)| of(m, e)),
        1 => (any::<u64>(), -60..60).prop_map(move |(m, e)| of(m, e)),
    ]
}

fn function(arity: usize) -> impl Strategy<Value = Function> {
    let all: Vec<Function> = Function::ALL
        .into_iter()
        .filter(|f| f.arity() == arity)
        .collect();
    proptest::sample::select(all)
}

fn binary(op: BinaryOp, a: Expr, b: Expr) -> Expr {
    Expr::Binary(op, Arc::new(a), Arc::new(b))
}

fn relation() -> impl Strategy<Value = Relation> {
    use Relation::*;
    proptest::sample::select(vec![Less, LessEqual, Greater, GreaterEqual])
}

/// A catalogue entry over the given argument, its parameters at random.
fn named(u: Expr, parameter: Expr, index: u32) -> impl Strategy<Value = Expr> {
    proptest::sample::select(catalogue()).prop_map(move |entry| {
        let mut args = Vec::new();
        if let Some((_, range)) = &entry.index {
            let n = (*range.start() + index).min(*range.end());
            args.push(Expr::int(i64::from(n)));
        }
        args.push(u.clone());
        // The first letter of the default decides nothing; half of the time the default itself is used.
        for (_, default) in entry.parameters {
            let default: Expr = default.parse().expect("the table's own text");
            args.push(if index.is_multiple_of(2) {
                default
            } else {
                parameter.clone()
            });
        }
        Expr::Named(entry.name, args.into())
    })
}

/// Any tree that the parser can make, sense or nonsense.
pub(crate) fn any_expr() -> impl Strategy<Value = Expr> {
    trees(leaf())
}

fn leaf() -> impl Strategy<Value = Expr> {
    prop_oneof![
        4 => Just(Expr::X),
        3 => decimal(),
        1 => Just(Expr::Constant(Constant::Pi)),
        1 => Just(Expr::Constant(Constant::E)),
    ]
}

/// Any tree with the letters `c` and `t`.
pub(crate) fn any_family() -> impl Strategy<Value = Expr> {
    let letter = proptest::sample::select(vec!["c", "t"]).prop_map(|l| Expr::Letter(l.into()));
    trees(prop_oneof![3 => leaf(), 2 => letter])
}

/// The same with means.
pub(crate) fn any_family_of_means() -> impl Strategy<Value = Expr> {
    let mean = any_family().prop_map(|f| f.mean());
    let centred = any_family().prop_map(|f| f.centred());
    trees(prop_oneof![4 => leaf(), 1 => mean, 1 => centred])
}

fn trees(leaf: impl Strategy<Value = Expr> + 'static) -> impl Strategy<Value = Expr> {
    leaf.prop_recursive(5, 40, 4, |inner| {
        use BinaryOp::*;
        let op = proptest::sample::select(vec![Add, Sub, Mul, Div, Pow]);
        prop_oneof![
            2 => inner.clone().prop_map(|a| Expr::Neg(Arc::new(a))),
            6 => (op, inner.clone(), inner.clone()).prop_map(|(op, a, b)| binary(op, a, b)),
            4 => (function(1), inner.clone()).prop_map(|(f, a)| Expr::call(f, a)),
            2 => (function(2), inner.clone(), inner.clone()).prop_map(|(f, a, b)| Expr::call2(f, a, b)),
            1 => (relation(), inner.clone(), inner.clone(), inner.clone(), inner.clone()).prop_map(
                |(relation, left, right, a, b)| Expr::conditional(Condition { left, relation, right }, a, b)
            ),
            2 => (inner, decimal(), 0_u32..8).prop_flat_map(|(u, parameter, n)| named(u, parameter, n)),
        ]
    })
}

/// Trees that are analytic and moderate on the whole real line: no switches, no division by what may
/// vanish, no exponential of anything that grows.
pub(crate) fn smooth() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        6 => Just(Expr::X),
        2 => decimal_between_tenths(),
        1 => Just(Expr::Constant(Constant::Pi)),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        use Function::*;
        let bounded = proptest::sample::select(vec![Sin, Cos, Tanh, Atan, Asinh, Erf, Erfc]);
        let entry = ["sigmoid", "softplus", "gelu", "silu", "mish", "gaussian", "gelu_tanh", "log_sigmoid"];
        let entry = proptest::sample::select(entry.to_vec());
        let square = |u: Expr| u.pow(Expr::int(2));
        prop_oneof![
            3 => (inner.clone(), inner.clone()).prop_map(|(a, b)| binary(BinaryOp::Add, a, b)),
            2 => (inner.clone(), inner.clone()).prop_map(|(a, b)| binary(BinaryOp::Sub, a, b)),
            3 => (inner.clone(), inner.clone()).prop_map(|(a, b)| binary(BinaryOp::Mul, a, b)),
            1 => (inner.clone(), inner.clone()).prop_map(move |(a, b)| {
                binary(BinaryOp::Div, a, binary(BinaryOp::Add, Expr::int(1), square(b)))
            }),
            1 => inner.clone().prop_map(move |a| Expr::call(Exp, Expr::Neg(Arc::new(square(a))))),
            1 => inner.clone().prop_map(move |a| Expr::call(Sqrt, binary(BinaryOp::Add, square(a), Expr::int(1)))),
            1 => (inner.clone(), 2_i64..4).prop_map(|(a, n)| a.pow(Expr::int(n))),
            5 => (bounded, inner.clone()).prop_map(|(f, a)| Expr::call(f, a)),
            3 => (entry, inner.clone()).prop_map(|(name, a)| Expr::Named(name, [a].into())),
            1 => (inner, 0_i64..6).prop_map(|(a, n)| Expr::Named("hermite", [Expr::int(n), a].into())),
        ]
    })
}

/// Like activations: smooth trees joined by switches whose places are simple.
pub(crate) fn activation() -> impl Strategy<Value = Expr> {
    let line = || {
        (
            decimal_between_tenths(),
            decimal_between_tenths(),
            any::<bool>(),
        )
            .prop_map(|(a, b, minus)| {
                let line = binary(BinaryOp::Mul, a, Expr::X);
                binary(if minus { BinaryOp::Sub } else { BinaryOp::Add }, line, b)
            })
    };
    let piece = || prop_oneof![2 => line(), 1 => Just(Expr::X), 3 => smooth()];
    let entry = [
        "relu",
        "relu6",
        "hard_tanh",
        "hard_sigmoid",
        "selu",
        "softsign",
        "squared_relu",
    ];
    let entry = proptest::sample::select(entry.to_vec());
    let switch = proptest::sample::select(vec![Function::Abs, Function::Sign, Function::Step]);
    prop_oneof![
        4 => smooth(),
        3 => (entry, line()).prop_map(|(name, a)| Expr::Named(name, [a].into())),
        2 => (switch, line(), smooth()).prop_map(|(f, a, b)| binary(BinaryOp::Mul, Expr::call(f, a), b)),
        2 => (function(2), piece(), piece()).prop_map(|(f, a, b)| Expr::call2(f, a, b)),
        2 => (relation(), line(), piece(), piece()).prop_map(|(relation, left, a, b)| {
            Expr::conditional(Condition { left, relation, right: Expr::int(0) }, a, b)
        }),
    ]
}

fn decimal_between_tenths() -> impl Strategy<Value = Expr> {
    (1_i64..30).prop_map(|n| Expr::Number(Arc::new(Rational::from((n, 10)))))
}
