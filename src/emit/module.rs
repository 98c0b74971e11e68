//! What stands around the operations: imports, helpers, and a text that says what the code is.

use super::Options;
use super::calm::calm;
use super::language::{Language, body, in_jax, in_none, in_torch};
use super::lower::{Demands, program};
use super::program::{Call, Op, Program};
use super::reach::{FORMATS, sentence};
use crate::activation::{Expr, Function};
use crate::error::{Error, Result};

/// Words of the languages, and names that the code itself uses.
const TAKEN: &str = "False None True and as assert async await break class continue def del elif else except finally for from \
    global if import in is lambda nonlocal not or pass raise return try while with match case type \
    abstract become box const crate do dyn enum extern final fn gen impl let loop macro mod move mut override priv pub ref self \
    Self static struct super trait true typeof unsafe unsized use virtual where yield \
    x np jnp jax math torch nn F erf erfc libm sigmoid softplus sign minimum maximum hermite polynomial f64 range reversed";

/// Is this the name of a function in the language?
pub(super) fn check_name(name: &str, language: Language) -> Result<()> {
    let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if !letters || !first || name.len() > 60 {
        return Err(Error::Domain(format!(
            "`{}` is no name of a function: a letter, and then at most 59 letters, digits and underscores",
            name.chars().take(60).collect::<String>()
        )));
    }
    if TAKEN.split(' ').any(|word| word == name) && language != Language::Latex {
        return Err(Error::Domain(format!(
            "the name `{name}` is taken by the language or by the code itself"
        )));
    }
    Ok(())
}

/// The whole file. `typed` is the expression before the factor.
pub(super) fn code(
    expr: &Expr,
    typed: &Expr,
    language: Language,
    options: &Options,
) -> Result<String> {
    let demands = Demands {
        guarded: matches!(language, Language::Torch | Language::Jax),
        own: match language {
            Language::Torch => in_torch,
            Language::Jax => in_jax,
            _ => in_none,
        },
    };
    let expr = &calm(expr);
    let value = program(expr, demands)?;
    let default = if language == Language::Torch {
        "Phi"
    } else {
        "phi"
    };
    let name = options.name.as_deref().unwrap_or(default);
    let shown = if language == Language::Torch {
        "phi"
    } else {
        name
    };
    // the name of an entry is no formula
    let written = match typed {
        Expr::Named(..) if typed.written_out() != *typed => format!(" = {}", typed.written_out()),
        _ => String::new(),
    };
    let formula = match options.factor {
        None => format!("{shown}(x) = {typed}{written}"),
        Some(factor) => format!("{shown}(x) = {factor:?}*f(x), f(x) = {typed}{written}"),
    };
    // nothing that could end a comment
    let clean = |line: &String| line.replace(['"', '\\', '\n', '\r'], "'");
    let facts = options.facts.iter().map(clean);
    let head: Vec<String> = std::iter::once(formula).chain(facts).collect();
    Ok(match language {
        Language::Torch => torch(&value, name, &head),
        Language::Jax => jax(&value, name, &head),
        Language::Rust => rust(
            [&value, &program(&calm(&expr.derivative()), demands)?],
            name,
            &head,
        ),
        _ => python(
            [&value, &program(&calm(&expr.derivative()), demands)?],
            name,
            &head,
        ),
    })
}

fn has(programs: &[&Program], property: impl Fn(&Op) -> bool) -> bool {
    programs.iter().any(|p| p.any(&property))
}

fn calls(programs: &[&Program], call: Call) -> bool {
    has(programs, |op| matches!(op, Op::Call(c, _) if *c == call))
}

