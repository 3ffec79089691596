use super::{
    codes,
    keys::{self, Key, Shape, shown, unknown_key},
    lexical::{EndpointProblem, as_name, endpoint, is_name},
    options::read_option,
    publish,
    read::{self, bad_value, duration},
    secret,
    value::{Entry, Node, Table, Value},
};
use crate::{
    diag::{Diagnostic, Span, Spanned, TextEdit, did_you_mean},
    model::{
        Account, AccountId, Client, LocalTime, NetworkId, NetworkSpec, OptionKind, OptionValue, Resolved, SecretRef,
        Timestamp, Voice, Zone,
    },
};
use serde_json::{Value as Json, json};
use std::{borrow::Cow, collections::BTreeMap};

/// A key that every account may have.
#[derive(Clone, Copy, Debug)]
enum AccountKey {
    Network,
    Endpoint,
    Handle,
    Token,
    Voice,
    Language,
    Burst,
    Settle,
    TokenExpires,
    ClientId,
    ClientSecret,
    Redirect,
}

static ACCOUNT: &[Key<AccountKey>] = &[
    Key { id: AccountKey::Network, name: "network", shape: Shape::TEXT, doc: "The network that the account is on." },
    Key {
        id: AccountKey::Endpoint,
        name: "endpoint",
        shape: Shape::Plain(OptionKind::Url),
        doc: "The server's base address, where the network has many servers.",
    },
    Key { id: AccountKey::Handle, name: "handle", shape: Shape::TEXT, doc: "The account's own handle on the network." },
    Key {
        id: AccountKey::Token,
        name: "token",
        shape: Shape::Made(|_| secret::schema(secret::Kinds::All)),
        doc: "Where the secret is kept: env:NAME, file:PATH, command:PROGRAM ARGUMENTS or vault:NAME. Never the secret itself.",
    },
    Key {
        id: AccountKey::Voice,
        name: "voice",
        shape: Shape::Plain(OptionKind::OneOf(VOICES)),
        doc: "Who speaks: the brand itself, or a person who speaks for it.",
    },
    Key {
        id: AccountKey::Language,
        name: "language",
        shape: Shape::TEXT,
        doc: "The BCP 47 tag of the language that the account usually writes in.",
    },
    Key {
        id: AccountKey::Burst,
        name: "burst",
        shape: Shape::Plain(OptionKind::Integer { min: publish::BURST.0, max: publish::BURST.1 }),
        doc: "How many posts the account may publish in an hour, where it differs from `[publish]`.",
    },
    Key {
        id: AccountKey::Settle,
        name: "settle",
        shape: Shape::Duration,
        doc: "How long after a lost answer the network's list of its posts is believed to be complete, where it differs \
              from `[publish]`.",
    },
    Key {
        id: AccountKey::TokenExpires,
        name: "token_expires",
        shape: Shape::Date,
        doc: "The last day on which the token serves, where the network does not tell: `doctor` and `plan` warn ahead.",
    },
    Key {
        id: AccountKey::ClientId,
        name: "client_id",
        shape: Shape::TEXT,
        doc: "The id of the application as which `masthead login` asks to be let in, where the network has OAuth.",
    },
    Key {
        id: AccountKey::ClientSecret,
        name: "client_secret",
        shape: Shape::Made(|_| secret::schema(secret::Kinds::All)),
        doc: "Where the application's secret is kept, written as `token` is. Never the secret itself.",
    },
    Key {
        id: AccountKey::Redirect,
        name: "redirect",
        shape: Shape::Plain(OptionKind::Url),
        doc: "The address that is registered for the application to send people back to, where the network wants one of \
              the web.",
    },
];

/// The keys that say as which application we ask to be let in: for networks where people are asked.
const CLIENT: [&str; 3] = ["client_id", "client_secret", "redirect"];

const VOICES: &[&str] = &["brand", "ambassador"];

/// Words that people use for `token` in other tools: what stands there is most likely a secret.
const SECRET_WORDS: [&str; 7] =
    ["password", "app_password", "secret", "access_token", "api_key", "client_secret", "key"];

/// Names that a table of the front matter has already; an account of that name could have no table of its own.
pub(crate) const RESERVED: &[&str] = &[
    "id", "to", "date", "draft", "campaign", "tags", "hashtags", "title", "language", "thread", "reply_to", "quote",
    "boost", "poll", "allow", "retract",
];

