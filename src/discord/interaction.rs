//! Commands, presses, choices, forms and completions: the person is answered first, the work follows. Decides nothing.
//!
//! Discord waits 3 s for the first answer, and "thinking …" cannot become a form. So most interactions are put off at once,
//! before the database is asked anything; what may open a form asks `app` first, and is put off where that takes long.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use serde_json::{Value, json};
use serenity::model::application::{
    ActionRowComponent, CommandDataResolved, CommandInteraction, CommandType, ComponentInteraction,
    ComponentInteractionDataKind, Interaction, ModalInteraction,
};
use serenity::model::channel::{Message, MessageFlags};
use serenity::model::guild::Member;
use serenity::model::id::InteractionId;
use serenity::model::permissions::Permissions;
use serenity::model::user::User;
use tokio::time::timeout;

use super::parse::{self, Press, Unread};
use super::rest::{Call, Endpoint, Lane, RestError};
use super::{Discord, commands, draw, lock, messages};
use crate::app::help;
use crate::app::press::{self, Pressed};
use crate::app::reply::{Chosen, File, Picked, Reply, Say};
use crate::app::request::{Ask, Request};
use crate::domain::id::{ChannelId, GuildId, RoleId, UserId};
use crate::domain::permission::Person;
use crate::domain::refusal::{ContactRefusal, Refusal};
use crate::domain::survey::Survey;
use crate::gauges::GAUGES;
use crate::words::{self, Text};

/// How long a form may take before the answer is put off; Discord waits 3 s, the way there and back included.
const FORM_WITHIN: Duration = Duration::from_secs(2);
/// How long a completion may take: somebody is typing.
const COMPLETED_WITHIN: Duration = Duration::from_secs(1);
/// How long the first answer may wait for its turn; later it is too late anyway.
const FIRST_PATIENCE: Duration = Duration::from_millis(2_500);
/// How many interactions are remembered as answered: those that Discord sends again come within seconds.
const REMEMBERED_MAX: usize = 4_096;

/// Only the person sees it: <https://discord.com/developers/docs/resources/message#message-object-message-flags>.
const EPHEMERAL: u64 = 1 << 6;

/// Kinds of first answers:
/// <https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-interaction-callback-type>.
mod kind {
    pub const MESSAGE: u8 = 4;
    pub const THINKING: u8 = 5;
    /// The message that was pressed on stays as it is, or is changed later.
    pub const NOTHING: u8 = 6;
    pub const REPLACE: u8 = 7;
    pub const CHOICES: u8 = 8;
    pub const FORM: u8 = 9;
}

const FORM_TOO_LATE: &str = "The form came too late for Discord. Press again, or type the command.";
const KEPT: &str = "Nothing was changed.";

/// Interactions that were answered by this process: a resumed session may bring one again.
#[derive(Debug, Default)]
pub(super) struct Answered(Mutex<VecDeque<u64>>);

impl Answered {
    /// Whether this one is new.
    fn first(&self, id: InteractionId) -> bool {
        let mut known = lock(&self.0);
        if known.contains(&id.get()) {
            return false;
        }
        if known.len() >= REMEMBERED_MAX {
            known.pop_front();
        }
        known.push_back(id.get());
        true
    }
}

/// An interaction, as far as its answer goes.
#[derive(Clone)]
struct Heard {
    id: InteractionId,
    token: String,
    place: Place,
    channel: ChannelId,
    by: Person,
    /// It was done on a private message of ours, which the answer may take the place of.
    own: bool,
}

impl Heard {
    /// The channel of the server; none: a direct message.
    fn room(&self) -> Option<ChannelId> {
        matches!(self.place, Place::Guild(_)).then_some(self.channel)
    }
}

/// Where it happened.
#[derive(Clone, Copy)]
enum Place {
    Guild(GuildId),
    /// A direct message: what was pressed says which guild is meant.
    Direct(Option<Pressed>),
    /// A command in a direct message: only who typed it can say that.
    Typed,
}

