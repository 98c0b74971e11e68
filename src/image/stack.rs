//! Pictures stacked in one array (`.npy`, idx).

use std::path::Path;

use super::{Images, unit};
use crate::array::{self, Array, Format, Labels, NumberType};
use crate::error::{Doubt, Error, Result};
use crate::words::named;

/// So many channels a picture has, if nobody says otherwise: grey, grey with alpha, colours, colours with alpha.
const CHANNELS_MAX: usize = 4;

/// The order of the axes of an array of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Pictures, rows, columns: one channel.
    Nhw,
    /// Pictures, rows, columns, channels (TensorFlow, Keras, matplotlib).
    Nhwc,
    /// Pictures, channels, rows, columns (PyTorch).
    Nchw,
}

named!(Layout, "order of axes": Nhwc = "nhwc", Nchw = "nchw", Nhw = "nhw");

/// The pictures of an array, and the type of its numbers in words. Unsigned bytes are divided by 255, all other types are
/// taken as they are.
pub(super) fn stack(path: &Path, layout: Option<Layout>) -> Result<(Images, String)> {
    let array = Array::open(path)?;
    let named = |error| match error {
        Error::Data(message) => array.bad(message),
        Error::Axes { message, doubt } => Error::Axes {
            message: array.bad(message).to_string(),
            doubt,
        },
        other => other,
    };
    let sizes = &array.sizes[..];
    // before the numbers are read
    let layout = order(sizes, layout).map_err(named)?;
    let numbers = match array.kind {
        NumberType::BYTE => array.data.iter().map(|b| unit(*b)).collect(),
        _ => array.floats()?,
    };
    let images = Images::arranged(sizes, numbers, Some(layout)).map_err(named)?;
    let format = match array.format {
        Format::Npy => ".npy",
        Format::Idx => "idx",
    };
    let scale = match array.kind {
        NumberType::BYTE => " over 255",
        _ => "",
    };
    let kind = format!("{format}, {}{scale}", array.kind);
    Ok((images, kind))
}

impl Images {
    /// The pictures of an array of these sizes, whose numbers come in C order. The order of the axes is what `layout` says, or
    /// what the sizes show: up to 4 channels, behind more rows and columns than that.
    ///
    /// # Errors
    /// [`Error::Axes`] where the sizes do not show it, [`Error::Data`] for sizes that pictures do not have and for a number that is
    /// not finite, [`Error::Shape`] for another number of numbers.
    ///
    /// ```
    /// use deeplimit::image::{Images, Layout};
    /// let numbers: Vec<f64> = (0..8).map(f64::from).collect();
    /// // two pictures of one row, two columns, two channels: or of two channels first
    /// assert!(Images::arranged(&[2, 1, 2, 2], numbers.clone(), None).is_err());
    /// let images = Images::arranged(&[2, 2, 1, 2], numbers, Some(Layout::Nchw))?;
    /// assert_eq!((images.shape(), images.image(0)), ([1, 2, 2], &[0.0, 2.0, 1.0, 3.0][..]));
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn arranged(sizes: &[usize], numbers: Vec<f64>, layout: Option<Layout>) -> Result<Images> {
        let layout = order(sizes, layout)?;
        if numbers.len() != sizes.iter().product::<usize>() {
            return Err(Error::Shape(format!(
                "{} numbers are no array of {}",
                numbers.len(),
                array::shape(sizes)
            )));
        }
        if let Some(k) = numbers.iter().position(|v| !v.is_finite()) {
            let (place, value) = (array::place(sizes, k), numbers[k]);
            return Err(Error::Data(format!(
                "{place} is {value}, which is no pixel"
            )));
        }
        let (shape, numbers) = channels_last(sizes, numbers, layout);
        Images::new(shape, numbers, vec![])
    }
}

/// The layout that is said or shown, of an array that has so many axes.
fn order(sizes: &[usize], layout: Option<Layout>) -> Result<Layout> {
    let layout = match layout {
        Some(layout) => layout,
        None => evident(sizes)?,
    };
    match sizes.len() == if layout == Layout::Nhw { 3 } else { 4 } {
        true => Ok(layout),
        false => Err(Error::Data(axes(sizes))),
    }
}

