//! Pages by mail, through the operator's own mail server. Public text only; never over a line that others can read.
//!
//! Every try at a page is the same mail: what arrives twice has one Message-ID, and readers show it once.

mod server;

use std::error::Error as _;
use std::io::ErrorKind;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;
use tokio::time::timeout;

pub use server::{MailServer, Security};

use crate::app::courier::{Miss, OutsidePage, Receipt};
use crate::domain::timeline::Unreached;

/// Longest wait for a connection, and for the whole of one mail: servers that make strangers wait do so for seconds.
const CONNECT: Duration = Duration::from_secs(10);
const TOTAL: Duration = Duration::from_secs(40);
/// What a server says that does not know our user, or wants one (RFC 4954).
const REFUSED: [u16; 4] = [530, 534, 535, 538];

/// The courier of mails.
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    host: String,
}

impl Mail {
    /// # Errors
    /// TLS cannot be set up, or the file of certificates cannot be read.
    pub fn open(server: &MailServer) -> anyhow::Result<Mail> {
        let tls = match server.security {
            Security::Wrapped => Tls::Wrapper(parameters(server)?),
            Security::StartTls => Tls::Required(parameters(server)?),
            Security::Loopback => Tls::None,
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .timeout(Some(CONNECT))
            .tls(tls);
        if let Some((user, password)) = &server.login {
            transport = transport.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
        }
        let from = Mailbox::new(Some("Muster".to_owned()), server.from.clone());
        Ok(Mail { transport: transport.build(), from, host: server.host.clone() })
    }

    pub(super) async fn page(&self, page: &OutsidePage, address: &str) -> Result<Receipt, Miss> {
        let no_address = |detail: String| Miss::Never { why: Unreached::BadAddress, detail };
        let to: Address = address.parse().map_err(|_| no_address("the address is none".to_owned()))?;
        let mail = self.written(page, to).map_err(|why| no_address(format!("the mail cannot be written: {why}")))?;
        match timeout(TOTAL, self.transport.send(mail)).await {
            Ok(Ok(_)) => Ok(Receipt::Done),
            Ok(Err(error)) => Err(self.missed(&error)),
            Err(_) => Err(Miss::Unsure { why: format!("{} did not answer in time", self.host) }),
        }
    }

    fn written(&self, page: &OutsidePage, to: Address) -> Result<Message, lettre::error::Error> {
        let public = &page.public;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&public.head)
            .date(SystemTime::from(public.at))
            .message_id(Some(format!("<{}@{}>", page.key, self.from.email.domain())))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(public.text())
    }

    /// What the server's answer means. Says its code only: its text may repeat an address.
    fn missed(&self, error: &Error) -> Miss {
        let host = &self.host;
        let never = |why, detail: String| Miss::Never { why, detail };
        if let Some(code) = error.status().map(u16::from) {
            let said = format!("{host} answered {code}");
            return match code {
                code if REFUSED.contains(&code) => never(Unreached::KeyRefused, said),
                500.. => never(Unreached::Rejected, said),
                _ => Miss::Retry { after: None, why: said },
            };
        }
        if error.is_client() {
            let said = error.source().map(ToString::to_string).unwrap_or_default();
            return match said {
                said if said.contains("STARTTLS") => {
                    never(Unreached::Unencrypted, format!("{host} offers no STARTTLS"))
                }
                said if said.contains("authentication") => {
                    never(Unreached::KeyRefused, format!("{host} offers no way to log in that we know"))
                }
                said => never(Unreached::Rejected, format!("{host}: {said}")),
            };
        }
        if error.is_tls() || is_untrusted(error) {
            return never(Unreached::Unencrypted, format!("the certificate of {host} is not trusted"));
        }
        Miss::Retry { after: None, why: format!("{host} was not reached, or broke off") }
    }
}

/// The library of TLS says that the other side is not who it should be, or speaks none.
fn is_untrusted(error: &Error) -> bool {
    let mut why = error.source();
    while let Some(error) = why {
        if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::InvalidData) {
            return true;
        }
        why = error.source();
    }
    false
}

fn parameters(server: &MailServer) -> anyhow::Result<TlsParameters> {
    let mut parameters = TlsParameters::builder(server.host.clone());
    if let Some(path) = &server.ca {
        let pem = std::fs::read(path).with_context(|| format!("reading {}, named by SMTP_URL", path.display()))?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).context("reading a certificate")?);
    }
    parameters.build().context("setting up TLS for mail")
}

/// A machine wrote it: no machine is to answer (RFC 3834).
#[derive(Debug, Clone, Copy)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<AutoSubmitted, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(AutoSubmitted::name(), "auto-generated".to_owned())
    }
}
