use super::{
    Outgoing, Redactor, TransportError, World,
    address::{allow, allow_relay},
    body::Upload,
    claim::{Claim, Withheld},
    heard::Heard,
    keys::Keys,
    outgoing::{Stock, make_ready},
    pace::jittered,
    verdict::Sent,
};
use crate::{
    model::Account,
    network::{Credential, Effect, ErrorKind, Flow, Hand, NetworkError, Request, Response, Session},
    workspace::trial::kill_point,
};
use secrecy::{ExposeSecret as _, SecretString};
use std::time::Duration;

/// How often a call without a public effect is made before its failure is believed.
const TRIES: u32 = 3;

/// The longest wait inside a run; what takes longer is put off in the ledger.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// What stands behind an adapter's wire: it puts secrets in, keeps them from strangers, repeats what may be repeated, and
/// lets out what people will see only with a claim.
pub(super) struct EngineHand<'a> {
    pub(super) world: World<'a>,
    pub(super) account: &'a Account,
    pub(super) session: &'a Session,
    pub(super) keys: &'a Keys,
    pub(super) redactor: &'a Redactor,
    pub(super) heard: &'a Heard,
    /// The media of the part, for uploads.
    pub(super) uploads: &'a [Upload],
    /// Says that the flow waits.
    pub(super) waiting: &'a dyn Fn(&str),
    /// The right to publish one part; none in flows that must not change anything.
    pub(super) claim: Option<Claim<'a>>,
    /// Whether a wait was cut short because we were asked to stop: the flow ends.
    pub(super) stopped: bool,
    /// Whether what is out may be changed and deleted, which needs no claim.
    pub(super) amends: bool,
    /// Secrets that came on the way.
    pub(super) learnt: Vec<(&'static str, SecretString)>,
}

impl Hand for EngineHand<'_> {
    fn call(&mut self, request: Request) -> Flow<'_, Result<Response, NetworkError>> {
        Box::pin(async move {
            if self.stopped {
                return Err(self.stop());
            }
            let result = match request.effect {
                Effect::Publish => self.publish(&request).await,
                Effect::Read | Effect::Prepare => {
                    if let Some(claim) = &mut self.claim {
                        claim.another_call();
                    }
                    self.repeatable(&request).await
                }
                Effect::Exchange => self.once(&request).await,
            };
            result.map_err(|error| self.redactor.error(error))
        })
    }

    fn learn(&mut self, name: &'static str, secret: SecretString) {
        self.redactor.learn(&secret);
        self.learnt.push((name, secret));
    }

    fn pause(&mut self, why: &'static str, duration: Duration) -> Flow<'_, ()> {
        (self.waiting)(why);
        Box::pin(async move { self.stopped = !self.wait(duration).await })
    }
}

