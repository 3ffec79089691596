//! A ledger as a busy team leaves it, the same for the same number: 12 accounts, posts in the order of their dates, an
//! intent and a receipt for each part, five events a commit, as a publisher's group commits are.

use masthead::{
    ledger::{self, Actor, Event, EventId, Genesis, Happening, PartKey},
    model::{AccountId, PostId, Remote, Timestamp},
};
use std::{
    collections::{BTreeMap, HashMap},
    io::{self, BufWriter, Write as _},
    path::Path,
    process::{Command, Stdio},
};

/// The branch.
pub(crate) const BRANCH: &str = "masthead-ledger";
/// How many accounts each post goes to.
pub(crate) const ACCOUNTS: usize = 12;
/// How many events a commit has.
pub(crate) const A_COMMIT: usize = 5;
/// How many events a post leaves: an intent and a receipt on each account, and on the first account a second part.
const A_POST: usize = 2 * (ACCOUNTS + 1);
/// When the first post went out: 2024-01-01.
const BEGAN: i64 = 1_704_067_200_000;
const WORDS: &str = "release build deploy cache queue worker metrics latency budget review shipping feature customer \
    feedback roadmap community open source library runtime compiler schema migration index query plan rollback incident \
    dashboard signal alert threshold backup restore snapshot cluster node edge region quota limit burst retry token scope";

/// A small generator of pseudo-random numbers (splitmix64), so that a ledger needs no crate and never changes.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn hex(&mut self, digits: usize) -> String {
        let mut hex = String::new();
        while hex.len() < digits {
            hex.push_str(&format!("{:016x}", self.next()));
        }
        hex.truncate(digits);
        hex
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<&str> = WORDS.split_whitespace().collect();
        let words: Vec<&str> = (0..count).map(|_| words[(self.next() % words.len() as u64) as usize]).collect();
        words.join(" ")
    }
}

/// The name of a post, by number.
pub(crate) fn post(number: usize) -> String {
    let mut random = Random(number as u64 * 31 + 7);
    format!("{}-{number:05}", random.words(2).replace(' ', "-"))
}

/// The name of an account, by number.
pub(crate) fn account(number: usize) -> String {
    format!("brand-{number:02}")
}

/// How many posts a ledger of so many events is about.
pub(crate) fn posts(events: usize) -> usize {
    events.div_ceil(A_POST)
}

/// The first file of the ledger.
fn genesis() -> Genesis {
    Genesis { id: "0123456789abcdef0123456789abcdef".to_owned(), created: Timestamp::from_millis(BEGAN) }
}

/// Makes the events of one post: all intents, then all receipts.
pub(crate) fn events(number: usize) -> Vec<Event> {
    let mut random = Random(number as u64 * 1_000_003 + 1);
    let post = post(number);
    let excerpt: String = random.words(40).chars().take(200).collect();
    // Eight posts share a commit of the publish branch, and a run.
    let mut shared = Random(number as u64 / 8 + 5);
    let (commit, run) = (shared.hex(40), shared.hex(32));
    let at = BEGAN + number as i64 * 9_000_000;
    let places = (0..ACCOUNTS).map(|account| (account, 1)).chain([(0, 2)]);
    let mut intents = Vec::new();
    let mut receipts = Vec::new();
    for (index, part) in places {
        let event = |id: &str, of: Option<&str>, later: i64, what| Event {
            id: EventId(id.to_owned()),
            key: PartKey { post: PostId::new(post.as_str()), account: AccountId::new(account(index)), part },
            of: of.map(|of| EventId(of.to_owned())),
            at: Timestamp::from_millis(at + later),
            by: Actor { run: run.clone(), version: "0.1.0".to_owned(), person: None },
            what,
        };
        let (intent, receipt, digest) = (random.hex(32), random.hex(32), random.hex(32));
        let what = Happening::Intent {
            attempt: 1,
            lease: 70,
            commit: commit.clone(),
            digest: digest.clone(),
            key: random.hex(32),
            nonce: random.next(),
            network_time: Some(Timestamp::from_millis(at + 900)),
            media: BTreeMap::new(),
        };
        intents.push(event(&intent, None, 1_000, what));
        let id = (114_000_000_000_000_000 + random.next() % 1_000_000_000_000_000).to_string();
        let url = Some(format!("https://mastodon.example/@{}/{id}", account(index)));
        let what = Happening::Receipt {
            remote: Remote { id, url, extra: BTreeMap::new() },
            commit: commit.clone(),
            digest,
            excerpt: excerpt.clone(),
            parts: if index == 0 { 2 } else { 1 },
            via: "answer".to_owned(),
            media: BTreeMap::new(),
        };
        receipts.push(event(&receipt, Some(&intent), 3_000, what));
    }
    intents.into_iter().chain(receipts).collect()
}

/// Writes a ledger of so many events into the repository in a folder, through `git fast-import`.
pub(crate) fn write(repository: &Path, count: usize) -> io::Result<()> {
    let mut git = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["fast-import", "--quiet", "--depth=50"])
        .stdin(Stdio::piped())
        .spawn()?;
    let mut pipe = BufWriter::new(git.stdin.take().expect("a pipe"));
    let file = |pipe: &mut BufWriter<_>, path: &str, text: &str| {
        write!(pipe, "M 100644 inline {path}\ndata {}\n{text}\n", text.len())
    };
    let begin = |pipe: &mut BufWriter<_>, at: Timestamp, message: &str| {
        let seconds = at.millis() / 1000;
        let by = format!("committer Masthead <masthead@localhost> {seconds} +0000");
        write!(pipe, "commit refs/heads/{BRANCH}\n{by}\ndata {}\n{message}\n", message.len())
    };
    begin(&mut pipe, genesis().created, "began the ledger\n")?;
    file(&mut pipe, ledger::GENESIS, &ledger::encode_genesis(&genesis()))?;
    let mut left = count;
    let mut batch = 0;
    for number in 0..posts(count) {
        let mut sequences: HashMap<PartKey, u16> = HashMap::new();
        let all = events(number);
        for event in all.into_iter().take(left) {
            if batch == 0 {
                begin(&mut pipe, event.at, &format!("{} {}\n", event.what.kind(), event.key.post))?;
            }
            batch = (batch + 1) % A_COMMIT;
            let sequence = sequences.entry(event.key.clone()).or_default();
            *sequence += 1;
            file(&mut pipe, &ledger::event_path(&event, *sequence), &ledger::encode(&event))?;
            left -= 1;
        }
    }
    writeln!(pipe, "done")?;
    pipe.flush()?;
    drop(pipe);
    let status = git.wait()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("`git fast-import` failed")) }
}
