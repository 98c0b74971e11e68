//! Ten lines make a test of a kernel: what it has, and the macro.

use another_crate::{kernels, relu, wrong_kernels};
use deeplimit::Activation;
use deeplimit::identity::{Candidate, Examination, Numeral, Question, examine};
use deeplimit::recursion::Pair;

struct Mine(fn(f64, u64) -> (f64, f64));

/// It has the kernels of this activation alone, and the identities ask about others too.
fn known(phi: &Activation) -> bool {
    phi.typed.to_string() == "relu"
}

#[rustfmt::skip]
impl Candidate for Mine {
    fn dual(&self, phi: &Activation, rho: f64) -> Option<Numeral> { known(phi).then(|| relu(rho).0.into()) }
    fn slope(&self, phi: &Activation, rho: f64) -> Option<Numeral> { known(phi).then(|| relu(rho).1.into()) }
    fn kernels(&self, x: &Question) -> Pair<Option<Numeral>> {
        let found = (known(x.activation) && x.weight().is_none()).then(|| (self.0)(x.rho, x.depth));
        Pair { nngp: found.map(|f| f.0.into()), ntk: found.map(|f| f.1.into()) }
    }
}

deeplimit::identity_tests!(right, Mine(kernels), ["relu"]);

#[test]
fn the_wrong_one_is_found_and_named() {
    let findings = examine(&Mine(wrong_kernels), &Examination::of(["relu"]).unwrap());
    let names: Vec<_> = findings.failures.iter().map(|f| f.identity.name).collect();
    assert!(names.contains(&"ntk_on_the_diagonal"), "{names:?}");
    assert!(
        names
            .iter()
            .all(|n| !n.starts_with("dual") && !n.starts_with("slope")),
        "{names:?}"
    );
    let first = &findings.failures[0];
    assert!(first.ulps > 1e9 && first.activation == "relu", "{first}");
}
