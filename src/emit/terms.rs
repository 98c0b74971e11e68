//! Products as factors over factors and sums as terms, each with its constant apart: where what belongs together is found.

use crate::activation::{BinaryOp, Expr, Function, removable};

/// `constant * above / below`.
#[derive(Clone)]
pub(super) struct Factors {
    pub constant: Expr,
    pub above: Vec<Expr>,
    pub below: Vec<Expr>,
}

/// `sigmoid(argument)^power`.
pub(super) struct Gate {
    pub argument: Expr,
    pub power: i64,
}

/// The sum of terms that contain `x`, and a constant.
pub(super) struct Sum {
    pub terms: Vec<Factors>,
    pub constant: Expr,
}

impl Factors {
    pub fn of(e: &Expr) -> Factors {
        let mut factors = Factors {
            constant: Expr::int(1),
            above: vec![],
            below: vec![],
        };
        match e {
            // its hole was looked at
            Expr::Binary(BinaryOp::Div, a, b) => {
                factors.take(a, false);
                factors.take(b, true);
            }
            _ => factors.take(e, false),
        }
        factors
    }

    fn take(&mut self, e: &Expr, below: bool) {
        match e {
            _ if e.is_constant() => {
                let constant = std::mem::replace(&mut self.constant, Expr::int(0));
                self.constant = if below {
                    constant / e.clone()
                } else {
                    constant * e.clone()
                };
            }
            Expr::Neg(a) => {
                self.constant = -self.constant.clone();
                self.take(a, below);
            }
            Expr::Binary(BinaryOp::Mul, a, b) => {
                self.take(a, below);
                self.take(b, below);
            }
            Expr::Binary(BinaryOp::Div, a, b) if removable(a, b).is_empty() => {
                self.take(a, below);
                self.take(b, !below);
            }
            _ if below => self.below.push(e.clone()),
            _ => self.above.push(e.clone()),
        }
    }

    /// Takes the factors `1/(1 + e^v)` out, with an `e^v` where there is one: sigmoids.
    pub fn gates(&mut self) -> Vec<Gate> {
        let mut gates = Vec::new();
        let above = &mut self.above;
        self.below.retain(|f| {
            let (base, power) = match f {
                Expr::Binary(BinaryOp::Pow, base, n) => match n.as_rational() {
                    Some(n) if n.is_integer() && n > 0 => (&**base, n.numer().to_i64()),
                    _ => return true,
                },
                _ => (f, Some(1)),
            };
            let (Some(v), Some(power)) = (one_plus_exp(base), power) else {
                return true;
            };
            let exponential = Expr::call(Function::Exp, v.clone());
            let argument = match above.iter().position(|f| power == 1 && *f == exponential) {
                Some(place) => {
                    above.remove(place);
                    v
                }
                None => -v,
            };
            gates.push(Gate { argument, power });
            false
        });
        gates
    }

    pub fn expr(&self) -> Expr {
        let product = |all: &[Expr], first: Expr| all.iter().fold(first, |p, f| p * f.clone());
        let above = product(&self.above, self.constant.clone());
        match self.below.is_empty() {
            true => above,
            false => above / product(&self.below, Expr::int(1)),
        }
    }

    /// The constant begins with a minus.
    pub fn is_negative(&self) -> bool {
        match self.constant.as_rational() {
            Some(q) => q < 0,
            None => matches!(self.constant, Expr::Neg(_)),
        }
    }

    fn equals(&self, other: &Expr) -> bool {
        (self.constant.clone() - other.clone()).simplify().is_int(0)
    }

    /// `b` where this is a multiple of `u/sqrt(u^2 + b)`, `b > 0`.
    pub fn conjugate_constant(&self) -> Option<Expr> {
        match (&self.above[..], &self.below[..]) {
            ([u], [Expr::Call(Function::Sqrt, w)]) => square_plus(u, &w[0]),
            _ => None,
        }
    }

    /// A function that tends to 1 or -1, or is 1 at 0, so that a constant beside it may cancel it.
    fn is_complement(&self) -> bool {
        use Function::{Erf, Erfc, Exp, Tanh};
        match (&self.above[..], &self.below[..]) {
            ([Expr::Call(Erf | Erfc | Tanh | Exp, _)], []) => true,
            ([Expr::Binary(BinaryOp::Pow, t, n)], []) => {
                n.is_int(2) && matches!(&**t, Expr::Call(Tanh, _))
            }
            _ => self.conjugate_constant().is_some(),
        }
    }

