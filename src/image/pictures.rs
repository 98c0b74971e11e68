//! Folders of PNG files.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use png::{BitDepth, ColorType, Decoder, Transformations};

use super::Images;
use crate::array::foreign;
use crate::error::{Error, Result};

/// Files that systems leave in folders; hidden ones begin with a dot.
const LITTER: [&str; 7] = [
    "__MACOSX",
    "Thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "$RECYCLE.BIN",
    "@eaDir",
    "Icon\r",
];

/// Files with these endings are pictures, and are not passed over in silence.
const OTHER_PICTURES: [&str; 12] = [
    "jpg", "jpeg", "jpe", "gif", "bmp", "tif", "tiff", "webp", "ppm", "pgm", "pnm", "heic",
];

/// A byte that deflate has packed is no more than so many.
const DEFLATE_MOST: usize = 1032;

/// What a folder holds.
pub(super) struct Folder {
    pub images: Images,
    /// Bits of a sample: 8, 16, or both.
    pub bits: Vec<u8>,
    /// The names of files that are no pictures.
    pub others: Vec<String>,
    /// Two neighbours that numbers in their names would put in the other order.
    pub as_text: Option<[String; 2]>,
}

/// All `.png` files of a folder, in the order of their names as text. Where it has folders inside, each is a class, named
/// as its folder. Grey pictures have one channel, colours three; palettes are resolved, samples of 16 bits are kept whole,
/// and an alpha channel that is opaque everywhere is dropped. What systems leave behind (hidden files, `Thumbs.db` ...) is
/// passed over.
///
/// # Errors
/// [`Error::Io`]; [`Error::Data`] where there is no picture, in the folder or in a class, one cannot be decoded, is of another
/// format, transparent or animated, and where pictures lie beside folders; [`Error::Shape`] where two pictures differ in
/// size.
pub fn png_folder(path: &Path) -> Result<Images> {
    folder(path).map(|f| f.images)
}

pub(super) fn folder(path: &Path) -> Result<Folder> {
    let inside = Inside::of(path)?;
    let mut others = inside.others;
    let mut all = Vec::new();
    let mut names = Vec::new();
    if let (Some(picture), Some(folder)) = (inside.pictures.first(), inside.folders.first()) {
        return Err(Error::Data(format!(
            "{} holds pictures ({}) beside folders ({}): either the folders are the classes, or there are none",
            path.display(),
            name(picture),
            name(folder)
        )));
    }
    let as_text = unnatural(&inside.pictures);
    all.extend(inside.pictures.into_iter().map(|p| (p, None)));
    for (n, folder) in inside.folders.iter().enumerate() {
        let label = u8::try_from(n)
            .map_err(|_| Error::Data(format!("{} has more than 256 folders", path.display())))?;
        let class = Inside::of(folder)?;
        if let Some(deeper) = class.folders.first() {
            return Err(Error::Data(format!(
                "{} is a folder inside the class {}: a class holds pictures alone",
                deeper.display(),
                name(folder)
            )));
        }
        if class.pictures.is_empty() {
            return Err(Error::Data(format!(
                "{} holds no .png file, and every folder is a class",
                folder.display()
            )));
        }
        let within = |o: &String| format!("{}/{o}", name(folder));
        others.extend(class.others.iter().map(within));
        names.push(name(folder));
        all.extend(class.pictures.into_iter().map(|p| (p, Some(label))));
    }
    let Some((first, _)) = all.first().cloned() else {
        return Err(Error::Data(format!(
            "{} holds no .png file",
            path.display()
        )));
    };
    let mut shape = None;
    let (mut pixels, mut labels, mut bits) = (vec![], vec![], vec![]);
    for (path, label) in all {
        let picture = Picture::read(&path)?;
        let size = picture.size;
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
        pixels.extend(picture.samples);
        labels.extend(label);
        if !bits.contains(&picture.bits) {
            bits.push(picture.bits);
        }
    }
    bits.sort_unstable();
    Ok(Folder {
        images: Images::new(shape.unwrap_or_default(), pixels, labels)?.with_classes(names)?,
        bits,
        others,
        as_text,
    })
}

/// The last part of a path.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// What lies in a folder, sorted by name.
struct Inside {
    folders: Vec<PathBuf>,
    pictures: Vec<PathBuf>,
    others: Vec<String>,
}

impl Inside {
    fn of(path: &Path) -> Result<Inside> {
        let unreadable = |e| Error::file(path, "read", &e);
        let entries = fs::read_dir(path).map_err(unreadable)?;
        let mut paths: Vec<PathBuf> = entries
            .map(|e| e.map(|e| e.path()))
            .collect::<std::io::Result<_>>()
            .map_err(unreadable)?;
        paths.sort();
        let (mut folders, mut pictures, mut others) = (vec![], vec![], vec![]);
        for path in paths {
            let named = name(&path);
            if named.starts_with('.') || LITTER.contains(&named.as_str()) {
                continue;
            }
            let ending = path.extension().unwrap_or_default().to_string_lossy();
            let ending = ending.to_lowercase();
            if path.is_dir() {
                folders.push(path);
            } else if ending == "png" {
                pictures.push(path);
            } else if OTHER_PICTURES.contains(&ending.as_str()) {
                return Err(Error::Data(format!(
                    "{} is a picture, but no PNG: save it as PNG, or take it out of the folder",
                    path.display()
                )));
            } else {
                others.push(named);
            }
        }
        Ok(Inside {
            folders,
            pictures,
            others,
        })
    }
}

