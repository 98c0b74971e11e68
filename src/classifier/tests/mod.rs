mod choice;
mod conjugate;
mod dynamics;
mod limits;
mod matrices;

use proptest::prelude::*;
use rug::{Float, Rational};

use super::*;
use crate::activation::Expr;
use crate::classifier::certain::{
    AtAnyPrecision, Deep, Evaluator, Factor, OrderedGap, Precision, Symmetric, interpolant,
    regression,
};
use crate::dual::closed_form;
use crate::error::{Error, Result};
use crate::gram::Points;
use crate::kernel::Kind;
use crate::limit::{Boettcher, Interior, Koenigs};
use crate::real::{Analytic, Arithmetic, Ball, Bits, Mpfr, Real};
use crate::recursion::{Correlation, Scaled};

fn deep(text: &str, depth: u64) -> Deep {
    Deep::new(Expr::parse(text).unwrap(), depth, Kind::Ntk).unwrap()
}

/// Points of the quarter circle at `pi/2` times these fractions.
fn quarter(parts: &[(i64, u64)]) -> Points {
    let angle = |(p, q): &(i64, u64)| Rational::from((*p, *q)) / 2;
    Points::on_circle(parts.iter().map(angle).collect()).unwrap()
}

fn equispaced(n: u64) -> Points {
    quarter(&(0..n).map(|i| (i as i64, n - 1)).collect::<Vec<_>>())
}

/// Points between which no training point of [`equispaced`] lies in the middle by symmetry.
fn elsewhere(n: i64) -> Points {
    quarter(
        &(0..n)
            .map(|i| (37 * i + 11, 37 * n as u64))
            .collect::<Vec<_>>(),
    )
}

fn gaps(training: &Points, tests: &Points, t: usize) -> Vec<f64> {
    let (a, b) = (training.exactly::<f64>(53), tests.exactly::<f64>(53));
    (0..training.len())
        .map(|i| a.correlation(i, &b, t, training.same(i, tests, t)).gap())
        .collect()
}

const MOST: Precision = Precision::Automatic { most: 4096 };

mod systems {
    use super::*;

    /// The Hilbert matrix: its inverse has integer entries, so the condition is known exactly.
    fn hilbert<R: Real>(n: usize, bits: Bits) -> Symmetric<R> {
        Symmetric::from_fn(n, |i, j| {
            R::rational(&Rational::from((1, (i + j + 1) as u64)), bits)
        })
    }

    /// `H^-1 1 = (-1)^(n+i) i C(n+i-1, 2i-1) C(2i-1, i-1)`, i = 1..n; for n = 2: `-2, 6`.
    fn sums(n: u32) -> Vec<i64> {
        let binomial = |a: u32, b: u32| rug::Integer::from(a).binomial(b).to_i64().unwrap();
        (1..=n)
            .map(|i| {
                let sign = if (n + i).is_multiple_of(2) { 1 } else { -1 };
                sign * i64::from(i) * binomial(n + i - 1, 2 * i - 1) * binomial(2 * i - 1, i - 1)
            })
            .collect()
    }

    #[test]
    fn the_hilbert_matrix_is_solved_where_the_bits_suffice() {
        let n = 12;
        let k = hilbert::<Mpfr>(n, 256);
        let factor = Factor::new(&k).unwrap();
        let x = factor.solved(&vec![Mpfr::int(1, 256); n]);
        for (x, exact) in x.iter().zip(sums(12)) {
            assert!((x.to_f64() / exact as f64 - 1.0).abs() < 1e-15);
        }
        // the condition of H_12 in this norm is 3.9e16 (its exact inverse has column sums of at most 1.26e16)
        let inverse: f64 = (0..n)
            .map(|j| {
                let mut e = vec![Mpfr::int(0, 256); n];
                e[j] = Mpfr::int(1, 256);
                factor
                    .solved(&e)
                    .iter()
                    .map(|x| x.to_f64().abs())
                    .sum::<f64>()
            })
            .fold(0.0, f64::max);
        let estimate = factor.inverse_norm(n, 256).to_f64();
        assert!(
            estimate <= inverse * 1.000001 && estimate > inverse / 3.0,
            "{estimate} {inverse}"
        );
    }

