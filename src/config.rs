//! The settings: environment and `.env` → [`Config`]. The only reader of the environment. Never shows a secret's value, not
//! even the wrong one: errors name the variable, what is wrong, and what would be right.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::carriers::MailServer;
use crate::domain::id::GuildId;
use crate::domain::written::SECRET_PREFIX;

/// Where the other settings may stand; the environment goes before it.
const FILE: &str = ".env";
/// Largest file of a secret that is read, in bytes: keys and addresses are short, a mistaken path is not.
const SECRET_MAX: u64 = 64 * 1024;

const DEFAULT_API: &str = "https://discord.com";
const DEFAULT_DATABASE: &str = "sqlite://muster.db";
/// Ours at `info`, everybody else's at `warn`.
const DEFAULT_LOG: &str = "warn,muster=info";

/// What the operator set, read once at start.
#[derive(Debug, Clone)]
pub struct Config {
    /// None: only commands that do not talk to Discord can run.
    pub discord_token: Option<SecretString>,
    /// Discord, or a proxy or playground in its place; no `/` at the end.
    pub discord_api_url: String,
    /// It may hold a password.
    pub database_url: SecretString,
    /// The only servers that are served. None: all.
    pub guilds: Option<Vec<GuildId>>,
    /// Where health is asked for. None: nowhere.
    pub http_addr: Option<SocketAddr>,
    /// Asked for while all is well. None: nobody is told. It may hold a token.
    pub heartbeat_url: Option<SecretString>,
    /// Told when Discord is out of reach. None: nobody is told. It may hold a token.
    pub alarm_url: Option<SecretString>,
    /// Hosts inside private networks that may be called.
    pub http_allow: Vec<String>,
    /// None: no mail is sent.
    pub mail_server: Option<MailServer>,
    /// Directives of `tracing-subscriber`.
    pub log: String,
    pub log_format: LogFormat,
    secrets: BTreeMap<String, SecretString>,
    secrets_dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub variable: String,
    pub what: String,
    pub right: String,
}

impl Config {
    /// Reads the environment, and `.env` in the working directory for what it does not set.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn read() -> Result<Config, Vec<Wrong>> {
        let mut variables = environment(std::env::vars_os())?;
        for (name, value) in file(Path::new(FILE)).map_err(|wrong| vec![wrong])? {
            variables.entry(name).or_insert(value);
        }
        let secrets = variables.extract_if(.., |name, _| name.starts_with(SECRET_PREFIX));
        let secrets = secrets.map(|(name, value)| (name, SecretString::from(value))).collect();
        Config::parse(&|name| variables.get(name).cloned(), secrets)
    }

    fn parse(
        ask: &dyn Fn(&'static str) -> Option<String>,
        secrets: BTreeMap<String, SecretString>,
    ) -> Result<Config, Vec<Wrong>> {
        // `NAME=` is how a line of `.env` is left empty: it sets nothing.
        let ask = |name| ask(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let mut all = Vec::new();
        let config = Config {
            discord_token: or_note(&mut all, token(ask("DISCORD_TOKEN"))),
            discord_api_url: or_note(&mut all, api_url(ask("DISCORD_API_URL"))),
            database_url: or_note(&mut all, database_url(ask("DATABASE_URL"))),
            guilds: or_note(&mut all, guilds(ask("MUSTER_GUILDS"))),
            http_addr: or_note(&mut all, http_addr(ask("MUSTER_HTTP_ADDR"))),
            heartbeat_url: or_note(&mut all, outward_url("MUSTER_HEARTBEAT_URL", ask("MUSTER_HEARTBEAT_URL"))),
            alarm_url: or_note(&mut all, outward_url("MUSTER_ALARM_URL", ask("MUSTER_ALARM_URL"))),
            http_allow: or_note(&mut all, http_allow(ask("MUSTER_HTTP_ALLOW"))),
            mail_server: or_note(&mut all, mail_server(ask("SMTP_URL"))),
            log: or_note(&mut all, log(ask("RUST_LOG"))),
            log_format: or_note(&mut all, log_format(ask("LOG_FORMAT"))),
            secrets_dir: or_note(&mut all, secrets_dir(ask("MUSTER_SECRETS_DIR"))),
            secrets,
        };
        if all.is_empty() { Ok(config) } else { Err(all) }
    }

    /// The secret that a definition names, from the environment or else from its file, which is read each time: a rotated
    /// secret needs no restart. None: it is not set, is empty, or is none of those a definition may name.
    pub fn secret(&self, name: &str) -> Option<SecretString> {
        if !is_secret(name) {
            return None;
        }
        let set = self.secrets.get(name).filter(|value| !value.expose_secret().trim().is_empty());
        set.cloned().or_else(|| secret_file(self.secrets_dir.as_deref()?, name))
    }

    /// Whether [`Config::secret`] would find it.
    pub fn has_secret(&self, name: &str) -> bool {
        self.secret(name).is_some()
    }

    /// Whether a server is one of those that are served.
    pub fn serves(&self, guild: GuildId) -> bool {
        self.guilds.as_ref().is_none_or(|guilds| guilds.contains(&guild))
    }
}

/// The value, or a stand-in that nobody gets to see, because what is noted refuses the whole.
fn or_note<T: Default>(all: &mut Vec<Wrong>, value: Result<T, Wrong>) -> T {
    value.unwrap_or_else(|wrong| {
        all.push(wrong);
        T::default()
    })
}

fn token(value: Option<String>) -> Result<Option<SecretString>, Wrong> {
    let bad = |c: char| c.is_whitespace() || !c.is_ascii_graphic();
    match value {
        Some(value) if value.contains(bad) => Err(Wrong::new(
            "DISCORD_TOKEN",
            "it holds characters that no token has",
            "copy it again from the Bot page of the application, without `Bot ` before it",
        )),
        value => Ok(value.map(SecretString::from)),
    }
}

fn api_url(value: Option<String>) -> Result<String, Wrong> {
    let url = value.unwrap_or_else(|| DEFAULT_API.to_owned());
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let good = host.is_some_and(|host| !host.starts_with('/') && !host.is_empty() && !host.contains(['@', '?', '#']));
    let wrong =
        || Wrong::new("DISCORD_API_URL", "this is no address", "write https://host, or leave it out for Discord");
    good.then(|| url.trim_end_matches('/').to_owned()).ok_or_else(wrong)
}

/// The value is not shown: such addresses are secrets.
fn outward_url(variable: &'static str, value: Option<String>) -> Result<Option<SecretString>, Wrong> {
    let good = |url: &str| {
        reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    };
    match value {
        Some(url) if !good(&url) => Err(Wrong::new(variable, "this is no address", "write https://host/path")),
        url => Ok(url.map(SecretString::from)),
    }
}

fn database_url(value: Option<String>) -> Result<SecretString, Wrong> {
    let url = value.unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
    let known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|start| url.starts_with(start));
    let wrong =
        || Wrong::new("DATABASE_URL", "this is no database that is known", "write sqlite://muster.db or postgres://…");
    known.then(|| SecretString::from(url)).ok_or_else(wrong)
}

