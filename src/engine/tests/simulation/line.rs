//! A publisher's line to the server: what is lost, cut or delayed on the way, and what the server says.

use super::{
    server::{Server, described},
    time::OwnClock,
};
use crate::{
    engine::{Outgoing, Transport, TransportError},
    model::{Timestamp, Zone},
    network::{Flow, Response, Settling},
};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a publisher waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Line<'a> {
    pub(super) server: &'a Server,
    pub(super) clock: OwnClock,
}

impl Line<'_> {
    async fn publish(&self, body: Value) -> Result<Response, TransportError> {
        let server = self.server;
        server.judge(&body);
        let sent = server.time.gone();
        if server.is_down() || server.in_trouble(6) {
            self.clock.until(sent + server.seconds(0, 10)).await;
            return no_answer(true, None);
        }
        if let Some(status) = self.turned_away(&body) {
            self.clock.until(sent + server.seconds(0, 3)).await;
            return self.answer(status, &json!({}));
        }
        if server.known(&body["key"], sent).is_some() && server.in_trouble(40) {
            // What is known is not always answered with what was made of it.
            self.clock.until(sent + server.seconds(0, 3)).await;
            return self.answer(if server.chance.percent(50) { 500 } else { 409 }, &json!({}));
        }
        let is_lost = server.in_trouble(7);
        let is_late = server.in_trouble(15);
        let effect = sent + if is_late { server.delay() } else { server.seconds(0, 4) };
        if !is_lost {
            server.accept(effect, body.clone());
        }
        let answered = effect + server.seconds(0, 2);
        if is_lost || answered > sent + PATIENCE || server.in_trouble(8) {
            self.clock.until(sent + PATIENCE).await;
            return no_answer(false, None);
        }
        self.clock.until(answered).await;
        server.catch_up();
        match server.chance.below(100) {
            _ if !server.in_trouble(100) => {}
            0..5 => return self.answer(500 + u16::try_from(server.chance.below(5)).expect("small"), &json!({})),
            5..7 => return self.answer(409, &json!({})),
            7..10 => return no_answer(false, Some(200)),
            10..13 => return self.page(),
            _ => {}
        }
        let live = server.live.borrow();
        let made = live.iter().find(|live| live.body["key"] == body["key"]).expect("it has taken effect");
        self.answer(200, &described(made))
    }

    /// Returns the status with which a request is sent back before it does anything, if it is.
    fn turned_away(&self, body: &Value) -> Option<u16> {
        let server = self.server;
        if Server::refuses(body) {
            return Some(422);
        }
        let says_duplicate = matches!(server.settling, Settling::Listing { .. })
            && server.live.borrow().iter().any(|live| live.body["text"] == body["text"]);
        match server.chance.below(100) {
            0..50 if says_duplicate => Some(409),
            _ if !server.in_trouble(100) => None,
            0..4 => Some(429),
            4..6 => Some(401),
            _ => None,
        }
    }

    async fn ask(&self, body: Value) -> Result<Response, TransportError> {
        let server = self.server;
        self.clock.until(server.time.gone() + server.seconds(0, 3)).await;
        server.catch_up();
        if server.is_down() {
            return no_answer(true, None);
        }
        if server.in_trouble(15) {
            return match server.chance.below(4) {
                0 => no_answer(true, None),
                1 => no_answer(false, None),
                2 => self.answer(503, &json!({})),
                _ => self.page(),
            };
        }
        self.answer(200, &server.find(&body))
    }

    /// A stranger's page.
    fn page(&self) -> Result<Response, TransportError> {
        let answer = self.answer(200, &Value::Null)?;
        Ok(Response { body: b"<!doctype html>".to_vec(), ..answer })
    }

    fn answer(&self, status: u16, body: &Value) -> Result<Response, TransportError> {
        let headers = vec![("date".to_owned(), http_date(self.server.now()))];
        Ok(Response { status, headers, body: body.to_string().into_bytes() })
    }
}

impl Transport for Line<'_> {
    fn send(&self, request: Outgoing) -> Flow<'_, Result<Response, TransportError>> {
        let body: Value = serde_json::from_slice(&request.body.0).unwrap_or_default();
        Box::pin(async move {
            match request.label {
                "post" => self.publish(body).await,
                "find" => self.ask(body).await,
                "greet" if self.server.is_down() => no_answer(true, None),
                "greet" => self.answer(200, &json!({})),
                label => panic!("nobody calls `{label}` here"),
            }
        })
    }
}

fn no_answer(not_sent: bool, status: Option<u16>) -> Result<Response, TransportError> {
    Err(TransportError { not_sent, status, message: "no answer".to_owned() })
}

/// Writes a moment of the simulation as HTTP does, to the second; the days of the week aren't read.
fn http_date(at: Timestamp) -> String {
    let (year, month, day) = at.date_in(Zone::UTC);
    assert_eq!((year, month), (2026, 11), "it begins on the 22nd and ends within two days");
    format!("{day:02} Nov {year} {} GMT", &at.to_string()[11..19])
}
