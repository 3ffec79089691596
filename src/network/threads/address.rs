//! The addresses of posts, as people copy them.

/// Whose post it is, and its short name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The user's name.
    pub(super) user: String,
    /// The post's short name, which isn't its id.
    pub(super) code: String,
}

/// Reads the address of a post: `https://www.threads.net/@name/post/CODE`, and the same at `threads.com`.
pub(super) fn read(url: &str) -> Option<Address> {
    let rest = url.strip_prefix("https://")?;
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let path = rest.strip_prefix("threads.net/").or_else(|| rest.strip_prefix("threads.com/"))?;
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let (user, code) = path.strip_prefix('@')?.split_once("/post/")?;
    let is_user = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
    let is_code = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let whole = !user.is_empty() && user.chars().all(is_user) && !code.is_empty() && code.chars().all(is_code);
    whole.then(|| Address { user: user.to_owned(), code: code.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_posts_are_read() {
        let expect = Some(Address { user: "amy.sims".to_owned(), code: "DAb-1_x".to_owned() });
        for url in [
            "https://www.threads.net/@amy.sims/post/DAb-1_x",
            "https://www.threads.com/@amy.sims/post/DAb-1_x/",
            "https://threads.com/@amy.sims/post/DAb-1_x?xmt=1#a",
        ] {
            assert_eq!(read(url), expect, "{url}");
        }
        for url in [
            "",
            "http://www.threads.net/@amy/post/D",
            "https://www.threads.net/@amy",
            "https://www.threads.net/amy/post/D",
            "https://www.threads.net/@amy/post/D/embed",
            "https://www.threads.net/@a&b=c/post/D",
            "https://threads.net.evil.example/@amy/post/D",
        ] {
            assert_eq!(read(url), None, "{url}");
        }
    }
}
