//! `deeplimit papers`: claims checked, figures drawn.

mod figures;
mod page;
mod table;
mod uci;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use deeplimit::limit::Quantity;
use deeplimit_claims::{all, chosen, expected, word};
use serde::Serialize;

use super::INTERRUPT;
use crate::args::{PapersAction, PapersCheck, PapersList};
use crate::batch::answers;
use crate::collection::laboratory;
use crate::fault::{NO_SOURCE, sentence, shortened};
use crate::json::array;
use crate::library::{Claim, Finding, Measured, Paper, Verdict, Wanted, finding};
use crate::number::{Number, certain};
use crate::report::{Exit, Report};
use crate::table::wrapped;

/// Nobody waits longer than this for one claim.
const LIMIT: Duration = Duration::from_secs(24 * 3600);
/// Digits of a measured value.
const DIGITS: u32 = 20;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default();

/// Answers the command.
pub fn run(action: &PapersAction, width: usize) -> io::Result<Report> {
    match action {
        PapersAction::List(args) => list(args, width),
        PapersAction::Check(args) => check(args, width),
        PapersAction::Figures(args) => figures::run(args),
        PapersAction::Report(args) => page::run(args),
        PapersAction::Table(args) => table::run(args),
    }
}

/// A claim in JSON.
#[derive(Serialize)]
struct ClaimJson {
    paper: String,
    claim: String,
    statement: String,
    source: String,
    quantity: String,
    parameters: String,
    expected: String,
    origin: String,
    effort: u32,
}

/// A claim with its verdict in JSON.
#[derive(Serialize)]
struct FindingJson {
    #[serde(flatten)]
    claim: ClaimJson,
    verdict: &'static str,
    measured: Option<MeasuredJson>,
    notes: Vec<String>,
    seconds: f64,
}

#[derive(Serialize)]
#[serde(untagged)]
enum MeasuredJson {
    Word(String),
    Number(Number),
}

fn claim_json(paper: &Paper, claim: &Claim) -> ClaimJson {
    ClaimJson {
        paper: paper.key.clone(),
        claim: claim.key.clone(),
        statement: claim.statement.clone(),
        source: claim.source.clone(),
        quantity: claim.quantity.clone(),
        parameters: claim.parameters.words(),
        expected: expected(claim),
        origin: claim.origin.clone(),
        effort: claim.effort,
    }
}

