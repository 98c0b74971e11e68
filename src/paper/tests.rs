use rug::{Float, Rational};

use super::experiment::tally;
use super::*;
use crate::activation::Expr;
use crate::classifier::certain::{AtAnyPrecision, Deep};
use crate::kernel::{Depth, Kind};
use crate::real::{Quantity, Value};
use crate::recursion::Correlation;

fn claim(quantity: &str, parameters: &[(&str, Parameter)], expected: Expected) -> Claim {
    Claim {
        key: "k".into(),
        statement: String::new(),
        source: String::new(),
        quantity: quantity.into(),
        parameters: parameters
            .iter()
            .map(|(n, p)| ((*n).to_owned(), p.clone()))
            .collect(),
        expected,
        origin: String::new(),
        effort: 1,
    }
}

fn text(t: &str) -> Parameter {
    Parameter::Text(t.into())
}

fn number(x: f64, radius: f64) -> Measured {
    Measured::Number(Quantity {
        value: Value::Finite {
            midpoint: Float::with_val(53, x),
            radius: Float::with_val(53, radius),
        },
        exact: None,
    })
}

#[test]
fn exact_numbers() {
    for (text, p, q) in [
        ("3", 3, 1),
        ("-0.25", -1, 4),
        ("1e-3", 1, 1000),
        ("2/-6", -1, 3),
        ("+1.50E2", 150, 1),
    ] {
        assert_eq!(
            Parameters::exact(text).unwrap(),
            Rational::from((p, q)),
            "{text}"
        );
    }
    for bad in [
        "", ".", "1/0", "x", "1.-5", "1e99999", "0x10", "--1", "nan", "1 2",
    ] {
        assert!(Parameters::exact(bad).is_err(), "{bad}");
    }
}

/// The error of a measured number counts against it.
#[test]
fn a_verdict_is_certain_or_none() {
    let near = |t: (i32, u32)| Expected::Near {
        value: Rational::from((1, 2)),
        tolerance: Rational::from(t),
    };
    let half = Rational::from((1, 2));
    for (expected, x, radius, verdict) in [
        (near((1, 10)), 0.55, 0.01, Verdict::Agrees),
        (near((1, 10)), 0.65, 0.01, Verdict::Differs),
        (near((1, 10)), 0.595, 0.01, Verdict::NotAttempted),
        (near((0, 1)), 0.5, 0.0, Verdict::Agrees),
        (near((0, 1)), 0.5, 1e-30, Verdict::NotAttempted),
        (Expected::AtMost(half.clone()), 0.4, 0.05, Verdict::Agrees),
        (Expected::AtMost(half.clone()), 0.6, 0.05, Verdict::Differs),
        (
            Expected::AtLeast(half.clone()),
            0.45,
            0.1,
            Verdict::NotAttempted,
        ),
        (Expected::AtLeast(half), 0.45, 0.01, Verdict::Differs),
    ] {
        let c = claim("koenigs", &[], expected.clone());
        assert_eq!(
            c.verdict(&number(x, radius)),
            verdict,
            "{expected:?} {x} {radius}"
        );
    }
    let infinite = Measured::Number(Quantity::infinite());
    let most = |x| claim("constant", &[], Expected::AtMost(Rational::from(x)));
    assert_eq!(most(3).verdict(&infinite), Verdict::Differs);
}

#[test]
fn a_bad_claim_is_one_sentence() {
    let word = || Expected::Word("singular".into());
    let sentence = |c: Claim| c.validate().unwrap_err().to_string();
    assert_eq!(
        sentence(claim("regimes", &[], word())),
        "there is no quantity `regimes`; did you mean `regime`?"
    );
    assert_eq!(
        sentence(claim("regime", &[], word())),
        "the quantity `regime` needs the parameter `activation`"
    );
    assert_eq!(
        sentence(claim(
            "regime",
            &[("activation", text("erf")), ("depth", text("3"))],
            word()
        )),
        "the quantity `regime` has no parameter `depth`; it takes activation"
    );
    let at_most = Expected::AtMost(Rational::from(1));
    assert_eq!(
        sentence(claim("regime", &[("activation", text("erf"))], at_most)),
        "the quantity `regime` is a word"
    );
}

#[test]
fn too_much_effort_and_errors_are_not_attempted_and_say_why() {
    let lab = Laboratory::new(1);
    let mut c = claim(
        "regime",
        &[("activation", text("erf"))],
        Expected::Word("singular".into()),
    );
    assert_eq!(lab.check(&c).verdict, Verdict::Agrees);
    c.expected = Expected::Word("ordered".into());
    assert_eq!(lab.check(&c).verdict, Verdict::Differs);
    c.effort = 3;
    let found = lab.check(&c);
    assert_eq!(found.wanted, Some(Wanted::Effort(3)));
    assert_eq!(
        (found.verdict, found.notes),
        (Verdict::NotAttempted, vec!["takes effort 3".to_owned()])
    );
    let bad = claim(
        "regime",
        &[("activation", text("erg"))],
        Expected::Word("singular".into()),
    );
    assert!(
        lab.check(&bad).notes[0].contains("unknown name"),
        "{:?}",
        lab.check(&bad)
    );
}

