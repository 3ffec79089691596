//! Bluesky, and every other server of the AT Protocol that holds `app.bsky` records.
//!
//! The protocol in ten lines:
//!
//! 1. Calls are `{server}/xrpc/{method}`: GET asks, POST acts; JSON both ways. <https://atproto.com/specs/xrpc>
//! 2. `createSession` takes a handle and an app password and gives two tokens, and the address of the server that holds
//!    our records. <https://docs.bsky.app/docs/api/com-atproto-server-create-session>
//! 3. An image or video is uploaded first (`uploadBlob`); what comes back goes into the post as it is.
//! 4. A post is a record that we write whole: text, and ranges in UTF-8 bytes that make links, tags and mentions.
//!    <https://docs.bsky.app/docs/advanced-guides/post-richtext>
//! 5. A mention names a permanent id (DID), so handles are resolved before.
//! 6. Answers, quotes and reposts name a record by address and hash; an answer names the thread's first post too.
//! 7. `putRecord` writes under a key that we choose before anything is sent, so an attempt may be repeated, and
//!    `getRecord` tells whether it arrived. <https://atproto.com/specs/tid>
//! 8. Nothing is fetched for a link card, and nothing is linked by the server: what the record says is what is shown.
//! 9. Errors are `{"error": NAME, "message": …}`; an expired token is a 400.
//! 10. `deleteRecord` deletes, once or twice. There is no editing that people would see.
//!
//! All read on 2026-11-22, and tried against `@atproto/pds` 0.5.35 the same day.
#![doc = ""]
#![doc = include_str!("quirks.md")]

mod findings;
mod jwt;
mod options;
mod record;
mod reference;
mod reply;
mod request;
mod session;
mod tid;

#[cfg(test)]
mod tests;

use self::{
    record::PostParts,
    reference::{AtUri, POST, REPOST, StrongRef, Subject},
    session::Us,
};
use crate::{
    diag::Code,
    model::{self, Account, MediaKind, NetworkId, Post, Remote},
    network::{
        Auth, CardOptions, Composed, ErrorKind, Form, Found, Job, Limit, Limits, Look, MediaRules, Need, Network,
        NetworkError, PreparedMedia, Probe, Profile, Rate, Rated, Receipt, Referent, Settling, ShownAddress, SignIn,
        TextRules, Threads, VideoRules, Wire, compose,
    },
    text::{Dialect, HandleStyle, LinkStyle, Measure, MentionWeight, Unit},
};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// Bluesky's name.
const ID: NetworkId = NetworkId("bluesky");

/// The lexicon of posts, which sets the limits of text.
const POST_LEXICON: &str =
    "https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json, read 2026-11-22";

/// Where it says how a video gets into a post.
const VIDEO: &str = "https://docs.bsky.app/docs/tutorials/video";

/// Where the limits of records are written: 5,000 points an hour and 35,000 a day, of which each new record takes three.
const RATE_LIMITS: &str = "https://docs.bsky.app/docs/advanced-guides/rate-limits, read 2026-11-22";

/// How many records an account may make.
static RATES: &[Rate] = &[
    Rate {
        of: Rated::Posts,
        limit: Limit { value: 1_666, source: RATE_LIMITS },
        window: Duration::from_secs(60 * 60),
        cost: 3,
    },
    Rate {
        of: Rated::Posts,
        limit: Limit { value: 11_666, source: RATE_LIMITS },
        window: Duration::from_secs(24 * 60 * 60),
        cost: 3,
    },
];

