use super::*;
use crate::{
    engine::{
        tests::account,
        tokens::{Kept, Refreshing},
    },
    network::Session,
};
use std::sync::{Arc, Mutex};

/// Files in memory that several vaults share, as clones share a remote.
#[derive(Clone, Default)]
pub(in crate::engine) struct MemoryFiles(Arc<Mutex<(u64, Contents)>>);

impl Files for MemoryFiles {
    fn read(&mut self) -> Result<FileSet, StoreError> {
        let (version, files) = self.0.lock().expect("nobody panicked").clone();
        Ok(FileSet { files, version: (version > 0).then(|| version.to_string()) })
    }

    fn replace(&mut self, seen: &FileSet, files: &Contents, _message: &str) -> Result<bool, StoreError> {
        let mut there = self.0.lock().expect("nobody panicked");
        let is_seen = seen.version == (there.0 > 0).then(|| there.0.to_string());
        if is_seen {
            *there = (there.0 + 1, files.clone());
        }
        Ok(is_seen)
    }
}

impl MemoryFiles {
    /// Opens a vault on them.
    pub(in crate::engine) fn vault(&self, key: &SecretString, recipients: &[&str]) -> Vault {
        let recipients = recipients.iter().map(|&recipient| recipient.to_owned()).collect();
        Vault::new(Box::new(self.clone()), Ok(key.clone()), recipients)
    }

    /// Opens a vault on them without its key.
    fn locked(&self, recipients: &[&str]) -> Vault {
        let recipients = recipients.iter().map(|&recipient| recipient.to_owned()).collect();
        Vault::new(Box::new(self.clone()), Err("`X` is not set".to_owned()), recipients)
    }

    pub(in crate::engine) fn files(&self) -> Contents {
        self.0.lock().expect("nobody panicked").1.clone()
    }

    fn change(&self, change: impl FnOnce(&mut Contents)) {
        let mut there = self.0.lock().expect("nobody panicked");
        change(&mut there.1);
        there.0 += 1;
    }
}

const NOW: &str = "2026-11-22T12:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a timestamp")
}

fn session(generation: u64) -> Kept {
    Kept {
        generation,
        got: at(NOW),
        expires: Some(at("2026-11-22T14:00:00Z")),
        refresh_expires: Some(at("2027-02-20T12:00:00Z")),
        session: Session { facts: BTreeMap::from([("did", "did:plc:a".to_owned())]) },
        secrets: vec![("access", "canary-access".into()), ("refresh", "canary-refresh".into())],
    }
}

fn refreshing(id: &str, generation: u64) -> Refreshing {
    Refreshing { id: id.to_owned(), generation, at: at(NOW), lease: Duration::from_secs(60), by: format!("run {id}") }
}

#[track_caller]
fn fails<T: fmt::Debug>(result: Result<T, StoreError>, part: &str) {
    let error = result.expect_err("an error");
    assert!(error.message.contains(part), "{error:?}");
    assert!(error.hint.is_some(), "{error:?}");
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}

#[test]
fn a_secret_comes_back_and_is_nowhere_to_be_read() {
    let (files, (key, public)) = (MemoryFiles::default(), make_key());
    let mut vault = files.vault(&key, &[]);
    vault.set("brand", &"canary-secret".into(), at(NOW), None).expect("put there");
    assert_eq!(files.vault(&key, &[]).get("brand").expect("a secret").expose_secret(), "canary-secret");
    assert_eq!(files.files().keys().collect::<Vec<_>>(), ["secrets/brand.age", "secrets/brand.json", "vault.json"]);
    for (path, bytes) in files.files() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("canary") && !text.contains(key.expose_secret()), "{path}");
    }
    assert!(String::from_utf8_lossy(&files.files()["vault.json"]).contains(&public));
    assert!(!format!("{vault:?}").contains(key.expose_secret()));
    fails(vault.get("other"), "has no secret `other`");
}

#[test]
fn another_key_opens_nothing_until_the_vault_is_encrypted_for_it() {
    let (files, (key, _), (other, other_public)) = (MemoryFiles::default(), make_key(), make_key());
    files.vault(&key, &[]).set("brand", &"canary".into(), at(NOW), None).expect("put there");
    fails(files.vault(&other, &[]).get("brand"), "was not encrypted for the key");
    fails(files.vault(&other, &[]).rekey(), "was not encrypted for the key");
    let mut vault = files.vault(&key, &[&other_public]);
    let Recipients { last, wanted } = vault.recipients().expect("readable").expect("a vault");
    assert_eq!((last.len(), wanted.len()), (1, 2));
    assert_eq!(vault.rekey().expect("opened with the key"), 1);
    let Recipients { last, wanted } = vault.recipients().expect("readable").expect("a vault");
    assert_eq!(last, wanted);
    for key in [&key, &other] {
        assert_eq!(files.vault(key, &[]).get("brand").expect("a secret").expose_secret(), "canary");
    }
    // Back to one: the other is shut out of what is there now.
    files.vault(&key, &[]).rekey().expect("opened with the key");
    fails(files.vault(&other, &[]).get("brand"), "was not encrypted for the key");
}

