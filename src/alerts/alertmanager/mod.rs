//! Prometheus Alertmanager's own Discord messages (`notify/discord`, `template/default.tmpl`; seen: 0.25.0 and 0.33.1), with the default
//! templates or the team's. Never takes a shortened list for a recovery, never tells groups apart by what changes with their members.
//!
//! The default title is `[FIRING:n] <values of the group labels> (<values of the other common labels>)`. The group labels make the key; the
//! bracket and the count change while the group lives. The default text lists every member: `Labels:`, `Annotations:`, `Source:`.

mod body;
mod heading;

use std::collections::BTreeSet;

use self::body::{Body, Member, Pairs};
use self::heading::{Heading, Status};
use super::limits;
use crate::domain::alert::{Alert, Embed, Instance, Message, Reading, State};
use crate::domain::text;

/// Summaries shown of a group whose members differ; the members themselves are in [`Alert::instances`].
const SUMMARIES_LIMIT: usize = 5;

/// One embed with Alertmanager's title and nothing that the Discord notifier never fills (Grafana has a footer, benjojo's relay has fields).
pub fn recognises(message: &Message) -> bool {
    let [embed] = message.embeds.as_slice() else { return false };
    let bare = embed.fields.is_empty() && embed.footer.is_none() && embed.author.is_none();
    bare && Heading::standard(embed.title.as_deref().unwrap_or_default()).is_some()
}

/// None: neither the title nor the colour tells a state.
pub fn read(message: &Message) -> Option<Reading> {
    message.embeds.iter().find_map(|embed| Some(Reading::Alert(alert(embed, &Heading::of(embed)?))))
}

fn alert(embed: &Embed, heading: &Heading) -> Alert {
    let body = Body::parse(embed.description.as_deref().unwrap_or_default(), heading.status);
    let members = &body.members;
    let group = heading.group(members.first());
    let shown = shown(members);
    let common = common_labels(members);
    let title = names(&shown).or_else(|| annotation(&shown, "summary")).or_else(|| heading.name(&group, embed));
    let title = text::one_line(&title.unwrap_or_else(|| "Alertmanager".to_owned()), limits::TITLE_LIMIT);
    let severity = shown.iter().find_map(|member| member.severity());
    let severity = severity.or_else(|| heading.severity().filter(|_| members.is_empty()));
    // A standard title without a group says that nothing is grouped by: all alerts of such a route are one group.
    let key = limits::key(if group.is_empty() && !heading.standard { &title } else { &group });
    let stand_in =
        Instance { key: key.clone(), title: title.clone(), state: heading.status.state(), severity: severity.clone() };
    Alert {
        description: description(&shown, embed),
        url: url(&shown, embed),
        annotations: shown.first().map(|member| member.annotations.clone()).unwrap_or_default(),
        instances: instances(members, &common, stand_in),
        all_resolved: heading.status == Status::Resolved,
        truncated: body.lacks_members(heading.status),
        labels: common,
        key,
        title,
        severity,
    }
}

/// The members to speak of: those that fire, else all.
fn shown(members: &[Member]) -> Vec<&Member> {
    let firing: Vec<&Member> = members.iter().filter(|member| member.state == State::Firing).collect();
    if firing.is_empty() { members.iter().collect() } else { firing }
}

fn common_labels(members: &[Member]) -> Pairs {
    let mut common = members.first().map(|member| member.labels.clone()).unwrap_or_default();
    common.retain(|name, value| members.iter().all(|member| member.labels.get(name) == Some(value)));
    common
}

/// The alerts' names, each once.
fn names(shown: &[&Member]) -> Option<String> {
    let names = distinct(shown.iter().filter_map(|member| member.labels.get("alertname").map(String::as_str)));
    (!names.is_empty()).then(|| names.join(", "))
}

fn annotation(shown: &[&Member], name: &str) -> Option<String> {
    shown.iter().find_map(|member| member.annotation(name)).map(str::to_owned)
}

/// What happened, in the words of whoever wrote the alert: one summary and its description, or the summaries where members differ; the
/// message's own text where it lists nobody.
fn description(shown: &[&Member], embed: &Embed) -> String {
    let Some(first) = shown.first() else {
        return text::block(embed.description.as_deref().unwrap_or_default(), limits::DESCRIPTION_LIMIT);
    };
    let mut parts = distinct(shown.iter().filter_map(|member| member.annotation("summary")));
    if parts.len() > SUMMARIES_LIMIT {
        parts.truncate(SUMMARIES_LIMIT);
        parts.push("…");
    }
    if parts.len() <= 1 {
        parts.extend(first.annotation("description").or_else(|| first.annotation("message")));
    }
    text::block(&distinct(parts.into_iter()).join("\n"), limits::DESCRIPTION_LIMIT)
}

/// The embed's own link, else where Prometheus shows the first alert.
fn url(shown: &[&Member], embed: &Embed) -> Option<String> {
    let own = embed.url.as_deref().and_then(limits::url);
    own.or_else(|| shown.iter().find_map(|member| member.source.clone()))
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    texts.filter(|text| seen.insert(*text)).collect()
}

/// The members, each key once; the group itself where the text names none that is as the title says.
fn instances(members: &[Member], common: &Pairs, stand_in: Instance) -> Vec<Instance> {
    let mut keys = BTreeSet::new();
    let named = members.iter().map(|member| Instance {
        key: member.key(),
        title: member.title(common).unwrap_or_else(|| stand_in.title.clone()),
        state: member.state,
        severity: member.severity(),
    });
    let mut instances: Vec<Instance> = named.filter(|instance| keys.insert(instance.key.clone())).collect();
    if instances.iter().all(|instance| instance.state != stand_in.state) {
        instances.push(stand_in);
    }
    instances
}
