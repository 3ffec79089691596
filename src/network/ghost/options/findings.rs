//! What Ghost minds in a post beyond its profile.

use crate::{
    diag::{Code, Diagnostic, Level},
    model::{Post, Target},
    network::{Draft, article, is_slug, slug_of},
};

/// The longest texts, by https://github.com/TryGhost/Ghost/blob/main/ghost/core/core/server/data/schema/schema.js (read
/// August 2026) and by what Ghost 6.65 refuses.
const MAX_TITLE: usize = 255;
const MAX_EXCERPT: usize = 300;
const MAX_ALT: usize = 191;

static TITLE: Code = Code {
    name: "ghost-title",
    summary: "a post for Ghost without a title, or with one that is too long",
    level: Level::Error,
    fixed: true,
    explain: "\
A post on a blog is listed by its title, so it needs one; Ghost takes 255 characters.

```toml
title = \"A new hoodie\"
```

Give it for all networks that show one, or below `[ghost]` for this one alone.",
};

static SLUG: Code = Code {
    name: "ghost-slug",
    summary: "a `slug` that Ghost would change",
    level: Level::Error,
    fixed: true,
    explain: "\
The slug is the last part of the post's address, and the name by which Masthead finds the post again. Ghost writes everything
but small letters, digits and hyphens anew in its own way, so nothing else can be used.

```toml
[ghost]
slug = \"a-new-hoodie\"
```",
};

static FEATURED: Code = Code {
    name: "ghost-featured-image",
    summary: "a `featured_image` that is not in the post, or has too long a description",
    level: Level::Error,
    fixed: true,
    explain: "\
The featured image is one of the images of the post, named by its path as it is written there. The theme shows it above the
text, so it is left out of the text. Ghost keeps 191 characters of its description.

```toml
[ghost]
featured_image = \"hoodie.jpg\"
```

```markdown
![A Sim in a hoodie](hoodie.jpg)
```",
};

static EXCERPT: Code = Code {
    name: "ghost-excerpt",
    summary: "an `excerpt` that is too long for Ghost",
    level: Level::Error,
    fixed: true,
    explain: "\
Ghost takes 300 characters of excerpt and refuses a post with more.

```toml
[ghost]
excerpt = \"The new hoodie is here, in four colours.\"
```",
};

static EMAIL: Code = Code {
    name: "ghost-email",
    summary: "an e-mail without a newsletter, or without anybody to get it",
    level: Level::Error,
    fixed: true,
    explain: "\
An e-mail can't be taken back, so nothing about it is taken for granted: it is sent only with a newsletter that is named, and
only to those who are named.

```toml
[ghost]
newsletter = \"weekly\"
email_segment = \"all\"      # or `free`, or `paid`
```

`email_only` and `email_subject` say nothing without a newsletter.",
};

/// Every code of Ghost.
pub(in crate::network::ghost) static CODES: &[&Code] = &[&TITLE, &SLUG, &FEATURED, &EXCERPT, &EMAIL];

/// Returns what Ghost minds in a draft.
pub(in crate::network::ghost) fn findings(post: &Post, target: &Target, draft: &Draft) -> Vec<Diagnostic> {
    if post.boost.is_some() {
        return Vec::new();
    }
    let findings = [title(target, draft), slug(post, draft), featured(draft), excerpt(draft)];
    findings.into_iter().flatten().chain(email(draft)).collect()
}

fn title(target: &Target, draft: &Draft) -> Option<Diagnostic> {
    let Some(title) = &target.title else {
        return Some(
            Diagnostic::new(&TITLE, target.account.span, "the post has no title, which Ghost needs")
                .help("add a line such as `title = \"A new hoodie\"`"),
        );
    };
    let length = draft.title.as_deref().unwrap_or_default().chars().count();
    (length > MAX_TITLE).then(|| {
        let message = format!("the title is {length} characters long, and Ghost takes {MAX_TITLE}");
        Diagnostic::new(&TITLE, title.span, message).help("make it shorter")
    })
}

fn slug(post: &Post, draft: &Draft) -> Option<Diagnostic> {
    let slug = draft.options.text("slug").filter(|slug| !is_slug(slug))?;
    let wanted = slug_of(&post.id.value, Some(slug));
    let readable = wanted.rsplit_once('-').map_or("a-new-hoodie", |(readable, _)| readable);
    let message = "a `slug` is made of `a-z`, `0-9` and single hyphens, 67 at most";
    Some(Diagnostic::new(&SLUG, draft.options.span("slug")?, message).help(format!("write it like `{readable}`")))
}

fn featured(draft: &Draft) -> Option<Diagnostic> {
    let path = draft.options.text("featured_image")?;
    let span = draft.options.span("featured_image")?;
    let Some(image) = draft.parts.iter().find_map(|part| Some(&part.media[article::named(&part.media, path)?])) else {
        return Some(
            Diagnostic::new(&FEATURED, span, format!("the post has no image `{path}`"))
                .help("name one of the images in the copy by its path, or add it there"),
        );
    };
    let length = image.alt.chars().count();
    (length > MAX_ALT).then(|| {
        let message =
            format!("the description is {length} characters long, and Ghost keeps {MAX_ALT} of a featured image's");
        Diagnostic::new(&FEATURED, image.span, message).also(span, "the featured image").help("make it shorter")
    })
}

fn excerpt(draft: &Draft) -> Option<Diagnostic> {
    let length = draft.options.text("excerpt")?.chars().count();
    let message = format!("the excerpt is {length} characters long, and Ghost takes {MAX_EXCERPT}");
    (length > MAX_EXCERPT)
        .then_some(Diagnostic::new(&EXCERPT, draft.options.span("excerpt")?, message).help("make it shorter"))
}

fn email(draft: &Draft) -> Vec<Diagnostic> {
    let options = &draft.options;
    match (options.text("newsletter"), options.span("newsletter")) {
        (Some(newsletter), Some(span)) => {
            let finding = if !is_slug(newsletter) {
                Diagnostic::new(&EMAIL, span, format!("`{newsletter}` is no newsletter's slug")).help(
                    "write the slug, which stands in Ghost at *Settings → Newsletters*, as in `default-newsletter`",
                )
            } else if options.text("email_segment").is_none() {
                Diagnostic::new(&EMAIL, span, "nothing says who gets the e-mail")
                    .help("add `email_segment = \"all\"`, or `\"free\"`, or `\"paid\"`")
            } else {
                return Vec::new();
            };
            vec![finding]
        }
        _ => {
            let alone = ["email_segment", "email_only", "email_subject"].into_iter();
            let finding = |key: &str| {
                let message = format!("`{key}` says nothing, since no e-mail is sent");
                Some(Diagnostic::new(&EMAIL, options.span(key)?, message).help("name the `newsletter`, or take it out"))
            };
            alone.filter_map(finding).collect()
        }
    }
}
