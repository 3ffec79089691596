use super::{
    codes,
    copy::Section,
    front::{Front, Overrides, inherit_options},
};
use crate::{
    config::{Config, keys::shown, lexical::is_language},
    diag::{Diagnostic, Spanned, TextEdit, did_you_mean},
    model::{Account, AccountId, Audience, Copy, GroupId, Options, Target},
};
use std::sync::Arc;

/// Whether what a post says can be judged by whom it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recipients {
    /// All are known.
    Known,
    /// Some are missing because of mistakes that have been told.
    Incomplete,
}

/// Makes the targets of a post, with everything that holds for each, and gives each its copy.
pub(super) fn targets(
    front: &Front,
    sections: Vec<Section>,
    config: &Config,
    recipients: Recipients,
    out: &mut Vec<Diagnostic>,
) -> (Vec<Target>, Vec<Copy>) {
    let mut targets: Vec<Target> = front.to.iter().flatten().filter_map(|id| target(id, front, config)).collect();
    let copies: Vec<Copy> = sections
        .into_iter()
        .map(|Section { names, body }| {
            let audience = names.into_iter().filter_map(|name| audience(name, front, config, out)).collect();
            Copy { audience, body }
        })
        .collect();
    if copies.len() > 1 {
        for target in &mut targets {
            target.copy = choose(target, &copies, config, out);
        }
    }
    if recipients == Recipients::Known {
        unused_copies(&targets, &copies, config, out);
        unused_tables(&targets, front, out);
    }
    (targets, copies)
}

fn target(id: &Spanned<AccountId>, front: &Front, config: &Config) -> Option<Target> {
    let account = config.accounts.get(id.value.as_str())?;
    let own = front.accounts.iter().find(|(name, _)| *name == id.value).map(|(_, table)| table);
    let network = front.networks.iter().find(|(name, _)| *name == account.network).map(|(_, table)| table);
    let layers = || own.into_iter().chain(network).chain([&front.base]);
    let mut options = Options::default();
    layers().for_each(|layer| inherit_options(&mut options, &layer.options));
    Some(Target {
        account: id.clone(),
        network: account.network,
        copy: 0,
        when: layers().find_map(|layer| layer.date),
        title: layers().find_map(|layer| layer.title.clone()),
        language: language(layers(), account),
        tags: layers().find_map(|layer| layer.tags.clone()).unwrap_or_else(none),
        hashtags: layers().find_map(|layer| layer.hashtags.clone()).unwrap_or_else(none),
        options,
    })
}

fn none<T>() -> Arc<[T]> {
    Arc::new([])
}

fn language<'f>(mut layers: impl Iterator<Item = &'f Overrides>, account: &Account) -> Option<String> {
    let written = layers.find_map(|layer| layer.language.as_ref());
    written.or(account.language.as_ref()).cloned()
}

/// Finds whom a name in a copy heading means: an account before a group, a network, a language.
fn audience(
    name: Spanned<String>,
    front: &Front,
    config: &Config,
    out: &mut Vec<Diagnostic>,
) -> Option<Spanned<Audience>> {
    let found = if let Some((id, _)) = config.accounts.get_key_value(name.value.as_str()) {
        Audience::Account(id.clone())
    } else if let Some((id, _)) = config.groups.get_key_value(name.value.as_str()) {
        Audience::Group(id.clone())
    } else if let Some(spec) = config.networks.iter().find(|spec| spec.id.as_str() == name.value) {
        Audience::Network(spec.id)
    } else if is_language_name(&name.value, front, config) {
        Audience::Language(name.value)
    } else {
        out.push(unknown(&name, config));
        return None;
    };
    Some(Spanned::new(found, name.span))
}

/// Whether a name is a language. Names of three letters are as likely a mistyped account, so they must be in use.
fn is_language_name(name: &str, front: &Front, config: &Config) -> bool {
    let mut parts = name.split('-');
    let primary = parts.next().unwrap_or_default().len();
    if !is_language(name) || parts.count() > 1 {
        return false;
    }
    let tables = front.accounts.iter().map(|(_, table)| table).chain(front.networks.iter().map(|(_, table)| table));
    let written = tables.chain([&front.base]).filter_map(|table| table.language.as_deref());
    let accounts = config.accounts.values().filter_map(|account| account.language.as_deref());
    let mut in_use = written.chain(accounts).chain(config.language.as_deref());
    primary == 2 || in_use.any(|language| speaks(language, name) > 0)
}

