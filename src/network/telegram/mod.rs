//! Telegram: a bot that posts to a channel or a group.
//!
//! JSON and forms over HTTP at `api.telegram.org`, with the bot's token in the path: `/bot<token>/sendMessage`. Every answer is
//! `{"ok":true,"result":…}` or `{"ok":false,"error_code":…,"description":…,"parameters":{"retry_after":…}}`. Text goes out
//! plain with entities in units of UTF-16, never with `parse_mode`. One image or video is `sendPhoto`, `sendVideo` or
//! `sendAnimation` with the text as caption, two to ten are `sendMediaGroup`, which answers with a message for each. A thread is
//! a chain of `reply_parameters`. Nothing is idempotent and nothing can be listed: what became of a lost answer only a person can
//! tell. See <https://core.telegram.org/bots/api> (Bot API 10.1, read November 2026) and `quirks.md` beside this.

mod address;
mod entities;
mod findings;
mod options;
mod reply;
mod request;

use self::{
    reply::{Form, UNKNOWN},
    request::Answered,
};
use super::{
    Auth, Composed, Draft, DraftPart, ErrorKind, Job, Limit, Limits, Look, MediaRules, Need, Network, NetworkError,
    PollRules, Probe, Profile, Receipt, Referent, Settling, ShownAddress, TextRules, Threads, VideoRules, Wire,
    compose,
};
use crate::{
    diag::Code,
    model::{self, Account, MediaKind, NetworkId, Post, Remote},
    text::{self, Dialect, HandleStyle, LinkStyle, Measure, MentionWeight, Unit},
};
use std::{collections::BTreeMap, mem, sync::Arc};

/// Telegram.
#[derive(Debug)]
pub struct Telegram;

const ID: NetworkId = NetworkId("telegram");
const API: &str = "https://core.telegram.org/bots/api (Bot API 10.1, read 2026-11-22)";
const FILES: &str = "https://core.telegram.org/bots/api#sending-files (read 2026-11-22)";

/// The longest text beside an image or video.
const CAPTION: Limit = Limit { value: 1_024, source: API };
/// The longest question of a poll.
const QUESTION: Limit = Limit { value: 300, source: API };
/// The longest description of a poll.
const DESCRIPTION: Limit = Limit { value: 1_024, source: API };

