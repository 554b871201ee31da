//! Faults on demand: which request they hit, how often, and what happens to it.
//! Never touches the world itself; the pipeline carries the plan out.

use serde_json::{Value, json};
use std::{fmt, sync::Arc, time::Duration};

type Condition = Arc<dyn Fn(&Value) -> bool + Send + Sync>;

/// A fault: a filter, a count and a plan.
///
/// ```
/// use muster_playground::Fault;
/// use std::time::Duration;
/// // The third message is stored, but the answer is a 500.
/// let _ = Fault::on("POST", "/channels/*/messages").skip(2).once().applied().answer(500, "{}");
/// // Every tenth request is slow.
/// let _ = Fault::on("*", "/**").probability(0.1).delay(Duration::from_secs(1));
/// ```
#[derive(Clone)]
pub struct Fault {
    method: String,
    path: String,
    condition: Option<Condition>,
    skip: u32,
    left: Option<u32>,
    probability: f64,
    pub(crate) plan: Plan,
}

/// What happens to a request that was hit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub before: Duration,
    /// The request takes effect although its answer is lost or false.
    pub applied: bool,
    pub after: Duration,
    pub end: End,
}

/// How the request ends.
#[derive(Clone, Debug, Default)]
pub(crate) enum End {
    /// With the world's own answer.
    #[default]
    Honest,
    /// With this one.
    Answer { status: u16, body: String, headers: Vec<(String, String)> },
    /// With a closed connection.
    Drop,
    /// Never.
    Hang,
}

impl Plan {
    /// Does the request take effect?
    pub fn takes_effect(&self) -> bool {
        self.applied || matches!(self.end, End::Honest)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({} {} left {:?}: {:?})", self.method, self.path, self.left, self.plan)
    }
}

impl Fault {
    /// Hits requests with this method (`*`: any) and path (without `/api/v10`; `*` is one part, `**` the rest), for ever,
    /// and so far does nothing to them.
    pub fn on(method: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            condition: None,
            skip: 0,
            left: None,
            probability: 1.0,
            plan: Plan::default(),
        }
    }

    /// Hits only requests whose body satisfies this.
    pub fn when(mut self, condition: impl Fn(&Value) -> bool + Send + Sync + 'static) -> Self {
        self.condition = Some(Arc::new(condition));
        self
    }

    /// Lets the first `n` fitting requests pass.
    pub fn skip(mut self, n: u32) -> Self {
        self.skip = n;
        self
    }

    /// Hits `n` times, then is spent.
    pub fn times(mut self, n: u32) -> Self {
        self.left = Some(n);
        self
    }

    /// Hits one time.
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// Hits by chance, 0 to 1; the chance is drawn from a fixed seed.
    pub fn probability(mut self, p: f64) -> Self {
        self.probability = p;
        self
    }

    /// Waits before the request takes effect.
    pub fn delay(mut self, by: Duration) -> Self {
        self.plan.before = by;
        self
    }

    /// Waits after it took effect, before the answer.
    pub fn delay_answer(mut self, by: Duration) -> Self {
        self.plan.after = by;
        self
    }

    /// Answers this instead; the request has no effect unless [`Fault::applied`].
    pub fn answer(self, status: u16, body: impl Into<String>) -> Self {
        self.answer_with(status, body, &[])
    }

    /// The same with headers.
    pub fn answer_with(mut self, status: u16, body: impl Into<String>, headers: &[(&str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.plan.end = End::Answer { status, body: body.into(), headers };
        self
    }

    /// Refuses with a Discord error code, e.g. `(403, 50013, "Missing Permissions")`.
    pub fn refuse(self, status: u16, code: u64, message: &str) -> Self {
        self.answer(status, json!({ "code": code, "message": message }).to_string())
    }

    /// A rate limit: `scope` is `user`, `shared` or `global`.
    pub fn limited(self, retry_after: f64, scope: &str) -> Self {
        let body = json!({ "message": "You are being rate limited.", "retry_after": retry_after, "global": scope == "global" });
        let after = retry_after.to_string();
        let mut headers = vec![("retry-after", after.as_str()), ("x-ratelimit-scope", scope)];
        if scope == "global" {
            headers.push(("x-ratelimit-global", "true"));
        }
        self.answer_with(429, body.to_string(), &headers)
    }

    /// Cloudflare's ban page: 429, HTML, no JSON.
    pub fn cloudflare(self) -> Self {
        self.answer_with(429, CLOUDFLARE, &[("content-type", "text/html"), ("retry-after", "600")])
    }

    /// Closes the connection instead of answering.
    pub fn drop_connection(mut self) -> Self {
        self.plan.end = End::Drop;
        self
    }

    /// Never answers.
    pub fn hang(mut self) -> Self {
        self.plan.end = End::Hang;
        self
    }

    /// The request takes effect first; only its answer is lost or false.
    pub fn applied(mut self) -> Self {
        self.plan.applied = true;
        self
    }

    fn fits(&self, method: &str, path: &str, body: &Value) -> bool {
        let method_fits = self.method == "*" || self.method == method;
        method_fits && fits(&self.path, path) && self.condition.as_ref().is_none_or(|condition| condition(body))
    }
}

/// The page Cloudflare shows to those it banned.
pub(crate) const CLOUDFLARE: &str = "<!doctype html><title>Access denied | discord.com used Cloudflare to restrict access</title><h1>Error 1015</h1><p>You are being rate limited</p>";

/// Does a path fit a pattern?
pub(crate) fn fits(pattern: &str, path: &str) -> bool {
    let mut path = path.split('/');
    for part in pattern.split('/') {
        match (part, path.next()) {
            ("**", Some(_)) => return true,
            ("*", Some(_)) => {}
            (part, Some(given)) if part == given => {}
            _ => return false,
        }
    }
    path.next().is_none()
}

/// The faults in force.
#[derive(Debug)]
pub(crate) struct Faults {
    list: Vec<(u64, Fault, u32)>,
    next: u64,
    dice: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self { list: Vec::new(), next: 1, dice: 0x9E37_79B9_7F4A_7C15 }
    }
}

