use super::*;
use crate::{
    engine::testing::FakeClock,
    model::{MediaKind, Timestamp},
    network::Flow,
};
use std::{cell::RefCell, collections::BTreeMap};

const PIXEL: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// A web of a few hosts and pages. Notes each visit, with the addresses that were checked for it.
struct Small {
    hosts: BTreeMap<&'static str, Vec<&'static str>>,
    pages: BTreeMap<&'static str, Visited>,
    clock: FakeClock,
    slow: Duration,
    visits: RefCell<Vec<String>>,
}

impl Small {
    fn new() -> Self {
        Self {
            hosts: BTreeMap::from([
                ("img.example", vec!["185.199.108.133", "2606:4700::1111"]),
                ("cdn.example", vec!["9.9.9.9"]),
                ("inside.example", vec!["10.0.0.7"]),
                ("mixed.example", vec!["9.9.9.9", "169.254.169.254"]),
                ("rebound.example", vec!["::ffff:127.0.0.1"]),
                ("nowhere.example", vec![]),
                ("localhost", vec!["127.0.0.1", "::1"]),
                ("evil.localhost", vec!["127.0.0.1", "10.0.0.7"]),
                ("metadata.google.internal", vec!["169.254.169.254"]),
                ("2130706433", vec!["127.0.0.1"]),
            ]),
            pages: BTreeMap::new(),
            clock: FakeClock::new(Timestamp::EPOCH),
            slow: Duration::ZERO,
            visits: RefCell::default(),
        }
    }

    fn page(mut self, url: &'static str, page: Visited) -> Self {
        self.pages.insert(url, page);
        self
    }

    fn moved(self, url: &'static str, to: &str) -> Self {
        self.page(url, Visited::Moved { to: to.to_owned() })
    }

    fn fetch(&self, url: &str, reach: Reach) -> Result<Fetched, FetchError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(fetch(self, &self.clock, url, reach))
    }

    /// Returns what is wrong with an address.
    #[track_caller]
    fn refuses(&self, url: &str) -> String {
        let error = self.fetch(url, Reach::Public).expect_err(url);
        assert!(!error.help.is_empty() && !error.message.ends_with('.'), "{error:?}");
        error.message
    }
}

impl Web for Small {
    fn resolve<'a>(&'a self, host: &'a str, _: Duration) -> Flow<'a, Result<Vec<IpAddr>, TransportError>> {
        Box::pin(async move {
            let missing =
                TransportError { not_sent: true, status: None, message: "its host can't be found".to_owned() };
            let found = self.hosts.get(host).ok_or(missing)?;
            Ok(found.iter().map(|address| address.parse().expect("an address")).collect())
        })
    }

    fn visit<'a>(&'a self, visit: Visit<'a>) -> Flow<'a, Result<Visited, TransportError>> {
        Box::pin(async move {
            assert_eq!(visit.most, LARGEST);
            assert!(visit.within <= TIMEOUT && !visit.addresses.is_empty());
            self.visits.borrow_mut().push(format!("{} at {:?}", visit.url, visit.addresses));
            self.clock.advance(self.slow);
            Ok(self.pages.get(visit.url).cloned().unwrap_or(Visited::Refused { status: 404 }))
        })
    }
}

fn gif() -> Visited {
    Visited::Page(PIXEL.to_vec())
}

#[test]
fn an_image_is_fetched_from_the_addresses_that_were_checked() {
    let web = Small::new().page("https://img.example/a.gif", gif());
    let fetched = web.fetch("https://img.example/a.gif", Reach::Public).expect("an image");
    assert_eq!((fetched.info.kind, fetched.bytes.as_slice()), (MediaKind::Gif, PIXEL));
    assert_eq!(fetched.digest, blake3::hash(PIXEL).to_hex().as_str());
    assert_eq!(web.visits.take(), ["https://img.example/a.gif at [185.199.108.133, 2606:4700::1111]"]);
}

#[test]
fn redirects_are_followed_and_checked_each() {
    let web = Small::new()
        .moved("https://img.example/1", "https://img.example/2")
        .moved("https://img.example/2", "https://cdn.example/3")
        .moved("https://cdn.example/3", "https://cdn.example/4")
        .page("https://cdn.example/4", gif());
    assert!(web.fetch("https://img.example/1", Reach::Public).is_ok());
    assert_eq!(web.visits.borrow()[3], "https://cdn.example/4 at [9.9.9.9]");
    let web = web.moved("https://img.example/0", "https://img.example/1");
    web.visits.take();
    assert_eq!(web.refuses("https://img.example/0"), "it is elsewhere more than 3 times in a row");
    assert_eq!(web.visits.borrow().len(), 4);
}

#[test]
fn a_redirect_to_what_may_not_be_fetched_is_refused_before_anything_is_sent_there() {
    for to in [
        "https://inside.example/a.gif",
        "https://10.0.0.7/a.gif",
        "https://[::1]/a.gif",
        "https://127.0.0.1/a.gif",
        "http://img.example/a.gif",
        "http://localhost/a.gif",
        "https://metadata.google.internal/latest",
        "https://user@img.example/a.gif",
        "ftp://img.example/a.gif",
        "file:///etc/passwd",
        "data:image/gif;base64,R0lGODlh",
    ] {
        for reach in [Reach::Public, Reach::ThisMachine] {
            let web = Small::new().moved("https://img.example/a", to);
            assert!(web.fetch("https://img.example/a", reach).is_err(), "{to}");
            assert_eq!(web.visits.borrow().len(), 1, "{to}");
        }
    }
}

