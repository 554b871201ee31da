//! Request bodies: one strict envelope per route around Discord's model types, checked against Discord's limits.
//! Never touches the state: a body is good or bad by itself.

pub(crate) mod channel;
pub(crate) mod command;
pub(crate) mod component;
pub(crate) mod embed;
pub(crate) mod interaction;
pub(crate) mod message;

use crate::refusal::Refusal;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// Good, or refused as Discord refuses.
pub(crate) type Checked<T> = Result<T, Refusal>;

/// Reads a body into its envelope; what Discord does not know is refused, loudly.
pub(crate) fn read<T: DeserializeOwned>(body: &Value) -> Checked<T> {
    serde_json::from_value(body.clone()).map_err(|error| Refusal::form("", "INVALID_FORM_BODY", error.to_string()))
}
/// Tells "absent" from "null".
fn present<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// An error with its cause: twilight says "embed at index 0 is invalid" and keeps the why in `source`.
fn detail(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", detail(source)),
        None => error.to_string(),
    }
}
