//! A web server on the loopback in front of a bare repository: `git http-backend`, and whatever can go wrong before and
//! behind it.

use super::Sandbox;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It never gets there.
    CutBefore,
    /// Only so many thousandths of its body get there.
    CutRequest(usize),
    /// It is done, and only so many thousandths of the answer come back.
    CutAnswer(usize),
    /// It isn't done, and this is the answer.
    Status(u16),
    /// It is done, and this is the answer all the same.
    StatusAfter(u16),
    /// It isn't done, and no answer comes.
    Hang,
    /// It is done, and no answer comes.
    HangAfter,
}

/// Which requests something goes wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The next one that moves the branch.
    Push,
    /// The next one that asks for the tip.
    Look,
}

/// The server. It ends with the test's process.
pub(super) struct Front {
    /// Its address.
    pub(super) url: String,
    faults: Arc<Mutex<Vec<(Which, Fault)>>>,
}

/// For how long nothing comes, which is longer than anybody waits here.
const HANG: Duration = Duration::from_secs(5);

impl Front {
    pub(super) fn start(origin: &Sandbox) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/x.git", listener.local_addr().expect("an address"));
        let faults = Arc::new(Mutex::new(Vec::new()));
        let (queue, folder) = (Arc::clone(&faults), origin.path().to_owned());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (queue, folder) = (Arc::clone(&queue), folder.clone());
                // A client that goes away is its own affair.
                thread::spawn(move || answer(&stream, &folder, &queue).map_err(drop));
            }
        });
        Self { url, faults }
    }

    /// Lets something go wrong, once for each that is given, in order.
    pub(super) fn set(&self, faults: &[(Which, Fault)]) {
        *self.faults.lock().expect("no panic") = faults.to_vec();
    }
}

fn answer(stream: &TcpStream, folder: &std::path::Path, queue: &Mutex<Vec<(Which, Fault)>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(()) };
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut backend = Command::new("git");
    backend
        .arg("http-backend")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_PROJECT_ROOT", folder)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("PATH_INFO", path.strip_prefix("/x.git").unwrap_or(path))
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", &method)
        .env("REMOTE_USER", "publisher");
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().expect("a number"),
            "content-type" => drop(backend.env("CONTENT_TYPE", value)),
            "content-encoding" => drop(backend.env("HTTP_CONTENT_ENCODING", value)),
            "git-protocol" => drop(backend.env("GIT_PROTOCOL", value)),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let which = match (path.ends_with("/git-receive-pack"), query.ends_with("git-upload-pack")) {
        (true, _) => Some(Which::Push),
        (false, true) => Some(Which::Look),
        (false, false) => None,
    };
    let fault = {
        let mut queue = queue.lock().expect("no panic");
        let is_meant = queue.first().is_some_and(|(meant, _)| Some(*meant) == which);
        is_meant.then(|| queue.remove(0).1)
    };
    let part = |bytes: &[u8], thousandths: usize| bytes[..bytes.len() * thousandths / 1000].to_vec();
    match fault {
        Some(Fault::CutBefore) => return stream.shutdown(Shutdown::Both),
        Some(Fault::Status(status)) => return refuse(stream, status),
        Some(Fault::Hang) => {
            thread::sleep(HANG);
            return stream.shutdown(Shutdown::Both);
        }
        _ => {}
    }
    // Without a length git reads to the end of what comes. With one that nothing comes for, it would ask for more for ever.
    let sent = if let Some(Fault::CutRequest(thousandths)) = fault {
        part(&body, thousandths)
    } else {
        backend.env("CONTENT_LENGTH", length.to_string());
        body
    };
    let mut child = backend.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    // One that refuses doesn't read to the end.
    let _ = child.stdin.take().expect("a pipe").write_all(&sent);
    let mut output = Vec::new();
    child.stdout.take().expect("a pipe").read_to_end(&mut output)?;
    child.wait()?;
    match fault {
        Some(Fault::StatusAfter(status)) => refuse(stream, status),
        Some(Fault::CutRequest(_)) => stream.shutdown(Shutdown::Both),
        Some(Fault::HangAfter) => {
            thread::sleep(HANG);
            stream.shutdown(Shutdown::Both)
        }
        Some(Fault::CutAnswer(thousandths)) => {
            let whole = http(&output);
            (&*stream).write_all(&part(&whole, thousandths))?;
            stream.shutdown(Shutdown::Both)
        }
        _ => (&*stream).write_all(&http(&output)),
    }
}

/// Makes an answer of the web of what a program behind a web server says.
fn http(output: &[u8]) -> Vec<u8> {
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(output.len());
    let (head, body) = output.split_at(end);
    let head = String::from_utf8_lossy(head);
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK").to_owned();
    let body = body.get(4..).unwrap_or_default();
    let mut bytes =
        format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len()).into_bytes();
    for line in head.lines().filter(|line| !line.starts_with("Status: ")) {
        bytes.extend(format!("{line}\r\n").into_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

fn refuse(mut stream: &TcpStream, status: u16) -> std::io::Result<()> {
    let ask = if status == 401 { "www-authenticate: Basic realm=\"x\"\r\n" } else { "" };
    write!(stream, "HTTP/1.1 {status} No\r\nconnection: close\r\n{ask}content-length: 0\r\n\r\n")
}
