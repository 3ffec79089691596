use super::{
    Redactor, World,
    hand::EngineHand,
    heard::Heard,
    keys::Keys,
    renew::{Calls, Opening},
    tokens::{Kept, Tokens},
};
use crate::{
    model::Account,
    network::{AnyNetwork, Flow, NetworkError, Session, SignIn, Wire},
};
use std::time::Duration;

/// The way into an account whose sessions are shared.
pub(super) struct Door<'a> {
    pub(super) world: World<'a>,
    pub(super) account: &'a Account,
    pub(super) network: &'static dyn AnyNetwork,
    pub(super) keys: &'a Keys,
    pub(super) redactor: &'a Redactor,
    pub(super) heard: &'a Heard,
}

impl Door<'_> {
    /// Opens the session that is kept. `refused` is the generation that the network has refused.
    pub(super) async fn open(mut self, tokens: &dyn Tokens, refused: Option<u64>) -> Result<Kept, NetworkError> {
        let World { clock, entropy, .. } = self.world;
        let redactor = self.redactor;
        let opening = Opening { tokens, account: self.account, clock, entropy, refused };
        opening.open(&mut self).await.map_err(|error| redactor.error(error))
    }

    async fn call(&self, keys: &Keys, session: &Session, kept: Option<&Kept>) -> Result<SignIn, NetworkError> {
        let mut hand = EngineHand {
            world: self.world,
            account: self.account,
            session,
            keys,
            redactor: self.redactor,
            heard: self.heard,
            uploads: &[],
            waiting: &|_| {},
            claim: None,
            stopped: false,
            amends: false,
            learnt: Vec::new(),
        };
        let mut wire = Wire::new(&mut hand, session);
        let opened = match kept {
            Some(_) => self.network.refresh(self.account, &mut wire).await,
            None => self.network.sign_in(self.account, &mut wire).await,
        };
        // Learnt before anything else can tell of them.
        opened
            .inspect(|sign_in| sign_in.secrets.iter().for_each(|(_, secret)| self.redactor.learn(secret)))
            .map_err(|error| self.redactor.error(error))
    }
}

impl Calls for Door<'_> {
    fn refresh<'a>(&'a mut self, kept: &'a Kept) -> Flow<'a, Result<SignIn, NetworkError>> {
        Box::pin(async move {
            let mut keys = self.keys.clone();
            keys.open(kept.secrets.clone(), self.redactor);
            self.call(&keys, &kept.session, Some(kept)).await
        })
    }

    fn sign_in(&mut self) -> Flow<'_, Result<SignIn, NetworkError>> {
        Box::pin(async move { self.call(self.keys, &Session::default(), None).await })
    }

    fn no_password(&self) -> Option<String> {
        self.keys.no_token().map(str::to_owned)
    }

    fn wait(&mut self, duration: Duration) -> Flow<'_, bool> {
        Box::pin(self.world.wait(duration))
    }
}
