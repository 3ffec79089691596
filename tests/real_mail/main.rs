//! The built program against a real mail server: messages are read back out of its Maildir, by a parser that isn't ours.
//!
//! It runs where `MASTHEAD_REAL_MAIL` names a server, as `tests/servers/smtp.sh start` starts one, and says so elsewhere.

mod recipients;
#[expect(dead_code, reason = "shared with the end-to-end tests, which use more of it")]
#[path = "../it/sandbox.rs"]
mod sandbox;
mod server;
mod tls;
mod trouble;
mod way;

use crate::{
    sandbox::Sandbox,
    server::{Message, Server, content, new_list},
};
use std::{
    io::Cursor,
    time::{SystemTime, UNIX_EPOCH},
};

/// What must pass before anybody asks what became of an attempt of a workspace of these: its lease, and a minute for clocks that differ.
const LEASE: u64 = 40 + 60 + 1;

const TITLE: &str = "The new hoodie & more: café 東京 👩‍👩‍👧‍👦, in all of the sizes that anybody has ever asked us for";

const COPY: &str = "\
Dress your Sims in the **hoodie** & more <3: [read](https://acme.example/hoodie?size=m&colour=black#top), café 東京 👩‍👩‍👧‍👦. #TheSims

.A line that begins with a dot

- S
- M

![A Sim in a \"black\" hoodie](hoodie.jpg)

From here on: another image.

![Snow](snow.png)

The end.
";

/// Where the photograph was taken, which is nobody's business.
const PLACE: &str = "45.4642N 9.1900E";

fn picture(format: image::ImageFormat) -> Vec<u8> {
    let pixels = image::RgbImage::from_fn(640, 480, |x, y| image::Rgb([x as u8, y as u8, 90]));
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, format).expect("an image can be encoded");
    bytes.into_inner()
}

/// Returns a photograph with EXIF, XMP and a comment that tell of the place.
fn photograph() -> Vec<u8> {
    let mut bytes = picture(image::ImageFormat::Jpeg);
    let tiff = ["II*\0\x08\0\0\0\0\0\0\0\0\0", PLACE].concat();
    let segments = [
        (0xe1, format!("Exif\0\0{tiff}")),
        (0xe1, format!("http://ns.adobe.com/xap/1.0/\0<x>{PLACE}</x>")),
        (0xfe, PLACE.to_owned()),
    ];
    let mut told = Vec::new();
    for (marker, text) in segments {
        told.extend([0xff, marker]);
        told.extend(u16::try_from(text.len() + 2).expect("short").to_be_bytes());
        told.extend(text.bytes());
    }
    bytes.splice(2..2, told);
    bytes
}

