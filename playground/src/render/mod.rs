//! A channel as a reader sees it, on a screen as narrow as a phone's.
//! Never shows what only machines see: ids, custom ids, raw markdown.

mod text;

use crate::{
    Playground,
    channel::{Channel, kind as channel_kind},
    id::{Id, Key},
    message::{Message, flag, kind},
    state::State,
};
use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde_json::Value;
use text::{BOLD, PLAIN, columns, readable, wrap};

/// How to draw.
#[derive(Clone, Debug)]
pub struct Paint {
    /// Columns; 72 unless told.
    pub width: usize,
    /// ANSI colours and bold; plain text otherwise.
    pub colour: bool,
    /// The moment relative times count from; the playground's now unless told.
    pub now: Option<DateTime<Utc>>,
}

impl Default for Paint {
    fn default() -> Self {
        Self { width: 72, colour: false, now: None }
    }
}

/// One drawing under way.
struct Easel<'a> {
    state: &'a State,
    paint: &'a Paint,
    now: DateTime<Utc>,
    out: Vec<String>,
}

impl Playground {
    /// A channel in plain text, 72 columns wide.
    ///
    /// # Errors
    /// When there is no such channel.
    pub fn render(&self, channel: impl Into<Key>) -> Result<String> {
        self.render_with(channel, &Paint::default())
    }

    /// A channel, drawn as told.
    ///
    /// # Errors
    /// When there is no such channel.
    pub fn render_with(&self, channel: impl Into<Key>, paint: &Paint) -> Result<String> {
        let channel = channel.into();
        self.hub.look(|state| {
            let id = state.find_channel(&channel)?;
            let mut easel = Easel::new(state, paint);
            easel.head(&state.channels[&id]);
            for message in state.messages.get(&id).into_iter().flat_map(|all| all.values()) {
                easel.message(message);
            }
            Ok(easel.finish())
        })
    }

    /// The direct messages of someone, as their phone shows them.
    ///
    /// # Errors
    /// When the app never wrote to them.
    pub fn render_dms(&self, user: impl Into<Key>, paint: &Paint) -> Result<String> {
        let user = user.into();
        let channel = self.hub.look(|state| -> Result<Id> {
            let user = state.find_user(&user)?;
            let channel = state.channels.values().find(|channel| channel.recipient == Some(user));
            Ok(channel.context("no direct messages with them")?.id)
        })?;
        self.render_with(channel, paint)
    }

    /// One message alone, without the channel's head.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn render_message(&self, message: Id, paint: &Paint) -> Result<String> {
        self.hub.look(|state| {
            let found = state.messages.values().find_map(|all| all.get(&message)).context("no such message")?;
            let mut easel = Easel::new(state, paint);
            easel.message(found);
            Ok(easel.finish())
        })
    }

    /// A form as it opens: the data of a modal answer.
    pub fn render_form(&self, form: &Value, paint: &Paint) -> String {
        self.hub.look(|state| {
            let mut easel = Easel::new(state, paint);
            easel.form(form);
            easel.finish()
        })
    }
}

impl<'a> Easel<'a> {
    fn new(state: &'a State, paint: &'a Paint) -> Self {
        let now = paint.now.unwrap_or_else(|| state.now());
        Self { state, paint, now, out: Vec::new() }
    }

    fn finish(self) -> String {
        let (bold, plain) = if self.paint.colour { ("\x1b[1m", "\x1b[22m") } else { ("", "") };
        let mut text = self.out.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n");
        text.push('\n');
        text.replace(BOLD, bold).replace(PLAIN, plain)
    }

