//! Known roots, counts of roots, ends.

use super::*;
use crate::real::Real;

fn all(family: &str, span: &str, alpha: &str, digits: usize) -> Members {
    let alpha = Expr::parse(alpha)
        .unwrap()
        .simplify()
        .as_rational()
        .unwrap();
    let family = Family::parse(family).unwrap();
    family
        .with_alpha(
            &alpha,
            &[Span::parse(span).unwrap()],
            &Effort::digits(digits),
        )
        .unwrap()
}

fn roots(family: &str, span: &str, alpha: &str, digits: usize) -> Vec<String> {
    let found = all(family, span, alpha, digits);
    assert!(found.complete(), "{family} {alpha}: {:?}", found.open);
    for member in &found.members {
        let alpha = Expr::parse(alpha)
            .unwrap()
            .simplify()
            .as_rational()
            .unwrap();
        let off = member.alpha.ball().unwrap() - Ball::rational(&alpha, 200);
        assert!(off.magnitude() < 1e-10, "{family}: {:?}", member.alpha);
    }
    found
        .members
        .iter()
        .map(|m| m.values.last().unwrap().1.digits(digits))
        .collect()
}

#[test]
fn shifted_relu() {
    let of = |alpha| roots("max(x-c,0)", "c=-1..3", alpha, 20);
    assert_eq!(of("2"), ["0.54508526277301386089"]);
    assert_eq!(of("4"), ["2.3873930112146595570"]);
}

#[test]
fn sine_and_exponential() {
    assert_eq!(
        roots("sin(sqrt(t)*x)", "t=0.5..20", "4", 30),
        ["6.13539303589720272866106483395"]
    );
    assert_eq!(
        roots("exp(sqrt(t)*x)", "t=0.5..6", "4", 22),
        ["4.622335815969886219719"]
    );
}

/// d = 3, 8, 9, 16 by closed forms: with the dual `sinh(t rho)/sinh(t)`, `(e^(t rho) - 1)/(e^t - 1)`, and Gaussian tails of a
/// kink. The closed form has the exponent at the digits that were found, on either side of the last of them.
#[test]
fn other_dimensions() {
    let bits = 160;
    let one = Ball::int(1, bits);
    let alpha_of = |p: Ball, slope: Ball| -(p.ln() / slope.ln()).scale2(1);
    let sine = |t: &Ball| alpha_of(t / &t.sinh(), t * &t.cosh() / t.sinh());
    let exponential = |t: &Ball| {
        let norm = t.exp() - &one;
        alpha_of(t / &norm, t * &t.exp() / &norm)
    };
    let kink = |c: &Ball| {
        let density =
            (c.square().scale2(-1) * Ball::int(-1, bits)).exp() / Ball::pi(bits).scale2(1).sqrt();
        let tail = (c / &Ball::int(2, bits).sqrt()).erfc().scale2(-1);
        let mean = &density - &(c * &tail);
        let variance = (&one + c.square()) * &tail - c * &density - mean.square();
        alpha_of(tail.square() / &variance, &tail / &variance)
    };
    type Closed<'a> = &'a dyn Fn(&Ball) -> Ball;
    let families: [(&str, [&str; 4], Closed); 3] = [
        (
            "sin(sqrt(t)*x)",
            ["t=2..8", "t=9..16", "t=12..20", "t=28..36"],
            &sine,
        ),
        (
            "exp(sqrt(t)*x)",
            ["t=2..4", "t=12..14", "t=14..16", "t=30..32"],
            &exponential,
        ),
        ("max(x-c,0)", ["c=-1..3"; 4], &kink),
    ];
    for (family, spans, closed) in families {
        // all four where a root is quickly found
        let all = family.starts_with("sin");
        for (d, span) in [3, 8, 9, 16].into_iter().zip(spans).skip(usize::from(!all)) {
            if !all && d == 9 {
                continue;
            }
            let span = if family.starts_with("max") && d > 3 {
                "c=2..9"
            } else {
                span
            };
            let found = roots(family, span, &d.to_string(), 20);
            let [root] = found.as_slice() else {
                panic!("{family} {d}: {found:?}")
            };
            let root = Ball::rational(
                &Expr::parse(root).unwrap().simplify().as_rational().unwrap(),
                bits,
            );
            let step = &root * &Ball::rational(&(1, 10_i64.pow(18)).into(), bits).scale2(-4);
            let side = |x: Ball| (closed(&x) - Ball::int(d, bits)).sign();
            assert_eq!(side(&root - &step), Some(Ordering::Less), "{family} {d}");
            assert_eq!(side(&root + &step), Some(Ordering::Greater), "{family} {d}");
        }
    }
    // of gelu(s x) none has them
    for d in ["3", "16"] {
        let found = all("gelu(s*x)", "s=0.5..3", d, 15);
        assert!(found.complete() && found.members.is_empty());
        assert_eq!(found.side, Some(Ordering::Less), "{d}");
    }
}

