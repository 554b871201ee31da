//! Pushover: <https://pushover.net/api>, receipts: <https://pushover.net/api/receipts>. The address is
//! `https://api.pushover.net/1/messages.json?token=APPLICATION&user=USER`, with `device` and `sound` where they are wanted.
//!
//! At impact 1 and 2 it is an emergency: it rings through "do not disturb", again and again, until it is answered or stopped.

use reqwest::Url;
use serde::Deserialize;

use super::super::http::Call;
use super::{Parcel, query};
use crate::app::RINGS_FOR;
use crate::app::courier::{Receipt, Ring};
use crate::domain::impact::Impact;
use crate::words;

/// Between two rings of an emergency, in seconds: Pushover allows 30 at least, and 50 rings in all.
const RING_EVERY_S: u64 = 60;

/// What may stand in the query of the address, besides token and user.
const OPTIONS: [&str; 2] = ["device", "sound"];

pub(super) fn call(parcel: Parcel<'_>) -> Result<Call, &'static str> {
    let (page, url) = (parcel.page, parcel.url);
    let public = &page.public;
    let mut fields = vec![
        ("token", query(&url, "token").ok_or("token")?),
        ("user", query(&url, "user").ok_or("user")?),
        ("title", public.head.clone()),
        ("message", public.code.as_deref().map(words::public_answer).unwrap_or_else(|| public.head.clone())),
        ("timestamp", public.at.timestamp().to_string()),
        ("priority", priority(public.impact).to_owned()),
    ];
    fields.extend(OPTIONS.iter().filter_map(|name| Some((*name, query(&url, name)?))));
    if let Some(link) = &public.link {
        fields.push(("url", link.clone()));
    }
    if public.urgent() {
        fields.push(("retry", RING_EVERY_S.to_string()));
        fields.push(("expire", RINGS_FOR.as_secs().to_string()));
        fields.push(("tags", page.key.clone()));
    }
    Ok(Call::form(url, fields.iter().map(|(name, value)| (*name, value.as_str()))))
}

/// 2 rings until it is answered, 1 goes through quiet hours, 0 is a message like others.
fn priority(impact: Option<Impact>) -> &'static str {
    match impact {
        None | Some(Impact::Critical | Impact::High) => "2",
        Some(Impact::Medium) => "1",
        Some(Impact::Low | Impact::None) => "0",
    }
}

/// What Pushover calls an emergency.
pub(super) fn receipt(answer: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Sent {
        receipt: Option<String>,
    }
    let sent: Sent = serde_json::from_slice(answer).ok()?;
    sent.receipt.filter(|receipt| !receipt.is_empty() && receipt.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Stops an emergency, and every twin of it: by our own word, for the receipt of a try may never have come.
pub(super) fn cancel(url: Url, ring: &Ring) -> Result<Call, &'static str> {
    let token = query(&url, "token").ok_or("token")?;
    let path = format!("cancel_by_tag/{}.json", ring.key);
    Ok(Call::form(of_receipts(url, &path), [("token", token.as_str())]))
}

/// Asks after an emergency.
pub(super) fn ask(url: Url, ring: &Ring) -> Result<Call, &'static str> {
    let token = query(&url, "token").ok_or("token")?;
    let mut url = of_receipts(url, &format!("{}.json", ring.receipt.as_deref().ok_or("receipt")?));
    url.query_pairs_mut().append_pair("token", &token);
    Ok(Call::get(url))
}

/// What Pushover says of an emergency.
pub(super) fn heard(answer: &[u8]) -> Option<Receipt> {
    #[derive(Deserialize)]
    struct Told {
        status: i64,
        acknowledged: i64,
        acknowledged_by: Option<String>,
        expired: i64,
    }
    let told: Told = serde_json::from_slice(answer).ok()?;
    // Only a person acknowledges: what we stopped ourselves has none.
    let acknowledged = told.acknowledged == 1 && told.acknowledged_by.is_none_or(|by| !by.is_empty());
    (told.status == 1).then_some(Receipt::Heard { acknowledged, over: told.expired == 1 })
}

/// `…/1/messages.json` → `…/1/receipts/PATH`.
fn of_receipts(mut url: Url, path: &str) -> Url {
    let base = url.path().rsplit_once('/').map_or("", |(base, _)| base).to_owned();
    url.set_path(&format!("{base}/receipts/{path}"));
    url.set_query(None);
    url
}
