//! Runbooks in the shape of SSM Automation documents, `schemaVersion: '0.3'`, so that existing ones run. Only the shape:
//! running one is not decided here.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html>

use std::collections::BTreeMap;

use super::source::PATTERN_MAX;
use super::written::{Pattern, actions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest name of a step or parameter, and longest description, in characters.
pub const STEP_NAME_MAX: usize = 128;
pub const DESCRIPTION_MAX: usize = 4_000;
/// Most parameters of a runbook.
pub const PARAMETERS_MAX: usize = 200;

/// Most steps of a runbook, nested ones of loops included.
pub const STEPS_MAX: usize = 100;
/// Most tries of a step.
pub const ATTEMPTS_MAX: u32 = 100;
/// Longest a step may wait: thirty days, AWS's own limit.
pub const TIMEOUT_MAX_S: u64 = 30 * 86_400;

/// A document of steps, in the shape of AWS Systems Manager Automation, so that existing ones run. Those with scripts, commands or AWS actions run only after `muster approve runbook` on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Runbook {
    /// The version of the shape.
    pub schema_version: SchemaVersion,
    /// What it is for. Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = DESCRIPTION_MAX))]
    pub description: Option<String>,
    /// A role of AWS, for AWS actions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assume_role: Option<String>,
    /// What may be given to a run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = PARAMETERS_MAX))]
    pub parameters: BTreeMap<String, Parameter>,
    /// What steps may change.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Parameter>,
    /// Run in order, unless a step says where to go on.
    #[schemars(length(min = 1, max = STEPS_MAX))]
    pub main_steps: Vec<Step>,
    /// What a run hands on: `Step.Output`, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// Attachments of AWS documents; kept, never read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, Value>,
}

impl Runbook {
    /// It runs scripts, commands or AWS actions: only after `muster approve runbook` on the host.
    pub fn needs_approval(&self) -> bool {
        self.main_steps.iter().any(Step::needs_approval)
    }

    pub fn step(&self, name: &str) -> Option<&Step> {
        self.main_steps.iter().find(|step| step.name == name)
    }
}

/// The one version that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SchemaVersion {
    /// The only one.
    #[serde(rename = "0.3")]
    V03,
}

/// A parameter or a variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Parameter {
    /// Of its values; there is no conversion.
    #[serde(rename = "type")]
    pub kind: ValueType,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its value where none is given. Without it: one must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The only values. Empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_values: Vec<Value>,
    /// What a value matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Pattern>", length(max = PATTERN_MAX))]
    pub allowed_pattern: Option<String>,
    /// Of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_items: Option<u32>,
    /// Of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u32>,
    /// Of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_chars: Option<u32>,
    /// Of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<u32>,
    /// How AWS's console shows it; kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_type: Option<String>,
}

/// The type of a parameter, a variable or an output. There is no conversion between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ValueType {
    String,
    StringList,
    Integer,
    Boolean,
    StringMap,
    MapList,
    /// `AWS::EC2::Instance::Id` and the like: a text.
    Aws(String),
    /// `List<AWS::EC2::Instance::Id>` and the like: a list of texts.
    AwsList(String),
}

const VALUE_TYPES: [(&str, ValueType); 6] = [
    ("String", ValueType::String),
    ("StringList", ValueType::StringList),
    ("Integer", ValueType::Integer),
    ("Boolean", ValueType::Boolean),
    ("StringMap", ValueType::StringMap),
    ("MapList", ValueType::MapList),
];

impl ValueType {
    /// The value has this type.
    pub fn holds(&self, value: &Value) -> bool {
        let list_of = |good: fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(good));
        match self {
            ValueType::String | ValueType::Aws(_) => value.is_string(),
            ValueType::StringList | ValueType::AwsList(_) => list_of(Value::is_string),
            ValueType::Integer => value.is_i64() || value.is_u64(),
            ValueType::Boolean => value.is_boolean(),
            ValueType::StringMap => value.is_object(),
            ValueType::MapList => list_of(Value::is_object),
        }
    }
}

impl TryFrom<String> for ValueType {
    type Error = String;

    fn try_from(text: String) -> Result<ValueType, String> {
        if let Some((_, kind)) = VALUE_TYPES.iter().find(|(word, _)| *word == text) {
            return Ok(kind.clone());
        }
        if text.starts_with("AWS::") {
            return Ok(ValueType::Aws(text));
        }
        if text.starts_with("List<AWS::") && text.ends_with('>') {
            return Ok(ValueType::AwsList(text));
        }
        let words: Vec<&str> = VALUE_TYPES.iter().map(|(word, _)| *word).collect();
        Err(format!("`{text}` is not a type: write one of {}", words.join(", ")))
    }
}

