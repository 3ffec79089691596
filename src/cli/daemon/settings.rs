use super::webhook::Verifier;
use crate::{
    cli::{Failure, vault},
    config::{Config, DaemonSettings},
    engine::SecretSource as _,
    model::SecretRef,
    workspace::Repo,
};
use secrecy::ExposeSecret as _;
use std::{net::SocketAddr, path::Path, time::Duration};

/// What was said on the command line.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Flags {
    pub(in crate::cli) poll: Option<Duration>,
    pub(in crate::cli) listen: Option<SocketAddr>,
    /// Whether one round is all.
    pub(in crate::cli) once: bool,
}

/// What holds now: `[daemon]` as it was read last, below the flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) poll: Duration,
    pub(super) listen: Option<SocketAddr>,
    pub(super) secret: Option<SecretRef>,
}

impl Settings {
    pub(super) fn of(config: &DaemonSettings, flags: Flags) -> Self {
        Self {
            poll: flags.poll.unwrap_or(config.poll),
            listen: flags.listen.or(config.listen),
            secret: config.webhook_secret.as_ref().map(|secret| secret.value.clone()),
        }
    }
}

/// Gets the secret of the webhooks, from the vault too.
pub(super) fn verifier(
    root: &Path,
    repository: &Repo,
    config: &Config,
    secret: &SecretRef,
) -> Result<Verifier, Failure> {
    let secret = vault::secrets(root, repository, config)?.get(secret).map_err(|why| {
        Failure::usage(format!("failed to get the secret of the webhooks: {why}"))
            .hint("see `webhook_secret` in `[daemon]` of `masthead.toml`")
    })?;
    Ok(Verifier::new(secret.expose_secret()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file() {
        let (file, flag) = ("127.0.0.1:1".parse().ok(), "127.0.0.1:2".parse().ok());
        let config = DaemonSettings { listen: file, ..DaemonSettings::default() };
        let none = Flags { poll: None, listen: None, once: false };
        assert_eq!(
            Settings::of(&config, none),
            Settings { poll: Duration::from_secs(300), listen: file, secret: None }
        );
        let both = Flags { poll: Some(Duration::from_secs(9)), listen: flag, once: false };
        assert_eq!(Settings::of(&config, both), Settings { poll: Duration::from_secs(9), listen: flag, secret: None });
    }
}
