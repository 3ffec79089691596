//! The site's files: valid, linked, the same each time.

mod feeds;
mod fixture;
pub(crate) mod html;
mod tour;

use fixture::{Fixture, content, draft, heading, link, media, paragraph, rich, text, with};
use masthead::{
    model::{PostId, Reference, Timestamp},
    report::site::{Elsewhere, OutContent},
};
use std::collections::BTreeSet;

/// Makes a site with everything in it.
fn full() -> Fixture {
    let mut site = Fixture::new()
        .option("description", "News & <notes>")
        .post(0, draft("note", None, vec![paragraph("A note."), content(vec![media("wide.png", "Wide")])]))
        .post(1, rich())
        .post(2, draft("tag-only", Some("Tagged"), vec![paragraph("x")]))
        .post(3, draft("reply", None, vec![paragraph("Yes")]))
        .post(4, draft("boost", None, vec![]))
        .post(5, draft("silent", None, vec![]))
        .post(6, draft("long/Path id", None, vec![paragraph(&"word ".repeat(300))]))
        .post(7, with(draft("summed", Some("Summed"), vec![paragraph("Long")]), "summary", "The <sum>"));
    site.posts[2].draft.tags = vec!["PRODUCT".into()];
    site.posts[2].updated = Timestamp::parse("2026-02-01T00:00:00Z");
    site.posts[2].elsewhere = vec![
        Elsewhere { name: "Mastodon".into(), url: "https://m.example/@a/1?x=1&y=2".into() },
        Elsewhere { name: "Odd".into(), url: "javascript:alert(1)".into() },
    ];
    site.posts[3].draft.reply_to = Some(Reference::Post(PostId::new("note")));
    site.posts[3].draft.quote = Some(Reference::Post(PostId::new("never published")));
    site.posts[4].draft.boost = Some(Reference::Url("https://a.example/post/1".into()));
    site
}

/// Makes a site with so many posts.
fn many(count: u64) -> Fixture {
    (0..count).fold(Fixture::new(), |site, n| site.post(n, draft(&format!("p{n}"), None, vec![paragraph("x")])))
}

