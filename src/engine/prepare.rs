use super::{
    Fetched, HostError, World,
    account::AccountRun,
    body::Upload,
    delivery::Part,
    host::{Broom, name_of},
    images, pins, shown_address, sign,
};
use crate::{
    ledger::{EventId, PartKey},
    model::{MediaInfo, MediaProblem, MediaSource, Reference},
    network::{MediaKey, PreparedMedia, Referent},
    workspace::{sniff, trial::kill_point},
};
use std::{collections::BTreeMap, rc::Rc};
use tokio::runtime::Handle;

/// What a job needs beyond its draft.
#[derive(Default)]
pub(super) struct Prepared {
    pub(super) media: Vec<PreparedMedia>,
    pub(super) uploads: Vec<Upload>,
    pub(super) reply_to: Option<Referent>,
    pub(super) quote: Option<Referent>,
    pub(super) boost: Option<Referent>,
    /// What was fetched: web addresses, each with the digest of what was there.
    pub(super) fetched: BTreeMap<String, String>,
}

/// Why a job can't be begun.
pub(super) enum Unprepared {
    /// Something is not there.
    Missing(String),
    /// What is at a web address is not what an earlier attempt took from there.
    Changed {
        /// Which, and since when.
        why: String,
        /// The attempt.
        intent: EventId,
    },
}

