//! The rules, pure: same state, event, facts and time in, same outcome out. Never asks a clock, a database or Discord.
//!
//! One file a noun. What a team sets up: [`definition`], [`settings`], [`contact`], [`schedule`], [`escalation`], [`plan`],
//! [`source`], [`change`], [`runbook`], [`analysis`], [`maintenance`]; texts with look-ups: [`template`].
//! The guided way to all of it: [`setup`]. What Discord shows of the guild: [`survey`]; what of it keeps pages from arriving:
//! [`doctor`].
//! What happens: [`alert`], [`incident`], [`call`], [`engagement`]; each decides in a [`turn`], from [`facts`], and says
//! what must follow ([`effect`]), what is remembered ([`timeline`]), or why not ([`refusal`]). Who may: [`permission`].
//! Who is on call, as people ask about it: [`oncall`]; offers of shifts: [`cover`].
//! The same machine run ahead of time: [`preview`]. Whether the bot itself is well: [`health`].
//! Single values: [`id`], [`snowflake`], [`name`], [`reference`], [`impact`], [`span`], [`text`]; how people write them:
//! [`written`].

pub mod alert;
pub mod analysis;
pub mod call;
pub mod change;
pub mod contact;
pub mod cover;
pub mod definition;
pub mod doctor;
pub mod effect;
pub mod engagement;
pub mod escalation;
pub mod facts;
pub mod health;
pub mod id;
pub mod impact;
pub mod incident;
pub mod maintenance;
pub mod name;
pub mod oncall;
pub mod permission;
pub mod plan;
pub mod preview;
pub mod reference;
pub mod refusal;
pub mod runbook;
pub mod schedule;
pub mod settings;
pub mod setup;
pub mod snowflake;
pub mod source;
pub mod span;
pub mod survey;
pub mod template;
pub mod text;
pub mod timeline;
pub mod turn;
pub mod written;
