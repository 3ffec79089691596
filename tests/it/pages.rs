//! The pages of the preview: what is on them, that nothing in them can act, and that a workspace may change them.

mod fixture;

use crate::site::html;
use fixture::{CONFIG, Desk, NOW};
use masthead::{
    ledger::{Actor, Event, EventId, Happening, PartKey},
    model::{AccountId, PostId, Remote, Timestamp},
    report::pages::{CalendarPage, Change, Changes, Month, Pages},
};
use std::collections::BTreeMap;

const POST: &str =
    "+++\nto = [\"everywhere\"]\ndate = 2026-11-25T09:00:00\ntitle = \"Hoodies\"\n+++\n\nDress your Sims. #sims\n";

fn one() -> Desk {
    Desk::new(CONFIG, &[("content/hoodie.md", POST)], Vec::new())
}

#[test]
fn every_page_is_sound_html() {
    let mut desk = one();
    for live in [false, true] {
        desk.live = live;
        for (path, text) in desk.all() {
            let page = html::read(&text);
            assert!(page.errors.is_empty(), "{path}: {:?}\n{text}", page.errors);
        }
    }
}

/// What would act if it were taken for a part of the page.
const EVIL: &str = r#"</title><script>alert(1)</script><img src=x onerror=alert(1)> " onload="alert(1)' x='"#;

fn evil() -> Desk {
    let config = CONFIG
        .replace("\"Acme\"", &format!("{EVIL:?}"))
        .replace("\"Acme News\"", &format!("{:?}", format!("News {EVIL}")))
        .replace("handle = \"acme.example\"", &format!("handle = {EVIL:?}"));
    let post = format!(
        r##"+++
id = {EVIL:?}
to = ["everywhere", {EVIL:?}]
date = 2026-11-25T09:00:00
title = {EVIL:?}
campaign = {EVIL:?}
tags = [{EVIL:?}]
hashtags = ["<script>alert(1)</script>"]
language = "en"

[mastodon]
content_warning = {EVIL:?}
{EVIL:?} = {EVIL:?}

[sky]
card_title = {EVIL:?}
card_description = {EVIL:?}
card_url = "javascript:alert(1)"

[poll]
options = [{EVIL:?}, "b"]
duration = "1d"
+++

{EVIL} [link](javascript:alert(1)) [data](data:text/html,<script>alert(1)</script>) <javascript:alert(1)>
https://acme.example/"onload="alert(1) #{EVIL} @{EVIL}

<script>alert(1)</script>

![{EVIL}](<{EVIL}.jpg>) ![" onload="alert(1)](a.jpg) ![x](javascript:alert(1))

---

`</code><script>alert(1)</script>`

```"onload="alert(1)
</pre><script>alert(1)</script>
```

# @home

# {EVIL}

| {EVIL} | b |
| --- | --- |
| <script>alert(1)</script> | [x](javascript:alert(1)) |

![{EVIL}](a.jpg)
"##
    );
    let plain = post.replace(&format!("id = {EVIL:?}\n"), "").replace(&format!(", {EVIL:?}]\ndate"), "]\ndate");
    let path = format!("content/{}.md", EVIL.replace('/', "-"));
    let mut desk = Desk::new(
        &config,
        &[(&path, &post), ("content/plain.md", &plain), ("content/broken.md", &format!("+++\n{EVIL}\n+++\n{EVIL}"))],
        vec![event(EVIL)],
    );
    desk.notice = Some(EVIL.to_owned());
    let mut changes = Changes { base: EVIL.to_owned(), removed: vec![EVIL.to_owned()], ..Changes::default() };
    changes.posts.insert(PostId::new("plain"), Change::New);
    desk.changes = Some(changes);
    desk
}

/// Something that a network said of a post.
fn event(said: &str) -> Event {
    Event {
        id: EventId("1".to_owned()),
        key: PartKey { post: PostId::new("plain"), account: AccountId::new("brand"), part: 1 },
        of: None,
        at: Timestamp::parse(NOW).expect("a time"),
        by: Actor { run: said.to_owned(), version: "0".to_owned(), person: Some(said.to_owned()) },
        what: Happening::Receipt {
            remote: Remote { id: said.to_owned(), url: Some(format!("javascript:{said}")), ..Remote::default() },
            commit: said.to_owned(),
            digest: said.to_owned(),
            excerpt: said.to_owned(),
            parts: 1,
            via: said.to_owned(),
            media: BTreeMap::new(),
        },
    }
}

