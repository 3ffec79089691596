use super::{
    codes,
    date::date,
    id::{id, reference},
    keys::{OVERRIDES, OverrideKey, POLL, POST, PollKey, PostKey, THREADS},
};
use crate::{
    config::{
        self, Config, Entry, Node, Table, codes as shared,
        keys::{self, shown, unknown_key},
        read::{self, bad_value},
        read_option, unknown_account,
    },
    diag::{Diagnostic, Span, Spanned},
    model::{AccountId, NetworkId, NetworkSpec, Options, Poll, PostId, Reference, Silence, When},
};
use std::{borrow::Cow, sync::Arc};

/// Front matter, read but not yet resolved: what a post or a `_defaults.toml` says, and only that.
#[derive(Clone, Debug, Default)]
pub(super) struct Front {
    pub id: Option<Spanned<PostId>>,
    /// The accounts, groups resolved; none if `to` isn't written.
    pub to: Option<Vec<Spanned<AccountId>>>,
    /// Whether `to` is written and has mistakes, so that what follows from it can't be judged.
    pub to_broken: bool,
    pub draft: Option<bool>,
    pub retract: Option<bool>,
    pub campaign: Option<Spanned<String>>,
    pub auto_thread: Option<bool>,
    pub reply_to: Option<Spanned<Reference>>,
    pub quote: Option<Spanned<Reference>>,
    pub boost: Option<Spanned<Reference>>,
    pub poll: Option<Poll>,
    pub silenced: Vec<Silence>,
    /// What holds for the post unless a table says otherwise.
    pub base: Overrides,
    /// The tables of networks.
    pub networks: Vec<(NetworkId, Overrides)>,
    /// The tables of accounts.
    pub accounts: Vec<(AccountId, Overrides)>,
}

/// What the post says, or one table of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Overrides {
    pub date: Option<Spanned<When>>,
    pub tags: Option<Arc<[Spanned<String>]>>,
    pub hashtags: Option<Arc<[Spanned<String>]>>,
    pub title: Option<Spanned<String>>,
    pub language: Option<String>,
    pub options: Options,
    /// Where the table's name stands.
    pub span: Option<Span>,
}

/// Whose front matter it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A post's.
    Post,
    /// A `_defaults.toml`'s, which can't have what belongs to one post.
    Defaults,
}

impl Owner {
    const fn place(self) -> &'static str {
        match self {
            Self::Post => "the front matter",
            Self::Defaults => "`_defaults.toml`",
        }
    }
}

/// Reads front matter.
pub(super) fn front(table: Table<'_>, config: &Config, owner: Owner, out: &mut Vec<Diagnostic>) -> Front {
    let mut front = Front::default();
    for entry in table.entries {
        let name = &*entry.key.value;
        if let Some(key) = keys::find(OVERRIDES, name) {
            overriding(key.id, key.name, entry, &mut front.base, config, owner, out);
        } else if let Some(key) = keys::find(POST, name) {
            if owner == Owner::Defaults && belongs_to_one_post(key.id) {
                out.push(not_a_default(&entry));
            } else {
                post_key(key.id, key.name, entry, &mut front, config, out);
            }
        } else if let Some((account, value)) = config.accounts.get_key_value(name) {
            let spec = config.networks.iter().find(|spec| spec.id == value.network);
            if let Some(overrides) = overrides(entry, spec, config, owner, out) {
                front.accounts.push((account.clone(), overrides));
            }
        } else if let Some(spec) = config.networks.iter().find(|spec| spec.id.as_str() == name) {
            if let Some(overrides) = overrides(entry, Some(spec), config, owner, out) {
                front.networks.push((spec.id, overrides));
            }
        } else {
            out.push(unknown(&entry, config, owner));
        }
    }
    front
}

