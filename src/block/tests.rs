//! Words and skips: laws, values by two roads, numbers from the literature.

use rug::{Float, Rational};

use super::*;
use crate::deadline::Deadline;
use crate::dual::Dual;
use crate::effort::Effort;
use crate::limit::{Classification, Phase, Regime};
use crate::real::{Analytic, Ball, Real};

fn network(word: &str, skip: &str) -> Blocks {
    let skip = (!skip.is_empty()).then(|| skip.parse().unwrap());
    Blocks::new(word.parse().unwrap(), skip)
}

fn verdict(word: &str, skip: &str) -> Classification {
    let verdict = network(word, skip).classify(&Effort::default()).unwrap();
    assert_eq!(verdict.checked(), Ok(()), "{word} {skip}");
    verdict
}

fn q(n: i64, d: i64) -> Rational {
    Rational::from((n, d))
}

/// `S_L` and the tangent kernel as the definition has them, without anything that knows of words.
fn by_hand(word: &str, skip: &str, depth: u64, rho: &Rational) -> [Ball; 2] {
    const BITS: u32 = 320;
    let network = network(word, skip);
    let letters = network.letters(Deadline::default()).unwrap();
    let duals = letters.inner(rho, BITS, Deadline::default()).unwrap();
    let one = Ball::int(1, BITS);
    let a = network.skip().map(|s| s.square(depth, BITS));
    let mut s = Ball::rational(rho, BITS);
    let mut t = if a.is_some() {
        Ball::int(0, BITS)
    } else {
        s.clone()
    };
    for l in 0..depth {
        let dual = &duals[l as usize % duals.len()];
        let (value, slope) = dual.at_with_slope(&s);
        match &a {
            None => {
                t = &(&t * &slope) + &value;
                // equal inputs stay equal, exactly
                s = if *rho == 1 { one.clone() } else { value };
            }
            Some(a) => {
                let sum = &one + a;
                let source = &value + &(&s * &slope);
                t = &(&(&t * &(&one + &(a * &slope))) / &sum) + &source.scale2(-1);
                s = &(&s + &(a * &value)) / &sum;
            }
        }
    }
    let layers = if a.is_some() { depth as i64 } else { 1 };
    [s, &t / &Ball::int(layers, BITS)]
}

/// The product of words is the composition: both kernels by the maps of the rotated periods are those layer by layer.
#[test]
fn kernels_of_words_are_those_of_their_layers() {
    for (word, deepest) in [
        ("erf exp(2*x)", 7),
        ("relu exp(x) sin(x)", 8),
        ("optimal(4) optimal(8)", 9),
        ("hermite(2) erf hermite(3)", 5),
        ("abs(x) x^2-1", 4),
    ] {
        for rho in [q(1, 2), q(-1, 3), q(0, 1), q(1, 1), q(999_999, 1_000_000)] {
            for depth in 0..=deepest {
                let found =
                    network(word, "").values(depth, std::slice::from_ref(&rho), &Effort::default());
                let found = found.unwrap().remove(0).unwrap();
                let [s, t] = by_hand(word, "", depth, &rho);
                let ntk = found.ntk.unwrap();
                assert!(found.nngp.value().overlaps(&s), "{word} {rho} {depth}");
                assert!(
                    ntk.value().overlaps(&t),
                    "{word} {rho} {depth}: {:?} {t:?}",
                    ntk.value()
                );
                let exact = |x: &Ball| x.contains_zero() || x.relative_bits() > 48;
                assert!(
                    exact(&ntk.value()) && exact(&found.nngp.value()),
                    "{word} {rho} {depth}"
                );
            }
        }
    }
}

/// Beyond some depth the limit kernel answers.
#[test]
fn deep_words_are_those_of_their_layers() {
    for (word, rho, depth) in [
        ("optimal(4) optimal(8)", q(1, 2), 2001),
        ("optimal(4) optimal(8)", q(-1, 5), 2002),
        ("cos(x) exp(x/2)", q(1, 3), 2003),
        ("hermite(1) exp(2*x)", q(1, 3), 2001),
    ] {
        let found = network(word, "").values(depth, std::slice::from_ref(&rho), &Effort::default());
        let found = found.unwrap().remove(0).unwrap();
        let [s, t] = by_hand(word, "", depth, &rho);
        assert!(found.nngp.value().overlaps(&s), "{word}");
        assert!(found.ntk.unwrap().value().overlaps(&t), "{word}");
    }
}

