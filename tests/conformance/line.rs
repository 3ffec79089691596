//! The line between us and a twin: it counts, remembers and breaks as a script says.

use crate::{
    clock::FakeClock,
    shelf::Shelf,
    twin::{Twin, TwinRequest},
};
use masthead::{
    engine::{Outgoing, Transport, TransportError},
    network::{Effect, Flow, Response},
};
use std::{cell::RefCell, collections::VecDeque, rc::Rc};

/// What befalls one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: it arrives and is answered.
    Fine,
    /// No connection is made.
    Refused,
    /// It arrives and takes effect; the answer is lost.
    AnswerLost,
    /// It is lost on the way, but the sender can't know.
    RequestLost,
    /// It takes effect; the answer's status arrives, but its body is cut.
    Cut,
    /// Nothing happens, and the server asks to wait so many seconds.
    TooMany(Option<u32>),
    /// Nothing happens: the credential isn't taken.
    Unauthorized,
    /// Nothing happens, and the server says that it is its own fault.
    ServerError,
    /// It takes effect, but a server in between answers with an error of its own.
    BadGateway,
    /// It takes effect; something in between answers with a page instead of JSON.
    Page,
    /// Nothing happens; a page of somebody else's comes back with a status that says yes.
    Portal,
    /// Nothing happens; the answer leads elsewhere.
    Redirect,
    /// Nothing happens; the refusal repeats the credential, as careless servers do.
    Echo,
    /// The publisher dies before it leaves.
    CrashBefore,
    /// The publisher dies after it took effect, before the answer is read.
    CrashAfter,
}

/// What went over the line once.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// What was asked.
    pub(crate) request: TwinRequest,
    /// The status that came back, if one did.
    pub(crate) status: Option<u16>,
    /// Whether the twin got it.
    pub(crate) arrived: bool,
}

/// Which requests a fault befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that publish.
    Publishing,
    /// All.
    Any,
}

/// The line.
pub(crate) struct Line {
    pub(crate) twin: Rc<dyn Twin>,
    pub(crate) clock: Rc<FakeClock>,
    /// What networks can fetch that take media by address.
    pub(crate) shelf: Shelf,
    script: RefCell<VecDeque<(Which, Fault)>>,
    log: RefCell<Vec<Exchange>>,
    crashed: tokio::sync::Notify,
}

impl Line {
    /// Lays a line to a twin.
    pub(crate) fn new(twin: Rc<dyn Twin>, clock: Rc<FakeClock>) -> Self {
        Self {
            twin,
            clock,
            shelf: Shelf::default(),
            script: RefCell::default(),
            log: RefCell::default(),
            crashed: tokio::sync::Notify::new(),
        }
    }

    /// Says what befalls the next requests of a sort, one after the other.
    pub(crate) fn script(&self, which: Which, faults: &[Fault]) {
        self.script.borrow_mut().extend(faults.iter().map(|fault| (which, *fault)));
    }

    /// Forgets faults that have not befallen anything yet.
    pub(crate) fn mend(&self) {
        self.script.borrow_mut().clear();
    }

    /// Forgets what went over it so far.
    pub(crate) fn forget(&self) {
        self.log.borrow_mut().clear();
    }

    /// Returns what went over it so far.
    pub(crate) fn log(&self) -> Vec<Exchange> {
        self.log.borrow().clone()
    }

    /// Returns how many requests were sent so far.
    pub(crate) fn sent(&self) -> usize {
        self.log.borrow().len()
    }

    /// Returns how many publishing requests were sent so far, whether or not they arrived.
    pub(crate) fn published(&self) -> usize {
        self.log.borrow().iter().filter(|exchange| exchange.request.effect == Effect::Publish).count()
    }

    /// Returns how many publishing requests reached the twin.
    pub(crate) fn arrived(&self) -> usize {
        let log = self.log.borrow();
        log.iter().filter(|exchange| exchange.request.effect == Effect::Publish && exchange.arrived).count()
    }

    /// Waits until the publisher has died by the script.
    pub(crate) async fn crashed(&self) {
        self.crashed.notified().await;
    }

    fn next_fault(&self, effect: Effect) -> Fault {
        let mut script = self.script.borrow_mut();
        let fits = |which: Which| which == Which::Any || effect == Effect::Publish;
        let Some(at) = script.iter().position(|(which, _)| fits(*which)) else { return Fault::Fine };
        script.remove(at).map_or(Fault::Fine, |(_, fault)| fault)
    }

