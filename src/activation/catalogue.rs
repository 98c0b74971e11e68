//! The activations that have a name: a table of formulas, and the writing out of names.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use rug::{Integer, Rational};

use super::expr::{Expr, Function};
use super::parse::{Sized, formula};
use super::print::call;
use super::token::fault;
use crate::error::Result;

/// One activation of the catalogue.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name in the grammar.
    pub name: &'static str,
    /// The integer that comes first, with its range: `hermite(3)`, `optimal(4)`.
    pub index: Option<(&'static str, RangeInclusive<u32>)>,
    /// The constants that come after `x`, each with the value it has when it is not given.
    pub parameters: &'static [(&'static str, &'static str)],
    /// The definition in the grammar, over `x`, the parameters and other entries. (For `hermite` it is
    /// the mathematician's notation, for `optimal` the case d >= 3; [`Expr::expand`] knows the rest.)
    pub formula: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Where the definition comes from.
    pub source: &'static str,
}

const fn plain(
    name: &'static str,
    formula: &'static str,
    summary: &'static str,
    source: &'static str,
) -> Entry {
    Entry {
        name,
        index: None,
        parameters: &[],
        formula,
        summary,
        source,
    }
}

const fn with(
    name: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    formula: &'static str,
    summary: &'static str,
    source: &'static str,
) -> Entry {
    Entry {
        name,
        index: None,
        parameters,
        formula,
        summary,
        source,
    }
}

/// Klambauer et al. 2017, (14): the fixed point with mean 0 and variance 1 has these constants in closed form.
const SELU: &str = "(1-erfc(1/sqrt(2))*sqrt(e))*sqrt(2*pi)\
    /sqrt(2*erfc(sqrt(2))*e^2+pi*erfc(1/sqrt(2))^2*e-2*(2+pi)*erfc(1/sqrt(2))*sqrt(e)+pi+2)\
    *(x > 0 ? x : -sqrt(2/pi)/(exp(1/2)*erfc(1/sqrt(2))-1)*(exp(x)-1))";