static PROFILE: Profile = Profile {
    id: ID,
    name: "Telegram",
    checked: "2026-11-22",
    sources: &[
        "https://core.telegram.org/bots/api",
        "https://core.telegram.org/bots/faq",
        "https://github.com/tdlib/telegram-bot-api",
        "https://github.com/tdlib/td",
    ],
    text: TextRules {
        form: super::Form::Plain(Dialect {
            network: ID,
            links: LinkStyle::Range,
            handles: HandleStyle::UserAtHost,
            bare_domains: false,
            styles: true,
        }),
        max: Some(Limit { value: 4_096, source: API }),
        measure: Measure { unit: Unit::CodePoints, url: None, mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    },
    threads: Threads::Replies,
    media: Some(MediaRules {
        max_images: Limit { value: 10, source: API },
        max_videos: 10,
        kinds: &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Webp, MediaKind::Gif, MediaKind::Mp4],
        max_image_bytes: Some(Limit { value: 10_000_000, source: FILES }),
        // Width and height together are at most 10,000, so the area is at most that of the square.
        max_image_pixels: Some(Limit { value: 25_000_000, source: API }),
        max_video_bytes: Some(Limit { value: 50_000_000, source: FILES }),
        video: VideoRules::ANY,
        max_alt: Some(Limit { value: 0, source: API }),
        shrink: true,
        by_address: false,
        shape: None,
    }),
    poll: Some(PollRules {
        max_options: Limit { value: 12, source: API },
        max_option: Limit { value: 100, source: API },
        min_seconds: Limit { value: 5, source: API },
        max_seconds: Limit { value: 2_628_000, source: API },
        with_media: false,
    }),
    reply: true,
    quote: false,
    boost: true,
    edit: true,
    delete: true,
    prices: &[],
    rates: &[],
    settling: Settling::Person,
    auth: Auth::Token,
    login: None,
    probe: true,
    projected: false,
    look: Look {
        address: ShownAddress::Whole,
        short_mentions: false,
        joins_blank_lines: false,
        warning: None,
        sensitive: Some("spoiler"),
        card: None,
        badges: &["silent", "protect", "link_preview"],
    },
    post_options: options::POST,
    account_options: options::ACCOUNT,
    needs: &[Need::Handle, Need::Token],
    setup: &[
        "In Telegram, write `/newbot` to [@BotFather](https://t.me/BotFather), choose a name, and copy the token that it answers \
         with. It does not expire; `/revoke` replaces it.",
        "Open your channel, then *Manage channel → Administrators → Add administrator*, and choose the bot by its user name.",
        "Leave it *Post messages*, and *Delete messages of others* if it shall take back what is older than two days; switch \
         everything else off.",
        "Put the token into the environment or the vault, and name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`. \
         `handle` is the channel's public name, such as `acme_news`, or the number of a private one, such as `-1001234567890`: in \
         the address of a message that *Copy link* gives, `https://t.me/c/1234567890/7`, it stands without its `-100`.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for Telegram {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        findings::CODES
    }

    fn compose(&self, post: &Post, target: &model::Target, _account: &Account, limits: &Limits) -> Composed {
        let mut draft = compose(&PROFILE, post, target, limits);
        if post.auto_thread && draft.poll.is_none() {
            split_captions(&mut draft, &limits.measure);
        }
        let findings = findings::of(post, &draft);
        Composed { draft, findings }
    }

    fn text_limit(&self, part: &DraftPart, limits: &Limits) -> Option<u64> {
        if part.media.is_empty() { limits.text } else { limits.text.into_iter().chain([CAPTION.value]).min() }
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        if job.draft.quote.is_some() {
            return Err(NetworkError::unsupported("quote a post"));
        }
        if let Some(referent) = job.boost {
            let (chat, id) = place(job, referent)?;
            let response = wire.call(request::forward(job, &chat, id)?).await?;
            return reply::sent(&response, Form::Forward, &[]);
        }
        let answered = answered(job)?;
        let answered = answered.as_ref();
        if job.part == 0
            && let Some(request) = request::poll(job, answered)?
        {
            if !job.media.is_empty() {
                return Err(NetworkError::unsupported("show images or videos beside a poll"));
            }
            return reply::sent(&wire.call(request).await?, Form::Poll, &[]);
        }
        possible(job)?;
        match job.media {
            [] => reply::sent(&wire.call(request::message(job, answered)?).await?, Form::Text, &[]),
            [one] => reply::sent(&wire.call(request::medium(job, one, answered)?).await?, Form::Media, job.media),
            _ => reply::sent_album(&wire.call(request::album(job, answered)?).await?, job.media),
        }
    }

    async fn edit(&self, job: &Job<'_>, remote: &Remote, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        let id = message_id(remote)?;
        let chat = chat_of(job.account, remote)?;
        let request = match Form::of(remote) {
            Form::Poll => return Err(NetworkError::unsupported("change a poll that is out")),
            Form::Forward => return Err(NetworkError::unsupported("change a message that was passed on")),
            Form::Media if remote.extra.get(reply::FILES).is_some_and(|files| *files != reply::files(job.media)) => {
                return Err(NetworkError::unsupported(
                    "exchange images or videos of a message: take the post back and publish it anew",
                ));
            }
            Form::Text if job.media.is_empty() => request::edit_text(job, &chat, id),
            Form::Text if remote.extra.contains_key(reply::FORM) => {
                return Err(NetworkError::unsupported(
                    "add images or videos to a message: take the post back and publish it anew",
                ));
            }
            Form::Text | Form::Media => request::edit_caption(job, &chat, id),
        };
        reply::changed(&wire.call(request).await?)?;
        Ok(Receipt { remote: remote.clone() })
    }

    fn remote_at(&self, account: &Account, url: &str) -> Option<Remote> {
        let place = address::parse(url)?;
        // By its name the account's channel can be told from others; a number may be of the same channel.
        let ours = address::chat(account).ok()?;
        if ours.starts_with('@') && place.chat.starts_with('@') && !ours.eq_ignore_ascii_case(&place.chat) {
            return None;
        }
        let extra = BTreeMap::from([(reply::CHAT.to_owned(), place.chat)]);
        Some(Remote { id: place.id.to_string(), url: Some(url.to_owned()), extra })
    }

    async fn delete(&self, account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        let first = message_id(remote)?;
        let all: Vec<u64> = match remote.extra.get(reply::MESSAGES) {
            Some(ids) => ids.split_whitespace().filter_map(|id| id.parse().ok()).collect(),
            None => vec![first],
        };
        reply::deleted(&wire.call(request::delete(account, &chat_of(account, remote)?, &all)).await?)
    }

    async fn greet(&self, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        wire.call(request::me(account)).await.map(drop)
    }

    async fn probe(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let me: reply::Me = reply::result(&wire.call(request::me(account)).await?)?;
        let chat: reply::Chat = reply::result(&wire.call(request::chat(account)?).await?)?;
        let member: reply::Member = reply::result(&wire.call(request::member(account, me.id)?).await?)?;
        let bot = me.username.map_or_else(|| me.id.to_string(), |name| format!("@{name}"));
        let name = chat.username.as_ref().map(|name| format!("@{name}")).or_else(|| chat.title.clone());
        Ok(Probe {
            identity: Some(format!("{bot} in {}", name.unwrap_or_else(|| chat.id.to_string()))),
            server: Some("Telegram Bot API".to_owned()),
            scopes: rights(&member).into_iter().filter(|(_, has)| *has).map(|(name, _)| name.to_owned()).collect(),
            missing: missing(&chat, &member),
            expires: None,
            limits: PROFILE.limits(),
        })
    }
}

