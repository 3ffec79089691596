//! Instagram, by its API with Instagram Login.
//!
//! Forms over HTTP at `graph.instagram.com`, with a bearer token. Publishing has two steps: `POST /{user}/media` makes a container ready
//! (an image, `REELS`, `STORIES`, or `CAROUSEL` of items that were made before) and answers its id, `GET /{id}?fields=status_code` tells
//! whether it is, and `POST /{user}/media_publish` publishes it and answers the post's id. Images and videos are fetched by Meta from a
//! public address. Nothing can be changed or deleted. After a lost answer our own posts are listed. See
//! <https://developers.facebook.com/docs/instagram-platform/content-publishing> (read November 2026) and `quirks.md` beside this.

mod findings;
mod options;
mod reply;
mod request;

use self::reply::Me;
use super::{
    Auth, Composed, ErrorKind, Found, Job, Limit, Limits, Login, Look, MediaRules, Need, Network, NetworkError, Probe,
    Profile, Rate, Rated, Receipt, Scope, Settling, Shape, ShownAddress, SignIn, TextRules, Threads, VideoRules, Wire,
    compose,
    graph::{self, Container, Exchange, Made, read, wait_until_ready},
    listing::Search,
};
use crate::{
    diag::Code,
    model::{self, Account, MediaKind, NetworkId, Options, Post, VideoCodec},
    text::{Dialect, HandleStyle, LinkStyle, Measure, MentionWeight, Unit},
};
use std::time::Duration;

/// Instagram.
#[derive(Debug)]
pub struct Instagram;

const ID: NetworkId = NetworkId("instagram");
const GUIDE: &str = "https://developers.facebook.com/docs/instagram-platform/content-publishing (read 2026-11-22)";
const MEDIA: &str = "https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media (read 2026-11-22)";

/// How many pages of posts are looked through.
const PAGES: usize = 5;

/// What a login asks for.
static LOGIN_SCOPES: &[Scope] = &[
    Scope { name: "instagram_business_basic", why: "to be told as whom we publish, and to list our own posts" },
    Scope { name: "instagram_business_content_publish", why: "to publish posts" },
];

/// What a video must be, as a reel or in a carousel.
const REEL: VideoRules = VideoRules {
    codecs: &[VideoCodec::H264, VideoCodec::Hevc],
    shortest: Some(Limit { value: 3, source: MEDIA }),
    longest: Some(Limit { value: 15 * 60, source: MEDIA }),
};

/// What a video in a story must be.
const STORY: VideoRules = VideoRules { longest: Some(Limit { value: 60, source: MEDIA }), ..REEL };

const CONTAINER: Container =
    Container { state: "status_code", why: "status", waiting: "Instagram to fetch the media and make the post ready" };

