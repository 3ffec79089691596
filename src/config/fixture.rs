//! Networks to test with, so that the tests of parsing hold whatever the real ones can do.

use super::{Config, parse};
use crate::{
    diag::FileId,
    model::{NetworkId, NetworkSpec, OptionKind, OptionSpec},
};

/// Three networks with options of every kind.
pub(crate) fn networks() -> Vec<NetworkSpec> {
    vec![
        NetworkSpec {
            id: NetworkId("mastodon"),
            post_options: &[
                OptionSpec {
                    key: "visibility",
                    kind: OptionKind::OneOf(&["public", "unlisted", "private"]),
                    doc: "Who sees it.",
                },
                OptionSpec { key: "sensitive", kind: OptionKind::Flag, doc: "Whether media are hidden at first." },
                OptionSpec { key: "content_warning", kind: OptionKind::Text, doc: "Shown before the text." },
            ],
            account_options: &[OptionSpec {
                key: "max_chars",
                kind: OptionKind::Integer { min: 1, max: 100_000 },
                doc: "The server's limit.",
            }],
            login: true,
        },
        NetworkSpec {
            id: NetworkId("bluesky"),
            post_options: &[
                OptionSpec { key: "labels", kind: OptionKind::ListOf(&["sexual", "nudity"]), doc: "Content labels." },
                OptionSpec { key: "langs", kind: OptionKind::List, doc: "Languages." },
            ],
            account_options: &[],
            login: false,
        },
        NetworkSpec {
            id: NetworkId("site"),
            post_options: &[OptionSpec { key: "canonical", kind: OptionKind::Url, doc: "Where it was first." }],
            account_options: &[OptionSpec { key: "base", kind: OptionKind::Url, doc: "The site's address." }],
            login: false,
        },
    ]
}

/// The configuration that the tests of content use.
pub(crate) const MASTHEAD: &str = r#"
[workspace]
name = "Acme"
timezone = "Europe/Rome"
language = "en"

[accounts.brand]
network = "mastodon"
endpoint = "https://mastodon.example"

[accounts.team]
network = "mastodon"
endpoint = "https://mastodon.example"
language = "de-CH"

[accounts.sky]
network = "bluesky"

[accounts.home]
network = "site"

[accounts.linkedin]
network = "site"

[groups]
social = ["brand", "sky"]
everywhere = ["social", "home"]

[people.moschino]
name = "Moschino"
mastodon = "@moschino@fashion.example"
bluesky = "moschino.example"
"#;

/// Parses [`MASTHEAD`].
pub(crate) fn config() -> Config {
    let (config, findings) = parse(FileId(0), MASTHEAD, networks());
    assert_eq!(findings, []);
    config.expect("a configuration")
}
