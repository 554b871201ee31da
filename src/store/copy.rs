//! A whole database, taken elsewhere: every row of every table, from one moment, into an empty one of the same schema.
//!
//! Knows no table by name but the bookkeeping of migrations and what a backup says of itself: tables, columns and what refers to
//! what are read from the database. Changes nothing in the database it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, QueryBuilder, Row, Sqlite, SqliteConnection};

use super::dialect::{self, Target};
use super::error::StoreError;
use super::{Store, lock, newest};

/// Rows that one statement writes: with the widest table a third of the values that either database takes.
const ROWS_AT_ONCE: usize = 500;

/// How many rows of each table were taken.
pub type Counts = Vec<(String, u64)>;

/// One end of a copy.
pub(super) struct End {
    place: String,
    wire: Wire,
}

enum Wire {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A table and its columns, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Table {
    name: String,
    columns: Vec<(String, Kind)>,
}

/// All the types that there are in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Truth,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Value {
    Number(Option<i64>),
    Text(Option<String>),
    Truth(Option<bool>),
}

/// What a table holds, whatever the order of its rows: their number, and a sum of what is in them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Content {
    rows: u64,
    sum: u64,
}

/// Copies one database into another, empty one. Nobody may write to either: a running bot on a SQLite file is noticed.
///
/// # Errors
/// `Taken` where a bot runs; `Copy` where an end is not fit for it, or both do not hold the same at the end; nothing is kept then.
pub async fn copy(from: &str, to: &str) -> Result<Counts, StoreError> {
    let (from, to) = (Target::parse(from)?, Target::parse(to)?);
    if from.place() == to.place() {
        return Err(StoreError::Copy(format!("{} is where it is: name another place with --to", from.place())));
    }
    let _alone = [alone(&from)?, alone(&to)?];
    pour(&from, &to).await
}

/// Keeps a bot off a SQLite file.
fn alone(target: &Target) -> Result<Option<lock::Lock>, StoreError> {
    match target {
        Target::Sqlite(path) => lock::take(path).map(Some),
        Target::Postgres(_) => Ok(None),
    }
}

/// One moment of `from` into `to`, all of it or nothing.
pub(super) async fn pour(from: &Target, to: &Target) -> Result<Counts, StoreError> {
    let mut source = End::of_today(from).await?;
    Store::open_target(to).await?.close().await;
    let mut target = End::open(to).await?;
    let tables = source.tables().await?;
    target.is_fit(&tables).await?;
    source.begin_reading().await?;
    target.run("BEGIN").await?;
    let mut counts = Counts::new();
    for table in in_order(tables, &source.references().await?) {
        let sent = source.send(&table, &mut target).await?;
        let kept = target.content(&table).await?;
        if sent != kept {
            let (name, place) = (&table.name, &target.place);
            return Err(StoreError::Copy(format!("{name} is not the same in {place}: nothing was copied, try again")));
        }
        counts.push((table.name, sent.rows));
    }
    target.run("COMMIT").await?;
    source.run("ROLLBACK").await?;
    source.close().await;
    target.close().await;
    Ok(counts)
}

impl End {
    pub(super) async fn open(target: &Target) -> Result<End, StoreError> {
        let place = target.place();
        let wire = match target {
            Target::Sqlite(path) => {
                SqliteConnection::connect_with(&dialect::sqlite_plain(path)).await.map(Wire::Sqlite)
            }
            Target::Postgres(options) => PgConnection::connect_with(options).await.map(Wire::Postgres),
        };
        let wire = wire.map_err(|why| StoreError::Open { place: place.clone(), why: why.to_string() })?;
        Ok(End { place, wire })
    }

    /// A database of this version: older and newer ones are refused, not changed.
    async fn of_today(target: &Target) -> Result<End, StoreError> {
        let mut end = End::open(target).await?;
        let (place, known) = (end.place.clone(), newest());
        match end.version().await {
            Ok(Some(version)) if version == known => Ok(end),
            Ok(Some(found)) if found > known => Err(StoreError::Newer { place, found, known }),
            Ok(Some(found)) => Err(StoreError::Copy(format!(
                "{place} has schema {found}, this Muster copies schema {known}: start this Muster on it once, or use the older one"
            ))),
            Ok(None) | Err(_) => Err(StoreError::Copy(format!("{place} is no database of Muster: check its address"))),
        }
    }

