//! What the doctor says: what is the matter, where, and what to do about it; worst first, as much as fits a phone.

use super::text::{Piece, Text};
use super::timeline::unreached;
use crate::domain::doctor::uses::Use;
use crate::domain::doctor::{Diagnosis, Finding, NeededBy, Sender, Severity, Trouble};
use crate::domain::id::{ChannelId, RoleId};
use crate::domain::survey::{Abilities, Ability, CHANNELS_MAX, CHILDREN_MAX};
use crate::domain::timeline::Unreached;

/// Room of a message: <https://discord.com/developers/docs/resources/message#create-message>, less what the last line needs.
pub const FITS_A_MESSAGE: usize = 1_900;
/// Of a name that somebody chose, in characters: enough to know it by.
const NAME_MAX: usize = 40;
/// Uses of one thing that are told; more are counted.
const USES_MAX: usize = 3;
/// Drawn length of a mention, at most: `<@&` and 20 digits and `>`.
const MENTION: usize = 24;

/// All that was found, until `room` characters are full: what is left is counted. Nothing found: what was looked at.
pub fn diagnosis(diagnosis: &Diagnosis, room: usize) -> Text {
    if diagnosis.findings.is_empty() {
        return nothing_found(diagnosis);
    }
    let mut text = summary(diagnosis);
    let mut left = diagnosis.findings.len();
    let mut under = None;
    for finding in &diagnosis.findings {
        let mut next = Text::new();
        if under != Some(finding.severity) {
            next = next.line().strong(heading(finding.severity));
        }
        next = next.line().ours("• ").join(self::finding(finding));
        if weight(&text) + weight(&next) > room {
            break;
        }
        text = text.join(next);
        under = Some(finding.severity);
        left -= 1;
    }
    match left {
        0 => text,
        left => text.line().ours(format!("… and {left} more. Mend these first, then look again.")),
    }
}

/// Discord did not show the guild.
pub fn no_survey() -> Text {
    Text::from("Discord did not show this server just now, so nothing could be examined. Try again in a minute.")
}

fn nothing_found(diagnosis: &Diagnosis) -> Text {
    let Diagnosis { channels, roles, people, .. } = diagnosis;
    let looked_at = [(*channels, "channel"), (*roles, "role"), (*people, "contact")].map(|(n, word)| counted(n, word));
    let [channels, roles, people] = looked_at;
    Text::from(format!(
        "All is well: nothing keeps a page from its person. Looked at what Muster may do here, {channels}, {roles} and {people}."
    ))
}

fn summary(diagnosis: &Diagnosis) -> Text {
    let of = |severity| diagnosis.findings.iter().filter(|finding| finding.severity == severity).count();
    let parts = [
        (of(Severity::StopsPaging), "stops paging", "stop paging"),
        (of(Severity::Degrades), "works worse than set up", "work worse than set up"),
        (of(Severity::Advice), "to consider", "to consider"),
    ];
    let said = parts.iter().filter(|(count, ..)| *count > 0);
    let said = said.map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }));
    Text::from(said.collect::<Vec<_>>().join(" · "))
}

fn heading(severity: Severity) -> &'static str {
    match severity {
        Severity::StopsPaging => "🛑 Stops paging",
        Severity::Degrades => "⚠️ Works worse than set up",
        Severity::Advice => "💡 To consider",
    }
}

