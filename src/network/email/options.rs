//! The options of a post and an account, and what they come to.

mod findings;

pub(super) use self::findings::{CODES, findings};
use crate::{
    model::{Account, OptionKind, OptionSpec},
    network::{ErrorKind, Mailbox, NetworkError, Recipients},
};

/// The keys of `[email]` in a post.
pub(super) static POST: &[OptionSpec] =
    &[OptionSpec { key: "subject", kind: OptionKind::Text, doc: "The subject, where it isn't the title." }];

/// The keys of accounts.
pub(super) static ACCOUNT: &[OptionSpec] = &[
    OptionSpec {
        key: "server",
        kind: OptionKind::Text,
        doc: "The mail server: `smtps://mail.example`, or `smtp://mail.example:587` with STARTTLS; needed.",
    },
    OptionSpec {
        key: "user",
        kind: OptionKind::Text,
        doc: "The name that signs in there; the address in `from` if it isn't set.",
    },
    OptionSpec {
        key: "from",
        kind: OptionKind::Text,
        doc: "From whom, such as `Acme News <news@acme.example>`; needed.",
    },
    OptionSpec {
        key: "to",
        kind: OptionKind::Text,
        doc: "The list's address, such as `news@lists.example`; this or `recipients` is needed.",
    },
    OptionSpec {
        key: "recipients",
        kind: OptionKind::Secret,
        doc: "Where the list of recipients is kept, one address a line, written as `token` is: each gets a message of their own.",
    },
    OptionSpec {
        key: "recipients_key",
        kind: OptionKind::Secret,
        doc: "Where a long random text is kept, written as `token` is, by which the ledger knows recipients without telling \
              who they are. It must stay the same.",
    },
    OptionSpec { key: "reply_to", kind: OptionKind::Text, doc: "Where answers go, if not to `from`." },
    OptionSpec {
        key: "list_id",
        kind: OptionKind::Text,
        doc: "The name by which programs sort the list's mail, such as `news.acme.example`; made from the account and `from` if it \
              isn't set.",
    },
    OptionSpec {
        key: "unsubscribe",
        kind: OptionKind::Text,
        doc: "Where to unsubscribe, where the list doesn't add it: an `https:` or `mailto:` address; `{recipient}` in it becomes \
              the recipient's name in the ledger.",
    },
];

/// What an account says.
#[derive(Clone, Debug)]
pub(super) struct Settings<'a> {
    /// The server's address.
    pub(super) server: &'a str,
    /// Who signs in.
    pub(super) user: String,
    /// From whom.
    pub(super) from: Mailbox,
    /// To whom; none where each of the recipients gets a message of their own.
    pub(super) to: Option<Mailbox>,
    /// Where answers go.
    pub(super) reply_to: Option<Mailbox>,
    /// The list's name for programs.
    pub(super) list_id: String,
    /// Where to unsubscribe.
    pub(super) unsubscribe: Option<&'a str>,
}

/// What is wrong with a setting of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Its key.
    pub(super) key: &'static str,
    /// What is wrong, without what stands there.
    pub(super) what: &'static str,
    /// What to write.
    pub(super) help: &'static str,
    /// Whether what stands there may be a secret.
    pub(super) secret: bool,
}

/// Reads what an account says.
pub(super) fn settings(account: &Account) -> Result<Settings<'_>, NetworkError> {
    read(account).map_err(|wrong| {
        let message = format!("`{}` of account `{}` {}: {}", wrong.key, account.id, wrong.what, wrong.help);
        NetworkError::new(ErrorKind::Misconfigured, message)
    })
}

