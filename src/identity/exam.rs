//! One candidate and one activation: the answers that identities are about, as balls.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use rug::Float;

use super::candidate::{Candidate, Fineness, Numeral, Question};
use super::certified::Certified;
use crate::activation::Expr;
use crate::exact::Activation;
use crate::real::{Analytic, Ball, Bits, Real};
use crate::recursion::{Convention, Pair};

/// A place at which an identity is checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// A correlation above 0, below 1.
    pub rho: f64,
    /// Another one.
    pub other: f64,
    /// Layers.
    pub depth: u64,
}

/// The bits that comparisons are made with.
pub(super) const BITS: Bits = 128;

/// An examination of one candidate on one activation.
pub struct Exam<'a> {
    candidate: &'a dyn Candidate,
    certified: &'a Certified,
    /// The activation.
    pub phi: Arc<Activation>,
    precision: Fineness,
    duals: RefCell<HashMap<(String, bool, u64), Option<Ball>>>,
    kernels: RefCell<HashMap<String, Pair<Option<Ball>>>>,
    undefined: Cell<bool>,
}

impl<'a> Exam<'a> {
    /// Of this candidate, on this activation, beside the certified values.
    pub fn new(
        candidate: &'a dyn Candidate,
        certified: &'a Certified,
        phi: Arc<Activation>,
    ) -> Self {
        Exam {
            precision: candidate.precision(),
            candidate,
            certified,
            phi,
            duals: RefCell::default(),
            kernels: RefCell::default(),
            undefined: Cell::new(false),
        }
    }

    /// Has an answer since the last question been no number? (The question forgets it.)
    pub fn was_undefined(&self) -> bool {
        self.undefined.take()
    }

    /// The unit in the last place of the answers, for a number of this size.
    pub fn unit_at(&self, size: f64) -> f64 {
        2.0 * self.precision.unit * size.abs().max(f64::MIN_POSITIVE)
    }

    /// An expression made of the activation: `-(phi)`; `None` where that is no activation.
    pub fn made(&self, of: impl Fn(&Expr) -> Expr) -> Option<Arc<Activation>> {
        self.certified.activation_of(&of(&self.phi.typed))
    }

