//! The seam's reading of what is typed: expressions with the constants of `--set`, and numbers.

use std::sync::OnceLock;

use deeplimit::activation::{Constants, Expr, Tape};
use deeplimit::cntk::ConvNetwork;
use deeplimit::error::{Error, Result};
use deeplimit::exact::Closed;
use deeplimit::real::{Analytic, Ball};
use rug::Rational;

use crate::fault::shortened;

/// What `--set` says. It is the same for all questions of a command line, and never changes.
static CONSTANTS: OnceLock<Constants> = OnceLock::new();

/// Bits of a constant that is no fraction: more than twice those of the most digits that can be asked for, so that what
/// rounding it does is far below every radius that is printed.
const BITS: u32 = 8192;

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

/// A number as somebody types it: a fraction or decimal exactly, any other constant to [`BITS`].
#[derive(Clone, Debug)]
pub struct Constant {
    /// The number, or one next to it.
    pub value: Rational,
    /// How far it is off at most; 0 for a fraction.
    pub error: Rational,
}

/// What a constant is, `1/3`, `0.1`, `pi/2` or `sqrt(2)`; the sentence says what is wrong.
pub fn constant(text: &str) -> std::result::Result<Constant, String> {
    let expr = Expr::parse(text.trim()).map_err(|e| e.to_string())?;
    if !expr.is_constant() {
        return Err("it may not contain x".to_owned());
    }
    let exactly = |value: Rational| Constant {
        value,
        error: Rational::new(),
    };
    let closed = Closed::from_expr(&expr);
    let fraction = expr.as_rational();
    if let Some(value) = fraction.or_else(|| closed.as_ref().and_then(Closed::as_rational)) {
        return Ok(exactly(value));
    }
    let ball: Ball = match &closed {
        Some(closed) => closed.evaluate(BITS),
        None => Tape::<Ball>::new(&[expr], BITS).at_one(&Ball::int(0, BITS)),
    };
    let both = ball.mid().to_rational().zip(ball.rad().to_rational());
    let Some((value, error)) = both else {
        return Err("it is no real number".to_owned());
    };
    // A constant whose digits cancel has few of them left.
    let size = value.clone().abs();
    match error.clone() << 4000_u32 <= size {
        true => Ok(Constant { value, error }),
        false => Err("it cannot be told from 0: write it without what cancels".to_owned()),
    }
}
