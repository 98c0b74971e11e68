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

use super::constants::Moments;
use super::evidence::{Fact, Stands, VerdictConstant};
use super::verdict::{Classification, Regime};
use rug::Rational;

use crate::activation::pieces::{Breakpoint, derivative_pole};
use crate::activation::{Expr, Parity};
use crate::effort::Effort;
use crate::error::Result;
use crate::exact::{Activation, Closed, first_jump};
use crate::quadrature::{Sizes, Unit, power_of_ten};
use crate::real::{Analytic, Arithmetic, Ball, Bits, Certain, Quantity, bits_for, certain_digits};

/// Closed forms of more characters than this are not shown.
const LONGEST_CLOSED_FORM: usize = 64;

/// A constant that no structure proves to be zero is looked at with this accuracy before it is called zero
/// numerically.
pub(super) const ZERO_BITS: Bits = 400;

/// What the network with this activation becomes when it is infinitely wide and infinitely deep.
///
/// # Errors
/// [`crate::error::Error::Domain`] where the activation has no normalised dual, [`crate::error::Error::Unresolved`]
/// where no integral could be bounded, [`crate::error::Error::Timeout`].
///
/// ```
/// use deeplimit::{Effort, activation::Expr, limit::{Regime, classify}};
/// let relu = classify(&Expr::parse("relu").unwrap(), &Effort::default()).unwrap();
/// assert_eq!(relu.regime, Regime::Majority);
/// assert_eq!(relu.b_prime.unwrap().exact.as_deref(), Some("1"));
/// assert!(relu.proved);
/// ```
pub fn classify(expr: &Expr, options: &Effort) -> Result<Classification> {
    let activation = Activation::new(expr)?;
    options.deadline.check("the analysis of the expression")?;
    activation.classify(options)
}

impl Activation {
    /// [`classify`]: what the network becomes when it is infinitely wide and infinitely deep.
    ///
    /// # Errors
    /// As [`classify`].
    pub fn classify(&self, effort: &Effort) -> Result<Classification> {
        let mut inquiry = Inquiry::new(self.clone(), *effort)?;
        inquiry.decide()?;
        inquiry.tell_what_is_near(&self.typed);
        Ok(inquiry.report)
    }
}

/// Normalised constants.
pub(super) struct Constants {
    pub a: Ball,
    pub a_prime: Ball,
    pub b_prime: Option<Ball>,
    pub normalisation: Ball,
}

impl Constants {
    /// From the moments of `psi`, `phi = 10^exponent psi`.
    fn new(m: &Moments, exponent: i32) -> Self {
        let root = m.square.sqrt();
        Constants {
            a: &m.mean / &root,
            a_prime: &m.first / &root,
            b_prime: (m.derivative_square.as_ref())
                .map(|d| d / &m.square)
                .filter(Ball::is_finite),
            normalisation: &Ball::rational(&power_of_ten(-2 * exponent), m.square.bits())
                / &m.square,
        }
    }
}

pub(super) struct Inquiry {
    /// Of `psi`, `phi = 10^exponent psi`, `E psi^2` about 1: all that is normalised is the same.
    pub structure: Activation,
    exponent: i32,
    /// Of `psi`, estimated.
    pub sizes: Option<Sizes>,
    /// Accuracy up to which a mean and an `E Z phi` that may be zero are looked at.
    pub zero_bits: Bits,
    pub options: Effort,
    pub accuracy: Bits,
    pub moments: Moments,
    pub constants: Constants,
    pub report: Classification,
    pub continuous: Option<bool>,
    /// Where `phi'^2` is not integrable, and `k` with `|phi'(x)|` of the order `|x - p|^-k`.
    pole: Option<(Breakpoint, Rational)>,
}

/// What is known about a constant being zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zero {
    Proved,
    Refuted,
    Numerical,
}

impl Inquiry {
    pub(super) fn new(structure: Activation, options: Effort) -> Result<Self> {
        let activation = structure.typed.to_string();
        let accuracy = bits_for(options.digits) + 8;
        let of = |s: &Activation| Moments::new(s, accuracy, options.arithmetic, options.deadline);
        let unit = Unit::of(&structure)?;
        let sizes = unit.sizes;
        let zero_bits = super::digits::zero_bits(sizes);
        let (structure, exponent, moments) = match of(&unit.structure) {
            Ok(moments) => (unit.structure, unit.exponent, moments),
            // what is wrong is said of the activation as typed
            Err(_) if unit.exponent != 0 => {
                let moments = of(&structure)?;
                (structure, 0, moments)
            }
            Err(e) => return Err(e),
        };
        let constants = Constants::new(&moments, exponent);
        let continuous = structure.continuous;
        let pole = derivative_pole(&structure.pieces);
        let report = Classification::open(activation, options.arithmetic == Arithmetic::Ball);
        Ok(Inquiry {
            structure,
            exponent,
            sizes,
            zero_bits,
            options,
            accuracy,
            moments,
            constants,
            report,
            continuous,
            pole,
        })
    }

