//! Where log lines go: to standard error, as text or JSON. Never a token or a message's words, whatever `RUST_LOG` asks for.

use muster::config::{Config, LogFormat};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// What libraries may say at most. serenity's spans at `info` record whole gateway events and requests, its `ws` quotes what
/// it cannot read at `warn`; the others show frames and headers when asked for detail.
const CEILINGS: [(&str, LevelFilter); 6] = [
    ("serenity", LevelFilter::WARN),
    ("serenity::gateway::ws", LevelFilter::ERROR),
    ("tungstenite", LevelFilter::WARN),
    ("tokio_tungstenite", LevelFilter::WARN),
    ("hyper", LevelFilter::INFO),
    ("h2", LevelFilter::INFO),
];

/// Starts logging, for the life of the process.
pub fn start(config: &Config) {
    subscriber(config, std::io::stderr).init();
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
    use std::io::Write;
    use std::sync::{Arc, Mutex};

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
            tracing::warn!(target: "serenity::gateway::shard", "reconnecting");
            tracing::debug!(target: "muster::worker", "claimed");
        });
        let said = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert!(said.contains("reconnecting") && said.contains("claimed"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
