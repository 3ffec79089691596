use crate::{
    cli::{
        DONE, Done, Failure, Ui, load,
        loopback::{Answer, bind, plain, serve},
        media::SourceMedia,
        time, vault,
    },
    config::Config,
    engine::{
        self, Code, Consent, NoCode, SecretSource as _, Stop, SystemClock, SystemEntropy, SystemSecrets, Transports,
        World,
    },
    model::{Account, Client, SecretRef, Timestamp},
    network::{self, Auth, Login, SignIn},
    report,
    workspace::{Disk, Repo},
};
use hyper::{Method, Request, StatusCode, body::Incoming};
use secrecy::{ExposeSecret as _, SecretString};
use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Let a network know that Masthead may publish for an account
///
/// For networks with OAuth. Shows the page of the network where you say yes, and fetches the token: it goes into the vault where
/// the account's `token` says so, or is shown once, to be given to CI as a secret. Nothing of it stands in the shell's
/// history. As which application we ask is written in the account: `client_id`, and `client_secret` where there is one.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The account
    #[arg(value_name = "ACCOUNT")]
    account: String,

    /// Don't wait for the browser: paste the address that it lands on (for a browser on another machine)
    #[arg(long)]
    paste: bool,
}

/// Where people are sent back to, unless the account says otherwise. Networks compare it letter for letter, so the port
/// is always the same.
const REDIRECT: &str = "http://127.0.0.1:8910/";
/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// A token, and when it ends if the network told.
struct Given {
    token: SecretString,
    ends: Option<Timestamp>,
}

/// How the code comes back.
enum Way {
    /// The browser brings it to a port of this machine.
    Listen(SocketAddr),
    /// The person pastes it.
    Paste,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let (root, config) = load::config(start, ui)?;
    let Some(account) = config.accounts.get(args.account.as_str()) else {
        return Err(
            Failure::usage(format!("there is no account `{}`", args.account)).hint("`masthead accounts` lists them")
        );
    };
    let Some(network) = network::find(account.network) else {
        return Err(Failure::usage(format!("there is no network `{}`", account.network)));
    };
    let profile = network.profile();
    let Some(login) = &profile.login else {
        return Err(Failure::usage(format!("{} lets nobody in by OAuth", profile.name))
            .hint(format!("docs/networks/{}.md tells where its token comes from", profile.id)));
    };
    let client = application(account, login, profile.name)?;
    let repository = Repo::open(&root)?;
    let secrets = vault::secrets(&root, &repository, &config)?;
    if profile.auth == Auth::Session && secrets.tokens().is_none() {
        return Err(Failure::usage(format!(
            "{} renews what it gives, and there is no vault to keep it in",
            profile.name
        ))
        .hint("run `masthead vault init`, and write what it says into masthead.toml"));
    }
    let (way, redirect) = way(args, login, client)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::doing(format!("failed to start: {error}")))?;
    let (transport, stop) = (Transports::new(), Stop::new());
    let disk = SourceMedia(&Disk::new(&root));
    let world = World {
        config: &config,
        transport: &transport,
        clock: &SystemClock,
        entropy: &SystemEntropy,
        secrets: &secrets,
        media: &disk,
        networks: &network::find,
        commit: "",
        stop: &stop,
    };
    let consent = Arc::new(Consent::new(login, account, &client.id.value, &redirect, &SystemEntropy));
    let (token, ends) = runtime.block_on(async {
        let code = ask(way, login, profile.name, &consent, ui).await?;
        let given = engine::log_in(world, account, &consent, code).await.map_err(|error| failed(&error))?;
        let ends = given.expires;
        let (token, session) = split(given);
        if !session.secrets.is_empty() {
            engine::keep(world, account, session).await.map_err(|error| failed(&error))?;
            ui.status(&format!("the session of `{}` is in the vault, where every publisher finds it", account.id));
        }
        Ok::<_, Failure>((token, ends))
    })?;
    if let Some(token) = token {
        hand_over(&Given { token, ends }, account, &config, &secrets, ui)?;
    }
    ui.hint(&format!("`masthead doctor {}` shows what it may do", account.id));
    Ok(DONE)
}

