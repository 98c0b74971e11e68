//! Laws that are sharp: an error of one factor or one order in a bound or a formula shows at once.

use deeplimit::activation::Expr;
use deeplimit::classifier::{Dirichlet, Dynamics, Interpolant, bayes, one_hot, power};
use deeplimit::deadline::Deadline;
use deeplimit::dual::{Dual, attracting_fixed_point, closed_form};
use deeplimit::exact::Closed;
use deeplimit::hermite::{Series, hermite_coefficients};
use deeplimit::phase::{curve, standings};
use deeplimit::real::{Analytic, Arithmetic, Ball, Real};
use deeplimit::recursion::{
    Convention, Correlation, Given, LayerMap, Settings, Walk, Windows, ntk,
};
use deeplimit::{Activation, Matrix};
use rug::Rational;

use crate::support::parse;

fn b(n: i64, d: i64, bits: u32) -> Ball {
    Ball::rational(&Rational::from((n, d)), bits)
}

/// What is computed in closed form is what the expression is, on all twelfths of the circle.
#[test]
fn closed_constants_are_their_numbers() {
    for k in 0..24 {
        for name in ["cos", "sin"] {
            let closed = Closed::from_expr(&parse(&format!("{name}({k}*pi/12)"))).unwrap();
            let value: Ball = closed.evaluate(80);
            let angle = f64::from(k) * std::f64::consts::PI / 12.0;
            let expected = if name == "cos" {
                angle.cos()
            } else {
                angle.sin()
            };
            assert!((value.to_f64() - expected).abs() < 1e-14, "{name} {k}");
        }
    }
}

/// `(x^2 + x^3)/2`, known up to `x^2`: the rest is what the bound says.
#[test]
fn a_series_with_exactly_one_coefficient_left_out() {
    let bits = 120;
    let (half, zero) = (b(1, 2, bits), b(0, 1, bits));
    let s = Series {
        squares: vec![zero.clone(), zero, half.clone()],
        tail: half.clone(),
        slope_tail: Some(b(3, 2, bits)),
    };
    for n in [5, 9, 10] {
        let rho = b(n, 10, bits);
        let truth = &(&half * &rho.powi(2)) + &(&half * &rho.powi(3));
        assert!(s.at(&rho).overlaps(&truth));
        let slope = &rho + &(&b(3, 2, bits) * &rho.powi(2));
        assert!(s.slope_at(&rho).overlaps(&slope));
        let (value, weighted) = s.divided(2, &rho);
        assert!(value.overlaps(&(&half + &(&half * &rho))), "{value:?}");
        assert!(
            weighted.overlaps(&(&b(1, 1, bits) + &(&b(3, 2, bits) * &rho))),
            "{weighted:?}"
        );
        if n < 10 {
            let t = b(10 - n, 10, bits);
            assert!(s.gap(&t).overlaps(&(&b(1, 1, bits) - &truth)));
        }
    }
}

/// `x + h_5` with 4 coefficients beside 12.
#[test]
fn a_covariance_with_one_coefficient_left_out() {
    let phi: Activation = "x+hermite(5)".parse().unwrap();
    let short = Windows::new(&phi, Some(4), 120, Deadline::default());
    let long = Windows::new(&phi, Some(12), 120, Deadline::default());
    for n in [1, 5, 9] {
        let (q, rho) = (b(1, 1, 160), b(n, 10, 160));
        let one = short.cross(&q, &q, &rho).unwrap();
        let other = long.cross(&q, &q, &rho).unwrap();
        assert!(
            one.0.overlaps(&other.0) && one.1.overlaps(&other.1),
            "{one:?} {other:?}"
        );
    }
}

