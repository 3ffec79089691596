use crate::{
    ledger::{Event, Happening, Ledger, PartState},
    model::{AccountId, MEDIA_IDS, Remote, Timestamp},
    network::{Draft, Profile, Rated},
};
use std::collections::HashSet;

/// What an account may still do by the limits that its network publishes, counted from the ledger's receipts, so that all
/// publishers share it. What the network's own answers say is for the engine to hear.
#[derive(Clone, Debug)]
pub struct Budget {
    profile: &'static Profile,
    now: Timestamp,
    posts: Vec<Timestamp>,
    media: Vec<Timestamp>,
}

impl Budget {
    /// Counts what has gone out, and what may have: an attempt of which nothing is known yet.
    pub fn new(ledger: &Ledger, account: &AccountId, profile: &'static Profile, now: Timestamp) -> Self {
        let mut budget = Self { profile, now, posts: Vec::new(), media: Vec::new() };
        if profile.rates.is_empty() {
            return budget;
        }
        for (_, state) in ledger.deliveries.iter().filter(|(key, _)| key.account == *account) {
            for (index, part) in state.parts.iter().enumerate() {
                budget.count(part, state.events.get(index).map_or(&[], Vec::as_slice));
            }
        }
        budget
    }

    /// Takes what a draft needs from a part on, counted from 0. If that is more than there is, takes nothing and returns
    /// from when on there is enough. Who needs more than the network ever gives is let through when nothing else was sent:
    /// then its answers say when it goes on.
    pub fn take(&mut self, draft: &Draft, from: usize) -> Result<(), Timestamp> {
        let parts = draft.parts.get(from..).unwrap_or_default();
        let media = parts.iter().map(|part| part.media.len()).sum();
        let waits = self.profile.rates.iter().filter_map(|rate| {
            let (sent, needed) = match rate.of {
                Rated::Posts => (&self.posts, parts.len()),
                Rated::Media => (&self.media, media),
            };
            let mut sent: Vec<Timestamp> =
                sent.iter().copied().filter(|&at| self.now.since(at) < rate.window).collect();
            let limit = usize::try_from(rate.limit.value).unwrap_or(usize::MAX);
            let over = (sent.len() + needed.min(limit)).checked_sub(limit).filter(|_| needed > 0)?;
            sent.sort_unstable();
            over.checked_sub(1).and_then(|last| sent.get(last)).map(|at| at.plus(rate.window))
        });
        if let Some(until) = waits.max() {
            return Err(until);
        }
        self.posts.extend(parts.iter().map(|_| self.now));
        self.media.extend((0..media).map(|_| self.now));
        Ok(())
    }

    fn count(&mut self, part: &PartState, events: &[Event]) {
        // All that is known to be there counts, though there should be one of it.
        let mut names = HashSet::new();
        for event in events {
            if let Happening::Receipt { remote, .. } = &event.what
                && names.insert(&remote.id)
            {
                self.sent(remote, event.at);
            }
        }
        match part {
            PartState::Published(published) if names.is_empty() => self.sent(&published.remote, published.at),
            PartState::Sending(intent) => self.posts.push(intent.at),
            PartState::Attention { .. } if names.is_empty() => {
                let is_try = |event: &&Event| matches!(event.what, Happening::Intent { .. });
                self.posts.extend(events.iter().rfind(is_try).map(|event| event.at));
            }
            _ => {}
        }
    }

