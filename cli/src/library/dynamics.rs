//! The question about training: what infinitely wide networks predict at a time.

use deeplimit::error::{Error, Result};
use deeplimit::gram::{self as room, Dynamics, Gram, Matrix, Points, Prior, Time, Twins};
use deeplimit::kernel::{Depth, Kernel, Kind};

use super::certainty::KernelError;
use super::data::{Files, kernel};
use crate::args;
use crate::data::{self, Reading};

/// `deeplimit dynamics`.
#[derive(Clone, Debug)]
pub struct Trained {
    pub activation: String,
    /// What was read: training rows, new ones.
    pub read: [Reading; 2],
    pub training: usize,
    pub rows: usize,
    pub classes: Vec<String>,
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

/// The covariance before training.
struct Initial {
    gram: Matrix,
    cross: Matrix,
    own: Vec<f64>,
}

impl Initial {
    fn new(kernel: &Kernel, train: &Points, test: &Points, lengths: room::Lengths) -> Result<Self> {
        let lengthy = match (lengths, kernel.length_exponent()) {
            (room::Lengths::Keep, Some(k)) => 2.0 * k,
            _ => 0.0,
        };
        let own = |length: &f64| kernel.diagonal() * length.powf(lengthy);
        Ok(Initial {
            gram: Gram::symmetric(kernel, train, lengths)?.matrix(),
            cross: Gram::cross(kernel, test, train, lengths)?.matrix(),
            own: test.lengths().iter().map(own).collect(),
        })
    }
}

/// Times and deviations are on the scale of the kernels: those must be in the doubles as they are.
fn plain(kernel: &Kernel) -> Result<()> {
    let what = if kernel.log_scale() != 0.0 {
        "kernels leave the doubles at this depth: fewer layers, or weights nearer to the edge of chaos"
    } else if !kernel.diagonal().is_finite() {
        "kernel of equal inputs is infinite (a jump, or too many layers), and training has no finite rate"
    } else {
        return Ok(());
    };
    Err(Error::Domain(format!("the {what}")))
}

/// Mean and deviation of trained networks into a file.
pub fn dynamics(args: &args::Dynamics, text: &str) -> Result<Trained> {
    if args.depth == Depth::Infinite {
        return Err(Error::Domain(
            "training is that of a network of finite depth: its two kernels have no limit on one scale".into(),
        ));
    }
    let Files {
        train,
        test,
        names,
        labels,
        read,
    } = Files::read(
        [&args.train, &args.test],
        (&args.out, args.force),
        (&args.label, &args.columns),
        &args.network,
    )?;
    let of = |kind| {
        let network = args::Network {
            kernel: kind,
            ..args.network.clone()
        };
        kernel(text, &network, args.depth)
    };
    let lengths = args.network.lengths;
    let nngp = of(Kind::Nngp)?;
    plain(&nngp)?;
    let initial = Initial::new(&nngp, &train, &test, lengths)?;
    let (mut error, mut tangent) = (
        KernelError::of(&nngp, &train).between(Twins::between(&test, &train)),
        None,
    );
    if args.network.kernel == Kind::Ntk {
        let ntk = of(Kind::Ntk)?;
        plain(&ntk)?;
        error = error.with(KernelError::of(&ntk, &train));
        tangent = Some((
            Gram::symmetric(&ntk, &train, lengths)?.matrix(),
            Gram::cross(&ntk, &test, &train, lengths)?.matrix(),
        ));
    }
    let (theta, cross) = tangent
        .as_ref()
        .map_or((&initial.gram, &initial.cross), |(t, c)| (t, c));
    let noise = args.ridge * theta.mean_diagonal();
    let trained = Dynamics::new(theta, 1.0, noise)?;
    let targets = room::one_hot(&labels, names.len());
    let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
    let heads: String = names
        .iter()
        .map(|n| format!(",{}", quoted(&format!("mean {n}"))))
        .collect();
    let mut lines = vec![format!("time,row,label{heads},deviation")];
    let mut times = Vec::new();
    for t in &args.time {
        let time = match t.is_finite() {
            true => Time::Flow(*t),
            false => Time::Infinite,
        };
        let mean = trained.mean(cross, &targets, time)?;
        let prior = Prior {
            gram: &initial.gram,
            cross: &initial.cross,
        };
        let variances = trained.variances(cross, prior, &initial.own, time)?;
        for (i, class) in room::classes(&mean).into_iter().enumerate() {
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
    data::written(&args.out, &(lines.join("\n") + "\n"))?;
    let spectrum = trained.spectrum();
    Ok(Trained {
        activation: nngp.activation().to_owned(),
        read,
        training: train.len(),
        rows: test.len(),
        classes: names,
        largest: spectrum.largest(),
        smallest: spectrum.values()[0],
        rank: spectrum.rank(),
        condition: spectrum.condition(),
        noise,
        error,
        times,
    })
}
