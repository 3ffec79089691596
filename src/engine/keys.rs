use super::{Redactor, SecretSource};
use crate::{
    model::Account,
    network::{Auth, Credential, Profile},
};
use secrecy::SecretString;

/// The secrets of one account in one run.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// The token, or why there is none.
    token: Result<SecretString, String>,
    session: Vec<(&'static str, SecretString)>,
    /// The secret of the application as which we ask to be let in, or why there is none.
    client: Result<SecretString, String>,
}

impl Keys {
    /// Fetches what the account's network needs, or tells why it can't be had and what to do.
    pub(super) fn fetch(
        account: &Account,
        profile: &Profile,
        secrets: &dyn SecretSource,
        redactor: &Redactor,
    ) -> Result<Self, String> {
        let without = |why: String| Self::without_token(account, why, secrets, redactor);
        if profile.auth == Auth::None {
            return Ok(without("the account has no token".to_owned()));
        }
        let token = match &account.token {
            Some(token) => {
                secrets.get(&token.value).map_err(|why| format!("the token of account `{}`: {why}", account.id))
            }
            None if profile.auth == Auth::Session && profile.login.is_some() && secrets.tokens().is_none() => {
                Err(format!(
                    "nobody is signed in to account `{0}`, and there is no vault to keep what {1} gives: run `masthead vault init`, then \
                 `masthead login {0}`",
                    account.id, profile.name
                ))
            }
            None if profile.login.is_some() => Err(format!(
                "account `{0}` has no `token` in masthead.toml; `masthead login {0}` gets one from {1}",
                account.id, profile.name
            )),
            None => {
                Err(format!("account `{}` has no `token` in masthead.toml; {} needs one", account.id, profile.name))
            }
        };
        match token {
            Ok(token) => {
                redactor.learn(&token);
                Ok(Self { token: Ok(token), ..without(String::new()) })
            }
            // A session that is kept may do without.
            Err(why) if profile.auth == Auth::Session && secrets.tokens().is_some() => Ok(without(why)),
            Err(why) => Err(why),
        }
    }

    /// Fetches what is needed to be let in for the first time: there is no token yet.
    pub(super) fn without_token(
        account: &Account,
        why: String,
        secrets: &dyn SecretSource,
        redactor: &Redactor,
    ) -> Self {
        let client = match account.client.as_ref().and_then(|client| client.secret.as_ref()) {
            Some(secret) => {
                secrets.get(&secret.value).map_err(|why| format!("`client_secret` of account `{}`: {why}", account.id))
            }
            None => Err(format!("account `{}` has no `client_secret` in masthead.toml", account.id)),
        };
        if let Ok(client) = &client {
            redactor.learn(client);
        }
        Self { token: Err(why), session: Vec::new(), client }
    }

    /// Takes the secrets of a session that was opened.
    pub(super) fn open(&mut self, secrets: Vec<(&'static str, SecretString)>, redactor: &Redactor) {
        for (_, secret) in &secrets {
            redactor.learn(secret);
        }
        self.session = secrets;
    }

    /// Returns why there is no token, if so.
    pub(super) fn no_token(&self) -> Option<&str> {
        self.token.as_ref().err().map(String::as_str)
    }

    /// Returns a secret by its name.
    pub(super) fn get(&self, credential: Credential) -> Result<SecretString, String> {
        match credential {
            Credential::None => Err("the adapter asks for a secret and names none".to_owned()),
            Credential::Token => self.token.clone(),
            Credential::Client => self.client.clone(),
            Credential::Session(name) => {
                let found = self.session.iter().find(|(known, _)| *known == name);
                found.map(|(_, secret)| secret.clone()).ok_or_else(|| format!("the session has no `{name}`"))
            }
        }
    }
}
