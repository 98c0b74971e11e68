use proptest::prelude::*;
use rug::{Float, Rational};

use super::{ball, digits, dual, off, reference};
use crate::deadline::Deadline;
use crate::dual::Dual;
use crate::real::{Analytic, Ball, Mpfr, Real};
use crate::recursion::{Correlation, Pair, Scaled, UnitLayers};

fn kernels<R: Real>(dual: &Dual<R>, start: Correlation<R>, depth: u64) -> Pair<Scaled<R>> {
    UnitLayers::new(dual.clone())
        .kernels(start, depth, Deadline::default())
        .unwrap()
}

fn relu() -> Dual<f64> {
    Dual::ArcCosine(0.5)
}

fn at<R: Real>(n: i64, d: i64, bits: u32) -> Correlation<R> {
    Correlation::rational(&Rational::from((n, d)), bits)
}

/// Theory, section 3.3 and 4.5: `T_L/(L+1)` of ReLU, from mpmath.
#[test]
fn deep_relu_in_doubles() {
    let table = [
        (0.0, 10, "0.316306973820091096518470264217"),
        (0.0, 100, "0.272496294290874428638686456742"),
        (0.0, 1000, "0.253290525388449175696614461062"),
        (0.0, 1_000_000, "0.25000590325683015687"),
        (0.5, 1000, "0.25380244657408102861"),
        (0.5, 200_000, "0.2500290562938187869"),
        (0.5, 1_000_000, "0.25000641488435437678"),
    ];
    for (rho, depth, value) in table {
        let k = kernels(&relu(), Correlation::new(rho), depth);
        let have = k.ntk.value() / (depth + 1) as f64;
        // L additions, each rounded to half a unit: L 2^-54 at the very worst
        let most = (depth as f64 * 5.6e-17).max(1e-15);
        assert!(off(have, &reference(value)) < most, "{rho} {depth}: {have}");
    }
}

/// `1 - S_L` from `rho = 0`, from mpmath.
#[test]
fn the_gap_of_deep_relu_in_doubles() {
    let table = [
        (10, "0.128464483978482379151376420581269252"),
        (100, "0.00357685331605237403514601176069180216"),
        (1000, "4.31297325492140132839535399324728e-5"),
        (1_000_000, "4.4410989177434717641211781033109e-11"),
    ];
    let unit = UnitLayers::new(relu());
    let mut walk = crate::recursion::Walk::new(Correlation::new(0.0));
    let mut next = table.iter();
    let (mut depth, mut value) = *next.next().unwrap();
    loop {
        walk.advance(&unit.layer());
        if walk.depth == depth {
            let error = off(walk.position.gap(), &reference(value));
            assert!(error < 1e-12, "{depth}: {error}");
            let Some(more) = next.next() else { break };
            (depth, value) = *more;
        }
    }
}

/// What the coordinate is good for: the same recursion in `rho` is far off.
#[test]
fn doubles_in_rho_go_wrong() {
    let dual = relu();
    let (mut s, mut t) = (0.5f64, 0.5f64);
    for _ in 0..200_000 {
        t *= dual.slope_at(&s);
        s = dual.at(&s).min(1.0);
        t += s;
    }
    let naive = t / 200_001.0;
    assert!((naive - 0.250029056).abs() > 0.02, "{naive}");
}

#[test]
fn balls_keep_seventy_digits_over_twenty_thousand_layers() {
    let dual = Dual::ArcCosine(ball(1, 2, 256));
    let k = kernels(&dual, at(1, 2, 256), 20_000);
    assert!(digits(&k.nngp.value()) >= 70.0, "{:?}", k.nngp);
    assert!(digits(&k.ntk.value()) >= 70.0, "{:?}", k.ntk);
    // the same in MPFR numbers, and in doubles
    let mpfr = kernels(
        &Dual::ArcCosine(Mpfr::rational(&(1, 2).into(), 256)),
        at(1, 2, 256),
        20_000,
    );
    let error = &Ball::exact(mpfr.ntk.value().into_float()) / &k.ntk.value();
    assert!((error.to_float() - 1u32).abs() < 1e-70);
    let double = kernels(&relu(), Correlation::new(0.5), 20_000);
    assert!(off(double.ntk.value(), &k.ntk.value()) < 20_000.0 * 5.6e-17);
}