fn guilds(value: Option<String>) -> Result<Option<Vec<GuildId>>, Wrong> {
    let right =
        "write server ids with commas between them (Discord: Developer Mode, right-click the server, Copy Server ID)";
    let one = |id: &str| {
        id.trim().parse().map_err(|_| Wrong::new("MUSTER_GUILDS", format!("`{id}` is no server's id"), right))
    };
    value.map(|list| list.split(',').map(one).collect()).transpose()
}

fn http_addr(value: Option<String>) -> Result<Option<SocketAddr>, Wrong> {
    let right = "write an address and a port, like 127.0.0.1:8080";
    let read = |text: String| {
        text.parse().map_err(|_| Wrong::new("MUSTER_HTTP_ADDR", format!("`{text}` is no address"), right))
    };
    value.map(read).transpose()
}

fn http_allow(value: Option<String>) -> Result<Vec<String>, Wrong> {
    let right = "write names or addresses of hosts with commas between them, such as gotify.lan,10.0.0.5";
    let one = |host: &str| {
        let host = host.trim();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let written = if bare.contains(':') { format!("http://[{bare}]/") } else { format!("http://{host}/") };
        let url = reqwest::Url::parse(&written).ok().filter(|_| !host.contains(['/', '@', '?', '#', '*']));
        let host = url.and_then(|url| url.host_str().map(str::to_owned));
        host.ok_or_else(|| Wrong::new("MUSTER_HTTP_ALLOW", "one of these is no host", right))
    };
    value.map_or(Ok(Vec::new()), |list| list.split(',').map(one).collect())
}

/// The value is not shown: it holds a password.
fn mail_server(value: Option<String>) -> Result<Option<MailServer>, Wrong> {
    let read = |text: String| MailServer::parse(&text).map_err(|(what, right)| Wrong::new("SMTP_URL", what, right));
    value.map(read).transpose()
}

