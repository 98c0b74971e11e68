//! What several sections share.

use deeplimit::activation::Expr;
use deeplimit::real::{Quantity, Value};
use rug::Float;

/// How much work the random tests do: 1 by default, more with `DEEPLIMIT_EFFORT=10`.
pub fn effort() -> u32 {
    std::env::var("DEEPLIMIT_EFFORT")
        .ok()
        .and_then(|v| v.parse().ok())
        .unwrap_or(1)
}

pub fn parse(text: &str) -> Expr {
    Expr::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// The enclosure contains a reference value given with an error of its own.
pub fn contains(q: &Quantity, reference: &str, reference_error: f64) -> bool {
    let Value::Finite { midpoint, radius } = &q.value else {
        return reference.contains("inf");
    };
    let Ok(parsed) = Float::parse(reference) else {
        return false;
    };
    let reference = Float::with_val(midpoint.prec() + 256, parsed);
    let distance = (reference - midpoint).abs();
    distance <= Float::with_val(64, radius) + reference_error
}

/// The radius is at most this.
pub fn tight(q: &Quantity, bound: f64) -> bool {
    matches!(&q.value, Value::Finite { radius, .. } if *radius <= bound)
}