const fn belongs_to_one_post(key: PostKey) -> bool {
    match key {
        PostKey::Id
        | PostKey::Retract
        | PostKey::ReplyTo
        | PostKey::Quote
        | PostKey::Boost
        | PostKey::Poll
        | PostKey::Allow => true,
        PostKey::To | PostKey::Draft | PostKey::Campaign | PostKey::Thread => false,
    }
}

fn not_a_default(entry: &Entry<'_>) -> Diagnostic {
    let message = format!("`{}` can't be a default", entry.key.value);
    Diagnostic::new(&codes::NOT_A_DEFAULT, entry.key.span, message).help("write it in the posts that it is meant for")
}

fn unknown(entry: &Entry<'_>, config: &Config, owner: Owner) -> Diagnostic {
    let name = &*entry.key.value;
    if let Some(members) = config.groups.get(name) {
        let members: Vec<String> = members.iter().map(|id| format!("`[{id}]`")).collect();
        let message = format!("a group has no table, and `{name}` is one");
        return Diagnostic::new(&shared::UNKNOWN_KEY, entry.key.span, message)
            .help(format!("write a table for each of its accounts: {}", members.join(", ")));
    }
    let known = POST.iter().map(|key| key.name).chain(OVERRIDES.iter().map(|key| key.name));
    let tables =
        config.accounts.keys().map(AccountId::as_str).chain(config.networks.iter().map(|spec| spec.id.as_str()));
    unknown_key(entry, owner.place(), known.chain(tables))
}

fn post_key(
    key: PostKey,
    name: &'static str,
    Entry { key: written, value }: Entry<'_>,
    front: &mut Front,
    config: &Config,
    out: &mut Vec<Diagnostic>,
) {
    match key {
        PostKey::Id => front.id = id(name, value, out),
        PostKey::To => to(name, value, front, config, out),
        PostKey::Draft => front.draft = read::flag(name, &value, out),
        PostKey::Retract => front.retract = read::flag(name, &value, out),
        PostKey::Campaign => front.campaign = read::full_text(name, value, out),
        PostKey::Thread => front.auto_thread = read::one_of(name, value, THREADS, out).map(|word| word == "auto"),
        PostKey::ReplyTo => front.reply_to = reference(name, value, out),
        PostKey::Quote => front.quote = reference(name, value, out),
        PostKey::Boost => front.boost = reference(name, value, out),
        PostKey::Poll => front.poll = poll(name, value, written.span, out),
        PostKey::Allow => front.silenced = silenced(name, value, out),
    }
}

fn to(key: &str, value: Node<'_>, front: &mut Front, config: &Config, out: &mut Vec<Diagnostic>) {
    let before = out.len();
    let span = value.span;
    let names = read::texts(key, value, out);
    if names.as_ref().is_some_and(Vec::is_empty) {
        out.push(Diagnostic::new(&codes::MISSING_TO, span, "`to` is empty").help("name at least one account or group"));
    }
    let mut accounts: Vec<Spanned<AccountId>> = Vec::new();
    for name in names.into_iter().flatten() {
        let mut add = |id: &AccountId| {
            if !accounts.iter().any(|known| known.value == *id) {
                accounts.push(Spanned::new(id.clone(), name.span));
            }
        };
        if let Some((id, _)) = config.accounts.get_key_value(&*name.value) {
            add(id);
        } else if let Some(members) = config.groups.get(&*name.value) {
            members.iter().for_each(add);
        } else {
            let known = config.accounts.keys().map(AccountId::as_str).chain(config.groups.keys().map(|id| id.as_str()));
            out.push(unknown_account(&name, known, config));
        }
    }
    front.to_broken = out.len() > before;
    front.to = Some(accounts);
}

