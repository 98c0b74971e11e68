//! Folders of PNG files.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use png::{ColorType, Decoder, Transformations};

use super::{Images, unit};
use crate::error::{Error, Result};

/// All `.png` files of a folder, in the order of their names. Where it has folders inside, each is a class: labels count
/// them in the order of their names. Grey pictures have one channel, colours three (palettes are resolved, sixteen bits
/// rounded to eight); transparency is refused.
///
/// # Errors
/// [`Error::Io`]; [`Error::Data`] where there is no picture, or one cannot be decoded; [`Error::Shape`] where two
/// pictures differ in size.
pub fn png_folder(path: &Path) -> Result<Images> {
    let inside = entries(path)?;
    let folders: Vec<&PathBuf> = inside.iter().filter(|p| p.is_dir()).collect();
    let mut all = Vec::new();
    if folders.is_empty() {
        all.extend(pictures(&inside).map(|p| (p.clone(), None)));
    }
    for (n, folder) in folders.into_iter().enumerate() {
        let label = u8::try_from(n)
            .map_err(|_| Error::Data(format!("{} has more than 256 folders", path.display())))?;
        all.extend(pictures(&entries(folder)?).map(|p| (p.clone(), Some(label))));
    }
    let Some((first, _)) = all.first().cloned() else {
        return Err(Error::Data(format!(
            "{} holds no .png file",
            path.display()
        )));
    };
    let mut shape = None;
    let (mut pixels, mut labels) = (vec![], vec![]);
    for (path, label) in all {
        let (size, bytes) = picture(&path)?;
        let [height, width, channels] = *shape.get_or_insert(size);
        if size != [height, width, channels] {
            return Err(Error::Shape(format!(
                "{} is {} x {} x {}, but {} is {height} x {width} x {channels} (rows, columns, channels)",
                path.display(),
                size[0],
                size[1],
                size[2],
                first.display()
            )));
        }
        pixels.extend(bytes.into_iter().map(unit));
        labels.extend(label);
    }
    Images::new(shape.unwrap_or_default(), pixels, labels)
}

fn pictures(paths: &[PathBuf]) -> impl Iterator<Item = &PathBuf> {
    paths
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e.eq_ignore_ascii_case("png")))
}

/// Sorted by name.
fn entries(path: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |e| Error::file(path, "read", &e);
    let entries = fs::read_dir(path).map_err(unreadable)?;
    let mut paths: Vec<PathBuf> = entries
        .map(|e| e.map(|e| e.path()))
        .collect::<std::io::Result<_>>()
        .map_err(unreadable)?;
    paths.sort();
    Ok(paths)
}

/// Its size and its bytes.
fn picture(path: &Path) -> Result<([usize; 3], Vec<u8>)> {
    let file = File::open(path).map_err(|e| Error::file(path, "read", &e))?;
    let bad = |e: png::DecodingError| Error::Data(format!("{}: {e}", path.display()));
    let mut decoder = Decoder::new(BufReader::new(file));
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(bad)?;
    let (color, _) = reader.output_color_type();
    let channels = match color {
        ColorType::Grayscale => 1,
        ColorType::Rgb => 3,
        _ => {
            return Err(Error::Data(format!(
                "{} has transparent pixels; save it without",
                path.display()
            )));
        }
    };
    let size = reader
        .output_buffer_size()
        .ok_or_else(|| Error::Data(format!("{} is too large", path.display())))?;
    let mut bytes = vec![0; size];
    let frame = reader.next_frame(&mut bytes).map_err(bad)?;
    bytes.truncate(frame.buffer_size());
    Ok((
        [frame.height as usize, frame.width as usize, channels],
        bytes,
    ))
}
