//! All identities.

use super::law::Identity;
use super::{covariances, depths, duals, layers, networks, slopes, spectra};

/// All identities, in the order of the mathematics.
///
/// ```
/// use deeplimit::identity::identities;
/// assert!(identities().count() >= 100);
/// for identity in identities() {
///     assert!(!identity.statement.is_empty() && !identity.source.is_empty());
/// }
/// ```
pub fn identities() -> impl Iterator<Item = &'static Identity> {
    let rooms: [&'static [Identity]; 7] = [
        duals::LAWS,
        slopes::LAWS,
        spectra::LAWS,
        covariances::LAWS,
        layers::LAWS,
        networks::LAWS,
        depths::LAWS,
    ];
    rooms.into_iter().flatten()
}

/// The identity of this name.
pub fn identity(name: &str) -> Option<&'static Identity> {
    identities().find(|i| i.name == name)
}
