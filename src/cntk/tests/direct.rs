//! The recursion as it is written, entry by entry in `f64`: slow, and nothing of it is shared with what it checks.

use std::f64::consts::PI;

/// What the formulas need.
pub struct Network {
    pub q: usize,
    pub layers: usize,
    /// `phi = a z + b |z|`
    pub a: f64,
    pub b: f64,
    /// variance
    pub bias: f64,
    pub first: bool,
}

/// `K^(L)` and `Theta^(L)` with all indices: `[p * pixels + p']`.
pub struct Tensors {
    pub k: Vec<f64>,
    pub theta: Vec<f64>,
}

type Matrix = Vec<f64>;

fn window_sum(m: &Matrix, (height, width): (usize, usize), q: usize) -> Matrix {
    let pixels = height * width;
    let r = (q / 2) as isize;
    let moved = |p: usize, a: isize, b: isize| {
        let (i, j) = ((p / width) as isize + a, (p % width) as isize + b);
        let inside = (0..height as isize).contains(&i) && (0..width as isize).contains(&j);
        inside.then_some((i * width as isize + j) as usize)
    };
    let mut out = vec![0.0; m.len()];
    for p in 0..pixels {
        for s in 0..pixels {
            for a in -r..=r {
                for b in -r..=r {
                    if let (Some(p1), Some(s1)) = (moved(p, a, b), moved(s, a, b)) {
                        out[p * pixels + s] += m[p1 * pixels + s1];
                    }
                }
            }
        }
    }
    out
}

/// `E phi(u) phi(v)` and `E phi'(u) phi'(v)` over `E phi(Z)^2`; `parallel` where `v` is a multiple of `u` by construction.
fn expectations(net: &Network, s: f64, v: f64, w: f64, parallel: bool) -> (f64, f64) {
    let n = (v * w).sqrt();
    let (a, b) = (net.a * net.a, net.b * net.b);
    // A patch that is zero correlates with nothing.
    let rho = match (n > 0.0, parallel) {
        (false, _) => 0.0,
        (_, true) => 1.0,
        _ => (s / n).clamp(-1.0, 1.0),
    };
    // E |u| |v| and E sign(u) sign(v) for variance 1 (Cho and Saul 2009)
    let theta = rho.acos();
    let moduli = 2.0 / PI * (theta.sin() + rho * (PI / 2.0 - theta));
    let signs = 2.0 / PI * (PI / 2.0 - theta);
    (
        n * (a * rho + b * moduli) / (a + b),
        (a + b * signs) / (a + b),
    )
}

/// Of images `height x width x channels`.
pub fn tensors(net: &Network, shape: [usize; 3], x: &[f32], y: &[f32]) -> Tensors {
    let [height, width, channels] = shape;
    let (pixels, size) = (height * width, (height, width));
    let products = |u: &[f32], v: &[f32]| -> Matrix {
        let at = |p: usize, s: usize| {
            let c = 0..channels;
            c.map(|c| f64::from(u[p * channels + c]) * f64::from(v[s * channels + c]))
                .sum::<f64>()
        };
        let pairs = (0..pixels * pixels).map(|i| at(i / pixels, i % pixels));
        pairs.collect()
    };
    let biased = |mut m: Matrix, bias: f64| {
        m.iter_mut().for_each(|v| *v += bias);
        m
    };
    let zeroth = |u, v| biased(window_sum(&products(u, v), size, net.q), net.bias);
    let (mut xy, mut xx, mut yy) = (zeroth(x, y), zeroth(x, x), zeroth(y, y));
    let mut theta = if net.first {
        xy.clone()
    } else {
        vec![0.0; pixels * pixels]
    };
    let scale = 1.0 / (net.q * net.q) as f64;
    let same = x == y;
    for layer in 1..=net.layers {
        let act = |m: &Matrix, v: &Matrix, w: &Matrix, same: bool| -> (Matrix, Matrix) {
            let entry = |i: usize| {
                let (p, s) = (i / pixels, i % pixels);
                let (v, w) = (v[p * (pixels + 1)], w[s * (pixels + 1)]);
                let (k, d) = expectations(net, m[i], v, w, same && p == s);
                (scale * k, scale * d)
            };
            (0..pixels * pixels).map(entry).unzip()
        };
        let (k, d) = act(&xy, &xx, &yy, same);
        let (kx, _) = act(&xx, &xx, &xx, true);
        let (ky, _) = act(&yy, &yy, &yy, true);
        theta = (0..k.len()).map(|i| d[i] * theta[i] + k[i]).collect();
        if layer == net.layers {
            return Tensors { k, theta };
        }
        theta = biased(window_sum(&theta, size, net.q), net.bias);
        xy = biased(window_sum(&k, size, net.q), net.bias);
        xx = biased(window_sum(&kx, size, net.q), net.bias);
        yy = biased(window_sum(&ky, size, net.q), net.bias);
    }
    unreachable!("at least one layer")
}
