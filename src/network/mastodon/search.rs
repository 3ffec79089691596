//! Whether an earlier attempt arrived, judged from pages of our own posts. Pure.

use super::{KEY_WINDOW, html, reply::Status};
use crate::{
    model::Timestamp,
    network::{Found, Job, PreparedMedia},
};
use std::time::Duration;

/// How far the network's clock and ours may be apart.
const SKEW: Duration = Duration::from_secs(60);

/// How long after the claim a post can still appear: as long as the key may be sent again, and then a server that takes its
/// time, and the skew.
const LATEST: Duration = KEY_WINDOW.saturating_add(Duration::from_secs(15 * 60));

/// How many characters make two posts that aren't equal suspiciously alike.
const ALIKE: usize = 80;

/// What is looked for, and what has been seen so far.
#[derive(Debug)]
pub(super) struct Search<'a> {
    from: Timestamp,
    to: Timestamp,
    words: String,
    media: &'a [PreparedMedia],
    reply_to: Option<&'a str>,
    /// The id of the status that a boost passes on.
    boosted: Option<&'a str>,
    equal: Vec<Status>,
    alike: Vec<Status>,
    reached_back: bool,
}

impl<'a> Search<'a> {
    /// Starts a search for what a job would have made; `boosted` is the status that it passes on.
    pub(super) fn new(job: &Job<'a>, boosted: Option<&'a str>) -> Self {
        Self {
            from: job.attempt.at.minus(SKEW),
            to: job.attempt.at.plus(LATEST),
            words: html::normalise(&job.draft_part().text.text),
            media: job.media,
            reply_to: job.parent.map(|parent| parent.id.as_str()),
            boosted,
            equal: Vec::new(),
            alike: Vec::new(),
            reached_back: false,
        }
    }

    /// Takes a page, newest first. Returns the id to go on before; none if the listing has reached back far enough.
    pub(super) fn take(&mut self, page: Vec<Status>) -> Option<String> {
        let Some(last) = page.last().map(|status| status.id.clone()) else {
            self.reached_back = true;
            return None;
        };
        for status in page {
            // A post without a readable time can't be left out, nor does it tell how far back the page reaches.
            match status.created() {
                Some(created) if created < self.from => self.reached_back = true,
                Some(created) if created > self.to => {}
                Some(_) | None => self.weigh(status),
            }
        }
        (!self.reached_back).then_some(last)
    }

    /// Returns the verdict.
    pub(super) fn verdict(self) -> Found {
        match (self.equal.as_slice(), self.alike.as_slice()) {
            ([status], _) if self.boosted.is_some() => Found::Here(status.boost_receipt()),
            ([status], []) => Found::Here(status.receipt(self.media)),
            ([], []) if self.reached_back => Found::Absent,
            ([], []) => Found::Unclear("the listing of our posts doesn't reach back to the attempt".to_owned()),
            ([], [near, ..]) => Found::Unclear(format!("the post `{}` is much like it, but not the same", near.id)),
            ([_], [near, ..]) => Found::Unclear(format!("the post `{}` could be it too", near.id)),
            ([first, second, ..], _) => {
                Found::Unclear(format!("more than one post fits: `{}` and `{}`", first.id, second.id))
            }
        }
    }

    fn weigh(&mut self, status: Status) {
        if let Some(boosted) = self.boosted {
            if status.reblog.as_ref().is_some_and(|original| original.id == boosted) {
                self.equal.push(status);
            }
            return;
        }
        if status.reblog.is_some() || (self.reply_to.is_some() && status.in_reply_to_id.as_deref() != self.reply_to) {
            return;
        }
        let words = status.words();
        if words == self.words && status.media() == self.media.len() {
            self.equal.push(status);
        } else if words == self.words || is_alike(&words, &self.words) {
            self.alike.push(status);
        }
    }
}

/// Returns whether two texts begin with the same long run of characters.
fn is_alike(one: &str, other: &str) -> bool {
    let mut pairs = one.chars().zip(other.chars()).take(ALIKE);
    one.chars().count().min(other.chars().count()) >= ALIKE && pairs.all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Response, mastodon::reply};

    const AT: &str = "2026-12-01T09:00:00Z";

    fn search(words: &str, boosted: Option<&'static str>) -> Search<'static> {
        let at = Timestamp::parse(AT).expect("a timestamp");
        Search {
            from: at.minus(SKEW),
            to: at.plus(LATEST),
            words: html::normalise(words),
            media: &[],
            reply_to: None,
            boosted,
            equal: Vec::new(),
            alike: Vec::new(),
            reached_back: false,
        }
    }

    /// Makes a page from ids, minutes after the attempt, and what stands for the status's body.
    fn page(entries: &[(&str, i64, &str)]) -> Vec<Status> {
        let statuses = entries.iter().map(|(id, minutes, body)| {
            let at = Timestamp::from_millis(Timestamp::parse(AT).expect("a timestamp").millis() + minutes * 60_000);
            match body.strip_prefix("boost:") {
                Some(of) => serde_json::json!({ "id": id, "created_at": at.to_string(), "reblog": { "id": of } }),
                None => {
                    serde_json::json!({ "id": id, "created_at": at.to_string(), "content": format!("<p>{body}</p>") })
                }
            }
        });
        let body = serde_json::Value::from_iter(statuses).to_string().into_bytes();
        reply::page(&Response { status: 200, headers: Vec::new(), body }).expect("a page")
    }

    #[track_caller]
    fn check(words: &str, entries: &[(&str, i64, &str)], expect: &str) {
        let mut search = search(words, None);
        let _ = search.take(page(entries));
        assert_eq!(word(search.verdict()), expect);
    }

    fn word(found: Found) -> String {
        match found {
            Found::Here(receipt) => format!("here {}", receipt.remote.id),
            Found::Absent => "absent".to_owned(),
            Found::Unclear(why) => why,
        }
    }

    #[test]
    fn the_same_words_in_the_window_are_it() {
        check("Hello &c", &[("3", 80, "Hello &amp;c"), ("2", 1, "Hello &amp;c"), ("1", -9, "Hello &amp;c")], "here 2");
    }

    #[test]
    fn nothing_like_it_and_older_posts_prove_absence() {
        check("Hello", &[("2", 1, "Bye"), ("1", -9, "Hello")], "absent");
        check("Hello", &[], "absent");
    }

    #[test]
    fn a_listing_that_is_too_short_proves_nothing() {
        check("Hello", &[("2", 1, "Bye")], "the listing of our posts doesn't reach back to the attempt");
    }

    #[test]
    fn two_that_fit_are_for_a_person() {
        check("Hello", &[("3", 2, "Hello"), ("2", 1, "Hello"), ("1", -9, "x")], "more than one post fits: `3` and `2`");
    }

    #[test]
    fn one_that_begins_alike_is_for_a_person() {
        let long = "long ".repeat(30);
        check(
            &format!("{long} a"),
            &[("2", 1, &format!("{long} b")), ("1", -9, "x")],
            "the post `2` is much like it, but not the same",
        );
    }

    #[test]
    fn a_boost_is_known_by_what_it_passes_on() {
        let mut search = search("", Some("77"));
        let next = search.take(page(&[("3", 2, "boost:78"), ("2", 1, "boost:77")]));
        assert_eq!(next.as_deref(), Some("2"));
        assert_eq!(word(search.verdict()), "here 2");
    }
}
