//! Every sentence for people: short, no blame, the next step included. Pure: knows no surface and no clock.
//!
//! Same nouns as in `domain`. Untrusted words stand in pieces of their own ([`Text`]), never inside ours.

pub mod definition;
mod incident;
mod page;
mod refusal;
mod source;
mod span;
mod text;
mod timeline;

pub use incident::{Headline, ListRow, announcement, history, list, suggest_resolve};
pub use page::{Path, closed, page_why, public_page, still_called};
pub use refusal::{fault, not_saved, refusal};
pub use source::source_note;
pub use span::lasting;
pub use text::{Piece, Text};
pub use timeline::{are_called, entry, line, unreached};
