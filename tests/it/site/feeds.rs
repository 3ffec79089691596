//! The feeds: what their standards ask for.

use super::{Fixture, draft, full, html, many, paragraph};
use roxmltree::{Document, Node};
use serde_json::Value;
use std::collections::BTreeSet;

const ATOM: &str = "http://www.w3.org/2005/Atom";

/// Reads the Atom feed, checks what RFC 4287 asks for, and returns how many entries it has.
#[track_caller]
fn check_atom(site: &Fixture, absolute: bool) -> usize {
    let text = site.file("feed.xml");
    let document = Document::parse(&text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
    let feed = document.root_element();
    assert!(feed.has_tag_name((ATOM, "feed")));
    let entries: Vec<Node<'_, '_>> = feed.children().filter(|node| node.has_tag_name((ATOM, "entry"))).collect();
    let mut ids = BTreeSet::new();
    for node in entries.iter().chain([&feed]) {
        for name in ["id", "title", "updated"] {
            assert!(!child(node, name).is_empty(), "{name}");
        }
        let id = child(node, "id");
        assert!(id.starts_with("urn:uuid:") && id.len() == 45, "{id}");
        assert!(ids.insert(id.to_owned()), "{id} twice");
        assert_rfc3339(child(node, "updated"));
        let links = node.children().filter(|child| child.has_tag_name((ATOM, "link")));
        for href in links.map(|link| link.attribute("href").expect("an address")) {
            assert_eq!(href.starts_with("https://acme.example/news/"), absolute, "{href}");
        }
    }
    assert!(!child(&feed.children().find(|n| n.has_tag_name((ATOM, "author"))).expect("an author"), "name").is_empty());
    let newest = entries.iter().map(|entry| child(entry, "updated")).max();
    assert!(newest.is_none_or(|newest| newest == child(&feed, "updated")), "the feed is as old as its newest entry");
    for entry in &entries {
        assert_rfc3339(child(entry, "published"));
        let content = entry.children().find(|node| node.has_tag_name((ATOM, "content"))).expect("content");
        assert_eq!(content.attribute("type"), Some("html"));
        check_fragment(content.text().unwrap_or_default(), absolute);
    }
    entries.len()
}

/// Reads the JSON Feed, checks what version 1.1 asks for, and returns how many items it has.
#[track_caller]
fn check_json(site: &Fixture, absolute: bool) -> usize {
    let feed: Value = serde_json::from_str(&site.file("feed.json")).expect("JSON");
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert!(feed["title"].is_string());
    assert_eq!(feed["feed_url"].is_string(), absolute);
    let items = feed["items"].as_array().expect("items");
    for item in items {
        assert!(item["id"].as_str().is_some_and(|id| id.starts_with("urn:uuid:")));
        assert_rfc3339(item["date_published"].as_str().expect("a date"));
        assert_eq!(item["url"].is_string(), absolute);
        check_fragment(item["content_html"].as_str().expect("content"), absolute);
    }
    items.len()
}

fn child<'a>(node: &Node<'a, '_>, name: &str) -> &'a str {
    node.children().find(|child| child.has_tag_name((ATOM, name))).and_then(|child| child.text()).unwrap_or_default()
}

#[track_caller]
fn assert_rfc3339(text: &str) {
    assert!(masthead::model::Timestamp::parse(text).is_some(), "{text}");
}

/// Reads the content of an entry, which stands alone in other programs.
#[track_caller]
fn check_fragment(text: &str, absolute: bool) {
    let page = html::read(&format!("<!doctype html><html><head><title>x</title></head><body>{text}</body></html>"));
    assert_eq!(page.errors, Vec::<String>::new(), "{text}");
    for address in page.values("src").into_iter().chain(page.values("href")) {
        assert!(!absolute || address.contains("://"), "{address} is relative");
    }
}

#[test]
fn feeds_are_valid_and_hold_whole_addresses_where_the_sites_is_known() {
    let site = full().option("url", "https://acme.example/news/");
    assert_eq!(check_atom(&site, true), 8);
    assert_eq!(check_json(&site, true), 8);
}

#[test]
fn feeds_are_valid_where_it_is_not() {
    assert_eq!((check_atom(&full(), false), check_json(&full(), false)), (8, 8));
}

#[test]
fn feeds_without_posts_are_valid_and_as_old_as_the_ledger() {
    let site = Fixture::new();
    assert_eq!((check_atom(&site, false), check_json(&site, false)), (0, 0));
    assert!(site.file("feed.xml").contains("<updated>2025-12-31T13:00:00+01:00</updated>"));
}

#[test]
fn feeds_hold_the_newest_fifty() {
    let site = many(60);
    assert_eq!((check_atom(&site, false), check_json(&site, false)), (50, 50));
    assert!(site.file("feed.xml").find("posts/p59/") < site.file("feed.xml").find("posts/p58/"));
}

#[test]
fn ids_outlive_a_change_of_address_title_and_date() {
    let ids = |site: &Fixture| -> Vec<String> {
        let text = site.file("feed.xml");
        text.lines().filter(|line| line.contains("<id>")).map(str::to_owned).collect()
    };
    let one = Fixture::new().post(1, draft("p", Some("A"), vec![paragraph("x")]));
    let other = Fixture::new().option("url", "https://b.example").post(9, draft("p", Some("B"), vec![paragraph("y")]));
    assert_eq!(ids(&one), ids(&other));
}
