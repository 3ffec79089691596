//! The message that an e-mail is sent as. The only place that knows how one is written.

use super::body::Upload;
use crate::{
    model::Timestamp,
    network::{Mail, Mailbox, MediaKey},
};
use lettre::{
    Message,
    message::{
        Attachment, Mailbox as Box, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use std::time::{Duration, SystemTime};

/// Writes a message (RFC 5322): the text and the HTML as alternatives, the best last, and the images beside the HTML.
///
/// The same e-mail is the same bytes whenever it is written. Nothing in it can begin a header of its own: control characters
/// in what becomes a header are an error.
pub(super) fn write(mail: &Mail, upload: &dyn Fn(&MediaKey) -> Result<Upload, String>) -> Result<Vec<u8>, String> {
    let headers = mail.headers.iter().map(|(_, value)| value.as_str());
    let names = [Some(&mail.from), Some(&mail.to), mail.reply_to.as_ref()].into_iter().flatten();
    let names: Vec<String> = names.map(ToString::to_string).collect();
    let mut lines = headers.chain(names.iter().map(String::as_str)).chain([mail.subject.as_str(), mail.id.as_str()]);
    if lines.any(|line| line.chars().any(char::is_control)) {
        return Err("the adapter puts a line break into a header".to_owned());
    }
    let mut message = Message::builder()
        .from(mailbox(&mail.from)?)
        .to(mailbox(&mail.to)?)
        .subject(&mail.subject)
        .message_id(Some(format!("<{}>", mail.id)))
        .date(system_time(mail.at));
    if let Some(reply_to) = &mail.reply_to {
        message = message.reply_to(mailbox(reply_to)?);
    }
    for (name, value) in &mail.headers {
        let name = HeaderName::new_from_ascii((*name).to_owned()).map_err(|_| format!("`{name}` is no header"))?;
        message = message.raw_header(HeaderValue::new(name, value.clone()));
    }
    let boundary = |part: &str| {
        let digest = blake3::hash(format!("{part}\n{}\n{}", mail.id, mail.at.millis()).as_bytes()).to_hex();
        format!("masthead-{}", &digest[..32])
    };
    let alternatives =
        MultiPart::alternative().boundary(boundary("alternative")).singlepart(SinglePart::plain(mail.text.clone()));
    let page = SinglePart::html(mail.html.clone());
    let body = if mail.images.is_empty() {
        alternatives.singlepart(page)
    } else {
        let mut related = MultiPart::related().boundary(boundary("related")).singlepart(page);
        for (id, key) in &mail.images {
            related = related.singlepart(image(id, key, &upload(key)?)?);
        }
        alternatives.multipart(related)
    };
    message.multipart(body).map(|message| message.formatted()).map_err(|error| format!("no e-mail: {error}"))
}

fn image(id: &str, key: &MediaKey, upload: &Upload) -> Result<SinglePart, String> {
    if !id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@')) {
        return Err("the adapter gives an image an id that no header can hold".to_owned());
    }
    let kind = ContentType::parse(upload.kind.mime()).map_err(|error| error.to_string())?;
    // The file's own name stays at home: it may tell more than the picture.
    let name = format!("image-{}.{}", key.0 + 1, upload.kind.extension());
    Ok(Attachment::new_inline_with_name(id.to_owned(), name).body(upload.bytes.clone(), kind))
}

fn mailbox(mailbox: &Mailbox) -> Result<Box, String> {
    let address = mailbox.address.parse().map_err(|_| "an address can't be written to".to_owned())?;
    Ok(Box::new(mailbox.name.clone(), address))
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(at.millis()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MediaKind;

    fn mail() -> Mail {
        Mail {
            from: Mailbox::parse("Acme <news@acme.example>").expect("an address"),
            to: Mailbox::parse("list@lists.example").expect("an address"),
            reply_to: None,
            subject: "Café".to_owned(),
            id: "1@acme.example".to_owned(),
            at: Timestamp::parse("2026-11-22T09:00:00Z").expect("a timestamp"),
            headers: vec![("List-Id", "<news.acme.example>".to_owned())],
            text: "Hello".to_owned(),
            html: "<p>Hello <img src=\"cid:i1@acme.example\" alt=\"\" /></p>".to_owned(),
            images: vec![("i1@acme.example".to_owned(), MediaKey(0))],
        }
    }

    fn written(mail: &Mail) -> Result<String, String> {
        let pixels = |_: &MediaKey| Ok(Upload { bytes: b"PIXELS".to_vec(), kind: MediaKind::Png });
        write(mail, &pixels).map(|bytes| String::from_utf8(bytes).expect("ASCII"))
    }

    #[test]
    fn it_holds_what_it_should_and_is_the_same_again() {
        let message = written(&mail()).expect("a message");
        for line in [
            "From: Acme <news@acme.example>",
            "To: list@lists.example",
            "Subject: =?utf-8?b?Q2Fmw6k=?=",
            "Message-ID: <1@acme.example>",
            "Date: Sun, 22 Nov 2026 09:00:00 +0000",
            "List-Id: <news.acme.example>",
            "Content-ID: <i1@acme.example>",
            "Content-Disposition: inline; filename=\"image-1.png\"",
        ] {
            assert!(message.lines().any(|known| known == line), "{line}\n{message}");
        }
        let at = |part: &str| message.find(part).unwrap_or_else(|| panic!("{part}\n{message}"));
        assert!(at("text/plain") < at("multipart/related") && at("multipart/related") < at("text/html"));
        assert_eq!(written(&mail()), Ok(message));
    }

    #[test]
    fn nothing_begins_a_header_of_its_own() {
        let evil = "x\r\nBcc: everybody@elsewhere.example";
        let subject = Mail { subject: evil.to_owned(), ..mail() };
        let header = Mail { headers: vec![("List-Id", evil.to_owned())], ..mail() };
        let id = Mail { id: evil.to_owned(), ..mail() };
        let name = Mail { from: Mailbox { name: Some(evil.to_owned()), ..mail().from }, ..mail() };
        let image = Mail { images: vec![(evil.to_owned(), MediaKey(0))], ..mail() };
        for mail in [subject, header, id, name, image] {
            assert!(written(&mail).is_err(), "{mail:?}");
        }
    }

    #[test]
    fn lines_are_as_short_as_servers_ask() {
        let long = Mail { text: "é".repeat(3000), html: "x".repeat(5000), subject: "word ".repeat(300), ..mail() };
        let message = written(&long).expect("a message");
        assert!(message.lines().all(|line| line.len() <= 998 && line.is_ascii()));
    }
}
