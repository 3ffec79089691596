//! Posts, an account and images for a site, as values.

use masthead::{
    config::{CheckSettings, Config, DaemonSettings, LedgerSettings, PublishSettings},
    diag::{FileId, Span, Spanned},
    ledger::Genesis,
    model::{
        Account, AccountId, Block, Inline, Media, MediaInfo, MediaKind, MediaLibrary, MediaProblem, MediaSource,
        NetworkId, OptionValue, Options, PostId, Remote, Timestamp, Zone,
    },
    network::{Draft, DraftPart},
    report::site::{OutContent, OutFile, Site, SitePost, render, templates},
    text::Flat,
};
use std::collections::BTreeMap;

const SITE: NetworkId = NetworkId("site");

/// A site to render.
pub(super) struct Fixture {
    pub(super) account: Account,
    pub(super) config: Config,
    pub(super) posts: Vec<Published>,
    pub(super) overrides: BTreeMap<String, String>,
}

/// A post with its receipt.
pub(super) struct Published {
    pub(super) draft: Draft,
    pub(super) remote: Remote,
    pub(super) at: Timestamp,
    pub(super) updated: Option<Timestamp>,
    pub(super) elsewhere: Vec<masthead::report::site::Elsewhere>,
}

impl Fixture {
    /// Makes a site without posts.
    pub(super) fn new() -> Self {
        let account = Account::new(AccountId::new("home"), SITE, span());
        let config = Config {
            file: FileId(0),
            name: "Acme & Söhne".to_owned(),
            zone: Zone::parse("Europe/Rome").expect("a zone"),
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
            networks: Vec::new(),
        };
        Self { account, config, posts: Vec::new(), overrides: BTreeMap::new() }
    }

    /// Sets a text option of the account.
    pub(super) fn option(mut self, key: &'static str, value: &str) -> Self {
        self.account.options.set(key, Spanned::new(OptionValue::Text(value.to_owned()), span()));
        self
    }

    /// Adds a post that was published so many hours after the start of 2026.
    pub(super) fn post(mut self, hours: u64, draft: Draft) -> Self {
        let start = Timestamp::parse("2026-01-01T00:00:00Z").expect("a time");
        let remote = Remote { id: draft.post.to_string(), ..Remote::default() };
        let at = start.plus(std::time::Duration::from_secs(hours * 3600));
        self.posts.push(Published { draft, remote, at, updated: None, elsewhere: Vec::new() });
        self
    }

    /// Lays a template over one of the program's.
    pub(super) fn template(mut self, name: &str, text: &str) -> Self {
        self.overrides.insert(format!("templates/{name}"), text.to_owned());
        self
    }

    /// Renders it.
    pub(super) fn files(&self) -> Vec<OutFile> {
        self.render().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Renders it, or tells which template is wrong.
    pub(super) fn render(&self) -> Result<Vec<OutFile>, masthead::report::TemplateError> {
        let genesis = Genesis {
            id: "00112233445566778899aabbccddeeff".to_owned(),
            created: Timestamp::parse("2025-12-31T12:00:00Z").expect("a time"),
        };
        let posts: Vec<SitePost<'_>> = self
            .posts
            .iter()
            .map(|post| SitePost {
                draft: &post.draft,
                published_at: post.at,
                updated_at: post.updated,
                remote: &post.remote,
                elsewhere: post.elsewhere.clone(),
            })
            .collect();
        let site = Site {
            account: &self.account,
            config: &self.config,
            genesis: Some(&genesis),
            posts: &posts,
            media: &Shelf,
        };
        render(&site, &templates(&self.overrides)?)
    }

    /// Renders it and returns one file's text.
    pub(super) fn file(&self, path: &str) -> String {
        let files = self.files();
        match files.iter().find(|file| file.path == path).map(|file| &file.content) {
            Some(OutContent::Text(text)) => text.clone(),
            other => panic!("{path}: {other:?} of {:?}", files.iter().map(|file| &file.path).collect::<Vec<_>>()),
        }
    }
}

/// Knows any file by its name: `wide.png` is an image, `clip.mp4` a video, `gone…` isn't there.
struct Shelf;

impl MediaLibrary for Shelf {
    fn look(&self, path: &str) -> Result<MediaInfo, MediaProblem> {
        let (kind, width, height) = match path.rsplit('.').next() {
            Some("mp4") => (MediaKind::Mp4, 0, 0),
            Some("png") if !path.contains("gone") => (MediaKind::Png, 1600, 900),
            _ => return Err(MediaProblem::Missing { near: None }),
        };
        Ok(MediaInfo { kind, bytes: 1000, width, height, clip: None })
    }

