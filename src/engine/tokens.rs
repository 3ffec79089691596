//! What is kept of sessions between runs, so that publishers share them: the trait behind which the vault stands.

use crate::{
    model::{Account, Timestamp},
    network::{Flow, NetworkError, Session},
};
use secrecy::SecretString;
use std::time::Duration;

/// Keeps sessions. Every change is a compare-and-swap: of any number of publishers one wins.
pub trait Tokens {
    /// Looks at what is kept now.
    fn look<'a>(&'a self, account: &'a Account) -> Flow<'a, Result<Look, NetworkError>>;

    /// Claims the next refresh, if nothing has changed since the look. Returns whether that is so.
    fn claim<'a>(
        &'a self,
        account: &'a Account,
        look: &'a Look,
        refreshing: &'a Refreshing,
    ) -> Flow<'a, Result<bool, NetworkError>>;

    /// Stores what a refresh gave and ends it, unless something newer is kept already. Returns whether it is stored.
    fn store<'a>(
        &'a self,
        account: &'a Account,
        refreshing: &'a Refreshing,
        kept: &'a Kept,
    ) -> Flow<'a, Result<bool, NetworkError>>;

    /// Gives a claim back: what was to be refreshed is as it was.
    fn release<'a>(&'a self, account: &'a Account, refreshing: &'a Refreshing) -> Flow<'a, Result<(), NetworkError>>;

    /// Writes down that nobody gets in any more, and ends every claim, unless something newer is kept already.
    fn sign_out<'a>(
        &'a self,
        account: &'a Account,
        generation: u64,
        why: &'a str,
    ) -> Flow<'a, Result<(), NetworkError>>;
}

/// What is kept of an account.
#[derive(Debug, Default)]
pub struct Look {
    /// How often it was stored; 0 if never.
    pub generation: u64,
    /// The session, if there is one that is the account's.
    pub kept: Option<Kept>,
    /// Who is refreshing it, or was when it died.
    pub refreshing: Option<Refreshing>,
    /// Why nobody gets in any more.
    pub signed_out: Option<String>,
}

/// A session with its secrets.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Which one it is: each is stored once.
    pub generation: u64,
    /// When it was got, by the clock of who did.
    pub got: Timestamp,
    /// When its access token ends.
    pub expires: Option<Timestamp>,
    /// When its refresh token ends.
    pub refresh_expires: Option<Timestamp>,
    /// What may be printed.
    pub session: Session,
    /// What may not.
    pub secrets: Vec<(&'static str, SecretString)>,
}

/// A claim to refresh: nobody else sends the refresh token of that generation, ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refreshing {
    /// A random name.
    pub id: String,
    /// The generation whose refresh token is used up.
    pub generation: u64,
    /// When it was made.
    pub at: Timestamp,
    /// How long it is believed to be under way.
    pub lease: Duration,
    /// Who made it.
    pub by: String,
}

impl Refreshing {
    /// Returns when it is believed to be over.
    pub fn over(&self) -> Timestamp {
        self.at.plus(self.lease)
    }
}
