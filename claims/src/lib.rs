//! Papers as files: `papers/<key>/claims.toml`, read or brought along, and a claim in words. The library touches no file; the
//! command line and the Python door read the claims here.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use deeplimit::paper::{Claim, Expected, Paper, Parameter, Parameters, Verdict};
use rug::Rational;
use serde::Deserialize;
use toml::Spanned;

/// The papers that are brought.
const BROUGHT: [(&str, &str); 4] = [
    (
        "arora2019",
        include_str!("../../papers/arora2019/claims.toml"),
    ),
    (
        "arora2020",
        include_str!("../../papers/arora2020/claims.toml"),
    ),
    ("lee2019", include_str!("../../papers/lee2019/claims.toml")),
    (
        "radhakrishnan2022",
        include_str!("../../papers/radhakrishnan2022/claims.toml"),
    ),
];

/// The most bytes of a file of claims.
const MOST: u64 = 4 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PaperFile {
    key: String,
    title: String,
    authors: String,
    reference: String,
    claim: Vec<Spanned<ClaimFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimFile {
    key: String,
    statement: String,
    source: String,
    quantity: String,
    parameters: toml::Table,
    word: Option<String>,
    near: Option<String>,
    tolerance: Option<String>,
    at_most: Option<String>,
    at_least: Option<String>,
    origin: String,
    effort: u32,
}

fn bad(message: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, message)
}

/// All papers of a folder, or those that are brought, by their keys.
///
/// # Errors
/// One sentence that names the file and the line.
pub fn all(folder: Option<&Path>) -> io::Result<Vec<Paper>> {
    let Some(folder) = folder else {
        return BROUGHT
            .iter()
            .map(|(key, text)| read(key, text, &format!("papers/{key}/claims.toml")))
            .collect();
    };
    let missing = |e: &io::Error| {
        bad(format!(
            "the folder {} cannot be read: {e}",
            folder.display()
        ))
    };
    let mut papers = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| missing(&e))? {
        let path = entry.map_err(|e| missing(&e))?.path();
        let file = path.join("claims.toml");
        let Some(key) = path.file_name().and_then(|n| n.to_str()).map(str::to_owned) else {
            continue;
        };
        if !path.is_dir() {
            continue;
        }
        let name = file.display().to_string();
        let text = contents(&file).map_err(|e| bad(format!("{name}: it cannot be read: {e}")))?;
        papers.push(read(&key, &text, &name)?);
    }
    if papers.is_empty() {
        return Err(bad(format!(
            "the folder {} has no papers (KEY/claims.toml)",
            folder.display()
        )));
    }
    papers.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(papers)
}

fn contents(file: &Path) -> io::Result<String> {
    if fs::metadata(file)?.len() > MOST {
        return Err(bad(format!("it is longer than {} MiB", MOST >> 20)));
    }
    fs::read_to_string(file)
}

/// The papers and claims that `KEY[/CLAIM]` names; all without it.
///
/// # Errors
/// Where there is none.
pub fn chosen(papers: Vec<Paper>, target: Option<&str>) -> io::Result<Vec<Paper>> {
    let Some(target) = target else {
        return Ok(papers);
    };
    let (key, claim) = match target.split_once('/') {
        Some((key, claim)) => (key, Some(claim)),
        None => (target, None),
    };
    let keys: Vec<String> = papers.iter().map(|p| p.key.clone()).collect();
    let Some(mut paper) = papers.into_iter().find(|p| p.key == key) else {
        return Err(bad(format!(
            "there is no paper `{key}`; there is {}",
            keys.join(", ")
        )));
    };
    if let Some(claim) = claim {
        // One of this name, or all that begin so: `theorem-1` is no beginning of `theorem-10`.
        let begins = |c: &Claim| {
            let rest = c.key.strip_prefix(claim);
            rest.is_some_and(|r| !claim.is_empty() && !r.starts_with(char::is_alphanumeric))
        };
        let exactly = paper.claims.iter().any(|c| c.key == claim);
        paper
            .claims
            .retain(|c| if exactly { c.key == claim } else { begins(c) });
        if paper.claims.is_empty() {
            return Err(bad(format!(
                "the paper `{key}` has no claim `{claim}`; `deeplimit papers list {key}` names them all"
            )));
        }
    }
    Ok(vec![paper])
}

/// A file of claims, checked as far as that goes without measuring.
fn read(folder: &str, text: &str, name: &str) -> io::Result<Paper> {
    let line = |at: usize| 1 + text.bytes().take(at).filter(|b| *b == b'\n').count();
    let file: PaperFile = toml::from_str(text).map_err(|e| {
        let at = e.span().map_or(1, |s| line(s.start));
        let message = e
            .message()
            .lines()
            .next()
            .unwrap_or("it is no TOML")
            .to_owned();
        bad(format!("{name}:{at}: {message}"))
    })?;
    if file.key != folder {
        return Err(bad(format!(
            "{name}:1: the key is `{}`, the folder `{folder}`",
            file.key
        )));
    }
    let mut claims: Vec<Claim> = Vec::new();
    for raw in file.claim {
        let at = line(raw.span().start);
        let here = |message: String| bad(format!("{name}:{at}: {message}"));
        let raw = raw.into_inner();
        let key = raw.key.clone();
        let claim = claim(raw).map_err(|m| here(format!("claim `{key}`: {m}")))?;
        claim
            .validate()
            .map_err(|e| here(format!("claim `{key}`: {e}")))?;
        if claims.iter().any(|c| c.key == key) {
            return Err(here(format!("the claim `{key}` stands twice")));
        }
        claims.push(claim);
    }
    Ok(Paper {
        key: file.key,
        title: file.title,
        authors: file.authors,
        reference: file.reference,
        claims,
    })
}

