//! A session: what was sent to a client, numbered, kept for replay, with or without a socket attached.
//! Never reads from the socket; `socket` does.

use crate::net::Switch;
use serde_json::Value;
use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, watch};

/// How many events a session without a socket keeps.
const KEPT: usize = 20_000;

/// What the state hands to a socket.
#[derive(Debug)]
pub(crate) enum Out {
    /// Write this frame, not before the moment.
    Frame { text: Arc<str>, not_before: Instant },
    /// Close with a code.
    Close(u16),
}

/// All sessions, and the switches of the gateway.
#[derive(Debug)]
pub(crate) struct Sessions {
    pub list: Vec<Session>,
    pub switches: Switches,
    pub identifies: u32,
    pub resumes: u32,
    pub heartbeats: u32,
    made: u32,
}

/// Faults of the gateway; see `control`.
#[derive(Clone, Debug)]
pub(crate) struct Switches {
    pub heartbeat: Duration,
    pub refuse_connections: bool,
    pub refuse_resumes: bool,
    pub close_identify: Option<u16>,
    pub duplicate: u32,
    pub miss: Miss,
    pub delay: Duration,
}

/// What happens to events instead of being sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Miss {
    /// They are sent.
    #[default]
    Nothing,
    /// They are lost on the way; a RESUME replays them.
    Replayable,
    /// They never existed for the client; only REST shows what happened.
    Lost,
}

impl Default for Sessions {
    fn default() -> Self {
        let switches = Switches {
            heartbeat: Duration::from_millis(41_250),
            refuse_connections: false,
            refuse_resumes: false,
            close_identify: None,
            duplicate: 0,
            miss: Miss::Nothing,
            delay: Duration::ZERO,
        };
        Self { list: Vec::new(), switches, identifies: 0, resumes: 0, heartbeats: 0, made: 0 }
    }
}

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    pub id: String,
    pub intents: u64,
    seq: u64,
    buffer: VecDeque<(u64, Arc<str>)>,
    wire: Option<Wire>,
}

/// A socket attached to a session.
#[derive(Debug)]
pub(crate) struct Wire {
    pub out: mpsc::UnboundedSender<Out>,
    pub switch: Switch,
    /// How many frames were handed over, and how many the socket has written.
    pub queued: u64,
    pub written: watch::Receiver<u64>,
    /// A zombie: the socket stays open, nothing comes through.
    pub deaf: bool,
}

impl Wire {
    fn send(&mut self, text: Arc<str>, delay: Duration) {
        if !self.deaf && self.out.send(Out::Frame { text, not_before: Instant::now() + delay }).is_ok() {
            self.queued += 1;
        }
    }
}

impl Sessions {
    /// Begins a session on a socket.
    pub fn begin(&mut self, intents: u64, wire: Wire) -> &mut Session {
        self.made += 1;
        let id = format!("session-{:04}-{:08x}", self.made, intents);
        self.list.push(Session { id, intents, seq: 0, buffer: VecDeque::new(), wire: Some(wire) });
        self.list.last_mut().expect("just pushed")
    }

    /// A session by id.
    pub fn find(&mut self, id: &str) -> Option<&mut Session> {
        self.list.iter_mut().find(|session| session.id == id)
    }

    /// Ends a session: nothing can be resumed.
    pub fn end(&mut self, id: &str) {
        self.list.retain(|session| session.id != id);
    }

    /// Sends an event to one session as the switches say.
    pub fn deliver(&mut self, at: usize, name: &str, data: &Value) {
        let switches = &mut self.switches;
        if switches.miss == Miss::Lost {
            return;
        }
        let session = &mut self.list[at];
        let text = session.number(name, data);
        let Some(wire) = session.wire.as_mut().filter(|_| switches.miss == Miss::Nothing) else { return };
        if switches.duplicate > 0 {
            switches.duplicate -= 1;
            wire.send(text.clone(), switches.delay);
        }
        wire.send(text, switches.delay);
    }

    /// For every socket that is not slow on purpose: how many frames it has, and where to see how many it wrote.
    pub fn pending(&self) -> Vec<(u64, watch::Receiver<u64>)> {
        let wires = self.list.iter().filter_map(|session| session.wire.as_ref());
        let prompt = wires.filter(|wire| !wire.deaf && self.switches.delay.is_zero());
        prompt.map(|wire| (wire.queued, wire.written.clone())).collect()
    }
}

impl Session {
    /// Gives an event its number and keeps it for replay.
    fn number(&mut self, name: &str, data: &Value) -> Arc<str> {
        self.seq += 1;
        let text: Arc<str> = format!(r#"{{"op":0,"s":{},"t":"{name}","d":{data}}}"#, self.seq).into();
        self.buffer.push_back((self.seq, text.clone()));
        if self.buffer.len() > KEPT {
            self.buffer.pop_front();
        }
        text
    }

    /// Sends an event whatever the switches say (READY, RESUMED, GUILD_CREATE at the start).
    pub fn tell(&mut self, name: &str, data: &Value) {
        let text = self.number(name, data);
        if let Some(wire) = &mut self.wire {
            wire.send(text, Duration::ZERO);
        }
    }

    /// Sends a frame without a number (ops 7 and 9).
    pub fn signal(&mut self, frame: &Value) {
        if let Some(wire) = &mut self.wire {
            wire.send(frame.to_string().into(), Duration::ZERO);
        }
    }

    /// Attaches a new socket and replays what came after `seq`; false if that is no longer known.
    pub fn resume(&mut self, seq: u64, wire: Wire) -> bool {
        let oldest = self.buffer.front().map_or(self.seq + 1, |(first, _)| *first);
        if seq > self.seq || seq + 1 < oldest {
            return false;
        }
        let mut wire = wire;
        for (_, text) in self.buffer.iter().filter(|(number, _)| *number > seq) {
            wire.send(text.clone(), Duration::ZERO);
        }
        self.wire = Some(wire);
        true
    }

    /// Is a socket attached?
    pub fn connected(&self) -> bool {
        self.wire.is_some()
    }

    /// This socket is gone; the session waits for a RESUME. A newer socket stays attached.
    pub fn detach_if(&mut self, written: &watch::Receiver<u64>) {
        if self.wire.as_ref().is_some_and(|wire| wire.written.same_channel(written)) {
            self.wire = None;
        }
    }

    /// Closes the socket with a code.
    pub fn close(&mut self, code: u16) {
        if let Some(wire) = &self.wire {
            // A socket that is gone already needs no closing.
            wire.out.send(Out::Close(code)).ok();
        }
    }

    /// Cuts the socket without a word.
    pub fn cut(&mut self) {
        if let Some(wire) = &self.wire {
            wire.switch.cut();
            wire.out.send(Out::Close(1006)).ok();
        }
    }

    /// Makes the socket a zombie, or wakes it.
    pub fn set_deaf(&mut self, deaf: bool) {
        if let Some(wire) = &mut self.wire {
            wire.deaf = deaf;
        }
    }

    /// Is the socket a zombie?
    pub fn deaf(&self) -> bool {
        self.wire.as_ref().is_some_and(|wire| wire.deaf)
    }
}
