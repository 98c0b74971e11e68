//! Where the evidence is largest: BFGS between bounds.
//!
//! The bounds are kept by `log x = middle + half sin u`: inside of them the map has a slope, at an end it has none, so that a maximum
//! at an end is a maximum in `u`. The search is the quasi-Newton one of Broyden, Fletcher, Goldfarb and Shanno (Nocedal and Wright 2006,
//! algorithm 6.1) with steps that are halved until the evidence grows enough (Armijo).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardUniform};

use super::processes::{Processes, Scales};
use crate::error::{Error, Result};

/// A step that would gain less than this, relatively, ends the search.
const GAIN: f64 = 1e-9;

/// Between what the evidence is maximised: each of the three where there are bounds, the others stay.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds {
    /// Of the weights' standard deviation.
    pub sigma_w: Option<[f64; 2]>,
    /// Of the biases'.
    pub sigma_b: Option<[f64; 2]>,
    /// Of the ridge.
    pub ridge: Option<[f64; 2]>,
}

/// How one start ended.
#[derive(Clone, Copy, Debug)]
pub struct Climb {
    /// Where it began.
    pub from: Scales,
    /// Where it ended.
    pub to: Scales,
    /// The evidence there.
    pub evidence: f64,
    /// Its derivatives by the logarithms there.
    pub slopes: [f64; 3],
    /// So many steps.
    pub steps: usize,
    /// Nothing more was to be gained; otherwise the steps were used up.
    pub settled: bool,
}

/// The largest evidence that was found. That there is no larger one elsewhere is not proved.
#[derive(Clone, Debug)]
pub struct Maximum {
    /// The best of the starts.
    pub best: Climb,
    /// `sigma_w`, `sigma_b`, the ridge: is it at an end of its bounds?
    pub at_end: [bool; 3],
    /// All starts, the given one first.
    pub climbs: Vec<Climb>,
    /// Starts where the kernel could not be had, with the reason.
    pub failed: Vec<(Scales, Error)>,
}

/// The free logarithms between their bounds.
struct Space {
    which: Vec<usize>,
    middle: Vec<f64>,
    half: Vec<f64>,
    fixed: Scales,
}

impl Space {
    fn new(bounds: Bounds, fixed: Scales) -> Result<Space> {
        let mut out = Space {
            which: vec![],
            middle: vec![],
            half: vec![],
            fixed,
        };
        let all = [
            ("sigma_w", bounds.sigma_w),
            ("sigma_b", bounds.sigma_b),
            ("the ridge", bounds.ridge),
        ];
        for (k, (name, ends)) in all.into_iter().enumerate() {
            let Some([low, high]) = ends else { continue };
            if !(low > 0.0 && low < high && high.is_finite()) {
                return Err(Error::Domain(format!(
                    "{name} is looked for between two positive numbers, the smaller first: {low} and {high} are not"
                )));
            }
            out.which.push(k);
            out.middle.push((low.ln() + high.ln()) / 2.0);
            out.half.push((high.ln() - low.ln()) / 2.0);
        }
        match out.which.is_empty() {
            true => Err(Error::Domain(
                "nothing is free: there is no maximum to look for".to_owned(),
            )),
            false => Ok(out),
        }
    }

    fn scales(&self, u: &[f64]) -> Scales {
        let mut out = self.fixed;
        for (j, which) in self.which.iter().enumerate() {
            let x = (self.middle[j] + self.half[j] * u[j].sin()).exp();
            match which {
                0 => out.sigma_w = Some(x),
                1 => out.sigma_b = Some(x),
                _ => out.ridge = x,
            }
        }
        out
    }

    /// Of scales, where those are inside; the middle for what is not there.
    fn place(&self, at: Scales) -> Vec<f64> {
        let values = [at.sigma_w, at.sigma_b, Some(at.ridge)];
        let of = |(j, which): (usize, &usize)| {
            let x = values[*which].filter(|x| *x > 0.0);
            // an end has no slope: a start is inside
            let sine = x.map_or(0.0, |x| (x.ln() - self.middle[j]) / self.half[j]);
            sine.clamp(-0.9, 0.9).asin()
        };
        self.which.iter().enumerate().map(of).collect()
    }

    fn chained(&self, u: &[f64], slopes: [f64; 3]) -> Vec<f64> {
        let of = |(j, which): (usize, &usize)| slopes[*which] * self.half[j] * u[j].cos();
        self.which.iter().enumerate().map(of).collect()
    }
}

