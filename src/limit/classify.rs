//! From an activation to the regime of its infinitely deep network.
//!
//! Equalities (`A = 0`, `A' = 0`, `B' = 1`) come from the expression ([`super::structure`]), inequalities from
//! enclosures ([`super::constants`]); what is neither is said to be missing. Then the table of section 3 of the theory:
//!
//! | `A` | `A'` | `B'` | regime |
//! |---|---|---|---|
//! | 0 | not 0, not linear | | singular kernel |
//! | 0 | 0 | | nearest neighbour |
//! | not 0 | | `> 1` | majority, chaotic |
//! | not 0 | | `= 1` | majority, edge of chaos |
//! | not 0 | | `< 1` | ordered |

use std::cmp::Ordering;

use rug::Rational;

use super::constants::Moments;
use super::fixed_point::chaotic_fixed_point;
use super::verdict::{Classification, Phase, Regime};
use crate::activation::pieces::kink;
use crate::activation::{Expr, Parity};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::exact::{Closed, Structure, alpha_exact, is_continuous};
use crate::real::{
    Analytic, Arithmetic, Ball, Bits, Certain, Quantity, Real, bits_for, certain_digits,
};

/// Closed forms of more characters than this are not shown.
const LONGEST_CLOSED_FORM: usize = 64;

/// How `classify` works.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Significant digits wanted.
    pub digits: usize,
    /// The road.
    pub arithmetic: Arithmetic,
    /// When to give up.
    pub deadline: Deadline,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            digits: 15,
            arithmetic: Arithmetic::Ball,
            deadline: Deadline::default(),
        }
    }
}

/// A constant that no structure proves to be zero is looked at with this accuracy before it is called zero
/// numerically.
const ZERO_BITS: Bits = 400;

/// What the network with this activation becomes when it is infinitely wide and infinitely deep.
///
/// # Errors
/// [`crate::error::Error::Domain`] where the activation has no normalised dual, [`crate::error::Error::Unresolved`]
/// where no integral could be bounded, [`crate::error::Error::Timeout`].
///
/// ```
/// use deeplimit::activation::Expr;
/// use deeplimit::limit::{Options, Regime, classify};
/// let relu = classify(&Expr::parse("relu").unwrap(), &Options::default()).unwrap();
/// assert_eq!(relu.regime, Regime::Majority);
/// assert_eq!(relu.b_prime.unwrap().exact.as_deref(), Some("1"));
/// assert!(relu.proved);
/// ```
pub fn classify(expr: &Expr, options: &Options) -> Result<Classification> {
    let structure = Structure::new(expr)?;
    options.deadline.check("the analysis of the expression")?;
    let mut inquiry = Inquiry::new(expr, structure, *options)?;
    inquiry.decide()?;
    Ok(inquiry.report)
}

/// Normalised constants.
struct Constants {
    a: Ball,
    a_prime: Ball,
    b_prime: Option<Ball>,
    normalisation: Ball,
}

impl Constants {
    fn new(m: &Moments) -> Self {
        let root = m.square.sqrt();
        Constants {
            a: &m.mean / &root,
            a_prime: &m.first / &root,
            b_prime: m.derivative_square.as_ref().map(|d| d / &m.square),
            normalisation: &Ball::int(1, m.square.bits()) / &m.square,
        }
    }
}

pub(super) struct Inquiry {
    pub structure: Structure,
    pub options: Options,
    pub accuracy: Bits,
    pub moments: Moments,
    constants: Constants,
    pub report: Classification,
    continuous: Option<bool>,
}

/// What is known about a constant being zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zero {
    Proved,
    Refuted,
    Numerical,
}

impl Inquiry {
    fn new(expr: &Expr, structure: Structure, options: Options) -> Result<Self> {
        let accuracy = bits_for(options.digits) + 8;
        let moments = Moments::new(&structure, accuracy, options.arithmetic, options.deadline)?;
        let constants = Constants::new(&moments);
        let continuous = is_continuous(&structure.pieces);
        let report = Classification {
            activation: expr.to_string(),
            normalisation: None,
            a: None,
            a_prime: None,
            b_prime: None,
            alpha: None,
            fixed_point: None,
            multiplier: None,
            order: None,
            edge_exponent: None,
            regime: Regime::Undecided,
            phase: None,
            proved: options.arithmetic == Arithmetic::Ball,
            evidence: Vec::new(),
            missing: Vec::new(),
        };
        Ok(Inquiry {
            structure,
            options,
            accuracy,
            moments,
            constants,
            report,
            continuous,
        })
    }

