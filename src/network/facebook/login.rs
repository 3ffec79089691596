//! Being let in: a code gives a person's token of an hour or two, that one of sixty days, and that the Page's own, which has no end.

use super::request;
use crate::{
    model::Account,
    network::{
        Credential, Effect, ErrorKind, Field, FieldValue, Method, NetworkError, Payload, Request, Response, SignIn,
        Wire,
        graph::{self, SecretToken},
    },
};
use serde::Deserialize;

const SHORT: &str = "short";
const LONG: &str = "long";

#[derive(Deserialize)]
struct Pages {
    #[serde(default)]
    data: Vec<Page>,
}

#[derive(Deserialize)]
struct Page {
    id: String,
    #[serde(default)]
    access_token: Option<SecretToken>,
}

/// Exchanges a code for the token of the account's Page.
pub(super) async fn log_in(account: &Account, redirect: &str, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
    let page = request::page(account)?;
    let code = vec![
        Field::text("redirect_uri", redirect),
        Field::new("code", FieldValue::Secret(Credential::Session("code"))),
    ];
    let short = graph::token(&wire.call(exchange(account, "exchange code", code, Effect::Exchange)?).await?)?;
    wire.learn(SHORT, short.access_token.0);
    let short = vec![
        Field::text("grant_type", "fb_exchange_token"),
        Field::new("fb_exchange_token", FieldValue::Secret(Credential::Session(SHORT))),
    ];
    let long = graph::token(&wire.call(exchange(account, "lengthen token", short, Effect::Read)?).await?)?;
    wire.learn(LONG, long.access_token.0);
    let pages = pages(&wire.call(request::pages(account, Credential::Session(LONG))).await?)?;
    let token = pages.data.into_iter().find(|known| known.id == page).and_then(|page| page.access_token);
    let Some(SecretToken(token)) = token else {
        let message = format!("the page `{page}` is not among those that were chosen: log in again, and choose it");
        return Err(NetworkError::new(ErrorKind::Misconfigured, message));
    };
    Ok(SignIn { secrets: vec![("token", token)], ..SignIn::default() })
}

/// Exchanges one secret for another. What is asked stands in the address, as Facebook has it.
fn exchange(
    account: &Account,
    label: &'static str,
    fields: Vec<Field>,
    effect: Effect,
) -> Result<Request, NetworkError> {
    let mut all = graph::application(account)?;
    all.extend(fields);
    let url = request::url(account, "oauth/access_token");
    Ok(Request::send(label, Method::Get, url, Payload::Form(all), effect))
}

/// Reads the Pages with their tokens. What can't be read is never quoted.
fn pages(response: &Response) -> Result<Pages, NetworkError> {
    if response.is_success() { response.json_of_secrets() } else { graph::refused(response) }
}
