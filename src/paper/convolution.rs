//! Quantities of convolutional kernels: small images exactly, CIFAR-10 by kernel regression as in Arora et al. (2019).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::claim::{Answer, Measured};
use super::laboratory::Laboratory;
use super::parameters::{Parameter, Parameters, unknown};
use super::source::Part;
use crate::activation::Expr;
use crate::classifier::{Definite, Regression, labels, mean_and_error, one_hot};
use crate::cntk::{Architecture, Cntk, Readout};
use crate::error::{Error, Result};
use crate::gram::Matrix;
use crate::image::{Images, Standardisation, standard};
use crate::kernel::{Depth, Kind};

/// Test images whose kernels are held at a time.
const BAND: usize = 250;

fn readout(text: &str) -> Result<Readout> {
    match text {
        "vanilla" => Ok(Readout::Vanilla),
        "gap" => Ok(Readout::Gap),
        other => Err(unknown("read-out", other, &["vanilla", "gap"])),
    }
}

fn activation(p: &Parameters) -> Result<Expr> {
    if p.has("activation") {
        p.activation("activation")
    } else {
        Expr::parse("relu")
    }
}

/// An image as a text: numbers of a row, rows after `;`, channels after `|`.
fn picture(p: &Parameters, name: &str) -> Result<Images> {
    let bad = || {
        Error::Domain(format!(
            "the parameter `{name}` must be an image: numbers, rows after `;`, channels after `|`, all of one size"
        ))
    };
    let channels: Vec<Vec<Vec<f64>>> = p
        .text(name)?
        .split('|')
        .map(|channel| {
            let row = |row: &str| {
                row.split_whitespace()
                    .map(|x| x.parse().map_err(|_| bad()))
                    .collect()
            };
            channel.split(';').map(row).collect()
        })
        .collect::<Result<_>>()?;
    let (c, h, w) = (channels.len(), channels[0].len(), channels[0][0].len());
    if channels
        .iter()
        .any(|k| k.len() != h || k.iter().any(|r| r.len() != w))
    {
        return Err(bad());
    }
    let mut pixels = Vec::new();
    for i in 0..h {
        for j in 0..w {
            pixels.extend(channels.iter().map(|k| k[i][j]));
        }
    }
    Images::new([h, w, c], pixels, vec![]).map_err(|_| bad())
}

fn kernel_of_two(p: &Parameters, x: &Images, y: &Images, mut network: Architecture) -> Result<f64> {
    if x.shape() != y.shape() {
        return Err(Error::Domain("the two images must have one size".into()));
    }
    if p.has("fixed") && p.whole("fixed")? == 1 {
        (network.first_trained, network.last_trained) = (false, false);
    }
    let kernel = Cntk::<f64>::new(&network, x.shape())?;
    let (a, b) = (kernel.profile(x.image(0))?, kernel.profile(y.image(0))?);
    Ok(kernel.pair(&a, &b)?[0])
}

fn layers(p: &Parameters) -> Result<usize> {
    Ok(p.whole("layers")?.try_into().unwrap_or(usize::MAX))
}

pub(super) fn pair(_: &Laboratory, p: &Parameters) -> Answer {
    let (x, y) = (picture(p, "image")?, picture(p, "with")?);
    let network = Architecture::new(&activation(p)?, &[layers(p)?], readout(p.text("readout")?)?)?;
    let value = kernel_of_two(p, &x, &y, network)?;
    // what the room promises
    let note = "in doubles; a relative error of 1e-12 is allowed for".to_owned();
    Ok((Measured::estimate(value, 1e-12 * value.abs()), vec![note]))
}

pub(super) fn over_ntk(lab: &Laboratory, p: &Parameters) -> Answer {
    let (x, y) = (picture(p, "image")?, picture(p, "with")?);
    if x.shape()[..2] != [1, 1] {
        return Err(Error::Domain("images of one pixel are wanted".into()));
    }
    let count = layers(p)?;
    let mut network = Architecture::new(&activation(p)?, &[count], Readout::Gap)?;
    network.filter = 1;
    let value = kernel_of_two(p, &x, &y, network)?;
    let product = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let (a, b) = (x.image(0), y.image(0));
    let lengths = (product(a, a) * product(b, b)).sqrt();
    let kernel = lab.kernel(&activation(p)?, Depth::Layers(count as u64), Kind::Ntk)?;
    let rho = product(a, b) / lengths;
    let ratio = value / (lengths * kernel.at(rho));
    Ok((
        Measured::estimate(ratio, 2e-12),
        vec![format!("correlation {rho}; both kernels in doubles")],
    ))
}

