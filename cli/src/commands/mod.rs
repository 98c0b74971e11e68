//! One file per command.

pub mod accuracies;
pub mod activations;
pub mod classify;
pub mod cntk;
pub mod completions;
pub mod constants;
pub mod depth;
pub mod design;
pub mod dual;
pub mod dynamics;
pub mod emit;
pub mod evaluate;
pub mod expect;
pub mod gram;
pub mod hermite;
pub mod identities;
pub mod learn;
pub mod limit;
pub mod man;
pub mod ntk;
pub mod papers;
pub mod phase;
pub mod plot;
pub mod predict;
pub mod regress;
pub mod report;
pub mod spectrum;

use std::io::{self, Read};

use deeplimit::limit::Quantity;

use crate::args::Effort;
use crate::batch::Interrupt;
use crate::fault::Fault;
use crate::library::{Blocks, Request};
use crate::number::certain;
use crate::report::Report;
use crate::typed;

/// Ctrl-C was pressed.
pub static INTERRUPT: Interrupt = Interrupt::new();

/// The most bytes that are read from the standard input.
const INPUT_MAX: u64 = 64 << 20;

impl Effort {
    /// How much is asked of the library.
    pub fn request(&self) -> Request {
        Request {
            digits: self.digits,
            timeout: self.timeout,
        }
    }
}

/// The expressions as typed, `-` replaced by the lines of the standard input.
pub fn expressions(typed: &[String]) -> io::Result<Vec<String>> {
    let all = expressions_from(typed, io::stdin().lock())?;
    match typed::unused(&all) {
        None => Ok(all),
        Some(name) => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("--set {name}: there is no `{name}` in what was typed"),
        )),
    }
}

fn expressions_from(typed: &[String], input: impl Read) -> io::Result<Vec<String>> {
    let mut input = Some(input);
    let mut all = Vec::new();
    for text in typed {
        if text == "-" {
            // A second `-` finds nothing left to read.
            if let Some(input) = input.take() {
                all.extend(lines(input)?);
            }
        } else {
            // The blank that `args::with_leading_minus` has put before a minus sign.
            let text = text
                .strip_prefix(' ')
                .filter(|t| t.starts_with('-'))
                .unwrap_or(text);
            all.push(text.to_owned());
        }
    }
    Ok(all)
}

fn lines(input: impl Read) -> io::Result<Vec<String>> {
    let mut bytes = Vec::new();
    input.take(INPUT_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > INPUT_MAX {
        let message = format!("the standard input is longer than {} MiB", INPUT_MAX >> 20);
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    Ok(lines.map(String::from).collect())
}

/// The one expression of a command that takes only one.
pub fn expression(typed: &str) -> io::Result<String> {
    let mut all = expressions(&[typed.to_owned()])?;
    match (all.pop(), all.len()) {
        (Some(text), 0) => Ok(text),
        (_, more) => {
            let count = if more == 0 { 0 } else { more + 1 };
            let message = format!("one expression is wanted, the standard input has {count}");
            Err(io::Error::new(io::ErrorKind::InvalidInput, message))
        }
    }
}

/// The one expression of an option that may be given several times elsewhere.
pub fn only(typed: &[String]) -> io::Result<String> {
    match typed {
        [one] => expression(one),
        several => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!(
                "one activation is wanted, {} are given (`evaluate --all` and `regress` take several)",
                several.len()
            ),
        )),
    }
}

/// The certain digits, or nothing.
pub fn cell(q: Option<&Quantity>, digits: u32) -> String {
    q.map_or(String::new(), |q| certain(q, digits))
}

/// The network that `--network` and `--skip` ask about; what is wrong with the scale is no fault of an activation.
pub fn blocks(args: &crate::args::Blocks, json: bool) -> Result<Option<Blocks>, Report> {
    Blocks::new(args).map_err(|error| {
        let text = args.skip.clone().unwrap_or_default();
        let fault = Fault {
            text: String::new(),
            error,
        };
        Report::refused("skip", &text, fault, json)
    })
}

/// The certain digits, with the closed form behind them.
pub fn with_closed_form(q: &Quantity, digits: u32) -> String {
    let number = certain(q, digits);
    match &q.exact {
        Some(exact) if q.as_integer().is_none() && *exact != number => {
            format!("{number} = {exact}")
        }
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(typed: &[&str], input: &str) -> io::Result<Vec<String>> {
        let typed: Vec<_> = typed.iter().map(|t| (*t).to_owned()).collect();
        expressions_from(&typed, input.as_bytes())
    }

    #[test]
    fn a_dash_stands_for_the_lines_of_the_standard_input() {
        let all = from(&["relu", "-", " -x", "-"], "tanh\n\n  x^2 \r\n").unwrap();
        assert_eq!(all, ["relu", "tanh", "  x^2 ", "-x"]);
        assert_eq!(from(&["relu", ""], "tanh").unwrap(), ["relu", ""]);
    }

    #[test]
    fn endless_input_is_refused() {
        let typed = ["-".to_owned()];
        let error = expressions_from(&typed, io::repeat(b'(')).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the standard input is longer than 64 MiB"
        );
    }
}
