//! Parsing, printing, and what is said about bad input.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{cases, parse};
use crate::activation::arbitrary::any_expr;
use crate::activation::catalogue::{catalogue, entry};
use crate::activation::expr::{Expr, Function};
use crate::error::Error;

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn printed_trees_parse_to_themselves(e in any_expr()) {
        let text = e.to_string();
        prop_assert_eq!(Expr::parse(&text), Ok(e), "{}", text);
    }

    /// Texts that are nearly expressions: the answer is a tree that survives the round trip, or an
    /// error that points into the text.
    #[test]
    fn any_text_has_an_answer(
        parts in proptest::collection::vec(
            prop_oneof![
                proptest::sample::select(vec![
                    "x", "e", "pi", "1", "0.5", "1e-3", "2e", ".", "+", "-", "*", "/", "^", "**", "(", ")", ",", "<",
                    ">=", "==", "?", ":", " ", "relu", "leaky_relu(", "hermite(3", "max(", "sin", "\u{e9}", "\u{1f600}",
                    "nan", "x2", "\u{2212}", "\t", "\0", "optimal(5)",
                ]).prop_map(str::to_owned),
                any::<char>().prop_map(String::from),
            ],
            0..12,
        )
    ) {
        let text = parts.concat();
        match Expr::parse(&text) {
            Ok(e) => prop_assert_eq!(Expr::parse(&e.to_string()), Ok(e)),
            Err(Error::Parse { message, at, .. }) => {
                prop_assert!(text.get(at.clone()).is_some(), "{:?} in {:?}", at, text);
                prop_assert!(!message.is_empty() && !message.contains('\n'));
            }
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }
}

