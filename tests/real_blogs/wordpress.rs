//! WordPress.

use crate::{
    fetch,
    proxy::{Fate, Proxy},
    skip, variable,
    workspace::{ALT, COPY, LEASE, Workspace, check_picture, new_word},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::thread;

/// A site that was started for this, and an author there: WordPress filters what authors write.
struct Site {
    url: String,
    user: String,
    password: String,
}

impl Site {
    fn from_environment() -> Option<Self> {
        let Some(url) = variable("MASTHEAD_REAL_WORDPRESS") else {
            skip("wordpress.sh", "MASTHEAD_REAL_WORDPRESS");
            return None;
        };
        let needed = |name: &str| variable(name).unwrap_or_else(|| panic!("{name} goes with MASTHEAD_REAL_WORDPRESS"));
        Some(Self {
            url,
            user: needed("MASTHEAD_REAL_WORDPRESS_AUTHOR"),
            password: needed("MASTHEAD_REAL_WORDPRESS_AUTHOR_PASSWORD"),
        })
    }

    fn call(&self, method: &str, route: &str, query: &str, body: Option<&Value>) -> Value {
        let signed = format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", self.user, self.password)));
        let url = format!("{}/?rest_route=/wp/v2/{route}&{query}", self.url);
        let (status, body) = fetch(&url, method, Some(&signed), body);
        assert!((200..300).contains(&status), "{method} {route}: {status}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{route}: {error}"))
    }

    /// Returns every post whose slug begins with a word, in whatever state but the trash.
    fn posts(&self, word: &str) -> Vec<Value> {
        let found = self.call("GET", "posts", "status=any&context=edit&per_page=100", None);
        let posts = found.as_array().expect("a list").iter();
        posts.filter(|post| post["slug"].as_str().is_some_and(|slug| slug.starts_with(word))).cloned().collect()
    }

    #[track_caller]
    fn only(&self, word: &str) -> Value {
        let mut posts = self.posts(word);
        assert_eq!(posts.len(), 1, "{posts:#?}");
        posts.remove(0)
    }

    fn workspace(&self, way: &Proxy, front: &str, copy: &str) -> Workspace {
        let account = format!(
            "network = \"wordpress\"\nendpoint = \"{}\"\nhandle = \"{}\"\nlanguage = \"en\"\n",
            way.url, self.user
        );
        Workspace::new(&account, &self.password, front, copy)
    }
}

fn front(word: &str) -> String {
    format!(
        "id = \"{word}\"\ntitle = \"The <new> hoodie & more\"\ntags = [\"Hoodies & co\", \"日本\"]\n[wordpress]\n\
         slug = \"{word}\"\nexcerpt = \"Warm <3 & soft\"\ncomments = false\n"
    )
}

#[test]
fn a_post_arrives_whole_and_once() {
    let Some(site) = Site::from_environment() else { return };
    let (way, word) = (Proxy::to(&site.url), new_word("whole"));
    let workspace = site.workspace(&way, &front(&word), COPY);
    workspace.must(&["publish"]);
    let post = site.only(&word);
    assert_eq!((&post["slug"], &post["status"]), (&json!(word), &json!("publish")));
    check_words(&post);
    check_terms(&site, &post);
    check_media(&site, &post);

    way.asked();
    workspace.must(&["publish"]);
    let asked = way.asked();
    assert!(!asked.iter().any(|line| line.starts_with("POST")), "nothing is sent a second time: {asked:?}");

    let edited = COPY.replace("The end.", "The very end.");
    workspace.write(&front(&word), &edited);
    workspace.must(&["update", &word]);
    let asked = way.asked();
    assert!(!asked.iter().any(|line| line.contains("media") && line.starts_with("POST")), "{asked:?}");
    let post = site.only(&word);
    assert!(rendered(&post).contains("The very end."), "{post:#}");
    assert_eq!(post["status"], "publish");

    // Somebody mends a word on the site. That isn't overwritten, until the file says the same.
    let id = post["id"].to_string();
    let raw = post["content"]["raw"].as_str().expect("as written").replace("The very end.", "The very best end.");
    site.call("POST", &format!("posts/{id}"), "", Some(&json!({ "content": raw })));
    workspace.write(&front(&word), &edited.replace("# Sizes", "# All sizes"));
    let (_, told) = workspace.run(&["update", &word]);
    assert!(told.contains("somebody has changed the post"), "{told}");
    assert!(rendered(&site.only(&word)).contains("The very best end."));
    workspace.write(&front(&word), &edited.replace("The very end.", "The very best end."));
    workspace.must(&["update", &word]);
    assert!(rendered(&site.only(&word)).contains("The very best end."));

    workspace.must(&["retract", &word]);
    assert_eq!(site.posts(&word).len(), 0, "it is in the trash");
}

fn rendered(post: &Value) -> &str {
    post["content"]["rendered"].as_str().expect("a page")
}

fn check_words(post: &Value) {
    let page = rendered(post);
    assert_eq!(post["title"]["rendered"], "The &lt;new&gt; hoodie &amp; more");
    assert_eq!(post["excerpt"]["rendered"], "<p>Warm &lt;3 &amp; soft</p>\n");
    assert_eq!(post["comment_status"], "closed");
    for part in [
        "<strong>hoodie</strong> &amp; more &lt;3:",
        "<a href=\"https://acme.example/hoodie?size=m&amp;colour=black#top\">read</a>",
        "<del>soon</del> <em>now</em>",
        "<code>a &lt; b</code>, &#091;gallery&#093;. #TheSims and a second line",
        "<h2>Sizes</h2>",
        "<li>M, with a <a href=\"https://acme.example/m\">link</a></li>",
        "café 東京 👩‍👩‍👧‍👦",
        "<pre><code class=\"language-rust\">let a = &#091;1&#093;;\n\nlet b = a &lt; 2;\n</code></pre>",
        "<td>2</td>",
    ] {
        assert!(page.contains(part), "{part} is missing from {page}");
    }
    assert!(page.contains("<!-- masthead "), "the mark survives what filters an author: {page}");
    assert!(!page.contains("<p><!--"), "and shows as no gap: {page}");
    assert!(!page.contains("<br"), "a line of the file is no line of the page: {page}");
}

