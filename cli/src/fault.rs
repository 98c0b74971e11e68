//! What went wrong with one expression, shown to people and to programs.

use anstyle::{AnsiColor, Style};
use console::measure_text_width;
use deeplimit::error::{Doubt, Error, Trouble};
use serde::Serialize;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const PLACE: Style = AnsiColor::Red.on_default().bold();

/// An expression and its error.
#[derive(Debug)]
pub struct Fault {
    /// The expression as typed.
    pub text: String,
    /// What is wrong with it.
    pub error: Error,
}

impl Fault {
    /// Of a question about data with an activation: the data are to blame for what is wrong with them alone.
    pub fn of_data(data: String, activation: &str, error: Error) -> Fault {
        let text = match kind(&error) {
            "data" | "shape" => data,
            _ => activation.to_owned(),
        };
        Fault { text, error }
    }
}

/// The error in the JSON contract.
#[derive(Debug, Serialize)]
pub struct FaultJson {
    kind: &'static str,
    message: String,
    /// The place as a byte range of the expression as typed.
    at: Option<[usize; 2]>,
}

impl FaultJson {
    /// What was not finished when Ctrl-C came.
    pub fn interrupted() -> Self {
        Self {
            kind: "interrupted",
            message: "not finished when Ctrl-C came".to_owned(),
            at: None,
        }
    }
}

impl From<&Error> for FaultJson {
    fn from(error: &Error) -> Self {
        let at = match error {
            Error::Parse { at, .. } => Some([at.start, at.end]),
            _ => None,
        };
        Self {
            kind: kind(error),
            message: sentence(error),
            at,
        }
    }
}

/// The word for it in the JSON contract.
fn kind(error: &Error) -> &'static str {
    match error {
        Error::Parse { .. } => "parse",
        Error::Domain(_) => "domain",
        Error::Unresolved(_) | Error::NoSource => "unresolved",
        Error::Timeout { .. } => "timeout",
        Error::Shape(_) => "shape",
        Error::Data(_) | Error::NoDirection { .. } | Error::Axes { .. } => "data",
        Error::Store { trouble, .. } => match trouble {
            Trouble::OtherKernels { .. } | Trouble::Several => "data",
            _ => "io",
        },
        Error::Io(_) => "io",
    }
}

/// What is wrong, and what the command line has against it.
pub fn sentence(error: &Error) -> String {
    let hint = match error {
        Error::Parse {
            free: Some(name), ..
        } => return format!("{error}; a constant gets its value by `--set {name}=1.5`"),
        Error::Timeout { stage: Some(_), .. } => {
            "; allow more time with --timeout or ask for fewer digits"
        }
        Error::Timeout { stage: None, .. } => " (--timeout)",
        Error::NoSource => NO_SOURCE,
        Error::Axes { doubt, .. } => match doubt {
            Doubt::Flat => ": --layout nhw says that it is",
            Doubt::ChannelsFirst => ": say --layout nchw (or nhwc, if it is not)",
            Doubt::ChannelsFirstOrLast => {
                ": --layout nhwc or --layout nchw says which axis the channels are"
            }
        },
        Error::Store { trouble, .. } => match trouble {
            Trouble::Exists => "; --force replaces it",
            Trouble::SomethingElse { .. } => "; --force begins anew, another --out leaves it",
            Trouble::MoreMemory => "; give --memory more, or begin anew with --force",
            Trouble::NoJournal => ": --force replaces it, another --out leaves it",
            Trouble::Damaged => "; --force begins anew",
            Trouble::Foreign { .. } => ": choose another --out",
            Trouble::OtherKernels { .. } => ": choose another --out, or delete it",
            Trouble::Several => ": give --out a name that ends in .zarr",
        },
        _ => "",
    };
    format!("{error}{hint}")
}

/// Where data are found.
pub const NO_SOURCE: &str = ": name the folder of the data sets (--data DIR, or DEEPLIMIT_DATA)";

