//! Certain numbers.

use std::cmp::Ordering;

use deeplimit::activation::Expr;
use deeplimit::exact::NearFraction;
use deeplimit::real::{Analytic, Value};
use deeplimit::recursion::Scaled;
use deeplimit::{Ball, Quantity};
use pyo3::basic::CompareOp;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rug::{Float, Rational};

use crate::{errors, real};

/// What a number is.
#[derive(Clone)]
pub(crate) enum Held {
    Plain(Quantity),
    /// Too large or too small for MPFR.
    Deep(Scaled<Ball>),
}

/// A number with its error: the true value is within `uncertainty` of `midpoint`.
///
/// Numbers come out of questions; there is no constructor. ``str(number)`` has the digits that are certain, ``float(number)`` is
/// the double nearest to the midpoint; ``x in number`` says whether `x` is within `radius` of it. ``<``, ``<=``, ``>`` and ``>=`` hold for the true value, and raise `Undecided` where the
/// enclosure does not decide; ``==`` asks whether two enclosures (or an exact number and another) are the same, and never raises.
///
/// Attributes
/// ----------
/// value : str
///     A decimal, or ``inf`` or ``-inf``.
/// radius : str
///     ``|true value - value| <= radius``: a decimal rounded up; ``"0"`` where ``value`` is exact.
/// exact : str or None
///     The closed form, where one is proved.
/// midpoint : fractions.Fraction or None
///     The middle of the enclosure; None for infinity, and beyond ``1e400000000``.
/// uncertainty : fractions.Fraction or None
///     Its half width.
///
/// Examples
/// --------
/// >>> import deeplimit as dl
/// >>> alpha = dl.classify("tanh").alpha
/// >>> alpha
/// Number(0.880703630807796)
/// >>> "0.8807036308077962" in alpha, 0.88 in alpha, alpha > 0.88
/// (True, False, True)
/// >>> dl.expect("max(x, 0)")
/// Number(0.398942280401433 = 1/sqrt(2*pi))
#[pyclass(frozen, module = "deeplimit")]
#[derive(Clone)]
pub struct Number {
    pub(crate) held: Held,
    digits: usize,
}

impl Number {
    /// With at most so many digits.
    pub fn new(quantity: Quantity, digits: usize) -> Self {
        let held = Held::Plain(quantity);
        Number { held, digits }
    }

    /// The number that a ball encloses.
    pub fn of(ball: &Ball, digits: usize) -> Self {
        Number::new(Quantity::new(ball, None), digits)
    }

    /// One whose exponent may be beyond everything.
    pub fn deep(x: Scaled<Ball>, digits: usize) -> Self {
        /// As far as this the number itself is written.
        const ORDINARY: f64 = 1e8;
        let zero = x.mantissa.sign() == Some(Ordering::Equal);
        if zero || x.log.magnitude() < ORDINARY {
            return Number::of(&x.value(), digits);
        }
        let held = Held::Deep(x);
        Number { held, digits }
    }

    /// An exact fraction.
    pub fn fraction(q: &Rational, digits: usize) -> Self {
        let text = Expr::rational(q).to_string();
        let bits = 64 + deeplimit::real::bits_for(digits);
        Number::new(
            Quantity::new(&Analytic::rational(q, bits), Some(text)),
            digits,
        )
    }

    /// Exactly, where it is a fraction.
    pub fn exactly(&self) -> Option<Rational> {
        let (midpoint, radius) = self.enclosure()?;
        (radius == 0).then_some(midpoint)
    }

    fn quantity(&self) -> Option<&Quantity> {
        match &self.held {
            Held::Plain(quantity) => Some(quantity),
            Held::Deep(_) => None,
        }
    }

    /// Midpoint and radius as fractions.
    pub(crate) fn enclosure(&self) -> Option<(Rational, Rational)> {
        let quantity = self.quantity()?;
        let exact = quantity.exact.as_deref();
        let closed = exact.and_then(|text| Expr::parse(text).ok());
        if let Some(q) = closed.and_then(|expr| expr.as_rational()) {
            return Some((q, Rational::new()));
        }
        match &quantity.value {
            Value::Finite { midpoint, radius } => {
                Some((midpoint.to_rational()?, radius.to_rational()?))
            }
            _ => None,
        }
    }

    /// The radius as it is written.
    fn shown_radius(&self) -> Option<Rational> {
        let (_, radius) = self.decimal_pair();
        NearFraction::parse(&radius).ok().map(|known| known.value)
    }
}

type Parts<'py> = Bound<'py, PyTuple>;