    #[test]
    fn balls_contain_the_solution_and_refuse_when_they_are_too_wide() {
        let n = 10;
        let x = Factor::new(&hilbert::<Ball>(n, 256))
            .unwrap()
            .solved(&vec![Ball::int(1, 256); n]);
        for (x, exact) in x.iter().zip(sums(10)) {
            assert!((x - &Ball::int(exact, 256)).contains_zero());
        }
        assert!(Factor::new(&hilbert::<Ball>(30, 53)).is_none());
        // indefinite
        let k = Symmetric::from_fn(2, |i, j| if i == j { 1.0 } else { 2.0 });
        assert!(Factor::new(&k).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// Own factorisation and faer's, on both sides of the size where one hands over to the other.
        #[test]
        fn two_factorisations_agree(n in 90usize..104, seed in 0u64..1000) {
            let entry = |i: usize, j: usize| ((seed as f64 + 1.3) * (i * 131 + j * 17) as f64).sin();
            let k = Symmetric::from_fn(n, |i, j| {
                let s: f64 = (0..8).map(|l| entry(i, l) * entry(j, l)).sum();
                if i == j { s + 1.0 } else { s }
            });
            let b: Vec<f64> = (0..n).map(|i| entry(i, 99)).collect();
            let x = Factor::new(&k).unwrap().solved(&b);
            let fine = Symmetric::from_fn(n, |i, j| Mpfr::new(Float::with_val(64, *k.at(i, j))));
            let c: Vec<Mpfr> = b.iter().map(|b| Mpfr::new(Float::with_val(64, *b))).collect();
            let y = Factor::new(&fine).unwrap().solved(&c);
            // condition below 1 + 8 n, n roundings
            let size = y.iter().map(|y| y.to_f64().abs()).fold(0.0, f64::max);
            for (x, y) in x.iter().zip(&y) {
                prop_assert!((x - y.to_f64()).abs() < 1e-16 * (n * n * 16) as f64 * size);
            }
        }
    }
}

mod data {
    use super::*;

    fn message<T>(r: Result<T>) -> String {
        match r {
            Err(Error::Domain(m)) => m,
            Err(e) => format!("another error: {e}"),
            Ok(_) => "no error".into(),
        }
    }

    #[test]
    fn every_fault_has_its_sentence() {
        // 6, 8 is twice 3, 4: exactly the same point
        let points = Points::new(2, vec![3.0, 4.0, 6.0, 8.0, 1.0, 0.0]).unwrap();
        assert_eq!(
            message(Training::new(points.clone(), vec![0, 1, 1])),
            "points 1 and 2 are the same and have the labels 0 and 1"
        );
        let twice = Training::new(points.clone(), vec![0, 0, 1]).unwrap();
        assert_eq!((twice.distinct(), twice.counts()), (vec![0, 2], vec![2, 1]));
        assert_eq!(
            message(Training::new(points.clone(), vec![1, 1, 1])),
            "all labels are the same: there is a single class, and nothing to decide"
        );
        assert_eq!(
            message(Training::new(points.clone(), vec![0, 2, 0])),
            "class 1 has no point, class 2 has"
        );
        assert_eq!(
            message(Training::new(points, vec![0, 1])),
            "there are 3 points and 2 labels"
        );
        let training = Training::new(equispaced(3), vec![0, 1, 1]).unwrap();
        let space = Points::new(3, vec![1.0, 0.0, 0.0]).unwrap();
        assert_eq!(
            message(regression(&deep("relu", 2), &training, &space, MOST)),
            "the training points have 2 coordinates, the test points have 3"
        );
        let closed = Deep::new(Expr::parse("tanh").unwrap(), 2, Kind::Ntk);
        assert!(matches!(closed, Err(Error::Unresolved(_))));
        assert!(matches!(
            OrderedGap::new(Expr::parse("relu").unwrap()),
            Err(Error::Domain(_))
        ));
    }
}

mod kernels {
    use super::*;

