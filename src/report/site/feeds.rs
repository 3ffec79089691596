use super::{Base, Pages, Site, SiteView, view::EntryView};
use crate::{model::Timestamp, report::TemplateError};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// How many posts the feeds hold, from the newest.
const MOST: usize = 50;

#[derive(Serialize)]
struct AtomContext<'a> {
    site: &'a SiteView,
    feed: FeedView,
    entries: Vec<EntryView>,
}

#[derive(Serialize)]
struct EntryContext<'a> {
    entry: &'a EntryView,
}

#[derive(Serialize)]
struct FeedView {
    id: String,
    updated: String,
    home: String,
    atom: String,
    version: &'static str,
}

/// Makes the Atom feed (RFC 4287).
///
/// Without the site's own address its links are relative to the feed, which the standard allows; ids are absolute always.
pub(super) fn atom(pages: &Pages<'_>, input: &Site<'_>) -> Result<String, TemplateError> {
    let base = Base::feed(pages.url);
    // With no post yet, the ledger's beginning is the last that happened.
    let begun = input.genesis.map_or(Timestamp::EPOCH, |genesis| genesis.created);
    let updated = (0..pages.entries.len()).map(|place| pages.entries.changed(place)).max().unwrap_or(begun);
    let context = AtomContext {
        site: &pages.site,
        feed: FeedView {
            id: pages.entries.permanent_id(""),
            updated: updated.rfc3339_in(input.config.zone),
            home: base.folder(""),
            atom: base.file("feed.xml"),
            version: env!("CARGO_PKG_VERSION"),
        },
        entries: entries(pages, &base)?,
    };
    pages.templates.render("site/feed.xml", &context)
}

/// Makes the JSON Feed (version 1.1).
pub(super) fn json(pages: &Pages<'_>, input: &Site<'_>) -> Result<String, TemplateError> {
    let base = Base::feed(pages.url);
    let site = &pages.site;
    let mut feed = Map::new();
    feed.insert("version".to_owned(), json!("https://jsonfeed.org/version/1.1"));
    feed.insert("title".to_owned(), json!(site.title));
    if pages.url.is_some() {
        feed.insert("home_page_url".to_owned(), json!(base.folder("")));
        feed.insert("feed_url".to_owned(), json!(base.file("feed.json")));
    }
    if let Some(description) = &site.description {
        feed.insert("description".to_owned(), json!(description));
    }
    feed.insert("language".to_owned(), json!(site.language));
    feed.insert("authors".to_owned(), json!([{ "name": site.author }]));
    let items = entries(pages, &base)?.into_iter().map(|entry| item(entry, pages.url.is_some(), input)).collect();
    feed.insert("items".to_owned(), Value::Array(items));
    let mut text = serde_json::to_string_pretty(&feed).expect("a map of strings and lists is JSON");
    text.push('\n');
    Ok(text)
}

fn item(entry: EntryView, absolute: bool, input: &Site<'_>) -> Value {
    let mut item = Map::new();
    item.insert("id".to_owned(), json!(entry.id));
    if absolute {
        item.insert("url".to_owned(), json!(entry.href));
    }
    if let Some(title) = entry.title {
        item.insert("title".to_owned(), json!(title));
    }
    item.insert("content_html".to_owned(), json!(entry.feed_html));
    if !entry.summary.is_empty() {
        item.insert("summary".to_owned(), json!(entry.summary));
    }
    if let Some(image) = entry.image.filter(|_| absolute) {
        item.insert("image".to_owned(), json!(image.src));
    }
    item.insert("date_published".to_owned(), json!(entry.published.machine));
    if let Some(updated) = entry.updated {
        item.insert("date_modified".to_owned(), json!(updated.machine));
    }
    if !entry.tags.is_empty() {
        let tags: Vec<String> = entry.tags.into_iter().map(|tag| tag.name).collect();
        item.insert("tags".to_owned(), json!(tags));
    }
    item.insert("language".to_owned(), json!(entry.language.as_deref().unwrap_or(super::language(input))));
    Value::Object(item)
}

fn entries(pages: &Pages<'_>, base: &Base) -> Result<Vec<EntryView>, TemplateError> {
    (0..pages.entries.len().min(MOST))
        .map(|place| {
            let mut entry = pages.entries.whole(place, base);
            let html = pages.templates.render("site/_feed.html", EntryContext { entry: &entry })?;
            html.trim().clone_into(&mut entry.feed_html);
            Ok(entry)
        })
        .collect()
}
