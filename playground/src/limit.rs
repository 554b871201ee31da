//! Rate limits: buckets per method, route and top-level id, the sub-limit on names and topics, the global one, and the ban.
//! Never answers; the pipeline turns a verdict into headers and a 429.
//! <https://docs.discord.com/developers/topics/rate-limits>; the numbers are observed, not documented.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};

/// The limits in force.
#[derive(Clone, Debug)]
pub struct Limits {
    on: bool,
    rules: Vec<Rule>,
    global: Option<(u32, Duration)>,
    ban: Option<Ban>,
    windows: HashMap<String, Window>,
    invalid: Vec<Instant>,
    banned_until: Option<Instant>,
    refused: u32,
    seen: u32,
}

/// A limit on one route.
#[derive(Clone, Debug)]
struct Rule {
    method: String,
    route: String,
    limit: u32,
    per: Duration,
    /// Sub-limits send no headers before their 429.
    only_with: &'static [&'static str],
}

/// Cloudflare's ban after too many invalid requests (401, 403, 429).
#[derive(Clone, Copy, Debug)]
struct Ban {
    after: usize,
    within: Duration,
    lasts: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    left: u32,
    ends: Instant,
}

/// What a request is told.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// Go on, with these headers.
    Pass(Vec<(String, String)>),
    /// 429 with this wait and scope.
    Wait { after: Duration, scope: &'static str, headers: Vec<(String, String)> },
    /// Cloudflare's page.
    Banned(Duration),
}

/// What every other route gets: 50 per second.
const GENEROUS: (u32, Duration) = (50, Duration::from_secs(1));

/// What every route gets while limits are off: no client ever has a reason to wait.
const BOUNDLESS: (u32, Duration) = (1_000_000, Duration::from_secs(1));

impl Limits {
    /// No limit, but honest headers.
    pub fn off() -> Self {
        Self {
            on: false,
            rules: Vec::new(),
            global: None,
            ban: None,
            windows: HashMap::new(),
            invalid: Vec::new(),
            banned_until: None,
            refused: 0,
            seen: 0,
        }
    }

    /// As Discord is known to behave: messages 5 per 5 s and channel, names and topics 2 per 10 min, reactions 1 per 0.25 s,
    /// webhooks 5 per 2 s, 50 requests a second in all, a ban after 10,000 invalid ones in 10 min.
    pub fn discord() -> Self {
        let s = Duration::from_secs;
        let limits = Self { on: true, ..Self::off() };
        let limits = limits.route("POST", "/channels/{channel}/messages", 5, s(5)).route(
            "POST",
            "/webhooks/{webhook}/{token}",
            5,
            s(2),
        );
        let limits = limits.route("PATCH", "/channels/{channel}/messages/{message}", 5, s(5)).route(
            "PATCH",
            "/channels/{channel}",
            10,
            s(15),
        );
        let reaction = "/channels/{channel}/messages/{message}/reactions/{emoji}/@me";
        let mut limits =
            limits.route("PUT", reaction, 1, Duration::from_millis(250)).global(50, s(1)).ban(10_000, s(600), s(3600));
        let rename = Rule {
            method: "PATCH".into(),
            route: "/channels/{channel}".into(),
            limit: 2,
            per: s(600),
            only_with: &["name", "topic"],
        };
        limits.rules.push(rename);
        limits
    }

    /// Limits one route (template as in [`crate::Exchange::route`]), per top-level id.
    pub fn route(mut self, method: &str, route: &str, limit: u32, per: Duration) -> Self {
        self.on = true;
        self.rules.push(Rule { method: method.into(), route: route.into(), limit, per, only_with: &[] });
        self
    }

    /// Limits everything but interaction callbacks.
    pub fn global(mut self, limit: u32, per: Duration) -> Self {
        self.on = true;
        self.global = Some((limit, per));
        self
    }

    /// Bans after so many invalid requests.
    pub fn ban(mut self, after: usize, within: Duration, lasts: Duration) -> Self {
        self.on = true;
        self.ban = Some(Ban { after, within, lasts });
        self
    }

    /// How many 429s these limits have answered.
    pub(crate) fn refused(&self) -> u32 {
        self.refused
    }

    /// Counts a request and judges it.
    pub(crate) fn judge(&mut self, method: &str, route: &str, major: &str, body: &serde_json::Value) -> Verdict {
        let now = Instant::now();
        self.forget(now);
        if let Some(until) = self.banned_until.filter(|until| *until > now) {
            return Verdict::Banned(until - now);
        }
        if let Some(verdict) = self.over_global(route, now) {
            return verdict;
        }
        let sub = self
            .rules
            .iter()
            .find(|rule| rule.hits(method, route) && rule.only_with.iter().any(|field| body.get(field).is_some()))
            .cloned();
        if let Some(rule) = sub
            && let Err(after) = self.take(&format!("{method} {route} {major} sub"), rule.limit, rule.per, now)
        {
            return self.wait(after, "user", Vec::new());
        }
        self.judge_bucket(method, route, major, now)
    }

