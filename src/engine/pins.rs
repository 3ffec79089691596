use crate::{
    ledger::{Event, EventId, Happening},
    model::Timestamp,
};
use std::collections::BTreeMap;

/// The most bytes that addresses and digests may take in an event, as JSON: events stay under 4 kB.
const MOST: usize = 1900;

/// What was at an address when an attempt was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pin<'e> {
    pub(super) digest: &'e str,
    pub(super) intent: &'e EventId,
    pub(super) at: Timestamp,
}

/// Finds what an earlier attempt of a part took from an address; none if that holds no more.
///
/// An attempt of the same draft must send the same bytes: a draft that was edited was reviewed anew. And once a person has
/// settled a hold, what was taken before it is history.
pub(super) fn pin<'e>(events: &'e [Event], draft: &str, address: &str) -> Option<Pin<'e>> {
    let since = events.iter().rposition(|event| matches!(event.what, Happening::Hold { .. })).map_or(0, |at| at + 1);
    events[since..].iter().rev().find_map(|event| match &event.what {
        Happening::Intent { digest, media, .. } if digest == draft => {
            media.get(address).map(|digest| Pin { digest, intent: &event.id, at: event.at })
        }
        _ => None,
    })
}

/// Returns what an intent's attempt took from the web.
pub(super) fn taken(events: &[Event], intent: &EventId) -> Option<BTreeMap<String, String>> {
    events.iter().find(|event| event.id == *intent).and_then(|event| match &event.what {
        Happening::Intent { media, .. } => Some(media.clone()),
        _ => None,
    })
}

/// Returns whether addresses and digests fit into an event.
pub(super) fn fits(media: &BTreeMap<String, String>) -> bool {
    let around = "        \"\": \"\",\n".len();
    let quoted = |text: &str| text.len() + text.matches(['"', '\\']).count();
    media.iter().map(|(address, digest)| quoted(address) + digest.len() + around).sum::<usize>() <= MOST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture;

    const URL: &str = "https://img.example/a.png";

    fn intent(id: &str, digest: &str) -> Event {
        let mut event = fixture::intent("hello", "brand", 1, id);
        let Happening::Intent { media, .. } = &mut event.what else { panic!("an intent") };
        media.insert(URL.to_owned(), digest.to_owned());
        event
    }

    #[track_caller]
    fn check(events: &[Event], draft: &str, expect: Option<&str>) {
        assert_eq!(pin(events, draft, URL).map(|pin| pin.digest), expect);
    }

    #[test]
    fn an_attempt_of_the_same_draft_pins() {
        check(&[], "d1", None);
        check(&[intent("a", "1")], "d1", Some("1"));
        check(
            &[intent("a", "1"), fixture::other("b", Some("a"), Happening::Release { why: String::new() })],
            "d1",
            Some("1"),
        );
        check(&[fixture::intent("hello", "brand", 1, "a")], "d1", None);
    }

    #[test]
    fn an_edit_and_a_hold_that_a_person_settled_unpin() {
        check(&[intent("a", "1")], "another", None);
        let absent = Happening::Absent { evidence: "a person says so".to_owned() };
        let mut events = vec![
            intent("a", "1"),
            fixture::hold("hello", "brand", 1, "b", "a"),
            fixture::other("c", Some("a"), absent),
        ];
        check(&events, "d1", None);
        events.push(intent("d", "2"));
        check(&events, "d1", Some("2"));
    }

    #[test]
    fn what_fits_stays_small_beside_the_longest_excerpt() {
        let mut media = BTreeMap::new();
        while fits(&media) {
            media.insert(format!("https://img.example/{}/\"{}.png", "x".repeat(60), media.len()), "d".repeat(64));
        }
        media.pop_last();
        let mut event = fixture::receipt("hello", "brand", 1, "0c", "0a1b", "109");
        let Happening::Receipt { media: pins, excerpt, .. } = &mut event.what else { panic!("a receipt") };
        (*pins, *excerpt) = (media, "é\"".repeat(500));
        let length = crate::ledger::encode(&event).len();
        assert!((2500..4096).contains(&length), "{length}");
    }
}
