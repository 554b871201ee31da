//! Alert and change sources: whose messages, patterns that compile, templates over their groups, no two sources for one
//! author in one channel.

use regex::Regex;

use super::{Checked, Desk, Facts};
use crate::domain::change::{ChangeSource, WINDOW_MAX};
use crate::domain::definition::Kind;
use crate::domain::id::ChannelId;
use crate::domain::name::Name;
use crate::domain::reference::Ref;
use crate::domain::source::{
    AlertSource, Author, CATCH_UP_MAX, Flapping, LIMIT_MAX, Preset, REGION_MAX, ROUTES_MAX, RULES_MAX, Route,
    RouteAction, Rule, RuleState, SEVERITIES_MAX, Storm, TEMPLATE_MAX, WITHIN_MAX,
};
use crate::domain::span::Span;

pub(super) fn alerts(desk: &mut Desk<'_>, source: &AlertSource) {
    origin(desk, source);
    reading(desk, source);
    severities(desk, source);
    desk.count("spec.routes", source.routes.len(), 0..=ROUTES_MAX, "routes");
    for (r, route) in source.routes.iter().enumerate() {
        self::route(desk, &format!("spec.routes[{r}]"), route, r + 1 == source.routes.len());
    }
    for (r, rule) in source.rules.iter().take(RULES_MAX).enumerate() {
        self::rule(desk, &format!("spec.rules[{r}]"), rule);
    }
    if let Some(Storm::At { incidents, within }) = source.storm {
        desk.number("spec.storm.incidents", incidents, 1..=LIMIT_MAX);
        desk.span("spec.storm.within", within, Span::secs(1)..=WITHIN_MAX);
    }
    if let Some(Flapping::At { changes, within }) = source.flapping {
        desk.number("spec.flapping.changes", changes, 2..=LIMIT_MAX);
        desk.span("spec.flapping.within", within, Span::secs(1)..=WITHIN_MAX);
    }
    desk.span("spec.catch_up", source.catch_up, Span::ZERO..=CATCH_UP_MAX);
}

/// A queue, or a channel and an author; never both, never half.
fn origin(desk: &mut Desk<'_>, source: &AlertSource) {
    match (&source.sqs, &source.channel, &source.author) {
        (None, Some(_), Some(_)) => {}
        (Some(sqs), None, None) => {
            desk.link("spec.sqs.queue_url", &sqs.queue_url);
            desk.text("spec.sqs.region", &sqs.region, REGION_MAX);
        }
        (Some(_), ..) => desk.wrong("spec.sqs", "`sqs` stands instead of `channel` and `author`", "keep one way"),
        (None, None, None) => desk.wrong("spec", "the source has no origin", "write `channel` and `author`, or `sqs`"),
        (None, Some(_), None) => desk.wrong(
            "spec.author",
            "`author` is missing",
            "write {webhook: id} or {bot: user id}: trust is by author",
        ),
        (None, None, Some(_)) => {
            desk.wrong("spec.channel", "`channel` is missing", "write \"#name\" or its id, in quotes")
        }
    }
}

fn reading(desk: &mut Desk<'_>, source: &AlertSource) {
    desk.count("spec.rules", source.rules.len(), 0..=RULES_MAX, "rules");
    let reads_rules = matches!(source.preset(), Preset::Rules | Preset::Auto);
    if !source.rules.is_empty() && !reads_rules {
        desk.wrong(
            "spec.rules",
            "rules are read with the presets `rules` and `auto` only",
            "leave `preset` or `rules` out",
        );
    }
    if source.preset == Some(Preset::Rules) && source.rules.is_empty() {
        desk.wrong("spec.rules", "the preset `rules` needs rules", "write some, or another preset");
    }
}

fn severities(desk: &mut Desk<'_>, source: &AlertSource) {
    desk.count("spec.impact", source.impact.len(), 0..=SEVERITIES_MAX, "severities");
    let words: Vec<(String, String)> =
        source.impact.keys().map(|word| (format!("spec.impact.{word}"), word.to_lowercase())).collect();
    desk.unique(words.iter().map(|(field, word)| (field.clone(), word.as_str())), "severity");
}