static CATALOGUE: [Entry; 32] = [
    plain("identity", "x", "The linear network.", "-"),
    plain(
        "relu",
        "max(x, 0)",
        "The rectifier.",
        "Nair and Hinton 2010",
    ),
    with(
        "leaky_relu",
        &[("slope", "0.01")],
        "x > 0 ? x : slope*x",
        "The rectifier with a small slope on the left.",
        "Maas, Hannun and Ng 2013",
    ),
    with(
        "prelu",
        &[("slope", "0.25")],
        "x > 0 ? x : slope*x",
        "The leaky rectifier whose slope is learned, at its initial value.",
        "He et al. 2015",
    ),
    plain(
        "relu6",
        "min(max(x, 0), 6)",
        "The rectifier cut off at 6.",
        "Krizhevsky 2010",
    ),
    plain(
        "hard_tanh",
        "min(max(x, -1), 1)",
        "The identity cut off at -1 and 1.",
        "Collobert 2004",
    ),
    plain(
        "hard_sigmoid",
        "min(max(x/6+1/2, 0), 1)",
        "A piecewise linear sigmoid, with PyTorch's slope 1/6.",
        "torch.nn.Hardsigmoid",
    ),
    with(
        "elu",
        &[("a", "1")],
        "x > 0 ? x : a*(exp(x)-1)",
        "The exponential linear unit.",
        "Clevert, Unterthiner and Hochreiter 2016",
    ),
    with(
        "celu",
        &[("a", "1")],
        "x > 0 ? x : a*(exp(x/a)-1)",
        "The exponential linear unit with a continuous derivative for every a.",
        "Barron 2017",
    ),
    plain(
        "selu",
        SELU,
        "The self-normalising exponential linear unit, its two constants in closed form (1.0507..., 1.6732...).",
        "Klambauer et al. 2017",
    ),
    plain(
        "gelu",
        "x*(1+erf(x/sqrt(2)))/2",
        "The Gaussian error linear unit, exact.",
        "Hendrycks and Gimpel 2016",
    ),
    plain(
        "gelu_tanh",
        "0.5*x*(1+tanh(sqrt(2/pi)*(x+0.044715*x^3)))",
        "The approximation of gelu by tanh, an activation of its own here.",
        "Hendrycks and Gimpel 2016",
    ),
    plain(
        "silu",
        "x/(1+exp(-x))",
        "x times the sigmoid.",
        "Elfwing, Uchibe and Doya 2018",
    ),
    plain(
        "swish",
        "x/(1+exp(-x))",
        "Another name of silu.",
        "Ramachandran, Zoph and Le 2017",
    ),
    plain(
        "hard_swish",
        "x*min(max(x+3, 0), 6)/6",
        "x times the piecewise linear sigmoid.",
        "Howard et al. 2019; torch.nn.Hardswish",
    ),
    plain(
        "quick_gelu",
        "x/(1+exp(-1.702*x))",
        "The approximation of gelu by the sigmoid, as in CLIP.",
        "Hendrycks and Gimpel 2016",
    ),
    plain(
        "serf",
        "x*erf(log(1+exp(x)))",
        "x times erf of softplus.",
        "Nag, Bhattacharyya, Mukherjee and Kundu 2023",
    ),
    with(
        "squareplus",
        &[("b", "4")],
        "(x+sqrt(x^2+b))/2",
        "The smooth rectifier without exponentials.",
        "Barron 2021; jax.nn.squareplus",
    ),
    with(
        "snake",
        &[("a", "1")],
        "x+sin(a*x)^2/a",
        "The identity with a wave: it can extrapolate what is periodic.",
        "Ziyin, Hartwig and Ueda 2020",
    ),
    plain(
        "mish",
        "x*tanh(log(1+exp(x)))",
        "x times tanh of softplus.",
        "Misra 2019",
    ),
    plain(
        "softplus",
        "log(1+exp(x))",
        "The smooth rectifier.",
        "Dugas et al. 2001",
    ),
    plain(
        "softsign",
        "x/(1+abs(x))",
        "A sigmoid with algebraic tails.",
        "Bergstra et al. 2009",
    ),
    plain("sigmoid", "1/(1+exp(-x))", "The logistic function.", "-"),
    plain(
        "log_sigmoid",
        "-log(1+exp(-x))",
        "The logarithm of the sigmoid.",
        "torch.nn.LogSigmoid",
    ),
    plain(
        "tanh_shrink",
        "x-tanh(x)",
        "What tanh leaves of the identity.",
        "torch.nn.Tanhshrink",
    ),
    with(
        "soft_shrink",
        &[("l", "0.5")],
        "x > l ? x-l : x < -l ? x+l : 0",
        "Soft thresholding.",
        "Donoho 1995; torch.nn.Softshrink",
    ),
    with(
        "hard_shrink",
        &[("l", "0.5")],
        "x > l ? x : x < -l ? x : 0",
        "Hard thresholding: it jumps at -l and l.",
        "Donoho and Johnstone 1994; torch.nn.Hardshrink",
    ),
    plain(
        "squared_relu",
        "max(x, 0)^2",
        "The rectifier squared.",
        "So et al. 2021",
    ),
    plain(
        "gaussian",
        "exp(-x^2)",
        "The bell curve as radial basis functions have it: exp(-x^2), without the 1/2 of the density.",
        "Broomhead and Lowe 1988",
    ),
    plain("sinc", "sin(x)/x", "sin(x)/x, with the value 1 at 0.", "-"),
    Entry {
        name: "hermite",
        index: Some(("n", 0..=200)),
        parameters: &[],
        formula: "He_n(x)/sqrt(n!)",
        summary: "The n-th Hermite polynomial of the probabilists, orthonormal under N(0, 1).",
        source: "Szego 1939, ch. 5",
    },
    Entry {
        name: "optimal",
        index: Some(("d", 1..=1000)),
        parameters: &[],
        formula: "2^(-d/4)*hermite(3, x)+sqrt(1-2^(1-d/2))*hermite(2, x)+2^(-d/4)*hermite(1, x)",
        summary: "The activation whose infinitely deep classifier is Bayes-consistent in d dimensions: alpha = d.",
        source: "Radhakrishnan, Belkin and Uhler 2022",
    },
];

