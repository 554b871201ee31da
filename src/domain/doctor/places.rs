//! Permissions, channels, roles, senders and limits: what of the guild is not as the set-up needs it.

use super::uses::{Use, Uses};
use super::{Case, Finding, Sender, Severity, Trouble, found, if_vital};
use crate::domain::definition::Set;
use crate::domain::id::ChannelId;
use crate::domain::name::Name;
use crate::domain::reference::Ref;
use crate::domain::source::Author;
use crate::domain::survey::{Ability, CHANNELS_MAX, CHILDREN_MAX, Notify, Presence, Survey};

/// From here on the limit of channels is near: months, for a team with an incident a day.
const CHANNELS_NEARLY: usize = 450;
/// From here on a category is nearly full.
const CHILDREN_NEARLY: usize = 45;
/// Without these in the guild the bot cannot page in any channel that it makes.
const VITAL: [Ability; 2] = [Ability::See, Ability::Send];

pub(super) fn examine(case: Case<'_>, uses: &Uses, findings: &mut Vec<Finding>) {
    let (set, survey) = (&*case.facts.live, case.survey);
    findings.extend(intents(set, survey));
    findings.extend(in_guild(survey));
    findings.extend(rooms(set, survey));
    for (channel, uses) in &uses.channels {
        findings.extend(in_channel(survey, *channel, uses));
    }
    findings.extend(roles(survey, uses));
    findings.extend(senders(set, survey));
    findings.extend(limits(set, survey));
    findings.extend(habits(survey));
}

fn intents(set: &Set, survey: &Survey) -> Option<Finding> {
    let reads = set.alert_sources().any(|(_, source)| source.channel.is_some());
    let severity = if reads { Severity::StopsPaging } else { Severity::Advice };
    (survey.message_content == Some(false)).then(|| found(severity, Trouble::NoMessageContent))
}

fn in_guild(survey: &Survey) -> Option<Finding> {
    // Who sees nothing here may still see a channel: everything that is lacking is listed.
    let abilities: Vec<Ability> =
        Ability::ALL.iter().copied().filter(|ability| !survey.abilities.has(*ability)).collect();
    let vital = abilities.iter().any(|ability| VITAL.contains(ability));
    (!abilities.is_empty()).then(|| found(if_vital(vital), Trouble::LacksInGuild { abilities }))
}

/// Whether an incident has any place at all: a channel of its own, or one to announce it in.
fn rooms(set: &Set, survey: &Survey) -> Option<Finding> {
    let settings = set.settings();
    let may_make = |abilities: crate::domain::survey::Abilities| abilities.lacking(Use::Rooms.needs()).is_empty();
    let here = match settings.incident_category.as_ref().and_then(Ref::id) {
        Some(category) => survey
            .channel(category)
            .is_some_and(|place| may_make(place.abilities) && survey.children(category) < CHILDREN_MAX),
        None => may_make(survey.abilities),
    };
    let makes = here && survey.channel_count() < CHANNELS_MAX;
    let says = |id: ChannelId| {
        let place = survey.channel(id);
        place.is_some_and(|place| place.abilities.lacking(Use::Announcements.needs()).is_empty())
    };
    let announces = settings.announce.iter().filter_map(Ref::id).any(says);
    (!makes && !announces).then(|| found(Severity::StopsPaging, Trouble::NowhereToPage))
}

fn in_channel(survey: &Survey, id: ChannelId, uses: &[Use]) -> Option<Finding> {
    let uses = || uses.to_vec();
    let any_vital = uses().iter().any(Use::is_vital_at_all);
    let Some(place) = survey.channel(id) else {
        return Some(found(if_vital(any_vital), Trouble::ChannelGone { channel: id, uses: uses() }));
    };
    let misfit: Vec<Use> = uses().into_iter().filter(|used| !used.fits(place.kind)).collect();
    if !misfit.is_empty() {
        let vital = misfit.iter().any(Use::is_vital_at_all);
        return Some(found(if_vital(vital), Trouble::WrongKind { channel: id, uses: misfit }));
    }
    let needed: Vec<Ability> = uses().iter().flat_map(|used| used.needs()).copied().collect();
    let mut abilities = place.abilities.lacking(&needed);
    let vital = abilities.iter().any(|ability| uses().iter().any(|used| used.is_vital(*ability)));
    // What is lacking everywhere is said once; but where it keeps alerts from being read, it is said there as well.
    abilities.retain(|ability| vital || survey.abilities.has(*ability));
    (!abilities.is_empty()).then(|| found(if_vital(vital), Trouble::LacksIn { channel: id, abilities, uses: uses() }))
}

