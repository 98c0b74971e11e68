//! Polynomials with integer coefficients: all real roots, exactly isolated.

use std::cmp::Ordering;

use rug::ops::Pow;
use rug::{Integer, Rational};

use crate::activation::Expr;

/// A polynomial, the constant coefficient first, the leading one not zero, without a common divisor of the
/// coefficients. The zero polynomial has no coefficients.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Polynomial(Vec<Integer>);

/// A real root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// A rational number.
    Rational(Rational),
    /// `(b + sign sqrt(d)) / a`, given as `b/a` and `sign`, `d/a^2`.
    Quadratic {
        centre: Rational,
        sign: Ordering,
        square: Rational,
    },
    /// `sign * (power)^(1/n)`, `power > 0`.
    Radical {
        sign: Ordering,
        power: Rational,
        n: u32,
    },
    /// The only root in an open interval, which is irrational.
    Isolated(Rational, Rational),
}

impl Polynomial {
    /// The polynomial up to a positive factor.
    pub(super) fn new(coefficients: &[Rational]) -> Self {
        let mut denominator = Integer::from(1);
        for c in coefficients {
            denominator.lcm_mut(c.denom());
        }
        let scaled = coefficients.iter().map(|c| {
            let (numerator, below) = c.clone().into_numer_denom();
            numerator * Integer::from(denominator.div_exact_ref(&below))
        });
        Self(scaled.collect()).primitive()
    }

    fn primitive(mut self) -> Self {
        while self.0.last().is_some_and(Integer::is_zero) {
            self.0.pop();
        }
        let mut content = Integer::new();
        for c in &self.0 {
            content.gcd_mut(c);
        }
        if content > 1 {
            for c in &mut self.0 {
                c.div_exact_mut(&content);
            }
        }
        self
    }

    /// The tree `c_0 + c_1 x + c_2 x^2 + ...`.
    pub(super) fn expr(&self) -> Expr {
        let term = |(i, c): (usize, &Integer)| {
            Expr::rational(&Rational::from(c)) * Expr::X.pow(Expr::int(i as i64))
        };
        let terms = self.0.iter().enumerate().filter(|(_, c)| !c.is_zero());
        terms.map(term).fold(Expr::int(0), |sum, term| sum + term)
    }

    pub(super) fn degree(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    fn leading(&self) -> Integer {
        self.0.last().cloned().unwrap_or_default()
    }

    fn derivative(&self) -> Self {
        let terms = self.0.iter().enumerate().skip(1);
        Self(terms.map(|(i, c)| Integer::from(c * i as u64)).collect()).primitive()
    }

    /// The sign of the value at `x`.
    pub(super) fn sign_at(&self, x: &Rational) -> Ordering {
        // Homogeneous Horner: den^n p(num/den), no fractions.
        let (n, d) = (x.numer(), x.denom());
        let mut value = Integer::new();
        let mut power = Integer::from(1);
        for c in self.0.iter().rev() {
            value = value * n + Integer::from(c * &power);
            power *= d;
        }
        value.cmp0()
    }

    fn sign_at_infinity(&self, positive: bool) -> Ordering {
        let sign = self.leading().cmp0();
        if positive || self.degree().is_multiple_of(2) {
            sign
        } else {
            sign.reverse()
        }
    }

    /// The remainder of `self` by `divisor` times some positive number.
    fn remainder(&self, divisor: &Self) -> Self {
        let mut rest = self.clone();
        let lead = divisor.leading();
        while !rest.is_zero() && rest.degree() >= divisor.degree() {
            let shift = rest.degree() - divisor.degree();
            let top = rest.leading();
            let common = Integer::from(top.gcd_ref(&lead));
            let mut by = Integer::from(lead.div_exact_ref(&common));
            let mut times = Integer::from(top.div_exact_ref(&common));
            if by < 0 {
                by = -by;
                times = -times;
            }
            for c in &mut rest.0 {
                *c *= &by;
            }
            for (i, c) in divisor.0.iter().enumerate() {
                rest.0[i + shift] -= Integer::from(c * &times);
            }
            rest = rest.primitive();
        }
        rest
    }

    pub(super) fn gcd(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.clone(), other.clone());
        while !b.is_zero() {
            let rest = a.remainder(&b);
            a = b;
            b = rest;
        }
        a.primitive()
    }

    /// `self / divisor`, up to a positive factor, where it comes out even.
    fn quotient(&self, divisor: &Self) -> Self {
        let mut rest: Vec<Rational> = self.0.iter().map(Rational::from).collect();
        let lead = Rational::from(divisor.leading());
        let count = (self.0.len() + 1).saturating_sub(divisor.0.len());
        let mut quotient = vec![Rational::new(); count];
        for shift in (0..count).rev() {
            let q = Rational::from(&rest[shift + divisor.degree()] / &lead);
            for (i, c) in divisor.0.iter().enumerate() {
                rest[i + shift] -= Rational::from(&q * c);
            }
            quotient[shift] = q;
        }
        Self::new(&quotient)
    }

