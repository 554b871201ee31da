//! A line between the bot and its PostgreSQL that can be cut, silenced, and cut at a word: what a network does to a database.

#![allow(dead_code, reason = "every test file that includes this uses its own part")]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

/// How the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    Good,
    /// Every connection is cut, and new ones are refused.
    Cut,
    /// Whatever is sent is swallowed, and nobody hangs up: half open. Connections of that time stay so.
    Silent,
}

/// Who says the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    Bot,
    Database,
}

pub struct Proxy {
    /// The database as the bot reaches it.
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    socket: PathBuf,
    line: watch::Sender<Line>,
    /// The connection on which this is said next is cut before it arrives.
    word: Mutex<Option<(Says, &'static str)>>,
}

impl Proxy {
    /// In front of a database that `url` reaches by a socket: `postgres://muster@localhost/name?host=folder`.
    pub async fn before(url: &str) -> Proxy {
        let (rest, folder) = url.split_once("?host=").expect("a database behind a socket");
        let name = rest.rsplit('/').next().expect("a database with a name");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let at: SocketAddr = listener.local_addr().expect("it listens");
        let shared = Arc::new(Shared {
            socket: Path::new(folder).join(".s.PGSQL.5432"),
            line: watch::Sender::new(Line::Good),
            word: Mutex::default(),
        });
        let url = format!("postgres://muster@{at}/{name}?sslmode=disable");
        tokio::spawn(accept(listener, shared.clone()));
        Proxy { url, shared }
    }

    pub fn set(&self, line: Line) {
        self.shared.line.send_replace(line);
    }

    /// Cuts every connection; new ones are good.
    pub fn cut_all(&self) {
        self.set(Line::Cut);
        self.set(Line::Good);
    }

    /// Cuts the connection on which this is said next, before it arrives.
    pub fn cut_at(&self, who: Says, word: &'static str) {
        *self.shared.word.lock().unwrap_or_else(PoisonError::into_inner) = Some((who, word));
    }

    /// Whether the word is still to be said.
    pub fn waits(&self) -> bool {
        self.shared.word.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

impl Shared {
    /// Whether to cut here; only the first time.
    fn cuts(&self, who: Says, said: &[u8]) -> bool {
        let mut word = self.word.lock().unwrap_or_else(PoisonError::into_inner);
        let said = |word: &str| said.windows(word.len()).any(|part| part == word.as_bytes());
        let cuts = word.is_some_and(|(by, word)| by == who && said(word));
        if cuts {
            *word = None;
        }
        cuts
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((bot, _)) = listener.accept().await {
        let shared = shared.clone();
        // Looked at before the first byte: a cut that comes and goes at once is a cut for this connection, too.
        let line = shared.line.subscribe();
        tokio::spawn(async move { join(bot, line, &shared).await });
    }
}

async fn join(bot: tokio::net::TcpStream, mut line: watch::Receiver<Line>, shared: &Shared) {
    let now = *line.borrow_and_update();
    match now {
        Line::Cut => return,
        Line::Silent => return std::future::pending().await,
        Line::Good => {}
    }
    let Ok(database) = UnixStream::connect(&shared.socket).await else { return };
    let (mut hears, mut tells) = bot.into_split();
    let (mut answers, mut asks) = database.into_split();
    tokio::select! {
        () = pump(&mut hears, &mut asks, Says::Bot, shared) => {}
        () = pump(&mut answers, &mut tells, Says::Database, shared) => {}
        _ = line.changed() => {
            let now = *line.borrow();
            if now == Line::Silent {
                // Held open, and never read again.
                std::future::pending::<()>().await;
            }
        }
    }
}

async fn pump(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin), who: Says, shared: &Shared) {
    let mut said = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut said).await {
        if shared.cuts(who, &said[..count]) || to.write_all(&said[..count]).await.is_err() {
            return;
        }
    }
}
