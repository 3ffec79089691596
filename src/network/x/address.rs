//! The addresses of posts.

/// Finds the id of a post in its address: `https://x.com/acme/status/1`, or as it was under the earlier name.
pub(super) fn id_in(url: &str) -> Option<&str> {
    let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
    let host = host.strip_prefix("www.").or(host.strip_prefix("mobile.")).unwrap_or(host);
    if !matches!(host, "x.com" | "twitter.com") {
        return None;
    }
    let path = path.split(['?', '#']).next()?;
    let mut steps = path.split('/').filter(|step| !step.is_empty());
    let first = steps.next()?;
    // `/i/web/status/1` names nobody.
    let word = if first == "i" { steps.find(|step| *step != "web")? } else { steps.next()? };
    let id = steps.next()?;
    (word == "status" && is_id(id)).then_some(id)
}

/// Writes the address of a post; without a name it leads there, too.
pub(super) fn of(handle: Option<&str>, id: &str) -> String {
    match handle {
        Some(handle) => format!("https://x.com/{handle}/status/{id}"),
        None => format!("https://x.com/i/web/status/{id}"),
    }
}

/// Returns whether it is an id: up to 19 digits.
pub(super) fn is_id(id: &str) -> bool {
    (1..=19).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expect: Option<&str>) {
        assert_eq!(id_in(url), expect, "{url}");
    }

    #[test]
    fn an_address_names_a_post() {
        check(&of(Some("acme"), "71"), Some("71"));
        check(&of(None, "72"), Some("72"));
        check("https://www.twitter.com/acme/status/73?s=20", Some("73"));
        check("https://mobile.x.com/acme/status/74/photo/1", Some("74"));
        check("https://x.com/i/status/75", Some("75"));
    }

    #[test]
    fn other_addresses_name_none() {
        for url in [
            "https://x.com/acme",
            "https://x.com/acme/status/",
            "https://x.com/acme/status/7x",
            "https://x.com/acme/lists/7",
            "https://x.com.elsewhere.example/acme/status/7",
            "http://x.com/acme/status/7",
            "https://x.com/acme/status/12345678901234567890",
        ] {
            check(url, None);
        }
    }
}