impl From<ValueType> for String {
    fn from(kind: ValueType) -> String {
        match kind {
            ValueType::Aws(text) | ValueType::AwsList(text) => text,
            plain => {
                VALUE_TYPES.iter().find(|(_, k)| *k == plain).map_or_else(String::new, |(word, _)| (*word).to_owned())
            }
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Step {
    /// Unique in the runbook: letters, digits and _.
    #[schemars(length(min = 1, max = STEP_NAME_MAX))]
    pub name: String,
    /// What it does.
    #[schemars(extend("enum" = actions()))]
    pub action: String,
    /// Markdown. Of `aws:pause`: the instruction that a person carries out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = DESCRIPTION_MAX))]
    pub description: Option<String>,
    /// The action's own fields.
    pub inputs: BTreeMap<String, Value>,
    /// What it hands on to later steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    /// How often it is tried.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    #[schemars(range(min = 1, max = ATTEMPTS_MAX), extend("x-default" = once()))]
    pub max_attempts: u32,
    /// How long one try may take, in seconds. Without it: as the action says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = TIMEOUT_MAX_S))]
    pub timeout_seconds: Option<u64>,
    /// Where to go on when it has failed.
    #[serde(default, skip_serializing_if = "is_abort")]
    #[schemars(extend("x-default" = Onward::default()))]
    pub on_failure: Onward,
    /// Where to go on when it was cancelled; not `Continue`.
    #[serde(default, skip_serializing_if = "is_abort")]
    #[schemars(extend("x-default" = Onward::default()))]
    pub on_cancel: Onward,
    /// The run ends after it, whether it failed or not.
    #[serde(default, skip_serializing_if = "is_false")]
    #[schemars(extend("x-default" = false))]
    pub is_end: bool,
    /// Where to go on after success. Without it: the next in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    /// Its failure fails the run. Without it: unless `onFailure` is `Continue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_critical: Option<bool>,
}

fn once() -> u32 {
    1
}

fn is_once(attempts: &u32) -> bool {
    *attempts == 1
}

fn is_abort(onward: &Onward) -> bool {
    *onward == Onward::Abort
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Step {
    /// Its failure fails the run.
    pub fn critical(&self) -> bool {
        self.is_critical.unwrap_or(self.on_failure != Onward::Continue)
    }

    /// The steps of an `aws:loop`; `None` of any other step. Fails where they have not the shape of steps.
    pub fn nested(&self) -> Option<Result<Vec<Step>, serde_json::Error>> {
        let steps = self.inputs.get("Steps").filter(|_| self.action == "aws:loop")?;
        Some(Vec::<Step>::deserialize(steps))
    }

    fn needs_approval(&self) -> bool {
        let own = ACTIONS.iter().find(|action| action.name == self.action).is_none_or(|action| action.host);
        own || self.nested().is_some_and(|steps| steps.is_ok_and(|steps| steps.iter().any(Step::needs_approval)))
    }
}

/// What a step hands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct Output {
    /// Later steps look it up as `Step.Name`.
    pub name: String,
    /// Where in the answer: JSONPath.
    pub selector: String,
    /// Of its value.
    #[serde(rename = "Type", default = "text")]
    pub kind: ValueType,
}

fn text() -> ValueType {
    ValueType::String
}

/// Where a run goes on after a failure or a cancellation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Onward {
    #[default]
    Abort,
    Continue,
    Step(String),
}

impl TryFrom<String> for Onward {
    type Error = String;

    fn try_from(text: String) -> Result<Onward, String> {
        match (text.as_str(), text.strip_prefix("step:")) {
            ("Abort", _) => Ok(Onward::Abort),
            ("Continue", _) => Ok(Onward::Continue),
            (_, Some(step)) if !step.is_empty() => Ok(Onward::Step(step.to_owned())),
            _ => Err(format!("`{text}` is not a way to go on: write Abort, Continue or step:NAME")),
        }
    }
}

impl From<Onward> for String {
    fn from(onward: Onward) -> String {
        match onward {
            Onward::Abort => "Abort".to_owned(),
            Onward::Continue => "Continue".to_owned(),
            Onward::Step(step) => format!("step:{step}"),
        }
    }
}

/// An action of SSM Automation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    pub name: &'static str,
    /// Runs a script, a command or an AWS call: needs approval on the host.
    pub host: bool,
}

const fn own(name: &'static str) -> Action {
    Action { name, host: false }
}

const fn host(name: &'static str) -> Action {
    Action { name, host: true }
}

/// Every action that a step may name.
pub const ACTIONS: [Action; 23] = [
    own("aws:approve"),
    own("aws:branch"),
    own("aws:executeAutomation"),
    own("aws:invokeWebhook"),
    own("aws:loop"),
    own("aws:pause"),
    own("aws:sleep"),
    own("aws:updateVariable"),
    host("aws:assertAwsResourceProperty"),
    host("aws:changeInstanceState"),
    host("aws:copyImage"),
    host("aws:createImage"),
    host("aws:createStack"),
    host("aws:createTags"),
    host("aws:deleteImage"),
    host("aws:deleteStack"),
    host("aws:executeAwsApi"),
    host("aws:executeScript"),
    host("aws:executeStateMachine"),
    host("aws:invokeLambdaFunction"),
    host("aws:runCommand"),
    host("aws:runInstances"),
    host("aws:waitForAwsResourceProperty"),
];
