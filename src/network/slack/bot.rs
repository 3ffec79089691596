use super::{
    LOOK, SOURCES, address, findings, options, possible,
    reply::{self, CHANNEL, Me, Posted, THREAD, UploadPlace},
    request::{self, Stretch},
    text,
};
use crate::{
    diag::Code,
    model::{self, Account, MediaKind, NetworkId, Post, Remote},
    network::{
        Auth, Composed, ErrorKind, Found, Job, Limit, Limits, MediaRules, Need, Network, NetworkError, Probe, Profile,
        Receipt, Referent, Settling, Threads, VideoRules, Wire, compose,
    },
};
use std::{borrow::Cow, collections::BTreeMap, time::Duration};

/// Slack, by an app's bot.
#[derive(Debug)]
pub struct Slack;

const ID: NetworkId = NetworkId("slack");
const BLOCKS: &str =
    "https://docs.slack.dev/reference/block-kit/blocks, read 2026-11-22: 50 blocks, one of them the text";
const IMAGE: &str = "https://docs.slack.dev/reference/block-kit/blocks/image-block, read 2026-11-22";

/// How long after a request the channel is sure to list what it made.
const SETTLE: Duration = Duration::from_secs(10 * 60);
/// How far Slack's clock and ours may be apart.
const SKEW: Duration = Duration::from_secs(60);
/// How long after the claim a message can still appear.
const LATEST: Duration = Duration::from_secs(15 * 60);
/// How many pages of that time are read.
const PAGES: usize = 5;

/// How long Slack is given to process a file: first a second, then twice as long each time, at most this.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// How often it is asked: about four minutes in all.
const PATIENCE: usize = 20;

/// What a token must be allowed: of each line one.
static SCOPES: &[&[&str]] = &[
    &["chat:write"],
    &["files:write"],
    &["files:read"],
    &["channels:read", "groups:read"],
    &["channels:history", "groups:history"],
];

static PROFILE: Profile = Profile {
    id: ID,
    name: "Slack",
    checked: "2026-11-22",
    sources: SOURCES,
    text: text(ID),
    threads: Threads::Replies,
    media: Some(MediaRules {
        max_images: Limit { value: 49, source: BLOCKS },
        max_videos: 0,
        kinds: &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif],
        max_image_bytes: None,
        max_image_pixels: None,
        max_video_bytes: None,
        video: VideoRules::ANY,
        max_alt: Some(Limit { value: 2_000, source: IMAGE }),
        shrink: false,
        by_address: false,
        shape: None,
    }),
    poll: None,
    reply: true,
    quote: false,
    boost: false,
    edit: true,
    delete: true,
    // About one message a second and channel, with bursts: nothing that a post comes near.
    prices: &[],
    rates: &[],
    settling: Settling::Listing { settle: SETTLE },
    auth: Auth::Token,
    login: None,
    probe: true,
    projected: false,
    look: LOOK,
    post_options: options::POST,
    account_options: options::ACCOUNT,
    needs: &[Need::Token],
    setup: &[
        "Open [your apps](https://api.slack.com/apps), choose *Create New App → From scratch*, and your workspace. An app for one's \
         own workspace may list channels often enough; one that is distributed may not.",
        "Under *OAuth & Permissions → Bot Token Scopes* add `chat:write`, `files:write`, `files:read`, `channels:read` and \
         `channels:history` (for a private channel `groups:read` and `groups:history`).",
        "Leave token rotation off. Choose *Install to Workspace* and copy the *Bot User OAuth Token*, which begins with `xoxb-`.",
        "In Slack, invite the app to the channel with `/invite @NAME`. Its id, such as `C012AB3CD`, stands at the end of *Open \
         channel details*: that is `channel`.",
        "Put the token into the environment or the vault, and name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for Slack {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        findings::CODES
    }

    fn compose(&self, post: &Post, target: &model::Target, account: &Account, limits: &Limits) -> Composed {
        Composed { draft: compose(&PROFILE, post, target, limits), findings: findings::of(post, account) }
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        possible(&PROFILE, job)?;
        let channel = options::channel(job.account)?;
        let thread = thread_of(job, channel)?;
        let me: Me = reply::read(&wire.call(request::who_am_i(job.account)).await?)?;
        let files = upload_all(job, wire).await?;
        let response = wire.call(request::create(channel, job, &files, thread.as_deref())).await?;
        let posted: Posted = reply::read(&response)?;
        Ok(reply::receipt(&me.url, &posted, thread.as_deref(), &files, job.media))
    }

    async fn find(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
        let channel = options::channel(job.account)?;
        let thread = thread_of(job, channel)?;
        let me: Me = reply::read(&wire.call(request::who_am_i(job.account)).await?)?;
        let (from, to) = (job.attempt.at.minus(SKEW), job.attempt.at.plus(LATEST));
        let (from, to) = (address::name_at(from), address::name_at(to));
        let stretch = Stretch { channel, thread: thread.as_deref(), from: &from, to: &to };
        let mut cursor = None;
        for _ in 0..PAGES {
            let response = wire.call(request::messages(job.account, stretch, cursor.as_deref())).await?;
            let page: reply::Page = reply::read(&response)?;
            if let Some(message) = page.messages.iter().find(|message| message.has_key(&job.attempt.key)) {
                let posted = Posted { channel: channel.to_owned(), ts: message.ts.clone() };
                return Ok(Found::Here(reply::receipt(&me.url, &posted, thread.as_deref(), &[], &[])));
            }
            cursor = page.cursor();
            if cursor.is_none() {
                return Ok(Found::Absent);
            }
        }
        let why = "there are too many messages in the channel to see whether ours is among them";
        Ok(Found::Unclear(why.to_owned()))
    }

    async fn edit(&self, job: &Job<'_>, remote: &Remote, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        possible(&PROFILE, job)?;
        let channel = channel_of(job.account, remote)?;
        let me: Me = reply::read(&wire.call(request::who_am_i(job.account)).await?)?;
        let files = match reply::kept_files(remote, job.media) {
            Some(files) => files,
            None => upload_all(job, wire).await?,
        };
        let posted: Posted = reply::read(&wire.call(request::edit(channel, &remote.id, job, &files)).await?)?;
        let thread = remote.extra.get(THREAD).map(String::as_str);
        Ok(reply::receipt(&me.url, &posted, thread, &files, job.media))
    }

    fn remote_at(&self, _account: &Account, url: &str) -> Option<Remote> {
        let there = address::read(url)?;
        let mut extra = BTreeMap::from([(CHANNEL.to_owned(), there.channel.to_owned())]);
        extra.extend(there.thread.map(|thread| (THREAD.to_owned(), thread.to_owned())));
        Some(Remote { id: there.ts, url: Some(url.to_owned()), extra })
    }

    async fn delete(&self, account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        let channel = channel_of(account, remote)?;
        reply::deleted(&wire.call(request::delete(account, channel, &remote.id)).await?)
    }

    async fn greet(&self, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        wire.call(request::who_am_i(account)).await.map(drop)
    }

    async fn probe(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let response = wire.call(request::who_am_i(account)).await?;
        let me: Me = reply::read(&response)?;
        let scopes = reply::scopes(&response);
        let channel = options::channel(account)?;
        let name = reply::channel_name(&wire.call(request::channel(account, channel)).await?)?;
        let who = me.user.unwrap_or_else(|| "an app".to_owned());
        Ok(Probe {
            identity: Some(format!("{who} in #{}", name.as_deref().unwrap_or(channel))),
            server: me.team.map(|team| format!("Slack, workspace {team}")),
            missing: missing(&scopes),
            scopes,
            expires: None,
            limits: PROFILE.limits(),
        })
    }
}