#[test]
fn nothing_that_was_written_can_act() {
    let mut desk = evil();
    for live in [false, true] {
        desk.live = live;
        for (path, text) in desk.all() {
            let page = html::read(&text);
            assert!(page.errors.is_empty(), "{path}: {:?}", page.errors);
            for (name, attributes) in &page.elements {
                let get =
                    |key: &str| attributes.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
                assert!(!matches!(name.as_str(), "iframe" | "object" | "embed" | "base" | "style"), "{path}: <{name}>");
                if name == "script" {
                    let own = if path.contains('/') { "../script.js" } else { "script.js" };
                    assert_eq!(get("src"), Some(own), "{path}");
                }
                for (key, value) in attributes {
                    assert!(
                        !key.starts_with("on") && key != "style" && key != "srcdoc",
                        "{path}: {name} {key}={value}"
                    );
                    if matches!(key.as_str(), "href" | "src" | "action" | "formaction" | "xlink:href") {
                        let scheme = value.split_once(':').map_or("", |(scheme, _)| scheme).to_lowercase();
                        let is_relative = !value.starts_with("//") && scheme.contains(['/', '#', '?']);
                        let is_web = matches!(scheme.as_str(), "http" | "https" | "mailto");
                        assert!(scheme.is_empty() || is_relative || is_web, "{path}: {name} {key}={value}");
                        let fetches = matches!(key.as_str(), "src" | "action") || name == "link";
                        assert!(!fetches || scheme.is_empty(), "{path}: {name} asks somebody else: {value}");
                    }
                }
            }
            assert_eq!(page.count("script"), 1, "{path}");
            assert_eq!(page.count("title"), 1, "{path}");
        }
    }
}

#[test]
fn a_static_page_has_no_form_and_no_token() {
    let desk = one();
    for (path, text) in desk.all() {
        let page = html::read(&text);
        assert!(page.values("content").iter().any(|content| content.starts_with("default-src 'none'")), "{path}");
        assert!(page.values("data-token").is_empty() && page.values("data-live").is_empty(), "{path}");
        assert_eq!((page.values("data-do").len(), page.count("button")), (0, 0), "{path}");
    }
}

#[test]
fn a_served_page_follows_changes_and_takes_edits() {
    let mut desk = one();
    desk.live = true;
    for (path, text) in desk.all() {
        let page = html::read(&text);
        assert_eq!((page.values("data-token"), page.values("data-live")), (vec!["t0ken"], vec!["7"]), "{path}");
        assert_eq!(page.values("data-path"), [path.as_str()]);
        assert!(!text.contains("Content-Security-Policy"), "the header says it: {path}");
    }
    let post = html::read(&desk.post("content/hoodie.md"));
    assert_eq!(post.values("data-do"), ["date", "to", "draft"]);
    assert!(post.values("data-digest").contains(&"d1gest"));
    let calendar = html::read(&desk.calendar("2026-11"));
    assert_eq!(
        (calendar.values("data-do"), calendar.values("data-local")),
        (vec!["date", "new"], vec!["2026-11-25T09:00"])
    );
}

#[test]
fn links_between_pages_lead_somewhere() {
    let desk = one();
    let all = desk.all();
    let known: Vec<&str> = all
        .iter()
        .map(|(path, _)| path.as_str())
        .chain(["style.css", "script.js", "icon.svg", "calendar.ics"])
        .collect();
    for (path, text) in &all {
        let page = html::read(text);
        let ids = page.values("id");
        for href in page.values("href").into_iter().filter(|href| !href.contains("://")) {
            let (file, anchor) = href.split_once('#').unwrap_or((href, ""));
            let target = match file.strip_prefix("../") {
                Some(below) => below.to_owned(),
                None if path.contains('/') && !file.is_empty() => panic!("{path}: {href} has no way up"),
                None => file.to_owned(),
            };
            // The months on both sides have pages of their own when they are asked for.
            let is_month = target.starts_with("calendar/2");
            assert!(target.is_empty() || is_month || known.contains(&target.as_str()), "{path}: {href}");
            assert!(!target.is_empty() || ids.contains(&anchor), "{path}: {href}");
        }
    }
}

#[test]
fn a_post_is_drawn_as_each_network_shows_it() {
    let text = "+++\nto = [\"everywhere\"]\ntitle = \"Hoodies\"\n[sky]\ncard_title = \"A card\"\n+++\n\n\
                See https://www.acme.example/a/very/long/path?with=query and @ana@social.example #sims\n\n---\n\nMore.\n";
    let page = Desk::new(CONFIG, &[("content/a.md", text)], Vec::new()).post("content/a.md");
    let card = |name: &str, next: &str| {
        let start = page.find(&format!("id=\"on-{name}\"")).expect("a card");
        let end = page[start..].find(next).map_or(page.len(), |end| start + end);
        page[start..end].to_owned()
    };
    let (brand, sky, home) =
        (card("brand", "id=\"on-sky\""), card("sky", "id=\"on-home\""), card("home", "id=\"file\""));
    assert!(brand.contains(">acme.example/a/very/long/path?…</a>") && brand.contains(">@ana</span>"), "{brand}");
    assert!(brand.contains("1 address counts 23") && brand.contains("mentions count without their host"), "{brand}");
    assert_eq!(brand.matches("class=\"post\"").count(), 2);
    assert!(sky.contains(">www.acme.example/a/very/long/...</a>") && sky.contains(">A card</a>"), "{sky}");
    assert!(home.contains("Hoodies</h4>") && !home.contains("class=\"counter"), "{home}");
}

