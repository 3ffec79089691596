//! Ghost: a post of its own on a blog, and a newsletter if it is asked for, through the Admin API.
//!
//! HTTP and JSON with an Admin API key `id:secret`, which signs a token for each request. A post's address is ours to choose
//! (its *slug*), so it is looked up first; images are uploaded (`POST /images/upload/`) and stand in the HTML by their
//! addresses; the post is made as a draft from HTML, and one last `PUT` publishes it, and with it sends the e-mail where the
//! post names a newsletter. Ghost never refuses a slug that is taken, it appends `-2`. So our posts carry a mark, a comment in
//! `codeinjection_head` with the attempt's key (comments in the HTML are dropped), and nothing is sent where the slug is
//! somebody else's. Every change names the `updated_at` that it goes by, and is refused with 409 if that is old. See
//! <https://docs.ghost.org/admin-api> (read August 2026) and `quirks.md` beside this.
//!
//! [`Settling::OwnId`] holds: the call that publishes names a draft by its id and the state that it goes by, so it can do
//! its work once and no more, the e-mail included; a draft that was left behind is found by slug and mark and used again, and
//! drafts are seen by nobody.

mod html;
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

/// Ghost.
#[derive(Debug)]
pub struct Ghost;

const ID: NetworkId = NetworkId("ghost");
const OURS: &str = "Ghost has no limit; Masthead's own, 2026-11-22";

/// The name under which [`Remote::extra`] keeps the kind and size of each of the media, separated by spaces.
const MEDIA_SEEN: &str = "media_seen";
/// How many bytes of addresses a receipt keeps; with more, an edit uploads again.
const MEDIA_KEPT: usize = 1500;
/// The name under which [`Remote::extra`] keeps what a person should know of the publication.
const NOTE: &str = "note";

