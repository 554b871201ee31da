//! Definitions, `/config …`: what is asked about set-up, in chat. What changes goes through [`apply`], whoever asks: shown first,
//! in force only when the person who asked has agreed to exactly that.

mod apply;
mod proposed;
mod show;
mod versions;

use super::App;
use super::desk::Done;
use super::fault::Stop;
use super::press::{InteractionId, Pressed};
use super::reply::{File, Form, FormInput};
use super::request::Request;
use crate::definitions::{self, Source};
use crate::domain::definition::{Kind, Set, Spec};
use crate::domain::facts::Revision;
use crate::domain::name::Name;
use crate::domain::permission::{self, Act, Part, Person};
use crate::domain::refusal::Refusal;
use crate::domain::survey::Wanted;
use crate::store::seen;
use crate::words;

pub(super) use apply::Unfit;
pub use apply::{Applied, Apply, NotApplied, Overtaken, Seen};
pub(super) use proposed::Proposed;
pub use versions::{Difference, Version};

/// Longest file of definitions that is read, in bytes.
pub const FILE_MAX: usize = definitions::SOURCE_MAX;
/// The input of a form that takes a definition.
pub const DEFINITION: &str = "definition";
/// Longest text that an input of a form takes, in characters:
/// <https://discord.com/developers/docs/components/reference#text-input>.
const INPUT_MAX: usize = 4_000;
/// Most versions that are listed, and completed.
const VERSIONS_MAX: usize = 25;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Show what the definitions of a file would change.
    Apply(Upload),
    Export,
    /// A form with a first definition of a kind.
    New(Kind),
    /// A form with a definition as it is.
    Edit(Kind, Name),
    Delete(Kind, Name),
    History(Kind, Name),
    Rollback(Kind, Name, i64),
    /// A form was sent: its text, and what was in force when it was opened.
    Written {
        text: String,
        since: Revision,
    },
    /// Do what was shown under this key.
    Confirm(u64),
    /// Open the form again, with what was typed.
    Correct(u64),
}

/// A file that somebody attached to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upload {
    /// Discord has it: `discord` fetches it before the request is handled.
    There {
        name: String,
        url: String,
        bytes: u64,
    },
    Here(Source),
    /// It could not be fetched; says why and what to do.
    Lost {
        name: String,
        why: &'static str,
    },
}

/// A file that arrived, under the name that people know it by.
pub fn file(name: String, text: String) -> Source {
    Source { file: name, text }
}

impl Ask {
    /// Whether the answer may be a form.
    pub fn may_open_a_form(&self) -> bool {
        matches!(self, Ask::New(_) | Ask::Edit(..) | Ask::Correct(_))
    }

    /// Whom to look for in the guild before this is handled; `None`: nothing in it is of Discord's.
    pub(super) fn wanted(&self) -> Option<Wanted> {
        let documents = self.sources().and_then(|sources| definitions::parse(&sources).ok())?;
        definitions::wanted(&documents)
    }

    /// What was written, as a file.
    fn sources(&self) -> Option<Vec<Source>> {
        match self {
            Ask::Apply(Upload::Here(source)) => Some(vec![source.clone()]),
            Ask::Written { text, .. } => Some(vec![Source { file: "your text".to_owned(), text: text.clone() }]),
            _ => None,
        }
    }
}