impl Discord {
    pub(super) async fn heard_interaction(&self, interaction: Interaction) {
        if !self.0.answered.first(interaction.id()) {
            return;
        }
        let (id, token) = (interaction.id(), interaction.token().to_owned());
        let answers = !matches!(interaction, Interaction::Autocomplete(_));
        if AssertUnwindSafe(self.read_interaction(interaction)).catch_unwind().await.is_err() {
            GAUGES.panicked();
            let reply = self.app().told_panic();
            if answers {
                self.say_somehow(id, &token, reply).await;
            }
        }
    }

    async fn read_interaction(&self, interaction: Interaction) {
        match interaction {
            Interaction::Command(command) => self.heard_command(&command).await,
            Interaction::Autocomplete(command) => self.heard_typing(&command).await,
            Interaction::Component(component) => self.heard_press(&component).await,
            Interaction::Modal(modal) => self.heard_form(&modal).await,
            _ => {}
        }
    }

    /// Nobody knows whether a first answer was given: the reply is that, or follows it.
    async fn say_somehow(&self, id: InteractionId, token: &str, reply: Reply) {
        let Some((say, _)) = said(reply) else { return };
        let mut data = draw::reply(&say, self.scene(GuildId(0)));
        data["flags"] = json!(EPHEMERAL);
        if self.call_back(id, token, kind::MESSAGE, data.clone()).await.is_ok() {
            return;
        }
        let call = Call::new(Endpoint::followup(self.application(), token)).body(data).lane(Lane::Reply);
        if let Err(error) = self.rest().call(call).await {
            tracing::warn!(%error, "somebody did not hear that something went wrong");
        }
    }

    async fn heard_command(&self, command: &CommandInteraction) {
        let heard = Heard {
            id: command.id,
            token: command.token.clone(),
            place: command.guild_id.map_or(Place::Typed, |id| Place::Guild(GuildId(id.get()))),
            channel: ChannelId(command.channel_id.get()),
            by: person(&command.user, command.member.as_deref()),
            own: false,
        };
        let read = match about(command) {
            Some(person) => parse::about_person(&command.data.name, person),
            None => parse::command(&command.data.name, &options(command)),
        };
        let read = read.map_err(Unread::from);
        match (heard.place, read) {
            // In direct messages help needs no guild to ask about.
            (Place::Typed, Ok(Ask::Help { .. })) => self.say_first(&heard, GuildId(0), &help::in_private()).await,
            (Place::Typed, Ok(ask)) if !parse::fits_direct_messages(&ask) => {
                self.answer(heard, Err(Unread::Refused(ContactRefusal::NotHere.into()))).await;
            }
            (Place::Typed, Ok(ask @ Ask::Ack(_))) => self.acknowledge_everywhere(heard, ask).await,
            (_, read) => self.answer(heard, read).await,
        }
    }

    /// `/ack` in a direct message: in every server that they are a contact of, an answer each.
    async fn acknowledge_everywhere(&self, heard: Heard, ask: Ask) {
        self.put_off(&heard).await;
        let guilds = match self.app().guilds_to_ack(&ask, &heard.by).await {
            Ok(guilds) => guilds,
            Err(fault) => return self.reply(&heard, GuildId(0), Reply::say(self.app().told_fault(&fault))).await,
        };
        let mut requests = Vec::new();
        for guild in guilds.into_iter().filter(|guild| guild.0 == 0 || self.serves(*guild)) {
            let by = self.member_or(guild, &heard.by).await;
            let key = format!("i:{}:{guild}", heard.id);
            requests.push(Request { guild, by, channel: None, key, ask: ask.clone(), survey: None });
        }
        let said = AssertUnwindSafe(self.app().ack_everywhere(requests)).catch_unwind().await;
        let said = said.unwrap_or_else(|_| {
            GAUGES.panicked();
            vec![(GuildId(0), self.app().told_panic())]
        });
        for (index, (guild, reply)) in said.into_iter().enumerate() {
            match index {
                0 => self.reply(&heard, guild, reply).await,
                _ => self.reply_below(&heard, guild, reply).await,
            }
        }
    }

    /// Who they are in a guild. Whoever is paged may answer, also while Discord does not say which roles they have.
    async fn member_or(&self, guild: GuildId, by: &Person) -> Person {
        if guild.0 == 0 {
            return by.clone();
        }
        let member = self.member(guild, by.user, Lane::Reply).await;
        member.map_or_else(|_| by.clone(), |member| messages::person(&member))
    }

