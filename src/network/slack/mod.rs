//! Slack: an app's bot in a channel, or an incoming webhook.
//!
//! Methods at `https://slack.com/api`, with JSON and a bearer token; failure comes with status 200 and `ok: false`. A message
//! is one `chat.postMessage` with a block of rich text, in which nothing is markup by accident. Images are uploaded without
//! being shown to anybody (`files.getUploadURLExternal`, the bytes, `files.completeUploadExternal`), waited for, and named in
//! image blocks, so that the message is one call whose name is known. There is no idempotency: the attempt's key goes beside
//! the message as metadata, and the channel is listed to find it. A webhook answers `ok` and nothing else: a lost answer is a
//! person's to settle. See <https://docs.slack.dev/reference/methods/chat.postMessage>,
//! <https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object> (read November 2026) and `quirks.md`.

mod address;
mod bot;
mod findings;
mod options;
mod reply;
mod request;
mod rich;
mod webhook;

pub use self::{bot::Slack, webhook::SlackWebhook};
use super::{Form, Job, Limit, Look, NetworkError, Profile, TextRules};
use crate::{
    model::NetworkId,
    text::{Dialect, HandleStyle, LinkStyle, Measure, MentionWeight, Unit},
};

const POST: &str = "https://docs.slack.dev/reference/methods/chat.postMessage and chat.update, read 2026-11-22";

const SOURCES: &[&str] = &[
    "https://docs.slack.dev/reference/methods/chat.postMessage",
    "https://docs.slack.dev/reference/methods/chat.update",
    "https://docs.slack.dev/reference/methods/conversations.history",
    "https://docs.slack.dev/reference/methods/files.getUploadURLExternal",
    "https://docs.slack.dev/reference/block-kit/blocks/rich-text-block",
    "https://docs.slack.dev/reference/block-kit/blocks/image-block",
    "https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object",
    "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks",
    "https://docs.slack.dev/apis/web-api/rate-limits",
];

/// What its apps show: addresses whole, in text of several styles.
const LOOK: Look = Look::PLAIN;

/// Longer messages can be posted, but not changed, and are said to be torn into several.
const fn text(network: NetworkId) -> TextRules {
    TextRules {
        form: Form::Plain(Dialect {
            network,
            links: LinkStyle::Range,
            handles: HandleStyle::None,
            styles: true,
            bare_domains: false,
        }),
        max: Some(Limit { value: 4_000, source: POST }),
        measure: Measure { unit: Unit::CodePoints, url: None, mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    }
}

/// Refuses what the profile says can't be, before anything is sent.
fn possible(profile: &Profile, job: &Job<'_>) -> Result<(), NetworkError> {
    let limits = job.limits;
    let what = if job.boost.is_some() {
        "pass a post on"
    } else if job.quote.is_some() {
        "quote a post"
    } else if !profile.reply && (job.reply_to.is_some() || job.parent.is_some()) {
        "answer a message"
    } else if job.part == 0 && job.draft.poll.is_some() {
        "ask people in a poll"
    } else if job.media.iter().any(|media| !limits.kinds.contains(&media.info.kind)) {
        "show media of this kind"
    } else if u64::try_from(job.media.len()).is_ok_and(|media| media > limits.images) {
        "show so many images in one message"
    } else {
        return Ok(());
    };
    Err(NetworkError::unsupported(what))
}