/// The first two neighbours in the order of names as text that numbers in them would turn round: `10.png`, `2.png`.
fn unnatural(pictures: &[PathBuf]) -> Option<[String; 2]> {
    // a name as its parts: texts, and numbers by their value
    let parts = |name: &str| {
        let mut parts: Vec<(Option<u64>, String)> = Vec::new();
        for c in name.chars() {
            match (c.to_digit(10).map(u64::from), parts.last_mut()) {
                (Some(d), Some((Some(n), _))) => *n = n.saturating_mul(10).saturating_add(d),
                (Some(d), _) => parts.push((Some(d), String::new())),
                (None, Some((None, text))) => text.push(c),
                (None, _) => parts.push((None, c.to_string())),
            }
        }
        parts
    };
    pictures.windows(2).find_map(|two| {
        let [a, b] = [name(&two[0]), name(&two[1])];
        let (first, second) = (parts(&a), parts(&b));
        let differ = first.into_iter().zip(second).find(|(x, y)| x != y);
        let turned = matches!(differ, Some(((Some(x), _), (Some(y), _))) if x > y);
        turned.then_some([a, b])
    })
}

/// One picture, its samples from 0 to 1.
struct Picture {
    size: [usize; 3],
    bits: u8,
    samples: Vec<f64>,
}

impl Picture {
    fn read(path: &Path) -> Result<Picture> {
        let bad = |what: String| Error::Data(format!("{}: {what}", path.display()));
        let file = fs::read(path).map_err(|e| Error::file(path, "read", &e))?;
        if !file.starts_with(b"\x89PNG\r\n\x1a\n") {
            let what = foreign(&file[..file.len().min(512)]);
            let what = what.map_or(String::new(), |what| format!(", but {what}"));
            return Err(bad(format!("this is no PNG{what}")));
        }
        let undecoded = |e: png::DecodingError| match &e {
            png::DecodingError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => {
                bad("the picture is truncated".to_owned())
            }
            _ => {
                let e = e.to_string();
                bad(format!(
                    "the picture is damaged: {}",
                    e.trim_end_matches('.')
                ))
            }
        };
        let length = file.len();
        let mut decoder = Decoder::new(Cursor::new(file));
        decoder.set_transformations(Transformations::EXPAND);
        let mut reader = decoder.read_info().map_err(undecoded)?;
        // nothing is believed that so few bytes cannot hold
        let info = reader.info();
        if info.raw_bytes() / DEFLATE_MOST > length {
            return Err(bad(format!(
                "the header says {} x {} pixels, which {length} bytes cannot hold",
                info.height, info.width
            )));
        }
        let frames = reader
            .info()
            .animation_control()
            .map_or(1, |a| a.num_frames);
        if frames > 1 {
            return Err(bad(format!("an animation of {frames} pictures is none")));
        }
        let (color, depth) = reader.output_color_type();
        let (channels, alpha) = match color {
            ColorType::Grayscale => (1, false),
            ColorType::GrayscaleAlpha => (1, true),
            ColorType::Rgb => (3, false),
            ColorType::Rgba => (3, true),
            ColorType::Indexed => return Err(bad("the palette is missing".to_owned())),
        };
        let size = reader
            .output_buffer_size()
            .ok_or_else(|| bad("the picture is too large".to_owned()))?;
        let mut bytes = vec![0; size];
        let frame = reader.next_frame(&mut bytes).map_err(undecoded)?;
        bytes.truncate(frame.buffer_size());
        // the checksums behind the last row
        reader.finish().map_err(undecoded)?;
        let samples: Vec<u16> = match depth {
            BitDepth::Sixteen => {
                let (pairs, _) = bytes.as_chunks::<2>();
                pairs.iter().map(|b| u16::from_be_bytes(*b)).collect()
            }
            _ => bytes.into_iter().map(u16::from).collect(),
        };
        let (bits, most) = match depth {
            BitDepth::Sixteen => (16, u16::MAX),
            _ => (8, u16::from(u8::MAX)),
        };
        let [height, width] = [frame.height as usize, frame.width as usize];
        let stride = channels + usize::from(alpha);
        let clear = |pixel: &[u16]| alpha && pixel[channels] != most;
        if let Some(p) = samples.chunks_exact(stride).position(clear) {
            return Err(bad(format!(
                "the pixel of row {}, column {} is transparent: save the picture without alpha",
                p / width,
                p % width
            )));
        }
        let opaque = samples.chunks_exact(stride).flat_map(|p| &p[..channels]);
        Ok(Picture {
            size: [height, width, channels],
            bits,
            samples: opaque.map(|s| f64::from(*s) / f64::from(most)).collect(),
        })
    }
}
