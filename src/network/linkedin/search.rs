//! Whether an earlier attempt arrived, judged from pages of our own posts. Pure.

use super::{
    little,
    reply::{self, Post},
    request,
};
use crate::{
    model::Timestamp,
    network::{Found, Job},
};
use std::time::Duration;

/// How far LinkedIn's clock and ours may be apart.
const SKEW: Duration = Duration::from_secs(60);
/// How long after the claim a post can still appear.
const LATEST: Duration = Duration::from_secs(15 * 60);

/// What is looked for, and what has been seen so far.
#[derive(Debug)]
pub(super) struct Search {
    from: Timestamp,
    to: Timestamp,
    words: String,
    images: usize,
    parent: Option<String>,
    equal: Vec<String>,
    /// Posts with the same words and something else different.
    alike: Vec<String>,
    reached_back: bool,
    kept: String,
}

impl Search {
    /// Starts a search for what a job would have made; `parent` is what that quotes or passes on.
    pub(super) fn new(job: &Job<'_>, parent: Option<String>) -> Self {
        Self {
            from: job.attempt.at.minus(SKEW),
            to: job.attempt.at.plus(LATEST),
            words: normal(&request::commentary(job)),
            images: job.media.len(),
            parent,
            equal: Vec::new(),
            alike: Vec::new(),
            reached_back: false,
            kept: request::kept(job),
        }
    }

    /// Takes a page, newest first. Returns whether older ones are wanted.
    pub(super) fn take(&mut self, page: Vec<Post>) -> bool {
        if page.is_empty() {
            self.reached_back = true;
        }
        for post in page {
            match post.made() {
                Some(made) if made < self.from => self.reached_back = true,
                Some(made) if made > self.to => {}
                // A post without a time can't be left out, nor does it tell how far back the page reaches.
                Some(_) | None => self.weigh(&post),
            }
        }
        !self.reached_back
    }

    /// Returns the verdict.
    pub(super) fn verdict(self) -> Found {
        match (self.equal.as_slice(), self.alike.as_slice()) {
            ([urn], []) => Found::Here(reply::receipt(urn, Some(self.kept))),
            ([], []) if self.reached_back => Found::Absent,
            ([], []) => Found::Unclear("the listing of our posts doesn't reach back to the attempt".to_owned()),
            ([], [near, ..]) => Found::Unclear(format!("the post `{near}` is much like it, but not the same")),
            ([_], [near, ..]) => Found::Unclear(format!("the post `{near}` could be it too")),
            ([one, other, ..], _) => Found::Unclear(format!("more than one post fits: `{one}` and `{other}`")),
        }
    }

    fn weigh(&mut self, post: &Post) {
        if normal(&post.commentary) != self.words {
            return;
        }
        let fits = post.parent() == self.parent.as_deref() && post.images() == self.images;
        if fits { self.equal.push(post.id.clone()) } else { self.alike.push(post.id.clone()) }
    }
}

/// Brings little text into the form that is compared: the words that people see, with single spaces.
fn normal(text: &str) -> String {
    little::shown(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Response;

    const AT: &str = "2026-12-01T09:00:00Z";

    /// Makes a page from ids, minutes after the attempt, and words.
    fn page(entries: &[(&str, i64, &str)]) -> Vec<Post> {
        let at = Timestamp::parse(AT).expect("a timestamp").millis();
        let posts = entries.iter().map(|(id, minutes, words)| {
            serde_json::json!({ "id": id, "commentary": words, "publishedAt": at + minutes * 60_000 })
        });
        let body = serde_json::json!({ "elements": posts.collect::<Vec<_>>() }).to_string().into_bytes();
        reply::page(&Response { status: 200, headers: Vec::new(), body }).expect("a page").elements
    }

    #[track_caller]
    fn check(entries: &[(&str, i64, &str)], expect: &str) {
        let at = Timestamp::parse(AT).expect("a timestamp");
        let mut search = Search {
            from: at.minus(SKEW),
            to: at.plus(LATEST),
            words: normal(r"New \(warm\) {hashtag|\#|hoodie}"),
            images: 0,
            parent: None,
            equal: Vec::new(),
            alike: Vec::new(),
            reached_back: false,
            kept: String::new(),
        };
        let _ = search.take(page(entries));
        let found = match search.verdict() {
            Found::Here(receipt) => format!("here {}", receipt.remote.id),
            Found::Absent => "absent".to_owned(),
            Found::Unclear(why) => why,
        };
        assert_eq!(found, expect);
    }

    #[test]
    fn the_same_words_are_it_however_they_are_escaped() {
        check(&[("2", 1, r"New \(warm\) {hashtag|\#|hoodie}"), ("1", -9, "x")], "here 2");
        check(&[("2", 1, "New (warm) #hoodie"), ("1", -9, "x")], "here 2");
    }

    #[test]
    fn older_posts_prove_absence_and_nothing_else_does() {
        check(&[("2", 1, "Bye"), ("1", -9, "New (warm) #hoodie")], "absent");
        check(&[], "absent");
        check(&[("2", 1, "Bye")], "the listing of our posts doesn't reach back to the attempt");
    }

    #[test]
    fn two_that_fit_are_for_a_person() {
        let words = "New (warm) #hoodie";
        check(&[("3", 2, words), ("2", 1, words), ("1", -9, "x")], "more than one post fits: `3` and `2`");
    }
}
