use crate::{
    network::{Look, ShownAddress},
    report::diagnostics::Mask,
    text::{Flat, RangeKind, is_web},
};
use serde::Serialize;

/// A stretch of a text as a network shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct SegmentView {
    /// `text`, `link`, `tag` or `mention`.
    kind: &'static str,
    text: String,
    /// Where a link leads: only ever to the web.
    href: Option<String>,
    /// How it is set.
    styles: Vec<&'static str>,
    /// Whether it is beyond the limit.
    over: bool,
}

/// Cuts a text at its ranges and styles, and shows each as the network does. What stands from the byte `fits` on is over the limit;
/// no range crosses it.
pub(super) fn segments(flat: &Flat, fits: usize, look: &Look, mask: &Mask<'_>) -> Vec<SegmentView> {
    let mut all = Vec::new();
    let plain = |from: usize, to: usize, all: &mut Vec<SegmentView>| {
        let edges = flat.styles.iter().flat_map(|style| [style.start, style.end]);
        let mut cuts: Vec<usize> = edges.chain([fits, to]).map(|at| at.clamp(from, to)).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut start = from;
        for end in cuts.into_iter().filter(|end| *end > from) {
            let text = &flat.text[start..end];
            let text = if look.joins_blank_lines { joined(text) } else { text.to_owned() };
            let (text, styles) = (mask.clean(&text).into_owned(), styles_of(flat, start, end));
            all.push(SegmentView { kind: "text", text, href: None, styles, over: start >= fits });
            start = end;
        }
    };
    let mut done = 0;
    for range in &flat.ranges {
        plain(done, range.start, &mut all);
        let covered = &flat.text[range.start..range.end];
        let (text, href) = match &range.kind {
            RangeKind::Link { url } => {
                let shown = if is_web(covered) { shown(covered, look.address) } else { covered.to_owned() };
                (shown, Some(url.clone()).filter(|url| is_web(url)))
            }
            RangeKind::Mention { .. } if look.short_mentions => (without_host(covered).to_owned(), None),
            RangeKind::Mention { .. } | RangeKind::Tag { .. } => (covered.to_owned(), None),
        };
        let href = href.map(|href| mask.clean(&href).into_owned());
        let text = mask.clean(&text).into_owned();
        let styles = styles_of(flat, range.start, range.end);
        all.push(SegmentView { kind: range.kind.as_str(), text, href, styles, over: range.start >= fits });
        done = range.end;
    }
    plain(done, flat.text.len(), &mut all);
    all
}

/// Returns the names of the styles that cover a stretch.
fn styles_of(flat: &Flat, start: usize, end: usize) -> Vec<&'static str> {
    let covering = flat.styles.iter().filter(|style| style.start <= start && end <= style.end);
    covering.map(|style| style.style.as_str()).collect()
}

/// Makes one blank line of several.
fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut ends = 0;
    for c in text.chars() {
        ends = if c == '\n' { ends + 1 } else { 0 };
        if ends <= 2 {
            out.push(c);
        }
    }
    out
}

/// Returns what is shown of an address that is written out.
fn shown(url: &str, style: ShownAddress) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    match style {
        ShownAddress::Whole => url.to_owned(),
        ShownAddress::Cut(longest) => {
            let rest = rest.strip_prefix("www.").unwrap_or(rest);
            cut(rest, longest, longest, "…")
        }
        ShownAddress::HostAndPath { longest, kept } => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (host, path) = rest.split_at(end);
            let path = if path == "/" { "" } else { path };
            format!("{host}{}", cut(path, longest, kept, "..."))
        }
    }
}

/// Cuts what has more characters than `longest` after `kept`.
fn cut(text: &str, longest: usize, kept: usize, sign: &str) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(kept).chain(sign.chars()).collect()
}

fn without_host(mention: &str) -> &str {
    let after = mention.get(1..).and_then(|rest| rest.find('@')).map(|at| at + 1);
    after.map_or(mention, |end| &mention[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::FileId,
        text::{Range, Style, Styled},
    };

    const LONG: &str = "https://www.acme.example/a/quite/long/path?with=query";

    #[test]
    fn addresses_are_shortened_as_the_network_does() {
        assert_eq!(shown(LONG, ShownAddress::Whole), LONG);
        assert_eq!(shown(LONG, ShownAddress::Cut(30)), "acme.example/a/quite/long/path…");
        let path = ShownAddress::HostAndPath { longest: 15, kept: 13 };
        assert_eq!(shown(LONG, path), "www.acme.example/a/quite/long...");
        assert_eq!(shown("https://acme.example/", path), "acme.example");
        assert_eq!(shown("https://acme.example/hoodie", ShownAddress::Cut(30)), "acme.example/hoodie");
    }

    #[test]
    fn a_text_is_cut_at_its_styles() {
        let styled = |start, end, style| Styled { start, end, style };
        let flat = Flat {
            text: "all of it, and code".to_owned(),
            styles: vec![styled(0, 9, Style::Strong), styled(4, 6, Style::Emphasis), styled(15, 19, Style::Code)],
            ..Flat::default()
        };
        let mask = Mask::new(FileId(0), "", &[]);
        let shown = segments(&flat, 17, &Look::PLAIN, &mask);
        let told: Vec<_> =
            shown.iter().map(|segment| (segment.text.as_str(), segment.styles.join(" "), segment.over)).collect();
        let expect = [
            ("all ", "strong", false),
            ("of", "strong emphasis", false),
            (" it", "strong", false),
            (", and ", "", false),
            ("co", "code", false),
            ("de", "code", true),
        ];
        assert_eq!(told, expect.map(|(text, styles, over)| (text, styles.to_owned(), over)));
    }

    #[test]
    fn a_text_is_cut_at_its_ranges() {
        let text = "Hi @ana@x.example\n\n\n\nsee https://acme.example".to_owned();
        let ranges = vec![
            Range { start: 3, end: 17, kind: RangeKind::Mention { handle: "ana@x.example".to_owned() } },
            Range { start: 25, end: 45, kind: RangeKind::Link { url: "javascript:alert(1)".to_owned() } },
        ];
        let flat = Flat { text, ranges, anchors: Vec::new(), ..Flat::default() };
        let mask = Mask::new(FileId(0), "", &[]);
        let look =
            Look { address: ShownAddress::Cut(30), short_mentions: true, joins_blank_lines: true, ..Look::PLAIN };
        let shown = segments(&flat, usize::MAX, &look, &mask);
        let told: Vec<_> = shown.iter().map(|segment| (segment.kind, segment.text.as_str())).collect();
        assert_eq!(told, [("text", "Hi "), ("mention", "@ana"), ("text", "\n\nsee "), ("link", "acme.example")]);
        assert_eq!(shown[3].href, None, "only the web is linked to");
        let over: Vec<_> = segments(&flat, 19, &look, &mask).into_iter().map(|it| (it.text, it.over)).collect();
        let over: Vec<_> = over.iter().map(|(text, over)| (text.as_str(), *over)).collect();
        let rest = [("\n\n", false), ("\n\nsee ", true), ("acme.example", true)];
        assert_eq!(over, [&[("Hi ", false), ("@ana", false)], rest.as_slice()].concat());
    }
}
