use std::borrow::Cow;

/// Escapes a text for HTML and XML, inside elements and quoted attributes alike.
///
/// Characters that XML can't hold become U+FFFD, so that the result may stand in a feed.
pub fn escape_html(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(needs_escape) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(&text[..first]);
    for c in text[first..].chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if is_forbidden(c) => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn needs_escape(c: char) -> bool {
    matches!(c, '&' | '<' | '>' | '"' | '\'') || is_forbidden(c)
}

/// Returns whether XML 1.0 or HTML forbids a character.
fn is_forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n'))
        || (u32::from(c) & 0xFFFE) == 0xFFFE
        || matches!(c, '\u{FDD0}'..='\u{FDEF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(escape_html(text), expect);
    }

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(escape_html("plain\n\ttéxt 👋"), Cow::Borrowed("plain\n\ttéxt 👋")));
    }

    #[test]
    fn markup_is_escaped() {
        check("a<b>&\"c'", "a&lt;b&gt;&amp;&quot;c&#39;");
    }

    #[test]
    fn what_xml_forbids_is_replaced() {
        check("a\u{0}b\u{1b}c\u{ffff}d\u{85}\u{1ffff}", "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}\u{fffd}");
    }
}
