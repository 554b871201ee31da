//! Discord's things in specs (`#alerts`, `@leads`, `@ana`, or their ids): which names are left, ids in their place, and what
//! the guild says about them.

use super::explain::{nearest, one_of};
use super::parse::Document;
use super::problem::Problem;
use crate::domain::definition::{Set, Spec};
use crate::domain::id::{ChannelId, RoleId, UserId};
use crate::domain::name::Name;
use crate::domain::reference::{Ref, Sigil};
use crate::domain::settings::{Fallback, Settings};
use crate::domain::source::Author;
use crate::domain::survey::{Channel, ChannelKind, Member, Presence, Survey, Wanted};

/// Most things of one name that are listed for the person to choose from.
const LISTED_MAX: usize = 5;

/// What a channel is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It holds channels.
    Category,
    /// Messages are written and read in it.
    Room,
}

impl Place {
    fn fits(self, kind: ChannelKind) -> bool {
        match self {
            Place::Category => kind == ChannelKind::Category,
            Place::Room => kind.takes_messages(),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Place::Category => "category",
            Place::Room => "text channel",
        }
    }
}

/// Puts an id in place of every name of a spec; what could not be resolved stays and is reported.
pub fn resolve(name: &Name, spec: &mut Spec, guild: &Survey) -> Vec<Problem> {
    let kind = spec.kind();
    let mut problems = Vec::new();
    visit(spec, &mut |field, found| {
        let told = match found {
            Found::Channel(reference, place) => put(reference, |name| channel(guild, name, place)),
            Found::Role(reference, _) => put(reference, |name| role(guild, name)),
            Found::User(reference) => put(reference, |name| person(guild, name)),
        };
        if let Err((what, right)) = told {
            problems.push(Problem::new(field, what).right(right).of(kind, name));
        }
    });
    problems
}

/// Every name in a set that is still to be resolved. `why`: why nobody could be asked, where somebody should have been.
pub fn unresolved(set: &Set, why: Option<&str>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (kind, name, spec) in set.iter() {
        visit(&mut spec.clone(), &mut |field, found| {
            if let Some((text, word)) = found.name() {
                let what = match why {
                    Some(why) => format!("`{text}` is a name, and {why}"),
                    None => format!("`{text}` is a name that is not resolved"),
                };
                let right = format!("write the {word}'s id, in quotes");
                problems.push(Problem::new(field, what).right(right).of(kind, name));
            }
        });
    }
    problems
}

/// Whom to look for in the guild before these documents can be looked at; `None`: they name nothing of Discord's.
pub fn wanted(documents: &[Document]) -> Option<Wanted> {
    let mut wanted = Wanted::default();
    let mut any = false;
    for document in documents {
        visit(&mut document.spec.clone(), &mut |_, found| {
            any = true;
            match found {
                Found::User(Ref::Name(name)) => wanted.names.push(name.clone()),
                Found::User(Ref::Id(id)) => wanted.people.push(*id),
                Found::Channel(..) | Found::Role(..) => {}
            }
        });
    }
    any.then_some(wanted)
}

/// What the guild says about the ids of a set. A channel of the wrong sort is a problem. An id that is not there is a
/// warning: it may be a thread, or of somebody who left; what worked yesterday must not stop the change of something else.
pub(super) fn check(set: &Set, guild: &Survey) -> (Vec<Problem>, Vec<Problem>) {
    let (mut problems, mut warnings) = (Vec::new(), Vec::new());
    for (kind, name, spec) in set.iter() {
        visit(&mut spec.clone(), &mut |field, found| {
            let (list, told) = match found {
                Found::Channel(Ref::Id(id), place) => match guild.channel(*id) {
                    Some(known) if place.fits(known.kind) => return,
                    Some(known) => (&mut problems, Some(other_sort(guild, known, place))),
                    None => (&mut warnings, Some(gone(*id))),
                },
                Found::Role(Ref::Id(id), used) => (&mut warnings, of_role(guild, *id, used)),
                Found::User(Ref::Id(id)) => (&mut warnings, of_person(guild, *id)),
                Found::Channel(..) | Found::Role(..) | Found::User(_) => return,
            };
            list.extend(told.map(|(what, right)| Problem::new(field, what).right(right).of(kind, name)));
        });
    }
    (problems, warnings)
}

fn gone(id: ChannelId) -> Told {
    let right = "name another one if it was deleted; an archived thread is fine";
    (format!("this server shows no channel with the id {id}"), right.to_owned())
}

fn of_role(guild: &Survey, id: RoleId, used: Use) -> Option<Told> {
    match guild.role(id) {
        None => {
            let right = "name another one, or leave it out";
            Some((format!("this server has no role with the id {id}"), right.to_owned()))
        }
        Some(known) if used == Use::Mention && !known.mentionable => {
            let right = "allow everyone to mention the role, or give the bot Mention Everyone";
            Some((format!("the bot may not mention `@{}`: calling it wakes nobody", known.name), right.to_owned()))
        }
        Some(_) => None,
    }
}

