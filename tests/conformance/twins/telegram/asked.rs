//! What a call asks for, read as the Bot API reads it: JSON or a form, entities in units of UTF-16, limits in code points.

use super::{Medium, Refusal, refuse};
use crate::{
    fixtures,
    twin::{FormField, TwinRequest},
};
use masthead::model::MediaKind;
use serde_json::{Map, Value};

/// The arguments of a call.
pub(super) struct Asked {
    values: Map<String, Value>,
    files: Vec<FormField>,
}

/// A stretch of a text, by its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: String,
    pub(super) url: Option<String>,
}

/// What a message says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) text: String,
    pub(super) stretches: Vec<Stretch>,
}

impl Asked {
    /// Reads the arguments. The real server passes over names that it doesn't know; here they are a mistake.
    pub(super) fn read(request: &TwinRequest, known: &[&str]) -> Self {
        let mut asked = Self { values: Map::new(), files: Vec::new() };
        if let Some(Value::Object(values)) = request.json() {
            asked.values = values;
        }
        for field in request.form().unwrap_or_default() {
            if field.file.is_some() {
                asked.files.push(field);
                continue;
            }
            // A field is text, or the JSON of whatever is no text.
            let text = String::from_utf8(field.bytes).expect("text");
            let value = serde_json::from_str(&text).ok().filter(|value: &Value| !value.is_string());
            asked.values.insert(field.name, value.unwrap_or(Value::String(text)));
        }
        for name in asked.values.keys() {
            assert!(known.contains(&name.as_str()), "`{}` has no parameter `{name}`", request.path());
        }
        asked
    }

    pub(super) fn get(&self, name: &str) -> &Value {
        self.values.get(name).unwrap_or(&Value::Null)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).as_bool() == Some(true)
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.get(name).as_u64()
    }

    /// Reads a text and its entities, as the API checks them.
    pub(super) fn words(&self, text: &str, entities: &str) -> Result<Words, Refusal> {
        words(self.get(text), self.get(entities))
    }

    /// Reads the file of a field; one file is one medium.
    pub(super) fn file(&self, name: &str, takes: &[MediaKind]) -> Result<Medium, Refusal> {
        let Some(file) = self.files.iter().find(|file| file.name == name) else {
            return refuse(400, &format!("Bad Request: there is no {name} in the request"));
        };
        let kind = fixtures::sniff(&file.bytes).filter(|kind| takes.contains(kind));
        let Some(kind) = kind.filter(|kind| file.mime.as_deref() == Some(kind.mime())) else {
            return refuse(400, "Bad Request: IMAGE_PROCESS_FAILED");
        };
        Ok(Medium { kind, bytes: file.bytes.len(), hidden: false })
    }

    /// Reads an album: its media in order, and the caption of the first.
    pub(super) fn album(&self) -> Result<(Vec<Medium>, Words), Refusal> {
        let items = self.get("media").as_array().cloned().unwrap_or_default();
        if !(2..=10).contains(&items.len()) {
            return refuse(400, "Bad Request: media group must include 2-10 items");
        }
        let (mut media, mut caption) = (Vec::new(), Words::default());
        for (index, item) in items.iter().enumerate() {
            let takes: &[MediaKind] = match item["type"].as_str() {
                Some("photo") => super::PHOTOS,
                Some("video") => &[MediaKind::Mp4],
                _ => return refuse(400, "Bad Request: wrong type of the media in the group"),
            };
            let Some(name) = item["media"].as_str().and_then(|media| media.strip_prefix("attach://")) else {
                return refuse(400, "Bad Request: wrong file identifier/HTTP URL specified");
            };
            let said = words(&item["caption"], &item["caption_entities"])?;
            limited(&said, 1024, "message caption is too long")?;
            assert!(index == 0 || said.text.is_empty(), "a caption of another than the first is shown to nobody");
            if index == 0 {
                caption = said;
            }
            media.push(Medium { hidden: item["has_spoiler"] == true, ..self.file(name, takes)? });
        }
        Ok((media, caption))
    }
}

/// Refuses a text that is too long, counted in code points.
pub(super) fn limited(words: &Words, most: usize, complaint: &str) -> Result<(), Refusal> {
    if words.text.chars().count() > most { refuse(400, &format!("Bad Request: {complaint}")) } else { Ok(()) }
}

fn words(text: &Value, entities: &Value) -> Result<Words, Refusal> {
    let text = text.as_str().unwrap_or_default();
    assert_eq!(text, text.trim(), "white space at the ends would be trimmed, and every entity with it");
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut stretches: Vec<Stretch> = Vec::new();
    for entity in entities.as_array().into_iter().flatten() {
        let number = |name: &str| entity[name].as_u64().and_then(|number| usize::try_from(number).ok());
        let (Some(offset), Some(length)) = (number("offset"), number("length")) else {
            return refuse(400, "Bad Request: can't parse MessageEntity");
        };
        let (Some(before), Some(covered)) = (units.get(..offset), units.get(offset..offset + length)) else {
            let words =
                format!("Bad Request: entity beginning at UTF-16 offset {offset} ends after the end of the text");
            return refuse(400, &words);
        };
        let (Ok(before), Ok(covered)) = (String::from_utf16(before), String::from_utf16(covered)) else {
            let words =
                format!("Bad Request: entity beginning at UTF-16 offset {offset} ends in a middle of a UTF-16 symbol");
            return refuse(400, &words);
        };
        let kind = entity["type"].as_str().unwrap_or_default().to_owned();
        let known =
            ["bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "code", "pre", "text_link"];
        if !known.contains(&kind.as_str()) {
            return refuse(400, "Bad Request: can't parse MessageEntity: unsupported type");
        }
        let url = entity["url"].as_str().map(str::to_owned);
        let is_web = url.as_deref().is_some_and(|url| url.starts_with("https://") || url.starts_with("http://"));
        assert!(kind != "text_link" || is_web, "a link without an address is dropped: {entity}");
        let (start, end) = (before.len(), before.len() + covered.len());
        let outer = stretches.iter().rev().find(|outer| outer.end > start);
        if let Some(outer) = outer {
            assert!(end <= outer.end, "entities may not cross: {entity}");
            assert!(!["code", "pre"].contains(&outer.kind.as_str()), "nothing may be set within code: {entity}");
        }
        stretches.push(Stretch { start, end, kind, url });
    }
    Ok(Words { text: text.to_owned(), stretches })
}
