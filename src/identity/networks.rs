//! Laws of networks with weights, biases and inputs of any norm, and of the conventions of papers against each other.

use super::duals::{one, pivots};
use super::exam::{enclosed, int};
use super::law::{Comparison, Domain, Identity, Object};
use super::{Candidate, Question};
use crate::activation::Expr;
use crate::real::{Analytic, Real};
use crate::recursion::Convention;

const NNGP: &[Object] = &[Object::Nngp];
const BOTH: &[Object] = &[Object::Nngp, Object::Ntk];
const LEE: &str = "Lee et al. 2019, (S4) to (S9)";
const BIAS: &str = "sigma_b where sigma_b^2 belongs, or biases missing in one of the kernels";

/// The laws.
pub(super) const LAWS: &[Identity] = &[
    Identity::new(
        "first_layer",
        "nngp_0 = ntk_0 = sigma_w^2 sqrt(q p) rho + sigma_b^2",
        LEE,
        Domain::Any,
        BOTH,
        |e, s| {
            let q = Question {
                norms: (0.5, 2.0),
                ..e.network(s.rho, 0)
            };
            let right = &(&e.number(q.first()) * &e.number(s.rho)) + &e.number(q.bias());
            let found = e.kernels(&q);
            Some(vec![
                Comparison::equal(found.nngp?, right.clone()),
                Comparison::equal(found.ntk?, right),
            ])
        },
    )
    .usually(BIAS),
    Identity::new(
        "one_layer_network",
        "nngp_1 = sigma_w^2 k(q_0, p_0, rho_0) + sigma_b^2",
        LEE,
        Domain::Any,
        &[Object::Nngp, Object::Covariance],
        |e, s| {
            // without biases the first layer leaves the correlation as it is
            let q = Question {
                sigma_b: 0.0,
                sigma_w: 2.0,
                norms: (0.5, 1.0),
                ..e.network(s.rho, 1)
            };
            let right = &int(4) * &e.covariance((2.0, 4.0), s.rho)?;
            one(Comparison::equal(e.kernels(&q).nngp?, right))
        },
    )
    .usually("sigma_w where sigma_w^2 belongs, or a missing one in the first layer"),
    Identity::new("kernels_symmetric", "the kernels do not change when the inputs are exchanged", "symmetry", Domain::Any, BOTH, |e, s| {
        let a = Question {
            norms: (0.5, 2.0),
            ..e.network(s.rho, s.depth)
        };
        let b = Question {
            norms: (2.0, 0.5),
            ..a.clone()
        };
        let (a, b) = (e.kernels(&a), e.kernels(&b));
        Some(vec![
            Comparison::equal(a.nngp?, b.nngp?),
            Comparison::equal(a.ntk?, b.ntk?),
        ])
    })
    .deep()
    .usually("the variance of one input in the place of the other's"),
    Identity::new(
        "network_positive_definite",
        "[[K(x,x), K(x,y)], [K(x,y), K(y,y)]] has no negative pivot",
        "covariance matrices",
        Domain::Continuous,
        BOTH,
        |e, s| {
            let at = |norms, rho| {
                e.kernels(&Question {
                    norms,
                    ..e.network(rho, s.depth)
                })
            };
            let (x, y) = (at((0.5, 0.5), 1.0), at((2.0, 2.0), 1.0));
            let z = at((0.5, 2.0), s.rho);
            let matrix = |x, z: crate::real::Ball, y| vec![vec![x, z.clone()], vec![z, y]];
            let mut all = pivots(&matrix(x.nngp?, z.nngp?, y.nngp?))?;
            all.extend(pivots(&matrix(x.ntk?, z.ntk?, y.ntk?))?);
            Some(all)
        },
    )
    .deep(),
    Identity::new(
        "biases_make_it_larger",
        "nngp_L(1) >= sigma_b^2, and ntk_L >= nngp_L at rho = 1",
        LEE,
        Domain::Continuous,
        BOTH,
        |e, s| {
            let q = e.network(1.0, s.depth);
            let bias = e.number(q.bias());
            let found = e.kernels(&q);
            let nngp = found.nngp?;
            Some(vec![
                Comparison::at_most(bias, nngp.clone()),
                Comparison::at_most(nngp, found.ntk?),
            ])
        },
    )
    .deep()
    .usually(BIAS),
    Identity::new(
        "ntk_above_nngp_with_biases",
        "ntk_L >= nngp_L for rho >= 0",
        LEE,
        Domain::Continuous,
        BOTH,
        |e, s| {
            let found = e.kernels(&e.network(s.rho, s.depth));
            one(Comparison::at_most(found.nngp?, found.ntk?))
        },
    )
    .deep(),
    Identity::new(
        "ntk_with_biases",
        "ntk_1 - nngp_1 = sigma_w^2 E phi' phi' (sigma_w^2 q rho + sigma_b^2), and E phi' phi' increases with rho_0: \
         nngp_1(r) - nngp_1(s) <= (ntk_1 - nngp_1)(r) (k_0(r) - k_0(s))/k_0(r)",
        "Price 1958; Lee et al. 2019",
        Domain::Any,
        BOTH,
        |e, s| {
            let (low, high) = super::duals::ordered(s);
            let at = |r| e.kernels(&e.network(r, 1));
            let (a, b) = (at(low), at(high));
            let k = |r: f64| &(&e.number(e.network(r, 1).first() * 1.5) * &e.number(r)) + &e.number(0.25);
            let rise = &b.nngp.clone()? - &a.nngp.clone()?;
            let run = &k(high) - &k(low);
            let slope_high = &(&b.ntk? - &b.nngp?) / &k(high);
            let slope_low = &(&a.ntk? - &a.nngp?) / &k(low);
            Some(vec![
                Comparison::at_most(&slope_low * &run, rise.clone()),
                Comparison::at_most(rise, &slope_high * &run),
            ])
        },
    )
    .usually(BIAS),
    Identity::new(
        "jacot_is_lee",
        "the kernels of jacot2018 with beta are those of lee2019 with sigma_w = 1, sigma_b = beta",
        "Jacot, Gabriel and Hongler 2018; Lee et al. 2019",
        Domain::Any,
        BOTH,
        |e, s| {
            let a = Question {
                sigma_w: 1.0,
                ..e.network(s.rho, s.depth)
            };
            let b = Question {
                convention: Convention::Jacot2018,
                ..a.clone()
            };
            let (a, b) = (e.kernels(&a), e.kernels(&b));
            Some(vec![
                Comparison::equal(a.nngp?, b.nngp?),
                Comparison::equal(a.ntk?, b.ntk?),
            ])
        },
    )
    .deep()
    .usually(BIAS),
    Identity::new(
        "lee_dilation",
        "the kernels of phi(2x) with (sigma_w, sigma_b) are 1/4 of those of phi with (2 sigma_w, 2 sigma_b)",
        "definition",
        Domain::Any,
        BOTH,
        |e, s| {
            let twice = Expr::int(2) * Expr::X;
            let other = e.made(|f| f.substitute(&twice))?;
            let a = Question {
                sigma_w: 0.5,
                sigma_b: 0.25,
                ..e.network(s.rho, s.depth)
            };
            let b = Question {
                sigma_w: 1.0,
                sigma_b: 0.5,
                ..a.clone()
            };
            let a = Question {
                activation: &other,
                ..a
            };
            let (a, b) = (e.kernels(&a), e.kernels(&b));
            Some(vec![
                Comparison::equal(a.nngp?.scale2(2), b.nngp?),
                Comparison::equal(a.ntk?.scale2(2), b.ntk?),
            ])
        },
    )
    .deep()
    .usually("sigma_w where sigma_w^2 belongs"),
    Identity::new(
        "lee_weights_and_norms",
        "at L = 0 and 1: (2 sigma_w, norm q) has the first layer of (sigma_w, norm 4q)",
        LEE,
        Domain::Any,
        NNGP,
        |e, s| {
            let a = Question {
                sigma_w: 2.0,
                norms: (0.5, 0.5),
                ..e.network(s.rho, 0)
            };
            let b = Question {
                sigma_w: 1.0,
                norms: (2.0, 2.0),
                ..a.clone()
            };
            let mut all = vec![Comparison::equal(e.kernels(&a).nngp?, e.kernels(&b).nngp?)];
            let deeper = |q: &Question, w: i64| {
                let k = e.kernels(&Question { depth: 1, ..q.clone() }).nngp?;
                Some(&(&k - &e.number(q.bias())) / &int(w))
            };
            all.push(Comparison::equal(deeper(&a, 4)?, deeper(&b, 1)?));
            Some(all)
        },
    )
    .usually("sigma_w^2 missing in the first layer"),
    Identity::new(
        "lee_of_homogeneous",
        "without biases, for degree k: the kernels are sqrt(q_L p_L) times the normalised ones, q_{l+1} = sigma_w^2 E phi^2 q_l^k",
        "homogeneity",
        Domain::Homogeneous,
        BOTH,
        |e, s| {
            let q = Question {
                sigma_b: 0.0,
                norms: (0.5, 2.0),
                ..e.network(s.rho, s.depth)
            };
            let degree = e.phi.homogeneity.clone()?;
            let square = e.certified().square(&e.phi)?;
            let gain = &e.number(q.first()) * &square;
            let last = |norm: f64| {
                let first = e.number(q.first() * norm);
                (0..s.depth).fold(first, |v, _| &gain * &power(&v, &degree))
            };
            let factor = (&last(q.norms.0) * &last(q.norms.1)).sqrt();
            let found = e.kernels(&q);
            let mut all = vec![Comparison::equal(found.nngp?, &factor * &e.nngp(s.rho, s.depth)?)];
            if let (Some(found), Some(unit)) = (found.ntk, e.ntk(s.rho, s.depth)) {
                all.push(Comparison::equal(found, &factor * &unit));
            }
            Some(all)
        },
    )
    .deep()
    .usually("sigma_w^2 missing in the first layer, or in the slope's term"),
    Identity::new(
        "kernels_homogeneous_in_norms",
        "without biases and for degree 1, kernels at (4q, 4p) are 4 times those at (q, p)",
        "homogeneity",
        Domain::HomogeneousOfDegreeOne,
        BOTH,
        |e, s| {
            let a = Question {
                sigma_b: 0.0,
                norms: (0.5, 1.0),
                ..e.network(s.rho, s.depth)
            };
            let b = Question {
                norms: (2.0, 4.0),
                ..a.clone()
            };
            let (a, b) = (e.kernels(&a), e.kernels(&b));
            Some(vec![
                Comparison::equal(a.nngp?.scale2(2), b.nngp?),
                Comparison::equal(a.ntk?.scale2(2), b.ntk?),
            ])
        },
    )
    .deep(),
    Identity::new(
        "network_modulus",
        "|K(-rho)| <= K(rho) for rho >= 0 (no biases)",
        "Mehler 1866",
        Domain::Any,
        BOTH,
        |e, s| {
            let at = |r| {
                e.kernels(&Question {
                    sigma_b: 0.0,
                    ..e.network(r, s.depth)
                })
            };
            let (a, b) = (at(-s.rho), at(s.rho));
            Some(vec![
                Comparison::at_most(a.nngp?.abs(), b.nngp?),
                Comparison::at_most(a.ntk?.abs(), b.ntk?),
            ])
        },
    )
    .deep(),
    Identity::new(
        "network_certified",
        "the kernels with weights, biases and two norms are the certified ones",
        "this library, enclosed",
        Domain::Any,
        BOTH,
        |e, s| {
            let mut all = vec![];
            for (norms, rho) in [((1.5, 1.5), s.rho), ((0.5, 2.0), -s.rho), ((0.5, 2.0), s.rho)] {
                let q = Question {
                    norms,
                    ..e.network(rho, s.depth)
                };
                let certain = e.certified().kernels(&q);
                let found = e.kernels(&q);
                all.push(Comparison::equal(found.nngp?, enclosed(certain.nngp?)?));
                if let (Some(found), Some(certain)) = (found.ntk, certain.ntk) {
                    all.push(Comparison::equal(found, enclosed(certain)?));
                }
            }
            Some(all)
        },
    )
    .deep()
    .reference()
    .usually(BIAS),
];

/// `v^k`
fn power(v: &crate::real::Ball, k: &rug::Rational) -> crate::real::Ball {
    match (k.is_integer(), k.numer().to_i64()) {
        (true, Some(k)) => v.powi(k),
        _ => v.powr(k),
    }
}
