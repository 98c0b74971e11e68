//! Emitted code is run, and compared with the library at high precision.

mod faults;
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
use crate::real::{Analytic, Ball, Mpfr, Real};

/// Bits of the reference, the last where these do not do: `1 - cos(x)` at the smallest double.
const BITS: [u32; 3] = [160, 240, 2600];
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
    // the derivative is a difference that nearly cancels
    let loose = ["x^2/(1+x^2)"];
    let more = [
        "exp(x)/(1+exp(x))",
        "x*exp(x)/(exp(x)-1)",
        "exp(2*x)/(1+exp(2*x))^2",
        "x > 0 ? x^(1/3) : -(-x)^(1/3)",
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
    /// Between these: at a kink of a framework's derivative, between both sides.
    ends: [Float; 2],
    /// Rounding `x`, an exponent and the value.
    strict: f64,
    /// Rounding every operation of the formula.
    loose: f64,
}

/// How far to either side of a kink is looked.
const SIDE: f64 = 1e-20;

/// An expression and its derivatives.
struct Truth {
    exact: [Tape<Mpfr>; 3],
    balls: Tape<Ball>,
}

impl Truth {
    fn of(expr: &Expr) -> Truth {
        let mut all = vec![expr.clone()];
        for n in 0..3 {
            all.push(all[n].derivative());
        }
        Truth {
            exact: BITS.map(|bits| Tape::new(&all, bits)),
            balls: Tape::new(&all, 53),
        }
    }

    /// Values, with more bits where these may have cancelled.
    fn values(&self, x: &Float) -> Vec<Float> {
        let at = |n: usize| {
            let values = self.exact[n].at(&Mpfr::new(Float::with_val(BITS[n], x)));
            values.iter().map(Real::to_float).collect::<Vec<Float>>()
        };
        let (few, more) = (at(0), at(1));
        let agree = few.iter().zip(&more).all(|(a, b)| {
            let off = Float::with_val(64, a - b).abs();
            !b.is_finite() || *b != 0 && off < Float::with_val(64, b * 1e-20).abs()
        });
        if agree || x.is_zero() { more } else { at(2) }
    }

    /// Nothing where the function is undefined. With `sides`, a derivative at a kink is between those beside it.
    fn at(&self, x: f64, sides: bool) -> [Option<Reference>; 3] {
        if !x.is_finite() {
            return [None, None, None];
        }
        let here = Float::with_val(BITS[2], x);
        let values = self.values(&here);
        let step = Float::with_val(BITS[2], SIDE * x.abs().max(1.0));
        let near = sides.then(|| {
            let below = Float::with_val(BITS[2], &here - &step);
            let above = Float::with_val(BITS[2], &here + &step);
            [self.values(&below), self.values(&above)]
        });
        let enclosed = self.balls.at(&Ball::exact(Float::with_val(53, x)));
        [0, 1, 2].map(|n| {
            let slope = values[n + 1].to_f64();
            let mut ends = [values[n].clone(), values[n].clone()];
            for side in near.iter().flatten().filter(|_| n > 0) {
                let [low, high] = ends;
                ends = [low.min(&side[n]), high.max(&side[n])];
            }
            let value = ends[0].to_f64().abs().max(ends[1].to_f64().abs());
            let known = values[n].is_finite() && value.is_finite() && slope.is_finite();
            let exponent = if x == 0.0 {
                0.0
            } else {
                x.abs().ln().abs() / 2_f64.powi(54)
            };
            known.then(|| Reference {
                strict: DOUBLE * (value + (x * slope).abs()) + exponent * value + 1e-300,
                loose: match enclosed[n].is_finite() {
                    true => 4.0 * enclosed[n].rad().to_f64(),
                    false => f64::INFINITY,
                },
                ends,
            })
        })
    }
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

/// Values and derivatives of all cases at all inputs against the library.
fn compare(cases: &[Case], xs: &[f64], found: &[f64], orders: usize, accuracy: Accuracy) {
    let mut values = found.chunks_exact(xs.len());
    let (mut failures, mut checked) = (Vec::new(), 0);
    let sides = matches!(accuracy, Accuracy::Absolute(_));
    for case in cases {
        let truth = Truth::of(&case.expr);
        let expected: Vec<_> = xs.iter().map(|x| truth.at(*x, sides)).collect();
        for order in 0..orders {
            let values = values.next().unwrap();
            for ((x, value), expected) in xs.iter().zip(values).zip(&expected) {
                let text = || format!("{} ({order}) at {x:e}: {value:e}", case.expr);
                if x.is_nan() && !value.is_nan() && order == 0 {
                    failures.push(text());
                }
                // what was drawn at random overflows, or has ties that are one of the rounding
                let moderate = x.abs() <= 1e10 && (*x == 0.0 || x.abs() >= 1e-200);
                // frameworks take the smallest numbers for 0
                let normal = *x == 0.0 || x.abs() >= f64::MIN_POSITIVE;
                let seen = if case.strict {
                    !sides || normal
                } else {
                    moderate
                };
                let Some(reference) = expected[order].as_ref().filter(|_| seen) else {
                    continue;
                };
                let [low, high] = &reference.ends;
                let beyond = |a: &Float, b: f64| Float::with_val(BITS[1], a - b).to_f64();
                let error = beyond(low, *value).max(-beyond(high, *value)).max(0.0);
                let error = if value.is_nan() { f64::NAN } else { error };
                let tolerance = match accuracy {
                    Accuracy::Absolute(unit) => {
                        let size = 1.0 + reference.strict / DOUBLE;
                        let rounding = if case.strict {
                            0.0
                        } else {
                            reference.loose / DOUBLE
                        };
                        // frameworks differentiate their own steps: x times a tanh in the derivative of mish, and for the
                        // second what cancels is not seen by the formula
                        unit * (size + rounding) * [1.0, 2.0, 1e4][order]
                    }
                    _ if !case.strict => reference.strict + reference.loose,
                    // far out the terms of a formula are far from their sum
                    _ if x.abs() > 50.0 => reference.strict + DOUBLE,
                    _ => reference.strict,
                };
                checked += 1;
                if error.is_nan() || error > tolerance {
                    let (low, high) = (low.to_f64(), high.to_f64());
                    let text = text();
                    failures.push(format!(
                        "{text}, not {low:e} to {high:e}: {error:.1e} > {tolerance:.1e}"
                    ));
                }
            }
        }
    }
    assert!(values.next().is_none());
    assert!(checked > cases.len() * xs.len() / 2, "{checked}");
    let count = failures.len();
    failures.truncate(200);
    assert!(failures.is_empty(), "{count}\n{}", failures.join("\n"));
}

/// Emitted files of all cases in a folder: `m0.py`, `m1.py`, ...
fn write(cases: &[Case], language: Language, folder: &Path) {
    for (n, case) in cases.iter().enumerate() {
        let text = code(&case.expr, language, &Options::default());
        let text = text.unwrap_or_else(|e| panic!("{}: {e}", case.expr));
        std::fs::write(folder.join(format!("m{n}.{}", language.extension())), text).unwrap();
    }
}

/// Inputs as a file of doubles.
fn write_inputs(xs: &[f64], folder: &Path) {
    let bytes: Vec<u8> = xs.iter().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::write(folder.join("x"), bytes).unwrap();
}
