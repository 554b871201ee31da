//! Messages of ours that people press or react to, or that are edited later. Draws and sends nothing.

use sqlx::FromRow;

use super::column::{MaybeUs, Us};
use super::db::{Conn, Tx, row, rows, run};
use super::error::{StoreError, exactly_one};
use super::root::Owner;
use crate::domain::id::{ChannelId, GuildId, IncidentId, MessageId, PostId, Root, Timestamp, UserId};

/// One message. Discord's ids are `None` until the receipt.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PostRow {
    pub id: PostId,
    #[sqlx(flatten, try_from = "Owner")]
    pub root: Root,
    pub kind: String,
    pub channel_id: Option<ChannelId>,
    pub message_id: Option<MessageId>,
    #[sqlx(try_from = "MaybeUs")]
    pub sent_at: Option<Timestamp>,
    /// JSON list of the pages it carries.
    pub pages: String,
    /// What answers it from anywhere; `None` = it is in Discord.
    pub code: Option<String>,
    /// Who may use the code.
    pub user_id: Option<UserId>,
}

/// All columns, from `post` called `p`.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.incident_id, p.call_id, p.kind, p.channel_id, p.message_id, p.sent_at, p.pages, p.code, p.user_id FROM post p ",
            $rest
        )
    };
}

/// Writes down that there is to be a message.
pub async fn insert(tx: &mut Tx, post: &PostRow) -> Result<(), StoreError> {
    let owner = Owner::from(Some(post.root));
    run!(
        tx,
        "INSERT INTO post (id, incident_id, call_id, kind, channel_id, message_id, sent_at, pages, code, user_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        post.id,
        owner.incident_id,
        owner.call_id,
        &post.kind,
        post.channel_id,
        post.message_id,
        post.sent_at.map(Us),
        &post.pages,
        post.code.as_deref(),
        post.user_id
    )?;
    Ok(())
}

/// The message was sent. A second receipt replaces the first: a message deleted by hand is posted anew.
///
/// # Errors
/// `Conflict` if there is no such post.
pub async fn receipt(
    tx: &mut Tx,
    id: PostId,
    channel: ChannelId,
    message: MessageId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let written = run!(
        tx,
        "UPDATE post
         SET channel_id = $2, message_id = $3, sent_at = $4
         WHERE id = $1",
        id,
        channel,
        message,
        Us(at)
    )?;
    exactly_one("post", id.0, written)
}

/// One post.
pub async fn get(conn: &mut Conn, id: PostId) -> Result<Option<PostRow>, StoreError> {
    row!(conn, select!("WHERE p.id = $1"), id)
}

/// The post that became this message of Discord's.
pub async fn by_message(conn: &mut Conn, message: MessageId) -> Result<Option<PostRow>, StoreError> {
    row!(conn, select!("WHERE p.message_id = $1"), message)
}

/// The newest post that this person may answer by this code.
pub async fn by_code(conn: &mut Conn, user: UserId, code: &str) -> Result<Option<PostRow>, StoreError> {
    row!(conn, select!("WHERE p.user_id = $1 AND p.code = $2 ORDER BY p.id DESC LIMIT 1"), user, code)
}

/// An incident's posts, oldest first.
pub async fn of_incident(conn: &mut Conn, incident: IncidentId) -> Result<Vec<PostRow>, StoreError> {
    rows!(conn, select!("WHERE p.incident_id = $1 ORDER BY p.id"), incident)
}

/// The sent posts of the guild's incidents and calls that are not over, oldest first: where reactions may have been missed.
pub async fn open(conn: &mut Conn, guild: GuildId) -> Result<Vec<PostRow>, StoreError> {
    rows!(
        conn,
        select!(
            "WHERE p.message_id IS NOT NULL
             AND (p.incident_id IN (SELECT id FROM incident WHERE guild_id = $1 AND over_at IS NULL)
                  OR p.call_id IN (SELECT id FROM call WHERE guild_id = $1 AND over_at IS NULL))
             ORDER BY p.id"
        ),
        guild
    )
}

/// Forgets up to `limit` pages of what has been over since before, and says how many that were. Cards stay, and what is still to be sent.
pub async fn clean(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    run!(
        tx,
        "DELETE FROM post
         WHERE id IN (
             SELECT p.id
             FROM post p
             LEFT JOIN incident i ON i.id = p.incident_id
             LEFT JOIN call c ON c.id = p.call_id
             WHERE p.kind <> 'card'
             AND (i.over_at < $1 OR c.over_at < $1)
             AND NOT EXISTS (
                 SELECT 1
                 FROM outbox o
                 WHERE o.state = 'pending'
                 AND (o.incident_id = p.incident_id OR o.call_id = p.call_id))
             LIMIT $2)",
        Us(before),
        limit
    )
}