    fn ink(&self, code: &str, text: &str) -> String {
        if self.paint.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn line(&mut self, line: impl Into<String>) {
        self.out.push(line.into());
    }

    fn head(&mut self, channel: &Channel) {
        let parent = channel.parent.and_then(|id| self.state.channels.get(&id)).map(|parent| parent.name.clone());
        let sign = match (channel.kind, channel.recipient) {
            (_, Some(_)) => "@",
            (channel_kind::PUBLIC_THREAD | channel_kind::PRIVATE_THREAD, _) => "⤷ ",
            _ => "#",
        };
        let name = channel.recipient.and_then(|id| self.state.users.get(&id)).map_or(&channel.name, |user| &user.name);
        let place = parent.map(|parent| format!(" · {parent}")).unwrap_or_default();
        let hidden = channel.guild.is_some_and(|guild| {
            let view = crate::permission::bit::VIEW_CHANNEL;
            channel.overwrites.iter().any(|one| one.id == guild && one.deny & view != 0)
        });
        let lock = if hidden { " · private" } else { "" };
        self.line(format!("{BOLD}{sign}{name}{PLAIN}{place}{lock}"));
        let topic = readable(self.state, channel.topic.as_deref().unwrap_or_default(), self.now);
        for line in wrap(&topic, self.paint.width) {
            let line = self.ink("2", &line);
            self.line(line);
        }
        self.line("─".repeat(self.paint.width));
    }

    fn message(&mut self, message: &Message) {
        match message.kind {
            kind::PINNED => return self.notice(&format!("{} pinned a message", message.author.name)),
            kind::THREAD_CREATED => {
                return self.notice(&format!("{} started a thread: {}", message.author.name, message.content));
            }
            _ => {}
        }
        self.cause(message);
        self.byline(message);
        let width = self.paint.width;
        let edited = if message.edited.is_some() { " (edited)" } else { "" };
        if message.has(flag::LOADING) {
            self.line(format!("{} is thinking …", message.author.name));
        } else if !message.content.is_empty() || !edited.is_empty() {
            self.paragraph(&format!("{}{edited}", message.content), width);
        }
        for embed in &message.embeds {
            self.embed(embed);
        }
        for file in &message.attachments {
            self.line(format!("[file {} · {} bytes]", file["filename"].as_str().unwrap_or("?"), file["size"]));
        }
        self.components(&message.components, width);
        self.reactions(message);
        if let Some(only) = message.only_for.and_then(|id| self.state.users.get(&id)) {
            let line = self.ink("2", &format!("  only {} sees this", only.name));
            self.line(line);
        }
        self.line("");
    }

    fn notice(&mut self, text: &str) {
        let line = self.ink("2", &format!("→ {text}"));
        self.line(line);
        self.line("");
    }

    /// "Ana used /incident new", or the line a reply points to.
    fn cause(&mut self, message: &Message) {
        let used = message.interaction.as_ref().filter(|cause| cause.kind == 2).map(|cause| {
            let name = self.state.users.get(&cause.user).map_or("someone", |user| &user.name);
            let slash = if message.kind == kind::CHAT_INPUT { "/" } else { "" };
            format!("┌ {name} used {slash}{}", cause.name)
        });
        let answered = message
            .reference
            .as_ref()
            .filter(|_| message.kind == kind::REPLY && message.interaction.is_none())
            .and_then(|reference| {
                let id: Id = reference["message_id"].as_str()?.parse().ok()?;
                let first = self.state.message(message.channel, id)?;
                let text = readable(self.state, first.content.lines().next().unwrap_or_default(), self.now);
                Some(format!("┌ {}: {text}", first.author.name))
            });
        if let Some(text) = used.or(answered) {
            let first = wrap(&text, self.paint.width).swap_remove(0);
            let line = self.ink("2", &first);
            self.line(line);
        }
    }

    fn byline(&mut self, message: &Message) {
        let tag = if message.author.bot { self.ink("44;97", " BOT ") } else { String::new() };
        let tag = if self.paint.colour || tag.is_empty() { tag } else { "[BOT]".into() };
        let pin = if message.pinned.is_some() { "  📌 pinned" } else { "" };
        let quiet = if message.has(flag::SUPPRESS_NOTIFICATIONS) { "  (silent)" } else { "" };
        let gap = if tag.is_empty() { "" } else { " " };
        let time = self.ink("2", &message.at.format("%H:%M").to_string());
        self.line(format!("{BOLD}{}{PLAIN}{gap}{tag}  {time}{pin}{quiet}", message.author.name));
    }

    fn paragraph(&mut self, text: &str, width: usize) {
        self.out.extend(wrap(&readable(self.state, text, self.now), width));
    }

    /// A block with a border on its left, in the embed's colour.
    fn embed(&mut self, embed: &Value) {
        let field = |name: &str| embed[name].as_str().map(str::to_owned);
        let outer = std::mem::take(&mut self.out);
        let inner = self.paint.width - 4;
        for text in [
            embed["author"]["name"].as_str().map(str::to_owned),
            field("title").map(|title| format!("**{title}**")),
            field("description"),
        ]
        .into_iter()
        .flatten()
        {
            self.paragraph(&text, inner);
        }
        for one in embed["fields"].as_array().into_iter().flatten() {
            self.field(one, inner);
        }
        if let Some(footer) = embed["footer"]["text"].as_str() {
            self.paragraph(footer, inner);
        }
        let lines = std::mem::replace(&mut self.out, outer);
        self.boxed(&lines, embed["color"].as_u64());
    }

    /// Short inline fields take one line, others two.
    fn field(&mut self, field: &Value, width: usize) {
        let (name, value) = (field["name"].as_str().unwrap_or_default(), field["value"].as_str().unwrap_or_default());
        let joined = format!("**{name}**  {value}");
        if field["inline"] == true
            && !value.contains('\n')
            && columns(&readable(self.state, &joined, self.now)) <= width
        {
            self.paragraph(&joined, width);
        } else {
            self.paragraph(&format!("**{name}**"), width);
            self.paragraph(value, width);
        }
    }

    fn boxed(&mut self, lines: &[String], colour: Option<u64>) {
        let rgb = colour
            .filter(|_| self.paint.colour)
            .map(|c| format!("38;2;{};{};{}", c >> 16 & 255, c >> 8 & 255, c & 255));
        let bar = |easel: &Self, text: &str| rgb.as_ref().map_or_else(|| text.to_owned(), |rgb| easel.ink(rgb, text));
        let rule = "─".repeat(self.paint.width - 2);
        let (top, side, end) = (bar(self, &format!("┌{rule}┐")), bar(self, "│"), bar(self, &format!("└{rule}┘")));
        self.line(top);
        for line in lines {
            let fill = " ".repeat((self.paint.width - 4).saturating_sub(columns(line)));
            self.line(format!("{side} {line}{fill} {side}"));
        }
        self.line(end);
    }

    fn components(&mut self, components: &[Value], width: usize) {
        for component in components {
            let children = component["components"].as_array().map_or(&[][..], Vec::as_slice);
            match component["type"].as_u64() {
                Some(1) => self.row(children, width),
                Some(9) => {
                    self.components(children, width);
                    self.row(std::slice::from_ref(&component["accessory"]), width);
                }
                Some(10) => self.paragraph(component["content"].as_str().unwrap_or_default(), width),
                Some(14) => self.line("┈".repeat(width)),
                Some(17) => {
                    let outer = std::mem::take(&mut self.out);
                    self.components(children, width - 4);
                    let lines = std::mem::replace(&mut self.out, outer);
                    self.boxed(&lines, component["accent_color"].as_u64());
                }
                _ => {}
            }
        }
    }

    /// Buttons stand side by side as long as they fit.
    fn row(&mut self, controls: &[Value], width: usize) {
        let mut line = String::new();
        let mut used = 0;
        let painted: Vec<_> = controls.iter().filter_map(|control| self.control(control)).collect();
        for (plain, painted) in painted {
            if used > 0 && used + 1 + columns(&plain) > width {
                self.line(std::mem::take(&mut line));
                used = 0;
            }
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            used += columns(&plain);
            line.push_str(&painted);
        }
        if used > 0 {
            self.line(line);
        }
    }

    /// A button as `[ Label ]` (`[-Label-]` when disabled, `↗` for links), a select as `( placeholder v )`.
    fn control(&self, control: &Value) -> Option<(String, String)> {
        let emoji = control["emoji"]["name"].as_str().map(|name| format!("{name} ")).unwrap_or_default();
        let label = format!("{emoji}{}", control["label"].as_str().unwrap_or_default());
        let label = label.trim_end();
        let disabled = control["disabled"] == true;
        let plain = match (control["type"].as_u64()?, disabled) {
            (2, false) if control["style"] == 5 => format!("[ {label} ↗ ]"),
            (2, false) => format!("[ {label} ]"),
            (2, true) => format!("[-{label}-]"),
            (3 | 5..=8, disabled) => {
                let chosen =
                    control["options"].as_array().into_iter().flatten().find(|option| option["default"] == true);
                let picked = self.picked(control);
                let shown = chosen
                    .and_then(|option| option["label"].as_str())
                    .or(picked.as_deref())
                    .or(control["placeholder"].as_str())
                    .unwrap_or("Make a selection");
                if disabled { format!("(-{shown}-)") } else { format!("( {shown} v )") }
            }
            _ => return None,
        };
        let code = match (disabled, control["style"].as_u64()) {
            (true, _) => "2",
            (_, Some(1)) => "44;97",
            (_, Some(3)) => "42;97",
            (_, Some(4)) => "41;97",
            _ => "100;97",
        };
        let painted = self.ink(code, &plain);
        Some((plain, painted))
    }

    /// The people, roles and channels that are chosen in a select already.
    fn picked(&self, select: &Value) -> Option<String> {
        let name = |one: &Value| {
            let id: Id = one["id"].as_str()?.parse().ok()?;
            match one["type"].as_str()? {
                "user" => self.state.users.get(&id).map(|user| user.name.clone()),
                "role" => {
                    self.state.guilds.values().find_map(|guild| guild.roles.get(&id)).map(|role| role.name.clone())
                }
                _ => self.state.channels.get(&id).map(|channel| channel.name.clone()),
            }
        };
        let names: Vec<String> = select["default_values"].as_array()?.iter().filter_map(name).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    fn reactions(&mut self, message: &Message) {
        if message.reactions.is_empty() {
            return;
        }
        let one = |reaction: &crate::message::Reaction| format!("{} {}", reaction.emoji.name, reaction.users.len());
        let line = message.reactions.iter().map(one).collect::<Vec<_>>().join("   ");
        self.line(line);
    }

    fn form(&mut self, form: &Value) {
        let outer = std::mem::take(&mut self.out);
        let inner = self.paint.width - 4;
        self.paragraph(&format!("**{}**", form["title"].as_str().unwrap_or_default()), inner);
        for row in form["components"].as_array().into_iter().flatten() {
            let field = if row["type"] == 18 { &row["component"] } else { &row["components"][0] };
            let label =
                row["label"].as_str().or(field["label"].as_str()).or(row["content"].as_str()).unwrap_or_default();
            let star = if field["required"] == false || field.is_null() { "" } else { " *" };
            self.paragraph(&format!("{label}{star}"), inner);
            if !field.is_null() {
                let filled = field["value"].as_str().or(field["placeholder"].as_str()).unwrap_or_default();
                self.paragraph(&format!("  ⟨{filled}⟩"), inner);
            }
        }
        self.row(
            &[
                serde_json::json!({ "type": 2, "style": 2, "label": "Cancel" }),
                serde_json::json!({ "type": 2, "style": 1, "label": "Submit" }),
            ],
            inner,
        );
        let lines = std::mem::replace(&mut self.out, outer);
        self.boxed(&lines, None);
    }
}
