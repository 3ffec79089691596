//! LinkedIn: a member's profile, or an organisation's page.
//!
//! Versioned REST and JSON at `https://api.linkedin.com/rest`, with a bearer token of 60 days and the month of the API in a header
//! that every call must carry (426 means that the month is no longer served). Posts are written as "little text", in which a few
//! characters mean something and are escaped everywhere else, see [`little`]. An image is announced (`images?action=initializeUpload`),
//! sent to the address that is answered (a video in pieces), and named in `POST /posts`; what that made is told by the header
//! `x-restli-id` alone. There is no idempotency, but the same words again are refused with 422 `DUPLICATE_POST`, which names the
//! earlier post: evidence, though it also names posts that were deleted. A page's posts can be listed, a member's can not, so that a
//! lost answer there is a person's to settle. A quote and a boost are both a `reshareContext`. See
//! <https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api> (read August 2026) and `quirks.md`.

mod address;
mod findings;
pub mod little;
mod member;
mod options;
mod page;
mod poll;
mod reply;
mod request;
mod search;

pub use self::{member::LinkedIn, page::LinkedInPage};
use super::{
    CardOptions, ErrorKind, Form, Job, Limit, Login, Look, MediaRules, NetworkError, Payload, PollRules, PreparedMedia,
    Receipt, Referent, Scope, SignIn, Slice, TextRules, VideoRules, Wire,
};
use crate::{
    model::{Account, MediaKind, NetworkId, Remote},
    text::{Dialect, HandleStyle, LinkStyle, Measure, MentionWeight, Unit},
};
use std::collections::BTreeMap;

const POSTS: &str =
    "https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api, read August 2026";
const IMAGES: &str =
    "https://learn.microsoft.com/linkedin/marketing/community-management/shares/images-api, read August 2026";
const VIDEOS: &str =
    "https://learn.microsoft.com/linkedin/marketing/community-management/shares/videos-api, read August 2026";
const SEVERAL: &str =
    "https://learn.microsoft.com/linkedin/marketing/community-management/shares/multiimage-post-api, read August 2026";
const POLLS: &str =
    "https://learn.microsoft.com/linkedin/marketing/community-management/shares/poll-post-api, read August 2026";

/// LinkedIn's own page wasn't seen to say it.
const ANSWERS: &str = "an aggregator of networks' limits, read August 2026";

const SOURCES: &[&str] = &[
    "https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api",
    "https://learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format",
    "https://learn.microsoft.com/linkedin/marketing/community-management/shares/images-api",
    "https://learn.microsoft.com/linkedin/marketing/community-management/shares/multiimage-post-api",
    "https://learn.microsoft.com/linkedin/marketing/community-management/shares/videos-api",
    "https://learn.microsoft.com/linkedin/marketing/community-management/shares/poll-post-api",
    "https://learn.microsoft.com/linkedin/marketing/versioning",
    "https://learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow",
];

const DAY: u64 = 24 * 60 * 60;

const LOOK: Look = Look {
    card: Some(CardOptions {
        title: "card_title",
        description: "card_description",
        url: "card_url",
        beside_media: false,
    }),
    badges: &["visibility"],
    ..Look::PLAIN
};

const fn text(network: NetworkId) -> TextRules {
    TextRules {
        form: Form::Plain(Dialect {
            network,
            links: LinkStyle::TextThenUrl,
            handles: HandleStyle::None,
            bare_domains: false,
            styles: false,
        }),
        max: Some(Limit { value: 3_000, source: POSTS }),
        measure: Measure { unit: Unit::CodePoints, url: None, mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    }
}

const fn media() -> MediaRules {
    MediaRules {
        max_images: Limit { value: 20, source: SEVERAL },
        max_videos: 1,
        kinds: &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif, MediaKind::Mp4],
        max_image_bytes: None,
        max_image_pixels: Some(Limit { value: 36_152_319, source: IMAGES }),
        max_video_bytes: Some(Limit { value: 500_000_000, source: VIDEOS }),
        video: VideoRules {
            codecs: &[],
            shortest: Some(Limit { value: 3, source: VIDEOS }),
            longest: Some(Limit { value: 30 * 60, source: VIDEOS }),
        },
        // It is believed to be 4,086; nobody has written that down for certain, so it is the network's to refuse.
        max_alt: None,
        shrink: true,
        by_address: false,
        shape: None,
    }
}

const fn polls() -> PollRules {
    PollRules {
        max_options: Limit { value: 4, source: POLLS },
        max_option: Limit { value: 30, source: ANSWERS },
        min_seconds: Limit { value: DAY, source: POLLS },
        max_seconds: Limit { value: 14 * DAY, source: POLLS },
        with_media: false,
    }
}

const fn login(scopes: &'static [Scope]) -> Login {
    Login {
        authorize: "https://www.linkedin.com/oauth/v2/authorization",
        query: &[],
        scopes,
        separator: " ",
        pkce: false,
        client_secret: true,
        loopback: true,
    }
}

