//! The ways out that are not Discord. Decides nothing about whom, when or what.
//!
//! `operator` tells whoever runs Muster how it is.

pub mod operator;
