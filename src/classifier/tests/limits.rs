//! What kernel regression becomes at great depth, regime by regime.

use super::*;

fn agreement(a: &[Decision], b: impl Fn(usize) -> Option<usize>) -> f64 {
    let same = (0..a.len())
        .filter(|t| a[*t].label.is_some() && a[*t].label == b(*t))
        .count();
    same as f64 / a.len() as f64
}

/// The ordered phase: at depth 300 the interpolant to 1 part in 200, and not the majority.
#[test]
fn nine_points_of_a_quarter_circle() {
    let text = "sqrt(0.5)+sqrt(0.3)*hermite(1,x)+sqrt(0.2)*hermite(2,x)";
    let labels = vec![1, 1, 0, 1, 1, 1, 0, 1, 1];
    let training = Training::new(equispaced(9), labels).unwrap();
    let tests = elsewhere(31);
    let deep = regression(
        &deep(text, 300),
        &training,
        &tests,
        Precision::Automatic { most: 4096 },
    )
    .unwrap();
    let g = OrderedGap::new(Expr::parse(text).unwrap()).unwrap();
    let (limit, _) = interpolant(&g, &training, &tests, 4096).unwrap();
    let margins: Vec<f64> = limit.iter().map(|d| d.margin().to_f64()).collect();
    let range = margins.iter().fold(f64::MIN, |m, x| m.max(*x))
        - margins.iter().fold(f64::MAX, |m, x| m.min(*x));
    let off = deep
        .decisions
        .iter()
        .zip(&margins)
        .map(|(d, m)| (d.margin().to_f64() - m).abs())
        .fold(0.0, f64::max);
    assert!(off < range / 200.0, "{off} of {range}");
    assert!(off > 0.0);
    let vote = majority(training.labels(), training.classes()).label;
    assert_eq!(vote, Some(1));
    assert!(deep.decisions.iter().any(|d| d.label == Some(0)));
    for d in &limit {
        let sum = d.scores.iter().fold(Float::new(128), |s, x| s + x);
        assert!((sum - 1u32).abs() < 1e-25);
    }
}

/// `dual = 2/(3 - rho)`: `g(t) = t/(1 + t)` in closed form, and the recursion written down independently.
struct Geometric(Option<u32>);
impl AtAnyPrecision for Geometric {
    fn kernel<R: Real + Send + Sync + 'static>(&self, bits: Bits) -> Result<Evaluator<'_, R>> {
        let depth = self.0;
        Ok(Box::new(move |place| {
            let one = R::int(1, bits);
            let two = R::int(2, bits);
            let mut t = place.gap();
            let Some(depth) = depth else {
                return Ok(Scaled::plain(&t / &(&one + &t)));
            };
            let mut ntk = &one - &t;
            for _ in 0..depth {
                let base = &two + &t;
                ntk = &(&ntk * &(&two / &base.powi(2))) + &one;
                t = &t / &base;
                ntk = &ntk - &t;
            }
            Ok(Scaled::plain(ntk))
        }))
    }
    fn roundings(&self) -> f64 {
        1024.0
    }
}

/// The ridgeless limit of a kernel that tends to a constant, with the error falling like `1/L`.
#[test]
fn the_flat_limit_is_approached_like_one_over_the_depth() {
    let training = Training::new(equispaced(7), vec![1, 1, 1, 0, 0, 1, 1]).unwrap();
    let tests = elsewhere(12);
    let (limit, _) = interpolant(&Geometric(None), &training, &tests, 2048).unwrap();
    let off = |depth| {
        let deep = regression(
            &Geometric(Some(depth)),
            &training,
            &tests,
            Precision::Mpfr(2048),
        )
        .unwrap();
        deep.decisions
            .iter()
            .zip(&limit)
            .map(|(a, b)| (a.margin().to_f64() - b.margin().to_f64()).abs())
            .fold(0.0, f64::max)
    };
    let (a, b, c) = (off(100), off(200), off(400));
    assert!(c < 0.05, "{c}");
    for ratio in [a / b, b / c] {
        assert!((1.8..2.2).contains(&ratio), "{a} {b} {c}");
    }
}

