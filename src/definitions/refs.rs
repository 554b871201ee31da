//! Discord's things in specs (`#alerts`, `@leads`, `@ana`, or their ids): which names are left, ids in their place, and what
//! the guild says about them.

use super::explain::{nearest, one_of};
use super::problem::Problem;
use crate::domain::definition::{Set, Spec};
use crate::domain::id::{ChannelId, RoleId, UserId};
use crate::domain::name::Name;
use crate::domain::reference::{Ref, Sigil};
use crate::domain::settings::{Fallback, Settings};
use crate::domain::source::Author;

/// Most things of one name that are listed for the person to choose from.
const LISTED_MAX: usize = 5;

/// What a guild has. Lists are in Discord's order; `people` may know only those it was asked for.
pub trait Resolver {
    fn channels(&self) -> Vec<KnownChannel<'_>>;
    fn roles(&self) -> Vec<KnownRole<'_>>;
    fn people(&self) -> Vec<KnownPerson<'_>>;
}

/// A channel or category of the guild; threads are none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownChannel<'a> {
    pub id: ChannelId,
    pub name: &'a str,
    pub place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownRole<'a> {
    pub id: RoleId,
    pub name: &'a str,
    /// The bot may mention it.
    pub mentionable: bool,
}

/// A member, under one of the names people know them by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownPerson<'a> {
    pub id: UserId,
    pub name: &'a str,
}

/// What a channel is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It holds channels.
    Category,
    /// Messages are written and read in it.
    Room,
    /// A forum or the like: a message cannot simply be written there.
    Other,
}

impl Place {
    fn word(self) -> &'static str {
        match self {
            Place::Category => "category",
            Place::Room => "text channel",
            Place::Other => "forum",
        }
    }
}

/// Puts an id in place of every name of a spec; what could not be resolved stays and is reported.
pub fn resolve(name: &Name, spec: &mut Spec, guild: &dyn Resolver) -> Vec<Problem> {
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

/// Everything of Discord's that a spec names, as it is written: `#alerts`, `@ana`, an id.
pub fn mentioned(spec: &Spec) -> Mentioned {
    let mut all = Mentioned::default();
    visit(&mut spec.clone(), &mut |_, found| {
        all.any = true;
        match found {
            Found::User(Ref::Name(name)) => all.names.push(name.clone()),
            Found::User(Ref::Id(id)) => all.people.push(*id),
            Found::Channel(..) | Found::Role(..) => {}
        }
    });
    all
}

/// What has to be known of a guild before a spec can be looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentioned {
    /// There is anything of Discord's in it.
    pub any: bool,
    /// Members to find by name, without the `@`.
    pub names: Vec<String>,
    pub people: Vec<UserId>,
}

/// What the guild says about the ids of a set. A channel of the wrong sort is a problem. An id that is not there is a
/// warning: it may be a thread, or of somebody who left; what worked yesterday must not stop the change of something else.
pub(super) fn check(set: &Set, guild: &dyn Resolver) -> (Vec<Problem>, Vec<Problem>) {
    let (mut problems, mut warnings) = (Vec::new(), Vec::new());
    let (channels, roles) = (guild.channels(), guild.roles());
    for (kind, name, spec) in set.iter() {
        visit(&mut spec.clone(), &mut |field, found| match found {
            Found::Channel(Ref::Id(id), place) => match channels.iter().find(|known| known.id == *id) {
                Some(known) if known.place == place => {}
                Some(known) => {
                    let (what, right) = other_sort(&channels, known, place);
                    problems.push(Problem::new(field, what).right(right).of(kind, name));
                }
                None => {
                    let what = format!("this server shows no channel with the id {id}");
                    let right = "if it was deleted, name another one; a thread is fine";
                    warnings.push(Problem::new(field, what).right(right).of(kind, name));
                }
            },
            Found::Role(Ref::Id(id), used) => {
                warnings.extend(
                    of_role(&roles, *id, used)
                        .map(|(what, right)| Problem::new(field, what).right(right).of(kind, name)),
                );
            }
            Found::Channel(..) | Found::Role(..) | Found::User(_) => {}
        });
    }
    (problems, warnings)
}

