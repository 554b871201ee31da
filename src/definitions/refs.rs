//! Names of Discord's things (`#alerts`, `@leads`, `@ana`) in specs: which are left, and putting ids in their place.

use super::problem::Problem;
use crate::domain::definition::{Set, Spec};
use crate::domain::id::{ChannelId, RoleId, UserId};
use crate::domain::name::Name;
use crate::domain::reference::{Ref, Sigil};
use crate::domain::settings::{Fallback, Settings};
use crate::domain::source::Author;

/// Knows the guild's names. An error says why there is no answer: unknown, or ambiguous.
pub trait Resolver {
    /// The channel of a name without its `#`.
    fn channel(&self, name: &str) -> Result<ChannelId, String>;
    /// The role of a name without its `@`.
    fn role(&self, name: &str) -> Result<RoleId, String>;
    /// The user of a name without its `@`.
    fn user(&self, name: &str) -> Result<UserId, String>;
}

/// Puts an id in place of every name of a spec; what could not be resolved stays and is reported.
pub fn resolve(name: &Name, spec: &mut Spec, resolver: &dyn Resolver) -> Vec<Problem> {
    let kind = spec.kind();
    let mut problems = Vec::new();
    visit(spec, &mut |field, found| {
        let told = match found {
            Found::Channel(reference) => put(reference, |name| resolver.channel(name)),
            Found::Role(reference) => put(reference, |name| resolver.role(name)),
            Found::User(reference) => put(reference, |name| resolver.user(name)),
        };
        if let Err(why) = told {
            problems.push(Problem::new(field, why).of(kind, name));
        }
    });
    problems
}

/// Every name in a set that is still to be resolved.
pub fn unresolved(set: &Set) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (kind, name, spec) in set.iter() {
        visit(&mut spec.clone(), &mut |field, found| {
            let left = match found {
                Found::Channel(reference) => named(reference),
                Found::Role(reference) => named(reference),
                Found::User(reference) => named(reference),
            };
            if let Some((text, word)) = left {
                let what = format!("`{text}` is a name that is not resolved");
                problems
                    .push(Problem::new(field, what).right(format!("write the {word}'s id, in quotes")).of(kind, name));
            }
        });
    }
    problems
}

fn put<T: Sigil>(reference: &mut Ref<T>, find: impl Fn(&str) -> Result<T, String>) -> Result<(), String> {
    if let Ref::Name(name) = reference {
        *reference = Ref::Id(find(name)?);
    }
    Ok(())
}

fn named<T: Sigil>(reference: &Ref<T>) -> Option<(String, &'static str)> {
    match reference {
        Ref::Name(name) => Some((format!("{}{name}", T::SIGIL), T::WORD)),
        Ref::Id(_) => None,
    }
}

enum Found<'a> {
    Channel(&'a mut Ref<ChannelId>),
    Role(&'a mut Ref<RoleId>),
    User(&'a mut Ref<UserId>),
}

type Visit<'v> = dyn FnMut(&str, Found<'_>) + 'v;

/// Calls `f` with every reference of a spec and its field.
fn visit(spec: &mut Spec, f: &mut Visit<'_>) {
    match spec {
        Spec::Settings(settings) => in_settings(settings, f),
        Spec::Contact(contact) => f("spec.discord_user", Found::User(&mut contact.discord_user)),
        Spec::Schedule(schedule) => {
            roles("spec.discord_role", schedule.discord_role.as_mut(), f);
            channels("spec.announce", schedule.announce.as_mut(), f);
        }
        Spec::ResponsePlan(plan) => {
            listed_roles("spec.channel.roles", plan.channel.roles.as_deref_mut().unwrap_or_default(), f);
            listed_channels("spec.announce", plan.announce.as_deref_mut().unwrap_or_default(), f);
            in_fallback(plan.fallback.as_mut(), f);
        }
        Spec::AlertSource(source) => {
            channels("spec.channel", source.channel.as_mut(), f);
            in_author(source.author.as_mut(), f);
        }
        Spec::ChangeSource(source) => {
            channels("spec.channel", Some(&mut source.channel), f);
            in_author(Some(&mut source.author), f);
        }
        Spec::EscalationPlan(_) | Spec::Runbook(_) | Spec::AnalysisTemplate(_) | Spec::Maintenance(_) => {}
    }
}

fn in_settings(settings: &mut Settings, f: &mut Visit<'_>) {
    channels("spec.incident_category", settings.incident_category.as_mut(), f);
    channels("spec.archive_category", settings.archive_category.as_mut(), f);
    listed_channels("spec.announce", &mut settings.announce, f);
    listed_roles("spec.roles.observer", &mut settings.roles.observer, f);
    listed_roles("spec.roles.responder", &mut settings.roles.responder, f);
    listed_roles("spec.roles.manager", &mut settings.roles.manager, f);
    listed_roles("spec.roles.admin", &mut settings.roles.admin, f);
    in_fallback(settings.fallback.as_mut(), f);
    channels("spec.digest.channel", settings.digest.as_mut().map(|digest| &mut digest.channel), f);
}

fn in_fallback(fallback: Option<&mut Fallback>, f: &mut Visit<'_>) {
    if let Some(Fallback::Role(role)) = fallback {
        f("spec.fallback.role", Found::Role(role));
    }
}

fn in_author(author: Option<&mut Author>, f: &mut Visit<'_>) {
    if let Some(Author::Bot(bot)) = author {
        f("spec.author.bot", Found::User(bot));
    }
}

fn channels(field: &str, channel: Option<&mut Ref<ChannelId>>, f: &mut Visit<'_>) {
    channel.into_iter().for_each(|channel| f(field, Found::Channel(channel)));
}

fn roles(field: &str, role: Option<&mut Ref<RoleId>>, f: &mut Visit<'_>) {
    role.into_iter().for_each(|role| f(field, Found::Role(role)));
}

fn listed_channels(field: &str, channels: &mut [Ref<ChannelId>], f: &mut Visit<'_>) {
    for (index, channel) in channels.iter_mut().enumerate() {
        f(&format!("{field}[{index}]"), Found::Channel(channel));
    }
}

fn listed_roles(field: &str, roles: &mut [Ref<RoleId>], f: &mut Visit<'_>) {
    for (index, role) in roles.iter_mut().enumerate() {
        f(&format!("{field}[{index}]"), Found::Role(role));
    }
}
