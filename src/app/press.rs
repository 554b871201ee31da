//! What a press on one of our buttons, selects or forms means: `v1:verb:id…`, at most 100 characters. Decides nothing about it.
//!
//! An id lives as long as its message, and anybody can forge one: it says what was pressed, never that it is allowed or
//! still makes sense. A verb is never reused for another meaning; when the parts of one change, it gets a new name.

use std::fmt;
use std::str::{FromStr, Split};

use crate::domain::id::{CallId, CoverId, EventId, GuildId, IncidentId, PostId, ScheduleId, UserId};
use crate::domain::impact::Impact;

/// Longest custom id Discord takes: <https://discord.com/developers/docs/components/reference#custom-id>.
pub const LEN_MAX: usize = 100;

const VERSION: &str = "v1";

/// What asked first: its request, or the change it proposed, waits under this key until the answer arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InteractionId(pub u64);

/// The id is not one that this version writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadId {
    #[error("This is from another version of Muster. Use the newest message, or type the command.")]
    OldOrForged,
    #[error("This version of Muster does not know what to do with that. Use the newest message, or type the command.")]
    UnknownVerb,
    #[error("This does not say what it belongs to. Use the newest message, or type the command.")]
    BadParts,
}

/// Reads the custom id of a component or form.
///
/// # Errors
/// [`BadId`], a sentence for the person who pressed.
pub fn parse(text: &str) -> Result<Pressed, BadId> {
    let mut parts = text.split(':');
    if parts.next() != Some(VERSION) {
        return Err(BadId::OldOrForged);
    }
    let pressed = Pressed::read(parts.next().unwrap_or_default(), &mut parts)?;
    // One meaning, one text: a sign, a leading zero or a part too many is somebody else's work.
    if pressed.to_string() == text { Ok(pressed) } else { Err(BadId::BadParts) }
}

/// One table holds every verb: the enum, its text and its reading come from it, so none can be forgotten.
macro_rules! pressed {
    ($($(#[$doc:meta])* $verb:literal => $name:ident { $($(#[$part_doc:meta])* $part:ident: $kind:ty),* $(,)? }),* $(,)?) => {
        /// What was pressed, chosen or sent.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Pressed {
            $($(#[$doc])* $name { $($(#[$part_doc])* $part: $kind),* }),*
        }

        impl Pressed {
            /// Every verb there is: for a table that must not forget one.
            pub const VERBS: &[&str] = &[$($verb),*];

            fn read(verb: &str, parts: &mut Split<'_, char>) -> Result<Pressed, BadId> {
                match verb {
                    $($verb => Ok(Pressed::$name { $($part: number(parts.next()).map(<$kind>::from_part)?),* }),)*
                    _ => Err(BadId::UnknownVerb),
                }
            }

            #[cfg(test)]
            fn every(part: i64) -> Vec<Pressed> {
                vec![$(Pressed::$name { $($part: <$kind>::from_part(part)),* }),*]
            }
        }

        impl fmt::Display for Pressed {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Pressed::$name { $($part),* } => {
                        write!(f, "{VERSION}:{}", $verb)?;
                        $(write!(f, ":{}", $part.part())?;)*
                        Ok(())
                    }),*
                }
            }
        }
    };
}

