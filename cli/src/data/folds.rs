//! Files of folds: lines of row numbers, training and test in turn.

use std::fs;
use std::path::Path;

use deeplimit::classifier::fair;
use deeplimit::error::{Error, Result};

use super::{bad, unread};

/// Training and test rows, counted from 0, with the line of the file each pair begins on.
#[derive(Clone, Debug)]
pub struct Splits {
    pub pairs: Vec<[Vec<usize>; 2]>,
    lines: Vec<[usize; 2]>,
}

/// Lines of row numbers from 0, two by two.
pub fn splits(path: &Path) -> Result<Splits> {
    let text = fs::read_to_string(path).map_err(|e| unread(path, &e))?;
    let mut lines = Vec::new();
    for (k, line) in text
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty())
    {
        let words = line
            .split(|c: char| c.is_whitespace() || c == ',')
            .filter(|w| !w.is_empty());
        let numbers: std::result::Result<Vec<usize>, &str> =
            words.map(|w| w.parse().map_err(|_| w)).collect();
        match numbers {
            Ok(numbers) => lines.push((k + 1, numbers)),
            Err(word) => {
                return Err(bad(
                    path,
                    format!("line {}: `{word}` is no row number", k + 1),
                ));
            }
        }
    }
    if lines.is_empty() || lines.len() % 2 == 1 {
        return Err(bad(
            path,
            format!(
                "{} lines of row numbers are no pairs of training and test",
                lines.len()
            ),
        ));
    }
    let mut lines = lines.into_iter();
    let mut out = Splits {
        pairs: Vec::new(),
        lines: Vec::new(),
    };
    while let (Some((k, a)), Some((l, b))) = (lines.next(), lines.next()) {
        out.pairs.push([a, b]);
        out.lines.push([k, l]);
    }
    Ok(out)
}

impl Splits {
    /// Is every pair a fair test of a file of `n` rows?
    pub fn fit(&self, path: &Path, n: usize) -> Result<()> {
        for ([train, test], [k, l]) in self.pairs.iter().zip(&self.lines) {
            fair(n, train, test).map_err(|e| match e {
                Error::Data(text) => bad(path, format!("lines {k} and {l}: {text}")),
                e => e,
            })?;
        }
        // pairs that use up a smaller number of rows were made for a file that has so many
        let whole = |[a, b]: &[Vec<usize>; 2]| {
            let count = a.len() + b.len();
            (a.iter().chain(b).max() == Some(&(count - 1))).then_some(count)
        };
        let counts: Option<Vec<usize>> = self.pairs.iter().map(whole).collect();
        match counts.as_deref() {
            Some([first, rest @ ..]) if *first != n && rest.iter().all(|c| c == first) => Err(bad(
                path,
                format!("these are the rows of a file of {first}, not of {n}"),
            )),
            _ => Ok(()),
        }
    }
}
