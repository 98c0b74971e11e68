//! Text files of rows: what the bytes are, what separates the columns, and the records one after the other.

use std::fs;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};
use deeplimit::array::foreign;
use deeplimit::error::Result;

use super::{bad, unread};

/// So many bytes say what a file is.
const START: usize = 512;
/// So many lines say what separates the columns.
const SAMPLE: usize = 32;

/// What separates the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    Tab,
    Semicolon,
    Comma,
    Blanks,
    /// One column.
    None,
}

impl Separator {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Separator::Tab => "separated by tabs",
            Separator::Semicolon => "separated by semicolons",
            Separator::Comma => "separated by commas",
            Separator::Blanks => "separated by blanks",
            Separator::None => "one column",
        }
    }

    /// For programs.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Separator::Tab => Some("tab"),
            Separator::Semicolon => Some("semicolon"),
            Separator::Comma => Some("comma"),
            Separator::Blanks => Some("blank"),
            Separator::None => None,
        }
    }

    fn byte(self) -> u8 {
        match self {
            Separator::Tab => b'\t',
            Separator::Semicolon => b';',
            _ => b',',
        }
    }
}

/// A text file of rows.
pub struct Text {
    text: String,
    pub separator: Separator,
    /// Lines that begin with #.
    pub comments: Vec<String>,
}

impl Text {
    /// Reads a file, and tells what separates its columns.
    pub fn read(path: &Path) -> Result<Text> {
        let bytes = fs::read(path).map_err(|e| unread(path, &e))?;
        let text = decoded(path, bytes)?;
        let comments = lines(&text).filter(|l| l.starts_with('#'));
        let comments = comments.map(str::to_owned).collect();
        Ok(Text {
            separator: separator(&text),
            text,
            comments,
        })
    }

    /// The cells of a line of this file, by its separator.
    pub fn cells(&self, line: &str) -> Vec<String> {
        let mut out = Vec::new();
        if self.separator == Separator::Blanks {
            out.extend(line.split_whitespace().map(str::to_owned));
        } else {
            let mut reader = self.reader(line.as_bytes());
            if let Some(Ok(record)) = reader.records().next() {
                out.extend(record.iter().map(str::to_owned));
            }
        }
        out
    }

    fn reader<'a>(&self, bytes: &'a [u8]) -> csv::Reader<&'a [u8]> {
        ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .comment(Some(b'#'))
            .delimiter(self.separator.byte())
            .from_reader(bytes)
    }

    /// Every record with the number of its line; blank lines and comments are passed over.
    pub fn each(
        &self,
        path: &Path,
        mut work: impl FnMut(u64, &StringRecord) -> Result<()>,
    ) -> Result<()> {
        if self.separator == Separator::Blanks {
            // line ends as the other reader counts them
            let text = self.text.replace("\r\n", "\n");
            for (k, line) in text.split(['\n', '\r']).enumerate() {
                if !line.trim().is_empty() && !line.starts_with('#') {
                    work(k as u64 + 1, &line.split_whitespace().collect())?;
                }
            }
            return Ok(());
        }
        let mut reader = self.reader(self.text.as_bytes());
        let mut record = StringRecord::new();
        // the line of a byte, counted from where the last one was
        let (mut line, mut counted) = (1, 0);
        while reader.read_record(&mut record).map_err(|e| bad(path, e))? {
            let at = record.position().map_or(0, |p| p.byte() as usize);
            // the reader's position is behind the last record: blank lines and comments are still to come
            let start = begin(&self.text, at);
            line += ends(&self.text.as_bytes()[counted..start]);
            counted = start;
            if let Some(k) = record.iter().position(|f| f.contains(['\n', '\r'])) {
                return Err(bad(
                    path,
                    format!(
                        "line {line}, column {}: a quotation mark is not closed on its line",
                        k + 1
                    ),
                ));
            }
            let blank = record.len() == 1 && record.iter().all(str::is_empty);
            if !blank || self.text.as_bytes().get(start) == Some(&b'"') {
                work(line, &record)?;
            }
        }
        Ok(())
    }
}