/// The text between the marks is where the message points.
fn refused(marked: &str, message: &str) {
    let text = marked.replace(['«', '»'], "");
    let start = marked.find('«').expect("a mark");
    let end = marked.find('»').expect("a mark") - '«'.len_utf8();
    match Expr::parse(&text) {
        Err(Error::Parse {
            message: said, at, ..
        }) => {
            assert_eq!(said, message, "{text}");
            assert_eq!(at, start..end, "{text}: {said}");
        }
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn errors_say_what_and_where() {
    refused("«»", "the expression is empty");
    refused("«  »", "the expression is empty");
    refused(
        "x*«sigmod»(x)",
        "unknown name `sigmod`; did you mean `sigmoid`?",
    );
    refused("«ReLU»", "unknown name `ReLU`; did you mean `relu`?");
    // Not one of them, as if there were no other.
    refused(
        "«soft»",
        "unknown name `soft`; did you mean `soft_shrink`, `soft_sign`, `softplus` or `softsign`?",
    );
    refused("1+«y»", "unknown name `y`; the variable is called `x`");
    refused("«x2»", "unknown name `x2`; did you mean `x^2`?");
    refused("«quux»", "unknown name `quux`");
    refused(
        "«nan»",
        "`nan` is not a number, so no expression may contain it",
    );
    refused(
        "-«inf»",
        "`inf` is not a number of this grammar: write a finite one",
    );
    refused("«2x»", "an operator is missing; did you mean `2*x`?");
    refused("«2e»", "an operator is missing; did you mean `2*e`?");
    refused(
        "«2(»x+1)",
        "an operator is missing; did you mean `2*(...)`?",
    );
    refused(
        "«(x+1)(»x-1)",
        "an operator is missing; did you mean `(x+1)*(...)`?",
    );
    refused("«1.2.3»", "an operator is missing; did you mean `1.2*.3`?");
    refused("«x(»x+1)", "`x` is not a function; did you mean `x*(...)`?");
    refused(
        "«sin x»",
        "`sin` needs parentheses around its argument: `sin(x)`",
    );
    refused("log«(»x", "this `(` is never closed");
    refused("x«)»", "this `)` closes nothing");
    refused("x+«»", "the expression ends where an operand was expected");
    refused("«*»x", "an operand was expected here, not `*`");
    refused(
        "(x«,»1)",
        "a comma belongs between the arguments of a function",
    );
    refused(
        "«relu(1,2,3)»",
        "`relu` takes one argument, not 3: `relu(x)`",
    );
    refused(
        "«leaky_relu(x,1,2)»",
        "`leaky_relu` takes at most 2 arguments, not 3: `leaky_relu(x, slope)`",
    );
    refused(
        "leaky_relu(x, «x+1»)",
        "the slope of `leaky_relu` must be a constant: it may not contain x",
    );
    refused(
        "«tanh(x, 1)»",
        "`tanh` takes one argument, not 2: `tanh(x)`",
    );
    refused("«max»", "`max` takes two arguments, not 0: `max(x, 0)`");
    refused("«sin()»", "`sin` takes one argument, not 0: `sin(x)`");
    refused(
        "hermite(«2.5»)",
        "`hermite` takes an integer n from 0 to 200 first: `hermite(0)` or `hermite(n, x)`",
    );
    refused(
        "hermite(«201», x)",
        "`hermite` takes an integer n from 0 to 200 first: `hermite(0)` or `hermite(n, x)`",
    );
    refused(
        "«optimal»",
        "`optimal` takes an integer d from 1 to 1000 first: `optimal(1)` or `optimal(d, x)`",
    );
    refused(
        "optimal(«-4»)",
        "`optimal` takes an integer d from 1 to 1000 first: `optimal(1)` or `optimal(d, x)`",
    );
    refused(
        "x «==» 0 ? 1 : 2",
        "`==` is not a comparison of this grammar: at a single point a value has no weight; use <, <=, > or >=",
    );
    refused(
        "x < 0 «<» 1 ? 1 : 2",
        "comparisons cannot be chained; nest two conditionals instead",
    );
    refused(
        "«x < 0»",
        "a comparison belongs in a conditional, without parentheses of its own: `x < 0 ? a : b`",
    );
    refused(
        "x «?» 1 : 2",
        "`?` needs a comparison before it, as in `x < 0 ? a : b`",
    );
    refused(
        "x < 0 ? 1«»",
        "the conditional needs `:` and its other branch: `x < 0 ? a : b`",
    );
    refused("x«:»1", "this `:` has no `?` before it");
    refused(
        "x < 0 «&&» x > 1 ? 1 : 2",
        "conditions cannot be joined; nest two conditionals instead",
    );
    refused(
        "«1e999999999»",
        "the exponent of a number may be at most 10000",
    );
    refused(
        "«1e99999999999999999999999»",
        "the exponent of a number may be at most 10000",
    );
    refused(
        "«100e9999»",
        "the exponent of a number may be at most 10000",
    );
    refused(
        "«\u{bd}»*x",
        "the character `\u{bd}` is not in the grammar; write `1/2`",
    );
    refused(
        "x+«\u{1f600}»",
        "the character '\u{1f600}' is not in the grammar",
    );
    refused("x+«\u{7}»", "the character '\\u{7}' is not in the grammar");
    refused(
        "«[»x]",
        "the character `[` is not in the grammar; write `(`",
    );
}

#[test]
fn limits_are_named() {
    let message = |text: &str| match Expr::parse(text) {
        Err(Error::Parse { message, .. }) => message,
        other => panic!("{:.40}: {:?}", text, other.map(|e| e.size())),
    };
    let huge = "(".repeat(10_000_000);
    let start = Instant::now();
    assert_eq!(
        message(&huge),
        "the expression is 10000000 bytes long; the limit is 20000"
    );
    assert!(
        start.elapsed() < Duration::from_millis(50),
        "{:?}",
        start.elapsed()
    );
    let nested = "the expression is nested more than 200 deep";
    assert_eq!(message(&"(".repeat(20_000)), nested);
    assert_eq!(message(&"-".repeat(20_000)), nested);
    assert_eq!(message(&format!("{}x", "2^".repeat(9_000))), nested);
    assert_eq!(message(&format!("{}x", "x<0?".repeat(4_000))), nested);
    assert_eq!(message(&format!("{}x", "exp(".repeat(4_000))), nested);
    assert_eq!(
        message(&format!("x{}", "+x".repeat(9_000))),
        "the expression's tree is more than 400 levels deep"
    );
    assert_eq!(
        message(&format!("x{}", "*x".repeat(9_000))),
        "the expression's tree is more than 400 levels deep"
    );
    let digits = format!("0.{}", "7".repeat(10_001));
    assert_eq!(message(&digits), "a number may have at most 10000 digits");
    // Every gelu doubles the tree.
    let doubled = format!("{}x{}", "gelu(".repeat(60), ")".repeat(60));
    assert!(
        message(&doubled).ends_with("operations when its names are written out"),
        "{}",
        message(&doubled)
    );
    // Just inside.
    assert_eq!(parse(&format!("x{}", "+x".repeat(399))).depth(), 400);
    assert_eq!(
        parse(&format!("{}x{}", "(".repeat(199), ")".repeat(199))),
        Expr::X
    );
    let digits = format!("0.{}", "7".repeat(10_000));
    assert_eq!(parse(&digits).to_string(), digits);
}

#[test]
fn precedence_is_that_of_mathematics() {
    for (text, meant) in [
        ("-x^2", "-(x^2)"),
        ("2^-x", "2^(-x)"),
        ("2^-x^2", "2^(-(x^2))"),
        ("2^3^x", "2^(3^x)"),
        ("2**3", "2^3"),
        ("x-1-2", "(x-1)-2"),
        ("x/2/3", "(x/2)/3"),
        ("x/2*3", "(x/2)*3"),
        ("-x*2", "(-x)*2"),
        ("+x", "x"),
        ("--x", "-(-x)"),
        ("2*-x", "2*(-x)"),
        ("x<0?1:x<1?2:3", "x < 0 ? 1 : (x < 1 ? 2 : 3)"),
        ("1+x<0?1:2+x", "(1+x) < 0 ? 1 : (2+x)"),
        ("x<0?x<-1?1:2:3", "x < 0 ? (x < -1 ? 1 : 2) : 3"),
        (" relu ( x ) ", "relu"),
        ("leaky_relu", "leaky_relu(x, 0.01)"),
        ("hermite(3)", "hermite(3, x)"),
        ("tanh", "tanh(x)"),
        ("2*relu", "2*relu(x)"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1E+2", "100"),
        ("1e-2", "0.01"),
    ] {
        assert_eq!(parse(text), parse(meant), "{text}");
    }
    assert_ne!(parse("-x*2"), parse("-(x*2)"));
    assert_ne!(parse("x-(1-2)"), parse("x-1-2"));
}

#[test]
fn printed_forms() {
    for text in [
        "relu",
        "leaky_relu(x, 0.1)",
        "optimal(4)",
        "2*optimal(4, x)",
        "hermite(3, 2*x)",
        "leaky_relu(2*x)",
        "tanh",
        "tanh(x)+1",
        "x-(1-x)",
        "x+1-x",
        "x/(2*x)",
        "-x^2",
        "(-x)^2",
        "(2^3)^x",
        "2^3^x",
        "-(x*2)",
        "-x*2",
        "2*(-x)",
        "x+(-x*2)",
        "x^(-1)",
        "1e-30",
        "1.5e30",
        "12345678901234567890",
        "0.000123",
        "1000000",
        "x < 0 ? -x : x",
        "(x < 0 ? 1 : 2)*x",
        "max(x < 0 ? 1 : 2, pi)",
        "swish",
    ] {
        assert_eq!(parse(text).to_string(), text);
    }
    assert_eq!(parse("leaky_relu(x, 0.010)").to_string(), "leaky_relu");
    assert_eq!(parse("1e7").to_string(), "1e7");
    assert_eq!(
        format!("{:>6}|{:<6}|", parse("relu"), parse("x")),
        "  relu|x     |"
    );
}

#[test]
fn every_name_works_with_and_without_an_argument() {
    for entry in catalogue() {
        let bare = match &entry.index {
            Some((_, range)) => format!("{}({})", entry.name, range.start()),
            None => entry.name.to_owned(),
        };
        let called = match &entry.index {
            Some((_, range)) => format!("{}({}, x)", entry.name, range.start()),
            None => format!("{}(x)", entry.name),
        };
        assert_eq!(parse(&bare), parse(&called));
        assert_eq!(parse(&bare).to_string(), bare);
        assert!(
            !parse(&bare).expand().any(&|e| matches!(e, Expr::Named(..))),
            "{bare}"
        );
        assert!(super::super::names::unknown(entry.name, "x").contains(entry.name));
    }
    for f in Function::ALL {
        assert!(
            entry(f.name()).is_none(),
            "{} is both primitive and named",
            f.name()
        );
        assert_eq!(Function::named(f.name()), Some(f));
    }
}

/// What is divided by a letter stays divided: for `c = 0` there is no value, at no `x`.
#[test]
fn letters_do_not_cancel() {
    let simple = |text: &str| Expr::parse_family(text).unwrap().simplify().to_string();
    for text in [
        "c*x/c",
        "x*(c/c)",
        "tanh(c)*x/tanh(c)",
        "1/(1/c)*x",
        "x*c^2*c^-1",
        "mean(tanh(x+1))*x/mean(tanh(x+1))",
    ] {
        let kept = simple(text);
        assert!(
            kept.contains('/') || kept.contains("^(-1)"),
            "{text} -> {kept}"
        );
    }
    for (text, wanted) in [
        ("c*x-x*c", "0"),
        ("(c*x+c*x^2)/2", "0.5*c*x*(x+1)"),
        ("x*exp(c)/exp(c)", "x"),
        ("c*c*x", "c^2*x"),
        ("mean(3)", "3"),
        ("mean(x+x)*x", "mean(2*x)*x"),
    ] {
        assert_eq!(simple(text), wanted, "{text}");
    }
}

#[test]
fn letters_are_what_nothing_else_is() {
    let letters = |text: &str| Expr::parse_family(text).map(|e| e.letters().join(" "));
    assert_eq!(letters("tanh(a*x+b)*s_1+a"), Ok("a b s_1".to_owned()));
    assert_eq!(letters("lambda z: max(z-c, 0)"), Ok("c".to_owned()));
    // x where the variable is z is a slip
    assert!(letters("lambda z: max(z-c, 0)-x").is_err());
    assert_eq!(letters("x*pi+e"), Ok(String::new()));
    for text in [
        "sigmod+c",
        "c(x)",
        "np.c*x",
        "inf*c",
        "hermite(c)",
        "c+",
        "softmax*c",
    ] {
        assert!(letters(text).is_err(), "{text}");
    }
    assert!(Expr::parse("max(x-c, 0)").is_err());
    let family = Expr::parse_family("max(x-c, 0)").unwrap();
    let said = crate::Activation::new(&family).unwrap_err().to_string();
    assert!(said.starts_with("`c` has no value"), "{said}");
}

#[test]
fn derivatives_in_letters() {
    let slope = |text: &str| {
        Expr::parse_family(text)
            .unwrap()
            .derivative_in("c")
            .map(|e| e.to_string())
    };
    for (text, wanted) in [
        ("c^2*x", "2*c*x"),
        ("leaky_relu(x, c)", "x > 0 ? 0 : x"),
        ("gelu(x)", "0"),
        ("mean(tanh(x))*c", "mean(tanh(x))"),
        ("mean(c*tanh(x))", "mean(tanh(x))"),
        ("x > c ? x-c : 2*(x-c)", "x > c ? -1 : -2"),
        ("step(x-t)*c", "step(x-t)"),
    ] {
        assert_eq!(slope(text), Ok(wanted.to_owned()), "{text}");
    }
    for text in [
        "step(x-c)",
        "mean(sign(c*x))",
        "x > c ? 1 : 0",
        "c > 0 ? x : 1",
        "elu(c*x)*step(c)",
    ] {
        assert!(slope(text).is_err(), "{text}");
    }
}
