//! The coefficients of a tree that is a polynomial in `x`.

use rug::Rational;

use super::form::{Form, Monomial};
use super::reading::Reader;
use super::writing;
use crate::activation::expr::Expr;

/// So many multiplications of terms may be spent.
const PAIRS: usize = 200_000;
/// Largest degree of a polynomial that is recognised as one.
const DEGREE: u32 = 1_000;

impl Expr {
    /// The coefficients, the constant first and the leading one not zero, if the tree is a polynomial
    /// in `x` whose coefficients are rational numbers; the zero polynomial has none. Exact.
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// let f: Expr = "(x-0.5)*(x+1/2)/3".parse()?;
    /// assert_eq!(f.polynomial(), Some(vec![(-1, 12).into(), 0.into(), (1, 3).into()]));
    /// assert_eq!("hermite(2)".parse::<Expr>()?.polynomial(), None);
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn polynomial(&self) -> Option<Vec<Rational>> {
        coefficients(self)?.iter().map(Form::rational).collect()
    }

    /// The coefficients, the constant first, if the tree is a polynomial in `x` whose coefficients are
    /// constants of any kind, each a simplified tree without `x`.
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// let f: Expr = "optimal(4)".parse()?;
    /// let texts = |f: Expr| f.polynomial_over_constants().map(|c| c.iter().map(Expr::to_string).collect::<Vec<_>>());
    /// assert_eq!(texts("hermite(3)".parse()?), Some(["0", "-3/sqrt(6)", "0", "1/sqrt(6)"].map(String::from).to_vec()));
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn polynomial_over_constants(&self) -> Option<Vec<Expr>> {
        Some(coefficients(self)?.iter().map(writing::tree).collect())
    }
}

fn coefficients(e: &Expr) -> Option<Vec<Form>> {
    let mut reader = Reader::new(DEGREE, false);
    let form = reader.read(&e.expand());
    let form = reader.multiplied_out(&form, &mut PAIRS.clone())?;
    let mut coefficients: Vec<Form> = Vec::new();
    for (monomial, c) in form.terms {
        let degree = monomial.degree();
        if !degree.is_integer() || !(0..=DEGREE).contains(&degree) {
            return None;
        }
        let place = degree.numer().to_usize()?;
        let rest = Monomial(
            monomial
                .0
                .into_iter()
                .filter(|(atom, _)| *atom != Expr::X)
                .collect(),
        );
        if !rest.is_constant() {
            return None;
        }
        if coefficients.len() <= place {
            coefficients.resize(place + 1, Form::default());
        }
        coefficients[place].insert(rest, c);
    }
    Some(coefficients)
}
