//! The name of an incident's channel: what people read in a narrow list, and type.

/// Longest name that Discord takes: <https://discord.com/developers/docs/resources/channel#channel-object>.
pub const NAME_MAX: usize = 100;
/// Longest slug: a channel list shows less than that.
const SLUG_MAX: usize = 60;

/// `inc-42-payments-instance-down`: ASCII, lower case, cut at a word, at most [`NAME_MAX`] characters.
pub fn room_name(number: i64, title: &str) -> String {
    let slug = slug(title);
    if slug.is_empty() { format!("inc-{number}") } else { format!("inc-{number}-{slug}") }
}

fn slug(title: &str) -> String {
    let folded: String = title.to_lowercase().chars().map(fold).collect();
    let words = folded.split('-').filter(|word| !word.is_empty());
    let mut slug = String::new();
    for word in words {
        let joint = usize::from(!slug.is_empty());
        let room = SLUG_MAX.saturating_sub(slug.len() + joint);
        if word.len() > room && joint > 0 {
            break;
        }
        if joint > 0 {
            slug.push('-');
        }
        slug.push_str(&word[..word.len().min(room)]);
    }
    slug
}

/// A lower-case character as ASCII; what has no counterpart parts words.
fn fold(c: char) -> &'static str {
    const ASCII: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
    if let Some(at) = ASCII.find(c) {
        return &ASCII[at..=at];
    }
    match c {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ą' | 'ă' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ō' | 'ő' => "o",
        'ö' | 'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' => "u",
        'ü' => "ue",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        // Inside a word they part nothing: "can't", "café" with a separate accent.
        '\'' | '’' | '\u{300}'..='\u{36f}' => "",
        _ => "-",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_a_number_and_the_first_words() {
        let rows = [
            (42, "Payments: InstanceDown", "inc-42-payments-instancedown"),
            (1, "Zahlungen für Köln überfällig", "inc-1-zahlungen-fuer-koeln-ueberfaellig"),
            (7, "[FIRING:1] DB can't write!! 🔥", "inc-7-firing-1-db-cant-write"),
            (8, "障害", "inc-8"),
            (9, "", "inc-9"),
        ];
        for (number, title, name) in rows {
            assert_eq!(room_name(number, title), name);
        }
        assert_eq!(room_name(1, &"word ".repeat(40)), format!("inc-1{}", "-word".repeat(12)));
        assert_eq!(room_name(1, &"x".repeat(200)).len(), 6 + SLUG_MAX);
    }

    proptest! {
        #[test]
        fn every_name_is_one_that_discord_takes(number in 1..i64::MAX, title in ".{0,300}") {
            let name = room_name(number, &title);
            prop_assert!(name.len() <= NAME_MAX, "{name}");
            prop_assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{name}");
            prop_assert!(!name.contains("--") && !name.ends_with('-'), "{name}");
        }
    }
}
