//! Drafts and media made by hand, so that the suite tests adapters and not how drafts come about.

use crate::twins;
use masthead::{
    diag::{FileId, Span, Spanned},
    model::{
        AccountId, Block, Inline, Media, MediaInfo, MediaKind, MediaSource, NetworkId, OptionValue, Options, Poll,
        PostId,
    },
    network::{Draft, DraftPart, Form, MediaKey, PreparedMedia, Profile},
    text::{Flat, HandleStyle, LinkStyle, Measure, MentionWeight, Range, RangeKind, Style, Styled, Unit},
};
use std::{io::Cursor, time::Duration};
use unicode_segmentation::UnicodeSegmentation as _;

/// Where everything made by hand stands.
pub(crate) fn span() -> Span {
    Span::new(FileId(0), 0..0)
}

/// Returns the profile of a network.
pub(crate) fn profile(network: NetworkId) -> &'static Profile {
    masthead::network::find(network).expect("a network").profile()
}

/// Copy in the making, for one network.
pub(crate) struct Say {
    profile: &'static Profile,
    flat: Flat,
    content: Vec<Inline>,
    media: Vec<Media>,
}

impl Say {
    /// Starts with nothing.
    pub(crate) fn new(profile: &'static Profile) -> Self {
        Self { profile, flat: Flat::default(), content: Vec::new(), media: Vec::new() }
    }

    /// Adds plain text.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.flat.text.push_str(text);
        self.content.push(Inline::Text { text: text.to_owned(), span: span() });
        self
    }

    /// Adds text in a style; plain text where the network has none.
    pub(crate) fn styled(mut self, text: &str, style: Style) -> Self {
        let start = self.flat.text.len();
        self = self.text(text);
        if has_styles(self.profile) {
            self.flat.styles.push(Styled { start, end: self.flat.text.len(), style });
        }
        self
    }

    /// Adds a link with a text of its own, in the network's dialect.
    pub(crate) fn link(mut self, shown: &str, url: &str) -> Self {
        let kind = RangeKind::Link { url: url.to_owned() };
        match self.links() {
            LinkStyle::Range => self.range(shown, kind),
            LinkStyle::TextThenUrl => {
                self.flat.text.push_str(&format!("{shown} ("));
                self.range(url, kind);
                self.flat.text.push(')');
            }
        }
        let content = vec![Inline::Text { text: shown.to_owned(), span: span() }];
        self.content.push(Inline::Link { url: url.to_owned(), content, bare: false, span: span() });
        self
    }

    /// Adds a URL as it is.
    pub(crate) fn url(mut self, url: &str) -> Self {
        self.range(url, RangeKind::Link { url: url.to_owned() });
        let content = vec![Inline::Text { text: url.to_owned(), span: span() }];
        self.content.push(Inline::Link { url: url.to_owned(), content, bare: true, span: span() });
        self
    }

    /// Adds a tag.
    pub(crate) fn tag(mut self, tag: &str) -> Self {
        self.range(&format!("#{tag}"), RangeKind::Tag { tag: tag.to_owned() });
        self.content.push(Inline::Tag { tag: tag.to_owned(), span: span() });
        self
    }

    /// Adds a mention; plain text where the network has none.
    pub(crate) fn mention(mut self, handle: &str) -> Self {
        if self.handles() == HandleStyle::None {
            return self.text(&format!("@{handle}"));
        }
        self.range(&format!("@{handle}"), RangeKind::Mention { handle: handle.to_owned() });
        self.content.push(Inline::Mention { handle: handle.to_owned(), span: span() });
        self
    }

    /// Attaches a medium of a kind.
    pub(crate) fn media(mut self, kind: MediaKind, alt: &str) -> Self {
        let source = MediaSource::File(path_of(kind).to_owned());
        let media = Media { source, alt: alt.to_owned(), span: span() };
        self.content.push(Inline::Media(media.clone()));
        self.media.push(media);
        self
    }

    /// Returns whether the network can mention people.
    pub(crate) fn can_mention(&self) -> bool {
        self.handles() != HandleStyle::None
    }

    /// Makes the part.
    pub(crate) fn part(self) -> DraftPart {
        let rich = match self.profile.text.form {
            Form::Plain(_) => [].into(),
            Form::Rich => paragraphs(self.content).into(),
        };
        let part = DraftPart { text: self.flat, rich, media: self.media, beside: 0, span: span() };
        let measure = &self.profile.text.measure;
        assert_eq!(part.weight(measure), weigh(&part.text, measure), "both ways of weighing agree");
        part
    }

    /// Makes a draft of one part.
    pub(crate) fn draft(mut self) -> Draft {
        let profile = self.profile;
        if self.media.is_empty() && needs_media(profile) {
            self = self.media(picture(profile), "");
        }
        draft(profile, vec![self.part()])
    }

    fn range(&mut self, shown: &str, kind: RangeKind) {
        let start = self.flat.text.len();
        self.flat.text.push_str(shown);
        self.flat.ranges.push(Range { start, end: self.flat.text.len(), kind });
    }

    fn links(&self) -> LinkStyle {
        match self.profile.text.form {
            Form::Plain(dialect) => dialect.links,
            Form::Rich => LinkStyle::Range,
        }
    }

    fn handles(&self) -> HandleStyle {
        match self.profile.text.form {
            Form::Plain(dialect) => dialect.handles,
            Form::Rich => HandleStyle::None,
        }
    }
}

