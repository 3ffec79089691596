//! Names of messages by their time, and web addresses.

use crate::model::Timestamp;

/// Returns the name that a message of a moment would have.
pub(super) fn name_at(at: Timestamp) -> String {
    let millis = at.millis().max(0);
    format!("{}.{:06}", millis / 1000, millis % 1000 * 1000)
}

/// Writes the web address of a message, as *Copy link* gives it; `thread` is the name of the message that it answers.
pub(super) fn of_message(workspace: &str, channel: &str, ts: &str, thread: Option<&str>) -> String {
    let workspace = workspace.trim_end_matches('/');
    let thread = thread.map(|thread| format!("?thread_ts={thread}&cid={channel}")).unwrap_or_default();
    format!("{workspace}/archives/{channel}/p{}{thread}", ts.replace('.', ""))
}

/// What a web address of a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    pub(super) channel: &'a str,
    pub(super) ts: String,
    /// The message at the head of its thread, if it isn't that itself.
    pub(super) thread: Option<&'a str>,
}

/// Reads the web address of a message.
pub(super) fn read(url: &str) -> Option<Address<'_>> {
    let (host, rest) = url.strip_prefix("https://")?.split_once('/')?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let steps: Vec<&str> = path.split('#').next()?.trim_end_matches('/').split('/').collect();
    let ["archives", channel, message] = steps.as_slice() else { return None };
    let digits = message.strip_prefix('p').filter(|digits| digits.len() > 6)?;
    if !host.ends_with(".slack.com") || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (seconds, rest) = digits.split_at(digits.len() - 6);
    let thread = query.split('&').find_map(|pair| pair.strip_prefix("thread_ts=")).filter(|thread| is_name(thread));
    Some(Address { channel, ts: format!("{seconds}.{rest}"), thread })
}

fn is_name(ts: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    ts.split_once('.').is_some_and(|(seconds, rest)| is_number(seconds) && is_number(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let url = of_message("https://acme.slack.com/", "C012AB3CD", "1716820000.001200", None);
        assert_eq!(url, "https://acme.slack.com/archives/C012AB3CD/p1716820000001200");
        let head = Address { channel: "C012AB3CD", ts: "1716820000.001200".to_owned(), thread: None };
        assert_eq!(read(&url), Some(head.clone()));
        let url = of_message("https://acme.slack.com", "C012AB3CD", "1716820000.001200", Some("1716810000.000100"));
        assert_eq!(read(&url), Some(Address { thread: Some("1716810000.000100"), ..head }));
    }

    #[test]
    fn other_addresses_are_no_messages() {
        for url in [
            "https://acme.slack.com/archives/C012AB3CD",
            "https://acme.example/archives/C012AB3CD/p1716820000001200",
            "https://acme.slack.com/archives/C012AB3CD/p17168é0000001200",
            "https://acme.slack.com/archives/C012AB3CD/p12",
            "no address",
        ] {
            assert_eq!(read(url), None, "{url}");
        }
    }

    #[test]
    fn moments_are_names() {
        assert_eq!(name_at(Timestamp::from_millis(1_716_820_000_012)), "1716820000.012000");
        assert_eq!(name_at(Timestamp::from_millis(-1)), "0.000000");
    }
}
