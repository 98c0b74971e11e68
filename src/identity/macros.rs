//! The catalogue as tests of another crate.

use super::candidate::Candidate;
use super::law::{Identity, Object};
use super::run::{Examination, examine};
use crate::error::Result;

/// Makes a module of tests, one for each kind of object, that examine a [`Candidate`] by all identities that it has the objects
/// for; on these activations, and, with a number behind them, on so many random ones too.
///
/// ```
/// use deeplimit::identity::Certified;
///
/// deeplimit::identity_tests!(ours, Certified::default(), ["relu", "erf"]);
/// deeplimit::identity_tests!(ours_on_random_ones, Certified::default(), ["relu"], 20);
/// ```
///
/// A test that fails says which identity, where, by how many units in the last place, and what that usually comes from.
#[macro_export]
macro_rules! identity_tests {
    ($name:ident, $candidate:expr, [$($activation:expr),* $(,)?]) => {
        $crate::identity_tests!($name, $candidate, [$($activation),*], 0);
    };
    ($name:ident, $candidate:expr, [$($activation:expr),* $(,)?], $random:expr) => {
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            fn examined(object: $crate::identity::Object) {
                let candidate = $candidate;
                match $crate::identity::complaint(&candidate, &[$($activation),*], $random, object) {
                    Ok(None) => {}
                    Ok(Some(text)) => panic!("{text}"),
                    Err(error) => panic!("{error}"),
                }
            }

            #[test]
            fn duals() {
                examined($crate::identity::Object::Dual);
            }

            #[test]
            fn slopes() {
                examined($crate::identity::Object::Slope);
            }

            #[test]
            fn covariances() {
                examined($crate::identity::Object::Covariance);
            }

            #[test]
            fn coefficients() {
                examined($crate::identity::Object::Coefficient);
            }

            #[test]
            fn nngps() {
                examined($crate::identity::Object::Nngp);
            }

            #[test]
            fn ntks() {
                examined($crate::identity::Object::Ntk);
            }

            #[test]
            fn limits() {
                examined($crate::identity::Object::Limit);
            }
        }
    };
}

/// What is wrong with a candidate, by the identities that are about this object first of all: a sentence for each that fails, or
/// nothing. On these activations, and on so many random ones.
///
/// # Errors
/// Those of the text of an activation.
pub fn complaint(
    candidate: &dyn Candidate,
    activations: &[&str],
    random: u64,
    object: Object,
) -> Result<Option<String>> {
    let mut examination = Examination::of(activations)?.random(random, 0);
    let about = |i: &&'static Identity| i.needs.first() == Some(&object);
    examination.identities.retain(about);
    let findings = examine(candidate, &examination);
    let sentences: Vec<String> = findings.failures.iter().map(ToString::to_string).collect();
    Ok((!sentences.is_empty()).then(|| sentences.join("\n")))
}