/// Finds out as which application we ask.
fn application<'a>(account: &'a Account, login: &Login, name: &str) -> Result<&'a Client, Failure> {
    let page = format!("docs/networks/{}.md tells where {name} shows it", account.network);
    let Some(client) = &account.client else {
        let message =
            format!("account `{}` doesn't say as which application to ask: it has no `client_id`", account.id);
        return Err(Failure::usage(message).hint(page));
    };
    if login.client_secret && client.secret.is_none() {
        let message =
            format!("{name} wants the application's secret, and account `{}` has no `client_secret`", account.id);
        return Err(Failure::usage(message).hint(format!("write `client_secret = \"env:NAME\"`; {page}")));
    }
    Ok(client)
}

/// Decides how the code comes back, and where the network is told to send people.
fn way(args: &Args, login: &Login, client: &Client) -> Result<(Way, String), Failure> {
    let redirect = client.redirect.as_ref().map(|redirect| redirect.value.clone());
    let redirect = match redirect {
        Some(redirect) => redirect,
        None if login.loopback => REDIRECT.to_owned(),
        None => {
            return Err(Failure::usage("this network sends people back to a page of the web alone, and there is no `redirect`")
                .hint("register a page of yours for the application, such as https://acme.example/, and write the same into `redirect`"));
        }
    };
    let way = match here(&redirect).filter(|_| !args.paste) {
        Some(address) => Way::Listen(address),
        None => Way::Paste,
    };
    Ok((way, redirect))
}

/// Returns the port of this machine that an address leads to, if it does.
fn here(redirect: &str) -> Option<SocketAddr> {
    let host = redirect.strip_prefix("http://")?.split(['/', '?', '#']).next()?;
    let named = host.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    let address: SocketAddr = named.as_deref().unwrap_or(host).parse().ok()?;
    address.ip().is_loopback().then_some(address)
}

/// Shows the page, and waits for what the person says there.
async fn ask(way: Way, login: &Login, name: &str, consent: &Arc<Consent>, ui: &Ui) -> Result<Code, Failure> {
    // It listens before anybody is sent there.
    let listener = match way {
        Way::Listen(address) => Some(bind(address).await?),
        Way::Paste => None,
    };
    ui.status(&format!("{name} will ask you whether Masthead may:"));
    for scope in login.scopes {
        ui.status(&format!("  {}: {}", scope.name, scope.why));
    }
    ui.status(&format!("open this page, as the account that is to publish:\n\n{}\n", consent.url));
    let Some(listener) = listener else { return pasted(consent, ui) };
    let (sender, mut receiver) = mpsc::channel(1);
    let path = path_of(&consent.redirect).to_owned();
    let own = Arc::clone(consent);
    let answer = move |request: Request<Incoming>| {
        let (consent, sender, path) = (Arc::clone(&own), sender.clone(), path.clone());
        async move { landed(&request, &path, &consent, &sender).await }
    };
    let heard = async {
        tokio::select! {
            () = serve(listener, answer) => None,
            code = receiver.recv() => code,
        }
    };
    match tokio::time::timeout(PATIENCE, heard).await {
        Ok(Some(code)) => {
            // The page is on its way to the browser still.
            tokio::time::sleep(Duration::from_millis(100)).await;
            code.map_err(refused)
        }
        Ok(None) | Err(_) => Err(Failure::doing("nobody came back within ten minutes").hint(
            "run it again; `--paste` helps where the \
                 browser is on another machine",
        )),
    }
}

/// Answers the browser that comes back.
async fn landed(
    request: &Request<Incoming>,
    path: &str,
    consent: &Consent,
    sender: &mpsc::Sender<Result<Code, NoCode>>,
) -> Answer {
    if request.method() != Method::GET || request.uri().path() != path {
        return plain(StatusCode::NOT_FOUND, "there is nothing here");
    }
    let code = consent.code(request.uri().query().unwrap_or_default());
    let (status, line) = match &code {
        Ok(_) => (StatusCode::OK, "Masthead has what it needs. You can close this page."),
        Err(NoCode::Refused(_)) => (StatusCode::OK, "You said no, so nothing was changed. You can close this page."),
        // Somebody else's answer, or none: the right one may come still.
        Err(NoCode::Foreign) => return plain(StatusCode::BAD_REQUEST, "this answer belongs to another login"),
        Err(NoCode::Nothing) => return plain(StatusCode::BAD_REQUEST, "the network sent no code along"),
    };
    // A second one finds nobody waiting.
    let _ = sender.try_send(code);
    plain(status, line)
}

