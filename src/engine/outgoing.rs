use super::{
    Entropy, Outgoing, OutgoingBody,
    body::{Rendered, Upload, render},
    schnorr, sign,
};
use crate::{
    model::Timestamp,
    network::{Credential, Method, Payload, Place, Request},
};
use secrecy::{ExposeSecret as _, SecretString};
use std::mem;

/// What stands for the secret in an address.
const PLACEHOLDER: &str = "{secret}";

/// What a request lacks until it is sent.
#[derive(Clone, Copy)]
pub struct Stock<'a> {
    /// Finds a secret by its name, or tells why there is none.
    pub secret: &'a dyn Fn(Credential) -> Result<SecretString, String>,
    /// The media of the part.
    pub uploads: &'a [Upload],
    /// For the boundaries of forms.
    pub entropy: &'a dyn Entropy,
    /// The time, for what is signed.
    pub now: Timestamp,
}

/// Makes a request ready for the wire: secrets and media are put in, and what must be signed is.
pub fn make_ready(request: &Request, stock: &Stock<'_>) -> Result<Outgoing, String> {
    let body = render(&request.payload, stock)?;
    let headers = request.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let mut outgoing = Outgoing {
        label: request.label,
        method: request.method,
        url: request.url.clone(),
        whole_url: None,
        headers,
        authorization: None,
        body: OutgoingBody::default(),
        effect: request.effect,
    };
    let Rendered { mut content_type, mut bytes } = body;
    // What is asked for goes into the address, which then may hold secrets.
    if request.method == Method::Get && matches!(request.payload, Payload::Form(_)) {
        let query = String::from_utf8(mem::take(&mut bytes)).map_err(|_| "a form is text".to_owned())?;
        outgoing.whole_url = Some(format!("{}?{query}", request.url).into());
        content_type = None;
    }
    outgoing.headers.extend(content_type.map(|kind| ("content-type".to_owned(), kind)));
    if request.credential != Credential::None {
        let secret = (stock.secret)(request.credential)?;
        place(&mut outgoing, &request.place, secret.expose_secret(), &bytes, stock.now)?;
    }
    outgoing.body = OutgoingBody(bytes);
    Ok(outgoing)
}

fn place(outgoing: &mut Outgoing, place: &Place, secret: &str, body: &[u8], now: Timestamp) -> Result<(), String> {
    outgoing.authorization = Some(match place {
        Place::Bearer => format!("Bearer {secret}").into(),
        Place::Scheme(word) => format!("{word} {secret}").into(),
        Place::Basic { user } => format!("Basic {}", sign::basic(user, secret)?).into(),
        Place::Jwt { audience, word } => format!("{word} {}", sign::json_web_token(secret, audience, now)?).into(),
        Place::Event(event) => format!("Nostr {}", schnorr::authorization(event, secret, now)?).into(),
        Place::Url => {
            outgoing.whole_url = Some(outgoing.url.replace(PLACEHOLDER, secret).into());
            return Ok(());
        }
        Place::Webhook { id } => {
            let headers = sign::webhook(secret, id, now, body)?;
            outgoing.headers.extend(headers.into_iter().map(|(name, value)| (name.to_owned(), value)));
            return Ok(());
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::testing::FakeEntropy, *};
    use crate::network::{Effect, Field, FieldValue, RelayEvent};
    use serde_json::json;

    #[track_caller]
    fn ready(url: &str, place: Place, secret: &str) -> Outgoing {
        let request = Request::send("test", Method::Post, url, Payload::Json(json!({})), Effect::Prepare)
            .credential(Credential::Token)
            .place(place);
        assert!(!format!("{request:?}").contains(secret));
        let stock = Stock {
            secret: &|_| Ok(secret.into()),
            uploads: &[],
            entropy: &FakeEntropy::new(7),
            now: Timestamp::EPOCH,
        };
        let outgoing = make_ready(&request, &stock).expect("ready");
        assert!(!format!("{outgoing:?}").contains(secret), "{outgoing:?}");
        outgoing
    }

    #[track_caller]
    fn check(place: Place, secret: &str, expect: &str) {
        let outgoing = ready("https://social.example/post", place, secret);
        assert_eq!(outgoing.authorization.as_ref().map(|value| value.expose_secret()), Some(expect));
        assert_eq!(outgoing.address(), "https://social.example/post");
    }

    #[test]
    fn a_secret_goes_where_the_network_wants_it() {
        check(Place::Bearer, "hunter2", "Bearer hunter2");
        check(Place::Scheme("Bot"), "hunter2", "Bot hunter2");
        check(Place::Basic { user: "amy".to_owned() }, "hunter2", "Basic YW15Omh1bnRlcjI=");
    }

    #[test]
    fn the_form_of_a_question_is_in_the_address_and_not_in_the_one_that_is_shown() {
        let fields = vec![Field::text("grant_type", "a b"), Field::new("token", FieldValue::Secret(Credential::Token))];
        let request =
            Request::send("test", Method::Get, "https://social.example/token", Payload::Form(fields), Effect::Read);
        let stock = Stock {
            secret: &|_| Ok("hunter2".into()),
            uploads: &[],
            entropy: &FakeEntropy::new(7),
            now: Timestamp::EPOCH,
        };
        let outgoing = make_ready(&request, &stock).expect("ready");
        assert_eq!(outgoing.address(), "https://social.example/token?grant_type=a+b&token=hunter2");
        assert!(outgoing.body.0.is_empty() && outgoing.headers.is_empty());
        assert!(!format!("{outgoing:?}").contains("hunter2"), "{outgoing:?}");
    }

    #[test]
    fn a_secret_in_an_address_is_not_in_the_one_that_is_shown() {
        let outgoing = ready("https://social.example/bot{secret}/send", Place::Url, "hunter2");
        assert_eq!(outgoing.url, "https://social.example/bot{secret}/send");
        assert_eq!(outgoing.address(), "https://social.example/bothunter2/send");
        let outgoing = ready("{secret}?wait=true", Place::Url, "https://social.example/hooks/hunter2");
        assert_eq!(outgoing.address(), "https://social.example/hooks/hunter2?wait=true");
        assert!(outgoing.authorization.is_none());
    }

    #[test]
    fn a_secret_may_be_asked_for_twice() {
        let outgoing = ready("https://social.example/debug?input={secret}&token={secret}", Place::Url, "hunter2");
        assert_eq!(outgoing.address(), "https://social.example/debug?input=hunter2&token=hunter2");
    }

    #[test]
    fn a_signature_is_sent_instead_of_the_secret() {
        let outgoing = ready("https://social.example", Place::Webhook { id: "a".to_owned() }, "whsec_AAAA");
        let names: Vec<&str> = outgoing.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["content-type", "webhook-id", "webhook-timestamp", "webhook-signature"]);
        assert!(outgoing.authorization.is_none());
        let outgoing = ready("https://social.example", Place::Jwt { audience: "/a/", word: "Ghost" }, "id:00ff");
        let authorization = outgoing.authorization.expect("a token");
        assert!(authorization.expose_secret().starts_with("Ghost ey"));
        let secret = "0000000000000000000000000000000000000000000000000000000000000003";
        let public_key = "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9".to_owned();
        let (tags, content) = (Vec::new(), "Upload a file".to_owned());
        let event = RelayEvent { public_key, created_at: 0, kind: 24242, tags, content };
        let outgoing = ready("https://social.example", Place::Event(event), secret);
        let authorization = outgoing.authorization.as_ref().expect("an event");
        assert!(authorization.expose_secret().starts_with("Nostr ey") && !authorization.expose_secret().contains('='));
    }
}