    /// One hidden layer of ReLU on two orthogonal points: `K = [[2, 1/pi], [1/pi, 2]]` (`T_1(1) = 1 + 1`).
    #[test]
    fn two_points_by_hand() {
        let training = Training::new(equispaced(2), vec![0, 1]).unwrap();
        let tests = quarter(&[(1, 3)]);
        let answer = regression(&deep("relu", 1), &training, &tests, MOST).unwrap();
        let pi = std::f64::consts::PI;
        // k(rho) = rho kappa_0 + kappa_1 at the angles pi/6 and pi/3
        let k = |theta: f64| {
            let (s, c) = theta.sin_cos();
            c * (pi - theta) / pi + (s + (pi - theta) * c) / pi
        };
        let (a, b) = (k(pi / 6.0), k(pi / 3.0));
        let det = 4.0 - 1.0 / pi / pi;
        let expected = [(2.0 * a - b / pi) / det, (2.0 * b - a / pi) / det];
        for (s, e) in answer.decisions[0].scores.iter().zip(expected) {
            assert!((s.to_f64() - e).abs() < 1e-14);
        }
        assert_eq!(answer.decisions[0].label, Some(0));
        assert_eq!(answer.solved.arithmetic, Arithmetic::F64);
        assert!(answer.solved.residual < -48.0);
    }

    #[test]
    fn three_classes_interpolate_and_balls_prove_what_doubles_say() {
        let training = Training::new(equispaced(7), vec![0, 2, 1, 1, 0, 2, 2]).unwrap();
        let on = regression(&deep("erf", 3), &training, training.points(), MOST).unwrap();
        let labels: Vec<_> = on.decisions.iter().map(|d| d.label.unwrap()).collect();
        assert_eq!(labels, training.labels());
        let tests = elsewhere(20);
        let fast = regression(&deep("erf", 3), &training, &tests, MOST).unwrap();
        let proved = regression(
            &deep("erf", 3),
            &training,
            &tests,
            Precision::Proved { most: 1024 },
        )
        .unwrap();
        assert_eq!((fast.undecided(), proved.undecided()), (0, 0));
        for (a, b) in fast.decisions.iter().zip(&proved.decisions) {
            assert_eq!(a.label, b.label);
        }
        assert_eq!(proved.solved.arithmetic, Arithmetic::Ball);
    }

