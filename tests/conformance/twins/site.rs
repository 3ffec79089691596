//! The twin of the site, which is nobody: its receipts are its publications, so whatever reaches this is a fault.

use crate::twin::{Live, Planted, Twin, TwinRequest};
use masthead::{
    diag::{FileId, Span},
    model::{Account, AccountId, NetworkId, Timestamp},
    network::Response,
};

/// The other side of a network that has none.
pub(crate) struct Nobody;

impl Twin for Nobody {
    fn account(&self) -> Account {
        Account {
            language: Some("en".to_owned()),
            ..Account::new(AccountId::new("home"), NetworkId("site"), Span::new(FileId(0), 0..0))
        }
    }

    fn token(&self) -> &'static str {
        ""
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        panic!("the site is spoken to: {request:?}")
    }

    fn live(&self) -> Vec<Live> {
        Vec::new()
    }

    fn made(&self) -> usize {
        0
    }

    fn plant(&self, text: &str) -> Planted {
        Planted { id: text.to_owned(), url: "https://somebody.example/post".to_owned() }
    }

    fn post_by_hand(&self, _text: &str, _at: Timestamp) {
        panic!("nobody posts to a site but through its receipts")
    }

    fn handle_of_somebody(&self) -> &'static str {
        "nobody"
    }
}
