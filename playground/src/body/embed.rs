//! Embeds: misspelt fields, lengths, and the shape Discord returns.
//! Never draws one; `render` does.

use super::{Checked, detail};
use crate::refusal::Refusal;
use serde_json::{Value, json};
use twilight_model::channel::message::Embed;

const EMBED_FIELDS: &[&str] = &[
    "title",
    "type",
    "description",
    "url",
    "timestamp",
    "color",
    "footer",
    "image",
    "thumbnail",
    "video",
    "provider",
    "author",
    "fields",
    "flags",
];

/// Embeds with `type` added, nulls dropped, limits checked (6000 characters over all of them).
pub(crate) fn embeds(given: &[Value]) -> Checked<Vec<Value>> {
    let mut ready = Vec::new();
    let mut models: Vec<Embed> = Vec::new();
    for (at, embed) in given.iter().enumerate() {
        let path = format!("embeds.{at}");
        let mut embed = embed.clone();
        let Some(fields) = embed.as_object_mut() else {
            return Err(Refusal::form(&path, "MODEL_TYPE_CONVERT", "an embed is an object"));
        };
        fields.retain(|_, value| !value.is_null());
        if let Some(odd) = fields.keys().find(|name| !EMBED_FIELDS.contains(&name.as_str())) {
            return Err(Refusal::form(&format!("{path}.{odd}"), "INVALID_FORM_BODY", "no such embed field"));
        }
        fields.insert("type".into(), json!("rich"));
        for field in fields
            .get_mut("fields")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
        {
            field.entry("inline").or_insert(json!(false));
        }
        empty_texts(&embed, &path)?;
        models.push(
            serde_json::from_value(embed.clone())
                .map_err(|error| Refusal::form(&path, "INVALID_FORM_BODY", error.to_string()))?,
        );
        ready.push(embed);
    }
    let checked = twilight_validate::message::embeds(&models);
    checked.map_err(|error| Refusal::form("embeds", "BASE_TYPE_MAX_LENGTH", detail(&error)))?;
    Ok(ready)
}

/// A field needs a name and a value, a footer a text.
fn empty_texts(embed: &Value, path: &str) -> Checked<()> {
    for (at, field) in embed["fields"].as_array().into_iter().flatten().enumerate() {
        for name in ["name", "value"] {
            if field[name].as_str().is_none_or(|text| text.trim().is_empty()) {
                return Err(Refusal::form(
                    &format!("{path}.fields.{at}.{name}"),
                    "BASE_TYPE_REQUIRED",
                    "This field is required",
                ));
            }
        }
    }
    Ok(())
}
