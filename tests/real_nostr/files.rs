//! Images on a real media server, which checks what authorises an upload and hashes what it is sent by itself.

use crate::{
    post,
    relays::{Author, Relays, by_id},
    sandbox::Sandbox,
    way::{Fate, Way, port},
    workspace,
};
use masthead::network::nip19::hex;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{
    io::{Cursor, Read as _, Write as _},
    net::TcpStream,
};

/// Makes a workspace whose account has a media server.
fn with_media_server(author: &Author, relays: &[&str], server: &str) -> Sandbox {
    let sandbox = workspace(author, relays, relays.len());
    let config = sandbox.read("masthead.toml");
    sandbox.write("masthead.toml", config.replace("accept = ", &format!("media_server = \"{server}\"\naccept = ")));
    sandbox
}

/// Draws a picture that nobody has drawn before; one with noise can't be made small.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut noise = vec![0; usize::try_from(width * height * 3).expect("small")];
    getrandom::fill(&mut noise).expect("randomness");
    let pixels = image::RgbImage::from_raw(width, height, noise).expect("three bytes a pixel");
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, image::ImageFormat::Png).expect("an image that can be written");
    bytes.into_inner()
}

/// Fetches what is at an address, as anybody can.
fn fetch(url: &str) -> Option<Vec<u8>> {
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("an address");
    let mut stream = TcpStream::connect(host).expect("the media server");
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").expect("asked");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("the end of the head");
    answer.starts_with(b"HTTP/1.1 200").then(|| answer.split_off(end + 4))
}

/// Checks what a note says of a file against what is served. Returns the address.
#[track_caller]
fn check(tag: &Value, server: &str, picture: &[u8], alt: Option<&str>) -> String {
    let fields: Vec<&str> = tag.as_array().expect("a tag").iter().filter_map(Value::as_str).collect();
    let url = fields[1].strip_prefix("url ").expect("an address").to_owned();
    let served = fetch(&url).unwrap_or_else(|| panic!("nothing is at {url}"));
    let hash = hex(&Sha256::digest(&served));
    assert_eq!(url, format!("{server}/{hash}.png"));
    let pixels = |bytes: &[u8]| image::load_from_memory(bytes).expect("a picture").into_rgb8();
    let sent = pixels(picture);
    assert!(pixels(&served) == sent, "it is the same picture");
    let mut expect = vec!["imeta".to_owned(), format!("url {url}"), "m image/png".to_owned()];
    expect.push(format!("dim {}x{}", sent.width(), sent.height()));
    expect.extend(alt.map(|alt| format!("alt {alt}")));
    expect.push(format!("x {hash}"));
    assert_eq!(fields, expect);
    url
}

#[test]
fn images_are_served_where_the_note_says() {
    let Some(relays) = Relays::find() else { return };
    let (author, relay, server) = (Author::new(), &relays.open[0], &relays.media);
    let sandbox = with_media_server(&author, &[relay], server);
    let [one, two] = [picture(30, 20), picture(7, 9)];
    sandbox.write("content/one.png", &one);
    sandbox.write("content/two.png", &two);
    post(&sandbox, "cats", "", "Two cats. #cats\n\n![A cat, «asleep» 🐈](one.png)\n![](two.png)");
    sandbox.run(&["check"]).never_says("nostr-media");
    sandbox.run(&["doctor"]).done().never_says("can't be reached");
    sandbox.run(&["publish"]).done().says("published cats to notes").never_says(&author.nsec());

    let [note] = &author.events(relay, 1)[..] else { panic!("{:#?}", author.events(relay, 1)) };
    assert_eq!(note["tags"][0], json!(["t", "cats"]));
    let urls = [
        check(&note["tags"][1], server, &one, Some("A cat, «asleep» 🐈")),
        check(&note["tags"][2], server, &two, None),
    ];
    assert_eq!(note["content"], format!("Two cats. #cats\n\n{}\n{}", urls[0], urls[1]));
    sandbox.run(&["publish"]).done();
    assert_eq!(author.events(relay, 1).len(), 1, "nothing is sent again");

    sandbox.run(&["retract", "cats"]).done();
    assert_eq!(by_id(relay, &note["id"]), None);
    assert!(urls.iter().all(|url| fetch(url).is_some()), "files stay: another note may name them");
}

#[test]
fn a_note_with_an_image_whose_answer_is_lost_is_one_note() {
    let Some(relays) = Relays::find() else { return };
    let (author, relay) = (Author::new(), &relays.open[0]);
    let way = Way::to(relay);
    let sandbox = with_media_server(&author, &[&way.url], &relays.media);
    for (id, fate) in [("answer", Fate::AnswerLost), ("note", Fate::NoteLost)] {
        let cat = picture(30, 20);
        sandbox.write(&format!("content/{id}.png"), &cat);
        post(&sandbox, id, "", &format!("The {id} is lost.\n\n![A cat]({id}.png)"));
        way.trap(fate);
        sandbox.run(&["publish"]).done().says(&format!("published {id} to notes"));
        assert!(way.has_caught());
        let mut notes = author.events(relay, 1);
        notes.retain(|note| note["content"].to_string().contains(id));
        let [note] = &notes[..] else { panic!("{notes:#?}") };
        check(&note["tags"][0], &relays.media, &cat, Some("A cat"));
        let sent = way.sent();
        assert!(sent.iter().all(|it| *it == sent[0]), "the same to the last byte: {sent:#?}");
    }
}

#[test]
fn what_the_media_server_does_not_take_makes_no_note() {
    let Some(relays) = Relays::find() else { return };
    let (author, relay) = (Author::new(), &relays.open[0]);
    let sandbox = with_media_server(&author, &[relay], &relays.media);
    sandbox.write("content/large.png", picture(300, 200));
    post(&sandbox, "large", "", "Too large.\n\n![A cat](large.png)");
    sandbox.run(&["publish"]).code(1).says("exceeds max upload size of 100000 bytes").never_says(&author.nsec());

    let nobody = format!("http://127.0.0.1:{}", port());
    let sandbox = with_media_server(&author, &[relay], &nobody);
    sandbox.write("content/small.png", picture(3, 2));
    post(&sandbox, "small", "", "To nobody.\n\n![A cat](small.png)");
    sandbox.run(&["doctor"]).code(1).says(&format!("`{nobody}`, which can't be reached"));
    sandbox.run(&["publish"]).never_says("published small to notes");

    // A relay answers over HTTP, too, and takes no files.
    let page = relay.replace("ws://", "http://");
    let sandbox = with_media_server(&author, &[relay], &page);
    sandbox.write("content/small.png", picture(3, 2));
    post(&sandbox, "page", "", "To a page.\n\n![A cat](small.png)");
    sandbox.run(&["publish"]).code(1).says("is it a Blossom server?");
    assert!(author.events(relay, 1).is_empty());
}
