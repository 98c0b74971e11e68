//! Which kernel of the network, and how deep it is: the two words of every question about kernels.

use std::fmt;
use std::str::FromStr;

use super::ntk::DEPTH_MAX;
use crate::error::{Error, Result};
use crate::words::named;

/// Which kernel of the network.
///
/// ```
/// use deeplimit::recursion::Kind;
/// assert_eq!("ntk".parse(), Ok(Kind::Ntk));
/// assert_eq!(Kind::Nngp.to_string(), "nngp");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `S_L`: the covariance of the Gaussian process that the network is at initialisation. (Training the last layer alone.)
    Nngp,
    /// `T_L`: the neural tangent kernel. (Training all that is trained, by gradient descent.)
    Ntk,
}

named!(Kind, "kernel": Ntk = "ntk", Nngp = "nngp");

/// How deep the network is.
///
/// ```
/// use deeplimit::recursion::Depth;
/// assert_eq!("1e3".parse(), Ok(Depth::Layers(1000)));
/// assert_eq!("inf".parse(), Ok(Depth::Infinite));
/// assert_eq!(Depth::Layers(1000).to_string(), "1000");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Depth {
    /// So many hidden layers.
    Layers(u64),
    /// The limit, in the normalisation of its regime.
    Infinite,
}

impl Depth {
    /// # Errors
    /// [`Error::Domain`] for a number of hidden layers beyond [`DEPTH_MAX`].
    pub(crate) fn check(layers: u64) -> Result<()> {
        match layers <= DEPTH_MAX {
            true => Ok(()),
            false => Err(Error::Domain(format!(
                "a depth of {layers}: the number of hidden layers is a whole number from 0 to 10^18"
            ))),
        }
    }

    /// A number of hidden layers, `1e12` and `10^12` included.
    ///
    /// # Errors
    /// [`Error::Domain`] for what is no whole number from 0 to [`DEPTH_MAX`].
    ///
    /// ```
    /// use deeplimit::recursion::Depth;
    /// assert_eq!(Depth::layers("10^12"), Ok(1_000_000_000_000));
    /// assert!(Depth::layers("1.5").is_err());
    /// ```
    pub fn layers(text: &str) -> Result<u64> {
        let trimmed = text.trim();
        let plain = |t: &str| {
            let digits = !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
            t.parse::<u64>().ok().filter(|_| digits)
        };
        let (front, exponent) = match trimmed.split_once(['e', 'E']) {
            Some((front, exponent)) => (plain(front), plain(exponent)),
            None => match trimmed.split_once('^') {
                Some(("10", exponent)) => (Some(1), plain(exponent)),
                Some(_) => (None, None),
                None => (plain(trimmed), Some(0)),
            },
        };
        let power = exponent
            .and_then(|e| u32::try_from(e).ok())
            .and_then(|e| 10u64.checked_pow(e));
        front
            .zip(power)
            .and_then(|(f, p)| f.checked_mul(p))
            .filter(|d| *d <= DEPTH_MAX)
            .ok_or_else(|| {
                Error::Domain(
                    "the depth is a whole number of hidden layers from 0 to 10^18".to_owned(),
                )
            })
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Depth::Layers(l) => l.fmt(f),
            Depth::Infinite => f.pad("inf"),
        }
    }
}

impl FromStr for Depth {
    type Err = Error;

    /// As [`Depth::layers`], or `inf`, `infinite`, `infinity`.
    fn from_str(text: &str) -> Result<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "inf" | "infinite" | "infinity" => Ok(Depth::Infinite),
            _ => Depth::layers(text).map(Depth::Layers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_depth_is_a_whole_number_in_any_hand() {
        for (text, expected) in [
            ("0", 0),
            ("1", 1),
            ("1e12", 1_000_000_000_000),
            ("10^3", 1000),
            ("25E2", 2500),
            ("1000000000000000000", 1_000_000_000_000_000_000),
        ] {
            assert_eq!(Depth::layers(text), Ok(expected), "{text}");
        }
        assert_eq!("Inf".parse(), Ok(Depth::Infinite));
        let huge = format!("1{}", "0".repeat(400));
        for text in [
            "-1", "1.5", "1e19", "1e400", "10^400", &huge, "nan", "", "e3", "1e-3", "+3", "2^3",
        ] {
            let error = Depth::layers(text).unwrap_err().to_string();
            assert!(error.contains("from 0 to 10^18"), "{text}: {error}");
        }
    }
}
