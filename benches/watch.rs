//! How long it takes from a save to the new page with `masthead watch`, and what the program needs meanwhile.
//!
//! A file is written, the event is heard on the stream that pages listen to, and the post's page is fetched until it says what
//! was written; the quiet window that the watcher waits for is part of each figure. Memory and processor time are the
//! system's figures of the whole process.
//!
//! Where `MASTHEAD_BROWSER` names a chromedriver, the same is measured in a page that is open in Chromium: from just before the
//! file is written to the moment at which the page says so, and from the start of the program to the first paint.
//!
//! ```text
//! cargo bench --bench watch                  # 1,000 and 10,000 posts
//! cargo bench --bench watch -- 100000        # any number
//! MASTHEAD_BROWSER=/usr/bin/chromedriver cargo bench --bench watch
//! ```

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod browser;
mod corpus;

use browser::Browser;
use std::{
    env, fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant, SystemTime},
};

/// The quiet window that the watcher waits for after a save.
const QUIET: Duration = Duration::from_millis(12);
/// A page with a month's worth of posts, which the present month is not.
const FULL_MONTH: &str = "calendar/2023-06.html";
/// How many saves are timed, and how many follow to see whether memory grows.
const SAVES: usize = 60;
const MORE: usize = 1_000;
/// For how long nothing is done to see whether the program does.
const REST: Duration = Duration::from_secs(20);

fn main() {
    let arguments = env::args().skip(1).filter(|argument| argument != "--bench");
    let sizes: Vec<usize> = arguments.filter_map(|argument| argument.parse().ok()).collect();
    for size in if sizes.is_empty() { vec![1_000, 10_000] } else { sizes } {
        let folder = tempfile::tempdir().expect("a temporary folder");
        corpus::write(folder.path(), size).expect("a corpus");
        measure(size, folder.path());
        if let Some(driver) = Browser::wanted() {
            measure_in_browser(size, folder.path(), &Browser::start(&driver));
        }
    }
}

