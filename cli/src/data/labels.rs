//! Labels: which are missing, which are one class, and which are no classes but a quantity.

use std::collections::{BTreeMap, BTreeSet};

/// So many different numbers may be classes, however few rows there are.
const FEW: usize = 5;
/// From so many different numbers on half as many as rows are too many.
const MANY: usize = 50;

/// Does the cell stand for a value that is not there?
pub fn missing(cell: &str) -> bool {
    ["", "?", "nan", "-nan", "na", "n/a", "#n/a", "<na>", "null"]
        .iter()
        .any(|m| cell.eq_ignore_ascii_case(m))
}

/// The number that a label is, if it is one: `0`, `0.0` and `+0` are one class.
fn number(label: &str) -> Option<f64> {
    label.parse().ok().filter(|x: &f64| x.is_finite())
}

/// Labels that are the same number get one spelling, the shortest of theirs (the first of several); and those that had several,
/// for a remark. Only where all labels are numbers: `1e1` and `10` may be two names among names.
pub fn one_spelling(labels: &mut [String]) -> Vec<String> {
    // whole numbers beyond 2^53 are not one because their doubles are
    let key = |label: &String| -> Option<(u64, String)> {
        let x = number(label)?;
        let exact = match x.abs() < 9e15 {
            true => String::new(),
            false => label.trim_start_matches('+').to_owned(),
        };
        // -0 is 0
        Some(((x + 0.0).to_bits(), exact))
    };
    let Some(keys) = labels.iter().map(key).collect::<Option<Vec<_>>>() else {
        return vec![];
    };
    let mut spellings: BTreeMap<&(u64, String), Vec<&String>> = BTreeMap::new();
    for (key, label) in keys.iter().zip(labels.iter()) {
        let known = spellings.entry(key).or_default();
        if !known.contains(&label) {
            known.push(label);
        }
    }
    let mut several: Vec<String> = Vec::new();
    let mut shortest: BTreeMap<&(u64, String), String> = BTreeMap::new();
    for (key, known) in &spellings {
        if known.len() > 1 {
            let quoted: Vec<String> = known.iter().map(|s| format!("`{s}`")).collect();
            several.push(quoted.join(" and "));
        }
        if let Some(best) = known.iter().min_by_key(|s| s.len()) {
            shortest.insert(key, (*best).clone());
        }
    }
    let chosen: Vec<String> = keys.iter().map(|k| shortest[k].clone()).collect();
    labels.iter_mut().zip(chosen).for_each(|(l, s)| *l = s);
    several
}

/// Why these labels are a quantity and no classes, if they are: numbers with about as many values as rows.
pub fn quantity(labels: &[String]) -> Option<String> {
    let (values, rows) = (distinct(labels), labels.len());
    let numbers: Option<Vec<f64>> = labels.iter().map(|l| number(l)).collect();
    let whole = numbers?.iter().all(|x| x.fract() == 0.0);
    let too_many = match whole {
        // 0.5 and 1.5 may be two classes; three values in five rows are a quantity
        false => values >= 3 && 2 * values > rows,
        true => about_as_many(values, rows),
    };
    too_many.then(|| {
        format!(
            "{values} different numbers in {rows} rows are a quantity, not classes: a class has rows to learn from"
        )
    })
}

/// Why nothing can be learnt of these classes by leaving rows out, if so: about every row has a class of its own.
pub fn one_row_each(labels: &[String]) -> Option<String> {
    let (values, rows) = (distinct(labels), labels.len());
    about_as_many(values, rows).then(|| {
        format!("{values} different labels in {rows} rows are names of the rows, not classes")
    })
}

fn about_as_many(values: usize, rows: usize) -> bool {
    values >= FEW && 4 * values >= 3 * rows || values >= MANY && 2 * values > rows
}

fn distinct(labels: &[String]) -> usize {
    labels.iter().collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(labels: &[&str]) -> Vec<String> {
        labels.iter().map(|l| (*l).to_owned()).collect()
    }

    #[test]
    fn one_number_has_one_spelling() {
        for (given, expected, several) in [
            (&["0", "0.0", "1", "+1"][..], &["0", "0", "1", "1"][..], 2),
            (&["-1", "+1", "1.0"], &["-1", "+1", "+1"], 1),
            (&["-0", "0"], &["0", "0"], 1),
            (&["007", "8"], &["007", "8"], 0),
            (&["1e1", "10", "a"], &["1e1", "10", "a"], 0),
            (
                &["9007199254740993", "9007199254740992"],
                &["9007199254740993", "9007199254740992"],
                0,
            ),
            (&["a", "b"], &["a", "b"], 0),
        ] {
            let mut labels = owned(given);
            assert_eq!(one_spelling(&mut labels).len(), several, "{given:?}");
            assert_eq!(labels, expected);
        }
    }

    #[test]
    fn quantities_are_no_classes() {
        let counting =
            |n: usize, of: usize| -> Vec<String> { (0..n).map(|k| (k % of).to_string()).collect() };
        let measured: Vec<String> = (0..9).map(|k| format!("{}", 0.3 * f64::from(k))).collect();
        for (labels, is) in [
            (counting(100, 100), true),
            (counting(100, 80), true),
            (counting(100, 60), true),
            (counting(100, 45), false),
            (counting(10, 5), false),
            (counting(4, 4), false),
            (counting(1000, 400), false),
            (measured, true),
            (owned(&["0.5", "1.5", "0.5", "1.5"]), false),
            (owned(&["a", "b", "c", "d", "e", "f"]), false),
        ] {
            assert_eq!(quantity(&labels).is_some(), is, "{labels:?}");
        }
        assert!(one_row_each(&owned(&["a", "b", "c", "d", "e", "f"])).is_some());
        assert!(one_row_each(&owned(&["a", "b", "a", "b", "a", "c"])).is_none());
    }

    #[test]
    fn what_is_missing() {
        for cell in ["", "?", "nan", "NaN", "-nan", "NA", "N/A", "<NA>", "null"] {
            assert!(missing(cell), "{cell}");
        }
        for cell in ["0", "none", "nano", "x", "-", "+", "no"] {
            assert!(!missing(cell), "{cell}");
        }
    }
}