/// Returns the message at the head of the thread that a part goes to. Threads have one level: an answer to an answer goes
/// below the same head.
fn thread_of<'a>(job: &Job<'a>, channel: &str) -> Result<Option<Cow<'a, str>>, NetworkError> {
    let elsewhere =
        |what: &str| NetworkError::new(ErrorKind::Refused, format!("{what} is no message in the account's channel"));
    let head = |remote: &'a Remote| Cow::Borrowed(remote.extra.get(THREAD).unwrap_or(&remote.id).as_str());
    match (job.root.or(job.parent), job.reply_to) {
        (Some(root), _) => Ok(Some(head(root))),
        (None, Some(Referent::Ours(remote))) => {
            let there = remote.extra.get(CHANNEL).is_none_or(|there| there == channel);
            if there { Ok(Some(head(remote))) } else { Err(elsewhere("the post that is answered")) }
        }
        (None, Some(Referent::Url(url))) => match address::read(url) {
            Some(there) if there.channel == channel => {
                Ok(Some(there.thread.map_or_else(|| Cow::Owned(there.ts), Cow::Borrowed)))
            }
            Some(_) | None => Err(elsewhere(&format!("`{url}`"))),
        },
        (None, None) => Ok(None),
    }
}

/// Returns the channel of a published message: the account's may have changed since.
fn channel_of<'a>(account: &'a Account, remote: &'a Remote) -> Result<&'a str, NetworkError> {
    match remote.extra.get(CHANNEL) {
        Some(channel) => Ok(channel),
        None => options::channel(account),
    }
}

/// Uploads the images of a part and waits until they can be shown. Returns their ids, in order.
async fn upload_all(job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Vec<String>, NetworkError> {
    let mut ids = Vec::with_capacity(job.media.len());
    for media in job.media {
        let place: UploadPlace = reply::read(&wire.call(request::upload_place(job.account, media)).await?)?;
        if !place.upload_url.starts_with("https://") {
            return Err(NetworkError::new(ErrorKind::Misconfigured, "Slack names a place for uploads that isn't safe"));
        }
        reply::uploaded(&wire.call(request::upload(&place.upload_url, media)).await?)?;
        ids.push(place.file_id);
    }
    if ids.is_empty() {
        return Ok(ids);
    }
    reply::done(&wire.call(request::uploaded(job.account, &ids)).await?)?;
    for id in &ids {
        wait_for(id, job.account, wire).await?;
    }
    Ok(ids)
}

/// Waits until a file has been processed: before that a message that shows it is refused.
async fn wait_for(id: &str, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
    let mut pause = Duration::from_secs(1);
    for _ in 0..PATIENCE {
        if reply::is_ready(&wire.call(request::file(account, id)).await?)? {
            return Ok(());
        }
        wire.pause("Slack to process media", pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
    Err(NetworkError::new(ErrorKind::NotReady, "Slack hasn't finished processing media"))
}

/// Returns the scopes that are needed and not there; none if Slack doesn't tell.
fn missing(scopes: &[String]) -> Vec<String> {
    let lacks = |needed: &&&[&str]| !scopes.is_empty() && !scopes.iter().any(|scope| needed.contains(&scope.as_str()));
    SCOPES.iter().filter(lacks).map(|needed| needed.join(" or ")).collect()
}
