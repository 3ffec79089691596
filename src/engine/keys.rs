use super::{Redactor, SecretSource};
use crate::{
    model::Account,
    network::{Auth, Credential, Profile},
};
use secrecy::SecretString;

/// The secrets of one account in one run.
#[derive(Debug, Default)]
pub(super) struct Keys {
    token: Option<SecretString>,
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
        if profile.auth == Auth::None {
            return Ok(Self::default());
        }
        let Some(token) = &account.token else {
            return Err(format!(
                "account `{}` has no `token` in masthead.toml; {} needs one",
                account.id, profile.name
            ));
        };
        let token = secrets.get(&token.value).map_err(|why| format!("the token of account `{}`: {why}", account.id))?;
        redactor.learn(&token);
        Ok(Self { token: Some(token), session: Vec::new() })
    }

    /// Takes the secrets of a session that was opened.
    pub(super) fn open(&mut self, secrets: Vec<(&'static str, SecretString)>, redactor: &Redactor) {
        for (_, secret) in &secrets {
            redactor.learn(secret);
        }
        self.session = secrets;
    }

    /// Returns a secret by its name.
    pub(super) fn get(&self, credential: Credential) -> Result<SecretString, String> {
        match credential {
            Credential::None => Err("the adapter asks for a secret and names none".to_owned()),
            Credential::Token => self.token.clone().ok_or_else(|| "the account has no token".to_owned()),
            Credential::Session(name) => {
                let found = self.session.iter().find(|(known, _)| *known == name);
                found.map(|(_, secret)| secret.clone()).ok_or_else(|| format!("the session has no `{name}`"))
            }
        }
    }
}
