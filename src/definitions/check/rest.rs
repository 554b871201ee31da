//! Settings, analysis templates and maintenance windows.

use std::collections::BTreeSet;

use super::Desk;
use crate::domain::analysis::{
    ASK_MAX, AnalysisTemplate, Answer, CHOICE_MAX, CHOICES_MAX, QUESTIONS_MAX, Question, SECTIONS_MAX,
};
use crate::domain::contact::DISPLAY_NAME_MAX;
use crate::domain::maintenance::{Maintenance, REASON_MAX, Scope};
use crate::domain::settings::{FALLBACK_MAX, FALLBACK_MIN, KEPT_MAX, KEPT_MIN, LISTED_MAX, Settings};
use crate::domain::span::{Lapse, Span};

pub(super) fn settings(desk: &mut Desk<'_>, settings: &Settings) {
    desk.count("spec.announce", settings.announce.len(), 0..=LISTED_MAX, "channels");
    let roles = &settings.roles;
    let rights = [
        ("observer", &roles.observer),
        ("responder", &roles.responder),
        ("manager", &roles.manager),
        ("admin", &roles.admin),
    ];
    for (right, roles) in rights {
        desk.count(format!("spec.roles.{right}"), roles.len(), 0..=LISTED_MAX, "roles");
    }
    desk.span("spec.fallback_every", settings.fallback_every, FALLBACK_MIN..=FALLBACK_MAX);
    if let Lapse::After(after) = settings.archive_after {
        desk.span("spec.archive_after", after, Span::ZERO..=KEPT_MAX);
    }
    if let Lapse::After(after) = settings.delete_archived_after {
        desk.span("spec.delete_archived_after", after, KEPT_MIN..=KEPT_MAX);
    }
    if let Some(Lapse::After(kept)) = settings.retain.as_ref().map(|retain| retain.messages) {
        desk.span("spec.retain.messages", kept, KEPT_MIN..=KEPT_MAX);
    }
}

pub(super) fn analysis(desk: &mut Desk<'_>, template: &AnalysisTemplate) {
    desk.count("spec.sections", template.sections.len(), 1..=SECTIONS_MAX, "sections");
    let mut ids = Vec::new();
    for (s, section) in template.sections.iter().enumerate() {
        let field = format!("spec.sections[{s}]");
        desk.text(format!("{field}.title"), &section.title, DISPLAY_NAME_MAX);
        desk.count(format!("{field}.questions"), section.questions.len(), 1..=QUESTIONS_MAX, "questions");
        for (q, question) in section.questions.iter().enumerate() {
            self::question(desk, &format!("{field}.questions[{q}]"), question);
            ids.push((format!("{field}.questions[{q}].id"), question.id.as_str()));
        }
    }
    desk.unique(ids, "id");
}

fn question(desk: &mut Desk<'_>, field: &str, question: &Question) {
    desk.text(format!("{field}.id"), &question.id, DISPLAY_NAME_MAX);
    desk.text(format!("{field}.ask"), &question.ask, ASK_MAX);
    let chooses = matches!(question.answer, Answer::Choice | Answer::Choices);
    if chooses {
        desk.count(format!("{field}.choices"), question.choices.len(), 1..=CHOICES_MAX, "choices");
    } else if !question.choices.is_empty() {
        desk.wrong(
            format!("{field}.choices"),
            "choices are of the answers `choice` and `choices` only",
            "write answer: choices, or leave them out",
        );
    }
    let values: BTreeSet<&str> = question.choices.iter().map(|choice| choice.value.as_str()).collect();
    if values.len() < question.choices.len() {
        desk.wrong(format!("{field}.choices"), "a choice is there twice", "keep one");
    }
    for (c, choice) in question.choices.iter().enumerate() {
        desk.text(format!("{field}.choices[{c}].value"), &choice.value, CHOICE_MAX);
        if let Some(item) = &choice.recommend {
            desk.text(format!("{field}.choices[{c}].recommend.title"), &item.title, CHOICE_MAX);
        }
    }
}

pub(super) fn maintenance(desk: &mut Desk<'_>, maintenance: &Maintenance) {
    if maintenance.until <= maintenance.from {
        desk.wrong("spec.until", "the window ends before it begins", "write a time after `from`");
    }
    desk.text("spec.reason", &maintenance.reason, REASON_MAX);
    match &maintenance.scope {
        Scope::Title(title) => {
            desk.pattern("spec.scope.title", title);
        }
        Scope::Labels(labels) if labels.is_empty() => {
            desk.wrong("spec.scope.labels", "no label is named", "write some, or all: true")
        }
        Scope::Labels(_) | Scope::Source(_) | Scope::Plan(_) | Scope::All => {}
    }
}