#[test]
fn ten_balanced_points_in_the_chaotic_phase() {
    let text = "sqrt(0.2)+sqrt(0.3)*hermite(1,x)+sqrt(0.3)*hermite(2,x)+sqrt(0.2)*hermite(3,x)";
    let dual = closed_form::<Ball>(&Expr::parse(text).unwrap(), 256).unwrap();
    let limit = Interior::new(&dual, 256).unwrap();
    // sqrt(p/q)^2 rounds: the dual of the text is that of the decimals
    let reference = [
        (limit.point(), "0.35078105935821217162"),
        (limit.multiplier(), "0.58429704657760904554"),
    ];
    for (value, text) in reference {
        let parsed = Float::with_val(256, Float::parse(text).unwrap());
        assert!((value.mid().clone() - parsed).abs() < 5e-21, "{text}");
    }
    let law = Dirichlet::new(&[1.0; 3]).unwrap();
    for seed in [1, 4] {
        let mut stream = generator(seed);
        let mut cloud = |n: usize| {
            let rows = (0..n).flat_map(|_| on_the_sphere(&law.sample(&mut stream)));
            Points::new(3, rows.collect()).unwrap()
        };
        let training = Training::new(cloud(10), vec![0, 1, 0, 1, 0, 1, 0, 1, 0, 1]).unwrap();
        assert_eq!(majority(training.labels(), training.classes()).label, None);
        let tests = cloud(120);
        let weight = |gap: f64| {
            let gap = Ball::exact(Float::with_val(256, gap));
            Weight::of(
                limit
                    .next_order(&Correlation::gap_of(gap))
                    .unwrap()
                    .to_f64(),
            )
        };
        let rule: Vec<Option<usize>> = (0..tests.len())
            .map(|t| {
                smoother(
                    training.labels(),
                    training.classes(),
                    &gaps(training.points(), &tests, t),
                    weight,
                    1e-12,
                )
                .label
            })
            .collect();
        let mut seen = Vec::new();
        for depth in [20, 240, 1000] {
            let answer = regression(&deep(text, depth), &training, &tests, MOST).unwrap();
            assert_eq!(answer.undecided(), 0);
            seen.push(agreement(&answer.decisions, |t| rule[t]));
        }
        assert!(
            seen[0] < seen[2] && seen[0] <= seen[1] && seen[1] <= seen[2],
            "{seen:?}"
        );
        assert!(seen[2] > 0.98, "{seen:?}");
    }
}

/// Theorem 1 at the level of the classifier.
#[test]
fn deep_singular_networks_are_koenigs_smoothers() {
    let training = Training::new(equispaced(8), vec![0, 1, 1, 0, 1, 0, 0, 1]).unwrap();
    let tests = elsewhere(60);
    for text in ["optimal(2)", "optimal(4)", "erf"] {
        let kernel = crate::gram::tests::kernel(text, crate::kernel::Depth::Infinite);
        let answer = regression(&deep(text, 100_000), &training, &tests, MOST).unwrap();
        let rule = |t: usize| {
            smoother(
                training.labels(),
                training.classes(),
                &gaps(training.points(), &tests, t),
                |g| Weight::of_kernel(&kernel, g),
                1e-9,
            )
            .label
        };
        assert_eq!(agreement(&answer.decisions, rule), 1.0, "{text}");
    }
}

/// Theorem 3 at the level of the classifier: what underflows in doubles after a few layers.
#[test]
fn superattracting_networks_are_nearest_neighbours() {
    let training = Training::new(equispaced(8), vec![0, 1, 1, 0, 1, 0, 0, 1]).unwrap();
    let tests = elsewhere(60);
    let answer = regression(&deep("hermite(2,x)", 12), &training, &tests, MOST).unwrap();
    let rule = |t: usize| {
        nearest(
            training.labels(),
            training.classes(),
            &gaps(training.points(), &tests, t),
        )
        .label
    };
    assert_eq!(agreement(&answer.decisions, rule), 1.0);
    let b = closed_form::<f64>(&Expr::parse("hermite(2,x)").unwrap(), 53).unwrap();
    let b = Boettcher::new(&b, 2, 53).unwrap();
    // log S_12 = 2^12 log rho is beyond the doubles at rho = 1/2
    assert!(4096.0 * b.log_at(&Correlation::new(0.5)).unwrap() < f64::MIN_POSITIVE.ln());
}

/// Proposition 1 at the level of the classifier.
#[test]
fn chaotic_networks_are_majority_votes() {
    let training = Training::new(equispaced(7), vec![0, 1, 1, 0, 1, 0, 1]).unwrap();
    let tests = elsewhere(40);
    let answer = regression(&deep("x^2", 100), &training, &tests, MOST).unwrap();
    assert_eq!(
        agreement(&answer.decisions, |_| majority(
            training.labels(),
            training.classes()
        )
        .label),
        1.0
    );
    // not at a small depth
    let shallow = regression(&deep("x^2", 3), &training, &tests, MOST).unwrap();
    assert!(
        agreement(&shallow.decisions, |_| majority(
            training.labels(),
            training.classes()
        )
        .label)
            < 1.0
    );
}
