//! The protocols on data that are made up here, against what is written down anew.

use std::sync::Arc;

use nalgebra::DMatrix;
use proptest::prelude::*;
use rand_distr::{Distribution, StandardNormal};

use super::standings::standings;
use super::uci::{RULES, outcome};
use super::*;
use crate::classifier::generator;
use crate::error::{Error, Result};
use crate::image::Images;

/// Three Gaussian clouds with a row of zeros, and pictures of noise with a bright half.
struct Invented;

fn invented() -> Rows {
    let mut stream = generator(7);
    let mut normal = || -> f64 { StandardNormal.sample(&mut stream) };
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for i in 0..60usize {
        // the first class is the largest in every fold
        let class = [0, 0, 0, 1, 1, 2, 2][i % 7];
        labels.push(class);
        for k in 0..4 {
            values.push(normal() + if k == class { 1.5 } else { 0.0 });
        }
    }
    values[..4].fill(0.0);
    let all: Vec<usize> = (0..60).collect();
    let tuning = [all[..30].to_vec(), all[30..].to_vec()];
    let fold = |k: usize| {
        let part = |test: bool| {
            all.iter()
                .copied()
                .filter(|i| (i % 4 == k) == test)
                .collect()
        };
        [part(false), part(true)]
    };
    Rows::new(4, values, labels, tuning, (0..4).map(fold).collect()).unwrap()
}

impl Source for Invented {
    fn sets(&self) -> Result<Vec<String>> {
        Ok(vec!["clouds".into(), "again".into()])
    }

    fn rows(&self, set: &str) -> Result<Rows> {
        match set {
            "clouds" | "again" => Ok(invented()),
            _ => Err(Error::Io("there is no such set".into())),
        }
    }

    fn cifar(&self, part: Part) -> Result<Images> {
        let mut stream = generator(if part == Part::Train { 1 } else { 2 });
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        for n in 0..40u8 {
            labels.push(n % 2);
            for p in 0..16 {
                let bright = if (p < 8) == (n % 2 == 0) { 1.0 } else { 0.0 };
                let noise: f64 = StandardNormal.sample(&mut stream);
                pixels.push((bright + 0.7 * noise) as f32);
            }
        }
        Images::new([4, 4, 1], pixels, labels)
    }
}

fn laboratory() -> Laboratory {
    Laboratory::new(3).with(Arc::new(Invented))
}

/// The authors' recursion as they wrote it: unnormalised, with lengths, no correlation of unit vectors.
fn published(x: &[f64], y: &[f64], layers: usize, fixed: usize) -> f64 {
    use std::f64::consts::PI;
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (mut s, mut xx, mut yy) = (dot(x, y), dot(x, x), dot(y, y));
    let mut h = 0.0;
    for layer in 0..layers {
        if fixed <= layer {
            h += s;
        }
        if layer + 1 == layers {
            return h;
        }
        let p = (xx * yy).sqrt().max(1e-9);
        let sn = (s / p).clamp(-1.0, 1.0);
        s = (sn * (PI - sn.acos()) + (1.0 - sn * sn).sqrt()) * p / (2.0 * PI);
        h *= (PI - sn.acos()) / (2.0 * PI);
        (xx, yy) = (xx / 2.0, yy / 2.0);
    }
    h
}

