//! The post as text and as HTML.

use crate::{
    model::{Block, Inline, NetworkId},
    network::{Job, MediaKey, article},
    text::{self, Dialect, Figure, HandleStyle, LinkStyle, escape_html},
};
use std::fmt::Write as _;

/// How the text is written: links with their addresses behind them, no marks that nobody shows.
const DIALECT: Dialect = Dialect {
    network: NetworkId("email"),
    links: LinkStyle::TextThenUrl,
    handles: HandleStyle::None,
    bare_domains: false,
    styles: false,
};

/// The widest that an image is shown, in pixels: Outlook knows no other way to keep one within the window.
const WIDEST: u32 = 600;

/// Gives each image an id, the same for one that is shown twice.
pub(super) fn ids(job: &Job<'_>, message: &str) -> Vec<String> {
    let firsts = article::firsts(&job.draft_part().media);
    firsts.into_iter().map(|first| format!("image-{}.{message}", first + 1)).collect()
}

/// Returns the images that go with the message, each file once.
pub(super) fn images(job: &Job<'_>, ids: &[String]) -> Vec<(String, MediaKey)> {
    let firsts = article::firsts(&job.draft_part().media).into_iter().enumerate();
    let own =
        firsts.filter(|(index, first)| index == first).filter_map(|(index, _)| Some((index, job.media.get(index)?)));
    own.map(|(index, media)| (ids[index].clone(), media.key)).collect()
}

/// Writes the page, with the images in their places. `foot` is where to unsubscribe.
pub(super) fn html(job: &Job<'_>, ids: &[String], foot: Option<&str>) -> String {
    let part = job.draft_part();
    let figure = |index: usize| {
        let info = &job.media.get(index)?.info;
        let (mut width, mut height) = (info.width, info.height);
        if width > WIDEST {
            height = u32::try_from(u64::from(height) * u64::from(WIDEST) / u64::from(width)).unwrap_or(height).max(1);
            width = WIDEST;
        }
        Some(Figure { src: format!("cid:{}", ids[index]), width, height, video: info.kind.is_video() })
    };
    let mut body = article::body(&part.rich, &part.media, None, &figure);
    if let Some(address) = foot {
        let _ = write!(body, "\n<hr />\n<p><small><a href=\"{}\">Unsubscribe</a></small></p>", escape_html(address));
    }
    let language = job.draft.language.as_deref().map(|language| format!(" lang=\"{}\"", escape_html(language)));
    format!(
        "<!DOCTYPE html>\n<html{}>\n<head>\n<meta charset=\"utf-8\" />\n<meta name=\"viewport\" content=\"width=device-width\" />\n\
         <style>img{{max-width:100%;height:auto}}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n",
        language.unwrap_or_default()
    )
}

/// Writes the text, with the description of each image in its place. `foot` is where to unsubscribe.
pub(super) fn text(job: &Job<'_>, foot: Option<&str>) -> String {
    let mut blocks = job.draft_part().rich.to_vec();
    blocks.iter_mut().for_each(describe);
    let mut text = text::flatten(&blocks, &DIALECT).text;
    text.push('\n');
    if let Some(address) = foot {
        // How programs know where a signature begins.
        let _ = write!(text, "\n-- \nUnsubscribe: {address}\n");
    }
    text
}

fn describe(block: &mut Block) {
    match block {
        Block::Paragraph { content, .. } | Block::Heading { content, .. } => describe_all(content),
        Block::Quote { blocks, .. } => blocks.iter_mut().for_each(describe),
        Block::List { items, .. } => items.iter_mut().flatten().for_each(describe),
        Block::Table { head, rows, .. } => {
            head.iter_mut().chain(rows.iter_mut().flatten()).for_each(|cell| describe_all(cell));
        }
        Block::Code { .. } | Block::Html { .. } | Block::Rule { .. } => {}
    }
}

fn describe_all(content: &mut [Inline]) {
    for inline in content {
        match inline {
            Inline::Media(media) if !media.alt.trim().is_empty() => {
                *inline = Inline::Text { text: format!("[{}]", media.alt), span: media.span };
            }
            inline => describe_all(inline.content_mut()),
        }
    }
}