/// Splits parts that are too long to be captions; the media stay with the first piece.
fn split_captions(draft: &mut Draft, measure: &Measure) {
    for mut part in mem::take(&mut draft.parts) {
        if part.media.is_empty() || part.weight(measure) <= CAPTION.value {
            draft.parts.push(part);
            continue;
        }
        for text in text::split(&part.text, measure, CAPTION.value, None) {
            let media = mem::take(&mut part.media);
            draft.parts.push(DraftPart { text, rich: Arc::default(), media, beside: 0, span: part.span });
        }
    }
}

/// Returns what a part answers: the part before, or what the post does.
fn answered(job: &Job<'_>) -> Result<Option<Answered>, NetworkError> {
    match (job.parent, job.reply_to) {
        // A message that is sent later can't be answered; the thread goes on without.
        (Some(parent), _) if parent.id == UNKNOWN => Ok(None),
        (Some(parent), _) => Ok(Some(Answered { chat: None, id: message_id(parent)? })),
        (None, Some(referent)) => {
            let (chat, id) = place(job, referent)?;
            let is_ours =
                chat.eq_ignore_ascii_case(&address::chat(job.account)?) || matches!(referent, Referent::Ours(_));
            Ok(Some(Answered { chat: (!is_ours).then_some(chat), id }))
        }
        (None, None) => Ok(None),
    }
}

/// Returns the chat and the id of a message that a post refers to.
fn place(job: &Job<'_>, referent: &Referent) -> Result<(String, u64), NetworkError> {
    match referent {
        Referent::Ours(remote) => Ok((chat_of(job.account, remote)?, message_id(remote)?)),
        Referent::Url(url) => address::parse(url).map(|place| (place.chat, place.id)).ok_or_else(|| {
            NetworkError::new(ErrorKind::Unsupported, format!("`{url}` is not the address of a Telegram message"))
        }),
    }
}

/// Returns the chat that a message is in, which may not be the account's any more.
fn chat_of(account: &Account, remote: &Remote) -> Result<String, NetworkError> {
    remote.extra.get(reply::CHAT).map_or_else(|| address::chat(account), |chat| Ok(chat.clone()))
}

fn message_id(remote: &Remote) -> Result<u64, NetworkError> {
    match remote.id.parse() {
        Ok(id) if remote.id != UNKNOWN => Ok(id),
        _ => Err(NetworkError::new(
            ErrorKind::Unsupported,
            "Telegram sent the message later and never told its id: it must be dealt with by hand",
        )),
    }
}

/// Checks what the profile rules out, so that nothing of it gets to the wire.
fn possible(job: &Job<'_>) -> Result<(), NetworkError> {
    let most = usize::try_from(job.limits.images.max(job.limits.videos)).unwrap_or(usize::MAX);
    if job.media.len() > most {
        return Err(NetworkError::unsupported(&format!("show more than {most} images or videos at once")));
    }
    if let Some(media) = job.media.iter().find(|media| !job.limits.kinds.contains(&media.info.kind)) {
        return Err(NetworkError::unsupported(&format!("show `{}` files", media.info.kind.mime())));
    }
    if job.media.len() > 1 && job.media.iter().any(|media| media.info.kind == MediaKind::Gif) {
        return Err(NetworkError::unsupported("show an animation beside other images"));
    }
    Ok(())
}