/// One thing that was found: what, where, and what to do.
pub fn finding(finding: &Finding) -> Text {
    match &finding.trouble {
        Trouble::NoContacts => "No contact is set up, so nobody can be paged. `/setup` begins with that.".into(),
        Trouble::NoPlans => "No response plan is set up, so an incident pages nobody. `/setup` makes one.".into(),
        Trouble::NoSources => {
            "No alert source is set up: incidents open by hand only. `/setup` says how to connect one.".into()
        }
        Trouble::NoMessageContent => Text::from("Alerts arrive here without their text. On ")
            .piece(portal())
            .ours(" → your application → Bot, switch on ")
            .strong("Message Content Intent")
            .ours(", then restart Muster."),
        Trouble::LacksInGuild { abilities } => Text::from("Muster's role lacks ")
            .join(listed(abilities))
            .ours(". Server Settings → Roles → Muster: switch on what is missing, or invite it again."),
        Trouble::LacksIn { channel, abilities, uses } => Text::from("In ")
            .channel(*channel)
            .join(used(uses))
            .ours(" Muster lacks ")
            .join(listed(abilities))
            .ours(". Edit Channel → Permissions → Muster: allow it."),
        Trouble::NowhereToPage => {
            let what = "Muster cannot make a channel for an incident, and has no announcement channel to write in: \
                        mentions have no place. ";
            let text = Text::from(what).ours("Allow ").strong(ability(Ability::ManageChannels));
            text.ours(", or choose an announcement channel in `/setup`.")
        }
        Trouble::ChannelGone { channel, uses } => {
            gone(Text::from(format!("The channel {channel}")).join(used(uses)), "another channel")
        }
        Trouble::WrongKind { channel, uses } => wrong_kind(*channel, uses),
        Trouble::RoleGone { role, uses } => gone(Text::from(format!("The role {role}")).join(used(uses)), "another role"),
        Trouble::NotMentionable { role, uses } => not_mentionable(*role, uses),
        Trouble::NotAssignable { role, managed, uses } => not_assignable(*role, *managed, uses),
        Trouble::SenderGone { .. } | Trouble::SenderElsewhere { .. } => sender(&finding.trouble),
        Trouble::CategoryFull { category, children } => Text::new().channel(*category).ours(format!(
            " holds {children} of {CHILDREN_MAX} channels, and a full category takes no more: delete old ones, or name another."
        )),
        Trouble::ChannelsFull { count } => Text::from(format!(
            "This server has {count} of {CHANNELS_MAX} channels. After the last, incidents become threads: delete old ones."
        )),
        Trouble::ContactLeft { .. }
        | Trouble::ContactMuted { .. }
        | Trouble::WayFailed { .. }
        | Trouble::NeverTested { .. }
        | Trouble::PeopleUnknown { .. } => person(&finding.trouble),
        Trouble::SecretUnset { variable, needed_by } => secret(variable, needed_by),
        Trouble::NoFallback => {
            "When nobody answers, only the server's owner is called. Choose a role for that in `/setup`.".into()
        }
        Trouble::EveryMessageNotifies => Text::from(
            "Members are notified of every message here, so Muster's quiet ones ring too. Server Settings → Engagement → \
             Default Notification Settings: ",
        )
        .strong("Only @mentions")
        .ours("."),
        Trouble::TwoFactor => "Moderators need two-factor authentication here. Whoever owns Muster's application needs \
                               it too, or Discord refuses to make channels."
            .into(),
    }
}

impl Text {
    fn channel(self, channel: ChannelId) -> Text {
        self.piece(Piece::Channel(channel))
    }

    fn role(self, role: RoleId) -> Text {
        self.piece(Piece::Role(role))
    }

    /// A name that somebody chose.
    fn named(self, name: &str) -> Text {
        self.said(crate::domain::text::cut(name, NAME_MAX))
    }

    /// A contact channel: its name is a word like `here`, so it stands out.
    fn way(self, channel: &str) -> Text {
        self.said_strong(crate::domain::text::cut(channel, NAME_MAX))
    }
}

fn portal() -> Piece {
    Piece::Link {
        label: "Discord's developer portal".to_owned(),
        url: "https://discord.com/developers/applications".to_owned(),
    }
}

fn gone(what: Text, instead: &str) -> Text {
    what.ours(format!(" is not there any more. Name {instead} with `/config edit`."))
}

fn wrong_kind(channel: ChannelId, uses: &[Use]) -> Text {
    let category = uses.iter().any(|one| matches!(one, Use::Rooms | Use::Archive));
    let needed = if category { "no category" } else { "no channel of the right kind" };
    let text = Text::new().channel(channel).join(used(uses));
    text.ours(format!(" is {needed}. Name another with `/config edit`."))
}

fn not_mentionable(role: RoleId, uses: &[Use]) -> Text {
    let text = Text::from("A mention of ").role(role).join(used(uses));
    text.ours(" by Muster notifies nobody. Server Settings → Roles: allow anyone to mention that role, or give Muster ")
        .strong(ability(Ability::MentionRoles))
        .ours(".")
}

fn not_assignable(role: RoleId, managed: bool, uses: &[Use]) -> Text {
    let text = Text::from("Muster cannot give ").role(role).join(used(uses));
    if managed {
        return text.ours(": it belongs to an integration. Name another role with `/config edit`.");
    }
    text.ours(". Server Settings → Roles: drag Muster's role above it, with ")
        .strong(ability(Ability::ManageRoles))
        .ours(".")
}

