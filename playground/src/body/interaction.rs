//! Bodies that answer an interaction: callback, completions, forms.
//! Never decides whether an answer may still come.

use super::{
    Checked,
    component::{models, unique_ids},
    detail,
};
use crate::refusal::Refusal;
use serde::Deserialize;
use serde_json::Value;
use twilight_model::{application::command::CommandOptionChoice, channel::message::Component};

/// POST /interactions/{id}/{token}/callback
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Callback {
    #[serde(rename = "type")]
    pub kind: u8,
    #[serde(default)]
    pub data: Option<Value>,
}

/// Callback data of types 8 and 9.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choices {
    pub choices: Vec<CommandOptionChoice>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Modal {
    pub custom_id: String,
    pub title: String,
    pub components: Vec<Value>,
}
impl Modal {
    /// Title up to 45, id up to 100, one to five top-level components.
    pub fn check(&self) -> Checked<()> {
        let length = |path: &str, text: &str, max: usize| {
            let fits = (1..=max).contains(&text.chars().count());
            if fits {
                Ok(())
            } else {
                Err(Refusal::form(path, "BASE_TYPE_BAD_LENGTH", format!("Must be between 1 and {max} in length.")))
            }
        };
        length("data.title", &self.title, 45)?;
        length("data.custom_id", &self.custom_id, 100)?;
        if !(1..=5).contains(&self.components.len()) {
            return Err(Refusal::form("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."));
        }
        unique_ids(&self.components)?;
        for (at, model) in models(&self.components)?.iter().enumerate() {
            let checked = match model {
                Component::ActionRow(row) => row.components.iter().try_for_each(|one| match one {
                    Component::TextInput(input) => twilight_validate::component::text_input(input, true),
                    _ => Ok(()),
                }),
                Component::Label(label) => twilight_validate::component::label(label),
                _ => Ok(()),
            };
            checked.map_err(|error| {
                Refusal::form(&format!("data.components.{at}"), "BASE_TYPE_BAD_LENGTH", detail(&error))
            })?;
        }
        Ok(())
    }
}

impl Choices {
    /// At most 25, each within its lengths.
    pub fn check(&self) -> Checked<()> {
        if self.choices.len() > 25 {
            return Err(Refusal::form("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length."));
        }
        for (at, choice) in self.choices.iter().enumerate() {
            let checked = twilight_validate::command::choice(choice);
            checked.map_err(|error| {
                Refusal::form(&format!("data.choices.{at}"), "BASE_TYPE_BAD_LENGTH", detail(&error))
            })?;
        }
        Ok(())
    }
}
