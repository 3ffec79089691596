//! The networks: what each can do, and how it is spoken to.
//!
//! Owns [`Network`] and [`Profile`], the values that cross the border ([`Draft`], [`Request`], [`Response`],
//! [`NetworkError`]), and one adapter a folder. Adapters decide nothing about retrying, waiting, logging or secrets: they
//! render requests, [`Wire::call`] them in order, and parse answers. To add one, write its folder and add it to [`ALL`].
//! Start at [`Network`].

mod article;
pub mod bluesky;
mod compose;
pub mod discord;
mod draft;
pub mod email;
mod error;
pub mod facebook;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod ghost;
mod graph;
pub mod instagram;
mod job;
pub mod linkedin;
mod listing;
mod mail;
pub mod mastodon;
pub mod nip19;
pub mod nostr;
mod price;
mod profile;
mod recipient;
mod relay;
mod reply;
mod request;
pub mod site;
pub mod slack;
mod slug;
pub mod telegram;
pub mod threads;
pub mod webhook;
mod wire;
pub mod wordpress;
pub mod x;

pub use self::{
    compose::{compose, compose_written},
    draft::{Composed, Draft, DraftPart, MediaKey},
    error::{ErrorKind, NetworkError},
    job::{Attempt, Found, Job, PreparedMedia, Probe, Receipt, Referent, Session, SignIn},
    mail::{Mail, Mailbox},
    nip19::EventName,
    price::{Price, Priced, estimate, price_of},
    profile::{
        Auth, CardOptions, Form, Limit, Limits, Login, Look, MediaRules, Need, PollRules, Profile, Rate, Rated, Scope,
        Settling, Shape, ShownAddress, TextRules, Threads, VideoRules,
    },
    recipient::{Recipient, Recipients, addresses},
    relay::{RelayAnswer, RelayCall, RelayEvent, RelayOrder, RelaySays, Signer},
    reply::{Budget, Response},
    request::{Credential, Effect, Field, FieldValue, Method, Payload, Place, Request, Slice},
    slug::{is_slug, slug_of, tag_slug},
    wire::{Flow, Hand, Wire},
};
use self::{
    reply::one_line,
    request::{escape, https_host},
};
use crate::{
    diag::Code,
    model::{self, Account, NetworkId, NetworkSpec, Options, Post, Remote},
};
use std::fmt::Debug;

/// Every network, in the order of the docs.
pub static ALL: &[&dyn AnyNetwork] = &[
    &site::Site,
    &mastodon::Mastodon,
    &bluesky::Bluesky,
    &discord::Discord,
    &discord::DiscordWebhook,
    &slack::Slack,
    &slack::SlackWebhook,
    &telegram::Telegram,
    &webhook::Webhook,
    &wordpress::WordPress,
    &ghost::Ghost,
    &threads::Threads,
    &instagram::Instagram,
    &linkedin::LinkedIn,
    &linkedin::LinkedInPage,
    &nostr::Nostr,
    &facebook::Facebook,
    &email::Email,
    &x::X,
];

/// Finds a network.
pub fn find(id: NetworkId) -> Option<&'static dyn AnyNetwork> {
    ALL.iter().copied().find(|network| network.profile().id == id)
}

/// Returns what `config` and `content` must know of the networks.
pub fn specs() -> Vec<NetworkSpec> {
    ALL.iter().map(|network| network.profile().spec()).collect()
}