/// Which test images got their own label, by number of layers.
pub(super) struct Hits {
    by_layers: BTreeMap<usize, Vec<bool>>,
}

/// What is asked for, as one text: the key of what is kept.
fn experiment(p: &Parameters) -> Result<String> {
    let or = |name: &str, default: &str| match p.has(name) {
        true => p.text(name).map(str::to_owned),
        false => Ok(default.to_owned()),
    };
    Ok(format!(
        "{} {:?} {} {} {} {} {}",
        p.text("readout")?,
        pass(p)?,
        p.whole("train")?,
        p.whole("test")?,
        p.whole_or("skip", 0)?,
        or("preprocess", "standard")?,
        or("activation", "relu")?
    ))
}

/// The numbers of layers that are computed together.
fn pass(p: &Parameters) -> Result<Vec<usize>> {
    let mut all: Vec<usize> = match p.has("pass") {
        true => p
            .wholes("pass")?
            .iter()
            .map(|l| usize::try_from(*l).unwrap_or(usize::MAX))
            .collect(),
        false => Vec::new(),
    };
    let own = layers(p)?;
    if !all.contains(&own) {
        all = vec![own];
    }
    Ok(all)
}

fn answers(lab: &Laboratory, p: &Parameters) -> Result<Arc<Hits>> {
    lab.once(&experiment(p)?, || {
        let [train, test] = preprocessed(lab, p)?;
        let all = pass(p)?;
        let network = Architecture::new(&activation(p)?, &all, readout(p.text("readout")?)?)?;
        let kernel = Cntk::<f32>::new(&network, train.shape())?;
        let in_time = || lab.deadline().check("the kernels of the images");
        let go = |_| in_time().is_ok();
        // the deadline has come, and stays
        let stopped = || {
            in_time()
                .err()
                .unwrap_or_else(|| Error::Unresolved("the kernels of the images".to_owned()))
        };
        let own = kernel.gram(&train, &go)?.ok_or_else(stopped)?;
        let known: Vec<usize> = train.labels().iter().map(|l| usize::from(*l)).collect();
        let targets = one_hot(&known, 10)?;
        let definite = Definite::Beyond(Cntk::<f32>::rounding());
        let regressions: Vec<Regression> = own
            .values
            .into_iter()
            .map(|k| Regression::new(&Matrix::new(train.len(), k)?, &targets, 0.0, definite))
            .collect::<Result<_>>()?;
        let mut hits: BTreeMap<usize, Vec<bool>> = BTreeMap::new();
        for from in (0..test.len()).step_by(BAND) {
            let part = test.part(from, BAND.min(test.len() - from))?;
            let cross = kernel.block(&part, &train, &go)?.ok_or_else(stopped)?;
            for ((l, regression), k) in all.iter().zip(&regressions).zip(cross.values) {
                let found = labels(&regression.predictions(&Matrix::new(train.len(), k)?)?);
                let truth = part.labels().iter().map(|l| usize::from(*l));
                let right = found.into_iter().zip(truth).map(|(a, b)| a == b);
                hits.entry(*l).or_default().extend(right);
            }
        }
        Ok(Hits { by_layers: hits })
    })
}

/// Training and test images.
fn preprocessed(lab: &Laboratory, p: &Parameters) -> Result<[Images; 2]> {
    let size = |name: &str| Ok::<_, Error>(usize::try_from(p.whole(name)?).unwrap_or(usize::MAX));
    let source = lab.source()?;
    let skip = usize::try_from(p.whole_or("skip", 0)?).unwrap_or(usize::MAX);
    let mut train = source.cifar(Part::Train)?.part(skip, size("train")?)?;
    let mut test = source.cifar(Part::Test)?.part(0, size("test")?)?;
    if train.is_empty() || test.is_empty() {
        return Err(Error::Domain("no images are asked for".into()));
    }
    match if p.has("preprocess") {
        p.text("preprocess")?
    } else {
        "standard"
    } {
        "standard" => {
            let standard = Standardisation::of(&train)?;
            standard.apply(&mut train)?;
            standard.apply(&mut test)?;
        }
        "norm-one" => {
            standard::scale_pixels_to_norm_one(&mut train);
            standard::scale_pixels_to_norm_one(&mut test);
        }
        "none" => {}
        other => {
            return Err(unknown(
                "preprocessing",
                other,
                &["standard", "norm-one", "none"],
            ));
        }
    }
    Ok([train, test])
}

