//! Laws of the normalised dual: a power series in `rho` with non-negative coefficients that sum to 1 (Mehler).

use super::exam::{BITS, Spot, int};
use super::law::{Comparison, Domain, Identity, Object};
use crate::activation::{BinaryOp, Expr};
use crate::real::{Analytic, Ball, Real};

const DUAL: &[Object] = &[Object::Dual];
const MEHLER: &str = "Mehler 1866; Daniely, Frostig and Singer 2016, Lemma 11";
const SCHOENBERG: &str =
    "Schoenberg 1942: positive definite on all spheres means non-negative coefficients";

/// The laws.
pub(super) const LAWS: &[Identity] = &[
    Identity::new("dual_at_one", "dual(1) = 1", "normalisation", Domain::Any, DUAL, |e, _| {
        one(Comparison::equal(e.dual(1.0)?, int(1)))
    })
    .usually("a missing factor c_sigma = 1/E phi(Z)^2"),
    Identity::new("dual_at_most_one", "|dual(rho)| <= 1", "Cauchy and Schwarz", Domain::Any, DUAL, |e, s| {
        Some(vec![
            Comparison::at_most(e.dual(s.rho)?.abs(), int(1)),
            Comparison::at_most(e.dual(-s.rho)?.abs(), int(1)),
        ])
    })
    .usually("a missing factor c_sigma, or a correlation that was not clipped"),
    Identity::new("dual_modulus", "|dual(-rho)| <= dual(rho) for rho >= 0", MEHLER, Domain::Any, DUAL, |e, s| {
        one(Comparison::at_most(e.dual(-s.rho)?.abs(), e.dual(s.rho)?))
    })
    .usually("a wrong sign in front of rho"),
    Identity::new("dual_increases", "dual(s) <= dual(r) for 0 <= s <= r", MEHLER, Domain::Any, DUAL, |e, s| {
        let (low, high) = ordered(s);
        one(Comparison::at_most(e.dual(low)?, e.dual(high)?))
    })
    .usually("a wrong sign, or the angle where its complement belongs"),
    Identity::new("dual_is_convex", "dual((r+s)/2) <= (dual(r)+dual(s))/2 on [0,1]", MEHLER, Domain::Any, DUAL, |e, s| {
        let mean = (&e.dual(s.rho)? + &e.dual(s.other)?).scale2(-1);
        one(Comparison::at_most(e.dual((s.rho + s.other) / 2.0)?, mean))
    }),
    Identity::new(
        "dual_is_absolutely_monotone",
        "all differences sum_j (-1)^(k-j) C(k,j) dual(j rho/4) are >= 0, k = 2, 3, 4",
        SCHOENBERG,
        Domain::Any,
        DUAL,
        |e, s| {
            rising(2, |j| e.dual(f64::from(j) * s.rho / 4.0))
        },
    ),
    Identity::new("dual_below_its_chord", "dual(rho) <= (1-rho) dual(0) + rho on [0,1]", MEHLER, Domain::Any, DUAL, |e, s| {
        let rho = e.number(s.rho);
        let chord = &(&(int(1) - &rho) * &e.dual(0.0)?) + &rho;
        one(Comparison::at_most(e.dual(s.rho)?, chord))
    }),
    Identity::new("dual_even_part", "dual(rho) + dual(-rho) >= 2 dual(0)", MEHLER, Domain::Any, DUAL, |e, s| {
        let even = &e.dual(s.rho)? + &e.dual(-s.rho)?;
        one(Comparison::at_most(e.dual(0.0)?.scale2(1), even))
    }),
    Identity::new(
        "dual_odd_part",
        "(dual(rho) - dual(-rho))/rho increases on (0,1]",
        MEHLER,
        Domain::Any,
        DUAL,
        |e, s| {
            let (low, high) = ordered(s);
            let part = |r: f64| Some(&(&e.dual(r)? - &e.dual(-r)?) / &e.number(r));
            one(Comparison::at_most(part(low)?, part(high)?))
        },
    ),
    Identity::new(
        "dual_even_quotient",
        "(dual(rho) + dual(-rho) - 2 dual(0))/rho^2 increases on (0,1]",
        MEHLER,
        Domain::Any,
        DUAL,
        |e, s| {
            let (low, high) = ordered(s);
            let part = |r: f64| {
                let even = &e.dual(r)? + &e.dual(-r)?;
                Some(&(&even - &e.dual(0.0)?.scale2(1)) / &e.number(r * r))
            };
            one(Comparison::at_most(part(low)?, part(high)?))
        },
    ),
    Identity::new(
        "dual_log_convex",
        "dual(r s)^2 <= dual(r^2) dual(s^2)",
        "Cauchy and Schwarz on sum a_n^2 r^n s^n",
        Domain::Any,
        DUAL,
        |e, s| {
            let left = e.dual(s.rho * s.other)?.square();
            one(Comparison::at_most(left, &e.dual(s.rho * s.rho)? * &e.dual(s.other * s.other)?))
        },
    ),
    Identity::new(
        "dual_positive_definite",
        "[dual(x_i . x_j)] has no negative pivot, x in R^3",
        SCHOENBERG,
        Domain::Any,
        DUAL,
        |e, s| {
            let d = |r: f64| e.dual(r);
            pivots(&three_points(s, &d)?)
        },
    ),
    Identity::new(
        "dual_positive_definite_opposite",
        "[dual(x_i . x_j)] has no negative pivot with opposite points among the x",
        SCHOENBERG,
        Domain::Any,
        DUAL,
        |e, s| {
            let d = |r: f64| e.dual(r);
            pivots(&with_opposites(s.rho, &d)?)
        },
    ),
    Identity::new("dual_of_odd", "dual(-rho) = -dual(rho)", MEHLER, Domain::Odd, DUAL, |e, s| {
        Some(vec![
            Comparison::equal(e.dual(-s.rho)?, -e.dual(s.rho)?),
            Comparison::equal(e.dual(0.0)?, int(0)),
            Comparison::equal(e.dual(-1.0)?, int(-1)),
        ])
    })
    .usually("the mean of the activation left in, or a correlation clipped at 0"),
    Identity::new("dual_of_even", "dual(-rho) = dual(rho)", MEHLER, Domain::Even, DUAL, |e, s| {
        Some(vec![
            Comparison::equal(e.dual(-s.rho)?, e.dual(s.rho)?),
            Comparison::equal(e.dual(-1.0)?, int(1)),
        ])
    })
    .usually("a wrong sign in front of rho"),
    Identity::new("dual_of_centred", "dual(0) = 0 and |dual(rho)| <= |rho|", MEHLER, Domain::Centred, DUAL, |e, s| {
        Some(vec![
            Comparison::equal(e.dual(0.0)?, int(0)),
            Comparison::at_most(e.dual(s.rho)?.abs(), e.number(s.rho)),
        ])
    })
    .usually("the mean of the activation not subtracted"),
    Identity::new(
        "dual_of_twice_centred",
        "|dual(rho)| <= rho^2",
        MEHLER,
        Domain::TwiceCentred,
        DUAL,
        |e, s| one(Comparison::at_most(e.dual(s.rho)?.abs(), e.number(s.rho * s.rho))),
    ),
    Identity::new("dual_of_multiple", "dual of 3 phi = dual of phi", "homogeneity", Domain::Any, DUAL, |e, s| {
        let other = e.made(|f| f.scaled(&Expr::int(3)))?;
        one(Comparison::equal(e.dual_of(&other, s.rho)?, e.dual(s.rho)?))
    })
    .usually("a normalisation that does not know the factor"),
    Identity::new("dual_of_negative", "dual of -phi = dual of phi", "homogeneity", Domain::Any, DUAL, |e, s| {
        let other = e.made(|f| Expr::Neg(f.clone().into()))?;
        one(Comparison::equal(e.dual_of(&other, s.rho)?, e.dual(s.rho)?))
    }),
    Identity::new("dual_of_mirrored", "dual of phi(-x) = dual of phi", "(u,v) and (-u,-v) have one law", Domain::Any, DUAL, |e, s| {
        let other = e.made(mirrored)?;
        Some(vec![
            Comparison::equal(e.dual_of(&other, s.rho)?, e.dual(s.rho)?),
            Comparison::equal(e.dual_of(&other, -s.rho)?, e.dual(-s.rho)?),
        ])
    }),
    Identity::new(
        "dual_of_powers",
        "the dual of h_n is rho^n, n = 1..5",
        "orthogonality of Hermite polynomials",
        Domain::Any,
        DUAL,
        |e, s| {
            let mut all = vec![];
            for n in 1..=5 {
                let h = e.named(&format!("hermite({n})"))?;
                if let Some(d) = e.dual_of(&h, -s.rho) {
                    all.push(Comparison::equal(d, e.number(-s.rho).powi(n)));
                }
            }
            (!all.is_empty()).then_some(all)
        },
    )
    .usually("the physicists' Hermite polynomials, or a missing 1/sqrt(n!)"),
    Identity::new(
        "dual_of_sum",
        "unnormalised: D(phi+x) + D(phi-x) = 2 D(phi) + 2 rho",
        "bilinearity (parallelogram law)",
        Domain::Any,
        DUAL,
        |e, s| {
            let plus = e.made(|f| binary(BinaryOp::Add, f, &Expr::X))?;
            let minus = e.made(|f| binary(BinaryOp::Sub, f, &Expr::X))?;
            // asked first: what is not there costs nothing
            let (above, below) = (e.dual_of(&plus, s.rho)?, e.dual_of(&minus, s.rho)?);
            let square = |phi| e.certified().square(phi);
            let sum = &(&square(&plus)? * &above) + &(&square(&minus)? * &below);
            let twice = (&(&square(&e.phi)? * &e.dual(s.rho)?) + &e.number(s.rho)).scale2(1);
            one(Comparison::equal(sum, twice))
        },
    ),
    Identity::new("dual_certified", "dual(rho) is the certified one", "this library, enclosed", Domain::Any, DUAL, |e, s| {
        let at = [s.rho, -s.rho, 0.0, -1.0];
        let all: Option<Vec<_>> = at
            .iter()
            .map(|r| Some(Comparison::equal(e.dual(*r)?, e.certain_dual(*r)?)))
            .collect();
        all
    })
    .reference(),
    Identity::new(
        "dual_near_one",
        "dual(1 - 2^-k) is the certified one, k = 8, 12, 16, 20",
        "this library, enclosed",
        Domain::Continuous,
        DUAL,
        |e, _| {
            let at = [8, 12, 16, 20].map(|k| 1.0 - 2f64.powi(-k));
            at.iter()
                .map(|r| Some(Comparison::equal(e.dual(*r)?, e.certain_dual(*r)?)))
                .collect()
        },
    )
    .reference()
    .usually("acos or sqrt(1 - rho^2) near 1, where they lose half of the digits, or the diagonal clipped"),
];

