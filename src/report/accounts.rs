use super::{Style, table::Table, tone::Tone};
use crate::{
    config::Config,
    model::{Account, SecretRef, Voice},
};
use serde::Serialize;

/// Writes the accounts for people.
pub fn accounts(config: &Config, style: &Style) -> String {
    let mut table = Table::new();
    for account in config.accounts.values() {
        table.row([
            (Tone::Accent, account.id.to_string()),
            (Tone::Plain, account.network.to_string()),
            (Tone::Plain, place(account)),
            (Tone::Dim, account.token.as_ref().map_or_else(String::new, |token| secret(&token.value))),
        ]);
    }
    if config.accounts.is_empty() {
        return "there are no accounts; add one to `masthead.toml`\n".to_owned();
    }
    let mut out = table.render(style);
    for (group, members) in &config.groups {
        let members: Vec<&str> = members.iter().map(|member| member.as_str()).collect();
        out.push_str(&Tone::Dim.paint(style, &format!("group {group}: {}", members.join(", "))));
        out.push('\n');
    }
    out
}

fn place(account: &Account) -> String {
    let handle = account.handle.as_ref().map(|handle| format!("@{}", handle.value));
    let endpoint = account.endpoint.as_ref().map(|endpoint| endpoint.value.clone());
    [handle, endpoint].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Says where a secret is kept, which is no secret.
fn secret(secret: &SecretRef) -> String {
    match secret {
        SecretRef::Env(name) => format!("env:{name}"),
        SecretRef::File(path) => format!("file:{path}"),
        SecretRef::Vault(name) => format!("vault:{name}"),
        // Not the arguments: people have been seen to put secrets there.
        SecretRef::Command(words) => {
            let more = if words.len() > 1 { " …" } else { "" };
            format!("command:{}{more}", words.first().map_or("", String::as_str))
        }
    }
}

#[derive(Serialize)]
struct AccountsJson<'a> {
    version: u32,
    accounts: Vec<AccountJson<'a>>,
}

#[derive(Serialize)]
struct AccountJson<'a> {
    name: &'a str,
    network: &'static str,
    handle: Option<&'a str>,
    endpoint: Option<&'a str>,
    token: Option<String>,
    voice: &'static str,
    language: Option<&'a str>,
}

/// Writes the accounts as JSON, version 1.
pub fn accounts_json(config: &Config) -> String {
    let accounts = config.accounts.values().map(|account| AccountJson {
        name: account.id.as_str(),
        network: account.network.as_str(),
        handle: account.handle.as_ref().map(|handle| handle.value.as_str()),
        endpoint: account.endpoint.as_ref().map(|endpoint| endpoint.value.as_str()),
        token: account.token.as_ref().map(|token| secret(&token.value)),
        voice: match account.voice {
            Voice::Brand => "brand",
            Voice::Ambassador => "ambassador",
        },
        language: account.language.as_deref(),
    });
    super::json_text(&AccountsJson { version: 1, accounts: accounts.collect() })
}