    /// Recomputes everything with a smaller absolute error.
    fn sharpen(&mut self, accuracy: Bits) -> Result<()> {
        if accuracy <= self.accuracy || self.options.arithmetic == Arithmetic::F64 {
            return Ok(());
        }
        self.accuracy = accuracy;
        self.moments = Moments::new(
            &self.structure,
            accuracy,
            self.options.arithmetic,
            self.options.deadline,
        )?;
        self.constants = Constants::new(&self.moments);
        Ok(())
    }

    fn decide(&mut self) -> Result<()> {
        self.certain_digits()?;
        self.tell_structure();
        let a_zero = self.zero_of(
            "A = E phi(Z)",
            |s| (s.parity == Some(Parity::Odd), s.mean.clone()),
            |c| &c.a,
        )?;
        let first_zero = self.zero_of(
            "A' = E phi'(Z)",
            |s| (s.parity == Some(Parity::Even), s.first.clone()),
            |c| &c.a_prime,
        )?;
        self.fill_constants(a_zero, first_zero);
        if self.structure.is_linear() {
            self.report.regime = Regime::Linear;
            self.say("phi(z) = c z: the dual is rho, T_L = (L + 1) rho, and the kernel stays linear at every depth");
            return Ok(());
        }
        match (a_zero, first_zero) {
            (Zero::Refuted, _) => self.with_mean(),
            (_, Zero::Refuted) => self.singular(),
            _ => self.nearest(),
        }
    }

    /// Raises the accuracy until every constant that is not zero has the digits asked for.
    fn certain_digits(&mut self) -> Result<()> {
        let wanted = bits_for(self.options.digits);
        for _ in 0..4 {
            let c = &self.constants;
            let mut deficit = 0;
            let zero_a = self.structure.parity == Some(Parity::Odd);
            let zero_first = self.structure.parity == Some(Parity::Even);
            let mut look = |x: &Ball| {
                let have = x.relative_bits();
                if have < wanted
                    && !(x.contains_zero() && self.accuracy >= ZERO_BITS.max(2 * wanted))
                {
                    deficit = deficit.max(wanted - have.min(wanted));
                }
            };
            look(&c.normalisation);
            if !zero_a && !self.structure.mean.as_ref().is_some_and(Closed::is_zero) {
                look(&c.a);
            }
            if !zero_first && !self.structure.first.as_ref().is_some_and(Closed::is_zero) {
                look(&c.a_prime);
            }
            c.b_prime.iter().for_each(look);
            if deficit == 0 || self.options.arithmetic == Arithmetic::F64 {
                break;
            }
            let suspect = c.a.contains_zero() || c.a_prime.contains_zero();
            let next = self.accuracy + deficit + 8;
            self.sharpen(if suspect { next.max(ZERO_BITS) } else { next })?;
        }
        Ok(())
    }

    fn zero_of(
        &mut self,
        name: &str,
        structural: impl Fn(&Structure) -> (bool, Option<Closed>),
        value: impl Fn(&Constants) -> &Ball,
    ) -> Result<Zero> {
        let (by_parity, closed) = structural(&self.structure);
        if by_parity {
            let parity = if self.structure.parity == Some(Parity::Odd) {
                "odd"
            } else {
                "even"
            };
            self.say(&format!(
                "{name} = 0, because phi is {parity} (read off the expression)"
            ));
            return Ok(Zero::Proved);
        }
        if closed.as_ref().is_some_and(Closed::is_zero) {
            self.say(&format!(
                "{name} = 0, because the integral in closed form is 0 identically"
            ));
            return Ok(Zero::Proved);
        }
        let x = value(&self.constants);
        if !x.contains_zero() {
            let line = format!("{name} is not 0: {}", shown(x));
            self.say(&line);
            return Ok(Zero::Refuted);
        }
        let bound = format!("{:.1e}", x.magnitude().to_f64().max(1e-300));
        self.report.proved = false;
        self.report.missing.push(format!(
            "a proof that {name} = 0: it is 0 to within {bound}; if it is not exactly 0 the verdict is another one \
             (majority vote or ordered for A, a singular kernel for A')"
        ));
        Ok(Zero::Numerical)
    }