/// A single comparison.
pub(super) fn one(comparison: Comparison) -> Option<Vec<Comparison>> {
    Some(vec![comparison])
}

/// The two correlations in order.
pub(super) fn ordered(s: &Spot) -> (f64, f64) {
    (s.rho.min(s.other), s.rho.max(s.other))
}

/// `phi(-x)`
pub(super) fn mirrored(f: &Expr) -> Expr {
    f.substitute(&Expr::Neg(Expr::X.into()))
}

/// Two expressions joined.
pub(super) fn binary(op: BinaryOp, a: &Expr, b: &Expr) -> Expr {
    Expr::Binary(op, a.clone().into(), b.clone().into())
}

/// Of a power series with non-negative coefficients at five equally distant places from 0 on: no difference of order `from` and more is
/// negative there.
pub(super) fn rising(from: usize, at: impl Fn(u32) -> Option<Ball>) -> Option<Vec<Comparison>> {
    let values: Vec<Ball> = (0..5).map(at).collect::<Option<_>>()?;
    Some(
        differences(&values, from)
            .map(|d| Comparison::at_most(int(0), d))
            .collect(),
    )
}

/// The first difference of each order from `from` on.
fn differences(values: &[Ball], from: usize) -> impl Iterator<Item = Ball> {
    let mut rows = vec![values.to_vec()];
    for _ in 1..values.len() {
        let last = &rows[rows.len() - 1];
        let next = last.windows(2).map(|w| &w[1] - &w[0]).collect();
        rows.push(next);
    }
    rows.into_iter()
        .skip(from)
        .filter_map(|row| row.into_iter().next())
}

