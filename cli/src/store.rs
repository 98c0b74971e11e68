//! A folder of finished bands of kernels, so that work that was stopped goes on where it stopped.
//!
//! `kernels.json` says of what they are; a band is an `.npy` file of doubles. A file has its name only once it is
//! complete: it is written under another and renamed.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use deeplimit::error::{Error, Result};

/// The folder; without one, nothing is kept.
pub struct Store {
    folder: Option<PathBuf>,
}

impl Store {
    /// Opens or makes the folder for kernels of this description.
    pub fn open(folder: Option<&Path>, description: &str) -> Result<Store> {
        if let Some(folder) = folder {
            fs::create_dir_all(folder).map_err(|e| failed(folder, "made", &e))?;
            let path = folder.join("kernels.json");
            match fs::read_to_string(&path) {
                Ok(found) if found == description => {}
                Ok(_) => {
                    return Err(Error::Data(format!(
                        "{} holds other kernels (see {}): choose another --out, or delete it",
                        folder.display(),
                        path.display()
                    )));
                }
                Err(e) if e.kind() == io::ErrorKind::NotFound => {
                    write(&path, description.as_bytes())?;
                }
                Err(e) => return Err(failed(&path, "read", &e)),
            }
        }
        Ok(Store {
            folder: folder.map(Path::to_owned),
        })
    }

    /// The band of this name, if it was finished; `count` numbers.
    pub fn band(&self, name: &str, shape: [usize; 3]) -> Result<Option<Vec<f64>>> {
        let Some(folder) = &self.folder else {
            return Ok(None);
        };
        let path = folder.join(format!("{name}.npy"));
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(failed(&path, "read", &e)),
        };
        let head = header(shape);
        let data = bytes.strip_prefix(&head[..]);
        let data = data.filter(|d| d.len() == 8 * shape.iter().product::<usize>());
        let Some(data) = data else {
            return Err(Error::Data(format!(
                "{} is not the band of kernels that it should be: delete it, and it is made anew",
                path.display()
            )));
        };
        let (chunks, _) = data.as_chunks::<8>();
        Ok(Some(
            chunks.iter().map(|c| f64::from_le_bytes(*c)).collect(),
        ))
    }

    /// Keeps a finished band.
    pub fn keep(&self, name: &str, shape: [usize; 3], values: &[f64]) -> Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let mut bytes = header(shape);
        bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        write(&folder.join(format!("{name}.npy")), &bytes)
    }

    /// Keeps a text.
    pub fn keep_text(&self, name: &str, text: &str) -> Result<()> {
        match &self.folder {
            Some(folder) => write(&folder.join(name), text.as_bytes()),
            None => Ok(()),
        }
    }
}

/// Version 1 of numpy's format, the numbers at a multiple of 64 bytes.
fn header([a, b, c]: [usize; 3]) -> Vec<u8> {
    let mut text =
        format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({a}, {b}, {c}), }}");
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    text += &" ".repeat(length - text.len() - 1);
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

/// Whole, or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let unfinished = path.with_extension(format!("{}.unfinished", std::process::id()));
    let written = fs::File::create(&unfinished)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&unfinished, path));
    written.map_err(|e| {
        let _ = fs::remove_file(&unfinished);
        failed(path, "written", &e)
    })
}

fn failed(path: &Path, what: &str, error: &io::Error) -> Error {
    let reason = error.to_string();
    let reason = reason.split(" (os error").next().unwrap_or_default();
    Error::Io(format!(
        "{} cannot be {what}: {}",
        path.display(),
        reason.to_lowercase()
    ))
}
