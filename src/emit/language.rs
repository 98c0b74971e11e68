//! The languages, and what each of them writes for an operation.

use super::program::{Call, Op, Own, Program, Slot};
use crate::activation::Function;
use crate::words::named;

/// What code is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// A module for Python with numpy: `phi` and its derivative `dphi`, in doubles.
    Python,
    /// A `torch.nn.Module` of PyTorch.
    Torch,
    /// A function for JAX.
    Jax,
    /// Two functions in Rust.
    Rust,
    /// The formula.
    Latex,
}

named!(Language, "language of code":
    Python = "python",
    Torch = "torch",
    Jax = "jax",
    Rust = "rust",
    Latex = "latex",
);

impl Language {
    /// What files of this language end in.
    pub fn extension(self) -> &'static str {
        match self {
            Language::Python | Language::Torch | Language::Jax => "py",
            Language::Rust => "rs",
            Language::Latex => "tex",
        }
    }

    /// The module of the functions on arrays.
    fn module(self) -> &'static str {
        match self {
            Language::Torch => "torch",
            Language::Jax => "jnp",
            _ => "np",
        }
    }
}

/// How tightly a text binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tightness {
    Conditional,
    Sum,
    Product,
    Sign,
    Power,
    Atom,
}

/// A text that stands for a value.
#[derive(Clone)]
struct Text {
    code: String,
    tightness: Tightness,
}

impl Text {
    fn atom(code: String) -> Text {
        Text {
            code,
            tightness: Tightness::Atom,
        }
    }

    /// In parentheses where it binds less tightly than that.
    fn at(&self, least: Tightness) -> String {
        match self.tightness < least {
            true => format!("({})", self.code),
            false => self.code.clone(),
        }
    }
}

/// A value that is longer gets a name.
const LONG: usize = 60;

/// The lines of a function's body, the last of which is the result.
pub(super) fn body(program: &Program, language: Language) -> (Vec<String>, String) {
    let uses = program.uses();
    let mut lines = Vec::new();
    let mut texts: Vec<Option<Text>> = vec![None; program.ops.len()];
    for (slot, op) in program.ops.iter().enumerate().take(program.result + 1) {
        if uses[slot] == 0 {
            continue;
        }
        let mut text = write(op, &texts, program, language);
        let leaf = matches!(op, Op::X | Op::Number(_));
        if !leaf && slot != program.result && (uses[slot] > 1 || text.code.len() > LONG) {
            let name = format!("t{}", lines.len() + 1);
            lines.push(match language {
                Language::Rust => format!("let {name} = {};", text.code),
                _ => format!("{name} = {}", text.code),
            });
            text = Text::atom(name);
        }
        texts[slot] = Some(text);
    }
    let result = &texts[program.result];
    let result = match (program.known_number(program.result), language) {
        (Some(_), Language::Rust) | (None, _) => result.as_ref().map(|t| t.code.clone()),
        (Some(c), _) => Some(full(c, language)),
    };
    (lines, result.unwrap_or_default())
}

/// An array of one number, as long as `x` and of its type.
fn full(c: f64, language: Language) -> String {
    format!("{}.full_like(x, {c:?})", language.module())
}

fn number(c: f64) -> Text {
    Text {
        code: format!("{c:?}"),
        tightness: if c < 0.0 {
            Tightness::Sign
        } else {
            Tightness::Atom
        },
    }
}

