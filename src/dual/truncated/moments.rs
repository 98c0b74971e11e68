//! `E f(u) g(v)` of sums on half lines, from truncated moments of the bivariate normal distribution.
//!
//! An exponential moves the mean: `E e^(au + bv) F(u, v) = e^((a^2 + 2 rho a b + b^2)/2) E F(u + a + rho b, v + b + rho a)`. Then
//! Stein's identity, with a half line `s (u - h) > 0` whose derivative is `s delta_h`, lowers the powers: for means `alpha`, `beta`
//!
//! ```text
//! M_(i,j) = E u^i v^j 1 1 = alpha M_(i-1,j) + (i - 1) M_(i-2,j) + rho j M_(i-1,j-1)
//!           + s h^(i-1) n(h - alpha) E[v^j 1 | u = h] + rho t k^j n(k - beta) E[u^(i-1) 1 | v = k]
//! ```
//!
//! with the normal density `n`; nothing is divided by, and `M_(0,0)` is the probability of a quadrant ([`super::owen`]). In jets the
//! same formulas give all derivatives in `rho`, the quadrant's by `dL/drho = n_2(h, k; rho)` (Plackett 1954),
//! `dL/dh = -n(h) Q((k - rho h)/sqrt(1 - rho^2))`.

use std::cmp::Ordering;

use super::angle::Angle;
use super::halves::{Group, Halves};
use super::owen::{Quadrant, upper_tail};
use crate::real::{Analytic, Ball, Jet, Real};

/// `n(x)` as a jet.
fn density_jet(x: &Jet) -> Jet {
    let bits = x.c[0].bits();
    let root = Ball::int(1, bits) / Ball::pi(bits).scale2(1).sqrt();
    let half = Ball::int(-1, bits).scale2(-1);
    x.square().scaled(&half).exp().scaled(&root)
}

/// `Q(x)` as a jet.
fn tail_jet(x: &Jet) -> Jet {
    let value = upper_tail(&x.c[0]);
    match x.order() {
        0 => Jet::constant(value, 0),
        _ => x.chain(value, &density_jet(x).negated()),
    }
}

fn signed(x: &Jet, sign: i64) -> Jet {
    if sign < 0 { x.negated() } else { x.clone() }
}

/// `E f(u) g(v)` and its Taylor coefficients in `rho`, `-1 < rho < 1`.
pub(super) fn cross(f: &Halves, g: &Halves, angle: &Angle) -> Jet {
    let order = angle.rho.order();
    let zero = || Jet::constant(Ball::int(0, angle.bits()), order);
    // (u, v) and (v, u) are alike: of one function with itself every mixed pair counts twice
    let alike = std::ptr::eq(f, g);
    let mut sum = zero();
    let mut twice = zero();
    for (i, a) in f.groups.iter().enumerate() {
        for (j, b) in g.groups.iter().enumerate() {
            match alike.then(|| i.cmp(&j)) {
                Some(Ordering::Greater) => {}
                Some(Ordering::Less) => twice = twice.plus(&pair((f, a), (g, b), angle)),
                _ => sum = sum.plus(&pair((f, a), (g, b), angle)),
            }
        }
    }
    let lines = |sum: Jet, first: &Halves, second: &Halves| {
        first.deltas.iter().fold(sum, |sum, (i, jump)| {
            second.groups.iter().fold(sum, |sum, b| {
                sum.plus(&line((first, *i), (second, b), angle).scaled(jump))
            })
        })
    };
    match alike {
        true => twice = lines(twice, f, f),
        false => {
            sum = lines(sum, f, g);
            sum = lines(sum, g, f);
        }
    }
    if alike {
        sum = sum.plus(&twice.scaled(&Ball::int(2, angle.bits())));
    }
    for (i, jump) in &f.deltas {
        for (j, other) in &g.deltas {
            let (difference, both) = apart((f, *i), (g, *j));
            let h = Jet::constant(f.kinks[*i].clone(), order);
            let turned = angle.turned((&jet(&difference, order), &jet(&both, order)), &h);
            let density = density_jet(&h)
                .times(&density_jet(&turned))
                .over(&angle.sine);
            sum = sum.plus(&density.scaled(&(jump * other)));
        }
    }
    sum
}

