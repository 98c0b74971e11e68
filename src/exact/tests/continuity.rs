use super::expr;
use crate::activation::Expr;
use crate::activation::pieces::pieces;
use crate::exact::{Closed, bounds, expectation, is_continuous};

#[test]
fn continuity_is_proved_or_refuted() {
    for (text, continuous) in [
        ("relu", Some(true)),
        ("selu", Some(true)),
        ("elu(x, 1/3)", Some(true)),
        ("celu(x, 2)", Some(true)),
        ("hard_sigmoid", Some(true)),
        ("soft_shrink(x, sqrt(2))", Some(true)),
        ("abs(x^2-2)+relu(x^5-x-1)", Some(true)),
        ("abs(sin(x))", Some(true)),
        ("max(cos(x)-x, 0)", Some(true)),
        ("min(tanh(x), sqrt(2)/2)", Some(true)),
        ("x < sqrt(2)*sqrt(3) ? x^2 : sqrt(6)*x", Some(true)),
        (
            "max(min(x, 1), -1) < 1 ? asin(max(min(x, 1), -1)) : pi/2",
            Some(true),
        ),
        ("step(x)", Some(false)),
        ("hard_shrink", Some(false)),
        ("x < 1 ? x : 1.000000000000000000000000000001", Some(false)),
        // kinks without end: continuous by construction beyond the reach
        ("max(sin(x), 0)+relu(cos(3*x))", Some(true)),
        ("elu(sin(x))", Some(true)),
        ("leaky_relu(sin(x)+x)/(2+cos(x))", Some(true)),
        // and what may jump, or have a pole, out there
        ("sign(cos(x)+e^2000*exp(-x^2))", None),
        (
            "(sin(x) > 0 ? sin(x) : 1/10^9)*exp(-x^2)+abs(sin(x))",
            Some(false),
        ),
        ("(cos(x)+e^2000*exp(-x^2) > 0 ? 1 : 0)*tanh(x)", None),
        ("step(cos(x)+e^2000*exp(-x^2))+abs(sin(x))", None),
        ("log(x^2)", None),
        ("tanh(1/x)", None),
    ] {
        let expr = expr(text).expand();
        let pieces = pieces(&expr, 32).unwrap();
        assert_eq!(is_continuous(&expr, &pieces), continuous, "{text}");
    }
}

/// From the text to the constant: what classification needs of the catalogue.
#[test]
fn means_of_the_catalogue() {
    let mean = |text: &str, f: fn(&Expr) -> Expr| {
        let pieces = bounds(&pieces(&expr(text), 32).unwrap()).unwrap();
        let pieces: Vec<_> = (pieces.into_iter())
            .map(|(from, to, formula)| (from, to, f(&formula)))
            .collect();
        expectation(&pieces)
    };
    let value: fn(&Expr) -> Expr = Expr::clone;
    let square: fn(&Expr) -> Expr = |f| f.clone() * f.clone();
    let slope_square: fn(&Expr) -> Expr = |f| f.derivative() * f.derivative();
    for (text, f, result) in [
        ("relu", value, "1/sqrt(2*pi)"),
        ("max(x, 0)-1/sqrt(2*pi)", value, "0"),
        ("relu", square, "1/2"),
        ("relu", slope_square, "1/2"),
        ("selu", value, "0"),
        ("selu", square, "1"),
        ("gelu", value, "1/(2*sqrt(pi))"),
        ("gelu", square, "1/3+1/(2*pi*sqrt(3))"),
        ("optimal(4)", value, "0"),
        ("optimal(4)", square, "1"),
        ("optimal(4)", slope_square, "2"),
        ("abs(x^2-1)", value, "4/sqrt(2*pi*e)"),
        ("sin(x)+cos(x)", slope_square, "1"),
        ("gaussian", value, "1/sqrt(3)"),
        ("hard_tanh", value, "0"),
        ("hard_tanh", slope_square, "erf(1/sqrt(2))"),
        ("step(x-sqrt(2)/2)", value, "1/2-erf(1/2)/2"),
        ("sinh(x)", square, "e^2/2-1/2"),
    ] {
        let found = mean(text, f).unwrap_or_else(|| panic!("{text} has no closed form"));
        let wanted = Closed::from_expr(&expr(result)).unwrap();
        assert!(found.equals(&wanted), "{text}: {found}, not {result}");
    }
    // The rest of the catalogue is outside the class, and says so.
    for text in [
        "tanh",
        "softplus",
        "sigmoid",
        "mish",
        "sinc",
        "softsign",
        "gelu_tanh",
    ] {
        assert!(
            mean(text, value).is_none() && mean(text, square).is_none(),
            "{text}"
        );
    }
}
