//! Threads, by Meta.
//!
//! Forms over HTTP at `graph.threads.net`, with a bearer token. Publishing has two steps: `POST /me/threads` makes a container ready
//! (`TEXT`, `IMAGE`, `VIDEO`, or `CAROUSEL` of items that were made before) and answers its id, `GET /{id}?fields=status` tells
//! whether it is, and `POST /me/threads_publish` publishes it and answers the post's id. Images and videos are fetched by Meta from a
//! public address. A thread is a chain of `reply_to_id`. Nothing can be changed. After a lost answer our own posts of that time are
//! listed. See <https://developers.facebook.com/docs/threads> (read November 2026) and `quirks.md` beside this.

mod address;
mod findings;
mod options;
mod reply;
mod request;

use self::{reply::Me, request::Refers};
use super::{
    Auth, CardOptions, Composed, ErrorKind, Found, Job, Limit, Limits, Login, Look, MediaRules, Need, Network,
    NetworkError, PollRules, Probe, Profile, Rate, Rated, Receipt, Referent, Scope, Settling, ShownAddress, SignIn,
    TextRules, Threads as Chains, VideoRules, Wire, compose,
    graph::{self, Container, Exchange, Made, read, wait_until_ready},
    listing::Search,
};
use crate::{
    diag::Code,
    model::{self, Account, MediaKind, NetworkId, Post, Remote, VideoCodec},
    text::{Dialect, HandleStyle, LinkStyle, Measure, MentionWeight, Unit},
};
use std::time::Duration;

/// Threads.
#[derive(Debug)]
pub struct Threads;

const ID: NetworkId = NetworkId("threads");
const POSTS: &str = "https://developers.facebook.com/docs/threads/create-posts (read 2026-11-22)";
const OVERVIEW: &str = "https://developers.facebook.com/docs/threads/overview (read 2026-11-22)";
const MEASURED: &str = "https://github.com/gitroomhq/postiz-app/pull/1946 (refusals counted there, read 2026-11-22)";

/// How many pages of posts are looked through.
const PAGES: usize = 5;

/// What a token must be allowed.
const SCOPES: [&str; 2] = ["threads_basic", "threads_content_publish"];

/// What a login asks for.
static LOGIN_SCOPES: &[Scope] = &[
    Scope { name: "threads_basic", why: "to be told as whom we publish, and to list our own posts" },
    Scope { name: "threads_content_publish", why: "to publish posts" },
    Scope { name: "threads_delete", why: "to take posts back" },
    Scope { name: "threads_read_replies", why: "to find an answer of ours again when its outcome was lost" },
];

const CONTAINER: Container =
    Container { state: "status", why: "error_message", waiting: "Threads to fetch the media and make the post ready" };

