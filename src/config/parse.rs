use super::{
    CheckSettings, Config, DaemonSettings, HostPlace, LedgerSettings, PublishSettings,
    accounts::{self, Accounts},
    codes, daemon, groups,
    keys::{self, Key, Shape, shown, unknown_key},
    lexical::is_branch,
    media, people, publish,
    read::{self, bad_value, wrong_type},
    toml_reader::{Fragment, read_toml},
    value::{Node, Table, Value},
    vault,
};
use crate::{
    diag::{Diagnostic, FileId, Level, Spanned, TextEdit, did_you_mean},
    model::{NetworkSpec, SecretRef, Zone},
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The largest configuration that is read, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// A key of the file itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum RootKey {
    Workspace,
    Ledger,
    Vault,
    Publish,
    Daemon,
    Media,
    Check,
    Accounts,
    Groups,
    People,
}

/// The keys of the file itself.
pub(super) static ROOT: &[Key<RootKey>] = &[
    Key {
        id: RootKey::Workspace,
        name: "workspace",
        shape: Shape::Made(|networks| keys::table_schema(WORKSPACE, &[], networks)),
        doc: "What holds for the whole workspace.",
    },
    Key {
        id: RootKey::Ledger,
        name: "ledger",
        shape: Shape::Made(|networks| keys::table_schema(LEDGER, &[], networks)),
        doc: "Where it is written down what has been published.",
    },
    Key {
        id: RootKey::Vault,
        name: "vault",
        shape: Shape::Made(|networks| keys::table_schema(vault::VAULT, &[], networks)),
        doc: "Where sessions and secrets are kept that publishers share, encrypted.",
    },
    Key {
        id: RootKey::Publish,
        name: "publish",
        shape: Shape::Made(|networks| keys::table_schema(publish::PUBLISH, &[], networks)),
        doc: "The rules of publishing.",
    },
    Key {
        id: RootKey::Daemon,
        name: "daemon",
        shape: Shape::Made(|networks| keys::table_schema(daemon::DAEMON, &[], networks)),
        doc: "How `masthead run` goes about it.",
    },
    Key {
        id: RootKey::Media,
        name: "media",
        shape: Shape::Made(|networks| keys::table_schema(media::MEDIA, &[], networks)),
        doc: "Where images and videos are put for networks that fetch them from a public address.",
    },
    Key {
        id: RootKey::Check,
        name: "check",
        shape: Shape::Made(check_schema),
        doc: "The level of a finding, by its code, where it differs from the usual one.",
    },
    Key {
        id: RootKey::Accounts,
        name: "accounts",
        shape: Shape::Made(accounts::schema),
        doc: "The accounts that posts go to, by the name that they have everywhere else.",
    },
    Key {
        id: RootKey::Groups,
        name: "groups",
        shape: Shape::Made(groups::schema),
        doc: "Groups of accounts and of other groups.",
    },
    Key {
        id: RootKey::People,
        name: "people",
        shape: Shape::Made(people::schema),
        doc: "People whom copy mentions as `@key`, with their handle on each network.",
    },
];

#[derive(Clone, Copy, Debug)]
enum WorkspaceKey {
    Name,
    Timezone,
    Branch,
    Language,
}

static WORKSPACE: &[Key<WorkspaceKey>] = &[
    Key { id: WorkspaceKey::Name, name: "name", shape: Shape::TEXT, doc: "The name of the brand or team." },
    Key {
        id: WorkspaceKey::Timezone,
        name: "timezone",
        shape: Shape::TEXT,
        doc: "The IANA time zone that local times in posts are read in, such as Europe/Rome.",
    },
    Key {
        id: WorkspaceKey::Branch,
        name: "branch",
        shape: Shape::TEXT,
        doc: "The publish branch: only what is committed there is ever published.",
    },
    Key {
        id: WorkspaceKey::Language,
        name: "language",
        shape: Shape::TEXT,
        doc: "The BCP 47 tag of the language that accounts and posts have unless they say otherwise.",
    },
];

#[derive(Clone, Copy, Debug)]
enum LedgerKey {
    Remote,
    Branch,
}

static LEDGER: &[Key<LedgerKey>] = &[
    Key {
        id: LedgerKey::Remote,
        name: "remote",
        shape: Shape::TextOrFalse,
        doc: "The git remote where publishers meet; false keeps the ledger in this clone alone.",
    },
    Key { id: LedgerKey::Branch, name: "branch", shape: Shape::TEXT, doc: "The branch that the ledger is on." },
];