/// A network, as its adapter writes it.
///
/// Every method after [`Network::publish`] has a default that answers `Unsupported` and sends nothing; the profile says
/// which are overridden, and the conformance suite holds both to it.
#[expect(async_fn_in_trait, reason = "flows stay on one thread; AnyNetwork is the object-safe twin")]
pub trait Network: Debug + Send + Sync + 'static {
    /// Returns what it can do.
    fn profile(&self) -> &'static Profile;

    /// Returns the codes of the findings that [`Network::compose`] may report, for `masthead explain` and `[check]`.
    fn codes(&self) -> &'static [&'static Code] {
        &[]
    }

    /// Makes the draft for a target of a post. Pure; the default serves most.
    fn compose(&self, post: &Post, target: &model::Target, _account: &Account, limits: &Limits) -> Composed {
        Composed { draft: compose(self.profile(), post, target, limits), findings: Vec::new() }
    }

    /// Returns how long the text of a part may be, in the profile's unit, where that hangs on what stands beside it. What holds for
    /// the account by default.
    fn text_limit(&self, _part: &DraftPart, limits: &Limits) -> Option<u64> {
        limits.text
    }

    /// Returns what a video must be in a post with options, where it can be shown in several ways. The profile's rules by default.
    fn video_rules(&self, _options: &Options) -> VideoRules {
        self.profile().media.as_ref().map_or(VideoRules::ANY, |media| media.video)
    }

    /// Returns where those are listed to whom an account sends a message of its own each, if it does so. Each of them has then
    /// a delivery of its own in the ledger, and [`Job::recipient`] says whose turn it is.
    fn recipients<'a>(&self, _account: &'a Account) -> Option<Recipients<'a>> {
        None
    }

    /// Opens a session with the account's token.
    ///
    /// Requires [`Auth::Session`].
    async fn sign_in(&self, _account: &Account, _wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        Ok(SignIn::default())
    }

    /// Opens a session by the refresh token of the one on the wire: one call, with [`Effect::Exchange`].
    ///
    /// Requires [`Auth::Session`].
    async fn refresh(&self, _account: &Account, _wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        Err(NetworkError::unsupported("renew a session"))
    }

    /// Exchanges the code that a person's yes has given for a token or a session: one call with [`Effect::Exchange`] and what
    /// must follow. The code is `Credential::Session("code")` and the PKCE verifier `Credential::Session("verifier")`. A network
    /// with [`Auth::Session`] answers the secrets of a session; one with [`Auth::Token`] a single secret named `token`.
    ///
    /// Requires [`Profile::login`].
    async fn log_in(&self, _account: &Account, _redirect: &str, _wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        Err(NetworkError::unsupported("be logged in to"))
    }

    /// Publishes one part: at most one call with [`Effect::Publish`], the last that changes anything.
    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError>;

    /// Asks whether an earlier attempt arrived, without changing anything.
    ///
    /// Requires [`Settling::OwnId`], [`Settling::Key`] or [`Settling::Listing`].
    async fn find(&self, _job: &Job<'_>, _wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
        Err(NetworkError::unsupported("find an earlier attempt"))
    }

    /// Returns how a lost answer is settled on the account's own server, which may promise less than the network does: it is
    /// asked when there is one to settle. Changes nothing; the default answers what the profile says.
    async fn settling(&self, _account: &Account, _wire: &mut Wire<'_>) -> Result<Settling, NetworkError> {
        Ok(self.profile().settling)
    }

    /// Changes a published part to what the draft says now.
    ///
    /// Requires [`Profile::edit`].
    async fn edit(&self, _job: &Job<'_>, _remote: &Remote, _wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        Err(NetworkError::unsupported("change a published post"))
    }

    /// Reads the web address of a published post of the account, as a person copies it: what the network calls it. Pure; none
    /// if the address alone doesn't tell.
    fn remote_at(&self, _account: &Account, _url: &str) -> Option<Remote> {
        None
    }

    /// Deletes a published part. Deleting what is gone succeeds.
    ///
    /// Requires [`Profile::delete`].
    async fn delete(&self, _account: &Account, _remote: &Remote, _wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        Err(NetworkError::unsupported("delete a published post"))
    }

    /// Makes a small call, so that the network's clock and what it lets us do are heard before anything is claimed; what is
    /// answered does not matter. Changes nothing. The default makes none, which fits where nothing is sent and where
    /// signing in is a call.
    ///
    /// Requires [`Auth::Token`].
    async fn greet(&self, _account: &Account, _wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        Ok(())
    }

    /// Asks the server for its limits and who we are.
    ///
    /// Requires [`Profile::probe`].
    async fn probe(&self, _account: &Account, _wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        Err(NetworkError::unsupported("be asked for its limits"))
    }
}

/// The object-safe twin of [`Network`], implemented for every one of them.
pub trait AnyNetwork: Debug + Send + Sync + 'static {
    /// See [`Network::profile`].
    fn profile(&self) -> &'static Profile;
    /// See [`Network::codes`].
    fn codes(&self) -> &'static [&'static Code];
    /// See [`Network::compose`].
    fn compose(&self, post: &Post, target: &model::Target, account: &Account, limits: &Limits) -> Composed;
    /// See [`Network::text_limit`].
    fn text_limit(&self, part: &DraftPart, limits: &Limits) -> Option<u64>;
    /// See [`Network::video_rules`].
    fn video_rules(&self, options: &Options) -> VideoRules;
    /// See [`Network::recipients`].
    fn recipients<'a>(&self, account: &'a Account) -> Option<Recipients<'a>>;
    /// See [`Network::sign_in`].
    fn sign_in<'a>(&'a self, account: &'a Account, wire: &'a mut Wire<'_>) -> Flow<'a, Result<SignIn, NetworkError>>;

    /// See [`Network::refresh`].
    fn refresh<'a>(&'a self, account: &'a Account, wire: &'a mut Wire<'_>) -> Flow<'a, Result<SignIn, NetworkError>>;
    /// See [`Network::log_in`].
    fn log_in<'a>(
        &'a self,
        account: &'a Account,
        redirect: &'a str,
        wire: &'a mut Wire<'_>,
    ) -> Flow<'a, Result<SignIn, NetworkError>>;
    /// See [`Network::publish`].
    fn publish<'a>(&'a self, job: &'a Job<'_>, wire: &'a mut Wire<'_>) -> Flow<'a, Result<Receipt, NetworkError>>;
    /// See [`Network::find`].
    fn find<'a>(&'a self, job: &'a Job<'_>, wire: &'a mut Wire<'_>) -> Flow<'a, Result<Found, NetworkError>>;
    /// See [`Network::settling`].
    fn settling<'a>(&'a self, account: &'a Account, wire: &'a mut Wire<'_>)
    -> Flow<'a, Result<Settling, NetworkError>>;
    /// See [`Network::edit`].
    fn edit<'a>(
        &'a self,
        job: &'a Job<'_>,
        remote: &'a Remote,
        wire: &'a mut Wire<'_>,
    ) -> Flow<'a, Result<Receipt, NetworkError>>;
    /// See [`Network::remote_at`].
    fn remote_at(&self, account: &Account, url: &str) -> Option<Remote>;
    /// See [`Network::delete`].
    fn delete<'a>(
        &'a self,
        account: &'a Account,
        remote: &'a Remote,
        wire: &'a mut Wire<'_>,
    ) -> Flow<'a, Result<(), NetworkError>>;
    /// See [`Network::greet`].
    fn greet<'a>(&'a self, account: &'a Account, wire: &'a mut Wire<'_>) -> Flow<'a, Result<(), NetworkError>>;
    /// See [`Network::probe`].
    fn probe<'a>(&'a self, account: &'a Account, wire: &'a mut Wire<'_>) -> Flow<'a, Result<Probe, NetworkError>>;
}