fn list(args: &PapersList, width: usize) -> io::Result<Report> {
    if args.key.as_ref().is_some_and(|key| key.contains('/')) {
        let message = "a paper is wanted, without a claim: `deeplimit papers list KEY`";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let papers = chosen(all(args.papers.as_deref())?, args.key.as_deref())?;
    if args.json {
        let items: Vec<ClaimJson> = papers
            .iter()
            .flat_map(|p| p.claims.iter().map(move |c| claim_json(p, c)))
            .collect();
        return Ok(Report::of(array(&items)));
    }
    let mut text = String::new();
    if args.key.is_none() {
        let widest = papers.iter().map(|p| p.key.len()).max().unwrap_or(0);
        for paper in &papers {
            let count = match paper.claims.len() {
                1 => "  1 claim ".to_owned(),
                n => format!("{n:>3} claims"),
            };
            let room = width.saturating_sub(widest + 14).max(10);
            let title = shortened(&paper.title, room);
            text += &format!("{BOLD}{:<widest$}{BOLD:#}  {count}  {title}\n", paper.key);
        }
        return Ok(Report::of(text));
    }
    for paper in &papers {
        text += &format!("{BOLD}{}{BOLD:#}  {}\n", paper.key, paper.title);
        text += &format!(
            "  {DIM}{}. {}. {} claims{DIM:#}\n",
            paper.authors,
            paper.reference,
            paper.claims.len()
        );
        for claim in &paper.claims {
            text += &format!("  {BOLD}{}{BOLD:#}  effort {}\n", claim.key, claim.effort);
            let line = format!("{} [{}]", claim.statement, claim.source);
            text += &wrapped(&line, 4, "", width);
        }
    }
    Ok(Report::of(text))
}

fn check(args: &PapersCheck, width: usize) -> io::Result<Report> {
    let papers = chosen(all(args.papers.as_deref())?, args.target.as_deref())?;
    let claims: Arc<Vec<(usize, Claim)>> = Arc::new(
        papers
            .iter()
            .enumerate()
            .flat_map(|(n, p)| p.claims.iter().map(move |c| (n, c.clone())))
            .collect(),
    );
    let labels: Vec<String> = claims.iter().map(|(_, c)| c.key.clone()).collect();
    let laboratory = laboratory(args.effort, args.data.as_deref());
    let questions = Arc::clone(&claims);
    let batch = answers(&labels, LIMIT, &INTERRUPT, move |n| {
        let begun = Instant::now();
        let found = finding(&laboratory, &questions[n].1);
        Ok((found, begun.elapsed().as_secs_f64()))
    });
    let missing = batch.missing(&labels, "claims");
    let unfinished = batch.answers.iter().filter(|a| a.is_none()).count();
    let mut items = Vec::new();
    let mut text = String::new();
    let mut without_data = 0;
    let mut counts = [0usize; 3];
    let mut open = false;
    for ((paper, claim), answer) in claims.iter().zip(batch.answers) {
        let Some(answer) = answer else {
            items.push(FindingJson {
                claim: claim_json(&papers[*paper], claim),
                verdict: "not finished",
                measured: None,
                notes: vec!["not finished when Ctrl-C came".to_owned()],
                seconds: 0.0,
            });
            continue;
        };
        let (found, seconds) =
            answer.unwrap_or_else(|e| (Finding::not_attempted(sentence(&e)), 0.0));
        let skipped = found.wanted.is_some();
        counts[found.verdict as usize] += 1;
        without_data += usize::from(found.wanted == Some(Wanted::Data));
        open |=
            found.verdict == Verdict::Differs || found.verdict == Verdict::NotAttempted && !skipped;
        if args.json {
            items.push(FindingJson {
                claim: claim_json(&papers[*paper], claim),
                verdict: word(found.verdict),
                measured: found.measured.as_ref().map(|m| match m {
                    Measured::Word(w) => MeasuredJson::Word(w.clone()),
                    Measured::Number(q) => MeasuredJson::Number(Number::new(q, DIGITS)),
                }),
                notes: notes_of(&found),
                seconds,
            });
        } else {
            text += &shown(
                claim,
                &found,
                args.explain || found.verdict != Verdict::Agrees && !skipped,
                width,
            );
        }
    }
    let mut notes: Vec<String> = missing.into_iter().collect();
    let text = if args.json {
        array(&items)
    } else {
        let [agree, differ, not] = counts;
        if without_data > 0 {
            notes.push(format!(
                "{without_data} of those not attempted for want of data{NO_SOURCE}"
            ));
        }
        let rest = match unfinished {
            0 => String::new(),
            n => format!(", {n} not finished"),
        };
        format!("{text}{agree} agree, {differ} differ, {not} not attempted{rest}\n")
    };
    let mut report = Report::new(text, vec![], false, batch.interrupted).with_closing(notes);
    if report.exit == Exit::Answered && open {
        report.exit = Exit::Undecided;
    }
    Ok(report)
}

/// How it was measured, or why not and what has to be typed for an attempt.
fn notes_of(found: &Finding) -> Vec<String> {
    let hint = match found.wanted {
        Some(Wanted::Effort(n)) => format!(" (--effort {n})"),
        Some(Wanted::Data) => NO_SOURCE.to_owned(),
        None => String::new(),
    };
    found.notes.iter().map(|n| format!("{n}{hint}")).collect()
}

/// The certain digits; where they are few, as with a standard error, the number and its error.
fn measured_number(q: &Quantity) -> String {
    /// With so many digits a number speaks for itself.
    const TELLING: usize = 4;
    let digits = certain(q, DIGITS);
    let short = digits.bytes().filter(u8::is_ascii_digit).count() <= TELLING;
    let number = Number::new(q, TELLING as u32);
    if short && !digits.contains("+-") && q.exact.is_none() && number.radius != "0" {
        format!("{} +- {}", number.value, number.radius)
    } else {
        digits
    }
}

/// The verdict, the claim, the numbers; below it what was done.
fn shown(claim: &Claim, found: &Finding, explain: bool, width: usize) -> String {
    let style = match found.verdict {
        Verdict::Agrees => GOOD,
        Verdict::Differs => BAD,
        Verdict::NotAttempted => OPEN,
    };
    let verdict = word(found.verdict);
    let measured = found.measured.as_ref().map_or(String::new(), |m| match m {
        Measured::Word(w) => w.clone(),
        Measured::Number(q) => measured_number(q),
    });
    let mut text = format!("{style}{verdict:<13}{style:#}  {BOLD}{}{BOLD:#}", claim.key);
    if !measured.is_empty() {
        text += &format!("  {measured}");
    }
    text += &format!("  {DIM}({}){DIM:#}\n", expected(claim));
    if explain {
        text += &wrapped(
            &format!("{} [{}]", claim.statement, claim.source),
            4,
            "",
            width,
        );
        text += &wrapped(
            &format!("{}: {}", claim.quantity, claim.parameters.words()),
            4,
            "",
            width,
        );
        text += &wrapped(&format!("tolerance: {}", claim.origin), 4, "", width);
        for note in notes_of(found) {
            text += &wrapped(&note, 4, "", width);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_allow_an_attempt_is_said() {
        for (wanted, note) in [
            (Wanted::Effort(3), "takes effort 3 (--effort 3)".to_owned()),
            (Wanted::Data, format!("it takes data{NO_SOURCE}")),
        ] {
            assert_eq!(notes_of(&Finding::left_out(wanted)), [note]);
        }
        let broken = Finding::not_attempted("the enclosure was lost".to_owned());
        assert_eq!(notes_of(&broken), ["the enclosure was lost"]);
    }
}
