use super::{NetworkError, Request, Response, Session};
use secrecy::SecretString;
use std::{future::Future, pin::Pin, time::Duration};

/// A boxed future that stays on its thread.
pub type Flow<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// An adapter's only hand: it calls and it waits. Behind it stand claims, retry, rate limits, secrets and the transport.
pub struct Wire<'a> {
    hand: &'a mut dyn Hand,
    session: &'a Session,
}

/// What stands behind a [`Wire`].
pub trait Hand {
    /// Makes a call. Any answer is `Ok`, whatever its status; no answer is an error.
    fn call(&mut self, request: Request) -> Flow<'_, Result<Response, NetworkError>>;

    /// Keeps a secret that an answer has brought, under a name that [`Credential::Session`](super::Credential) uses, for the calls that
    /// follow in this flow.
    fn learn(&mut self, name: &'static str, secret: SecretString);

    /// Waits, on the engine's clock.
    fn pause(&mut self, why: &'static str, duration: Duration) -> Flow<'_, ()>;
}

impl<'a> Wire<'a> {
    /// Joins a hand and a session.
    pub fn new(hand: &'a mut dyn Hand, session: &'a Session) -> Self {
        Self { hand, session }
    }

    /// Returns the session: what sign-in learnt, without its secrets.
    pub fn session(&self) -> &'a Session {
        self.session
    }

    /// Makes a call. Any answer is `Ok`, whatever its status; no answer is an error.
    pub async fn call(&mut self, request: Request) -> Result<Response, NetworkError> {
        self.hand.call(request).await
    }

    /// Keeps a secret that an answer has brought for the calls that follow, which name it as `Credential::Session(name)`.
    pub fn learn(&mut self, name: &'static str, secret: SecretString) {
        self.hand.learn(name, secret);
    }

    /// Waits, for instance until the server has processed an upload.
    pub async fn pause(&mut self, why: &'static str, duration: Duration) {
        self.hand.pause(why, duration).await;
    }
}
