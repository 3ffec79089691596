use super::{address, options};
use crate::{
    diag::{Code, Diagnostic, Level},
    model::{Account, Post, Reference},
};

/// What Slack minds beyond its profiles.
pub(super) static CODES: &[&Code] = &[&CHANNEL, &REFERENCE];

static CHANNEL: Code = Code {
    name: "slack-channel",
    summary: "an account on Slack without a channel to post in",
    level: Level::Error,
    fixed: true,
    explain: "An app may be in many channels, so its account says where it posts, by the channel's id and not by its name.\n\n\
              ```toml\n[accounts.team]\nnetwork = \"slack\"\nchannel = \"C012AB3CD\"\n```\n\n\
              The id stands at the end of *Open channel details* in the channel's menu.",
};

static REFERENCE: Code = Code {
    name: "slack-reference",
    summary: "an address to answer that is no message in the account's channel",
    level: Level::Error,
    fixed: true,
    explain: "On Slack a message is answered in a thread below it, in the same channel.\n\n\
              ```toml\nreply_to = \"https://mastodon.example/@acme/1\"\n```\n\n\
              Name the message by *Copy link*, as in `https://acme.slack.com/archives/C012AB3CD/p1716820000001200`, or, if it is one \
              of ours, by its id.",
};

/// Returns what Slack minds in an app's post.
pub(super) fn of(post: &Post, account: &Account) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let channel = options::channel(account).ok();
    if channel.is_none() {
        let span = account.options.span("channel").unwrap_or(account.span);
        findings.push(
            Diagnostic::new(&CHANNEL, span, format!("account `{}` has no `channel`, the id of a channel", account.id))
                .help("write the id that stands at the end of the channel's details, as in `channel = \"C012AB3CD\"`"),
        );
    }
    if let (Some(reference), Some(channel)) = (&post.reply_to, channel)
        && let Reference::Url(url) = &reference.value
        && address::read(url).is_none_or(|there| there.channel != channel)
    {
        findings.push(
            Diagnostic::new(&REFERENCE, reference.span, "`reply_to` is not the address of a message in the channel")
                .label("no message there")
                .help("name the message as *Copy link* gives it, or leave this account out of `to`"),
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::{FileId, Span, Spanned},
        model::{AccountId, NetworkId, OptionValue, Options, PostId},
    };

    fn place(start: usize, end: usize) -> Span {
        Span::new(FileId(0), start..end)
    }

    fn account(options: &[(&'static str, &str)]) -> Account {
        let mut set = Options::default();
        for (at, (key, value)) in (20..).zip(options) {
            set.set(key, Spanned::new(OptionValue::Text((*value).to_owned()), place(at, at + 1)));
        }
        Account { options: set, ..Account::new(AccountId::new("chat"), NetworkId("slack"), place(10, 12)) }
    }

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

    #[test]
    fn an_app_needs_a_channel() {
        check(&of(&post(None), &account(&[("channel", "C012AB3CD")])), &[]);
        check(&of(&post(None), &account(&[])), &[("slack-channel", 10)]);
        check(&of(&post(None), &account(&[("channel", "#news")])), &[("slack-channel", 20)]);
    }

    #[test]
    fn only_messages_of_the_channel_can_be_answered() {
        let account = account(&[("channel", "C012AB3CD")]);
        check(&of(&post(url("https://acme.slack.com/archives/C012AB3CD/p1716820000001200")), &account), &[]);
        check(&of(&post(Some(Reference::Post(PostId::new("other")))), &account), &[]);
        for other in ["https://acme.slack.com/archives/C099AB3CD/p1716820000001200", "https://mastodon.example/@acme/1"]
        {
            check(&of(&post(url(other)), &account), &[("slack-reference", 3)]);
        }
    }
}
