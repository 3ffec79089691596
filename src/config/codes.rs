use crate::diag::{Code, Level};

/// Defines a code that can't be silenced: without what it asks for, nothing sound can be read.
macro_rules! fixed {
    ($name:ident, $code:literal, $summary:literal, $explain:literal) => {
        pub(crate) static $name: Code =
            Code { name: $code, summary: $summary, level: Level::Error, fixed: true, explain: $explain };
    };
}

fixed!(
    SYNTAX,
    "syntax",
    "the TOML or YAML can't be read",
    "`masthead.toml`, `_defaults.toml` and the front matter between `+++` lines are TOML; front matter between `---` lines \
is YAML. Something there doesn't follow the rules of the format.

```toml
title = \"Hello      # the closing quote is missing
```

Mend the underlined place. Texts need quotes in TOML, and a date is written without them: `date = 2026-12-01T09:00:00`."
);
fixed!(
    NESTED_TOO_DEEPLY,
    "nested-too-deeply",
    "keys, lists, quotes or groups are nested deeper than anybody can read",
    "Keys with dozens of parts, lists in lists and quotes in quotes are refused past a depth that no post needs, so that \
a hostile file can't exhaust the program's memory.

```markdown
> > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > deep
```

Write it with fewer levels."
);
fixed!(
    FILE_TOO_LARGE,
    "file-too-large",
    "the file is larger than a post or a configuration can be",
    "A post may have 256 KiB, of which the front matter 64 KiB, and `masthead.toml` 1 MiB: far more than any network \
takes. A larger file is most likely something else, such as an image with the wrong extension or a pasted log.

Split the post, or move what is not copy out of `content/`."
);
fixed!(
    UNKNOWN_KEY,
    "unknown-key",
    "a key that nothing reads",
    "A key that isn't known is never ignored: a typing mistake in `date` would otherwise publish a post at once.

```toml
dat = 2026-12-01T09:00:00   # did you mean `date`?
```

Correct the key or delete the line. The tables of a post are named after accounts and networks."
);
fixed!(
    WRONG_TYPE,
    "wrong-type",
    "a value of the wrong type",
    "A key holds another kind of value than the one written.

```toml
draft = \"yes\"   # write true or false, without quotes
tags = 5        # write a list of texts: [\"news\"]
```

Write the kind that the message names."
);
fixed!(
    BAD_VALUE,
    "bad-value",
    "a value that the key can't have",
    "The value has the right type, but not one of the forms that the key takes.

```toml
[publish]
grace = \"a day\"   # write \"24h\" or \"1d\"
```

The message says which forms there are."
);
fixed!(
    MISSING_KEY,
    "missing-key",
    "a key that can't be left out",
    "Some keys have no sensible default: an account must say which network it is on, and a poll needs its options and \
its duration.

```toml
[accounts.brand]
network = \"mastodon\"
```

Add the key that the message names."
);
fixed!(
    BAD_NAME,
    "bad-name",
    "a name of an account, group or person that can't be written everywhere",
    "Names of accounts, groups and people appear in `to`, in headings such as `# @brand`, in copy and in the ledger's \
paths. They are made of lowercase letters, digits, `_` and `-`, begin with a letter or digit, and can't be a key of the \
front matter, such as `tags`.

```toml
[accounts.Brand_EN]   # write brand_en
```

Rename it, here and wherever posts use it."
);
fixed!(
    NAME_CLASH,
    "name-clash",
    "one name that means two things",
    "In `to`, in tables and in copy headings a name stands for an account, a group, a network or a language. A name that \
means two of them would send copy to the wrong place.

```toml
[accounts.sky]
network = \"bluesky\"

[groups]
sky = [\"brand\"]   # `sky` is an account already
```

Rename one of the two. An account may have the name of a network: then the account is meant."
);
fixed!(
    UNKNOWN_NETWORK,
    "unknown-network",
    "a network that this program doesn't know",
    "`network` names one of the networks that Masthead speaks to.

```toml
[accounts.brand]
network = \"mastodn\"   # did you mean `mastodon`?
```

Correct the name. `masthead accounts` and the documentation list the networks."
);
fixed!(
    UNKNOWN_ACCOUNT,
    "unknown-account",
    "a name that is no account and no group",
    "`to` and `[groups]` name accounts and groups of `masthead.toml`.

```toml
to = [\"barnd\"]   # did you mean `brand`?
```

Correct the name, or add the account to `masthead.toml`."
);
fixed!(
    UNKNOWN_ZONE,
    "unknown-zone",
    "a time zone that isn't in the tz database",
    "`timezone` is an IANA name such as `Europe/Rome` or `UTC`. Abbreviations such as `CET` don't say when clocks change \
everywhere, and offsets such as `+01:00` don't know of summer time.

```toml
[workspace]
timezone = \"Europe/Roma\"   # did you mean `Europe/Rome`?
```"
);
fixed!(
    GROUP_CYCLE,
    "group-cycle",
    "a group that contains itself",
    "A group may name other groups, and is then all their accounts. A group that leads back to itself has no end.

```toml
[groups]
all = [\"europe\"]
europe = [\"all\"]
```

Take one of the names out."
);
fixed!(
    SECRET_IN_CONFIG,
    "secret-in-config",
    "a secret in a file that everybody with the repository can read",
    "`token` says where the secret is kept, and is never the secret itself: `masthead.toml` is committed, and what was \
committed stays in the history.

```toml
[accounts.brand]
token = \"env:BRAND_TOKEN\"                     # an environment variable
# token = \"file:secrets/brand\"                # a file that only its owner can read, in .gitignore
# token = \"command:pass show masthead/brand\"  # printed by a program
```

If a secret has been committed, revoke it at the network first: deleting the line doesn't take it back. The line is \
not shown in the message, so that it doesn't end up in the logs of a CI job as well."
);

/// Every code of this module.
pub static CODES: &[&Code] = &[
    &SYNTAX,
    &NESTED_TOO_DEEPLY,
    &FILE_TOO_LARGE,
    &UNKNOWN_KEY,
    &WRONG_TYPE,
    &BAD_VALUE,
    &MISSING_KEY,
    &BAD_NAME,
    &NAME_CLASH,
    &UNKNOWN_NETWORK,
    &UNKNOWN_ACCOUNT,
    &UNKNOWN_ZONE,
    &GROUP_CYCLE,
    &SECRET_IN_CONFIG,
];