fn unknown(name: &Spanned<String>, config: &Config) -> Diagnostic {
    let message = format!("no account, group, network or language is named `{}`", shown(&name.value));
    let finding = Diagnostic::new(&codes::UNKNOWN_AUDIENCE, name.span, message);
    let accounts = config.accounts.keys().map(AccountId::as_str).chain(config.groups.keys().map(GroupId::as_str));
    let known = accounts.chain(config.networks.iter().map(|spec| spec.id.as_str()));
    if let Some(near) = did_you_mean(&name.value, known) {
        let edit = TextEdit { span: name.span, text: format!("@{near}").into() };
        return finding.help(format!("did you mean `@{near}`?")).fix(format!("replace it with `@{near}`"), vec![edit]);
    }
    if config.people.contains_key(&name.value) {
        return finding.help("that is a person: add a word to the heading, or lower its level, to mention them in it");
    }
    finding.help("name an account or group of `masthead.toml`, a network, or a language such as `@en`")
}

/// How closely an audience means a target; 0 if it doesn't.
fn closeness(audience: &Audience, target: &Target, config: &Config) -> u8 {
    match audience {
        Audience::Account(id) if *id == target.account.value => 5,
        Audience::Group(id) if config.groups.get(id).is_some_and(|ids| ids.contains(&target.account.value)) => 4,
        Audience::Network(id) if *id == target.network => 3,
        Audience::Language(name) => target.language.as_deref().map_or(0, |language| speaks(language, name)),
        Audience::Account(_) | Audience::Group(_) | Audience::Network(_) => 0,
    }
}

/// How closely a language is the one named: 2 for the same, 1 for a variant of it, 0 for another.
fn speaks(language: &str, name: &str) -> u8 {
    if language.eq_ignore_ascii_case(name) {
        return 2;
    }
    let begins = language.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    u8::from(begins && language.as_bytes().get(name.len()) == Some(&b'-'))
}

/// Chooses the copy that means a target most closely, and tells when two do equally.
fn choose(target: &Target, copies: &[Copy], config: &Config, out: &mut Vec<Diagnostic>) -> usize {
    let mut best: Option<(u8, usize, &Spanned<Audience>)> = None;
    let mut rival: Option<&Spanned<Audience>> = None;
    for (index, copy) in copies.iter().enumerate() {
        for audience in &copy.audience {
            let close = closeness(&audience.value, target, config);
            match best {
                _ if close == 0 => {}
                Some((closest, _, _)) if close < closest => {}
                Some((closest, chosen, _)) if close == closest => {
                    if chosen != index && rival.is_none() {
                        rival = Some(audience);
                    }
                }
                _ => {
                    best = Some((close, index, audience));
                    rival = None;
                }
            }
        }
    }
    let Some((_, index, chosen)) = best else { return 0 };
    if let Some(rival) = rival {
        let message = format!("two copies are equally meant for `{}`", target.account.value);
        out.push(
            Diagnostic::new(&codes::AMBIGUOUS_COPY, rival.span, message)
                .label("this one")
                .also(chosen.span, "and this one")
                .help(format!("join them, or name `@{}` in the heading of the one that it gets", target.account.value)),
        );
    }
    index
}

fn unused_copies(targets: &[Target], copies: &[Copy], config: &Config, out: &mut Vec<Diagnostic>) {
    for audience in copies.iter().flat_map(|copy| &copy.audience) {
        if targets.iter().any(|target| closeness(&audience.value, target, config) > 0) {
            continue;
        }
        let (message, help) = match &audience.value {
            Audience::Account(id) => (format!("the post doesn't go to `{id}`"), "add it to `to`, or delete the name"),
            Audience::Group(id) => {
                (format!("the post goes to nobody in `{id}`"), "add the group to `to`, or delete the name")
            }
            Audience::Network(id) => {
                (format!("the post goes to no account on {id}"), "add one to `to`, or delete the name")
            }
            Audience::Language(name) => (
                format!("the post goes to no account that writes in `{name}`"),
                "set `language` for the account or in its table, or delete the name",
            ),
        };
        out.push(Diagnostic::new(&codes::UNUSED_COPY, audience.span, message).help(help));
    }
}

fn unused_tables(targets: &[Target], front: &Front, out: &mut Vec<Diagnostic>) {
    let mut tell = |name: &str, table: &Overrides, used: bool| {
        if let (Some(span), false) = (table.span, used) {
            let message = format!("the post doesn't go to `{name}`");
            let help = "add it to `to`, or delete the table";
            out.push(Diagnostic::new(&codes::UNUSED_TABLE, span, message).help(help));
        }
    };
    for (id, table) in &front.accounts {
        tell(id.as_str(), table, targets.iter().any(|target| target.account.value == *id));
    }
    for (id, table) in &front.networks {
        tell(id.as_str(), table, targets.iter().any(|target| target.network == *id));
    }
}
