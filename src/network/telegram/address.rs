//! Chats and the addresses of their messages.

use crate::{
    model::Account,
    network::{ErrorKind, NetworkError},
};
use serde_json::Value;

/// A message, as an address of `t.me` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The chat, as the API takes it: `@name`, or a number.
    pub(super) chat: String,
    /// The message.
    pub(super) id: u64,
}

/// Returns the chat that an account posts to: `@name`, or the number of a chat without a name.
pub(super) fn chat(account: &Account) -> Result<String, NetworkError> {
    match &account.handle {
        Some(handle) if handle.value.parse::<i64>().is_ok() => Ok(handle.value.clone()),
        Some(handle) => Ok(format!("@{}", handle.value)),
        None => Err(NetworkError::new(
            ErrorKind::Misconfigured,
            format!("account `{}` has no `handle`, the channel that it posts to", account.id),
        )),
    }
}

/// Writes a chat as the API takes it.
pub(super) fn value(chat: &str) -> Value {
    chat.parse::<i64>().map_or_else(|_| chat.into(), Into::into)
}

/// Reads the address of a message: `t.me/NAME/ID`, or `t.me/c/NUMBER/ID` in a chat without a name.
pub(super) fn parse(url: &str) -> Option<Place> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let rest = rest.split(['?', '#']).next()?;
    let mut segments = rest.trim_end_matches('/').split('/');
    let host = segments.next()?.to_ascii_lowercase();
    if !["t.me", "telegram.me", "telegram.dog"].contains(&host.as_str()) {
        return None;
    }
    let segments: Vec<&str> = segments.collect();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let id = segments.last()?.parse().ok()?;
    let chat = match segments.as_slice() {
        ["c", number, _] if is_number(number) => format!("-100{number}"),
        // `/s/` is the page that shows a channel in a browser.
        ["s", name, _] | [name, _] if is_name(name) => format!("@{name}"),
        _ => return None,
    };
    Some(Place { chat, id })
}

/// Returns the address of a message, where its chat has one.
pub(super) fn url(chat: i64, name: Option<&str>, id: u64) -> Option<String> {
    match name {
        Some(name) => Some(format!("https://t.me/{name}/{id}")),
        None => Some(format!("https://t.me/c/{}/{id}", chat.to_string().strip_prefix("-100")?)),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expect: Option<(&str, u64)>) {
        let place = parse(url);
        assert_eq!(place.as_ref().map(|place| (place.chat.as_str(), place.id)), expect, "{url}");
    }

    #[test]
    fn addresses_name_a_chat_and_a_message() {
        check("https://t.me/acme_news/42", Some(("@acme_news", 42)));
        check("https://t.me/s/acme_news/42", Some(("@acme_news", 42)));
        check("https://T.me/acme/42?single", Some(("@acme", 42)));
        check("https://t.me/c/1234567890/7/", Some(("-1001234567890", 7)));
        check("https://telegram.me/acme/1#x", Some(("@acme", 1)));
    }

    #[test]
    fn other_addresses_name_nothing() {
        for url in [
            "https://t.me/acme",
            "https://t.me/acme/x",
            "https://t.me/c/acme/1",
            "https://t.me/+abcdef/1",
            "https://elsewhere.example/acme/1",
            "https://t.me.evil.example/acme/1",
            "t.me/acme/1",
        ] {
            check(url, None);
        }
    }

    #[test]
    fn messages_have_addresses_unless_the_chat_is_a_small_group() {
        assert_eq!(url(-100_123, Some("acme"), 4).as_deref(), Some("https://t.me/acme/4"));
        assert_eq!(url(-1_001_234_567_890, None, 4).as_deref(), Some("https://t.me/c/1234567890/4"));
        assert_eq!(url(-4711, None, 4), None);
    }

    #[test]
    fn a_number_goes_as_one() {
        assert_eq!(value("-1001234567890"), serde_json::json!(-1_001_234_567_890_i64));
        assert_eq!(value("@acme"), serde_json::json!("@acme"));
    }
}
