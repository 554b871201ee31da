//! Files that people attach to commands, fetched from where Discord keeps them. Nothing else is fetched: the address comes with
//! the interaction, and is still held against the hosts that Discord serves files from.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use super::Discord;
use crate::app::definition::{self, FILE_MAX, Upload};
use crate::app::request::{Ask, Request};

/// Where Discord keeps files: <https://discord.com/developers/docs/reference#signed-attachment-cdn-urls>.
const HOSTS: [&str; 2] = ["cdn.discordapp.com", "media.discordapp.net"];
/// How long a file may take; somebody looks at "thinking …".
const WITHIN: Duration = Duration::from_secs(10);

const TOO_BIG: &str = "is too big: at most 1 MiB. Split it into several files, and send one after the other.";
const NOT_TEXT: &str = "is not text. Send YAML or JSON, as UTF-8.";
const NOT_FETCHED: &str = "could not be fetched from Discord. Send it again.";

impl Discord {
    /// The same, with the file it is about, where whoever asks may use it.
    pub(super) async fn fetched(&self, mut request: Request) -> Request {
        let wanted = self.app().wants_file(&request).await.unwrap_or_else(|fault| {
            tracing::error!(%fault, "whether a file is wanted is not known");
            false
        });
        if let Ask::Config(definition::Ask::Apply(Upload::There { name, url, bytes })) = &request.ask
            && wanted
        {
            let (name, found) = (name.clone(), self.fetch(url, *bytes).await);
            let upload = match found {
                Ok(text) => Upload::Here(definition::file(name, text)),
                Err(why) => Upload::Lost { name, why },
            };
            request.ask = Ask::Config(definition::Ask::Apply(upload));
        }
        request
    }

    async fn fetch(&self, url: &str, bytes: u64) -> Result<String, &'static str> {
        if usize::try_from(bytes).is_ok_and(|bytes| bytes > FILE_MAX) {
            return Err(TOO_BIG);
        }
        let url = allowed(url, &self.0.base).ok_or(NOT_FETCHED)?;
        let found = read(url).await.inspect_err(|why| tracing::warn!(why, "a file was not fetched"));
        String::from_utf8(found?).map_err(|_| NOT_TEXT)
    }
}

/// The address, where it is one of Discord's, or of what stands in Discord's place.
fn allowed(url: &str, base: &str) -> Option<Url> {
    let (url, base) = (Url::parse(url).ok()?, Url::parse(base).ok()?);
    let served =
        url.scheme() == "https" && url.port().is_none() && url.host_str().is_some_and(|host| HOSTS.contains(&host));
    (served || url.origin() == base.origin()).then_some(url)
}

async fn read(url: Url) -> Result<Vec<u8>, &'static str> {
    let client = Client::builder().timeout(WITHIN).redirect(Policy::none()).build().map_err(|_| NOT_FETCHED)?;
    let mut answer = client.get(url).send().await.map_err(|_| NOT_FETCHED)?;
    if !answer.status().is_success() {
        return Err(NOT_FETCHED);
    }
    let mut bytes = Vec::new();
    // What Discord said of its size is not what it sends.
    while let Some(chunk) = answer.chunk().await.map_err(|_| NOT_FETCHED)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > FILE_MAX {
            return Err(TOO_BIG);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_discord_is_asked_for_files() {
        let rows = [
            ("https://cdn.discordapp.com/attachments/1/2/team.yaml?ex=1&hm=2", true),
            ("https://media.discordapp.net/attachments/1/2/team.yaml", true),
            ("http://cdn.discordapp.com/attachments/1/2/team.yaml", false),
            ("https://cdn.discordapp.com:8443/attachments/1/2/team.yaml", false),
            ("https://cdn.discordapp.com.example.org/team.yaml", false),
            ("https://cdn.discordapp.com@example.org/team.yaml", false),
            ("http://169.254.169.254/latest/meta-data", false),
            ("file:///etc/passwd", false),
            ("http://127.0.0.1:4000/attachments/1/team.yaml", true),
            ("http://127.0.0.1:4001/attachments/1/team.yaml", false),
            ("team.yaml", false),
        ];
        for (url, fetched) in rows {
            assert_eq!(allowed(url, "http://127.0.0.1:4000").is_some(), fetched, "{url}");
        }
    }
}