/// All entries, in the order in which people should read them.
///
/// ```
/// use deeplimit::activation::catalogue::catalogue;
/// assert!(catalogue().iter().any(|entry| entry.name == "gelu"));
/// ```
pub fn catalogue() -> &'static [Entry] {
    &CATALOGUE
}

/// The entry of this name.
pub fn entry(name: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.name == name)
}

impl Entry {
    /// All arguments, the defaults in the places where nothing was written.
    pub(crate) fn completed(
        &self,
        written: &[Option<(Sized, Range<usize>)>],
        at: &Range<usize>,
    ) -> Result<Vec<Sized>> {
        let name = self.name;
        let mut written = written.iter().map(Option::as_ref);
        let mut next = || written.next().flatten();
        let mut arguments = Vec::new();
        if let Some((letter, range)) = &self.index {
            let (low, high) = (range.start(), range.end());
            let rule = format!(
                "`{name}` takes an integer {letter} from {low} to {high} first: `{name}({low})` or `{}`",
                self.signature()
            );
            let Some((first, place)) = next() else {
                return fault(rule, at.clone());
            };
            match &first.expr {
                Expr::Number(q) if q.is_integer() && **q >= *low && **q <= *high => {
                    arguments.push(first.clone())
                }
                _ => return fault(rule, place.clone()),
            }
        }
        arguments.push(next().map_or_else(|| Sized::leaf(Expr::X), |(x, _)| x.clone()));
        for (parameter, default) in self.parameters {
            match next() {
                Some((value, place)) if !value.expr.is_constant() => {
                    return fault(
                        format!(
                            "the {parameter} of `{name}` must be a constant: it may not contain x"
                        ),
                        place.clone(),
                    );
                }
                Some((value, _)) => arguments.push(value.clone()),
                None => arguments.push(formula(default, &[])?),
            }
        }
        Ok(arguments)
    }

    /// `leaky_relu(x, slope)`, `hermite(n, x)`.
    pub fn signature(&self) -> String {
        let index = self.index.iter().map(|(letter, _)| *letter);
        let parameters = self.parameters.iter().map(|(parameter, _)| *parameter);
        format!(
            "{}({})",
            self.name,
            index
                .chain(["x"])
                .chain(parameters)
                .collect::<Vec<_>>()
                .join(", ")
        )
    }

    /// How many of the arguments have to be printed: the last ones go when they have their defaults.
    pub(crate) fn needed(&self, args: &[Expr]) -> usize {
        let first = usize::from(self.index.is_some()) + 1;
        let is_default = |(i, arg): &(usize, &Expr)| {
            let default = i.checked_sub(first).and_then(|i| self.parameters.get(i));
            default.is_some_and(|(_, text)| formula(text, &[]).is_ok_and(|d| d.expr == **arg))
        };
        let needed = args.len() - args.iter().enumerate().rev().take_while(is_default).count();
        // `elu(0.5)` is not read as the number `elu(0.5, 1)`.
        match args.get(first - 1) {
            Some(u) if u.is_constant() && self.index.is_none() && args.len() > first => {
                needed.max(first + 1)
            }
            _ => needed,
        }
    }

    /// The text of an activation that is nothing but this entry.
    pub(crate) fn shortest(&self, args: &[Expr]) -> Option<String> {
        let shown = &args[..self.needed(args)];
        Some(match (&self.index, shown) {
            (None, [Expr::X]) => self.name.to_owned(),
            (Some(_), [n, Expr::X]) => call(self.name, std::slice::from_ref(n)),
            _ => call(self.name, shown),
        })
    }

