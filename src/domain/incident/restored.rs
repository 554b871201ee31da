//! After the database was restored from a backup: an incident may have been answered, or be over, and not know it. It says so, and
//! pages nobody for a while, so that people can say what is so. Then it goes on as after an absence (ENGAGEMENT 19).

use chrono::TimeDelta;

use super::Incident;
use crate::domain::id::Timestamp;
use crate::domain::timeline::Fact;
use crate::domain::turn::Turn;

/// Long enough to read the line and to press the button; what was really left alone waits no longer than for a stage.
pub const STANDS_FOR: TimeDelta = TimeDelta::minutes(5);

impl Incident {
    /// It is as it was when the backup was made.
    pub(super) fn restored(&mut self, backup_at: Timestamp, turn: &mut Turn<'_>) {
        if self.status.over() {
            return;
        }
        self.stands_until = self.paging.unanswered().then(|| turn.now + STANDS_FOR);
        let told = turn.tell(Fact::Restored { backup_at, until: self.stands_until });
        turn.announce(told);
    }

    /// Whether it stands still now; once that is over, it is so for good.
    pub(super) fn stands(&mut self, now: Timestamp) -> bool {
        self.stands_until = self.stands_until.filter(|until| now < *until);
        self.stands_until.is_some()
    }
}
