use crate::{
    diag::{FileId, Level, Spanned},
    model::{Account, AccountId, GroupId, NetworkSpec, Person, Zone},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

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
    /// The rules of publishing.
    pub publish: PublishSettings,
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

/// `[publish]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishSettings {
    /// How late a post may be and still go out by itself.
    pub grace: Duration,
    /// How many posts an account may publish in an hour.
    pub burst: u32,
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
        Self { grace: Duration::from_secs(24 * 60 * 60), burst: 20 }
    }
}
