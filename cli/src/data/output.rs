//! Files that are written: is there room, is the name that of the format, and whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use deeplimit::error::{Error, Result, Trouble};

/// Names of other formats than CSV.
const OTHERS: [&str; 17] = [
    "npy", "npz", "zarr", "json", "jsonl", "parquet", "tsv", "xlsx", "xls", "h5", "hdf5", "mat",
    "pkl", "pickle", "gz", "zip", "png",
];

/// A name for a table: one that says another format than CSV is refused.
pub fn table(path: &Path) -> Result<()> {
    let end = path.extension().and_then(|e| e.to_str());
    let other = end.and_then(|e| OTHERS.iter().find(|o| o.eq_ignore_ascii_case(e)));
    match other {
        None => Ok(()),
        Some(other) => Err(Error::Io(format!(
            "{}: the predictions are a table, written as CSV, and no .{other}: give --out a name that ends in .csv",
            path.display()
        ))),
    }
}

/// Is there room for this name? What is read is never replaced.
pub fn free(path: &Path, force: bool, read: &[&Path]) -> Result<()> {
    let name = path.display();
    let refused = |text: String| Err(Error::Io(text));
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty())
        && !parent.is_dir()
    {
        return refused(format!(
            "{name} cannot be written: there is no folder {}",
            parent.display()
        ));
    }
    let Ok(itself) = path.canonicalize() else {
        return Ok(());
    };
    if !force {
        return Err(Trouble::Exists.at(path));
    }
    let same = |p: &&Path| p.canonicalize().is_ok_and(|p| p == itself);
    if read.iter().any(same) {
        return refused(format!(
            "{name} is read, and would be replaced: give --out another name"
        ));
    }
    if !path.is_file() && !path.is_dir() {
        return refused(format!("{name} is no file that could be replaced"));
    }
    Ok(())
}

/// Writes a file under another name first, so that it is whole or not there.
pub fn written(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = Path::new(&name);
    let result = File::create(part)
        .and_then(|mut f| f.write_all(content.as_ref()).and_then(|()| f.sync_all()))
        .and_then(|()| fs::rename(part, path));
    result.map_err(|e| {
        let _ = fs::remove_file(part);
        Error::file(path, "written", &e)
    })
}
