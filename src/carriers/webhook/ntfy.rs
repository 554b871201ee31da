//! ntfy: <https://docs.ntfy.sh/publish/#publish-as-json>. The address is that of the topic, `https://ntfy.sh/TOPIC`; credentials
//! of a protected topic stand in it as `https://user:password@…` or `https://:token@…`.

use serde_json::json;

use super::super::http::Call;
use super::Parcel;
use crate::domain::impact::Impact;
use crate::words;

pub(super) fn call(parcel: Parcel<'_>) -> Result<Call, &'static str> {
    let public = &parcel.page.public;
    let mut url = parcel.url;
    let topic = url.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty())).map(str::to_owned);
    let topic = topic.ok_or("topic")?;
    // JSON goes to the root of the server, and names the topic itself.
    url.set_path("/");
    url.set_query(None);
    let answer = public.code.as_deref().map(words::public_answer);
    let mut body = json!({
        "topic": topic,
        "title": public.head,
        "message": answer.unwrap_or_else(|| public.head.clone()),
        "priority": priority(public.impact),
        "tags": [if public.test { "white_check_mark" } else { "rotating_light" }],
    });
    if let Some(link) = &public.link {
        body["click"] = json!(link);
    }
    Ok(Call::json(url, &body))
}

/// 5: "really long vibration bursts, default notification sound with a pop-over"; 3 is the default.
fn priority(impact: Option<Impact>) -> u8 {
    match impact {
        None | Some(Impact::Critical | Impact::High) => 5,
        Some(Impact::Medium) => 4,
        Some(Impact::Low | Impact::None) => 3,
    }
}
