//! The parameters of a quantity: named texts, numbers and lists.

use std::collections::BTreeMap;

use rug::Rational;

use crate::activation::Expr;
use crate::error::{Error, Result};

/// An error that says which words would do.
pub(super) fn unknown(what: &str, given: &str, known: &[&str]) -> Error {
    Error::Domain(format!(
        "there is no {what} `{given}`; there is {}",
        known.join(", ")
    ))
}

/// A value as it stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Parameter {
    /// An expression, a word, or an exact number such as `1/3` or `0.25`.
    Text(String),
    /// An integer.
    Integer(i64),
    /// Several.
    List(Vec<Parameter>),
}

/// Parameters by name.
#[derive(Clone, Debug, Default)]
pub struct Parameters(BTreeMap<String, Parameter>);

impl FromIterator<(String, Parameter)> for Parameters {
    fn from_iter<T: IntoIterator<Item = (String, Parameter)>>(pairs: T) -> Self {
        Parameters(pairs.into_iter().collect())
    }
}

/// An exact number: `3`, `-0.25`, `1e-12`, `1/3`.
///
/// ```
/// use deeplimit::paper::Parameters;
/// assert_eq!(Parameters::exact("1.5e-2").unwrap(), rug::Rational::from((3, 200)));
/// ```
fn exact(text: &str) -> Option<Rational> {
    let text = text.trim();
    if text.len() > 400 {
        return None;
    }
    if let Some((p, q)) = text.split_once('/') {
        let (p, q) = (exact(p)?, exact(q)?);
        return (q != 0).then(|| p / q);
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.parse::<i32>().ok().filter(|e| e.abs() <= 5000)?),
        None => (text, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    let plain = digits.strip_prefix(['-', '+']).unwrap_or(&digits);
    if plain.is_empty()
        || !plain.bytes().all(|b| b.is_ascii_digit())
        || part.starts_with(['-', '+'])
    {
        return None;
    }
    let number: rug::Integer = digits.strip_prefix('+').unwrap_or(&digits).parse().ok()?;
    let shift = exponent - i32::try_from(part.len()).ok()?;
    let ten = Rational::from(rug::Integer::from(rug::Integer::u_pow_u(
        10,
        shift.unsigned_abs(),
    )));
    Some(if shift < 0 {
        number / ten
    } else {
        number * ten
    })
}

impl Parameters {
    /// An exact number: `3`, `-0.25`, `1e-12`, `1/3`.
    ///
    /// ```
    /// use deeplimit::paper::Parameters;
    /// assert_eq!(Parameters::exact("1.5e-2").unwrap(), rug::Rational::from((3, 200)));
    /// ```
    ///
    /// # Errors
    /// [`Error::Domain`]
    pub fn exact(text: &str) -> Result<Rational> {
        exact(text).ok_or_else(|| Error::Domain(format!("`{text}` is no number")))
    }

    /// Is there one of this name?
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The same with another value for one name.
    #[must_use]
    pub fn replaced(&self, name: &str, value: Parameter) -> Self {
        let mut all = self.0.clone();
        all.insert(name.to_owned(), value);
        Parameters(all)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// `activation = relu, depth = 3`
    pub fn words(&self) -> String {
        let word = |(name, value): (&String, &Parameter)| format!("{name} = {}", words(value));
        self.0.iter().map(word).collect::<Vec<_>>().join(", ")
    }

    fn parameter(&self, name: &str) -> Result<&Parameter> {
        self.0
            .get(name)
            .ok_or_else(|| Error::Domain(format!("the parameter `{name}` is missing")))
    }

    /// A text.
    ///
    /// # Errors
    /// [`Error::Domain`] where it is missing or something else; the same below.
    pub fn text(&self, name: &str) -> Result<&str> {
        match self.parameter(name)? {
            Parameter::Text(text) => Ok(text),
            _ => Err(Error::Domain(format!(
                "the parameter `{name}` must be a text"
            ))),
        }
    }

    /// An activation.
    ///
    /// # Errors
    /// As [`Parameters::text`], and what the grammar says.
    pub fn activation(&self, name: &str) -> Result<Expr> {
        Expr::parse(self.text(name)?)
    }

    /// A whole number that is not negative.
    ///
    /// # Errors
    /// As [`Parameters::text`].
    pub fn whole(&self, name: &str) -> Result<u64> {
        whole(self.parameter(name)?)
            .ok_or_else(|| Error::Domain(format!("the parameter `{name}` must be a whole number")))
    }

    /// A whole number, or this one where it is not given.
    ///
    /// # Errors
    /// As [`Parameters::text`].
    pub fn whole_or(&self, name: &str, default: u64) -> Result<u64> {
        if self.has(name) {
            self.whole(name)
        } else {
            Ok(default)
        }
    }

    /// An exact number.
    ///
    /// # Errors
    /// As [`Parameters::text`].
    pub fn number(&self, name: &str) -> Result<Rational> {
        match self.parameter(name)? {
            Parameter::Text(text) => Self::exact(text),
            Parameter::Integer(n) => Ok(Rational::from(*n)),
            Parameter::List(_) => Err(Error::Domain(format!(
                "the parameter `{name}` must be one number"
            ))),
        }
    }

    /// A correlation in `[-1, 1]`.
    ///
    /// # Errors
    /// As [`Parameters::text`].
    pub fn correlation(&self, name: &str) -> Result<Rational> {
        let rho = self.number(name)?;
        if rho.clone().abs() <= 1 {
            return Ok(rho);
        }
        Err(Error::Domain(format!(
            "the parameter `{name}` must be a correlation, between -1 and 1"
        )))
    }

    /// A list of whole numbers.
    ///
    /// # Errors
    /// As [`Parameters::text`].
    pub fn wholes(&self, name: &str) -> Result<Vec<u64>> {
        let bad = || {
            Error::Domain(format!(
                "the parameter `{name}` must be a list of whole numbers"
            ))
        };
        match self.parameter(name)? {
            Parameter::List(items) => items.iter().map(|i| whole(i).ok_or_else(bad)).collect(),
            _ => Err(bad()),
        }
    }
}

fn whole(p: &Parameter) -> Option<u64> {
    match p {
        Parameter::Integer(n) => u64::try_from(*n).ok(),
        Parameter::Text(text) => {
            let q = exact(text)?;
            q.is_integer().then(|| q.numer().to_u64())?
        }
        Parameter::List(_) => None,
    }
}

fn words(p: &Parameter) -> String {
    match p {
        Parameter::Text(text) => text.clone(),
        Parameter::Integer(n) => n.to_string(),
        Parameter::List(items) => format!(
            "[{}]",
            items.iter().map(words).collect::<Vec<_>>().join(", ")
        ),
    }
}
