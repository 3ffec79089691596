use super::{Plan, Reason, Verdict};
use crate::model::{AccountId, PostId, Timestamp};
use std::collections::BTreeMap;

/// What is known of the ways into accounts, by account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Those that nobody gets into any more, and why.
    pub signed_out: BTreeMap<AccountId, String>,
    /// When the token ends of those where that is known.
    pub ends: BTreeMap<AccountId, Timestamp>,
}

/// Posts that are planned for after their account's token has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// The account.
    pub account: AccountId,
    /// When its token ends.
    pub ends: Timestamp,
    /// The first of the posts, and when it is due.
    pub first: (PostId, Timestamp),
    /// How many there are.
    pub count: usize,
}

impl Access {
    /// Gives what would go out on accounts that are signed out to a person.
    pub fn mark(&self, plan: &mut Plan) {
        for row in &mut plan.rows {
            if matches!(row.verdict, Verdict::Publish | Verdict::Settle | Verdict::Retract)
                && let Some(why) = self.signed_out.get(&row.account)
            {
                (row.verdict, row.reason) = (Verdict::Attention, Reason::SignedOut(why.clone()));
            }
        }
        plan.rows.sort_by_key(|row| row.verdict);
    }

    /// Finds what is planned for after a token's end.
    pub fn locked(&self, plan: &Plan) -> Vec<Locked> {
        let locked = self.ends.iter().filter_map(|(account, ends)| {
            let due = plan.rows.iter().filter(|row| {
                row.account == *account && matches!(row.verdict, Verdict::Publish | Verdict::Wait | Verdict::Settle)
            });
            let mut late: Vec<_> = due
                .map(|row| (row.at.map_or(plan.now, |at| at.max(plan.now)), &row.post))
                .filter(|(at, _)| at > ends)
                .collect();
            late.sort();
            let (at, post) = late.first()?;
            Some(Locked { account: account.clone(), ends: *ends, first: ((*post).clone(), *at), count: late.len() })
        });
        locked.collect()
    }
}
