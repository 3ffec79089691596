//! `masthead login` with the program itself: a browser or a person brings the code back, and the token goes where it belongs.

use crate::{loopback::Loopback, sandbox::Sandbox, vault::make_key};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

/// What the twin of the conformance suite takes.
const CODE: &str = "trial-code-5c0de";
const CLIENT_SECRET: &str = "trial-client-5ec2e7";

/// A login under way.
struct Asking {
    program: Child,
    stderr: BufReader<std::process::ChildStderr>,
    /// The `state` of the page that it showed.
    state: String,
    page: String,
}

impl Asking {
    fn start(mut command: Command) -> Self {
        let mut program = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stderr = BufReader::new(program.stderr.take().expect("piped"));
        let page = loop {
            let mut line = String::new();
            assert_ne!(stderr.read_line(&mut line).expect("text"), 0, "it ended before it showed a page");
            if line.contains("authorize?") {
                break line.trim().to_owned();
            }
        };
        let (_, state) = page.split_once("state=").expect("a state");
        let state = state.split('&').next().unwrap_or_default().to_owned();
        Self { program, stderr, state, page }
    }

    /// Pastes an address, and returns the exit code and what was printed.
    fn paste(mut self, address: &str) -> (i32, String, String) {
        let mut stdin = self.program.stdin.take().expect("piped");
        writeln!(stdin, "{}", address.replace("{state}", &self.state)).expect("it reads");
        drop(stdin);
        self.end()
    }

