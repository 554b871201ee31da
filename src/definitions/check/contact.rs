//! Contacts: every channel complete, every stage on a channel that is there, no impact louder than a worse one.

use super::{Checked, Desk, Facts};
use crate::definitions::explain::nearest;
use crate::domain::contact::{
    ADDRESS_MAX, CHANNELS_MAX, Contact, ContactChannel, ContactStage, DISPLAY_NAME_MAX, Loudness, RETRY_MIN, STAGE_MAX,
    STAGES_MAX, Way, WebhookPreset,
};
use crate::domain::definition::Kind;
use crate::domain::impact::Impact;
use crate::domain::span::Span;

pub(super) fn check(desk: &mut Desk<'_>, contact: &Contact) {
    desk.text("spec.display_name", &contact.display_name, DISPLAY_NAME_MAX);
    desk.count("spec.channels", contact.channels.len(), 1..=CHANNELS_MAX, "channels");
    desk.count("spec.stages", contact.stages.len(), 1..=STAGES_MAX, "stages");
    let names = contact.channels.iter().enumerate();
    desk.unique(names.map(|(c, channel)| (format!("spec.channels[{c}].name"), channel.name.as_str())), "channel");
    for (c, channel) in contact.channels.iter().enumerate() {
        self::channel(desk, &format!("spec.channels[{c}]"), channel);
    }
    for (s, stage) in contact.stages.iter().enumerate() {
        self::stage(desk, &format!("spec.stages[{s}]"), stage, contact);
    }
    if !contact.stages.is_empty() && contact.stages.iter().all(|stage| stage.targets.is_empty()) {
        desk.wrong("spec.stages", "no stage has a target: nothing reaches them", "name a channel in one");
    }
    loudness(desk, contact);
}

/// A person with two contacts is paged for both, and `/contact` knows only the first.
pub(super) fn doubles(facts: &Facts<'_>, checked: &mut Checked) {
    let all: Vec<_> = facts.set.contacts().collect();
    for (index, (name, contact)) in all.iter().enumerate() {
        let earlier = all[..index].iter().find(|(_, other)| other.discord_user == contact.discord_user);
        if let Some((other, _)) = earlier {
            let mut desk = Desk { facts, kind: Kind::Contact, name, checked };
            desk.warn(
                "spec.discord_user",
                format!("`{other}` is the same person: a plan that names both may page them twice"),
                "keep one of them",
            );
        }
    }
}

fn channel(desk: &mut Desk<'_>, field: &str, channel: &ContactChannel) {
    desk.text(format!("{field}.name"), &channel.name, DISPLAY_NAME_MAX);
    let webhook = channel.way == Way::Webhook;
    let webhook_only = [
        ("preset", channel.preset.is_some()),
        ("url_env", channel.url_env.is_some()),
        ("secret_env", channel.secret_env.is_some()),
    ];
    for (name, _) in webhook_only.iter().filter(|(_, given)| *given && !webhook) {
        desk.wrong(format!("{field}.{name}"), format!("`{name}` is of webhooks only"), "leave it out");
    }
    match (&channel.url_env, &channel.address) {
        (None, _) if webhook => desk.wrong(
            format!("{field}.url_env"),
            "a webhook needs `url_env`",
            "name the variable that holds its address",
        ),
        (_, None) if channel.way == Way::Email => {
            desk.wrong(format!("{field}.address"), "an e-mail needs `address`", "write one like ana@example.org")
        }
        (_, Some(_)) if channel.way != Way::Email => {
            desk.wrong(format!("{field}.address"), "`address` is of e-mails only", "leave it out")
        }
        (_, Some(address)) => self::address(desk, field, address),
        _ => {}
    }
    for (name, variable) in [("url_env", &channel.url_env), ("secret_env", &channel.secret_env)] {
        if let Some(variable) = variable {
            desk.secret(format!("{field}.{name}"), variable);
        }
    }
    if channel.secret_env.is_some() && channel.preset.is_some_and(|preset| preset != WebhookPreset::Generic) {
        let what = "only the preset `generic` signs: this is not used";
        desk.warn(format!("{field}.secret_env"), what, "leave `secret_env` out");
    }
}

/// Simple sanity: what a mail server makes of it is seen at `/contact test`.
fn address(desk: &mut Desk<'_>, field: &str, address: &str) {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>,;\"()".contains(c);
    let shaped = address.split_once('@').is_some_and(|(local, domain)| {
        let dotted = domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
        !local.is_empty() && dotted && !domain.contains('@')
    });
    if !shaped || address.len() > ADDRESS_MAX || address.chars().any(odd) {
        desk.wrong(
            format!("{field}.address"),
            format!("`{address}` is not an e-mail address"),
            "write one like ana@example.org",
        );
    }
}

fn stage(desk: &mut Desk<'_>, field: &str, stage: &ContactStage, contact: &Contact) {
    desk.span(format!("{field}.duration"), stage.duration, Span::ZERO..=STAGE_MAX);
    if stage.targets.is_empty() && stage.duration.is_zero() {
        desk.wrong(
            format!("{field}.duration"),
            "a stage without targets is a delay, and this one is 0s",
            "give it a duration or a target",
        );
    }
    let names = stage.targets.iter().enumerate();
    desk.unique(names.map(|(t, target)| (format!("{field}.targets[{t}].channel"), target.channel.as_str())), "channel");
    for (t, target) in stage.targets.iter().enumerate() {
        if contact.channel(&target.channel).is_none() {
            let names: Vec<&str> = contact.channels.iter().map(|channel| channel.name.as_str()).collect();
            let right = nearest(&target.channel, &names);
            desk.wrong(
                format!("{field}.targets[{t}].channel"),
                format!("there is no channel `{}`", target.channel),
                right,
            );
        }
        if let Some(every) = target.retry_every {
            desk.span(format!("{field}.targets[{t}].retry_every"), every, RETRY_MIN..=STAGE_MAX);
        }
    }
}

/// An impact may never be louder than the one above it.
fn loudness(desk: &mut Desk<'_>, contact: &Contact) {
    let of = |impact: Impact| contact.loudness.get(&impact).copied().unwrap_or(Loudness::Page);
    for pair in Impact::ALL.windows(2) {
        if quiet(of(pair[1])) < quiet(of(pair[0])) {
            let (low, high) = (pair[1].number(), pair[0].number());
            let field = if contact.loudness.contains_key(&pair[1]) {
                format!("spec.loudness.{low}")
            } else {
                "spec.loudness".to_owned()
            };
            let what = format!("impact {low} would be louder than impact {high}");
            desk.wrong(field, what, format!("make {low} as quiet as {high}, or {high} louder"));
        }
    }
}

/// How quiet, in an order: page, hold until early, hold until late, channel. Nights begin at 22:00.
fn quiet(loudness: Loudness) -> i64 {
    const DAY_MIN: i64 = 24 * 60;
    match loudness {
        Loudness::Page => 0,
        Loudness::HoldUntil(until) => {
            let evening = chrono::NaiveTime::from_hms_opt(22, 0, 0).unwrap_or_default();
            1 + (until.time() - evening).num_minutes().rem_euclid(DAY_MIN)
        }
        Loudness::Channel => 1 + DAY_MIN,
    }
}
