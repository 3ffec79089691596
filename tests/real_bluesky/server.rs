//! The server, as its API shows it.

use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
};

/// A server that was started for this, with two accounts.
pub(crate) struct Server {
    /// Its base address.
    pub(crate) url: String,
    /// The account that publishes.
    pub(crate) handle: String,
    /// Its app password.
    pub(crate) password: String,
    /// The account that is mentioned.
    pub(crate) friend: String,
    /// The file that the server logs requests to, if it does.
    log: Option<String>,
}

impl Server {
    pub(crate) fn from_environment() -> Option<Self> {
        let variable =
            |name: &str| std::env::var(format!("MASTHEAD_REAL_PDS{name}")).ok().filter(|value| !value.is_empty());
        let needed = |name: &str| {
            variable(name).unwrap_or_else(|| panic!("MASTHEAD_REAL_PDS{name} goes with MASTHEAD_REAL_PDS"))
        };
        Some(Self {
            url: variable("")?,
            handle: needed("_HANDLE"),
            password: needed("_PASSWORD"),
            friend: needed("_FRIEND"),
            log: variable("_LOG"),
        })
    }

    /// Returns the account's posts by address, with hash and content.
    pub(crate) fn posts(&self) -> BTreeMap<String, Value> {
        let query = format!("repo={}&collection=app.bsky.feed.post&limit=100", self.handle);
        let listing = self.get(&format!("com.atproto.repo.listRecords?{query}"));
        let records = listing["records"].as_array().unwrap_or_else(|| panic!("no listing: {listing}")).clone();
        records.into_iter().map(|record| (record["uri"].as_str().expect("an address").to_owned(), record)).collect()
    }

    /// Counts the requests in the server's log that write something.
    pub(crate) fn writes(&self) -> Option<usize> {
        const WRITING: [&str; 4] = ["repo.putRecord", "repo.createRecord", "repo.applyWrites", "repo.deleteRecord"];
        let log = fs::read_to_string(self.log.as_ref()?).expect("the server's log can be read");
        let writes =
            |line: &&str| line.contains("\"method\":\"POST\"") && WRITING.iter().any(|method| line.contains(method));
        Some(log.lines().filter(writes).count())
    }

    /// Counts the sessions that were opened by password, in the server's log.
    pub(crate) fn sign_ins(&self) -> Option<usize> {
        let log = fs::read_to_string(self.log.as_ref()?).expect("the server's log can be read");
        // The server logs that a session was made, too.
        Some(log.lines().filter(|line| line.contains("\"url\":\"/xrpc/com.atproto.server.createSession\"")).count())
    }

    /// Reads an image back.
    pub(crate) fn blob(&self, blob: &Value) -> image::DynamicImage {
        image::load_from_memory(&self.bytes(blob)).expect("an image that can be read")
    }

    /// Reads back what was uploaded.
    pub(crate) fn bytes(&self, blob: &Value) -> Vec<u8> {
        let did = self.get(&format!("com.atproto.identity.resolveHandle?handle={}", self.handle));
        let (did, cid) = (did["did"].as_str().expect("a DID"), blob["ref"]["$link"].as_str().expect("a hash"));
        let bytes = self.fetch(&format!("com.atproto.sync.getBlob?did={did}&cid={cid}"));
        assert_eq!(Some(bytes.len() as u64), blob["size"].as_u64());
        bytes
    }

    pub(crate) fn get(&self, method: &str) -> Value {
        let body = self.fetch(method);
        serde_json::from_slice(&body)
            .unwrap_or_else(|error| panic!("{method}: {error}: {}", String::from_utf8_lossy(&body)))
    }

    /// Makes a plain HTTP request; 1.0, so that the answer ends with the connection.
    fn fetch(&self, method: &str) -> Vec<u8> {
        let host = self.url.strip_prefix("http://").expect("a server on the loopback").trim_end_matches('/');
        let mut stream = TcpStream::connect(host).unwrap_or_else(|error| panic!("{host}: {error}"));
        write!(stream, "GET /xrpc/{method} HTTP/1.0\r\nhost: {host}\r\n\r\n").expect("the request is sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("the answer is read");
        let head = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an HTTP answer");
        let status = String::from_utf8_lossy(&answer[..head]).lines().next().unwrap_or_default().to_owned();
        assert!(status.contains(" 200 "), "{method}: {status}: {}", String::from_utf8_lossy(&answer[head..]));
        answer.split_off(head + 4)
    }
}
