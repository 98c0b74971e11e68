//! Options that take one of the library's words.

use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use deeplimit::error::Error;

/// One of these words; completions say what each means. They are listed, with the nearest, where another is typed.
pub fn one_of<T, const N: usize>(
    words: [(T, &'static str); N],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = Error> + Clone + Send + Sync + 'static,
{
    let values = words.map(|(word, help)| PossibleValue::new(name(word)).help(help));
    PossibleValuesParser::new(values).try_map(|text| text.parse::<T>())
}