/// Refuses what can't be, before anything is sent.
fn possible(job: &Job<'_>) -> Result<(), NetworkError> {
    let limits = job.limits;
    let has_poll = job.draft.poll.is_some();
    let what = if job.reply_to.is_some() || job.parent.is_some() {
        "answer a post"
    } else if job.media.iter().any(|media| !limits.kinds.contains(&media.info.kind)) {
        "show media of this kind"
    } else if u64::try_from(job.media.len()).is_ok_and(|media| media > limits.images) {
        "show so many images in one post"
    } else if job.media.len() > 1 && job.media.iter().any(|media| media.info.kind.is_video()) {
        "show a video beside others"
    } else if has_poll && !job.media.is_empty() {
        "show media beside a poll"
    } else if job.quote.is_some() && (has_poll || !job.media.is_empty()) {
        "show media or a poll in a post that quotes another"
    } else if job.draft.poll.as_ref().is_some_and(|poll| poll.multiple) {
        "let people choose several answers of a poll"
    } else {
        return Ok(());
    };
    Err(NetworkError::unsupported(what))
}

/// Publishes a post whose images have been uploaded.
async fn create(job: &Job<'_>, author: &str, images: &[String], wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
    let content = request::content(job, images)?;
    let parent = parent(job)?;
    let urn = reply::created(&wire.call(request::create(job, author, content, parent.as_deref())).await?)?;
    Ok(reply::receipt(&urn, Some(request::kept(job))))
}

/// Changes the words of a post: nothing else can be changed.
async fn edit(job: &Job<'_>, remote: &Remote, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
    let kept = request::kept(job);
    if remote.extra.get(reply::KEPT).is_some_and(|before| *before != kept) || job.boost.is_some() {
        return Err(NetworkError::unsupported("change more of a post than its words"));
    }
    reply::done(&wire.call(request::edit(job, &remote.id)).await?)?;
    Ok(reply::receipt(&remote.id, Some(kept)))
}

async fn delete(account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
    reply::deleted(&wire.call(request::delete(account, &remote.id)).await?)
}

async fn log_in(account: &Account, redirect: &str, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
    reply::token(&wire.call(request::exchange(account, redirect)?).await?)
}

/// Uploads the images or the video of a post. Returns their names, in order.
async fn upload_all(job: &Job<'_>, author: &str, wire: &mut Wire<'_>) -> Result<Vec<String>, NetworkError> {
    let mut images = Vec::with_capacity(job.media.len());
    for media in job.media {
        if media.info.kind.is_video() {
            images.push(upload_video(job.account, author, media, wire).await?);
            continue;
        }
        let place = reply::upload_place(&wire.call(request::upload_place(job.account, author)).await?)?;
        let payload = Payload::Media(media.key);
        reply::uploaded(&wire.call(request::upload(&place.upload_url, payload)?).await?)?;
        images.push(place.image);
    }
    Ok(images)
}

/// Uploads a video in the pieces that LinkedIn asks for. Returns its name.
async fn upload_video(
    account: &Account,
    author: &str,
    video: &PreparedMedia,
    wire: &mut Wire<'_>,
) -> Result<String, NetworkError> {
    let bytes = video.info.bytes;
    let places = reply::video_places(&wire.call(request::video_places(account, author, bytes)).await?)?;
    let mut names = Vec::with_capacity(places.pieces.len());
    for piece in &places.pieces {
        let slice = Slice { key: video.key, from: piece.first, to: piece.last.saturating_add(1).min(bytes) };
        let call = request::upload(&piece.url, Payload::MediaSlice(slice))?;
        names.push(reply::piece(&wire.call(call).await?)?);
    }
    reply::done(&wire.call(request::finish_video(account, &places.video, &places.token, &names)).await?)?;
    Ok(places.video)
}

/// Asks how long a token serves and what it may do, where an application is set up that may ask.
async fn token_state(account: &Account, wire: &mut Wire<'_>) -> Result<Option<reply::TokenState>, NetworkError> {
    let Some(client) = account.client.as_ref().filter(|client| client.secret.is_some()) else { return Ok(None) };
    reply::token_state(&wire.call(request::introspect(&client.id.value)).await?)
}

/// Returns what of the scopes a token lacks; nothing if LinkedIn doesn't tell what it has.
fn missing(wanted: &[Scope], has: &[String]) -> Vec<String> {
    let lacks = |scope: &&Scope| !has.is_empty() && !has.iter().any(|name| name == scope.name);
    wanted.iter().filter(lacks).map(|scope| scope.name.to_owned()).collect()
}

/// Returns the name of what a post quotes or passes on.
fn parent(job: &Job<'_>) -> Result<Option<String>, NetworkError> {
    match job.boost.or(job.quote) {
        None => Ok(None),
        Some(Referent::Ours(remote)) => Ok(Some(remote.id.clone())),
        Some(Referent::Url(url)) => address::urn_in(url).map(Some).ok_or_else(|| {
            NetworkError::new(ErrorKind::Refused, format!("`{url}` is not the address of a post on LinkedIn"))
        }),
    }
}

/// Reads the address of a post of ours. One that names an activity alone is not what the API calls a post.
fn remote_at(url: &str) -> Option<Remote> {
    let id = address::urn_in(url).filter(|urn| !urn.starts_with("urn:li:activity:"))?;
    Some(Remote { id, url: Some(url.to_owned()), extra: BTreeMap::new() })
}