    async fn version(&mut self) -> Result<Option<i64>, StoreError> {
        let found = self.strings("SELECT CAST(MAX(version) AS TEXT) FROM _sqlx_migrations", 1).await?;
        Ok(found.into_iter().flatten().next().and_then(|version| version.parse().ok()))
    }

    /// Everything read from here on is of one moment.
    async fn begin_reading(&mut self) -> Result<(), StoreError> {
        self.run(match self.wire {
            Wire::Sqlite(_) => "BEGIN",
            Wire::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        })
        .await
    }

    /// Refuses a place whose tables are others, or that holds something.
    async fn is_fit(&mut self, tables: &[Table]) -> Result<(), StoreError> {
        if self.tables().await? != tables {
            return Err(StoreError::Copy(format!("{} has other tables: name an empty database", self.place)));
        }
        for table in tables {
            let rows = self.content(table).await?.rows;
            if rows > 0 {
                return Err(StoreError::Copy(format!(
                    "{} is not empty ({} holds {rows} rows): name an empty database, nothing is overwritten",
                    self.place, table.name
                )));
            }
        }
        Ok(())
    }

    /// Every table with its columns by name; not the bookkeeping of migrations.
    async fn tables(&mut self) -> Result<Vec<Table>, StoreError> {
        let sql = match self.wire {
            Wire::Sqlite(_) => {
                "SELECT m.name, c.name, c.type
                 FROM sqlite_master m
                 JOIN pragma_table_info(m.name) c
                 WHERE m.type = 'table'
                 AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'
                 AND m.name <> '_sqlx_migrations'"
            }
            Wire::Postgres(_) => {
                "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT)
                 FROM information_schema.columns
                 WHERE table_schema = current_schema()
                 AND table_name <> '_sqlx_migrations'"
            }
        };
        let mut tables: BTreeMap<String, BTreeMap<String, Kind>> = BTreeMap::new();
        for row in self.strings(sql, 3).await? {
            let [table, column, kind] = row.try_into().unwrap_or_default();
            let known = Kind::of(&kind).ok_or_else(|| {
                StoreError::Copy(format!("{table}.{column} of {} is of an unknown type, {kind}", self.place))
            })?;
            tables.entry(table).or_default().insert(column, known);
        }
        let table =
            |(name, columns): (String, BTreeMap<String, Kind>)| Table { name, columns: columns.into_iter().collect() };
        Ok(tables.into_iter().map(table).collect())
    }

