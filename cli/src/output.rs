//! Where text goes: colours only where they are welcome, and no panic when nobody reads.

use std::io::{self, ErrorKind, Write};

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

/// Prints on stderr; if that fails there is nobody left to tell.
pub fn complain(text: &str) {
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
