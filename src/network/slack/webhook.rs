use super::{LOOK, SOURCES, options, possible, reply, request, text};
use crate::{
    model::{Account, NetworkId},
    network::{Auth, Job, Need, Network, NetworkError, Profile, Receipt, Settling, Threads, Wire},
};

/// Slack, by an incoming webhook.
#[derive(Debug)]
pub struct SlackWebhook;

const ID: NetworkId = NetworkId("slack-webhook");

static PROFILE: Profile = Profile {
    id: ID,
    name: "Slack webhook",
    checked: "2026-11-22",
    sources: SOURCES,
    text: text(ID),
    threads: Threads::None,
    media: None,
    poll: None,
    reply: false,
    quote: false,
    boost: false,
    edit: false,
    delete: false,
    prices: &[],
    rates: &[],
    settling: Settling::Person,
    auth: Auth::Token,
    login: None,
    probe: false,
    projected: false,
    look: LOOK,
    post_options: options::POST,
    account_options: &[],
    needs: &[Need::Token],
    setup: &[
        "Open [your apps](https://api.slack.com/apps), choose *Create New App → From scratch*, and your workspace.",
        "Under *Incoming Webhooks* switch them on, choose *Add New Webhook to Workspace*, and the channel. It needs no scope but \
         `incoming-webhook`, which comes with it.",
        "Copy the *Webhook URL*. The whole address is the secret: whoever has it can post.",
        "Put it into the environment or the vault, and name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for SlackWebhook {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        possible(&PROFILE, job)?;
        reply::hooked(&wire.call(request::hook(job)).await?)?;
        Ok(reply::unnamed(&job.attempt.key))
    }

    /// A webhook can't be asked anything; what is asked instead tells the time.
    async fn greet(&self, account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        wire.call(request::are_you_there(account)).await.map(drop)
    }
}
