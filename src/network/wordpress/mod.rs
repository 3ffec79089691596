//! WordPress: a post of its own on a blog, through the REST API that every site since 5.6 has.
//!
//! HTTP and JSON with a user name and an *application password*. A post's address is ours to choose (its *slug*), so it is
//! looked up first; images are uploaded (`POST /media`) and stand in the HTML by their addresses; tags and categories are
//! made where they are missing; the post is made as a draft, and one last call publishes it. WordPress never refuses a slug
//! that is taken, it appends `-2`. So our posts carry a mark, a comment in the HTML with the attempt's key, and nothing is
//! sent where the slug is somebody else's. See <https://developer.wordpress.org/rest-api/reference/posts/> (read November
//! 2026) and `quirks.md` beside this.
//!
//! [`Settling::OwnId`] holds: the call that publishes names a draft by its id and does the same however often it arrives, a
//! draft that was left behind is found by slug and mark and used again, and drafts are seen by nobody. A listing would say
//! less: it can't tell an attempt from a post that somebody wrote by hand.

mod options;
mod reply;
mod request;

use self::reply::Post;
use super::{
    Auth, Composed, ErrorKind, Form, Found, Job, Limit, Limits, Look, MediaRules, Need, Network, NetworkError, Probe,
    Profile, Receipt, Settling, TextRules, Threads, VideoRules, Wire, article, compose,
};
use crate::{
    diag::Code,
    model::{self, Account, MEDIA_IDS, MediaKind, NetworkId, Remote},
    text::{Figure, Measure, MentionWeight, Unit},
};
use std::collections::BTreeMap;

/// WordPress.
#[derive(Debug)]
pub struct WordPress;

const ID: NetworkId = NetworkId("wordpress");
const OURS: &str = "WordPress has no limit; Masthead's own, 2026-11-22";

/// The name under which [`Remote::extra`] keeps the kind and size of each of the media, separated by spaces.
const MEDIA_SEEN: &str = "media_seen";
/// The name under which [`Remote::extra`] keeps what a person should know of the publication.
const NOTE: &str = "note";

/// What the account's role must be allowed.
static CAPABILITIES: &[&str] =
    &["edit_posts", "publish_posts", "edit_published_posts", "delete_published_posts", "upload_files"];

