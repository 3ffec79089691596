use super::{Draft, DraftPart, Form, Limits, Profile, Threads};
use crate::{
    diag::{Span, Spanned},
    model::{Block, Inline, Part, Post, Target},
    text::{self, Dialect, Flat, Range, RangeKind},
};
use std::sync::Arc;

/// Makes the draft for a target of a post by the network's profile: picks the copy, flattens it (or keeps it rich), puts
/// the missing hashtags at the end, and splits it where asked.
///
/// Hashtags that the copy has nowhere, whatever their case, go to the end of the first part, which is what people see
/// of a thread. Texts of options that count with the copy weigh on the first part, and where that is split, all of its
/// pieces leave room for them.
pub fn compose(profile: &Profile, post: &Post, target: &Target, limits: &Limits) -> Draft {
    let copy = &post.copy_for(target).body.parts;
    let composer = Composer { profile, post, target, limits };
    let parts = match (&post.boost, profile.text.form) {
        (Some(_), _) => vec![composer.empty(copy)],
        (None, Form::Rich) => vec![composer.rich(copy)],
        (None, Form::Plain(dialect)) => composer.plain(copy, &dialect),
    };
    Draft {
        post: post.id.value.clone(),
        account: target.account.value.clone(),
        network: profile.id,
        title: target.title.as_ref().map(|title| title.value.clone()),
        language: target.language.clone(),
        tags: target.tags.iter().map(|tag| tag.value.clone()).collect(),
        parts,
        poll: post.poll.clone(),
        reply_to: post.reply_to.as_ref().map(|reference| reference.value.clone()),
        quote: post.quote.as_ref().map(|reference| reference.value.clone()),
        boost: post.boost.as_ref().map(|reference| reference.value.clone()),
        options: target.options.clone(),
    }
}

/// Makes the draft as [`compose`] does, where the network counts what `write` makes of a part, such as markup: how much longer it
/// is than the words is put beside each part, and a part that is split leaves room for it.
pub fn compose_written(
    profile: &Profile,
    post: &Post,
    target: &Target,
    limits: &Limits,
    write: impl Fn(&DraftPart) -> String,
) -> Draft {
    /// How often the pieces are made smaller until their markup has room: what goes on after this is `check`'s to tell.
    const ROUNDS: usize = 4;
    let mut room = limits.clone();
    let mut round = 0;
    loop {
        let mut draft = compose(profile, post, target, &room);
        for part in &mut draft.parts {
            let count = |text: &str| text::count(text, limits.measure.unit);
            part.beside += count(&write(part)).saturating_sub(count(&part.text.text));
        }
        round += 1;
        let heaviest = draft.parts.iter().map(|part| part.weight(&limits.measure)).max().unwrap_or_default();
        let over = heaviest.saturating_sub(limits.text.unwrap_or(u64::MAX));
        if over == 0 || !post.auto_thread || profile.threads == Threads::None || round == ROUNDS {
            return draft;
        }
        room.text = room.text.map(|max| max.saturating_sub(over).max(1));
    }
}

struct Composer<'a> {
    profile: &'a Profile,
    post: &'a Post,
    target: &'a Target,
    limits: &'a Limits,
}

