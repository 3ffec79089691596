use super::{Redactor, World, door::Door, hand::EngineHand, heard::Heard, keys::Keys, recipients::List};
use crate::{
    model::Account,
    network::{Auth, ErrorKind, NetworkError, Probe, Session, Wire},
};

/// What a server said, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeReport {
    /// What it says of itself and of us.
    pub probe: Probe,
    /// By how many milliseconds its clock is ahead of ours; behind if negative, absent if it does not tell the time.
    pub clock_difference: Option<i64>,
}

/// Asks an account's server for its limits and who we are, signing in first where that is needed. Changes nothing.
pub async fn probe(world: World<'_>, account: &Account) -> Result<ProbeReport, NetworkError> {
    let Some(network) = (world.networks)(account.network) else {
        return Err(NetworkError::new(ErrorKind::Misconfigured, format!("there is no network `{}`", account.network)));
    };
    let redactor = Redactor::default();
    let mut keys = Keys::fetch(account, network.profile(), world.secrets, &redactor)
        .map_err(|why| NetworkError::new(ErrorKind::Misconfigured, why))?;
    let list = network.recipients(account).map(|of| List::fetch(account, of, world.secrets)).transpose();
    let list = list.map_err(|why| NetworkError::new(ErrorKind::Misconfigured, why))?;
    let heard = Heard::default();
    let mut session = Session::default();
    let tokens = world.secrets.tokens().filter(|_| network.profile().auth == Auth::Session);
    let mut generation = None;
    if let Some(tokens) = tokens {
        let door = Door { world, account, network, keys: &keys, redactor: &redactor, heard: &heard };
        let kept = door.open(tokens, None).await?;
        keys.open(kept.secrets, &redactor);
        (session, generation) = (kept.session, Some(kept.generation));
    } else if network.profile().auth == Auth::Session {
        let signed_in = {
            let mut hand = hand(world, account, &session, &keys, &redactor, &heard);
            network.sign_in(account, &mut Wire::new(&mut hand, &session)).await
        };
        let signed_in = signed_in.map_err(|error| redactor.error(error))?;
        keys.open(signed_in.secrets, &redactor);
        session = signed_in.session;
    }
    let mut probed = {
        let mut hand = hand(world, account, &session, &keys, &redactor, &heard);
        network.probe(account, &mut Wire::new(&mut hand, &session)).await
    };
    // An access token may be refused before its time; that is no reason to call a person.
    if let (Some(tokens), Err(NetworkError { kind: ErrorKind::SignedOut, .. })) = (tokens, &probed) {
        let door = Door { world, account, network, keys: &keys, redactor: &redactor, heard: &heard };
        let kept = door.open(tokens, generation).await?;
        keys.open(kept.secrets, &redactor);
        session = kept.session;
        let mut hand = hand(world, account, &session, &keys, &redactor, &heard);
        probed = network.probe(account, &mut Wire::new(&mut hand, &session)).await;
    }
    let mut probe = probed.map_err(|error| redactor.error(error))?;
    if let (Some(identity), Some(list)) = (&mut probe.identity, list) {
        identity.push_str(&format!(", to {}", list.count()));
    }
    let there = heard.now(world.clock.boottime());
    let clock_difference = there.map(|there| there.millis() - world.clock.now().millis());
    Ok(ProbeReport { probe, clock_difference })
}

fn hand<'h>(
    world: World<'h>,
    account: &'h Account,
    session: &'h Session,
    keys: &'h Keys,
    redactor: &'h Redactor,
    heard: &'h Heard,
) -> EngineHand<'h> {
    EngineHand {
        world,
        account,
        session,
        keys,
        redactor,
        heard,
        uploads: &[],
        waiting: &|_| {},
        claim: None,
        stopped: false,
        amends: false,
        learnt: Vec::new(),
    }
}
