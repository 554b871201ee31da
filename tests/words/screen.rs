//! A message's body as a screen of text, for people to review: mentions, embeds, buttons and who is pinged.

use std::fmt::Write;

use serde_json::Value;

/// What a phone shows, roughly; the first line says whether it makes a sound.
pub fn screen(body: &Value) -> String {
    let mut screen = String::new();
    let pings = format!("{}{}", body["allowed_mentions"]["users"], body["allowed_mentions"]["roles"]);
    let quiet = body["flags"].as_u64().is_some_and(|flags| flags & (1 << 12) != 0);
    writeln!(screen, "({}, pings {pings})", if quiet { "quiet" } else { "loud" }).unwrap();
    writeln!(screen, "{}", body["content"].as_str().unwrap_or_default()).unwrap();
    each(&body["embeds"]).for_each(|embed| put_embed(&mut screen, embed));
    each(&body["components"]).for_each(|row| put_row(&mut screen, row));
    screen
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn put_embed(screen: &mut String, embed: &Value) {
    writeln!(screen, "┃ {}  #{:06X}", embed["title"].as_str().unwrap(), embed["color"].as_u64().unwrap()).unwrap();
    let put = |screen: &mut String, text: &str| text.lines().for_each(|line| writeln!(screen, "┃ {line}").unwrap());
    put(screen, embed["description"].as_str().unwrap());
    for field in each(&embed["fields"]) {
        writeln!(screen, "┃ ── {}", field["name"].as_str().unwrap()).unwrap();
        put(screen, field["value"].as_str().unwrap());
    }
}

fn put_row(screen: &mut String, row: &Value) {
    for component in each(&row["components"]) {
        let id = component["custom_id"].as_str().unwrap();
        match component["type"].as_u64().unwrap() {
            2 => {
                let (left, right) = if component["style"] == 1 { ("[[", "]]") } else { ("[", "]") };
                write!(screen, "{left}{} → {id}{right} ", component["label"].as_str().unwrap()).unwrap();
            }
            3 => {
                write!(screen, "▾ {} → {id}", component["placeholder"].as_str().unwrap()).unwrap();
                each(&component["options"]).for_each(|option| put_option(screen, option));
            }
            kind @ (5 | 6 | 8) => {
                let what = ["people", "roles", "", "channels"][kind as usize - 5];
                let placeholder = component["placeholder"].as_str().unwrap();
                write!(screen, "▾ {placeholder} → {id} ({what}, up to {})", component["max_values"]).unwrap();
                each(&component["default_values"]).for_each(|one| write!(screen, " •{}", one["id"]).unwrap());
            }
            other => panic!("a component of type {other}"),
        }
    }
    screen.push('\n');
}

fn put_option(screen: &mut String, option: &Value) {
    let mark = if option["default"] == true { "•" } else { " " };
    let description = option["description"].as_str().unwrap_or_default();
    let (label, value) = (option["label"].as_str().unwrap(), option["value"].as_str().unwrap());
    write!(screen, "\n  {mark} {label} ({value}) {description}").unwrap();
}
