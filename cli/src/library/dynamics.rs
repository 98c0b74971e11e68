//! The question about training: what infinitely wide networks predict at a time.

use deeplimit::classifier::{Ensemble, Time, labels as predicted, one_hot};
use deeplimit::error::{Error, Result};
use deeplimit::gram::Twins;
use deeplimit::kernel::{Depth, Kind};
use deeplimit::process::Targets;

use super::certainty::KernelError;
use super::data::{Files, asked_network, kernel};
use crate::args;
use crate::cache;
use crate::data::{self, Label, Reading};

/// `deeplimit dynamics`.
#[derive(Clone, Debug)]
pub struct Trained {
    pub activation: String,
    /// What was read: training rows, new ones.
    pub read: [Reading; 2],
    pub training: usize,
    pub rows: usize,
    pub classes: Vec<String>,
    /// Instead of classes; deviations are then those of the targets divided by their own.
    pub targets: Vec<String>,
    pub largest: f64,
    pub smallest: f64,
    pub rank: usize,
    pub condition: Option<f64>,
    /// The ridge: the variance of the targets' noise.
    pub noise: f64,
    pub error: KernelError,
    pub times: Vec<AtTime>,
}

/// One time of it.
#[derive(Clone, Debug)]
pub struct AtTime {
    pub time: f64,
    /// Root mean square over the rows.
    pub deviation: f64,
    /// The largest.
    pub variance_error: f64,
}

/// Mean and deviation of trained networks into a file.
pub fn dynamics(args: &args::Dynamics, text: &str) -> Result<Trained> {
    if args.depth == Depth::Infinite {
        return Err(Error::Domain(
            "training is that of a network of finite depth: its two kernels have no limit on one scale".into(),
        ));
    }
    let label = match args.target.is_empty() {
        true => Label::Column(&args.label),
        false => Label::Targets(&args.target),
    };
    let Files {
        train,
        test,
        names,
        labels,
        targets,
        read,
        ..
    } = Files::read(
        [&args.train, &args.test],
        (&args.out, args.force),
        (label, &args.columns),
        &args.network,
    )?;
    let lengths = args.network.lengths.lengths();
    let (nngp, ntk) = match args.network.kernel {
        Kind::Nngp => (kernel(text, &args.network, args.depth)?, None),
        Kind::Ntk => {
            let (network, effort) = asked_network(text, &args.network)?;
            let both = match cache::records(args.network.no_cache) {
                Some(records) => network.kept_kernels(args.depth, &effort, &records)?,
                None => network.kernels(args.depth, &effort)?,
            };
            (both.nngp, Some(both.ntk))
        }
    };
    let mut error =
        KernelError::of_rows(&nngp, &train, lengths).between(Twins::between(&test, &train));
    if let Some(ntk) = &ntk {
        error = error.with(KernelError::of_rows(ntk, &train, lengths));
    }
    let trained = Ensemble::new(&nngp, ntk.as_ref(), [&train, &test], lengths, args.ridge)?;
    let real = match targets {
        None => None,
        Some(given) => Some(
            Targets::new(given, &names, args.scaling).map_err(|e| match e {
                Error::Data(text) => Error::Data(format!("{}: {text}", args.train.display())),
                e => e,
            })?,
        ),
    };
    let targets = match &real {
        None => one_hot(&labels, names.len())?,
        Some(real) => real.values().clone(),
    };
    let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
    let heads: String = names
        .iter()
        .map(|n| format!(",{}", quoted(&format!("mean {n}"))))
        .collect();
    let mut lines = match &real {
        None => vec![format!("time,row,label{heads},deviation")],
        Some(_) => {
            let deviations = names
                .iter()
                .map(|n| format!(",{}", quoted(&format!("deviation {n}"))));
            vec![format!("time,row{heads}{}", deviations.collect::<String>())]
        }
    };
    let mut times = Vec::new();
    for t in &args.time {
        let time = match t.is_finite() {
            true => Time::Flow(*t),
            false => Time::Infinite,
        };
        let (mean, variances) = trained.at(&targets, time)?;
        if let Some(real) = &real {
            for (i, (variance, _)) in variances.iter().enumerate() {
                let means = (0..names.len()).map(|j| real.given(j, mean.row(i)[j]));
                let deviations = (0..names.len()).map(|j| real.scale(j) * variance.sqrt());
                let numbers: String = means.chain(deviations).map(|x| format!(",{x:?}")).collect();
                lines.push(format!("{t},{}{numbers}", i + 1));
            }
        }
        let classes = if real.is_none() {
            predicted(&mean)
        } else {
            vec![]
        };
        for (i, class) in classes.into_iter().enumerate() {
            let numbers: String = mean.row(i).iter().map(|x| format!(",{x:?}")).collect();
            lines.push(format!(
                "{t},{},{}{numbers},{:?}",
                i + 1,
                quoted(&names[class]),
                variances[i].0.sqrt()
            ));
        }
        times.push(AtTime {
            time: *t,
            deviation: (variances.iter().map(|v| v.0).sum::<f64>() / variances.len() as f64).sqrt(),
            variance_error: variances.iter().map(|v| v.1).fold(0.0, f64::max),
        });
    }
    data::written(&args.out, lines.join("\n") + "\n")?;
    let spectrum = trained.dynamics().spectrum();
    Ok(Trained {
        activation: nngp.activation().to_owned(),
        read,
        training: train.len(),
        rows: test.len(),
        classes: if real.is_none() {
            names.clone()
        } else {
            vec![]
        },
        targets: if real.is_none() { vec![] } else { names },
        largest: spectrum.largest(),
        smallest: spectrum.values()[0],
        rank: spectrum.rank(),
        condition: spectrum.condition(),
        noise: trained.noise(),
        error,
        times,
    })
}
