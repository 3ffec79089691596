//! The site's files: a page for each post, the index, tags and feeds.
//!
//! Owns how the embedded network looks and what its feeds hold. It is a projection: the same posts, receipts and
//! templates give the same files, byte for byte, wherever and whenever it runs; every date is one of the ledger's. It
//! writes nothing (that is `workspace`) and decides nothing about what is published (that is the ledger). Addresses
//! between pages are relative, so the site works from a disk and below any path of a server. Templates are the
//! program's, with a workspace's `templates/site/` laid over them. Start at [`render`].

mod body;
mod entry;
mod feeds;
mod paths;
mod templates;
mod view;

pub(super) use self::body::top_level;
pub use self::templates::templates;
use self::{
    entry::Entries,
    paths::{Base, page_folder, post_folder, tag_folder},
    view::{EntryView, LinkView, PageView, SiteView},
};
use crate::{
    config::Config,
    ledger::Genesis,
    model::{Account, MediaLibrary, Remote, Timestamp},
    network::{Draft, site},
    report::{TemplateError, Templates},
};
use serde::Serialize;

/// How many posts a page of the index shows.
const PER_PAGE: usize = 20;

/// How many posts a page of a tag names.
const PER_TAG_PAGE: usize = 100;

/// Everything that a site is made from.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The site's account.
    pub account: &'a Account,
    /// The workspace's configuration.
    pub config: &'a Config,
    /// The ledger's first file, from which the feeds' permanent ids come.
    pub genesis: Option<&'a Genesis>,
    /// What is published there, in any order.
    pub posts: &'a [SitePost<'a>],
    /// The images and videos of the commit.
    pub media: &'a dyn MediaLibrary,
}

/// A post that the ledger says is published on the site.
#[derive(Clone, Debug)]
pub struct SitePost<'a> {
    /// What it says now.
    pub draft: &'a Draft,
    /// When its receipt was written.
    pub published_at: Timestamp,
    /// When what it says was last changed, if that was after it was published.
    pub updated_at: Option<Timestamp>,
    /// What the receipt calls it: the id is the last part of its address.
    pub remote: &'a Remote,
    /// Where else it was published.
    pub elsewhere: Vec<Elsewhere>,
}

/// Where else a post was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The network's name for people.
    pub name: String,
    /// The public link.
    pub url: String,
}

/// A file of a site.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutFile {
    /// Its path below the output folder, with `/`.
    pub path: String,
    /// What it holds.
    pub content: OutContent,
}

/// What a file of a site holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutContent {
    /// Text.
    Text(String),
    /// A copy of an image or video.
    Media {
        /// Its path from the workspace's root.
        source: String,
    },
}

/// Makes the files of a site, ordered by path, each path once.
pub fn render(input: &Site<'_>, templates: &Templates) -> Result<Vec<OutFile>, TemplateError> {
    let entries = Entries::new(input);
    let pages = Pages { site: site_view(input), url: site::settings(input.account).url, entries: &entries, templates };
    let mut files = vec![
        text("style.css", templates.plain("site/style.css").to_owned()),
        text("icon.svg", templates.plain("site/icon.svg").to_owned()),
    ];
    pages.index(&mut files)?;
    for place in 0..entries.len() {
        files.push(pages.post(place)?);
    }
    for (slug, name, places) in entries.tags() {
        pages.tag(slug, name, places, &mut files)?;
    }
    if let Some(url) = pages.url {
        files.push(pages.nothing(url)?);
    }
    files.push(text("feed.xml", feeds::atom(&pages, input)?));
    files.push(text("feed.json", feeds::json(&pages, input)?));
    files.extend(entries.media().map(|(path, source)| OutFile {
        path: path.to_owned(),
        content: OutContent::Media { source: source.to_owned() },
    }));
    files.sort();
    Ok(files)
}

fn text(path: impl Into<String>, text: String) -> OutFile {
    OutFile { path: path.into(), content: OutContent::Text(text) }
}

fn site_view(input: &Site<'_>) -> SiteView {
    let settings = site::settings(input.account);
    let name = &input.config.name;
    SiteView {
        title: settings.title.unwrap_or(name).to_owned(),
        description: settings.description.map(str::to_owned),
        author: settings.author.unwrap_or(name).to_owned(),
        language: language(input).to_owned(),
    }
}

/// Returns the language of a site's pages.
fn language<'a>(input: &Site<'a>) -> &'a str {
    input.account.language.as_deref().or(input.config.language.as_deref()).unwrap_or("en")
}

/// Makes pages.
struct Pages<'a> {
    site: SiteView,
    url: Option<&'a str>,
    entries: &'a Entries<'a>,
    templates: &'a Templates,
}

