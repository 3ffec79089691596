use super::Price;
use crate::{
    diag::words,
    model::{MediaInfo, MediaKind, NetworkId, NetworkSpec, OptionSpec, VideoCodec},
    text::{Dialect, Measure},
};
use std::time::Duration;

/// What a network can do, as data. Read by `check`, `plan`, the preview, the docs and the conformance suite.
#[derive(Debug)]
pub struct Profile {
    /// Its stable name, as in `network = "…"`.
    pub id: NetworkId,
    /// Its name for people.
    pub name: &'static str,
    /// The date on which the facts were last compared with their sources, as `2026-11-22`.
    pub checked: &'static str,
    /// Where the facts come from.
    pub sources: &'static [&'static str],
    /// How it shows text.
    pub text: TextRules,
    /// Whether it has threads.
    pub threads: Threads,
    /// The media that it takes.
    pub media: Option<MediaRules>,
    /// The polls that it takes.
    pub poll: Option<PollRules>,
    /// Whether a post may answer another.
    pub reply: bool,
    /// Whether a post may quote another.
    pub quote: bool,
    /// Whether a post may be passed on.
    pub boost: bool,
    /// Whether a published post can be changed.
    pub edit: bool,
    /// Whether a published post can be deleted.
    pub delete: bool,
    /// What it charges for; nothing on most networks.
    pub prices: &'static [Price],
    /// How much it lets an account do in a time.
    pub rates: &'static [Rate],
    /// How an attempt whose answer was lost is settled.
    pub settling: Settling,
    /// How it knows us.
    pub auth: Auth,
    /// How people let us in, where it has OAuth.
    pub login: Option<Login>,
    /// Whether its limits depend on the server and can be asked for.
    pub probe: bool,
    /// Whether its output is files made anew from the ledger and the commit, instead of something sent.
    pub projected: bool,
    /// How posts look there.
    pub look: Look,
    /// The keys of its table in a post.
    pub post_options: &'static [OptionSpec],
    /// The keys of its accounts beyond the common ones.
    pub account_options: &'static [OptionSpec],
    /// The common account keys that it needs.
    pub needs: &'static [Need],
    /// How a person gets what an account needs, step by step, in Markdown.
    pub setup: &'static [&'static str],
    /// What is worth knowing of it, in Markdown.
    pub quirks: &'static str,
}

/// A number that a network sets, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The number.
    pub value: u64,
    /// Where it is written, with the date it was read.
    pub source: &'static str,
}

/// How a network shows text.
#[derive(Debug)]
pub struct TextRules {
    /// Its form.
    pub form: Form,
    /// The limit that people know.
    pub max: Option<Limit>,
    /// How `max` is counted.
    pub measure: Measure,
    /// A second limit in bytes of UTF-8.
    pub max_bytes: Option<Limit>,
    /// Post options whose text counts with the first part, such as a content warning.
    pub counted_options: &'static [&'static str],
}

/// The form of a network's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines of characters, flattened from Markdown.
    Plain(Dialect),
    /// Structured text; media stay in place and a thematic break is a rule.
    Rich,
}

/// Whether a network has threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// No: the parts are one text with rules between them.
    None,
    /// Yes: each part answers the one before.
    Replies,
}

/// The media that a network takes.
#[derive(Debug)]
pub struct MediaRules {
    /// How many images a part may carry.
    pub max_images: Limit,
    /// How many videos a part may carry; none may stand beside an image.
    pub max_videos: u32,
    /// The kinds that it takes.
    pub kinds: &'static [MediaKind],
    /// The greatest image, in bytes.
    pub max_image_bytes: Option<Limit>,
    /// The greatest image, in pixels.
    pub max_image_pixels: Option<Limit>,
    /// The greatest video, in bytes.
    pub max_video_bytes: Option<Limit>,
    /// What a video must be beyond that.
    pub video: VideoRules,
    /// The longest description, in characters; 0 if there is no field for one, so that it is not sent.
    pub max_alt: Option<Limit>,
    /// Whether an image over the limits is scaled down before it is sent, instead of being refused.
    pub shrink: bool,
    /// Whether it takes no bytes, and fetches images and videos from a public address instead: then `[media.host]` is needed.
    pub by_address: bool,
    /// The shapes that an image of a post may have, if not all.
    pub shape: Option<Shape>,
}

/// Shapes of images between two, as width to height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The tallest.
    pub tallest: (u32, u32),
    /// The widest.
    pub widest: (u32, u32),
    /// Where it is written, with the date it was read.
    pub source: &'static str,
}