/// Right answers as numbers.
fn right(lab: &Laboratory, p: &Parameters) -> Result<Vec<f64>> {
    let found = answers(lab, p)?;
    let hits = found.by_layers.get(&layers(p)?);
    let hits = hits.ok_or_else(|| Error::Unresolved("this depth was not computed".into()))?;
    Ok(hits.iter().map(|h| f64::from(u8::from(*h))).collect())
}

/// All test images: then the table's accuracy and this one are of the same images, and it is a count without an error.
const ALL: usize = 10_000;

pub(super) fn accuracy(lab: &Laboratory, p: &Parameters) -> Answer {
    let hits = right(lab, p)?;
    let (mean, error) = mean_and_error(&hits);
    let (mean, error) = (100.0 * mean, 100.0 * error);
    let radius = if hits.len() == ALL { 0.0 } else { 2.0 * error };
    let mut notes = vec![format!(
        "{mean:.2} %, binomial standard error {error:.2}, of {} test images",
        hits.len()
    )];
    if hits.len() == ALL {
        notes.push(
            "all test images, those of the table: the number is a count and has no error here"
                .into(),
        );
    }
    Ok((Measured::estimate(mean, radius), notes))
}

pub(super) fn spread(lab: &Laboratory, p: &Parameters) -> Answer {
    let draws = p.whole("draws")?;
    if !(2..=20).contains(&draws) {
        return Err(Error::Domain("from 2 to 20 draws are wanted".into()));
    }
    let train = p.whole("train")?;
    let mut means = Vec::new();
    for k in 0..draws {
        let skip = i64::try_from(k.saturating_mul(train)).unwrap_or(i64::MAX);
        let one = p.replaced("skip", Parameter::Integer(skip));
        means.push(100.0 * mean_and_error(&right(lab, &one)?).0);
    }
    let (mean, error) = mean_and_error(&means);
    let n = draws as f64;
    let deviation = error * n.sqrt();
    // the standard error of a standard deviation of normal variables
    let own = deviation / (2.0 * (n - 1.0)).sqrt();
    let note = format!(
        "accuracies {means:.2?}: mean {mean:.2}, standard deviation {deviation:.2}, standard error {own:.2}"
    );
    Ok((Measured::estimate(deviation, 2.0 * own), vec![note]))
}

/// `name = value` changes one parameter.
fn changed(p: &Parameters) -> Result<Parameters> {
    let text = p.text("over")?;
    let known = [
        "readout",
        "layers",
        "train",
        "skip",
        "preprocess",
        "activation",
    ];
    match text.split_once('=').map(|(n, v)| (n.trim(), v.trim())) {
        Some((name, value)) if known.contains(&name) => {
            Ok(p.replaced(name, Parameter::Text(value.to_owned())))
        }
        _ => Err(Error::Domain(format!(
            "`over` is `name = value` with a name of {}; `{text}` is not",
            known.join(", ")
        ))),
    }
}

pub(super) fn lead(lab: &Laboratory, p: &Parameters) -> Answer {
    let other = changed(p)?;
    let (a, b) = (right(lab, p)?, right(lab, &other)?);
    let pairs: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 100.0 * (a - b)).collect();
    let (mean, error) = mean_and_error(&pairs);
    let both = [&a, &b].map(|x| 100.0 * mean_and_error(x).0);
    let note = format!(
        "{:.2} % against {:.2} %: {mean:.2}, standard error {error:.2}, {} test images",
        both[0],
        both[1],
        pairs.len()
    );
    let found = Measured::estimate(mean, 2.0 * error);
    Ok((found, vec![note]))
}