/// The loops that several languages write alike.
fn loops(programs: &[&Program]) -> String {
    let mut text = String::new();
    if has(programs, |op| matches!(op, Op::Hermite(..))) {
        text += "def _hermite(n, u):
    \"\"\"The n-th Hermite polynomial, orthonormal under the normal law.\"\"\"
    before, now = 0.0, 1.0
    for k in range(n):
        before, now = now, (u * now - math.sqrt(k) * before) / math.sqrt(k + 1)
    return now


";
    }
    if has(programs, |op| matches!(op, Op::Polynomial(..))) {
        text += "def _polynomial(u, coefficients):
    \"\"\"The sum of coefficients[k] * u**k.\"\"\"
    value = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        value = value * u + c
    return value


";
    }
    text
}

fn indented(lines: &[String], by: &str) -> String {
    lines.iter().map(|line| format!("{by}{line}\n")).collect()
}

fn python(programs: [&Program; 2], name: &str, head: &[String]) -> String {
    let all = &programs;
    let errors = [Function::Erf, Function::Erfc].map(Call::Plain);
    let used = errors.map(|call| calls(all, call));
    let math = used.contains(&true) || has(all, |op| matches!(op, Op::Hermite(..)));
    let mut text = format!(
        "\"\"\"{}\n\n{name} is the function, d{name} its derivative, in doubles.\n\"\"\"\n\n",
        head.join("\n")
    );
    if math {
        text += "import math\n\n";
    }
    text += "import numpy as np\n\n";
    for (name, used) in ["erf", "erfc"].into_iter().zip(used) {
        if used {
            text += &format!("_{name} = np.vectorize(math.{name}, otypes=[np.float64])\n");
        }
    }
    text += "\n";
    if calls(all, Call::Sigmoid) {
        text += "def _sigmoid(u):
    e = np.exp(-np.abs(u))
    return np.where(u >= 0.0, 1.0, e) / (1.0 + e)


";
    }
    text += &loops(all);
    for (program, name, what) in [
        (programs[0], name.to_owned(), "The activation."),
        (programs[1], format!("d{name}"), "Its derivative."),
    ] {
        let (lines, result) = body(program, Language::Python);
        text += &format!(
            "@np.errstate(all=\"ignore\")
def {name}(x):
    \"\"\"{what}\"\"\"
    x = np.asarray(x, dtype=np.float64)
{}    return ({result})[()]


",
            indented(&lines, "    ")
        );
    }
    text.trim_end().to_owned() + "\n"
}

fn torch(program: &Program, name: &str, head: &[String]) -> String {
    let (mut lines, result) = body(program, Language::Torch);
    let uses = |word: &str| {
        lines
            .iter()
            .chain([&result])
            .any(|line| line.contains(word))
    };
    let [functional, full, plain] = ["F.", "torch.full_like", "torch."].map(uses);
    if full {
        lines.insert(0, "x = 1.0 * x  # whole numbers too".to_owned());
    }
    let mut text = format!("\"\"\"{}\n\n", head.join("\n"));
    text += "Derivatives of any order are autograd's, by torch.compile and torch.func too.\n";
    for format in &FORMATS {
        text += &format!("{}\n", sentence(program, format));
    }
    text += "\"\"\"\n\n";
    if has(&[program], |op| matches!(op, Op::Hermite(..))) {
        text += "import math\n\n";
    }
    if plain {
        text += "import torch\n";
    }
    if functional {
        text += "import torch.nn.functional as F\n";
    }
    text += "from torch import nn\n\n\n";
    text += &loops(&[program]);
    text + &format!(
        "class {name}(nn.Module):
    \"\"\"{}\"\"\"

    def forward(self, x):
{}        return {result}
",
        head[0],
        indented(&lines, "        ")
    )
}

