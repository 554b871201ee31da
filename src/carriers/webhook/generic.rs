//! Any service that takes JSON: `docs/ways.md` says what is in it. Signed where a key is set.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use serde_json::json;
use sha2::Sha256;

use super::super::http::Call;
use super::Parcel;

/// Counts changes of the body that a reader must know of.
const VERSION: u32 = 1;

pub(super) fn call(parcel: Parcel<'_>) -> Call {
    let public = &parcel.page.public;
    let at = |at: crate::domain::id::Timestamp| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let event = match (public.test, public.drill) {
        (true, _) => "test",
        (false, true) => "drill",
        (false, false) => "page",
    };
    let body = json!({
        "version": VERSION,
        "event": event,
        "key": parcel.page.key,
        "incident": public.number,
        "impact": public.impact.map(|impact| impact.number()),
        "plan": public.plan,
        "link": public.link,
        "code": public.code,
        "text": public.text(),
        "paged_at": at(public.at),
    });
    let mut call = Call::json(parcel.url, &body);
    call.headers.push(("Idempotency-Key", parcel.page.key.clone()));
    if let (Some(secret), Some((_, body))) = (&parcel.secret, &call.body) {
        let sent_at = parcel.now.timestamp().to_string();
        let signature = sign(secret.expose_secret().as_bytes(), &sent_at, body);
        call.headers.push(("Muster-Timestamp", sent_at));
        call.headers.push(("Muster-Signature", format!("v1={signature}")));
    }
    call
}

/// Hex of HMAC-SHA256 over the time of sending (seconds since 1970), a dot, and the body.
fn sign(secret: &[u8], sent_at: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    for part in [sent_at, ".", body] {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value is OpenSSL's: `printf '1767607200.{}' | openssl dgst -sha256 -hmac key`.
    #[test]
    fn the_signature_is_what_other_tools_make_of_it() {
        assert_eq!(
            sign(b"key", "1767607200", "{}"),
            "523fa5f1e14d55d5de8ad41ff12c7722a613508c37bb52bba59d6bf96145a362"
        );
    }
}