    async fn heard_press(&self, component: &ComponentInteraction) {
        let pressed = press::parse(&component.data.custom_id);
        let heard = Heard {
            id: component.id,
            token: component.token.clone(),
            place: place(component.guild_id.map(|id| id.get()), pressed.ok()),
            channel: ChannelId(component.channel_id.get()),
            by: person(&component.user, component.member.as_ref()),
            own: is_private(&component.message),
        };
        let read = pressed.map_err(Unread::from).and_then(|pressed| parse::press(pressed, &picked(component)));
        match read {
            Ok(Press::Ask(ask)) => self.answer(heard, Ok(ask)).await,
            Ok(Press::Dismiss) => self.put_away(&heard).await,
            Err(why) => self.answer(heard, Err(why)).await,
        }
    }

    async fn heard_form(&self, modal: &ModalInteraction) {
        let pressed = press::parse(&modal.data.custom_id);
        let heard = Heard {
            id: modal.id,
            token: modal.token.clone(),
            place: place(modal.guild_id.map(|id| id.get()), pressed.ok()),
            channel: ChannelId(modal.channel_id.get()),
            by: person(&modal.user, modal.member.as_ref()),
            own: modal.message.as_deref().is_some_and(is_private),
        };
        let read = pressed.map_err(Unread::from).and_then(|pressed| parse::form(pressed, &written(modal)));
        self.answer(heard, read).await;
    }

    /// Somebody is typing: suggestions, or none where they take too long.
    async fn heard_typing(&self, command: &CommandInteraction) {
        let Some(guild) = command.guild_id.map(|id| GuildId(id.get())).filter(|guild| self.serves(*guild)) else {
            return;
        };
        let options = options(command);
        let focused = commands::focused(&command.data.name, &options);
        let what = focused.as_ref().and_then(parse::completing);
        let found = match focused.zip(what) {
            Some((focused, what)) => {
                let by = person(&command.user, command.member.as_deref());
                let channel = Some(ChannelId(command.channel_id.get()));
                let found = self.app().complete(guild, by, channel, what, focused.partial);
                timeout(COMPLETED_WITHIN, found).await.unwrap_or_default()
            }
            None => Vec::new(),
        };
        let choices: Vec<Value> =
            found.into_iter().map(|(value, label)| json!({ "name": label, "value": value })).collect();
        let said = self.call_back(command.id, &command.token, kind::CHOICES, json!({ "choices": choices })).await;
        if let Err(error) = said {
            tracing::debug!(%error, "a completion came too late");
        }
    }

    async fn answer(&self, heard: Heard, read: Result<Ask, Unread>) {
        if let Place::Guild(guild) = heard.place
            && !self.serves(guild)
        {
            return;
        }
        match read {
            Ok(ask) if parse::may_open_a_form(&ask) => self.answer_with_a_form(heard, ask).await,
            // What is asked is taken down beside the first answer: Discord may be slow to take that, and pages go on until then.
            Ok(ask) if heard.own && parse::replaces(&ask) => {
                let ((), (guild, reply)) = tokio::join!(self.acknowledge(&heard), self.handled(&heard, ask));
                self.reply_in_place(&heard, guild, reply).await;
            }
            Ok(ask) => {
                let ((), (guild, reply)) = tokio::join!(self.put_off(&heard), self.handled(&heard, ask));
                self.reply(&heard, guild, reply).await;
            }
            Err(why) => self.say_first(&heard, GuildId(0), &refused(why)).await,
        }
    }

    /// What may open a form: the form must be the first answer.
    async fn answer_with_a_form(&self, heard: Heard, ask: Ask) {
        let (discord, asked) = (self.clone(), heard.clone());
        let mut work = tokio::spawn(async move { discord.handled(&asked, ask).await });
        let (guild, reply) = match timeout(FORM_WITHIN, &mut work).await {
            Ok(done) => {
                let (guild, reply) = done.unwrap_or_else(|_| (GuildId(0), self.app().told_panic()));
                return self.reply_first(&heard, guild, reply).await;
            }
            Err(_) => {
                self.put_off(&heard).await;
                work.await.unwrap_or_else(|_| (GuildId(0), self.app().told_panic()))
            }
        };
        self.reply(&heard, guild, reply).await;
    }