/// Reads what an account says, or tells what is wrong first.
pub(super) fn read(account: &Account) -> Result<Settings<'_>, Wrong> {
    const ADDRESS: &str = "write it like `Acme News <news@acme.example>`";
    const SERVER: &str = "write it like `smtps://mail.example` or `smtp://mail.example:587`";
    let wrong = |key, what, help| Wrong { key, what, help, secret: false };
    let text = |key: &'static str| account.options.text(key).filter(|value| !value.trim().is_empty());
    let address = |key: &'static str| match text(key) {
        Some(value) => Mailbox::parse(value).map(Some).ok_or(wrong(key, "isn't an e-mail address", ADDRESS)),
        None => Ok(None),
    };
    let needed = |key: &'static str| address(key)?.ok_or(wrong(key, "is missing", ADDRESS));
    let server = text("server").ok_or(wrong("server", "is missing", SERVER))?;
    if server.contains('@') {
        let help = "write the server's address alone, `user` apart, and keep the password where `token` points";
        return Err(Wrong { secret: true, ..wrong("server", "holds a user name or password", help) });
    }
    if !is_server(server) {
        return Err(wrong("server", "isn't the address of a mail server", SERVER));
    }
    let from = needed("from")?;
    let to = match recipients(account)? {
        None => Some(needed("to")?),
        Some(_) if text("to").is_some() => {
            return Err(wrong(
                "to",
                "stands beside `recipients`",
                "keep one: a list's address, or the list of addresses",
            ));
        }
        Some(_) => None,
    };
    let user = text("user").unwrap_or(&from.address).to_owned();
    if user.contains(|c: char| c.is_control() || c == ':') {
        return Err(wrong("user", "can't be a user name", "write the name that your mail provider gave you"));
    }
    let list_id = text("list_id").map_or_else(|| format!("{}.{}", account.id, from.host()), str::to_owned);
    if !is_list_id(&list_id) {
        return Err(wrong("list_id", "isn't a name for a list", "write it like `news.acme.example`"));
    }
    let unsubscribe = text("unsubscribe");
    if to.is_none() && unsubscribe.is_none() {
        let help = "write where people unsubscribe: with `recipients` there is no list software that adds it";
        return Err(wrong("unsubscribe", "is missing", help));
    }
    if !unsubscribe.is_none_or(is_for_unsubscribing) {
        let help = "write an address that starts with `https://` or `mailto:`";
        return Err(wrong("unsubscribe", "isn't an address to unsubscribe at", help));
    }
    Ok(Settings {
        server: server.trim_end_matches('/'),
        user,
        from,
        to,
        reply_to: address("reply_to")?,
        list_id,
        unsubscribe,
    })
}

/// Returns where the recipients are listed, if each gets a message of their own.
pub(super) fn recipients(account: &Account) -> Result<Option<Recipients<'_>>, Wrong> {
    let (list, key) = (account.options.secret("recipients"), account.options.secret("recipients_key"));
    let wrong = |key, help| Wrong { key, what: "is missing", help, secret: false };
    match (list, key) {
        (Some(list), Some(key)) => Ok(Some(Recipients { list, key })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(wrong(
            "recipients_key",
            "keep a long random text somewhere for good, as of `openssl rand -hex 32`, and write where: `env:NAME`, `file:PATH` or \
             `vault:NAME`",
        )),
        (None, Some(_)) => {
            Err(wrong("recipients", "write where the list is kept: `env:NAME`, `file:PATH` or `vault:NAME`"))
        }
    }
}

fn is_server(server: &str) -> bool {
    let rest = server.strip_prefix("smtps://").or_else(|| server.strip_prefix("smtp://"));
    let Some(rest) = rest.map(|rest| rest.trim_end_matches('/')) else { return false };
    let (host, port) = match rest.strip_prefix('[').and_then(|six| six.split_once(']')) {
        Some((inside, after)) => {
            if inside.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            ("six", after.strip_prefix(':').or(after.is_empty().then_some("465")))
        }
        None => rest.split_once(':').map_or((rest, Some("465")), |(host, port)| (host, Some(port))),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_port =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse().is_ok_and(|port: u16| port > 0);
    !host.is_empty() && host.chars().all(plain) && port.is_some_and(is_port)
}

/// Returns whether it is a name as RFC 2919 has it: words with dots between them.
fn is_list_id(name: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    name.contains('.') && name.len() <= 255 && name.split('.').all(is_word)
}

fn is_for_unsubscribing(address: &str) -> bool {
    let is_plain = address.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ',' | '"' | '\\'));
    let has_host = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    let mail = |rest: &str| Mailbox::parse(rest.split('?').next().unwrap_or_default()).is_some();
    is_plain
        && (address.strip_prefix("https://").is_some_and(has_host) || address.strip_prefix("mailto:").is_some_and(mail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_strictly() {
        for good in ["smtps://mail.example", "smtp://mail.example:587", "smtp://127.0.0.1:25/", "smtps://[::1]:465"] {
            assert!(is_server(good), "{good}");
        }
        for bad in [
            "mail.example",
            "https://mail.example",
            "smtps://",
            "smtp://mail.example:",
            "smtp://mail.example:0",
            "smtp://mail.example:99999",
            "smtp://mail.example/path",
            "smtp://mail example",
            "smtps://[x]",
            "smtps://m\r\nx",
        ] {
            assert!(!is_server(bad), "{bad}");
        }
    }

    #[test]
    fn names_and_addresses_of_lists_hold_nothing_that_ends_a_header() {
        assert!(is_list_id("news.acme.example"));
        for bad in ["news", "news..example", "news acme.example", "a.b>\r\nX: y", ".a"] {
            assert!(!is_list_id(bad), "{bad}");
        }
        for good in ["https://acme.example/u?id=1&x=%20", "mailto:leave@lists.example?subject=leave"] {
            assert!(is_for_unsubscribing(good), "{good}");
        }
        for bad in [
            "http://acme.example/u",
            "https://",
            "mailto:nobody",
            "https://acme.example/>, <https://evil.example",
            "https://acme.example/\r\nBcc: x@y.example",
        ] {
            assert!(!is_for_unsubscribing(bad), "{bad}");
        }
    }
}