#[test]
fn without_the_key_one_can_look_put_and_remove_but_not_read() {
    let (files, (key, public)) = (MemoryFiles::default(), make_key());
    fails(files.locked(&[]).set("brand", &"canary".into(), at(NOW), None), "nobody could open the vault");
    let end = at("2027-01-31T00:00:00Z");
    files.locked(&[&public]).set("brand", &"canary".into(), at(NOW), Some(end)).expect("for the key");
    assert_eq!(files.vault(&key, &[]).get("brand").expect("a secret").expose_secret(), "canary");
    let mut vault = files.locked(&[&public]);
    fails(vault.get("brand"), "key can't be had: `X` is not set");
    let about = vault.list().expect("no secret").remove(0);
    assert_eq!((about.kind, about.name.as_str(), about.expires), (Kind::Secret, "brand", Some(end)));
    assert!(vault.remove(Kind::Secret, "brand").expect("removed"));
    assert!(!vault.remove(Kind::Secret, "brand").expect("gone"));
    assert_eq!(files.files().keys().collect::<Vec<_>>(), ["vault.json"]);
    // A key that the configuration does not name would be shut out without a word.
    fails(files.locked(&[&make_key().1]).set("brand", &"canary".into(), at(NOW), None), "could not be opened with");
}

#[test]
fn what_was_tampered_with_is_refused() {
    let (files, (key, public)) = (MemoryFiles::default(), make_key());
    let mut vault = files.vault(&key, &[]);
    vault.set("one", &"canary-1".into(), at(NOW), None).expect("put there");
    vault.set("two", &"canary-2".into(), at(NOW), None).expect("put there");
    files.change(|files| {
        let two = files["secrets/two.age"].clone();
        files.insert("secrets/one.age".to_owned(), two);
        files.get_mut("secrets/two.age").expect("a file")[200] ^= 1;
    });
    fails(vault.get("one"), "holds what belongs to `two`");
    fails(vault.get("two"), "is damaged, or was tampered with");
    files.change(|files| drop(files.insert("secrets/one.age".to_owned(), seal(b"{}", &[public]).expect("sealed"))));
    fails(vault.get("one"), "what is inside can't be read");
    files.change(|files| drop(files.insert("secrets/one.json".to_owned(), b"{\"v\":2}".to_vec())));
    fails(vault.list(), "was written by a newer program");
    files.change(|files| drop(files.insert("secrets/one.json".to_owned(), b"{".to_vec())));
    fails(vault.list(), "`secrets/one.json` of the vault can't be read");
}

#[test]
fn what_cannot_be_read_tells_how_it_is_mended() {
    let (files, (key, _), us) = (MemoryFiles::default(), make_key(), account(None));
    let mut vault = files.vault(&key, &[]);
    vault.set("one", &"canary".into(), at(NOW), None).expect("put there");
    assert!(vault.store(&us, &refreshing("1", 0), &session(1)).expect("stored"));
    assert!(vault.claim("brand", 1, None, &refreshing("2", 1)).expect("won"));
    for (path, mend) in [
        (HEAD, "masthead vault rekey"),
        ("secrets/one.json", "masthead vault set one"),
        ("sessions/brand.json", "masthead vault rm --session brand"),
        ("refreshes/brand/0001-intent-2.json", "masthead vault rm --session brand"),
    ] {
        let good = files.files()[path].clone();
        files.change(|files| drop(files.insert(path.to_owned(), b"canary {".to_vec())));
        let error = match path {
            HEAD => vault.recipients().expect_err("it can't be read"),
            _ => vault.list().expect_err("it can't be read"),
        };
        assert!(error.hint.as_ref().is_some_and(|hint| hint.contains(mend)), "{error:?}");
        files.change(|files| drop(files.insert(path.to_owned(), good)));
    }
    // And that is so: what is said mends it.
    files.change(|files| {
        for path in [HEAD, "secrets/one.json", "sessions/brand.json"] {
            files.insert(path.to_owned(), b"{".to_vec());
        }
    });
    vault.rekey().expect("it needs no head");
    vault.set("one", &"canary".into(), at(NOW), None).expect("put there anew");
    assert!(vault.remove(Kind::Session, "brand").expect("removed"));
    assert_eq!(vault.list().expect("a list").len(), 1);
    assert!(vault.recipients().expect("a head").is_some());
}

#[test]
fn a_branch_that_is_no_vault_is_left_alone() {
    let (files, (key, public)) = (MemoryFiles::default(), make_key());
    files.change(|files| drop(files.insert("README.md".to_owned(), b"Hello.".to_vec())));
    let mut vault = files.vault(&key, &[&public]);
    fails(vault.list(), "holds something else");
    fails(vault.create(), "holds something else");
    fails(vault.set("brand", &"canary".into(), at(NOW), None), "holds something else");
    fails(vault.look(&account(None)), "holds something else");
    assert_eq!(files.files().len(), 1);
    files.change(|files| drop(files.insert(HEAD.to_owned(), b"{\"v\":2,\"recipients\":[]}".to_vec())));
    fails(vault.list(), "was written by a newer program");
    fails(vault.rekey(), "was written by a newer program");
}

