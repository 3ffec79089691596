//! Reads a message as RFC 2045 to 2047 have it, as far as ours use them. Panics at what isn't one.

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// A message or a part of one.
#[derive(Debug)]
pub(super) struct Entity {
    headers: Vec<(String, String)>,
    /// The parts, where it has some.
    pub(super) parts: Vec<Self>,
    /// The content, decoded, where it has none.
    pub(super) body: Vec<u8>,
}

impl Entity {
    /// Returns every header of a lowercase name.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
    }

    /// Returns the media type without its parameters.
    pub(super) fn kind(&self) -> &str {
        let value =
            self.headers.iter().find(|(name, _)| name == "content-type").map_or("text/plain", |(_, value)| value);
        value.split(';').next().unwrap_or_default().trim()
    }
}

/// Reads a message.
pub(super) fn read(text: &str) -> Entity {
    let (head, body) = text.split_once("\r\n\r\n").expect("headers and a body");
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no header: {line}"));
        (name.to_ascii_lowercase(), words(value.trim()))
    };
    let headers: Vec<(String, String)> = unfolded.split("\r\n").map(header).collect();
    let mut entity = Entity { headers, parts: Vec::new(), body: Vec::new() };
    let boundary = entity.all("content-type").first().and_then(|kind| {
        let (_, value) = kind.split_once("boundary=\"")?;
        Some(value.split('"').next().expect("an end").to_owned())
    });
    if let Some(boundary) = boundary.filter(|_| entity.kind().starts_with("multipart/")) {
        let (inside, _) = body.split_once(&format!("--{boundary}--")).expect("a last boundary");
        let mark = format!("--{boundary}\r\n");
        let parts = inside.split(&mark).skip(1);
        entity.parts = parts.map(|part| read(part.strip_suffix("\r\n").expect("a line before a boundary"))).collect();
    } else {
        entity.body = match entity.all("content-transfer-encoding").first().map_or("7bit", String::as_str) {
            "7bit" => body.as_bytes().to_vec(),
            "base64" => BASE64_STANDARD.decode(body.replace("\r\n", "")).expect("base64"),
            "quoted-printable" => quoted(&body.replace("=\r\n", "")),
            other => panic!("the encoding `{other}`"),
        };
    }
    if entity.kind().starts_with("text/") {
        entity.body = String::from_utf8(entity.body).expect("UTF-8").replace("\r\n", "\n").into_bytes();
    }
    entity
}

fn quoted(text: &str) -> Vec<u8> {
    let mut parts = text.split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    bytes
}

/// Resolves encoded words; the space between two of them is none.
fn words(value: &str) -> String {
    let (mut out, mut rest, mut after_word) = (String::new(), value, false);
    while let Some((before, encoded)) = rest.split_once("=?utf-8?b?") {
        let (word, after) = encoded.split_once("?=").expect("a word that ends");
        if !(after_word && before.trim().is_empty()) {
            out.push_str(before);
        }
        out.push_str(&String::from_utf8(BASE64_STANDARD.decode(word).expect("base64")).expect("whole characters"));
        (rest, after_word) = (after, true);
    }
    out + rest
}
