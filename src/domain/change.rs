//! Change sources: deploys and other changes that are listed as findings of an incident.

use serde::{Deserialize, Serialize};

use super::id::ChannelId;
use super::reference::Ref;
use super::source::Author;
use super::span::Span;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeSource {
    pub channel: Ref<ChannelId>,
    pub author: Author,
    /// A regular expression over the message; its group `title`, where it has one, is what is listed.
    #[serde(rename = "match")]
    pub pattern: String,
    /// How long before an incident a change is a finding of it.
    pub window: Span,
}