/// At `1 - rho = 1e-14`, a double in `rho` would have two digits of the gap.
#[test]
fn relu_next_to_the_diagonal() {
    let dual_ball = Dual::ArcCosine(ball(1, 2, 256));
    let t = Rational::from((1, 100_000_000_000_000i64));
    for depth in [1, 2, 10, 1000, 30_000] {
        let near = |bits| Correlation::Gap(Ball::rational(&t, bits));
        let exact = kernels(&dual_ball, near(256), depth);
        let double = kernels(&relu(), Correlation::Gap(1e-14), depth);
        assert!(
            off(double.ntk.value(), &exact.ntk.value()) < 1e-13,
            "{depth}"
        );
        // and what there is to see: the difference to the diagonal, T_L(1) = L + 1
        let below = |t: &Ball| (&Ball::int(depth as i64 + 1, 256) - t).abs();
        assert!(digits(&below(&exact.ntk.value())) > 60.0);
    }
}

/// The cubic `(rho + rho^3)/2`: multiplier 1/2, so `lambda^L` is a power of two.
#[test]
fn a_million_layers_do_not_underflow() {
    let text = "(hermite(1,x)+hermite(3,x))/sqrt(2)";
    let h = reference("0.7135991282886012062177901644457718416561");
    // sum_j (S_j h'(S_j)/lambda^j - h) in decimal arithmetic of 120 digits
    let c = reference("0.826268531016298812376484761589180334267201601502");
    for depth in [100u64, 1_000, 1_000_000, 1_000_000_000_000] {
        // T_L/((L+1) lambda^L) = h + C/(L+1) + O(lambda^L)
        let expected = &h + &(&c / &Ball::int(depth as i64 + 1, 300));
        let k = kernels(
            &dual::<Ball>(text, 64).rounded::<f64>(),
            Correlation::new(0.5),
            depth,
        );
        let log = depth as f64 * std::f64::consts::LN_2;
        let have = (k.ntk.ln() + log) - ((depth + 1) as f64).ln();
        // the logarithm of 2^-10^12 has few digits after the point left; the mantissa has them all
        let error = (have - expected.to_f64().ln()).abs();
        assert!(error < 4e-16 * log.max(10.0), "{depth}: {error}");
        let k = kernels(&dual::<Ball>(text, 256), at(1, 2, 256), depth);
        if (1_000..=1_000_000).contains(&depth) {
            let scale = Ball::int(depth as i64 + 1, 300).scale2(-(depth as i32));
            let have = &k.ntk.value() / &scale;
            assert!(have.overlaps(&expected), "{depth}: {have:?}");
            assert!(digits(&have) > 60.0);
            let nngp = &k.nngp.value() / &Ball::int(1, 300).scale2(-(depth as i32));
            assert!(nngp.overlaps(&h), "{depth}: {nngp:?}");
        }
    }
    let k = kernels(&dual::<Ball>(text, 256), at(1, 2, 256), 100);
    let have = &k.ntk.value() / &Ball::int(101, 300).scale2(-100);
    assert!(have.overlaps(&reference("0.72178000483331703604")));
}

/// `bottcher.txt`: logarithms of kernels that are far outside of everything.
#[test]
fn nearest_neighbour_kernels_by_their_logarithms() {
    let text = include_str!("../../../tests/oracles/bottcher.txt");
    let expressions = [
        ("h2", "hermite(2,x)"),
        ("h3", "hermite(3,x)"),
        ("(h2+h3)/sqrt2", "(hermite(2,x)+hermite(3,x))/sqrt(2)"),
    ];
    let mut checked = 0;
    let (mut current, mut rho) = (None, Rational::new());
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let after = |key: &str| words.iter().find_map(|w| w.strip_prefix(key));
        if !line.starts_with(' ') {
            let name = line.split(':').next().unwrap();
            current = expressions.iter().find(|(n, _)| *n == name);
        }
        if let Some(x) = after("x=") {
            rho = Rational::from_f64((x.parse::<f64>().unwrap() * 100.0).round()).unwrap() / 100;
        }
        let (Some((_, expr)), Some(depth), Some(nngp), Some(ntk)) =
            (current, after("L="), after("NNGP="), after("NTK="))
        else {
            continue;
        };
        let depth = depth.parse().unwrap();
        let k = kernels(
            &dual::<Ball>(expr, 256),
            Correlation::rational(&rho, 256),
            depth,
        );
        let double = kernels(
            &dual::<f64>(expr, 53),
            Correlation::rational(&rho, 53),
            depth,
        );
        for (have, double, text) in [(&k.nngp, &double.nngp, nngp), (&k.ntk, &double.ntk, ntk)] {
            let log = have.ln();
            assert!(
                log.overlaps(&reference(text)),
                "{expr} {rho} {depth}: {log:?} {text}"
            );
            assert!(log.rad() < 1e-30);
            // an error of half a unit in S_0 or in a layer is one of log S that grows as log S does
            let tolerance = 1e-14 * log.to_f64().abs().max(1.0);
            assert!(
                (double.ln() - log.to_f64()).abs() < tolerance,
                "{expr} {rho} {depth}"
            );
        }
        checked += 1;
    }
    assert!(checked >= 80, "{checked}");
}

