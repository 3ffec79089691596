//! Videos: sent in pieces, of which each is answered with a name, and put together.

use super::{BUSY, Image, LinkedInTwin, Refusal, UPLOADS, refuse};
use crate::{
    fixtures,
    twin::{TwinRequest, answer},
};
use masthead::{
    model::MediaKind,
    network::{Method, Response},
};
use serde_json::{Value, json};

/// How long a piece is. The real one asks for 4 MiB, which no sample has.
const PIECE: usize = 10;

/// A video that is being sent.
#[derive(Debug)]
pub(super) struct Film {
    id: String,
    bytes: usize,
    token: String,
    pieces: Vec<Option<Vec<u8>>>,
}

impl Film {
    fn name(&self, piece: usize) -> String {
        format!("etag-{}-{piece}", self.id)
    }
}

impl LinkedInTwin {
    /// Begins or ends an upload.
    pub(super) fn video(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let asked = request.json().unwrap_or_default();
        match request.query("action").as_deref() {
            Some("initializeUpload") => self.begin_video(&asked["initializeUploadRequest"]),
            Some("finalizeUpload") => self.finish_video(&asked["finalizeUploadRequest"], request),
            _ => refuse(400, "no such action"),
        }
    }

    fn begin_video(&self, asked: &Value) -> Result<Value, Refusal> {
        if asked["owner"] != self.flavour.author() {
            return refuse(403, "Not enough permissions to access: ACTION initializeUpload /videos");
        }
        let bytes = asked["fileSizeBytes"].as_u64().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or_default();
        if bytes == 0 || bytes > 500_000_000 {
            return refuse(400, "fileSizeBytes is not valid");
        }
        let id = format!("C4D05AQ{:06}", self.next());
        let starts = (0..bytes).step_by(PIECE).enumerate();
        let instructions: Vec<Value> = starts
            .map(|(number, first)| {
                let last = bytes.min(first + PIECE) - 1;
                json!({ "uploadUrl": format!("{UPLOADS}{id}/part/{number}"), "firstByte": first, "lastByte": last })
            })
            .collect();
        let (token, pieces) = (format!("token-{id}"), vec![None; instructions.len()]);
        self.films.borrow_mut().push(Film { id: id.clone(), bytes, token: token.clone(), pieces });
        let urn = format!("urn:li:video:{id}");
        Ok(json!({ "value": { "uploadInstructions": instructions, "uploadToken": token, "video": urn } }))
    }

    /// Takes a piece, if the request brings one.
    pub(super) fn take_piece(&self, request: &TwinRequest) -> Option<Result<Response, Refusal>> {
        let [_, id, "part", number] = request.segments()[..] else { return None };
        let mut films = self.films.borrow_mut();
        let film = films.iter_mut().find(|film| film.id == id)?;
        let number: usize = number.parse().ok()?;
        let length = PIECE.min(film.bytes - number * PIECE);
        if request.method != Method::Put || request.body.len() != length {
            return Some(refuse(400, "the piece is not the one that was asked for"));
        }
        film.pieces[number] = Some(request.body.clone());
        let mut taken = answer(request, 200, "text/plain", Vec::new());
        taken.headers.push(("etag".to_owned(), format!("\"{}\"", film.name(number))));
        Some(Ok(taken))
    }

    fn finish_video(&self, asked: &Value, request: &TwinRequest) -> Result<Value, Refusal> {
        let mut films = self.films.borrow_mut();
        let urn = asked["video"].as_str().unwrap_or_default();
        let Some(at) = films.iter().position(|film| urn == format!("urn:li:video:{}", film.id)) else {
            return refuse(404, "Not Found");
        };
        let film = films.remove(at);
        let names: Vec<Value> = (0..film.pieces.len()).map(|piece| film.name(piece).into()).collect();
        if asked["uploadToken"] != film.token || asked["uploadedPartIds"] != Value::from(names) {
            return refuse(400, "uploadedPartIds do not match");
        }
        let whole: Option<Vec<Vec<u8>>> = film.pieces.into_iter().collect();
        let whole = whole.map(|pieces| pieces.concat()).unwrap_or_default();
        let kind = fixtures::sniff(&whole).filter(|kind| *kind == MediaKind::Mp4);
        if kind.is_none() || whole.len() != film.bytes {
            return refuse(400, "no film");
        }
        self.images.borrow_mut().push(Image {
            urn: urn.to_owned(),
            kind,
            bytes: whole.len(),
            busy: BUSY,
            at: request.at,
        });
        Ok(json!({}))
    }
}
