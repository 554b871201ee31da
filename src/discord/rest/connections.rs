//! How many requests may be under way at once. Each has a connection of its own (HTTP/1.1), and a connection is an open file:
//! a process that may have few of them needs some for the database and the gateway, and one for a page.
//!
//! Pure but for the one question to the system at the start; nothing waits here.

use rustix::process::{Resource, getrlimit};

use super::call::Lane;

/// Open files that are not connections to Discord's API: the database, the gateway, the runtime, the log.
const OTHERS: u64 = 24;
/// What one page needs at once: its people and its room are looked at side by side.
const FEWEST: u64 = 4;
/// What the pace over all lets through when every answer takes as long as we wait for it; of replies, which it leaves alone, enough.
const MOST: u64 = 480;

pub(super) struct Connections {
    most: usize,
    open: usize,
}

/// Where nothing is short.
impl Default for Connections {
    fn default() -> Self {
        Self::within(u64::MAX)
    }
}

impl Connections {
    pub fn of_this_process() -> Self {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Self::within(files)
    }

    /// Three quarters of what the others leave: addresses are looked up, and messages leave by other ways.
    pub fn within(files: u64) -> Self {
        let most = (files.saturating_sub(OTHERS) / 4 * 3).clamp(FEWEST, MOST);
        Self { most: most as usize, open: 0 }
    }

    /// There is one for this lane: replies leave some free for pages, everyday calls for both.
    pub fn has_room(&self, lane: Lane) -> bool {
        let kept_free = match lane {
            Lane::Page => 0,
            Lane::Reply => self.most.div_ceil(8),
            Lane::Normal => self.most.div_ceil(4),
        };
        self.open < self.most - kept_free
    }

    pub fn take(&mut self) {
        self.open += 1;
    }

    pub fn give_back(&mut self) {
        self.open -= 1;
    }

    pub fn most(&self) -> usize {
        self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many may be under way in this lane.
    fn most(files: u64, lane: Lane) -> usize {
        let mut connections = Connections::within(files);
        std::iter::from_fn(|| connections.has_room(lane).then(|| connections.take())).count()
    }

    #[test]
    fn few_files_are_shared_and_many_are_never_short() {
        let table = [
            (0, [4, 3, 3]),
            (40, [12, 10, 9]),
            (64, [30, 26, 22]),
            (1024, [480, 420, 360]),
            (u64::MAX, [480, 420, 360]),
        ];
        for (files, shares) in table {
            assert_eq!([Lane::Page, Lane::Reply, Lane::Normal].map(|lane| most(files, lane)), shares, "{files} files");
        }
    }

    #[test]
    fn an_answer_makes_room() {
        let mut connections = Connections::within(0);
        (0..4).for_each(|_| connections.take());
        assert!(!connections.has_room(Lane::Page));
        connections.give_back();
        assert_eq!(
            [Lane::Page, Lane::Reply, Lane::Normal].map(|lane| connections.has_room(lane)),
            [true, false, false]
        );
    }
}
