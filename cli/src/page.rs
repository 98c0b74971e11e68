//! A page about activations, or about a paper: what it holds, as data, and HTML by a template.

use std::fs;
use std::path::Path;

use deeplimit::error::{Error, Result};
use deeplimit::figure::marked_up;
use deeplimit::limit::{Classification, Quantity, Regime};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value};
use serde::Serialize;

use crate::commands::with_closed_form;
use crate::fault::sentence;
use crate::library::{Figure, Picture, Portrait};
use crate::number::{Number, certain};
use crate::words;

/// The templates that the program brings; both include the last.
const REPORT: &str = include_str!("../templates/report.html");
const PAPER: &str = include_str!("../templates/paper.html");
const STYLE: &str = include_str!("../templates/style.html");

/// Digits in a table of several.
const SHORT: u32 = 8;

/// The contract of `deeplimit report --json`, and what a template is given.
#[derive(Serialize)]
pub struct PageJson {
    pub title: String,
    /// `deeplimit 0.2.0`
    pub program: String,
    /// The command that makes the page again.
    pub command: String,
    pub activations: Vec<PortraitJson>,
    /// Several in one frame; nothing for one activation.
    pub comparison: Vec<FigureJson>,
}

/// An activation.
#[derive(Serialize)]
pub struct PortraitJson {
    /// An anchor.
    pub id: String,
    /// As typed.
    pub activation: String,
    /// MathML.
    pub formula: Option<String>,
    /// The verdict in a line.
    pub verdict: String,
    /// The same in plain words.
    pub explanation: String,
    /// `proved`, `numerical` or `undecided`.
    pub standing: &'static str,
    pub regime: String,
    pub phase: Option<String>,
    pub constants: Vec<ConstantJson>,
    pub evidence: Vec<String>,
    pub missing: Vec<String>,
    pub nearby: Vec<String>,
    pub figures: Vec<FigureJson>,
    pub code: Vec<CodeJson>,
}

/// A constant.
#[derive(Serialize)]
pub struct ConstantJson {
    pub name: &'static str,
    pub meaning: &'static str,
    /// The certain digits, with the closed form.
    pub shown: String,
    /// Some digits, for a table.
    pub short: String,
    /// A double, to sort by.
    pub double: Option<f64>,
    #[serde(flatten)]
    pub number: Number,
}

/// A figure, or why there is none.
#[derive(Serialize)]
pub struct FigureJson {
    pub figure: String,
    pub title: String,
    pub svg: Option<String>,
    /// Why there is none.
    pub missing: Option<String>,
}

/// The activation as code.
#[derive(Serialize)]
pub struct CodeJson {
    pub language: &'static str,
    pub code: Option<String>,
    pub missing: Option<String>,
}

/// A figure on a page.
pub fn drawn((picture, figure): &(Picture, Result<Figure>)) -> FigureJson {
    let (title, svg, missing) = match figure {
        Ok(figure) => (figure.title.clone(), Some(figure.svg()), None),
        Err(error) => (picture.to_string(), None, Some(sentence(error))),
    };
    FigureJson {
        figure: picture.to_string(),
        title,
        svg,
        missing,
    }
}