/// Puts content into paragraphs, as Markdown does: an empty line in a text begins a new one.
fn paragraphs(content: Vec<Inline>) -> Vec<Block> {
    let mut paragraphs = vec![Vec::new()];
    for inline in content {
        let Inline::Text { text, span } = inline else {
            paragraphs.last_mut().expect("at least one").push(inline);
            continue;
        };
        for (index, text) in text.split("\n\n").enumerate() {
            if index > 0 {
                paragraphs.push(Vec::new());
            }
            paragraphs.last_mut().expect("at least one").push(Inline::Text { text: text.to_owned(), span });
        }
    }
    paragraphs.into_iter().map(|content| Block::Paragraph { content, span: span() }).collect()
}

/// Returns whether a network sets text in styles.
pub(crate) fn has_styles(profile: &Profile) -> bool {
    matches!(profile.text.form, Form::Plain(dialect) if dialect.styles)
}

/// Makes a draft of parts.
pub(crate) fn draft(profile: &'static Profile, parts: Vec<DraftPart>) -> Draft {
    Draft {
        post: PostId::new("2026/trial"),
        account: AccountId::new("trial"),
        network: profile.id,
        title: None,
        language: None,
        tags: Vec::new(),
        parts,
        poll: None,
        reply_to: None,
        quote: None,
        boost: None,
        options: Options::default(),
    }
}

/// Makes a draft of plain text; with an image where there can be none without.
pub(crate) fn text(profile: &'static Profile, text: &str) -> Draft {
    Say::new(profile).text(text).draft()
}

/// Returns a kind of image that a network takes.
pub(crate) fn picture(profile: &Profile) -> MediaKind {
    let kinds = profile.limits().kinds;
    if kinds.is_empty() || kinds.contains(&MediaKind::Png) { MediaKind::Png } else { MediaKind::Jpeg }
}

fn needs_media(profile: &Profile) -> bool {
    twins::make(profile.id).is_some_and(|twin| twin.needs_media())
}

/// Sets an option of a draft.
pub(crate) fn set(draft: &mut Draft, key: &'static str, value: OptionValue) {
    draft.options.set(key, Spanned { value, span: span() });
}

/// Makes a poll that is open for a day.
pub(crate) fn poll(options: &[&str], multiple: bool) -> Poll {
    Poll {
        options: options.iter().map(|option| Spanned { value: (*option).to_owned(), span: span() }).collect(),
        duration: Spanned { value: Duration::from_secs(24 * 60 * 60), span: span() },
        multiple,
        hide_totals: false,
        span: span(),
    }
}

