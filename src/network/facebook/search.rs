//! Whether an earlier attempt arrived, judged from pages of our own posts. Pure.

use super::{
    SETTLE,
    reply::{Listed, Listing},
};
use crate::{
    model::Timestamp,
    network::{Found, Job, PreparedMedia},
};
use std::time::Duration;

/// How far the network's clock and ours may be apart.
const SKEW: Duration = Duration::from_secs(60);

/// How many characters make two posts that aren't equal suspiciously alike.
const ALIKE: usize = 80;

/// What is looked for, and what has been seen so far.
#[derive(Debug)]
pub(super) struct Search<'a> {
    from: Timestamp,
    to: Timestamp,
    words: String,
    media: &'a [PreparedMedia],
    equal: Vec<Listed>,
    alike: Vec<Listed>,
    /// Whether the listing was read to its end.
    is_whole: bool,
}

impl<'a> Search<'a> {
    /// Starts a search for what a job would have made.
    pub(super) fn new(job: &Job<'a>) -> Self {
        Self {
            from: job.attempt.at.minus(SKEW),
            to: job.attempt.at.plus(SETTLE + SKEW),
            words: normalise(&job.draft_part().text.text),
            media: job.media,
            equal: Vec::new(),
            alike: Vec::new(),
            is_whole: false,
        }
    }

    /// Returns since when posts matter.
    pub(super) fn since(&self) -> Timestamp {
        self.from
    }

    /// Takes a page, newest first. Returns where to go on; none if there is no more that matters.
    pub(super) fn take(&mut self, page: Listing) -> Option<String> {
        let after = page.after();
        let mut reached_back = false;
        for post in page.data {
            match post.created() {
                Some(created) if created < self.from => reached_back = true,
                Some(created) if created > self.to => {}
                // A post without a readable time can't be left out.
                Some(_) | None => self.weigh(post),
            }
        }
        self.is_whole = reached_back || after.is_none();
        after.filter(|_| !self.is_whole)
    }

    /// Returns the verdict.
    pub(super) fn verdict(self) -> Found {
        match (self.equal.as_slice(), self.alike.as_slice()) {
            ([post], []) => Found::Here(post.receipt(self.media)),
            ([], []) if self.is_whole => Found::Absent,
            ([], []) => Found::Unclear("the listing of our posts doesn't reach back to the attempt".to_owned()),
            ([], [near, ..]) => Found::Unclear(format!("the post `{}` is much like it, but not the same", near.id)),
            ([_], [near, ..]) => Found::Unclear(format!("the post `{}` could be it too", near.id)),
            ([first, second, ..], _) => {
                Found::Unclear(format!("more than one post fits: `{}` and `{}`", first.id, second.id))
            }
        }
    }

    fn weigh(&mut self, post: Listed) {
        let words = normalise(post.message.as_deref().unwrap_or_default());
        if words == self.words && post.media() == self.media.len() {
            self.equal.push(post);
        } else if words == self.words || is_alike(&words, &self.words) {
            self.alike.push(post);
        }
    }
}

/// Brings a text to what survives the network: words, whatever the space between them.
fn normalise(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns whether two texts begin with the same long run of characters.
fn is_alike(one: &str, other: &str) -> bool {
    let mut pairs = one.chars().zip(other.chars()).take(ALIKE);
    one.chars().count().min(other.chars().count()) >= ALIKE && pairs.all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Response, facebook::reply};

    const AT: &str = "2026-12-01T09:00:00Z";

    /// Takes a page of ids, minutes after the attempt and texts; says what is found.
    fn found(words: &str, more: bool, entries: &[(&str, i64, &str)]) -> String {
        let at = Timestamp::parse(AT).expect("a timestamp");
        let mut search = Search {
            from: at.minus(SKEW),
            to: at.plus(SETTLE + SKEW),
            words: normalise(words),
            media: &[],
            equal: Vec::new(),
            alike: Vec::new(),
            is_whole: false,
        };
        let posts: Vec<_> = entries
            .iter()
            .map(|(id, minutes, text)| {
                let at = Timestamp::from_millis(at.millis() + minutes * 60_000);
                serde_json::json!({ "id": id, "created_time": at.to_string(), "message": text })
            })
            .collect();
        let mut page = serde_json::json!({ "data": posts });
        if more {
            page["paging"] = serde_json::json!({ "cursors": { "after": "c" }, "next": "https://…" });
        }
        let body = page.to_string().into_bytes();
        let page = reply::listing(&Response { status: 200, headers: Vec::new(), body }).expect("a page");
        let _ = search.take(page);
        match search.verdict() {
            Found::Here(receipt) => format!("here {}", receipt.remote.id),
            Found::Absent => "absent".to_owned(),
            Found::Unclear(why) => why,
        }
    }

    #[test]
    fn the_same_words_in_the_window_are_it() {
        assert_eq!(found("Hello", false, &[("3", 80, "Hello"), ("2", 1, "Hello"), ("1", -9, "Hello")]), "here 2");
    }

    #[test]
    fn the_end_of_the_listing_proves_absence() {
        assert_eq!(found("Hello", false, &[("2", 1, "Bye")]), "absent");
        assert_eq!(found("Hello", true, &[("2", 1, "Bye"), ("1", -9, "Hello")]), "absent");
        let short = "the listing of our posts doesn't reach back to the attempt";
        assert_eq!(found("Hello", true, &[("2", 1, "Bye")]), short);
    }

    #[test]
    fn what_can_not_be_told_is_for_a_person() {
        let two = [("3", 2, "Hello"), ("2", 1, "Hello")];
        assert_eq!(found("Hello", false, &two), "more than one post fits: `3` and `2`");
        let long = "long ".repeat(30);
        let near = found(&format!("{long} a"), false, &[("2", 1, &format!("{long} b"))]);
        assert_eq!(near, "the post `2` is much like it, but not the same");
    }
}
