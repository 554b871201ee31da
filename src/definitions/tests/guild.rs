//! Definitions beside the guild they are for: names, ids, what it has and allows, what may be removed, first files.

use super::*;

const INCIDENTS: ChannelId = ChannelId(900_000_000_000_000_010);

/// A server with everything that reference.yaml names.
fn survey() -> Survey {
    let channel = |(n, (name, kind)): (u64, (&str, ChannelKind))| Channel {
        id: ChannelId(INCIDENTS.0 + n),
        name: name.to_owned(),
        kind,
        parent: None,
        abilities: Abilities::ALL,
    };
    let role = |(n, name): (u64, &str)| Role {
        id: RoleId(900_000_000_000_000_100 + n),
        name: name.to_owned(),
        position: 1,
        managed: false,
        mentionable: name != "oncall-payments",
        assignable: true,
    };
    let member = |(n, username): (u64, &str)| Member {
        user: UserId(200_000_000_000_000_001 + n),
        username: username.to_owned(),
        global_name: None,
        nick: (n > 0).then(|| "Sam".to_owned()),
        bot: false,
        roles: Vec::new(),
    };
    let (category, text) = (ChannelKind::Category, ChannelKind::Text);
    let channels = [
        ("Incidents", category),
        ("archive", category),
        ("announcements", text),
        ("leads", text),
        ("oncall", text),
        ("alerts", text),
        ("alerts-old", text),
        ("deploys", ChannelKind::Announcement),
        ("ideas", ChannelKind::Forum),
        ("twins", text),
        ("Twins", text),
    ];
    Survey {
        guild: GuildId(1),
        name: "Acme".to_owned(),
        owner: UserId(2),
        me: UserId(3),
        abilities: Abilities::ALL,
        roles: (0..).zip(["responders", "leads", "oncall-payments"]).map(role).collect(),
        channels: (0..).zip(channels).map(channel).collect(),
        members: (0..).zip(["ana", "sam1", "sam2"]).map(member).collect(),
        left: vec![UserId(200_000_000_000_000_009)],
        unanswered: vec!["zoe".to_owned()],
        webhooks: None,
        message_content: Some(true),
        notify: Notify::Mentions,
        two_factor: false,
        system_channel: None,
    }
}

/// What a review of a text on top of what is in force says: problems, or warnings.
fn looked(old: &Set, text: &str, guild: Option<&Survey>) -> Result<Reviewed, Vec<String>> {
    let proposal = Proposal { documents: read(text), ..Proposal::default() };
    review(old, proposal, Around { guild, secrets: &|_| true, now: today(), overrides: &[] }, None)
        .map_err(|wrong| lines(&wrong))
}

#[test]
fn names_are_resolved_in_every_kind() {
    let reviewed = looked(&Set::default(), REFERENCE, Some(&survey())).unwrap();
    assert_eq!(lines(&reviewed.names), Vec::<String>::new());
    assert_eq!(lines(&unresolved(&reviewed.set, None)), Vec::<String>::new());
    assert_eq!(
        reviewed.set.settings().incident_category,
        Some(Ref::Id(INCIDENTS)),
        "case counts as little as in Discord"
    );
    assert_eq!(wanted(&read(REFERENCE)).unwrap().names, Vec::<String>::new());
    assert_eq!(wanted(&read(REFERENCE)).unwrap().people.len(), 3, "two contacts and a bot");
    assert_eq!(wanted(&read("kind: analysis_template\nname: a\nspec: {sections: []}")), None);
}

