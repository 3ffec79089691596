use super::{Draft, DraftPart, Limits, MediaKey, Recipient};
use crate::model::{Account, MediaInfo, Remote, Timestamp};
use secrecy::SecretString;
use std::collections::BTreeMap;

/// One part of a draft to publish, with everything that the request is made from.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// What is sent.
    pub draft: &'a Draft,
    /// Which part of it.
    pub part: usize,
    /// As whom.
    pub account: &'a Account,
    /// The limits that hold.
    pub limits: &'a Limits,
    /// The ids and the time fixed in the intent: a repetition of this attempt has the same.
    pub attempt: &'a Attempt,
    /// The media of this part, prepared for upload, in the draft's order.
    pub media: &'a [PreparedMedia],
    /// The first part of the thread, if this is a later one.
    pub root: Option<&'a Remote>,
    /// The part before, if this is a later one.
    pub parent: Option<&'a Remote>,
    /// What the first part answers.
    pub reply_to: Option<&'a Referent>,
    /// What the first part quotes.
    pub quote: Option<&'a Referent>,
    /// What is passed on.
    pub boost: Option<&'a Referent>,
    /// To whom, where the account sends to many.
    pub recipient: Option<&'a Recipient>,
}

impl<'a> Job<'a> {
    /// Returns the part to publish.
    pub fn draft_part(&self) -> &'a DraftPart {
        &self.draft.parts[self.part]
    }
}

/// What is answered, quoted or passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Referent {
    /// A post of ours that this account has published.
    Ours(Remote),
    /// A web address that the adapter must look up.
    Url(String),
}

/// What is fixed when a delivery is claimed and repeated whenever the attempt is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// A random key of 128 bits in lowercase hexadecimal, for networks that honour one.
    pub key: String,
    /// The time of the claim, for records that carry one.
    pub at: Timestamp,
    /// A random number for ids that we choose, such as the clock id of a Bluesky record key.
    pub nonce: u64,
}

/// An image or video ready to upload: private metadata stripped, scaled if it had to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedMedia {
    /// Its name for requests.
    pub key: MediaKey,
    /// What will be uploaded.
    pub info: MediaInfo,
    /// The SHA-256 of its bytes, by which networks name what they are sent that name it by that.
    pub sha256: [u8; 32],
    /// The description; may be empty.
    pub alt: String,
    /// Where the network can fetch it, on networks with [`by_address`](super::MediaRules::by_address): public, and there
    /// until the part is out.
    pub address: Option<String>,
}

/// What a network answered to a publication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// What it is called there.
    pub remote: Remote,
}

/// What asking for an earlier attempt gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It arrived.
    Here(Receipt),
    /// It did not, and the listing reaches back to before the attempt.
    Absent,
    /// It can't be told: the listing is too short, or more than one post fits.
    Unclear(String),
}

/// What sign-in learnt, without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Facts by name, such as the account's permanent id.
    pub facts: BTreeMap<&'static str, String>,
}

/// What sign-in gives.
#[derive(Debug, Default)]
pub struct SignIn {
    /// What may be printed.
    pub session: Session,
    /// What may not, by the name that [`super::Credential::Session`] uses.
    pub secrets: Vec<(&'static str, SecretString)>,
    /// When the access token ends, if it can be told.
    pub expires: Option<Timestamp>,
    /// When the refresh token ends, if it can be told.
    pub refresh_expires: Option<Timestamp>,
}

/// What a server says of itself and of us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The account as the server calls it, for instance `@acme@mastodon.example`.
    pub identity: Option<String>,
    /// What runs there, for instance `Mastodon 4.5.0`.
    pub server: Option<String>,
    /// What the credential may do, if the server tells.
    pub scopes: Vec<String>,
    /// What it may not do but should.
    pub missing: Vec<String>,
    /// When the credential ends, if the server tells.
    pub expires: Option<Timestamp>,
    /// The limits that hold.
    pub limits: Limits,
}