impl EngineHand<'_> {
    async fn publish(&mut self, request: &Request) -> Result<Response, NetworkError> {
        // Everything that can fail or take time comes before the claim, so that the request leaves right after it.
        let outgoing = self.outgoing(request)?;
        let Some(claim) = &mut self.claim else {
            if self.amends {
                return self.world.transport.send(outgoing).await.map_err(unanswered);
            }
            return Err(NetworkError::new(
                ErrorKind::Withheld,
                format!("`{}` would publish something where nothing may be published", request.label),
            ));
        };
        kill_point("claim-to-take");
        claim.take(self.world, self.heard).await?;
        kill_point("publication-to-send");
        let asked = self.world.clock.boottime();
        let result = self.world.transport.send(outgoing).await;
        kill_point("publication-answered");
        if let Ok(response) = &result {
            self.heard.listen(response, request.effect, asked, self.world.clock);
        }
        claim.sent(&result);
        match result {
            Ok(response) => Ok(response),
            // The rest of a refusal was lost; its status says enough.
            Err(TransportError { not_sent: false, status: Some(status @ 300..), .. }) => {
                Ok(Response { status, ..Response::default() })
            }
            Err(error) => Err(unanswered(error)),
        }
    }

    /// Sends what must not be sent twice, and that nobody sees.
    async fn once(&self, request: &Request) -> Result<Response, NetworkError> {
        let outgoing = self.outgoing(request)?;
        kill_point("exchange-to-send");
        let asked = self.world.clock.boottime();
        let result = self.world.transport.send(outgoing).await;
        kill_point("exchange-answered");
        if let Ok(response) = &result {
            self.heard.listen(response, request.effect, asked, self.world.clock);
        }
        result.map_err(unanswered)
    }

    async fn repeatable(&mut self, request: &Request) -> Result<Response, NetworkError> {
        let mut tries = 0;
        loop {
            tries += 1;
            kill_point("call-to-send");
            let outgoing = self.outgoing(request)?;
            let asked = self.world.clock.boottime();
            let result = self.world.transport.send(outgoing).await;
            kill_point("call-answered");
            let usual = jittered(self.world.entropy, Duration::from_secs(1 << tries));
            let wait = match &result {
                Ok(response) => {
                    self.heard.listen(response, request.effect, asked, self.world.clock);
                    let passing = matches!(response.status, 429 | 500 | 502..=504 | 520..=527);
                    passing.then(|| response.wait(Some(self.world.clock.now())).unwrap_or(usual))
                }
                Err(error) => (error.not_sent || request.effect == Effect::Read).then_some(usual),
            };
            match wait {
                Some(wait) if tries < TRIES && wait <= LONGEST_WAIT => {
                    if !self.wait(wait).await {
                        return Err(self.stop());
                    }
                }
                _ => return result.map_err(unanswered),
            }
        }
    }

    /// Waits; false if we are asked to stop before the time is over. Once something has left, the flow is finished.
    async fn wait(&self, duration: Duration) -> bool {
        if self.claim.as_ref().is_some_and(|claim| claim.record.sent != Sent::No) {
            self.world.clock.sleep(duration).await;
            return true;
        }
        self.world.wait(duration).await
    }

    /// Ends the flow before anything has left.
    fn stop(&mut self) -> NetworkError {
        self.stopped = true;
        if let Some(claim) = &mut self.claim {
            claim.record.withheld = Some(Withheld::Stopped);
        }
        NetworkError::new(ErrorKind::Withheld, "we were asked to stop")
    }

    /// Finds a secret: one that came on the way, or one of the account's.
    fn secret(&self, credential: Credential) -> Result<SecretString, String> {
        let learnt = self.learnt.iter().rfind(|(name, _)| credential == Credential::Session(name));
        learnt.map_or_else(|| self.keys.get(credential), |(_, secret)| Ok(secret.clone()))
    }

    fn outgoing(&self, request: &Request) -> Result<Outgoing, NetworkError> {
        let misconfigured = |why: String| NetworkError::new(ErrorKind::Misconfigured, why);
        let stock = Stock {
            secret: &|credential| self.secret(credential),
            uploads: self.uploads,
            entropy: self.world.entropy,
            now: self.heard.now(self.world.clock.boottime()).unwrap_or_else(|| self.world.clock.now()),
        };
        let outgoing = make_ready(request, &stock).map_err(misconfigured)?;
        let personal =
            request.payload.has_secret() || request.credential != Credential::None || request.effect != Effect::Read;
        allow(outgoing.address(), self.account, self.session, personal).map_err(misconfigured)?;
        for relay in request.payload.relays() {
            allow_relay(relay, self.account).map_err(misconfigured)?;
        }
        // What was made of a secret is one too, should the server repeat it.
        if let Some((_, made)) = outgoing.authorization.as_ref().and_then(|value| value.expose_secret().split_once(' '))
        {
            self.redactor.learn(&made.into());
        }
        Ok(outgoing)
    }
}

fn unanswered(error: TransportError) -> NetworkError {
    let kind = match error {
        TransportError { not_sent: true, .. } => ErrorKind::NotSent,
        TransportError { status: Some(200..300), .. } => ErrorKind::Unreadable,
        TransportError { .. } => ErrorKind::Ambiguous,
    };
    NetworkError::new(kind, error.message)
}