    /// Only with a constant of the other sign: `k - k f`.
    fn is_one_sided(&self) -> bool {
        matches!(
            &self.above[..],
            [Expr::Call(Function::Erfc | Function::Exp, _) | Expr::Binary(..)]
        )
    }
}

impl Sum {
    pub fn of(e: &Expr) -> Sum {
        let mut sum = Sum {
            terms: vec![],
            constant: Expr::int(0),
        };
        sum.take(e, false, &Expr::int(1));
        sum
    }

    fn take(&mut self, e: &Expr, minus: bool, scale: &Expr) {
        match e {
            Expr::Neg(a) => self.take(a, !minus, scale),
            Expr::Binary(BinaryOp::Add, a, b) => {
                self.take(a, minus, scale);
                self.take(b, minus, scale);
            }
            Expr::Binary(BinaryOp::Sub, a, b) => {
                self.take(a, minus, scale);
                self.take(b, !minus, scale);
            }
            _ if e.is_constant() => {
                let term = scale.clone() * e.clone();
                self.constant = if minus {
                    self.constant.clone() - term
                } else {
                    self.constant.clone() + term
                };
            }
            _ => {
                // a quotient with a hole is one factor of its own
                let hole = match e {
                    Expr::Binary(BinaryOp::Div, a, b) => !removable(a, b).is_empty(),
                    _ => false,
                };
                let mut term = match hole {
                    true => Factors {
                        constant: Expr::int(1),
                        above: vec![e.clone()],
                        below: vec![],
                    },
                    false => Factors::of(e),
                };
                term.constant = scale.clone() * term.constant;
                if minus {
                    term.constant = -term.constant;
                }
                self.terms.push(term);
            }
        }
    }

    /// Without the constant.
    pub fn rest(&self) -> Expr {
        let terms = self.terms.iter().map(Factors::expr);
        terms.reduce(|a, b| a + b).unwrap_or_else(|| Expr::int(0))
    }

    /// Takes `k f` and the constant `k` or `-k` out; whether they have the same sign.
    pub fn take_complement(&mut self) -> Option<(Factors, bool)> {
        if self.constant.is_int(0) {
            return None;
        }
        let opposite = -self.constant.clone();
        let found = self.terms.iter().position(|t| {
            t.is_complement()
                && (t.equals(&opposite) || !t.is_one_sided() && t.equals(&self.constant))
        })?;
        let same = self.terms[found].equals(&self.constant);
        self.constant = Expr::int(0);
        Some((self.terms.remove(found), same))
    }

    /// Takes `k u + k sqrt(u^2 + b)`, `b > 0`, out: `u`, `u^2 + b`, `b`, `k`.
    pub fn take_conjugate(&mut self) -> Option<(Expr, Expr, Expr, Expr)> {
        for (n, root) in self.terms.iter().enumerate() {
            let ([Expr::Call(Function::Sqrt, w)], []) = (&root.above[..], &root.below[..]) else {
                continue;
            };
            for (m, other) in self.terms.iter().enumerate() {
                let mut u = other.clone();
                u.constant = (other.constant.clone() / root.constant.clone()).simplify();
                let u = u.expr();
                if m != n
                    && let Some(b) = square_plus(&u, &w[0])
                {
                    let found = (u, w[0].clone(), b, root.constant.clone());
                    self.terms.remove(n.max(m));
                    self.terms.remove(n.min(m));
                    return Some(found);
                }
            }
        }
        None
    }
}

/// `b` where `w = u^2 + b` with a rational `b > 0`.
fn square_plus(u: &Expr, w: &Expr) -> Option<Expr> {
    let sum = Sum::of(w);
    let b = sum.constant.as_rational().filter(|b| *b > 0)?;
    let difference = u.clone().pow(Expr::int(2)) - sum.rest();
    difference.simplify().is_int(0).then(|| Expr::rational(&b))
}

/// `v` where the tree is `1 + e^v` in any order.
pub(super) fn one_plus_exp(e: &Expr) -> Option<Expr> {
    let Expr::Binary(BinaryOp::Add, ..) = e else {
        return None;
    };
    let sum = Sum::of(e);
    match &sum.terms[..] {
        [term] if sum.constant.is_int(1) && term.constant.is_int(1) && term.below.is_empty() => {
            match &term.above[..] {
                [Expr::Call(Function::Exp, args)] => Some(args[0].clone()),
                _ => None,
            }
        }
        _ => None,
    }
}
