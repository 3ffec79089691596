//! The plain text of a status's HTML, to recognise our own posts.

/// Returns the text that a reader sees, as one line without needless spaces.
///
/// Servers rewrite what they were sent: they wrap it in paragraphs, link it, hide the ends of long addresses and shorten
/// mentions to `@user`. Both sides of a comparison go through [`normalise`], so that only the words count.
pub(super) fn text_of(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = if rest.starts_with('<') { tag(rest, &mut text) } else { entity(rest, &mut text) };
    }
    text.push_str(rest);
    normalise(&text)
}

/// Brings a text into the form that is compared: single spaces, and mentions without their host.
pub(super) fn normalise(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(without_hosts).collect();
    words.join(" ")
}

/// Skips a tag; one that begins or ends a line leaves a line break.
fn tag<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let Some(end) = rest.find('>') else {
        text.push_str(rest);
        return "";
    };
    let inside = &rest[1..end];
    let name = inside.trim_start_matches('/').split([' ', '/', '\n', '\t']).next().unwrap_or_default();
    if matches!(name.to_ascii_lowercase().as_str(), "p" | "br" | "div" | "li" | "blockquote" | "pre" | "ul" | "ol") {
        text.push('\n');
    }
    // Servers put a line `RE: <address>` before a quote, for readers that can't show one.
    if name.eq_ignore_ascii_case("p") && inside.contains("quote-inline") {
        let skip = rest.find("</p>").map_or(rest.len(), |close| close + "</p>".len());
        return &rest[skip..];
    }
    &rest[end + 1..]
}

fn entity<'a>(rest: &'a str, text: &mut String) -> &'a str {
    const LONGEST: usize = 10;
    let semicolon = rest.bytes().take(LONGEST).position(|byte| byte == b';');
    let resolved = semicolon.and_then(|end| resolve(&rest[1..end]).map(|c| (c, end)));
    match resolved {
        Some((character, end)) => {
            text.push(character);
            &rest[end + 1..]
        }
        None => {
            text.push('&');
            &rest[1..]
        }
    }
}

fn resolve(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => return None,
    })
}

/// Shortens every `@user@host` of a word to `@user`.
fn without_hosts(word: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('@') {
        out.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        let user = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        out.push_str(&rest[..user]);
        rest = &rest[user..];
        while let Some(host) = rest.strip_prefix('@').filter(|_| user > 0) {
            // A full stop at the end closes the sentence.
            let end = host.find(|c| !is_name(c)).unwrap_or(host.len());
            let end = host[..end].trim_end_matches('.').len();
            if end == 0 {
                break;
            }
            rest = &host[end..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(html: &str, expect: &str) {
        assert_eq!(text_of(html), expect);
    }

    #[test]
    fn paragraphs_and_breaks_are_spaces() {
        check("<p>One<br />two</p><p>three</p>", "One two three");
    }

    #[test]
    fn hidden_ends_of_addresses_are_text() {
        check(
            r#"<p><a href="https://a.example/long/path"><span class="invisible">https://</span><span class="ellipsis">a.example/lo</span><span class="invisible">ng/path</span></a></p>"#,
            "https://a.example/long/path",
        );
    }

    #[test]
    fn mentions_lose_their_host_on_both_sides() {
        check(
            r#"<p>Hi <span class="h-card"><a href="https://b.example/@amy" class="u-url mention">@<span>amy</span></a></span>!</p>"#,
            "Hi @amy!",
        );
        assert_eq!(normalise("Hi @amy@b.example!"), "Hi @amy!");
        assert_eq!(normalise("(@amy@b.example), @bob@c.example."), "(@amy), @bob.");
        assert_eq!(normalise("a @@ b @c@ d@e.example"), "a @@ b @c@ d@e.example");
    }

    #[test]
    fn tags_stay_whole() {
        check(r##"<p><a href="/tags/x" class="mention hashtag">#<span>TheSims</span></a></p>"##, "#TheSims");
    }

    #[test]
    fn entities_are_resolved_and_others_kept() {
        check("<p>&lt;3 &amp; &quot;x&quot; &#39;y&#x27; &nope; & done&nbsp;</p>", "<3 & \"x\" 'y' &nope; & done");
    }

    #[test]
    fn the_line_before_a_quote_is_left_out() {
        check(r#"<p class="quote-inline">RE: <a href="https://a.example/1">a</a></p><p>So true</p>"#, "So true");
    }

    #[test]
    fn broken_markup_is_text() {
        check("a < b", "a < b");
        check("<p>a &#xD800; &", "a &#xD800; &");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn nothing_makes_it_panic(html in "\\PC{0,60}|[<>&;#@/p a-z.é]{0,60}") {
            let _ = text_of(&html);
        }

        #[test]
        fn a_mention_is_the_same_with_its_host_and_without(
            before in "[a-z é(]{0,10}",
            user in "[a-z0-9_]{1,6}([.-][a-z]{1,3})?",
            host in "[a-z]{1,6}[.](example|org)",
            after in "([ !,)][a-z. é]{0,10})?|[.]",
        ) {
            let long = format!("{before} @{user}@{host}{after}");
            prop_assert_eq!(normalise(&long), normalise(&format!("{before} @{user}{after}")));
        }

        #[test]
        fn escaped_text_comes_back(text in "[a-z<>&\" é]{0,60}") {
            let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
            prop_assert_eq!(text_of(&format!("<p>{html}</p>")), normalise(&text));
        }
    }
}
