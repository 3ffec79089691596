//! `[daemon]`: how `masthead run` goes about it.

use super::{
    DaemonSettings,
    keys::{self, Key, Shape, shown, unknown_key},
    read::{self, bad_value, duration},
    secret,
    value::{Node, Table},
};
use crate::diag::{Diagnostic, Spanned};
use std::{net::SocketAddr, time::Duration};

#[derive(Clone, Copy, Debug)]
pub(super) enum DaemonKey {
    Poll,
    Listen,
    WebhookSecret,
}

/// The shortest time between two looks: a forge is not to be asked more often without a reason.
const SHORTEST_POLL: Duration = Duration::from_secs(1);

/// The keys of `[daemon]`.
pub(super) static DAEMON: &[Key<DaemonKey>] = &[
    Key {
        id: DaemonKey::Poll,
        name: "poll",
        shape: Shape::Duration,
        doc: "How often `masthead run` looks for what is new, if nothing wakes it before, such as 5m.",
    },
    Key {
        id: DaemonKey::Listen,
        name: "listen",
        shape: Shape::TEXT,
        doc: "The address of this machine alone that health, metrics and webhooks are served at, such as 127.0.0.1:9464.",
    },
    Key {
        id: DaemonKey::WebhookSecret,
        name: "webhook_secret",
        shape: Shape::Made(|_| secret::schema(secret::Kinds::All)),
        doc: "Where the secret is kept that a forge signs its webhooks with: env:NAME, file:PATH, command:PROGRAM \
              ARGUMENTS or vault:NAME. Never the secret itself.",
    },
];

/// Reads `[daemon]`. `header` is where its name stands in the text of the file.
pub(super) fn read(table: Table<'_>, header: &Spanned<&str>, out: &mut Vec<Diagnostic>) -> DaemonSettings {
    let mut daemon = DaemonSettings::default();
    for entry in table.entries {
        let Some(key) = keys::find(DAEMON, &entry.key.value) else {
            out.push(unknown_key(&entry, "`[daemon]`", DAEMON.iter().map(|key| key.name)));
            continue;
        };
        match key.id {
            DaemonKey::Poll => daemon.poll = poll(key.name, entry.value, out).unwrap_or(daemon.poll),
            DaemonKey::Listen => daemon.listen = listen(key.name, entry.value, out),
            DaemonKey::WebhookSecret => {
                let safe = secret::safe_place(header.span, entry.key.span, header.value);
                let place = secret::Place { key: key.name, owner: "`[daemon]`", kinds: secret::Kinds::All, safe };
                daemon.webhook_secret = secret::reference(entry.value, place, out);
            }
        }
    }
    daemon
}

fn poll(key: &str, node: Node<'_>, out: &mut Vec<Diagnostic>) -> Option<Duration> {
    let poll = duration(key, node, out)?;
    if poll.value < SHORTEST_POLL {
        out.push(bad_value(poll.span, "`poll` is zero, so it would never rest").help("write at least \"1s\""));
        return None;
    }
    Some(poll.value)
}

fn listen(key: &str, node: Node<'_>, out: &mut Vec<Diagnostic>) -> Option<SocketAddr> {
    let text = read::text(key, node, out)?;
    let Ok(address) = text.value.parse::<SocketAddr>() else {
        out.push(
            bad_value(text.span, format!("`{}` isn't an address with a port", shown(&text.value)))
                .help("write one of this machine alone, such as \"127.0.0.1:9464\" or \"[::1]:9464\""),
        );
        return None;
    };
    if !address.ip().is_loopback() {
        out.push(
            bad_value(text.span, format!("`{address}` can be reached from other machines"))
                .help("write \"127.0.0.1:9464\", and put a web server with TLS before it for a forge's webhooks"),
        );
        return None;
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::tests::{check, good},
        model::SecretRef,
    };

    #[test]
    fn everything_can_be_set() {
        let config = good("[daemon]\npoll = \"90s\"\nlisten = \"[::1]:9464\"\nwebhook_secret = \"env:HOOK\"\n");
        let DaemonSettings { poll, listen, webhook_secret } = config.daemon;
        assert_eq!((poll, listen), (Duration::from_secs(90), "[::1]:9464".parse().ok()));
        assert_eq!(webhook_secret.map(|secret| secret.value), Some(SecretRef::Env("HOOK".to_owned())));
        let expect = DaemonSettings { poll: Duration::from_secs(300), listen: None, webhook_secret: None };
        assert_eq!(good("").daemon, expect);
    }

    #[test]
    fn only_this_machine_is_listened_to() {
        for address in ["0.0.0.0:9464", "[::]:9464", "192.0.2.1:9464"] {
            check(
                &format!("[daemon]\nlisten = \"{address}\"\n"),
                &format!(
                    "bad-value: `{address}` can be reached from other machines [\"{address}\"] (write \"127.0.0.1:9464\", and \
                     put a web server with TLS before it for a forge's webhooks)\n"
                ),
            );
        }
        check(
            "[daemon]\nlisten = \"localhost\"\n",
            "bad-value: `localhost` isn't an address with a port [\"localhost\"] (write one of this machine alone, such as \
             \"127.0.0.1:9464\" or \"[::1]:9464\")\n",
        );
    }

    #[test]
    fn it_must_rest() {
        check(
            "[daemon]\npoll = \"0s\"\n",
            "bad-value: `poll` is zero, so it would never rest [\"0s\"] (write at least \"1s\")\n",
        );
    }

    #[test]
    fn a_secret_in_the_file_is_refused_and_not_shown() {
        check(
            "[daemon]\nwebhook_secret = \"hunter2\"\n",
            "secret-in-config: `webhook_secret` of `[daemon]` doesn't say where the secret is kept [daemon] (write `env:NAME`, \
             `file:PATH`, `command:PROGRAM` or `vault:NAME`; if a secret stood there, revoke it: what was committed stays in the history)\n",
        );
    }

    #[test]
    fn a_secret_of_the_vault_needs_a_vault() {
        check(
            "[daemon]\nwebhook_secret = \"vault:hook\"\n",
            "bad-value: `vault:hook` is kept in a vault, and there is none [\"vault:hook\"] (add `[vault]`; `masthead vault \
             init` says what to write)",
        );
    }

    #[test]
    fn keys_that_are_not_known_are_told() {
        check("[daemon]\npol = \"5m\"\n", "unknown-key: unknown key `pol` in `[daemon]` [pol] (did you mean `poll`?)");
    }
}
