//! E-mail: a post as one message to a mailing list's address, or as one to each recipient, by SMTP.
//!
//! One connection for one message (RFC 5321): encrypted (`smtps:`, or `smtp:` with STARTTLS), AUTH with a name and a password,
//! then MAIL, RCPT, DATA. 2yz after the dot means that the server has taken it on, not that anybody has read it; 4yz that it
//! hasn't and may later; 5yz that it won't. The message (RFC 5322, 2045) holds the post as text and as HTML, with the images
//! inside. `List-Unsubscribe` is RFC 2369, one click RFC 8058. See <https://www.rfc-editor.org/rfc/rfc5321> (read November
//! 2026) and `quirks.md` beside this.
//!
//! [`Settling::Person`] holds: after the dot without a reply nobody can tell whether the message is on its way, and no server
//! can be asked. Its `Message-ID` is made from the post and the account, so that people and some servers know a double.

mod body;
mod options;
mod reply;
mod request;

use super::{
    Auth, Composed, ErrorKind, Form, Job, Limit, Limits, Look, MediaRules, Need, Network, NetworkError, Probe, Profile,
    Receipt, Recipients, Settling, TextRules, Threads, VideoRules, Wire, article, compose,
};
use crate::{
    diag::Code,
    model::{self, Account, MediaKind, NetworkId, Remote},
    text::{Measure, MentionWeight, Unit},
};
use std::collections::BTreeMap;

/// E-mail.
#[derive(Debug)]
pub struct Email;

const ID: NetworkId = NetworkId("email");
const OURS: &str = "SMTP has no limit, each server its own; Masthead's, 2026-11-23";

/// The name under which [`Remote::extra`] keeps what the server said, which is how its log calls the message.
const NOTE: &str = "note";

static PROFILE: Profile = Profile {
    id: ID,
    name: "E-mail",
    checked: "2026-11-23",
    sources: &[
        "https://www.rfc-editor.org/rfc/rfc5321",
        "https://www.rfc-editor.org/rfc/rfc5322",
        "https://www.rfc-editor.org/rfc/rfc2369",
        "https://www.rfc-editor.org/rfc/rfc8058",
        "https://www.rfc-editor.org/rfc/rfc8314",
    ],
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
        max_videos: 0,
        kinds: &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif, MediaKind::Webp],
        max_image_bytes: None,
        max_image_pixels: None,
        max_video_bytes: None,
        video: VideoRules::ANY,
        max_alt: None,
        shrink: false,
        by_address: false,
        shape: None,
    }),
    poll: None,
    reply: false,
    quote: false,
    boost: false,
    edit: false,
    delete: false,
    prices: &[],
    rates: &[],
    settling: Settling::Person,
    auth: Auth::Token,
    login: None,
    probe: true,
    projected: false,
    look: Look::PLAIN,
    post_options: options::POST,
    account_options: options::ACCOUNT,
    needs: &[Need::Token],
    setup: &[
        "Ask your mail provider for the address of its server for sending (*SMTP*, *submission*), and write it as `server`: \
         `smtps://mail.example` (port 465), or `smtp://mail.example:587` where it uses STARTTLS. Nothing is said to a server that doesn't \
         encrypt.",
        "Make a password for sending alone (an *app password* or *SMTP credentials*), put it into the environment or the vault, and \
         name it: `token = \"env:NAME\"` or `token = \"vault:NAME\"`. `user` is the name that goes with it; the address in `from` if it \
         isn't set.",
        "`from` is the address that the provider lets you send from, such as `Acme News <news@acme.example>`. Its domain needs SPF and DKIM \
         records, and DMARC for many receivers: your provider names them.",
        "`to` is the list's address, to which your list software (Mailman, listmonk, Google Groups) takes mail for all its subscribers. \
         Allow `from` to post there without approval. The list adds its own links for unsubscribing; where it doesn't, set \
         `unsubscribe`.",
        "Or, instead of `to`, a list of your own: `recipients = \"file:/srv/acme/recipients.txt\"`, a file outside the repository that \
         only you can read, with one address a line; or a command that prints them. Make a key once with `openssl rand -hex 32`, keep it \
         for good, and name it: `recipients_key = \"env:NAME\"`. Set `unsubscribe`, and take people off the list who ask for it.",
        "`masthead doctor` signs in at the server and sends nothing.",
    ],
    quirks: include_str!("quirks.md"),
};

impl Network for Email {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn codes(&self) -> &'static [&'static Code] {
        options::CODES
    }

    fn compose(&self, post: &model::Post, target: &model::Target, account: &Account, limits: &Limits) -> Composed {
        let draft = compose(&PROFILE, post, target, limits);
        let findings = options::findings(target, &draft, account);
        Composed { draft, findings }
    }

    fn recipients<'a>(&self, account: &'a Account) -> Option<Recipients<'a>> {
        options::recipients(account).ok().flatten()
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        article::refuse_what_blogs_lack(job)?;
        let settings = options::settings(job.account)?;
        let Some(mail) = request::mail(job, &settings) else {
            return Err(NetworkError::new(ErrorKind::Misconfigured, "nobody is named to whom it goes"));
        };
        let (id, to) = (mail.id.clone(), mail.to.address.clone());
        let response = wire.call(request::send(&settings, mail)).await?;
        let said = reply::accepted(&response).map_err(|error| match job.recipient {
            Some(_) => reply::without(error, &to),
            None => error,
        })?;
        // Servers like to repeat to whom it went.
        let said = if job.recipient.is_some() { reply::hidden(&said, &to) } else { said };
        let extra = BTreeMap::from([(NOTE.to_owned(), format!("the mail server took it on: {said}"))]);
        Ok(Receipt { remote: Remote { id, url: None, extra } })
    }

    async fn probe(&self, account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let settings = options::settings(account)?;
        let server = reply::server(&wire.call(request::knock(&settings)).await?)?;
        Ok(Probe {
            identity: Some(match &settings.to {
                Some(to) => format!("{}, to {}", settings.from.address, to.address),
                None => settings.from.address.clone(),
            }),
            server: Some(server),
            scopes: Vec::new(),
            missing: Vec::new(),
            expires: None,
            limits: PROFILE.limits(),
        })
    }
}
