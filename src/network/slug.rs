use crate::model::PostId;

/// The longest readable part of an address, in bytes.
const MAX: usize = 60;

/// Returns the last part of a post's address: the id if it fits as it is and nothing else is asked for, else what fits of
/// `wanted` (or of the id) and six digits of the id's digest, which keep it apart from every other post's.
pub fn slug_of(post: &PostId, wanted: Option<&str>) -> String {
    let id = post.as_str();
    match wanted {
        None => keep_apart(id, id),
        Some(wanted) if wanted == id => keep_apart(id, id),
        Some(wanted) => with_digest(wanted, id),
    }
}

/// Returns the last part of a tag's address. Tags that differ in case alone share it.
pub fn tag_slug(tag: &str) -> String {
    let tag = tag.to_lowercase();
    keep_apart(&tag, &tag)
}

/// Returns whether a text can be the last part of an address as it is: words of `a-z` and `0-9` with single hyphens.
pub fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX + 7 && readable(text) == text
}

fn keep_apart(text: &str, source: &str) -> String {
    if text.len() <= MAX && readable(text) == text && !text.is_empty() {
        text.to_owned()
    } else {
        with_digest(text, source)
    }
}

fn with_digest(text: &str, source: &str) -> String {
    let digest = blake3::hash(source.as_bytes()).to_hex();
    let mut words = readable(text);
    words.truncate(MAX);
    match words.trim_end_matches('-') {
        "" => digest[..12].to_owned(),
        words => format!("{words}-{}", &digest[..6]),
    }
}

/// Keeps what may stand in an address: lowercase ASCII letters and digits, everything between them one hyphen.
fn readable(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') && c != '\'' && c != '’' {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(id: &str, wanted: Option<&str>, expect: &str) {
        assert_eq!(slug_of(&PostId::new(id), wanted), expect);
    }

    #[test]
    fn an_id_that_fits_is_the_slug() {
        check("welcome", None, "welcome");
        check("2026-12-01-hoodie", None, "2026-12-01-hoodie");
        check("welcome", Some("welcome"), "welcome");
    }

    #[test]
    fn anything_else_is_kept_apart_by_a_digest() {
        check("2026/Hoodie launch", None, "2026-hoodie-launch-c2e804");
        check("p1", Some("It’s here!"), "its-here-410da8");
        check("日本", None, "fb52b4c81864");
    }

    #[test]
    fn posts_that_ask_for_the_same_slug_do_not_share_it() {
        assert_ne!(slug_of(&PostId::new("a"), Some("news")), slug_of(&PostId::new("b"), Some("news")));
    }

    #[test]
    fn tags_that_differ_in_case_alone_share_a_page() {
        assert_eq!(tag_slug("Product"), tag_slug("product"));
        assert_ne!(tag_slug("c"), tag_slug("C++"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn every_slug_is_one(id in ".{1,80}", wanted in proptest::option::of(".{0,80}")) {
            let slug = slug_of(&PostId::new(id.as_str()), wanted.as_deref());
            prop_assert!(is_slug(&slug), "{slug}");
        }
    }
}
