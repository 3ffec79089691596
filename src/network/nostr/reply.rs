//! What relays answer, and what that comes to.

use super::options::Us;
use crate::network::{
    ErrorKind, Limits, NetworkError, RelayAnswer, RelayEvent, Response,
    nip19::{from_hex, hex},
    one_line,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How much of a message is not text: the rest of an event with some tags, in bytes.
const ENVELOPE: u64 = 2_048;

/// What one relay made of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Made {
    /// It has it, now or from before.
    Taken,
    /// It never will.
    Refused,
    /// It wants to know us, or be paid.
    Forbidden,
    /// It may later.
    Later,
    /// We send too much.
    Slower,
    /// Nobody can tell.
    Unknown,
    /// It was told nothing.
    Unreached,
}

/// Reads what relays said.
pub(super) fn answers(response: &Response) -> Result<Vec<RelayAnswer>, NetworkError> {
    if response.is_success() { response.json() } else { Err(response.refusal(None)) }
}

/// Reads whether enough relays took an event; `id` is none where it is made when it is sent.
///
/// Taken by enough is a success. Taken by fewer, or possibly by some, is neither success nor failure: it is the same event
/// whenever it is sent again. Only if no relay took it, and each said so or was told nothing, nothing has happened.
pub(super) fn taken(response: &Response, id: Option<&str>, us: &Us<'_>) -> Result<(), NetworkError> {
    let answers = answers(response)?;
    let made: Vec<(Made, String)> = answers.iter().map(|answer| one(answer, id)).collect();
    let count = |kinds: &[Made]| made.iter().filter(|(made, _)| kinds.contains(made)).count();
    let taken = count(&[Made::Taken]);
    if taken >= us.accept {
        return Ok(());
    }
    let possible = made.len() - count(&[Made::Refused, Made::Forbidden]);
    let kind = if taken > 0 || count(&[Made::Unknown]) > 0 {
        ErrorKind::Ambiguous
    } else if possible < us.accept && count(&[Made::Refused]) > 0 {
        ErrorKind::Refused
    } else if possible < us.accept && count(&[Made::Forbidden]) > 0 {
        ErrorKind::Forbidden
    } else if count(&[Made::Slower]) > 0 {
        ErrorKind::RateLimited
    } else if count(&[Made::Later]) > 0 {
        ErrorKind::NotReady
    } else {
        ErrorKind::NotSent
    };
    let said: Vec<String> = answers
        .iter()
        .zip(&made)
        .filter(|(_, (made, _))| *made != Made::Taken)
        .map(|(answer, (_, words))| format!("`{}`: {words}", answer.relay))
        .collect();
    let mut message = format!("{taken} of {} relays took it, and {} must; {}", made.len(), us.accept, said.join("; "));
    if kind == ErrorKind::Forbidden {
        message.push_str("; a relay that wants its users to sign in or pay can't be used: take it out of `relays`");
    }
    Err(NetworkError::new(kind, message))
}

/// Reads what one relay made of an event, and its words.
fn one(answer: &RelayAnswer, id: Option<&str>) -> (Made, String) {
    let trouble = || answer.trouble.clone().unwrap_or_else(|| "it did not answer".to_owned());
    if !answer.sent {
        return (Made::Unreached, trouble());
    }
    let about = |frame: &&Value| {
        let named = frame[1].as_str().unwrap_or_default();
        frame[0] == "OK" && if let Some(id) = id { named == id } else { !named.is_empty() }
    };
    let Some(ok) = answer.frames.iter().rev().find(about) else {
        // A notice, or an `OK` that doesn't say to what, is no answer, but tells why there is none.
        let hint = answer.frames.iter().rev().find_map(|frame| {
            let words = if frame[0] == "NOTICE" { &frame[1] } else { &frame[3] };
            words.as_str().filter(|words| !words.is_empty()).map(one_line)
        });
        return (Made::Unknown, hint.map_or_else(trouble, |hint| format!("no answer that names the note: {hint}")));
    };
    let words = ok[3].as_str().unwrap_or_default();
    let prefix = words.split(':').next().unwrap_or_default().trim();
    let made = match (ok[2].as_bool(), prefix) {
        // Relays say so with true and with false.
        (Some(true), _) | (Some(false), "duplicate") => Made::Taken,
        (Some(false), "rate-limited") => Made::Slower,
        (Some(false), "error") => Made::Later,
        (Some(false), "auth-required") => Made::Forbidden,
        (Some(false), _) => Made::Refused,
        (None, _) => Made::Unknown,
    };
    (made, if words.is_empty() { "refused without a word".to_owned() } else { one_line(words) })
}

/// Reads how many relays have an event.
pub(super) fn holders(response: &Response, id: &str) -> Result<usize, NetworkError> {
    let answers = heard(response)?;
    Ok(answers.iter().filter(|answer| events(answer).any(|(event, _)| hex(&event.id()) == id)).count())
}

