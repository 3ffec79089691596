use super::*;
use crate::{
    engine::{Outgoing, OutgoingBody},
    network::{Effect, Method},
};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_tungstenite::{accept_async, tungstenite::Message};

/// Starts a relay that answers the first message with these, then hangs up or stays silent. Returns its address.
async fn relay(says: Vec<Value>, hangs_up: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("ws://{}", listener.local_addr().expect("an address"));
    tokio::task::spawn_local(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut socket = accept_async(stream).await.expect("a handshake");
        let _ = socket.next().await;
        for said in says {
            socket.send(Message::text(said.to_string())).await.expect("sent");
        }
        if !hangs_up {
            std::future::pending::<()>().await;
        }
    });
    address
}

async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    format!("ws://{}", listener.local_addr().expect("an address"))
}

fn request(relays: &[String], frame: Value) -> Outgoing {
    Outgoing {
        label: "test",
        method: Method::Post,
        url: relays.first().cloned().unwrap_or_default(),
        whole_url: None,
        headers: Vec::new(),
        authorization: None,
        body: OutgoingBody(json!({ "relays": relays, "frame": frame }).to_string().into_bytes()),
        effect: Effect::Publish,
    }
}

fn event() -> Value {
    json!(["EVENT", { "id": "aa" }])
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, test)
}

async fn send(relays: &[String], frame: Value) -> Result<Vec<RelayAnswer>, TransportError> {
    let times = Times { request_timeout: Duration::from_secs(1), ..Times::default() };
    let response = RelayTransport::default().with_times(times).send(request(relays, frame)).await?;
    Ok(serde_json::from_slice(&response.body).expect("a list of answers"))
}

#[test]
fn each_relay_answers_for_itself() {
    run(async {
        let ok = json!(["OK", "aa", true, ""]);
        let other = json!(["OK", "bb", false, "invalid: somebody else's"]);
        let relays = [
            relay(vec![ok.clone()], false).await,
            nobody().await,
            relay(Vec::new(), true).await,
            relay(vec![other.clone()], false).await,
            relay(vec![other.clone(), ok.clone()], false).await,
            relay(vec![json!(["OK", "", false, "invalid: bad"])], false).await,
        ];
        let answers = send(&relays, event()).await.expect("answers");
        assert_eq!(answers.iter().map(|it| &it.relay).collect::<Vec<_>>(), relays.iter().collect::<Vec<_>>());
        assert_eq!(answers.iter().map(|it| it.sent).collect::<Vec<_>>(), [true, false, true, true, true, true]);
        let whole: Vec<bool> = answers.iter().map(|it| it.trouble.is_none()).collect();
        assert_eq!(whole, [true, false, false, false, true, true], "{answers:#?}");
        assert_eq!(answers[4].frames, [other, ok]);
    });
}

#[test]
fn a_question_is_answered_until_the_end_of_what_is_stored() {
    run(async {
        let said =
            vec![json!(["AUTH", "x"]), json!(["EVENT", "q", {}]), json!(["EOSE", "other"]), json!(["EOSE", "q"])];
        let relays = [relay(said.clone(), false).await];
        let answers = send(&relays, json!(["REQ", "q", {}])).await.expect("answers");
        assert_eq!((answers[0].frames.clone(), answers[0].trouble.clone()), (said, None));
    });
}

#[test]
fn nothing_has_left_if_nobody_was_reached() {
    run(async {
        for relays in [vec![nobody().await, nobody().await], vec!["ws://far.example".to_owned()], Vec::new()] {
            let error = send(&relays, event()).await.expect_err("nobody is there");
            assert!(error.not_sent, "{error:?}");
        }
    });
}

#[test]
fn an_answer_without_end_is_cut() {
    run(async {
        let long = json!(["NOTICE", "x".repeat(LONGEST / 3)]);
        let relays = [relay(vec![long.clone(), long.clone(), long.clone(), long], false).await];
        let answers = send(&relays, json!(["REQ", "q", {}])).await.expect("an answer");
        assert!(answers[0].sent);
        assert!(answers[0].trouble.as_deref().is_some_and(|why| why.contains("longer")), "{:?}", answers[0].trouble);
    });
}

#[test]
fn a_notice_is_not_waited_after_for_long() {
    run(async {
        let relays = [relay(vec![json!(["NOTICE", "max size exceeded"])], false).await];
        let times = Times { request_timeout: Duration::from_secs(60), ..Times::default() };
        let begun = Instant::now();
        let response = RelayTransport::default().with_times(times).send(request(&relays, event())).await;
        let answers: Vec<RelayAnswer> = serde_json::from_slice(&response.expect("answers").body).expect("a list");
        assert!(answers[0].trouble.is_some() && begun.elapsed() < Duration::from_secs(20));
    });
}
