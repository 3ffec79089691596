//! A model of the protocol, explored state by state: every order in which publishers, the ledger, the network and time can
//! go on, with crashes, rests of any length, lost and late requests and lost answers.
//!
//! It proves what sampling can't: that nothing within these bounds breaks a promise. And it must find the mistakes that are
//! planted in it, else it looks at nothing. `MASTHEAD_MODEL=large` explores more; see `docs/reliability.md`.

#![expect(clippy::print_stderr, reason = "the suite tells its figures")]

mod ledger;
mod protocol;
mod publisher;
mod search;
mod state;

use self::{
    ledger::Reader,
    protocol::{Flaw, Model},
    search::{Seen, search},
};
use crate::network::Settling;
use std::{env, time::Duration};

/// Times as short as the protocol bears, so that there are few states.
const CLASS_B: Settling = Settling::Key { window: Duration::from_secs(400), settle: Duration::from_secs(60) };
/// Longer than what is added for clocks that differ, so that it matters.
const CLASS_C: Settling = Settling::Listing { settle: Duration::from_secs(180) };

/// As wrong as clocks may be, in ticks: half a minute to either side.
const CLOCKS: [i16; 2] = [-3, 3];

fn model(settling: Settling, publishers: usize, attempts: u8) -> Model {
    Model {
        settling,
        clocks: vec![0; publishers],
        parts: 1,
        attempts,
        repeats: 1,
        is_fine: false,
        flaw: None,
        reader: Reader::new(1),
    }
}

fn threaded(parts: u8, model: Model) -> Model {
    Model { parts, reader: Reader::new(parts), ..model }
}

/// Explores models in which nothing may go wrong.
#[track_caller]
fn holds(name: &str, settling: Settling) {
    // Keys make by far the most states, ids of ours come next.
    let mut models = match settling {
        Settling::Key { .. } => vec![("2 publishers, 1 attempt", model(settling, 2, 1))],
        Settling::OwnId | Settling::Hash | Settling::Receipt => {
            vec![("2 publishers, 2 attempts", model(settling, 2, 2))]
        }
        Settling::Listing { .. } | Settling::Person => vec![
            ("2 publishers, 2 attempts", model(settling, 2, 2)),
            ("2 parts, 2 publishers, 1 attempt", threaded(2, model(settling, 2, 1))),
        ],
    };
    if env::var("MASTHEAD_MODEL").is_ok_and(|size| size == "large") {
        let clocks = CLOCKS.to_vec();
        models = vec![
            ("2 publishers, 2 attempts", model(settling, 2, 2)),
            ("2 parts, 2 publishers, 1 attempt", threaded(2, model(settling, 2, 1))),
            ("3 publishers, 2 attempts", model(settling, 3, 2)),
            ("2 publishers, 4 attempts", model(settling, 2, 4)),
            ("3 publishers, 4 attempts", model(settling, 3, 4)),
            ("2 repetitions", Model { repeats: 2, ..model(settling, 2, 2) }),
            ("clocks a minute apart", Model { clocks, ..model(settling, 2, 2) }),
            ("tick by tick", Model { is_fine: true, ..model(settling, 2, 1) }),
            ("3 parts, 2 publishers, 2 attempts", threaded(3, model(settling, 2, 2))),
        ];
    }
    for (size, model) in models {
        match search(&model, |_| true) {
            Ok(Seen { states, depth, steps }) => {
                eprintln!("{name}, {size}: {states} states, {steps} steps, {depth} deep");
            }
            Err(found) => {
                panic!("{name}, {size}: {}, after {} states\n{}", found.broken, found.seen.states, found.trace)
            }
        }
    }
}

#[test]
fn under_an_id_of_ours_nothing_is_out_twice_or_lost_however_late_a_request_is() {
    holds("A", Settling::OwnId);
}

#[test]
fn under_a_key_nothing_is_out_twice_or_lost() {
    holds("B", CLASS_B);
}

#[test]
fn what_can_be_listed_is_not_out_twice_or_lost_while_the_network_is_not_too_late() {
    holds("C", CLASS_C);
}

#[test]
fn where_only_a_person_can_tell_nothing_is_out_twice_or_lost_however_late_a_request_is() {
    holds("D", Settling::Person);
}

#[test]
fn planted_mistakes_are_found() {
    for (flaw, settling) in [
        (Flaw::NoGuard, CLASS_C),
        (Flaw::BlindRetry, CLASS_C),
        (Flaw::SettleTooShort, CLASS_C),
        (Flaw::UnboundedDelay, CLASS_C),
        (Flaw::ForgedAbsent, CLASS_C),
        (Flaw::HastyLook, CLASS_C),
        (Flaw::BlindRelease, Settling::OwnId),
        (Flaw::UnclaimedRepeat, CLASS_B),
        (Flaw::NarrowMargin, CLASS_B),
    ] {
        let attempts = if matches!(settling, Settling::Key { .. }) { 1 } else { 2 };
        let mut model = Model { flaw: Some(flaw), ..model(settling, 2, attempts) };
        if flaw == Flaw::NarrowMargin {
            // A margin of a minute is used up by clocks that are a minute apart.
            model.clocks = CLOCKS.to_vec();
        }
        match search(&model, |broken| broken == "it is out twice") {
            Ok(seen) => panic!("{flaw:?} was not found in {} states", seen.states),
            Err(found) => eprintln!("{flaw:?}: {} after {} states\n{}", found.broken, found.seen.states, found.trace),
        }
    }
}