/// Reads which of the events that fit most relays have, and how many do; none if there is none.
pub(super) fn held_by_most(
    response: &Response,
    fits: impl Fn(&RelayEvent) -> bool,
) -> Result<Option<(RelayEvent, usize)>, NetworkError> {
    let mut held: Vec<(RelayEvent, BTreeSet<String>)> = Vec::new();
    for answer in heard(response)? {
        for (event, _) in events(&answer).filter(|(event, _)| fits(event)) {
            let relay = answer.relay.clone();
            match held.iter_mut().find(|(known, _)| *known == event) {
                Some((_, holders)) => drop(holders.insert(relay)),
                None => held.push((event, BTreeSet::from([relay]))),
            }
        }
    }
    let most = held.into_iter().max_by_key(|(_, holders)| holders.len());
    Ok(most.map(|(event, holders)| (event, holders.len())))
}

/// Reads the event that was asked for: itself, and as JSON with its signature.
pub(super) fn event(response: &Response, id: &str) -> Result<(RelayEvent, String), NetworkError> {
    for answer in heard(response)? {
        let named = events(&answer).find(|(event, _)| hex(&event.id()) == id);
        if let Some((event, value)) = named {
            let signature = value["sig"].as_str().and_then(from_hex);
            let signature = signature.and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
            if let Some(signature) = signature {
                let whole = event.signed(&signature).to_string();
                return Ok((event, whole));
            }
        }
    }
    Err(NetworkError::new(ErrorKind::NotFound, format!("none of the relays has the note `{id}`")))
}

/// Reads our own name.
pub(super) fn name(response: &Response) -> Result<Option<String>, NetworkError> {
    let answers = heard(response)?;
    let newest = answers.iter().flat_map(|answer| events(answer).map(|(event, _)| event).collect::<Vec<_>>());
    Ok(newest
        .filter(|event| event.kind == 0)
        .max_by_key(|event| event.created_at)
        .and_then(|event| super::request::name_in(&event.content)))
}

/// Reads answers to a question; an error if none of them is whole.
pub(super) fn heard(response: &Response) -> Result<Vec<RelayAnswer>, NetworkError> {
    let answers = answers(response)?;
    if answers.iter().any(|answer| answer.sent && answer.trouble.is_none()) {
        return Ok(answers);
    }
    Err(NetworkError::new(ErrorKind::Ambiguous, "no relay answered").detail(response.excerpt()))
}

fn events(answer: &RelayAnswer) -> impl Iterator<Item = (RelayEvent, &Value)> {
    let given = answer.frames.iter().filter(|frame| frame[0] == "EVENT").map(|frame| &frame[2]);
    given.filter_map(|value| Some((RelayEvent::read(value)?, value)))
}

/// What a relay says of itself (NIP-11). Everything may be missing.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct About {
    software: Option<String>,
    version: Option<String>,
    #[serde(default)]
    limitation: Limitation,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Limitation {
    max_message_length: Option<u64>,
    max_content_length: Option<u64>,
    auth_required: Option<bool>,
    payment_required: Option<bool>,
}

impl About {
    /// Reads a description; none if the relay has none.
    pub(super) fn read(response: &Response) -> Option<Self> {
        response.is_success().then(|| serde_json::from_slice(&response.body).ok())?
    }

    /// Returns what runs there: many name it by the address of its source.
    pub(super) fn software(&self) -> Option<String> {
        let name = self.software.as_deref()?.trim_end_matches('/').rsplit('/').next()?.trim_end_matches(".git");
        let version = self.version.as_deref().unwrap_or_default();
        Some(format!("{name} {version}").trim().to_owned()).filter(|name| !name.is_empty())
    }

    /// Returns why it can't be written to, if it says so.
    pub(super) fn closed(&self) -> Option<&'static str> {
        let Limitation { auth_required, payment_required, .. } = self.limitation;
        if payment_required == Some(true) {
            Some("it wants to be paid")
        } else if auth_required == Some(true) {
            Some("it wants its users to sign in")
        } else {
            None
        }
    }

    /// Lays its limits over others: the narrowest hold.
    pub(super) fn narrow(&self, limits: &mut Limits) {
        let Limitation { max_message_length, max_content_length, .. } = self.limitation;
        let bytes = max_message_length.map(|length| length.saturating_sub(ENVELOPE)).filter(|&length| length > 0);
        limits.text = limits.text.into_iter().chain(max_content_length.filter(|&length| length > 0)).min();
        limits.text_bytes = limits.text_bytes.into_iter().chain(bytes).min();
    }
}

/// Counts the names of what runs on several relays: `strfry 1.0, nostr-relay 1.14 (2)`.
pub(super) fn together(names: &[String]) -> Option<String> {
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    names.iter().for_each(|name| *counted.entry(name).or_default() += 1);
    let written: Vec<String> = counted
        .into_iter()
        .map(|(name, count)| if count > 1 { format!("{name} ({count})") } else { name.to_owned() })
        .collect();
    (!written.is_empty()).then(|| written.join(", "))
}
