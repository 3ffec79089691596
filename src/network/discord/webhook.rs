use super::{
    LOOK, SOURCES, address, draft, findings, media, options, poll, possible,
    reply::{self, CHANNEL, THREAD},
    request, text,
};
use crate::{
    diag::Code,
    model::{self, Account, NetworkId, Post, Remote},
    network::{
        Auth, Composed, Job, Limits, Need, Network, NetworkError, Probe, Profile, Receipt, Settling, Threads, Wire,
    },
};
use std::collections::BTreeMap;

/// Discord, by a webhook of a channel.
#[derive(Debug)]
pub struct DiscordWebhook;

const ID: NetworkId = NetworkId("discord-webhook");

static PROFILE: Profile = Profile {
    id: ID,
    name: "Discord webhook",
    checked: "2026-08-06",
    sources: SOURCES,
    text: text(ID),
    threads: Threads::None,
    media: Some(media()),
    poll: Some(poll()),
    reply: false,
    quote: false,
    boost: false,
    edit: true,
    delete: true,
    // What holds today is not published; the answers say what is left.
    prices: &[],
    rates: &[],
    settling: Settling::Person,
    auth: Auth::Token,
    login: None,
    probe: true,
    projected: false,
    look: LOOK,
    post_options: options::POST,
    account_options: options::WEBHOOK_ACCOUNT,
    needs: &[Need::Token],
    setup: &[
        "In Discord open the channel's *Edit Channel → Integrations → Webhooks → New Webhook*. It needs the permission *Manage \
         Webhooks*.",
        "Choose *Copy Webhook URL*. The whole address is the secret: whoever has it can post.",
        "Put it into the environment or the vault, and name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for DiscordWebhook {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        findings::CODES
    }

    fn compose(&self, post: &Post, target: &model::Target, account: &Account, limits: &Limits) -> Composed {
        let draft = draft(&PROFILE, post, target, limits);
        let findings = findings::of_webhook(&draft, account);
        Composed { draft, findings }
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        possible(&PROFILE, job)?;
        let execute = request::execute(job)?;
        let place = reply::webhook(&wire.call(request::webhook()).await?)?;
        let message = reply::message(&wire.call(execute).await?)?;
        Ok(message.receipt(place.guild_id.as_deref(), options::thread(job.account)))
    }

    async fn edit(&self, job: &Job<'_>, remote: &Remote, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        if job.draft.poll.is_some() && job.part == 0 {
            return Err(NetworkError::unsupported("change a message with a poll"));
        }
        possible(&PROFILE, job)?;
        let thread = thread_of(remote);
        let place = reply::webhook(&wire.call(request::webhook()).await?)?;
        let message = reply::message(&wire.call(request::edit_by_webhook(thread, &remote.id, job)).await?)?;
        Ok(message.receipt(place.guild_id.as_deref(), thread))
    }

    fn remote_at(&self, account: &Account, url: &str) -> Option<Remote> {
        let (channel, id) = address::read(url)?;
        let mut extra = BTreeMap::from([(CHANNEL.to_owned(), channel.to_owned())]);
        if options::thread(account) == Some(channel) {
            extra.insert(THREAD.to_owned(), channel.to_owned());
        }
        Some(Remote { id: id.to_owned(), url: Some(url.to_owned()), extra })
    }

    async fn delete(&self, _account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        reply::deleted(&wire.call(request::delete_by_webhook(thread_of(remote), &remote.id)).await?)
    }

    async fn greet(&self, _account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        wire.call(request::webhook()).await.map(drop)
    }

    async fn probe(&self, _account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let place = reply::webhook(&wire.call(request::webhook()).await?)?;
        Ok(Probe {
            identity: Some(place.name.map_or_else(|| "a webhook".to_owned(), |name| format!("the webhook {name}"))),
            server: None,
            scopes: Vec::new(),
            missing: Vec::new(),
            expires: None,
            limits: PROFILE.limits(),
        })
    }
}

/// Returns the thread that a message was published in: the account's may have changed since.
fn thread_of(remote: &Remote) -> Option<&str> {
    remote.extra.get(THREAD).map(String::as_str)
}