impl Faults {
    /// Adds one and says its number.
    pub fn add(&mut self, fault: Fault) -> u64 {
        self.next += 1;
        self.list.push((self.next, fault, 0));
        self.next
    }

    /// Ends one.
    pub fn remove(&mut self, number: u64) {
        self.list.retain(|(one, ..)| *one != number);
    }

    /// Ends all.
    pub fn clear(&mut self) {
        self.list.clear();
    }

    /// How many requests one has hit.
    pub fn hits(&self, number: u64) -> u32 {
        self.list.iter().find(|(one, ..)| *one == number).map_or(0, |(_, _, hits)| *hits)
    }

    /// The plan of the first fault that hits this request.
    pub fn strike(&mut self, method: &str, path: &str, body: &Value) -> Option<Plan> {
        for at in 0..self.list.len() {
            let lucky = self.roll() < self.list[at].1.probability;
            let (_, fault, hits) = &mut self.list[at];
            if fault.left == Some(0) || !fault.fits(method, path, body) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if lucky {
                fault.left = fault.left.map(|left| left - 1);
                *hits += 1;
                return Some(fault.plan.clone());
            }
        }
        None
    }

    /// A number from 0 to 1, xorshift from a fixed seed: runs repeat.
    fn roll(&mut self) -> f64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        f64::from(u32::try_from(self.dice >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_paths() {
        assert!(fits("/channels/*/messages", "/channels/5/messages"));
        assert!(!fits("/channels/*/messages", "/channels/5/messages/6"));
        assert!(fits("/channels/**", "/channels/5/messages/6"));
        assert!(!fits("/channels/*", "/guilds/5"));
    }

    #[test]
    fn skip_and_times_count_fitting_requests() {
        let mut faults = Faults::default();
        let number = faults.add(Fault::on("POST", "/a").skip(1).times(2).answer(500, ""));
        let mut hit = |path: &str| faults.strike("POST", path, &Value::Null).is_some();
        assert_eq!([hit("/b"), hit("/a"), hit("/a"), hit("/a"), hit("/a")], [false, false, true, true, false]);
        assert_eq!(faults.hits(number), 2);
    }

    #[test]
    fn probability_is_a_share() {
        let mut faults = Faults::default();
        faults.add(Fault::on("*", "/**").probability(0.5).hang());
        let hits = (0..1000).filter(|_| faults.strike("GET", "/a", &Value::Null).is_some()).count();
        assert!((400..600).contains(&hits), "{hits}");
    }
}