fn axes(sizes: &[usize]) -> String {
    format!(
        "an array of {} has {} sizes; pictures have three (n, height, width) or four (and channels)",
        array::shape(sizes),
        sizes.len()
    )
}

/// `[height, width, channels]`, and the numbers in that order.
fn channels_last(sizes: &[usize], mut numbers: Vec<f64>, layout: Layout) -> ([usize; 3], Vec<f64>) {
    let shape = match layout {
        Layout::Nhw => [sizes[1], sizes[2], 1],
        Layout::Nhwc => [sizes[1], sizes[2], sizes[3]],
        Layout::Nchw => {
            let [channels, height, width] = [sizes[1], sizes[2], sizes[3]];
            let plane = height * width;
            let pictures = numbers.chunks_exact((channels * plane).max(1));
            let pixel = |picture: &[f64], p: usize, c: usize| picture[c * plane + p];
            numbers = pictures
                .flat_map(|picture| {
                    (0..plane).flat_map(move |p| (0..channels).map(move |c| pixel(picture, p, c)))
                })
                .collect();
            [height, width, channels]
        }
    };
    (shape, numbers)
}

/// The layout that the sizes show, if they do.
fn evident(sizes: &[usize]) -> Result<Layout> {
    let few = |n: usize| n <= CHANNELS_MAX;
    let shape = array::shape(sizes);
    let unclear = |message: String, doubt| Err(Error::Axes { message, doubt });
    Err(Error::Data(match *sizes {
        [_, height, width] if few(width) && !few(height) => {
            let what = format!(
                "an array of {shape} may be one picture with channels, and pictures are n x height x width (x channels)"
            );
            return unclear(what, Doubt::Flat);
        }
        [_, _, _] => return Ok(Layout::Nhw),
        [_, height, _, channels] if few(channels) && !few(height) => return Ok(Layout::Nhwc),
        [_, channels, _, width] if few(channels) && !few(width) => {
            let what = format!("an array of {shape} seems to be n x channels x height x width");
            return unclear(what, Doubt::ChannelsFirst);
        }
        [_, _, _, channels] if few(channels) => {
            let what = format!("an array of {shape} can be read in two ways");
            return unclear(what, Doubt::ChannelsFirstOrLast);
        }
        [_, _, _, channels] => {
            let what = format!(
                "an array of {shape} would be pictures of {channels} channels, and more than {CHANNELS_MAX} are not taken \
                 for granted"
            );
            return unclear(what, Doubt::ChannelsFirstOrLast);
        }
        [_, _] => format!(
            "an array of {shape} is rows of numbers, and pictures are n x height x width (x channels): reshape it"
        ),
        _ => axes(sizes),
    }))
}

/// The classes of a file, one for each of so many pictures, their names, and what was read as a class.
pub(super) fn classes(path: &Path, count: usize) -> Result<(Vec<u8>, Vec<String>, Option<String>)> {
    let Labels { values, note } = Labels::read(path)?;
    if values.len() != count {
        return Err(Error::Shape(format!(
            "{} has {} labels, and there are {count} images",
            path.display(),
            values.len()
        )));
    }
    // a number that is a label as it is keeps its place
    let direct: Option<Vec<u8>> = values.iter().map(|v| u8::try_from(*v).ok()).collect();
    if let Some(labels) = direct {
        let highest = labels.iter().max().map_or(0, |l| *l);
        let names = (0..=highest).map(|l| l.to_string()).collect();
        return Ok((labels, names, note));
    }
    let mut distinct = values.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let place = |v: &i64| {
        let at = distinct.binary_search(v).unwrap_or_default();
        u8::try_from(at).map_err(|_| {
            Error::Data(format!(
                "{} has {} different labels; more than 256 are no classes",
                path.display(),
                distinct.len()
            ))
        })
    };
    let labels = values.iter().map(place).collect::<Result<_>>()?;
    Ok((labels, distinct.iter().map(i64::to_string).collect(), note))
}
