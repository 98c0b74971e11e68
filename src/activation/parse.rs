//! Text to tree: a Pratt parser that says where and why it stops.

use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use super::catalogue::{self, Entry};
use super::expr::{BinaryOp, Condition, Constant, Expr, Function};
use super::names;
use super::token::{Token, fault, next_token};
use crate::error::{Error, Result};

/// Longest text, in bytes.
pub const TEXT_LIMIT: usize = 20_000;
/// Deepest nesting of parentheses, calls, signs, powers and conditionals in the text.
pub const NESTING_LIMIT: u32 = 200;
/// Greatest depth of the tree with the catalogue names written out: no recursion over a tree that
/// was parsed can exhaust the stack.
pub const DEPTH_LIMIT: u32 = 400;
/// Greatest number of nodes with the catalogue names written out: `gelu(gelu(gelu(...)))` doubles
/// with every level.
pub const SIZE_LIMIT: u64 = 50_000;

impl Expr {
    /// The tree of a text.
    ///
    /// Grammar: decimal numbers (`2`, `0.1`, `1e-3`, all exact), `x`, `pi`, `e`, `+ - * / ^` (`^` is
    /// right associative and binds tighter than a sign before it: `-x^2` is `-(x^2)`), parentheses,
    /// `a < b ? then : otherwise` with `< <= > >=`, the primitive functions ([`Function`]) and the
    /// names of the [catalogue](super::catalogue::catalogue()), both also without an argument.
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// use deeplimit::error::Error;
    /// assert_eq!(Expr::parse("relu")?, Expr::parse("relu(x)")?);
    /// assert_eq!(Expr::parse("x < 0 ? 0.1*x : x^2")?.to_string(), "x < 0 ? 0.1*x : x^2");
    /// let Err(Error::Parse { message, at }) = Expr::parse("x*sigmod(x)") else { panic!() };
    /// assert_eq!((message.as_str(), at), ("unknown name `sigmod`; did you mean `sigmoid`?", 2..8));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parse`] with the place, for everything that is not in the grammar and for texts beyond
    /// the limits ([`TEXT_LIMIT`], [`NESTING_LIMIT`], [`DEPTH_LIMIT`], [`SIZE_LIMIT`]).
    pub fn parse(text: &str) -> Result<Expr> {
        if text.len() > TEXT_LIMIT {
            let message = format!(
                "the expression is {} bytes long; the limit is {TEXT_LIMIT}",
                text.len()
            );
            return fault(message, 0..0);
        }
        if text.trim().is_empty() {
            return fault("the expression is empty", 0..text.len());
        }
        let root = Parser::new(text, &[])?.whole()?;
        Ok(root.expr)
    }
}

impl FromStr for Expr {
    type Err = Error;
    fn from_str(text: &str) -> Result<Expr> {
        Expr::parse(text)
    }
}

/// A tree with the depth and size that it has when the catalogue names are written out.
#[derive(Clone, Debug)]
pub(crate) struct Sized {
    pub expr: Expr,
    pub depth: u32,
    pub size: u64,
}

impl Sized {
    pub(crate) fn leaf(expr: Expr) -> Sized {
        Sized {
            expr,
            depth: 1,
            size: 1,
        }
    }

    fn over(children: &[&Sized], expr: Expr) -> Sized {
        let depth = children
            .iter()
            .map(|c| c.depth)
            .max()
            .unwrap_or(0)
            .saturating_add(1);
        let size = children.iter().fold(1_u64, |n, c| n.saturating_add(c.size));
        Sized { expr, depth, size }
    }
}

/// The tree of a catalogue formula, its parameters bound to trees. No limits: the texts are ours.
pub(crate) fn formula(text: &str, bindings: &[(&str, Sized)]) -> Result<Sized> {
    Parser::new(text, bindings)?.whole()
}