/// Prepares the media of a part, as the engine would.
pub(crate) fn prepare(part: &DraftPart) -> Vec<PreparedMedia> {
    let prepared = part.media.iter().enumerate().map(|(index, media)| {
        let kind = kind_of(media.source.as_str());
        let bytes = bytes_of(media.source.as_str());
        let length = u64::try_from(bytes.len()).expect("small");
        let info = MediaInfo { kind, bytes: length, width: 4, height: 3, clip: None };
        let sha256 = <sha2::Sha256 as sha2::Digest>::digest(&bytes).into();
        PreparedMedia { key: MediaKey(index), info, sha256, alt: media.alt.clone(), address: None }
    });
    prepared.collect()
}

/// Every kind of media there is.
pub(crate) const KINDS: [MediaKind; 6] =
    [MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif, MediaKind::Webp, MediaKind::Mp4, MediaKind::Webm];

/// Returns the path of the sample of a kind.
pub(crate) const fn path_of(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Jpeg => "content/sample.jpg",
        MediaKind::Png => "content/sample.png",
        MediaKind::Gif => "content/sample.gif",
        MediaKind::Webp => "content/sample.webp",
        MediaKind::Mp4 => "content/sample.mp4",
        MediaKind::Webm => "content/sample.webm",
    }
}

/// Returns the kind of a sample.
pub(crate) fn kind_of(path: &str) -> MediaKind {
    KINDS.into_iter().find(|kind| path_of(*kind) == path).unwrap_or_else(|| panic!("there is no sample `{path}`"))
}

/// Returns the bytes of a sample: a real image of 4 by 3 pixels, or a video without pictures.
pub(crate) fn bytes_of(path: &str) -> Vec<u8> {
    let image = |format| {
        let mut bytes = Cursor::new(Vec::new());
        let pixels = image::RgbImage::from_fn(4, 3, |x, y| image::Rgb([x as u8 * 60, y as u8 * 80, 120]));
        pixels.write_to(&mut bytes, format).expect("an image that can be written");
        bytes.into_inner()
    };
    match kind_of(path) {
        MediaKind::Jpeg => image(image::ImageFormat::Jpeg),
        MediaKind::Png => image(image::ImageFormat::Png),
        MediaKind::Gif => image(image::ImageFormat::Gif),
        MediaKind::Webp => image(image::ImageFormat::WebP),
        // With an index that says nothing but that it is there: a film without one is cut short, and never sent.
        MediaKind::Mp4 => {
            let mut film = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2\0\0\0\x08mdat\0\0\0\x74moov\0\0\0\x6cmvhd".to_vec();
            film.resize(film.len() + 100, 0);
            film
        }
        MediaKind::Webm => b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm".to_vec(),
    }
}

/// Tells a kind from the first bytes, as a server would.
pub(crate) fn sniff(bytes: &[u8]) -> Option<MediaKind> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(MediaKind::Jpeg),
        [0x89, b'P', b'N', b'G', ..] => Some(MediaKind::Png),
        [b'G', b'I', b'F', b'8', ..] => Some(MediaKind::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(MediaKind::Webp),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(MediaKind::Mp4),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some(MediaKind::Webm),
        _ => None,
    }
}

/// Counts a text in a unit.
pub(crate) fn count(text: &str, unit: Unit) -> u64 {
    let count = match unit {
        Unit::Graphemes => text.graphemes(true).count(),
        Unit::Bytes => text.len(),
        Unit::CodePoints => text.chars().count(),
        Unit::Utf16 => text.encode_utf16().count(),
        // Its official cases are tried beside it.
        Unit::Weighted => return masthead::text::count(text, unit),
    };
    u64::try_from(count).expect("short")
}

fn weigh(flat: &Flat, measure: &Measure) -> u64 {
    let mut weight = count(&flat.text, measure.unit);
    for range in &flat.ranges {
        let shown = &flat.text[range.start..range.end];
        let full = count(shown, measure.unit);
        let counted = match (&range.kind, measure.url, measure.mention) {
            (RangeKind::Link { url }, Some(each), _) if shown == url => each.into(),
            (RangeKind::Mention { handle }, _, MentionWeight::WithoutHost) => {
                1 + count(handle.split('@').next().unwrap_or(handle), measure.unit)
            }
            _ => full,
        };
        weight = weight - full + counted;
    }
    weight
}
