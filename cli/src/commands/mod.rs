//! One file per command.

pub mod activations;
pub mod classify;
pub mod cntk;
pub mod completions;
pub mod constants;
pub mod depth;
pub mod dual;
pub mod dynamics;
pub mod evaluate;
pub mod expect;
pub mod gram;
pub mod hermite;
pub mod limit;
pub mod man;
pub mod ntk;
pub mod papers;
pub mod phase;
pub mod predict;

use std::io::{self, Read};

use anstyle::Style;
use deeplimit::error::Error;
use deeplimit::limit::Quantity;
use serde::Serialize;

use crate::args::Effort;
use crate::batch::Interrupt;
use crate::data::Reading;
use crate::fault::{Fault, shortened};
use crate::json::{FaultItem, Item, array};
use crate::library::{Request, typed};
use crate::number::{certain, exact_integer};

const BOLD: Style = Style::new().bold();

/// Ctrl-C was pressed.
pub static INTERRUPT: Interrupt = Interrupt::new();

/// The most bytes that are read from the standard input.
const INPUT_MAX: u64 = 64 << 20;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Everything was answered.
    Answered = 0,
    /// Something is undecided.
    Undecided = 1,
    /// There was an error.
    Error = 2,
    /// Ctrl-C.
    Interrupted = 130,
}

/// What a command has to say.
#[derive(Debug)]
pub struct Report {
    /// For stdout.
    pub text: String,
    /// For stderr: what was read, and what one might not have noticed.
    pub notes: Vec<String>,
    /// For stderr.
    pub faults: Vec<Fault>,
    /// For stderr, at the end: what Ctrl-C left, remarks on the answer.
    pub closing: Vec<String>,
    /// The exit code.
    pub exit: Exit,
}

/// The part of an answer that is about one activation.
pub struct Section<T> {
    pub activation: String,
    /// For JSON.
    pub items: Vec<Item<T>>,
    /// For people; empty where there is nothing to show.
    pub text: String,
    pub faults: Vec<Fault>,
    pub undecided: bool,
}

impl<T> Section<T> {
    /// An answer without trouble.
    pub fn of_answer(activation: String, items: Vec<Item<T>>, text: String) -> Self {
        Section {
            activation,
            items,
            text,
            faults: vec![],
            undecided: false,
        }
    }

    /// There is no answer about this activation.
    pub fn of_fault(text: &str, error: Error) -> Self {
        Section {
            activation: text.to_owned(),
            items: vec![Item::Fault(FaultItem::new("activation", text, &error))],
            text: String::new(),
            faults: vec![Fault {
                text: text.to_owned(),
                error,
            }],
            undecided: false,
        }
    }

    /// The answer was not finished when Ctrl-C came.
    pub fn unfinished(text: &str) -> Self {
        Section {
            activation: text.to_owned(),
            items: vec![Item::Fault(FaultItem::interrupted("activation", text))],
            text: String::new(),
            faults: vec![],
            undecided: false,
        }
    }

    /// The table with the activation above it, where there are several.
    #[must_use]
    pub fn headed(self, several: bool) -> Self {
        let text = match several && !self.text.is_empty() {
            true => format!(
                "{BOLD}{}{BOLD:#}\n{}",
                shortened(&self.activation, 100),
                self.text
            ),
            false => self.text,
        };
        Section { text, ..self }
    }
}

impl Report {
    /// An answer without trouble.
    pub fn of(text: String) -> Self {
        Self {
            text,
            notes: vec![],
            faults: vec![],
            closing: vec![],
            exit: Exit::Answered,
        }
    }

    /// The sections one below the other; in JSON, their items in one array. `missing` is what Ctrl-C left.
    pub fn of_sections<T: Serialize>(
        sections: Vec<Section<T>>,
        json: bool,
        missing: Option<String>,
    ) -> Self {
        let (mut items, mut texts, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        let mut undecided = false;
        for section in sections {
            items.extend(section.items);
            texts.extend(Some(section.text).filter(|t| !t.is_empty()));
            faults.extend(section.faults);
            undecided |= section.undecided;
        }
        let text = if json {
            array(&items)
        } else {
            texts.join("\n")
        };
        Self::new(text, faults, undecided, missing.is_some()).with_closing(missing)
    }

    /// The same with more lines at the end, for stderr.
    #[must_use]
    pub fn with_closing(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.closing.extend(lines);
        self
    }

    /// A question about data, with an activation, that has no answer: `data` is what was typed under `key`.
    pub fn of_data_fault(
        key: &'static str,
        data: String,
        activation: &str,
        error: Error,
        json: bool,
    ) -> Self {
        let text = match json {
            true => array(&[FaultItem::new(key, &data, &error)]),
            false => String::new(),
        };
        let fault = Fault::of_data(data, activation, error);
        Self::new(text, vec![fault], false, false)
    }

    /// The exit code follows from the faults, from what is undecided, and from Ctrl-C.
    pub fn new(text: String, faults: Vec<Fault>, undecided: bool, interrupted: bool) -> Self {
        let exit = [
            (interrupted, Exit::Interrupted),
            (!faults.is_empty(), Exit::Error),
            (undecided, Exit::Undecided),
        ];
        let exit = exit
            .iter()
            .find(|(holds, _)| *holds)
            .map_or(Exit::Answered, |(_, e)| *e);
        Self {
            text,
            notes: vec![],
            faults,
            closing: vec![],
            exit,
        }
    }

    /// With what was read, for people: in JSON it is part of the answer.
    #[must_use]
    pub fn having_read(mut self, json: bool, read: &[Reading]) -> Self {
        if !json {
            self.notes.extend(read.iter().flat_map(Reading::words));
        }
        self
    }
}

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

/// The certain digits, or nothing.
pub fn cell(q: Option<&Quantity>, digits: u32) -> String {
    q.map_or(String::new(), |q| certain(q, digits))
}

/// The certain digits, with the closed form behind them.
pub fn with_closed_form(q: &Quantity, digits: u32) -> String {
    let number = certain(q, digits);
    match &q.exact {
        Some(exact) if exact_integer(q).is_none() && *exact != number => {
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

    #[test]
    fn the_worst_decides_the_exit_code() {
        let fault = || {
            let error = deeplimit::error::Error::Domain(String::new());
            vec![Fault {
                text: String::new(),
                error,
            }]
        };
        for (faults, undecided, interrupted, exit) in [
            (vec![], false, false, 0),
            (vec![], true, false, 1),
            (fault(), true, false, 2),
            (fault(), true, true, 130),
        ] {
            let report = Report::new(String::new(), faults, undecided, interrupted);
            assert_eq!(report.exit as i32, exit);
        }
    }
}