    /// Hands the request to `app`. A panic is ours: counted, logged, and told.
    async fn handled(&self, heard: &Heard, ask: Ask) -> (GuildId, Reply) {
        let handled = AssertUnwindSafe(self.handled_unguarded(heard, ask)).catch_unwind().await;
        handled.unwrap_or_else(|_| {
            GAUGES.panicked();
            (GuildId(0), self.app().told_panic())
        })
    }

    async fn handled_unguarded(&self, heard: &Heard, ask: Ask) -> (GuildId, Reply) {
        let (guild, by) = match self.asker(heard).await {
            Ok(found) => found,
            Err(why) => return (GuildId(0), Reply::say(why)),
        };
        let (channel, key) = (heard.room(), format!("i:{}", heard.id));
        let request = Request { guild, by, channel, key, ask, survey: None };
        let mut request = self.fetched(request).await;
        request.survey = self.surveyed(&request).await;
        (guild, self.app().handle(request).await)
    }

    /// The guild as it is now, for a request that needs it.
    async fn surveyed(&self, request: &Request) -> Option<Arc<Survey>> {
        let wanted = self.app().wants(request).await.unwrap_or_else(|fault| {
            tracing::error!(%fault, "what a request needs to know of its guild is not known");
            None
        });
        let survey = self.survey(request.guild, &wanted?).await;
        survey.inspect_err(|error| tracing::warn!(%error, "a guild could not be looked at")).ok().map(Arc::new)
    }

    /// Which guild is meant and who they are there. In direct messages Discord says neither.
    async fn asker(&self, heard: &Heard) -> Result<(GuildId, Person), Text> {
        let guild = match heard.place {
            Place::Guild(guild) => return Ok((guild, heard.by.clone())),
            Place::Direct(pressed) => self.guild_pressed_in(pressed).await?,
            Place::Typed => self.guild_of_typist(heard.by.user).await?,
        };
        Ok((guild, self.member_or(guild, &heard.by).await))
    }

    async fn guild_pressed_in(&self, pressed: Option<Pressed>) -> Result<GuildId, Text> {
        let guild = match pressed {
            Some(pressed) => self.app().guild_of_press(pressed).await.map_err(|fault| self.app().told_fault(&fault))?,
            None => None,
        };
        guild.filter(|guild| self.serves(*guild)).ok_or_else(|| words::refusal(&Refusal::StaleButton))
    }

    /// The one guild in which whoever typed in a direct message is a contact.
    async fn guild_of_typist(&self, user: UserId) -> Result<GuildId, Text> {
        let found = self.app().guilds_of_contact(user).await.map_err(|fault| self.app().told_fault(&fault))?;
        let served: Vec<GuildId> = found.into_iter().filter(|guild| self.serves(*guild)).collect();
        match served[..] {
            [guild] => Ok(guild),
            _ => Err(words::refusal(&ContactRefusal::WhichServer { known: served.len() }.into())),
        }
    }

    async fn put_off(&self, heard: &Heard) {
        let said = self.call_back(heard.id, &heard.token, kind::THINKING, json!({ "flags": EPHEMERAL })).await;
        note_late(said);
    }

    /// The message that was pressed on stays until there is an answer to put in its place.
    async fn acknowledge(&self, heard: &Heard) {
        note_late(self.call_back(heard.id, &heard.token, kind::NOTHING, Value::Null).await);
    }

    /// A private question is answered with no: it goes, with its buttons.
    async fn put_away(&self, heard: &Heard) {
        let (kind, data) = match heard.own {
            true => (kind::REPLACE, json!({ "content": KEPT, "components": [], "embeds": [] })),
            false => (kind::NOTHING, Value::Null),
        };
        note_late(self.call_back(heard.id, &heard.token, kind, data).await);
    }

    async fn say_first(&self, heard: &Heard, guild: GuildId, say: &Say) {
        let mut data = draw::reply(say, self.scene(guild));
        data["flags"] = json!(data["flags"].as_u64().unwrap_or(0) | EPHEMERAL);
        note_late(self.call_back(heard.id, &heard.token, kind::MESSAGE, data).await);
    }