    fn digest(&self, path: &str) -> Option<String> {
        Some(format!("digest of {}", path.rsplit('/').next()?))
    }
}

/// Returns no place in particular.
pub(super) fn span() -> Span {
    Span::new(FileId(0), 0..0)
}

/// Makes a draft of one part.
pub(super) fn draft(id: &str, title: Option<&str>, rich: Vec<Block>) -> Draft {
    Draft {
        post: PostId::new(id),
        account: AccountId::new("home"),
        network: SITE,
        title: title.map(str::to_owned),
        language: None,
        tags: Vec::new(),
        parts: vec![part(rich)],
        poll: None,
        reply_to: None,
        quote: None,
        boost: None,
        options: Options::default(),
    }
}

/// Makes a part of a draft.
pub(super) fn part(rich: Vec<Block>) -> DraftPart {
    let media =
        masthead::model::Part { blocks: rich.clone().into(), span: span() }.media().into_iter().cloned().collect();
    let text = rich.iter().map(words).collect::<Vec<_>>().join("\n\n");
    DraftPart { text: Flat { text, ..Flat::default() }, rich: rich.into(), media, beside: 0, span: span() }
}

fn words(block: &Block) -> String {
    match block {
        Block::Paragraph { content, .. } | Block::Heading { content, .. } => content.iter().map(word).collect(),
        Block::Code { text, .. } | Block::Html { text, .. } => text.clone(),
        Block::Quote { blocks, .. } => blocks.iter().map(words).collect(),
        Block::List { items, .. } => items.iter().flatten().map(words).collect::<Vec<_>>().join("\n"),
        Block::Table { .. } | Block::Rule { .. } => String::new(),
    }
}

fn word(inline: &Inline) -> String {
    match inline {
        Inline::Text { text, .. } | Inline::Code { text, .. } | Inline::Html { text, .. } => text.clone(),
        Inline::Emphasis(content)
        | Inline::Strong(content)
        | Inline::Strike(content)
        | Inline::Link { content, .. } => content.iter().map(word).collect(),
        Inline::Person { person, .. } => person.name.clone(),
        Inline::Mention { handle, .. } => format!("@{handle}"),
        Inline::Tag { tag, .. } => format!("#{tag}"),
        Inline::Media(_) => String::new(),
        Inline::SoftBreak | Inline::HardBreak => "\n".to_owned(),
    }
}

/// Makes text.
pub(super) fn text(text: &str) -> Inline {
    Inline::Text { text: text.to_owned(), span: span() }
}

/// Makes a paragraph of text.
pub(super) fn paragraph(words: &str) -> Block {
    content(vec![text(words)])
}

/// Makes a paragraph.
pub(super) fn content(content: Vec<Inline>) -> Block {
    Block::Paragraph { content, span: span() }
}

/// Makes a heading.
pub(super) fn heading(level: u8, words: &str) -> Block {
    Block::Heading { level, content: vec![text(words)], span: span() }
}

/// Makes a link.
pub(super) fn link(url: &str, content: Vec<Inline>) -> Inline {
    Inline::Link { url: url.to_owned(), content, bare: false, span: span() }
}

/// Makes an image or video.
pub(super) fn media(path: &str, alt: &str) -> Inline {
    let source = if path.contains("://") { MediaSource::Url(path.into()) } else { MediaSource::File(path.into()) };
    Inline::Media(Media { source, alt: alt.to_owned(), span: span() })
}

/// Sets a text option of a draft.
pub(super) fn with(mut draft: Draft, key: &'static str, value: &str) -> Draft {
    draft.options.set(key, Spanned::new(OptionValue::Text(value.to_owned()), span()));
    draft
}

/// Makes a post that has one of everything.
pub(super) fn rich() -> Draft {
    let item = |words: &str| vec![paragraph(words)];
    let cells = |words: [&str; 2]| words.map(|word| vec![text(word)]).to_vec();
    let person = masthead::model::Person { key: "mo".into(), name: "Mo <Schino>".into(), handles: BTreeMap::new() };
    let mut draft = draft(
        "one-of-each",
        Some("One of <each> & “more”"),
        vec![
            heading(1, "First"),
            content(vec![
                text("Plain, "),
                Inline::Emphasis(vec![text("soft")]),
                text(", "),
                Inline::Strong(vec![text("loud")]),
                text(", "),
                Inline::Strike(vec![text("gone")]),
                text(", "),
                Inline::Code { text: "a < b && c".into(), span: span() },
                Inline::SoftBreak,
                link("https://acme.example/?a=1&b=\"2\"", vec![text("a link with an image"), media("a/wide.png", "W")]),
                Inline::HardBreak,
                Inline::Person { person: std::sync::Arc::new(person), span: span() },
                Inline::Mention { handle: "somebody@host.example".into(), span: span() },
                Inline::Tag { tag: "Product".into(), span: span() },
                Inline::Html { text: "<script>alert(1)</script>".into(), span: span() },
                link("javascript:alert(1)", vec![text("no script")]),
                link("other.md", vec![text("no path")]),
                link("https://a.example/", vec![Inline::Tag { tag: "product".into(), span: span() }]),
            ]),
            heading(2, "Second"),
            content(vec![media("content/My wide picture.png", "A “wide” picture & <more>")]),
            content(vec![media("content/clip.mp4", "A clip")]),
            content(vec![link("https://a.example/", vec![media("content/clip.mp4", "A clip in a link")])]),
            content(vec![media("content/gone.png", "What is gone"), media("https://img.example/x.png", "Far away")]),
            Block::Code { language: Some("rust".into()), text: "fn main() {\n    \"<&>\"\n}\n".into(), span: span() },
            Block::Quote { blocks: vec![paragraph("Quoted"), heading(6, "Deep")], span: span() },
            Block::List { start: None, items: vec![item("one"), item("two")], span: span() },
            Block::List {
                start: Some(3),
                items: vec![
                    vec![paragraph("tight"), Block::List { start: None, items: vec![item("inner")], span: span() }],
                    vec![paragraph("loose"), paragraph("more")],
                    vec![],
                ],
                span: span(),
            },
            Block::Table { head: cells(["a", "b"]), rows: vec![cells(["1", "2"]), cells(["3", "4"])], span: span() },
            Block::Html { text: "<div onclick=x>\n".into(), span: span() },
            Block::Rule { span: span() },
            paragraph("שלום עולם, مرحبا \u{0}\u{1}\u{b}\u{85}\u{fffe}\u{fdd0} end"),
        ],
    );
    draft.tags = vec!["Product".into(), "product".into(), "Schöne Grüße".into(), "日本".into()];
    draft.language = Some("de".into());
    draft.parts.push(part(vec![paragraph("A second part.")]));
    draft
}
