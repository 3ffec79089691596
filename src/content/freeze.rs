use super::date::date;
use crate::{
    config::{
        Config, Entry, Fragment, codes as shared,
        keys::{self, Key, Shape, table_schema, unknown_key},
        read, read_toml, unknown_account,
    },
    diag::{Diagnostic, FileId, Span, Spanned},
    model::{AccountId, FREEZE_FILE, Freeze, GroupId, NetworkSpec, Scope, Timestamp},
};
use serde_json::Value as Json;
use std::borrow::Cow;

/// The most bytes of it.
const MAX_BYTES: usize = 64 * 1024;

/// What is said where nobody has said why.
const NO_REASON: &str = "no reason is given";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FreezeKey {
    Reason,
    By,
    Accounts,
    Campaigns,
    Until,
}

static KEYS: &[Key<FreezeKey>] = &[
    Key { id: FreezeKey::Reason, name: "reason", shape: Shape::TEXT, doc: "Why, for everybody who wonders." },
    Key { id: FreezeKey::By, name: "by", shape: Shape::TEXT, doc: "Who says so." },
    Key {
        id: FreezeKey::Accounts,
        name: "accounts",
        shape: Shape::Texts,
        doc: "The accounts and groups that are stopped. Without accounts and campaigns, everything is.",
    },
    Key { id: FreezeKey::Campaigns, name: "campaigns", shape: Shape::Texts, doc: "The campaigns that are stopped." },
    Key {
        id: FreezeKey::Until,
        name: "until",
        shape: Shape::Date,
        doc: "When it ends by itself: a local time in the workspace's time zone, or one with an offset.",
    },
];

/// What the file says, as far as it could be read.
#[derive(Default)]
struct Written {
    reason: Option<String>,
    by: Option<String>,
    scopes: Vec<Scope>,
    until: Option<Timestamp>,
}

/// Reads a `freeze.toml`: what it stops, and its mistakes.
///
/// Somebody wrote it because something has to stop. So whatever can't be understood stops everything, and so does an empty
/// one.
pub fn parse_freeze(file: FileId, text: &str, config: &Config) -> (Vec<Freeze>, Vec<Diagnostic>) {
    let mut out = Vec::new();
    let written = read_file(file, text, config, &mut out);
    let by = written.by.map_or_else(|| format!("`{FREEZE_FILE}`"), |by| format!("{by} in `{FREEZE_FILE}`"));
    if !out.is_empty() {
        let why =
            format!("it has mistakes, so it stops everything: {}", written.reason.as_deref().unwrap_or(NO_REASON));
        return (vec![freeze(Scope::All, None, &by, &why)], out);
    }
    let reason = written.reason.as_deref().unwrap_or(NO_REASON);
    let scopes = if written.scopes.is_empty() { vec![Scope::All] } else { written.scopes };
    (scopes.into_iter().map(|scope| freeze(scope, written.until, &by, reason)).collect(), out)
}

/// Returns what a `freeze.toml` stops that is there and can't be read: everything.
pub fn unreadable_freeze(why: &str) -> Freeze {
    freeze(Scope::All, None, &format!("`{FREEZE_FILE}`"), &format!("it can't be read, so it stops everything: {why}"))
}

/// Makes the JSON Schema of `freeze.toml` for editors, from the table that reading follows.
pub fn freeze_schema(networks: &[NetworkSpec]) -> Json {
    let mut schema = table_schema(KEYS, &[], networks);
    schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    schema["title"] = FREEZE_FILE.into();
    schema
}

fn freeze(scope: Scope, until: Option<Timestamp>, by: &str, reason: &str) -> Freeze {
    // Nobody knows since when it has been on the branch, and nothing depends on it.
    Freeze { scope, from: Timestamp::EPOCH, until, by: by.to_owned(), reason: reason.to_owned() }
}

