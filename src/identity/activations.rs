//! Activations to examine on: known ones, random ones, and smaller ones.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rug::Rational;

use crate::activation::{BinaryOp, Expr};

/// One of each kind: kinks, jumps, odd, even, polynomials, bounded, growing, in all regimes.
pub fn usual_activations() -> &'static [&'static str] {
    &[
        "relu",
        "erf",
        "abs",
        "sin",
        "hermite(2)",
        "tanh",
        "gelu",
        "step",
        "optimal(2)",
        "relu-1/4",
        "sigmoid",
    ]
}

/// More than the usual ones: the forty of the reference table.
pub(super) const FORTY: [&str; 40] = [
    "relu",
    "leaky_relu",
    "abs",
    "x",
    "sign",
    "step",
    "squared_relu",
    "relu6",
    "hard_tanh",
    "relu-1/4",
    "erf",
    "erf(2*x)",
    "sin",
    "cos",
    "sin+cos",
    "exp",
    "exp(x/2)",
    "gaussian",
    "gelu",
    "tanh",
    "tanh(2*x)",
    "sigmoid",
    "softplus",
    "silu",
    "mish",
    "elu",
    "selu",
    "atan",
    "x^2",
    "x^2-1",
    "x^3",
    "hermite(2)",
    "hermite(3)",
    "hermite(2)+hermite(3)",
    "optimal(2)",
    "optimal(4)",
    "x+x^2",
    "cos-exp(-1/2)",
    "max(x, 0)-1/sqrt(2*pi)",
    "x*exp(-x^2)",
];

/// A stream of small numbers.
struct Draw(ChaCha8Rng);

impl Draw {
    fn below(&mut self, n: u32) -> u32 {
        self.0.next_u32() % n
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u32) as usize]
    }

    /// A short decimal that is not zero.
    fn scale(&mut self) -> &'static str {
        self.of(&["0.5", "1", "1.25", "2", "-1", "0.25", "-0.5"])
    }

    fn shift(&mut self) -> &'static str {
        self.of(&["0", "0", "0.25", "-0.5", "1"])
    }

    fn line(&mut self) -> String {
        match (self.scale(), self.shift()) {
            ("1", "0") => "x".to_owned(),
            (a, "0") => format!("({a}*x)"),
            (a, b) => format!("({a}*x+{b})"),
        }
    }

    fn smooth(&mut self) -> String {
        let line = self.line();
        let name = self.of(&[
            "tanh", "sin", "cos", "erf", "gelu", "sigmoid", "softplus", "silu", "gaussian", "atan",
        ]);
        format!("{name}({line})")
    }

    fn hermite_sum(&mut self) -> String {
        let count = 1 + self.below(3);
        let terms: Vec<String> = (0..count)
            .map(|_| format!("({})*hermite({})", self.scale(), self.below(5)))
            .collect();
        // a constant is no activation
        format!(
            "{}+({})*hermite({})",
            terms.join("+"),
            self.scale(),
            1 + self.below(4)
        )
    }

    fn spline(&mut self) -> String {
        let line = self.line();
        let knots = 1 + self.below(3);
        let parts: Vec<String> = (0..knots)
            .map(|_| format!("({})*max(x-({}), 0)", self.scale(), self.shift()))
            .collect();
        format!("{line}+{}", parts.join("+"))
    }

    fn kinked(&mut self) -> String {
        let (line, smooth) = (self.line(), self.smooth());
        match self.below(4) {
            0 => format!("max({line}, {smooth})"),
            1 => format!("abs({line})*{smooth}"),
            2 => format!("(x < 0 ? {smooth} : x)"),
            _ => format!("relu({line})-{smooth}"),
        }
    }

    fn composed(&mut self) -> String {
        let (outer, inner) = (
            self.of(&["tanh", "sin", "erf", "sigmoid", "cos"]),
            self.smooth(),
        );
        format!("{outer}({inner}+x/2)")
    }

    fn activation(&mut self) -> String {
        match self.below(8) {
            0 => self.of(&FORTY).to_owned(),
            1 | 2 => self.hermite_sum(),
            3 => self.spline(),
            4 => self.kinked(),
            5 => self.composed(),
            _ => {
                let (a, b) = (self.smooth(), self.smooth());
                format!("{a}+({})*{b}", self.scale())
            }
        }
    }
}

