//! Emitted code is run, and compared with the library at high precision.

mod formulas;
mod frameworks;
mod python;
mod rust;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rug::Float;

use super::{Language, Options, code};
use crate::activation::{Expr, Tape, arbitrary, catalogue};
use crate::real::{Analytic, Ball};

/// Bits of the reference, and of one that cancels.
const BITS: [u32; 2] = [200, 5000];
/// Relative to the value and to what the rounding of `x` makes of it.
const DOUBLE: f64 = 1e-14;

/// What is emitted: an expression, and whether it has to keep its relative accuracy.
struct Case {
    expr: Expr,
    strict: bool,
}

/// The catalogue, with parameters that are not the defaults, and formulas that a careless hand would spoil.
fn written() -> Vec<Case> {
    let mut texts: Vec<String> = Vec::new();
    for entry in catalogue() {
        match entry.index {
            Some(_) => texts.extend([1, 2, 5, 20].map(|n| format!("{}({n})", entry.name))),
            None => texts.push(entry.name.to_owned()),
        }
    }
    // their derivatives cancel, or the rounding of an exponent counts at 5e-324
    let loose = [
        "exp(x)/(1+exp(x))",
        "x^2/(1+x^2)",
        "x > 0 ? x^(1/3) : -(-x)^(1/3)",
    ];
    let more = [
        "elu(x, 0.5)",
        "celu(x, 2)",
        "leaky_relu(x, 0.1)",
        "soft_shrink(x, 1)",
        "hard_shrink(x, 0.1)",
        "snake(x, 3)",
        "squareplus(x, 1)",
        "gelu(2*x-1)",
        "max(x, 0)-1/sqrt(2*pi)",
        "x*sigmoid(1.702*x)",
        "sinc(x-1)",
        "x^2-1",
        "abs(x)",
        "sign(x)",
        "step(x)",
        "x > 1 ? log(x) : x-1",
        "x > 0 ? sqrt(x) : exp(x)",
        "min(exp(x), 3)",
        "max(-1, min(1, x^3))",
        "x < -1 ? 1/x : x > 2 ? exp(-x) : x^2",
        "1-tanh(x)^2",
        "(exp(x)-1)/x",
        "(1-cos(x))/x^2",
        "log(1+x^2)",
        "x/(exp(x)-1)",
        "sqrt(1+x^2)-1",
        "0.1*x+1/3",
        "sin(1.5*x+pi/4)",
        "exp(sqrt(2)*x)",
        "2^x",
        "x^(-2)+1",
        "asinh(x)-atan(x)",
        "erfc(x)",
        "3*x",
    ];
    texts.extend(more.map(str::to_owned));
    let case = |text: &str, strict| Case {
        expr: text.parse().unwrap(),
        strict,
    };
    let strict = texts.iter().map(|t| case(t, true));
    strict.chain(loose.map(|t| case(t, false))).collect()
}

/// Activations at random, the same ones every time.
fn random(count: usize) -> Vec<Case> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[16; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let drawn = (0..count).map(|_| {
        let tree = arbitrary::activation().new_tree(&mut runner);
        Case {
            expr: tree.unwrap().current(),
            strict: false,
        }
    });
    drawn.collect()
}

/// From -50 to 50, kinks, tiny ones, both zeros, huge ones and the ends.
fn inputs() -> Vec<f64> {
    let mut all: Vec<f64> = (-100..=100).map(|n| f64::from(n) / 2.0).collect();
    all.extend((-60..=60).map(|n| f64::from(n) / 13.0));
    all.extend([
        1e-3, 1e-8, 1e-20, 1e-300, 5e-324, 100.0, 700.0, 1e5, 1e10, 1e100,
    ]);
    let negative: Vec<f64> = all.iter().rev().take(10).map(|x| -x).collect();
    all.extend(negative);
    all.extend([0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN]);
    all
}

/// What is right at a point, and by how much it may be missed.
struct Reference {
    value: Float,
    /// Rounding `x` and the value.
    strict: f64,
    /// Rounding every operation of the formula.
    loose: f64,
}

