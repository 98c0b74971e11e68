//! The recursion as it is written, entry by entry in `f64`: slow, and nothing of it is shared with what it checks.

use std::f64::consts::PI;

/// An activation, not normalised.
#[derive(Clone)]
pub enum Phi {
    /// `a z + b |z|`
    Bent(f64, f64),
    /// A function and its derivative, integrated over two dimensions.
    Smooth(fn(f64) -> f64, fn(f64) -> f64),
}

#[derive(Clone)]
pub enum Step {
    Conv {
        q: usize,
        stride: usize,
        circular: bool,
    },
    Act(Phi),
    Pool(usize),
}

/// What the formulas need.
pub struct Net {
    pub steps: Vec<Step>,
    /// variance
    pub bias: f64,
    pub first: bool,
    /// the first convolution is a mean over window and channels
    pub mean: bool,
}

/// `K^(L)` and `Theta^(L)` with all indices: `[p * pixels + p']`.
pub struct Tensors {
    pub pixels: usize,
    pub k: Vec<f64>,
    pub theta: Vec<f64>,
}

type Matrix = Vec<f64>;
type Size = (usize, usize);

/// The pixel at a distance from the middle of the window of output `p`.
fn source(
    p: usize,
    (a, b): (isize, isize),
    (height, width): Size,
    stride: usize,
    circular: bool,
) -> Option<usize> {
    let columns = width.div_ceil(stride);
    let i = (p / columns * stride) as isize + a;
    let j = (p % columns * stride) as isize + b;
    let (h, w) = (height as isize, width as isize);
    if circular {
        return Some((i.rem_euclid(h) * w + j.rem_euclid(w)) as usize);
    }
    ((0..h).contains(&i) && (0..w).contains(&j)).then_some((i * w + j) as usize)
}

fn window_sum(m: &Matrix, size: Size, q: usize, stride: usize, circular: bool) -> Matrix {
    let before = size.0 * size.1;
    let after = size.0.div_ceil(stride) * size.1.div_ceil(stride);
    let r = (q / 2) as isize;
    let mut out = vec![0.0; after * after];
    for p in 0..after {
        for s in 0..after {
            for a in -r..=r {
                for b in -r..=r {
                    let at = |p| source(p, (a, b), size, stride, circular);
                    if let (Some(p1), Some(s1)) = (at(p), at(s)) {
                        out[p * after + s] += m[p1 * before + s1];
                    }
                }
            }
        }
    }
    out
}

fn pooled(m: &Matrix, (height, width): Size, side: usize) -> Matrix {
    let (before, columns) = (height * width, width / side);
    let after = height / side * columns;
    let mut out = vec![0.0; after * after];
    let block = |p: usize| p / width / side * columns + p % width / side;
    for p in 0..before {
        for s in 0..before {
            out[block(p) * after + block(s)] += m[p * before + s] / (side as f64).powi(4);
        }
    }
    out
}

/// `E f(Z)` by the trapezoidal rule: for poles at `i pi/(2 s)` off by `exp(-pi^2/(s h))`, 3e-9 at `s = 2`.
fn mean(f: impl Fn(f64) -> f64) -> f64 {
    let h = 0.25;
    let term = |n: i32| {
        let z = f64::from(n) * h;
        f(z) * (-z * z / 2.0).exp()
    };
    (-32..=32).map(term).sum::<f64>() * h / (2.0 * PI).sqrt()
}

