//! This library as a candidate, and as the reference for others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rug::Rational;

use super::candidate::{Candidate, Numeral, Question};
use crate::activation::Expr;
use crate::deadline::Deadline;
use crate::dual;
use crate::exact::Activation;
use crate::hermite;
use crate::limit::{self, Subject};
use crate::quadrature::expect;
use crate::real::{Ball, Quantity, bits_for};
use crate::recursion::{Convention, Pair, Settings};

/// Certified values, each computed once.
#[derive(Debug)]
pub struct Certified {
    /// Significant digits.
    pub digits: usize,
    /// How long one may take; what takes longer is not known.
    pub patience: Duration,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    activations: HashMap<String, Option<Arc<Activation>>>,
    duals: HashMap<(String, u64), Pair<Option<Ball>>>,
    kernels: HashMap<String, Pair<Option<Ball>>>,
    coefficients: HashMap<String, Vec<Ball>>,
    squares: HashMap<String, Option<Ball>>,
    variances: HashMap<(String, u64), Option<f64>>,
    steepness: HashMap<String, Option<f64>>,
    subjects: HashMap<String, Option<Arc<Subject>>>,
    limits: HashMap<(String, u64), Option<Ball>>,
}

/// Digits of what only says how wide an enclosure is.
const ROUGH: usize = 8;
/// So many coefficients are made at once.
const COEFFICIENTS: u32 = 16;

impl Default for Certified {
    /// 20 digits, five seconds each.
    fn default() -> Self {
        Certified::new(20, Duration::from_secs(5))
    }
}

impl Certified {
    /// So many digits, so long for each.
    pub fn new(digits: usize, patience: Duration) -> Self {
        Certified {
            digits,
            patience,
            known: Mutex::default(),
        }
    }

    /// The activation of this text, read once; `None` for what is none.
    pub fn activation(&self, text: &str) -> Option<Arc<Activation>> {
        if let Some(known) = self.known().activations.get(text) {
            return known.clone();
        }
        let made = text.parse::<Activation>().ok().map(Arc::new);
        self.known()
            .activations
            .insert(text.to_owned(), made.clone());
        made
    }

    /// The activation of this expression.
    pub fn activation_of(&self, expr: &Expr) -> Option<Arc<Activation>> {
        self.activation(&expr.to_string())
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The dual and its slope.
    fn dual_and_slope(&self, phi: &Activation, rho: f64) -> Pair<Option<Ball>> {
        let key = (phi.typed.to_string(), rho.to_bits());
        if let Some(found) = self.known().duals.get(&key) {
            return found.clone();
        }
        let none = || Pair {
            nngp: None,
            ntk: None,
        };
        let found = Rational::from_f64(rho)
            .and_then(|at| dual::values(&phi.typed, &[at], self.digits, self.deadline()).ok())
            .and_then(|all| all.into_iter().next());
        let found = found.map_or_else(none, |v| Pair {
            nngp: v.dual.ball(),
            ntk: v.slope.as_ref().and_then(Quantity::ball),
        });
        self.known().duals.insert(key, found.clone());
        found
    }

    fn both(&self, question: &Question) -> Pair<Option<Ball>> {
        let key = format!("{question:#} {:?}", settings(question));
        if let Some(found) = self.known().kernels.get(&key) {
            return found.clone();
        }
        let found = self.computed(question).unwrap_or(Pair {
            nngp: None,
            ntk: None,
        });
        self.known().kernels.insert(key, found.clone());
        found
    }

    fn computed(&self, question: &Question) -> Option<Pair<Option<Ball>>> {
        self.kernels_at(question, &[question.rho])?
            .into_iter()
            .next()
    }

    /// Both kernels of a network at several correlations, which costs little more than at one; `None` where none was reached.
    pub fn kernels_at(&self, question: &Question, rhos: &[f64]) -> Option<Vec<Pair<Option<Ball>>>> {
        let settings = settings(question)?;
        let rhos: Option<Vec<Rational>> = rhos.iter().map(|r| Rational::from_f64(*r)).collect();
        let found = limit::values(
            &question.activation.typed,
            &rhos?,
            question.depth,
            &settings,
            self.digits,
            self.deadline(),
        );
        let pair = |row: crate::error::Result<limit::DeepValue>| {
            let row = row.ok();
            let value = |x: &crate::recursion::Scaled<Ball>| x.value();
            Pair {
                nngp: row.as_ref().map(|r| value(&r.nngp)),
                ntk: row.as_ref().and_then(|r| r.ntk.as_ref()).map(value),
            }
        };
        Some(found.ok()?.rows.into_iter().map(pair).collect())
    }

    /// The activation with its regime; `None` where that is undecided, or takes too long.
    pub fn subject(&self, phi: &Activation) -> Option<Arc<Subject>> {
        let key = phi.typed.to_string();
        if let Some(known) = self.known().subjects.get(&key) {
            return known.clone();
        }
        let made = Subject::of(phi, self.deadline()).ok().map(Arc::new);
        self.known().subjects.insert(key, made.clone());
        made
    }

    /// `E phi(Z)^2`
    pub fn square(&self, phi: &Activation) -> Option<Ball> {
        let key = phi.typed.to_string();
        if let Some(known) = self.known().squares.get(&key) {
            return known.clone();
        }
        let bits = bits_for(self.digits) + 32;
        let closed = phi.square.as_ref().map(|c| c.evaluate::<Ball>(bits));
        let found = closed.or_else(|| {
            let square = phi.typed.clone().pow(Expr::int(2));
            expect(&square, self.digits, self.deadline()).ok()?.ball()
        });
        self.known().squares.insert(key, found.clone());
        found
    }

    /// `V(q) = E phi(sqrt(q) Z)^2`, to eight digits: how large a kernel is.
    pub fn variance(&self, phi: &Activation, q: f64) -> Option<f64> {
        if let Some(k) = &phi.homogeneity {
            return Some(self.square(phi)?.to_f64() * q.powf(k.to_f64()));
        }
        let key = (phi.typed.to_string(), q.to_bits());
        if let Some(known) = self.known().variances.get(&key) {
            return *known;
        }
        let found = Rational::from_f64(q.sqrt()).and_then(|root| {
            let scaled = phi.expr.substitute(&(Expr::rational(&root) * Expr::X));
            let mean = expect(&scaled.pow(Expr::int(2)), ROUGH, self.deadline());
            Some(mean.ok()?.to_f64())
        });
        self.known().variances.insert(key, found);
        found
    }

    /// An upper bound of `B' = E phi'(Z)^2 / E phi(Z)^2`; `None` where it is infinite, or was not reached.
    pub fn steepness(&self, phi: &Activation) -> Option<f64> {
        if phi.continuous != Some(true) {
            return None;
        }
        let key = phi.typed.to_string();
        if let Some(known) = self.known().steepness.get(&key) {
            return *known;
        }
        let found = self.square(phi).and_then(|square| {
            let closed = phi.derivative_square.as_ref();
            let derivative = match closed {
                Some(c) => c.evaluate::<Ball>(bits_for(ROUGH) + 64),
                None => {
                    let squared = phi.expr.derivative().pow(Expr::int(2));
                    expect(&squared, ROUGH, self.deadline()).ok()?.ball()?
                }
            };
            let bound = (&derivative / &square).upper().to_f64();
            bound.is_finite().then(|| bound.next_up())
        });
        self.known().steepness.insert(key, found);
        found
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(self.patience)
    }
}

fn settings(question: &Question) -> Option<Settings> {
    let constant = |x: f64| Some(Expr::rational(&Rational::from_f64(x)?));
    let lee = question.convention == Convention::Lee2019;
    let biased = lee || question.convention == Convention::Jacot2018;
    Some(Settings {
        convention: question.convention,
        sigma_w: if lee {
            constant(question.sigma_w)
        } else {
            None
        },
        sigma_b: if biased {
            constant(question.sigma_b)
        } else {
            None
        },
        norms: (
            Rational::from_f64(question.norms.0)?,
            Rational::from_f64(question.norms.1)?,
        ),
    })
}

impl Candidate for Certified {
    fn name(&self) -> String {
        "deeplimit".to_owned()
    }

