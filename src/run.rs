//! `muster run`: puts the parts together, starts them in order, and ends them in order. Decides nothing.
//!
//! The database opens before the gateway does: a broken database must not use up Discord's sessions. The loops do not wait for
//! Discord: deadlines, other ways to people and the operator's alarm work while it is away. On SIGTERM or SIGINT
//! intake stops, the loops finish what they have in hand, and what is left waits in the outbox for the next start.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use muster::app::App;
use muster::app::courier::Courier;
use muster::carriers::operator::{Operator, Pace};
use muster::carriers::{Guard, Mail, Router, Webhook};
use muster::clock::SystemClock;
use muster::config::Config;
use muster::discord::{Discord, Door, Stopped, gateway};
use muster::gauges::GAUGES;
use muster::http::Port;
use muster::worker;
use secrecy::SecretString;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cli::{Ended, open_alone, token};
use crate::{log, supervisor};

/// How long the gateway may take to close, and after it the loops to finish: with what `log` needs for the last lines less
/// than the 5 s that we promise, which is half of what systemd and Docker wait before they kill.
const GATEWAY_ENDS_WITHIN: Duration = Duration::from_millis(1_500);
const LOOPS_END_WITHIN: Duration = Duration::from_secs(2);
/// How often the database is asked for the time: a clock that drifts does so slowly.
const TIME_EVERY: Duration = Duration::from_secs(30);
/// How often figures are taken from rooms that do not count by themselves.
const MEASURE_EVERY: Duration = Duration::from_secs(5);
/// Waits between tries to reach Discord at the start, doubling.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Runs the bot until a signal ends it.
///
/// # Errors
/// What is wrong with the settings or the database, before anything is started; later only what Discord will not let us do.
pub async fn run() -> Result<(), Ended> {
    let config = Config::read()?;
    let token = token(&config)?;
    log::start(&config);
    let stop = stop_on_signals()?;
    let port = listen(&config).await?;
    let operator = Operator::new(config.alarm_url.clone(), config.heartbeat_url.clone(), Pace::default())?;
    let (app, clock) = open_alone(&config).await?;
    let version = env!("CARGO_PKG_VERSION");
    tracing::info!(version, guilds = config.guilds.as_ref().map(Vec::len), "Muster starts");

    let tasks = TaskTracker::new();
    GAUGES.started(app.now());
    tasks.spawn(keep_time(app.clone(), clock.clone(), stop.clone()));
    if let Some(port) = port {
        tasks.spawn(port.serve(app.clone(), stop.clone()));
    }
    tasks.spawn(operator.run(app.clone(), stop.clone()));
    let ended = work(&config, token, (&app, clock), &tasks, &stop).await;
    stop.cancel();
    tasks.close();
    if timeout(LOOPS_END_WITHIN, finish(&tasks, &app)).await.is_err() {
        tracing::warn!("some deliveries did not end in time: the next start takes them up again");
    }
    tracing::info!("Muster has stopped");
    verdict(ended, GAUGES.lost_loops())
}

/// A supervisor that restarts on failure must see one: nobody is paged by a bot that is not there.
fn verdict(ended: Result<(), Ended>, lost_loops: u64) -> Result<(), Ended> {
    match lost_loops {
        0 => ended,
        _ => ended.and(Err(Ended::Failed(anyhow::anyhow!("a loop of the worker panicked: start Muster again")))),
    }
}

