//! `deeplimit regress`: real targets.

use std::io;

use anstyle::Style;
use deeplimit::process::Score;
use serde::Serialize;

use super::{INTERRUPT, expressions};
use crate::args::Regress as Args;
use crate::data::{self, Reading};
use crate::fault::{FaultJson, sentence};
use crate::json::array;
use crate::library::{self, ErrorJson, Regressed, Tried};
use crate::progress::Progress;
use crate::report::Report;
use crate::table::{Entry, Table};

/// The best stands out.
const BEST: Style = Style::new().bold();

/// The contract.
#[derive(Serialize)]
struct RegressJson {
    train: String,
    /// What was read: the training rows, and new ones.
    read: Vec<Reading>,
    targets: Vec<String>,
    /// `ntk` or `nngp`
    kernel: &'static str,
    lengths: &'static str,
    /// `standard` or `raw`
    scaling: &'static str,
    training_rows: usize,
    /// `evidence`, or `log density` of each training row without itself.
    chosen_by: &'static str,
    networks: Vec<TriedJson>,
    /// Its place among them, from 0.
    best: usize,
    #[serde(flatten)]
    error: ErrorJson,
    /// `null` without new rows.
    new: Option<NewJson>,
}

#[derive(Serialize)]
struct TriedJson {
    activation: String,
    depth: String,
    /// As typed; a number where it was looked for; `null` where it was not given.
    sigma_w: Option<String>,
    sigma_b: Option<String>,
    /// Over the mean diagonal of the kernel.
    ridge: f64,
    #[serde(flatten)]
    outcome: OutcomeJson,
    /// The ends of a search for the largest evidence; `null` for what was listed.
    search: Option<Vec<ClimbJson>>,
    /// Free parameters that ended at an end of their bounds.
    at_end: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum OutcomeJson {
    Answer {
        /// The log marginal likelihood (natural), summed over the targets; `null` for ntk.
        evidence: Option<f64>,
        /// What the errors of entries may do to it, to first order.
        evidence_error: Option<f64>,
        /// The variance of the noise, of each target in its units.
        noise_variance: Vec<f64>,
        /// An estimate, within a factor of 3 as a rule.
        condition: f64,
        /// Of each target, each training row without itself.
        left_out: Vec<ScoreJson>,
    },
    Fault {
        error: FaultJson,
    },
}

#[derive(Serialize)]
struct ScoreJson {
    rmse: f64,
    /// `null` where the targets are all the same.
    r2: Option<f64>,
    /// The mean logarithm of the predictive density; `null` where a deviation is 0.
    log_density: Option<f64>,
}

#[derive(Serialize)]
struct ClimbJson {
    sigma_w: Option<f64>,
    sigma_b: Option<f64>,
    ridge: f64,
    evidence: f64,
    /// By the logarithms of sigma_w, sigma_b and the ridge.
    slopes: [f64; 3],
    steps: usize,
    settled: bool,
}

#[derive(Serialize)]
struct NewJson {
    test: String,
    out: String,
    rows: usize,
    /// Root mean square, of each target, of the function.
    deviations: Vec<f64>,
    /// What rounding may have done to a variance, at most.
    variance_error: f64,
    /// `null` where the file of the new rows has no targets.
    scores: Option<Vec<ScoreJson>>,
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let activations = expressions(&args.activation)?;
    INTERRUPT.listen(false);
    let missing = match &args.out {
        Some(out) => format!("interrupted: {} is not written", out.display()),
        None => "interrupted: the answer is missing".to_owned(),
    };
    INTERRUPT.would_say(String::new(), missing);
    let mut progress: Option<Progress> = None;
    let result = library::regressed(args, &activations, |done, all, steps| {
        let line = progress.get_or_insert_with(|| Progress::new(all));
        let words = match steps {
            0 => "networks".to_owned(),
            n => format!("the maximum, step {n}"),
        };
        line.show(done, Some(&words));
    });
    drop(progress);
    let answer = result.and_then(|r| {
        if let Some(table) = &args.table {
            data::written(table, surface(&r))?;
        }
        Ok(r)
    });
    Ok(match answer {
        Ok(r) => {
            let text = match args.json {
                true => array(&[json(args, &r)]),
                false => words(args, &r, width),
            };
            Report::of(text).having_read(args.json, &r.read)
        }
        Err(error) => {
            let name = args.train.display().to_string();
            let activation = activations.join(", ");
            Report::of_data_fault("train", &name, &activation, error, args.json)
        }
    })
}

fn score(s: &Score) -> ScoreJson {
    ScoreJson {
        rmse: s.rmse,
        r2: s.r2,
        log_density: s.log_density,
    }
}

fn chosen(args: &Args) -> &'static str {
    match args.kernel {
        deeplimit::Kind::Nngp => "evidence",
        deeplimit::Kind::Ntk => "log density",
    }
}