impl Shape {
    /// Returns whether an image has such a shape.
    pub fn fits(&self, width: u32, height: u32) -> bool {
        let wider = |(w, h): (u32, u32)| u64::from(width) * u64::from(h) >= u64::from(height) * u64::from(w);
        let narrower = |(w, h): (u32, u32)| u64::from(width) * u64::from(h) <= u64::from(height) * u64::from(w);
        wider(self.tallest) && narrower(self.widest)
    }
}

/// What a video must be. What its header doesn't tell is let pass.
#[derive(Clone, Copy, Debug)]
pub struct VideoRules {
    /// How its picture may be coded; in any way if none is named.
    pub codecs: &'static [VideoCodec],
    /// How long it must run, in seconds.
    pub shortest: Option<Limit>,
    /// How long it may run, in seconds.
    pub longest: Option<Limit>,
}

impl VideoRules {
    /// Nothing more is asked of it, or the network takes none.
    pub const ANY: Self = Self { codecs: &[], shortest: None, longest: None };
}

/// The polls that a network takes.
#[derive(Debug)]
pub struct PollRules {
    /// How many answers.
    pub max_options: Limit,
    /// The longest answer, in characters.
    pub max_option: Limit,
    /// The shortest time, in seconds.
    pub min_seconds: Limit,
    /// The longest time, in seconds.
    pub max_seconds: Limit,
    /// Whether it may stand beside media.
    pub with_media: bool,
}

/// How much a network lets an account do in a time, by what it says of itself. What its answers say holds instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Of what.
    pub of: Rated,
    /// How many, and who says so.
    pub limit: Limit,
    /// In which time.
    pub window: Duration,
    /// How much one counts in what its answers say is left, where that is not counted in posts.
    pub cost: u64,
}

/// How posts look on a network, for drawing them.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// What its web pages show of an address that is written out in the text.
    pub address: ShownAddress,
    /// Whether a mention is shown without its host.
    pub short_mentions: bool,
    /// Whether several blank lines are shown as one.
    pub joins_blank_lines: bool,
    /// The option whose text stands before a post that the reader opens first.
    pub warning: Option<&'static str>,
    /// The option that hides images and videos until the reader opens them.
    pub sensitive: Option<&'static str>,
    /// The options that make a link card.
    pub card: Option<CardOptions>,
    /// The options that are shown as a word beside the post, such as who sees it.
    pub badges: &'static [&'static str],
}

impl Look {
    /// Text and media, and nothing else.
    pub const PLAIN: Self = Self {
        address: ShownAddress::Whole,
        short_mentions: false,
        joins_blank_lines: false,
        warning: None,
        sensitive: None,
        card: None,
        badges: &[],
    };
}

/// What a network shows of an address that is written out in the text. The address that it leads to is always whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownAddress {
    /// All of it.
    Whole,
    /// Without its scheme and `www.`, cut after so many characters.
    Cut(usize),
    /// The host and the path; a path of more characters than `longest` is cut after `kept`.
    HostAndPath {
        /// The longest path that is shown whole.
        longest: usize,
        /// How much is shown of a longer one.
        kept: usize,
    },
}

/// The options that make a link card, by their keys.
#[derive(Clone, Copy, Debug)]
pub struct CardOptions {
    /// The title, without which there is no card.
    pub title: &'static str,
    /// A sentence or two.
    pub description: &'static str,
    /// The address; the first link of the first part unless given.
    pub url: &'static str,
    /// Whether it may stand beside images and videos.
    pub beside_media: bool,
}

/// What a network counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rated {
    /// Posts: each part of a thread is one.
    Posts,
    /// Uploaded images and videos.
    Media,
}

/// How an attempt whose answer was lost is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settling {
    /// Nothing is sent: the receipt itself is the publication.
    Receipt,
    /// Class A: the id is ours, and sending it again changes nothing.
    OwnId,
    /// Class A as well, but the id is made of what is sent: what was changed since can't be asked for.
    Hash,
    /// Class B: a key is honoured for a time; after it, our own posts can be listed.
    Key {
        /// For how long.
        window: Duration,
        /// How long after the attempt a listing is complete.
        settle: Duration,
    },
    /// Class C: our own posts can be listed.
    Listing {
        /// How long after the attempt a listing is complete.
        settle: Duration,
    },
    /// Class D: only a person can tell.
    Person,
}

/// How a network knows us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// It needn't.
    None,
    /// The account's token goes with every request.
    Token,
    /// The account's token opens a session, whose secrets go with the requests.
    Session,
}

