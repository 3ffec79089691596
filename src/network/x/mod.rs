//! X: posts, threads and polls of one account.
//!
//! JSON over HTTPS at `https://api.x.com/2`. OAuth 2 with PKCE: an access token lasts two hours, and each refresh token serves once, so
//! that publishers share a session in the vault. An image is uploaded in one call and described in another, a video in pieces; both are
//! named in `POST /2/tweets`. There is no idempotency: our own posts are listed and compared, with the links that X has shortened written out.
//! The same words again are refused with 403, which is evidence and no proof, since deleted posts count. Text is counted with weights
//! (twitter-text, configuration 3). What is published and read is charged. See <https://docs.x.com/x-api> and its OpenAPI
//! description, 2.167 (read August 2026), and `quirks.md`.

mod address;
mod findings;
mod options;
mod reply;
mod request;
mod search;

use self::reply::{Made, Me, Refers, Upload};
use super::{
    Auth, Composed, Credential, ErrorKind, Form, Found, Job, Limit, Limits, Login, Look, MediaRules, Network,
    NetworkError, PollRules, PreparedMedia, Price, Priced, Probe, Profile, Rate, Rated, Receipt, Referent, Scope,
    Session, Settling, SignIn, Slice, TextRules, Threads, VideoRules, Wire, compose, listing::Search,
};
use crate::{
    diag::Code,
    model::{self, Account, MediaKind, NetworkId, Post, Remote, Timestamp, VideoCodec},
    text::{Dialect, HandleStyle, LinkStyle, Measure, MentionWeight, Unit},
};
use std::{collections::BTreeMap, time::Duration};

/// X.
#[derive(Debug)]
pub struct X;

const ID: NetworkId = NetworkId("x");
const COUNTING: &str = "https://docs.x.com/fundamentals/counting-characters, read August 2026";
const CREATE: &str = "https://docs.x.com/x-api/posts/create-post, read August 2026";
const UPLOADS: &str = "https://docs.x.com/x-api/media/quickstart/best-practices, read August 2026";
const METADATA: &str = "https://docs.x.com/x-api/media/create-media-metadata, read August 2026";
const RATES: &str = "https://docs.x.com/x-api/fundamentals/rate-limits, read August 2026";
const PRICES: &str = "https://docs.x.com/x-api/getting-started/pricing, read August 2026";

/// How many pages of our own posts are looked through, of 100 each.
const PAGES: usize = 5;

/// How often it is asked whether an image or video has been processed.
const PATIENCE: usize = 60;

/// How long a piece of a video is, in bytes: what X's own examples use. It takes 1,000 pieces.
const PIECE: u64 = 1024 * 1024;

static SCOPES: &[Scope] = &[
    Scope { name: "tweet.read", why: "to find a post again when its answer was lost" },
    Scope { name: "tweet.write", why: "to publish and delete posts" },
    Scope { name: "users.read", why: "to be told as whom we publish" },
    Scope { name: "media.write", why: "to upload and describe images" },
    Scope { name: "offline.access", why: "to stay signed in for longer than two hours" },
];

