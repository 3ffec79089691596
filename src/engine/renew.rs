//! Opening a session that publishers share.
//!
//! A refresh uses up what it sends: sent twice, some networks revoke everything. So it has the shape of a publication:
//! claim by compare-and-swap → the call, once → store by compare-and-swap. Safety hangs on the claim alone, never on a clock:
//! whoever finds a claim without an end never sends that refresh token again, however old the claim is.

use super::{
    Clock, Entropy,
    clock::random_id,
    pace::jittered,
    tokens::{Kept, Look, Refreshing, Tokens},
    vault::kept,
};
use crate::{
    model::{Account, Timestamp},
    network::{ErrorKind, Flow, NetworkError, SignIn},
    workspace::trial::kill_point,
};
use std::time::Duration;

/// How long a claim is believed to be under way.
const LEASE: Duration = Duration::from_secs(60);

/// How long somebody else's refresh is waited for: its lease, and some.
const PATIENCE: Duration = Duration::from_secs(90);

/// What opening a session needs of a run: the calls, each of which is made once, and its waits.
pub(super) trait Calls {
    /// Opens a session by the refresh token of one.
    fn refresh<'a>(&'a mut self, kept: &'a Kept) -> Flow<'a, Result<SignIn, NetworkError>>;

    /// Opens a session by the account's own secret.
    fn sign_in(&mut self) -> Flow<'_, Result<SignIn, NetworkError>>;

    /// Returns why the account's own secret can't be had, if so.
    fn no_password(&self) -> Option<String>;

    /// Waits; false if we are asked to stop before the time is over.
    fn wait(&mut self, duration: Duration) -> Flow<'_, bool>;
}

/// What is to be done about a session.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// It serves.
    Use,
    /// It is renewed by its refresh token.
    Refresh,
    /// Another is opened by the account's own secret.
    SignIn,
    /// Somebody is at it.
    Wait,
    /// Only a person can open another.
    GiveUp(String),
}

/// Decides what is to be done. `refused` is the generation whose access token the network has refused.
fn step(look: &Look, refused: Option<u64>, no_password: Option<&str>, now: Timestamp) -> Step {
    let by_password = |why: String| match no_password {
        None => Step::SignIn,
        Some(secret) => Step::GiveUp(format!("{why}, and there is no password to sign in with: {secret}")),
    };
    let is_claimed = look.refreshing.as_ref().is_some_and(|refreshing| now < refreshing.over());
    let Some(kept) = &look.kept else {
        return if is_claimed { Step::Wait } else { by_password("the vault keeps no session of it".to_owned()) };
    };
    let is_over = refused == Some(kept.generation) || kept.expires.is_some_and(|expires| expires <= now);
    if !is_over && !is_fading(kept, now) {
        return Step::Use;
    }
    // Whatever became of its renewal, an access token serves until it ends.
    if !is_over && (look.refreshing.is_some() || look.signed_out.is_some()) {
        return Step::Use;
    }
    if is_claimed {
        return Step::Wait;
    }
    if let Some(why) = &look.signed_out {
        return no_password.map_or(Step::SignIn, |_| Step::GiveUp(why.clone()));
    }
    if let Some(lost) = &look.refreshing {
        return by_password(format!(
            "a refresh by {} began at {} and its answer was lost, so the refresh token may be used up",
            lost.by, lost.at
        ));
    }
    let has_refresh = kept.secrets.iter().any(|(name, _)| *name == "refresh");
    let can_refresh = has_refresh && kept.refresh_expires.is_none_or(|expires| now < expires);
    match (can_refresh, is_over) {
        (true, _) => Step::Refresh,
        (false, false) => Step::Use,
        (false, true) if has_refresh => by_password("its refresh token has ended".to_owned()),
        (false, true) => by_password("its access token has ended".to_owned()),
    }
}

/// Returns whether less than a fifth of an access token's life is left, so that a refresh that fails blocks no post yet.
fn is_fading(kept: &Kept, now: Timestamp) -> bool {
    kept.expires.is_some_and(|expires| expires.since(now) < expires.since(kept.got) / 5)
}

/// What opening a session needs.
pub(super) struct Opening<'a> {
    pub(super) tokens: &'a dyn Tokens,
    pub(super) account: &'a Account,
    pub(super) clock: &'a dyn Clock,
    pub(super) entropy: &'a dyn Entropy,
    /// The generation whose access token the network has refused.
    pub(super) refused: Option<u64>,
}