    fn dual(&self, phi: &Activation, rho: f64) -> Option<Numeral> {
        self.dual_and_slope(phi, rho).nngp.map(Numeral::from)
    }

    fn slope(&self, phi: &Activation, rho: f64) -> Option<Numeral> {
        self.dual_and_slope(phi, rho).ntk.map(Numeral::from)
    }

    /// A network of one layer without biases and with `sigma_w = 1`.
    fn covariance(&self, phi: &Activation, norms: (f64, f64), rho: f64) -> Option<Numeral> {
        let question = Question {
            norms,
            convention: Convention::Lee2019,
            ..Question::unit(phi, rho, 1)
        };
        self.nngp(&question)
    }

    fn coefficient(&self, phi: &Activation, n: u32) -> Option<Numeral> {
        if n >= COEFFICIENTS {
            return None;
        }
        let key = phi.typed.to_string();
        let known = self.known().coefficients.get(&key).cloned();
        let all = known.unwrap_or_else(|| {
            let found = hermite::terms(&phi.typed, COEFFICIENTS, self.digits, self.deadline());
            let all: Vec<Ball> = (found.unwrap_or_default().iter())
                .filter_map(Quantity::ball)
                .collect();
            self.known().coefficients.insert(key, all.clone());
            all
        });
        all.get(n as usize).cloned().map(Numeral::from)
    }

    fn limit(&self, phi: &Activation, rho: f64) -> Option<Numeral> {
        let key = (phi.typed.to_string(), rho.to_bits());
        let known = self.known().limits.get(&key).cloned();
        let found = known.unwrap_or_else(|| {
            let subject = self.subject(phi)?;
            let at = Rational::from_f64(rho)?;
            let (_, values) = subject.values(&[at], self.digits, self.deadline()).ok()?;
            let found = values.into_iter().next()?.function?.ball();
            self.known().limits.insert(key, found.clone());
            found
        });
        found.map(Numeral::from)
    }

    fn nngp(&self, question: &Question) -> Option<Numeral> {
        self.both(question).nngp.map(Numeral::from)
    }

    fn ntk(&self, question: &Question) -> Option<Numeral> {
        self.both(question).ntk.map(Numeral::from)
    }
}
