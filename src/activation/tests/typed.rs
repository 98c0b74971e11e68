//! What people type who come from Python, from paper or from another program: read where it can mean one thing only,
//! refused with the sentence that helps where not, and never taken for another function.

use super::parse;
use crate::activation::foreign;
use crate::activation::tape::Tape;
use crate::activation::{Constants, Expr, catalogue};
use crate::error::Error;

fn message(text: &str) -> String {
    match Expr::parse(text) {
        Err(Error::Parse { message, at, .. }) => {
            assert!(text.get(at.clone()).is_some(), "{at:?} in {text}");
            message
        }
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn what_means_one_thing_is_read() {
    for (typed, meant) in [
        ("x if x>0 else 0", "x > 0 ? x : 0"),
        ("1+x if x>0 else 0.1*x", "x > 0 ? 1+x : 0.1*x"),
        ("0 if x<0 else x if x<1 else 1", "x < 0 ? 0 : x < 1 ? x : 1"),
        ("2*(x if x>0 else 0)", "2*(x > 0 ? x : 0)"),
        ("max(x if x>1 else 1, 0)", "max(x > 1 ? x : 1, 0)"),
        ("where(x > 0, x, 0.1*x)", "x > 0 ? x : 0.1*x"),
        ("np.where(x <= 0, 0, tanh(x))", "x <= 0 ? 0 : tanh(x)"),
        ("1_000*x", "1000*x"),
        ("x/1_000.000_5e1_0", "x/1000.0005e10"),
        ("F.gelu(x)", "gelu"),
        ("torch.nn.functional.gelu(2*x)", "gelu(2*x)"),
        ("torch.tanh(x)", "tanh"),
        ("np.tanh", "tanh"),
        ("jnp.maximum(x, 0)", "max(x, 0)"),
        ("np.maximum(x,0)", "max(x, 0)"),
        ("tf.nn.relu6(x)", "relu6"),
        ("jax.nn.silu(x)", "silu"),
        ("math.sqrt(2/math.pi)*x", "sqrt(2/pi)*x"),
        ("np.e**x", "e^x"),
        ("nn.SiLU()", "silu"),
        ("nn.SiLU()(x)", "silu"),
        ("nn.SiLU()(2*x)", "silu(2*x)"),
        ("nn.SiLU", "silu"),
        ("torch.nn.GELU()", "gelu"),
        ("2*nn.Tanh()+1", "2*tanh(x)+1"),
        ("nn.LeakyReLU(0.2)", "leaky_relu(x, 0.2)"),
        ("nn.LeakyReLU(negative_slope=0.2)", "leaky_relu(x, 0.2)"),
        ("nn.ELU(alpha=0.5)", "elu(x, 0.5)"),
        ("nn.CELU(0.5)(x)", "celu(x, 0.5)"),
        ("nn.Softplus(beta=2)", "softplus(2*x)/2"),
        ("nn.Hardtanh(-2, 2)", "min(max(x, -2), 2)"),
        ("nn.Threshold(0.1, 20)", "x > 0.1 ? x : 20"),
        ("F.leaky_relu(x, negative_slope=0.2)", "leaky_relu(x, 0.2)"),
        ("leaky_relu(x, slope=0.2)", "leaky_relu(x, 0.2)"),
        ("leaky_relu(slope=0.2)", "leaky_relu(x, 0.2)"),
        ("squareplus(x, b=2)", "squareplus(x, 2)"),
        ("F.hardtanh(x)", "hard_tanh"),
        ("F.hardtanh(x, min_val=-2, max_val=3)", "min(max(x, -2), 3)"),
        ("softplus(x, beta=2)", "softplus(2*x)/2"),
        ("F.softplus(x, 2)", "softplus(2*x)/2"),
        ("swish(x, beta=1.5)", "x*sigmoid(1.5*x)"),
        ("lambda x: max(x, 0)", "max(x, 0)"),
        (" lambda t : t*sigmoid(t)", "x*sigmoid(x)"),
        ("lambda u: u if u > 0 else tanh", "x > 0 ? x : tanh(x)"),
        ("x**2", "x^2"),
        ("2\u{d7}x\u{2212}x\u{b7}x", "2*x-x*x"),
        ("x\u{b2}\u{f7}2", "x^2/2"),
        ("-x\u{b2}", "-x^2"),
        ("x\u{207b}\u{b9}\u{2070}", "x^(-10)"),
        ("(x+1)\u{b3}*2", "(x+1)^3*2"),
        ("\u{221a}2*x/\u{3c0}", "sqrt(2)*x/pi"),
        ("\u{221a}(x^2+1)", "sqrt(x^2+1)"),
        ("x \u{2265} 0 ? x : 0", "x >= 0 ? x : 0"),
        ("x*\u{3a6}(x)", "x*((1+erf(x/sqrt(2)))/2)"),
        ("ln(x^2+1)", "log(x^2+1)"),
        ("leakyrelu(x, 0.2)", "leaky_relu(x, 0.2)"),
        ("hardswish(x)", "hard_swish"),
        ("clip(x, -1, 1)", "min(max(x, -1), 1)"),
        ("clamp(x, 0)", "max(x, 0)"),
        ("torch.clamp(x, min=0)", "max(x, 0)"),
        ("np.clip(x, a_min=-1, a_max=2)", "min(max(x, -1), 2)"),
        ("clamp(x, max=6)", "min(x, 6)"),
        ("pow(x, 3)", "x^3"),
        ("np.power(x, 2)", "x^2"),
        ("np.heaviside(x, 0.5)", "step(x)"),
        ("threshold(x, 0.1, 20)", "x > 0.1 ? x : 20"),
        ("square", "x^2"),
        ("arctan(x)", "atan"),
        ("signum(x)", "sign"),
        ("logistic(x)", "sigmoid"),
        ("norm.cdf(x)", "(1+erf(x/sqrt(2)))/2"),
        ("elu(0.5, 1)+x", "elu(0.5, 1)+x"),
    ] {
        assert_eq!(parse(typed), parse(meant).clone(), "{typed}");
    }
    // The same function, not the same tree.
    assert_eq!(parse("Phi").to_string(), "(1+erf(x/sqrt(2)))/2");
    assert_eq!(parse("elu(0.5, 1)").to_string(), "elu(0.5, 1)");
}

#[test]
fn what_may_mean_several_things_gets_a_sentence() {
    for (typed, says) in [
        (
            "leaky_relu(0.2)",
            "`leaky_relu(0.2)` has no x in it: did you mean `leaky_relu(x, 0.2)`?",
        ),
        (
            "leaky_relu(0.2)*2",
            "`leaky_relu(0.2)` has no x in it: did you mean `leaky_relu(x, 0.2)`?",
        ),
        ("tanh(x)+elu(1/2)", "did you mean `elu(x, 1/2)`?"),
        ("celu(-sqrt(2))", "did you mean `celu(x, -sqrt(2))`?"),
        ("prelu(0.1)", "did you mean `prelu(x, 0.1)`?"),
        (
            "max(0, soft_shrink(1))",
            "did you mean `soft_shrink(x, 1)`?",
        ),
        ("hard_shrink(1)", "did you mean `hard_shrink(x, 1)`?"),
        ("squareplus(1)", "did you mean `squareplus(x, 1)`?"),
        ("snake(2)", "did you mean `snake(x, 2)`?"),
        ("sin^2(x)", "a power comes after the argument: `sin(x)^2`"),
        (
            "1-2*tanh^3(x)",
            "a power comes after the argument: `tanh(x)^3`",
        ),
        (
            "sin\u{b2}(x)",
            "a power comes after the argument: `sin(x)^2`",
        ),
        ("sin^2 x", "a power comes after the argument: `sin(x)^2`"),
        (
            "sin^-1(x)",
            "`sin^-1(x)` is `asin(x)` to some and `1/sin(x)` to others",
        ),
        ("|x|", "the absolute value is written `abs(x)`"),
        ("1-|x|", "the absolute value is written `abs(x)`"),
        ("x || 1", "conditions cannot be joined"),
        ("x if x > 0 and x < 1 else 0", "conditions cannot be joined"),
        ("x if 0 < x < 1 else 0", "comparisons cannot be chained"),
        ("x if x > 0", "the conditional needs `else`"),
        ("x if x else 0", "a comparison was expected here"),
        ("where(x, 1, 0)", "a comparison was expected here"),
        ("where(x > 0)", "`where` takes a condition and two values"),
        ("f(x) = tanh(x)", "`=` is no operator here"),
        (
            "softplus(x, 2, 20)",
            "the arguments do not fit: `softplus(x, beta)`",
        ),
        (
            "gelu(x, approximate='tanh')",
            "write `gelu_tanh(x)` for the approximation",
        ),
        (
            "nn.GELU(approximate='tanh')",
            "write `gelu_tanh(x)` for the approximation",
        ),
        ("jax.nn.gelu(x)", "jax's gelu is the approximation by tanh"),
        (
            "nn.gelu(x)",
            "flax's gelu is the approximation by tanh, torch's is exact",
        ),
        (
            "tf.nn.leaky_relu(x)",
            "the slope that tensorflow and keras take",
        ),
        ("np.sinc(x)", "there sinc is `sin(pi*x)/(pi*x)`"),
        ("torch.max(x, 0)", "this is the maximum of an array"),
        (
            "nn.PReLU(3)",
            "the first argument of this class is a number of channels",
        ),
        (
            "nn.ReLU(inplace=True)",
            "`inplace` says nothing about the function",
        ),
        (
            "leaky_relu(x, gain=2)",
            "`leaky_relu` has no parameter `gain`",
        ),
        ("leaky_relu(x, 0.1, slope=0.2)", "at most 2 arguments"),
        ("leaky_relu(0.1, x=2)", "`x` is given twice"),
        ("tanh(x, beta=2)", "`tanh` has no parameter `beta`"),
        ("tanh(t=2)", "`tanh` has no parameter `t`"),
        (
            "leaky_relu(slope=0.2, x)",
            "an argument without a name comes before",
        ),
        ("y = tanh(x)", "`=` is no operator here"),
        ("lambda x, y: x", "a lambda of one variable is wanted"),
        ("lambda t: x", "the variable is called `t`"),
        ("x.relu()", "write `relu(x)` for the method `x.relu`"),
        (
            "foo.tanh(x)",
            "unknown name `foo.tanh`; did you mean `tanh`?",
        ),
        ("F.foo(x)", "unknown name `F.foo`"),
        ("\\tanh(x)", "this is not LaTeX"),
        ("'x'", "quotes belong to the shell"),
        ("max(x, 0,5)", "`max` takes two arguments, not 3"),
        ("(0,5)*x", "decimals have a point"),
        ("\u{221a}x\u{b2}", "how far does this root reach?"),
        ("softmax(x)", "is a function of many numbers"),
        ("floor(x)", "infinitely many jumps"),
        ("rrelu(x)", "`leaky_relu(x, 11/48)`"),
        ("phi(x)", "did you mean `normpdf` or `normcdf` (Phi)?"),
        ("clip(x)", "the arguments do not fit: `clip(x, lo, hi)`"),
        (
            "threshold(x)",
            "the arguments do not fit: `threshold(x, t, value)`",
        ),
        ("x{2}", "the character `{` is not in the grammar"),
    ] {
        let said = message(typed);
        assert!(said.contains(says), "{typed}: {said}");
    }
}

/// A hint never changes the function: names one letter away from another function's are known, or get none.
#[test]
fn a_hint_is_for_slips_of_the_keyboard() {
    for (typed, hint) in [
        ("sigmod", "sigmoid"),
        ("rleu", "relu"),
        ("tahn", "tanh"),
        ("gellu", "gelu"),
        ("sofplus", "softplus"),
        ("lekay_relu", "leaky_relu"),
        ("ReLU", "relu"),
        ("LeakyReLU", "leaky_relu"),
        ("Tanh", "tanh"),
        ("SQRT", "sqrt"),
    ] {
        let said = message(typed);
        assert!(
            said.ends_with(&format!("did you mean `{hint}`?")),
            "{typed}: {said}"
        );
    }
    for typed in [
        "erfi",
        "serg",
        "exp3",
        "expm",
        "sinhc",
        "tanh3",
        "gelu2",
        "relu7",
        "Pho",
        "sinx",
        "logx",
        "cosx",
        "ei",
        "li",
        "tann",
        "elux",
        "srelu",
        "drelu",
        "aprelu",
        "smish",
        "hard_mish",
        "tanhexp",
        "pelu",
        "atan2",
        "log3p",
    ] {
        let said = message(&format!("{typed}(x)"));
        assert!(!said.contains("did you mean"), "{typed}: {said}");
    }
    // Every name of every table has a meaning, and none has two.
    for (typed, meant) in foreign::readings() {
        let parameters = typed
            .split_once('(')
            .map_or("x", |(_, p)| p.trim_end_matches(')'));
        // What has two arguments, or a function for one, cannot stand alone.
        let one = parameters == "x" && !["max", "min", "pow", "clip", "centred"].contains(&meant);
        assert!(!one || Expr::parse(&typed).is_ok(), "{typed}");
    }
    for name in foreign::names() {
        assert!(matches!(foreign::meaning(name), Ok(Some(_))), "{name}");
    }
}

/// The functions of other libraries against Rust's own, or a second formula, in doubles.
#[test]
fn functions_of_other_libraries_have_their_values() {
    type Definition = (&'static str, fn(f64) -> f64);
    let definitions: [Definition; 35] = [
        ("log1p(x^2)", |x| (x * x).ln_1p()),
        ("expm1(x)", f64::exp_m1),
        ("exp2", f64::exp2),
        ("exp10(x)", |x| 10f64.powf(x)),
        ("log2(x^2+1)", |x| (x * x + 1.0).log2()),
        ("log10(x^2+1)", |x| (x * x + 1.0).log10()),
        ("pow(x, 3)", |x| x.powi(3)),
        ("square", |x| x * x),
        ("cbrt(x)", f64::cbrt),
        ("cbrt(2*x)", |x| (2.0 * x).cbrt()),
        ("reciprocal(x)", f64::recip),
        ("rsqrt(x^2)", |x| x.abs().recip()),
        ("sec(x)", |x| x.cos().recip()),
        ("csc(x)", |x| x.sin().recip()),
        ("cot(x)", |x| x.tan().recip()),
        ("sech(x)", |x| x.cosh().recip()),
        ("csch(x)", |x| x.sinh().recip()),
        ("coth(x)", |x| x.tanh().recip()),
        ("acosh(1+x^2)", |x| (1.0 + x * x).acosh()),
        ("atanh(x/10)", |x| (x / 10.0).atanh()),
        ("acot(x)", |x| x.recip().atan()),
        ("acoth(2+x^2)", |x| (2.0 + x * x).recip().atanh()),
        ("asech(1/(1+x^2))", |x| (1.0 + x * x).acosh()),
        ("acsch(x)", |x| x.recip().asinh()),
        ("hypot(x, 3)", |x| x.hypot(3.0)),
        ("logaddexp(x, 1)", |x| 1.0 + (x - 1.0).exp().ln_1p()),
        ("logcosh(x)", |x| x.cosh().ln()),
        ("logit((x+10)/20)", |x| ((x + 10.0) / (10.0 - x)).ln()),
        ("erfcx(x)", |x| {
            (x * x).exp() * rug::Float::with_val(53, x).erfc().to_f64()
        }),
        ("Phi(x)", |x| {
            0.5 * rug::Float::with_val(53, -x / 2f64.sqrt()).erfc().to_f64()
        }),
        ("normpdf(x)", |x| 0.3989422804014327 * (-x * x / 2.0).exp()),
        ("arcsinh(x)", f64::asinh),
        ("arctan(x)", f64::atan),
        ("np.minimum(x, 1)", |x| x.min(1.0)),
        ("clip(x, -1, 2)", |x| x.clamp(-1.0, 2.0)),
    ];
    for (text, definition) in definitions {
        let tape = Tape::<f64>::new(&[parse(text)], 53);
        // 0 is a pole of some.
        for n in (-33..=33).filter(|n| *n != 0) {
            let x = f64::from(n) / 8.0;
            let (value, expected) = (tape.at_one(&x), definition(x));
            // Some twenty roundings, and e^(x^2/2) < 5000 where (1+erf)/2 cancels.
            let tolerance = 64.0 * f64::EPSILON * (1.0 + expected.abs()) * (1.0 + x.abs().powi(3));
            assert!(
                (value - expected).abs() <= tolerance,
                "{text} at {x}: {value} and {expected}"
            );
        }
    }
}

#[test]
fn letters_stand_for_constants() {
    let mut constants = Constants::default();
    constants.set("a", "1.5").unwrap();
    constants.set("b", "-sqrt(2)").unwrap();
    constants.set("n", "3").unwrap();
    constants.set("half_b", "b/2").unwrap();
    let read = |text: &str| Expr::parse_with(text, &constants);
    for (typed, meant) in [
        ("tanh(a*x)", "tanh(1.5*x)"),
        ("a*x+b", "1.5*x+(-sqrt(2))"),
        ("hermite(n)", "hermite(3)"),
        ("leaky_relu(x, a)", "leaky_relu(x, 1.5)"),
        ("half_b*x", "((-sqrt(2))/2)*x"),
        ("x", "x"),
    ] {
        assert_eq!(read(typed).unwrap(), parse(meant), "{typed}");
    }
    let refused = |text: &str| read(text).unwrap_err().to_string();
    assert_eq!(
        refused("c*x"),
        "unknown name `c`; the variable is called `x`"
    );
    assert!(refused("a(x)").contains("`a` is not a function"));
    assert!(refused("leaky_relu(a)").contains("did you mean `leaky_relu(x, a)`?"));
    for (name, value, says) in [
        ("x", "2", "`x` is the variable"),
        ("pi", "3", "means something already"),
        ("relu", "3", "means something already"),
        ("ln", "3", "means something already"),
        ("if", "3", "means something already"),
        ("a", "2", "`a` is set twice"),
        ("2a", "2", "letters, digits and underscores"),
        ("", "2", "letters, digits and underscores"),
        ("a.b", "2", "letters, digits and underscores"),
        ("c ", "2", "letters, digits and underscores"),
        ("c", "", "`c` has no value"),
        ("c", "2*x", "must be a constant"),
        ("c", "tanh", "must be a constant"),
        ("c", "2*", "in the value of `c`: the expression ends"),
        ("c", "d", "in the value of `c`: unknown name `d`"),
    ] {
        let said = constants.clone().set(name, value).unwrap_err().to_string();
        assert!(said.contains(says), "{name}={value}: {said}");
    }
    assert_eq!(
        constants.names().collect::<Vec<_>>(),
        ["a", "b", "n", "half_b"]
    );
    // Exact at every precision: one tenth is no double.
    let mut tenth = Constants::default();
    tenth.set("t", "0.1").unwrap();
    let expr = Expr::parse_with("t", &tenth).unwrap();
    assert_eq!(expr.as_rational(), Some((1, 10).into()));
}

/// Doubling with every letter: the limits are those of the written-out text.
#[test]
fn constants_and_shorthands_have_the_limits_of_texts() {
    let mut constants = Constants::default();
    constants.set("a0", "2").unwrap();
    let mut refused = None;
    for n in 1..40 {
        let text = format!("a{0}*a{0}", n - 1);
        if let Err(e) = constants.set(&format!("a{n}"), &text) {
            refused = Some(e.to_string());
            break;
        }
    }
    assert!(
        refused
            .unwrap()
            .contains("operations when its names are written out")
    );
    let cubes = format!("{}x{}", "cbrt(".repeat(60), ")".repeat(60));
    assert!(
        message(&cubes).contains("written out"),
        "{}",
        message(&cubes)
    );
}

/// A catalogue entry with a parameter and a lone number is refused, whatever the entry.
#[test]
fn a_lone_parameter_is_refused_for_every_entry() {
    for entry in catalogue().iter().filter(|e| !e.parameters.is_empty()) {
        let said = message(&format!("2*{}(0.3)+x", entry.name));
        let meant = format!("did you mean `{}(x, 0.3)`?", entry.name);
        assert!(said.contains(&meant), "{said}");
        parse(&format!("{}(x, 0.3)", entry.name));
    }
}
