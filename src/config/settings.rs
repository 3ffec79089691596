use crate::{
    diag::{FileId, Level, Spanned},
    model::{Account, AccountId, GroupId, NetworkSpec, Person, SecretRef, Timestamp, Zone},
};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

/// A workspace's configuration, validated: names resolve, groups are flat, options fit their specs.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it came from.
    pub file: FileId,
    /// The name of the brand or team.
    pub name: String,
    /// The zone that local times are read in.
    pub zone: Zone,
    /// The publish branch.
    pub branch: String,
    /// The BCP 47 tag of the language, unless an account or post says otherwise.
    pub language: Option<String>,
    /// Where the ledger is.
    pub ledger: LedgerSettings,
    /// Where sessions and secrets are kept that publishers share, if they share any.
    pub vault: Option<VaultSettings>,
    /// The rules of publishing.
    pub publish: PublishSettings,
    /// How the daemon goes about it.
    pub daemon: DaemonSettings,
    /// Where media are put for networks that fetch them from a public address, if anywhere.
    pub host: Option<HostSettings>,
    /// The rules of checking.
    pub check: CheckSettings,
    /// The accounts by name.
    pub accounts: BTreeMap<AccountId, Account>,
    /// The groups by name, flattened, each account once, in the order of writing.
    pub groups: BTreeMap<GroupId, Vec<AccountId>>,
    /// The people by key.
    pub people: BTreeMap<String, Arc<Person>>,
    /// The networks that this program knows.
    pub networks: Vec<NetworkSpec>,
}

/// `[ledger]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerSettings {
    /// The git remote where publishers meet; none keeps the ledger in this clone alone.
    pub remote: Option<String>,
    /// The branch.
    pub branch: String,
}

/// `[vault]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultSettings {
    /// Where the key that opens it is kept; never the key.
    pub key: SecretRef,
    /// The branch. Its remote is the ledger's.
    pub branch: String,
    /// The public halves of other keys that open it too.
    pub recipients: Vec<String>,
}

/// `[publish]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishSettings {
    /// How late a post may be and still go out by itself.
    pub grace: Duration,
    /// How many posts an account may publish in an hour, unless it says otherwise itself.
    pub burst: u32,
    /// The least time between two posts of an account when they are late.
    pub min_gap: Duration,
    /// Hours in which nothing begins to go out.
    pub quiet: Option<QuietHours>,
    /// The times of the protocol.
    pub times: Times,
}

/// The times of the protocol that keeps a delivery single. They never contradict each other: a lease covers the window
/// and both time-outs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// How long after its intent is durable a request may still leave.
    pub send_window: Duration,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long a call may take.
    pub request_timeout: Duration,
    /// How long an intent is believed to be under way.
    pub lease: Duration,
    /// How long after an attempt a listing is complete, where it differs from what the network is known for.
    pub settle: Option<Duration>,
}

/// Hours of the day, by the workspace's clock; over midnight if the end is before the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// The first minute of the day.
    from: u32,
    /// The first minute that is quiet no more.
    to: u32,
}

/// `[daemon]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonSettings {
    /// How often it looks for what is new, if nothing wakes it before.
    pub poll: Duration,
    /// The address of this machine alone that health, metrics and webhooks are served at; none serves nothing.
    pub listen: Option<SocketAddr>,
    /// Where the secret is kept that a forge signs its webhooks with; none receives none.
    pub webhook_secret: Option<Spanned<SecretRef>>,
}

/// `[media.host]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSettings {
    /// The public address of the place, without a trailing slash: files are found right below it.
    pub url: String,
    /// The place.
    pub place: HostPlace,
}

/// Where hosted media are put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPlace {
    /// A folder that a web server serves, from the workspace's root unless absolute.
    Folder(String),
    /// A bucket of an S3-compatible storage.
    Bucket(Bucket),
}

/// A bucket of an S3-compatible storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The storage's region.
    pub region: String,
    /// The storage's address without a trailing slash; Amazon's if none.
    pub endpoint: Option<String>,
    /// What the names of files begin with: empty, or with a `/` at its end.
    pub prefix: String,
    /// The id of the access key.
    pub key_id: String,
    /// Where the secret half of the key is kept; never the secret.
    pub secret: Spanned<SecretRef>,
}