#[test]
fn a_name_that_is_not_exactly_one_thing_is_refused_with_what_would_be_right() {
    let settings = |spec: &str| format!("kind: settings\nname: guild\nspec: {{{spec}}}");
    let contact = |user: &str| {
        format!(
            "kind: contact\nname: x\nspec: {{display_name: X, discord_user: '{user}', channels: [{{name: m, type: mention}}], stages: [{{duration: 0s, targets: [{{channel: m}}]}}]}}"
        )
    };
    let rows = [
        (
            settings("announce: ['#announcement']"),
            "f.yaml:3:19: settings guild: spec.announce[0]: there is no text channel `#announcement` in this server; did you mean `#announcements`?",
        ),
        (
            settings("announce: ['#ideas']"),
            "f.yaml:3:19: settings guild: spec.announce[0]: `#ideas` is a forum, and this must be a text channel; possible: #announcements, #leads, #oncall, #alerts, #alerts-old, #deploys, #twins, #Twins",
        ),
        (
            settings("incident_category: '#alerts'"),
            "f.yaml:3:27: settings guild: spec.incident_category: `#alerts` is a text channel, and this must be a category; possible: #Incidents, #archive",
        ),
        (
            settings("archive_category: '900000000000000015'"),
            "f.yaml:3:26: settings guild: spec.archive_category: `#alerts` is a text channel, and this must be a category; possible: #Incidents, #archive",
        ),
        (
            settings("announce: ['#TWINS']"),
            "f.yaml:3:19: settings guild: spec.announce[0]: `#TWINS` could be 2 text channels; write the id of the one you mean: \"900000000000000019\", \"900000000000000020\"",
        ),
        (
            settings("roles: {admin: ['@lead']}"),
            "f.yaml:3:24: settings guild: spec.roles.admin[0]: there is no role `@lead` in this server; did you mean `@leads`?",
        ),
        (
            contact("@Sam"),
            "f.yaml:3:39: contact x: spec.discord_user: `@Sam` could be 2 members; write the id of the one you mean: \"200000000000000002\", \"200000000000000003\"",
        ),
        (
            contact("@anna"),
            "f.yaml:3:39: contact x: spec.discord_user: there is no member `@anna` in this server; did you mean `@ana`?",
        ),
        (
            contact("@zoe"),
            "f.yaml:3:39: contact x: spec.discord_user: Discord did not say who `@zoe` is; try again, or write their id in quotes",
        ),
    ];
    for (text, told) in rows {
        assert_eq!(looked(&Set::default(), &text, Some(&survey())).unwrap_err(), [told]);
    }
    let exact = looked(&Set::default(), &settings("announce: ['#Twins']"), Some(&survey())).unwrap();
    assert_eq!(exact.set.settings().announce, [Ref::Id(ChannelId(INCIDENTS.0 + 10))], "the exact name goes first");
}

#[test]
fn without_the_guild_ids_apply_and_names_say_why_they_do_not() {
    let text = "kind: settings\nname: guild\nspec: {announce: ['#alerts'], fallback: {role: '900000000000000101'}}";
    let proposal = Proposal { documents: read(text), ..Proposal::default() };
    let around = Around { guild: None, secrets: &|_| true, now: today(), overrides: &[] };
    let reviewed = review(&Set::default(), proposal, around, Some("Discord could not be asked")).unwrap();
    assert_eq!(
        lines(&reviewed.names),
        [
            "f.yaml:3:19: settings guild: spec.announce[0]: `#alerts` is a name, and Discord could not be asked; write the channel's id, in quotes"
        ]
    );
}

#[test]
fn what_the_guild_does_not_have_or_allow_is_warned_of() {
    let text = "kind: settings\nname: guild\nspec: {announce: ['900000000000000099'], fallback: {role: '@oncall-payments'}, roles: {admin: ['900000000000000199']}}\n---\nkind: contact\nname: x\nspec: {display_name: X, discord_user: '200000000000000009', channels: [{name: m, type: mention}], stages: [{duration: 0s, targets: [{channel: m}]}]}";
    let reviewed = looked(&Set::default(), text, Some(&survey())).unwrap();
    assert_eq!(
        lines(&reviewed.warnings),
        [
            "f.yaml:3:19: settings guild: spec.announce[0]: this server shows no channel with the id 900000000000000099; name another one if it was deleted; an archived thread is fine",
            "f.yaml:3:96: settings guild: spec.roles.admin[0]: this server has no role with the id 900000000000000199; name another one, or leave it out",
            "f.yaml:3:59: settings guild: spec.fallback.role: the bot may not mention `@oncall-payments`: calling it wakes nobody; allow everyone to mention the role, or give the bot Mention Everyone",
            "f.yaml:7:39: contact x: spec.discord_user: the user 200000000000000009 is not in this server; invite them, or name somebody who is",
        ]
    );
    let admins =
        "kind: settings\nname: guild\nspec: {roles: {responder: ['@oncall-payments'], admin: ['@oncall-payments']}}";
    let warned = lines(&looked(&Set::default(), admins, Some(&survey())).unwrap().warnings);
    assert_eq!(warned.len(), 1, "admins are called where there is no fallback, responders never: {warned:?}");
    assert!(warned[0].contains("spec.roles.admin[0]: the bot may not mention"), "{warned:?}");
}

