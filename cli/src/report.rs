//! What a command has to say, and how many questions become one report: sections one below the other, or rows of one table.

use std::io;

use anstyle::Style;
use deeplimit::error::{Error, Result};
use rug::Rational;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::args::Effort;
use crate::batch::{Batch, answers};
use crate::commands::{INTERRUPT, expressions};
use crate::data::Reading;
use crate::fault::{Fault, shortened};
use crate::json::{FaultItem, Item, array};
use crate::library::Request;
use crate::table::{Entry, Table};

const BOLD: Style = Style::new().bold();

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

    /// The question has no answer: the error is about `typed`, which the answer would have had under `key`.
    pub fn refused(key: &'static str, typed: &str, fault: Fault, json: bool) -> Self {
        let text = match json {
            true => array(&[FaultItem::new(key, typed, &fault.error)]),
            false => String::new(),
        };
        Self::new(text, vec![fault], false, false)
    }

    /// The same of a question about data, with an activation: `data` is what was typed under `key`.
    pub fn of_data_fault(
        key: &'static str,
        data: &str,
        activation: &str,
        error: Error,
        json: bool,
    ) -> Self {
        let fault = Fault::of_data(data.to_owned(), activation, error);
        Self::refused(key, data, fault, json)
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

/// What was asked about several expressions, and the answers.
pub struct Asked<T> {
    /// As typed.
    pub texts: Vec<String>,
    /// An answer for each, in order.
    pub batch: Batch<T>,
    /// What they are, in a sentence about those that are missing: `activations`.
    pub things: &'static str,
    /// Answer in JSON.
    pub json: bool,
}

/// Asks about each expression, on all cores.
pub fn ask<T: Send + 'static>(
    typed: &[String],
    effort: &Effort,
    question: impl Fn(&str, Request) -> Result<T> + Send + Sync + 'static,
) -> io::Result<Asked<T>> {
    let texts = expressions(typed)?;
    let (questions, request) = (texts.clone(), effort.request());
    let batch = answers(&texts, effort.timeout, &INTERRUPT, move |n| {
        question(&questions[n], request)
    });
    Ok(Asked {
        texts,
        batch,
        things: "activations",
        json: effort.json,
    })
}

impl<T> Asked<T> {
    /// A section for each answer, one below the other.
    pub fn sections<J: Serialize>(self, mut section: impl FnMut(&str, T) -> Section<J>) -> Report {
        let missing = self.batch.missing(&self.texts, self.things);
        let sections = self
            .texts
            .iter()
            .zip(self.batch.answers)
            .map(|(text, answer)| match answer {
                Some(Ok(answer)) => section(text, answer),
                Some(Err(error)) => Section::of_fault(text, error),
                None => Section::unfinished(text),
            })
            .collect();
        Report::of_sections(sections, self.json, missing)
    }

    /// As [`Asked::sections`], with the name of the activation above each, where there are several.
    pub fn headed_sections<J: Serialize>(
        self,
        mut section: impl FnMut(&str, T) -> Section<J>,
    ) -> Report {
        let several = self.texts.len() > 1;
        self.sections(|text, answer| section(text, answer).headed(several))
    }

    /// A row for each answer, in one table. `key` names the expressions in the contract.
    pub fn rows<J: Serialize>(
        self,
        key: &'static str,
        mut table: Table,
        width: usize,
        mut row: impl FnMut(T) -> Row<J>,
    ) -> Report {
        let missing = self.batch.missing(&self.texts, self.things);
        let mut rows = Rows::default();
        let mut undecided = false;
        for (text, answer) in self.texts.iter().zip(self.batch.answers) {
            match answer {
                Some(Ok(answer)) => {
                    let row = row(answer);
                    undecided |= row.undecided;
                    rows.add(row.entry, row.json);
                }
                Some(Err(error)) => {
                    rows.refused(FaultItem::new(key, text, &error), text.clone(), error);
                }
                None => rows
                    .items
                    .push(Item::Fault(FaultItem::interrupted(key, text))),
            }
        }
        table.entries = rows.entries;
        let text = match self.json {
            true => array(&rows.items),
            false => table.text(width),
        };
        Report::new(text, rows.faults, undecided, self.batch.interrupted).with_closing(missing)
    }
}

/// One answer, for people and for programs.
pub struct Row<J> {
    pub entry: Entry,
    pub json: J,
    pub undecided: bool,
}

/// Answers in order, for people and for programs, and what is wrong with the others.
pub struct Rows<J> {
    pub items: Vec<Item<J>>,
    pub entries: Vec<Entry>,
    pub faults: Vec<Fault>,
}

