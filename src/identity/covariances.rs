//! Laws of `k(q, p, rho) = E phi(sqrt(q) u) phi(sqrt(p) v)`, where nothing is normalised.

use rug::Rational;

use super::duals::{binary, one};
use super::exam::int;
use super::law::{Comparison, Domain, Identity, Object};
use super::{Candidate, exam};
use crate::activation::{BinaryOp, Expr};
use crate::real::{Analytic, Ball, Real};

const COVARIANCE: &[Object] = &[Object::Covariance];

/// The laws.
pub(super) const LAWS: &[Identity] = &[
    Identity::new(
        "covariance_symmetric",
        "k(q, p, rho) = k(p, q, rho)",
        "symmetry",
        Domain::Any,
        COVARIANCE,
        |e, s| {
            one(Comparison::equal(
                e.covariance((0.5, 2.0), s.rho)?,
                e.covariance((2.0, 0.5), s.rho)?,
            ))
        },
    )
    .usually("one variance in the place of the other"),
    Identity::new(
        "covariance_cauchy_schwarz",
        "k(q, p, rho)^2 <= k(q, q, 1) k(p, p, 1)",
        "Cauchy and Schwarz",
        Domain::Any,
        COVARIANCE,
        |e, s| {
            let right = &e.covariance((0.5, 0.5), 1.0)? * &e.covariance((2.0, 2.0), 1.0)?;
            Some(vec![
                Comparison::at_most(e.covariance((0.5, 2.0), s.rho)?.square(), right.clone()),
                Comparison::at_most(e.covariance((0.5, 2.0), -s.rho)?.square(), right),
            ])
        },
    ),
    Identity::new(
        "covariance_mixed",
        "k(q, p, r s)^2 <= k(q, q, r^2) k(p, p, s^2)",
        "Mehler 1866; Cauchy and Schwarz",
        Domain::Any,
        COVARIANCE,
        |e, s| {
            let (r, t) = (s.rho, s.other);
            let right = &e.covariance((0.5, 0.5), r * r)? * &e.covariance((2.0, 2.0), t * t)?;
            one(Comparison::at_most(
                e.covariance((0.5, 2.0), r * t)?.square(),
                right,
            ))
        },
    ),
    Identity::new(
        "covariance_factorises",
        "k(q, p, 0)^2 = k(q, q, 0) k(p, p, 0)",
        "independence",
        Domain::Any,
        COVARIANCE,
        |e, _| {
            let right = &e.covariance((0.5, 0.5), 0.0)? * &e.covariance((2.0, 2.0), 0.0)?;
            one(Comparison::equal(
                e.covariance((0.5, 2.0), 0.0)?.square(),
                right,
            ))
        },
    ),
    Identity::new(
        "covariance_is_the_dual",
        "k(1, 1, rho) = k(1, 1, 1) dual(rho)",
        "definition of the dual",
        Domain::Any,
        &[Object::Covariance, Object::Dual],
        |e, s| {
            let right = &e.covariance((1.0, 1.0), 1.0)? * &e.dual(s.rho)?;
            one(Comparison::equal(e.covariance((1.0, 1.0), s.rho)?, right))
        },
    )
    .usually("a missing factor c_sigma"),
    Identity::new(
        "covariance_dilation",
        "k of phi(2x) at (q, p) = k of phi at (4q, 4p)",
        "definition",
        Domain::Any,
        COVARIANCE,
        |e, s| {
            let twice = Expr::int(2) * Expr::X;
            let other = e.made(|f| f.substitute(&twice))?;
            one(Comparison::equal(
                e.covariance_of(&other, (0.5, 0.25), s.rho)?,
                e.covariance((2.0, 1.0), s.rho)?,
            ))
        },
    )
    .usually("the variance where its root belongs"),
    Identity::new(
        "covariance_of_multiple",
        "k of 3 phi = 9 k",
        "bilinearity",
        Domain::Any,
        COVARIANCE,
        |e, s| {
            let other = e.made(|f| f.scaled(&Expr::int(3)))?;
            let right = &int(9) * &e.covariance((0.5, 2.0), s.rho)?;
            one(Comparison::equal(
                e.covariance_of(&other, (0.5, 2.0), s.rho)?,
                right,
            ))
        },
    ),
    Identity::new(
        "covariance_parallelogram",
        "k of phi+x + k of phi-x = 2 k + 2 sqrt(q p) rho",
        "bilinearity",
        Domain::Any,
        COVARIANCE,
        |e, s| {
            let plus = e.made(|f| binary(BinaryOp::Add, f, &Expr::X))?;
            let minus = e.made(|f| binary(BinaryOp::Sub, f, &Expr::X))?;
            let at = (0.5, 2.0);
            let left = &e.covariance_of(&plus, at, s.rho)? + &e.covariance_of(&minus, at, s.rho)?;
            let right = (&e.covariance(at, s.rho)? + &e.number(s.rho)).scale2(1);
            one(Comparison::equal(left, right))
        },
    ),
    Identity::new(
        "covariance_homogeneous",
        "k(4q, 4p, rho) = 4^k k(q, p, rho) for degree k",
        "homogeneity",
        Domain::Homogeneous,
        COVARIANCE,
        |e, s| {
            let k = e.phi.homogeneity.clone()?;
            let right = &power(4, &k)? * &e.covariance((0.5, 1.0), s.rho)?;
            one(Comparison::equal(e.covariance((2.0, 4.0), s.rho)?, right))
        },
    )
    .usually("the variance where its root belongs"),
    Identity::new(
        "covariance_of_homogeneous_is_the_dual",
        "k(q, p, rho) = (q p)^(k/2) k(1, 1, rho)",
        "homogeneity",
        Domain::Homogeneous,
        COVARIANCE,
        |e, s| {
            // q p = 4
            let k = e.phi.homogeneity.clone()?;
            let right = &power(2, &k)? * &e.covariance((1.0, 1.0), s.rho)?;
            one(Comparison::equal(e.covariance((0.5, 8.0), s.rho)?, right))
        },
    )
    .usually("one variance in the place of both"),
    Identity::new(
        "covariance_certified",
        "k(q, p, rho) is the certified one",
        "this library, enclosed",
        Domain::Any,
        COVARIANCE,
        |e, s| {
            let certain = |at, rho| exam::enclosed(e.certified().covariance(&e.phi, at, rho)?);
            let mut all = vec![];
            for (at, rho) in [
                ((0.5, 2.0), s.rho),
                ((2.0, 0.5), -s.rho),
                ((2.0, 2.0), s.rho),
            ] {
                all.push(Comparison::equal(e.covariance(at, rho)?, certain(at, rho)?));
            }
            Some::<Vec<Comparison>>(all)
        },
    )
    .reference()
    .usually("the variance where its root belongs"),
];

/// `base^k`, a whole power where `k` is whole.
fn power(base: i64, k: &Rational) -> Option<Ball> {
    Some(match k.is_integer() {
        true => int(base).powi(k.numer().to_i64()?),
        false => int(base).powr(k),
    })
}
