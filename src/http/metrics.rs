//! The figures as Prometheus reads them. Every name and its meaning stands in [`Figures::encode`]; no label ever holds an id
//! or a name of somebody.

use std::collections::BTreeMap;
use std::fmt::{Debug, Error};

use chrono::TimeDelta;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use crate::app::health::{Health, Vitals};
use crate::gauges::GAUGES;

/// What [`text`] is written in.
pub(super) const CONTENT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Kinds of findings that are always shown, so that an alert can wait for them.
const FINDINGS: [&str; 5] = ["asleep", "lost", "overdue", "parked", "stuck"];

/// All figures, as they are now.
pub(super) fn text(health: Health, vitals: Vitals) -> Result<String, Error> {
    let mut registry = Registry::with_prefix("muster");
    registry.register_collector(Box::new(Figures { health, vitals }));
    let mut text = String::new();
    text::encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct Figures {
    health: Health,
    vitals: Vitals,
}

impl Collector for Figures {
    fn encode(&self, encoder: DescriptorEncoder) -> Result<(), Error> {
        let mut page = Page(encoder);
        self.process(&mut page)?;
        self.desk(&mut page)?;
        self.discord(&mut page)?;
        self.pages(&mut page)
    }
}

impl Figures {
    fn process(&self, page: &mut Page) -> Result<(), Error> {
        let now = self.vitals.now;
        page.seconds("uptime", "Since the start", now - self.vitals.started_at)?;
        let idle = self.vitals.turns.iter().map(|(which, at)| (*which, seconds(now - *at)));
        page.labelled("loop_idle", "Since this loop last looked for work", Some(&Unit::Seconds), "loop", idle)?;
        page.counter("lost_loops", "Loops that panicked; the process ends after the first", GAUGES.lost_loops())?;
        page.counter("handler_panics", "Handlers of Discord's events that panicked", GAUGES.panics())?;
        page.counter("log_lines_lost", "Log lines that nobody read in time", GAUGES.lost_lines())
    }

    fn desk(&self, page: &mut Page) -> Result<(), Error> {
        let health = &self.health;
        page.gauge(
            "database_up",
            "1 while the database answers within 2 s",
            f64::from(u8::from(health.database.is_some())),
        )?;
        if let Some(took) = health.database {
            page.seconds("database_answer", "How long the database took to answer just now", took)?;
        }
        page.gauge(
            "storage_cramped",
            "1 while the disk is full and nothing new is taken in",
            f64::from(u8::from(health.cramped)),
        )?;
        page.gauge("open_incidents", "Incidents that are not over", health.open_incidents as f64)?;
        let mut found: BTreeMap<&str, u64> = FINDINGS.map(|kind| (kind, 0)).into();
        found.extend(&health.findings);
        let found = found.into_iter().map(|(kind, count)| (kind, count as f64));
        page.labelled(
            "findings",
            "What should have happened and did not, by kind, as of the latest audit",
            None,
            "kind",
            found,
        )
    }

    fn discord(&self, page: &mut Page) -> Result<(), Error> {
        let away = self.vitals.gateway_away();
        page.seconds("gateway_away", "Since the connection to Discord was last seen, or since the start", away)?;
        page.gauge(
            "servers_catching_up",
            "Servers being read for what was said meanwhile",
            self.vitals.catching_up as f64,
        )?;
        page.counter(
            "gateway_sessions",
            "Sessions begun with Discord's gateway; it allows 1000 a day",
            GAUGES.sessions(),
        )?;
        page.counter("unknown_events", "Events of Discord that could not be decoded", GAUGES.unknown_events())?;
        let outage = f64::from(u8::from(self.health.outage.is_some()));
        page.gauge("delivery_outage", "1 while no delivery gets through to Discord", outage)?;
        page.counters("discord_calls", "Calls to Discord, by how they ended", "outcome", GAUGES.calls())?;
        page.counters(
            "discord_limits",
            "Times Discord asked to wait, by whose limit it was",
            "scope",
            GAUGES.limits(),
        )?;
        let help = "Calls of the last 10 minutes that Discord holds against this address; it bans at 10000";
        page.gauge("discord_invalid_answers", help, GAUGES.invalid_answers() as f64)
    }

    fn pages(&self, page: &mut Page) -> Result<(), Error> {
        let oldest = self.health.oldest_page.unwrap_or_default();
        page.seconds("oldest_undelivered_page", "How long the oldest page waits that is still to go; 0: none", oldest)?;
        page.counter("pages_failed", "Pages that can never go out", GAUGES.pages_failed())?;
        let late = GAUGES.lateness();
        let help = "From when a page was asked for until Discord had it.";
        let mut encoder =
            page.0.encode_descriptor("page_lateness", help, Some(&Unit::Seconds), MetricType::Histogram)?;
        encoder.encode_histogram::<NoLabelSet>(late.sum_s, late.count, &late.buckets, None)
    }
}

/// Where the figures are written down.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn gauge(&mut self, name: &str, help: &str, value: f64) -> Result<(), Error> {
        self.put(name, help, None, &ConstGauge::new(value))
    }

    fn seconds(&mut self, name: &str, help: &str, value: TimeDelta) -> Result<(), Error> {
        self.put(name, help, Some(&Unit::Seconds), &ConstGauge::new(seconds(value)))
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> Result<(), Error> {
        self.put(name, help, None, &ConstCounter::new(value))
    }

    fn put(&mut self, name: &str, help: &str, unit: Option<&Unit>, metric: &dyn EncodeMetric) -> Result<(), Error> {
        // The library ends a registered metric's help with a full stop; so do we.
        let help = format!("{help}.");
        let encoder = self.0.encode_descriptor(name, &help, unit, metric.metric_type())?;
        metric.encode(encoder)
    }

    fn labelled<'w>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        label: &str,
        values: impl Iterator<Item = (&'w str, f64)>,
    ) -> Result<(), Error> {
        let help = format!("{help}.");
        let mut encoder = self.0.encode_descriptor(name, &help, unit, MetricType::Gauge)?;
        for (word, value) in values {
            ConstGauge::new(value).encode(encoder.encode_family(&[(label, word)])?)?;
        }
        Ok(())
    }

    fn counters(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: BTreeMap<&'static str, u64>,
    ) -> Result<(), Error> {
        let help = format!("{help}.");
        let mut encoder = self.0.encode_descriptor(name, &help, None, MetricType::Counter)?;
        for (word, value) in values {
            ConstCounter::new(value).encode(encoder.encode_family(&[(label, word)])?)?;
        }
        Ok(())
    }
}

fn seconds(time: TimeDelta) -> f64 {
    time.num_microseconds().unwrap_or(0).max(0) as f64 / 1e6
}