/// What Bluesky can do.
pub static PROFILE: Profile = Profile {
    id: ID,
    name: "Bluesky",
    checked: "2026-11-22",
    sources: &[
        "https://github.com/bluesky-social/atproto/tree/main/lexicons",
        "https://docs.bsky.app/docs/advanced-guides/posts",
        "https://docs.bsky.app/docs/advanced-guides/post-richtext",
        VIDEO,
        "https://docs.bsky.app/docs/advanced-guides/rate-limits",
        "https://atproto.com/specs/tid",
    ],
    text: TextRules {
        form: Form::Plain(Dialect {
            network: ID,
            links: LinkStyle::Range,
            handles: HandleStyle::Domain,
            bare_domains: false,
            styles: false,
        }),
        max: Some(Limit { value: 300, source: POST_LEXICON }),
        measure: Measure { unit: Unit::Graphemes, url: None, mention: MentionWeight::Full },
        max_bytes: Some(Limit { value: 3000, source: POST_LEXICON }),
        counted_options: &[],
    },
    threads: Threads::Replies,
    media: Some(MediaRules {
        max_images: Limit {
            value: 4,
            source: "https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/embed/images.json, read 2026-11-22",
        },
        max_videos: 1,
        kinds: &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Webp, MediaKind::Gif, MediaKind::Mp4],
        max_image_bytes: Some(Limit {
            value: 1_000_000,
            source: "app.bsky.embed.images allows 2,000,000 since 2026, but servers that still hold the lexicon of before \
                     refuse more than 1,000,000; read 2026-11-22",
        }),
        max_image_pixels: None,
        max_video_bytes: Some(Limit {
            value: 52_428_800,
            source: "what a server takes as it is set up by https://github.com/bluesky-social/pds/blob/main/installer.sh, as do \
                     Bluesky's own; the lexicon allows more, for the video service; read 2026-11-23",
        }),
        // How long one may run is the video service's to say, after the post is out: it was a minute, then three, and more is
        // said of it that nobody has written down.
        video: VideoRules::ANY,
        max_alt: None,
        shrink: true,
        by_address: false,
        shape: None,
    }),
    poll: None,
    reply: true,
    quote: true,
    boost: true,
    edit: false,
    delete: true,
    prices: &[],
    rates: RATES,
    settling: Settling::OwnId,
    auth: Auth::Session,
    login: None,
    probe: true,
    projected: false,
    // What https://github.com/bluesky-social/social-app/blob/main/src/lib/strings/url-helpers.ts makes of addresses,
    // read 2026-11-22.
    look: Look {
        address: ShownAddress::HostAndPath { longest: 15, kept: 13 },
        short_mentions: false,
        joins_blank_lines: false,
        warning: None,
        sensitive: None,
        card: Some(CardOptions {
            title: "card_title",
            description: "card_description",
            url: "card_url",
            beside_media: false,
        }),
        badges: &["labels"],
    },
    post_options: options::POST_OPTIONS,
    account_options: &[],
    needs: &[Need::Handle, Need::Token],
    setup: &[
        "In the app, open *Settings → Privacy and security → App passwords → Add App Password*. It needs no access to direct \
         messages.",
        "Copy the password: it is shown once.",
        "Put it into the environment or the vault, and name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`. \
         `handle` is the account's, such as `acme.example`.",
    ],
    quirks: include_str!("quirks.md"),
};

/// Bluesky.
#[derive(Clone, Copy, Debug)]
pub struct Bluesky;