/// Reads `masthead.toml`. Every mistake is a finding; there is no configuration only where the file isn't TOML at all.
pub fn parse(file: FileId, text: &str, networks: Vec<NetworkSpec>) -> (Option<Config>, Vec<Diagnostic>) {
    let mut out = Vec::new();
    if text.len() > MAX_BYTES {
        let message = format!("the configuration has {} bytes", text.len());
        let place = crate::diag::Span::new(file, 0..0);
        out.push(Diagnostic::new(&codes::FILE_TOO_LARGE, place, message).help("keep it under 1 MiB"));
        return (None, out);
    }
    let (root, clean) = read_toml(Fragment { file, text, start: 0 }, &mut out);
    if !clean {
        return (None, out);
    }
    let mut config = Config {
        file,
        name: String::new(),
        zone: Zone::UTC,
        branch: "main".to_owned(),
        language: None,
        ledger: LedgerSettings::default(),
        vault: None,
        publish: PublishSettings::default(),
        daemon: DaemonSettings::default(),
        host: None,
        check: CheckSettings::default(),
        accounts: BTreeMap::new(),
        groups: BTreeMap::new(),
        people: BTreeMap::new(),
        networks,
    };
    // Accounts come first whatever the order of writing, since groups and clashes need them.
    let (mut written_accounts, mut written_groups, mut written_vault) = (None, None, false);
    for entry in root.entries {
        let Some(key) = keys::find(ROOT, &entry.key.value) else {
            out.push(unknown_key(&entry, "`masthead.toml`", ROOT.iter().map(|key| key.name)));
            continue;
        };
        let Some(table) = read::table(key.name, entry.value, &mut out) else { continue };
        match key.id {
            RootKey::Workspace => workspace(table, &mut config, &mut out),
            RootKey::Ledger => ledger(table, &mut config.ledger, &mut out),
            RootKey::Vault => {
                written_vault = true;
                config.vault = vault::read(table, entry.key.span, text, &mut out);
            }
            RootKey::Publish => config.publish = publish::read(table, &mut out),
            RootKey::Daemon => {
                config.daemon = daemon::read(table, &Spanned::new(text, entry.key.span), &mut out);
            }
            RootKey::Media => config.host = media::read(table, text, &mut out),
            RootKey::Check => check(table, &mut config.check, &mut out),
            RootKey::Accounts => written_accounts = Some(table),
            RootKey::Groups => written_groups = Some(table),
            RootKey::People => config.people = people::read(table, &config.networks, &mut out),
        }
    }
    let source = accounts::Source { text, networks: &config.networks, zone: config.zone };
    let Accounts { known, named } = accounts::read(written_accounts.unwrap_or_default(), source, &mut out);
    config.accounts = known;
    for account in config.accounts.values_mut().filter(|account| account.language.is_none()) {
        account.language.clone_from(&config.language);
    }
    config.groups = groups::read(written_groups.unwrap_or_default(), &config, &named, &mut out);
    if config.ledger.branch == config.branch {
        let place = crate::diag::Span::new(file, 0..0);
        out.push(
            bad_value(place, format!("the ledger and the posts are both on the branch `{}`", shown(&config.branch)))
                .help("give `branch` in `[ledger]` a name of its own, such as `masthead-ledger`"),
        );
    }
    if !written_vault {
        let tokens = config.accounts.values().filter_map(|account| account.token.as_ref());
        let hosting = config.host.as_ref().and_then(|host| match &host.place {
            HostPlace::Bucket(bucket) => Some(&bucket.secret),
            HostPlace::Folder(_) => None,
        });
        for token in tokens.chain(&config.daemon.webhook_secret).chain(hosting) {
            if let SecretRef::Vault(name) = &token.value {
                out.push(
                    bad_value(token.span, format!("`vault:{name}` is kept in a vault, and there is none"))
                        .help("add `[vault]`; `masthead vault init` says what to write"),
                );
            }
        }
    }
    if let Some(vault) =
        config.vault.as_ref().filter(|vault| [&config.branch, &config.ledger.branch].contains(&&vault.branch))
    {
        let place = crate::diag::Span::new(file, 0..0);
        let message = format!("the vault is on the branch `{}`, which holds something else", shown(&vault.branch));
        out.push(
            bad_value(place, message).help("give `branch` in `[vault]` a name of its own, such as `masthead-vault`"),
        );
    }
    (Some(config), out)
}

