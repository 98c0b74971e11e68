//! The question about real targets: which network makes them likely, and what it says of new rows.

use std::path::Path;

use deeplimit::error::{Error, Result};
use deeplimit::gram::{Gram, Inputs, Matrix, Points, Twins};
use deeplimit::kernel::{Depth, Kernel, Kind};
use deeplimit::process::{
    Bounds, Climb, Foreseen, Maximum, Posterior, Processes, Scales, Score, Targets,
};
use deeplimit::{Activation, Convention, Effort};

use super::NetworkRequest;
use super::certainty::KernelError;
use super::data::points;
use crate::args::{self, Free};
use crate::data::{self, Asked, Label, Reading};
use crate::typed;

/// `deeplimit regress`.
#[derive(Clone, Debug)]
pub struct Regressed {
    /// What was read: the training rows, and new ones.
    pub read: Vec<Reading>,
    pub targets: Vec<String>,
    pub training: usize,
    /// In the order in which they were tried; maxima last.
    pub tried: Vec<Tried>,
    /// The number of the best.
    pub best: usize,
    pub error: KernelError,
    pub new: Option<New>,
}

/// One network with one ridge.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The number of the activation.
    which: usize,
    pub activation: String,
    pub depth: Depth,
    pub sigma_w: Option<String>,
    pub sigma_b: Option<String>,
    pub ridge: f64,
    pub outcome: Result<Outcome>,
    /// Where it is the end of a search.
    pub maximum: Option<Maximum>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The log marginal likelihood, summed over the targets, and what errors of entries may do to it; not of trained networks.
    pub evidence: Option<(f64, f64)>,
    /// Of each target, each training row without itself.
    pub left_out: Vec<Score>,
    pub condition: f64,
    /// The variance of each target's noise.
    pub noise: Vec<f64>,
}

impl Outcome {
    /// By what the best is chosen.
    fn merit(&self) -> Option<f64> {
        match self.evidence {
            Some((evidence, _)) => Some(evidence),
            None => {
                let densities = self.left_out.iter().map(|s| s.log_density);
                densities.sum()
            }
        }
    }
}

/// New rows.
#[derive(Clone, Debug)]
pub struct New {
    pub rows: usize,
    /// Root mean square deviation of the function, of each target.
    pub deviations: Vec<f64>,
    pub variance_error: f64,
    /// Where their file has the targets.
    pub scores: Option<Vec<Score>>,
}

/// Both kernels of a network; the second where all layers are trained.
struct Kernels {
    nngp: Kernel,
    ntk: Option<Kernel>,
}

impl Kernels {
    fn trained(&self) -> &Kernel {
        self.ntk.as_ref().unwrap_or(&self.nngp)
    }
}

struct Question<'a> {
    args: &'a args::Regress,
    train: Points,
    targets: Targets,
    activations: Vec<Activation>,
}

