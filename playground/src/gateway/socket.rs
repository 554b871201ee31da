//! One gateway socket: HELLO, heartbeats, IDENTIFY, RESUME, and writing what its session hands over.
//! Never decides which events a session gets; `event` does.

use super::session::{Out, Wire};
use crate::{
    guild::Member,
    hub::Hub,
    net::Switch,
    state::State,
    world::intent::{GUILD_MEMBERS, GUILD_PRESENCES, MESSAGE_CONTENT},
};
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::{Value, json};
use std::{collections::VecDeque, sync::Arc, time::Instant};
use tokio::sync::{mpsc, watch};

const PRIVILEGED: u64 = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT;
/// All intents there are: bits 0 to 16, 20, 21, 24 and 25.
const KNOWN_INTENTS: u64 = 0x1_FFFF | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25;

/// A socket and what it was told so far.
struct Socket {
    hub: Hub,
    ws: WebSocket,
    switch: Switch,
    /// Our end of what the session sends; replaced on every IDENTIFY and RESUME.
    inbox: mpsc::UnboundedReceiver<Out>,
    written: watch::Sender<u64>,
    session: Option<String>,
    held: VecDeque<(Arc<str>, Instant)>,
}

/// What the next step is.
enum Step {
    Goon,
    /// The socket is done; was it closed so that the session ends?
    Stop {
        ends: bool,
    },
}

/// Serves a socket until it closes.
pub(crate) async fn serve(hub: Hub, ws: WebSocket, switch: Switch) {
    let (_, inbox) = mpsc::unbounded_channel();
    let mut socket =
        Socket { hub, ws, switch, inbox, written: watch::Sender::new(0), session: None, held: VecDeque::new() };
    let interval = socket.hub.look(|state| state.sessions.switches.heartbeat).as_millis();
    let hello = json!({ "op": 10, "s": null, "t": null, "d": { "heartbeat_interval": interval, "_trace": [] } });
    if socket.write(&hello.to_string()).await {
        let ends = socket.run().await;
        socket.leave(ends);
    }
}

impl Socket {
    async fn run(&mut self) -> bool {
        loop {
            let due = self.held.front().map(|(_, at)| *at);
            let step = tokio::select! {
                got = self.ws.recv() => match got {
                    Some(Ok(message)) => self.read(message).await,
                    _ => Step::Stop { ends: false },
                },
                Some(out) = self.inbox.recv() => self.take(out).await,
                () = sleep_until(due) => self.write_held().await,
            };
            if let Step::Stop { ends } = step {
                return ends;
            }
        }
    }

    async fn take(&mut self, out: Out) -> Step {
        match out {
            Out::Close(1006) => Step::Stop { ends: false },
            Out::Close(code) => self.close(code).await,
            Out::Frame { text, not_before } => {
                self.held.push_back((text, not_before));
                self.write_held().await
            }
        }
    }

    /// Writes the frames whose time has come, in order.
    async fn write_held(&mut self) -> Step {
        while let Some((text, _)) = self.held.front().filter(|(_, at)| *at <= Instant::now()) {
            let text = text.clone();
            self.held.pop_front();
            if !self.write(&text).await {
                return Step::Stop { ends: false };
            }
            self.written.send_modify(|count| *count += 1);
        }
        Step::Goon
    }

    async fn write(&mut self, text: &str) -> bool {
        self.ws.send(Message::text(text)).await.is_ok()
    }

    async fn close(&mut self, code: u16) -> Step {
        let frame = CloseFrame { code, reason: close_reason(code).into() };
        // The peer may be gone already; closing is all that was wanted.
        self.ws.send(Message::Close(Some(frame))).await.ok();
        Step::Stop { ends: matches!(code, 4004 | 4007 | 4009..=4014) }
    }