    async fn reply_first(&self, heard: &Heard, guild: GuildId, reply: Reply) {
        match reply {
            Reply::Form(form) => {
                note_late(self.call_back(heard.id, &heard.token, kind::FORM, draw::modal(&form)).await);
            }
            Reply::Replace(say) if heard.own => {
                let data = draw::reply(&say, self.scene(guild));
                note_late(self.call_back(heard.id, &heard.token, kind::REPLACE, data).await);
            }
            Reply::Say(say) | Reply::Replace(say) => self.say_first(heard, guild, &say).await,
            Reply::File(..) => {
                self.put_off(heard).await;
                self.reply(heard, guild, reply).await;
            }
            Reply::Nothing => self.put_off(heard).await,
        }
    }

    /// Puts the reply in the place of the message that was pressed on. What is no such reply, a refusal or a fault, stands below
    /// it: the message is still good.
    async fn reply_in_place(&self, heard: &Heard, guild: GuildId, reply: Reply) {
        if matches!(reply, Reply::Replace(_)) {
            return self.reply(heard, guild, reply).await;
        }
        self.reply_below(heard, guild, reply).await;
    }

    /// One more private message.
    async fn reply_below(&self, heard: &Heard, guild: GuildId, reply: Reply) {
        let Some((say, file)) = said(reply) else { return };
        let mut body = draw::reply(&say, self.scene(guild));
        body["flags"] = json!(EPHEMERAL);
        let call = Call::new(Endpoint::followup(self.application(), &heard.token)).body(body);
        if let Err(error) = self.rest().call(with_file(call, file).lane(Lane::Reply)).await {
            tracing::warn!(%error, "somebody did not hear why nothing was done");
        }
    }

    /// Turns "thinking …", or the message that was pressed on, into the reply.
    async fn reply(&self, heard: &Heard, guild: GuildId, reply: Reply) {
        let Some((say, file)) = said(reply) else { return };
        let endpoint = Endpoint::edit_original_response(self.application(), &heard.token);
        let call = Call::new(endpoint).body(draw::reply(&say, self.scene(guild)));
        if let Err(error) = self.rest().call(with_file(call, file).lane(Lane::Reply)).await {
            tracing::warn!(%error, "somebody did not get their answer; what they asked for is done");
        }
    }

    async fn call_back(&self, id: InteractionId, token: &str, kind: u8, data: Value) -> Result<(), RestError> {
        let body = if data.is_null() { json!({ "type": kind }) } else { json!({ "type": kind, "data": data }) };
        let call = Call::new(Endpoint::callback(id, token)).body(body).lane(Lane::Reply).patience(FIRST_PATIENCE);
        self.rest().call(call).await.map(drop)
    }
}

/// A reply as a message that comes later; none where an earlier answer to the same request stands.
fn said(reply: Reply) -> Option<(Say, Option<File>)> {
    match reply {
        Reply::Say(say) | Reply::Replace(say) => Some((say, None)),
        Reply::File(say, file) => Some((say, Some(file))),
        Reply::Form(_) => Some((Say { text: FORM_TOO_LATE.into(), controls: Vec::new() }, None)),
        Reply::Nothing => None,
    }
}

fn with_file(call: Call, file: Option<File>) -> Call {
    match file {
        Some(file) => call.file(file.name, file.text.into_bytes()),
        None => call,
    }
}

/// 10062: it came too late. 40060: somebody has answered. The work is done all the same, and nothing is tried again.
fn note_late(said: Result<(), RestError>) {
    if let Err(error) = said {
        tracing::info!(%error, "a first answer did not arrive");
    }
}

fn place(guild: Option<u64>, pressed: Option<Pressed>) -> Place {
    guild.map_or(Place::Direct(pressed), |guild| Place::Guild(GuildId(guild)))
}

fn refused(why: Unread) -> Say {
    let text = match why {
        Unread::Refused(refusal) => words::refusal(&refusal),
        other => other.to_string().into(),
    };
    Say { text, controls: Vec::new() }
}