    fn tell_structure(&mut self) {
        let c = relative(&self.constants.normalisation);
        let closed = self
            .structure
            .square
            .as_ref()
            .map_or(String::new(), |s| format!(" (E phi(Z)^2 = {s})"));
        self.say(&format!(
            "normalised by c_sigma = 1/E phi(Z)^2 = {c}{closed}"
        ));
        if self.structure.has_breakpoints() {
            let positions: Vec<String> = self.structure.pieces[1..]
                .iter()
                .filter_map(|p| match &p.from {
                    crate::activation::pieces::End::At(b) => Some(b.to_string()),
                    _ => None,
                })
                .collect();
            self.say(&format!(
                "phi is analytic between its breakpoints x = {}",
                positions.join(", ")
            ));
        }
    }

    /// A number with its closed form; a rational one is its own best enclosure, and one that is too long to be read is
    /// left out.
    fn with_closed(&self, value: &Ball, closed: Option<Closed>) -> Quantity {
        match closed.as_ref().and_then(Closed::as_rational) {
            Some(q) => Quantity::new(&Ball::rational(&q, value.bits()), Some(q.to_string())),
            None => {
                let text = closed.map(|c| c.to_string());
                Quantity::new(value, text.filter(|t| t.len() <= LONGEST_CLOSED_FORM))
            }
        }
    }

    fn fill_constants(&mut self, a: Zero, first: Zero) {
        let sqrt_square = self.structure.square.as_ref().and_then(Closed::sqrt);
        let over = |n: &Option<Closed>, d: &Option<Closed>| n.as_ref()?.over(d.as_ref()?);
        let zero = |z: Zero, value: &Ball, exact: Option<Closed>| match z {
            Zero::Proved => Quantity::integer(0),
            _ => self.with_closed(value, exact),
        };
        let mean = zero(
            a,
            &self.constants.a,
            over(&self.structure.mean, &sqrt_square),
        );
        let first = zero(
            first,
            &self.constants.a_prime,
            over(&self.structure.first, &sqrt_square),
        );
        let norm = self.structure.square.as_ref().and_then(Closed::reciprocal);
        let norm = self.with_closed(&self.constants.normalisation, norm);
        let exact_b = if self.structure.critical {
            Some(Closed::one())
        } else {
            over(&self.structure.derivative_square, &self.structure.square)
        };
        let b_prime = match self.continuous {
            Some(true) => self
                .constants
                .b_prime
                .as_ref()
                .map(|b| self.with_closed(b, exact_b)),
            Some(false) => Some(Quantity::infinite()),
            None => None,
        };
        self.report.a = Some(mean);
        self.report.a_prime = Some(first);
        self.report.normalisation = Some(norm);
        self.report.b_prime = b_prime;
        if self.continuous == Some(false) {
            self.say("phi jumps, so its derivative is not square integrable: B' = E phi'(Z)^2 = infinity (A' is taken as E Z phi(Z))");
        }
    }

