//! Numbers in columns, as wide as the screen allows.

use anstyle::Style;
use console::measure_text_width;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
/// Between two columns.
const GAP: usize = 2;
/// In front of what belongs to the line above.
const INDENT: usize = 2;

/// One thing with its numbers: an activation, a correlation.
#[derive(Debug, Default)]
pub struct Entry {
    /// What the numbers are of.
    pub name: String,
    /// As many as the table has columns; empty where there is none.
    pub cells: Vec<String>,
    /// Label and number, for the layout with a line for each number; the cells under the column
    /// titles where this is empty.
    pub lines: Vec<(&'static str, String)>,
    /// A word at the end: `proved`.
    pub mark: Option<(String, Style)>,
    /// A line of plain words.
    pub words: Option<String>,
    /// What has to be known beside them, a line each.
    pub notes: Vec<String>,
    /// More lines, for `--explain`: a heading and its steps.
    pub details: Vec<(&'static str, Vec<String>)>,
}

/// The columns and what stands above them.
#[derive(Debug)]
pub struct Table {
    /// Above the names.
    pub title: &'static str,
    /// Above the numbers.
    pub columns: Vec<&'static str>,
    /// In order.
    pub entries: Vec<Entry>,
}

impl Table {
    /// The widest of three layouts that fits: a line per entry with the name in front of its
    /// numbers; the name above its numbers; a line for each number.
    pub fn text(&self, width: usize) -> String {
        if self.entries.is_empty() {
            return String::new();
        }
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|n| {
                let cells = self.entries.iter().filter_map(|e| e.cells.get(n));
                cells
                    .map(|c| text_width(c))
                    .max()
                    .unwrap_or(0)
                    .max(text_width(self.columns[n]))
            })
            .collect();
        let numbers = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        let names = self.entries.iter().map(|e| text_width(&e.name));
        let names = names.max().unwrap_or(0).max(text_width(self.title));
        let marks = self
            .entries
            .iter()
            .filter_map(|e| e.mark.as_ref())
            .map(|m| text_width(&m.0));
        let marks = marks.max().map_or(0, |w| w + GAP);
        let explained = self.entries.iter().any(|e| !e.details.is_empty());
        if names + GAP + numbers + marks <= width && !explained {
            self.beside(&widths, names, width)
        } else if INDENT + numbers <= width && !explained {
            self.above(&widths, width)
        } else {
            self.upright(width)
        }
    }

    /// The name in front of its numbers.
    fn beside(&self, widths: &[usize], names: usize, width: usize) -> String {
        let title = padded(self.title, names + GAP);
        let mut text = format!("{DIM}{title}{}{DIM:#}\n", row(&self.columns, widths));
        for entry in &self.entries {
            let name = padded(&entry.name, names + GAP);
            let mut line = format!("{BOLD}{name}{BOLD:#}{}", row(&entry.cells, widths));
            if let Some((mark, style)) = &entry.mark {
                let missing = widths.len() * GAP + widths.iter().sum::<usize>()
                    - text_width(&row(&entry.cells, widths));
                line += &format!("{}{style}{mark}{style:#}", " ".repeat(missing));
            }
            text += line.trim_end();
            text.push('\n');
            text += &entry.words_below(width);
        }
        text
    }

    /// The name above its numbers.
    fn above(&self, widths: &[usize], width: usize) -> String {
        let indent = " ".repeat(INDENT);
        let mut text = format!("{DIM}{indent}{}{DIM:#}\n", row(&self.columns, widths));
        for entry in &self.entries {
            text += &entry.heading();
            let numbers = row(&entry.cells, widths);
            if !numbers.is_empty() {
                text += &format!("{indent}{numbers}\n");
            }
            text += &entry.words_below(width);
        }
        text
    }

    /// A line for each number.
    fn upright(&self, width: usize) -> String {
        let indent = " ".repeat(INDENT);
        let mut text = String::new();
        for (n, entry) in self.entries.iter().enumerate() {
            if n > 0 {
                text.push('\n');
            }
            text += &entry.heading();
            text += &entry.words_below(width);
            let cells = self.columns.iter().copied().zip(&entry.cells);
            let cells: Vec<_> = match entry.lines.is_empty() {
                true => cells.filter(|(_, cell)| !cell.is_empty()).collect(),
                false => entry
                    .lines
                    .iter()
                    .map(|(label, cell)| (*label, cell))
                    .collect(),
            };
            let labels = cells
                .iter()
                .map(|(label, _)| text_width(label))
                .max()
                .unwrap_or(0);
            for (label, cell) in cells {
                let label = padded(label, labels + GAP);
                text += &format!("{indent}{DIM}{label}{DIM:#}{cell}\n");
            }
            for (heading, steps) in &entry.details {
                text += &format!("{indent}{DIM}{heading}{DIM:#}\n");
                for (n, step) in steps.iter().enumerate() {
                    let number = format!("{:>3}. ", n + 1);
                    text += &wrapped(step, INDENT, &number, width);
                }
            }
        }
        text
    }
}

impl Entry {
    fn heading(&self) -> String {
        let mark = self.mark.as_ref();
        let mark = mark.map(|(mark, style)| format!("  {style}{mark}{style:#}"));
        format!("{BOLD}{}{BOLD:#}{}\n", self.name, mark.unwrap_or_default())
    }