impl Fault {
    /// One sentence, and for a syntax error the expression with its place underlined.
    pub fn text(&self, width: usize) -> String {
        let message = clean(&sentence(&self.error));
        match &self.error {
            Error::Parse { at, .. } => {
                let shown = excerpt(&self.text, at.start, at.end, width.saturating_sub(2));
                let head = format!("{ERROR}error{ERROR:#}: {message}\n");
                match shown {
                    Some([line, mark]) => format!("{head}  {line}\n  {PLACE}{mark}{PLACE:#}\n"),
                    None => head,
                }
            }
            // It names its file.
            error if kind(error) == "io" => format!("{ERROR}error{ERROR:#}: {message}\n"),
            error => {
                // A file is named in full.
                let most = match kind(error) {
                    "data" | "shape" => usize::MAX,
                    _ => 40,
                };
                let short = shortened(&self.text, most);
                // The sentence may name the expression, or the file, itself.
                let whole = clean(self.text.trim());
                match message.contains(&short) || message.contains(&whole) {
                    true => format!("{ERROR}error{ERROR:#}: {message}\n"),
                    false => format!("{ERROR}error{ERROR:#} in `{short}`: {message}\n"),
                }
            }
        }
    }
}

/// The text on one line: a control character would move the cursor or change colours.
pub fn clean(text: &str) -> String {
    text.chars().map(visible).collect()
}