/// The same enclosure at 100 and at 400 bits.
#[test]
fn fixed_points_at_two_precisions_meet() {
    let mut count = 0;
    for text in [
        "x^2",
        "exp(2*x)",
        "cos(2*x)",
        "x^2+x",
        "erf(3*x)+1",
        "sin(x)+cos(2*x)",
        "abs(x)+step(x)",
    ] {
        let e = parse(text);
        let at = |bits| attracting_fixed_point(&closed_form::<Ball>(&e, bits)?, bits);
        if let (Some((x, m)), Some((y, n))) = (at(100), at(400)) {
            count += 1;
            assert!(x.overlaps(&y) && m.overlaps(&n), "{text} {m:?} {n:?}");
        }
    }
    assert!(count >= 3, "{count}");
}

/// A chaotic family whose gap is mapped by `t -> t/(A + C t)`, from `2^-1000` on: the tangent kernel passes `2^600`.
#[test]
fn a_walk_from_next_to_one() {
    let bits = 200;
    let (a, c, one) = (b(1, 2, bits), b(4, 5, bits), b(1, 1, bits));
    let sum = &a + &c;
    let ratio = &c / &sum;
    let mut k = &a / &sum.powi(2);
    let mut squares = vec![&one - &(&one / &sum)];
    for _ in 0..400 {
        squares.push(k.clone());
        k = &k * &ratio;
    }
    let left = &one - &ratio;
    let tail = &k / &left;
    let count = b(squares.len() as i64, 1, bits);
    let slope_tail = &(&tail * &count) + &(&(&tail * &ratio) / &left);
    let dual = Dual::Series(Series {
        squares,
        tail,
        slope_tail: Some(slope_tail),
    });
    let wide = 2000;
    let mut walk = Walk::new(Correlation::Gap(one.scale2(-1000)));
    let (a, c, one) = (b(1, 2, wide), b(4, 5, wide), b(1, 1, wide));
    let mut t = one.scale2(-1000);
    let mut theta = &one - &t;
    for l in 1..=1010u64 {
        walk.advance(&LayerMap::of(&dual));
        let below = &a + &(&c * &t);
        let slope = &a / &below.powi(2);
        t = &t / &below;
        theta = &(&theta * &slope) + &(&one - &t);
        if l % 10 == 0 {
            let found = walk.ntk();
            let value = &found.mantissa * &found.log.exp();
            assert!(value.overlaps(&theta), "{l}: {value:?}");
        }
    }
}

/// A rough road meets a fine one.
#[test]
fn coefficients_by_mpfr_meet_finer_balls() {
    let phi: Activation = "tanh(3*x)".parse().unwrap();
    let (rough, _) =
        hermite_coefficients(&phi, 5, 8, Arithmetic::Mpfr, Deadline::default()).unwrap();
    let (fine, _) =
        hermite_coefficients(&phi, 5, 150, Arithmetic::Ball, Deadline::default()).unwrap();
    for (n, (a, b)) in rough.iter().zip(&fine).enumerate() {
        assert!(a.overlaps(b), "{n} {a:?} {b:?}");
    }
}

/// Degrees 2 and 3 at depths 1 to 4 with a gain: the variance layer by layer, `q -> sigma_w^2 E phi^2 q^k`.
#[test]
fn homogeneous_networks_of_other_degrees() {
    for (text, degree, square) in [("relu^2", 2.0, 1.5), ("x^3", 3.0, 15.0)] {
        for depth in 1..=4 {
            let settings = Settings {
                convention: Convention::Lee2019,
                sigma_w: Some(Expr::int(2)),
                ..Settings::default()
            };
            let e = parse(text);
            let found = ntk(&e, &[1.into()], depth, &settings, 15, Deadline::default()).unwrap();
            let q = (0..depth).fold(4.0f64, |q, _| 4.0 * square * q.powf(degree));
            let nngp = found[0].as_ref().unwrap().nngp.value().to_f64();
            assert!((nngp / q - 1.0).abs() < 1e-12, "{text} {depth}: {nngp} {q}");
        }
    }
}

