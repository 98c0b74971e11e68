//! Labels as targets of a regression, and back.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::gram::Matrix;

/// The different names of classes in order, and the number of each row's.
///
/// ```
/// let (names, rows) = deeplimit::classifier::numbered(&["b", "a", "b"].map(str::to_owned));
/// assert_eq!((names, rows), (vec!["a".to_owned(), "b".to_owned()], vec![1, 0, 1]));
/// ```
pub fn numbered(labels: &[String]) -> (Vec<String>, Vec<usize>) {
    let mut numbers: BTreeMap<&String, usize> = labels.iter().map(|l| (l, 0)).collect();
    numbers.values_mut().enumerate().for_each(|(k, n)| *n = k);
    let rows = labels.iter().map(|l| numbers[l]).collect();
    (numbers.into_keys().cloned().collect(), rows)
}

/// Labels `0..classes` as targets: 1 in the column of the class, 0 elsewhere, and the mean subtracted from every row so that
/// no class is preferred far from the data.
///
/// ```
/// use deeplimit::classifier::{labels, one_hot};
/// let targets = one_hot(&[2, 0, 1, 1], 3)?;
/// assert!((targets.row(0)[2] - 2.0 / 3.0).abs() < 1e-15 && (targets.row(0)[0] + 1.0 / 3.0).abs() < 1e-15);
/// assert_eq!(labels(&targets), [2, 0, 1, 1]);
/// assert!(one_hot(&[3], 3).is_err());
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
///
/// # Errors
/// [`Error::Data`] for a label that is no class.
pub fn one_hot(labels: &[usize], classes: usize) -> Result<Matrix> {
    if let Some(at) = labels.iter().position(|l| *l >= classes) {
        return Err(Error::Data(format!(
            "row {} has the label {}; there are {classes} classes, counted from 0",
            at + 1,
            labels[at]
        )));
    }
    let mean = 1.0 / classes as f64;
    let row = |label: usize| (0..classes).map(move |c| f64::from(u8::from(c == label)) - mean);
    Ok(Matrix {
        rows: labels.len(),
        columns: classes,
        values: labels.iter().flat_map(|l| row(*l)).collect(),
    })
}

/// The label of each row of scores: the class of the largest (the first of equals).
pub fn labels(scores: &Matrix) -> Vec<usize> {
    (0..scores.rows)
        .map(|i| {
            let row = scores.row(i);
            (0..row.len()).fold(0, |best, c| if row[c] > row[best] { c } else { best })
        })
        .collect()
}

/// The share of rows whose largest score is in the column of their label.
pub fn accuracy(scores: &Matrix, labels: &[usize]) -> f64 {
    share(&self::labels(scores), labels)
}

/// The share of predicted labels that are right.
pub fn share(predicted: &[usize], labels: &[usize]) -> f64 {
    let hits = predicted.iter().zip(labels).filter(|(a, b)| a == b);
    hits.count() as f64 / labels.len().max(1) as f64
}
