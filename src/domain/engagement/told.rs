//! What came of deliveries and of the people paged: receipts (ENGAGEMENT 11). The same for every root that pages.

use super::page::{Page, PageState};
use super::{EngagementId, Paging};
use crate::domain::id::{PageId, PostId, Timestamp, UserId};
use crate::domain::timeline::{Fact, Unreached};
use crate::domain::turn::Turn;

/// What paging is told from outside; nobody asked for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    PostSent {
        post: PostId,
        /// The pages that it asked: those that were open when it was drawn.
        asked: Vec<PageId>,
        failed: Vec<(PageId, Unreached)>,
    },
    /// The post was not sent: none of its pages can reach their person.
    NobodyReached {
        post: PostId,
        failed: Vec<(PageId, Unreached)>,
        /// The try before was cut off, and may have sent it.
        unsure: bool,
    },
    /// The post may be out: the answer to sending it was lost.
    PostUnsure { post: PostId },
    /// The post can never be sent: each of its pages has failed.
    PostFailed { post: PostId, why: Unreached },
    /// Discord takes nothing where the post was to go, for too long; it was not sent and will not be.
    PostLimited { post: PostId },
    /// Nothing of the post is wanted any more; it was not sent.
    PostWithdrawn { post: PostId },
    /// A person wrote where they are paged.
    Wrote { by: UserId },
}

impl Paging {
    /// Takes down what came of a delivery or of a person, and what follows from it at once.
    pub fn told(&mut self, told: Told, turn: &mut Turn<'_>) {
        match told {
            Told::PostSent { post, asked, failed } => {
                self.pages_failed(&failed, turn);
                self.post_sent(post, &asked, turn);
            }
            Told::NobodyReached { post, failed, unsure } => {
                if unsure {
                    self.post_unsure(post);
                }
                self.pages_failed(&failed, turn);
            }
            Told::PostUnsure { post } => self.post_unsure(post),
            Told::PostFailed { post, why } => self.post_failed(post, why, turn),
            Told::PostLimited { post } => self.post_limited(post, turn),
            Told::PostWithdrawn { post } => self.post_withdrawn(post, turn),
            Told::Wrote { by } => self.sign(by, turn),
        }
    }

    fn pages_failed(&mut self, failed: &[(PageId, Unreached)], turn: &mut Turn<'_>) {
        for (page, why) in failed {
            self.page_failed(*page, *why, turn);
        }
    }

    /// A delivery that can never succeed has failed now, and what waits for it moves on.
    pub(super) fn page_failed(&mut self, page: PageId, why: Unreached, turn: &mut Turn<'_>) {
        let known = self.pages.iter_mut().find(|known| known.id == page);
        let Some(failed) = known.filter(|known| !known.failed()) else { return };
        failed.state = PageState::Failed { at: turn.now, why };
        let (contact, channel, way) = (failed.contact.clone(), failed.channel.clone(), failed.way);
        let (display, closed, quiet) = (failed.display.clone(), failed.closed.is_some(), failed.quiet);
        let about: Vec<EngagementId> = failed.reasons.iter().map(|reason| reason.engagement).collect();
        let fact = Fact::PageFailed { contact: display, way, why };
        // Nobody waits for one that is closed; but should the answer be undone, its way has failed all the same.
        if closed {
            turn.note(fact)
        } else {
            turn.tell(fact)
        };
        for engagement in self.engagements.iter_mut().filter(|engagement| about.contains(&engagement.id)) {
            for clock in engagement.clocks.iter_mut().filter(|clock| clock.contact == contact) {
                match (quiet, clock.shown) {
                    (true, true) => clock.fail_every_channel(why, turn.facts),
                    // It got louder meanwhile: they are paged through channels of their own.
                    (true, false) => {}
                    (false, _) => clock.fail_channel(&channel, why),
                }
            }
        }
        self.advance(turn, None);
    }

    /// The message is out and asked these pages' people. One that stopped being wanted on its way is drawn anew.
    fn post_sent(&mut self, post: PostId, asked: &[PageId], turn: &mut Turn<'_>) {
        let Some(sent) = self.posts.iter_mut().find(|known| known.id == post) else { return };
        sent.sent = Some(turn.now);
        let (at, mut questions) = (turn.now, Vec::new());
        for page in self.pages.iter_mut().filter(|page| asked.contains(&page.id) && !page.failed()) {
            page.state = PageState::Sent { at };
            if page.lapses_at.is_some() {
                questions.push(page.id);
                continue;
            }
            let attempt = page.reasons.iter().map(|reason| reason.attempt).max().unwrap_or(1);
            let contact = page.display.clone();
            turn.note(if page.quiet {
                Fact::Shown { contact }
            } else {
                Fact::Paged { contact, way: page.way, attempt }
            });
        }
        for question in questions {
            self.question_sent(question, turn);
        }
        // An answer of others was undone while it was on its way without them.
        let missed = |page: &&Page| page.post == post && page.waits();
        let missed: Vec<PageId> = self.pages.iter().filter(missed).map(|page| page.id).collect();
        self.send_again(&missed, turn);
        // Others of the message had answered before it went.
        self.post_withdrawn(post, turn);
        if self.post(post).is_some_and(|post| !self.open(post)) {
            turn.redraw(post);
        }
    }

    /// It may be out without our knowing: it is not to be dropped quietly any more.
    fn post_unsure(&mut self, post: PostId) {
        for post in self.posts.iter_mut().filter(|known| known.id == post) {
            post.unsure = true;
        }
    }

    /// It was the post's turn and these pages were not wanted any more: not sent, and the timeline says so.
    pub(super) fn post_withdrawn(&mut self, post: PostId, turn: &mut Turn<'_>) {
        let at = turn.now;
        for page in self.pages.iter_mut().filter(|page| page.post == post && page.state == PageState::Queued) {
            page.state = PageState::Stopped { at };
            turn.note(Fact::PageNotSent { contact: page.display.clone(), way: page.way });
        }
    }

    /// Somebody of whom a sign of life would be news.
    pub fn unseen_by(&self, user: UserId) -> bool {
        self.pages.iter().any(|page| page.unseen_by(user))
    }

    /// A sign of life of a person: their pages have been seen.
    pub fn seen(&mut self, by: UserId, at: Timestamp) {
        for page in self.pages.iter_mut().filter(|page| page.unseen_by(by)) {
            page.seen = Some(at);
        }
    }
}
