//! The arguments of `papers`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::digits;

/// `deeplimit papers`.
#[derive(Args, Debug)]
pub struct Papers {
    /// What to do with them
    #[command(subcommand)]
    pub action: PapersAction,
}

/// What `deeplimit papers` does.
#[derive(Debug, Subcommand)]
pub enum PapersAction {
    /// List the papers, or the claims of one
    #[command(after_help = "Examples:
  deeplimit papers list
  deeplimit papers list arora2019
  deeplimit papers list --json")]
    List(PapersList),
    /// Measure each claim: agrees, differs or not attempted
    #[command(after_help = PAPERS_CHECK_HELP)]
    Check(PapersCheck),
    /// Draw the figures of a paper, with the plotted numbers as CSV
    #[command(after_help = "Examples:
  deeplimit papers figures radhakrishnan2022 --out figures
  deeplimit papers figures radhakrishnan2022 --out figures --only maps

Each figure is written as NAME.svg, NAME.png, NAME.pdf and NAME.csv, once
it is finished: a file is either whole or not there.")]
    Figures(PapersFigures),
    /// Write a page: each claim with its numbers, proved or measured
    #[command(after_help = "Examples:
  deeplimit papers report radhakrishnan2022 -o claims.html
  deeplimit papers report arora2020 -o claims.html --effort 3 --data DIR

A section for each theorem: its claims, what was measured, whether that is
proved or measured, and its figures (those of the experiment, which take
minutes, from effort 2 on).")]
    Report(PapersReport),
    /// Print the table of a paper: limits of the catalogue, or accuracies
    #[command(after_help = PAPERS_TABLE_HELP)]
    Table(PapersTable),
}

/// `deeplimit papers list`.
#[derive(Args, Debug)]
pub struct PapersList {
    /// A paper: its claims; without it, a line for each paper
    #[arg(value_name = "KEY")]
    pub key: Option<String>,
    /// Answer in JSON: the claims
    #[arg(long)]
    pub json: bool,
    /// A folder of papers, in place of those that the program brings
    #[arg(long, value_name = "DIR")]
    pub papers: Option<PathBuf>,
}

/// `deeplimit papers check`.
#[derive(Args, Debug)]
pub struct PapersCheck {
    /// A paper, one of its claims, or all that begin so: KEY/theorem-1
    #[arg(value_name = "KEY[/CLAIM]")]
    pub target: Option<String>,
    /// 1: quick; 2: a few minutes; 3: the large experiments too
    #[arg(long, default_value = "2", value_name = "N", value_parser = paper_effort)]
    pub effort: u32,
    /// How each claim was measured, and where its tolerance comes from
    #[arg(long)]
    pub explain: bool,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
    /// A folder of papers, in place of those that the program brings
    #[arg(long, value_name = "DIR")]
    pub papers: Option<PathBuf>,
    /// The folder of the data sets (otherwise that in DEEPLIMIT_DATA)
    #[arg(long, value_name = "DIR", value_parser = folder, value_hint = clap::ValueHint::DirPath)]
    pub data: Option<PathBuf>,
}

/// `deeplimit papers figures`.
#[derive(Args, Debug)]
pub struct PapersFigures {
    /// The paper
    #[arg(value_name = "KEY")]
    pub key: String,
    /// The folder for the files; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Figures of these names only
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub only: Vec<String>,
    /// 2: up to n = 3162; 3: up to n = 10000
    #[arg(long, default_value = "2", value_name = "N", value_parser = paper_effort)]
    pub effort: u32,
    /// The folder of the data sets (otherwise that in DEEPLIMIT_DATA)
    #[arg(long, value_name = "DIR", value_parser = folder, value_hint = clap::ValueHint::DirPath)]
    pub data: Option<PathBuf>,
}