fn json(args: &Args, r: &Regressed) -> RegressJson {
    RegressJson {
        train: args.train.display().to_string(),
        read: r.read.clone(),
        targets: r.targets.clone(),
        kernel: args.kernel.name(),
        lengths: args.lengths.name(),
        scaling: args.scaling.name(),
        training_rows: r.training,
        chosen_by: chosen(args),
        networks: r.tried.iter().map(tried).collect(),
        best: r.best,
        error: r.error.json(),
        new: r.new.as_ref().map(|n| NewJson {
            test: shown(args.test.as_ref()),
            out: shown(args.out.as_ref()),
            rows: n.rows,
            deviations: n.deviations.clone(),
            variance_error: n.variance_error,
            scores: n.scores.as_ref().map(|s| s.iter().map(score).collect()),
        }),
    }
}

fn shown(path: Option<&std::path::PathBuf>) -> String {
    path.map_or_else(String::new, |p| p.display().to_string())
}

fn tried(t: &Tried) -> TriedJson {
    let climbs = t.maximum.as_ref().map(|m| {
        let of = |c: &deeplimit::process::Climb| ClimbJson {
            sigma_w: c.to.sigma_w,
            sigma_b: c.to.sigma_b,
            ridge: c.to.ridge,
            evidence: c.evidence,
            slopes: c.slopes,
            steps: c.steps,
            settled: c.settled,
        };
        m.climbs.iter().map(of).collect()
    });
    TriedJson {
        activation: t.activation.clone(),
        depth: t.depth.to_string(),
        sigma_w: t.sigma_w.clone(),
        sigma_b: t.sigma_b.clone(),
        ridge: t.ridge,
        outcome: match &t.outcome {
            Ok(o) => OutcomeJson::Answer {
                evidence: o.evidence.map(|e| e.0),
                evidence_error: o.evidence.map(|e| e.1),
                noise_variance: o.noise.clone(),
                condition: o.condition,
                left_out: o.left_out.iter().map(score).collect(),
            },
            Err(e) => OutcomeJson::Fault { error: e.into() },
        },
        search: climbs,
        at_end: ends(t),
    }
}

/// Free parameters that ended at an end of their bounds.
fn ends(t: &Tried) -> Vec<&'static str> {
    let at_end = t.maximum.as_ref().map_or([false; 3], |m| m.at_end);
    let names = ["sigma_w", "sigma_b", "ridge"].into_iter().zip(at_end);
    names.filter(|(_, e)| *e).map(|(n, _)| n).collect()
}

/// As many decimals as an error leaves, at most four.
fn decimals(x: f64, error: f64) -> String {
    let certain = (-error.max(1e-300).log10() - 0.31).floor();
    match certain {
        c if c < 0.0 => format!("{x:.0} ± {error:.0e}"),
        c => format!("{x:.0$}", c.min(4.0) as usize),
    }
}

/// Four significant digits, fewer where the condition leaves fewer.
fn digits(x: f64, condition: f64) -> String {
    let certain = (-(condition * 1e-14).log10()).floor().clamp(1.0, 4.0) as usize;
    let size = x.abs().log10().floor();
    match (-4.0..4.0).contains(&size) {
        true => {
            let places = (certain as f64 - 1.0 - size).max(0.0) as usize;
            format!("{x:.places$}")
        }
        false => format!("{x:.0$e}", certain - 1),
    }
}

fn maybe(x: Option<f64>, condition: f64) -> String {
    x.map_or_else(|| "none".to_owned(), |x| digits(x, condition))
}

/// Over the targets.
fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values: Option<Vec<f64>> = values.collect();
    let values = values?;
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

