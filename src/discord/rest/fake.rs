//! For tests: a window that counts as Discord does, and a small server that answers as it is told and remembers what it saw.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use super::Rest;
use super::answer::{Limited, News, Window};
use super::error::Scope;

pub const TOKEN: &str = "MTk4.the-bots-own-token.x";

/// One bucket on Discord's side: a window starts with its first request.
pub struct Bucket {
    limit: u32,
    period: Duration,
    used: u32,
    ends: Instant,
    pub refused: u32,
}

impl Bucket {
    pub fn new(limit: u32, period: Duration) -> Self {
        Self { limit, period, used: 0, ends: Instant::now(), refused: 0 }
    }

    pub fn take(&mut self, name: &str, now: Instant) -> News {
        if now >= self.ends {
            (self.used, self.ends) = (0, now + self.period);
        }
        let reset_after = self.ends - now;
        let fits = self.used < self.limit;
        if fits {
            self.used += 1
        } else {
            self.refused += 1
        }
        let limited = (!fits).then_some(Limited { after: reset_after, scope: Scope::User });
        let window = Some(Window { limit: self.limit, remaining: self.limit - self.used, reset_after });
        News { bucket: Some(name.to_owned()), window, limited, settled: true }
    }
}

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub line: String,
    pub headers: HeaderMap,
    pub body: String,
}

#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    delay: Duration,
}

impl Reply {
    pub fn new(status: u16, body: impl ToString) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string(), delay: Duration::ZERO }
    }

    pub fn ok() -> Self {
        Self::new(200, json!({"id": "1"}))
    }

    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub fn late(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// What Discord would send with this news.
    pub fn of(news: &News) -> Self {
        let reply = match news.limited {
            Some(limited) => Self::new(429, json!({"message": "slow", "retry_after": limited.after.as_secs_f64()})),
            None => Self::ok(),
        };
        let window = news.window.expect("a bucket's news have a window");
        reply
            .with("x-ratelimit-bucket", news.bucket.clone().unwrap_or_default())
            .with("x-ratelimit-limit", window.limit)
            .with("x-ratelimit-remaining", window.remaining)
            .with("x-ratelimit-reset-after", window.reset_after.as_secs_f64())
    }

    fn response(self) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body)).expect("replies of tests are well formed")
    }
}

type Answer = Arc<dyn Fn(&Seen, usize) -> Reply + Send + Sync>;

/// A server on loopback; `answer` gets the request and how many of the same line came before.
#[derive(Clone)]
pub struct Fake {
    answer: Answer,
    seen: Arc<Mutex<Vec<Seen>>>,
    address: SocketAddr,
}

impl Fake {
    pub async fn start(answer: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let fake = Self { answer: Arc::new(answer), seen: Arc::default(), address };
        let app = Router::new().fallback(serve).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        fake
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn rest(&self) -> Rest {
        rest(&self.base())
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no test panics with it").clone()
    }

    /// How many requests had a line that ends so.
    pub fn count(&self, end: &str) -> usize {
        self.seen().iter().filter(|seen| seen.line.ends_with(end)).count()
    }
}

pub fn rest(base: &str) -> Rest {
    Rest::new(SecretString::from(TOKEN), base).expect("the base of a test is an address")
}

async fn serve(State(fake): State<Fake>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("clients of tests send whole bodies");
    let line = format!("{} {}", parts.method, parts.uri);
    let seen = Seen { line, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() };
    let before = fake.count(&seen.line);
    fake.seen.lock().expect("no test panics with it").push(seen.clone());
    let reply = (fake.answer)(&seen, before);
    sleep(reply.delay).await;
    reply.response()
}

pub fn text(content: &str) -> Value {
    json!({"content": content, "allowed_mentions": {"parse": []}})
}