fn visible(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

/// At most `most` characters of the expression.
pub fn shortened(text: &str, most: usize) -> String {
    let mut chars = text.trim().chars().map(visible);
    let mut short: String = chars.by_ref().take(most).collect();
    if chars.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}

fn char_width(c: char) -> usize {
    measure_text_width(c.encode_utf8(&mut [0; 4]))
}

/// The part of the expression around `start..end` that fits into `width` columns, and a line that
/// underlines the place. `None` where there is nothing to show.
fn excerpt(text: &str, start: usize, end: usize, width: usize) -> Option<[String; 2]> {
    // An empty place at the beginning: the whole text is wrong (too long), or there is none.
    if text.trim().is_empty() || end == 0 {
        return None;
    }
    let boundary = |at: usize| {
        let at = at.min(text.len());
        (0..=at)
            .rev()
            .find(|i| text.is_char_boundary(*i))
            .unwrap_or(0)
    };
    let (start, end) = (boundary(start), boundary(end.max(start)));
    // An ellipsis may stand at either side.
    let room = width.max(20) - 2;

    // The place first, cut if it alone is too wide; then what stands before it, up to half of what
    // is left; then what follows; then more of what stands before.
    let (place, place_width) = taken(text[start..end].chars(), room);
    let left = room - place_width;
    let (_, half) = taken(text[..start].chars().rev(), left / 2);
    let (after, after_width) = taken(text[end..].chars(), left - half);
    let (before, before_width) = taken(text[..start].chars().rev(), left - after_width);
    let before: String = before.chars().rev().collect();

    let place_cut = place.chars().count() < text[start..end].chars().count();
    let head = if before.chars().count() < text[..start].chars().count() {
        "…"
    } else {
        ""
    };
    let tail = match place_cut || after.chars().count() < text[end..].chars().count() {
        true => "…",
        false => "",
    };
    let after = if place_cut { String::new() } else { after };
    let indent = " ".repeat(measure_text_width(head) + before_width);
    let carets = "^".repeat(place_width.max(1));
    Some([
        format!("{head}{before}{place}{after}{tail}"),
        format!("{indent}{carets}"),
    ])
}

/// As many characters as fit into `room` columns, and their width.
fn taken(chars: impl Iterator<Item = char>, room: usize) -> (String, usize) {
    let mut text = String::new();
    let mut width = 0;
    for c in chars.map(visible) {
        let w = char_width(c);
        if width + w > room {
            break;
        }
        text.push(c);
        width += w;
    }
    (text, width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, at: std::ops::Range<usize>, width: usize) -> Vec<String> {
        let error = Error::Parse {
            message: "no".to_owned(),
            at,
            free: None,
        };
        let shown = Fault {
            text: text.to_owned(),
            error,
        }
        .text(width);
        let plain = anstream::adapter::strip_str(&shown).to_string();
        plain.lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_place_is_underlined() {
        assert_eq!(
            lines("2*rleu(x) + 1", 2..6, 80),
            ["error: no", "  2*rleu(x) + 1", "    ^^^^"]
        );
        // The end of the text is a place too.
        assert_eq!(lines("2*", 2..2, 80), ["error: no", "  2*", "    ^"]);
        assert_eq!(lines("", 0..0, 80), ["error: no"]);
    }

    /// What may be done about it is said in the words of the command line, whole.
    #[test]
    fn the_flags_that_help_are_named() {
        let store = |trouble: Trouble| trouble.at("K.npy".as_ref());
        let axes = |doubt| Error::Axes {
            message: "x.npy: an array".to_owned(),
            doubt,
        };
        let (found, wanted) = ("a".to_owned(), "b".to_owned());
        for (error, shown) in [
            (
                Error::Parse {
                    message: "unknown name `a`".to_owned(),
                    at: 0..1,
                    free: Some("a".to_owned()),
                },
                "unknown name `a`; a constant gets its value by `--set a=1.5`",
            ),
            (
                Error::Timeout {
                    stage: Some("the nodes".to_owned()),
                    span: std::time::Duration::from_secs(60),
                },
                "the deadline of 60 s came during the nodes; allow more time with --timeout or ask for fewer digits",
            ),
            (
                Error::NoSource,
                "it takes data: name the folder of the data sets (--data DIR, or DEEPLIMIT_DATA)",
            ),
            (
                axes(Doubt::Flat),
                "x.npy: an array: --layout nhw says that it is",
            ),
            (
                axes(Doubt::ChannelsFirst),
                "x.npy: an array: say --layout nchw (or nhwc, if it is not)",
            ),
            (
                axes(Doubt::ChannelsFirstOrLast),
                "x.npy: an array: --layout nhwc or --layout nchw says which axis the channels are",
            ),
            (
                store(Trouble::Exists),
                "K.npy exists already; --force replaces it",
            ),
            (
                store(Trouble::SomethingElse {
                    found: found.clone(),
                    wanted: wanted.clone(),
                }),
                "K.npy was begun for something else (a) than this (b); --force begins anew, another --out leaves it",
            ),
            (
                store(Trouble::MoreMemory),
                "K.npy was begun with more memory; give --memory more, or begin anew with --force",
            ),
            (
                store(Trouble::NoJournal),
                "K.npy is there, and has no journal: --force replaces it, another --out leaves it",
            ),
            (
                store(Trouble::Damaged),
                "K.npy is damaged; --force begins anew",
            ),
            (
                store(Trouble::Foreign {
                    inside: "x".to_owned(),
                }),
                "K.npy is a folder of something else (it holds x), in which nothing is written: choose another --out",
            ),
            (
                store(Trouble::OtherKernels { found, wanted }),
                "K.npy holds other kernels (a) than these (b): choose another --out, or delete it",
            ),
            (
                store(Trouble::Several),
                "K.npy holds several matrices, which no .npy file does: give --out a name that ends in .zarr",
            ),
        ] {
            assert_eq!(sentence(&error), shown);
        }
    }

    /// Programs rely on the kinds.
    #[test]
    fn a_variant_with_data_has_the_kind_of_the_sentence_that_it_replaced() {
        let store = |trouble: Trouble| kind(&trouble.at("K".as_ref()));
        let (found, wanted) = (String::new(), String::new());
        assert_eq!(store(Trouble::OtherKernels { found, wanted }), "data");
        assert_eq!(store(Trouble::Several), "data");
        assert_eq!(store(Trouble::Exists), "io");
        assert_eq!(kind(&Error::NoDirection { row: 1 }), "data");
        assert_eq!(kind(&Error::NoSource), "unresolved");
    }

    #[test]
    fn columns_are_counted_as_a_terminal_does() {
        // Two columns each for the first two, none for the combining accent.
        let text = "漢字e\u{301}+?";
        let at = text.find('?').unwrap();
        assert_eq!(
            lines(text, at..at + 1, 80)[2],
            format!("  {}^", " ".repeat(6))
        );
        // A range inside a character is widened to its start, not a panic.
        assert_eq!(lines("漢", 1..2, 80)[2], "  ^");
        assert_eq!(lines("a\tb\u{1b}[31m", 2..3, 80)[1], "  a b\u{fffd}[31m");
    }

    #[test]
    fn a_long_expression_is_shown_around_the_place() {
        let text = format!("{}?{}", "x+".repeat(5000), "+x".repeat(5000));
        for width in [1, 20, 80, 120] {
            let shown = lines(&text, 10_000..10_001, width);
            assert!(
                shown[1].chars().count() <= width.max(22),
                "{width}: {}",
                shown[1]
            );
            assert!(shown[1].starts_with("  …") && shown[1].ends_with('…'));
            let caret = shown[2].chars().position(|c| c == '^').unwrap();
            assert_eq!(shown[1].chars().nth(caret), Some('?'));
        }
    }

    #[test]
    fn a_range_out_of_bounds_is_no_panic() {
        let backwards = std::ops::Range { start: 2, end: 1 };
        for at in [0..100, 99..100, backwards] {
            assert_eq!(lines("x$y", at, 80).len(), 3);
        }
    }
}
