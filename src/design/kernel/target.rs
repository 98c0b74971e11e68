//! A wanted kernel as a function of the correlation.

use rug::{Float, Rational};

use super::formula::Program;
use super::layers::Deep;
use crate::activation::{Constants, Expr};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exact::Activation;
use crate::real::Jet;
use crate::real::{Analytic, Ball, Bits};
use crate::recursion::Kind;

/// A kernel `K(rho)` on `[-1, 1]` that is wanted of a network with one hidden layer: a formula, a table of values, or the
/// kernel of a deeper network.
///
/// ```
/// use deeplimit::design::WantedKernel;
/// use deeplimit::activation::Constants;
/// let kernel = WantedKernel::formula("exp(rho-1)", &Constants::default())?;
/// assert_eq!(kernel.to_string(), "exp(rho-1)");
/// // a table is a function: one value for each correlation
/// assert!(WantedKernel::table("K.csv", vec![(0.into(), 1.into()), (0.into(), 2.into())]).is_err());
/// # Ok::<(), deeplimit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct WantedKernel {
    text: String,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    /// With `x` for `rho`.
    Formula(Expr),
    /// Increasing in the first.
    Table(Vec<(Rational, Rational)>),
    Network(Box<Activation>, u32, Kind),
}

/// More layers than this are not compressed into one.
pub const LAYERS_MAX: u32 = 100;

impl WantedKernel {
    /// The kernel of a formula in `rho`.
    ///
    /// # Errors
    /// [`Error::Parse`] with the place.
    pub fn formula(text: &str, constants: &Constants) -> Result<Self> {
        Ok(WantedKernel {
            text: text.to_owned(),
            source: Source::Formula(Expr::parse_in("rho", text, constants)?),
        })
    }

    /// A table of correlations and values, in any order; `name` is said in errors.
    ///
    /// # Errors
    /// [`Error::Data`] where it is empty, has a correlation outside of `[-1, 1]`, or two values for one.
    pub fn table(name: &str, mut rows: Vec<(Rational, Rational)>) -> Result<Self> {
        let bad = |message: String| Err(Error::Data(format!("{name}: {message}")));
        if let Some((rho, _)) = rows.iter().find(|(rho, _)| rho.clone().abs() > 1) {
            return bad(format!(
                "{} is not a correlation: it must lie between -1 and 1",
                rho.to_f64()
            ));
        }
        rows.sort();
        rows.dedup();
        if let Some(pair) = rows.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return bad(format!(
                "the kernel has two values at rho = {}, {} and {}, so it is no function of rho",
                pair[0].0.to_f64(),
                pair[0].1.to_f64(),
                pair[1].1.to_f64()
            ));
        }
        if rows.is_empty() {
            return bad("there is no row of a correlation and a value".to_owned());
        }
        Ok(WantedKernel {
            text: name.to_owned(),
            source: Source::Table(rows),
        })
    }

    /// The covariance (NNGP) or the tangent kernel, divided by its value at 1, of a network with so many hidden layers: activation
    /// normalised, inputs of length 1, no biases.
    ///
    /// # Errors
    /// [`Error::Domain`] for no layer and for more than [`LAYERS_MAX`].
    pub fn of_network(activation: &Activation, layers: u32, kind: Kind) -> Result<Self> {
        if !(1..=LAYERS_MAX).contains(&layers) {
            return Err(Error::Domain(format!(
                "a network of 1 to {LAYERS_MAX} hidden layers is wanted, not of {layers}"
            )));
        }
        let plural = if layers == 1 { "layer" } else { "layers" };
        Ok(WantedKernel {
            text: format!("{kind} of {}, {layers} hidden {plural}", activation.typed),
            source: Source::Network(Box::new(activation.clone()), layers, kind),
        })
    }

    /// Its values at `bits`.
    pub(super) fn prepared(&self, bits: Bits, deadline: Deadline) -> Result<Prepared> {
        Ok(match &self.source {
            Source::Formula(formula) => Prepared::Formula(Program::new(formula, bits)),
            Source::Network(activation, layers, kind) => {
                Prepared::Network(Deep::new(activation, *layers, *kind, bits, deadline)?)
            }
            Source::Table(_) => Prepared::Table,
        })
    }

    /// The points of a table.
    pub(super) fn rows(&self) -> Option<&[(Rational, Rational)]> {
        match &self.source {
            Source::Table(rows) => Some(rows),
            _ => None,
        }
    }

    /// The coefficients of a polynomial with rational ones.
    pub(super) fn polynomial(&self) -> Option<Vec<Rational>> {
        match &self.source {
            Source::Formula(formula) => formula.expand().simplify().polynomial(),
            _ => None,
        }
    }

    /// Is it positive definite in every dimension because of what it is?
    pub(super) fn is_network(&self) -> bool {
        matches!(self.source, Source::Network(..))
    }
}

impl std::fmt::Display for WantedKernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// A wanted kernel, ready to be evaluated.
#[derive(Clone, Debug)]
pub(super) enum Prepared {
    Formula(Program),
    Network(Deep),
    /// Nothing between its rows.
    Table,
}

impl Prepared {
    /// The jet all over a ball of correlations.
    pub fn at(&self, x: &Ball, order: usize) -> Jet {
        match self {
            Prepared::Formula(program) => program.at(x, order),
            Prepared::Network(deep) => deep.at(x, order),
            Prepared::Table => Jet::constant(Ball::undefined(x.bits()), order),
        }
    }

    /// The value at a point.
    ///
    /// # Errors
    /// [`Error::Domain`] where there is none.
    pub fn value(&self, x: &Float, bits: Bits) -> Result<Ball> {
        let at = Ball::exact(Float::with_val(bits.max(x.prec()), x));
        let value = self.at(&at, 0).c.remove(0);
        match value.is_finite() {
            true => Ok(value),
            false => Err(Error::Domain(format!(
                "the kernel has no value at rho = {}: its formula is undefined there, or was not enclosed",
                x.to_f64()
            ))),
        }
    }
}
