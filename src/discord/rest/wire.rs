//! One request, one answer: builds it, sends it, reads it, and says whether it can have arrived.
//!
//! Never repeats, never waits for a turn. It alone holds the bot's token.

use std::error::Error as _;
use std::time::Duration;

use anyhow::Context as _;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serenity::http::LightMethod as Method;

use super::answer::Answer;
use super::call::Call;
use super::endpoint::encode;

/// Discord answers a handshake in tens of milliseconds; three seconds is a network that is down.
const CONNECT: Duration = Duration::from_secs(3);
/// For a whole request. Discord's slowest calls take 2–3 s; beyond ten, nobody answers any more.
pub(super) const TOTAL: Duration = Duration::from_secs(10);
/// Notices a peer that went away without a word, behind a firewall as well.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Largest answer read: 100 messages with full embeds stay below 8 MB.
const ANSWER_LIMIT: usize = 16 << 20;
/// Discord's limit on a reason, in characters.
const REASON_LIMIT: usize = 512;
const REASON: &str = "x-audit-log-reason";

pub(super) struct Wire {
    client: Client,
    base: String,
    authorization: HeaderValue,
}

/// No answer came.
pub(super) enum Failure {
    /// The request cannot have arrived.
    NotSent(String),
    /// It may have arrived.
    Lost(String),
}

impl Wire {
    /// `most`: requests under way at once; no more connections are kept for the next ones.
    pub fn new(token: &SecretString, base: &str, total: Duration, most: usize) -> anyhow::Result<Self> {
        let base = base.trim_end_matches('/');
        Url::parse(base).with_context(|| format!("`{base}` is no address of an API"))?;
        let client = Client::builder()
            .user_agent(user_agent())
            .connect_timeout(CONNECT)
            .timeout(total)
            .tcp_nodelay(true)
            .tcp_keepalive(KEEP_ALIVE)
            .pool_max_idle_per_host(most)
            .redirect(Policy::none())
            .build()
            .context("setting up the HTTP client")?;
        Ok(Self { client, base: base.to_owned(), authorization: authorization(token)? })
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    pub async fn send(&self, call: &Call) -> Result<Answer, Failure> {
        let response = self.request(call).send().await.map_err(Failure::of)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, body: read(response).await })
    }

    fn request(&self, call: &Call) -> RequestBuilder {
        let endpoint = &call.endpoint;
        let mut request = self.client.request(endpoint.method.reqwest_method(), endpoint.url(&self.base));
        if !endpoint.token_in_path {
            request = request.header(AUTHORIZATION, self.authorization.clone());
        }
        if let Some(reason) = &call.reason {
            let short: String = reason.chars().take(REASON_LIMIT).collect();
            request = request.header(REASON, encode(&short));
        }
        match &call.body {
            _ if !call.files.is_empty() => request.multipart(form(call)),
            Some(body) => request.json(body),
            // Some servers in between refuse a POST or PUT that does not say it is empty.
            None if endpoint.method != Method::Get => request.header(CONTENT_LENGTH, 0),
            None => request,
        }
    }
}

impl Failure {
    fn of(error: reqwest::Error) -> Self {
        let unsent = error.is_connect() || error.is_builder();
        // The address may carry an interaction's token.
        let cause = causes(&error.without_url());
        if unsent { Self::NotSent(cause) } else { Self::Lost(cause) }
    }
}

/// <https://discord.com/developers/docs/reference#user-agent>: a request without one in this form may be blocked.
fn user_agent() -> String {
    let home = match env!("CARGO_PKG_REPOSITORY") {
        "" => "https://muster.invalid",
        repository => repository,
    };
    format!("DiscordBot ({home}, {})", env!("CARGO_PKG_VERSION"))
}

fn authorization(token: &SecretString) -> anyhow::Result<HeaderValue> {
    let token = token.expose_secret().trim().trim_start_matches("Bot ");
    // The error of `HeaderValue` would be safe to show; this one says what to do.
    let mut value = HeaderValue::try_from(format!("Bot {token}"))
        .map_err(|_| anyhow::anyhow!("the bot's token contains characters no token has; copy it again"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn form(call: &Call) -> Form {
    let mut form = Form::new();
    if let Some(body) = &call.body {
        form = form.text("payload_json", body.to_string());
    }
    for (index, file) in call.files.iter().enumerate() {
        let part = Part::bytes(file.bytes.clone()).file_name(file.name.clone());
        form = form.part(format!("files[{index}]"), part);
    }
    form
}

async fn read(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| causes(&error.without_url()))? {
        if body.len() + chunk.len() > ANSWER_LIMIT {
            return Err(format!("more than {ANSWER_LIMIT} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An error with what is behind it, outermost first.
fn causes(error: &reqwest::Error) -> String {
    let behind = std::iter::successors(error.source(), |cause| (*cause).source());
    std::iter::once(error.to_string()).chain(behind.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}
