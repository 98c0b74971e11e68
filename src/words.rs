//! Words for the members of an enum: what is typed becomes a member, and what is printed is what may be typed.

use crate::error::Error;

/// `ALL`, `name`, `Display` and `FromStr` of an enum without data. The words stand in the order in which they are offered.
macro_rules! named {
    ($type:ident, $what:literal: $($member:ident = $name:literal),+ $(,)?) => {
        impl $type {
            /// All of them.
            pub const ALL: [$type; [$($name),+].len()] = [$($type::$member),+];

            /// The name, as it is typed.
            pub fn name(self) -> &'static str {
                match self {
                    $($type::$member => $name),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::error::Error;

            fn from_str(text: &str) -> $crate::error::Result<Self> {
                let known = $type::ALL.into_iter().find(|m| m.name() == text);
                known.ok_or_else(|| {
                    $crate::words::unknown(text, $what, &$type::ALL.map($type::name))
                })
            }
        }
    };
}
pub(crate) use named;

/// That a word is none of those that there are.
pub(crate) fn unknown(text: &str, what: &str, names: &[&str]) -> Error {
    Error::Domain(format!(
        "`{text}` is no {what}; there are {}",
        names.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use std::fmt::Display;
    use std::str::FromStr;

    use super::*;
    use crate::{classifier, cntk, dual, figure, gram, image, limit, process, real, recursion};

    /// Every word is read as what prints it, and no two are alike.
    fn both_ways<T: FromStr<Err = Error> + Display + PartialEq + Copy>(all: &[T]) {
        for (n, member) in all.iter().enumerate() {
            let read = all.iter().position(|m| m.to_string() == member.to_string());
            assert_eq!(read, Some(n), "{member}: two of them have this name");
            assert!(member.to_string().parse::<T>() == Ok(*member), "{member}");
        }
        assert!("".parse::<T>().is_err() && "relu".parse::<T>().is_err());
    }

    #[test]
    fn words_are_read_as_they_are_printed() {
        both_ways(&recursion::Kind::ALL);
        both_ways(&recursion::Convention::ALL);
        both_ways(&real::Arithmetic::ALL);
        both_ways(&limit::Regime::ALL);
        both_ways(&limit::Phase::ALL);
        both_ways(&gram::Lengths::ALL);
        both_ways(&gram::Inputs::ALL);
        both_ways(&classifier::Solver::ALL);
        both_ways(&process::Scaling::ALL);
        both_ways(&image::Layout::ALL);
        both_ways(&dual::DualPart::ALL);
        both_ways(&cntk::Readout::ALL);
        both_ways(&figure::Picture::ALL);
        both_ways(&cntk::Input::ALL);
        both_ways(&cntk::Numbers::ALL);
    }

    #[test]
    fn a_word_that_is_none_is_answered_with_those_that_there_are() {
        let error = "ntp".parse::<recursion::Kind>().unwrap_err();
        assert_eq!(error.to_string(), "`ntp` is no kernel; there are ntk, nngp");
    }
}
