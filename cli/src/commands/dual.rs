//! `deeplimit dual`: the dual activation at given correlations.

use std::io;

use deeplimit::error::{Error, Result};
use deeplimit::limit::Quantity;
use rug::{Integer, Rational};
use serde::Serialize;

use super::{INTERRUPT, Report, cell, expression, with_closed_form};
use crate::args::Dual as Args;
use crate::batch::{Batch, answers};
use crate::fault::{Fault, shortened};
use crate::json::{FaultItem, Item, array};
use crate::library::{self, DualValue};
use crate::number::Number;
use crate::table::{Entry, Table};

/// The contract.
#[derive(Serialize)]
struct DualJson {
    at: String,
    dual: Number,
    slope: Option<Number>,
}

/// Answers the command.
pub fn run(args: &Args, width: usize) -> io::Result<Report> {
    let text = expression(&args.expression)?;
    let typed: Vec<_> = args.at.iter().map(|t| t.trim()).collect();
    let points: Vec<_> = typed.iter().map(|t| correlation(t)).collect();
    // One question for all that are in order: the dual is prepared once.
    let wanted: Vec<_> = points
        .iter()
        .filter_map(|p| p.as_ref().ok().cloned())
        .collect();
    let (question, request) = (text.clone(), args.effort.request());
    let labels = [text];
    let batch = answers(&labels, args.effort.timeout, &INTERRUPT, move |_| {
        library::dual(&question, &wanted, request)
    });
    let [text] = labels;
    Ok(report(text, &typed, points, batch, args, width))
}

fn report(
    text: String,
    typed: &[&str],
    points: Vec<Result<Rational>>,
    mut batch: Batch<Vec<DualValue>>,
    args: &Args,
    width: usize,
) -> Report {
    let digits = args.effort.digits;
    let mut items = Vec::new();
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    match batch.answers.pop().flatten() {
        Some(Ok(values)) => {
            let mut values = values.into_iter();
            for (at, point) in typed.iter().zip(points) {
                match point.map(|_| values.next()) {
                    Ok(Some(value)) => {
                        let slope = value.slope.as_ref().filter(|_| args.slope);
                        entries.push(entry(at, &value.dual, slope, digits));
                        items.push(Item::Answer(DualJson {
                            at: (*at).to_owned(),
                            dual: Number::new(&value.dual, digits),
                            slope: slope.map(|q| Number::new(q, digits)),
                        }));
                    }
                    // Not there: nothing to say of it.
                    Ok(None) => {}
                    Err(error) => {
                        items.push(Item::Fault(FaultItem::new("at", at, &error)));
                        faults.push(Fault {
                            text: (*at).to_owned(),
                            error,
                        });
                    }
                }
            }
        }
        Some(Err(error)) => {
            items.push(Item::Fault(FaultItem::new("activation", &text, &error)));
            faults.push(Fault { text, error });
        }
        None => {}
    }
    let columns = if args.slope {
        vec!["dual", "slope"]
    } else {
        vec!["dual"]
    };
    let table = Table {
        title: "rho",
        columns,
        entries,
    };
    let text = if args.effort.json {
        array(&items)
    } else {
        table.text(width)
    };
    Report::new(text, faults, false, batch.interrupted)
}

fn entry(at: &str, dual: &Quantity, slope: Option<&Quantity>, digits: u32) -> Entry {
    let numbers = [("dual", Some(dual)), ("slope", slope)];
    let numbers = numbers
        .iter()
        .filter_map(|(label, q)| Some((*label, (*q)?)));
    Entry {
        name: at.to_owned(),
        cells: numbers
            .clone()
            .map(|(_, q)| cell(Some(q), digits))
            .collect(),
        lines: numbers
            .map(|(label, q)| (label, with_closed_form(q, digits)))
            .collect(),
        ..Entry::default()
    }
}

/// The number that was typed, exactly: a decimal (`-0.5`, `1e-3`) or a fraction (`1/3`).
fn correlation(text: &str) -> Result<Rational> {
    /// Longer ones are refused: the number is kept exactly.
    const LENGTH_MAX: usize = 5000;
    let shown = shortened(text, 40);
    let number = if text.len() > LENGTH_MAX {
        None
    } else {
        rational(text)
    };
    let number = number.ok_or_else(|| {
        Error::Domain(format!(
            "`{shown}` is no correlation: a decimal number or a fraction is wanted"
        ))
    })?;
    match (-1..=1).contains(&number) {
        true => Ok(number),
        false => Err(Error::Domain(format!(
            "a correlation is between -1 and 1, `{shown}` is not"
        ))),
    }
}

fn rational(text: &str) -> Option<Rational> {
    if let Some((numerator, denominator)) = text.split_once('/') {
        let (n, d) = (decimal(numerator)?, decimal(denominator)?);
        return if d == 0 { None } else { Some(n / d) };
    }
    decimal(text)
}

fn decimal(text: &str) -> Option<Rational> {
    /// Powers of ten beyond this are refused: the number is kept exactly.
    const EXPONENT_MAX: u32 = 5000;
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, unsigned) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{fraction}");
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !plain || exponent.unsigned_abs() > EXPONENT_MAX {
        return None;
    }
    let places = exponent - i32::try_from(fraction.len()).ok()?;
    let power = Integer::from(Integer::u_pow_u(10, places.unsigned_abs()));
    let n = Rational::from(digits.parse::<Integer>().ok()?);
    let n = if places < 0 { n / power } else { n * power };
    Some(if negative { -n } else { n })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correlation_is_kept_exactly() {
        for (text, n, d) in [
            ("0.1", 1, 10),
            ("-.5", -1, 2),
            ("1.", 1, 1),
            ("+1", 1, 1),
            ("5e-3", 1, 200),
            ("0.025E1", 1, 4),
            ("-1/3", -1, 3),
            ("0.5/1.5", 1, 3),
        ] {
            assert_eq!(correlation(text), Ok(Rational::from((n, d))), "{text}");
        }
    }

    #[test]
    fn what_is_no_correlation_is_refused_in_one_sentence() {
        for text in [
            "",
            ".",
            "-",
            "x",
            "1/0",
            "1/",
            "nan",
            "inf",
            "1e",
            "1e99999999",
            "0.5.5",
            "--1",
            "١",
        ] {
            let error = correlation(text).unwrap_err().to_string();
            assert!(error.contains("is no correlation"), "{text}: {error}");
        }
        for text in ["1.0000000000000000000000000001", "-2", "3/2"] {
            let error = correlation(text).unwrap_err().to_string();
            assert!(error.contains("between -1 and 1"), "{text}: {error}");
        }
        let long = "9".repeat(1_000_000);
        assert!(correlation(&long).unwrap_err().to_string().len() < 200);
    }
}