    fn sent(&mut self, remote: &Remote, at: Timestamp) {
        self.posts.push(at);
        let media = remote.extra.get(MEDIA_IDS).map_or(0, |ids| ids.split_whitespace().count());
        self.media.extend((0..media).map(|_| at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::{FileId, Span},
        ledger::{fixture, fold},
        model::{NetworkId, Options, PostId, fixtures::media_of},
        network::{self, DraftPart},
        text::Flat,
    };
    use std::{collections::BTreeMap, time::Duration};

    const NOW: &str = "2026-12-01T12:00:00Z";

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a timestamp")
    }

    fn profile(id: &'static str) -> &'static Profile {
        network::find(NetworkId(id)).expect("a network").profile()
    }

    /// A ledger in which so many posts of `brand` went out, minutes before now, each with so many media.
    fn ledger(ago: &[u64], media: usize) -> Ledger {
        let events = ago.iter().enumerate().flat_map(|(index, &ago)| {
            let when = at(NOW).minus(Duration::from_secs(60 * ago));
            let (post, id) = (format!("post-{index}"), format!("{index:031x}"));
            let mut intent = fixture::intent(&post, "brand", 1, &format!("{id}1"));
            let mut receipt =
                fixture::receipt(&post, "brand", 1, &format!("{id}2"), &format!("{id}1"), &format!("r{index}"));
            (intent.at, receipt.at) = (when, when);
            if let Happening::Receipt { remote, .. } = &mut receipt.what
                && media > 0
            {
                let ids: Vec<String> = (0..media).map(|id| id.to_string()).collect();
                remote.extra = BTreeMap::from([(MEDIA_IDS.to_owned(), ids.join(" "))]);
            }
            [(1, intent), (2, receipt)]
        });
        fold(None, events)
    }

    fn draft(parts: usize, media: usize) -> Draft {
        let span = Span::new(FileId(0), 0..0);
        let part = DraftPart {
            text: Flat::default(),
            rich: Vec::new().into(),
            media: vec![media_of("a.jpg", "A dot"); media],
            beside: 0,
            span,
        };
        Draft {
            post: PostId::new("new"),
            account: AccountId::new("brand"),
            network: NetworkId("mastodon"),
            title: None,
            language: None,
            tags: Vec::new(),
            parts: vec![part; parts],
            poll: None,
            reply_to: None,
            quote: None,
            boost: None,
            options: Options::default(),
        }
    }

    fn budget(ledger: &Ledger, network: &'static str) -> Budget {
        Budget::new(ledger, &AccountId::new("brand"), profile(network), at(NOW))
    }

    #[test]
    fn three_hundred_posts_in_three_hours_are_all_that_mastodon_takes() {
        let almost = ledger(&[[179].as_slice(), &[10; 298]].concat(), 0);
        let mut budget = budget(&almost, "mastodon");
        assert_eq!(budget.clone().take(&draft(1, 0), 0), Ok(()));
        // The oldest leaves the window in a minute, and then there is room for two.
        assert_eq!(budget.take(&draft(2, 0), 0), Err(at("2026-12-01T12:01:00Z")));
        assert_eq!(budget.take(&draft(3, 0), 0), Err(at("2026-12-01T14:50:00Z")));
        // What is refused takes nothing; what is granted counts for the next.
        assert_eq!(budget.take(&draft(1, 0), 0), Ok(()));
        assert_eq!(budget.take(&draft(1, 0), 0), Err(at("2026-12-01T12:01:00Z")));
    }

    #[test]
    fn what_is_out_of_a_thread_is_not_needed_again() {
        let mut budget = budget(&ledger(&[10; 299], 0), "mastodon");
        assert!(budget.clone().take(&draft(2, 0), 0).is_err());
        assert_eq!(budget.take(&draft(2, 0), 1), Ok(()));
    }

    #[test]
    fn media_have_a_limit_of_their_own() {
        let mut budget = budget(&ledger(&[40, 20, 20, 20, 20, 20, 20, 5], 4), "mastodon");
        // 28 in half an hour; what is older than that is over.
        assert_eq!(budget.take(&draft(1, 3), 0), Err(at("2026-12-01T12:10:00Z")));
        assert_eq!(budget.take(&draft(1, 2), 0), Ok(()));
        assert_eq!(budget.take(&draft(1, 0), 0), Ok(()));
    }

    #[test]
    fn every_window_of_bluesky_counts() {
        assert_eq!(budget(&ledger(&[30; 1_665], 0), "bluesky").take(&draft(1, 0), 0), Ok(()));
        assert_eq!(budget(&ledger(&[30; 1_666], 0), "bluesky").take(&draft(1, 0), 0), Err(at("2026-12-01T12:30:00Z")));
        assert_eq!(
            budget(&ledger(&[600; 11_666], 0), "bluesky").take(&draft(1, 0), 0),
            Err(at("2026-12-02T02:00:00Z"))
        );
    }

    #[test]
    fn a_thread_that_is_longer_than_the_limit_goes_when_there_is_nothing_else() {
        assert_eq!(budget(&ledger(&[], 0), "mastodon").take(&draft(301, 0), 0), Ok(()));
        assert!(budget(&ledger(&[5], 0), "mastodon").take(&draft(301, 0), 0).is_err());
    }

    #[test]
    fn what_may_have_gone_out_counts_and_what_others_sent_does_not() {
        let mut open = fixture::intent("post", "brand", 1, "1");
        open.at = at(NOW);
        let held = fixture::hold("post", "brand", 1, "2", "1");
        for events in [vec![(1, open.clone())], vec![(1, open), (2, held)]] {
            let ledger = fold(None, events);
            assert_eq!(budget(&ledger, "mastodon").posts, [at(NOW)]);
            let other = Budget::new(&ledger, &AccountId::new("sky"), profile("mastodon"), at(NOW));
            assert_eq!(other.posts, []);
        }
    }

    #[test]
    fn where_there_is_no_limit_everything_goes() {
        assert_eq!(budget(&ledger(&[1; 500], 4), "site").take(&draft(9, 9), 0), Ok(()));
    }
}