pressed! {
    /// A page's button **Acknowledge**.
    "ack" => Ack { post: PostId },
    /// A page's grey button **Escalate now**: asks whom to wake.
    "escalate" => EscalateAsk { post: PostId },
    /// "Wake Ben and Cleo now?" Yes.
    "escalate-yes" => EscalateYes {
        incident: IncidentId,
        /// The page it was asked at; 0: all that the incident pages.
        post: PostId,
    },
    /// "Take INC-42? Paging of Ana stops." Yes, asked at one page.
    "take" => Take { post: PostId },
    /// The same, asked at `/incident ack`: every engagement nobody has acknowledged.
    "take-all" => TakeAll { incident: IncidentId },
    /// **Undo** on the private answer to an acknowledgement.
    "undo-ack" => Undo { incident: IncidentId, ack: EventId },
    /// **Still on it**, asked of an acknowledger who has been silent.
    "still-on-it" => StillOnIt { incident: IncidentId },
    /// **Leave it** on a private question: nothing changes.
    "dismiss" => Dismiss {},
    /// The card's button **Acknowledge**.
    "card-ack" => CardAck { incident: IncidentId },
    /// The card's button **Update**: opens the form.
    "card-update" => CardUpdate { incident: IncidentId },
    /// The card's button **Resolve**: opens the form.
    "card-resolve" => CardResolve { incident: IncidentId },
    /// The card's select **More …**; the value chosen says what.
    "card-more" => CardMore { incident: IncidentId },
    /// A select of the five impacts; the value chosen is the number.
    "impact" => ImpactSelect { incident: IncidentId },
    /// "Which incident?" A select; the value chosen is the incident.
    "which" => WhichIncident { asked: InteractionId },
    /// The form of `/incident new` without options.
    "form-new" => FormNew {},
    /// The form of an update.
    "form-update" => FormUpdate {
        incident: IncidentId,
        /// Of the summary the form was filled with: if it changed since, the person sees both.
        summary_version: i64,
    },
    /// The form of resolving, with its one optional sentence.
    "form-resolve" => FormResolve { incident: IncidentId },
    /// **Correct it** on the answer to that form: opens it again with what was written.
    "correct-new" => CorrectNew { asked: InteractionId },
    /// The form of a false alarm, with its reason.
    "form-cancel" => FormCancel { incident: IncidentId },
    /// "Of which incident is INC-42 a duplicate?" A select; the value chosen is the other incident.
    "duplicate-of" => DuplicateOf { incident: IncidentId },
    /// The card's button **Reopen**, once it is over.
    "card-reopen" => CardReopen { incident: IncidentId },
    /// **Start the plan** on the answer to opening it again.
    "start-plan" => StartPlan { incident: IncidentId },
    /// "Delete INC-42 for good?" Yes.
    "delete-yes" => DeleteYes { incident: IncidentId },
    /// **Undo** on the answer to resolving.
    "undo-resolve" => UndoResolve { incident: IncidentId },
    /// The card of a call: **Acknowledge**.
    "call-ack" => CallAck { call: CallId },
    /// "Take this call?" Yes.
    "call-take" => CallTake { call: CallId },
    /// **Undo** on the private answer to that.
    "call-undo" => CallUndo { call: CallId, ack: EventId },
    /// **Escalate now** on the card of a call: asks whom to wake.
    "call-escalate" => CallEscalate { call: CallId },
    /// "Wake Ben now?" Yes, of a call.
    "call-escalate-yes" => CallEscalateYes { call: CallId },
    /// **Stop** on the card of a call: opens the form.
    "call-stop" => CallStop { call: CallId },
    /// The form that stops a call, with its one optional sentence.
    "form-call-stop" => FormCallStop { call: CallId },
    /// The form of **Page this person**, with its one optional sentence.
    "form-page" => FormPage { user: UserId },
    /// The guided path: show this question as things are now. Steps are numbered in `domain::setup`.
    "setup-at" => SetupAt { step: i64 },
    /// Pass over a question: what it asks for stays as it is.
    "setup-past" => SetupPast { step: i64 },
    /// A select of the questions; the value chosen is the step's number.
    "setup-change" => SetupChange {},
    /// Roles that answer a question.
    "setup-roles" => SetupRoles { step: i64 },
    /// Channels or a category that answer a question.
    "setup-places" => SetupPlaces { step: i64 },
    /// A select of time zones; the value chosen is the IANA name.
    "setup-zone" => SetupZone {},
    /// **Other …**: opens the form for a time zone.
    "setup-zone-other" => SetupZoneOther {},
    /// The form for a time zone.
    "setup-zone-typed" => SetupZoneTyped {},
    /// People who can be paged from now on.
    "setup-people" => SetupPeople {},
    /// **Test again**: whoever has not answered gets another test page.
    "setup-test" => SetupTest {},
    /// The day of the hand-off, at the hour chosen so far: the question is asked anew. Days count from Monday, 0.
    "setup-day" => SetupDay { hour: i64 },
    /// The hour of the hand-off, on the day chosen so far.
    "setup-hour" => SetupHour { day: i64 },
    /// Everybody takes turns.
    "setup-turns-all" => SetupTurnsAll { day: i64, hour: i64 },
    /// These people take turns, in this order.
    "setup-turns" => SetupTurns { day: i64, hour: i64 },
    /// The plan that is proposed.
    "setup-plan" => SetupPlan {},
    /// A select of plans; the value chosen is the name of the one that becomes the default.
    "setup-default" => SetupDefault {},
    /// Opens the drill.
    "setup-drill" => SetupDrill {},
    /// **Test me** of `/contact me`; in a direct message Discord does not say which guild is meant.
    "contact-test" => ContactTest { guild: GuildId },
    /// The select of `/contact me` that mutes one's own contact channel; the value chosen says which.
    "contact-mute" => ContactMute { guild: GuildId },
    /// **Unmute** below a mute: takes back all of one's own.
    "contact-unmute" => ContactUnmute { guild: GuildId },
    /// **Enter the code** of an address that was added in chat: opens the form.
    "contact-verify" => ContactVerify { guild: GuildId },
    /// That form.
    "form-code" => FormCode { guild: GuildId },
    /// The form that takes a definition; what was in force when it was opened.
    "form-definition" => FormDefinition { since: i64 },
    /// **Put in force**, below a change of set-up that was shown.
    "definition-yes" => ConfirmDefinition { asked: InteractionId },
    /// **Correct it**: opens the form with what was typed.
    "definition-form" => CorrectDefinition { asked: InteractionId },
    /// **Save**, below a change of who is on call that was shown.
    "oncall-save" => OverrideSave { asked: InteractionId },
    /// "Whose place do you take?" A select; the value chosen is the name of a contact.
    "oncall-place" => TakeFrom { asked: InteractionId },
    /// **I take it**, below the offer of a shift.
    "cover-take" => CoverTake { offer: CoverId },
    /// **Take it back**, on the private answer to an offer.
    "cover-back" => CoverBack { offer: CoverId },
    /// **Move them to Ben**, on the notice of a hand-off.
    "hand-over" => HandOver {
        schedule: ScheduleId,
        /// Which hand-off, in µs.
        at: i64,
        /// Which of those who left, counted from 0.
        place: i64,
    },
}

