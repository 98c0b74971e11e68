//! What other libraries call things: names that mean the same here, functions that this grammar writes with its
//! own, and names that mean something else there.

use super::catalogue::{self, Entry};
use super::expr::{Constant, Function};

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Meaning {
    Constant(Constant),
    Function(Function),
    Entry(&'static Entry),
    Short(&'static str),
    /// `where(condition, then, otherwise)`
    Where,
    /// `mean(f)`
    Mean,
    /// `centred(f)`
    Centred,
}

/// A function of other libraries, as a text in this grammar; it stands in the tree written out.
pub(crate) struct Short {
    pub name: &'static str,
    pub parameters: &'static [&'static str],
    pub formula: &'static str,
}

const fn short(
    name: &'static str,
    parameters: &'static [&'static str],
    formula: &'static str,
) -> Short {
    Short {
        name,
        parameters,
        formula,
    }
}

/// numpy, torch, jax and the C library agree on these. (`cbrt` is real on the left: there `x^(1/3)` is not.)
static SHORTS: [Short; 42] = [
    short("log1p", &["x"], "log(1+x)"),
    short("expm1", &["x"], "exp(x)-1"),
    short("exp2", &["x"], "2^x"),
    short("exp10", &["x"], "10^x"),
    short("log2", &["x"], "log(x)/log(2)"),
    short("log10", &["x"], "log(x)/log(10)"),
    short("pow", &["x", "p"], "x^p"),
    short("square", &["x"], "x^2"),
    short("cbrt", &["x"], "x < 0 ? -(-x)^(1/3) : x^(1/3)"),
    short("reciprocal", &["x"], "1/x"),
    short("rsqrt", &["x"], "1/sqrt(x)"),
    short("sec", &["x"], "1/cos(x)"),
    short("csc", &["x"], "1/sin(x)"),
    short("cot", &["x"], "cos(x)/sin(x)"),
    short("sech", &["x"], "1/cosh(x)"),
    short("csch", &["x"], "1/sinh(x)"),
    short("coth", &["x"], "cosh(x)/sinh(x)"),
    short("acosh", &["x"], "log(x+sqrt(x^2-1))"),
    short("atanh", &["x"], "log((1+x)/(1-x))/2"),
    short("acot", &["x"], "atan(1/x)"),
    short("asec", &["x"], "acos(1/x)"),
    short("acsc", &["x"], "asin(1/x)"),
    short("acoth", &["x"], "log((x+1)/(x-1))/2"),
    short("asech", &["x"], "log(1/x+sqrt(1/x^2-1))"),
    short("acsch", &["x"], "asinh(1/x)"),
    short("hypot", &["x", "y"], "sqrt(x^2+y^2)"),
    short("logaddexp", &["x", "y"], "log(exp(x)+exp(y))"),
    short("logcosh", &["x"], "log(cosh(x))"),
    short("logit", &["x"], "log(x/(1-x))"),
    short("erfcx", &["x"], "exp(x^2)*erfc(x)"),
    short("normcdf", &["x"], "(1+erf(x/sqrt(2)))/2"),
    short("normpdf", &["x"], "exp(-x^2/2)/sqrt(2*pi)"),
    short("clip", &["x", "lo", "hi"], "min(max(x, lo), hi)"),
    short("clip", &["x", "lo"], "max(x, lo)"),
    short("clip", &["x", "hi"], "min(x, hi)"),
    // At a single point a value has no weight.
    short("heaviside", &["x"], "step(x)"),
    short("heaviside", &["x", "at_0"], "step(x)"),
    short("threshold", &["x", "t", "value"], "x > t ? x : value"),
    // The parameters of torch and tensorflow that have no entry of their own.
    short("softplus", &["x", "beta"], "softplus(beta*x)/beta"),
    short("swish", &["x", "beta"], "x*sigmoid(beta*x)"),
    short("silu", &["x", "beta"], "x*sigmoid(beta*x)"),
    short("hard_tanh", &["x", "lo", "hi"], "min(max(x, lo), hi)"),
];

/// What a parameter is called elsewhere, and here.
const PARAMETERS: [(&str, &str); 17] = [
    ("input", "x"),
    ("features", "x"),
    ("negative_slope", "slope"),
    ("alpha", "slope"),
    ("a", "slope"),
    ("alpha", "a"),
    ("lambd", "l"),
    ("lambda", "l"),
    ("threshold", "l"),
    ("min", "lo"),
    ("a_min", "lo"),
    ("min_val", "lo"),
    ("max", "hi"),
    ("a_max", "hi"),
    ("max_val", "hi"),
    ("exponent", "p"),
    ("b", "beta"),
];

