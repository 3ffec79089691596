use super::{BrakeEvent, Event, EventId, PartKey};
use crate::model::PostId;

/// The top-level folder of events about posts. Readers skip others that they don't know.
pub const POSTS: &str = "posts";
/// The top-level folder of events about the brakes.
pub const FREEZES: &str = "freezes";
/// The first file of a ledger.
pub const GENESIS: &str = "genesis.json";

/// Longer names would not fit everywhere: git hosts and file systems allow 255 bytes, of which an event's name takes some.
const LONGEST: usize = 180;
/// How much of a longer name is kept in front of its digest.
const KEPT: usize = 140;
/// What stands between an account and a part. No escaped name has it.
const PART: char = '+';

/// What the path of an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPath {
    /// The post's id, escaped and perhaps shortened.
    pub post: String,
    /// The account's name, escaped and perhaps shortened.
    pub account: String,
    /// The part of the thread, from 1.
    pub part: u16,
    /// The place among the part's events, from 1.
    pub sequence: u16,
    /// The kind of event, as `intent`.
    pub kind: String,
    /// The event's id.
    pub id: EventId,
}

/// What the name of an event's file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName<'a> {
    /// The account's name, escaped and perhaps shortened.
    pub account: &'a str,
    /// The part of the thread, from 1.
    pub part: u16,
    /// The place among the part's events, from 1.
    pub sequence: u16,
    /// The kind of event, as `intent`.
    pub kind: &'a str,
    /// The event's id.
    pub id: EventId,
}

/// Returns the path of an event: `posts/3f/POST/ACCOUNT+PART-0001-KIND-ID.json`.
pub fn event_path(event: &Event, sequence: u16) -> String {
    format!("{}/{}", post_folder(&event.key.post), file_name(event, sequence))
}

/// Returns the folder of a post's events. It follows from its id alone, never from anything that an edit can change.
pub fn post_folder(post: &PostId) -> String {
    let post = post.as_str();
    let digest = blake3::hash(post.as_bytes()).to_hex();
    format!("{POSTS}/{}/{}", &digest[..2], escape(post))
}

/// Returns the name of an event's file in the folder of its post.
pub fn file_name(event: &Event, sequence: u16) -> String {
    let PartKey { account, part, .. } = &event.key;
    let (account, id) = (escape(account.as_str()), escape(&event.id.0));
    format!("{account}{PART}{part}-{sequence:04}-{}-{id}.json", event.what.kind())
}

/// Returns the name of the file of an event of the brakes, in the folder [`FREEZES`].
pub fn brake_file_name(event: &BrakeEvent, sequence: u16) -> String {
    format!("{sequence:04}-{}-{}.json", event.what.kind(), escape(&event.id.0))
}

/// Reads the path of an event; none if it is not one.
pub fn parse_path(path: &str) -> Option<EventPath> {
    let mut steps = path.split('/');
    let (posts, shard, post, name) = (steps.next()?, steps.next()?, steps.next()?, steps.next()?);
    let shard_fits = shard.len() == 2 && shard.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if steps.next().is_some() || posts != POSTS || !shard_fits || post.is_empty() {
        return None;
    }
    let FileName { account, part, sequence, kind, id } = parse_file_name(name)?;
    let (post, account, kind) = (post.to_owned(), account.to_owned(), kind.to_owned());
    Some(EventPath { post, account, part, sequence, kind, id })
}

/// Reads the name of an event's file; none if it is not one.
pub fn parse_file_name(name: &str) -> Option<FileName<'_>> {
    let (account, rest) = name.split_once(PART)?;
    let (digits, rest) = rest.split_once('-')?;
    let part: u16 = digits.parse().ok()?;
    let (sequence, kind, id) = parse_brake_file_name(rest)?;
    let fits = !account.is_empty() && part > 0 && part.to_string() == digits;
    fits.then_some(FileName { account, part, sequence, kind, id })
}

/// Reads the name of the file of an event of the brakes: the sequence, the kind and the id; none if it is not one.
pub fn parse_brake_file_name(name: &str) -> Option<(u16, &str, EventId)> {
    let mut steps = name.strip_suffix(".json")?.splitn(3, '-');
    let (digits, kind, id) = (steps.next()?, steps.next()?, steps.next()?);
    let sequence: u16 = digits.parse().ok()?;
    let is_kind = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase());
    let fits = sequence > 0 && format!("{sequence:04}") == digits && is_kind && !id.is_empty();
    fits.then(|| (sequence, kind, EventId(unescape(id))))
}

