//! What X minds beyond its profile.

use super::address;
use crate::{
    diag::{Code, Diagnostic, Level, Span},
    model::{Account, MediaKind, Post, Reference},
    network::{Draft, DraftPart},
};

static ACCOUNT: Code = Code {
    name: "x-account",
    summary: "an account on X without the application as which it is let in",
    level: Level::Error,
    fixed: true,
    explain: "\
X lets programs in through an application that somebody has registered in its console, and asks for its id whenever a session is
renewed.

```toml
[accounts.x]
network = \"x\"
client_id = \"the client id of the application\"
```

The page of the network tells how to make one.",
};

static CASHTAG: Code = Code {
    name: "x-cashtag",
    summary: "more than one cashtag in a post on X",
    level: Level::Warning,
    fixed: false,
    explain: "\
X takes one cashtag, such as `$ACME`, in a post of a program, and refuses more. Write the others without the `$`, or spread them over a
thread.",
};

static MEDIA: Code = Code {
    name: "x-media",
    summary: "media that X doesn't show together",
    level: Level::Error,
    fixed: true,
    explain: "\
A post on X shows up to four images, or one GIF, or one video, and none beside a poll or a quoted post. Spread them over a thread, or leave the
others out of the copy for X.",
};

static POLL: Code = Code {
    name: "x-poll",
    summary: "a poll that X doesn't take",
    level: Level::Error,
    fixed: true,
    explain: "\
A reader of a poll on X chooses one answer, and a post with a poll quotes no other. Delete `multiple`, or leave this account out of `to`.",
};

static REFERENCE: Code = Code {
    name: "x-reference",
    summary: "an address to answer or quote that is no post on X",
    level: Level::Error,
    fixed: true,
    explain: "\
A post on X answers and quotes posts there, by their address as *Copy link* gives it: `https://x.com/NAME/status/NUMBER`.",
};

static POLICY: Code = Code {
    name: "x-policy",
    summary: "an answer to somebody on X, which it may refuse",
    level: Level::Note,
    fixed: false,
    explain: "\
Since February 2026 X lets programs answer only posts whose author has mentioned or quoted the account, and since April quoting the
posts of others is not part of every plan. Answers to posts of one's own, as in a thread, work. What X refuses is shown as refused, and
nothing is sent again by itself.",
};

/// Every code of X.
pub(super) static CODES: &[&Code] = &[&ACCOUNT, &CASHTAG, &MEDIA, &POLL, &REFERENCE, &POLICY];

/// Returns what X minds in a post, its draft and its account.
pub(super) fn of(post: &Post, draft: &Draft, account: &Account) -> Vec<Diagnostic> {
    let mut findings: Vec<Diagnostic> = of_account(account).into_iter().collect();
    for (key, reference) in [("reply_to", &post.reply_to), ("quote", &post.quote)] {
        let Some(reference) = reference else { continue };
        let Reference::Url(url) = &reference.value else { continue };
        findings.push(if address::id_in(url).is_none() {
            Diagnostic::new(&REFERENCE, reference.span, format!("`{key}` is not the address of a post on X"))
                .label("no post there")
                .help("name it as *Copy link* gives it, or leave this account out of `to`")
        } else {
            Diagnostic::new(&POLICY, reference.span, "X may refuse this to a program")
                .help("it works where the author has mentioned or quoted the account")
        });
    }
    findings.extend(draft.parts.iter().filter_map(|part| media(part, draft.quote.is_some())));
    findings.extend(draft.parts.iter().filter_map(cashtags));
    findings.extend(poll(draft));
    findings
}

fn of_account(account: &Account) -> Option<Diagnostic> {
    account.client.is_none().then(|| {
        let message = format!("account `{}` has no `client_id`", account.id);
        Diagnostic::new(&ACCOUNT, account.span, message).help("add the client id that the console shows, console.x.com")
    })
}

fn media(part: &DraftPart, quotes: bool) -> Option<Diagnostic> {
    let is_gif = |source: &str| source.rsplit('.').next().is_some_and(|end| MediaKind::Gif.extension() == end);
    let has_gif = part.media.iter().any(|media| is_gif(&media.source.as_str().to_ascii_lowercase()));
    let (message, help) = if quotes && !part.media.is_empty() {
        ("a post that quotes another shows no media on X", "leave the images out, or write the address into the text")
    } else if has_gif && part.media.len() > 1 {
        ("a GIF stands alone on X", "leave the others out, or spread them over a thread")
    } else {
        return None;
    };
    Some(Diagnostic::new(&MEDIA, part.span, message).help(help))
}

fn poll(draft: &Draft) -> Option<Diagnostic> {
    let poll = draft.poll.as_ref()?;
    let (message, help) = if poll.multiple {
        ("a poll on X takes one answer of each reader", "delete `multiple`")
    } else if draft.quote.is_some() {
        ("a post with a poll quotes no other on X", "leave one of them out")
    } else {
        return None;
    };
    Some(Diagnostic::new(&POLL, poll.span, message).help(help))
}

fn cashtags(part: &DraftPart) -> Option<Diagnostic> {
    let text = &part.text.text;
    (text.split_whitespace().filter(|word| is_cashtag(word)).count() > 1).then(|| {
        let place: Span = part.span;
        Diagnostic::new(&CASHTAG, place, "the post has more than one cashtag, and X takes one of a program")
            .help("write the others without the `$`")
    })
}

/// Returns whether a word begins as a cashtag does: `$`, one to six letters, and no further one.
fn is_cashtag(word: &str) -> bool {
    let Some(rest) = word.trim_start_matches(['(', '"', '\'']).strip_prefix('$') else { return false };
    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    (1..=6).contains(&letters) && !rest[letters..].starts_with(|c: char| c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::FileId,
        model::{AccountId, NetworkId, fixtures::media_of},
        network::fixtures::{draft, flat},
    };

    fn codes(found: impl IntoIterator<Item = Diagnostic>) -> Vec<&'static str> {
        found.into_iter().map(|finding| finding.code.name).collect()
    }

    #[test]
    fn cashtags_are_told_from_amounts_of_money() {
        for word in ["$ACME", "($acme)", "$BRK.A", "$A,"] {
            assert!(is_cashtag(word), "{word}");
        }
        for word in ["$5", "$", "$1.50", "US$", "$LONGERTHAN", "$A1"] {
            assert!(!is_cashtag(word), "{word}");
        }
        let of = |text: &str| codes(draft(flat(text, &[]), Vec::new(), &[]).parts.iter().filter_map(cashtags));
        assert!(of("$ACME at $5").is_empty());
        assert_eq!(of("$ACME and $OTHER"), ["x-cashtag"]);
    }

    #[test]
    fn a_gif_stands_alone_and_a_quote_without_images() {
        let of = |files: &[&str], quotes: bool| {
            let files = files.iter().map(|file| media_of(file, "")).collect();
            codes(draft(flat("x", &[]), files, &[]).parts.iter().filter_map(|part| media(part, quotes)))
        };
        assert!(of(&["a.png", "b.png"], false).is_empty() && of(&["a.GIF"], false).is_empty());
        assert_eq!(of(&["a.gif", "b.png"], false), ["x-media"]);
        assert_eq!(of(&["a.png"], true), ["x-media"]);
    }

    #[test]
    fn an_account_says_as_which_application() {
        let place = Span::new(FileId(0), 0..3);
        let account = Account::new(AccountId::new("x"), NetworkId("x"), place);
        assert_eq!(codes(of_account(&account)), ["x-account"]);
    }
}