/// The same function under another name.
const ALIASES: [(&str, &str); 40] = [
    ("centered", "centred"),
    ("ln", "log"),
    ("arcsin", "asin"),
    ("arccos", "acos"),
    ("arctan", "atan"),
    ("arcsinh", "asinh"),
    ("arsinh", "asinh"),
    ("arccosh", "acosh"),
    ("arcosh", "acosh"),
    ("arctanh", "atanh"),
    ("artanh", "atanh"),
    ("sgn", "sign"),
    ("signum", "sign"),
    ("logistic", "sigmoid"),
    ("expit", "sigmoid"),
    ("fabs", "abs"),
    ("absolute", "abs"),
    ("maximum", "max"),
    ("fmax", "max"),
    ("minimum", "min"),
    ("fmin", "min"),
    ("power", "pow"),
    ("float_power", "pow"),
    ("clamp", "clip"),
    ("clip_by_value", "clip"),
    ("linear", "identity"),
    ("exponential", "exp"),
    ("hard_silu", "hard_swish"),
    ("h_swish", "hard_swish"),
    ("h_sigmoid", "hard_sigmoid"),
    ("soft_sign", "softsign"),
    ("relu_squared", "squared_relu"),
    ("gelu_new", "gelu_tanh"),
    ("gelu_pytorch_tanh", "gelu_tanh"),
    ("Phi", "normcdf"),
    ("norm_cdf", "normcdf"),
    ("normal_cdf", "normcdf"),
    ("ndtr", "normcdf"),
    ("norm.cdf", "normcdf"),
    ("norm.pdf", "normpdf"),
];

/// The modules that people type before a name, by the library that they belong to.
const MODULES: [(&str, &str); 34] = [
    ("np", "numpy"),
    ("numpy", "numpy"),
    ("math", "math"),
    ("cmath", "math"),
    ("scipy.special", "scipy"),
    ("special", "scipy"),
    ("sp", "scipy"),
    ("stats", "scipy"),
    ("scipy.stats", "scipy"),
    ("torch", "torch"),
    ("torch.nn", "torch"),
    ("torch.special", "torch"),
    ("torch.nn.functional", "torch"),
    ("nn.functional", "torch"),
    ("F", "torch"),
    ("nn", "nn"),
    ("jax.nn", "jax"),
    ("jnn", "jax"),
    ("jnp", "jax"),
    ("jax.numpy", "jax"),
    ("jax.lax", "jax"),
    ("lax", "jax"),
    ("jax.scipy.special", "jax"),
    ("jsp", "jax"),
    ("flax.linen", "jax"),
    ("tf", "tensorflow"),
    ("tf.math", "tensorflow"),
    ("tf.nn", "tensorflow"),
    ("tf.keras.activations", "keras"),
    ("tf.keras.layers", "keras"),
    ("keras.activations", "keras"),
    ("keras.layers", "keras"),
    ("keras.ops", "keras"),
    ("activations", "keras"),
];

/// The same name, another function: `(libraries, name, what to say)`.
const ELSEWHERE: [(&str, &str, &str); 11] = [
    (
        "numpy torch jax",
        "mean",
        "this is the mean of an array: write `mean(f)` for the Gaussian mean `E f(Z)`",
    ),
    (
        "jax",
        "gelu",
        "jax's gelu is the approximation by tanh unless `approximate=False` is given: write `gelu_tanh(x)` for that, \
         `gelu(x)` for the exact one",
    ),
    (
        "nn",
        "gelu",
        "flax's gelu is the approximation by tanh, torch's is exact: write `gelu_tanh(x)` or `gelu(x)`",
    ),
    (
        "tensorflow keras",
        "leaky_relu",
        "the slope that tensorflow and keras take without being told is not 0.01: write it, `leaky_relu(x, 0.2)`",
    ),
    (
        "tensorflow keras",
        "hard_sigmoid",
        "keras 2 has the slope 0.2, keras 3 and torch 1/6: write `clip(0.2*x+0.5, 0, 1)` or `hard_sigmoid(x)`",
    ),
    (
        "numpy torch jax tensorflow",
        "sinc",
        "there sinc is `sin(pi*x)/(pi*x)`, here it is `sin(x)/x`: write `sinc(pi*x)` or `sinc(x)`",
    ),
    (
        "numpy torch jax",
        "max",
        "this is the maximum of an array: write `max(x, 0)` for the larger of two numbers",
    ),
    (
        "numpy torch jax",
        "min",
        "this is the minimum of an array: write `min(x, 0)` for the smaller of two numbers",
    ),
    (
        "numpy torch jax tensorflow",
        "step",
        "there is no such function: the step from 0 to 1 at 0 is written `step(x)`",
    ),
    (
        "jax",
        "sparse_plus",
        "`sparse_plus` is written `x < -1 ? 0 : x > 1 ? x : (x+1)^2/4`",
    ),
    (
        "jax",
        "sparse_sigmoid",
        "`sparse_sigmoid` is written `clip((x+1)/2, 0, 1)`",
    ),
];

