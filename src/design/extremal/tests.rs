//! Optima are optimal, by other means than those that found them.

use super::*;

fn of(alpha: i32, wanted: Extremum, among: &Among) -> Extremal {
    extremal(&alpha.into(), wanted, among, &Effort::default()).unwrap()
}

fn slope(found: &Extremal) -> f64 {
    found.best[0].slope.to_f64()
}

/// What is written has the exponent and the numbers that are said, by the classifier.
fn confirmed(found: &Extremal, alpha: f64) {
    for best in &found.best {
        let verdict = Activation::new(&best.activation)
            .unwrap()
            .classify(&Effort::default())
            .unwrap();
        assert!(
            (verdict.alpha.unwrap().to_f64() - alpha).abs() < 1e-11,
            "{}",
            best.activation
        );
        assert!((verdict.b_prime.unwrap().to_f64() - best.slope.to_f64()).abs() < 1e-11);
    }
}

/// Coefficients at random, the one of `h_1` as the exponent wants it: never steeper, never flatter.
#[test]
fn slopes_of_polynomials() {
    let steep = of(3, Extremum::LargestSlope, &Among::Polynomials(5));
    let odd = of(3, Extremum::LargestSlope, &Among::OddPolynomials(6));
    let flat = of(3, Extremum::SmallestSlope, &Among::All);
    let flat_odd = of(3, Extremum::SmallestSlope, &Among::Odd);
    for found in [&steep, &odd, &flat, &flat_odd] {
        assert!(found.optimal);
        confirmed(found, 3.0);
    }
    assert!(slope(&steep) == slope(&odd) && slope(&flat) < slope(&flat_odd));
    let mut seed = 1_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1);
        (seed >> 33) as f64 / f64::from(1_u32 << 31)
    };
    let mut met = 0;
    for trial in 0..400 {
        let rest: Vec<f64> = (2..=5)
            .map(|k| {
                if trial % 2 == 1 && k % 2 == 0 {
                    0.0
                } else {
                    random().powi(3)
                }
            })
            .collect();
        let total: f64 = rest.iter().sum();
        let steep_of = |p: f64| {
            p + (1.0 - p) * (2..).zip(&rest).map(|(k, a)| f64::from(k) * a).sum::<f64>() / total
        };
        // p^2 B'^3 = 1 below 1
        let excess = |p: f64| 2.0 * p.ln() + 3.0 * steep_of(p).ln();
        let (mut a, mut b) = (1e-9, 1.0 - 1e-4);
        if excess(b) < 0.0 {
            continue;
        }
        met += 1;
        for _ in 0..80 {
            let m = f64::midpoint(a, b);
            if excess(m) < 0.0 { a = m } else { b = m }
        }
        let b = steep_of(a);
        assert!(
            b <= slope(&steep) + 1e-9 && b >= slope(&flat) - 1e-9,
            "{rest:?}"
        );
        assert!(trial % 2 == 0 || b >= slope(&flat_odd) - 1e-9);
    }
    assert!(met > 200);
}

#[test]
fn what_cannot_be_is_said() {
    let none = of(1, Extremum::LargestSlope, &Among::Polynomials(3));
    assert!(none.best.is_empty() && none.infeasible.unwrap().contains("no polynomial"));
    assert!(
        of(2, Extremum::SmallestSlope, &Among::All)
            .infeasible
            .unwrap()
            .contains("as near to 1")
    );
    assert!(
        of(2, Extremum::SmallestSlope, &Among::Odd)
            .infeasible
            .is_none()
    );
    // nearly linear, but of too low a degree
    for (alpha, among) in [
        (2, Among::Polynomials(2)),
        (1, Among::OddPolynomials(4)),
        (9, Among::OddPolynomials(0)),
    ] {
        let none = of(alpha, Extremum::SmallestSlope, &among);
        assert!(none.infeasible.unwrap().contains("polynomial of degree"));
        let none = of(alpha, Extremum::LargestSlope, &among);
        assert!(none.infeasible.is_some() && none.optimal);
    }
    let near = of(2, Extremum::SmallestSlope, &Among::Polynomials(3));
    assert!(near.infeasible.unwrap().contains("as near to 1"));
    let flat = extremal(
        &2.into(),
        Extremum::SmallestLipschitz,
        &Among::Kinks(1),
        &Effort::default(),
    );
    assert!(flat.unwrap_err().to_string().contains("above alpha = 2"));
    for (wanted, among) in [
        (Extremum::LargestSlope, Among::All),
        (Extremum::LargestSlope, Among::Kinks(2)),
        (Extremum::SmallestSlope, Among::Kinks(2)),
        (Extremum::SmallestLipschitz, Among::Polynomials(4)),
        (Extremum::SmallestLipschitz, Among::Odd),
        (Extremum::SmallestLipschitz, Among::Kinks(0)),
    ] {
        assert!(matches!(
            extremal(&4.into(), wanted, &among, &Effort::default()),
            Err(Error::Domain(_))
        ));
    }
}

/// One kink is proved, more are better, and none is below the bound for all.
#[test]
fn few_kinks() {
    let lipschitz = |found: &Extremal| found.best[0].lipschitz.as_ref().unwrap().to_f64();
    let one = of(4, Extremum::SmallestLipschitz, &Among::Kinks(1));
    confirmed(&one, 4.0);
    assert!(one.optimal, "{}", one.reason);
    let three = of(4, Extremum::SmallestLipschitz, &Among::Kinks(3));
    confirmed(&three, 4.0);
    let bound = three.bound.as_ref().unwrap().to_f64();
    // sixty slopes that another program made the best of: 1.57494
    assert!(!three.optimal && lipschitz(&three) < lipschitz(&one));
    assert!(
        (1.5749..1.58).contains(&lipschitz(&three)) && (1.4..1.5749).contains(&bound),
        "{bound}"
    );
    // K >= sqrt(B'), with equality for |x - c| alone
    assert!((lipschitz(&one).powi(2) - slope(&one)).abs() < 1e-12);
    assert!(lipschitz(&three).powi(2) > slope(&three));
}

#[test]
fn of_a_family() {
    // s = 0.3276 and 1.3654
    let family = Family::parse("gelu(s*x)").unwrap();
    let among = Among::Family(family, vec![Span::parse("s=0.25..2").unwrap()]);
    let steep = extremal(
        &(11, 5).into(),
        Extremum::LargestSlope,
        &among,
        &Effort::default(),
    );
    let steep = steep.unwrap();
    assert!(steep.optimal && steep.best.len() == 1);
    let other = "centred(gelu(0.327567260391109*x))"
        .parse::<Activation>()
        .unwrap();
    let other = other.classify(&Effort::default()).unwrap().b_prime.unwrap();
    assert!(slope(&steep) > other.to_f64() + 0.01);
    // mirrored ones are equals
    let among = Among::Family(
        Family::parse("tanh(x+b)").unwrap(),
        vec![Span::parse("b=-3..3").unwrap()],
    );
    let found = extremal(
        &2.into(),
        Extremum::SmallestLipschitz,
        &among,
        &Effort::default(),
    )
    .unwrap();
    assert_eq!(found.best.len(), 2);
    // tanh' is at most 1
    for best in &found.best {
        let verdict = Activation::new(&best.activation)
            .unwrap()
            .classify(&Effort::default())
            .unwrap();
        let k = verdict.normalisation.unwrap().to_f64().sqrt();
        assert!((best.lipschitz.as_ref().unwrap().to_f64() / k - 1.0).abs() < 1e-4);
    }
}
