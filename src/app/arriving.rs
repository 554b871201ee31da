//! Which alert messages are on their way in, so that the mark "read up to here" never passes one that has not arrived. In memory
//! only: what it is for is that the marks in the database hold when this process does not.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::id::{ChannelId, GuildId, MessageId};

/// Where messages keep an order.
pub(super) type Line = (GuildId, ChannelId);

#[derive(Debug, Default)]
pub(super) struct Arriving(Mutex<BTreeMap<Line, Under>>);

/// What is under way in one channel.
#[derive(Debug, Default)]
struct Under {
    /// By message, how often it could not be taken in.
    open: BTreeMap<MessageId, u32>,
    /// The latest that has arrived while an earlier one was open.
    reached: Option<MessageId>,
}

impl Arriving {
    /// This message is here; it has not been taken in.
    pub fn begin(&self, line: Line, message: MessageId) {
        self.lock().entry(line).or_default().open.entry(message).or_default();
    }

    /// Up to where the channel has been read once these messages, the last of them `last`, are taken in as well.
    pub fn mark(&self, line: Line, last: MessageId, taken: &[MessageId]) -> MessageId {
        let lines = self.lock();
        let Some(under) = lines.get(&line) else { return last };
        let reached = under.reached.unwrap_or(last).max(last);
        let mut others = under.open.keys().filter(|open| **open != last && !taken.contains(open));
        others.next().map_or(reached, |open| reached.min(before(*open)))
    }

    /// It was taken in, or nothing is to be taken in.
    pub fn done(&self, line: Line, message: MessageId) {
        let mut lines = self.lock();
        let Some(under) = lines.get_mut(&line) else { return };
        under.open.remove(&message);
        under.reached = under.reached.max(Some(message));
        if under.open.is_empty() {
            lines.remove(&line);
        }
    }

    /// It is not taken in now: the mark must not pass it, and does not wait for it.
    pub fn leave(&self, line: Line, message: MessageId) {
        let mut lines = self.lock();
        let Some(under) = lines.get_mut(&line) else { return };
        under.open.remove(&message);
        if under.open.is_empty() {
            lines.remove(&line);
        }
    }

    /// It could not be taken in; says how often by now.
    pub fn failed(&self, line: Line, message: MessageId) -> u32 {
        let mut lines = self.lock();
        let times = lines.entry(line).or_default().open.entry(message).or_default();
        *times += 1;
        *times
    }

    /// From where the channel is to be read so that nothing that is open is left out.
    pub fn after(&self, line: Line, mark: MessageId) -> MessageId {
        let lines = self.lock();
        let first = lines.get(&line).and_then(|under| under.open.keys().next());
        first.map_or(mark, |open| mark.min(before(*open)))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Line, Under>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn before(message: MessageId) -> MessageId {
    MessageId(message.0.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Line = (GuildId(1), ChannelId(2));

    #[test]
    fn the_mark_waits_for_what_is_open() {
        let arriving = Arriving::default();
        let id = MessageId;
        arriving.begin(LINE, id(10));
        arriving.begin(LINE, id(20));
        assert_eq!(arriving.mark(LINE, id(20), &[]), id(9), "10 has not arrived");
        arriving.done(LINE, id(20));
        assert_eq!(arriving.failed(LINE, id(10)), 1);
        assert_eq!(arriving.after(LINE, id(20)), id(9), "it is read again, whatever the mark says");
        assert_eq!(arriving.mark(LINE, id(10), &[]), id(20), "both have arrived");
        arriving.done(LINE, id(10));
        assert_eq!(arriving.after(LINE, id(20)), id(20));
        assert!(arriving.lock().is_empty(), "nothing is kept of what is over");
    }

    #[test]
    fn what_found_no_place_is_not_passed_and_not_waited_for() {
        let arriving = Arriving::default();
        let id = MessageId;
        arriving.begin(LINE, id(10));
        arriving.begin(LINE, id(20));
        arriving.leave(LINE, id(20));
        assert_eq!(arriving.mark(LINE, id(10), &[]), id(10), "20 is still to be read");
        arriving.done(LINE, id(10));
        assert_eq!(arriving.after(LINE, id(10)), id(10));
        arriving.begin(LINE, id(30));
        arriving.leave(LINE, id(30));
        assert!(arriving.lock().is_empty(), "nothing is kept of it");
    }
}
