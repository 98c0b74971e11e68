//! The seam's reading of what is typed: expressions with the constants of `--set`.

use std::sync::OnceLock;

use deeplimit::activation::{Constants, Expr};
use deeplimit::cntk::ConvNetwork;
use deeplimit::error::{Error, Result};

use crate::fault::shortened;

/// What `--set` says. It is the same for all questions of a command line, and never changes.
static CONSTANTS: OnceLock<Constants> = OnceLock::new();

/// Reads the values of `--set a=1.5,b=sqrt(2)`, once and before anything else is read.
pub fn set(settings: &[String]) -> Result<()> {
    let mut constants = Constants::default();
    for one in settings.iter().flat_map(|s| apart(s)) {
        let here = |message: String| {
            Error::Domain(format!("--set {}: {message}", shortened(one.trim(), 40)))
        };
        let (name, value) = one
            .split_once('=')
            .ok_or_else(|| here("a name and its value are wanted, as in a=1.5".to_owned()))?;
        constants
            .set(name.trim(), value)
            .map_err(|e| here(e.to_string()))?;
    }
    // Nobody else writes it.
    let _ = CONSTANTS.set(constants);
    Ok(())
}

/// The parts between commas, those inside of parentheses left alone.
pub fn apart(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth <= 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// What `--set` says.
pub fn constants() -> &'static Constants {
    static NONE: OnceLock<Constants> = OnceLock::new();
    CONSTANTS
        .get()
        .unwrap_or_else(|| NONE.get_or_init(Constants::default))
}

/// The first name of `--set` that no text uses.
pub fn unused(texts: &[String]) -> Option<&'static str> {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let uses = |text: &String, name: &str| text.split(|c| !letter(c)).any(|word| word == name);
    constants()
        .names()
        .find(|name| !texts.iter().any(|text| uses(text, name)))
}

/// What `--set` says, for words that have to tell one question from another: `a = 1.5, b = sqrt(2)`, or nothing.
pub fn settings() -> String {
    constants().to_string()
}

/// The expression as it is shown: as typed, or with the values of `--set` in it.
pub fn shown(text: &str) -> String {
    match settings().is_empty() {
        true => text.to_owned(),
        false => parsed(text).map_or_else(|_| text.to_owned(), |e| e.to_string()),
    }
}

/// The expression.
pub fn parsed(text: &str) -> Result<Expr> {
    Expr::parse_with(text, constants())
}

/// A network, layer by layer.
pub fn network(text: &str) -> Result<ConvNetwork> {
    ConvNetwork::parse_with(text, constants())
}