/// `-phi` and `phi(-x)` have the edge of chaos of `phi`, and its standings.
#[test]
fn the_edge_of_chaos_does_not_see_signs() {
    let edge = |text: &str| curve(&parse(text), 4, 8, Deadline::default()).unwrap();
    let stands = |text: &str| {
        let (w, bias): (Given, Given) =
            (Rational::from((3, 2)).into(), Rational::from((1, 5)).into());
        standings(&parse(text), &w, &bias, 8, Deadline::default()).unwrap()
    };
    for (text, other) in [
        ("tanh(x)", "-tanh(x)"),
        ("tanh(x)+cos(x)/4", "tanh(-x)+cos(x)/4"),
    ] {
        let (one, two) = (edge(text), edge(other));
        assert_eq!(one.len(), two.len(), "{text}");
        for (p, q) in one.iter().zip(&two) {
            assert!(
                p.sigma_w.overlaps(&q.sigma_w) && p.sigma_b.overlaps(&q.sigma_b),
                "{text}"
            );
            assert!(
                q.sigma_w.sign() == Some(std::cmp::Ordering::Greater),
                "{other}"
            );
        }
        let (one, two) = (stands(text).settled, stands(other).settled);
        assert!(!one.is_empty() && one.len() == two.len(), "{text}");
        for (p, q) in one.iter().zip(&two) {
            assert!(p.chi_1.overlaps(&q.chi_1) && p.phase == q.phase, "{text}");
        }
    }
}

fn line(n: usize) -> Matrix {
    let at = |i: usize| ((i * i) as f64 * 0.37).sin() * 3.0 + i as f64 * 0.1;
    let values = (0..n * n).map(|k| -(at(k / n) - at(k % n)).abs()).collect();
    Matrix::new(n, values).unwrap()
}

/// Leaving out with a ridge is fitting again with the ridge of the same absolute size.
#[test]
fn an_interpolant_with_a_ridge_leaves_out() {
    let mu = |k: &Matrix| {
        let n = k.rows as f64;
        k.mean_diagonal() - k.values.iter().sum::<f64>() / (n * n)
    };
    let k = line(12);
    let y = one_hot(&[0, 1, 1, 0, 2, 1, 0, 2, 2, 1, 0, 1], 3).unwrap();
    let all = Interpolant::new(&k, &y, 0.1).unwrap().left_out();
    let rest: Vec<usize> = (0..12).filter(|i| *i != 5).collect();
    let small = k.selected(&rest, &rest).unwrap();
    let targets = y.selected(&rest, &[0, 1, 2]).unwrap();
    let one = Interpolant::new(&small, &targets, 0.1 * mu(&k) / mu(&small)).unwrap();
    let p = one.predictions(&k.selected(&[5], &rest).unwrap()).unwrap();
    for c in 0..3 {
        assert!((p.values[c] - all.row(5)[c]).abs() < 1e-11);
    }
}

/// One point: `2/(2 + 3)`.
#[test]
fn the_critical_rate_knows_the_ridge() {
    let k = Matrix::new(1, vec![2.0]).unwrap();
    assert_eq!(Dynamics::new(&k, 0.1, 3.0).unwrap().critical_rate(), 0.4);
}

/// `|x - x'|^-alpha` with `|x - x'|^2 = 2 t`; unequal priors.
#[test]
fn powers_and_priors_in_absolute_terms() {
    let w = power(2.0);
    assert!((w(0.02).log - w(0.08).log - 4f64.ln()).abs() < 1e-12);
    let classes = [
        Dirichlet::new(&[1.0, 2.0]).unwrap(),
        Dirichlet::new(&[2.0, 1.0]).unwrap(),
    ];
    assert_eq!(bayes(&[0.1, 0.9], &classes, &[0.6, 0.8]).label, Some(1));
}

