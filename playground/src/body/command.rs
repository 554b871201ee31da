//! Application commands to register.
//! Never registers one.

use super::{Checked, detail};
use crate::refusal::Refusal;
use serde_json::{Value, json};
use twilight_model::application::command::{Command as CommandModel, CommandOption};

const COMMAND_FIELDS: &[&str] = &[
    "id",
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "options",
    "default_member_permissions",
    "dm_permission",
    "default_permission",
    "integration_types",
    "contexts",
    "type",
    "nsfw",
    "handler",
];

/// A command to register, checked; twilight's model needs `type` and `version`, which Discord adds itself.
pub(crate) fn command(given: &Value, path: &str) -> Checked<CommandModel> {
    let mut given = given.clone();
    let Some(fields) = given.as_object_mut() else {
        return Err(Refusal::form(path, "MODEL_TYPE_CONVERT", "a command is an object"));
    };
    if let Some(odd) = fields.keys().find(|name| !COMMAND_FIELDS.contains(&name.as_str())) {
        return Err(Refusal::form(&format!("{path}.{odd}"), "INVALID_FORM_BODY", "no such command field"));
    }
    fields.entry("type").or_insert(json!(1));
    fields.entry("description").or_insert(json!(""));
    fields.insert("version".into(), json!("1"));
    let model: CommandModel =
        serde_json::from_value(given).map_err(|error| Refusal::form(path, "INVALID_FORM_BODY", error.to_string()))?;
    let bad = |error: &dyn std::error::Error| Refusal::form(path, "BASE_TYPE_BAD_LENGTH", detail(error));
    twilight_validate::command::command(&model).map_err(|error| bad(&error))?;
    options(&model.options, path)?;
    Ok(model)
}

fn options(given: &[CommandOption], path: &str) -> Checked<()> {
    let bad = |error: &dyn std::error::Error| {
        Refusal::form(&format!("{path}.options"), "APPLICATION_COMMAND_OPTIONS_INVALID", detail(error))
    };
    twilight_validate::command::options(given).map_err(|error| bad(&error))?;
    for (at, option) in given.iter().enumerate() {
        if option.autocomplete == Some(true) && option.choices.as_ref().is_some_and(|choices| !choices.is_empty()) {
            let message = "choices are mutually exclusive with autocomplete";
            return Err(Refusal::form(
                &format!("{path}.options.{at}"),
                "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES",
                message,
            ));
        }
        options(option.options.as_deref().unwrap_or_default(), &format!("{path}.options.{at}"))?;
    }
    Ok(())
}
