//! Files that are named on the command line, read as text. Writes none.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use muster::definitions::Source;

/// The texts of all files, in their order.
///
/// # Errors
/// The first file that cannot be read, by name.
pub fn read(files: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    files.iter().map(|file| one(file)).collect()
}

fn one(file: &Path) -> anyhow::Result<Source> {
    if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read the standard input")?;
        return Ok(Source { file: "standard input".to_owned(), text });
    }
    let shown = file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
    Ok(Source { file: shown, text })
}
