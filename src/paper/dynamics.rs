//! Quantities of training: networks of finite width against their linearisation and the ensemble of infinite width.
//!
//! Training points divide the upper half of the unit circle evenly, the target is `x_1 x_2` (Jacot, Gabriel and Hongler
//! 2018, section 6), the test point lies at the angle 1. Gradient descent with a quarter of the critical rate of the limit
//! kernel; seeds 1, 2, ...

use rayon::prelude::*;

use super::claim::{Answer, Measured};
use super::laboratory::Laboratory;
use super::parameters::Parameters;
use crate::activation::Expr;
use crate::classifier::{Dynamics, Prior, Time, mean_and_error};
use crate::error::{Error, Result};
use crate::gram::Matrix;
use crate::kernel::{Depth, Kernel, Kind};
use crate::network::{FiniteArchitecture, FiniteNetwork};

/// The angle of the test point.
const TEST: f64 = 1.0;
/// Of the critical rate.
const SHARE: f64 = 0.25;

fn circle(angles: &[f64]) -> Matrix {
    Matrix {
        rows: angles.len(),
        columns: 2,
        values: angles.iter().flat_map(|g| [g.cos(), g.sin()]).collect(),
    }
}

/// The training set, and both limit kernels on it.
struct Setting {
    activation: Expr,
    depth: u64,
    inputs: Matrix,
    targets: Matrix,
    test: Matrix,
    rate: f64,
    /// NNGP and NTK: among training points, and of the test point with them.
    kernels: [(Matrix, Matrix); 2],
    own: f64,
}

impl Setting {
    fn new(lab: &Laboratory, p: &Parameters) -> Result<Setting> {
        let (points, depth) = (p.whole("points")?, p.whole("depth")?);
        if !(2..=64).contains(&points) || !(1..=16).contains(&depth) {
            return Err(Error::Domain(
                "from 2 to 64 points and from 1 to 16 layers are wanted".into(),
            ));
        }
        let activation = p.activation("activation")?;
        let angle = |i: u64| std::f64::consts::PI * (i as f64 + 0.5) / points as f64;
        let angles: Vec<f64> = (0..points).map(angle).collect();
        let target = |g: &f64| g.cos() * g.sin();
        let kernel = |kind| Kernel::new(&activation, Depth::Layers(depth), kind, lab.deadline());
        let (nngp, ntk) = (kernel(Kind::Nngp)?, kernel(Kind::Ntk)?);
        let own = nngp.diagonal();
        let between = |k: &Kernel, rows: &[f64]| {
            let at = |(a, b): (&f64, &f64)| k.at_gap(2.0 * ((a - b) / 2.0).sin().powi(2));
            let pairs = rows.iter().flat_map(|a| angles.iter().map(move |b| (a, b)));
            Matrix {
                rows: rows.len(),
                columns: angles.len(),
                values: pairs.map(at).collect(),
            }
        };
        let kernels = [&nngp, &ntk].map(|k| (between(k, &angles), between(k, &[TEST])));
        let rate = SHARE * Dynamics::new(&kernels[1].0, 1.0, 0.0)?.critical_rate();
        Ok(Setting {
            depth,
            inputs: circle(&angles),
            targets: Matrix {
                rows: angles.len(),
                columns: 1,
                values: angles.iter().map(target).collect(),
            },
            test: circle(&[TEST]),
            rate,
            kernels,
            own,
            activation,
        })
    }

    /// Mean and variance of the ensemble of infinite width; which kernel is trained with.
    fn limit(&self, trained: usize, time: Time) -> Result<(f64, f64)> {
        let (theta, cross) = &self.kernels[trained];
        let flow = Dynamics::new(theta, self.rate, 0.0)?;
        let (gram, own_cross) = &self.kernels[0];
        let prior = Prior {
            gram,
            cross: own_cross,
        };
        let mean = flow.mean(cross, &self.targets, time)?.values[0];
        Ok((mean, flow.variances(cross, prior, &[self.own], time)?[0].0))
    }

    /// Something of so many trained networks of this width.
    fn networks<T: Send>(
        &self,
        lab: &Laboratory,
        width: u64,
        count: u64,
        of: impl Fn(FiniteNetwork) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        if !(2..=100_000).contains(&count) {
            return Err(Error::Domain("from 2 to 100000 networks are wanted".into()));
        }
        let width = usize::try_from(width).unwrap_or(usize::MAX);
        let architecture = FiniteArchitecture::normalised(
            &self.activation,
            self.depth as usize,
            width,
            lab.deadline(),
        )?;
        (1..=count)
            .into_par_iter()
            .map(|seed| {
                lab.deadline().check("the training of networks")?;
                of(FiniteNetwork::sampled(&architecture, 2, seed)?)
            })
            .collect()
    }

    fn trained(&self, network: &mut FiniteNetwork, steps: u64) -> Result<()> {
        network.descend(
            &self.inputs,
            &self.targets.values,
            self.rate,
            steps,
            |_, _| true,
        )?;
        Ok(())
    }
}

