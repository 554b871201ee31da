//! Whom somebody means who typed a name: a contact, a schedule or an escalation plan. Never guesses between two.

use crate::domain::definition::Set;
use crate::domain::facts::Facts;
use crate::domain::id::UserId;
use crate::domain::name::Name;
use crate::domain::plan::Engage;
use crate::domain::refusal::{CallRefusal, ContactRefusal, Refusal};

/// The words before a name that say what it is; the first of a kind is the one that is offered.
const CONTACT: &[&str] = &["contact ", "@"];
const SCHEDULE: &[&str] = &["schedule "];
const PLAN: &[&str] = &["plan ", "escalation plan ", "escalation_plan "];

/// Reads `ana`, `Ana Example`, `contact ana`, `schedule db`, `plan db`, or a mention of a person.
///
/// # Errors
/// A refusal that says what there is, or what it could be.
pub fn who(said: &str, set: &Set) -> Result<Engage, Refusal> {
    let said = said.trim();
    if let Some(user) = mentioned(said) {
        return contact_of(user, set).ok_or_else(|| CallRefusal::NoContact { name: said.to_owned() }.into());
    }
    let mut found: Vec<Engage> =
        all(set).into_iter().filter(|(engage, title)| means(said, engage, title)).map(|(e, _)| e).collect();
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            Err(CallRefusal::Nobody { said: said.to_owned(), like: all(set).iter().map(|(e, _)| written(e)).collect() }
                .into())
        }
        _ => Err(CallRefusal::WhichOne { said: said.to_owned(), like: found.iter().map(written).collect() }.into()),
    }
}

/// Everything that can be called, with what people call it.
pub fn all(set: &Set) -> Vec<(Engage, String)> {
    let title = |name: &Name, shown: Option<&String>| shown.cloned().unwrap_or_else(|| name.to_string());
    let contacts = set.contacts().map(|(name, spec)| (Engage::Contact(name.clone()), spec.display_name.clone()));
    let schedules =
        set.schedules().map(|(n, spec)| (Engage::Schedule(n.clone()), title(n, spec.display_name.as_ref())));
    let plans = set.escalation_plans();
    let plans = plans.map(|(n, spec)| (Engage::EscalationPlan(n.clone()), title(n, spec.display_name.as_ref())));
    contacts.chain(schedules).chain(plans).collect()
}

/// As it is typed so that it means nothing else: `schedule db`.
pub fn written(engage: &Engage) -> String {
    let kind = match engage {
        Engage::Contact(_) => CONTACT[0],
        Engage::Schedule(_) => SCHEDULE[0],
        Engage::EscalationPlan(_) => PLAN[0],
    };
    format!("{kind}{}", engage.name())
}

/// The contact that a person is.
pub fn contact_of(user: UserId, set: &Set) -> Option<Engage> {
    set.contacts().find(|(_, contact)| contact.user() == Some(user)).map(|(name, _)| Engage::Contact(name.clone()))
}

/// A contact who has left the server is reached by nothing; of the rest the machine finds out by itself.
///
/// # Errors
/// A refusal.
pub fn may_be_called(target: &Engage, facts: &Facts) -> Result<(), Refusal> {
    let Engage::Contact(name) = target else { return Ok(()) };
    match facts.live.contact(name) {
        Some(contact) if contact.user().is_none_or(|user| facts.gone.contains(&user)) => {
            Err(ContactRefusal::ContactGone { name: contact.display_name.clone() }.into())
        }
        _ => Ok(()),
    }
}

/// `<@123>`, `<@!123>`.
fn mentioned(said: &str) -> Option<UserId> {
    let inner = said.strip_prefix("<@")?.strip_suffix('>')?;
    inner.trim_start_matches('!').parse().ok().map(UserId)
}

fn means(said: &str, engage: &Engage, title: &str) -> bool {
    let said = said.to_lowercase();
    let kinds = match engage {
        Engage::Contact(_) => CONTACT,
        Engage::Schedule(_) => SCHEDULE,
        Engage::EscalationPlan(_) => PLAN,
    };
    let bare = kinds.iter().find_map(|kind| said.strip_prefix(kind)).unwrap_or(&said).trim();
    !bare.is_empty() && (bare == engage.name().as_str() || bare == title.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::Contact;
    use crate::domain::definition::Spec;
    use crate::domain::escalation::EscalationPlan;

    fn set() -> Set {
        let contact: Contact = serde_json::from_value(serde_json::json!({
            "display_name": "Ana Example", "discord_user": "200000000000000001",
            "channels": [{"name": "dm", "type": "dm"}], "stages": [{"duration": "0s", "targets": [{"channel": "dm"}]}],
        }))
        .unwrap();
        let plan: EscalationPlan =
            serde_json::from_value(serde_json::json!({"stages": [{"duration": "5m", "targets": [{"contact": "db"}]}]}))
                .unwrap();
        let name = |text: &str| Name::parse(text).unwrap();
        [
            (name("ana"), Spec::Contact(contact.clone())),
            (name("db"), Spec::Contact(Contact { display_name: "Dan".to_owned(), ..contact })),
            (name("db"), Spec::EscalationPlan(plan)),
        ]
        .into_iter()
        .collect()
    }

    #[test]
    fn what_can_be_meant_only_one_way_is_read_that_way() {
        let ana = Engage::Contact(Name::parse("ana").unwrap());
        for said in
            ["ana", " Ana ", "@ana", "contact ana", "ANA EXAMPLE", "<@200000000000000001>", "<@!200000000000000001>"]
        {
            assert_eq!(who(said, &set()), Ok(ana.clone()), "{said}");
        }
        assert_eq!(who("plan db", &set()), Ok(Engage::EscalationPlan(Name::parse("db").unwrap())));
        assert_eq!(who("contact db", &set()), Ok(Engage::Contact(Name::parse("db").unwrap())));
    }

    #[test]
    fn what_can_be_meant_two_ways_is_asked_back() {
        let like = vec!["contact db".to_owned(), "plan db".to_owned()];
        assert_eq!(who("db", &set()), Err(CallRefusal::WhichOne { said: "db".to_owned(), like }.into()));
        for said in ["nobody", "", "plan ana", "<@5>", "plan "] {
            assert!(who(said, &set()).is_err(), "{said}");
        }
    }
}
