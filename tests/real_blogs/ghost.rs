//! Ghost.

use crate::{
    fetch,
    proxy::{Fate, Proxy},
    skip, variable,
    workspace::{ALT, COPY, LEASE, Workspace, check_picture, new_word},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac;
use serde_json::{Value, json};
use std::{
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

/// A blog that was started for this.
struct Blog {
    url: String,
    key: String,
}

impl Blog {
    fn from_environment() -> Option<Self> {
        let Some(url) = variable("MASTHEAD_REAL_GHOST") else {
            skip("ghost.sh", "MASTHEAD_REAL_GHOST");
            return None;
        };
        let key = variable("MASTHEAD_REAL_GHOST_KEY").expect("MASTHEAD_REAL_GHOST_KEY goes with MASTHEAD_REAL_GHOST");
        Some(Self { url, key })
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let signed = format!("Ghost {}", self.token());
        let url = format!("{}/ghost/api/admin/{path}", self.url);
        let (status, body) = fetch(&url, method, Some(&signed), body);
        assert!((200..300).contains(&status), "{method} {path}: {status}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn token(&self) -> String {
        let (id, key) = self.key.split_once(':').expect("two parts");
        let byte = |at: usize| u8::from_str_radix(&key[at..at + 2], 16).expect("hexadecimal");
        let key: Vec<u8> = (0..key.len()).step_by(2).map(byte).collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({ "iat": now, "exp": now + 60, "aud": "/admin/" });
        let signed = format!("{}.{}", part(json!({ "alg": "HS256", "typ": "JWT", "kid": id })), part(claims));
        let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes());
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// Returns every post whose slug begins with a word, in whatever state.
    fn posts(&self, word: &str) -> Vec<Value> {
        let found = self.call("GET", "posts/?limit=100&formats=html&include=tags,email", None);
        let posts = found["posts"].as_array().expect("a list").iter();
        posts.filter(|post| post["slug"].as_str().is_some_and(|slug| slug.starts_with(word))).cloned().collect()
    }

    #[track_caller]
    fn only(&self, word: &str) -> Value {
        let mut posts = self.posts(word);
        assert_eq!(posts.len(), 1, "{posts:#?}");
        posts.remove(0)
    }

    fn workspace(&self, way: &Proxy, front: &str, copy: &str) -> Workspace {
        let account = format!("network = \"ghost\"\nendpoint = \"{}\"\nlanguage = \"en\"\n", way.url);
        Workspace::new(&account, &self.key, front, copy)
    }
}

fn front(word: &str) -> String {
    format!(
        "id = \"{word}\"\ntitle = \"The <new> hoodie & more\"\ntags = [\"Hoodies & co\", \"日本\"]\n[ghost]\n\
         slug = \"{word}\"\nexcerpt = \"Warm <3 & soft\"\ncanonical_url = \"https://acme.example/hoodie\"\n\
         visibility = \"members\"\n"
    )
}

#[test]
fn a_post_arrives_whole_and_once() {
    let Some(blog) = Blog::from_environment() else { return };
    let (way, word) = (Proxy::to(&blog.url), new_word("whole"));
    let workspace = blog.workspace(&way, &front(&word), COPY);
    workspace.must(&["publish"]);
    let post = blog.only(&word);
    assert_eq!((&post["slug"], &post["status"]), (&json!(word), &json!("published")));
    assert_eq!(post["email"], Value::Null, "nobody gets an e-mail that wasn't asked for");
    check_words(&post);
    check_media(&post);

    way.asked();
    workspace.must(&["publish"]);
    let asked = way.asked();
    assert!(asked.iter().all(|line| line.starts_with("GET")), "nothing is sent a second time: {asked:?}");

    let edited = COPY.replace("The end.", "The very end.");
    workspace.write(&front(&word), &edited);
    workspace.must(&["update", &word]);
    let asked = way.asked();
    assert!(!asked.iter().any(|line| line.contains("upload")), "the image is there already: {asked:?}");
    let post = blog.only(&word);
    assert!(html(&post).contains("The very end."), "{post:#}");

    // Somebody mends a word on the blog. That isn't overwritten, until the file says the same.
    let changed =
        json!({ "html": html(&post).replace("The very end.", "The very best end."), "updated_at": post["updated_at"] });
    let id = post["id"].as_str().expect("an id");
    blog.call("PUT", &format!("posts/{id}/?source=html"), Some(&json!({ "posts": [changed] })));
    workspace.write(&front(&word), &edited.replace("# Sizes", "# All sizes"));
    let (_, told) = workspace.run(&["update", &word]);
    assert!(told.contains("somebody has changed the post"), "{told}");
    assert!(html(&blog.only(&word)).contains("The very best end."));
    workspace.write(&front(&word), &edited.replace("The very end.", "The very best end."));
    workspace.must(&["update", &word]);
    assert!(html(&blog.only(&word)).contains("The very best end."));

    workspace.must(&["retract", &word]);
    assert_eq!(blog.posts(&word).len(), 0);
}

fn html(post: &Value) -> &str {
    post["html"].as_str().expect("a page")
}

fn check_words(post: &Value) {
    let page = html(post);
    assert_eq!(post["title"], "The <new> hoodie & more");
    assert_eq!(post["custom_excerpt"], "Warm <3 & soft");
    assert_eq!(post["canonical_url"], "https://acme.example/hoodie");
    assert_eq!(post["visibility"], "members");
    let tags: Vec<&str> =
        post["tags"].as_array().expect("tags").iter().filter_map(|tag| tag["name"].as_str()).collect();
    assert_eq!(tags, ["Hoodies & co", "日本", "TheSims"]);
    for part in [
        "<strong>hoodie</strong> &amp; more &lt;3:",
        "<a href=\"https://acme.example/hoodie?size=m&amp;colour=black#top\">read</a>",
        "<s>soon</s> <em>now</em>",
        "<code>a &lt; b</code>, [gallery]. #TheSims and a second line",
        ">Sizes</h2>",
        "<li>M, with a <a href=\"https://acme.example/m\">link</a></li>",
        "café 東京 👩‍👩‍👧‍👦",
        "<code class=\"language-rust\">let a = [1];\n\nlet b = a &lt; 2;",
        "<td>2</td>",
    ] {
        assert!(page.contains(part), "{part} is missing from {page}");
    }
}

fn check_media(post: &Value) {
    let page = html(post);
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
}

#[test]
fn the_featured_image_is_not_in_the_text() {
    let Some(blog) = Blog::from_environment() else { return };
    let (way, word) = (Proxy::to(&blog.url), new_word("featured"));
    let front = format!("{}featured_image = \"hoodie.png\"\n", front(&word));
    blog.workspace(&way, &front, &format!("Look!\n\n![{ALT}](hoodie.png)\n")).must(&["publish"]);
    let post = blog.only(&word);
    assert_eq!((html(&post), &post["feature_image_alt"]), ("<p>Look!</p>", &json!(ALT)));
    assert!(post["feature_image"].as_str().is_some_and(|url| url.ends_with(".png")), "{post:#}");
}

#[test]
fn a_language_of_its_own_is_marked() {
    let Some(blog) = Blog::from_environment() else { return };
    let (way, word) = (Proxy::to(&blog.url), new_word("language"));
    let workspace = blog.workspace(&way, &format!("language = \"it\"\n{}", front(&word)), "Ciao!\n");
    workspace.must(&["publish"]);
    assert!(html(&blog.only(&word)).contains("<div lang=\"it\">\n<p>Ciao!</p>\n</div>"));
    workspace.write(&format!("language = \"it\"\n{}", front(&word)), "Ciao a tutti!\n");
    workspace.must(&["update", &word]);
    assert!(html(&blog.only(&word)).contains("Ciao a tutti!"));
}

#[test]
fn an_e_mail_is_sent_once_and_to_whom_it_is_said() {
    let Some(blog) = Blog::from_environment() else { return };
    for lost in [false, true] {
        let (way, word) = (Proxy::to(&blog.url), new_word("mail"));
        let front = format!(
            "{}newsletter = \"default-newsletter\"\nemail_segment = \"free\"\nemail_only = true\n",
            front(&word)
        );
        let workspace = blog.workspace(&way, &front, "By mail.\n");
        if lost {
            way.trap(&["PUT /ghost/api/admin/posts/", "\"published\""], Fate::Lost);
        }
        workspace.run(&["publish"]);
        assert!(way.has_caught());
        workspace.must(&["publish"]);
        let post = blog.only(&word);
        assert_eq!((&post["status"], &post["email"]["recipient_filter"]), (&json!("sent"), &json!("status:free")));
        let publishing = way.asked().into_iter().filter(|line| line.contains("newsletter=")).count();
        assert_eq!(publishing, 1, "it is asked for once, even if the answer is lost");
    }
    let (way, word) = (Proxy::to(&blog.url), new_word("nomail"));
    let front = format!("{}newsletter = \"unknown\"\nemail_segment = \"all\"\n", front(&word));
    let (_, told) = blog.workspace(&way, &front, "By mail.\n").run(&["publish"]);
    assert!(told.contains("no newsletter `unknown`"), "{told}");
    assert_eq!(blog.posts(&word).len(), 0);
}

#[test]
fn a_lost_answer_makes_one_post() {
    let Some(blog) = Blog::from_environment() else { return };
    for (place, words) in [
        ("lookup", vec!["GET /ghost/api/admin/posts/slug"]),
        ("upload", vec!["POST /ghost/api/admin/images"]),
        ("draft", vec!["POST /ghost/api/admin/posts"]),
        ("publish", vec!["PUT /ghost/api/admin/posts", "\"published\""]),
    ] {
        let (way, word) = (Proxy::to(&blog.url), new_word(place));
        let workspace = blog.workspace(&way, &front(&word), COPY);
        way.trap(&words, Fate::Lost);
        let (_, first) = workspace.run(&["publish"]);
        assert!(way.has_caught(), "{place}: {first}");
        let told = workspace.publish_in_the_end();
        let post = blog.only(&word);
        assert_eq!((&post["slug"], &post["status"]), (&json!(word), &json!("published")), "{place}: {first}\n{told}");
    }
}

#[test]
fn a_publisher_that_is_killed_makes_one_post() {
    let Some(blog) = Blog::from_environment() else { return };
    let mut killed = Vec::new();
    for (place, words) in [
        ("killed-draft", vec!["POST /ghost/api/admin/posts"]),
        ("killed-publish", vec!["PUT /ghost/api/admin/posts", "\"published\""]),
    ] {
        let (way, word) = (Proxy::to(&blog.url), new_word(place));
        let workspace = blog.workspace(&way, &front(&word), COPY);
        way.trap(&words, Fate::Held);
        workspace.publish_until(|| way.holds());
        killed.push((way, word, workspace));
    }
    thread::sleep(LEASE);
    for (_way, word, workspace) in killed {
        let told = workspace.must(&["publish"]);
        let post = blog.only(&word);
        assert_eq!((&post["slug"], &post["status"]), (&json!(word), &json!("published")), "{told}");
    }
}

#[test]
fn an_address_of_somebody_else_is_left_alone() {
    let Some(blog) = Blog::from_environment() else { return };
    let (way, word) = (Proxy::to(&blog.url), new_word("theirs"));
    let theirs = json!({ "posts": [{ "title": "Theirs", "html": "<p>Theirs</p>", "slug": word }] });
    blog.call("POST", "posts/?source=html", Some(&theirs));
    let (_, told) = blog.workspace(&way, &front(&word), COPY).run(&["publish"]);
    assert!(told.contains("belongs to something else"), "{told}");
    let post = blog.only(&word);
    assert_eq!((&post["title"], &post["status"]), (&json!("Theirs"), &json!("draft")));
}

#[test]
fn the_account_is_looked_at() {
    let Some(blog) = Blog::from_environment() else { return };
    let (way, word) = (Proxy::to(&blog.url), new_word("doctor"));
    let told = blog.workspace(&way, &front(&word), COPY).run(&["doctor"]).1;
    assert!(told.contains("Ghost 6.65") && told.contains("Acme at localhost"), "{told}");
}
