use super::{
    LOOK, SOURCES, create, delete, edit, findings, log_in, login, media, missing, options, polls, possible, remote_at,
    reply, request, text, token_state, upload_all,
};
use crate::{
    diag::Code,
    model::{self, Account, NetworkId, Post, Remote},
    network::{
        Auth, Composed, Job, Limits, Need, Network, NetworkError, Probe, Profile, Receipt, Scope, Settling, SignIn,
        Threads, Wire, compose,
    },
};
use std::time::Duration;

/// LinkedIn, as a member.
#[derive(Debug)]
pub struct LinkedIn;

const ID: NetworkId = NetworkId("linkedin");

/// How long an image is given to be processed: a member's token may not ask how far it is.
const GRACE: Duration = Duration::from_secs(5);

/// The same for a video. If it takes longer the post is refused as not ready, and tried again later.
const FILM_GRACE: Duration = Duration::from_secs(60);

static SCOPES: &[Scope] = &[
    Scope { name: "openid", why: "to be told as whom we publish" },
    Scope { name: "profile", why: "to be told as whom we publish" },
    Scope { name: "w_member_social", why: "to publish, change and delete posts" },
];

static PROFILE: Profile = Profile {
    id: ID,
    name: "LinkedIn",
    checked: "2026-08-31",
    sources: SOURCES,
    text: text(ID),
    threads: Threads::None,
    media: Some(media()),
    poll: Some(polls()),
    reply: false,
    quote: true,
    boost: true,
    edit: true,
    delete: true,
    // A day's quota is kept to the app's own dashboard, and no answer says what is left.
    prices: &[],
    rates: &[],
    settling: Settling::Person,
    auth: Auth::Token,
    login: Some(login(SCOPES)),
    probe: true,
    projected: false,
    look: LOOK,
    post_options: options::MEMBER_POST,
    account_options: options::MEMBER_ACCOUNT,
    needs: &[Need::Token],
    setup: &[
        "Open [your apps](https://www.linkedin.com/developers/apps) and choose *Create app*. It must name a company page; any that \
         you may use will do.",
        "Under *Products* add *Share on LinkedIn* and *Sign In with LinkedIn using OpenID Connect*. Both are granted at once, and \
         give the scopes `w_member_social`, `openid` and `profile`.",
        "Under *Auth* add the redirect URL `http://127.0.0.1:8910/`. Write the *Client ID* into `client_id` and where the *Primary \
         Client Secret* is kept into `client_secret`, and run `masthead login ACCOUNT`.",
        "Or make a token with these scopes in the [token generator](https://www.linkedin.com/developers/tools/oauth/token-generator), \
         and name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`.",
        "A token ends after 60 days, and a member's can't be renewed: `doctor` says how long it serves, and a person does this step \
         again.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for LinkedIn {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        findings::CODES
    }

    fn compose(&self, post: &Post, target: &model::Target, account: &Account, limits: &Limits) -> Composed {
        let draft = compose(&PROFILE, post, target, limits);
        let findings = findings::of(post, &draft, account, "person");
        Composed { draft, findings }
    }

    async fn log_in(&self, account: &Account, redirect: &str, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        log_in(account, redirect, wire).await
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        possible(job)?;
        let author = match options::author(job.account, "person") {
            Some(author) => author.to_owned(),
            None => reply::me(&wire.call(request::who_am_i(job.account)).await?)?.urn(),
        };
        let images = upload_all(job, &author, wire).await?;
        if !images.is_empty() {
            let is_film = job.media.iter().any(|media| media.info.kind.is_video());
            wire.pause("LinkedIn to process media", if is_film { FILM_GRACE } else { GRACE }).await;
        }
        create(job, &author, &images, wire).await
    }

    async fn edit(&self, job: &Job<'_>, remote: &Remote, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        edit(job, remote, wire).await
    }

    fn remote_at(&self, _account: &Account, url: &str) -> Option<Remote> {
        remote_at(url)
    }

    async fn delete(&self, account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        delete(account, remote, wire).await
    }

    async fn greet(&self, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        wire.call(request::who_am_i(account)).await.map(drop)
    }

    async fn probe(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let response = wire.call(request::who_am_i(account)).await?;
        let me = reply::me(&response)?;
        let state = token_state(account, wire).await?;
        let (scopes, expires) = state.map(|state| (state.scopes, state.expires)).unwrap_or_default();
        let name = me.name.as_deref().unwrap_or("a member");
        Ok(Probe {
            identity: Some(format!("{name} ({})", me.urn())),
            server: Some(options::server(account, response.date())),
            missing: missing(SCOPES, &scopes),
            scopes,
            expires,
            limits: PROFILE.limits(),
        })
    }
}
