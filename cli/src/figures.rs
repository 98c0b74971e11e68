//! Figures as files: SVG, PNG and CSV, each whole or not at all.

use std::path::{Path, PathBuf};

use deeplimit::error::{Error, Result};

use crate::data::written;
use crate::library::Figure;

/// What a figure can be written as.
const FORMATS: [&str; 3] = ["svg", "png", "csv"];

/// In the format that the ending of the file's name tells.
pub fn as_named(figure: &Figure, path: &Path) -> Result<()> {
    written(path, bytes(figure, format(path)?)?)
}

/// The format that the ending of a name tells.
pub fn format(path: &Path) -> Result<&'static str> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    let known = FORMATS.into_iter().find(|f| f.eq_ignore_ascii_case(ending));
    known.ok_or_else(|| {
        Error::Domain(format!(
            "{}: a figure is written as .svg, .png or .csv",
            path.display()
        ))
    })
}

/// In all formats, as `NAME.svg` and so on; the paths.
pub fn in_all(figure: &Figure, name: &str, folder: &Path) -> Result<Vec<PathBuf>> {
    let drawn = FORMATS
        .into_iter()
        .filter(|f| cfg!(feature = "plot") || *f == "csv");
    drawn
        .map(|format| {
            let path = folder.join(format!("{name}.{format}"));
            written(&path, bytes(figure, format)?).map(|()| path)
        })
        .collect()
}

fn bytes(figure: &Figure, format: &str) -> Result<Vec<u8>> {
    if format == "csv" {
        return Ok(csv(figure).into_bytes());
    }
    #[cfg(feature = "plot")]
    return match format {
        "svg" => Ok(crate::plot::svg(figure).into_bytes()),
        _ => crate::plot::png(figure).map_err(Error::Io),
    };
    #[cfg(not(feature = "plot"))]
    Err(Error::Io(format!(
        "this program was built without pictures: a .csv can be written, no .{format}"
    )))
}

/// `series,x,y,error`
pub fn csv(figure: &Figure) -> String {
    let mut text = "series,x,y,error\n".to_owned();
    let mut name = "";
    for series in &figure.series {
        if !series.name.is_empty() {
            name = &series.name;
        }
        for (n, (x, y)) in series.points.iter().enumerate() {
            let error = series.errors.get(n).map_or(String::new(), f64::to_string);
            text += &format!("\"{}\",{x},{y},{error}\n", name.replace('"', "\"\""));
        }
    }
    text
}
