//! Activations with wanted slopes: `gamma (phi(alpha x + beta) + delta)`.
//!
//! For an activation `f` let `Q(q) = E f(sqrt(q) Z)^2` and `C(c) = E f(u) f(v)`, `u`, `v` standard normal with correlation `c`. Two
//! sets of four conditions on four numbers:
//!
//! * Deep kernel shaping (Martens et al. 2021): `Q(1) = 1`, `Q'(1) = 1`, `C(0) = 0`, `C'(1) = S`;
//! * tailored activation transformations (Zhang et al. 2022): `Q(1) = Q'(1) = C'(1) = 1`, `C''(1) = T`.
//!
//! With `y = alpha Z + beta` the output's shift and scale follow from two of them, and the input's scale and shift solve
//!
//! ```text
//! DKS:  alpha^2 E phi'(y)^2 = S V,       (alpha/2) dV/dalpha = V,   V = Var phi(y);  delta = -E phi(y), gamma = V^(-1/2)
//! TAT:  alpha^2 E phi''(y)^2 = T E phi'(y)^2,  E (phi(y) + delta)^2 = alpha^2 E phi'(y)^2;  delta = -E phi phi'' / E phi''
//! ```
//!
//! Starting values come from a grid in doubles; each solution is then enclosed, and proved to be one and the only one nearby, by
//! Krawczyk's operator on the moments around it ([`crate::design`]). The grid proves nothing about what it did not find.

mod equations;
mod grid;
mod krawczyk;
mod leaky;
mod network;

use rayon::prelude::*;
use rug::Rational;

use crate::activation::Expr;
use crate::activation::pieces::{End, Piece, pieces};
use crate::effort::Effort;
use crate::error::{Error, Result};
use crate::real::Quantity;

use grid::grid;
use krawczyk::{Solved, solved};

pub use leaky::{Leaky, leaky};
pub use network::local_slope;

/// Breakpoints are looked for as far as this.
const REACH: u32 = 16;

/// What the slopes shall be.
#[derive(Clone, Debug)]
pub enum Slopes {
    /// `Q(1) = 1`, `Q'(1) = 1`, `C(0) = 0`, `C'(1) = S`.
    Dks(Rational),
    /// `Q(1) = Q'(1) = C'(1) = 1`, `C''(1) = T`.
    Tat(Rational),
}

/// `output_scale * (phi(input_scale x + input_shift) + output_shift)`.
#[derive(Clone, Debug)]
pub struct Shaped {
    /// `alpha > 0`
    pub input_scale: Quantity,
    /// `beta`
    pub input_shift: Quantity,
    /// `delta`
    pub output_shift: Quantity,
    /// `gamma > 0`
    pub output_scale: Quantity,
    /// The activation with these numbers written out.
    pub activation: Expr,
}

/// The solutions that were found.
#[derive(Clone, Debug)]
pub struct Shapings {
    /// In ascending order of the input's shift.
    pub solutions: Vec<Shaped>,
    /// Why there can be none, where that is proved.
    pub infeasible: Option<String>,
}