impl AccountRun<'_> {
    /// Makes a part ready to be sent: what [`Self::prepare`] does, and its media are where the network can fetch them, if it
    /// wants that.
    pub(super) async fn prepare_to_send(&self, part: &Part<'_>) -> Result<Rc<Prepared>, Unprepared> {
        // All recipients get the same, but for those to whom an earlier attempt was made: what that one took is what they get.
        let is_for_all = self.recipient.is_some() && part.events.is_empty();
        if is_for_all && let Some(ready) = &*self.ready.borrow() {
            return Ok(Rc::clone(ready));
        }
        let mut prepared = self.prepare(part).await?;
        if self.fetches_media() && !prepared.media.is_empty() {
            self.host_media(part, &mut prepared).await.map_err(|error| Unprepared::Missing(error.to_string()))?;
        }
        let prepared = Rc::new(prepared);
        if is_for_all {
            *self.ready.borrow_mut() = Some(Rc::clone(&prepared));
        }
        Ok(prepared)
    }

    /// Puts a part's media into the public place, and looks at each there as the network will.
    async fn host_media(&self, part: &Part<'_>, prepared: &mut Prepared) -> Result<(), HostError> {
        let host = self.run.world.media.host()?;
        self.run.log.waiting(&part.key.post, &part.key.account, "for its media to be where the network can fetch them");
        for (upload, media) in prepared.uploads.iter().zip(&mut prepared.media) {
            let name = name_of(&upload.bytes, upload.kind);
            host.put(&name, &upload.bytes, upload.kind).await?;
            host.look(&name, &upload.bytes).await?;
            media.address = Some(host.address(&name));
        }
        kill_point("media-hosted");
        Ok(())
    }

    /// Returns whether the network takes no bytes, but fetches media itself.
    pub(super) fn fetches_media(&self) -> bool {
        self.profile().media.as_ref().is_some_and(|media| media.by_address)
    }

    /// Takes away what was hosted for a part that has come to its end, unless another part needs it still. What can't be taken
    /// away now is swept later.
    pub(super) async fn put_away(&self, key: &PartKey) {
        let free = self.run.needs.borrow_mut().done(key);
        let World { config, networks, clock, .. } = self.run.world;
        let broom = Broom { ledger: self.run.ledger, config, networks, now: clock.now(), dry: false };
        if free.is_empty() || broom.is_needed(Some(key)) {
            return;
        }
        let Ok(host) = self.run.world.media.host() else { return };
        for name in free {
            if let Err(error) = host.remove(&name).await {
                tracing::debug!("`{name}` is left to be swept: {error}");
            }
        }
        kill_point("media-put-away");
    }

    /// Reads and prepares a part's media and looks its references up, or tells what is missing.
    pub(super) async fn prepare(&self, part: &Part<'_>) -> Result<Prepared, Unprepared> {
        if part.before.last().is_some_and(|parent| parent.id.is_empty()) {
            let why = "the part before is out, but the network's answer could not be read, so nothing can be tied to it; tell \
                       its link with `masthead resolve`";
            return Err(Unprepared::Missing(why.to_owned()));
        }
        let mut prepared = Prepared::default();
        // Later parts answer the part before; only the first one refers to something else.
        if part.index == 0 {
            let draft = &part.desired.draft;
            prepared.reply_to = self.referent(draft.reply_to.as_ref()).map_err(Unprepared::Missing)?;
            prepared.quote = self.referent(draft.quote.as_ref()).map_err(Unprepared::Missing)?;
            prepared.boost = self.referent(draft.boost.as_ref()).map_err(Unprepared::Missing)?;
        }
        let shrink = self.profile().media.as_ref().is_some_and(|media| media.shrink);
        for (index, media) in part.desired.draft.parts[part.index].media.iter().enumerate() {
            let (bytes, info) = self.medium(&media.source, part, shrink, &mut prepared).await?;
            if self.fetches_media() {
                // Also by who settles what another has begun, so that what that one left is taken away.
                self.run.needs.borrow_mut().note(&name_of(&bytes, info.kind), &part.key);
            }
            let (key, alt, sha256) = (MediaKey(index), media.alt.clone(), sign::sha256(&bytes));
            prepared.uploads.push(Upload { bytes, kind: info.kind });
            prepared.media.push(PreparedMedia { key, info, sha256, alt, address: None });
        }
        Ok(prepared)
    }

    fn referent(&self, reference: Option<&Reference>) -> Result<Option<Referent>, String> {
        Ok(match reference {
            None => None,
            Some(Reference::Url(url)) => Some(Referent::Url(url.clone())),
            Some(Reference::Post(post)) => match self.remote_of(post) {
                Some(remote) => Some(Referent::Ours(remote)),
                None => {
                    return Err(format!(
                        "it refers to `{post}`, which account `{}` has not published yet",
                        self.account.id
                    ));
                }
            },
        })
    }

    async fn medium(
        &self,
        source: &MediaSource,
        part: &Part<'_>,
        shrink: bool,
        prepared: &mut Prepared,
    ) -> Result<(Vec<u8>, MediaInfo), Unprepared> {
        let name = match source {
            MediaSource::File(path) => path.clone(),
            MediaSource::Url(url) => shown_address(url),
        };
        let missing = |why: String| Unprepared::Missing(format!("`{name}` {why}"));
        let (bytes, found) = match source {
            MediaSource::File(path) => {
                let bytes = self.run.world.media.bytes(path).map_err(|problem| missing(describe(&problem)))?;
                let info = sniff(&bytes).map_err(|problem| missing(describe(&problem)))?;
                (bytes, info)
            }
            MediaSource::Url(url) => {
                let fetched = self.fetch(url, part, prepared).await?;
                (fetched.bytes, fetched.info)
            }
        };
        let limits = part.desired.limits.clone();
        let work = move || images::prepare(bytes, &found, &limits, shrink);
        // Decoding may take a second, and somebody else's claim is waiting to be used on this thread.
        let made = match Handle::try_current() {
            Ok(threads) => threads.spawn_blocking(work).await.map_err(|_| missing("can't be decoded".to_owned()))?,
            Err(_) => work(),
        };
        made.map_err(|why| Unprepared::Missing(format!("`{name}`: {why}")))
    }

    /// Fetches what is at an address and notes what it was; an earlier attempt of the same draft must have taken the same.
    async fn fetch(&self, url: &str, part: &Part<'_>, prepared: &mut Prepared) -> Result<Fetched, Unprepared> {
        // What stands in the ledger holds no secret, wherever it comes from.
        let name = self.run.redactor.text(url);
        let shown = shown_address(&name);
        let pin = pins::pin(part.events, &part.desired.digest, &name);
        self.run.log.waiting(&part.key.post, &part.key.account, &format!("for {shown}"));
        let fetched = self.run.world.media.fetch(url, pin.map(|pin| pin.digest)).await;
        let fetched = fetched.map_err(|error| {
            Unprepared::Missing(format!("`{shown}` can't be fetched: {}; {}", error.message, error.help))
        })?;
        if let Some(pin) = pin.filter(|pin| pin.digest != fetched.digest) {
            let at = pin.at.display_in(self.run.world.config.zone);
            let why = format!("what is at `{shown}` has changed since the attempt of {at}");
            return Err(Unprepared::Changed { why, intent: pin.intent.clone() });
        }
        prepared.fetched.insert(name, fetched.digest.clone());
        if !pins::fits(&prepared.fetched) {
            let why = "the addresses of its media are too long to be kept in the ledger; run `masthead media pull`";
            return Err(Unprepared::Missing(why.to_owned()));
        }
        Ok(fetched)
    }
}

/// Tells what is wrong with a file: a fragment that follows its name.
pub(super) fn describe(problem: &MediaProblem) -> String {
    match problem {
        MediaProblem::Missing { near: Some(near) } => format!("does not exist; `{near}` does"),
        MediaProblem::Missing { near: None } => "does not exist".to_owned(),
        MediaProblem::NotAFile => "is not a file inside the workspace".to_owned(),
        MediaProblem::UnknownKind => "is no kind of image or video that is known".to_owned(),
        MediaProblem::Damaged(why) => format!("is damaged: {why}"),
        MediaProblem::Unreadable(why) => format!("can't be read: {why}"),
    }
}
