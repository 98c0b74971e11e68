//! Quantities of kernels, in ball arithmetic: every number is an enclosure.

use rug::Rational;

use super::claim::{Answer, Measured, PROVED};
use super::laboratory::Laboratory;
use super::parameters::{Parameters, unknown};
use crate::classifier::certain::dual_of;
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::limit::{Bend, Boettcher, Koenigs, LogPeriodic, Ordered, classify};
use crate::real::{Analytic, Ball, Bits, Quantity, Real};
use crate::recursion::{Correlation, Pair, Scaled, UnitLayers};

/// Bits of the balls: 60 digits, and room for what a few hundred layers cost.
const BITS: Bits = 512;

fn number(x: &Ball, notes: Vec<String>) -> Answer {
    if !x.is_finite() {
        return Err(Error::Unresolved("the enclosure was lost".into()));
    }
    Ok((Measured::Number(Quantity::new(x, None)), notes))
}

fn options(lab: &Laboratory, digits: usize) -> Effort {
    Effort {
        digits,
        deadline: lab.deadline(),
        ..Effort::default()
    }
}

pub(super) fn regime(lab: &Laboratory, p: &Parameters) -> Answer {
    let c = classify(&p.activation("activation")?, &options(lab, 15))?;
    let proved = if c.proved {
        PROVED
    } else {
        "verdict numerical"
    };
    Ok((
        Measured::Word(c.regime.to_string()),
        vec![proved.to_owned()],
    ))
}

pub(super) fn constant(lab: &Laboratory, p: &Parameters) -> Answer {
    let c = classify(&p.activation("activation")?, &options(lab, 40))?;
    let name = p.text("name")?;
    let known = ["A", "A'", "B'", "alpha", "fixed point", "multiplier"];
    let value = match name {
        "A" => c.a,
        "A'" => c.a_prime,
        "B'" => c.b_prime,
        "alpha" => c.alpha,
        "fixed point" => c.fixed_point,
        "multiplier" => c.multiplier,
        _ => return Err(unknown("constant", name, &known)),
    };
    let value = value.ok_or_else(|| Error::Unresolved(format!("this activation has no {name}")))?;
    Ok((Measured::Number(value), Vec::new()))
}

fn koenigs_of(p: &Parameters) -> Result<Koenigs<Ball>> {
    let expr = p.activation("activation")?;
    let dual = dual_of::<Ball>(&expr, BITS)?;
    if !matches!(dual.leading(), Some((1, _))) {
        return Err(Error::Domain(format!(
            "`{expr}` is not in the singular regime"
        )));
    }
    Koenigs::new(&dual, Ball::int(0, BITS), 64)
        .ok_or_else(|| Error::Unresolved("A'^2 in (0, 1) is not certain".into()))
}

fn place(p: &Parameters, name: &str) -> Result<Correlation<Ball>> {
    Ok(Correlation::rational(&p.correlation(name)?, BITS))
}

fn not_reached() -> Error {
    Error::Unresolved("an orbit does not come near the fixed point".into())
}

pub(super) fn koenigs(_: &Laboratory, p: &Parameters) -> Answer {
    let h = koenigs_of(p)?;
    number(
        &h.at(&place(p, "rho")?).ok_or_else(not_reached)?,
        Vec::new(),
    )
}

/// `T_L/lambda^L` by the recursion, `h`, `C` and `L + 1`.
fn parts(lab: &Laboratory, p: &Parameters) -> Result<[Ball; 4]> {
    let h = koenigs_of(p)?;
    let place = place(p, "rho")?;
    let depth = p.whole("depth")?;
    let [value, _, correction] = h.all_at(&place).ok_or_else(not_reached)?;
    let layers = Ball::rational(&Rational::from(depth), BITS);
    let mut deep = UnitLayers::new(h.dual().clone())
        .kernels(place, depth, lab.deadline())?
        .ntk;
    deep.log = &deep.log - &(&layers * &h.multiplier().ln());
    Ok([
        deep.value(),
        value,
        correction,
        &layers + &Ball::int(1, BITS),
    ])
}

pub(super) fn ntk_over_limit(lab: &Laboratory, p: &Parameters) -> Answer {
    let [deep, h, _, layers] = parts(lab, p)?;
    number(
        &(&deep / &(&layers * &h)),
        vec!["T_L by the recursion, h by its series, in balls".into()],
    )
}

pub(super) fn ntk_rest(lab: &Laboratory, p: &Parameters) -> Answer {
    let [deep, h, c, layers] = parts(lab, p)?;
    let rest = &(&deep - &(&layers * &h)) - &c;
    number(
        &(&rest / &h).abs(),
        vec!["T_L by the recursion, h and C by their series, in balls".into()],
    )
}

