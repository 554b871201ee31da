//! Where log lines go: to standard error, as text or JSON. Never a token or a message's words, whatever `RUST_LOG` asks for.
//!
//! Nobody waits for a line to be read: a thread writes them, and what it cannot get rid of is counted, not kept.

use std::io::Write;
use std::panic::PanicHookInfo;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use muster::config::{Config, LogFormat};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// What libraries may say at most. serenity's spans at `info` record whole gateway events and requests, its `ws` quotes what
/// it cannot read at `warn`; the others show frames, headers and secret addresses when asked for detail.
const CEILINGS: [(&str, LevelFilter); 9] = [
    ("serenity", LevelFilter::WARN),
    ("serenity::gateway::ws", LevelFilter::ERROR),
    ("tungstenite", LevelFilter::WARN),
    ("tokio_tungstenite", LevelFilter::WARN),
    ("hyper", LevelFilter::INFO),
    ("hyper_util", LevelFilter::INFO),
    ("reqwest", LevelFilter::INFO),
    ("rustls", LevelFilter::INFO),
    ("h2", LevelFilter::INFO),
];

/// Lines that may wait to be written, some megabytes: beyond that nobody is reading, and the oldest tell most.
const LINES_MAX: usize = 16_384;
/// How long the last lines may take at the end.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The thread that writes, for the life of the process.
static WRITER: Mutex<Option<(WorkerGuard, ErrorCounter)>> = Mutex::new(None);

/// Starts logging, for the life of the process.
pub fn start(config: &Config) {
    let (to, guard) = unwaited(std::io::stderr());
    *writer() = Some((guard, to.error_counter()));
    subscriber(config, to).init();
    std::panic::set_hook(Box::new(panicked));
}

/// Takes lines without ever waiting for where they go.
fn unwaited(to: impl Write + Send + 'static) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default().buffered_lines_limit(LINES_MAX).lossy(true).thread_name("log").finish(to)
}

/// How many lines could not be kept.
pub fn lost_lines() -> usize {
    writer().as_ref().map_or(0, |(_, lost)| lost.dropped_lines())
}

/// Writes what still waits. Lines that come later are lost.
pub fn flush() {
    let guard = writer().take();
    drop(guard);
}

/// Does what writes to somebody who may not be reading; waits a second for it, no longer.
pub fn at_most_a_second(write: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    std::thread::spawn(move || {
        write();
        // Whoever waited has gone: then nobody needs to know.
        let _late = done.send(());
    });
    let _written = is_done.recv_timeout(LAST_LINES);
}

/// Where it panicked. Not what it said: that may quote what people wrote, and the default hook would wait for its reader.
fn panicked(info: &PanicHookInfo<'_>) {
    let at = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(at, "something panicked; this is a fault of Muster's, please report it");
}

fn writer() -> MutexGuard<'static, Option<(WorkerGuard, ErrorCounter)>> {
    WRITER.lock().unwrap_or_else(PoisonError::into_inner)
}

fn subscriber<W>(config: &Config, to: W) -> impl Subscriber + Send + Sync + 'static
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt::layer().with_writer(to);
    let lines = match config.log_format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let ceilings = Targets::new().with_default(LevelFilter::TRACE).with_targets(CEILINGS);
    tracing_subscriber::registry().with(ceilings).with(EnvFilter::new(&config.log)).with(lines)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_directive_uncovers_what_libraries_see() {
        let mut config = Config::default();
        config.log = "trace,serenity::gateway::ws=trace".to_owned();
        let sink = Sink::default();
        let to = sink.clone();
        tracing::subscriber::with_default(subscriber(&config, move || to.clone()), || {
            let span = tracing::info_span!(target: "serenity::gateway::shard", "handle_event", event = "hunter2");
            let _inside = span.enter();
            tracing::warn!(target: "serenity::gateway::ws", "Err deserializing text: hunter2");
            tracing::trace!(target: "tungstenite::protocol", "frame hunter2");
            tracing::debug!(target: "reqwest::connect", "starting new connection: https://hunter2/");
            tracing::trace!(target: "hyper_util::client::legacy::pool", "idle interval for hunter2");
            tracing::trace!(target: "rustls::client::hs", "server name hunter2");
            tracing::warn!(target: "serenity::gateway::shard", "reconnecting");
            tracing::debug!(target: "muster::worker", "claimed");
        });
        let said = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert!(said.contains("reconnecting") && said.contains("claimed"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }

    /// Takes nothing until it is let go.
    struct Stuck(mpsc::Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            // Let go when the other end is dropped.
            let _let_go = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_nobody_reads_are_counted_and_nobody_waits() {
        let (let_go, stuck) = mpsc::channel();
        let (to, guard) = unwaited(Stuck(stuck));
        let lost = to.error_counter();
        tracing::subscriber::with_default(subscriber(&Config::default(), to), || {
            for _ in 0..LINES_MAX + 100 {
                tracing::info!(target: "muster", "a line");
            }
        });
        assert!((99..=100).contains(&lost.dropped_lines()), "one may be in hand: {}", lost.dropped_lines());
        drop(let_go);
        drop(guard);
    }
}
