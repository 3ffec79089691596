//! Facebook Pages, by the Graph API.
//!
//! Forms over HTTP at `graph.facebook.com`, with the Page's own token. Text and link are `POST /{page}/feed`; images go there first,
//! unpublished, by `POST /{page}/photos` with their descriptions, and are named in the feed's `attached_media`, so that there is one
//! call that people can see. A video, reel or story is uploaded first as well, see `film`. Text can be changed by the app that
//! posted it (`POST /{post}`), images can't. No key is honoured, and an answer 500 or an error 1 or 2 may have published all the
//! same: what became of a lost answer is looked up in `GET /{page}/published_posts`. Errors tell what they mean by a code in the
//! body, hardly by the status. See
//! <https://developers.facebook.com/docs/pages-api/posts> and <https://developers.facebook.com/docs/graph-api/guides/error-handling>
//! (v25.0, read November 2026) and `quirks.md` beside this.

mod address;
mod film;
mod findings;
mod login;
mod options;
mod reply;
mod request;
mod shape;

use self::shape::Shape;
use super::{
    Auth, Composed, ErrorKind, Form, Found, Job, Limit, Limits, Login, Look, MediaRules, Need, Network, NetworkError,
    Probe, Profile, Receipt, Scope, Settling, ShownAddress, SignIn, TextRules, Threads, VideoRules, Wire, compose,
    listing::Search,
};
use crate::{
    diag::Code,
    model::{self, Account, MediaKind, NetworkId, Options, Post, Remote},
    text::{Dialect, HandleStyle, LinkStyle, Measure, MentionWeight, Unit},
};
use std::time::Duration;

/// A Page on Facebook.
#[derive(Debug)]
pub struct Facebook;

const ID: NetworkId = NetworkId("facebook");
const POSTS: &str = "https://developers.facebook.com/docs/pages-api/posts (v25.0, read 2026-11-22)";
const PHOTOS: &str = "https://developers.facebook.com/docs/graph-api/reference/page/photos (v25.0, read 2026-11-22)";
const VIDEOS: &str = "https://developers.facebook.com/docs/graph-api/reference/page/videos (v25.0, read 2026-11-23)";

/// What a video among the posts must be.
const VIDEO: VideoRules =
    VideoRules { codecs: &[], shortest: None, longest: Some(Limit { value: 4 * 60 * 60, source: VIDEOS }) };

/// How long after a request our own posts are sure to hold what it made: as long as a publication that was answered with an error
/// has been seen to take, and more.
const SETTLE: Duration = Duration::from_secs(10 * 60);

/// How often the listing is turned to an older page.
const PAGES: usize = 6;

/// What a token must be allowed: as little as serves.
static SCOPES: &[Scope] = &[
    Scope { name: "pages_show_list", why: "to find the Page among yours" },
    Scope { name: "pages_read_engagement", why: "to find a post again when its answer was lost" },
    Scope { name: "pages_manage_posts", why: "to publish, change and delete posts" },
];

