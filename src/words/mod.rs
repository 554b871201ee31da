//! Every sentence for people: short, no blame, the next step included. Pure: knows no surface and no clock.
//!
//! Same nouns as in `domain`. Untrusted words stand in pieces of their own ([`Text`]), never inside ours.

mod alarm;
mod call;
pub mod contact;
pub mod cover;
pub mod definition;
mod doctor;
mod engagement;
pub mod handoff;
mod health;
mod help;
mod incident;
pub mod oncall;
mod page;
mod plan;
mod preview;
mod refusal;
mod setup;
mod source;
mod span;
mod text;
mod timeline;
mod welcome;

pub use alarm::alarm;
pub use call::{
    asked_by, call_acked, call_acked_before, call_card_head, call_escalated, call_fallback_next, call_for_fallback,
    call_head, call_offer_take, call_restored, call_stopped, call_unacked, call_unanswered, called,
};
pub use doctor::{FITS_A_MESSAGE, ability, ability_for, diagnosis, finding, invite_link, no_survey};
pub use engagement::{PathLine, Receipts, Traced, engagements};
pub use health::{alarm_down, alarm_over, trouble};
pub use help::{Elsewhere, HelpLine, InRoom, help_elsewhere, help_in_private, help_in_room};
pub use incident::{Headline, ListRow, announcement, history, list, suggest_resolve};
pub use page::{
    Path, closed, page_why, public_answer, public_call, public_drill, public_head, public_plan, public_text,
    spoken_page, still_called, still_on_it, without_ping,
};
pub use plan::{plan_list, plan_shown};
pub use preview::preview;
pub use refusal::{REMOVED, disk_full, fault, fault_unknown, kept_after_all, not_saved, panicked, refusal};
pub use setup::{
    setup_checklist, setup_day, setup_drill, setup_finished, setup_local, setup_note, setup_question, setup_standing,
    setup_step,
};
pub use source::source_note;
pub use span::lasting;
pub use text::{Piece, Text};
pub use timeline::{are_called, entry, line, not_reached, unreached};
pub use welcome::welcome;