/// The signs of powers.
#[test]
fn negative_correlations_keep_their_sign() {
    let sign = |text: &str, depth: u64| {
        let k = kernels(&dual::<f64>(text, 53), Correlation::new(-0.5), depth);
        (k.nngp.mantissa.signum(), k.ntk.mantissa.signum())
    };
    for depth in 1..8 {
        assert_eq!(sign("hermite(3)", depth), (-1.0, -1.0));
        assert_eq!(sign("hermite(2)", depth), (1.0, 1.0));
        assert_eq!(sign("sin(x)", depth), (-1.0, -1.0));
    }
    assert_eq!(sign("hermite(2)", 0), (-1.0, -1.0));
}

/// `B' = 30^2 = 900`: `sinh(900)` is no double.
#[test]
fn a_fast_sine_neither_overflows_nor_becomes_undefined() {
    let (f, exact) = (dual::<f64>("sin(30*x)", 53), dual::<Ball>("sin(30*x)", 200));
    // at 0.1 the value itself, 1e-352, is below the doubles
    for rho in [0.75, 0.5, 0.25, -0.75] {
        let there = Ball::exact(Float::with_val(53, rho));
        assert!(off(f.at(&rho), &exact.at(&there)) < 3e-13, "{rho}");
        assert!(off(f.slope_at(&rho), &exact.slope_at(&there)) < 3e-13);
        assert!(
            off(
                f.gap(&(1.0 - rho)),
                &exact.gap(&(Ball::int(1, 200) - &there))
            ) < 3e-13
        );
    }
}

