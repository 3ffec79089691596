use super::shape::Shape;

/// Reads from a web address as what a post of the page is shown, and its id as the API knows it: `PAGE_POST`, or a video's own.
///
/// Addresses with letters instead of the post's number (`pfbid…`) don't tell it.
pub(super) fn in_address(page: &str, url: &str) -> Option<(Shape, String)> {
    let rest = url.strip_prefix("https://")?;
    let (host, path) = rest.split_once('/')?;
    if !["facebook.com", "www.facebook.com", "m.facebook.com"].contains(&host) {
        return None;
    }
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = query.split('#').next().unwrap_or_default();
    let named = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    match path.trim_end_matches('/').split('/').collect::<Vec<_>>().as_slice() {
        [whole] if whole.split_once('_').is_some_and(|(of, post)| of == page && is_number(post)) => {
            Some((Shape::Post, (*whole).to_owned()))
        }
        [owner, "posts", post] if is_number(post) && (*owner == page || !is_number(owner)) => {
            Some((Shape::Post, format!("{page}_{post}")))
        }
        [owner, "videos", video] if is_number(video) && (*owner == page || !is_number(owner)) => {
            Some((Shape::Video, (*video).to_owned()))
        }
        ["reel", video] if is_number(video) => Some((Shape::Reel, (*video).to_owned())),
        ["permalink.php" | "story.php"] => {
            let post = named("story_fbid").filter(|post| is_number(post))?;
            (named("id") == Some(page)).then(|| (Shape::Post, format!("{page}_{post}")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expect: Option<(Shape, &str)>) {
        let expect = expect.map(|(shape, id)| (shape, id.to_owned()));
        assert_eq!(in_address("77", url), expect, "{url}");
    }

    #[test]
    fn posts_of_the_page_are_known_by_their_address() {
        check("https://www.facebook.com/77_123", Some((Shape::Post, "77_123")));
        check("https://www.facebook.com/77/posts/123/", Some((Shape::Post, "77_123")));
        check("https://www.facebook.com/acme/posts/123?ref=a", Some((Shape::Post, "77_123")));
        check("https://m.facebook.com/story.php?story_fbid=123&id=77", Some((Shape::Post, "77_123")));
        check("https://www.facebook.com/77/videos/123/", Some((Shape::Video, "123")));
        check("https://www.facebook.com/acme/videos/123", Some((Shape::Video, "123")));
        check("https://www.facebook.com/reel/123?s=a", Some((Shape::Reel, "123")));
    }

    #[test]
    fn what_does_not_tell_is_none() {
        for url in [
            "https://www.facebook.com/78_123",
            "https://www.facebook.com/78/posts/123",
            "https://www.facebook.com/78/videos/123",
            "https://www.facebook.com/reel/new",
            "https://www.facebook.com/acme/posts/pfbid02abc",
            "https://www.facebook.com/permalink.php?story_fbid=pfbid02abc&id=77",
            "https://www.facebook.com/permalink.php?story_fbid=123&id=78",
            "https://facebook.com.evil.example/77_123",
            "http://www.facebook.com/77_123",
            "https://www.facebook.com/",
            "",
        ] {
            check(url, None);
        }
    }
}
