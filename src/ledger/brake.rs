use super::{
    Actor, CodecError, EventId,
    codec::{self, ActorWire},
};
use crate::model::{AccountId, FREEZE_FILE, Freeze, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that happened to the brakes. Like events of posts, these are only ever added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrakeEvent {
    /// Its id.
    pub id: EventId,
    /// When, by the writer's clock.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// What.
    pub what: Braking,
}

/// What happened to the brakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Braking {
    /// Publishing stops.
    Freeze {
        /// What stops.
        scope: Scope,
        /// Until when; until it is thawed if absent.
        until: Option<Timestamp>,
        /// Why.
        reason: String,
    },
    /// A freeze ends.
    Thaw {
        /// Which.
        of: EventId,
        /// Why.
        reason: String,
    },
}

/// A freeze of the ledger, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brake {
    /// The id of its event; for one that a committed file puts on, the path of that file, which no event has for an id.
    pub id: EventId,
    /// What it stops. Its end is the earlier of the one that it was given and its thaw.
    pub freeze: Freeze,
    /// When it was thawed and by whom, if it was.
    pub thawed: Option<(Timestamp, String)>,
}

impl Brake {
    /// Makes one that a committed file puts on. It ends with the file.
    pub fn of_file(freeze: Freeze) -> Self {
        Self { id: EventId(FREEZE_FILE.to_owned()), freeze, thawed: None }
    }

    /// Returns whether a committed file puts it on, so that no event can end it.
    pub fn is_of_file(&self) -> bool {
        self.id.0 == FREEZE_FILE
    }
}

impl Braking {
    /// Returns the word in the event's file name.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Freeze { .. } => "freeze",
            Self::Thaw { .. } => "thaw",
        }
    }
}

/// Turns the events of the brakes into freezes, in order of their beginning. The order of the input does not matter.
pub fn fold_brakes<'a>(events: impl IntoIterator<Item = &'a BrakeEvent>) -> Vec<Brake> {
    let mut brakes: BTreeMap<(Timestamp, &EventId), Brake> = BTreeMap::new();
    let mut thaws: BTreeMap<&EventId, &BrakeEvent> = BTreeMap::new();
    for event in events {
        let by = event.by.name().to_owned();
        match &event.what {
            Braking::Freeze { scope, until, reason } => {
                let freeze = Freeze { scope: scope.clone(), from: event.at, until: *until, by, reason: reason.clone() };
                brakes.insert((event.at, &event.id), Brake { id: event.id.clone(), freeze, thawed: None });
            }
            Braking::Thaw { of, .. } => {
                let first = thaws.entry(of).or_insert(event);
                if (event.at, &event.id) < (first.at, &first.id) {
                    *first = event;
                }
            }
        }
    }
    let ended = brakes.into_values().map(|mut brake| {
        if let Some(thaw) = thaws.get(&brake.id) {
            let until = brake.freeze.until.map_or(thaw.at, |until| until.min(thaw.at));
            brake.freeze.until = Some(until);
            brake.thawed = Some((thaw.at, thaw.by.name().to_owned()));
        }
        brake
    });
    ended.collect()
}

/// Writes an event of the brakes as canonical JSON.
pub fn encode_brake(event: &BrakeEvent) -> String {
    let what = match &event.what {
        Braking::Freeze { scope, until, reason } => BrakingWire {
            account: match scope {
                Scope::Account(account) => Some(account.as_str().to_owned()),
                Scope::All | Scope::Campaign(_) => None,
            },
            campaign: match scope {
                Scope::Campaign(campaign) => Some(campaign.clone()),
                Scope::All | Scope::Account(_) => None,
            },
            reason: codec::shorten(reason, codec::LONGEST_MESSAGE),
            until: until.map(|until| until.to_string()),
        },
        Braking::Thaw { reason, .. } => BrakingWire {
            account: None,
            campaign: None,
            reason: codec::shorten(reason, codec::LONGEST_MESSAGE),
            until: None,
        },
    };
    codec::pretty(&BrakeWire {
        at: event.at.to_string(),
        by: ActorWire::from(&event.by),
        id: event.id.0.clone(),
        kind: event.what.kind().to_owned(),
        of: match &event.what {
            Braking::Freeze { .. } => None,
            Braking::Thaw { of, .. } => Some(of.0.clone()),
        },
        v: super::VERSION,
        what,
    })
}

/// Reads an event of the brakes. Unknown fields are ignored; an unknown kind or a newer version is
/// [`CodecError::Newer`].
pub fn decode_brake(text: &str) -> Result<BrakeEvent, CodecError> {
    let kind = codec::kind(text)?;
    if !matches!(kind.as_str(), "freeze" | "thaw") {
        let message = format!("an event of the brakes of a kind that isn't known, `{}`", kind.escape_debug());
        return Err(CodecError::Newer(message));
    }
    let wire: BrakeWire = codec::read_json(text)?;
    if wire.id.is_empty() {
        return Err(CodecError::Damaged("an event without an id".to_owned()));
    }
    let BrakingWire { account, campaign, reason, until } = wire.what;
    let what = match wire.of {
        Some(of) if kind == "thaw" => Braking::Thaw { of: EventId(of), reason },
        None if kind == "thaw" => return Err(CodecError::Damaged("a thaw that names no freeze".to_owned())),
        Some(_) | None => {
            let scope = match (account, campaign) {
                (Some(account), None) => Scope::Account(AccountId::new(account)),
                (None, Some(campaign)) => Scope::Campaign(campaign),
                // What names both is not ours; stopping more than was meant is the safe side.
                (None, None) | (Some(_), Some(_)) => Scope::All,
            };
            Braking::Freeze { scope, until: until.as_deref().map(codec::moment).transpose()?, reason }
        }
    };
    Ok(BrakeEvent { id: EventId(wire.id), at: codec::moment(&wire.at)?, by: wire.by.into(), what })
}

