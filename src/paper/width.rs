//! Finite width: a layer of random units against the dual, tangent kernels at initialisation against their limit.

use rand_distr::{Distribution, StandardNormal};

use super::claim::{Answer, Measured};
use super::laboratory::Laboratory;
use super::parameters::{Parameters, unknown};
use crate::activation::{Expr, Tape};
use crate::classifier::certain::dual_of;
use crate::classifier::generator;
use crate::error::{Error, Result};
use crate::gram::Matrix;
use crate::kernel::{Depth, Kind};
use crate::network::{FiniteArchitecture, FiniteNetwork};
use crate::quadrature::expect;
use crate::real::Value;

/// Wider networks are no closer to a square root than these.
const WIDTH_MAX: u64 = 8192;

/// `E phi(Z)^2`
fn second_moment(lab: &Laboratory, phi: &Expr) -> Result<f64> {
    let square = expect(&(phi.clone() * phi.clone()), 17, lab.deadline())?;
    match square.value {
        Value::Finite { midpoint, .. } if midpoint > 0 => Ok(midpoint.to_f64()),
        _ => Err(Error::Domain(format!(
            "`{phi}` has no second moment but 0 or infinity"
        ))),
    }
}

/// `(1/m) sum_r phi(u_r) phi(v_r)` of `m` units with the correlation `rho`, or the same of `phi'`, against
/// `E phi(u) phi(v)`: the distance over the standard error of the mean.
pub(super) fn monte_carlo(lab: &Laboratory, p: &Parameters) -> Answer {
    let phi = p.activation("activation")?;
    let rho = p.correlation("rho")?.to_f64();
    let units = p.whole("units")?;
    if !(100..=1_000_000_000).contains(&units) {
        return Err(Error::Domain("from 100 to 10^9 units are wanted".into()));
    }
    let dual = dual_of::<f64>(&phi, 53)?;
    let square = second_moment(lab, &phi)?;
    let (function, exact) = match p.text("name")? {
        "dual" => (phi, dual.at(&rho)),
        "slope" => (phi.derivative(), dual.slope_at(&rho)),
        other => return Err(unknown("name", other, &["dual", "slope"])),
    };
    let exact = exact * square;
    let tape = Tape::<f64>::new(&[function], 53);
    let mut stream = generator(p.whole_or("seed", 1)?);
    let across = ((1.0 - rho) * (1.0 + rho)).sqrt();
    // Welford: mean and sum of squares in one pass
    let (mut mean, mut squares) = (0.0, 0.0);
    for k in 0..units {
        if k % 65_536 == 0 {
            lab.deadline().check("the random units")?;
        }
        let a: f64 = StandardNormal.sample(&mut stream);
        let b: f64 = StandardNormal.sample(&mut stream);
        let x = tape.at_one(&a) * tape.at_one(&(rho * a + across * b));
        let off = x - mean;
        mean += off / (k + 1) as f64;
        squares += off * (x - mean);
    }
    let n = units as f64;
    let error = (squares / (n * (n - 1.0))).sqrt();
    let far = (mean - exact).abs() / error;
    let note = format!("{units} units: {mean:.6}, standard error {error:.6}; exactly {exact:.6}");
    // the standard error is itself known to 1/sqrt(2 n) of it
    Ok((Measured::estimate(far, far * (2.0 / n).sqrt()), vec![note]))
}

/// The root mean square of `T_emp/T_L - 1` over networks, and how many there were.
fn deviation(lab: &Laboratory, p: &Parameters, width: u64) -> Result<(f64, f64)> {
    let rho = p.correlation("rho")?.to_f64();
    let (depth, seeds) = (p.whole("depth")?, p.whole_or("seeds", 20)?);
    if !(2..=100_000).contains(&seeds) || !(1..=100).contains(&depth) {
        return Err(Error::Domain(
            "from 2 to 100000 seeds and from 1 to 100 layers are wanted".into(),
        ));
    }
    if !(1..=WIDTH_MAX).contains(&width) {
        return Err(Error::Domain(format!(
            "a width from 1 to {WIDTH_MAX} is wanted"
        )));
    }
    let phi = p.activation("activation")?;
    let limit = lab.kernel(&phi, Depth::Layers(depth), Kind::Ntk)?.at(rho);
    let architecture =
        FiniteArchitecture::normalised(&phi, depth as usize, width as usize, lab.deadline())?;
    let inputs = Matrix {
        rows: 2,
        columns: 2,
        values: vec![1.0, 0.0, rho, ((1.0 - rho) * (1.0 + rho)).sqrt()],
    };
    let mut sum = 0.0;
    for seed in 1..=seeds {
        lab.deadline().check("the networks")?;
        let network = FiniteNetwork::sampled(&architecture, inputs.columns, seed)?;
        let tangent = network.kernels(&inputs)?.ntk.row(0)[1];
        sum += (tangent / limit - 1.0).powi(2);
    }
    Ok(((sum / seeds as f64).sqrt(), seeds as f64))
}

pub(super) fn empirical(lab: &Laboratory, p: &Parameters) -> Answer {
    let width = p.whole("width")?;
    let (rms, n) = deviation(lab, p, width)?;
    // the standard error of a root mean square of normal variables
    let error = rms / (2.0 * n).sqrt();
    let note = format!("{n} networks of width {width}: {rms:.5}, standard error {error:.5}");
    Ok((Measured::estimate(rms, 2.0 * error), vec![note]))
}

/// The slope of `log rms` over `log width`, least squares.
pub(super) fn order(lab: &Laboratory, p: &Parameters) -> Answer {
    let widths = p.wholes("widths")?;
    if widths.len() < 3 {
        return Err(Error::Domain("three widths or more are wanted".into()));
    }
    let (mut points, mut seeds) = (Vec::new(), 0.0);
    for width in &widths {
        let (rms, n) = deviation(lab, p, *width)?;
        points.push(((*width as f64).ln(), rms.ln()));
        seeds = n;
    }
    let n = points.len() as f64;
    let x = points.iter().map(|q| q.0).sum::<f64>() / n;
    let y = points.iter().map(|q| q.1).sum::<f64>() / n;
    let across: f64 = points.iter().map(|q| (q.0 - x).powi(2)).sum();
    let slope = points.iter().map(|q| (q.0 - x) * (q.1 - y)).sum::<f64>() / across;
    // each logarithm is known to 1/sqrt(2 seeds)
    let error = (1.0 / (2.0 * seeds * across)).sqrt();
    let of: Vec<String> = points.iter().map(|q| format!("{:.4}", q.1.exp())).collect();
    let note = format!(
        "widths {widths:?}, {seeds} networks each: root mean squares {}; power {slope:.3}, standard error {error:.3}",
        of.join(", ")
    );
    Ok((Measured::estimate(slope, 2.0 * error), vec![note]))
}