fn jet(x: &Ball, order: usize) -> Jet {
    Jet::constant(x.clone(), order)
}

/// `k - h` and `k + h`, exactly 0 for the same kink.
fn apart((f, i): (&Halves, usize), (g, j): (&Halves, usize)) -> (Ball, Ball) {
    let (h, k) = (&f.kinks[i], &g.kinks[j]);
    let difference = match f.scale == g.scale && i == j {
        true => Ball::int(0, h.bits()),
        false => k - h,
    };
    (difference, k + h)
}

/// `n(h) E[g(v) | u = h]`
fn line((f, i): (&Halves, usize), (g, group): (&Halves, &Group), angle: &Angle) -> Jet {
    let order = angle.rho.order();
    let h = jet(&f.kinks[i], order);
    let b = &group.rate.1;
    // v ~ N(rho h, sine^2); the exponential moves the mean by b sine^2
    let variance = angle.sine.square();
    let mean = angle.rho.times(&h).plus(&variance.scaled(b));
    let exponent = angle
        .rho
        .times(&h)
        .scaled(b)
        .plus(&variance.scaled(&b.square().scale2(-1)));
    let moments = match group.support.side() {
        None => conditional(&mean, angle, None, group.powers.len()),
        Some((side, j)) => {
            let (difference, both) = apart((f, i), (g, j));
            let turned = angle.turned((&jet(&difference, order), &jet(&both, order)), &h);
            let turned = turned.minus(&angle.sine.scaled(b));
            conditional(
                &mean,
                angle,
                Some((side, &g.kinks[j], &turned)),
                group.powers.len(),
            )
        }
    };
    let mut sum = jet(&Ball::int(0, angle.bits()), order);
    for (c, m) in group.powers.iter().zip(&moments) {
        sum = sum.plus(&m.scaled(c));
    }
    sum.times(&exponent.exp()).times(&density_jet(&h))
}

/// `E v^j 1` for `j < count`, `v ~ N(mean, sine^2)`, on the half line `t (v - k) > 0` with `z = (k - mean)/sine`:
/// `N_j = mean N_(j-1) + (j - 1) sine^2 N_(j-2) + t k^(j-1) sine n(z)`.
fn conditional(
    mean: &Jet,
    angle: &Angle,
    cut: Option<(i64, &Ball, &Jet)>,
    count: usize,
) -> Vec<Jet> {
    let order = mean.order();
    let bits = angle.bits();
    let first = match cut {
        None => jet(&Ball::int(1, bits), order),
        Some((side, _, z)) => tail_jet(&signed(z, side)),
    };
    let mut out = vec![first];
    if count < 2 {
        return out;
    }
    let variance = angle.sine.square();
    let edge = cut.map(|(side, k, z)| (signed(&angle.sine.times(&density_jet(z)), side), k));
    for j in 1..count {
        let mut next = mean.times(&out[j - 1]);
        if j > 1 {
            let factor = Ball::int(j as i64 - 1, bits);
            next = next.plus(&variance.times(&out[j - 2]).scaled(&factor));
        }
        if let Some((edge, k)) = &edge {
            next = next.plus(&edge.scaled(&k.powi(j as i64 - 1)));
        }
        out.push(next);
    }
    out
}

