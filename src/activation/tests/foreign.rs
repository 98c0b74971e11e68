//! Words of other languages in any order.

use super::cases;
use crate::activation::Expr;
use crate::error::Error;

/// Words of other worlds strung together: an answer, and never a panic.
#[test]
fn any_string_of_foreign_words_has_an_answer() {
    use proptest::prelude::*;
    let words = [
        "x",
        "1_0",
        "np.",
        "np.tanh",
        "nn.ELU",
        "lambda",
        "x:",
        ":",
        "if",
        "else",
        "and",
        "|",
        "||",
        "=",
        "==",
        "\u{b2}",
        "\u{207b}",
        "\u{221a}",
        "\u{3a6}",
        "where",
        "(",
        ")",
        ",",
        "beta=",
        "approximate=",
        "softplus",
        "leaky_relu",
        "0.2",
        " ",
        "^",
        "-",
        "sin",
        "cbrt",
        "clip",
        "threshold",
        ">",
        "?",
        "'",
        "\\",
        "_",
        ".",
        "F",
        "pi",
    ];
    let mut runner = proptest::test_runner::TestRunner::new(cases(4_000));
    let texts = proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..10);
    runner
        .run(&texts.prop_map(|t| t.concat()), |text| {
            match Expr::parse(&text) {
                Ok(e) => prop_assert_eq!(Expr::parse(&e.to_string()), Ok(e)),
                Err(Error::Parse { message, at, .. }) => {
                    prop_assert!(text.get(at.clone()).is_some(), "{:?} in {:?}", at, text);
                    prop_assert!(!message.is_empty() && !message.contains('\n'));
                }
                Err(other) => prop_assert!(false, "{:?}", other),
            }
            Ok(())
        })
        .unwrap();
}