impl App {
    pub(super) async fn config(&self, request: Request, ask: Ask) -> Result<Done, Stop> {
        let (revision, set) = self.newest(request.guild).await?;
        may_configure(&request.by, &set)?;
        let sources = ask.sources().unwrap_or_default();
        let apply = Apply { seen: seen_of(&request), ..Apply::new(request.guild, Some(request.by.user), "chat") };
        match ask {
            Ask::Apply(Upload::Here(_)) => self.propose(&request, Apply { sources, ..apply }, None).await,
            Ask::Apply(Upload::Lost { name, why }) => Ok(Done::Say(words::definition::not_fetched(&name, why).into())),
            Ask::Apply(Upload::There { .. }) => Err(Refusal::ProposalGone.into()),
            Ask::Export => Ok(exported(&set)),
            Ask::New(kind) => Ok(Done::Form(form(definitions::starter(kind, &set, request.by.user), revision))),
            Ask::Edit(kind, name) => edited(&set, kind, &name, revision),
            Ask::Delete(kind, name) => {
                known(&set, kind, &name)?;
                self.propose(&request, Apply { remove: vec![(kind, name)], ..apply }, None).await
            }
            Ask::History(kind, name) => self.tell_history(&request, kind, name).await,
            Ask::Rollback(kind, name, number) => {
                let apply = self.backwards(apply, kind, name, number).await?;
                self.propose(&request, apply, None).await
            }
            Ask::Written { text, since } => {
                self.propose(&request, Apply { sources, since: Some(since), ..apply }, Some(text)).await
            }
            Ask::Confirm(asked) => self.confirm(&request, asked).await,
            Ask::Correct(asked) => {
                let proposed = self.proposed(asked, request.by.user, request.guild)?;
                let text = proposed.text.ok_or(Refusal::ProposalGone)?;
                Ok(Done::Form(form(text, proposed.since)))
            }
        }
    }

    /// Shows what it would do, and asks.
    async fn propose(&self, request: &Request, apply: Apply, text: Option<String>) -> Result<Done, Stop> {
        let rehearsed = self.rehearse(apply.clone()).await?;
        self.shown(request, apply, text, rehearsed.map_err(|unfit| (unfit, false)))
    }

    /// What a rehearsal came to. `true`: it was agreed to, and something changed since.
    fn shown(
        &self,
        request: &Request,
        apply: Apply,
        text: Option<String>,
        rehearsed: Result<Applied, (Unfit, bool)>,
    ) -> Result<Done, Stop> {
        let (applied, again) = match rehearsed {
            Ok(applied) => (applied, false),
            Err((Unfit::Other(applied), again)) => (*applied, again),
            Err((Unfit::Wrong(problems), _)) => {
                let since = apply.since.unwrap_or_default();
                let asked = text.map(|text| self.keep(request, None, Some(text), since));
                return Ok(show::wrong(&problems, asked));
            }
        };
        if applied.diff.is_empty() {
            return Ok(show::nothing(&applied));
        }
        let typed = text.is_some();
        let apply = Apply { expect: Some(applied.diff.clone()), ..apply };
        let asked = self.keep(request, Some(apply), text, applied.revision);
        Ok(show::proposal(&applied, asked, typed, again))
    }

    fn keep(&self, request: &Request, apply: Option<Apply>, text: Option<String>, since: Revision) -> InteractionId {
        let now = self.now();
        let asked = self.mint(now).id().unsigned_abs();
        let (by, guild) = (request.by.user, request.guild);
        self.keep_proposed(Proposed { asked, by, guild, at: now, apply, text, since });
        InteractionId(asked)
    }