/// `E f(u) g(v)` for one group of each.
fn pair((f, a): (&Halves, &Group), (g, b): (&Halves, &Group), angle: &Angle) -> Jet {
    let order = angle.rho.order();
    let bits = angle.bits();
    let (ra, rb) = (&a.rate.1, &b.rate.1);
    let same_rate = f.scale == g.scale && a.rate.0 == b.rate.0;
    // the means
    let alpha = angle.rho.scaled(rb).plus(&jet(ra, order));
    let beta = angle.rho.scaled(ra).plus(&jet(rb, order));
    let exponent = {
        let squares = (&ra.square() + &rb.square()).scale2(-1);
        angle.rho.scaled(&(ra * rb)).plus(&jet(&squares, order))
    };
    let (n, m) = (a.powers.len(), b.powers.len());
    let (first, second) = (a.support.side(), b.support.side());
    let h = first.map(|(_, i)| &f.kinks[i]);
    let k = second.map(|(_, j)| &g.kinks[j]);
    let moved_h = h.map(|h| jet(h, order).minus(&alpha));
    let moved_k = k.map(|k| jet(k, order).minus(&beta));
    // (k - beta - rho (h - alpha))/sine and its mirror image
    let turned = match (first, second, &moved_h, &moved_k) {
        (Some((_, i)), Some((_, j)), Some(h), Some(k)) => {
            let (difference, both) = apart((f, i), (g, j));
            let shift = match (angle.positive, same_rate) {
                (true, true) => Ball::int(0, bits),
                (true, false) => rb - ra,
                (false, _) => -(ra + rb),
            };
            let by = |x: &Jet, shift: &Ball| x.minus(&jet(shift, order));
            let back = if angle.positive {
                -&shift
            } else {
                shift.clone()
            };
            let v = angle.turned(
                (&jet(&difference, order), &jet(&both, order)),
                &by(h, &shift),
            );
            let u = angle.turned(
                (&jet(&-&difference, order), &jet(&both, order)),
                &by(k, &back),
            );
            Some((v, u))
        }
        _ => None,
    };
    let corner = match (&turned, &moved_h, &moved_k) {
        (Some((v, u)), Some(x), Some(y)) => {
            let signs = (first.map_or(1, |s| s.0), second.map_or(1, |s| s.0));
            // means that are 0 leave the kinks where they are
            let still = ra.sign() == Some(Ordering::Equal) && rb.sign() == Some(Ordering::Equal);
            let tail = |f: &Halves, side: Option<(i64, usize)>| {
                let (s, k) = side.filter(|_| still)?;
                let beyond = f.tail(k);
                Some(match s < 0 {
                    true => Ball::int(1, bits) - beyond,
                    false => beyond.clone(),
                })
            };
            let tails = tail(f, first).zip(tail(g, second));
            quadrant((x, y), (v, u), signs, (angle, tails))
        }
        (_, Some(x), None) => tail_jet(&signed(x, first.map_or(1, |s| s.0))),
        (_, None, Some(y)) => tail_jet(&signed(y, second.map_or(1, |s| s.0))),
        _ => jet(&Ball::int(1, bits), order),
    };
    // what is on the edges
    let of_v = match (&moved_h, h) {
        (Some(x), Some(_)) if n > 1 || m > 1 => {
            let mean = beta.plus(&angle.rho.times(x));
            let cut = match (second, k, &turned) {
                (Some((side, _)), Some(k), Some((v, _))) => Some((side, k, v)),
                _ => None,
            };
            let inside = conditional(&mean, angle, cut, m);
            let edge = signed(&density_jet(x), first.map_or(1, |s| s.0));
            inside.iter().map(|e| e.times(&edge)).collect()
        }
        _ => Vec::new(),
    };
    let of_u: Vec<Jet> = match (&moved_k, k) {
        (Some(y), Some(_)) if n > 1 || m > 1 => {
            let mean = alpha.plus(&angle.rho.times(y));
            let cut = match (first, h, &turned) {
                (Some((side, _)), Some(h), Some((_, u))) => Some((side, h, u)),
                _ => None,
            };
            let inside = conditional(&mean, angle, cut, n);
            let edge = signed(&density_jet(y), second.map_or(1, |s| s.0));
            inside.iter().map(|e| e.times(&edge)).collect()
        }
        _ => Vec::new(),
    };
    let int = |x: usize| Ball::int(x as i64, bits);
    let powers = |x: Option<&Ball>, count: usize| -> Vec<Ball> {
        let first = x.map(|_| int(1));
        std::iter::successors(first, |p| x.map(|x| p * x))
            .take(count)
            .collect()
    };
    let (of_h, of_k) = (powers(h, n), powers(k, m));
    let across: Vec<Jet> = of_u.iter().map(|u| u.times(&angle.rho)).collect();
    let moves = |x: &Jet| x.c.iter().any(|c| c.sign() != Some(Ordering::Equal));
    let mean = |by: &Jet, of: &Jet| match moves(by) {
        true => by.times(of),
        false => jet(&Ball::int(0, bits), order),
    };
    let mut table: Vec<Vec<Jet>> = Vec::with_capacity(n);
    let mut sum = jet(&Ball::int(0, bits), order);
    for i in 0..n {
        let mut row: Vec<Jet> = Vec::with_capacity(m);
        for j in 0..m {
            let value = if i == 0 && j == 0 {
                corner.clone()
            } else if i == 0 {
                let mut out = mean(&beta, &row[j - 1]);
                if j > 1 {
                    out = out.plus(&row[j - 2].scaled(&int(j - 1)));
                }
                if let (Some(u), Some(k)) = (of_u.first(), of_k.get(j - 1)) {
                    out = out.plus(&u.scaled(k));
                }
                if let Some(v) = of_v.get(j - 1) {
                    out = out.plus(&v.times(&angle.rho));
                }
                out
            } else {
                let mut out = mean(&alpha, &table[i - 1][j]);
                if i > 1 {
                    out = out.plus(&table[i - 2][j].scaled(&int(i - 1)));
                }
                if j > 0 {
                    let mixed = table[i - 1][j - 1].times(&angle.rho);
                    out = out.plus(&mixed.scaled(&int(j)));
                }
                if let (Some(v), Some(h)) = (of_v.get(j), of_h.get(i - 1)) {
                    out = out.plus(&v.scaled(h));
                }
                if let (Some(u), Some(k)) = (across.get(i - 1), of_k.get(j)) {
                    out = out.plus(&u.scaled(k));
                }
                out
            };
            let both = &a.powers[i] * &b.powers[j];
            if both.sign() != Some(Ordering::Equal) {
                sum = sum.plus(&value.scaled(&both));
            }
            row.push(value);
        }
        table.push(row);
    }
    sum.times(&exponent.exp())
}

