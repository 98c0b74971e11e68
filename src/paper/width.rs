//! Finite width: a layer of random units against the dual, tangent kernels at initialisation against their limit.

use rand_distr::{Distribution, StandardNormal};

use super::laboratory::{Laboratory, unknown};
use super::measures::Answer;
use super::parameters::Parameters;
use super::standings::estimate;
use crate::activation::{Expr, Tape};
use crate::classifier::generator;
use crate::dual::closed_form;
use crate::error::{Error, Result};
use crate::kernel::{Depth, Kind};
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
    let dual = closed_form::<f64>(&phi, 53)
        .ok_or_else(|| Error::Unresolved("the dual has no closed form that is known".into()))?;
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
    Ok((estimate(far, far * (2.0 / n).sqrt()), vec![note]))
}

/// A fully connected network `z^1 = W^1 x`, `z^(l+1) = s n^(-1/2) W^(l+1) phi(z^l)`, `f = z^(L+1)` with `s^2 = 1/E phi(Z)^2`, all
/// weights standard normal, drawn layer by layer from one stream.
struct Random {
    /// Row after row: two inputs, then `n`.
    layers: Vec<Vec<f64>>,
    read_out: Vec<f64>,
    /// `s n^(-1/2)`
    scale: f64,
    width: usize,
}

impl Random {
    fn new(depth: usize, width: usize, scale: f64, seed: u64) -> Self {
        let mut stream = generator(seed);
        let mut normals = |count| -> Vec<f64> {
            (0..count)
                .map(|_| StandardNormal.sample(&mut stream))
                .collect()
        };
        let of = |l: usize| if l == 0 { 2 * width } else { width * width };
        Random {
            layers: (0..depth).map(|l| normals(of(l))).collect(),
            read_out: normals(width),
            scale: scale / (width as f64).sqrt(),
            width,
        }
    }

    /// What enters every layer, and `df/dz` of every layer, the read-out's 1 included.
    fn pass(&self, tape: &Tape<f64>, x: &[f64]) -> [Vec<Vec<f64>>; 2] {
        let (mut signals, mut bends) = (vec![x.to_vec()], Vec::new());
        for w in &self.layers {
            let input = &signals[signals.len() - 1];
            let unit = |row: &[f64]| {
                let z = row.iter().zip(input).map(|(w, a)| w * a).sum::<f64>();
                let both = tape.at(&z);
                (self.scale * both[0], self.scale * both[1])
            };
            let (out, bend): (Vec<f64>, Vec<f64>) = w.chunks_exact(input.len()).map(unit).unzip();
            signals.push(out);
            bends.push(bend);
        }
        let mut slopes = vec![vec![1.0]];
        let mut back = self.read_out.clone();
        for (l, bend) in bends.iter().enumerate().rev() {
            let slope: Vec<f64> = back.iter().zip(bend).map(|(b, s)| b * s).collect();
            if l > 0 {
                back = vec![0.0; self.width];
                for (row, d) in self.layers[l].chunks_exact(self.width).zip(&slope) {
                    back.iter_mut().zip(row).for_each(|(b, w)| *b += w * d);
                }
            }
            slopes.push(slope);
        }
        slopes.reverse();
        [signals, slopes]
    }

    /// The tangent kernel: a sum over the layers of (inputs . inputs') (slopes . slopes').
    fn tangent(&self, tape: &Tape<f64>, x: &[f64], y: &[f64]) -> f64 {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let [a, d] = self.pass(tape, x);
        let [b, e] = self.pass(tape, y);
        (0..a.len())
            .map(|l| dot(&a[l], &b[l]) * dot(&d[l], &e[l]))
            .sum()
    }
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
    let limit = lab
        .kernel(p.text("activation")?, Depth::Layers(depth), Kind::Ntk)?
        .at(rho);
    let scale = (1.0 / second_moment(lab, &phi)?).sqrt();
    let tape = Tape::<f64>::new(&[phi.clone(), phi.derivative()], 53);
    let inputs = [[1.0, 0.0], [rho, ((1.0 - rho) * (1.0 + rho)).sqrt()]];
    let mut sum = 0.0;
    for seed in 1..=seeds {
        lab.deadline().check("the networks")?;
        let network = Random::new(depth as usize, width as usize, scale, seed);
        sum += (network.tangent(&tape, &inputs[0], &inputs[1]) / limit - 1.0).powi(2);
    }
    Ok(((sum / seeds as f64).sqrt(), seeds as f64))
}

pub(super) fn empirical(lab: &Laboratory, p: &Parameters) -> Answer {
    let width = p.whole("width")?;
    let (rms, n) = deviation(lab, p, width)?;
    // the standard error of a root mean square of normal variables
    let error = rms / (2.0 * n).sqrt();
    let note = format!("{n} networks of width {width}: {rms:.5}, standard error {error:.5}");
    Ok((estimate(rms, 2.0 * error), vec![note]))
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
    Ok((estimate(slope, 2.0 * error), vec![note]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tangent kernel against differences of the output with every weight moved.
    #[test]
    fn the_tangent_kernel_is_the_sum_over_the_weights() {
        let phi: Expr = "tanh".parse().unwrap();
        let tape = Tape::<f64>::new(&[phi.clone(), phi.derivative()], 53);
        let network = || Random::new(3, 5, 1.3, 4);
        let inputs = [[0.8, -0.3], [0.1, 1.1]];
        let output = |n: &Random, x: &[f64]| -> f64 {
            let [signals, _] = n.pass(&tape, x);
            n.read_out.iter().zip(&signals[3]).map(|(w, a)| w * a).sum()
        };
        let step = 1e-5;
        let mut sum = 0.0;
        let slope = |change: &dyn Fn(&mut Random, f64)| {
            inputs.map(|x| {
                let at = |h: f64| {
                    let mut n = network();
                    change(&mut n, h);
                    output(&n, &x)
                };
                (at(step) - at(-step)) / (2.0 * step)
            })
        };
        for l in 0..3 {
            for k in 0..network().layers[l].len() {
                let [a, b] = slope(&|n, h| n.layers[l][k] += h);
                sum += a * b;
            }
        }
        for k in 0..5 {
            let [a, b] = slope(&|n, h| n.read_out[k] += h);
            sum += a * b;
        }
        let exact = network().tangent(&tape, &inputs[0], &inputs[1]);
        // central differences: h^2 and 1e-16/h
        assert!((sum / exact - 1.0).abs() < 1e-7, "{sum} {exact}");
    }
}