impl Network for Bluesky {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        findings::CODES
    }

    fn compose(&self, post: &Post, target: &model::Target, _account: &Account, limits: &Limits) -> Composed {
        let draft = compose(&PROFILE, post, target, limits);
        let findings = findings::of(post, &draft);
        Composed { draft, findings }
    }

    async fn refresh(&self, _account: &Account, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        session::refresh(wire).await
    }

    async fn sign_in(&self, account: &Account, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        session::sign_in(account, wire).await
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        possible(job)?;
        let us = Us::of(wire.session())?;
        if job.draft.boost.is_some() {
            let subject = repost_subject(job, us, wire).await?;
            let uri = address(job, us);
            let record = record::repost(&subject, job.attempt.at);
            let response = wire.call(request::put_record("create repost", us.pds, &uri, record)).await?;
            return Ok(repost_receipt(reply::written(&response)?, Some(&subject.this.uri)));
        }
        let surroundings = Surroundings::gather(job, us, wire).await?;
        let record = record::post(&surroundings.parts(job));
        let response = wire.call(request::put_record("create post", us.pds, &address(job, us), record)).await?;
        Ok(post_receipt(reply::written(&response)?, surroundings.reply.map(|(root, _)| root), us))
    }

    async fn find(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
        let us = Us::of(wire.session())?;
        let uri = address(job, us);
        let response = wire.call(request::get_record(us.pds, &uri)).await?;
        let Some(record) = reply::record(&response)? else { return Ok(Found::Absent) };
        // The key alone could be another record's by a rare accident; the moment to the millisecond is the attempt's.
        if record.created_at() != Some(record::datetime(job.attempt.at).as_str()) {
            return Ok(Found::Unclear(format!("`{uri}` holds a record that this attempt did not write")));
        }
        let passed_on = record.passed_on().map(str::to_owned);
        let Some(subject) = record.subject() else {
            return Ok(Found::Unclear(format!("`{uri}` is there, but the server does not tell its hash")));
        };
        Ok(Found::Here(if job.draft.boost.is_some() {
            repost_receipt(subject.this, passed_on.as_deref())
        } else {
            post_receipt(subject.this, subject.root, us)
        }))
    }

    fn remote_at(&self, _account: &Account, url: &str) -> Option<Remote> {
        let id = AtUri::parse_link(url)?.to_string();
        Some(Remote { id, url: Some(url.to_owned()), extra: BTreeMap::new() })
    }

    async fn delete(&self, _account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        let us = Us::of(wire.session())?;
        let uri = address_of(remote).ok_or_else(|| no_post(&remote.id))?;
        let response = wire.call(request::delete_record(us.pds, &uri)).await?;
        reply::deleted(&response)
    }

    async fn probe(&self, _account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let us = Us::of(wire.session())?;
        let whoami: reply::Whoami = reply::read(&wire.call(request::get_session(us.pds)).await?)?;
        let about: reply::About = reply::read(&wire.call(request::describe_server(us.pds)).await?)?;
        let mut limits = PROFILE.limits();
        for bytes in [&mut limits.image_bytes, &mut limits.video_bytes] {
            *bytes = bytes.iter().copied().chain(about.blob_upload_limit).min();
        }
        let mut missing = Vec::new();
        if whoami.active == Some(false) {
            missing
                .push(format!("an active account: this one is {}", whoami.status.as_deref().unwrap_or("switched off")));
        }
        Ok(Probe {
            identity: Some(format!("@{}", whoami.handle)),
            server: Some(format!("AT Protocol server {}", about.did.strip_prefix("did:web:").unwrap_or(&about.did))),
            scopes: Vec::new(),
            missing,
            expires: None,
            limits,
        })
    }
}

/// What a post needs to know of other records before it can be written.
struct Surroundings<'a> {
    people: BTreeMap<String, String>,
    media: Vec<(&'a PreparedMedia, Value)>,
    reply: Option<(StrongRef, StrongRef)>,
    quote: Option<StrongRef>,
}

impl<'a> Surroundings<'a> {
    /// Looks up what is answered, quoted and mentioned, and uploads images and videos: nothing that anybody sees.
    async fn gather(job: &Job<'a>, us: Us<'_>, wire: &mut Wire<'_>) -> Result<Self, NetworkError> {
        let reply = match (job.part, job.parent, job.reply_to) {
            (0, _, Some(referent)) => {
                let parent = subject(referent, us, wire).await?;
                Some((parent.root().clone(), parent.this))
            }
            (0, _, None) => None,
            (_, Some(parent), _) => {
                let parent = subject(&Referent::Ours(parent.clone()), us, wire).await?;
                Some((parent.root().clone(), parent.this))
            }
            (_, None, _) => return Err(NetworkError::new(ErrorKind::NotReady, "the part before has no receipt")),
        };
        let quote = match job.quote {
            Some(referent) if job.part == 0 => Some(subject(referent, us, wire).await?.this),
            _ => None,
        };
        let mut people = BTreeMap::new();
        for handle in record::handles(&job.draft_part().text) {
            if let Some(did) = did_of(handle, us, wire).await? {
                people.insert(handle.to_owned(), did);
            }
        }
        let mut media = Vec::with_capacity(job.media.len());
        for medium in job.media {
            let response = wire.call(request::upload_blob(us.pds, medium)).await?;
            media.push((medium, reply::blob(&response, medium.info.kind)?));
        }
        Ok(Self { people, media, reply, quote })
    }

    fn parts<'b>(&'b self, job: &Job<'b>) -> PostParts<'b>
    where
        'a: 'b,
    {
        PostParts {
            part: job.draft_part(),
            options: &job.draft.options,
            language: job.draft.language.as_deref(),
            at: job.attempt.at,
            people: &self.people,
            media: &self.media,
            reply: self.reply.as_ref().map(|(root, parent)| (root, parent)),
            quote: self.quote.as_ref(),
            card: if job.part == 0 { options::card(&job.draft.options) } else { None },
        }
    }
}

