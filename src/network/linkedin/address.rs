//! The addresses of posts.

/// Finds the name of a post in its address: `…/feed/update/urn:li:share:1` or `…/posts/acme_some-words-share-1-AbCd`.
pub(super) fn urn_in(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?;
    let (host, path) = rest.split_once('/')?;
    if host != "linkedin.com" && !host.ends_with(".linkedin.com") {
        return None;
    }
    let path = path.split(['?', '#']).next()?.trim_end_matches('/').replace("%3A", ":").replace("%3a", ":");
    let (kind, number) = if let Some(urn) = path.strip_prefix("feed/update/urn:li:") {
        urn.split_once(':').map(|(kind, number)| (kind.to_owned(), number.to_owned()))?
    } else {
        let slug = path.strip_prefix("posts/")?;
        ["share", "ugcPost", "activity"].into_iter().find_map(|kind| {
            let (_, after) = slug.rsplit_once(&format!("-{kind}-"))?;
            Some((kind.to_owned(), after.split('-').next()?.to_owned()))
        })?
    };
    let is_known = matches!(kind.as_str(), "share" | "ugcPost" | "activity");
    let is_number = !number.is_empty() && number.len() <= 20 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_known && is_number).then(|| format!("urn:li:{kind}:{number}"))
}

/// Writes the address of a post.
pub(super) fn of(urn: &str) -> String {
    format!("https://www.linkedin.com/feed/update/{urn}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expect: Option<&str>) {
        assert_eq!(urn_in(url).as_deref(), expect, "{url}");
    }

    #[test]
    fn an_address_names_a_post() {
        check(&of("urn:li:share:71"), Some("urn:li:share:71"));
        check("https://www.linkedin.com/feed/update/urn%3Ali%3AugcPost%3A72/?x=y", Some("urn:li:ugcPost:72"));
        check("https://www.linkedin.com/posts/acme_new-share-of-it-share-73-AbCd?utm=1", Some("urn:li:share:73"));
        check("https://it.linkedin.com/posts/acme_hoodie-activity-74-x_Y", Some("urn:li:activity:74"));
    }

    #[test]
    fn other_addresses_name_none() {
        for url in [
            "https://www.linkedin.com/in/acme",
            "https://www.linkedin.com/feed/update/urn:li:person:7",
            "https://www.linkedin.com/feed/update/urn:li:share:7x",
            "https://linkedin.com.elsewhere.example/feed/update/urn:li:share:7",
            "http://www.linkedin.com/feed/update/urn:li:share:7",
            "https://www.linkedin.com/posts/acme_words",
        ] {
            check(url, None);
        }
    }
}
