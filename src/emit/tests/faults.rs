//! What is refused, and what the options change.

use super::*;

fn emitted(text: &str, language: Language) -> crate::Result<String> {
    code(&text.parse()?, language, &Options::default())
}

fn named(name: &str, language: Language) -> crate::Result<String> {
    let options = Options {
        name: Some(name.to_owned()),
        ..Options::default()
    };
    code(&Expr::X.clone().pow(Expr::int(3)), language, &options)
}

#[test]
fn names_are_identifiers_that_are_free() {
    for language in [
        Language::Python,
        Language::Torch,
        Language::Jax,
        Language::Rust,
    ] {
        let text = named("cube", language).unwrap();
        assert!(
            text.contains(" cube(") && !text.contains("def phi"),
            "{text}"
        );
        for name in [
            "",
            "1x",
            "a b",
            "f(x)",
            "é",
            "lambda",
            "x",
            "fn",
            "np",
            "_",
            &"a".repeat(61),
        ] {
            let refused = named(name, language).unwrap_err().to_string();
            assert!(refused.contains('`'), "{refused}");
        }
    }
}

#[test]
fn what_has_no_code_is_refused_in_a_sentence() {
    let family = Expr::parse_family("tanh(c*x)").unwrap();
    for language in Language::ALL {
        let refused = code(&family, language, &Options::default()).unwrap_err();
        assert!(
            refused.to_string().starts_with("`c` has no value"),
            "{refused}"
        );
    }
    for text in ["x*sqrt(-1)", "x+1/0", "x*10^400", "log(0)*x", "x+asin(2)"] {
        let refused = emitted(text, Language::Python).unwrap_err().to_string();
        assert!(
            refused.ends_with("is no number that a double could hold"),
            "{refused}"
        );
    }
    assert!("cobol".parse::<Language>().is_err());
    assert!(
        Language::ALL
            .iter()
            .all(|l| l.to_string().parse() == Ok(*l))
    );
}

#[test]
fn decimals_are_the_nearest_doubles() {
    // 1/3 towards zero would end in 3, pi/7 likewise
    let text = emitted("x*(1/3)+pi/7", Language::Jax).unwrap();
    assert!(
        text.contains(&format!("{:?}", std::f64::consts::PI / 7.0)),
        "{text}"
    );
    for digits in ["0.1", "123456789.123456789", "2.5e-5", "9007199254740993.1"] {
        let expected: f64 = digits.parse().unwrap();
        let text = emitted(&format!("x+{digits}"), Language::Rust).unwrap();
        assert!(text.contains(&format!("x + {expected:?}\n")), "{text}");
    }
}

#[test]
fn means_are_numbers_and_a_factor_multiplies() {
    let text = emitted("centred(softplus)", Language::Python).unwrap();
    let softplus: Expr = "softplus".parse().unwrap();
    let mean = crate::quadrature::expect(&softplus, 30, Default::default()).unwrap();
    assert!(text.contains(&format!("- {:?})", mean.to_f64())), "{text}");
    let options = Options {
        factor: Some(0.75),
        facts: vec!["E phi = 0\n\"\"\" import os".to_owned()],
        ..Options::default()
    };
    for language in Language::ALL {
        let text = code(&softplus, language, &options).unwrap();
        assert!(text.contains("0.75"), "{text}");
        // a fact stays in its comment
        let line = text.lines().find(|l| l.contains("import os")).unwrap();
        assert!(
            line.contains("E phi = 0") && !line.contains("\"\"\"") || language == Language::Latex,
            "{text}"
        );
    }
    let refused = |factor| {
        let options = Options {
            factor: Some(factor),
            ..Options::default()
        };
        code(&softplus, Language::Rust, &options).is_err()
    };
    assert!([0.0, f64::NAN, f64::INFINITY].into_iter().all(refused));
}

#[test]
fn a_framework_has_its_own_only_where_it_is_the_same() {
    let torch = |text| emitted(text, Language::Torch).unwrap();
    assert!(torch("gelu").contains("F.gelu(x)"));
    assert!(torch("gelu_tanh").contains(r#"F.gelu(x, approximate="tanh")"#));
    assert!(torch("elu(x, 0.5)").contains("F.elu(x, 0.5)"));
    // F.softplus is the identity from 20 on, and F.softshrink takes no negative threshold
    assert!(!torch("softplus").contains("F.softplus"));
    assert!(!torch("soft_shrink(x, -1)").contains("F.softshrink"));
    let jax = emitted("hard_swish", Language::Jax).unwrap();
    assert!(jax.contains("jax.nn.hard_swish(x)"), "{jax}");
}
