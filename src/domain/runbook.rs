//! Runbooks in the shape of SSM Automation documents, `schemaVersion: '0.3'`, so that existing ones run. Only the shape:
//! running one is not decided here.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Most steps of a runbook, nested ones of loops included.
pub const STEPS_MAX: usize = 100;
/// Most tries of a step.
pub const ATTEMPTS_MAX: u32 = 100;
/// Longest a step may wait: thirty days, AWS's own limit.
pub const TIMEOUT_MAX_S: u64 = 30 * 86_400;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Runbook {
    pub schema_version: SchemaVersion,
    /// Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A role of AWS; kept, used only by AWS actions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assume_role: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Parameter>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Parameter>,
    /// Run in order, unless a step says where to go on.
    pub main_steps: Vec<Step>,
    /// `Step.Output`, in order.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SchemaVersion {
    #[serde(rename = "0.3")]
    V03,
}

/// A parameter or a variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Parameter {
    #[serde(rename = "type")]
    pub kind: ValueType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// None: a value must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_values: Vec<Value>,
    /// A regular expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_pattern: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_items: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_chars: Option<u32>,
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Step {
    /// Unique in the runbook, `[A-Za-z0-9_]+`.
    pub name: String,
    /// One of [`ACTIONS`].
    pub action: String,
    /// Markdown. Of `aws:pause`: the instruction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The action's own fields.
    pub inputs: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub max_attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "is_abort")]
    pub on_failure: Onward,
    #[serde(default, skip_serializing_if = "is_abort")]
    pub on_cancel: Onward,
    /// The run ends after this step, whether it failed or not.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_end: bool,
    /// Where to go on after success; none: the next in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    /// Its failure fails the run. None: unless `on_failure` is `Continue`.
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

/// What a step hands on: the value at `selector` (JSONPath) of its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct Output {
    pub name: String,
    pub selector: String,
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