impl Question<'_> {
    fn request(&self, [sigma_w, sigma_b]: [Option<&String>; 2]) -> NetworkRequest {
        let free = |which| self.args.maximise.contains(&which);
        NetworkRequest {
            sigma_w: sigma_w.cloned(),
            sigma_b: sigma_b.cloned(),
            norms: None,
            convention: self.args.convention.or_else(|| {
                (free(Free::SigmaW) || free(Free::SigmaB)).then_some(Convention::Lee2019)
            }),
        }
    }

    fn kernels(&self, tried: &Tried, activation: &Activation) -> Result<Kernels> {
        let request = self.request([tried.sigma_w.as_ref(), tried.sigma_b.as_ref()]);
        let network = deeplimit::Network::with(activation, request.settings()?);
        let effort = Effort::default().within(self.args.timeout);
        if tried.depth == Depth::Infinite {
            return Err(Error::Domain(
                "regression on real targets is at a finite depth: limits of infinite depth are no covariances on the scale of targets"
                    .to_owned(),
            ));
        }
        let kernels = match self.args.kernel {
            Kind::Nngp => Kernels {
                nngp: network.kernel(tried.depth, Kind::Nngp, &effort)?,
                ntk: None,
            },
            Kind::Ntk => {
                let both = network.kernels(tried.depth, &effort)?;
                Kernels {
                    nngp: both.nngp,
                    ntk: Some(both.ntk),
                }
            }
        };
        let plain = |k: &Kernel| k.log_scale() == 0.0 && k.diagonal().is_finite();
        match plain(&kernels.nngp) && plain(kernels.trained()) {
            true => Ok(kernels),
            false => Err(Error::Domain(
                "the kernels leave the doubles at this depth, or are infinite at equal inputs"
                    .to_owned(),
            )),
        }
    }

    /// The matrices of the training rows: of what is trained, and of the covariance where it is another one.
    fn grams(&self, kernels: &Kernels) -> Result<(Matrix, Option<Matrix>)> {
        let of = |k: &Kernel| -> Result<Matrix> {
            Ok(Gram::symmetric(k, &self.train, self.args.lengths.lengths())?.matrix())
        };
        let prior = kernels.ntk.is_some().then(|| of(&kernels.nngp));
        Ok((of(kernels.trained())?, prior.transpose()?))
    }

    fn posterior(&self, (gram, prior): (Matrix, Option<Matrix>), ridge: f64) -> Result<Posterior> {
        let noise = ridge * gram.mean_diagonal();
        Posterior::new(gram, prior, self.targets.clone(), noise)
    }

    fn outcome(&self, kernels: &Kernels, posterior: &Posterior) -> Result<Outcome> {
        let error =
            KernelError::of_rows(kernels.trained(), &self.train, self.args.lengths.lengths())
                .largest;
        Ok(Outcome {
            evidence: kernels.ntk.is_none().then(|| {
                let sum = posterior.evidence().iter().sum();
                (sum, posterior.evidence_error(error))
            }),
            left_out: posterior.left_out_scores()?,
            condition: posterior.condition(),
            noise: posterior.noise(),
        })
    }

    /// All ridges of one network.
    fn ridges(&self, begun: &Tried, activation: &Activation) -> Vec<Tried> {
        let prepared = self
            .kernels(begun, activation)
            .and_then(|k| Ok((self.grams(&k)?, k)));
        let of = |ridge: &f64| {
            let outcome = match &prepared {
                Err(e) => Err(e.clone()),
                Ok((grams, kernels)) => self
                    .posterior(grams.clone(), *ridge)
                    .and_then(|p| self.outcome(kernels, &p)),
            };
            Tried {
                ridge: *ridge,
                outcome,
                ..begun.clone()
            }
        };
        self.args.ridge.iter().map(of).collect()
    }

    /// The maximum of the evidence of one activation at one depth, from the best that was tried.
    fn maximum(
        &self,
        from: &Tried,
        activation: &Activation,
        report: &mut dyn FnMut(usize),
    ) -> Result<Tried> {
        let double = |text: &Option<String>, what| -> Result<Option<f64>> {
            text.as_ref()
                .map(|t| crate::exact::double(t, what))
                .transpose()
        };
        let free = |which| self.args.maximise.contains(&which);
        let request = self.request([from.sigma_w.as_ref(), from.sigma_b.as_ref()]);
        let family = Processes::new(
            activation,
            from.depth,
            request.convention(),
            (&self.train, self.args.lengths.lengths()),
            &self.targets,
        )?
        .within(self.args.timeout);
        let first = Scales {
            sigma_w: double(&from.sigma_w, "sigma_w")?,
            sigma_b: double(&from.sigma_b, "sigma_b")?,
            ridge: from.ridge,
        };
        let bounds = Bounds {
            sigma_w: free(Free::SigmaW).then_some([0.1, 10.0]),
            sigma_b: free(Free::SigmaB).then_some([1e-3, 10.0]),
            ridge: free(Free::Ridge).then_some([1e-8, 100.0]),
        };
        let starts = (usize::from(self.args.starts), 0);
        let found = family.maximum(first, bounds, starts, |steps, _| {
            report(steps);
            true
        })?;
        let Climb { to, .. } = found.best;
        let shown = |x: Option<f64>| x.map(|x| format!("{x:?}"));
        let mut best = Tried {
            sigma_w: shown(to.sigma_w),
            sigma_b: shown(to.sigma_b),
            ridge: to.ridge,
            maximum: Some(found),
            ..from.clone()
        };
        let kernels = self.kernels(&best, activation)?;
        let posterior = self.posterior(self.grams(&kernels)?, to.ridge)?;
        best.outcome = self.outcome(&kernels, &posterior);
        Ok(best)
    }
}

