//! What a save makes of a page that is open.

use crate::{
    relay::Relay,
    site::{Site, post},
};
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
};

/// A text that is longer than the window.
fn long(end: &str) -> String {
    let lines: Vec<String> = (0..60).map(|number| format!("Line {number} of a long text.\n\n")).collect();
    format!("{}{end}", lines.concat())
}

#[test]
fn a_save_is_shown_where_the_reader_is() {
    let Some(site) = Site::start() else { return };
    site.save("content/a.md", post("a", "09", &long("The first end.")));
    site.visit("posts/a.html");
    site.wait_for_words("The first end.");
    // The reader has opened what was closed, closed what was open, marked some words, and scrolled.
    site.run(
        "document.getElementById('edit').open = true; \
         document.querySelector('#on-home > details').open = false; \
         const line = document.getElementById('L9').querySelector('code').firstChild; \
         getSelection().setBaseAndExtent(line, 2, line, 8); \
         window.element = document.getElementById('L9'); \
         scrollTo({ top: 700, behavior: 'instant' });",
        &[],
    );
    let place = site.value("scrollY");
    let marked = site.text("getSelection().toString()");
    assert_eq!(marked.len(), 6);
    // A line before it is new, the end is another.
    site.save("content/a.md", post("a", "09", &long("The second end.")).replace("+++\n\n", "+++\n\nNew.\n\n"));
    site.wait_for_words("The second end.");
    assert_eq!(site.value("scrollY"), place);
    assert!(site.is("document.getElementById('edit').open"));
    assert!(!site.is("document.querySelector('#on-home > details').open"));
    assert!(site.is("document.querySelector('#on-brand > details').open"));
    assert_eq!(site.text("getSelection().toString()").len(), marked.len(), "the selection is lost");
    site.end();
}

#[test]
fn what_breaks_is_shown_in_its_place_and_heals() {
    let Some(site) = Site::start() else { return };
    site.visit("posts/a.html");
    site.wait_for_words("Nothing is wrong with it.");
    let good = post("a", "09", "The first text.");
    site.save("content/a.md", good.replace("to = [\"home\"", "to = [\"hoome\""));
    // Below the line that it is about.
    site.wait("document.querySelector('#L3 .finding')?.innerText.includes('hoome')");
    site.save("content/a.md", good.replace("date = ", "date "));
    site.wait("document.querySelector('#L4 .finding, #L5 .finding')");
    site.wait("document.querySelector('.top nav .badge.bad')?.innerText.includes('1')");
    site.save("content/a.md", good);
    site.wait_for_words("Nothing is wrong with it.");
    site.wait("!document.querySelector('.finding') && !document.querySelector('.top nav .badge')");
    site.end();
}

#[test]
fn a_configuration_breaks_and_heals() {
    let Some(site) = Site::start() else { return };
    site.visit("posts/a.html");
    let good = site.sandbox.read("masthead.toml");
    site.save("masthead.toml", format!("{good}[oops"));
    site.wait("document.querySelector('.notice')?.innerText.includes('masthead.toml')");
    // The last good one is in force meanwhile.
    site.save("content/a.md", post("a", "09", "Meanwhile."));
    site.wait_for_words("Meanwhile.");
    site.save("masthead.toml", good.replace("name = \"Acme\"", "name = \"Acme at home\""));
    site.wait("!document.querySelector('.notice')");
    site.wait("document.querySelector('.top .name').innerText === 'Acme at home'");
    site.end();
}

#[test]
fn a_post_that_is_deleted_says_so_until_it_is_back() {
    let Some(site) = Site::start() else { return };
    site.visit("posts/a.html");
    let text = site.sandbox.read("content/a.md");
    fs::remove_file(site.sandbox.file("content/a.md")).expect("a file");
    site.wait("document.getElementById('lost').innerText.includes('This page is gone')");
    site.save("content/a.md", text.replace("first", "next"));
    site.wait_for_words("The next text.");
    site.wait("document.getElementById('lost').innerText === ''");
    // That it was asked for and not there is told by the browser, too.
    let messages = site.messages();
    assert!(messages.iter().all(|message| message.contains("404")), "{messages:#?}");
    site.end();
}

#[test]
fn a_program_that_ends_is_waited_for() {
    let Some(mut site) = Site::start() else { return };
    site.visit("posts/a.html");
    let old = site.url.clone();
    let port = site.port();
    site.stop();
    site.wait("document.getElementById('lost').innerText.includes('is gone')");
    // Another start has another token, so this page can't be continued, and says where it goes on.
    site.serve(&port);
    assert_ne!(site.url, old);
    site.wait("document.getElementById('lost').innerText.includes('started anew')");
    assert!(site.is("document.body.innerText.includes('The first text.')"));
    site.messages();
    site.visit("posts/a.html");
    site.wait("document.getElementById('lost').innerText === ''");
    site.end();
}

#[test]
fn a_stream_that_breaks_off_is_taken_up_again() {
    let Some(mut site) = Site::start() else { return };
    let relay = Relay::to(site.port().parse().expect("a port"));
    site.url = site.url.replace(&site.port(), &relay.port.to_string());
    site.visit("posts/a.html");
    relay.cut(true);
    site.wait("document.getElementById('lost').innerText.includes('is gone')");
    site.save("content/a.md", post("a", "09", "Written meanwhile."));
    relay.cut(false);
    site.wait_for_words("Written meanwhile.");
    site.wait("document.getElementById('lost').innerText === ''");
    site.messages();
    site.save("content/a.md", post("a", "09", "Written afterwards."));
    site.wait_for_words("Written afterwards.");
    site.end();
}

#[test]
fn one_page_too_many_waits_for_its_turn() {
    let Some(site) = Site::start() else { return };
    let host = site.url.trim_start_matches("http://").split('/').next().expect("an address").to_owned();
    let path = site.url.trim_start_matches("http://").trim_start_matches(&host).to_owned();
    let listen = || {
        let mut stream = TcpStream::connect(&host).expect("it listens");
        write!(stream, "GET {path}events HTTP/1.1\r\nhost: {host}\r\n\r\n").expect("it reads");
        let mut line = String::new();
        BufReader::new(stream.try_clone().expect("a stream")).read_line(&mut line).expect("an answer");
        assert!(line.contains("200"), "{line}");
        stream
    };
    let others: Vec<TcpStream> = (0..20).map(|_| listen()).collect();
    site.open(&format!("{}posts/a.html", site.url));
    site.wait("document.getElementById('lost').innerText.includes('Too many pages')");
    site.save("content/a.md", post("a", "09", "Not heard of."));
    drop(others);
    site.wait_for_words("Not heard of.");
    site.wait("document.getElementById('lost').innerText === ''");
    site.messages();
    site.end();
}
