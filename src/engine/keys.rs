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
}

impl Keys {
    /// Fetches what the account's network needs, or tells why it can't be had and what to do.
    pub(super) fn fetch(
        account: &Account,
        profile: &Profile,
        secrets: &dyn SecretSource,
        redactor: &Redactor,
    ) -> Result<Self, String> {
        let none = |why: String| Self { token: Err(why), session: Vec::new() };
        if profile.auth == Auth::None {
            return Ok(none("the account has no token".to_owned()));
        }
        let token = match &account.token {
            Some(token) => {
                secrets.get(&token.value).map_err(|why| format!("the token of account `{}`: {why}", account.id))
            }
            None => {
                Err(format!("account `{}` has no `token` in masthead.toml; {} needs one", account.id, profile.name))
            }
        };
        match token {
            Ok(token) => {
                redactor.learn(&token);
                Ok(Self { token: Ok(token), session: Vec::new() })
            }
            // A session that is kept may do without.
            Err(why) if profile.auth == Auth::Session && secrets.tokens().is_some() => Ok(none(why)),
            Err(why) => Err(why),
        }
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
            Credential::Session(name) => {
                let found = self.session.iter().find(|(known, _)| *known == name);
                found.map(|(_, secret)| secret.clone()).ok_or_else(|| format!("the session has no `{name}`"))
            }
        }
    }
}
