//! Webhooks: events for a receiver of one's own, signed as Standard Webhooks does it.
//!
//! One `POST` of JSON to the account's `endpoint`: `{"type":"post.published","timestamp":…,"data":{…}}`, with `webhook-id`,
//! `webhook-timestamp` and `webhook-signature`. The id is the attempt's key, the same whenever the event is repeated, and has no
//! dot. Any 2xx means that it was taken, and may name what was made of it (`id`, `url`); a redirect is a failure, and 410 means
//! that the endpoint is gone for good. Nothing can be asked for afterwards: an account that says `idempotent = true` promises that
//! the receiver knows an id again, so a lost event is repeated; otherwise a person must look. See
//! <https://github.com/standard-webhooks/standard-webhooks> (1.0.0, read November 2026); the schema of `data` is in `quirks.md`.

mod event;
mod options;
mod reply;

use super::{
    Auth, Composed, Credential, Draft, Effect, ErrorKind, Form, Job, Limit, Limits, Look, MediaRules, Method, Need,
    Network, NetworkError, Payload, Place, PollRules, Profile, Receipt, Request, Settling, TextRules, Threads,
    VideoRules, Wire, compose,
};
use crate::{
    diag::{Code, Diagnostic, Level, words},
    model::{self, Account, MediaKind, NetworkId, Post, Remote},
    text::{Measure, MentionWeight, Unit},
};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// The generic webhook.
#[derive(Debug)]
pub struct Webhook;

const OURS: &str = "Masthead's own bound, so that an event stays small, 2026-11-22";

/// The largest event that receivers should be sent, in bytes.
const LARGEST: u64 = 20_000;

/// For how long a receiver is relied on to know an id again, where the account promises it.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// Where [`Remote::extra`] keeps the id of the event.
const EVENT: &str = "event";

static CODES: &[&Code] = &[&LARGE];

static LARGE: Code = Code {
    name: "webhook-large",
    summary: "an event that many receivers of webhooks refuse",
    level: Level::Error,
    fixed: false,
    explain: "Standard Webhooks asks for events below 20 kB, and many receivers take no more. A post is told three times, as \
              text, as HTML and in parts, so it may itself have some 6 kB.\n\n\
              Shorten the post, leave the account out of `to`, or, if your receiver takes more, lower the level:\n\n\
              ```toml\n[check]\nwebhook-large = \"off\"\n```",
};

