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

fn read(response: &Response) -> Result<Said, NetworkError> {
    if response.is_success() {
        return response.json();
    }
    let Ok(said) = response.json::<Said>() else { return Err(response.refusal(None)) };
    let error = response.refusal(Some(format!("the mail server refused it: {}", said.text)));
    Err(error.detail(format!("SMTP {}: {}", said.code, said.text)))
}
