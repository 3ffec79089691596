//! Links, tags and mentions stand where they were written, whatever characters come before them.

use super::{Case, is_sent};
use crate::{fixtures::Say, stage::Stage};

const URL: &str = "https://acme.example/hoodie?size=m&colour=black";

/// Characters that are one to people and several to machines.
const PREFIXES: &[(&str, &str)] = &[
    ("plain", "Read this: "),
    ("emoji", "👩‍👩‍👧‍👦🏳️‍🌈 🇮🇹: "),
    ("cjk", "新しいパーカー、東京にて： "),
    ("rtl", "شاهدوا هذا הנה זה: "),
    ("combining", "Cafe\u{301} n\u{303}a\u{308}o\u{302} e\u{301}\u{323}: "),
    ("astral", "𝕬𝖈𝖒𝖊 𒀀𒀁: "),
];

pub(crate) const CASES: &[Case] = &[
    Case { name: "ranges_of_links", holds: is_sent, run: |stage| links(stage), inverse: None, golden: true },
    Case { name: "ranges_of_tags", holds: is_sent, run: |stage| tags(stage), inverse: None, golden: false },
    Case { name: "ranges_of_mentions", holds: is_sent, run: |stage| mentions(stage), inverse: None, golden: false },
];

fn links(stage: &Stage) {
    for (name, prefix) in PREFIXES {
        let draft = Say::new(stage.profile).text(prefix).url(URL).text(" or ").link("here", URL).text(" 👋").draft();
        stage.publish(&draft).unwrap_or_else(|error| panic!("after {name}: {error:?}"));
        let live = stage.live().pop().expect("a post");
        let targets: Vec<&str> = live.links.iter().map(|(_, url)| url.as_str()).collect();
        assert_eq!(targets, [URL, URL], "after {name}: {live:#?}");
        assert_eq!(live.links[0].0, URL, "the stretch that leads there, after {name}");
        assert!(
            ["here", URL].contains(&live.links[1].0.as_str()),
            "the stretch that leads there, after {name}: {live:#?}"
        );
        assert!(live.text.starts_with(prefix.trim_end()), "the text before, after {name}: {live:#?}");
        assert!(live.text.contains("here"), "no link text is lost: {live:#?}");
    }
}

fn tags(stage: &Stage) {
    for (name, prefix) in PREFIXES {
        let draft = Say::new(stage.profile).text(prefix).tag("TheSims").text(" ").tag("パーカー").draft();
        stage.publish(&draft).unwrap_or_else(|error| panic!("after {name}: {error:?}"));
        let live = stage.live().pop().expect("a post");
        let known: &[&str] = if stage.twin.has_tags() { &["TheSims", "パーカー"] } else { &[] };
        assert_eq!(live.tags, known, "after {name}: {live:#?}");
        assert!(live.text.ends_with("#TheSims #パーカー"), "they can be read, after {name}: {live:#?}");
    }
}

fn mentions(stage: &Stage) {
    let handle = stage.twin.handle_of_somebody();
    if !Say::new(stage.profile).can_mention() {
        return;
    }
    for (name, prefix) in PREFIXES {
        let draft = Say::new(stage.profile).text(prefix).mention(handle).text("!").draft();
        stage.publish(&draft).unwrap_or_else(|error| panic!("after {name}: {error:?}"));
        let live = stage.live().pop().expect("a post");
        assert_eq!(live.mentions, [handle], "after {name}: {live:#?}");
    }
}