/// The person that a command of the user menu is about.
fn about(command: &CommandInteraction) -> Option<Chosen> {
    let target = command.data.target_id.filter(|_| command.data.kind == CommandType::User)?;
    Some(chosen(target.to_user_id(), &command.data.resolved))
}

fn options(command: &CommandInteraction) -> Vec<Value> {
    let values = command.data.options.iter().map(serde_json::to_value);
    let mut options: Vec<Value> = values.filter_map(Result::ok).collect();
    let files = serde_json::to_value(&command.data.resolved.attachments).unwrap_or_default();
    options.iter_mut().for_each(|option| put_files(option, &files));
    options
}

/// Discord's number for an option that takes a file.
const ATTACHMENT: u64 = 11;

/// A file's description stands beside the options, under the id that the option has: here it takes the place of the id.
fn put_files(option: &mut Value, files: &Value) {
    if option["type"] == ATTACHMENT {
        let file = option["value"].as_str().map(|id| files[id].clone());
        option["value"] = file.unwrap_or_default();
    }
    option["options"].as_array_mut().into_iter().flatten().for_each(|inner| put_files(inner, files));
}

/// Whether only the person sees a message; nobody else's is theirs to press on.
fn is_private(message: &Message) -> bool {
    message.flags.is_some_and(|flags| flags.contains(MessageFlags::EPHEMERAL))
}

/// What was chosen in a select.
fn picked(component: &ComponentInteraction) -> Picked {
    match &component.data.kind {
        ComponentInteractionDataKind::StringSelect { values } => Picked::Values(values.clone()),
        ComponentInteractionDataKind::UserSelect { values } => {
            Picked::People(values.iter().map(|user| chosen(*user, &component.data.resolved)).collect())
        }
        ComponentInteractionDataKind::RoleSelect { values } => {
            Picked::Roles(values.iter().map(|role| RoleId(role.get())).collect())
        }
        ComponentInteractionDataKind::ChannelSelect { values } => {
            Picked::Channels(values.iter().map(|channel| ChannelId(channel.get())).collect())
        }
        _ => Picked::Values(Vec::new()),
    }
}

/// Somebody who was chosen, as they are called here.
fn chosen(id: serenity::model::id::UserId, resolved: &CommandDataResolved) -> Chosen {
    let user = resolved.users.get(&id);
    let nick = resolved.members.get(&id).and_then(|member| member.nick.clone());
    let own = || user.map(|user| user.global_name.clone().unwrap_or_else(|| user.name.clone()));
    Chosen {
        user: UserId(id.get()),
        name: nick.or_else(own).unwrap_or_default(),
        bot: user.is_some_and(|user| user.bot),
    }
}

/// What was written into a form: input id and text.
fn written(modal: &ModalInteraction) -> Vec<(String, String)> {
    let inputs = modal.data.components.iter().flat_map(|row| &row.components);
    let text = |input: &ActionRowComponent| match input {
        ActionRowComponent::InputText(input) => {
            Some((input.custom_id.clone(), input.value.clone().unwrap_or_default()))
        }
        _ => None,
    };
    inputs.filter_map(text).collect()
}

/// Who asks, as Discord told us in the interaction itself.
fn person(user: &User, member: Option<&Member>) -> Person {
    let manages = Permissions::MANAGE_GUILD | Permissions::ADMINISTRATOR;
    let nick = member.and_then(|member| member.nick.clone());
    Person {
        user: UserId(user.id.get()),
        name: nick.or_else(|| user.global_name.clone()).unwrap_or_else(|| user.name.clone()),
        roles: member.map(|member| member.roles.iter().map(|role| RoleId(role.get())).collect()).unwrap_or_default(),
        manages_guild: member.and_then(|member| member.permissions).is_some_and(|bits| bits.intersects(manages)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interaction_is_answered_once() {
        let answered = Answered::default();
        assert!(answered.first(InteractionId::new(1)));
        assert!(!answered.first(InteractionId::new(1)));
        for id in 2..=REMEMBERED_MAX as u64 + 1 {
            assert!(answered.first(InteractionId::new(id)));
        }
        assert_eq!(lock(&answered.0).len(), REMEMBERED_MAX, "what is remembered has a bound");
    }
}