    /// Sends a request; none if the publisher dies over it.
    pub(crate) fn send(&self, request: TwinRequest) -> Option<Result<Response, TransportError>> {
        let fault = self.next_fault(request.effect);
        let answered = |arrived: bool| {
            let answer = if arrived { Some(self.twin.handle(&request)) } else { None };
            (arrived, answer)
        };
        let arrives = match fault {
            Fault::Fine | Fault::AnswerLost | Fault::Cut | Fault::BadGateway | Fault::Page | Fault::CrashAfter => true,
            Fault::Refused
            | Fault::RequestLost
            | Fault::TooMany(_)
            | Fault::Unauthorized
            | Fault::ServerError
            | Fault::Portal
            | Fault::Redirect
            | Fault::Echo
            | Fault::CrashBefore => false,
        };
        let (arrived, answer) = answered(arrives);
        let twins_status = answer.as_ref().map(|answer| answer.status);
        let lost = |not_sent, status, message: &str| {
            Some(Err(TransportError { not_sent, status, message: message.to_owned() }))
        };
        let outcome = match fault {
            Fault::Fine => answer.map(Ok),
            Fault::AnswerLost | Fault::RequestLost => lost(false, None, "connection closed before message completed"),
            Fault::Refused => lost(true, None, "connection refused"),
            Fault::Cut => lost(false, twins_status, "the answer was cut off"),
            Fault::CrashBefore | Fault::CrashAfter => {
                self.crashed.notify_one();
                None
            }
            _ => answer_of(fault, &request),
        };
        let status = outcome.as_ref().and_then(|outcome| match outcome {
            Ok(response) => Some(response.status),
            Err(error) => error.status,
        });
        self.log.borrow_mut().push(Exchange { request, status, arrived });
        outcome
    }
}

/// Returns what comes back instead of the twin's answer; none for faults without one.
pub(crate) fn answer_of(fault: Fault, request: &TwinRequest) -> Option<Result<Response, TransportError>> {
    let made = |status: u16, kind: &str, body: &str| {
        Some(Ok(crate::twin::answer(request, status, kind, body.as_bytes().to_vec())))
    };
    match fault {
        Fault::TooMany(wait) => {
            let mut answer = crate::twin::json(request, 429, &serde_json::json!({ "error": "Too many requests" }));
            answer.headers.extend(wait.map(|seconds| ("retry-after".to_owned(), seconds.to_string())));
            Some(Ok(answer))
        }
        Fault::Unauthorized => {
            made(401, "application/json", r#"{"error":"ExpiredToken","message":"The access token was revoked"}"#)
        }
        Fault::ServerError => made(500, "text/html", "<html><h1>We're sorry, but something went wrong</h1></html>"),
        Fault::BadGateway => made(502, "text/html", "<html><h1>502 Bad Gateway</h1></html>"),
        Fault::Page | Fault::Portal => {
            made(200, "text/html", "<!doctype html><title>Welcome to the hotel's network</title>")
        }
        Fault::Redirect => {
            let mut answer = crate::twin::answer(request, 307, "text/html", Vec::new());
            answer.headers.push(("location".to_owned(), "https://elsewhere.example/".to_owned()));
            Some(Ok(answer))
        }
        Fault::Echo => {
            let secret = request.authorization.as_deref().and_then(|value| value.split_once(' '));
            let words = format!("not with {} at {}", secret.map_or("", |(_, secret)| secret), request.url);
            made(403, "application/json", &serde_json::json!({ "error": words, "message": words }).to_string())
        }
        Fault::Fine
        | Fault::Refused
        | Fault::AnswerLost
        | Fault::RequestLost
        | Fault::Cut
        | Fault::CrashBefore
        | Fault::CrashAfter => None,
    }
}

impl Transport for Line {
    fn send(&self, request: Outgoing) -> Flow<'_, Result<Response, TransportError>> {
        let outcome = Self::send(self, TwinRequest::new(&request, self.clock.now()).with_hosted(self.shelf.all()));
        Box::pin(async move {
            match outcome {
                Some(outcome) => outcome,
                None => std::future::pending().await,
            }
        })
    }
}
