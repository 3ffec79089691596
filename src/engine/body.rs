use super::{clock::random_id, mail, outgoing::Stock, schnorr};
use crate::{
    model::MediaKind,
    network::{Credential, FieldValue, MediaKey, Payload, RelayOrder, Slice},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

/// An image or video in memory, as it is sent.
#[derive(Clone)]
pub struct Upload {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What they are.
    pub kind: MediaKind,
}

/// A body and what it is.
pub(super) struct Rendered {
    pub(super) content_type: Option<String>,
    pub(super) bytes: Vec<u8>,
}

/// Writes a payload as bytes; the stock has what a payload only names.
pub(super) fn render(payload: &Payload, stock: &Stock<'_>) -> Result<Rendered, String> {
    const JSON: &str = "application/json";
    let Stock { secret, uploads, entropy, now } = *stock;
    let upload = |key: &MediaKey| {
        uploads
            .get(key.0)
            .ok_or_else(|| format!("the adapter names medium {}, and there are {}", key.0 + 1, uploads.len()))
    };
    Ok(match payload {
        Payload::Empty => Rendered { content_type: None, bytes: Vec::new() },
        Payload::Json(value) => Rendered { content_type: Some(JSON.to_owned()), bytes: value.to_string().into_bytes() },
        Payload::JsonWithSecret { value, key, credential } => {
            let mut value = value.clone();
            let Some(object) = value.as_object_mut() else {
                return Err("the adapter puts a secret into something that is no JSON object".to_owned());
            };
            object.insert((*key).to_owned(), secret(*credential)?.expose_secret().into());
            Rendered { content_type: Some(JSON.to_owned()), bytes: value.to_string().into_bytes() }
        }
        Payload::Media(key) => {
            let upload = upload(key)?;
            Rendered { content_type: Some(upload.kind.mime().to_owned()), bytes: upload.bytes.clone() }
        }
        Payload::MediaSlice(slice) => {
            Rendered { content_type: Some(BYTES.to_owned()), bytes: cut(upload(&slice.key)?, slice)?.to_vec() }
        }
        Payload::Relays(call) => {
            let order = RelayOrder { relays: call.relays.clone(), frame: schnorr::frame(call, secret, now)? };
            Rendered { content_type: Some(JSON.to_owned()), bytes: json!(order).to_string().into_bytes() }
        }
        Payload::Mail(mail) => {
            let bytes = mail::write(mail, &|key| upload(key).cloned())?;
            Rendered { content_type: Some("message/rfc822".to_owned()), bytes }
        }
        Payload::Form(fields) => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            for field in fields {
                form.append_pair(&field.name, &words(&field.value, secret)?);
            }
            let kind = "application/x-www-form-urlencoded".to_owned();
            Rendered { content_type: Some(kind), bytes: form.finish().into_bytes() }
        }
        Payload::Multipart(fields) => {
            let boundary = format!("masthead-{}", random_id(entropy));
            let mut bytes = Vec::new();
            for field in fields {
                let disposition = format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"", field.name);
                bytes.extend_from_slice(disposition.as_bytes());
                match &field.value {
                    FieldValue::Json(value) => {
                        bytes.extend_from_slice(b"\r\ncontent-type: application/json\r\n\r\n");
                        bytes.extend_from_slice(value.to_string().as_bytes());
                    }
                    FieldValue::Text(_) | FieldValue::Secret(_) => {
                        bytes.extend_from_slice(b"\r\n\r\n");
                        bytes.extend_from_slice(words(&field.value, secret)?.as_bytes());
                    }
                    FieldValue::Media(key) => {
                        let upload = upload(key)?;
                        file(&mut bytes, *key, upload.kind, upload.kind.mime(), &upload.bytes);
                    }
                    FieldValue::MediaSlice(slice) => {
                        let upload = upload(&slice.key)?;
                        file(&mut bytes, slice.key, upload.kind, BYTES, cut(upload, slice)?);
                    }
                }
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
            Rendered { content_type: Some(format!("multipart/form-data; boundary={boundary}")), bytes }
        }
    })
}

/// The type of bytes that are nothing by themselves.
const BYTES: &str = "application/octet-stream";

/// Writes a file into a form. Its own name stays at home: it may tell more than the picture.
fn file(form: &mut Vec<u8>, key: MediaKey, kind: MediaKind, mime: &str, bytes: &[u8]) {
    let name = format!("media-{}.{}", key.0 + 1, kind.extension());
    form.extend_from_slice(format!("; filename=\"{name}\"\r\ncontent-type: {mime}\r\n\r\n").as_bytes());
    form.extend_from_slice(bytes);
}

/// Returns a stretch of what is sent.
fn cut<'u>(upload: &'u Upload, slice: &Slice) -> Result<&'u [u8], String> {
    let bound = |at: u64| usize::try_from(at).ok();
    let range = bound(slice.from).zip(bound(slice.to)).map(|(from, to)| from..to);
    range
        .and_then(|range| upload.bytes.get(range))
        .ok_or_else(|| format!("the adapter asks for bytes {} to {} of {}", slice.from, slice.to, upload.bytes.len()))
}

