//! What is hosted for networks that fetch media by address, in memory.

use masthead::{
    engine::{Held, HostError, MediaHost},
    model::{MediaKind, Timestamp},
    network::Flow,
};
use std::{cell::RefCell, collections::BTreeMap, future::ready, rc::Rc, sync::Arc};

/// Where it is.
pub(crate) const PLACE: &str = "https://media.example";

/// The files that anybody can fetch, by their address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf(Rc<RefCell<BTreeMap<String, Arc<[u8]>>>>);

impl Shelf {
    /// Puts a file there and returns its address.
    pub(crate) fn put(&self, name: &str, bytes: Vec<u8>) -> String {
        let url = format!("{PLACE}/{name}");
        self.0.borrow_mut().insert(url.clone(), bytes.into());
        url
    }

    /// Returns everything that is there at this moment.
    pub(crate) fn all(&self) -> BTreeMap<String, Arc<[u8]>> {
        self.0.borrow().clone()
    }
}

impl MediaHost for Shelf {
    fn address(&self, name: &str) -> String {
        format!("{PLACE}/{name}")
    }

    fn put<'a>(&'a self, name: &'a str, bytes: &'a [u8], _: MediaKind) -> Flow<'a, Result<(), HostError>> {
        Self::put(self, name, bytes.to_vec());
        Box::pin(ready(Ok(())))
    }

    fn look<'a>(&'a self, name: &'a str, bytes: &'a [u8]) -> Flow<'a, Result<(), HostError>> {
        assert_eq!(self.all().get(&self.address(name)).map(AsRef::as_ref), Some(bytes));
        Box::pin(ready(Ok(())))
    }

    fn held(&self) -> Flow<'_, Result<Vec<Held>, HostError>> {
        let name = |url: &String| url.rsplit('/').next().expect("a name").to_owned();
        let held = self.all().keys().map(|url| Held { name: name(url), since: Timestamp::EPOCH }).collect();
        Box::pin(ready(Ok(held)))
    }

    fn remove<'a>(&'a self, name: &'a str) -> Flow<'a, Result<(), HostError>> {
        self.0.borrow_mut().remove(&self.address(name));
        Box::pin(ready(Ok(())))
    }
}
