use super::{
    KEY_WINDOW, LOOK, PAGES, SETTLE, SOURCES, address, draft, findings, media, options, poll, possible,
    reply::{self, CHANNEL},
    request,
    search::Search,
    text,
};
use crate::{
    diag::Code,
    model::{self, Account, NetworkId, Post, Remote},
    network::{
        Auth, Composed, ErrorKind, Found, Job, Limits, Need, Network, NetworkError, Probe, Profile, Receipt, Referent,
        Settling, Threads, Wire,
    },
};
use std::collections::BTreeMap;

/// Discord, by a bot.
#[derive(Debug)]
pub struct Discord;

const ID: NetworkId = NetworkId("discord");

static PROFILE: Profile = Profile {
    id: ID,
    name: "Discord",
    checked: "2026-08-06",
    sources: SOURCES,
    text: text(ID),
    threads: Threads::Replies,
    media: Some(media()),
    poll: Some(poll()),
    reply: true,
    quote: false,
    boost: false,
    edit: true,
    delete: true,
    // How often a channel may be written to is not published; the answers say what is left.
    prices: &[],
    rates: &[],
    settling: Settling::Key { window: KEY_WINDOW, settle: SETTLE },
    auth: Auth::Token,
    login: None,
    probe: true,
    projected: false,
    look: LOOK,
    post_options: options::POST,
    account_options: options::BOT_ACCOUNT,
    needs: &[Need::Token],
    setup: &[
        "Open the [developer portal](https://discord.com/developers/applications), choose *New Application*, and in it *Bot → \
         Reset Token*. Copy the token: it is shown once. No privileged intent is needed.",
        "Under *OAuth2 → URL Generator* choose the scope `bot` and the permissions *View Channels*, *Send Messages*, *Attach \
         Files*, *Embed Links* and *Read Message History* (and *Send Messages in Threads*, if it shall post there). Open the \
         address that it makes, and let the bot into your server.",
        "In Discord switch on *Settings → Advanced → Developer Mode*, then choose *Copy Channel ID* in the channel's menu: \
         that is `channel`, in quotes.",
        "Put the token into the environment or the vault, and name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for Discord {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        findings::CODES
    }

    fn compose(&self, post: &Post, target: &model::Target, account: &Account, limits: &Limits) -> Composed {
        let draft = draft(&PROFILE, post, target, limits);
        let findings = findings::of_bot(post, &draft, account);
        Composed { draft, findings }
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        possible(&PROFILE, job)?;
        let channel = options::channel(job.account)?;
        let answers = answers(job, channel)?;
        let create = request::create(channel, job, answers)?;
        let place = reply::channel(&wire.call(request::channel(job.account, channel)).await?)?;
        let message = reply::message(&wire.call(create).await?)?;
        Ok(message.receipt(place.guild_id.as_deref(), None))
    }

    async fn find(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
        let channel = options::channel(job.account)?;
        let me = reply::me(&wire.call(request::who_am_i(job.account)).await?)?;
        let place = reply::channel(&wire.call(request::channel(job.account, channel)).await?)?;
        let mut search = Search::new(job, &me.id);
        for _ in 0..PAGES {
            let Some(after) = search.next() else { break };
            search.take(reply::page(&wire.call(request::messages_after(job.account, channel, after)).await?)?);
        }
        Ok(search.verdict(place.guild_id.as_deref()))
    }

    async fn edit(&self, job: &Job<'_>, remote: &Remote, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        if job.draft.poll.is_some() && job.part == 0 {
            return Err(NetworkError::unsupported("change a message with a poll"));
        }
        possible(&PROFILE, job)?;
        let channel = channel_of(job.account, remote)?;
        let place = reply::channel(&wire.call(request::channel(job.account, channel)).await?)?;
        let message = reply::message(&wire.call(request::edit(channel, &remote.id, job)).await?)?;
        Ok(message.receipt(place.guild_id.as_deref(), None))
    }

    fn remote_at(&self, _account: &Account, url: &str) -> Option<Remote> {
        let (channel, id) = address::read(url)?;
        let extra = BTreeMap::from([(CHANNEL.to_owned(), channel.to_owned())]);
        Some(Remote { id: id.to_owned(), url: Some(url.to_owned()), extra })
    }

    async fn delete(&self, account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        let channel = channel_of(account, remote)?;
        reply::deleted(&wire.call(request::delete(account, channel, &remote.id)).await?)
    }

    async fn greet(&self, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        wire.call(request::who_am_i(account)).await.map(drop)
    }

    async fn probe(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let me = reply::me(&wire.call(request::who_am_i(account)).await?)?;
        let channel = options::channel(account)?;
        let place = reply::channel(&wire.call(request::channel(account, channel)).await?)?;
        let name = me.username.unwrap_or(me.id);
        Ok(Probe {
            identity: Some(match place.name {
                Some(channel) => format!("{name} in #{channel}"),
                None => name,
            }),
            server: None,
            scopes: Vec::new(),
            missing: Vec::new(),
            expires: None,
            limits: PROFILE.limits(),
        })
    }
}

/// Returns the id of the message that a part answers, which must be in the same channel.
fn answers<'a>(job: &Job<'a>, channel: &str) -> Result<Option<&'a str>, NetworkError> {
    let elsewhere =
        |what: &str| NetworkError::new(ErrorKind::Refused, format!("{what} is no message in the account's channel"));
    match (job.parent, job.reply_to) {
        (Some(parent), _) => Ok(Some(parent.id.as_str())),
        (None, Some(Referent::Ours(remote))) => {
            let there = remote.extra.get(CHANNEL).is_none_or(|there| there == channel);
            if there { Ok(Some(remote.id.as_str())) } else { Err(elsewhere("the post that is answered")) }
        }
        (None, Some(Referent::Url(url))) => match address::read(url) {
            Some((there, id)) if there == channel => Ok(Some(id)),
            Some(_) | None => Err(elsewhere(&format!("`{url}`"))),
        },
        (None, None) => Ok(None),
    }
}

/// Returns the channel of a published message: the account's may have changed since.
fn channel_of<'a>(account: &'a Account, remote: &'a Remote) -> Result<&'a str, NetworkError> {
    match remote.extra.get(CHANNEL) {
        Some(channel) => Ok(channel),
        None => options::channel(account),
    }
}