/// What the card's select **More …** offers; its text is the value of the choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// Asks whom to wake, like the button of a page.
    Escalate,
    Mitigate,
    /// Opens a form for the reason.
    FalseAlarm,
    /// Asks of which one.
    Duplicate,
    Impact(Impact),
}

impl fmt::Display for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            More::Escalate => f.write_str("escalate"),
            More::Mitigate => f.write_str("mitigate"),
            More::FalseAlarm => f.write_str("false-alarm"),
            More::Duplicate => f.write_str("duplicate"),
            More::Impact(impact) => write!(f, "impact:{}", impact.number()),
        }
    }
}

impl More {
    /// Reads the value of a choice.
    ///
    /// # Errors
    /// [`BadId`] for what this version does not offer.
    pub fn parse(value: &str) -> Result<More, BadId> {
        let plain = [More::Escalate, More::Mitigate, More::FalseAlarm, More::Duplicate];
        let all = Impact::ALL.into_iter().map(More::Impact).chain(plain);
        all.into_iter().find(|more| more.to_string() == value).ok_or(BadId::UnknownVerb)
    }
}

/// What a part of a custom id stands for. All parts are numbers from 0 to `i64::MAX`.
trait Part {
    fn from_part(number: i64) -> Self;
    fn part(&self) -> i64;
}

fn number(part: Option<&str>) -> Result<i64, BadId> {
    part.and_then(|text| i64::from_str(text).ok()).filter(|number| *number >= 0).ok_or(BadId::BadParts)
}

impl Part for i64 {
    fn from_part(number: i64) -> i64 {
        number
    }

    fn part(&self) -> i64 {
        *self
    }
}

macro_rules! parts {
    ($($name:ident),*) => {$(
        impl Part for $name {
            fn from_part(number: i64) -> $name {
                $name(number)
            }

            fn part(&self) -> i64 {
                self.0
            }
        }
    )*};
}

parts!(CallId, CoverId, EventId, IncidentId, PostId, ScheduleId);

impl Part for UserId {
    fn from_part(number: i64) -> UserId {
        UserId(number.unsigned_abs())
    }

