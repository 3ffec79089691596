//! Sessions that publishers share: a run opens the one that is kept, and sends the password for want of one alone.

use crate::{fixtures, journey::Journey};
use masthead::{
    engine::{Files, SharedVault, Vault, make_key},
    ledger::StoreError,
    model::PostId,
    network::AnyNetwork,
    workspace::FileSet,
};
use secrecy::SecretString;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// Files in memory, as a remote keeps them between runs.
#[derive(Clone, Default)]
struct Remote(Arc<Mutex<FileSet>>);

impl Files for Remote {
    fn read(&mut self) -> Result<FileSet, StoreError> {
        Ok(self.0.lock().expect("nobody panicked").clone())
    }

    fn replace(
        &mut self,
        seen: &FileSet,
        files: &BTreeMap<String, Vec<u8>>,
        message: &str,
    ) -> Result<bool, StoreError> {
        let mut there = self.0.lock().expect("nobody panicked");
        let is_seen = there.version == seen.version;
        if is_seen {
            let count = there.version.as_ref().map_or(0, |version| version.len());
            *there = FileSet { files: files.clone(), version: Some(format!("{}{message}", "x".repeat(count))) };
        }
        Ok(is_seen)
    }
}

/// Makes a vault that nobody else knows.
pub(crate) fn vault() -> SharedVault {
    let (key, _) = make_key();
    SharedVault::new(Vault::new(Box::new(Remote::default()), Ok(key), Vec::new()))
}

/// A machine of CI: it has the vault's key, and perhaps the account's own secret.
fn machine(journey: &mut Journey, remote: &Remote, key: &SecretString, has_password: bool) {
    let vault = Vault::new(Box::new(remote.clone()), Ok(key.clone()), Vec::new());
    journey.keep_sessions(SharedVault::new(vault), has_password);
}

/// Publishes another post, and returns what was asked of the network for it.
fn publish(journey: &mut Journey, name: &str) -> Vec<&'static str> {
    let before = journey.line.log().len();
    // Different in every word, or it would be taken for the one before under another name.
    let draft = fixtures::text(journey.profile, &format!("{name} {name}{name} {name}{name}{name}"));
    let desired = journey.desired_mut();
    desired.draft.post = PostId::new(name);
    desired.draft.parts = draft.parts;
    desired.digest = name.to_owned();
    assert_eq!(journey.outcomes().len(), 1);
    assert_eq!(journey.receipts().len(), 1, "{name} is out: {:#?}", journey.delivery());
    journey.line.log()[before..].iter().map(|exchange| exchange.request.label).collect()
}

pub(crate) fn session(network: &'static dyn AnyNetwork) {
    let mut journey = Journey::signed_out(network, |profile| fixtures::text(profile, "first"));
    let (remote, (key, _)) = (Remote::default(), make_key());
    let opens = |labels: &[&str]| labels.iter().filter(|label| label.contains("session")).count();

    machine(&mut journey, &remote, &key, true);
    assert_eq!(opens(&publish(&mut journey, "one")), 1, "the first signs in");
    machine(&mut journey, &remote, &key, false);
    assert_eq!(opens(&publish(&mut journey, "two")), 0, "the second opens what the first has kept");
    journey.twin.expire();
    assert_eq!(opens(&publish(&mut journey, "three")), 1, "what has ended is renewed, without a password");
    machine(&mut journey, &remote, &key, false);
    assert_eq!(opens(&publish(&mut journey, "four")), 0, "and that is kept too");

    journey.assert_no_secret();
    let mut canaries = journey.twin.canaries();
    canaries.extend([journey.twin.token().to_owned(), secrecy::ExposeSecret::expose_secret(&key).to_owned()]);
    assert!(canaries.len() > 4, "two sessions and two secrets");
    for (path, bytes) in &remote.0.lock().expect("nobody panicked").files {
        let text = String::from_utf8_lossy(bytes);
        assert!(
            canaries.iter().all(|canary| !text.contains(canary.as_str())),
            "a secret can be read in {path}: {text}"
        );
    }
}
