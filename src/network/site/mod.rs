//! The site: a page for each post, an index and feeds, as files in a folder of the workspace.
//!
//! A projection of the ledger: nothing is sent, and the receipt in the ledger *is* the publication. `report::site` makes
//! the files anew from the ledger and the commit, so an empty machine makes the same site as the one before. The adapter
//! owns what the site can do, the options of its accounts and posts, and the address of a post, which the receipt pins:
//! a later change of the title or of the id's spelling in a link moves no page. Nothing here is dated by a network:
//! the facts are ours.
//!
//! A post's address is `posts/SLUG/`. The slug is the post's id where that fits in an address as it is, else what fits of
//! the `slug` option or of the id, and a few digits of the id's digest so that no two posts share one.

mod options;

use self::options::{ACCOUNT_OPTIONS, POST_OPTIONS};
pub use self::options::{Settings, folder, settings};
use super::{
    Auth, Composed, Draft, Form, Job, Limit, Limits, Look, MediaRules, Network, NetworkError, Profile, Receipt,
    Settling, TextRules, Threads, VideoRules, Wire, compose, slug_of,
};
use crate::{
    diag::Code,
    model::{self, Account, MediaKind, NetworkId, Post, Remote},
    text::{Measure, MentionWeight, Unit},
};
use std::collections::BTreeMap;

/// The embedded network.
#[derive(Debug)]
pub struct Site;

/// Nothing but good sense limits how much stands on a page of one's own.
const OURS: &str = "Masthead's own site, 2026-11-22";

static PROFILE: Profile = Profile {
    id: NetworkId("site"),
    name: "Site",
    checked: "2026-11-22",
    sources: &["https://www.rfc-editor.org/rfc/rfc4287", "https://www.jsonfeed.org/version/1.1/"],
    text: TextRules {
        form: Form::Rich,
        max: None,
        measure: Measure { unit: Unit::Graphemes, url: None, mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    },
    threads: Threads::None,
    media: Some(MediaRules {
        max_images: Limit { value: 100, source: OURS },
        max_videos: 100,
        kinds: &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif, MediaKind::Webp, MediaKind::Mp4, MediaKind::Webm],
        max_image_bytes: Some(Limit { value: 20_000_000, source: OURS }),
        max_image_pixels: None,
        max_video_bytes: Some(Limit { value: 100_000_000, source: OURS }),
        video: VideoRules::ANY,
        max_alt: None,
        shrink: false,
        by_address: false,
        shape: None,
    }),
    poll: None,
    reply: true,
    quote: true,
    boost: true,
    edit: false,
    delete: false,
    prices: &[],
    rates: &[],
    settling: Settling::Receipt,
    auth: Auth::None,
    login: None,
    probe: false,
    projected: true,
    look: Look::PLAIN,
    post_options: POST_OPTIONS,
    account_options: ACCOUNT_OPTIONS,
    needs: &[],
    setup: &[],
    quirks: include_str!("quirks.md"),
};

impl Network for Site {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        options::CODES
    }

    fn compose(&self, post: &Post, target: &model::Target, account: &Account, limits: &Limits) -> Composed {
        Composed { draft: compose(&PROFILE, post, target, limits), findings: options::findings(account) }
    }

    async fn publish(&self, job: &Job<'_>, _wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        Ok(receipt(job.draft, job.account))
    }
}

/// Makes the receipt that publishes a draft: where its page is.
fn receipt(draft: &Draft, account: &Account) -> Receipt {
    let id = slug_of(&draft.post, draft.options.text("slug"));
    let page = format!("posts/{id}/");
    let url = match settings(account).url {
        Some(base) => format!("{base}/{page}"),
        None => page,
    };
    Receipt { remote: Remote { id, url: Some(url), extra: BTreeMap::new() } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::{FileId, Span, Spanned},
        model::{AccountId, OptionValue, Options, PostId},
        network::{Hand, Response, Session},
    };
    use std::time::Duration;

    fn span() -> Span {
        Span::new(FileId(0), 0..0)
    }

    fn options(set: &[(&'static str, &str)]) -> Options {
        let mut options = Options::default();
        for (key, value) in set {
            options.set(key, Spanned::new(OptionValue::Text((*value).to_owned()), span()));
        }
        options
    }

    fn account(set: &[(&'static str, &str)]) -> Account {
        Account { options: options(set), ..Account::new(AccountId::new("home"), PROFILE.id, span()) }
    }

    fn draft(id: &str, set: &[(&'static str, &str)]) -> Draft {
        Draft {
            post: PostId::new(id),
            account: AccountId::new("home"),
            network: PROFILE.id,
            title: None,
            language: None,
            tags: Vec::new(),
            parts: Vec::new(),
            poll: None,
            reply_to: None,
            quote: None,
            boost: None,
            options: options(set),
        }
    }

    #[derive(Debug)]
    struct NoHand;

    impl Hand for NoHand {
        fn learn(&mut self, name: &'static str, _: secrecy::SecretString) {
            panic!("nothing is learnt: {name}");
        }

        fn call(
            &mut self,
            request: crate::network::Request,
        ) -> crate::network::Flow<'_, Result<Response, NetworkError>> {
            panic!("the site calls nobody, but called {request:?}")
        }

        fn pause(&mut self, why: &'static str, _duration: Duration) -> crate::network::Flow<'_, ()> {
            panic!("the site waits for nobody, but waited for {why}")
        }
    }

    #[test]
    fn publishing_calls_nobody_and_answers_where_the_page_is() {
        let (draft, account, limits) = (draft("welcome", &[]), account(&[]), PROFILE.limits());
        let attempt = crate::network::Attempt { key: "0".repeat(32), at: model::Timestamp::EPOCH, nonce: 0 };
        let job = Job {
            draft: &draft,
            part: 0,
            account: &account,
            limits: &limits,
            attempt: &attempt,
            media: &[],
            root: None,
            parent: None,
            reply_to: None,
            quote: None,
            boost: None,
            recipient: None,
        };
        let (mut hand, session) = (NoHand, Session::default());
        let mut wire = Wire::new(&mut hand, &session);
        let receipt = futures_util::future::FutureExt::now_or_never(Network::publish(&Site, &job, &mut wire))
            .expect("it waits for nothing")
            .expect("it can't fail");
        assert_eq!(receipt.remote.id, "welcome");
        assert_eq!(receipt.remote.url.as_deref(), Some("posts/welcome/"));
    }

    #[track_caller]
    fn check_url(base: &str, expect: &str) {
        let receipt = receipt(&draft("welcome", &[]), &account(&[("url", base)]));
        assert_eq!(receipt.remote.url.as_deref(), Some(expect));
    }

    #[test]
    fn the_address_is_absolute_where_the_sites_own_is_known() {
        check_url("https://acme.example", "https://acme.example/posts/welcome/");
        check_url("https://acme.example/news/", "https://acme.example/news/posts/welcome/");
    }

    #[test]
    fn a_post_may_choose_the_readable_part_of_its_address() {
        let receipt = receipt(&draft("p1", &[("slug", "A new hoodie!")]), &account(&[]));
        assert!(receipt.remote.id.starts_with("a-new-hoodie-"), "{}", receipt.remote.id);
    }
}
