//! The definitions of a scenario, from one line each to the YAML that `apply` takes.

use std::collections::BTreeMap;

use muster::domain::alert::Embed;
use muster::domain::id::{RoleId, UserId};

/// Everybody in the stories. `kim` is a responder who is no contact; `rob` is nobody; `lea` has the leads' role; `admin` manages the server.
pub const PEOPLE: [(&str, UserId); 9] = [
    ("ana", UserId(200_000_000_000_000_001)),
    ("ben", UserId(200_000_000_000_000_002)),
    ("cleo", UserId(200_000_000_000_000_003)),
    ("dan", UserId(200_000_000_000_000_004)),
    ("eve", UserId(200_000_000_000_000_005)),
    ("kim", UserId(200_000_000_000_000_006)),
    ("rob", UserId(200_000_000_000_000_007)),
    ("lea", UserId(200_000_000_000_000_008)),
    ("admin", UserId(200_000_000_000_000_009)),
];

const CONTACTS: [&str; 5] = ["ana", "ben", "cleo", "dan", "eve"];

const RESPONDERS: RoleId = RoleId(900_000_000_000_000_101);
const LEADS: RoleId = RoleId(900_000_000_000_000_102);

pub fn roles_of(name: &str) -> Vec<RoleId> {
    match name {
        "rob" | "admin" => Vec::new(),
        "lea" => vec![LEADS],
        _ => vec![RESPONDERS],
    }
}

/// A text with ids as the names people know.
pub fn named(text: &str) -> String {
    let mut text = text.replace('\n', " / ");
    for (name, user) in PEOPLE {
        text = text.replace(&user.to_string(), name);
    }
    text
}

/// What a story has set up so far: later lines replace earlier ones of the same name.
#[derive(Default, Clone)]
pub struct Setup {
    documents: BTreeMap<(String, String), String>,
    settings: Vec<String>,
    first_plan: Option<String>,
}

impl Setup {
    /// `plan db: …`, `contact ana: …`, `schedule primary: …`, `settings fallback_every: 5m`.
    pub fn add(&mut self, kind: &str, said: &str) -> Result<(), String> {
        if kind == "settings" {
            self.settings.push(said.to_owned());
            return Ok(());
        }
        let (name, said) = said.split_once(':').ok_or("NAME: …")?;
        let made = match kind {
            "contact" => vec![("contact", contact(name, said.trim())?)],
            "schedule" => vec![("schedule", schedule(name, said.trim()))],
            "plan" => plan(name, said.trim())?,
            other => return Err(format!("no such set-up: {other}")),
        };
        if kind == "plan" {
            self.first_plan.get_or_insert(name.to_owned());
        }
        for (kind, document) in made {
            self.documents.insert((kind.to_owned(), name.to_owned()), document);
        }
        Ok(())
    }

    /// `plan db`, `schedule primary`: gone from the set-up; alerts go to another plan.
    pub fn remove(&mut self, said: &str) -> Result<(), String> {
        let (kind, name) = said.split_once(' ').ok_or("remove KIND NAME")?;
        let before = self.documents.len();
        let of_kind = |of: &str| of == kind || kind == "plan" && of.ends_with("_plan");
        self.documents.retain(|(of, one), _| one != name || !of_kind(of));
        if self.first_plan.as_deref() == Some(name) && kind == "plan" {
            self.first_plan = self.documents.keys().find(|(of, _)| of == "response_plan").map(|(_, name)| name.clone());
        }
        if self.documents.len() == before { Err(format!("there is no {said}")) } else { Ok(()) }
    }

    pub fn yaml(&self) -> String {
        let mut documents = vec![self.settings_yaml()];
        for name in CONTACTS {
            if !self.documents.contains_key(&("contact".to_owned(), name.to_owned())) {
                documents.push(contact(name, "0s here").expect("the usual contact"));
            }
        }
        documents.extend(self.documents.values().cloned());
        if let Some(plan) = &self.first_plan {
            documents.push(sources(plan));
        }
        documents.join("\n---\n")
    }

    fn settings_yaml(&self) -> String {
        let own_roles = self.settings.iter().any(|line| line.starts_with("roles:"));
        let roles = format!("roles: {{responder: [\"{RESPONDERS}\"], admin: [\"{LEADS}\"]}}\n  ");
        let roles = if own_roles { String::new() } else { roles };
        let mut yaml = format!(
            "kind: settings\nname: guild\nspec:\n  announce: [\"900000000000000020\"]\n  time_zone: Europe/Dublin\n  \
             {roles}fallback: {{role: \"{LEADS}\"}}"
        );
        for line in &self.settings {
            yaml += &format!("\n  {line}");
        }
        yaml
    }
}