fn overrides(
    Entry { key, value }: Entry<'_>,
    spec: Option<&NetworkSpec>,
    config: &Config,
    owner: Owner,
    out: &mut Vec<Diagnostic>,
) -> Option<Overrides> {
    let table = read::table(&key.value, value, out)?;
    let mut overrides = Overrides { span: Some(key.span), ..Overrides::default() };
    let options = spec.map_or(&[][..], |spec| spec.post_options);
    for entry in table.entries {
        let name = &*entry.key.value;
        if let Some(known) = keys::find(OVERRIDES, name) {
            overriding(known.id, known.name, entry, &mut overrides, config, owner, out);
        } else if let Some(option) = options.iter().find(|option| option.key == name) {
            if let Some(value) = read_option(option, entry.value, out) {
                overrides.options.set(option.key, value);
            }
        } else {
            let place = format!("`[{}]`", shown(&key.value));
            let known = OVERRIDES.iter().map(|key| key.name).chain(options.iter().map(|option| option.key));
            let finding = unknown_key(&entry, &place, known);
            out.push(if keys::find(POST, name).is_some() {
                Diagnostic {
                    help: Some("it holds for the whole post: write it above the tables".into()),
                    fix: None,
                    ..finding
                }
            } else {
                finding
            });
        }
    }
    Some(overrides)
}

fn overriding(
    key: OverrideKey,
    name: &'static str,
    entry: Entry<'_>,
    slot: &mut Overrides,
    config: &Config,
    owner: Owner,
    out: &mut Vec<Diagnostic>,
) {
    match key {
        OverrideKey::Date if owner == Owner::Defaults => out.push(not_a_default(&entry)),
        OverrideKey::Date => slot.date = date(name, &entry.value, config.zone, out),
        OverrideKey::Tags => slot.tags = tags(name, entry.value, |_| true, out),
        OverrideKey::Hashtags => slot.hashtags = tags(name, entry.value, is_hashtag, out),
        OverrideKey::Title => {
            slot.title = read::full_text(name, entry.value, out).and_then(|title| {
                if title.value.contains(['\n', '\r']) {
                    out.push(bad_value(title.span, "`title` has more than one line").help("write it on one line"));
                    return None;
                }
                Some(title)
            });
        }
        OverrideKey::Language => slot.language = config::language(name, entry.value, out),
    }
}

fn tags(
    key: &str,
    node: Node<'_>,
    fits: fn(&str) -> bool,
    out: &mut Vec<Diagnostic>,
) -> Option<Arc<[Spanned<String>]>> {
    let texts = read::texts(key, node, out)?;
    let mut all = Vec::with_capacity(texts.len());
    for text in texts {
        let bare = text.value.trim();
        let bare = bare.strip_prefix('#').unwrap_or(bare);
        if bare.is_empty() {
            out.push(bad_value(text.span, "an empty tag").help("delete it"));
        } else if !fits(bare) {
            out.push(
                bad_value(text.span, format!("`{}` can't be a hashtag", shown(bare)))
                    .help("write letters, digits and `_`, and not only digits"),
            );
        } else {
            all.push(Spanned::new(bare.to_owned(), text.span));
        }
    }
    Some(all.into())
}

fn is_hashtag(text: &str) -> bool {
    super::scan::tag_length(text) == Some(text.len())
}

