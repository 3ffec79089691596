use crate::{
    model::Account,
    network::{
        Credential, Effect, ErrorKind, Field, FieldValue, Method, NetworkError, Payload, Request, Response, SignIn,
        Wire,
    },
};
use secrecy::SecretString;
use serde::Deserialize;
use std::time::Duration;

/// The name of the token that lasts an hour.
const SHORT: &str = "short";

/// Where a code is exchanged for a token of an hour, and that for one of sixty days.
#[derive(Clone, Copy, Debug)]
pub(in crate::network) struct Exchange<'a> {
    /// Where the code is exchanged.
    pub(in crate::network) code: &'a str,
    /// Where the short token is.
    pub(in crate::network) token: &'a str,
    /// What the second exchange is called there.
    pub(in crate::network) grant: &'static str,
}

/// A token, as an answer brings it.
#[derive(Deserialize)]
pub(in crate::network) struct Token {
    pub(in crate::network) access_token: SecretToken,
    #[serde(default)]
    expires_in: Option<u64>,
}

/// A secret within an answer.
pub(in crate::network) struct SecretToken(pub(in crate::network) SecretString);

impl<'de> Deserialize<'de> for SecretToken {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|token| Self(token.into()))
    }
}

/// Some of them put it into a list of one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    One(Token),
    Listed { data: [Token; 1] },
}

/// Lets somebody in: a code for a short token, and that for a long one.
pub(in crate::network) async fn log_in(
    account: &Account,
    redirect: &str,
    exchange: Exchange<'_>,
    wire: &mut Wire<'_>,
) -> Result<SignIn, NetworkError> {
    let mut fields = application(account)?;
    fields.extend([
        Field::text("grant_type", "authorization_code"),
        Field::text("redirect_uri", redirect),
        Field::new("code", FieldValue::Secret(Credential::Session("code"))),
    ]);
    let call = Request::send("exchange code", Method::Post, exchange.code, Payload::Form(fields), Effect::Exchange);
    let short = token(&wire.call(call).await?)?;
    wire.learn(SHORT, short.access_token.0);
    let fields = vec![
        Field::text("grant_type", exchange.grant),
        Field::new("client_secret", FieldValue::Secret(Credential::Client)),
        Field::new("access_token", FieldValue::Secret(Credential::Session(SHORT))),
    ];
    let call = Request::send("lengthen token", Method::Get, exchange.token, Payload::Form(fields), Effect::Read);
    let response = wire.call(call).await?;
    let long = token(&response)?;
    let expires = long.ends(&response);
    Ok(SignIn { secrets: vec![("token", long.access_token.0)], expires, ..SignIn::default() })
}

/// Says as which application we ask.
pub(in crate::network) fn application(account: &Account) -> Result<Vec<Field>, NetworkError> {
    let client = account.client.as_ref().map(|client| client.id.value.as_str()).ok_or_else(|| {
        NetworkError::new(ErrorKind::Misconfigured, format!("account `{}` has no `client_id`", account.id))
    })?;
    Ok(vec![Field::text("client_id", client), Field::new("client_secret", FieldValue::Secret(Credential::Client))])
}

/// Reads a token. What can't be read is never quoted.
pub(in crate::network) fn token(response: &Response) -> Result<Token, NetworkError> {
    if !response.is_success() {
        return super::refused(response);
    }
    Ok(match response.json_of_secrets()? {
        Answer::One(token) | Answer::Listed { data: [token] } => token,
    })
}

impl Token {
    /// Returns when it ends, if that is told.
    pub(in crate::network) fn ends(&self, response: &Response) -> Option<crate::model::Timestamp> {
        let seconds = self.expires_in.filter(|seconds| *seconds > 0)?;
        Some(response.date()?.plus(Duration::from_secs(seconds)))
    }
}
