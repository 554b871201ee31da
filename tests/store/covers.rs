//! Offers of shifts.

use muster::domain::id::{CoverId, GuildId, UserId};
use muster::store::cover::CoverRow;
use muster::store::{StoreError, cover, guild};

use crate::databases::on_both;
use crate::{GUILD, at, read, write};

fn offered(id: i64) -> CoverRow {
    CoverRow {
        id: CoverId(id),
        guild_id: GUILD,
        by_user: UserId(1),
        offered_at: at(id),
        over_at: None,
        version: 1,
        state: "{}".to_owned(),
    }
}

#[tokio::test]
async fn an_offer_comes_back_as_it_was_saved_and_is_forgotten_when_it_is_old() {
    on_both(async |db| {
        let store = &db.store;
        write!(store, |tx| {
            guild::ensure(tx, GUILD).await?;
            cover::insert(tx, &offered(7)).await?;
            cover::insert(tx, &offered(8)).await
        })
        .unwrap();
        assert_eq!(read!(store, |conn| cover::peek(conn, CoverId(7)).await), Some(offered(7)));
        assert_eq!(read!(store, |conn| cover::not_over(conn, GUILD).await), [offered(7), offered(8)]);
        assert_eq!(read!(store, |conn| cover::not_over(conn, GuildId(GUILD.0 + 1)).await), []);

        let taken = CoverRow { over_at: Some(at(9)), state: "{\"n\":1}".to_owned(), ..offered(7) };
        let saved = taken.clone();
        write!(store, |tx| cover::save(tx, &saved, 1).await).unwrap();
        let wanted = CoverRow { version: 2, ..taken.clone() };
        assert_eq!(write!(store, |tx| cover::load(tx, CoverId(7)).await).unwrap(), Some(wanted));
        assert_eq!(read!(store, |conn| cover::live_ids(conn).await), [CoverId(8)]);
        let late = write!(store, |tx| cover::save(tx, &taken, 1).await);
        assert!(matches!(late, Err(StoreError::Conflict { .. })), "somebody saved meanwhile");

        assert_eq!(write!(store, |tx| cover::clean(tx, at(9), 10).await).unwrap(), 0);
        assert_eq!(write!(store, |tx| cover::clean(tx, at(10), 10).await).unwrap(), 1);
        assert_eq!(read!(store, |conn| cover::peek(conn, CoverId(7)).await), None);
        assert_eq!(read!(store, |conn| cover::live_ids(conn).await), [CoverId(8)]);
    })
    .await;
}
