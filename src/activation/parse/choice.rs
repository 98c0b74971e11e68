//! Conditionals, and the head of a Python lambda.

use std::ops::Range;

use super::super::expr::{Condition, Expr, Relation};
use super::super::token::{Token, fault, next_token};
use super::{Parser, Sized};
use crate::error::Result;

pub(super) const JOINED: &str = "conditions cannot be joined; nest two conditionals instead";
pub(super) const EQUATION: &str = "`=` is no operator here: write the right-hand side alone, in x";
pub(super) const ABSOLUTE: &str = "the absolute value is written `abs(x)`";

/// Where the body of `lambda x: ...` begins, and the name of its variable.
pub(super) fn lambda(text: &str) -> Result<Option<(usize, &str)>> {
    let (token, at) = next_token(text, 0)?;
    if token != Token::Name("lambda".to_owned()) {
        return Ok(None);
    }
    let (name, name_at) = next_token(text, at.end)?;
    let (colon, colon_at) = next_token(text, name_at.end)?;
    match (name, colon) {
        (Token::Name(name), Token::Colon) if !name.contains('.') => {
            Ok(Some((colon_at.end, &text[name_at])))
        }
        _ => fault("a lambda of one variable is wanted: `lambda x: ...`", at),
    }
}

/// `y = ...` and `f(x) = ...`: only the right-hand side is an expression.
pub(super) fn no_equation(text: &str) -> Result<()> {
    let Some((head, rest)) = text.split_once('=') else {
        return Ok(());
    };
    let word = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let head = head.trim();
    let left = match head.strip_suffix(')').and_then(|h| h.split_once('(')) {
        Some((function, variable)) => word(function.trim()) && word(variable.trim()),
        None => word(head),
    };
    let at = text.len() - rest.len();
    match left && !rest.starts_with('=') {
        true => fault(EQUATION, at - 1..at),
        false => Ok(()),
    }
}

impl Parser<'_> {
    /// `a < b ? then : otherwise`, `then if a < b else otherwise`, or a sum.
    pub(super) fn conditional(&mut self) -> Result<Sized> {
        let start = self.at.start;
        let then = self.question()?;
        if self.token != Token::Name("if".to_owned()) {
            return Ok(then);
        }
        self.advance()?;
        let condition = self.condition()?;
        if self.token != Token::Name("else".to_owned()) {
            return fault(
                "the conditional needs `else` and its other branch: `a if x > 0 else b`",
                self.here(),
            );
        }
        self.advance()?;
        let otherwise = self.nested(Self::conditional)?;
        self.choice(start, condition, then, otherwise)
    }

    fn question(&mut self) -> Result<Sized> {
        let start = self.at.start;
        let left = self.sum(0)?;
        match self.token {
            Token::Compare(_) => {}
            Token::Question => {
                return fault(
                    "`?` needs a comparison before it, as in `x < 0 ? a : b`",
                    self.here(),
                );
            }
            _ => return Ok(left),
        }
        let condition = self.compared(left)?;
        if self.token != Token::Question {
            let message = "a comparison belongs in a conditional, without parentheses of its own: `x < 0 ? a : b`";
            return fault(message, start..self.end);
        }
        self.advance()?;
        let then = self.nested(Self::conditional)?;
        if self.token != Token::Colon {
            return fault(
                "the conditional needs `:` and its other branch: `x < 0 ? a : b`",
                self.here(),
            );
        }
        self.advance()?;
        let otherwise = self.nested(Self::conditional)?;
        self.choice(start, condition, then, otherwise)
    }

    /// `where(a < b, then, otherwise)`, from the parenthesis on.
    pub(super) fn selection(&mut self, name: &Range<usize>) -> Result<Sized> {
        let usage = "`where` takes a condition and two values: `where(x > 0, x, 0)`";
        if self.token != Token::Open {
            return fault(usage, name.clone());
        }
        let open = self.advance()?;
        let condition = self.condition()?;
        let mut values = Vec::new();
        while values.len() < 2 {
            if self.token != Token::Comma {
                return fault(usage, name.start..self.end);
            }
            self.advance()?;
            values.push(self.nested(Self::conditional)?);
        }
        self.close(open)?;
        let otherwise = values.remove(1);
        self.choice(name.start, condition, values.remove(0), otherwise)
    }

    /// `a < b` where nothing else may stand.
    fn condition(&mut self) -> Result<(Sized, Relation, Sized)> {
        let start = self.at.start;
        let left = self.sum(0)?;
        match self.token {
            Token::Compare(_) => self.compared(left),
            _ => fault(
                "a comparison was expected here, as in `x > 0`",
                start..self.end,
            ),
        }
    }

    /// `a < b` from the relation on.
    fn compared(&mut self, left: Sized) -> Result<(Sized, Relation, Sized)> {
        let Token::Compare(relation) = self.token else {
            return fault("a comparison was expected here", self.here());
        };
        self.advance()?;
        let right = self.sum(0)?;
        match self.token {
            Token::Compare(_) => fault(
                "comparisons cannot be chained; nest two conditionals instead",
                self.here(),
            ),
            _ => Ok((left, relation, right)),
        }
    }

    fn choice(
        &self,
        start: usize,
        (left, relation, right): (Sized, Relation, Sized),
        then: Sized,
        otherwise: Sized,
    ) -> Result<Sized> {
        let condition = Condition {
            left: left.expr.clone(),
            relation,
            right: right.expr.clone(),
        };
        let expr = Expr::conditional(condition, then.expr.clone(), otherwise.expr.clone());
        self.node(start, &[&left, &right, &then, &otherwise], expr)
    }
}