/// Resolves an address relative to a file, as a browser does on a disk.
fn resolve(from: &str, href: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in href.split('/') {
        match part {
            ".." => assert!(parts.pop().is_some(), "{href} in {from} leads out of the site"),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[track_caller]
fn check_pages(site: &Fixture) {
    let files = site.files();
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths.len(), files.len(), "each path once");
    let mut pages = 0;
    for file in &files {
        let (path, OutContent::Text(text)) = (&file.path, &file.content) else { continue };
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{path} has control characters");
        if !path.ends_with(".html") {
            continue;
        }
        pages += 1;
        let page = html::read(text);
        assert_eq!(page.errors, Vec::<String>::new(), "{path}:\n{text}");
        for name in ["title", "main", "h1"] {
            assert_eq!(page.count(name), 1, "{name} in {path}:\n{text}");
        }
        assert_eq!(page.count("script") + page.count("style"), 0, "{path}");
        for (name, attributes) in &page.elements {
            assert!(!attributes.iter().any(|(key, _)| key == "style" || key.starts_with("on")), "{path}: {name}");
            assert!(name != "img" || attributes.iter().any(|(key, _)| key == "alt"), "{path}: an image without `alt`");
        }
        for href in page.values("src") {
            assert!(!href.contains("://"), "{path} fetches {href}");
        }
        let inner = page.values("href").into_iter().chain(page.values("src"));
        for href in inner.filter(|href| !href.contains(':') && !href.starts_with('#') && path != "404.html") {
            assert!(paths.contains(resolve(path, href).as_str()), "{path} leads to {href}, which is not there");
        }
        let mut last = 1;
        for (name, _) in page.elements.iter().filter(|(name, _)| name.len() == 2 && name.starts_with('h')) {
            let Ok(level) = name[1..].parse::<u8>() else { continue };
            assert!(level <= last + 1, "{path}: {name} after h{last}");
            last = level;
        }
    }
    assert!(pages > 0);
}

#[test]
fn every_page_is_valid_and_every_link_leads_to_a_file() {
    check_pages(&full());
    check_pages(&full().option("url", "https://acme.example/news/"));
}

#[test]
fn a_site_without_posts_says_so() {
    let site = Fixture::new();
    check_pages(&site);
    assert!(site.file("index.html").contains("Nothing is published yet"));
}

#[test]
fn the_index_has_pages_of_twenty() {
    let site = many(41);
    check_pages(&site);
    let entries = |path| html::read(&site.file(path)).count("article");
    assert_eq!((entries("index.html"), entries("page/2/index.html"), entries("page/3/index.html")), (20, 20, 1));
    assert!(many(20).files().iter().all(|file| !file.path.starts_with("page/")));
}

#[test]
fn a_tag_has_pages_of_a_hundred() {
    let mut site = many(101);
    site.posts.iter_mut().for_each(|post| post.draft.tags = vec!["news".into()]);
    check_pages(&site);
    let entries = |path| html::read(&site.file(path)).count("li");
    assert_eq!((entries("tags/news/index.html"), entries("tags/news/page/2/index.html")), (100, 1));
}

#[test]
fn the_same_values_make_the_same_bytes_in_any_order() {
    let site = full();
    let mut turned = full();
    turned.posts.reverse();
    assert_eq!(site.files(), turned.files());
}

#[test]
fn markup_in_copy_is_text() {
    let site = full();
    for path in ["posts/one-of-each/index.html", "index.html", "feed.xml"] {
        let text = site.file(path);
        assert!(!text.contains("<script") && !text.contains("javascript:") && !text.contains("onclick=x>\n"), "{path}");
    }
    assert!(site.file("posts/one-of-each/index.html").contains("&lt;script&gt;alert(1)"));
}

#[test]
fn media_are_copied_under_names_that_follow_their_content() {
    let site = full();
    let media: Vec<(String, String)> = site
        .files()
        .into_iter()
        .filter_map(|file| match file.content {
            OutContent::Media { source } => Some((file.path, source)),
            OutContent::Text(_) => None,
        })
        .collect();
    assert_eq!(media.len(), 3, "{media:?}");
    assert!(
        media.iter().any(|(path, source)| path.ends_with("-my-wide-picture.png") && source.starts_with("content/"))
    );
    // `a/wide.png` and `wide.png` hold the same.
    assert_eq!(media.iter().filter(|(path, _)| path.ends_with("-wide.png")).count(), 1);
    let page = site.file("posts/one-of-each/index.html");
    assert!(page.contains("What is gone"), "the description stands in for what isn't there");
    assert!(page.contains("width=\"1600\" height=\"900\""));
    assert!(page.contains("<a href=\"https://img.example/x.png\">Far away</a>"));
}

#[test]
fn a_post_names_what_it_refers_to_and_where_else_it_is() {
    let site = full();
    let reply = site.file("posts/reply/index.html");
    assert!(reply.contains("In reply to") && reply.contains("<a href=\"../../posts/note/index.html\">A note.</a>"));
    assert!(reply.contains("Quoting") && reply.contains("a post that is not on this site"));
    let boost = site.file("posts/boost/index.html");
    assert!(boost.contains("<a href=\"https://a.example/post/1\">a.example/post/1</a>"), "{boost}");
    assert!(boost.contains("<title>Passed on: a.example/post/1 · Acme &amp; Söhne</title>"), "{boost}");
    let tagged = site.file("posts/tag-only/index.html");
    assert!(tagged.contains("href=\"https://m.example/@a/1?x=1&amp;y=2\"") && !tagged.contains("Odd"));
    assert!(tagged.contains("updated <time datetime=\"2026-02-01T01:00:00+01:00\">1 February 2026</time>"));
}

#[test]
fn tags_that_differ_in_case_alone_share_a_page() {
    let page = full().file("tags/product/index.html");
    assert_eq!(html::read(&page).count("li"), 2, "{page}");
}

#[test]
fn posts_never_share_a_page() {
    let mut site = many(3);
    site.posts[0].remote.id = "same".into();
    site.posts[1].remote.id = "same".into();
    site.posts[2].remote.id = "../../etc/passwd".into();
    let paths: Vec<String> =
        site.files().into_iter().map(|file| file.path).filter(|p| p.starts_with("posts/")).collect();
    assert_eq!(paths.len(), 3, "{paths:?}");
    assert!(paths.contains(&"posts/same/index.html".to_owned()) && paths.contains(&"posts/p2/index.html".to_owned()));
    check_pages(&site);
}

#[test]
fn the_body_begins_with_the_second_level_of_headings() {
    let post = draft(
        "p",
        Some("T"),
        vec![heading(3, "Outer"), heading(4, "Inner"), content(vec![link("#x", vec![text("y")])])],
    );
    let page = Fixture::new().post(0, post).file("posts/p/index.html");
    assert!(page.contains("<h2>Outer</h2>\n<h3>Inner</h3>"), "{page}");
}

#[test]
fn a_workspace_may_replace_templates() {
    let site = many(1)
        .template("site/_tags.html", "{% include 'site/_mine.html' %}")
        .template("site/_mine.html", "<p>mine: {{ entry.heading }}</p>")
        .template("site/style.css", "a{color:{{red}}")
        .template("preview/page.html", "{% not ours");
    assert!(site.file("posts/p0/index.html").contains("<p>mine: x</p>"));
    assert_eq!(site.file("style.css"), "a{color:{{red}}");
}

#[track_caller]
fn check_mistake(name: &str, text: &str, expect: &str, help: &str) {
    let error = many(1).option("url", "https://a.example").template(name, text).render().expect_err("a mistake");
    assert_eq!((error.to_string().as_str(), error.help.as_deref().unwrap_or_default()), (expect, help));
}

#[test]
fn a_mistake_in_a_template_is_shown_where_it_is() {
    check_mistake("site/post.html", "a\n{% if %}", "`templates/site/post.html`, line 2: unexpected end of block", "");
    check_mistake(
        "site/post.html",
        "a\n{{ entry.titel }}",
        "`templates/site/post.html`, line 2: `entry.titel` is undefined",
        "compare the names with the template that this one replaces, or test with `is defined`",
    );
    check_mistake(
        "site/_tags.html",
        "a\n\n{{ entry.tags|sorted }}",
        "`templates/site/_tags.html`, line 3: filter sorted is unknown",
        "",
    );
    check_mistake(
        "site/index.html",
        "{% include 'site/_none.html' %}",
        "`templates/site/index.html`, line 1: tried to include non-existing template 'site/_none.html'",
        "",
    );
}

#[test]
fn a_template_that_nothing_uses_is_a_mistake() {
    check_mistake(
        "site/psot.html",
        "x",
        "`templates/site/psot.html`: the site has no template of this name",
        "rename it to `templates/site/post.html`, or begin its name with `_` if others include it",
    );
    check_mistake(
        "site/about-us.html",
        "x",
        "`templates/site/about-us.html`: the site has no template of this name",
        "begin its name with `_` if other templates include it, or delete it",
    );
}

#[test]
fn a_template_without_end_is_stopped() {
    check_mistake(
        "site/404.html",
        "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}",
        "`templates/site/404.html`, line 1: engine ran out of fuel",
        "make its loops shorter: a page may take only so many steps",
    );
}