fn log(value: Option<String>) -> Result<String, Wrong> {
    let directives = value.unwrap_or_else(|| DEFAULT_LOG.to_owned());
    let right = "write a level (error, warn, info, debug) or directives like warn,muster=debug";
    match tracing_subscriber::EnvFilter::try_new(&directives) {
        Ok(_) => Ok(directives),
        Err(why) => Err(Wrong::new("RUST_LOG", format!("`{directives}` cannot be read: {why}"), right)),
    }
}

fn log_format(value: Option<String>) -> Result<LogFormat, Wrong> {
    match value.as_deref() {
        None | Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(other) => Err(Wrong::new("LOG_FORMAT", format!("`{other}` is no format"), "write text or json")),
    }
}

fn secrets_dir(value: Option<String>) -> Result<Option<PathBuf>, Wrong> {
    let right = "write the path of a directory with one file a secret, named like the variable";
    match value.map(PathBuf::from) {
        Some(path) if std::fs::read_dir(&path).is_err() => {
            Err(Wrong::new("MUSTER_SECRETS_DIR", format!("{} is no directory that can be read", path.display()), right))
        }
        path => Ok(path),
    }
}

/// `MUSTER_SECRET_` and at least one of A-Z, 0-9 and `_`: such a name is also a safe name of a file.
fn is_secret(name: &str) -> bool {
    let good = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    name.strip_prefix(SECRET_PREFIX).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(good))
}

/// The text of a secret's file without the line break that editors put at its end.
fn secret_file(dir: &Path, name: &str) -> Option<SecretString> {
    let path = dir.join(name);
    let about = std::fs::metadata(&path).ok().filter(|about| about.is_file() && about.len() <= SECRET_MAX)?;
    let text = std::fs::read_to_string(&path).ok().filter(|_| about.len() > 0)?;
    let text = text.trim_end_matches(['\r', '\n']);
    (!text.trim().is_empty()).then(|| SecretString::from(text))
}

/// The variables that are text. One of ours that is not is an error; others are nobody's business.
fn environment(all: impl Iterator<Item = (OsString, OsString)>) -> Result<BTreeMap<String, String>, Vec<Wrong>> {
    let (mut variables, mut wrong) = (BTreeMap::new(), Vec::new());
    for (name, value) in all {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => drop(variables.insert(name, value)),
            Err(_) if is_ours(&name) => wrong.push(Wrong::new(name, "its value is no UTF-8 text", "write it as UTF-8")),
            Err(_) => {}
        }
    }
    if wrong.is_empty() { Ok(variables) } else { Err(wrong) }
}

fn is_ours(name: &str) -> bool {
    ["MUSTER_", "DISCORD_"].iter().any(|start| name.starts_with(start))
        || matches!(name, "DATABASE_URL" | "SMTP_URL" | "RUST_LOG" | "LOG_FORMAT")
}

/// The lines of a `.env` file; none where there is no file.
fn file(path: &Path) -> Result<Vec<(String, String)>, Wrong> {
    let wrong = |what: String, right| Err(Wrong::new(path.display().to_string(), what, right));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return wrong(format!("it cannot be read: {why}"), "make it a text file that Muster may read"),
    };
    match dotenvy::from_read_iter(text.as_bytes()).collect() {
        Ok(lines) => Ok(lines),
        // The error holds the line, and the line may hold a secret: only its number is said.
        Err(dotenvy::Error::LineParse(line, _)) => {
            let number = text.lines().position(|other| other.trim() == line.trim()).map_or(0, |index| index + 1);
            let right = "write NAME=value; a value with spaces, # or $ stands in single quotes";
            wrong(format!("line {number} cannot be read"), right)
        }
        Err(_) => wrong("it cannot be read".to_owned(), "write NAME=value, one a line"),
    }
}

impl Wrong {
    fn new(variable: impl Into<String>, what: impl Into<String>, right: impl Into<String>) -> Wrong {
        Wrong { variable: variable.into(), what: what.into(), right: right.into() }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.variable, self.what, self.right)
    }
}

impl std::error::Error for Wrong {}

