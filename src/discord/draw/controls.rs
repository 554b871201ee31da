//! Buttons and selects, in rows, within Discord's limits:
//! <https://discord.com/developers/docs/components/reference>. Knows no message.

use serde_json::{Value, json};

use crate::app::press::Pressed;
use crate::app::reply::{Choice, Control, Pick, Style};
use crate::discord::markdown::plain;

const ROWS_MAX: usize = 5;
const BUTTONS_PER_ROW: usize = 5;
const LABEL_MAX: usize = 80;
const OPTIONS_MAX: usize = 25;
/// Of an option's label, value and description.
const OPTION_MAX: usize = 100;
const PLACEHOLDER_MAX: usize = 150;
const PICKED_MAX: u8 = 25;

/// Controls in order: neighbouring buttons share a row, a select has one of its own. What has no room is left out.
pub fn rows(controls: &[Control]) -> Value {
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let mut open = false;
    for control in controls {
        let button = matches!(control, Control::Button { .. });
        match rows.last_mut().filter(|row| open && button && row.len() < BUTTONS_PER_ROW) {
            Some(row) => row.push(component(control)),
            None if empty_select(control) => {}
            None => rows.push(vec![component(control)]),
        }
        open = button;
    }
    rows.truncate(ROWS_MAX);
    rows.into_iter().map(|components| json!({ "type": 1, "components": components })).collect()
}

/// A button.
pub fn button(label: &str, style: Style, does: Pressed) -> Control {
    Control::Button { label: label.to_owned(), style, does }
}

/// Discord refuses a select that offers nothing.
fn empty_select(control: &Control) -> bool {
    matches!(control, Control::Select { options, .. } if options.is_empty())
}

fn component(control: &Control) -> Value {
    match control {
        Control::Button { label, style, does } => json!({
            "type": 2,
            "style": style_number(*style),
            "label": plain(label, LABEL_MAX),
            "custom_id": does.to_string(),
        }),
        Control::Select { placeholder, options, does } => json!({
            "type": 3,
            "placeholder": plain(placeholder, PLACEHOLDER_MAX),
            "options": options.iter().take(OPTIONS_MAX).map(option).collect::<Vec<_>>(),
            "custom_id": does.to_string(),
        }),
        Control::Pick { what, max, placeholder, chosen, does } => {
            let mut drawn = json!({
                "placeholder": plain(placeholder, PLACEHOLDER_MAX),
                "max_values": (*max).clamp(1, PICKED_MAX),
                "custom_id": does.to_string(),
            });
            offer(&mut drawn, *what, chosen, usize::from((*max).clamp(1, PICKED_MAX)));
            drawn
        }
    }
}

/// What a select of entities offers, and what is chosen in it already.
fn offer(select: &mut Value, what: Pick, chosen: &[u64], max: usize) {
    // <https://discord.com/developers/docs/resources/channel#channel-object-channel-types>
    let (kind, word, channels) = match what {
        Pick::People => (5, "user", None),
        Pick::Roles => (6, "role", None),
        Pick::Channels => (8, "channel", Some([0, 5].as_slice())),
        Pick::Categories => (8, "channel", Some([4].as_slice())),
    };
    select["type"] = kind.into();
    if let Some(kinds) = channels {
        select["channel_types"] = kinds.into();
    }
    if (1..=max).contains(&chosen.len()) {
        let one = |id: &u64| json!({ "id": id.to_string(), "type": word });
        select["default_values"] = chosen.iter().map(one).collect();
    }
}

fn style_number(style: Style) -> u8 {
    match style {
        Style::Primary => 1,
        Style::Grey => 2,
        Style::Danger => 4,
    }
}

fn option(choice: &Choice) -> Value {
    let mut option =
        json!({ "label": plain(&choice.label, OPTION_MAX), "value": choice.value, "default": choice.chosen });
    if let Some(description) = &choice.description {
        option["description"] = plain(description, OPTION_MAX).into();
    }
    option
}
