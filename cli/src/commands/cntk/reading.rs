//! What was read: said on standard error, and in JSON.

use std::path::Path;

use deeplimit::error::{Error, Result};
use serde::Serialize;

use crate::args::Cntk as Args;
use crate::library::images::{self, Images, Repeats};

/// So many classes are listed for people.
const SHOWN: usize = 12;

/// The contract: both sets.
#[derive(Clone, Debug, Serialize)]
pub struct ReadJson {
    pub train: SetJson,
    pub test: SetJson,
    pub repeats: RepeatsJson,
    /// What could have been meant otherwise
    pub notes: Vec<String>,
}

/// The contract: one set, after skipping and counting.
#[derive(Clone, Debug, Serialize)]
pub struct SetJson {
    path: String,
    /// The format and the type of the numbers
    kind: String,
    /// Images that are used
    count: usize,
    /// Images in the file
    of: usize,
    height: usize,
    width: usize,
    channels: usize,
    classes: Vec<ClassJson>,
}

/// The contract: a class and its images.
#[derive(Clone, Debug, Serialize)]
pub struct ClassJson {
    name: String,
    count: usize,
}

/// The contract: test images that are training images too.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RepeatsJson {
    /// Pixel by pixel
    equal: usize,
    /// Not equal, but no pixel differs by more than 1/127 of the range
    near: usize,
}

impl ReadJson {
    /// A line each, for people.
    pub fn lines(&self) -> Vec<String> {
        let set = |s: &SetJson, which: &str| {
            let of = match s.of > s.count {
                true => format!(" of {}", s.of),
                false => String::new(),
            };
            let classes: Vec<_> = s
                .classes
                .iter()
                .take(SHOWN)
                .map(|c| format!("{} ({})", c.name, c.count))
                .collect();
            let more = if s.classes.len() > SHOWN { ", ..." } else { "" };
            format!(
                "read {}{of} {which} images of {} x {} x {} (rows, columns, channels; {}) from {}, {} classes: {}{more}",
                s.count,
                s.height,
                s.width,
                s.channels,
                s.kind,
                s.path,
                s.classes.len(),
                classes.join(", ")
            )
        };
        let sets = [set(&self.train, "training"), set(&self.test, "test")];
        sets.into_iter().chain(self.notes.iter().cloned()).collect()
    }
}

/// Training and test images with one numbering of the classes, and what there is to say of them.
pub fn sets(args: &Args) -> Result<(Images, Images, ReadJson)> {
    let (labels, layout) = (args.train_labels.as_deref(), args.layout);
    let train = images::read(&args.train, labels, layout)?;
    let labels = args.test_labels.as_deref();
    let test = images::read(&args.test, labels, layout)?;
    let mut notes = vec![];
    for (reading, path, which) in [(&train, &args.train, "train"), (&test, &args.test, "test")] {
        if reading.images.labels().is_empty() {
            return Err(Error::Data(format!(
                "{} has no labels: name their file with --{which}-labels",
                path.display()
            )));
        }
        let said = reading.notes.iter();
        notes.extend(said.map(|note| format!("{}: {note}", path.display())));
    }
    let (mut whole, test_whole) = (train.images, test.images);
    if whole.shape() != test_whole.shape() {
        return Err(Error::Shape(format!(
            "the training images are {:?} and the test images {:?} (rows, columns, channels)",
            whole.shape(),
            test_whole.shape()
        )));
    }
    let mut test_set = part(&test_whole, &args.test, args.test_skip, args.test_count)?;
    images::one_numbering(&mut whole, &mut test_set)?;
    let mut train_set = part(&whole, &args.train, args.train_skip, args.train_count)?;
    if images::absent_last(&mut train_set, &mut test_set)? == 1 {
        return Err(Error::Data(format!(
            "{}: all {} training images are of the class `{}`, and there is nothing to tell apart",
            args.train.display(),
            train_set.len(),
            train_set.class(0).unwrap_or_default()
        )));
    }
    let counts = train_set.counts();
    for ((name, here), there) in test_set.classes().iter().zip(counts).zip(test_set.counts()) {
        if here == 0 && there > 0 {
            notes.push(format!(
                "no training image among the {} is of the class {name}: its {there} test images cannot be right",
                train_set.len()
            ));
        }
    }
    let repeats = images::repeats(&train_set, &test_set);
    notes.extend(repeated(&repeats, test_set.len()));
    let set = |images: &Images, of: usize, path: &Path, kind: String| {
        let [height, width, channels] = images.shape();
        let named = images.classes().iter().zip(images.counts());
        SetJson {
            path: path.display().to_string(),
            kind,
            count: images.len(),
            of,
            height,
            width,
            channels,
            classes: named
                .filter(|(_, count)| *count > 0)
                .map(|(name, count)| ClassJson {
                    name: name.clone(),
                    count,
                })
                .collect(),
        }
    };
    let read = ReadJson {
        train: set(&train_set, whole.len(), &args.train, train.kind),
        test: set(&test_set, test_whole.len(), &args.test, test.kind),
        repeats: RepeatsJson {
            equal: repeats.equal,
            near: repeats.near,
        },
        notes,
    };
    Ok((train_set, test_set, read))
}

fn repeated(repeats: &Repeats, tests: usize) -> Option<String> {
    let [test, train] = repeats.first?;
    let near = match repeats.near {
        0 => String::new(),
        n => format!(", {n} more up to a grey level"),
    };
    Some(format!(
        "{} of the {tests} test images are training images too{near} (the first: test image {test} is training image {train}, \
         from 0), and their accuracy is not that of new images: --test-skip and --train-skip keep them apart",
        repeats.equal
    ))
}

fn part(all: &Images, path: &Path, skip: usize, count: Option<usize>) -> Result<Images> {
    let left = all.len().saturating_sub(skip);
    let count = count.unwrap_or(left);
    if count == 0 || count > left {
        return Err(Error::Shape(format!(
            "{} has {} images; {} are asked for{}",
            path.display(),
            all.len(),
            count.max(1),
            match skip {
                0 => String::new(),
                n => format!(" after the first {n}"),
            }
        )));
    }
    all.part(skip, count)
}