    async fn read(&mut self, message: Message) -> Step {
        match message {
            Message::Text(text) => match serde_json::from_str::<Value>(&text) {
                Ok(frame) => self.obey(&frame).await,
                Err(_) => self.close(4002).await,
            },
            Message::Close(frame) => Step::Stop { ends: frame.is_some_and(|frame| matches!(frame.code, 1000 | 1001)) },
            _ => Step::Goon,
        }
    }

    async fn obey(&mut self, frame: &Value) -> Step {
        match frame["op"].as_u64() {
            Some(1) => self.heartbeat().await,
            Some(2) => self.identify(&frame["d"]).await,
            Some(6) => self.resume(&frame["d"]).await,
            Some(8) => self.member_list(&frame["d"]).await,
            // Presence, voice, soundboard: allowed, without effect here.
            Some(3 | 4 | 31) => Step::Goon,
            _ => self.close(4001).await,
        }
    }

    async fn heartbeat(&mut self) -> Step {
        let session = self.session.clone();
        let deaf = self.hub.change(|state| {
            state.sessions.heartbeats += 1;
            session.is_some_and(|id| state.sessions.find(&id).is_some_and(|session| session.deaf()))
        });
        let ack = json!({ "op": 11, "s": null, "t": null, "d": null });
        if deaf || self.write(&ack.to_string()).await { Step::Goon } else { Step::Stop { ends: false } }
    }

    /// A fresh inbox, for the session that will write to it.
    fn wire(&mut self) -> Wire {
        let (out, inbox) = mpsc::unbounded_channel();
        self.inbox = inbox;
        self.written = watch::Sender::new(0);
        Wire { out, switch: self.switch.clone(), queued: 0, written: self.written.subscribe(), deaf: false }
    }

    async fn identify(&mut self, data: &Value) -> Step {
        let wire = self.wire();
        match self.hub.change(|state| identify(state, data, wire)) {
            Ok(id) => {
                self.session = Some(id);
                Step::Goon
            }
            Err(code) => self.close(code).await,
        }
    }

    async fn resume(&mut self, data: &Value) -> Step {
        let wire = self.wire();
        match self.hub.change(|state| resume(state, data, wire)) {
            Ok(Some(id)) => {
                self.session = Some(id);
                Step::Goon
            }
            Ok(None) => {
                let invalid = json!({ "op": 9, "s": null, "t": null, "d": false });
                if self.write(&invalid.to_string()).await { Step::Goon } else { Step::Stop { ends: false } }
            }
            Err(code) => self.close(code).await,
        }
    }

    /// Request Guild Members: one chunk with those whose name begins so, or whose id was asked.
    async fn member_list(&mut self, data: &Value) -> Step {
        let chunk = self.hub.look(|state| member_chunk(state, data));
        let Some(session) = self.session.clone().filter(|_| !chunk.is_null()) else { return Step::Goon };
        self.hub.change(|state| {
            if let Some(session) = state.sessions.find(&session) {
                session.tell("GUILD_MEMBERS_CHUNK", &chunk);
            }
        });
        Step::Goon
    }

    /// Leaves the session for a RESUME, or ends it.
    fn leave(&mut self, ends: bool) {
        let Some(id) = self.session.take() else { return };
        let written = self.written.subscribe();
        self.hub.change(|state| {
            if ends {
                state.sessions.end(&id);
            } else if let Some(session) = state.sessions.find(&id) {
                session.detach_if(&written);
            }
        });
    }
}

async fn sleep_until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

/// Begins a session, or says with which code to close.
fn identify(state: &mut State, data: &Value, wire: Wire) -> Result<String, u16> {
    state.sessions.identifies += 1;
    let intents = data["intents"].as_u64().filter(|bits| bits & !KNOWN_INTENTS == 0).ok_or(4013_u16)?;
    if let Some(code) = state.sessions.switches.close_identify {
        return Err(code);
    }
    if data["token"].as_str().map(|token| token.trim_start_matches("Bot ")) != Some(&state.app.token) {
        return Err(4004);
    }
    if intents & PRIVILEGED & !state.app.granted_intents != 0 {
        return Err(4014);
    }
    let (ready, guilds) = (ready(state, data), opening(state));
    let session = state.sessions.begin(intents, wire);
    let id = session.id.clone();
    let mut ready = ready;
    ready["session_id"] = json!(id);
    session.tell("READY", &ready);
    for (name, guild) in guilds.iter().filter(|_| intents & 1 != 0) {
        session.tell(name, guild);
    }
    Ok(id)
}

