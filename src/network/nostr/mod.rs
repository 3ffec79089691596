//! Nostr: notes that we sign ourselves, on relays that keep them.
//!
//! A WebSocket to each relay. An event is `{id, pubkey, created_at, kind, tags, content, sig}`: the id is the SHA-256 of all but the
//! signature, so it is known before anything is sent, and the same attempt is the same event however often it is sent.
//! `["EVENT", …]` is answered with `["OK", id, taken, "prefix: words"]`, `["REQ", name, {"ids": […]}]` with events and `["EOSE", name]`.
//! One publication goes to all relays of the account at once; it counts when `accept` of them took it. Notes are kind 1, answers
//! are marked as NIP-10 says, quotes have a `q` (NIP-18), what is passed on is kind 6 or 16, a deletion is kind 5 (NIP-09). The limits
//! of a relay are a JSON document at its address over HTTP (NIP-11). Images and videos are on a media server, `PUT` there before the
//! note, which names their addresses (NIP-92). See <https://github.com/nostr-protocol/nips> (NIPs 01, 09, 10, 11, 18, 19, 32, 36
//! and 92, read July to November 2026) and `quirks.md` beside this.

mod event;
mod files;
mod findings;
mod options;
mod reply;
mod request;

#[cfg(test)]
mod tests;

use self::{
    event::{Around, Referred},
    options::Us,
};
use super::{
    Auth, Composed, ErrorKind, Form, Found, Job, Limits, Look, Need, Network, NetworkError, Probe, Profile, Receipt,
    Referent, RelayEvent, Settling, TextRules, Threads, Wire, compose_written, nip19,
};
use crate::{
    diag::Code,
    model::{self, Account, NetworkId, Post, Remote},
    text::{Dialect, HandleStyle, LinkStyle, Measure, MentionWeight, Unit},
};

/// Nostr.
#[derive(Debug)]
pub struct Nostr;

const ID: NetworkId = NetworkId("nostr");