fn smooth() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "relu",
        "abs(x)",
        "leaky_relu(x, 0.3)",
        "sign(x)",
        "step(x)",
        "erf(x)",
        "erf(3*x)",
        "sin(x)",
        "sin(5*x)",
        "cos(x)",
        "cos(x/3)",
        "exp(x)",
        "exp(x/4)",
        "x^2",
        "x^3+x",
        "optimal(4)",
        "x^2-1",
        "x^4+x",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Full relative accuracy of `1 - dual(1 - t)` in doubles, at 100 and at 300 bits. (Not up to `t = 1`: there the slope of
    /// an even function vanishes and has no relative accuracy.)
    #[test]
    fn the_gap_has_relative_accuracy(text in smooth(), exponent in -280f64..-1.0) {
        let t = 10f64.powf(exponent / 10.0);
        let exact = Ball::exact(Float::with_val(53, t));
        let fine = |bits: u32| {
            let lifted = &exact + &Ball::int(0, bits);
            (dual::<Ball>(text, bits).gap(&lifted), dual::<Ball>(text, bits).slope_at_gap(&lifted))
        };
        // 1 - dual(1 - t) as it stands, with the bits that it costs
        let one = Ball::int(1, 500);
        let plain = &one - &dual::<Ball>(text, 500).at(&(&one - &exact));
        for bits in [100, 300] {
            let (gap, slope) = fine(bits);
            prop_assert!(gap.overlaps(&plain), "{text} {t}: {gap:?} {plain:?}");
            prop_assert!(gap.relative_bits() >= bits - 10, "{text} {t}: {gap:?}");
            prop_assert!(slope.relative_bits() >= bits - 10, "{text} {t}: {slope:?}");
        }
        let double = dual::<f64>(text, 53);
        prop_assert!(off(double.gap(&t), &plain) < 3e-15, "{text} {t}: {}", off(double.gap(&t), &plain));
        prop_assert!(off(double.slope_at_gap(&t), &fine(300).1) < 3e-15, "{text} {t}");
    }

    /// A ball of gaps is mapped around the images of its members, and its radius is multiplied by the slope.
    #[test]
    fn gaps_of_balls_are_enclosed(text in smooth(), t in 0.001f64..0.9, width in 1e-12f64..1e-3, at in -1f64..1.0) {
        let ball = Ball::new(Float::with_val(200, t), &Float::with_val(53, width));
        let member = Ball::exact(Float::with_val(200, t) + Float::with_val(200, width) * at);
        let f = dual::<Ball>(text, 200);
        let (image, slope) = f.gap_with_slope(&ball);
        let (inside, slope_inside) = f.gap_with_slope(&member);
        prop_assert!(image.overlaps(&inside) && slope.overlaps(&slope_inside), "{text}");
        let growth = (image.rad() / width).to_f64();
        prop_assert!(growth < slope.to_f64().abs() * 1.5 + 1e-6 + slope.rad().to_f64(), "{text}: {growth}");
        let (value, _) = f.at_with_slope(&(Ball::int(1, 200) - &ball));
        prop_assert!((&Ball::int(1, 200) - &value).overlaps(&image));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Doubles lie where the balls are, the balls of two precisions meet, and MPFR numbers lie in them.
    #[test]
    fn arithmetics_meet(text in smooth(), rho in -1000i64..=1000, depth in 1u64..300) {
        let on = |bits: u32| kernels(&dual::<Ball>(text, bits), at(rho, 1000, bits), depth);
        let (low, high) = (on(200), on(320));
        let double = kernels(&dual::<f64>(text, 53), at(rho, 1000, 53), depth);
        for (p, q, x) in [(&low.nngp, &high.nngp, &double.nngp), (&low.ntk, &high.ntk, &double.ntk)] {
            if q.mantissa.contains_zero() {
                let (p, q) = (p.value(), q.value());
                prop_assert!(p.overlaps(&q) && q.rad() <= p.rad(), "{text} {rho} {depth}: {p:?} {q:?}");
                prop_assert!(x.value().abs() < 1e-12, "{text} {rho} {depth} {x:?} {q:?}");
                continue;
            }
            // log|x|, since it may be far outside of doubles
            let (coarse, fine) = (p.ln(), q.ln());
            prop_assert!(coarse.overlaps(&fine), "{text} {rho} {depth}: {p:?} {q:?}");
            prop_assert!(fine.rad() <= coarse.rad());
            // a rounding per layer, multiplied by at most the depth while S leaves the diagonal
            let log = fine.to_f64();
            let error = (x.ln() - log).abs();
            prop_assert!(error < 1e-15 * depth as f64 * log.abs().max(4.0), "{text} {rho} {depth}: {error}");
            prop_assert_eq!(x.mantissa < 0.0, q.mantissa.mid().is_sign_negative());
        }
    }

    /// On `[0, 1]` both kernels increase; on the whole sphere they are largest where the correlation is.
    #[test]
    fn monotone_in_the_correlation(text in smooth(), a in 0i64..1000, b in 0i64..1000, depth in 1u64..40) {
        let (low, high) = (a.min(b), a.max(b));
        prop_assume!(low < high);
        let f = dual::<Ball>(text, 200);
        let on = |rho: i64| kernels(&f, at(rho, 1000, 200), depth);
        let (p, q, minus) = (on(low), on(high), on(-high));
        let less = |x: &Ball, y: &Ball| x.compare(y) != Some(std::cmp::Ordering::Greater);
        prop_assert!(less(&p.nngp.value(), &q.nngp.value()) && less(&p.ntk.value(), &q.ntk.value()));
        prop_assert!(less(&minus.nngp.value().abs(), &q.nngp.value()), "{text} {high} {depth}");
        prop_assert!(less(&minus.ntk.value().abs(), &q.ntk.value()), "{text} {high} {depth}");
    }

    /// `T_L(1) = sum_j B'^j`, summed one by one.
    #[test]
    fn the_diagonal_is_a_geometric_sum(text in smooth(), depth in 1u64..60) {
        let f = dual::<Ball>(text, 200);
        let b = f.slope_at_gap(&Ball::int(0, 200));
        prop_assume!(b.is_finite());
        let k = kernels(&f, at(1, 1, 200), depth);
        let (mut sum, mut power) = (Ball::int(1, 200), Ball::int(1, 200));
        for _ in 0..depth {
            power = &power * &b;
            sum = &sum + &power;
        }
        prop_assert!(k.ntk.value().overlaps(&sum) && digits(&k.ntk.value()) > 45.0, "{text} {depth}");
        prop_assert!(k.nngp.value().contains(&Float::with_val(53, 1)));
        // ... and as the limit of what is next to it, by the recursion instead of the formula
        let near = kernels(&f, Correlation::Gap(Ball::int(1, 200).scale2(-4000)), depth).ntk.value();
        let off = (&near / &sum).to_f64() - 1.0;
        prop_assert!(off.abs() < 1e-9 || text.contains("sign"), "{text} {depth} {off}");
    }
}
