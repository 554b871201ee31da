//! The slash commands as data and as types agree, keep Discord's limits, and read what Discord sends. Reads `commands/` itself.

#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use muster::discord::commands::{
    self, Ack, Attachment, Command, Config, Contact, Incident, Oncall, Page, Plan, Status, Timeline, Version,
};
use muster::discord::typed::{Ahead, End, Engaged, IncidentNumber, Label, Member, Members, Moment};
use muster::domain::definition::Kind;
use muster::domain::id::EngagementId;
use muster::domain::impact::Impact;
use muster::domain::name::Name;
use muster::domain::span::{Span, TimeOfDay};
use serde_json::{Value, json};

/// The commands, read from the disk, by file name.
fn files() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("commands");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path| {
        let command: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let name = text(&command["name"]).to_lowercase().replace(' ', "_");
        assert_eq!(name, Path::file_stem(path).unwrap().to_str().unwrap(), "a file has its command's name");
        command
    };
    paths.iter().map(|path| read(path)).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn nests(option: &Value) -> bool {
    option["type"] == 1 || option["type"] == 2
}

/// Something that can be typed and sent.
#[derive(Debug)]
struct Leaf {
    /// The words, `incident` and `new`.
    path: Vec<String>,
    options: Vec<Value>,
}

fn leaves() -> Vec<Leaf> {
    let mut found = Vec::new();
    files().iter().filter(|command| command["type"] == 1).for_each(|command| walk(&[], command, &mut found));
    found
}

fn walk(above: &[String], entry: &Value, found: &mut Vec<Leaf>) {
    let path = [above, &[text(&entry["name"]).to_owned()]].concat();
    let options = list(&entry["options"]);
    if options.iter().any(nests) {
        assert!(options.iter().all(nests), "{path:?}: commands and values are mixed");
        options.iter().for_each(|option| walk(&path, option, found));
    } else {
        found.push(Leaf { path, options: options.to_vec() });
    }
}

/// A value somebody could give for the option.
fn sample(option: &Value) -> Value {
    if let Some(choice) = list(&option["choices"]).first() {
        return choice["value"].clone();
    }
    match (option["type"].as_u64(), text(&option["name"])) {
        (Some(3), "incident" | "of") => json!("INC-42"),
        (Some(3), "engagement") => json!("3700000000000000001"),
        (Some(3), "plan") => json!("payments"),
        (Some(3), "contact") => json!("ana"),
        (Some(3), "channel") => json!("dm"),
        (Some(3), "until" | "from" | "to") => json!("18:00"),
        (Some(3), "schedule") => json!("primary"),
        (Some(3), "rotation") => json!("one"),
        (Some(3), "members") => json!("ana ben"),
        (Some(3), "override") => json!("k3x9a"),
        (Some(4), "weeks") => json!(3),
        (Some(3), "since" | "next_update") => json!("7d"),
        (Some(3), "at") => json!("03:12"),
        (Some(3), "label") => json!("team=payments"),
        (Some(3), "name") => json!("ana"),
        (Some(3), "version") => json!("3"),
        (Some(3), "who") => json!("contact ana"),
        (Some(3), "code") => json!("123 456"),
        (Some(11), _) => {
            json!({ "id": "7", "filename": "team.yaml", "url": "https://cdn.discordapp.com/7", "size": 9 })
        }
        (Some(3), _) => json!("The database is full"),
        (Some(5), _) => json!(true),
        (kind, name) => panic!("no sample for option `{name}` of type {kind:?}"),
    }
}

/// The option as it arrives in an interaction.
fn given(option: &Value, value: Value) -> Value {
    json!({ "name": option["name"], "type": option["type"], "value": value })
}

/// What Discord sends for words and options: each word but the first wraps the rest.
fn sent(path: &[String], options: Vec<Value>) -> Vec<Value> {
    let kinds = [1, 2];
    path[1..]
        .iter()
        .rev()
        .zip(kinds)
        .fold(options, |inner, (word, kind)| vec![json!({ "name": word, "type": kind, "options": inner })])
}

