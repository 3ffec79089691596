use crate::{
    config::{keys::shown, lexical::is_web_address, lexical::strip_scheme},
    model::MediaSource,
};
use std::borrow::Cow;

/// What keeps an image's target from being used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

/// Finds what an image's target means in a post in `folder`, a path from the workspace's root.
pub(super) fn source(target: &str, folder: &str) -> Result<MediaSource, Refusal> {
    let refuse = |message: String, help| Err(Refusal { message, help });
    if is_web_address(target) {
        return Ok(MediaSource::Url(target.to_owned()));
    }
    let beside = "put the file into the workspace and write its path from the post's folder";
    if target.trim().is_empty() {
        return refuse("the image names no file".to_owned(), "write the file's name between the parentheses");
    }
    if strip_scheme(target, "http:").is_some() || strip_scheme(target, "https:").is_some() {
        return refuse(
            format!("`{}` isn't a web address", shown(target)),
            "write it in full, as https://example.com/a.png",
        );
    }
    if let Some(scheme) = scheme(target) {
        return refuse(format!("a `{}:` address can't be attached", shown(scheme)), beside);
    }
    let Some(path) = decoded(target) else {
        return refuse(format!("`{}` isn't a path", shown(target)), beside);
    };
    if path.contains('\\') {
        return refuse(format!("`{}` holds a backslash", shown(&path)), "write `/` between folders");
    }
    if path.starts_with('/') || is_drive(&path) {
        return refuse(format!("`{}` is a path of one machine", shown(&path)), beside);
    }
    if path.contains(char::is_control) {
        return refuse(format!("`{}` holds a control character", shown(&path)), "rename the file");
    }
    match normalised(folder, &path) {
        Some(path) => Ok(MediaSource::File(path)),
        None => refuse(format!("`{}` is outside the workspace", shown(&path)), beside),
    }
}

/// Returns the scheme of an address; a single letter is a drive.
fn scheme(target: &str) -> Option<&str> {
    let (scheme, _) = target.split_once(':')?;
    let first = scheme.bytes().next()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    (scheme.len() > 1 && first.is_ascii_alphabetic() && scheme.bytes().all(allowed)).then_some(scheme)
}

fn is_drive(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.len() > 1 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':'
}

/// Resolves `%20` and the like, which editors write for blanks; none if that gives no text.
fn decoded(target: &str) -> Option<Cow<'_, str>> {
    if !target.contains('%') {
        return Some(Cow::Borrowed(target));
    }
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Vec::with_capacity(target.len());
    let mut bytes = target.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        match (byte, ahead.next().and_then(hex), ahead.next().and_then(hex)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high << 4 | low);
                bytes = ahead;
            }
            _ => decoded.push(byte),
        }
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

/// Joins a path to a folder and resolves `.` and `..`; none if that leads out of the root.
fn normalised(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn file(target: &str, expect: &str) {
        assert_eq!(source(target, "content/2026"), Ok(MediaSource::File(expect.to_owned())), "{target}");
    }

    #[track_caller]
    fn refused(target: &str, message: &str) {
        assert_eq!(source(target, "content/2026").map_err(|refusal| refusal.message), Err(message.to_owned()));
    }

    #[test]
    fn files_are_found_from_the_posts_folder() {
        file("a.jpg", "content/2026/a.jpg");
        file("./a/../b.jpg", "content/2026/b.jpg");
        file("../../shared/a.jpg", "shared/a.jpg");
        file("a%20b%C3%A9.jpg", "content/2026/a bé.jpg");
        file("100%.jpg", "content/2026/100%.jpg");
    }

    #[test]
    fn addresses_stay_as_written() {
        let url = "https://a.example/b%20c.jpg";
        assert_eq!(source(url, ""), Ok(MediaSource::Url(url.to_owned())));
    }

    #[test]
    fn nothing_outside_the_workspace_is_read() {
        refused("../../../etc/passwd", "`../../../etc/passwd` is outside the workspace");
        refused("%2e%2e/%2e%2e/%2e%2e/a", "`../../../a` is outside the workspace");
        refused("/etc/passwd", "`/etc/passwd` is a path of one machine");
        refused("%2Fetc/passwd", "`/etc/passwd` is a path of one machine");
        refused("//host/share", "`//host/share` is a path of one machine");
        refused("C:/a.jpg", "`C:/a.jpg` is a path of one machine");
        refused("a\\b.jpg", "`a\\b.jpg` holds a backslash");
        refused("..%5c..%5ca.jpg", "`..\\..\\a.jpg` holds a backslash");
        refused("file:///etc/passwd", "a `file:` address can't be attached");
        refused("data:image/png;base64,AAAA", "a `data:` address can't be attached");
        refused("a%00.jpg", "`a\\u{0}.jpg` holds a control character");
        refused("%ff.jpg", "`%ff.jpg` isn't a path");
        refused("", "the image names no file");
        refused("../..", "`../..` is outside the workspace");
        refused("https:a.png", "`https:a.png` isn't a web address");
    }
}