static PROFILE: Profile = Profile {
    id: ID,
    name: "Nostr",
    checked: "2026-11-23",
    sources: &[
        "https://github.com/nostr-protocol/nips/blob/master/01.md",
        "https://github.com/nostr-protocol/nips/blob/master/10.md",
        "https://github.com/nostr-protocol/nips/blob/master/11.md",
        "https://github.com/nostr-protocol/nips/blob/master/18.md",
        "https://github.com/nostr-protocol/nips/blob/master/19.md",
        "https://github.com/nostr-protocol/nips/blob/master/92.md",
        "https://github.com/hzrd149/blossom/blob/master/buds/01.md",
        "https://github.com/hzrd149/blossom/blob/master/buds/02.md",
        "https://github.com/hzrd149/blossom/blob/master/buds/06.md",
        "https://github.com/hzrd149/blossom/blob/master/buds/11.md",
    ],
    text: TextRules {
        form: Form::Plain(Dialect {
            network: ID,
            links: LinkStyle::TextThenUrl,
            handles: HandleStyle::PublicKey,
            bare_domains: false,
            styles: false,
        }),
        // Each relay has its own, which it tells; there is none that all have.
        max: None,
        measure: Measure { unit: Unit::CodePoints, url: None, mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    },
    threads: Threads::Replies,
    media: Some(files::RULES),
    poll: None,
    reply: true,
    quote: true,
    boost: true,
    edit: false,
    delete: true,
    prices: &[],
    rates: &[],
    settling: Settling::Hash,
    auth: Auth::Token,
    login: None,
    probe: true,
    projected: false,
    look: Look { warning: Some("content_warning"), ..Look::PLAIN },
    post_options: options::POST,
    account_options: options::ACCOUNT,
    needs: &[Need::Handle, Need::Token],
    setup: &[
        "Take the key pair that your client shows under *Settings → Keys*, or have a client make a new one. The key is the account: \
         whoever has it is you, it can't be changed or revoked, so use one that is for this alone and keep a copy.",
        "Write the public key, `npub1…`, into `handle`.",
        "Put the secret key, `nsec1…`, into the environment or the vault, and name it: `token = \"env:NAME\"` or \
         `token = \"vault:NAME\"`. It never leaves this machine; what is sent is signed with it.",
        "List the relays of your readers: `relays = [\"wss://relay.example\", …]`, three to five of those that your client uses. \
         `accept = 2` says how many must take a note.",
        "For images and videos, name a media server that your client uses, or one that takes files of yours: \
         `media_server = \"https://blossom.example\"`. It is shown who you are by a signature of the same key; many ask for an account or \
         to be paid.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for Nostr {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        findings::CODES
    }

    fn compose(&self, post: &Post, target: &model::Target, account: &Account, limits: &Limits) -> Composed {
        let server = options::media_server(account);
        let draft = compose_written(&PROFILE, post, target, limits, |part| files::weighed(part, server));
        let mut findings = findings::of(post, account);
        findings.extend(findings::of_files(&draft, account));
        Composed { draft, findings }
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        possible(job)?;
        let us = Us::of(job.account)?;
        let (event, around) = event_of(job, &us, wire).await?;
        let id = nip19::hex(&event.id());
        let receipt = event::receipt(&event, &us, &around);
        files::upload(job, &us, wire).await?;
        let label = if job.boost.is_some() { "pass on note" } else { "publish note" };
        let response = wire.call(request::publish(&us, label, event)).await?;
        reply::taken(&response, Some(&id), &us)?;
        Ok(receipt)
    }

    async fn find(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
        let us = Us::of(job.account)?;
        if !job.draft_part().media.is_empty() {
            return find_with_files(job, &us, wire).await;
        }
        let (event, around) = event_of(job, &us, wire).await?;
        let id = nip19::hex(&event.id());
        let holders = reply::holders(&wire.call(request::event(&us, "find note", &id)).await?, &id)?;
        // On too few relays it is sent again: to those that have it that is no change.
        Ok(if holders >= us.accept { Found::Here(event::receipt(&event, &us, &around)) } else { Found::Absent })
    }

    fn remote_at(&self, account: &Account, url: &str) -> Option<Remote> {
        let name = nip19::event(url)?;
        let us = Us::of(account).ok()?;
        (name.author.is_none_or(|author| author == us.key)).then(|| event::named(&name, url))
    }

    async fn delete(&self, account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        let us = Us::of(account)?;
        let response = wire.call(request::delete(&us, event::deletion(&us, remote))).await?;
        reply::taken(&response, None, &us)
    }

    async fn greet(&self, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        let us = Us::of(account)?;
        let response = wire.call(request::who_am_i(&us)).await?;
        if response.date().is_none() {
            // No relay told the time with its handshake. Over HTTP most do; one that was just reached is asked.
            let reached = reply::answers(&response).ok().and_then(|all| all.into_iter().find(|answer| answer.sent));
            if let Some(answer) = reached {
                let _ = wire.call(request::about(&answer.relay)).await;
            }
        }
        Ok(())
    }

    async fn probe(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let us = Us::of(account)?;
        let response = wire.call(request::who_am_i(&us)).await?;
        let name = reply::name(&response)?;
        let mut closed = Vec::new();
        let mut limits = PROFILE.limits();
        let mut software = Vec::new();
        for answer in reply::answers(&response)? {
            if !answer.sent {
                let why = answer.trouble.unwrap_or_default();
                closed.push(format!("`{}`, which can't be reached: {why}", answer.relay));
                continue;
            }
            let Ok(response) = wire.call(request::about(&answer.relay)).await else { continue };
            let Some(about) = reply::About::read(&response) else { continue };
            about.narrow(&mut limits);
            software.extend(about.software());
            closed.extend(about.closed().map(|why| format!("`{}`, which can't be written to: {why}", answer.relay)));
        }
        let key = nip19::key_name("npub", &us.key);
        let enough = us.relays.len() - closed.len() >= us.accept;
        let mut missing = if enough { Vec::new() } else { closed };
        if let Some(server) = us.media_server
            && let Err(error) = wire.call(files::look(server)).await
        {
            missing.push(format!("`{server}`, which can't be reached: {error}"));
        }
        Ok(Probe {
            identity: Some(name.map_or_else(|| key.clone(), |name| format!("{name} ({key})"))),
            server: reply::together(&software),
            scopes: Vec::new(),
            missing,
            expires: None,
            limits,
        })
    }
}

/// Refuses what has no place here, before anything is sent. `check` tells it from the profile long before.
fn possible(job: &Job<'_>) -> Result<(), NetworkError> {
    if job.part == 0 && job.draft.poll.is_some() {
        return Err(NetworkError::unsupported("hold a poll"));
    }
    let limits = job.limits;
    if let Some(other) = job.media.iter().map(|media| media.info.kind).find(|kind| !limits.kinds.contains(kind)) {
        return Err(NetworkError::unsupported(&format!("take `{}`", other.mime())));
    }
    let (videos, images): (Vec<_>, Vec<_>) = job.media.iter().partition(|media| media.info.kind.is_video());
    if images.len() as u64 > limits.images || videos.len() as u64 > limits.videos {
        return Err(NetworkError::unsupported("take so many images or videos"));
    }
    Ok(())
}

/// Makes the event of a part, and what it stands beside. It is the same whenever it is made for the same attempt.
async fn event_of(job: &Job<'_>, us: &Us<'_>, wire: &mut Wire<'_>) -> Result<(RelayEvent, Around), NetworkError> {
    if let Some(referent) = job.boost {
        let (passed_on, whole) = fetched(referent, us, wire).await?;
        return Ok((event::repost(job, us, &passed_on, whole), Around::default()));
    }
    let around = around(job, us, wire).await?;
    Ok((event::note(job, us, &around, &files::of(job, us)?), around))
}

/// Looks for the note of a part with files. Its id doesn't tell it alone: since the attempt the account may have got another media
/// server, a file may have gone, or may be prepared to other bytes by a newer release. So it is looked for among our notes of that
/// very second, by all that it says beside its files.
async fn find_with_files(job: &Job<'_>, us: &Us<'_>, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
    let around = around(job, us, wire).await?;
    // What would be sent now; none if a file is gone.
    let whole = job.media.len() == job.draft_part().media.len();
    let ours = if whole { files::of(job, us).ok().map(|files| event::note(job, us, &around, &files)) } else { None };
    let is_it = |event: &RelayEvent| {
        let named = files::named_in(event);
        ours.as_ref() == Some(event) || !named.is_empty() && event::note(job, us, &around, &named) == *event
    };
    let response = wire.call(request::notes_at(us, "find note", event::seconds(job))).await?;
    Ok(match reply::held_by_most(&response, is_it)? {
        None => Found::Absent,
        Some((event, holders)) if holders >= us.accept => Found::Here(event::receipt(&event, us, &around)),
        // To those that have it that is no change.
        Some((event, _)) if ours.as_ref() == Some(&event) => Found::Absent,
        Some((_, holders)) => Found::Unclear(format!(
            "{holders} of {} relays have it, and {} must, but its images or their `media_server` are others now, so that the same \
             can't be sent again",
            us.relays.len(),
            us.accept
        )),
    })
}

/// Looks up what a part answers and quotes.
async fn around(job: &Job<'_>, us: &Us<'_>, wire: &mut Wire<'_>) -> Result<Around, NetworkError> {
    let answers = match (job.part, job.parent, job.reply_to) {
        (0, _, Some(referent)) => Some(referred(referent, us, wire).await?),
        (0, _, None) => None,
        (_, Some(parent), _) => Some(event::ours(parent, us)),
        (_, None, _) => return Err(NetworkError::new(ErrorKind::NotReady, "the part before has no receipt")),
    };
    if let Some(parent) = &answers
        && !request::takes_notes(parent.kind)
    {
        let kind = parent.kind;
        return Err(NetworkError::new(
            ErrorKind::Unsupported,
            format!("an event of kind {kind} is answered by no note"),
        ));
    }
    let quotes = match job.quote {
        Some(referent) if job.part == 0 => Some(referred(referent, us, wire).await?),
        _ => None,
    };
    Ok(Around { answers, quotes })
}

/// Returns what is answered or quoted: of our own notes the receipt tells enough.
async fn referred(referent: &Referent, us: &Us<'_>, wire: &mut Wire<'_>) -> Result<Referred, NetworkError> {
    match referent {
        Referent::Ours(remote) => Ok(event::ours(remote, us)),
        Referent::Url(_) => fetched(referent, us, wire).await.map(|(referred, _)| referred),
    }
}

/// Asks our relays for an event. Returns it whole as well, as JSON.
async fn fetched(referent: &Referent, us: &Us<'_>, wire: &mut Wire<'_>) -> Result<(Referred, String), NetworkError> {
    let (id, hint) = match referent {
        Referent::Ours(remote) => (remote.id.clone(), event::hint(remote)),
        Referent::Url(url) => {
            let no_note = || NetworkError::new(ErrorKind::NotFound, format!("`{url}` names no note of Nostr"));
            let name = nip19::event(url).ok_or_else(no_note)?;
            (nip19::hex(&name.id), name.relays.into_iter().next().unwrap_or_default())
        }
    };
    let (event, whole) = reply::event(&wire.call(request::event(us, "look up note", &id)).await?, &id)?;
    Ok((event::theirs(&event, &hint), whole))
}
