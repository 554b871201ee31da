//! Change sources: deploys and other changes that are listed as findings of an incident.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::ChannelId;
use super::reference::Ref;
use super::source::Author;
use super::source::PATTERN_MAX;
use super::span::Span;
use super::written::{Pattern, between};

/// Longest time before an incident that a change can matter.
pub const WINDOW_MAX: Span = Span::secs(7 * 86_400);

/// Messages about deploys and other changes, listed as findings of incidents that follow them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSource {
    /// Where the messages are posted.
    pub channel: Ref<ChannelId>,
    /// Who posts them.
    pub author: Author,
    /// What a message of a change matches; the group `title`, where it has one, is what is listed.
    #[serde(rename = "match")]
    #[schemars(with = "Pattern", length(max = PATTERN_MAX))]
    pub pattern: String,
    /// How long before an incident a change is a finding of it.
    #[schemars(extend("x-range" = between(Span::mins(1), WINDOW_MAX)))]
    pub window: Span,
}