fn parse(leaf: &Leaf, options: Vec<Value>) -> Command {
    let read = commands::parse(&leaf.path[0], &sent(&leaf.path, options));
    read.unwrap_or_else(|why| panic!("{:?}: {why}", leaf.path))
}

#[test]
fn every_command_reads_with_everything_given() {
    for leaf in leaves() {
        parse(&leaf, leaf.options.iter().map(|option| given(option, sample(option))).collect());
    }
}

#[test]
fn every_command_reads_with_only_what_is_required() {
    for leaf in leaves() {
        let required = leaf.options.iter().filter(|option| option["required"] == true);
        parse(&leaf, required.map(|option| given(option, sample(option))).collect());
    }
}

/// Each choice alone reads, and no two mean the same.
#[test]
fn every_choice_reads_as_its_own_value() {
    for leaf in leaves() {
        for chosen in leaf.options.iter().filter(|option| option["choices"].is_array()) {
            let others = leaf.options.iter().filter(|option| option["required"] == true && *option != chosen);
            let others: Vec<_> = others.map(|option| given(option, sample(option))).collect();
            let with = |choice: &Value| [others.clone(), vec![given(chosen, choice["value"].clone())]].concat();
            let read: Vec<_> = list(&chosen["choices"]).iter().map(|choice| parse(&leaf, with(choice))).collect();
            for (i, one) in read.iter().enumerate() {
                assert!(!read[..i].contains(one), "{:?} {}: {one:?} twice", leaf.path, chosen["name"]);
            }
        }
    }
}

