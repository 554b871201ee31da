//! What a request needs to know of Discord before it is decided, and for whom it is worth asking. Asks nobody itself.

use std::sync::Arc;

use super::definition::{self, Upload};
use super::request::{Ask, Request};
use super::{App, Fault};
use crate::domain::definition::Set;
use crate::domain::id::GuildId;
use crate::domain::permission::{self, Act, Part};
use crate::domain::reference::Ref;
use crate::domain::source::Author;
use crate::domain::survey::Wanted;

impl App {
    /// Whom to look for in the guild before [`App::handle`] gets the request, which then carries the survey. None: it is
    /// handled without one, as is what somebody asks who may not: they cost Discord nothing.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn wants(&self, request: &Request) -> Result<Option<Wanted>, Fault> {
        let Some(set) = self.permitted(request).await? else { return Ok(None) };
        Ok(match &request.ask {
            Ask::Config(ask) => ask.wanted(),
            // The guided path reads no definition: whoever it names was chosen in Discord itself.
            Ask::Setup(_) => Some(Wanted::default()),
            _ => Some(everybody(&set)),
        })
    }

    /// Whether the request brings a file that is to be fetched: not for somebody who may not use it.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn wants_file(&self, request: &Request) -> Result<bool, Fault> {
        let there = matches!(&request.ask, Ask::Config(definition::Ask::Apply(Upload::There { .. })));
        Ok(there && self.permitted(request).await?.is_some())
    }

    /// The definitions, where whoever asks may ask it. Nothing is read of what they sent before that is known.
    async fn permitted(&self, request: &Request) -> Result<Option<Arc<Set>>, Fault> {
        let Some(act) = surveyed(&request.ask) else { return Ok(None) };
        let set = self.in_force(request.guild).await?;
        let allowed = permission::check(act, &request.by, Part::default(), &set.settings()).is_ok();
        Ok(allowed.then_some(set))
    }

    /// Whom to look for where all of a guild's set-up is examined.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn wanted(&self, guild: GuildId) -> Result<Wanted, Fault> {
        Ok(everybody(&*self.in_force(guild).await?))
    }
}

/// What may be asked only with this right, and is answered better with a survey.
fn surveyed(ask: &Ask) -> Option<Act> {
    match ask {
        Ask::Doctor => Some(Act::Examine),
        Ask::Setup(ask) => (!ask.may_open_a_form()).then_some(Act::Configure),
        Ask::Config(_) => Some(Act::Configure),
        _ => None,
    }
}

/// Everybody whom the definitions name.
fn everybody(set: &Set) -> Wanted {
    let contacts = set.contacts().filter_map(|(_, contact)| contact.user());
    let sources = set.alert_sources().filter_map(|(_, source)| source.author.as_ref());
    let changes = set.change_sources().map(|(_, source)| &source.author);
    let bots = sources.chain(changes).filter_map(|author| match author {
        Author::Bot(bot) => Ref::id(bot),
        Author::Webhook(_) => None,
    });
    let mut people: Vec<_> = contacts.chain(bots).collect();
    people.sort_unstable();
    people.dedup();
    Wanted { people, names: Vec::new() }
}