/// What the accounts were read from.
#[derive(Clone, Copy)]
pub(super) struct Source<'s> {
    /// The text of the file.
    pub text: &'s str,
    /// The known networks.
    pub networks: &'s [NetworkSpec],
    /// The zone that days are read in.
    pub zone: Zone,
}

/// The accounts.
pub(super) struct Accounts {
    /// Those that can be used.
    pub known: BTreeMap<AccountId, Account>,
    /// The names of all, usable or not: naming one of them elsewhere is no mistake of its own.
    pub named: Vec<Spanned<String>>,
}

/// Reads `[accounts]`.
pub(super) fn read(table: Table<'_>, source: Source<'_>, out: &mut Vec<Diagnostic>) -> Accounts {
    let mut all = Accounts { known: BTreeMap::new(), named: Vec::new() };
    for Entry { key, value } in table.entries {
        all.named.push(Spanned::new(key.value.as_ref().to_owned(), key.span));
        let named_well = check_name("account", &key, out);
        let Some(table) = read::table(&key.value, value, out) else { continue };
        let header = Spanned::new(key.value.into_owned(), key.span);
        if let Some(account) = account(&header, table, source, out)
            && named_well
        {
            all.known.insert(account.id.clone(), account);
        }
    }
    all
}

/// Checks the name of an account, a group or a person. Only accounts have tables in front matter, so only they must
/// keep clear of its keys.
pub(super) fn check_name(noun: &str, key: &Spanned<Cow<'_, str>>, out: &mut Vec<Diagnostic>) -> bool {
    let name = &*key.value;
    if !is_name(name) {
        let message = format!("`{}` can't be the name of {}", shown(name), with_article(noun));
        let finding = Diagnostic::new(&codes::BAD_NAME, key.span, message);
        out.push(match as_name(name) {
            Some(better) => finding.help(format!("use lowercase letters, digits, `_` and `-`, as in `{better}`")),
            None => finding.help("use lowercase letters, digits, `_` and `-`, at most 64 of them"),
        });
        return false;
    }
    if noun == "account" && RESERVED.contains(&name) {
        let message = format!("`{name}` can't be the name of {}", with_article(noun));
        out.push(
            Diagnostic::new(&codes::BAD_NAME, key.span, message)
                .label("a key of the front matter")
                .help("choose another name"),
        );
        return false;
    }
    true
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}

