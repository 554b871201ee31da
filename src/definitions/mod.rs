//! Definitions as people write them: YAML and JSON to typed specs with positions, back again, what is wrong with them,
//! what an apply would change. Pure: knows no file, no database, no Discord, no clock; what it needs is handed over.
//!
//! The way through: [`parse`] the documents, [`review`] the change ([`resolve`] the names, [`check`] the whole, [`diff`] it with
//! what is in force), keep the [`to_json`] form.

mod check;
mod diff;
mod explain;
mod first;
mod form;
mod links;
mod marks;
mod parse;
mod problem;
mod refs;
mod review;
mod starter;
#[cfg(test)]
mod tests;
mod text;
mod zone;

pub use diff::{Changed, Diff, FieldChange, changes};
pub use first::first_file;
pub use form::{NotStored, export, from_json, to_json, to_yaml};
pub use links::{Reference, references_to};
pub use parse::{Document, parse};
pub use problem::Problem;
pub use refs::wanted;
pub use review::{Around, Proposal, Reviewed, Standing, review};
pub use starter::starter;
pub use text::{SOURCE_MAX, Source};
pub use zone::zone;
