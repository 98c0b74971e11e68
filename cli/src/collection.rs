//! A folder of data sets, as a source for claims: `uci/NAME/NAME.csv` with `tuning_split.txt` and `kfold4.txt`, and
//! `cifar-10-batches-bin/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deeplimit::error::{Error, Result};

use crate::data;
use crate::library::images::{Images, images};
use crate::library::{Laboratory, Part, Rows, Source};

/// Where data are if the command line does not say.
const VARIABLE: &str = "DEEPLIMIT_DATA";

/// The folder.
#[derive(Clone, Debug)]
pub struct Collection(PathBuf);

impl Collection {
    /// The folder that `--data` or the environment names.
    pub fn named(option: Option<&Path>) -> Option<Self> {
        let variable = || std::env::var_os(VARIABLE).filter(|v| !v.is_empty());
        option
            .map(Path::to_owned)
            .or_else(|| variable().map(PathBuf::from))
            .map(Collection)
    }

    fn there(&self, path: &Path, what: &str) -> Result<()> {
        match path.exists() {
            true => Ok(()),
            false => Err(Error::Io(format!(
                "{what} are missing: there is no {} (--data names the folder of the data sets, or {VARIABLE} does)",
                path.display()
            ))),
        }
    }
}

/// A laboratory with the data that `--data` or the environment names, if they do.
pub fn laboratory(effort: u32, option: Option<&Path>) -> Laboratory {
    let laboratory = Laboratory::new(effort);
    match Collection::named(option) {
        Some(collection) => laboratory.with(Arc::new(collection)),
        None => laboratory,
    }
}

impl Source for Collection {
    fn sets(&self) -> Result<Vec<String>> {
        let folder = self.0.join("uci");
        self.there(&folder, "the UCI sets")?;
        let unread = |e| Error::Io(format!("{} cannot be read: {e}", folder.display()));
        let mut sets = Vec::new();
        for entry in fs::read_dir(&folder).map_err(unread)? {
            let path = entry.map_err(unread)?.path();
            let name = path.file_name().and_then(|n| n.to_str());
            if let Some(name) = name.filter(|n| path.join(format!("{n}.csv")).is_file()) {
                sets.push(name.to_owned());
            }
        }
        if sets.is_empty() {
            return Err(Error::Io(format!(
                "{} has no sets (NAME/NAME.csv)",
                folder.display()
            )));
        }
        sets.sort();
        Ok(sets)
    }

    fn rows(&self, set: &str) -> Result<Rows> {
        if !self.sets()?.iter().any(|s| s == set) {
            return Err(Error::Io(format!(
                "there is no set `{set}` in {}",
                self.0.join("uci").display()
            )));
        }
        let folder = self.0.join("uci").join(set);
        let table = folder.join(format!("{set}.csv"));
        let read = data::rows(&table, &data::Asked::labelled("label"))?;
        let class = |(row, label): (usize, &String)| {
            label.parse().map_err(|_| {
                Error::Data(format!(
                    "{}: row {} has the label `{label}`, which is no class 0, 1, ...",
                    table.display(),
                    row + 1
                ))
            })
        };
        let labels = read
            .labels
            .iter()
            .enumerate()
            .map(class)
            .collect::<Result<_>>()?;
        let path = folder.join("tuning_split.txt");
        let [tuning] = data::splits(&path)?.pairs.try_into().map_err(|_| {
            Error::Data(format!(
                "{}: two lines are wanted, training and validation",
                path.display()
            ))
        })?;
        let path = folder.join("kfold4.txt");
        let folds = data::splits(&path)?;
        folds.fit(&path, read.read.rows)?;
        Rows::new(read.dimension, read.values, labels, tuning, folds.pairs).map_err(|e| match e {
            Error::Data(text) => Error::Data(format!("{}: {text}", folder.display())),
            e => e,
        })
    }

    fn cifar(&self, part: Part) -> Result<Images> {
        let folder = self.0.join("cifar-10-batches-bin");
        self.there(&folder, "the images of CIFAR-10")?;
        images(
            &folder.join(match part {
                Part::Train => "data_batch_1.bin",
                Part::Test => "test_batch.bin",
            }),
            None,
        )
    }
}