fn account(
    header: &Spanned<String>,
    table: Table<'_>,
    source: Source<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Account> {
    let name = &header.value;
    let spec = match table.get("network") {
        Some(node) => network(node, source.networks, out),
        None => {
            let message = format!("the account `{}` has no `network`", shown(name));
            let known: Vec<String> = source.networks.iter().map(|spec| format!("`{}`", spec.id)).collect();
            let help = format!("add `network = \"…\"` with one of {}", known.join(", "));
            out.push(Diagnostic::new(&codes::MISSING_KEY, header.span, message).help(help));
            None
        }
    };
    let network = spec.map_or(NetworkId(""), |spec| spec.id);
    let mut account = Account::new(AccountId::new(name.as_str()), network, header.span);
    let mut client = Application::default();
    for entry in table.entries {
        // A secret is never shown, and a renderer shows the whole line of a finding: so those about a secret stand at
        // the table's header, unless that is on the same line.
        let safe = secret::safe_place(header.span, entry.key.span, source.text);
        let has_login = spec.is_none_or(|spec| spec.login);
        let key = keys::find(ACCOUNT, &entry.key.value).filter(|key| has_login || !CLIENT.contains(&key.name));
        let Some(key) = key else {
            let option = spec.and_then(|spec| spec.account_options.iter().find(|option| option.key == entry.key.value));
            match (option, spec) {
                (Some(option), _) if option.kind == OptionKind::Secret => {
                    let owner = format!("the account `{}`", shown(name));
                    let place = secret::Place { key: option.key, owner: &owner, kinds: secret::Kinds::All, safe };
                    if let Some(Spanned { value, span }) = secret::reference(entry.value, place, out) {
                        account.options.set(option.key, Spanned::new(OptionValue::Secret(value), span));
                    }
                }
                (Some(option), _) => {
                    if let Some(value) = read_option(option, entry.value, out) {
                        account.options.set(option.key, value);
                    }
                }
                (None, _) if SECRET_WORDS.contains(&entry.key.value.to_ascii_lowercase().as_str()) => out.push(
                    Diagnostic::new(
                        &codes::SECRET_IN_CONFIG,
                        safe,
                        format!(
                            "`{}` of the account `{}` isn't a place for a secret",
                            shown(&entry.key.value),
                            shown(name)
                        ),
                    )
                    .help(
                        "delete the line, revoke the secret if it was ever committed, and write `token = \"env:NAME\"`",
                    ),
                ),
                (None, Some(spec)) => {
                    let common = ACCOUNT.iter().map(|key| key.name).filter(|key| has_login || !CLIENT.contains(key));
                    let known = common.chain(spec.account_options.iter().map(|o| o.key));
                    out.push(unknown_key(&entry, &format!("`[accounts.{}]`", shown(name)), known));
                }
                // Without its network nobody knows what the account may hold.
                (None, None) => {}
            }
            continue;
        };
        match key.id {
            AccountKey::Network => {}
            AccountKey::Endpoint => account.endpoint = read_endpoint(entry.value, safe, out),
            AccountKey::Handle => account.handle = handle(key.name, entry.value, out),
            AccountKey::Token => {
                let owner = format!("the account `{}`", shown(name));
                let place = secret::Place { key: key.name, owner: &owner, kinds: secret::Kinds::All, safe };
                account.token = secret::reference(entry.value, place, out);
            }
            AccountKey::Voice => match read::one_of(key.name, entry.value, VOICES, out) {
                Some("ambassador") => account.voice = Voice::Ambassador,
                Some(_) => account.voice = Voice::Brand,
                None => {}
            },
            AccountKey::Language => account.language = read::language(key.name, entry.value, out),
            AccountKey::Burst => account.burst = publish::burst(key.name, &entry.value, out),
            AccountKey::Settle => account.settle = duration(key.name, entry.value, out).map(|read| read.value),
            AccountKey::TokenExpires => account.token_expires = token_expires(entry.value, source.zone, out),
            AccountKey::ClientId => client.id = read::full_text(key.name, entry.value, out),
            AccountKey::ClientSecret => {
                let owner = format!("the account `{}`", shown(name));
                let place = secret::Place { key: key.name, owner: &owner, kinds: secret::Kinds::All, safe };
                client.secret = secret::reference(entry.value, place, out);
            }
            AccountKey::Redirect => client.redirect = redirect(key.name, entry.value, out),
        }
    }
    account.client = client.finish(out);
    spec.map(|_| account)
}

/// What was written of the application as which we ask to be let in.
#[derive(Default)]
struct Application {
    id: Option<Spanned<String>>,
    secret: Option<Spanned<SecretRef>>,
    redirect: Option<Spanned<String>>,
}

impl Application {
    fn finish(self, out: &mut Vec<Diagnostic>) -> Option<Client> {
        let Self { id, secret, redirect } = self;
        let Some(id) = id else {
            let lonely = secret.map(|secret| ("client_secret", secret.span));
            if let Some((key, span)) = lonely.or(redirect.map(|redirect| ("redirect", redirect.span))) {
                let message = format!("`{key}` is of an application whose `client_id` is missing");
                let finding = Diagnostic::new(&codes::MISSING_KEY, span, message);
                out.push(
                    finding
                        .help("add `client_id = \"…\"` with the id that the network's page of the application shows"),
                );
            }
            return None;
        };
        Some(Client { id, secret, redirect })
    }
}

fn network<'n>(node: &Node<'_>, networks: &'n [NetworkSpec], out: &mut Vec<Diagnostic>) -> Option<&'n NetworkSpec> {
    let Value::Text(name) = &node.value else {
        out.push(read::wrong_type("network", node, "the name of a network in quotes"));
        return None;
    };
    let found = networks.iter().find(|spec| spec.id.as_str() == name);
    if found.is_none() {
        let known = || networks.iter().map(|spec| spec.id.as_str());
        let message = format!("unknown network `{}`", shown(name));
        let finding = Diagnostic::new(&codes::UNKNOWN_NETWORK, node.span, message);
        out.push(match did_you_mean(name, known()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("replace it with `{near}`"),
                vec![TextEdit { span: node.span, text: format!("\"{near}\"").into() }],
            ),
            None => {
                let all: Vec<String> = known().map(|name| format!("`{name}`")).collect();
                finding.help(format!("write one of {}", all.join(", ")))
            }
        });
    }
    found
}