/// `[check]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckSettings {
    /// The level of a code by name, where it differs from the usual one. The span is the code's, since it is the code
    /// that may be unknown or fixed.
    pub levels: BTreeMap<String, Spanned<Level>>,
}

impl Default for LedgerSettings {
    fn default() -> Self {
        Self { remote: Some("origin".to_owned()), branch: "masthead-ledger".to_owned() }
    }
}

impl Default for PublishSettings {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(24 * 60 * 60),
            burst: 20,
            min_gap: Duration::from_secs(5 * 60),
            quiet: None,
            times: Times::default(),
        }
    }
}

impl Default for DaemonSettings {
    fn default() -> Self {
        Self { poll: Duration::from_secs(5 * 60), listen: None, webhook_secret: None }
    }
}

impl Default for Times {
    fn default() -> Self {
        Self {
            send_window: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            lease: Duration::from_secs(20 + 10 + 30 + 10),
            settle: None,
        }
    }
}

impl QuietHours {
    /// Parses `22:00-07:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let minute = |time: &str| {
            let (hours, minutes) = time.trim().split_once(':')?;
            let number = |digits: &str, most: u32| {
                let fits = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
                digits.parse::<u32>().ok().filter(|number| fits && *number <= most)
            };
            Some(number(hours, 23)? * 60 + number(minutes, 59)?)
        };
        let (from, to) = text.split_once('-')?;
        let (from, to) = (minute(from)?, minute(to)?);
        (from != to).then_some(Self { from, to })
    }

    /// Returns when the quiet that there is at a moment ends, if there is one.
    pub fn until(self, now: Timestamp, zone: Zone) -> Option<Timestamp> {
        const DAY: u32 = 24 * 60;
        let is_quiet = |minute: u32| match self.from < self.to {
            true => (self.from..self.to).contains(&minute),
            false => minute >= self.from || minute < self.to,
        };
        let minute = now.minute_in(zone);
        if !is_quiet(minute) {
            return None;
        }
        let left = (self.to + DAY - minute) % DAY;
        let whole = Timestamp::from_millis(now.millis().div_euclid(60_000) * 60_000);
        let end = whole.plus(Duration::from_secs(u64::from(left) * 60));
        // A clock change on the way moves it by an hour at most.
        let by_clock = [-60i64, 0, 60].map(|minutes| Timestamp::from_millis(end.millis() + minutes * 60_000));
        let exact = by_clock.into_iter().find(|end| *end > now && end.minute_in(zone) == self.to);
        Some(exact.unwrap_or(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(quiet: &str, now: &str, expect: Option<&str>) {
        let at = |text: &str| Timestamp::parse(text).expect("a timestamp");
        let quiet = QuietHours::parse(quiet).expect("hours");
        let rome = Zone::parse("Europe/Rome").expect("a zone");
        assert_eq!(quiet.until(at(now), rome), expect.map(at), "{now}");
    }

    #[test]
    fn quiet_hours_end_by_the_local_clock() {
        check("22:00-07:00", "2026-12-01T20:59:59Z", None);
        check("22:00-07:00", "2026-12-01T21:00:00Z", Some("2026-12-02T06:00:00Z"));
        check("22:00-07:00", "2026-12-02T05:59:59Z", Some("2026-12-02T06:00:00Z"));
        check("22:00-07:00", "2026-12-02T06:00:00Z", None);
        check("12:30-13:00", "2026-12-02T11:45:10Z", Some("2026-12-02T12:00:00Z"));
        check("12:30-13:00", "2026-12-02T12:00:00Z", None);
    }

    #[test]
    fn a_clock_change_on_the_way_is_counted() {
        check("22:00-07:00", "2026-10-24T21:00:00Z", Some("2026-10-25T06:00:00Z"));
        check("22:00-07:00", "2026-03-28T22:00:00Z", Some("2026-03-29T05:00:00Z"));
    }

    #[test]
    fn only_two_different_times_of_day_are_hours() {
        for text in
            ["", "22:00", "22-07", "24:00-07:00", "07:00-07:00", "7:00-8:00", "07:60-08:00", "22:00-07:00-09:00"]
        {
            assert_eq!(QuietHours::parse(text), None, "{text}");
        }
    }
}
