//! Whether an earlier attempt arrived, judged from the messages of the channel since then. Pure.

use super::{KEY_WINDOW, address, markup, options, reply::Message, request::PAGE};
use crate::{
    model::Timestamp,
    network::{Found, Job},
};
use std::time::Duration;

/// How far Discord's clock and ours may be apart.
const SKEW: Duration = Duration::from_secs(60);

/// How long after the claim a message can still appear: as long as the key may be sent again, and then what takes its time.
const LATEST: Duration = KEY_WINDOW.saturating_add(Duration::from_secs(15 * 60));

/// What is looked for, and what has been seen so far.
#[derive(Debug)]
pub(super) struct Search<'a> {
    to: Timestamp,
    me: &'a str,
    content: String,
    question: Option<&'a str>,
    media: usize,
    answers: Option<&'a str>,
    found: Vec<Message>,
    is_complete: bool,
    after: u64,
}

impl<'a> Search<'a> {
    /// Starts a search for what a job would have made, by a bot.
    pub(super) fn new(job: &Job<'a>, me: &'a str) -> Self {
        let is_poll = job.part == 0 && job.draft.poll.is_some();
        let question = options::poll_question(job.draft).filter(|_| is_poll);
        let replaced = is_poll && question.is_none();
        let text = &job.draft_part().text;
        Self {
            to: job.attempt.at.plus(LATEST),
            me,
            content: if replaced { String::new() } else { markup::write(text) },
            question: if replaced { Some(text.text.as_str()) } else { question },
            media: job.media.len(),
            answers: job.parent.map(|parent| parent.id.as_str()),
            found: Vec::new(),
            is_complete: false,
            after: address::first_id_at(job.attempt.at.minus(SKEW)),
        }
    }

    /// Returns the id after which the next page begins; none if everything has been seen.
    pub(super) fn next(&self) -> Option<u64> {
        (!self.is_complete).then_some(self.after)
    }

    /// Takes a page: the oldest messages after the id.
    pub(super) fn take(&mut self, page: Vec<Message>) {
        let newest = page.iter().filter_map(|message| message.id.parse::<u64>().ok()).max();
        let is_past = page.iter().filter_map(Message::made).any(|made| made > self.to);
        // A page that leads nowhere would be read for ever.
        self.is_complete = page.len() < PAGE || is_past || newest.is_none_or(|newest| newest <= self.after);
        self.after = newest.unwrap_or(self.after).max(self.after);
        for message in page {
            if self.is_ours(&message) {
                self.found.push(message);
            }
        }
    }

    /// Returns the verdict; `guild` is the server's id.
    pub(super) fn verdict(self, guild: Option<&str>) -> Found {
        match self.found.as_slice() {
            [message] => Found::Here(message.receipt(guild, None)),
            [] if self.is_complete => Found::Absent,
            [] => Found::Unclear(
                "there are too many messages in the channel to see whether ours is among them".to_owned(),
            ),
            [first, second, ..] => {
                Found::Unclear(format!("more than one message fits: `{}` and `{}`", first.id, second.id))
            }
        }
    }

    fn is_ours(&self, message: &Message) -> bool {
        let question = message.poll.as_ref().and_then(|poll| poll.question.text.as_deref());
        let answers = message.message_reference.as_ref().and_then(|answered| answered.message_id.as_deref());
        message.author.as_ref().is_some_and(|author| author.id == self.me)
            && message.made().is_none_or(|made| made <= self.to)
            && message.content.trim() == self.content.trim()
            && question.map(str::trim) == self.question.map(str::trim)
            && message.attachments.len() == self.media
            && (self.answers.is_none() || answers == self.answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_796_115_600_000;

    fn search() -> Search<'static> {
        let at = Timestamp::from_millis(AT);
        Search {
            to: at.plus(LATEST),
            me: "1",
            content: "Hello".to_owned(),
            question: None,
            media: 0,
            answers: None,
            found: Vec::new(),
            is_complete: false,
            after: address::first_id_at(at.minus(SKEW)),
        }
    }

    /// A message by its minutes after the attempt, its author and its text.
    fn message(minutes: i64, author: &str, content: &str) -> Message {
        let id = address::first_id_at(Timestamp::from_millis(AT + minutes * 60_000)).to_string();
        let value = serde_json::json!({ "id": id, "channel_id": "2", "author": { "id": author }, "content": content });
        serde_json::from_value(value).expect("a message")
    }

    fn page_of(first: i64) -> Vec<Message> {
        (0..100).map(|number| message(first + number / 20, "9", "Busy")).rev().collect()
    }

    #[track_caller]
    fn check(pages: Vec<Vec<Message>>, expect: &str) {
        let mut search = search();
        for page in pages {
            assert!(search.next().is_some(), "another page is asked for");
            search.take(page);
        }
        let found = match search.verdict(Some("3")) {
            Found::Here(receipt) => receipt.remote.url.expect("an address"),
            Found::Absent => "absent".to_owned(),
            Found::Unclear(why) => why,
        };
        assert!(found.starts_with(expect), "{found}");
    }

    #[test]
    fn our_words_in_time_are_it() {
        check(vec![vec![message(2, "9", "Hello"), message(1, "1", "Hello ")]], "https://discord.com/channels/3/2/");
    }

    #[test]
    fn what_others_say_or_what_comes_later_is_not() {
        check(vec![vec![message(2, "9", "Hello"), message(1, "1", "Hello!")]], "absent");
        check(vec![vec![message(60, "1", "Hello")]], "absent");
        check(vec![Vec::new()], "absent");
    }

    #[test]
    fn a_channel_that_is_too_busy_tells_nothing() {
        check(vec![page_of(0), page_of(5)], "there are too many messages");
        check(vec![page_of(0), page_of(5), page_of(15)], "absent");
    }

    #[test]
    fn two_that_fit_are_for_a_person() {
        check(vec![vec![message(2, "1", "Hello"), message(1, "1", "Hello")]], "more than one message fits");
    }
}
