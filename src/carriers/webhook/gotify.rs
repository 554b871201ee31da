//! Gotify: <https://gotify.net/docs/pushmsg>. The address is `https://HOST/message?token=TOKEN`; the token goes into a header.

use serde_json::json;

use super::super::http::Call;
use super::{Parcel, query};
use crate::domain::impact::Impact;
use crate::words;

pub(super) fn call(parcel: Parcel<'_>) -> Call {
    let public = &parcel.page.public;
    let mut url = parcel.url;
    let token = query(&url, "token");
    url.set_query(None);
    let answer = public.code.as_deref().map(words::public_answer);
    let mut body = json!({
        "title": public.head,
        "message": answer.unwrap_or_else(|| public.head.clone()),
        "priority": priority(public.impact),
    });
    if let Some(link) = &public.link {
        body["extras"] = json!({ "client::notification": { "click": { "url": link } } });
    }
    let mut call = Call::json(url, &body);
    call.headers.extend(token.map(|token| ("X-Gotify-Key", token)));
    call
}

/// From 8 on the phone makes itself heard whatever it does.
fn priority(impact: Option<Impact>) -> u8 {
    match impact {
        None | Some(Impact::Critical | Impact::High) => 10,
        Some(Impact::Medium) => 7,
        Some(Impact::Low | Impact::None) => 5,
    }
}
