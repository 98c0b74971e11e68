//! LaTeX, and what is refused.

use super::*;

fn latex(text: &str) -> String {
    let expr = Expr::parse(text).unwrap();
    let code = code(&expr, Language::Latex, &Options::default()).unwrap();
    code.lines().last().unwrap().to_owned()
}

#[test]
fn formulas_are_well_formed() {
    let mut cases = written();
    cases.extend(random(100));
    for case in cases {
        let text = code(&case.expr, Language::Latex, &Options::default()).unwrap();
        let formula = text.lines().last().unwrap();
        assert!(!formula.contains('*'), "{formula}");
        let mut open = 0;
        for c in formula.chars() {
            open += i32::from(c == '{') - i32::from(c == '}');
            assert!(open >= 0, "{formula}");
        }
        assert_eq!(open, 0, "{formula}");
        let count = |word: &str| formula.matches(word).count();
        assert_eq!(count(r"\left"), count(r"\right"), "{formula}");
        assert_eq!(count(r"\begin{cases}"), count(r"\end{cases}"), "{formula}");
        assert!(
            !formula.contains("--") && !formula.contains("+ -"),
            "{formula}"
        );
    }
}

#[test]
fn formulas_are_what_a_mathematician_writes() {
    for (text, formula) in [
        ("relu", r"\varphi(x) = \max\left(x, 0\right)"),
        (
            "elu",
            r"\varphi(x) = \begin{cases} x & \text{if } x > 0, \\ e^{x} - 1 & \text{otherwise} \end{cases}",
        ),
        ("-(x+1)*2", r"\varphi(x) = -\left(x + 1\right) \cdot 2"),
        (
            "(x+1)^2/3",
            r"\varphi(x) = \frac{{\left(x + 1\right)}^{2}}{3}",
        ),
        (
            "softplus-mean(softplus)",
            r"\varphi(x) = \log\left(1 + e^{x}\right) - \mathbb{E}\left[\log\left(1 + e^{Z}\right)\right]",
        ),
    ] {
        assert_eq!(latex(text), formula);
    }
}

#[test]
fn what_has_no_code_is_refused_in_a_sentence() {
    let refused = |text: &str, options: Options| {
        let expr = Expr::parse_family(text).unwrap();
        code(&expr, Language::Python, &options)
            .unwrap_err()
            .to_string()
    };
    assert!(refused("max(x-c, 0)", Options::default()).contains("`c` has no value"));
    for text in ["1e400*x", "x+1/0", "x*log(-1)"] {
        let said = refused(text, Options::default());
        assert!(
            said.ends_with("is no number that a double could hold"),
            "{said}"
        );
    }
    let expr: Expr = "x^2 < -1 ? log(x) : x".parse().unwrap();
    let nowhere = code(&expr, Language::Torch, &Options::default()).unwrap_err();
    assert!(
        nowhere
            .to_string()
            .starts_with("no x was found at which x^2 < -1"),
        "{nowhere}"
    );
}

#[test]
fn names_are_identifiers_of_their_own() {
    let named = |name: &str, language| {
        let options = Options {
            name: Some(name.to_owned()),
            ..Options::default()
        };
        code(&Expr::X, language, &options)
    };
    for bad in [
        "",
        "1a",
        "a b",
        "_a",
        "a-b",
        "fun\u{e9}",
        "lambda",
        "np",
        "fn",
        &"a".repeat(61),
    ] {
        assert!(named(bad, Language::Python).is_err(), "{bad}");
    }
    assert!(
        named("my_phi", Language::Python)
            .unwrap()
            .contains("def dmy_phi(x):")
    );
    assert!(
        named("MyPhi", Language::Torch)
            .unwrap()
            .contains("class MyPhi(nn.Module):")
    );
}

#[test]
fn means_are_numbers_and_factors_are_kept() {
    let expr: Expr = "centred(relu)".parse().unwrap();
    let options = Options {
        factor: Some(1.25),
        facts: vec!["he said \"\"\" and \\".to_owned()],
        ..Options::default()
    };
    let text = code(&expr, Language::Python, &options).unwrap();
    // 1/sqrt(2 pi)
    assert!(
        text.contains("1.25 * (np.maximum(x, 0.0) - 0.3989422804014327)"),
        "{text}"
    );
    assert!(text.contains("he said ''' and '"), "{text}");
}

#[test]
fn constants_are_rounded_to_nearest() {
    for (text, nearest) in [
        ("0.1", 0.1),
        ("1/3", 1.0 / 3.0),
        ("2/3", 2.0 / 3.0),
        ("pi", std::f64::consts::PI),
    ] {
        let expr: Expr = text.parse().unwrap();
        assert_eq!(super::super::constant::value(&expr), Ok(nearest), "{text}");
    }
    let zero: Expr = "sqrt(2)^2-2".parse().unwrap();
    assert_eq!(super::super::constant::value(&zero), Ok(0.0));
}