/// The same seed, the same data; another rule written down independently gives the same labels.
#[test]
fn the_experiment_is_reproducible_and_its_smoother_is_a_sum_over_the_data() {
    let lab = Laboratory::new(1);
    let a = tally(&lab, 2, 60, 80, 2, "power 2").unwrap();
    let again = tally(&Laboratory::new(1), 2, 60, 80, 2, "power 2").unwrap();
    assert_eq!(a.labels, again.labels);
    let steep = tally(&lab, 2, 60, 80, 2, "power 900").unwrap();
    let nearest = tally(&lab, 2, 60, 80, 2, "nearest").unwrap();
    assert_eq!(steep.labels, nearest.labels);
    let flat = tally(&lab, 2, 60, 80, 2, "power 0").unwrap();
    let majority = tally(&lab, 2, 60, 80, 2, "majority").unwrap();
    assert_eq!(flat.labels, majority.labels);
    let bayes = tally(&lab, 2, 60, 80, 2, "bayes").unwrap();
    assert!(bayes.accuracy().0 > majority.accuracy().0);
    let (lead, error) = bayes.lead(&majority);
    assert!((lead - (bayes.accuracy().0 - majority.accuracy().0)).abs() < 1e-12 && error > 0.0);
    assert!(Competitor::parse("powr 2").is_err() && Competitor::parse("ntk x relu").is_err());
    assert!(Repetition::new(3, 10, 10, 1).is_err());
}

/// Only a singular activation has a limit that is a smoother.
#[test]
fn the_limit_rule_wants_a_singular_activation() {
    let lab = Laboratory::new(1);
    for phi in ["relu", "x^2-1", "exp(x/2)"] {
        let refused = tally(&lab, 1, 20, 5, 1, &format!("limit {phi}")).unwrap_err();
        assert!(
            refused.to_string().contains("not in the singular regime"),
            "{refused}"
        );
    }
}

/// `T_emp/T_L - 1` of networks of width 512 is of the order of `512^-1/2`.
#[test]
fn wide_networks_are_near_their_limit() {
    let lab = Laboratory::new(1);
    let parameters = [
        ("activation", text("relu")),
        ("rho", text("3/5")),
        ("depth", Parameter::Integer(1)),
        ("width", Parameter::Integer(512)),
        ("seeds", Parameter::Integer(20)),
    ];
    // four deviations
    let most = Expected::AtMost(Rational::from((4, 22)));
    let found = lab.check(&claim("empirical_ntk", &parameters, most));
    assert_eq!(found.verdict, Verdict::Agrees, "{:?}", found.notes);
}

/// Kernel regression in the experiment is the rule of the sum once the matrix is diagonal, and not before.
#[test]
fn deep_regression_is_a_sum_over_the_data() {
    let lab = Laboratory::new(1);
    let of = |rule: &str| tally(&lab, 4, 80, 100, 2, rule).unwrap().labels.clone();
    assert_eq!(of("regression 60 optimal(4)"), of("ntk 60 optimal(4)"));
    assert_ne!(of("regression 3 optimal(4)"), of("ntk 3 optimal(4)"));
    // 80 points of an arc under one layer of a polynomial of degree 3: rank 7 in doubles
    let refused = tally(&lab, 1, 80, 10, 1, "regression 1 optimal(2)").unwrap_err();
    assert!(
        refused.to_string().contains("doubles do not decide"),
        "{refused}"
    );
}

/// What points weigh by a compiled kernel against the kernel at any precision.
#[test]
fn deep_weights_are_the_kernels() {
    let lab = Laboratory::new(1);
    for (phi, depth) in [("optimal(1)", 100), ("optimal(4)", 1_000_000), ("erf", 50)] {
        let expr = Expr::parse(phi).unwrap();
        let table = lab.kernel(&expr, Depth::Layers(depth), Kind::Ntk).unwrap();
        let deep = Deep::new(expr, depth, Kind::Ntk).unwrap();
        let kernel = deep.kernel::<f64>(53).unwrap();
        for i in 1..60 {
            let t = (-f64::from(i) * 0.61).exp();
            let direct = kernel(&Correlation::gap_of(t)).unwrap().ln();
            // doubles walk at most 2000 layers, a rounding each
            let off = (table.logarithm_at_gap(t).1 + table.log_scale() - direct).abs();
            assert!(
                off < 1e-11 * (1.0 + direct.abs()),
                "{phi} {depth} {t:e}: {off:e}"
            );
        }
    }
}

/// Every figure can be made, every curve has finite points, and names are distinct.
#[test]
fn cheap_figures_are_complete() {
    let lab = Laboratory::new(1);
    for name in figures::names() {
        if name.starts_with("accuracy") || name.starts_with("depth") {
            continue;
        }
        let f = figures::figure(&lab, name, 1).unwrap();
        assert_eq!(f.name, name);
        for figure in &f.panels {
            let whole = |(x, y): &(f64, f64)| x.is_finite() && y.is_finite();
            for s in &figure.series {
                assert!(
                    !s.points.is_empty() && s.points.iter().all(whole),
                    "{name} {}",
                    s.name
                );
            }
        }
        assert!(f.svg().len() > 1000, "{name}");
    }
    assert!(figures::figure(&lab, "nothing", 1).is_err());
}

/// What the guide lists is what there is.
#[test]
fn the_guide_lists_every_quantity() {
    let guide = include_str!("../../papers/README.md");
    let rows = guide.lines().filter(|l| l.starts_with("| `")).count();
    assert_eq!(rows, measures().len());
    for m in measures() {
        let row = guide
            .lines()
            .find(|l| l.starts_with(&format!("| `{}` |", m.name)));
        let row = row.unwrap_or_else(|| panic!("{} is missing", m.name));
        for parameter in m.all() {
            assert!(
                row.contains(&format!("`{parameter}`")),
                "{}: {parameter}",
                m.name
            );
        }
    }
}
