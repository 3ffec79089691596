use super::HostError;
use crate::engine::{Visited, Web, fetch};
use std::time::Duration;

/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much is read of what should be shorter, to tell what it is.
const SOME: u64 = 1 << 16;

/// Looks at a public address, from public addresses alone unless it is one of this machine. What is there must be these bytes.
pub(super) async fn look(web: &dyn Web, url: &str, bytes: &[u8]) -> Result<(), HostError> {
    let most = (bytes.len() as u64).max(SOME);
    let found = fetch::look_at(web, url, most, PATIENCE).await.map_err(|error| {
        wrong(url, &error.message, "see that `url` of `[media.host]` is the public address of that place")
    })?;
    let (what, help) = match found {
        Visited::Page(page) if page == bytes => return Ok(()),
        Visited::Page(page) if page.trim_ascii_start().starts_with(b"<") => (
            "it is a web page, not the file".to_owned(),
            "see that `url` of `[media.host]` leads to the files themselves, without a page around them",
        ),
        Visited::Page(page) if page.len() == bytes.len() => (
            "it is as long as the file, and something else".to_owned(),
            "see that nothing on the way changes images, such as an optimiser of the server's",
        ),
        Visited::Page(page) => (
            format!("it has {} bytes instead of {}", page.len(), bytes.len()),
            "see that nothing on the way changes or shortens images",
        ),
        Visited::TooLarge => (
            format!("it has more than the {} bytes of the file", bytes.len()),
            "see that nothing on the way changes images",
        ),
        Visited::Moved { to } => (
            format!("it leads on to `{}`, which some networks don't follow", fetch::shown_address(&to)),
            "write the address that it leads to in `url` of `[media.host]`",
        ),
        Visited::Refused { status: status @ (401 | 403) } => (
            format!("its server doesn't give it to everybody (status {status})"),
            "let everybody read what is below `url` of `[media.host]`: a policy of the bucket, or the server's settings",
        ),
        Visited::Refused { status: 404 | 410 } => (
            "there is nothing (status 404)".to_owned(),
            "see that `url` of `[media.host]` is the public address of that place",
        ),
        Visited::Refused { status } => {
            (format!("its server answers with status {status}"), "see that the web server before that place is up")
        }
    };
    Err(wrong(url, &what, help))
}

fn wrong(url: &str, what: &str, help: &str) -> HostError {
    HostError::new(format!("what was put at `{}` can't be fetched from there: {what}", fetch::shown_address(url)), help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{TransportError, Visit},
        network::Flow,
    };
    use std::net::IpAddr;

    /// One host with one answer.
    struct One(&'static str, Visited);

    impl Web for One {
        fn resolve<'a>(&'a self, _: &'a str, _: Duration) -> Flow<'a, Result<Vec<IpAddr>, TransportError>> {
            Box::pin(async { Ok(vec![self.0.parse().expect("an address")]) })
        }

        fn visit<'a>(&'a self, _: Visit<'a>) -> Flow<'a, Result<Visited, TransportError>> {
            Box::pin(async { Ok(self.1.clone()) })
        }
    }

    fn told(url: &str, at: &'static str, found: Visited) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(look(&One(at, found), url, b"pixels")).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn check(found: Visited, expect: &str) {
        let error = told("https://media.example/a.png", "9.9.9.9", found).expect_err("it isn't right");
        let start = "what was put at `https://media.example/a.png` can't be fetched from there: ";
        assert_eq!(error.strip_prefix(start).and_then(|rest| rest.split_once(';')).map(|(what, _)| what), Some(expect));
    }

    #[test]
    fn the_same_bytes_must_be_there() {
        let page = |text: &str| Visited::Page(text.as_bytes().to_vec());
        assert_eq!(told("https://media.example/a.png", "9.9.9.9", page("pixels")), Ok(()));
        check(page("<!doctype html>"), "it is a web page, not the file");
        check(page("pixel"), "it has 5 bytes instead of 6");
        check(page("pixelt"), "it is as long as the file, and something else");
        check(Visited::TooLarge, "it has more than the 6 bytes of the file");
        check(Visited::Refused { status: 403 }, "its server doesn't give it to everybody (status 403)");
        check(Visited::Refused { status: 404 }, "there is nothing (status 404)");
        check(Visited::Refused { status: 503 }, "its server answers with status 503");
        check(
            Visited::Moved { to: "https://other.example/a.png?key=1".to_owned() },
            "it leads on to `https://other.example/a.png?…`, which some networks don't follow",
        );
    }

    #[test]
    fn only_public_places_and_this_machine_are_looked_at() {
        let page = || Visited::Page(b"pixels".to_vec());
        assert_eq!(told("http://127.0.0.1:8080/a.png", "127.0.0.1", page()), Ok(()));
        assert!(told("https://media.example/a.png", "10.0.0.7", page()).expect_err("private").contains("10.0.0.7"));
        assert!(told("http://media.example/a.png", "9.9.9.9", page()).expect_err("plain").contains("encryption"));
    }
}
