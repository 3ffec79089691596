use super::read;
use crate::network::{ErrorKind, NetworkError, Request, Wire};
use serde_json::Value;
use std::time::Duration;

/// How long is waited between looks. All of it is about five minutes, as the documentation advises.
const PAUSES: [u64; 9] = [2, 3, 5, 10, 20, 30, 60, 60, 120];

/// How a network tells of a container.
#[derive(Clone, Copy, Debug)]
pub(in crate::network) struct Container {
    /// The field with its state: `IN_PROGRESS`, `FINISHED`, `PUBLISHED`, `ERROR` or `EXPIRED`.
    pub(in crate::network) state: &'static str,
    /// The field that says what is wrong.
    pub(in crate::network) why: &'static str,
    /// What is waited for, for people.
    pub(in crate::network) waiting: &'static str,
}

/// Waits until a container can be published: the network fetches the media and looks at them first. Nothing is claimed meanwhile.
pub(in crate::network) async fn wait_until_ready(
    container: Container,
    look: &Request,
    wire: &mut Wire<'_>,
) -> Result<(), NetworkError> {
    for pause in PAUSES {
        if is_ready(container, &read(&wire.call(look.clone()).await?)?)? {
            return Ok(());
        }
        wire.pause(container.waiting, Duration::from_secs(pause)).await;
    }
    if is_ready(container, &read(&wire.call(look.clone()).await?)?)? {
        return Ok(());
    }
    Err(NetworkError::new(ErrorKind::NotReady, "the network hasn't made the post ready for five minutes"))
}

fn is_ready(container: Container, told: &Value) -> Result<bool, NetworkError> {
    let Some(state) = told[container.state].as_str() else {
        let message = "the answer doesn't say whether the post is ready to be published";
        return Err(NetworkError::new(ErrorKind::Unreadable, message).detail(told.to_string()));
    };
    let why = told[container.why].as_str().unwrap_or_default();
    match state {
        "FINISHED" => Ok(true),
        "IN_PROGRESS" => Ok(false),
        "EXPIRED" => Err(NetworkError::new(ErrorKind::NotReady, "what was made ready has expired")),
        "ERROR" => Err(NetworkError::new(fault(why), format!("the network can't make the post ready: {why}"))),
        other => Err(NetworkError::new(ErrorKind::Unreadable, format!("the post is in the unknown state `{other}`"))),
    }
}

/// Tells whether the media are at fault, or fetching and processing them may go better next time.
fn fault(why: &str) -> ErrorKind {
    let passing =
        ["FAILED_DOWNLOADING", "FAILED_PROCESSING_AUDIO", "UNKNOWN", "2207001", "2207003", "2207053", "2207082"];
    if why.is_empty() || passing.iter().any(|word| why.contains(word)) {
        ErrorKind::NotReady
    } else {
        ErrorKind::Refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const WORDS: Container = Container { state: "status", why: "error_message", waiting: "it" };

    #[track_caller]
    fn check(told: &Value, expect: Result<bool, ErrorKind>) {
        assert_eq!(is_ready(WORDS, told).map_err(|error| error.kind), expect, "{told}");
    }

    #[test]
    fn states_are_told_apart() {
        check(&json!({ "status": "FINISHED" }), Ok(true));
        check(&json!({ "status": "IN_PROGRESS" }), Ok(false));
        check(&json!({ "status": "EXPIRED" }), Err(ErrorKind::NotReady));
        check(&json!({ "status": "PUBLISHED" }), Err(ErrorKind::Unreadable));
        check(&json!({}), Err(ErrorKind::Unreadable));
        check(&json!({ "status": "ERROR", "error_message": "UNKNOWN" }), Err(ErrorKind::NotReady));
        check(&json!({ "status": "ERROR", "error_message": "INVALID_ASPEC_RATIO" }), Err(ErrorKind::Refused));
    }
}