static PROFILE: Profile = Profile {
    id: ID,
    name: "Ghost",
    checked: "2026-11-22",
    sources: &[
        "https://docs.ghost.org/admin-api/posts/creating-a-post",
        "https://docs.ghost.org/admin-api/posts/publishing-a-post",
        "https://docs.ghost.org/admin-api/posts/sending-a-post",
        "https://docs.ghost.org/admin-api/posts/updating-a-post",
        "https://docs.ghost.org/admin-api/images/uploading-an-image",
        "https://github.com/TryGhost/Ghost/blob/main/ghost/core/core/server/data/schema/schema.js",
        "Ghost 6.65, by its answers",
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
    look: Look { badges: &["visibility"], ..Look::PLAIN },
    post_options: options::POST,
    account_options: &[],
    needs: &[Need::Endpoint, Need::Token],
    setup: &[
        "In Ghost Admin, open *Settings → Advanced → Integrations* and press *Add custom integration*. Any name will do, such as \
         `Masthead`.",
        "Copy the *Admin API key*: two parts with a colon between. An integration may write and publish posts and upload images; it \
         can't be given less, and it can't sign in.",
        "Put it into the environment or the vault, and name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`. `endpoint` is the \
         *API URL* that stands below the key, such as `https://blog.example`: exactly that, since a redirect loses what is sent.",
        "E-mail is sent only for a post that says so: `newsletter` names the newsletter by its slug, `email_segment` who gets it.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for Ghost {
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
        let base = request::base(job.account)?;
        let mail = options::mail(&job.draft.options)?;
        let slug = options::slug(job.draft);
        let left = match by_slug(base, &slug, wire).await? {
            None => None,
            Some(post) => Some(ours(post, job, &slug)?),
        };
        if let Some(post) = left.as_ref().filter(|post| !post.is_draft()) {
            return Ok(receipt(post, BTreeMap::new()));
        }
        if let Some(mail) = &mail {
            // An unknown one would be an error in the middle of publishing.
            reply::newsletter(&wire.call(request::newsletters(base)).await?, mail.newsletter)?;
        }
        let uploads = upload_all(base, job, wire).await?;
        let draft = match &left {
            Some(left) => reply::post(&wire.call(request::rewrite(base, job, left, &uploads)).await?)?,
            None => reply::post(&wire.call(request::create(base, job, &slug, &uploads)).await?)?,
        };
        if draft.slug != slug {
            reply::deleted(&wire.call(request::discard(base, &draft.id)).await?)?;
            return Err(taken(&slug));
        }
        let response = wire.call(request::publish(base, &draft, mail.as_ref())).await?;
        Ok(receipt(&reply::published(&response)?, kept(&uploads, job)))
    }

    async fn find(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
        let found = by_slug(request::base(job.account)?, &options::slug(job.draft), wire).await?;
        Ok(match found.as_ref().map(|post| (post, post.mark())) {
            Some((post, Some(mark))) if mark.is_of(job) && !post.is_draft() => match mark.key == job.attempt.key {
                true => Found::Here(receipt(post, BTreeMap::new())),
                false => Found::Unclear(format!("another attempt has published it: {}", post.url)),
            },
            Some(_) | None => Found::Absent,
        })
    }

    async fn edit(&self, job: &Job<'_>, remote: &Remote, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        article::refuse_what_blogs_lack(job)?;
        let base = request::base(job.account)?;
        let now = reply::post(&wire.call(request::by_id(base, &remote.id)).await?)?;
        let uploads = match kept_uploads(remote, job) {
            Some(uploads) => uploads,
            None => upload_all(base, job, wire).await?,
        };
        let says = now.essence();
        if says != request::said(job, &uploads) && now.mark().is_none_or(|mark| mark.said != says) {
            return Err(reply::changed_there());
        }
        let edited = reply::edited(&wire.call(request::edit(base, job, &now, &uploads)).await?)?;
        Ok(receipt(&edited, kept(&uploads, job)))
    }

    async fn delete(&self, account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        reply::deleted(&wire.call(request::delete(request::base(account)?, &remote.id)).await?)
    }

    async fn greet(&self, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        wire.call(request::try_key(request::base(account)?)).await.map(drop)
    }

    async fn probe(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let base = request::base(account)?;
        let site = reply::site(&wire.call(request::site(base)).await?)?;
        reply::key_is_good(&wire.call(request::try_key(base)).await?)?;
        let host = base.split_once("://").map_or(base, |(_, host)| host);
        Ok(Probe {
            identity: Some(format!("{} at {host}", site.title)),
            server: Some(format!("Ghost {}", site.version)),
            scopes: Vec::new(),
            missing: Vec::new(),
            expires: None,
            limits: PROFILE.limits(),
        })
    }
}

/// Looks for a post by its slug, drafts included.
async fn by_slug(base: &str, slug: &str, wire: &mut Wire<'_>) -> Result<Option<Post>, NetworkError> {
    reply::post_if_any(&wire.call(request::by_slug(base, slug)).await?)
}

/// Lets through what is ours at a slug: a draft that was left behind, or what this very attempt has published.
fn ours(post: Post, job: &Job<'_>, slug: &str) -> Result<Post, NetworkError> {
    match post.mark().filter(|mark| mark.is_of(job)) {
        None => Err(taken(slug)),
        Some(mark) if post.is_draft() || mark.key == job.attempt.key => Ok(post),
        Some(_) => {
            let message = format!("an earlier attempt has published this post already: {}", post.url);
            Err(NetworkError::new(ErrorKind::Duplicate, message))
        }
    }
}

fn taken(slug: &str) -> NetworkError {
    let message = format!("the address `{slug}` belongs to something else on the blog: set another `slug`");
    NetworkError::new(ErrorKind::Refused, message)
}

/// Uploads each file once. Returns how each of the part's media is shown, in order.
async fn upload_all(base: &str, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Vec<Figure>, NetworkError> {
    let mut done: Vec<Figure> = Vec::with_capacity(job.media.len());
    for (index, first) in article::firsts(&job.draft_part().media).into_iter().enumerate() {
        let uploaded = match done.get(first) {
            Some(known) => known.clone(),
            None => {
                let media = &job.media[index];
                let url = reply::upload(&wire.call(request::upload(base, media)).await?)?;
                request::figure(&url, &media.info)
            }
        };
        done.push(uploaded);
    }
    Ok(done)
}

/// Returns the uploads of a published post, if they are those that a draft wants. An address is all that Ghost calls them.
fn kept_uploads(remote: &Remote, job: &Job<'_>) -> Option<Vec<Figure>> {
    let urls: Vec<&str> = remote.extra.get(MEDIA_IDS)?.split(' ').collect();
    let are_the_same = urls.len() == job.media.len() && *remote.extra.get(MEDIA_SEEN)? == seen(job);
    let figures = urls.iter().zip(job.media).map(|(url, media)| request::figure(url, &media.info));
    are_the_same.then(|| figures.collect())
}

/// Writes what tells one file from another as far as a receipt can keep it.
fn seen(job: &Job<'_>) -> String {
    let mark = |media: &super::PreparedMedia| format!("{}:{}", media.info.kind.extension(), media.info.bytes);
    job.media.iter().map(mark).collect::<Vec<_>>().join(" ")
}

fn kept(uploads: &[Figure], job: &Job<'_>) -> BTreeMap<String, String> {
    let urls = uploads.iter().map(|figure| figure.src.as_str()).collect::<Vec<_>>().join(" ");
    if urls.is_empty() || urls.len() > MEDIA_KEPT {
        return BTreeMap::new();
    }
    BTreeMap::from([(MEDIA_IDS.to_owned(), urls), (MEDIA_SEEN.to_owned(), seen(job))])
}

/// Makes the receipt, with a note on what became of the e-mail.
fn receipt(post: &Post, mut extra: BTreeMap<String, String>) -> Receipt {
    let note = match (post.status.as_str(), &post.email) {
        ("published" | "sent", None) => None,
        ("published" | "sent", Some(email)) if email.status == "failed" => {
            Some("the post is out, but its e-mail failed: look in Ghost, which can send it again".to_owned())
        }
        ("published" | "sent", Some(email)) => Some(format!("its e-mail went to `{}`", email.recipient_filter)),
        (status, _) => Some(format!("Ghost keeps it as `{status}`")),
    };
    extra.extend(note.map(|note| (NOTE.to_owned(), note)));
    Receipt { remote: Remote { id: post.id.clone(), url: Some(post.url.clone()), extra } }
}
