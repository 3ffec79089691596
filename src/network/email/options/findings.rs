//! What e-mail minds in a post and an account beyond its profile.

use super::{Wrong, read};
use crate::{
    diag::{Code, Diagnostic, Level},
    model::{Account, Target},
    network::Draft,
};

static SUBJECT: Code = Code {
    name: "email-subject",
    summary: "a post for e-mail without a subject",
    level: Level::Error,
    fixed: true,
    explain: "\
People decide by the subject whether they open an e-mail, and many servers take one without for spam. It is the post's title,
or `subject` where it is to be another one.

```toml
title = \"A new hoodie\"

[email]
subject = \"It is here: the new hoodie\"
```",
};

static ACCOUNT: Code = Code {
    name: "email-account",
    summary: "a setting of an account for e-mail that is missing or can't be used",
    level: Level::Error,
    fixed: true,
    explain: "\
An account for e-mail says which server sends its mail, from whom and to which list.

```toml
[accounts.newsletter]
network = \"email\"
server = \"smtps://mail.example\"
token = \"env:MAIL_PASSWORD\"
from = \"Acme News <news@acme.example>\"
to = \"news@lists.example\"
```

Instead of `to`, which is the address of a mailing list, it may have `recipients`: a list of addresses, of which each gets a message of
their own. Neither the list nor its key is in the workspace.

```toml
recipients = \"file:/srv/acme/recipients.txt\"
recipients_key = \"env:RECIPIENTS_KEY\"
unsubscribe = \"https://acme.example/unsubscribe?who={recipient}\"
```

The server is `smtps://` with a host, or `smtp://` where encryption begins with STARTTLS. It holds no user name and no password:
those are `user` and the secret where `token` points.",
};

/// Every code of e-mail.
pub(in crate::network::email) static CODES: &[&Code] = &[&SUBJECT, &ACCOUNT];

/// Returns what e-mail minds in a draft and its account.
pub(in crate::network::email) fn findings(target: &Target, draft: &Draft, account: &Account) -> Vec<Diagnostic> {
    let findings = [read(account).err().map(|wrong| of_account(&wrong, account)), subject(target, draft)];
    findings.into_iter().flatten().collect()
}

fn of_account(wrong: &Wrong, account: &Account) -> Diagnostic {
    // A secret is never shown, and a renderer shows the whole line of a finding.
    let span = account.options.span(wrong.key).filter(|_| !wrong.secret).unwrap_or(account.span);
    let message = format!("`{}` of the account `{}` {}", wrong.key, account.id, wrong.what);
    Diagnostic::new(&ACCOUNT, span, message).help(wrong.help)
}

fn subject(target: &Target, draft: &Draft) -> Option<Diagnostic> {
    let has_words = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty());
    if draft.boost.is_some() || has_words(draft.options.text("subject")) || has_words(draft.title.as_deref()) {
        return None;
    }
    let finding = Diagnostic::new(&SUBJECT, target.account.span, "the post has no title, which is an e-mail's subject");
    Some(finding.help("add a line such as `title = \"A new hoodie\"`"))
}
