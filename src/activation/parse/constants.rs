//! Letters that stand for constants.

use std::fmt::{self, Display, Formatter};

use super::super::foreign;
use super::super::token::{Token, fault, next_token};
use super::{Sized, sized};
use crate::error::{Error, Result};

/// Names with their values, for [`Expr::parse_with`](super::Expr::parse_with).
#[derive(Clone, Debug, Default)]
pub struct Constants {
    values: Vec<(String, Sized)>,
    /// What else has no meaning is a letter.
    letters: bool,
}

impl Constants {
    /// From now on `name` stands for the constant that `value` writes, exactly: decimals are rational numbers, and
    /// `sqrt(2)` stays a root. The value may use the names that were set before.
    ///
    /// ```
    /// use deeplimit::activation::{Constants, Expr};
    /// let mut constants = Constants::default();
    /// constants.set("a", "0.1")?;
    /// constants.set("b", "sqrt(2)/a")?;
    /// let phi = Expr::parse_with("leaky_relu(x, a)+b", &constants)?;
    /// assert_eq!(phi.to_string(), "leaky_relu(x, 0.1)+sqrt(2)/0.1");
    /// assert!(constants.set("c", "x^2").is_err() && constants.set("tanh", "2").is_err());
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Domain`] for a name that is none, means something already or was set before, and for a value that
    /// contains `x`; [`Error::Parse`] for a value that is no expression.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let refuse = |message: String| Err(Error::Domain(message));
        match next_token(name, 0) {
            Ok((Token::Name(n), at)) if at.len() == name.len() && n == name && !n.contains('.') => {
            }
            _ => {
                return refuse(
                    "a constant has a name of letters, digits and underscores".to_owned(),
                );
            }
        }
        if name == "x" {
            return refuse("`x` is the variable: it has no value".to_owned());
        }
        let taken = ["pi", "e", "if", "else", "and", "or", "lambda", "inf", "nan"].contains(&name);
        if taken || foreign::names().any(|n| n == name) {
            return refuse(format!("the name `{name}` means something already"));
        }
        if self.value(name).is_some() {
            return refuse(format!("`{name}` is set twice"));
        }
        if value.trim().is_empty() {
            return refuse(format!("`{name}` has no value"));
        }
        let value = sized("x", value, self).or_else(|e| match e {
            Error::Parse { message, at, .. } => {
                fault(format!("in the value of `{name}`: {message}"), at)
            }
            other => Err(other),
        })?;
        if !value.expr.is_constant() {
            return refuse(format!(
                "the value of `{name}` must be a constant: it may not contain x"
            ));
        }
        self.values.push((name.to_owned(), value));
        Ok(())
    }

    /// The same, and every name without a meaning is a letter.
    pub(crate) fn family(&self) -> Constants {
        Constants {
            letters: true,
            ..self.clone()
        }
    }

    pub(super) fn has_letters(&self) -> bool {
        self.letters
    }

    /// The names, in the order in which they were set.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|(name, _)| name.as_str())
    }

    pub(super) fn value(&self, name: &str) -> Option<&Sized> {
        self.values.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }
}

impl Display for Constants {
    /// `a = 1.5, b = sqrt(2)`
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let one = |(name, value): &(String, Sized)| format!("{name} = {}", value.expr);
        let all: Vec<String> = self.values.iter().map(one).collect();
        f.write_str(&all.join(", "))
    }
}