/// Mantissa, exponent, precision.
fn parts<'py>(py: Python<'py>, x: &Float) -> PyResult<Parts<'py>> {
    let (n, exponent) = x.to_integer_exp().unwrap_or_default();
    (real::python(py, &n)?, exponent, x.prec()).into_pyobject(py)
}

/// The other way.
fn float(parts: &Bound<'_, PyAny>) -> PyResult<Float> {
    let (n, exponent, bits): (Bound<'_, PyAny>, i32, u32) = parts.extract()?;
    let hex: String = n.call_method1("__format__", ("x",))?.extract()?;
    let n = rug::Integer::from_str_radix(&hex, 16).unwrap_or_default();
    Ok(Float::with_val(bits.clamp(2, 1 << 24), n) << exponent)
}

fn python_fraction<'py>(py: Python<'py>, q: &Rational) -> PyResult<Bound<'py, PyAny>> {
    let class = py.import("fractions")?.getattr("Fraction")?;
    class.call1((real::python(py, q.numer())?, real::python(py, q.denom())?))
}

#[pymethods]
impl Number {
    #[getter]
    fn value(&self) -> String {
        self.decimal_pair().0
    }

    #[getter]
    fn radius(&self) -> String {
        self.decimal_pair().1
    }

    #[getter]
    fn exact(&self) -> Option<String> {
        self.quantity()?.exact.clone()
    }

