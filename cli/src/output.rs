//! Where text goes: colours only where they are welcome, and no panic when nobody reads.

use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

use anstream::{AutoStream, ColorChoice};
use console::Term;

/// The width of a table that goes into a file or a pipe: room for 15 digits beside a name of 20 letters.
const PAGE: usize = 110;

/// Prints on stdout. A closed pipe (`deeplimit ... | head`) is no error.
pub fn print(text: &str) -> io::Result<()> {
    let mut stream = AutoStream::new(io::stdout().lock(), ColorChoice::global());
    match stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush())
    {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// The arguments that are too long to be repeated.
static LONG: OnceLock<Vec<String>> = OnceLock::new();
/// A longer argument is not repeated whole.
const REPEATED: usize = 200;

/// Remembers the arguments, so that no message repeats a very long one.
pub fn know(typed: &[String]) {
    let long = typed.iter().filter(|t| t.len() > REPEATED);
    // Nobody else writes it.
    let _ = LONG.set(long.cloned().collect());
}

/// The text with very long arguments cut in the middle.
fn cut(text: &str, long: &[String]) -> String {
    /// What is left of one at either end.
    const END: usize = 60;
    let mut text = text.to_owned();
    for argument in long {
        // As typed, and the value alone of `--option=value`.
        let value = argument.split_once('=').map(|(_, value)| value);
        for whole in [Some(argument.as_str()), value].into_iter().flatten() {
            if whole.len() > REPEATED && text.contains(whole) {
                let count = whole.chars().count();
                let head: String = whole.chars().take(END).collect();
                let tail: String = whole.chars().skip(count - END).collect();
                text = text.replace(whole, &format!("{head} ... {tail}"));
            }
        }
    }
    text
}

/// Prints on stderr; if that fails there is nobody left to tell.
pub fn complain(text: &str) {
    let text = match LONG.get().filter(|long| !long.is_empty()) {
        Some(long) => cut(text, long),
        None => text.to_owned(),
    };
    let mut stream = AutoStream::new(io::stderr().lock(), ColorChoice::global());
    let _ = stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush());
}

/// The width of the terminal, or of a page.
pub fn width(term: &Term) -> usize {
    let columns = if term.is_term() {
        term.size_checked()
    } else {
        None
    };
    columns.map_or(PAGE, |(_, columns)| usize::from(columns).max(20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_very_long_argument_is_cut_in_the_middle() {
        let long = format!("{}\u{e9}{}", "a".repeat(50_000), "b".repeat(50_000));
        let said = cut(&format!("no `{long}` here"), std::slice::from_ref(&long));
        let (head, tail) = ("a".repeat(60), "b".repeat(60));
        assert_eq!(said, format!("no `{head} ... {tail}` here"));
        let option = format!("--data={long}");
        assert!(cut(&format!("{long}: no such file"), &[option]).len() < 200);
        assert_eq!(cut("nothing", &[long]), "nothing");
    }
}