/// READY names the guilds as unavailable; they follow one by one.
fn ready(state: &State, data: &Value) -> Value {
    let mut me = state.user_json(state.app.id);
    crate::channel::merge(&mut me, json!({ "verified": true, "mfa_enabled": false, "email": null }));
    let mine = state.guilds.values().filter(|guild| guild.members.contains_key(&state.app.id));
    json!({
        "v": 10, "user": me, "user_settings": {}, "relationships": [], "private_channels": [], "presences": [], "guild_join_requests": [],
        "guilds": mine.map(|guild| json!({ "id": guild.id.to_string(), "unavailable": true })).collect::<Vec<_>>(),
        "session_type": "normal", "resume_gateway_url": format!("{}/resume", state.url.replacen("http", "ws", 1)),
        "shard": data.get("shard").cloned().unwrap_or_else(|| json!([0, 1])),
        "application": { "id": state.app.id.to_string(), "flags": 0 }, "geo_ordered_rtc_regions": [], "_trace": [],
    })
}

fn opening(state: &State) -> Vec<(&'static str, Value)> {
    let mine = state.guilds.values().filter(|guild| guild.members.contains_key(&state.app.id));
    mine.map(|guild| match guild.unavailable {
        true => ("GUILD_DELETE", json!({ "id": guild.id.to_string(), "unavailable": true })),
        false => ("GUILD_CREATE", state.guild_event(guild)),
    })
    .collect()
}

/// Resumes a session; `None` means op 9, an error the close code.
fn resume(state: &mut State, data: &Value, wire: Wire) -> Result<Option<String>, u16> {
    state.sessions.resumes += 1;
    if data["token"].as_str().map(|token| token.trim_start_matches("Bot ")) != Some(&state.app.token) {
        return Err(4004);
    }
    let id = data["session_id"].as_str().unwrap_or_default().to_owned();
    let refused = state.sessions.switches.refuse_resumes;
    let Some(session) = state.sessions.find(&id).filter(|_| !refused) else {
        state.sessions.end(&id);
        return Ok(None);
    };
    if !session.resume(data["seq"].as_u64().unwrap_or(0), wire) {
        return Err(4007);
    }
    session.tell("RESUMED", &json!({ "_trace": [] }));
    Ok(Some(id))
}

fn member_chunk(state: &State, data: &Value) -> Value {
    let guild = data["guild_id"].as_str().and_then(|id| id.parse().ok()).and_then(|id| state.guilds.get(&id));
    let Some(guild) = guild else { return Value::Null };
    let asked: Option<Vec<String>> =
        data["user_ids"].as_array().map(|ids| ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect());
    let query = data["query"].as_str().unwrap_or_default().to_lowercase();
    let wanted = |member: &&Member| match &asked {
        Some(ids) => ids.contains(&member.user.id.to_string()),
        None => member.user.name.to_lowercase().starts_with(&query),
    };
    let members: Vec<Value> = guild.members.values().filter(wanted).map(Member::json).collect();
    json!({ "guild_id": guild.id.to_string(), "members": members, "chunk_index": 0, "chunk_count": 1, "not_found": [], "nonce": data["nonce"] })
}

fn close_reason(code: u16) -> &'static str {
    match code {
        4000 => "Unknown error.",
        4001 => "Unknown opcode.",
        4002 => "Decode error.",
        4004 => "Authentication failed.",
        4007 => "Invalid seq.",
        4009 => "Session timed out.",
        4013 => "Invalid intent(s).",
        4014 => "Disallowed intent(s).",
        _ => "Closed.",
    }
}
