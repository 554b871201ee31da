//! The offer of a shift, and the word to whoever offered it that nobody has taken it.

use super::controls::{button, rows};
use super::{Drawn, Pings, Scene, Sound, words};
use crate::app::press::Pressed;
use crate::app::reply::Style;
use crate::app::view::CoverView;

pub fn draw_cover(cover: &CoverView, scene: Scene) -> Drawn {
    let take = || button("I take it", Style::Primary, Pressed::CoverTake { offer: cover.offer });
    let controls: Vec<_> = cover.open.then(take).into_iter().collect();
    let sound = match cover.pings {
        Some(user) => Sound::Loud(Pings { users: vec![user], roles: Vec::new() }),
        None => Sound::Quiet,
    };
    words(&cover.text, rows(&controls), sound, scene)
}
