use super::{address, options, request::LONGEST_QUESTION};
use crate::{
    diag::{Code, Diagnostic, Level},
    model::{Account, Post, Reference},
    network::Draft,
};

/// What Discord minds beyond its profiles.
pub(super) static CODES: &[&Code] = &[&CHANNEL, &REFERENCE, &POLL];

static CHANNEL: Code = Code {
    name: "discord-channel",
    summary: "an account on Discord without a channel to post in",
    level: Level::Error,
    fixed: true,
    explain: "A bot may be in many channels, so its account says where it posts, by the channel's id. A webhook belongs to a \
              channel, and its account may name a thread in that.\n\n\
              ```toml\n[accounts.chat]\nnetwork = \"discord\"\nchannel = \"80351110224678912\"\n```\n\n\
              Switch on *Settings → Advanced → Developer Mode*, then choose *Copy Channel ID* in the channel's menu.",
};

static REFERENCE: Code = Code {
    name: "discord-reference",
    summary: "an address to answer that is no message in the account's channel",
    level: Level::Error,
    fixed: true,
    explain: "On Discord a bot answers messages of the channel that it posts in.\n\n\
              ```toml\nreply_to = \"https://mastodon.example/@acme/1\"\n```\n\n\
              Name the message by *Copy Message Link*, as in `https://discord.com/channels/1/2/3`, or, if it is one of ours, by \
              its id.",
};

static POLL: Code = Code {
    name: "discord-poll",
    summary: "a poll on Discord without a question that fits",
    level: Level::Error,
    fixed: true,
    explain: "A poll on Discord has a question of at most 300 characters. The text of the post is the question; if it is longer, \
              the question must be written.\n\n\
              ```toml\n[discord]\npoll_question = \"Which colour?\"\n```\n\n\
              Then the text stands above the poll.",
};

/// Returns what Discord minds in a bot's draft.
pub(super) fn of_bot(post: &Post, draft: &Draft, account: &Account) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let channel = options::channel(account).ok();
    if channel.is_none() {
        let span = account.options.span("channel").unwrap_or(account.span);
        findings.push(
            Diagnostic::new(&CHANNEL, span, format!("account `{}` has no `channel`, the id of a channel", account.id))
                .help("write the id that *Copy Channel ID* gives, as in `channel = \"80351110224678912\"`"),
        );
    }
    if let (Some(reference), Some(channel)) = (&post.reply_to, channel)
        && let Reference::Url(url) = &reference.value
        && address::read(url).is_none_or(|(there, _)| there != channel)
    {
        findings.push(
            Diagnostic::new(&REFERENCE, reference.span, "`reply_to` is not the address of a message in the channel")
                .label("no message there")
                .help("name the message as *Copy Message Link* gives it, or leave this account out of `to`"),
        );
    }
    findings.extend(poll(draft));
    findings
}

/// Returns what Discord minds in a webhook's draft.
pub(super) fn of_webhook(draft: &Draft, account: &Account) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    if account.options.text("thread").is_some() && options::thread(account).is_none() {
        let span = account.options.span("thread").unwrap_or(account.span);
        findings.push(
            Diagnostic::new(&CHANNEL, span, format!("the `thread` of account `{}` is not the id of one", account.id))
                .help("write the id that *Copy Thread ID* gives, as in `thread = \"80351110224678912\"`"),
        );
    }
    findings.extend(poll(draft));
    findings
}

fn poll(draft: &Draft) -> Option<Diagnostic> {
    let poll = draft.poll.as_ref()?;
    let written = options::poll_question(draft);
    let question = written.or_else(|| Some(draft.parts.first()?.text.text.as_str())).unwrap_or_default();
    let length = question.chars().count();
    if (1..=LONGEST_QUESTION).contains(&length) {
        return None;
    }
    let span = written.and_then(|_| draft.options.span("poll_question")).unwrap_or(poll.span);
    let message = if length == 0 {
        "the poll has no question".to_owned()
    } else {
        format!("the question of the poll has {length} characters, and Discord takes {LONGEST_QUESTION}")
    };
    Some(
        Diagnostic::new(&POLL, span, message)
            .help("write a short one as `poll_question`; the text stands above it then"),
    )
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixtures::{account, draft, place},
        *,
    };
    use crate::{
        diag::{FileId, Spanned},
        model::PostId,
    };

    /// A post that answers something.
    fn post(reply_to: Option<Reference>) -> Post {
        Post {
            id: Spanned::new(PostId::new("news"), place(0, 0)),
            id_written: true,
            file: FileId(0),
            targets: Vec::new(),
            draft: false,
            campaign: None,
            retract: false,
            copies: Vec::new(),
            poll: None,
            reply_to: reply_to.map(|reference| Spanned::new(reference, place(3, 8))),
            quote: None,
            boost: None,
            auto_thread: false,
            silenced: Vec::new(),
        }
    }

    #[track_caller]
    fn check(found: &[Diagnostic], expect: &[(&str, usize)]) {
        let found: Vec<_> = found.iter().map(|it| (it.code.name, it.primary.span.range().start)).collect();
        assert_eq!(found, expect);
    }

    fn url(url: &str) -> Option<Reference> {
        Some(Reference::Url(url.to_owned()))
    }

    const CHANNEL_ID: &str = "1100000000000000002";

    #[test]
    fn a_bot_needs_a_channel() {
        let hello = draft("Hello", None, false);
        check(&of_bot(&post(None), &hello, &account(&[("channel", CHANNEL_ID)])), &[]);
        check(&of_bot(&post(None), &hello, &account(&[])), &[("discord-channel", 10)]);
        check(&of_bot(&post(None), &hello, &account(&[("channel", "news")])), &[("discord-channel", 20)]);
    }

    #[test]
    fn a_thread_is_named_by_its_id() {
        let hello = draft("Hello", None, false);
        check(&of_webhook(&hello, &account(&[])), &[]);
        check(&of_webhook(&hello, &account(&[("thread", CHANNEL_ID)])), &[]);
        check(&of_webhook(&hello, &account(&[("thread", "news")])), &[("discord-channel", 20)]);
    }

    #[test]
    fn only_messages_of_the_channel_can_be_answered() {
        let (hello, account) = (draft("Hello", None, false), account(&[("channel", CHANNEL_ID)]));
        let there = format!("https://discord.com/channels/1/{CHANNEL_ID}/3");
        check(&of_bot(&post(url(&there)), &hello, &account), &[]);
        check(&of_bot(&post(Some(Reference::Post(PostId::new("other")))), &hello, &account), &[]);
        for other in ["https://discord.com/channels/1/2/3", "https://mastodon.example/@acme/1"] {
            check(&of_bot(&post(url(other)), &hello, &account), &[("discord-reference", 3)]);
        }
    }

    #[test]
    fn a_poll_needs_a_question_that_fits() {
        let (long, account) = ("x".repeat(301), account(&[]));
        check(&of_webhook(&draft(&long, None, false), &account), &[]);
        check(&of_webhook(&draft("Which?", None, true), &account), &[]);
        check(&of_webhook(&draft(&long, None, true), &account), &[("discord-poll", 30)]);
        check(&of_webhook(&draft("", None, true), &account), &[("discord-poll", 30)]);
        check(&of_webhook(&draft(&long, Some("Which?"), true), &account), &[]);
        check(&of_webhook(&draft("Which?", Some(&long), true), &account), &[("discord-poll", 40)]);
    }
}