/// The functions of other libraries that are read, each with what stands for it in this grammar; other names of
/// functions, each with the name here.
///
/// ```
/// use deeplimit::activation::readings;
/// let all: Vec<(String, &str)> = readings().collect();
/// assert!(all.contains(&("log1p(x)".to_owned(), "log(1+x)")) && all.contains(&("ln".to_owned(), "log")));
/// ```
pub fn readings() -> impl Iterator<Item = (String, &'static str)> {
    let functions = SHORTS.iter().map(|s| {
        (
            format!("{}({})", s.name, s.parameters.join(", ")),
            s.formula,
        )
    });
    functions.chain(
        ALIASES
            .iter()
            .map(|(there, here)| ((*there).to_owned(), *here)),
    )
}

/// Letters alone, and small: `leaky_relu`, `LeakyReLU` and `leakyrelu` are one name.
pub(crate) fn squashed(name: &str) -> String {
    name.replace('_', "").to_ascii_lowercase()
}

/// The formulas of a function of other libraries.
pub(crate) fn shorts(name: &str) -> impl Iterator<Item = &'static Short> {
    SHORTS.iter().filter(move |s| s.name == name)
}

/// Is `typed` another word for the parameter `here`?
pub(crate) fn is_parameter(typed: &str, here: &str) -> bool {
    typed == here || PARAMETERS.contains(&(typed, here))
}

/// All names that stand for a function, those of other libraries included.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let functions = Function::ALL.into_iter().map(Function::name);
    let entries = catalogue::catalogue().iter().map(|e| e.name);
    let abroad = SHORTS.iter().map(|s| s.name);
    functions
        .chain(entries)
        .chain(abroad)
        .chain(["where", "mean", "centred"])
        .chain(ALIASES.iter().map(|(there, _)| *there))
}

/// The name here of an alias; any other name is itself.
fn here(name: &str) -> &str {
    let found = ALIASES.iter().find(|(there, _)| *there == name);
    found.map_or(name, |(_, here)| here)
}

/// What a name without dots stands for.
fn plain(name: &str) -> Option<Meaning> {
    let known = |name: &str| {
        Some(match here(name) {
            "where" => Meaning::Where,
            "mean" => Meaning::Mean,
            "centred" => Meaning::Centred,
            name => match (Function::named(name), catalogue::entry(name)) {
                (Some(function), _) => Meaning::Function(function),
                (_, Some(entry)) => Meaning::Entry(entry),
                _ => Meaning::Short(shorts(name).next()?.name),
            },
        })
    };
    known(name).or_else(|| {
        let joined = name.replace('_', "");
        names()
            .find(|n| n.replace('_', "") == joined)
            .and_then(known)
    })
}

/// What a name stands for, and whether it is a class (`nn.SiLU`), whose arguments are parameters; a sentence where it
/// stands for something else than its letters say; nothing for a name that nobody knows.
pub(crate) fn meaning(name: &str) -> Result<Option<(Meaning, bool)>, String> {
    if let Some(meaning) = plain(name) {
        return Ok(Some((meaning, false)));
    }
    let Some((module, last)) = name.rsplit_once('.') else {
        return Ok(None);
    };
    let scipy = ["norm", "stats.norm", "scipy.stats.norm"].contains(&module);
    if scipy && (last == "cdf" || last == "pdf") {
        return Ok(plain(&format!("norm.{last}")).map(|m| (m, false)));
    }
    let Some((_, library)) = MODULES.iter().find(|(there, _)| *there == module) else {
        return Ok(None);
    };
    let class = last.starts_with(|c: char| c.is_ascii_uppercase());
    let wanted = squashed(last);
    let other = ELSEWHERE.iter().find(|(libraries, there, _)| {
        let here = libraries.split(' ').any(|l| l == *library);
        // torch's classes are in `nn` too, and its GELU is exact
        here && squashed(there) == wanted && !(class && *library == "nn")
    });
    if let Some((_, _, sentence)) = other {
        return Err((*sentence).to_owned());
    }
    let constant = match last {
        "pi" => Some(Constant::Pi),
        "e" => Some(Constant::E),
        _ => None,
    };
    if let Some(constant) = constant {
        return Ok(Some((Meaning::Constant(constant), false)));
    }
    let meaning = match class {
        true => names().find(|n| squashed(n) == wanted).and_then(plain),
        false => plain(last),
    };
    Ok(meaning.map(|m| (m, class)))
}
