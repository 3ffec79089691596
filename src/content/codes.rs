use crate::diag::{Code, Level};

macro_rules! code {
    ($name:ident, $code:literal, $level:ident, $fixed:literal, $summary:literal, $explain:literal) => {
        pub(crate) static $name: Code =
            Code { name: $code, summary: $summary, level: Level::$level, fixed: $fixed, explain: $explain };
    };
}

code!(
    FRONT_MATTER_FENCE,
    "front-matter-fence",
    Error,
    true,
    "front matter that doesn't begin or end as it must",
    "Front matter stands at the very start of the file, between two lines of `+++` (TOML) or two lines of `---` (YAML). \
Without the closing line nobody can tell where the copy begins.

```markdown
+++
to = [\"brand\"]
+++

Copy.
```

Close the front matter with the same line that opened it, and let nothing stand before it."
);
code!(
    CONTROL_CHARACTER,
    "control-character",
    Error,
    true,
    "a character that can't be seen and that no network shows",
    "Control characters such as NUL or escape come from a damaged file or a copy out of a terminal. Networks refuse them, \
cut the text at them, or drop them silently. Line ends and tabs are no mistake.

Delete the character; most editors can show it."
);
code!(
    MISSING_TO,
    "missing-to",
    Error,
    true,
    "a post that doesn't say where it goes",
    "`to` names the accounts and groups that a post goes to, in the post itself or in a `_defaults.toml` above it.

```toml
to = [\"brand\", \"sky\"]
```

Add it to the front matter."
);
code!(
    BAD_ID,
    "bad-id",
    Error,
    true,
    "an id that can't name a post",
    "The ledger knows a post by its id: what was published under it is never published again. It becomes a path in \
the ledger, so it is made of the letters a to z in either case, digits, `-`, `_`, `.` and `/`; no part of it is empty \
or begins with a dot, and it has at most 200 characters. Without `id`, the file's path below `content/` is the id.

```toml
id = \"hoodie-launch\"
```

Write such an id. `masthead new` does it for new posts."
);
code!(
    DATE_WITHOUT_TIME,
    "date-without-time",
    Error,
    true,
    "a date that doesn't say at what time",
    "A date alone doesn't say when in the day a post should go out, and midnight is rarely meant.

```toml
date = 2026-12-01            # when?
date = 2026-12-01T09:00:00   # nine in the workspace's time zone
```

Add the time."
);
code!(
    DATE_TWICE,
    "date-twice",
    Error,
    true,
    "a local time that a clock change makes happen twice",
    "When clocks are set back, an hour happens twice. `2026-10-25T02:30:00` in Europe/Rome is both 00:30 and 01:30 \
universal time.

```toml
date = 2026-10-25T02:30:00+02:00   # the earlier
date = 2026-10-25T02:30:00+01:00   # the later
```

Write the offset of the one that you mean."
);
code!(
    DATE_NEVER,
    "date-never",
    Error,
    true,
    "a local time that a clock change leaves out",
    "When clocks are set forward, an hour doesn't happen. `2026-03-29T02:30:00` is on no clock in Europe/Rome.

```toml
date = 2026-03-29T01:30:00+01:00   # half an hour before the change
date = 2026-03-29T03:30:00+02:00   # half an hour after it
```

Write one of the two readings that the message offers."
);
code!(
    NOT_A_DEFAULT,
    "not-a-default",
    Error,
    true,
    "a key in `_defaults.toml` that only a post can have",
    "`_defaults.toml` holds what the posts below its folder have in common. An id, a date, a poll, what is answered, \
quoted or passed on, and silenced findings belong to one post.

Move the key to the posts that it is meant for."
);
code!(
    UNKNOWN_AUDIENCE,
    "unknown-audience",
    Error,
    true,
    "a copy heading that names nobody",
    "A level-one heading made only of `@names` opens copy for accounts, groups, networks or languages. A name that is \
none of them would leave the copy to nobody, and somebody with the wrong copy.

```markdown
# @mastodn

Did you mean `@mastodon`?
```

Correct the name. To publish such a heading as it stands, add a word to it or lower its level."
);
code!(
    AMBIGUOUS_COPY,
    "ambiguous-copy",
    Error,
    true,
    "two copies that are equally meant for one account",
    "The most specific copy wins: that for an account, then for a group, a network, a language. Two headings that name an \
account equally closely leave it open which copy it gets.

```markdown
# @everywhere

One text.

# @social

Another one, though `brand` is in both groups.
```

Name the account itself in one of the two headings, or join them."
);
code!(
    UNUSED_COPY,
    "unused-copy",
    Warning,
    false,
    "copy for somebody whom the post doesn't go to",
    "No account in `to` gets this copy, so nobody will ever read it.

```markdown
+++
to = [\"sky\"]
+++

# @mastodon

Never published.
```

Add the account to `to`, or delete the copy."
);
code!(
    UNUSED_TABLE,
    "unused-table",
    Warning,
    false,
    "a table for an account or network that the post doesn't go to",
    "No account in `to` is meant by this table, so its settings have no effect.

```toml
to = [\"sky\"]

[mastodon]
visibility = \"unlisted\"
```

Add the account to `to`, or delete the table."
);
code!(
    HEADING_NOT_BREAK,
    "heading-not-break",
    Warning,
    false,
    "a `---` that makes a heading of the text above it",
    "In Markdown a line of dashes directly under text makes that text a heading. To split a thread, a blank line must \
stand before the `---`.

```markdown
The first post of the thread.
---
The second? No: the line above became a heading.
```

Add a blank line before the dashes; for a heading, write `## Heading`."
);
code!(
    EMPTY_PART,
    "empty-part",
    Warning,
    false,
    "a part of a thread without content",
    "A `---` splits copy into the parts of a thread. One at the start, at the end, or next to another leaves a part that \
holds nothing; it is left out.

Delete the `---` that is too much."
);
code!(
    MEDIA_OUTSIDE,
    "media-outside",
    Error,
    true,
    "an image or video that is neither a file of the workspace nor a web address",
    "Media are attached by writing `![description](file.jpg)`. The file is looked for beside the post, must be inside the \
workspace, and is written with `/`, so that the post means the same on every machine and reads nothing else of it.

```markdown
![The new hoodie](../media/hoodie.jpg)
![A chart](https://example.com/chart.png)
```

Copy the file into the workspace and name it from the post's folder."
);

/// Every code of this module; those that it shares with the configuration are there.
pub static CODES: &[&Code] = &[
    &FRONT_MATTER_FENCE,
    &CONTROL_CHARACTER,
    &MISSING_TO,
    &BAD_ID,
    &DATE_WITHOUT_TIME,
    &DATE_TWICE,
    &DATE_NEVER,
    &NOT_A_DEFAULT,
    &UNKNOWN_AUDIENCE,
    &AMBIGUOUS_COPY,
    &UNUSED_COPY,
    &UNUSED_TABLE,
    &HEADING_NOT_BREAK,
    &EMPTY_PART,
    &MEDIA_OUTSIDE,
];