/// Makes a name that every git host and file system takes: letters, digits, `.`, `_` and `-` stay, other bytes become
/// `%XX`, and so does a leading dot. A name that is empty or too long is cut and ends with `~` and a digest.
pub fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for (index, byte) in name.bytes().enumerate() {
        match byte {
            b'.' if index == 0 => push_hex(&mut escaped, byte),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' => escaped.push(char::from(byte)),
            _ => push_hex(&mut escaped, byte),
        }
    }
    if escaped.is_empty() || escaped.len() > LONGEST {
        let mut end = KEPT.min(escaped.len());
        // Not in the middle of `%XX`.
        if let Some(percent) = escaped[..end].rfind('%')
            && end - percent < 3
        {
            end = percent;
        }
        escaped.truncate(end);
        escaped.push('~');
        escaped.push_str(&blake3::hash(name.as_bytes()).to_hex()[..32]);
    }
    escaped
}

fn push_hex(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    text.push('%');
    text.push(char::from(DIGITS[usize::from(byte >> 4)]));
    text.push(char::from(DIGITS[usize::from(byte & 15)]));
}

/// Undoes [`escape`] for a name that was not shortened.
fn unescape(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    #[track_caller]
    fn check_escape(name: &str, expect: &str) {
        assert_eq!(escape(name), expect);
        assert_eq!(unescape(expect), name);
    }

    #[test]
    fn plain_names_stay() {
        check_escape("hoodie-launch_2.0", "hoodie-launch_2.0");
    }

    #[test]
    fn other_bytes_are_escaped_in_capitals() {
        check_escape("2026/12/a b", "2026%2F12%2Fa%20b");
        check_escape("caffè~1", "caff%C3%A8%7E1");
        check_escape("100%", "100%25");
        check_escape("a\\b:c\0", "a%5Cb%3Ac%00");
    }

    #[test]
    fn a_leading_dot_is_escaped() {
        check_escape(".git", "%2Egit");
        check_escape("..", "%2E.");
    }

    #[test]
    fn a_long_name_ends_with_a_digest() {
        let (one, two) = (format!("{}1", "x".repeat(300)), format!("{}2", "x".repeat(300)));
        let escaped = escape(&one);
        assert_eq!(escaped.len(), KEPT + 33);
        assert!(escaped.starts_with("xxx") && escaped.as_bytes()[KEPT] == b'~', "{escaped}");
        assert_ne!(escaped, escape(&two));
    }

    #[test]
    fn a_long_name_is_not_cut_inside_an_escape() {
        for pad in 0..3 {
            let name = format!("{}{}", "x".repeat(pad), "é".repeat(100));
            let escaped = escape(&name);
            let (kept, _) = escaped.split_once('~').expect("a digest");
            assert_eq!(kept.matches('%').count() * 3 + pad, kept.len(), "{escaped}");
        }
    }

    #[test]
    fn an_empty_name_is_still_one() {
        assert!(escape("").starts_with('~'));
    }

    #[test]
    fn the_path_is_as_documented() {
        let event = fixture::intent("hello", "brand", 1, "0a1b");
        assert_eq!(event_path(&event, 1), "posts/ea/hello/brand+1-0001-intent-0a1b.json");
    }

    #[track_caller]
    fn check_no_path(path: &str) {
        assert_eq!(parse_path(path), None, "{path}");
    }

    #[test]
    fn other_paths_are_not_events() {
        check_no_path("");
        check_no_path("genesis.json");
        check_no_path("accounts/brand/0001-auth-1.json");
        check_no_path("posts/zz/hello/brand+1-0001-intent-1.json");
        check_no_path("posts/ea/hello/brand+0-0001-intent-1.json");
        check_no_path("posts/ea/hello/brand++1-0001-intent-1.json");
        check_no_path("posts/ea/hello/brand+01-0001-intent-1.json");
        check_no_path("posts/ea/hello/brand-0001-intent-1.json");
        check_no_path("posts/ea/hello/brand+1-1-intent-1.json");
        check_no_path("posts/ea/hello/brand+1-0000-intent-1.json");
        check_no_path("posts/ea/hello/brand+1-0001-intent.json");
        check_no_path("posts/ea/hello/brand+1-0001-intent-.json");
        check_no_path("posts/ea/hello/brand+1-0001-intent-1.json/x");
        check_no_path("posts/ea/hello/+1-0001-intent-1.json");
        check_no_path("posts/ea//brand+1-0001-intent-1.json");
    }

    proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(128))]

        #[test]
        fn any_key_has_a_path_that_reads_back(
            post in ".{0,80}", account in ".{0,80}", part in 1..=u16::MAX, sequence in 1..=u16::MAX, id in any::<u128>()
        ) {
            let id = format!("{id:032x}");
            let event = fixture::intent(&post, &account, part, &id);
            let path = event_path(&event, sequence);
            for step in path.split('/') {
                prop_assert!(!step.is_empty() && !step.starts_with('.') && step.len() <= 255, "{}", path);
                prop_assert!(step.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-%~+".contains(&byte)));
            }
            let read = parse_path(&path).expect("a path");
            prop_assert_eq!((read.part, read.sequence, read.kind.as_str()), (part, sequence, "intent"));
            prop_assert_eq!(read.id.0, id);
            prop_assert_eq!(read.post, escape(&post));
            prop_assert_eq!(read.account, escape(&account));
        }
    }
}
