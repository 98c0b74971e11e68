//! How large the branch of a residual layer is: a constant, or one over a power of the depth.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use rug::Rational;

use crate::activation::{Exact, Expr};
use crate::error::{Error, Result};
use crate::exact::Closed;
use crate::real::{Analytic, Ball, Bits};

/// The scale `alpha` of the branch in `x + alpha W phi(x)`: `c` or `c/L^s` in a network of `L` layers.
///
/// ```
/// use deeplimit::block::BranchScale;
/// for text in ["3/10", "1/sqrt(L)", "2/L", "1/L^(3/4)", "sqrt(2)/L"] {
///     assert_eq!(text.parse::<BranchScale>()?.to_string(), text);
/// }
/// assert!("0".parse::<BranchScale>().is_err());
/// # Ok::<(), deeplimit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct BranchScale {
    factor: Closed,
    power: Rational,
}

/// What the sum of `L` squares `alpha^2` tends to, which decides what the deep network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shrinking {
    /// `s = 0`: every layer has the same map.
    Constant,
    /// `0 < s < 1/2`: the sum diverges, more slowly than the depth.
    Slow,
    /// `s = 1/2`: the sum is `c^2`, the time of a flow.
    Flow,
    /// `s > 1/2`: the sum tends to 0.
    Fast,
}

impl BranchScale {
    /// `c/L^s`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `c` is positive and `s` is not negative.
    pub fn new(factor: Closed, power: Rational) -> Result<Self> {
        let out = BranchScale { factor, power };
        match out.factor.sign() {
            _ if out.power < 0 => Err(Error::Domain(format!(
                "a branch scale does not grow with the depth L: `{out}` does"
            ))),
            Some(Ordering::Greater) => Ok(out),
            Some(Ordering::Equal) => Err(Error::Domain(
                "a branch scale of 0 leaves every input as it is: it must be positive".to_owned(),
            )),
            _ => Err(Error::Domain(format!(
                "a branch scale is positive (weights have either sign), `{out}` is not"
            ))),
        }
    }

    /// Constant, or how fast it shrinks.
    pub fn shrinking(&self) -> Shrinking {
        let half = Rational::from((1, 2));
        if self.power == 0 {
            return Shrinking::Constant;
        }
        match self.power.cmp(&half) {
            Ordering::Less => Shrinking::Slow,
            Ordering::Equal => Shrinking::Flow,
            Ordering::Greater => Shrinking::Fast,
        }
    }

    /// `a = alpha^2` in a network of `depth` layers.
    pub fn square(&self, depth: u64, bits: Bits) -> Ball {
        let power = Rational::from(&self.power * 2u32);
        let depth = Ball::rational(&Rational::from(depth), bits);
        let shrunk = match power == 0 {
            true => Ball::int(1, bits),
            false => depth.powr(&power),
        };
        &self.factor_square(bits) / &shrunk
    }

    /// `c^2`
    pub fn factor_square(&self, bits: Bits) -> Ball {
        match self.closed_square() {
            Some(square) => square.evaluate(bits),
            None => self.factor.evaluate::<Ball>(bits).powi(2),
        }
    }

    /// `c^2` in closed form.
    pub fn closed_square(&self) -> Option<Closed> {
        self.factor.powi(2)
    }
}

impl fmt::Display for BranchScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let factor = self.factor.to_string();
        let factor = match factor.contains(['+', ' ']) && self.power != 0 {
            true => format!("({factor})"),
            false => factor,
        };
        if self.power == 0 {
            f.write_str(&factor)
        } else if self.power == Rational::from((1, 2)) {
            write!(f, "{factor}/sqrt(L)")
        } else if self.power == 1 {
            write!(f, "{factor}/L")
        } else if self.power.is_integer() {
            write!(f, "{factor}/L^{}", self.power)
        } else {
            write!(f, "{factor}/L^({})", self.power)
        }
    }
}

impl FromStr for BranchScale {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let written: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let refused = || {
            Error::Domain(format!(
                "`{}` is no branch scale: it is a positive constant such as 0.3, or one over a power of the depth such as \
                 1/sqrt(L), 2/L or 1/L^(3/4)",
                text.trim()
            ))
        };
        let (factor, power) = match written.split_once("/sqrt(L)") {
            Some((factor, "")) => (factor, Rational::from((1, 2))),
            Some(_) => return Err(refused()),
            None => match written.split_once("/L") {
                Some((factor, "")) => (factor, Rational::from(1)),
                Some((factor, power)) => {
                    let power = power.strip_prefix('^').ok_or_else(refused)?;
                    (factor, power.exact().map_err(|_| refused())?)
                }
                None => (written.as_str(), Rational::new()),
            },
        };
        let constant = Expr::parse(factor).ok().filter(Expr::is_constant);
        let closed = constant.as_ref().and_then(Closed::from_expr);
        BranchScale::new(closed.ok_or_else(refused)?, power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_what_is_typed() {
        let of = |text: &str| text.parse::<BranchScale>().unwrap();
        for (text, depth, square, shrinking) in [
            ("0.3", 100, 0.09, Shrinking::Constant),
            ("sqrt(0.1)", 7, 0.1, Shrinking::Constant),
            ("1/sqrt(L)", 100, 0.01, Shrinking::Flow),
            ("2/L^0.5", 100, 0.04, Shrinking::Flow),
            ("3 / L", 100, 9e-4, Shrinking::Fast),
            ("1/L^(1/4)", 10_000, 0.01, Shrinking::Slow),
        ] {
            let scale = of(text);
            let found = scale.square(depth, 64).to_f64();
            assert!((found / square - 1.0).abs() < 1e-15, "{text}: {found}");
            assert_eq!(scale.shrinking(), shrinking, "{text}");
        }
        assert_eq!(
            of("sqrt(1/10)").closed_square().unwrap().to_string(),
            "1/10"
        );
    }

    #[test]
    fn what_is_no_scale_has_its_sentence() {
        let said = |text: &str| text.parse::<BranchScale>().unwrap_err().to_string();
        assert_eq!(
            said("0"),
            "a branch scale of 0 leaves every input as it is: it must be positive"
        );
        assert_eq!(said("0/L"), said("0"));
        assert!(said("-0.3").ends_with("`-3/10` is not"), "{}", said("-0.3"));
        assert!(
            said("1/L^(-1)").contains("does not grow with the depth"),
            "{}",
            said("1/L^(-1)")
        );
        for text in [
            "inf",
            "infinity",
            "nan",
            "",
            "1/l",
            "L",
            "1/sqrt(L)+1",
            "1/L2",
            "1/0",
            "x",
        ] {
            assert!(
                said(text).contains("is no branch scale"),
                "{text}: {}",
                said(text)
            );
        }
    }
}
