use super::LONGEST;
use crate::{config::Times, engine::address::Origin, network::RelayAnswer};
use futures_util::{SinkExt as _, StreamExt as _};
use rustls::{ClientConfig, pki_types::ServerName};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, client::IntoClientRequest as _, protocol::WebSocketConfig},
};

/// How long is waited for an answer to an event after a notice, which may be the answer: some relays say only that.
const AFTER_A_NOTICE: Duration = Duration::from_secs(2);
/// How long a relay has to take note that we leave.
const GOODBYE: Duration = Duration::from_secs(1);

/// What a relay said.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) answer: RelayAnswer,
    /// The time on its clock, if it told it when the connection was made.
    pub(super) date: Option<String>,
}

/// A stream of bytes, encrypted or to this machine.
trait Bytes: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Bytes for T {}

/// Tells a relay something, which is given as it is and as it is written, and hears it to the end of its answer.
pub(super) async fn talk(
    relay: &str,
    (frame, text): (&Value, &str),
    times: &Times,
    encryption: &Arc<ClientConfig>,
) -> Heard {
    let mut heard = Heard { answer: RelayAnswer { relay: relay.to_owned(), ..RelayAnswer::default() }, date: None };
    let connected = timeout_at(Instant::now() + times.connect_timeout, connect(relay, encryption)).await;
    let mut socket = match connected {
        Ok(Ok((socket, date))) => {
            heard.date = date;
            socket
        }
        Ok(Err(why)) => {
            heard.answer.trouble = Some(why);
            return heard;
        }
        Err(_) => {
            heard.answer.trouble = Some("no connection was made in time".to_owned());
            return heard;
        }
    };
    let until = Instant::now() + times.request_timeout;
    // From here on nobody can tell what arrived, whatever goes wrong.
    heard.answer.sent = true;
    match timeout_at(until, socket.send(Message::text(text))).await {
        Ok(Ok(())) => heard.answer.trouble = listen(&mut socket, frame, until, &mut heard.answer.frames).await,
        Ok(Err(error)) => heard.answer.trouble = Some(error.to_string()),
        Err(_) => heard.answer.trouble = Some("it took nothing in time".to_owned()),
    }
    // Whether the relay hears that we leave changes nothing.
    let _ = timeout_at(Instant::now() + GOODBYE, socket.close(None)).await;
    heard
}

async fn connect(
    relay: &str,
    encryption: &Arc<ClientConfig>,
) -> Result<(WebSocketStream<Box<dyn Bytes>>, Option<String>), String> {
    let origin = Origin::of(relay).ok_or("the address can't be read")?;
    if !origin.is_safe() {
        return Err(format!("`{}` would be spoken to without encryption", origin.host));
    }
    let request = relay.into_client_request().map_err(|error| error.to_string())?;
    // Two readings of one address must not differ, or it could be told to somebody else.
    if request.uri().host().map(str::to_ascii_lowercase).as_deref() != Some(origin.host.as_str()) {
        return Err("the address can be read in two ways".to_owned());
    }
    let host = origin.host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let stream = TcpStream::connect((host.as_str(), origin.port)).await.map_err(|error| error.to_string())?;
    let stream: Box<dyn Bytes> = if origin.secure {
        let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
        let connector = TlsConnector::from(Arc::clone(encryption));
        Box::new(connector.connect(name, stream).await.map_err(|error| error.to_string())?)
    } else {
        Box::new(stream)
    };
    let config = WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
    let (socket, response) =
        client_async_with_config(request, stream, Some(config)).await.map_err(|error| error.to_string())?;
    let date = response.headers().get("date").and_then(|date| date.to_str().ok()).map(str::to_owned);
    Ok((socket, date))
}

/// Hears until the answer is whole; returns why it is not.
async fn listen(
    socket: &mut WebSocketStream<Box<dyn Bytes>>,
    asked: &Value,
    mut until: Instant,
    frames: &mut Vec<Value>,
) -> Option<String> {
    let mut length = 0;
    loop {
        let message = match timeout_at(until, socket.next()).await {
            Err(_) => return Some("it did not answer in time".to_owned()),
            Ok(None) => return Some("it hung up before its answer".to_owned()),
            Ok(Some(Err(error))) => return Some(error.to_string()),
            Ok(Some(Ok(message))) => message,
        };
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => return Some("it hung up before its answer".to_owned()),
            Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => continue,
        };
        length += text.len();
        if length > LONGEST {
            return Some(format!("its answer is longer than {LONGEST} bytes"));
        }
        // What is no JSON is kept as words, as evidence.
        let said: Value = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text.as_str()));
        let whole = is_whole(asked, &said);
        if asked[0] == "EVENT" && said[0] == "NOTICE" {
            until = until.min(Instant::now() + AFTER_A_NOTICE);
        }
        frames.push(said);
        if whole {
            return None;
        }
    }
}

/// Returns whether a message ends the answer: `OK` to an event, also where the relay leaves its id out, and the end of what is
/// stored to a question.
fn is_whole(asked: &Value, said: &Value) -> bool {
    if asked[0] == "EVENT" {
        said[0] == "OK" && (said[1] == asked[1]["id"] || said[1].as_str().is_none_or(str::is_empty))
    } else {
        (said[0] == "EOSE" || said[0] == "CLOSED") && said[1] == asked[1]
    }
}
