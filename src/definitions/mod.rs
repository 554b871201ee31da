//! Definitions as people write them: YAML and JSON to typed specs with positions, back again, what is wrong with them,
//! what an apply would change. Pure: knows no file, no database, no Discord, no clock; what it needs is handed over.
//!
//! The way through: [`parse`] the documents, [`merged`] with what is in force, [`check`] the whole, [`resolve`] the names,
//! show the [`diff`], keep the [`to_json`] form.

mod check;
mod diff;
mod explain;
mod form;
mod links;
mod marks;
mod parse;
mod problem;
mod refs;
#[cfg(test)]
mod tests;
mod text;

pub use check::{Checked, check};
pub use diff::{Changed, Diff, FieldChange, diff, merged};
pub use form::{NotStored, export, from_json, to_json, to_yaml};
pub use links::{Reference, references_to};
pub use parse::{Document, parse};
pub use problem::{Problem, locate};
pub use refs::{Resolver, resolve, unresolved};
pub use text::{SOURCE_MAX, Source};
