use super::{AccountId, Timestamp};
use std::fmt;

/// The file at the workspace's root that stops publishing while it is on the publish branch.
pub const FREEZE_FILE: &str = "freeze.toml";

/// A stop that somebody has put on publishing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// What it stops.
    pub scope: Scope,
    /// From when on.
    pub from: Timestamp,
    /// When it ends or has ended, if that is known: until then nothing goes out.
    pub until: Option<Timestamp>,
    /// Who said so, for people.
    pub by: String,
    /// Why, for people.
    pub reason: String,
}

/// What a freeze stops.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everything.
    All,
    /// One account.
    Account(AccountId),
    /// The posts of one campaign.
    Campaign(String),
}

impl Freeze {
    /// Returns whether it is about a delivery, whenever that may be.
    pub fn concerns(&self, account: &AccountId, campaign: Option<&str>) -> bool {
        match &self.scope {
            Scope::All => true,
            Scope::Account(frozen) => frozen.as_str() == account.key(),
            Scope::Campaign(frozen) => campaign == Some(frozen.as_str()),
        }
    }

    /// Returns whether it has not ended. One that is dated in the future holds too: some machine's clock is ahead.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("everything"),
            Self::Account(account) => write!(f, "account `{account}`"),
            Self::Campaign(campaign) => write!(f, "campaign `{campaign}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn freeze(scope: Scope, until: Option<&str>) -> Freeze {
        let until = until.map(|until| Timestamp::parse(until).expect("a timestamp"));
        Freeze { scope, from: Timestamp::EPOCH, until, by: "ada".to_owned(), reason: "a crisis".to_owned() }
    }

    #[test]
    fn a_freeze_concerns_what_it_names() {
        let (brand, sky) = (AccountId::new("brand"), AccountId::new("sky"));
        for (scope, expect) in [
            (Scope::All, [true, true, true]),
            (Scope::Account(brand.clone()), [true, true, false]),
            (Scope::Campaign("hoodie".to_owned()), [false, true, false]),
        ] {
            let freeze = freeze(scope, None);
            let concerns =
                [(&brand, None), (&brand, Some("hoodie")), (&sky, Some("mugs"))].map(|(a, c)| freeze.concerns(a, c));
            assert_eq!(concerns, expect, "{}", freeze.scope);
            let recipient = brand.to_recipient("0a1b");
            assert_eq!(freeze.concerns(&recipient, None), expect[0], "{}", freeze.scope);
        }
    }

    #[test]
    fn a_freeze_holds_until_its_end() {
        let at = |text| Timestamp::parse(text).expect("a timestamp");
        assert!(freeze(Scope::All, None).holds(at("2999-01-01T00:00:00Z")));
        let ends = freeze(Scope::All, Some("2026-12-01T12:00:00Z"));
        assert!(ends.holds(at("2026-12-01T11:59:59Z")) && !ends.holds(at("2026-12-01T12:00:00Z")));
    }
}