/// `ntk` against the published kernel, nalgebra's LU, loops in the order of the grid.
#[test]
fn the_grid_is_chosen_and_tested_as_published() {
    let rows = invented();
    let row = |i: usize| &rows.values()[4 * i..][..4];
    let accuracy = |layers, fixed, ridge: f64, train: &[usize], test: &[usize]| {
        let n = train.len();
        let k = |a: usize, b: usize| published(row(a), row(b), layers, fixed);
        let mut own = DMatrix::from_fn(n, n, |i, j| k(train[i], train[j]));
        let mean = own.diagonal().mean();
        for i in 0..n {
            own[(i, i)] += ridge * mean;
        }
        let y = DMatrix::from_fn(n, 3, |i, c| {
            f64::from(u8::from(rows.labels()[train[i]] == c)) - 1.0 / 3.0
        });
        let w = own.lu().solve(&y).unwrap();
        let hits = test.iter().filter(|t| {
            let scores: Vec<f64> = (0..3)
                .map(|c| (0..n).map(|i| k(**t, train[i]) * w[(i, c)]).sum())
                .collect();
            let best = (0..3).fold(0, |b, c| if scores[c] > scores[b] { c } else { b });
            best == rows.labels()[**t]
        });
        hits.count() as f64 / test.len() as f64
    };
    let mut best = (-1.0, 0, 0, 0.0);
    for layers in 1..=5 {
        for fixed in 0..layers {
            for ridge in [10.0, 1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5] {
                let [a, b] = rows.tuning();
                let found = accuracy(layers, fixed, ridge, a, b);
                if found > best.0 {
                    best = (found, layers, fixed, ridge);
                }
            }
        }
    }
    let (_, layers, fixed, ridge) = best;
    let found = outcome(&laboratory(), "clouds", "ntk").unwrap();
    assert_eq!(
        found.chosen,
        format!("L = {layers}, L' = {fixed}, ridge {ridge:e}")
    );
    let folds: Vec<f64> = rows
        .folds()
        .iter()
        .map(|[a, b]| accuracy(layers, fixed, ridge, a, b))
        .collect();
    let accuracies: Vec<f64> = found.outcome.folds.iter().map(|f| f.accuracy).collect();
    assert_eq!(accuracies, folds);
    // three clouds at a distance of 1.5 sqrt 2
    assert!(
        found.outcome.accuracy() > 0.5,
        "{}",
        found.outcome.accuracy()
    );
}

/// The limits of the rules, on the same rows: a flat smoother is the majority, a steep one the nearest row; a deep ReLU
/// network becomes the majority of its training rows.
#[test]
fn rules_have_their_limits() {
    let lab = laboratory();
    let of = |rule: &str| -> Vec<f64> {
        let found = outcome(&lab, "clouds", rule).unwrap();
        found.outcome.folds.iter().map(|f| f.accuracy).collect()
    };
    assert_eq!(of("deep 1000000"), of("majority"));
    assert_ne!(of("deep 3"), of("majority"));
    assert!(
        outcome(&lab, "clouds", "limit")
            .unwrap()
            .chosen
            .starts_with("d = ")
    );
    for rule in RULES {
        assert!(of(rule).iter().all(|a| (0.0..=1.0).contains(a)), "{rule}");
    }
    let sentence = |set: &str, rule: &str| outcome(&lab, set, rule).unwrap_err().to_string();
    assert!(sentence("clouds", "deep 0").starts_with("there is no rule `deep 0`"));
    assert_eq!(sentence("nowhere", "ntk"), "there is no such set");
}

fn claim(quantity: &str, parameters: &[(&str, &str)]) -> Claim {
    Claim {
        key: "k".into(),
        statement: String::new(),
        source: String::new(),
        quantity: quantity.into(),
        parameters: parameters
            .iter()
            .map(|(n, v)| ((*n).to_owned(), Parameter::Text((*v).to_owned())))
            .collect(),
        expected: Expected::AtLeast(rug::Rational::new()),
        origin: String::new(),
        effort: 1,
    }
}

#[test]
fn without_data_a_claim_is_left_out_and_says_what_is_missing() {
    let c = claim("uci_accuracy", &[("rule", "majority")]);
    let found = Laboratory::new(1).check(&c);
    assert!(found.wanted == Some(Wanted::Data) && found.verdict == Verdict::NotAttempted);
    assert_eq!(found.notes, ["it takes data"]);
    let found = laboratory().check(&c);
    assert_eq!(found.verdict, Verdict::Agrees, "{:?}", found.notes);
    // a set that is not there is an error of the claim, and not for want of data
    let missing = claim("uci_accuracy", &[("rule", "majority"), ("set", "x")]);
    assert!(laboratory().check(&missing).wanted.is_none());
}