/// `2m here/2m dm · 0s phone`: stages, their channels, `/` how often a page is repeated. `is @ben 0s dm`: somebody else has the name.
/// `mails eve`: the address is that of somebody else. Besides `here`, `dm` and `phone` there are `pager`, which rings until it is answered, and `mail`.
/// `impact 3 hold 09:00 · impact 4 channel · zone Asia/Tokyo`: how loud, and where.
fn contact(name: &str, said: &str) -> Result<String, String> {
    let (who, said) = said.strip_prefix("is @").and_then(|said| said.split_once(' ')).unwrap_or((name, said));
    let (_, user) = PEOPLE.iter().find(|(known, _)| *known == who).ok_or(format!("nobody is called {who}"))?;
    let (mut stages, mut loudness, mut zone, mut mailbox) = (String::new(), Vec::new(), String::new(), name);
    for stage in said.split(" · ") {
        if let Some(said) = stage.strip_prefix("impact ") {
            loudness.push(loud(said)?);
            continue;
        }
        if let Some(said) = stage.strip_prefix("mails ") {
            mailbox = said;
            continue;
        }
        if let Some(said) = stage.strip_prefix("zone ") {
            zone = format!("\n  time_zone: {said}");
            continue;
        }
        let mut words = stage.split(' ');
        let duration = words.next().unwrap_or("0s");
        let target = |word: &str| match word.split_once('/') {
            Some((channel, every)) => format!("{{channel: {channel}, retry_every: {every}}}"),
            None => format!("{{channel: {word}}}"),
        };
        let targets: Vec<String> = words.map(target).collect();
        stages += &format!("\n    - {{duration: {duration}, targets: [{}]}}", targets.join(", "));
    }
    let variable = format!("MUSTER_SECRET_{}", name.to_uppercase());
    let mut more = String::new();
    if said.contains("pager") {
        more += &format!(", {{name: pager, type: webhook, preset: pushover, url_env: {variable}}}");
    }
    if said.contains("mail") {
        more += &format!(", {{name: mail, type: email, address: {mailbox}@example.org}}");
    }
    Ok(format!(
        "kind: contact\nname: {name}\nspec:\n  display_name: {name}\n  discord_user: \"{user}\"\n  channels: [{{name: here, type: mention}}, \
         {{name: dm, type: dm}}, {{name: phone, type: webhook, url_env: {variable}}}{more}]\n  loudness: {{{}}}{zone}\n  stages:{stages}",
        loudness.join(", ")
    ))
}

/// `3 hold 09:00`, `4 channel`, `5 page`.
fn loud(said: &str) -> Result<String, String> {
    let (impact, how) = said.split_once(' ').ok_or("impact NUMBER page|channel|hold HH:MM")?;
    Ok(match how.strip_prefix("hold ") {
        Some(until) => format!("{impact}: {{hold_until: \"{until}\"}}"),
        None => format!("{impact}: {how}"),
    })
}

/// `@ana @ben`: on call one after the other, a day each from 2026-01-05 00:00 UTC; `nobody`: starts next year. After that, `· announce`,
/// `· role 201`, `· rotation two` (its name), `· dublin 09:00` (the hand-off by the clocks of Dublin), `· office` (weekdays 09:00 to 17:00 only).
fn schedule(name: &str, said: &str) -> String {
    let (people, options) = said.split_once(" · ").unwrap_or((said, ""));
    let people: Vec<&str> = people.split(' ').filter_map(|word| word.strip_prefix('@')).collect();
    let (start, people) = if people.is_empty() { ("2027-01-01", vec!["ana"]) } else { ("2026-01-05", people) };
    let (mut more, mut zone, mut at, mut coverage) = (String::new(), "UTC", "00:00", String::new());
    let mut rotation = "one";
    for option in options.split(" · ").filter(|option| !option.is_empty()) {
        match option.split_once(' ').unwrap_or((option, "")) {
            ("announce", _) => more += "\n  announce: \"900000000000000021\"",
            ("role", role) => more += &format!("\n  discord_role: \"900000000000000{role}\""),
            ("rotation", name) => rotation = name,
            ("dublin", time) => (zone, at) = ("Europe/Dublin", time),
            ("office", _) => {
                let days =
                    ["MON", "TUE", "WED", "THU", "FRI"].map(|day| format!("{day}: [{{from: '09:00', to: '17:00'}}]"));
                coverage = format!(", coverage: {{{}}}", days.join(", "));
            }
            (other, _) => panic!("no such option of a schedule: {other}"),
        }
    }
    format!(
        "kind: schedule\nname: {name}\nspec:{more}\n  rotations: [{{name: {rotation}, start: {start}T00:00, time_zone: {zone}, contacts: [{}], \
         hand_off: {{daily: [\"{at}\"]}}{coverage}}}]",
        people.join(", ")
    )
}

