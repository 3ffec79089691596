//! The requests, one function each. Pure: values in, a request out.

use super::{body, options::Settings};
use crate::{
    network::{Credential, Effect, Job, Mail, Mailbox, Method, Payload, Place, Request, article},
    text,
};

/// How long a subject is that is made from the text.
const SUBJECT: usize = 70;

/// Sends a message. Its envelope is ours and not what the message says of itself.
pub(super) fn send(settings: &Settings<'_>, mail: Mail) -> Request {
    let (from, to) = (mail.from.address.clone(), mail.to.address.clone());
    let payload = Payload::Mail(Box::new(mail));
    let request = Request::send("send e-mail", Method::Post, settings.server, payload, Effect::Publish);
    sign(request.header("mail-from", from).header("rcpt-to", to), settings)
}

/// Signs in and sends nothing.
pub(super) fn knock(settings: &Settings<'_>) -> Request {
    sign(Request::get("sign in", settings.server), settings)
}

fn sign(request: Request, settings: &Settings<'_>) -> Request {
    request.credential(Credential::Token).place(Place::Basic { user: settings.user.to_owned() })
}

/// Writes the message; none if it is for nobody.
pub(super) fn mail(job: &Job<'_>, settings: &Settings<'_>) -> Option<Mail> {
    let to = job.recipient.map(|recipient| &recipient.mailbox).or(settings.to.as_ref())?;
    let id = id(job, settings, to);
    let unsubscribe = settings.unsubscribe.map(|address| {
        let name = job.recipient.map_or("", |recipient| &recipient.name);
        address.replace("{recipient}", name)
    });
    // A list's software adds it by itself.
    let foot = unsubscribe.as_deref().filter(|_| job.recipient.is_some());
    let text = body::text(job, foot);
    let subject = [job.draft.options.text("subject"), job.draft.title.as_deref()].into_iter().flatten().next();
    let subject = subject.map_or_else(|| text::excerpt(&text, SUBJECT), str::to_owned);
    let cids = body::ids(job, &id);
    let mut headers = vec![("List-Id", format!("<{}>", settings.list_id))];
    if let Some(unsubscribe) = &unsubscribe {
        headers.push(("List-Unsubscribe", format!("<{unsubscribe}>")));
        if unsubscribe.starts_with("https:") {
            headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
    }
    // So that no absent person's program answers it (RFC 3834).
    headers.push(("Auto-Submitted", "auto-generated".to_owned()));
    headers.extend(job.draft.language.iter().map(|language| ("Content-Language", on_one_line(language))));
    let tags = article::tags(job.draft);
    if !tags.is_empty() {
        headers.push(("Keywords", on_one_line(&tags.join(", "))));
    }
    Some(Mail {
        from: settings.from.clone(),
        to: to.clone(),
        reply_to: settings.reply_to.clone(),
        subject: on_one_line(&subject),
        html: body::html(job, &cids, foot),
        images: body::images(job, &cids),
        text,
        id,
        at: job.attempt.at,
        headers,
    })
}

/// Makes the id of the message: the same for a post, an account and a recipient, whatever becomes of the first attempt.
fn id(job: &Job<'_>, settings: &Settings<'_>, to: &Mailbox) -> String {
    // It stands in the ledger, so it is made from no address that somebody could guess.
    let whom = job.recipient.map_or_else(|| to.address.to_lowercase(), |recipient| recipient.name.clone());
    let whose = format!("{}\n{}\n{whom}", job.draft.post, job.draft.account);
    format!("{}@{}", &blake3::hash(whose.as_bytes()).to_hex()[..32], settings.from.host())
}

/// Puts a text on one line: a header ends with it.
fn on_one_line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