    /// `A = 0`, `A' != 0`, not linear.
    fn singular(&mut self) -> Result<()> {
        self.report.regime = Regime::Singular;
        self.report.fixed_point = Some(Quantity::integer(0));
        let lambda = self.constants.a_prime.powi(2);
        let exact_lambda = self
            .structure
            .first
            .as_ref()
            .and_then(|f| f.powi(2)?.over(self.structure.square.as_ref()?));
        self.report.multiplier = Some(self.with_closed(&lambda, exact_lambda.clone()));
        self.say(&format!(
            "the fixed point 0 of the dual attracts with multiplier lambda = A'^2 = {} < 1, because phi is not linear; A = 0 \
             then forces B' = sum n a_n^2 > 1",
            relative(&lambda)
        ));
        if self.continuous == Some(false) {
            self.report.alpha = Some(Quantity::integer(0));
            self.say("alpha = -4 log|A'| / log B' = 0: the singularity is logarithmic");
            return Ok(());
        }
        let Some(b) = self.constants.b_prime.clone() else {
            self.report.missing.push("an enclosure of B' = E phi'(Z)^2, without which alpha is not known (phi' is unbounded)".into());
            self.report.proved = false;
            return Ok(());
        };
        if self.continuous.is_none() {
            self.continuity_missing();
        }
        let four = Ball::int(-4, b.bits());
        let alpha = &(&four * &self.constants.a_prime.abs().ln()) / &b.ln();
        let exact = exact_lambda
            .zip(
                self.structure
                    .derivative_square
                    .as_ref()
                    .zip(self.structure.square.as_ref()),
            )
            .and_then(|(l, (d, s))| alpha_exact(&l, &d.over(s)?));
        let line = format!(
            "Theorem 1 of Radhakrishnan, Belkin and Uhler: T_L/((L+1) A'^(2L)) -> R(u)/u^alpha, alpha = -4 log|A'| / log B' = {}",
            exact
                .as_ref()
                .map_or_else(|| relative(&alpha), Rational::to_string)
        );
        self.say(&line);
        self.report.alpha = Some(self.with_closed(&alpha, exact.map(Closed::rational)));
        Ok(())
    }

    /// `A = A' = 0`.
    fn nearest(&mut self) -> Result<()> {
        self.report.regime = Regime::NearestNeighbour;
        self.report.fixed_point = Some(Quantity::integer(0));
        self.report.multiplier = Some(Quantity::integer(0));
        let order = super::fixed_point::order(self)?;
        match order {
            Some(k) => {
                self.report.order = Some(k);
                self.say(&format!(
                    "the first Hermite coefficient that is not 0 is a_{k}: the fixed point 0 is superattracting of order {k}, \
                     log S_L ~ -{k}^L b(rho), and by Theorem 3 every point but the nearest loses all weight"
                ));
            }
            None => {
                self.report.proved = false;
                self.report
                    .missing
                    .push("the first n with a_n != 0 (none was found up to n = 64)".into());
            }
        }
        Ok(())
    }

    /// `A != 0`.
    fn with_mean(&mut self) -> Result<()> {
        if self.continuous == Some(false) {
            return self.chaotic("B' is infinite, so the fixed point 1 repels");
        }
        if self.continuous.is_none() {
            self.continuity_missing();
        }
        if self.structure.critical {
            self.say("B' = E phi'(Z)^2 = E phi(Z)^2 exactly (normalised, B' = 1): proved from the expression");
            return self.edge();
        }
        let Some(b) = self.constants.b_prime.clone() else {
            self.report.regime = Regime::Undecided;
            self.report.proved = false;
            self.report
                .missing
                .push("a bound of B' = E phi'(Z)^2 (phi' is unbounded)".into());
            return Ok(());
        };
        let one = Ball::int(1, b.bits());
        let mut order = b.compare(&one);
        if order.is_none() {
            self.sharpen(ZERO_BITS.max(self.accuracy))?;
            order = self
                .constants
                .b_prime
                .as_ref()
                .and_then(|b| b.compare(&one));
        }
        match order {
            Some(Ordering::Greater) => self.chaotic(&format!(
                "B' = {} > 1, so the fixed point 1 repels",
                relative(&b)
            )),
            Some(Ordering::Less) => self.ordered(&b),
            _ => {
                let off = (self.constants.b_prime.clone().unwrap_or(b) - &one)
                    .magnitude()
                    .to_f64();
                self.report.proved = false;
                self.report.missing.push(format!(
                    "a proof that B' = 1: it is 1 to within {off:.1e}; if it is not exactly 1 the phase is chaotic or ordered"
                ));
                self.edge()
            }
        }
    }