impl PortraitJson {
    /// `n` is its place on the page.
    pub fn new(n: usize, activation: &str, portrait: &Portrait, digits: u32) -> Self {
        let known = portrait.verdict.as_ref();
        let standing = match known {
            Ok(c) if c.regime == Regime::Undecided => "undecided",
            Ok(c) if c.proved => "proved",
            Ok(_) => "numerical",
            Err(_) => "undecided",
        };
        let lost = "It was not decided what becomes of this network. What is known stands below.";
        let told = |f: &dyn Fn(&Classification) -> String, otherwise: String| match known {
            Ok(c) => f(c),
            Err(_) => otherwise,
        };
        let why = known.err().map(sentence);
        Self {
            id: format!("activation-{}", n + 1),
            activation: activation.to_owned(),
            formula: portrait.formula.clone(),
            verdict: told(&|c| c.sentence(), "undecided".to_owned()),
            explanation: told(&|c| c.explanation(), lost.to_owned()),
            standing,
            regime: told(
                &|c| words::hyphened(c.regime.name()),
                "undecided".to_owned(),
            ),
            phase: known
                .ok()
                .and_then(|c| c.phase)
                .map(|p| words::hyphened(p.name())),
            constants: known.map_or(vec![], |c| constants(c, digits)),
            evidence: known.map_or(vec![], |c| c.evidence.clone()),
            missing: known.map_or(why.into_iter().collect(), |c| c.missing.clone()),
            nearby: known.map_or(vec![], |c| {
                c.nearby.iter().map(ToString::to_string).collect()
            }),
            figures: portrait.figures.iter().map(drawn).collect(),
            code: portrait
                .code
                .iter()
                .map(|(language, code)| CodeJson {
                    language: language.name(),
                    code: code.as_ref().ok().cloned(),
                    missing: code.as_ref().err().map(sentence),
                })
                .collect(),
        }
    }
}

fn constants(c: &Classification, digits: u32) -> Vec<ConstantJson> {
    let all: [(&str, &str, &Option<Quantity>); 7] = [
        (
            "1/E phi(Z)^2",
            "what the square of phi is multiplied by, so that its mean is 1",
            &c.normalisation,
        ),
        ("A", "E phi(Z): the mean", &c.a),
        ("A'", "E phi'(Z): the part that is linear", &c.a_prime),
        ("B'", "E phi'(Z)^2: the slope of the dual at 1", &c.b_prime),
        ("alpha", "the exponent of the singular kernel", &c.alpha),
        (
            "c*",
            "the correlation that all pairs of inputs come to",
            &c.fixed_point,
        ),
        (
            "slope at c*",
            "by which what is left is multiplied in a layer",
            &c.multiplier,
        ),
    ];
    let known = all.into_iter().filter_map(|(name, meaning, q)| {
        let q = q.as_ref()?;
        Some(ConstantJson {
            name,
            meaning,
            shown: with_closed_form(q, digits),
            short: certain(q, SHORT),
            double: Some(q.to_f64()).filter(|x| x.is_finite()),
            number: Number::new(q, digits),
        })
    });
    known.collect()
}

/// The page in HTML, by this template or by the program's own of this name: `report.html`, `paper.html`.
pub fn html<T: Serialize>(page: &T, name: &str, template: Option<&Path>) -> Result<String> {
    let own = match template {
        None => None,
        Some(path) => Some(fs::read_to_string(path).map_err(|e| Error::file(path, "read", &e))?),
    };
    let mut environment = Environment::new();
    // whatever a template is called, it writes HTML
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("symbols", |plain: &str| {
        Value::from_safe_string(marked_up(plain))
    });
    let lines = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build();
    environment.set_syntax(lines.map_err(|e| Error::Domain(e.to_string()))?);
    let builtin = [
        ("report.html", REPORT),
        ("paper.html", PAPER),
        ("style.html", STYLE),
    ];
    let shown = |e: &minijinja::Error| {
        let line = e.line().map_or(String::new(), |n| format!(", line {n}"));
        let what = e
            .detail()
            .map_or_else(|| e.kind().to_string(), str::to_owned);
        let path = template.map_or_else(|| name.to_owned(), |p| p.display().to_string());
        Error::Domain(format!("{path}{line}: {what}"))
    };
    for (name, text) in builtin {
        environment
            .add_template(name, text)
            .map_err(|e| shown(&e))?;
    }
    let name = match &own {
        None => name,
        Some(text) => {
            environment
                .add_template("own.html", text)
                .map_err(|e| shown(&e))?;
            "own.html"
        }
    };
    let found = environment.get_template(name).map_err(|e| shown(&e))?;
    found
        .render(Value::from(Serde(page)))
        .map_err(|e| shown(&e))
}