    /// Does exactly what was shown; shows it again if it would be something else by now.
    async fn confirm(&self, request: &Request, asked: u64) -> Result<Done, Stop> {
        let proposed = self.proposed(asked, request.by.user, request.guild)?;
        let apply = proposed.apply.ok_or(Refusal::ProposalGone)?;
        let (app, key, agreed) = (self.clone(), request.key.clone(), apply.clone());
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                if !seen::first(tx, &key, app.now()).await? {
                    return Ok(None);
                }
                Ok(Some(app.apply_in(tx, &agreed).await?))
            })
        });
        let done: Result<_, Stop> = done.await;
        let Some(done) = done? else { return Ok(Done::Nothing) };
        self.drop_proposed(asked);
        match done {
            Ok(applied) => Ok(show::applied(&applied)),
            Err(unfit) => self.shown(request, Apply { expect: None, ..apply }, proposed.text, Err((unfit, true))),
        }
    }

    /// An apply that goes back to a version.
    async fn backwards(&self, apply: Apply, kind: Kind, name: Name, number: i64) -> Result<Apply, Stop> {
        let (guild, wanted) = (apply.guild, name.clone());
        let read = self
            .store()
            .read(move |conn| Box::pin(async move { versions::version(conn, guild, kind, &wanted, number).await }));
        match read.await? {
            Some(Some(spec)) => Ok(Apply { specs: vec![(name, spec)], ..apply }),
            Some(None) => Ok(Apply { remove: vec![(kind, name)], ..apply }),
            None => Err(Refusal::NoSuchVersion { kind, name, number }.into()),
        }
    }

    async fn tell_history(&self, request: &Request, kind: Kind, name: Name) -> Result<Done, Stop> {
        let (guild, wanted) = (request.guild, name.clone());
        let read = self.store().read(move |conn| {
            Box::pin(async move { versions::history(conn, guild, kind, &wanted, VERSIONS_MAX).await })
        });
        let versions = read.await?;
        match versions.is_empty() {
            true => Err(Refusal::NoSuchDefinition { kind, said: name.to_string(), known: Vec::new() }.into()),
            false => Ok(show::history(kind, &name, &versions)),
        }
    }

    /// Names of a kind, and versions of a definition, for somebody who is typing: value and label.
    pub(super) async fn complete_definition(
        &self,
        conn: &mut crate::store::Conn,
        (guild, by): (crate::domain::id::GuildId, &Person),
        kind: Kind,
        name: Option<&Name>,
    ) -> Result<Vec<(String, String)>, Stop> {
        let facts = self.facts(conn, guild, None).await?;
        if may_configure(by, &facts.live).is_err() {
            return Ok(Vec::new());
        }
        let Some(name) = name else {
            let of_kind = facts.live.iter().filter(|(one, ..)| *one == kind);
            return Ok(of_kind.map(|(_, name, spec)| (name.to_string(), label(name, spec))).collect());
        };
        let versions = versions::history(conn, guild, kind, name, VERSIONS_MAX).await?;
        Ok(versions.iter().map(|version| (version.number.to_string(), show::version_label(version))).collect())
    }
}

fn may_configure(by: &Person, set: &Set) -> Result<(), Refusal> {
    permission::check(Act::Configure, by, Part::default(), &set.settings()).map_err(Refusal::NotAllowed)
}

/// Discord was asked for the guild only where something in the request needs it.
fn seen_of(request: &Request) -> Seen {
    match &request.survey {
        Some(survey) => Seen::Survey(survey.clone()),
        None => Seen::Not("Discord could not be asked for it just now".to_owned()),
    }
}

fn known<'a>(set: &'a Set, kind: Kind, name: &Name) -> Result<&'a Spec, Refusal> {
    let known = || set.iter().filter(|(one, ..)| *one == kind).map(|(_, name, _)| name.to_string()).collect();
    set.get(kind, name).ok_or_else(|| Refusal::NoSuchDefinition { kind, said: name.to_string(), known: known() })
}

fn label(name: &Name, spec: &Spec) -> String {
    let title = match spec {
        Spec::Contact(contact) => Some(&contact.display_name),
        Spec::Schedule(schedule) => schedule.display_name.as_ref(),
        Spec::EscalationPlan(plan) => plan.display_name.as_ref(),
        Spec::ResponsePlan(plan) => plan.display_name.as_ref(),
        _ => None,
    };
    let label = title.map_or_else(|| name.to_string(), |title| format!("{name} · {title}"));
    crate::domain::text::one_line(&label, 100)
}

fn exported(set: &Set) -> Done {
    if set.is_empty() {
        return Done::Say(words::definition::nothing_to_export().into());
    }
    let file = File { name: "muster.yaml".to_owned(), text: definitions::export(set) };
    Done::File(words::definition::exported(set.len()).into(), file)
}

fn edited(set: &Set, kind: Kind, name: &Name, revision: Revision) -> Result<Done, Stop> {
    let text = definitions::to_yaml(kind, name, known(set, kind, name)?);
    Ok(match text.encode_utf16().count() > INPUT_MAX {
        true => Done::Say(words::definition::too_long_to_edit(&format!("{kind} {name}"), INPUT_MAX).into()),
        false => Done::Form(form(text, revision)),
    })
}

/// The form that takes a definition.
fn form(text: String, since: Revision) -> Form {
    let definition = FormInput {
        id: DEFINITION,
        label: "Definition, as YAML".to_owned(),
        value: text,
        long: true,
        required: true,
        max: INPUT_MAX,
        placeholder: "kind: …".to_owned(),
    };
    Form { title: "Definition".to_owned(), does: Pressed::FormDefinition { since }, inputs: vec![definition] }
}