#[test]
fn whoever_can_push_adds_no_reader() {
    let (files, (key, _), (thief, thief_public)) = (MemoryFiles::default(), make_key(), make_key());
    let mut vault = files.vault(&key, &[]);
    vault.create().expect("made");
    let head = write(&HeadWire { v: VERSION, recipients: vec![thief_public] });
    files.change(|files| drop(files.insert(HEAD.to_owned(), head)));
    vault.set("brand", &"canary".into(), at(NOW), None).expect("put there");
    fails(files.vault(&thief, &[]).get("brand"), "was not encrypted for the key");
}

#[test]
fn a_session_is_stored_once_a_generation() {
    let (files, (key, _), us) = (MemoryFiles::default(), make_key(), account(None));
    let (mut one, mut other) = (files.vault(&key, &[]), files.vault(&key, &[]));
    let look = one.look(&us).expect("a look");
    assert_eq!((look.generation, look.kept.is_none(), look.refreshing), (0, true, None));
    assert!(one.claim("brand", 0, None, &refreshing("1", 0)).expect("won"));
    assert!(!other.claim("brand", 0, None, &refreshing("2", 0)).expect("lost"));
    assert_eq!(other.look(&us).expect("a look").refreshing, Some(refreshing("1", 0)));
    assert!(one.store(&us, &refreshing("1", 0), &session(1)).expect("stored"));
    assert!(!other.store(&us, &refreshing("2", 0), &session(1)).expect("too late"));
    let look = other.look(&us).expect("a look");
    let kept = look.kept.expect("a session");
    assert_eq!((look.generation, kept.generation, look.refreshing), (1, 1, None));
    assert_eq!((kept.session, kept.expires), (session(1).session, session(1).expires));
    assert_eq!(kept.secrets[1].1.expose_secret(), "canary-refresh");
    for (path, bytes) in files.files() {
        assert!(!String::from_utf8_lossy(&bytes).contains("canary"), "{path}");
    }
    // An old claim is of no use for the next one, and a lapsed one can be followed.
    assert!(!one.claim("brand", 0, None, &refreshing("3", 0)).expect("lost"));
    assert!(one.claim("brand", 1, None, &refreshing("4", 1)).expect("won"));
    assert!(!other.claim("brand", 1, None, &refreshing("5", 1)).expect("lost"));
    assert!(other.claim("brand", 1, Some("4"), &refreshing("6", 1)).expect("followed"));
    // Who was believed dead may still store: that is the newest.
    assert!(one.store(&us, &refreshing("4", 1), &session(2)).expect("stored"));
    assert!(!other.store(&us, &refreshing("6", 1), &session(2)).expect("too late"));
}

#[test]
fn who_is_signed_out_is_so_until_something_newer_is_stored() {
    let (files, (key, _), us) = (MemoryFiles::default(), make_key(), account(None));
    let mut vault = files.vault(&key, &[]);
    assert!(vault.claim("brand", 0, None, &refreshing("1", 0)).expect("won"));
    vault.sign_out("brand", 0, "the password is wrong").expect("written");
    vault.sign_out("brand", 7, "of another time").expect("nothing to write");
    let look = vault.look(&us).expect("a look");
    assert_eq!((look.signed_out.as_deref(), look.refreshing), (Some("the password is wrong"), None));
    assert_eq!(vault.list().expect("a list")[0].signed_out.as_deref(), Some("the password is wrong"));
    assert!(vault.store(&us, &refreshing("2", 0), &session(1)).expect("stored"));
    assert_eq!(vault.look(&us).expect("a look").signed_out, None);
}

#[test]
fn a_session_of_another_server_or_handle_is_not_used() {
    let (files, (key, _)) = (MemoryFiles::default(), make_key());
    let mut vault = files.vault(&key, &[]);
    let here = account(Some("https://one.example"));
    assert!(vault.store(&here, &refreshing("1", 0), &session(1)).expect("stored"));
    let look = vault.look(&account(Some("https://two.example"))).expect("a look");
    assert_eq!((look.generation, look.kept.is_none()), (1, true));
    files.change(|files| {
        let brand = files["sessions/brand.age"].clone();
        files.insert("sessions/sky.age".to_owned(), brand);
    });
    let sky = crate::model::Account { id: crate::model::AccountId::new("sky"), ..here };
    fails(vault.look(&sky), "holds what belongs to");
}

#[test]
fn an_old_session_that_was_brought_back_is_noticed() {
    let (files, (key, _), us) = (MemoryFiles::default(), make_key(), account(None));
    let mut vault = files.vault(&key, &[]);
    assert!(vault.store(&us, &refreshing("1", 0), &session(1)).expect("stored"));
    let old = files.files()["sessions/brand.age"].clone();
    assert!(vault.store(&us, &refreshing("2", 1), &session(2)).expect("stored"));
    files.change(|files| drop(files.insert("sessions/brand.age".to_owned(), old)));
    fails(vault.look(&us), "is of generation 1, not 2");
}
