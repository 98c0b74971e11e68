//! LaTeX.

use super::*;

fn formula(text: &str) -> String {
    let expr: Expr = text.parse().unwrap();
    let all = code(&expr, Language::Latex, &Options::default()).unwrap();
    let line = all.lines().find(|line| !line.starts_with('%')).unwrap();
    line.strip_prefix(r"\varphi(x) = ").unwrap().to_owned()
}

#[test]
fn braces_balance_and_nothing_is_left_of_the_grammar() {
    let mut cases = written();
    cases.extend(random(200));
    for case in cases {
        let text = code(&case.expr, Language::Latex, &Options::default()).unwrap();
        let formula: String = text.lines().filter(|line| !line.starts_with('%')).collect();
        let mut depth = 0;
        for c in formula.chars() {
            depth += i32::from(c == '{') - i32::from(c == '}');
            assert!(depth >= 0, "{formula}");
        }
        assert_eq!(depth, 0, "{formula}");
        assert!(
            !formula.contains('*') && !formula.contains('?'),
            "{formula}"
        );
        let count = |word: &str| formula.matches(word).count();
        assert_eq!(count(r"\left"), count(r"\right"), "{formula}");
        assert_eq!(count(r"\begin{cases}"), count(r"\end{cases}"), "{formula}");
        // a digit after a digit would be one number
        let digit = |c: char| c.is_ascii_digit();
        for (at, space) in formula.match_indices(r" \, ") {
            let rest = &formula[at + space.len()..];
            assert!(!rest.starts_with(digit), "{formula}");
        }
    }
}

#[test]
fn formulas_as_they_are_written_by_hand() {
    assert_eq!(formula("x/(1+exp(-x))"), r"\frac{x}{1 + e^{-x}}");
    assert_eq!(formula("(x+1)^2*3"), r"{\left(x + 1\right)}^{2} \cdot 3");
    assert_eq!(formula("-(x-1)"), r"-\left(x - 1\right)");
    assert_eq!(formula("sqrt(2)*abs(x)"), r"\sqrt{2} \, \left|x\right|");
    assert_eq!(
        formula("x < 0 ? -1 : x > 1 ? 1 : x"),
        r"\begin{cases} -1 & \text{if } x < 0, \\ 1 & \text{if } x > 1, \\ x & \text{otherwise} \end{cases}"
    );
    assert_eq!(formula("hermite(9)"), r"h_{9}\left(x\right)");
    let centred = formula("centred(exp(x))");
    assert_eq!(centred, r"e^{x} - \mathbb{E}\left[e^{Z}\right]");
}
