//! Figures as files: SVG, PNG, PDF and CSV, each whole or not at all.

use std::path::{Path, PathBuf};

use deeplimit::error::{Error, Result};

use crate::data::written;
use crate::library::Sheet;

/// What a figure can be written as.
const FORMATS: [&str; 4] = ["svg", "png", "pdf", "csv"];

/// In the format that the ending of the file's name tells.
pub fn as_named(sheet: &Sheet, path: &Path) -> Result<()> {
    written(path, bytes(sheet, format(path)?)?)
}

/// The format that the ending of a name tells.
pub fn format(path: &Path) -> Result<&'static str> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    let known = FORMATS.into_iter().find(|f| f.eq_ignore_ascii_case(ending));
    known.ok_or_else(|| {
        Error::Domain(format!(
            "{}: a figure is written as .svg, .png, .pdf or .csv",
            path.display()
        ))
    })
}

/// In all formats, as `NAME.svg` and so on; the paths.
pub fn in_all(sheet: &Sheet, name: &str, folder: &Path) -> Result<Vec<PathBuf>> {
    let drawn = FORMATS
        .into_iter()
        .filter(|f| cfg!(feature = "plot") || matches!(*f, "csv" | "svg"));
    drawn
        .map(|format| {
            let path = folder.join(format!("{name}.{format}"));
            written(&path, bytes(sheet, format)?).map(|()| path)
        })
        .collect()
}

fn bytes(sheet: &Sheet, format: &str) -> Result<Vec<u8>> {
    match format {
        "csv" => return Ok(csv(sheet).into_bytes()),
        "svg" => return Ok(sheet.svg().into_bytes()),
        _ => {}
    }
    #[cfg(feature = "plot")]
    return match format {
        "png" => crate::plot::png(&sheet.svg()).map_err(Error::Io),
        _ => crate::plot::pdf(&sheet.svg()).map_err(Error::Io),
    };
    #[cfg(not(feature = "plot"))]
    Err(Error::Io(format!(
        "this program was built without PNG and PDF: a .svg or a .csv can be written, no .{format}"
    )))
}

/// `series,x,y,error`; of several panels `panel,series,x,y,error`.
pub fn csv(sheet: &Sheet) -> String {
    let several = sheet.panels.len() > 1;
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut text = match several {
        true => "panel,series,x,y,error\n".to_owned(),
        false => "series,x,y,error\n".to_owned(),
    };
    for figure in &sheet.panels {
        let panel = match several {
            true => quoted(&figure.title) + ",",
            false => String::new(),
        };
        let mut name = "";
        for series in &figure.series {
            if !series.name.is_empty() {
                name = &series.name;
            }
            for (n, (x, y)) in series.points.iter().enumerate() {
                let error = series.errors.get(n).map_or(String::new(), f64::to_string);
                text += &format!("{panel}{},{x},{y},{error}\n", quoted(name));
            }
        }
    }
    text
}
