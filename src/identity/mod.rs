//! Identities: what every dual, recursion and limit obeys, as data, and an engine that asks whether a kernel does; ours or
//! anybody's.
//!
//! * [`law`]: an identity: a name, a formula, a source, where it holds, what it needs, how it is checked.
//! * [`candidate`]: a kernel that is examined: whatever it has, in single or double precision or in balls.
//! * [`certified`]: this library as a candidate, and as the reference.
//! * [`exam`]: one candidate and one activation: answers become balls.
//! * [`duals`], [`slopes`], [`spectra`], [`covariances`], [`layers`], [`networks`], [`depths`]: the laws.
//! * [`catalogue`](mod@catalogue): all of them.
//! * [`activations`]: activations to examine on, known and random ones, and smaller ones.
//! * [`run`](mod@run): the examination, the report, the smallest failing case.
//! * [`cause`]: what such a failure usually comes from.
//! * [`macros`]: the catalogue as tests of another crate.
//! * [`table`]: certified values to keep beside a test.
//!
//! An answer of a candidate is a ball: as wide as the candidate's arithmetic makes it (so many units in the last place of the
//! size of the kernel, times what the recursion does to an error in `rho`), so nothing is compared with a tolerance. An identity
//! fails where two balls that must overlap do not, or where one that must not be above another certainly is. What is not decided
//! is no failure.

pub mod activations;
pub mod candidate;
pub mod catalogue;
pub mod cause;
pub mod certified;
mod covariances;
mod depths;
mod duals;
pub mod exam;
pub mod law;
mod layers;
mod macros;
mod networks;
pub mod run;
mod slopes;
mod spectra;
pub mod table;

pub use activations::{random_activation, smaller, usual_activations};
pub use candidate::{Candidate, Fineness, Numeral, Question};
pub use catalogue::{identities, identity};
pub use certified::Certified;
pub use exam::{Exam, Spot};
pub use law::{Comparison, Domain, Identity, Object, Sense};
pub use macros::complaint;
pub use run::{Examination, Failure, Findings, examine};
pub use table::{ReferenceRow, reference_activations, reference_rows_of};

#[cfg(test)]
mod tests;