fn workspace(table: Table<'_>, config: &mut Config, out: &mut Vec<Diagnostic>) {
    for entry in table.entries {
        let Some(key) = keys::find(WORKSPACE, &entry.key.value) else {
            out.push(unknown_key(&entry, "`[workspace]`", WORKSPACE.iter().map(|key| key.name)));
            continue;
        };
        match key.id {
            WorkspaceKey::Name => {
                if let Some(name) = read::full_text(key.name, entry.value, out) {
                    config.name = name.value;
                }
            }
            WorkspaceKey::Timezone => {
                if let Some(name) = read::text(key.name, entry.value, out) {
                    match Zone::parse(&name.value) {
                        Ok(zone) => config.zone = zone,
                        Err(error) => out.push(unknown_zone(&name.map(|name| name.into_owned()), error.near)),
                    }
                }
            }
            WorkspaceKey::Branch => branch(key.name, entry.value, &mut config.branch, out),
            WorkspaceKey::Language => config.language = read::language(key.name, entry.value, out),
        }
    }
}

fn unknown_zone(name: &Spanned<String>, near: Option<&'static str>) -> Diagnostic {
    let message = format!("unknown time zone `{}`", shown(&name.value));
    let finding = Diagnostic::new(&codes::UNKNOWN_ZONE, name.span, message);
    match near {
        Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
            format!("replace it with `{near}`"),
            vec![TextEdit { span: name.span, text: format!("\"{near}\"").into() }],
        ),
        None => finding.help("write an IANA name, such as `Europe/Rome` or `UTC`"),
    }
}

fn branch(key: &str, node: Node<'_>, slot: &mut String, out: &mut Vec<Diagnostic>) {
    let Some(name) = read::text(key, node, out) else { return };
    if is_branch(&name.value) {
        *slot = name.value.into_owned();
    } else {
        out.push(
            bad_value(name.span, format!("`{}` can't be the name of a branch", shown(&name.value)))
                .help("write the branch's name as `git branch` shows it, such as `main`"),
        );
    }
}

fn ledger(table: Table<'_>, ledger: &mut LedgerSettings, out: &mut Vec<Diagnostic>) {
    for entry in table.entries {
        let Some(key) = keys::find(LEDGER, &entry.key.value) else {
            out.push(unknown_key(&entry, "`[ledger]`", LEDGER.iter().map(|key| key.name)));
            continue;
        };
        match key.id {
            LedgerKey::Remote => match &entry.value.value {
                Value::Flag(false) => ledger.remote = None,
                Value::Text(name) if is_remote(name) => ledger.remote = Some(name.as_ref().to_owned()),
                Value::Text(_) => out.push(
                    bad_value(entry.value.span, "`remote` isn't the name of a git remote")
                        .help("write a name that `git remote` lists, such as \"origin\", or false"),
                ),
                _ => out.push(wrong_type(key.name, &entry.value, "the name of a git remote in quotes, or false")),
            },
            LedgerKey::Branch => branch(key.name, entry.value, &mut ledger.branch, out),
        }
    }
}

/// A name and no address: an address may hold a password, and would be repeated in logs.
fn is_remote(name: &str) -> bool {
    is_branch(name) && !name.contains('@')
}

const LEVELS: [Level; 4] = [Level::Off, Level::Note, Level::Warning, Level::Error];

fn check(table: Table<'_>, check: &mut CheckSettings, out: &mut Vec<Diagnostic>) {
    for entry in table.entries {
        let code = entry.key.map(|key| key.into_owned());
        let Some(word) = read::text(&code.value, entry.value, out) else { continue };
        if let Some(level) = Level::parse(&word.value) {
            check.levels.insert(code.value, Spanned::new(level, code.span));
            continue;
        }
        let message = format!("`{}` can't be `{}`", shown(&code.value), shown(&word.value));
        let finding = bad_value(word.span, message);
        out.push(match did_you_mean(&word.value, LEVELS.iter().map(|level| level.as_str())) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("write one of `off`, `note`, `warning`, `error`"),
        });
    }
}

fn check_schema(_networks: &[NetworkSpec]) -> Json {
    json!({
        "type": "object",
        "additionalProperties": { "enum": LEVELS.map(Level::as_str) },
    })
}