fn write(op: &Op, texts: &[Option<Text>], program: &Program, language: Language) -> Text {
    use Tightness::{Atom, Conditional, Power, Product, Sign, Sum};
    let text = |slot: &Slot| {
        let known = texts[*slot].clone();
        known.unwrap_or_else(|| Text::atom("x".to_owned()))
    };
    let at = |slot: &Slot, least: Tightness| text(slot).at(least);
    let rust = language == Language::Rust;
    let m = language.module();
    let infix = |a: &Slot, symbol: &str, b: &Slot, tightness, right| Text {
        code: format!("{} {symbol} {}", at(a, tightness), at(b, right)),
        tightness,
    };
    match op {
        Op::X => Text::atom("x".to_owned()),
        Op::Number(c) => number(c.value()),
        Op::Neg(a) => Text {
            code: format!("-{}", at(a, Power)),
            tightness: Sign,
        },
        Op::Add(a, b) => infix(a, "+", b, Sum, Product),
        Op::Sub(a, b) => infix(a, "-", b, Sum, Product),
        Op::Mul(a, b) => infix(a, "*", b, Product, Power),
        Op::Div(a, b) => infix(a, "/", b, Product, Power),
        Op::Power(a, n) if rust => match i32::try_from(*n) {
            Ok(n) => Text::atom(format!("{}.powi({n})", at(a, Atom))),
            Err(_) => Text::atom(format!("{}.powf({:?})", at(a, Atom), *n as f64)),
        },
        Op::Power(a, n) => Text {
            code: format!("{} ** {n}", at(a, Atom)),
            tightness: Power,
        },
        Op::Root(a, q) if rust => Text::atom(format!("{}.powf({:?})", at(a, Atom), q.value())),
        Op::Root(a, q) => {
            let power = if language == Language::Torch {
                "pow"
            } else {
                "power"
            };
            Text::atom(format!("{m}.{power}({}, {:?})", text(a).code, q.value()))
        }
        Op::Exponential(c, a) if rust => {
            Text::atom(format!("{:?}_f64.powf({})", c.value(), text(a).code))
        }
        Op::Exponential(c, a) => {
            let power = if language == Language::Torch {
                "pow"
            } else {
                "power"
            };
            Text::atom(format!("{m}.{power}({:?}, {})", c.value(), text(a).code))
        }
        Op::Call(call, a) => called(*call, &text(a), language),
        Op::Min(a, b) | Op::Max(a, b) => {
            let least = matches!(op, Op::Min(..));
            extremum(least, (a, &text(a)), (b, &text(b)), program, language)
        }
        Op::Select {
            left,
            relation,
            right,
            then,
            otherwise,
        } => {
            let condition = format!("{} {} {}", at(left, Sum), relation.symbol(), at(right, Sum));
            if rust {
                let code = format!(
                    "if {condition} {{ {} }} else {{ {} }}",
                    text(then).code,
                    text(otherwise).code
                );
                return Text {
                    code,
                    tightness: Conditional,
                };
            }
            let branch = |slot: &Slot, other: &Slot| {
                let both =
                    program.known_number(*slot).is_some() && program.known_number(*other).is_some();
                match program.known_number(*slot) {
                    Some(c) if both => full(c, language),
                    _ => text(slot).code,
                }
            };
            Text::atom(format!(
                "{m}.where({condition}, {}, {})",
                branch(then, otherwise),
                branch(otherwise, then)
            ))
        }
        Op::Hermite(n, a) => Text::atom(format!(
            "{}hermite({n}, {})",
            if rust { "" } else { "_" },
            text(a).code
        )),
        Op::Polynomial(c, a) => {
            let all: Vec<String> = c.iter().map(|c| format!("{:?}", c.value())).collect();
            let all = all.join(", ");
            Text::atom(match language {
                Language::Rust => format!("polynomial({}, &[{all}])", text(a).code),
                _ => format!("_polynomial({}, ({all},))", text(a).code),
            })
        }
        Op::Own(n, a) => own(&program.own[*n], &text(a).code, language),
    }
}

fn extremum(
    least: bool,
    (a, left): (&Slot, &Text),
    (b, right): (&Slot, &Text),
    program: &Program,
    language: Language,
) -> Text {
    let known = |slot: &Slot| program.known_number(*slot);
    let name = if least { "minimum" } else { "maximum" };
    let clamp = |u: &Text, c: f64| {
        let end = if least { "max" } else { "min" };
        Text::atom(format!("torch.clamp({}, {end}={c:?})", u.code))
    };
    match (language, known(a), known(b)) {
        (Language::Torch, _, Some(c)) => clamp(left, c),
        (Language::Torch, Some(c), _) => clamp(right, c),
        (Language::Rust, ..) => Text::atom(format!("{name}({}, {})", left.code, right.code)),
        _ => Text::atom(format!(
            "{}.{name}({}, {})",
            language.module(),
            left.code,
            right.code
        )),
    }
}

