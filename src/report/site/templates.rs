use crate::report::templates::{Set, TemplateError, Templates};
use std::collections::BTreeMap;

/// The templates of a site by their path below `templates/`, as the program brings them.
const BUILTIN: &[(&str, &str)] = &[
    ("site/base.html", include_str!("../../../templates/site/base.html")),
    ("site/index.html", include_str!("../../../templates/site/index.html")),
    ("site/post.html", include_str!("../../../templates/site/post.html")),
    ("site/tag.html", include_str!("../../../templates/site/tag.html")),
    ("site/404.html", include_str!("../../../templates/site/404.html")),
    ("site/_entry.html", include_str!("../../../templates/site/_entry.html")),
    ("site/_pages.html", include_str!("../../../templates/site/_pages.html")),
    ("site/_references.html", include_str!("../../../templates/site/_references.html")),
    ("site/_tags.html", include_str!("../../../templates/site/_tags.html")),
    ("site/_feed.html", include_str!("../../../templates/site/_feed.html")),
    ("site/feed.xml", include_str!("../../../templates/site/feed.xml")),
];

/// Files that are copied as they are, since `{` means something else in them.
const PLAIN: &[(&str, &str)] = &[
    ("site/style.css", include_str!("../../../templates/site/style.css")),
    ("site/icon.svg", include_str!("../../../templates/site/icon.svg")),
];

/// What a site is made with.
static SET: Set = Set { folder: "site", of: "the site", builtin: BUILTIN, plain: PLAIN };

/// Makes the templates of a site. `overrides` are the workspace's files by their path from its root, as
/// `templates/site/post.html`; those that are not below `templates/site/` are somebody else's.
pub fn templates(overrides: &BTreeMap<String, String>) -> Result<Templates, TemplateError> {
    Templates::new(&SET, overrides)
}
