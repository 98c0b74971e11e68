//! Names and their arguments.

use std::ops::Range;

use super::super::catalogue::Entry;
use super::super::expr::{Constant, Expr, Function};
use super::super::foreign::{self, Meaning};
use super::super::names;
use super::super::token::{Token, fault, next_token};
use super::{Parser, Sized, formula};
use crate::error::{Error, Result};

/// What stands between two commas.
pub(super) struct Argument {
    /// `beta` in `beta=2`.
    name: Option<String>,
    value: Sized,
    at: Range<usize>,
}

/// A tree and its place in the text.
type Placed = (Sized, Range<usize>);

/// A longer text is not repeated in a hint.
const HINT: usize = 30;

impl Parser<'_> {
    pub(super) fn name(&mut self, name: &str) -> Result<Sized> {
        let at = self.advance()?;
        let bound = self.bindings.iter().find(|(bound, _)| *bound == name);
        let set = || self.typed.and_then(|constants| constants.value(name));
        if let Some(value) = bound.map(|(_, value)| value).or_else(set) {
            return self.leaf(name, value.clone(), at);
        }
        let leaf = match name {
            _ if name == self.variable => Expr::X,
            "pi" => Expr::Constant(Constant::Pi),
            "e" => Expr::Constant(Constant::E),
            _ => return self.function(name, at),
        };
        self.leaf(name, Sized::leaf(leaf), at)
    }

    /// What is no function has no argument.
    fn leaf(&self, name: &str, leaf: Sized, at: Range<usize>) -> Result<Sized> {
        match self.token {
            Token::Open if self.typed.is_some() => fault(
                format!("`{name}` is not a function; did you mean `{name}*(...)`?"),
                at.start..self.at.end,
            ),
            _ => Ok(leaf),
        }
    }

    fn function(&mut self, name: &str, at: Range<usize>) -> Result<Sized> {
        let (meaning, class) = match foreign::meaning(name) {
            Ok(Some(found)) => found,
            Ok(None) => {
                let called = matches!(self.token, Token::Open);
                let unknown = names::unknown_at(name, self.variable, called, at.clone());
                return match (&unknown, self.typed) {
                    (Error::Parse { free: Some(_), .. }, Some(c)) if c.has_letters() => {
                        self.leaf(name, Sized::leaf(Expr::Letter(name.into())), at)
                    }
                    _ => Err(unknown),
                };
            }
            Err(sentence) => return fault(sentence, at),
        };
        match meaning {
            Meaning::Constant(c) => return self.leaf(name, Sized::leaf(Expr::Constant(c)), at),
            Meaning::Where => return self.selection(&at),
            Meaning::Mean | Meaning::Centred => return self.bound(name, meaning, &at),
            _ => {}
        }
        let mut arguments = match self.token {
            Token::Open => Some(self.arguments(name)?),
            _ => None,
        };
        let mut whole = at.start..self.end;
        // The arguments of a class are its parameters; what it is applied to may follow.
        if let (true, Some(given)) = (class, &mut arguments) {
            if matches!(meaning, Meaning::Entry(e) if e.name == "prelu") && !given.is_empty() {
                let message = "the first argument of this class is a number of channels: write `prelu(x, 0.25)`";
                return fault(message, whole);
            }
            if given.iter().all(|a| a.value.expr.is_constant()) {
                let applied = match self.token {
                    Token::Open => self.arguments(name)?,
                    _ => vec![],
                };
                whole.end = self.end;
                match <[Argument; 1]>::try_from(applied) {
                    Ok([argument]) => given.insert(0, argument),
                    Err(none) if none.is_empty() => given.insert(0, self.variable_at(&whole)),
                    Err(_) => return fault(format!("`{name}()` takes one argument"), whole),
                }
            }
        }
        match meaning {
            Meaning::Function(function) => self.primitive(function, arguments, whole),
            Meaning::Entry(entry) => self.named(entry, arguments, whole),
            Meaning::Short(short) => {
                let arguments = arguments.unwrap_or_else(|| vec![self.variable_at(&whole)]);
                self.short(short, &arguments, whole)
            }
            Meaning::Constant(_) | Meaning::Where | Meaning::Mean | Meaning::Centred => {
                fault(names::unknown(name, self.variable), at)
            }
        }
    }

    /// `mean(f)` and `centred(f)`: one function of `x`.
    fn bound(&mut self, name: &str, meaning: Meaning, at: &Range<usize>) -> Result<Sized> {
        let arguments = match self.token {
            Token::Open => self.arguments(name)?,
            _ => vec![],
        };
        let whole = at.start..self.end;
        let count = arguments.len();
        let f = match <[Argument; 1]>::try_from(arguments) {
            Ok(
                [
                    Argument {
                        name: None, value, ..
                    },
                ],
            ) => value,
            Ok(
                [
                    Argument {
                        name: Some(parameter),
                        at,
                        ..
                    },
                ],
            ) => {
                return fault(format!("`{name}` has no parameter `{parameter}`"), at);
            }
            Err(_) => {
                let given = if count == 0 {
                    "none".to_owned()
                } else {
                    count.to_string()
                };
                let message = format!(
                    "`{name}` takes one argument, a function of {x}, not {given}: `{name}(softplus({x}))`",
                    x = self.variable
                );
                return fault(message, whole);
            }
        };
        let mean = self.node(at.start, &[&f], f.expr.mean())?;
        match meaning {
            Meaning::Centred => self.node(at.start, &[&f, &mean], f.expr.centred()),
            _ => Ok(mean),
        }
    }

    fn variable_at(&self, at: &Range<usize>) -> Argument {
        Argument {
            name: None,
            value: Sized::leaf(Expr::X),
            at: at.clone(),
        }
    }

    /// `(a, b, c=2)`, each argument with its place.
    fn arguments(&mut self, function: &str) -> Result<Vec<Argument>> {
        let open = self.advance()?;
        let mut arguments = Vec::new();
        if self.token != Token::Close {
            loop {
                let start = self.at.start;
                let name = self.keyword(function)?;
                let value = self.nested(Self::conditional)?;
                let at = start..self.end;
                if name.is_none() && arguments.iter().any(|a: &Argument| a.name.is_some()) {
                    return fault("an argument without a name comes before those with one", at);
                }
                arguments.push(Argument { name, value, at });
                if self.token != Token::Comma {
                    break;
                }
                self.advance()?;
            }
        }
        self.close(open)?;
        Ok(arguments)
    }

    /// `beta=` at the start of an argument.
    fn keyword(&mut self, function: &str) -> Result<Option<String>> {
        let Token::Name(name) = self.token.clone() else {
            return Ok(None);
        };
        // What follows may be no token at all; then it is said when its turn comes.
        let Ok((Token::Assign, sign)) = next_token(self.text, self.at.end) else {
            return Ok(None);
        };
        let whole = self.at.start..sign.end;
        if name == "approximate" {
            let message =
                "write `gelu_tanh(x)` for the approximation by tanh, `gelu(x)` for the exact one";
            return fault(message, whole);
        }
        if name == "inplace" || name == "out" || name == "name" {
            let message =
                format!("`{name}` says nothing about the function `{function}`: leave it out");
            return fault(message, whole);
        }
        self.advance()?;
        self.advance()?;
        Ok(Some(name))
    }

    fn primitive(
        &self,
        function: Function,
        arguments: Option<Vec<Argument>>,
        at: Range<usize>,
    ) -> Result<Sized> {
        let (name, arity) = (function.name(), function.arity());
        let arguments = match arguments {
            None if arity == 1 => vec![self.variable_at(&at)],
            None => vec![],
            Some(arguments) => arguments,
        };
        if let Some(Argument {
            name: Some(parameter),
            at,
            ..
        }) = arguments.iter().find(|a| a.name.is_some())
        {
            return fault(
                format!("`{name}` has no parameter `{parameter}`"),
                at.clone(),
            );
        }
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
        let children: Vec<&Sized> = arguments.iter().map(|a| &a.value).collect();
        let expr = Expr::Call(function, children.iter().map(|a| a.expr.clone()).collect());
        self.node(at.start, &children, expr)
    }

    fn named(
        &self,
        entry: &'static Entry,
        arguments: Option<Vec<Argument>>,
        at: Range<usize>,
    ) -> Result<Sized> {
        let arguments = arguments.unwrap_or_default();
        self.no_lone_parameter(entry, &arguments, &at)?;
        // Parameters that the catalogue has not, but torch or tensorflow.
        let abroad = |a: &Argument| {
            let name = a.name.as_deref();
            name.is_some_and(|n| {
                let own = entry
                    .parameters
                    .iter()
                    .any(|(p, _)| foreign::is_parameter(n, p));
                !own && n != "x" && !foreign::is_parameter(n, "x")
            })
        };
        let most = usize::from(entry.index.is_some()) + 1 + entry.parameters.len();
        let more = arguments.len() > most || arguments.iter().any(abroad);
        if let (Some(short), true) = (foreign::shorts(entry.name).next(), more) {
            return self.short(short.name, &arguments, at);
        }
        if arguments.len() > most {
            let takes = if most == 1 {
                "one argument".to_owned()
            } else {
                format!("at most {most} arguments")
            };
            let message = format!(
                "`{}` takes {takes}, not {}: `{}`",
                entry.name,
                arguments.len(),
                entry.signature()
            );
            return fault(message, at);
        }
        let arguments = entry.completed(&self.in_order(entry, arguments, &at)?, &at)?;
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

    /// `leaky_relu(0.2)` would be a number; whoever writes it means the parameter, as in `optimal(4)`.
    fn no_lone_parameter(
        &self,
        entry: &Entry,
        arguments: &[Argument],
        at: &Range<usize>,
    ) -> Result<()> {
        let [
            Argument {
                name: None,
                value,
                at: place,
            },
        ] = arguments
        else {
            return Ok(());
        };
        if entry.index.is_some() || !value.expr.is_constant() || self.typed.is_none() {
            return Ok(());
        }
        let Some((_, default)) = entry.parameters.first() else {
            return Ok(());
        };
        let (name, written) = (entry.name, self.slice(place).trim());
        let written = if written.len() > HINT { "..." } else { written };
        let message = format!(
            "`{name}({written})` has no x in it: did you mean `{name}(x, {written})`? (The number is `{name}({written}, \
             {default})`.)"
        );
        fault(message, at.clone())
    }

    /// The arguments by their places: those with a name are put where they belong, `None` where none was given.
    fn in_order(
        &self,
        entry: &Entry,
        arguments: Vec<Argument>,
        at: &Range<usize>,
    ) -> Result<Vec<Option<Placed>>> {
        let index = entry.index.iter().map(|(letter, _)| *letter);
        let parameters = entry.parameters.iter().map(|(parameter, _)| *parameter);
        let places: Vec<&str> = index.chain(["x"]).chain(parameters).collect();
        let mut ordered: Vec<Option<Placed>> = vec![None; places.len()];
        for (n, argument) in arguments.into_iter().enumerate() {
            let place = match &argument.name {
                None => Some(n),
                Some(name) => places.iter().position(|p| foreign::is_parameter(name, p)),
            };
            let shown = argument.name.as_deref().unwrap_or_default();
            match place.and_then(|p| ordered.get_mut(p)) {
                Some(free @ None) => *free = Some((argument.value, argument.at)),
                Some(Some(_)) => return fault(format!("`{shown}` is given twice"), argument.at),
                None => {
                    let message = format!(
                        "`{}` has no parameter `{shown}`: `{}`",
                        entry.name,
                        entry.signature()
                    );
                    return fault(
                        message,
                        if argument.at.is_empty() {
                            at.clone()
                        } else {
                            argument.at
                        },
                    );
                }
            }
        }
        Ok(ordered)
    }

    /// A function of other libraries, written out.
    fn short(&self, name: &'static str, arguments: &[Argument], at: Range<usize>) -> Result<Sized> {
        let fits = |parameters: &[&'static str]| -> Option<Vec<(&'static str, Sized)>> {
            let mut free: Vec<&'static str> = parameters.to_vec();
            let mut bound = Vec::new();
            for argument in arguments {
                let place = match &argument.name {
                    None => Some(0),
                    Some(name) => free.iter().position(|p| foreign::is_parameter(name, p)),
                };
                let parameter = place.filter(|p| *p < free.len()).map(|p| free.remove(p))?;
                bound.push((parameter, argument.value.clone()));
            }
            // `nn.Softplus(beta=2)`: what it is applied to need not be written.
            if free == ["x"] && arguments.iter().all(|a| a.name.is_some()) && !arguments.is_empty()
            {
                bound.push(("x", Sized::leaf(Expr::X)));
                free.clear();
            }
            free.is_empty().then_some(bound)
        };
        let found = foreign::shorts(name).find_map(|s| Some((s.formula, fits(s.parameters)?)));
        let Some((text, bound)) = found else {
            let usage: Vec<String> = foreign::shorts(name)
                .map(|s| format!("`{name}({})`", s.parameters.join(", ")))
                .collect();
            return fault(
                format!("the arguments do not fit: {}", usage.join(" or ")),
                at,
            );
        };
        let bound: Vec<(&str, Sized)> = bound.iter().map(|(p, v)| (*p, v.clone())).collect();
        self.within_limits(at.start, formula(text, &bound)?)
    }
}