/// `deeplimit papers report`.
#[derive(Args, Debug)]
pub struct PapersReport {
    /// The paper
    #[arg(value_name = "KEY")]
    pub key: String,
    /// The file of the page; without it the page is printed
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
    /// 1: quick; 2: a few minutes; 3: the large experiments too
    #[arg(long, default_value = "1", value_name = "N", value_parser = paper_effort)]
    pub effort: u32,
    /// A template of your own (Jinja), in place of the program's
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,
    /// Print what the page holds, in JSON
    #[arg(long)]
    pub json: bool,
    /// A folder of papers, in place of those that the program brings
    #[arg(long, value_name = "DIR")]
    pub papers: Option<PathBuf>,
    /// The folder of the data sets (otherwise that in DEEPLIMIT_DATA)
    #[arg(long, value_name = "DIR", value_parser = folder, value_hint = clap::ValueHint::DirPath)]
    pub data: Option<PathBuf>,
}

/// `deeplimit papers table`.
#[derive(Args, Debug)]
pub struct PapersTable {
    /// radhakrishnan2022 (limits) or arora2020 (accuracies on UCI sets)
    #[arg(value_name = "KEY", default_value = "radhakrishnan2022")]
    pub key: String,
    /// markdown, csv or latex
    #[arg(long, value_enum, default_value_t = Format::Markdown, value_name = "FORMAT", hide_possible_values = true)]
    pub format: Format,
    /// Significant digits, from 1 to 1000
    #[arg(long, default_value = "6", value_name = "N", value_parser = digits)]
    pub digits: u32,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
    /// The folder of the data sets (otherwise that in DEEPLIMIT_DATA)
    #[arg(long, value_name = "DIR", value_parser = folder, value_hint = clap::ValueHint::DirPath)]
    pub data: Option<PathBuf>,
    /// These sets only (arora2020)
    #[arg(long, value_name = "SET,...", value_delimiter = ',')]
    pub only: Vec<String>,
}

/// `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table of GitHub's Markdown
    Markdown,
    /// Comma-separated values
    Csv,
    /// A LaTeX tabular with booktabs
    Latex,
}

/// A folder that is there.
fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.is_dir() {
        true => Ok(path),
        false => Err("there is no such folder".to_owned()),
    }
}

pub const PAPERS_HELP: &str = "Examples:
  deeplimit papers list
  deeplimit papers list radhakrishnan2022
  deeplimit papers check radhakrishnan2022
  deeplimit papers check radhakrishnan2022/theorem-1
  deeplimit papers check radhakrishnan2022/theorem-1.limit-optimal-4
  deeplimit papers figures radhakrishnan2022 --out figures
  deeplimit papers report radhakrishnan2022 -o claims.html
  deeplimit papers table --format latex";

const PAPERS_TABLE_HELP: &str = "Examples:
  deeplimit papers table
  deeplimit papers table --format latex
  deeplimit papers table arora2020 --data DIR
  deeplimit papers table arora2020 --data DIR --only wine,seeds --json

arora2020: accuracy in per cent (mean of four folds) of each rule on each set of
DIR/uci, below them mean accuracy, mean rank (Friedman), the share of sets
within 90 and 95 % of the best rule, and the mean share of the best. What each
rule is stands in papers/arora2020/README.md. 60 sets take minutes; Ctrl-C
prints the sets that are finished.";

const PAPERS_CHECK_HELP: &str = "Examples:
  deeplimit papers check
  deeplimit papers check radhakrishnan2022 --effort 1
  deeplimit papers check radhakrishnan2022 --effort 3 --json
  deeplimit papers check mine2026 --papers papers
  deeplimit papers check arora2020 --effort 3 --data DIR

Verdicts:
  agrees         what the claim says was measured
  differs        it was not: a finding, with the numbers
  not attempted  it takes more effort, or data, or is out of reach

Exit codes:
  0    every claim that was attempted agrees
  1    a claim differs, or could not be decided
  2    an error
  130  interrupted (the verdicts that were finished are printed)";

fn paper_effort(text: &str) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|n| (1..=3).contains(n))
        .ok_or_else(|| "the effort must be 1, 2 or 3".to_owned())
}