fn jax(program: &Program, name: &str, head: &[String]) -> String {
    let (lines, result) = body(program, Language::Jax);
    let mut text = format!("\"\"\"{}\n\n", head.join("\n"));
    text += "Derivatives are those of jax.grad; in doubles with jax_enable_x64.\n\"\"\"\n\n";
    if has(&[program], |op| matches!(op, Op::Hermite(..))) {
        text += "import math\n\n";
    }
    let whole = lines.iter().chain([&result]);
    if whole.clone().any(|line| line.contains("jax.nn")) {
        text += "import jax\n";
    }
    text += "import jax.numpy as jnp\n";
    let special = [Function::Erf, Function::Erfc];
    let special = special
        .into_iter()
        .filter(|f| calls(&[program], Call::Plain(*f)));
    let special: Vec<&str> = special.map(Function::name).collect();
    if !special.is_empty() {
        text += &format!("from jax.scipy.special import {}\n", special.join(", "));
    }
    text += "\n\n";
    text += &loops(&[program]);
    text + &format!(
        "def {name}(x):
    \"\"\"{}\"\"\"
    x = 1.0 * jnp.asarray(x)
{}    return {result}
",
        head[0],
        indented(&lines, "    ")
    )
}

/// The helpers of Rust, each with what asks for it.
fn rust_helpers(all: &[&Program]) -> String {
    let mut text = String::new();
    let helpers = [
        (
            calls(all, Call::Sigmoid),
            "fn sigmoid(u: f64) -> f64 {
    let e = (-u.abs()).exp();
    (if u >= 0.0 { 1.0 } else { e }) / (1.0 + e)
}
",
        ),
        (
            calls(all, Call::Softplus),
            "fn softplus(u: f64) -> f64 {
    (if u < 0.0 { 0.0 } else { u }) + (-u.abs()).exp().ln_1p()
}
",
        ),
        (
            calls(all, Call::Plain(Function::Sign)),
            "fn sign(u: f64) -> f64 {
    if u > 0.0 {
        1.0
    } else if u < 0.0 {
        -1.0
    } else {
        u
    }
}
",
        ),
        (
            has(all, |op| matches!(op, Op::Min(..))),
            "fn minimum(a: f64, b: f64) -> f64 {
    if a.is_nan() || a < b { a } else { b }
}
",
        ),
        (
            has(all, |op| matches!(op, Op::Max(..))),
            "fn maximum(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}
",
        ),
        (
            has(all, |op| matches!(op, Op::Hermite(..))),
            "/// The n-th Hermite polynomial, orthonormal under the normal law.
fn hermite(n: u32, u: f64) -> f64 {
    let (mut before, mut now) = (0.0, 1.0);
    for k in 0..n {
        let next = (u * now - f64::from(k).sqrt() * before) / f64::from(k + 1).sqrt();
        before = now;
        now = next;
    }
    now
}
",
        ),
        (
            has(all, |op| matches!(op, Op::Polynomial(..))),
            "/// The sum of `coefficients[k] * u^k`.
fn polynomial(u: f64, coefficients: &[f64]) -> f64 {
    coefficients.iter().rev().fold(0.0, |value, c| value * u + c)
}
",
        ),
    ];
    for (used, helper) in helpers {
        if used {
            text += &format!("\n{helper}");
        }
    }
    text
}

fn rust(programs: [&Program; 2], name: &str, head: &[String]) -> String {
    let mut text = String::new();
    let special = [Function::Erf, Function::Erfc].map(Call::Plain);
    if special.into_iter().any(|call| calls(&programs, call)) {
        text += "// erf is not in std: Cargo.toml takes libm = \"0.2\" under [dependencies].\n\n";
    }
    for (n, program) in programs.into_iter().enumerate() {
        let (lines, result) = body(program, Language::Rust);
        let unused = !program.any(|op| *op == Op::X);
        let argument = if unused { "_x" } else { "x" };
        if n == 0 {
            text += &head
                .iter()
                .map(|line| format!("/// {line}\n"))
                .collect::<String>();
        } else {
            text += &format!("\n/// The derivative of [`{name}`].\n");
        }
        let prefix = if n == 0 { "" } else { "d" };
        text += &format!(
            "pub fn {prefix}{name}({argument}: f64) -> f64 {{\n{}    {result}\n}}\n",
            indented(&lines, "    ")
        );
    }
    text + &rust_helpers(&programs)
}