/// The exponent `a` with which the root of the mean square falls like `width^-a` between two widths.
fn order(
    lab: &Laboratory,
    p: &Parameters,
    what: &str,
    square: impl Fn(&Setting, FiniteNetwork, u64) -> Result<f64> + Sync,
) -> Answer {
    let setting = Setting::new(lab, p)?;
    let (steps, count) = (p.whole("steps")?, p.whole("networks")?);
    let widths = p.wholes("widths")?;
    let &[narrow, wide] = widths.as_slice() else {
        return Err(Error::Domain("two widths are wanted".into()));
    };
    if narrow == 0 || wide <= narrow {
        return Err(Error::Domain("the second width must be larger".into()));
    }
    let of = |width| -> Result<(f64, f64)> {
        let all = setting.networks(lab, width, count, |f| square(&setting, f, steps))?;
        Ok(mean_and_error(&all))
    };
    let (a, b) = (of(narrow)?, of(wide)?);
    let scale = (wide as f64 / narrow as f64).ln();
    let exponent = (a.0 / b.0).ln() / 2.0 / scale;
    // relative errors of mean squares add as squares; the root halves them
    let error = (a.1 / a.0).hypot(b.1 / b.0) / 2.0 / scale;
    let note = format!(
        "{what}: root mean square {:.3e} at width {narrow}, {:.3e} at width {wide}, {count} networks each; twice the standard error",
        a.0.sqrt(),
        b.0.sqrt()
    );
    Ok((Measured::within(exponent, 2.0 * error), vec![note]))
}

pub(super) fn linearisation_order(lab: &Laboratory, p: &Parameters) -> Answer {
    order(
        lab,
        p,
        "distance from the linearised network",
        |s, mut f, steps| {
            let time = Time::Steps(steps);
            let line = f.linearised(&s.inputs, &s.targets.values, &s.test, s.rate, time)?;
            s.trained(&mut f, steps)?;
            Ok((f.outputs(&s.test)?[0] - line[0]).powi(2))
        },
    )
}

pub(super) fn ntk_change_order(lab: &Laboratory, p: &Parameters) -> Answer {
    order(
        lab,
        p,
        "relative change of the tangent kernel",
        |s, mut f, steps| {
            let before = f.kernels(&s.inputs)?.ntk;
            s.trained(&mut f, steps)?;
            let after = f.kernels(&s.inputs)?.ntk;
            let pairs = before.values.iter().zip(&after.values);
            let change: f64 = pairs.map(|(a, b)| (a - b).powi(2)).sum();
            Ok(change / before.values.iter().map(|a| a * a).sum::<f64>())
        },
    )
}

/// Outputs of trained networks at the test point, and what the limit says.
fn ensemble(lab: &Laboratory, p: &Parameters) -> Result<(Vec<f64>, (f64, f64))> {
    let s = Setting::new(lab, p)?;
    let (steps, count) = (p.whole("steps")?, p.whole("networks")?);
    let outputs = s.networks(lab, p.whole("width")?, count, |mut f| {
        s.trained(&mut f, steps)?;
        Ok(f.outputs(&s.test)?[0])
    })?;
    Ok((outputs, s.limit(1, Time::Steps(steps))?))
}

pub(super) fn ensemble_mean(lab: &Laboratory, p: &Parameters) -> Answer {
    let (outputs, (mu, variance)) = ensemble(lab, p)?;
    let (mean, error) = mean_and_error(&outputs);
    let note = format!(
        "mean {mean:.5} of {} networks, standard error {error:.5}; mu_t = {mu:.5}, Sigma_t = {variance:.5}",
        outputs.len()
    );
    Ok((
        Measured::within((mean - mu) / variance.sqrt(), 2.0 * error / variance.sqrt()),
        vec![note, "twice the standard error".into()],
    ))
}

pub(super) fn ensemble_variance(lab: &Laboratory, p: &Parameters) -> Answer {
    let (outputs, (_, variance)) = ensemble(lab, p)?;
    let (mean, _) = mean_and_error(&outputs);
    let squares: Vec<f64> = outputs.iter().map(|f| (f - mean).powi(2)).collect();
    let (square, error) = mean_and_error(&squares);
    let note = format!(
        "variance {square:.5} of {} networks, standard error {error:.5}; Sigma_t = {variance:.5}",
        outputs.len()
    );
    Ok((
        Measured::within(square / variance, 2.0 * error / variance),
        vec![note, "twice the standard error".into()],
    ))
}

pub(super) fn variance_ratio(lab: &Laboratory, p: &Parameters) -> Answer {
    let s = Setting::new(lab, p)?;
    let (_, ntk) = s.limit(1, Time::Infinite)?;
    let (_, nngp) = s.limit(0, Time::Infinite)?;
    let note = format!("Sigma_inf = {ntk:.6} (all layers trained), {nngp:.6} (the last layer)");
    // doubles, and the condition of the kernels of a few points
    Ok((
        Measured::within(ntk / nngp, 1e-6 * (ntk / nngp)),
        vec![note],
    ))
}
