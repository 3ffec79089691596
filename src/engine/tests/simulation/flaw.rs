//! Mistakes that are planted around the engine, each of which a simulation must find.

use crate::{
    engine::{Entropy, Outgoing, Transport, TransportError},
    network::{Flow, Response},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The clocks stand still while the machine rests, so that the send guard sees no time go by.
    ClocksStop,
    /// A lost race is taken for a won one.
    NeverBeaten,
    /// What is sent again is not written down.
    ForgetsRepeats,
    /// A claim that came too late is released whatever others have done with it since, as the engine once did.
    ReleasesBlindly,
    /// A thread goes on one part too late.
    SkipsAPart,
    /// The network needs longer than its profile says.
    SettlesTooEarly,
    /// A lost answer is taken for a request that never left.
    RetriesBlindly,
    /// Random numbers are the same on each machine.
    RepeatsItself,
}

/// A line on which no answer means that nothing was sent.
pub(super) struct Hopeful<'a>(pub(super) &'a dyn Transport);

impl Transport for Hopeful<'_> {
    fn send(&self, request: Outgoing) -> Flow<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            self.0.send(request).await.map_err(|error| TransportError { not_sent: error.status.is_none(), ..error })
        })
    }
}

/// Random numbers that aren't.
pub(super) struct Same;

impl Entropy for Same {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}
