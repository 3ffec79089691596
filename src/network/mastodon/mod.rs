//! Mastodon, and servers that speak its language.
//!
//! HTTP and JSON at the account's own server, with a bearer token that doesn't expire. Text goes out plain; the server
//! itself finds links, tags and mentions in it. Media are uploaded first (`POST /api/v2/media`: 202 means that the server
//! is still at work, so it is asked until it is done), then named in `POST /api/v1/statuses`. An `Idempotency-Key` makes
//! the server answer a repetition with the first status for an hour, on software that is known to keep it; after that, and
//! elsewhere, our own posts are listed and compared. A thread is a chain of `in_reply_to_id`; a reply, quote or boost by
//! web address is looked up with `/api/v2/search?resolve=true`. `PUT` needs the whole state, and clears what is left out. Limits come from
//! `/api/v2/instance`. See <https://docs.joinmastodon.org/methods/statuses/> (read July 2026) and `quirks.md` beside this.

mod address;
mod html;
mod options;
mod quirks;
mod reply;
mod request;
mod search;

use self::{
    reply::{BOOSTED, Upload},
    request::References,
    search::Search,
};
use super::{
    Auth, ErrorKind, Form, Found, Job, Limit, Login, Look, MediaRules, Need, Network, NetworkError, PollRules,
    PreparedMedia, Probe, Profile, Rate, Rated, Receipt, Referent, Scope, Settling, ShownAddress, SignIn, TextRules,
    Threads, VideoRules, Wire,
};
use crate::{
    model::{Account, MediaKind, NetworkId, Remote},
    text::{Dialect, HandleStyle, LinkStyle, Measure, MentionWeight, Unit},
};
use std::{collections::BTreeMap, time::Duration};

/// Mastodon.
#[derive(Debug)]
pub struct Mastodon;

const ID: NetworkId = NetworkId("mastodon");
const INSTANCE: &str = "https://docs.joinmastodon.org/entities/Instance/ (July 2026); the server's own value holds";

/// For how long a key is remembered.
const KEY_WINDOW: Duration = Duration::from_secs(60 * 60);
/// How long after a request our own posts are sure to hold what it made.
const SETTLE: Duration = Duration::from_secs(10 * 60);

/// How often the listing is turned to an older page: 200 posts back.
const PAGES: usize = 5;

/// How long the server is given to process an upload: first a second, then twice as long each time, at most this.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// How often it is asked: about nine minutes in all.
const PATIENCE: usize = 40;

/// What a token must be allowed: as little as serves.
static SCOPES: &[Scope] = &[
    Scope { name: "read:accounts", why: "to find out as whom we publish" },
    Scope { name: "read:statuses", why: "to find out whether a post whose answer was lost is there" },
    Scope { name: "read:search", why: "to find the posts that ours answer, quote and boost" },
    Scope { name: "write:statuses", why: "to publish, change and delete posts" },
    Scope { name: "write:media", why: "to upload images and videos" },
];

/// What the server's own code says; a server's administrator can change none of it without changing the program.
static RATES: &[Rate] = &[
    Rate {
        of: Rated::Posts,
        limit: Limit {
            value: 300,
            source: "https://github.com/mastodon/mastodon/blob/main/app/lib/rate_limiter.rb, read 2026-11-22",
        },
        window: Duration::from_secs(3 * 60 * 60),
        cost: 1,
    },
    Rate {
        of: Rated::Media,
        limit: Limit { value: 30, source: "https://docs.joinmastodon.org/api/rate-limits/, read 2026-11-22" },
        window: Duration::from_secs(30 * 60),
        cost: 1,
    },
];