/// How people let us in: by the authorization code grant of OAuth 2, with what differs between networks.
#[derive(Clone, Copy, Debug)]
pub struct Login {
    /// The page where a person says yes; `{endpoint}` in it is the account's own.
    pub authorize: &'static str,
    /// What is asked of that page beyond what every network is asked.
    pub query: &'static [(&'static str, &'static str)],
    /// What we ask to be allowed.
    pub scopes: &'static [Scope],
    /// What stands between scopes.
    pub separator: &'static str,
    /// Whether the code is of use only to whoever asked for it (PKCE).
    pub pkce: bool,
    /// Whether the application has a secret that it must tell.
    pub client_secret: bool,
    /// Whether the network sends people back to a port of their own machine. If not, they paste the address of the page that
    /// they land on.
    pub loopback: bool,
}

/// Something that we ask to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The network's word for it.
    pub name: &'static str,
    /// What it is for.
    pub why: &'static str,
}

/// A common account key that a network can't do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// `endpoint`.
    Endpoint,
    /// `handle`.
    Handle,
    /// `token`.
    Token,
}

/// The limits that hold for one account: the profile's, with what the server said laid over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest text, in the profile's unit.
    pub text: Option<u64>,
    /// The longest text, in bytes.
    pub text_bytes: Option<u64>,
    /// How text is counted.
    pub measure: Measure,
    /// How many images a part may carry.
    pub images: u64,
    /// How many videos a part may carry.
    pub videos: u64,
    /// The kinds of media taken.
    pub kinds: Vec<MediaKind>,
    /// The greatest image, in bytes.
    pub image_bytes: Option<u64>,
    /// The greatest image, in pixels.
    pub image_pixels: Option<u64>,
    /// The greatest video, in bytes.
    pub video_bytes: Option<u64>,
    /// The longest description, in characters; 0 if it is not sent.
    pub alt: Option<u64>,
    /// How many answers a poll may have.
    pub poll_options: u64,
    /// The longest answer of a poll, in characters.
    pub poll_option: u64,
    /// The shortest and longest poll, in seconds.
    pub poll_seconds: (u64, u64),
}

impl Limits {
    /// Returns what is too much of an image, if anything is: a fragment for people.
    pub fn over(&self, image: &MediaInfo) -> Option<String> {
        let pixels = u64::from(image.width) * u64::from(image.height);
        if !self.kinds.contains(&image.kind) {
            Some(format!("the network takes no `{}`", image.kind.mime()))
        } else if let Some(most) = self.image_bytes.filter(|most| image.bytes > *most) {
            let (mut is, mut limit) = (words::bytes(image.bytes), words::bytes(most));
            if is == limit {
                (is, limit) = (words::count(image.bytes, "byte", "bytes"), words::count(most, "byte", "bytes"));
            }
            Some(format!("{is} is more than the {limit} that the network takes"))
        } else {
            let most = self.image_pixels.filter(|most| pixels > *most)?;
            let (pixels, most) = (words::number(pixels), words::number(most));
            Some(format!("{pixels} pixels are more than the {most} that the network takes"))
        }
    }
}

impl Profile {
    /// Returns what `config` and `content` must know.
    pub fn spec(&self) -> NetworkSpec {
        let Self { id, post_options, account_options, login, .. } = *self;
        NetworkSpec { id, post_options, account_options, login: login.is_some() }
    }

    /// Returns the limits that hold unless a server says otherwise.
    pub fn limits(&self) -> Limits {
        let value = |limit: Option<Limit>| limit.map(|limit| limit.value);
        let media = self.media.as_ref();
        let poll = self.poll.as_ref();
        Limits {
            text: value(self.text.max),
            text_bytes: value(self.text.max_bytes),
            measure: self.text.measure,
            images: media.map_or(0, |media| media.max_images.value),
            videos: media.map_or(0, |media| media.max_videos.into()),
            kinds: media.map_or_else(Vec::new, |media| media.kinds.to_vec()),
            image_bytes: media.and_then(|media| value(media.max_image_bytes)),
            image_pixels: media.and_then(|media| value(media.max_image_pixels)),
            video_bytes: media.and_then(|media| value(media.max_video_bytes)),
            alt: media.and_then(|media| value(media.max_alt)),
            poll_options: poll.map_or(0, |poll| poll.max_options.value),
            poll_option: poll.map_or(0, |poll| poll.max_option.value),
            poll_seconds: poll.map_or((0, 0), |poll| (poll.min_seconds.value, poll.max_seconds.value)),
        }
    }
}
