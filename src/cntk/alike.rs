//! Which pairs of images have patches so nearly parallel that `f32` does not tell how nearly.
//!
//! `1 - rho` of two patches has an absolute error of some 1e-7 in `f32`, and the arc-cosine kernels go by its root: for two images
//! that differ by a thousandth half of its digits are gone, and the kernel of 20 layers is off by 5e-3 on the diagonal that they
//! share. Such diagonals are done in `f64`.

use super::profile::Profile;

/// Patches with a smaller gap `1 - rho` are nearly parallel.
const NEAR: f64 = 1.0 / 8192.0;
/// Places that are looked at, a quarter of them first.
const PLACES: usize = 16;

/// How images lie in the lines of a profile.
#[derive(Clone, Copy, Debug)]
pub struct LineLayout {
    /// Rows
    pub height: usize,
    /// Columns
    pub width: usize,
    /// Colours
    pub channels: usize,
    /// Numbers from one row to the next
    pub stride: usize,
    /// Of the window of the first convolution
    pub radius: usize,
}

impl LineLayout {
    /// Are most of the patches that the diagonal `shift` brings together nearly parallel? By a sample of them.
    pub fn alike(&self, x: &Profile<f64>, y: &Profile<f64>, shift: isize) -> bool {
        let far = shift.unsigned_abs();
        let (ox, oy) = if shift < 0 { (far, 0) } else { (0, far) };
        let n = (self.height * self.stride).saturating_sub(far);
        let place = |k: usize| (2 * k + 1) * n / (2 * PLACES);
        let gap = |k: usize| self.gap(x, place(k) + ox, y, place(k) + oy);
        let share = |step: usize, from: usize| {
            let gaps = (from..PLACES).step_by(step).filter_map(gap);
            gaps.fold((0, 0), |(near, all), gap| {
                (near + usize::from(gap < NEAR), all + 1)
            })
        };
        let (near, all) = share(4, 2);
        if 2 * near < all || all == 0 {
            return false;
        }
        let (near, all) = share(1, 0);
        2 * near >= all
    }

    /// `1 - rho` of two patches; `None` where one is padding or zero.
    fn gap(&self, x: &Profile<f64>, p: usize, y: &Profile<f64>, q: usize) -> Option<f64> {
        let at = |p: usize| [p / self.stride, p % self.stride];
        let ([i, j], [k, l]) = (at(p), at(q));
        if j.max(l) >= self.width || i.max(k) >= self.height {
            return None;
        }
        let r = self.radius as isize;
        let moved = |i: usize, by: isize, end: usize| i.checked_add_signed(by).filter(|i| *i < end);
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for a in -r..=r {
            for b in -r..=r {
                let [u, v] = [(i, j), (k, l)].map(|(i, j)| {
                    let (i, j) = (moved(i, a, self.height)?, moved(j, b, self.width)?);
                    Some(i * self.stride + j)
                });
                for c in 0..self.channels {
                    let s = u.map_or(0.0, |u| x.channel(c)[u]);
                    let t = v.map_or(0.0, |v| y.channel(c)[v]);
                    (xx, xy, yy) = (xx + s * s, xy + s * t, yy + t * t);
                }
            }
        }
        let lengths = (xx * yy).sqrt();
        (lengths > 0.0).then(|| 1.0 - xy / lengths)
    }
}