#[test]
fn what_is_typed_arrives_in_its_field() {
    let inc = IncidentNumber::new(42);
    let full = |words: &[&str]| {
        let leaf = leaves().into_iter().find(|leaf| leaf.path == words).unwrap();
        parse(&leaf, leaf.options.iter().map(|option| given(option, sample(option))).collect())
    };
    let said = || "The database is full".to_owned();
    let payments = || Name::parse("payments").unwrap();
    let plan = || Some(payments());
    let ana = || Name::parse("ana").unwrap();
    let primary = || Name::parse("primary").unwrap();
    let week = Some(Span::secs(7 * 86_400));
    let settings = Kind::Settings;
    let file = Attachment { filename: "team.yaml".into(), url: "https://cdn.discordapp.com/7".into(), size: 9 };
    let rows = [
        (full(&["config", "apply"]), Command::Config(Config::Apply { file })),
        (full(&["config", "export"]), Command::Config(Config::Export {})),
        (full(&["config", "new"]), Command::Config(Config::New { kind: settings })),
        (full(&["config", "edit"]), Command::Config(Config::Edit { kind: settings, name: ana() })),
        (full(&["config", "delete"]), Command::Config(Config::Delete { kind: settings, name: ana() })),
        (full(&["config", "history"]), Command::Config(Config::History { kind: settings, name: ana() })),
        (
            full(&["config", "rollback"]),
            Command::Config(Config::Rollback { kind: settings, name: ana(), version: Version(3) }),
        ),
        (
            full(&["incident", "new"]),
            Command::Incident(Incident::New {
                plan: plan(),
                title: Some(said()),
                impact: Some(Impact::Critical),
                summary: Some(said()),
                private: Some(true),
                drill: true,
            }),
        ),
        (
            full(&["incident", "list"]),
            Command::Incident(Incident::List {
                status: Some(Status::Open),
                impact: Some(Impact::Critical),
                plan: plan(),
                since: week,
                label: Some(Label { key: "team".into(), value: "payments".into() }),
            }),
        ),
        (full(&["contact", "me"]), Command::Contact(Contact::Me {})),
        (full(&["contact", "show"]), Command::Contact(Contact::Show { contact: ana() })),
        (full(&["contact", "list"]), Command::Contact(Contact::List {})),
        (full(&["contact", "verify"]), Command::Contact(Contact::Verify {})),
        (full(&["ack"]), Command::Ack(Ack { code: Some("123 456".to_owned()) })),
        (full(&["page"]), Command::Page(Page { who: "contact ana".to_owned(), message: Some(said()), incident: inc })),
        (full(&["incident", "engagements"]), Command::Incident(Incident::Engagements { incident: inc })),
        (full(&["contact", "test"]), Command::Contact(Contact::Test { contact: Some(ana()) })),
        (
            full(&["contact", "mute"]),
            Command::Contact(Contact::Mute {
                channel: Some("dm".to_owned()),
                until: TimeOfDay::new(18, 0).map(End::Clock),
            }),
        ),
        (full(&["incident", "show"]), Command::Incident(Incident::Show { incident: inc })),
        (full(&["incident", "ack"]), Command::Incident(Incident::Ack { incident: inc })),
        (full(&["incident", "escalate"]), Command::Incident(Incident::Escalate { incident: inc })),
        (
            full(&["incident", "stop"]),
            Command::Incident(Incident::Stop {
                engagement: Engaged::Id(EngagementId(3_700_000_000_000_000_001)),
                reason: said(),
            }),
        ),
        (
            full(&["incident", "update"]),
            Command::Incident(Incident::Update {
                title: Some(said()),
                summary: Some(said()),
                impact: Some(Impact::Critical),
                next_update: week,
                message: Some(said()),
                incident: inc,
            }),
        ),
        (
            full(&["incident", "impact"]),
            Command::Incident(Incident::Impact { level: Impact::Critical, reason: Some(said()), incident: inc }),
        ),
        (full(&["incident", "unack"]), Command::Incident(Incident::Unack { incident: inc })),
        (
            full(&["incident", "mitigate"]),
            Command::Incident(Incident::Mitigate { message: Some(said()), incident: inc }),
        ),
        (
            full(&["incident", "reopen"]),
            Command::Incident(Incident::Reopen { reason: Some(said()), page: true, incident: inc }),
        ),
        (full(&["incident", "cancel"]), Command::Incident(Incident::Cancel { reason: said(), incident: inc })),
        (full(&["incident", "duplicate"]), Command::Incident(Incident::Duplicate { of: inc.unwrap(), incident: inc })),
        (full(&["incident", "delete"]), Command::Incident(Incident::Delete { incident: inc.unwrap() })),
        (full(&["incident", "resolve"]), Command::Incident(Incident::Resolve { message: Some(said()), incident: inc })),
        (
            full(&["timeline", "add"]),
            Command::Timeline(Timeline::Add {
                text: said(),
                at: TimeOfDay::new(3, 12).map(Moment::Clock),
                incident: inc,
            }),
        ),
        (full(&["timeline", "show"]), Command::Timeline(Timeline::Show { incident: inc })),
        (full(&["doctor"]), Command::Doctor {}),
        (full(&["setup"]), Command::Setup {}),
        (full(&["help"]), Command::Help {}),
        (full(&["plan", "list"]), Command::Plan(Plan::List {})),
        (full(&["plan", "show"]), Command::Plan(Plan::Show { plan: payments() })),
        (
            full(&["plan", "preview"]),
            Command::Plan(Plan::Preview { plan: payments(), at: TimeOfDay::new(3, 12).map(Ahead::Clock) }),
        ),
    ];
    let schedule = || Some(primary());
    let six = || TimeOfDay::new(18, 0).map(Ahead::Clock);
    let members = || Members(vec![Member::Contact(ana()), Member::Contact(Name::parse("ben").unwrap())]);
    let oncall = [
        ("who", Oncall::Who { schedule: schedule(), at: TimeOfDay::new(3, 12).map(Ahead::Clock) }),
        ("mine", Oncall::Mine {}),
        ("show", Oncall::Show { schedule: primary() }),
        ("preview", Oncall::Preview { schedule: primary(), weeks: Some(3) }),
        ("calendar", Oncall::Calendar { schedule: schedule(), weeks: Some(3) }),
        ("ical", Oncall::Ical { schedule: schedule() }),
        ("gaps", Oncall::Gaps { schedule: schedule() }),
        (
            "override",
            Oncall::Override {
                schedule: primary(),
                from: six().unwrap(),
                to: six().unwrap(),
                members: members(),
                rotation: Some("one".to_owned()),
            },
        ),
        ("overrides", Oncall::Overrides { schedule: schedule() }),
        ("cancel", Oncall::Cancel { r#override: "k3x9a".to_owned() }),
        ("cover", Oncall::Cover { from: six().unwrap(), to: six().unwrap(), schedule: schedule() }),
        ("take", Oncall::Take { schedule: primary(), until: six() }),
    ];
    let oncall = oncall.map(|(word, meant)| (full(&["oncall", word]), Command::Oncall(meant)));
    let rows: Vec<_> = rows.into_iter().chain(oncall).collect();
    assert_eq!(rows.len(), leaves().len(), "a row for every command");
    for (read, meant) in rows {
        assert_eq!(read, meant);
    }
}

/// What the types expect below these words, as serde names it: `Err` for variants, `Ok` for the fields of one.
fn expected(path: &[String]) -> Result<BTreeSet<String>, BTreeSet<String>> {
    let wrong = path.iter().rev().fold(json!({ "?": {} }), |inner, word| json!({ word: inner }));
    let why = serde_json::from_value::<Command>(wrong).unwrap_err().to_string();
    // "unknown field `?`, expected one of `a`, `b`": every second piece between back quotes is a name, the first is `?`.
    let names = why.split('`').skip(1).step_by(2).skip(1).map(str::to_owned).collect();
    match why.split(' ').nth(1) {
        Some("variant") => Err(names),
        Some("field") => Ok(names),
        _ => panic!("{path:?}: {why}"),
    }
}

fn variants(path: Vec<String>, found: &mut BTreeMap<Vec<String>, BTreeSet<String>>) {
    match expected(&path) {
        Err(names) => names.into_iter().for_each(|name| variants([path.clone(), vec![name]].concat(), found)),
        Ok(fields) => {
            found.insert(path, fields);
        }
    }
}

#[test]
fn data_and_types_name_the_same_commands_and_options() {
    let mut in_types = BTreeMap::new();
    variants(Vec::new(), &mut in_types);
    let names = |leaf: &Leaf| leaf.options.iter().map(|option| text(&option["name"]).to_owned()).collect();
    let in_data: BTreeMap<_, BTreeSet<_>> = leaves().iter().map(|leaf| (leaf.path.clone(), names(leaf))).collect();
    assert_eq!(in_types, in_data);
}

/// Commands of which a part works in direct messages too.
const DIRECT: [&str; 4] = ["ack", "contact", "help", "oncall"];

/// <https://discord.com/developers/docs/interactions/application-commands>
#[test]
fn commands_keep_discords_limits() {
    let commands = files();
    assert_names_unique(&commands);
    assert!(commands.len() <= 100);
    for menu in commands.iter().filter(|command| command["type"] != 1) {
        let name = text(&menu["name"]);
        assert!((1..=32).contains(&name.len()) && menu["description"].is_null(), "{name}: a menu has a name only");
        assert_eq!((&menu["contexts"], &menu["integration_types"]), (&json!([0]), &json!([0])), "{name}");
    }
    for command in commands.iter().filter(|command| command["type"] == 1) {
        let name = text(&command["name"]);
        let direct = DIRECT.contains(&name);
        let contexts = if direct { json!([0, 1]) } else { json!([0]) };
        assert_eq!((&command["type"], &command["contexts"]), (&json!(1), &contexts), "{name}: where it can be typed");
        assert_eq!(command["integration_types"], json!([0]), "{name}: installed in guilds");
        assert!(length(command) <= 8_000, "{name} has {} characters in all", length(command));
        check_entry(name, command, 0);
    }
}

fn check_entry(path: &str, entry: &Value, depth: usize) {
    let description = text(&entry["description"]);
    assert!((1..=100).contains(&description.chars().count()), "{path}: {description}");
    assert_eq!(description, description.trim(), "{path}");
    let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    let name = text(&entry["name"]);
    assert!((1..=32).contains(&name.len()) && name.chars().all(named), "{path}");
    let options = list(&entry["options"]);
    assert!(depth <= 2 || !options.iter().any(nests), "{path}: nested too deeply");
    assert!(options.len() <= 25, "{path}: {} options", options.len());
    assert_names_unique(options);
    let required = options.iter().filter(|option| !nests(option)).map(|option| option["required"] == true);
    assert!(required.is_sorted_by_key(|required| !required), "{path}: required options come first");
    check_choices(path, entry);
    options.iter().for_each(|option| check_entry(&format!("{path} {}", text(&option["name"])), option, depth + 1));
}

fn check_choices(path: &str, option: &Value) {
    let choices = list(&option["choices"]);
    assert!(choices.len() <= 25, "{path}");
    assert!(choices.is_empty() || option["autocomplete"] != true, "{path}: choices or autocomplete, not both");
    assert!(option["max_length"].as_u64().is_none_or(|max| (1..=6_000).contains(&max)), "{path}");
    assert_names_unique(choices);
    for choice in choices {
        assert!((1..=100).contains(&text(&choice["name"]).chars().count()), "{path}: {choice}");
        assert!(text(&choice["value"]).chars().count() <= 100, "{path}: {choice}");
    }
}

fn assert_names_unique(entries: &[Value]) {
    let names: BTreeSet<_> = entries.iter().map(|entry| text(&entry["name"])).collect();
    assert_eq!(names.len(), entries.len(), "{names:?}");
}

/// As Discord counts the 8,000: names, descriptions and values, all the way down.
fn length(entry: &Value) -> usize {
    let own = ["name", "description", "value"].map(|key| match &entry[key] {
        Value::Null => 0,
        Value::String(text) => text.chars().count(),
        number => number.to_string().len(),
    });
    let below = list(&entry["options"]).iter().chain(list(&entry["choices"])).map(length);
    own.into_iter().chain(below).sum()
}

#[test]
fn an_impact_is_always_chosen_with_its_sentence() {
    let sentence = |impact: Impact| json!({ "name": format!("{} · {impact}: {}", impact.number(), impact.sentence()), "value": impact.number() });
    let choices: Value = Impact::ALL.map(sentence).to_vec().into();
    let options: Vec<_> = leaves()
        .into_iter()
        .flat_map(|leaf| leaf.options)
        .filter(|option| option["type"] == 4 && option["name"] != "weeks")
        .collect();
    assert_eq!(options.len(), 4, "new, list, update, impact");
    for option in options {
        assert_eq!(option["choices"], choices, "{}", option["name"]);
    }
}

#[test]
fn paths_are_what_can_be_typed() {
    let words: Vec<String> = leaves().iter().map(|leaf| leaf.path.join(" ")).collect();
    assert_eq!(commands::paths(), words);
}

#[test]
fn every_file_is_part_of_the_program() {
    assert_eq!(commands::all(), Value::from(files()));
}

/// As Discord gives them back: with ids, nulls and defaults, in another order.
fn registered() -> Value {
    let dressed = |(i, mut command): (usize, Value)| {
        let added = json!({
            "id": format!("90000000000000000{i}"), "application_id": "900000000000000000", "version": "900000000000000001",
            "default_member_permissions": null, "dm_permission": true, "nsfw": false,
            "name_localizations": null, "description_localizations": {}, "description_localized": command["description"],
        });
        command.as_object_mut().unwrap().extend(added.as_object().unwrap().clone());
        dress_options(&mut command);
        command
    };
    files().into_iter().enumerate().map(dressed).rev().collect()
}

fn dress_options(entry: &mut Value) {
    for option in entry["options"].as_array_mut().into_iter().flatten() {
        let fields = option.as_object_mut().unwrap();
        fields.entry("name_localizations").or_insert(Value::Null);
        fields.entry("required").or_insert(json!(false));
        fields.entry("autocomplete").or_insert(json!(false));
        fields.entry("choices").or_insert(json!([]));
        fields.entry("options").or_insert(json!([]));
        dress_options(option);
    }
}

#[test]
fn what_discord_adds_is_no_difference() {
    assert!(!commands::differs(&commands::all()));
    assert!(!commands::differs(&registered()));
}

/// Every place that holds a text, number or boolean of ours, as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| places(value, &format!("{at}/{name}"), found)),
        Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(i, value)| places(value, &format!("{at}/{i}"), found));
        }
        _ => found.push(at.to_owned()),
    }
}