fn of_person(guild: &Survey, id: UserId) -> Option<Told> {
    let left = guild.presence(id) == Presence::Left;
    let right = "invite them, or name somebody who is";
    left.then(|| (format!("the user {id} is not in this server"), right.to_owned()))
}

/// What is wrong, and what would be right.
type Told = (String, String);

fn put<T: Sigil>(reference: &mut Ref<T>, find: impl Fn(&str) -> Result<T, Told>) -> Result<(), Told> {
    if let Ref::Name(name) = reference {
        *reference = Ref::Id(find(name)?);
    }
    Ok(())
}

fn channel(guild: &Survey, name: &str, place: Place) -> Result<ChannelId, Told> {
    let all: Vec<&Channel> = guild.channels_named(name).collect();
    let fitting: Vec<(ChannelId, &str)> =
        all.iter().filter(|one| place.fits(one.kind)).map(|one| (one.id, one.name.as_str())).collect();
    if let Some(found) = one(&fitting, name, '#', place.word())? {
        return Ok(found);
    }
    Err(match all.first() {
        Some(known) => other_sort(guild, known, place),
        None => {
            let names = guild.channels.iter().filter(|one| place.fits(one.kind)).map(|one| one.name.as_str());
            unknown(names, name, '#', place.word())
        }
    })
}

fn role(guild: &Survey, name: &str) -> Result<RoleId, Told> {
    let all: Vec<(RoleId, &str)> = guild.roles_named(name).map(|role| (role.id, role.name.as_str())).collect();
    let names = guild.roles.iter().filter(|role| role.id.0 != guild.guild.0).map(|role| role.name.as_str());
    one(&all, name, '@', "role")?.ok_or_else(|| unknown(names, name, '@', "role"))
}

fn person(guild: &Survey, name: &str) -> Result<UserId, Told> {
    let all: Vec<(UserId, &str)> =
        guild.members_named(name).into_iter().map(|member| (member.user, member.title())).collect();
    if guild.unanswered.iter().any(|one| one == name) {
        let right = "try again, or write their id in quotes";
        return Err((format!("Discord did not say who `@{name}` is"), right.to_owned()));
    }
    let names = guild.members.iter().flat_map(Member::names);
    one(&all, name, '@', "member")?.ok_or_else(|| unknown(names, name, '@', "member"))
}

/// The only one of a name; `None`: there is none. A name in exactly these letters goes before others.
fn one<T: Copy + ToString>(all: &[(T, &str)], name: &str, sign: char, word: &str) -> Result<Option<T>, Told> {
    let exact: Vec<T> = all.iter().filter(|(_, known)| *known == name).map(|(id, _)| *id).collect();
    let ids = if exact.is_empty() { all.iter().map(|(id, _)| *id).collect() } else { exact };
    match ids.as_slice() {
        [] => Ok(None),
        [id] => Ok(Some(*id)),
        several => {
            let listed: Vec<String> =
                several.iter().take(LISTED_MAX).map(|id| format!("\"{}\"", id.to_string())).collect();
            let what = format!("`{sign}{name}` could be {} {}", several.len(), plural(word));
            Err((what, format!("write the id of the one you mean: {}", listed.join(", "))))
        }
    }
}

fn unknown<'a>(all: impl Iterator<Item = &'a str>, name: &str, sign: char, word: &str) -> Told {
    let what = format!("there is no {word} `{sign}{name}` in this server");
    let signed: Vec<String> = all.map(|known| format!("{sign}{known}")).collect();
    let listed: Vec<&str> = signed.iter().map(String::as_str).collect();
    let right = match listed.is_empty() {
        true => format!("write the {word}'s id, in quotes"),
        false => nearest(&format!("{sign}{name}"), &listed),
    };
    (what, right)
}

fn other_sort(guild: &Survey, known: &Channel, place: Place) -> Told {
    let what = format!("`#{}` is {}, and this must be a {}", known.name, sort(known.kind), place.word());
    let fitting = guild.channels.iter().filter(|one| place.fits(one.kind)).map(|one| format!("#{}", one.name));
    let fitting: Vec<String> = fitting.collect();
    let listed: Vec<&str> = fitting.iter().map(String::as_str).collect();
    let right = if listed.is_empty() { format!("make a {} first", place.word()) } else { one_of(&listed) };
    (what, right)
}

fn sort(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Text | ChannelKind::Announcement => "a text channel",
        ChannelKind::Category => "a category",
        ChannelKind::Voice => "a voice channel",
        ChannelKind::Forum => "a forum",
        ChannelKind::Thread => "a thread",
        ChannelKind::Other => "no channel for messages",
    }
}

