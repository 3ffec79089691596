use crate::{
    cli::{
        Done, Ui,
        daemon::{self, Flags},
    },
    config::parse_duration,
};
use std::{net::SocketAddr, path::Path, time::Duration};

/// Publish whatever becomes due, until told to end
///
/// Fetches the publish branch, does what is due, and rests until something else is due or the poll interval is over. It
/// follows the remote's branch; what is only committed here is not published. An error never ends it: the next round comes.
///
///   SIGHUP, SIGUSR1   look again now, and read the secret of the webhooks anew
///   SIGTERM, SIGINT   begin nothing more, finish what is under way, end; a second one ends it at once
///
/// With `listen` it answers on this machine alone: `/healthz`, `/metrics` in Prometheus's format, and `/webhook`, where a
/// forge's signed webhook wakes it. `masthead.toml` is read again in each round.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Args {
    /// Look at least this often, such as 5m; instead of `poll` in `[daemon]`
    #[arg(long, value_name = "TIME", value_parser = poll)]
    poll: Option<Duration>,

    /// Serve health, metrics and webhooks at this address of this machine; instead of `listen` in `[daemon]`
    #[arg(long, value_name = "ADDRESS", value_parser = address, conflicts_with = "once")]
    listen: Option<SocketAddr>,

    /// Fetch, do one round and end, for a timer; exits with 1 if anything failed or needs a person
    #[arg(long, conflicts_with = "poll")]
    once: bool,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    daemon::run(Flags { poll: args.poll, listen: args.listen, once: args.once }, start, ui)
}

fn poll(text: &str) -> Result<Duration, String> {
    parse_duration(text)
        .filter(|time| *time >= Duration::from_secs(1))
        .ok_or_else(|| "write whole numbers with `s`, `m` or `h`, such as 5m, and at least 1s".to_owned())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let address: Option<SocketAddr> = text.parse().ok();
    address
        .filter(|address| address.ip().is_loopback())
        .ok_or_else(|| "write an address of this machine alone with a port, such as 127.0.0.1:9464".to_owned())
}
