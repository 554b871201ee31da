//! Names of definitions from what people call things: `Zoë 🚀 Ops` becomes `zoe-ops`. Unique in their kind.

use crate::domain::definition::{Kind, Set};
use crate::domain::name::{NAME_MAX, Name};

/// Room for the number that makes a name unique.
const STEM_MAX: usize = NAME_MAX - 6;
/// For whom nothing of the name can be written.
const NOBODY: &str = "person";

/// A name that no definition of this kind has.
pub(super) fn unique(set: &Set, kind: Kind, called: &str) -> Name {
    let stem = stem(called);
    let numbered = |number: usize| if number < 2 { stem.clone() } else { format!("{stem}-{number}") };
    let free = |name: &Name| !set.contains(kind, name);
    let mut names = (1..=set.len() + 1).filter_map(|number| Name::parse(&numbered(number)).ok());
    names.find(free).expect("one of more names than there are definitions is free")
}

fn stem(called: &str) -> String {
    let mut stem = String::new();
    for c in called.chars().flat_map(char::to_lowercase) {
        match plain(c) {
            Some(letters) => stem.push_str(letters),
            None if c.is_ascii_alphanumeric() || c == '_' => stem.push(c),
            None if !stem.is_empty() && !stem.ends_with('-') => stem.push('-'),
            None => {}
        }
    }
    let cut: String = stem.chars().take(STEM_MAX).collect();
    let trimmed = cut.trim_matches(['-', '_']);
    if trimmed.is_empty() { NOBODY.to_owned() } else { trimmed.to_owned() }
}

/// Letters of European names without their marks.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'ð' | 'đ' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'ł' | 'ľ' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ō' => "o",
        'ö' | 'ø' | 'œ' | 'ő' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' => "u",
        'ü' | 'ű' => "ue",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        // An accent that stands beside its letter.
        '\u{300}'..='\u{36f}' | '\'' | '’' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_what_people_are_called() {
        let long = "x".repeat(200);
        let rows = [
            ("Ana", "ana"),
            ("Zoë 🚀 Ops", "zoe-ops"),
            ("Jürgen Groß", "juergen-gross"),
            ("O'Neill, Pat", "oneill-pat"),
            ("ana_b.", "ana_b"),
            ("--- [on call] ---", "on-call"),
            ("日本", "person"),
            ("", "person"),
            (long.as_str(), &long[..STEM_MAX]),
        ];
        for (called, name) in rows {
            assert_eq!(unique(&Set::default(), Kind::Contact, called).as_str(), name, "{called}");
        }
    }
}
