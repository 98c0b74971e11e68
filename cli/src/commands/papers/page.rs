//! `deeplimit papers report`: a paper's claims as a page.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use deeplimit_claims::{all, chosen, expected, word};
use serde::Serialize;

use super::{LIMIT, measured_number, notes_of};
use crate::args::PapersReport;
use crate::batch::answers;
use crate::collection::laboratory;
use crate::commands::INTERRUPT;
use crate::data::{free, written};
use crate::fault::sentence;
use crate::json::object;
use crate::library::{Claim, Finding, Measured, Verdict, figure, figures_of_part, finding};
use crate::page::{FigureJson, html};
use crate::report::{Exit, Report};
use crate::words;

/// The contract of `deeplimit papers report --json`, and what a template is given.
#[derive(Serialize)]
struct ClaimsJson {
    title: String,
    authors: String,
    reference: String,
    key: String,
    program: String,
    command: String,
    agree: usize,
    differ: usize,
    open: usize,
    sections: Vec<PartJson>,
}

/// The claims of a theorem.
#[derive(Serialize)]
struct PartJson {
    id: String,
    title: String,
    agree: usize,
    claims: Vec<TestedJson>,
    figures: Vec<FigureJson>,
}

/// A claim and what came out.
#[derive(Serialize)]
struct TestedJson {
    key: String,
    statement: String,
    source: String,
    quantity: String,
    parameters: String,
    expected: String,
    origin: String,
    measured: Option<String>,
    verdict: &'static str,
    /// The same as a name of a class.
    class: String,
    /// `proved`, `numerical` or `measured`.
    standing: Option<&'static str>,
    notes: Vec<String>,
}

impl TestedJson {
    fn new(claim: &Claim, found: &Finding) -> Self {
        Self {
            key: claim.key.clone(),
            statement: claim.statement.clone(),
            source: claim.source.clone(),
            quantity: claim.quantity.clone(),
            parameters: claim.parameters.words(),
            expected: expected(claim),
            origin: claim.origin.clone(),
            measured: found.measured.as_ref().map(|m| match m {
                Measured::Word(word) => word.clone(),
                Measured::Number(q) => measured_number(q),
            }),
            verdict: word(found.verdict),
            class: words::hyphened(word(found.verdict)),
            standing: found.standing(&claim.quantity),
            notes: notes_of(found),
        }
    }
}

/// The first word of a claim's key: `theorem-1` of `theorem-1.ratio`.
fn part(claim: &Claim) -> &str {
    claim.key.split('.').next().unwrap_or_default()
}

/// `Theorem 1` of `theorem-1`.
fn titled(part: &str) -> String {
    let text = part.replace('-', " ");
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// Answers the command.
pub fn run(args: &PapersReport) -> io::Result<Report> {
    let invalid = |message: String| io::Error::new(ErrorKind::InvalidInput, message);
    if args.key.contains('/') {
        return Err(invalid(
            "a paper is wanted, without a claim: `deeplimit papers report KEY`".to_owned(),
        ));
    }
    let mut papers = chosen(all(args.papers.as_deref())?, Some(&args.key))?;
    let Some(paper) = papers.pop() else {
        return Err(invalid(format!("there is no paper `{}`", args.key)));
    };
    if let Some(path) = &args.out {
        free(path, args.force, &[]).map_err(|e| io::Error::other(e.to_string()))?;
    }
    let claims = Arc::new(paper.claims);
    let labels: Vec<String> = claims.iter().map(|c| c.key.clone()).collect();
    let laboratory = Arc::new(laboratory(args.effort, args.data.as_deref()));
    let (questions, lab) = (Arc::clone(&claims), Arc::clone(&laboratory));
    let batch = answers(&labels, LIMIT, &INTERRUPT, move |n| {
        Ok(finding(&lab, &questions[n]))
    });
    let missing = batch.missing(&labels, "claims");
    if batch.interrupted {
        return Ok(Report::new(String::new(), vec![], false, true).with_closing(missing));
    }
    let mut sections: Vec<PartJson> = Vec::new();
    let (mut counts, mut open) = ([0; 3], false);
    for (claim, answer) in claims.iter().zip(batch.answers) {
        let found = match answer {
            Some(Ok(found)) => found,
            Some(Err(error)) => Finding::not_attempted(sentence(&error)),
            None => Finding::not_attempted("not finished".to_owned()),
        };
        counts[found.verdict as usize] += 1;
        open |= found.verdict == Verdict::Differs
            || found.verdict == Verdict::NotAttempted && found.wanted.is_none();
        let id = part(claim);
        let at = sections.iter().position(|s| s.id == id);
        let at = at.unwrap_or_else(|| {
            sections.push(PartJson {
                id: id.to_owned(),
                title: titled(id),
                agree: 0,
                claims: vec![],
                figures: vec![],
            });
            sections.len() - 1
        });
        sections[at].agree += usize::from(found.verdict == Verdict::Agrees);
        sections[at].claims.push(TestedJson::new(claim, &found));
    }
    let wanted: Vec<(usize, &str)> = sections
        .iter()
        .enumerate()
        .flat_map(|(n, s)| {
            let names = figures_of_part(&paper.key, &s.id, args.effort);
            names.into_iter().map(move |name| (n, name))
        })
        .collect();
    let names: Vec<String> = wanted.iter().map(|(_, name)| (*name).to_owned()).collect();
    let (questions, lab, effort) = (names.clone(), Arc::clone(&laboratory), args.effort);
    let batch = answers(&names, LIMIT, &INTERRUPT, move |n| {
        figure(&lab, &questions[n], effort)
    });
    if batch.interrupted {
        let missing = batch.missing(&names, "figures");
        return Ok(Report::new(String::new(), vec![], false, true).with_closing(missing));
    }
    for ((n, name), answer) in wanted.iter().zip(batch.answers) {
        let (svg, missing) = match answer {
            Some(Ok(sheet)) => (Some(sheet.svg()), None),
            Some(Err(error)) => (None, Some(sentence(&error))),
            None => (None, Some("not finished".to_owned())),
        };
        sections[*n].figures.push(FigureJson {
            figure: (*name).to_owned(),
            title: (*name).to_owned(),
            svg,
            missing,
        });
    }
    let [agree, differ, not] = counts;
    let page = ClaimsJson {
        title: paper.title,
        authors: paper.authors,
        reference: paper.reference,
        program: format!("deeplimit {}", env!("CARGO_PKG_VERSION")),
        command: format!(
            "deeplimit papers report {} --effort {}",
            paper.key, args.effort
        ),
        key: paper.key,
        agree,
        differ,
        open: not,
        sections,
    };
    let refused = |e: deeplimit::error::Error| io::Error::other(e.to_string());
    let template = args.template.as_deref();
    let mut text = match args.json {
        true => object(&page),
        false => format!("{agree} agree, {differ} differ, {not} not attempted\n"),
    };
    if args.out.is_some() || !args.json {
        let content = html(&page, "paper.html", template).map_err(refused)?;
        match &args.out {
            Some(path) => written(path, content).map_err(refused)?,
            None => text = content,
        }
    }
    let mut report = Report::new(text, vec![], false, false);
    if open {
        report.exit = Exit::Undecided;
    }
    Ok(report)
}
