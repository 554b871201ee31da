//! What an answer kept from being sent is wanted again, because the answer was undone (ENGAGEMENT 16). What has asked its people stays as it
//! is; never decides who is called.

use std::collections::BTreeSet;

use super::page::{Closed, Closing, Page, PageState, Post, PostKind};
use super::{EngagementId, Paging};
use crate::domain::effect::Effect;
use crate::domain::id::{PageId, PostId, Timestamp, UserId};
use crate::domain::turn::Turn;

impl Paging {
    /// What an answer at `closed_at` kept from being sent is wanted again, but by whoever is spared.
    pub(super) fn reopen_unsent(&mut self, closed_at: Timestamp, spare: Option<UserId>, turn: &mut Turn<'_>) {
        let running: Vec<EngagementId> = self.engagements.iter().filter(|e| e.runs()).map(|e| e.id).collect();
        let mut wanted: Vec<PostId> = Vec::new();
        let kept_back = |page: &Page| {
            page.closed.as_ref().is_some_and(|closed| closed.at == closed_at && closed.how.can_be_undone())
                && matches!(page.state, PageState::Queued | PageState::Stopped { .. })
                && page.reasons.iter().any(|reason| running.contains(&reason.engagement))
                && spare != Some(page.user)
        };
        let kept_back: Vec<PageId> = self.pages.iter().filter(|page| kept_back(page)).map(|page| page.id).collect();
        let went_without = |page: &PageId| self.page(*page).is_some_and(|page| self.is_sent(page.post));
        let (without, unsent): (Vec<PageId>, Vec<PageId>) = kept_back.into_iter().partition(went_without);
        for page in self.pages.iter_mut().filter(|page| unsent.contains(&page.id)) {
            (page.state, page.closed) = (PageState::Queued, None);
            wanted.push(page.post);
        }
        self.send_again(&without, turn);
        for post in self.posts.iter_mut().filter(|post| post.sent.is_none()) {
            let of_running =
                matches!(post.kind, PostKind::Fallback { engagement, .. } if running.contains(&engagement));
            let undone = |closed: &Closed| closed.at == closed_at && closed.how.can_be_undone();
            if of_running && post.closed.as_ref().is_some_and(undone) {
                post.closed = None;
                wanted.push(post.id);
            }
        }
        for post in wanted {
            turn.ask(Effect::SendPost { post });
        }
    }

    fn is_sent(&self, post: PostId) -> bool {
        self.post(post).is_some_and(|post| post.sent.is_some())
    }

    /// Pages whose message went out without asking their people, who are wanted after all: each message is sent once more for those.
    pub(super) fn send_again(&mut self, pages: &[PageId], turn: &mut Turn<'_>) {
        let posts: BTreeSet<PostId> = pages.iter().filter_map(|page| self.page(*page)).map(|page| page.post).collect();
        for from in posts {
            let Some(place) = self.post(from).map(|post| post.place) else { continue };
            let (again, at) = (PostId(turn.mint.id()), turn.now);
            let mut fresh = Vec::new();
            for page in self.pages.iter_mut().filter(|page| page.post == from && pages.contains(&page.id)) {
                let (id, state) = (PageId(turn.mint.id()), PageState::Queued);
                fresh.push(Page { id, post: again, state, closed: None, seen: None, ..page.clone() });
                page.state = PageState::Stopped { at };
                page.closed = Some(Closed { at, how: Closing::Repeated });
            }
            let ids = fresh.iter().map(|page| page.id).collect();
            self.pages.extend(fresh);
            self.posts.push(Post::new(again, PostKind::Pages, place, ids, at));
            turn.ask(Effect::SendPost { post: again });
            self.redraw_closed(vec![from], turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Place, Told};
    use super::*;
    use crate::domain::contact::Way;
    use crate::domain::facts::Facts;
    use crate::domain::id::Mint;
    use crate::domain::name::Name;
    use crate::domain::turn::Home;

    fn page(id: i64, post: PostId) -> Page {
        Page {
            id: PageId(id),
            post,
            contact: Name::parse(&format!("c{id}")).unwrap(),
            display: format!("C{id}"),
            user: UserId(id.unsigned_abs()),
            channel: "here".to_owned(),
            way: Way::Mention,
            at: Timestamp::UNIX_EPOCH,
            reasons: Vec::new(),
            state: PageState::Queued,
            closed: None,
            late: None,
            seen: None,
            quiet: false,
            lapses_at: None,
        }
    }

    #[test]
    fn who_is_wanted_again_while_the_message_is_on_its_way_without_them_gets_one_of_their_own() {
        let (post, now) = (PostId(1), Timestamp::UNIX_EPOCH);
        let (asked, missed) = (page(1, post), page(2, post));
        let mut paging = Paging::default();
        paging.posts.push(Post::new(post, PostKind::Pages, Place::Room, vec![asked.id, missed.id], now));
        paging.pages.extend([asked, missed]);

        let facts = Facts::default();
        let mut turn = Turn::new(now, &facts, Mint::new(1_000), None, Home::default());
        paging.told(Told::PostSent { post, asked: vec![PageId(1)], failed: Vec::new() }, &mut turn);

        let waiting: Vec<&Page> = paging.pages.iter().filter(|page| page.waits()).collect();
        let [again] = waiting[..] else { panic!("one page waits, not {waiting:?}") };
        assert_eq!((again.user, again.post != post), (UserId(2), true));
        assert_eq!(
            turn.effects,
            [Effect::SendPost { post: again.post }],
            "and the first message asks on for the other"
        );
        assert_eq!(paging.page(PageId(1)).map(|page| &page.state), Some(&PageState::Sent { at: now }));
    }
}
