//! A workspace that is watched, and what asks for its pages.

use crate::sandbox::{Ran, Running, Sandbox};
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

pub(super) const LONG: Duration = Duration::from_secs(20);
pub(super) const CANARY: &str = "canary-7731-watch";

pub(super) struct Watch {
    pub(super) sandbox: Sandbox,
    pub(super) running: Running,
    /// `127.0.0.1:4400`.
    pub(super) address: String,
    pub(super) token: String,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

/// What an open page hears.
pub(super) struct Page(Receiver<(String, String)>);

impl Watch {
    /// Starts it in a workspace of two posts.
    pub(super) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(super) fn start_with(arguments: &[&str]) -> Self {
        let mut sandbox = Sandbox::with_config(
            "[accounts.home]\nnetwork = \"site\"\n\n[accounts.brand]\nnetwork = \"mastodon\"\n\
             endpoint = \"https://mastodon.example\"\ntoken = \"env:ACME_TOKEN\"\n",
        );
        sandbox.set("ACME_TOKEN", CANARY);
        sandbox.write("content/a.md", post("a", "The first text."));
        sandbox.write("content/sub/b.md", post("b", "Another post."));
        sandbox.write("content/secret.txt", "not shown");
        sandbox.write("outside.png", png());
        sandbox.write("content/sub/x.png", png());
        sandbox.commit();
        // Long ago: where files are looked at again and again, their times are compared in whole seconds.
        let old = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let file = fs::File::options().write(true).open(sandbox.file("content/a.md")).expect("a file");
        file.set_modified(old).expect("a time");
        let all: Vec<&str> = ["watch", "--port", "0"].iter().chain(arguments).copied().collect();
        let mut running = sandbox.start_in(sandbox.path(), &all);
        let url = running.first_line();
        let (address, token) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("an address");
        let (address, token) = (address.to_owned(), token.trim_end_matches('/').to_owned());
        Self { sandbox, running, address, token }
    }

    /// Sends a request as it is and returns the answer.
    pub(super) fn send(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(LONG)).expect("a timeout");
        // It may answer before it has read everything.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub(super) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "host") {
            head += &format!("host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        self.send(&format!("{head}\r\n{body}"))
    }

    pub(super) fn get(&self, page: &str) -> Answer {
        self.ask("GET", &format!("/{}/{page}", self.token), &[], "")
    }

    /// Waits until a page says something, or doesn't.
    #[track_caller]
    pub(super) fn wait_for(&self, page: &str, words: &str, says: bool) {
        let end = Instant::now() + LONG;
        loop {
            let answer = self.get(page);
            if answer.status == 200 && answer.body.contains(words) == says {
                return;
            }
            assert!(Instant::now() < end, "{page}: {words}: {says}: {} {}", answer.status, answer.body);
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub(super) fn edit(&self, asked: &str) -> Answer {
        let headers = [("x-masthead-token", self.token.as_str()), ("content-type", "application/json")];
        self.ask("POST", &format!("/{}/edit", self.token), &headers, asked)
    }

    /// Opens the stream of changes, as a page does.
    pub(super) fn open(&self) -> Page {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        let request = format!("GET /{}/events HTTP/1.1\r\nhost: {}\r\n\r\n", self.token, self.address);
        (&stream).write_all(request.as_bytes()).expect("it reads");
        let (sender, heard) = mpsc::channel();
        thread::spawn(move || {
            let mut event = String::new();
            for line in BufReader::new(stream).lines() {
                let Ok(line) = line else { return };
                if let Some(name) = line.strip_prefix("event: ") {
                    event = name.to_owned();
                } else if let Some(data) = line.strip_prefix("data: ")
                    && sender.send((event.clone(), data.to_owned())).is_err()
                {
                    return;
                }
            }
        });
        let page = Page(heard);
        // The first tells of the present state.
        page.wait("change", "null");
        page
    }

    pub(super) fn end(self) -> (Sandbox, Ran) {
        self.running.interrupt();
        let begun = Instant::now();
        let ran = self.running.finish().done();
        assert!(begun.elapsed() < LONG);
        (self.sandbox, ran)
    }

    pub(super) fn digest(&self, path: &str) -> String {
        self.sandbox.git(&["hash-object", path])
    }
}

impl Page {
    /// Waits until it hears of something.
    #[track_caller]
    pub(super) fn wait(&self, event: &str, words: &str) -> String {
        let end = Instant::now() + LONG;
        loop {
            let heard = self.0.recv_timeout(end.saturating_duration_since(Instant::now()));
            let (name, data) = heard.unwrap_or_else(|_| panic!("nothing was heard of {words}"));
            if name == event && data.contains(words) {
                return data;
            }
        }
    }
}

pub(super) fn post(id: &str, copy: &str) -> String {
    format!("+++\nid = \"{id}\"\nto = [\"home\", \"brand\"]\ndate = 2030-01-01T09:00:00 # then\n+++\n\n{copy}\n")
}

pub(super) fn png() -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    let image = image::DynamicImage::ImageRgb8(image::RgbImage::new(8, 6));
    image.write_to(&mut png, image::ImageFormat::Png).expect("an image");
    png.into_inner()
}