/// Values and derivatives; nothing where the function is undefined or a switch is within the rounding.
fn references(expr: &Expr, xs: &[f64]) -> Vec<[Option<Reference>; 2]> {
    let d1 = expr.derivative();
    let d2 = d1.derivative();
    let all = [expr.clone(), d1, d2];
    // what cancels 300 digits out takes more bits
    let exact = BITS.map(|bits| Tape::<Ball>::new(&all, bits));
    let balls = Tape::<Ball>::new(&all, 53);
    let doubles = Tape::<f64>::new(&all, 53);
    let at = |x: &f64| {
        if !x.is_finite() {
            return [None, None];
        }
        let ball = |bits| Ball::exact(Float::with_val(bits, *x));
        let mut values = exact[0].at(&ball(BITS[0]));
        if values
            .iter()
            .any(|v| v.is_finite() && v.relative_bits() < 80)
        {
            values = exact[1].at(&ball(BITS[1]));
        }
        let enclosed = balls.at(&ball(53));
        let plain = doubles.at(x);
        [0, 1].map(|n| {
            let value = values[n].mid().clone();
            let (double, slope) = (value.to_f64(), values[n + 1].to_f64());
            let slope = if slope.is_finite() { slope } else { 0.0 };
            let known = values[n].is_finite() && double.is_finite() && plain[n].is_finite();
            known.then(|| Reference {
                strict: DOUBLE * (double.abs() + (x * slope).abs()) + 1e-300,
                loose: match enclosed[n].is_finite() {
                    true => 4.0 * enclosed[n].rad().to_f64(),
                    false => f64::INFINITY,
                },
                value,
            })
        })
    };
    xs.iter().map(at).collect()
}

/// An empty folder for the files of a test.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("deeplimit-emit-{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A Python that has these modules; without one the test says so and is no test.
fn interpreter(modules: &str) -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/python3");
    let named = std::env::var_os("DEEPLIMIT_PYTHON").map(PathBuf::from);
    let all = named.into_iter().chain([own, "python3".into()]);
    let found = all.into_iter().find(|python| {
        let mut command = Command::new(python);
        command.args(["-c", &format!("import {modules}")]);
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|s| s.success())
    });
    if found.is_none() {
        eprintln!("SKIPPED: there is no python3 that can import {modules}");
    }
    found
}

/// Runs a command, which must succeed.
fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{command:?}: {out}{err}");
    print!("{out}");
}

/// Doubles in a file.
fn doubles(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap();
    let chunks = bytes.chunks_exact(8);
    chunks
        .map(|c| f64::from_le_bytes(c.try_into().unwrap()))
        .collect()
}

/// How a value is to be taken.
#[derive(Clone, Copy)]
enum Accuracy {
    /// To the last places.
    Strict,
    /// Relative to 1 where the value is smaller: what a framework's own functions and derivatives keep.
    Absolute(f64),
}

/// Values of all cases at all inputs, `order` by `order`, against the library.
fn compare(cases: &[Case], xs: &[f64], found: &[f64], orders: usize, accuracy: Accuracy) {
    let mut values = found.chunks_exact(xs.len());
    let (mut failures, mut checked) = (Vec::new(), 0);
    for case in cases {
        let expected = references(&case.expr, xs);
        for order in 0..orders {
            let values = values.next().unwrap();
            for ((x, value), expected) in xs.iter().zip(values).zip(&expected) {
                if x.is_nan() && !value.is_nan() {
                    // a constant is one everywhere
                    let expr = if order == 0 {
                        case.expr.clone()
                    } else {
                        case.expr.derivative()
                    };
                    if !expr.is_constant() {
                        failures.push(format!("{} ({order}) at NaN: {value}", case.expr));
                    }
                }
                let Some(reference) = &expected[order] else {
                    continue;
                };
                let truth = reference.value.to_f64();
                let error = Float::with_val(200, &reference.value - *value)
                    .to_f64()
                    .abs();
                let far = x.abs() > 50.0;
                let tolerance = match accuracy {
                    Accuracy::Absolute(unit) => {
                        unit * (1.0 + truth.abs() + reference.strict / DOUBLE)
                            + if case.strict {
                                0.0
                            } else {
                                reference.loose * unit / 1e-15
                            }
                    }
                    _ if !case.strict => reference.strict + reference.loose,
                    // far out the terms of a formula are far from their sum
                    _ if far => reference.strict + DOUBLE,
                    _ => reference.strict,
                };
                checked += 1;
                if !(error <= tolerance) {
                    failures.push(format!(
                        "{} ({order}) at {x:e}: {value:e} and {truth:e}, off by {error:.1e} > {tolerance:.1e}",
                        case.expr
                    ));
                }
            }
        }
    }
    assert!(values.next().is_none());
    assert!(checked > cases.len() * xs.len() / 2, "{checked}");
    assert!(
        failures.is_empty(),
        "{}\n{}",
        failures.len(),
        failures.join("\n")
    );
}