/// `A`, `A'`, `B'` of periods and what follows, from the constants of the layers by hand.
#[test]
fn regimes_of_periods_follow_from_compositions() {
    use Regime::{Linear, Majority, NearestNeighbour, Ordered, Singular};
    for (word, skip, regime, phase) in [
        ("erf sin(x)", "", Singular, None),
        ("x erf", "", Singular, None),
        ("x -x", "", Linear, None),
        ("x", "1/2", Linear, None),
        ("hermite(2) hermite(3)", "", NearestNeighbour, None),
        ("erf hermite(2)", "", NearestNeighbour, None),
        ("erf relu", "", Majority, Some(Phase::Chaotic)),
        ("exp(2*x) erf", "", Majority, Some(Phase::Chaotic)),
        ("relu abs(x)", "", Majority, Some(Phase::EdgeOfChaos)),
        // 4 and 1/4
        ("exp(2*x) exp(x/2)", "", Majority, Some(Phase::EdgeOfChaos)),
        ("cos(x) exp(x/2)", "", Ordered, Some(Phase::Ordered)),
        ("erf step(x)", "", Majority, Some(Phase::Chaotic)),
        ("sign(x) erf", "", Singular, None),
        // a skip leaves fixed points where they are
        ("hermite(2)", "3/10", Singular, None),
        ("hermite(2) hermite(3)", "1", Singular, None),
        ("erf", "3/10", Singular, None),
        ("relu", "3/10", Majority, Some(Phase::EdgeOfChaos)),
        ("exp(2*x)", "3/10", Majority, Some(Phase::Chaotic)),
        ("cos(x)", "3/10", Ordered, Some(Phase::Ordered)),
        ("relu erf", "1/sqrt(L)", Regime::Flow, None),
        ("relu erf", "2/L", Regime::Frozen, None),
    ] {
        let found = verdict(word, skip);
        assert_eq!(
            (found.regime, found.phase),
            (regime, phase),
            "{word} {skip}"
        );
        assert!(found.proved, "{word} {skip}: {:?}", found.missing);
    }
    assert_eq!(verdict("hermite(2) hermite(3) erf", "").order, Some(6));
    assert_eq!(verdict("relu abs(x)", "").edge_exponent, Some(q(3, 2)));
    assert_eq!(
        verdict("exp(2*x) exp(x/2)", "").edge_exponent,
        Some(q(2, 1))
    );
    assert_eq!(
        verdict("sign(x) erf", "").alpha.unwrap().exact.as_deref(),
        Some("0")
    );
    // the fixed point of an activation is that of every residual network of it
    let c = |skip: &str| {
        verdict("exp(2*x)", skip)
            .fixed_point
            .unwrap()
            .ball()
            .unwrap()
    };
    assert!(c("").overlaps(&c("3/10")));
    let slow = verdict("relu", "1/L^(1/4)");
    assert!(slow.regime == Regime::Undecided && slow.missing[0].contains("0 < s < 1/2"));
}

/// `c*` is a fixed point of the composition.
#[test]
fn fixed_points_are_those_of_the_composition() {
    let found = verdict("erf exp(2*x)", "");
    let c = found.fixed_point.unwrap().ball().unwrap();
    let of = |text: &str| crate::dual::closed_form::<Ball>(&text.parse().unwrap(), 200).unwrap();
    let image = of("exp(2*x)").at(&of("erf").at(&c));
    assert!(image.overlaps(&c) && c.relative_bits() > 50);
    // A^2 = dual(0): that of the second layer, since erf is odd
    let a = found.a.unwrap().ball().unwrap();
    assert!(a.powi(2).overlaps(&of("exp(2*x)").at(&Ball::int(0, 200))));
    // in the other order the period maps 0 to erf of that
    let other = verdict("exp(2*x) erf", "").a.unwrap().ball().unwrap();
    assert!(
        other
            .powi(2)
            .overlaps(&of("erf").at(&of("exp(2*x)").at(&Ball::int(0, 200))))
    );
}