fn roles(survey: &Survey, uses: &Uses) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, uses) in &uses.roles {
        let Some(role) = survey.role(*id) else {
            let vital = uses.iter().any(Use::is_vital_at_all);
            findings.push(found(if_vital(vital), Trouble::RoleGone { role: *id, uses: uses.clone() }));
            continue;
        };
        let of = |wanted: fn(&Use) -> bool| uses.iter().filter(|used| wanted(used)).cloned().collect::<Vec<_>>();
        let called = of(|used| matches!(used, Use::Fallback | Use::FallbackOf(_)));
        if !called.is_empty() && !role.mentionable {
            findings.push(found(Severity::StopsPaging, Trouble::NotMentionable { role: *id, uses: called }));
        }
        let given = of(|used| matches!(used, Use::OnCall(_)));
        if !given.is_empty() && !role.assignable {
            let managed = role.managed;
            findings.push(found(Severity::Degrades, Trouble::NotAssignable { role: *id, managed, uses: given }));
        }
    }
    findings
}

/// Senders that are gone, or post elsewhere. Of webhooks only where the bot may list them.
fn senders(set: &Set, survey: &Survey) -> Vec<Finding> {
    let alerts = set.alert_sources().filter_map(|(name, source)| {
        Some((name, source.channel.as_ref().and_then(Ref::id)?, source.author.as_ref()?, Severity::StopsPaging))
    });
    let changes = set
        .change_sources()
        .filter_map(|(name, source)| Some((name, source.channel.id()?, &source.author, Severity::Degrades)));
    let trouble = |(name, channel, author, severity): (&Name, ChannelId, &Author, Severity)| {
        Some(found(severity, sender(survey, name, channel, author)?))
    };
    alerts.chain(changes).filter_map(trouble).collect()
}

fn sender(survey: &Survey, source: &Name, expected: ChannelId, author: &Author) -> Option<Trouble> {
    let source = source.clone();
    match author {
        Author::Bot(bot) => {
            let bot = bot.id()?;
            let left = survey.presence(bot) == Presence::Left;
            left.then_some(Trouble::SenderGone { sender: Sender::Bot(bot), source })
        }
        Author::Webhook(webhook) => {
            let webhook = *webhook;
            let known = survey.webhooks.as_ref()?.iter().find(|one| one.id == webhook);
            match known {
                None => Some(Trouble::SenderGone { sender: Sender::Webhook(webhook), source }),
                Some(one) if !posts_in(survey, one.channel, expected) => {
                    Some(Trouble::SenderElsewhere { webhook, source, channel: one.channel, expected })
                }
                Some(_) => None,
            }
        }
    }
}

/// A webhook of a channel posts in its threads as well.
fn posts_in(survey: &Survey, webhook: ChannelId, expected: ChannelId) -> bool {
    webhook == expected || survey.channel(expected).is_some_and(|place| place.parent == Some(webhook))
}

fn limits(set: &Set, survey: &Survey) -> Vec<Finding> {
    let mut findings = Vec::new();
    let count = survey.channel_count();
    if count >= CHANNELS_NEARLY {
        findings.push(found(fullness(count, CHANNELS_MAX), Trouble::ChannelsFull { count }));
    }
    let settings = set.settings();
    let categories = [&settings.incident_category, &settings.archive_category];
    for category in categories.into_iter().filter_map(|one| one.as_ref().and_then(Ref::id)) {
        let children = survey.children(category);
        if children >= CHILDREN_NEARLY {
            findings.push(found(fullness(children, CHILDREN_MAX), Trouble::CategoryFull { category, children }));
        }
    }
    findings
}

fn fullness(count: usize, max: usize) -> Severity {
    if count >= max { Severity::Degrades } else { Severity::Advice }
}

fn habits(survey: &Survey) -> Vec<Finding> {
    let loud = (survey.notify == Notify::AllMessages).then(|| found(Severity::Advice, Trouble::EveryMessageNotifies));
    let guarded = survey.two_factor.then(|| found(Severity::Advice, Trouble::TwoFactor));
    loud.into_iter().chain(guarded).collect()
}