impl Opening<'_> {
    /// Opens the session that is kept, renewing it where it is time.
    pub(super) async fn open(&self, calls: &mut dyn Calls) -> Result<Kept, NetworkError> {
        let begun = self.clock.boottime();
        loop {
            let look = self.tokens.look(self.account).await?;
            let no_password = calls.no_password();
            match step(&look, self.refused, no_password.as_deref(), self.clock.now()) {
                Step::Use => return look.kept.ok_or_else(|| signed_out("the vault keeps no session".to_owned())),
                Step::GiveUp(why) => {
                    // Where nobody was ever in, another machine may have what this one lacks.
                    if look.kept.is_some() {
                        self.tokens.sign_out(self.account, look.generation, &why).await?;
                    }
                    return Err(signed_out(why));
                }
                Step::Wait => {
                    if self.clock.boottime().saturating_sub(begun) > PATIENCE {
                        let why = "another publisher is renewing the session, and does not come to an end";
                        return Err(NetworkError::new(ErrorKind::NotSent, why));
                    }
                    if !calls.wait(jittered(self.entropy, Duration::from_secs(2))).await {
                        return Err(NetworkError::new(ErrorKind::Withheld, "we were asked to stop"));
                    }
                }
                step @ (Step::Refresh | Step::SignIn) => {
                    let claim = self.claim(look.generation);
                    if self.tokens.claim(self.account, &look, &claim).await?
                        && let Some(kept) = self.renew(&look, &claim, step, calls).await?
                    {
                        return Ok(kept);
                    }
                }
            }
        }
    }

    fn claim(&self, generation: u64) -> Refreshing {
        let id = random_id(self.entropy);
        let by = format!("run {}", &id[..8]);
        Refreshing { id, generation, at: self.clock.now(), lease: LEASE, by }
    }

    /// Makes the calls, under a claim. None if somebody else has stored another session, which is to be looked at.
    async fn renew(
        &self,
        look: &Look,
        claim: &Refreshing,
        step: Step,
        calls: &mut dyn Calls,
    ) -> Result<Option<Kept>, NetworkError> {
        kill_point("refresh-claimed");
        let (mut why, mut serving) = (None, None);
        if let (Step::Refresh, Some(before)) = (&step, &look.kept) {
            let error = match calls.refresh(before).await {
                Ok(sign_in) => return self.store(claim, sign_in, Some(before)).await.map(Some),
                Err(error) => error,
            };
            let still_serves = self.refused != Some(before.generation)
                && before.expires.is_none_or(|expires| self.clock.now() < expires);
            match error.kind {
                // Nothing happened, so anybody may try it again.
                ErrorKind::NotSent | ErrorKind::RateLimited => {
                    self.tokens.release(self.account, claim).await?;
                    return if still_serves { Ok(Some(before.clone())) } else { Err(error) };
                }
                ErrorKind::SignedOut | ErrorKind::Refused | ErrorKind::Forbidden => {
                    let now = self.tokens.look(self.account).await?;
                    if now.generation != look.generation {
                        return Ok(None);
                    }
                }
                // It may be used up or not: nobody sends it again, since the claim stays.
                _ if still_serves => return Ok(Some(before.clone())),
                _ => {}
            }
            why = Some(format!("the session could not be renewed: {}", error.message));
            serving = still_serves.then(|| before.clone());
        }
        let has_refreshed = why.is_some();
        let lost = match calls.no_password() {
            None => match calls.sign_in().await {
                Ok(sign_in) => return self.store(claim, sign_in, None).await.map(Some),
                Err(error) => error,
            },
            Some(secret) => {
                let why = why.unwrap_or_else(|| "there is no session".to_owned());
                signed_out(format!("{why}; and there is no password to sign in with: {secret}"))
            }
        };
        match lost.kind {
            // This ends the claim too: nobody sends the refresh token of a session that is signed out.
            ErrorKind::SignedOut | ErrorKind::Forbidden => {
                self.tokens.sign_out(self.account, claim.generation, &lost.message).await?;
            }
            // The claim stays where it, or one before it, may have used up the refresh token.
            _ if has_refreshed || look.refreshing.is_some() => {}
            _ => self.tokens.release(self.account, claim).await?,
        }
        serving.map_or(Err(lost), |before| Ok(Some(before)))
    }

    async fn store(&self, claim: &Refreshing, sign_in: SignIn, before: Option<&Kept>) -> Result<Kept, NetworkError> {
        let kept = kept(sign_in, before, claim.generation + 1, self.clock.now());
        kill_point("session-to-store");
        // What is not stored still serves this run; who comes after finds the claim and signs in by other means.
        match self.tokens.store(self.account, claim, &kept).await {
            Ok(true) => {}
            Ok(false) => tracing::debug!("another session of `{}` was stored first", self.account.id),
            Err(error) => tracing::warn!("the new session of `{}` could not be stored: {error}", self.account.id),
        }
        kill_point("session-stored");
        Ok(kept)
    }
}