fn deep(lab: &Laboratory, p: &Parameters, at: &Correlation<Ball>) -> Result<Pair<Scaled<Ball>>> {
    let unit = UnitLayers::new(dual_of(&p.activation("activation")?, BITS)?);
    unit.kernels(at.clone(), p.whole("depth")?, lab.deadline())
}

pub(super) fn ntk(lab: &Laboratory, p: &Parameters) -> Answer {
    number(&deep(lab, p, &place(p, "rho")?)?.ntk.value(), Vec::new())
}

pub(super) fn ntk_over_diagonal(lab: &Laboratory, p: &Parameters) -> Answer {
    let mut off = deep(lab, p, &place(p, "rho")?)?.ntk;
    let one = deep(lab, p, &Correlation::Gap(Ball::int(0, BITS)))?.ntk;
    off.log = &off.log - &one.log;
    off.mantissa = &off.mantissa / &one.mantissa;
    number(&off.value(), Vec::new())
}

pub(super) fn log_weight_ratio(lab: &Laboratory, p: &Parameters) -> Answer {
    let expr = p.activation("activation")?;
    let (near, far) = (place(p, "near")?, place(p, "far")?);
    let depth = p.whole("depth")?;
    let dual = dual_of::<Ball>(&expr, BITS)?;
    if let Some((order, _)) = dual.leading()
        && order >= 2
        && let Some(b) = Boettcher::new(&dual, order, BITS)
    {
        let log = |place: &Correlation<Ball>| -> Result<Ball> {
            let k = b
                .kernels_at(place, &rug::Integer::from(depth))
                .ok_or_else(not_reached)?;
            Ok(k.ntk.log.value())
        };
        let note = "by the Boettcher function, in logarithms".into();
        return number(&(&log(&far)? - &log(&near)?), vec![note]);
    }
    let log = |place| -> Result<Ball> { Ok(deep(lab, p, place)?.ntk.ln()) };
    number(&(&log(&far)? - &log(&near)?), Vec::new())
}

pub(super) fn log_periodic(_: &Laboratory, p: &Parameters) -> Answer {
    let h = koenigs_of(p)?;
    let bend = Bend::of(h.dual(), BITS)
        .ok_or_else(|| Error::Unresolved("how the dual bends at 1 is not known".into()))?;
    let pi = LogPeriodic::new(&h, &bend, 6, 120).ok_or_else(|| {
        Error::Unresolved("the Fourier coefficients of R were not reached".into())
    })?;
    let name = p.text("name")?;
    let value = match name {
        "mean" => pi.mean() * &(pi.gamma() * &Ball::int(2, BITS).ln()).exp(),
        "half amplitude" => &pi.amplitude(1).scale2(1) / pi.mean(),
        "max over min" => {
            let (high, low) = pi.extremes();
            &high / &low
        }
        _ => {
            return Err(unknown(
                "property of R",
                name,
                &["mean", "half amplitude", "max over min"],
            ));
        }
    };
    number(&value, Vec::new())
}

/// `-2 t T_L'/T_L`, by a symmetric difference of `log T_L` over a factor `1 +- 2^-20`.
pub(super) fn local_exponent(lab: &Laboratory, p: &Parameters) -> Answer {
    let t = Ball::rational(&p.number("gap")?, BITS);
    let one = Ball::int(1, BITS);
    let step = one.scale2(-20);
    let log = |factor: Ball| -> Result<Ball> {
        Ok(deep(lab, p, &Correlation::gap_of(&t * &factor))?.ntk.ln())
    };
    let rise = &log(&one + &step)? - &log(&one - &step)?;
    let width = &(&one + &step).ln() - &(&one - &step).ln();
    number(
        &-(&rise / &width).scale2(1),
        vec!["a difference quotient over a factor 1 +- 2^-20".into()],
    )
}

pub(super) fn ordered_drift(_: &Laboratory, p: &Parameters) -> Answer {
    let limit = Ordered::new(&dual_of(&p.activation("activation")?, BITS)?, BITS)
        .ok_or_else(|| Error::Domain("0 < B' < 1 is not certain".into()))?;
    let (here, zero) = (place(p, "rho")?, Correlation::Plain(Ball::int(0, BITS)));
    let depth = p.whole("depth")?;
    let missing = |at: &Correlation<Ball>| -> Result<Ball> {
        Ok(limit.gaps_at(at, depth).ok_or_else(not_reached)?.1)
    };
    let g = |at: &Correlation<Ball>| limit.at(at).ok_or_else(not_reached);
    let ratio = &missing(&here)? / &missing(&zero)?;
    number(&(&ratio / &(&g(&here)? / &g(&zero)?)), Vec::new())
}
