//! Where a call may go: web addresses of the open internet, and what the operator allows by name. Never into the networks behind
//! this machine, however their addresses are written, and whatever a name says the second time it is looked up.
//!
//! A name is looked up by us, and the connection goes to what was looked at. Says the host, never path, query or credentials:
//! they are secrets.

use std::collections::BTreeSet;
use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

/// Longest wait for a connection, and for the whole of one call: less than a phone's owner notices, longer than a busy service takes.
const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(15);

/// Looks a name up.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// Cheap to clone.
#[derive(Clone)]
pub struct Guard {
    client: Client,
    allowed: Arc<BTreeSet<String>>,
}

/// Why a call does not go out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("it is no web address: write https://host/path")]
    NoAddress,
    #[error("{host} is in a private network: add it to MUSTER_HTTP_ALLOW if it is meant")]
    Private { host: String },
}

impl Guard {
    /// `allowed`: hosts (names or addresses) that may be in private networks.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(allowed: &[String]) -> anyhow::Result<Guard> {
        Guard::looking_up(allowed, Arc::new(|host| Box::pin(look_up(host))))
    }

    /// The same with another way to look names up.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn looking_up(allowed: &[String], look_up: Lookup) -> anyhow::Result<Guard> {
        let allowed: Arc<BTreeSet<String>> = Arc::new(allowed.iter().map(|host| plain(host)).collect());
        // A proxy or a redirect would go where nobody has looked.
        let client = Client::builder()
            .user_agent(concat!("muster/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .no_proxy()
            .redirect(Policy::none())
            .dns_resolver(Arc::new(Checked { allowed: allowed.clone(), look_up }))
            .build()
            .context("setting up the HTTP client")?;
        Ok(Guard { client, allowed })
    }

    /// Calls nothing but the addresses that it has checked; names are checked when they are looked up.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The address, if a call may be tried.
    ///
    /// # Errors
    /// It is none, or leads into a private network.
    pub fn check(&self, address: &str) -> Result<Url, Refused> {
        let url = Url::parse(address.trim()).map_err(|_| Refused::NoAddress)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(Refused::NoAddress)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::NoAddress);
        }
        let host = plain(host);
        match host.parse::<IpAddr>() {
            Ok(address) if !may(&self.allowed, &host, address) => Err(Refused::Private { host }),
            _ => Ok(url),
        }
    }
}

/// Why a call did not go out, where that was the guard's word.
pub(super) fn refused(error: &reqwest::Error) -> Option<Refused> {
    let mut why: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = why {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return Some(refused.clone());
        }
        why = error.source();
    }
    None
}

/// Looks names up and keeps what may be called.
struct Checked {
    allowed: Arc<BTreeSet<String>>,
    look_up: Lookup,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let host = plain(name.as_str());
        let (allowed, found) = (self.allowed.clone(), (self.look_up)(name.as_str().to_owned()));
        Box::pin(async move {
            let found = found.await?;
            let known = !found.is_empty();
            let open: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| may(&allowed, &host, *address))
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if open.is_empty() && known {
                return Err(Refused::Private { host }.into());
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}

async fn look_up(host: String) -> io::Result<Vec<IpAddr>> {
    let found = tokio::net::lookup_host((host, 0)).await?;
    Ok(found.map(|address| address.ip()).collect())
}

/// A host as it is compared: lower case, no brackets, no dot at its end.
fn plain(host: &str) -> String {
    let host = host.trim().trim_end_matches('.').to_lowercase();
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    inner.map(str::to_owned).unwrap_or(host)
}

fn may(allowed: &BTreeSet<String>, host: &str, address: IpAddr) -> bool {
    is_open(address) || allowed.contains(host) || allowed.contains(&address.to_string())
}

/// Of the open internet (IANA's registries of special-purpose addresses).
fn is_open(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_open_v4(address),
        IpAddr::V6(address) => is_open_v6(address),
    }
}

fn is_open_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let closed = match (a, b, c) {
        // This network, private, loopback.
        (0 | 10 | 127, ..) => true,
        // Shared by carriers, link-local (where clouds keep their secrets), private.
        (100, 64..=127, _) | (169, 254, _) | (172, 16..=31, _) | (192, 168, _) => true,
        // Protocol assignments, documentation, 6to4 relays, benchmarks.
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) => true,
        // Multicast, reserved, broadcast.
        (224..=255, ..) => true,
        _ => false,
    };
    !closed
}

/// Of IPv6 only what is global; addresses that stand for others are judged by those.
fn is_open_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    match segments {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => is_open_v4(embedded(segments)),
        // Protocol assignments (Teredo among them), documentation, 6to4.
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

fn embedded(segments: [u16; 8]) -> Ipv4Addr {
    let ([a, b], [c, d]) = (segments[6].to_be_bytes(), segments[7].to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests;
