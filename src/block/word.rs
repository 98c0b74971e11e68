//! A period of layers as a word: `tanh gelu`, `relu*3 tanh`, `(tanh gelu)*2`.

use std::fmt;
use std::str::FromStr;

use crate::activation::{Constants, Expr};
use crate::error::{Error, Result};
use crate::exact::Activation;

/// A period has at most so many layers.
pub const LONGEST_PERIOD: usize = 64;

/// Layers that differ: a period, the first layer first. The network repeats it.
///
/// Written as activations with spaces between them. `*3` behind one, or behind several in parentheses, repeats. An expression that
/// has spaces, or that ends in `*` and a whole number, stands in parentheses.
///
/// ```
/// use deeplimit::block::Word;
/// let word: Word = "relu*2 (tanh gelu)*2".parse()?;
/// assert_eq!(word.to_string(), "relu*2 tanh gelu tanh gelu");
/// assert_eq!(word.layers().len(), 6);
/// assert!("tanh golu".parse::<Word>().is_err());
/// # Ok::<(), deeplimit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Word {
    layers: Vec<Activation>,
}

impl Word {
    /// From layers that are ready.
    ///
    /// # Errors
    /// [`Error::Domain`] for none, and for more than [`LONGEST_PERIOD`].
    pub fn new(layers: Vec<Activation>) -> Result<Self> {
        match layers.len() {
            0 => Err(Error::Domain(
                "a word of layers names at least one activation, as in `tanh gelu`".to_owned(),
            )),
            1..=LONGEST_PERIOD => Ok(Word { layers }),
            n => Err(Error::Domain(format!(
                "a word has at most {LONGEST_PERIOD} layers, and this one has {n}"
            ))),
        }
    }

    /// Reads a word whose letters may have values.
    ///
    /// # Errors
    /// [`Error::Domain`] for an empty word, for what names no activation, for a repetition of 0 times and for too many layers;
    /// those of [`Activation::new`].
    pub fn parse_with(text: &str, constants: &Constants) -> Result<Self> {
        let mut layers: Vec<Activation> = Vec::new();
        let mut known: Vec<(Expr, Activation)> = Vec::new();
        for expr in expressions(text, text, constants)? {
            let activation = match known.iter().find(|(e, _)| *e == expr) {
                Some((_, activation)) => activation.clone(),
                None => {
                    let activation = Activation::new(&expr)?;
                    known.push((expr, activation.clone()));
                    activation
                }
            };
            layers.push(activation);
        }
        Word::new(layers)
    }

    /// The layers of a period, the first one first.
    pub fn layers(&self) -> &[Activation] {
        &self.layers
    }

    /// The same network, looked at from `by` layers further on.
    pub fn rotated(&self, by: usize) -> Word {
        let mut layers = self.layers.clone();
        layers.rotate_left(by % self.layers.len());
        Word { layers }
    }
}

impl FromStr for Word {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Word::parse_with(text, &Constants::default())
    }
}

impl fmt::Display for Word {
    /// As it may be typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.layers.iter().map(|a| letter(&a.typed)).collect();
        let mut at = 0;
        while at < names.len() {
            let times = names[at..].iter().take_while(|n| **n == names[at]).count();
            let space = if at > 0 { " " } else { "" };
            write!(f, "{space}{}", names[at])?;
            if times > 1 {
                write!(f, "*{times}")?;
            }
            at += times;
        }
        Ok(())
    }
}

/// An expression as a letter of a word.
fn letter(expr: &Expr) -> String {
    let text = expr.to_string();
    let mut depth = 0_i32;
    let plain = text.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth > 0 || c.is_alphanumeric() || "_.)".contains(c)
    });
    if plain { text } else { format!("({text})") }
}