fn read_file(file: FileId, text: &str, config: &Config, out: &mut Vec<Diagnostic>) -> Written {
    let mut written = Written::default();
    if text.len() > MAX_BYTES {
        let message = format!("`{FREEZE_FILE}` has {} bytes", text.len());
        out.push(Diagnostic::new(&shared::FILE_TOO_LARGE, Span::new(file, 0..0), message).help("keep it under 64 KiB"));
        return written;
    }
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let (table, _) = read_toml(Fragment { file, text: &text[start..], start }, out);
    for entry in table.entries {
        let Some(key) = keys::find(KEYS, &entry.key.value) else {
            out.push(unknown_key(&entry, &format!("`{FREEZE_FILE}`"), KEYS.iter().map(|key| key.name)));
            continue;
        };
        let Entry { value, .. } = entry;
        match key.id {
            FreezeKey::Reason => written.reason = read::full_text(key.name, value, out).map(|text| text.value),
            FreezeKey::By => written.by = read::full_text(key.name, value, out).map(|text| text.value),
            FreezeKey::Until => written.until = date(key.name, &value, config.zone, out).map(|when| when.value.at),
            FreezeKey::Accounts => {
                for name in read::texts(key.name, value, out).unwrap_or_default() {
                    written.scopes.extend(accounts(&name, config, out).into_iter().map(Scope::Account));
                }
            }
            FreezeKey::Campaigns => {
                let names = read::texts(key.name, value, out).unwrap_or_default();
                written.scopes.extend(names.into_iter().map(|name| Scope::Campaign(name.value.into_owned())));
            }
        }
    }
    written
}

/// Finds the accounts that a name means.
fn accounts(name: &Spanned<Cow<'_, str>>, config: &Config, out: &mut Vec<Diagnostic>) -> Vec<AccountId> {
    let name_text: &str = &name.value;
    if let Some((id, _)) = config.accounts.get_key_value(name_text) {
        return vec![id.clone()];
    }
    if let Some(members) = config.groups.get(name_text) {
        return members.clone();
    }
    let known = config.accounts.keys().map(AccountId::as_str).chain(config.groups.keys().map(GroupId::as_str));
    out.push(unknown_account(name, known, config));
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::fixture, diag::FileId};

    fn read(text: &str) -> (Vec<Freeze>, Vec<Diagnostic>) {
        parse_freeze(FileId(0), text, &fixture::config())
    }

    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let (freezes, findings) = read(text);
        assert_eq!(findings, [], "{text}");
        let told: Vec<String> = freezes
            .iter()
            .map(|freeze| {
                let until = freeze.until.map_or_else(String::new, |until| format!(" until {until}"));
                format!("{}{until}, {}: {}", freeze.scope, freeze.by, freeze.reason)
            })
            .collect();
        assert_eq!(told, expect, "{text}");
    }

    #[track_caller]
    fn stops_everything(text: &str, code: &str) {
        let (freezes, findings) = read(text);
        assert_eq!(findings.iter().map(|finding| finding.code.name).collect::<Vec<_>>(), [code], "{text}");
        let [freeze] = &freezes[..] else { panic!("{freezes:?}") };
        assert_eq!((&freeze.scope, freeze.until), (&Scope::All, None), "{text}");
        assert!(freeze.reason.contains("mistakes"), "{freeze:?}");
    }

    #[test]
    fn an_empty_one_stops_everything() {
        check("", &["everything, `freeze.toml`: no reason is given"]);
        check("\u{feff}# a crisis\n", &["everything, `freeze.toml`: no reason is given"]);
        check("accounts = []\n", &["everything, `freeze.toml`: no reason is given"]);
    }

    #[test]
    fn who_why_and_until_when_are_read() {
        check(
            "reason = \"a crisis\"\nby = \"Ada\"\nuntil = 2026-12-01T09:00:00\n",
            &["everything until 2026-12-01T08:00:00Z, Ada in `freeze.toml`: a crisis"],
        );
    }

    #[test]
    fn what_is_named_alone_is_stopped() {
        check(
            "accounts = \"brand\"\ncampaigns = [\"hoodie\"]\nreason = \"no\"\n",
            &["account `brand`, `freeze.toml`: no", "campaign `hoodie`, `freeze.toml`: no"],
        );
        let (group, _) = read("accounts = [\"everywhere\"]\n");
        assert_eq!(group.len(), fixture::config().groups.get("everywhere").expect("a group").len());
    }

    #[test]
    fn what_can_not_be_understood_stops_everything() {
        stops_everything("reason = \"a", "syntax");
        stops_everything("accounts = [\"brnad\"]\n", "unknown-account");
        stops_everything("account = [\"brand\"]\n", "unknown-key");
        stops_everything("accounts = [\"brand\"]\nuntil = 2026-12-01\n", "date-without-time");
        stops_everything("accounts = [\"brand\", 5]\n", "wrong-type");
        stops_everything("reason = \" \"\n", "bad-value");
        stops_everything(&format!("# {}\n", "x".repeat(MAX_BYTES)), "file-too-large");
    }

    #[test]
    fn one_that_can_not_be_read_stops_everything() {
        let freeze = unreadable_freeze("it is a symbolic link");
        assert_eq!((freeze.scope, freeze.until), (Scope::All, None));
    }
}
