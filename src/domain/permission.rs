//! Who may do what: one table. Checked here for every surface; every refusal names the roles that could.

use serde::{Deserialize, Serialize};

use super::id::{RoleId, UserId};
use super::reference::Ref;
use super::settings::{Declare, Settings};

/// A person as Discord told us in the request itself, never from a cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub user: UserId,
    pub name: String,
    pub roles: Vec<RoleId>,
    /// They have Manage Server here (or own it): always admin.
    pub manages_guild: bool,
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// List and show incidents and their timelines.
    See,
    Declare,
    /// Call somebody by hand.
    Page,
    /// Acknowledge what one was not engaged for.
    Take,
    Escalate,
    Stop,
    /// Title, summary, impact, updates, timeline.
    Edit,
    /// Mitigate, resolve, cancel, mark as a duplicate, and open again.
    Resolve,
    /// How people are paged: contacts, plans, schedules.
    SeeSetup,
    /// Put somebody else in place of oneself in one's own shifts, or oneself where nobody is.
    HandOver,
    /// Change who is on call, whoever that is.
    Override,
    /// Send a test page to somebody else.
    TestOthers,
    /// Look for what keeps pages from arriving.
    Examine,
    /// Delete an incident for good.
    Delete,
    /// Apply definitions.
    Configure,
}

/// The rungs of the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    Anyone,
    Observer,
    Responder,
    Manager,
    Admin,
}

/// What the check knows of a person's part in things.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    /// They are a contact of this guild.
    pub contact: bool,
    /// They are engaged in this incident, or its fallback called them.
    pub engaged: bool,
    /// The incident is private.
    pub private: bool,
}

/// The person may not; these roles could.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAllowed {
    pub act: Act,
    pub needs: Rank,
    /// Empty where only admins by Manage Server could.
    pub roles: Vec<RoleId>,
}

/// The least rank for each act: the table.
pub fn needs(act: Act, settings: &Settings) -> Rank {
    match act {
        Act::See | Act::SeeSetup if settings.roles.observer.is_empty() => Rank::Anyone,
        Act::See | Act::SeeSetup => Rank::Observer,
        Act::Declare | Act::Page if settings.declare == Some(Declare::Everyone) => Rank::Anyone,
        // Until somebody is named for it, whoever answers incidents may: on a Sunday there is nobody else.
        Act::Override if settings.roles.manager.is_empty() => Rank::Responder,
        Act::Examine | Act::Override => Rank::Manager,
        Act::Declare
        | Act::Page
        | Act::Take
        | Act::Escalate
        | Act::Stop
        | Act::Edit
        | Act::Resolve
        | Act::TestOthers
        | Act::HandOver => Rank::Responder,
        Act::Configure | Act::Delete => Rank::Admin,
    }
}

/// Checks one act of one person; called on the server for every surface.
pub fn check(act: Act, person: &Person, part: Part, settings: &Settings) -> Result<(), NotAllowed> {
    let rank = rank(person, part, settings);
    let hidden = part.private && !part.engaged && rank < Rank::Responder;
    let needs = if hidden { Rank::Responder } else { needs(act, settings) };
    if rank >= needs || part.engaged && needs <= Rank::Responder {
        return Ok(());
    }
    Err(NotAllowed { act, needs, roles: roles_of(needs, settings) })
}

/// What a person is here.
pub fn rank(person: &Person, part: Part, settings: &Settings) -> Rank {
    let has = |roles: &[Ref<RoleId>]| roles.iter().filter_map(Ref::id).any(|role| person.roles.contains(&role));
    let roles = &settings.roles;
    let contacts_respond = roles.responder.is_empty() && part.contact;
    if person.manages_guild || has(&roles.admin) {
        Rank::Admin
    } else if has(&roles.manager) {
        Rank::Manager
    } else if has(&roles.responder) || contacts_respond {
        Rank::Responder
    } else if has(&roles.observer) {
        Rank::Observer
    } else {
        Rank::Anyone
    }
}