    /// Where doubles cannot tell, they say so, and the program goes on by itself.
    #[test]
    fn precision_is_chosen_and_named() {
        let training = Training::new(equispaced(6), vec![0, 1, 1, 0, 1, 1]).unwrap();
        let family = deep("exp(x/2)", 60);
        let tests = elsewhere(5);
        let double = regression(&family, &training, &tests, Precision::Double).unwrap();
        assert_eq!(double.undecided(), 5);
        let answer = regression(&family, &training, &tests, MOST).unwrap();
        assert_eq!(answer.undecided(), 0);
        assert_eq!(answer.solved.arithmetic, Arithmetic::Mpfr);
        assert!(answer.solved.bits >= 256, "{}", answer.solved.words());
        // b^-60 = 2^120 and the near-degeneracy of 6 points on an arc
        assert!(answer.solved.condition > 115.0);
        let finer = regression(&family, &training, &tests, Precision::Mpfr(2048)).unwrap();
        for (a, b) in answer.decisions.iter().zip(&finer.decisions) {
            assert_eq!(a.label, b.label);
        }
        // broken on purpose: a claim of more digits than there are would decide in doubles
        struct Boastful(Deep);
        impl AtAnyPrecision for Boastful {
            fn kernel<R: Real + Send + Sync + 'static>(
                &self,
                bits: Bits,
            ) -> Result<Evaluator<'_, R>> {
                self.0.kernel(bits)
            }
            fn roundings(&self) -> f64 {
                0.0
            }
        }
        let careful = regression(&family, &training, &tests, Precision::Mpfr(200)).unwrap();
        let boast = regression(&Boastful(family), &training, &tests, Precision::Mpfr(200)).unwrap();
        assert!(boast.undecided() <= careful.undecided());
    }

    /// Beside a boundary doubles say nothing, or what 256 bits say.
    #[test]
    fn labels_near_a_boundary_are_certain_or_none() {
        let training = Training::new(equispaced(6), vec![0, 1, 1, 0, 1, 1]).unwrap();
        let family = deep("exp(x/2)", 3);
        let label = |angle: &Rational, precision| {
            let there = Points::on_circle(vec![angle.clone()]).unwrap();
            let found = regression(&family, &training, &there, precision).unwrap();
            found.decisions[0].label
        };
        let exact = |angle: &Rational| label(angle, Precision::Mpfr(256)).unwrap();
        // between the first two training points
        let (mut low, mut high) = (Rational::new(), Rational::from((1, 10)));
        for _ in 0..50 {
            let middle = Rational::from(&low + &high) / 2;
            match exact(&middle) {
                0 => low = middle,
                _ => high = middle,
            }
        }
        let mut open = 0;
        for step in -20..=20i32 {
            let angle = &low + Rational::from((step, 1u64 << 48));
            match label(&angle, Precision::Double) {
                None => open += 1,
                Some(found) => assert_eq!(found, exact(&angle), "{step}"),
            }
        }
        assert!(open > 0);
        // and a tenth of the way off they are certain
        for (angle, class) in [
            (&low * Rational::from((9, 10)), 0),
            (&low * Rational::from((11, 10)), 1),
        ] {
            assert_eq!(label(&angle, Precision::Double), Some(class));
        }
    }

    /// Beyond the layers that are walked the Koenigs function takes over: the same number from both sides.
    #[test]
    fn deep_kernels_do_not_depend_on_the_road() {
        for text in ["optimal(1)", "optimal(4)", "erf", "sin"] {
            for depth in [2000, 2001] {
                let family = deep(text, depth);
                let a = family.kernel::<Mpfr>(200).unwrap();
                let unit = crate::recursion::UnitLayers::new(
                    closed_form::<Mpfr>(&Expr::parse(text).unwrap(), 200).unwrap(),
                );
                for rho in [(1, 3), (9, 10), (999, 1000)] {
                    let place = Correlation::<Mpfr>::rational(&Rational::from(rho), 200);
                    let x = a(&place).unwrap();
                    let y = unit.kernels(place, depth, Default::default()).unwrap().ntk;
                    assert!(
                        (x.ln() - y.ln()).to_f64().abs() < 1e-50,
                        "{text} {depth} {rho:?}"
                    );
                }
            }
        }
    }
}

mod tables {
    use super::*;

    /// Between the nodes, against 120 bits: the rounding of `ln t` is what is left.
    #[test]
    fn the_weights_of_a_limit_kernel_are_its_logarithms() {
        for text in [
            "optimal(1)",
            "optimal(8)",
            "optimal(32)",
            "erf",
            "sin(sqrt(13.8258)*x)",
        ] {
            let expr = Expr::parse(text).unwrap();
            let fine = Koenigs::new(
                &closed_form::<Mpfr>(&expr, 120).unwrap(),
                Mpfr::int(0, 120),
                24,
            )
            .unwrap();
            let kernel = crate::gram::tests::kernel(text, crate::kernel::Depth::Infinite);
            let mut worst: f64 = 0.0;
            for i in 1..400 {
                // the golden rotation meets no node twice
                let u = (f64::from(i) * 0.618_033_988_749_894_9).fract() * 41.0;
                let t = (-u).exp();
                let exact = fine
                    .at(&Correlation::gap_of(Mpfr::new(Float::with_val(120, t))))
                    .unwrap();
                let off = (Weight::of_kernel(&kernel, t).log - exact.ln().to_f64()).abs();
                worst = worst.max(off);
            }
            // half-exponent times the rounding of u = log t
            assert!(worst < 3e-11, "{text}: {worst:e}");
        }
    }
}

mod densities {
    use super::*;

