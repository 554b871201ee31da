//! Contacts: `/contact …`. How people are reached, test pages to prove it, mutes of one's own ways.

use chrono::TimeDelta;

use super::answer::{button, only};
use super::call::TestPage;
use super::desk::{Done, allow};
use super::fault::Stop;
use super::mute::MUTE_FOR;
pub use super::mute::Until;
use super::press::Pressed;
use super::reply::{Choice, Control, Say, Style};
use super::request::Request;
use super::sheet::Sheets;
use super::{App, Fault, form};
use crate::domain::call::{self, Answer};
use crate::domain::contact::Contact;
use crate::domain::facts::Facts;
use crate::domain::id::{ChannelId, GuildId, UserId};
use crate::domain::name::Name;
use crate::domain::permission::{Act, Part, Person};
use crate::domain::refusal::{ContactRefusal, Refusal};
use crate::store::{Conn, Tx, call as calls, guild, seen};
use crate::words::contact as words;

/// Test pages that one person may ask for in this time: each of them notifies somebody.
const TESTS_MAX: i64 = 10;
const TESTS_IN: TimeDelta = TimeDelta::minutes(10);

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    Me,
    Show {
        contact: Name,
    },
    List,
    /// None: my own.
    Test {
        contact: Option<Name>,
    },
    /// Of my own. `channel`: none is all. Where all that is meant is muted already and no time is said, it is taken back.
    Mute {
        channel: Option<String>,
        until: Option<Until>,
    },
    /// Prove an address of my own that was added in chat.
    Verify,
    /// The form for its code.
    FormVerify,
    Unmute {
        /// None: everything.
        channel: Option<String>,
    },
}

impl Ask {
    /// Whether it writes.
    pub(super) fn changes(&self) -> bool {
        matches!(self, Ask::Test { .. } | Ask::Verify | Ask::Mute { .. } | Ask::Unmute { .. })
    }

    /// Whether the answer may be a form.
    pub fn may_open_a_form(&self) -> bool {
        *self == Ask::FormVerify
    }
}

/// What a choice in the select of `/contact me` asks; `None`: not one that we offered.
pub fn chosen(value: &str) -> Option<Ask> {
    let (what, channel) = value.split_once(':')?;
    let channel = Some(channel.to_owned());
    match what {
        "mute" => Some(Ask::Mute { channel, until: Some(Until::default()) }),
        "unmute" => Some(Ask::Unmute { channel }),
        _ => None,
    }
}

impl App {
    pub(super) async fn contact(&self, request: Request, ask: Ask) -> Result<Done, Stop> {
        let app = self.clone();
        match ask {
            Ask::FormVerify => Ok(Done::Form(form::code(request.guild))),
            Ask::Me | Ask::Show { .. } | Ask::List => {
                self.store()
                    .read(move |conn| Box::pin(async move { app.see_contacts(conn, &request, ask).await }))
                    .await
            }
            Ask::Test { .. } | Ask::Verify | Ask::Mute { .. } | Ask::Unmute { .. } => {
                self.store().write(move |tx| Box::pin(async move { app.do_contact(tx, &request, ask).await })).await
            }
        }
    }

    async fn see_contacts(&self, conn: &mut Conn, request: &Request, ask: Ask) -> Result<Done, Stop> {
        let facts = self.facts(conn, request.guild, None).await?;
        let sheets = self.sheets(conn, request.guild).await?;
        let say = match ask {
            Ask::Show { contact: name } => {
                self.may_see(&request.by, &facts)?;
                let contact = call::find(&name, &facts)?;
                only(sheets.sheet(&name, contact, is(contact, &request.by), &facts))
            }
            Ask::List => {
                self.may_see(&request.by, &facts)?;
                only(sheets.list(&facts))
            }
            _ => {
                let (name, contact) = own(&request.by, &facts)?;
                Say {
                    text: sheets.sheet(name, contact, true, &facts),
                    controls: own_controls(request.guild, (name, contact), &sheets, &facts),
                }
            }
        };
        Ok(Done::Say(say))
    }

    fn may_see(&self, by: &Person, facts: &Facts) -> Result<(), Stop> {
        allow(Act::SeeSetup, by, part(by, facts), facts)
    }

    async fn do_contact(&self, tx: &mut Tx, request: &Request, ask: Ask) -> Result<Done, Stop> {
        if !seen::first(tx, &request.key, self.now()).await? {
            return Ok(Done::Nothing);
        }
        let facts = self.facts(tx, request.guild, None).await?;
        let say = match ask {
            Ask::Test { contact } => self.test_asked(tx, request, contact, &facts).await?,
            Ask::Mute { channel, until } => self.mute(tx, request, channel.as_deref(), until, &facts).await?,
            Ask::Unmute { channel } => self.unmute(tx, request, channel.as_deref(), &facts).await?,
            Ask::Verify => {
                self.limit_tests(tx, request).await?;
                self.verify(tx, request, &facts).await?
            }
            Ask::Me | Ask::Show { .. } | Ask::List | Ask::FormVerify => return Err(Refusal::StaleButton.into()),
        };
        Ok(Done::Say(say))
    }