/// Works off what is due, and talks to Discord once it is reached, until stopped.
async fn work(
    config: &Config,
    token: SecretString,
    (app, clock): (&App, Arc<SystemClock>),
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<(), Ended> {
    let door = Door::default();
    let courier: Arc<dyn Courier> = Arc::new(router(config, app, clock, door.clone())?);
    let loops = worker::start(app, &courier, stop).await.map_err(|fault| Ended::Failed(fault.into()))?;
    tasks.spawn(async move { loops.wait().await });
    tasks.spawn(measure(door.clone(), stop.clone()));
    tasks.spawn(supervisor::watch(app.clone(), stop.clone()));
    supervisor::works();
    let Some(discord) = connect(config, token, app, stop).await? else { return Ok(()) };
    door.open(discord.clone());
    tokio::select! {
        ended = gateway::run(discord, stop.clone()) => Ok(ended?),
        () = late(stop) => Ok(()),
    }
}

/// All ways out: what goes past Discord does not wait for it.
fn router(config: &Config, app: &App, clock: Arc<SystemClock>, door: Door) -> anyhow::Result<Router> {
    let secrets = {
        let config = config.clone();
        Arc::new(move |name: &str| config.secret(name))
    };
    let webhook = Webhook::new(Guard::new(&config.http_allow)?, secrets, clock);
    let mail = config.mail_server.as_ref().map(Mail::open).transpose()?;
    if mail.is_some() {
        app.carry_mail();
    }
    Ok(Router::new(Arc::new(door), webhook, mail))
}

/// Finds out who the bot is, for as long as it takes Discord to say. None: stopped before.
async fn connect(
    config: &Config,
    token: SecretString,
    app: &App,
    stop: &CancellationToken,
) -> Result<Option<Discord>, Ended> {
    let mut pause = FIRST_PAUSE;
    loop {
        let asked = Discord::connect(token.clone(), &config.discord_api_url, app.clone(), config.guilds.clone());
        let why = tokio::select! {
            () = stop.cancelled() => return Ok(None),
            asked = asked => match asked {
                Ok(discord) => return Ok(Some(discord)),
                Err(why) => why,
            },
        };
        if let Some(stopped) = why.downcast_ref::<Stopped>() {
            return Err(Ended::Stopped(*stopped));
        }
        tracing::warn!(why = format!("{why:#}"), pause_s = pause.as_secs(), "Discord is not reached");
        tokio::select! {
            () = stop.cancelled() => return Ok(None),
            () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}

async fn late(stop: &CancellationToken) {
    stop.cancelled().await;
    sleep(GATEWAY_ENDS_WITHIN).await;
}

async fn finish(tasks: &TaskTracker, app: &App) {
    tasks.wait().await;
    app.store().close().await;
}

async fn listen(config: &Config) -> anyhow::Result<Option<Port>> {
    let Some(at) = config.http_addr else { return Ok(None) };
    let port = Port::listen(at).await;
    port.map(Some).with_context(|| format!("cannot listen on {at}; MUSTER_HTTP_ADDR says so"))
}

/// Cancelled by the first signal that asks the process to end.
fn stop_on_signals() -> anyhow::Result<CancellationToken> {
    let listen = |kind| signal(kind).context("cannot listen for signals");
    let (mut term, mut int) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let cancelled = stop.clone();
    tokio::spawn(async move {
        first(&mut term, &mut int).await;
        tracing::info!("asked to stop");
        cancelled.cancel();
    });
    Ok(stop)
}

async fn first(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

/// Follows the database's clock, and steps of this machine's where the database has none.
async fn keep_time(app: App, clock: Arc<SystemClock>, stop: CancellationToken) {
    while timeout(TIME_EVERY, stop.cancelled()).await.is_err() {
        match app.store().now_offset().await {
            Ok(offset_us) => {
                if let Some(set_by_s) = clock.correct(offset_us) {
                    tracing::error!(
                        set_by_s,
                        "a clock was set: deadlines go on by the old time; once the new one is right, start Muster again"
                    );
                }
            }
            Err(why) => tracing::warn!(%why, "the database does not tell the time"),
        }
    }
}

async fn measure(door: Door, stop: CancellationToken) {
    while timeout(MEASURE_EVERY, stop.cancelled()).await.is_err() {
        GAUGES.set_invalid_answers(door.invalid_count());
        GAUGES.set_lost_lines(log::lost_lines());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_loop_is_a_failure_however_the_rest_ended() {
        assert!(matches!(verdict(Ok(()), 1), Err(Ended::Failed(_))));
        assert!(verdict(Ok(()), 0).is_ok());
        let refused = Err(Ended::Stopped(Stopped::TokenRefused));
        assert!(matches!(verdict(refused, 1), Err(Ended::Stopped(_))), "starting again does not help");
    }
}