#[test]
fn what_is_over_a_limit_is_marked_in_the_text() {
    let text = format!("+++\nto = [\"sky\"]\n+++\n\n{}\n", "word ".repeat(62));
    let page = Desk::new(CONFIG, &[("content/a.md", &text)], Vec::new()).post("content/a.md");
    assert!(page.contains("309 of 300 characters") && page.contains("is-over\">word word</span>"), "{page}");
    assert!(page.contains("text-too-long") && page.contains("id=\"L5\" class=\"source-line has-error\""));
}

#[test]
fn a_secret_is_on_no_page() {
    let secret = format!("ghp_{}", "a1B2c3D4e5".repeat(4).get(..36).expect("long enough"));
    let text =
        format!("+++\nto = [\"everywhere\"]\ntitle = \"{secret}\"\n+++\n\nToken: {secret}\n\n![{secret}](a.jpg)\n");
    let desk = Desk::new(CONFIG, &[("content/a.md", &text)], Vec::new());
    assert!(desk.check().contains("secret-in-text"));
    for (path, text) in desk.all() {
        assert!(!text.contains(&secret), "{path}");
    }
}

#[test]
fn the_calendar_shows_days_states_and_what_has_no_date() {
    let draft = "+++\nto = [\"sky\"]\ndraft = true\n+++\n\nAn idea.\n";
    let desk = Desk::new(CONFIG, &[("content/hoodie.md", POST), ("content/idea.md", draft)], Vec::new());
    let page = desk.calendar("2026-11");
    let day = page.find("data-day=\"2026-11-25\"").expect("a day");
    let next = page.find("data-day=\"2026-11-26\"").expect("the next day");
    let on_day = &page[day..next];
    assert!(on_day.contains("09:00</time>") && on_day.contains("planned") && on_day.contains("Hoodies"), "{on_day}");
    let tray = &page[page.find("id=\"tray\"").expect("a tray")..];
    assert!(tray.contains("An idea.") && tray.contains("draft"), "{tray}");
    assert_eq!(page.matches("data-day=\"").count(), 42);
    let feed = desk.pages().feed(&desk.view(), &desk.on_calendar());
    assert!(feed.contains("DTSTART:20261125T080000Z\r\n") && feed.contains("SUMMARY:Hoodies (planned)\r\n"), "{feed}");
    assert_eq!(feed.matches("BEGIN:VEVENT").count(), 1);
}

#[test]
fn forty_accounts_of_which_the_same_is_to_be_said_are_one_line() {
    let accounts: String = (1..=40)
        .map(|n| {
            format!("\n[accounts.friend-{n}]\nnetwork = \"bluesky\"\nhandle = \"f{n}.example\"\ntoken = \"env:T\"\n")
        })
        .collect();
    let names: Vec<String> = (1..=40).map(|n| format!("\"friend-{n}\"")).collect();
    let config = format!("{CONFIG}friends = [{}]\n{accounts}", names.join(", "));
    let desk = Desk::new(&config, &[("content/a.md", "+++\nto = [\"friends\"]\n+++\n\nHello.\n")], Vec::new());
    assert_eq!(desk.plan().matches("class=\"line\"").count(), 1);
    let post = desk.post("content/a.md");
    assert_eq!((post.matches("class=\"line\"").count(), post.matches("class=\"card\"").count()), (1, 40));
    assert!(!post.contains("<details open>"));
}

#[test]
fn a_workspace_may_replace_templates() {
    let desk = one().template("_card-mastodon.html", "<p>mine: {{ card.account }}</p>");
    assert!(desk.post("content/hoodie.md").contains("<p>mine: brand</p>"));
    let mistake = |name: &str, text: &str| {
        let overrides = BTreeMap::from([(format!("templates/preview/{name}"), text.to_owned())]);
        let pages = Pages::new(&overrides)?;
        let desk = one();
        pages.calendar(&desk.view(), &CalendarPage { month: Month::parse("2026-11").expect("a month"), posts: &[] })
    };
    let check = |name: &str, text: &str, expect: &str| {
        assert_eq!(mistake(name, text).expect_err("a mistake").to_string(), expect);
    };
    check("calendar.html", "a\n{{ pge }}", "`templates/preview/calendar.html`, line 2: `pge` is undefined");
    check("calender.html", "a", "`templates/preview/calender.html`: the preview has no template of this name");
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    check("calendar.html", endless, "`templates/preview/calendar.html`, line 1: engine ran out of fuel");
}
