//! Health, for whatever watches the process: is it up, does its database answer. The only port Muster ever opens, only where
//! `MUSTER_HTTP_ADDR` says so; tells nothing about incidents, changes nothing.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// A database that needs longer is not ready: commands must be answered in 3 s.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// A port that is open. Opened before anything else starts, so that a wrong address is refused at once.
pub struct Health {
    listener: TcpListener,
}

impl Health {
    /// # Errors
    /// The address is taken, or not of this machine.
    pub async fn listen(at: SocketAddr) -> std::io::Result<Health> {
        Ok(Health { listener: TcpListener::bind(at).await? })
    }

    /// Answers `GET /healthz` and `GET /readyz` until stopped.
    pub async fn serve(self, app: App, stop: CancellationToken) {
        let asked = axum::serve(self.listener, router(app)).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(why) = asked.await {
            tracing::error!(%why, "health is not answered any more");
        }
    }
}

fn router(app: App) -> Router {
    Router::new().route("/healthz", get(|| async { "up\n" })).route("/readyz", get(ready)).with_state(app)
}

/// Asks the database what the loops ask it all the time.
async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    match tokio::time::timeout(READY_WITHIN, app.next_wake()).await {
        Ok(Ok(_)) => (StatusCode::OK, "ready\n"),
        Ok(Err(_)) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database is slow\n"),
    }
}