/// The layers that `text` names, which is all or a part of `word`.
fn expressions(text: &str, word: &str, constants: &Constants) -> Result<Vec<Expr>> {
    let mut out = Vec::new();
    for token in tokens(text) {
        let (base, times) = repeated(token, word)?;
        let layers = match inside(base).filter(|text| Expr::parse_with(text, constants).is_err()) {
            Some(group) => expressions(group, word, constants)?,
            None => vec![Expr::parse_with(base, constants).map_err(|e| {
                Error::Domain(format!(
                    "`{}` in the word `{}` names no activation: {e}",
                    shortened(base),
                    shortened(word)
                ))
            })?],
        };
        if layers.len().saturating_mul(times) > LONGEST_PERIOD {
            return Err(Error::Domain(format!(
                "a word has at most {LONGEST_PERIOD} layers, and `{}` has more",
                shortened(word)
            )));
        }
        for _ in 0..times {
            out.extend(layers.iter().cloned());
        }
    }
    Ok(out)
}

/// What stands between spaces, those inside of parentheses left alone.
fn tokens(text: &str) -> Vec<&str> {
    let (mut out, mut depth, mut from) = (Vec::new(), 0_i32, None);
    for (at, c) in text.char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        match (c.is_whitespace() && depth <= 0, from) {
            (true, Some(start)) => {
                out.push(&text[start..at]);
                from = None;
            }
            (false, None) => from = Some(at),
            _ => {}
        }
    }
    out.extend(from.map(|start| &text[start..]));
    out
}

/// `base*3` as `base` and 3.
fn repeated<'a>(token: &'a str, word: &str) -> Result<(&'a str, usize)> {
    let Some((base, times)) = token.rsplit_once('*') else {
        return Ok((token, 1));
    };
    let digits = !times.is_empty() && times.bytes().all(|b| b.is_ascii_digit());
    if !digits || base.is_empty() {
        return Ok((token, 1));
    }
    match times.parse() {
        Ok(0) => Err(Error::Domain(format!(
            "`{}` in the word `{}` is repeated 0 times: a layer stands there once or more",
            shortened(base),
            shortened(word)
        ))),
        // more than memory holds is more than is allowed
        times => Ok((base, times.unwrap_or(usize::MAX))),
    }
}

/// What is in the parentheses that enclose all of it.
fn inside(token: &str) -> Option<&str> {
    let inner = token.strip_prefix('(')?.strip_suffix(')')?;
    let mut depth = 0_i32;
    for c in inner.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return None;
        }
    }
    Some(inner)
}

/// So much of a text as a sentence bears.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_printed() {
        for (text, printed) in [
            ("tanh gelu", "tanh gelu"),
            ("  relu*3   tanh ", "relu*3 tanh"),
            ("(tanh gelu)*2", "tanh gelu tanh gelu"),
            (
                "((erf sin)*2 relu)*2",
                "erf sin erf sin relu erf sin erf sin relu",
            ),
            ("optimal(4) optimal(8)", "optimal(4) optimal(8)"),
            ("(x^2 - 1)*2 erf", "(x^2-1)*2 erf"),
            ("(3*x*2)", "(3*x*2)"),
            ("max(x, 0)", "max(x,0)"),
        ] {
            let word: Word = text.parse().unwrap();
            let again: Word = word.to_string().parse().unwrap();
            assert_eq!(again.to_string(), word.to_string(), "{text}");
            let squeezed = word.to_string().replace(", ", ",").replace(" - ", "-");
            assert_eq!(
                squeezed.replace("(max(x,0))", "max(x,0)"),
                printed,
                "{text}"
            );
        }
        let one: Word = "tanh gelu erf".parse().unwrap();
        assert_eq!(one.rotated(4).to_string(), "gelu erf tanh");
    }

    #[test]
    fn what_is_no_word_has_its_sentence() {
        let said = |text: &str| text.parse::<Word>().unwrap_err().to_string();
        assert!(said("").starts_with("a word of layers names at least one activation"));
        assert!(
            said("()").contains("at least one activation"),
            "{}",
            said("()")
        );
        let golu = said("tanh golu");
        assert!(
            golu.starts_with("`golu` in the word `tanh golu` names no activation: "),
            "{golu}"
        );
        assert!(
            said("tanh relu*0").contains("`relu` in the word `tanh relu*0` is repeated 0 times")
        );
        for long in [
            "relu*65",
            "(tanh gelu)*33",
            "relu*40 tanh*40",
            "relu*99999999999999999999999",
        ] {
            assert!(
                said(long).contains("a word has at most 64 layers"),
                "{}",
                said(long)
            );
        }
        assert!(said("tanh (gelu").contains("names no activation"));
    }
}
