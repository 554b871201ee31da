//! Contacts and what reaches them: who left, which ways do not work, what was never tried, who is called in the end.

use super::{Case, Finding, NeededBy, Severity, Trouble, found, if_vital};
use crate::domain::call::Tested;
use crate::domain::contact::{Contact, ContactChannel};
use crate::domain::definition::Set;
use crate::domain::id::UserId;
use crate::domain::name::Name;
use crate::domain::plan::ResponsePlan;
use crate::domain::survey::Presence;
use crate::domain::timeline::Unreached;

pub(super) fn examine(case: Case<'_>, findings: &mut Vec<Finding>) {
    let set = &*case.facts.live;
    let mut untested = Vec::new();
    let mut unknown = 0;
    for (name, contact) in set.contacts() {
        let Some(user) = contact.user() else { continue };
        let presence = presence(case, user);
        unknown += usize::from(presence == Presence::Unknown);
        if presence == Presence::Left {
            let contact = contact.display_name.clone();
            findings.push(found(Severity::StopsPaging, Trouble::ContactLeft { contact, user }));
            continue;
        }
        let person = Person { case, name, contact, user };
        if person.tests().next().is_none() {
            untested.push(contact.display_name.clone());
        }
        findings.extend(person.ways());
    }
    findings.extend(plans(set, case.secrets));
    findings.extend(fallback(set));
    if !untested.is_empty() {
        findings.push(found(Severity::Advice, Trouble::NeverTested { contacts: untested }));
    }
    if unknown > 0 {
        findings.push(found(Severity::Advice, Trouble::PeopleUnknown { count: unknown }));
    }
}

/// As Discord says now; where it does not, as it said last.
fn presence(case: Case<'_>, user: UserId) -> Presence {
    match case.survey.presence(user) {
        Presence::Unknown if case.facts.gone.contains(&user) => Presence::Left,
        said => said,
    }
}

struct Person<'a> {
    case: Case<'a>,
    name: &'a Name,
    contact: &'a Contact,
    user: UserId,
}

impl<'a> Person<'a> {
    /// What is known of their ways by trying. A mute is no failure: its owner wants it.
    fn tests(&self) -> impl Iterator<Item = &'a Tested> {
        let (name, user) = (self.name, self.user);
        let theirs = move |test: &&Tested| test.contact == *name && test.user == user;
        self.case.tests.iter().filter(theirs).filter(|test| test.failed() != Some(Unreached::Muted))
    }

    /// What is wrong with their ways. It stops paging where no way is left that their stages use.
    fn ways(&self) -> Vec<Finding> {
        let used: Vec<&ContactChannel> = self.contact.channels.iter().filter(|way| self.is_used(way)).collect();
        let broken: Vec<Trouble> = used.iter().filter_map(|way| self.broken(way)).collect();
        let none_left = !used.is_empty() && broken.len() == used.len();
        let muted = !used.is_empty() && used.iter().all(|way| self.is_muted(way));
        let contact = self.contact.display_name.clone();
        let muted = muted.then(|| found(Severity::StopsPaging, Trouble::ContactMuted { contact }));
        broken.into_iter().map(|trouble| found(if_vital(none_left), trouble)).chain(muted).collect()
    }

    fn is_used(&self, way: &ContactChannel) -> bool {
        self.contact.stages.iter().flat_map(|stage| &stage.targets).any(|target| target.channel == way.name)
    }

    fn is_muted(&self, way: &ContactChannel) -> bool {
        self.case.facts.muted.contains(&(self.name.clone(), way.name.clone()))
    }

    fn broken(&self, way: &ContactChannel) -> Option<Trouble> {
        let (contact, channel) = (self.contact.display_name.clone(), way.name.clone());
        if let Some(variable) = unset(self.case.secrets, [&way.url_env, &way.secret_env]) {
            return Some(Trouble::SecretUnset { variable, needed_by: NeededBy::Way { contact, channel } });
        }
        let why = self.tests().find(|test| test.channel == way.name)?.failed()?;
        // The secret has been set since.
        let stale = why == Unreached::SecretUnset;
        (!stale).then_some(Trouble::WayFailed { contact, channel, why })
    }
}

/// The first of these variables that is named and not set.
fn unset<'a>(
    secrets: &dyn Fn(&str) -> bool,
    variables: impl IntoIterator<Item = &'a Option<String>>,
) -> Option<String> {
    variables.into_iter().flatten().find(|variable| !secrets(variable)).cloned()
}

/// Secrets of plans: what they tell and draw beside paging.
fn plans(set: &Set, secrets: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, plan) in set.response_plans() {
        let title = || plan.display_name.clone().unwrap_or_else(|| name.to_string());
        let mut say = |severity, variable, needed_by| {
            let trouble = Trouble::SecretUnset { variable, needed_by };
            // One secret of one plan is one finding, however many graphs it draws.
            let finding = found(severity, trouble);
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        };
        for notify in &plan.notify {
            if !secrets(&notify.url_env) {
                say(Severity::Degrades, notify.url_env.clone(), NeededBy::Notify { plan: title() });
            }
        }
        for metric in &plan.metrics {
            if let Some(variable) = unset(secrets, [&metric.url_env, &metric.header_env]) {
                say(Severity::Advice, variable, NeededBy::Metric { plan: title() });
            }
        }
    }
    findings
}

/// In the end the owner of the server is called: better than nobody, and seldom who is meant.
fn fallback(set: &Set) -> Option<Finding> {
    let settings = set.settings();
    let without = |plan: &ResponsePlan| plan.fallback.is_none();
    let plans = set.response_plans().any(|(_, plan)| without(plan));
    let nobody = settings.fallback.is_none() && settings.roles.admin.is_empty();
    (plans && nobody).then(|| found(Severity::Degrades, Trouble::NoFallback))
}
