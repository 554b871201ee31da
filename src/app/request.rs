//! Requests: what people ask, as `discord` understood them. A request may arrive twice; its key makes it one.

use std::sync::Arc;

use super::form::NewForm;
use super::handoff::HandOver;
use super::{contact, definition, oncall, page, plan, setup};
use crate::domain::definition::Kind;
use crate::domain::id::{ChannelId, GuildId, IncidentId, MessageId, PostId};
use crate::domain::impact::Impact;
use crate::domain::incident::{self, Status};
use crate::domain::name::Name;
use crate::domain::permission::Person;
use crate::domain::survey::Survey;

/// One request of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub guild: GuildId,
    pub by: Person,
    /// Where it was typed or pressed.
    pub channel: Option<ChannelId>,
    /// Unique to what the person did, the same when it is delivered again: `i:<interaction id>`, `r:<message>:<user>:<emoji>`.
    pub key: String,
    pub ask: Ask,
    /// The guild as Discord showed it just now, where [`App::wants`](super::App::wants) asked for it and Discord answered.
    pub survey: Option<Arc<Survey>>,
}

/// Which incident is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one whose room this is; elsewhere the person is asked.
    Here,
    Number(i64),
    Id(IncidentId),
    /// The one that this post of ours belongs to.
    Post(PostId),
    /// The one that this message of ours belongs to (reactions).
    Message(MessageId),
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    New(NewIncident),
    /// Something about one incident.
    On(Which, incident::Ask),
    /// Stop an engagement, named by its id or its title, in the incident of this room.
    Stop {
        engagement: String,
        reason: String,
    },
    /// Acknowledge by a reaction: counts for the page that the message is; of others it does nothing.
    /// `live`: just now, and counts even if it did before (it was taken back, or the acknowledgement was undone); caught up,
    /// it counts only if it never did.
    Sign {
        message: MessageId,
        live: bool,
    },
    List(Filter),
    Show(Which),
    Timeline(Which),
    /// Who was pulled in, by which path, and what came of each page.
    Engagements(Which),
    /// Add to the timeline; `at` in the person's or the guild's own zone.
    AddToTimeline {
        which: Which,
        text: String,
        at: Option<When>,
    },
    /// Open a form.
    FormUpdate(Which),
    FormResolve(Which),
    FormCancel(Which),
    FormNew,
    /// The form of a new incident as it was sent.
    NewWritten(NewForm),
    /// Open it again with what was written: the request that could not be carried out waits under this key.
    CorrectNew {
        asked: u64,
    },
    /// It is a duplicate of another one; `of` none: the person is asked of which.
    Duplicate {
        which: Which,
        of: Option<Which>,
    },
    /// Delete it for good: asked before.
    Delete(Which),
    /// Everything of mine that is open; with a code, as it was typed, the page that it stands for.
    Ack(Option<String>),
    Page(page::Ask),
    Plan(plan::Ask),
    Contact(contact::Ask),
    OnCall(oncall::Ask),
    Config(definition::Ask),
    Setup(setup::Ask),
    Doctor,
    /// `known`: the words of every command that can be typed, such as `incident ack`.
    Help {
        known: Vec<String>,
    },
    /// Move what somebody leads whose shift has ended to who came for them.
    HandOver(HandOver),
    /// The answer to "which incident?": the request that asked waits under this key.
    Chosen {
        asked: u64,
        incident: IncidentId,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewIncident {
    pub plan: Option<Name>,
    pub title: Option<String>,
    pub impact: Option<Impact>,
    pub summary: Option<String>,
    pub private: Option<bool>,
    pub drill: bool,
}

/// A time as a person wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Ago(crate::domain::span::Span),
    /// Today, or yesterday where that would be in the future; in the zone of the person or guild.
    Clock(crate::domain::span::TimeOfDay),
    Local(chrono::NaiveDateTime),
}

/// Which incidents to list; what is none does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// None: what is not over.
    pub status: Option<Status>,
    pub impact: Option<Impact>,
    pub plan: Option<Name>,
    pub since: Option<crate::domain::span::Span>,
    pub label: Option<(String, String)>,
}

/// What somebody may complete an option with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completing {
    Incident,
    Plan,
    Engagement,
    Contact,
    /// Whom `/page` can call.
    Who,
    Schedule,
    /// Of a schedule.
    Rotation(Name),
    /// Contacts, one after the other: what stands before the one being typed.
    Members(String),
    /// One that has not ended.
    Override,
    /// The contact channels of whoever types.
    OwnChannel,
    /// The name of a definition.
    Definition(Kind),
    /// The number of a version.
    Version(Kind, Name),
}
