//! A kernel as a table: rows of a correlation and a value.

use std::path::Path;

use deeplimit::error::Result;
use rug::Rational;

use super::bad;
use super::labels::missing;
use super::text::Text;
use crate::exact::number;
use crate::fault::shortened;

/// The rows, exactly as they stand there; a first line that is no number is a heading.
pub fn kernel_table(path: &Path) -> Result<Vec<(Rational, Rational)>> {
    let text = Text::read(path)?;
    let mut rows = Vec::new();
    let mut first = true;
    text.each(path, |line, record| {
        let cells: Vec<&str> = record.iter().collect();
        let heading = std::mem::take(&mut first)
            && cells
                .iter()
                .all(|c| !missing(c) && number(c, "cell").is_err());
        if heading {
            return Ok(());
        }
        let [rho, value] = cells[..] else {
            return Err(bad(
                path,
                format!(
                    "line {line}: a correlation and a value are wanted, there are {} cells",
                    cells.len()
                ),
            ));
        };
        let read = |cell: &str, column: usize| {
            number(cell, "cell").map_err(|_| {
                bad(
                    path,
                    format!(
                        "line {line}, column {column}: `{}` is no finite number",
                        shortened(cell, 40)
                    ),
                )
            })
        };
        rows.push((read(rho, 1)?, read(value, 2)?));
        Ok(())
    })?;
    Ok(rows)
}
