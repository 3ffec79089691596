use crate::{
    model::{Block, Inline, Media, MediaLibrary, MediaSource, NetworkId, OptionValue, Options, Poll, Reference},
    network::{Draft, DraftPart},
};

/// Returns the digest of what would be sent: text, media, poll, references and options, but neither post nor account.
///
/// It is 32 digits of lowercase hexadecimal, and the same for the same content wherever that is written. It is kept in
/// the ledger for years: a change of the encoding below needs a new version, and a plan that still knows the old one.
pub fn digest(draft: &Draft, media: &dyn MediaLibrary) -> String {
    let mut encoder = Encoder { bytes: Vec::with_capacity(1024), network: draft.network, media };
    encoder.text(VERSION);
    encoder.draft(draft);
    let mut hex = blake3::hash(&encoder.bytes).to_hex().to_string();
    hex.truncate(32);
    hex
}

const VERSION: &str = "masthead draft 1";

/// Writes values so that no two different ones give the same bytes: a text is preceded by its length, a list by its
/// number of elements, and whatever may be one of several things by a tag.
struct Encoder<'a> {
    bytes: Vec<u8>,
    network: NetworkId,
    media: &'a dyn MediaLibrary,
}

impl Encoder<'_> {
    fn draft(&mut self, draft: &Draft) {
        let Draft { post: _, account: _, network, title, language, tags, parts, poll, reply_to, quote, boost, options } =
            draft;
        self.text(network.as_str());
        self.option(title.as_ref(), |encoder, title| encoder.text(title));
        self.option(language.as_ref(), |encoder, language| encoder.text(language));
        self.list(tags, |encoder, tag| encoder.text(tag));
        self.list(parts, Self::part);
        self.option(poll.as_ref(), Self::poll);
        self.option(reply_to.as_ref(), Self::reference);
        self.option(quote.as_ref(), Self::reference);
        self.option(boost.as_ref(), Self::reference);
        self.options(options);
    }

    fn part(&mut self, part: &DraftPart) {
        // What options weigh follows from them, and the span is a place in a file.
        let DraftPart { text, rich, media, beside: _, span: _ } = part;
        self.text(&text.text);
        self.list(&text.ranges, |encoder, range| {
            encoder.number(range.start as u64);
            encoder.number(range.end as u64);
            encoder.text(range.kind.as_str());
            encoder.text(range.kind.value());
        });
        // Nothing where there are none, so that networks without styles keep their digests.
        if !text.styles.is_empty() {
            self.text("styles");
            self.list(&text.styles, |encoder, styled| {
                encoder.number(styled.start as u64);
                encoder.number(styled.end as u64);
                encoder.text(styled.style.as_str());
                encoder.text(&styled.style.value());
            });
        }
        self.list(rich, Self::block);
        self.list(media, |encoder, media| {
            encoder.medium(media);
            let digest = match &media.source {
                MediaSource::File(path) => encoder.media.digest(path),
                MediaSource::Url(_) => None,
            };
            encoder.option(digest.as_ref(), |encoder, digest| encoder.text(digest));
        });
    }

    fn poll(&mut self, poll: &Poll) {
        let Poll { options, duration, multiple, hide_totals, span: _ } = poll;
        self.list(options, |encoder, option| encoder.text(&option.value));
        self.number(u64::try_from(duration.value.as_millis()).unwrap_or(u64::MAX));
        self.tag(u8::from(*multiple));
        self.tag(u8::from(*hide_totals));
    }

    fn reference(&mut self, reference: &Reference) {
        match reference {
            Reference::Post(id) => self.tagged(b'p', id.as_str()),
            Reference::Url(url) => self.tagged(b'u', url),
        }
    }

    /// Writes options in the order of their names: that of writing them means nothing.
    fn options(&mut self, options: &Options) {
        let mut sorted = options.iter().collect::<Vec<_>>();
        sorted.sort_unstable_by_key(|(key, _)| *key);
        self.list(&sorted, |encoder, (key, value)| {
            encoder.text(key);
            match value {
                OptionValue::Text(text) => encoder.tagged(b't', text),
                OptionValue::Flag(flag) => encoder.bytes.extend([b'f', u8::from(*flag)]),
                OptionValue::Integer(number) => {
                    encoder.tag(b'i');
                    encoder.bytes.extend(number.to_le_bytes());
                }
                OptionValue::List(list) => {
                    encoder.tag(b'l');
                    encoder.list(list, |encoder, item| encoder.text(item));
                }
                // No post has one.
                OptionValue::Secret(_) => encoder.tag(b's'),
            }
        });
    }

    fn medium(&mut self, media: &Media) {
        let Media { source, alt, span: _ } = media;
        match source {
            MediaSource::File(path) => self.tagged(b'f', path),
            MediaSource::Url(url) => self.tagged(b'u', url),
        }
        self.text(alt);
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph { content, span: _ } => {
                self.tag(b'p');
                self.inlines(content);
            }
            Block::Heading { level, content, span: _ } => {
                self.bytes.extend([b'h', *level]);
                self.inlines(content);
            }
            Block::Code { language, text, span: _ } => {
                self.tagged(b'c', text);
                self.option(language.as_ref(), |encoder, language| encoder.text(language));
            }
            Block::Quote { blocks, span: _ } => {
                self.tag(b'q');
                self.list(blocks, Self::block);
            }
            Block::List { start, items, span: _ } => {
                self.tag(b'l');
                self.option(start.as_ref(), |encoder, start| encoder.number(*start));
                self.list(items, |encoder, item| encoder.list(item, Self::block));
            }
            Block::Table { head, rows, span: _ } => {
                self.tag(b't');
                self.list(head, |encoder, cell| encoder.inlines(cell));
                self.list(rows, |encoder, row| encoder.list(row, |encoder, cell| encoder.inlines(cell)));
            }
            Block::Html { text, span: _ } => self.tagged(b'x', text),
            Block::Rule { span: _ } => self.tag(b'r'),
        }
    }

    /// Writes content of a line, with an end mark instead of a number, since texts that follow each other are one: how
    /// many pieces a text comes in is the Markdown parser's affair.
    fn inlines(&mut self, content: &[Inline]) {
        let mut rest = content;
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            match first {
                Inline::Text { text, span: _ } => {
                    let mut whole = text.clone();
                    while let Some((Inline::Text { text, span: _ }, after)) = rest.split_first() {
                        whole.push_str(text);
                        rest = after;
                    }
                    if !whole.is_empty() {
                        self.tagged(b't', &whole);
                    }
                }
                Inline::Code { text, span: _ } => self.tagged(b'c', text),
                Inline::Emphasis(content) => self.nested(b'e', content),
                Inline::Strong(content) => self.nested(b's', content),
                Inline::Strike(content) => self.nested(b'd', content),
                Inline::Link { url, content, bare, span: _ } => {
                    self.tagged(b'l', url);
                    self.nested(u8::from(*bare), content);
                }
                Inline::Media(media) => {
                    self.tag(b'm');
                    self.medium(media);
                }
                Inline::Person { person, span: _ } => {
                    // Other networks' handles are not shown here.
                    self.tagged(b'p', &person.name);
                    self.option(person.handles.get(&self.network), |encoder, handle| encoder.text(handle));
                }
                Inline::Mention { handle, span: _ } => self.tagged(b'@', handle),
                Inline::Tag { tag, span: _ } => self.tagged(b'#', tag),
                Inline::SoftBreak => self.tag(b'n'),
                Inline::HardBreak => self.tag(b'b'),
                Inline::Html { text, span: _ } => self.tagged(b'x', text),
            }
        }
        self.tag(END);
    }

    fn nested(&mut self, tag: u8, content: &[Inline]) {
        self.tag(tag);
        self.inlines(content);
    }

    fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.number(items.len() as u64);
        for item in items {
            write(self, item);
        }
    }

    fn option<T>(&mut self, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        self.tag(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn tagged(&mut self, tag: u8, text: &str) {
        self.tag(tag);
        self.text(text);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, number: u64) {
        self.bytes.extend(number.to_le_bytes());
    }

    fn tag(&mut self, tag: u8) {
        self.bytes.push(tag);
    }
}

/// Ends a run of inline content; no inline has this tag.
const END: u8 = 0;

#[cfg(test)]
mod tests;