/// Exponents add up in logarithms: `alpha = -2 (log lambda_1 + log lambda_2)/(log B_1 + log B_2)`. The optimal activations have `B' = 2`
/// all, so a period has the mean of their exponents; near `rho = 1` the kernel of the deep network obeys it.
#[test]
fn the_exponent_of_an_alternation_is_a_quotient_of_sums() {
    let of = |word: &str| verdict(word, "").alpha.unwrap().exact;
    assert_eq!(of("optimal(4) optimal(8)").as_deref(), Some("6"));
    assert_eq!(of("optimal(8) optimal(4)").as_deref(), Some("6"));
    assert_eq!(of("optimal(4)*3 optimal(8)").as_deref(), Some("5"));
    // at finite depth: from a distance to half of it the kernel grows by 2^6
    let eps = Rational::from((1, 1_000_000_000u64));
    let places = [1u32, 4].map(|n| 1 - Rational::from(&eps / n));
    let deep = network("optimal(4) optimal(8)", "").values(400, &places, &Effort::default());
    let s: Vec<Ball> = deep
        .unwrap()
        .into_iter()
        .map(|v| v.unwrap().nngp.value())
        .collect();
    let growth = (&s[1] / &s[0]).ln().to_f64() / 2f64.ln();
    assert!((growth - 6.0).abs() < 1e-7, "{growth}");
}

/// What deep kernels tend to, in every regime.
#[test]
fn limits_are_what_deep_kernels_tend_to() {
    let rho = [q(2, 5)];
    let deep = |word: &str, skip: &str, depth: u64| {
        let found = network(word, skip).values(depth, &rho, &Effort::default());
        let found = found.unwrap().remove(0).unwrap();
        (found.nngp.value(), found.ntk.unwrap().value())
    };
    let limit = |word: &str, skip: &str| {
        let found = network(word, skip)
            .limits(&rho, &Effort::default())
            .unwrap();
        (
            found.values[0].clone(),
            found.multiplier.and_then(|m| m.ball()),
        )
    };
    let near = |a: &Ball, b: &Ball, error: f64, what: &str| {
        let off = (&(a / b) - &Ball::int(1, 64)).magnitude().to_f64();
        assert!(off < error, "{what}: {a:?} {b:?}");
    };
    // singular, with the correction: the rest is of the order lambda^k
    for word in [
        "erf sin(x)",
        "optimal(4) optimal(8)",
        "erf sin(2*x) optimal(5)",
    ] {
        let (value, m) = limit(word, "");
        let (h, c) = (
            value.limit.ball().unwrap(),
            value.correction.unwrap().ball().unwrap(),
        );
        let periods = 120;
        let layers = periods * network(word, "").period() as u64;
        let (s, t) = deep(word, "", layers);
        let power = m.unwrap().powi(periods as i64);
        near(&s, &(&h * &power), 1e-9, word);
        let n = Ball::int(layers as i64 + 1, 200);
        near(&t, &(&(&(&h * &n) + &c) * &power), 1e-9, word);
    }
    // residual: N_L lambda^-L tends to T like 1/L
    let (value, m) = limit("erf hermite(2)", "1");
    let t = value.limit.ball().unwrap();
    let off = |layers: i64| {
        let (_, n) = deep("erf hermite(2)", "1", layers as u64);
        (&(&n / &m.clone().unwrap().powi(layers / 2)) - &t).to_f64()
    };
    let ratio = off(200) / off(400);
    assert!((ratio - 2.0).abs() < 1e-6, "{ratio}");
    // chaotic and ordered
    for word in ["erf exp(2*x)", "cos(x) exp(x/2)", "exp(x/2) cos(x) erf"] {
        let (t, _) = (limit(word, "").0.limit.ball().unwrap(), 0);
        near(&deep(word, "", 1200).1, &t, 1e-12, word);
        let t = limit(word, "1/2").0.limit.ball().unwrap();
        let n = deep(word, "1/2", 1200).1;
        near(&(&n * &Ball::int(1200, 64)), &t, 1e-12, word);
    }
    // the edge of chaos: log L/L away
    for (word, skip) in [("relu abs(x)", ""), ("relu", "1")] {
        let r = limit(word, skip).0.limit;
        assert_eq!(r.exact.as_deref(), Some("1/4"));
        let both = network(word, skip)
            .values(1500, &[q(2, 5), q(1, 1)], &Effort::default())
            .unwrap();
        let t: Vec<f64> = (both.into_iter())
            .map(|v| v.unwrap().ntk.unwrap().value().to_f64())
            .collect();
        assert!((t[0] / t[1] - 0.25).abs() < 0.02, "{word} {skip}: {t:?}");
    }
    let (value, _) = limit("hermite(2) hermite(3)", "");
    let (s, _) = deep("hermite(2) hermite(3)", "", 4);
    let log = &value.function.unwrap().ball().unwrap() * &Ball::int(36, 64);
    near(
        &s.ln(),
        &log,
        1e-13,
        "a monomial is its own Boettcher function",
    );
}