static PROFILE: Profile = Profile {
    id: ID,
    name: "Mastodon",
    checked: "2026-07-31",
    sources: &[
        "https://docs.joinmastodon.org/methods/statuses/",
        "https://docs.joinmastodon.org/methods/media/",
        "https://docs.joinmastodon.org/methods/instance/",
        "https://docs.joinmastodon.org/client/quotes/",
        "https://docs.joinmastodon.org/api/rate-limits/",
        "https://github.com/mastodon/mastodon/blob/main/app/lib/rate_limiter.rb",
        "https://github.com/mastodon/mastodon/blob/main/app/services/post_status_service.rb",
        "https://github.com/mastodon/mastodon/blob/main/app/services/update_status_service.rb",
    ],
    text: TextRules {
        form: Form::Plain(Dialect {
            network: ID,
            links: LinkStyle::TextThenUrl,
            handles: HandleStyle::UserAtHost,
            bare_domains: false,
            styles: false,
        }),
        max: Some(Limit { value: 500, source: INSTANCE }),
        measure: Measure { unit: Unit::Graphemes, url: Some(23), mention: MentionWeight::WithoutHost },
        max_bytes: None,
        counted_options: &["content_warning"],
    },
    threads: Threads::Replies,
    media: Some(MediaRules {
        max_images: Limit { value: 4, source: INSTANCE },
        max_videos: 1,
        kinds: &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif, MediaKind::Webp, MediaKind::Mp4, MediaKind::Webm],
        max_image_bytes: Some(Limit { value: 16_777_216, source: INSTANCE }),
        max_image_pixels: Some(Limit { value: 33_177_600, source: INSTANCE }),
        max_video_bytes: Some(Limit { value: 103_809_024, source: INSTANCE }),
        video: VideoRules::ANY,
        max_alt: Some(Limit { value: 1_500, source: INSTANCE }),
        shrink: false,
        by_address: false,
        shape: None,
    }),
    poll: Some(PollRules {
        max_options: Limit { value: 4, source: INSTANCE },
        max_option: Limit { value: 50, source: INSTANCE },
        min_seconds: Limit { value: 300, source: INSTANCE },
        max_seconds: Limit { value: 2_629_746, source: INSTANCE },
        with_media: false,
    }),
    reply: true,
    quote: true,
    boost: true,
    edit: true,
    delete: true,
    prices: &[],
    rates: RATES,
    settling: Settling::Key { window: KEY_WINDOW, settle: SETTLE },
    auth: Auth::Token,
    login: Some(Login {
        authorize: "{endpoint}/oauth/authorize",
        query: &[],
        scopes: SCOPES,
        separator: " ",
        pkce: true,
        client_secret: true,
        loopback: true,
    }),
    probe: true,
    projected: false,
    // What https://github.com/mastodon/mastodon/blob/main/app/lib/text_formatter.rb makes of text, read 2026-11-22.
    look: Look {
        address: ShownAddress::Cut(30),
        short_mentions: true,
        joins_blank_lines: true,
        warning: Some("content_warning"),
        sensitive: Some("sensitive"),
        card: None,
        badges: &["visibility", "quote_policy"],
    },
    post_options: options::POST,
    account_options: options::ACCOUNT,
    needs: &[Need::Endpoint, Need::Token],
    setup: &[
        "On your server, open *Preferences → Development → New application*. Any name will do; the website is optional.",
        "Choose the scopes `read:accounts`, `read:statuses`, `read:search`, `write:statuses` and `write:media`, and no others.",
        "Open the application and copy *Your access token*. It does not expire.",
        "Put it into the environment or the vault, and name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`. \
         `endpoint` is the address of the server, such as `https://mastodon.social`.",
        "Or let `masthead login ACCOUNT` fetch it: give the application the redirect URI `http://127.0.0.1:8910/`, and write its \
         *Client key* into `client_id` and where its *Client secret* is kept into `client_secret`.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for Mastodon {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    async fn log_in(&self, account: &Account, redirect: &str, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        let call = request::exchange(request::base(account)?, account, redirect)?;
        reply::token(&wire.call(call).await?)
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        let base = request::base(job.account)?;
        if let Some(referent) = job.boost {
            let id = status_of(base, referent, wire).await?;
            let response = wire.call(request::boost(base, job, &id)).await?;
            return Ok(reply::status(&response)?.boost_receipt());
        }
        let references = references(base, job, wire).await?;
        let media = upload_all(base, job, wire).await?;
        let response = wire.call(request::create(base, job, &media, &references)).await?;
        Ok(reply::status(&response)?.receipt(job.media))
    }

    async fn find(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
        let base = request::base(job.account)?;
        let boosted = match job.boost {
            Some(referent) => Some(status_of(base, referent, wire).await?),
            None => None,
        };
        let me = reply::me(&wire.call(request::who_am_i(base)).await?)?;
        let mut search = Search::new(job, boosted.as_deref());
        let mut older_than = None;
        for _ in 0..PAGES {
            let call = request::own_posts(base, &me.id, boosted.is_some(), older_than.as_deref());
            let page = reply::page(&wire.call(call).await?)?;
            older_than = search.take(page);
            if older_than.is_none() {
                break;
            }
        }
        Ok(search.verdict())
    }

    async fn settling(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Settling, NetworkError> {
        let server = instance(request::base(account)?, wire).await?;
        Ok(if server.keeps_keys() { PROFILE.settling } else { Settling::Listing { settle: SETTLE } })
    }

    async fn edit(&self, job: &Job<'_>, remote: &Remote, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        let base = request::base(job.account)?;
        if remote.extra.contains_key(BOOSTED) {
            return Err(NetworkError::new(ErrorKind::Unsupported, "a boost has nothing that could be changed"));
        }
        let media = match reply::kept_media(remote, job.media) {
            Some(media) => media,
            None => upload_all(base, job, wire).await?,
        };
        let response = wire.call(request::edit(base, &remote.id, job, &media)).await?;
        Ok(reply::status(&response)?.receipt(job.media))
    }

    fn remote_at(&self, account: &Account, url: &str) -> Option<Remote> {
        let id = address::id_in_address(request::base(account).ok()?, url)?;
        Some(Remote { id: id.to_owned(), url: Some(url.to_owned()), extra: BTreeMap::new() })
    }

    async fn delete(&self, account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        let base = request::base(account)?;
        let call = match remote.extra.get(BOOSTED) {
            Some(original) => request::unboost(base, original),
            None => request::delete(base, &remote.id),
        };
        reply::deleted(&wire.call(call).await?)
    }

    async fn greet(&self, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        wire.call(request::application(request::base(account)?)).await.map(drop)
    }

    async fn probe(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let base = request::base(account)?;
        let instance = instance(base, wire).await?;
        let me = reply::me(&wire.call(request::who_am_i(base)).await?)?;
        let scopes = reply::scopes(&wire.call(request::application(base)).await?);
        Ok(Probe {
            identity: me.acct.map(|acct| match instance.host() {
                Some(host) if !acct.contains('@') => format!("@{acct}@{host}"),
                Some(_) | None => format!("@{acct}"),
            }),
            server: instance.software(),
            missing: missing(&scopes),
            scopes,
            expires: None,
            limits: instance.limits(PROFILE.limits()),
        })
    }
}

