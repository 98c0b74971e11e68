//! From the coefficients of a kernel to an activation that has it.

use rug::{Float, Rational};

use crate::activation::Expr;
use crate::error::Result;
use crate::hermite::guard_bits;
use crate::real::{Analytic, Ball, Quantity, Real};
use crate::recursion::Kind;

/// An activation with a wanted kernel; its Hermite coefficients are known but for their signs, which are free.
#[derive(Clone, Debug)]
pub struct Realisation {
    /// An expression: every coefficient is the root of the number that it shows.
    pub activation: Expr,
    /// `max |phi'|` for `|x| <=` [`REACH`], enclosed.
    pub slope: Quantity,
    /// Were all choices of signs looked at, in doubles? (Otherwise some.)
    pub all_signs: bool,
}

/// The slope of an activation is looked at for `|x|` up to this: of a normal variable, all but 6 in 100,000 are there.
pub const REACH: u32 = 4;

/// So many signs are tried in all combinations.
const ALL: usize = 12;
/// Cells between `-REACH` and `REACH`.
const CELLS: i64 = 2048;

impl Realisation {
    /// The activation whose kernel is `sum_k b_k rho^k`: the covariance of the network with one hidden layer (its coefficients
    /// are `a_k^2 = b_k`), or the tangent kernel `f + rho f'` (`a_k^2 = b_k/(1 + k)`). Of the choices of signs it takes the one
    /// with the smallest slope (Simon, Anand and DeWeese 2022).
    ///
    /// ```
    /// use deeplimit::design::Realisation;
    /// use deeplimit::recursion::Kind;
    /// let b = [(1, 4), (0, 1), (3, 4)].map(rug::Rational::from);
    /// let found = Realisation::new(&b, Kind::Nngp)?;
    /// assert_eq!(found.activation.to_string(), "1/2+sqrt(0.75)*hermite(2,x)".replace("1/2", "0.5").replace(",x", ", x"));
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    ///
    /// # Errors
    /// None for coefficients that are not negative.
    pub fn new(coefficients: &[Rational], kind: Kind) -> Result<Realisation> {
        let squares: Vec<(usize, Rational)> = coefficients
            .iter()
            .enumerate()
            .filter(|(_, b)| **b > 0)
            .map(|(k, b)| match kind {
                Kind::Nngp => (k, b.clone()),
                Kind::Ntk => (k, Rational::from(b / (1 + k as u32))),
            })
            .collect();
        let (signs, all_signs) = signs(&squares);
        let mut text = String::new();
        for ((k, square), plus) in squares.iter().zip(&signs) {
            text += match (plus, text.is_empty()) {
                (true, true) => "",
                (true, false) => "+",
                (false, _) => "-",
            };
            text += &term(*k, square);
        }
        if text.is_empty() {
            text += "0";
        }
        Ok(Realisation {
            activation: Expr::parse(&text)?,
            slope: slope(&squares, &signs),
            all_signs,
        })
    }
}

/// `sqrt(b) h_k(x)`
fn term(k: usize, square: &Rational) -> String {
    let root = |n: &rug::Integer| n.is_perfect_square().then(|| n.clone().sqrt());
    let factor = match (root(square.numer()), root(square.denom())) {
        (Some(n), Some(d)) => {
            let q = Rational::from((n, d));
            let text = Expr::rational(&q).to_string();
            if q == 1 && k > 0 { String::new() } else { text }
        }
        _ => format!("sqrt({})", Expr::rational(square)),
    };
    let times = if factor.is_empty() { "" } else { "*" };
    match k {
        0 => factor,
        1 => format!("{factor}{times}x"),
        k => format!("{factor}{times}hermite({k}, x)"),
    }
}

