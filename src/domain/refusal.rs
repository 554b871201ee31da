//! Why the machine says no to a person: typed here, said in `words`.

use super::definition::Kind;
use super::id::{Timestamp, UserId};
use super::incident::Status;
use super::name::Name;
use super::permission::NotAllowed;

/// A refusal changes nothing. Each says, in words, what to do instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    NotAllowed(NotAllowed),
    /// The incident is over: nothing of this can be done to it.
    Over {
        number: i64,
        status: Status,
    },
    /// It is not over: there is nothing to open again.
    OpenAlready {
        number: i64,
        status: Status,
    },
    MitigatedAlready {
        number: i64,
    },
    /// Only what is over can be deleted.
    NotOver {
        number: i64,
        status: Status,
    },
    /// `number` cannot be a duplicate of `of`.
    CannotMerge {
        number: i64,
        of: i64,
        why: NoMerge,
    },
    /// Nobody is being paged.
    NothingToAck {
        number: i64,
    },
    /// They have not acknowledged: nobody asks whether they are still on it.
    NotOnIt {
        number: i64,
    },
    /// There is no acknowledgement of this person to undo.
    NothingToUndo,
    /// Too late to undo.
    UndoExpired {
        what: &'static str,
        minutes: i64,
    },
    /// Nobody is left to wake.
    NobodyToEscalateTo {
        number: i64,
    },
    NoSuchIncident {
        said: Option<String>,
    },
    NoSuchPlan {
        said: String,
        known: Vec<String>,
    },
    NoSuchEngagement {
        said: String,
        known: Vec<String>,
    },
    /// Somebody else changed the summary since this person's form was opened.
    SummaryConflict {
        theirs: String,
        yours: String,
        by: Option<UserId>,
    },
    /// A text is empty or too long.
    BadText {
        field: &'static str,
        max: usize,
        length: usize,
    },
    BadValue {
        field: &'static str,
        said: String,
        right: String,
    },
    /// There is no other incident that this one could be a duplicate of.
    NothingToMergeWith {
        number: i64,
    },
    /// What was written into a form is not kept any more.
    FormForgotten,
    /// Nothing in the command says what to change.
    NothingToChange,
    TooManyDeclarations {
        max: usize,
        minutes: i64,
    },
    Contact(ContactRefusal),
    Call(CallRefusal),
    OnCall(OnCallRefusal),
    /// A button of another time or place.
    StaleButton,
    NoSuchDefinition {
        kind: Kind,
        said: String,
        /// Of this kind.
        known: Vec<String>,
    },
    NoSuchVersion {
        kind: Kind,
        name: Name,
        number: i64,
    },
    /// A change of set-up that was shown too long ago, or before a restart.
    ProposalGone,
}

/// Of contacts, their channels and tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactRefusal {
    NoSuchContact {
        said: String,
        known: Vec<String>,
    },
    NoSuchContactChannel {
        said: String,
        known: Vec<String>,
    },
    /// Whoever the contact is has left the server.
    ContactGone {
        name: String,
    },
    /// None of the contact channels that are meant can be tested now, from here.
    NothingToTest {
        name: String,
        muted: Vec<String>,
        need_room: Vec<String>,
    },
    /// What could be tested are addresses that nobody has proved.
    NotVerified {
        name: String,
        channels: Vec<String>,
    },
    /// There is nothing of theirs to prove.
    NothingToVerify,
    /// A test page of somebody else.
    NotYourTest {
        name: String,
    },
    /// A test page can be answered for a quarter of an hour.
    TestOver,
    TooManyTests {
        max: i64,
        minutes: i64,
    },
    /// The person is no contact of this server.
    NotAContact,
    /// Not in a direct message.
    NotHere,
    /// Typed in a direct message, by a contact of so many servers.
    WhichServer {
        known: usize,
    },
}

/// Of schedules, overrides and offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnCallRefusal {
    NoSuchRotation {
        said: String,
        known: Vec<String>,
    },
    NoSuchOverride {
        said: String,
    },
    /// Clocks skip this local time.
    Skipped {
        said: String,
        zone: String,
        /// The first local time after it.
        right: String,
    },
    /// It would end before it begins, or has ended.
    Past {
        from: Timestamp,
        until: Timestamp,
    },
    TooFar {
        days: i64,
    },
    /// It would be in so many pieces.
    TooManyPieces {
        max: usize,
    },
    TooManyMembers {
        max: usize,
    },
    /// The person has no shift in that time.
    NotOnCall {
        from: Timestamp,
        until: Timestamp,
    },
    /// Somebody else is meant than those on call.
    NotInPlace {
        name: String,
    },
    OnCallAlready {
        schedule: String,
        until: Option<Timestamp>,
    },
    /// Of this time or a part of it.
    OfferedAlready {
        schedule: String,
    },
    TooManyOffers {
        max: usize,
    },
    /// A preview of too long ago.
    PreviewGone,
    SavedAlready,
    OfferGone,
    /// Only whose shift it is may take an offer back.
    NotYourOffer,
}

impl From<OnCallRefusal> for Refusal {
    fn from(why: OnCallRefusal) -> Refusal {
        Refusal::OnCall(why)
    }
}

impl From<ContactRefusal> for Refusal {
    fn from(why: ContactRefusal) -> Refusal {
        Refusal::Contact(why)
    }
}

/// Of calling somebody by hand, and of answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallRefusal {
    /// Nobody and nothing that can be called has this name. `like`: what there is, such as `contact ana`.
    Nobody {
        said: String,
        like: Vec<String>,
    },
    /// Several have this name: each as it can be written.
    WhichOne {
        said: String,
        like: Vec<String>,
    },
    /// A member of the server who is no contact.
    NoContact {
        name: String,
    },
    /// The same is being called and nobody has answered. `number`: in this incident.
    CalledAlready {
        title: String,
        since: Timestamp,
        number: Option<i64>,
    },
    /// The call has ended.
    CallOver,
    NobodyToEscalateTo,
    TooManyPages {
        max: usize,
        minutes: i64,
    },
    /// No open page of theirs.
    NothingToAnswer,
    /// Not a code of theirs, or of nobody's: which of the two is not said.
    NotYourCode,
    /// Too many wrong codes.
    TooManyCodes {
        until: Timestamp,
    },
}

impl From<CallRefusal> for Refusal {
    fn from(why: CallRefusal) -> Refusal {
        Refusal::Call(why)
    }
}

/// Why two incidents cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoMerge {
    Itself,
    /// The other one is over: its alerts would reach nobody there.
    Over {
        status: Status,
    },
    /// The other one is itself a duplicate, in the end of this one.
    Duplicate {
        of: i64,
    },
    /// This one is private and the other is not: its alerts would be seen by people who may not.
    Leaks,
}
