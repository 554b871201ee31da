//! `SMTP_URL` → the mail server it means. Says what is wrong with it and shows nothing of it: it holds a password.

use std::path::PathBuf;

use lettre::Address;
use reqwest::Url;
use secrecy::SecretString;

/// Ports of mail that is handed in: with TLS from the first byte, and with STARTTLS (RFC 8314).
const WRAPPED: u16 = 465;
const SUBMISSION: u16 = 587;

/// The operator's mail server.
#[derive(Debug, Clone)]
pub struct MailServer {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub login: Option<(String, SecretString)>,
    /// Whom mails are from.
    pub from: Address,
    /// A file of the certificate (PEM) that signs the server's, where that is not one of the open internet.
    pub ca: Option<PathBuf>,
}

/// Who keeps others from reading along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Wrapped,
    /// STARTTLS, or nothing is sent.
    StartTls,
    /// Nobody: it is this machine.
    Loopback,
}

impl MailServer {
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn parse(text: &str) -> Result<MailServer, (&'static str, &'static str)> {
        const RIGHT: &str = "write smtps://user:password@host or smtp://user:password@host:587?from=muster@example.org, \
                             with special characters of user and password as %40";
        let wrong = |what| (what, RIGHT);
        let url = Url::parse(text).map_err(|_| wrong("this is no address of a mail server"))?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(wrong("it names no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let option = |name: &str| {
            let found = url.query_pairs().find(|(known, _)| known == name);
            found.map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
        };
        if url.query_pairs().any(|(name, _)| !matches!(&*name, "tls" | "from" | "ca")) {
            return Err(wrong("it has an option that is not known: there are tls, from and ca"));
        }
        let security = security(url.scheme(), option("tls").as_deref(), &host)?;
        let login = match (decoded(url.username()), url.password()) {
            (user, _) if user.is_empty() => None,
            (user, Some(password)) => Some((user, SecretString::from(decoded(password)))),
            _ => return Err(wrong("it has a user and no password")),
        };
        let from = option("from").or_else(|| login.as_ref().map(|(user, _)| user.clone()));
        let from = from.and_then(|from| from.parse().ok());
        let from = from.ok_or(("it does not say whom mails are from", "add ?from=muster@example.org to it"))?;
        let port = url.port().unwrap_or(if security == Security::Wrapped { WRAPPED } else { SUBMISSION });
        Ok(MailServer { host, port, security, login, from, ca: option("ca").map(PathBuf::from) })
    }
}

fn security(scheme: &str, tls: Option<&str>, host: &str) -> Result<Security, (&'static str, &'static str)> {
    let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    match (scheme, tls) {
        ("smtps", None | Some("required")) => Ok(Security::Wrapped),
        ("smtp", None | Some("required")) => Ok(Security::StartTls),
        ("smtp", Some("none")) if here => Ok(Security::Loopback),
        ("smtp", Some("none")) => Err((
            "mail would go over the network for everybody to read",
            "leave tls=none out: it is for this machine only",
        )),
        ("smtp" | "smtps", Some(_)) => Err(("its tls is not known", "write tls=required, or leave it out")),
        _ => Err(("it is no address of a mail server", "begin it with smtps:// or smtp://")),
    }
}

/// What `%40` and its like stand for.
fn decoded(text: &str) -> String {
    let query = format!("x:?v={}", text.replace('+', "%2B"));
    let url = Url::parse(&query).ok();
    let pair = url.as_ref().and_then(|url| url.query_pairs().next());
    pair.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn what_an_address_means() {
        let read = |text: &str| {
            let server = MailServer::parse(text).unwrap();
            let login = server.login.map(|(user, password)| format!(" {user}:{}", password.expose_secret()));
            let (host, port, security) = (server.host, server.port, server.security);
            format!("{host}:{port} {security:?}{} from {}", login.unwrap_or_default(), server.from)
        };
        let cases = [
            ("smtps://ana%40x.org:p%2Fa+s@mail.x.org", "mail.x.org:465 Wrapped ana@x.org:p/a+s from ana@x.org"),
            ("smtp://u:p@mail.x.org?from=muster@x.org", "mail.x.org:587 StartTls u:p from muster@x.org"),
            ("smtp://mail.x.org:25?tls=required&from=m@x.org", "mail.x.org:25 StartTls from m@x.org"),
            ("smtp://[::1]:2525?tls=none&from=m@x.org", "::1:2525 Loopback from m@x.org"),
            ("smtp://localhost?tls=none&from=m@x.org", "localhost:587 Loopback from m@x.org"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_nothing_of_it_shown() {
        for text in [
            "hunter2",
            "https://hunter2@mail.x.org",
            "smtp://u:hunter2@mail.x.org",
            "smtp://u@mail.x.org?from=m@x.org",
            "smtp://u:hunter2@mail.x.org?tls=none&from=m@x.org",
            "smtp://u:hunter2@mail.x.org?tls=opportunistic&from=m@x.org",
            "smtp://u:hunter2@mail.x.org?form=m@x.org",
            "smtps:///hunter2?from=m@x.org",
        ] {
            let (what, right) = MailServer::parse(text).unwrap_err();
            assert!(!what.contains("hunter2") && !right.contains("hunter2") && !right.is_empty(), "{text}: {what}");
        }
    }
}
