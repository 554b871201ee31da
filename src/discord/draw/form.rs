//! A form as Discord's modal: rows of text inputs, for serenity reads no others back. Knows no incident.

use serde_json::{Value, json};

use crate::app::reply::{Form, FormInput};
use crate::discord::markdown::{plain, width};

/// <https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal>
const TITLE_MAX: usize = 45;
const INPUTS_MAX: usize = 5;
const LABEL_MAX: usize = 45;
const PLACEHOLDER_MAX: usize = 100;
const INPUT_MAX: usize = 4_000;

/// The data of a modal.
pub fn modal(form: &Form) -> Value {
    let rows = form.inputs.iter().take(INPUTS_MAX).map(|input| json!({ "type": 1, "components": [text_input(input)] }));
    json!({
        "title": plain(&form.title, TITLE_MAX),
        "custom_id": form.does.to_string(),
        "components": rows.collect::<Vec<_>>(),
    })
}

fn text_input(input: &FormInput) -> Value {
    let max = input.max.clamp(1, INPUT_MAX);
    let mut drawn = json!({
        "type": 4,
        "custom_id": input.id,
        "style": if input.long { 2 } else { 1 },
        "label": plain(&input.label, LABEL_MAX),
        "required": input.required,
        "max_length": max,
        "placeholder": plain(&input.placeholder, PLACEHOLDER_MAX),
    });
    // A value that does not fit would be refused, a cut one would be saved: better none.
    if !input.value.is_empty() && width(&input.value) <= max {
        drawn["value"] = input.value.clone().into();
    }
    drawn
}
