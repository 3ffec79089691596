//! The look through our own posts against answers that are given.

use super::*;
use crate::{
    diag::{FileId, Span},
    model::AccountId,
    network::{Flow, Hand, Request, Response},
};
use futures_util::FutureExt as _;
use serde_json::json;

/// A server that knows posts by one name alone.
struct Knows {
    name: &'static str,
    asked: usize,
}

impl Hand for Knows {
    fn learn(&mut self, name: &'static str, _: secrecy::SecretString) {
        panic!("nothing is learnt on the way: {name}");
    }

    fn call(&mut self, request: Request) -> Flow<'_, Result<Response, NetworkError>> {
        self.asked += 1;
        let (status, body) = if request.url.contains(&format!("&{}.fields=", self.name)) {
            let references = [json!({ "type": "replied_to", "id": "7" })];
            let mut post = json!({ "id": "8", "text": "Hello" });
            post[format!("referenced_{}s", self.name)] = json!(references);
            (200, json!({ "data": [post], "meta": {} }))
        } else {
            (
                400,
                json!({ "title": "Invalid Request", "detail": "One or more parameters to your request was invalid." }),
            )
        };
        let response = Response { status, headers: Vec::new(), body: body.to_string().into_bytes() };
        Box::pin(async move { Ok(response) })
    }

    fn pause(&mut self, why: &'static str, _: Duration) -> Flow<'_, ()> {
        panic!("nothing is waited for: {why}")
    }
}

#[test]
fn posts_are_listed_by_the_name_that_is_known() {
    let account = Account::new(AccountId::new("brand"), ID, Span::new(FileId(0), 0..0));
    let session = Session::default();
    for (name, expect) in [("tweet", Some(1)), ("post", Some(2)), ("note", None)] {
        let mut hand = Knows { name, asked: 0 };
        let mut wire = Wire::new(&mut hand, &session);
        let flow = own_posts(&account, "1", Timestamp::EPOCH, None, &mut wire);
        let page = flow.now_or_never().expect("nothing is waited for");
        let answered = page.as_ref().ok().and_then(|page| page.data[0].refers().answered.clone());
        assert_eq!(answered.as_deref(), expect.map(|_| "7"), "{name}: {page:?}");
        assert_eq!(hand.asked, expect.unwrap_or(2), "{name}");
    }
}
