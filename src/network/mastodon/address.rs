/// Finds the server's id of a status in its web address, which ends with it: `https://HOST/@name/ID` and the like. The address
/// must be on the account's own server, since every server has ids of its own for the same post.
pub(super) fn id_in_address<'a>(base: &str, url: &'a str) -> Option<&'a str> {
    let host = |address: &'_ str| {
        address.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next().map(str::to_lowercase))
    };
    let (own, there) = (host(base)?, host(url)?);
    let path = url.split(['?', '#']).next()?.split_once("://")?.1;
    let steps: Vec<&str> = path.split('/').skip(1).filter(|step| !step.is_empty()).collect();
    let id = steps.last().filter(|_| steps.len() >= 2)?;
    let is_id = id.len() <= 64
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && id.bytes().any(|byte| byte.is_ascii_digit());
    (own == there && is_id).then_some(*id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expect: Option<&str>) {
        assert_eq!(id_in_address("https://mastodon.example", url), expect, "{url}");
    }

    #[test]
    fn an_address_ends_with_the_id() {
        check("https://mastodon.example/@acme/113520000000000001", Some("113520000000000001"));
        check("https://Mastodon.example/@acme/1135/?x=y#z", Some("1135"));
        check("https://mastodon.example/users/acme/statuses/1135", Some("1135"));
        check("https://mastodon.example/@acme/statuses/01JDXYZ", Some("01JDXYZ"));
    }

    #[test]
    fn other_addresses_tell_no_id() {
        check("https://other.example/@acme/1135", None);
        check("https://mastodon.example/@acme", None);
        check("https://mastodon.example/@acme/media", None);
        check("https://mastodon.example/1135", None);
        check("https://mastodon.example/objects/9b8c-11", None);
        check("not an address", None);
    }
}