    fn judge_bucket(&mut self, method: &str, route: &str, major: &str, now: Instant) -> Verdict {
        let rule = self.rules.iter().find(|rule| rule.hits(method, route) && rule.only_with.is_empty());
        let usual = if self.on { GENEROUS } else { BOUNDLESS };
        let (limit, per) = rule.map_or(usual, |rule| (rule.limit, rule.per));
        let key = format!("{method} {route} {major}");
        let taken = self.take(&key, limit, per, now);
        let headers = self.headers(method, route, &key, limit, now);
        match taken {
            Err(after) if self.on => self.wait(after, "user", headers),
            _ => Verdict::Pass(headers),
        }
    }

    fn over_global(&mut self, route: &str, now: Instant) -> Option<Verdict> {
        let (limit, per) = self.global.filter(|_| !route.starts_with("/interactions"))?;
        let after = self.take("global", limit, per, now).err()?;
        Some(self.wait(after, "global", vec![("x-ratelimit-global".into(), "true".into())]))
    }

    fn wait(&mut self, after: Duration, scope: &'static str, headers: Vec<(String, String)>) -> Verdict {
        self.refused += 1;
        Verdict::Wait { after, scope, headers }
    }

    /// Takes one from a window; says how long until the next if none is left.
    fn take(&mut self, key: &str, limit: u32, per: Duration, now: Instant) -> Result<(), Duration> {
        let window = self.windows.entry(key.to_owned()).or_insert(Window { left: limit, ends: now + per });
        if window.ends <= now {
            *window = Window { left: limit, ends: now + per };
        }
        if window.left == 0 {
            return Err(window.ends - now);
        }
        window.left -= 1;
        Ok(())
    }

    fn headers(&self, method: &str, route: &str, key: &str, limit: u32, now: Instant) -> Vec<(String, String)> {
        let mut hasher = DefaultHasher::new();
        (method, route).hash(&mut hasher);
        let window = self.windows[key];
        let after = (window.ends - now).as_secs_f64();
        let ends = chrono::Utc::now().timestamp_millis() as f64 / 1000.0 + after;
        let named = |name: &str, value: String| (format!("x-ratelimit-{name}"), value);
        vec![
            named("limit", limit.to_string()),
            named("remaining", window.left.to_string()),
            named("reset", format!("{ends:.3}")),
            named("reset-after", format!("{after:.3}")),
            named("bucket", format!("{:016x}", hasher.finish())),
        ]
    }

    /// Counts an answer towards the ban.
    pub(crate) fn note(&mut self, status: u16, shared: bool) {
        let (Some(ban), true) = (self.ban, matches!(status, 401 | 403 | 429) && !shared) else { return };
        let now = Instant::now();
        self.invalid.push(now);
        self.invalid.retain(|at| now - *at < ban.within);
        if self.invalid.len() >= ban.after {
            self.banned_until = Some(now + ban.lasts);
        }
    }

    /// Drops windows that ended, now and then.
    fn forget(&mut self, now: Instant) {
        self.seen += 1;
        if self.seen.is_multiple_of(1024) {
            self.windows.retain(|_, window| window.ends > now);
        }
    }
}

impl Rule {
    fn hits(&self, method: &str, route: &str) -> bool {
        self.method == method && self.route == route
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const MESSAGES: &str = "/channels/{channel}/messages";

    fn waits(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Wait { .. })
    }

    #[test]
    fn a_bucket_is_per_channel() {
        let mut limits = Limits::discord();
        let mut judge = |major| waits(&limits.judge("POST", MESSAGES, major, &json!({})));
        assert!((0..5).all(|_| !judge("1")));
        assert!(judge("1"));
        assert!(!judge("2"));
        assert_eq!(limits.refused(), 1);
    }

    #[test]
    fn names_have_a_limit_of_their_own() {
        let mut limits = Limits::discord();
        let mut judge = |body| limits.judge("PATCH", "/channels/{channel}", "1", &body);
        assert!((0..2).all(|_| !waits(&judge(json!({ "name": "a" })))));
        let Verdict::Wait { after, headers, .. } = judge(json!({ "topic": "a" })) else { panic!("the third passed") };
        assert!(after > Duration::from_secs(500) && headers.is_empty());
        assert!(!waits(&judge(json!({ "position": 1 }))));
    }

    #[test]
    fn off_never_waits_and_invalid_requests_end_in_a_ban() {
        let mut limits = Limits::off();
        assert!((0..500).all(|_| !waits(&limits.judge("POST", MESSAGES, "1", &json!({})))));
        let mut limits = Limits::off().ban(3, Duration::from_secs(9), Duration::from_secs(9));
        (0..3).for_each(|_| limits.note(403, false));
        assert!(matches!(limits.judge("GET", MESSAGES, "1", &json!({})), Verdict::Banned(_)));
    }
}
