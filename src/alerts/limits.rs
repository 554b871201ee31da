//! How much of a message is read, and what its parts are compared by. Never escapes for Discord: that belongs to whoever draws.

use crate::domain::alert::{Embed, Field, Message};
use crate::domain::text;

/// Longest single text that is read, in characters: Discord's longest (an embed's description; content has 4 000).
pub const TEXT_LIMIT: usize = 4_096;
/// All text of a message that is read, in characters: Discord allows 4 000 of content and 6 000 in all embeds. More can only come from
/// elsewhere, and would be work without a bound for the rules.
pub const MESSAGE_LIMIT: usize = 10_000;
/// Embeds of a message that are read, fields of an embed: Discord's own limits.
pub const EMBEDS_LIMIT: usize = 10;
pub const FIELDS_LIMIT: usize = 25;
/// Longest title, in characters: a line of a list, and room for a prefix within Discord's 256.
pub const TITLE_LIMIT: usize = 200;
/// Longest description, in characters: what one looks at on a card before opening anything.
pub const DESCRIPTION_LIMIT: usize = 1_500;
/// Longest severity, in characters: it is one word at every known sender.
pub const SEVERITY_LIMIT: usize = 50;
/// Longest link, in characters: Discord refuses longer ones.
pub const URL_LIMIT: usize = 2_048;
/// Longest key, in bytes: short enough for an index and a log line.
pub const KEY_LIMIT: usize = 200;
/// The key of a text in which nothing can be seen.
const NOTHING: &str = "*";

/// The message with every text cleaned and cut, so that whatever reads it has a bounded amount of work.
pub fn bound(message: &Message) -> Message {
    let mut budget = Budget(MESSAGE_LIMIT);
    Message {
        username: message.username.as_deref().map(|name| budget.take(name)),
        content: budget.take(&message.content),
        embeds: message.embeds.iter().take(EMBEDS_LIMIT).map(|embed| budget.embed(embed)).collect(),
        ..message.clone()
    }
}

/// Characters that may still be read.
struct Budget(usize);

impl Budget {
    fn take(&mut self, text: &str) -> String {
        if self.0 == 0 {
            return String::new();
        }
        let taken = text::block(text, self.0.min(TEXT_LIMIT));
        self.0 -= taken.chars().count();
        taken
    }

    fn take_some(&mut self, text: &Option<String>) -> Option<String> {
        text.as_deref().map(|text| self.take(text))
    }

    fn embed(&mut self, embed: &Embed) -> Embed {
        Embed {
            title: self.take_some(&embed.title),
            description: self.take_some(&embed.description),
            url: self.take_some(&embed.url),
            footer: self.take_some(&embed.footer),
            author: self.take_some(&embed.author),
            colour: embed.colour,
            fields: embed.fields.iter().take(FIELDS_LIMIT).map(|field| self.field(field)).collect(),
        }
    }

    fn field(&mut self, field: &Field) -> Field {
        Field { name: self.take(&field.name), value: self.take(&field.value) }
    }
}

/// A text to compare by: one line, without the choice between a symbol's plain and its coloured shape; where it is longer than
/// [`KEY_LIMIT`], its head and a hash of the whole. Never empty.
pub fn key(text: &str) -> String {
    let shape = |c: &char| !('\u{fe00}'..='\u{fe0f}').contains(c);
    let whole = text::one_line(&text.chars().filter(shape).collect::<String>(), usize::MAX);
    if whole.is_empty() {
        return NOTHING.to_owned();
    }
    if whole.len() <= KEY_LIMIT {
        return whole;
    }
    let hash = format!("~{:016x}", fnv1a(whole.as_bytes()));
    let head = whole.floor_char_boundary(KEY_LIMIT - hash.len());
    format!("{}{hash}", &whole[..head])
}

/// A link to show: web addresses only, whole or not at all.
pub fn url(text: &str) -> Option<String> {
    let url = text.trim();
    let web = url.starts_with("https://") || url.starts_with("http://");
    let whole = url.chars().count() <= URL_LIMIT && !url.contains(|c: char| c.is_whitespace() || c == '…');
    (web && whole).then(|| url.to_owned())
}

/// FNV-1a, 64 bits. Keys are stored, so the hash must be the same in every build: std's hasher does not promise that. Who can choose
/// alert text can repeat a key anyway, so nothing is won by a hash that resists them.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_do_not_make_a_different_key() {
        let plain = key("web-1 down");
        for text in [
            "web-1\u{200b} down",
            "\u{202e}web-1 down\u{202c}",
            "web\0-1 \t down\n",
            "\u{feff} web-1\r\ndown",
            "web-1\u{fe0f} down",
            "we\u{ad}b-1 down",
        ] {
            assert_eq!(key(text), plain, "{text:?}");
        }
        assert_ne!(key("web-2 down"), plain);
        assert_eq!(key("\u{fe0f}\u{200b}"), NOTHING);
    }

    #[test]
    fn long_keys_keep_apart_by_their_tail() {
        let (one, two) = (format!("{}1", "ü".repeat(500)), format!("{}2", "ü".repeat(500)));
        assert!(key(&one).len() <= KEY_LIMIT && key(&two).len() <= KEY_LIMIT);
        assert_ne!(key(&one), key(&two));
        assert_eq!(key(&key(&one)), key(&one));
        assert_eq!(key(&"a".repeat(KEY_LIMIT)), "a".repeat(KEY_LIMIT));
    }

    #[test]
    fn the_hash_of_stored_keys_never_changes() {
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn only_whole_web_addresses_are_links() {
        assert_eq!(url(" https://a.example/x ").as_deref(), Some("https://a.example/x"));
        let long = format!("https://a.example/{}", "x".repeat(URL_LIMIT));
        for text in ["javascript:alert(1)", "/relative", "", "https://a.example/x y", "https://a.example/cut…", &long]
        {
            assert_eq!(url(text), None, "{text}");
        }
    }
}
