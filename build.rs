//! Tells cargo what else the binary is made of: slash commands and migrations are embedded as data. Generates nothing.

fn main() {
    println!("cargo:rerun-if-changed=commands");
    println!("cargo:rerun-if-changed=migrations");
}