impl Processes<'_> {
    /// The largest evidence between these bounds, from `first` and from `starts - 1` places that are drawn with `seed`; `watch` is told
    /// how many steps there were and the largest evidence so far, and says whether to go on.
    ///
    /// # Errors
    /// [`Error::Domain`] for bounds that are none, or nothing free; that of the first start where none has a kernel.
    pub fn maximum(
        &self,
        first: Scales,
        bounds: Bounds,
        (starts, seed): (usize, u64),
        mut watch: impl FnMut(usize, f64) -> bool,
    ) -> Result<Maximum> {
        let space = Space::new(bounds, first)?;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut uniform = || -> f64 { StandardUniform.sample(&mut random) };
        let mut places = vec![space.place(first)];
        for _ in 1..starts.max(1) {
            let u = space.which.iter().map(|_| (1.8 * uniform() - 0.9).asin());
            places.push(u.collect());
        }
        let (mut climbs, mut failed): (Vec<Climb>, _) = (vec![], vec![]);
        let (mut steps, mut top) = (0, f64::NEG_INFINITY);
        for u in places {
            let from = space.scales(&u);
            let climbed = self.climb(&space, u, |evidence| {
                steps += 1;
                top = top.max(evidence);
                watch(steps, top)
            });
            match climbed {
                Ok(climb) => climbs.push(climb),
                Err(e) => failed.push((from, e)),
            }
        }
        let best = climbs
            .iter()
            .copied()
            .reduce(|a, b| if b.evidence > a.evidence { b } else { a });
        let Some(best) = best else {
            let first = failed.into_iter().next().map(|(_, e)| e);
            return Err(first.unwrap_or_else(|| Error::Domain("there is no start".to_owned())));
        };
        let mut at_end = [false; 3];
        for (j, which) in space.which.iter().enumerate() {
            let from_middle = values(best.to)[*which].ln() - space.middle[j];
            at_end[*which] = from_middle.abs() > 0.99 * space.half[j];
        }
        Ok(Maximum {
            best,
            at_end,
            climbs,
            failed,
        })
    }

    fn climb(
        &self,
        space: &Space,
        mut u: Vec<f64>,
        mut watch: impl FnMut(f64) -> bool,
    ) -> Result<Climb> {
        /// So many steps are a hundred times those of a quadratic function of three variables.
        const STEPS: usize = 100;
        let from = space.scales(&u);
        let (mut value, mut slopes) = self.slopes(from)?;
        let mut g = space.chained(&u, slopes);
        let d = u.len();
        let mut h: Vec<Vec<f64>> = identity(d, first_step(&g));
        let (mut steps, mut settled) = (0, false);
        while steps < STEPS && watch(value) {
            let mut p: Vec<f64> = h.iter().map(|row| dot(row, &g)).collect();
            if dot(&p, &g) <= 0.0 {
                h = identity(d, first_step(&g));
                p = h.iter().map(|row| dot(row, &g)).collect();
            }
            // half a period of the sine is all there is
            let longest = p.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            let mut t = if longest > 1.0 { 1.0 / longest } else { 1.0 };
            let rise = dot(&p, &g);
            if rise * t <= GAIN * (1.0 + value.abs()) {
                settled = true;
                break;
            }
            let found = loop {
                let next: Vec<f64> = u.iter().zip(&p).map(|(u, p)| u + t * p).collect();
                // where there is no kernel there is no evidence
                let there = self.posterior(space.scales(&next));
                let there = there.map(|(p, _)| p.evidence().iter().sum::<f64>());
                if let Ok(x) = there
                    && x >= value + 1e-4 * t * rise
                {
                    break Some(next);
                }
                t /= 2.0;
                if rise * t <= GAIN * (1.0 + value.abs()) {
                    break None;
                }
            };
            steps += 1;
            let Some(next) = found else {
                settled = true;
                break;
            };
            let (reached, slopes_there) = self.slopes(space.scales(&next))?;
            let g_next = space.chained(&next, slopes_there);
            let s: Vec<f64> = next.iter().zip(&u).map(|(a, b)| a - b).collect();
            // of minus the evidence, which is minimised
            let y: Vec<f64> = g.iter().zip(&g_next).map(|(a, b)| a - b).collect();
            updated(&mut h, &s, &y);
            (u, value, slopes, g) = (next, reached, slopes_there, g_next);
        }
        Ok(Climb {
            from,
            to: space.scales(&u),
            evidence: value,
            slopes,
            steps,
            settled,
        })
    }
}

fn values(at: Scales) -> [f64; 3] {
    [
        at.sigma_w.unwrap_or(f64::NAN),
        at.sigma_b.unwrap_or(f64::NAN),
        at.ridge,
    ]
}

/// A first step of 0.3 in the direction of the slope.
fn first_step(g: &[f64]) -> f64 {
    let size = dot(g, g).sqrt();
    if size > 0.0 { 0.3 / size } else { 1.0 }
}

fn identity(d: usize, scale: f64) -> Vec<Vec<f64>> {
    let row = |i| (0..d).map(|j| if i == j { scale } else { 0.0 }).collect();
    (0..d).map(row).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `H <- (1 - r s y^T) H (1 - r y s^T) + r s s^T`, `r = 1/(y . s)`, where the curvature is positive.
fn updated(h: &mut [Vec<f64>], s: &[f64], y: &[f64]) {
    let curvature = dot(s, y);
    if curvature <= 1e-12 * dot(s, s).sqrt() * dot(y, y).sqrt() {
        return;
    }
    let hy: Vec<f64> = h.iter().map(|row| dot(row, y)).collect();
    let factor = (1.0 + dot(y, &hy) / curvature) / curvature;
    for i in 0..s.len() {
        for j in 0..s.len() {
            h[i][j] += factor * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / curvature;
        }
    }
}