/// The signs with the smallest slope, and whether all were tried. The constant has none that matters, and all others may be
/// turned at once.
fn signs(squares: &[(usize, Rational)]) -> (Vec<bool>, bool) {
    let moving: Vec<usize> = (0..squares.len()).filter(|i| squares[*i].0 > 0).collect();
    let waves: Vec<Vec<f64>> = moving
        .iter()
        .map(|i| slope_of_one(squares[*i].0, squares[*i].1.to_f64()))
        .collect();
    let size = |signs: &[bool]| {
        let points = waves.first().map_or(0, Vec::len);
        (0..points)
            .map(|j| {
                let terms = waves.iter().zip(signs);
                let sum: f64 = terms
                    .map(|(w, plus)| if *plus { w[j] } else { -w[j] })
                    .sum();
                sum.abs()
            })
            .fold(0.0, f64::max)
    };
    let m = moving.len();
    let all = m <= ALL;
    let mut best = (size(&vec![true; m]), vec![true; m]);
    let offer = |signs: Vec<bool>, best: &mut (f64, Vec<bool>)| {
        let found = size(&signs);
        // as good is not better: the plain signs stay
        let better = found < best.0 * (1.0 - 1e-9);
        if better {
            *best = (found, signs);
        }
        better
    };
    if all {
        for pattern in 1..1_u32 << m.saturating_sub(1) {
            let signs = (0..m).map(|i| i == 0 || pattern >> (i - 1) & 1 == 0);
            offer(signs.collect(), &mut best);
        }
    } else {
        // from several beginnings, one sign after the other as long as that helps
        for period in 1..=4 {
            let mut here = (
                0.0,
                (0..m).map(|i| i / period % 2 == 0).collect::<Vec<bool>>(),
            );
            here.0 = size(&here.1);
            while (1..m).any(|i| {
                let mut turned = here.1.clone();
                turned[i] = !turned[i];
                offer(turned, &mut here)
            }) {}
            offer(here.1, &mut best);
        }
    }
    let mut out = vec![true; squares.len()];
    for (i, plus) in moving.iter().zip(best.1) {
        out[*i] = plus;
    }
    (out, all)
}

/// `sqrt(b k) h_(k-1)` at points of `[-REACH, REACH]`, in doubles.
fn slope_of_one(k: usize, square: f64) -> Vec<f64> {
    let points = 400;
    (0..=points)
        .map(|j| {
            let x = f64::from(REACH) * (2.0 * f64::from(j) / f64::from(points) - 1.0);
            let (mut before, mut now) = (0.0, 1.0);
            for n in 0..k - 1 {
                let next = (x * now - (n as f64).sqrt() * before) / ((n + 1) as f64).sqrt();
                (before, now) = (now, next);
            }
            (square * k as f64).sqrt() * now
        })
        .collect()
}

/// `max |phi'|`: its values at points in balls, and between two of them no more than `d^2/8 max |phi'''|`, with
/// `|h_n(x)| <= 1.0865 exp(x^2/4)` (Cramer).
fn slope(squares: &[(usize, Rational)], signs: &[bool]) -> Quantity {
    let degree = squares.last().map_or(0, |(k, _)| *k);
    let bits = 96 + guard_bits(degree as u32);
    let int = |n: i64| Ball::int(n, bits);
    let roots: Vec<Ball> = (0..=degree).map(|n| int(n as i64).sqrt()).collect();
    let mut factors = vec![int(0); degree + 1];
    let mut third = int(0);
    for ((k, b), plus) in squares.iter().zip(signs).filter(|((k, _), _)| *k > 0) {
        let a = (Ball::rational(b, bits) * &int(*k as i64)).sqrt();
        if *k > 2 {
            third = third + &(&a * &(&roots[*k - 1] * &roots[*k - 2]));
        }
        factors[*k] = if *plus { a } else { -a };
    }
    let reach = int(i64::from(REACH));
    let mut largest = int(0);
    for j in 0..=CELLS {
        let x = (&reach * &int(2 * j - CELLS)) / int(CELLS);
        let (mut before, mut now, mut sum) = (int(0), int(1), int(0));
        for k in 1..=degree {
            if !factors[k].contains_zero() {
                sum = sum + &(&factors[k] * &now);
            }
            let next = (&(&x * &now) - &(&roots[k - 1] * &before)) / &roots[k];
            (before, now) = (now, next);
        }
        largest = Real::max(&largest, &Real::abs(&sum));
    }
    let cramer = Ball::rational(&Rational::from((10_865, 10_000)), bits)
        * &(&reach.square() / &int(4)).exp();
    let width = (&reach * &int(2)) / int(CELLS);
    let between = (&width.square() / &int(8)) * &(third * &cramer);
    let upper: Float = (&largest + &between).upper();
    Quantity::new(&Ball::from_interval(&largest.lower(), &upper, bits), None)
}
