use crate::{
    model::Timestamp,
    network::{Found, Job, NetworkError, Receipt},
};
use std::time::Duration;

/// How far the network's clock and ours may be apart.
const SKEW: Duration = Duration::from_secs(60);

/// How long after the claim a post can still appear.
const LATEST: Duration = Duration::from_secs(15 * 60);

/// How many characters make two posts that aren't equal suspiciously alike.
const ALIKE: usize = 80;

/// A post of ours, as a listing tells of it.
#[derive(Clone, Debug)]
pub(in crate::network) struct Listed {
    /// When it was made, if that can be read.
    pub(in crate::network) at: Option<Timestamp>,
    /// Its text.
    pub(in crate::network) text: String,
    /// Whether what it carries and refers to is what was sent.
    pub(in crate::network) fits: bool,
    /// What it is called.
    pub(in crate::network) receipt: Receipt,
}

/// Looks for what an attempt may have made. Pure.
#[derive(Debug)]
pub(in crate::network) struct Search {
    /// When it can have been made at the earliest.
    pub(in crate::network) from: Timestamp,
    /// And at the latest.
    pub(in crate::network) to: Timestamp,
    words: String,
    equal: Vec<Receipt>,
    alike: Vec<Receipt>,
}

impl Search {
    /// Begins to look for a text.
    pub(in crate::network) fn new(job: &Job<'_>, text: &str) -> Self {
        let at = job.attempt.at;
        Self { from: at.minus(SKEW), to: at.plus(LATEST), words: normalise(text), equal: Vec::new(), alike: Vec::new() }
    }

    /// Reads a listing until it reaches back to before the attempt, at most so many pages. Returns whether it does.
    ///
    /// `page` asks for the one that begins at a mark, and tells its posts, newest first, and where the next begins if there is one.
    pub(in crate::network) async fn read(
        &mut self,
        pages: usize,
        mut page: impl AsyncFnMut(Option<&str>) -> Result<(Vec<Listed>, Option<String>), NetworkError>,
    ) -> Result<bool, NetworkError> {
        let mut after = None;
        for _ in 0..pages {
            let (posts, next) = page(after.as_deref()).await?;
            if !self.take(posts) || next.is_none() {
                return Ok(true);
            }
            after = next;
        }
        Ok(false)
    }

    /// Takes a page, newest first. Returns whether older ones may still be ours.
    fn take(&mut self, page: Vec<Listed>) -> bool {
        let mut goes_on = true;
        for post in page {
            match post.at {
                Some(at) if at < self.from => goes_on = false,
                Some(at) if at > self.to => {}
                // A post without a readable time can't be left out.
                Some(_) | None => self.weigh(post),
            }
        }
        goes_on
    }

    /// Returns the verdict; `whole` if the listing reached back to before the attempt.
    pub(in crate::network) fn verdict(self, whole: bool) -> Found {
        match (self.equal.as_slice(), self.alike.as_slice()) {
            ([one], []) => Found::Here(one.clone()),
            ([], []) if whole => Found::Absent,
            ([], []) => Found::Unclear("the listing of our posts doesn't reach back to the attempt".to_owned()),
            ([], [near, ..]) => {
                Found::Unclear(format!("the post `{}` is much like it, but not the same", near.remote.id))
            }
            ([_], [near, ..]) => Found::Unclear(format!("the post `{}` could be it too", near.remote.id)),
            ([one, other, ..], _) => {
                Found::Unclear(format!("more than one post fits: `{}` and `{}`", one.remote.id, other.remote.id))
            }
        }
    }

    fn weigh(&mut self, post: Listed) {
        // A listing that grows while it is read, or two that overlap, tell of a post twice.
        let known = |other: &Receipt| other.remote.id == post.receipt.remote.id;
        if self.equal.iter().chain(&self.alike).any(known) {
            return;
        }
        let words = normalise(&post.text);
        if words == self.words && post.fits {
            self.equal.push(post.receipt);
        } else if words == self.words && !words.is_empty() || is_alike(&words, &self.words) {
            self.alike.push(post.receipt);
        }
    }
}

/// Brings a text into the form that is compared: single spaces.
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
    use crate::model::Remote;
    use std::collections::BTreeMap;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a time")
    }

    fn search(words: &str) -> Search {
        let claimed = at("2026-11-23T09:00:00Z");
        Search {
            from: claimed.minus(SKEW),
            to: claimed.plus(LATEST),
            words: normalise(words),
            equal: Vec::new(),
            alike: Vec::new(),
        }
    }

    fn post(id: &str, time: Option<&str>, text: &str, fits: bool) -> Listed {
        let remote = Remote { id: id.to_owned(), url: None, extra: BTreeMap::new() };
        Listed {
            at: time.map(|time| at(&format!("2026-11-23T{time}Z"))),
            text: text.to_owned(),
            fits,
            receipt: Receipt { remote },
        }
    }

    #[track_caller]
    fn check(words: &str, page: Vec<Listed>, whole: bool, expect: &str) {
        let mut search = search(words);
        let goes_on = search.take(page);
        let told = match search.verdict(whole) {
            Found::Here(receipt) => format!("here {}", receipt.remote.id),
            Found::Absent => "absent".to_owned(),
            Found::Unclear(_) => "unclear".to_owned(),
        };
        assert_eq!(format!("{told}{}", if goes_on { ", go on" } else { "" }), expect);
    }

    #[test]
    fn ours_is_the_one_of_its_time_with_its_words() {
        check("a  b", vec![post("1", Some("09:00:01"), "a b", true)], false, "here 1, go on");
        check(
            "a b",
            vec![post("1", Some("09:16:00"), "a b", true), post("2", Some("08:58:00"), "a b", true)],
            true,
            "absent",
        );
        check("a b", vec![post("1", Some("09:00:01"), "c", true)], false, "unclear, go on");
        check("a b", vec![post("1", None, "a b", true)], true, "here 1, go on");
        check(
            "a",
            vec![post("1", Some("09:00:01"), "a", true), post("2", Some("09:00:00"), "a", true)],
            true,
            "unclear, go on",
        );
        check("a", vec![post("1", Some("09:00:01"), "a", false)], true, "unclear, go on");
        check(
            "a",
            vec![post("1", Some("09:00:01"), "a", true), post("1", Some("09:00:01"), "a", true)],
            true,
            "here 1, go on",
        );
        check("", vec![post("1", Some("09:00:01"), "", false)], true, "absent, go on");
        let long = "x".repeat(90);
        check(&long, vec![post("1", Some("09:00:01"), &format!("{long} edited"), true)], true, "unclear, go on");
    }
}