    /// The certified values.
    pub fn certified(&self) -> &'a Certified {
        self.certified
    }

    /// A fixed activation.
    pub fn named(&self, text: &str) -> Option<Arc<Activation>> {
        self.certified.activation(text)
    }

    /// A double exactly.
    pub fn number(&self, x: f64) -> Ball {
        Ball::exact(Float::with_val(BITS, x))
    }

    fn ball(&self, numeral: Numeral, size: f64, growth: f64) -> Option<Ball> {
        let (x, unit) = match numeral {
            Numeral::Enclosed(ball) => return Some(ball.with_bits(BITS)),
            Numeral::Single(x) => (f64::from(x), Fineness::SINGLE.unit.max(self.precision.unit)),
            Numeral::Double(x) => (x, self.precision.unit),
        };
        if !x.is_finite() {
            // a kernel that is larger than all numbers of its kind may be one that is none
            let largest = if unit > Fineness::DOUBLE.unit {
                1e37
            } else {
                1e300
            };
            self.undefined.set(self.undefined.get() || size < largest);
            return None;
        }
        let radius = self.precision.ulps * unit * x.abs().max(size) * growth;
        Some(Ball::new(
            Float::with_val(BITS, x),
            &Float::with_val(53, radius),
        ))
    }

    /// `B'`, where it is finite.
    fn steepness(&self, phi: &Activation) -> Option<f64> {
        self.certified.steepness(phi)
    }

    /// What an error in `rho` becomes: at most the slope at the correlation of largest modulus.
    fn sensitivity(&self, phi: &Activation, rho: f64) -> f64 {
        self.steepness(phi)
            .unwrap_or_else(|| 4.0 / (1.0 - rho * rho).max(1e-3))
            .max(1.0)
    }

    /// The dual of an activation.
    pub fn dual_of(&self, phi: &Activation, rho: f64) -> Option<Ball> {
        let key = (phi.typed.to_string(), false, rho.to_bits());
        if let Some(known) = self.duals.borrow().get(&key) {
            return known.clone();
        }
        let given = self.candidate.dual(phi, rho);
        let found = given.and_then(|x| {
            let growth = self.growth(&x, phi, rho, 1);
            self.ball(x, 1.0, growth)
        });
        self.duals.borrow_mut().insert(key, found.clone());
        found
    }

    fn growth(&self, x: &Numeral, phi: &Activation, rho: f64, layers: u64) -> f64 {
        match x {
            Numeral::Enclosed(_) => 1.0,
            _ => {
                let layers = i32::try_from(layers).unwrap_or(i32::MAX);
                f64::from(layers) * self.sensitivity(phi, rho).powi(layers)
            }
        }
    }

    /// The dual.
    pub fn dual(&self, rho: f64) -> Option<Ball> {
        self.dual_of(&self.phi, rho)
    }

    /// The slope of the dual of an activation. At the ends it is `None` where the activation is not proved to be continuous: there
    /// infinity is the right answer.
    pub fn slope_of(&self, phi: &Activation, rho: f64) -> Option<Ball> {
        if rho.abs() == 1.0 && phi.continuous != Some(true) {
            return None;
        }
        let key = (phi.typed.to_string(), true, rho.to_bits());
        if let Some(known) = self.duals.borrow().get(&key) {
            return known.clone();
        }
        let given = self.candidate.slope(phi, rho);
        let found = given.and_then(|x| {
            let steep = self.sensitivity(phi, rho);
            // the second derivative of a kinked dual is not bounded
            let bend = 1.0 / (1.0 - rho * rho).max(2f64.powi(-12)).sqrt();
            self.ball(x, steep, bend)
        });
        self.duals.borrow_mut().insert(key, found.clone());
        found
    }

    /// The slope.
    pub fn slope(&self, rho: f64) -> Option<Ball> {
        self.slope_of(&self.phi, rho)
    }

    /// A Hermite coefficient of an activation.
    pub fn coefficient_of(&self, phi: &Activation, n: u32) -> Option<Ball> {
        let given = self.candidate.coefficient(phi, n)?;
        self.ball(given, 1.0, 1.0)
    }

    /// A Hermite coefficient.
    pub fn coefficient(&self, n: u32) -> Option<Ball> {
        self.coefficient_of(&self.phi, n)
    }

    /// The covariance of an activation at two variances.
    pub fn covariance_of(&self, phi: &Activation, (q, p): (f64, f64), rho: f64) -> Option<Ball> {
        let given = self.candidate.covariance(phi, (q, p), rho)?;
        if let Numeral::Enclosed(ball) = given {
            return Some(ball.with_bits(BITS));
        }
        let own = |q| self.certified.variance(phi, q);
        // the size of the kernel, and what the roots of the variances do
        let size = (own(q)? * own(p)?).sqrt();
        let growth = 4.0 * self.sensitivity(phi, rho);
        self.ball(given, size, growth)
    }

    /// The covariance.
    pub fn covariance(&self, variances: (f64, f64), rho: f64) -> Option<Ball> {
        self.covariance_of(&self.phi, variances, rho)
    }

    /// Both kernels of a network.
    pub fn kernels(&self, question: &Question) -> Pair<Option<Ball>> {
        let key = format!(
            "{question} {:?} {} {} {}",
            question.norms, question.convention, question.sigma_w, question.sigma_b
        );
        if let Some(known) = self.kernels.borrow().get(&key) {
            return known.clone();
        }
        let (phi, rho) = (question.activation, question.rho);
        let jumps = phi.continuous != Some(true);
        let given = self.candidate.kernels(question);
        // a tangent kernel that may be infinite
        let ntk = given
            .ntk
            .filter(|_| !(jumps && rho.abs() == 1.0 && question.depth > 0));
        let (mut size, mut deep) = (None, None);
        let mut of = |x: Numeral, tangent: bool| {
            if let Numeral::Enclosed(ball) = x {
                return Some(ball.with_bits(BITS));
            }
            let size = *size.get_or_insert_with(|| self.size(question));
            let mut growth =
                *deep.get_or_insert_with(|| self.growth(&x, phi, rho, question.depth.max(1)));
            if tangent {
                growth *=
                    (question.depth + 1) as f64 / (1.0 - rho * rho).max(2f64.powi(-12)).sqrt();
            }
            self.ball(x, size, growth)
        };
        let found = Pair {
            nngp: given.nngp.and_then(|x| of(x, false)),
            ntk: ntk.and_then(|x| of(x, true)),
        };
        self.kernels.borrow_mut().insert(key, found.clone());
        found
    }

    /// How large the kernel of a network is on its diagonal.
    fn size(&self, question: &Question) -> f64 {
        let Some(weight) = question.weight() else {
            return 1.0;
        };
        let first = question.first() * question.norms.0.max(question.norms.1) + question.bias();
        let mut q = first;
        for _ in 0..question.depth {
            match self.certified.variance(question.activation, q) {
                Some(v) => q = weight * v + question.bias(),
                // of a size that is not known no digit is certain
                None => return f64::MAX,
            }
        }
        q.max(first)
    }

    /// `S_L` of an activation.
    pub fn nngp_of(&self, phi: &Activation, rho: f64, depth: u64) -> Option<Ball> {
        self.kernels(&Question::unit(phi, rho, depth)).nngp
    }

    /// `T_L` of an activation.
    pub fn ntk_of(&self, phi: &Activation, rho: f64, depth: u64) -> Option<Ball> {
        self.kernels(&Question::unit(phi, rho, depth)).ntk
    }

    /// `S_L`
    pub fn nngp(&self, rho: f64, depth: u64) -> Option<Ball> {
        self.nngp_of(&self.phi, rho, depth)
    }

    /// `T_L`
    pub fn ntk(&self, rho: f64, depth: u64) -> Option<Ball> {
        self.ntk_of(&self.phi, rho, depth)
    }

    /// The function of the regime.
    pub fn limit(&self, rho: f64) -> Option<Ball> {
        let given = self.candidate.limit(&self.phi, rho)?;
        self.ball(given, 1.0, 1.0 / (1.0 - rho).max(2f64.powi(-24)))
    }

    /// A network with weights and biases.
    pub fn network(&self, rho: f64, depth: u64) -> Question<'_> {
        Question {
            convention: Convention::Lee2019,
            sigma_w: 1.25,
            sigma_b: 0.5,
            norms: (1.5, 1.5),
            ..Question::unit(&self.phi, rho, depth)
        }
    }

    /// A function of the correlation at a correlation that is a ball: at the nearest double, widened by the largest slope that the
    /// function can have times the distance. Only for activations without jumps.
    pub fn at_ball(
        &self,
        at: &Ball,
        steepest: f64,
        f: impl Fn(f64) -> Option<Ball>,
    ) -> Option<Ball> {
        if !at.is_finite() {
            return None;
        }
        // asked at what is a number in the candidate's precision
        let middle = at.to_f64().clamp(-1.0, 1.0);
        let middle = if self.precision.unit > Fineness::DOUBLE.unit {
            f64::from(middle as f32)
        } else {
            middle
        };
        let distance = (at - &self.number(middle)).magnitude() * steepest;
        Some(f(middle)?.widened(&distance))
    }

    /// An upper bound of the slope of `S_L` on `[-1, 1]`.
    pub fn steepest(&self, depth: u64) -> Option<f64> {
        let b = self.steepness(&self.phi)? * (1.0 + 1e-9);
        Some(b.powi(i32::try_from(depth).ok()?))
    }

    /// A certified number of the activation: the dual at `rho`.
    pub fn certain_dual(&self, rho: f64) -> Option<Ball> {
        enclosed(self.certified.dual(&self.phi, rho)?)
    }

    /// Its slope.
    pub fn certain_slope(&self, rho: f64) -> Option<Ball> {
        enclosed(self.certified.slope(&self.phi, rho)?)
    }
}

/// The enclosure that a certified answer is.
pub(super) fn enclosed(x: Numeral) -> Option<Ball> {
    match x {
        Numeral::Enclosed(ball) => Some(ball.with_bits(BITS)).filter(Ball::is_finite),
        _ => None,
    }
}

/// An integer.
pub(super) fn int(n: i64) -> Ball {
    Ball::int(n, BITS)
}