fn roles_of(needs: Rank, settings: &Settings) -> Vec<RoleId> {
    let roles = &settings.roles;
    let named = match needs {
        Rank::Anyone => &[][..],
        Rank::Observer => &roles.observer,
        Rank::Responder => &roles.responder,
        Rank::Manager => &roles.manager,
        Rank::Admin => &roles.admin,
    };
    named.iter().filter_map(Ref::id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONDER: RoleId = RoleId(900_000_000_000_000_101);

    fn person(roles: &[RoleId], manages_guild: bool) -> Person {
        Person { user: UserId(1), name: "Ana".to_owned(), roles: roles.to_vec(), manages_guild }
    }

    fn with_responders() -> Settings {
        let mut settings = Settings::default();
        settings.roles.responder = vec![Ref::Id(RESPONDER)];
        settings
    }

    fn with_managers() -> Settings {
        let mut settings = with_responders();
        settings.roles.manager = vec![Ref::Id(RoleId(900_000_000_000_000_112))];
        settings
    }

    #[test]
    fn the_table_decides() {
        let contact = Part { contact: true, ..Part::default() };
        let engaged = Part { engaged: true, ..Part::default() };
        let rows: &[(&str, Settings, Person, Part, Act, bool)] = &[
            ("anyone sees", Settings::default(), person(&[], false), Part::default(), Act::See, true),
            (
                "a contact declares until a role is set",
                Settings::default(),
                person(&[], false),
                contact,
                Act::Declare,
                true,
            ),
            (
                "a contact without the role does not",
                with_responders(),
                person(&[], false),
                contact,
                Act::Declare,
                false,
            ),
            ("a stranger does not", Settings::default(), person(&[], false), Part::default(), Act::Declare, false),
            ("the role declares", with_responders(), person(&[RESPONDER], false), Part::default(), Act::Declare, true),
            ("Manage Server does all", with_responders(), person(&[], true), Part::default(), Act::Configure, true),
            (
                "a responder does not configure",
                with_responders(),
                person(&[RESPONDER], false),
                contact,
                Act::Configure,
                false,
            ),
            (
                "who is engaged resolves, role or not",
                with_responders(),
                person(&[], false),
                engaged,
                Act::Resolve,
                true,
            ),
            (
                "who is engaged does not delete",
                with_responders(),
                person(&[RESPONDER], false),
                engaged,
                Act::Delete,
                false,
            ),
            (
                "until a manager is named, responders change who is on call",
                with_responders(),
                person(&[RESPONDER], false),
                contact,
                Act::Override,
                true,
            ),
            ("then they do not", with_managers(), person(&[RESPONDER], false), contact, Act::Override, false),
            (
                "but hand over what is theirs",
                with_managers(),
                person(&[RESPONDER], false),
                contact,
                Act::HandOver,
                true,
            ),
            ("Manage Server deletes", with_responders(), person(&[], true), Part::default(), Act::Delete, true),
            (
                "who is engaged does not configure",
                with_responders(),
                person(&[], false),
                engaged,
                Act::Configure,
                false,
            ),
        ];
        for (what, settings, person, part, act, allowed) in rows {
            assert_eq!(check(*act, person, *part, settings).is_ok(), *allowed, "{what}");
        }
    }

    #[test]
    fn a_private_incident_is_hidden_from_observers() {
        let private = Part { private: true, ..Part::default() };
        assert!(check(Act::See, &person(&[], false), private, &Settings::default()).is_err());
        let engaged = Part { engaged: true, ..private };
        assert!(check(Act::See, &person(&[], false), engaged, &Settings::default()).is_ok());
    }

    #[test]
    fn a_refusal_names_the_role_that_could() {
        let refused = check(Act::Resolve, &person(&[], false), Part::default(), &with_responders()).unwrap_err();
        assert_eq!(refused.roles, vec![RESPONDER]);
    }
}