static PROFILE: Profile = Profile {
    id: ID,
    name: "Instagram",
    checked: "2026-11-22",
    sources: &[
        "https://developers.facebook.com/docs/instagram-platform/content-publishing",
        "https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media",
        "https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes",
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
        max: Some(Limit { value: 2_200, source: MEDIA }),
        measure: Measure { unit: Unit::CodePoints, url: None, mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    },
    threads: Threads::None,
    media: Some(MediaRules {
        max_images: Limit { value: 10, source: GUIDE },
        max_videos: 10,
        kinds: &[MediaKind::Jpeg, MediaKind::Mp4],
        max_image_bytes: Some(Limit { value: 8_000_000, source: MEDIA }),
        max_image_pixels: None,
        max_video_bytes: Some(Limit { value: 300_000_000, source: MEDIA }),
        video: REEL,
        max_alt: None,
        shrink: true,
        by_address: true,
        shape: Some(Shape { tallest: (4, 5), widest: (191, 100), source: MEDIA }),
    }),
    poll: None,
    reply: false,
    quote: false,
    boost: false,
    edit: false,
    delete: false,
    prices: &[],
    rates: &[Rate {
        of: Rated::Posts,
        limit: Limit { value: 50, source: MEDIA },
        window: Duration::from_secs(24 * 60 * 60),
        cost: 1,
    }],
    settling: Settling::Listing { settle: Duration::from_secs(5 * 60) },
    auth: Auth::Token,
    login: Some(Login {
        authorize: "https://www.instagram.com/oauth/authorize",
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
        sensitive: None,
        card: None,
        badges: &[options::STORY],
    },
    post_options: options::POST,
    account_options: &[],
    needs: &[Need::Token],
    setup: &[
        "In Instagram, make the account a professional one: *Settings → Account type and tools → Switch to professional account*.",
        "Open [developers.facebook.com](https://developers.facebook.com/apps), choose *Create app*, and take the use case *Manage messaging \
         & content on Instagram*.",
        "Choose *API setup with Instagram login*, and add the permissions `instagram_business_basic` and \
         `instagram_business_content_publish`; nothing else is needed.",
        "Below *App roles → Roles → Add people*, add your account as *Instagram tester*, and accept that in Instagram, under *Settings → \
         Website permissions → Apps and websites → Tester invites*. For your own accounts no review of the app is needed.",
        "Below *API setup with Instagram login → Set up Instagram business login*, add an address of your own site as redirect URL, and write it \
         into `redirect`, the *Instagram app ID* into `client_id`, and where the *Instagram app secret* is kept into `client_secret`. Then run \
         `masthead login ACCOUNT`, and paste the address of the page that you land on.",
        "Or, below *Generate access tokens* there, choose *Add account*, then *Generate token*. The token lasts 60 days: \
         write its last day into the account's `token_expires`, so that `plan` and `doctor` warn ahead.",
        "Put the token into the environment or the vault, and name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`.",
        "Say in `[media.host]` where images and videos can be put for Instagram to fetch them: without that nothing can be published there.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for Instagram {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        findings::CODES
    }

    fn compose(&self, post: &Post, target: &model::Target, _account: &Account, limits: &Limits) -> Composed {
        let draft = compose(&PROFILE, post, target, limits);
        let findings = findings::of(&draft);
        Composed { draft, findings }
    }

    fn video_rules(&self, options: &Options) -> VideoRules {
        if options::is_story(options) { STORY } else { REEL }
    }

    async fn log_in(&self, account: &Account, redirect: &str, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        let (code, token) = request::exchanges(account);
        let exchange = Exchange { code: &code, token: &token, grant: "ig_exchange_token" };
        graph::log_in(account, redirect, exchange, wire).await
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        possible(job)?;
        let account = job.account;
        let Me { user_id: user, .. } = read(&wire.call(request::me(account)).await?)?;
        let mut items = Vec::new();
        if job.media.len() > 1 {
            for media in job.media {
                let item: Made = read(&wire.call(request::item(job, &user, media)?).await?)?;
                items.push(item.id);
            }
            for item in &items {
                wait_until_ready(CONTAINER, &request::state(account, item), wire).await?;
            }
        }
        let container: Made = read(&wire.call(request::container(job, &user, &items)?).await?)?;
        wait_until_ready(CONTAINER, &request::state(account, &container.id), wire).await?;
        let made: Made = read(&wire.call(request::publish(account, &user, &container.id)).await?)?;
        // It is out also if nobody tells its link.
        let link = match wire.call(request::link(account, &made.id)).await {
            Ok(response) => read::<reply::Post>(&response).ok().and_then(|post| post.permalink),
            Err(_) => None,
        };
        Ok(reply::receipt(made.id, link))
    }

    async fn find(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
        let Me { user_id: user, .. } = read(&wire.call(request::me(job.account)).await?)?;
        let is_story = options::is_story(&job.draft.options);
        let caption = if is_story { "" } else { &job.draft_part().text.text };
        let mut search = Search::new(job, caption);
        let own = async |after: Option<&str>| {
            let call = request::own(job.account, &user, is_story, after);
            let page: reply::Page = read(&wire.call(call).await?)?;
            let after = page.after();
            Ok((page.data.into_iter().map(|post| post.listed(job)).collect(), after))
        };
        let whole = search.read(PAGES, own).await?;
        Ok(search.verdict(whole))
    }

    async fn greet(&self, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        wire.call(request::me(account)).await.map(drop)
    }

    async fn probe(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let me: Me = read(&wire.call(request::me(account)).await?)?;
        Ok(Probe {
            identity: me.username.map(|name| format!("@{name}")),
            server: Some("Instagram".to_owned()),
            scopes: Vec::new(),
            missing: Vec::new(),
            expires: None,
            limits: PROFILE.limits(),
        })
    }
}

/// Checks what the profile rules out, so that nothing of it gets to the wire.
fn possible(job: &Job<'_>) -> Result<(), NetworkError> {
    let draft = job.draft;
    for (asked, what) in [
        (job.boost.is_some(), "pass a post on"),
        (job.reply_to.is_some(), "answer a post"),
        (job.quote.is_some(), "quote a post"),
        (draft.poll.is_some(), "show a poll"),
        (options::is_story(&draft.options) && job.media.len() > 1, "show several images and videos in one story"),
    ] {
        if asked {
            return Err(NetworkError::unsupported(what));
        }
    }
    let most = usize::try_from(job.limits.images.max(job.limits.videos)).unwrap_or(usize::MAX);
    if job.media.len() > most {
        return Err(NetworkError::unsupported(&format!("show more than {most} images and videos at once")));
    }
    if let Some(media) = job.media.iter().find(|media| !job.limits.kinds.contains(&media.info.kind)) {
        return Err(NetworkError::unsupported(&format!("show `{}` files", media.info.kind.mime())));
    }
    if job.media.is_empty() {
        return Err(NetworkError::new(ErrorKind::Refused, "a post on Instagram needs an image or video"));
    }
    Ok(())
}
