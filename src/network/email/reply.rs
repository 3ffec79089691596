//! What a mail server says. The transport tells its number and words as JSON.

use crate::network::{NetworkError, Response};
use serde::Deserialize;

/// How much of the server's words is kept.
const KEPT: usize = 200;

#[derive(Deserialize)]
struct Said {
    code: u16,
    text: String,
    /// How the server calls itself, where it was only asked.
    server: Option<String>,
    encrypted: Option<bool>,
}

/// Returns the words with which the server took a message on: most tell how its log calls it.
pub(super) fn accepted(response: &Response) -> Result<String, NetworkError> {
    let said = read(response)?;
    let clean: String = said.text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(KEPT).collect();
    Ok(format!("{} {clean}", said.code).trim_end().to_owned())
}

/// Returns how the server calls itself.
pub(super) fn server(response: &Response) -> Result<String, NetworkError> {
    let said = read(response)?;
    let open = if said.encrypted == Some(false) { ", not encrypted" } else { "" };
    Ok(format!("{}{open}", said.server.unwrap_or_else(|| "a mail server".to_owned())))
}

/// Takes an address out of an error: who is on a list of recipients is told to nobody.
pub(super) fn without(error: NetworkError, address: &str) -> NetworkError {
    NetworkError {
        message: hidden(&error.message, address),
        detail: error.detail.map(|detail| hidden(&detail, address)),
        kind: error.kind,
        wait: error.wait,
    }
}

/// Takes an address out of a text, however it is written, and the part before the `@` where it stands as a word.
pub(super) fn hidden(text: &str, address: &str) -> String {
    const SHOWN: &str = "[recipient]";
    let user = address.rsplit_once('@').map_or(address, |(user, _)| user);
    let part_of_word = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let begins_word = !shown.ends_with(part_of_word);
        let same = |name: &str| rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let ends_word = |name: &str| !rest[name.len()..].starts_with(part_of_word);
        let length = if same(address) {
            address.len()
        } else if begins_word && same(user) && ends_word(user) {
            user.len()
        } else {
            shown.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        shown.push_str(SHOWN);
        rest = &rest[length..];
    }
    shown
}

fn read(response: &Response) -> Result<Said, NetworkError> {
    if response.is_success() {
        return response.json();
    }
    let Ok(said) = response.json::<Said>() else { return Err(response.refusal(None)) };
    let words = format!("SMTP {}: {}", said.code, said.text);
    Err(response.refusal(Some(format!("the mail server refused it with {words}"))).detail(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_hidden_however_the_server_writes_it() {
        for (said, expect) in [
            ("<amy@a.example>: no such user", "<[recipient]>: no such user"),
            ("AMY@A.example unknown", "[recipient] unknown"),
            ("5.1.1 user amy is unknown", "5.1.1 user [recipient] is unknown"),
            ("no such mailbox: amy@other", "no such mailbox: [recipient]@other"),
            ("bigamy is refused, é", "bigamy is refused, é"),
        ] {
            assert_eq!(hidden(said, "amy@a.example"), expect);
        }
    }
}
