use super::{
    Site, SitePost, body, language,
    paths::{Base, post_folder, tag_folder},
    view::{DateView, EntryView, ImageView, LinkView, ReferenceView, TagView},
};
use crate::{
    model::{Media, MediaInfo, MediaSource, PostId, Reference, Timestamp},
    network::{is_slug, slug_of, tag_slug},
    text::{Unit, count, excerpt, is_web},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
};

/// The longest summary, in characters.
const SUMMARY: usize = 280;

/// The longest text that a list shows whole, in characters, if the post has no title.
const NOTE: usize = 700;

/// The longest stand-in for a title, in characters.
const HEADING: usize = 72;

/// The posts of a site, newest first, with what they share: addresses, tags and media.
pub(super) struct Entries<'a> {
    input: &'a Site<'a>,
    entries: Vec<Entry<'a>>,
    places: HashMap<&'a PostId, usize>,
    tags: BTreeMap<String, (&'a str, Vec<usize>)>,
    media: BTreeMap<&'a str, File>,
}

struct Entry<'a> {
    post: &'a SitePost<'a>,
    slug: String,
    heading: String,
}

/// An image or video of the site.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// Its path from the site's root.
    pub(super) path: String,
    /// What its header says.
    pub(super) info: MediaInfo,
}

impl<'a> Entries<'a> {
    pub(super) fn new(input: &'a Site<'a>) -> Self {
        let mut posts: Vec<&SitePost<'_>> = input.posts.iter().collect();
        posts.sort_by_key(|post| Reverse((post.published_at, &post.draft.post)));
        let slugs = slugs(&posts);
        let mut all = Self {
            input,
            places: posts.iter().enumerate().map(|(place, post)| (&post.draft.post, place)).collect(),
            entries: Vec::new(),
            tags: BTreeMap::new(),
            media: BTreeMap::new(),
        };
        for (place, (post, slug)) in posts.into_iter().zip(slugs).enumerate() {
            for tag in &post.draft.tags {
                let (_, places) = all.tags.entry(tag_slug(tag)).or_insert((tag.as_str(), Vec::new()));
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
            for media in post.draft.parts.iter().flat_map(|part| &part.media) {
                all.add_media(media);
            }
            all.entries.push(Entry { post, slug, heading: String::new() });
        }
        // A boost is headed by what it passes on, so the headings of others must be known: those that stand alone first.
        for boosts in [false, true] {
            for place in 0..all.entries.len() {
                if all.entries[place].post.draft.boost.is_some() == boosts {
                    all.entries[place].heading = all.heading(place);
                }
            }
        }
        all
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn slug(&self, place: usize) -> &str {
        &self.entries[place].slug
    }

    /// Iterates over tags by slug: the slug, the name as the newest post writes it, and the posts.
    pub(super) fn tags(&self) -> impl Iterator<Item = (&str, &str, &[usize])> {
        self.tags.iter().map(|(slug, (name, places))| (slug.as_str(), *name, places.as_slice()))
    }

    /// Iterates over the images and videos: the path from the site's root, and the source from the workspace's.
    pub(super) fn media(&self) -> impl Iterator<Item = (&str, &str)> {
        // Two copies of a file are one: their names come from what is in them.
        let mut seen = BTreeSet::new();
        self.media
            .iter()
            .filter(move |(_, file)| seen.insert(file.path.as_str()))
            .map(|(source, file)| (file.path.as_str(), *source))
    }

    /// Returns the image or video that copy names, if the commit has it.
    pub(super) fn file(&self, media: &Media) -> Option<&File> {
        match &media.source {
            MediaSource::File(path) => self.media.get(path.as_str()),
            MediaSource::Url(_) => None,
        }
    }

    /// Returns a post's address and what to call it.
    pub(super) fn link(&self, place: usize, base: &Base) -> (String, String) {
        let entry = &self.entries[place];
        (base.folder(&post_folder(&entry.slug)), entry.heading.clone())
    }

    /// Returns a post with all that it says.
    pub(super) fn whole(&self, place: usize, base: &Base) -> EntryView {
        EntryView { html: self.html(place, base), ..self.named(place, base) }
    }

    /// Returns a post as the index shows it: short ones without a title whole, the others by their summary.
    pub(super) fn listed(&self, place: usize, base: &Base) -> EntryView {
        let entry = self.named(place, base);
        let draft = self.entries[place].post.draft;
        let text: usize = draft.parts.iter().map(|part| part.text.text.chars().count()).sum();
        let short =
            draft.title.is_none() && text <= NOTE && !draft.parts.iter().any(|part| body::has_heading(&part.rich));
        if short && draft.options.text("summary").is_none() {
            return EntryView { html: self.html(place, base), more: false, ..entry };
        }
        entry
    }

    /// Returns a post without what it says.
    pub(super) fn named(&self, place: usize, base: &Base) -> EntryView {
        let Entry { post, slug, heading } = &self.entries[place];
        let (draft, zone) = (post.draft, self.input.config.zone);
        let (summary, more) = match draft.options.text("summary").map(str::trim).filter(|text| !text.is_empty()) {
            Some(summary) => (summary.to_owned(), true),
            None => {
                let text = plain(draft);
                (excerpt(&text, SUMMARY), count(&text, Unit::Graphemes) > SUMMARY as u64)
            }
        };
        EntryView {
            id: self.permanent_id(draft.post.as_str()),
            href: base.folder(&post_folder(slug)),
            title: draft.title.clone(),
            heading: heading.clone(),
            summary,
            more,
            html: String::new(),
            feed_html: String::new(),
            language: draft.language.clone().filter(|language| language != self::language(self.input)),
            published: DateView::new(post.published_at, zone),
            updated: self.updated(place).map(|at| DateView::new(at, zone)),
            tags: tags(&draft.tags, base),
            image: self.picture(place, base),
            references: self.references(place, base),
            elsewhere: post.elsewhere.iter().filter_map(|other| web_link(&other.url, &other.name)).collect(),
        }
    }

    /// Returns when a post was last changed, if that was after it was published.
    pub(super) fn updated(&self, place: usize) -> Option<Timestamp> {
        let post = self.entries[place].post;
        post.updated_at.filter(|at| *at > post.published_at)
    }

    /// Returns when a post was published or last changed.
    pub(super) fn changed(&self, place: usize) -> Timestamp {
        self.updated(place).unwrap_or(self.entries[place].post.published_at)
    }

    /// Returns the first picture of a post.
    pub(super) fn picture(&self, place: usize, base: &Base) -> Option<ImageView> {
        let media = self.entries[place].post.draft.parts.iter().flat_map(|part| &part.media);
        media.filter_map(|media| self.file(media)).find(|file| !file.info.kind.is_video()).map(|file| ImageView {
            src: base.file(&file.path),
            width: file.info.width,
            height: file.info.height,
        })
    }

    /// Returns an id that is the same for ever, whatever the site's address is: a UUID of the ledger's id and the name.
    pub(super) fn permanent_id(&self, name: &str) -> String {
        let ledger = self.input.genesis.map_or("", |genesis| genesis.id.as_str());
        let mut hasher = blake3::Hasher::new();
        for text in ["masthead site", ledger, self.input.account.id.as_str(), name] {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        // RFC 9562, version 8: the bits are ours.
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    fn html(&self, place: usize, base: &Base) -> String {
        body::html(self, self.entries[place].post.draft, base)
    }

    fn add_media(&mut self, media: &'a Media) {
        let MediaSource::File(source) = &media.source else { return };
        if self.media.contains_key(source.as_str()) {
            return;
        }
        // What is missing or damaged is `check`'s to tell: the page shows its description instead.
        let Ok(info) = self.input.media.look(source) else { return };
        let content = self.input.media.digest(source).unwrap_or_else(|| source.clone());
        let digest = blake3::hash(content.as_bytes()).to_hex();
        let name = source.rsplit('/').next().unwrap_or(source);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let stem = stem.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let stem: String = stem.trim_matches('-').chars().take(40).collect();
        let path = format!("media/{}-{stem}.{}", &digest[..10], info.kind.extension()).replace("-.", ".");
        self.media.insert(source, File { path, info });
    }

    fn heading(&self, place: usize) -> String {
        let post = self.entries[place].post;
        let line = plain(post.draft);
        let line = line.lines().map(str::trim).find(|line| !line.is_empty());
        match (&post.draft.title, line, &post.draft.boost) {
            (Some(title), _, _) => title.clone(),
            (None, _, Some(boost)) => format!("Passed on: {}", excerpt(&self.target(boost).1, HEADING)),
            (None, Some(line), None) => excerpt(line, HEADING),
            (None, None, None) => {
                format!("Post of {}", DateView::new(post.published_at, self.input.config.zone).day)
            }
        }
    }

    fn references(&self, place: usize, base: &Base) -> Vec<ReferenceView> {
        let draft = self.entries[place].post.draft;
        [("In reply to", &draft.reply_to), ("Quoting", &draft.quote), ("Passed on", &draft.boost)]
            .into_iter()
            .filter_map(|(label, reference)| Some((label, reference.as_ref()?)))
            .map(|(label, reference)| {
                let (at, text) = self.target(reference);
                let href = match at {
                    Some(Target::Here(place)) => Some(self.link(place, base).0),
                    Some(Target::Web(url)) => Some(body::address(url)),
                    None => None,
                };
                ReferenceView { label, href, text }
            })
            .collect()
    }

    /// Returns where a reference leads, if anywhere, and what to call it.
    fn target<'r>(&self, reference: &'r Reference) -> (Option<Target<'r>>, String) {
        match reference {
            Reference::Post(id) => match self.places.get(id) {
                Some(place) => {
                    let heading = self.entries[*place].heading.clone();
                    (Some(Target::Here(*place)), if heading.is_empty() { id.to_string() } else { heading })
                }
                None => (None, "a post that is not on this site".to_owned()),
            },
            Reference::Url(url) => {
                let shown =
                    excerpt(url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).trim_end_matches('/'), 80);
                (is_web(url).then_some(Target::Web(url)), shown)
            }
        }
    }
}

/// Where a reference leads.
enum Target<'a> {
    Here(usize),
    Web(&'a str),
}

/// Returns the last part of each post's address: the receipt's, unless it is unfit or an older post has it.
fn slugs(newest_first: &[&SitePost<'_>]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut slugs: Vec<String> = newest_first
        .iter()
        .rev()
        .map(|post| {
            let known = post.remote.id.as_str();
            let slug = if is_slug(known) { known.to_owned() } else { slug_of(&post.draft.post, None) };
            let slug = if taken.contains(&slug) { slug_of(&post.draft.post, Some(&format!("{slug} "))) } else { slug };
            taken.insert(slug.clone());
            slug
        })
        .collect();
    slugs.reverse();
    slugs
}

/// Returns all that a draft says, as lines.
fn plain(draft: &crate::network::Draft) -> String {
    draft.parts.iter().map(|part| part.text.text.trim()).collect::<Vec<_>>().join("\n\n")
}

fn tags(tags: &[String], base: &Base) -> Vec<TagView> {
    let mut seen = BTreeSet::new();
    tags.iter()
        .filter_map(|tag| {
            let slug = tag_slug(tag);
            let href = base.folder(&tag_folder(&slug));
            seen.insert(slug).then(|| TagView { name: tag.clone(), href })
        })
        .collect()
}

fn web_link(url: &str, text: &str) -> Option<LinkView> {
    is_web(url).then(|| LinkView { href: body::address(url), text: text.to_owned() })
}
