//! The JSON contract: arrays, in the order of the questions, an error in the place of its answer; or one object, where there is
//! one question.

use deeplimit::error::Error;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::fault::FaultJson;

/// An answer, or what went wrong in its place.
#[derive(serde::Serialize)]
#[serde(untagged)]
pub enum Item<T> {
    /// The answer.
    Answer(T),
    /// The error.
    Fault(FaultItem),
}

/// `{"<key>": "<as typed>", "error": {...}}`.
pub struct FaultItem {
    /// Where one activation among several is asked about, and the error is about something else.
    activation: Option<String>,
    key: &'static str,
    text: String,
    error: FaultJson,
}

impl FaultItem {
    /// The error about `text`, which the answer would have had under `key`.
    pub fn new(key: &'static str, text: &str, error: &Error) -> Self {
        Self {
            activation: None,
            key,
            text: text.to_owned(),
            error: error.into(),
        }
    }

    /// The question about `text` was not finished when Ctrl-C came.
    pub fn interrupted(key: &'static str, text: &str) -> Self {
        Self {
            activation: None,
            key,
            text: text.to_owned(),
            error: FaultJson::interrupted(),
        }
    }

    /// The same, in an answer about this activation.
    #[must_use]
    pub fn about(self, activation: &str) -> Self {
        Self {
            activation: Some(activation.to_owned()),
            ..self
        }
    }
}

impl Serialize for FaultItem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(activation) = &self.activation {
            map.serialize_entry("activation", activation)?;
        }
        map.serialize_entry(self.key, &self.text)?;
        map.serialize_entry("error", &self.error)?;
        map.end()
    }
}

/// The array as text.
pub fn array<T: serde::Serialize>(items: &[T]) -> String {
    // Strings, numbers and structs only: nothing that JSON cannot hold.
    let text = serde_json::to_string_pretty(items).unwrap_or_else(|_| "[]".to_owned());
    text + "\n"
}

/// One object as text.
pub fn object<T: serde::Serialize>(item: &T) -> String {
    let text = serde_json::to_string_pretty(item).unwrap_or_else(|_| "{}".to_owned());
    text + "\n"
}
