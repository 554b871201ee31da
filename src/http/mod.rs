//! Health, for whatever watches the process: does it live, can it do its job, and the figures. The only port Muster ever
//! opens, only where `MUSTER_HTTP_ADDR` says so; tells nothing about incidents but their number, changes nothing.

mod metrics;

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::{App, health};
use crate::gauges::GAUGES;

/// A port that is open. Opened before anything else starts, so that a wrong address is refused at once.
pub struct Port {
    listener: TcpListener,
}

impl Port {
    /// # Errors
    /// The address is taken, or not of this machine.
    pub async fn listen(at: SocketAddr) -> std::io::Result<Port> {
        Ok(Port { listener: TcpListener::bind(at).await? })
    }

    /// Answers `GET /healthz`, `/readyz` and `/metrics` until stopped.
    pub async fn serve(self, app: App, stop: CancellationToken) {
        let asked = axum::serve(self.listener, router(app)).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(why) = asked.await {
            tracing::error!(%why, "health is not answered any more");
        }
    }
}

fn router(app: App) -> Router {
    let routes =
        Router::new().route("/healthz", get(lives)).route("/readyz", get(ready)).route("/metrics", get(figures));
    routes.with_state(app)
}

/// Whether the process and its loops live: where they do not, a new start helps.
async fn lives(State(app): State<App>) -> (StatusCode, String) {
    answer(health::said(&GAUGES.vitals(app.now()).deadly()), "up\n")
}

/// Whether a page would go out now.
async fn ready(State(app): State<App>) -> (StatusCode, String) {
    let health = app.health().await;
    answer(health::said(&health.troubles(&GAUGES.vitals(app.now()))), "ready\n")
}

fn answer(troubles: String, well: &str) -> (StatusCode, String) {
    match troubles.is_empty() {
        true => (StatusCode::OK, well.to_owned()),
        false => (StatusCode::SERVICE_UNAVAILABLE, troubles),
    }
}

async fn figures(State(app): State<App>) -> impl IntoResponse {
    let health = app.health().await;
    match metrics::text(health, GAUGES.vitals(app.now())) {
        Ok(text) => (StatusCode::OK, [(CONTENT_TYPE, metrics::CONTENT)], text),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_TYPE, "text/plain")], String::new()),
    }
}