/// Refuses what Bluesky has no place for, before anything is sent. `check` tells it from the profile long before.
fn possible(job: &Job<'_>) -> Result<(), NetworkError> {
    let kinds = || job.media.iter().map(|media| media.info.kind);
    let what = if job.part == 0 && job.draft.poll.is_some() {
        "hold a poll"
    } else if kinds().any(|kind| !job.limits.kinds.contains(&kind)) {
        "show media of this kind"
    } else if u64::try_from(job.media.len()).is_ok_and(|media| media > job.limits.images) {
        "show so many images in one post"
    } else if job.media.len() > 1 && kinds().any(MediaKind::is_video) {
        "show a video beside others"
    } else {
        return Ok(());
    };
    Err(NetworkError::unsupported(what))
}

/// Returns the address that an attempt writes to, known before anything is sent.
fn address(job: &Job<'_>, us: Us<'_>) -> AtUri {
    let collection = if job.draft.boost.is_some() { REPOST } else { POST };
    AtUri::new(us.did, collection, &tid::record_key(job.attempt, job.part))
}

/// Returns the address of something published, also where a person settled it with a link.
fn address_of(remote: &Remote) -> Option<AtUri> {
    AtUri::parse(&remote.id)
        .or_else(|| AtUri::parse_link(&remote.id))
        .or_else(|| remote.url.as_deref().and_then(AtUri::parse_link))
}

async fn repost_subject(job: &Job<'_>, us: Us<'_>, wire: &mut Wire<'_>) -> Result<Subject, NetworkError> {
    let referent =
        job.boost.ok_or_else(|| NetworkError::new(ErrorKind::NotReady, "the post to pass on is not published yet"))?;
    subject(referent, us, wire).await
}

/// Finds address, hash and thread of a post.
async fn subject(referent: &Referent, us: Us<'_>, wire: &mut Wire<'_>) -> Result<Subject, NetworkError> {
    let mut uri = match referent {
        Referent::Ours(remote) => match Subject::recall(remote) {
            Some(subject) => return Ok(subject),
            None => address_of(remote).ok_or_else(|| no_post(&remote.id))?,
        },
        Referent::Url(url) => AtUri::parse_link(url).ok_or_else(|| no_post(url))?,
    };
    if !uri.authority.starts_with("did:") {
        let did = did_of(&uri.authority, us, wire).await?;
        let nobody = || NetworkError::new(ErrorKind::NotFound, format!("nobody has the handle `{}`", uri.authority));
        uri.authority = did.ok_or_else(nobody)?;
    }
    let found = reply::record(&wire.call(request::get_record(us.pds, &uri)).await?)?;
    found
        .and_then(reply::Record::subject)
        .ok_or_else(|| NetworkError::new(ErrorKind::NotFound, format!("there is no post `{uri}`")))
}

/// Finds whose handle it is; a DID is its own.
async fn did_of(handle: &str, us: Us<'_>, wire: &mut Wire<'_>) -> Result<Option<String>, NetworkError> {
    if handle.starts_with("did:") {
        return Ok(Some(handle.to_owned()));
    }
    reply::resolved(&wire.call(request::resolve_handle(us.pds, handle)).await?)
}

fn no_post(address: &str) -> NetworkError {
    NetworkError::new(ErrorKind::Refused, format!("`{address}` is not the address of a Bluesky post"))
}

fn post_receipt(written: StrongRef, root: Option<StrongRef>, us: Us<'_>) -> Receipt {
    let url = AtUri::parse(&written.uri).map(|uri| AtUri::new(us.name(), POST, &uri.rkey).page());
    let mut extra = BTreeMap::from([("cid".to_owned(), written.cid)]);
    if let Some(root) = root {
        extra.extend([("root".to_owned(), root.uri), ("root_cid".to_owned(), root.cid)]);
    }
    Receipt { remote: Remote { id: written.uri, url, extra } }
}

/// Makes the receipt of a repost, which has no page: its link is that of the post.
fn repost_receipt(written: StrongRef, subject: Option<&str>) -> Receipt {
    let url = subject.and_then(AtUri::parse).map(|uri| uri.page());
    Receipt { remote: Remote { id: written.uri, url, extra: BTreeMap::from([("cid".to_owned(), written.cid)]) } }
}
