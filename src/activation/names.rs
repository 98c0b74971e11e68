//! What to say about a name that nobody knows.

use std::ops::Range;

use super::foreign::{self, squashed};
use crate::error::Error;

/// Functions that this grammar cannot write, and why.
const IMPOSSIBLE: [(&str, &str); 8] = [
    (
        "softmax softmin log_softmax sparsemax entmax maxout logsumexp",
        "is a function of many numbers, so no activation of one",
    ),
    (
        "glu geglu reglu swiglu bilinear crelu concatenated_relu",
        "has two inputs or two outputs, so it is no activation here",
    ),
    (
        "floor ceil round trunc rint mod fmod frac remainder",
        "has infinitely many jumps, which this grammar cannot write",
    ),
    (
        "rrelu",
        "draws its slope at random; at its mean it is `leaky_relu(x, 11/48)`",
    ),
    (
        "dropout batch_norm layer_norm batchnorm layernorm",
        "is a layer, no activation",
    ),
    (
        "erfinv lgamma digamma betainc j0 j1 i0 i1",
        "is not in the grammar, and not a composition of what is",
    ),
    (
        "integrate diff derivative grad sum",
        "is no operation of this grammar: write the function itself",
    ),
    ("true false none", "is no number"),
];

/// Names with more than one meaning.
const SEVERAL: [(&str, &str); 3] = [
    ("phi", "`normpdf` or `normcdf` (Phi)"),
    ("norm", "`normcdf` or `normpdf`"),
    ("leaky", "`leaky_relu`"),
];

/// The longest name that is taken for a constant's.
const FREE_MAX: usize = 20;

/// The error about an unknown name at this place. One that is not `called`, and that nothing is like, may be a constant's.
pub(crate) fn unknown_at(name: &str, variable: &str, called: bool, at: Range<usize>) -> Error {
    let (message, alone) = sentence(name, variable);
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    // `x` is the variable where another name is not: it gets no value
    let may = alone && !called && name != "x";
    let free = may && name.len() <= FREE_MAX && name.chars().all(letter);
    Error::Parse {
        message,
        at,
        free: free.then(|| name.to_owned()),
    }
}

/// The sentence for an unknown name, with the nearest known one where there is one. `variable` is what `x` is called.
pub(crate) fn unknown(name: &str, variable: &str) -> String {
    sentence(name, variable).0
}

/// The sentence, and whether nothing at all is like the name.
fn sentence(name: &str, variable: &str) -> (String, bool) {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "nan" => {
            let sentence = "`nan` is not a number, so no expression may contain it";
            return (sentence.to_owned(), false);
        }
        "inf" | "infinity" => {
            let sentence = format!("`{name}` is not a number of this grammar: write a finite one");
            return (sentence, false);
        }
        _ => {}
    }
    let shown = if name.len() > 40 {
        format!("{}...", &name[..40])
    } else {
        name.to_owned()
    };
    let last = lower.rsplit('.').next().unwrap_or(&lower);
    let impossible = IMPOSSIBLE
        .iter()
        .find(|(all, _)| all.split(' ').any(|n| n == last));
    if let Some((_, why)) = impossible {
        return (format!("`{shown}` {why}"), false);
    }
    if let Some((module, function)) = name.rsplit_once('.') {
        if module == variable {
            let sentence = format!("write `{function}({variable})` for the method `{shown}`");
            return (sentence, false);
        }
        return match suggestion(function, last, variable) {
            Some(known) => (
                format!("unknown name `{shown}`; did you mean {known}?"),
                false,
            ),
            None => (format!("unknown name `{shown}`"), true),
        };
    }
    match suggestion(name, &lower, variable) {
        Some(known) => (
            format!("unknown name `{shown}`; did you mean {known}?"),
            false,
        ),
        None if name.len() == 1 => (
            format!("unknown name `{shown}`; the variable is called `{variable}`"),
            true,
        ),
        None => (format!("unknown name `{shown}`"), true),
    }
}

/// What was meant, in quotes; nothing rather than another function.
fn suggestion(name: &str, lower: &str, variable: &str) -> Option<String> {
    if name.len() > 40 {
        return None;
    }
    if let Some(digits) = name
        .strip_prefix(variable)
        .filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
    {
        return Some(format!("`{variable}^{digits}`"));
    }
    if let Some((_, all)) = SEVERAL.iter().find(|(n, _)| *n == lower) {
        return Some((*all).to_owned());
    }
    let mut known: Vec<&str> = vec![variable, "pi", "e"];
    foreign::names().for_each(|n| known.push(n));
    let quoted = |all: &[&str]| {
        let all: Vec<String> = all.iter().map(|n| format!("`{n}`")).collect();
        match all.split_last() {
            Some((last, [])) => Some(last.clone()),
            Some((last, others)) => Some(format!("{} or {last}", others.join(", "))),
            None => None,
        }
    };
    if let Some(same) = known
        .iter()
        .find(|k| **k == lower || squashed(k) == squashed(name))
    {
        return quoted(&[same]);
    }
    let mut near = known;
    near.retain(|k| is_slip(lower, k));
    if near.is_empty() && lower.len() >= 3 {
        let begins = |k: &&str| k.strip_prefix(lower).is_some_and(|rest| rest.len() > 1);
        near = foreign::names().filter(begins).collect();
    }
    near.sort_unstable();
    near.dedup();
    quoted(&near[..near.len().min(4)])
}

/// Is `typed` the name `known` with one slip of the keyboard: two letters exchanged, a letter doubled, or, within a long
/// name, one letter wrong? More would make another function of it (`serf` and `erf`, `srelu` and `prelu`, `acoth` and
/// `coth`, `exp2` and `exp`).
fn is_slip(typed: &str, known: &str) -> bool {
    let digits = |t: &str| t.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    let sorted = |t: &str| {
        let mut all: Vec<u8> = t.bytes().collect();
        all.sort_unstable();
        all
    };
    let single = |t: &str| {
        let mut all: Vec<u8> = t.bytes().collect();
        all.dedup();
        all
    };
    let near = strsim::damerau_levenshtein(typed, known) == 1;
    let exchanged = near && typed.len() > 1 && sorted(typed) == sorted(known);
    let doubled = typed.len() >= 5 && single(typed) == single(known);
    // A letter more at either end, or another first one, is a name of its own.
    let within = typed.bytes().next() == known.bytes().next()
        && !typed.starts_with(known)
        && !typed.ends_with(known);
    let long = near && within && typed.len().min(known.len()) >= 6;
    digits(typed) == digits(known) && (exchanged || doubled || long)
}
