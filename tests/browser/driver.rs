//! A browser that tests drive: Chromium without a window, by way of chromedriver.
//!
//! WebDriver is JSON over HTTP, and what is needed of it is little: so it is spoken here rather than by a crate, the lightest of
//! which brings thirty others.

use serde_json::{Value, json};
use std::{
    env,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long something may take to show.
const LONG: Duration = Duration::from_secs(20);
/// How long the browser may take to answer: axe-core looks at much.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";
pub(crate) const SHIFT: &str = "\u{e008}";
pub(crate) const ESCAPE: &str = "\u{e00c}";
pub(crate) const SPACE: &str = " ";
pub(crate) const UP: &str = "\u{e013}";

/// What points: both do the same, by other events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pointer {
    Mouse,
    Touch,
}

/// A browser with one open page. It ends with whoever has it.
pub(crate) struct Browser {
    driver: Child,
    /// Open, since the driver writes to it.
    _said: BufReader<ChildStdout>,
    port: u16,
    session: String,
}

impl Browser {
    /// Returns the driver that is to be used; none if nobody asks for a browser.
    pub(crate) fn wanted() -> Option<String> {
        env::var("MASTHEAD_BROWSER").ok().filter(|driver| !driver.is_empty())
    }

    /// Starts one that speaks English, is where the tests' workspaces are, and reaches nothing but this machine.
    pub(crate) fn start(driver: &str) -> Self {
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .env("TZ", "Europe/Rome")
            .env("LANGUAGE", "en_US")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("MASTHEAD_BROWSER={driver} can't be started: {error}"));
        let mut said = BufReader::new(driver.stdout.take().expect("a pipe"));
        let port = port(&mut said);
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--lang=en-US",
            "--window-size=1280,900",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        // From here on it is ended whatever becomes of it.
        let mut browser = Self { driver, _said: said, port, session: String::new() };
        let made = browser.ask("POST", "/session", &wanted);
        browser.session = made["sessionId"].as_str().expect("a session").to_owned();
        browser
    }

    pub(crate) fn open(&self, url: &str) {
        self.command("POST", "url", &json!({ "url": url }));
    }

    /// Runs a script in the page and returns what it returns, or promises.
    pub(crate) fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.command("POST", "execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// Returns what an expression comes to.
    pub(crate) fn value(&self, expression: &str) -> Value {
        self.run(&format!("return {expression}"), &[])
    }

    pub(crate) fn text(&self, expression: &str) -> String {
        self.value(expression).as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn is(&self, expression: &str) -> bool {
        self.value(expression) == json!(true)
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub(crate) fn wait(&self, expression: &str) {
        let end = Instant::now() + LONG;
        while !self.is(&format!("Boolean({expression})")) {
            if Instant::now() > end {
                let said = self.text(
                    "[...document.querySelectorAll('#said, #lost, .problem')].map((e) => e.innerText).join('; ')",
                );
                let focused = self.text("document.activeElement.outerHTML.slice(0, 300)");
                panic!("never came: {expression}\nsaid: {said}\nfocused: {focused}\n{:#?}", self.messages());
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the page, as it is read, says something.
    #[track_caller]
    pub(crate) fn wait_for_words(&self, words: &str) {
        self.wait(&format!("document.body.innerText.includes({})", json!(words)));
    }

    /// Presses keys one after the other.
    pub(crate) fn press(&self, keys: &[&str]) {
        let mut actions = Vec::new();
        for key in keys {
            actions.push(json!({ "type": "keyDown", "value": key }));
            actions.push(json!({ "type": "keyUp", "value": key }));
        }
        self.act(&json!([{ "type": "key", "id": "keys", "actions": actions }]));
    }

    /// Presses a key while another is held.
    pub(crate) fn press_with(&self, held: &str, key: &str) {
        let step = |kind: &str, key: &str| json!({ "type": kind, "value": key });
        let actions = [step("keyDown", held), step("keyDown", key), step("keyUp", key), step("keyUp", held)];
        self.act(&json!([{ "type": "key", "id": "keys", "actions": actions }]));
    }

    pub(crate) fn type_text(&self, text: &str) {
        let keys: Vec<String> = text.chars().map(String::from).collect();
        self.press(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    }

    /// Presses and lets go on the middle of what a selector finds.
    pub(crate) fn click(&self, selector: &str) {
        self.point(Pointer::Mouse, selector);
    }

    pub(crate) fn point(&self, pointer: Pointer, selector: &str) {
        let (x, y) = self.middle(selector, true);
        self.pointer(pointer, &[json!({ "type": "pointerMove", "x": x, "y": y, "duration": 0 }), down(), up()]);
    }

    /// Takes hold of the middle of one thing and lets go over another.
    pub(crate) fn drag(&self, from: &str, to: &str) {
        // Both have to be seen: what is above is brought in first.
        self.middle(from, true);
        let (x, y) = self.middle(from, false);
        let (to_x, to_y) = self.middle(to, false);
        let go = |x: i64, y: i64| json!({ "type": "pointerMove", "x": x, "y": y, "duration": 60 });
        let between = go(i64::midpoint(x, to_x), i64::midpoint(y, to_y));
        self.pointer(
            Pointer::Mouse,
            &[go(x, y), down(), go(x + 6, y + 6), between, go(to_x, to_y - 1), go(to_x, to_y), up()],
        );
    }

    /// Shows pages at another width, light or dark.
    pub(crate) fn look(&self, width: u32, height: u32, scheme: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Asks what only Chromium can be asked for.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.command("POST", "goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Returns what was written to the console since it was asked last, breaches of the Content-Security-Policy among it.
    pub(crate) fn messages(&self) -> Vec<String> {
        let log = self.command("POST", "se/log", &json!({ "type": "browser" }));
        let told = |entry: &Value| entry["message"].as_str().unwrap_or_default().to_owned();
        log.as_array().expect("a log").iter().map(told).collect()
    }

    /// Takes a picture of what is seen, as the bytes of a PNG.
    pub(crate) fn picture(&self) -> Vec<u8> {
        use base64::Engine as _;
        let picture = self.command("GET", "screenshot", &Value::Null);
        base64::engine::general_purpose::STANDARD.decode(picture.as_str().expect("a picture")).expect("base64")
    }

    fn pointer(&self, kind: Pointer, actions: &[Value]) {
        let kind = if kind == Pointer::Mouse { "mouse" } else { "touch" };
        self.act(&json!([
            { "type": "pointer", "id": kind, "parameters": { "pointerType": kind }, "actions": actions }
        ]));
    }

    fn act(&self, sources: &Value) {
        self.command("POST", "actions", &json!({ "actions": sources }));
    }

    /// Returns where the middle of something is.
    fn middle(&self, selector: &str, scroll: bool) -> (i64, i64) {
        let script = "const [selector, scroll] = arguments; const found = document.querySelector(selector); \
                      if (!found) return null; \
                      if (scroll) found.scrollIntoView({ block: 'center', behavior: 'instant' }); \
                      const box = found.getBoundingClientRect(); \
                      return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)]";
        let place = self.run(script, &[json!(selector), json!(scroll)]);
        let at = |index: usize| place[index].as_i64().unwrap_or_else(|| panic!("nothing is found by {selector}"));
        (at(0), at(1))
    }

    fn command(&self, method: &str, name: &str, body: &Value) -> Value {
        self.ask(method, &format!("/session/{}/{name}", self.session), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.request(method, path, body).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut answer: Value = serde_json::from_slice(&answer).unwrap_or_else(|error| panic!("{path}: {error}"));
        let value = answer["value"].take();
        assert_eq!(status, 200, "{path}: {body}: {}", value["message"].as_str().unwrap_or_default());
        value
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> std::io::Result<(u16, Vec<u8>)> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        (&stream).write_all(format!("{head}{body}").as_bytes())?;
        let mut answer = BufReader::new(stream);
        let (mut status, mut length, mut line) = (0, 0, String::new());
        loop {
            line.clear();
            answer.read_line(&mut line)?;
            let text = line.trim_end().to_ascii_lowercase();
            if text.is_empty() {
                break;
            }
            if let Some(rest) = text.strip_prefix("http/1.1 ") {
                status = rest.split(' ').next().and_then(|status| status.parse().ok()).unwrap_or(0);
            } else if let Some(value) = text.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut bytes = vec![0; length];
        answer.read_exact(&mut bytes)?;
        Ok((status, bytes))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser is the driver's child, and goes with its session.
        let _ = self.request("DELETE", &format!("/session/{}", self.session), &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Reads which port the driver has chosen.
fn port(said: &mut impl std::io::BufRead) -> u16 {
    let mut line = String::new();
    loop {
        line.clear();
        assert!(
            said.read_line(&mut line).is_ok_and(|length| length > 0),
            "the driver ended without a word of its port"
        );
        let found = line.split_once("successfully on port ").map(|(_, port)| port.trim().trim_end_matches('.'));
        if let Some(port) = found {
            return port.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
}

fn down() -> Value {
    json!({ "type": "pointerDown", "button": 0 })
}

fn up() -> Value {
    json!({ "type": "pointerUp", "button": 0 })
}