static PROFILE: Profile = Profile {
    id: ID,
    name: "WordPress",
    checked: "2026-11-22",
    sources: &[
        "https://developer.wordpress.org/rest-api/reference/posts/",
        "https://developer.wordpress.org/rest-api/reference/media/",
        "https://developer.wordpress.org/rest-api/reference/tags/",
        "https://developer.wordpress.org/rest-api/reference/application-passwords/",
        "https://developer.wordpress.org/rest-api/using-the-rest-api/discovery/",
        "WordPress 6.1.9, by its answers",
    ],
    text: TextRules {
        form: Form::Rich,
        max: None,
        measure: Measure { unit: Unit::Graphemes, url: None, mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    },
    threads: Threads::None,
    media: Some(MediaRules {
        max_images: Limit { value: 100, source: OURS },
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
    poll: None,
    reply: false,
    quote: false,
    boost: false,
    edit: true,
    delete: true,
    prices: &[],
    rates: &[],
    settling: Settling::OwnId,
    auth: Auth::Token,
    login: None,
    probe: true,
    projected: false,
    look: Look::PLAIN,
    post_options: options::POST,
    account_options: &[],
    needs: &[Need::Endpoint, Need::Handle, Need::Token],
    setup: &[
        "In WordPress, make a user for Masthead under *Users → Add New* with the role *Author*: it can publish and upload, and \
         nothing else. To use categories that don't exist yet, it must be an *Editor*.",
        "Open that user's profile and scroll to *Application Passwords*. Enter a name such as `masthead`, press *Add New \
         Application Password* and copy what is shown; it is shown once. (If there is no such section, the site has no https, or a \
         security plugin has turned it off.)",
        "Put it into the environment or the vault, and name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`. The spaces in \
         it may stay. `handle` is the user's name, and `endpoint` the address of the site, such as `https://blog.example`.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for WordPress {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        options::CODES
    }

    fn compose(&self, post: &model::Post, target: &model::Target, _account: &Account, limits: &Limits) -> Composed {
        let draft = compose(&PROFILE, post, target, limits);
        let findings = options::findings(post, target, &draft);
        Composed { draft, findings }
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        article::refuse_what_blogs_lack(job)?;
        let site = request::site(job.account)?;
        let slug = options::slug(job.draft);
        let left = match by_slug(&site, &slug, wire).await? {
            None => None,
            Some(post) => Some(ours(post, job, &slug)?),
        };
        if let Some(post) = left.as_ref().filter(|post| !post.is_draft()) {
            return Ok(receipt(post, BTreeMap::new()));
        }
        let uploads = upload_all(&site, job, wire).await?;
        let terms = terms(&site, job, wire).await?;
        let content = request::Content { uploads: &uploads, terms: &terms };
        let draft = match &left {
            Some(left) => reply::post(&wire.call(request::rewrite(&site, job, &left.id, &content)).await?)?,
            None => reply::post(&wire.call(request::create(&site, job, &slug, &content)).await?)?,
        };
        if draft.slug != slug {
            reply::deleted(&wire.call(request::discard(&site, &draft.id)).await?)?;
            return Err(taken(&slug));
        }
        let published = reply::post(&wire.call(request::publish(&site, &draft.id)).await?)?;
        Ok(receipt(&published, kept(&uploads, job)))
    }

    async fn find(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
        let site = request::site(job.account)?;
        let found = by_slug(&site, &options::slug(job.draft), wire).await?;
        Ok(match found.as_ref().map(|post| (post, post.mark())) {
            Some((post, Some(mark))) if mark.is_of(job) && !post.is_draft() => match mark.key == job.attempt.key {
                true => Found::Here(receipt(post, BTreeMap::new())),
                false => Found::Unclear(format!("another attempt has published it: {}", post.link)),
            },
            Some(_) | None => Found::Absent,
        })
    }

    async fn edit(&self, job: &Job<'_>, remote: &Remote, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        article::refuse_what_blogs_lack(job)?;
        let site = request::site(job.account)?;
        let now = reply::post(&wire.call(request::by_id(&site, &remote.id)).await?)?;
        let uploads = match kept_uploads(&site, remote, job, wire).await? {
            Some(uploads) => uploads,
            None => upload_all(&site, job, wire).await?,
        };
        let wanted = request::said(job, &uploads);
        let says = now.essence();
        if says != wanted && now.mark().is_none_or(|mark| mark.said != says) {
            return Err(NetworkError::new(
                ErrorKind::Refused,
                "somebody has changed the post in WordPress since it was sent: bring the change into the file, or undo it there",
            ));
        }
        let terms = terms(&site, job, wire).await?;
        let content = request::Content { uploads: &uploads, terms: &terms };
        let edited = reply::post(&wire.call(request::edit(&site, job, &remote.id, &content)).await?)?;
        Ok(receipt(&edited, kept(&uploads, job)))
    }

    fn remote_at(&self, account: &Account, url: &str) -> Option<Remote> {
        let site = request::site(account).ok()?;
        let id = url.strip_prefix(site.home)?.trim_start_matches('/').strip_prefix("?p=")?;
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        is_id.then(|| Remote { id: id.to_owned(), url: Some(url.to_owned()), extra: BTreeMap::new() })
    }

    async fn delete(&self, account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        reply::deleted(&wire.call(request::delete(&request::site(account)?, &remote.id)).await?)
    }

    async fn greet(&self, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        wire.call(request::who_am_i(&request::site(account)?)).await.map(drop)
    }

    async fn probe(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let site = request::site(account)?;
        let index = reply::index(&wire.call(request::index(&site)).await?)?;
        let me = reply::me(&wire.call(request::who_am_i(&site)).await?)?;
        let may = |name: &&&str| me.capabilities.get(**name) == Some(&true);
        let host = site.home.split_once("://").map_or(site.home, |(_, host)| host);
        Ok(Probe {
            identity: Some(format!("{} at {host}", me.username)),
            server: Some(format!("WordPress ({})", index.name)),
            scopes: CAPABILITIES.iter().filter(may).map(|name| (*name).to_owned()).collect(),
            missing: CAPABILITIES.iter().filter(|name| !may(name)).map(|name| (*name).to_owned()).collect(),
            expires: None,
            limits: PROFILE.limits(),
        })
    }
}

/// An uploaded file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Uploaded {
    id: String,
    figure: Figure,
}

/// The ids of what a post is filed under.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Terms {
    tags: Vec<u64>,
    categories: Vec<u64>,
}

/// Looks for a post by its slug, drafts and private ones included.
async fn by_slug(site: &request::Site<'_>, slug: &str, wire: &mut Wire<'_>) -> Result<Option<Post>, NetworkError> {
    let posts = reply::posts(&wire.call(request::by_slug(site, slug)).await?)?;
    Ok(posts.into_iter().find(|post| post.slug == slug))
}

/// Lets through what is ours at a slug: a draft that was left behind, or what this very attempt has published.
fn ours(post: Post, job: &Job<'_>, slug: &str) -> Result<Post, NetworkError> {
    match post.mark().filter(|mark| mark.is_of(job)) {
        None => Err(taken(slug)),
        Some(mark) if post.is_draft() || mark.key == job.attempt.key => Ok(post),
        Some(_) => {
            let message = format!("an earlier attempt has published this post already: {}", post.link);
            Err(NetworkError::new(ErrorKind::Duplicate, message))
        }
    }
}

fn taken(slug: &str) -> NetworkError {
    let message = format!("the address `{slug}` belongs to something else on the site: set another `slug`");
    NetworkError::new(ErrorKind::Refused, message)
}

/// Uploads each file once. Returns one for each of the part's media, in order.
async fn upload_all(
    site: &request::Site<'_>,
    job: &Job<'_>,
    wire: &mut Wire<'_>,
) -> Result<Vec<Uploaded>, NetworkError> {
    let mut done: Vec<Uploaded> = Vec::with_capacity(job.media.len());
    for (index, first) in article::firsts(&job.draft_part().media).into_iter().enumerate() {
        let uploaded = match done.get(first) {
            Some(known) => known.clone(),
            None => {
                let media = &job.media[index];
                let answer = reply::upload(&wire.call(request::upload(site, media)).await?)?;
                Uploaded { figure: request::figure(&answer.source_url, &media.info), id: answer.id.to_string() }
            }
        };
        done.push(uploaded);
    }
    Ok(done)
}

/// Returns the uploads of a published post, if they are those that a draft wants. Their addresses are asked for: a plugin
/// may have moved them.
async fn kept_uploads(
    site: &request::Site<'_>,
    remote: &Remote,
    job: &Job<'_>,
    wire: &mut Wire<'_>,
) -> Result<Option<Vec<Uploaded>>, NetworkError> {
    let Some(ids) = remote.extra.get(MEDIA_IDS) else { return Ok(None) };
    let ids: Vec<&str> = ids.split(' ').collect();
    if ids.len() != job.media.len() || remote.extra.get(MEDIA_SEEN) != Some(&seen(job)) {
        return Ok(None);
    }
    let known = reply::uploads(&wire.call(request::uploads(site, &ids)).await?)?;
    let uploads = ids.iter().zip(job.media).map(|(id, media)| {
        let found = known.iter().find(|upload| upload.id.to_string() == **id)?;
        Some(Uploaded { id: (*id).to_owned(), figure: request::figure(&found.source_url, &media.info) })
    });
    Ok(uploads.collect())
}

/// Writes what tells one file from another as far as a receipt can keep it.
fn seen(job: &Job<'_>) -> String {
    let mark = |media: &super::PreparedMedia| format!("{}:{}", media.info.kind.extension(), media.info.bytes);
    job.media.iter().map(mark).collect::<Vec<_>>().join(" ")
}

fn kept(uploads: &[Uploaded], job: &Job<'_>) -> BTreeMap<String, String> {
    if uploads.is_empty() {
        return BTreeMap::new();
    }
    let ids: Vec<&str> = uploads.iter().map(|upload| upload.id.as_str()).collect();
    BTreeMap::from([(MEDIA_IDS.to_owned(), ids.join(" ")), (MEDIA_SEEN.to_owned(), seen(job))])
}

/// Makes the receipt, with a note if the post isn't out as it should be.
fn receipt(post: &Post, mut extra: BTreeMap<String, String>) -> Receipt {
    if post.status != "publish" {
        extra.insert(NOTE.to_owned(), format!("WordPress keeps it as `{}`", post.status));
    }
    Receipt { remote: Remote { id: post.id.clone(), url: Some(post.link.clone()), extra } }
}

/// Finds the ids of the tags and categories, and makes those that are missing.
async fn terms(site: &request::Site<'_>, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Terms, NetworkError> {
    let mut terms = Terms::default();
    for tag in article::tags(job.draft) {
        terms.tags.push(reply::term(&wire.call(request::term(site, "tags", &tag)).await?, &tag)?);
    }
    for name in job.draft.options.list("categories") {
        let known = reply::terms(&wire.call(request::known_terms(site, "categories", name)).await?)?;
        let id = match known.iter().find(|term| term.is_called(name)) {
            Some(term) => term.id,
            None => reply::term(&wire.call(request::term(site, "categories", name)).await?, name)?,
        };
        terms.categories.push(id);
    }
    Ok(terms)
}