/// `E phi(u) phi(v)` and `E phi'(u) phi'(v)` over `E phi(Z)^2`; `parallel` where `v` is a multiple of `u` by construction.
fn expectations(phi: &Phi, s: f64, v: f64, w: f64, parallel: bool) -> (f64, f64) {
    let n = (v * w).sqrt();
    // A patch that is zero correlates with nothing.
    let rho = match (n > 0.0, parallel) {
        (false, _) => 0.0,
        (_, true) => 1.0,
        _ => (s / n).clamp(-1.0, 1.0),
    };
    match phi {
        Phi::Bent(a, b) => {
            let (a, b) = (a * a, b * b);
            // E |u| |v| and E sign(u) sign(v) for variance 1 (Cho and Saul 2009)
            let theta = rho.acos();
            let moduli = 2.0 / PI * (theta.sin() + rho * (PI / 2.0 - theta));
            let signs = 2.0 / PI * (PI / 2.0 - theta);
            (
                n * (a * rho + b * moduli) / (a + b),
                (a + b * signs) / (a + b),
            )
        }
        Phi::Smooth(f, d) => {
            let norm = mean(|z| f(z).powi(2));
            let across = (1.0 - rho * rho).max(0.0).sqrt();
            let pair = |g: &fn(f64) -> f64| {
                let inner =
                    |z: f64| g(v.sqrt() * z) * mean(|y| g(w.sqrt() * (rho * z + across * y)));
                mean(inner) / norm
            };
            (pair(f), pair(d))
        }
    }
}

/// Of images `height x width x channels`.
pub fn tensors(net: &Net, shape: [usize; 3], x: &[f32], y: &[f32]) -> Tensors {
    let [height, width, channels] = shape;
    let mut pixels = height * width;
    let mut size = (height, width);
    let products = |u: &[f32], v: &[f32]| -> Matrix {
        let at = |p: usize, s: usize| {
            let c = 0..channels;
            c.map(|c| f64::from(u[p * channels + c]) * f64::from(v[s * channels + c]))
                .sum::<f64>()
        };
        let pairs = (0..pixels * pixels).map(|i| at(i / pixels, i % pixels));
        pairs.collect()
    };
    let (mut xy, mut xx, mut yy) = (products(x, y), products(x, x), products(y, y));
    let mut theta = if net.first {
        xy.clone()
    } else {
        vec![0.0; pixels * pixels]
    };
    let same = x == y;
    let (mut first, mut last) = (true, 1.0);
    for step in &net.steps {
        match step {
            Step::Conv {
                q,
                stride,
                circular,
            } => {
                let squares = (q * q) as f64;
                let scale = match (first, net.mean) {
                    (true, true) => 1.0 / squares / channels as f64,
                    (true, false) => 1.0,
                    _ => 1.0 / squares,
                };
                let conv = |m: &Matrix, bias: f64| -> Matrix {
                    let sums = window_sum(m, size, *q, *stride, *circular);
                    sums.iter().map(|v| v * scale + bias).collect()
                };
                let theta_bias = if first && !net.first { 0.0 } else { net.bias };
                theta = conv(&theta, theta_bias);
                (xy, xx, yy) = (
                    conv(&xy, net.bias),
                    conv(&xx, net.bias),
                    conv(&yy, net.bias),
                );
                size = (size.0.div_ceil(*stride), size.1.div_ceil(*stride));
                (first, last) = (false, squares);
            }
            Step::Act(phi) => {
                let act = |m: &Matrix, v: &Matrix, w: &Matrix, same: bool| -> (Matrix, Matrix) {
                    let entry = |i: usize| {
                        let (p, s) = (i / pixels, i % pixels);
                        let (v, w) = (v[p * (pixels + 1)], w[s * (pixels + 1)]);
                        expectations(phi, m[i], v, w, same && p == s)
                    };
                    (0..pixels * pixels).map(entry).unzip()
                };
                let (k, d) = act(&xy, &xx, &yy, same);
                let (kx, _) = act(&xx, &xx, &xx, true);
                let (ky, _) = act(&yy, &yy, &yy, true);
                theta = (0..k.len()).map(|i| d[i] * theta[i] + k[i]).collect();
                (xy, xx, yy) = (k, kx, ky);
            }
            Step::Pool(side) => {
                for m in [&mut theta, &mut xy, &mut xx, &mut yy] {
                    *m = pooled(m, size, *side);
                }
                size = (size.0 / side, size.1 / side);
            }
        }
        pixels = size.0 * size.1;
    }
    let scaled = |m: Matrix| m.iter().map(|v| v / last).collect();
    Tensors {
        pixels,
        k: scaled(xy),
        theta: scaled(theta),
    }
}
