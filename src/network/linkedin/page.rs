use super::{
    LOOK, SOURCES, create, delete, edit, findings, log_in, login, media, missing, options, parent, polls, possible,
    remote_at, reply, request, search::Search, text, token_state, upload_all,
};
use crate::{
    diag::Code,
    model::{self, Account, NetworkId, Post, Remote},
    network::{
        Auth, Composed, ErrorKind, Found, Job, Limits, Need, Network, NetworkError, Probe, Profile, Receipt, Scope,
        Settling, SignIn, Threads, Wire, compose,
    },
};
use std::time::Duration;

/// LinkedIn, as an organisation.
#[derive(Debug)]
pub struct LinkedInPage;

const ID: NetworkId = NetworkId("linkedin-page");

/// How long after a request the page's posts are sure to hold what it made.
const SETTLE: Duration = Duration::from_secs(10 * 60);
/// How many pages of posts are read.
const PAGES: usize = 5;

/// How long LinkedIn is given to process an image: first a second, then twice as long each time, at most this.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// How often it is asked: about four minutes in all.
const PATIENCE: usize = 20;

static SCOPES: &[Scope] = &[
    Scope { name: "w_organization_social", why: "to publish, change and delete the page's posts" },
    Scope { name: "r_organization_social", why: "to find out whether a post whose answer was lost is there" },
];

static PROFILE: Profile = Profile {
    id: ID,
    name: "LinkedIn page",
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
    prices: &[],
    rates: &[],
    settling: Settling::Listing { settle: SETTLE },
    auth: Auth::Token,
    login: Some(login(SCOPES)),
    probe: true,
    projected: false,
    look: LOOK,
    post_options: options::PAGE_POST,
    account_options: options::PAGE_ACCOUNT,
    needs: &[Need::Token],
    setup: &[
        "Open [your apps](https://www.linkedin.com/developers/apps) and choose *Create app* for the organisation's page, whose \
         administrator must confirm it.",
        "Under *Products* ask for the *Community Management API*. LinkedIn vets it, and the app may have no other product. It gives \
         the scopes `w_organization_social` and `r_organization_social`.",
        "Whoever signs in must have the role *Super admin* or *Content admin* of the page.",
        "Under *Auth* add the redirect URL `http://127.0.0.1:8910/`. Write the *Client ID* into `client_id` and where the *Primary \
         Client Secret* is kept into `client_secret`, and run `masthead login ACCOUNT`.",
        "Write the organisation into `author`, as `urn:li:organization:` and the number in the address of the page's admin view.",
        "A token ends after 60 days: `doctor` says how long it serves.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for LinkedInPage {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        findings::CODES
    }

    fn compose(&self, post: &Post, target: &model::Target, account: &Account, limits: &Limits) -> Composed {
        let draft = compose(&PROFILE, post, target, limits);
        let findings = findings::of(post, &draft, account, "organization");
        Composed { draft, findings }
    }

    async fn log_in(&self, account: &Account, redirect: &str, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        log_in(account, redirect, wire).await
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        possible(job)?;
        let author = options::page(job.account)?;
        let images = upload_all(job, author, wire).await?;
        for image in &images {
            wait_for(image, job.account, wire).await?;
        }
        create(job, author, &images, wire).await
    }

    async fn find(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
        let author = options::page(job.account)?;
        let mut search = Search::new(job, parent(job)?);
        for page in 0..PAGES {
            let call = request::own_posts(job.account, author, page * request::PAGE, request::PAGE);
            let posts = reply::page(&wire.call(call).await?)?.elements;
            if !search.take(posts) {
                break;
            }
        }
        Ok(search.verdict())
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
        let author = options::page(account)?;
        wire.call(request::own_posts(account, author, 0, 1)).await.map(drop)
    }

    async fn probe(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let author = options::page(account)?;
        let response = wire.call(request::own_posts(account, author, 0, 1)).await?;
        reply::page(&response)?;
        let state = token_state(account, wire).await?;
        let (scopes, expires) = state.map(|state| (state.scopes, state.expires)).unwrap_or_default();
        Ok(Probe {
            identity: Some(author.to_owned()),
            server: Some(options::server(account, response.date())),
            missing: missing(SCOPES, &scopes),
            scopes,
            expires,
            limits: PROFILE.limits(),
        })
    }
}

/// Waits until an image or video can be shown.
async fn wait_for(image: &str, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
    let mut pause = Duration::from_secs(1);
    for _ in 0..PATIENCE {
        if reply::is_ready(&wire.call(request::medium(account, image)).await?)? {
            return Ok(());
        }
        wire.pause("LinkedIn to process media", pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
    Err(NetworkError::new(ErrorKind::NotReady, "LinkedIn hasn't finished processing media"))
}
