//! Text to tree: a Pratt parser that says where and why it stops.

use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

mod calls;
mod choice;
mod constants;

use super::expr::{BinaryOp, Expr, Function};
use super::foreign;
use super::token::{Token, fault, next_token};
use crate::error::{Error, Result};

pub use constants::Constants;

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
    /// Grammar: decimal numbers (`2`, `0.1`, `1e-3`, `1_000`, all exact), `x`, `pi`, `e`, `+ - * / ^` (`^` is
    /// right associative and binds tighter than a sign before it: `-x^2` is `-(x^2)`), parentheses,
    /// `a < b ? then : otherwise` with `< <= > >=`, the primitive functions ([`Function`]) and the
    /// names of the [catalogue](super::catalogue::catalogue()), both also without an argument; `mean(f)`, the number
    /// `E f(Z)` for a function `f` of `x`, and `centred(f)`, which is `f-mean(f)`.
    ///
    /// What other languages write is read where it can mean one thing only: `**`, `then if a < b else otherwise`,
    /// `where(a < b, then, otherwise)`, `lambda x: ...`, raised digits and the signs of mathematics, `np.maximum(x, 0)`,
    /// `nn.ELU(0.5)`, `leaky_relu(x, negative_slope=0.2)`, `log1p`, `clip(x, -1, 1)`, `Phi` and their kin; the tree has
    /// them written out.
    ///
    /// ```
    /// use deeplimit::activation::Expr;
    /// use deeplimit::error::Error;
    /// assert_eq!(Expr::parse("relu")?, Expr::parse("relu(x)")?);
    /// assert_eq!(Expr::parse("x < 0 ? 0.1*x : x^2")?.to_string(), "x < 0 ? 0.1*x : x^2");
    /// assert_eq!(Expr::parse("lambda z: F.relu(z) + np.log1p(z**2)")?.to_string(), "relu(x)+log(1+x^2)");
    /// let Err(Error::Parse { message, at, .. }) = Expr::parse("x*sigmod(x)") else { panic!() };
    /// assert_eq!((message.as_str(), at), ("unknown name `sigmod`; did you mean `sigmoid`?", 2..8));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parse`] with the place, for everything that is not in the grammar and for texts beyond
    /// the limits ([`TEXT_LIMIT`], [`NESTING_LIMIT`], [`DEPTH_LIMIT`], [`SIZE_LIMIT`]).
    pub fn parse(text: &str) -> Result<Expr> {
        Expr::parse_with(text, &Constants::default())
    }

    /// As [`Expr::parse`], with letters that stand for constants.
    ///
    /// ```
    /// use deeplimit::activation::{Constants, Expr};
    /// let mut constants = Constants::default();
    /// constants.set("a", "3/2")?;
    /// assert_eq!(Expr::parse_with("tanh(a*x)", &constants)?.to_string(), "tanh(3/2*x)");
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Expr::parse`].
    pub fn parse_with(text: &str, constants: &Constants) -> Result<Expr> {
        Expr::parse_in("x", text, constants)
    }

    /// As [`Expr::parse_with`], with another name for the variable: a kernel is a function of `rho`. The tree has
    /// [`Expr::X`] in its place.
    ///
    /// ```
    /// use deeplimit::activation::{Constants, Expr};
    /// let kernel = Expr::parse_in("rho", "(1+rho)/2", &Constants::default())?;
    /// assert_eq!(kernel, Expr::parse("(1+x)/2")?);
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Expr::parse`].
    pub fn parse_in(variable: &str, text: &str, constants: &Constants) -> Result<Expr> {
        Ok(sized(variable, text, constants)?.expr)
    }
}

/// The tree of a text that somebody typed.
fn sized(variable: &str, text: &str, constants: &Constants) -> Result<Sized> {
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
    Parser::of_a_text(variable, text, constants)?.whole()
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
    Parser::new(text, 0, bindings)?.whole()
}

struct Parser<'a> {
    text: &'a str,
    /// What the parameters of a formula of ours stand for.
    bindings: &'a [(&'a str, Sized)],
    /// What letters in a text that somebody typed stand for; nothing for a formula of ours, which has no limits.
    typed: Option<&'a Constants>,
    /// `x`, unless the text has another name for it.
    variable: &'a str,
    token: Token,
    at: Range<usize>,
    /// Where the token before this one ended.
    end: usize,
    nesting: u32,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, from: usize, bindings: &'a [(&'a str, Sized)]) -> Result<Parser<'a>> {
        let (token, at) = next_token(text, from)?;
        Ok(Parser {
            text,
            bindings,
            typed: None,
            variable: "x",
            token,
            at,
            end: 0,
            nesting: 0,
        })
    }

    fn of_a_text(variable: &'a str, text: &'a str, constants: &'a Constants) -> Result<Parser<'a>> {
        choice::no_equation(text)?;
        let (from, variable) = choice::lambda(text)?.unwrap_or((0, variable));
        let mut parser = Parser::new(text, from, &[])?;
        (parser.typed, parser.variable) = (Some(constants), variable);
        Ok(parser)
    }

    fn whole(mut self) -> Result<Sized> {
        let root = self.conditional()?;
        match &self.token {
            Token::End => Ok(root),
            Token::Close => fault("this `)` closes nothing", self.at),
            _ => self.unexpected(format!("`{}` was not expected here", self.slice(&self.at))),
        }
    }

    /// What is wrong with this token behind a whole operand.
    fn unexpected<T>(&self, otherwise: String) -> Result<T> {
        let digit = |at: Option<&u8>| at.is_some_and(u8::is_ascii_digit);
        let around = self.text.as_bytes();
        let decimal = self.at.start > 0
            && digit(around.get(self.at.start - 1))
            && digit(around.get(self.at.end));
        let message = match self.token {
            Token::Comma if decimal => {
                "a comma belongs between the arguments of a function; decimals have a point"
            }
            Token::Comma => "a comma belongs between the arguments of a function",
            Token::Colon => "this `:` has no `?` before it",
            Token::Assign => choice::EQUATION,
            Token::Bar if self.text[self.at.end..].starts_with('|') => {
                return fault(choice::JOINED, self.at.start..self.at.end + 1);
            }
            Token::Bar => choice::ABSOLUTE,
            _ => return fault(otherwise, self.at.clone()),
        };
        fault(message, self.at.clone())
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
        if node.depth > DEPTH_LIMIT && self.typed.is_some() {
            return fault(
                format!("the expression's tree is more than {DEPTH_LIMIT} levels deep"),
                at,
            );
        }
        if node.size > SIZE_LIMIT && self.typed.is_some() {
            let message = format!(
                "the expression has more than {SIZE_LIMIT} operations when its names are written out"
            );
            return fault(message, at);
        }
        Ok(node)
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
        let mut base = self.atom()?;
        self.no_power_of_a_name(start)?;
        if let Token::Raised(exponent) = self.token {
            self.advance()?;
            let exponent = Sized::leaf(Expr::int(i64::from(exponent)));
            let expr = Expr::Binary(
                BinaryOp::Pow,
                Arc::new(base.expr.clone()),
                Arc::new(exponent.expr.clone()),
            );
            base = self.node(start, &[&base, &exponent], expr)?;
            if matches!(self.token, Token::Power | Token::Raised(_)) {
                return fault("a power of a power needs parentheses", self.here());
            }
        }
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

    /// `sin^2(x)`: here the power comes last.
    fn no_power_of_a_name(&self, start: usize) -> Result<()> {
        if !matches!(self.token, Token::Power | Token::Raised(_)) {
            return Ok(());
        }
        let name = self.slice(&(start..self.end));
        if !foreign::names().any(|n| n == name) {
            return Ok(());
        }
        let (minus, raised, from) = match self.token {
            Token::Raised(n) => (n < 0, n.unsigned_abs(), self.at.end),
            _ => {
                let (mut token, mut at) = next_token(self.text, self.at.end)?;
                let minus = token == Token::Minus;
                if minus {
                    (token, at) = next_token(self.text, at.end)?;
                }
                match token {
                    Token::Number(q) if q.is_integer() => {
                        (minus, q.numer().to_u32().unwrap_or(0), at.end)
                    }
                    _ => return Ok(()),
                }
            }
        };
        let (token, at) = next_token(self.text, from)?;
        match token {
            Token::Name(word) if matches!(word.as_str(), "if" | "else" | "and" | "or") => {
                return Ok(());
            }
            Token::Open | Token::Name(_) => {}
            _ => return Ok(()),
        }
        let shown = self.slice(&(self.at.start..from));
        let inverse = foreign::names().find(|n| n.strip_prefix('a') == Some(name));
        let message = match inverse.filter(|_| minus && raised == 1) {
            Some(inverse) => format!(
                "`{name}{shown}(x)` is `{inverse}(x)` to some and `1/{name}(x)` to others: write the one that is meant"
            ),
            None => format!(
                "a power comes after the argument: `{name}(x)^{}{raised}`",
                if minus { "-" } else { "" }
            ),
        };
        fault(message, start..at.start)
    }

    /// After an operand there must not be another one.
    fn without_operator(&self, operand: Sized, start: usize) -> Result<Sized> {
        match &self.token {
            Token::Name(word) if matches!(word.as_str(), "if" | "else") => return Ok(operand),
            Token::Name(word) if matches!(word.as_str(), "and" | "or") => {
                return fault(choice::JOINED, self.here());
            }
            Token::Number(_) | Token::Name(_) | Token::Open | Token::Root => {}
            _ => return Ok(operand),
        }
        let (first, second) = (self.slice(&(start..self.end)), self.slice(&self.at));
        let at = start..self.at.end;
        let second = if self.token == Token::Open {
            "(...)"
        } else {
            second
        };
        if foreign::names().any(|n| n == first) {
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
            Token::Root => self.root(),
            Token::Bar => fault(choice::ABSOLUTE, self.here()),
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
            _ => self.unexpected(format!(
                "`)` was expected here, not `{}`",
                self.slice(&self.at)
            )),
        }
    }

    /// The root of what stands in parentheses or of one number or letter, behind the root sign.
    fn root(&mut self) -> Result<Sized> {
        let sign = self.advance()?;
        let radicand = match self.token.clone() {
            Token::Open | Token::Number(_) | Token::Name(_) => self.nested(Self::atom)?,
            _ => return fault("the root of what? Write `sqrt(x)`", sign),
        };
        if matches!(self.token, Token::Power | Token::Raised(_)) {
            return fault("how far does this root reach? Write `sqrt(...)`", sign);
        }
        let expr = Expr::call(Function::Sqrt, radicand.expr.clone());
        self.node(sign.start, &[&radicand], expr)
    }
}