    fn edge(&mut self) -> Result<()> {
        self.report.regime = Regime::Majority;
        self.report.phase = Some(Phase::EdgeOfChaos);
        self.report.fixed_point = Some(Quantity::integer(1));
        self.report.multiplier = Some(Quantity::integer(1));
        let kinked = self.structure.pieces.windows(2).any(|w| {
            let jump = kink(&w[0], &w[1], 128);
            jump.is_finite() && !jump.contains_zero()
        });
        let p = if kinked {
            Some(Rational::from((3, 2)))
        } else {
            (!self.structure.has_breakpoints()).then(|| Rational::from(2))
        };
        match &p {
            Some(p) => {
                let ratio = (p.clone() - 1u32) / (p.clone() * 2u32 - 1u32);
                self.say(&format!(
                    "the fixed point 1 is parabolic: dual(1-e) = 1 - e + kappa e^{p} + ..., so T_L(x,x')/T_L(x,x) -> (p-1)/(2p-1) = \
                     {ratio} for every pair, and Proposition 1 gives majority vote"
                ));
            }
            None => self.report.missing.push("the exponent p of dual(1-e) = 1 - e + kappa e^p (the majority vote does not depend on it)".into()),
        }
        self.report.edge_exponent = p;
        Ok(())
    }

    fn ordered(&mut self, b: &Ball) -> Result<()> {
        self.report.regime = Regime::Ordered;
        self.report.phase = Some(Phase::Ordered);
        self.report.fixed_point = Some(Quantity::integer(1));
        self.report.multiplier = self.report.b_prime.clone();
        self.say(&format!(
            "B' = {} < 1: the fixed point 1 attracts every correlation; every kernel entry, the diagonal included, tends to \
             1/(1-B'), so Proposition 1 does not apply, and the ridgeless classifier tends to sign(b + sum w_i g(1 - x.x_i)) with \
             sum w_i = 0 (with a fixed ridge majority vote returns)",
            relative(b)
        ));
        Ok(())
    }

    fn chaotic(&mut self, why: &str) -> Result<()> {
        self.report.regime = Regime::Majority;
        self.report.phase = Some(Phase::Chaotic);
        self.say(why);
        self.distance_from_singular();
        self.say(
            "dual(0) = A^2 > 0 and the dual is convex on [0, 1] (non-negative coefficients), so exactly one fixed point c* lies in \
             (0, 1), and it attracts; T_L(x,x') -> c*/(1 - dual'(c*)) for every pair while T_L(x,x) diverges: Proposition 1 gives \
             majority vote",
        );
        chaotic_fixed_point(self)
    }

    /// The singular regime is of codimension one: a small `A` hides it until the depth at which `lambda^L` has fallen
    /// to `A^2`.
    fn distance_from_singular(&mut self) {
        let (a2, lambda) = (self.constants.a.powi(2), self.constants.a_prime.powi(2));
        if a2.to_f64() > 1e-2 || lambda.contains_zero() || lambda.to_f64() >= 1.0 {
            return;
        }
        let depth = &a2.ln() / &lambda.ln();
        let alpha = self
            .constants
            .b_prime
            .as_ref()
            .filter(|_| self.continuous == Some(true))
            .map(|b| -(&lambda.ln().scale2(1) / &b.ln()))
            .map_or(String::new(), |alpha| {
                format!(" with alpha near {:.6}", alpha.to_f64())
            });
        self.say(&format!(
            "how far from singular: A^2 = {:.3e} is small, and if it were 0 the kernel would be singular{alpha}; down to depth L ~ \
             log(A^2)/log(A'^2) = {:.1} the network behaves so, beyond it majority vote takes over",
            a2.to_f64(),
            depth.to_f64()
        ));
    }

    fn continuity_missing(&mut self) {
        self.report.proved = false;
        self.report.missing.push(
            "a proof that phi is continuous at its breakpoints (a jump would make B' infinite)"
                .into(),
        );
    }

    pub(super) fn say(&mut self, line: &str) {
        self.report.evidence.push(line.to_string());
    }

    pub(super) fn wanted_bits(&self) -> Bits {
        bits_for(self.options.digits)
    }
}

/// Fifteen digits, for sentences.
fn relative(x: &Ball) -> String {
    match certain_digits(x.mid(), &x.rad(), 15) {
        Certain::Digits(s) | Certain::Bound(s) => s,
    }
}

fn shown(x: &Ball) -> String {
    relative(x)
}