fn check_terms(site: &Site, post: &Value) {
    let name =
        |id: &Value| site.call("GET", &format!("tags/{id}"), "", None)["name"].as_str().expect("a name").to_owned();
    let mut names: Vec<String> = post["tags"].as_array().expect("tags").iter().map(name).collect();
    names.sort();
    assert_eq!(names, ["Hoodies &amp; co", "TheSims", "日本"]);
}

fn check_media(site: &Site, post: &Value) {
    let page = rendered(post);
    let source = |tag: &str| {
        let (_, rest) = page.split_once(tag).unwrap_or_else(|| panic!("no {tag} in {page}"));
        let (tag, _) = rest.split_once('>').expect("a tag that ends");
        let (_, source) = tag.split_once("src=\"").expect("a source");
        (source.split('"').next().expect("an address").to_owned(), tag.to_owned())
    };
    let (image, tag) = source("<img");
    assert!(tag.contains("alt=\"A Sim in a &quot;black&quot; hoodie\""), "{tag}");
    let (status, bytes) = fetch(&image, "GET", None, None);
    assert_eq!(status, 200);
    check_picture(&bytes);
    let (video, _) = source("<video");
    assert!(video.ends_with(".mp4") && fetch(&video, "GET", None, None).0 == 200, "{video}");
    let found = site.call("GET", "media", "per_page=100&context=edit", None);
    let found = found.as_array().expect("a list").iter().find(|upload| upload["source_url"] == image.as_str());
    assert_eq!(found.expect("the image is in the library")["alt_text"], ALT);
}

#[test]
fn the_featured_image_is_not_in_the_text() {
    let Some(site) = Site::from_environment() else { return };
    let (way, word) = (Proxy::to(&site.url), new_word("featured"));
    let front = format!("{}featured_image = \"hoodie.png\"\n", front(&word));
    site.workspace(&way, &front, &format!("Look!\n\n![{ALT}](hoodie.png)\n")).must(&["publish"]);
    let post = site.only(&word);
    assert!(!rendered(&post).contains("<img"), "{post:#}");
    let image = site.call("GET", &format!("media/{}", post["featured_media"]), "", None);
    assert_eq!(image["alt_text"], ALT);
}

#[test]
fn a_lost_answer_makes_one_post() {
    let Some(site) = Site::from_environment() else { return };
    for (place, words) in [
        ("lookup", vec!["GET /?rest_route=/wp/v2/posts"]),
        ("upload", vec!["POST /?rest_route=/wp/v2/media"]),
        ("draft", vec!["POST /?rest_route=/wp/v2/posts", "\"draft\""]),
        ("publish", vec!["POST /?rest_route=/wp/v2/posts", "\"publish\""]),
    ] {
        let (way, word) = (Proxy::to(&site.url), new_word(place));
        let workspace = site.workspace(&way, &front(&word), COPY);
        way.trap(&words, Fate::Lost);
        let (_, first) = workspace.run(&["publish"]);
        assert!(way.has_caught(), "{place}: {first}");
        let told = workspace.publish_in_the_end();
        let post = site.only(&word);
        assert_eq!((&post["slug"], &post["status"]), (&json!(word), &json!("publish")), "{place}: {first}\n{told}");
    }
}

#[test]
fn a_publisher_that_is_killed_makes_one_post() {
    let Some(site) = Site::from_environment() else { return };
    let mut killed = Vec::new();
    for (place, word_of_status) in [("killed-draft", "\"draft\""), ("killed-publish", "\"publish\"")] {
        let (way, word) = (Proxy::to(&site.url), new_word(place));
        let workspace = site.workspace(&way, &front(&word), COPY);
        way.trap(&["POST /?rest_route=/wp/v2/posts", word_of_status], Fate::Held);
        workspace.publish_until(|| way.holds());
        killed.push((way, word, workspace));
    }
    thread::sleep(LEASE);
    for (_way, word, workspace) in killed {
        let told = workspace.must(&["publish"]);
        let post = site.only(&word);
        assert_eq!((&post["slug"], &post["status"]), (&json!(word), &json!("publish")), "{told}");
    }
}

#[test]
fn an_address_of_somebody_else_is_left_alone() {
    let Some(site) = Site::from_environment() else { return };
    let (way, word) = (Proxy::to(&site.url), new_word("theirs"));
    let theirs = json!({ "title": "Theirs", "content": "<p>Theirs</p>", "slug": word, "status": "draft" });
    site.call("POST", "posts", "", Some(&theirs));
    let (_, told) = site.workspace(&way, &front(&word), COPY).run(&["publish"]);
    assert!(told.contains("belongs to something else"), "{told}");
    let post = site.only(&word);
    assert_eq!((&post["title"]["raw"], &post["status"]), (&json!("Theirs"), &json!("draft")));
}

#[test]
fn the_account_is_looked_at() {
    let Some(site) = Site::from_environment() else { return };
    let (way, word) = (Proxy::to(&site.url), new_word("doctor"));
    let told = site.workspace(&way, &front(&word), COPY).run(&["doctor"]).1;
    assert!(told.contains("author at localhost"), "{told}");
}
