//! Choosing and testing, with candidates whose answers are known.

use std::cell::Cell;

use super::*;
use crate::classifier::choice::{ByRidge, Choice, Eligible, Fold, Protocol, Split, Trial};
use crate::gram::tests::{kernel, points};
use crate::gram::{Gram, Lengths};
use crate::kernel::Depth;

/// Right on all rows but those where `wrong(row, ridge)`.
struct Known<W: Fn(usize, f64) -> bool> {
    ridge: bool,
    wrong: W,
    fails_below: f64,
    asked: Cell<usize>,
}

const ROWS: usize = 12;

/// Three classes of four rows.
fn truth() -> Vec<usize> {
    (0..ROWS).map(|i| i % 3).collect()
}

fn known<W: Fn(usize, f64) -> bool>(ridge: bool, wrong: W) -> Known<W> {
    Known {
        ridge,
        wrong,
        fails_below: 0.0,
        asked: Cell::new(0),
    }
}

impl<W: Fn(usize, f64) -> bool> Eligible for Known<W> {
    fn has_ridge(&self) -> bool {
        self.ridge
    }

    fn fitted<'a>(&'a self, _: &[usize], test: &[usize]) -> Result<ByRidge<'a>> {
        self.asked.set(self.asked.get() + 1);
        let rows = test.to_vec();
        Ok(Box::new(move |ridge| {
            if ridge < self.fails_below {
                return Err(Error::Data("singular".into()));
            }
            let label = |i: &usize| (i + usize::from((self.wrong)(*i, ridge))) % 3;
            Ok(rows.iter().map(label).collect())
        }))
    }

    fn left_out<'a>(&'a self, train: &[usize]) -> Result<ByRidge<'a>> {
        self.fitted(train, train)
    }
}

fn folds() -> Vec<Split> {
    let rows = |of: fn(&usize) -> bool| (0..ROWS).filter(of).collect::<Vec<_>>();
    vec![
        [rows(|i| *i < 6), rows(|i| *i >= 6)],
        [rows(|i| *i >= 3), rows(|i| *i < 3)],
    ]
}

#[test]
fn the_best_in_validation_is_tested_and_of_equals_the_first() {
    let labels = truth();
    let (folds, tuning) = (folds(), [vec![0, 1], vec![2, 3, 4, 5]]);
    let protocol = Protocol {
        labels: &labels,
        ridges: &[3.0, 2.0, 1.0],
        tuning: Some(&tuning),
        folds: Some(&folds),
    };
    // wrong on rows 2 and 3 for the ridge 3, on row 2 for 2 and 1, on row 7 always
    let of = |i: usize, ridge: f64| i == 7 || i == 2 || i == 3 && ridge > 2.5;
    let candidates = [known(true, of)];
    let mut steps = Vec::new();
    let found = protocol
        .run(&candidates, |done, all, _| {
            steps.push((done, all));
            Ok(())
        })
        .unwrap();
    let choice = Choice {
        candidate: 0,
        ridge: Some(2.0),
    };
    assert!(found.folds.iter().all(|f| f.choice == choice));
    assert_eq!(
        found
            .folds
            .iter()
            .map(|f| (f.train, f.test))
            .collect::<Vec<_>>(),
        [(6, 6), (9, 3)]
    );
    let accuracies: Vec<f64> = found.folds.iter().map(|f| f.accuracy).collect();
    assert_eq!(accuracies, [5.0 / 6.0, 2.0 / 3.0]);
    assert_eq!((found.tested, found.accuracy()), (9, 0.75));
    assert_eq!(found.standard_error(), (0.75f64 * 0.25 / 9.0).sqrt());
    assert_eq!(found.interval(), wilson(0.75, 9));
    assert_eq!(found.majority, 1.0 / 3.0);
    // three ridges of one validation set, fitted once; two folds
    assert_eq!(steps, (0..=5).map(|n| (n, 5)).collect::<Vec<_>>());
    assert_eq!(candidates[0].asked.get(), 1 + 2);
    // rows that are tested twice count once
    let twice = [folds[0].clone(), folds[0].clone()];
    let again = Protocol {
        folds: Some(&twice),
        ..protocol
    };
    let found = again.run(&candidates, |_, _, _| Ok(())).unwrap();
    assert_eq!((found.folds.len(), found.tested), (2, 6));
}