    /// The same roots, each once.
    pub(super) fn square_free(&self) -> Self {
        Sturm::square_free(self).0
    }

    /// The number of different roots in the closed interval `[low, high]`.
    pub(super) fn roots_within(&self, low: &Rational, high: &Rational) -> usize {
        let (_, chain) = Sturm::square_free(self);
        let at_low = usize::from(self.sign_at(low).is_eq());
        chain.roots_in(Some(low), Some(high)) + at_low
    }

    /// All real roots, in ascending order.
    pub(super) fn roots(&self) -> Vec<Root> {
        if self.degree() == 0 {
            return Vec::new();
        }
        let (mut rest, chain) = Sturm::square_free(self);
        let mut rational = Vec::new();
        let mut open = Vec::new();
        for (low, high) in chain.isolated() {
            match rest.rational_root(low, high) {
                Ok(root) => rational.push(root),
                Err(isolated) => open.push(isolated),
            }
        }
        for root in &rational {
            let factor = Self(vec![-root.numer().clone(), root.denom().clone()]);
            rest = rest.quotient(&factor);
        }
        let mut roots = rest.irrational_roots(open);
        // Intervals are disjoint from the rational roots, which were ends or are outside.
        for root in rational {
            let place = roots.partition_point(|other| match other {
                (_, Root::Rational(q)) => *q < root,
                ((_, high), _) => *high <= root,
            });
            roots.insert(place, ((root.clone(), root.clone()), Root::Rational(root)));
        }
        roots.into_iter().map(|(_, root)| root).collect()
    }

    /// The root in `(low, high]`, if it is rational; otherwise an open interval around it, so short that
    /// its ends are roots of nothing here.
    fn rational_root(
        &self,
        mut low: Rational,
        mut high: Rational,
    ) -> Result<Rational, (Rational, Rational)> {
        if self.sign_at(&high).is_eq() {
            return Ok(high);
        }
        // lead * root is an algebraic integer: a rational root has the denominator `lead`.
        let lead = self.leading().abs();
        let above = self.sign_at(&high);
        // `low` may be a root itself (of the interval before): move off it.
        loop {
            let width = Rational::from(&high - &low);
            if self.sign_at(&low).is_ne() && Rational::from(&width * &lead) < 1 {
                break;
            }
            let middle = Rational::from(&low + &high) / 2u32;
            match self.sign_at(&middle) {
                Ordering::Equal => return Ok(middle),
                sign if sign == above => high = middle,
                _ => low = middle,
            }
        }
        let candidate =
            Rational::from((Rational::from(&high * &lead).floor().numer().clone(), lead));
        if candidate > low && self.sign_at(&candidate).is_eq() {
            return Ok(candidate);
        }
        Err((low, high))
    }

    /// Irrational roots with their intervals, by radicals where the polynomial is `a x^2 + b x + c` or
    /// `a x^n + c`.
    fn irrational_roots(
        &self,
        isolated: Vec<(Rational, Rational)>,
    ) -> Vec<((Rational, Rational), Root)> {
        let lead = Rational::from(self.leading());
        let n = self.degree();
        let binomial = n > 2 && self.0[1..n].iter().all(Integer::is_zero);
        let last = isolated.len().saturating_sub(1);
        let form = |(i, (low, high)): (usize, (Rational, Rational))| {
            // The first of two roots is the lower one.
            let sign = if i == last {
                Ordering::Greater
            } else {
                Ordering::Less
            };
            let root = if n == 2 {
                let centre = -Rational::from(&self.0[1]) / &lead / 2u32;
                let square = centre.clone().pow(2) - Rational::from(&self.0[0]) / &lead;
                Root::Quadratic {
                    centre,
                    sign,
                    square,
                }
            } else if binomial {
                let power = -Rational::from(&self.0[0]) / &lead;
                Root::Radical {
                    sign: if n % 2 == 1 { power.cmp0() } else { sign },
                    power: power.abs(),
                    n: n as u32,
                }
            } else {
                Root::Isolated(low.clone(), high.clone())
            };
            ((low, high), root)
        };
        isolated.into_iter().enumerate().map(form).collect()
    }
}

/// Sturm's chain of a square-free polynomial.
struct Sturm(Vec<Polynomial>);

impl Sturm {
    /// The polynomial with every root once, and its chain. (The chain of `p` ends with the greatest common
    /// divisor of `p` and `p'`.)
    fn square_free(p: &Polynomial) -> (Polynomial, Self) {
        let chain = Self::new(p);
        match chain.0.last() {
            Some(common) if common.degree() > 0 => {
                let free = p.quotient(common);
                let chain = Self::new(&free);
                (free, chain)
            }
            _ => (p.clone(), chain),
        }
    }

