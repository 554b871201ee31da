//! Texts with look-ups: `{{ alert.title }}`, `{{ alert.labels.team }}`. One path and nothing more: no logic, no functions,
//! nothing reachable that the caller does not hand over. Serves plans, rules and runbooks alike.

use std::fmt;

/// Most characters a rendered text has, the length of the longest text of an incident; the rest is left out.
pub const RENDERED_MAX: usize = 8_000;
/// Most look-ups in one text.
pub const LOOK_UPS_MAX: usize = 100;

/// A text that was read once, at apply, and can be rendered any number of times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    LookUp(Vec<String>),
}

/// Why a text is no template; says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotATemplate {
    #[error("`{{{{` is not closed: write `{{{{ {example} }}}}`")]
    Open { example: String },
    #[error("`{{{{{inner}}}}}` is not a look-up: write names with dots between, like `{{{{ {example} }}}}`")]
    Malformed { inner: String, example: String },
    #[error("`{{{{ {path} }}}}`: there is no `{root}` here, only {}", Allowed(allowed))]
    UnknownRoot { path: String, root: String, allowed: Vec<String> },
    #[error("more than {LOOK_UPS_MAX} look-ups")]
    TooMany,
}

impl Template {
    /// Reads a text. Every look-up begins with one of `roots`.
    pub fn parse(text: &str, roots: &[&str]) -> Result<Template, NotATemplate> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, opened)) = rest.split_once("{{") {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let (inner, after) =
                opened.split_once("}}").ok_or_else(|| NotATemplate::Open { example: example(roots) })?;
            parts.push(Part::LookUp(look_up(inner, roots)?));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        let look_ups = parts.iter().filter(|part| matches!(part, Part::LookUp(_))).count();
        if look_ups > LOOK_UPS_MAX { Err(NotATemplate::TooMany) } else { Ok(Template { parts }) }
    }

    /// The text with every look-up replaced by what `find` says for its path; what is missing is empty. At most
    /// [`RENDERED_MAX`] characters.
    pub fn render(&self, find: &dyn Fn(&[&str]) -> Option<String>) -> String {
        let mut text = String::new();
        let mut left = RENDERED_MAX;
        for part in &self.parts {
            let piece = match part {
                Part::Text(piece) => piece.clone(),
                Part::LookUp(path) => find(&path.iter().map(String::as_str).collect::<Vec<_>>()).unwrap_or_default(),
            };
            for c in piece.chars().take(left) {
                text.push(c);
                left -= 1;
            }
        }
        text
    }

    /// The paths it looks up, in order.
    pub fn paths(&self) -> impl Iterator<Item = &[String]> {
        self.parts.iter().filter_map(|part| match part {
            Part::LookUp(path) => Some(path.as_slice()),
            Part::Text(_) => None,
        })
    }
}

fn look_up(inner: &str, roots: &[&str]) -> Result<Vec<String>, NotATemplate> {
    let path = inner.trim();
    let segments: Vec<String> = path.split('.').map(str::to_owned).collect();
    if !segments.iter().all(|segment| is_name(segment)) {
        return Err(NotATemplate::Malformed { inner: inner.to_owned(), example: example(roots) });
    }
    if !roots.contains(&segments[0].as_str()) {
        let allowed = roots.iter().map(|root| (*root).to_owned()).collect();
        return Err(NotATemplate::UnknownRoot { path: path.to_owned(), root: segments[0].clone(), allowed });
    }
    Ok(segments)
}

/// Label names of Prometheus and Kubernetes, and the `global:DATE` of runbooks, are names.
fn is_name(segment: &str) -> bool {
    !segment.is_empty() && segment.chars().all(|c| c.is_alphanumeric() || "_-/:".contains(c))
}

fn example(roots: &[&str]) -> String {
    match roots.first() {
        Some(&"alert") | None => "alert.title".to_owned(),
        Some(root) => (*root).to_owned(),
    }
}

struct Allowed<'a>(&'a [String]);

impl fmt::Display for Allowed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("plain text");
        }
        let quoted: Vec<String> = self.0.iter().map(|root| format!("`{root}`")).collect();
        f.write_str(&quoted.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn render(text: &str) -> String {
        let find = |path: &[&str]| match path {
            ["alert", "title"] => Some("Disk full".to_owned()),
            ["alert", "labels", "k8s/app"] => Some("{{ alert.title }}".to_owned()),
            _ => None,
        };
        Template::parse(text, &["alert"]).unwrap().render(&find)
    }

    #[test]
    fn look_ups_are_replaced_once_and_missing_ones_are_empty() {
        assert_eq!(render("A: {{ alert.title }}!"), "A: Disk full!");
        assert_eq!(render("{{alert.title}}{{alert.title}}"), "Disk fullDisk full");
        assert_eq!(render("[{{ alert.labels.gone }}]"), "[]");
        assert_eq!(render("{{ alert.labels.k8s/app }}"), "{{ alert.title }}", "values are never read as templates");
        assert_eq!(render("no look-up } }} {"), "no look-up } }} {");
    }

    #[test]
    fn errors_name_what_is_wrong_and_what_is_allowed() {
        let cases = [
            ("{{ alert.title", "`{{` is not closed: write `{{ alert.title }}`"),
            ("{{ }}", "`{{ }}` is not a look-up: write names with dots between, like `{{ alert.title }}`"),
            (
                "{{ alert..x }}",
                "`{{ alert..x }}` is not a look-up: write names with dots between, like `{{ alert.title }}`",
            ),
            ("{{ a | b }}", "`{{ a | b }}` is not a look-up: write names with dots between, like `{{ alert.title }}`"),
            ("{{ env.DISCORD_TOKEN }}", "`{{ env.DISCORD_TOKEN }}`: there is no `env` here, only `alert`"),
        ];
        for (text, told) in cases {
            assert_eq!(Template::parse(text, &["alert"]).unwrap_err().to_string(), told, "{text}");
        }
        let told = Template::parse("{{ host }}", &["title", "key"]).unwrap_err().to_string();
        assert_eq!(told, "`{{ host }}`: there is no `host` here, only `title`, `key`");
        assert_eq!(Template::parse(&"{{ a }}".repeat(101), &["a"]), Err(NotATemplate::TooMany));
    }

    #[test]
    fn what_is_rendered_is_bounded() {
        let long = Template::parse("{{ a }}{{ a }}", &["a"]).unwrap().render(&|_| Some("é".repeat(5_000)));
        assert_eq!(long.chars().count(), RENDERED_MAX);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[{}a. |\\n]{0,40}") {
            if let Ok(template) = Template::parse(&text, &["a"]) {
                let kept = template.render(&|path| Some(format!("{{{{{}}}}}", path.join("."))));
                prop_assert_eq!(kept.replace([' ', '\n'], ""), text.replace([' ', '\n'], ""));
            }
        }
    }
}
