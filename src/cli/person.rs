use super::Failure;
use crate::{
    engine::{Entropy as _, SystemEntropy},
    ledger::{Actor, EventId},
    workspace::Repo,
};

/// Finds out who gives an order: whom the option names, or else the user that git knows.
pub(super) fn person(by: Option<&str>, repository: &Repo) -> Result<String, Failure> {
    let named = by.map(str::to_owned).or_else(|| repository.person());
    let named = named.map(|name| name.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned());
    named.filter(|name| !name.is_empty()).ok_or_else(|| {
        Failure::usage("nobody knows who you are, and the ledger keeps who gave an order")
            .hint("say it with `--by NAME`, or once with `git config user.name NAME`")
    })
}

/// Makes the writer of a person's events.
pub(super) fn actor(person: &str) -> Actor {
    Actor { run: random_id(), version: env!("CARGO_PKG_VERSION").to_owned(), person: Some(person.to_owned()) }
}

/// Makes the id of an event.
pub(super) fn event_id() -> EventId {
    EventId(random_id())
}

fn random_id() -> String {
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}
