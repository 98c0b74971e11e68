//! The identities on this library, on random activations, and the smallest case of what is wrong.

use std::sync::Arc;
use std::time::Duration;

use deeplimit::Activation;
use deeplimit::activation::Expr;
use deeplimit::deadline::Deadline;
use deeplimit::identity::{
    Candidate, Certified, Examination, Fineness, Numeral, Question, examine, identities, identity,
    random_activation, smaller, usual_activations,
};
use deeplimit::real::Analytic;
use deeplimit::recursion::Pair;

use crate::support::effort;

/// This library, on all that an examination asks of it; what takes longer than a moment is left out.
fn ours(mut examination: Examination, seconds: u64) -> deeplimit::identity::Findings {
    let certified = Arc::new(Certified::new(15, Duration::from_millis(1500)));
    examination.certified = certified.clone();
    examination.identities.retain(|i| !i.reference);
    examination.deadline = Deadline::after(Duration::from_secs(seconds));
    let findings = examine(certified.as_ref(), &examination);
    for failure in &findings.failures {
        println!("{failure}");
    }
    findings
}

#[test]
fn the_library_obeys_every_identity() {
    let findings = ours(Examination::default(), 120);
    assert!(findings.is_clean(), "{} fail", findings.failures.len());
    // each of them says something of one of the usual activations
    let silent: Vec<_> = identities()
        .filter(|i| !i.reference && !findings.by_identity.contains_key(i.name))
        .map(|i| i.name)
        .collect();
    println!(
        "{} hold, {} undecided; silent: {silent:?}",
        findings.held, findings.undecided
    );
    assert!(findings.unfinished || silent.is_empty(), "{silent:?}");
}

#[test]
fn no_false_alarm_on_random_activations() {
    let count = 12 * u64::from(effort());
    let mut examination = Examination::of::<&str>([])
        .unwrap()
        .random(count, 1)
        .at(1, 2);
    examination.shrinking = Duration::ZERO;
    let findings = ours(examination, 60 * u64::from(effort()));
    println!(
        "{count} activations, {} hold, {} undecided",
        findings.held, findings.undecided
    );
    assert!(findings.is_clean(), "{:?}", findings.failures);
    assert!(
        findings.refused.len() < 3 && findings.held > 50,
        "{:?} {}",
        findings.refused,
        findings.held
    );
}

#[test]
fn random_activations_are_activations() {
    let all: Vec<String> = (0..200).map(random_activation).collect();
    let mut distinct = all.clone();
    distinct.sort();
    distinct.dedup();
    assert!(distinct.len() > 150, "{}", distinct.len());
    for text in &all {
        // what is printed is what is read
        assert_eq!(&Expr::parse(text).unwrap().to_string(), text);
    }
    let bad: Vec<_> = all
        .iter()
        .filter(|t| t.parse::<Activation>().is_err())
        .collect();
    assert!(bad.len() < 10, "{bad:?}");
}

/// The right kernels, but for what has a hyperbolic tangent in it and depths from 2 on.
struct Blind(Certified);

impl Candidate for Blind {
    fn precision(&self) -> Fineness {
        Fineness::DOUBLE
    }

    fn kernels(&self, question: &Question) -> Pair<Option<Numeral>> {
        let right = self.0.kernels(question);
        let text = question.activation.typed.to_string();
        let wrong = text.contains("tanh") && question.depth > 1;
        right.map(|x| match x {
            Some(Numeral::Enclosed(b)) if wrong => Some((b.to_f64() * 1.001).into()),
            Some(Numeral::Enclosed(b)) => Some(b.to_f64().into()),
            other => other,
        })
    }
}

#[test]
fn the_smallest_case_is_found() {
    let mut examination = Examination::of(["1.3*tanh(0.5*x+0.25)+sin(2*x)/4"])
        .unwrap()
        .at(2, 3);
    examination
        .identities
        .retain(|i| i.name == "nngp_certified");
    let findings = examine(&Blind(Certified::default()), &examination);
    let [failure] = &findings.failures[..] else {
        panic!("{:?}", findings.failures)
    };
    assert!(
        ["tanh", "tanh(x)"].contains(&failure.activation.as_str()),
        "{failure}"
    );
    assert_eq!(
        (failure.spot.depth, failure.spot.rho),
        (2, 0.5),
        "{failure}"
    );
    let sentence = failure.to_string();
    assert!(
        sentence.contains("units in the last place") && sentence.contains("L = 2"),
        "{sentence}"
    );
}

#[test]
fn what_is_smaller_is_smaller() {
    for text in usual_activations() {
        let expr = Expr::parse(text).unwrap();
        for e in smaller(&expr) {
            assert!(e.size() <= expr.size() && e != expr, "{text}: {e}");
        }
    }
}

/// Single precision: what is right in it is not accused, and what is lost near 1 is found.
struct Single {
    careful: bool,
}

impl Candidate for Single {
    fn precision(&self) -> Fineness {
        Fineness::SINGLE
    }

    fn dual(&self, phi: &Activation, rho: f64) -> Option<Numeral> {
        let r = rho as f32;
        let root = ((1.0 - r) * (1.0 + r)).sqrt();
        let pi = std::f32::consts::PI;
        let dual = match self.careful {
            true => (root + r * (pi - root.atan2(r))) / pi,
            false => ((1.0 - r * r + 1e-5).sqrt() + r * (pi - r.acos())) / pi,
        };
        (phi.typed.to_string() == "relu").then(|| dual.into())
    }
}

#[test]
fn single_precision_is_judged_by_its_own_units() {
    let examination = Examination::of(["relu"]).unwrap();
    let careful = examine(&Single { careful: true }, &examination);
    assert!(
        careful.is_clean() && careful.held > 20,
        "{:?}",
        careful.failures
    );
    let careless = examine(&Single { careful: false }, &examination);
    let names: Vec<_> = careless.failures.iter().map(|f| f.identity.name).collect();
    assert!(names.contains(&"dual_near_one"), "{names:?}");
}

/// The table that is kept beside other people's tests says what the closed form says.
#[test]
fn reference_values_are_closed_forms() {
    use deeplimit::identity::table::reference_rows_of;
    use deeplimit::real::Ball;
    let rows = reference_rows_of(&["erf"], &Certified::default());
    assert!(rows.len() > 50, "{}", rows.len());
    let unit = |r: &&deeplimit::identity::ReferenceRow| r.depth == 1 && r.sigma == (1.0, 0.0);
    for row in rows.iter().filter(unit) {
        let third = Ball::rational(&(2, 3).into(), 128);
        let rho = Ball::rational(&rug::Rational::from_f64(row.rho).unwrap(), 128);
        let closed = &(&third * &rho).asin() / &third.asin();
        assert!(
            row.kernels.nngp.as_ref().unwrap().overlaps(&closed),
            "{row:?}"
        );
    }
    assert!(identity("nngp_certified").is_some_and(|i| i.reference));
}