/// The kernel on three points of the sphere, two of them at the correlations of the place with the third.
pub(super) fn three_points(
    s: &Spot,
    kernel: &dyn Fn(f64) -> Option<Ball>,
) -> Option<Vec<Vec<Ball>>> {
    let (r, t) = (s.rho, s.other);
    matrix(&[&[1.0, r, t], &[r, 1.0, r * t], &[t, r * t, 1.0]], kernel)
}

/// The kernel on two points and their opposites.
pub(super) fn with_opposites(
    r: f64,
    kernel: &dyn Fn(f64) -> Option<Ball>,
) -> Option<Vec<Vec<Ball>>> {
    matrix(
        &[
            &[1.0, r, -1.0, -r],
            &[r, 1.0, -r, -1.0],
            &[-1.0, -r, 1.0, r],
            &[-r, -1.0, r, 1.0],
        ],
        kernel,
    )
}

fn matrix(rhos: &[&[f64]], kernel: &dyn Fn(f64) -> Option<Ball>) -> Option<Vec<Vec<Ball>>> {
    let row = |row: &&[f64]| row.iter().map(|r| kernel(*r)).collect();
    rhos.iter().map(row).collect()
}

/// `0 <=` each pivot of Cholesky's factorisation in balls, as far as they are certainly positive: the one behind is the last.
pub(super) fn pivots(matrix: &[Vec<Ball>]) -> Option<Vec<Comparison>> {
    let mut m = matrix.to_vec();
    let n = m.len();
    let mut all = vec![];
    for k in 0..n {
        let pivot = m[k][k].with_bits(BITS);
        all.push(Comparison::at_most(int(0), pivot.clone()));
        if pivot.sign() != Some(std::cmp::Ordering::Greater) {
            break;
        }
        let row = m[k].clone();
        for line in m.iter_mut().skip(k + 1) {
            let factor = &line[k] / &pivot;
            for (x, y) in line.iter_mut().zip(&row).skip(k + 1) {
                *x = &*x - &(&factor * y);
            }
        }
    }
    // a matrix that is certainly not positive semidefinite in a corner of two
    for i in 0..n {
        for j in 0..i {
            let corner = &matrix[i][i] * &matrix[j][j];
            all.push(Comparison::at_most(matrix[i][j].square(), corner));
        }
    }
    Some(all)
}
