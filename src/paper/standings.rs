//! How rules compare over many sets: mean accuracy, mean rank, how often near the best (the columns of Arora et al. 2020,
//! Table 1).

use rug::Rational;

use super::claim::{Answer, Measured};
use super::laboratory::Laboratory;
use super::parameters::{Parameters, unknown};
use super::uci::{RULES, outcome};
use crate::classifier::{binomial_error, mean_and_error};
use crate::error::{Error, Result};

/// A rule among others, over all sets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placing {
    /// The mean accuracy.
    pub accuracy: f64,
    /// The mean rank, 1 for the best; equals share their mean rank (Friedman).
    pub rank: f64,
    /// Standard error of the mean rank, the sets taken for a sample.
    pub rank_error: f64,
    /// The share of sets with at least 90 % of the best accuracy.
    pub p90: f64,
    /// The same for 95 %.
    pub p95: f64,
    /// The mean share of the best accuracy (PMA).
    pub share_of_best: f64,
}

/// From the accuracies `table[rule][set]`, one standing per rule.
///
/// # Errors
/// [`Error::Shape`] where rules have different numbers of sets, or none.
///
/// ```
/// use deeplimit::paper::standings::standings;
/// let of = standings(&[vec![0.9, 0.5], vec![0.9, 1.0]]).unwrap();
/// assert_eq!((of[0].rank, of[1].rank), (1.75, 1.25));
/// assert_eq!((of[0].p90, of[1].p90), (0.5, 1.0));
/// ```
pub fn standings(table: &[Vec<f64>]) -> Result<Vec<Placing>> {
    let sets = table.first().map_or(0, Vec::len);
    if sets == 0 || table.iter().any(|row| row.len() != sets) {
        return Err(Error::Shape(
            "every rule needs an accuracy on every set, and there must be one".to_owned(),
        ));
    }
    let best = |set: usize| table.iter().map(|row| row[set]).fold(0.0, f64::max);
    let count =
        |f: &dyn Fn(usize) -> bool| (0..sets).filter(|s| f(*s)).count() as f64 / sets as f64;
    Ok(table
        .iter()
        .map(|row| {
            let ranks: Vec<f64> = (0..sets).map(|s| rank(table, row[s], s)).collect();
            let (rank, rank_error) = mean_and_error(&ranks);
            let shares: Vec<f64> = (0..sets)
                .map(|s| {
                    if best(s) == 0.0 {
                        1.0
                    } else {
                        row[s] / best(s)
                    }
                })
                .collect();
            Placing {
                accuracy: mean_and_error(row).0,
                rank,
                rank_error,
                p90: count(&|s| shares[s] >= 0.90),
                p95: count(&|s| shares[s] >= 0.95),
                share_of_best: mean_and_error(&shares).0,
            }
        })
        .collect())
}

/// One more than the number of better rules, and half of the number of other equal ones. Accuracies are quotients of
/// whole numbers: what differs by less than 1e-12 is equal.
fn rank(table: &[Vec<f64>], own: f64, set: usize) -> f64 {
    let better = table.iter().filter(|row| row[set] > own + 1e-12).count();
    let equal = table
        .iter()
        .filter(|row| (row[set] - own).abs() <= 1e-12)
        .count();
    1.0 + better as f64 + (equal as f64 - 1.0) / 2.0
}

pub(super) fn accuracy(lab: &Laboratory, p: &Parameters) -> Answer {
    let rule = p.text("rule")?;
    if p.has("set") {
        let answer = outcome(lab, p.text("set")?, rule)?;
        let (found, chosen) = (&answer.outcome, &answer.chosen);
        let mut notes = vec![format!(
            "{:.4}, standard error {:.4} ({} rows tested); folds {:.4?}",
            found.accuracy(),
            found.standard_error(),
            found.tested,
            found.folds.iter().map(|f| f.accuracy).collect::<Vec<_>>()
        )];
        if !chosen.is_empty() {
            notes.push(format!("chosen by validation: {chosen}"));
        }
        return Ok((
            Measured::estimate(found.accuracy(), 2.0 * found.standard_error()),
            notes,
        ));
    }
    let sets = lab.source()?.sets()?;
    let (mut sum, mut variance) = (0.0, 0.0);
    for set in &sets {
        let found = outcome(lab, set, rule)?;
        sum += found.outcome.accuracy();
        variance += found.outcome.standard_error().powi(2);
    }
    let n = sets.len() as f64;
    let (mean, error) = (sum / n, variance.sqrt() / n);
    let note = format!(
        "{mean:.4} over {} sets, standard error {error:.4} from the finite numbers of rows",
        sets.len()
    );
    Ok((Measured::estimate(mean, 2.0 * error), vec![note]))
}

fn over_the_sets(lab: &Laboratory, rule: &str) -> Result<Vec<f64>> {
    let sets = lab.source()?.sets()?;
    sets.iter()
        .map(|set| Ok(outcome(lab, set, rule)?.outcome.accuracy()))
        .collect()
}

pub(super) fn lead(lab: &Laboratory, p: &Parameters) -> Answer {
    let (rule, over) = (p.text("rule")?, p.text("over")?);
    let (a, b) = (over_the_sets(lab, rule)?, over_the_sets(lab, over)?);
    let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
    let (mean, error) = mean_and_error(&differences);
    let count = |f: fn(&f64) -> bool| differences.iter().filter(|d| f(d)).count();
    let note = format!(
        "{mean:.4} over {} sets, standard error {error:.4} (the sets taken for a sample); ahead on {}, behind on {}",
        a.len(),
        count(|d| *d > 1e-12),
        count(|d| *d < -1e-12)
    );
    Ok((Measured::estimate(mean, 2.0 * error), vec![note]))
}

/// The standing of a rule of the table.
fn standing(lab: &Laboratory, p: &Parameters) -> Result<(Placing, Vec<Vec<f64>>, usize)> {
    let rule = p.text("rule")?;
    let place = RULES.iter().position(|r| *r == rule);
    let place = place.ok_or_else(|| unknown("rule", rule, &RULES))?;
    let table: Result<Vec<_>> = RULES.iter().map(|r| over_the_sets(lab, r)).collect();
    let table = table?;
    Ok((standings(&table)?[place], table, place))
}

pub(super) fn mean_rank(lab: &Laboratory, p: &Parameters) -> Answer {
    let (s, table, _) = standing(lab, p)?;
    let note = format!(
        "mean rank {:.3} of {}, standard error {:.3}",
        s.rank,
        table.len(),
        s.rank_error
    );
    Ok((Measured::estimate(s.rank, 2.0 * s.rank_error), vec![note]))
}

pub(super) fn near_best(lab: &Laboratory, p: &Parameters) -> Answer {
    let share: Rational = p.number("share")?;
    let share = share.to_f64();
    let (_, table, place) = standing(lab, p)?;
    let sets = table[place].len();
    let best = |s: usize| table.iter().map(|row| row[s]).fold(0.0, f64::max);
    // a whole number of hits over a whole number of rows: equality up to rounding counts
    let near = (0..sets).filter(|s| table[place][*s] >= share * best(*s) - 1e-12);
    let count = near.count();
    let p = count as f64 / sets as f64;
    let error = binomial_error(p, sets);
    let note = format!("{count} of {sets} sets, standard error {error:.3}");
    Ok((Measured::estimate(p, 2.0 * error), vec![note]))
}
