//! Where compiled kernels are kept between two runs: `$XDG_CACHE_HOME/deeplimit`, or `~/.cache/deeplimit`.

use std::env::var_os;
use std::path::PathBuf;

use deeplimit::store::Records;

/// The records, unless they are not wanted or there is no place for them. A program that was built for debugging keeps none without
/// `XDG_CACHE_HOME`: it changes without changing its version.
pub fn records(unwanted: bool) -> Option<Records> {
    let folder = |name| var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let own = || {
        let home = folder("HOME").filter(|_| !cfg!(debug_assertions))?;
        Some(home.join(".cache"))
    };
    let base = folder("XDG_CACHE_HOME")
        .filter(|p| p.is_absolute())
        .or_else(own)?;
    (!unwanted).then(|| Records::within(base.join("deeplimit")))
}