fn rights(member: &reply::Member) -> [(&'static str, bool); 3] {
    let owns = member.status == "creator";
    [
        ("can_post_messages", owns || member.can_post_messages),
        ("can_edit_messages", owns || member.can_edit_messages),
        ("can_delete_messages", owns || member.can_delete_messages),
    ]
}

/// Returns what the bot should be let do and isn't. In a group every member may post, and delete what it posted.
fn missing(chat: &reply::Chat, member: &reply::Member) -> Vec<String> {
    if ["left", "kicked"].contains(&member.status.as_str()) {
        return vec!["being a member".to_owned()];
    }
    if chat.kind.as_deref() != Some("channel") {
        return Vec::new();
    }
    let needed = |name: &str| name == "can_post_messages";
    let lacks = rights(member).into_iter().filter(|(name, has)| !has && needed(name));
    lacks.map(|(name, _)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::fixtures::{NOWHERE, media_of},
        network::fixtures::flat,
    };

    #[track_caller]
    fn check_missing(kind: &str, member: &str, expect: &[&str]) {
        let chat = serde_json::from_value(serde_json::json!({ "id": -1001, "type": kind })).expect("a chat");
        let member = serde_json::from_str(member).expect("a member");
        assert_eq!(missing(&chat, &member), expect);
    }

    #[test]
    fn a_channel_needs_the_right_to_post() {
        check_missing("channel", r#"{"status":"administrator","can_post_messages":true}"#, &[]);
        check_missing("channel", r#"{"status":"creator"}"#, &[]);
        check_missing("channel", r#"{"status":"administrator"}"#, &["can_post_messages"]);
        check_missing("channel", r#"{"status":"left"}"#, &["being a member"]);
        check_missing("supergroup", r#"{"status":"member"}"#, &[]);
    }

    fn part(text: &str, media: bool) -> DraftPart {
        let media = if media { vec![media_of("content/a.png", "An image")] } else { Vec::new() };
        DraftPart { text: flat(text, &[]), rich: Arc::default(), media, beside: 0, span: NOWHERE }
    }

    fn draft(parts: Vec<DraftPart>) -> Draft {
        Draft {
            post: model::PostId::new("2026/trial"),
            account: model::AccountId::new("trial"),
            network: ID,
            title: None,
            language: None,
            tags: Vec::new(),
            parts,
            poll: None,
            reply_to: None,
            quote: None,
            boost: None,
            options: model::Options::default(),
        }
    }

    #[test]
    fn beside_an_image_there_is_less_room() {
        let limits = PROFILE.limits();
        let (words, captioned) = (part("", false), part("", true));
        assert_eq!(Network::text_limit(&Telegram, &words, &limits), Some(4_096));
        assert_eq!(Network::text_limit(&Telegram, &captioned, &limits), Some(1_024));
        let tight = Limits { text: Some(500), ..limits };
        assert_eq!(Network::text_limit(&Telegram, &captioned, &tight), Some(500));
    }

    #[test]
    fn what_is_too_long_for_a_caption_goes_on_behind_the_image() {
        let sentence = "Nine chars. ".repeat(200);
        let mut draft = draft(vec![part("First", true), part(&sentence, true), part(&sentence, false)]);
        split_captions(&mut draft, &PROFILE.text.measure);
        let shape: Vec<(bool, bool)> = draft
            .parts
            .iter()
            .map(|part| (!part.media.is_empty(), part.weight(&PROFILE.text.measure) <= CAPTION.value))
            .collect();
        assert_eq!(shape, [(true, true), (true, true), (false, true), (false, true), (false, false)]);
    }

    #[test]
    fn a_message_whose_id_was_never_told_is_left_to_a_person() {
        let remote = Remote { id: UNKNOWN.to_owned(), ..Remote::default() };
        assert_eq!(message_id(&remote).expect_err("no id").kind, ErrorKind::Unsupported);
        assert_eq!(message_id(&Remote { id: "7".to_owned(), ..Remote::default() }), Ok(7));
    }
}