#[test]
fn without_a_validation_set_every_fold_chooses_from_its_training_rows() {
    let labels = truth();
    let folds = folds();
    let protocol = Protocol {
        labels: &labels,
        ridges: &[1.0],
        tuning: None,
        folds: Some(&folds),
    };
    // the first is wrong on row 1, the second on row 10: only the second fold has row 10 to learn from
    let first = known(false, |i: usize, _: f64| i == 1);
    let second = known(false, |i: usize, _: f64| i == 10);
    let candidates: [&dyn Eligible; 2] = [&first, &second];
    let found = protocol.run(&candidates, |_, _, _| Ok(())).unwrap();
    let chosen: Vec<usize> = found.folds.iter().map(|f| f.choice.candidate).collect();
    assert_eq!(chosen, [1, 0]);
    assert!(found.folds.iter().all(|f| f.choice.ridge.is_none()));
    // and without folds all rows are left out in turn
    let whole = Protocol {
        folds: None,
        ..protocol
    };
    let found = whole.run(&candidates, |_, _, _| Ok(())).unwrap();
    assert_eq!((found.folds[0].test, found.tested), (ROWS, ROWS));
    assert_eq!(found.accuracy(), 11.0 / 12.0);
}

#[test]
fn what_fails_is_passed_over_and_a_deadline_is_not() {
    let labels = truth();
    let folds = folds();
    let mut protocol = Protocol {
        labels: &labels,
        ridges: &[0.1, 1.0],
        tuning: None,
        folds: Some(&folds),
    };
    let mut candidate = known(true, |_, _| false);
    candidate.fails_below = 0.5;
    let go = |_: usize, _: usize, _: &[Fold]| Ok(());
    let found = protocol.run(std::slice::from_ref(&candidate), go).unwrap();
    assert!(found.folds.iter().all(|f| f.choice.ridge == Some(1.0)));
    candidate.fails_below = 2.0;
    let error = protocol.run(std::slice::from_ref(&candidate), go);
    assert_eq!(error.unwrap_err().to_string(), "singular");
    let late = |done: usize, _: usize, _: &[Fold]| match done {
        2 => Err(Error::Data("late".into())),
        _ => Ok(()),
    };
    let error = protocol.run(std::slice::from_ref(&candidate), late);
    assert_eq!(error.unwrap_err().to_string(), "late");
    protocol.ridges = &[];
    let error = protocol.run(&[candidate], go).unwrap_err();
    assert!(error.to_string().contains("nothing to choose"), "{error}");
}

/// By the matrix of all rows as by the matrices of the rows at hand.
#[test]
fn a_trial_is_the_rule_on_the_rows_at_hand() {
    let (x, n) = (points(20, 3, 11), 20);
    let labels: Vec<usize> = (0..n).map(|i| usize::from(x.unit()[3 * i] > 0.0)).collect();
    let k = kernel("erf", Depth::Layers(2));
    let rule = Rule::new(&k, 2, 0.0);
    let gram = Gram::symmetric(&k, &x, Lengths::Unit).unwrap().matrix();
    let trial = Trial::new(rule, gram, labels.clone());
    let (train, test): (Vec<usize>, Vec<usize>) = (0..n).partition(|i| i % 3 != 0);
    let (own, new) = (x.selected(&train).unwrap(), x.selected(&test).unwrap());
    let known: Vec<usize> = train.iter().map(|i| labels[*i]).collect();
    let small = Gram::symmetric(&k, &own, Lengths::Unit).unwrap().matrix();
    let cross = Gram::cross(&k, &new, &own, Lengths::Unit).unwrap().matrix();
    for ridge in [1e-2, 10.0] {
        let scores = rule
            .with_ridge(ridge)
            .scores(&small, &cross, &known)
            .unwrap();
        let found = trial.fitted(&train, &test).unwrap()(ridge).unwrap();
        assert_eq!(found, super::super::labels(&scores));
    }
}