/// As it is where nothing is set.
impl Default for Config {
    fn default() -> Config {
        Config::parse(&|_| None, BTreeMap::new()).expect("the defaults are right")
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    const EXAMPLE: &str = include_str!("../.env.example");

    fn parse(variables: &[(&str, &str)]) -> Result<Config, Vec<Wrong>> {
        let find =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Config::parse(&|name| find(name), BTreeMap::new())
    }

    /// Name and value of every variable of `.env.example`, each with the comment line before it.
    fn example() -> Vec<(&'static str, &'static str)> {
        let lines: Vec<&str> = EXAMPLE.lines().collect();
        let variable = |index: usize| {
            let (name, value) = lines[index].trim_start_matches('#').split_once('=')?;
            let is_name = name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            is_name.then(|| {
                assert!(index > 0 && lines[index - 1].starts_with("# "), "{name} has no comment");
                (name, value)
            })
        };
        (0..lines.len()).filter_map(variable).collect()
    }

    #[test]
    fn the_example_lists_what_is_read_with_its_defaults() {
        let asked = RefCell::new(vec!["MUSTER_SECRET_ANA_PHONE"]);
        let config = Config::parse(
            &|name| {
                asked.borrow_mut().push(name);
                None
            },
            BTreeMap::new(),
        )
        .unwrap();
        let mut listed: Vec<&str> = example().iter().map(|(name, _)| *name).collect();
        listed.sort_unstable();
        let mut asked = asked.into_inner();
        asked.sort_unstable();
        assert_eq!(listed, asked);

        let shown = parse(&example()).unwrap();
        assert_eq!(format!("{config:?}"), format!("{shown:?}"));
        assert_eq!(config.database_url.expose_secret(), shown.database_url.expose_secret());
    }

    #[test]
    fn every_wrong_setting_is_named_with_what_would_be_right() {
        let said = parse(&[
            ("DISCORD_TOKEN", "Bot hunter2"),
            ("DISCORD_API_URL", "discord.com"),
            ("DATABASE_URL", "mysql://ana:hunter2@db/x"),
            ("MUSTER_GUILDS", "900000000000000001, muster"),
            ("MUSTER_HTTP_ADDR", "8080"),
            ("MUSTER_HEARTBEAT_URL", "hunter2"),
            ("MUSTER_ALARM_URL", "file:///hunter2"),
            ("MUSTER_HTTP_ALLOW", "https://hunter2/"),
            ("SMTP_URL", "smtp://hunter2@mail"),
            ("RUST_LOG", "muster=loud"),
            ("LOG_FORMAT", "xml"),
            ("MUSTER_SECRETS_DIR", "/nowhere/at/all"),
        ]);
        let said: Vec<String> = said.unwrap_err().iter().map(Wrong::to_string).collect();
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn nothing_that_is_printed_holds_a_secret() {
        let variables = [("DISCORD_TOKEN", "hunter2"), ("DATABASE_URL", "postgres://ana:hunter2@db/muster")];
        assert!(!format!("{:?}", parse(&variables).unwrap()).contains("hunter2"));
        let broken = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(broken.path(), "# a comment\nLOG_FORMAT=json\nDISCORD_TOKEN='hunter2\n").unwrap();
        let said = file(broken.path()).unwrap_err().to_string();
        assert!(said.contains("line 3") && !said.contains("hunter2"), "{said}");
    }

    #[test]
    fn a_definition_reaches_its_secrets_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("MUSTER_SECRET_FILED", "from a file\n");
        write("MUSTER_SECRET_BOTH", "from a file");
        write("MUSTER_SECRET_EMPTY", "\n");
        write("OTHER", "x");
        let path = dir.path().to_str().unwrap();
        let secrets = [("MUSTER_SECRET_BOTH", "from the environment"), ("MUSTER_SECRET_BLANK", " ")];
        let secrets = secrets.map(|(name, value)| (name.to_owned(), SecretString::from(value)));
        let ask = |name: &str| match name {
            "MUSTER_SECRETS_DIR" => Some(path.to_owned()),
            "DISCORD_TOKEN" => Some("token".to_owned()),
            _ => None,
        };
        let config = Config::parse(&|name| ask(name), secrets.into()).unwrap();
        let found = |name: &str| config.secret(name).map(|value| value.expose_secret().to_owned());

        assert_eq!(found("MUSTER_SECRET_FILED").as_deref(), Some("from a file"));
        assert_eq!(found("MUSTER_SECRET_BOTH").as_deref(), Some("from the environment"));
        for name in ["DISCORD_TOKEN", "OTHER", "MUSTER_SECRET_", "MUSTER_SECRET_/../OTHER", "MUSTER_SECRET_NONE"] {
            assert!(!config.has_secret(name), "{name}");
        }
        assert!(!config.has_secret("MUSTER_SECRET_EMPTY") && !config.has_secret("MUSTER_SECRET_BLANK"));
    }

    #[test]
    fn only_listed_servers_are_served() {
        let listed = parse(&[("MUSTER_GUILDS", "900000000000000001,900000000000000002")]).unwrap();
        assert!(listed.serves(GuildId(900_000_000_000_000_002)) && !listed.serves(GuildId(900_000_000_000_000_003)));
        assert!(parse(&[("MUSTER_GUILDS", "")]).unwrap().serves(GuildId(900_000_000_000_000_003)));
    }
}