    /// `B'` is infinite, proved: by a jump, or by a pole of the derivative.
    pub(super) fn has_infinite_slope(&self) -> bool {
        self.continuous == Some(false) || self.pole.is_some()
    }

    /// Recomputes everything with a smaller absolute error.
    pub(super) fn sharpen(&mut self, accuracy: Bits) -> Result<()> {
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
        self.constants = Constants::new(&self.moments, self.exponent);
        Ok(())
    }

    pub(super) fn decide(&mut self) -> Result<()> {
        self.certain_digits()?;
        if !self.has_constants() {
            return Ok(());
        }
        self.decided()?;
        self.without_what_is_undefined();
        Ok(())
    }

    fn decided(&mut self) -> Result<()> {
        self.tell_structure();
        if self.structure.linear {
            self.linear();
            return Ok(());
        }
        let a_zero = self.zero_of(
            "A = E phi(Z)",
            VerdictConstant::Mean,
            |s| (s.parity == Some(Parity::Odd), s.mean.clone()),
            |c| &c.a,
        )?;
        let first_zero = self.zero_of(
            "A' = E phi'(Z)",
            VerdictConstant::First,
            |s| (s.parity == Some(Parity::Even), s.first.clone()),
            |c| &c.a_prime,
        )?;
        self.fill_constants(a_zero, first_zero);
        self.tell_continuity();
        match (a_zero, first_zero) {
            (Zero::Refuted, _) => self.with_mean(),
            (_, Zero::Refuted) => self.singular(),
            _ => self.nearest(),
        }
    }

    fn zero_of(
        &mut self,
        name: &str,
        constant: VerdictConstant,
        structural: impl Fn(&Activation) -> (bool, Option<Closed>),
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
            self.stands(constant, Stands::Equal, 0, value(&self.constants).clone());
            return Ok(Zero::Proved);
        }
        if constant == VerdictConstant::Mean && self.structure.centred {
            self.say(&format!(
                "{name} = 0, because a mean is subtracted from its own function (by definition of the mean)"
            ));
            self.stands(constant, Stands::Equal, 0, value(&self.constants).clone());
            return Ok(Zero::Proved);
        }
        if closed.as_ref().is_some_and(Closed::is_zero) {
            self.say(&format!(
                "{name} = 0, because the integral in closed form is 0 identically"
            ));
            self.stands(constant, Stands::Equal, 0, value(&self.constants).clone());
            return Ok(Zero::Proved);
        }
        let x = value(&self.constants);
        if !x.contains_zero() {
            let line = format!("{name} is not 0: {}", shown(x));
            let x = x.clone();
            self.say(&line);
            self.stands(constant, Stands::Apart, 0, x);
            return Ok(Zero::Refuted);
        }
        let bound = size(x);
        self.report.proved = false;
        self.report.missing.push(format!(
            "a proof that {name} = 0: it is 0 to within {bound}; if it is not exactly 0 the verdict is another one \
             (majority vote or ordered for A, a singular kernel for A')"
        ));
        Ok(Zero::Numerical)
    }

    fn tell_structure(&mut self) {
        let c = relative(&self.constants.normalisation);
        let closed = self.structure.square.as_ref().map_or(String::new(), |s| {
            let typed = s.scaled(&power_of_ten(2 * self.exponent));
            format!(" (E phi(Z)^2 = {typed})")
        });
        self.say(&format!(
            "normalised by c_sigma = 1/E phi(Z)^2 = {c}{closed}"
        ));
        let c = &self.constants.normalisation;
        let square = &Ball::int(1, c.bits()) / c;
        self.stands(VerdictConstant::Square, Stands::Above, 0, square);
        if self.structure.has_breakpoints() {
            self.say(&breakpoints(&self.structure.pieces));
        }
    }

    /// Whether `E phi'(Z)^2` is `B'`, and where that stays open, what is missing.
    fn tell_continuity(&mut self) {
        if let Some((p, k)) = self.pole.clone() {
            self.say(&format!(
                "phi'(x) is of the order |x - p|^(-{k}) at p = {p}, so it is not square integrable: B' = E phi'(Z)^2 = infinity"
            ));
            let twice = Rational::from(&k * 2u32);
            let stands = if twice == 1 {
                Stands::Equal
            } else {
                Stands::Above
            };
            self.stands(
                VerdictConstant::DerivativePole,
                stands,
                1,
                Ball::rational(&twice, 64),
            );
            return;
        }
        match self.continuous {
            Some(true) => {
                if self.structure.has_breakpoints() {
                    self.say("phi is continuous (its pieces meet at every breakpoint), so B' = E phi'(Z)^2");
                } else {
                    self.say("phi is continuous on the whole line");
                }
                let nothing = Ball::int(0, 64);
                self.stands(VerdictConstant::Jump, Stands::Equal, 0, nothing);
            }
            Some(false) => {
                self.say("phi jumps, so its derivative is not square integrable: B' = E phi'(Z)^2 = infinity (A' is taken as E Z phi(Z))");
                if let Some(jump) = first_jump(&self.structure.pieces) {
                    self.stands(VerdictConstant::Jump, Stands::Apart, 0, jump);
                }
            }
            None => {}
        }
    }

    /// `phi(z) = c z`, proved by the expression.
    fn linear(&mut self) {
        self.fill_constants(Zero::Proved, Zero::Refuted);
        self.report.regime = Regime::Linear;
        let one = || Some(Closed::one());
        let bits = self.constants.a_prime.bits();
        self.report.b_prime = Some(self.with_closed(&Ball::int(1, bits), one()));
        self.say("phi(z) = c z: the dual is rho, T_L = (L + 1) rho, and the kernel stays linear at every depth");
        let square = self.constants.a_prime.powi(2);
        self.stands(VerdictConstant::FirstSquare, Stands::Equal, 1, square);
    }

    /// The verdict is withheld, for want of this.
    pub(super) fn undecided(&mut self, missing: String) {
        self.report.regime = Regime::Undecided;
        self.report.phase = None;
        self.report.fixed_point = None;
        self.report.multiplier = None;
        self.report.proved = false;
        self.report.missing.push(missing);
    }

    /// A number with its closed form; a rational one is its own best enclosure, and one that is too long to be read is
    /// left out.
    pub(super) fn with_closed(&self, value: &Ball, closed: Option<Closed>) -> Quantity {
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
        let norm = (self.structure.square.as_ref().and_then(Closed::reciprocal))
            .map(|n| n.scaled(&power_of_ten(-2 * self.exponent)));
        let norm = self.with_closed(&self.constants.normalisation, norm);
        let exact_b = if self.structure.critical {
            Some(Closed::one())
        } else {
            over(&self.structure.derivative_square, &self.structure.square)
        };
        let b_prime = match self.continuous {
            _ if self.pole.is_some() => Some(Quantity::infinite()),
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
    }

    /// A moment of `psi` as one of `phi`.
    pub(super) fn typed_scale(&self, c: &Closed) -> Closed {
        c.scaled(&power_of_ten(self.exponent))
    }

    pub(super) fn say(&mut self, line: &str) {
        self.report.evidence.push(line.to_string());
    }

    /// A fact on which the last step rests.
    pub(super) fn stands(
        &mut self,
        constant: VerdictConstant,
        stands: Stands,
        bound: i32,
        enclosure: Ball,
    ) {
        self.report.facts.push(Fact {
            step: self.report.evidence.len().saturating_sub(1),
            constant,
            stands,
            bound: bound.into(),
            enclosure,
        });
    }

    pub(super) fn wanted_bits(&self) -> Bits {
        bits_for(self.options.digits)
    }
}

