//! Text to tokens, each with its place.

use std::ops::Range;

use rug::{Integer, Rational};

use super::expr::Relation;
use crate::error::{Error, Result};

/// A number has at most this many digits, and the exponent of its scientific form is at most this large.
pub(crate) const NUMBER_LIMIT: i64 = 10_000;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Number(Rational),
    Name(String),
    Plus,
    Minus,
    Times,
    Divide,
    Power,
    Open,
    Close,
    Comma,
    Question,
    Colon,
    Compare(Relation),
    /// `=`, between the name of a parameter and its value.
    Assign,
    /// `|`
    Bar,
    /// A raised integer: the exponent of what stands before it.
    Raised(i32),
    /// The root sign.
    Root,
    End,
}

/// Characters that mean one thing only, wherever they are pasted from.
fn read_as(c: char) -> Option<Token> {
    Some(match c {
        '\u{2212}' | '\u{2013}' => Token::Minus,
        '\u{d7}' | '\u{b7}' | '\u{22c5}' | '\u{2217}' => Token::Times,
        '\u{f7}' | '\u{2215}' => Token::Divide,
        '\u{2264}' | '\u{2a7d}' => Token::Compare(Relation::LessEqual),
        '\u{2265}' | '\u{2a7e}' => Token::Compare(Relation::GreaterEqual),
        '\u{3c0}' => Token::Name("pi".to_owned()),
        '\u{3a6}' => Token::Name("normcdf".to_owned()),
        '\u{221a}' => Token::Root,
        _ => return None,
    })
}

/// Characters that people paste, and what the grammar has for them.
const LOOKALIKES: [(char, &str); 12] = [
    ('[', "("),
    (']', ")"),
    ('{', "("),
    ('}', ")"),
    ('\u{bd}', "1/2"),
    ('\u{bc}', "1/4"),
    ('\u{be}', "3/4"),
    ('\u{221b}', "cbrt(...)"),
    ('\u{3c3}', "sigmoid(...)"),
    ('\u{2260}', "<` or `>"),
    ('\u{2227}', "a conditional in a conditional"),
    ('\u{2228}', "a conditional in a conditional"),
];

/// Characters that ask for a sentence of their own.
fn sentence(c: char) -> Option<&'static str> {
    Some(match c {
        '\\' => "this is not LaTeX: write `tanh(x)`, `max(x, 0)`, `x^2/2`",
        '\'' | '"' | '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => {
            "quotes belong to the shell, not to the expression"
        }
        ';' => "one expression at a time: `;` is not in the grammar",
        '&' => "conditions cannot be joined; nest two conditionals instead",
        '!' => "`!` is not in the grammar; products of integers are written out",
        '%' => "`%` is not in the grammar: neither a remainder nor a per cent",
        '\u{221e}' => "infinity is not a number of this grammar: write a finite one",
        _ => return None,
    })
}

const RAISED: [char; 10] = [
    '\u{2070}', '\u{b9}', '\u{b2}', '\u{b3}', '\u{2074}', '\u{2075}', '\u{2076}', '\u{2077}',
    '\u{2078}', '\u{2079}',
];

/// The raised integer at the start of `text` and its length in bytes; at most four digits.
fn raised(text: &str) -> Option<(i32, usize)> {
    let sign = text.strip_prefix('\u{207b}');
    let (mut value, mut length) = (0, text.len() - sign.unwrap_or(text).len());
    let mut digits = 0;
    for c in sign.unwrap_or(text).chars() {
        let Some(digit) = RAISED.iter().position(|r| *r == c).filter(|_| digits < 4) else {
            break;
        };
        (value, length, digits) = (10 * value + digit as i32, length + c.len_utf8(), digits + 1);
    }
    let value = if sign.is_some() { -value } else { value };
    (digits > 0).then_some((value, length))
}

pub(crate) fn fault<T>(message: impl Into<String>, at: Range<usize>) -> Result<T> {
    Err(Error::Parse {
        message: message.into(),
        at,
        free: None,
    })
}

/// The token that starts at or after byte `from`, and its place.
pub(crate) fn next_token(text: &str, from: usize) -> Result<(Token, Range<usize>)> {
    let rest = text[from..].trim_start();
    let start = text.len() - rest.len();
    let Some(first) = rest.chars().next() else {
        return Ok((Token::End, text.len()..text.len()));
    };
    if first.is_ascii_digit()
        || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
    {
        let (value, length) = number(rest, start)?;
        return Ok((Token::Number(value), start..start + length));
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let length = name_length(rest);
        return Ok((
            Token::Name(rest[..length].to_owned()),
            start..start + length,
        ));
    }
    let (token, length) = match &rest.as_bytes()[..rest.len().min(2)] {
        b"**" => (Token::Power, 2),
        b"<=" => (Token::Compare(Relation::LessEqual), 2),
        b">=" => (Token::Compare(Relation::GreaterEqual), 2),
        b"==" | b"!=" => {
            let message = format!(
                "`{}` is not a comparison of this grammar: at a single point a value has no weight; use <, <=, > or >=",
                &rest[..2]
            );
            return fault(message, start..start + 2);
        }
        b"&&" => {
            return fault(
                "conditions cannot be joined; nest two conditionals instead",
                start..start + 2,
            );
        }
        _ => match raised(rest) {
            Some((exponent, length)) => (Token::Raised(exponent), length),
            None => (single(first, start)?, first.len_utf8()),
        },
    };
    Ok((token, start..start + length))
}

