//! What was read of a ledger, kept below git's own folder so that the next run reads only what has come since.
//!
//! It is believed only if it is whole and this very program wrote it, and it says nothing that the branch does not: losing
//! it costs the time to read the ledger again. Parts that are out are kept as they were folded, others as their events.

use super::read::Snapshot;
use crate::{
    ledger::{self, DeliveryKey, DeliveryState, Event, Ledger, PartState, Published},
    model::{AccountId, PostId, Remote, Timestamp},
    workspace::{
        WorkspaceError,
        atomic::{self, Durability},
    },
};
use git2::Oid;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What a cache begins with. Another program may fold events in another way, so each reads its own alone.
const HEAD: &str = concat!("masthead ledger cache 1 ", env!("CARGO_PKG_VERSION"), "\n");
const DIGEST: usize = blake3::OUT_LEN;

/// Returns the file of a branch's cache.
pub(super) fn file(state: &Path, branch: &str) -> PathBuf {
    state.join("cache").join(ledger::escape(branch))
}

/// Reads what was kept; none if nothing was, or it can't be believed.
pub(super) fn load(state: &Path, branch: &str) -> Option<Snapshot> {
    let place = file(state, branch);
    let bytes = fs::read(&place).ok()?;
    let snapshot = decode(&bytes);
    if snapshot.is_none() {
        tracing::debug!(
            "`{}` is not used: another version of this program wrote it, or not to its end",
            place.display()
        );
    }
    snapshot
}

/// Keeps what was read.
pub(super) fn save(state: &Path, branch: &str, snapshot: &Snapshot) -> Result<(), WorkspaceError> {
    let place = file(state, branch);
    let folder = place.parent().unwrap_or(state);
    fs::create_dir_all(folder).map_err(|error| WorkspaceError::io("make the folder", folder, &error))?;
    atomic::replace(&place, &encode(snapshot), Durability::Cached)
}