static PROFILE: Profile = Profile {
    id: ID,
    name: "X",
    checked: "2026-08-31",
    sources: &[
        "https://docs.x.com/x-api/posts/create-post",
        "https://docs.x.com/x-api/media/upload-media",
        "https://docs.x.com/x-api/getting-started/pricing",
        "https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/authorization-code",
        "https://docs.x.com/fundamentals/counting-characters",
        "https://github.com/twitter/twitter-text/blob/master/config/v3.json",
    ],
    text: TextRules {
        form: Form::Plain(Dialect {
            network: ID,
            links: LinkStyle::TextThenUrl,
            handles: HandleStyle::UserAtHost,
            bare_domains: true,
            styles: false,
        }),
        max: Some(Limit { value: 280, source: COUNTING }),
        measure: Measure { unit: Unit::Weighted, url: Some(23), mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    },
    threads: Threads::Replies,
    media: Some(MediaRules {
        max_images: Limit { value: 4, source: CREATE },
        max_videos: 1,
        kinds: &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif, MediaKind::Webp, MediaKind::Mp4],
        max_image_bytes: Some(Limit { value: 5_000_000, source: UPLOADS }),
        max_image_pixels: None,
        max_video_bytes: Some(Limit {
            value: 512_000_000,
            source: "X takes 8 GB; Masthead's, since a file is in memory while it is sent, 2026-11-23",
        }),
        video: VideoRules {
            codecs: &[VideoCodec::H264],
            shortest: None,
            longest: Some(Limit { value: 20 * 60, source: UPLOADS }),
        },
        max_alt: Some(Limit { value: 1_000, source: METADATA }),
        shrink: true,
        by_address: false,
        shape: None,
    }),
    poll: Some(PollRules {
        max_options: Limit { value: 4, source: CREATE },
        max_option: Limit { value: 25, source: CREATE },
        min_seconds: Limit { value: 5 * 60, source: CREATE },
        max_seconds: Limit { value: 7 * 24 * 60 * 60, source: CREATE },
        with_media: false,
    }),
    reply: true,
    quote: true,
    boost: false,
    edit: false,
    delete: true,
    rates: &[Rate {
        of: Rated::Posts,
        limit: Limit { value: 100, source: RATES },
        window: Duration::from_secs(15 * 60),
        cost: 1,
    }],
    prices: &[
        Price { of: Priced::Post, micros: 15_000, source: PRICES },
        Price { of: Priced::LinkedPost, micros: 200_000, source: PRICES },
        Price { of: Priced::Description, micros: 5_000, source: PRICES },
        Price { of: Priced::Deletion, micros: 10_000, source: PRICES },
        Price { of: Priced::Lookup, micros: 1_000, source: PRICES },
    ],
    settling: Settling::Listing { settle: Duration::from_secs(2 * 60) },
    auth: Auth::Session,
    login: Some(Login {
        authorize: "https://x.com/i/oauth2/authorize",
        query: &[],
        scopes: SCOPES,
        separator: " ",
        pkce: true,
        client_secret: false,
        loopback: true,
    }),
    probe: true,
    projected: false,
    look: Look { badges: &["reply_settings", "made_with_ai", "paid_partnership"], ..Look::PLAIN },
    post_options: options::POST,
    account_options: &[],
    needs: &[],
    setup: &[
        "Set up a [vault](../vault.md): X exchanges the secret of a session at each renewal, so publishers must share it.",
        "In the [console](https://console.x.com) make an application inside a project, and buy credits: X charges for each post.",
        "Under *User authentication settings* choose *Read and write*, *Native App* (or *Web App*, which has a secret), and the callback \
         URL `http://127.0.0.1:8910/`.",
        "Write the *Client ID* into `client_id` and, of a web app, where the *Client Secret* is kept into `client_secret`.",
        "Run `masthead login ACCOUNT`, signed in to X in your browser as the account that is to post. It needs no `token`.",
        "`handle` is the account's name, without `@`; links to posts are made with it.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for X {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        findings::CODES
    }

    fn compose(&self, post: &Post, target: &model::Target, account: &Account, limits: &Limits) -> Composed {
        let draft = compose(&PROFILE, post, target, limits);
        let findings = findings::of(post, &draft, account);
        Composed { draft, findings }
    }

    /// Opens a session by the one on the wire, or by a refresh token that the account has for its secret.
    async fn sign_in(&self, account: &Account, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        let is_open = wire.session().facts.contains_key(reply::SCOPES);
        let token = if is_open { Credential::Session(request::REFRESH) } else { Credential::Token };
        reply::session(&wire.call(request::refresh(account, token)?).await?)
    }

    async fn refresh(&self, account: &Account, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        reply::session(&wire.call(request::refresh(account, Credential::Session(request::REFRESH))?).await?)
    }

    async fn log_in(&self, account: &Account, redirect: &str, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        reply::session(&wire.call(request::log_in(account, redirect)?).await?)
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        possible(job)?;
        let refers = refers(job)?;
        let mut media = Vec::with_capacity(job.media.len());
        for medium in job.media {
            media.push(upload(job.account, medium, wire).await?);
        }
        let response = wire.call(request::create(job, &media, &refers)).await?;
        let made: Made = reply::created(&response, job.reply_to.is_some() || job.quote.is_some())?;
        Ok(search::receipt(handle(job.account), &made.id))
    }

    async fn find(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
        let refers = refers(job)?;
        let me: Me = reply::read(&wire.call(request::me(job.account)).await?)?;
        let mut search = Search::new(job, &search::wanted(&job.draft_part().text));
        let since = search.from;
        let own = async |after: Option<&str>| {
            let mut page = own_posts(job.account, &me.id, since, after, wire).await?;
            let of_ours = |post| search::listed(post, job.media.len(), &refers, handle(job.account));
            Ok((page.data.iter().map(of_ours).collect(), page.after()))
        };
        let whole = search.read(PAGES, own).await?;
        Ok(search.verdict(whole))
    }

    fn remote_at(&self, _account: &Account, url: &str) -> Option<Remote> {
        let id = address::id_in(url)?.to_owned();
        Some(Remote { id, url: Some(url.to_owned()), extra: BTreeMap::new() })
    }

    async fn delete(&self, account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        reply::deleted(&wire.call(request::delete(account, &remote.id)).await?)
    }

    async fn greet(&self, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        wire.call(request::knock(account)).await.map(drop)
    }

    async fn probe(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let me: Me = reply::read(&wire.call(request::me(account)).await?)?;
        let scopes = scopes(wire.session());
        let lacks = |scope: &&Scope| !scopes.is_empty() && !scopes.iter().any(|has| has == scope.name);
        Ok(Probe {
            identity: me.username.map(|name| format!("@{name}")),
            server: Some("X".to_owned()),
            missing: SCOPES.iter().filter(lacks).map(|scope| scope.name.to_owned()).collect(),
            scopes,
            // The session's own end is two hours away, and it renews itself.
            expires: None,
            limits: PROFILE.limits(),
        })
    }
}