struct Parser<'a> {
    text: &'a str,
    bindings: &'a [(&'a str, Sized)],
    token: Token,
    at: Range<usize>,
    /// Where the token before this one ended.
    end: usize,
    nesting: u32,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, bindings: &'a [(&'a str, Sized)]) -> Result<Parser<'a>> {
        let (token, at) = next_token(text, 0)?;
        Ok(Parser {
            text,
            bindings,
            token,
            at,
            end: 0,
            nesting: 0,
        })
    }

    fn whole(mut self) -> Result<Sized> {
        let root = self.conditional()?;
        match &self.token {
            Token::End => Ok(root),
            Token::Close => fault("this `)` closes nothing", self.at),
            Token::Comma => fault(
                "a comma belongs between the arguments of a function",
                self.at,
            ),
            Token::Colon => fault("this `:` has no `?` before it", self.at),
            _ => fault(
                format!("`{}` was not expected here", self.slice(&self.at)),
                self.at.clone(),
            ),
        }
    }

    fn slice(&self, at: &Range<usize>) -> &'a str {
        &self.text[at.clone()]
    }

    fn advance(&mut self) -> Result<Range<usize>> {
        let (token, at) = next_token(self.text, self.at.end)?;
        self.token = token;
        let passed = std::mem::replace(&mut self.at, at);
        self.end = passed.end;
        Ok(passed)
    }

    /// One level deeper; every recursion of the parser goes through here.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.nesting >= NESTING_LIMIT {
            return fault(
                format!("the expression is nested more than {NESTING_LIMIT} deep"),
                self.at.clone(),
            );
        }
        self.nesting += 1;
        let result = inner(self);
        self.nesting -= 1;
        result
    }

    /// A node over children, refused when the tree grows beyond the limits.
    fn node(&self, start: usize, children: &[&Sized], expr: Expr) -> Result<Sized> {
        self.within_limits(start, Sized::over(children, expr))
    }

    fn within_limits(&self, start: usize, node: Sized) -> Result<Sized> {
        let at = start..self.end.max(start);
        if node.depth > DEPTH_LIMIT && self.bindings.is_empty() {
            return fault(
                format!("the expression's tree is more than {DEPTH_LIMIT} levels deep"),
                at,
            );
        }
        if node.size > SIZE_LIMIT && self.bindings.is_empty() {
            let message = format!(
                "the expression has more than {SIZE_LIMIT} operations when its names are written out"
            );
            return fault(message, at);
        }
        Ok(node)
    }

    fn conditional(&mut self) -> Result<Sized> {
        let start = self.at.start;
        let left = self.sum(0)?;
        let relation = match self.token {
            Token::Compare(relation) => relation,
            Token::Question => {
                return fault(
                    "`?` needs a comparison before it, as in `x < 0 ? a : b`",
                    self.at.clone(),
                );
            }
            _ => return Ok(left),
        };
        self.advance()?;
        let right = self.sum(0)?;
        match self.token {
            Token::Question => self.advance()?,
            Token::Compare(_) => {
                return fault(
                    "comparisons cannot be chained; nest two conditionals instead",
                    self.at.clone(),
                );
            }
            _ => {
                let message = "a comparison belongs in a conditional, without parentheses of its own: `x < 0 ? a : b`";
                return fault(message, start..self.end);
            }
        };
        let then = self.nested(Self::conditional)?;
        if self.token != Token::Colon {
            return fault(
                "the conditional needs `:` and its other branch: `x < 0 ? a : b`",
                self.here(),
            );
        }
        self.advance()?;
        let otherwise = self.nested(Self::conditional)?;
        let condition = Condition {
            left: left.expr.clone(),
            relation,
            right: right.expr.clone(),
        };
        let expr = Expr::conditional(condition, then.expr.clone(), otherwise.expr.clone());
        self.node(start, &[&left, &right, &then, &otherwise], expr)
    }

    /// This token, or the end of the text, as a place to point at.
    fn here(&self) -> Range<usize> {
        self.at.clone()
    }

    /// Sums (level 0) and products (level 1), both left associative.
    fn sum(&mut self, level: u8) -> Result<Sized> {
        let start = self.at.start;
        let operand = |p: &mut Self| if level == 0 { p.sum(1) } else { p.signed() };
        let mut left = operand(self)?;
        loop {
            let op = match (level, &self.token) {
                (0, Token::Plus) => BinaryOp::Add,
                (0, Token::Minus) => BinaryOp::Sub,
                (1, Token::Times) => BinaryOp::Mul,
                (1, Token::Divide) => BinaryOp::Div,
                _ => return Ok(left),
            };
            self.advance()?;
            let right = operand(self)?;
            let expr = Expr::Binary(
                op,
                Arc::new(left.expr.clone()),
                Arc::new(right.expr.clone()),
            );
            left = self.node(start, &[&left, &right], expr)?;
        }
    }

    /// A sign, or a power.
    fn signed(&mut self) -> Result<Sized> {
        let start = self.at.start;
        match self.token {
            Token::Minus => {
                self.advance()?;
                let inner = self.nested(Self::signed)?;
                let expr = Expr::Neg(Arc::new(inner.expr.clone()));
                self.node(start, &[&inner], expr)
            }
            Token::Plus => {
                self.advance()?;
                self.nested(Self::signed)
            }
            _ => self.power(),
        }
    }

    fn power(&mut self) -> Result<Sized> {
        let start = self.at.start;
        let base = self.atom()?;
        if self.token != Token::Power {
            return self.without_operator(base, start);
        }
        self.advance()?;
        // The exponent may have a sign and is itself a power: `2^-x^2` is `2^(-(x^2))`.
        let exponent = self.nested(Self::signed)?;
        let expr = Expr::Binary(
            BinaryOp::Pow,
            Arc::new(base.expr.clone()),
            Arc::new(exponent.expr.clone()),
        );
        self.node(start, &[&base, &exponent], expr)
    }

    /// After an operand there must not be another one.
    fn without_operator(&self, operand: Sized, start: usize) -> Result<Sized> {
        if !matches!(self.token, Token::Number(_) | Token::Name(_) | Token::Open) {
            return Ok(operand);
        }
        let (first, second) = (self.slice(&(start..self.end)), self.slice(&self.at));
        let second = if self.token == Token::Open {
            "(...)"
        } else {
            second
        };
        let at = start..self.at.end;
        if Function::named(first).is_some_and(|f| f.arity() == 1)
            || catalogue::entry(first).is_some()
        {
            return fault(
                format!("`{first}` needs parentheses around its argument: `{first}({second})`"),
                at,
            );
        }
        let first = if first.len() > 20 { "..." } else { first };
        fault(
            format!("an operator is missing; did you mean `{first}*{second}`?"),
            at,
        )
    }

    fn atom(&mut self) -> Result<Sized> {
        match self.token.clone() {
            Token::Number(q) => {
                self.advance()?;
                Ok(Sized::leaf(Expr::Number(Arc::new(q))))
            }
            Token::Name(name) => self.name(&name),
            Token::Open => {
                let open = self.advance()?;
                let inner = self.nested(Self::conditional)?;
                self.close(open)?;
                Ok(inner)
            }
            Token::End => fault(
                "the expression ends where an operand was expected",
                self.here(),
            ),
            _ => {
                let message = format!(
                    "an operand was expected here, not `{}`",
                    self.slice(&self.at)
                );
                fault(message, self.here())
            }
        }
    }

    fn close(&mut self, open: Range<usize>) -> Result<()> {
        match self.token {
            Token::Close => self.advance().map(drop),
            Token::End => fault("this `(` is never closed", open),
            Token::Comma => fault(
                "a comma belongs between the arguments of a function",
                self.here(),
            ),
            Token::Colon => fault("this `:` has no `?` before it", self.here()),
            _ => fault(
                format!("`)` was expected here, not `{}`", self.slice(&self.at)),
                self.here(),
            ),
        }
    }

    fn name(&mut self, name: &str) -> Result<Sized> {
        let at = self.advance()?;
        if let Some((_, bound)) = self.bindings.iter().find(|(bound, _)| *bound == name) {
            return Ok(bound.clone());
        }
        let leaf = match name {
            "x" => Some(Expr::X),
            "pi" => Some(Expr::Constant(Constant::Pi)),
            "e" => Some(Expr::Constant(Constant::E)),
            _ => None,
        };
        if let Some(leaf) = leaf {
            return match self.token {
                Token::Open => fault(
                    format!("`{name}` is not a function; did you mean `{name}*(...)`?"),
                    at.start..self.at.end,
                ),
                _ => Ok(Sized::leaf(leaf)),
            };
        }
        let function = Function::named(name);
        let entry = catalogue::entry(name);
        if function.is_none() && entry.is_none() {
            return fault(names::unknown(name), at);
        }
        let arguments = match self.token {
            Token::Open => Some(self.arguments()?),
            _ => None,
        };
        let whole = at.start..self.end;
        match (function, entry) {
            (Some(function), _) => self.primitive(function, arguments, whole),
            (_, Some(entry)) => self.named(entry, arguments.unwrap_or_default(), whole),
            _ => fault(names::unknown(name), at),
        }
    }

    /// `(a, b, ...)`, each argument with its place.
    fn arguments(&mut self) -> Result<Vec<(Sized, Range<usize>)>> {
        let open = self.advance()?;
        let mut arguments = Vec::new();
        if self.token != Token::Close {
            loop {
                let start = self.at.start;
                let argument = self.nested(Self::conditional)?;
                arguments.push((argument, start..self.end));
                if self.token != Token::Comma {
                    break;
                }
                self.advance()?;
            }
        }
        self.close(open)?;
        Ok(arguments)
    }

    fn primitive(
        &self,
        function: Function,
        arguments: Option<Vec<(Sized, Range<usize>)>>,
        at: Range<usize>,
    ) -> Result<Sized> {
        let (name, arity) = (function.name(), function.arity());
        let arguments: Vec<Sized> = match arguments {
            None if arity == 1 => vec![Sized::leaf(Expr::X)],
            None => vec![],
            Some(arguments) => arguments
                .into_iter()
                .map(|(argument, _)| argument)
                .collect(),
        };
        if arguments.len() != arity {
            let takes = if arity == 1 {
                "one argument"
            } else {
                "two arguments"
            };
            let example = if arity == 1 {
                format!("{name}(x)")
            } else {
                format!("{name}(x, 0)")
            };
            let message = format!(
                "`{name}` takes {takes}, not {}: `{example}`",
                arguments.len()
            );
            return fault(message, at);
        }
        let expr = Expr::Call(function, arguments.iter().map(|a| a.expr.clone()).collect());
        self.node(at.start, &arguments.iter().collect::<Vec<_>>(), expr)
    }

    fn named(
        &self,
        entry: &'static Entry,
        arguments: Vec<(Sized, Range<usize>)>,
        at: Range<usize>,
    ) -> Result<Sized> {
        let arguments = entry.completed(arguments, &at)?;
        let expr = Expr::Named(
            entry.name,
            arguments.iter().map(|a| a.expr.clone()).collect(),
        );
        let written_out = entry.written_out(&arguments);
        // The name itself is a level of the tree as well.
        let (depth, size) = (
            written_out.depth.saturating_add(1),
            written_out.size.saturating_add(1),
        );
        self.within_limits(at.start, Sized { expr, depth, size })
    }
}