fn called(call: Call, u: &Text, language: Language) -> Text {
    let m = language.module();
    let inner = &u.code;
    let of = |name: &str| Text::atom(format!("{name}({inner})"));
    let function = match (call, language) {
        (Call::Sigmoid, Language::Torch) => return of("torch.sigmoid"),
        (Call::Sigmoid, Language::Jax) => return of("jax.nn.sigmoid"),
        (Call::Sigmoid, Language::Rust) => return of("sigmoid"),
        (Call::Sigmoid, _) => return of("_sigmoid"),
        // F.softplus is the identity from 20 on
        (Call::Softplus, Language::Torch) => {
            return Text {
                code: match u.code.strip_prefix('-') {
                    Some(v) if u.tightness == Tightness::Sign => format!("-F.logsigmoid({v})"),
                    _ => format!("-F.logsigmoid(-{})", u.at(Tightness::Power)),
                },
                tightness: Tightness::Sign,
            };
        }
        (Call::Softplus, Language::Jax) => return of("jax.nn.softplus"),
        (Call::Softplus, Language::Rust) => return of("softplus"),
        (Call::Softplus, _) => return Text::atom(format!("np.logaddexp(0.0, {inner})")),
        (Call::Expm1 | Call::Log1p, Language::Rust) => {
            let name = if call == Call::Expm1 {
                "exp_m1"
            } else {
                "ln_1p"
            };
            return Text::atom(format!("{}.{name}()", u.at(Tightness::Atom)));
        }
        (Call::Expm1, _) => return of(&format!("{m}.expm1")),
        (Call::Log1p, _) => return of(&format!("{m}.log1p")),
        (Call::Plain(function), _) => function,
    };
    let inverse = ["asin", "acos", "atan", "asinh"].contains(&function.name());
    let name = match (function, language) {
        (Function::Erf | Function::Erfc, Language::Python) => format!("_{}", function.name()),
        (Function::Erf | Function::Erfc, Language::Jax) => function.name().to_owned(),
        (Function::Erf | Function::Erfc, Language::Rust) => format!("libm::{}", function.name()),
        (Function::Sign, Language::Rust) => "sign".to_owned(),
        // its sign of what is no number is 0
        (Function::Sign, Language::Torch) => {
            return Text::atom(format!(
                "torch.where(torch.isnan({inner}), {inner}, torch.sign({inner}))"
            ));
        }
        (_, Language::Rust) => {
            let name = if function == Function::Log {
                "ln"
            } else {
                function.name()
            };
            return Text::atom(format!("{}.{name}()", u.at(Tightness::Atom)));
        }
        (_, Language::Torch) => format!("torch.{}", function.name()),
        _ if inverse => format!("{m}.arc{}", &function.name()[1..]),
        _ => format!("{m}.{}", function.name()),
    };
    of(&name)
}

/// The framework's own function for an entry of the catalogue, where it is the same function.
fn own(own: &Own, u: &str, language: Language) -> Text {
    let torch = language == Language::Torch;
    let first = own
        .parameters
        .first()
        .map(|c| format!("{c:?}"))
        .unwrap_or_default();
    let one = own.parameters == [1.0];
    let function = match own.name {
        "gelu" if torch => "F.gelu".to_owned(),
        "gelu" => return Text::atom(format!("jax.nn.gelu({u}, approximate=False)")),
        "gelu_tanh" if torch => return Text::atom(format!("F.gelu({u}, approximate=\"tanh\")")),
        "gelu_tanh" => return Text::atom(format!("jax.nn.gelu({u}, approximate=True)")),
        "sigmoid" if torch => "torch.sigmoid".to_owned(),
        "leaky_relu" | "prelu" if torch => {
            return Text::atom(format!("F.leaky_relu({u}, {first})"));
        }
        "leaky_relu" | "prelu" => return Text::atom(format!("jax.nn.leaky_relu({u}, {first})")),
        "elu" | "celu" if !one => {
            let prefix = if torch { "F" } else { "jax.nn" };
            return Text::atom(format!("{prefix}.{}({u}, {first})", own.name));
        }
        "soft_shrink" => return Text::atom(format!("F.softshrink({u}, {first})")),
        "hard_shrink" => return Text::atom(format!("F.hardshrink({u}, {first})")),
        "swish" => if torch { "F.silu" } else { "jax.nn.silu" }.to_owned(),
        "log_sigmoid" if torch => "F.logsigmoid".to_owned(),
        "hard_swish" if torch => "F.hardswish".to_owned(),
        name if torch => format!("F.{}", name.replace('_', "")),
        "softsign" => "jax.nn.soft_sign".to_owned(),
        name => format!("jax.nn.{name}"),
    };
    Text::atom(format!("{function}({u})"))
}

/// The entries that PyTorch has: the same function for every `x`, its parameters in the range where that holds. (The derivative of
/// its `hardsigmoid` has none, the second one of its `mish` is NaN far out.)
pub(super) fn in_torch(name: &str, parameters: &[f64]) -> bool {
    match name {
        "relu" | "relu6" | "hard_tanh" | "hard_swish" | "selu" | "gelu" | "gelu_tanh" | "silu"
        | "swish" | "softsign" | "sigmoid" | "log_sigmoid" | "tanh_shrink" | "leaky_relu"
        | "prelu" | "elu" => true,
        "celu" => parameters[0] != 0.0,
        "soft_shrink" | "hard_shrink" => parameters[0] >= 0.0,
        _ => false,
    }
}

/// The entries that JAX has.
pub(super) fn in_jax(name: &str, parameters: &[f64]) -> bool {
    match name {
        "relu" | "relu6" | "hard_tanh" | "hard_sigmoid" | "hard_swish" | "selu" | "gelu"
        | "gelu_tanh" | "silu" | "swish" | "mish" | "softsign" | "sigmoid" | "log_sigmoid"
        | "leaky_relu" | "prelu" | "elu" => true,
        "celu" => parameters[0] != 0.0,
        _ => false,
    }
}

/// Whether nothing but the language itself has these.
pub(super) fn in_none(_: &str, _: &[f64]) -> bool {
    false
}
