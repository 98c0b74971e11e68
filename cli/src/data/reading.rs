//! What was read of a file: rows, columns, separator, classes; what was left out and why.

use std::path::Path;

use serde::Serialize;

/// More classes than this are not listed for people.
const LISTED: usize = 12;

/// What was read, for people and, as a part of the JSON contract, for programs.
#[derive(Clone, Debug, Serialize)]
pub struct Reading {
    file: String,
    /// `csv`, `npy` or `idx`.
    format: &'static str,
    pub rows: usize,
    /// Coordinates.
    pub columns: usize,
    /// The first and the last coordinate's name; `null` where they have none.
    first: Option<String>,
    last: Option<String>,
    /// `tab`, `semicolon`, `comma` or `blank`; `null` for one column and for arrays.
    separator: Option<&'static str>,
    /// Has the file a line of names? `null` for arrays.
    header: Option<bool>,
    /// The column of the labels, or their file.
    label: Option<String>,
    /// Columns that are no coordinates.
    left_out: Vec<LeftOut>,
    /// The classes in order, with their rows; `null` where no labels were read.
    classes: Option<Vec<Class>>,
    /// Real targets; only where some were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    targets: Vec<Target>,
    /// What one might not have noticed.
    notes: Vec<String>,
    /// The separator for people.
    #[serde(skip)]
    how: &'static str,
    /// The label for people.
    #[serde(skip)]
    shown: String,
}

#[derive(Clone, Debug, Serialize)]
struct LeftOut {
    /// Its name, or its number.
    column: String,
    #[serde(skip)]
    shown: String,
    why: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct Target {
    /// Its name, or its number.
    column: String,
    least: f64,
    largest: f64,
    #[serde(skip)]
    shown: String,
}

/// So few different whole numbers look like classes.
const CLASS_LIKE: usize = 5;

#[derive(Clone, Debug, Serialize)]
struct Class {
    class: String,
    rows: usize,
}

impl Reading {
    /// Of an array.
    pub fn of_array(path: &Path, format: &'static str, rows: usize, columns: usize) -> Reading {
        Reading {
            file: path.display().to_string(),
            format,
            rows,
            columns,
            first: None,
            last: None,
            separator: None,
            header: None,
            label: None,
            left_out: vec![],
            classes: None,
            targets: vec![],
            notes: vec![],
            how: "",
            shown: String::new(),
        }
    }

    /// Of a text file.
    pub fn of_text(
        path: &Path,
        rows: usize,
        columns: usize,
        separator: super::text::Separator,
        header: bool,
    ) -> Reading {
        Reading {
            separator: separator.name(),
            header: Some(header),
            how: separator.words(),
            ..Reading::of_array(path, "csv", rows, columns)
        }
    }

    /// The names of the coordinates.
    pub fn named(&mut self, names: &[String]) {
        self.first = names.first().cloned();
        self.last = names.last().cloned();
    }

    /// Where the labels are (and that for people), and how many rows each class has (in the order of the classes).
    pub fn labelled(&mut self, label: String, shown: String, labels: &[String]) {
        let mut counts = std::collections::BTreeMap::new();
        for label in labels {
            *counts.entry(label).or_insert(0) += 1;
        }
        let class = |(class, rows): (&String, usize)| Class {
            class: class.clone(),
            rows,
        };
        self.label = Some(label);
        self.shown = shown;
        self.classes = Some(counts.into_iter().map(class).collect());
    }

    /// Real targets: their names, those for people, their numbers row after row.
    pub fn targeted(&mut self, names: &[String], shown: &[String], values: &[f64]) {
        for (j, (name, shown)) in names.iter().zip(shown).enumerate() {
            let mut column: Vec<f64> = values
                .iter()
                .skip(j)
                .step_by(names.len())
                .copied()
                .collect();
            column.sort_by(f64::total_cmp);
            let (Some(&least), Some(&largest)) = (column.first(), column.last()) else {
                continue;
            };
            let rows = column.len();
            column.dedup();
            let whole = column.iter().all(|y| y.fract() == 0.0);
            if whole && column.len() <= CLASS_LIKE && rows >= 4 * column.len() {
                self.note(format!(
                    "the target {shown} has {} different whole numbers: classes are learnt by `predict --label`, this is a regression on \
                     the numbers",
                    column.len()
                ));
            }
            self.targets.push(Target {
                column: name.clone(),
                least,
                largest,
                shown: shown.clone(),
            });
        }
    }

    /// A column that is no coordinate: its name or number, that for people, and why.
    pub fn left_out(&mut self, column: String, shown: String, why: &'static str) {
        self.left_out.push(LeftOut { column, shown, why });
    }

    /// A remark of one sentence.
    pub fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// Lines for people: what was read, and what one might not have noticed.
    pub fn words(&self) -> Vec<String> {
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        let mut text = format!(
            "{}: {} row{} of {} column{}",
            self.file,
            self.rows,
            plural(self.rows),
            self.columns,
            plural(self.columns)
        );
        match (&self.first, &self.last) {
            (Some(first), Some(last)) if self.columns > 1 => {
                text += &format!(" (`{first}` to `{last}`)");
            }
            (Some(first), _) => text += &format!(" (`{first}`)"),
            _ => {}
        }
        match self.header {
            Some(header) => {
                let header = if header { "with" } else { "without" };
                text += &format!(", {}, {header} a header", self.how);
            }
            None => text += &format!(", {}", self.format),
        }
        for LeftOut { shown, why, .. } in &self.left_out {
            text += &format!("; {shown} left out ({why})");
        }
        if let Some(classes) = &self.classes {
            let shown = classes.iter().take(LISTED);
            let mut list: Vec<String> = shown.map(|c| format!("{} {}", c.class, c.rows)).collect();
            if classes.len() > LISTED {
                list.push("...".to_owned());
            }
            text += &format!(
                "; label {}, {} class{}: {}",
                self.shown,
                classes.len(),
                if classes.len() == 1 { "" } else { "es" },
                list.join(", ")
            );
        }
        for target in &self.targets {
            text += &format!(
                "; target {} from {} to {}",
                target.shown, target.least, target.largest
            );
        }
        let mut lines = vec![text];
        lines.extend(self.notes.iter().map(|n| format!("{}: {n}", self.file)));
        lines
    }
}
