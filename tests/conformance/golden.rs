//! Golden transcripts: what an adapter sends in a case, as a text that people review.
//!
//! They live in `tests/golden/<network>/<case>.http`. `MASTHEAD_BLESS=1` writes them; else they are compared, and one that
//! no case writes is an error.

use crate::{
    line::Exchange,
    twin::{CLIENT_SECRET, CODE, TwinRequest, VERIFIER, percent_decode},
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// Compares the transcript of a case with its file, or writes it.
pub(crate) fn compare(network: &str, case: &str, log: &[Exchange], secrets: &[String]) -> Result<(), String> {
    let found = transcript(log, secrets);
    let path = folder().join(network).join(format!("{case}.http"));
    if blessing() {
        fs::create_dir_all(path.parent().expect("a folder")).map_err(|error| format!("{}: {error}", path.display()))?;
        return fs::write(&path, found).map_err(|error| format!("{}: {error}", path.display()));
    }
    let hint = "set MASTHEAD_BLESS=1 to write it, then read the difference";
    let expected = fs::read_to_string(&path).map_err(|error| format!("{}: {error}; {hint}", path.display()))?;
    if expected == found {
        return Ok(());
    }
    let differs = expected.lines().zip(found.lines()).position(|(old, new)| old != new);
    let line = differs.unwrap_or_else(|| expected.lines().count().min(found.lines().count()));
    Err(format!("{} differs from line {}; {hint}. It is now:\n{found}", path.display(), line + 1))
}

/// Checks that every transcript of a network is written by some case.
pub(crate) fn check_unused(network: &str, cases: &BTreeSet<String>) -> Result<(), String> {
    let Ok(entries) = fs::read_dir(folder().join(network)) else { return Ok(()) };
    let mut unused = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        let known = path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| cases.contains(stem));
        if !known || path.extension().is_none_or(|extension| extension != "http") {
            unused.push(path);
        }
    }
    if blessing() {
        return unused.iter().try_for_each(|path| fs::remove_file(path).map_err(|error| error.to_string()));
    }
    if unused.is_empty() { Ok(()) } else { Err(format!("no case writes {unused:?}; remove it")) }
}

fn blessing() -> bool {
    std::env::var_os("MASTHEAD_BLESS").is_some_and(|value| !value.is_empty() && value != "0")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn transcript(log: &[Exchange], secrets: &[String]) -> String {
    let mut out = String::new();
    for exchange in log {
        let request = &exchange.request;
        let _ = writeln!(out, "# {}", request.label);
        let _ = writeln!(out, "{} {}", request.method.as_str(), request.url);
        let mut headers: Vec<String> = request.headers.iter().map(|(name, value)| header(name, value)).collect();
        let word = request.authorization.as_deref().and_then(|value| value.split(' ').next());
        headers.extend(word.map(|word| format!("authorization: {word} <secret>")));
        headers.sort();
        for header in headers {
            let _ = writeln!(out, "{header}");
        }
        let body = body(request);
        if !body.is_empty() {
            let _ = writeln!(out, "\n{}", body.trim_end());
        }
        let answer = exchange.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let _ = writeln!(out, "\n=> {answer}\n");
    }
    let mut out = out.trim_end().to_owned();
    out.push('\n');
    let logins = [CODE, VERIFIER, CLIENT_SECRET];
    for secret in secrets.iter().map(String::as_str).chain(logins).filter(|secret| !secret.is_empty()) {
        out = out.replace(secret, "<secret>");
    }
    out
}

fn header(name: &str, value: &str) -> String {
    match name {
        // The boundary is the sender's business.
        "content-type" => format!("{name}: {}", value.split(';').next().unwrap_or(value)),
        // A release changes no transcript.
        "user-agent" => format!("{name}: {}", value.replace(env!("CARGO_PKG_VERSION"), "<version>")),
        _ => format!("{name}: {value}"),
    }
}

fn body(request: &TwinRequest) -> String {
    let kind = request.header("content-type").unwrap_or("");
    if let Some(fields) = request.form() {
        let lines = fields.iter().map(|field| match &field.mime {
            Some(mime) if mime == "application/json" => format!("{} = {}", field.name, pretty(&field.bytes)),
            Some(mime) => format!("{} = [{mime} {} bytes]", field.name, field.bytes.len()),
            None => format!("{} = {}", field.name, String::from_utf8_lossy(&field.bytes)),
        });
        return lines.collect::<Vec<_>>().join("\n");
    }
    if kind == "application/x-www-form-urlencoded" {
        let text = String::from_utf8_lossy(&request.body);
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        let lines = pairs.map(|(name, value)| format!("{} = {}", percent_decode(name), percent_decode(value)));
        return lines.collect::<Vec<_>>().join("\n");
    }
    if kind == "message/rfc822" {
        return message(&String::from_utf8_lossy(&request.body));
    }
    match serde_json::from_slice::<Value>(&request.body) {
        Ok(_) => pretty(&request.body),
        Err(_) if request.body.is_empty() => String::new(),
        Err(_) => format!("[{kind} {} bytes]", request.body.len()),
    }
}

/// Returns a message without what only programs read: the bytes of its images.
fn message(text: &str) -> String {
    let is_of_file = |line: &str| line.len() >= 70 && !line.contains([' ', '=', '<', ':']);
    let lines = text.lines().filter(|line| !is_of_file(line)).map(str::trim_end);
    lines.collect::<Vec<_>>().join("\n")
}

fn pretty(json: &[u8]) -> String {
    let value: Value = serde_json::from_slice(json).expect("JSON, as its type says");
    serde_json::to_string_pretty(&value).expect("JSON can be written")
}
