//! One numbering of the classes over training and test images: names decide, not positions.

use super::Images;
use crate::error::{Error, Result};

/// Numbers the classes of both sets alike, by their names: those that training images are of, in the order in which the
/// training images name them.
///
/// # Errors
/// [`Error::Data`] for a class of a test image that no training image is of, and for images without labels.
///
/// ```
/// use deeplimit::image::{Images, one_numbering};
/// let named = |labels: Vec<u8>, names: &[&str]| {
///     let images = Images::new([1, 1, 1], vec![0.5; labels.len()], labels)?;
///     images.with_classes(names.iter().map(|n| (*n).to_owned()).collect())
/// };
/// let mut train = named(vec![0, 1, 2], &["cat", "dog", "fish"])?;
/// let mut test = named(vec![0, 1], &["dog", "fish"])?;
/// one_numbering(&mut train, &mut test)?;
/// assert_eq!((train.labels(), test.labels()), (&[0, 1, 2][..], &[1, 2][..]));
/// let mut other = named(vec![0], &["Dog"])?;
/// assert!(one_numbering(&mut train, &mut other).is_err());
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn one_numbering(train: &mut Images, test: &mut Images) -> Result<()> {
    if train.labels.is_empty() || test.labels.is_empty() {
        return Err(Error::Data("there are images without labels".to_owned()));
    }
    let counts = train.counts();
    let used = train.classes.iter().zip(&counts).filter(|(_, n)| **n > 0);
    let classes: Vec<String> = used.map(|(name, _)| name.clone()).collect();
    renumbered(train, &classes)?;
    renumbered(test, &classes)
}

/// The same where a part of the training images was taken: classes that none of these is of come last, so that the others
/// are numbered without a gap. How many those are.
///
/// # Errors
/// As [`one_numbering`], which comes before the part is taken.
///
/// ```
/// use deeplimit::image::{Images, absent_last};
/// let mut train = Images::new([1, 1, 1], vec![0.5; 2], vec![0, 2])?;
/// let mut test = Images::new([1, 1, 1], vec![0.5; 3], vec![0, 1, 2])?;
/// assert_eq!(absent_last(&mut train, &mut test)?, 2);
/// assert_eq!((train.labels(), test.labels()), (&[0, 1][..], &[0, 2, 1][..]));
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
pub fn absent_last(train: &mut Images, test: &mut Images) -> Result<usize> {
    let counts = train.counts();
    let named = || train.classes.iter().zip(&counts);
    let present = named().filter(|(_, n)| **n > 0).map(|(name, _)| name);
    let present: Vec<String> = present.cloned().collect();
    let absent = named().filter(|(_, n)| **n == 0).map(|(name, _)| name);
    let classes: Vec<String> = present.iter().chain(absent).cloned().collect();
    renumbered(train, &classes)?;
    renumbered(test, &classes)?;
    Ok(present.len())
}

/// With these classes, in which every image finds its own by name.
fn renumbered(images: &mut Images, classes: &[String]) -> Result<()> {
    let mut places = Vec::with_capacity(images.classes.len());
    for (name, count) in images.classes.iter().zip(images.counts()) {
        let place = classes.iter().position(|c| c == name);
        if place.is_none() && count > 0 {
            return Err(Error::Data(format!(
                "the class `{name}` of {count} test images is not among those of the training images ({})",
                listed(classes)
            )));
        }
        // a class without images gets no label
        places.push(place.unwrap_or_default());
    }
    for label in &mut images.labels {
        *label = places[usize::from(*label)] as u8;
    }
    images.classes = classes.to_vec();
    Ok(())
}

/// The first of these names.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN {
        text += ", ...";
    }
    text
}
