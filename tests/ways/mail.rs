//! Mail against a real SMTP server (Debian's `python3-aiosmtpd`) with STARTTLS and a login. Where it is missing these are skipped,
//! loudly; with `CI=true` that is a failure.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use muster::app::courier::{Miss, Outlet, Receipt};
use muster::carriers::{Mail, MailServer};
use muster::domain::timeline::Unreached;
use serde_json::Value;
use tempfile::TempDir;

use super::{KEY, public, router, send};

/// Debian's, whatever other Python stands before it.
const PYTHON: &str = "/usr/bin/python3";

/// Says its port, then one line a mail; ends with its stdin. `later@` and `never@` are refused for now and for good.
const SERVER: &str = r#"
import asyncio, json, ssl, sys, warnings
warnings.simplefilter("ignore")
from aiosmtpd.smtp import SMTP, AuthResult
class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("later@"): return "451 later, please"
        if address.startswith("never@"): return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"
    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None,
                          "login": session.authenticated, "text": envelope.content.decode()}), flush=True)
        return "250 OK"
def login(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"ana@example.org" and data.password == b"p/ss w0rd", handled=False)
tls = None
if sys.argv[1] != "plain":
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[1])
kinds = dict(tls_context=tls, require_starttls=tls is not None, auth_required=True, authenticator=login, auth_require_tls=tls is not None)
async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), loop=loop, **kinds), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
asyncio.run(serve())
"#;

/// A running server; it ends with this.
struct Post {
    port: u16,
    ca: PathBuf,
    mails: Receiver<String>,
    process: Child,
    stdin: Option<ChildStdin>,
    _folder: TempDir,
}

impl Drop for Post {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.process.wait();
    }
}

impl Post {
    /// None: there is no such server here.
    fn start(tls: bool) -> Option<Post> {
        if let Err(why) = has_server() {
            skip(why);
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let (ca, both) = (folder.path().join("ca.pem"), folder.path().join("server.pem"));
        std::fs::write(&ca, made.cert.pem()).unwrap();
        std::fs::write(&both, made.signing_key.serialize_pem() + &made.cert.pem()).unwrap();
        let argument = if tls { both.into_os_string() } else { "plain".into() };
        let mut process = Command::new(PYTHON)
            .args(["-c", SERVER])
            .arg(argument)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = process.stdin.take();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap().parse().unwrap();
        let (said, mails) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).all(|line| said.send(line).is_ok()));
        Some(Post { port, ca, mails, process, stdin, _folder: folder })
    }

    fn url(&self, user: &str, options: &str) -> String {
        format!("smtp://{user}127.0.0.1:{}?from=muster@example.org{options}", self.port)
    }

    fn trusted(&self) -> String {
        self.url(LOGIN, &format!("&ca={}", self.ca.display()))
    }

    fn next(&self) -> Value {
        serde_json::from_str(&self.mails.recv_timeout(Duration::from_secs(30)).unwrap()).unwrap()
    }

    fn is_quiet(&self) -> bool {
        self.mails.try_recv().is_err()
    }
}

const LOGIN: &str = "ana%40example.org:p%2Fss%20w0rd@";

fn has_server() -> Result<(), String> {
    let asked = Command::new(PYTHON).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
    match asked {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("python3 knows no aiosmtpd".to_owned()),
        Err(why) => Err(format!("{PYTHON}: {why}")),
    }
}

fn skip(why: String) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "a mail server is needed here: {why}");
    let said = format!("\n*** mail tests SKIPPED: {why} (Debian: apt install python3-aiosmtpd) ***\n\n");
    std::io::stderr().write_all(said.as_bytes()).unwrap();
}

async fn mailed(url: &str, to: &str) -> Result<Receipt, Miss> {
    let mail = Mail::open(&MailServer::parse(url).unwrap()).unwrap();
    let router = router(&[], Some(mail));
    send(&router, Outlet::Mail { address: to.to_owned() }, public()).await
}

#[tokio::test]
async fn a_page_arrives_encrypted_and_every_try_is_the_same_mail() {
    let Some(post) = Post::start(true) else { return };
    for _ in 0..2 {
        assert_eq!(mailed(&post.trusted(), "ana@example.org").await, Ok(Receipt::Done));
        let mail = post.next();
        assert_eq!((&mail["tls"], &mail["login"]), (&Value::Bool(true), &Value::Bool(true)));
        assert_eq!(mail["from"], "muster@example.org");
        assert_eq!(mail["to"][0], "ana@example.org");
        let text = mail["text"].as_str().unwrap().replace("\r\n", "\n");
        for line in [
            "From: Muster <muster@example.org>",
            "To: ana@example.org",
            &format!("Message-ID: <{KEY}@example.org>"),
            "Date: Mon, 05 Jan 2026 10:00:00 +0000",
            "Auto-Submitted: auto-generated",
            "https://discord.com/channels/1/2",
            "/ack 471100",
        ] {
            assert!(text.lines().any(|known| known == line), "no {line} in\n{text}");
        }
        // INC-42 · impact 1 · Payments, as a header may say it.
        assert!(text.contains("Subject: INC-42 =?utf-8?b?wrc=?= impact 1 =?utf-8?b?wrc=?= Payments"), "{text}");
    }
}

#[tokio::test]
async fn what_the_server_says_decides_whether_it_is_tried_again() {
    let Some(post) = Post::start(true) else { return };
    let later = mailed(&post.trusted(), "later@example.org").await;
    assert!(matches!(&later, Err(Miss::Retry { why, .. }) if why == "127.0.0.1 answered 451"), "{later:?}");
    let never = mailed(&post.trusted(), "never@example.org").await;
    assert!(matches!(never, Err(Miss::Never { why: Unreached::Rejected, .. })), "{never:?}");
    let none = mailed(&post.trusted(), "no address").await;
    assert!(matches!(none, Err(Miss::Never { why: Unreached::BadAddress, .. })), "{none:?}");
    assert!(post.is_quiet());
}

#[tokio::test]
async fn a_wrong_password_has_failed_now_and_is_not_shown() {
    let Some(post) = Post::start(true) else { return };
    let url = post.url("ana%40example.org:hunter2@", &format!("&ca={}", post.ca.display()));
    let told = mailed(&url, "ana@example.org").await;
    assert!(matches!(told, Err(Miss::Never { why: Unreached::KeyRefused, .. })), "{told:?}");
    assert!(!format!("{told:?}").contains("hunter2"));
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_that_cannot_be_trusted_or_offers_no_encryption() {
    let Some(post) = Post::start(true) else { return };
    let told = mailed(&post.url(LOGIN, ""), "ana@example.org").await;
    assert!(matches!(told, Err(Miss::Never { why: Unreached::Unencrypted, .. })), "{told:?}");
    assert!(post.is_quiet());

    let Some(open) = Post::start(false) else { return };
    let told = mailed(&open.trusted(), "ana@example.org").await;
    assert!(matches!(told, Err(Miss::Never { why: Unreached::Unencrypted, .. })), "{told:?}");
    assert!(open.is_quiet());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let told = mailed("smtp://127.0.0.1:9?from=muster@example.org", "ana@example.org").await;
    assert!(matches!(told, Err(Miss::Retry { .. })), "{told:?}");
}
