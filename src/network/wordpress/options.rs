//! The options of a post, what they come to, and what is wrong with them.

use crate::{
    diag::{Code, Diagnostic, Level},
    model::{OptionKind, OptionSpec, Post, Target},
    network::{Draft, Job, article, is_slug, slug_of},
};

/// The keys of `[wordpress]` in a post.
pub(super) static POST: &[OptionSpec] = &[
    OptionSpec {
        key: "slug",
        kind: OptionKind::Text,
        doc: "The last part of the post's address, made of `a-z`, `0-9` and hyphens; made from the post's id if it isn't set.",
    },
    OptionSpec {
        key: "excerpt",
        kind: OptionKind::Text,
        doc: "One or two sentences for lists and feeds; WordPress takes the start of the text if it isn't set.",
    },
    OptionSpec {
        key: "featured_image",
        kind: OptionKind::Text,
        doc: "One of the post's images, by its path as it is written there: the theme shows it, and it is left out of the text.",
    },
    OptionSpec {
        key: "categories",
        kind: OptionKind::List,
        doc: "The categories, by name; one that doesn't exist is made, which takes the role of an editor.",
    },
    OptionSpec {
        key: "sticky",
        kind: OptionKind::Flag,
        doc: "Whether it stays at the top of the blog, which takes the role of an editor.",
    },
    OptionSpec {
        key: "comments",
        kind: OptionKind::Flag,
        doc: "Whether readers may comment; the site's setting if it isn't set.",
    },
];

static TITLE: Code = Code {
    name: "wordpress-title",
    summary: "a post for WordPress without a title",
    level: Level::Error,
    fixed: true,
    explain: "\
A post on a blog is listed by its title, so it needs one.

```toml
title = \"A new hoodie\"
```

Give it for all networks that show one, or below `[wordpress]` for this one alone.",
};

static SLUG: Code = Code {
    name: "wordpress-slug",
    summary: "a `slug` that WordPress would change",
    level: Level::Error,
    fixed: true,
    explain: "\
The slug is the last part of the post's address, and the name by which Masthead finds the post again. WordPress writes
everything but small letters, digits and hyphens anew in its own way, so nothing else can be used.

```toml
[wordpress]
slug = \"a-new-hoodie\"
```",
};

static FEATURED: Code = Code {
    name: "wordpress-featured-image",
    summary: "a `featured_image` that is not in the post",
    level: Level::Error,
    fixed: true,
    explain: "\
The featured image is one of the images of the post, named by its path as it is written there. The theme shows it above the
text, so it is left out of the text.

```toml
[wordpress]
featured_image = \"hoodie.jpg\"
```

```markdown
![A Sim in a hoodie](hoodie.jpg)
```",
};

/// Every code of WordPress.
pub(super) static CODES: &[&Code] = &[&TITLE, &SLUG, &FEATURED];

/// Returns what WordPress minds in a draft.
pub(super) fn findings(post: &Post, target: &Target, draft: &Draft) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    if draft.title.is_none() && post.boost.is_none() {
        findings.push(
            Diagnostic::new(&TITLE, target.account.span, "the post has no title, which WordPress needs")
                .help("add a line such as `title = \"A new hoodie\"`"),
        );
    }
    let options = &draft.options;
    if let (Some(slug), Some(span)) = (options.text("slug"), options.span("slug"))
        && !is_slug(slug)
    {
        let wanted = slug_of(&post.id.value, Some(slug));
        let readable = wanted.rsplit_once('-').map_or("a-new-hoodie", |(readable, _)| readable);
        findings.push(
            Diagnostic::new(&SLUG, span, "a `slug` is made of `a-z`, `0-9` and single hyphens, 67 at most")
                .help(format!("write it like `{readable}`")),
        );
    }
    if let (Some(path), Some(span)) = (options.text("featured_image"), options.span("featured_image"))
        && post.boost.is_none()
        && !draft.parts.iter().any(|part| article::named(&part.media, path).is_some())
    {
        findings.push(
            Diagnostic::new(&FEATURED, span, format!("the post has no image `{path}`"))
                .help("name one of the images in the copy by its path, or add it there"),
        );
    }
    findings
}

/// Returns the slug of a post: the wanted one as it is, else one from the post's id, which no other post has.
pub(super) fn slug(draft: &Draft) -> String {
    match draft.options.text("slug") {
        Some(slug) if is_slug(slug) => slug.to_owned(),
        wanted => slug_of(&draft.post, wanted),
    }
}

/// Returns which of the part's media is the featured image.
pub(super) fn featured(job: &Job<'_>) -> Option<usize> {
    article::named(&job.draft_part().media, job.draft.options.text("featured_image")?)
}