    /// Kolmogorov's test of the first coordinate, which is a beta variable, at the level 0.001.
    #[test]
    fn dirichlet_samples_have_beta_coordinates() {
        use statrs::distribution::{Beta, ContinuousCDF};
        let n = 4000;
        for (seed, parameters) in [
            (1, vec![1.0, 2.0]),
            (2, vec![0.5, 0.5, 2.5]),
            (3, vec![2.5, 0.1, 0.5]),
        ] {
            let law = Dirichlet::new(&parameters).unwrap();
            let mut stream = generator(seed);
            let samples: Vec<Vec<f64>> = (0..n).map(|_| law.sample(&mut stream)).collect();
            let total: f64 = parameters.iter().sum();
            for (j, a) in parameters.iter().enumerate() {
                let beta = Beta::new(*a, total - a).unwrap();
                let mut x: Vec<f64> = samples.iter().map(|s| s[j]).collect();
                x.sort_by(f64::total_cmp);
                let worst = x
                    .iter()
                    .enumerate()
                    .map(|(i, x)| {
                        let f = beta.cdf(*x);
                        (f - i as f64 / f64::from(n))
                            .abs()
                            .max((f - (i + 1) as f64 / f64::from(n)).abs())
                    })
                    .fold(0.0, f64::max);
                // sqrt(-log(0.0005)/2)
                assert!(
                    worst < 1.95 / f64::from(n).sqrt(),
                    "{parameters:?}[{j}]: {worst}"
                );
            }
        }
    }

    #[test]
    fn densities_integrate_to_one() {
        let law = Dirichlet::new(&[2.0, 3.0]).unwrap();
        let n = 10_000;
        let sum: f64 = (0..n)
            .map(|i| {
                let p = (f64::from(i) + 0.5) / f64::from(n);
                law.log_density(&[p, 1.0 - p]).exp() / f64::from(n)
            })
            .sum();
        // the midpoint rule on 12 p (1-p)^2: second derivative at most 48
        assert!((sum - 1.0).abs() < 48.0 / 24.0 / f64::from(n).powi(2) * 1.01);
        assert!(Dirichlet::new(&[1.0]).is_err() && Dirichlet::new(&[1.0, -1.0]).is_err());
    }
}

mod votes {
    use super::*;

    proptest! {
        /// A steep power is the nearest neighbour; no weight of any size overflows.
        #[test]
        fn a_steep_power_is_the_nearest_neighbour(gaps in prop::collection::vec(1e-18f64..1.0, 6)) {
            let labels = [0, 1, 2, 0, 1, 2];
            let mut sorted = gaps.clone();
            sorted.sort_by(f64::total_cmp);
            prop_assume!(sorted[1] / sorted[0] > 1.01);
            let steep = smoother(&labels, 3, &gaps, power(4000.0), 1e-12);
            prop_assert_eq!(steep.label, nearest(&labels, 3, &gaps).label);
            let flat = smoother(&labels, 3, &gaps, power(0.0), 1e-12);
            prop_assert_eq!(flat.label, majority(&labels, 3).label);
        }
    }

    /// A kernel that is negative somewhere speaks against the class of its point.
    #[test]
    fn weights_have_signs() {
        let weight = |t: f64| match t < 0.15 {
            true => Weight::of(1.0),
            false => Weight::of(-0.9),
        };
        let vote = smoother(&[0, 0, 1], 2, &[0.1, 0.2, 0.12], weight, 1e-12);
        assert_eq!(vote.label, Some(1));
        assert!((vote.scores[0].to_f64() - 0.1).abs() < 1e-15);
        let odd = crate::gram::tests::kernel("erf", crate::kernel::Depth::Infinite);
        let (near, far) = (Weight::of_kernel(&odd, 0.5), Weight::of_kernel(&odd, 1.5));
        assert_eq!((near.sign, far.sign), (1.0, -1.0));
        assert!((near.log - far.log).abs() < 1e-14);
        // rho^243 and more, in logarithms on all of [-1, 1]
        let power = crate::gram::tests::kernel("hermite(3,x)", crate::kernel::Depth::Layers(5));
        let (near, far) = (
            Weight::of_kernel(&power, 0.5),
            Weight::of_kernel(&power, 1.5),
        );
        assert_eq!((near.sign, far.sign), (1.0, -1.0));
        assert!((near.log - far.log).abs() < 1e-11 && near.log < -100.0);
    }

    #[test]
    fn ties_are_left_open() {
        assert_eq!(nearest(&[0, 1], 2, &[0.25, 0.25]).label, None);
        assert_eq!(nearest(&[0, 1], 2, &[0.0, 0.25]).label, Some(0));
        assert_eq!(
            smoother(&[0, 1], 2, &[0.0, 1e-300], power(1.0), 0.0).label,
            Some(0)
        );
    }
}
