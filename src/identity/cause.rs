//! What a failure usually comes from: read off the numbers where they say it, else from the identity.

use super::Object;
use super::exam::{Exam, Spot};
use super::law::{Comparison, Identity, Sense};

/// A sentence's end, or nothing.
pub(super) fn cause(
    exam: &Exam,
    identity: &Identity,
    _spot: &Spot,
    comparison: Option<&Comparison>,
) -> String {
    let Some(c) = comparison else {
        return "a root or an arc cosine of what is rounded to the wrong side of 0 or 1".to_owned();
    };
    let (left, right) = (c.left.to_f64(), c.right.to_f64());
    if c.sense == Sense::Equal && right != 0.0 {
        let ratio = left / right;
        let near = |x: f64| (ratio - x).abs() < 1e-6 * x.abs();
        if near(-1.0) {
            return "a wrong sign".to_owned();
        }
        // c_sigma, its inverse, and plain factors
        let square = exam.certified().square(&exam.phi);
        if let Some(square) = square.map(|b| b.to_f64())
            && (square - 1.0).abs() > 1e-6
        {
            for power in [1, 2, 3, -1, -2, -3] {
                if near(square.powi(power)) {
                    return format!(
                        "c_sigma = 1/E phi(Z)^2 missing or taken twice (the ratio is {ratio:.6})"
                    );
                }
            }
        }
        for (factor, name) in [
            (2.0, "2"),
            (0.5, "1/2"),
            (4.0, "4"),
            (0.25, "1/4"),
            (std::f64::consts::PI, "pi"),
            (std::f64::consts::FRAC_1_PI, "1/pi"),
        ] {
            if near(factor) {
                return format!("a factor {name}");
            }
        }
        if (1e-12..1e-5).contains(&(ratio - 1.0).abs()) {
            let single = "single precision on the way, or a quadrature of too few nodes";
            return match identity.cause {
                "" => single.to_owned(),
                known => format!("{known}; or {single}"),
            };
        }
    }
    let tangent = [Object::Slope, Object::Ntk];
    if exam.phi.continuous == Some(false) && identity.needs.iter().any(|o| tangent.contains(o)) {
        return "the delta in the derivative of a jump left out".to_owned();
    }
    if !identity.cause.is_empty() {
        return identity.cause.to_owned();
    }
    let about = |o: Object| identity.needs.contains(&o);
    match (about(Object::Ntk), about(Object::Slope)) {
        (true, _) => "the slope, or the layer that it is taken at".to_owned(),
        (_, true) => "the slope of the dual".to_owned(),
        _ => String::new(),
    }
}
