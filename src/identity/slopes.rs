//! Laws of the slope of the dual: Price's theorem, and a power series with non-negative coefficients again.

use super::duals::{one, ordered, rising};
use super::exam::int;
use super::law::{Comparison, Domain, Identity, Object};
use crate::real::{Ball, Real};

const SLOPE: &[Object] = &[Object::Slope];
const BOTH: &[Object] = &[Object::Dual, Object::Slope];
const MEHLER: &str = "Mehler 1866: dual' = sum n a_n^2 rho^(n-1)";
const PRICE: &str = "Price 1958";
const DELTA: &str = "the derivative of a jump (a delta) left out, or a missing factor c_sigma";

/// The laws.
pub(super) const LAWS: &[Identity] = &[
    Identity::new(
        "slope_between",
        "(r-s) dual'(s) <= dual(r) - dual(s) <= (r-s) dual'(r) for 0 <= s <= r < 1",
        PRICE,
        Domain::Any,
        BOTH,
        |e, s| {
            let (low, high) = ordered(s);
            let rise = &e.dual(high)? - &e.dual(low)?;
            let run = e.number(high - low);
            Some(vec![
                Comparison::at_most(&run * &e.slope(low)?, rise.clone()),
                Comparison::at_most(rise, &run * &e.slope(high)?),
            ])
        },
    )
    .usually(DELTA),
    Identity::new(
        "slope_integral",
        "rho dual'(rho/2) <= dual(rho) - dual(0) <= rho (dual'(0) + dual'(rho))/2 on [0,1)",
        "Price 1958; Hermite and Hadamard (dual' is convex)",
        Domain::Any,
        BOTH,
        |e, s| {
            let rise = &e.dual(s.rho)? - &e.dual(0.0)?;
            let rho = e.number(s.rho);
            let ends = (&e.slope(0.0)? + &e.slope(s.rho)?).scale2(-1);
            Some(vec![
                Comparison::at_most(&rho * &e.slope(s.rho / 2.0)?, rise.clone()),
                Comparison::at_most(rise, &rho * &ends),
            ])
        },
    )
    .usually(DELTA),
    Identity::new(
        "slope_integral_negative",
        "dual(0) - dual(-h) = int_(-h)^0 dual', by Simpson's rule, whose rest is at most h (dual'(2h) - dual'(0))/16; h = rho/4",
        PRICE,
        Domain::Any,
        BOTH,
        |e, s| {
            // Simpson's rule is exact to degree 3; what is left has coefficients of modulus at most those of dual'(rho)
            let h = s.rho / 4.0;
            let simpson = &(&e.slope(-h)? + &e.slope(0.0)?) + &e.slope(-h / 2.0)?.scale2(2);
            let integral = &(&simpson * &e.number(h)) / &int(6);
            let rise = &e.dual(0.0)? - &e.dual(-h)?;
            let p = |r: f64| e.slope(r);
            // sum_{n >= 4} c_n h^n, c_n the coefficients of dual'
            let rest = tail_of_slope(&p, h)?;
            let slack = &rest * &e.number(h);
            Some(vec![
                Comparison::at_most(&integral - &slack, rise.clone()),
                Comparison::at_most(rise, &integral + &slack),
            ])
        },
    )
    .usually("a wrong sign in the slope at negative correlations"),
    Identity::new("slope_increases", "0 <= dual'(s) <= dual'(r) for 0 <= s <= r", MEHLER, Domain::Any, SLOPE, |e, s| {
        let (low, high) = ordered(s);
        Some(vec![
            Comparison::at_most(int(0), e.slope(low)?),
            Comparison::at_most(e.slope(low)?, e.slope(high)?),
        ])
    }),
    Identity::new("slope_is_convex", "dual'((r+s)/2) <= (dual'(r) + dual'(s))/2 on [0,1)", MEHLER, Domain::Any, SLOPE, |e, s| {
        let mean = (&e.slope(s.rho)? + &e.slope(s.other)?).scale2(-1);
        one(Comparison::at_most(e.slope((s.rho + s.other) / 2.0)?, mean))
    }),
    Identity::new("slope_modulus", "|dual'(-rho)| <= dual'(rho)", MEHLER, Domain::Any, SLOPE, |e, s| {
        one(Comparison::at_most(e.slope(-s.rho)?.abs(), e.slope(s.rho)?))
    }),
    Identity::new(
        "slope_is_absolutely_monotone",
        "all differences of dual'(j rho/4) are >= 0, order 2, 3, 4",
        MEHLER,
        Domain::Any,
        SLOPE,
        |e, s| {
            rising(2, |j| e.slope(f64::from(j) * s.rho / 4.0))
        },
    ),
    Identity::new("slope_of_odd", "dual'(-rho) = dual'(rho)", MEHLER, Domain::Odd, SLOPE, |e, s| {
        one(Comparison::equal(e.slope(-s.rho)?, e.slope(s.rho)?))
    }),
    Identity::new("slope_of_even", "dual'(-rho) = -dual'(rho), dual'(0) = 0", MEHLER, Domain::Even, SLOPE, |e, s| {
        Some(vec![
            Comparison::equal(e.slope(-s.rho)?, -e.slope(s.rho)?),
            Comparison::equal(e.slope(0.0)?, int(0)),
        ])
    }),
    Identity::new(
        "slope_above_the_gap",
        "dual'(rho) <= (1 - dual(rho))/(1 - rho) <= dual'(1)",
        "convexity",
        Domain::Continuous,
        BOTH,
        |e, s| {
            let gap = &(int(1) - &e.dual(s.rho)?) / &e.number(1.0 - s.rho);
            Some(vec![
                Comparison::at_most(e.slope(s.rho)?, gap.clone()),
                Comparison::at_most(gap, e.slope(1.0)?),
            ])
        },
    ),
    Identity::new(
        "slope_above_the_rise",
        "dual(rho) - dual(0) <= rho dual'(rho) on [0,1)",
        "a_n^2 <= n a_n^2",
        Domain::Any,
        BOTH,
        |e, s| {
            let rise = &e.dual(s.rho)? - &e.dual(0.0)?;
            one(Comparison::at_most(rise, &e.number(s.rho) * &e.slope(s.rho)?))
        },
    ),
    Identity::new(
        "slope_is_the_dual_of_the_derivative",
        "dual'(rho) = dual'(1) dual_{phi'}(rho)",
        "Daniely, Frostig and Singer 2016, Lemma 11 (e)",
        Domain::Continuous,
        BOTH,
        |e, s| {
            let derivative = e.made(crate::activation::Expr::derivative)?;
            let b = e.slope(1.0)?;
            Some(vec![
                Comparison::equal(e.slope(s.rho)?, &b * &e.dual_of(&derivative, s.rho)?),
                Comparison::equal(e.slope(-s.rho)?, &b * &e.dual_of(&derivative, -s.rho)?),
            ])
        },
    )
    .usually(DELTA),
    Identity::new("slope_of_centred", "dual'(1) >= 1", "B' = sum n a_n^2 >= sum a_n^2", Domain::Centred, SLOPE, |e, _| {
        one(Comparison::at_most(int(1), e.slope(1.0)?))
    })
    .usually("a missing factor c_sigma in the slope"),
    Identity::new("slope_of_twice_centred", "dual'(1) >= 2", "B' = sum n a_n^2 >= 2 sum a_n^2", Domain::TwiceCentred, SLOPE, |e, _| {
        one(Comparison::at_most(int(2), e.slope(1.0)?))
    })
    .usually("a missing factor c_sigma in the slope"),
    Identity::new(
        "slope_at_one_above_the_mean",
        "dual'(1) >= 1 - dual(0)",
        "B' = sum n a_n^2 >= 1 - a_0^2",
        Domain::Continuous,
        BOTH,
        |e, _| one(Comparison::at_most(int(1) - &e.dual(0.0)?, e.slope(1.0)?)),
    ),
    Identity::new(
        "slope_of_homogeneous",
        "E phi'^2 = k^2/(2k-1) E phi^2, so dual'(1) = k^2/(2k-1) for degree k > 1/2",
        "E |Z|^(2k) = (2k-1) E |Z|^(2k-2)",
        Domain::Homogeneous,
        SLOPE,
        |e, _| {
            let k = e.phi.homogeneity.clone()?;
            let twice = crate::activation::Exact::exact(&2).ok()? * &k - 1;
            if twice <= 0 {
                return None;
            }
            let value = k.clone() * k / twice;
            one(Comparison::equal(
                e.slope(1.0)?,
                <Ball as crate::real::Analytic>::rational(&value, super::exam::BITS),
            ))
        },
    )
    .usually("a missing factor c_sigma in the slope"),
    Identity::new("slope_of_multiple", "dual' of 3 phi = dual' of phi", "homogeneity", Domain::Any, SLOPE, |e, s| {
        let other = e.made(|f| f.scaled(&crate::activation::Expr::int(3)))?;
        one(Comparison::equal(e.slope_of(&other, s.rho)?, e.slope(s.rho)?))
    })
    .usually("c_sigma in the dual, not in its slope"),
    Identity::new("slope_of_mirrored", "dual' of phi(-x) = dual' of phi", "(u,v) and (-u,-v) have one law", Domain::Any, SLOPE, |e, s| {
        let other = e.made(super::duals::mirrored)?;
        one(Comparison::equal(e.slope_of(&other, s.rho)?, e.slope(s.rho)?))
    }),
    Identity::new("slope_certified", "dual'(rho) is the certified one", "this library, enclosed", Domain::Any, SLOPE, |e, s| {
        let at = [s.rho, -s.rho, 0.0];
        let all: Option<Vec<_>> = at
            .iter()
            .map(|r| Some(Comparison::equal(e.slope(*r)?, e.certain_slope(*r)?)))
            .collect();
        all
    })
    .reference()
    .usually(DELTA),
    Identity::new("slope_at_one_certified", "dual'(1) = B' is the certified one", "this library, enclosed", Domain::Continuous, SLOPE, |e, _| {
        one(Comparison::equal(e.slope(1.0)?, e.certain_slope(1.0)?))
    })
    .reference()
    .usually("the diagonal clipped below 1"),
];

/// A bound of `sum_{n >= 4} c_n h^n`, `c_n >= 0` the coefficients of the slope: at most `16^-1` of the same at `2 h`.
fn tail_of_slope(slope: &dyn Fn(f64) -> Option<Ball>, h: f64) -> Option<Ball> {
    let far = slope(2.0 * h)?;
    let near = slope(0.0)?;
    Some((&far - &near).abs().scale2(-4))
}
