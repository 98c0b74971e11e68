//! `deeplimit papers table`: the limits of the catalogue.

use std::time::Duration;

use crate::args::{Format, PapersTable};
use crate::commands::{Report, cell};
use crate::fault::Fault;
use crate::library::{Row, taxonomy};
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
pub fn run(args: &PapersTable) -> Report {
    let mut faults = Vec::new();
    let mut rows = Vec::new();
    for row in taxonomy(args.digits, LIMIT) {
        match cells(&row, args.digits) {
            Ok(cells) => rows.push(cells),
            Err(error) => faults.push(Fault {
                text: row.activation,
                error,
            }),
        }
    }
    let text = match args.format {
        Format::Markdown => markdown(&rows),
        Format::Csv => csv(&rows),
        Format::Latex => latex(&rows),
    };
    Report::new(text, faults, false, false)
}

fn cells(row: &Row, digits: u32) -> Result<[String; 8], deeplimit::error::Error> {
    let c = row.classification.as_ref().map_err(Clone::clone)?;
    Ok([
        row.activation.clone(),
        cell(c.a.as_ref(), digits),
        cell(c.a_prime.as_ref(), digits),
        cell(c.b_prime.as_ref(), digits),
        cell(c.alpha.as_ref(), digits),
        words::regime(c.regime).to_owned(),
        c.phase.map_or("", words::phase).to_owned(),
        if c.proved { "proved" } else { "numerical" }.to_owned(),
    ])
}

fn markdown(rows: &[[String; 8]]) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|c| c.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let titles = TITLES.map(str::to_owned);
    let rule = format!("|{}\n", "---|".repeat(TITLES.len()));
    let body: String = rows.iter().map(|r| line(r)).collect();
    line(&titles) + &rule + &body
}

fn csv(rows: &[[String; 8]]) -> String {
    let quoted = |c: &str| {
        if c.contains([',', '"', '\n']) {
            format!("\"{}\"", c.replace('"', "\"\""))
        } else {
            c.to_owned()
        }
    };
    let line = |cells: Vec<String>| cells.join(",") + "\n";
    let titles = line(TITLES.iter().map(|t| quoted(t)).collect());
    let body: String = rows
        .iter()
        .map(|r| line(r.iter().map(|c| quoted(c)).collect()))
        .collect();
    titles + &body
}

fn latex(rows: &[[String; 8]]) -> String {
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
    let titles = [
        "activation",
        "$A$",
        "$A'$",
        "$B'$",
        "$\\alpha$",
        "limit classifier",
        "phase",
        "verdict",
    ];
    let body: String = rows
        .iter()
        .map(|r| line(r.iter().map(|c| escaped(c)).collect()))
        .collect();
    format!(
        "\\begin{{tabular}}{{lrrrrlll}}\n\\toprule\n{}\\midrule\n{body}\\bottomrule\n\\end{{tabular}}\n",
        line(titles.map(str::to_owned).to_vec())
    )
}
