//! What is printed: results to standard output, problems to standard error; in colour with the lines of the file for a
//! person at a terminal, one line each for everybody else. Never a secret.

use std::io::{IsTerminal, Write};

use miette::GraphicalReportHandler;
use muster::definitions::Problem;

use super::Ended;

/// Prints a result, with a line break after it. A reader that went away (`| head`) is no error.
pub fn result(text: &str) {
    let _gone = writeln!(std::io::stdout().lock(), "{}", text.trim_end());
}

/// Prints what is unwise, which stops nothing.
pub fn warnings(problems: &[Problem]) {
    each(problems, "warning");
}

/// Prints what somebody should know of how it was done.
pub fn note(text: &str) {
    line(&format!("note: {text}"));
}

/// Prints why a command did not do what it was asked.
pub fn ended(ended: &Ended) {
    match ended {
        Ended::Unwell => {}
        Ended::Problems(problems) => {
            each(problems, "error");
            line(&format!("{}; nothing was changed", counted(problems.len())));
        }
        Ended::Settings(wrong) => wrong.iter().for_each(|wrong| line(&format!("error: {wrong}"))),
        Ended::Failed(why) => line(&format!("error: {why:#}")),
        Ended::Stopped(why) => line(&format!("error: {why}")),
    }
}

fn each(problems: &[Problem], word: &str) {
    let person = std::io::stderr().is_terminal();
    for problem in problems {
        match person.then(|| drawn(problem)).flatten() {
            Some(drawn) => line(&format!("{word}: {}\n{drawn}", place(problem))),
            None => line(&format!("{word}: {problem}")),
        }
    }
}

/// The problem with the lines of the file that it is about. None: it is about no place of a file.
fn drawn(problem: &Problem) -> Option<String> {
    let mut text = String::new();
    let has_place = problem.line > 0;
    (has_place && GraphicalReportHandler::new().render_report(&mut text, &Bare(problem)).is_ok()).then_some(text)
}

/// Like `escalation_plan payments`, or the file.
fn place(problem: &Problem) -> String {
    let definition = problem.definition.as_ref().map(|(kind, name)| format!("{kind} {name}"));
    definition.unwrap_or_else(|| problem.file.clone())
}

/// A problem whose first line does not repeat what the excerpt shows.
#[derive(Debug)]
struct Bare<'a>(&'a Problem);

impl std::fmt::Display for Bare<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.what)
    }
}

impl std::error::Error for Bare<'_> {}

impl miette::Diagnostic for Bare<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.0.help()
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.0.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        self.0.labels()
    }
}

fn counted(problems: usize) -> String {
    if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") }
}

fn line(text: &str) {
    let _gone = writeln!(std::io::stderr().lock(), "{text}");
}
