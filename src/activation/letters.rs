//! Families: expressions with letters that have no value yet.

use std::sync::Arc;

use super::expr::Expr;
use super::parse::Constants;
use crate::error::{Error, Result};

impl Expr {
    /// As [`Expr::parse`], for a family of activations: a name that means nothing else is a [letter](Expr::Letter).
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// let family = Expr::parse_family("tanh(a*x+b)-a")?;
    /// assert_eq!(family.letters().iter().map(|l| &**l).collect::<Vec<_>>(), ["a", "b"]);
    /// assert_eq!(family.with_letter("a", &"1/2".parse()?).to_string(), "tanh(1/2*x+b)-1/2");
    /// // what looks like a slip, or is called, is no letter
    /// assert!(Expr::parse_family("sigmod").is_err() && Expr::parse_family("c(x)").is_err());
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Expr::parse`].
    pub fn parse_family(text: &str) -> Result<Expr> {
        Expr::parse_family_with(text, &Constants::default())
    }

    /// As [`Expr::parse_family`], where some names have a value.
    ///
    /// # Errors
    /// As [`Expr::parse`].
    pub fn parse_family_with(text: &str, constants: &Constants) -> Result<Expr> {
        Expr::parse_with(text, &constants.family())
    }

    /// The [letters](Expr::Letter), in order of first appearance, those under means included.
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// assert!("max(x-pi, 0)".parse::<Expr>()?.letters().is_empty());
    /// let letters = Expr::parse_family("b*centred(gelu(a*x))")?.letters();
    /// assert_eq!(letters, ["b".into(), "a".into()]);
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn letters(&self) -> Vec<Arc<str>> {
        let mut found = Vec::new();
        self.collect_letters(&mut found);
        found
    }

    /// One function, no family.
    ///
    /// # Errors
    /// [`Error::Domain`] names the first letter.
    pub(crate) fn no_letters(&self) -> Result<()> {
        match self.letters().first() {
            None => Ok(()),
            Some(letter) => Err(Error::Domain(format!(
                "`{letter}` has no value; an activation is one function, and this is a family of them"
            ))),
        }
    }

    fn collect_letters(&self, found: &mut Vec<Arc<str>>) {
        match self {
            Expr::Letter(name) if !found.contains(name) => found.push(name.clone()),
            Expr::Mean(f) => f.collect_letters(found),
            _ => (self.children().into_iter()).for_each(|child| child.collect_letters(found)),
        }
    }

    /// The expression with a constant in place of a letter. (A value with an `x` in it does not go into means, where `x` is
    /// another one: there the letter stays.)
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// let family = Expr::parse_family("centred(max(x-c, 0))")?;
    /// assert_eq!(family.with_letter("c", &Expr::rational(&(1, 2).into())), "centred(max(x-0.5, 0))".parse()?);
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    #[must_use]
    pub fn with_letter(&self, name: &str, value: &Expr) -> Expr {
        match self {
            Expr::Letter(letter) if **letter == *name => value.clone(),
            Expr::Mean(f) if value.is_constant() => f.with_letter(name, value).mean(),
            _ => self.with_children(|child| child.with_letter(name, value)),
        }
    }
}