impl<N: Network> AnyNetwork for N {
    fn profile(&self) -> &'static Profile {
        Network::profile(self)
    }

    fn codes(&self) -> &'static [&'static Code] {
        Network::codes(self)
    }

    fn compose(&self, post: &Post, target: &model::Target, account: &Account, limits: &Limits) -> Composed {
        Network::compose(self, post, target, account, limits)
    }

    fn text_limit(&self, part: &DraftPart, limits: &Limits) -> Option<u64> {
        Network::text_limit(self, part, limits)
    }

    fn video_rules(&self, options: &Options) -> VideoRules {
        Network::video_rules(self, options)
    }

    fn recipients<'a>(&self, account: &'a Account) -> Option<Recipients<'a>> {
        Network::recipients(self, account)
    }

    fn sign_in<'a>(&'a self, account: &'a Account, wire: &'a mut Wire<'_>) -> Flow<'a, Result<SignIn, NetworkError>> {
        Box::pin(Network::sign_in(self, account, wire))
    }

    fn refresh<'a>(&'a self, account: &'a Account, wire: &'a mut Wire<'_>) -> Flow<'a, Result<SignIn, NetworkError>> {
        Box::pin(Network::refresh(self, account, wire))
    }

    fn log_in<'a>(
        &'a self,
        account: &'a Account,
        redirect: &'a str,
        wire: &'a mut Wire<'_>,
    ) -> Flow<'a, Result<SignIn, NetworkError>> {
        Box::pin(Network::log_in(self, account, redirect, wire))
    }

    fn publish<'a>(&'a self, job: &'a Job<'_>, wire: &'a mut Wire<'_>) -> Flow<'a, Result<Receipt, NetworkError>> {
        Box::pin(Network::publish(self, job, wire))
    }

    fn find<'a>(&'a self, job: &'a Job<'_>, wire: &'a mut Wire<'_>) -> Flow<'a, Result<Found, NetworkError>> {
        Box::pin(Network::find(self, job, wire))
    }

    fn settling<'a>(
        &'a self,
        account: &'a Account,
        wire: &'a mut Wire<'_>,
    ) -> Flow<'a, Result<Settling, NetworkError>> {
        Box::pin(Network::settling(self, account, wire))
    }

    fn edit<'a>(
        &'a self,
        job: &'a Job<'_>,
        remote: &'a Remote,
        wire: &'a mut Wire<'_>,
    ) -> Flow<'a, Result<Receipt, NetworkError>> {
        Box::pin(Network::edit(self, job, remote, wire))
    }

    fn remote_at(&self, account: &Account, url: &str) -> Option<Remote> {
        Network::remote_at(self, account, url)
    }

    fn delete<'a>(
        &'a self,
        account: &'a Account,
        remote: &'a Remote,
        wire: &'a mut Wire<'_>,
    ) -> Flow<'a, Result<(), NetworkError>> {
        Box::pin(Network::delete(self, account, remote, wire))
    }

    fn greet<'a>(&'a self, account: &'a Account, wire: &'a mut Wire<'_>) -> Flow<'a, Result<(), NetworkError>> {
        Box::pin(Network::greet(self, account, wire))
    }

    fn probe<'a>(&'a self, account: &'a Account, wire: &'a mut Wire<'_>) -> Flow<'a, Result<Probe, NetworkError>> {
        Box::pin(Network::probe(self, account, wire))
    }
}
