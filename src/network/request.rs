use super::{Mail, MediaKey, RelayCall, RelayEvent, RelaySays};
use std::{borrow::Cow, fmt::Write as _};

/// A call to make, as a value. It holds no secret, only the name of one, so it can be printed and compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What it is for, in two or three words, for logs and transcripts: `create status`.
    pub label: &'static str,
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// Headers beyond those that the body and the credential bring, by lowercase name.
    pub headers: Vec<(&'static str, String)>,
    /// Whose secret goes with it.
    pub credential: Credential,
    /// Where that secret goes, or what is made of it.
    pub place: Place,
    /// What is sent.
    pub payload: Payload,
    /// What it does on the other side.
    pub effect: Effect,
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

/// The name of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// None is sent.
    None,
    /// The account's token, from its `token` setting.
    Token,
    /// A secret of the session, by the name that sign-in gave it.
    Session(&'static str),
    /// The secret of the application as which we ask to be let in, from the account's `client_secret` setting.
    Client,
}

/// Where a secret goes in a request, or what is made of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// `Authorization: Bearer SECRET`.
    #[default]
    Bearer,
    /// `Authorization: WORD SECRET`, with a word of the network's own.
    Scheme(&'static str),
    /// `Authorization: Basic`, with this user name and the secret as the password.
    Basic {
        /// The user name.
        user: String,
    },
    /// In the address, where that says `{secret}`; of a webhook, all of the address.
    Url,
    /// Not at all: a JSON Web Token that it signs, good for five minutes. The secret is `id:key`, the key in hexadecimal.
    Jwt {
        /// Whom the token is for.
        audience: &'static str,
        /// What stands before it in `Authorization`.
        word: &'static str,
    },
    /// Not at all: a signature of the body, as Standard Webhooks does it. The secret is `whsec_` and base64; of several, each
    /// signs.
    Webhook {
        /// The message's id, the same whenever it is repeated; without a dot.
        id: String,
    },
    /// Not at all: an event of Nostr that it signs, as `Authorization: Nostr …`. It gets the time of sending, and a tag
    /// `expiration` two minutes later, whatever its own time is.
    Event(RelayEvent),
}

/// What is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// Nothing.
    Empty,
    /// JSON.
    Json(serde_json::Value),
    /// A JSON object with a secret put in at a key.
    JsonWithSecret {
        /// The object.
        value: serde_json::Value,
        /// The key.
        key: &'static str,
        /// The secret.
        credential: Credential,
    },
    /// A form as the address bar writes it: without files. Of a request that only asks it goes into the address.
    Form(Vec<Field>),
    /// A form with files.
    Multipart(Vec<Field>),
    /// The bytes of one prepared image or video, with its own media type.
    Media(MediaKey),
    /// Some of the bytes of one, for networks that take a long one in pieces.
    MediaSlice(Slice),
    /// What several relays are told at once, signed where it is an event. The address is that of the first of them.
    Relays(RelayCall),
    /// An e-mail, whose envelope stands in the headers `mail-from` and `rcpt-to`.
    Mail(Box<Mail>),
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name.
    pub name: Cow<'static, str>,
    /// The value.
    pub value: FieldValue,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// Text.
    Text(String),
    /// JSON, with its media type where the form has one for each field.
    Json(serde_json::Value),
    /// A secret.
    Secret(Credential),
    /// A prepared image or video, sent with a file name and its media type.
    Media(MediaKey),
    /// Some of the bytes of one, sent with a file name.
    MediaSlice(Slice),
}

/// A stretch of the bytes of a prepared image or video.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Of which.
    pub key: MediaKey,
    /// The first byte.
    pub from: u64,
    /// One past the last.
    pub to: u64,
}

impl Slice {
    /// Cuts a medium of so many bytes into pieces of a length, the last of which may be shorter.
    pub fn all(key: MediaKey, bytes: u64, length: u64) -> impl Iterator<Item = Self> {
        let starts = (0..bytes.div_ceil(length)).map(move |number| number * length);
        starts.map(move |from| Self { key, from, to: bytes.min(from + length) })
    }
}