fn plural(word: &str) -> String {
    word.strip_suffix('y').map_or_else(|| format!("{word}s"), |stem| format!("{stem}ies"))
}

fn named<T: Sigil>(reference: &Ref<T>) -> Option<(String, &'static str)> {
    match reference {
        Ref::Name(name) => Some((format!("{}{name}", T::SIGIL), T::WORD)),
        Ref::Id(_) => None,
    }
}

enum Found<'a> {
    Channel(&'a mut Ref<ChannelId>, Place),
    Role(&'a mut Ref<RoleId>, Use),
    User(&'a mut Ref<UserId>),
}

/// What a role is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// It says who may do or see something, or who is on call.
    Rank,
    /// It is mentioned, to wake people.
    Mention,
}

impl Found<'_> {
    /// A name that is not resolved, and what it is of.
    fn name(&self) -> Option<(String, &'static str)> {
        match self {
            Found::Channel(reference, _) => named(reference),
            Found::Role(reference, _) => named(reference),
            Found::User(reference) => named(reference),
        }
    }
}

type Visit<'v> = dyn FnMut(&str, Found<'_>) + 'v;

/// Calls `f` with every reference of a spec and its field.
fn visit(spec: &mut Spec, f: &mut Visit<'_>) {
    match spec {
        Spec::Settings(settings) => in_settings(settings, f),
        Spec::Contact(contact) => f("spec.discord_user", Found::User(&mut contact.discord_user)),
        Spec::Schedule(schedule) => {
            if let Some(role) = &mut schedule.discord_role {
                f("spec.discord_role", Found::Role(role, Use::Rank));
            }
            channel_in("spec.announce", schedule.announce.as_mut(), Place::Room, f);
        }
        Spec::ResponsePlan(plan) => {
            roles_in("spec.channel.roles", plan.channel.roles.as_deref_mut().unwrap_or_default(), Use::Rank, f);
            rooms_in("spec.announce", plan.announce.as_deref_mut().unwrap_or_default(), f);
            in_fallback(plan.fallback.as_mut(), f);
        }
        Spec::AlertSource(source) => {
            channel_in("spec.channel", source.channel.as_mut(), Place::Room, f);
            in_author(source.author.as_mut(), f);
        }
        Spec::ChangeSource(source) => {
            channel_in("spec.channel", Some(&mut source.channel), Place::Room, f);
            in_author(Some(&mut source.author), f);
        }
        Spec::EscalationPlan(_) | Spec::Runbook(_) | Spec::AnalysisTemplate(_) | Spec::Maintenance(_) => {}
    }
}

fn in_settings(settings: &mut Settings, f: &mut Visit<'_>) {
    channel_in("spec.incident_category", settings.incident_category.as_mut(), Place::Category, f);
    channel_in("spec.archive_category", settings.archive_category.as_mut(), Place::Category, f);
    rooms_in("spec.announce", &mut settings.announce, f);
    // Without a fallback, the admins are the ones who are called.
    let admins = if settings.fallback.is_none() { Use::Mention } else { Use::Rank };
    roles_in("spec.roles.observer", &mut settings.roles.observer, Use::Rank, f);
    roles_in("spec.roles.responder", &mut settings.roles.responder, Use::Rank, f);
    roles_in("spec.roles.manager", &mut settings.roles.manager, Use::Rank, f);
    roles_in("spec.roles.admin", &mut settings.roles.admin, admins, f);
    in_fallback(settings.fallback.as_mut(), f);
    channel_in("spec.digest.channel", settings.digest.as_mut().map(|digest| &mut digest.channel), Place::Room, f);
}

fn in_fallback(fallback: Option<&mut Fallback>, f: &mut Visit<'_>) {
    if let Some(Fallback::Role(role)) = fallback {
        f("spec.fallback.role", Found::Role(role, Use::Mention));
    }
}

fn in_author(author: Option<&mut Author>, f: &mut Visit<'_>) {
    if let Some(Author::Bot(bot)) = author {
        f("spec.author.bot", Found::User(bot));
    }
}

fn channel_in(field: &str, channel: Option<&mut Ref<ChannelId>>, place: Place, f: &mut Visit<'_>) {
    if let Some(channel) = channel {
        f(field, Found::Channel(channel, place));
    }
}

fn rooms_in(field: &str, channels: &mut [Ref<ChannelId>], f: &mut Visit<'_>) {
    for (index, channel) in channels.iter_mut().enumerate() {
        f(&format!("{field}[{index}]"), Found::Channel(channel, Place::Room));
    }
}

fn roles_in(field: &str, roles: &mut [Ref<RoleId>], used: Use, f: &mut Visit<'_>) {
    for (index, role) in roles.iter_mut().enumerate() {
        f(&format!("{field}[{index}]"), Found::Role(role, used));
    }
}