fn sender(trouble: &Trouble) -> Text {
    match trouble {
        Trouble::SenderGone { sender: Sender::Bot(bot), source } => Text::from("The bot ")
            .user(*bot)
            .ours(" has left, and ")
            .named(source.as_str())
            .ours(" hears nothing. Invite it again, or name another author with `/config edit`."),
        Trouble::SenderGone { sender: Sender::Webhook(webhook), source } => {
            Text::from(format!("The webhook {webhook} of "))
                .named(source.as_str())
                .ours(" is gone, so nothing is read from it. Make a new one, and name it with `/config edit`.")
        }
        Trouble::SenderElsewhere { source, channel, expected, .. } => Text::from("The webhook of ")
            .named(source.as_str())
            .ours(" posts in ")
            .channel(*channel)
            .ours(", but ")
            .channel(*expected)
            .ours(" is read. Move the webhook, or change the source with `/config edit`."),
        _ => Text::new(),
    }
}

fn person(trouble: &Trouble) -> Text {
    match trouble {
        Trouble::ContactLeft { contact, .. } => Text::new().named(contact).ours(
            " is not in this server any more, so pages to them fail. Invite them, or take them out of the set-up.",
        ),
        Trouble::ContactMuted { contact } => Text::new()
            .named(contact)
            .ours(" has muted every way to reach them. They take it back with `/contact mute`."),
        Trouble::WayFailed { contact, channel, why } => Text::from("The last test of ")
            .named(contact)
            .ours(" by ")
            .way(channel)
            .ours(format!(" reached nobody: {}. {}", unreached(*why), mend(*why))),
        Trouble::NeverTested { contacts } => {
            let verb = if contacts.len() == 1 { "has" } else { "have" };
            let names: Vec<String> =
                contacts.iter().map(|name| crate::domain::text::cut(name, NAME_MAX).to_owned()).collect();
            Text::new().names(&names).ours(format!(" {verb} never had a test page. `/contact test` sends one."))
        }
        Trouble::PeopleUnknown { count } => Text::from(format!(
            "Discord did not say whether {} {} still here. Look again in a minute.",
            counted(*count, "contact"),
            if *count == 1 { "is" } else { "are" }
        )),
        _ => Text::new(),
    }
}

/// What makes a way work again.
fn mend(why: Unreached) -> &'static str {
    match why {
        Unreached::DmsClosed => {
            "They allow them under the server's name → Privacy Settings → Direct Messages, then `/contact test`."
        }
        Unreached::NoAccess | Unreached::NoRoom => "Let them see the channel, then `/contact test`.",
        Unreached::NoCarrier => "Set `SMTP_URL` where Muster runs, or give them another way as well.",
        Unreached::BadAddress => "Write its variable as docs/ways.md shows, then `/contact test`.",
        Unreached::Private => "If it is meant, add its host to `MUSTER_HTTP_ALLOW`, then `/contact test`.",
        Unreached::KeyRefused => "Put the right key or password where Muster runs, then `/contact test`.",
        Unreached::Unencrypted => "Mend the mail server or `SMTP_URL`, then `/contact test`.",
        Unreached::Muted
        | Unreached::Unverified
        | Unreached::Gone
        | Unreached::SecretUnset
        | Unreached::Unknown
        | Unreached::Limited
        | Unreached::Rejected => "`/contact test` tries again.",
    }
}

fn secret(variable: &str, needed_by: &NeededBy) -> Text {
    let text = Text::new().said_strong(variable).ours(" is not set where Muster runs, so ");
    let text = match needed_by {
        NeededBy::Way { contact, channel } => text.named(contact).ours(" gets no page by ").way(channel),
        NeededBy::Notify { plan } => text.ours("nobody outside is told of incidents of ").named(plan),
        NeededBy::Metric { plan } => text.ours("incidents of ").named(plan).ours(" have a graph less"),
    };
    text.ours(". Set it there, and restart Muster.")
}

