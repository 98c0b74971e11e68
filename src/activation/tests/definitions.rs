//! The catalogue against definitions written down a second time, from the papers, in doubles.

use super::parse;
use crate::activation::expr::Expr;
use crate::activation::tape::Tape;
use crate::real::{Analytic, Mpfr, Real};

/// Rounding errors of some twenty operations on either side.
const TOLERANCE: f64 = 64.0 * f64::EPSILON;

fn erf(x: f64) -> f64 {
    rug::Float::with_val(53, x).erf().to_f64()
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn sigmoid(x: f64) -> f64 {
    0.5 * (1.0 + (0.5 * x).tanh())
}

type Definition = (&'static str, fn(f64) -> f64);

const DEFINITIONS: [Definition; 45] = [
    ("identity", |x| x),
    ("relu", |x| x.max(0.0)),
    ("leaky_relu", |x| if x < 0.0 { 0.01 * x } else { x }),
    ("leaky_relu(x, 0.1)", |x| if x < 0.0 { 0.1 * x } else { x }),
    ("prelu", |x| if x < 0.0 { x / 4.0 } else { x }),
    ("relu6", |x| x.clamp(0.0, 6.0)),
    ("hard_tanh", |x| x.clamp(-1.0, 1.0)),
    ("hard_sigmoid", |x| {
        if x <= -3.0 {
            0.0
        } else if x >= 3.0 {
            1.0
        } else {
            x / 6.0 + 0.5
        }
    }),
    ("elu", |x| if x < 0.0 { x.exp_m1() } else { x }),
    ("elu(x, 2)", |x| if x < 0.0 { 2.0 * x.exp_m1() } else { x }),
    ("celu", |x| x.max(0.0) + x.exp_m1().min(0.0)),
    ("celu(x, 2)", |x| {
        x.max(0.0) + (2.0 * (x / 2.0).exp_m1()).min(0.0)
    }),
    // The decimals of Klambauer et al. 2017.
    ("selu", |x| {
        1.0507009873554805
            * if x < 0.0 {
                1.6732632423543772 * x.exp_m1()
            } else {
                x
            }
    }),
    ("gelu", |x| {
        x * 0.5 * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2))
    }),
    ("gelu_tanh", |x| {
        0.5 * x * (1.0 + (0.7978845608028654 * (x + 0.044715 * x * x * x)).tanh())
    }),
    ("silu", |x| x * sigmoid(x)),
    ("swish", |x| x * sigmoid(x)),
    ("hard_swish", |x| {
        if x <= -3.0 {
            0.0
        } else if x >= 3.0 {
            x
        } else {
            x * (x + 3.0) / 6.0
        }
    }),
    ("quick_gelu", |x| x * sigmoid(1.702 * x)),
    ("serf", |x| x * erf(softplus(x))),
    ("squareplus", |x| x / 2.0 + (x / 2.0).hypot(1.0)),
    ("squareplus(x, 1)", |x| x / 2.0 + (x / 2.0).hypot(0.5)),
    ("snake", |x| x + (1.0 - (2.0 * x).cos()) / 2.0),
    ("snake(x, 3)", |x| x + (1.0 - (6.0 * x).cos()) / 6.0),
    ("mish", |x| x * softplus(x).tanh()),
    ("softplus", softplus),
    ("softsign", |x| {
        if x < 0.0 {
            x / (1.0 - x)
        } else {
            x / (1.0 + x)
        }
    }),
    ("sigmoid", sigmoid),
    ("log_sigmoid", |x| -softplus(-x)),
    ("tanh_shrink", |x| x - x.tanh()),
    ("soft_shrink", |x| x.signum() * (x.abs() - 0.5).max(0.0)),
    ("soft_shrink(x, 1)", |x| {
        x.signum() * (x.abs() - 1.0).max(0.0)
    }),
    ("hard_shrink", |x| if x.abs() <= 0.5 { 0.0 } else { x }),
    (
        "hard_shrink(x, 1)",
        |x| if x.abs() <= 1.0 { 0.0 } else { x },
    ),
    ("squared_relu", |x| if x < 0.0 { 0.0 } else { x * x }),
    ("gaussian", |x| (-x * x).exp()),
    ("sinc", |x| if x == 0.0 { 1.0 } else { x.sin() / x }),
    ("hermite(0)", |_| 1.0),
    ("hermite(1)", |x| x),
    ("hermite(2)", |x| (x * x - 1.0) / 2.0_f64.sqrt()),
    ("hermite(3)", |x| x * (x * x - 3.0) / 6.0_f64.sqrt()),
    ("hermite(4)", |x| {
        ((x * x - 6.0) * x * x + 3.0) / 24.0_f64.sqrt()
    }),
    ("optimal(1)", |x| {
        let h7 = x * (((x * x - 21.0) * x * x + 105.0) * x * x - 105.0) / 5040.0_f64.sqrt();
        (x + h7) / 2.0_f64.sqrt()
    }),
    ("optimal(2)", |x| {
        (x + x * (x * x - 3.0) / 6.0_f64.sqrt()) / 2.0_f64.sqrt()
    }),
    ("optimal(4)", |x| {
        (x * (x * x - 3.0) / 6.0_f64.sqrt() + x) / 2.0
            + ((x * x - 1.0) / 2.0_f64.sqrt()) / 2.0_f64.sqrt()
    }),
];