#[test]
fn any_change_of_ours_is_a_difference() {
    let ours = commands::all();
    let mut found = Vec::new();
    places(&ours, "", &mut found);
    assert!(found.len() > 200, "{} places", found.len());
    for place in found {
        let mut changed = ours.clone();
        let value = changed.pointer_mut(&place).unwrap();
        *value = match value {
            Value::Bool(on) => json!(!*on),
            Value::String(text) => json!(format!("{text}!")),
            _ => json!(7_777),
        };
        assert!(commands::differs(&changed), "{place}");
    }
}

fn named<'a>(all: &'a mut [Value], name: &str) -> &'a mut Value {
    all.iter_mut().find(|command| command["name"] == name).unwrap()
}

#[test]
fn more_or_fewer_commands_or_options_are_a_difference() {
    let ours = commands::all();
    let with = |change: fn(&mut Vec<Value>)| {
        let mut changed = ours.as_array().unwrap().clone();
        change(&mut changed);
        commands::differs(&changed.into())
    };
    assert!(commands::differs(&json!([])));
    assert!(commands::differs(&json!({ "message": "401: Unauthorized" })));
    assert!(with(|all| drop(all.pop())));
    assert!(with(|all| all.push(json!({ "type": 3, "name": "Declare incident", "description": "" }))));
    assert!(with(|all| named(all, "incident")["options"].as_array_mut().unwrap().swap(0, 1)), "people see the order");
    assert!(with(|all| named(all, "incident")["default_member_permissions"] = json!("32")), "somebody hid it");
    assert!(
        with(|all| named(all, "incident")["options"][0]["options"][1]["min_length"] = json!(3)),
        "a limit we gave up"
    );
}