    /// Which table refers to which.
    async fn references(&mut self) -> Result<BTreeSet<(String, String)>, StoreError> {
        let sql = match self.wire {
            Wire::Sqlite(_) => {
                "SELECT m.name, f.\"table\"
                 FROM sqlite_master m
                 JOIN pragma_foreign_key_list(m.name) f
                 WHERE m.type = 'table'"
            }
            Wire::Postgres(_) => {
                "SELECT CAST(own.relname AS TEXT), CAST(other.relname AS TEXT)
                 FROM pg_constraint c
                 JOIN pg_class own ON own.oid = c.conrelid
                 JOIN pg_class other ON other.oid = c.confrelid
                 WHERE c.contype = 'f'
                 AND c.connamespace = CAST(current_schema() AS regnamespace)"
            }
        };
        let rows = self.strings(sql, 2).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| <[String; 2]>::try_from(row).ok())
            .map(|[own, other]| (own, other))
            .collect())
    }

    /// Writes every row of a table to the other end; what they were.
    async fn send(&mut self, table: &Table, to: &mut End) -> Result<Content, StoreError> {
        let mut content = Content::default();
        let place = self.place.clone();
        let mut batches = self.rows(table).try_chunks(ROWS_AT_ONCE);
        while let Some(batch) = batches.next().await {
            let rows = batch.map_err(|why| broken(&table.name, &place, why.1))?;
            rows.iter().for_each(|row| content.add(row));
            to.insert(table, rows).await?;
        }
        Ok(content)
    }

    async fn content(&mut self, table: &Table) -> Result<Content, StoreError> {
        let mut content = Content::default();
        let place = self.place.clone();
        let mut rows = self.rows(table);
        while let Some(row) = rows.next().await {
            content.add(&row.map_err(|why| broken(&table.name, &place, why))?);
        }
        Ok(content)
    }

    /// The rows of a table as they stand.
    fn rows<'a>(&'a mut self, table: &'a Table) -> BoxStream<'a, Result<Vec<Value>, sqlx::Error>> {
        let sql = AssertSqlSafe(format!("SELECT {} FROM \"{}\"", table.names(), table.name));
        macro_rules! read {
            ($wire:expr) => {
                sqlx::query(sql)
                    .fetch($wire)
                    .map(|row| {
                        let row = row?;
                        let value = |(at, (_, kind)): (usize, &(String, Kind))| match kind {
                            Kind::Number => row.try_get(at).map(Value::Number),
                            Kind::Text => row.try_get(at).map(Value::Text),
                            Kind::Truth => row.try_get(at).map(Value::Truth),
                        };
                        table.columns.iter().enumerate().map(value).collect()
                    })
                    .boxed()
            };
        }
        match &mut self.wire {
            Wire::Sqlite(wire) => read!(wire),
            Wire::Postgres(wire) => read!(wire),
        }
    }

    async fn insert(&mut self, table: &Table, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
        let into = format!("INSERT INTO \"{}\" ({}) ", table.name, table.names());
        macro_rules! write {
            ($db:ty, $wire:expr) => {{
                let mut query = QueryBuilder::<$db>::new(into);
                query.push_values(rows, |mut tuple, row| {
                    for value in row {
                        match value {
                            Value::Number(value) => tuple.push_bind(value),
                            Value::Text(value) => tuple.push_bind(value),
                            Value::Truth(value) => tuple.push_bind(value),
                        };
                    }
                });
                query.build().execute($wire).await.map(drop)
            }};
        }
        let told = match &mut self.wire {
            Wire::Sqlite(wire) => write!(Sqlite, wire),
            Wire::Postgres(wire) => write!(Postgres, wire),
        };
        told.map_err(|why| broken(&table.name, &self.place, why))
    }

    /// The first columns of what a statement finds, all of them text.
    async fn strings(&mut self, sql: &'static str, columns: usize) -> Result<Vec<Vec<String>>, StoreError> {
        macro_rules! read {
            ($wire:expr) => {
                sqlx::query(sql)
                    .fetch($wire)
                    .map(|row| {
                        let row = row?;
                        (0..columns).map(|at| row.try_get(at)).collect::<Result<Vec<String>, _>>()
                    })
                    .try_collect()
                    .await
            };
        }
        let told = match &mut self.wire {
            Wire::Sqlite(wire) => read!(wire),
            Wire::Postgres(wire) => read!(wire),
        };
        told.map_err(|why| broken("the schema", &self.place, why))
    }

    pub(super) async fn run(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let told = match &mut self.wire {
            Wire::Sqlite(wire) => sqlx::query(sql).execute(wire).await.map(drop),
            Wire::Postgres(wire) => sqlx::query(sql).execute(wire).await.map(drop),
        };
        told.map_err(|why| StoreError::Copy(format!("{}: {sql}: {why}", self.place)))
    }

    async fn close(self) {
        // What there was to keep is committed.
        let _gone = match self.wire {
            Wire::Sqlite(wire) => wire.close().await,
            Wire::Postgres(wire) => wire.close().await,
        };
    }
}

impl Kind {
    fn of(declared: &str) -> Option<Kind> {
        match declared.to_ascii_lowercase().as_str() {
            "bigint" => Some(Kind::Number),
            "text" => Some(Kind::Text),
            "boolean" => Some(Kind::Truth),
            _ => None,
        }
    }
}

impl Table {
    fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
    }
}

impl Content {
    fn add(&mut self, row: &[Value]) {
        let mut hasher = DefaultHasher::new();
        row.hash(&mut hasher);
        self.rows += 1;
        self.sum = self.sum.wrapping_add(hasher.finish());
    }
}

/// The tables, those that others refer to first.
fn in_order(mut tables: Vec<Table>, references: &BTreeSet<(String, String)>) -> Vec<Table> {
    let mut sorted: Vec<Table> = Vec::with_capacity(tables.len());
    while !tables.is_empty() {
        let waits = |table: &Table, left: &[Table]| {
            left.iter().any(|other| other != table && references.contains(&(table.name.clone(), other.name.clone())))
        };
        // No two tables refer to each other; if ever they do, the database itself says so.
        let at = tables.iter().position(|table| !waits(table, &tables)).unwrap_or(0);
        sorted.push(tables.remove(at));
    }
    sorted
}

fn broken(what: &str, place: &str, why: sqlx::Error) -> StoreError {
    StoreError::Copy(format!("{what} of {place}: {why}"))
}
