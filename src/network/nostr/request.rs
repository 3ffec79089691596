//! The requests, one function each. Pure: values in, a request out.

use super::{event::NOTE, options::Us};
use crate::network::{Effect, Method, Payload, RelayCall, RelayEvent, RelaySays, Request, Signer};
use serde_json::{Value, json};

/// Publishes an event.
pub(super) fn publish(us: &Us<'_>, label: &'static str, event: RelayEvent) -> Request {
    say(us, label, Some(us.signer()), RelaySays::Take(event), Effect::Publish)
}

/// Asks for the deletion of one, signed with the time of sending.
pub(super) fn delete(us: &Us<'_>, event: RelayEvent) -> Request {
    say(us, "delete note", Some(us.signer()), RelaySays::TakeNow(event), Effect::Publish)
}

/// Asks for one event by its id.
pub(super) fn event(us: &Us<'_>, label: &'static str, id: &str) -> Request {
    say(us, label, None, RelaySays::Tell(vec![json!({ "ids": [id], "limit": 1 })]), Effect::Read)
}

/// Asks for our notes of one second.
pub(super) fn notes_at(us: &Us<'_>, label: &'static str, second: i64) -> Request {
    let filter = json!({ "kinds": [NOTE], "authors": [us.hex()], "since": second, "until": second, "limit": 100 });
    say(us, label, None, RelaySays::Tell(vec![filter]), Effect::Read)
}

/// Asks who we are, by our own description of ourselves. The secret key is held against the public one meanwhile.
pub(super) fn who_am_i(us: &Us<'_>) -> Request {
    let filter = json!({ "kinds": [0], "authors": [us.hex()], "limit": 1 });
    say(us, "read own profile", Some(us.signer()), RelaySays::Tell(vec![filter]), Effect::Read)
}

/// Asks a relay for its description of itself: NIP-11, over HTTP at the same address.
pub(super) fn about(relay: &str) -> Request {
    let (scheme, rest) = relay.split_once("://").unwrap_or(("wss", relay));
    let scheme = if scheme.eq_ignore_ascii_case("ws") { "http" } else { "https" };
    Request::get("read relay", format!("{scheme}://{rest}")).header("accept", "application/nostr+json")
}

/// Returns whether an event can be answered by a note: anything else takes another kind, which is not made here.
pub(super) fn takes_notes(kind: u32) -> bool {
    kind == NOTE
}

fn say(us: &Us<'_>, label: &'static str, signer: Option<Signer>, says: RelaySays, effect: Effect) -> Request {
    let call = RelayCall { relays: us.relays.to_vec(), signer, says };
    Request::send(label, Method::Post, us.relays[0].clone(), Payload::Relays(call), effect)
}

/// Returns the description in an event of kind 0.
pub(super) fn name_in(content: &str) -> Option<String> {
    let about: Value = serde_json::from_str(content).ok()?;
    let text = |key: &str| about[key].as_str().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
    text("name").or_else(|| text("display_name"))
}