/// Fifteen digits, for sentences.
pub(super) fn relative(x: &Ball) -> String {
    match certain_digits(x.mid(), &x.rad(), 15) {
        Certain::Digits(s) | Certain::Bound(s) => s,
    }
}

/// What a number that may be zero is certainly no larger than, with two digits.
pub(super) fn size(x: &Ball) -> String {
    let bound = Ball::exact(rug::Float::with_val(64, x.magnitude()));
    match certain_digits(bound.mid(), &bound.rad(), 2) {
        Certain::Digits(s) | Certain::Bound(s) => s,
    }
}

/// Between which points the formula changes; all of them only if there are few.
fn breakpoints(pieces: &[crate::activation::pieces::Piece]) -> String {
    use crate::activation::pieces::End;
    const MOST: usize = 12;
    let positions: Vec<String> = pieces[1..]
        .iter()
        .filter_map(|p| p.from.breakpoint().map(ToString::to_string))
        .collect();
    let shown = match positions.len() {
        n if n > MOST => format!(
            "{}, ..., {} ({n} of them)",
            positions[..MOST / 2].join(", "),
            positions[n - MOST / 2..].join(", ")
        ),
        _ => positions.join(", "),
    };
    let ends = [&pieces[0].from, &pieces[pieces.len() - 1].to];
    let reach = ends.iter().filter_map(|end| match end {
        End::Reach(r) => Some(r.abs()),
        _ => None,
    });
    let limits = reach.max().map_or_else(String::new, |r| {
        format!(", as far as |x| <= {r} was looked at")
    });
    match positions.len() {
        0 => format!("no breakpoint was found{limits}"),
        _ => format!("phi is analytic between its breakpoints x = {shown}{limits}"),
    }
}

fn shown(x: &Ball) -> String {
    relative(x)
}