#[test]
fn hosts_that_lead_inside_are_refused_before_anything_is_sent() {
    for url in [
        "https://inside.example/a.gif",
        "https://mixed.example/a.gif",
        "https://rebound.example/a.gif",
        "https://nowhere.example/a.gif",
        "https://unknown.example/a.gif",
        "https://localhost/a.gif",
        "https://localhost:8443/a.gif",
        "https://metadata.google.internal/computeMetadata/v1/",
        "https://127.0.0.1/a.gif",
        "https://127.0.0.1:9200/a.gif",
        "https://127.0.0.1./a.gif",
        "https://127.1/a.gif",
        "https://0/a.gif",
        "https://2130706433/a.gif",
        "https://2130706433./a.gif",
        "https://0x7f000001/a.gif",
        "https://0X7F.1/a.gif",
        "https://0177.0.0.1/a.gif",
        "https://017700000001/a.gif",
        "https://10.0.0.1/a.gif",
        "https://192.168.1.1/a.gif",
        "https://172.16.0.1/a.gif",
        "https://100.64.0.1/a.gif",
        "https://169.254.169.254/latest/meta-data/",
        "https://0.0.0.0/a.gif",
        "https://255.255.255.255/a.gif",
        "https://[::]/a.gif",
        "https://[::1]/a.gif",
        "https://[::ffff:127.0.0.1]/a.gif",
        "https://[::ffff:7f00:1]/a.gif",
        "https://[::ffff:169.254.169.254]/a.gif",
        "https://[64:ff9b::7f00:1]/a.gif",
        "https://[64:ff9b::a9fe:a9fe]/a.gif",
        "https://[64:ff9b:1::a00:1]/a.gif",
        "https://[2002:7f00:1::]/a.gif",
        "https://[fe80::1]/a.gif",
        "https://[fe80::1%25eth0]/a.gif",
        "https://[fc00::1]/a.gif",
        "https://[fd00:ec2::254]/latest",
        "https://[ff02::1]/a.gif",
        "https://user@127.0.0.1/a.gif",
        "https://img.example@127.0.0.1/a.gif",
        "https://img.example\\@127.0.0.1/a.gif",
        "https://127.0.0.1#@img.example/a.gif",
        "https://img.example:80:80/a.gif",
        "https://img%2eexample/a.gif",
        "https://\u{ff11}27.0.0.1/a.gif",
        "https://img.example/a.gif\r\nx-evil: 1",
        "http://img.example/a.gif",
        "http://127.0.0.1/a.gif",
        "http://169.254.169.254/latest/meta-data/",
        "gopher://img.example/a.gif",
        "//img.example/a.gif",
        "",
    ] {
        let web = Small::new();
        web.refuses(url);
        assert!(web.visits.borrow().is_empty(), "{url}");
    }
    assert_eq!(
        Small::new().refuses("https://mixed.example/"),
        "`mixed.example` leads to `169.254.169.254`, which is no address of the public internet"
    );
    assert_eq!(Small::new().refuses("https://10.0.0.1/"), "`10.0.0.1` is no address of the public internet");
    assert_eq!(Small::new().refuses("http://img.example/"), "`img.example` would be spoken to without encryption");
}

#[test]
fn this_machine_is_reached_only_where_the_post_says_so_and_the_workspace_is_for_tests() {
    for url in ["http://127.0.0.1:8080/a.gif", "http://localhost/a.gif", "https://[::1]/a.gif"] {
        let web = || Small::new().page(url, gif());
        assert!(web().fetch(url, Reach::ThisMachine).is_ok(), "{url}");
        assert!(web().fetch(url, Reach::Public).is_err(), "{url}");
    }
    for url in ["http://10.0.0.7/a.gif", "https://inside.example/a.gif", "http://evil.localhost/a.gif"] {
        assert!(Small::new().page(url, gif()).fetch(url, Reach::ThisMachine).is_err(), "{url}");
    }
}

#[test]
fn what_is_no_image_is_refused_by_what_it_is() {
    let web = |page: Visited| Small::new().page("https://img.example/a.png", page).refuses("https://img.example/a.png");
    let page = |text: &str| web(Visited::Page(text.as_bytes().to_vec()));
    let markup = "it is a page or a drawing in markup, and no image or video";
    assert_eq!(page("<!doctype html><title>Sign in</title>"), markup);
    assert_eq!(page("\n<svg xmlns='http://www.w3.org/2000/svg'/>"), markup);
    assert_eq!(page("{\"error\": 1}"), "it is no kind of image or video that is known");
    assert_eq!(page(""), "it is damaged: it is empty");
    assert_eq!(web(Visited::TooLarge), "it is larger than 64 MiB");
    assert_eq!(web(Visited::Refused { status: 404 }), "its server doesn't give it to everybody (status 404)");
    assert_eq!(web(Visited::Refused { status: 503 }), "its server answers with status 503");
}

#[test]
fn redirects_share_one_minute() {
    let mut web = Small::new()
        .moved("https://img.example/1", "https://img.example/2")
        .moved("https://img.example/2", "https://img.example/3")
        .page("https://img.example/3", gif());
    web.slow = Duration::from_secs(30);
    assert_eq!(web.refuses("https://img.example/1"), "it takes too long to answer");
    assert_eq!(web.visits.borrow().len(), 2);
}

#[test]
fn addresses_are_shown_without_what_may_be_a_key() {
    assert_eq!(shown_address("https://img.example/a.png"), "https://img.example/a.png");
    assert_eq!(shown_address("https://img.example/a.png?X-Signature=s3cret#x"), "https://img.example/a.png?…");
    assert_eq!(shown_address("https://me:s3cret@img.example/a@b.png"), "https://img.example/a@b.png");
    assert!(shown_address(&format!("https://img.example/{}", "x".repeat(500))).chars().count() <= 121);
}