/// `stage 5m @ana @ben? #primary · stage 5m · repeat 1 · refire_after 10m`: an escalation plan and the response plan around it.
fn plan(name: &str, said: &str) -> Result<Vec<(&'static str, String)>, String> {
    let (mut stages, mut repeat, mut options) = (String::new(), "0".to_owned(), String::new());
    let mut engagements = vec![format!("{{escalation_plan: {name}}}")];
    for part in said.split(" · ") {
        let (word, rest) = part.split_once(' ').unwrap_or((part, ""));
        match word {
            "stage" => {
                let mut words = rest.split(' ');
                let duration = words.next().ok_or("stage DURATION")?;
                let targets: Vec<String> = words.map(target).collect();
                stages += &format!("\n    - {{duration: {duration}, targets: [{}]}}", targets.join(", "));
            }
            "repeat" => repeat = rest.to_owned(),
            "also" => engagements.extend(rest.split(' ').map(engage)),
            "only" => engagements = rest.split(' ').map(engage).collect(),
            "nobody" => engagements.clear(),
            "channel" => options += &format!("\n  channel: {{{rest}}}"),
            // Whoever acknowledged is left alone in the stories, unless they say so: `ack_timeout usual`, `ack_timeout 10m`.
            "ack_timeout" if rest == "usual" => {}
            option => options += &format!("\n  {option}: {rest}"),
        }
    }
    if !said.contains("ack_timeout ") {
        options += "\n  ack_timeout: off";
    }
    let escalation = format!("kind: escalation_plan\nname: {name}\nspec:\n  repeat: {repeat}\n  stages:{stages}");
    let response = format!(
        "kind: response_plan\nname: {name}\nspec:\n  incident: {{title: \"{{{{ alert.title }}}}\", impact: 2}}\n  \
         engagements: [{}]{options}",
        engagements.join(", ")
    );
    if stages.is_empty() {
        return Ok(vec![("response_plan", response)]);
    }
    Ok(vec![("escalation_plan", escalation), ("response_plan", response)])
}

fn target(word: &str) -> String {
    let essential = !word.ends_with('?');
    let name = word.trim_end_matches('?');
    match name.strip_prefix('#') {
        Some(schedule) => format!("{{schedule: {schedule}, essential: {essential}}}"),
        None => format!("{{contact: {}, essential: {essential}}}", name.trim_start_matches('@')),
    }
}

fn engage(word: &str) -> String {
    match (word.strip_prefix('@'), word.strip_prefix('#')) {
        (Some(contact), _) => format!("{{contact: {contact}}}"),
        (_, Some(schedule)) => format!("{{schedule: {schedule}}}"),
        _ => format!("{{escalation_plan: {word}}}"),
    }
}

fn sources(plan: &str) -> String {
    let rules = "\n    - {state: firing, content: '^ALERT (?P<severity>\\w+) (?P<key>[\\w.-]+): (?P<title>.+)$'}\n    \
                 - {state: resolved, content: '^OK (?P<key>[\\w.-]+)'}";
    format!(
        "kind: alert_source\nname: homegrown\nspec:\n  channel: \"900000000000000030\"\n  author: {{webhook: \"900000000000000301\"}}\n  \
         response_plan: {plan}\n  impact: {{critical: 1, high: 2, warning: 3}}\n  rules:{rules}\n---\n\
         kind: alert_source\nname: prod\nspec:\n  channel: \"900000000000000030\"\n  author: {{webhook: \"900000000000000302\"}}\n  \
         preset: alertmanager\n  response_plan: {plan}\n  impact: {{critical: 1, warning: 3}}"
    )
}

/// `firing web-1,web-2 resolved web-3`: a message of Alertmanager 0.33 about the group `InstanceDown`; `all resolved web-1`: the whole group.
pub fn alertmanager(said: &str) -> Result<Embed, String> {
    let mut words = said.split(' ').peekable();
    let all = words.next_if(|word| *word == "all").is_some();
    let (mut firing, mut resolved): (Vec<&str>, Vec<&str>) = Default::default();
    while let Some(word) = words.next() {
        let names = words.next().unwrap_or_default().split(',');
        match word {
            "firing" => firing.extend(names),
            "resolved" => resolved.extend(names),
            other => return Err(format!("no such state: {other}")),
        }
    }
    let block = |names: &[&str]| -> String {
        let one = |name: &&str| {
            format!(
                "Labels:\n - alertname = InstanceDown\n - instance = {name}\n - severity = critical\nAnnotations:\n \
                 - summary = Instance {name} is down\nSource: http://prometheus.example.internal/graph\n"
            )
        };
        names.iter().map(one).collect()
    };
    let mut description = String::new();
    if !firing.is_empty() {
        description += &format!("Alerts Firing:\n{}", block(&firing));
    }
    if !resolved.is_empty() {
        description += &format!("Alerts Resolved:\n{}", block(&resolved));
    }
    let bracket = if all { "[RESOLVED]".to_owned() } else { format!("[FIRING:{}]", firing.len()) };
    Ok(Embed {
        title: Some(format!("{bracket} InstanceDown (critical)")),
        description: Some(description.trim_end().to_owned()),
        ..Embed::default()
    })
}