/// The length of the name at the start of `text`, dots between its parts included: `np.maximum`.
fn name_length(text: &str) -> usize {
    let part = |from: usize| {
        text[from..]
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .map_or(text.len(), |n| from + n)
    };
    let mut end = part(0);
    while text[end..].starts_with('.')
        && text[end + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    {
        end = part(end + 1);
    }
    end
}

fn single(c: char, start: usize) -> Result<Token> {
    Ok(match c {
        '+' => Token::Plus,
        '-' => Token::Minus,
        '*' => Token::Times,
        '/' => Token::Divide,
        '^' => Token::Power,
        '(' => Token::Open,
        ')' => Token::Close,
        ',' => Token::Comma,
        '?' => Token::Question,
        ':' => Token::Colon,
        '<' => Token::Compare(Relation::Less),
        '>' => Token::Compare(Relation::Greater),
        '=' => Token::Assign,
        '|' => Token::Bar,
        _ => {
            if let Some(token) = read_as(c) {
                return Ok(token);
            }
            let at = start..start + c.len_utf8();
            if let Some(sentence) = sentence(c) {
                return fault(sentence, at);
            }
            if let Some((_, instead)) = LOOKALIKES.iter().find(|(seen, _)| *seen == c) {
                return fault(
                    format!("the character `{c}` is not in the grammar; write `{instead}`"),
                    at,
                );
            }
            // Escaped, so that a control or combining character cannot disturb a terminal.
            return fault(format!("the character {c:?} is not in the grammar"), at);
        }
    })
}

/// The decimal number at the start of `text` and its length in bytes.
fn number(text: &str, start: usize) -> Result<(Rational, usize)> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    // `1_000` as in Python: one underscore between two digits.
    let run = |from: usize| {
        let within = |at: &usize| {
            digit(*at)
                || bytes.get(*at) == Some(&b'_') && *at > from && digit(at - 1) && digit(at + 1)
        };
        (from..bytes.len())
            .find(|at| !within(at))
            .unwrap_or(bytes.len())
    };
    let plain = |digits: &str| digits.replace('_', "");
    let whole_end = run(0);
    let mut end = whole_end;
    let mut fraction = "";
    if bytes.get(end) == Some(&b'.') {
        end = run(whole_end + 1);
        fraction = &text[whole_end + 1..end];
    }
    let mut exponent_text = "";
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        // `2e` without digits is `2` followed by the constant; the parser then asks for an operator.
        if bytes.get(signed).is_some_and(u8::is_ascii_digit) {
            exponent_text = &text[end + 1..run(signed)];
            end = run(signed);
        }
    }
    let at = start..start + end;
    let (whole, fraction) = (plain(&text[..whole_end]), plain(fraction));
    let (digits, whole_end) = ([whole.as_str(), &fraction].concat(), whole.len());
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.len() as i64 > NUMBER_LIMIT {
        return fault(
            format!("a number may have at most {NUMBER_LIMIT} digits"),
            at,
        );
    }
    let too_large = || Error::Parse {
        message: format!("the exponent of a number may be at most {NUMBER_LIMIT}"),
        at: at.clone(),
        free: None,
    };
    let exponent: i64 = if exponent_text.is_empty() {
        0
    } else {
        plain(exponent_text).parse().map_err(|_| too_large())?
    };
    if exponent.abs() > NUMBER_LIMIT {
        return Err(too_large());
    }
    if significant.is_empty() {
        return Ok((Rational::new(), end));
    }
    let leading_zeros = digits.len() - digits.trim_start_matches('0').len();
    let scientific = exponent + whole_end as i64 - leading_zeros as i64 - 1;
    if scientific.abs() > NUMBER_LIMIT {
        return Err(too_large());
    }
    let last_place = scientific + 1 - significant.len() as i64;
    let Ok(mantissa) = Integer::from_str_radix(significant, 10) else {
        return fault("this is not a number", at);
    };
    let scale = Integer::from(Integer::u_pow_u(10, last_place.unsigned_abs() as u32));
    let value = if last_place < 0 {
        Rational::from((mantissa, scale))
    } else {
        Rational::from(mantissa * scale)
    };
    Ok((value, end))
}