    fn new(p: &Polynomial) -> Self {
        let mut chain = vec![p.clone(), p.derivative()];
        while let [.., a, b] = &chain[..]
            && !b.is_zero()
        {
            let mut rest = a.remainder(b);
            for c in &mut rest.0 {
                *c = Integer::from(-&*c);
            }
            chain.push(rest);
        }
        chain.retain(|p| !p.is_zero());
        Self(chain)
    }

    fn changes(&self, sign: impl Fn(&Polynomial) -> Ordering) -> usize {
        let signs: Vec<Ordering> = (self.0.iter().map(sign)).filter(|s| s.is_ne()).collect();
        signs.windows(2).filter(|pair| pair[0] != pair[1]).count()
    }

    fn changes_at(&self, x: Option<&Rational>, positive: bool) -> usize {
        match x {
            Some(x) => self.changes(|p| p.sign_at(x)),
            None => self.changes(|p| p.sign_at_infinity(positive)),
        }
    }

    /// The number of roots in `(low, high]`.
    fn roots_in(&self, low: Option<&Rational>, high: Option<&Rational>) -> usize {
        self.changes_at(low, false)
            .saturating_sub(self.changes_at(high, true))
    }

    /// Intervals `(low, high]` with one root each, in ascending order.
    fn isolated(&self) -> Vec<(Rational, Rational)> {
        // Cauchy: |root| < 1 + max |c_i / c_n|, rounded up to a power of two.
        let p = &self.0[0];
        let lead = p.leading().abs();
        let largest =
            p.0.iter()
                .map(|c| c.clone().abs())
                .max()
                .unwrap_or_default();
        let mut bound = Rational::from(2);
        while Rational::from(&bound * &lead) <= Integer::from(&largest + &lead) {
            bound *= 2u32;
        }
        let mut isolated = Vec::new();
        let mut open = vec![(Rational::from(-&bound), bound)];
        while let Some((low, high)) = open.pop() {
            match self.roots_in(Some(&low), Some(&high)) {
                0 => {}
                1 => isolated.push((low, high)),
                _ => {
                    let middle = Rational::from(&low + &high) / 2u32;
                    open.push((middle.clone(), high));
                    open.push((low, middle));
                }
            }
        }
        isolated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polynomial(coefficients: &[i64]) -> Polynomial {
        let c: Vec<Rational> = coefficients.iter().map(|&c| c.into()).collect();
        Polynomial::new(&c)
    }

    #[test]
    fn roots_are_recognised() {
        let q = |p: (i32, i32)| Root::Rational(p.into());
        assert_eq!(polynomial(&[-1, 2]).roots(), [q((1, 2))]);
        assert_eq!(polynomial(&[-1, 0, 1]).roots(), [q((-1, 1)), q((1, 1))]);
        // (3x - 1)^2 (x^2 + 1)
        assert_eq!(polynomial(&[1, -6, 10, -6, 9]).roots(), [q((1, 3))]);
        // x^3 - x
        let three = [q((-1, 1)), q((0, 1)), q((1, 1))];
        assert_eq!(polynomial(&[0, -1, 0, 1]).roots(), three);
        let root = |sign| Root::Quadratic {
            centre: 0.into(),
            sign,
            square: 2.into(),
        };
        let (minus, plus) = (root(Ordering::Less), root(Ordering::Greater));
        // x (x^2 - 2)
        let roots = polynomial(&[0, -2, 0, 1]).roots();
        assert_eq!(roots, [minus, q((0, 1)), plus]);
        assert!(polynomial(&[1, 1, 1]).roots().is_empty());
        // x^5 + 32/243 * 2: no rational root
        let roots = polynomial(&[64, 0, 0, 0, 0, 243]).roots();
        assert!(matches!(
            &roots[..],
            [Root::Radical {
                sign: Ordering::Less,
                n: 5,
                ..
            }]
        ));
    }

    /// Wilkinson's polynomial of degree 20, and the same plus a little.
    #[test]
    fn close_and_wild_roots() {
        let product = |extra: i64| {
            let mut c = vec![Rational::from(1)];
            for k in 1..=20 {
                let mut next = vec![Rational::new(); c.len() + 1];
                for (i, c) in c.iter().enumerate() {
                    next[i + 1] += c;
                    next[i] -= Rational::from(c * k);
                }
                c = next;
            }
            c[0] += extra;
            Polynomial::new(&c).roots()
        };
        let whole: Vec<Root> = (1..=20).map(|k| Root::Rational(k.into())).collect();
        assert_eq!(product(0), whole);
        let moved = product(1);
        assert_eq!(moved.len(), 20);
        for (k, root) in (1..).zip(moved) {
            let Root::Isolated(low, high) = root else {
                panic!("{root:?}")
            };
            assert!(low > k - 1 && high < k + 1, "{k}: {low} {high}");
        }
    }
}