#[test]
fn the_option_being_typed_is_found() {
    let option = |name: &str, value: Value| json!({ "name": name, "type": 3, "value": value, "focused": true });
    let reason = json!({ "name": "reason", "type": 3, "value": "planned" });
    let stop = json!([{ "name": "stop", "type": 1, "options": [reason, option("engagement", json!("an"))] }]);
    let focused = commands::focused("incident", list(&stop)).unwrap();
    assert_eq!(
        (focused.path.as_str(), focused.option, focused.partial.as_str()),
        ("incident stop", "engagement", "an")
    );

    for (value, partial) in [(json!(""), ""), (json!(4), "4"), (Value::Null, "")] {
        let show = json!([{ "name": "show", "type": 1, "options": [option("incident", value)] }]);
        assert_eq!(commands::focused("timeline", list(&show)).unwrap().partial, partial);
    }
    assert_eq!(commands::focused("incident", &[]), None);
    assert_eq!(commands::focused("incident", &[json!({ "name": "stop", "type": 1, "options": [reason] })]), None);
}

/// Each completable option is known here, so that a new one is not forgotten by what completes it.
#[test]
fn only_these_options_are_completed() {
    let completed = leaves().into_iter().flat_map(|leaf| leaf.options).filter(|option| option["autocomplete"] == true);
    let completed: BTreeSet<_> = completed.map(|option| text(&option["name"]).to_owned()).collect();
    let wanted = [
        "channel",
        "contact",
        "engagement",
        "incident",
        "members",
        "name",
        "of",
        "override",
        "plan",
        "rotation",
        "schedule",
        "version",
        "who",
    ];
    assert_eq!(completed, wanted.map(str::to_owned).into());
}

