//! How the domain's types stand in columns: ids and times as BIGINT. Decides nothing.

use chrono::DateTime;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Type};

use crate::domain::id::{
    CallId, ChannelId, CoverId, EventId, GuildId, IncidentId, MessageId, OutboxId, PostId, ScheduleId, Timestamp,
    UserId,
};

/// A type that is a BIGINT in the database.
macro_rules! bigint {
    ($($name:ty: $put:expr, $take:expr;)*) => {$(
        impl<DB: Database> Type<DB> for $name
        where
            i64: Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <i64 as Type<DB>>::type_info()
            }

            fn compatible(ty: &DB::TypeInfo) -> bool {
                <i64 as Type<DB>>::compatible(ty)
            }
        }

        impl<'q, DB: Database> Encode<'q, DB> for $name
        where
            i64: Encode<'q, DB>,
        {
            fn encode_by_ref(&self, to: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                let put: fn(&$name) -> i64 = $put;
                put(self).encode(to)
            }
        }

        impl<'r, DB: Database> Decode<'r, DB> for $name
        where
            i64: Decode<'r, DB>,
        {
            fn decode(from: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
                let take: fn(i64) -> Result<$name, BoxDynError> = $take;
                take(i64::decode(from)?)
            }
        }
    )*};
}

bigint! {
    IncidentId: |id| id.0, |id| Ok(IncidentId(id));
    CallId: |id| id.0, |id| Ok(CallId(id));
    CoverId: |id| id.0, |id| Ok(CoverId(id));
    ScheduleId: |id| id.0, |id| Ok(ScheduleId(id));
    OutboxId: |id| id.0, |id| Ok(OutboxId(id));
    EventId: |id| id.0, |id| Ok(EventId(id));
    PostId: |id| id.0, |id| Ok(PostId(id));
    // Discord's ids stay below 2^63 until the year 2084; the cast keeps them whole beyond.
    GuildId: |id| id.0.cast_signed(), |id| Ok(GuildId(id.cast_unsigned()));
    ChannelId: |id| id.0.cast_signed(), |id| Ok(ChannelId(id.cast_unsigned()));
    MessageId: |id| id.0.cast_signed(), |id| Ok(MessageId(id.cast_unsigned()));
    UserId: |id| id.0.cast_signed(), |id| Ok(UserId(id.cast_unsigned()));
    Us: |us| us.0.timestamp_micros(), |us| Ok(Us(DateTime::from_timestamp_micros(us).ok_or("a time out of range")?));
}

/// A time as it is stored: microseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Us(pub(super) Timestamp);

/// A time that may be NULL.
#[derive(Debug, Clone, Copy)]
pub(super) struct MaybeUs(Option<Us>);

impl From<Us> for Timestamp {
    fn from(us: Us) -> Timestamp {
        us.0
    }
}

impl From<MaybeUs> for Option<Timestamp> {
    fn from(us: MaybeUs) -> Option<Timestamp> {
        us.0.map(|us| us.0)
    }
}

impl<DB: Database> Type<DB> for MaybeUs
where
    i64: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <i64 as Type<DB>>::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        <i64 as Type<DB>>::compatible(ty)
    }
}

impl<'r, DB: Database> Decode<'r, DB> for MaybeUs
where
    Option<Us>: Decode<'r, DB>,
{
    fn decode(from: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Option::<Us>::decode(from).map(MaybeUs)
    }
}

/// A set of words as one bind: `,open,mitigated,`.
///
/// SQL asks `REPLACE($1, ',' || status || ',', '') <> $1`: is the word among them? (LIKE would take `_` for any character.)
pub(super) fn words(set: &[&str]) -> String {
    set.iter().fold(String::from(","), |list, word| list + word + ",")
}