/// The activation of this number, as text: sums of Hermite polynomials, splines, kinked and smooth functions, compositions,
/// the known ones. The same on every machine; one that is none (a constant) is not among them.
///
/// ```
/// use deeplimit::identity::random_activation;
/// assert_eq!(random_activation(7), random_activation(7));
/// assert!(deeplimit::activation::Expr::parse(&random_activation(7)).is_ok());
/// ```
pub fn random_activation(seed: u64) -> String {
    let mut draw = Draw(ChaCha8Rng::seed_from_u64(seed));
    for _ in 0..64 {
        let text = draw.activation();
        // normal form, and not a constant
        let Ok(expr) = Expr::parse(&text) else {
            continue;
        };
        if !expr.expand().simplify().is_constant() {
            return expr.to_string();
        }
    }
    "relu".to_owned()
}

/// Activations that are simpler than this one, the simplest first: for what fails on it may fail on one of them.
///
/// ```
/// use deeplimit::identity::smaller;
/// let all = smaller(&"tanh(0.5*x)+relu(x)".parse()?);
/// assert!(all.iter().any(|e| e.to_string() == "relu(x)" || e.to_string() == "relu"));
/// # Ok::<(), deeplimit::Error>(())
/// ```
pub fn smaller(expr: &Expr) -> Vec<Expr> {
    let mut all = vec![];
    let size = expr.size();
    let mut add = |e: Expr| {
        let simpler = e.size() < size || (e.size() == size && weight(&e) < weight(expr));
        if simpler && !e.expand().simplify().is_constant() && !all.contains(&e) {
            all.push(e);
        }
    };
    for name in ["x", "relu"] {
        if let Ok(e) = Expr::parse(name) {
            add(e);
        }
    }
    // a part of it
    let mut stack: Vec<&Expr> = expr.children();
    while let Some(part) = stack.pop() {
        add(part.clone());
        stack.extend(part.children());
    }
    // one part left out, or one number made simpler
    for e in replaced(expr) {
        add(e);
    }
    all.sort_by_key(|e| (e.size(), weight(e)));
    all
}

/// How long the numbers are.
fn weight(e: &Expr) -> usize {
    let own = match e {
        Expr::Number(q) if **q == 0 || **q == 1 => 0,
        Expr::Number(q) => q.to_string().len(),
        _ => 0,
    };
    own + e.children().into_iter().map(weight).sum::<usize>()
}

/// The expression with one place of it changed.
fn replaced(e: &Expr) -> Vec<Expr> {
    let mut all = vec![];
    match e {
        Expr::Number(q) => {
            for simple in [0, 1] {
                if **q != simple {
                    all.push(Expr::rational(&Rational::from(simple)));
                }
            }
            let whole = q.clone().as_ref().clone().round();
            if !q.is_integer() {
                all.push(Expr::rational(&whole));
            }
        }
        Expr::Neg(a) => {
            all.push((**a).clone());
            all.extend(replaced(a).into_iter().map(|a| Expr::Neg(a.into())));
        }
        Expr::Binary(op, a, b) => {
            if matches!(op, BinaryOp::Add | BinaryOp::Mul | BinaryOp::Sub) {
                all.push((**a).clone());
                all.push((**b).clone());
            }
            all.extend(
                replaced(a)
                    .into_iter()
                    .map(|a| Expr::Binary(*op, a.into(), b.clone())),
            );
            all.extend(
                replaced(b)
                    .into_iter()
                    .map(|b| Expr::Binary(*op, a.clone(), b.into())),
            );
        }
        Expr::Call(f, args) => {
            for (n, arg) in args.iter().enumerate() {
                for simpler in std::iter::once(Expr::X).chain(replaced(arg)) {
                    let mut args = args.to_vec();
                    args[n] = simpler;
                    all.push(Expr::Call(*f, args.into()));
                }
            }
        }
        Expr::Named(name, args) => {
            for (n, arg) in args.iter().enumerate() {
                // the index of a polynomial is a number of its own kind
                let index = n == 0 && args.len() > 1 && arg.is_constant();
                if index {
                    continue;
                }
                for simpler in std::iter::once(Expr::X).chain(replaced(arg)) {
                    let mut args = args.to_vec();
                    args[n] = simpler;
                    all.push(Expr::Named(name, args.into()));
                }
            }
        }
        _ => {}
    }
    all.truncate(64);
    all
}