fn path_of(redirect: &str) -> &str {
    let rest = redirect.split_once("://").map_or(redirect, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    path.split(['?', '#']).next().unwrap_or("/")
}

/// Reads the address that the browser landed on from standard input.
fn pasted(consent: &Consent, ui: &Ui) -> Result<Code, Failure> {
    ui.status("the browser then lands on a page that may not exist: paste its whole address here, and press Enter");
    let mut line = String::new();
    let read = io::stdin().read_line(&mut line);
    read.map_err(|error| Failure::usage(format!("the address can't be read: {error}")))?;
    consent.code(&line).map_err(refused)
}

fn refused(why: NoCode) -> Failure {
    let failure = Failure::doing(format!("not logged in: {why}"));
    match why {
        NoCode::Refused(_) => failure.hint("run it again, and say yes; nothing was changed"),
        NoCode::Foreign => failure.hint("run it again, and open the page that it shows this time"),
        NoCode::Nothing => failure.hint("run it again, and paste all of the address, with what follows the `?`"),
    }
}

fn failed(error: &network::NetworkError) -> Failure {
    let detail = error.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    Failure::doing(format!("not logged in: {}", report::printable(&format!("{error}{detail}")))).hint(
        "run it again: a code serves once and for a short time; if it fails the same way, compare `client_id`, \
         `client_secret` and `redirect` with the network's page of the application",
    )
}

/// Takes the token that goes where `token` says apart from what is kept as a session.
fn split(mut given: SignIn) -> (Option<SecretString>, SignIn) {
    let at = given.secrets.iter().position(|(name, _)| *name == "token");
    (at.map(|at| given.secrets.remove(at).1), given)
}

/// Puts the token where the account looks for it, or shows it once.
fn hand_over(
    given: &Given,
    account: &Account,
    config: &Config,
    secrets: &SystemSecrets,
    ui: &Ui,
) -> Result<(), Failure> {
    let id = &account.id;
    let place = account.token.as_ref().map(|token| &token.value);
    let ends = given.ends.map(|at| at.display_in(config.zone));
    if let Some(SecretRef::Vault(name)) = place {
        let stored = secrets.keep(name, &given.token, time::now(), given.ends).map_err(crate::cli::ledger_failure)?;
        if stored {
            let until = ends.map(|ends| format!("; it serves until {ends}")).unwrap_or_default();
            ui.status(&format!("the token of `{id}` is in the vault as `{name}`{until}"));
            return Ok(());
        }
    }
    ui.status(&format!("this is the token of `{id}`, which is shown once and kept nowhere:"));
    ui.data(&format!("{}\n", given.token.expose_secret()));
    let where_to = match place {
        Some(SecretRef::Env(name)) => format!("give it to CI as the secret {name}, where the environment passes it on"),
        Some(SecretRef::File(path)) => format!("write it into `{path}`, and run `chmod 600 {path}`"),
        Some(SecretRef::Command(_)) => "put it where the command of `token` finds it".to_owned(),
        Some(SecretRef::Vault(name)) => format!("put it into the vault with `masthead vault set {name}`"),
        None => "keep it in a password manager, and write where it is kept: `token = \"env:NAME\"`".to_owned(),
    };
    ui.status(&where_to);
    if let Some(ends) = ends {
        ui.hint(&format!(
            "it serves until {ends}: write that into `token_expires` of the account, and `doctor` and `plan` warn ahead"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_machine_is_listened_at() {
        for (redirect, port) in [
            (REDIRECT, Some(8910)),
            ("http://localhost:9000/back?a=b", Some(9000)),
            ("http://[::1]:9000", Some(9000)),
            ("http://127.0.0.1/", None),
            ("https://127.0.0.1:8910/", None),
            ("http://10.0.0.1:8910/", None),
            ("https://acme.example/", None),
        ] {
            assert_eq!(here(redirect).map(|address| address.port()), port, "{redirect}");
        }
    }

    #[test]
    fn the_path_of_an_address_is_what_the_browser_asks_for() {
        for (redirect, path) in [
            (REDIRECT, "/"),
            ("http://127.0.0.1:8910", "/"),
            ("http://127.0.0.1:8910/back", "/back"),
            ("http://127.0.0.1:8910/back?a=b", "/back"),
        ] {
            assert_eq!(path_of(redirect), path);
        }
    }
}
