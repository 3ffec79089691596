use crate::model::{Media, MediaSource, Post};
use std::ops::Range;

/// Writes another target where an image names its own, and changes no other byte; none where that can't be done, as
/// where a link shares the target's definition.
///
/// `parse` reads the text as the post that it is. What is changed is proven by reading it again: with a stand-in of the same
/// length everything else of the post must stay what and where it was.
pub fn retarget(
    text: &str,
    folder: &str,
    media: &Media,
    target: &str,
    parse: &dyn Fn(&str) -> Option<Post>,
) -> Option<String> {
    let before = format!("{:?}", parse(text)?);
    let own = media.span.start as usize..media.span.end as usize;
    // `![alt](target)`, and else `![alt][name]` with `[name]: target` anywhere.
    let inline = targets(text, own, "](");
    let defined = targets(text, 0..text.len(), "]:");
    let place = inline.chain(defined).find(|place| {
        let stand_in = "m".repeat(place.len());
        let path = if folder.is_empty() { stand_in.clone() } else { format!("{folder}/{stand_in}") };
        let is_changed = format!("{:?}", MediaSource::File(path));
        parse(&spliced(text, place, &stand_in)).is_some_and(|post| {
            let after = format!("{post:?}");
            after.contains(&is_changed) && after.replace(&is_changed, &format!("{:?}", media.source)) == before
        })
    })?;
    Some(spliced(text, &place, target))
}

fn spliced(text: &str, place: &Range<usize>, with: &str) -> String {
    [&text[..place.start], with, &text[place.end..]].concat()
}

/// Finds what may be the target of a link after each mark: a web address as it is written, escapes and all.
fn targets<'t>(text: &'t str, within: Range<usize>, mark: &'static str) -> impl Iterator<Item = Range<usize>> + 't {
    let part = text.get(within.clone()).unwrap_or_default();
    part.match_indices(mark).filter_map(move |(at, _)| {
        let start = within.start + at + mark.len();
        let rest = &text[start..within.end];
        let gap = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        let (start, rest) = (start + gap, &rest[gap..]);
        let (start, end) = match rest.strip_prefix('<') {
            Some(inside) => (start + 1, start + 1 + end(inside, |c, _| matches!(c, '>' | '\n'))),
            None if mark == "](" => (start, start + end(rest, |c, depth| c == ')' && depth == 0 || c.is_whitespace())),
            None => (start, start + end(rest, |c, _| c.is_whitespace())),
        };
        let is_web = text[start..end].get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
        is_web.then_some(start..end)
    })
}

/// Returns where the first character stands that ends a target; it is given the number of open parentheses before it.
fn end(text: &str, is_end: impl Fn(char, usize) -> bool) -> usize {
    let (mut depth, mut escaped) = (0usize, false);
    for (at, c) in text.char_indices() {
        if !escaped && is_end(c, depth) {
            return at;
        }
        match c {
            '(' if !escaped => depth += 1,
            ')' if !escaped => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config,
        content::{self, Defaults},
        diag::FileId,
        network,
    };

    /// Rewrites the first image by web address in a body.
    fn rewritten(body: &str) -> Option<String> {
        let site = "[workspace]\nname = \"A\"\ntimezone = \"UTC\"\n\n[accounts.home]\nnetwork = \"site\"\n";
        let (config, _) = config::parse(FileId(0), site, network::specs());
        let config = config.expect("a configuration");
        let text = format!("+++\nto = [\"home\"]\n+++\n\n{body}");
        let parse = |text: &str| content::parse(FileId(1), "content/a/b.md", text, &config, &Defaults::default()).0;
        let post = parse(&text).expect("a post");
        let media = post.copies.iter().flat_map(|copy| &copy.body.parts).flat_map(|part| part.media());
        let media = media.into_iter().find(|media| matches!(media.source, MediaSource::Url(_))).expect("an image");
        let done = retarget(&text, "content/a", media, "a.png", &parse)?;
        Some(done.strip_prefix("+++\nto = [\"home\"]\n+++\n\n").expect("the front matter stays").to_owned())
    }

    #[track_caller]
    fn check(body: &str, expect: &str) {
        assert_eq!(rewritten(body).as_deref(), Some(expect), "{body}");
    }

    #[test]
    fn only_the_target_changes() {
        check("![A](https://x.example/a)", "![A](a.png)");
        check("é ![A](https://x.example/a \"t\") z\r\n", "é ![A](a.png \"t\") z\r\n");
        check("![A]( <https://x.example/a>  'b' )", "![A]( <a.png>  'b' )");
        check("![A](https://x.example/a_(1).png)\n", "![A](a.png)\n");
        check("![A](https://x.example/a\\)b.png)", "![A](a.png)");
        check("![A](https://x.example/a?b=1&amp;c=2)", "![A](a.png)");
        check("![A](HTTPS://x.example/a)", "![A](a.png)");
        check("> - ![A](https://x.example/a)\n>\n> *b*", "> - ![A](a.png)\n>\n> *b*");
        check("| a |\n| - |\n| ![A](https://x.example/a) |\n", "| a |\n| - |\n| ![A](a.png) |\n");
    }

    #[test]
    fn what_looks_like_the_target_elsewhere_stays() {
        let url = "https://x.example/a";
        check(
            &format!("{url} [l]({url}) ![A]({url}) `![A]({url})`"),
            &format!("{url} [l]({url}) ![A](a.png) `![A]({url})`"),
        );
        check(&format!("![A \\]({url}) B]({url})"), &format!("![A \\]({url}) B](a.png)"));
        check(&format!("![A]({url} \"x]({url}\")"), &format!("![A](a.png \"x]({url}\")"));
        check(&format!("![A `]({url})` B]({url})"), &format!("![A `]({url})` B](a.png)"));
        check(&format!("[![A]({url})]({url})"), &format!("[![A](a.png)]({url})"));
        check(&format!("![A]({url}) ![B]({url})"), &format!("![A](a.png) ![B]({url})"));
    }

    #[test]
    fn a_definition_is_rewritten_for_all_its_images() {
        check("![A][x] ![x]\n\n[x]: https://x.example/a \"t\"\n", "![A][x] ![x]\n\n[x]: a.png \"t\"\n");
        check(
            "![A][x]\n\n[y]: https://x.example/a\n[x]: <https://x.example/a>",
            "![A][x]\n\n[y]: https://x.example/a\n[x]: <a.png>",
        );
    }

    #[test]
    fn a_link_is_never_led_astray() {
        assert_eq!(rewritten("![A][x] and [B][x]\n\n[x]: https://x.example/a\n"), None);
    }
}