fn poll(key: &str, value: Node<'_>, span: Span, out: &mut Vec<Diagnostic>) -> Option<Poll> {
    let table = read::table(key, value, out)?;
    let before = out.len();
    let (mut options, mut duration, mut multiple, mut hide_totals) = (None, None, false, false);
    for entry in table.entries {
        let Some(known) = keys::find(POLL, &entry.key.value) else {
            out.push(unknown_key(&entry, "`[poll]`", POLL.iter().map(|key| key.name)));
            continue;
        };
        match known.id {
            PollKey::Options => options = read::texts(known.name, entry.value, out),
            PollKey::Duration => duration = config::duration(known.name, entry.value, out),
            PollKey::Multiple => multiple = read::flag(known.name, &entry.value, out).unwrap_or_default(),
            PollKey::HideTotals => hide_totals = read::flag(known.name, &entry.value, out).unwrap_or_default(),
        }
    }
    let mut kept: Vec<Spanned<String>> = Vec::new();
    for option in options.iter().flatten() {
        if option.value.trim().is_empty() {
            out.push(bad_value(option.span, "an empty answer").help("delete it or write one"));
        } else if let Some(first) = kept.iter().find(|known| known.value == option.value) {
            let finding = bad_value(option.span, format!("the answer `{}` stands twice", shown(&option.value)));
            out.push(finding.also(first.span, "the first").help("delete one of them"));
        } else {
            kept.push(option.as_ref().map(Cow::to_string));
        }
    }
    if out.len() == before {
        let missing = |what: &str| Diagnostic::new(&shared::MISSING_KEY, span, format!("the poll has no `{what}`"));
        if options.is_none() {
            out.push(missing("options").help("add the answers, as in `options = [\"Yes\", \"No\"]`"));
        } else if kept.len() < 2 {
            out.push(bad_value(span, "the poll has fewer than two answers").help("add another to `options`"));
        }
        if duration.is_none() {
            out.push(missing("duration").help("add how long it is open, as in `duration = \"24h\"`"));
        }
    }
    Some(Poll { options: kept, duration: duration?, multiple, hide_totals, span })
}

fn silenced(key: &str, value: Node<'_>, out: &mut Vec<Diagnostic>) -> Vec<Silence> {
    let entries = read::table(key, value, out).unwrap_or_default().entries;
    let mut all = Vec::with_capacity(entries.len());
    for Entry { key, value } in entries {
        let Some(reason) = read::text(&key.value, value, out) else { continue };
        if reason.value.trim().is_empty() {
            let message = format!("`{}` is silenced without a reason", shown(&key.value));
            out.push(bad_value(reason.span, message).help("say why it is meant, for whoever reads this next"));
            continue;
        }
        all.push(Silence { code: key.map(Cow::into_owned), reason: reason.map(Cow::into_owned) });
    }
    all
}

impl Front {
    /// Takes over what this doesn't say and `above` does, key by key.
    pub(super) fn inherit(&mut self, above: &Self) {
        // What belongs to one post is never in defaults, so it isn't looked for.
        if self.to.is_none() {
            self.to.clone_from(&above.to);
            self.to_broken |= above.to_broken;
        }
        self.draft = self.draft.or(above.draft);
        self.auto_thread = self.auto_thread.or(above.auto_thread);
        inherit(&mut self.campaign, &above.campaign);
        self.base.inherit(&above.base);
        inherit_tables(&mut self.networks, &above.networks);
        inherit_tables(&mut self.accounts, &above.accounts);
    }
}

impl Overrides {
    fn inherit(&mut self, above: &Self) {
        inherit(&mut self.date, &above.date);
        inherit(&mut self.tags, &above.tags);
        inherit(&mut self.hashtags, &above.hashtags);
        inherit(&mut self.title, &above.title);
        inherit(&mut self.language, &above.language);
        inherit_options(&mut self.options, &above.options);
    }
}

fn inherit<T: Clone>(slot: &mut Option<T>, above: &Option<T>) {
    if slot.is_none() {
        slot.clone_from(above);
    }
}

/// Takes over the options that aren't set.
pub(super) fn inherit_options(options: &mut Options, above: &Options) {
    for (key, value) in above.iter() {
        if options.span(key).is_none()
            && let Some(span) = above.span(key)
        {
            options.set(key, Spanned::new(value.clone(), span));
        }
    }
}

fn inherit_tables<K: Clone + PartialEq>(tables: &mut Vec<(K, Overrides)>, above: &[(K, Overrides)]) {
    for (name, overrides) in above {
        match tables.iter_mut().find(|(known, _)| known == name) {
            Some((_, own)) => own.inherit(overrides),
            // A table that only defaults have has no place in the post: `span` stays empty, and nobody calls it unused.
            None => tables.push((name.clone(), Overrides { span: None, ..overrides.clone() })),
        }
    }
}