static PROFILE: Profile = Profile {
    id: ID,
    name: "Threads",
    checked: "2026-11-22",
    sources: &[
        "https://developers.facebook.com/docs/threads",
        "https://developers.facebook.com/docs/threads/posts",
        "https://developers.facebook.com/docs/threads/reply-management",
        "https://developers.facebook.com/docs/threads/troubleshooting",
        "https://github.com/fbsamples/threads_api",
        "https://github.com/gitroomhq/postiz-app",
    ],
    text: TextRules {
        form: super::Form::Plain(Dialect {
            network: ID,
            links: LinkStyle::TextThenUrl,
            handles: HandleStyle::UserAtHost,
            bare_domains: false,
            styles: false,
        }),
        max: Some(Limit { value: 500, source: MEASURED }),
        measure: Measure { unit: Unit::Bytes, url: None, mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    },
    threads: Chains::Replies,
    media: Some(MediaRules {
        max_images: Limit { value: 20, source: POSTS },
        max_videos: 20,
        kinds: &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Mp4],
        max_image_bytes: Some(Limit { value: 8_000_000, source: OVERVIEW }),
        max_image_pixels: None,
        max_video_bytes: Some(Limit { value: 1_000_000_000, source: OVERVIEW }),
        video: VideoRules {
            codecs: &[VideoCodec::H264, VideoCodec::Hevc],
            shortest: None,
            longest: Some(Limit { value: 300, source: OVERVIEW }),
        },
        max_alt: Some(Limit { value: 1_000, source: POSTS }),
        shrink: true,
        by_address: true,
        shape: None,
    }),
    poll: Some(PollRules {
        max_options: Limit { value: 4, source: POSTS },
        max_option: Limit { value: 25, source: POSTS },
        min_seconds: Limit { value: 86_400, source: POSTS },
        max_seconds: Limit { value: 86_400, source: POSTS },
        with_media: false,
    }),
    reply: true,
    quote: true,
    boost: true,
    edit: false,
    delete: true,
    prices: &[],
    rates: &[Rate {
        of: Rated::Posts,
        limit: Limit { value: 250, source: OVERVIEW },
        window: Duration::from_secs(24 * 60 * 60),
        cost: 1,
    }],
    settling: Settling::Listing { settle: Duration::from_secs(5 * 60) },
    auth: Auth::Token,
    login: Some(Login {
        authorize: "https://threads.net/oauth/authorize",
        query: &[],
        scopes: LOGIN_SCOPES,
        separator: ",",
        pkce: false,
        client_secret: true,
        loopback: false,
    }),
    probe: true,
    projected: false,
    look: Look {
        address: ShownAddress::Whole,
        short_mentions: false,
        joins_blank_lines: false,
        warning: None,
        sensitive: Some("spoiler"),
        card: None::<CardOptions>,
        badges: &["reply_control", options::TOPIC],
    },
    post_options: options::POST,
    account_options: &[],
    needs: &[Need::Token],
    setup: &[
        "Open [developers.facebook.com](https://developers.facebook.com/apps), choose *Create app*, and take the use case *Access the \
         Threads API*.",
        "Below *Use cases → Customize → Permissions*, add `threads_content_publish` to `threads_basic`; `threads_delete` if Masthead \
         shall take posts back, `threads_read_replies` so that answers whose outcome is unknown are found, and \
         `threads_profile_discovery` to answer, quote and repost other people's posts by their address.",
        "Below *App roles → Roles → Add people*, add your account as *Threads tester*, and accept that in Threads, under *Settings → \
         Account → Website permissions → Invites*. For your own accounts no review of the app is needed.",
        "Below *Use cases → Customize → Settings*, add an address of your own site as redirect callback URL, and write it into `redirect`, the \
         *Threads app ID* into `client_id`, and where the *Threads app secret* is kept into `client_secret`. Then run `masthead login ACCOUNT`, \
         and paste the address of the page that you land on.",
        "Or, below *User Token Generator* there, choose *Generate Access Token* at the account. The token lasts 60 \
         days; `masthead doctor` says how long it still does. Make another before it ends.",
        "Put the token into the environment or the vault, and name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`. `handle` is the \
         account's name without `@`; with it our own posts are found by their address without `threads_profile_discovery`.",
        "For images and videos, say in `[media.host]` where they can be put for Threads to fetch them.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for Threads {
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

    async fn log_in(&self, account: &Account, redirect: &str, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        let (code, token) = request::exchanges(account);
        let exchange = Exchange { code: &code, token: &token, grant: "th_exchange_token" };
        graph::log_in(account, redirect, exchange, wire).await
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        let account = job.account;
        possible(job)?;
        if let Some(referent) = job.boost {
            let id = id_of(account, referent, wire).await?;
            let made: Made = read(&wire.call(request::repost(account, &id)).await?)?;
            return Ok(with_link(account, made, wire).await);
        }
        let refers = refers(job, wire).await?;
        let mut items = Vec::new();
        if job.media.len() > 1 {
            for media in job.media {
                let item: Made = read(&wire.call(request::item(job, media)?).await?)?;
                items.push(item.id);
            }
            for item in &items {
                wait_until_ready(CONTAINER, &request::state(account, item), wire).await?;
            }
        }
        let container: Made = read(&wire.call(request::container(job, &items, &refers)?).await?)?;
        wait_until_ready(CONTAINER, &request::state(account, &container.id), wire).await?;
        let made: Made = read(&wire.call(request::publish(account, &container.id)).await?)?;
        Ok(with_link(account, made, wire).await)
    }

    async fn find(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
        let refers = refers(job, wire).await?;
        let boosted = match job.boost {
            Some(referent) => Some(id_of(job.account, referent, wire).await?),
            None => None,
        };
        let other = boosted.as_ref().or(refers.answered.as_ref()).or(refers.quoted.as_ref());
        let mut search = Search::new(job, &job.draft_part().text.text);
        let window = (search.from, search.to);
        let own = async |after: Option<&str>| {
            let call = request::own(job.account, refers.answered.is_some(), window, after);
            let page: reply::Page = read(&wire.call(call).await?)?;
            let after = page.after();
            Ok((page.data.into_iter().map(|post| post.listed(job, other.map(String::as_str))).collect(), after))
        };
        let whole = search.read(PAGES, own).await?;
        Ok(search.verdict(whole))
    }

    async fn delete(&self, account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        graph::done(&wire.call(request::delete(account, &remote.id)).await?)
    }

    async fn greet(&self, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        wire.call(request::me(account)).await.map(drop)
    }

    async fn probe(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let me: Me = read(&wire.call(request::me(account)).await?)?;
        let (expires, scopes) = reply::token(&wire.call(request::token(account)).await?)?;
        let lacks = |scope: &&&str| !scopes.is_empty() && !scopes.iter().any(|has| has == **scope);
        Ok(Probe {
            identity: me.username.map(|name| format!("@{name}")),
            server: Some("Threads".to_owned()),
            missing: SCOPES.iter().filter(lacks).map(|scope| (*scope).to_owned()).collect(),
            scopes,
            expires,
            limits: PROFILE.limits(),
        })
    }
}

/// Checks what the profile rules out, so that nothing of it gets to the wire.
fn possible(job: &Job<'_>) -> Result<(), NetworkError> {
    let most = usize::try_from(job.limits.images.max(job.limits.videos)).unwrap_or(usize::MAX);
    if job.media.len() > most {
        return Err(NetworkError::unsupported(&format!("show more than {most} images and videos at once")));
    }
    if let Some(media) = job.media.iter().find(|media| !job.limits.kinds.contains(&media.info.kind)) {
        return Err(NetworkError::unsupported(&format!("show `{}` files", media.info.kind.mime())));
    }
    let Some(poll) = job.draft.poll.as_ref().filter(|_| job.part == 0) else { return Ok(()) };
    if poll.multiple {
        return Err(NetworkError::unsupported("take more than one answer of each reader to a poll"));
    }
    let answers = usize::try_from(job.limits.poll_options).unwrap_or(usize::MAX);
    if poll.options.len() > answers {
        let message = format!("a poll on Threads has at most {answers} answers");
        return Err(NetworkError::new(ErrorKind::Refused, message));
    }
    if !job.media.is_empty() {
        return Err(NetworkError::unsupported("show images or videos beside a poll"));
    }
    Ok(())
}

/// Finds what a part answers and quotes.
async fn refers(job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Refers, NetworkError> {
    let answered = match (job.parent, job.reply_to) {
        (Some(parent), _) => Some(parent.id.clone()),
        (None, Some(referent)) => Some(id_of(job.account, referent, wire).await?),
        (None, None) => None,
    };
    let quoted = match job.quote {
        Some(referent) => Some(id_of(job.account, referent, wire).await?),
        None => None,
    };
    Ok(Refers { answered, quoted })
}

/// Finds the id of a post: an address doesn't tell it, so the posts of its author are looked through.
async fn id_of(account: &Account, referent: &Referent, wire: &mut Wire<'_>) -> Result<String, NetworkError> {
    let url = match referent {
        Referent::Ours(remote) => return Ok(remote.id.clone()),
        Referent::Url(url) => url,
    };
    let Some(address) = address::read(url) else {
        let message = format!("`{url}` is not the address of a post on Threads");
        return Err(NetworkError::new(ErrorKind::Unsupported, message));
    };
    let is_it = |post: &&reply::Post| {
        post.permalink.as_deref().and_then(address::read).is_some_and(|there| there.code == address.code)
    };
    let mut after = None;
    for _ in 0..PAGES {
        let page: reply::Page = read(&wire.call(request::posts_of(account, &address, after.as_deref())).await?)?;
        if let Some(post) = page.data.iter().find(is_it) {
            return Ok(post.id.clone());
        }
        after = page.after();
        if after.is_none() {
            break;
        }
    }
    Err(reply::nothing_at(url))
}

/// Asks for the link of what is out. It is out also if nobody tells.
async fn with_link(account: &Account, made: Made, wire: &mut Wire<'_>) -> Receipt {
    let link = match wire.call(request::link(account, &made.id)).await {
        Ok(response) => read::<reply::Post>(&response).ok().and_then(|post| post.permalink),
        Err(_) => None,
    };
    reply::receipt(made.id, link)
}