fn encode(snapshot: &Snapshot) -> Vec<u8> {
    let mut writer = Writer { bytes: HEAD.as_bytes().to_vec(), last: Default::default() };
    writer.bytes.extend([0; DIGEST]);
    let Snapshot { tree, ledger, .. } = snapshot;
    writer.bytes.extend(tree.as_bytes());
    writer.text(Slot::None, &ledger.genesis.as_ref().map(ledger::encode_genesis).unwrap_or_default());
    writer.number(ledger.deliveries.len() as u64);
    for (DeliveryKey { post, account }, state) in &ledger.deliveries {
        writer.text(Slot::Post, post.as_str());
        writer.text(Slot::Account, account.as_str());
        writer.number(state.parts.len() as u64);
        for (index, part) in state.parts.iter().enumerate() {
            writer.number(u64::from(state.seen(index)));
            match part {
                PartState::Published(published) => {
                    writer.number(0);
                    writer.published(published);
                }
                _ => {
                    let events = state.events.get(index).map_or(&[][..], Vec::as_slice);
                    writer.number(events.len() as u64 + 1);
                    events.iter().for_each(|event| writer.text(Slot::None, &ledger::encode(event)));
                }
            }
        }
    }
    let mut bytes = writer.bytes;
    let (head, body) = bytes.split_at_mut(HEAD.len() + DIGEST);
    head[HEAD.len()..].copy_from_slice(blake3::hash(body).as_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<Snapshot> {
    let (digest, body) = bytes.strip_prefix(HEAD.as_bytes())?.split_at_checked(DIGEST)?;
    if blake3::hash(body).as_bytes() != digest {
        return None;
    }
    decode_body(body)
}

fn decode_body(body: &[u8]) -> Option<Snapshot> {
    let (tree, rest) = body.split_at_checked(20)?;
    let mut reader = Reader { rest, last: Default::default() };
    let genesis = ledger::decode_genesis(reader.text(Slot::None)?).ok()?;
    let mut deliveries = Vec::new();
    let (mut post, mut account) = (PostId::new(""), AccountId::new(""));
    for _ in 0..reader.number()? {
        // One name in memory for all deliveries of a post.
        let name = reader.text(Slot::Post)?;
        if post.as_str() != name {
            post = PostId::new(name);
        }
        let name = reader.text(Slot::Account)?;
        if account.as_str() != name {
            account = AccountId::new(name);
        }
        let key = DeliveryKey { post: post.clone(), account: account.clone() };
        deliveries.push((key, Arc::new(reader.delivery()?)));
    }
    let deliveries = BTreeMap::from_iter(deliveries);
    let ledger = Ledger { genesis: Some(genesis), deliveries, ..Ledger::default() };
    reader.rest.is_empty().then_some(Snapshot { tree: Oid::from_bytes(tree).ok()?, ledger, fresh: 0 })
}

/// Texts that are often those of the delivery before: then they are not written again.
#[derive(Clone, Copy)]
enum Slot {
    Post,
    Account,
    Commit,
    Digest,
    Excerpt,
    None,
}

const SLOTS: usize = Slot::None as usize;

struct Writer {
    bytes: Vec<u8>,
    last: [String; SLOTS],
}

impl Writer {
    /// Writes seven bits a byte, the lowest first.
    fn number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// Writes a text's length and one more, then the text; or 0 if it is the last one again.
    fn text(&mut self, slot: Slot, text: &str) {
        if let Some(last) = self.last.get_mut(slot as usize) {
            if last == text {
                return self.number(0);
            }
            text.clone_into(last);
        }
        self.number(text.len() as u64 + 1);
        self.bytes.extend(text.as_bytes());
    }

    fn map(&mut self, map: &BTreeMap<String, String>) {
        self.number(map.len() as u64);
        for (key, value) in map {
            self.text(Slot::None, key);
            self.text(Slot::None, value);
        }
    }

    fn published(&mut self, published: &Published) {
        let Published { remote, at, commit, digest, excerpt, parts, media } = published;
        self.text(Slot::None, &remote.id);
        self.number(u64::from(remote.url.is_some()));
        self.text(Slot::None, remote.url.as_deref().unwrap_or_default());
        self.map(&remote.extra);
        self.number(at.millis() as u64);
        self.text(Slot::Commit, commit);
        self.text(Slot::Digest, digest);
        self.text(Slot::Excerpt, excerpt);
        self.number(u64::from(*parts));
        self.map(media);
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    last: [&'a str; SLOTS],
}

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self, slot: Slot) -> Option<&'a str> {
        let length = self.number()?;
        if length == 0 {
            return self.last.get(slot as usize).copied();
        }
        let (text, rest) = self.rest.split_at_checked(usize::try_from(length - 1).ok()?)?;
        self.rest = rest;
        let text = std::str::from_utf8(text).ok()?;
        if let Some(last) = self.last.get_mut(slot as usize) {
            *last = text;
        }
        Some(text)
    }

    fn owned(&mut self, slot: Slot) -> Option<String> {
        self.text(slot).map(str::to_owned)
    }

    fn map(&mut self) -> Option<BTreeMap<String, String>> {
        (0..self.number()?).map(|_| Some((self.owned(Slot::None)?, self.owned(Slot::None)?))).collect()
    }

    fn delivery(&mut self) -> Option<DeliveryState> {
        let mut state = DeliveryState::default();
        let parts = self.number()?;
        // Not the room of four for one, and none for what a broken file promises.
        let count = usize::try_from(parts).map_or(0, |count| count.min(64));
        state.parts.reserve_exact(count);
        state.events.reserve_exact(count);
        state.counts.reserve_exact(count);
        for index in 0..parts {
            let count = u16::try_from(self.number()?).ok()?;
            let (part, events) = match self.number()? {
                0 => (PartState::Published(self.published()?), Vec::new()),
                more => {
                    let events: Option<Vec<(u16, Event)>> = (1..more)
                        .map(|sequence| {
                            let event = ledger::decode(self.text(Slot::None)?).ok()?;
                            Some((u16::try_from(sequence).ok()?, event))
                        })
                        .collect();
                    let part = u16::try_from(index + 1).ok()?;
                    let mut folded = ledger::fold_delivery(BTreeMap::from([(part, events?)]));
                    (folded.parts.pop()?, folded.events.pop()?)
                }
            };
            state.parts.push(part);
            state.events.push(events);
            state.counts.push(count);
        }
        Some(state)
    }

    fn published(&mut self) -> Option<Published> {
        let id = self.owned(Slot::None)?;
        let has_url = self.number()? == 1;
        let url = self.owned(Slot::None)?;
        let remote = Remote { id, url: has_url.then_some(url), extra: self.map()? };
        Some(Published {
            remote,
            at: Timestamp::from_millis(self.number()? as i64),
            commit: self.owned(Slot::Commit)?,
            digest: self.owned(Slot::Digest)?,
            excerpt: self.owned(Slot::Excerpt)?,
            parts: u16::try_from(self.number()?).ok()?,
            media: self.map()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Genesis, fixture::any_event, fold};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    fn snapshot(events: Vec<Event>) -> Snapshot {
        let genesis = Genesis { id: "f00d".to_owned(), created: Timestamp::EPOCH };
        let tree = Oid::from_bytes(&[7; 20]).expect("an id");
        Snapshot { tree, ledger: fold(Some(genesis), (1..).zip(events)), fresh: 0 }
    }

    #[test]
    fn what_is_kept_is_read_again_by_branch() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(load(folder.path(), "a/b").is_none());
        save(folder.path(), "a/b", &snapshot(Vec::new())).expect("saved");
        let kept = load(folder.path(), "a/b").expect("a snapshot");
        assert_eq!(kept.ledger, snapshot(Vec::new()).ledger);
        assert!(load(folder.path(), "a").is_none());
    }

    #[test]
    fn what_another_version_has_kept_is_not_believed() {
        let bytes = encode(&snapshot(Vec::new()));
        let body = bytes.strip_prefix(HEAD.as_bytes()).expect("a head");
        assert!(decode(&bytes).is_some());
        for head in [HEAD.replace(env!("CARGO_PKG_VERSION"), "99.0.0"), HEAD.replace("cache 1", "cache 2")] {
            assert!(head.as_str() != HEAD && decode(&[head.as_bytes(), body].concat()).is_none());
        }
    }

    proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(96))]

        #[test]
        fn any_ledger_reads_back(events in proptest::collection::vec(any_event(), 0..24)) {
            let whole = snapshot(events);
            let kept = decode(&encode(&whole)).expect("a snapshot");
            prop_assert_eq!(kept.tree, whole.tree);
            prop_assert_eq!(kept.ledger, whole.ledger);
        }

        #[test]
        fn a_changed_or_cut_cache_is_not_believed(
            events in proptest::collection::vec(any_event(), 0..8), at in any::<proptest::sample::Index>(), flip in 1..=u8::MAX
        ) {
            let mut bytes = encode(&snapshot(events));
            let at = at.index(bytes.len());
            prop_assert!(decode(&bytes[..at]).is_none());
            bytes[at] ^= flip;
            prop_assert!(decode(&bytes).is_none());
        }

        #[test]
        fn nonsense_with_a_good_digest_harms_nobody(
            events in proptest::collection::vec(any_event(), 0..8),
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
        ) {
            let mut body = encode(&snapshot(events)).split_off(HEAD.len() + DIGEST);
            for (at, byte) in changes {
                let at = at.index(body.len());
                body[at] = byte;
            }
            // Whatever it is taken for, it ends, and without a panic.
            let _ = decode_body(&body);
        }
    }
}
