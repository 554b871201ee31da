//! A first file of definitions for a guild, with its own ids, written for somebody who has seen none before: it applies as it is,
//! and pages its owner. Pure text; what it says must pass the review like everything else.

use crate::domain::id::UserId;
use crate::domain::name::{NAME_MAX, Name};
use crate::domain::survey::{Ability, Channel, ChannelKind, Member, Survey};

/// Most roles, and most channels, that are listed with their ids.
const LISTED_MAX: usize = 40;
/// Longest name of a thing of Discord's in a comment, in characters.
const SHOWN_MAX: usize = 60;

/// The file, as YAML.
pub fn first_file(guild: &Survey) -> String {
    let owner = guild.member(guild.owner);
    let name = owner.map_or_else(|| named(""), |owner| named(&owner.username));
    let parts = [
        head(guild),
        settings(guild, &name),
        contact(guild.owner, owner, &name),
        paging(&name),
        plan(),
        alert_source(guild),
    ];
    parts.join("---\n")
}

fn head(guild: &Survey) -> String {
    let Survey { guild: id, name, .. } = guild;
    format!(
        "# A first set-up of {}. It works as it is: change what does not fit, then\n\
         #   muster check FILE\n\
         #   muster apply FILE --guild {id}\n\
         # Discord's things are named by id (in quotes), or by name: \"#alerts\", \"@leads\", \"@ana\".\n\
         # What is left out has a default; docs/ lists every kind and field.\n",
        shown(name)
    )
}

fn settings(guild: &Survey, owner: &Name) -> String {
    let roles = guild.roles.iter().filter(|role| !role.managed && role.id.0 != guild.guild.0);
    let roles = listed(roles.map(|role| format!("\"{}\"  @{}", role.id, shown(&role.name))));
    let channels = listed(rooms(guild).map(|channel| format!("\"{}\"  #{}", channel.id, shown(&channel.name))));
    let categories = guild.channels.iter().filter(|channel| channel.kind == ChannelKind::Category);
    let categories = listed(categories.map(|channel| format!("\"{}\"  {}", channel.id, shown(&channel.name))));
    format!(
        "kind: settings\nname: guild\nspec:\n  \
           time_zone: UTC                # how times that people type are read, such as Europe/Dublin\n  \
           roles:                        # lists of roles; Manage Server is always admin\n    \
             responder: []               # may open, take and resolve incidents; none: every contact may\n    \
             manager: []\n    \
             admin: []                   # may change this set-up\n  \
           announce: []                  # channels that hear of every incident\n  \
           # incident_category: \"…\"      # where incident channels are made; left out: a category that the bot makes\n  \
           fallback: {{contact: {owner}}}    # who is called when nobody answers; or {{role: \"…\"}}\n  \
           # Roles of this server:\n{roles}  # Channels:\n{channels}  # Categories:\n{categories}"
    )
}

fn contact(id: UserId, owner: Option<&Member>, name: &Name) -> String {
    let title = owner.map_or("Owner", Member::title);
    let title = serde_json::Value::from(shown(title));
    format!(
        "kind: contact                    # a person who can be paged; one document each\nname: {name}\nspec:\n  \
           display_name: {title}\n  \
           discord_user: \"{id}\"\n  \
           channels:                     # the ways to reach them\n    \
             - {{name: here, type: mention}}    # in the incident's channel\n    \
             - {{name: dm, type: dm}}\n    \
             # - {{name: phone, type: webhook, preset: pushover, url_env: MUSTER_SECRET_PHONE}}   # set it where the bot runs\n  \
           stages:                       # in this order, until they answer\n    \
             - duration: 0s              # at once\n      \
               targets:\n        \
                 - {{channel: here, retry_every: 2m}}\n        \
                 - {{channel: dm}}\n"
    )
}

fn paging(owner: &Name) -> String {
    format!(
        "kind: schedule                   # who is on call when\nname: primary\nspec:\n  \
           display_name: Primary on call\n  \
           rotations:\n    \
             - name: weekly\n      \
               start: 2026-01-05T09:00   # a Monday; the first of the list begins\n      \
               time_zone: UTC\n      \
               contacts: [{owner}]       # one after the other\n      \
               hand_off:\n        \
                 weekly: [{{day: MON, at: \"09:00\"}}]\n\
         ---\n\
         kind: escalation_plan            # whom to page, and whom next\nname: default\nspec:\n  \
           display_name: Default\n  \
           stages:\n    \
             - duration: 5m              # nobody answers: the next stage\n      \
               targets: [{{schedule: primary}}]\n    \
             - duration: 10m\n      \
               targets: [{{contact: {owner}}}]\n  \
           repeat: 1\n"
    )
}

fn plan() -> String {
    "kind: response_plan              # what an incident begins with\nname: default\nspec:\n  \
       display_name: Default\n  \
       incident:\n    \
         title: \"{{ alert.title }}\"    # of the alert that opens it\n    \
         summary: \"{{ alert.description }}\"\n    \
         impact: 3                   # 1 Critical, 2 High, 3 Medium, 4 Low, 5 None\n  \
       engagements: [{escalation_plan: default}]\n"
        .to_owned()
}

/// Commented out: whose messages count is known to nobody but the team.
fn alert_source(guild: &Survey) -> String {
    let alerts = rooms(guild).find(|channel| channel.name.contains("alert")).or_else(|| rooms(guild).next());
    let (id, name) =
        alerts.map_or(("…".to_owned(), "alerts".to_owned()), |one| (one.id.to_string(), shown(&one.name)));
    let webhooks =
        guild.webhooks.iter().flatten().filter(|webhook| alerts.is_some_and(|one| one.id == webhook.channel));
    let webhook = webhooks.map(|webhook| webhook.id.to_string()).next().unwrap_or_else(|| "…".to_owned());
    format!(
        "# Whose messages are alerts. Take the # away when the sender is connected.\n\
         # kind: alert_source\n\
         # name: monitoring\n\
         # spec:\n\
         #   channel: \"{id}\"   # #{name}\n\
         #   author: {{webhook: \"{webhook}\"}}   # the webhook that posts there, or {{bot: \"…\"}}\n\
         #   preset: auto\n\
         #   response_plan: default\n\
         #   impact: {{critical: 1, warning: 3}}\n"
    )
}

/// Channels where the bot may read and write.
fn rooms(guild: &Survey) -> impl Iterator<Item = &Channel> {
    let fits = |channel: &&Channel| {
        let usable = channel.abilities.has(Ability::See) && channel.abilities.has(Ability::Send);
        usable && matches!(channel.kind, ChannelKind::Text | ChannelKind::Announcement)
    };
    guild.channels.iter().filter(fits)
}

fn listed(all: impl Iterator<Item = String>) -> String {
    let mut lines: Vec<String> = all.map(|line| format!("  #   {line}\n")).collect();
    let left = lines.len().saturating_sub(LISTED_MAX);
    lines.truncate(LISTED_MAX);
    if left > 0 {
        lines.push(format!("  #   and {left} more\n"));
    }
    if lines.is_empty() { "  #   none\n".to_owned() } else { lines.concat() }
}

/// What Discord calls something, in one line of a comment or a value.
fn shown(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}'))
        .take(SHOWN_MAX)
        .collect()
}

/// A user name as the name of a definition.
fn named(username: &str) -> Name {
    let fits = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let text: String = username.to_lowercase().chars().filter(fits).take(NAME_MAX).collect();
    Name::parse(&text).or_else(|_| Name::parse("owner")).expect("a short lower-case word is a name")
}