    /// `/contact test`: own ways anybody, those of others who may.
    async fn test_asked(&self, tx: &mut Tx, request: &Request, name: Option<Name>, facts: &Facts) -> Result<Say, Stop> {
        let by = &request.by;
        let name = match name {
            Some(name) => name,
            None => own(by, facts)?.0.clone(),
        };
        let others = !is(call::find(&name, facts)?, by);
        if others {
            allow(Act::TestOthers, by, part(by, facts), facts)?;
        }
        self.limit_tests(tx, request).await?;
        let unverified = own_unverified(&name, facts);
        let (guild, by, room) = (request.guild, by.user, request.channel);
        let outcome = self.send_test_page(tx, TestPage { guild, by, contact: name, channel: None, room }).await?;
        let Answer::Opened { name, through, muted, need_room } = &outcome.answer else { return Ok(Say::default()) };
        let text = words::test_sent(Some(name.as_str()).filter(|_| others), through, muted, need_room);
        Ok(only(if unverified.is_empty() { text } else { text.line().join(words::not_verified(&unverified)) }))
    }

    async fn limit_tests(&self, tx: &mut Tx, request: &Request) -> Result<(), Stop> {
        let since = self.now() - TESTS_IN;
        let asked = calls::asked_since(tx, request.guild, request.by.user, call::Kind::TEST, since).await?;
        if asked < TESTS_MAX {
            return Ok(());
        }
        Err(Refusal::from(ContactRefusal::TooManyTests { max: TESTS_MAX, minutes: TESTS_IN.num_minutes() }).into())
    }

    /// Sends a test page to a contact, in this transaction: for whoever has just set them up.
    ///
    /// Asks nobody whether `by` may. `room`: where mentions go; none: only ways that need no room are used.
    pub(super) async fn test_contact(
        &self,
        tx: &mut Tx,
        guild: GuildId,
        by: UserId,
        contact: &Name,
        room: Option<ChannelId>,
    ) -> Result<call::Outcome, Stop> {
        self.send_test_page(tx, TestPage { guild, by, contact: contact.clone(), channel: None, room }).await
    }

    /// The guilds in which a person is a contact: in direct messages Discord does not say which is meant.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn guilds_of_contact(&self, user: UserId) -> Result<Vec<GuildId>, Fault> {
        let app = self.clone();
        let found = self.store().read(move |conn| {
            Box::pin(async move {
                let mut guilds = Vec::new();
                for (guild, revision) in guild::revisions(conn).await? {
                    let set = app.set(conn, guild, revision).await?;
                    if set.contacts().any(|(_, contact)| contact.user() == Some(user)) {
                        guilds.push(guild);
                    }
                }
                Ok(guilds)
            })
        });
        found.await.map_err(|stop: Stop| stop.fault("look for the guilds of a contact"))
    }
}

/// What the contact channels of a person are called, to complete what they type.
pub(super) fn own_channels(by: &Person, facts: &Facts) -> Vec<(String, String)> {
    let channels = own(by, facts).map(|(_, contact)| contact.channels.as_slice()).unwrap_or_default();
    channels.iter().map(|channel| (channel.name.clone(), channel.name.clone())).collect()
}

/// Contact channels of theirs that nobody has proved.
fn own_unverified(name: &Name, facts: &Facts) -> Vec<String> {
    let theirs = facts.unverified.iter().filter(|(contact, _)| contact == name);
    theirs.map(|(_, channel)| channel.clone()).collect()
}

fn part(by: &Person, facts: &Facts) -> Part {
    Part { contact: facts.contact_of(by.user).is_some(), ..Part::default() }
}

fn is(contact: &Contact, by: &Person) -> bool {
    contact.user() == Some(by.user)
}

/// The contact that a person is.
pub(super) fn own<'f>(by: &Person, facts: &'f Facts) -> Result<(&'f Name, &'f Contact), Refusal> {
    let mut contacts = facts.live.contacts();
    contacts.find(|(_, contact)| is(contact, by)).ok_or_else(|| ContactRefusal::NotAContact.into())
}

/// **Test me**, and a select that mutes one channel or takes that back.
fn own_controls(guild: GuildId, (name, contact): (&Name, &Contact), sheets: &Sheets, facts: &Facts) -> Vec<Control> {
    let lines = sheets.channels(name, contact, facts);
    let proved = lines.iter().all(|line| line.test.is_some_and(|(_, outcome)| outcome.works()));
    let style = if proved { Style::Grey } else { Style::Primary };
    let option = |line: &words::ChannelLine| {
        let (verb, label) = match line.muted {
            Some(_) => ("unmute", format!("Unmute {}", line.name)),
            None => ("mute", format!("Mute {} for {} h", line.name, MUTE_FOR.num_hours())),
        };
        Choice { label, value: format!("{verb}:{}", line.name), description: None, chosen: false }
    };
    let select = Control::Select {
        placeholder: "Mute …".to_owned(),
        options: lines.iter().map(option).collect(),
        does: Pressed::ContactMute { guild },
    };
    let verify = || button("Enter a code", Style::Grey, Pressed::ContactVerify { guild });
    let verify = lines.iter().any(|line| line.unverified).then(verify);
    let test = button("Test me", style, Pressed::ContactTest { guild });
    [test].into_iter().chain(verify).chain([select]).collect()
}
