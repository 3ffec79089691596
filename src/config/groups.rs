use super::{
    Config,
    accounts::check_name,
    codes,
    keys::shown,
    read::{self, bad_value},
    value::{Entry, Table},
};
use crate::{
    diag::{Diagnostic, Span, Spanned, TextEdit, did_you_mean},
    model::{AccountId, GroupId, NetworkSpec},
};
use serde_json::{Value as Json, json};
use std::{borrow::Cow, collections::BTreeMap};

/// How deep groups may lie in groups.
const MAX_DEPTH: usize = 32;

/// A group as written: its name and the names in it.
type Written<'a> = (Spanned<Cow<'a, str>>, Vec<Spanned<Cow<'a, str>>>);

/// Reads `[groups]`, flattens them, and finds the names that mean two things.
///
/// `named` are the names of all accounts, those with mistakes included.
pub(super) fn read(
    table: Table<'_>,
    config: &Config,
    named: &[Spanned<String>],
    out: &mut Vec<Diagnostic>,
) -> BTreeMap<GroupId, Vec<AccountId>> {
    let mut written: BTreeMap<String, Written<'_>> = BTreeMap::new();
    for Entry { key, value } in table.entries {
        let named_well = check_name("group", &key, out);
        let span = value.span;
        let Some(members) = read::texts(&key.value, value, out) else { continue };
        if members.is_empty() {
            let message = format!("the group `{}` is empty", shown(&key.value));
            out.push(bad_value(span, message).help("name at least one account"));
        }
        if named_well {
            written.insert(key.value.as_ref().to_owned(), (key, members));
        }
    }
    clashes(&written, config, named, out);
    unknown_members(&written, named, config, out);
    let mut groups = BTreeMap::new();
    for name in written.keys() {
        let mut flat =
            Flattening { written: &written, config, members: Vec::new(), path: Vec::new(), seen: Vec::new() };
        if let Err(finding) = flat.visit(name, true) {
            out.push(finding);
        }
        groups.insert(GroupId::new(name.as_str()), flat.members);
    }
    groups
}

fn clashes(
    written: &BTreeMap<String, Written<'_>>,
    config: &Config,
    named: &[Spanned<String>],
    out: &mut Vec<Diagnostic>,
) {
    let clash =
        |span: Span, message: String| Diagnostic::new(&codes::NAME_CLASH, span, message).help("rename one of them");
    let mut languages: Vec<(&str, Span)> = config
        .accounts
        .values()
        .filter_map(|account| account.language.as_deref().map(|language| (language, account.span)))
        .collect();
    languages.extend(config.language.as_deref().map(|language| (language, Span::new(config.file, 0..0))));
    let language_of = |name: &str| languages.iter().find(|(language, _)| language.eq_ignore_ascii_case(name));
    for (name, (key, _)) in written {
        if let Some(account) = named.iter().find(|account| account.value == *name) {
            out.push(clash(key.span, format!("`{name}` is a group and an account")).also(account.span, "the account"));
        }
        if config.networks.iter().any(|spec| spec.id.as_str() == name) {
            out.push(clash(key.span, format!("`{name}` is a group and a network")));
        }
        if language_of(name).is_some() {
            out.push(clash(key.span, format!("`{name}` is a group and a language in use")));
        }
    }
    for account in named {
        if language_of(&account.value).is_some() {
            let message = format!("`{}` is an account and a language in use", shown(&account.value));
            out.push(clash(account.span, message));
        }
    }
}

fn unknown_members(
    written: &BTreeMap<String, Written<'_>>,
    named: &[Spanned<String>],
    config: &Config,
    out: &mut Vec<Diagnostic>,
) {
    for (name, (_, members)) in written {
        for member in members {
            let known = named.iter().any(|account| account.value == member.value);
            if known || written.contains_key(&*member.value) {
                continue;
            }
            let candidates = named.iter().map(|account| account.value.as_str());
            let candidates = candidates.chain(written.keys().map(String::as_str).filter(|other| other != name));
            out.push(unknown_account(member, candidates, config));
        }
    }
}

/// Makes the finding about a name that is no account and no group.
pub(crate) fn unknown_account<'n>(
    name: &Spanned<Cow<'_, str>>,
    candidates: impl Iterator<Item = &'n str>,
    config: &Config,
) -> Diagnostic {
    let message = format!("unknown account or group `{}`", shown(&name.value));
    let finding = Diagnostic::new(&codes::UNKNOWN_ACCOUNT, name.span, message);
    if config.networks.iter().any(|spec| spec.id.as_str() == name.value) {
        let on_it = config.accounts.values().filter(|account| account.network.as_str() == name.value);
        let on_it: Vec<String> = on_it.map(|account| format!("`{}`", account.id)).collect();
        return if on_it.is_empty() {
            finding.help(format!("`{}` is a network: add an account on it to `masthead.toml`", name.value))
        } else {
            finding.help(format!("`{}` is a network: name an account on it, {}", name.value, on_it.join(" or ")))
        };
    }
    match did_you_mean(&name.value, candidates) {
        Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
            format!("replace it with `{near}`"),
            vec![TextEdit { span: name.span, text: format!("\"{near}\"").into() }],
        ),
        None => finding.help("name an account or group of `masthead.toml`"),
    }
}

/// Flattens one group.
struct Flattening<'w, 'a> {
    written: &'w BTreeMap<String, Written<'a>>,
    config: &'w Config,
    members: Vec<AccountId>,
    path: Vec<&'w str>,
    seen: Vec<&'w str>,
}

impl<'w> Flattening<'w, '_> {
    /// Adds the accounts of a group. A cycle is told only by the groups that lie on it, so that each is told once a
    /// group and none by those that merely lead there.
    fn visit(&mut self, name: &'w str, is_root: bool) -> Result<(), Diagnostic> {
        let Some((key, members)) = self.written.get(name) else { return Ok(()) };
        if self.path.len() >= MAX_DEPTH {
            let message = format!("the group `{name}` lies too deep in other groups");
            return Err(
                Diagnostic::new(&codes::NESTED_TOO_DEEPLY, key.span, message).help("name the accounts themselves")
            );
        }
        if !is_root && self.path.first() == Some(&name) {
            let way: Vec<&str> = self.path.iter().copied().chain([name]).collect();
            let message = format!("the group `{name}` contains itself: {}", way.join(" → "));
            return Err(Diagnostic::new(&codes::GROUP_CYCLE, key.span, message).help("take one of the names out"));
        }
        if self.seen.contains(&name) {
            return Ok(());
        }
        self.seen.push(name);
        self.path.push(name);
        for member in members {
            let account = self.config.accounts.get(&*member.value);
            match account {
                Some(account) if !self.members.contains(&account.id) => self.members.push(account.id.clone()),
                Some(_) => {}
                None => {
                    if let Some((inner, _)) = self.written.get_key_value(&*member.value) {
                        self.visit(inner, false)?;
                    }
                }
            }
        }
        self.path.pop();
        Ok(())
    }
}

/// Makes the schema of `[groups]`.
pub(super) fn schema(_networks: &[NetworkSpec]) -> Json {
    json!({ "type": "object", "additionalProperties": { "type": "array", "items": { "type": "string" }, "minItems": 1 } })
}