/// Refuses what can't be, before anything is sent.
fn possible(job: &Job<'_>) -> Result<(), NetworkError> {
    let kinds = || job.media.iter().map(|media| media.info.kind);
    let what = if job.boost.is_some() {
        "pass a post on"
    } else if kinds().any(|kind| !job.limits.kinds.contains(&kind)) {
        "show media of this kind"
    } else if u64::try_from(job.media.len()).is_ok_and(|media| media > job.limits.images) {
        "show so many images in one post"
    } else if job.media.len() > 1 && kinds().any(|kind| kind == MediaKind::Gif || kind.is_video()) {
        "show a GIF or a video beside others"
    } else if job.draft.poll.is_some() && job.part == 0 && !job.media.is_empty() {
        "show media beside a poll"
    } else if job.quote.is_some() && (job.draft.poll.is_some() || !job.media.is_empty()) {
        "show media or a poll in a post that quotes another"
    } else if job.draft.poll.as_ref().is_some_and(|poll| poll.multiple) {
        "let people choose several answers of a poll"
    } else {
        return Ok(());
    };
    Err(NetworkError::unsupported(what))
}

/// Uploads an image and describes it, or a video, which can't be described. Returns its id once it can be shown.
async fn upload(account: &Account, medium: &PreparedMedia, wire: &mut Wire<'_>) -> Result<String, NetworkError> {
    let is_video = medium.info.kind.is_video();
    let mut state = if is_video {
        upload_video(account, medium, wire).await?
    } else {
        reply::read(&wire.call(request::upload(account, medium)).await?)?
    };
    for _ in 0..PATIENCE {
        let Some(wait) = state.wait()? else {
            if !is_video && !medium.alt.is_empty() {
                reply::done(&wire.call(request::describe(account, &state.id, &medium.alt)).await?)?;
            }
            return Ok(state.id);
        };
        wire.pause("X to process media", wait).await;
        state = reply::read(&wire.call(request::upload_state(account, &state.id)).await?)?;
    }
    Err(NetworkError::new(ErrorKind::NotReady, "X hasn't finished processing media"))
}

/// Sends a video piece by piece.
async fn upload_video(account: &Account, video: &PreparedMedia, wire: &mut Wire<'_>) -> Result<Upload, NetworkError> {
    let Made { id } = reply::read(&wire.call(request::begin(account, video)).await?)?;
    for (number, piece) in Slice::all(video.key, video.info.bytes, PIECE).enumerate() {
        reply::done(&wire.call(request::append(account, &id, number, piece)).await?)?;
    }
    reply::read(&wire.call(request::finish(account, &id)).await?)
}

/// Returns what a part refers to.
fn refers(job: &Job<'_>) -> Result<Refers, NetworkError> {
    let answered = match job.parent {
        Some(parent) => Some(parent.id.clone()),
        None => job.reply_to.map(id_of).transpose()?,
    };
    Ok(Refers { answered, quoted: job.quote.map(id_of).transpose()? })
}

fn id_of(referent: &Referent) -> Result<String, NetworkError> {
    match referent {
        Referent::Ours(remote) => Ok(remote.id.clone()),
        Referent::Url(url) => address::id_in(url)
            .map(str::to_owned)
            .ok_or_else(|| NetworkError::new(ErrorKind::Refused, format!("`{url}` is not the address of a post on X"))),
    }
}

/// Lists posts of ours since a moment, by the first name of posts that X takes.
async fn own_posts(
    account: &Account,
    id: &str,
    since: Timestamp,
    after: Option<&str>,
    wire: &mut Wire<'_>,
) -> Result<reply::Page, NetworkError> {
    let [known, newer] = request::NAMES;
    match reply::page(&wire.call(request::own(account, id, since, after, known)).await?) {
        Err(error) if error.kind == ErrorKind::Refused => {
            reply::page(&wire.call(request::own(account, id, since, after, newer)).await?)
        }
        page => page,
    }
}

fn handle(account: &Account) -> Option<&str> {
    account.handle.as_ref().map(|handle| handle.value.as_str())
}

/// Returns what a session may do.
fn scopes(session: &Session) -> Vec<String> {
    let told = session.facts.get(reply::SCOPES).map(String::as_str).unwrap_or_default();
    told.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
