//! `deeplimit papers table`: the limits of the catalogue.

use std::io;
use std::time::Duration;

use super::uci;
use crate::args::{Format, PapersTable};
use crate::commands::{INTERRUPT, cell};
use crate::fault::Fault;
use crate::json::array;
use crate::library::{Row, taxonomy};
use crate::report::Report;
use crate::words;

/// For the whole catalogue.
const LIMIT: Duration = Duration::from_secs(300);

const TITLES: [&str; 8] = [
    "activation",
    "A",
    "A'",
    "B'",
    "alpha",
    "limit classifier",
    "phase",
    "verdict",
];

/// Answers the command.
pub fn run(args: &PapersTable) -> io::Result<Report> {
    match args.key.as_str() {
        "arora2020" => uci::run(args),
        "radhakrishnan2022" if !args.only.is_empty() => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "--only names sets of arora2020; this table has none",
        )),
        "radhakrishnan2022" => Ok(limits(args)),
        other => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("the paper `{other}` has no table; radhakrishnan2022 and arora2020 have one"),
        )),
    }
}

fn limits(args: &PapersTable) -> Report {
    let mut faults = Vec::new();
    let mut rows = Vec::new();
    let missing =
        "interrupted: the table is written when all activations are finished, and they are not";
    INTERRUPT.would_say(String::new(), missing.to_owned());
    for row in taxonomy(args.digits, LIMIT) {
        match cells(&row, args.digits) {
            Ok(cells) => rows.push(cells.to_vec()),
            Err(error) => faults.push(Fault {
                text: row.activation,
                error,
            }),
        }
    }
    let titles: Vec<String> = TITLES.map(str::to_owned).to_vec();
    let text = if args.json {
        let object = |row: &Vec<String>| -> serde_json::Map<String, serde_json::Value> {
            let pairs = titles.iter().cloned().zip(row.iter().cloned());
            pairs.map(|(title, cell)| (title, cell.into())).collect()
        };
        array(&rows.iter().map(object).collect::<Vec<_>>())
    } else {
        printed(args.format, &titles, &rows)
    };
    Report::new(text, faults, false, false)
}

/// A table in one of the three formats.
pub fn printed(format: Format, titles: &[String], rows: &[Vec<String>]) -> String {
    match format {
        Format::Markdown => markdown(titles, rows),
        Format::Csv => csv(titles, rows),
        Format::Latex => latex(titles, rows),
    }
}

fn cells(row: &Row, digits: u32) -> Result<[String; 8], deeplimit::error::Error> {
    let c = row.classification.as_ref().map_err(Clone::clone)?;
    Ok([
        row.activation.clone(),
        cell(c.a.as_ref(), digits),
        cell(c.a_prime.as_ref(), digits),
        cell(c.b_prime.as_ref(), digits),
        cell(c.alpha.as_ref(), digits),
        words::hyphened(c.regime.name()),
        c.phase.map_or(String::new(), |p| words::hyphened(p.name())),
        if c.proved { "proved" } else { "numerical" }.to_owned(),
    ])
}

fn markdown(titles: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|c| c.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = format!("|{}\n", "---|".repeat(titles.len()));
    let body: String = rows.iter().map(|r| line(r)).collect();
    line(titles) + &rule + &body
}

fn csv(titles: &[String], rows: &[Vec<String>]) -> String {
    let quoted = |c: &str| {
        if c.contains([',', '"', '\n']) {
            format!("\"{}\"", c.replace('"', "\"\""))
        } else {
            c.to_owned()
        }
    };
    let line = |cells: Vec<String>| cells.join(",") + "\n";
    let titles = line(titles.iter().map(|t| quoted(t)).collect());
    let body: String = rows
        .iter()
        .map(|r| line(r.iter().map(|c| quoted(c)).collect()))
        .collect();
    titles + &body
}

fn latex(titles: &[String], rows: &[Vec<String>]) -> String {
    let escaped = |c: &str| {
        let mut out = String::new();
        for letter in c.chars() {
            match letter {
                '_' | '%' | '&' | '#' | '$' | '{' | '}' => out.extend(['\\', letter]),
                '^' => out += "\\^{}",
                '~' => out += "\\~{}",
                '\\' => out += "\\textbackslash{}",
                other => out.push(other),
            }
        }
        out.replace("+-", "$\\pm$")
    };
    let line = |cells: Vec<String>| cells.join(" & ") + " \\\\\n";
    let titles = titles.iter().map(|t| match t.as_str() {
        "A" | "A'" | "B'" => format!("${t}$"),
        "alpha" => "$\\alpha$".to_owned(),
        other => escaped(other),
    });
    let titles: Vec<String> = titles.collect();
    // words on the left, numbers on the right
    let columns = match titles.last().map(String::as_str) {
        Some("verdict") => "lrrrrlll".to_owned(),
        _ => format!("l{}", "r".repeat(titles.len().saturating_sub(1))),
    };
    let body: String = rows
        .iter()
        .map(|r| line(r.iter().map(|c| escaped(c)).collect()))
        .collect();
    format!(
        "\\begin{{tabular}}{{{}}}\n\\toprule\n{}\\midrule\n{body}\\bottomrule\n\\end{{tabular}}\n",
        columns,
        line(titles)
    )
}