fn signed_out(why: String) -> NetworkError {
    NetworkError::new(ErrorKind::SignedOut, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Session;

    const NOW: &str = "2026-11-22T12:00:00Z";

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(Timestamp::parse(NOW).expect("a time").millis() + minutes * 60_000)
    }

    /// A session that was got and ends so many minutes from now, with its refresh token's end.
    fn kept(got: i64, expires: i64, refresh: Option<i64>) -> Kept {
        Kept {
            generation: 3,
            got: at(got),
            expires: Some(at(expires)),
            refresh_expires: refresh.map(at),
            session: Session::default(),
            secrets: refresh.map(|_| ("refresh", "r".into())).into_iter().collect(),
        }
    }

    fn claimed(minutes: i64) -> Refreshing {
        Refreshing { id: "1".to_owned(), generation: 3, at: at(minutes), lease: LEASE, by: "run 1".to_owned() }
    }

    fn name(step: &Step) -> &'static str {
        match step {
            Step::Use => "use",
            Step::Refresh => "refresh",
            Step::SignIn => "sign in",
            Step::Wait => "wait",
            Step::GiveUp(_) => "give up",
        }
    }

    /// Checks what is done with a password and without.
    #[track_caller]
    fn check(kept: Option<Kept>, claim: Option<Refreshing>, out: bool, refused: Option<u64>, expect: [&str; 2]) {
        let signed_out = out.then(|| "revoked".to_owned());
        let look = Look { generation: 3, kept, refreshing: claim, signed_out };
        let steps = [None, Some("`X` is not set")].map(|no_password| step(&look, refused, no_password, at(0)));
        assert_eq!(steps.each_ref().map(name), expect, "{steps:?}");
    }

    #[test]
    fn an_access_token_serves_until_a_fifth_of_its_life_is_left() {
        let fresh = || Some(kept(-60, 60, Some(9_999)));
        check(fresh(), None, false, None, ["use", "use"]);
        check(Some(kept(-95, 25, Some(9_999))), None, false, None, ["use", "use"]);
        check(Some(kept(-97, 23, Some(9_999))), None, false, None, ["refresh", "refresh"]);
        check(Some(kept(-121, -1, Some(9_999))), None, false, None, ["refresh", "refresh"]);
        check(fresh(), None, false, Some(2), ["use", "use"]);
        check(fresh(), None, false, Some(3), ["refresh", "refresh"]);
        check(Some(Kept { expires: None, ..kept(-9_999, 0, Some(9)) }), None, false, None, ["use", "use"]);
    }

    #[test]
    fn who_finds_a_refresh_under_way_uses_what_lives_and_waits_for_what_does_not() {
        check(Some(kept(-97, 23, Some(9_999))), Some(claimed(0)), false, None, ["use", "use"]);
        check(Some(kept(-121, -1, Some(9_999))), Some(claimed(0)), false, None, ["wait", "wait"]);
        check(Some(kept(-60, 60, Some(9_999))), Some(claimed(0)), false, Some(3), ["wait", "wait"]);
        check(None, Some(claimed(0)), false, None, ["wait", "wait"]);
    }

    #[test]
    fn a_refresh_that_never_ended_is_never_repeated() {
        for minutes in [-2, -60, -99_999] {
            check(Some(kept(-97, 23, Some(9_999))), Some(claimed(minutes)), false, None, ["use", "use"]);
            check(Some(kept(-121, -1, Some(9_999))), Some(claimed(minutes)), false, None, ["sign in", "give up"]);
            check(Some(kept(-60, 60, Some(9_999))), Some(claimed(minutes)), false, Some(3), ["sign in", "give up"]);
        }
    }

    #[test]
    fn without_a_way_in_only_a_person_helps() {
        check(None, None, false, None, ["sign in", "give up"]);
        check(Some(kept(-121, -1, Some(-1))), None, false, None, ["sign in", "give up"]);
        check(Some(kept(-121, -1, None)), None, false, None, ["sign in", "give up"]);
        check(Some(kept(-97, 23, None)), None, false, None, ["use", "use"]);
        check(Some(kept(-121, -1, Some(9_999))), None, true, None, ["sign in", "give up"]);
        check(Some(kept(-97, 23, Some(9_999))), None, true, None, ["use", "use"]);
    }
}