impl Composer<'_> {
    /// Makes the part of a boost, which says nothing of its own.
    fn empty(&self, copy: &[Part]) -> DraftPart {
        let span = whole_span(copy, self.post);
        DraftPart { text: Flat::default(), rich: Arc::default(), media: Vec::new(), beside: 0, span }
    }

    /// Makes one part of everything, with rules where a thread would be cut.
    fn rich(&self, copy: &[Part]) -> DraftPart {
        let mut rich = text::join(copy);
        let missing = self.missing_hashtags(copy);
        if let (Some(first), Some(last)) = (missing.first(), missing.last()) {
            let end = rich.last().map(Block::span);
            let mut content = Vec::with_capacity(missing.len() * 2);
            for tag in &missing {
                if !content.is_empty() {
                    content.push(Inline::Text { text: " ".to_owned(), span: tag.span });
                }
                content.push(Inline::Tag { tag: tag.value.clone(), span: tag.span });
            }
            let tags = Block::Paragraph { content, span: end.unwrap_or_else(|| first.span.to(last.span)) };
            rich = rich.iter().cloned().chain([tags]).collect();
        }
        let is_limited = self.limits.text.is_some() || self.limits.text_bytes.is_some();
        let text = if is_limited { text::plain(&rich, self.profile.id) } else { Flat::default() };
        let media = copy.iter().flat_map(Part::media).cloned().collect();
        DraftPart { text, rich, media, beside: self.weight_of_options(), span: whole_span(copy, self.post) }
    }

    /// Makes a part of each part of the copy, or one of all where the network has no threads.
    fn plain(&self, copy: &[Part], dialect: &Dialect) -> Vec<DraftPart> {
        let mut written = match self.profile.threads {
            Threads::Replies => copy.iter().map(|part| self.flat_part(&part.blocks, part, dialect)).collect(),
            Threads::None => {
                let whole = Part { blocks: text::join(copy), span: whole_span(copy, self.post) };
                vec![self.flat_part(&whole.blocks, &whole, dialect)]
            }
        };
        drop_empty_ends(&mut written);
        if let Some(first) = written.first_mut() {
            append_hashtags(first, &self.missing_hashtags(copy));
        }

        let options = self.weight_of_options();
        if let Some(first) = written.first_mut() {
            first.beside = options;
        }
        if !self.post.auto_thread || self.profile.threads == Threads::None {
            return written;
        }
        let mut parts = Vec::with_capacity(written.len());
        for part in written {
            self.split(part, &mut parts);
        }
        parts
    }

    fn flat_part(&self, blocks: &[Block], part: &Part, dialect: &Dialect) -> DraftPart {
        let text = text::flatten(blocks, dialect);
        let media = part.media().into_iter().cloned().collect();
        DraftPart { text, rich: Arc::default(), media, beside: 0, span: part.span }
    }

    /// Splits a part that is over a limit; the media and the options that count stay with the first piece.
    fn split(&self, mut part: DraftPart, parts: &mut Vec<DraftPart>) {
        let measure = &self.limits.measure;
        let is_over = |max: Option<u64>, value: u64| max.is_some_and(|max| value > max);
        if !is_over(self.limits.text, part.weight(measure)) && !is_over(self.limits.text_bytes, part.bytes()) {
            parts.push(part);
            return;
        }
        let max = self.limits.text.map_or(u64::MAX, |max| max.saturating_sub(part.beside));
        for text in text::split(&part.text, measure, max, self.limits.text_bytes) {
            let (media, beside) = (std::mem::take(&mut part.media), std::mem::take(&mut part.beside));
            parts.push(DraftPart { text, rich: Arc::default(), media, beside, span: part.span });
        }
    }

    /// Counts the texts of options that weigh with the first part, such as a content warning.
    fn weight_of_options(&self) -> u64 {
        let texts = self.profile.text.counted_options.iter().filter_map(|key| self.target.options.text(key));
        texts.map(|words| text::count(words, self.limits.measure.unit)).sum()
    }

    /// Returns the hashtags that the copy has nowhere, each once.
    fn missing_hashtags(&self, copy: &[Part]) -> Vec<&Spanned<String>> {
        if self.target.hashtags.is_empty() {
            return Vec::new();
        }
        let mut known = Vec::new();
        copy.iter().for_each(|part| collect_tags(&part.blocks, &mut known));
        let mut missing = Vec::new();
        for tag in self.target.hashtags.iter() {
            let folded = tag.value.to_lowercase();
            if !known.contains(&folded) {
                known.push(folded);
                missing.push(tag);
            }
        }
        missing
    }
}

/// Returns the place of all copy, or of the post if there is none.
fn whole_span(copy: &[Part], post: &Post) -> Span {
    copy.iter().map(|part| part.span).reduce(Span::to).unwrap_or(post.id.span)
}

/// Drops parts at both ends that say and show nothing, but never the last one left.
fn drop_empty_ends(parts: &mut Vec<DraftPart>) {
    let is_empty = |part: &DraftPart| part.text.text.is_empty() && part.media.is_empty();
    while parts.len() > 1 && parts.last().is_some_and(is_empty) {
        parts.pop();
    }
    let leading = parts.iter().take(parts.len().saturating_sub(1)).take_while(|part| is_empty(part)).count();
    parts.drain(..leading);
}

/// Writes tags on a line of their own after a blank line.
fn append_hashtags(part: &mut DraftPart, tags: &[&Spanned<String>]) {
    let flat = &mut part.text;
    if let (false, Ok(start)) = (tags.is_empty(), u32::try_from(flat.text.len())) {
        // They stand in the front matter, before the copy: the nearest place that keeps the order is the copy's end.
        flat.anchors.push((start, part.span.end));
    }
    for (index, tag) in tags.iter().enumerate() {
        if !flat.text.is_empty() {
            flat.text.push_str(if index == 0 { "\n\n" } else { " " });
        }
        let start = flat.text.len();
        flat.text.push('#');
        flat.text.push_str(&tag.value);
        flat.ranges.push(Range { start, end: flat.text.len(), kind: RangeKind::Tag { tag: tag.value.clone() } });
    }
}

fn collect_tags(blocks: &[Block], tags: &mut Vec<String>) {
    for block in blocks {
        match block {
            Block::Paragraph { content, .. } | Block::Heading { content, .. } => collect_inline_tags(content, tags),
            Block::Quote { blocks, .. } => collect_tags(blocks, tags),
            Block::List { items, .. } => items.iter().for_each(|item| collect_tags(item, tags)),
            Block::Table { head, rows, .. } => {
                head.iter().chain(rows.iter().flatten()).for_each(|cell| collect_inline_tags(cell, tags));
            }
            Block::Code { .. } | Block::Html { .. } | Block::Rule { .. } => {}
        }
    }
}

fn collect_inline_tags(content: &[Inline], tags: &mut Vec<String>) {
    for inline in content {
        match inline {
            Inline::Tag { tag, .. } => tags.push(tag.to_lowercase()),
            Inline::Emphasis(content)
            | Inline::Strong(content)
            | Inline::Strike(content)
            | Inline::Link { content, .. } => collect_inline_tags(content, tags),
            Inline::Text { .. }
            | Inline::Code { .. }
            | Inline::Media(_)
            | Inline::Person { .. }
            | Inline::Mention { .. }
            | Inline::SoftBreak
            | Inline::HardBreak
            | Inline::Html { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests;
