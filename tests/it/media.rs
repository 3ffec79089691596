//! Media by web address, with the program itself and a server on the loopback.

use crate::{loopback::Loopback, sandbox::Sandbox};
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

/// A server of a few files, which can change.
struct Files {
    address: String,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Files {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let files: Arc<Mutex<BTreeMap<String, Vec<u8>>>> = Arc::default();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (shared, told) = (Arc::clone(&files), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines().map_while(Result::ok);
                let path = lines.next().and_then(|line| Some(line.split(' ').nth(1)?.to_owned())).unwrap_or_default();
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                told.lock().expect("no panic").push(path.clone());
                let (status, body) = match shared.lock().expect("no panic").get(&path) {
                    Some(body) => ("200 OK", body.clone()),
                    None => ("404 Not Found", Vec::new()),
                };
                let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            }
        });
        Self { address, files, asked }
    }

    fn put(&self, path: &str, body: &[u8]) {
        self.files.lock().expect("no panic").insert(path.to_owned(), body.to_vec());
    }

    fn remove(&self, path: &str) {
        self.files.lock().expect("no panic").remove(path);
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

/// An image of one pixel.
fn pixel(shade: u8) -> Vec<u8> {
    let mut bytes =
        b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"
            .to_vec();
    bytes[13] = shade;
    bytes
}

/// A workspace for tests, with an account on a twin of Mastodon on this machine, and the site.
fn workspace() -> (Sandbox, Loopback, Files) {
    let server = Loopback::start("mastodon");
    let account = format!(
        "[accounts.brand]\nnetwork = \"mastodon\"\nendpoint = \"{}\"\ntoken = \"env:TWIN_TOKEN\"\n\n\
         [accounts.home]\nnetwork = \"site\"\n",
        server.endpoint
    );
    let mut sandbox = Sandbox::with_config(&account);
    sandbox.set("TWIN_TOKEN", server.token);
    let files = Files::start();
    files.put("/dot.gif", &pixel(0));
    (sandbox, server, files)
}

fn post(id: &str, to: &str, body: &str) -> String {
    format!("+++\nid = \"{id}\"\nto = [{to}]\n+++\n\n{body}\n")
}

/// The images below `public/media/`, by name.
fn copies(sandbox: &Sandbox) -> Vec<String> {
    let Ok(entries) = fs::read_dir(sandbox.file("public/media")) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

#[test]
fn an_image_is_fetched_once_sent_everywhere_and_shown_from_a_copy() {
    let (sandbox, server, files) = workspace();
    let url = format!("{}/dot.gif?size=1", files.address);
    files.put("/dot.gif?size=1", &pixel(0));
    sandbox.write("content/a.md", post("a", "\"brand\", \"home\"", &format!("Look.\n\n![A dot]({url})")));
    sandbox.commit();
    sandbox.run(&["check"]).done().says("media-remote").says("masthead media pull");
    sandbox.run(&["publish"]).done().says("published a to brand").says("published a to home");
    assert_eq!(server.seen().made, 1);
    assert_eq!(files.asked(), ["/dot.gif?size=1"]);
    let ledger = sandbox.git(&["log", "-p", "masthead-ledger"]);
    assert_eq!(ledger.matches(&format!("\"{url}\": \"{}\"", blake3::hash(&pixel(0)).to_hex())).count(), 3, "{ledger}");

    let page = sandbox.read("public/posts/a/index.html");
    assert!(!page.contains(&files.address) && page.contains("alt=\"A dot\""), "{page}");
    let [copy] = &copies(&sandbox)[..] else { panic!("{:?}", copies(&sandbox)) };
    assert!(copy.ends_with("-dot.gif") && page.contains(copy.as_str()), "{copy}: {page}");

    // The site can be made again without the web, as it was.
    files.remove("/dot.gif?size=1");
    fs::remove_dir_all(sandbox.file("public")).expect("the site goes");
    sandbox.run(&["publish"]).done().never_says("warning");
    assert_eq!((sandbox.read("public/posts/a/index.html"), files.asked().len()), (page, 1));
}

#[test]
fn a_page_links_to_what_cannot_be_had_and_publishing_goes_on() {
    let (sandbox, _server, files) = workspace();
    let url = format!("{}/dot.gif", files.address);
    sandbox.write("content/a.md", post("a", "\"home\"", &format!("Look.\n\n![A dot]({url})")));
    sandbox.commit();
    sandbox.run(&["publish"]).done();
    assert_eq!(copies(&sandbox).len(), 1);

    // Another clone, where nothing is kept: gone, or no longer what was published.
    for now in [None, Some(pixel(1))] {
        match now {
            Some(other) => files.put("/dot.gif", &other),
            None => files.remove("/dot.gif"),
        }
        fs::remove_dir_all(sandbox.file(".git/masthead/media")).expect("what is kept goes");
        sandbox.run(&["publish"]).done().says("warning: the page of `a` links to").says("instead of showing it");
        let page = sandbox.read("public/posts/a/index.html");
        assert!(page.contains(&format!("<a href=\"{url}\">A dot</a>")) && !page.contains("<img"), "{page}");
        assert!(copies(&sandbox).is_empty());
        files.put("/dot.gif", &pixel(0));
        sandbox.run(&["publish"]).done().never_says("warning");
        assert_eq!(copies(&sandbox).len(), 1);
    }
}

#[test]
fn what_cannot_be_fetched_is_not_published_and_says_what_to_do() {
    let (sandbox, server, files) = workspace();
    sandbox.write("content/a.md", post("a", "\"brand\"", &format!("Look.\n\n![A dot]({}/gone.gif)", files.address)));
    sandbox.commit();
    sandbox.run(&["publish"]).code(1).says("can't be fetched").says("status 404").says("beside the post");
    files.put("/gone.gif", b"<!doctype html><title>Sign in</title>");
    sandbox.run(&["publish"]).code(1).says("no image or video");
    assert_eq!(server.seen().made, 0);
    files.put("/gone.gif", &pixel(0));
    sandbox.run(&["publish"]).done().says("published a to brand");
}

#[test]
fn only_a_workspace_for_tests_reaches_this_machine() {
    let files = Files::start();
    files.put("/dot.gif", &pixel(0));
    let sandbox = Sandbox::with_config("[accounts.home]\nnetwork = \"site\"\n");
    sandbox.write("content/a.md", post("a", "\"home\"", &format!("Look.\n\n![A dot]({}/dot.gif)", files.address)));
    sandbox.commit();
    sandbox.run(&["publish"]).code(1).says("without encryption");
    sandbox.run(&["media", "pull"]).code(1).says("content/a.md:8:").says("without encryption");
    assert!(files.asked().is_empty(), "{:?}", files.asked());
}

#[test]
fn pull_brings_media_beside_the_post_and_changes_nothing_but_the_link() {
    let (sandbox, _server, files) = workspace();
    files.put("/2026/My%20Dot.PNG", &pixel(0));
    let url = format!("{}/2026/My%20Dot.PNG", files.address);
    let before = post(
        "a",
        "\"home\"",
        &format!("\u{feff}Look at {url} \r\n\t![A  *dot*]( <{url}> 'T' )  \n\n\n<!-- x -->  \n![B][d]\n\n[d]: {url}"),
    );
    sandbox.write("content/2026/a.md", &before);
    sandbox.write("content/b.md", post("b", "\"home\"", "Nothing to bring: ![A file](c.gif)"));
    sandbox.write("content/c.gif", pixel(7));
    let b = sandbox.read("content/b.md");

    sandbox.run(&["media", "pull"]).done().says("content/2026/a.md:7: `").says("is now `my-dot.gif`");
    let after = before.replace(&format!("<{url}>"), "<my-dot.gif>").replace(&format!("[d]: {url}"), "[d]: my-dot.gif");
    assert_eq!(sandbox.read("content/2026/a.md"), after);
    assert_eq!(fs::read(sandbox.file("content/2026/my-dot.gif")).expect("the file"), pixel(0));
    assert_eq!((sandbox.read("content/b.md"), files.asked().len()), (b, 1));
    sandbox.run(&["media", "pull"]).done().says("no image or video is named by web address");
    // The address in the text stays, and is no public one.
    sandbox.run(&["check"]).code(1).never_says("media-remote");
}

#[test]
fn pull_never_overwrites_and_takes_what_is_the_same() {
    let (sandbox, _server, files) = workspace();
    let look = format!("Look.\n\n![A dot]({}/dot.gif)", files.address);
    for id in ["a", "b", "c"] {
        sandbox.write(&format!("content/{id}.md"), post(id, "\"home\"", &look));
    }
    sandbox.write("content/dot.gif", pixel(7));
    sandbox.run(&["media", "pull", "a"]).done();
    let short = &blake3::hash(&pixel(0)).to_hex()[..12];
    assert!(sandbox.read("content/a.md").contains(&format!("![A dot](dot-{short}.gif)")));
    assert_eq!(fs::read(sandbox.file("content/dot.gif")).expect("the file"), pixel(7));
    assert!(sandbox.read("content/b.md").contains(&files.address), "only the named one changes");
    sandbox.run(&["media", "pull", "content/b.md"]).done();
    assert!(sandbox.read("content/b.md").contains(&format!("![A dot](dot-{short}.gif)")));
    let ran = sandbox.run(&["media", "pull", "--json"]).done();
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((&json["version"], &json["pulled"][0]["file"]), (&1.into(), &format!("dot-{short}.gif").into()));
    assert_eq!(fs::read_dir(sandbox.file("content")).expect("a folder").count(), 5);
}

#[test]
fn pull_says_where_it_failed_and_brings_the_rest() {
    let (sandbox, _server, files) = workspace();
    let at = &files.address;
    sandbox.write(
        "content/a.md",
        post("a", "\"home\"", &format!("![A]({at}/gone.gif) ![B]({at}/dot.gif)\n\n![C](https://10.0.0.1/x.gif)")),
    );
    let ran = sandbox.run(&["media", "pull"]).code(1);
    let ran = ran.says("content/a.md:6: failed to bring").says("status 404").says("content/a.md:8: failed to bring");
    let _ = ran.says("`10.0.0.1` is no address of the public internet").says("is now `dot.gif`");
    let text = sandbox.read("content/a.md");
    assert!(text.contains(&format!("![A]({at}/gone.gif) ![B](dot.gif)\n\n![C](https://10.0.0.1/x.gif)")), "{text}");
    sandbox.run(&["media", "pull", "aa"]).code(2).says("did you mean `a`?");
}
