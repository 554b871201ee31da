//! `muster copy`: from one database to another, such as from a file to PostgreSQL and back.

use std::fmt::Write;

use muster::store::copy;

use super::{Copy, Ended, show};

pub async fn run(args: Copy) -> Result<(), Ended> {
    let counts = copy::copy(&args.from, &args.to).await.map_err(anyhow::Error::from)?;
    let width = counts.iter().map(|(table, _)| table.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (table, rows) in &counts {
        let _infallible = writeln!(text, "{table:width$}  {rows}");
    }
    let rows: u64 = counts.iter().map(|(_, rows)| rows).sum();
    text += &format!("{rows} rows were copied, and both places hold the same. Set DATABASE_URL to the new one.");
    show::result(&text);
    Ok(())
}