// The types on disk. Fields stand in alphabetical order, which makes the JSON canonical.

#[derive(Serialize, Deserialize)]
struct BrakeWire {
    at: String,
    by: ActorWire,
    id: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<String>,
    v: u32,
    what: BrakingWire,
}

#[derive(Serialize, Deserialize)]
struct BrakingWire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    campaign: Option<String>,
    reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{Just, Strategy as _, any, prop_assert_eq, prop_oneof, proptest};

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(minute * 60_000)
    }

    fn event(id: &str, minute: i64, what: Braking) -> BrakeEvent {
        let by = Actor { run: "run".to_owned(), version: "0.1.0".to_owned(), person: Some("Ada".to_owned()) };
        BrakeEvent { id: EventId(id.to_owned()), at: at(minute), by, what }
    }

    fn freeze(id: &str, minute: i64, until: Option<i64>) -> BrakeEvent {
        let what = Braking::Freeze { scope: Scope::All, until: until.map(at), reason: "a crisis".to_owned() };
        event(id, minute, what)
    }

    fn thaw(id: &str, minute: i64, of: &str) -> BrakeEvent {
        event(id, minute, Braking::Thaw { of: EventId(of.to_owned()), reason: "over".to_owned() })
    }

    #[track_caller]
    fn check(events: &[BrakeEvent], expect: &[(&str, Option<i64>)]) {
        let ends = |brake: &Brake| (brake.id.0.clone(), brake.freeze.until);
        let folded: Vec<_> = fold_brakes(events).iter().map(ends).collect();
        let expect: Vec<_> = expect.iter().map(|(id, end)| ((*id).to_owned(), end.map(at))).collect();
        assert_eq!(folded, expect);
        let mut backwards = events.to_vec();
        backwards.reverse();
        assert_eq!(fold_brakes(&backwards), fold_brakes(events));
    }

    #[test]
    fn a_freeze_ends_with_its_thaw_or_before() {
        check(&[freeze("a", 1, None)], &[("a", None)]);
        check(&[freeze("a", 1, None), thaw("b", 9, "a")], &[("a", Some(9))]);
        check(&[freeze("a", 1, Some(5)), thaw("b", 9, "a")], &[("a", Some(5))]);
        check(&[freeze("a", 1, Some(20)), thaw("b", 9, "a")], &[("a", Some(9))]);
    }

    #[test]
    fn of_two_thaws_the_first_counts() {
        check(&[freeze("a", 1, None), thaw("c", 12, "a"), thaw("b", 9, "a")], &[("a", Some(9))]);
    }

    #[test]
    fn a_thaw_ends_the_freeze_that_it_names_and_no_other() {
        check(&[freeze("b", 2, None), freeze("a", 1, None), thaw("c", 9, "b")], &[("a", None), ("b", Some(9))]);
        check(&[thaw("c", 9, "z")], &[]);
    }

    #[test]
    fn what_names_an_account_and_a_campaign_stops_everything() {
        let text = encode_brake(&freeze("a", 1, None))
            .replace("\"reason\"", "\"account\": \"x\", \"campaign\": \"y\", \"reason\"");
        let Braking::Freeze { scope, .. } = decode_brake(&text).expect("a freeze").what else { panic!("a freeze") };
        assert_eq!(scope, Scope::All);
    }

    #[test]
    fn what_is_not_known_is_newer_and_what_is_broken_is_damaged() {
        let text = encode_brake(&freeze("a", 1, None));
        assert!(matches!(decode_brake(&text.replace("\"freeze\"", "\"melt\"")), Err(CodecError::Newer(_))));
        assert!(matches!(decode_brake(&text.replace("\"v\": 1", "\"v\": 2")), Err(CodecError::Newer(_))));
        assert!(matches!(decode_brake(&text.replace("\"freeze\"", "\"thaw\"")), Err(CodecError::Damaged(_))));
        assert!(matches!(decode_brake("{}"), Err(CodecError::Damaged(_))));
    }

    proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(128))]

        #[test]
        fn what_is_written_reads_back(
            id in "[0-9a-f]{1,8}", minute in 0..1_000_000i64, until in proptest::option::of(0..1_000_000i64),
            reason in "\\PC{0,40}", thaws in any::<bool>(),
            scope in prop_oneof![
                Just(Scope::All),
                "[a-z]{1,8}".prop_map(|id| Scope::Account(AccountId::new(id))),
                "\\PC{1,8}".prop_map(Scope::Campaign),
            ],
        ) {
            let what = match thaws {
                true => Braking::Thaw { of: EventId("f".to_owned()), reason },
                false => Braking::Freeze { scope, until: until.map(at), reason },
            };
            let event = event(&id, minute, what);
            prop_assert_eq!(decode_brake(&encode_brake(&event)), Ok(event));
        }
    }
}
