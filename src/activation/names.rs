//! What to say about a name that nobody knows.

use super::catalogue::catalogue;
use super::expr::Function;

/// Names of other worlds, and what they are called here.
const ALIASES: [(&str, &str); 19] = [
    ("ln", "log"),
    ("arcsin", "asin"),
    ("arccos", "acos"),
    ("arctan", "atan"),
    ("arcsinh", "asinh"),
    ("arsinh", "asinh"),
    ("sgn", "sign"),
    ("signum", "sign"),
    ("heaviside", "step"),
    ("logistic", "sigmoid"),
    ("expit", "sigmoid"),
    ("fabs", "abs"),
    ("normal_cdf", "erfc"),
    ("hardswish", "x*relu6(x+3)/6"),
    ("hard_swish", "x*relu6(x+3)/6"),
    ("logsigmoid", "log_sigmoid"),
    ("leaky", "leaky_relu"),
    ("linear", "identity"),
    ("pow", "^"),
];

/// The sentence for an unknown name, with the nearest known one where there is one.
pub(crate) fn unknown(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "nan" => return "`nan` is not a number, so no expression may contain it".to_owned(),
        "inf" | "infinity" => {
            return format!("`{name}` is not a number of this grammar: write a finite one");
        }
        _ => {}
    }
    let shown = if name.len() > 40 {
        format!("{}...", &name[..40])
    } else {
        name.to_owned()
    };
    match suggestion(name, &lower) {
        Some(known) => format!("unknown name `{shown}`; did you mean `{known}`?"),
        None if name.len() == 1 => format!("unknown name `{shown}`; the variable is called `x`"),
        None => format!("unknown name `{shown}`"),
    }
}

fn suggestion(name: &str, lower: &str) -> Option<String> {
    if name.len() > 40 {
        return None;
    }
    if let Some(digits) = name
        .strip_prefix('x')
        .filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
    {
        return Some(format!("x^{digits}"));
    }
    let known = || {
        let constants = ["x", "pi", "e"].into_iter();
        constants
            .chain(Function::ALL.into_iter().map(Function::name))
            .chain(catalogue().iter().map(|e| e.name))
    };
    if let Some(same) = known().find(|k| *k == lower) {
        return Some(same.to_owned());
    }
    if let Some((_, here)) = ALIASES.iter().find(|(there, _)| *there == lower) {
        return Some((*here).to_owned());
    }
    // Two edits turn any short name into any other, so a short name is allowed fewer.
    let allowed = if lower.len() >= 5 {
        2
    } else {
        usize::from(lower.len() >= 2)
    };
    let near = known()
        .map(|k| (strsim::damerau_levenshtein(lower, k), k))
        .filter(|(d, _)| *d <= allowed)
        .min_by_key(|(d, _)| *d);
    let prefix = || known().find(|k| lower.len() >= 3 && k.starts_with(lower));
    near.map(|(_, k)| k).or_else(prefix).map(str::to_owned)
}