    #[getter]
    fn midpoint<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let enclosure = self.enclosure();
        enclosure.map(|(m, _)| python_fraction(py, &m)).transpose()
    }

    #[getter]
    fn uncertainty<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let enclosure = self.enclosure();
        enclosure.map(|(_, r)| python_fraction(py, &r)).transpose()
    }

    /// Bits of the midpoint.
    #[getter]
    fn _bits(&self) -> u32 {
        match self.quantity().map(|q| &q.value) {
            Some(Value::Finite { midpoint, .. }) => midpoint.prec(),
            _ => 53,
        }
    }

    /// The midpoint as an `mpmath.mpf` with all its bits.
    fn mpmath<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("deeplimit._numbers")?
            .call_method1("mpmath", (self.clone(),))
    }

    /// `value` as a `decimal.Decimal`: within `radius` of the true value.
    fn decimal<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("decimal")?
            .getattr("Decimal")?
            .call1((self.value(),))
    }

    /// The midpoint as a `fractions.Fraction`.
    ///
    /// Raises
    /// ------
    /// DomainError
    ///     For infinity, and for a number beyond ``1e400000000``.
    #[pyo3(name = "fraction")]
    fn as_fraction<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.midpoint(py)?.ok_or_else(|| {
            let message = format!("{} is no fraction", self.__str__());
            errors::raise(py, "DomainError", &message)
        })
    }

    pub(crate) fn __float__(&self) -> f64 {
        match &self.held {
            Held::Plain(quantity) => quantity.to_f64(),
            Held::Deep(x) => {
                let sign = x.mantissa.mid().to_f64().signum();
                match x.log.sign() {
                    Some(Ordering::Greater) => sign * f64::INFINITY,
                    _ => sign * 0.0,
                }
            }
        }
    }

    /// Is it within `radius` of the midpoint: is it the number, as far as its digits say? Another `Number` has to be so with all of
    /// its enclosure.
    fn __contains__(&self, x: &Bound<'_, PyAny>) -> PyResult<bool> {
        let enclosure = self
            .enclosure()
            .map(|(m, r)| (m, self.shown_radius().unwrap_or(r)));
        if let Ok(other) = x.cast::<Number>() {
            let other = other.get();
            return Ok(match (enclosure, other.enclosure()) {
                (Some((m, r)), Some((n, s))) => (m - n).abs() + s <= r,
                _ => self.same(other),
            });
        }
        if let Ok(x) = x.extract::<f64>()
            && !x.is_finite()
        {
            return Ok(enclosure.is_none() && self.__float__() == x);
        }
        let q = real::rational(x, "the number")?;
        Ok(match enclosure {
            Some((m, r)) => (m - q).abs() <= r,
            None => false,
        })
    }

    fn __richcmp__<'py>(
        &self,
        other: &Bound<'py, PyAny>,
        op: CompareOp,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = other.py();
        let answer = |b: bool| Ok(b.into_pyobject(py)?.to_owned().into_any());
        let not = || Ok(py.NotImplemented().into_bound(py));
        let infinite = other.extract::<f64>().ok().filter(|x| x.is_infinite());
        let number = other.cast::<Number>().ok().map(|n| n.get().clone());
        let number = number.or_else(|| {
            let value = infinite?;
            let up = value > 0.0;
            let q = if up {
                Quantity::infinite()
            } else {
                Quantity::minus_infinite()
            };
            Some(Number::new(q, self.digits))
        });
        let order = match &number {
            Some(number) => match op {
                CompareOp::Eq => return answer(self.same(number)),
                CompareOp::Ne => return answer(!self.same(number)),
                _ => self.compare(number),
            },
            None => {
                let text = other.is_instance_of::<pyo3::types::PyString>();
                let q = match real::rational(other, "the number") {
                    Ok(q) if !text => q,
                    _ => return not(),
                };
                match op {
                    CompareOp::Eq => return answer(self.exactly().is_some_and(|x| x == q)),
                    CompareOp::Ne => return answer(self.exactly().is_none_or(|x| x != q)),
                    _ => self.against(&q),
                }
            }
        };
        let Some(order) = order else {
            let message = format!(
                "how {} stands to {} is undecided: the enclosure has both sides; ask for more digits",
                self.__str__(),
                other
                    .str()?
                    .to_string()
                    .chars()
                    .take(40)
                    .collect::<String>()
            );
            return Err(errors::raise(py, "Undecided", &message));
        };
        answer(op.matches(order))
    }

    fn __bool__(&self, py: Python<'_>) -> PyResult<bool> {
        match self.against(&Rational::new()) {
            Some(order) => Ok(order != Ordering::Equal),
            None => {
                let message = format!("whether {} is zero is undecided", self.__str__());
                Err(errors::raise(py, "Undecided", &message))
            }
        }
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        match self.enclosure() {
            Some((m, r)) if r == 0 => python_fraction(py, &m)?.hash(),
            Some((m, r)) => (python_fraction(py, &m)?, python_fraction(py, &r)?)
                .into_pyobject(py)?
                .hash(),
            None => self.__float__().into_pyobject(py)?.hash(),
        }
    }

    fn __str__(&self) -> String {
        match &self.held {
            Held::Plain(quantity) => quantity.digits(self.digits),
            Held::Deep(x) => x.certain_digits(self.digits).to_string(),
        }
    }

    fn __repr__(&self) -> String {
        let shown = self.__str__();
        match self.exact() {
            Some(exact) if exact != shown => format!("Number({shown} = {exact})"),
            _ => format!("Number({shown})"),
        }
    }

    fn __format__(&self, py: Python<'_>, spec: &str) -> PyResult<String> {
        match spec {
            "" => Ok(self.__str__()),
            _ => {
                let value = self.__float__().into_pyobject(py)?;
                value.call_method1("__format__", (spec,))?.extract()
            }
        }
    }

    fn __copy__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __deepcopy__<'py>(slf: Bound<'py, Self>, _memo: &Bound<'py, PyAny>) -> Bound<'py, Self> {
        slf
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = slf.py();
        let this = slf.get();
        let balls: Vec<Parts<'py>> = match &this.held {
            Held::Plain(q) => match &q.value {
                Value::Finite { midpoint, radius } => {
                    vec![parts(py, midpoint)?, parts(py, radius)?]
                }
                _ => vec![],
            },
            Held::Deep(x) => [&x.mantissa, &x.log]
                .into_iter()
                .flat_map(|b| [parts(py, b.mid()), parts(py, &b.rad())])
                .collect::<PyResult<_>>()?,
        };
        let state = (balls, this.__float__(), this.exact(), this.digits);
        (slf.get_type().getattr("_restore")?, state).into_pyobject(py)
    }

    /// What `pickle` calls.
    #[staticmethod]
    fn _restore(
        balls: Vec<Bound<'_, PyAny>>,
        value: f64,
        exact: Option<String>,
        digits: usize,
    ) -> PyResult<Self> {
        let floats = balls.iter().map(float).collect::<PyResult<Vec<_>>>()?;
        Ok(match floats.as_slice() {
            [midpoint, radius] => {
                let value = Value::Finite {
                    midpoint: midpoint.clone(),
                    radius: radius.clone(),
                };
                Number::new(Quantity { value, exact }, digits)
            }
            [m, r, log, s] => Number {
                held: Held::Deep(Scaled {
                    mantissa: Ball::new(m.clone(), r),
                    log: Ball::new(log.clone(), s),
                }),
                digits,
            },
            _ if value < 0.0 => Number::new(Quantity::minus_infinite(), digits),
            _ => Number::new(Quantity::infinite(), digits),
        })
    }
}

impl Number {
    /// `|true value - value| <= radius`.
    fn decimal_pair(&self) -> (String, String) {
        match &self.held {
            Held::Plain(quantity) => quantity.decimal(self.digits),
            Held::Deep(x) => match x.enclosing_decimal(self.digits) {
                (value, _) if value == "nan" => ("0".to_owned(), "inf".to_owned()),
                known => known,
            },
        }
    }
}