#[test]
fn formulas_agree_with_the_papers() {
    for (text, definition) in DEFINITIONS {
        let e = parse(text);
        let named = Tape::<f64>::new(std::slice::from_ref(&e), 53);
        let expanded = Tape::<f64>::new(&[e.expand()], 53);
        for n in -40..=40 {
            let x = f64::from(n) / 8.0;
            let expected = definition(x);
            // Sums of terms as large as |x|^n cancel in the polynomials.
            let size = 1.0
                + if text.contains('(') {
                    x.abs().powi(7)
                } else {
                    x.abs()
                };
            for value in [named.at_one(&x), expanded.at_one(&x)] {
                assert!(
                    (value - expected).abs() <= TOLERANCE * size,
                    "{text} at {x}: {value} and {expected}"
                );
            }
        }
    }
}

#[test]
fn every_entry_is_defined_twice() {
    for entry in crate::activation::catalogue::catalogue() {
        let defined = DEFINITIONS
            .iter()
            .any(|(text, _)| text.split('(').next() == Some(entry.name));
        assert!(defined, "{} has no independent definition", entry.name);
    }
}

/// The constants to the forty digits of the paper's authors' code, from the closed forms.
#[test]
fn selu_has_its_constants() {
    let tape = Tape::<Mpfr>::new(&[parse("selu")], 200);
    let at = |x: i64| tape.at_one(&Mpfr::int(x, 200));
    let lambda = at(1);
    // selu(-1000) = -lambda alpha to 400 digits.
    let alpha = -(at(-1000) / &lambda);
    for (value, digits) in [
        (lambda, "1.050700987355480493419334985294606351959"),
        (alpha, "1.673263242354377284817042991671652038461"),
    ] {
        let difference =
            rug::Float::with_val(200, rug::Float::parse(digits).unwrap()) - value.to_float();
        assert!(difference.clone().abs() < 1e-38, "{digits}: {difference}");
    }
}

/// `E h_m h_n = 1` or `0` exactly: moments of the Gaussian against products of the polynomials.
#[test]
fn hermite_polynomials_are_orthonormal() {
    for (m, n) in [(0, 0), (1, 3), (2, 4), (5, 5), (12, 12), (11, 13), (20, 20)] {
        let product = parse(&format!("hermite({m})*hermite({n})"))
            .polynomial_over_constants()
            .expect("a polynomial");
        let mut expectation = Expr::int(0);
        let mut moment = rug::Rational::from(1);
        for (k, c) in product.iter().enumerate() {
            if k % 2 == 0 {
                expectation = expectation + c.clone() * Expr::rational(&moment);
                moment *= k as u32 + 1;
            }
        }
        assert_eq!(
            expectation.simplify(),
            Expr::int(i64::from(m == n)),
            "{m} {n}"
        );
    }
}

/// Far out, where careless formulas become infinity divided by infinity: values and two derivatives
/// stay finite.
#[test]
fn tails_are_finite() {
    for entry in crate::activation::catalogue::catalogue() {
        let bounded = ["hermite", "optimal"].contains(&entry.name);
        let text = if bounded {
            format!("{}(7)", entry.name)
        } else {
            entry.name.to_owned()
        };
        let f = parse(&text);
        let (d1, d2) = (f.derivative(), f.derivative().derivative());
        let tape = Tape::<f64>::new(&[f, d1, d2], 53);
        for x in [-800.0, -40.0, -1e-300, 0.0, 1e-300, 40.0, 700.0] {
            for (order, value) in tape.at(&x).into_iter().enumerate() {
                assert!(
                    value.is_finite(),
                    "derivative {order} of {text} at {x} is {value}"
                );
            }
        }
    }
}
