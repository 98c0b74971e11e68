//! Where the line is cut off, and the bound of what lies beyond; or that the integrals diverge.

use rug::{Float, Rational};

use super::envelope::{BITS, Envelope};
use super::plan::{Integrand, ROUNDING};
use crate::activation::Expr;
use crate::activation::growth::{Growth, growth};
use crate::activation::order::Order;
use crate::activation::pieces::{End, pieces};
use crate::error::{Error, Result};

/// The smallest `R` for which the two tails beyond it are at most `share`, and the bound of them.
pub(super) fn reach(
    integrand: &Integrand,
    envelope: Envelope,
    share: &Float,
) -> Result<(u32, Float)> {
    let ends = far_out(&integrand.expr);
    let mirror = Expr::Neg(Expr::X.into());
    let mut sides: Vec<Vec<Growth>> = Vec::new();
    for (mirrored, end) in [(false, &ends.right), (true, &ends.left)] {
        let functions = integrand.functions(end);
        let growths = [2, 8, 32].iter().find_map(|&start| {
            functions
                .iter()
                .map(|f| {
                    growth(
                        &if mirrored {
                            f.substitute(&mirror).simplify()
                        } else {
                            f.simplify()
                        },
                        start,
                    )
                })
                .collect::<Option<Vec<_>>>()
        });
        let Some(growths) = growths else {
            return Err(unbounded(integrand, envelope));
        };
        sides.push(growths);
    }
    let tail = |r: u32| -> Option<Float> {
        let mut total = Float::new(BITS);
        for side in &sides {
            total += envelope.tail(side, r)?;
        }
        Some(total * ROUNDING)
    };
    let small = |r: u32| tail(r).filter(|t| r >= ends.from && t <= share);
    let mut high = 4;
    while small(high).is_none() {
        high *= 2;
        if high > 1 << 14 {
            return Err(unbounded(integrand, envelope));
        }
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = (low + high) / 2;
        if small(middle).is_some() {
            high = middle
        } else {
            low = middle
        }
    }
    let bound = small(high).expect("checked above");
    Ok((high, bound))
}

/// The smallest whole `R` with `E (|f| + |f'|)^2 1_(|Z| > R) <= share` that was proved, and the bound.
///
/// # Errors
/// As [`super::Plan::new`], where no growth was bounded.
pub(crate) fn tails(expr: &Expr, share: &Float) -> Result<(u32, Float)> {
    let envelope = Envelope::Moments { degree: 0 };
    reach(&Integrand::with_derivative(expr), envelope, share)
}

/// Divergence where it is proved, and otherwise that nothing is.
fn unbounded(integrand: &Integrand, envelope: Envelope) -> Error {
    let (what, limit, rate) = match envelope {
        Envelope::Moments { .. } => ("E phi(Z)^2", Rational::from((1, 4)), "exp(x^2/4)"),
        Envelope::Plain | Envelope::Bare => ("E f(Z)", Rational::from((1, 2)), "exp(x^2/2)"),
    };
    let expr = &integrand.expr;
    let mirrored = expr.substitute(&Expr::Neg(Expr::X.into())).simplify();
    let diverges = [expr.simplify(), mirrored]
        .iter()
        .any(|e| Order::of(e).is_some_and(|order| order.is_at_least_gaussian(&limit)));
    if diverges {
        return Error::Domain(format!(
            "{what} diverges for {expr}: it must grow more slowly than {rate}"
        ));
    }
    let (derivative, integrals) = match integrand.derivative {
        true => (" or its derivative", format!("{what} and E phi'(Z)^2 are")),
        false => ("", format!("{what} is")),
    };
    Error::Unresolved(format!(
        "no bound of the form C |x|^k exp(a |x| + b x^2) with a small enough b was found for {expr}{derivative} as |x| tends to \
         infinity, so it is not known whether {integrals} finite"
    ))
}

/// The formulas on the two sides beyond `from`.
struct FarOut {
    left: Expr,
    right: Expr,
    from: u32,
}

/// Of an activation with pieces the outermost are what grows: `celu(x, 1e-6)` contains `exp(1000000 x)`, for negative `x`.
fn far_out(expr: &Expr) -> FarOut {
    let whole = || FarOut {
        left: expr.clone(),
        right: expr.clone(),
        from: 0,
    };
    if !expr.any(&|e| matches!(e, Expr::If(..))) {
        return whole();
    }
    let Ok(pieces) = pieces(expr, 16) else {
        return whole();
    };
    let [first, .., last] = pieces.as_slice() else {
        return whole();
    };
    let (End::MinusInfinity, End::PlusInfinity) = (&first.from, &last.to) else {
        return whole();
    };
    let place = |end: &End| {
        end.breakpoint()
            .map(|b| b.position(BITS).magnitude().to_f64())
    };
    let (Some(a), Some(b)) = (place(&first.to), place(&last.from)) else {
        return whole();
    };
    FarOut {
        left: first.formula.clone(),
        right: last.formula.clone(),
        from: a.max(b).ceil().min(f64::from(u32::MAX)) as u32,
    }
}