    /// The formula over these arguments, other entries in it left as names.
    pub(crate) fn written_out(&self, args: &[Sized]) -> Sized {
        let number = |e: &Sized| match &e.expr {
            Expr::Number(q) => q.numer().to_u32().unwrap_or(0),
            _ => 0,
        };
        let text = match (self.name, args) {
            ("hermite", [n, u]) => return hermite(number(n), u),
            ("optimal", [d, _]) if number(d) == 1 => "(hermite(1, x)+hermite(7, x))/sqrt(2)",
            ("optimal", [d, _]) if number(d) == 2 => "(hermite(1, x)+hermite(3, x))/sqrt(2)",
            _ => self.formula,
        };
        let index = self.index.iter().map(|(letter, _)| *letter);
        let names = index
            .chain(["x"])
            .chain(self.parameters.iter().map(|(parameter, _)| *parameter));
        let bindings: Vec<(&str, Sized)> = names.zip(args.iter().cloned()).collect();
        // Every text of the table is parsed by a test, so the other arm is for hand-made trees only.
        formula(text, &bindings).unwrap_or_else(|_| Sized::leaf(Expr::int(1) / Expr::int(0)))
    }
}

/// The integer coefficients of `He_n`, the constant first: `He_{n+1} = x He_n - n He_{n-1}`.
pub(crate) fn hermite_coefficients(n: u32) -> Vec<Integer> {
    let (mut before, mut now) = (vec![], vec![Integer::from(1)]);
    for k in 0..n {
        let mut next = vec![Integer::new()];
        next.extend(now.iter().cloned());
        for (place, c) in before.iter().enumerate() {
            let c: &Integer = c;
            next[place] -= Integer::from(c * k);
        }
        before = std::mem::replace(&mut now, next);
    }
    now
}

/// `He_n(u) / sqrt(n!)` as a polynomial in `u`.
fn hermite(n: u32, u: &Sized) -> Sized {
    let mut sum = Expr::int(0);
    let mut terms = 0;
    for (k, c) in hermite_coefficients(n)
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, c)| **c != 0)
    {
        let power = u.expr.clone().pow(Expr::int(k as i64));
        let term = Expr::rational(&Rational::from(c.clone().abs())) * power;
        sum = if *c < 0 { sum - term } else { sum + term };
        terms += 1;
    }
    let expr = match n {
        0 | 1 => sum,
        _ => {
            sum / Expr::call(
                Function::Sqrt,
                Expr::rational(&Rational::from(Integer::from(Integer::factorial(n)))),
            )
        }
    };
    Sized {
        expr,
        depth: u.depth.saturating_add(terms + 4),
        size: u
            .size
            .saturating_mul(u64::from(terms))
            .saturating_add(6 * u64::from(terms) + 4),
    }
}

impl Expr {
    /// For a catalogue name its formula over the same arguments, one step; anything else is itself.
    pub fn written_out(&self) -> Expr {
        match self {
            Expr::Named(name, args) => match entry(name) {
                Some(entry) => {
                    let args: Vec<Sized> = args.iter().cloned().map(Sized::leaf).collect();
                    entry.written_out(&args).expr
                }
                None => self.clone(),
            },
            _ => self.clone(),
        }
    }

    /// The same function with every catalogue name written out, down to the primitives.
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// assert_eq!("2*softplus(x/2)".parse::<Expr>()?.expand().to_string(), "2*log(1+exp(x/2))");
    /// assert_eq!("hermite(3)".parse::<Expr>()?.expand().to_string(), "(x^3-3*x)/sqrt(6)");
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn expand(&self) -> Expr {
        match self {
            Expr::Named(name, args) if entry(name).is_some() => {
                // The arguments first: they may occur in the formula more than once.
                let args: Arc<[Expr]> = args.iter().map(Expr::expand).collect();
                let body = Expr::Named(name, args.clone()).written_out();
                let nested =
                    body.any(&|e| matches!(e, Expr::Named(inner, _) if entry(inner).is_some()));
                if nested { body.expand() } else { body }
            }
            Expr::Mean(f) => f.expand().mean(),
            _ => self.with_children(Expr::expand),
        }
    }

    /// `Some(n)` for `hermite(n, u)`.
    pub(crate) fn hermite_index(&self) -> Option<u32> {
        match self {
            Expr::Named("hermite", args) => match args.first() {
                Some(Expr::Number(q)) if q.is_integer() => q.numer().to_u32(),
                _ => None,
            },
            _ => None,
        }
    }
}
