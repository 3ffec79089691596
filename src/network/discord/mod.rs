//! Discord: a bot in a channel, or a webhook of one.
//!
//! HTTP and JSON at `https://discord.com/api/v10`. A bot's token goes with every request; of a webhook the whole address is
//! the secret. A message is one call, with its media in the same form (`payload_json` and `files[n]`). Text is Discord's own
//! Markdown and counts as it is written, markup included. A bot's message carries a nonce, for which Discord answers with
//! the first message for some minutes, and its channel can be listed; a webhook has neither, so a lost answer is a person's
//! to settle. `allowed_mentions` is always sent, or raw text would ping everyone that it names. A thread of a post is a chain
//! of replies, which only a bot can write. See <https://discord.com/developers/docs/resources/message>,
//! <https://discord.com/developers/docs/resources/webhook> (read August 2026) and `quirks.md` beside this.

mod address;
mod bot;
mod findings;
#[cfg(test)]
mod fixtures;
mod markup;
mod options;
mod reply;
mod request;
mod search;
mod webhook;

pub use self::{bot::Discord, webhook::DiscordWebhook};
use super::{
    Draft, Form, Job, Limit, Limits, Look, MediaRules, NetworkError, PollRules, Profile, TextRules, VideoRules,
    compose_written,
};
use crate::{
    model::{self, MediaKind, NetworkId, Post},
    text::{Dialect, HandleStyle, LinkStyle, Measure, MentionWeight, Unit},
};
use std::time::Duration;

const MESSAGE: &str = "https://discord.com/developers/docs/resources/message, read 2026-08-06";
const FILES: &str = "https://discord.com/developers/docs/reference#uploading-files, read 2026-08-06";
const POLL: &str = "https://discord.com/developers/docs/resources/poll, read 2026-08-06";

/// For how long a nonce is remembered: the documentation says "the past few minutes".
const KEY_WINDOW: Duration = Duration::from_secs(3 * 60);
/// How long after a request the channel is sure to list what it made.
const SETTLE: Duration = Duration::from_secs(10 * 60);

/// How many pages of the channel are read to find a message.
const PAGES: usize = 5;

const SOURCES: &[&str] = &[
    "https://discord.com/developers/docs/reference",
    "https://discord.com/developers/docs/resources/message",
    "https://discord.com/developers/docs/resources/webhook",
    "https://discord.com/developers/docs/resources/poll",
    "https://discord.com/developers/docs/topics/rate-limits",
    "https://discord.com/developers/docs/topics/opcodes-and-status-codes",
];

/// What its apps show: addresses whole, in text of several styles.
const LOOK: Look = Look::PLAIN;

const fn text(network: NetworkId) -> TextRules {
    TextRules {
        form: Form::Plain(Dialect {
            network,
            links: LinkStyle::Range,
            handles: HandleStyle::None,
            styles: true,
            bare_domains: false,
        }),
        max: Some(Limit { value: 2_000, source: MESSAGE }),
        measure: Measure { unit: Unit::CodePoints, url: None, mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    }
}

const fn media() -> MediaRules {
    MediaRules {
        max_images: Limit { value: 10, source: MESSAGE },
        max_videos: 10,
        kinds: &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif, MediaKind::Webp, MediaKind::Mp4, MediaKind::Webm],
        max_image_bytes: Some(Limit { value: 10 * 1024 * 1024, source: FILES }),
        max_image_pixels: None,
        max_video_bytes: Some(Limit { value: 10 * 1024 * 1024, source: FILES }),
        video: VideoRules::ANY,
        max_alt: Some(Limit { value: 1_024, source: MESSAGE }),
        shrink: true,
        by_address: false,
        shape: None,
    }
}

const fn poll() -> PollRules {
    PollRules {
        max_options: Limit { value: 10, source: POLL },
        max_option: Limit { value: 55, source: POLL },
        min_seconds: Limit { value: 60 * 60, source: POLL },
        max_seconds: Limit { value: 768 * 60 * 60, source: POLL },
        with_media: false,
    }
}

/// Makes the draft: markup counts.
fn draft(profile: &Profile, post: &Post, target: &model::Target, limits: &Limits) -> Draft {
    compose_written(profile, post, target, limits, |part| markup::write(&part.text))
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
    } else if job.media.iter().any(|media| !limits.kinds.contains(&media.info.kind)) {
        "show media of this kind"
    } else if u64::try_from(job.media.len()).is_ok_and(|media| media > limits.images) {
        "show so many media in one message"
    } else if job.part == 0 && job.draft.poll.is_some() && !job.media.is_empty() {
        "show media beside a poll"
    } else {
        return Ok(());
    };
    Err(NetworkError::unsupported(what))
}
