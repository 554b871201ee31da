//! Twilio: calls (<https://www.twilio.com/docs/voice/api/call-resource>) and text messages
//! (<https://www.twilio.com/docs/messaging/api/message-resource>). The address is
//! `https://SID:TOKEN@api.twilio.com/2010-04-01/Accounts/ACCOUNT/Calls.json?From=%2B1…&To=%2B353…`, or `…/Messages.json?…`,
//! where `MessagingServiceSid` may stand in place of `From`.

use super::super::http::Call;
use super::{Parcel, query};
use crate::app::courier::Public;
use crate::words;

/// One text message of Latin letters.
const TEXT_MAX: usize = 160;

/// A call that says it twice: whoever has just woken up has missed the first.
pub(super) fn voice(parcel: Parcel<'_>) -> Result<Call, &'static str> {
    let public = &parcel.page.public;
    let said = escaped(&words::spoken_page(&public.head, public.code.as_deref()));
    let twiml = format!("<Response><Say>{said}</Say><Pause length=\"1\"/><Say>{said}</Say></Response>");
    let fields = [
        ("To", query(&parcel.url, "To").ok_or("To")?),
        ("From", query(&parcel.url, "From").ok_or("From")?),
        ("Twiml", twiml),
    ];
    Ok(Call::form(parcel.url, fields.iter().map(|(name, value)| (*name, value.as_str()))))
}

pub(super) fn text(parcel: Parcel<'_>) -> Result<Call, &'static str> {
    let service = query(&parcel.url, "MessagingServiceSid").map(|service| ("MessagingServiceSid", service));
    let sender = service.or_else(|| Some(("From", query(&parcel.url, "From")?)));
    let fields =
        [("To", query(&parcel.url, "To").ok_or("To")?), sender.ok_or("From")?, ("Body", short(&parcel.page.public))];
    Ok(Call::form(parcel.url, fields.iter().map(|(name, value)| (*name, value.as_str()))))
}

/// What fits in one message: the first line gives way, so that link and code are whole.
fn short(public: &Public) -> String {
    // A middle dot is no letter of a text message: it would make the whole of it cost three.
    let head = public.head.replace(" · ", ", ");
    let rest = words::public_text("", public.link.as_deref(), public.code.as_deref());
    let room = TEXT_MAX.saturating_sub(rest.chars().count());
    head.chars().take(room).chain(rest.chars()).take(TEXT_MAX).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