/// Huang et al. 2020 and Belfer et al. 2021, computed independently (theory of residual kernels, ReLU at correlation 1/2).
#[test]
fn residual_relu_has_the_known_values() {
    let half = [q(1, 2)];
    for (skip, known) in [
        ("1/sqrt(L)", "0.43991225370082"),
        ("1/L", "0.47116183891141"),
        ("sqrt(1/10)", "0.25223865172974"),
    ] {
        let found = network("relu", skip).values(10_000, &half, &Effort::default());
        let ntk = found.unwrap().remove(0).unwrap().ntk.unwrap().value();
        let known: f64 = known.parse().unwrap();
        assert!((ntk.to_f64() - known).abs() < 1e-14, "{skip}: {ntk:?}");
    }
    for (skip, known) in [
        ("1/sqrt(L)", "0.439906601498435245"),
        ("1/L", "0.471165557188781345711165"),
    ] {
        let found = network("relu", skip)
            .limits(&half, &Effort::digits(20))
            .unwrap();
        let t = found.values[0].limit.ball().unwrap();
        let known = Ball::exact(Float::with_val(100, Float::parse(known).unwrap()));
        assert!((&t - &known).magnitude().to_f64() < 2e-18, "{skip}: {t:?}");
        assert!(t.relative_bits() > 66);
    }
}

/// `dual = rho^2`: the logistic equation, `rho_1 = rho/(rho + (1 - rho) e^(c^2))`, and
/// `N = 3/(2 c^2) rho_1 (1 - rho_1) (1/(1 - rho) - 1/(1 - rho_1))`.
#[test]
fn the_flow_of_a_square_is_logistic() {
    for (skip, rate) in [("1/sqrt(L)", 1)] {
        for rho in [q(1, 3), q(99, 100), q(0, 1)] {
            let found =
                network("hermite(2)", skip).limits(std::slice::from_ref(&rho), &Effort::digits(18));
            let found = found.unwrap().values.remove(0);
            let one = Ball::int(1, 200);
            let r = Ball::rational(&rho, 200);
            let c = Ball::int(rate, 200);
            let end = &r / &(&r + &(&(&one - &r) * &c.exp()));
            let gaps = &(&one / &(&one - &r)) - &(&one / &(&one - &end));
            let front = &Ball::rational(&q(3, 2), 200) / &c;
            let n = &(&front * &(&end * &(&one - &end))) * &gaps;
            let s = found.function.unwrap().ball().unwrap();
            let t = found.limit.ball().unwrap();
            assert!(
                s.overlaps(&end) && t.overlaps(&n),
                "{skip} {rho}: {t:?} {n:?}"
            );
            assert!(rho == 0 || t.relative_bits() > 59, "{t:?}");
        }
    }
}