#[test]
fn what_is_named_by_others_is_not_removed() {
    let team = set(TEAM);
    let remove = |names: &[(Kind, &str)]| {
        let remove = names.iter().map(|(kind, text)| (*kind, name(text))).collect();
        let around = Around { guild: None, secrets: &|_| true, now: today(), overrides: &[] };
        let told = review(&team, Proposal { remove, ..Proposal::default() }, around, None);
        told.map(|reviewed| reviewed.diff.to_string()).map_err(|problems| lines(&problems))
    };
    assert_eq!(
        remove(&[(Kind::Contact, "cleo")]).unwrap_err(),
        [
            "contact cleo: it cannot be removed: schedule payments-primary (spec.rotations[1].contacts[0]), escalation_plan payments (spec.stages[1].targets[1].contact) still name it; change or remove those first, or in the same apply"
        ]
    );
    assert_eq!(
        remove(&[(Kind::Contact, "anna")]).unwrap_err(),
        ["contact anna: it is not there: nothing to remove; did you mean `ana`?"]
    );
    assert_eq!(remove(&[(Kind::AlertSource, "homegrown")]).unwrap(), "- alert_source homegrown\n9 unchanged");
    let together = [
        (Kind::AlertSource, "homegrown"),
        (Kind::AlertSource, "prod-alertmanager"),
        (Kind::ResponsePlan, "payments-outage"),
    ];
    assert_eq!(remove(&together).unwrap().lines().count(), 4);

    let pruned = Proposal {
        documents: read(TEAM).into_iter().filter(|d| d.name.as_str() != "first-response").collect(),
        prune: true,
        ..Proposal::default()
    };
    let around = Around { guild: None, secrets: &|_| true, now: today(), overrides: &[] };
    let told = lines(&review(&team, pruned, around, None).unwrap_err());
    assert_eq!(
        told,
        [
            "runbook first-response: it cannot be removed: response_plan payments-outage (spec.runbooks[0].runbook) still names it; change or remove those first, or in the same apply"
        ]
    );
}

#[test]
fn the_first_file_of_a_server_applies_as_it_is() {
    let mut guild = survey();
    guild.owner = UserId(200_000_000_000_000_001);
    guild.roles.push(Role { name: "a\nb: [".to_owned(), ..guild.roles[0].clone() });
    for (owner, title) in [("ana", "Ana: \"the\" # boss"), ("Ана", "Ана")] {
        guild.members[0] =
            Member { username: owner.to_owned(), nick: Some(title.to_owned()), ..guild.members[0].clone() };
        let text = first_file(&guild);
        let reviewed = looked(&Set::default(), &text, Some(&guild)).unwrap();
        assert_eq!(lines(&reviewed.warnings), Vec::<String>::new(), "{text}");
        let contact = reviewed.set.contacts().next().unwrap().1.clone();
        assert_eq!((contact.display_name.as_str(), contact.user()), (title, Some(guild.owner)));
        assert_eq!(reviewed.diff.added.len(), 5);
        let source: Vec<&str> = text.split_once("is connected.\n").unwrap().1.lines().map(|line| &line[2..]).collect();
        let with_source = format!("{text}---\n{}", source.join("\n").replacen("\"…\"", "\"900000000000000301\"", 1));
        assert_eq!(looked(&Set::default(), &with_source, Some(&guild)).unwrap().diff.added.len(), 6);
    }
    insta::assert_snapshot!(first_file(&guild));
}

#[test]
fn every_starter_applies_where_what_it_names_is_there() {
    let guild = survey();
    let full = looked(&Set::default(), REFERENCE, Some(&guild)).unwrap().set;
    let by = UserId(200_000_000_000_000_002);
    for kind in Kind::ALL {
        let text = starter(kind, &full, by);
        assert!(text.starts_with(&format!("kind: {kind}\n")) && text.chars().count() < 1_500, "{text}");
        // Whose messages count is known to nobody but the team: as it is, it says so.
        let filled = text.replace("\"id\"", "\"900000000000000309\"");
        if filled != text {
            let told = parse(&[source("f.yaml", &text)]).unwrap_err();
            assert!(lines(&told)[0].contains("spec.author"), "{:?}", lines(&told));
        }
        let reviewed = looked(&full, &filled, Some(&guild)).unwrap_or_else(|told| panic!("{kind}: {told:?}\n{text}"));
        let (added, changed) = (reviewed.diff.added.len(), reviewed.diff.changed.len());
        assert_eq!((added, changed), if kind == Kind::Settings { (0, 1) } else { (1, 0) }, "{kind}");
        let bare = starter(kind, &Set::default(), by);
        assert!(!["USER", "CONTACT", "ESCALATION", "PLAN"].iter().any(|word| bare.contains(word)), "{bare}");
    }
    let alone = looked(&Set::default(), &starter(Kind::Contact, &Set::default(), by), Some(&guild)).unwrap();
    assert_eq!(alone.set.contacts().next().unwrap().1.user(), Some(by), "the first contact is who asks");
}

#[test]
fn what_is_exported_applies_without_a_difference() {
    for text in [TEAM, REFERENCE] {
        let set = looked(&Set::default(), text, Some(&survey())).unwrap().set;
        let again = looked(&set, &export(&set), None).unwrap();
        assert!(again.diff.is_empty() && again.names.is_empty(), "{}", again.diff);
        let pruned = Proposal { documents: read(&export(&set)), prune: true, ..Proposal::default() };
        let around = Around { guild: None, secrets: &|_| true, now: today(), overrides: &[] };
        assert!(review(&set, pruned, around, None).unwrap().diff.is_empty());
    }
}