    fn words_below(&self, width: usize) -> String {
        let lines = self.words.iter().chain(&self.notes);
        lines.map(|line| wrapped(line, INDENT, "", width)).collect()
    }
}

/// Columns on a terminal; colours count nothing.
pub fn text_width(text: &str) -> usize {
    measure_text_width(text)
}

fn padded(text: &str, width: usize) -> String {
    format!(
        "{text}{}",
        " ".repeat(width.saturating_sub(text_width(text)))
    )
}

fn row(cells: &[impl AsRef<str>], widths: &[usize]) -> String {
    let cells = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| padded(cell.as_ref(), width + GAP));
    cells.collect::<String>().trim_end().to_owned()
}

/// The text behind `lead`, broken at blanks, later lines hanging below its first word.
pub fn wrapped(text: &str, indent: usize, lead: &str, width: usize) -> String {
    let hanging = indent + text_width(lead);
    let mut lines = format!("{}{lead}", " ".repeat(indent));
    let mut used = hanging;
    let mut first = true;
    for word in text.split_whitespace() {
        let w = text_width(word);
        if !first && used + 1 + w > width {
            lines += &format!("\n{}", " ".repeat(hanging));
            used = hanging;
            first = true;
        }
        if !first {
            lines.push(' ');
            used += 1;
        }
        lines += word;
        used += w;
        first = false;
    }
    lines.truncate(lines.trim_end().len());
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let entry = |name: &str, cells: [&str; 2], words: &str| Entry {
            name: name.to_owned(),
            cells: cells.map(String::from).to_vec(),
            mark: Some(("proved".to_owned(), Style::new())),
            words: Some(words.to_owned()),
            ..Entry::default()
        };
        Table {
            title: "activation",
            columns: vec!["A", "alpha"],
            entries: vec![
                entry("漢", ["0.25", ""], "a verdict"),
                entry("relu", ["-1", "0.125"], "another verdict of several words"),
            ],
        }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn beside_if_there_is_room() {
        let expected = "\
activation  A     alpha
漢          0.25         proved
  a verdict
relu        -1    0.125  proved
  another verdict of several
  words
";
        assert_eq!(plain(&table().text(31)), expected);
    }

    #[test]
    fn above_if_there_is_less() {
        let expected = "  A     alpha
漢  proved
  0.25
  a verdict
relu  proved
  -1    0.125
  another verdict of several
  words
none
  no numbers
";
        let mut table = table();
        table.entries.push(Entry {
            name: "none".to_owned(),
            cells: vec![String::new(); 2],
            words: Some("no numbers".to_owned()),
            ..Entry::default()
        });
        assert_eq!(plain(&table.text(30)), expected);
    }

    #[test]
    fn upright_otherwise() {
        let expected = "\
漢  proved
  a verdict
  A  0.25

relu  proved
  another
  verdict of
  several
  words
  A      -1
  alpha  0.125
";
        assert_eq!(plain(&table().text(12)), expected);
    }
}