/// Finite networks are Euler's method: the difference halves when the depth doubles.
#[test]
fn flows_are_limits_of_the_order_one_over_depth() {
    for (word, rho) in [
        ("relu erf", q(1, 2)),
        ("exp(x)", q(-1, 2)),
        ("sin(x)", q(-3, 4)),
    ] {
        let network = network(word, "1/sqrt(L)");
        let at = [rho];
        let limit = network
            .limits(&at, &Effort::default())
            .unwrap()
            .values
            .remove(0);
        let (t, s) = (
            limit.limit.ball().unwrap(),
            limit.function.unwrap().ball().unwrap(),
        );
        let off = |depth: u64| {
            let found = network
                .values(depth, &at, &Effort::default())
                .unwrap()
                .remove(0)
                .unwrap();
            let n = (&found.ntk.unwrap().value() - &t).to_f64();
            (n, (&found.nngp.value() - &s).to_f64())
        };
        let (short, long) = (off(200), off(400));
        assert!(
            (short.0 / long.0 - 2.0).abs() < 0.03,
            "{word}: {short:?} {long:?}"
        );
        assert!(
            (short.1 / long.1 - 2.0).abs() < 0.03,
            "{word}: {short:?} {long:?}"
        );
    }
}

/// Equal inputs stay equal; one branch does not know its scale; a branch of almost nothing changes almost nothing.
#[test]
fn skips_at_their_ends() {
    let ends = [q(1, 1), q(1, 2)];
    for skip in ["1/sqrt(L)", "1/L", "3"] {
        let one = network("relu", skip)
            .values(300, &ends[..1], &Effort::default())
            .unwrap()
            .remove(0);
        let one = one.unwrap();
        assert!(one.nngp.value().overlaps(&Ball::int(1, 64)));
        assert!(
            one.ntk.unwrap().value().overlaps(&Ball::int(1, 64)),
            "{skip}"
        );
    }
    let first = |skip: &str| {
        let found = network("exp(x)", skip)
            .values(1, &ends[1..], &Effort::default())
            .unwrap();
        found
            .into_iter()
            .next()
            .unwrap()
            .unwrap()
            .ntk
            .unwrap()
            .value()
    };
    assert!(first("1/100").overlaps(&first("7")));
    let tiny = network("exp(x)", "1e-20")
        .values(50, &ends[1..], &Effort::digits(30))
        .unwrap()
        .remove(0)
        .unwrap();
    assert!(
        (&tiny.nngp.value() - &Ball::int(1, 64).scale2(-1))
            .magnitude()
            .to_f64()
            < 1e-38
    );
    assert!(
        (&tiny.ntk.unwrap().value() - &first("1"))
            .magnitude()
            .to_f64()
            < 1e-14
    );
    // equal inputs in the flow, by the formula for B' = 4 and c = 1
    let steep = network("exp(2*x)", "1/sqrt(L)")
        .limits(&ends[..1], &Effort::default())
        .unwrap();
    let n = steep.values[0].limit.to_f64();
    assert!((n / (2.5 * 3f64.exp_m1() / 3.0) - 1.0).abs() < 1e-14, "{n}");
    assert!(
        network("step(x)", "1/sqrt(L)")
            .limits(&ends[..1], &Effort::default())
            .unwrap()
            .values[0]
            .limit
            .is_infinite()
    );
    let refused = network("relu", "1/L")
        .values(0, &ends, &Effort::default())
        .unwrap_err();
    assert!(refused.to_string().contains("at least one layer"));
    let refused = network("relu", "1/L")
        .values(1 << 40, &ends, &Effort::default())
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("residual layers that are passed one by one")
    );
}

/// A word of one layer is the activation, and a word twice is itself.
#[test]
fn one_layer_is_the_activation() {
    let alone = crate::limit::classify(&"erf".parse().unwrap(), &Effort::default()).unwrap();
    assert_eq!(
        format!("{alone:?}"),
        format!(
            "{:?}",
            network("erf", "").classify(&Effort::default()).unwrap()
        )
    );
    let twice = verdict("erf erf", "");
    let alpha = |c: &Classification| c.alpha.as_ref().unwrap().ball().unwrap();
    assert!(alpha(&twice).overlaps(&alpha(&alone)));
    let h = |word: &str| {
        let found = network(word, "")
            .limits(&[q(1, 2)], &Effort::default())
            .unwrap();
        let value = found.values[0].clone();
        (
            value.limit.ball().unwrap(),
            value.correction.unwrap().ball().unwrap(),
        )
    };
    let (one, two) = (h("erf"), h("erf erf"));
    assert!(one.0.overlaps(&two.0) && one.1.overlaps(&two.1));
    let nothing = Dual::<Ball>::composed(Vec::new()).unwrap_err().to_string();
    assert_eq!(nothing, "a network has at least one layer");
}