static PROFILE: Profile = Profile {
    id: ID,
    name: "Facebook Page",
    checked: "2026-11-23",
    sources: &[
        "https://developers.facebook.com/docs/pages-api/posts",
        "https://developers.facebook.com/docs/graph-api/reference/page/photos",
        "https://developers.facebook.com/docs/graph-api/reference/page/videos",
        "https://developers.facebook.com/docs/video-api/guides/reels-publishing",
        "https://developers.facebook.com/docs/page-stories-api",
        "https://developers.facebook.com/docs/graph-api/guides/error-handling",
        "https://developers.facebook.com/docs/graph-api/overview/rate-limiting",
        "https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived",
        "https://github.com/facebook/facebook-business-sdk-codegen",
        "https://github.com/arsduo/koala/issues/699",
    ],
    text: TextRules {
        form: Form::Plain(Dialect {
            network: ID,
            links: LinkStyle::TextThenUrl,
            handles: HandleStyle::None,
            bare_domains: true,
            styles: false,
        }),
        max: None,
        measure: Measure { unit: Unit::CodePoints, url: None, mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    },
    threads: Threads::None,
    media: Some(MediaRules {
        max_images: Limit { value: 10, source: POSTS },
        max_videos: 1,
        kinds: &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif, MediaKind::Mp4],
        max_image_bytes: Some(Limit { value: 10_000_000, source: PHOTOS }),
        max_image_pixels: None,
        max_video_bytes: Some(Limit { value: 10_000_000_000, source: VIDEOS }),
        video: VIDEO,
        max_alt: None,
        shrink: true,
        by_address: false,
        shape: None,
    }),
    poll: None,
    reply: false,
    quote: false,
    boost: false,
    edit: true,
    delete: true,
    prices: &[],
    rates: &[],
    settling: Settling::Listing { settle: SETTLE },
    auth: Auth::Token,
    login: Some(Login {
        authorize: "https://www.facebook.com/v25.0/dialog/oauth",
        query: &[],
        scopes: SCOPES,
        separator: ",",
        pkce: false,
        client_secret: true,
        loopback: false,
    }),
    probe: true,
    projected: false,
    look: Look { address: ShownAddress::Whole, badges: &[options::REEL, options::STORY], ..Look::PLAIN },
    post_options: options::POST,
    account_options: options::ACCOUNT,
    needs: &[Need::Token],
    setup: &[
        "At [developers.facebook.com](https://developers.facebook.com/apps), *Create app*, choose the use case *Manage everything on \
         your Page*, and connect it with your business if you are asked. You must be an administrator of the app and have full control \
         of the Page; then no review is needed for your own Page, but the app must be *Live*, or only people with a role in it see \
         the posts.",
        "Write the Page's id into `page`: it stands on the Page under *About → Page transparency*.",
        "Below *Facebook Login → Settings* of the app add an address of your own site as redirect URI, and write it into `redirect`, the *App \
         ID* into `client_id`, and where the *App secret* is kept into `client_secret`. Then run `masthead login ACCOUNT`, and paste the address \
         of the page that you land on. The Page's token has no end of its own.",
        "Or by hand: open *Tools → Graph API Explorer*, choose the app, add the permissions `pages_show_list`, `pages_read_engagement` and \
         `pages_manage_posts`, and no others, press *Generate Access Token*, and choose the Page.",
        "Open the token in *Tools → Access Token Debugger* and press *Extend Access Token*: it lasts about 60 days.",
        "Back in the Graph API Explorer, paste the longer token and ask for `me/accounts?fields=id,name,access_token`. Copy the Page's \
         `id` and its `access_token`: made from a longer token, it has no end of its own.",
        "Put that token into the environment or the vault, and name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`. `page` is \
         the Page's `id`, such as `page = \"104857600012345\"`. `masthead doctor` tells whether both fit, and what the token may do.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for Facebook {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        findings::CODES
    }

    fn compose(&self, post: &Post, target: &model::Target, account: &Account, limits: &Limits) -> Composed {
        let draft = compose(&PROFILE, post, target, limits);
        let findings = findings::of(account, &draft);
        Composed { draft, findings }
    }

    fn video_rules(&self, options: &Options) -> VideoRules {
        Shape::of(options, true).video_rules()
    }

    async fn log_in(&self, account: &Account, redirect: &str, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        login::log_in(account, redirect, wire).await
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        possible(job)?;
        let page = request::page(job.account)?;
        match (Shape::of_job(job), job.media) {
            (Shape::Video, [film]) => return film::publish_video(job, page, film, wire).await,
            (Shape::Reel, [film]) => return film::publish_reel(job, page, film, wire).await,
            (Shape::Story, [medium]) => return film::publish_story(job, page, medium, wire).await,
            _ => {}
        }
        let mut photos = Vec::with_capacity(job.media.len());
        for media in job.media {
            photos.push(reply::made(&wire.call(request::photo(job.account, page, media)).await?)?.id);
        }
        reply::receipt(&wire.call(request::create(job, page, &photos)).await?, job.media)
    }

    async fn find(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
        let page = request::page(job.account)?;
        match Shape::of_job(job) {
            Shape::Video | Shape::Reel => return film::find_film(job, page, wire).await,
            Shape::Story => return film::find_story(job, page, wire).await,
            Shape::Post => {}
        }
        let mut search = Search::new(job, &job.draft_part().text.text);
        let since = search.from;
        let own = async |after: Option<&str>| {
            let call = request::own_posts(job.account, page, since, after);
            reply::page(&wire.call(call).await?, |post: reply::Listed| Some(post.listed(job)))
        };
        let whole = search.read(PAGES, own).await?;
        Ok(search.verdict(whole))
    }

    async fn edit(&self, job: &Job<'_>, remote: &Remote, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        possible(job)?;
        let files = reply::files(job.media);
        if remote.extra.get(reply::FILES).is_some_and(|known| *known != files) {
            return Err(NetworkError::unsupported(
                "exchange images of a post, or their descriptions: take the post back and publish it anew",
            ));
        }
        let shape = Shape::of_remote(remote);
        let call = match shape {
            Shape::Story => return Err(NetworkError::unsupported("change a story")),
            _ if shape != Shape::of_job(job) => {
                return Err(NetworkError::unsupported("make another kind of post of one that is out"));
            }
            Shape::Post => request::edit(job, &remote.id),
            Shape::Video | Shape::Reel => request::edit_film(job, &remote.id),
        };
        reply::done(&wire.call(call).await?)?;
        Ok(Receipt { remote: remote.clone() })
    }

    fn remote_at(&self, account: &Account, url: &str) -> Option<Remote> {
        let (shape, id) = address::in_address(request::page(account).ok()?, url)?;
        Some(Remote { id, url: Some(url.to_owned()), extra: shape.kept() })
    }

    async fn delete(&self, account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        reply::deleted(&wire.call(request::delete(account, &remote.id)).await?)
    }

    async fn greet(&self, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        wire.call(request::me(account)).await.map(drop)
    }

    async fn probe(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let page = request::page(account)?;
        let me = reply::me(&wire.call(request::me(account)).await?)?;
        if me.id != page {
            let name = me.name.unwrap_or_default();
            return Err(NetworkError::new(
                ErrorKind::Misconfigured,
                format!(
                    "the token belongs to `{}` ({name}), and not to the page `{page}` of account `{}`",
                    me.id, account.id
                ),
            ));
        }
        // What a token may do is told to some tokens only; the rest goes by its posts.
        let told = reply::token(&wire.call(request::token(account)).await?);
        let lacks = |scope: &&Scope| !told.scopes.is_empty() && !told.scopes.iter().any(|has| has == scope.name);
        Ok(Probe {
            identity: Some(me.name.unwrap_or(me.id)),
            server: Some(format!("Graph API {}", options::version(account))),
            missing: SCOPES.iter().filter(lacks).map(|scope| scope.name.to_owned()).collect(),
            expires: told.expires,
            scopes: told.scopes,
            limits: PROFILE.limits(),
        })
    }
}

/// Checks what the profile rules out, so that nothing of it gets to the wire.
fn possible(job: &Job<'_>) -> Result<(), NetworkError> {
    let Job { draft, .. } = job;
    let lacking = [
        (draft.reply_to.is_some(), "answer a post as a post"),
        (draft.quote.is_some(), "quote a post"),
        (draft.boost.is_some(), "pass a post on"),
        (draft.poll.is_some(), "show a poll"),
    ];
    if let Some((_, what)) = lacking.iter().find(|(is_asked, _)| *is_asked) {
        return Err(NetworkError::unsupported(what));
    }
    let most = usize::try_from(job.limits.images).unwrap_or(usize::MAX);
    if job.media.len() > most {
        return Err(NetworkError::unsupported(&format!("show more than {most} images at once")));
    }
    if let Some(media) = job.media.iter().find(|media| !job.limits.kinds.contains(&media.info.kind)) {
        return Err(NetworkError::unsupported(&format!("show `{}` files", media.info.kind.mime())));
    }
    Shape::of_job(job).possible(job)
}
