//! The way to Discord before anybody knows whether Discord is there: deliveries wait a moment at it, then are tried again.
//! Decides nothing.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::Discord;
use crate::app::courier::{Courier, Delivery, Miss, Receipt};

/// How long a delivery waits for the first connection. At a start Discord answers in a fraction of that, and nothing is late;
/// where it is away the outbox keeps what is to be tried again. Shorter than what a stop may take.
const OPENS_WITHIN: Duration = Duration::from_secs(1);

/// Shut until Discord was reached for the first time, then open for good. Cheap to clone.
#[derive(Clone)]
pub struct Door(watch::Sender<Option<Discord>>);

impl Default for Door {
    fn default() -> Door {
        Door(watch::Sender::new(None))
    }
}

impl Door {
    /// Discord was reached.
    pub fn open(&self, discord: Discord) {
        self.0.send_replace(Some(discord));
    }

    /// Requests of the last ten minutes that Discord holds against this address.
    pub fn invalid_count(&self) -> usize {
        self.0.borrow().as_ref().map_or(0, |discord| discord.rest().invalid_count())
    }

    async fn opened(&self) -> Option<Discord> {
        let mut seen = self.0.subscribe();
        let opened = timeout(OPENS_WITHIN, seen.wait_for(Option::is_some)).await;
        opened.ok()?.ok()?.clone()
    }
}

#[async_trait::async_trait]
impl Courier for Door {
    async fn deliver(&self, delivery: Delivery) -> Result<Receipt, Miss> {
        match self.opened().await {
            Some(discord) => discord.deliver(delivery).await,
            // Nothing gets out: an outage counts from here on, also one that a start falls into.
            None => Err(Miss::Down { after: None, why: "Discord has not been reached since the start".to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::courier::What;
    use crate::domain::id::{ChannelId, GuildId, MessageId};

    #[tokio::test(start_paused = true)]
    async fn a_discord_that_is_away_from_the_start_is_an_outage_like_any_other() {
        let what = What::Pin { channel: ChannelId(1), message_id: MessageId(2) };
        let delivery = Delivery { guild: GuildId(3), root: None, attempt: 1, age: Duration::ZERO, what };
        assert!(matches!(Door::default().deliver(delivery).await, Err(Miss::Down { after: None, .. })));
    }
}
