//! Statuses: how they come to be, change and go.

use super::{
    BASE, Body, MastodonTwin, REMEMBERED, Refusal, Status,
    asked::{body_of, number, string, word},
    refuse,
};
use crate::twin::{Planted, TwinRequest};
use masthead::model::Timestamp;
use serde_json::Value;

impl MastodonTwin {
    pub(super) fn create(&self, request: &TwinRequest) -> Result<u64, Refusal> {
        let key = request.header("idempotency-key").filter(|key| !key.is_empty() && !self.forgets_keys.get());
        if let Some(id) = key.and_then(|key| self.known(key, request.at)) {
            return if self.exists(id) { Ok(id) } else { refuse(404, "Record not found") };
        }
        let asked = body_of(request)?;
        let body = self.read_body(&asked, None)?;
        let visibility = word(&asked, "visibility", &["public", "unlisted", "private", "direct"])?;
        let reply_to = self.reference(&asked, "in_reply_to_id")?;
        let quote = self.reference(&asked, "quoted_status_id")?;
        if quote.is_some() && (!body.media.is_empty() || body.poll.is_some()) {
            return refuse(422, "Validation failed: Quoting is not allowed with media or polls");
        }
        let id = self.next_id(request.at);
        self.made.set(self.made.get() + 1);
        self.attach(id, &body.media);
        let visibility = visibility.unwrap_or_else(|| "public".to_owned());
        let url = format!("{BASE}/@acme/{id}");
        self.statuses.borrow_mut().push(Status {
            id,
            url,
            ours: true,
            at: request.at,
            body,
            reply_to,
            quote,
            boost: None,
            visibility,
            edits: 0,
            gone: false,
        });
        if let Some(key) = key {
            self.keys.borrow_mut().insert(key.to_owned(), (request.at, id));
        }
        Ok(id)
    }

    pub(super) fn edit(&self, request: &TwinRequest, id: &str) -> Result<u64, Refusal> {
        let id = self.own(id)?;
        let asked = body_of(request)?;
        let mut body = self.read_body(&asked, Some(id))?;
        for attributes in asked["media_attributes"].as_array().into_iter().flatten() {
            let alt = attributes["description"].as_str().unwrap_or_default().to_owned();
            let mut media = self.media.borrow_mut();
            let named = media.iter_mut().find(|upload| number(&attributes["id"]) == Some(upload.id));
            named
                .filter(|upload| body.media.contains(&upload.id))
                .into_iter()
                .for_each(|upload| upload.alt.clone_from(&alt));
        }
        self.attach(id, &body.media);
        let mut statuses = self.statuses.borrow_mut();
        let status = statuses.iter_mut().find(|status| status.id == id).expect("an own status");
        body.policy = body.policy.or_else(|| status.body.policy.clone());
        status.body = body;
        status.edits += 1;
        Ok(id)
    }

    pub(super) fn delete(&self, id: &str) -> Result<(u16, Value), Refusal> {
        let id = self.own(id)?;
        let body = self.status(id);
        self.remove(id);
        Ok((200, body))
    }

    pub(super) fn boost(&self, request: &TwinRequest, id: &str) -> Result<u64, Refusal> {
        let original = self.existing(id)?;
        let asked = request.json().unwrap_or_default();
        let visibility = word(&asked, "visibility", &["public", "unlisted", "private"])?;
        let earlier = self.statuses.borrow().iter().find(|s| s.boost == Some(original) && !s.gone).map(|s| s.id);
        if let Some(earlier) = earlier {
            return Ok(earlier);
        }
        let id = self.next_id(request.at);
        self.made.set(self.made.get() + 1);
        self.statuses.borrow_mut().push(Status {
            id,
            url: format!("{BASE}/users/acme/statuses/{id}/activity"),
            ours: true,
            at: request.at,
            body: Body::default(),
            reply_to: None,
            quote: None,
            boost: Some(original),
            visibility: visibility.unwrap_or_else(|| "public".to_owned()),
            edits: 0,
            gone: false,
        });
        Ok(id)
    }

    pub(super) fn unboost(&self, id: &str) -> Result<(u16, Value), Refusal> {
        let original = self.existing(id)?;
        let boost = self.statuses.borrow().iter().find(|s| s.boost == Some(original) && !s.gone).map(|s| s.id);
        boost.into_iter().for_each(|id| self.remove(id));
        Ok((200, self.status(original)))
    }

    pub(super) fn known(&self, key: &str, at: Timestamp) -> Option<u64> {
        let keys = self.keys.borrow();
        let (since, id) = keys.get(key)?;
        (at.since(*since) < REMEMBERED).then_some(*id)
    }

    pub(super) fn exists(&self, id: u64) -> bool {
        self.statuses.borrow().iter().any(|status| status.id == id && !status.gone)
    }

    pub(super) fn existing(&self, id: &str) -> Result<u64, Refusal> {
        let found = id.parse().ok().filter(|id| self.exists(*id));
        found.map_or_else(|| refuse(404, "Record not found"), Ok)
    }

    pub(super) fn own(&self, id: &str) -> Result<u64, Refusal> {
        let id = self.existing(id)?;
        let ours = self.statuses.borrow().iter().any(|status| status.id == id && status.ours);
        if ours { Ok(id) } else { refuse(404, "Record not found") }
    }

    pub(super) fn reference(&self, asked: &Value, name: &str) -> Result<Option<u64>, Refusal> {
        match string(asked, name)? {
            None => Ok(None),
            Some(id) => self.existing(&id).map(Some).map_err(|_| {
                (404, "The post you are trying to reply to or quote does not appear to exist.".to_owned())
            }),
        }
    }

    pub(super) fn remove(&self, id: u64) {
        let mut statuses = self.statuses.borrow_mut();
        statuses
            .iter_mut()
            .filter(|status| status.id == id || status.boost == Some(id))
            .for_each(|status| status.gone = true);
    }

    /// Makes a status that didn't come through the API.
    pub(super) fn put(&self, ours: bool, words: &str, at: Timestamp) -> Planted {
        let id = self.next_id(at);
        let url = if ours { format!("{BASE}/@acme/{id}") } else { format!("https://elsewhere.example/@bob/{id}") };
        self.statuses.borrow_mut().push(Status {
            id,
            url: url.clone(),
            ours,
            at,
            body: Body { text: words.to_owned(), ..Body::default() },
            reply_to: None,
            quote: None,
            boost: None,
            visibility: "public".to_owned(),
            edits: 0,
            gone: false,
        });
        Planted { id: id.to_string(), url }
    }
}