/// ` (alerts of monitor, announcements)`.
fn used(uses: &[Use]) -> Text {
    let shown = uses.iter().take(USES_MAX).enumerate();
    let text = shown.fold(Text::from(" ("), |text, (index, one)| {
        let text = if index > 0 { text.ours(", ") } else { text };
        use_of(text, one)
    });
    match uses.len().saturating_sub(USES_MAX) {
        0 => text.ours(")"),
        left => text.ours(format!(" and {left} more)")),
    }
}

fn use_of(text: Text, used: &Use) -> Text {
    match used {
        Use::Alerts(name) => text.ours("alerts of ").named(name.as_str()),
        Use::Changes(name) => text.ours("changes of ").named(name.as_str()),
        Use::Announcements => text.ours("announcements"),
        Use::AnnouncementsOf(name) => text.ours("announcements of ").named(name.as_str()),
        Use::Threads { plan, .. } => text.ours("threads of ").named(plan.as_str()),
        Use::Rooms => text.ours("incident channels"),
        Use::Archive => text.ours("the archive"),
        Use::Digest => text.ours("the digest"),
        Use::HandOffs(name) => text.ours("hand-offs of ").named(name.as_str()),
        Use::Fallback => text.ours("called when nobody answers"),
        Use::FallbackOf(name) => text.ours("called when nobody answers in ").named(name.as_str()),
        Use::OnCall(name) => text.ours("on call for ").named(name.as_str()),
        Use::Rank(rank) => text.ours(*rank),
        Use::Access(name) => text.ours("sees incidents of ").named(name.as_str()),
    }
}

fn listed(abilities: &[Ability]) -> Text {
    abilities.iter().enumerate().fold(Text::new(), |text, (index, one)| {
        let text = if index > 0 { text.ours(", ") } else { text };
        text.strong(ability(*one))
    })
}

/// As Discord calls it in a role's settings.
pub fn ability(ability: Ability) -> &'static str {
    match ability {
        Ability::See => "View Channels",
        Ability::Send => "Send Messages",
        Ability::History => "Read Message History",
        Ability::Embed => "Embed Links",
        Ability::Attach => "Attach Files",
        Ability::React => "Add Reactions",
        Ability::ManageChannels => "Manage Channels",
        Ability::ManageRoles => "Manage Roles",
        Ability::Pin => "Pin Messages",
        Ability::MentionRoles => "Mention @everyone, @here and All Roles",
        Ability::PublicThreads => "Create Public Threads",
        Ability::PrivateThreads => "Create Private Threads",
        Ability::SendInThreads => "Send Messages in Threads",
        Ability::ManageThreads => "Manage Threads",
    }
}

/// What the bot does with it.
pub fn ability_for(ability: Ability) -> &'static str {
    match ability {
        Ability::See => "read alerts, see its own channels",
        Ability::Send => "page, and post the card of an incident",
        Ability::History => "read alerts that were posted while it was away",
        Ability::Embed => "draw the card of an incident",
        Ability::Attach => "attach exports",
        Ability::React => "mark alerts it has handled",
        Ability::ManageChannels => "make a channel for each incident",
        Ability::ManageRoles => "say who may see an incident's channel, give the on-call role",
        Ability::Pin => "pin the card (Manage Messages is no longer enough)",
        Ability::MentionRoles => "call the fallback role; never used for @everyone",
        Ability::PublicThreads => "make a thread where no channel can be made",
        Ability::PrivateThreads => "the same for a private incident",
        Ability::SendInThreads => "write in such a thread",
        Ability::ManageThreads => "close it afterwards",
    }
}

/// The link that invites the bot with all it needs, and nothing else.
pub fn invite_link(application: u64) -> String {
    let bits = Abilities::ALL.bits();
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands&permissions={bits}"
    )
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// Most characters that a text may take when it is drawn: words of others may all be escaped.
fn weight(text: &Text) -> usize {
    let width = |text: &str| text.encode_utf16().count();
    let piece = |piece: &Piece| match piece {
        Piece::Ours(text) => width(text),
        Piece::Strong(text) => width(text) + 4,
        Piece::Said(text) => 2 * width(text),
        Piece::SaidStrong(text) => 2 * width(text) + 4,
        Piece::User(_) | Piece::Role(_) | Piece::Channel(_) => MENTION,
        Piece::Link { label, url } => 2 * width(label) + width(url) + 6,
        other => width(&Text(vec![other.clone()]).plain()),
    };
    text.0.iter().map(piece).sum()
}
