//! What was in force before: every version of a definition, who made it, what it changed. Reads only; going back is an apply.

use crate::app::fault::Stop;
use crate::app::{App, Fault};
use crate::definitions::{self, FieldChange};
use crate::domain::definition::{Kind, Spec};
use crate::domain::id::{GuildId, Timestamp, UserId};
use crate::domain::name::Name;
use crate::store::Conn;
use crate::store::definition::{self, DefinitionRow, VersionRow};

/// One version, and what it changed of the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// 1, 2, 3 …
    pub number: i64,
    pub at: Timestamp,
    /// None: the operator, on the host.
    pub by: Option<UserId>,
    /// `cli`, `chat` or `setup`.
    pub via: String,
    pub did: Difference,
}

/// What a version did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    Added,
    Changed(Vec<FieldChange>),
    Removed,
    /// This version of Muster cannot read it, or the one before.
    Unreadable,
}

impl App {
    /// The versions of a definition, the newest `limit` of them, newest first. Empty: there never was one.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn history(&self, guild: GuildId, kind: Kind, name: &Name, limit: usize) -> Result<Vec<Version>, Fault> {
        let name = name.clone();
        let read =
            self.store().read(move |conn| Box::pin(async move { history(conn, guild, kind, &name, limit).await }));
        read.await.map_err(|stop: Stop| stop.fault("read the history of a definition"))
    }

    /// What a version said; `Some(None)`: that there is no such definition any more. `None`: there is no such version.
    ///
    /// # Errors
    /// A fault of the store, or a version that this one of Muster cannot read.
    pub async fn version(
        &self,
        guild: GuildId,
        kind: Kind,
        name: &Name,
        number: i64,
    ) -> Result<Option<Option<Spec>>, Fault> {
        let name = name.clone();
        let read =
            self.store().read(move |conn| Box::pin(async move { version(conn, guild, kind, &name, number).await }));
        read.await.map_err(|stop: Stop| stop.fault("read a version of a definition"))
    }
}

pub(super) async fn history(
    conn: &mut Conn,
    guild: GuildId,
    kind: Kind,
    name: &Name,
    limit: usize,
) -> Result<Vec<Version>, Stop> {
    // One more: what the oldest of them changed is seen at the one before it.
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let rows = definition::history(conn, guild, kind.word(), name.as_str(), wanted).await?;
    let before = rows.iter().skip(1).map(Some).chain([None]);
    Ok(rows.iter().zip(before).take(limit).map(|(row, before)| told(kind, row, before)).collect())
}

pub(super) async fn version(
    conn: &mut Conn,
    guild: GuildId,
    kind: Kind,
    name: &Name,
    number: i64,
) -> Result<Option<Option<Spec>>, Stop> {
    let Some(row) = definition::version(conn, guild, kind.word(), name.as_str(), number).await? else {
        return Ok(None);
    };
    match spec(kind, &row) {
        Ok(spec) => Ok(Some(spec)),
        Err(why) => Err(Stop::Unreadable { what: "a version of a definition, number", id: number, why }),
    }
}

fn told(kind: Kind, row: &VersionRow, before: Option<&VersionRow>) -> Version {
    let before = before.map(|row| spec(kind, &row.definition));
    let did = match (before, spec(kind, &row.definition)) {
        (_, Ok(None)) => Difference::Removed,
        (None | Some(Ok(None)), Ok(Some(_))) => Difference::Added,
        (Some(Ok(Some(old))), Ok(Some(new))) => Difference::Changed(definitions::changes(&old, &new)),
        (Some(Err(_)), Ok(Some(_))) | (_, Err(_)) => Difference::Unreadable,
    };
    let DefinitionRow { version, applied_at, applied_by, .. } = row.definition;
    Version { number: version, at: applied_at, by: applied_by, via: row.via.clone(), did }
}

fn spec(kind: Kind, row: &DefinitionRow) -> Result<Option<Spec>, String> {
    let read = row.spec.as_deref().map(|text| definitions::from_json(kind, text)).transpose();
    read.map_err(|why| why.to_string())
}
