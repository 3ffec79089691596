//! A flow's surroundings: answers that are given in turn, and everything that a job borrows.

use crate::{
    diag::{FileId, Span, Spanned},
    model::{Account, AccountId, Remote, Timestamp},
    network::{
        Attempt, Draft, DraftPart, Flow, Found, Hand, Job, Limits, Network as _, NetworkError, Payload, PreparedMedia,
        Receipt, Referent, Request, Response, Session, Wire,
        bluesky::{Bluesky, ID, PROFILE},
        fixtures::{draft, flat},
    },
    text::{Flat, Range},
};
use futures_util::FutureExt as _;
use serde_json::Value;
use std::{collections::VecDeque, time::Duration};

/// Answers in turn and keeps what it was asked.
#[derive(Default)]
pub(super) struct Script {
    pub(super) answers: VecDeque<Result<Response, NetworkError>>,
    pub(super) asked: Vec<Request>,
}

impl Script {
    pub(super) fn new(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        let answer = |(status, body): (u16, Value)| {
            Ok(Response { status, headers: Vec::new(), body: body.to_string().into_bytes() })
        };
        Self { answers: answers.into_iter().map(answer).collect(), asked: Vec::new() }
    }

    pub(super) fn calls(&self) -> Vec<&'static str> {
        self.asked.iter().map(|request| request.label).collect()
    }

    pub(super) fn last_record(&self) -> Value {
        let Some(Payload::Json(payload)) = self.asked.last().map(|request| &request.payload) else {
            panic!("the last call writes no record: {:?}", self.calls())
        };
        payload["record"].clone()
    }
}

impl Hand for Script {
    fn learn(&mut self, name: &'static str, _: secrecy::SecretString) {
        panic!("nothing is learnt on the way: {name}");
    }

    fn call(&mut self, request: Request) -> Flow<'_, Result<Response, NetworkError>> {
        self.asked.push(request);
        let answer = self.answers.pop_front().expect("an answer for each call");
        Box::pin(async move { answer })
    }

    fn pause(&mut self, _why: &'static str, _duration: Duration) -> Flow<'_, ()> {
        Box::pin(async {})
    }
}

/// Everything that a job borrows.
pub(super) struct Stage {
    pub(super) draft: Draft,
    pub(super) part: usize,
    pub(super) account: Account,
    pub(super) limits: Limits,
    pub(super) attempt: Attempt,
    pub(super) media: Vec<PreparedMedia>,
    pub(super) root: Option<Remote>,
    pub(super) parent: Option<Remote>,
    pub(super) reply_to: Option<Referent>,
    pub(super) quote: Option<Referent>,
    pub(super) boost: Option<Referent>,
    pub(super) session: Session,
}

pub(super) fn nowhere() -> Span {
    Span::new(FileId(0), 0..0)
}

pub(super) fn part(text: &str, ranges: Vec<Range>) -> DraftPart {
    DraftPart {
        text: Flat { text: text.to_owned(), ranges, anchors: Vec::new(), ..Flat::default() },
        rich: [].into(),
        media: Vec::new(),
        beside: 0,
        span: nowhere(),
    }
}

pub(super) fn stage(parts: Vec<DraftPart>) -> Stage {
    let facts = [("did", "did:plc:us"), ("handle", "acme.example"), ("pds", "https://pds.example")];
    Stage {
        draft: Draft {
            account: AccountId::new("sky"),
            network: ID,
            language: Some("en".to_owned()),
            parts,
            ..draft(flat("", &[]), Vec::new(), &[])
        },
        part: 0,
        account: Account {
            handle: Some(Spanned::new("acme.example".to_owned(), nowhere())),
            ..Account::new(AccountId::new("sky"), ID, nowhere())
        },
        limits: PROFILE.limits(),
        attempt: Attempt { key: String::new(), at: Timestamp::from_millis(1_780_000_000_000), nonce: 77 },
        media: Vec::new(),
        root: None,
        parent: None,
        reply_to: None,
        quote: None,
        boost: None,
        session: Session { facts: facts.map(|(name, fact)| (name, fact.to_owned())).into() },
    }
}

impl Stage {
    pub(super) fn job(&self) -> Job<'_> {
        Job {
            draft: &self.draft,
            part: self.part,
            account: &self.account,
            limits: &self.limits,
            attempt: &self.attempt,
            media: &self.media,
            root: self.root.as_ref(),
            parent: self.parent.as_ref(),
            reply_to: self.reply_to.as_ref(),
            quote: self.quote.as_ref(),
            boost: self.boost.as_ref(),
            recipient: None,
        }
    }

    pub(super) fn publish(&self, script: &mut Script) -> Result<Receipt, NetworkError> {
        let mut wire = Wire::new(script, &self.session);
        Bluesky.publish(&self.job(), &mut wire).now_or_never().expect("a script never waits")
    }

    pub(super) fn find(&self, script: &mut Script) -> Result<Found, NetworkError> {
        let mut wire = Wire::new(script, &self.session);
        Bluesky.find(&self.job(), &mut wire).now_or_never().expect("a script never waits")
    }
}