/// Leads, ranks, shares and the accuracy on images agree with each other where they must.
#[test]
fn quantities_of_data_fit_together() {
    let lab = laboratory();
    let measured = |quantity: &str, parameters: &[(&str, &str)]| {
        let found = lab.check(&claim(quantity, parameters));
        match found.measured {
            Some(Measured::Number(q)) => match q.value {
                crate::real::Value::Finite { midpoint, .. } => midpoint.to_f64(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?} {:?}", found.notes),
        }
    };
    let ahead = measured("uci_lead", &[("rule", "ntk"), ("over", "majority")]);
    let both = ["ntk", "majority"].map(|r| measured("uci_accuracy", &[("rule", r)]));
    assert!((ahead - (both[0] - both[1])).abs() < 1e-12);
    assert_eq!(
        measured("uci_lead", &[("rule", "ntk"), ("over", "ntk")]),
        0.0
    );
    // ranks of all rules sum to 1 + ... + n
    let n = RULES.len();
    let ranks: f64 = RULES
        .iter()
        .map(|r| measured("uci_mean_rank", &[("rule", r)]))
        .sum();
    assert!((ranks - (n * (n + 1)) as f64 / 2.0).abs() < 1e-9);
    assert_eq!(
        measured("uci_near_best", &[("rule", "ntk"), ("share", "0")]),
        1.0
    );

    let images = [
        ("readout", "vanilla"),
        ("layers", "2"),
        ("train", "20"),
        ("test", "40"),
    ];
    let accuracy = measured("cntk_accuracy", &images);
    // bright halves under noise of 0.7: far from the chance of 50
    assert!(accuracy > 70.0, "{accuracy}");
    let mut more = images.to_vec();
    more.push(("over", "layers = 1"));
    let one = [
        ("readout", "vanilla"),
        ("layers", "1"),
        ("train", "20"),
        ("test", "40"),
    ];
    let lead = measured("cntk_lead", &more);
    assert!((lead - (accuracy - measured("cntk_accuracy", &one))).abs() < 1e-9);
    let mut draws = images.to_vec();
    draws.push(("draws", "2"));
    let second = [images.as_slice(), &[("skip", "20")]].concat();
    let apart = (accuracy - measured("cntk_accuracy", &second)).abs();
    assert!((measured("cntk_spread", &draws) - apart / 2f64.sqrt()).abs() < 1e-9);
}

proptest! {
    /// Ranks sum to 1 + ... + n on every set, the best rule of all sets has rank 1 and every share, order does not count.
    #[test]
    fn standings_are_fair(hits in proptest::collection::vec(proptest::collection::vec(0u32..20, 5), 2..7)) {
        let mut table: Vec<Vec<f64>> =
            hits.iter().map(|r| r.iter().map(|h| f64::from(*h) / 20.0).collect()).collect();
        let n = table.len() as f64;
        let first = standings(&table).unwrap();
        let sum: f64 = first.iter().map(|s| s.rank).sum();
        prop_assert!((sum - n * (n + 1.0) / 2.0).abs() < 1e-9);
        table.push(vec![1.0; 5]);
        let with_best = standings(&table).unwrap();
        let best = with_best.last().unwrap();
        prop_assert!(best.rank == 1.0 && best.p95 == 1.0 && best.share_of_best == 1.0);
        for (s, row) in with_best.iter().zip(&table) {
            prop_assert!(s.p95 <= s.p90);
            // the best has accuracy 1 everywhere
            prop_assert!((s.share_of_best - s.accuracy).abs() < 1e-12);
            let near = row.iter().filter(|a| **a >= 0.9).count() as f64 / 5.0;
            prop_assert_eq!(s.p90, near);
        }
        table.reverse();
        let back = standings(&table).unwrap();
        prop_assert_eq!(back.last().unwrap(), &with_best[0]);
    }
}

#[test]
fn rows_that_do_not_fit_are_one_sentence() {
    let half = || [vec![0], vec![1]];
    let made = |d, values: &[f64], labels: &[usize], tuning, folds| {
        Rows::new(d, values.to_vec(), labels.to_vec(), tuning, folds)
            .map(|_| ())
            .map_err(|e| e.to_string())
    };
    let two = [0.0, 1.0];
    assert_eq!(made(1, &two, &[0, 1], half(), vec![half()]), Ok(()));
    let bad = |r: std::result::Result<(), String>, words: &str| {
        let text = r.unwrap_err();
        assert!(text.contains(words), "{text}");
    };
    bad(
        made(1, &two, &[0, 1, 1], half(), vec![half()]),
        "are no 3 rows",
    );
    bad(made(1, &two, &[0, 1], half(), vec![]), "no folds");
    bad(
        made(1, &two, &[0, 1], [vec![0], vec![]], vec![half()]),
        "there are no test rows",
    );
    bad(
        made(1, &two, &[0, 1], [vec![0, 1], vec![1]], vec![half()]),
        "row 1 is both a training and a test row",
    );
    bad(
        made(1, &two, &[0, 1], half(), vec![[vec![0, 0], vec![1]]]),
        "row 0 stands twice among the training rows",
    );
    bad(
        made(1, &two, &[0, 1], [vec![0], vec![2]], vec![half()]),
        "row 2",
    );
    bad(made(1, &two, &[0, 9], half(), vec![half()]), "class 9");
}
