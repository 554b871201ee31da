//! REST: from bytes to an answer. Reads the request, lets faults and limits have their say, calls the route, writes the journal.
//! Never knows what a route does; the tables in `routes` do.

pub(crate) mod call;
mod channels;
mod commands;
mod guilds;
mod interactions;
mod me;
mod messages;
mod multipart;
mod pins;
mod reactions;
mod routes;
mod threads;
mod webhooks;

use crate::{
    fault::{CLOUDFLARE, End},
    file, gateway,
    hub::Hub,
    journal::Exchange,
    limit::Verdict,
    net::Switch,
    refusal::Refusal,
    state::State,
};
use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State as Shared, ws::WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use call::{Answer, Call};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Discord's limit for one request.
const BODY_MAX: usize = 25 * 1024 * 1024;

/// What goes back over the wire.
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    json: Value,
    applied: bool,
}

/// Everything that comes in over HTTP, the gateway's upgrade included.
pub(crate) async fn serve(
    Shared(hub): Shared<Hub>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    if let Ok(upgrade) = upgrade {
        if hub.look(|state| state.sessions.switches.refuse_connections) {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        return upgrade.on_upgrade(|ws| gateway::socket::serve(hub, ws, switch));
    }
    let (parts, body) = request.into_parts();
    if parts.uri.path().starts_with(file::PATH) {
        return hub.look(|state| file::serve(state, parts.uri.path()));
    }
    let Ok(bytes) = to_bytes(body, BODY_MAX).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let uri = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let (call, malformed) = Call::read(parts.method.as_str(), &uri, &parts.headers, &bytes);
    // A task of its own: a client that gives up does not undo what Discord is still doing.
    let answering = tokio::spawn(async move { answer(&hub, &switch, call, malformed).await });
    answering.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// Carries a request out as the fault plan says; the honest plan is the empty one.
async fn answer(hub: &Hub, switch: &Switch, mut call: Call, malformed: Option<Refusal>) -> Response {
    let since = Instant::now();
    let at = hub.look(State::now);
    let plan = hub.change(|state| {
        call.authorized = call.token.as_deref() == Some(&format!("Bot {}", state.app.token));
        state.faults.strike(&call.method, &call.path, &call.body)
    });
    let plan = plan.unwrap_or_default();
    pause(plan.before).await;
    let honest = plan.takes_effect().then(|| hub.change(|state| handle(state, &mut call, malformed)));
    pause(plan.after).await;
    let fate = end(plan.end, honest);
    let reply = match &fate {
        Fate::Answered(reply) => reply,
        Fate::Dropped(nothing) | Fate::Hanging(nothing) => nothing,
    };
    let exchange = Exchange {
        at,
        since,
        took: since.elapsed(),
        method: call.method,
        path: call.full_path,
        route: call.route,
        body: call.body,
        status: reply.status,
        response: reply.json.clone(),
        reason: call.reason,
        headers: call.headers,
        authorized: call.authorized,
        applied: reply.applied,
    };
    hub.change(|state| state.journal.add(exchange));
    match fate {
        Fate::Answered(reply) => response(&reply),
        Fate::Hanging(_) => std::future::pending().await,
        Fate::Dropped(_) => {
            switch.cut();
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}

async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// How a request ends. What is not answered keeps an empty reply for the journal: did it take effect?
enum Fate {
    Answered(Reply),
    Dropped(Reply),
    Hanging(Reply),
}

/// What a plan's end makes of the honest reply.
fn end(end: End, honest: Option<Reply>) -> Fate {
    let applied = honest.as_ref().is_some_and(|honest| honest.applied);
    let nothing = || Reply { status: 0, headers: Vec::new(), body: String::new(), json: Value::Null, applied };
    match end {
        End::Honest => Fate::Answered(honest.unwrap_or_else(nothing)),
        End::Drop => Fate::Dropped(nothing()),
        End::Hang => Fate::Hanging(nothing()),
        End::Answer { status, body, mut headers } => {
            let json = serde_json::from_str(&body).unwrap_or(Value::Null);
            if !headers.iter().any(|(name, _)| name == "content-type") {
                headers.push(("content-type".into(), "application/json".into()));
            }
            Fate::Answered(Reply { status, headers, body, json, applied })
        }
    }
}

/// Limits, route, authorization, the route itself.
fn handle(state: &mut State, call: &mut Call, malformed: Option<Refusal>) -> Reply {
    let route = routes::find(&call.method, &call.path);
    call.route = route.as_ref().map_or("", |(route, _)| route.path);
    let verdict = state.limits.judge(&call.method, call.route, call.major(), &call.body);
    let (mut headers, outcome) = match verdict {
        Verdict::Banned(left) => return banned(left),
        Verdict::Wait { after, scope, headers } => return wait(after, scope, headers),
        Verdict::Pass(headers) => match (route, malformed) {
            (None, _) => (headers, Err(unknown(state, call))),
            (Some((route, _)), _) if route.needs_token && !call.authorized => (headers, Err(Refusal::unauthorized())),
            (_, Some(refusal)) => (headers, Err(refusal)),
            (Some((route, args)), None) => {
                call.args = args;
                call.files = kept(state, std::mem::take(&mut call.uploads));
                (headers, (route.handler)(state, call))
            }
        },
    };
    headers.push(("content-type".into(), "application/json".into()));
    let applied = outcome.is_ok();
    let (status, json) = match outcome {
        Ok(Answer { status, body }) => (status, body),
        Err(refusal) => (refusal.status, refusal.body()),
    };
    state.limits.note(status, false);
    let body = if json.is_null() { String::new() } else { json.to_string() };
    Reply { status, headers, body, json, applied }
}

/// What was uploaded, as attachments.
fn kept(state: &mut State, uploads: Vec<file::File>) -> Vec<Value> {
    let ids: Vec<_> = uploads.into_iter().map(|upload| state.keep_file(&upload.name, upload.bytes)).collect();
    ids.into_iter().filter_map(|id| state.attachment_json(id)).collect()
}

fn unknown(state: &mut State, call: &Call) -> Refusal {
    state.journal.unknown(&call.method, &call.path);
    Refusal::not_found()
}

fn wait(after: Duration, scope: &str, mut headers: Vec<(String, String)>) -> Reply {
    let seconds = (after.as_secs_f64() * 1000.0).ceil() / 1000.0;
    let json = json!({ "message": "You are being rate limited.", "retry_after": seconds, "global": scope == "global" });
    headers.push(("retry-after".into(), format!("{}", seconds.ceil())));
    headers.push(("x-ratelimit-scope".into(), scope.into()));
    headers.push(("content-type".into(), "application/json".into()));
    Reply { status: 429, headers, body: json.to_string(), json, applied: false }
}

fn banned(left: Duration) -> Reply {
    let headers = vec![("content-type".into(), "text/html".into()), ("retry-after".into(), left.as_secs().to_string())];
    Reply { status: 429, headers, body: CLOUDFLARE.into(), json: Value::Null, applied: false }
}

fn response(reply: &Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body.clone()));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    add_headers(response.headers_mut(), &reply.headers);
    response
}

/// Headers that HTTP cannot carry are left out: a fault may ask for nonsense.
fn add_headers(into: &mut HeaderMap, headers: &[(String, String)]) {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            into.insert(name, value);
        }
    }
}