/// Asks the server for its description; older servers know only the first version of the question.
async fn instance(base: &str, wire: &mut Wire<'_>) -> Result<reply::Instance, NetworkError> {
    let response = wire.call(request::instance(base)).await?;
    if response.status == 404 {
        return reply::instance(&wire.call(request::instance_v1(base)).await?);
    }
    reply::instance(&response)
}

/// Finds the server's ids of what the part answers and quotes.
async fn references(base: &str, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<References, NetworkError> {
    let mut references = References::default();
    match (job.parent, job.reply_to) {
        (Some(parent), _) => references.reply_to = Some(parent.id.clone()),
        (None, Some(referent)) => references.reply_to = Some(status_of(base, referent, wire).await?),
        (None, None) => {}
    }
    if let Some(referent) = job.quote {
        // A server that doesn't know quotes would publish the text alone, so it is asked first.
        if !instance(base, wire).await?.can_quote() {
            return Err(NetworkError::new(
                ErrorKind::Unsupported,
                "the server can't quote posts: it is older than Mastodon 4.5",
            ));
        }
        references.quote = Some(status_of(base, referent, wire).await?);
    }
    Ok(references)
}

/// Finds the server's id of a status.
async fn status_of(base: &str, referent: &Referent, wire: &mut Wire<'_>) -> Result<String, NetworkError> {
    match referent {
        Referent::Ours(remote) => Ok(remote.id.clone()),
        Referent::Url(url) => reply::looked_up(&wire.call(request::look_up(base, url)).await?, url),
    }
}

/// Uploads the media of a part, in order. Returns their ids.
async fn upload_all(base: &str, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Vec<String>, NetworkError> {
    let mut ids = Vec::with_capacity(job.media.len());
    for media in job.media {
        ids.push(upload(base, media, wire).await?);
    }
    Ok(ids)
}

/// Uploads one image or video and waits until it can be attached. Returns its id.
async fn upload(base: &str, media: &PreparedMedia, wire: &mut Wire<'_>) -> Result<String, NetworkError> {
    let mut response = wire.call(request::upload(base, "v2", media)).await?;
    if response.status == 404 {
        response = wire.call(request::upload(base, "v1", media)).await?;
    }
    let mut state = reply::upload(&response)?;
    let mut pause = Duration::from_secs(1);
    for _ in 0..PATIENCE {
        match state {
            Upload::Ready(id) => return Ok(id),
            Upload::Processing(id) => {
                wire.pause("the server to process media", pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
                state = reply::upload(&wire.call(request::upload_state(base, &id)).await?)?;
            }
        }
    }
    match state {
        Upload::Ready(id) => Ok(id),
        Upload::Processing(_) => {
            Err(NetworkError::new(ErrorKind::NotReady, "the server hasn't finished processing media"))
        }
    }
}

/// Returns the scopes that are needed and not there; none if the server doesn't tell.
fn missing(scopes: &[String]) -> Vec<String> {
    let has = |name: &str| scopes.iter().any(|scope| scope == name);
    // `read` holds all that begin with it; `profile` is what a sign-in elsewhere asks for.
    let lacks = |scope: &&Scope| {
        let wider = scope.name.split(':').next().unwrap_or_default();
        let is_profile = scope.name == "read:accounts" && has("profile");
        !scopes.is_empty() && !has(scope.name) && !has(wider) && !is_profile
    };
    SCOPES.iter().filter(lacks).map(|scope| scope.name.to_owned()).collect()
}