#[test]
fn gelu_has_one_two_or_no_solution() {
    let of = |alpha| roots("gelu(s*x)", "s=0.25..4", alpha, 18);
    assert_eq!(of("2"), ["1.93833459631882683"]);
    assert_eq!(of("2.2").len(), 2);
    assert_eq!(of("2.5").len(), 0);
}

#[test]
fn mirrored_pairs() {
    let pair = roots("tanh(x+b)", "b=-3..3", "2", 15);
    assert_eq!(pair.len(), 2);
    assert_eq!(pair[0], format!("-{}", pair[1]));
}

#[test]
fn weights_are_letters_too() {
    // x^2 + c x: p_1 = c^2/(c^2+2), p_1 (2 - p_1)^2 = 1 at the golden ratio: p_1 = (3 - sqrt 5)/2, c^2 = 2 p/(1-p)
    let c = (2.0f64 * 0.3819660112501051 / (1.0 - 0.3819660112501051)).sqrt();
    let found = roots("x^2+c*x", "c=0.1..5", "4", 16);
    assert_eq!(found.len(), 1);
    assert!((found[0].parse::<f64>().unwrap() - c).abs() < 1e-14);
}

/// Where members become constant: alpha < 1 for tanh(c x), c > 0, and the limit 1 is not attained; sin(c x) is on the other side.
#[test]
fn an_end_where_the_members_become_constant() {
    for (family, alpha, word) in [
        ("tanh(c*x)", "1", "less"),
        ("erf(c*x)", "1", "less"),
        ("sin(c*x)", "1", "greater"),
        ("tanh(c*x)", "2", "less"),
    ] {
        let found = all(family, "c=0..3", alpha, 15);
        assert!(
            found.complete() && found.members.is_empty(),
            "{family}: {:?}",
            found.open
        );
        assert!(found.remarks[0].contains(word), "{:?}", found.remarks);
    }
    // through zero: tanh(-c x) = -tanh(c x)
    let found = all("tanh(c*x)", "c=-2..7", "1/2", 15);
    assert_eq!(found.members.len(), 1);
    let found = all("gelu(s*x)", "s=0..3", "2", 15);
    assert!(found.complete(), "{:?}", found.open);
    assert_eq!(found.members.len(), 1);
}

/// Monotone and bounded: alpha falls to zero as the scale grows, so boxes need no end there. With the sign turned, too.
#[test]
fn an_end_beyond_all_bounds() {
    for (family, span) in [
        ("tanh(c*x)", "c=0..inf"),
        ("erf(c*x)", "c=0..inf"),
        ("1-2*sigmoid(1-c*x)", "c=9..inf"),
        ("clip(sqrt(c)*x,-1,1)", "c=1..inf"),
        ("tanh(c^3*x+1/2)", "c=-inf..-3/2"),
    ] {
        let found = all(family, span, "1", 15);
        assert!(
            found.complete() && found.members.is_empty(),
            "{family}: {:?}",
            found.open
        );
        assert_eq!(found.side, Some(Ordering::Less), "{family}");
        let said = found.remarks.concat();
        assert!(said.contains("infinity, alpha tends to 0"), "{said}");
    }
    // what is less there is found where it is not
    assert_eq!(roots("tanh(c*x)", "c=-inf..-1", "3/4", 15).len(), 1);
}

/// A factor changes no exponent, however large or small.
#[test]
fn factors_are_nothing() {
    let plain = roots("max(x-c,0)", "c=-1..3", "2", 15);
    for factor in ["-1e200/3", "pi*1e-90"] {
        assert_eq!(
            roots(&format!("{factor}*max(x-c,0)"), "c=-1..3", "2", 15),
            plain
        );
    }
    assert_eq!(
        roots("1e-200*x^2+c*1e-200*x", "c=0.1..5", "4", 12),
        roots("x^2+c*x", "c=0.1..5", "4", 12)
    );
}

#[test]
fn refusals() {
    let one = |text: &str, span: &str, alpha: i32| {
        Family::parse(text)
            .and_then(|f| f.with_alpha(&alpha.into(), &[Span::parse(span)?], &Effort::default()))
            .unwrap_err()
            .to_string()
    };
    assert!(one("max(x,0)", "c=0..1", 2).contains("no free letter"));
    assert!(one("max(x-c,0)", "c=0..inf", 2).contains("no end"));
    assert!(one("sin(c*x)", "c=0..inf", 2).contains("no end"));
    assert!(one("max(x-c,0)", "c=inf..2", 2).contains("-inf before"));
    assert!(one("max(x-c,0)", "c=0..", 2).contains("write inf"));
    assert!(one("max(x-c,0)", "b=0..1", 2).contains("there is no `b`"));
    assert!(one("max(x-c,0)", "c=1..0", 2).contains("less than"));
    assert!(one("max(x-c,0)", "c=0..1", 0).contains("greater than zero"));
    assert!(one("step(x-c)", "c=0..1", 2).contains("jumps"));
    assert!(one("tanh(x+c*x^2)", "c=0..1", 2).contains("letters"));
}