static PROFILE: Profile = Profile {
    id: NetworkId("webhook"),
    name: "Webhook",
    checked: "2026-11-22",
    sources: &["https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"],
    text: TextRules {
        form: Form::Rich,
        max: None,
        measure: Measure { unit: Unit::Graphemes, url: None, mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    },
    threads: Threads::None,
    media: Some(MediaRules {
        max_images: Limit { value: 20, source: OURS },
        max_videos: 20,
        kinds: &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif, MediaKind::Webp, MediaKind::Mp4, MediaKind::Webm],
        max_image_bytes: None,
        max_image_pixels: None,
        max_video_bytes: None,
        video: VideoRules::ANY,
        max_alt: None,
        shrink: false,
        by_address: false,
        shape: None,
    }),
    poll: Some(PollRules {
        max_options: Limit { value: 20, source: OURS },
        max_option: Limit { value: 200, source: OURS },
        min_seconds: Limit { value: 1, source: OURS },
        max_seconds: Limit { value: 31_536_000, source: OURS },
        with_media: true,
    }),
    reply: true,
    quote: true,
    boost: true,
    edit: true,
    delete: true,
    prices: &[],
    rates: &[],
    settling: Settling::Person,
    auth: Auth::Token,
    login: None,
    probe: false,
    projected: false,
    look: Look { badges: &["topic", "labels"], ..Look::PLAIN },
    post_options: options::POST,
    account_options: options::ACCOUNT,
    needs: &[Need::Endpoint, Need::Token],
    setup: &[
        "Make a secret of at least 24 random bytes: `printf 'whsec_%s\\n' \"$(openssl rand -base64 32)\"`. Give it to the receiver, \
         which checks the signature with any library of [Standard Webhooks](https://www.standardwebhooks.com).",
        "Put it into the environment or the vault, and name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`. While one secret \
         takes over from another, write both with a space between: each signs.",
        "Write the receiver's address as `endpoint`. It must begin with `https://`, except on this machine.",
        "If the receiver notes each `webhook-id` for a day and does nothing twice, say so with `idempotent = true`.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for Webhook {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        CODES
    }

    fn compose(&self, post: &Post, target: &model::Target, _account: &Account, limits: &Limits) -> Composed {
        let draft = compose(&PROFILE, post, target, limits);
        let findings = large(&draft).into_iter().collect();
        Composed { draft, findings }
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        if u64::try_from(job.media.len()).is_ok_and(|media| media > job.limits.images.max(job.limits.videos)) {
            return Err(NetworkError::unsupported(&format!(
                "tell of more than {} images or videos",
                job.limits.images
            )));
        }
        if job.draft.poll.as_ref().is_some_and(|poll| poll.options.len() as u64 > job.limits.poll_options) {
            let words = format!("a poll has at most {} answers", job.limits.poll_options);
            return Err(NetworkError::new(ErrorKind::Refused, words));
        }
        let id = job.attempt.key.as_str();
        let made = reply::taken(&wire.call(call("tell of a post", job.account, id, event::published(job))?).await?)?;
        let extra = BTreeMap::from([(EVENT.to_owned(), id.to_owned())]);
        Ok(Receipt { remote: Remote { id: made.id.unwrap_or_else(|| id.to_owned()), url: made.url, extra } })
    }

    async fn settling(&self, account: &Account, _wire: &mut Wire<'_>) -> Result<Settling, NetworkError> {
        Ok(match options::deduplicates(account) {
            true => Settling::Key { window: REMEMBERED, settle: Duration::ZERO },
            false => PROFILE.settling,
        })
    }

    async fn edit(&self, job: &Job<'_>, remote: &Remote, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        let event = event::updated(job, remote);
        let made = reply::taken(&wire.call(call("tell of a change", job.account, &job.attempt.key, event)?).await?)?;
        Ok(Receipt { remote: Remote { url: made.url.or_else(|| remote.url.clone()), ..remote.clone() } })
    }

    async fn delete(&self, account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        // What is deleted is deleted once, so its event can be named after that of its publication.
        let known = remote.extra.get(EVENT).unwrap_or(&remote.id);
        let plain: String = known.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let event = event::deleted(account.id.as_str(), remote);
        let request = call("tell of a deletion", account, &format!("{plain}-deleted"), event)?;
        reply::taken(&wire.call(request).await?).map(drop)
    }

    async fn greet(&self, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        // Some receivers act on any request to their address, so only the front page of their server is asked.
        match front_page(endpoint(account)?) {
            Some(url) => wire.call(Request::get("ask the time", url)).await.map(drop),
            None => Ok(()),
        }
    }
}

fn call(label: &'static str, account: &Account, id: &str, event: Value) -> Result<Request, NetworkError> {
    let request = Request::send(label, Method::Post, endpoint(account)?, Payload::Json(event), Effect::Publish);
    Ok(request.credential(Credential::Token).place(Place::Webhook { id: id.to_owned() }))
}

fn endpoint(account: &Account) -> Result<&str, NetworkError> {
    match &account.endpoint {
        Some(endpoint) => Ok(&endpoint.value),
        None => Err(NetworkError::new(
            ErrorKind::Misconfigured,
            format!("account `{}` has no `endpoint`, the address of the receiver", account.id),
        )),
    }
}

/// Returns the front page of the server of an address, unless that is the address itself.
fn front_page(endpoint: &str) -> Option<String> {
    let host = endpoint.find("://")? + "://".len();
    let path = host + endpoint[host..].find(['/', '?', '#'])?;
    let has_path = !endpoint[path..].trim_matches('/').is_empty();
    has_path.then(|| format!("{}/", &endpoint[..path]))
}

/// Says when an event will be larger than receivers should be sent.
fn large(draft: &Draft) -> Option<Diagnostic> {
    let bytes = event::drafted(draft).to_string().len() as u64;
    let span = draft.parts.first()?.span;
    let message =
        format!("the event has {}, over the {} that receivers take", words::bytes(bytes), words::bytes(LARGEST));
    (bytes > LARGEST).then(|| Diagnostic::new(&LARGE, span, message).help("shorten the post"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(endpoint: &str, expect: Option<&str>) {
        assert_eq!(front_page(endpoint).as_deref(), expect, "{endpoint}");
    }

    #[test]
    fn the_endpoint_itself_is_never_asked_the_time() {
        check("https://hooks.example/a/b?c=d", Some("https://hooks.example/"));
        check("http://localhost:8080/hook", Some("http://localhost:8080/"));
        check("https://hooks.example?token=1", Some("https://hooks.example/"));
        check("https://hooks.example", None);
        check("https://hooks.example/", None);
    }
}