fn read_endpoint(node: Node<'_>, safe: Span, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    let address = read::text("endpoint", node, out)?;
    let span = address.span;
    match endpoint(&address.value) {
        Ok(trimmed) => return Some(Spanned::new(trimmed.to_owned(), span)),
        Err(EndpointProblem::UserInfo) => out.push(
            Diagnostic::new(&codes::SECRET_IN_CONFIG, safe, "`endpoint` holds a user name or password")
                .help("write the server's address alone, and keep the secret where `token` points"),
        ),
        Err(EndpointProblem::NoAddress) => out.push(
            bad_value(span, "`endpoint` isn't a web address").help("write it in full, as https://mastodon.example"),
        ),
        Err(EndpointProblem::Unencrypted) => out.push(
            bad_value(span, "`endpoint` is unencrypted")
                .help("write https://; http:// is for servers on this machine alone"),
        ),
        Err(EndpointProblem::Tail) => out.push(
            bad_value(span, "`endpoint` holds more than the server's base address")
                .help("delete what follows `?` or `#`"),
        ),
    }
    None
}

/// Reads where a network sends people back to, kept as it is written: networks compare it letter for letter.
fn redirect(key: &str, node: Node<'_>, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    let address = read::text(key, node, out)?;
    if endpoint(&address.value).is_err() {
        let help = "write it as it is registered for the application, such as https://acme.example/masthead";
        out.push(bad_value(address.span, format!("`{key}` isn't a web address of its own")).help(help));
        return None;
    }
    Some(Spanned::new(address.value.into_owned(), address.span))
}

/// Reads a handle, without its first `@`.
pub(super) fn handle(key: &str, node: Node<'_>, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    let written = read::full_text(key, node, out)?;
    let bare = written.value.trim();
    let bare = bare.strip_prefix('@').unwrap_or(bare);
    if bare.is_empty() || bare.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/') {
        out.push(
            bad_value(written.span, format!("`{}` isn't a handle", shown(&written.value)))
                .help("write the handle alone, such as `name.example` or `name@server.example`"),
        );
        return None;
    }
    Some(Spanned::new(bare.to_owned(), written.span))
}

/// Reads the day or moment after which a token is refused. A day ends when the next one begins.
fn token_expires(node: Node<'_>, zone: Zone, out: &mut Vec<Diagnostic>) -> Option<Spanned<Timestamp>> {
    let span = node.span;
    let text = match node.value {
        Value::Text(text) | Value::Date(text) => text,
        _ => {
            out.push(read::wrong_type("token_expires", &node, "a date, such as 2027-01-31"));
            return None;
        }
    };
    let day = || LocalTime::parse(&format!("{text}T23:59:59"));
    let local = || {
        LocalTime::parse(&text).or_else(day).map(|local| match zone.resolve(local) {
            Resolved::Once(at) | Resolved::Twice(at, _) | Resolved::Never(at, _) => at,
        })
    };
    let at = Timestamp::parse(&text).or_else(local);
    if at.is_none() {
        out.push(
            bad_value(span, format!("`{}` isn't a date", shown(&text)))
                .help("write the last day on which the token serves, such as 2027-01-31"),
        );
    }
    at.map(|at| Spanned::new(at, span))
}

/// Makes the schema of `[accounts]`.
pub(super) fn schema(networks: &[NetworkSpec]) -> Json {
    let one = |spec: &NetworkSpec| {
        let mut schema = keys::table_schema(ACCOUNT, spec.account_options, networks);
        if let Some(keys) = schema["properties"].as_object_mut().filter(|_| !spec.login) {
            keys.retain(|key, _| !CLIENT.contains(&key.as_str()));
        }
        schema["properties"]["network"]["const"] = spec.id.as_str().into();
        schema["required"] = json!(["network"]);
        schema["title"] = spec.id.as_str().into();
        schema
    };
    let kinds: Vec<Json> = networks.iter().map(one).collect();
    json!({ "type": "object", "additionalProperties": { "anyOf": kinds } })
}