struct Server {
    child: Child,
    address: String,
    token: String,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_masthead"))
            .arg("-C")
            .arg(folder)
            .args(["watch", "--port", "0", "--quiet"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("an address");
        let (address, token) =
            line.trim().trim_start_matches("http://").trim_end_matches('/').split_once('/').expect("an address");
        Self { address: address.to_owned(), token: token.to_owned(), child }
    }

    fn get(&self, page: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let (token, address) = (&self.token, &self.address);
        let request = format!("GET /{token}/{page} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(answer.starts_with("HTTP/1.1 200"), "{page}: {}", answer.lines().next().unwrap_or_default());
        answer
    }

    /// Listens as an open page does; what comes are the pages that changed.
    fn listen(&self) -> Receiver<String> {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let request = format!("GET /{}/events HTTP/1.1\r\nhost: {}\r\n\r\n", self.token, self.address);
        stream.write_all(request.as_bytes()).expect("it reads");
        let (sender, heard) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if line.starts_with("data: ") && sender.send(line).is_err() {
                    return;
                }
            }
        });
        heard.recv_timeout(Duration::from_secs(60)).expect("the present state");
        heard
    }

    /// Returns a figure of `/proc/PID/status`, in MiB.
    fn memory(&self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default();
        line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
    }

    /// Returns the processor time so far, in milliseconds.
    fn processor(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let fields: Vec<&str> =
            stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().skip(11).take(2).collect();
        // In hundredths of a second, by the system's convention.
        fields.iter().filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() * 10.0
    }

    /// Waits until it does nothing any more.
    fn settle(&self) {
        let mut before = self.processor();
        loop {
            thread::sleep(Duration::from_millis(700));
            let now = self.processor();
            if now - before < 10.0 {
                return;
            }
            before = now;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn measure(size: usize, folder: &Path) {
    let begun = Instant::now();
    let server = Server::start(folder);
    server.get(FULL_MONTH);
    let first = begun.elapsed();
    server.settle();
    let heard = server.listen();
    let idle = server.memory("VmRSS");
    let (path, page) = some_post(folder);
    let mut times: Vec<(Duration, Duration)> =
        (0..SAVES).map(|number| save(&server, &heard, (&path, &page), number)).collect();
    times.sort();
    let before = server.processor();
    let grown_from = server.memory("VmRSS");
    for number in SAVES..SAVES + MORE {
        save(&server, &heard, (&path, &page), number);
    }
    let each = (server.processor() - before) / MORE as f64;
    let grown_to = server.memory("VmRSS");
    let rest = server.processor();
    thread::sleep(REST);
    let rest = server.processor() - rest;
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (event, median) = times[SAVES / 2];
    println!(
        "watch {size:>7} posts: first page {:.0} ms; save to page {:.1} ms (event {:.1}, slowest {:.1}), {each:.1} ms of the \
         processor; resident {idle:.0} MiB, after {MORE} more saves {grown_from:.0} to {grown_to:.0} MiB (peak {:.0}); at \
         rest {rest:.0} ms in {} s",
        ms(first),
        ms(median),
        ms(event),
        ms(times.iter().map(|(_, page)| *page).max().unwrap_or_default()),
        server.memory("VmHWM"),
        REST.as_secs(),
    );
}

/// Measures what somebody sees whose browser is open already.
fn measure_in_browser(size: usize, folder: &Path, browser: &Browser) {
    let mut first: Vec<Duration> = (0..5)
        .map(|_| {
            let begun = SystemTime::now();
            let server = Server::start(folder);
            browser.open(&format!("http://{}/{}/{FULL_MONTH}", server.address, server.token));
            browser::painted(browser, begun)
        })
        .collect();
    first.sort();
    let server = Server::start(folder);
    server.get("");
    server.settle();
    let (path, page) = some_post(folder);
    browser::observe(browser, &format!("http://{}/{}/{page}", server.address, server.token));
    let mut times: Vec<Duration> = (SAVES + MORE..SAVES + MORE + SAVES)
        .map(|number| {
            let (text, mark) = marked(&path, number);
            let begun = SystemTime::now();
            fs::write(&path, text).expect("a save");
            browser::seen(browser, &mark, begun).saturating_sub(QUIET)
        })
        .collect();
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "watch {size:>7} posts, in Chromium: first paint, of a full month, {:.0} ms after the start (slowest of {} {:.0}); save to text, over the \
         quiet window of {:.0} ms: median {:.1} ms, p95 {:.1}, slowest {:.1}, of {SAVES}",
        ms(first[first.len() / 2]),
        first.len(),
        ms(first[first.len() - 1]),
        ms(QUIET),
        ms(times[SAVES / 2]),
        ms(times[SAVES * 95 / 100]),
        ms(times[SAVES - 1]),
    );
}

/// Returns the text of a post with a mark at its end, and the mark.
fn marked(path: &Path, number: usize) -> (String, String) {
    let text = fs::read_to_string(path).expect("a post");
    let mark = format!("mark{number}end");
    let text = match text.rfind("mark") {
        Some(at) if text.ends_with("end\n") => format!("{}{mark}\n", &text[..at]),
        _ => format!("{text}\n{mark}\n"),
    };
    (text, mark)
}

/// Saves a post as a text of its own, and waits until the page says so. Returns when that was heard of, and when it was shown.
fn save(server: &Server, heard: &Receiver<String>, (path, page): (&Path, &str), number: usize) -> (Duration, Duration) {
    let (text, mark) = marked(path, number);
    let begun = Instant::now();
    fs::write(path, text).expect("a save");
    loop {
        let pages = heard.recv_timeout(Duration::from_secs(60)).expect("an event");
        if pages.contains(page) || pages.contains("null") {
            break;
        }
    }
    let event = begun.elapsed();
    while !server.get(page).contains(&mark) {}
    (event, begun.elapsed())
}

/// Returns a post in the middle of the corpus, and its page.
fn some_post(folder: &Path) -> (PathBuf, String) {
    let mut posts = Vec::new();
    let mut folders = vec![folder.join("content")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").map_while(Result::ok) {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if path.extension().is_some_and(|extension| extension == "md") => posts.push(path),
                _ => {}
            }
        }
    }
    posts.sort();
    let path = posts.swap_remove(posts.len() / 2);
    let id = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
    (path, format!("posts/{id}.html"))
}
