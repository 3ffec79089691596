//! Servers that speak Mastodon's language with an accent: how they are recognised, and how they count.

use crate::text::{Measure, MentionWeight, Unit};

/// A kind of server that is not Mastodon.
struct Quirk {
    /// Its name for people.
    name: &'static str,
    /// What its version or its source's address holds, in lowercase.
    sign: &'static str,
    /// How it counts text.
    measure: Measure,
    /// Whether a repetition with the same `Idempotency-Key` makes no second post.
    keeps_keys: bool,
}

const fn full(unit: Unit) -> Measure {
    Measure { unit, url: None, mention: MentionWeight::Full }
}

static QUIRKS: &[Quirk] = &[
    Quirk { name: "GoToSocial", sign: "gotosocial", measure: full(Unit::CodePoints), keeps_keys: false },
    Quirk { name: "Pleroma", sign: "pleroma", measure: full(Unit::Graphemes), keeps_keys: true },
    Quirk { name: "Akkoma", sign: "akkoma", measure: full(Unit::Graphemes), keeps_keys: true },
    Quirk { name: "Pixelfed", sign: "pixelfed", measure: full(Unit::CodePoints), keeps_keys: true },
    Quirk { name: "Friendica", sign: "friendica", measure: full(Unit::CodePoints), keeps_keys: false },
];

/// Returns how such a server counts; none for Mastodon and those that count as it does.
pub(super) fn measure(version: &str, source: Option<&str>) -> Option<Measure> {
    find(version, source).map(|quirk| quirk.measure)
}

/// Returns whether a repetition with the same key is known to make no second post there. Who does not look like Mastodon
/// and is not known is not believed: looking first costs time, a wrong belief a second post.
pub(super) fn keeps_keys(version: &str, source: Option<&str>) -> bool {
    find(version, source).map_or_else(|| looks_like_mastodon(version), |quirk| quirk.keeps_keys)
}

/// Returns whether a version is one of Mastodon or of a fork that follows it, as `4.5.0` or `4.3.2+glitch`. Others write a name
/// in front or in parentheses, or are not that far.
fn looks_like_mastodon(version: &str) -> bool {
    const FIRST_THAT_IS_ABOUT: u32 = 2;
    let major = version.split_once('.').and_then(|(major, _)| major.parse::<u32>().ok());
    major.is_some_and(|major| major >= FIRST_THAT_IS_ABOUT) && !version.contains(['(', ' ', '/'])
}

/// Returns the software's name and version for people.
pub(super) fn software(version: &str, source: Option<&str>) -> String {
    // `2.7.2 (compatible; Pleroma 2.9.1)`: what stands in the parentheses is what really runs there.
    if let Some((_, inner)) = version.split_once("compatible;") {
        return inner.trim().trim_end_matches(')').trim_end().to_owned();
    }
    let name = find(version, source).map_or("Mastodon", |quirk| quirk.name);
    format!("{name} {version}")
}

fn find(version: &str, source: Option<&str>) -> Option<&'static Quirk> {
    let signs = [version, source.unwrap_or_default()].map(str::to_lowercase);
    QUIRKS.iter().find(|quirk| signs.iter().any(|sign| sign.contains(quirk.sign)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(version: &str, source: Option<&str>, expect: bool) {
        assert_eq!(keeps_keys(version, source), expect, "{version}");
    }

    #[test]
    fn mastodon_and_its_forks_keep_keys() {
        check("4.5.0", Some("https://github.com/mastodon/mastodon"), true);
        check("4.3.2+glitch", Some("https://github.com/glitch-soc/mastodon"), true);
        check("4.4.0-nightly.2026-07-01", None, true);
    }

    #[test]
    fn some_others_do_too() {
        check("2.7.2 (compatible; Pleroma 2.9.1)", None, true);
        check("2.7.2 (compatible; Akkoma 3.15.0)", None, true);
        check("3.5.3 (compatible; Pixelfed 0.12.5)", None, true);
    }

    #[test]
    fn those_that_do_not_and_those_that_nobody_knows_are_not_believed() {
        check("0.20.0", Some("https://codeberg.org/superseriousbusiness/gotosocial"), false);
        check("0.20.0", None, false);
        check("2.8.0 (compatible; Friendica 2026.08)", None, false);
        check("4.0.0 (not true; really snac/2.75)", None, false);
        check("takahe/0.11.0", None, false);
        check("4.2.1 (compatible; Iceshrimp.NET/2026.1)", None, false);
        check("4.2.1+newcomer 1", None, false);
        check("", None, false);
    }
}