/// What a request does on the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it may be repeated freely.
    Read,
    /// Something that nobody sees, such as an upload or a sign-in: it may be repeated.
    Prepare,
    /// Something that nobody sees, and that uses up what it sends, such as a refresh token: it is sent once.
    Exchange,
    /// Something that people see. Only this needs a claim in the ledger before it leaves, and is sent once.
    Publish,
}

impl Payload {
    /// Returns whom it goes to beside the request's own address.
    pub fn relays(&self) -> &[String] {
        match self {
            Self::Relays(call) => &call.relays,
            Self::Empty
            | Self::Json(_)
            | Self::JsonWithSecret { .. }
            | Self::Form(_)
            | Self::Multipart(_)
            | Self::Media(_)
            | Self::MediaSlice(_)
            | Self::Mail(_) => &[],
        }
    }

    /// Returns whether a secret is put into it.
    pub fn has_secret(&self) -> bool {
        let named = |credential: &Credential| *credential != Credential::None;
        match self {
            Self::JsonWithSecret { credential, .. } => named(credential),
            Self::Form(fields) | Self::Multipart(fields) => {
                fields.iter().any(|field| matches!(&field.value, FieldValue::Secret(credential) if named(credential)))
            }
            Self::Relays(call) => call.signer.is_some() || !matches!(call.says, RelaySays::Tell(_)),
            Self::Empty | Self::Json(_) | Self::Media(_) | Self::MediaSlice(_) | Self::Mail(_) => false,
        }
    }
}

impl Method {
    /// Returns the method's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl Request {
    /// Starts a request that only reads.
    pub fn get(label: &'static str, url: impl Into<String>) -> Self {
        Self {
            label,
            method: Method::Get,
            url: url.into(),
            headers: Vec::new(),
            credential: Credential::None,
            place: Place::default(),
            payload: Payload::Empty,
            effect: Effect::Read,
        }
    }

    /// Starts a request that sends something.
    pub fn send(label: &'static str, method: Method, url: impl Into<String>, payload: Payload, effect: Effect) -> Self {
        Self { method, payload, effect, ..Self::get(label, url) }
    }

    /// Says whose secret goes with it.
    #[must_use]
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credential = credential;
        self
    }

    /// Says where the secret goes; a bearer token unless said.
    #[must_use]
    pub fn place(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Field {
    /// Makes a field.
    pub fn new(name: impl Into<Cow<'static, str>>, value: FieldValue) -> Self {
        Self { name: name.into(), value }
    }

    /// Makes a field of text.
    pub fn text(name: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        Self::new(name, FieldValue::Text(text.into()))
    }
}

/// Escapes a text for a path or a query of an address.
pub(in crate::network) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// Returns the host of an `https` address; none of one that names a user or has a backslash, since programs differ in what they
/// take for its host.
pub(in crate::network) fn https_host(url: &str) -> Option<&str> {
    let authority = url.strip_prefix("https://")?.split(['/', '?', '#']).next()?;
    let host = authority.split(':').next().filter(|host| !host.is_empty())?;
    (!authority.contains(['@', '\\'])).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_told_only_where_all_read_the_same() {
        for (url, expect) in [
            ("https://a.example/b@c", Some("a.example")),
            ("https://a.example:8443?b", Some("a.example")),
            ("https://a.example", Some("a.example")),
            ("http://a.example/", None),
            ("https:///a", None),
            ("https://a.example@b.example/", None),
            ("https://a.example:1@b.example/", None),
            ("https://b.example\\.a.example/", None),
        ] {
            assert_eq!(https_host(url), expect, "{url}");
        }
    }

    #[test]
    fn addresses_are_escaped_in_queries() {
        assert_eq!(escape("https://a.example/@b?c=d&é"), "https%3A%2F%2Fa.example%2F%40b%3Fc%3Dd%26%C3%A9");
    }
}