fn post(sandbox: &Sandbox, title: &str, copy: &str) {
    let front = format!("id = \"news\"\nto = [\"list\"]\ntitle = \"{title}\"\ntags = [\"Hoodies\", \"日本\"]\n");
    sandbox.write("content/news.md", format!("+++\n{front}+++\n\n{copy}"));
    sandbox.commit();
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

#[test]
fn a_message_arrives_whole_and_once() {
    let Some(server) = Server::find() else { return };
    for way in [format!("smtp://localhost:{}", server.port), format!("smtps://localhost:{}", server.port + 1)] {
        let list = new_list("news");
        let sandbox = server.workspace(&way, &list);
        sandbox.write("content/hoodie.jpg", photograph());
        sandbox.write("content/snow.png", picture(image::ImageFormat::Png));
        post(&sandbox, TITLE, COPY);
        let begun = now();
        let ran = sandbox.run(&["publish", "--verbose"]).done();
        ran.says("published news to list").never_says(&server.password);
        let message = server.only(&list);
        check_headers(&message, &list, begun);
        check_parts(&message, &sandbox);

        let before = sandbox.git(&["rev-parse", "masthead-ledger"]);
        sandbox.run(&["publish"]).done();
        assert_eq!(sandbox.git(&["rev-parse", "masthead-ledger"]), before);
        server.only(&list);
        let ledger = sandbox.git(&["log", "-p", "masthead-ledger"]);
        assert!(!ledger.contains(&server.password) && !ledger.contains(PLACE));
        // A mail can't be taken back.
        sandbox.run(&["retract", "news"]).code(1);
        server.only(&list);
    }
}

fn check_headers(message: &Message, list: &str, begun: f64) {
    assert_eq!(message.0["defects"], serde_json::json!([]), "{message:#?}");
    assert_eq!(message.0["from"], serde_json::json!([["Acme Tøys", "news@acme.example"]]));
    for (name, expect) in [
        ("X-MailFrom", "news@acme.example"),
        ("To", list),
        ("Reply-To", "help@acme.example"),
        ("Subject", TITLE),
        ("List-Id", "<list.acme.example>"),
        ("List-Unsubscribe", "<https://lists.example/leave?list=news>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", "en"),
        ("Keywords", "Hoodies, 日本, TheSims"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(message.header(name), expect, "{name}");
    }
    let id = message.header("Message-ID").strip_prefix('<').and_then(|id| id.strip_suffix("@acme.example>"));
    assert!(id.is_some_and(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())), "{id:?}");
    let date = message.0["date"].as_f64().expect("a time");
    assert!((begun - 2.0..=now() + 2.0).contains(&date), "{date}");
}

fn check_parts(message: &Message, sandbox: &Sandbox) {
    let kinds: Vec<&str> = message.parts().iter().map(|part| part["kind"].as_str().expect("a kind")).collect();
    assert_eq!(
        kinds,
        ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/jpeg", "image/png"]
    );
    let [_, plain, _, page, jpeg, png] = message.parts() else { panic!("six parts") };
    assert_eq!((&plain["charset"], &page["charset"]), (&"utf-8".into(), &"utf-8".into()));
    let text = plain["text"].as_str().expect("a text");
    for part in [
        "Dress your Sims in the hoodie & more <3: read (https://acme.example/hoodie?size=m&colour=black#top), café 東京 👩‍👩‍👧‍👦. #TheSims\n",
        "\n.A line that begins with a dot\n",
        "[A Sim in a \"black\" hoodie]",
        "\nFrom here on: another image.\n",
        "\nThe end.\n",
    ] {
        assert!(text.contains(part), "{part:?} is missing from {text}");
    }
    let page = page["text"].as_str().expect("a text");
    for part in [
        "<html lang=\"en\">",
        "<strong>hoodie</strong> &amp; more &lt;3: <a href=\"https://acme.example/hoodie?size=m&amp;colour=black#top\">read</a>",
        "<p>.A line that begins with a dot</p>",
        "<li>M</li>",
        "alt=\"A Sim in a &quot;black&quot; hoodie\"",
        "width=\"600\" height=\"450\"",
    ] {
        assert!(page.contains(part), "{part:?} is missing from {page}");
    }
    // Each image is named in its place by the id that it has in the message.
    let named: Vec<&str> = page.split("src=\"cid:").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let ids: Vec<String> = named.iter().map(|id| format!("<{id}>")).collect();
    assert_eq!([&jpeg["id"], &png["id"]].map(|id| id.as_str().expect("an id")), ids[..]);
    for (part, file) in [(jpeg, "hoodie.jpg"), (png, "snow.png")] {
        assert_eq!(part["disposition"], "inline");
        assert_ne!(part["name"], file, "the file's own name stays at home");
        let (bytes, own) = (content(part), std::fs::read(sandbox.file(&format!("content/{file}"))).expect("a file"));
        assert!(!String::from_utf8_lossy(&bytes).contains(PLACE), "{file} tells where it was taken");
        let pixels = |bytes: &[u8]| image::load_from_memory(bytes).expect("an image").to_rgb8();
        assert_eq!(pixels(&bytes), pixels(&own), "pixel by pixel");
    }
    let own = std::fs::read(sandbox.file("content/hoodie.jpg")).expect("a file");
    assert!(String::from_utf8_lossy(&own).contains(PLACE), "the photograph tells where it was taken");
}

#[test]
fn the_account_is_looked_at_and_nothing_is_sent() {
    let Some(server) = Server::find() else { return };
    let list = new_list("doctor");
    let sandbox = server.workspace(&format!("smtp://localhost:{}", server.port), &list);
    post(&sandbox, "Hello", "Hello.\n");
    sandbox
        .run(&["doctor"])
        .done()
        .says(&format!("news@acme.example, to {list}"))
        .never_says("not encrypted")
        .never_says(&server.password);
    assert_eq!(server.messages(&list).len(), 0);
}