    /// Snowflakes have 63 bits until the year 2084.
    fn part(&self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl Part for GuildId {
    fn from_part(number: i64) -> GuildId {
        GuildId(number.unsigned_abs())
    }

    /// Snowflakes have 63 bits until the year 2084.
    fn part(&self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl Part for InteractionId {
    fn from_part(number: i64) -> InteractionId {
        InteractionId(number.unsigned_abs())
    }

    /// Snowflakes have 63 bits until the year 2084.
    fn part(&self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_id_fits_and_reads_back() {
        for part in [0, 1, 3_700_000_000_000_000_001, i64::MAX] {
            let all = Pressed::every(part);
            for pressed in &all {
                let text = pressed.to_string();
                assert!(text.len() <= LEN_MAX, "{text} has {} characters", text.len());
                assert_eq!(parse(&text), Ok(*pressed), "{text}");
            }
            let texts: BTreeSet<_> = all.iter().map(Pressed::to_string).collect();
            assert_eq!(texts.len(), all.len(), "two verbs are alike");
        }
    }

    /// Buttons out there carry these texts: a change here breaks them.
    #[test]
    fn ids_in_old_messages_keep_their_meaning() {
        let incident = IncidentId(7);
        let rows = [
            ("v1:ack:5", Pressed::Ack { post: PostId(5) }),
            ("v1:escalate-yes:7:8", Pressed::EscalateYes { incident, post: PostId(8) }),
            ("v1:escalate-yes:7:0", Pressed::EscalateYes { incident, post: PostId(0) }),
            ("v1:form-update:7:3", Pressed::FormUpdate { incident, summary_version: 3 }),
            (
                "v1:which:1234567890123456789",
                Pressed::WhichIncident { asked: InteractionId(1_234_567_890_123_456_789) },
            ),
            ("v1:contact-test:9", Pressed::ContactTest { guild: GuildId(9) }),
            ("v1:dismiss", Pressed::Dismiss {}),
        ];
        for (text, pressed) in rows {
            assert_eq!(parse(text), Ok(pressed));
        }
    }

    #[test]
    fn choices_of_the_card_read_back() {
        for (value, more) in [("escalate", More::Escalate), ("impact:1", More::Impact(Impact::Critical))] {
            assert_eq!(More::parse(value), Ok(more));
            assert_eq!(more.to_string(), value);
        }
        for forged in ["", "impact", "impact:0", "impact:6", "impact:01", "delete"] {
            assert_eq!(More::parse(forged), Err(BadId::UnknownVerb), "{forged}");
        }
    }

    #[test]
    fn old_and_forged_ids_are_refused() {
        let rows = [
            ("", BadId::OldOrForged),
            ("v0:ack:5", BadId::OldOrForged),
            ("V1:ack:5", BadId::OldOrForged),
            ("ack:5", BadId::OldOrForged),
            ("v1", BadId::UnknownVerb),
            ("v1:", BadId::UnknownVerb),
            ("v1:page:5", BadId::UnknownVerb),
            ("v1:ACK:5", BadId::UnknownVerb),
            ("v1:ack", BadId::BadParts),
            ("v1:ack:", BadId::BadParts),
            ("v1:ack:five", BadId::BadParts),
            ("v1:ack:-5", BadId::BadParts),
            ("v1:ack:+5", BadId::BadParts),
            ("v1:ack:05", BadId::BadParts),
            ("v1:ack:5:6", BadId::BadParts),
            ("v1:ack:9223372036854775808", BadId::BadParts),
            ("v1:dismiss:", BadId::BadParts),
        ];
        for (text, why) in rows {
            assert_eq!(parse(text), Err(why), "{text}");
        }
    }

    fn verbs() -> impl Strategy<Value = String> {
        let texts: Vec<String> =
            Pressed::every(1).iter().map(|pressed| pressed.to_string().replace(":1", "")).collect();
        proptest::sample::select(texts)
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_the_same(text in ".*") {
            prop_assert!(parse(&text).map_or(true, |pressed| pressed.to_string() == text));
        }

        #[test]
        fn whatever_follows_a_verb_is_read_exactly_or_refused(verb in verbs(), rest in "(:[-+0-9]{0,20}){0,4}") {
            let text = verb + &rest;
            prop_assert!(parse(&text).map_or_else(|why| why == BadId::BadParts, |pressed| pressed.to_string() == text));
        }

        #[test]
        fn any_numbers_read_back(part in 0..=i64::MAX) {
            for pressed in Pressed::every(part) {
                prop_assert_eq!(parse(&pressed.to_string()), Ok(pressed));
            }
        }
    }
}
