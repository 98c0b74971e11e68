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
    End,
}

/// Characters that people paste, and what the grammar has for them.
const LOOKALIKES: [(char, &str); 14] = [
    ('\u{2212}', "-"),
    ('\u{2013}', "-"),
    ('\u{d7}', "*"),
    ('\u{b7}', "*"),
    ('\u{22c5}', "*"),
    ('\u{f7}', "/"),
    ('\u{b2}', "^2"),
    ('\u{b3}', "^3"),
    ('\u{3c0}', "pi"),
    ('\u{221a}', "sqrt(...)"),
    ('\u{2264}', "<="),
    ('\u{2265}', ">="),
    ('[', "("),
    (']', ")"),
];

pub(crate) fn fault<T>(message: impl Into<String>, at: Range<usize>) -> Result<T> {
    Err(Error::Parse {
        message: message.into(),
        at,
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
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
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
        b"&&" | b"||" => {
            return fault(
                "conditions cannot be joined; nest two conditionals instead",
                start..start + 2,
            );
        }
        _ => (single(first, start)?, 1),
    };
    Ok((token, start..start + length))
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
        _ => {
            let at = start..start + c.len_utf8();
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
    let run = |from: usize| {
        from + bytes[from..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
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
    let digits: String = [&text[..whole_end], fraction].concat();
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
    };
    let exponent: i64 = if exponent_text.is_empty() {
        0
    } else {
        exponent_text.parse().map_err(|_| too_large())?
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