fn of_role(roles: &[KnownRole<'_>], id: RoleId, used: Use) -> Option<Told> {
    match roles.iter().find(|known| known.id == id) {
        None => {
            Some((format!("this server has no role with the id {id}"), "name another one, or leave it out".to_owned()))
        }
        Some(known) if used == Use::Mention && !known.mentionable => Some((
            format!("the bot may not mention `@{}`: calling it wakes nobody", known.name),
            "allow everyone to mention the role, or give the bot Mention Everyone".to_owned(),
        )),
        Some(_) => None,
    }
}

/// What is wrong, and what would be right.
type Told = (String, String);

fn put<T: Sigil>(reference: &mut Ref<T>, find: impl Fn(&str) -> Result<T, Told>) -> Result<(), Told> {
    if let Ref::Name(name) = reference {
        *reference = Ref::Id(find(name)?);
    }
    Ok(())
}

fn channel(guild: &dyn Resolver, name: &str, place: Place) -> Result<ChannelId, Told> {
    let all = guild.channels();
    let fitting: Vec<(ChannelId, &str)> =
        all.iter().filter(|known| known.place == place).map(|known| (known.id, known.name)).collect();
    let Some(found) = one(&fitting, name, '#', place.word())? else {
        return Err(match all.iter().find(|known| same(known.name, name)) {
            Some(known) => other_sort(&all, known, place),
            None => unknown(&fitting, name, '#', place.word()),
        });
    };
    Ok(found)
}

fn role(guild: &dyn Resolver, name: &str) -> Result<RoleId, Told> {
    let all: Vec<(RoleId, &str)> = guild.roles().iter().map(|known| (known.id, known.name)).collect();
    one(&all, name, '@', "role")?.ok_or_else(|| unknown(&all, name, '@', "role"))
}

fn person(guild: &dyn Resolver, name: &str) -> Result<UserId, Told> {
    let all: Vec<(UserId, &str)> = guild.people().iter().map(|known| (known.id, known.name)).collect();
    one(&all, name, '@', "member")?.ok_or_else(|| {
        let (what, right) = unknown(&all, name, '@', "member");
        let right = if all.is_empty() { "write their user name, or their id in quotes".to_owned() } else { right };
        (what, right)
    })
}

/// The only one of a name; `None`: there is none. A name in exactly these letters goes before others.
fn one<T: Copy + PartialEq + ToString>(
    all: &[(T, &str)],
    name: &str,
    sign: char,
    word: &str,
) -> Result<Option<T>, Told> {
    let of = |fits: &dyn Fn(&str) -> bool| {
        let mut ids: Vec<T> = Vec::new();
        for (id, known) in all.iter().filter(|(_, known)| fits(known)) {
            if !ids.contains(id) && !known.is_empty() {
                ids.push(*id);
            }
        }
        ids
    };
    let exact = of(&|known| known == name);
    let ids = if exact.is_empty() { of(&|known| same(known, name)) } else { exact };
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

fn unknown<T>(all: &[(T, &str)], name: &str, sign: char, word: &str) -> Told {
    let what = format!("there is no {word} `{sign}{name}` in this server");
    let signed: Vec<String> = all.iter().map(|(_, known)| format!("{sign}{known}")).collect();
    let listed: Vec<&str> = signed.iter().map(String::as_str).collect();
    let right = if listed.is_empty() {
        format!("make it, or write a {word}'s id in quotes")
    } else {
        nearest(&format!("{sign}{name}"), &listed)
    };
    (what, right)
}

fn other_sort(all: &[KnownChannel<'_>], known: &KnownChannel<'_>, place: Place) -> Told {
    let what = format!("`#{}` is a {}, and this must be a {}", known.name, known.place.word(), place.word());
    let fitting: Vec<String> =
        all.iter().filter(|one| one.place == place).map(|one| format!("#{}", one.name)).collect();
    let listed: Vec<&str> = fitting.iter().map(String::as_str).collect();
    let right =
        if listed.is_empty() { format!("make a {} in the server first", place.word()) } else { one_of(&listed) };
    (what, right)
}

fn same(known: &str, name: &str) -> bool {
    known.to_lowercase() == name.to_lowercase()
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