/// Returns the value of a field as text.
fn words(value: &FieldValue, secret: &dyn Fn(Credential) -> Result<SecretString, String>) -> Result<String, String> {
    match value {
        FieldValue::Text(text) => Ok(text.clone()),
        FieldValue::Json(value) => Ok(value.to_string()),
        FieldValue::Secret(credential) => Ok(secret(*credential)?.expose_secret().to_owned()),
        FieldValue::Media(_) | FieldValue::MediaSlice(_) => {
            Err("the adapter puts a file into a form that takes none".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::testing::FakeEntropy, *};
    use crate::{model::Timestamp, network::Field};

    fn written(payload: &Payload) -> Result<(Option<String>, String), String> {
        let uploads = [Upload { bytes: b"PIXELS".to_vec(), kind: MediaKind::Png }];
        let secret = |credential| match credential {
            Credential::Token => Ok("hunter2".into()),
            _ => Err("no such secret".to_owned()),
        };
        let entropy = FakeEntropy::new(7);
        let stock = Stock { secret: &secret, uploads: &uploads, entropy: &entropy, now: Timestamp::EPOCH };
        let rendered = render(payload, &stock)?;
        Ok((rendered.content_type, String::from_utf8(rendered.bytes).expect("text")))
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(written(&Payload::Empty), Ok((None, String::new())));
    }

    #[test]
    fn json_gets_its_secret_at_its_key() {
        let payload =
            Payload::JsonWithSecret { value: json!({"user": "acme"}), key: "password", credential: Credential::Token };
        assert_eq!(
            written(&payload),
            Ok((Some("application/json".to_owned()), r#"{"password":"hunter2","user":"acme"}"#.to_owned()))
        );
        assert!(!format!("{payload:?}").contains("hunter2"));
    }

    #[test]
    fn what_an_adapter_gets_wrong_is_an_error() {
        let lost = Payload::JsonWithSecret { value: json!([]), key: "password", credential: Credential::Token };
        assert!(written(&lost).is_err());
        let unknown =
            Payload::JsonWithSecret { value: json!({}), key: "jwt", credential: Credential::Session("access") };
        assert_eq!(written(&unknown), Err("no such secret".to_owned()));
        assert!(written(&Payload::Media(MediaKey(1))).is_err());
    }

    #[test]
    fn a_medium_brings_its_type() {
        assert_eq!(written(&Payload::Media(MediaKey(0))), Ok((Some("image/png".to_owned()), "PIXELS".to_owned())));
    }

    #[test]
    fn a_medium_is_cut_into_pieces_that_make_it_up() {
        let key = MediaKey(0);
        let pieces: Vec<String> = Slice::all(key, 6, 4)
            .map(|slice| written(&Payload::MediaSlice(slice)))
            .map(|piece| piece.map(|(kind, text)| format!("{} {text}", kind.unwrap_or_default())))
            .collect::<Result<_, _>>()
            .expect("within it");
        assert_eq!(pieces, ["application/octet-stream PIXE", "application/octet-stream LS"]);
        assert_eq!(Slice::all(key, 8, 4).count(), 2);
        assert_eq!(Slice::all(key, 0, 4).count(), 0);
        assert!(written(&Payload::MediaSlice(Slice { key, from: 4, to: 7 })).is_err());
        let form = Payload::Multipart(vec![Field::new("media", FieldValue::MediaSlice(Slice { key, from: 1, to: 3 }))]);
        let (_, text) = written(&form).expect("a form");
        assert!(text.contains(
            "name=\"media\"; filename=\"media-1.png\"\r\ncontent-type: application/octet-stream\r\n\r\nIX\r\n"
        ));
    }

    #[test]
    fn a_form_without_files_is_as_the_address_bar_writes_it() {
        let field = Field::text("grant type", "re&fresh=é");
        let payload = Payload::Form(vec![field, Field::new("token", FieldValue::Secret(Credential::Token))]);
        let kind = "application/x-www-form-urlencoded".to_owned();
        assert_eq!(written(&payload), Ok((Some(kind), "grant+type=re%26fresh%3D%C3%A9&token=hunter2".to_owned())));
        assert!(written(&Payload::Form(vec![Field::new("file", FieldValue::Media(MediaKey(0)))])).is_err());
    }

    #[test]
    fn a_form_holds_text_and_files_without_their_names() {
        let payload = Payload::Multipart(vec![
            Field::text("description", "two\r\nlines"),
            Field::new("file", FieldValue::Media(MediaKey(0))),
            Field::new("payload", FieldValue::Json(json!({"a": 1}))),
            Field::new("key", FieldValue::Secret(Credential::Token)),
        ]);
        let (kind, text) = written(&payload).expect("a form");
        let kind = kind.expect("a type");
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").expect("a boundary");
        assert_eq!(
            text.replace(boundary, "B"),
            "--B\r\ncontent-disposition: form-data; name=\"description\"\r\n\r\ntwo\r\nlines\r\n\
             --B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"media-1.png\"\r\ncontent-type: image/png\r\n\r\nPIXELS\r\n\
             --B\r\ncontent-disposition: form-data; name=\"payload\"\r\ncontent-type: application/json\r\n\r\n{\"a\":1}\r\n\
             --B\r\ncontent-disposition: form-data; name=\"key\"\r\n\r\nhunter2\r\n\
             --B--\r\n"
        );
    }
}
