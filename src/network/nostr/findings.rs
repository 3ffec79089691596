//! What Nostr minds beyond its profile.

use super::options::{self, MEDIA_SERVER, MOST_RELAYS};
use crate::{
    diag::{Code, Diagnostic, Level},
    model::{Account, Post, Reference},
    network::{Draft, nip19},
};
use std::collections::BTreeSet;

/// The codes of what is found here.
pub(super) static CODES: &[&Code] = &[&RELAYS, &KEY, &REFERENCE, &MEDIA];

static RELAYS: Code = Code {
    name: "nostr-relays",
    summary: "an account on Nostr whose relays can't be used",
    level: Level::Error,
    fixed: true,
    explain: "Notes are sent to the relays that the account lists, encrypted, except to this machine. Each is listed once, and \
              `accept` says how many of them must take a note.\n\n\
              ```toml\n[accounts.nostr]\nnetwork = \"nostr\"\nhandle = \"npub1…\"\ntoken = \"env:NOSTR_KEY\"\n\
              relays = [\"wss://relay.example\", \"wss://other.example\", \"wss://third.example\"]\naccept = 2\n```\n\n\
              List relays that begin with `wss://`, at most 20, and no fewer than `accept` says.",
};

static KEY: Code = Code {
    name: "nostr-key",
    summary: "an account on Nostr whose handle is no public key",
    level: Level::Error,
    fixed: true,
    explain: "An account on Nostr is a key pair. Its `handle` is the public key, which begins with `npub1`; the secret key, \
              which begins with `nsec1`, is kept where `token` says and never in a file of the workspace.\n\n\
              ```toml\n[accounts.nostr]\nhandle = \"npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6\"\n```\n\n\
              Copy the public key from your client's settings.",
};

static REFERENCE: Code = Code {
    name: "nostr-reference",
    summary: "an address to answer, quote or pass on that is no note of Nostr",
    level: Level::Error,
    fixed: true,
    explain: "On Nostr only notes can be answered, quoted or passed on, and they must be on a relay of the account.\n\n\
              ```toml\nreply_to = \"nostr:nevent1…\"\n```\n\n\
              Name the note by `nostr:` and its `nevent1…` or `note1…`, by the address of a page that ends with one, or, if it is one of \
              ours, by its id.",
};

static MEDIA: Code = Code {
    name: "nostr-media",
    summary: "images or videos for Nostr, and no media server that could keep them",
    level: Level::Error,
    fixed: true,
    explain: "A note is text. Its images and videos are kept by a media server that speaks Blossom, and their addresses stand in the \
              text. Each account names one, encrypted, except on this machine. It has no path: Blossom's addresses begin at the root.\n\n\
              ```toml\n[accounts.nostr]\nnetwork = \"nostr\"\nmedia_server = \"https://blossom.example\"\n```\n\n\
              Name a server that your client uses or that has an account of yours, or write a copy without images under `# @nostr`.",
};

/// Returns what Nostr minds in the files of a draft, and in the server that is to keep them.
pub(super) fn of_files(draft: &Draft, account: &Account) -> Option<Diagnostic> {
    if let Some(span) = account.options.span(MEDIA_SERVER) {
        let server = account.options.text(MEDIA_SERVER).unwrap_or_default();
        let message = format!("`{server}` is not the address of a media server");
        let help = "write the whole address, with `https://` and without a path; `http://` is for this machine alone";
        return (!is_address(server, ["https", "http"]) || has_path(server))
            .then(|| Diagnostic::new(&MEDIA, span, message).help(help));
    }
    let media = draft.parts.iter().find_map(|part| part.media.first())?;
    let message = format!("account `{}` has no `media_server` that could keep images and videos", account.id);
    let help = format!(
        "add one to `[accounts.{}]`, as in `media_server = \"https://blossom.example\"`, or write a copy without it under `# @{}`",
        account.id, draft.network
    );
    Some(Diagnostic::new(&MEDIA, media.span, message).label("nothing keeps this").help(help))
}

/// Returns what Nostr minds in an account and the references of a post.
pub(super) fn of(post: &Post, account: &Account) -> Vec<Diagnostic> {
    let mut findings: Vec<Diagnostic> = relays(account).into_iter().chain(key(account)).collect();
    for (name, reference) in [("reply_to", &post.reply_to), ("quote", &post.quote), ("boost", &post.boost)] {
        if let Some(reference) = reference
            && let Reference::Url(url) = &reference.value
            && nip19::event(url).is_none()
        {
            findings.push(
                Diagnostic::new(&REFERENCE, reference.span, format!("`{name}` names no note of Nostr"))
                    .label("no note there")
                    .help("name the note as `nostr:nevent1…`, or leave this account out of `to`"),
            );
        }
    }
    findings
}

fn relays(account: &Account) -> Option<Diagnostic> {
    let relays = account.options.list("relays");
    let span = account.options.span("relays").unwrap_or(account.span);
    let finding = |message: String, help: &str| Some(Diagnostic::new(&RELAYS, span, message).help(help.to_owned()));
    if relays.is_empty() {
        let message = format!("account `{}` has no `relays`", account.id);
        return finding(message, "list some, as in `relays = [\"wss://relay.example\"]`");
    }
    if relays.len() > MOST_RELAYS {
        let message = format!("account `{}` has {} relays, and {MOST_RELAYS} are the most", account.id, relays.len());
        return finding(message, "list those that your readers use");
    }
    if let Some(relay) = relays.iter().find(|relay| !is_address(relay, ["wss", "ws"])) {
        let help = "write the whole address, with `wss://`; `ws://` is for this machine alone";
        return finding(format!("`{relay}` is not the address of a relay"), help);
    }
    let mut known = BTreeSet::new();
    if let Some(relay) = relays.iter().find(|relay| !known.insert(relay.trim_end_matches('/').to_ascii_lowercase())) {
        return finding(format!("the relay `{relay}` is listed twice"), "list each relay once");
    }
    let accept = options::accept(account);
    if accept > relays.len() {
        let span = account.options.span("accept").unwrap_or(span);
        let message = format!("{accept} relays must take a note, and account `{}` has {}", account.id, relays.len());
        return Some(Diagnostic::new(&RELAYS, span, message).help("list more relays, or lower `accept`"));
    }
    None
}

fn key(account: &Account) -> Option<Diagnostic> {
    let handle = account.handle.as_ref().filter(|handle| options::public_key(&handle.value).is_none())?;
    // Not repeated: somebody may have written the secret key there.
    let is_secret = handle.value.starts_with("nsec1");
    let (message, help) = if is_secret {
        ("the `handle` is a secret key, which is known now to whoever can read this file", "make a new key pair")
    } else {
        ("the `handle` is no public key of Nostr", "write the one that begins with `npub1`")
    };
    let finding = Diagnostic::new(&KEY, handle.span, message).help(help);
    Some(if is_secret { finding.masked() } else { finding })
}

/// Returns whether there is more than a host in an address.
fn has_path(url: &str) -> bool {
    url.split_once("://").is_some_and(|(_, rest)| rest.trim_end_matches('/').contains(['/', '?']))
}

/// Returns whether it is an address that servers may have, with the first of the schemes or, on this machine, with either. What a
/// browser would read differently is none.
fn is_address(url: &str, [encrypted, plain]: [&str; 2]) -> bool {
    if url.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '@' | '#')) {
        return false;
    }
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let here = || {
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    !host.is_empty() && (scheme == encrypted || scheme == plain && here())
}