/// One small step of gradient descent is `-eta Theta (f - y)`, with biases.
#[test]
fn one_small_step_is_the_tangent_kernel() {
    use deeplimit::network::{FiniteArchitecture, FiniteNetwork};
    for scales in [[1.0, 1.3, 0.3], [0.8, 1.0, 0.0]] {
        let a = FiniteArchitecture::with_scales(&parse("tanh"), 2, 8, scales).unwrap();
        let f = FiniteNetwork::sampled(&a, 2, 7).unwrap();
        let x = Matrix::new(2, vec![1.0, 0.0, 0.6, 0.8]).unwrap();
        let y = [1.0, -1.0];
        let (theta, before) = (f.kernels(&x).unwrap().ntk, f.outputs(&x).unwrap());
        let mut g = f.clone();
        let eta = 1e-7;
        g.descend(&x, &y, eta, 1, |_, _| true).unwrap();
        let after = g.outputs(&x).unwrap();
        for i in 0..2 {
            let want: f64 = (0..2).map(|j| theta.row(i)[j] * (before[j] - y[j])).sum();
            assert!(
                ((before[i] - after[i]) / eta / want - 1.0).abs() < 1e-5,
                "{i}"
            );
        }
    }
}

/// A network of equal blocks with a stride is the one that is written so that its blocks differ.
#[test]
fn equal_blocks_with_a_stride() {
    use deeplimit::Cntk;
    use deeplimit::cntk::ConvNetwork;
    let value = |text: &str, side: usize| {
        let n: ConvNetwork = text.parse().unwrap();
        let k = Cntk::<f64>::of(&n, [side, side, 1]).unwrap();
        let image: Vec<f32> = (0..side * side).map(|p| 1.0 + (p % 3) as f32).collect();
        let x = k.profile(&image).unwrap();
        k.pair(&x, &x).unwrap()[0]
    };
    let (blocks, written) = (
        "conv3/2 relu conv3/2 relu gap",
        "conv3/2 relu conv3/2:zero relu pool2 gap",
    );
    assert!((value(blocks, 8) / value(written, 8) - 1.0).abs() < 1e-12);
}

/// A jump with biases and inputs of two norms at `rho = 1`: the correlation of the first layer is not 1, and the kernel is finite.
#[test]
fn a_jump_with_biases_and_two_norms() {
    let settings = Settings {
        convention: Convention::Lee2019,
        sigma_w: Some(Expr::int(2)),
        sigma_b: Some(Expr::int(1)),
        norms: (1.into(), 2.into()),
    };
    let found = ntk(
        &parse("step(x)"),
        &[1.into()],
        1,
        &settings,
        15,
        Deadline::default(),
    )
    .unwrap();
    let theta = found[0]
        .as_ref()
        .unwrap()
        .ntk
        .as_ref()
        .unwrap()
        .value()
        .to_f64();
    // step = 1/2 + sign/2
    let (size, k): (f64, f64) = (45f64.sqrt(), 4.0 * 2f64.sqrt() + 1.0);
    let (r, pi) = (k / size, std::f64::consts::PI);
    let next = 4.0 * (0.25 + r.asin() / (2.0 * pi)) + 1.0;
    let slope = 4.0 / (2.0 * pi * (1.0 - r * r).sqrt() * size);
    assert!(
        (theta - (next + slope * k)).abs() < 1e-12,
        "{theta} {}",
        next + slope * k
    );
}

/// The ridge of a rule is relative to the mean diagonal: 0.5 of 4 is 2.
#[test]
fn the_ridge_of_a_rule_is_relative() {
    use deeplimit::classifier::{Definite, Regression, Rule};
    use deeplimit::kernel::Kernel;
    use deeplimit::{Depth, Kind};
    let relu = parse("relu");
    let kernel = Kernel::new(&relu, Depth::Layers(3), Kind::Ntk, Deadline::default()).unwrap();
    let gram = Matrix::new(2, vec![4.0, 1.0, 1.0, 4.0]).unwrap();
    let cross = Matrix::new(2, vec![4.0, 1.0]).unwrap();
    let labels = [0, 1];
    let scores = Rule::new(&kernel, 2, 0.5)
        .scores(&gram, &cross, &labels)
        .unwrap();
    let targets = one_hot(&labels, 2).unwrap();
    let absolute = Regression::new(&gram, &targets, 2.0, Definite::Factored).unwrap();
    let predictions = absolute.predictions(&cross).unwrap();
    assert!((scores.values[0] - predictions.values[0]).abs() < 1e-14);
}
