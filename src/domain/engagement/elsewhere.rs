//! Posts that cannot go where they were meant for: there is no room, or Discord takes nothing there for too long. Whom they
//! call is called in a direct message, once; never decides who is called.

use super::Paging;
use super::page::{FallbackCall, Page, Place, Post, PostKind};
use crate::domain::effect::Effect;
use crate::domain::id::{PageId, PostId};
use crate::domain::timeline::Unreached;
use crate::domain::turn::Turn;

impl Paging {
    /// There will be no room: mentions that wait for one become direct messages.
    pub fn send_directly(&mut self, turn: &mut Turn<'_>) {
        let waiting = self.posts.iter().filter(|post| post.place == Place::Room && post.sent.is_none());
        for post in waiting.map(|post| post.id).collect::<Vec<_>>() {
            let pages = self.post(post).map(|post| post.pages.clone()).unwrap_or_default();
            self.move_pages(post, &pages, turn);
            self.call_directly(post, turn);
        }
    }

    /// Whether a post that is limited where it goes is better given up there: its people are reached by another way.
    ///
    /// A call of the fallback that is said elsewhere too, or names no person, waits until the limit is over.
    pub fn has_another_way(&self, post: PostId) -> bool {
        let Some(post) = self.post(post).filter(|post| post.sent.is_none() && self.open(post)) else { return false };
        match &post.kind {
            PostKind::Pages => true,
            PostKind::Fallback { call: FallbackCall::Person { .. }, .. } => {
                post.place == Place::Room && !self.called_elsewhere(post)
            }
            PostKind::Fallback { .. } => false,
        }
    }

    /// The same call goes to another place as well.
    fn called_elsewhere(&self, post: &Post) -> bool {
        self.posts.iter().any(|other| other.id != post.id && other.kind == post.kind && other.closed.is_none())
    }

    /// Discord takes nothing there for too long: mentions become direct messages now, a direct message has failed. What may be
    /// out although the answer was lost is repeated all the same: unsure whether somebody was paged, page again.
    pub(super) fn post_limited(&mut self, id: PostId, turn: &mut Turn<'_>) {
        let Some(post) = self.post(id).filter(|post| post.sent.is_none()) else { return };
        let place = post.place;
        let waiting: Vec<PageId> = self.pages_of(post).filter(|page| page.waits()).map(|page| page.id).collect();
        if !matches!(place, Place::Room | Place::Announcement { .. }) {
            return self.limited_pages_failed(waiting, turn);
        }
        let mut twice = Vec::new();
        for page in waiting {
            match self.page(page).is_some_and(|page| self.has_direct(page)) {
                true => twice.push(page),
                false => self.move_pages(id, &[page], turn),
            }
        }
        self.call_directly(id, turn);
        self.post_withdrawn(id, turn);
        self.limited_pages_failed(twice, turn);
    }

    fn limited_pages_failed(&mut self, pages: Vec<PageId>, turn: &mut Turn<'_>) {
        for page in pages {
            self.page_failed(page, Unreached::Limited, turn);
        }
    }

    /// They get a direct message about the same moment, or a newer one.
    fn has_direct(&self, page: &Page) -> bool {
        self.pages.iter().any(|other| {
            let direct = self.post(other.post).is_some_and(|post| matches!(post.place, Place::Direct { .. }));
            let asks = other.closed.is_none() && !other.failed();
            direct && asks && other.id != page.id && other.user == page.user && other.at >= page.at
        })
    }

    /// Each of these pages of a post becomes a direct message of its own.
    fn move_pages(&mut self, from: PostId, moved: &[PageId], turn: &mut Turn<'_>) {
        for post in self.posts.iter_mut().filter(|post| post.id == from) {
            post.pages.retain(|page| !moved.contains(page));
        }
        for page in self.pages.iter_mut().filter(|page| moved.contains(&page.id)) {
            page.post = PostId(turn.mint.id());
            self.posts.push(Post::new(
                page.post,
                PostKind::Pages,
                Place::Direct { user: page.user },
                vec![page.id],
                page.at,
            ));
            turn.ask(Effect::SendPost { post: page.post });
        }
    }

    /// A call of one person becomes a direct message.
    fn call_directly(&mut self, post: PostId, turn: &mut Turn<'_>) {
        for post in self.posts.iter_mut().filter(|known| known.id == post) {
            if let PostKind::Fallback { call: FallbackCall::Person { user }, .. } = post.kind {
                post.place = Place::Direct { user };
                turn.ask(Effect::SendPost { post: post.id });
            }
        }
    }
}