fn route(desk: &mut Desk<'_>, field: &str, route: &Route, last: bool) {
    if let Some(title) = &route.when.title {
        desk.pattern(format!("{field}.when.title"), title);
    }
    let always = route.when.title.is_none() && route.when.severity.is_none() && route.when.labels.is_empty();
    if always && !last {
        desk.wrong(
            format!("{field}.when"),
            "this matches everything: no route after it is reached",
            "name a title, a severity or labels, or put it last",
        );
    }
    let without_plan = matches!(route.action, RouteAction::Ignore);
    if without_plan && (route.response_plan.is_some() || route.impact.is_some()) {
        desk.wrong(field, "`do: ignore` opens nothing: a plan or an impact means nothing here", "leave them out");
    }
}

fn rule(desk: &mut Desk<'_>, field: &str, rule: &Rule) {
    let given = patterns(field, rule);
    if given.is_empty() {
        desk.wrong(field, "the rule has no pattern", "write content, username, embed or field");
        return;
    }
    let mut compiled = Vec::new();
    for (field, text) in &given {
        match desk.pattern(field, text) {
            Some(pattern) => compiled.push(pattern),
            None => return,
        }
    }
    let groups: Vec<&str> = compiled.iter().flat_map(Regex::capture_names).flatten().collect();
    for (name, template) in templates(rule) {
        if let Some(text) = template {
            desk.text(format!("{field}.{name}"), text, TEMPLATE_MAX);
            desk.template(format!("{field}.{name}"), text, &groups);
        }
    }
    if rule.state == RuleState::Resolved && rule.key.is_none() && !groups.contains(&"key") {
        let right = "capture it with (?P<key>…), or write `key`";
        desk.warn(field, "nothing says which alert has recovered: the rule has no key", right);
    }
}

fn templates(rule: &Rule) -> [(&'static str, Option<&String>); 4] {
    [
        ("title", rule.title.as_ref()),
        ("key", rule.key.as_ref()),
        ("severity", rule.severity.as_ref()),
        ("description", rule.description.as_ref()),
    ]
}

fn patterns<'r>(field: &str, rule: &'r Rule) -> Vec<(String, &'r String)> {
    let embed = rule.embed.as_ref();
    let all = [
        ("content", rule.content.as_ref()),
        ("username", rule.username.as_ref()),
        ("embed.title", embed.and_then(|embed| embed.title.as_ref())),
        ("embed.description", embed.and_then(|embed| embed.description.as_ref())),
        ("embed.footer", embed.and_then(|embed| embed.footer.as_ref())),
        ("embed.author", embed.and_then(|embed| embed.author.as_ref())),
        ("embed.url", embed.and_then(|embed| embed.url.as_ref())),
        ("field.value", rule.field.as_ref().map(|field| &field.value)),
    ];
    all.into_iter().filter_map(|(name, text)| Some((format!("{field}.{name}"), text?))).collect()
}

pub(super) fn changes(desk: &mut Desk<'_>, source: &ChangeSource) {
    desk.pattern("spec.match", &source.pattern);
    desk.span("spec.window", source.window, Span::mins(1)..=WINDOW_MAX);
}

/// One source per channel and author: a message has one reading.
pub(super) fn doubles(facts: &Facts<'_>, checked: &mut Checked) {
    let alerts =
        facts.set.alert_sources().filter_map(|(name, s)| Some((name, s.channel.as_ref()?, s.author.as_ref()?)));
    same_origin(facts, checked, Kind::AlertSource, alerts.collect());
    let changes = facts.set.change_sources().map(|(name, source)| (name, &source.channel, &source.author));
    same_origin(facts, checked, Kind::ChangeSource, changes.collect());
}

fn same_origin(facts: &Facts<'_>, checked: &mut Checked, kind: Kind, all: Vec<(&Name, &Ref<ChannelId>, &Author)>) {
    for (index, (name, channel, author)) in all.iter().enumerate() {
        let earlier = all[..index].iter().find(|(_, c, a)| c == channel && a == author);
        if let Some((other, ..)) = earlier {
            let mut desk = Desk { facts, kind, name, checked };
            desk.wrong(
                "spec.author",
                format!("`{other}` already reads this author in this channel"),
                "keep one of them",
            );
        }
    }
}
