//! A workspace that is watched, and its pages in a browser.

use crate::{
    driver::Browser,
    sandbox::{Running, Sandbox},
};
use std::{
    io::Write as _,
    ops::Deref,
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
};

const CONFIG: &str = r#"
[accounts.home]
network = "site"

[accounts.brand]
network = "mastodon"
endpoint = "https://mastodon.example"
token = "env:ACME_TOKEN"

[accounts.sky]
network = "bluesky"
handle = "acme.example"
token = "env:ACME_TOKEN"

[groups]
everywhere = ["home", "brand", "sky"]
"#;

/// One browser at a time, so that each has the machine for itself.
static TURN: Mutex<()> = Mutex::new(());

/// A workspace that is watched, and a browser for its pages. It is the browser, too.
pub(crate) struct Site {
    browser: Browser,
    pub(crate) sandbox: Sandbox,
    running: Option<Running>,
    /// `http://127.0.0.1:4400/TOKEN/`.
    pub(crate) url: String,
    _turn: MutexGuard<'static, ()>,
}

impl Site {
    /// Starts both, with two posts of January 2030; says so if no browser is wanted.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(|| {
            let sandbox = Sandbox::with_config(CONFIG);
            sandbox.write("content/a.md", post("a", "09", "The first text."));
            sandbox.write("content/sub/b.md", post("b", "16", "Another post."));
            sandbox.git(&["config", "user.name", "Ada"]);
            sandbox.git(&["config", "user.email", "ada@acme.example"]);
            sandbox.commit();
            sandbox
        })
    }

    /// Starts both, with the workspace that pictures are taken of.
    pub(crate) fn rich(arguments: &[&str]) -> Option<Self> {
        Self::start_with(|| {
            let sandbox = Sandbox::new();
            let made = Command::new("bash")
                .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/preview_workspace.sh"))
                .args(arguments)
                .arg(sandbox.path())
                .env("MASTHEAD", env!("CARGO_BIN_EXE_masthead"))
                .output()
                .expect("bash runs");
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            sandbox
        })
    }

    fn start_with(sandbox: impl FnOnce() -> Sandbox) -> Option<Self> {
        let Some(driver) = Browser::wanted() else {
            // Straight to stderr, so that the test harness does not swallow it.
            let _ =
                writeln!(std::io::stderr(), "skipped: run tests/browser.sh, or set MASTHEAD_BROWSER to a chromedriver");
            return None;
        };
        // Another test may have failed.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let sandbox = sandbox();
        let browser = Browser::start(&driver);
        let mut site = Self { browser, sandbox, running: None, url: String::new(), _turn: turn };
        site.serve("0");
        Some(site)
    }

    /// Starts the program on a port.
    pub(crate) fn serve(&mut self, port: &str) {
        let mut running = self.sandbox.start_in(self.sandbox.path(), &["watch", "--port", port]);
        self.url = running.first_line();
        self.running = Some(running);
    }

    pub(crate) fn port(&self) -> String {
        self.url.rsplit(':').next().and_then(|rest| rest.split('/').next()).expect("a port").to_owned()
    }

    /// Ends the program.
    pub(crate) fn stop(&mut self) {
        let running = self.running.take().expect("it runs");
        running.interrupt();
        running.finish().done();
    }

    /// Opens a page, and waits until it hears of changes.
    pub(crate) fn visit(&self, page: &str) {
        self.open(&format!("{}{page}", self.url));
        self.wait("document.readyState === 'complete' && document.body.dataset.heard !== undefined");
    }

    /// Saves a file.
    pub(crate) fn save(&self, path: &str, text: impl AsRef<[u8]>) {
        self.sandbox.write(path, text);
    }

    /// Returns the lines that differ from what is committed.
    pub(crate) fn changed_lines(&self) -> Vec<String> {
        let diff = self.sandbox.git(&["diff", "-U0", "content"]);
        let is_changed =
            |line: &&str| line.starts_with(['+', '-']) && !line.starts_with("+++ ") && !line.starts_with("--- ");
        diff.lines().filter(is_changed).map(str::to_owned).collect()
    }

    /// Holds that nothing was complained of.
    #[track_caller]
    pub(crate) fn end(self) {
        let messages = self.browser.messages();
        assert!(messages.is_empty(), "the console has {messages:#?}");
    }
}

impl Deref for Site {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

/// A post of a day of January 2030.
pub(crate) fn post(id: &str, day: &str, copy: &str) -> String {
    format!("+++\nid = \"{id}\"\nto = [\"home\", \"brand\"]\ndate = 2030-01-{day}T09:00:00 # then\n+++\n\n{copy}\n")
}
