//! `deeplimit dynamics`: mean and deviation of trained networks into a file.

use std::io;

use serde::Serialize;

use super::{INTERRUPT, only};
use crate::args::Dynamics as Args;
use crate::data::Reading;
use crate::json::array;
use crate::library::{self, ErrorJson};
use crate::report::Report;

/// The contract.
#[derive(Serialize)]
struct DynamicsJson {
    train: String,
    test: String,
    out: String,
    activation: String,
    /// What was read: the training rows, the new ones.
    read: [Reading; 2],
    training_rows: usize,
    rows: usize,
    classes: Vec<String>,
    /// Real targets instead of classes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    targets: Vec<String>,
    /// The largest eigenvalue of the training matrix.
    eigenvalue_max: f64,
    eigenvalue_min: f64,
    /// Eigenvalues that are not 0 to within rounding.
    rank: usize,
    /// `null` where the smallest eigenvalue is 0 to within rounding.
    condition: Option<f64>,
    /// The ridge times the mean diagonal: the variance of the noise on the targets.
    noise_variance: f64,
    #[serde(flatten)]
    error: ErrorJson,
    times: Vec<TimeJson>,
}

#[derive(Serialize)]
struct TimeJson {
    /// `inf`, or a number.
    time: String,
    /// Root mean square over the test rows; of real targets in units of what they were divided by.
    deviation: f64,
    /// What rounding may have done to a variance, at most.
    variance_error: f64,
}

/// Answers the command.
pub fn run(args: &Args) -> io::Result<Report> {
    let activation = only(&args.network.activation)?;
    INTERRUPT.listen(false);
    let missing = format!(
        "interrupted: 0 of {} times are finished, {} is not written",
        args.time.len(),
        args.out.display()
    );
    INTERRUPT.would_say(String::new(), missing);
    Ok(match library::dynamics(args, &activation) {
        Ok(d) => {
            let out = args.out.display().to_string();
            let times = d.times.iter().map(|t| TimeJson {
                time: t.time.to_string(),
                deviation: t.deviation,
                variance_error: t.variance_error,
            });
            let text = match args.network.json {
                true => array(&[DynamicsJson {
                    train: args.train.display().to_string(),
                    test: args.test.display().to_string(),
                    out,
                    activation: d.activation,
                    read: d.read.clone(),
                    training_rows: d.training,
                    rows: d.rows,
                    classes: d.classes,
                    targets: d.targets,
                    eigenvalue_max: d.largest,
                    eigenvalue_min: d.smallest,
                    rank: d.rank,
                    condition: d.condition,
                    noise_variance: d.noise,
                    error: d.error.json(),
                    times: times.collect(),
                }]),
                false => {
                    let condition = d.condition.map_or_else(
                        || format!("rank {} to within rounding", d.rank),
                        |c| format!("condition {c:.1e}"),
                    );
                    let units = match d.targets.is_empty() {
                        true => "",
                        false => " of what the targets were divided by",
                    };
                    let lines: String = d
                        .times
                        .iter()
                        .map(|t| {
                            format!(
                                "time {}: root mean square deviation {:.6}{units}\n",
                                t.time, t.deviation
                            )
                        })
                        .collect();
                    format!(
                        "{out}: {} rows at {} times, from {} training rows ({condition})\n{lines}{}\n",
                        d.rows,
                        d.times.len(),
                        d.training,
                        d.error.words()
                    )
                }
            };
            Report::of(text).having_read(args.network.json, &d.read)
        }
        Err(error) => {
            let text = args.test.display().to_string();
            Report::of_data_fault("test", &text, &activation, error, args.network.json)
        }
    })
}