impl<J> Default for Rows<J> {
    fn default() -> Self {
        Rows {
            items: vec![],
            entries: vec![],
            faults: vec![],
        }
    }
}

impl<J> Rows<J> {
    /// An answer.
    pub fn add(&mut self, entry: Entry, json: J) {
        self.entries.push(entry);
        self.items.push(Item::Answer(json));
    }

    /// No answer: the error in the place of one, and what it is about.
    pub fn refused(&mut self, item: FaultItem, text: String, error: Error) {
        self.items.push(Item::Fault(item));
        self.faults.push(Fault { text, error });
    }

    /// Answers at places, in order: one for each place that is a number.
    pub fn at<V>(
        activation: &str,
        places: &[At],
        values: impl IntoIterator<Item = Result<V>>,
        mut row: impl FnMut(&At, V) -> (Entry, J),
    ) -> Self {
        let mut rows = Rows::default();
        let mut values = values.into_iter();
        for at in places {
            let value = match &at.exact {
                Ok(_) => match values.next() {
                    Some(value) => value,
                    // Not there: nothing to say of it.
                    None => continue,
                },
                Err(error) => Err(error.clone()),
            };
            match value {
                Ok(value) => {
                    let (entry, json) = row(at, value);
                    rows.add(entry, json);
                }
                Err(error) => {
                    let item = FaultItem::new(at.key, &at.text, &error).about(activation);
                    rows.refused(item, at.text.clone(), error);
                }
            }
        }
        rows
    }

    /// The answers about one activation.
    pub fn section(
        self,
        activation: String,
        title: &'static str,
        columns: Vec<&'static str>,
        width: usize,
    ) -> Section<J> {
        let table = Table {
            title,
            columns,
            entries: self.entries,
        };
        Section {
            faults: self.faults,
            ..Section::of_answer(activation, self.items, table.text(width))
        }
    }
}

/// A place that is asked about, as typed; in the contract it stands under its own name.
#[derive(Clone, Debug)]
pub struct At {
    pub key: &'static str,
    pub text: String,
    /// The correlation, or why it is none.
    pub exact: Result<Rational>,
}

impl At {
    /// The places that were typed.
    pub fn all(
        key: &'static str,
        typed: &[String],
        exact: impl Fn(&str) -> Result<Rational>,
    ) -> Vec<At> {
        let at = |text: &String| At {
            key,
            text: text.trim().to_owned(),
            exact: exact(text.trim()),
        };
        typed.iter().map(at).collect()
    }

    /// Those that are numbers. (One question for all that are in order: what answers it is prepared once.)
    pub fn known(all: &[At]) -> Vec<Rational> {
        all.iter().filter_map(|at| at.exact.clone().ok()).collect()
    }
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.key, &self.text)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_stands_at_its_own_place_whatever_is_wrong_with_others() {
        let typed = ["0.5", " two", "0.9", "1"].map(String::from);
        let exact = |text: &str| match text.parse::<f64>() {
            Ok(x) => Ok(Rational::from_f64(x).unwrap()),
            Err(_) => Err(Error::Domain(format!("`{text}` is no correlation"))),
        };
        let places = At::all("rho", &typed, exact);
        let known = At::known(&places);
        assert_eq!(known.len(), 3);
        let values = known.iter().map(|rho| match *rho == 1 {
            true => Err(Error::Unresolved("lost".to_owned())),
            false => Ok(rho.to_f64()),
        });
        let rows = Rows::at("relu", &places, values, |at, value| {
            let entry = Entry {
                name: at.text.clone(),
                cells: vec![value.to_string()],
                ..Entry::default()
            };
            (entry, value)
        });
        let shown: Vec<_> = rows
            .entries
            .iter()
            .map(|e| (&e.name, &e.cells[0]))
            .collect();
        assert!(shown.len() == 2 && shown.iter().all(|(name, cell)| name == cell));
        let about: Vec<_> = rows.faults.iter().map(|f| f.text.as_str()).collect();
        assert_eq!(about, ["two", "1"]);
        let json = serde_json::to_value(&rows.items).unwrap();
        assert_eq!((&json[0], &json[2]), (&0.5.into(), &0.9.into()));
        assert_eq!(
            (&json[1]["rho"], &json[1]["activation"]),
            (&"two".into(), &"relu".into())
        );
        assert_eq!(json[3]["error"]["kind"], "unresolved");
    }

    #[test]
    fn the_worst_decides_the_exit_code() {
        let fault = || {
            let error = Error::Domain(String::new());
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