fn words(args: &Args, r: &Regressed, width: usize) -> String {
    let several = r.targets.len() > 1;
    let entry = |(k, t): (usize, &Tried)| {
        let typed = |x: &Option<String>| {
            let number = x.as_ref().map(|x| match (&t.maximum, x.parse::<f64>()) {
                (Some(_), Ok(x)) => format!("{x:.4}"),
                _ => x.clone(),
            });
            number.unwrap_or_default()
        };
        let mut cells = vec![
            t.depth.to_string(),
            typed(&t.sigma_w),
            typed(&t.sigma_b),
            match &t.maximum {
                None => format!("{:e}", t.ridge),
                Some(_) => format!("{:.3e}", t.ridge),
            },
        ];
        let mut notes = vec![];
        match &t.outcome {
            Ok(o) => {
                let c = o.condition;
                cells.push(o.evidence.map_or_else(String::new, |(x, e)| decimals(x, e)));
                cells.push(match several {
                    false => maybe(o.left_out.first().map(|s| s.rmse), c),
                    true => String::new(),
                });
                cells.push(maybe(mean(o.left_out.iter().map(|s| s.r2)), c));
                cells.push(maybe(mean(o.left_out.iter().map(|s| s.log_density)), c));
            }
            Err(e) => {
                cells.extend(std::iter::repeat_n(String::new(), 4));
                notes.push(sentence(e));
            }
        }
        if let Some(m) = &t.maximum {
            let settled = m.climbs.iter().filter(|c| c.settled).count();
            let mut note = format!(
                "the largest of {} searches, of which {settled} settled",
                m.climbs.len() + m.failed.len()
            );
            let ends = ends(t);
            if !ends.is_empty() {
                note += &format!("; at an end of its bounds: {}", ends.join(", "));
            }
            notes.push(note);
        }
        Entry {
            name: t.activation.clone(),
            cells,
            mark: (k == r.best).then(|| ("best".to_owned(), BEST)),
            notes,
            ..Entry::default()
        }
    };
    let table = Table {
        title: "network",
        columns: vec![
            "depth",
            "sigma_w",
            "sigma_b",
            "ridge",
            "log evidence",
            if several { "" } else { "RMSE" },
            "R^2",
            "log density",
        ],
        entries: r.tried.iter().enumerate().map(entry).collect(),
    };
    let mut text = format!(
        "{} of {} rows; chosen by {}; RMSE, R^2 and log density of each row without itself{}\n{}",
        r.targets.join(", "),
        r.training,
        chosen(args),
        if several {
            ", means over the targets"
        } else {
            ""
        },
        table.text(width)
    );
    let best = &r.tried[r.best];
    if let Ok(o) = &best.outcome {
        for (j, name) in r.targets.iter().enumerate() {
            let s = &o.left_out[j];
            text += &format!(
                "{name}: noise of deviation {}, each row without itself: RMSE {}, R^2 {}, log density {}\n",
                digits(o.noise[j].sqrt(), 1.0),
                digits(s.rmse, o.condition),
                maybe(s.r2, o.condition),
                maybe(s.log_density, o.condition)
            );
        }
        if let Some(new) = &r.new {
            text += &format!("{}: {} rows\n", shown(args.out.as_ref()), new.rows);
            for (j, name) in r.targets.iter().enumerate() {
                let deviation = digits(new.deviations[j], o.condition);
                text += &format!("{name}: root mean square deviation {deviation}");
                if let Some(s) = new.scores.as_ref().map(|s| &s[j]) {
                    text += &format!(
                        ", RMSE {}, R^2 {}, log density {}",
                        digits(s.rmse, o.condition),
                        maybe(s.r2, o.condition),
                        maybe(s.log_density, o.condition)
                    );
                }
                text.push('\n');
            }
        }
        text += &format!("condition {:.0e}; ", o.condition);
    }
    text + &r.error.words() + "\n"
}

/// All networks, a line each.
fn surface(r: &Regressed) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut lines = vec![
        "activation,depth,sigma_w,sigma_b,ridge,evidence,evidence error,R^2,log density,best"
            .to_owned(),
    ];
    let number = |x: Option<f64>| x.map_or_else(String::new, |x| format!("{x:?}"));
    for (k, t) in r.tried.iter().enumerate() {
        let Ok(o) = &t.outcome else { continue };
        let cells = [
            quoted(&t.activation),
            t.depth.to_string(),
            t.sigma_w.clone().unwrap_or_default(),
            t.sigma_b.clone().unwrap_or_default(),
            format!("{:?}", t.ridge),
            number(o.evidence.map(|e| e.0)),
            number(o.evidence.map(|e| e.1)),
            number(mean(o.left_out.iter().map(|s| s.r2))),
            number(mean(o.left_out.iter().map(|s| s.log_density))),
            u8::from(k == r.best).to_string(),
        ];
        lines.push(cells.join(","));
    }
    lines.join("\n") + "\n"
}