/// All solutions that a grid leads to, each enclosed and proved.
///
/// ```
/// use deeplimit::{Effort, design::{Slopes, slopes}};
/// let tanh = "tanh".parse()?;
/// let found = slopes(&tanh, &Slopes::Dks((11, 10).into()), &Effort::default())?;
/// // mirrored, as tanh is odd
/// assert_eq!(found.solutions.len(), 2);
/// let square = slopes(&"x^2".parse()?, &Slopes::Dks((8, 5).into()), &Effort::default())?;
/// assert!(square.infeasible.unwrap().contains("Q'(1) = C'(1)"));
/// # Ok::<(), deeplimit::Error>(())
/// ```
///
/// # Errors
/// [`Error::Domain`] for a slope that is not greater than 1 (a curvature that is not positive) and for an activation that jumps;
/// [`Error::Timeout`].
pub fn slopes(expr: &Expr, wanted: &Slopes, effort: &Effort) -> Result<Shapings> {
    expr.no_letters()?;
    let phi = expr.expand().simplify();
    if phi.is_constant() {
        return Err(Error::Domain("the activation is constant".into()));
    }
    if super::family::jumps(&phi)? {
        return Err(Error::Domain(format!("{expr} jumps: C'(1) is infinite")));
    }
    let none = |reason: String| {
        Ok(Shapings {
            solutions: vec![],
            infeasible: Some(reason),
        })
    };
    let (value, what) = match wanted {
        Slopes::Dks(s) => (s, "C'(1)"),
        Slopes::Tat(t) => (t, "C''(1)"),
    };
    let least = if matches!(wanted, Slopes::Dks(_)) {
        1
    } else {
        0
    };
    if *value <= least {
        return Err(Error::Domain(format!(
            "{what} = {} cannot be: it is greater than {least} for every activation that is not linear",
            Expr::rational(value)
        )));
    }
    let (phi, power) = super::without_size(&phi);
    let phi = in_one_piece(phi);
    let derivatives = [
        phi.clone(),
        phi.derivative().simplify(),
        phi.derivative().derivative().simplify(),
    ];
    if derivatives[2].is_constant() && phi.any(&|e| matches!(e, Expr::X)) && !kinked(&phi) {
        let linear = derivatives[2].as_rational().is_some_and(|q| q == 0);
        return match wanted {
            _ if linear => none("the activation is linear: C'(1) = 1 and C''(1) = 0 whatever is done to it".into()),
            Slopes::Dks(_) => none(format!(
                "phi'' is constant, so that Q'(1) = C'(1) + phi'' E f = C'(1) where E f = 0: a slope other than 1, as {}, is impossible",
                Expr::rational(value)
            )),
            Slopes::Tat(_) => none(
                "phi'' is constant, so that Q'(1) = C'(1) asks for E f = 0 and E f^2 = C'(1) for a linear one: impossible".into(),
            ),
        };
    }
    if matches!(wanted, Slopes::Tat(_)) && super::family::jumps(&derivatives[1])? {
        return Err(Error::Domain(format!(
            "the derivative of {expr} jumps: C''(1) is infinite"
        )));
    }
    let starts = grid(&derivatives, wanted, effort.deadline)?;
    let solutions: Vec<Option<Solved>> = starts
        .par_iter()
        .map(|start| solved(&derivatives, wanted, *start, effort))
        .collect::<Result<_>>()?;
    let mut all: Vec<Solved> = Vec::new();
    for found in solutions.into_iter().flatten() {
        if !all
            .iter()
            .any(|s| s.scale.overlaps(&found.scale) && s.shift.overlaps(&found.shift))
        {
            all.push(found);
        }
    }
    all.sort_by(|a, b| a.shift.mid().total_cmp(b.shift.mid()));
    let solutions = all
        .iter()
        .map(|s| s.times(&power).shaped(expr, effort.digits))
        .collect::<Result<_>>()?;
    Ok(Shapings {
        solutions,
        infeasible: None,
    })
}

/// `abs(x)^2` is `x^2`: the formula that all pieces have, if they have one.
fn in_one_piece(phi: Expr) -> Expr {
    let Some(pieces) = kinked(&phi).then(|| pieces(&phi, REACH).ok()).flatten() else {
        return phi;
    };
    let plain = |p: &Piece| p.formula.expand().simplify();
    let ends = pieces.iter().flat_map(|p| [&p.from, &p.to]);
    match pieces.first().map(plain) {
        Some(first)
            if pieces.iter().all(|p| plain(p) == first)
                && !ends.into_iter().any(|e| matches!(e, End::Reach(_))) =>
        {
            first
        }
        _ => phi,
    }
}

