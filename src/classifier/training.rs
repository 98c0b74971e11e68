//! Points with labels, checked once.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::gram::Points;

/// For every point the first one that is exactly the same direction: itself, as a rule.
fn firsts(points: &Points) -> Vec<usize> {
    let mut seen: HashMap<Vec<u64>, Vec<usize>> = HashMap::new();
    let rows = points.unit().chunks_exact(points.dimension());
    rows.enumerate()
        .map(|(i, row)| {
            // -0 as 0
            let key = row.iter().map(|x| (x + 0.0).to_bits()).collect();
            let alike = seen.entry(key).or_default();
            let first = alike.iter().find(|j| points.same(i, points, **j));
            let first = first.copied().unwrap_or(i);
            if first == i {
                alike.push(i);
            }
            first
        })
        .collect()
}

/// Points with labels `0..classes`.
#[derive(Clone, Debug)]
pub struct Training {
    points: Points,
    labels: Vec<usize>,
    classes: usize,
}

impl Training {
    /// # Errors
    /// [`Error::Domain`] where the numbers of points and labels differ, there is a single class, or a point stands twice
    /// with different labels.
    pub fn new(points: Points, labels: Vec<usize>) -> Result<Self> {
        if points.len() != labels.len() {
            return Err(Error::Domain(format!(
                "there are {} points and {} labels",
                points.len(),
                labels.len()
            )));
        }
        let classes = labels.iter().max().map_or(0, |c| c + 1);
        let present = (0..classes).filter(|c| labels.contains(c)).count();
        if present < 2 {
            return Err(Error::Domain(
                "all labels are the same: there is a single class, and nothing to decide".into(),
            ));
        }
        if present < classes {
            let empty = (0..classes).find(|c| !labels.contains(c)).unwrap_or(0);
            return Err(Error::Domain(format!(
                "class {empty} has no point, class {} has",
                classes - 1
            )));
        }
        for (i, first) in firsts(&points).into_iter().enumerate() {
            if labels[first] != labels[i] {
                return Err(Error::Domain(format!(
                    "points {} and {} are the same and have the labels {} and {}",
                    first + 1,
                    i + 1,
                    labels[first],
                    labels[i]
                )));
            }
        }
        Ok(Training {
            points,
            labels,
            classes,
        })
    }

    /// The points.
    pub fn points(&self) -> &Points {
        &self.points
    }

    /// The labels.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// How many classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many points each class has.
    pub fn counts(&self) -> Vec<usize> {
        super::votes::counts(&self.labels, self.classes)
    }

    /// Each point once: the places of first occurrence. A kernel matrix with a row twice has no inverse; the label is the
    /// same, so nothing is lost.
    pub fn distinct(&self) -> Vec<usize> {
        let firsts = firsts(&self.points).into_iter().enumerate();
        firsts
            .filter(|(i, first)| i == first)
            .map(|(i, _)| i)
            .collect()
    }

    /// # Errors
    /// [`Error::Domain`] where these are not points of the same space.
    pub(super) fn accepts(&self, tests: &Points) -> Result<()> {
        if tests.dimension() == self.points.dimension() {
            return Ok(());
        }
        Err(Error::Domain(format!(
            "the training points have {} coordinates, the test points have {}",
            self.points.dimension(),
            tests.dimension()
        )))
    }
}
