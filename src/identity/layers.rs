//! Laws of the recursion `S_{l+1} = dual(S_l)`, `T_{l+1} = T_l dual'(S_l) + S_{l+1}` of a normalised network.

use super::duals::{mirrored, one, ordered, pivots, rising, three_points, with_opposites};
use super::exam::{Exam, enclosed, int};
use super::law::{Comparison, Domain, Identity, Object};
use super::{Candidate, Question};
use crate::activation::Expr;
use crate::real::{Analytic, Ball, Real};
use crate::recursion::Convention;

const NNGP: &[Object] = &[Object::Nngp];
const NTK: &[Object] = &[Object::Ntk];
const BOTH: &[Object] = &[Object::Nngp, Object::Ntk];
const JACOT: &str = "Jacot, Gabriel and Hongler 2018, Theorem 1";
const LAYER: &str = "a layer too many or too few";
const MEHLER: &str = "Mehler 1866: S_L and T_L are power series with non-negative coefficients";

/// The laws.
pub(super) const LAWS: &[Identity] = &[
    Identity::new("no_layers", "S_0 = T_0 = rho", JACOT, Domain::Any, BOTH, |e, s| {
        Some(vec![
            Comparison::equal(e.nngp(s.rho, 0)?, e.number(s.rho)),
            Comparison::equal(e.ntk(-s.rho, 0)?, e.number(-s.rho)),
        ])
    })
    .usually(LAYER),
    Identity::new("one_layer", "S_1 = dual(rho)", JACOT, Domain::Any, &[Object::Nngp, Object::Dual], |e, s| {
        Some(vec![
            Comparison::equal(e.nngp(s.rho, 1)?, e.dual(s.rho)?),
            Comparison::equal(e.nngp(-s.rho, 1)?, e.dual(-s.rho)?),
        ])
    })
    .usually(LAYER),
    Identity::new(
        "tangent_of_one_layer",
        "T_1 = dual(rho) + rho dual'(rho)",
        "Daniely 2017; Du et al. 2019",
        Domain::Any,
        &[Object::Ntk, Object::Dual, Object::Slope],
        |e, s| {
            let at = |r: f64| {
                let right = &e.dual(r)? + &(&e.number(r) * &e.slope(r)?);
                Some(Comparison::equal(e.ntk(r, 1)?, right))
            };
            Some(vec![at(s.rho)?, at(-s.rho)?])
        },
    )
    .usually("the layer's own term left out, or rho left out of the other"),
    Identity::new("nngp_on_the_diagonal", "S_L(1) = 1", "normalisation", Domain::Any, NNGP, |e, s| {
        one(Comparison::equal(e.nngp(1.0, s.depth)?, int(1)))
    })
    .deep()
    .usually("a missing factor c_sigma"),
    Identity::new(
        "nngp_semigroup",
        "S_{L+M}(rho) = S_L(S_M(rho))",
        "composition of layers",
        Domain::Continuous,
        NNGP,
        |e, s| {
            let inner = e.nngp(s.rho, 1)?;
            let outer = e.at_ball(&inner, e.steepest(s.depth)?, |r| e.nngp(r, s.depth))?;
            one(Comparison::equal(e.nngp(s.rho, s.depth + 1)?, outer))
        },
    )
    .deep()
    .usually(LAYER),
    Identity::new(
        "nngp_semigroup_negative",
        "S_{L+1}(-rho) = S_1(S_L(-rho))",
        "composition of layers",
        Domain::Continuous,
        NNGP,
        |e, s| {
            let inner = e.nngp(-s.rho, s.depth)?;
            let outer = e.at_ball(&inner, e.steepest(1)?, |r| e.nngp(r, 1))?;
            one(Comparison::equal(e.nngp(-s.rho, s.depth + 1)?, outer))
        },
    )
    .deep()
    .usually("negative correlations clipped at 0"),
    Identity::new(
        "nngp_step",
        "S_{L+1} = dual(S_L)",
        "Cho and Saul 2009; Lee et al. 2018",
        Domain::Continuous,
        &[Object::Nngp, Object::Dual],
        |e, s| {
            let inner = e.nngp(s.rho, s.depth)?;
            let outer = e.at_ball(&inner, e.steepest(1)?, |r| e.dual(r))?;
            one(Comparison::equal(e.nngp(s.rho, s.depth + 1)?, outer))
        },
    )
    .deep()
    .usually(LAYER),
    Identity::new(
        "ntk_step_between",
        "T_L(rho) dual'(S_L) + S_{L+1} = T_{L+1}, dual' taken between the neighbours of S_L",
        JACOT,
        Domain::Continuous,
        &[Object::Nngp, Object::Ntk, Object::Slope],
        |e, s| {
            // the slope increases on [0, 1]: it is enclosed by two of its values
            let at = e.nngp(s.rho, s.depth)?;
            let (low, high) = neighbours(&at)?;
            let slope = e.slope(low)?.hull(&e.slope(high)?);
            let right = &(&e.ntk(s.rho, s.depth)? * &slope) + &e.nngp(s.rho, s.depth + 1)?;
            one(Comparison::equal(e.ntk(s.rho, s.depth + 1)?, right))
        },
    )
    .deep()
    .usually("the slope taken at the wrong layer's correlation, or the layer's own term left out"),
    Identity::new(
        "ntk_composition",
        "T_{L+1}(rho) = T_1(S_L) + dual'(S_L) (T_L - S_L)",
        "the first layers of a network are a network",
        Domain::Continuous,
        &[Object::Nngp, Object::Ntk, Object::Slope],
        |e, s| {
            let at = e.nngp(s.rho, s.depth)?;
            let (low, high) = neighbours(&at)?;
            let slope = e.slope(low)?.hull(&e.slope(high)?);
            // T_1 increases on [0, 1]
            let first = e.ntk(low, 1)?.hull(&e.ntk(high, 1)?);
            let rest = &e.ntk(s.rho, s.depth)? - &at;
            one(Comparison::equal(e.ntk(s.rho, s.depth + 1)?, &first + &(&slope * &rest)))
        },
    )
    .deep(),
    Identity::new(
        "ntk_on_the_diagonal",
        "T_L(1) = sum_{j <= L} dual'(1)^j",
        JACOT,
        Domain::Continuous,
        &[Object::Ntk, Object::Slope],
        |e, s| {
            let b = e.slope(1.0)?;
            let sum = (0..s.depth).fold(int(1), |t, _| &(&t * &b) + &int(1));
            one(Comparison::equal(e.ntk(1.0, s.depth)?, sum))
        },
    )
    .deep()
    .usually("the diagonal clipped, or a layer too many or too few"),
    Identity::new(
        "ntk_on_the_diagonal_geometric",
        "T_{L+2}(1) - T_{L+1}(1) = (T_1(1) - T_0(1)) (T_{L+1}(1) - T_L(1))",
        JACOT,
        Domain::Continuous,
        NTK,
        |e, s| {
            let t = |l| e.ntk(1.0, l);
            let (a, b, c) = (t(s.depth)?, t(s.depth + 1)?, t(s.depth + 2)?);
            let first = &t(1)? - &t(0)?;
            one(Comparison::equal(&c - &b, &first * &(&b - &a)))
        },
    )
    .deep(),
    Identity::new(
        "ntk_above_nngp",
        "S_L <= T_L <= T_L(1) on [0,1]",
        MEHLER,
        Domain::Any,
        BOTH,
        |e, s| {
            let t = e.ntk(s.rho, s.depth)?;
            let mut all = vec![Comparison::at_most(e.nngp(s.rho, s.depth)?, t.clone())];
            if let Some(diagonal) = e.ntk(1.0, s.depth) {
                all.push(Comparison::at_most(t, diagonal));
            }
            Some(all)
        },
    )
    .deep()
    .usually("a wrong sign in front of the slope's term"),
    Identity::new(
        "ntk_above_its_ends",
        "T_L(rho) >= S_L(rho) + 2 (S_L(rho) - S_L(rho/2)) on [0,1], L >= 1",
        "T_L = sum_j S_j prod_{i >= j} dual'(S_i) >= S_L + rho S_L', convexity",
        Domain::Any,
        BOTH,
        |e, s| {
            if s.depth == 0 {
                return None;
            }
            let half = s.rho / 2.0;
            let chord = &(&e.nngp(s.rho, s.depth)? - &e.nngp(half, s.depth)?) * &int(2);
            one(Comparison::at_most(&e.nngp(s.rho, s.depth)? + &chord, e.ntk(s.rho, s.depth)?))
        },
    )
    .deep()
    .usually("a missing factor in the slope"),
    Identity::new("nngp_modulus", "|S_L(-rho)| <= S_L(rho)", MEHLER, Domain::Any, NNGP, |e, s| {
        one(Comparison::at_most(e.nngp(-s.rho, s.depth)?.abs(), e.nngp(s.rho, s.depth)?))
    })
    .deep(),
    Identity::new("ntk_modulus", "|T_L(-rho)| <= T_L(rho)", MEHLER, Domain::Any, NTK, |e, s| {
        one(Comparison::at_most(e.ntk(-s.rho, s.depth)?.abs(), e.ntk(s.rho, s.depth)?))
    })
    .deep(),
    Identity::new(
        "nngp_is_absolutely_monotone",
        "all differences of S_L(j rho/4) are >= 0, order 1 to 4",
        MEHLER,
        Domain::Any,
        NNGP,
        |e, s| {
            rising(1, |j| e.nngp(f64::from(j) * s.rho / 4.0, s.depth))
        },
    )
    .deep(),
    Identity::new(
        "ntk_is_absolutely_monotone",
        "all differences of T_L(j rho/4) are >= 0, order 1 to 4",
        MEHLER,
        Domain::Any,
        NTK,
        |e, s| {
            rising(1, |j| e.ntk(f64::from(j) * s.rho / 4.0, s.depth))
        },
    )
    .deep(),
    Identity::new(
        "nngp_positive_definite",
        "[S_L(x_i . x_j)] has no negative pivot",
        "Schoenberg 1942",
        Domain::Any,
        NNGP,
        |e, s| {
            let k = |r: f64| e.nngp(r, s.depth);
            let mut all = pivots(&three_points(s, &k)?)?;
            all.extend(pivots(&with_opposites(s.rho, &k)?)?);
            Some(all)
        },
    )
    .deep(),
    Identity::new(
        "ntk_positive_definite",
        "[T_L(x_i . x_j)] has no negative pivot",
        "Schoenberg 1942; Jacot, Gabriel and Hongler 2018, Proposition 2",
        Domain::Continuous,
        NTK,
        |e, s| {
            let k = |r: f64| e.ntk(r, s.depth);
            let mut all = pivots(&three_points(s, &k)?)?;
            all.extend(pivots(&with_opposites(s.rho, &k)?)?);
            Some(all)
        },
    )
    .deep(),
    Identity::new("kernels_of_odd", "S_L(-rho) = -S_L(rho), T_L(-rho) = -T_L(rho)", "parity", Domain::Odd, BOTH, |e, s| {
        Some(vec![
            Comparison::equal(e.nngp(-s.rho, s.depth)?, -e.nngp(s.rho, s.depth)?),
            Comparison::equal(e.ntk(-s.rho, s.depth)?, -e.ntk(s.rho, s.depth)?),
        ])
    })
    .deep(),
    Identity::new("kernels_of_even", "S_L(-rho) = S_L(rho), T_L(-rho) = T_L(rho), L >= 1", "parity", Domain::Even, BOTH, |e, s| {
        let depth = s.depth.max(1);
        Some(vec![
            Comparison::equal(e.nngp(-s.rho, depth)?, e.nngp(s.rho, depth)?),
            Comparison::equal(e.ntk(-s.rho, depth)?, e.ntk(s.rho, depth)?),
        ])
    })
    .deep()
    .usually("a wrong sign of the slope at negative correlations"),
    Identity::new("kernels_of_centred", "S_{L+1} <= S_L on [0,1]", "dual(rho) <= rho", Domain::Centred, NNGP, |e, s| {
        one(Comparison::at_most(e.nngp(s.rho, s.depth + 1)?, e.nngp(s.rho, s.depth)?))
    })
    .deep()
    .usually("the mean of the activation not subtracted"),
    Identity::new("kernels_of_multiple", "S_L and T_L of 3 phi are those of phi", "homogeneity", Domain::Any, BOTH, |e, s| {
        let other = e.made(|f| f.scaled(&Expr::int(3)))?;
        same(e, &other, s.rho, s.depth)
    })
    .deep()
    .usually("c_sigma in the kernel, not in its slope"),
    Identity::new("kernels_of_negative", "S_L and T_L of -phi are those of phi", "homogeneity", Domain::Any, BOTH, |e, s| {
        let other = e.made(|f| Expr::Neg(f.clone().into()))?;
        same(e, &other, s.rho, s.depth)
    })
    .deep(),
    Identity::new("kernels_of_mirrored", "S_L and T_L of phi(-x) are those of phi", "(u,v) and (-u,-v) have one law", Domain::Any, BOTH, |e, s| {
        let other = e.made(mirrored)?;
        same(e, &other, s.rho, s.depth)
    })
    .deep(),
    Identity::new("ntk_increases_with_depth_on_the_diagonal", "T_{L+1}(1) >= T_L(1) + 1 for centred phi", "B' >= 1", Domain::Centred, NTK, |e, s| {
        one(Comparison::at_most(&e.ntk(1.0, s.depth)? + &int(1), e.ntk(1.0, s.depth + 1)?))
    })
    .deep(),
    Identity::new("nngp_gap", "(1 - S_L(rho))/(1 - rho) increases on [0,1)", "convexity", Domain::Any, NNGP, |e, s| {
        let (low, high) = ordered(s);
        let gap = |r: f64| Some(&(int(1) - &e.nngp(r, s.depth)?) / &e.number(1.0 - r));
        one(Comparison::at_most(gap(low)?, gap(high)?))
    })
    .deep(),
    Identity::new(
        "arora_is_radhakrishnan",
        "the kernels of arora2019 are those of radhakrishnan2022",
        "Arora et al. 2019, (9)",
        Domain::Any,
        BOTH,
        |e, s| {
            let other = e.kernels(&Question {
                convention: Convention::Arora2019,
                ..Question::unit(&e.phi, s.rho, s.depth)
            });
            Some(vec![
                Comparison::equal(other.nngp?, e.nngp(s.rho, s.depth)?),
                Comparison::equal(other.ntk?, e.ntk(s.rho, s.depth)?),
            ])
        },
    )
    .deep(),
    Identity::new("nngp_certified", "S_L is the certified one", "this library, enclosed", Domain::Any, NNGP, |e, s| {
        let at = |r: f64| {
            let certain = e.certified().nngp(&Question::unit(&e.phi, r, s.depth))?;
            Some(Comparison::equal(e.nngp(r, s.depth)?, enclosed(certain)?))
        };
        Some(vec![at(s.rho)?, at(-s.rho)?])
    })
    .deep()
    .reference()
    .usually(LAYER),
    Identity::new("ntk_certified", "T_L is the certified one", "this library, enclosed", Domain::Any, NTK, |e, s| {
        let at = |r: f64| {
            let certain = e.certified().ntk(&Question::unit(&e.phi, r, s.depth))?;
            Some(Comparison::equal(e.ntk(r, s.depth)?, enclosed(certain)?))
        };
        Some(vec![at(s.rho)?, at(-s.rho)?])
    })
    .deep()
    .reference()
    .usually(LAYER),
    Identity::new(
        "kernels_near_one",
        "S_L and T_L at 1 - 2^-k are the certified ones, k = 8, 14, 20",
        "this library, enclosed",
        Domain::Continuous,
        BOTH,
        |e, s| {
            let mut all = vec![];
            for k in [8, 14, 20] {
                let rho = 1.0 - 2f64.powi(-k);
                let question = Question::unit(&e.phi, rho, s.depth);
                let certain = e.certified().kernels(&question);
                let ours = e.kernels(&question);
                if let (Some(ours), Some(certain)) = (ours.nngp, certain.nngp) {
                    all.push(Comparison::equal(ours, enclosed(certain)?));
                }
                if let (Some(ours), Some(certain)) = (ours.ntk, certain.ntk) {
                    all.push(Comparison::equal(ours, enclosed(certain)?));
                }
            }
            (!all.is_empty()).then_some(all)
        },
    )
    .deep()
    .reference()
    .usually("acos or sqrt(1 - rho^2) near 1, where they lose half of the digits, or the diagonal clipped"),
];

/// Two doubles between which a number in `[0, 1]` certainly is, as short as its enclosure allows.
pub(super) fn neighbours(at: &Ball) -> Option<(f64, f64)> {
    if !at.is_finite() || at.lower() < 0 {
        return None;
    }
    let low = f64::from(at.lower().to_f64() as f32);
    let low = (low - low * f64::from(f32::EPSILON)).max(0.0);
    let high = f64::from(at.upper().to_f64() as f32);
    let high = f64::from((high + high * f64::from(f32::EPSILON)).min(1.0) as f32);
    Some((f64::from(low as f32), high))
}

fn same(
    e: &Exam,
    other: &crate::exact::Activation,
    rho: f64,
    depth: u64,
) -> Option<Vec<Comparison>> {
    Some(vec![
        Comparison::equal(e.nngp_of(other, rho, depth)?, e.nngp(rho, depth)?),
        Comparison::equal(e.ntk_of(other, rho, depth)?, e.ntk(rho, depth)?),
    ])
}