/// `P(s (u - x) > 0, t (v - y) > 0)` as a jet.
fn quadrant(
    (x, y): (&Jet, &Jet),
    (v, u): (&Jet, &Jet),
    (s, t): (i64, i64),
    (angle, tails): (&Angle, Option<(Ball, Ball)>),
) -> Jet {
    let (h, k) = (signed(x, s), signed(y, t));
    let (turned_k, turned_h) = (signed(v, t), signed(u, s));
    let rho = signed(&angle.rho, s * t);
    let arcsine = if s * t < 0 {
        -&angle.arcsine
    } else {
        angle.arcsine.clone()
    };
    let value = Quadrant {
        h: &h.c[0],
        k: &k.c[0],
        turned: (&turned_k.c[0], &turned_h.c[0]),
        rho: &rho.c[0],
        arcsine: &arcsine,
        sine: &angle.sine.c[0],
        tails,
    }
    .probability();
    if x.order() == 0 {
        return Jet::constant(value, 0);
    }
    let by_rho = density_jet(&h)
        .times(&density_jet(&turned_k))
        .over(&angle.sine);
    let by_h = density_jet(&h).times(&tail_jet(&turned_k)).negated();
    let by_k = density_jet(&k).times(&tail_jet(&turned_h)).negated();
    let parts = [(&rho, &by_rho), (&h, &by_h), (&k, &by_k)];
    let zero = || Ball::int(0, angle.bits());
    parts
        .into_iter()
        .fold(Jet::constant(value, x.order()), |sum, (at, slope)| {
            sum.plus(&at.chain(zero(), slope))
        })
}