/// Where the record begins that is read from here: behind empty lines and comments.
fn begin(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\n' | b'\r' => at += 1,
            b'#' => {
                let end = bytes[at..].iter().position(|b| *b == b'\n' || *b == b'\r');
                at = end.map_or(bytes.len(), |k| at + k);
            }
            _ => break,
        }
    }
    at
}

/// How many lines end here: LF, CR LF or CR.
fn ends(bytes: &[u8]) -> u64 {
    let mut count = 0;
    let mut last = 0;
    for byte in bytes {
        count += u64::from(*byte == b'\r' || *byte == b'\n' && last != b'\r');
        last = *byte;
    }
    count
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r']).filter(|l| !l.trim().is_empty())
}

/// The bytes as text. What is no text is named.
fn decoded(path: &Path, mut bytes: Vec<u8>) -> Result<String> {
    let is = |what: &str| Err(bad(path, format!("this is {what}")));
    if let Some(what) = foreign(&bytes[..bytes.len().min(START)]) {
        return is(what);
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    let zeros = bytes.iter().filter(|b| **b == 0).count();
    if 3 * zeros >= bytes.len() && zeros > 0 {
        return is("text encoded in UTF-16: save it as UTF-8");
    }
    if zeros > 0 {
        let at = bytes.iter().position(|b| *b == 0).unwrap_or(0);
        return Err(bad(
            path,
            format!("the file is no text: byte {} is 0", at + 1),
        ));
    }
    let begins = |word: &[u8]| {
        let text = bytes.trim_ascii_start();
        text.len() >= word.len() && text[..word.len()].eq_ignore_ascii_case(word)
    };
    for (word, what) in [
        ("{", "JSON"),
        ("[", "JSON"),
        ("@relation", "ARFF"),
        ("<?xml", "XML"),
    ] {
        if begins(word.as_bytes()) {
            return is(&format!(
                "{what}, which is not read: save the rows as CSV or .npy"
            ));
        }
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let bytes = e.as_bytes();
        bad(
            path,
            format!(
                "line {}: the byte {:#04x} is no UTF-8 (Latin-1 or Windows-1252?): save the file as UTF-8",
                ends(&bytes[..at]) + 1,
                bytes[at]
            ),
        )
    })
}

/// The separator: the one that cuts the first lines into equally many columns, two or more; the earlier of several (a
/// semicolon or a tab among numbers with commas separates, and the commas are decimal).
fn separator(text: &str) -> Separator {
    let sample: Vec<&str> = lines(text)
        .filter(|l| !l.starts_with('#'))
        .take(SAMPLE)
        .collect();
    let all = [Separator::Tab, Separator::Semicolon, Separator::Comma];
    let counts: Vec<Vec<usize>> = all
        .iter()
        .map(|s| sample.iter().map(|l| outside_quotes(l, s.byte())).collect())
        .collect();
    let even = |c: &Vec<usize>| {
        c.first()
            .is_some_and(|f| *f > 0 && c.iter().all(|k| k == f))
    };
    if let Some(k) = counts.iter().position(even) {
        return all[k];
    }
    // ragged: the one that cuts the most
    let total = |k: usize| counts[k].iter().sum::<usize>();
    let most = (0..all.len()).max_by_key(|k| (total(*k), all.len() - k));
    match most {
        Some(k) if total(k) > 0 => all[k],
        _ => {
            let mut words = sample.iter().map(|l| l.split_whitespace().count());
            match words.next() {
                Some(n) if n > 1 && words.all(|k| k == n) => Separator::Blanks,
                _ => Separator::None,
            }
        }
    }
}

/// How often this byte stands outside quotation marks.
fn outside_quotes(line: &str, byte: u8) -> usize {
    let mut quoted = false;
    let mut count = 0;
    for b in line.bytes() {
        match b {
            b'"' => quoted = !quoted,
            b if b == byte && !quoted => count += 1,
            _ => {}
        }
    }
    count
}