fn kinked(phi: &Expr) -> bool {
    phi.any(&|e| match e {
        Expr::If(..) => true,
        Expr::Call(f, _) => f.is_switch(),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::{Analytic, Ball};

    fn found(expr: &str, wanted: &Slopes, digits: usize) -> Shapings {
        slopes(&expr.parse().unwrap(), wanted, &Effort::digits(digits)).unwrap()
    }

    fn rational(text: &str) -> Rational {
        Expr::parse(text).unwrap().simplify().as_rational().unwrap()
    }

    /// The slope of a network like ResNet-101; an independent study has the digits of tanh. For softplus it has the scale
    /// 0.18761007948, at which Gauss and Hermite's rule with 120 nodes leaves 2e-12 of the slope, and 2e-16 at what is here.
    #[test]
    fn deep_kernel_shaping() {
        let wanted = Slopes::Dks(rational("1.002770965849537020065"));
        let tanh = found("tanh", &wanted, 20).solutions;
        assert_eq!(tanh.len(), 2);
        assert_eq!(tanh[1].input_scale.digits(12), "0.0746107296066");
        assert_eq!(tanh[1].output_scale.digits(12), "18.0026361999");
        assert_eq!(tanh[0].output_scale.digits(12), "18.0026361999");
        let softplus = found("softplus", &wanted, 20).solutions;
        assert!(
            softplus
                .iter()
                .any(|s| s.input_scale.digits(11) == "0.18761007941"
                    && s.output_scale.digits(12) == "8.87867264780"),
            "{softplus:?}"
        );
    }

    /// What is asked for holds for the activation that is written: by its own constants.
    #[test]
    fn the_written_activation_has_the_slopes() {
        let wanted = rational("1.3");
        for solution in found("gelu", &Slopes::Dks(wanted), 25).solutions {
            let activation = crate::exact::Activation::new(&solution.activation).unwrap();
            let verdict = activation.classify(&Effort::digits(15)).unwrap();
            assert!((verdict.b_prime.unwrap().to_f64() - 1.3).abs() < 1e-12);
            assert!(verdict.a.unwrap().to_f64().abs() < 1e-12);
        }
    }

    /// The output's scale takes a factor in.
    #[test]
    fn factors_go_to_the_output() {
        let wanted = Slopes::Dks(rational("1.1"));
        let of = |expr: &str| found(expr, &wanted, 15).solutions[0].clone();
        let (plain, tiny) = (of("softplus"), of("1e-200*softplus"));
        assert_eq!(plain.input_scale.digits(12), tiny.input_scale.digits(12));
        let power = Ball::rational(&rational("1e200"), 100);
        let [gamma, delta] = [&tiny.output_scale, &tiny.output_shift].map(|q| q.ball().unwrap());
        assert!((gamma / &power).overlaps(&plain.output_scale.ball().unwrap()));
        assert!((delta * &power).overlaps(&plain.output_shift.ball().unwrap()));
        assert_eq!(
            tiny.activation
                .to_string()
                .matches("1e-200*softplus")
                .count(),
            1
        );
    }

    #[test]
    fn tailored_activation() {
        // theirs for tanh, which are right to some eight digits: 0.0580205218578313, 0.5218639804099805, 22.36066261763117
        let wanted = Slopes::Tat(rational("0.0030395136778115501519756838905775"));
        let found = found("tanh", &wanted, 15).solutions;
        assert!(
            found
                .iter()
                .any(|s| (s.input_scale.to_f64() - 0.0580205218578313).abs() < 1e-7),
            "{found:?}"
        );
    }

    #[test]
    fn what_cannot_be() {
        assert!(
            found("x^2", &Slopes::Dks(rational("1.6")), 15)
                .infeasible
                .is_some()
        );
        for disguised in ["abs(x)^2", "(x+1)^2-2*x-1", "max(x,0)^2+max(-x,0)^2"] {
            let none = found(disguised, &Slopes::Dks(rational("1.6")), 15);
            assert!(
                none.infeasible.is_some_and(|why| why.contains("constant")),
                "{disguised}"
            );
        }
        assert!(
            found("3*x-1", &Slopes::Dks(rational("1.6")), 15)
                .infeasible
                .is_some()
        );
        let refused = |e: &str, s: &str| {
            slopes(
                &e.parse().unwrap(),
                &Slopes::Dks(rational(s)),
                &Effort::default(),
            )
            .unwrap_err()
            .to_string()
        };
        assert!(refused("tanh", "1").contains("greater than 1"));
        assert!(refused("sign", "2").contains("jumps"));
        let kinked = slopes(
            &"relu".parse().unwrap(),
            &Slopes::Tat(rational("0.1")),
            &Effort::default(),
        );
        assert!(
            kinked
                .unwrap_err()
                .to_string()
                .contains("C''(1) is infinite")
        );
    }
}
