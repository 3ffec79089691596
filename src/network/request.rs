use super::MediaKey;

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
    /// Whose secret goes with it as a bearer token.
    pub credential: Credential,
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
    /// A form with files.
    Multipart(Vec<Field>),
    /// The bytes of one prepared image or video, with its own media type.
    Media(MediaKey),
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name.
    pub name: &'static str,
    /// The value.
    pub value: FieldValue,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// Text.
    Text(String),
    /// A prepared image or video, sent with a file name and its media type.
    Media(MediaKey),
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

impl Method {
    /// Returns the method's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
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
            payload: Payload::Empty,
            effect: Effect::Read,
        }
    }

    /// Starts a request that sends something.
    pub fn send(label: &'static str, method: Method, url: impl Into<String>, payload: Payload, effect: Effect) -> Self {
        Self { label, method, url: url.into(), headers: Vec::new(), credential: Credential::None, payload, effect }
    }

    /// Says whose secret goes with it.
    #[must_use]
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credential = credential;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
