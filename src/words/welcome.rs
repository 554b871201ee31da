//! What a server is told when Muster comes to it: who this is, and the one thing to do next.

use super::text::Text;

/// Said once. `private`: to the owner, who may not be looking at the server; else in one of its channels.
pub fn welcome(server: &str, private: bool) -> Text {
    let text = Text::new().strong("Muster").ours(" is ");
    let text = if private { text.ours("in ").said_strong(server).ours(" now") } else { text.ours("here") };
    let text = text
        .ours(". It turns alerts into incidents, and pages whoever is on call until somebody answers.")
        .line()
        .strong("Next:");
    let text = match private {
        true => text.ours(" type `/setup` in one of its channels."),
        false => text.ours(" somebody with Manage Server types `/setup`."),
    };
    text.ours(" It asks one thing at a time, and ends with a test page: about ten minutes.")
        .line()
        .ours("`/doctor` says at any time what is missing.")
}