    /// Comes back as a browser does, and returns the status and the page.
    fn come_back(&self, port: u16, query: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        let query = query.replace("{state}", &self.state);
        write!(
            stream,
            "GET /?{query} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nsec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\n\
             connection: close\r\n\r\n"
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    fn end(mut self) -> (i32, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        self.stderr.read_to_string(&mut err).expect("text");
        self.program.stdout.take().expect("piped").read_to_string(&mut out).expect("text");
        (self.program.wait().expect("it ends").code().unwrap_or(-1), out, err)
    }
}

fn config(server: &Loopback, token: &str, more: &str) -> String {
    format!(
        "[accounts.brand]\nnetwork = \"mastodon\"\nendpoint = \"{}\"\ntoken = \"{token}\"\nclient_id = \"trial-client\"\n\
         client_secret = \"env:TRIAL_CLIENT\"\n{more}\n",
        server.endpoint
    )
}

fn login(sandbox: &Sandbox, arguments: &[&str]) -> Asking {
    let mut command = sandbox.command();
    command.args(["login", "brand"]).args(arguments);
    Asking::start(command)
}

fn port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn with_vault(server: &Loopback, key: &str, public: &str, more: &str) -> Sandbox {
    let vault = format!("[vault]\nkey = \"env:MASTHEAD_VAULT_KEY\"\nrecipients = [\"{public}\"]\n\n");
    let mut sandbox = Sandbox::with_config(&(vault + &config(server, "vault:brand", more)));
    sandbox.set("MASTHEAD_VAULT_KEY", key);
    sandbox.set("TRIAL_CLIENT", CLIENT_SECRET);
    sandbox.write("content/hello.md", "+++\nid = \"hello\"\nto = [\"brand\"]\n+++\n\nHello.\n");
    sandbox.commit();
    sandbox
}

#[test]
fn a_pasted_code_puts_the_token_into_the_vault_and_posts_go_out() {
    let (server, (key, public)) = (Loopback::start("mastodon"), make_key());
    let sandbox = with_vault(&server, &key, &public, "");
    let asking = login(&sandbox, &["--paste"]);
    assert!(asking.page.contains("code_challenge_method=S256") && !asking.page.contains(CLIENT_SECRET));
    assert!(asking.page.contains("redirect_uri=http%3A%2F%2F127.0.0.1%3A8910%2F"), "{}", asking.page);
    let (code, out, err) = asking.paste(&format!("http://127.0.0.1:8910/?code={CODE}&state={{state}}"));
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert!(err.contains("the token of `brand` is in the vault as `brand`"), "{err}");
    for secret in [CODE, CLIENT_SECRET, server.token] {
        assert!(!err.contains(secret), "{err}");
    }
    sandbox.run(&["publish"]).done().says("published hello");
    assert!(!sandbox.git(&["log", "--all", "--patch", "--text"]).contains(server.token));
}

#[test]
fn a_code_that_is_refused_changes_nothing_and_says_what_to_do() {
    let (server, (key, public)) = (Loopback::start("mastodon"), make_key());
    let sandbox = with_vault(&server, &key, &public, "");
    for (pasted, part) in [
        ("http://127.0.0.1:8910/?code=stale-code-1&state={state}", "authorization grant is invalid"),
        ("http://127.0.0.1:8910/?code=stale-code-1&state=other", "belongs to another login"),
        ("http://127.0.0.1:8910/?error=access_denied&state={state}", "the network says no: access_denied"),
        ("http://127.0.0.1:8910/", "there is no code in it"),
        ("", "there is no code in it"),
    ] {
        let (code, out, err) = login(&sandbox, &["--paste"]).paste(pasted);
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert!(err.contains(part) && err.contains("hint: run it again") && !err.contains("stale-code-1"), "{err}");
    }
    sandbox.run(&["vault", "list"]).done().says("the vault is empty");
}

#[test]
fn a_browser_brings_the_code_and_the_token_is_shown_once_for_ci() {
    let (server, port) = (Loopback::start("mastodon"), port());
    let redirect = format!("redirect = \"http://127.0.0.1:{port}/\"");
    let mut sandbox = Sandbox::with_config(&config(&server, "env:ACME_TOKEN", &redirect));
    sandbox.set("TRIAL_CLIENT", CLIENT_SECRET);
    let asking = login(&sandbox, &[]);
    for (query, status, words) in [
        ("code=evil&state=forged", "400", "belongs to another login"),
        ("", "400", "sent no code along"),
        (&format!("code={CODE}&state={{state}}"), "200", "You can close this page"),
    ] {
        let answer = asking.come_back(port, query);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(words), "{answer}");
    }
    let (code, out, err) = asking.end();
    assert_eq!((code, out.trim()), (0, server.token), "{err}");
    assert!(err.contains("as the secret ACME_TOKEN") && !err.contains(server.token), "{err}");
}

#[test]
fn what_is_missing_is_told_before_anybody_is_asked() {
    let server = Loopback::start("mastodon");
    for (more, part, hint) in [
        ("network = \"slack\"", "lets nobody in by OAuth", "docs/networks/slack.md"),
        (
            "network = \"mastodon\"\nendpoint = \"https://m.example\"",
            "it has no `client_id`",
            "docs/networks/mastodon.md",
        ),
        (
            "network = \"mastodon\"\nendpoint = \"https://m.example\"\nclient_id = \"a\"",
            "has no `client_secret`",
            "client_secret = \"env:NAME\"",
        ),
    ] {
        let sandbox = Sandbox::with_config(&format!("[accounts.brand]\n{more}\n"));
        sandbox.run(&["login", "brand"]).code(2).says(part).says(hint);
    }
    let sandbox = Sandbox::with_config(&config(&server, "env:ACME_TOKEN", ""));
    sandbox.run(&["login", "brnd"]).code(2).says("there is no account `brnd`");
    // The application's secret is looked for when it is needed, and told by its name.
    let (code, _, err) = login(&sandbox, &["--paste"]).paste(&format!("?code={CODE}&state={{state}}"));
    assert_eq!(code, 1);
    assert!(err.contains("`TRIAL_CLIENT` is not set"), "{err}");
}

#[test]
fn who_is_signed_in_nowhere_is_told_how_to_be() {
    for (more, hint) in [
        ("network = \"x\"\nclient_id = \"a\"", "`masthead vault init`, then `masthead login brand`"),
        ("network = \"linkedin\"", "`masthead login brand` gets one from LinkedIn"),
    ] {
        let sandbox = Sandbox::with_config(&format!("[accounts.brand]\n{more}\n"));
        sandbox.write("content/hello.md", "+++\nid = \"hello\"\nto = [\"brand\"]\n+++\n\nHello.\n");
        sandbox.commit();
        sandbox.run(&["publish"]).code(1).says(hint);
    }
}

#[test]
fn a_session_that_only_a_person_can_begin_is_kept_and_publishes() {
    let (server, (key, public)) = (Loopback::start("x"), make_key());
    let mut sandbox = Sandbox::with_config(&format!(
        "[vault]\nkey = \"env:MASTHEAD_VAULT_KEY\"\nrecipients = [\"{public}\"]\n\n\
         [accounts.brand]\nnetwork = \"x\"\nendpoint = \"{}\"\nhandle = \"acme\"\nclient_id = \"trial-client\"\n",
        server.endpoint
    ));
    sandbox.set("MASTHEAD_VAULT_KEY", &key);
    sandbox.write("content/hello.md", "+++\nid = \"hello\"\nto = [\"brand\"]\n+++\n\nHello.\n");
    sandbox.commit();
    sandbox.run(&["publish"]).code(1).says("`masthead login brand`");
    sandbox.run(&["doctor", "brand"]).code(1).says("hint: run `masthead login brand`");

    let asking = login(&sandbox, &["--paste"]);
    assert!(asking.page.starts_with("https://x.com/i/oauth2/authorize?"), "{}", asking.page);
    assert!(asking.page.contains("tweet.read+tweet.write+users.read+media.write+offline.access"), "{}", asking.page);
    let (code, out, err) = asking.paste(&format!("http://127.0.0.1:8910/?code={CODE}&state={{state}}"));
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert!(err.contains("the session of `brand` is in the vault"), "{err}");

    sandbox.run(&["doctor", "brand"]).done().says("@acme");
    sandbox.run(&["publish"]).done().says("published hello").says("https://x.com/acme/status/");
    assert_eq!(server.seen().made, 1);
    let all = sandbox.git(&["log", "--all", "--patch", "--text"]);
    assert!(all.contains("age-encryption.org/v1") && !all.contains("canary-x-"), "no secret can be read in it");
}
