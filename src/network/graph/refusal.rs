use crate::network::{ErrorKind, NetworkError, Response, one_line};
use serde::{Deserialize, de::DeserializeOwned};
use std::time::Duration;

#[derive(Deserialize)]
struct Envelope {
    error: Told,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    code: i64,
    #[serde(default)]
    error_subcode: i64,
    #[serde(default)]
    is_transient: bool,
    #[serde(default)]
    error_user_msg: Option<String>,
}

/// Reads a success, or tells what a refusal means.
pub(in crate::network) fn read<T: DeserializeOwned>(response: &Response) -> Result<T, NetworkError> {
    if response.is_success() { response.json() } else { Err(refusal(response)) }
}

/// Reads the answer to a deletion. What is gone already is deleted.
pub(in crate::network) fn done(response: &Response) -> Result<(), NetworkError> {
    match read::<serde_json::Value>(response) {
        Ok(_) => Ok(()),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Tells what a refusal means.
pub(in crate::network) fn refused<T>(response: &Response) -> Result<T, NetworkError> {
    Err(refusal(response))
}

/// Tells what a refusal means, by its code and subcode.
fn refusal(response: &Response) -> NetworkError {
    let told = serde_json::from_slice::<Envelope>(&response.body).ok().map(|envelope| envelope.error);
    let kind = told.as_ref().and_then(by_code).unwrap_or_else(|| by_status(response.status));
    let words = told.and_then(|told| told.error_user_msg.or(told.message)).filter(|words| !words.is_empty());
    let message = words.unwrap_or_else(|| format!("the server answered with status {}", response.status));
    let mut error = NetworkError::new(kind, one_line(&message).trim_end_matches('.'));
    error.detail = Some(format!("{} {}", response.status, response.excerpt()));
    if kind == ErrorKind::RateLimited {
        error.wait = response.wait(None).or_else(|| regained(response));
    }
    error
}

fn by_code(told: &Told) -> Option<ErrorKind> {
    Some(match (told.code, told.error_subcode) {
        // What the app is told of what it made a moment ago; a look shortly after finds it.
        (24, 4_279_009) | (9007 | -1, 2_207_027) | (_, 2_207_027) => ErrorKind::NotReady,
        // A container that lasted too long, or a file that took too long to fetch: another one may do.
        (_, 2_207_003 | 2_207_008 | 2_207_020) => ErrorKind::NotReady,
        // Their own faults, after which a post may be out all the same.
        (_, 2_207_001 | 2_207_032 | 2_207_053 | 2_207_082) => ErrorKind::Ambiguous,
        (_, 2_207_042) => ErrorKind::RateLimited,
        (_, 2_207_050 | 2_207_051) => ErrorKind::Forbidden,
        (_, 2_207_000..=2_207_999) => ErrorKind::Refused,
        (102 | 190, _) => ErrorKind::SignedOut,
        (4 | 17 | 32 | 613, _) => ErrorKind::RateLimited,
        (10 | 200..=299, _) => ErrorKind::Forbidden,
        (100, 33) | (803, _) => ErrorKind::NotFound,
        (1 | 2, _) => ErrorKind::Ambiguous,
        _ if told.is_transient => ErrorKind::Ambiguous,
        (100, _) => ErrorKind::Refused,
        _ => return None,
    })
}

fn by_status(status: u16) -> ErrorKind {
    match status {
        300..=399 => ErrorKind::Misconfigured,
        401 => ErrorKind::SignedOut,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        429 => ErrorKind::RateLimited,
        400..=499 => ErrorKind::Refused,
        _ => ErrorKind::Ambiguous,
    }
}

/// Reads in how long calls are let through again, from the header that tells of usage: the most of all that it names.
pub(in crate::network) fn regained(response: &Response) -> Option<Duration> {
    let usage: serde_json::Value = serde_json::from_str(response.header("x-business-use-case-usage")?).ok()?;
    let all = usage.as_object()?.values().filter_map(|list| list.as_array()).flatten();
    let minutes = all.filter_map(|each| each["estimated_time_to_regain_access"].as_u64()).max()?;
    Some(Duration::from_secs(minutes.min(7 * 24 * 60) * 60)).filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[track_caller]
    fn check(status: u16, code: i64, subcode: i64, kind: ErrorKind) {
        let body = format!(
            r#"{{"error":{{"message":"Words.","type":"OAuthException","code":{code},"error_subcode":{subcode},"fbtrace_id":"A"}}}}"#
        );
        let error = refusal(&response(status, &body));
        assert_eq!((error.kind, error.message.as_str()), (kind, "Words"), "{code}/{subcode}");
    }

    #[test]
    fn codes_say_what_happened() {
        check(400, 190, 463, ErrorKind::SignedOut);
        check(403, 10, 0, ErrorKind::Forbidden);
        check(403, 200, 0, ErrorKind::Forbidden);
        check(400, 100, 0, ErrorKind::Refused);
        check(400, 100, 33, ErrorKind::NotFound);
        check(400, 4, 0, ErrorKind::RateLimited);
        check(400, 613, 0, ErrorKind::RateLimited);
        check(400, 24, 4_279_009, ErrorKind::NotReady);
        check(400, 9007, 2_207_027, ErrorKind::NotReady);
        check(400, 9, 2_207_042, ErrorKind::RateLimited);
        check(400, 25, 2_207_050, ErrorKind::Forbidden);
        check(400, 36_003, 2_207_009, ErrorKind::Refused);
        check(500, 1, 0, ErrorKind::Ambiguous);
        check(400, 2, 0, ErrorKind::Ambiguous);
        check(500, -1, 2_207_001, ErrorKind::Ambiguous);
        check(429, 12_345, 0, ErrorKind::RateLimited);
        check(503, 12_345, 0, ErrorKind::Ambiguous);
    }

    #[test]
    fn what_is_no_envelope_is_read_by_its_status() {
        for (status, kind) in [
            (301, ErrorKind::Misconfigured),
            (400, ErrorKind::Refused),
            (401, ErrorKind::SignedOut),
            (404, ErrorKind::NotFound),
            (500, ErrorKind::Ambiguous),
        ] {
            assert_eq!(refusal(&response(status, "<html>no</html>")).kind, kind);
        }
        let transient = r#"{"error":{"message":"m","code":99,"is_transient":true,"error_user_msg":"Try later."}}"#;
        let error = refusal(&response(400, transient));
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Ambiguous, "Try later"));
    }

    #[test]
    fn a_wait_stands_in_a_header() {
        let usage = r#"{"17":[{"type":"instagram","call_count":100,"estimated_time_to_regain_access":7}],"18":[]}"#;
        let mut limited = response(400, r#"{"error":{"message":"m","code":4}}"#);
        limited.headers.push(("x-business-use-case-usage".to_owned(), usage.to_owned()));
        assert_eq!(refusal(&limited).wait, Some(Duration::from_secs(7 * 60)));
    }

    #[test]
    fn deleting_what_is_gone_succeeds() {
        assert_eq!(done(&response(200, r#"{"success":true}"#)), Ok(()));
        assert_eq!(done(&response(400, r#"{"error":{"message":"m","code":100,"error_subcode":33}}"#)), Ok(()));
        assert_eq!(
            done(&response(400, r#"{"error":{"message":"m","code":100}}"#)).map_err(|it| it.kind),
            Err(ErrorKind::Refused)
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(status in 100_u16..600, body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let response = Response { status, headers: Vec::new(), body };
            let _ = (done(&response), read::<super::super::Made>(&response));
        }
    }
}
