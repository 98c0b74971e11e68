//! The activation in closed form, and in numbers of any precision.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::halves::{Group, Halves, Support, unknown};
use super::spline::Spline;
use crate::activation::Parity;
use crate::activation::pieces::{Breakpoint, End, Piece};
use crate::exact::{Activation, Closed, ExponentialTerm, exponential_terms};
use crate::real::{Analytic, Ball, Bits, Kept};

/// Higher powers than this are left to the Hermite series.
const MOST_POWER: u32 = 48;
/// More pairs of terms than this, too.
const MOST_GROUPS: usize = 40;
/// Coefficients of the dual that are looked at for the first that is not 0.
const LAST_ORDER: u32 = 12;

/// The activation in closed form.
#[derive(Debug)]
pub(super) struct Source {
    kinks: Vec<Breakpoint>,
    /// Different rates `a`.
    rates: Vec<Closed>,
    /// Coefficients by support, place of the rate, and power.
    terms: BTreeMap<(Support, usize), BTreeMap<u32, Closed>>,
    /// Proved to be.
    pub continuous: bool,
    pub parity: Option<Parity>,
    /// The first coefficient of the dual that is not 0, and its place, where the ones before it are proved to be 0.
    pub leading: Option<(u32, Closed)>,
    numbers: Kept<Halves>,
    /// Where the activation is not of the class, but near a spline that is.
    pub spline: Option<Spline>,
}

impl Source {
    pub fn new(structure: &Activation) -> Option<Source> {
        let continuous = structure.continuous == Some(true);
        let source = Source::of(&structure.pieces, continuous, structure.parity)?;
        Some(Source {
            leading: leading(structure),
            ..source
        })
    }

    /// Of an activation that a spline comes near to.
    pub fn near(structure: &Activation, spline: Spline) -> Source {
        Source {
            kinks: Vec::new(),
            rates: Vec::new(),
            terms: BTreeMap::new(),
            continuous: structure.continuous == Some(true),
            parity: structure.parity,
            leading: leading(structure),
            numbers: Kept::default(),
            spline: Some(spline),
        }
    }

    /// Without its first coefficient that is not 0.
    pub fn of(pieces: &[Piece], continuous: bool, parity: Option<Parity>) -> Option<Source> {
        let kinks: Vec<Breakpoint> = pieces
            .windows(2)
            .map(|pair| pair[0].to.breakpoint().cloned())
            .collect::<Option<_>>()?;
        let whole = matches!(
            (&pieces.first()?.from, &pieces.last()?.to),
            (End::MinusInfinity, End::PlusInfinity)
        );
        if !whole {
            return None;
        }
        let mut out = Source {
            kinks,
            rates: Vec::new(),
            terms: BTreeMap::new(),
            continuous,
            parity,
            leading: None,
            numbers: Kept::default(),
            spline: None,
        };
        for (i, piece) in pieces.iter().enumerate() {
            out.add(i, pieces.len(), piece)?;
        }
        if out.terms.len() > MOST_GROUPS {
            return None;
        }
        Some(out)
    }

    /// The terms of a piece on half lines: an exponential that grows to the right on those to the left.
    fn add(&mut self, i: usize, count: usize, piece: &Piece) -> Option<()> {
        for term in exponential_terms(&piece.formula)? {
            if term.power > MOST_POWER {
                return None;
            }
            let minus = term.coefficient.negated();
            let plus = term.coefficient.clone();
            match (i == 0, i + 1 == count) {
                (true, true) => self.put(Support::Line, &term, plus)?,
                (true, false) => self.put(Support::Below(i), &term, plus)?,
                (false, true) => self.put(Support::Above(i - 1), &term, plus)?,
                (false, false) if term.rate.sign() == Some(Ordering::Greater) => {
                    self.put(Support::Below(i), &term, plus)?;
                    self.put(Support::Below(i - 1), &term, minus)?;
                }
                (false, false) => {
                    self.put(Support::Above(i - 1), &term, plus)?;
                    self.put(Support::Above(i), &term, minus)?;
                }
            }
        }
        Some(())
    }

    fn put(&mut self, support: Support, term: &ExponentialTerm, coefficient: Closed) -> Option<()> {
        let known = self.rates.iter().position(|r| r.equals(&term.rate));
        let rate = known.unwrap_or_else(|| {
            self.rates.push(term.rate.clone());
            self.rates.len() - 1
        });
        let powers = self.terms.entry((support, rate)).or_default();
        let sum = match powers.get(&term.power) {
            Some(have) => have.plus(&coefficient)?,
            None => coefficient,
        };
        match sum.is_zero() {
            true => powers.remove(&term.power),
            false => powers.insert(term.power, sum),
        };
        if powers.is_empty() {
            self.terms.remove(&(support, rate));
        }
        Some(())
    }

    /// In numbers of so many bits.
    pub fn halves(&self, bits: Bits) -> Arc<Halves> {
        self.numbers.at(bits, || self.in_numbers(bits))
    }

    fn in_numbers(&self, bits: Bits) -> Halves {
        let number = |c: &Closed| c.relative(bits).with_bits(bits);
        let rates: Vec<Ball> = self.rates.iter().map(number).collect();
        let group = |((support, rate), powers): (&(Support, usize), &BTreeMap<u32, Closed>)| {
            let last = powers.keys().next_back().copied().unwrap_or(0);
            let zero = Ball::int(0, bits);
            let at = |n: u32| powers.get(&n).map_or_else(|| zero.clone(), number);
            Group {
                support: *support,
                rate: (*rate, rates[*rate].clone()),
                powers: (0..=last).map(at).collect(),
            }
        };
        let place = |k: &Breakpoint| k.position(bits).with_bits(bits);
        let kinks: Vec<Ball> = self.kinks.iter().map(place).collect();
        Halves {
            tails: unknown(&kinks),
            kinks,
            groups: self.terms.iter().map(group).collect(),
            deltas: Vec::new(),
            scale: 0,
        }
    }
}

/// `(k, a_k)` of the first Hermite coefficient that is not 0.
fn leading(structure: &Activation) -> Option<(u32, Closed)> {
    for n in 0..=LAST_ORDER {
        let by_parity = match structure.parity {
            Some(Parity::Even) => n % 2 == 1,
            Some(Parity::Odd) => n % 2 == 0,
            None => false,
        };
        if by_parity {
            continue;
        }
        let a = match n {
            0 => structure.mean.clone(),
            1 => structure.first.clone(),
            _ => structure.coefficient(n),
        }?;
        if !a.is_zero() {
            return Some((n, a));
        }
    }
    None
}