/// The number of the one with the most merit.
fn best(tried: &[Tried]) -> Option<usize> {
    let merits = tried.iter().enumerate().filter_map(|(k, t)| {
        let merit = t.outcome.as_ref().ok()?.merit()?;
        Some((k, merit))
    });
    merits
        .reduce(|a, b| if b.1 > a.1 { b } else { a })
        .map(|(k, _)| k)
}

/// Lists with nothing in them stand for what is not given.
fn or_none(list: &[String]) -> Vec<Option<String>> {
    match list {
        [] => vec![None],
        list => list.iter().cloned().map(Some).collect(),
    }
}

/// Targets of the new rows, where every cell is a number.
fn known(rows: &data::Rows, count: usize) -> Option<Matrix> {
    let numbers: Option<Vec<f64>> = rows
        .known
        .iter()
        .map(|cell| cell.parse().ok().filter(|y: &f64| y.is_finite()))
        .collect();
    let numbers = numbers.filter(|n| n.len() == count * rows.read.rows)?;
    Matrix::new(count, numbers).ok()
}

/// Regression on real targets; `report(done, all, steps)` is told how many networks were tried, and steps of the search.
pub fn regressed(
    args: &args::Regress,
    texts: &[String],
    mut report: impl FnMut(usize, usize, usize),
) -> Result<Regressed> {
    if args.kernel == Kind::Ntk && !args.maximise.is_empty() {
        return Err(Error::Domain(
            "trained networks are no Gaussian process with a likelihood of its own: --maximise takes --kernel nngp".to_owned(),
        ));
    }
    let read: Vec<&Path> = [Some(&args.train), args.test.as_ref()]
        .into_iter()
        .flatten()
        .map(std::path::PathBuf::as_path)
        .collect();
    for out in [&args.out, &args.table].into_iter().flatten() {
        data::table(out)?;
        data::free(out, args.force, &read)?;
    }
    let network = args::Network {
        activation: vec![],
        kernel: args.kernel,
        lengths: args.lengths,
        sigma_w: None,
        sigma_b: None,
        convention: args.convention,
        set: vec![],
        no_cache: true,
        json: args.json,
        timeout: args.timeout,
    };
    let asked = |label| Asked {
        pair: args.test.is_some(),
        directions: args.lengths == Inputs::Unit,
        ..super::data::asked(&args.columns, label, false)
    };
    let rows = data::rows(&args.train, &asked(Label::Targets(&args.target)))?;
    let new = args
        .test
        .as_ref()
        .map(|test| {
            let label = Label::Like {
                known: &rows,
                whose: &args.train,
            };
            Ok::<_, Error>((test, data::rows(test, &asked(label))?))
        })
        .transpose()?;
    let mut read = vec![rows.read.clone()];
    let names = rows.target_names.clone();
    let given = Matrix::new(names.len(), rows.targets.clone())?;
    let targets = Targets::new(given, &names, args.scaling).map_err(|e| match e {
        Error::Data(text) => Error::Data(format!("{}: {text}", args.train.display())),
        e => e,
    })?;
    let activations = texts
        .iter()
        .map(|t| Activation::new(&typed::parsed(t)?))
        .collect::<Result<_>>()?;
    let question = Question {
        args,
        train: points(rows, &args.train, &network)?,
        targets,
        activations,
    };
    let (sigma_w, sigma_b) = (or_none(&args.sigma_w), or_none(&args.sigma_b));
    let networks = question.activations.len() * args.depth.len() * sigma_w.len() * sigma_b.len();
    let mut tried: Vec<Tried> = Vec::new();
    let mut from: Vec<(usize, Vec<Tried>)> = Vec::new();
    let mut done = 0;
    for (k, activation) in question.activations.iter().enumerate() {
        for depth in &args.depth {
            let mut these = Vec::new();
            for w in &sigma_w {
                for b in &sigma_b {
                    report(done, networks, 0);
                    let begun = Tried {
                        which: k,
                        activation: texts[k].clone(),
                        depth: *depth,
                        sigma_w: w.clone(),
                        sigma_b: b.clone(),
                        ridge: 0.0,
                        outcome: Err(Error::Unresolved("not tried".to_owned())),
                        maximum: None,
                    };
                    these.extend(question.ridges(&begun, activation));
                    done += 1;
                }
            }
            tried.extend(these.iter().cloned());
            from.push((k, these));
        }
    }
    if !args.maximise.is_empty() {
        for (k, these) in &from {
            let Some(start) = best(these) else { continue };
            let activation = &question.activations[*k];
            let found = question.maximum(&these[start], activation, &mut |steps| {
                report(done, networks, steps);
            });
            tried.push(found?);
        }
    }
    let Some(best) = best(&tried) else {
        let failed = tried.into_iter().find_map(|t| t.outcome.err());
        return Err(failed.unwrap_or_else(|| {
            Error::Data(
                "no network has a density of these targets: a ridge above 0 gives one".to_owned(),
            )
        }));
    };
    let winner = &tried[best];
    let kernels = question.kernels(winner, &question.activations[winner.which])?;
    let mut error = KernelError::of_rows(&kernels.nngp, &question.train, args.lengths.lengths());
    if let Some(ntk) = &kernels.ntk {
        error = error.with(KernelError::of_rows(
            ntk,
            &question.train,
            args.lengths.lengths(),
        ));
    }
    let mut answer = Regressed {
        read: vec![],
        targets: names.clone(),
        training: question.train.len(),
        best,
        error: error.among(Twins::of(&question.train)),
        new: None,
        tried: vec![],
    };
    if let (Some((path, rows)), Some(out)) = (new, &args.out) {
        let truth = known(&rows, names.len());
        let mut about = rows.read.clone();
        if truth.is_none() && !rows.known.is_empty() {
            about.note(
                "its targets are not all there, or not all numbers: predictions are not compared with them".to_owned(),
            );
        }
        read.push(about);
        let test = points(rows, path, &network)?;
        let posterior = question.posterior(question.grams(&kernels)?, winner.ridge)?;
        let cross = |k: &Kernel| -> Result<Matrix> {
            Ok(Gram::cross(k, &test, &question.train, args.lengths.lengths())?.matrix())
        };
        let own = Gram::diagonal(&kernels.nngp, &test, args.lengths.lengths())?;
        let prior = kernels.ntk.is_some().then(|| cross(&kernels.nngp));
        let seen = posterior.foreseen(
            &cross(kernels.trained())?,
            &own,
            prior.transpose()?.as_ref(),
        )?;
        data::written(out, predictions(&names, &seen))?;
        answer.new = Some(New {
            rows: test.len(),
            deviations: root_mean(&seen.variances),
            variance_error: seen.variance_error,
            scores: truth.map(|t| seen.scores(&t)).transpose()?,
        });
    }
    answer.read = read;
    answer.tried = tried;
    Ok(answer)
}

fn root_mean(variances: &Matrix) -> Vec<f64> {
    let of = |j: usize| {
        let sum: f64 = (0..variances.rows).map(|i| variances.row(i)[j]).sum();
        (sum / variances.rows as f64).sqrt()
    };
    (0..variances.columns).map(of).collect()
}

/// The table of predictions.
fn predictions(names: &[String], seen: &Foreseen) -> String {
    let quoted = |text: String| format!("\"{}\"", text.replace('"', "\"\""));
    let heads: Vec<String> = names
        .iter()
        .flat_map(|n| {
            ["mean", "deviation", "deviation with noise"].map(|w| quoted(format!("{w} {n}")))
        })
        .collect();
    let mut lines = vec![heads.join(",")];
    for i in 0..seen.means.rows {
        let cells: Vec<String> = (0..names.len())
            .flat_map(|j| {
                let v = seen.variances.row(i)[j];
                [seen.means.row(i)[j], v.sqrt(), (v + seen.noise[j]).sqrt()]
            })
            .map(|x| format!("{x:?}"))
            .collect();
        lines.push(cells.join(","));
    }
    lines.join("\n") + "\n"
}