/// The words of a command, its options as (name, value), and what the refusal says.
type Refused<'a> = (&'a str, &'a [(&'a str, Value)], &'a str);

#[test]
fn what_cannot_be_read_is_refused_with_what_to_do() {
    let long = "x".repeat(201);
    let rows: [Refused; 18] = [
        ("incident new", &[("plan", json!("my plan"))], "`my plan` is not a name: 1 to 64 of a-z, 0-9, _ and -."),
        ("incident new", &[("impact", json!(7))], "7 is not an impact: 1 (Critical) to 5 (None)."),
        ("incident new", &[("title", json!(long))], "`title` has 201 characters, and 200 is the most."),
        ("incident new", &[("severity", json!(1))], "`/incident new` is not known to this version"),
        ("incident new", &[("drill", json!("yes"))], "expected a boolean"),
        ("incident show", &[("incident", json!("the big one"))], "`the big one` is not an incident: write its number"),
        ("incident list", &[("since", json!("a week"))], "`a week` is not a duration: write 90s, 5m, 1h30m or 2d."),
        ("incident list", &[("status", json!("paused"))], "expected one of `open`"),
        ("incident stop", &[("engagement", json!("ana"))], "`/incident stop` needs `reason`."),
        ("incident stop", &[("engagement", json!("ana")), ("reason", json!("  "))], "`/incident stop` needs `reason`."),
        ("timeline add", &[("text", json!("x")), ("at", json!("noon"))], "`noon` is not a time: write 03:12"),
        ("contact show", &[], "`/contact show` needs `contact`."),
        ("contact show", &[("contact", json!("Ana B."))], "`ana b.` is not a name"),
        ("contact mute", &[("until", json!("tomorrow"))], "`tomorrow` is not a time: write 8h, 18:00 or"),
        ("incident", &[], "`/incident` is not known"),
        ("incident new now", &[], "`/incident new now` is not known"),
        ("incident page", &[], "`/incident page` is not known"),
        ("page", &[], "`/page` needs `who`."),
    ];
    for (words, options, says) in rows {
        let path: Vec<_> = words.split(' ').map(str::to_owned).collect();
        let options = options.iter().map(|(name, value)| json!({ "name": name, "type": 3, "value": value })).collect();
        let why = commands::parse(&path[0], &sent(&path, options)).unwrap_err().to_string();
        assert!(why.contains(says), "/{words}: {why}");
        assert!(why.ends_with('.'), "/{words}: {why}");
    }
}

#[test]
fn text_loses_its_margins_and_blanks_are_not_given() {
    let option = |name: &str, value: &str| json!({ "name": name, "type": 3, "value": value });
    let update =
        json!([{ "name": "update", "type": 1, "options": [option("title", " Disk full\n"), option("summary", " ")] }]);
    let Ok(Command::Incident(Incident::Update { title, summary, .. })) = commands::parse("incident", list(&update))
    else {
        panic!("an update");
    };
    assert_eq!((title.as_deref(), summary), (Some("Disk full"), None));
}

#[test]
fn nonsense_from_outside_is_refused_not_feared() {
    let rows = [
        json!([1]),
        json!([{}]),
        json!([{ "type": 1 }]),
        json!([{ "name": "new", "type": 1, "options": 7 }]),
        json!([null]),
    ];
    for options in rows {
        let read = commands::parse("incident", list(&options));
        let plain_new = options[0]["name"] == "new";
        assert_eq!(read.is_ok(), plain_new, "{options}");
        assert_eq!(commands::focused("incident", list(&options)), None);
    }
}
