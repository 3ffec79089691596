//! What is promised, checked against the network's own memory.

use super::{Simulation, server::Live};
use crate::{
    engine::tests::stage::CANARY,
    ledger::{Event, PartState, encode, fold},
    model::PostId,
    network::Settling,
    plan::{Desired, Reason, Row, Verdict},
};
use std::collections::BTreeMap;

impl Simulation {
    pub(super) fn check(&self) {
        let live = self.server.live.borrow();
        let mut by_text: BTreeMap<&str, &Live> = BTreeMap::new();
        for one in live.iter() {
            let text = one.body["text"].as_str().expect("a text");
            if let Some(other) = by_text.insert(text, one) {
                panic!("`{text}` is out twice: {other:?}, {one:?}\n{}", self.story(text));
            }
        }
        for one in live.iter() {
            let wanted = self.server.wanted(&one.body);
            let parent = wanted.after.as_deref().map(|text| by_text.get(text).expect("threads have no holes"));
            assert_eq!(one.body["parent"].as_str(), parent.map(|parent| parent.id.as_str()), "tied to the part before");
            assert!(parent.is_none_or(|parent| parent.at <= one.at), "in order");
        }
        for desired in &self.desired {
            self.check_receipts(desired, &by_text);
        }
        self.check_ledger();
    }

    /// Tells what the ledger knows of a post, by the text of one of its parts.
    fn story(&self, text: &str) -> String {
        let has_it = |desired: &&Desired| desired.draft.parts.iter().any(|part| part.text.text == text);
        let post = self.desired.iter().find(has_it).map(|desired| &desired.draft.post);
        let events = self.stage.store.events();
        let told = events.iter().filter(|event| Some(&event.key.post) == post).map(|event| {
            let Event { key, at, by, .. } = event;
            format!("part {} at {at:?} by {}: {:?}\n", key.part, by.run, event.what)
        });
        told.collect()
    }

    /// A receipt names what is there, and whatever is there has one or is asked about.
    fn check_receipts(&self, desired: &Desired, live: &BTreeMap<&str, &Live>) {
        let ledger = self.stage.ledger();
        let nothing = Default::default();
        let state = ledger.delivery(&desired.draft.post, &desired.draft.account).unwrap_or(&nothing);
        for (index, part) in desired.draft.parts.iter().enumerate() {
            let there = live.get(part.text.text.as_str());
            match state.part(index) {
                PartState::Published(out) if out.remote.id.is_empty() => {
                    assert_eq!(self.server.settling, Settling::Person, "{out:?}");
                    assert!(there.is_some(), "nothing is there: {out:?}");
                }
                PartState::Published(out) => {
                    assert_eq!(Some(&out.remote.id), there.map(|live| &live.id), "a receipt for another post");
                }
                PartState::Attention { .. } => {}
                state => assert!(there.is_none(), "nobody knows of {there:?}: {state:?}"),
            }
        }
    }

    /// The events say the same when they are read anew, and hold no secret.
    fn check_ledger(&self) {
        let events = self.stage.store.events();
        let mut counts = BTreeMap::new();
        let sequenced = events.iter().map(|event| {
            let count: &mut u16 = counts.entry(event.key.clone()).or_default();
            *count += 1;
            (*count, event.clone())
        });
        assert_eq!(fold(self.stage.ledger().genesis, sequenced).deliveries, self.stage.ledger().deliveries);
        let told = events.iter().map(encode);
        for text in told.chain(self.said.borrow().iter().cloned()) {
            assert!(!text.contains(CANARY), "a secret: {text}");
        }
    }

    /// Returns the rows that have not come to an end: out, or for a person to see.
    pub(super) fn waiting(&self) -> Vec<String> {
        let plan = self.plan(self.server.now());
        let row_of = |post: &PostId| plan.rows.iter().find(|row| row.post == *post);
        let has_ended = |row: &&Row| {
            let mut last = *row;
            // What waits for something that a person must see waits in vain.
            while let Reason::After(post) = &last.reason {
                last = row_of(post).expect("replies answer posts");
            }
            matches!(last.verdict, Verdict::Done | Verdict::Attention)
        };
        let waiting = plan.rows.iter().filter(|row| !has_ended(row));
        let told = waiting.map(|row| {
            format!("{} on {}: {:?}, {:?}, at {:?}", row.post, row.account, row.verdict, row.reason, row.at)
        });
        told.collect()
    }
}