/// What a page of the index or of a tag knows.
#[derive(Serialize)]
struct ListContext<'a> {
    site: &'a SiteView,
    page: PageView,
    /// The tag; none on the index.
    tag: Option<&'a str>,
    entries: Vec<EntryView>,
    /// Which page it is, from 1, and of how many.
    number: usize,
    count: usize,
    newer: Option<String>,
    older: Option<String>,
}

#[derive(Serialize)]
struct PostContext<'a> {
    site: &'a SiteView,
    page: PageView,
    entry: EntryView,
    newer: Option<LinkView>,
    older: Option<LinkView>,
}

#[derive(Serialize)]
struct BareContext<'a> {
    site: &'a SiteView,
    page: PageView,
}

impl Pages<'_> {
    fn index(&self, files: &mut Vec<OutFile>) -> Result<(), TemplateError> {
        let count = self.entries.len().div_ceil(PER_PAGE).max(1);
        for number in 1..=count {
            let places = (number - 1) * PER_PAGE..self.entries.len().min(number * PER_PAGE);
            let (base, list) = self.list("", number, count);
            let entries = places.map(|place| self.entries.listed(place, &base)).collect();
            let page = PageView {
                at_home: number == 1,
                heading: self.site.title.clone(),
                description: self.site.description.clone(),
                ..list.page
            };
            let path = format!("{}index.html", page_folder("", number));
            files.push(text(path, self.templates.render("site/index.html", ListContext { page, entries, ..list })?));
        }
        Ok(())
    }

    fn tag(&self, slug: &str, name: &str, places: &[usize], files: &mut Vec<OutFile>) -> Result<(), TemplateError> {
        let folder = tag_folder(slug);
        let count = places.len().div_ceil(PER_TAG_PAGE);
        for (number, places) in (1..).zip(places.chunks(PER_TAG_PAGE)) {
            let (base, list) = self.list(&folder, number, count);
            let entries = places.iter().map(|place| self.entries.named(*place, &base)).collect();
            let page =
                PageView { heading: name.to_owned(), title: format!("{name} · {}", list.page.title), ..list.page };
            let context = ListContext { page, tag: Some(name), entries, ..list };
            let path = format!("{}index.html", page_folder(&folder, number));
            files.push(text(path, self.templates.render("site/tag.html", context)?));
        }
        Ok(())
    }

    /// Starts a page of a list whose first page is in a folder.
    fn list(&self, first: &str, number: usize, count: usize) -> (Base, ListContext<'_>) {
        let folder = page_folder(first, number);
        let base = Base::page(&folder);
        let page = self.page(&base, &folder, "");
        let title = if number == 1 { page.title } else { format!("{}, page {number}", page.title) };
        let context = ListContext {
            site: &self.site,
            page: PageView { title, ..page },
            tag: None,
            entries: Vec::new(),
            number,
            count,
            newer: (number > 1).then(|| base.folder(&page_folder(first, number - 1))),
            older: (number < count).then(|| base.folder(&page_folder(first, number + 1))),
        };
        (base, context)
    }

    fn post(&self, place: usize) -> Result<OutFile, TemplateError> {
        let folder = post_folder(self.entries.slug(place));
        let base = Base::page(&folder);
        let entry = self.entries.whole(place, &base);
        let feed = Base::feed(self.url);
        let page = PageView {
            description: Some(entry.summary.clone()).filter(|summary| !summary.is_empty()),
            kind: "article",
            image: self.url.and_then(|_| self.entries.picture(place, &feed)).map(|image| image.src),
            ..self.page(&base, &folder, &entry.heading)
        };
        let link = |place| {
            let (href, text) = self.entries.link(place, &base);
            LinkView { href, text }
        };
        let context = PostContext {
            site: &self.site,
            page,
            entry,
            newer: place.checked_sub(1).map(link),
            older: Some(place + 1).filter(|next| *next < self.entries.len()).map(link),
        };
        Ok(text(format!("{folder}index.html"), self.templates.render("site/post.html", &context)?))
    }

    /// Makes the page that servers show for an address that leads nowhere. It may be shown at any address, so it is made
    /// only where the way from the server's root is known.
    fn nothing(&self, url: &str) -> Result<OutFile, TemplateError> {
        let base = Base::anywhere(url);
        let page = PageView { url: None, ..self.page(&base, "404.html", "Not found") };
        Ok(text("404.html", self.templates.render("site/404.html", BareContext { site: &self.site, page })?))
    }

    fn page(&self, base: &Base, folder: &str, heading: &str) -> PageView {
        let site = &self.site.title;
        PageView {
            root: base.root().to_owned(),
            home: match base.folder("") {
                home if home.is_empty() => "./".to_owned(),
                home => home,
            },
            at_home: false,
            title: if heading.is_empty() { site.clone() } else { format!("{heading} · {site}") },
            heading: heading.to_owned(),
            description: None,
            kind: "website",
            url: self.url.map(|_| Base::feed(self.url).folder(folder)),
            image: None,
        }
    }
}