fn claim(raw: ClaimFile) -> Result<Claim, String> {
    let number = |text: &str| Parameters::exact(text).map_err(|e| e.to_string());
    let expected = match (raw.word, raw.near, raw.at_most, raw.at_least) {
        (Some(word), None, None, None) => Expected::Word(word),
        (None, Some(near), None, None) => {
            let tolerance = raw
                .tolerance
                .as_deref()
                .ok_or("`near` needs a `tolerance`")?;
            let tolerance = number(tolerance)?;
            if tolerance < 0 {
                return Err("the tolerance must not be negative".into());
            }
            Expected::Near {
                value: number(&near)?,
                tolerance,
            }
        }
        (None, None, Some(x), None) => Expected::AtMost(number(&x)?),
        (None, None, None, Some(x)) => Expected::AtLeast(number(&x)?),
        _ => return Err("one of `word`, `near`, `at_most` and `at_least` is wanted".into()),
    };
    if !matches!(expected, Expected::Near { .. }) && raw.tolerance.is_some() {
        return Err("a `tolerance` belongs to `near`".into());
    }
    if !(1..=3).contains(&raw.effort) {
        return Err("the effort must be 1, 2 or 3".into());
    }
    let parameters = raw
        .parameters
        .into_iter()
        .map(|(name, value)| {
            Ok((
                name.clone(),
                parameter(value).ok_or(format!(
                    "the parameter `{name}` must be a text, a number or a list of them"
                ))?,
            ))
        })
        .collect::<Result<_, String>>()?;
    Ok(Claim {
        key: raw.key,
        statement: raw.statement,
        source: raw.source,
        quantity: raw.quantity,
        parameters,
        expected,
        origin: raw.origin,
        effort: raw.effort,
    })
}

fn parameter(value: toml::Value) -> Option<Parameter> {
    Some(match value {
        toml::Value::String(text) => Parameter::Text(text),
        toml::Value::Integer(n) => Parameter::Integer(n),
        // the shortest decimal that is this double: what was typed
        toml::Value::Float(x) => Parameter::Text(format!("{x}")),
        toml::Value::Array(items) => {
            Parameter::List(items.into_iter().map(parameter).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// What a claim says of its quantity, for people.
pub fn expected(claim: &Claim) -> String {
    let short = |q: &Rational| decimal(q);
    match &claim.expected {
        Expected::Word(word) => word.clone(),
        Expected::Near { value, tolerance } if *tolerance == 0 => {
            format!("exactly {}", short(value))
        }
        Expected::Near { value, tolerance } => format!("{} +- {}", short(value), short(tolerance)),
        Expected::AtMost(x) => format!("at most {}", short(x)),
        Expected::AtLeast(x) => format!("at least {}", short(x)),
    }
}

/// A fraction for people: a decimal where it is one (`0.035`, `2e-40`), else as it is (`1/3`).
fn decimal(q: &Rational) -> String {
    let mut scaled = q.clone();
    let places = (0..=400)
        .find(|n| {
            if *n > 0 {
                scaled *= 10;
            }
            scaled.is_integer()
        })
        .filter(|n| *n > 0);
    let Some(places) = places else {
        return q.to_string();
    };
    let digits = scaled.numer().clone().abs().to_string();
    let sign = if *q < 0 { "-" } else { "" };
    if digits.len() + 5 < places {
        let exponent = digits.len() as i64 - 1 - places as i64;
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        return format!("{sign}{first}{point}{rest}e{exponent}");
    }
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, part) = padded.split_at(padded.len() - places);
    format!("{sign}{whole}.{part}")
}

/// A verdict, for people.
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Agrees => "agrees",
        Verdict::Differs => "differs",
        Verdict::NotAttempted => "not attempted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_shown_as_they_were_written() {
        for text in [
            "1", "-3", "0.25", "-0.035", "1e-40", "2.5e-12", "1/3", "616.5", "0.0001",
        ] {
            assert_eq!(decimal(&Parameters::exact(text).unwrap()), text);
        }
    }

    #[test]
    fn what_is_brought_can_be_read() {
        let papers = all(None).unwrap();
        assert_eq!(papers.len(), BROUGHT.len());
        let one = chosen(papers, Some("radhakrishnan2022/theorem-1")).unwrap();
        assert!(one[0].claims.iter().all(|c| c.key.starts_with("theorem-1")));
        assert!(chosen(all(None).unwrap(), Some("nobody")).is_err());
    }
}
